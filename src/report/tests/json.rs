//! `report.json`.

use super::{sample, written};
use crate::report::json;
use crate::run_folder::REPORT_JSON;
use serde_json::Value;

#[test]
fn it_holds_to_its_own_schema() {
    let schema = json::schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let report: Value = serde_json::from_str(&written(&sample(100), REPORT_JSON)).unwrap();
    let faults: Vec<String> = validator.iter_errors(&report).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    for broken in [
        "schema",
        "verdict",
        "clauses",
        "findings",
        "coverage",
        "ledger",
        "assessed_at",
        "recovery",
        "erasure",
    ] {
        let mut report = report.clone();
        report.as_object_mut().unwrap().remove(broken);
        assert!(!validator.is_valid(&report), "{broken} may be left out");
    }
}

#[test]
fn the_parts_tools_rely_on_are_where_the_design_says() {
    let report: Value = serde_json::from_str(&written(&sample(0), REPORT_JSON)).unwrap();
    let at = |pointer: &str| report.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")).clone();
    assert_eq!(at("/schema"), "sekisho/report/v1");
    assert_eq!(at("/profile"), "jp-annex-2");
    assert_eq!(at("/verdict"), "violates");
    assert_eq!(at("/clauses/2/id"), "V-3");
    assert_eq!(at("/clauses/2/checks/0/counts/violates"), 3);
    assert_eq!(at("/clauses/2/checks/0/counts/not_applicable"), 12);
    assert_eq!(at("/clauses/6/status"), "not-applicable");
    assert_eq!(at("/clauses/0/documents/0/status"), "attested");
    assert_eq!(at("/findings/0/clauses/1"), "III-1-5");
    assert_eq!(at("/findings/0/evidence/0"), "E-0001");
    assert_eq!(at("/ledger/evidence/0/call"), at("/findings/0/calls/0"));
    assert_eq!(at("/coverage/cells/0/account"), "111122223333");
    assert_eq!(at("/coverage/gaps/0/reason"), "unresolved");
    assert_eq!(at("/ledger/by_operation/s3:ListBuckets"), 3);
    assert_eq!(at("/assessed_at").as_str().unwrap().len(), "2026-11-23T10:43:11Z".len());
}

#[test]
fn two_runs_differ_in_the_time_what_changes_with_it_and_the_ledger_alone() {
    let (first, mut second) = (sample(5), sample(5));
    second.run.assessed_at = jiff::Timestamp::from_second(1_800_000_000).unwrap();
    second.ledger.calls += 7;
    for call in second.evidence.values_mut() {
        call.request_id = format!("{}x", call.request_id).into();
        call.attempts += 1;
    }
    let parts = |sample| {
        let mut report: Value = serde_json::from_str(&written(sample, REPORT_JSON)).unwrap();
        let report = report.as_object_mut().unwrap();
        for part in ["assessed_at", "ledger", "recovery"] {
            assert!(report.remove(part).is_some(), "{part}");
        }
        report.clone()
    };
    assert_eq!(parts(&first), parts(&second));
}

#[test]
fn names_stand_whole_in_the_file() {
    let report = written(&sample(0), REPORT_JSON);
    let report: Value = serde_json::from_str(&report).unwrap();
    let names: Vec<&str> =
        report["findings"].as_array().unwrap().iter().filter_map(|f| f["name"].as_str()).collect();
    assert!(names.contains(&"<script>alert(1)</script>"));
    assert!(names.iter().any(|name| name.chars().count() == 100_000));
}
