//! Cosmos DB: the regions an account is in, and where its backups rest.

use super::Entry;
use super::diagnostics;
use super::draft::{Draft, Fact, Tally};
use crate::inventory::Row;
use crate::path;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use serde::Deserialize;

/// Accounts of Cosmos DB: the inventory tells all that is read of them.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Table] },
    types: TYPES,
    operations: &[],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "cosmosdb";
const TYPES: &[&str] = &["microsoft.documentdb/databaseaccounts"];

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let rows = session.rows(TYPES);
    tally.each(rows, sink, |(row, call)| async move { [account(session, &row, call).await] }).await;
    tally.outcome()
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

async fn account(session: &Session, row: &Row, call: CallId) -> Fact {
    let mut draft = Draft::of(session, (Kind::Table, SERVICE), row, call);
    let told: Account = match row.told() {
        Ok(told) => told,
        Err(why) => return draft.unreadable(&why),
    };
    let locations = told.locations.unwrap_or_default();
    for place in locations.iter().filter(|place| path::place(&place.location_name) != row.place()) {
        draft.replica(&place.location_name);
    }
    if locations.is_empty() {
        let silent = draft.silent("in which regions it is");
        draft.perhaps_copied(CopyRole::Replica, &silent);
    }
    backups(&mut draft, told.backup_policy.as_ref(), &locations);
    draft.encrypted(told.key_vault_key_uri.as_deref());
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
                Some("Continuous7Days") => draft.recoverable(Some(7)),
                // Left out, the longer tier ("Database Accounts - Get").
                None | Some("Continuous30Days") => draft.recoverable(Some(30)),
                Some(other) => {
                    let unknown = draft.unknown("tier of backups", other);
                    draft.perhaps_recoverable(&unknown);
                }
            }
        }
        // Left out, backups are periodic and kept in two regions ("Periodic backup storage redundancy": Geo by default).
        None => {
            draft.backed_up(Some("Geo"));
            draft.recoverable(None);
        }
        Some((None | Some("Periodic"), told)) => {
            let redundancy = told.periodic_mode_properties.as_ref();
            let redundancy = redundancy.and_then(|told| told.backup_storage_redundancy.as_deref());
            draft.backed_up(Some(redundancy.unwrap_or("Geo")));
            draft.recoverable(None);
        }
        Some((Some(other), _)) => {
            let unknown = draft.unknown("sort of backups", other);
            draft.perhaps_copied(CopyRole::Backup, &unknown);
            draft.perhaps_recoverable(&unknown);
        }
    }
}
