//! How far back SQL databases can be set, and the backups that are kept for long.

use super::draft::{Draft, Fact, days_after};
use super::sql::{SERVICE, VERSION, Wrapped};
use crate::path;
use crate::quota;
use crate::session::{Ask, Asked, Session};
use sekisho_contract::fact::{CopyRole, Kind, LiftedBy, ObstacleKind, Starts};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::{Observed, Operation, Shortfall};
use serde::Deserialize;

operation!(
    /// How far back a database can be set.
    GET_SHORT_TERM_RETENTION_POLICY = "sql" "GetShortTermRetentionPolicy",
    needs "Microsoft.Sql/servers/databases/backupShortTermRetentionPolicies/read", quota quota::ARM,
    Per::Resource, Get, facts "days databases can be set back"
);
operation!(
    /// Databases that were dropped from a server and can be brought back.
    LIST_DROPPED_DATABASES = "sql" "ListRestorableDroppedDatabases",
    needs "Microsoft.Sql/servers/restorableDroppedDatabases/read", quota quota::ARM, Per::Sometimes, Get,
    facts "backups of dropped databases"
);
operation!(
    /// How long single backups are kept besides.
    GET_LONG_TERM_RETENTION_POLICY = "sql" "GetLongTermRetentionPolicy",
    needs "Microsoft.Sql/servers/databases/backupLongTermRetentionPolicies/read", quota quota::ARM,
    Per::Resource, Get, facts "long-term retention of backups"
);
operation!(
    /// Backups kept for long in a region: also those of servers that are gone, which no inventory holds.
    LIST_LONG_TERM_RETENTION_BACKUPS = "sql" "ListLongTermRetentionBackups",
    needs "Microsoft.Sql/locations/longTermRetentionBackups/read", quota quota::ARM,
    Per::SomePages(100), Get, facts "long-term backups in every region, those of deleted servers included"
);
operation!(
    /// Backups of managed instances kept for long in a region, those of deleted ones included.
    LIST_MANAGED_BACKUPS = "sql" "ListManagedInstanceLongTermRetentionBackups",
    needs "Microsoft.Sql/locations/longTermRetentionManagedInstanceBackups/read", quota quota::ARM,
    Per::SomePages(100), Get, facts "long-term backups of managed instances in every region"
);

/// The version that tells whether a backup can be deleted before it expires.
const RETENTION_VERSION: &str = "2025-01-01";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShortTerm {
    retention_days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LongTerm {
    weekly_retention: Option<String>,
    monthly_retention: Option<String>,
    yearly_retention: Option<String>,
    time_based_immutability: Option<String>,
    time_based_immutability_mode: Option<String>,
}

impl LongTerm {
    /// Who can delete backups before they expire: nobody where that is locked.
    fn lifted_by(&self) -> Result<LiftedBy, &str> {
        match (self.time_based_immutability.as_deref(), self.time_based_immutability_mode.as_deref()) {
            // Left out, backups are not immutable ("Backup immutability for long-term retention backups": off by default).
            (None | Some("Disabled"), _) => Ok(LiftedBy::User),
            (Some("Enabled"), Some("Unlocked")) => Ok(LiftedBy::PrivilegedUser),
            (Some("Enabled"), Some("Locked")) => Ok(LiftedBy::Nobody),
            // Whether that is locked is not said.
            (Some("Enabled"), None) => Err("Enabled"),
            (Some("Enabled"), Some(other)) | (Some(other), _) => Err(other),
        }
    }
}

/// How far back a database can be set, and how long its backups are kept besides.
pub async fn retention(draft: &mut Draft<'_>) {
    let (session, id) = (draft.session, draft.resource.id.clone());
    let ask = Ask::of(
        &GET_SHORT_TERM_RETENTION_POLICY,
        format!("{id}/backupShortTermRetentionPolicies/default"),
        VERSION,
    );
    let heard: Asked<Wrapped<ShortTerm>> = session.get(ask.about(&id)).await;
    match heard {
        Ok(heard) => {
            draft.sheet.shown("recovery", &heard.call);
            draft.sheet.shown("erasure", &heard.call);
            match heard.told {
                Some(told) => {
                    // Left out, it is a week ("Automated backups in Azure SQL Database": 7 days by default).
                    let days = told.properties.retention_days.unwrap_or(7);
                    draft.recoverable(Some(days));
                    // For so long it can be brought back after it was dropped ("Recover using automated database
                    // backups").
                    draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, Some(days), LiftedBy::Nobody);
                }
                // Every database has such a policy: without one it may be any.
                None => {
                    let silent = draft.silent("how long backups are kept");
                    draft.perhaps_recoverable(&silent);
                    draft.perhaps_hindered(&silent);
                }
            }
        }
        Err(shortfall) => {
            draft.perhaps_recoverable(&shortfall);
            draft.perhaps_hindered(&shortfall);
        }
    }
    let ask = Ask::of(
        &GET_LONG_TERM_RETENTION_POLICY,
        format!("{id}/backupLongTermRetentionPolicies/default"),
        RETENTION_VERSION,
    );
    let heard: Asked<Wrapped<LongTerm>> = session.get(ask.about(&id)).await;
    match heard {
        Ok(heard) => {
            draft.sheet.shown("erasure", &heard.call);
            let Some(told) = heard.told.map(|told| told.properties) else {
                let silent = draft.silent("how long backups are kept besides");
                return draft.perhaps_hindered(&silent);
            };
            let spans = [&told.weekly_retention, &told.monthly_retention, &told.yearly_retention];
            for span in spans.into_iter().flatten() {
                match (days(span), told.lifted_by()) {
                    (Some(0), _) => {}
                    (Some(days), Ok(lifted_by)) => {
                        let kind = match lifted_by {
                            LiftedBy::Nobody => ObstacleKind::LockCompliance,
                            _ => ObstacleKind::MinimumRetention,
                        };
                        draft.obstacle(kind, Starts::AtWrite, Some(days), lifted_by);
                    }
                    (Some(_), Err(word)) => {
                        let unknown = draft.unknown("state of a retention", word);
                        draft.perhaps_hindered(&unknown);
                    }
                    (None, _) => {
                        let unknown = draft.unknown("span of time", span);
                        draft.perhaps_hindered(&unknown);
                    }
                }
            }
        }
        Err(shortfall) => draft.perhaps_hindered(&shortfall),
    }
}

