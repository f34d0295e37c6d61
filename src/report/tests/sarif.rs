//! `report.sarif`.

use super::{Sample, sample, written};
use serde_json::Value;

fn run(sample: &Sample) -> Value {
    let log: Value = serde_json::from_str(&written(sample, "report.sarif")).unwrap();
    assert_eq!((log["version"].as_str(), log["runs"].as_array().unwrap().len()), (Some("2.1.0"), 1));
    log["runs"][0].clone()
}

#[test]
fn findings_are_results_of_the_kind_the_standard_has_for_them() {
    let sample = sample(40);
    let run = run(&sample);
    let results = run["results"].as_array().unwrap();
    // Three clauses that violate and two that are unverified stand before the findings.
    assert_eq!(results.len(), 5 + sample.assessment.findings.len());
    let count = |kind: &str, level: &str| {
        results.iter().filter(|one| one["kind"] == kind && one["level"] == level).count()
    };
    assert_eq!(
        (count("fail", "error"), count("fail", "warning"), count("open", "none")),
        (3 + 3 + 40 + 8, 2 + 2, 2)
    );
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in results {
        let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[at]["id"], result["ruleId"]);
    }
    let prints: std::collections::BTreeSet<&str> = results
        .iter()
        .map(|one| one["partialFingerprints"]["checkAndSubject/v1"].as_str().unwrap())
        .collect();
    assert_eq!(prints.len(), results.len());
}

#[test]
fn an_accepted_finding_says_so_and_is_hidden_from_nobody() {
    let mut sample = sample(0);
    sample.assessment.exceptions[0].exception.subjects = vec!["arn:aws:s3:::<script>*".into()];
    let run = run(&sample);
    let results = run["results"].as_array().unwrap();
    assert!(results.iter().all(|one| one["suppressions"].is_null()), "dashboards hide what is suppressed");
    let accepted: Vec<&Value> =
        results.iter().filter(|one| !one["properties"]["acceptedBy"].is_null()).collect();
    assert_eq!(accepted.len(), 1);
    assert_eq!((&accepted[0]["kind"], &accepted[0]["level"]), (&"fail".into(), &"error".into()));
    assert_eq!(accepted[0]["properties"]["acceptedBy"][0]["reason"], "invoice[U+202E]fdp.exe");
    assert!(accepted[0]["message"]["text"].as_str().unwrap().contains("判定は変わらない"));
}

#[test]
fn what_was_not_seen_is_told_as_notifications() {
    let mut sample = sample(0);
    let told = |sample: &Sample| {
        let invocation = run(sample)["invocations"][0].clone();
        let notes = invocation["toolExecutionNotifications"].as_array().unwrap().clone();
        let ids: Vec<String> =
            notes.iter().map(|one| one["descriptor"]["id"].as_str().unwrap().to_owned()).collect();
        (invocation["executionSuccessful"].as_bool().unwrap(), ids)
    };
    let (whole, ids) = told(&sample);
    assert!(
        // Not everything was looked at.
        !whole && ids.starts_with(&["cells-open".into(), "gaps".into(), "unverified".into(), "gap".into()]),
        "{ids:?}"
    );
    sample.run.incomplete = Some(super::sample::text("途中で中断された。", "It was stopped."));
    let (whole, ids) = told(&sample);
    assert!(!whole && ids[0] == "ended-early");
    assert!(run(&sample)["properties"]["marking"]["ja"].as_str().unwrap().starts_with("機密性2情報"));
}

#[test]
fn hostile_text_makes_no_link_and_hides_nothing() {
    let text = written(&sample(0), "report.sarif");
    for never in ["\u{202e}", "\u{200b}", "\\u001b"] {
        assert!(!text.contains(never), "{never}");
    }
    assert!(text.contains("「invoice\\\\[U+202E\\\\]fdp.exe」は誰でも読み取れる。"));
}

#[test]
fn many_findings_stand_on_lines_of_their_own() {
    let text = written(&sample(1_000), "report.sarif");
    assert_eq!(text.lines().filter(|line| line.contains("{\"ruleId\"")).count(), 5 + 1_015);
}
