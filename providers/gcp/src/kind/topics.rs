//! Pub/Sub: topics, and the regions their messages may be kept in.

use super::Entry;
use super::draft::{Draft, Fact, Tally, read};
use super::inventory::{Found, Listing, Own, Step};
use crate::quota;
use crate::session::{EVERYWHERE, Session};
use sekisho_contract::Shortfall;
use sekisho_contract::fact::Kind;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use serde::Deserialize;
use std::collections::BTreeMap;

operation!(
    /// The topics of the project.
    LIST_TOPICS = "pubsub" "projects.topics.list", at "v1/{+project}/topics", needs "pubsub.topics.list",
    quota quota::OTHER, Per::Sometimes, Get, facts "topics, where the asset inventory is refused"
);

/// Topics.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::MessageStore] },
    methods: &[&LIST_TOPICS],
    assets: ASSETS,
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "pubsub";
const ASSETS: &[&str] = &["pubsub.googleapis.com/Topic"];
/// Without a policy of its own messages are kept wherever they are published (pubsub.v1, Topic.messageStoragePolicy).
const ANYWHERE: &str = "anywhere";

static OWN: &[&Own] = &[&Own {
    asset: "pubsub.googleapis.com/Topic",
    steps: &[Step {
        method: &LIST_TOPICS,
        at: &[("project", "projects/{project}"), ("pageSize", "1000")],
        items: "topics",
        name: |item, _| Some(format!("//pubsub.googleapis.com/{}", item.get("name")?.as_str()?)),
    }],
}];

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    tally.read(Listing::of(session, ASSETS, OWN), sink, |found| topic(session, found).map(Some)).await;
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
}

fn topic(session: &Session, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Topic = read(&mut found)?;
    let mut draft = Draft::new(session, (Kind::MessageStore, SERVICE), Some(ANYWHERE), &found);
    let regions =
        told.message_storage_policy.map(|policy| policy.allowed_persistence_regions).unwrap_or_default();
    if !regions.is_empty() {
        draft.rests_in(regions.iter().map(String::as_str));
    }
    EVERYWHERE.clone_into(&mut draft.resource.region);
    draft.encrypted(told.kms_key_name.as_deref());
    draft.labelled(&told.labels);
    Ok(draft.finish())
}
