//! Bad arguments and files: the right code, what, where, and a next step; nothing on standard output.

use super::command::{folder, run};

const HEAD: &str = "[tenancy]\nname = \"Records\"\nprofile = \"jp-annex-2\"\ncontract_end = 2099-03-31\n";
const ACCOUNT: &str = "[[account]]\nprovider = \"aws\"\nid = \"123456789012\"\n";

/// Runs with these files and arguments; standard error must hold every part, in any line breaking.
fn check(files: &[(&str, &str)], arguments: &[&str], code: i32, parts: &[&str]) {
    let folder = folder(files);
    let (ended, out, err) = run(folder.path(), arguments);
    let flat = flat(&err);
    assert_eq!(ended, code, "{arguments:?}\n{err}");
    assert_eq!(out, "", "{arguments:?}");
    for part in parts {
        assert!(flat.contains(part), "{arguments:?}\nwanted: {part}\n{err}");
    }
    assert!(!err.contains('\u{1b}'), "no colours off a terminal: {err:?}");
}

/// The text without the breaks and frames of its rendering.
pub fn flat(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !matches!(*word, "|" | "│"));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn arguments() {
    check(&[], &["fly"], 2, &["unrecognized subcommand 'fly'"]);
    check(&[], &["assess", "--out", "o"], 2, &["--config <FILE>"]);
    check(&[], &["assess", "-c", "t", "--out", "o", "--max-calls", "0"], 2, &["--max-calls <N>"]);
    check(&[], &["assess", "-c", "t", "--out", "o", "--lang", "fr"], 2, &["there are ja and en"]);
    check(&[], &["report", "o", "--format", "docx"], 2, &["invalid value 'docx'", "html"]);
    check(&[], &["report", "o"], 2, &["there is no folder o", "help: name the --out folder"]);
    check(&[("o/cat.jpg", "x")], &["report", "o"], 2, &["o holds no run"]);
    check(&[], &["permissions", "oci"], 2, &["no provider `oci`", "it has:"]);
    check(&[], &["schema", "reprot"], 2, &["no schema `reprot`", "there are:"]);
}

#[test]
fn tenancy_files() {
    check(&[], &["plan", "-c", "tenancy.toml"], 2, &["there is no file tenancy.toml", "README.md"]);
    check(&[("t/x", "")], &["plan", "-c", "t"], 2, &["t cannot be read"]);
    let typo = format!("{HEAD}contractend = 2027-03-31\n{ACCOUNT}");
    check(
        &[("a.toml", &typo)],
        &["plan", "-c", "a.toml"],
        2,
        &[
            "a.toml cannot be used",
            "unknown key `contractend` in [tenancy]",
            "a.toml:5:1",
            "did you mean `contract_end`?",
        ],
    );
    check(&[("a.toml", "name = \u{7}")], &["assess", "-c", "a.toml", "--out", "o"], 2, &["a.toml:1:"]);
    let http = format!("{HEAD}{ACCOUNT}endpoint = \"http://192.168.0.4\"\n");
    check(
        &[("a.toml", &http)],
        &["plan", "-c", "a.toml"],
        2,
        &["plain http to another machine is refused", "a.toml:8:"],
    );
}

#[test]
fn simulated_clouds() {
    check(&[], &["simulate", "--cloud", "cloud.yaml"], 2, &["cloud.yaml"]);
    check(
        &[("c.yaml", "acounts: []")],
        &["simulate", "--cloud", "c.yaml"],
        2,
        &["c.yaml cannot be used", "acounts"],
    );
}

#[cfg(feature = "aws")]
mod with_aws {
    use super::{ACCOUNT, HEAD, check};

    #[test]
    fn what_only_the_provider_knows() {
        let tokyo = format!("{HEAD}{ACCOUNT}regions = [\"ap-northeast-l\"]\n");
        check(
            &[("a.toml", &tokyo)],
            &["plan", "-c", "a.toml"],
            2,
            &["unknown region `ap-northeast-l`", "did you mean \"ap-northeast-1\"?", "a.toml:8:12"],
        );
        let short = format!("{HEAD}{ACCOUNT}").replace("123456789012", "1234");
        check(&[("a.toml", &short)], &["plan", "-c", "a.toml"], 2, &["a.toml:7:6", "twelve digits"]);
    }

