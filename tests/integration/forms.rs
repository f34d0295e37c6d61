//! The forms for machines and tables: the same from a run's folder as from a sealed bundle, read by others as the report has it, and
//! without a name where names were taken out.

use super::ceremony::Desk;
use super::python;
use sekisho::bundle::Container;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The forms that `assess` does not write by itself.
const FORMS: &str = "xlsx,csv,oscal,ocsf,sarif";

/// Every file of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

fn read(folder: &Path) -> Value {
    let script = python::scripts().join("read_forms.py");
    let output = Command::new(python::python()).arg("-B").arg(script).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn rows<'v>(of: &'v Value, pointer: &str) -> &'v [Value] {
    of.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("{pointer}"))
}

/// Holds what others read in the forms to what `report.json` says.
fn hold(report: &Value, told: &Value) {
    let count = |pointer: &str| rows(report, pointer).len() as u64;
    let status =
        |word: &str| rows(report, "/findings").iter().filter(|one| one["status"] == word).count() as u64;
    let tables = &told["tables"];
    for (table, many) in [
        ("clauses.csv", count("/clauses")),
        ("checks.csv", rows(report, "/clauses").iter().map(|one| rows(one, "/checks").len() as u64).sum()),
        ("findings.csv", count("/findings")),
        ("evidence.csv", count("/ledger/evidence")),
        ("gaps.csv", count("/coverage/gaps")),
        ("cells.csv", count("/coverage/cells")),
        ("exceptions.csv", count("/exceptions")),
        ("documents.csv", count("/register/documents") + count("/register/faulty")),
        ("resources.csv", rows(report, "/resources").iter().map(|one| one["count"].as_u64().unwrap()).sum()),
        ("calls.csv", report["ledger"]["by_operation"].as_object().unwrap().len() as u64),
    ] {
        assert_eq!(tables[table], many, "{table}");
    }
    let copies: u64 = rows(report, "/places")
        .iter()
        .map(|place| place["confidential"].as_u64().unwrap() + place["other"].as_u64().unwrap())
        .sum();
    assert_eq!(tables["copies.csv"], copies);

    for (book, findings, gaps, clauses) in [
        ("report.xlsx", "所見", "確認できなかったもの", "項目別判定"),
        ("report-en.xlsx", "Findings", "Gaps", "Clauses"),
    ] {
        let book = &told["workbooks"][book];
        assert_eq!(book["sheets"][findings], count("/findings"));
        assert_eq!(book["sheets"][gaps], count("/coverage/gaps"));
        assert_eq!(book["sheets"][clauses], count("/clauses"));
        let made = report["assessed_at"].as_str().unwrap();
        assert_eq!(book["made"].as_str().unwrap()[..19], made[..19]);
        assert!(book["title"].as_str().unwrap().contains(report["tenancy"].as_str().unwrap()));
    }

    // No clause is satisfied but those that conform or are attested.
    for clause in rows(report, "/clauses") {
        let state = match clause["status"].as_str().unwrap() {
            "not-applicable" => Value::Null,
            verdict @ ("conforms" | "attested") => serde_json::json!([verdict, "satisfied"]),
            verdict => serde_json::json!([verdict, "not-satisfied"]),
        };
        assert_eq!(told["results"]["clauses"][clause["id"].as_str().unwrap()], state, "{}", clause["id"]);
    }
    assert_eq!(told["results"]["subjects"], count("/findings"));
    for (file, document) in told["oscal"].as_object().unwrap() {
        assert_eq!(
            (document["version"].as_str(), document["props"]["profile"].as_str()),
            (Some("1.2.1"), Some("jp-annex-2")),
            "{file}"
        );
    }

    let events = told["events"].as_object().unwrap();
    let of = |word: &str| events.get(word).and_then(Value::as_u64).unwrap_or(0);
    assert_eq!(of("check Fail") + of("check Warning"), status("violates"));
    assert_eq!((of("check Unknown"), of("check Pass")), (status("unverified"), 0));
    let conforms = rows(report, "/clauses").iter().filter(|one| one["status"] == "conforms").count() as u64;
    assert_eq!(of("clause Pass"), conforms);

    let results = told["sarif"]["results"].as_object().unwrap();
    let of = |word: &str| results.get(word).and_then(Value::as_u64).unwrap_or(0);
    // Each clause that is not shown to be met is a result of its own.
    let open = |clause: &&Value| clause["status"] == "violates" || clause["status"] == "unverified";
    let open = rows(report, "/clauses").iter().filter(open).count() as u64;
    assert_eq!(of("fail error") + of("fail warning"), status("violates") + open);
    assert_eq!(of("open none"), status("unverified"));
    assert_eq!(told["sarif"]["properties"]["verdict"], report["verdict"]);

    // Every form says by itself what the result lacks, and alike.
    let lacks = &told["sarif"]["properties"]["resultState"];
    for document in told["oscal"].as_object().unwrap().values() {
        assert_eq!(&document["props"]["result-state"], lacks);
    }
    assert_ne!(lacks, "whole");
}

