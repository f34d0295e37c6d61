//! Cloud SQL: instances, their replicas, and where their backups rest.

use super::Entry;
use super::draft::{Draft, Fact, Tally, not_read, read};
use super::inventory::{Found, Listing, Own, Step};
use crate::place::{behind, nearest_multi_region};
use crate::quota;
use crate::session::Session;
use sekisho_contract::fact::{CopyRole, Kind, LiftedBy, ObstacleKind, Starts};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;
use std::collections::BTreeMap;

operation!(
    /// Every instance of the project.
    LIST_INSTANCES = "sqladmin" "instances.list", at "v1/projects/{project}/instances", needs "cloudsql.instances.list",
    quota quota::SQL, Per::Sometimes, Get, facts "database instances, where the asset inventory is refused"
);
operation!(
    /// The backups of every instance.
    LIST_BACKUP_RUNS = "sqladmin" "backupRuns.list", at "v1/projects/{project}/instances/{instance}/backupRuns",
    needs "cloudsql.backupRuns.list", quota quota::SQL, Per::Sometimes, Get,
    facts "backups of databases and where each rests, where the asset inventory is refused"
);
operation!(
    /// Backups by themselves: those of instances that were deleted stand in no other list.
    LIST_BACKUPS = "sqladmin" "Backups.ListBackups", at "v1/{+parent}/backups", needs "cloudsql.backupRuns.list",
    quota quota::SQL, Per::Account, Get, facts "backups that outlive their instances, and where each rests"
);

/// Database instances and their backups.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Database, Kind::RecoveryPoint] },
    methods: &[&LIST_INSTANCES, &LIST_BACKUP_RUNS, &LIST_BACKUPS],
    assets: &[INSTANCE, BACKUP_RUN],
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "sqladmin";
const INSTANCE: &str = "sqladmin.googleapis.com/Instance";
const BACKUP_RUN: &str = "sqladmin.googleapis.com/BackupRun";
/// Days logs are kept to set an instance back by (sqladmin.v1, BackupConfiguration.transactionLogRetentionDays).
const DEFAULT_LOG_DAYS: u32 = 7;

static OWN: [&Own; 2] = [
    &Own {
        asset: INSTANCE,
        steps: &[Step {
            method: &LIST_INSTANCES,
            at: &[("project", "{project}"), ("maxResults", "1000")],
            items: "items",
            name: |item, project| Some(instance_name(project, item.get("name")?.as_str()?)),
        }],
    },
    &Own {
        asset: BACKUP_RUN,
        steps: &[Step {
            method: &LIST_BACKUP_RUNS,
            // One list for all instances.
            at: &[("project", "{project}"), ("instance", "-"), ("maxResults", "1000")],
            items: "items",
            name: |item, project| {
                let instance = instance_name(project, item.get("instance")?.as_str()?);
                let id = item.get("id")?;
                let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
                Some(format!("{instance}/backupRuns/{id}"))
            },
        }],
    },
];

static ORPHANS: [&Own; 1] = [&Own {
    asset: "sqladmin.googleapis.com/Backup",
    steps: &[Step {
        method: &LIST_BACKUPS,
        at: &[("parent", "projects/{project}"), ("pageSize", "1000")],
        items: "backups",
        name: |item, _| Some(format!("//cloudsql.googleapis.com/{}", item.get("name")?.as_str()?)),
    }],
}];

