//! Asking what providers' portals offer, outside the sweep: through a door that lets out what a portal declares, and no more.

use super::order::Order;
use sekisho_contract::door::{Budget, Door, DoorParts, Ledger};
use sekisho_contract::portal::{PaperFilter, PortalPaper};
use sekisho_contract::{Call, Shortfall};
use std::sync::{Arc, Mutex, PoisonError};

/// What came of asking one portal.
#[derive(Debug)]
pub struct PortalVisit {
    /// The provider whose portal it is.
    pub provider: &'static str,
    /// What people call the portal.
    pub portal: &'static str,
    /// What it offers, as the first account was told that it answered; `None` where it answered none.
    pub papers: Option<Vec<PortalPaper>>,
    /// The accounts it did not answer before, and why.
    pub refused: Vec<(String, Shortfall)>,
    /// Every call that was made.
    pub calls: Vec<Call>,
}

/// Asks the portal of each provider that has one and an account in the order. A portal offers all accounts the same, so it
/// is asked as one of them.
pub async fn visit_portals(order: &Order<'_>, wanted: PaperFilter<'_>) -> Vec<PortalVisit> {
    let mut visits = Vec::new();
    for provider in order.providers {
        let Some(portal) = provider.portal() else { continue };
        let mut accounts = order.accounts.iter().filter(|one| one.provider == provider.name()).peekable();
        if accounts.peek().is_none() {
            continue;
        }
        let ledger = Arc::new(Kept::default());
        let parts = DoorParts {
            transport: Arc::clone(&order.ways.transport),
            ledger: Arc::<Kept>::clone(&ledger),
            patience: order.ways.patience,
            concurrency: order.ways.requests_under_way,
            budget: order.ways.budget.map(Budget::of),
            paced: order.ways.paced,
            cancel: order.cancel.clone(),
        };
        let door = Arc::new(Door::new(provider.name(), portal.operations, parts));
        let (mut papers, mut refused) = (None, Vec::new());
        for section in accounts {
            let asked = match provider.enter(section, Arc::clone(&door)).await {
                Ok(session) => session.papers(wanted).await,
                Err(shortfall) => Err(shortfall),
            };
            match asked {
                Ok(found) => {
                    papers = Some(found);
                    break;
                }
                Err(shortfall) => refused.push((format!("{}/{}", section.provider, section.id), shortfall)),
            }
        }
        let calls = ledger.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        visits.push(PortalVisit { provider: provider.name(), portal: portal.name, papers, refused, calls });
    }
    visits
}

/// Calls as they were made.
#[derive(Default)]
struct Kept(Mutex<Vec<Call>>);

impl Ledger for Kept {
    fn record(&self, call: Call) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }
}
