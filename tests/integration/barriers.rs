//! Configured barriers against access from abroad: each is found, what looks like one is not taken for it, and what was refused
//! is neither.

use crate::cloud::{Ran, Walker, rows, text};
use serde::Deserialize;
use std::collections::BTreeSet;

const CLOUD: &str = include_str!("../tenancies/barriers/cloud.yaml");
const TENANCY: &str = include_str!("../tenancies/barriers/tenancy.toml");
const EXPECTED: &str = include_str!("../tenancies/barriers/expected.yaml");

#[derive(Deserialize)]
struct Vector {
    subject: String,
    check: String,
    #[serde(default = "conforms")]
    verdict: String,
    refused: Option<String>,
}

fn conforms() -> String {
    "conforms".to_owned()
}

fn vectors() -> Vec<Vector> {
    serde_saphyr::from_str(EXPECTED).unwrap()
}

fn walk(country: &str, faults: &str) -> Ran {
    let cloud = format!("{}{faults}", CLOUD.replace("{country}", country));
    Walker::new().walk_over(&cloud, TENANCY, |ways| ways.paced = false)
}

/// What a check says of a subject; the test fails where the subject was not read.
fn verdict<'r>(ran: &'r Ran, vector: &Vector) -> &'r str {
    let Vector { subject, check, .. } = vector;
    let read = ran.facts.iter().any(|fact| {
        matches!(text(fact, "type"), "resource" | "setting") && text(fact, "id").ends_with(subject.as_str())
    });
    assert!(read, "{subject} was not read");
    let found = rows(&ran.report, "/findings").iter().find(|finding| {
        text(finding, "check") == check && text(finding, "subject").ends_with(subject.as_str())
    });
    found.map_or("conforms", |finding| text(finding, "status"))
}

fn differences(ran: &Ran, vectors: &[Vector], wanted: impl Fn(&Vector) -> &str) -> Vec<String> {
    let differs = |vector: &&Vector| verdict(ran, vector) != wanted(vector);
    let told = |vector: &Vector| {
        format!("{} of {} is {}, not {}", vector.check, vector.subject, verdict(ran, vector), wanted(vector))
    };
    vectors.iter().filter(differs).map(told).collect()
}

#[test]
fn barriers_are_told_from_what_looks_like_them() {
    let differences = differences(&walk("JP", ""), &vectors(), |vector| &vector.verdict);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn a_country_abroad_that_may_sign_in_breaks_it() {
    let ran = walk("US", "");
    let (of_country, others): (Vec<_>, Vec<_>) =
        vectors().into_iter().partition(|vector| vector.check == "conditional-access-by-country");
    let differences = [
        differences(&ran, &of_country, |_| "violates"),
        differences(&ran, &others, |vector| &vector.verdict),
    ];
    assert!(differences.concat().is_empty(), "{}", differences.concat().join("\n"));
}

#[test]
fn what_was_refused_costs_itself_and_nothing_else() {
    let operations: BTreeSet<String> = vectors().into_iter().filter_map(|vector| vector.refused).collect();
    for operation in operations {
        let (service, name) = operation.split_once(':').unwrap();
        let ran =
            walk("JP", &format!("faults:\n  - {{service: {service}, operation: {name}, fault: denied}}\n"));
        for vector in vectors() {
            let shown_by_it = vectors().into_iter().any(|one| {
                one.refused.as_ref() == Some(&operation)
                    && one.check == vector.check
                    && one.subject == vector.subject
            });
            let alike = vectors()
                .into_iter()
                .any(|one| one.refused.as_ref() == Some(&operation) && one.check == vector.check);
            let got = verdict(&ran, &vector);
            match (shown_by_it, alike) {
                (true, _) => assert_eq!(got, "unverified", "{} without {operation}", vector.subject),
                // It may show others of its kind as well.
                (false, true) => assert!(
                    got == vector.verdict || got == "unverified",
                    "{} without {operation} is {got}",
                    vector.subject
                ),
                (false, false) => assert_eq!(got, vector.verdict, "{} without {operation}", vector.subject),
            }
        }
    }
}
