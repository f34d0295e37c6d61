//! The blob service of a storage account: what is kept after deletion, how long, and what cannot be deleted.

use super::draft::{Draft, not_read};
use super::storage::{Account, VERSION};
use crate::quota;
use crate::session::{Ask, Asked};
use sekisho_contract::Observed;
use sekisho_contract::fact::{ExpiryRule, LiftedBy, ObstacleKind, Starts, VersioningState};
use sekisho_contract::gap::bound;
use sekisho_contract::operation::Per;
use serde::Deserialize;
use serde_json::Value;

operation!(
    /// Kept versions, and how long what was deleted is kept.
    GET_BLOB_SERVICE = "storage" "GetBlobService", needs "Microsoft.Storage/storageAccounts/blobServices/read",
    quota quota::STORAGE, Per::Resource, Get, facts "versions, soft delete and restore of blobs and containers"
);
operation!(
    /// When blobs are deleted by themselves.
    GET_MANAGEMENT_POLICY = "storage" "GetManagementPolicy",
    needs "Microsoft.Storage/storageAccounts/managementPolicies/read", quota quota::STORAGE,
    Per::Resource, Get, facts "rules by which blobs are deleted by themselves", absent &["ManagementPolicyNotFound"]
);
operation!(
    /// The containers, and which are open, held or immutable.
    LIST_CONTAINERS = "storage" "ListContainers",
    needs "Microsoft.Storage/storageAccounts/blobServices/containers/read", quota quota::STORAGE,
    Per::Resource, Get, facts "public access, legal holds and immutability of containers"
);
operation!(
    /// How long the blobs of an immutable container cannot be deleted.
    GET_IMMUTABILITY_POLICY = "storage" "GetImmutabilityPolicy",
    needs "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/read",
    quota quota::STORAGE, Per::Sometimes, Get, facts "retention of immutable containers, and whether it is locked"
);

/// What the blob service told.
pub struct Blobs {
    /// Whether versions are kept.
    pub versioning: Observed<VersioningState>,
    /// Whether any container is open to everyone, but for the account's barrier.
    pub public: Observed<bool>,
    /// Whether there is a container of a static website.
    pub site: Observed<bool>,
    /// When blobs are deleted by themselves.
    pub expiry: Observed<Vec<ExpiryRule>>,
}

/// Immutability of a whole account.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountImmutability {
    enabled: Option<bool>,
    immutability_policy: Option<Immutability>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Immutability {
    immutability_period_since_creation_in_days: Option<u32>,
    state: Option<String>,
}

#[derive(Deserialize)]
struct Wrapped<T> {
    properties: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlobService {
    delete_retention_policy: Option<Kept>,
    container_delete_retention_policy: Option<Kept>,
    restore_policy: Option<Kept>,
    is_versioning_enabled: Option<bool>,
}

#[derive(Deserialize)]
struct Kept {
    enabled: Option<bool>,
    days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    public_access: Option<String>,
    has_legal_hold: Option<bool>,
    has_immutability_policy: Option<bool>,
    immutable_storage_with_versioning: Option<AccountImmutability>,
}

#[derive(Deserialize)]
struct Named<T> {
    name: String,
    properties: T,
}

/// Reads what is kept and what cannot be deleted.
pub async fn read(draft: &mut Draft<'_>, account: &Account) -> Blobs {
    let id = draft.resource.id.clone();
    let versioning = service(draft, &id).await;
    let (public, site) = containers(draft, &id).await;
    if let Some(whole) = &account.immutable_storage_with_versioning {
        of_versions(draft, whole);
    }
    let expiry = expiry(draft, &id).await;
    Blobs { versioning, public, site, expiry }
}

async fn service(draft: &mut Draft<'_>, id: &str) -> Observed<VersioningState> {
    let ask = Ask::of(&GET_BLOB_SERVICE, format!("{id}/blobServices/default"), VERSION).about(id);
    let heard: Asked<Wrapped<BlobService>> = draft.session.get(ask).await;
    let heard = match heard {
        Ok(heard) => heard,
        Err(shortfall) => {
            draft.perhaps_hindered(&shortfall);
            return draft.sheet.unseen("versioning.state", &shortfall);
        }
    };
    draft.sheet.shown("versioning", &heard.call);
    draft.sheet.shown("erasure", &heard.call);
    let Some(told) = heard.told.map(|told| told.properties) else {
        let silent = draft.silent("versioning.state");
        draft.perhaps_hindered(&silent);
        return draft.sheet.unseen("versioning.state", &silent);
    };
    // Soft delete that is not spoken of is off ("Blob Services - Get Service Properties": unset means disabled).
    for kept in [told.delete_retention_policy, told.container_delete_retention_policy].into_iter().flatten() {
        if kept.enabled == Some(true) {
            draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, kept.days, LiftedBy::PrivilegedUser);
        }
    }
    // What can be set back to any moment is kept for that long, by whoever may turn it off.
    if let Some(kept) = told.restore_policy.filter(|kept| kept.enabled == Some(true)) {
        draft.obstacle(ObstacleKind::Versions, Starts::AtRequest, kept.days, LiftedBy::PrivilegedUser);
    }
    // Versioning that is not spoken of was never turned on. Off, it may have been on before, and then old versions live on; but tools
    // write so where it never was.
    let state = match told.is_versioning_enabled {
        Some(true) => Observed::Seen(VersioningState::Enabled),
        Some(false) => {
            let before = not_read("versions are not kept now, and whether older ones remain is not read");
            draft.sheet.unseen("versioning.state", &before)
        }
        None => Observed::Seen(VersioningState::Off),
    };
    if state != Observed::Seen(VersioningState::Off) {
        draft.obstacle(ObstacleKind::Versions, Starts::AtRequest, None, LiftedBy::User);
    }
    state
}

