//! Key Vault and managed HSM: vaults, where they and their copies rest, and the keys in them.

use super::Entry;
use super::diagnostics;
use super::draft::{Draft, Fact, Tally, listed, not_read};
use super::firewall::{self, NetworkRules};
use crate::inventory::Row;
use crate::path;
use crate::quota;
use crate::session::{Ask, Asked, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{
    Copy, CopyRole, Exposure, Facet, KeyFacet, KeyManager, KeyState, Kind, LiftedBy, ObstacleKind, Principal,
    PrincipalClass, Rotation, Starts,
};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use std::collections::BTreeMap;

operation!(
    /// Every vault of the subscription, with whether what is deleted from it can be purged.
    LIST_VAULTS = "keyvault" "ListVaults", needs "Microsoft.KeyVault/vaults/read", quota quota::KEY_VAULT,
    Per::SomePages(1_000), Get, facts "vaults: place, soft delete, purge protection, who is let in"
);
operation!(
    /// Every managed HSM of the subscription, with the regions it is replicated to.
    LIST_MANAGED_HSMS = "keyvault" "ListManagedHsms", needs "Microsoft.KeyVault/managedHSMs/read",
    quota quota::KEY_VAULT, Per::SomePages(100), Get, facts "managed HSMs and the regions they are replicated to"
);
operation!(
    /// Vaults that were deleted and rest where they rested until they are purged.
    LIST_DELETED_VAULTS = "keyvault" "ListDeletedVaults", needs "Microsoft.KeyVault/deletedVaults/read",
    quota quota::KEY_VAULT, Per::Account, Get, facts "deleted vaults, where they rest and until when"
);
operation!(
    /// Managed HSMs that were deleted and rest where they rested until they are purged.
    LIST_DELETED_HSMS = "keyvault" "ListDeletedManagedHsms", needs "Microsoft.KeyVault/deletedManagedHsms/read",
    quota quota::KEY_VAULT, Per::Account, Get, facts "deleted managed HSMs, where they rest and until when"
);
operation!(
    /// The keys of a vault: names and states, never the material.
    LIST_KEYS = "keyvault" "ListKeys", needs "Microsoft.KeyVault/vaults/keys/read", quota quota::KEY_VAULT,
    Per::Resource, Get, facts "keys of vaults"
);
operation!(
    /// One key, with the rule by which it is rotated.
    GET_KEY = "keyvault" "GetKey", needs "Microsoft.KeyVault/vaults/keys/read", quota quota::KEY_VAULT,
    Per::Resource, Get, facts "rotation of keys"
);
operation!(
    /// The keys of a managed HSM.
    LIST_HSM_KEYS = "keyvault" "ListHsmKeys", needs "Microsoft.KeyVault/managedHSMs/keys/read", quota quota::KEY_VAULT,
    Per::Sometimes, Get, facts "keys of managed HSMs"
);
operation!(
    /// One key of a managed HSM.
    GET_HSM_KEY = "keyvault" "GetHsmKey", needs "Microsoft.KeyVault/managedHSMs/keys/read", quota quota::KEY_VAULT,
    Per::Sometimes, Get, facts "rotation of keys of managed HSMs"
);

/// Vaults and their keys.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Secret, Kind::Key] },
    types: &[VAULT, HSM],
    operations: &[
        &LIST_VAULTS,
        &LIST_MANAGED_HSMS,
        &LIST_KEYS,
        &GET_KEY,
        &LIST_HSM_KEYS,
        &GET_HSM_KEY,
        &LIST_DELETED_VAULTS,
        &LIST_DELETED_HSMS,
    ],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "keyvault";
const VAULT: &str = "microsoft.keyvault/vaults";
const HSM: &str = "microsoft.keyvault/managedhsms";
const VERSION: &str = "2023-07-01";

/// Regions whose vaults are kept in them alone, though they are paired ("Azure Key Vault availability and redundancy").
const ALONE: &[&str] = &["brazilsouth", "brazilsoutheast", "westus3"];

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let path = session.path("/providers/Microsoft.KeyVault/vaults");
    let list = session.list(Ask::of(&LIST_VAULTS, path, VERSION).with("$top", "1000"));
    let (vaults, broke) = listed(session, &[VAULT], list).await;
    tally.fell_short(broke);
    tally
        .each_as_far(
            vaults,
            sink,
            |(row, call, listed)| async move { vault(session, &row, call, listed).await },
        )
        .await;
    let path = session.path("/providers/Microsoft.KeyVault/managedHSMs");
    let list = session.list(Ask::of(&LIST_MANAGED_HSMS, path, VERSION));
    let (hsms, broke) = listed(session, &[HSM], list).await;
    tally.fell_short(broke);
    tally
        .each_as_far(hsms, sink, |(row, call, listed)| async move { hsm(session, &row, call, listed).await })
        .await;
    for (operation, list, pairs) in
        [(&LIST_DELETED_VAULTS, "deletedVaults", true), (&LIST_DELETED_HSMS, "deletedManagedHSMs", false)]
    {
        let path = session.path(&format!("/providers/Microsoft.KeyVault/{list}"));
        let gone = session.list::<Deleted>(Ask::of(operation, path, VERSION)).await;
        tally.fell_short(gone.broke);
        let read = |(one, call)| std::future::ready([deleted(session, &one, (operation, call), pairs)]);
        tally.each(gone.items, sink, read).await;
    }
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
    /// What it was, of a vault and of an HSM.
    vault_id: Option<String>,
    mhsm_id: Option<String>,
    location: Option<String>,
    scheduled_purge_date: Option<String>,
    purge_protection_enabled: Option<bool>,
    tags: Option<BTreeMap<String, Option<String>>>,
}

