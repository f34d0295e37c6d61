//! What Storage Transfer Service copies out of buckets: by jobs, and by the replication of one bucket to another.

use super::draft::{Draft, Fact, all};
use super::inventory::{Found, Listing, Own, Step};
use super::storage::full_name;
use crate::quota;
use crate::session::{EVERYWHERE, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Shortfall};
use serde::Deserialize;
use std::collections::BTreeMap;

operation!(
    /// The transfer jobs of the project.
    LIST_TRANSFER_JOBS = "storagetransfer" "transferJobs.list", at "v1/transferJobs", needs "storagetransfer.jobs.list",
    quota quota::OTHER, Per::Sometimes, Get, facts "jobs that copy buckets, where the asset inventory is refused"
);
operation!(
    /// The replications of buckets to others: the plain list leaves them out.
    LIST_REPLICATIONS = "storagetransfer" "transferJobs.list.replication", at "v1/transferJobs",
    needs "storagetransfer.jobs.list", quota quota::OTHER, Per::Account, Get,
    facts "buckets that are replicated to other buckets"
);

/// The sort of a job in the inventory.
pub const JOB: &str = "storagetransfer.googleapis.com/TransferJob";

static OWN: &[&Own] = &[&Own {
    asset: JOB,
    steps: &[Step {
        method: &LIST_TRANSFER_JOBS,
        at: &[("filter", "{\"projectId\":\"{project}\"}"), ("pageSize", "256")],
        items: "transferJobs",
        name: full,
    }],
}];
static REPLICATIONS: &[&Own] = &[&Own {
    asset: JOB,
    steps: &[Step {
        method: &LIST_REPLICATIONS,
        at: &[
            ("filter", "{\"projectId\":\"{project}\",\"dataBackend\":\"QUERY_REPLICATION_CONFIGS\"}"),
            ("pageSize", "256"),
        ],
        items: "transferJobs",
        name: full,
    }],
}];

fn full(item: &serde_json::Value, project: &str) -> Option<String> {
    let name = item.get("name")?.as_str()?;
    Some(format!("//storagetransfer.googleapis.com/projects/{project}/{name}"))
}

/// Every job of the project.
pub struct Transfers {
    /// Where each bucket is copied to; `None` for a place outside Cloud Storage.
    by_source: BTreeMap<String, Vec<(Option<String>, CallId)>>,
    /// The jobs, as facts.
    pub told: Vec<Fact>,
    /// Why they are not all known, if so.
    pub missing: Vec<Shortfall>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TransferJob {
    transfer_spec: Option<TransferSpec>,
    replication_spec: Option<ReplicationSpec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TransferSpec {
    gcs_data_source: Option<GcsData>,
    gcs_data_sink: Option<GcsData>,
    gcs_intermediate_data_location: Option<GcsData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReplicationSpec {
    gcs_data_source: Option<GcsData>,
    gcs_data_sink: Option<GcsData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GcsData {
    bucket_name: Option<String>,
}

impl GcsData {
    fn bucket(told: Option<Self>) -> Option<String> {
        told?.bucket_name.filter(|name| !name.is_empty()).map(|name| full_name(&name))
    }
}

impl Transfers {
    /// Reads them. With the API switched off there may have been some, and what they copied rests on.
    pub async fn of(session: &Session) -> Self {
        let (jobs, replications) = futures::join!(
            all(Listing::of(session, &[JOB], OWN)),
            all(Listing::by_own_lists(session, REPLICATIONS))
        );
        let missing: Vec<Shortfall> = jobs.1.into_iter().chain(replications.1).collect();
        let mut transfers = Self { by_source: BTreeMap::new(), told: Vec::new(), missing };
        let mut known = std::collections::BTreeSet::new();
        for found in jobs.0.into_iter().chain(replications.0) {
            if known.insert(found.name.clone()) {
                transfers.note(session, found);
            }
        }
        transfers
    }

    fn note(&mut self, session: &Session, mut found: Found) {
        let told: TransferJob = match super::draft::read(&mut found) {
            Ok(told) => told,
            Err(shortfall) => return self.missing.push(shortfall),
        };
        let (source, sink, between) = match (told.replication_spec, told.transfer_spec) {
            (Some(spec), _) => (spec.gcs_data_source, spec.gcs_data_sink, None),
            (None, Some(spec)) => {
                (spec.gcs_data_source, spec.gcs_data_sink, spec.gcs_intermediate_data_location)
            }
            (None, None) => (None, None, None),
        };
        let (source, sink, between) =
            (GcsData::bucket(source), GcsData::bucket(sink), GcsData::bucket(between));
        if let Some(source) = source {
            // One that is switched off or deleted has copied before.
            self.by_source.entry(source).or_default().push((sink.clone(), found.call));
        }
        let mut draft = Draft::new(session, (Kind::Delivery, "storage"), Some(EVERYWHERE), &found);
        draft.without(&[Facet::Tags]);
        EVERYWHERE.clone_into(&mut draft.resource.region);
        draft.resource.copies.clear();
        for bucket in [&sink, &between].into_iter().flatten() {
            draft.copy_with(CopyRole::Transit, bucket);
        }
        if sink.is_none() {
            draft.perhaps_copied(CopyRole::Transit, &outside());
        }
        self.told.push(draft.finish());
    }

    /// Notes the copies that jobs make of a bucket.
    pub fn copy(&self, draft: &mut Draft<'_>) {
        let bucket = draft.resource.id.clone();
        for (sink, call) in self.by_source.get(&bucket).into_iter().flatten() {
            draft.sheet.shown("copies", call);
            match sink {
                Some(sink) => draft.copy_with(CopyRole::Replica, sink),
                None => draft.perhaps_copied(CopyRole::Replica, &outside()),
            }
        }
        if let Some(missing) = self.missing.first() {
            draft.perhaps_copied(CopyRole::Replica, missing);
        }
    }
}

/// A job that writes elsewhere than to a bucket.
fn outside() -> Shortfall {
    let detail = "the transfer job writes to a place outside Cloud Storage, and where that is was not read";
    Shortfall::without_call(GapReason::NotRead, detail)
}
