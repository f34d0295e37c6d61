//! MemoryDB: databases in memory, their replicas in other regions, and their snapshots.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::parts::{labelled, named_key, runs, snapshots_kept};
use super::shared::{List, Page, moment, page};
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

operation!(
    /// Every database of the region.
    DESCRIBE_CLUSTERS = "memorydb" "DescribeClusters", needs "memorydb:DescribeClusters", quota quota::MEMORYDB,
    Per::Page(50), Post, facts "databases in memory: zones, key, backups, version"
);
operation!(
    /// Databases that span regions.
    DESCRIBE_MULTI_REGION_CLUSTERS = "memorydb" "DescribeMultiRegionClusters",
    needs "memorydb:DescribeMultiRegionClusters", quota quota::MEMORYDB, Per::Page(50), Post,
    facts "databases in memory: members in other regions"
);
operation!(
    /// Snapshots.
    DESCRIBE_SNAPSHOTS = "memorydb" "DescribeSnapshots", needs "memorydb:DescribeSnapshots",
    quota quota::MEMORYDB, Per::Page(50), Post, facts "snapshots of databases in memory: source, moment, key"
);
operation!(
    /// Labels.
    LIST_TAGS = "memorydb" "ListTags", needs "memorydb:ListTags", quota quota::MEMORYDB, Per::Resource, Post,
    facts "labels of databases in memory and their snapshots"
);

/// Databases in memory.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Database, Kind::Snapshot] },
    operations: &[&DESCRIBE_MULTI_REGION_CLUSTERS, &DESCRIBE_CLUSTERS, &DESCRIBE_SNAPSHOTS, &LIST_TAGS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("AmazonMemoryDB");
const SERVICE: &str = "memorydb";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = |operation, body| Ask::of(operation, API, region, body);
    let body = json!({"MaxResults": 50, "ShowClusterDetails": true});
    let spanning = all(List::<Spanning>::of(session, ask(&DESCRIBE_MULTI_REGION_CLUSTERS, body))).await;
    spanning.as_ref().err().into_iter().for_each(|shortfall| tally.fell_short(shortfall.clone()));
    let spanning = &spanning;
    let body = json!({"MaxResults": 50, "ShowShardDetails": true});
    let list = List::<Clusters>::of(session, ask(&DESCRIBE_CLUSTERS, body));
    tally.read(list, sink, |one, call| cluster(session, region, one, call, spanning)).await;
    let body = json!({"MaxResults": 50, "ShowDetail": true});
    let list = List::<Snapshots>::of(session, ask(&DESCRIBE_SNAPSHOTS, body));
    tally.read(list, sink, |one, call| snapshot(session, region, one, call)).await;
    tally.outcome()
}

