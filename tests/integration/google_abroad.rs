//! Every way a copy can leave the country on Google Cloud is found, its twin at home passes, and what cannot be told is
//! said to be so.

use crate::cloud::{Ran, Walker, rows, text};
use serde::Deserialize;
use std::collections::BTreeMap;

pub const CLOUD: &str = include_str!("../tenancies/google-abroad/cloud.yaml");
pub const TENANCY: &str = include_str!("../tenancies/google-abroad/tenancy.toml");
const EXPECTED: &str = include_str!("../tenancies/google-abroad/expected.yaml");
/// What refuses the asset inventory: each API is asked itself.
const NO_INVENTORY: &str = "faults:\n  - {service: cloudasset, fault: denied}\n";

/// What nobody tells where the inventory is refused: sorts that nothing reads, and who is let in.
const BY_INVENTORY_ALONE: [&str; 2] = ["cloudasset:searchAllResources", "cloudasset:assets.list.iamPolicy"];
/// Services whose own lists leave something out that the inventory has.
const NOT_WHOLE: [&str; 4] = ["compute", "secretmanager", "spanner", "bigtable"];

#[derive(Deserialize)]
struct Vector {
    vector: String,
    subject: String,
    check: String,
    status: String,
    operation: String,
}

/// What was told otherwise than it should have been.
fn missed(ran: &Ran, with_evidence: bool) -> Vec<String> {
    let calls: BTreeMap<&str, &str> =
        ran.calls.iter().map(|call| (call.id.as_str(), call.operation.as_str())).collect();
    let vectors: Vec<Vector> = serde_saphyr::from_str(EXPECTED).unwrap();
    assert!(vectors.iter().filter(|vector| vector.status == "violates").count() >= 60);
    let mut missed = Vec::new();
    for Vector { vector, subject, check, status, operation } in vectors {
        if !with_evidence && BY_INVENTORY_ALONE.contains(&operation.as_str()) {
            continue;
        }
        let found = rows(&ran.report, "/findings")
            .iter()
            .find(|finding| text(finding, "check") == check && text(finding, "subject").ends_with(&subject));
        let told = found.map_or("conforms", |finding| text(finding, "status"));
        if told != status {
            let reason = found.map(|finding| finding["reason"]["en"].to_string());
            missed.push(format!("{vector}: {told}, not {status}: {reason:?}"));
            continue;
        }
        let Some(found) = found.filter(|_| with_evidence && !operation.is_empty()) else { continue };
        let evidence: Vec<&str> =
            rows(found, "/calls").iter().filter_map(|call| calls.get(call.as_str()?).copied()).collect();
        if !evidence.contains(&operation.as_str()) {
            missed.push(format!("{vector}: shown by {evidence:?}, not {operation}"));
        }
    }
    // What conforms was looked at: it is among the facts.
    let vectors: Vec<Vector> = serde_saphyr::from_str(EXPECTED).unwrap();
    for Vector { vector, subject, operation, .. } in vectors {
        let unread = operation == BY_INVENTORY_ALONE[0] && !with_evidence;
        let there = |fact: &&serde_json::Value| text(fact, "id").ends_with(&subject);
        if !unread && !ran.facts.iter().any(|fact| there(&fact)) {
            missed.push(format!("{vector}: {subject} is not among the facts"));
        }
    }
    missed
}

