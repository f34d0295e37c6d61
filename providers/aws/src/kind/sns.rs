//! SNS: topics, and where their messages go.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::flow::{handed_to, sent_away};
use super::parts::{bounded, sources};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

operation!(
    /// Every topic of the region.
    LIST_TOPICS = "sns" "ListTopics", needs "sns:ListTopics", quota quota::SNS,
    Per::Page(100), Post, facts "topics"
);
operation!(
    /// A topic's properties.
    GET_TOPIC_ATTRIBUTES = "sns" "GetTopicAttributes", needs "sns:GetTopicAttributes", quota quota::SNS,
    Per::Resource, Post, facts "encryption of topics and its key, from where requests may come"
);
operation!(
    /// Where a topic's messages go, whoever subscribed: the list of an account's subscriptions leaves out others'.
    LIST_SUBSCRIPTIONS_BY_TOPIC = "sns" "ListSubscriptionsByTopic", needs "sns:ListSubscriptionsByTopic",
    quota quota::SNS, Per::Resource, Post, facts "where messages of a topic are sent"
);
operation!(
    /// A topic's labels.
    LIST_TAGS_FOR_RESOURCE = "sns" "ListTagsForResource", needs "sns:ListTagsForResource", quota quota::SNS,
    Per::Resource, Post, facts "labels of topics, for scope"
);

/// Topics.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::MessageStore] },
    operations: &[&LIST_TOPICS, &GET_TOPIC_ATTRIBUTES, &LIST_SUBSCRIPTIONS_BY_TOPIC, &LIST_TAGS_FOR_RESOURCE],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Query("2010-03-31");
const SERVICE: &str = "sns";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let list = List::<Topics>::of(session, Ask::of(&LIST_TOPICS, API, region, json!({})));
    tally.read(list, sink, |found, call| topic(session, region, found, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Topics {
    #[serde(deserialize_with = "members")]
    topics: Vec<Topic>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Topic {
    topic_arn: String,
}

page!(
    Topics: Topic in topics, "NextToken" from next_token, by |item| item.topic_arn.clone(),
    own |item| Some(&item.topic_arn)
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    #[serde(deserialize_with = "members")]
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    key: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Subscriptions {
    #[serde(deserialize_with = "members")]
    subscriptions: Vec<Subscription>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Subscription {
    subscription_arn: String,
    #[serde(default)]
    protocol: String,
    #[serde(default)]
    endpoint: String,
}

// Subscriptions that nobody confirmed yet all bear the same word for an ARN.
page!(Subscriptions: Subscription in subscriptions, "NextToken" from next_token, by |item| {
    [item.subscription_arn.as_str(), &item.protocol, &item.endpoint].join(" ")
});

/// What stands for the ARN of a subscription through which nothing is sent: not confirmed, or no more.
const IDLE: [&str; 2] = ["PendingConfirmation", "Deleted"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    #[serde(deserialize_with = "members")]
    tags: Vec<Tag>,
}

async fn topic(session: &Session, region: &str, found: Topic, call: CallId) -> Fact {
    let arn = found.topic_arn;
    let name = arn.rsplit(':').next().unwrap_or_default();
    let mut draft = Draft::new(session, (Kind::MessageStore, SERVICE), region, arn.clone(), name, &call);
    let ask = Ask::of(&GET_TOPIC_ATTRIBUTES, API, region, json!({"TopicArn": arn})).about(&arn);
    match session.told::<Attributes>(ask).await {
        Ok(heard) => encryption(&mut draft, &arn, heard),
        Err(shortfall) => {
            draft.perhaps_encrypted(&shortfall);
            bounded(&mut draft, Err(&shortfall));
        }
    }
    subscriptions(&mut draft, session, region, &arn).await;
    let ask = Ask::of(&LIST_TAGS_FOR_RESOURCE, API, region, json!({"ResourceArn": arn})).about(&arn);
    draft.tagged(session.told::<Tags>(ask).await, |told| told.tags);
    draft.finish()
}

fn encryption(draft: &mut Draft<'_>, arn: &str, heard: Heard<Attributes>) {
    let told = heard.told.map(|told| told.attributes).unwrap_or_default();
    let told: BTreeMap<String, String> = told.into_iter().map(|one| (one.key, one.value)).collect();
    let attribute = |name: &str| told.get(name).map(String::as_str).filter(|text| !text.is_empty());
    if attribute("TopicArn") != Some(arn) {
        let detail = "the answer is not about this topic";
        let astray = Shortfall::of(&GET_TOPIC_ATTRIBUTES, GapReason::Malformed, Some(heard.call), detail);
        bounded(draft, Err(&astray));
        return draft.perhaps_encrypted(&astray);
    }
    sources(draft, arn, attribute("Policy"), (&GET_TOPIC_ATTRIBUTES, heard.call));
    draft.sheet.shown("encryption", &heard.call);
    // Without a key there is no server-side encryption, whatever the disks below do.
    let key = attribute("KmsMasterKeyId");
    draft.encrypted(Observed::Seen(key.is_some()), key);
}

/// Counts of subscriptions among a topic's attributes lag behind them: they are asked for whatever is counted.
async fn subscriptions(draft: &mut Draft<'_>, session: &Session, region: &str, arn: &str) {
    let ask = Ask::of(&LIST_SUBSCRIPTIONS_BY_TOPIC, API, region, json!({"TopicArn": arn})).about(arn);
    let listed = match all(List::<Subscriptions>::of(session, ask)).await {
        Ok(listed) => listed,
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Transit, &shortfall),
    };
    let mut away = BTreeSet::new();
    for (subscription, call) in listed {
        draft.sheet.shown("copies", &call);
        if IDLE.contains(&subscription.subscription_arn.as_str()) {
            continue;
        }
        match subscription.protocol.as_str() {
            "sqs" | "lambda" | "firehose" => {
                handed_to(draft, session, CopyRole::Transit, &subscription.endpoint).await;
            }
            // Addresses of people are not told on: the sort says enough. What goes to devices goes through their makers.
            other => {
                away.insert(other.to_owned());
            }
        }
    }
    away.iter().for_each(|sort| sent_away(draft, CopyRole::Transit, &format!("`{sort}`")));
}
