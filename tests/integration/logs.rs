//! `sekisho logs scan`, on logs made up so that what is in them is known.

use super::command::run;
use super::planted_logs::{Plan, START, countries, gzip, plant};
use serde_json::{Value, json};
use std::path::Path;

/// Scans `logs` in the folder with its database of countries.
fn scan(folder: &Path, more: &[&str]) -> (i32, Value) {
    std::fs::write(folder.join("countries.mmdb"), countries()).unwrap();
    let arguments = [&["logs", "scan", "logs", "--geoip", "countries.mmdb", "--json"], more].concat();
    let (code, out, err) = run(folder, &arguments);
    (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{code}: {out}{err}")))
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join("logs").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A CloudTrail record.
fn act(second: i64, address: &str) -> Value {
    json!({"eventVersion": "1.11", "eventTime": jiff::Timestamp::from_second(START + second).unwrap().to_string(),
        "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "awsRegion": "ap-northeast-1", "readOnly": true,
        "sourceIPAddress": address, "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/a"}})
}

fn records(acts: &[Value]) -> Vec<u8> {
    json!({ "Records": acts }).to_string().into_bytes()
}

fn grounds(scan: &Value) -> Vec<(String, u64)> {
    let grounds = scan["grounds"].as_array().unwrap().iter();
    grounds
        .map(|ground| (ground["ground"].as_str().unwrap().to_owned(), ground["count"].as_u64().unwrap()))
        .collect()
}

fn ground(name: &str, count: u64) -> (String, u64) {
    (name.to_owned(), count)
}

fn sum(scan: &Value, class: &str) -> u64 {
    let rows = scan["rows"].as_array().unwrap().iter();
    rows.filter(|row| row["origin"]["class"] == class).map(|row| row["count"].as_u64().unwrap()).sum()
}

#[test]
fn one_act_from_abroad_in_a_million_is_found_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let plan =
        Plan { events: 1_000_000, days: 30, foreign: Some(654_321), without_hour: None, three_clouds: true };
    let planted = plant(&folder.path().join("logs"), plan);
    let (code, found) = scan(folder.path(), &["--period", "2026-11-01T00:00:00Z..2026-12-01T00:00:00Z"]);
    assert_eq!((code, &found["verdict"]), (1, &json!("violates")));
    assert_eq!(grounds(&found), [ground("abroad", 1)]);
    assert_eq!(found["read"]["records"], 1_000_000);
    assert_eq!(found["read"]["files"], 3 * 720);
    assert_eq!((sum(&found, "abroad"), planted.abroad), (1, 1));
    assert_eq!(sum(&found, "home"), planted.home);
    assert_eq!(sum(&found, "provider_service"), planted.services);
    let row = &found["rows"][0];
    assert_eq!(
        (&row["origin"]["country"], &row["standing"], &row["count"]),
        (&json!("US"), &json!("abroad"), &json!(1))
    );
    let sources = found["sources"].as_array().unwrap();
    assert_eq!(sources.len(), 3);
    assert!(
        sources
            .iter()
            .all(|source| source["missing_hours"] == 0
                && source["oldest"].as_str() < Some("2026-11-01T00:00:12Z")),
        "{sources:#?}"
    );
}

#[test]
fn without_anything_abroad_and_every_hour_there_it_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { events: 2_000, days: 2, foreign: None, without_hour: None, three_clouds: true };
    plant(&folder.path().join("logs"), plan);
    let (code, found) = scan(folder.path(), &[]);
    assert_eq!((code, grounds(&found)), (0, vec![]), "{found:#}");
    let (_, schema) = sekisho::schemas::all().into_iter().find(|(name, _)| *name == "logs").unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    assert!(schema.is_valid(&found) && !schema.is_valid(&json!({"rows": 7})), "{found:#}");
    // Without the database nothing is located, and nothing conforms.
    let (code, out, _) = run(folder.path(), &["logs", "scan", "logs", "--lang", "en"]);
    assert!(code == 3 && out.contains("no database given") && out.contains("unverified"), "{code} {out}");
    let (code, out, _) = run(folder.path(), &["logs", "scan", "logs", "--geoip", "countries.mmdb"]);
    assert!(code == 0 && out.starts_with("適合"), "{code} {out}");
}

