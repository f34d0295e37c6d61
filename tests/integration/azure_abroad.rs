//! Every way a copy can leave the country on Azure is found, with the call that showed it; its domestic twin is not taken for one.

use crate::cloud::{Ran, Walker, rows, text};
use serde::Deserialize;
use std::collections::BTreeMap;

const CLOUD: &str = include_str!("../tenancies/azure-abroad/cloud.yaml");
pub const TENANCY: &str = include_str!("../tenancies/azure-abroad/tenancy.toml");
const EXPECTED: &str = include_str!("../tenancies/azure-abroad/expected.yaml");

#[derive(Deserialize)]
struct Vector {
    vector: String,
    subject: String,
    check: String,
    operation: Option<String>,
    #[serde(default = "violates")]
    abroad: String,
    #[serde(default = "conforms")]
    at_home: String,
}

fn violates() -> String {
    "violates".to_owned()
}

fn conforms() -> String {
    "conforms".to_owned()
}

/// The cloud with everything that may be abroad there, or at home.
pub fn cloud(abroad: bool) -> String {
    let places = match abroad {
        true => [
            ("{far}", "eastus"),
            ("{Far}", "East US"),
            ("{pair}", "westus"),
            ("{edgeregion}", "westus"),
            ("{edge}", "losangeles"),
        ],
        false => [
            ("{far}", "japanwest"),
            ("{Far}", "Japan West"),
            ("{pair}", "japaneast"),
            ("{edgeregion}", "japaneast"),
            ("{edge}", "japaneast"),
        ],
    };
    places.iter().fold(CLOUD.to_owned(), |cloud, (word, place)| cloud.replace(word, place))
}

fn walk(abroad: bool) -> Ran {
    Walker::new().walk_over(&cloud(abroad), TENANCY, |ways| ways.paced = false)
}

fn vectors() -> Vec<Vector> {
    serde_saphyr::from_str(EXPECTED).unwrap()
}

/// What a check says of each subject: the findings, and of those that are in order nothing but that they were read.
fn differences(ran: &Ran, wanted: impl Fn(&Vector) -> &str) -> Vec<String> {
    let calls: BTreeMap<&str, &str> =
        ran.calls.iter().map(|call| (call.id.as_str(), call.operation.as_str())).collect();
    let mut differences = Vec::new();
    for vector in vectors() {
        let Vector { vector: name, subject, check, operation, .. } = &vector;
        let wanted = wanted(&vector);
        let ends = |id: &str| id.ends_with(&format!("/{subject}")) || id.ends_with(&format!(".{subject}"));
        if !ran.facts.iter().any(|fact| fact["type"] == "resource" && ends(text(fact, "id"))) {
            differences.push(format!("{name}: {subject} was not read"));
            continue;
        }
        let found = rows(&ran.report, "/findings")
            .iter()
            .find(|finding| text(finding, "check") == check && ends(text(finding, "subject")));
        let got = found.map_or("conforms", |finding| text(finding, "status"));
        if got != wanted {
            let reason = found.map(|finding| finding["reason"]["en"].to_string()).unwrap_or_default();
            differences.push(format!("{name}: {check} of {subject} is {got}, not {wanted} {reason}"));
            continue;
        }
        let (Some(found), Some(operation), "violates") = (found, operation, wanted) else { continue };
        let evidence: Vec<&str> =
            rows(found, "/calls").iter().filter_map(|call| calls.get(call.as_str()?).copied()).collect();
        if !evidence.contains(&operation.as_str()) {
            differences.push(format!("{name}: shown by {evidence:?}, not {operation}"));
        }
    }
    differences
}

#[test]
fn every_copy_abroad_is_found_with_its_evidence() {
    assert!(vectors().len() >= 40);
    let differences = differences(&walk(true), |vector| &vector.abroad);
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn their_domestic_twins_are_told_apart() {
    let ran = walk(false);
    let differences = differences(&ran, |vector| &vector.at_home);
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
    let cells = rows(&ran.report, "/coverage/cells");
    let listed = |region: &str| {
        cells.iter().any(|cell| text(cell, "region") == region && text(cell, "state") == "listed")
    };
    assert!(["japaneast", "japanwest", "eastus", "westus"].iter().all(|region| listed(region)));
}

#[test]
fn a_reader_with_a_narrow_role_proves_nothing() {
    let cloud = cloud(false).replace(
        "    - id: 00000000-0000-0000-0000-000000000001\n",
        "    - id: 00000000-0000-0000-0000-000000000001\n      actions: [Microsoft.Storage/storageAccounts/read]\n",
    );
    let ran = Walker::new().walk_over(&cloud, TENANCY, |ways| ways.paced = false);
    let cells = rows(&ran.report, "/coverage/cells");
    let swept = |cell: &&serde_json::Value| text(cell, "service") == "resources";
    assert!(cells.iter().filter(swept).count() > 3);
    assert!(
        cells.iter().filter(swept).all(|cell| text(cell, "state") == "denied"),
        "what is hidden is not told of"
    );
    let gaps = rows(&ran.report, "/coverage/gaps");
    assert!(gaps.iter().any(|gap| text(gap, "permission") == "*/read"), "the permission that lacks is named");
}

/// The calls a run makes for each resource: one query answers for hundreds.
#[test]
fn the_inventory_takes_few_calls() {
    let disks = "azure:\n  locations: [japaneast, japanwest]\n  page_size: 1000\n  subscriptions:\n    - id: 00000000-0000-0000-0000-000000000001\n      resources:\n        - {id: \"resourceGroups/g/providers/Microsoft.Compute/disks/d{n:04}\", count: 2000, location: japaneast, properties: {}}\n";
    let ran = Walker::new().walk_over(disks, TENANCY, |ways| ways.paced = false);
    let resources = ran.facts.iter().filter(|fact| fact["type"] == "resource").count();
    assert_eq!(resources, 2000);
    assert!(ran.calls.len() * 10 <= resources, "{} calls for {resources} resources", ran.calls.len());
}