/// A span of ISO 8601 in days, rounded up: only the forms that policies of backups take.
pub fn days(span: &str) -> Option<u32> {
    let number = span.strip_prefix('P')?;
    if number == "T0S" {
        return Some(0);
    }
    let each = |unit: char, length: u32| number.strip_suffix(unit)?.parse::<u32>().ok()?.checked_mul(length);
    each('D', 1).or_else(|| each('W', 7)).or_else(|| each('M', 31)).or_else(|| each('Y', 366))
}

#[derive(Deserialize)]
struct Backup {
    id: String,
    name: String,
    properties: BackupProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BackupProperties {
    backup_time: Option<String>,
    backup_expiration_time: Option<String>,
    backup_storage_redundancy: Option<String>,
    time_based_immutability: Option<String>,
    time_based_immutability_mode: Option<String>,
    legal_hold_immutability: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dropped {
    database_name: Option<String>,
    deletion_date: Option<String>,
    backup_storage_redundancy: Option<String>,
}

#[derive(Deserialize)]
struct DroppedDatabase {
    id: String,
    name: String,
    location: Option<String>,
    properties: Dropped,
}

/// Backups of a dropped database are kept for its short-term retention, which is at most so long ("Automated backups in Azure SQL
/// Database").
const DROPPED_KEPT: u32 = 35;

/// What is kept of the databases that were dropped from a server.
pub async fn dropped(session: &Session, server: &str) -> (Vec<Fact>, Option<Shortfall>) {
    let path = format!("{server}/restorableDroppedDatabases");
    let listing =
        session.list::<DroppedDatabase>(Ask::of(&LIST_DROPPED_DATABASES, path, VERSION).about(server)).await;
    let facts = listing.items.into_iter().map(|(database, call)| {
        let told = database.properties;
        let place = database.location.as_deref().map(path::place).unwrap_or_default();
        let region = if place.is_empty() { "unknown" } else { &place };
        let named = (Kind::RecoveryPoint, SERVICE, path::id(&database.id), database.name.as_str());
        let mut draft = Draft::at(session, named, region, call, &LIST_DROPPED_DATABASES);
        draft.resource.made_from = told
            .database_name
            .as_deref()
            .map(|database| shorten(&path::id(&format!("{server}/databases/{database}"))));
        draft.rests_in(Some(&place));
        redundant(&mut draft, told.backup_storage_redundancy.as_deref());
        let silent = draft.silent("encryption");
        draft.perhaps_encrypted(&silent);
        let until = told.deletion_date.as_deref().and_then(|moment| days_after(moment, DROPPED_KEPT));
        draft.kept_until(ObstacleKind::SoftDelete, until.as_deref(), LiftedBy::Nobody);
        draft.point(told.deletion_date.as_deref(), Observed::Seen(true), until.as_deref());
        draft.finish()
    });
    (facts.collect(), listing.broke)
}

/// Where backups rest besides their region, by the word for their redundancy.
fn redundant(draft: &mut Draft<'_>, word: Option<&str>) {
    match word {
        Some("Local" | "Zone") => {}
        Some("Geo" | "GeoZone") => draft.copied_to_pair(CopyRole::Replica),
        Some(other) => {
            let unknown = draft.unknown("redundancy of backups", other);
            draft.perhaps_copied(CopyRole::Replica, &unknown);
        }
        None => {
            let silent = draft.silent("where backups rest");
            draft.perhaps_copied(CopyRole::Replica, &silent);
        }
    }
}

/// What keeps a backup from being deleted before it expires.
fn held(draft: &mut Draft<'_>, told: &BackupProperties) {
    let expires = told.backup_expiration_time.as_deref();
    match (told.time_based_immutability.as_deref(), told.time_based_immutability_mode.as_deref()) {
        (Some("Disabled"), _) => {}
        (Some("Enabled"), Some("Locked")) => {
            draft.kept_until(ObstacleKind::LockCompliance, expires, LiftedBy::Nobody);
        }
        (Some("Enabled"), Some("Unlocked")) => {
            draft.kept_until(ObstacleKind::LockGovernance, expires, LiftedBy::PrivilegedUser);
        }
        (Some("Enabled"), None) => {
            let silent = draft.silent("whether its retention is locked");
            draft.perhaps_hindered(&silent);
        }
        (Some("Enabled"), Some(other)) | (Some(other), _) => {
            let unknown = draft.unknown("state of a retention", other);
            draft.perhaps_hindered(&unknown);
        }
        (None, _) => {
            let silent = draft.silent("whether it can be deleted before it expires");
            draft.perhaps_hindered(&silent);
        }
    }
    match told.legal_hold_immutability.as_deref() {
        Some("Disabled") => {}
        Some("Enabled") => {
            draft.obstacle(ObstacleKind::LegalHold, Starts::AtWrite, None, LiftedBy::PrivilegedUser);
        }
        Some(other) => {
            let unknown = draft.unknown("state of a retention", other);
            draft.perhaps_hindered(&unknown);
        }
        None => {
            let silent = draft.silent("whether there is a legal hold");
            draft.perhaps_hindered(&silent);
        }
    }
}

/// Backups kept for long in a region, of databases or of managed instances.
pub async fn kept(session: &Session, region: String, managed: bool) -> (Vec<Fact>, Option<Shortfall>) {
    let (operation, list): (&'static Operation, _) = match managed {
        false => (&LIST_LONG_TERM_RETENTION_BACKUPS, "longTermRetentionBackups"),
        true => (&LIST_MANAGED_BACKUPS, "longTermRetentionManagedInstanceBackups"),
    };
    let path = session.path(&format!("/providers/Microsoft.Sql/locations/{region}/{list}"));
    let ask = Ask::of(operation, path, RETENTION_VERSION).about(&region);
    let listing = session.list::<Backup>(ask).await;
    let facts = listing.items.into_iter().map(|(backup, call)| {
        let id = path::id(&backup.id);
        let named = (Kind::RecoveryPoint, SERVICE, id, backup.name.as_str());
        let mut draft = Draft::at(session, named, &region, call, operation);
        let told = backup.properties;
        draft.copy(CopyRole::Primary, None, &region);
        redundant(&mut draft, told.backup_storage_redundancy.as_deref());
        let silent = draft.silent("encryption");
        draft.perhaps_encrypted(&silent);
        // Of managed instances' backups this version tells nothing of it; newer ones do.
        held(&mut draft, &told);
        let expires = told.backup_expiration_time.as_deref();
        draft.point(told.backup_time.as_deref(), Observed::Seen(true), expires.map(shorten).as_deref());
        draft.finish()
    });
    (facts.collect(), listing.broke)
}
