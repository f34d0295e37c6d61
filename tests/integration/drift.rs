//! What changed between two runs: over three clouds exactly what was planted, and nothing where nothing changed.

use super::cloud::{LATER, NOW, Walker};
use super::command::{folder, run};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const CLOUD: &str = include_str!("../../src/cli/demo/cloud.yaml");
const TENANCY: &str = include_str!("../../src/cli/demo/tenancy.toml");
/// What stands in the demo's tenancy file for an address.
const ENDPOINT: &str = "http://127.0.0.1:0";

/// Edits of the demo's cloud: what stands there, what stands there later, and what that is told as, with the end of the
/// subject's name. Each text stands there once.
const PLANTED: &[(&str, &str, &str, &str)] = &[
    // AWS: a trail stops, a bucket is no longer under a key of the customer's own, one accepts plain connections no longer, a
    // key is no longer rotated, records are kept for a shorter time, and a bucket appears in Singapore.
    (
        "        name: kansa\n        region: ap-northeast-1\n",
        "        name: kansa\n        logging: false\n        region: ap-northeast-1\n",
        "trail",
        "trail/kansa",
    ),
    (
        "name: bunsho-shitagaki, count: ~, lifecycle: []",
        "name: bunsho-shitagaki, count: ~, encryption: {algorithm: AES256}, lifecycle: []",
        "encryption",
        "bunsho-shitagaki",
    ),
    (
        "name: bunsho-renkei, count: ~, policy: {Version: \"2012-10-17\", Statement: []}",
        "name: bunsho-renkei, count: ~",
        "exposure",
        "bunsho-renkei",
    ),
    (
        "name: /bunsho/login, count: ~, retention_days: 30",
        "name: /bunsho/login, count: ~, retention_days: 14",
        "retention",
        "/bunsho/login",
    ),
    // Azure: blobs are kept for longer after their deletion in one account; a disk is added.
    (
        "retentionInDays: 400, replication: {enabled: true, location: southeastasia}",
        "retentionInDays: 90, replication: {enabled: true, location: southeastasia}",
        "retention",
        "workspaces/uketsuke-kansa",
    ),
    // Google Cloud: a bucket may rest anywhere in the United States now; records are kept for a shorter time.
    (
        "name: bunseki-kyouyuu, data: {<<: *bucket, location: ASIA, locationType: multi-region}",
        "name: bunseki-kyouyuu, data: {<<: *bucket, location: US, locationType: multi-region}",
        "copy-moved",
        "bunseki-kyouyuu",
    ),
    (
        "asia-northeast1/buckets/kansa\", data: {retentionDays: 400",
        "asia-northeast1/buckets/kansa\", data: {retentionDays: 500",
        "retention",
        "buckets/kansa",
    ),
];

/// What follows from them, told as what it is: two more trails are written like the one that stops, and what
/// is locked, or flows into it, is kept as long as it is.
const FOLLOWING: &[(&str, &str)] = &[
    ("trail", "trail/kansa-hokan"),
    ("trail", "trail/old-trail"),
    ("lock", "asia-northeast1/buckets/kansa"),
    ("retention", "sinks/_Default"),
];

fn planted() -> String {
    PLANTED.iter().fold(CLOUD.to_owned(), |cloud, (before, after, ..)| {
        assert_eq!(cloud.matches(before).count(), 1, "{before}");
        cloud.replace(before, after)
    })
}

fn walk(cloud: &str, into: &Path, clock: fn() -> jiff::Timestamp) {
    Walker::patient().walk_into(cloud, &TENANCY.replace(ENDPOINT, "{endpoint}"), into, clock);
}

/// What `drift --json` says, with its exit code.
fn drift(place: &Path, old: &str, new: &str) -> (i32, Value) {
    let (code, out, said) = run(place, &["drift", old, new, "--json"]);
    (code, serde_json::from_str(&out).unwrap_or_else(|fault| panic!("{fault}: {out} {said}")))
}

