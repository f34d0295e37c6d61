//! A tenancy over three clouds of which one is out of reach: the others are judged as ever, and what that leaves open is named.

use super::cloud::{Ran, Walker, rows, text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const CLOUD: &str = include_str!("../../src/cli/demo/cloud.yaml");
const TENANCY: &str = include_str!("../../src/cli/demo/tenancy.toml");
/// What stands in the demo's tenancy file for an address.
const ENDPOINT: &str = "http://127.0.0.1:0";

/// Checks of what a cloud does not have, or is not read of it: there is nothing to judge, in reach or not.
const NOTHING_TO_JUDGE: &[(&str, &str)] = &[
    ("azure", "no-foreign-zones"),
    ("azure", "disks-encrypted-by-default"),
    ("azure", "root-protected"),
    ("azure", "roles-trust-within-contract"),
    ("gcp", "no-foreign-zones"),
    ("gcp", "disks-encrypted-by-default"),
];

/// The demo's tenancy, with nobody behind one provider's addresses.
fn without(provider: Option<&str>) -> Ran {
    let accounts = TENANCY.split("[[account]]").enumerate().map(|(number, section)| {
        let gone =
            number > 0 && provider.is_some_and(|name| section.contains(&format!("provider = \"{name}\"")));
        // A port that nobody may listen on without being root.
        section.replace(ENDPOINT, if gone { "http://127.0.0.1:1" } else { "{endpoint}" })
    });
    let file = accounts.collect::<Vec<_>>().join("[[account]]");
    Walker::new().walk_over(CLOUD, &file, |ways| ways.paced = false)
}

/// (check, subject) → status and reason, of one provider's subjects or of all others'.
fn findings<'r>(
    ran: &'r Ran,
    provider: &str,
    own: bool,
) -> BTreeMap<(&'r str, &'r str), (&'r str, &'r Value)> {
    let of: BTreeSet<&str> = ran
        .facts
        .iter()
        .filter(|fact| text(fact, "type") == "resource" && text(fact, "provider") == provider)
        .map(|fact| text(fact, "id"))
        .collect();
    rows(&ran.report, "/findings")
        .iter()
        .filter(|row| {
            let subject = text(row, "subject");
            // The tenancy's papers are held against all that is in use, wherever it is.
            let of_all = subject == "tenancy";
            !of_all && (of.contains(subject) || subject.starts_with(&format!("{provider}/"))) == own
        })
        .map(|row| ((text(row, "check"), text(row, "subject")), (text(row, "status"), &row["reason"])))
        .collect()
}

fn one_is_out_of_reach(provider: &str) {
    let (whole, ran) = (without(None), without(Some(provider)));

    // What is said of the others is what was said before.
    let (before, after) = (findings(&whole, provider, false), findings(&ran, provider, false));
    for (name, said) in &before {
        assert_eq!(after.get(name), Some(said), "{name:?} without {provider}");
    }
    let new: Vec<_> = after.keys().filter(|name| !before.contains_key(*name)).collect();
    assert!(new.is_empty(), "{new:?} only without {provider}");

    // Nothing is said of it but that it could not be told.
    let own = findings(&ran, provider, true);
    let told: Vec<_> = own.iter().filter(|(_, (status, _))| *status != "unverified").collect();
    assert!(told.is_empty(), "{told:?}");

    // Every clause that looked at it says so: by a finding of its own about the account, with the call that failed.
    let gaps = rows(&ran.report, "/coverage/gaps");
    let failed: BTreeSet<&str> = gaps
        .iter()
        .filter(|gap| text(gap, "subject").starts_with(&format!("{provider}/")))
        .map(|gap| text(gap, "call"))
        .filter(|call| !call.is_empty())
        .collect();
    assert!(!failed.is_empty(), "the call that failed is named");
    // Papers are on file or not, and logs were named or not, whatever cloud answers.
    let checks = sekisho::checks::all().unwrap();
    let of_cloud = |check: &sekisho::checks::Check| {
        !check.subject.is_paper() && check.subject != sekisho::checks::SubjectKind::Logs
    };
    let of_cloud = |name: &str| checks.iter().any(|check| check.id == name && of_cloud(check));
    for clause in rows(&ran.report, "/clauses") {
        let id = text(clause, "id");
        let mut own = rows(clause, "/checks").iter().filter(|check| of_cloud(text(check, "id"))).peekable();
        if own.peek().is_none() {
            continue;
        }
        assert!(
            matches!(text(clause, "status"), "violates" | "unverified"),
            "{id} is {}",
            text(clause, "status")
        );
        for check in own {
            let name = text(check, "id");
            let named = rows(&ran.report, "/findings").iter().any(|row| {
                text(row, "check") == name
                    && text(row, "subject").starts_with(&format!("{provider}/"))
                    && rows(row, "/calls").iter().any(|call| failed.contains(call.as_str().unwrap()))
            });
            let nothing = NOTHING_TO_JUDGE.contains(&(provider, name));
            assert!(named || nothing, "{id}: {name} does not say that it could not look at {provider}");
        }
    }
}

#[test]
fn azure_is_out_of_reach() {
    one_is_out_of_reach("azure");
}

#[test]
fn google_cloud_is_out_of_reach() {
    one_is_out_of_reach("gcp");
}

#[test]
fn aws_is_out_of_reach() {
    one_is_out_of_reach("aws");
}
