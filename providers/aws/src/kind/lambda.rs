//! Lambda: functions, where what they could not work on is sent, and their replicas at the edge.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::OnceCell;

operation!(
    /// Every function of the region; asked a second time for the replicas of functions at home elsewhere.
    LIST_FUNCTIONS = "lambda" "ListFunctions", needs "lambda:ListFunctions", quota quota::LAMBDA,
    Per::Page(50), Get, facts "functions: runtime, key of their variables, where failures are sent, of what they are replicas"
);
operation!(
    /// What brings events to functions.
    LIST_EVENT_SOURCE_MAPPINGS = "lambda" "ListEventSourceMappings", needs "lambda:ListEventSourceMappings",
    quota quota::LAMBDA, Per::Page(100), Get, facts "functions: where events are sent that they could not work on"
);
operation!(
    /// A function's labels.
    LIST_TAGS = "lambda" "ListTags", needs "lambda:ListTags", quota quota::LAMBDA,
    Per::Resource, Get, facts "labels of functions, for scope"
);

/// Functions.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Compute] },
    operations: &[&LIST_FUNCTIONS, &LIST_EVENT_SOURCE_MAPPINGS, &LIST_TAGS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Rest;
const SERVICE: &str = "lambda";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    // Asked only where there are functions.
    let known = &OnceCell::new();
    let list = |which, body| {
        let ask = Ask::of(&LIST_FUNCTIONS, API, region, body).about(which);
        List::<Functions>::of(session, ask.at("/2015-03-31/functions", &[]))
    };
    // Without these words replicas are left out; with them more than replicas may come.
    let of_replicas = json!({"MasterRegion": "ALL", "FunctionVersion": "ALL", "MaxItems": 50});
    for (replicas, which, body) in [(false, "", json!({"MaxItems": 50})), (true, "replicas", of_replicas)] {
        tally
            .read_some(list(which, body), sink, |found, call| async move {
                match found.is_replica() == replicas {
                    true => {
                        let sent = known.get_or_init(|| sent(session, region)).await;
                        Some(function(session, region, found, call, sent).await)
                    }
                    false => None,
                }
            })
            .await;
    }
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Functions {
    functions: Vec<Function>,
    next_marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Function {
    function_name: String,
    function_arn: String,
    runtime: Option<String>,
    package_type: Option<String>,
    environment: Option<Environment>,
    #[serde(rename = "KMSKeyArn")]
    key: Option<String>,
    dead_letter_config: Option<DeadLetters>,
    master_arn: Option<String>,
}

/// Variables: their values are secrets, and are not even held.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: Option<BTreeMap<String, IgnoredAny>>,
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeadLetters {
    target_arn: Option<String>,
}

page!(
    Functions: Function in functions, "Marker" from next_marker, by |item| item.function_arn.clone(),
    own |item| Some(&item.function_arn)
);

impl Function {
    fn is_replica(&self) -> bool {
        self.master_arn.as_ref().is_some_and(|arn| !arn.is_empty())
    }

    /// Whether it has variables, which may be seen from their not being told.
    fn has_variables(&self) -> bool {
        self.key.as_ref().is_some_and(|key| !key.is_empty())
            || self.environment.as_ref().is_some_and(|environment| {
                let some = environment.variables.as_ref().is_some_and(|variables| !variables.is_empty());
                some || environment.error.is_some()
            })
    }
}

async fn function(session: &Session, region: &str, found: Function, call: CallId, sent: &Sent) -> Fact {
    let variables = found.has_variables();
    let whole = unqualified(&found.function_arn);
    let mut draft = Draft::new(
        session,
        (Kind::Compute, SERVICE),
        region,
        found.function_arn,
        &found.function_name,
        &call,
    );
    draft.resource.made_from =
        found.master_arn.filter(|arn| !arn.is_empty()).map(|arn| shorten(&unqualified(&arn)));
    let dead = found.dead_letter_config.and_then(|config| config.target_arn).filter(|arn| !arn.is_empty());
    let mut targets = BTreeSet::from_iter(dead);
    match sent {
        Ok(sent) => targets.extend(sent.get(&whole).into_iter().flatten().cloned()),
        Err(shortfall) => draft.perhaps_copied(CopyRole::Transit, shortfall),
    }
    for target in &targets {
        draft.copy_at(CopyRole::Transit, target);
    }
    // What Lambda keeps encrypted under a key that can be chosen are variables: under its own where none is named.
    match variables {
        true => draft.encrypted(Observed::Seen(true), found.key.as_deref()),
        false => draft.without(&[Facet::Encryption]),
    }
    match (found.runtime.as_deref().filter(|runtime| !runtime.is_empty()), found.package_type.as_deref()) {
        (Some(runtime), _) => draft.runs(SERVICE, runtime),
        (None, Some("Image")) => {
            let detail = "what is in the container image was not read";
            draft.perhaps_runs(SERVICE, &Shortfall::without_call(GapReason::NotRead, detail));
        }
        (None, _) => {
            let detail = "the answer does not say software.version";
            let silent = Shortfall::of(&LIST_FUNCTIONS, GapReason::Malformed, Some(call), detail);
            draft.perhaps_runs(SERVICE, &silent);
        }
    }
    let ask = Ask::of(&LIST_TAGS, API, region, Value::Null).about(&found.function_name);
    let asked = session.told::<Tags>(ask.at("/2017-03-31/tags/{}", &[&whole])).await;
    draft.tagged(asked, |told| Tag::of(told.tags));
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tags: BTreeMap<String, String>,
}

/// A function's ARN without the version or alias behind it.
fn unqualified(arn: &str) -> String {
    arn.split(':').take(7).collect::<Vec<_>>().join(":")
}

/// By function: where events are sent that it worked on, or could not work on; or why that was not seen.
type Sent = Result<BTreeMap<String, BTreeSet<String>>, Shortfall>;

async fn sent(session: &Session, region: &str) -> Sent {
    let ask = Ask::of(&LIST_EVENT_SOURCE_MAPPINGS, API, region, json!({"MaxItems": 100}));
    let listed = all(List::<Mappings>::of(session, ask.at("/2015-03-31/event-source-mappings", &[]))).await?;
    let mut sent = BTreeMap::<String, BTreeSet<String>>::new();
    for (mapping, _) in listed {
        let Some(config) = mapping.destination_config else { continue };
        let ends = [config.on_success, config.on_failure].into_iter().flatten();
        let targets = ends.filter_map(|end| end.destination).filter(|target| !target.is_empty());
        sent.entry(unqualified(&mapping.function_arn)).or_default().extend(targets);
    }
    Ok(sent)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mappings {
    event_source_mappings: Vec<Mapping>,
    next_marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mapping {
    #[serde(rename = "UUID")]
    id: String,
    function_arn: String,
    destination_config: Option<Destinations>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destinations {
    on_success: Option<End>,
    on_failure: Option<End>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct End {
    destination: Option<String>,
}

page!(Mappings: Mapping in event_source_mappings, "Marker" from next_marker, by |item| item.id.clone());
