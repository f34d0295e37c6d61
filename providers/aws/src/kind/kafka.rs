//! MSK: clusters of Kafka, and replicators between them.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::parts::{copied_to_bucket, named_key};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
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
use std::collections::BTreeMap;

operation!(
    /// Every cluster of the region.
    LIST_CLUSTERS_V2 = "kafka" "ListClustersV2", needs "kafka:ListClustersV2", quota quota::KAFKA,
    Per::Page(100), Get, facts "clusters of Kafka: key, where their logs go, labels"
);
operation!(
    /// Every replicator of the region.
    LIST_REPLICATORS = "kafka" "ListReplicators", needs "kafka:ListReplicators", quota quota::KAFKA,
    Per::Page(100), Get, facts "replicators: from which cluster of Kafka to which"
);
operation!(
    /// A replicator.
    DESCRIBE_REPLICATOR = "kafka" "DescribeReplicator", needs "kafka:DescribeReplicator", quota quota::KAFKA,
    Per::Sometimes, Get, facts "replicators: where their logs go, labels"
);

/// Clusters of Kafka.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::MessageStore, Kind::Delivery] },
    operations: &[&LIST_CLUSTERS_V2, &LIST_REPLICATORS, &DESCRIBE_REPLICATOR],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Rest;
const SERVICE: &str = "kafka";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = |operation, path| Ask::of(operation, API, region, json!({"maxResults": 100})).at(path, &[]);
    let list = List::<Clusters>::of(session, ask(&LIST_CLUSTERS_V2, "/api/v2/clusters"));
    tally.read(list, sink, |one, call| cluster(session, region, one, call)).await;
    let list = List::<Replicators>::of(session, ask(&LIST_REPLICATORS, "/replication/v1/replicators"));
    tally.read(list, sink, |one, call| replicator(session, region, one, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Clusters {
    cluster_info_list: Vec<Cluster>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cluster {
    cluster_arn: String,
    cluster_name: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    provisioned: Option<Provisioned>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provisioned {
    encryption_info: Option<EncryptionInfo>,
    logging_info: Option<LoggingInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EncryptionInfo {
    encryption_at_rest: Option<AtRest>,
}

#[derive(Deserialize)]
struct AtRest {
    #[serde(rename = "dataVolumeKMSKeyId")]
    key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoggingInfo {
    authorizer_logs: Option<LogTargets>,
    broker_logs: Option<LogTargets>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogTargets {
    cloud_watch_logs: Option<LogTarget>,
    firehose: Option<LogTarget>,
    s3: Option<LogTarget>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogTarget {
    enabled: bool,
    log_group: Option<String>,
    delivery_stream: Option<String>,
    bucket: Option<String>,
}

page!(
    Clusters: Cluster in cluster_info_list, "nextToken" from next_token, by |item| item.cluster_arn.clone(),
    own |item| Some(&item.cluster_arn)
);

async fn cluster(session: &Session, region: &str, found: Cluster, call: CallId) -> Fact {
    let name = found.cluster_name.as_deref().unwrap_or(&found.cluster_arn).to_owned();
    let mut draft =
        Draft::new(session, (Kind::MessageStore, SERVICE), region, found.cluster_arn, &name, &call);
    let (at_rest, logging) =
        found.provisioned.map_or((None, None), |told| (told.encryption_info, told.logging_info));
    // What is stored here is always encrypted.
    let key = at_rest.and_then(|info| info.encryption_at_rest?.key);
    draft.encrypted(Observed::Seen(true), named_key(key.as_deref()));
    if let Some(logging) = logging {
        for targets in [logging.authorizer_logs, logging.broker_logs].into_iter().flatten() {
            logs(session, region, &mut draft, targets).await;
        }
    }
    tags(&mut draft, found.tags, &LIST_CLUSTERS_V2, call);
    draft.finish()
}

fn tags(
    draft: &mut Draft<'_>,
    tags: Option<BTreeMap<String, String>>,
    operation: &'static Operation,
    call: CallId,
) {
    match tags {
        Some(tags) => draft.tags(tags.into_iter().map(|(key, value)| Tag { key, value }).collect()),
        None => draft.resource.tags = draft.said("tags", None, operation, call),
    }
}

async fn logs(session: &Session, region: &str, draft: &mut Draft<'_>, targets: LogTargets) {
    let on = |target: Option<LogTarget>| target.filter(|target| target.enabled);
    if let Some(group) = on(targets.cloud_watch_logs).and_then(|target| target.log_group) {
        let arn = session.arn("logs", region, &format!("log-group:{}", shorten(&group)));
        draft.copy(CopyRole::Log, Some(&arn), region);
    }
    if let Some(stream) = on(targets.firehose).and_then(|target| target.delivery_stream) {
        let arn = session.arn("firehose", region, &format!("deliverystream/{}", shorten(&stream)));
        draft.copy(CopyRole::Log, Some(&arn), region);
    }
    if let Some(bucket) = on(targets.s3).and_then(|target| target.bucket) {
        copied_to_bucket(session, draft, CopyRole::Log, &bucket).await;
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Replicators {
    replicators: Vec<Replicator>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Replicator {
    replicator_arn: String,
    replicator_name: Option<String>,
    kafka_clusters_summary: Option<Vec<Side>>,
    replication_info_summary_list: Option<Vec<Way>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Side {
    kafka_cluster_alias: Option<String>,
    amazon_msk_cluster: Option<OwnCluster>,
    apache_kafka_cluster: Option<OtherCluster>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnCluster {
    msk_cluster_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OtherCluster {
    bootstrap_broker_string: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Way {
    source_kafka_cluster_alias: Option<String>,
    target_kafka_cluster_alias: Option<String>,
}

// A replicator is listed at both of its ends, under an ARN that may name the other's region.
page!(Replicators: Replicator in replicators, "nextToken" from next_token, by |item| item.replicator_arn.clone());

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    replicator_arn: String,
    tags: Option<BTreeMap<String, String>>,
    log_delivery: Option<LogDelivery>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogDelivery {
    replicator_log_delivery: Option<LogTargets>,
}

async fn replicator(session: &Session, region: &str, found: Replicator, call: CallId) -> Fact {
    let id = found.replicator_arn.clone();
    let name = found.replicator_name.as_deref().unwrap_or(&id);
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, id.clone(), name, &call);
    flows(&mut draft, &found, call);
    let operation = &DESCRIBE_REPLICATOR;
    let ask =
        Ask::of(operation, API, region, json!({})).at("/replication/v1/replicators/{}", &[&id]).about(&id);
    let told = session.told::<Described>(ask).await.and_then(|heard| {
        let told = heard.told.filter(|told| told.replicator_arn == id);
        let detail = "the answer is not about this replicator";
        told.map(|told| (told, heard.call))
            .ok_or_else(|| Shortfall::of(operation, GapReason::Malformed, Some(heard.call), detail))
    });
    match told {
        Ok((told, call)) => {
            draft.sheet.shown("copies", &call);
            draft.sheet.shown("tags", &call);
            tags(&mut draft, told.tags, operation, call);
            if let Some(targets) = told.log_delivery.and_then(|delivery| delivery.replicator_log_delivery) {
                logs(session, region, &mut draft, targets).await;
            }
        }
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Log, &shortfall);
            draft.resource.tags = draft.sheet.unseen("tags", &shortfall);
        }
    }
    draft.finish()
}

/// Messages pass through the clusters at both ends, and stay at the end they flow to.
fn flows(draft: &mut Draft<'_>, found: &Replicator, call: CallId) {
    let mut ends = 0;
    for side in found.kafka_clusters_summary.iter().flatten() {
        ends += 1;
        let ways = || found.replication_info_summary_list.iter().flatten();
        let is = |alias: &Option<String>| alias.is_some() && *alias == side.kafka_cluster_alias;
        let source = ways().any(|way| is(&way.source_kafka_cluster_alias));
        let target = ways().any(|way| is(&way.target_kafka_cluster_alias));
        let role = if source && !target { CopyRole::Transit } else { CopyRole::Replica };
        match (&side.amazon_msk_cluster, &side.apache_kafka_cluster) {
            (Some(own), _) => {
                if role == CopyRole::Transit {
                    draft.resource.made_from = Some(shorten(&own.msk_cluster_arn));
                }
                draft.copy_at(role, &own.msk_cluster_arn);
            }
            (None, other) => {
                let named = other.as_ref().and_then(|other| other.bootstrap_broker_string.as_deref());
                let detail =
                    format!("where the cluster at {} stands was not read", shorten(named.unwrap_or("?")));
                draft.perhaps_copied(role, &Shortfall::without_call(GapReason::NotRead, detail));
            }
        }
    }
    if ends < 2 {
        let detail = "the answer does not name both ends";
        let unnamed = Shortfall::of(&LIST_REPLICATORS, GapReason::Malformed, Some(call), detail);
        draft.perhaps_copied(CopyRole::Replica, &unnamed);
    }
}
