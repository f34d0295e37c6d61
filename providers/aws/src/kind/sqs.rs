//! SQS: queues.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::parts::{bounded, sources};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

operation!(
    /// Every queue of the region, by its address.
    LIST_QUEUES = "sqs" "ListQueues", needs "sqs:ListQueues", quota quota::SQS,
    Per::Page(1_000), Post, facts "queues"
);
operation!(
    /// A queue's properties, never its messages.
    GET_QUEUE_ATTRIBUTES = "sqs" "GetQueueAttributes", needs "sqs:GetQueueAttributes", quota quota::SQS,
    Per::Resource, Post, facts "encryption of queues and its key, from where requests may come"
);
operation!(
    /// A queue's labels.
    LIST_QUEUE_TAGS = "sqs" "ListQueueTags", needs "sqs:ListQueueTags", quota quota::SQS,
    Per::Resource, Post, facts "labels of queues, for scope"
);

/// Queues.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::MessageStore] },
    operations: &[&LIST_QUEUES, &GET_QUEUE_ATTRIBUTES, &LIST_QUEUE_TAGS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json10("AmazonSQS");
const SERVICE: &str = "sqs";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let list = List::<Queues>::of(session, Ask::of(&LIST_QUEUES, API, region, json!({"MaxResults": 1000})));
    tally.read(list, sink, |address, call| queue(session, region, address, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Queues {
    /// Left out where there are none.
    #[serde(default)]
    queue_urls: Vec<String>,
    next_token: Option<String>,
}

page!(Queues: String in queue_urls, "NextToken" from next_token, by |item| item.clone());

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    /// Left out where there are none.
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

async fn queue(session: &Session, region: &str, address: String, call: CallId) -> Fact {
    let name = address.rsplit('/').next().unwrap_or_default();
    let id = session.arn(SERVICE, region, &shorten(name));
    let mut draft = Draft::new(session, (Kind::MessageStore, SERVICE), region, id.clone(), name, &call);
    let ask =
        Ask::of(&GET_QUEUE_ATTRIBUTES, API, region, json!({"QueueUrl": address, "AttributeNames": ["All"]}));
    match session.told::<Attributes>(ask.about(name)).await {
        Ok(heard) => encryption(&mut draft, &id, heard),
        Err(shortfall) => {
            draft.perhaps_encrypted(&shortfall);
            bounded(&mut draft, Err(&shortfall));
        }
    }
    let ask = Ask::of(&LIST_QUEUE_TAGS, API, region, json!({"QueueUrl": address})).about(name);
    draft.tagged(session.told::<Tags>(ask).await, |told| Tag::of(told.tags));
    draft.finish()
}

fn encryption(draft: &mut Draft<'_>, id: &str, heard: Heard<Attributes>) {
    let operation = &GET_QUEUE_ATTRIBUTES;
    let attributes = heard.told.map(|told| told.attributes).unwrap_or_default();
    let attribute = |name: &str| attributes.get(name).map(String::as_str).filter(|text| !text.is_empty());
    if attribute("QueueArn") != Some(id) {
        let detail = "the answer is not about this queue";
        let astray = Shortfall::of(operation, GapReason::Malformed, Some(heard.call), detail);
        draft.perhaps_copied(CopyRole::Primary, &astray);
        bounded(draft, Err(&astray));
        return draft.perhaps_encrypted(&astray);
    }
    sources(draft, id, attribute("Policy"), (operation, heard.call));
    draft.sheet.shown("encryption", &heard.call);
    let own = match attribute("SqsManagedSseEnabled") {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    };
    match attribute("KmsMasterKeyId") {
        Some(key) => draft.encrypted(Observed::Seen(true), Some(key)),
        None => {
            let encrypted = draft.said("encryption", own, operation, heard.call);
            draft.encrypted(encrypted, None);
        }
    }
}