/// The container that a static website is served from.
const SITE: &str = "$web";

/// Notes holds and immutability of containers; tells whether one is open to everyone, and whether one is a website's.
async fn containers(draft: &mut Draft<'_>, id: &str) -> (Observed<bool>, Observed<bool>) {
    let ask = Ask::of(&LIST_CONTAINERS, format!("{id}/blobServices/default/containers"), VERSION).about(id);
    let listing = draft.session.list::<Named<Container>>(ask).await;
    let mut open = Observed::Seen(false);
    for call in &listing.calls {
        draft.sheet.shown("erasure", call);
        draft.sheet.shown("exposure", call);
    }
    for (container, _) in &listing.items {
        let told = &container.properties;
        let public = match told.public_access.as_deref() {
            // Left out, nothing is open ("Blob Containers - List").
            None | Some("None") => Observed::Seen(false),
            Some("Container" | "Blob") => Observed::Seen(true),
            Some(other) => {
                let unknown = draft.unknown("public access", other);
                draft.sheet.unseen("exposure.public", &unknown)
            }
        };
        open = open.or(public);
        if told.has_legal_hold != Some(false) {
            match told.has_legal_hold {
                Some(_) => {
                    draft.obstacle(ObstacleKind::LegalHold, Starts::AtWrite, None, LiftedBy::PrivilegedUser)
                }
                None => {
                    let silent = draft.silent("whether there is a legal hold");
                    draft.perhaps_hindered(&silent);
                }
            }
        }
        if told.has_immutability_policy != Some(false) {
            immutability(draft, id, &container.name).await;
        }
        if let Some(versions) = &told.immutable_storage_with_versioning {
            of_versions(draft, versions);
        }
    }
    let site = Observed::Seen(listing.items.iter().any(|(container, _)| container.name == SITE));
    match listing.broke {
        None => (open, site),
        Some(shortfall) => {
            draft.perhaps_hindered(&shortfall);
            let unseen = draft.sheet.unseen("exposure.public", &shortfall);
            (open.or(unseen), site.or(unseen))
        }
    }
}

async fn immutability(draft: &mut Draft<'_>, id: &str, container: &str) {
    // Containers of several accounts bear the same name.
    let about = format!("{id}/blobServices/default/containers/{container}");
    let ask = Ask::of(&GET_IMMUTABILITY_POLICY, format!("{about}/immutabilityPolicies/default"), VERSION);
    let heard: Asked<Wrapped<Immutability>> = draft.session.get(ask.about(&about)).await;
    match heard {
        Ok(heard) => {
            draft.sheet.shown("erasure", &heard.call);
            match heard.told {
                Some(told) => retention(draft, &told.properties),
                None => {
                    let silent = draft.silent("how long the container cannot be deleted");
                    draft.perhaps_hindered(&silent);
                }
            }
        }
        Err(shortfall) => draft.perhaps_hindered(&shortfall),
    }
}

