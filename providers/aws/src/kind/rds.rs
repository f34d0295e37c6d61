//! RDS, and what speaks through it (Aurora, DocumentDB, Neptune): databases, clusters, global clusters, their snapshots
//! and automated backups.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::rds_deliveries::{DESCRIBE_EXPORT_TASKS, DESCRIBE_INTEGRATIONS, deliveries};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::future::ready;

operation!(
    /// Every database of the region.
    DESCRIBE_DB_INSTANCES = "rds" "DescribeDBInstances", needs "rds:DescribeDBInstances", quota quota::RDS,
    Per::Page(100), Post, facts "databases: zone, replicas, backups and where they are replicated, key, internet address, protection, version"
);
operation!(
    /// Every cluster of the region.
    DESCRIBE_DB_CLUSTERS = "rds" "DescribeDBClusters", needs "rds:DescribeDBClusters", quota quota::RDS,
    Per::Page(100), Post, facts "clusters: replicas, backups, key, protection, version"
);
operation!(
    /// Clusters that span regions.
    DESCRIBE_GLOBAL_CLUSTERS = "rds" "DescribeGlobalClusters", needs "rds:DescribeGlobalClusters", quota quota::RDS,
    Per::Page(100), Post, facts "global clusters: members in every region"
);
operation!(
    /// Snapshots of databases, made by hand and by the service.
    DESCRIBE_DB_SNAPSHOTS = "rds" "DescribeDBSnapshots", needs "rds:DescribeDBSnapshots", quota quota::RDS,
    Per::Page(100), Post, facts "snapshots of databases: source, moment, key"
);
operation!(
    /// Who may restore a snapshot.
    DESCRIBE_DB_SNAPSHOT_ATTRIBUTES = "rds" "DescribeDBSnapshotAttributes", needs "rds:DescribeDBSnapshotAttributes",
    quota quota::RDS, Per::Sometimes, Post, facts "with whom a snapshot of a database is shared",
    absent &["DBSnapshotNotFound"]
);
operation!(
    /// Snapshots of clusters.
    DESCRIBE_DB_CLUSTER_SNAPSHOTS = "rds" "DescribeDBClusterSnapshots", needs "rds:DescribeDBClusterSnapshots",
    quota quota::RDS, Per::Page(100), Post, facts "snapshots of clusters: source, moment, key"
);
operation!(
    /// Who may restore a cluster's snapshot.
    DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES = "rds" "DescribeDBClusterSnapshotAttributes",
    needs "rds:DescribeDBClusterSnapshotAttributes", quota quota::RDS, Per::Sometimes, Post,
    facts "with whom a snapshot of a cluster is shared", absent &["DBClusterSnapshotNotFoundFault"]
);
operation!(
    /// Automated backups that rest in the region, those replicated into it included.
    DESCRIBE_DB_INSTANCE_AUTOMATED_BACKUPS = "rds" "DescribeDBInstanceAutomatedBackups",
    needs "rds:DescribeDBInstanceAutomatedBackups", quota quota::RDS, Per::Page(100), Post,
    facts "automated backups of databases, replicated and retained ones included"
);
operation!(
    /// Automated backups of clusters that rest in the region.
    DESCRIBE_DB_CLUSTER_AUTOMATED_BACKUPS = "rds" "DescribeDBClusterAutomatedBackups",
    needs "rds:DescribeDBClusterAutomatedBackups", quota quota::RDS, Per::Page(100), Post,
    facts "automated backups of clusters, retained ones included"
);

