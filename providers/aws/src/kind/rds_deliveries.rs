//! RDS: data that flow out of it, into buckets and warehouses.

use super::draft::{Draft, Fact, Tag, Tally};
use super::parts::{besides, copied_to_bucket, named_key};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::FactSink;
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::future::ready;

operation!(
    /// Snapshots and clusters that were written out to buckets.
    DESCRIBE_EXPORT_TASKS = "rds" "DescribeExportTasks", needs "rds:DescribeExportTasks", quota quota::RDS,
    Per::Page(100), Post, facts "data of snapshots and clusters that were written to buckets: which bucket, key"
);
operation!(
    /// Databases whose changes flow into warehouses.
    DESCRIBE_INTEGRATIONS = "rds" "DescribeIntegrations", needs "rds:DescribeIntegrations", quota quota::RDS,
    Per::Page(100), Post, facts "databases whose changes flow into warehouses: which warehouse, key, labels"
);

const API: Api = Api::Query("2014-10-31");
const SERVICE: &str = "rds";

/// Tells of what was written to buckets, and what flows into warehouses.
pub(super) async fn deliveries(session: &Session, region: &str, tally: &mut Tally, sink: &dyn FactSink) {
    let ask = |operation| Ask::of(operation, API, region, json!({"MaxRecords": 100}));
    let list = List::<Exports>::of(session, ask(&DESCRIBE_EXPORT_TASKS));
    tally.read_some(list, sink, |one, call| export(session, region, one, call)).await;
    let list = List::<Integrations>::of(session, ask(&DESCRIBE_INTEGRATIONS));
    tally.read(list, sink, |one, call| ready(integration(session, region, one, call))).await;
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Exports {
    #[serde(deserialize_with = "members")]
    export_tasks: Vec<Export>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Export {
    export_task_identifier: String,
    source_arn: Option<String>,
    #[serde(rename = "S3Bucket")]
    bucket: Option<String>,
    kms_key_id: Option<String>,
    status: Option<String>,
    percent_progress: Option<u32>,
}

page!(Exports: Export in export_tasks, "Marker" from marker, by |item| item.export_task_identifier.clone());

/// What was written to a bucket, or is being. A task that wrote nothing left nothing behind.
async fn export(session: &Session, region: &str, found: Export, call: CallId) -> Option<Fact> {
    let stopped = matches!(found.status.as_deref(), Some("FAILED" | "CANCELED"));
    if stopped && found.percent_progress == Some(0) {
        return None;
    }
    let name = &found.export_task_identifier;
    let id = session.arn(SERVICE, region, &format!("export-task:{}", shorten(name)));
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, id, name, &call);
    // Tasks carry no labels.
    draft.without(&[Facet::Tags]);
    besides(&mut draft, Facet::Encryption, &call);
    draft.resource.made_from = found.source_arn.as_deref().map(shorten);
    match found.bucket.filter(|bucket| !bucket.is_empty()) {
        Some(bucket) => copied_to_bucket(session, &mut draft, CopyRole::Backup, &bucket).await,
        None => {
            let detail = "the answer names no bucket";
            let unnamed = Shortfall::of(&DESCRIBE_EXPORT_TASKS, GapReason::Malformed, Some(call), detail);
            draft.perhaps_copied(CopyRole::Backup, &unnamed);
        }
    }
    // What is written out is always encrypted, under a key that is named.
    let key = named_key(found.kms_key_id.as_deref());
    let encrypted = draft.said("encryption", key.map(|_| true), &DESCRIBE_EXPORT_TASKS, call);
    draft.encrypted(encrypted, key);
    Some(draft.finish())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Integrations {
    #[serde(deserialize_with = "members")]
    integrations: Vec<Integration>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Integration {
    integration_arn: String,
    integration_name: Option<String>,
    source_arn: Option<String>,
    target_arn: Option<String>,
    #[serde(rename = "KMSKeyId")]
    key: Option<String>,
    #[serde(default, deserialize_with = "members")]
    tags: Vec<Tag>,
}

page!(
    Integrations: Integration in integrations, "Marker" from marker, by |item| item.integration_arn.clone(),
    own |item| Some(&item.integration_arn)
);

/// A warehouse is kept in step with a database.
fn integration(session: &Session, region: &str, found: Integration, call: CallId) -> Fact {
    let name = found.integration_name.as_deref().unwrap_or(&found.integration_arn).to_owned();
    let mut draft =
        Draft::new(session, (Kind::Delivery, SERVICE), region, found.integration_arn, &name, &call);
    besides(&mut draft, Facet::Encryption, &call);
    draft.resource.made_from = found.source_arn.as_deref().map(shorten);
    match found.target_arn.filter(|target| !target.is_empty()) {
        Some(target) => draft.copy_at(CopyRole::Replica, &target),
        None => {
            let detail = "the answer names no target";
            let unnamed = Shortfall::of(&DESCRIBE_INTEGRATIONS, GapReason::Malformed, Some(call), detail);
            draft.perhaps_copied(CopyRole::Replica, &unnamed);
        }
    }
    // On the way it is always encrypted.
    draft.encrypted(Observed::Seen(true), named_key(found.key.as_deref()));
    draft.tags(found.tags);
    draft.finish()
}
