//! Backup vaults of Data Protection: where backups of disks, blobs and databases rest.

use super::Entry;
use super::diagnostics;
use super::draft::{Draft, Fact, Tally, listed, not_read, unresolved};
use super::recovery_services::{Kept, Soft, exposure};
use super::sql_backups::days;
use crate::inventory::{RESOURCES, Row};
use crate::path;
use crate::quota;
use crate::session::{Ask, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Coverage, Kind, LiftedBy, ObstacleKind, Starts};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

operation!(
    /// Every backup vault of the subscription.
    LIST_BACKUP_VAULTS = "dataprotection" "ListBackupVaults", needs "Microsoft.DataProtection/backupVaults/read",
    quota quota::ARM, Per::SomePages(100), Get, facts "backup vaults: redundancy, cross-region restore, immutability, soft delete"
);

operation!(
    /// The points to which one thing can be set back.
    LIST_POINTS = "dataprotection" "ListRecoveryPoints",
    needs "Microsoft.DataProtection/backupVaults/backupInstances/recoveryPoints/read", quota quota::ARM,
    Per::SomePages(100), Get, facts "recovery points, the moment each is of and until when it is kept"
);

/// Backup vaults, their recovery points, and what was deleted from them.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: SERVICE,
        reach: Reach::Global,
        kinds: &[Kind::BackupVault, Kind::RecoveryPoint, Kind::BackupPlan],
    },
    types: TYPES,
    operations: &[&LIST_BACKUP_VAULTS, &LIST_POINTS],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "dataprotection";
const TYPES: &[&str] = &["microsoft.dataprotection/backupvaults"];
const INSTANCE: &str = "microsoft.dataprotection/backupvaults/backupinstances";
const DELETED_INSTANCE: &str = "microsoft.dataprotection/backupvaults/deletedbackupinstances";
const POLICY: &str = "microsoft.dataprotection/backupvaults/backuppolicies";
const VERSION: &str = "2024-04-01";

