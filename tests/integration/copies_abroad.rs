//! Every way a copy can leave the country is found, with the call that showed it; its domestic twin passes.

use crate::cloud::{Ran, Walker, rows, text};
use serde::Deserialize;
use std::collections::BTreeMap;

const CLOUD: &str = include_str!("../tenancies/copies-abroad/cloud.yaml");
const TENANCY: &str = include_str!("../tenancies/copies-abroad/tenancy.toml");
const EXPECTED: &str = include_str!("../tenancies/copies-abroad/expected.yaml");

#[derive(Deserialize)]
struct Vector {
    vector: String,
    subject: String,
    check: String,
    /// Empty where only the twin is spoken of.
    operation: String,
    /// What the check says of the twin at home, where that is not that it conforms.
    #[serde(default)]
    at_home: Option<String>,
}

fn walk(far: &str, zone: &str, group: &str) -> Ran {
    let cloud = CLOUD.replace("{far}", far).replace("{zone}", zone).replace("{group}", group);
    Walker::new().walk_over(&cloud, TENANCY, |ways| ways.paced = false)
}

fn vectors(far: &str) -> Vec<Vector> {
    serde_saphyr::from_str(&EXPECTED.replace("{far}", far)).unwrap()
}

/// Checks of place.
const PLACES: [&str; 4] =
    ["copies-in-home-country", "log-copies-in-home-country", "key-in-home-country", "no-foreign-zones"];

#[test]
fn every_copy_abroad_is_found_with_its_evidence() {
    let ran = walk("us-east-1", "ap-northeast-1-tpe-1a", "ap-northeast-1-tpe-1");
    let calls: BTreeMap<&str, &str> =
        ran.calls.iter().map(|call| (call.id.as_str(), call.operation.as_str())).collect();
    let vectors = vectors("us-east-1");
    assert!(vectors.len() >= 40);
    let mut missed = Vec::new();
    for Vector { vector, subject, check, operation, .. } in
        vectors.iter().filter(|one| !one.operation.is_empty())
    {
        let found = rows(&ran.report, "/findings")
            .iter()
            .find(|finding| text(finding, "check") == check && text(finding, "subject").ends_with(subject));
        let Some(found) = found.filter(|found| text(found, "status") == "violates") else {
            missed.push(format!("{vector}: {check} of {subject}: {found:?}"));
            continue;
        };
        let evidence: Vec<&str> =
            rows(found, "/calls").iter().filter_map(|call| calls.get(call.as_str()?).copied()).collect();
        if !evidence.contains(&operation.as_str()) {
            missed.push(format!("{vector}: shown by {evidence:?}, not {operation}"));
        }
    }
    assert!(missed.is_empty(), "{} of {} missed:\n{}", missed.len(), vectors.len(), missed.join("\n"));
}

#[test]
fn their_domestic_twins_pass() {
    let ran = walk("ap-northeast-3", "ap-northeast-1c", "ap-northeast-1-wl1-nrt-wlz-1");
    let excused = vectors("ap-northeast-3");
    let false_alarms: Vec<String> = rows(&ran.report, "/findings")
        .iter()
        .filter(|finding| PLACES.contains(&text(finding, "check")))
        .filter(|finding| {
            !excused.iter().any(|vector| {
                vector.check == text(finding, "check")
                    && text(finding, "subject").ends_with(&vector.subject)
                    && vector.at_home.as_deref() == Some(text(finding, "status"))
            })
        })
        .map(|finding| {
            format!(
                "{} of {} {}: {}",
                text(finding, "check"),
                text(finding, "subject"),
                text(finding, "status"),
                finding["reason"]["en"]
            )
        })
        .collect();
    assert!(false_alarms.is_empty(), "{}", false_alarms.join("\n"));
}
