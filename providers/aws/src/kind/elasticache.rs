//! ElastiCache: caches with servers, and their replicas in other regions.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::elasticache_snapshots::{
    DESCRIBE_SERVERLESS_CACHE_SNAPSHOTS, DESCRIBE_SERVERLESS_CACHES, DESCRIBE_SNAPSHOTS,
    snapshots_and_serverless,
};
use super::parts::{labelled, named_key, perhaps_runs, runs, snapshots_kept};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every cache with replicas of the region.
    DESCRIBE_REPLICATION_GROUPS = "elasticache" "DescribeReplicationGroups",
    needs "elasticache:DescribeReplicationGroups", quota quota::ELASTICACHE, Per::Page(100), Post,
    facts "caches with replicas: zones, encryption and key, where their logs go"
);
operation!(
    /// Every node of the caches with servers.
    DESCRIBE_CACHE_CLUSTERS = "elasticache" "DescribeCacheClusters", needs "elasticache:DescribeCacheClusters",
    quota quota::ELASTICACHE, Per::Page(100), Post, facts "caches without replicas: zones, encryption; version of all"
);
operation!(
    /// Caches that span regions.
    DESCRIBE_GLOBAL_REPLICATION_GROUPS = "elasticache" "DescribeGlobalReplicationGroups",
    needs "elasticache:DescribeGlobalReplicationGroups", quota quota::ELASTICACHE, Per::Page(100), Post,
    facts "caches' replicas in other regions"
);
operation!(
    /// Labels.
    LIST_TAGS = "elasticache" "ListTagsForResource", needs "elasticache:ListTagsForResource",
    quota quota::ELASTICACHE, Per::Resource, Post, facts "labels of caches and their snapshots"
);

/// Caches.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::SearchIndex, Kind::Snapshot] },
    operations: &[
        &DESCRIBE_CACHE_CLUSTERS,
        &DESCRIBE_GLOBAL_REPLICATION_GROUPS,
        &DESCRIBE_REPLICATION_GROUPS,
        &DESCRIBE_SNAPSHOTS,
        &DESCRIBE_SERVERLESS_CACHES,
        &DESCRIBE_SERVERLESS_CACHE_SNAPSHOTS,
        &LIST_TAGS,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Query("2015-02-02");
pub(super) const SERVICE: &str = "elasticache";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = |operation, body| Ask::of(operation, API, region, body);
    let body = json!({"MaxRecords": 100, "ShowMemberInfo": true});
    let ask_global = ask(&DESCRIBE_GLOBAL_REPLICATION_GROUPS, body);
    let global = all(List::<GlobalGroups>::of(session, ask_global)).await;
    let body = json!({"MaxRecords": 100, "ShowCacheNodeInfo": true});
    let nodes = all(List::<Clusters>::of(session, ask(&DESCRIBE_CACHE_CLUSTERS, body.clone()))).await;
    let list = List::<Groups>::of(session, ask(&DESCRIBE_REPLICATION_GROUPS, json!({"MaxRecords": 100})));
    let (known, global) = (&nodes, &global);
    tally.read(list, sink, |one, call| group(session, region, one, call, known, global)).await;
    tally.unsaid([global.as_ref().err()]);
    match nodes {
        Ok(mut nodes) => {
            nodes.retain(|(node, _)| node.group().is_none());
            tally.tell_all(nodes, sink, |one, call| cluster(session, region, one, call)).await;
        }
        Err(shortfall) => tally.fell_short(shortfall),
    }
    snapshots_and_serverless(session, region, &mut tally, sink).await;
    tally.outcome()
}

/// A list that was read before, or why it was not.
type Listed<T> = Result<Vec<(T, CallId)>, Shortfall>;

#[derive(Deserialize)]
struct Tags {
    #[serde(rename = "TagList", deserialize_with = "members")]
    tags: Vec<Tag>,
}

/// Asks for the labels of a cache or a snapshot.
pub(super) async fn tags(session: &Session, region: &str, arn: &str, draft: &mut Draft<'_>) {
    let ask = Ask::of(&LIST_TAGS, API, region, json!({"ResourceName": arn})).about(arn);
    labelled(draft, session.told::<Tags>(ask).await, |told| told.tags);
}

