//! ElastiCache: snapshots, and caches without servers.

use super::draft::{Draft, Fact, Tally};
use super::elasticache::{SERVICE, arn_or, tags};
use super::parts::{named_key, runs, snapshots_kept};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::FactSink;
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Snapshots of caches with servers.
    DESCRIBE_SNAPSHOTS = "elasticache" "DescribeSnapshots", needs "elasticache:DescribeSnapshots",
    quota quota::ELASTICACHE, Per::Page(50), Post, facts "snapshots of caches: source, moment, key"
);
operation!(
    /// Every cache without servers of the region.
    DESCRIBE_SERVERLESS_CACHES = "elasticache" "DescribeServerlessCaches",
    needs "elasticache:DescribeServerlessCaches", quota quota::ELASTICACHE, Per::Page(50), Post,
    facts "caches without servers: key, version"
);
operation!(
    /// Snapshots of caches without servers.
    DESCRIBE_SERVERLESS_CACHE_SNAPSHOTS = "elasticache" "DescribeServerlessCacheSnapshots",
    needs "elasticache:DescribeServerlessCacheSnapshots", quota quota::ELASTICACHE, Per::Page(50), Post,
    facts "snapshots of caches without servers: source, moment, key"
);

const API: Api = Api::Query("2015-02-02");

