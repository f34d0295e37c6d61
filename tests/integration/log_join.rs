//! Audit logs inside an assessment: from a folder and from simulated buckets to the clauses, and back from the run's folder.

use super::bad_input::flat;
use super::command::{Program, credentials, folder};
use super::planted_logs::{countries, gzip};
use jiff::Timestamp;
use sekisho_simulator::{Description, Simulator};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempDir;

const ACCOUNT: &str = "111122223333";
const REGIONS: [&str; 2] = ["ap-northeast-1", "us-east-1"];

/// One log file: where it lies below the store, and its bytes.
type File = (String, Vec<u8>);

fn now() -> i64 {
    Timestamp::now().as_second()
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A CloudTrail record.
fn act(second: i64, region: &str, address: &str) -> Value {
    json!({"eventVersion": "1.11", "eventTime": time(second).to_string(), "eventSource": "s3.amazonaws.com",
        "eventName": "GetBucketPolicy", "awsRegion": region, "readOnly": true, "managementEvent": true,
        "sourceIPAddress": address, "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::{ACCOUNT}:user/a")}})
}

/// The file of one hour, so many hours back.
fn hour(region: &str, back: i64, acts: impl Fn(i64) -> Vec<Value>) -> File {
    let at = (now().div_euclid(3_600) - back) * 3_600;
    let key = format!(
        "AWSLogs/{ACCOUNT}/CloudTrail/{region}/{}/{ACCOUNT}_CloudTrail_{region}_{}_x.json.gz",
        time(at).strftime("%Y/%m/%d"),
        time(at).strftime("%Y%m%dT%H%MZ")
    );
    (key, gzip(json!({ "Records": acts(at) }).to_string().as_bytes()))
}

/// Every hour of a bit more than a day in both regions, and the hour of this many days ago.
fn whole(oldest_days: i64) -> Vec<File> {
    let quiet = |region: &'static str| move |at: i64| vec![act(at + 7, region, "1.0.0.1")];
    let hours =
        REGIONS.into_iter().flat_map(|region| (0..27).map(move |back| hour(region, back, quiet(region))));
    let old = REGIONS.into_iter().map(|region| hour(region, oldest_days * 24, quiet(region)));
    hours.chain(old).collect()
}

fn tenancy(endpoint: &str, logs: &str) -> String {
    format!(
        "[tenancy]\nname = \"Records\"\nprofile = \"jp-annex-2\"\ncontract_end = 2099-03-31\n[[account]]\nprovider = \
         \"aws\"\nid = \"{ACCOUNT}\"\nendpoint = \"{endpoint}\"\n{logs}"
    )
}

const FOLDER: &str =
    "[logs]\nperiod_days = 1\ngeoip = \"countries.mmdb\"\n[[logs.source]]\nfolder = \"logs\"\n";
const BUCKET: &str = "[logs]\nperiod_days = 1\ngeoip = \"countries.mmdb\"\n[[logs.source]]\naccount = \
                      \"aws/111122223333\"\nstore = \"trail-logs\"\nprefix = \"AWSLogs/\"\n";

/// An assessment of one account with a bucket of logs.
struct Case {
    simulator: Simulator,
    folder: TempDir,
}

impl Case {
    /// `logs` is the tenancy file's section; `stored` what lies in the bucket, `local` in the folder; `more` ends the cloud's
    /// description, and `gone` are objects that are listed and not there.
    fn of(logs: &str, stored: &[File], local: &[File], more: &str) -> Self {
        let mut objects = String::new();
        for (key, bytes) in stored {
            let gone = if key.ends_with("gone") { ", gone: true" } else { "" };
            let changed = if key.ends_with("changed") { ", changed: true" } else { "" };
            let _ = writeln!(
                objects,
                "          - {{key: \"{key}\", hex: \"{}\"{gone}{changed}}}",
                hex::encode(bytes)
            );
        }
        let objects = if objects.is_empty() { String::new() } else { format!("        objects:\n{objects}") };
        let cloud = format!(
            "regions: [ap-northeast-1, us-east-1]\naccounts:\n  - id: \"{ACCOUNT}\"\n    buckets:\n      - name: \
             trail-logs\n        region: us-east-1\n{objects}{more}"
        );
        let simulator = Simulator::start(Description::parse(&cloud).unwrap()).unwrap();
        let logs = logs.replace("http://127.0.0.1:1", &simulator.endpoint());
        let folder = folder(&[("tenancy.toml", &tenancy(&simulator.endpoint(), &logs))]);
        std::fs::write(folder.path().join("countries.mmdb"), countries()).unwrap();
        for (key, bytes) in local {
            let path = folder.path().join("logs").join(key);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        Self { simulator, folder }
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let (code, out, err) = Program::new(self.folder.path(), arguments).with(&credentials()).run();
        (code, out, flat(&err))
    }

    fn read(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.folder.path().join(name)).unwrap()).unwrap()
    }

    /// The report of an assessment.
    fn assess(&self) -> Value {
        let (code, out, err) = self.run(&["assess", "-c", "tenancy.toml", "--out", "out", "--lang", "en"]);
        assert!([1, 3].contains(&code), "{code} {out} {err}");
        self.read("out/report.json")
    }
}

