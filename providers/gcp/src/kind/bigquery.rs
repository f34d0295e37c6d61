//! BigQuery: datasets.

use super::Entry;
use super::draft::{Draft, Fact, Tally, not_read, number, read};
use super::inventory::{Binding, Found, Listing, Own, Policies, Policy, Step};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Encryption, KeyManager, Kind, LiftedBy, ObstacleKind, Starts};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Observed, Shortfall};
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
/// A table can let others in by itself.
const WITH_POLICIES: &[&str] = &["bigquery.googleapis.com/Dataset", "bigquery.googleapis.com/Table"];
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
            // Hidden ones too.
            at: &[("projectId", "{project}"), ("maxResults", "1000"), ("all", "true")],
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
    let policies = Policies::of(session, WITH_POLICIES).await;
    let mut tally = Tally::default();
    tally.aside(policies.missing());
    let listing = Listing::of(session, ASSETS, OWN);
    tally.read(listing, sink, |found| dataset(session, &policies, found).map(Some)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dataset {
    location: Option<String>,
    default_encryption_configuration: Option<EncryptionConfiguration>,
    #[serde(default, deserialize_with = "number")]
    max_time_travel_hours: Option<u64>,
    access: Option<Vec<Access>>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EncryptionConfiguration {
    kms_key_name: Option<String>,
}

/// Someone a dataset lets in, or a view, routine or dataset that may read it for whoever may use that.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Access {
    special_group: Option<String>,
    iam_member: Option<String>,
    user_by_email: Option<String>,
    group_by_email: Option<String>,
    domain: Option<String>,
    view: Option<TableReference>,
    routine: Option<RoutineReference>,
    dataset: Option<DatasetAccessEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TableReference {
    project_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoutineReference {
    project_id: Option<String>,
}

#[derive(Deserialize)]
struct DatasetAccessEntry {
    dataset: Option<DatasetReference>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DatasetReference {
    project_id: Option<String>,
}

impl Access {
    /// The member of a policy that it is. One of no known form is nobody that can be placed.
    fn member(&self, project: &str) -> String {
        let of_project = |id: &str| format!("projectViewer:{id}");
        if let Some(group) = &self.special_group {
            return match group.as_str() {
                "projectOwners" => format!("projectOwner:{project}"),
                "projectWriters" => format!("projectEditor:{project}"),
                "projectReaders" => of_project(project),
                other => other.to_owned(),
            };
        }
        if let Some(email) = &self.user_by_email {
            let agent = email.ends_with(".gserviceaccount.com");
            return format!("{}:{email}", if agent { "serviceAccount" } else { "user" });
        }
        let view = self.view.as_ref().and_then(|view| view.project_id.as_deref());
        let routine = self.routine.as_ref().and_then(|routine| routine.project_id.as_deref());
        let dataset = self.dataset.as_ref().and_then(|entry| entry.dataset.as_ref()?.project_id.as_deref());
        self.iam_member
            .clone()
            .or_else(|| Some(format!("group:{}", self.group_by_email.as_ref()?)))
            .or_else(|| Some(format!("domain:{}", self.domain.as_ref()?)))
            .or_else(|| view.or(routine).or(dataset).map(of_project))
            .unwrap_or_else(|| "an entry of no known form".to_owned())
    }
}

fn dataset(session: &Session, policies: &Policies, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Dataset = read(&mut found)?;
    let location = told.location.as_deref().unwrap_or(DEFAULT_LOCATION);
    let mut draft = Draft::new(session, (Kind::Table, SERVICE), Some(location), &found);
    // No answer of the API names them: they stand in INFORMATION_SCHEMA.SCHEMATA_REPLICAS, and a query makes a job.
    draft.perhaps_copied(
        CopyRole::Replica,
        &not_read("replicas of the dataset in other regions were not read"),
    );
    let key = told.default_encryption_configuration.and_then(|told| told.kms_key_name);
    encrypted(&mut draft, key.as_deref().filter(|key| !key.is_empty()));
    draft.labelled(&told.labels);
    share(&mut draft, policies, told.access.as_deref(), &found);
    let travel = told.max_time_travel_hours.unwrap_or(DEFAULT_TRAVEL_HOURS).div_ceil(24);
    let kept = u32::try_from(travel + FAIL_SAFE_DAYS).ok();
    draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, kept, LiftedBy::Nobody);
    draft.recoverable(u32::try_from(travel).ok());
    Ok(draft.finish())
}

/// The key of a dataset is that of tables to come: those there are may lie under others
/// (bigquery.v2, Dataset.defaultEncryptionConfiguration).
fn encrypted(draft: &mut Draft<'_>, key: Option<&str>) {
    let Some(key) = key else { return draft.encrypted(None) };
    let tables =
        not_read("the dataset's key is that of tables made since it was set, and the tables were not read");
    let name = draft.session().key_name(key);
    let key_manager: Observed<KeyManager> = draft.sheet.unseen("encryption.key_manager", &tables);
    draft.resource.encryption = Some(Encryption {
        enabled: Observed::Seen(true),
        algorithm: Observed::Seen("cloudkms".to_owned()),
        key: draft.sheet.unseen("encryption.key", &tables),
        key_manager,
    });
    draft.copy_with(CopyRole::Key, &name);
}

/// Who may read the dataset: by itself, by its policy and by those of its tables.
fn share(draft: &mut Draft<'_>, policies: &Policies, access: Option<&[Access]>, found: &Found) {
    let project = draft.session().project.clone();
    let own: Option<Policy> = access.map(|access| {
        let members = access.iter().map(|entry| entry.member(&project)).collect();
        Policy { bindings: vec![Binding { members }] }
    });
    let silent;
    let shared: Result<(Policy, Vec<CallId>), &Shortfall> = match (policies.within(&found.name), own) {
        (Ok((mut policy, mut calls)), Some(own)) => {
            policy.bindings.extend(own.bindings);
            calls.push(found.call);
            Ok((policy, calls))
        }
        (Ok(_), None) => {
            silent = draft.silent("the answer does not say who may use the dataset");
            Err(&silent)
        }
        (Err(shortfall), _) => Err(shortfall),
    };
    draft.shared(shared);
}
