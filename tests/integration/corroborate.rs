//! Witnesses beside the control plane, at the boundary: names that answer on this machine with throw-away certificates,
//! published ranges and signed measurements that were made up.

use crate::cloud::{NOW, Ran, Walker, rows, text};
use crate::vantage::{Authority, desk, serve};
use sekisho::corroborate::measurement::Measurement;
use sekisho::envelope::Key;
use serde_json::{Value, json};
use std::path::Path;

const TENANCY: &str = r#"
[tenancy]
name = "witnesses"
profile = "jp-annex-2"
contract_end = 2027-03-31

[[account]]
provider = "aws"
id = "111122223333"
role_arn = "arn:aws:iam::111122223333:role/reader"
endpoint = "{endpoint}"
"#;

const CLOUD: &str = r#"
clock: 2026-11-01T00:00:00Z
regions: [ap-northeast-1, us-east-1]
accounts:
  - id: "111122223333"
    roles: [reader]
    public_access_block: all
    buckets:
      - {name: records, region: ap-northeast-1}
      - {name: letters, region: ap-northeast-1}
    keys:
      - {region: ap-northeast-1, alias: records}
"#;

/// The names that answer for keys and for objects in Tokyo.
const KMS: &str = "kms.ap-northeast-1.amazonaws.com";
const S3: &str = "s3.ap-northeast-1.amazonaws.com";

/// Ranges in AWS's form over the addresses that documents may use.
fn ranges(region: &str, group: &str, prefix: &str) -> String {
    json!({"syncToken": "1", "createDate": "2026-11-01-00-00-00", "ipv6_prefixes": [],
           "prefixes": [{"ip_prefix": prefix, "region": region, "service": "AMAZON", "network_border_group": group}]})
    .to_string()
}

/// A signed measurement of one name at one address.
fn measured(folder: &Path, file: &str, at: [f64; 2], host: &str, ms: f64, seconds_ago: i64) {
    let taken = jiff::Timestamp::from_second(NOW.as_second() - seconds_ago).unwrap();
    let micros = (ms * 1_000.0) as u64;
    let measurement = json!({
        "schema": "sekisho/measurement/v1", "tool": "0", "samples": 20,
        "vantage": {"name": file, "latitude": at[0], "longitude": at[1]},
        "taken_from": taken, "taken_until": taken,
        "targets": [{"host": host, "port": 443, "resolved": "system", "addresses": [
            {"address": "198.51.100.7", "rtt": {"min_us": micros, "median_us": micros, "answered": 20, "failed": 0},
             "tls": {"names": [host], "trusted": true, "took_us": micros * 2,
                     "chain": [{"sha256": "0".repeat(64), "subject": "", "issuer": ""}]}}]}],
    });
    let measurement = Measurement::parse(measurement.to_string().as_bytes()).unwrap();
    let key = Key::parse(&std::fs::read(folder.join("key.pem")).unwrap(), None).unwrap();
    std::fs::write(folder.join(file), measurement.seal(&key).unwrap()).unwrap();
}

fn walk(section: &str, folder: &Path) -> Ran {
    Walker::new().walk_beside(CLOUD, &format!("{TENANCY}{section}"), folder, |ways| ways.paced = false)
}

fn place<'a>(ran: &'a Ran, service: &str) -> &'a Value {
    let id = format!("aws/111122223333/ap-northeast-1/{service}");
    rows(&ran.report, "/corroboration/places").iter().find(|row| text(row, "id") == id).unwrap()
}

fn level<'a>(ran: &'a Ran, service: &str) -> &'a str {
    text(place(ran, service), "level")
}

/// What a check of clause Ⅴ-3 came to.
fn check<'a>(ran: &'a Ran, id: &str) -> &'a str {
    let clause = rows(&ran.report, "/clauses").iter().find(|clause| clause["id"] == "V-3").unwrap();
    text(rows(clause, "/checks").iter().find(|check| check["id"] == id).unwrap(), "status")
}

const VANTAGE: &str = "[corroborate]\nranges = [\"ranges.json\"]\n[[corroborate.vantage]]\nfile = \"otemachi.json\"\nkey = \"pub.pem\"\n";
const OTEMACHI: [f64; 2] = [35.6867, 139.7640];
const DOJIMA: [f64; 2] = [34.6966, 135.4946];

