//! The Azure provider under the conformance suite, against the simulator.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use async_trait::async_trait;
use sekisho_azure::Azure;
use sekisho_contract::Operation;
use sekisho_contract::conformance::{self, Counterpart, Fault, Stage};
use sekisho_contract::provider::AccountSection;
use sekisho_simulator::{Description, Simulator};
use sekisho_wire::Wire;
use std::sync::Arc;
use std::time::Duration;

/// A subscription that makes the provider use every operation it declares.
const CLOUD: &str = include_str!("conformance.yaml");

struct Simulated;

#[async_trait]
impl Counterpart for Simulated {
    async fn start(&self, fault: Option<(&Operation, Fault)>) -> Stage {
        let text = match fault {
            None => CLOUD.to_owned(),
            Some((operation, fault)) => format!(
                "{CLOUD}faults:
  - {}
",
                fault.of(operation)
            ),
        };
        let simulator = Simulator::start(Description::parse(&text).unwrap()).unwrap();
        let section = AccountSection {
            tenant: Some("99999999-0000-0000-0000-000000000000".into()),
            management_group: Some("contract".into()),
            endpoint: Some(simulator.endpoint()),
            ..AccountSection::of("azure", "00000000-0000-0000-0000-000000000001")
        };
        let transport = Arc::new(Wire::new(Duration::from_secs(5)).unwrap());
        Stage { section, transport, keep: Box::new(simulator) }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_provider_keeps_the_rules_of_the_house() {
    let broken = conformance::run(&Azure::default(), &Simulated).await;
    assert!(broken.is_empty(), "{} rules broken:\n{}", broken.len(), broken.join("\n"));
}
