//! SQL databases: backups, replicas in failover groups, long-term retention, keys.

use super::Entry;
use super::diagnostics;
use super::draft::{Draft, Fact, Tally, unresolved};
use crate::inventory::Row;
use crate::path;
use crate::quota;
use crate::session::{Ask, Asked, Listing, Session};
use futures::StreamExt;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind, LiftedBy, ObstacleKind, Starts};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;
use std::collections::BTreeMap;

operation!(
    /// The failover groups of a server, with their partners' places.
    LIST_FAILOVER_GROUPS = "sql" "ListFailoverGroups", needs "Microsoft.Sql/servers/failoverGroups/read",
    quota quota::ARM, Per::Sometimes, Get, facts "replicas of databases in failover groups"
);
operation!(
    /// The links along which databases of a server are replicated, in groups or not.
    LIST_REPLICATION_LINKS = "sql" "ListReplicationLinks", needs "Microsoft.Sql/servers/replicationLinks/read",
    quota quota::ARM, Per::Sometimes, Get, facts "replicas of databases by active geo-replication"
);
operation!(
    /// The key a server's databases are encrypted under.
    GET_ENCRYPTION_PROTECTOR = "sql" "GetEncryptionProtector", needs "Microsoft.Sql/servers/encryptionProtector/read",
    quota quota::ARM, Per::Sometimes, Get, facts "keys of database servers"
);
operation!(
    /// Whether a database is encrypted.
    GET_TRANSPARENT_DATA_ENCRYPTION = "sql" "GetTransparentDataEncryption",
    needs "Microsoft.Sql/servers/databases/transparentDataEncryption/read", quota quota::ARM,
    Per::Resource, Get, facts "encryption of databases"
);
operation!(
    /// How far back a database can be set.
    GET_SHORT_TERM_RETENTION_POLICY = "sql" "GetShortTermRetentionPolicy",
    needs "Microsoft.Sql/servers/databases/backupShortTermRetentionPolicies/read", quota quota::ARM,
    Per::Resource, Get, facts "days databases can be set back"
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

/// Databases and their long-term backups.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Database, Kind::RecoveryPoint] },
    types: &[DATABASE],
    operations: &[
        &LIST_FAILOVER_GROUPS,
        &LIST_REPLICATION_LINKS,
        &GET_ENCRYPTION_PROTECTOR,
        &GET_TRANSPARENT_DATA_ENCRYPTION,
        &GET_SHORT_TERM_RETENTION_POLICY,
        &GET_LONG_TERM_RETENTION_POLICY,
        &LIST_LONG_TERM_RETENTION_BACKUPS,
    ],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "sql";
const DATABASE: &str = "microsoft.sql/servers/databases";
const SERVER: &str = "microsoft.sql/servers";
const VERSION: &str = "2023-08-01-preview";

/// Regions asked at once.
const AT_ONCE: usize = 4;

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let mut servers = BTreeMap::new();
    for (row, call) in session.rows(&[SERVER]) {
        servers.insert(row.id.clone(), Server::of(session, &row, call).await);
    }
    let servers = &servers;
    let databases = session.rows(&[DATABASE]);
    tally
        .each(databases, sink, |(row, call)| async move { [database(session, &row, call, servers).await] })
        .await;
    let regions = session.regions();
    let mut lists =
        futures::stream::iter(regions).map(|region| kept(session, region)).buffer_unordered(AT_ONCE);
    while let Some((facts, broke)) = lists.next().await {
        tally.tell(sink, facts);
        tally.fell_short(broke);
    }
    tally.outcome()
}