fn changes(drift: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = drift["changes"].as_array().unwrap().iter();
    all.map(|one| (text(&one["what"]), text(&one["subject"]))).filter(|(what, _)| what != "verdict").collect()
}

#[test]
fn three_clouds_tell_what_was_planted_and_nothing_else() {
    let place = folder(&[]);
    let at = |name: &str| place.path().join(name);
    walk(CLOUD, &at("old"), || NOW);
    walk(CLOUD, &at("same"), || LATER);
    walk(&planted(), &at("new"), || LATER);

    // The same clouds, an hour later.
    let (code, same) = drift(place.path(), "old", "same");
    assert!(changes(&same).is_empty(), "{:#?}", same["changes"]);
    assert_eq!(same["findings"], Value::Array(vec![]));
    assert_eq!((code, same["worse"].as_bool()), (0, Some(false)));
    let (code, told, _) = run(place.path(), &["drift", "old", "same", "--lang", "en"]);
    assert!(code == 0 && told.contains("Nothing changed."), "{told}");

    let (code, found) = drift(place.path(), "old", "new");
    let mut left: BTreeSet<(String, String)> = changes(&found).into_iter().collect();
    let planted = PLANTED.iter().map(|(_, _, what, subject)| (what, subject));
    for (what, subject) in planted.chain(FOLLOWING.iter().map(|(what, subject)| (what, subject))) {
        let found = left.iter().find(|(of, name)| of == what && name.ends_with(subject)).cloned();
        let found = found.unwrap_or_else(|| panic!("{what} of {subject} is not told: {left:#?}"));
        left.remove(&found);
    }
    assert!(left.is_empty(), "more is told: {left:#?}");
    assert_eq!((code, found["worse"].as_bool()), (1, Some(true)));
    let schema: Value = serde_json::from_str(include_str!("../../schemas/drift.json")).unwrap();
    let valid = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = valid.iter_errors(&found).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");

    // What was worse is better the other way round, and the earlier run comes first.
    let (code, _, said) = run(place.path(), &["drift", "new", "old"]);
    assert!(code == 2 && said.contains("is later than"), "{said}");

    let (code, told, _) = run(place.path(), &["drift", "old", "new", "--application", "x.md"]);
    assert!(code == 1 && told.contains("監査証跡の記録が止まり"), "{told}");
    let draft = std::fs::read_to_string(at("x.md")).unwrap();
    for words in [
        "変更申請書（案）",
        "変更する事項",
        "変更前",
        "変更後",
        "該当する条項",
        "理由",
        "Ⅴ-３",
        "bunseki-kyouyuu",
    ] {
        assert!(draft.contains(words), "{words}: {draft}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let place = folder(&[("garbage/run.json", "{"), ("empty/x", "")]);
    let at = |name: &str| place.path().join(name);
    let walker = Walker::patient();
    let file = super::cloud::TENANCY;
    walker.walk_into(super::cloud::CLOUD, file, &at("old"), || NOW);
    walker.walk_into(super::cloud::CLOUD, &file.replace("障害試験", "別の契約"), &at("other"), || NOW);
    for (old, new, says) in [
        ("old", "other", "different tenancies"),
        ("old", "garbage", "run.json"),
        ("garbage", "old", "run.json"),
        ("empty", "old", "holds no"),
        ("nowhere", "old", "holds no"),
    ] {
        let (code, out, said) = run(place.path(), &["drift", old, new]);
        assert!(code == 2 && out.is_empty() && said.contains(says), "{old} {new}: {code} {said}");
    }
    // A file that was changed after the run.
    let facts = at("old").join("facts.ndjson.zst");
    let bytes = std::fs::read(&facts).unwrap();
    std::fs::write(&facts, &bytes[..bytes.len() - 1]).unwrap();
    let (code, _, said) = run(place.path(), &["drift", "old", "old"]);
    assert!(code == 2 && said.contains("was changed after the run"), "{said}");
}