/// Databases, clusters, their snapshots and backups.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: "rds",
        reach: Reach::Region,
        kinds: &[Kind::Database, Kind::Snapshot, Kind::RecoveryPoint, Kind::Delivery],
    },
    operations: &[
        &DESCRIBE_DB_INSTANCES,
        &DESCRIBE_DB_CLUSTERS,
        &DESCRIBE_GLOBAL_CLUSTERS,
        &DESCRIBE_DB_SNAPSHOTS,
        &DESCRIBE_DB_SNAPSHOT_ATTRIBUTES,
        &DESCRIBE_DB_CLUSTER_SNAPSHOTS,
        &DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES,
        &DESCRIBE_DB_INSTANCE_AUTOMATED_BACKUPS,
        &DESCRIBE_DB_CLUSTER_AUTOMATED_BACKUPS,
        &DESCRIBE_EXPORT_TASKS,
        &DESCRIBE_INTEGRATIONS,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Query("2014-10-31");
const SERVICE: &str = "rds";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = |operation| Ask::of(operation, API, region, json!({"MaxRecords": 100}));
    let list = List::<Instances>::of(session, ask(&DESCRIBE_DB_INSTANCES));
    tally.read(list, sink, |one, call| ready(instance(session, region, one, call))).await;
    let global = all(List::<GlobalClusters>::of(session, ask(&DESCRIBE_GLOBAL_CLUSTERS))).await;
    let known = &global;
    let list = List::<Clusters>::of(session, ask(&DESCRIBE_DB_CLUSTERS));
    tally.read(list, sink, |one, call| ready(cluster(session, region, one, call, known))).await;
    match global {
        Ok(mut global) => {
            global.retain(|(one, _)| session.reads_for(one.home().unwrap_or(region), region));
            tally.tell_all(global, sink, |one, call| ready(global_cluster(session, region, one, call))).await;
        }
        Err(shortfall) => tally.fell_short(shortfall),
    }
    let list = List::<Snapshots>::of(session, ask(&DESCRIBE_DB_SNAPSHOTS));
    tally.read(list, sink, |one, call| snapshot(session, region, one, call)).await;
    let list = List::<ClusterSnapshots>::of(session, ask(&DESCRIBE_DB_CLUSTER_SNAPSHOTS));
    tally.read(list, sink, |one, call| cluster_snapshot(session, region, one, call)).await;
    let list = List::<Backups>::of(session, ask(&DESCRIBE_DB_INSTANCE_AUTOMATED_BACKUPS));
    tally.read(list, sink, |one, call| ready(backup(session, region, one, call))).await;
    let list = List::<ClusterBackups>::of(session, ask(&DESCRIBE_DB_CLUSTER_AUTOMATED_BACKUPS));
    tally.read(list, sink, |one, call| ready(cluster_backup(session, region, one, call))).await;
    deliveries(session, region, &mut tally, sink).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Instances {
    #[serde(rename = "DBInstances", deserialize_with = "members")]
    instances: Vec<Instance>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Instance {
    #[serde(rename = "DBInstanceIdentifier")]
    name: String,
    #[serde(rename = "DBInstanceArn")]
    arn: String,
    engine: String,
    engine_version: String,
    availability_zone: Option<String>,
    secondary_availability_zone: Option<String>,
    #[serde(rename = "MultiAZ")]
    multi_zone: Option<bool>,
    publicly_accessible: Option<bool>,
    storage_encrypted: Option<bool>,
    kms_key_id: Option<String>,
    deletion_protection: Option<bool>,
    backup_retention_period: Option<u32>,
    backup_target: Option<String>,
    latest_restorable_time: Option<String>,
    activity_stream_kinesis_stream_name: Option<String>,
    #[serde(rename = "DBClusterIdentifier")]
    cluster: Option<String>,
    #[serde(rename = "ReadReplicaSourceDBInstanceIdentifier")]
    source: Option<String>,
    #[serde(rename = "ReadReplicaDBInstanceIdentifiers", default, deserialize_with = "members")]
    replicas: Vec<String>,
    #[serde(rename = "ReadReplicaDBClusterIdentifiers", default, deserialize_with = "members")]
    cluster_replicas: Vec<String>,
    #[serde(rename = "DBInstanceAutomatedBackupsReplications", default, deserialize_with = "members")]
    backup_replications: Vec<BackupReplication>,
    #[serde(default, deserialize_with = "members")]
    tag_list: Vec<Tag>,
}

#[derive(Deserialize)]
struct BackupReplication {
    #[serde(rename = "DBInstanceAutomatedBackupsArn")]
    arn: String,
}

page!(Instances: Instance in instances, "Marker" from marker, by |item| item.arn.clone(), own |item| Some(&item.arn));

/// A database's or cluster's ARN: named so by others where it lies in another region, by its name alone where not.
fn arn_of(session: &Session, region: &str, sort: &str, name: &str) -> String {
    match name.starts_with("arn:") {
        true => shorten(name),
        false => session.arn(SERVICE, region, &format!("{sort}:{}", shorten(name))),
    }
}

fn instance(session: &Session, region: &str, found: Instance, call: CallId) -> Fact {
    let operation = &DESCRIBE_DB_INSTANCES;
    let mut draft = Draft::new(session, (Kind::Database, SERVICE), region, found.arn, &found.name, &call);
    for zone in [found.availability_zone, found.secondary_availability_zone].iter().flatten() {
        draft.rests_in_zone_too(zone);
    }
    for replica in &found.replicas {
        draft.copy_at(CopyRole::Replica, &arn_of(session, region, "db", replica));
    }
    for replica in &found.cluster_replicas {
        draft.copy_at(CopyRole::Replica, &arn_of(session, region, "cluster", replica));
    }
    backups(&mut draft, region, found.backup_retention_period, found.backup_target.as_deref());
    for replication in &found.backup_replications {
        draft.copy_at(CopyRole::Backup, &replication.arn);
    }
    activities(session, region, &mut draft, found.activity_stream_kinesis_stream_name.as_deref());
    let source = found.source.filter(|source| !source.is_empty());
    draft.resource.made_from = source.map(|source| arn_of(session, region, "db", &source));
    let encrypted = draft.said("encryption", found.storage_encrypted, operation, call);
    draft.encrypted(encrypted, found.kms_key_id.as_deref());
    protected(&mut draft, found.deletion_protection, operation, call);
    let public = draft.said("network.public_address", found.publicly_accessible, operation, call);
    draft.addressed(public);
    let multi_zone = draft.said("redundancy.multi_zone", found.multi_zone, operation, call);
    draft.redundant(multi_zone);
    recovery(
        &mut draft,
        found.backup_retention_period,
        found.latest_restorable_time.as_deref(),
        operation,
        call,
    );
    if found.cluster.is_some_and(|cluster| !cluster.is_empty()) {
        // What it serves is its cluster's, which is set back and goes over as a whole.
        draft.without(&[Facet::Recovery, Facet::Redundancy]);
        (draft.resource.recovery, draft.resource.redundancy) = (None, None);
    }
    draft.runs(&found.engine, &found.engine_version);
    draft.tags(found.tag_list);
    draft.finish()
}

/// The stream that every statement is written to, with what it carries.
fn activities(session: &Session, region: &str, draft: &mut Draft<'_>, stream: Option<&str>) {
    if let Some(stream) = stream.filter(|stream| !stream.is_empty()) {
        let arn = session.arn("kinesis", region, &format!("stream/{}", shorten(stream)));
        draft.copy(CopyRole::Log, Some(&arn), region);
    }
}

/// A switch that must be turned off before it can be deleted; where nothing is said of it there may be one.
fn protected(draft: &mut Draft<'_>, said: Option<bool>, operation: &Operation, call: CallId) {
    match said {
        Some(_) => draft.protected(said),
        None => {
            let detail = "the answer does not say whether it is protected from deletion";
            draft.perhaps_hindered(&Shortfall::of(operation, GapReason::Malformed, Some(call), detail));
        }
    }
}

/// Automated backups rest in the region, unless an outpost is named.
fn backups(draft: &mut Draft<'_>, region: &str, days: Option<u32>, target: Option<&str>) {
    if days == Some(0) {
        return;
    }
    match target {
        None | Some("region" | "") => draft.copy(CopyRole::Backup, None, region),
        Some(other) => {
            let detail = format!("where backups to `{}` rest was not read", shorten(other));
            draft.perhaps_copied(CopyRole::Backup, &Shortfall::without_call(GapReason::NotRead, detail));
        }
    }
}

fn recovery(
    draft: &mut Draft<'_>,
    days: Option<u32>,
    latest: Option<&str>,
    operation: &Operation,
    call: CallId,
) {
    match days {
        Some(days) => draft.recoverable(Some(days), latest),
        None => {
            let detail = "the answer does not say how long backups are kept";
            draft.perhaps_recoverable(&Shortfall::of(operation, GapReason::Malformed, Some(call), detail));
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Clusters {
    #[serde(rename = "DBClusters", deserialize_with = "members")]
    clusters: Vec<Cluster>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Cluster {
    #[serde(rename = "DBClusterIdentifier")]
    name: String,
    #[serde(rename = "DBClusterArn")]
    arn: String,
    engine: String,
    engine_version: String,
    #[serde(rename = "MultiAZ")]
    multi_zone: Option<bool>,
    publicly_accessible: Option<bool>,
    storage_encrypted: Option<bool>,
    kms_key_id: Option<String>,
    deletion_protection: Option<bool>,
    backup_retention_period: Option<u32>,
    latest_restorable_time: Option<String>,
    activity_stream_kinesis_stream_name: Option<String>,
    replication_source_identifier: Option<String>,
    #[serde(default, deserialize_with = "members")]
    read_replica_identifiers: Vec<String>,
    #[serde(default, deserialize_with = "members")]
    tag_list: Vec<Tag>,
}

page!(Clusters: Cluster in clusters, "Marker" from marker, by |item| item.arn.clone(), own |item| Some(&item.arn));

/// Clusters that span regions, which were read before, or why they were not.
type Global = Result<Vec<(GlobalCluster, CallId)>, Shortfall>;

fn cluster(session: &Session, region: &str, found: Cluster, call: CallId, global: &Global) -> Fact {
    let (operation, id) = (&DESCRIBE_DB_CLUSTERS, found.arn);
    let mut draft = Draft::new(session, (Kind::Database, SERVICE), region, id.clone(), &found.name, &call);
    let near = found.read_replica_identifiers.iter();
    let mut replicas: BTreeSet<String> =
        near.map(|replica| arn_of(session, region, "cluster", replica)).collect();
    match global {
        Ok(global) => {
            for (global, call) in global.iter().filter(|(one, _)| one.clusters().contains(id.as_str())) {
                draft.sheet.shown("copies", call);
                replicas.extend(global.clusters().into_iter().filter(|one| *one != id).map(shorten));
            }
        }
        Err(shortfall) => draft.perhaps_copied(CopyRole::Replica, shortfall),
    }
    for replica in &replicas {
        draft.copy_at(CopyRole::Replica, replica);
    }
    backups(&mut draft, region, found.backup_retention_period, None);
    activities(session, region, &mut draft, found.activity_stream_kinesis_stream_name.as_deref());
    let source = found.replication_source_identifier.filter(|source| !source.is_empty());
    draft.resource.made_from = source.map(|source| arn_of(session, region, "cluster", &source));
    let encrypted = draft.said("encryption", found.storage_encrypted, operation, call);
    draft.encrypted(encrypted, found.kms_key_id.as_deref());
    protected(&mut draft, found.deletion_protection, operation, call);
    // Of an Aurora cluster only its instances have addresses, and nothing is said here.
    match found.publicly_accessible {
        Some(public) => draft.addressed(Observed::Seen(public)),
        None => draft.without(&[Facet::Network]),
    }
    let multi_zone = draft.said("redundancy.multi_zone", found.multi_zone, operation, call);
    draft.redundant(multi_zone);
    recovery(
        &mut draft,
        found.backup_retention_period,
        found.latest_restorable_time.as_deref(),
        operation,
        call,
    );
    draft.runs(&found.engine, &found.engine_version);
    draft.tags(found.tag_list);
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GlobalClusters {
    #[serde(deserialize_with = "members")]
    global_clusters: Vec<GlobalCluster>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GlobalCluster {
    global_cluster_identifier: String,
    global_cluster_arn: String,
    deletion_protection: Option<bool>,
    #[serde(deserialize_with = "members")]
    global_cluster_members: Vec<GlobalMember>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GlobalMember {
    #[serde(rename = "DBClusterArn")]
    cluster: String,
    is_writer: Option<bool>,
    #[serde(default, deserialize_with = "members")]
    readers: Vec<String>,
}

page!(
    GlobalClusters: GlobalCluster in global_clusters, "Marker" from marker,
    by |item| item.global_cluster_arn.clone()
);

impl GlobalCluster {
    /// The region of its writer.
    fn home(&self) -> Option<&str> {
        let members = &self.global_cluster_members;
        let writer = members.iter().find(|member| member.is_writer == Some(true)).or_else(|| members.first());
        super::draft::region_of(&writer?.cluster)
    }

    /// The clusters it is made of.
    fn clusters(&self) -> BTreeSet<&str> {
        let members = self.global_cluster_members.iter();
        members
            .flat_map(|member| [&member.cluster].into_iter().chain(&member.readers))
            .map(String::as_str)
            .collect()
    }
}

/// A global cluster is told of in the region of its writer; what lies in it is told of by its members.
fn global_cluster(session: &Session, region: &str, found: GlobalCluster, call: CallId) -> Fact {
    let clusters: Vec<String> = found.clusters().into_iter().map(str::to_owned).collect();
    let (id, name) = (found.global_cluster_arn, found.global_cluster_identifier);
    let mut draft = Draft::new(session, (Kind::Database, SERVICE), region, id, &name, &call);
    draft.without(&[
        Facet::Tags,
        Facet::Encryption,
        Facet::Network,
        Facet::Redundancy,
        Facet::Recovery,
        Facet::Software,
    ]);
    draft.resource.copies.clear();
    for cluster in &clusters {
        draft.copy_at(CopyRole::Replica, cluster);
    }
    protected(&mut draft, found.deletion_protection, &DESCRIBE_GLOBAL_CLUSTERS, call);
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Snapshots {
    #[serde(rename = "DBSnapshots", deserialize_with = "members")]
    snapshots: Vec<Snapshot>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Snapshot {
    #[serde(rename = "DBSnapshotIdentifier")]
    name: String,
    #[serde(rename = "DBSnapshotArn")]
    arn: String,
    #[serde(rename = "DBInstanceIdentifier")]
    instance: String,
    snapshot_type: Option<String>,
    snapshot_target: Option<String>,
    snapshot_create_time: Option<String>,
    original_snapshot_create_time: Option<String>,
    snapshot_database_time: Option<String>,
    #[serde(rename = "SourceDBSnapshotIdentifier")]
    source: Option<String>,
    snapshot_availability_zone: Option<String>,
    status: Option<String>,
    source_region: Option<String>,
    encrypted: Option<bool>,
    kms_key_id: Option<String>,
    #[serde(default, deserialize_with = "members")]
    tag_list: Vec<Tag>,
}

page!(Snapshots: Snapshot in snapshots, "Marker" from marker, by |item| item.arn.clone(), own |item| Some(&item.arn));

/// Only snapshots made by hand can be shared.
const BY_HAND: &str = "manual";

async fn snapshot(session: &Session, region: &str, found: Snapshot, call: CallId) -> Fact {
    let operation = &DESCRIBE_DB_SNAPSHOTS;
    let mut draft = Draft::new(session, (Kind::Snapshot, SERVICE), region, found.arn, &found.name, &call);
    if let Some(target) = found.snapshot_target.as_deref().filter(|target| !matches!(*target, "" | "region"))
    {
        draft.rests_on_outpost(target);
    }
    if let Some(zone) = found.snapshot_availability_zone.as_deref().filter(|zone| !zone.is_empty()) {
        draft.rests_in_zone_too(zone);
    }
    let from = found.source_region.as_deref().filter(|from| !from.is_empty()).unwrap_or(region);
    draft.resource.made_from = Some(arn_of(session, from, "db", &found.instance));
    let encrypted = draft.said("encryption", found.encrypted, operation, call);
    draft.encrypted(encrypted, found.kms_key_id.as_deref());
    let made = found.snapshot_create_time.as_deref();
    // When a copy was made says nothing of the moment its data are of.
    let copied = [&found.source, &found.source_region].into_iter().flatten().any(|from| !from.is_empty());
    let told = found.snapshot_database_time.as_deref().or(found.original_snapshot_create_time.as_deref());
    let of = told.or(made.filter(|_| !copied));
    draft.point(of, made, found.status.as_deref() == Some("available"), None);
    draft.tags(found.tag_list);
    if found.snapshot_type.as_deref().is_none_or(|sort| sort == BY_HAND) {
        let body = json!({"DBSnapshotIdentifier": found.name});
        let ask = Ask::of(&DESCRIBE_DB_SNAPSHOT_ATTRIBUTES, API, region, body).about(&found.name);
        shared(&mut draft, &found.name, session.told::<SnapshotAttributes>(ask).await, |told| told.result);
    } else {
        draft.shared(false, &[]);
    }
    draft.finish()
}

#[derive(Deserialize)]
struct SnapshotAttributes {
    #[serde(rename = "DBSnapshotAttributesResult")]
    result: Attributes,
}

#[derive(Deserialize)]
struct ClusterSnapshotAttributes {
    #[serde(rename = "DBClusterSnapshotAttributesResult")]
    result: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(rename = "DBSnapshotIdentifier", alias = "DBClusterSnapshotIdentifier")]
    name: String,
    #[serde(rename = "DBSnapshotAttributes", alias = "DBClusterSnapshotAttributes")]
    #[serde(deserialize_with = "members")]
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_name: String,
    #[serde(default, deserialize_with = "members")]
    attribute_values: Vec<String>,
}

fn shared<T>(
    draft: &mut Draft<'_>,
    name: &str,
    asked: Result<Heard<T>, Shortfall>,
    attributes: impl FnOnce(T) -> Attributes,
) {
    let heard = match asked {
        Ok(heard) => heard,
        Err(shortfall) => return draft.perhaps_shared(&shortfall),
    };
    draft.sheet.shown("sharing", &heard.call);
    // What was listed a moment ago and is gone now says nothing of who could have copied it.
    let Some(told) = heard.told.map(attributes).filter(|told| told.name == name) else {
        let detail = "the answer is not about this snapshot";
        let astray = Shortfall::without_call(GapReason::Malformed, detail);
        return draft.perhaps_shared(&Shortfall { call: Some(heard.call), ..astray });
    };
    let restore = told.attributes.into_iter().filter(|attribute| attribute.attribute_name == "restore");
    let (public, accounts): (Vec<_>, Vec<_>) =
        restore.flat_map(|attribute| attribute.attribute_values).partition(|with| with == "all");
    draft.shared(!public.is_empty(), &accounts);
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ClusterSnapshots {
    #[serde(rename = "DBClusterSnapshots", deserialize_with = "members")]
    snapshots: Vec<ClusterSnapshot>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ClusterSnapshot {
    #[serde(rename = "DBClusterSnapshotIdentifier")]
    name: String,
    #[serde(rename = "DBClusterSnapshotArn")]
    arn: String,
    #[serde(rename = "DBClusterIdentifier")]
    cluster: String,
    #[serde(rename = "SourceDBClusterSnapshotArn")]
    source: Option<String>,
    snapshot_type: Option<String>,
    snapshot_create_time: Option<String>,
    status: Option<String>,
    storage_encrypted: Option<bool>,
    kms_key_id: Option<String>,
    #[serde(default, deserialize_with = "members")]
    tag_list: Vec<Tag>,
}

page!(
    ClusterSnapshots: ClusterSnapshot in snapshots, "Marker" from marker, by |item| item.arn.clone(),
    own |item| Some(&item.arn)
);

async fn cluster_snapshot(session: &Session, region: &str, found: ClusterSnapshot, call: CallId) -> Fact {
    let operation = &DESCRIBE_DB_CLUSTER_SNAPSHOTS;
    let mut draft = Draft::new(session, (Kind::Snapshot, SERVICE), region, found.arn, &found.name, &call);
    let source = found.source.as_deref().filter(|source| !source.is_empty());
    let from = source.and_then(super::draft::region_of).unwrap_or(region);
    draft.resource.made_from = Some(arn_of(session, from, "cluster", &found.cluster));
    let encrypted = draft.said("encryption", found.storage_encrypted, operation, call);
    draft.encrypted(encrypted, found.kms_key_id.as_deref());
    // Of a copy it is not said of which moment its data are, of others not when they were ready.
    let made = found.snapshot_create_time.as_deref();
    let copied = source.is_some();
    draft.point(
        made.filter(|_| !copied),
        made.filter(|_| copied),
        found.status.as_deref() == Some("available"),
        None,
    );
    draft.tags(found.tag_list);
    if found.snapshot_type.as_deref().is_none_or(|sort| sort == BY_HAND) {
        let body = json!({"DBClusterSnapshotIdentifier": found.name});
        let ask = Ask::of(&DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES, API, region, body).about(&found.name);
        let asked = session.told::<ClusterSnapshotAttributes>(ask).await;
        shared(&mut draft, &found.name, asked, |told| told.result);
    } else {
        draft.shared(false, &[]);
    }
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Backups {
    #[serde(rename = "DBInstanceAutomatedBackups", deserialize_with = "members")]
    backups: Vec<Backup>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Backup {
    #[serde(rename = "DBInstanceAutomatedBackupsArn")]
    arn: Option<String>,
    #[serde(rename = "DBInstanceArn")]
    instance: Option<String>,
    dbi_resource_id: String,
    #[serde(rename = "DBInstanceIdentifier")]
    name: Option<String>,
    restore_window: Option<RestoreWindow>,
    status: Option<String>,
    encrypted: Option<bool>,
    kms_key_id: Option<String>,
    backup_target: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RestoreWindow {
    latest_time: Option<String>,
}

page!(Backups: Backup in backups, "Marker" from marker, by |item| {
    [item.arn.as_deref(), Some(&item.dbi_resource_id)].into_iter().flatten().collect::<Vec<_>>().join(" ")
});

fn backup(session: &Session, region: &str, found: Backup, call: CallId) -> Fact {
    let id = found.arn.unwrap_or_else(|| {
        session.arn(SERVICE, region, &format!("auto-backup:{}", shorten(&found.dbi_resource_id)))
    });
    let name = found.name.unwrap_or(found.dbi_resource_id);
    let mut draft = Draft::new(session, (Kind::RecoveryPoint, SERVICE), region, id, &name, &call);
    if let Some(target) = found.backup_target.as_deref().filter(|target| !matches!(*target, "" | "region")) {
        draft.rests_on_outpost(target);
    }
    draft.resource.made_from = found.instance.map(|instance| shorten(&instance));
    let encrypted = draft.said("encryption", found.encrypted, &DESCRIBE_DB_INSTANCE_AUTOMATED_BACKUPS, call);
    draft.encrypted(encrypted, found.kms_key_id.as_deref());
    restorable(&mut draft, found.restore_window, found.status.as_deref());
    draft.finish()
}

fn restorable(draft: &mut Draft<'_>, window: Option<RestoreWindow>, status: Option<&str>) {
    let latest = window.and_then(|window| window.latest_time);
    let usable = matches!(status, Some("active" | "available" | "retained" | "replicating"));
    draft.point(latest.as_deref(), latest.as_deref(), usable && latest.is_some(), None);
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ClusterBackups {
    #[serde(rename = "DBClusterAutomatedBackups", deserialize_with = "members")]
    backups: Vec<ClusterBackup>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ClusterBackup {
    #[serde(rename = "DBClusterAutomatedBackupsArn")]
    arn: Option<String>,
    #[serde(rename = "DBClusterArn")]
    cluster: Option<String>,
    #[serde(rename = "DbClusterResourceId")]
    resource_id: String,
    #[serde(rename = "DBClusterIdentifier")]
    name: Option<String>,
    restore_window: Option<RestoreWindow>,
    status: Option<String>,
    storage_encrypted: Option<bool>,
    kms_key_id: Option<String>,
}

page!(ClusterBackups: ClusterBackup in backups, "Marker" from marker, by |item| {
    [item.arn.as_deref(), Some(&item.resource_id)].into_iter().flatten().collect::<Vec<_>>().join(" ")
});

fn cluster_backup(session: &Session, region: &str, found: ClusterBackup, call: CallId) -> Fact {
    let id = found.arn.unwrap_or_else(|| {
        session.arn(SERVICE, region, &format!("cluster-auto-backup:{}", shorten(&found.resource_id)))
    });
    let name = found.name.unwrap_or(found.resource_id);
    let mut draft = Draft::new(session, (Kind::RecoveryPoint, SERVICE), region, id, &name, &call);
    draft.resource.made_from = found.cluster.map(|cluster| shorten(&cluster));
    let encrypted =
        draft.said("encryption", found.storage_encrypted, &DESCRIBE_DB_CLUSTER_AUTOMATED_BACKUPS, call);
    draft.encrypted(encrypted, found.kms_key_id.as_deref());
    restorable(&mut draft, found.restore_window, found.status.as_deref());
    draft.finish()
}
