//! A chain of three digests of an hour each, the second of a quiet one, signed by OpenSSL with a key made for it.

use super::*;
use serde_json::Value;

const EMPTY: &str = "{\"Records\":[]}";

fn chain() -> (Vec<(String, String)>, Keys) {
    let all: Value = serde_json::from_str(include_str!("tests.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let digests =
        all["digests"].as_array().unwrap().iter().map(|one| (text(&one["name"]), text(&one["text"])));
    (digests.collect(), keys(all["key"].to_string().as_bytes()).unwrap())
}

fn validated(digests: &[(String, String)], logs: &[(&str, &str)], keys: &Keys) -> (Validation, usize) {
    let digests =
        digests.iter().map(|(name, text)| DigestFile::parse(name, text.as_bytes()).unwrap()).collect();
    let present: BTreeSet<&str> = logs.iter().map(|(name, _)| *name).collect();
    let hashes: Vec<(&str, String)> =
        logs.iter().map(|(name, text)| (*name, hex::encode(Sha256::digest(text.as_bytes())))).collect();
    let hashes = hashes.iter().map(|(name, hash)| (*name, hash.as_str())).collect();
    let (validation, hours) = validate(digests, &present, &present, &hashes, keys);
    (validation, hours.len())
}

#[test]
fn a_chain_in_order_accounts_for_its_hours() {
    let (digests, keys) = chain();
    let logs = [("log-1.json.gz", EMPTY), ("log-3.json.gz", EMPTY)];
    let (validation, hours) = validated(&digests, &logs, &keys);
    let expected = Validation {
        digests: 3,
        matched: 2,
        signatures_verified: 2,
        signatures_unverified: 1,
        newest: 1,
        ..Validation::default()
    };
    assert_eq!((validation, hours), (expected, 3));
    // Without keys nothing is verified, and it says so.
    let (validation, _) = validated(&digests, &logs, &Keys::new());
    assert_eq!((validation.signatures_verified, validation.signatures_unverified), (0, 3));
    assert_eq!(validated(&digests[1..], &logs, &keys).0.broken, []);
}

#[test]
fn what_was_altered_or_taken_away_shows() {
    let (digests, keys) = chain();
    let logs = [("log-1.json.gz", EMPTY), ("log-3.json.gz", EMPTY)];
    let (validation, hours) = validated(&digests, &[("log-1.json.gz", "{}")], &keys);
    assert_eq!(
        (validation.altered, validation.missing, hours),
        (vec!["log-1.json.gz".to_owned()], vec!["log-3.json.gz".to_owned()], 1)
    );
    let without = [digests[0].clone(), digests[2].clone()];
    assert_eq!(validated(&without, &logs, &keys).0.broken[0].reason, "previous_missing");
    let mut altered = digests;
    altered[1].1 = altered[1].1.replace("\"logFiles\":[]", "\"logFiles\": []");
    let (validation, hours) = validated(&altered, &logs, &keys);
    assert_eq!(validation.broken[0].reason, "previous_altered");
    assert_eq!((validation.signatures_refused.len(), validation.signatures_verified, hours), (1, 1, 2));
}

#[test]
fn a_log_file_that_no_sound_digest_names_is_not_vouched_for() {
    let (digests, keys) = chain();
    let logs = [("log-1.json.gz", EMPTY), ("log-2.json.gz", EMPTY), ("log-3.json.gz", EMPTY)];
    let (validation, _) = validated(&digests, &logs, &keys);
    assert_eq!(validation.unnamed, ["log-2.json.gz"]);
    // Digests whose signatures were not verified vouch for nothing, nor does one that stands alone.
    let (validation, _) = validated(&digests, &logs, &Keys::new());
    assert_eq!(validation.unnamed.len(), 3);
    let (validation, _) = validated(&digests[..1], &logs, &keys);
    assert_eq!(validation.unnamed.len(), 3);
}
