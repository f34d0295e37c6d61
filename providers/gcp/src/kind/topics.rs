//! Pub/Sub: topics, the regions their messages may be kept in, and where subscriptions carry them on to.

use super::Entry;
use super::draft::{Draft, Fact, Tally, all, not_read, read};
use super::inventory::{Found, Listing, Own, Policies, Step};
use super::storage;
use crate::quota;
use crate::session::{EVERYWHERE, Session};
use sekisho_contract::Shortfall;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use serde::Deserialize;
use std::collections::BTreeMap;

operation!(
    /// The topics of the project.
    LIST_TOPICS = "pubsub" "projects.topics.list", at "v1/{+project}/topics", needs "pubsub.topics.list",
    quota quota::OTHER, Per::Sometimes, Get, facts "topics, where the asset inventory is refused"
);
operation!(
    /// The subscriptions of the project, whosever the topic.
    LIST_SUBSCRIPTIONS = "pubsub" "projects.subscriptions.list", at "v1/{+project}/subscriptions",
    needs "pubsub.subscriptions.list", quota quota::OTHER, Per::Sometimes, Get,
    facts "where messages are carried on to, where the asset inventory is refused"
);

/// Topics and subscriptions.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::MessageStore, Kind::Delivery] },
    methods: &[&LIST_TOPICS, &LIST_SUBSCRIPTIONS],
    assets: ASSETS,
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "pubsub";
const TOPIC: &str = "pubsub.googleapis.com/Topic";
const SUBSCRIPTION: &str = "pubsub.googleapis.com/Subscription";
const ASSETS: &[&str] = &[TOPIC, SUBSCRIPTION];
/// Without a policy of its own messages are kept wherever they are published (pubsub.v1, Topic.messageStoragePolicy).
const ANYWHERE: &str = "anywhere";

static OWN_TOPICS: &[&Own] = &[&Own {
    asset: TOPIC,
    steps: &[Step {
        method: &LIST_TOPICS,
        at: &[("project", "projects/{project}"), ("pageSize", "1000")],
        items: "topics",
        name: |item, _| full(item.get("name")?.as_str()?),
    }],
}];
static OWN_SUBSCRIPTIONS: &[&Own] = &[&Own {
    asset: SUBSCRIPTION,
    steps: &[Step {
        method: &LIST_SUBSCRIPTIONS,
        at: &[("project", "projects/{project}"), ("pageSize", "1000")],
        items: "subscriptions",
        name: |item, _| full(item.get("name")?.as_str()?),
    }],
}];