/// The ARN that is told, or made of the name.
pub(super) fn arn_or(
    session: &Session,
    region: &str,
    told: Option<String>,
    sort: &str,
    name: &str,
) -> String {
    told.filter(|arn| !arn.is_empty())
        .unwrap_or_else(|| session.arn(SERVICE, region, &format!("{sort}:{}", shorten(name))))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GlobalGroups {
    #[serde(deserialize_with = "members")]
    global_replication_groups: Vec<GlobalGroup>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GlobalGroup {
    global_replication_group_id: String,
    #[serde(default, deserialize_with = "members")]
    members: Vec<GlobalMember>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GlobalMember {
    replication_group_id: Option<String>,
    replication_group_region: Option<String>,
}

page!(
    GlobalGroups: GlobalGroup in global_replication_groups, "Marker" from marker,
    by |item| item.global_replication_group_id.clone()
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Groups {
    #[serde(deserialize_with = "members")]
    replication_groups: Vec<Group>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Group {
    replication_group_id: String,
    #[serde(rename = "ARN")]
    arn: Option<String>,
    global_replication_group_info: Option<GlobalInfo>,
    engine: Option<String>,
    at_rest_encryption_enabled: Option<bool>,
    storage_encryption_type: Option<String>,
    kms_key_id: Option<String>,
    snapshot_retention_limit: Option<u32>,
    #[serde(default, deserialize_with = "members")]
    member_clusters_outpost_arns: Vec<String>,
    #[serde(default, deserialize_with = "members")]
    node_groups: Vec<NodeGroup>,
    #[serde(default, deserialize_with = "members")]
    log_delivery_configurations: Vec<LogDelivery>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GlobalInfo {
    global_replication_group_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NodeGroup {
    #[serde(default, deserialize_with = "members")]
    node_group_members: Vec<NodeGroupMember>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NodeGroupMember {
    preferred_availability_zone: Option<String>,
}

page!(
    Groups: Group in replication_groups, "Marker" from marker, by |item| item.replication_group_id.clone(),
    own |item| item.arn.as_deref().filter(|arn| !arn.is_empty())
);

async fn group(
    session: &Session,
    region: &str,
    found: Group,
    call: CallId,
    nodes: &Listed<Cluster>,
    global: &Listed<GlobalGroup>,
) -> Fact {
    let (operation, name) = (&DESCRIBE_REPLICATION_GROUPS, &found.replication_group_id);
    let id = arn_or(session, region, found.arn, "replicationgroup", name);
    let mut draft = Draft::new(session, (Kind::SearchIndex, SERVICE), region, id.clone(), name, &call);
    match found.member_clusters_outpost_arns.iter().find(|arn| !arn.is_empty()) {
        Some(outpost) => draft.rests_on_outpost(outpost),
        None => {
            let members = found.node_groups.iter().flat_map(|group| &group.node_group_members);
            for zone in members.filter_map(|member| member.preferred_availability_zone.as_deref()) {
                draft.rests_in_zone_too(zone);
            }
        }
    }
    let of = found.global_replication_group_info.and_then(|info| info.global_replication_group_id);
    replicas(session, region, &mut draft, name, of.as_deref(), global);
    snapshots_kept(&mut draft, region, found.snapshot_retention_limit, operation, call);
    logs(session, region, &mut draft, found.log_delivery_configurations);
    let encrypted = encrypted(
        &mut draft,
        found.storage_encryption_type.as_deref(),
        found.at_rest_encryption_enabled,
        operation,
        call,
    );
    draft.encrypted(encrypted, named_key(found.kms_key_id.as_deref()));
    match nodes {
        Ok(nodes) => {
            let own = nodes.iter().find(|(node, _)| node.group() == Some(name));
            let (engine, version) = own
                .map_or((None, None), |(node, _)| (node.engine.as_deref(), node.engine_version.as_deref()));
            let shown = own.map_or(call, |(_, call)| *call);
            draft.sheet.shown("software", &shown);
            runs(&mut draft, engine.or(found.engine.as_deref()), version, &DESCRIBE_CACHE_CLUSTERS, shown);
        }
        Err(shortfall) => perhaps_runs(&mut draft, shortfall),
    }
    tags(session, region, &id, &mut draft).await;
    draft.finish()
}

/// The other members of the cache that spans regions which it is a member of.
fn replicas(
    session: &Session,
    region: &str,
    draft: &mut Draft<'_>,
    name: &str,
    of: Option<&str>,
    global: &Listed<GlobalGroup>,
) {
    let of = of.filter(|of| !of.is_empty());
    let global = match global {
        Ok(global) => global,
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Replica, shortfall),
    };
    let is_this = |member: &GlobalMember| {
        member.replication_group_id.as_deref() == Some(name)
            && member.replication_group_region.as_deref() == Some(region)
    };
    let mut known = of.is_none();
    for (group, call) in global {
        let named = of == Some(group.global_replication_group_id.as_str());
        if !named && !group.members.iter().any(is_this) {
            continue;
        }
        draft.sheet.shown("copies", call);
        known |= group.members.iter().any(|member| !is_this(member));
        for member in group.members.iter().filter(|member| !is_this(member)) {
            let there = member.replication_group_region.as_deref().filter(|there| !there.is_empty());
            match (there, member.replication_group_id.as_deref()) {
                (Some(there), other) => {
                    let holder =
                        other.map(|other| session.arn(SERVICE, there, &format!("replicationgroup:{other}")));
                    draft.copy(CopyRole::Replica, holder.as_deref(), there);
                }
                (None, _) => {
                    let detail = "a member of the global group has no region";
                    let operation = &DESCRIBE_GLOBAL_REPLICATION_GROUPS;
                    let unnamed = Shortfall::of(operation, GapReason::Malformed, Some(*call), detail);
                    draft.perhaps_copied(CopyRole::Replica, &unnamed);
                }
            }
        }
    }
    if !known {
        let detail = format!("the members of {} were not stated", shorten(of.unwrap_or_default()));
        let untold = Shortfall::of(&DESCRIBE_GLOBAL_REPLICATION_GROUPS, GapReason::Malformed, None, detail);
        draft.perhaps_copied(CopyRole::Replica, &untold);
    }
}

/// Whether it is encrypted: by the word for what is in effect, where that is told.
fn encrypted(
    draft: &mut Draft<'_>,
    sort: Option<&str>,
    asked_for: Option<bool>,
    operation: &'static Operation,
    call: CallId,
) -> Observed<bool> {
    match sort {
        Some("none") => Observed::Seen(false),
        Some("sse-elasticache" | "sse-kms") => Observed::Seen(true),
        None | Some("") => draft.said("encryption", asked_for, operation, call),
        Some(other) => {
            let detail = format!("unknown encryption `{}`", shorten(other));
            draft
                .sheet
                .unseen("encryption", &Shortfall::of(operation, GapReason::Unknown, Some(call), detail))
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LogDelivery {
    destination_details: Option<LogDestination>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LogDestination {
    cloud_watch_logs_details: Option<LogGroup>,
    kinesis_firehose_details: Option<Stream>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LogGroup {
    log_group: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stream {
    delivery_stream: Option<String>,
}

/// Slow commands are logged with what they carried.
fn logs(session: &Session, region: &str, draft: &mut Draft<'_>, deliveries: Vec<LogDelivery>) {
    for to in deliveries.into_iter().filter_map(|delivery| delivery.destination_details) {
        if let Some(group) = to.cloud_watch_logs_details.and_then(|details| details.log_group) {
            let arn = session.arn("logs", region, &format!("log-group:{}", shorten(&group)));
            draft.copy(CopyRole::Log, Some(&arn), region);
        }
        if let Some(stream) = to.kinesis_firehose_details.and_then(|details| details.delivery_stream) {
            let arn = session.arn("firehose", region, &format!("deliverystream/{}", shorten(&stream)));
            draft.copy(CopyRole::Log, Some(&arn), region);
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Clusters {
    #[serde(deserialize_with = "members")]
    cache_clusters: Vec<Cluster>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Cluster {
    cache_cluster_id: String,
    #[serde(rename = "ARN")]
    arn: Option<String>,
    replication_group_id: Option<String>,
    engine: Option<String>,
    engine_version: Option<String>,
    preferred_availability_zone: Option<String>,
    preferred_outpost_arn: Option<String>,
    #[serde(default, deserialize_with = "members")]
    cache_nodes: Vec<Node>,
    at_rest_encryption_enabled: Option<bool>,
    snapshot_retention_limit: Option<u32>,
    #[serde(default, deserialize_with = "members")]
    log_delivery_configurations: Vec<LogDelivery>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Node {
    customer_availability_zone: Option<String>,
    customer_outpost_arn: Option<String>,
}

impl Cluster {
    /// The cache with replicas that it is a node of.
    fn group(&self) -> Option<&str> {
        self.replication_group_id.as_deref().filter(|group| !group.is_empty())
    }
}

page!(
    Clusters: Cluster in cache_clusters, "Marker" from marker, by |item| item.cache_cluster_id.clone(),
    own |item| item.arn.as_deref().filter(|arn| !arn.is_empty())
);

/// What is said in place of a zone where nodes are in several.
const SEVERAL: &str = "Multiple";

async fn cluster(session: &Session, region: &str, found: Cluster, call: CallId) -> Fact {
    let (operation, name) = (&DESCRIBE_CACHE_CLUSTERS, &found.cache_cluster_id);
    let id = arn_or(session, region, found.arn, "cluster", name);
    let mut draft = Draft::new(session, (Kind::SearchIndex, SERVICE), region, id.clone(), name, &call);
    let zones = found.cache_nodes.iter().map(|node| &node.customer_availability_zone);
    for zone in zones.chain([&found.preferred_availability_zone]).flatten() {
        if !zone.is_empty() && zone != SEVERAL {
            draft.rests_in_zone_too(zone);
        }
    }
    let outposts = found.cache_nodes.iter().map(|node| &node.customer_outpost_arn);
    let outpost = outposts.chain([&found.preferred_outpost_arn]).flatten().find(|arn| !arn.is_empty());
    if let Some(outpost) = outpost {
        draft.rests_on_outpost(outpost);
    }
    if found.snapshot_retention_limit.is_some() {
        snapshots_kept(&mut draft, region, found.snapshot_retention_limit, operation, call);
    }
    logs(session, region, &mut draft, found.log_delivery_configurations);
    let encrypted = encrypted(&mut draft, None, found.at_rest_encryption_enabled, operation, call);
    draft.encrypted(encrypted, None);
    runs(&mut draft, found.engine.as_deref(), found.engine_version.as_deref(), operation, call);
    tags(session, region, &id, &mut draft).await;
    draft.finish()
}