fn instance_name(project: &str, instance: &str) -> String {
    // An instance of another project carries that in front.
    let (project, instance) = instance.rsplit_once(':').unwrap_or((project, instance));
    format!("//cloudsql.googleapis.com/projects/{project}/instances/{instance}")
}

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let listing = Listing::of(session, &[INSTANCE, BACKUP_RUN], &OWN);
    tally
        .read(listing, sink, |found| match found.asset.as_str() {
            INSTANCE => instance(session, found).map(Some),
            _ => backup(session, found).map(Some),
        })
        .await;
    let orphans = Listing::by_own_lists(session, &ORPHANS);
    tally.read(orphans, sink, |found| orphan(session, found)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DatabaseInstance {
    region: Option<String>,
    database_version: Option<String>,
    master_instance_name: Option<String>,
    #[serde(default)]
    replica_names: Vec<String>,
    settings: Option<Settings>,
    disk_encryption_configuration: Option<DiskEncryptionConfiguration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    backup_configuration: Option<BackupConfiguration>,
    availability_type: Option<String>,
    ip_configuration: Option<IpConfiguration>,
    deletion_protection_enabled: Option<bool>,
    retain_backups_on_delete: Option<bool>,
    final_backup_config: Option<FinalBackupConfig>,
    #[serde(default)]
    user_labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BackupConfiguration {
    #[serde(default)]
    enabled: bool,
    location: Option<String>,
    #[serde(default)]
    point_in_time_recovery_enabled: bool,
    #[serde(default)]
    binary_log_enabled: bool,
    transaction_log_retention_days: Option<u32>,
    backup_tier: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FinalBackupConfig {
    enabled: Option<bool>,
    retention_days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IpConfiguration {
    ipv4_enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DiskEncryptionConfiguration {
    kms_key_name: Option<String>,
}

fn instance(session: &Session, mut found: Found) -> Result<Fact, Shortfall> {
    let told: DatabaseInstance = read(&mut found)?;
    let region = told.region.as_deref();
    let mut draft = Draft::new(session, (Kind::Database, SERVICE), region, &found);
    draft.encrypted(told.disk_encryption_configuration.and_then(|disk| disk.kms_key_name).as_deref());
    // `POSTGRES_16`: product and version in one word.
    let version = told.database_version.as_deref();
    let parts = version.map(|version| version.split_once('_').unwrap_or((version, "")));
    draft.runs(parts.map(|(product, _)| product), parts.map(|(_, version)| version));
    draft.resource.made_from =
        told.master_instance_name.as_deref().map(|master| instance_name(&session.project, master));
    for replica in &told.replica_names {
        draft.copy_with(CopyRole::Replica, &instance_name(&session.project, replica));
    }
    let Some(settings) = told.settings else {
        let silent = draft.silent("the answer does not say how the instance is set");
        draft.perhaps_copied(CopyRole::Backup, &silent);
        draft.perhaps_hindered(&silent);
        return Ok(draft.finish());
    };
    draft.labelled(&settings.user_labels);
    draft.protected(settings.deletion_protection_enabled);
    outlive(&mut draft, &settings);
    // Zonal is what is made where nothing is said (sqladmin.v1, Settings.availabilityType).
    let zones = match settings.availability_type.as_deref() {
        Some("REGIONAL") => Observed::Seen(true),
        None | Some("ZONAL" | "SQL_AVAILABILITY_TYPE_UNSPECIFIED") => Observed::Seen(false),
        Some(other) => draft.known("redundancy.multi_zone", other, None),
    };
    draft.redundant(zones);
    let public = settings.ip_configuration.and_then(|ip| ip.ipv4_enabled);
    let public = draft.said("network.public_address", public);
    draft.addressed(public);
    backups(&mut draft, region, settings.backup_configuration.as_ref());
    Ok(draft.finish())
}

/// What of an instance's backups is kept when it is deleted: until somebody deletes them too.
fn outlive(draft: &mut Draft<'_>, settings: &Settings) {
    if settings.retain_backups_on_delete == Some(true) {
        draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, None, LiftedBy::User);
    }
    if let Some(last) = settings.final_backup_config.as_ref().filter(|last| last.enabled == Some(true)) {
        draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, last.retention_days, LiftedBy::User);
    }
}

/// Where backups go. Without a place that is named they go to the multi-region that is nearest
/// (cloud.google.com/sql/docs: "Default backup locations"), which for Tokyo and Osaka is all of Asia.
fn backups(draft: &mut Draft<'_>, region: Option<&str>, told: Option<&BackupConfiguration>) {
    let Some(told) = told else {
        let silent = draft.silent("the answer does not say whether there are backups");
        draft.perhaps_copied(CopyRole::Backup, &silent);
        draft.resource.recovery = None;
        return;
    };
    if told.enabled {
        let nearest = region.and_then(nearest_multi_region);
        match told.location.as_deref().filter(|place| !place.is_empty()).or(nearest) {
            Some(place) => draft.copy(CopyRole::Backup, None, place),
            None => {
                let silent = draft
                    .silent("the answer does not say where backups go, and no multi-region is the nearest");
                draft.perhaps_copied(CopyRole::Backup, &silent);
            }
        }
    }
    // By any other word backups are somebody else's: those of Backup and DR, whatever this configuration says.
    if !matches!(told.backup_tier.as_deref(), None | Some("STANDARD" | "BACKUP_TIER_UNSPECIFIED")) {
        let detail = "the Backup and DR vault that holds its backups was not read";
        draft.perhaps_copied(CopyRole::Backup, &not_read(detail));
        // And a vault lets nobody delete them before their time.
        draft.perhaps_hindered(&not_read(detail));
    }
    let continuous = told.point_in_time_recovery_enabled || told.binary_log_enabled;
    let days = told.transaction_log_retention_days.unwrap_or(DEFAULT_LOG_DAYS);
    draft.recoverable(continuous.then_some(days));
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BackupRun {
    location: Option<String>,
    status: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
    instance: Option<String>,
    disk_encryption_configuration: Option<DiskEncryptionConfiguration>,
}

fn backup(session: &Session, mut found: Found) -> Result<Fact, Shortfall> {
    let told: BackupRun = read(&mut found)?;
    // A backup without a place may be anywhere: its instance's setting may have changed since.
    let mut draft = Draft::new(session, (Kind::RecoveryPoint, SERVICE), told.location.as_deref(), &found);
    draft.encrypted(told.disk_encryption_configuration.and_then(|disk| disk.kms_key_name).as_deref());
    let usable = told.status.as_deref() == Some("SUCCESSFUL");
    draft.point(told.start_time.as_deref(), told.end_time.as_deref(), usable, None);
    let instance = told.instance.as_deref().or_else(|| behind(&found.name, "instances"));
    draft.resource.made_from = instance.map(|instance| instance_name(&session.project, instance));
    Ok(draft.finish())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Backup {
    location: Option<String>,
    state: Option<String>,
    instance: Option<String>,
    instance_deletion_time: Option<String>,
    backup_interval: Option<Interval>,
    expiry_time: Option<String>,
    kms_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Interval {
    start_time: Option<String>,
    end_time: Option<String>,
}

/// A backup whose instance was deleted; those of the others are told of as theirs.
fn orphan(session: &Session, mut found: Found) -> Result<Option<Fact>, Shortfall> {
    let told: Backup = read(&mut found)?;
    if told.instance_deletion_time.is_none() {
        return Ok(None);
    }
    let mut draft = Draft::new(session, (Kind::RecoveryPoint, SERVICE), told.location.as_deref(), &found);
    draft.encrypted(told.kms_key.as_deref());
    // All that was written until the interval began is in it.
    let interval = told.backup_interval.as_ref();
    let usable = told.state.as_deref() == Some("SUCCESSFUL");
    let (moment, done) = (
        interval.and_then(|interval| interval.start_time.as_deref()),
        interval.and_then(|interval| interval.end_time.as_deref()),
    );
    draft.point(moment, done, usable, told.expiry_time.as_deref());
    draft.resource.made_from = told.instance.map(|instance| instance_name(&session.project, &instance));
    Ok(Some(draft.finish()))
}
