//! SQL databases: backups, replicas in failover groups, long-term retention, keys.

use super::Entry;
use super::diagnostics::{self, Setting};
use super::draft::{Draft, Fact, Tally, not_read, unresolved};
use super::firewall::{self, FirewallRule};
use super::sql_auditing::{self, Auditing, audited};
use super::sql_backups;
use crate::inventory::Row;
use crate::path;
use crate::quota;
use crate::session::{Ask, Asked, Listing, Session};
use futures::StreamExt;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

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
    /// One database, with the keys it is encrypted under by itself.
    GET_DATABASE = "sql" "GetDatabase", needs "Microsoft.Sql/servers/databases/read", quota quota::ARM,
    Per::Resource, Get, facts "keys of single databases"
);
operation!(
    /// The address ranges a server lets in; asked where its network lets the internet in at all.
    LIST_FIREWALL_RULES = "sql" "ListFirewallRules", needs "Microsoft.Sql/servers/firewallRules/read", quota quota::ARM,
    Per::Sometimes, Get, facts "from where database servers can be reached"
);
operation!(
    /// The groups in which a database is kept in step with others.
    LIST_SYNC_GROUPS = "sql" "ListSyncGroups", needs "Microsoft.Sql/servers/databases/syncGroups/read", quota quota::ARM,
    Per::Resource, Get, facts "databases that others are kept in step with"
);
operation!(
    /// The databases of such a group.
    LIST_SYNC_MEMBERS = "sql" "ListSyncMembers", needs "Microsoft.Sql/servers/databases/syncGroups/syncMembers/read",
    quota quota::ARM, Per::Sometimes, Get, facts "databases that others are kept in step with"
);

/// Databases and their long-term backups.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Database, Kind::RecoveryPoint] },
    types: &[DATABASE],
    operations: &[
        &LIST_FIREWALL_RULES,
        &LIST_FAILOVER_GROUPS,
        &LIST_REPLICATION_LINKS,
        &GET_ENCRYPTION_PROTECTOR,
        &GET_TRANSPARENT_DATA_ENCRYPTION,
        &sql_backups::GET_SHORT_TERM_RETENTION_POLICY,
        &sql_backups::GET_LONG_TERM_RETENTION_POLICY,
        &GET_DATABASE,
        &sql_auditing::GET_SERVER_AUDITING,
        &sql_auditing::GET_DATABASE_AUDITING,
        &sql_auditing::GET_DEVOPS_AUDITING,
        &LIST_SYNC_GROUPS,
        &LIST_SYNC_MEMBERS,
        &sql_backups::LIST_DROPPED_DATABASES,
        &sql_backups::LIST_LONG_TERM_RETENTION_BACKUPS,
        &sql_backups::LIST_MANAGED_BACKUPS,
    ],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

/// The service these are told under.
pub const SERVICE: &str = "sql";
const DATABASE: &str = "microsoft.sql/servers/databases";
const SERVER: &str = "microsoft.sql/servers";
/// The version of the service's interface that is asked.
pub const VERSION: &str = "2023-08-01-preview";

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
    for server in servers.keys() {
        let (facts, broke) = sql_backups::dropped(session, server).await;
        tally.tell(sink, facts);
        tally.fell_short(broke);
    }
    let both = |region: String| [(region.clone(), false), (region, true)];
    let mut lists = futures::stream::iter(session.regions().into_iter().flat_map(both))
        .map(|(region, managed)| sql_backups::kept(session, region, managed))
        .buffer_unordered(AT_ONCE);
    while let Some((facts, broke)) = lists.next().await {
        tally.tell(sink, facts);
        tally.fell_short(broke);
    }
    tally.outcome()
}

/// A server, and what its databases have from it.
struct Server {
    /// What it says of itself, or why that cannot be read.
    told: Result<ServerProperties, String>,
    call: CallId,
    /// What its firewall lets in, where the internet is let in at all.
    firewall: Listing<Wrapped<FirewallRule>>,
    groups: Listing<Group>,
    links: Listing<Link>,
    protector: Asked<Protector>,
    auditing: Asked<Wrapped<Auditing>>,
    devops: Asked<Wrapped<Auditing>>,
    /// Where the records of the server's own auditing are sent: its first database's settings say so.
    settings: Listing<Setting>,
}