/// How a check came out, and the reasons of its findings.
fn told(report: &Value, id: &str) -> (String, Vec<String>) {
    let clauses = report["clauses"].as_array().unwrap().iter();
    let check =
        clauses.flat_map(|clause| clause["checks"].as_array().unwrap()).find(|check| check["id"] == id);
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["check"] == id);
    let reasons = findings.map(|finding| finding["reason"]["en"].as_str().unwrap().to_owned());
    (check.unwrap()["status"].as_str().unwrap().to_owned(), reasons.collect())
}

#[test]
fn logs_of_a_folder_conform_violate_and_leave_open() {
    let from_abroad = || {
        let mut files = whole(400);
        files.push(hour("ap-northeast-1", 5, |at| vec![act(at + 60, "ap-northeast-1", "198.51.100.7")]));
        files.last_mut().unwrap().0.push_str(".other");
        files
    };
    let without = |keep: fn(&str) -> bool| -> Vec<File> {
        whole(400).into_iter().filter(|(key, _)| keep(key)).collect()
    };
    let entry =
        "[[access]]\ncountry = \"US\"\nreason = \"support\"\napprover = \"CISO\"\nexpires = 2099-01-01\n";
    for (name, files, logs, expected, says) in [
        ("all at home", whole(400), FOLDER.to_owned(), ["conforms", "conforms", "conforms"], ""),
        (
            "somebody from abroad",
            from_abroad(),
            FOLDER.to_owned(),
            ["violates", "conforms", "conforms"],
            "arn:aws:iam::111122223333:user/a (United States, s3.amazonaws.com, 1 times",
        ),
        (
            "who is allowed",
            from_abroad(),
            format!("{entry}{FOLDER}"),
            ["conforms", "conforms", "conforms"],
            "",
        ),
        ("a month is kept", whole(30), FOLDER.to_owned(), ["conforms", "conforms", "violates"], ""),
        (
            "nothing locates",
            whole(400),
            FOLDER.replace("geoip = \"countries.mmdb\"\n", ""),
            ["unverified", "conforms", "conforms"],
            "the origin of",
        ),
        (
            "a region without logs",
            without(|key| !key.contains("us-east-1")),
            FOLDER.to_owned(),
            ["unverified", "unverified", "unverified"],
            "no audit log of aws/111122223333 was read in 1 of its regions (us-east-1)",
        ),
    ] {
        let case = Case::of(&logs, &[], &files, "");
        let report = case.assess();
        let ids = ["no-access-from-abroad", "log-hours-complete", "retention-measured"];
        let found = ids.map(|id| told(&report, id));
        assert_eq!(found.each_ref().map(|(status, _)| status.as_str()), expected, "{name}: {found:#?}");
        assert!(
            says.is_empty() || found[0].1.iter().any(|reason| reason.contains(says)),
            "{name}: {found:#?}"
        );
        // CloudTrail without digests is not validated.
        assert_eq!(told(&report, "log-validation").0, "unverified", "{name}");
    }
}

#[test]
fn without_logs_the_clauses_stay_open_with_what_to_do() {
    let case = Case::of("", &[], &[], "");
    let report = case.assess();
    for id in ["no-access-from-abroad", "log-hours-complete", "log-validation", "retention-measured"] {
        let (status, reasons) = told(&report, id);
        assert_eq!(status, "unverified", "{id}");
        assert!(
            reasons.iter().all(|reason| reason.contains("no [logs]: name where the audit logs lie")),
            "{reasons:?}"
        );
    }
    assert_eq!(report.get("logs"), None);
}