#[test]
fn every_copy_abroad_is_found_and_its_twin_passes() {
    let ran = Walker::new().walk_over(CLOUD, TENANCY, |ways| ways.paced = false);
    let unlisted: Vec<_> =
        rows(&ran.report, "/coverage/cells").iter().filter(|cell| text(cell, "state") != "listed").collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
    let missed = missed(&ran, true);
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn the_same_is_found_where_the_inventory_is_refused() {
    let cloud = format!("{CLOUD}{NO_INVENTORY}");
    let ran = Walker::new().walk_over(&cloud, TENANCY, |ways| ways.paced = false);
    let missed = missed(&ran, false);
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
    // What its own lists leave out is not passed over.
    for service in NOT_WHOLE {
        let cells = rows(&ran.report, "/coverage/cells");
        let own: Vec<_> = cells.iter().filter(|cell| text(cell, "service") == service).collect();
        assert!(
            !own.is_empty() && own.iter().all(|cell| text(cell, "state") != "listed"),
            "{service}: {own:?}"
        );
    }
}

/// Things of four sorts, hundreds of each.
const MANY: &str = r#"
clock: 2026-11-01T00:00:00Z
gcp:
  projects:
    - id: kikan-records
      number: "200000000001"
      resources:
        - {type: storage.googleapis.com/Bucket, name: "records-{n:04}", count: 400, data: {location: ASIA-NORTHEAST1}, iam: {bindings: []}}
        - {type: compute.googleapis.com/Disk, name: "projects/{project}/zones/asia-northeast1-a/disks/disk-{n}", count: 400, data: {}}
        - {type: compute.googleapis.com/Snapshot, name: "projects/{project}/global/snapshots/snap-{n}", count: 400, data: {storageLocations: [asia-northeast1], status: READY}}
        - {type: secretmanager.googleapis.com/Secret, name: "projects/{project}/secrets/secret-{n}", count: 400, data: {replication: {userManaged: {replicas: [{location: asia-northeast1}]}}}}
"#;

#[test]
fn the_inventory_costs_less_than_a_request_for_ten_things() {
    let tenancy = TENANCY.split("\n[[account]]").take(2).collect::<Vec<_>>().join("\n[[account]]");
    let ran = Walker::new().walk_over(MANY, &tenancy, |ways| ways.paced = false);
    let things = ran.facts.iter().filter(|fact| text(fact, "type") == "resource").count();
    assert!(things >= 1_600, "{things}");
    let asked = ran.requests.len();
    assert!(asked * 10 <= things, "{asked} requests for {things} things");
}

/// An organization one of whose projects is about to be deleted.
const LEAVING: &str = r#"
clock: 2026-11-01T00:00:00Z
gcp:
  containers:
    - {name: organizations/900}
    - {name: folders/910, parent: organizations/900}
  projects:
    - {id: kikan-records, number: "200000000001", parent: organizations/900}
    - {id: kikan-leaving, number: "200000000002", parent: folders/910, state: DELETE_REQUESTED}
"#;

#[test]
fn a_project_that_is_about_to_be_deleted_is_not_passed_over() {
    let tenancy = TENANCY.split("\n[[account]]").take(2).collect::<Vec<_>>().join("\n[[account]]");
    let tenancy = format!("{}\norganization = \"900\"\n", tenancy.trim_end());
    let ran = Walker::new().walk_over(LEAVING, &tenancy, |ways| ways.paced = false);
    let cells = rows(&ran.report, "/coverage/cells");
    let leaving: Vec<_> = cells.iter().filter(|cell| text(cell, "account") == "kikan-leaving").collect();
    assert!(!leaving.is_empty() && leaving.iter().all(|cell| text(cell, "state") != "listed"), "{leaving:?}");
}

/// A cluster of an instance that no list names.
const ORPHAN: &str = r#"
clock: 2026-11-01T00:00:00Z
gcp:
  projects:
    - id: kikan-records
      number: "200000000001"
      resources:
        - {type: bigtableadmin.googleapis.com/Cluster, name: "projects/{project}/instances/gone/clusters/a", data: {location: "projects/{project}/locations/us-east1-b"}}
"#;

#[test]
fn a_cluster_without_its_instance_is_not_dropped() {
    let tenancy = TENANCY.split("\n[[account]]").take(2).collect::<Vec<_>>().join("\n[[account]]");
    let ran = Walker::new().walk_over(ORPHAN, &tenancy, |ways| ways.paced = false);
    let cells = rows(&ran.report, "/coverage/cells");
    let own: Vec<_> = cells.iter().filter(|cell| text(cell, "service") == "bigtable").collect();
    assert!(own.len() == 1 && text(own[0], "state") == "failed", "{own:?}");
}