/// Days what was deleted is kept where nothing is said ("Enhanced soft delete for Azure Backup").
const KEPT: u32 = 14;

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let path = session.path("/providers/Microsoft.DataProtection/backupVaults");
    let list = session.list(Ask::of(&LIST_BACKUP_VAULTS, path, VERSION));
    let (rows, broke) = listed(session, TYPES, list).await;
    tally.fell_short(broke);
    let (instances, broke) = session.backups(INSTANCE);
    tally.fell_short(broke);
    // Why they broke off is the same for all that one list tells of.
    let (gone, _) = session.backups(DELETED_INSTANCE);
    let (policies, _) = session.backups(POLICY);
    let vaults: BTreeSet<String> = rows.iter().map(|(row, ..)| row.id.clone()).collect();
    let below = &Below { instances, gone, policies };
    let read = |(row, call, listed): (Arc<Row>, CallId, bool)| async move {
        vault(session, &row, (call, listed), below).await
    };
    tally.each_as_far(rows, sink, read).await;
    for (row, _) in below.instances.iter().chain(&below.gone).chain(&below.policies) {
        if !path::parent(&row.id).is_some_and(|vault| vaults.contains(vault)) {
            tally.fell_short(Some(unresolved(&shorten(path::parent(&row.id).unwrap_or(&row.id)))));
        }
    }
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vault {
    storage_settings: Option<Vec<StorageSetting>>,
    feature_settings: Option<Features>,
    security_settings: Option<Security>,
    replicated_regions: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct StorageSetting {
    r#type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Features {
    cross_region_restore_settings: Option<State>,
}

#[derive(Deserialize)]
struct State {
    state: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Security {
    soft_delete_settings: Option<SoftDelete>,
    immutability_settings: Option<State>,
    encryption_settings: Option<EncryptionSettings>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SoftDelete {
    state: Option<String>,
    retention_duration_in_days: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EncryptionSettings {
    key_vault_properties: Option<VaultKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VaultKey {
    key_uri: Option<String>,
}

async fn vault(
    session: &Session,
    row: &Row,
    (call, listed): (CallId, bool),
    below: &Below,
) -> (Vec<Fact>, Vec<Shortfall>) {
    let mut draft = Draft::of(session, (Kind::BackupVault, SERVICE), row, call);
    let told: Vault = match row.told() {
        Ok(told) => told,
        Err(why) => return (vec![draft.unreadable(&why)], Vec::new()),
    };
    if listed {
        draft.told_by(&LIST_BACKUP_VAULTS, call);
    } else {
        let detail = "the inventory has it, and the list of its service does not";
        let gone = Shortfall::of(&LIST_BACKUP_VAULTS, GapReason::Vanished, None, detail);
        draft.perhaps_copied(CopyRole::Replica, &gone);
    }
    let restore =
        told.feature_settings.and_then(|told| told.cross_region_restore_settings).and_then(|told| told.state);
    let settings = told.storage_settings.unwrap_or_default();
    if settings.is_empty() {
        let silent = draft.silent("redundancy of the vault");
        draft.perhaps_copied(CopyRole::Replica, &silent);
    }
    for setting in settings {
        match setting.r#type.as_deref() {
            Some("LocallyRedundant" | "ZoneRedundant") if restore.as_deref() != Some("Enabled") => {}
            Some("GeoRedundant" | "LocallyRedundant" | "ZoneRedundant") => {
                draft.copied_to_pair(CopyRole::Replica)
            }
            Some(other) => {
                let unknown = draft.unknown("redundancy", other);
                draft.perhaps_copied(CopyRole::Replica, &unknown);
            }
            None => {
                let silent = draft.silent("redundancy of the vault");
                draft.perhaps_copied(CopyRole::Replica, &silent);
            }
        }
    }
    // Left out, there are none besides ("Backup Vaults - Get": an array of regions, in version 2024-04-01).
    for region in told.replicated_regions.iter().flatten() {
        match region.trim() {
            "" => {
                let silent = draft.silent("where a replica rests");
                draft.perhaps_copied(CopyRole::Replica, &silent);
            }
            region if path::place(region) != row.place() => draft.replica(region),
            _ => {}
        }
    }
    let security = told.security_settings;
    let key =
        security.as_ref().and_then(|told| told.encryption_settings.as_ref()?.key_vault_properties.as_ref());
    draft.encrypted(key.and_then(|key| key.key_uri.as_deref()));
    let own = |(part, _): &&(Arc<Row>, CallId)| path::parent(&part.id) == Some(row.id.as_str());
    let policies: Vec<_> = below.policies.iter().filter(own).collect();
    let each = policies.iter().map(|(policy, _)| longest(&policy.properties));
    let longest = each.collect::<Option<Vec<u32>>>().and_then(|all| all.into_iter().max());
    // Where their list did not come to its end there may be others.
    let longest = longest.filter(|_| session.backups(POLICY).1.is_none());
    obstacles(&mut draft, security.as_ref(), longest);
    exposure(&mut draft, Observed::Seen(false));
    diagnostics::read(&mut draft).await;
    let immutable = security.as_ref().and_then(|told| told.immutability_settings.as_ref());
    let kept = Kept {
        row,
        copies: draft.resource.copies.clone(),
        encryption: draft.resource.encryption.clone(),
        lock: listed.then(|| immutable.and_then(|told| told.state.clone())),
        soft: listed.then(|| soft(security.as_ref())),
    };
    let mut facts = vec![draft.finish_locked().await];
    let mut broke = Vec::new();
    for (instance, _) in below.instances.iter().filter(own) {
        let (points, shortfall) = points(session, &kept, instance).await;
        facts.extend(points);
        broke.extend(shortfall);
    }
    let gone = below.gone.iter().filter(own);
    facts.extend(gone.map(|(instance, call)| deleted(session, &kept, instance, *call)));
    facts.extend(policies.iter().map(|(policy, call)| plan(session, &kept, policy, *call)));
    (facts, broke)
}

/// What is in vaults.
struct Below {
    instances: Vec<(Arc<Row>, CallId)>,
    gone: Vec<(Arc<Row>, CallId)>,
    policies: Vec<(Arc<Row>, CallId)>,
}

/// The longest time that a schedule keeps anything, in days: of every span after which something is deleted. None where it names none, or
/// one that is not understood.
fn longest(told: &Value) -> Option<u32> {
    fn spans(told: &Value, found: &mut Vec<Option<u32>>) {
        match told {
            Value::Object(members) => {
                for (name, value) in members {
                    match name.as_str() {
                        "deleteAfter" => {
                            found.push(value.get("duration").and_then(Value::as_str).and_then(days))
                        }
                        _ => spans(value, found),
                    }
                }
            }
            Value::Array(all) => all.iter().for_each(|one| spans(one, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    spans(told, &mut found);
    found.into_iter().collect::<Option<Vec<u32>>>()?.into_iter().max()
}

fn plan(session: &Session, kept: &Kept<'_>, policy: &Row, call: CallId) -> Fact {
    let named = (Kind::BackupPlan, SERVICE, policy.id.clone(), policy.name.as_str());
    let region = kept.row.place();
    let region = if region.is_empty() { "unknown" } else { &region };
    let mut draft = Draft::at(session, named, region, call, &RESOURCES);
    kept.place(&mut draft);
    let unread = not_read("the resources the policy applies to were not read");
    draft.resource.coverage = Some(Coverage {
        selections: draft.sheet.unseen("coverage.selections", &unread),
        rules: draft.sheet.unseen("coverage.rules", &unread),
    });
    draft.finish()
}

/// What is backed up.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instance {
    data_source_info: Option<Source>,
    deletion_info: Option<Deletion>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "resourceID")]
    resource: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deletion {
    deletion_time: Option<String>,
    scheduled_purge_time: Option<String>,
}

impl Instance {
    fn source(&self) -> Option<String> {
        let source = self.data_source_info.as_ref()?.resource.as_deref()?;
        Some(shorten(&path::id(source)))
    }
}

#[derive(Deserialize)]
struct Point {
    id: String,
    name: String,
    properties: PointProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PointProperties {
    recovery_point_time: Option<String>,
    expiry_time: Option<String>,
}

async fn points(session: &Session, kept: &Kept<'_>, instance: &Row) -> (Vec<Fact>, Option<Shortfall>) {
    let source = instance.told::<Instance>().ok().and_then(|told| told.source());
    let ask = Ask::of(&LIST_POINTS, format!("{}/recoveryPoints", instance.id), VERSION).about(&instance.id);
    let listing = session.list::<Point>(ask).await;
    let facts = listing.items.into_iter().map(|(point, call)| {
        let mut draft = below(session, kept, (&path::id(&point.id), &point.name), (&LIST_POINTS, call));
        draft.resource.made_from.clone_from(&source);
        let told = point.properties;
        let usable = draft.said("point.usable", told.recovery_point_time.as_ref().map(|_| true));
        draft.point(told.recovery_point_time.as_deref(), usable, told.expiry_time.as_deref());
        kept.hold(&mut draft, told.expiry_time.as_deref());
        draft.finish()
    });
    (facts.collect(), listing.broke)
}

/// What was deleted from a vault rests in it until its day, or until somebody gives up soft deletion, where that is allowed.
fn deleted(session: &Session, kept: &Kept<'_>, instance: &Row, call: CallId) -> Fact {
    let mut draft = below(session, kept, (&instance.id, &instance.name), (&RESOURCES, call));
    let told = instance.told::<Instance>();
    let deletion = told.as_ref().ok().and_then(|told| told.deletion_info.as_ref());
    draft.resource.made_from = told.as_ref().ok().and_then(Instance::source);
    let made = deletion.and_then(|told| told.deletion_time.as_deref());
    let until = deletion.and_then(|told| told.scheduled_purge_time.as_deref());
    draft.kept_until(ObstacleKind::SoftDelete, until, LiftedBy::Nobody);
    let usable = draft.said("point.usable", made.map(|_| true));
    draft.point(made, usable, until);
    draft.finish()
}

/// A point of a vault: it rests where the vault does.
fn below<'s>(
    session: &'s Session,
    kept: &Kept<'_>,
    (id, name): (&str, &str),
    (operation, call): (&'static Operation, CallId),
) -> Draft<'s> {
    let region = kept.row.place();
    let region = if region.is_empty() { "unknown" } else { &region };
    let named = (Kind::RecoveryPoint, SERVICE, id.to_owned(), name);
    let mut draft = Draft::at(session, named, region, call, operation);
    kept.place(&mut draft);
    kept.encrypt(&mut draft);
    draft
}

/// What keeps a vault's backups: for no longer than the longest of its schedules says, where all were read. Points tell their own days.
fn obstacles(draft: &mut Draft<'_>, told: Option<&Security>, longest: Option<u32>) {
    match told.and_then(|told| told.immutability_settings.as_ref()?.state.as_deref()) {
        None | Some("Disabled") => {}
        Some("Unlocked") => {
            draft.obstacle(ObstacleKind::LockGovernance, Starts::AtWrite, None, LiftedBy::PrivilegedUser);
        }
        Some("Locked") if longest.is_some() => {
            draft.obstacle(ObstacleKind::LockCompliance, Starts::AtWrite, longest, LiftedBy::Nobody)
        }
        Some("Locked") => draft
            .perhaps_hindered(&not_read("how long its schedules keep backups was not read for all of them")),
        Some(other) => {
            let unknown = draft.unknown("state of a vault's lock", other);
            draft.perhaps_hindered(&unknown);
        }
    }
    soft(told).note(draft);
}

/// How long what was deleted is kept.
fn soft(told: Option<&Security>) -> Soft {
    let soft = told.and_then(|told| told.soft_delete_settings.as_ref());
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "days are small whole numbers"
    )]
    let days = soft.and_then(|soft| soft.retention_duration_in_days).map_or(KEPT, |days| days as u32);
    match soft.and_then(|soft| soft.state.as_deref()) {
        // Left out, it is on ("Enhanced soft delete for Azure Backup").
        None | Some("On" | "Enabled") => Soft::Days(days, LiftedBy::PrivilegedUser),
        Some("AlwaysOn") => Soft::Days(days, LiftedBy::Nobody),
        Some("Off") => Soft::Off,
        Some(other) => Soft::Unknown(other.to_owned()),
    }
}
