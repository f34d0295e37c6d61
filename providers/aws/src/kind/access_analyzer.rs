//! Access Analyzer: whether access by outsiders is watched for, region by region.

use super::Entry;
use super::draft::{Fact, Tally};
use super::shared::{List, Page, page};
use super::watch::{guards, is_on, nothing_watches, watcher, whole};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{GuardPurpose, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every analyzer of the region.
    LIST_ANALYZERS = "access-analyzer" "ListAnalyzers", needs "access-analyzer:ListAnalyzers",
    quota quota::ACCESS_ANALYZER, Per::Page(100), Get, facts "whether access by outsiders is watched for"
);

/// Analyzers of access.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Detector] },
    operations: &[&LIST_ANALYZERS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const SERVICE: &str = "access-analyzer";
const PURPOSE: GuardPurpose = GuardPurpose::Access;

/// Analyzers that look for other things: access nobody uses, access from within.
const OF_OTHER_THINGS: &[&str] = &[
    "ACCOUNT_UNUSED_ACCESS",
    "ORGANIZATION_UNUSED_ACCESS",
    "ACCOUNT_INTERNAL_ACCESS",
    "ORGANIZATION_INTERNAL_ACCESS",
];

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&LIST_ANALYZERS, Api::Rest, region, json!({"maxResults": 100})).at("/analyzer", &[]);
    match whole(&LIST_ANALYZERS, List::<Analyzers>::of(session, ask)).await {
        Ok(mut found) => {
            found.items.retain(|one| !OF_OTHER_THINGS.contains(&one.sort.as_deref().unwrap_or_default()));
            for one in &found.items {
                if let Some(fact) = analyzer(session, region, one, &found.calls) {
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
struct Analyzers {
    analyzers: Vec<Analyzer>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Analyzer {
    arn: String,
    name: String,
    #[serde(rename = "type")]
    sort: Option<String>,
    status: Option<String>,
}

page!(
    Analyzers: Analyzer in analyzers, "nextToken" from next_token, by |item| item.arn.clone(),
    own |item| Some(&item.arn)
);

fn analyzer(session: &Session, region: &str, found: &Analyzer, calls: &[CallId]) -> Option<Fact> {
    let mut draft = watcher(session, (SERVICE, region), (shorten(&found.arn), &found.name), calls)?;
    let call = *calls.first()?;
    // Of a sort that is not known it is not known whether it looks for outsiders.
    let known = matches!(found.sort.as_deref(), Some("ACCOUNT" | "ORGANIZATION"));
    let word = if known { found.status.as_deref() } else { found.sort.as_deref() };
    let words: (&[&str], &[&str]) = (&["ACTIVE"], &["CREATING", "DISABLED", "FAILED"]);
    let enabled = is_on(&mut draft, "guard", word, words, &LIST_ANALYZERS, call);
    guards(&mut draft, PURPOSE, enabled, enabled);
    Some(draft.finish())
}
