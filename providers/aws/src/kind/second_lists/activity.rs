//! The audit log's event history: what was changed in a region lately, and through which service.

use super::{Told, used};
use crate::api::{Api, Ask};
use crate::kind::shared::{List, Page, moment, page};
use crate::quota;
use crate::session::Session;
use crate::sorts;
use sekisho_contract::fact::Use;
use sekisho_contract::operation::Per;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

operation!(
    /// The latest changes made in the region, of those of the last 90 days.
    LOOKUP_EVENTS = "cloudtrail" "LookupEvents", needs "cloudtrail:LookupEvents", quota quota::CLOUDTRAIL_LOOKUP,
    Per::Page(50), Post, facts "services through which something was changed lately"
);

const API: Api = Api::json("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101");

/// Pages read of a region: a busy region has any number, and the newest say what is in use there.
const PAGES: usize = 4;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Events {
    events: Vec<Event>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    event_id: String,
    event_source: String,
    event_time: f64,
}

page!(Events: Event in events, "NextToken" from next_token, by |item| item.event_id.clone());

/// The services through which something was changed in a region.
pub async fn uses(session: &Session, region: &str) -> Told<Use> {
    let body = json!({
        "LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}],
        "MaxResults": 50,
    });
    let mut list = List::<Events>::of(session, Ask::of(&LOOKUP_EVENTS, API, region, body));
    let mut told = Told { said: Vec::new(), calls: Vec::new(), shortfall: None, whole: true };
    let mut seen: BTreeMap<String, (u64, f64)> = BTreeMap::new();
    // A busy region's history goes on: what was read of it counts, and it is not said to have been read to its end.
    told.whole = false;
    while told.calls.len() < PAGES {
        match list.next().await {
            Ok(Some((events, call))) => {
                told.calls.push(call);
                for event in events {
                    let entry = seen.entry(event.event_source).or_insert((0, event.event_time));
                    *entry = (entry.0 + 1, entry.1.max(event.event_time));
                }
            }
            Ok(None) => {
                told.whole = true;
                break;
            }
            Err(shortfall) => {
                told.calls.extend(shortfall.call);
                told.shortfall = Some(shortfall);
                break;
            }
        }
    }
    let one = |(source, (count, last)): (String, (u64, f64))| {
        let service = source.strip_suffix(".amazonaws.com").unwrap_or(&source);
        let last = moment(last).unwrap_or_else(|| "an unknown time".to_owned());
        let events = if count == 1 { "event" } else { "events" };
        used(region, service, format!("{count} {events}, the last at {last}"), &sorts::of(service, ""))
    };
    told.said = seen.into_iter().map(one).collect();
    told
}
