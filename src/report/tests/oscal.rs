//! The models of OSCAL.

use super::{Sample, sample, written};
use crate::assess::Status;
use crate::run_folder::REPORT_OSCAL;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn document(sample: &Sample, file: &str) -> Value {
    serde_json::from_str(&written(sample, file)).unwrap()
}

fn result(sample: &Sample) -> Value {
    document(sample, "oscal-assessment-results.json")["assessment-results"]["results"][0].clone()
}

fn property<'v>(of: &'v Value, name: &str) -> &'v str {
    let props = of["props"].as_array().unwrap();
    props.iter().find(|prop| prop["name"] == name).map_or("", |prop| prop["value"].as_str().unwrap())
}

fn list<'v>(of: &'v Value, name: &str) -> &'v [Value] {
    of[name].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn every_document_says_what_the_result_lacks_and_how_it_is_handled() {
    for file in REPORT_OSCAL {
        let document = document(&sample(0), file);
        let metadata = &document.as_object().unwrap().values().next().unwrap()["metadata"];
        assert_eq!(metadata["oscal-version"], "1.2.1");
        assert_eq!(metadata["last-modified"], "2026-11-23T10:43:11Z");
        assert_eq!(property(metadata, "result-state"), "cells-open gaps unverified");
        assert!(property(metadata, "marking").starts_with("機密性2情報"), "{file}");
        assert!(metadata["remarks"].as_str().unwrap().contains("could not be accounted for"), "{file}");
    }
}

#[test]
fn what_was_not_seen_is_never_satisfied() {
    let result = result(&sample(0));
    let states: BTreeMap<(&str, &str), &str> = list(&result, "findings")
        .iter()
        .map(|one| {
            let state = one["target"]["status"]["state"].as_str().unwrap();
            ((property(one, "clause"), property(one, "verdict")), state)
        })
        .collect();
    assert_eq!(
        states.into_iter().collect::<Vec<_>>(),
        [
            (("III-1-5", "violates"), "not-satisfied"),
            (("V-1", "attested"), "satisfied"),
            (("V-10", "unverified"), "not-satisfied"),
            (("V-11", "violates"), "not-satisfied"),
            (("V-2", "unverified"), "not-satisfied"),
            (("V-3", "violates"), "not-satisfied"),
            (("V-6", "conforms"), "satisfied"),
        ]
    );
    // What does not apply has no finding, and is said to be left out.
    let selection = &result["reviewed-controls"]["control-selections"][0];
    assert_eq!(selection["exclude-controls"][0]["control-id"], "V-14");
}

#[test]
fn every_reference_leads_somewhere_and_every_identifier_is_one() {
    let sample = sample(10);
    let result = result(&sample);
    let ids = |name: &str| -> BTreeSet<&str> {
        let all: Vec<&str> = list(&result, name).iter().map(|one| one["uuid"].as_str().unwrap()).collect();
        let unique: BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), unique.len(), "{name}");
        unique
    };
    let (observations, risks) = (ids("observations"), ids("risks"));
    let items: BTreeSet<&str> = list(&result["local-definitions"], "inventory-items")
        .iter()
        .map(|item| item["uuid"].as_str().unwrap())
        .collect();
    for one in list(&result, "observations").iter().flat_map(|one| list(one, "subjects")) {
        assert!(items.contains(one["subject-uuid"].as_str().unwrap()), "{one}");
    }
    for finding in list(&result, "findings").iter().chain(list(&result, "risks")) {
        for one in list(finding, "related-observations") {
            assert!(observations.contains(one["observation-uuid"].as_str().unwrap()), "{one}");
        }
        for one in list(finding, "related-risks") {
            assert!(risks.contains(one["risk-uuid"].as_str().unwrap()), "{one}");
        }
    }
    let subjects: usize = list(&result, "observations").iter().map(|one| list(one, "subjects").len()).sum();
    assert_eq!(subjects, sample.assessment.findings.len());
    let one =
        list(&result, "observations").iter().find(|one| property(one, "check") == "copies-in-home-country");
    let one = one.unwrap();
    assert_eq!((property(one, "violates"), property(one, "unverified")), ("13", "0"));
    assert_eq!(property(one, "counts"), "V-3: conforms 198, violates 13, unverified 0, not applicable 12");
    let methods: BTreeSet<&str> =
        list(&result, "observations").iter().map(|one| one["methods"][0].as_str().unwrap()).collect();
    assert_eq!(methods, BTreeSet::from(["EXAMINE", "INTERVIEW", "TEST"]));
}