    #[test]
    fn output_folders() {
        let good = format!("{HEAD}{ACCOUNT}");
        let assess = ["assess", "-c", "a.toml", "--out", "o"];
        check(
            &[("a.toml", &good), ("o/cat.jpg", "x")],
            &assess,
            2,
            &["--out o holds other files", "empty folder"],
        );
        check(&[("a.toml", &good), ("o", "x")], &assess, 2, &["--out o is a file"]);
        check(&[("a.toml", &good), ("o/run.json", "x")], &assess, 2, &["already holds a run", "--resume"]);
        let resume = [&assess[..], &["--resume"]].concat();
        check(&[("a.toml", &good)], &resume, 2, &["no run to go on with"]);
        let unwritable = ["assess", "-c", "a.toml", "--out", "/proc/sekisho"];
        check(&[("a.toml", &good)], &unwritable, 2, &["/proc/sekisho: the folder cannot be made", "--out"]);
    }
}

/// A run whose cloud cannot be asked still ends with a report that says so, cell by cell.
#[cfg(feature = "aws")]
mod unanswered {
    use super::super::cloud::{CLOUD, TENANCY, rows, text};
    use super::super::command::{Program, credentials, folder};
    use sekisho_simulator::{Description, Simulator};
    use serde_json::Value;
    use std::collections::BTreeMap;
    use std::time::{Duration, Instant};

    const ASSESS: &[&str] = &["assess", "-c", "tenancy.toml", "--out", "out", "--lang", "en"];

    fn assessed(endpoint: &str, environment: &[(&str, &str)]) -> (i32, String, Value) {
        let folder = folder(&[("tenancy.toml", &TENANCY.replace("{endpoint}", endpoint))]);
        let (code, _, err) = Program::new(folder.path(), ASSESS).with(environment).run();
        let report = std::fs::read(folder.path().join("out/report.json")).unwrap_or_default();
        let report = serde_json::from_slice(&report).unwrap_or_else(|_| panic!("no report\n{err}"));
        (code, err, report)
    }

    fn every_cell_is(state: &str, reason: &str, report: &Value) {
        let cells = rows(report, "/coverage/cells");
        assert!(cells.len() > 100, "{}", cells.len());
        let gaps = rows(report, "/coverage/gaps").iter();
        let reasons: BTreeMap<&str, &str> =
            gaps.rev().map(|gap| (text(gap, "subject"), text(gap, "reason"))).collect();
        for cell in cells {
            assert_eq!(text(cell, "state"), state, "{cell}");
            let fields = ["provider", "account", "region", "service"].map(|field| text(cell, field));
            let id = fields.join("/");
            assert_eq!(reasons.get(id.as_str()), Some(&reason), "{id}");
        }
        assert_eq!(text(report, "verdict"), "unverified");
    }

    #[test]
    fn without_credentials() {
        let simulator = Simulator::start(Description::parse(CLOUD).unwrap()).unwrap();
        let home = tempfile::tempdir().unwrap();
        let environment = [("AWS_EC2_METADATA_DISABLED", "true"), ("HOME", home.path().to_str().unwrap())];
        let (code, err, report) = assessed(&simulator.endpoint(), &environment);
        assert_eq!(code, 4, "{err}");
        every_cell_is("denied", "credentials", &report);
        assert!(simulator.requests().is_empty(), "nothing is asked without credentials");
        assert!(err.contains("Nothing of aws/111122223333 was seen") && err.contains("AWS_PROFILE"), "{err}");
    }