#[test]
fn logs_of_a_bucket_are_read_through_the_door_and_told_the_same_everywhere() {
    let case = Case::of(BUCKET, &whole(400), &whole(400), "");
    let report = case.assess();
    for (id, expected) in [
        ("no-access-from-abroad", "conforms"),
        ("log-hours-complete", "conforms"),
        ("retention-measured", "conforms"),
    ] {
        let (status, reasons) = told(&report, id);
        assert_eq!(status, expected, "{id}: {reasons:?}");
    }
    // What was asked is in the ledger, and the bucket in another region was asked there.
    let requests = case.simulator.requests();
    let read: Vec<_> = requests.iter().filter(|request| &*request.operation == "GetObject").collect();
    // The files before the period are not read but for the oldest of each region.
    assert!(read.len() >= 2 * 24 + 2 && read.len() <= 2 * 27 + 2, "{}", read.len());
    let elsewhere = read.iter().find(|request| &*request.region != "us-east-1" || request.status != 206);
    assert!(elsewhere.is_none(), "{elsewhere:?}");
    assert_eq!(report["ledger"]["by_operation"]["s3:GetObject"], read.len());
    assert!(report["ledger"]["by_operation"]["s3:ListObjectsV2"].as_u64() == Some(1));

    // The scan of a copy in a folder tells the same.
    let scan = case.read("out/logs.json");
    let (from, to) = (scan["period"]["from"].as_str().unwrap(), scan["period"]["to"].as_str().unwrap());
    let period = format!("{from}..{to}");
    let arguments = [
        "logs",
        "scan",
        "logs",
        "--geoip",
        "countries.mmdb",
        "-c",
        "tenancy.toml",
        "--period",
        &period,
        "--json",
    ];
    let (code, out, err) = case.run(&arguments);
    let local: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{code} {err}"));
    for part in ["verdict", "grounds", "rows", "read"] {
        assert_eq!(scan[part], local[part], "{part}");
    }
    assert_eq!(report["logs"]["records"], local["read"]["records"]);
    assert_eq!(report["logs"]["sources"].as_array().unwrap().len(), 2);

    // The folder alone gives the same bytes again; a scan that was changed is refused.
    let path = |name: &str| case.folder.path().join("out").join(name);
    let before = ["report.json", "report.html"].map(|name| std::fs::read(path(name)).unwrap());
    let html = String::from_utf8_lossy(&before[1]).into_owned();
    assert!(
        html.contains("id=\"logs-kept\"") && html.contains("cloudtrail&#x2f;111122223333&#x2f;us-east-1")
    );
    let (_, _, err) = case.run(&["report", "out"]);
    assert_eq!(
        before,
        ["report.json", "report.html"].map(|name| std::fs::read(path(name)).unwrap()),
        "{err}"
    );
    let mut scan = scan;
    scan["rows"] = json!([]);
    std::fs::write(path("logs.json"), scan.to_string()).unwrap();
    let (code, _, err) = case.run(&["report", "out"]);
    assert!(code == 2 && err.contains("logs.json"), "{code} {err}");
}

#[test]
fn what_a_bucket_does_not_give_keeps_the_clauses_open() {
    let of = |name: &str| -> Vec<File> {
        let mut files = whole(400);
        if !name.is_empty() {
            files.push(hour("us-east-1", 3, |_| Vec::new()));
            files.last_mut().unwrap().0.push_str(name);
        }
        files
    };
    let fault =
        |operation: &str| format!("faults:\n  - {{service: s3, operation: {operation}, fault: denied}}\n");
    for (name, files, more, says) in [
        ("reading is denied", of(""), fault("GetObject"), vec!["s3:GetObject", "could not be read"]),
        ("listing is denied", of(""), fault("ListObjectsV2"), vec!["s3:ListBucket", "could not be listed"]),
        ("an object vanished", of("gone"), String::new(), vec!["NoSuchKey"]),
        ("an object was written anew", of("changed"), String::new(), vec!["rewritten after it was listed"]),
    ] {
        let case = Case::of(BUCKET, &files, &[], &more);
        let report = case.assess();
        let (status, reasons) = told(&report, "no-access-from-abroad");
        assert_eq!(status, "unverified", "{name}");
        let reason = reasons.join(" ");
        assert!(says.iter().all(|word| reason.contains(word)), "{name}: {reason}");
        assert!(!report["logs"]["stores"][0]["troubles"].as_array().unwrap().is_empty(), "{name}");
    }
    let missing = BUCKET.replace("trail-logs", "nobody-has-it");
    let report = Case::of(&missing, &[], &[], "").assess();
    assert_eq!(told(&report, "no-access-from-abroad").0, "unverified");
    // A cloud whose stores of logs are not read yet says so.
    let azure = "00000000-0000-0000-0000-00000000a001";
    let logs = format!(
        "[[account]]\nprovider = \"azure\"\nid = \"{azure}\"\ntenant = \"99999999-0000-0000-0000-000000000000\"\nendpoint = \
         \"http://127.0.0.1:1\"\n{BUCKET}[[logs.source]]\naccount = \"azure/{azure}\"\nstore = \"logs/activity\"\n"
    );
    let report = Case::of(&logs, &whole(400), &[], "").assess();
    let (status, reasons) = told(&report, "no-access-from-abroad");
    assert_eq!(status, "unverified");
    assert!(reasons.join(" ").contains("are not read by this version"), "{reasons:?}");
}