#[derive(Deserialize)]
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
        let master = format!("{id}/databases/master");
        let told: Result<ServerProperties, String> = row.told();
        let firewall = async {
            match &told {
                Ok(told) if !firewall::is_shut(told.public_network_access.as_deref()) => {
                    session.list(below(&LIST_FIREWALL_RULES, "firewallRules")).await
                }
                _ => Listing::empty(),
            }
        };
        let (firewall, groups, links, protector, auditing, devops, settings) = futures::join!(
            firewall,
            session.list(below(&LIST_FAILOVER_GROUPS, "failoverGroups")),
            session.list(below(&LIST_REPLICATION_LINKS, "replicationLinks")),
            session.get(below(&GET_ENCRYPTION_PROTECTOR, "encryptionProtector/current")),
            session.get(below(&sql_auditing::GET_SERVER_AUDITING, "auditingSettings/default")),
            session.get(below(&sql_auditing::GET_DEVOPS_AUDITING, "devOpsAuditingSettings/default")),
            diagnostics::of(session, &master)
        );
        Self { told, call, firewall, groups, links, protector, auditing, devops, settings }
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
            firewall::perhaps(&mut draft, &unknown);
        }
    }
    sql_backups::retention(&mut draft).await;
    let id = row.id.clone();
    let ask =
        Ask::of(&sql_auditing::GET_DATABASE_AUDITING, format!("{id}/auditingSettings/default"), VERSION);
    let auditing: Asked<Wrapped<Auditing>> = session.get(ask.about(&id)).await;
    audited(&mut draft, &auditing);
    in_step(&mut draft).await;
    diagnostics::read(&mut draft).await;
    draft.finish_locked().await
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    sync_member_azure_database_resource_id: Option<String>,
}

/// The databases it is kept in step with by SQL Data Sync, where it is the one in the middle.
async fn in_step(draft: &mut Draft<'_>) {
    let (session, id) = (draft.session, draft.resource.id.clone());
    let ask = Ask::of(&LIST_SYNC_GROUPS, format!("{id}/syncGroups"), VERSION).about(&id);
    let groups = session.list::<Named>(ask).await;
    for call in &groups.calls {
        draft.sheet.shown("copies", call);
    }
    let mut broke: Vec<Shortfall> = groups.broke.into_iter().collect();
    for (group, _) in groups.items {
        let group = path::id(&group.id);
        let ask = Ask::of(&LIST_SYNC_MEMBERS, format!("{group}/syncMembers"), VERSION).about(&group);
        let members = session.list::<Wrapped<Member>>(ask).await;
        for call in &members.calls {
            draft.sheet.shown("copies", call);
        }
        for (member, _) in members.items {
            match member.properties.sync_member_azure_database_resource_id.filter(|to| !to.is_empty()) {
                Some(database) => draft.copy_at(CopyRole::Replica, &database),
                None => {
                    let elsewhere =
                        not_read("where the database it is synchronised with is kept was not read");
                    draft.perhaps_copied(CopyRole::Replica, &elsewhere);
                }
            }
        }
        broke.extend(members.broke);
    }
    for shortfall in broke {
        draft.perhaps_copied(CopyRole::Replica, &shortfall);
    }
}

