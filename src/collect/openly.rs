//! Asking providers what they tell anybody, outside the sweep: through doors that let out those questions, and no more.

use super::journal::Journal;
use super::order::Order;
use crate::corroborate::hear::OpenThing;
use futures::StreamExt;
use sekisho_contract::door::{Door, DoorParts};
use sekisho_contract::{Provider, Thing};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The region that is told of each thing to whoever asks, in their order; `None` where nothing was told. A refusal is no
/// gap: it is a second opinion that was not had. Where the run may make so many requests and no more, none is spent on it.
pub async fn ask_openly(order: &Order<'_>, journal: &Journal, things: &[OpenThing]) -> Vec<Option<String>> {
    if order.ways.budget.is_some() {
        return vec![None; things.len()];
    }
    let open = |provider: &'_ Arc<dyn Provider>| {
        let parts = DoorParts {
            transport: Arc::clone(&order.ways.transport),
            ledger: journal.ledger(),
            patience: order.ways.patience,
            concurrency: order.ways.requests_under_way,
            budget: None,
            paced: order.ways.paced,
            cancel: order.cancel.clone(),
        };
        Arc::new(Door::new(provider.name(), provider.tells_openly(), parts))
    };
    let doors: BTreeMap<&str, (&Arc<dyn Provider>, Arc<Door>)> =
        order.providers.iter().map(|provider| (provider.name(), (provider, open(provider)))).collect();
    let ask = |thing: &'_ OpenThing| {
        let door = doors.get(thing.section.provider.as_str());
        let thing = thing.clone();
        async move {
            let (provider, door) = door?;
            let OpenThing { region, service, kind, id, name, section, .. } = &thing;
            let asked = Thing { region, service, kind: *kind, id, name };
            provider.ask_openly(section, &asked, Arc::clone(door)).await?.ok()
        }
    };
    futures::stream::iter(things.iter().map(ask))
        .buffered(order.ways.requests_under_way.max(1))
        .collect()
        .await
}
