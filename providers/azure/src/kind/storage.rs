//! Storage accounts: where they rest, what they copy where, under which keys, who can reach them.

use super::Entry;
use super::diagnostics;
use super::draft::{Draft, Fact, Tally, days_after, listed, not_read};
use super::firewall::{self, NetworkRules};
use super::storage_blobs;
use crate::inventory::Row;
use crate::path;
use crate::quota;
use crate::session::{Ask, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{
    AccessLog, AuditCoverage, CopyRole, Expiry, Exposure, Kind, LiftedBy, ObstacleKind, Principal,
    PrincipalClass, Recovery, Replication, ReplicationRule, Starts, Versioning,
};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;

operation!(
    /// Every storage account of the subscription.
    LIST_STORAGE_ACCOUNTS = "storage" "ListStorageAccounts", needs "Microsoft.Storage/storageAccounts/read",
    quota quota::STORAGE, Per::SomePages(1_000), Get,
    facts "storage accounts: redundancy, primary and secondary place, encryption and key, public access, TLS, copy scope, network rules"
);
operation!(
    /// Accounts that were deleted and can be brought back.
    LIST_DELETED_ACCOUNTS = "storage" "ListDeletedAccounts", needs "Microsoft.Storage/deletedAccounts/read",
    quota quota::STORAGE, Per::Account, Get, facts "deleted storage accounts, where they rest and since when"
);
operation!(
    /// A storage account with the state of its copy in the other region.
    GET_STORAGE_ACCOUNT = "storage" "GetStorageAccount", needs "Microsoft.Storage/storageAccounts/read",
    quota quota::STORAGE, Per::Sometimes, Get, facts "when the copy in the other region was last in step"
);
operation!(
    /// The rules by which blobs are copied to and from other accounts.
    LIST_OBJECT_REPLICATION_POLICIES = "storage" "ListObjectReplicationPolicies",
    needs "Microsoft.Storage/storageAccounts/objectReplicationPolicies/read", quota quota::STORAGE,
    Per::Resource, Get, facts "object replication and where it copies to"
);
operation!(
    /// The scopes of an account that are encrypted under keys of their own.
    LIST_ENCRYPTION_SCOPES = "storage" "ListEncryptionScopes",
    needs "Microsoft.Storage/storageAccounts/encryptionScopes/read", quota quota::STORAGE,
    Per::Resource, Get, facts "keys of encryption scopes"
);

/// Storage accounts.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: SERVICE,
        reach: Reach::Global,
        kinds: &[Kind::ObjectStore, Kind::FileSystem, Kind::RecoveryPoint],
    },
    types: TYPES,
    operations: &[
        &LIST_STORAGE_ACCOUNTS,
        &GET_STORAGE_ACCOUNT,
        &LIST_OBJECT_REPLICATION_POLICIES,
        &LIST_ENCRYPTION_SCOPES,
        &storage_blobs::GET_BLOB_SERVICE,
        &storage_blobs::GET_MANAGEMENT_POLICY,
        &storage_blobs::LIST_CONTAINERS,
        &storage_blobs::GET_IMMUTABILITY_POLICY,
        &LIST_DELETED_ACCOUNTS,
    ],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "storage";
const TYPES: &[&str] = &["microsoft.storage/storageaccounts"];
/// The version of the service's interface that is asked.
pub const VERSION: &str = "2023-05-01";

/// A deleted account can be brought back for so many days, and nobody can keep it from that ("Recover a deleted storage account").
const ACCOUNT_KEPT: u32 = 14;

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let path = session.path("/providers/Microsoft.Storage/storageAccounts");
    let list = session.list(Ask::of(&LIST_STORAGE_ACCOUNTS, path, VERSION));
    let (rows, broke) = listed(session, TYPES, list).await;
    tally.fell_short(broke);
    tally
        .each(rows, sink, |(row, call, listed)| async move { [account(session, &row, call, listed).await] })
        .await;
    let path = session.path("/providers/Microsoft.Storage/deletedAccounts");
    let gone = session.list::<Deleted>(Ask::of(&LIST_DELETED_ACCOUNTS, path, VERSION)).await;
    tally.fell_short(gone.broke);
    tally.each(gone.items, sink, |(one, call)| std::future::ready([deleted(session, &one, call)])).await;
    tally.outcome()
}

