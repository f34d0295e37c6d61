//! Cosmos DB: the regions an account is in, and where its backups rest.

use super::Entry;
use super::diagnostics;
use super::draft::{Draft, Fact, Tally, days_after, listed, not_read};
use crate::inventory::Row;
use crate::path;
use crate::quota;
use crate::session::{Ask, Listing, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind, LiftedBy, ObstacleKind, Starts};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

operation!(
    /// Every account of the subscription.
    LIST_ACCOUNTS = "cosmosdb" "ListDatabaseAccounts", needs "Microsoft.DocumentDB/databaseAccounts/read",
    quota quota::ARM, Per::SomePages(100), Get, facts "Cosmos accounts: regions, backups, keys, reach from the internet"
);
operation!(
    /// Accounts that continuous backups are kept of, deleted ones included, and the regions those rest in.
    LIST_RESTORABLE = "cosmosdb" "ListRestorableDatabaseAccounts",
    needs "Microsoft.DocumentDB/restorableDatabaseAccounts/read", quota quota::ARM, Per::Account, Get,
    facts "continuous backups of deleted accounts and of regions that were given up"
);

/// Accounts of Cosmos DB.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Table, Kind::RecoveryPoint] },
    types: TYPES,
    operations: &[&LIST_ACCOUNTS, &LIST_RESTORABLE],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "cosmosdb";
const TYPES: &[&str] = &["microsoft.documentdb/databaseaccounts"];
const VERSION: &str = "2024-05-15";

/// Continuous backups of a deleted account are kept for as long as its tier says: no tier says longer ("Continuous backup with
/// point-in-time restore").
const KEPT: u32 = 30;

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let path = session.path("/providers/Microsoft.DocumentDB/databaseAccounts");
    let list = session.list(Ask::of(&LIST_ACCOUNTS, path, VERSION));
    let (rows, broke) = listed(session, TYPES, list).await;
    tally.fell_short(broke);
    let path = session.path("/providers/Microsoft.DocumentDB/restorableDatabaseAccounts");
    let restorable = session.list::<Restorable>(Ask::of(&LIST_RESTORABLE, path, VERSION)).await;
    tally.fell_short(restorable.broke.clone());
    let restorable = &restorable;
    let read = |(row, call, listed): (Arc<Row>, CallId, bool)| async move {
        [account(session, &row, (call, listed), restorable).await]
    };
    tally.each(rows, sink, read).await;
    let gone = restorable.items.iter().filter(|(one, _)| one.properties.deletion_time.is_some());
    tally.tell(sink, gone.map(|(one, call)| deleted(session, one, *call)).collect());
    tally.outcome()
}

