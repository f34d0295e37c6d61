//! PostgreSQL and MySQL servers: backups in another region, replicas, keys.

use super::Entry;
use super::diagnostics;
use super::draft::{Draft, Fact, Tally, listed};
use crate::inventory::Row;
use crate::path;
use crate::quota;
use crate::session::{Ask, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use std::sync::Arc;

operation!(
    /// Every PostgreSQL server of the subscription.
    LIST_POSTGRESQL = "postgresql" "ListFlexibleServers", needs "Microsoft.DBforPostgreSQL/flexibleServers/read",
    quota quota::ARM, Per::SomePages(100), Get, facts "PostgreSQL servers: backups, replicas, keys, reach from the internet"
);
operation!(
    /// Every MySQL server of the subscription.
    LIST_MYSQL = "mysql" "ListFlexibleServers", needs "Microsoft.DBforMySQL/flexibleServers/read", quota quota::ARM,
    Per::SomePages(100), Get, facts "MySQL servers: backups, replicas, keys, reach from the internet"
);

/// PostgreSQL and MySQL servers.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Database] },
    types: TYPES,
    operations: &[&LIST_POSTGRESQL, &LIST_MYSQL],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "flexibleservers";
const TYPES: &[&str] = &["microsoft.dbforpostgresql/flexibleservers", "microsoft.dbformysql/flexibleservers"];

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let sorts: [(&str, &'static Operation, &str, &'static str); 2] = [
        (TYPES[0], &LIST_POSTGRESQL, "Microsoft.DBforPostgreSQL", "2022-12-01"),
        (TYPES[1], &LIST_MYSQL, "Microsoft.DBforMySQL", "2023-12-30"),
    ];
    for (sort, operation, provider, version) in sorts {
        let path = session.path(&format!("/providers/{provider}/flexibleServers"));
        let list = session.list(Ask::of(operation, path, version));
        let (rows, broke) = listed(session, &[sort], list).await;
        tally.fell_short(broke);
        let read = |(row, call, listed): (Arc<Row>, CallId, bool)| async move {
            [server(session, &row, call, (operation, listed)).await]
        };
        tally.each(rows, sink, read).await;
    }
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Server {
    version: Option<String>,
    backup: Option<Backup>,
    high_availability: Option<HighAvailability>,
    network: Option<NetworkProperties>,
    data_encryption: Option<DataEncryption>,
    source_server_resource_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Backup {
    backup_retention_days: Option<u32>,
    geo_redundant_backup: Option<String>,
}

#[derive(Deserialize)]
struct HighAvailability {
    mode: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NetworkProperties {
    public_network_access: Option<String>,
}

#[derive(Deserialize)]
struct DataEncryption {
    r#type: Option<String>,
    #[serde(rename = "primaryKeyURI")]
    primary_key: Option<String>,
    #[serde(rename = "geoBackupKeyURI")]
    backup_key: Option<String>,
}

async fn server(
    session: &Session,
    row: &Row,
    call: CallId,
    (operation, listed): (&'static Operation, bool),
) -> Fact {
    let mut draft = Draft::of(session, (Kind::Database, SERVICE), row, call);
    let told: Server = match row.told() {
        Ok(told) => told,
        Err(why) => return draft.unreadable(&why),
    };
    if listed {
        draft.told_by(operation, call);
        encryption(&mut draft, told.data_encryption.as_ref());
    } else {
        let detail = "the inventory has it, and the list of its service does not";
        let gone = Shortfall::of(operation, GapReason::Vanished, None, detail);
        draft.perhaps_copied(CopyRole::Replica, &gone);
        draft.encrypted_somehow(&gone);
    }
    backups(&mut draft, told.backup.as_ref());
    replicas(&mut draft, &told);
    // Left out, there is no standby ("Servers - Get": high availability is disabled by default).
    let standby = match told.high_availability.and_then(|availability| availability.mode).as_deref() {
        None | Some("Disabled" | "SameZone") => Observed::Seen(false),
        Some("ZoneRedundant") => Observed::Seen(true),
        Some(other) => {
            let unknown = draft.unknown("high availability", other);
            draft.sheet.unseen("redundancy.multi_zone", &unknown)
        }
    };
    draft.redundant(standby);
    draft.reachable(told.network.and_then(|network| network.public_network_access).as_deref());
    let product = if row.r#type.contains("postgresql") { "postgres" } else { "mysql" };
    draft.runs(product, told.version.as_deref());
    diagnostics::read(&mut draft).await;
    draft.finish_locked().await
}

fn backups(draft: &mut Draft<'_>, told: Option<&Backup>) {
    // Disabled is the default of a request that makes a server; an answer that does not say so says nothing.
    match told.and_then(|told| told.geo_redundant_backup.as_deref()) {
        None => draft.backed_up(None),
        Some("Disabled") => draft.backed_up(Some("Local")),
        Some("Enabled") => draft.backed_up(Some("Geo")),
        Some(other) => {
            let unknown = draft.unknown("redundancy of backups", other);
            draft.perhaps_copied(CopyRole::Backup, &unknown);
        }
    }
    match told.and_then(|told| told.backup_retention_days) {
        Some(days) => draft.recoverable(Some(days)),
        None => {
            let silent = draft.silent("how long backups are kept");
            draft.perhaps_recoverable(&silent);
        }
    }
}

/// Replicas are servers of their own, which name what they replicate.
fn replicas(draft: &mut Draft<'_>, told: &Server) {
    let (session, own) = (draft.session, draft.resource.id.clone());
    if let Some(source) = told.source_server_resource_id.as_deref().filter(|source| !source.is_empty()) {
        draft.resource.made_from = Some(shorten(&path::id(source)));
    }
    for (row, _) in session.rows(TYPES) {
        let source = row.told::<Server>().ok().and_then(|told| told.source_server_resource_id);
        if row.id != own && source.is_some_and(|source| path::id(&source) == own) {
            draft.copy_at(CopyRole::Replica, &row.id);
        }
    }
}

fn encryption(draft: &mut Draft<'_>, told: Option<&DataEncryption>) {
    // Left out, the key is the service's ("Servers - Get": SystemManaged by default).
    match told.map(|told| (told.r#type.as_deref(), told.primary_key.as_deref())) {
        None | Some((None | Some("SystemManaged" | "SystemAssigned"), _)) => draft.encrypted(None),
        Some((Some("AzureKeyVault"), Some(key))) => draft.encrypted(Some(key)),
        Some((Some("AzureKeyVault"), None)) => {
            let nameless = draft.malformed("it is encrypted, and no key is named");
            draft.encrypted_somehow(&nameless);
        }
        Some((Some(other), _)) => {
            let unknown = draft.unknown("source of keys", other);
            draft.encrypted_somehow(&unknown);
        }
    }
    if let Some(key) = told.and_then(|told| told.backup_key.as_deref()).filter(|key| !key.is_empty()) {
        draft.key(key);
    }
}