#[test]
fn a_missing_hour_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { events: 2_000, days: 2, foreign: None, without_hour: Some(17), three_clouds: true };
    plant(&folder.path().join("logs"), plan);
    let (code, found) = scan(folder.path(), &[]);
    assert_eq!((code, grounds(&found)), (3, vec![ground("missing_hours", 3)]));
    for source in found["sources"].as_array().unwrap() {
        assert_eq!(
            source["missing"],
            json!([{"from": "2026-11-01T17:00:00Z", "to": "2026-11-01T18:00:00Z"}])
        );
    }
    let (code, found) = scan(folder.path(), &["--gaps", "day"]);
    assert_eq!((code, grounds(&found)), (0, vec![]));
    // A period that goes on where the logs end is not covered.
    let (code, found) =
        scan(folder.path(), &["--gaps", "day", "--period", "2026-11-01T00:00:00Z..2026-11-04T00:00:00Z"]);
    assert_eq!((code, grounds(&found)), (3, vec![ground("missing_hours", 72)]));
}

/// Damaged files next to a good one: what is in order is counted, what is not is told with its place.
#[test]
fn damage_is_survived_and_told() {
    let good = records(&[act(1, "1.0.0.1"), act(2, "1.0.0.2")]);
    let cut = gzip(&records(&(0..2_000).map(|at| act(at, "1.0.0.1")).collect::<Vec<_>>()));
    let mut broken = records(&[act(1, "1.0.0.1"), act(2, "1.0.0.2"), act(3, "1.0.0.3")]);
    let at = broken.windows(12).rposition(|window| window == b"\"awsRegion\":").unwrap();
    broken.truncate(at);
    let middle = b"{\"Records\":[{\"eventVersion\":\"1\",\"eventTime\":]},".to_vec();
    let middle = [middle, good[12..].to_vec()].concat();
    let lines = format!("{}\n{{\"eventTime\":\n{}\nno line of ours\n", act(1, "1.0.0.1"), act(2, "1.0.0.1"));
    let twice = act(1, "1.0.0.1").to_string().replace("\"readOnly\":true", "\"sourceIPAddress\":\"1.0.0.2\"");
    for (name, bytes, expected, records) in [
        ("truncated.json.gz", cut[..cut.len() / 2].to_vec(), "broken_compression", None),
        ("truncated.json", broken, "truncated", Some(2)),
        ("malformed.json", middle, "malformed", Some(2)),
        ("lines.json", lines.into_bytes(), "malformed", Some(2)),
        ("twice.json", twice.into_bytes(), "malformed", Some(0)),
        ("noise.bin", (0..5_000_u32).map(|at| (at * 7_919 % 251) as u8).collect(), "malformed", Some(0)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), name, &bytes);
        let (code, found) = scan(folder.path(), &[]);
        assert_eq!(code, 3, "{name}: {found:#}");
        assert!(found["read"]["flaws"][expected].as_u64() > Some(0), "{name}: {found:#}");
        assert_eq!(found["flaws"][0]["file"], name);
        match records {
            Some(records) => assert_eq!(found["read"]["records"], records, "{name}"),
            None => assert!(found["read"]["records"].as_u64() < Some(2_000), "{name}"),
        }
    }
}

#[test]
fn a_bomb_and_a_record_of_a_hundred_megabytes_are_survived() {
    let folder = tempfile::tempdir().unwrap();
    // 100 MB in one record, between two good ones; as gzip it is a bomb besides.
    let mut huge = act(2, "198.51.100.77").to_string();
    huge.truncate(huge.len() - 1);
    let huge = format!("{huge},\"requestParameters\":\"{}\"}}", "xxxxxxxxxxxxxxxxxxxxx\\\"{".repeat(9 << 19));
    let text = format!("{{\"Records\":[{},{huge},{}]}}", act(1, "1.0.0.1"), act(3, "1.0.0.2"));
    write(folder.path(), "large/huge.json.zst", &zstd::encode_all(text.as_bytes(), 1).unwrap());
    let (code, found) = scan(folder.path(), &["--max-ratio", "1000000"]);
    assert_eq!((code, &found["read"]["records"]), (3, &json!(2)), "{found:#}");
    assert_eq!(found["read"]["flaws"], json!({"oversized": 1}));
    assert_eq!(found["read"]["bytes"], text.len());
    let (code, found) = scan(folder.path(), &["--max-ratio", "100"]);
    assert_eq!((code, &found["read"]["flaws"]["too_large"]), (3, &json!(1)), "{found:#}");
    assert!(found["read"]["bytes"].as_u64() < Some(text.len() as u64));
    let (_, found) = scan(folder.path(), &["--max-file", "1000000", "--max-ratio", "1000000"]);
    assert_eq!(found["read"]["flaws"]["too_large"], 1);
}

