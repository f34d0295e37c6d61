//! `findings.ocsf.ndjson`.

use super::{Sample, sample, written};
use serde_json::Value;
use std::collections::BTreeMap;

fn events(sample: &Sample) -> Vec<Value> {
    written(sample, "findings.ocsf.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn counts(events: &[Value], of: &str) -> BTreeMap<(u64, String), usize> {
    let mut counts = BTreeMap::new();
    for event in events.iter().filter(|event| event["finding_info"]["types"][0] == of) {
        let compliance = &event["compliance"];
        let key =
            (compliance["status_id"].as_u64().unwrap(), compliance["status"].as_str().unwrap().to_owned());
        *counts.entry(key).or_default() += 1;
    }
    counts
}

#[test]
fn nothing_passes_but_what_conforms() {
    let sample = sample(5);
    let events = events(&sample);
    assert_eq!(events.len(), sample.assessment.clauses.len() + sample.assessment.findings.len());
    let wanted = |all: &[(u64, &str, usize)]| -> BTreeMap<(u64, String), usize> {
        all.iter().map(|(id, word, many)| ((*id, (*word).to_owned()), *many)).collect()
    };
    assert_eq!(
        counts(&events, "clause"),
        wanted(&[
            (0, "Unknown", 2),
            (1, "Pass", 1),
            (3, "Fail", 3),
            (99, "Attested", 1),
            (99, "Not Applicable", 1)
        ])
    );
    assert_eq!(
        counts(&events, "check"),
        wanted(&[(0, "Unknown", 2), (2, "Warning", 2), (3, "Fail", 3 + 5 + 8)])
    );
    for event in &events {
        assert_eq!((event["class_uid"].as_u64(), event["type_uid"].as_u64()), (Some(2003), Some(200_301)));
        assert_eq!(event["metadata"]["version"], "1.5.0");
    }
}

#[test]
fn every_event_says_what_the_result_lacks_and_how_it_is_handled() {
    for event in events(&sample(0)) {
        let labels = event["metadata"]["labels"].as_array().unwrap();
        assert_eq!(labels[0], "result-state:cells-open gaps unverified");
        assert!(labels[1].as_str().unwrap().starts_with("marking:機密性2情報"));
        assert_eq!(event["unmapped"]["sekisho"]["result_state"], "cells-open gaps unverified");
    }
}

#[test]
fn identifiers_stay_from_run_to_run_and_are_unique() {
    let (first, mut second) = (sample(50), sample(50));
    second.run.assessed_at = jiff::Timestamp::from_second(1_800_000_000).unwrap();
    let ids = |sample: &Sample| -> Vec<String> {
        events(sample).iter().map(|event| event["finding_info"]["uid"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&first), ids(&second));
    let all: std::collections::BTreeSet<String> = ids(&first).into_iter().collect();
    assert_eq!(all.len(), ids(&first).len());
}

#[test]
fn hostile_text_hides_nothing_and_breaks_no_line() {
    let text = written(&sample(0), "findings.ocsf.ndjson");
    for never in ["\u{202e}", "\u{200b}", "\\u0007", "\u{2028}"] {
        assert!(!text.contains(never), "{never}");
    }
    assert!(text.contains("<script>alert(1)</script>"));
}
