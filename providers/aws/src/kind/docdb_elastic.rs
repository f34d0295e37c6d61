//! DocumentDB elastic clusters and their snapshots.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::parts::{labelled, named_key, not_read, snapshots_kept};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

operation!(
    /// Every elastic cluster of the region.
    LIST_CLUSTERS = "docdb-elastic" "ListClusters", needs "docdb-elastic:ListClusters",
    quota quota::DOCDB_ELASTIC, Per::Page(100), Get, facts "elastic clusters"
);
operation!(
    /// An elastic cluster.
    GET_CLUSTER = "docdb-elastic" "GetCluster", needs "docdb-elastic:GetCluster", quota quota::DOCDB_ELASTIC,
    Per::Sometimes, Get, facts "elastic clusters: key, backups"
);
operation!(
    /// Every snapshot of elastic clusters.
    LIST_CLUSTER_SNAPSHOTS = "docdb-elastic" "ListClusterSnapshots", needs "docdb-elastic:ListClusterSnapshots",
    quota quota::DOCDB_ELASTIC, Per::Page(100), Get, facts "snapshots of elastic clusters: source, moment"
);
operation!(
    /// A snapshot of an elastic cluster.
    GET_CLUSTER_SNAPSHOT = "docdb-elastic" "GetClusterSnapshot", needs "docdb-elastic:GetClusterSnapshot",
    quota quota::DOCDB_ELASTIC, Per::Sometimes, Get, facts "snapshots of elastic clusters: key"
);
operation!(
    /// Labels.
    LIST_TAGS = "docdb-elastic" "ListTagsForResource", needs "docdb-elastic:ListTagsForResource",
    quota quota::DOCDB_ELASTIC, Per::Resource, Get, facts "labels of elastic clusters and their snapshots"
);

/// Elastic clusters.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Database, Kind::Snapshot] },
    operations: &[&LIST_CLUSTERS, &GET_CLUSTER, &LIST_CLUSTER_SNAPSHOTS, &GET_CLUSTER_SNAPSHOT, &LIST_TAGS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Rest;
const SERVICE: &str = "docdb-elastic";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = |operation, path| Ask::of(operation, API, region, json!({"maxResults": 100})).at(path, &[]);
    let list = List::<Clusters>::of(session, ask(&LIST_CLUSTERS, "/clusters"));
    tally.read(list, sink, |one, call| cluster(session, region, one, call)).await;
    let list = List::<Snapshots>::of(session, ask(&LIST_CLUSTER_SNAPSHOTS, "/cluster-snapshots"));
    tally.read(list, sink, |one, call| snapshot(session, region, one, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Clusters {
    clusters: Vec<ListedCluster>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedCluster {
    cluster_arn: String,
    cluster_name: String,
}

page!(
    Clusters: ListedCluster in clusters, "nextToken" from next_token, by |item| item.cluster_arn.clone(),
    own |item| Some(&item.cluster_arn)
);

#[derive(Deserialize)]
struct ClusterAnswer {
    cluster: Cluster,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cluster {
    cluster_arn: String,
    kms_key_id: Option<String>,
    backup_retention_period: Option<u32>,
}

async fn cluster(session: &Session, region: &str, found: ListedCluster, call: CallId) -> Fact {
    let (operation, id) = (&GET_CLUSTER, found.cluster_arn);
    let mut draft =
        Draft::new(session, (Kind::Database, SERVICE), region, id.clone(), &found.cluster_name, &call);
    // It is reached from its network alone, and which version it is of is the service's own matter.
    draft.without(&[Facet::Network, Facet::Software]);
    let untold = not_read("whether it goes on in another zone is not told");
    let multi_zone = draft.sheet.unseen("redundancy.multi_zone", &untold);
    draft.redundant(multi_zone);
    let ask = Ask::of(operation, API, region, json!({})).at("/cluster/{}", &[&id]).about(&id);
    let told = session.told::<ClusterAnswer>(ask).await.and_then(|heard| {
        let told = heard.told.map(|told| told.cluster).filter(|told| told.cluster_arn == id);
        let detail = "the answer is not about this cluster";
        told.map(|told| (told, heard.call))
            .ok_or_else(|| Shortfall::of(operation, GapReason::Malformed, Some(heard.call), detail))
    });
    match told {
        Ok((told, call)) => {
            for facet in ["copies", "encryption", "recovery"] {
                draft.sheet.shown(facet, &call);
            }
            snapshots_kept(&mut draft, region, told.backup_retention_period, operation, call);
            encrypted(&mut draft, told.kms_key_id.as_deref());
        }
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Backup, &shortfall);
            draft.perhaps_encrypted(&shortfall);
            draft.perhaps_recoverable(&shortfall);
        }
    }
    tags(session, region, &id, &mut draft).await;
    draft.finish()
}

/// What is stored here is always encrypted.
fn encrypted(draft: &mut Draft<'_>, key: Option<&str>) {
    draft.encrypted(Observed::Seen(true), named_key(key));
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshots {
    snapshots: Vec<ListedSnapshot>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedSnapshot {
    snapshot_arn: String,
    snapshot_name: String,
    cluster_arn: Option<String>,
    snapshot_creation_time: Option<String>,
    status: Option<String>,
}

page!(
    Snapshots: ListedSnapshot in snapshots, "nextToken" from next_token, by |item| item.snapshot_arn.clone(),
    own |item| Some(&item.snapshot_arn)
);

#[derive(Deserialize)]
struct SnapshotAnswer {
    snapshot: Snapshot,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot {
    snapshot_arn: String,
    kms_key_id: Option<String>,
}

async fn snapshot(session: &Session, region: &str, found: ListedSnapshot, call: CallId) -> Fact {
    let (operation, id) = (&GET_CLUSTER_SNAPSHOT, found.snapshot_arn);
    let mut draft =
        Draft::new(session, (Kind::Snapshot, SERVICE), region, id.clone(), &found.snapshot_name, &call);
    // It is for its account alone.
    draft.without(&[Facet::Sharing]);
    draft.resource.made_from = found.cluster_arn.as_deref().map(shorten);
    let usable = matches!(found.status.as_deref(), Some("ACTIVE" | "AVAILABLE" | "available"));
    draft.point(found.snapshot_creation_time.as_deref(), None, usable, None);
    let ask = Ask::of(operation, API, region, json!({})).at("/cluster-snapshot/{}", &[&id]).about(&id);
    match session.told::<SnapshotAnswer>(ask).await {
        Ok(heard) => {
            draft.sheet.shown("encryption", &heard.call);
            match heard.told.map(|told| told.snapshot).filter(|told| told.snapshot_arn == id) {
                Some(told) => encrypted(&mut draft, told.kms_key_id.as_deref()),
                None => {
                    let detail = "the answer is not about this snapshot";
                    let astray = Shortfall::of(operation, GapReason::Malformed, Some(heard.call), detail);
                    draft.perhaps_encrypted(&astray);
                }
            }
        }
        Err(shortfall) => draft.perhaps_encrypted(&shortfall),
    }
    tags(session, region, &id, &mut draft).await;
    draft.finish()
}

#[derive(Deserialize)]
struct Tags {
    tags: BTreeMap<String, String>,
}

async fn tags(session: &Session, region: &str, arn: &str, draft: &mut Draft<'_>) {
    let ask = Ask::of(&LIST_TAGS, API, region, json!({})).at("/tags/{}", &[arn]).about(arn);
    let asked = session.told::<Tags>(ask).await;
    labelled(draft, asked, |told| told.tags.into_iter().map(|(key, value)| Tag { key, value }).collect());
}