/// A server, and what its databases have from it.
struct Server {
    told: ServerProperties,
    call: CallId,
    groups: Listing<Group>,
    links: Listing<Link>,
    protector: Asked<Protector>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServerProperties {
    version: Option<String>,
    public_network_access: Option<String>,
}

#[derive(Deserialize)]
struct Group {
    properties: GroupProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupProperties {
    partner_servers: Vec<Partner>,
    databases: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Partner {
    id: String,
    location: Option<String>,
}

#[derive(Deserialize)]
struct Link {
    id: String,
    properties: LinkProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LinkProperties {
    partner_server: Option<String>,
    partner_database: Option<String>,
    partner_location: Option<String>,
}

#[derive(Deserialize)]
struct Protector {
    properties: ProtectorProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProtectorProperties {
    server_key_type: Option<String>,
    uri: Option<String>,
}

impl Server {
    async fn of(session: &Session, row: &Row, call: CallId) -> Self {
        let id = &row.id;
        let below = |operation, rest: &str| Ask::of(operation, format!("{id}/{rest}"), VERSION).about(id);
        let (groups, links, protector) = futures::join!(
            session.list(below(&LIST_FAILOVER_GROUPS, "failoverGroups")),
            session.list(below(&LIST_REPLICATION_LINKS, "replicationLinks")),
            session.get(below(&GET_ENCRYPTION_PROTECTOR, "encryptionProtector/current"))
        );
        Self { told: row.told().unwrap_or_default(), call, groups, links, protector }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Database {
    current_backup_storage_redundancy: Option<String>,
    default_secondary_location: Option<String>,
    zone_redundant: Option<bool>,
}

async fn database(session: &Session, row: &Row, call: CallId, servers: &BTreeMap<String, Server>) -> Fact {
    let mut draft = Draft::of(session, (Kind::Database, SERVICE), row, call);
    let told: Database = match row.told() {
        Ok(told) => told,
        Err(why) => return draft.unreadable(&why),
    };
    // What is asked for counts once it is so: while a change is under way backups rest by what is current.
    match (told.current_backup_storage_redundancy.as_deref(), &told.default_secondary_location) {
        (Some("Geo" | "GeoZone"), Some(secondary)) if !secondary.is_empty() => {
            let region = draft.region();
            draft.copy(CopyRole::Backup, None, &region);
            draft.copy(CopyRole::Backup, None, secondary);
        }
        (redundancy, _) => draft.backed_up(redundancy),
    }
    let zonal = draft.said("redundancy.multi_zone", told.zone_redundant);
    draft.redundant(zonal);
    match path::parent(&row.id).and_then(|server| servers.get(server)) {
        Some(server) => of_server(&mut draft, server).await,
        None => {
            let unknown = unresolved("its server");
            draft.perhaps_copied(CopyRole::Replica, &unknown);
            draft.perhaps_encrypted(&unknown);
            for facet in [Facet::Network, Facet::Software] {
                draft.sheet.unseen::<()>(facet.as_str(), &unknown);
            }
        }
    }
    retention(&mut draft).await;
    diagnostics::read(&mut draft).await;
    draft.finish_locked().await
}

async fn of_server(draft: &mut Draft<'_>, server: &Server) {
    let id = draft.resource.id.clone();
    let name = path::name(&id).to_owned();
    draft.sheet.shown("network", &server.call);
    draft.reachable(server.told.public_network_access.as_deref());
    draft.sheet.shown("software", &server.call);
    draft.runs("sqlserver", server.told.version.as_deref());
    for call in server.groups.calls.iter().chain(&server.links.calls) {
        draft.sheet.shown("copies", call);
    }
    for (group, _) in &server.groups.items {
        let told = &group.properties;
        if !told.databases.iter().flatten().any(|database| path::id(database) == id) {
            continue;
        }
        for partner in &told.partner_servers {
            let holder = format!("{}/databases/{name}", path::id(&partner.id));
            match partner.location.as_deref().filter(|place| !place.is_empty()) {
                Some(place) => draft.copy(CopyRole::Replica, Some(&holder), place),
                None => draft.copy_at(CopyRole::Replica, &holder),
            }
        }
    }
    let within = format!("{id}/");
    for (link, _) in server.links.items.iter().filter(|(link, _)| path::id(&link.id).starts_with(&within)) {
        let told = &link.properties;
        let partner = format!(
            "{}/{}",
            told.partner_server.as_deref().unwrap_or_default(),
            told.partner_database.as_deref().unwrap_or_default()
        );
        let known = draft.resource.copies.iter().any(|copy| {
            copy.role == CopyRole::Replica
                && copy.holder.as_ref().is_some_and(|holder| {
                    holder.ends_with(&partner.to_ascii_lowercase().replace('/', "/databases/"))
                })
        });
        match told.partner_location.as_deref().filter(|place| !place.is_empty()) {
            Some(_) if known => {}
            Some(place) => draft.copy(CopyRole::Replica, Some(&partner), place),
            None => {
                let silent = draft.silent("where a replica rests");
                draft.perhaps_copied(CopyRole::Replica, &silent);
            }
        }
    }
    for broke in [&server.groups.broke, &server.links.broke].into_iter().flatten() {
        draft.perhaps_copied(CopyRole::Replica, broke);
    }
    encryption(draft, server).await;
}

#[derive(Deserialize)]
struct Wrapped<T> {
    properties: T,
}

#[derive(Deserialize)]
struct Encrypted {
    state: Option<String>,
}

async fn encryption(draft: &mut Draft<'_>, server: &Server) {
    match &server.protector {
        Ok(heard) => {
            draft.sheet.shown("encryption", &heard.call);
            let told = heard.told.as_ref().map(|told| &told.properties);
            // Left out, the key is the service's ("Transparent data encryption": service-managed by default).
            match told.and_then(|told| told.server_key_type.as_deref()) {
                None | Some("ServiceManaged") => draft.encrypted(None),
                Some("AzureKeyVault") => match told.and_then(|told| told.uri.as_deref()) {
                    Some(address) => draft.encrypted(Some(address)),
                    None => {
                        let nameless = draft.malformed("it is encrypted, and no key is named");
                        draft.encrypted_somehow(&nameless);
                    }
                },
                Some(other) => {
                    let unknown = draft.unknown("source of keys", other);
                    draft.encrypted_somehow(&unknown);
                }
            }
        }
        Err(shortfall) => draft.encrypted_somehow(shortfall),
    }
    let (session, id) = (draft.session, draft.resource.id.clone());
    let ask =
        Ask::of(&GET_TRANSPARENT_DATA_ENCRYPTION, format!("{id}/transparentDataEncryption/current"), VERSION);
    let heard: Asked<Wrapped<Encrypted>> = session.get(ask.about(&id)).await;
    let enabled = match heard {
        Ok(heard) => {
            draft.sheet.shown("encryption", &heard.call);
            match heard.told.and_then(|told| told.properties.state).as_deref() {
                Some("Enabled") => Observed::Seen(true),
                Some("Disabled") => Observed::Seen(false),
                // It is on for databases made since 2017, and older ones may have none.
                None => draft.said("encryption.enabled", None),
                Some(other) => {
                    let unknown = draft.unknown("encryption", other);
                    draft.sheet.unseen("encryption.enabled", &unknown)
                }
            }
        }
        Err(shortfall) => draft.sheet.unseen("encryption.enabled", &shortfall),
    };
    if let Some(encryption) = &mut draft.resource.encryption {
        if enabled == Observed::Seen(false) {
            encryption.algorithm = Observed::Seen("none".to_owned());
            encryption.key = Observed::Seen(None);
            encryption.key_manager = Observed::Seen(sekisho_contract::fact::KeyManager::None);
        }
        encryption.enabled = enabled;
    }
}

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
}

async fn retention(draft: &mut Draft<'_>) {
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
            // Left out, it is a week ("Automated backups in Azure SQL Database": 7 days by default).
            draft.recoverable(Some(heard.told.and_then(|told| told.properties.retention_days).unwrap_or(7)));
        }
        Err(shortfall) => draft.perhaps_recoverable(&shortfall),
    }
    let ask = Ask::of(
        &GET_LONG_TERM_RETENTION_POLICY,
        format!("{id}/backupLongTermRetentionPolicies/default"),
        VERSION,
    );
    let heard: Asked<Wrapped<LongTerm>> = session.get(ask.about(&id)).await;
    match heard {
        Ok(heard) => {
            draft.sheet.shown("erasure", &heard.call);
            let Some(told) = heard.told.map(|told| told.properties) else { return };
            let spans = [told.weekly_retention, told.monthly_retention, told.yearly_retention];
            for span in spans.into_iter().flatten() {
                match days(&span) {
                    Some(0) => {}
                    Some(days) => {
                        draft.obstacle(
                            ObstacleKind::MinimumRetention,
                            Starts::AtWrite,
                            Some(days),
                            LiftedBy::User,
                        );
                    }
                    None => {
                        let unknown = draft.unknown("span of time", &span);
                        draft.perhaps_hindered(&unknown);
                    }
                }
            }
        }
        Err(shortfall) => draft.perhaps_hindered(&shortfall),
    }
}

/// A span of ISO 8601 in days: only the forms these policies take.
fn days(span: &str) -> Option<u32> {
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
}

/// Backups kept for long in a region.
async fn kept(session: &Session, region: String) -> (Vec<Fact>, Option<Shortfall>) {
    let path = session.path(&format!("/providers/Microsoft.Sql/locations/{region}/longTermRetentionBackups"));
    let ask = Ask::of(&LIST_LONG_TERM_RETENTION_BACKUPS, path, VERSION).about(&region);
    let listing = session.list::<Backup>(ask).await;
    let facts = listing.items.into_iter().map(|(backup, call)| {
        let id = path::id(&backup.id);
        let named = (Kind::RecoveryPoint, SERVICE, id, backup.name.as_str());
        let mut draft = Draft::at(session, named, &region, call, &LIST_LONG_TERM_RETENTION_BACKUPS);
        let told = backup.properties;
        draft.copy(CopyRole::Primary, None, &region);
        match told.backup_storage_redundancy.as_deref() {
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
        let silent = draft.silent("encryption");
        draft.perhaps_encrypted(&silent);
        let expires = told.backup_expiration_time.as_deref();
        draft.point(told.backup_time.as_deref(), Observed::Seen(true), expires.map(shorten).as_deref());
        draft.finish()
    });
    (facts.collect(), listing.broke)
}
