//! WAF: filters of web requests, in regions and before the edge, and their logs.

use super::Entry;
use super::draft::{Draft, Fact, Tally};
use super::shared::{List, Page, page};
use super::watch::{guards, records_to, watcher};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{CopyRole, GuardPurpose, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every web access list of a scope.
    LIST_WEB_ACLS = "wafv2" "ListWebACLs", needs "wafv2:ListWebACLs", quota quota::WAFV2, Per::Page(100), Post,
    facts "filters of web requests"
);
operation!(
    /// Where the requests a list has seen are recorded.
    GET_LOGGING_CONFIGURATION = "wafv2" "GetLoggingConfiguration", needs "wafv2:GetLoggingConfiguration",
    quota quota::WAFV2, Per::Resource, Post, facts "whether filtered requests are recorded, and where",
    absent &["WAFNonexistentItemException"]
);

/// Filters of web requests.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Detector] },
    operations: &[&LIST_WEB_ACLS, &GET_LOGGING_CONFIGURATION],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("AWSWAF_20190729");
const SERVICE: &str = "wafv2";

/// Where the lists before the edge are asked for, and live.
const EDGE: &str = "us-east-1";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let mut asked = vec![("REGIONAL", region)];
    if session.reads_for(EDGE, region) {
        asked.push(("CLOUDFRONT", EDGE));
    }
    for (scope, region) in asked {
        let ask = Ask::of(&LIST_WEB_ACLS, API, region, json!({"Scope": scope, "Limit": 100})).about(scope);
        let list = List::<AccessLists>::of(session, ask);
        tally.read_some(list, sink, |one, call| access_list(session, region, one, call)).await;
    }
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccessLists {
    #[serde(rename = "WebACLs")]
    lists: Vec<AccessList>,
    next_marker: Option<String>,
}

#[derive(Deserialize)]
struct AccessList {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "ARN")]
    arn: String,
}

page!(
    AccessLists: AccessList in lists, "NextMarker" from next_marker, by |item| item.arn.clone(),
    own |item| Some(&item.arn)
);

async fn access_list(session: &Session, region: &str, found: AccessList, call: CallId) -> Option<Fact> {
    let mut draft = watcher(session, (SERVICE, region), (shorten(&found.arn), &found.name), &[call])?;
    let ask =
        Ask::of(&GET_LOGGING_CONFIGURATION, API, region, json!({"ResourceArn": found.arn})).about(&found.arn);
    let recorded = match session.told::<Logging>(ask).await {
        Ok(heard) => recorded(session, &mut draft, heard, &found.arn).await,
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Log, &shortfall);
            draft.sheet.unseen("guard.recorded", &shortfall)
        }
    };
    let unread =
        Shortfall::without_call(GapReason::NotRead, "what the web access list stands before was not read");
    let enabled = draft.sheet.unseen("guard.enabled", &unread);
    guards(&mut draft, GuardPurpose::WebRequests, enabled, recorded);
    Some(draft.finish())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Logging {
    logging_configuration: LoggingConfiguration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LoggingConfiguration {
    resource_arn: String,
    log_destination_configs: Vec<String>,
}

async fn recorded(
    session: &Session,
    draft: &mut Draft<'_>,
    heard: Heard<Logging>,
    arn: &str,
) -> Observed<bool> {
    draft.sheet.shown("guard", &heard.call);
    draft.sheet.shown("copies", &heard.call);
    let Some(told) = heard.told.map(|told| told.logging_configuration) else {
        return Observed::Seen(false);
    };
    if told.resource_arn != arn {
        let detail = "the answer is not about this web access list";
        let operation = &GET_LOGGING_CONFIGURATION;
        let astray = Shortfall::of(operation, GapReason::Malformed, Some(heard.call), detail);
        draft.perhaps_copied(CopyRole::Log, &astray);
        return draft.sheet.unseen("guard.recorded", &astray);
    }
    for target in &told.log_destination_configs {
        records_to(session, draft, target).await;
    }
    Observed::Seen(!told.log_destination_configs.is_empty())
}
