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
fn flat(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !matches!(*word, "|" | "│"));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn arguments() {
    check(&[], &["fly"], 2, &["unrecognized subcommand 'fly'"]);
    check(&[], &["assess", "--out", "o"], 2, &["--config <FILE>"]);
    check(&[], &["assess", "-c", "t", "--out", "o", "--max-calls", "0"], 2, &["--max-calls <N>"]);
    check(&[], &["assess", "-c", "t", "--out", "o", "--lang", "fr"], 2, &["there are ja and en"]);
    check(&[], &["report", "o", "--format", "pdf"], 2, &["invalid value 'pdf'", "html"]);
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
