//! Redshift: warehouses, their snapshots, and what is shared out of them.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::parts::{besides, copied_to_bucket, named_key, not_read, runs, snapshots_kept};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, KeyManager, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::future::ready;

operation!(
    /// Every warehouse of the region.
    DESCRIBE_CLUSTERS = "redshift" "DescribeClusters", needs "redshift:DescribeClusters", quota quota::REDSHIFT,
    Per::Page(100), Post, facts "warehouses: zones, where snapshots are copied, key, internet address, version, labels"
);
operation!(
    /// Where a warehouse writes its log.
    DESCRIBE_LOGGING_STATUS = "redshift" "DescribeLoggingStatus", needs "redshift:DescribeLoggingStatus",
    quota quota::REDSHIFT, Per::Sometimes, Post, facts "where a warehouse writes its log of queries"
);
operation!(
    /// Every snapshot of warehouses, those copied into the region included.
    DESCRIBE_CLUSTER_SNAPSHOTS = "redshift" "DescribeClusterSnapshots", needs "redshift:DescribeClusterSnapshots",
    quota quota::REDSHIFT, Per::Page(100), Post, facts "snapshots of warehouses: source, moment, key, sharing, labels"
);
operation!(
    /// What warehouses, those without servers included, share with others.
    DESCRIBE_DATA_SHARES_FOR_PRODUCER = "redshift" "DescribeDataSharesForProducer",
    needs "redshift:DescribeDataSharesForProducer", quota quota::REDSHIFT, Per::Page(100), Post,
    facts "shares of warehouses: with which accounts, and in which regions they are read"
);

