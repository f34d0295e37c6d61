//! Setting back, erasure and ends of support on three clouds: what meets and what does not, beside its harmless twin, and what
//! was not seen.

use crate::cloud::{Walker, rows, text};
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    what: String,
    subject: String,
    #[serde(default)]
    provider: String,
    check: String,
    status: String,
}

fn read(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tenancies/prospects/");
    std::fs::read_to_string(format!("{folder}{name}")).unwrap()
}

#[test]
fn what_is_told_of_setting_back_and_erasure_on_every_cloud() {
    let ran = Walker::declaring(26 * 60)
        .walk_over(&read("cloud.yaml"), &read("tenancy.toml"), |ways| ways.paced = false);
    let open: Vec<_> =
        rows(&ran.report, "/coverage/cells").iter().filter(|cell| text(cell, "state") != "listed").collect();
    assert!(open.is_empty(), "{open:?}");
    let expected: Vec<Row> = serde_saphyr::from_str(&read("expected.yaml")).unwrap();
    let mut missed = Vec::new();
    for Row { what, subject, provider, check, status } in expected {
        let named = |row: &&serde_json::Value, field: &str| {
            let id = text(row, field);
            id.ends_with(&subject)
                && (provider.is_empty()
                    || id.contains(if provider == "gcp" { "googleapis" } else { "/subscriptions/" }))
        };
        if !ran.facts.iter().any(|fact| named(&fact, "id")) {
            missed.push(format!("{what}: {subject} is not among the facts"));
            continue;
        }
        let found = rows(&ran.report, "/findings")
            .iter()
            .find(|finding| text(finding, "check") == check && named(finding, "subject"));
        let told = found.map_or("conforms", |finding| text(finding, "status"));
        if told != status {
            let reason = found.map(|finding| finding["reason"]["en"].to_string());
            missed.push(format!("{what}: {subject} {check}: {told}, not {status}: {reason:?}"));
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
    // Jobs that failed, and what the schedule would give, stand beside what was achieved.
    let covered = rows(&ran.report, "/recovery/resources")
        .iter()
        .find(|row| text(row, "subject").ends_with("db:covered"));
    let covered = covered.unwrap();
    assert_eq!(
        (&covered["jobs_failed"], &covered["configured_s"]),
        (&4.into(), &(86_400 + 3_600 + 7_200).into()),
        "{covered}"
    );
    assert_eq!(covered["distant"]["points"], 2);
}