async fn of_server(draft: &mut Draft<'_>, server: &Server) {
    let id = draft.resource.id.clone();
    let name = path::name(&id).to_owned();
    draft.sheet.shown("network", &server.call);
    // The server is as the inventory has it: what is absent there was not seen.
    draft.sheet.shown("software", &server.call);
    match &server.told {
        Ok(told) => {
            draft.reachable(told.public_network_access.as_deref());
            draft.sheet.shown("sources", &server.call);
            server.firewall.calls.iter().for_each(|call| draft.sheet.shown("sources", call));
            let rules: Vec<_> = server.firewall.items.iter().map(|(rule, _)| &rule.properties).collect();
            let broke = server.firewall.broke.as_ref();
            firewall::note_ranges(draft, told.public_network_access.as_deref(), &rules, broke);
            draft.runs("sqlserver", told.version.as_deref());
        }
        Err(why) => {
            let unreadable =
                draft.malformed(format!("what its server says of itself could not be read: {why}"));
            for facet in [Facet::Network, Facet::Software] {
                draft.sheet.unseen::<()>(facet.as_str(), &unreadable);
            }
            firewall::perhaps(draft, &unreadable);
        }
    }
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
        let of = |name: &Option<String>| name.as_deref().unwrap_or_default().to_ascii_lowercase();
        let (server, database) = (of(&told.partner_server), of(&told.partner_database));
        let partner = format!("{server}/{database}");
        let own = format!("/servers/{server}/databases/{database}");
        match told.partner_location.as_deref().filter(|place| !place.is_empty()) {
            Some(place) => {
                // The replica a group has told of already, if it is the same in the same place; else both are told of.
                let told_of = Observed::Seen(shorten(&path::place(place)));
                let known = draft.resource.copies.iter().any(|copy| {
                    copy.role == CopyRole::Replica
                        && copy.location == told_of
                        && copy.holder.as_ref().is_some_and(|holder| holder.ends_with(&own))
                });
                if !known {
                    draft.copy(CopyRole::Replica, Some(&partner), place);
                }
            }
            None => {
                let silent = draft.silent("where a replica rests");
                draft.perhaps_copied(CopyRole::Replica, &silent);
            }
        }
    }
    for broke in [&server.groups.broke, &server.links.broke].into_iter().flatten() {
        draft.perhaps_copied(CopyRole::Replica, broke);
    }
    audited(draft, &server.auditing);
    audited(draft, &server.devops);
    diagnostics::note(draft, &server.settings);
    encryption(draft, server).await;
}

/// What answers wrap what they tell in.
#[derive(Deserialize)]
pub struct Wrapped<T> {
    pub properties: T,
}

#[derive(Deserialize)]
struct Encrypted {
    state: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keys {
    encryption_protector: Option<String>,
    /// By address; told only where they are asked for.
    keys: Option<BTreeMap<String, Value>>,
}

async fn encryption(draft: &mut Draft<'_>, server: &Server) {
    let (session, id) = (draft.session, draft.resource.id.clone());
    let ask = Ask::of(&GET_DATABASE, id.clone(), "2023-08-01").with("$expand", "keys").about(&id);
    let asked: Asked<Wrapped<Keys>> = session.get(ask).await;
    match asked {
        Ok(heard) => {
            draft.sheet.shown("encryption", &heard.call);
            draft.sheet.shown("copies", &heard.call);
            let told = heard.told.map(|told| told.properties);
            let own = told.as_ref().and_then(|told| told.encryption_protector.as_deref());
            let own = own.filter(|key| !key.trim().is_empty());
            match own {
                // A key of its own goes before its server's ("Transparent data encryption with customer-managed keys at the database level").
                Some(key) => draft.encrypted(Some(key)),
                None => under_server(draft, server),
            }
            let own = own.map(path::key);
            let others = told.iter().filter_map(|told| told.keys.as_ref()).flat_map(|keys| keys.keys());
            let others: BTreeSet<String> = others.map(|key| path::key(key)).collect();
            for key in others.iter().filter(|key| Some(*key) != own.as_ref()) {
                draft.key(key);
            }
        }
        Err(shortfall) => {
            // Its server's key may still be the one.
            draft.perhaps_copied(CopyRole::Key, &shortfall);
            draft.encrypted_somehow(&shortfall);
        }
    }
    transparent(draft).await;
}

fn under_server(draft: &mut Draft<'_>, server: &Server) {
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
}

/// Whether it is encrypted at all.
async fn transparent(draft: &mut Draft<'_>) {
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