#[test]
fn subjects_are_bounded_what_violates_stands_first_and_the_rest_is_counted() {
    let result = result(&sample(60_000));
    let listed: Vec<&Value> =
        list(&result, "observations").iter().flat_map(|one| list(one, "subjects")).collect();
    assert_eq!(listed.len(), 50_000);
    assert!(listed.iter().all(|subject| property(subject, "verdict") == "violates"));
    assert_eq!(property(&result, "subjects-listed"), "50000");
    assert_eq!(property(&result, "subjects-left-out"), (60_000 + 3 + 8 + 2 + 2 - 50_000).to_string());
}

#[test]
fn hostile_text_is_no_markup() {
    for file in REPORT_OSCAL {
        let text = written(&sample(0), file);
        for never in ["\u{202e}", "\u{200b}", "\\u0007"] {
            assert!(!text.contains(never), "{file} {never}");
        }
    }
    let result = result(&sample(0));
    let subjects = list(&result, "observations").iter().flat_map(|one| list(one, "subjects"));
    let titles: Vec<&str> = subjects.map(|subject| subject["title"].as_str().unwrap()).collect();
    assert!(titles.contains(&"\\<script\\>alert(1)\\</script\\>"), "{titles:?}");
    assert!(titles.iter().all(|title| !title.is_empty() && !title.contains('\n')));
}

#[test]
fn a_plan_that_answers_a_request_names_who_asked_and_until_when() {
    let mut sample = sample(0);
    let plan = |sample: &Sample| document(sample, "oscal-assessment-plan.json")["assessment-plan"].clone();
    assert!(plan(&sample)["metadata"]["parties"].is_null());
    sample.run.request = Some(super::sample::request());
    let plan = plan(&sample);
    assert_eq!(plan["metadata"]["parties"][0]["name"], "東部広域機構");
    assert_eq!(plan["tasks"][0]["timing"]["within-date-range"]["end"], "2026-12-15T00:00:00Z");
    let activities: Vec<&str> =
        list(&plan["local-definitions"], "activities").iter().map(|one| property(one, "method")).collect();
    assert_eq!(activities, ["TEST", "EXAMINE", "INTERVIEW"]);
    let said = plan.to_string();
    assert!(said.contains("At most 500 calls are made.") && said.contains(&"ab".repeat(32)), "{said}");
}

#[test]
fn the_plan_of_action_has_what_is_broken_and_what_was_accepted() {
    let mut sample = sample(0);
    let items = |sample: &Sample| {
        let document = document(sample, "oscal-poam.json")["plan-of-action-and-milestones"].clone();
        let verdicts = list(&document, "poam-items").iter().map(|one| property(one, "verdict").to_owned());
        let states = list(&document, "risks").iter().map(|one| one["status"].as_str().unwrap().to_owned());
        (verdicts.collect::<Vec<_>>(), states.collect::<Vec<_>>())
    };
    let (verdicts, states) = items(&sample);
    assert_eq!(verdicts, ["violates", "advised", "violates", "", "unverified", "unverified"]);
    assert_eq!(states, ["open", "open", "open", "deviation-approved"]);
    sample.assessment.findings.clear();
    sample.assessment.exceptions.clear();
    let (verdicts, states) = items(&sample);
    assert_eq!((verdicts, states), (vec!["unverified".to_owned(); 2], Vec::new()));
    // Nothing is said to be in order where the result lacks something.
    for clause in &mut sample.assessment.clauses {
        clause.status = Status::Conforms;
    }
    sample.assessment.verdict = Status::Conforms;
    let said = |sample: &Sample| document(sample, "oscal-poam.json").to_string();
    assert!(
        !said(&sample).contains("是正事項なし") && said(&sample).contains("是正事項の有無を判断できない")
    );
    sample.assessment.gaps.clear();
    let cells = std::mem::take(&mut sample.assessment.cells);
    assert!(!said(&sample).contains("是正事項なし"), "nothing was looked at");
    sample.assessment.cells = cells.into_iter().filter(|cell| cell.state.is_accounted_for()).collect();
    assert!(!sample.assessment.cells.is_empty() && said(&sample).contains("是正事項なし"));
}
