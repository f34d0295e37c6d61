//! The Google Cloud provider under the conformance suite, against the simulator.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use async_trait::async_trait;
use sekisho_contract::Operation;
use sekisho_contract::conformance::{self, Counterpart, Fault, Stage};
use sekisho_contract::provider::AccountSection;
use sekisho_gcp::Gcp;
use sekisho_simulator::{Description, Simulator};
use sekisho_wire::Wire;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// A tenancy that makes the provider use every operation it declares.
const CLOUD: &str = include_str!("conformance.yaml");

/// Where the asset inventory is refused each API is asked itself.
const NO_INVENTORY: &str = "  - {service: cloudasset, fault: denied}\n";

/// The cloud, with the inventory or without.
struct Simulated {
    inventory: bool,
}

#[async_trait]
impl Counterpart for Simulated {
    async fn start(&self, fault: Option<(&Operation, Fault)>) -> Stage {
        let mut faults = String::new();
        if let Some((operation, fault)) = fault {
            faults = format!(
                "  - {}
",
                fault.of(operation)
            );
        }
        if !self.inventory {
            faults.push_str(NO_INVENTORY);
        }
        let heading = if faults.is_empty() { "" } else { "faults:\n" };
        let text = format!("{CLOUD}{heading}{faults}");
        let simulator = Simulator::start(Description::parse(&text).unwrap()).unwrap();
        let section = AccountSection {
            organization: Some("900".into()),
            endpoint: Some(simulator.endpoint()),
            ..AccountSection::of("gcp", "kikan-records")
        };
        let transport = Arc::new(Wire::new(Duration::from_secs(5)).unwrap());
        Stage { section, transport, keep: Box::new(simulator) }
    }
}

/// What the rules of the house say of the provider; operations that were not asked apart from the rest.
async fn broken(inventory: bool) -> (BTreeSet<String>, Vec<String>) {
    let broken = conformance::run(&Gcp, &Simulated { inventory }).await;
    let (unasked, rest): (Vec<_>, Vec<_>) =
        broken.into_iter().partition(|one| one.ends_with("is declared but was not asked"));
    (unasked.into_iter().collect(), rest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_provider_keeps_the_rules_of_the_house() {
    let (with, without) = futures::join!(broken(true), broken(false));
    let broken = [with.1, without.1].concat();
    assert!(broken.is_empty(), "{} rules broken:\n{}", broken.len(), broken.join("\n"));
    // With the inventory no API is asked for its lists, without it all are.
    let never: Vec<_> = with.0.intersection(&without.0).collect();
    assert!(never.is_empty(), "{never:?}");
    assert!(with.0.iter().any(|one| one.starts_with("storage:buckets.list ")), "{:?}", with.0);
}