#[derive(Deserialize)]
struct Restorable {
    id: String,
    properties: RestorableProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RestorableProperties {
    account_name: Option<String>,
    deletion_time: Option<String>,
    restorable_locations: Option<Vec<RestorableLocation>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RestorableLocation {
    location_name: Option<String>,
}

impl RestorableProperties {
    /// Where its backups rest: also in regions it has been taken out of.
    fn backups(&self, draft: &mut Draft<'_>, role: CopyRole) {
        let places = self.restorable_locations.as_deref().unwrap_or_default();
        for place in places {
            match place.location_name.as_deref().filter(|place| !place.is_empty()) {
                Some(place) => draft.copy(role, None, place),
                None => {
                    let silent = draft.silent("where backups rest");
                    draft.perhaps_copied(role, &silent);
                }
            }
        }
        if places.is_empty() {
            let silent = draft.silent("where backups rest");
            draft.perhaps_copied(role, &silent);
        }
    }
}

/// What is kept of a deleted account: its continuous backups.
fn deleted(session: &Session, told: &Restorable, call: CallId) -> Fact {
    let said = &told.properties;
    let places = said.restorable_locations.iter().flatten();
    let region = places.filter_map(|place| place.location_name.as_deref()).map(path::place).next();
    let name = said.account_name.as_deref().unwrap_or_default();
    let named = (Kind::RecoveryPoint, SERVICE, path::id(&told.id), name);
    let region = region.filter(|region| !region.is_empty());
    let region = region.as_deref().unwrap_or("unknown");
    let mut draft = Draft::at(session, named, region, call, &LIST_RESTORABLE);
    said.backups(&mut draft, CopyRole::Primary);
    draft.resource.tags = Observed::Seen(BTreeMap::new());
    let theirs = not_read("the key the account was encrypted with is not stated for what was deleted");
    draft.encrypted_somehow(&theirs);
    let until = said.deletion_time.as_deref().and_then(|moment| days_after(moment, KEPT));
    draft.kept_until(ObstacleKind::SoftDelete, until.as_deref(), LiftedBy::Nobody);
    draft.point(said.deletion_time.as_deref(), Observed::Seen(true), until.as_deref());
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    locations: Option<Vec<Location>>,
    backup_policy: Option<BackupPolicy>,
    key_vault_key_uri: Option<String>,
    public_network_access: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    location_name: String,
    is_zone_redundant: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BackupPolicy {
    r#type: Option<String>,
    periodic_mode_properties: Option<Periodic>,
    continuous_mode_properties: Option<Continuous>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Periodic {
    backup_storage_redundancy: Option<String>,
}

#[derive(Deserialize)]
struct Continuous {
    tier: Option<String>,
}

async fn account(
    session: &Session,
    row: &Row,
    (call, listed): (CallId, bool),
    restorable: &Listing<Restorable>,
) -> Fact {
    let mut draft = Draft::of(session, (Kind::Table, SERVICE), row, call);
    let told: Account = match row.told() {
        Ok(told) => told,
        Err(why) => return draft.unreadable(&why),
    };
    if listed {
        draft.told_by(&LIST_ACCOUNTS, call);
        // Left out, the key is the service's ("Database Accounts - Get": keyVaultKeyUri is there where there is one).
        draft.encrypted(told.key_vault_key_uri.as_deref());
    } else {
        let detail = "the inventory has it, and the list of its service does not";
        let gone = Shortfall::of(&LIST_ACCOUNTS, GapReason::Vanished, None, detail);
        draft.perhaps_copied(CopyRole::Replica, &gone);
        draft.perhaps_copied(CopyRole::Backup, &gone);
        draft.encrypted_somehow(&gone);
    }
    let locations = told.locations.unwrap_or_default();
    for place in locations.iter().filter(|place| path::place(&place.location_name) != row.place()) {
        draft.replica(&place.location_name);
    }
    if locations.is_empty() {
        let silent = draft.silent("in which regions it is");
        draft.perhaps_copied(CopyRole::Replica, &silent);
    }
    backups(&mut draft, told.backup_policy.as_ref(), &locations);
    for call in &restorable.calls {
        draft.sheet.shown("copies", call);
    }
    let own = |told: &&RestorableProperties| {
        let named = told.account_name.as_deref().is_none_or(|name| name.eq_ignore_ascii_case(&row.name));
        named && told.deletion_time.is_none()
    };
    for told in restorable.items.iter().map(|(one, _)| &one.properties).filter(own) {
        told.backups(&mut draft, CopyRole::Backup);
    }
    if let Some(shortfall) = &restorable.broke {
        draft.perhaps_copied(CopyRole::Backup, shortfall);
    }
    draft.resource.facets.extend([Facet::Network, Facet::Redundancy]);
    draft.reachable(told.public_network_access.as_deref());
    let zonal = locations.iter().map(|place| place.is_zone_redundant).collect::<Option<Vec<bool>>>();
    let zonal = draft.said("redundancy.multi_zone", zonal.filter(|all| !all.is_empty()));
    draft.redundant(zonal.map(|all| all.into_iter().all(|one| one)));
    diagnostics::read(&mut draft).await;
    draft.finish_locked().await
}

fn backups(draft: &mut Draft<'_>, told: Option<&BackupPolicy>, locations: &[Location]) {
    match told.map(|told| (told.r#type.as_deref(), told)) {
        Some((Some("Continuous"), told)) => {
            // They are kept in each of the account's regions ("Continuous backup with point-in-time restore").
            for place in locations {
                draft.copy(CopyRole::Backup, None, &place.location_name);
            }
            match told.continuous_mode_properties.as_ref().and_then(|told| told.tier.as_deref()) {
                Some("Continuous7Days") => {
                    draft.recoverable(Some(7));
                    kept(draft, 7);
                }
                // Left out, the longer tier ("Database Accounts - Get").
                None | Some("Continuous30Days") => {
                    draft.recoverable(Some(KEPT));
                    kept(draft, KEPT);
                }
                Some(other) => {
                    let unknown = draft.unknown("tier of backups", other);
                    draft.perhaps_recoverable(&unknown);
                    draft.perhaps_hindered(&unknown);
                }
            }
        }
        // Left out, backups are periodic and kept in two regions ("Periodic backup storage redundancy": Geo by default).
        None => {
            draft.backed_up(Some("Geo"));
            draft.recoverable(None);
            kept(draft, KEPT);
        }
        Some((None | Some("Periodic"), told)) => {
            let redundancy = told.periodic_mode_properties.as_ref();
            let redundancy = redundancy.and_then(|told| told.backup_storage_redundancy.as_deref());
            draft.backed_up(Some(redundancy.unwrap_or("Geo")));
            draft.recoverable(None);
            kept(draft, KEPT);
        }
        Some((Some(other), _)) => {
            let unknown = draft.unknown("sort of backups", other);
            draft.perhaps_copied(CopyRole::Backup, &unknown);
            draft.perhaps_recoverable(&unknown);
            draft.perhaps_hindered(&unknown);
        }
    }
}

/// Backups are the service's own: nobody can delete them before their time, and those of what was deleted stay for a month
/// ("Online backup and on-demand data restore in Azure Cosmos DB").
fn kept(draft: &mut Draft<'_>, days: u32) {
    draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, Some(days), LiftedBy::Nobody);
}