#[test]
fn addresses_in_every_dress_are_located_or_unknown() {
    for (address, class, reason) in [
        ("1.0.0.1", "home", None),
        ("::ffff:1.0.0.1", "home", None),
        ("[2001:200::1]:443", "home", None),
        ("1.0.0.1:443", "home", None),
        ("198.51.100.1", "abroad", None),
        ("1.0.0.1, 198.51.100.1", "abroad", None),
        ("1.0.0.1,10.0.0.1", "unknown", Some("private")),
        ("10.0.0.1", "unknown", Some("private")),
        ("gce-internal-ip", "unknown", Some("private")),
        ("192.0.2.1", "unknown", Some("not_in_database")),
        ("", "unknown", Some("absent")),
        ("<script>", "unknown", Some("unreadable")),
        ("AWS Internal", "provider_service", None),
        ("s3.amazonaws.com", "provider_service", None),
        ("evil.example.com", "unknown", Some("unreadable")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a.json", &records(&[act(1, address)]));
        let (code, found) = scan(folder.path(), &[]);
        let origin = &found["rows"][0]["origin"];
        assert_eq!((origin["class"].as_str(), origin["reason"].as_str()), (Some(class), reason), "{address}");
        assert_eq!(
            code,
            match class {
                "abroad" => 1,
                "unknown" => 3,
                _ => 0,
            },
            "{address}"
        );
    }
    // A service that acts in a region abroad is somewhere.
    let folder = tempfile::tempdir().unwrap();
    let mut elsewhere = act(1, "AWS Internal");
    elsewhere["awsRegion"] = json!("us-east-1");
    write(folder.path(), "a.json", &records(&[elsewhere]));
    assert_eq!(scan(folder.path(), &[]).1["rows"][0]["origin"]["reason"], "service_somewhere");
}

#[test]
fn published_ranges_come_before_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let ranges = json!({"syncToken": "1", "createDate": "2026-11-01-00-00-00", "ipv6_prefixes": [], "prefixes": [
        {"ip_prefix": "1.0.1.0/24", "region": "us-east-1", "service": "EC2", "network_border_group": "us-east-1"},
        {"ip_prefix": "198.51.100.0/24", "region": "ap-northeast-1", "service": "EC2", "network_border_group": "ap-northeast-1"},
        {"ip_prefix": "1.0.2.0/24", "region": "ap-northeast-1", "service": "EC2", "network_border_group": "ap-northeast-1-tpe-1"},
        {"ip_prefix": "1.0.3.0/24", "region": "GLOBAL", "service": "CLOUDFRONT", "network_border_group": "GLOBAL"}]});
    std::fs::write(folder.path().join("ranges.json"), ranges.to_string()).unwrap();
    let acts = ["1.0.1.1", "198.51.100.1", "1.0.2.1", "1.0.3.1", "1.0.4.1"].map(|address| act(1, address));
    write(folder.path(), "a.json", &records(&acts));
    let (code, found) = scan(folder.path(), &["--ranges", "ranges.json"]);
    assert_eq!(code, 1);
    let classes = ["provider_abroad", "provider_home", "unknown", "home"].map(|class| sum(&found, class));
    assert_eq!(classes, [2, 1, 1, 1], "{found:#}");
    assert_eq!(found["located_with"]["ranges"][0]["made"], "2026-11-01-00-00-00");
}

#[test]
fn entries_allow_what_they_name_until_they_run_out() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.json", &records(&[act(1, "198.51.100.1")]));
    let head = "[tenancy]\nname = \"x\"\nprofile = \"jp-annex-2\"\ncontract_end = 2099-03-31\n[[account]]\nprovider = \"aws\"\nid = \"111111111111\"\n";
    let entry = |country: &str, expires: &str| {
        format!(
            "[[access]]\ncountry = \"{country}\"\nprincipal = \"arn:aws:iam::111111111111:*\"\nreason = \"support\"\napprover = \"CISO\"\nexpires = {expires}\n"
        )
    };
    for (entries, code, used) in [
        (entry("US", "2099-01-01"), 0, vec![(false, 1)]),
        (entry("US", "2026-01-01"), 1, vec![(true, 0)]),
        (entry("KR", "2099-01-01"), 1, vec![(false, 0)]),
        (entry("KR", "2099-01-01") + &entry("US", "2099-01-01"), 0, vec![(false, 0), (false, 1)]),
    ] {
        std::fs::write(folder.path().join("tenancy.toml"), format!("{head}{entries}")).unwrap();
        let (found_code, found) = scan(folder.path(), &["-c", "tenancy.toml"]);
        let entries = found["entries"].as_array().unwrap().iter();
        let found_used: Vec<_> = entries
            .map(|used| (used["expired"].as_bool().unwrap(), used["records"].as_u64().unwrap()))
            .collect();
        assert_eq!((found_code, found_used), (code, used), "{found:#}");
    }
    for (wrong, message) in [
        ("[[access]]\nreason = \"a\"\napprover = \"b\"\nexpires = 2099-01-01\n", "would allow everything"),
        ("[[access]]\ncountry = \"US\"\nreason = \"a\"\nexpires = 2099-01-01\n", "no `approver`"),
        (
            "[[access]]\ncountry = \"America\"\nreason = \"a\"\napprover = \"b\"\nexpires = 2099-01-01\n",
            "two capital letters",
        ),
    ] {
        std::fs::write(folder.path().join("tenancy.toml"), format!("{head}{wrong}")).unwrap();
        let (code, _, err) = run(folder.path(), &["logs", "scan", "logs", "-c", "tenancy.toml"]);
        assert!(code == 2 && err.contains(message), "{code} {err}");
    }
}

