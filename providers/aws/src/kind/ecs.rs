//! ECS: clusters of containers, the keys of their storage, and where sessions in containers are recorded.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::shared::{List, Page, key_arn, page, region_of_target};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Copy, CopyRole, Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

operation!(
    /// The names of every cluster of the region.
    LIST_CLUSTERS = "ecs" "ListClusters", needs "ecs:ListClusters", quota quota::ECS,
    Per::Page(100), Post, facts "clusters of containers"
);
operation!(
    /// Clusters, a hundred at once.
    DESCRIBE_CLUSTERS = "ecs" "DescribeClusters", needs "ecs:DescribeClusters", quota quota::ECS,
    Per::Page(100), Post, facts "clusters of containers: key of their storage, records of sessions, labels"
);

/// Clusters of containers.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Compute] },
    operations: &[&LIST_CLUSTERS, &DESCRIBE_CLUSTERS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("AmazonEC2ContainerServiceV20141113");
const SERVICE: &str = "ecs";
/// Clusters that are described at once.
const AT_ONCE: usize = 100;

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&LIST_CLUSTERS, API, region, json!({"maxResults": 100}));
    let listed = match all(List::<Names>::of(session, ask)).await {
        Ok(listed) => listed,
        Err(shortfall) => {
            tally.fell_short(shortfall);
            return tally.outcome();
        }
    };
    for batch in listed.chunks(AT_ONCE) {
        let names: Vec<&String> = batch.iter().map(|(arn, _)| arn).collect();
        let body = json!({"clusters": names, "include": ["CONFIGURATIONS", "TAGS"]});
        let asked = session.told::<Described>(Ask::of(&DESCRIBE_CLUSTERS, API, region, body)).await;
        let mut described = match asked {
            Ok(heard) => {
                let clusters = heard.told.map(|told| told.clusters).unwrap_or_default();
                Ok((clusters.into_iter().map(|one| (one.cluster_arn.clone(), one)).collect(), heard.call))
            }
            Err(shortfall) => Err(shortfall),
        };
        for (arn, call) in batch {
            tally.tell(sink, cluster(session, region, arn, call, &mut described).await);
        }
    }
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Names {
    cluster_arns: Vec<String>,
    next_token: Option<String>,
}

page!(Names: String in cluster_arns, "nextToken" from next_token, by |item| item.clone(), own |item| Some(item));

#[derive(Deserialize)]
struct Described {
    clusters: Vec<Cluster>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cluster {
    cluster_arn: String,
    configuration: Option<Configuration>,
    #[serde(default)]
    tags: Vec<SmallTag>,
}

/// A label, as ECS spells it.
#[derive(Deserialize)]
struct SmallTag {
    key: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    execute_command_configuration: Option<Sessions>,
    managed_storage_configuration: Option<Storage>,
}

/// How sessions in containers are recorded.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sessions {
    logging: Option<String>,
    log_configuration: Option<SessionLog>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionLog {
    cloud_watch_log_group_name: Option<String>,
    s3_bucket_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Storage {
    kms_key_id: Option<String>,
    fargate_ephemeral_storage_kms_key_id: Option<String>,
}

/// The clusters of a batch, or why they were not described.
type Batch = Result<(BTreeMap<String, Cluster>, CallId), Shortfall>;

async fn cluster(session: &Session, region: &str, arn: &str, listed: &CallId, batch: &mut Batch) -> Fact {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let mut draft = Draft::new(session, (Kind::Compute, SERVICE), region, shorten(arn), name, listed);
    // A cluster is a name for what runs in it: of itself it has no version.
    draft.without(&[Facet::Software]);
    let found = match batch {
        Ok((clusters, call)) => {
            for facet in ["copies", "tags", "encryption"] {
                draft.sheet.shown(facet, call);
            }
            clusters.remove(arn).ok_or_else(|| {
                let detail = "the answer is not about this cluster";
                Shortfall::of(&DESCRIBE_CLUSTERS, GapReason::Malformed, Some(*call), detail)
            })
        }
        Err(shortfall) => Err(shortfall.clone()),
    };
    match found {
        Ok(found) => {
            let (sessions, storage) = match found.configuration {
                Some(both) => (both.execute_command_configuration, both.managed_storage_configuration),
                None => (None, None),
            };
            stored(session, &mut draft, region, storage);
            recorded(session, &mut draft, region, sessions).await;
            draft.tags(found.tags.into_iter().map(|tag| Tag { key: tag.key, value: tag.value }).collect());
        }
        Err(shortfall) => {
            draft.perhaps_encrypted(&shortfall);
            draft.perhaps_copied(CopyRole::Log, &shortfall);
            draft.resource.tags = draft.sheet.unseen("tags", &shortfall);
        }
    }
    draft.finish()
}

/// The keys of the storage that tasks get from the service.
fn stored(session: &Session, draft: &mut Draft<'_>, region: &str, storage: Option<Storage>) {
    let named = |key: Option<String>| key.filter(|key| !key.is_empty());
    let (fargate, managed) = match storage {
        Some(both) => (named(both.fargate_ephemeral_storage_kms_key_id), named(both.kms_key_id)),
        None => (None, None),
    };
    match fargate.as_deref() {
        Some(key) => draft.encrypted(Observed::Seen(true), Some(key)),
        // Without a key named it lies under one of the service's own, but for tasks on a platform before 1.4.0.
        None => {
            let detail = "whether the storage of tasks is encrypted depends on their platform version, which was not read";
            draft.perhaps_encrypted(&Shortfall::without_call(GapReason::NotRead, detail));
        }
    }
    if let Some(key) = managed.filter(|key| fargate.as_ref() != Some(key)) {
        draft.copy_at(CopyRole::Key, &key_arn(session, region, &shorten(&key)));
    }
}

/// Where sessions in containers are recorded. Where tasks write their logs is said by their own definitions, in whatever
/// region those name.
async fn recorded(session: &Session, draft: &mut Draft<'_>, region: &str, sessions: Option<Sessions>) {
    let detail = "where tasks write their logs was not read";
    draft.perhaps_copied(CopyRole::Log, &Shortfall::without_call(GapReason::NotRead, detail));
    let logging = sessions.as_ref().and_then(|sessions| sessions.logging.as_deref());
    match logging {
        // None at all, or as tasks' own logs.
        None | Some("NONE" | "DEFAULT") => return,
        Some("OVERRIDE") => {}
        Some(other) => {
            let detail = format!("unknown way of recording sessions `{}`", shorten(other));
            let unknown = Shortfall::of(&DESCRIBE_CLUSTERS, GapReason::Unknown, None, detail);
            return draft.perhaps_copied(CopyRole::Log, &unknown);
        }
    }
    let Some(log) = sessions.and_then(|sessions| sessions.log_configuration) else { return };
    if let Some(group) = log.cloud_watch_log_group_name.filter(|name| !name.is_empty()) {
        let holder = session.arn("logs", region, &format!("log-group:{}", shorten(&group)));
        draft.copy(CopyRole::Log, Some(&holder), region);
    }
    if let Some(bucket) = log.s3_bucket_name.filter(|name| !name.is_empty()) {
        let holder = format!("arn:aws:s3:::{}", shorten(&bucket));
        let place = region_of_target(session, &mut draft.sheet, "copies", &holder, &BTreeMap::new()).await;
        draft.resource.copies.push(Copy::new(CopyRole::Log, Some(holder), place));
    }
}
