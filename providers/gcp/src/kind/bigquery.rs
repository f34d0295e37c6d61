//! BigQuery: datasets.

use super::Entry;
use super::draft::{Draft, Fact, Tally, number, read};
use super::inventory::{Found, Listing, Own, Step};
use crate::quota;
use crate::session::Session;
use sekisho_contract::Shortfall;
use sekisho_contract::fact::{Kind, LiftedBy, ObstacleKind, Starts};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use serde::Deserialize;
use std::collections::BTreeMap;

operation!(
    /// The names of the project's datasets.
    LIST_DATASETS = "bigquery" "datasets.list", at "bigquery/v2/projects/{+projectId}/datasets",
    needs "bigquery.datasets.get", quota quota::OTHER, Per::Sometimes, Get,
    facts "datasets, where the asset inventory is refused"
);
operation!(
    /// A dataset: the list says less than it is.
    GET_DATASET = "bigquery" "datasets.get", at "bigquery/v2/projects/{+projectId}/datasets/{+datasetId}",
    needs "bigquery.datasets.get", quota quota::OTHER, Per::Sometimes, Get,
    facts "keys of datasets and how long what was deleted is kept, where the asset inventory is refused"
);

/// Datasets.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Table] },
    methods: &[&LIST_DATASETS, &GET_DATASET],
    assets: ASSETS,
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "bigquery";
const ASSETS: &[&str] = &["bigquery.googleapis.com/Dataset"];
/// Where a dataset is made that names no place (cloud.google.com/bigquery/docs/locations).
const DEFAULT_LOCATION: &str = "US";
/// Hours back that queries can go, and days after which what was deleted can no longer be had back even by Google
/// (cloud.google.com/bigquery/docs/time-travel).
const DEFAULT_TRAVEL_HOURS: u64 = 168;
const FAIL_SAFE_DAYS: u64 = 7;

static OWN: &[&Own] = &[&Own {
    asset: "bigquery.googleapis.com/Dataset",
    steps: &[
        Step {
            method: &LIST_DATASETS,
            at: &[("projectId", "{project}"), ("maxResults", "1000")],
            items: "datasets",
            name: |item, _| Some(item.pointer("/datasetReference/datasetId")?.as_str()?.to_owned()),
        },
        Step {
            method: &GET_DATASET,
            at: &[("projectId", "{project}"), ("datasetId", "{above}")],
            items: "",
            name: |item, project| {
                let id = item.pointer("/datasetReference/datasetId")?.as_str()?;
                Some(format!("//bigquery.googleapis.com/projects/{project}/datasets/{id}"))
            },
        },
    ],
}];

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    tally.read(Listing::of(session, ASSETS, OWN), sink, |found| dataset(session, found).map(Some)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dataset {
    location: Option<String>,
    default_encryption_configuration: Option<EncryptionConfiguration>,
    #[serde(default, deserialize_with = "number")]
    max_time_travel_hours: Option<u64>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EncryptionConfiguration {
    kms_key_name: Option<String>,
}

fn dataset(session: &Session, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Dataset = read(&mut found)?;
    let location = told.location.as_deref().unwrap_or(DEFAULT_LOCATION);
    let mut draft = Draft::new(session, (Kind::Table, SERVICE), Some(location), &found);
    draft.encrypted(told.default_encryption_configuration.and_then(|told| told.kms_key_name).as_deref());
    draft.labelled(&told.labels);
    let travel = told.max_time_travel_hours.unwrap_or(DEFAULT_TRAVEL_HOURS).div_ceil(24);
    let kept = u32::try_from(travel + FAIL_SAFE_DAYS).ok();
    draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, kept, LiftedBy::Nobody);
    draft.recoverable(u32::try_from(travel).ok());
    Ok(draft.finish())
}
