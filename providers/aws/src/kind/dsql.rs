//! Aurora DSQL: clusters, and the regions they span.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::parts::{named_key, not_read};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

operation!(
    /// Every cluster of the region.
    LIST_CLUSTERS = "dsql" "ListClusters", needs "dsql:ListClusters", quota quota::DSQL, Per::Page(100), Get,
    facts "distributed databases"
);
operation!(
    /// A cluster.
    GET_CLUSTER = "dsql" "GetCluster", needs "dsql:GetCluster", quota quota::DSQL, Per::Resource, Get,
    facts "distributed databases: members and witness in other regions, key, protection, labels"
);

/// Distributed databases.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Database] },
    operations: &[&LIST_CLUSTERS, &GET_CLUSTER],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Rest;
const SERVICE: &str = "dsql";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&LIST_CLUSTERS, API, region, json!({"max-results": 100})).at("/cluster", &[]);
    let list = List::<Clusters>::of(session, ask);
    tally.read(list, sink, |one, call| cluster(session, region, one, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Clusters {
    clusters: Vec<Listed>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    identifier: String,
    arn: String,
}

page!(
    Clusters: Listed in clusters, "next-token" from next_token, by |item| item.arn.clone(),
    own |item| Some(&item.arn)
);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cluster {
    arn: String,
    deletion_protection_enabled: bool,
    multi_region_properties: Option<Spread>,
    tags: Option<BTreeMap<String, String>>,
    encryption_details: Option<AtRest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spread {
    witness_region: Option<String>,
    clusters: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AtRest {
    kms_key_arn: Option<String>,
}

async fn cluster(session: &Session, region: &str, found: Listed, call: CallId) -> Fact {
    let (operation, id, name) = (&GET_CLUSTER, found.arn, found.identifier);
    let mut draft = Draft::new(session, (Kind::Database, SERVICE), region, id.clone(), &name, &call);
    // Which version it is of is the service's own matter.
    draft.without(&[Facet::Software]);
    let untold = not_read("whether it has an address on the internet is not told");
    let public = draft.sheet.unseen("network.public_address", &untold);
    draft.addressed(public);
    // It always lies in several zones, and is not set back but from backups that are kept elsewhere.
    draft.redundant(Observed::Seen(true));
    draft.recoverable(None, None);
    let ask = Ask::of(operation, API, region, json!({})).at("/cluster/{}", &[&name]).about(&name);
    let told = session.told::<Cluster>(ask).await.and_then(|heard| {
        let told = heard.told.filter(|told| told.arn == id);
        let detail = "the answer is not about this cluster";
        told.map(|told| (told, heard.call))
            .ok_or_else(|| Shortfall::of(operation, GapReason::Malformed, Some(heard.call), detail))
    });
    match told {
        Ok((told, call)) => {
            for facet in ["copies", "encryption", "erasure", "tags"] {
                draft.sheet.shown(facet, &call);
            }
            described(&mut draft, region, told, call);
        }
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Replica, &shortfall);
            draft.perhaps_encrypted(&shortfall);
            draft.perhaps_hindered(&shortfall);
            draft.resource.tags = draft.sheet.unseen("tags", &shortfall);
        }
    }
    draft.finish()
}

fn described(draft: &mut Draft<'_>, region: &str, told: Cluster, call: CallId) {
    if let Some(spread) = told.multi_region_properties {
        // A witness keeps what was written last.
        for there in spread.witness_region.iter().filter(|there| *there != region) {
            draft.copy(CopyRole::Replica, None, there);
        }
        for member in spread.clusters.into_iter().flatten().filter(|member| *member != told.arn) {
            draft.copy_at(CopyRole::Replica, &member);
        }
    }
    draft.protected(Some(told.deletion_protection_enabled));
    // What is stored here is always encrypted.
    match told.encryption_details {
        Some(details) => draft.encrypted(Observed::Seen(true), named_key(details.kms_key_arn.as_deref())),
        None => {
            let untold = draft.said("encryption", None::<bool>, &GET_CLUSTER, call);
            draft.encrypted(untold, None);
        }
    }
    let tags = told.tags.unwrap_or_default();
    draft.tags(tags.into_iter().map(|(key, value)| Tag { key, value }).collect());
}