#[test]
fn a_run_that_may_not_ask_says_so_and_no_verdict_changes() {
    let (off, on) = (walk("[corroborate]\nnetwork = false\n", Path::new("")), walk("", Path::new("")));
    assert_eq!((&off.report["corroboration"]["network"], level(&off, "s3")), (&json!(false), "declared"));
    assert_eq!(check(&off, "places-not-contradicted"), "conforms");
    let open = |ran: &Ran| ran.calls.iter().filter(|call| call.target.ends_with("(unsigned)")).count();
    assert_eq!((open(&off), open(&on)), (0, 2));
    let unsigned = on.requests.iter().filter(|request| &*request.operation == "HeadBucket");
    assert_eq!(unsigned.count(), 2);
    let verdicts = |ran: &Ran| {
        rows(&ran.report, "/clauses").iter().map(|clause| clause["status"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(verdicts(&off), verdicts(&on));
}

#[test]
fn what_the_service_tells_anybody_bears_buckets_out() {
    let ran = walk("", Path::new(""));
    assert_eq!((level(&ran, "s3"), level(&ran, "kms")), ("corroborated", "declared"));
    assert!(place(&ran, "s3")["statements"].to_string().contains("ap-northeast-1"));
}

#[test]
fn certificates_of_names_that_answer() {
    let (ours, others) = (Authority::new("ours"), Authority::new("others"));
    for (name, authority, names, years, expected) in [
        ("of the region", &ours, [KMS, "*.kms.ap-northeast-1.amazonaws.com"], [2020, 2099], "corroborated"),
        (
            "of Virginia beside its own name",
            &ours,
            [KMS, "kms.us-east-1.amazonaws.com"],
            [2020, 2099],
            "declared",
        ),
        ("that has run out", &ours, [KMS, KMS], [2020, 2021], "declared"),
        ("of an authority nobody trusts", &others, [KMS, KMS], [2020, 2099], "declared"),
        ("of another name", &ours, ["kms.us-east-1.amazonaws.com", "x.example"], [2020, 2099], "declared"),
    ] {
        let at = serve(authority.issue(&names, years));
        let desk = desk(&[("ca.pem", &ours.1)]);
        let section =
            format!("[corroborate]\nroots = \"ca.pem\"\n[corroborate.resolve]\n\"{KMS}:443\" = \"{at}\"\n");
        let ran = walk(&section, desk.path());
        assert_eq!(level(&ran, "kms"), expected, "{name}: {}", place(&ran, "kms"));
        assert_eq!(check(&ran, "places-not-contradicted"), "conforms", "{name}");
    }
}

#[test]
fn a_name_that_does_not_answer_is_told_and_costs_nothing_else() {
    // A port that was free a moment ago: nothing listens there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let section = format!("[corroborate.resolve]\n\"{KMS}:443\" = \"{closed}\"\n");
    let ran = walk(&section, Path::new(""));
    assert_eq!(level(&ran, "kms"), "declared");
    assert!(place(&ran, "kms")["statements"].to_string().contains("not_asked"), "{}", place(&ran, "kms"));
}

#[test]
fn round_trips_and_ranges() {
    const TOKYO: [&str; 3] = ["ap-northeast-1", "ap-northeast-1", "198.51.100.0/24"];
    for (name, published, at, ms, ago, expected) in [
        ("too fast for any foreign land", TOKYO, OTEMACHI, 2.0, 60, "bounded"),
        ("at the edge", TOKYO, OTEMACHI, 8.1, 60, "bounded"),
        ("the nearest foreign land is in reach", TOKYO, OTEMACHI, 8.3, 60, "corroborated"),
        ("from Osaka, whose bound is narrower", TOKYO, DOJIMA, 5.2, 60, "corroborated"),
        ("measured two months ago", TOKYO, OTEMACHI, 2.0, 60 * 86_400, "corroborated"),
        ("measured tomorrow", TOKYO, OTEMACHI, 2.0, -86_400, "corroborated"),
        ("from Seoul, of which nothing is known", TOKYO, [37.566, 126.978], 0.1, 60, "corroborated"),
        (
            "in nobody's range",
            ["ap-northeast-1", "ap-northeast-1", "192.0.2.0/24"],
            OTEMACHI,
            9.0,
            60,
            "declared",
        ),
        ("announced from everywhere", ["GLOBAL", "GLOBAL", "198.51.100.0/24"], OTEMACHI, 2.0, 60, "declared"),
        (
            "published for Virginia",
            ["us-east-1", "us-east-1", "198.51.100.0/24"],
            OTEMACHI,
            2.0,
            60,
            "contradicted",
        ),
        (
            "published for Taipei",
            ["ap-northeast-1", "ap-northeast-1-tpe-1", "198.51.100.0/24"],
            OTEMACHI,
            9.0,
            60,
            "contradicted",
        ),
        ("nearer to Osaka than Tokyo can be", TOKYO, DOJIMA, 0.4, 60, "contradicted"),
    ] {
        let [region, group, prefix] = published;
        let desk = desk(&[("ranges.json", &ranges(region, group, prefix))]);
        measured(desk.path(), "otemachi.json", at, KMS, ms, ago);
        let ran = walk(VANTAGE, desk.path());
        assert_eq!(level(&ran, "kms"), expected, "{name}: {}", place(&ran, "kms"));
        let contradicted = if expected == "contradicted" { "unverified" } else { "conforms" };
        assert_eq!(check(&ran, "places-not-contradicted"), contradicted, "{name}");
        if expected == "contradicted" {
            let first = &rows(&ran.report, "/corroboration/places")[0];
            assert_eq!(first["level"], "contradicted", "{name}");
            let says = |finding: &&Value| finding["check"] == "places-not-contradicted";
            let finding = rows(&ran.report, "/findings").iter().find(says).unwrap();
            assert!(finding["reason"].to_string().contains("198.51.100.7"), "{name}: {finding}");
        }
    }
}

#[test]
fn two_vantage_points_that_cannot_both_be_right_do_not_count() {
    let desk = desk(&[("ranges.json", &ranges("ap-northeast-1", "ap-northeast-1", "198.51.100.0/24"))]);
    measured(desk.path(), "otemachi.json", OTEMACHI, S3, 0.5, 60);
    measured(desk.path(), "dojima.json", DOJIMA, S3, 0.5, 60);
    let section = format!("{VANTAGE}[[corroborate.vantage]]\nfile = \"dojima.json\"\nkey = \"pub.pem\"\n");
    let ran = walk(&section, desk.path());
    let faults = rows(&ran.report, "/corroboration/vantages").iter().map(|used| text(used, "fault"));
    assert!(faults.clone().all(|fault| fault.contains("contradict")), "{:?}", faults.collect::<Vec<_>>());
    assert_eq!(level(&ran, "s3"), "corroborated");
}