#[test]
fn others_read_in_every_form_what_the_report_says() {
    let desk = Desk::new();
    desk.ends(0, "demo --out demo");
    desk.ends(0, &format!("report demo --format {FORMS} --out forms"));
    let report = serde_json::from_slice(&fs::read(desk.file("demo/report.json")).unwrap()).unwrap();
    hold(&report, &read(&desk.file("forms")));
}

#[test]
fn a_bundle_gives_the_forms_that_its_folder_gives() {
    let desk = Desk::new();
    desk.ceremony();
    desk.ends(0, &format!("report run --format {FORMS} --out one"));
    desk.ends(0, &format!("report bundle.zip --format {FORMS} --out two"));
    let (one, two) = (files(&desk.file("one")), files(&desk.file("two")));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert!(two.get(name) == Some(bytes), "{name}");
    }
    let report = serde_json::from_slice(&fs::read(desk.file("run/report.json")).unwrap()).unwrap();
    let told = read(&desk.file("two"));
    hold(&report, &told);
    // Who asked, and how what comes of it is handled.
    let plan = String::from_utf8(one["oscal-assessment-plan.json"].clone()).unwrap();
    assert!(plan.contains("\"name\": \"機構\"") && plan.contains("At most 500 calls are made."), "{plan}");
    assert!(told["workbooks"]["report.xlsx"]["header"].as_str().unwrap().contains("複製禁止"));

    // Forms that are beside the facts are sealed with them, and made again by whoever verifies.
    desk.ends(0, &format!("report run --format {FORMS}"));
    desk.ends(0, "seal run --key contractor.pem --out whole.zip");
    let (said, _) =
        desk.ends(3, "verify whole.zip --request request.json --trust contractor.pub.pem --lang en");
    assert!(said.contains(&format!("✓ Reports: {} reports are byte for byte", 2 + one.len())), "{said}");

    // Where verdicts alone are sealed, no table lists what they are of.
    fs::write(desk.file("one.key"), format!("{}00\n", "1f".repeat(31))).unwrap();
    desk.ends(0, "seal run --key contractor.pem --redact verdicts --redact-key one.key --out verdicts.zip");
    let mut alone = Container::open(fs::File::open(desk.file("verdicts.zip")).unwrap()).unwrap();
    let mut part = |name: &str| String::from_utf8(alone.read(name, 1 << 30).unwrap()).unwrap();
    for name in one.keys().filter(|name| !name.ends_with(".xlsx")) {
        let text = part(name);
        assert!(!text.contains("utsushi") && !text.contains("kikan-daicho"), "{name}");
        assert!(text.contains("redacted"), "{name}");
    }
    for table in ["resources.csv", "copies.csv", "findings.csv"] {
        assert_eq!(part(table).lines().count(), 2, "{table}: a heading, and what is missing");
    }
}