#[test]
fn hostile_names_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let mut acts = Vec::new();
    // More principals than are held: what is beyond is folded, and still counted by where it came from.
    for at in 0..25_000 {
        let mut one = act(at, if at == 24_999 { "198.51.100.1" } else { "1.0.0.1" });
        one["userIdentity"]["arn"] =
            json!(format!("\u{202e}\u{1b}[31m{at}{}", "x".repeat((at % 500) as usize)));
        acts.push(one);
    }
    write(folder.path(), "a.json", &records(&acts));
    let (code, found) = scan(folder.path(), &["--gaps", "day"]);
    assert_eq!((code, grounds(&found)), (1, vec![ground("abroad", 1)]));
    let rows = found["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 20_002);
    assert_eq!(rows[0]["principal"], Value::Null);
    assert_eq!(found["read"]["records"], 25_000);
    let (_, out, _) = run(folder.path(), &["logs", "scan", "logs", "--geoip", "countries.mmdb"]);
    assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'));
}

#[test]
fn other_forms_are_read() {
    let lookup = json!({"NextToken": null, "Events": [{"EventId": "1", "CloudTrailEvent": act(1, "198.51.100.1").to_string()}]});
    let pretty = format!("{:#}", json!([act(1, "198.51.100.1")]));
    let azure = json!({"records": [{"time": "2026-11-01T00:00:00.1234567Z", "operationName": {"value": "Microsoft.X/y/read"}, "CallerIPAddress": "198.51.100.1"}]});
    let access = "79a5 bucket [01/Nov/2026:00:00:38 +0000] 198.51.100.1 arn:aws:iam::1:user/a 3E57427F3 REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 1 1 1 1 \"-\" \"x\" -\n";
    for (name, text) in [
        ("events.json", lookup.to_string()),
        ("pretty.json", pretty),
        ("event.json", format!("{:#}", act(1, "198.51.100.1"))),
        ("azure.json", format!("\u{feff}{azure}\r\n")),
        ("access.log", access.to_owned()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), name, text.as_bytes());
        let (code, found) = scan(folder.path(), &[]);
        assert_eq!((code, grounds(&found)), (1, vec![ground("abroad", 1)]), "{name}: {found:#}");
    }
    // An answer that goes on elsewhere, and a second list, are not all there is.
    let paged = json!({"Events": [{"EventId": "1", "CloudTrailEvent": act(1, "198.51.100.1").to_string()}], "NextToken": "t"});
    let twice =
        format!("{{\"Records\":[{}],\"records\":[{}]}}", act(1, "198.51.100.1"), act(2, "198.51.100.1"));
    let first = format!("{{\"nextLink\":\"x\",\"records\":[{}]}}", act(1, "198.51.100.1"));
    for text in [paged.to_string(), twice, first] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a.json", text.as_bytes());
        let (_, found) = scan(folder.path(), &[]);
        assert!(grounds(&found).iter().any(|(name, _)| name == "not_read"), "{text}: {found:#}");
    }
    // JSON of no known form, and nothing at all, are not in order.
    for (text, expected) in
        [("{\"a\": 1}", "unknown_form"), ("", "nothing_read"), ("{\"Records\":[]}", "nothing_read")]
    {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a.json", text.as_bytes());
        let (code, found) = scan(folder.path(), &[]);
        assert!(code == 3 && grounds(&found).iter().any(|(name, _)| name == expected), "{text}: {found:#}");
    }
}
