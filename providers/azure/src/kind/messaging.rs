//! Service Bus and Event Hubs: where messages are kept, replicated and captured to.

use super::Entry;
use super::diagnostics;
use super::draft::{Draft, Fact, Tally, listed, not_read};
use crate::inventory::Row;
use crate::path;
use crate::quota;
use crate::session::{Ask, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde::Deserialize;
use std::sync::Arc;

operation!(
    /// Every namespace of Service Bus, with the regions it is replicated to.
    LIST_SERVICE_BUSES = "servicebus" "ListNamespaces", needs "Microsoft.ServiceBus/namespaces/read",
    quota quota::ARM, Per::SomePages(100), Get, facts "queues and topics: place, replication, keys"
);
operation!(
    /// Every namespace of Event Hubs, with the regions it is replicated to.
    LIST_EVENT_HUB_NAMESPACES = "eventhub" "ListNamespaces", needs "Microsoft.EventHub/namespaces/read",
    quota quota::ARM, Per::SomePages(100), Get, facts "event hubs: place, replication, keys"
);
operation!(
    /// The namespace that the names of queues, topics and rules of another are copied to.
    LIST_SERVICE_BUS_PAIRINGS = "servicebus" "ListDisasterRecoveryConfigs",
    needs "Microsoft.ServiceBus/namespaces/disasterRecoveryConfigs/read", quota quota::ARM, Per::Resource, Get,
    facts "namespaces that another's settings are copied to"
);
operation!(
    /// The namespace that the names of hubs and groups of another are copied to.
    LIST_EVENT_HUBS_PAIRINGS = "eventhub" "ListDisasterRecoveryConfigs",
    needs "Microsoft.EventHub/namespaces/disasterRecoveryConfigs/read", quota quota::ARM, Per::Resource, Get,
    facts "namespaces that another's settings are copied to"
);
operation!(
    /// The hubs of a namespace, and where what they take in is captured to.
    LIST_EVENT_HUBS = "eventhub" "ListEventHubs", needs "Microsoft.EventHub/namespaces/eventhubs/read",
    quota quota::ARM, Per::Sometimes, Get, facts "where events are captured to"
);

/// Namespaces of Service Bus and Event Hubs.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::MessageStore] },
    types: &[SERVICE_BUS, EVENT_HUBS],
    operations: &[
        &LIST_SERVICE_BUSES,
        &LIST_EVENT_HUB_NAMESPACES,
        &LIST_SERVICE_BUS_PAIRINGS,
        &LIST_EVENT_HUBS_PAIRINGS,
        &LIST_EVENT_HUBS,
    ],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "messaging";
const SERVICE_BUS: &str = "microsoft.servicebus/namespaces";
const EVENT_HUBS: &str = "microsoft.eventhub/namespaces";
const SERVICE_BUS_VERSION: &str = "2026-01-01";
const EVENT_HUBS_VERSION: &str = "2024-05-01-preview";

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    // The versions that tell of geo-replication: 2024-01-01 of Service Bus does not, though a preview before it did.
    let sorts: [(&str, &'static Operation, &str, &'static str); 2] = [
        (SERVICE_BUS, &LIST_SERVICE_BUSES, "Microsoft.ServiceBus", SERVICE_BUS_VERSION),
        (EVENT_HUBS, &LIST_EVENT_HUB_NAMESPACES, "Microsoft.EventHub", EVENT_HUBS_VERSION),
    ];
    for (sort, operation, provider, version) in sorts {
        let path = session.path(&format!("/providers/{provider}/namespaces"));
        let list = session.list(Ask::of(operation, path, version));
        let (rows, broke) = listed(session, &[sort], list).await;
        tally.fell_short(broke);
        let read = |(row, call, listed): (Arc<Row>, CallId, bool)| async move {
            [namespace(session, &row, call, listed.then_some(operation), operation).await]
        };
        tally.each(rows, sink, read).await;
    }
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Namespace {
    geo_data_replication: Option<GeoDataReplication>,
    encryption: Option<NamespaceEncryption>,
}

#[derive(Deserialize)]
struct GeoDataReplication {
    locations: Option<Vec<Location>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    location_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NamespaceEncryption {
    key_vault_properties: Option<Vec<NamespaceKey>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NamespaceKey {
    key_name: Option<String>,
    key_vault_uri: Option<String>,
}

async fn namespace(
    session: &Session,
    row: &Row,
    call: CallId,
    listed: Option<&'static Operation>,
    list: &'static Operation,
) -> Fact {
    let mut draft = Draft::of(session, (Kind::MessageStore, SERVICE), row, call);
    let told: Namespace = match row.told() {
        Ok(told) => told,
        Err(why) => return draft.unreadable(&why),
    };
    match listed {
        Some(operation) => draft.told_by(operation, call),
        None => {
            let detail = "the inventory has it, and the list of its service does not";
            let gone = Shortfall::of(list, GapReason::Vanished, None, detail);
            draft.perhaps_copied(CopyRole::Replica, &gone);
        }
    }
    // Left out, messages stay in the region ("Azure Service Bus Geo-Replication": off by default).
    if let Some(told) = &told.geo_data_replication {
        geo(&mut draft, told, &row.place());
    }
    let keys = told.encryption.and_then(|told| told.key_vault_properties).unwrap_or_default();
    let addresses: Vec<Option<String>> = keys
        .iter()
        .map(|key| {
            let (vault, name) = (key.key_vault_uri.as_deref()?, key.key_name.as_deref()?);
            Some(format!("{}/keys/{name}", vault.trim_end_matches('/')))
        })
        .collect();
    match addresses.split_first() {
        None => draft.encrypted(None),
        Some((Some(first), others)) => {
            draft.encrypted(Some(first));
            others.iter().flatten().for_each(|other| draft.key(other));
        }
        Some((None, _)) => {
            let nameless = draft.malformed("it is encrypted, and no key is named");
            draft.encrypted_somehow(&nameless);
        }
    }
    if row.r#type == EVENT_HUBS {
        captures(&mut draft).await;
        pairings(&mut draft, &LIST_EVENT_HUBS_PAIRINGS, EVENT_HUBS_VERSION).await;
    } else {
        pairings(&mut draft, &LIST_SERVICE_BUS_PAIRINGS, SERVICE_BUS_VERSION).await;
    }
    diagnostics::read(&mut draft).await;
    draft.finish()
}

/// The regions a namespace is replicated to, its own among them.
fn geo(draft: &mut Draft<'_>, told: &GeoDataReplication, own: &str) {
    let places = told.locations.as_deref().unwrap_or_default();
    if places.is_empty() {
        let silent = draft.silent("where messages are replicated to");
        draft.perhaps_copied(CopyRole::Replica, &silent);
    }
    for place in places {
        match path::place(&place.location_name) {
            region if region.is_empty() => {
                let silent = draft.silent("where a replica rests");
                draft.perhaps_copied(CopyRole::Replica, &silent);
            }
            region if region != own => draft.replica(&place.location_name),
            _ => {}
        }
    }
}

#[derive(Deserialize)]
struct Pairing {
    properties: PairingProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PairingProperties {
    partner_namespace: Option<String>,
}

/// What another namespace holds of its settings: names of queues and rules, and no messages ("Geo-disaster recovery").
async fn pairings(draft: &mut Draft<'_>, operation: &'static Operation, version: &'static str) {
    let (session, id) = (draft.session, draft.resource.id.clone());
    let ask = Ask::of(operation, format!("{id}/disasterRecoveryConfigs"), version).about(&id);
    let pairings = session.list::<Pairing>(ask).await;
    for call in &pairings.calls {
        draft.sheet.shown("copies", call);
    }
    for (pairing, _) in pairings.items {
        match pairing.properties.partner_namespace.filter(|partner| !partner.is_empty()) {
            Some(partner) => draft.copy_at(CopyRole::Replica, &partner),
            // Once broken, a pairing names no partner, which keeps what it had.
            None => {
                let silent = draft.silent("where a replica rests");
                draft.perhaps_copied(CopyRole::Replica, &silent);
            }
        }
    }
    if let Some(shortfall) = pairings.broke {
        draft.perhaps_copied(CopyRole::Replica, &shortfall);
    }
}

#[derive(Deserialize)]
struct Hub {
    properties: HubProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HubProperties {
    capture_description: Option<Capture>,
}

#[derive(Deserialize)]
struct Capture {
    destination: Option<Destination>,
}

#[derive(Deserialize)]
struct Destination {
    properties: Option<DestinationProperties>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DestinationProperties {
    storage_account_resource_id: Option<String>,
}

/// Where what hubs take in is captured to: also by captures that are switched off, which may have written some before.
async fn captures(draft: &mut Draft<'_>) {
    let (session, id) = (draft.session, draft.resource.id.clone());
    let hubs = session
        .list::<Hub>(Ask::of(&LIST_EVENT_HUBS, format!("{id}/eventhubs"), "2024-01-01").about(&id))
        .await;
    for call in &hubs.calls {
        draft.sheet.shown("copies", call);
    }
    for (hub, _) in hubs.items {
        let Some(capture) = hub.properties.capture_description else { continue };
        match capture.destination.and_then(|to| to.properties).and_then(|to| to.storage_account_resource_id) {
            Some(store) if !store.is_empty() => draft.copy_at(CopyRole::Transit, &store),
            _ => {
                let elsewhere = not_read("where captured events rest was not read");
                draft.perhaps_copied(CopyRole::Transit, &elsewhere);
            }
        }
    }
    if let Some(shortfall) = hubs.broke {
        draft.perhaps_copied(CopyRole::Transit, &shortfall);
    }
}