/// A list that was read before, or why it was not.
type Listed<T> = Result<Vec<(T, CallId)>, Shortfall>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Spanning {
    multi_region_clusters: Vec<SpanningCluster>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SpanningCluster {
    multi_region_cluster_name: String,
    clusters: Option<Vec<Member>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Member {
    region: Option<String>,
    #[serde(rename = "ARN")]
    arn: Option<String>,
}

page!(
    Spanning: SpanningCluster in multi_region_clusters, "NextToken" from next_token,
    by |item| item.multi_region_cluster_name.clone()
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Clusters {
    clusters: Vec<Cluster>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Cluster {
    name: String,
    #[serde(rename = "ARN")]
    arn: String,
    multi_region_cluster_name: Option<String>,
    availability_mode: Option<String>,
    shards: Option<Vec<Shard>>,
    engine: Option<String>,
    engine_version: Option<String>,
    kms_key_id: Option<String>,
    snapshot_retention_limit: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Shard {
    nodes: Option<Vec<Node>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Node {
    availability_zone: Option<String>,
}

page!(Clusters: Cluster in clusters, "NextToken" from next_token, by |item| item.arn.clone(), own |item| Some(&item.arn));

async fn cluster(
    session: &Session,
    region: &str,
    found: Cluster,
    call: CallId,
    spanning: &Listed<SpanningCluster>,
) -> Fact {
    let (operation, id) = (&DESCRIBE_CLUSTERS, found.arn);
    let mut draft = Draft::new(session, (Kind::Database, SERVICE), region, id.clone(), &found.name, &call);
    // It is reached from its network alone, and nothing can give it another address.
    draft.without(&[Facet::Network]);
    let nodes = found.shards.iter().flatten().flat_map(|shard| shard.nodes.iter().flatten());
    for zone in nodes.filter_map(|node| node.availability_zone.as_deref()) {
        draft.rests_in_zone_too(zone);
    }
    replicas(&mut draft, &id, found.multi_region_cluster_name.as_deref(), spanning);
    snapshots_kept(&mut draft, region, found.snapshot_retention_limit, operation, call);
    // What is stored here is always encrypted.
    draft.encrypted(Observed::Seen(true), named_key(found.kms_key_id.as_deref()));
    let multi_zone = match found.availability_mode.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("multiaz") => Observed::Seen(true),
        Some("singleaz") => Observed::Seen(false),
        None => draft.said("redundancy.multi_zone", None, operation, call),
        Some(other) => {
            let detail = format!("unknown AvailabilityMode `{}`", shorten(other));
            let unknown = Shortfall::of(operation, GapReason::Unknown, Some(call), detail);
            draft.sheet.unseen("redundancy.multi_zone", &unknown)
        }
    };
    draft.redundant(multi_zone);
    // Before there was another engine the answer did not name it.
    let engine = found.engine.as_deref().unwrap_or("redis");
    runs(&mut draft, Some(engine), found.engine_version.as_deref(), operation, call);
    tags(session, region, &id, &mut draft).await;
    draft.finish()
}

/// The other members of the database that spans regions which it is a member of.
fn replicas(draft: &mut Draft<'_>, id: &str, of: Option<&str>, spanning: &Listed<SpanningCluster>) {
    let of = of.filter(|of| !of.is_empty());
    let spanning = match spanning {
        Ok(spanning) => spanning,
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Replica, shortfall),
    };
    let is_this = |member: &&Member| member.arn.as_deref() == Some(id);
    // One that spans regions may have one member so far: this.
    let mut known = of.is_none();
    for (cluster, call) in spanning {
        let members = || cluster.clusters.iter().flatten();
        if of != Some(cluster.multi_region_cluster_name.as_str()) && !members().any(|one| is_this(&one)) {
            continue;
        }
        draft.sheet.shown("copies", call);
        known |= members().next().is_some();
        for member in members().filter(|member| !is_this(member)) {
            match (member.region.as_deref(), member.arn.as_deref()) {
                (Some(there), holder) => draft.copy(CopyRole::Replica, holder, there),
                (None, Some(holder)) => draft.copy_at(CopyRole::Replica, holder),
                (None, None) => {
                    let detail = "a member of the global group has no region";
                    let operation = &DESCRIBE_MULTI_REGION_CLUSTERS;
                    let unnamed = Shortfall::of(operation, GapReason::Malformed, Some(*call), detail);
                    draft.perhaps_copied(CopyRole::Replica, &unnamed);
                }
            }
        }
    }
    if !known {
        let detail = format!("the members of {} were not stated", shorten(of.unwrap_or_default()));
        let untold = Shortfall::of(&DESCRIBE_MULTI_REGION_CLUSTERS, GapReason::Malformed, None, detail);
        draft.perhaps_copied(CopyRole::Replica, &untold);
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Snapshots {
    snapshots: Vec<Snapshot>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Snapshot {
    name: String,
    #[serde(rename = "ARN")]
    arn: String,
    status: Option<String>,
    kms_key_id: Option<String>,
    cluster_configuration: Option<Source>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Source {
    name: Option<String>,
    shards: Option<Vec<SnapshotShard>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnapshotShard {
    snapshot_creation_time: Option<f64>,
}

page!(Snapshots: Snapshot in snapshots, "NextToken" from next_token, by |item| item.arn.clone(), own |item| Some(&item.arn));

async fn snapshot(session: &Session, region: &str, found: Snapshot, call: CallId) -> Fact {
    let id = found.arn;
    let mut draft = Draft::new(session, (Kind::Snapshot, SERVICE), region, id.clone(), &found.name, &call);
    // It is for its account alone.
    draft.without(&[Facet::Sharing]);
    draft.encrypted(Observed::Seen(true), named_key(found.kms_key_id.as_deref()));
    let (name, shards) = found.cluster_configuration.map_or((None, None), |of| (of.name, of.shards));
    draft.resource.made_from =
        name.map(|name| session.arn(SERVICE, region, &format!("cluster/{}", shorten(&name))));
    // Its oldest part counts; of a part without a time nothing is known.
    let times: Option<Vec<f64>> =
        shards.into_iter().flatten().map(|shard| shard.snapshot_creation_time).collect();
    let of = times.and_then(|times| times.into_iter().reduce(f64::min)).and_then(moment);
    draft.point(of.as_deref(), None, found.status.as_deref() == Some("available"), None);
    tags(session, region, &id, &mut draft).await;
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tag_list: Vec<Tag>,
}

async fn tags(session: &Session, region: &str, arn: &str, draft: &mut Draft<'_>) {
    let ask = Ask::of(&LIST_TAGS, API, region, json!({"ResourceArn": arn})).about(arn);
    labelled(draft, session.told::<Tags>(ask).await, |told| told.tag_list);
}