/// A retention: once it is locked nobody can shorten it.
fn retention(draft: &mut Draft<'_>, told: &Immutability) {
    let days = told.immutability_period_since_creation_in_days;
    match (told.state.as_deref(), days) {
        (Some("Disabled"), _) => {}
        (Some("Locked"), Some(days)) => {
            draft.obstacle(ObstacleKind::LockCompliance, Starts::AtWrite, Some(days), LiftedBy::Nobody);
        }
        (Some("Unlocked"), Some(days)) => {
            draft.obstacle(
                ObstacleKind::LockGovernance,
                Starts::AtWrite,
                Some(days),
                LiftedBy::PrivilegedUser,
            );
        }
        (Some("Locked" | "Unlocked") | None, _) => {
            let silent = draft.silent("how long the container cannot be deleted");
            draft.perhaps_hindered(&silent);
        }
        (Some(other), _) => {
            let unknown = draft.unknown("state of a retention", other);
            draft.perhaps_hindered(&unknown);
        }
    }
}

/// Immutability of single versions: the default that is told, and what is set at blobs, which is not read. Only the word
/// that it is off says so, and not beside a default that holds.
fn of_versions(draft: &mut Draft<'_>, told: &AccountImmutability) {
    if let Some(policy) = &told.immutability_policy {
        retention(draft, policy);
    }
    if told.enabled != Some(false) {
        draft.perhaps_hindered(&not_read("retention and legal holds of single objects are not read"));
    }
}

#[derive(Deserialize)]
struct ManagementPolicy {
    policy: Rules,
}

#[derive(Deserialize)]
struct Rules {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    enabled: Option<bool>,
    definition: Definition,
}

#[derive(Deserialize)]
struct Definition {
    filters: Option<Filters>,
    actions: Actions,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filters {
    prefix_match: Option<Vec<String>>,
    blob_index_match: Option<Vec<Value>>,
    blob_types: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Actions {
    base_blob: Option<Deletes>,
    version: Option<Deletes>,
}

#[derive(Deserialize)]
struct Deletes {
    delete: Option<After>,
}

/// After how many days; services write whole numbers with a point.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct After {
    days_after_modification_greater_than: Option<f64>,
    days_after_creation_greater_than: Option<f64>,
    days_after_last_access_time_greater_than: Option<f64>,
}

impl After {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "days are small whole numbers"
    )]
    fn days(&self) -> Option<u32> {
        let told = [
            self.days_after_modification_greater_than,
            self.days_after_creation_greater_than,
            self.days_after_last_access_time_greater_than,
        ];
        told.into_iter().flatten().filter(|days| (0.0..1e6).contains(days)).map(|days| days as u32).min()
    }
}

async fn expiry(draft: &mut Draft<'_>, id: &str) -> Observed<Vec<ExpiryRule>> {
    let ask = Ask::of(&GET_MANAGEMENT_POLICY, format!("{id}/managementPolicies/default"), VERSION).about(id);
    let heard: Asked<Wrapped<ManagementPolicy>> = draft.session.get(ask).await;
    match heard {
        Ok(heard) => {
            draft.sheet.shown("expiry", &heard.call);
            let rules = heard.told.map(|told| told.properties.policy.rules).unwrap_or_default();
            // Left out, a rule is on ("Management Policies - Get").
            let on = rules.into_iter().filter(|rule| rule.enabled.unwrap_or(true));
            Observed::Seen(on.flat_map(|rule| rule.definition.rules()).collect())
        }
        Err(shortfall) => draft.sheet.unseen("expiry.rules", &shortfall),
    }
}

impl Definition {
    fn rules(self) -> Vec<ExpiryRule> {
        let days = |deletes: &Option<Deletes>| deletes.as_ref()?.delete.as_ref()?.days();
        let (current, noncurrent) = (days(&self.actions.base_blob), days(&self.actions.version));
        if current.is_none() && noncurrent.is_none() {
            return Vec::new();
        }
        let (mut prefixes, mut whole) = (Vec::new(), true);
        if let Some(filters) = self.filters {
            prefixes = filters.prefix_match.unwrap_or_default();
            let indexed = filters.blob_index_match.is_some_and(|all| !all.is_empty());
            let appended =
                filters.blob_types.is_some_and(|types| !types.iter().any(|one| one == "appendBlob"));
            whole = !indexed && !appended;
        }
        if prefixes.is_empty() {
            prefixes.push(String::new());
        }
        let rule = |prefix: String| ExpiryRule {
            prefix: bound(&prefix),
            whole,
            days: current,
            from: None,
            noncurrent_days: noncurrent,
        };
        prefixes.into_iter().map(rule).collect()
    }
}
