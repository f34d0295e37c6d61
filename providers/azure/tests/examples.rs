//! Microsoft's own example answers decode into the facts they state.
//!
//! They are read from beside the project (`../shared/data/azure-examples`) and never copied; where they are not there, the test says so
//! and does nothing.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and says what it left out"
)]

use sekisho_azure::Azure;
use sekisho_contract::door::{Door, DoorParts, Ledger, Patience};
use sekisho_contract::fact::{Resource, SecondList};
use sekisho_contract::provider::{AccountSection, FactSink, Provider};
use sekisho_contract::{Call, Gap};
use sekisho_simulator::{Description, Simulator};
use sekisho_wire::Wire;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

#[derive(Deserialize)]
struct Example {
    file: String,
    /// What the example's resource is a part of.
    besides: Option<Value>,
    find: String,
    facts: BTreeMap<String, Value>,
    #[serde(default)]
    gaps: Vec<String>,
}

#[derive(Default)]
struct Notes(Mutex<Vec<(Resource, Vec<Gap>)>>);

impl FactSink for Notes {
    fn resource(&self, resource: Resource, gaps: Vec<Gap>) {
        self.0.lock().unwrap().push((resource, gaps));
    }
    fn second_list(&self, _: SecondList) {}
}

impl Ledger for Notes {
    fn record(&self, _: Call) {}
}

/// The folder of the examples, above the package or beside what holds it.
fn folder() -> Option<PathBuf> {
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    above.find_map(|folder| Some(folder.join("shared/data/azure-examples")).filter(|folder| folder.is_dir()))
}

#[tokio::test]
async fn examples_decode_into_the_facts_they_state() {
    let Some(folder) = folder() else {
        eprintln!("skipped: there is no shared/data/azure-examples beside the project");
        return;
    };
    let examples: Vec<Example> = serde_saphyr::from_str(include_str!("examples.yaml")).unwrap();
    let mut differences = Vec::new();
    for example in &examples {
        let text = std::fs::read_to_string(folder.join(&example.file)).unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        let found = walk(&cloud(&answer, example.besides.clone())).await;
        let ends = |id: &str| id.ends_with(&format!("/{}", example.find));
        let Some((resource, gaps)) = found.iter().find(|(resource, _)| ends(&resource.id)) else {
            let all: Vec<&str> = found.iter().map(|(resource, _)| resource.id.as_str()).collect();
            differences.push(format!("{}: no {} among {all:?}", example.file, example.find));
            continue;
        };
        let told = serde_json::to_value(resource).unwrap();
        for (place, wanted) in &example.facts {
            let got = told.pointer(place).cloned().unwrap_or(Value::Null);
            if !fits(wanted, &got) {
                differences.push(format!(
                    "{}: {} {place} is {got}, not {wanted}; {told}",
                    example.file, example.find
                ));
            }
        }
        for facet in &example.gaps {
            if !gaps.iter().any(|gap| gap.facet.split('.').next() == Some(facet)) {
                differences.push(format!("{}: {} leaves no gap at {facet}", example.file, example.find));
            }
        }
    }
    assert!(examples.len() >= 20);
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

fn fits(wanted: &Value, got: &Value) -> bool {
    match (wanted.as_str().and_then(|text| text.strip_prefix('*')), got.as_str()) {
        (Some(end), Some(got)) => got.ends_with(end),
        _ => wanted == got,
    }
}

/// A description of what an example's answer tells, in our subscription.
fn cloud(answer: &Value, besides: Option<Value>) -> String {
    let body = &answer["responses"]["200"]["body"];
    let items = match body["value"].as_array() {
        Some(items) => items.clone(),
        None => vec![body.clone()],
    };
    let mut resources: Vec<Value> = besides.into_iter().collect();
    for item in items {
        let Some(id) = item["id"].as_str() else { continue };
        let below = id.trim_start_matches('/').splitn(3, '/').nth(2).unwrap_or_default();
        let beside: serde_json::Map<String, Value> = item
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| !["id", "name", "type", "location", "properties"].contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let properties = item["properties"].as_object().cloned().unwrap_or_default();
        resources.push(
            json!({"id": below, "location": item["location"], "beside": beside, "properties": properties}),
        );
    }
    json!({"azure": {"subscriptions": [{"id": SUBSCRIPTION, "resources": resources}]}}).to_string()
}

async fn walk(cloud: &str) -> Vec<(Resource, Vec<Gap>)> {
    let simulator = Simulator::start(Description::parse(cloud).unwrap()).unwrap();
    let section =
        AccountSection { endpoint: Some(simulator.endpoint()), ..AccountSection::of("azure", SUBSCRIPTION) };
    let azure = Azure::default();
    let notes = Arc::new(Notes::default());
    let parts = DoorParts {
        transport: Arc::new(Wire::new(Duration::from_secs(5)).unwrap()),
        ledger: Arc::clone(&notes) as Arc<dyn Ledger>,
        patience: Patience { attempts: 1, throttled_attempts: 1, ..Patience::ORDINARY },
        concurrency: 16,
        budget: None,
        paced: false,
        cancel: tokio_util::sync::CancellationToken::new(),
    };
    let door = Arc::new(Door::new("azure", azure.operations(), parts));
    let session = azure.enter(&section, door).await.unwrap();
    let survey = session.survey(&*notes).await;
    for cell in survey.open {
        session.sweep(&cell, &*notes).await;
    }
    let mut found = notes.0.lock().unwrap();
    std::mem::take(&mut *found)
}
