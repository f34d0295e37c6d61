//! CloudTrail Lake: stores of events that CloudTrail itself keeps.
//!
//! They record as trails do, and are told as both: as stores of records, and by what they record. Their records cannot
//! be changed, says the provider; there are no digests to check that by, so that a store alone never shows that acts
//! are recorded verifiably.

use super::Entry;
use super::cloudtrail::LIST_TAGS;
use super::cloudtrail::{self, Advanced, Selectors};
use super::draft::{Draft, Fact, Tag, Tally};
use super::parts::besides;
use super::shared::{Asked, List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::{GLOBAL_HOME, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{Facet, Kind, LiftedBy, Obstacle, ObstacleKind, Retention, Starts, TrailFacet};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every event data store of the region.
    LIST_EVENT_DATA_STORES = "cloudtrail" "ListEventDataStores", needs "cloudtrail:ListEventDataStores",
    quota quota::CLOUDTRAIL, Per::Page(1_000), Post, facts "event data stores"
);
operation!(
    /// An event data store.
    GET_EVENT_DATA_STORE = "cloudtrail" "GetEventDataStore", needs "cloudtrail:GetEventDataStore",
    quota quota::CLOUDTRAIL, Per::Resource, Post,
    facts "event data stores: retention, key, termination protection, federation, regions, accounts and events recorded"
);

/// Event data stores: a cell of its own, which costs no trail where it cannot be listed.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::LogStore] },
    operations: &[&LIST_EVENT_DATA_STORES, &GET_EVENT_DATA_STORE, &LIST_TAGS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101");
const SERVICE: &str = "cloudtrail-lake";
/// How long a store that is deleted can still be brought back (CloudTrail API, DeleteEventDataStore).
const DELETION_DAYS: u32 = 7;

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&LIST_EVENT_DATA_STORES, API, region, json!({"MaxResults": 1000}));
    let list = List::<Stores>::of(session, ask);
    tally.read(list, sink, |found, call| store(session, region, found, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stores {
    event_data_stores: Vec<Listed>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    event_data_store_arn: String,
    name: Option<String>,
}

page!(
    Stores: Listed in event_data_stores, "NextToken" from next_token, by |item| item.event_data_store_arn.clone(),
    own |item| Some(&item.event_data_store_arn)
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    event_data_store_arn: String,
    status: Option<String>,
    advanced_event_selectors: Option<Vec<Advanced>>,
    multi_region_enabled: Option<bool>,
    organization_enabled: Option<bool>,
    retention_period: Option<u32>,
    termination_protection_enabled: Option<bool>,
    kms_key_id: Option<String>,
    federation_status: Option<String>,
}

async fn store(session: &Session, region: &str, found: Listed, call: CallId) -> Fact {
    let arn = found.event_data_store_arn;
    let id = arn.rsplit('/').next().unwrap_or(&arn).to_owned();
    let name = found.name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
    let mut draft = Draft::new(session, (Kind::LogStore, SERVICE), region, arn.clone(), &name, &call);
    besides(&mut draft, Facet::Trail, &call);
    let ask = |operation, body| Ask::of(operation, API, region, body).about(&id);
    let (described, tags) = futures::join!(
        session.told::<Described>(ask(&GET_EVENT_DATA_STORE, json!({"EventDataStore": arn}))),
        session.told::<TagLists>(ask(&LIST_TAGS, json!({"ResourceIdList": [arn]}))),
    );
    let described = described.and_then(|heard| match heard.told {
        Some(told) if told.event_data_store_arn == arn => Ok((told, heard.call)),
        _ => {
            let other = "the answer is not about this event data store";
            Err(Shortfall::of(&GET_EVENT_DATA_STORE, GapReason::Malformed, Some(heard.call), other))
        }
    });
    match described {
        Ok((told, call)) => read(&mut draft, region, told, call),
        Err(shortfall) => unread(&mut draft, region, &shortfall),
    }
    labelled(&mut draft, &arn, tags);
    draft.finish()
}

fn read(draft: &mut Draft<'_>, region: &str, told: Described, call: CallId) {
    let operation = &GET_EVENT_DATA_STORE;
    for facet in ["encryption", "erasure", "retention", "trail"] {
        draft.sheet.shown(facet, &call);
    }
    // Without a key of KMS, CloudTrail keeps its events under a key of its own.
    draft.encrypted(Observed::Seen(true), told.kms_key_id.as_deref());
    let leaving = told.status.as_deref() == Some("PENDING_DELETION");
    let days = draft.said("retention.days", told.retention_period, operation, call);
    draft.resource.retention =
        Some(Retention { days: if leaving { Observed::Seen(Some(DELETION_DAYS)) } else { days.map(Some) } });
    hindered(draft, &told, call);
    let logging = logging(draft, told.status.as_deref(), call);
    let multi_region = draft.said("trail.multi_region", told.multi_region_enabled, operation, call);
    let organization = draft.said("trail.organization", told.organization_enabled, operation, call);
    let selectors = Heard { call, told: Some(Selectors::advanced(told.advanced_event_selectors)) };
    let recorded = cloudtrail::recorded(&mut draft.sheet, Ok(selectors), operation);
    let validation = undigested(draft);
    draft.resource.trail = Some(TrailFacet {
        home_region: region.to_owned(),
        multi_region,
        // Events of services without regions are those of one region.
        global_events: multi_region.or(Observed::Seen(region == GLOBAL_HOME)),
        logging,
        validation,
        organization,
        some_management_events: recorded.some_management,
        management_events: recorded.all_management,
        data_events: recorded.data,
        target: Observed::Seen(None),
        target_prefix: Observed::Seen(String::new()),
    });
}

/// What keeps a store from being deleted: switches that have to be turned off first, and a waiting time. Its events
/// cannot be deleted one by one.
fn hindered(draft: &mut Draft<'_>, told: &Described, call: CallId) {
    let operation = &GET_EVENT_DATA_STORE;
    match told.termination_protection_enabled {
        Some(protected) => draft.protected(Some(protected)),
        None => {
            let detail = "the answer does not say whether it is protected against deletion";
            draft.perhaps_hindered(&Shortfall::of(operation, GapReason::Malformed, Some(call), detail));
        }
    }
    match told.federation_status.as_deref() {
        None | Some("DISABLED") => {}
        // Tables of the data catalogue lead to its events, which stay where they are.
        Some("ENABLED" | "ENABLING" | "DISABLING") => draft.protected(Some(true)),
        Some(other) => {
            let detail = format!("unknown state of a federation `{}`", shorten(other));
            draft.perhaps_hindered(&Shortfall::of(operation, GapReason::Unknown, Some(call), detail));
        }
    }
    draft.hindered(Obstacle {
        kind: Observed::Seen(ObstacleKind::SoftDelete),
        starts: Observed::Seen(Starts::AtRequest),
        days: Observed::Seen(Some(DELETION_DAYS)),
        until: Observed::Seen(None),
        lifted_by: Observed::Seen(LiftedBy::Nobody),
    });
}

/// Whether it takes events up now.
fn logging(draft: &mut Draft<'_>, status: Option<&str>, call: CallId) -> Observed<bool> {
    let doubt = |reason, detail| Shortfall::of(&GET_EVENT_DATA_STORE, reason, Some(call), detail);
    let doubt = match status {
        Some("ENABLED") => return Observed::Seen(true),
        Some("STOPPING_INGESTION" | "STOPPED_INGESTION" | "PENDING_DELETION") => {
            return Observed::Seen(false);
        }
        Some("CREATED" | "STARTING_INGESTION") => {
            doubt(GapReason::Unresolved, "it is about to start recording events".to_owned())
        }
        other => {
            let detail = format!("unknown state of an event data store `{}`", shorten(other.unwrap_or("")));
            doubt(GapReason::Unknown, detail)
        }
    };
    draft.sheet.unseen("trail.logging", &doubt)
}

/// Nobody can check its records for changes.
fn undigested(draft: &mut Draft<'_>) -> Observed<bool> {
    let detail =
        "the provider states that its records cannot be changed, but they carry no digests to verify that";
    draft.sheet.unseen("trail.validation", &Shortfall::without_call(GapReason::Unresolved, detail))
}

/// What could not be seen of a store.
fn unread(draft: &mut Draft<'_>, region: &str, shortfall: &Shortfall) {
    draft.perhaps_encrypted(shortfall);
    draft.perhaps_hindered(shortfall);
    draft.resource.retention = Some(Retention { days: draft.sheet.unseen("retention.days", shortfall) });
    let validation = undigested(draft);
    let sheet = &mut draft.sheet;
    draft.resource.trail = Some(TrailFacet {
        home_region: region.to_owned(),
        multi_region: sheet.unseen("trail.multi_region", shortfall),
        global_events: sheet.unseen("trail.global_events", shortfall),
        logging: sheet.unseen("trail.logging", shortfall),
        validation,
        organization: sheet.unseen("trail.organization", shortfall),
        some_management_events: sheet.unseen("trail.some_management_events", shortfall),
        management_events: sheet.unseen("trail.management_events", shortfall),
        data_events: sheet.unseen("trail.data_events", shortfall),
        target: Observed::Seen(None),
        target_prefix: Observed::Seen(String::new()),
    });
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagLists {
    resource_tag_list: Vec<TagList>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagList {
    resource_id: Option<String>,
    #[serde(default)]
    tags_list: Vec<Tag>,
}

/// Its labels; an answer about others only is none about it.
fn labelled(draft: &mut Draft<'_>, arn: &str, asked: Asked<TagLists>) {
    let own = asked.and_then(|heard| {
        let about = |list: &TagList| list.resource_id.as_deref() == Some(arn);
        let own = heard.told.and_then(|lists| lists.resource_tag_list.into_iter().find(about));
        let other = "the answer is not about this event data store";
        let astray = || Shortfall::of(&LIST_TAGS, GapReason::Malformed, Some(heard.call), other);
        Ok((own.ok_or_else(astray)?, heard.call))
    });
    match own {
        Ok((list, call)) => {
            draft.sheet.shown("tags", &call);
            draft.tags(list.tags_list);
        }
        Err(shortfall) => draft.resource.tags = draft.sheet.unseen("tags", &shortfall),
    }
}
