//! DynamoDB: tables and their replicas, backups, and exports into buckets.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::shared::{Asked, List, Page, moment, page, region_of_target};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{Copy, CopyRole, Facet, Kind, LiftedBy, Obstacle, ObstacleKind, Starts};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

operation!(
    /// The names of the region's tables.
    LIST_TABLES = "dynamodb" "ListTables", needs "dynamodb:ListTables", quota quota::DYNAMODB,
    Per::Page(100), Post, facts "tables"
);
operation!(
    /// A table.
    DESCRIBE_TABLE = "dynamodb" "DescribeTable", needs "dynamodb:DescribeTable", quota quota::DYNAMODB,
    Per::Resource, Post, facts "tables: replicas and witnesses in other regions, key, protection, what it was restored from"
);
operation!(
    /// Where a table of the first version of global tables is replicated.
    DESCRIBE_GLOBAL_TABLE = "dynamodb" "DescribeGlobalTable", needs "dynamodb:DescribeGlobalTable",
    quota quota::DYNAMODB, Per::Sometimes, Post, facts "replicas of tables of global tables' first version",
    absent &["GlobalTableNotFoundException"]
);
operation!(
    /// How far back a table can be set.
    DESCRIBE_CONTINUOUS_BACKUPS = "dynamodb" "DescribeContinuousBackups", needs "dynamodb:DescribeContinuousBackups",
    quota quota::DYNAMODB_CONTINUOUS, Per::Resource, Post, facts "the window a table can be set back in"
);
operation!(
    /// A table's labels.
    LIST_TAGS_OF_RESOURCE = "dynamodb" "ListTagsOfResource", needs "dynamodb:ListTagsOfResource",
    quota quota::DYNAMODB_TAGS, Per::Resource, Post, facts "labels, for scope"
);
operation!(
    /// Backups of tables, of those that are gone included.
    LIST_BACKUPS = "dynamodb" "ListBackups", needs "dynamodb:ListBackups", quota quota::DYNAMODB_BACKUPS,
    Per::Page(100), Post, facts "backups: source, moment, end"
);
operation!(
    /// A backup.
    DESCRIBE_BACKUP = "dynamodb" "DescribeBackup", needs "dynamodb:DescribeBackup", quota quota::DYNAMODB_BACKUP,
    Per::Sometimes, Post, facts "the key of a backup"
);
operation!(
    /// Exports of tables into buckets, of the last 90 days.
    LIST_EXPORTS = "dynamodb" "ListExports", needs "dynamodb:ListExports", quota quota::DYNAMODB_EXPORTS,
    Per::Page(25), Post, facts "exports of tables into buckets"
);
operation!(
    /// An export.
    DESCRIBE_EXPORT = "dynamodb" "DescribeExport", needs "dynamodb:DescribeExport", quota quota::DYNAMODB_EXPORTS,
    Per::Sometimes, Post, facts "the bucket a table was exported into"
);

/// Tables, their backups and exports.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: "dynamodb",
        reach: Reach::Region,
        kinds: &[Kind::Table, Kind::RecoveryPoint, Kind::Delivery],
    },
    operations: &[
        &LIST_TABLES,
        &DESCRIBE_TABLE,
        &DESCRIBE_GLOBAL_TABLE,
        &DESCRIBE_CONTINUOUS_BACKUPS,
        &LIST_TAGS_OF_RESOURCE,
        &LIST_BACKUPS,
        &DESCRIBE_BACKUP,
        &LIST_EXPORTS,
        &DESCRIBE_EXPORT,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json10("DynamoDB_20120810");
const SERVICE: &str = "dynamodb";
/// Days a table can be set back where no other number is given (DynamoDB API, PointInTimeRecoveryDescription).
const USUAL_DAYS: u32 = 35;
/// Days for which the last state of a table that could be set back is kept after it was deleted (DynamoDB Developer
/// Guide, point-in-time recovery).
const KEPT_DAYS: u32 = 35;

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = |operation, body| Ask::of(operation, API, region, body);
    let list = List::<Tables>::of(session, ask(&LIST_TABLES, json!({"Limit": 100})));
    tally.read(list, sink, |one, call| table(session, region, one, call)).await;
    // Without a word on the sort only some are told of.
    let body = json!({"Limit": 100, "BackupType": "ALL"});
    let list = List::<Backups>::of(session, ask(&LIST_BACKUPS, body));
    tally.read(list, sink, |one, call| backup(session, region, one, call)).await;
    let list = List::<Exports>::of(session, ask(&LIST_EXPORTS, json!({"MaxResults": 25})));
    tally.read(list, sink, |one, call| export(session, region, one, call)).await;
    tally.outcome()
}

