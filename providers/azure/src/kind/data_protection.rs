//! Backup vaults of Data Protection: where backups of disks, blobs and databases rest.

use super::Entry;
use super::draft::{Draft, Fact, Tally, listed};
use super::recovery_services::exposure;
use crate::inventory::Row;
use crate::quota;
use crate::session::{Ask, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind, LiftedBy, ObstacleKind, Starts};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use std::sync::Arc;

operation!(
    /// Every backup vault of the subscription.
    LIST_BACKUP_VAULTS = "dataprotection" "ListBackupVaults", needs "Microsoft.DataProtection/backupVaults/read",
    quota quota::ARM, Per::SomePages(100), Get, facts "backup vaults: redundancy, cross-region restore, immutability, soft delete"
);

/// Backup vaults.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::BackupVault] },
    types: TYPES,
    operations: &[&LIST_BACKUP_VAULTS],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "dataprotection";
const TYPES: &[&str] = &["microsoft.dataprotection/backupvaults"];

/// Days what was deleted is kept where nothing is said ("Enhanced soft delete for Azure Backup").
const KEPT: u32 = 14;

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let path = session.path("/providers/Microsoft.DataProtection/backupVaults");
    let list = session.list(Ask::of(&LIST_BACKUP_VAULTS, path, "2024-04-01"));
    let (rows, broke) = listed(session, TYPES, list).await;
    tally.fell_short(broke);
    let read = |(row, call, listed): (Arc<Row>, CallId, bool)| async move {
        [vault(session, &row, call, listed).await]
    };
    tally.each(rows, sink, read).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vault {
    storage_settings: Option<Vec<StorageSetting>>,
    feature_settings: Option<Features>,
    security_settings: Option<Security>,
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

async fn vault(session: &Session, row: &Row, call: CallId, listed: bool) -> Fact {
    let mut draft = Draft::of(session, (Kind::BackupVault, SERVICE), row, call);
    let told: Vault = match row.told() {
        Ok(told) => told,
        Err(why) => return draft.unreadable(&why),
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
    let security = told.security_settings;
    let key =
        security.as_ref().and_then(|told| told.encryption_settings.as_ref()?.key_vault_properties.as_ref());
    draft.encrypted(key.and_then(|key| key.key_uri.as_deref()));
    obstacles(&mut draft, security.as_ref());
    exposure(&mut draft, Observed::Seen(false));
    draft.finish_locked().await
}

fn obstacles(draft: &mut Draft<'_>, told: Option<&Security>) {
    match told.and_then(|told| told.immutability_settings.as_ref()?.state.as_deref()) {
        None | Some("Disabled") => {}
        Some("Unlocked") => {
            draft.obstacle(ObstacleKind::LockGovernance, Starts::AtWrite, None, LiftedBy::PrivilegedUser);
        }
        Some("Locked") => {
            draft.obstacle(ObstacleKind::LockCompliance, Starts::AtWrite, None, LiftedBy::Nobody)
        }
        Some(other) => {
            let unknown = draft.unknown("state of a vault's lock", other);
            draft.perhaps_hindered(&unknown);
        }
    }
    let soft = told.and_then(|told| told.soft_delete_settings.as_ref());
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "days are small whole numbers"
    )]
    let days = soft.and_then(|soft| soft.retention_duration_in_days).map_or(KEPT, |days| days as u32);
    match soft.and_then(|soft| soft.state.as_deref()) {
        // Left out, it is on ("Enhanced soft delete for Azure Backup").
        None | Some("On" | "Enabled") => {
            draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, Some(days), LiftedBy::PrivilegedUser);
        }
        Some("AlwaysOn") => {
            draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, Some(days), LiftedBy::Nobody)
        }
        Some("Off") => {}
        Some(other) => {
            let unknown = draft.unknown("state of soft delete", other);
            draft.perhaps_hindered(&unknown);
        }
    }
}