    #[test]
    fn with_a_profile_the_environment_does_not_speak_for() {
        let simulator = Simulator::start(Description::parse(CLOUD).unwrap()).unwrap();
        let tenancy = TENANCY.replace("{endpoint}", &simulator.endpoint());
        let tenancy =
            tenancy.replacen("id = \"111122223333\"", "id = \"111122223333\"\nprofile = \"agency\"", 1);
        let [_, _, quiet] = credentials();
        for (profile, seen) in [("agency", true), ("another", false)] {
            let [(_, id), (_, secret), _] = credentials();
            let text = format!("[{profile}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
            let folder = folder(&[("tenancy.toml", &tenancy), ("aws", &text)]);
            let file = folder.path().join("aws");
            // What is in the environment belongs to nobody.
            let environment = [
                quiet,
                ("AWS_ACCESS_KEY_ID", "AKIANOBODYKNOWSIT000"),
                ("AWS_SECRET_ACCESS_KEY", "wrong"),
                ("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap()),
                ("AWS_CONFIG_FILE", "/nonexistent"),
            ];
            let (_, _, err) = Program::new(folder.path(), ASSESS).with(&environment).run();
            assert_eq!(err.contains("Nothing of aws/111122223333"), !seen, "{profile}: {err}");
        }
    }

    #[test]
    fn evidence_that_was_changed() {
        let simulator = Simulator::start(Description::parse(CLOUD).unwrap()).unwrap();
        let folder = folder(&[("tenancy.toml", &TENANCY.replace("{endpoint}", &simulator.endpoint()))]);
        let (code, _, err) = Program::new(folder.path(), ASSESS).with(&credentials()).run();
        assert_eq!(code, 1, "{err}");
        // A complete run is not passed off as another tenancy's.
        let tenancy = std::fs::read_to_string(folder.path().join("tenancy.toml")).unwrap();
        let (code, _, err) = Program::new(folder.path(), &[ASSESS, &["--resume"]].concat()).run();
        assert!(code == 1 && err.contains("nothing was asked"), "{code} {err}");
        let other = tenancy.replacen("name = \"", "name = \"another ", 1);
        assert_ne!(other, tenancy);
        std::fs::write(folder.path().join("tenancy.toml"), other).unwrap();
        let (code, _, err) = Program::new(folder.path(), &[ASSESS, &["--resume"]].concat()).run();
        assert!(code == 2 && err.contains("complete run with another name"), "{code} {err}");

        // A report made elsewhere leaves the evidence alone.
        let before = std::fs::read(folder.path().join("out/run.json")).unwrap();
        let (code, _, err) = Program::new(folder.path(), &["report", "out", "--out", "elsewhere"]).run();
        assert_eq!((code, err.as_str()), (0, ""));
        assert_eq!(std::fs::read(folder.path().join("out/run.json")).unwrap(), before);

        // Without the record of its facts a run shows nothing.
        let record: serde_json::Value = serde_json::from_slice(&before).unwrap();
        let mut bare = record.clone();
        bare["files"] = serde_json::json!([]);
        std::fs::write(folder.path().join("out/run.json"), bare.to_string()).unwrap();
        let (code, _, err) = Program::new(folder.path(), &["report", "out"]).run();
        assert!(code == 2 && err.contains("was changed after the run"), "{code} {err}");
        std::fs::write(folder.path().join("out/run.json"), &before).unwrap();

        let facts = folder.path().join("out/facts.ndjson.zst");
        let text = zstd::decode_all(std::fs::read(&facts).unwrap().as_slice()).unwrap();
        let text = String::from_utf8(text).unwrap().replace("\"US\"", "\"JP\"");
        std::fs::write(&facts, zstd::encode_all(text.as_bytes(), 3).unwrap()).unwrap();
        let (code, _, err) = Program::new(folder.path(), &["report", "out"]).run();
        assert_eq!(code, 2, "{err}");
        assert!(
            err.contains("facts.ndjson.zst was changed after the run") && err.contains("SHA-256"),
            "{err}"
        );

        // Nor does the demo take the place of a run.
        let before = std::fs::read(folder.path().join("out/run.json")).unwrap();
        let (code, _, err) = Program::new(folder.path(), &["demo", "--out", "out"]).run();
        assert_eq!(code, 2, "{err}");
        assert!(err.contains("already holds a run"), "{err}");
        assert_eq!(std::fs::read(folder.path().join("out/run.json")).unwrap(), before);
    }

    #[test]
    fn with_credentials_nobody_knows() {
        let simulator = Simulator::start(Description::parse(CLOUD).unwrap()).unwrap();
        let environment = [
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ACCESS_KEY_ID", "AKIANOBODYKNOWSIT000"),
            ("AWS_SECRET_ACCESS_KEY", "wrong"),
        ];
        let (code, err, report) = assessed(&simulator.endpoint(), &environment);
        assert_eq!(code, 4, "{err}");
        every_cell_is("denied", "credentials", &report);
    }

    #[test]
    fn with_nobody_listening() {
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let began = Instant::now();
        let (code, err, report) = assessed(&format!("http://127.0.0.1:{port}"), &credentials());
        assert_eq!(code, 4, "{err}");
        every_cell_is("failed", "unreachable", &report);
        assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
        assert!(report["ledger"]["calls"].as_u64().unwrap() > 0);
    }

    #[test]
    fn with_hostile_names() {
        let long = "長".repeat(100 * 1024 / 3);
        let hostile = [
            "<script>alert(1)</script>",
            "=cmd|' /C calc'!A0",
            "\"><img src=x onerror=alert(2)>",
            "\\u0007\\u001b[31mred\\u202e",
            "</script><!--",
        ];
        let mut cloud = "accounts:\n  - id: \"111122223333\"\n    log_groups:\n".to_owned();
        let mut buckets = "    buckets:\n".to_owned();
        for (number, text) in hostile.iter().enumerate() {
            let text = text.replace('"', "\\\"");
            cloud += &format!(
                "      - {{name: \"{text}\", region: ap-northeast-1, tags: {{\"{text}\": \"{text}\"}}}}\n"
            );
            buckets += &format!(
                "      - {{name: hostile-{number}, region: us-east-1, tags: {{note: \"{text}\", \"{text}\": x}}}}\n"
            );
        }
        buckets += &format!("      - {{name: long, region: us-east-1, tags: {{note: \"{long}\"}}}}\n");
        // What the provider says is other people's text, too.
        let simulator = Simulator::start(Description::parse(&(cloud + &buckets)).unwrap()).unwrap();
        let tenancy = TENANCY.replace("{endpoint}", &simulator.endpoint());
        let (first, _) = tenancy.split_once("\n[[account]]\nprovider = \"aws\"\nid = \"4444").unwrap();
        let folder = folder(&[("tenancy.toml", first)]);
        let (code, out, err) = Program::new(folder.path(), ASSESS).with(&credentials()).run();
        assert_eq!(code, 1, "{err}");
        let file = |name: &str| std::fs::read_to_string(folder.path().join("out").join(name)).unwrap();
        let (html, json) = (file("report.html"), file("report.json"));
        let lower = html.to_lowercase();
        for live in ["<script>alert", "<img src=x", "</script><!--"] {
            assert!(!lower.contains(live), "report.html holds {live}");
        }
        assert!(html.contains("&lt;script&gt;alert(1)"), "the name is shown, escaped");
        for (name, text) in [("report.html", &html), ("standard output", &out), ("standard error", &err)] {
            let control =
                text.chars().find(|c| (c.is_control() && !"\n\r\t".contains(*c)) || *c == '\u{202e}');
            assert_eq!(control, None, "{name} holds a control character");
        }
        let report: Value = serde_json::from_str(&json).unwrap();
        let subjects: Vec<&str> = rows(&report, "/findings").iter().map(|row| text(row, "name")).collect();
        assert!(subjects.contains(&"<script>alert(1)</script>"), "nothing is lost in report.json");
        assert!(html.len() < 3_000_000, "a long tag stays out of the page: {}", html.len());
    }
}