/// What an operation told, or why it told nothing usable: what was listed a moment ago has to be there.
fn heard<T>(operation: &Operation, asked: Asked<T>) -> Result<(T, CallId), Shortfall> {
    match asked? {
        Heard { told: Some(told), call } => Ok((told, call)),
        Heard { told: None, call } => Err(astray(operation, call)),
    }
}

/// An answer about something else.
fn astray(operation: &Operation, call: CallId) -> Shortfall {
    Shortfall::of(operation, GapReason::Malformed, Some(call), "the answer is not about this resource")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tables {
    table_names: Vec<String>,
    last_evaluated_table_name: Option<String>,
}

page!(
    Tables: String in table_names, "ExclusiveStartTableName" from last_evaluated_table_name, by |item| item.clone()
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    table: Table,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Table {
    table_name: String,
    table_arn: Option<String>,
    stream_specification: Option<Stream>,
    global_table_version: Option<String>,
    #[serde(default)]
    replicas: Vec<Replica>,
    #[serde(default)]
    global_table_witnesses: Vec<Replica>,
    restore_summary: Option<Restored>,
    #[serde(rename = "SSEDescription")]
    encryption: Option<Encrypted>,
    deletion_protection_enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stream {
    stream_view_type: Option<String>,
}

/// A replica, or the witness of replicas, which holds what they have not all written yet.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Replica {
    region_name: Option<String>,
    replica_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Restored {
    source_table_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypted {
    status: Option<String>,
    #[serde(rename = "SSEType")]
    sort: Option<String>,
    #[serde(rename = "KMSMasterKeyArn")]
    key: Option<String>,
}

async fn table(session: &Session, region: &str, name: String, call: CallId) -> Fact {
    let id = session.arn(SERVICE, region, &format!("table/{name}"));
    let mut draft = Draft::new(session, (Kind::Table, SERVICE), region, id.clone(), &name, &call);
    let named = json!({"TableName": name});
    let ask = |operation| Ask::of(operation, API, region, named.clone()).about(&name);
    let body = json!({"ResourceArn": id});
    let labels = List::<Labels>::of(session, Ask::of(&LIST_TAGS_OF_RESOURCE, API, region, body).about(&name));
    let (described, window, labels) = futures::join!(
        session.told::<Described>(ask(&DESCRIBE_TABLE)),
        session.told::<Continuous>(ask(&DESCRIBE_CONTINUOUS_BACKUPS)),
        all(labels)
    );
    let described = heard(&DESCRIBE_TABLE, described).and_then(|(told, call)| {
        let about = told.table.table_arn.as_ref().is_none_or(|arn| *arn == id);
        if told.table.table_name == name && about {
            Ok((told.table, call))
        } else {
            Err(astray(&DESCRIBE_TABLE, call))
        }
    });
    match described {
        Ok((found, call)) => {
            let first_version = perhaps_first_version(&found);
            is(&mut draft, found, call);
            if first_version {
                let asked = session.told::<GlobalTable>(ask(&DESCRIBE_GLOBAL_TABLE)).await;
                replicas_of_first_version(&mut draft, &name, asked);
            }
        }
        Err(shortfall) => {
            draft.perhaps_made_from(&shortfall);
            draft.perhaps_copied(CopyRole::Replica, &shortfall);
            draft.perhaps_encrypted(&shortfall);
            draft.perhaps_hindered(&shortfall);
        }
    }
    recovery(&mut draft, window);
    match labels {
        Ok(labels) => {
            for (_, call) in &labels {
                draft.sheet.shown("tags", call);
            }
            draft.tags(labels.into_iter().map(|(tag, _)| tag).collect());
        }
        Err(shortfall) => draft.resource.tags = draft.sheet.unseen("tags", &shortfall),
    }
    draft.finish()
}

/// What a table's description says of it.
fn is(draft: &mut Draft<'_>, found: Table, call: CallId) {
    for facet in ["copies", "encryption", "erasure"] {
        draft.sheet.shown(facet, &call);
    }
    for replica in found.replicas.into_iter().chain(found.global_table_witnesses) {
        replicated(draft, replica, &DESCRIBE_TABLE, call);
    }
    encrypted(draft, found.encryption, &DESCRIBE_TABLE, call);
    draft.protected(found.deletion_protection_enabled);
    let source = found.restore_summary.and_then(|restored| restored.source_table_arn);
    draft.resource.made_from = source.as_deref().map(shorten);
}

/// A replica in a region, which may be of another account. The table itself is none.
fn replicated(draft: &mut Draft<'_>, replica: Replica, operation: &Operation, call: CallId) {
    let holder = replica.replica_arn.filter(|arn| !arn.is_empty());
    if holder.as_ref().is_some_and(|arn| *arn == draft.resource.id) {
        return;
    }
    match replica.region_name.filter(|region| !region.is_empty()) {
        Some(region) if region == draft.resource.region && holder.is_none() => {}
        Some(region) => draft.copy(CopyRole::Replica, holder.as_deref(), &region),
        None => {
            let detail = "the answer does not say where a replica rests";
            let silent = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
            draft.perhaps_copied(CopyRole::Replica, &silent);
        }
    }
}

/// Tables are always encrypted: under a key of DynamoDB's own where none is named.
fn encrypted(draft: &mut Draft<'_>, found: Option<Encrypted>, operation: &Operation, call: CallId) {
    let Some(found) = found else { return draft.encrypted(Observed::Seen(true), None) };
    match (found.status.as_deref(), found.sort.as_deref()) {
        (Some("DISABLED"), _) | (_, Some("AES256")) => draft.encrypted(Observed::Seen(true), None),
        (Some("ENABLED" | "ENABLING" | "UPDATING" | "DISABLING"), Some("KMS")) => {
            let key = found.key.as_deref().filter(|key| !key.is_empty());
            let named = draft.said("encryption", key.map(|_| true), operation, call);
            draft.encrypted(named, key);
        }
        (status, sort) => {
            let word = [status, sort].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let detail = format!("unknown encryption `{}`", shorten(&word));
            draft.perhaps_encrypted(&Shortfall::of(operation, GapReason::Unknown, Some(call), detail));
        }
    }
}

/// Whether a table may belong to a global table of the first version, of which its description says nothing. Those
/// replicate by streams that carry new and old images.
fn perhaps_first_version(found: &Table) -> bool {
    let current = found.global_table_version.as_deref() == Some("2019.11.21");
    let stream = found.stream_specification.as_ref().and_then(|stream| stream.stream_view_type.as_deref());
    !current && stream == Some("NEW_AND_OLD_IMAGES")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GlobalTable {
    global_table_description: GlobalDescription,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GlobalDescription {
    global_table_name: String,
    replication_group: Vec<Replica>,
}

fn replicas_of_first_version(draft: &mut Draft<'_>, name: &str, asked: Asked<GlobalTable>) {
    let operation = &DESCRIBE_GLOBAL_TABLE;
    let Heard { told, call } = match asked {
        Ok(heard) => heard,
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Replica, &shortfall),
    };
    draft.sheet.shown("copies", &call);
    let Some(told) = told.map(|told| told.global_table_description) else { return };
    if told.global_table_name != name {
        return draft.perhaps_copied(CopyRole::Replica, &astray(operation, call));
    }
    for replica in told.replication_group {
        // Its replicas are tables of this account that bear its name; the ARN here is the global table's.
        replicated(draft, Replica { replica_arn: None, ..replica }, operation, call);
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Continuous {
    continuous_backups_description: ContinuousBackups,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContinuousBackups {
    point_in_time_recovery_description: Option<Window>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Window {
    point_in_time_recovery_status: Option<String>,
    recovery_period_in_days: Option<u32>,
    latest_restorable_date_time: Option<f64>,
}

fn recovery(draft: &mut Draft<'_>, asked: Asked<Continuous>) {
    let operation = &DESCRIBE_CONTINUOUS_BACKUPS;
    let (told, call) = match heard(operation, asked) {
        Ok(heard) => heard,
        Err(shortfall) => {
            return perhaps_kept(draft, &shortfall);
        }
    };
    draft.sheet.shown("recovery", &call);
    let window = told.continuous_backups_description.point_in_time_recovery_description;
    let status = window.as_ref().and_then(|window| window.point_in_time_recovery_status.as_deref());
    match (status, &window) {
        (Some("DISABLED"), _) => draft.recoverable(None, None),
        (Some("ENABLED"), Some(window)) => {
            let days = window.recovery_period_in_days.unwrap_or(USUAL_DAYS);
            let latest = window.latest_restorable_date_time.and_then(moment);
            draft.recoverable(Some(days), latest.as_deref());
            let region = draft.resource.region.clone();
            draft.copy(CopyRole::Backup, None, &region);
            draft.sheet.shown("erasure", &call);
            draft.hindered(Obstacle {
                kind: Observed::Seen(ObstacleKind::SoftDelete),
                starts: Observed::Seen(Starts::AtRequest),
                days: Observed::Seen(Some(KEPT_DAYS)),
                until: Observed::Seen(None),
                // Nothing is kept of a table for which this was turned off before.
                lifted_by: Observed::Seen(LiftedBy::User),
            });
        }
        (word, _) => {
            let (reason, detail) = match word {
                Some(word) => {
                    let detail = format!("unknown state of continuous backups `{}`", shorten(word));
                    (GapReason::Unknown, detail)
                }
                None => (GapReason::Malformed, "the answer does not say recovery".to_owned()),
            };
            let unknown = Shortfall::of(operation, reason, Some(call), detail);
            perhaps_kept(draft, &unknown);
        }
    }
}

/// Notes that continuous backups may be kept.
fn perhaps_kept(draft: &mut Draft<'_>, shortfall: &Shortfall) {
    draft.perhaps_copied(CopyRole::Backup, shortfall);
    draft.perhaps_hindered(shortfall);
    draft.perhaps_recoverable(shortfall);
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Labels {
    tags: Vec<Tag>,
    next_token: Option<String>,
}

page!(Labels: Tag in tags, "NextToken" from next_token, by |item| item.key.clone());

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Backups {
    backup_summaries: Vec<Backup>,
    last_evaluated_backup_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Backup {
    backup_arn: String,
    backup_name: Option<String>,
    table_name: Option<String>,
    table_arn: Option<String>,
    backup_creation_date_time: Option<f64>,
    backup_expiry_date_time: Option<f64>,
    backup_status: Option<String>,
    backup_type: Option<String>,
}

page!(
    Backups: Backup in backup_summaries, "ExclusiveStartBackupArn" from last_evaluated_backup_arn,
    by |item| item.backup_arn.clone(), own |item| Some(&item.backup_arn)
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BackupAnswer {
    backup_description: BackupDescription,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BackupDescription {
    backup_details: BackupDetails,
    source_table_feature_details: Option<Features>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BackupDetails {
    backup_arn: String,
}

#[derive(Deserialize)]
struct Features {
    #[serde(rename = "SSEDescription")]
    encryption: Option<Encrypted>,
}

async fn backup(session: &Session, region: &str, found: Backup, call: CallId) -> Fact {
    let arn = found.backup_arn;
    let name = found.backup_name.unwrap_or_else(|| arn.clone());
    let mut draft = Draft::new(session, (Kind::RecoveryPoint, SERVICE), region, arn.clone(), &name, &call);
    let table = |name: String| session.arn(SERVICE, region, &format!("table/{}", shorten(&name)));
    draft.resource.made_from =
        found.table_arn.as_deref().map(shorten).or_else(|| found.table_name.map(table));
    let made = found.backup_creation_date_time.and_then(moment);
    let expires = found.backup_expiry_date_time.and_then(moment);
    let usable = found.backup_status.as_deref() == Some("AVAILABLE");
    // When it was complete is not said.
    draft.point(made.as_deref(), None, usable, expires.as_deref());
    if found.backup_type.as_deref() == Some("SYSTEM") {
        let detail = "whether it can be deleted before it expires by itself is not known";
        let unknown = Shortfall::of(&LIST_BACKUPS, GapReason::NotRead, Some(call), detail);
        let lifted_by = draft.sheet.unseen("erasure.obstacles", &unknown);
        draft.hindered(Obstacle {
            kind: Observed::Seen(ObstacleKind::SoftDelete),
            starts: Observed::Seen(Starts::Fixed),
            days: Observed::Seen(None),
            until: Observed::Seen(expires),
            lifted_by,
        });
    }
    let operation = &DESCRIBE_BACKUP;
    let ask = Ask::of(operation, API, region, json!({"BackupArn": arn})).about(&arn);
    let described = heard(operation, session.told::<BackupAnswer>(ask).await).and_then(|(told, call)| {
        match told.backup_description {
            told if told.backup_details.backup_arn != arn => Err(astray(operation, call)),
            told => Ok((told, call)),
        }
    });
    match described {
        Ok((told, call)) => {
            draft.sheet.shown("encryption", &call);
            match told.source_table_feature_details {
                Some(features) => encrypted(&mut draft, features.encryption, operation, call),
                None => {
                    let silent = draft.said("encryption", None, operation, call);
                    draft.encrypted(silent, None);
                }
            }
        }
        Err(shortfall) => draft.perhaps_encrypted(&shortfall),
    }
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Exports {
    export_summaries: Vec<Export>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Export {
    export_arn: String,
}

page!(
    Exports: Export in export_summaries, "NextToken" from next_token, by |item| item.export_arn.clone(),
    own |item| Some(&item.export_arn)
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ExportAnswer {
    export_description: ExportDescription,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ExportDescription {
    export_arn: String,
    table_arn: Option<String>,
    #[serde(rename = "S3Bucket")]
    bucket: Option<String>,
}

/// An export holds nothing itself. One that failed may have written part of it.
async fn export(session: &Session, region: &str, found: Export, call: CallId) -> Fact {
    let (operation, arn) = (&DESCRIBE_EXPORT, found.export_arn);
    let name = arn.rsplit('/').next().unwrap_or(&arn).to_owned();
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, arn.clone(), &name, &call);
    draft.without(&[Facet::Tags]);
    draft.resource.copies.clear();
    // The table's ARN is the beginning of the export's.
    draft.resource.made_from = arn.split_once("/export/").map(|(table, _)| shorten(table));
    let ask = Ask::of(operation, API, region, json!({"ExportArn": arn})).about(&arn);
    let described = heard(operation, session.told::<ExportAnswer>(ask).await).and_then(|(told, call)| {
        match told.export_description {
            told if told.export_arn != arn => Err(astray(operation, call)),
            told => Ok((told, call)),
        }
    });
    match described {
        Ok((told, call)) => {
            draft.sheet.shown("copies", &call);
            draft.resource.made_from =
                told.table_arn.as_deref().map(shorten).or(draft.resource.made_from.take());
            match told.bucket.filter(|bucket| !bucket.is_empty()) {
                Some(bucket) => {
                    let bucket = format!("arn:aws:s3:::{}", shorten(&bucket));
                    let homes = BTreeMap::new();
                    let location =
                        region_of_target(session, &mut draft.sheet, "copies", &bucket, &homes).await;
                    draft.resource.copies.push(Copy::new(CopyRole::Backup, Some(bucket), location));
                }
                None => {
                    let detail = "the answer names no bucket";
                    let silent = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
                    draft.perhaps_copied(CopyRole::Backup, &silent);
                }
            }
        }
        Err(shortfall) => draft.perhaps_copied(CopyRole::Backup, &shortfall),
    }
    draft.finish()
}