fn full(name: &str) -> Option<String> {
    Some(format!("//pubsub.googleapis.com/{name}"))
}

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let policies = Policies::of(session, ASSETS).await;
    let mut tally = Tally::default();
    tally.aside(policies.missing());
    let (found, missing) = all(Listing::of(session, &[TOPIC], OWN_TOPICS)).await;
    missing.into_iter().for_each(|shortfall| tally.fell_short(shortfall));
    let mut kept = BTreeMap::new();
    for mut found in found {
        match read::<Topic>(&mut found) {
            Ok(told) => {
                tally.tell(sink, topic(session, &policies, &told, &found));
                kept.insert(found.name, told);
            }
            Err(shortfall) => tally.fell_short(shortfall),
        }
    }
    let listing = Listing::of(session, &[SUBSCRIPTION], OWN_SUBSCRIPTIONS);
    tally.read(listing, sink, |found| subscription(session, &policies, &kept, found).map(Some)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Topic {
    message_storage_policy: Option<MessageStoragePolicy>,
    kms_key_name: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageStoragePolicy {
    #[serde(default)]
    allowed_persistence_regions: Vec<String>,
    enforce_in_transit: Option<bool>,
}

impl Topic {
    /// The regions its messages may be kept in; none for any.
    fn regions(&self) -> &[String] {
        self.message_storage_policy.as_ref().map_or(&[], |policy| &policy.allowed_persistence_regions)
    }
}

fn topic(session: &Session, policies: &Policies, told: &Topic, found: &Found) -> Fact {
    let mut draft = Draft::new(session, (Kind::MessageStore, SERVICE), Some(ANYWHERE), found);
    if !told.regions().is_empty() {
        draft.rests_in(told.regions().iter().map(String::as_str));
        let policy = told.message_storage_policy.as_ref();
        if policy.and_then(|policy| policy.enforce_in_transit) != Some(true) {
            // Publishers and readers elsewhere are served there (pubsub.v1, MessageStoragePolicy.enforceInTransit).
            let detail =
                "messages may pass through regions they are not kept in, and through which was not read";
            draft.perhaps_copied(CopyRole::Transit, &not_read(detail));
        }
    }
    EVERYWHERE.clone_into(&mut draft.resource.region);
    draft.encrypted(told.kms_key_name.as_deref());
    draft.labelled(&told.labels);
    draft.shared(policies.on(&found.name));
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    topic: Option<String>,
    push_config: Option<PushConfig>,
    bigquery_config: Option<BigQueryConfig>,
    cloud_storage_config: Option<CloudStorageConfig>,
    bigtable_config: Option<BigtableConfig>,
    dead_letter_policy: Option<DeadLetterPolicy>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PushConfig {
    push_endpoint: Option<String>,
}

#[derive(Deserialize)]
struct BigQueryConfig {
    table: Option<String>,
}

#[derive(Deserialize)]
struct CloudStorageConfig {
    bucket: Option<String>,
}

#[derive(Deserialize)]
struct BigtableConfig {
    table: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeadLetterPolicy {
    dead_letter_topic: Option<String>,
}

/// A subscription: what it has not handed out yet is kept as its topic's messages are, and it may carry them on.
fn subscription(
    session: &Session,
    policies: &Policies,
    topics: &BTreeMap<String, Topic>,
    mut found: Found,
) -> Result<Fact, Shortfall> {
    let told: Subscription = read(&mut found)?;
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), Some(EVERYWHERE), &found);
    EVERYWHERE.clone_into(&mut draft.resource.region);
    draft.resource.copies.clear();
    draft.labelled(&told.labels);
    draft.shared(policies.on(&found.name));
    match told.topic.as_deref() {
        Some(topic) => by_topic(&mut draft, topics, topic),
        None => {
            let silent = draft.silent("the answer does not say of which topic it is");
            draft.perhaps_copied(CopyRole::Transit, &silent);
        }
    }
    if let Some(topic) = told.dead_letter_policy.and_then(|policy| policy.dead_letter_topic) {
        by_topic(&mut draft, topics, &topic);
    }
    if told.push_config.and_then(|push| push.push_endpoint).is_some_and(|url| !url.is_empty()) {
        let detail = "messages are pushed to an address, and where that is was not read";
        draft.perhaps_copied(CopyRole::Transit, &not_read(detail));
    }
    let written = [
        told.bigquery_config.map(|to| to.table.as_deref().and_then(dataset)),
        told.cloud_storage_config.map(|to| to.bucket.map(|bucket| storage::full_name(&bucket))),
        told.bigtable_config.map(|to| to.table.as_deref().and_then(instance)),
    ];
    for target in written.into_iter().flatten() {
        match target {
            Some(target) => draft.copy_with(CopyRole::Transit, &session.own_name(&target)),
            None => {
                let silent = draft.silent("what messages are written to has no name that can be read");
                draft.perhaps_copied(CopyRole::Transit, &silent);
            }
        }
    }
    Ok(draft.finish())
}

/// Messages rest where a topic's do: as its policy says, where it was read.
fn by_topic(draft: &mut Draft<'_>, topics: &BTreeMap<String, Topic>, topic: &str) {
    let name = draft.session().own_name(&format!("//pubsub.googleapis.com/{topic}"));
    match topics.get(&name) {
        Some(told) if told.regions().is_empty() => draft.copy(CopyRole::Transit, None, ANYWHERE),
        Some(told) => told.regions().iter().for_each(|place| draft.copy(CopyRole::Transit, None, place)),
        None => draft.copy_with(CopyRole::Transit, &name),
    }
}

/// The dataset of a table as `project.dataset.table`; a project of a domain has points of its own.
fn dataset(table: &str) -> Option<String> {
    let mut parts = table.rsplitn(3, '.');
    let (_, dataset, project) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("//bigquery.googleapis.com/projects/{project}/datasets/{dataset}"))
}

/// The instance of a table of Bigtable.
fn instance(table: &str) -> Option<String> {
    let (instance, _) = table.split_once("/tables/")?;
    Some(format!("//bigtable.googleapis.com/{instance}"))
}