/// Tells of the snapshots, the caches without servers and the snapshots of these.
pub(super) async fn snapshots_and_serverless(
    session: &Session,
    region: &str,
    tally: &mut Tally,
    sink: &dyn FactSink,
) {
    let ask = |operation, body| Ask::of(operation, API, region, body);
    let list = List::<Snapshots>::of(session, ask(&DESCRIBE_SNAPSHOTS, json!({"MaxRecords": 50})));
    tally.read(list, sink, |one, call| snapshot(session, region, one, call)).await;
    let body = json!({"MaxResults": 50});
    let list = List::<ServerlessCaches>::of(session, ask(&DESCRIBE_SERVERLESS_CACHES, body.clone()));
    tally.read(list, sink, |one, call| serverless(session, region, one, call)).await;
    let list = List::<ServerlessSnapshots>::of(session, ask(&DESCRIBE_SERVERLESS_CACHE_SNAPSHOTS, body));
    tally.read(list, sink, |one, call| serverless_snapshot(session, region, one, call)).await;
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Snapshots {
    #[serde(deserialize_with = "members")]
    snapshots: Vec<Snapshot>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Snapshot {
    snapshot_name: String,
    #[serde(rename = "ARN")]
    arn: Option<String>,
    replication_group_id: Option<String>,
    cache_cluster_id: Option<String>,
    snapshot_status: Option<String>,
    kms_key_id: Option<String>,
    #[serde(default, deserialize_with = "members")]
    node_snapshots: Vec<NodeSnapshot>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NodeSnapshot {
    snapshot_create_time: Option<String>,
}

page!(
    Snapshots: Snapshot in snapshots, "Marker" from marker, by |item| item.snapshot_name.clone(),
    own |item| item.arn.as_deref().filter(|arn| !arn.is_empty())
);

async fn snapshot(session: &Session, region: &str, found: Snapshot, call: CallId) -> Fact {
    let id = arn_or(session, region, found.arn, "snapshot", &found.snapshot_name);
    let mut draft =
        Draft::new(session, (Kind::Snapshot, SERVICE), region, id.clone(), &found.snapshot_name, &call);
    // It is for its account alone.
    draft.without(&[Facet::Sharing]);
    let named = |sort: &str, name: Option<String>| {
        name.filter(|name| !name.is_empty())
            .map(|name| session.arn(SERVICE, region, &format!("{sort}:{}", shorten(&name))))
    };
    draft.resource.made_from = named("replicationgroup", found.replication_group_id)
        .or_else(|| named("cluster", found.cache_cluster_id));
    match named_key(found.kms_key_id.as_deref()) {
        Some(key) => draft.encrypted(Observed::Seen(true), Some(key)),
        None => {
            let detail = "whether a snapshot without a key of its own is encrypted is not stated";
            let operation = &DESCRIBE_SNAPSHOTS;
            draft.perhaps_encrypted(&Shortfall::of(operation, GapReason::NotRead, Some(call), detail));
        }
    }
    // Its oldest part counts.
    let nodes = found.node_snapshots.iter();
    let of = nodes.map(|node| node.snapshot_create_time.as_deref()).min().flatten();
    draft.point(of, None, found.snapshot_status.as_deref() == Some("available"), None);
    tags(session, region, &id, &mut draft).await;
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServerlessCaches {
    #[serde(deserialize_with = "members")]
    serverless_caches: Vec<ServerlessCache>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServerlessCache {
    serverless_cache_name: String,
    #[serde(rename = "ARN")]
    arn: Option<String>,
    engine: Option<String>,
    full_engine_version: Option<String>,
    major_engine_version: Option<String>,
    kms_key_id: Option<String>,
    snapshot_retention_limit: Option<u32>,
}

page!(
    ServerlessCaches: ServerlessCache in serverless_caches, "NextToken" from next_token,
    by |item| item.serverless_cache_name.clone(),
    own |item| item.arn.as_deref().filter(|arn| !arn.is_empty())
);

async fn serverless(session: &Session, region: &str, found: ServerlessCache, call: CallId) -> Fact {
    let (operation, name) = (&DESCRIBE_SERVERLESS_CACHES, &found.serverless_cache_name);
    let id = arn_or(session, region, found.arn, "serverlesscache", name);
    let mut draft = Draft::new(session, (Kind::SearchIndex, SERVICE), region, id.clone(), name, &call);
    if found.snapshot_retention_limit.is_some() {
        snapshots_kept(&mut draft, region, found.snapshot_retention_limit, operation, call);
    }
    // Caches without servers are always encrypted, and so are their snapshots.
    draft.encrypted(Observed::Seen(true), named_key(found.kms_key_id.as_deref()));
    let version = found.full_engine_version.as_deref().or(found.major_engine_version.as_deref());
    runs(&mut draft, found.engine.as_deref(), version, operation, call);
    tags(session, region, &id, &mut draft).await;
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServerlessSnapshots {
    #[serde(deserialize_with = "members")]
    serverless_cache_snapshots: Vec<ServerlessSnapshot>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServerlessSnapshot {
    serverless_cache_snapshot_name: String,
    #[serde(rename = "ARN")]
    arn: Option<String>,
    kms_key_id: Option<String>,
    status: Option<String>,
    create_time: Option<String>,
    expiry_time: Option<String>,
    serverless_cache_configuration: Option<ServerlessSource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServerlessSource {
    serverless_cache_name: Option<String>,
}

page!(
    ServerlessSnapshots: ServerlessSnapshot in serverless_cache_snapshots, "NextToken" from next_token,
    by |item| item.serverless_cache_snapshot_name.clone(),
    own |item| item.arn.as_deref().filter(|arn| !arn.is_empty())
);

async fn serverless_snapshot(
    session: &Session,
    region: &str,
    found: ServerlessSnapshot,
    call: CallId,
) -> Fact {
    let name = &found.serverless_cache_snapshot_name;
    let id = arn_or(session, region, found.arn, "serverlesscachesnapshot", name);
    let mut draft = Draft::new(session, (Kind::Snapshot, SERVICE), region, id.clone(), name, &call);
    draft.without(&[Facet::Sharing]);
    let source = found.serverless_cache_configuration.and_then(|source| source.serverless_cache_name);
    draft.resource.made_from =
        source.map(|source| session.arn(SERVICE, region, &format!("serverlesscache:{}", shorten(&source))));
    draft.encrypted(Observed::Seen(true), named_key(found.kms_key_id.as_deref()));
    let usable = found.status.as_deref() == Some("available");
    draft.point(found.create_time.as_deref(), None, usable, found.expiry_time.as_deref());
    tags(session, region, &id, &mut draft).await;
    draft.finish()
}
