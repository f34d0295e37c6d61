//! OpenSearch Serverless: collections.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::parts::{labelled, named_key};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use futures::StreamExt;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

operation!(
    /// Every collection of the region.
    LIST_COLLECTIONS = "aoss" "ListCollections", needs "aoss:ListCollections", quota quota::OPENSEARCH_SERVERLESS,
    Per::Page(100), Post, facts "search collections: key"
);
operation!(
    /// Many collections at once.
    BATCH_GET_COLLECTION = "aoss" "BatchGetCollection", needs "aoss:BatchGetCollection",
    quota quota::OPENSEARCH_SERVERLESS, Per::Sometimes, Post, facts "search collections: protection"
);
operation!(
    /// Labels.
    LIST_TAGS = "aoss" "ListTagsForResource", needs "aoss:ListTagsForResource",
    quota quota::OPENSEARCH_SERVERLESS, Per::Resource, Post, facts "labels of search collections"
);

/// Search collections.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::SearchIndex] },
    operations: &[&LIST_COLLECTIONS, &BATCH_GET_COLLECTION, &LIST_TAGS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json10("OpenSearchServerless");
const SERVICE: &str = "aoss";
/// Collections that are asked for at once: the most the service takes.
const TOGETHER: usize = 100;

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&LIST_COLLECTIONS, API, region, json!({"maxResults": 100}));
    match all(List::<Collections>::of(session, ask)).await {
        Ok(listed) => {
            let ids: Vec<String> = listed.iter().map(|(one, _)| one.id.clone()).collect();
            let asked = ids.chunks(TOGETHER).map(|batch| protections(session, region, batch));
            let told: Vec<_> =
                futures::stream::iter(asked.collect::<Vec<_>>()).then(|one| one).collect().await;
            let protections: BTreeMap<_, _> = told.into_iter().flatten().collect();
            let protections = &protections;
            tally
                .tell_all(listed, sink, |one, call| collection(session, region, one, call, protections))
                .await;
        }
        Err(shortfall) => tally.fell_short(shortfall),
    }
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Collections {
    collection_summaries: Vec<Collection>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Collection {
    id: String,
    arn: String,
    name: Option<String>,
    kms_key_arn: Option<String>,
}

page!(
    Collections: Collection in collection_summaries, "nextToken" from next_token, by |item| item.arn.clone(),
    own |item| Some(&item.arn)
);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    collection_details: Vec<Detail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    id: String,
    kms_key_arn: Option<String>,
    deletion_protection: Option<String>,
}

/// What is said of a collection, or why nothing is.
type Told = Result<(Detail, CallId), Shortfall>;

async fn protections(session: &Session, region: &str, ids: &[String]) -> Vec<(String, Told)> {
    let operation = &BATCH_GET_COLLECTION;
    let about = ids.join(",");
    let ask = Ask::of(operation, API, region, json!({"ids": ids})).about(&about);
    let mut told = session.told::<Details>(ask).await.map(|heard| {
        let details = heard.told.map(|told| told.collection_details).unwrap_or_default();
        (details.into_iter().map(|one| (one.id.clone(), one)).collect::<BTreeMap<_, _>>(), heard.call)
    });
    let one = |id: &String| {
        let told = match &mut told {
            Ok((details, call)) => details.remove(id).map(|detail| (detail, *call)).ok_or_else(|| {
                Shortfall::of(operation, GapReason::Malformed, Some(*call), "not in the answer")
            }),
            Err(shortfall) => Err(shortfall.clone()),
        };
        (id.clone(), told)
    };
    ids.iter().map(one).collect()
}

async fn collection(
    session: &Session,
    region: &str,
    found: Collection,
    call: CallId,
    details: &BTreeMap<String, Told>,
) -> Fact {
    let (id, name) = (found.arn, found.name.as_deref().unwrap_or(&found.id));
    let mut draft = Draft::new(session, (Kind::SearchIndex, SERVICE), region, id.clone(), name, &call);
    // Its version is the service's own matter.
    draft.without(&[Facet::Software]);
    let untold = Err(Shortfall::of(&BATCH_GET_COLLECTION, GapReason::Malformed, None, "not in the answer"));
    let mut key = found.kms_key_arn.as_deref();
    match details.get(&found.id).unwrap_or(&untold) {
        Ok((detail, call)) => {
            draft.sheet.shown("erasure", call);
            key = key.or(detail.kms_key_arn.as_deref());
            match detail.deletion_protection.as_deref() {
                Some("DISABLED") => {}
                Some("ENABLED") => draft.protected(Some(true)),
                Some(other) => {
                    let detail = format!("unknown protection `{}`", shorten(other));
                    let operation = &BATCH_GET_COLLECTION;
                    draft.perhaps_hindered(&Shortfall::of(
                        operation,
                        GapReason::Unknown,
                        Some(*call),
                        detail,
                    ));
                }
                None => {
                    let detail = "the answer does not say whether it is protected from deletion";
                    let operation = &BATCH_GET_COLLECTION;
                    draft.perhaps_hindered(&Shortfall::of(
                        operation,
                        GapReason::Malformed,
                        Some(*call),
                        detail,
                    ));
                }
            }
        }
        Err(shortfall) => draft.perhaps_hindered(shortfall),
    }
    // What is stored here is always encrypted; the answer names the key, or says that it is the service's own.
    match key {
        Some(key) => draft.encrypted(Observed::Seen(true), named_key(Some(key))),
        None => {
            let untold = draft.said("encryption", None::<bool>, &LIST_COLLECTIONS, call);
            draft.encrypted(untold, None);
        }
    }
    let ask = Ask::of(&LIST_TAGS, API, region, json!({"resourceArn": id})).about(&id);
    labelled(&mut draft, session.told::<Tags>(ask).await, |told| told.tags);
    draft.finish()
}

#[derive(Deserialize)]
struct Tags {
    tags: Vec<Tag>,
}
