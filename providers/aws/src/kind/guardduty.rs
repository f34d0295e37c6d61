//! GuardDuty: whether intrusions are watched for, region by region, and where findings are exported to.

use super::Entry;
use super::draft::{Draft, Fact, Tally};
use super::shared::{List, Page, page};
use super::watch::{guards, is_on, nothing_watches, records_to, watcher, whole};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, GuardPurpose, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// The region's detector, if there is one.
    LIST_DETECTORS = "guardduty" "ListDetectors", needs "guardduty:ListDetectors", quota quota::GUARDDUTY,
    Per::Page(50), Get, facts "whether there is a detector of intrusions"
);
operation!(
    /// Whether a detector is on.
    GET_DETECTOR = "guardduty" "GetDetector", needs "guardduty:GetDetector", quota quota::GUARDDUTY,
    Per::Resource, Get, facts "whether the detector of intrusions is on"
);
operation!(
    /// Where findings are exported to.
    LIST_PUBLISHING_DESTINATIONS = "guardduty" "ListPublishingDestinations",
    needs "guardduty:ListPublishingDestinations", quota quota::GUARDDUTY, Per::Resource, Get,
    facts "exports of findings"
);
operation!(
    /// One such place.
    DESCRIBE_PUBLISHING_DESTINATION = "guardduty" "DescribePublishingDestination",
    needs "guardduty:DescribePublishingDestination", quota quota::GUARDDUTY, Per::Sometimes, Get,
    facts "where findings are exported to"
);

/// Detectors of intrusions.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Detector] },
    operations: &[
        &LIST_DETECTORS,
        &GET_DETECTOR,
        &LIST_PUBLISHING_DESTINATIONS,
        &DESCRIBE_PUBLISHING_DESTINATION,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const SERVICE: &str = "guardduty";
const PURPOSE: GuardPurpose = GuardPurpose::Intrusion;

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&LIST_DETECTORS, Api::Rest, region, json!({"maxResults": 50})).at("/detector", &[]);
    match whole(&LIST_DETECTORS, List::<Detectors>::of(session, ask)).await {
        Ok(found) => {
            for id in &found.items {
                if let Some(fact) = detector(session, region, id, &found.calls).await {
                    tally.tell(sink, fact);
                }
            }
            if found.items.is_empty()
                && let Some(fact) = nothing_watches(session, (SERVICE, region), PURPOSE, &found.calls)
            {
                tally.tell(sink, fact);
            }
        }
        Err(shortfall) => tally.fell_short(shortfall),
    }
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detectors {
    detector_ids: Vec<String>,
    next_token: Option<String>,
}

page!(Detectors: String in detector_ids, "nextToken" from next_token, by |item| item.clone());

#[derive(Deserialize)]
struct Detector {
    status: Option<String>,
}

async fn detector(session: &Session, region: &str, id: &str, calls: &[CallId]) -> Option<Fact> {
    let arn = session.arn(SERVICE, region, &format!("detector/{}", shorten(id)));
    let mut draft = watcher(session, (SERVICE, region), (arn, &format!("{SERVICE} {region}")), calls)?;
    let ask = Ask::of(&GET_DETECTOR, Api::Rest, region, json!({})).about(id).at("/detector/{}", &[id]);
    let enabled = match session.told::<Detector>(ask).await {
        Ok(heard) => {
            draft.sheet.shown("guard", &heard.call);
            let status = heard.told.and_then(|told| told.status);
            let words: (&[&str], &[&str]) = (&["ENABLED"], &["DISABLED"]);
            is_on(&mut draft, "guard", status.as_deref(), words, &GET_DETECTOR, heard.call)
        }
        Err(shortfall) => draft.sheet.unseen("guard", &shortfall),
    };
    // It keeps its findings itself, for ninety days.
    guards(&mut draft, PURPOSE, enabled, enabled);
    exports(session, region, &mut draft, id).await;
    Some(draft.finish())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destinations {
    destinations: Vec<Destination>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destination {
    destination_id: String,
}

page!(
    Destinations: Destination in destinations, "nextToken" from next_token,
    by |item| item.destination_id.clone()
);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    destination_id: String,
    destination_properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    destination_arn: Option<String>,
}

/// Where findings are exported to, also where that has stopped: earlier ones may rest there.
async fn exports(session: &Session, region: &str, draft: &mut Draft<'_>, id: &str) {
    let ask = Ask::of(&LIST_PUBLISHING_DESTINATIONS, Api::Rest, region, json!({"maxResults": 50}))
        .about(id)
        .at("/detector/{}/publishingDestination", &[id]);
    let found = match whole(&LIST_PUBLISHING_DESTINATIONS, List::<Destinations>::of(session, ask)).await {
        Ok(found) => found,
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Log, &shortfall),
    };
    found.calls.iter().for_each(|call| draft.sheet.shown("copies", call));
    for destination in &found.items {
        let named = &destination.destination_id;
        let ask = Ask::of(&DESCRIBE_PUBLISHING_DESTINATION, Api::Rest, region, json!({}))
            .about(named)
            .at("/detector/{}/publishingDestination/{}", &[id, named]);
        let heard = match session.told::<Described>(ask).await {
            Ok(heard) => heard,
            Err(shortfall) => {
                draft.perhaps_copied(CopyRole::Log, &shortfall);
                continue;
            }
        };
        draft.sheet.shown("copies", &heard.call);
        let told = heard.told.filter(|told| told.destination_id == *named);
        match told.and_then(|told| told.destination_properties.destination_arn) {
            Some(arn) => records_to(session, draft, &arn).await,
            None => {
                let detail = "the answer does not say where findings are exported to";
                let operation = &DESCRIBE_PUBLISHING_DESTINATION;
                let silent = Shortfall::of(operation, GapReason::Malformed, Some(heard.call), detail);
                draft.perhaps_copied(CopyRole::Log, &silent);
            }
        }
    }
}
