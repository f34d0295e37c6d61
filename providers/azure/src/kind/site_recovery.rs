//! Site Recovery: machines that are replicated by a vault, and where to.

use super::draft::{Draft, Fact};
use super::recovery_services::SERVICE;
use crate::inventory::{ExtendedLocation, Row};
use crate::path;
use crate::quota;
use crate::session::{Ask, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;

operation!(
    /// What Site Recovery replicates by a vault, and where to.
    LIST_REPLICATED_ITEMS = "recoveryservices" "ListReplicationProtectedItems",
    needs "Microsoft.RecoveryServices/vaults/replicationProtectedItems/read", quota quota::ARM,
    Per::Resource, Get, facts "machines that Site Recovery replicates, and the place it replicates them to"
);

/// What a vault replicates.
pub async fn replicas(session: &Session, vault: &Row) -> (Vec<Fact>, Option<Shortfall>) {
    let path = format!("{}/replicationProtectedItems", vault.id);
    let ask = Ask::of(&LIST_REPLICATED_ITEMS, path, "2023-08-01").about(&vault.id);
    let listing = session.list::<Replicated>(ask).await;
    let facts = listing.items.iter().map(|(item, call)| replica(session, vault, item, *call));
    (facts.collect(), listing.broke)
}

#[derive(Deserialize)]
struct Replicated {
    id: String,
    name: String,
    properties: ReplicatedProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReplicatedProperties {
    provider_specific_details: Option<ReplicationDetails>,
}

/// What the several sorts of replication say of places.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReplicationDetails {
    fabric_object_id: Option<String>,
    primary_fabric_location: Option<String>,
    recovery_fabric_location: Option<String>,
    recovery_extended_location: Option<ExtendedLocation>,
    target_location: Option<String>,
    recovery_azure_storage_account: Option<String>,
}

/// A text that says something.
fn said(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// One machine that is replicated: told of by itself, as what replicates it may be in another subscription than the machine.
fn replica(session: &Session, vault: &Row, item: &Replicated, call: CallId) -> Fact {
    let named = (Kind::Delivery, SERVICE, path::id(&item.id), item.name.as_str());
    let region = vault.place();
    let region = if region.is_empty() { "unknown" } else { &region };
    let mut draft = Draft::at(session, named, region, call, &LIST_REPLICATED_ITEMS);
    draft.resource.tags = Observed::Seen(Default::default());
    let told = item.properties.provider_specific_details.as_ref();
    let of = |read: fn(&ReplicationDetails) -> Option<&String>| said(told.and_then(read));
    draft.resource.made_from =
        of(|told| told.fabric_object_id.as_ref()).map(|source| shorten(&path::id(source)));
    // After a failover and protection the other way round it is the replica.
    if let Some(place) = of(|told| told.primary_fabric_location.as_ref()) {
        draft.copy(CopyRole::Primary, None, place);
    }
    let zone = told.and_then(|told| told.recovery_extended_location.as_ref()?.name.as_ref());
    if let Some(zone) = said(zone) {
        draft.replica(zone);
    }
    let place = of(|told| told.recovery_fabric_location.as_ref());
    let place = place.or_else(|| of(|told| told.target_location.as_ref()));
    let store = of(|told| told.recovery_azure_storage_account.as_ref());
    match (place, store) {
        (Some(place), _) => draft.replica(place),
        (None, Some(store)) => draft.copy_at(CopyRole::Replica, store),
        (None, None) => {
            let silent = draft.silent("where a replica rests");
            draft.perhaps_copied(CopyRole::Replica, &silent);
        }
    }
    draft.finish()
}