#[derive(Deserialize)]
struct Deleted {
    id: String,
    name: String,
    properties: DeletedProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeletedProperties {
    storage_account_resource_id: Option<String>,
    location: Option<String>,
    deletion_time: Option<String>,
}

/// What is kept of a deleted account for some days: all that was in it, as it was when it was deleted.
fn deleted(session: &Session, told: &Deleted, call: CallId) -> Fact {
    let said = &told.properties;
    let place = said.location.as_deref().map(path::place).unwrap_or_default();
    let region = if place.is_empty() { "unknown" } else { &place };
    let named = (Kind::RecoveryPoint, SERVICE, path::id(&told.id), told.name.as_str());
    let mut draft = Draft::at(session, named, region, call, &LIST_DELETED_ACCOUNTS);
    draft.rests_in(Some(&place));
    let elsewhere = not_read("the regions it was replicated to are not stated for what was deleted");
    draft.perhaps_copied(CopyRole::Replica, &elsewhere);
    draft.resource.tags = Observed::Seen(Default::default());
    draft.resource.made_from =
        said.storage_account_resource_id.as_deref().map(|account| shorten(&path::id(account)));
    draft.encrypted_somehow(&not_read(
        "the key the account was encrypted with is not stated for what was deleted",
    ));
    let until = said.deletion_time.as_deref().and_then(|moment| days_after(moment, ACCOUNT_KEPT));
    draft.kept_until(ObstacleKind::SoftDelete, until.as_deref(), LiftedBy::Nobody);
    draft.point(said.deletion_time.as_deref(), Observed::Seen(true), until.as_deref());
    draft.finish()
}

/// What a storage account says of itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    primary_location: Option<String>,
    secondary_location: Option<String>,
    encryption: Option<AccountEncryption>,
    allow_blob_public_access: Option<bool>,
    supports_https_traffic_only: Option<bool>,
    minimum_tls_version: Option<String>,
    public_network_access: Option<String>,
    network_acls: Option<NetworkRules>,
    allow_cross_tenant_replication: Option<bool>,
    allowed_copy_scope: Option<String>,
    pub(super) immutable_storage_with_versioning: Option<storage_blobs::AccountImmutability>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountEncryption {
    key_source: Option<String>,
    /// In small letters on the wire.
    keyvaultproperties: Option<KeyVaultProperties>,
    services: Option<EncryptedServices>,
}

#[derive(Deserialize)]
struct EncryptedServices {
    queue: Option<EncryptedService>,
    table: Option<EncryptedService>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EncryptedService {
    key_type: Option<String>,
}

impl AccountEncryption {
    /// Whether queues and tables lie under the account's key. Left out, they lie under one of their service's own, which is
    /// Microsoft's ("Create an account that supports customer-managed keys for tables and queues").
    fn covers_queues_and_tables(&self) -> bool {
        let services = self.services.as_ref();
        let of_account = |service: Option<&EncryptedService>| {
            service.and_then(|service| service.key_type.as_deref()) == Some("Account")
        };
        of_account(services.and_then(|all| all.queue.as_ref()))
            && of_account(services.and_then(|all| all.table.as_ref()))
    }
}

#[derive(Deserialize)]
struct KeyVaultProperties {
    keyname: Option<String>,
    keyvaulturi: Option<String>,
}

#[derive(Deserialize)]
struct WithStats {
    properties: Stats,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stats {
    geo_replication_stats: Option<GeoReplicationStats>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GeoReplicationStats {
    last_sync_time: Option<String>,
}

async fn account(session: &Session, row: &Row, call: CallId, listed: bool) -> Fact {
    let files = row.kind.as_deref() == Some("FileStorage");
    let kind = if files { Kind::FileSystem } else { Kind::ObjectStore };
    let mut draft = Draft::of(session, (kind, SERVICE), row, call);
    let told: Account = match row.told() {
        Ok(told) => told,
        Err(why) => return draft.unreadable(&why),
    };
    if listed {
        draft.told_by(&LIST_STORAGE_ACCOUNTS, call);
    } else {
        let detail = "the inventory has it, and the list of its service does not";
        let gone = Shortfall::of(&LIST_STORAGE_ACCOUNTS, GapReason::Vanished, None, detail);
        draft.perhaps_copied(CopyRole::Replica, &gone);
    }
    places(&mut draft, row, &told);
    // Only accounts of the general sort have queues and tables.
    let general = row.kind.as_deref().is_none_or(|kind| matches!(kind, "StorageV2" | "Storage"));
    encryption(&mut draft, &told, general);
    draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, Some(ACCOUNT_KEPT), LiftedBy::Nobody);
    firewall::note(&mut draft, told.public_network_access.as_deref(), told.network_acls.as_ref());
    if files {
        draft.redundant(Observed::Seen(is_zonal(row.sku().unwrap_or_default())));
        scopes(&mut draft).await;
        services_records(&mut draft, &["", "/fileServices/default"]).await;
        return draft.finish_locked().await;
    }
    let blobs = storage_blobs::read(&mut draft, &told).await;
    replication(&mut draft).await;
    scopes(&mut draft).await;
    exposure(&mut draft, &told, blobs.public, blobs.site);
    draft.resource.versioning =
        Some(Versioning { state: blobs.versioning, mfa_delete: Observed::Seen(false) });
    draft.resource.expiry = Some(Expiry { rules: blobs.expiry });
    last_in_step(&mut draft, row).await;
    records(&mut draft).await;
    let others: &[&str] = match general {
        true => &["", "/fileServices/default", "/queueServices/default", "/tableServices/default"],
        false => &[""],
    };
    services_records(&mut draft, others).await;
    draft.finish_locked().await
}

/// Where the other services of the account send their records: each has settings of its own.
async fn services_records(draft: &mut Draft<'_>, services: &[&str]) {
    for service in services {
        let id = format!("{}{service}", draft.resource.id);
        let settings = diagnostics::of(draft.session, &id).await;
        diagnostics::note(draft, &settings);
    }
}

/// Whether data are kept in several zones of the region, by the name of the redundancy.
fn is_zonal(sku: &str) -> bool {
    sku.ends_with("_ZRS") || sku.ends_with("_GZRS") || sku.ends_with("_RAGZRS")
}

/// Whether data are kept in a second region, by the name of the redundancy.
fn is_geographic(sku: &str) -> Option<bool> {
    match sku.split_once('_')?.1 {
        "LRS" | "ZRS" => Some(false),
        "GRS" | "RAGRS" | "GZRS" | "RAGZRS" => Some(true),
        // The newer names: `StandardV2_GRS` has the same endings.
        _ => None,
    }
}

/// The places of the account itself: the region, the primary's where it says another, and that of the second copy.
fn places(draft: &mut Draft<'_>, row: &Row, told: &Account) {
    if let Some(primary) = told.primary_location.as_deref().filter(|place| !place.is_empty())
        && path::place(primary) != row.place()
    {
        // After a failover data rest there.
        draft.copy(CopyRole::Primary, None, primary);
    }
    let sku = row.sku().unwrap_or_default();
    match (is_geographic(sku), told.secondary_location.as_deref().filter(|place| !place.is_empty())) {
        (_, Some(secondary)) => draft.replica(secondary),
        (Some(false), None) => {}
        (Some(true), None) => {
            let silent = draft.silent("where the second copy rests");
            draft.perhaps_copied(CopyRole::Replica, &silent);
        }
        (None, None) => {
            let unknown = draft.unknown("redundancy", sku);
            draft.perhaps_copied(CopyRole::Replica, &unknown);
        }
    }
}

/// Encryption cannot be turned off ("Azure Storage encryption for data at rest"); what is told is under which key.
pub fn encryption(draft: &mut Draft<'_>, told: &Account, general: bool) {
    let said = told.encryption.as_ref();
    // Left out, the key is Microsoft's ("Storage Accounts - Get": the default of keySource is Microsoft.Storage).
    match said.and_then(|said| said.key_source.as_deref()) {
        None | Some("Microsoft.Storage") => draft.encrypted(None),
        Some("Microsoft.Keyvault" | "Microsoft.KeyVault") => {
            let key = said.and_then(|said| said.keyvaultproperties.as_ref());
            let address = key.and_then(|key| {
                let (vault, name) = (key.keyvaulturi.as_deref()?, key.keyname.as_deref()?);
                Some(format!("{}/keys/{name}", vault.trim_end_matches('/')))
            });
            match address {
                Some(address)
                    if general && !said.is_some_and(AccountEncryption::covers_queues_and_tables) =>
                {
                    // Of the account as a whole the customer's key is not the one.
                    draft.encrypted(None);
                    if let Some(encryption) = &mut draft.resource.encryption {
                        let partly = "customer-managed key, but not for queues and tables";
                        encryption.algorithm = Observed::Seen(partly.to_owned());
                    }
                    draft.key(&address);
                }
                Some(address) => draft.encrypted(Some(&address)),
                None => {
                    let nameless = draft.malformed("it is encrypted, and no key is named");
                    draft.encrypted_somehow(&nameless);
                }
            }
        }
        Some(other) => {
            let unknown = draft.unknown("source of keys", other);
            draft.encrypted_somehow(&unknown);
        }
    }
}

#[derive(Deserialize)]
struct Scope {
    properties: ScopeProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeProperties {
    source: Option<String>,
    key_vault_properties: Option<ScopeKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeKey {
    key_uri: Option<String>,
}

/// Keys of the account's encryption scopes: also of those that are switched off, whose data stay under them.
async fn scopes(draft: &mut Draft<'_>) {
    let (session, id) = (draft.session, draft.resource.id.clone());
    let ask = Ask::of(&LIST_ENCRYPTION_SCOPES, format!("{id}/encryptionScopes"), VERSION).about(&id);
    let scopes = session.list::<Scope>(ask).await;
    for (scope, call) in scopes.items {
        draft.sheet.shown("copies", &call);
        let told = scope.properties;
        match told.source.as_deref() {
            None | Some("Microsoft.Storage") => {}
            Some("Microsoft.KeyVault" | "Microsoft.Keyvault") => {
                match told.key_vault_properties.and_then(|key| key.key_uri) {
                    Some(address) => draft.key(&address),
                    None => {
                        let nameless = draft.malformed("it is encrypted, and no key is named");
                        draft.perhaps_copied(CopyRole::Key, &nameless);
                    }
                }
            }
            Some(other) => {
                let unknown = draft.unknown("source of keys", other);
                draft.perhaps_copied(CopyRole::Key, &unknown);
            }
        }
    }
    if let Some(shortfall) = scopes.broke {
        draft.perhaps_copied(CopyRole::Key, &shortfall);
    }
}

#[derive(Deserialize)]
struct Policy {
    name: String,
    properties: PolicyProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicyProperties {
    source_account: String,
    destination_account: String,
}

/// Object replication from this account: each destination holds a copy, wherever it is.
async fn replication(draft: &mut Draft<'_>) {
    let (session, id) = (draft.session, draft.resource.id.clone());
    let ask = Ask::of(&LIST_OBJECT_REPLICATION_POLICIES, format!("{id}/objectReplicationPolicies"), VERSION)
        .about(&id);
    let policies = session.list::<Policy>(ask).await;
    let mut rules = Vec::new();
    for call in &policies.calls {
        draft.sheet.shown("replication", call);
        draft.sheet.shown("copies", call);
    }
    for (policy, _) in policies.items {
        let (source, destination) = (
            account_id(session, &policy.properties.source_account),
            account_id(session, &policy.properties.destination_account),
        );
        if source == id {
            draft.copy_at(CopyRole::Replica, &destination);
            let name = shorten(&policy.name);
            rules.push(ReplicationRule { name, enabled: Observed::Seen(true), destination });
        } else if destination == id {
            draft.resource.made_from = Some(source);
        } else {
            let astray = draft.malformed("the list holds a policy of other accounts");
            draft.perhaps_copied(CopyRole::Replica, &astray);
        }
    }
    draft.resource.replication = Some(Replication { rules: Observed::Seen(rules) });
    if let Some(shortfall) = policies.broke {
        draft.perhaps_copied(CopyRole::Replica, &shortfall);
        let rules = draft.sheet.unseen("replication.rules", &shortfall);
        draft.resource.replication = Some(Replication { rules });
    }
}

/// An account that a policy names: by its identifier, or by its name alone where replication between tenants is allowed.
fn account_id(session: &Session, named: &str) -> String {
    if named.contains('/') {
        return shorten(&path::id(named));
    }
    let known = session.rows(TYPES).into_iter().find(|(row, _)| row.name.eq_ignore_ascii_case(named));
    known.map_or_else(|| shorten(named), |(row, _)| row.id.clone())
}

/// Who can reach it.
fn exposure(
    draft: &mut Draft<'_>,
    told: &Account,
    open_container: Observed<bool>,
    site_container: Observed<bool>,
) {
    let blocked = match told.allow_blob_public_access {
        Some(allowed) => Observed::Seen(!allowed),
        // What its absence means was changed in 2023, and depends on when the account was made ("Remediate anonymous read access").
        None => {
            let detail = "whether public access is allowed is not stated, and what that means depends on when the account was created";
            let silent = draft.malformed(detail);
            draft.sheet.unseen("exposure.public_access_blocked", &silent)
        }
    };
    let public = match (blocked, open_container) {
        (Observed::Seen(true), _) => Observed::Seen(false),
        (blocked, open) => open.and(blocked.not()),
    };
    let closed = matches!(told.public_network_access.as_deref(), Some("Disabled" | "SecuredByPerimeter"));
    // A static website is open to everyone, whatever is said of public access to blobs ("Static website hosting in Azure Storage"); whether
    // its container is used as one is told by the blob service alone, which is not asked.
    let public = match (public, site_container) {
        _ if closed => Observed::Seen(false),
        (open @ Observed::Seen(true), _) => open,
        (public, Observed::Seen(false)) => public,
        (_, Observed::Seen(true)) => {
            let site = not_read(
                "it has a container of a static website, which is open to everyone where the website is on",
            );
            draft.sheet.unseen("exposure.public", &site)
        }
        (_, site @ Observed::Unseen(_)) => site,
    };
    if public.is_unseen() {
        let undecided = not_read("whether any container is open to everyone was not seen");
        draft.sheet.unseen::<bool>("exposure.public", &undecided);
    }
    let principals = let_in(draft, told);
    // Left out, only HTTPS is let in: the default since version 2019-04-01 ("Storage Accounts - Create").
    let tls = match (told.supports_https_traffic_only, told.minimum_tls_version.as_deref()) {
        (Some(false), _) => Observed::Seen(false),
        (None | Some(true), Some("TLS1_2" | "TLS1_3")) => Observed::Seen(true),
        // Left out, 1.0 is let in as far as the account goes; since 2026 the service itself is to refuse what is below 1.2.
        (None | Some(true), None | Some("TLS1_0" | "TLS1_1")) => {
            let old =
                not_read("versions of TLS that no longer protect are not refused by the account's setting");
            draft.sheet.unseen("exposure.tls_only", &old)
        }
        (None | Some(true), Some(other)) => {
            let unknown = draft.unknown("version of TLS", other);
            draft.sheet.unseen("exposure.tls_only", &unknown)
        }
    };
    draft.resource.exposure = Some(Exposure {
        public,
        public_access_blocked: blocked,
        tls_only: tls,
        principals: Observed::Seen(principals),
    });
}

/// Those it lets in: holders of roles, of whom some may be guests, and whoever the doors between tenants are open to.
fn let_in(draft: &mut Draft<'_>, told: &Account) -> Vec<Principal> {
    let mut others = vec![(
        "holders of roles",
        not_read("whether holders of roles in it are guests of the tenant is not read"),
    )];
    if told.allow_cross_tenant_replication != Some(false) {
        // Left out, old accounts take part and new ones do not ("Prevent object replication across Microsoft Entra tenants").
        let detail = "object replication with accounts of other tenants is not forbidden";
        others.push(("accounts of other tenants, by object replication", not_read(detail)));
    }
    if !matches!(told.allowed_copy_scope.as_deref(), Some("AAD" | "PrivateLink")) {
        // Left out, blobs may be copied from any account ("Restrict the source of copy operations to a storage account").
        let detail = "copies from accounts of other tenants are not forbidden";
        others.push(("accounts of other tenants, by copying", not_read(detail)));
    }
    let principal = |(id, why): (&str, Shortfall)| Principal {
        id: id.to_owned(),
        class: PrincipalClass::Other,
        account: None,
        foreign: draft.sheet.unseen("exposure.principals.foreign", &why),
    };
    others.into_iter().map(principal).collect()
}

/// When the copy in the other region was last in step: asked where there is one.
async fn last_in_step(draft: &mut Draft<'_>, row: &Row) {
    if is_geographic(row.sku().unwrap_or_default()) != Some(true) {
        return;
    }
    let (session, id) = (draft.session, draft.resource.id.clone());
    let ask =
        Ask::of(&GET_STORAGE_ACCOUNT, id.clone(), VERSION).with("$expand", "geoReplicationStats").about(&id);
    let heard: Result<Heard<WithStats>, Shortfall> = session.get(ask).await;
    draft.resource.facets.push(sekisho_contract::fact::Facet::Recovery);
    let latest = match heard {
        Ok(heard) => {
            draft.sheet.shown("recovery", &heard.call);
            let stats = heard.told.and_then(|told| told.properties.geo_replication_stats);
            draft.said("recovery.latest", stats.map(|stats| stats.last_sync_time.as_deref().map(shorten)))
        }
        Err(shortfall) => draft.sheet.unseen("recovery.latest", &shortfall),
    };
    draft.resource.recovery =
        Some(Recovery { continuous: Observed::Seen(false), window_days: Observed::Seen(None), latest });
}

/// Where accesses to blobs are recorded: by the diagnostic settings of the blob service.
async fn records(draft: &mut Draft<'_>) {
    let blobs = format!("{}/blobServices/default", draft.resource.id);
    let settings = diagnostics::of(draft.session, &blobs).await;
    diagnostics::note(draft, &settings);
    for call in &settings.calls {
        draft.sheet.shown("access_log", call);
        draft.sheet.shown("audit", call);
    }
    if let Some(shortfall) = &settings.broke {
        draft.resource.access_log = Some(AccessLog {
            enabled: draft.sheet.unseen("access_log.enabled", shortfall),
            target: draft.sheet.unseen("access_log.target", shortfall),
        });
        draft.resource.audit = Some(AuditCoverage {
            reads: draft.sheet.unseen("audit.reads", shortfall),
            writes: draft.sheet.unseen("audit.writes", shortfall),
        });
        return;
    }
    let sent = |category: &str| settings.items.iter().any(|(setting, _)| setting.properties.sends(category));
    let (reads, writes) = (sent("StorageRead"), sent("StorageWrite") && sent("StorageDelete"));
    let recording = settings.items.iter().find(|(setting, _)| setting.properties.sends("StorageRead"));
    draft.resource.access_log = Some(AccessLog {
        enabled: Observed::Seen(reads && writes),
        target: Observed::Seen(
            recording.and_then(|(setting, _)| setting.properties.target()).map(|id| shorten(&id)),
        ),
    });
    draft.resource.audit =
        Some(AuditCoverage { reads: Observed::Seen(reads), writes: Observed::Seen(writes) });
}