#[test]
fn the_demo_has_logs_of_its_own() {
    let folder = folder(&[]);
    let (code, out, err) = Program::new(folder.path(), &["demo", "--out", "out"]).run();
    assert_eq!(code, 0, "{out} {err}");
    let report: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("out/report.json")).unwrap()).unwrap();
    let logs = &report["logs"];
    let counts = ["abroad", "unknown"].map(|part| logs[part].as_array().unwrap().len());
    assert_eq!((counts, &logs["allowed_records"]), ([1, 1], &json!(1)), "{logs:#}");
    let sources = logs["sources"].as_array().unwrap();
    assert!(
        sources.iter().all(|source| source["missing_hours"] == 0 && source["kept_days"] == 40),
        "{sources:#?}"
    );
    let (status, reasons) = told(&report, "no-access-from-abroad");
    assert!(status == "violates" && reasons[0].contains("assumed-role/kaihatsu"), "{reasons:?}");
}

#[test]
fn what_the_section_names_must_be_there() {
    for (logs, says) in [
        ("[logs]\n", "names no [[logs.source]]"),
        ("[logs]\n[[logs.source]]\n", "names neither a folder nor an account"),
        ("[logs]\n[[logs.source]]\nfolder = \"x\"\nstore = \"y\"\n", "names a folder and `store`"),
        ("[logs]\n[[logs.source]]\nstore = \"y\"\n", "no `account`"),
        (
            "[logs]\n[[logs.source]]\naccount = \"aws/999900001111\"\nstore = \"y\"\n",
            "no [[account]] is `aws/999900001111`",
        ),
        ("[logs]\n[[logs.source]]\naccount = \"aws/111122223333\"\n", "no `store`"),
        ("[logs]\nperiod_days = 0\n[[logs.source]]\nfolder = \"x\"\n", "from 1 to 3660"),
        ("[logs]\ngaps = \"week\"\n[[logs.source]]\nfolder = \"x\"\n", "`gaps` cannot be `week`"),
        ("[logs]\nperiods = 3\n[[logs.source]]\nfolder = \"x\"\n", "unknown key `periods`"),
        ("[logs]\n[[logs.source]]\nfolder = \"x\"\n[[logs.source]]\nfolder = \"x\"\n", "named twice"),
        ("[logs]\n[[logs.source]]\nfolder = \"nowhere\"\n", "nowhere cannot be listed"),
        ("[logs]\ngeoip = \"tenancy.toml\"\n[[logs.source]]\nfolder = \".\"\n", "cannot be used"),
        ("[logs]\nkeys = \"tenancy.toml\"\n[[logs.source]]\nfolder = \".\"\n", "holds no keys"),
        ("[logs]\nranges = [\"nowhere.json\"]\n[[logs.source]]\nfolder = \".\"\n", "nowhere.json"),
    ] {
        let folder = folder(&[("tenancy.toml", &tenancy("http://127.0.0.1:1", logs))]);
        let arguments = ["assess", "-c", "tenancy.toml", "--out", "out"];
        let (code, _, err) = Program::new(folder.path(), &arguments).with(&credentials()).run();
        assert!(code == 2 && flat(&err).contains(says), "{logs}: {code} {err}");
        assert!(!Path::new(&folder.path().join("out")).exists(), "nothing was begun: {logs}");
    }
}