/// What was deleted rests on with all that is in it until its day, or until somebody purges it, where that is allowed.
fn deleted(
    session: &Session,
    told: &Deleted,
    (operation, call): (&'static Operation, CallId),
    pairs: bool,
) -> Fact {
    let said = &told.properties;
    let place = said.location.as_deref().map(path::place).unwrap_or_default();
    let region = if place.is_empty() { "unknown" } else { &place };
    let named = (Kind::Secret, SERVICE, path::id(&told.id), told.name.as_str());
    let mut draft = Draft::at(session, named, region, call, operation);
    let was = said.vault_id.as_deref().or(said.mhsm_id.as_deref());
    draft.resource.made_from = was.map(|id| shorten(&path::id(id)));
    draft.rests_in(Some(&place));
    if !pairs {
        let elsewhere = not_read("the regions it was replicated to are not stated for what was deleted");
        draft.perhaps_copied(CopyRole::Replica, &elsewhere);
    } else if !ALONE.contains(&region) && session.pair(region) != Ok(None) {
        draft.copied_to_pair(CopyRole::Replica);
    }
    let labels = said.tags.iter().flatten();
    let labels = labels.map(|(key, value)| (shorten(key), shorten(value.as_deref().unwrap_or_default())));
    draft.resource.tags = Observed::Seen(labels.collect());
    draft.encrypted(None);
    // Left out, nothing keeps somebody with the right from purging it ("Vaults - List Deleted").
    let lifted_by = match said.purge_protection_enabled {
        Some(true) => LiftedBy::Nobody,
        Some(false) | None => LiftedBy::PrivilegedUser,
    };
    draft.kept_until(ObstacleKind::SoftDelete, said.scheduled_purge_date.as_deref(), lifted_by);
    draft.finish()
}

/// What a vault or an HSM says of itself.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vault {
    tenant_id: Option<String>,
    enable_soft_delete: Option<bool>,
    soft_delete_retention_in_days: Option<u32>,
    enable_purge_protection: Option<bool>,
    enable_rbac_authorization: Option<bool>,
    access_policies: Option<Vec<AccessPolicy>>,
    public_network_access: Option<String>,
    network_acls: Option<NetworkRules>,
    regions: Option<Vec<Region>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessPolicy {
    tenant_id: Option<String>,
    object_id: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Region {
    name: String,
}

/// Days what was deleted is kept, where nothing is said ("Key Vault soft-delete overview": 90).
const KEPT: u32 = 90;

impl Vault {
    /// What keeps deleted keys and secrets alive: only a vault with purge protection keeps everybody from purging.
    fn obstacle(&self, draft: &mut Draft<'_>, kind: ObstacleKind, protected_by_default: bool) {
        // Soft delete is on and cannot be turned off; old vaults may say that it is not, and have no purge protection, which rests on it.
        if self.enable_soft_delete == Some(false) && self.enable_purge_protection != Some(true) {
            return;
        }
        let protected = self.enable_purge_protection.unwrap_or(protected_by_default);
        let lifted_by = if protected { LiftedBy::Nobody } else { LiftedBy::PrivilegedUser };
        draft.obstacle(
            kind,
            Starts::AtRequest,
            Some(self.soft_delete_retention_in_days.unwrap_or(KEPT)),
            lifted_by,
        );
    }
}

async fn vault(session: &Session, row: &Row, call: CallId, listed: bool) -> (Vec<Fact>, Vec<Shortfall>) {
    let mut draft = Draft::of(session, (Kind::Secret, SERVICE), row, call);
    let told: Vault = match row.told() {
        Ok(told) => told,
        Err(why) => return (vec![draft.unreadable(&why)], Vec::new()),
    };
    if listed {
        draft.told_by(&LIST_VAULTS, call);
    } else {
        let detail = "the inventory has it, and the list of its service does not";
        let gone = Shortfall::of(&LIST_VAULTS, GapReason::Vanished, None, detail);
        draft.perhaps_hindered(&gone);
    }
    if !ALONE.contains(&row.place().as_str()) && session.pair(&row.place()) != Ok(None) {
        draft.copied_to_pair(CopyRole::Replica);
    }
    draft.encrypted(None);
    told.obstacle(&mut draft, ObstacleKind::SoftDelete, false);
    firewall::note(&mut draft, told.public_network_access.as_deref(), told.network_acls.as_ref());
    diagnostics::read(&mut draft).await;
    let copies = draft.resource.copies.clone();
    let place = Place { row, copies: &copies, told: &told, hsm: false, listed };
    let (keys, broke) = keys(session, &place, (&LIST_KEYS, &GET_KEY)).await;
    let mut facts = vec![draft.finish_locked().await];
    facts.extend(keys);
    (facts, broke.into_iter().collect())
}

async fn hsm(session: &Session, row: &Row, call: CallId, listed: bool) -> (Vec<Fact>, Vec<Shortfall>) {
    let mut draft = Draft::of(session, (Kind::Secret, SERVICE), row, call);
    let told: Vault = match row.told() {
        Ok(told) => told,
        Err(why) => return (vec![draft.unreadable(&why)], Vec::new()),
    };
    if listed {
        draft.told_by(&LIST_MANAGED_HSMS, call);
    } else {
        let detail = "the inventory has it, and the list of its service does not";
        let gone = Shortfall::of(&LIST_MANAGED_HSMS, GapReason::Vanished, None, detail);
        draft.perhaps_copied(CopyRole::Replica, &gone);
    }
    // Left out, it is in its own region alone ("Enable multi-region replication on Azure Managed HSM").
    for region in told.regions.iter().flatten().filter(|region| path::place(&region.name) != row.place()) {
        draft.replica(&region.name);
    }
    draft.encrypted(None);
    // Purge protection of HSMs is on where nothing is said ("Managed Hsms - Get": default true).
    told.obstacle(&mut draft, ObstacleKind::SoftDelete, true);
    firewall::note(&mut draft, told.public_network_access.as_deref(), told.network_acls.as_ref());
    diagnostics::read(&mut draft).await;
    let copies = draft.resource.copies.clone();
    let place = Place { row, copies: &copies, told: &told, hsm: true, listed };
    let (keys, broke) = keys(session, &place, (&LIST_HSM_KEYS, &GET_HSM_KEY)).await;
    let mut facts = vec![draft.finish_locked().await];
    facts.extend(keys);
    (facts, broke.into_iter().collect())
}

/// The vault that keys are in.
struct Place<'a> {
    row: &'a Row,
    copies: &'a [Copy],
    told: &'a Vault,
    hsm: bool,
    /// Whether its own service told of it: what the inventory does not say may be so all the same.
    listed: bool,
}

#[derive(Deserialize)]
struct Key {
    id: String,
    name: String,
    properties: KeyProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyProperties {
    attributes: Option<Attributes>,
    key_uri: Option<String>,
    rotation_policy: Option<RotationPolicy>,
}

#[derive(Deserialize)]
struct Attributes {
    enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RotationPolicy {
    lifetime_actions: Option<Vec<LifetimeAction>>,
}

#[derive(Deserialize)]
struct LifetimeAction {
    trigger: Option<Trigger>,
    action: Option<Action>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trigger {
    time_after_create: Option<String>,
}

#[derive(Deserialize)]
struct Action {
    r#type: Option<String>,
}

async fn keys(
    session: &Session,
    place: &Place<'_>,
    (list, get): (&'static Operation, &'static Operation),
) -> (Vec<Fact>, Option<Shortfall>) {
    let vault = &place.row.id;
    let listing = session.list::<Key>(Ask::of(list, format!("{vault}/keys"), VERSION).about(vault)).await;
    let mut facts = Vec::new();
    for (item, call) in listing.items {
        let id = path::id(&item.id);
        let asked: Asked<Key> = session.get(Ask::of(get, id.clone(), VERSION).about(&id)).await;
        facts.push(key(session, place, &item, (list, call), asked).await);
    }
    (facts, listing.broke)
}

async fn key(
    session: &Session,
    place: &Place<'_>,
    item: &Key,
    (list, call): (&'static Operation, CallId),
    asked: Asked<Key>,
) -> Fact {
    let named = (Kind::Key, SERVICE, path::id(&item.id), item.name.as_str());
    let region = place.row.place();
    let mut draft =
        Draft::at(session, named, if region.is_empty() { "unknown" } else { &region }, call, list);
    for copy in place.copies.iter().filter(|copy| matches!(copy.role, CopyRole::Primary | CopyRole::Replica))
    {
        if copy.location.is_unseen() {
            let detail = format!("where {} rests was not seen", place.row.id);
            draft.perhaps_copied(CopyRole::Key, &Shortfall::without_call(GapReason::Unresolved, detail));
        } else {
            draft.resource.copies.push(Copy::new(CopyRole::Key, None, copy.location.clone()));
        }
    }
    // Labels of keys are in no answer of Resource Manager; those of their vault count for them.
    let labels = place.row.tags.iter().flatten();
    draft.resource.tags =
        Observed::Seen(labels.map(|(key, value)| (key.clone(), value.clone().unwrap_or_default())).collect());
    place.told.obstacle(&mut draft, ObstacleKind::KeyDeletionWait, place.hsm);
    if !place.listed {
        let detail = "the inventory has it, and the list of its service does not";
        draft.perhaps_hindered(&Shortfall::without_call(GapReason::Vanished, detail));
    }
    exposure(&mut draft, place.told);
    let state = match item.properties.attributes.as_ref().and_then(|told| told.enabled) {
        // Left out, a key is on ("Keys - Create").
        Some(true) | None => KeyState::Enabled,
        Some(false) => KeyState::Disabled,
    };
    let aliases = item.properties.key_uri.as_deref().map(|address| vec![shorten(&path::key(address))]);
    let imported = not_read("whether the key material was imported is not stated");
    let rotation = match asked {
        Ok(heard) => {
            draft.sheet.shown("key", &heard.call);
            match heard.told {
                Some(told) => Observed::Seen(rotation(told.properties.rotation_policy)),
                None => draft.said("key.rotation", None),
            }
        }
        Err(shortfall) => draft.sheet.unseen("key.rotation", &shortfall),
    };
    draft.resource.key = Some(KeyFacet {
        manager: Observed::Seen(KeyManager::Customer),
        origin: draft.sheet.unseen("key.origin", &imported),
        state: Observed::Seen(state),
        deletion_date: Observed::Seen(None),
        multi_region: Observed::Seen(place.copies.iter().any(|copy| copy.role == CopyRole::Replica)),
        rotation,
        aliases: draft.said("key.aliases", aliases),
    });
    draft.finish_locked().await
}

/// Whether a key is replaced by itself: only by a rule that says so.
fn rotation(policy: Option<RotationPolicy>) -> Rotation {
    let actions = policy.and_then(|policy| policy.lifetime_actions).unwrap_or_default();
    let rotates = |action: &&LifetimeAction| {
        let word = action.action.as_ref().and_then(|action| action.r#type.as_deref());
        word.is_some_and(|word| word.eq_ignore_ascii_case("rotate"))
    };
    let found = actions.iter().find(rotates);
    let days = found.and_then(|action| action.trigger.as_ref()?.time_after_create.as_deref().and_then(days));
    Rotation { possible: true, enabled: found.is_some(), days }
}

/// A span of ISO 8601 in days: only the forms Key Vault takes.
fn days(span: &str) -> Option<u32> {
    let number = span.strip_prefix('P')?;
    let each = |unit: char, length: u32| number.strip_suffix(unit)?.parse::<u32>().ok()?.checked_mul(length);
    each('D', 1).or_else(|| each('M', 30)).or_else(|| each('Y', 365))
}

/// Who can use a key: nobody without a token, and nobody over an open connection.
fn exposure(draft: &mut Draft<'_>, told: &Vault) {
    let mut principals = Vec::new();
    if told.enable_rbac_authorization == Some(false) {
        for policy in told.access_policies.iter().flatten() {
            let foreign = match (&policy.tenant_id, &told.tenant_id) {
                (Some(theirs), Some(own)) if !theirs.eq_ignore_ascii_case(own) => Observed::Seen(true),
                _ => {
                    let guests =
                        not_read("whether holders of roles in it are guests of the tenant is not read");
                    draft.sheet.unseen("exposure.principals.foreign", &guests)
                }
            };
            let id = shorten(policy.object_id.as_deref().unwrap_or_default());
            principals.push(Principal { id, class: PrincipalClass::Other, account: None, foreign });
        }
    } else {
        // Roles decide, or that was not said ("Vaults - Get": access policies where it is not said; newer versions of the
        // interface change that).
        let guests = not_read("whether holders of roles in it are guests of the tenant is not read");
        let foreign = draft.sheet.unseen("exposure.principals.foreign", &guests);
        principals.push(Principal {
            id: "holders of roles".to_owned(),
            class: PrincipalClass::Other,
            account: None,
            foreign,
        });
    }
    draft.resource.exposure = Some(Exposure {
        public: Observed::Seen(false),
        public_access_blocked: Observed::Seen(told.public_network_access.as_deref() == Some("Disabled")),
        tls_only: Observed::Seen(true),
        principals: Observed::Seen(principals),
    });
    debug_assert!(draft.resource.facets.contains(&Facet::Exposure));
}