/// Warehouses.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: SERVICE,
        reach: Reach::Region,
        kinds: &[Kind::Database, Kind::Snapshot, Kind::Delivery],
    },
    operations: &[
        &DESCRIBE_CLUSTERS,
        &DESCRIBE_LOGGING_STATUS,
        &DESCRIBE_CLUSTER_SNAPSHOTS,
        &DESCRIBE_DATA_SHARES_FOR_PRODUCER,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Query("2012-12-01");
const SERVICE: &str = "redshift";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = |operation| Ask::of(operation, API, region, json!({"MaxRecords": 100}));
    let list = List::<Clusters>::of(session, ask(&DESCRIBE_CLUSTERS));
    tally.read(list, sink, |one, call| cluster(session, region, one, call)).await;
    let list = List::<Snapshots>::of(session, ask(&DESCRIBE_CLUSTER_SNAPSHOTS));
    tally.read(list, sink, |one, call| ready(snapshot(session, region, one, call))).await;
    let list = List::<Shares>::of(session, ask(&DESCRIBE_DATA_SHARES_FOR_PRODUCER));
    tally.read(list, sink, |one, call| ready(share(session, region, one, call))).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Clusters {
    #[serde(deserialize_with = "members")]
    clusters: Vec<Cluster>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Cluster {
    cluster_identifier: String,
    cluster_namespace_arn: Option<String>,
    availability_zone: Option<String>,
    #[serde(rename = "MultiAZ")]
    multi_zone: Option<String>,
    #[serde(rename = "MultiAZSecondary")]
    second: Option<Second>,
    automated_snapshot_retention_period: Option<u32>,
    cluster_snapshot_copy_status: Option<SnapshotCopy>,
    publicly_accessible: Option<bool>,
    encrypted: Option<bool>,
    kms_key_id: Option<String>,
    hsm_status: Option<SecurityModule>,
    cluster_version: Option<String>,
    #[serde(default, deserialize_with = "members")]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Second {
    availability_zone: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnapshotCopy {
    destination_region: Option<String>,
    retention_period: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecurityModule {
    hsm_configuration_identifier: Option<String>,
}

page!(
    Clusters: Cluster in clusters, "Marker" from marker, by |item| item.cluster_identifier.clone(),
    own |item| item.cluster_namespace_arn.as_deref().filter(|arn| !arn.is_empty())
);

async fn cluster(session: &Session, region: &str, found: Cluster, call: CallId) -> Fact {
    let (operation, name) = (&DESCRIBE_CLUSTERS, &found.cluster_identifier);
    let id = session.arn(SERVICE, region, &format!("cluster:{name}"));
    let mut draft = Draft::new(session, (Kind::Database, SERVICE), region, id, name, &call);
    let second = found.second.and_then(|second| second.availability_zone);
    for zone in [found.availability_zone, second].iter().flatten().filter(|zone| !zone.is_empty()) {
        draft.rests_in_zone_too(zone);
    }
    snapshots_kept(&mut draft, region, found.automated_snapshot_retention_period, operation, call);
    if let Some(copied) = found.cluster_snapshot_copy_status {
        match copied.destination_region.filter(|region| !region.is_empty()) {
            Some(abroad) => draft.copy(CopyRole::Backup, None, &abroad),
            None if copied.retention_period.is_none() => {}
            None => {
                let detail = "snapshots are copied to a region that is not named";
                let unnamed = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
                draft.perhaps_copied(CopyRole::Backup, &unnamed);
            }
        }
    }
    let encrypted = draft.said("encryption", found.encrypted, operation, call);
    draft.encrypted(encrypted, named_key(found.kms_key_id.as_deref()));
    let module = found.hsm_status.and_then(|module| module.hsm_configuration_identifier);
    if module.is_some_and(|module| !module.is_empty()) {
        if let Some(encryption) = &mut draft.resource.encryption {
            encryption.key_manager = Observed::Seen(KeyManager::External);
        }
        draft.perhaps_copied(
            CopyRole::Key,
            &not_read("the key rests in a security module outside the service"),
        );
    }
    let public = draft.said("network.public_address", found.publicly_accessible, operation, call);
    draft.addressed(public);
    let multi_zone = match found.multi_zone.as_deref() {
        Some("Enabled" | "enabled" | "true") => Observed::Seen(true),
        Some("Disabled" | "disabled" | "false") => Observed::Seen(false),
        None => draft.said("redundancy.multi_zone", None, operation, call),
        Some(other) => {
            let detail = format!("unknown MultiAZ `{}`", shorten(other));
            let unknown = Shortfall::of(operation, GapReason::Unknown, Some(call), detail);
            draft.sheet.unseen("redundancy.multi_zone", &unknown)
        }
    };
    draft.redundant(multi_zone);
    runs(&mut draft, Some(SERVICE), found.cluster_version.as_deref(), operation, call);
    draft.tags(found.tags);
    log(session, region, name, &mut draft).await;
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Logging {
    logging_enabled: bool,
    bucket_name: Option<String>,
    log_destination_type: Option<String>,
}

/// The log of connections, users and queries.
async fn log(session: &Session, region: &str, name: &str, draft: &mut Draft<'_>) {
    let operation = &DESCRIBE_LOGGING_STATUS;
    let ask = Ask::of(operation, API, region, json!({"ClusterIdentifier": name})).about(name);
    let heard = match session.told::<Logging>(ask).await {
        Ok(heard) => heard,
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Log, &shortfall),
    };
    draft.sheet.shown("copies", &heard.call);
    let Some(logging) = heard.told.filter(|told| told.logging_enabled) else { return };
    let bucket = logging.bucket_name.filter(|bucket| !bucket.is_empty());
    match (logging.log_destination_type.as_deref(), bucket) {
        (None | Some("" | "s3"), Some(bucket)) => {
            copied_to_bucket(session, draft, CopyRole::Log, &bucket).await;
        }
        // Log groups and tables of the warehouse's own region.
        (Some("cloudwatch" | "s3table"), _) => draft.copy(CopyRole::Log, None, region),
        (sort, _) => {
            let detail = format!("unknown destination of logs `{}`", shorten(sort.unwrap_or_default()));
            let unknown = Shortfall::of(operation, GapReason::Unknown, Some(heard.call), detail);
            draft.perhaps_copied(CopyRole::Log, &unknown);
        }
    }
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
    snapshot_identifier: String,
    snapshot_arn: Option<String>,
    cluster_identifier: String,
    snapshot_create_time: Option<String>,
    elapsed_time_in_seconds: Option<i64>,
    status: Option<String>,
    owner_account: Option<String>,
    source_region: Option<String>,
    encrypted: Option<bool>,
    kms_key_id: Option<String>,
    #[serde(default, deserialize_with = "members")]
    accounts_with_restore_access: Vec<Reader>,
    #[serde(default, deserialize_with = "members")]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reader {
    account_id: String,
}

impl Snapshot {
    /// A snapshot's name is its own among those of its warehouse.
    fn path(&self) -> String {
        format!("{}/{}", self.cluster_identifier, self.snapshot_identifier)
    }
}

page!(
    Snapshots: Snapshot in snapshots, "Marker" from marker, by Snapshot::path,
    own |item| item.snapshot_arn.as_deref().filter(|arn| !arn.is_empty())
);

fn snapshot(session: &Session, region: &str, found: Snapshot, call: CallId) -> Fact {
    let operation = &DESCRIBE_CLUSTER_SNAPSHOTS;
    let id = session.arn(SERVICE, region, &format!("snapshot:{}", found.path()));
    let mut draft =
        Draft::new(session, (Kind::Snapshot, SERVICE), region, id, &found.snapshot_identifier, &call);
    if let Some(owner) = found.owner_account.as_deref().filter(|owner| *owner != session.account) {
        let detail = format!("the snapshot belongs to {}", shorten(owner));
        let foreign = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
        draft.perhaps_copied(CopyRole::Primary, &foreign);
    }
    let from = found.source_region.as_deref().filter(|from| !from.is_empty() && *from != region);
    let cluster = format!("cluster:{}", shorten(&found.cluster_identifier));
    draft.resource.made_from = Some(session.arn(SERVICE, from.unwrap_or(region), &cluster));
    let encrypted = draft.said("encryption", found.encrypted, operation, call);
    draft.encrypted(encrypted, named_key(found.kms_key_id.as_deref()));
    // Of a copy it is not said of which moment its data are.
    let made = found.snapshot_create_time.as_deref().filter(|_| from.is_none());
    let usable = found.status.as_deref() == Some("available");
    let completed = made.zip(found.elapsed_time_in_seconds).and_then(|(made, took)| {
        let made: jiff::Timestamp = made.parse().ok()?;
        made.checked_add(jiff::SignedDuration::from_secs(took)).ok().map(|end| end.to_string())
    });
    draft.point(made, completed.as_deref().filter(|_| usable), usable, None);
    // None is told where nobody else may restore it.
    let readers: Vec<String> =
        found.accounts_with_restore_access.into_iter().map(|reader| reader.account_id).collect();
    draft.shared(false, &readers);
    draft.tags(found.tags);
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Shares {
    #[serde(deserialize_with = "members")]
    data_shares: Vec<Share>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Share {
    data_share_arn: String,
    producer_arn: Option<String>,
    #[serde(deserialize_with = "members")]
    data_share_associations: Vec<Association>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Association {
    consumer_identifier: Option<String>,
    consumer_region: Option<String>,
    status: Option<String>,
}

page!(
    Shares: Share in data_shares, "Marker" from marker, by |item| item.data_share_arn.clone(),
    own |item| Some(&item.data_share_arn)
);

/// What is shared is read where the reader is.
fn share(session: &Session, region: &str, found: Share, call: CallId) -> Fact {
    let name = found.data_share_arn.rsplit('/').next().unwrap_or_default().to_owned();
    let mut draft =
        Draft::new(session, (Kind::Delivery, SERVICE), region, found.data_share_arn, &name, &call);
    // Shares carry no labels.
    draft.without(&[Facet::Tags]);
    besides(&mut draft, Facet::Sharing, &call);
    draft.resource.made_from = found.producer_arn.as_deref().map(shorten);
    let mut readers = Vec::new();
    for one in found.data_share_associations {
        if matches!(one.status.as_deref(), Some("DEAUTHORIZED" | "REJECTED")) {
            continue;
        }
        match one.consumer_region.as_deref().filter(|there| !there.is_empty()) {
            Some(there) => draft.copy(CopyRole::Transit, None, there),
            None => {
                let detail = "in which region the share is read is not named";
                draft.perhaps_copied(
                    CopyRole::Transit,
                    &Shortfall::without_call(GapReason::Unresolved, detail),
                );
            }
        }
        readers.extend(one.consumer_identifier.map(|reader| account_of(&reader).to_owned()));
    }
    draft.shared(false, &readers);
    draft.finish()
}

/// The account in a reader's name, which may be an ARN, or one with a catalogue's word before it.
fn account_of(reader: &str) -> &str {
    let parts = reader.split([':', '/']);
    let digits = |part: &&str| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.into_iter().find(digits).unwrap_or(reader)
}
