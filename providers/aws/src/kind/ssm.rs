//! Systems Manager: parameters.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, as_far};
use super::second_lists::labels::{self, GET_RESOURCES, Tagged};
use super::shared::{Asked, List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::Kind;
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::future::ready;

operation!(
    /// Every parameter of the region, without its value.
    DESCRIBE_PARAMETERS = "ssm" "DescribeParameters", needs "ssm:DescribeParameters", quota quota::SSM,
    Per::Page(50), Post, facts "parameters: sort, key"
);
/// Parameters.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Secret] },
    operations: &[&DESCRIBE_PARAMETERS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("AmazonSSM");
const SERVICE: &str = "ssm";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&DESCRIBE_PARAMETERS, API, region, json!({"MaxResults": 50}));
    let (parameters, shortfall) = as_far(List::<Parameters>::of(session, ask)).await;
    if let Some(shortfall) = shortfall {
        tally.fell_short(shortfall);
    }
    if !parameters.is_empty() {
        let labels = labels_of(session, region).await;
        let labels = &labels;
        tally
            .each(parameters, sink, |(found, call)| ready(parameter(session, region, found, &call, labels)))
            .await;
    }
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters {
    parameters: Vec<Parameter>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    name: String,
    #[serde(rename = "ARN")]
    arn: Option<String>,
    #[serde(rename = "Type")]
    sort: Option<String>,
    key_id: Option<String>,
}

page!(
    Parameters: Parameter in parameters, "NextToken" from next_token, by |item| item.name.clone(),
    own |item| item.arn.as_deref()
);

/// The labels of a region's parameters, by ARN.
type Labels = Asked<BTreeMap<String, BTreeMap<String, String>>>;

/// A parameter does not tell its labels, and asking for those of each takes a call each: they are asked for all at
/// once. Resources that never had a label are not in the answer.
async fn labels_of(session: &Session, region: &str) -> Labels {
    let body = json!({"ResourceTypeFilters": ["ssm:parameter"], "ResourcesPerPage": 100});
    let mut list = List::<Tagged>::of(
        session,
        Ask::of(&GET_RESOURCES, labels::API, region, body).about("ssm:parameter"),
    );
    let (mut labels, mut last) = (BTreeMap::new(), None);
    while let Some((mappings, call)) = list.next().await? {
        last = Some(call);
        let of = |tags: Vec<Tag>| tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        labels.extend(mappings.into_iter().map(|mapping| (mapping.arn, of(mapping.tags))));
    }
    let none = || Shortfall::of(&GET_RESOURCES, GapReason::Malformed, None, "no list in the answer");
    Ok(Heard { call: last.ok_or_else(none)?, told: Some(labels) })
}

fn parameter(session: &Session, region: &str, found: Parameter, call: &CallId, labels: &Labels) -> Fact {
    let named = || session.arn(SERVICE, region, &format!("parameter/{}", found.name.trim_start_matches('/')));
    let arn = found.arn.clone().unwrap_or_else(named);
    let mut draft = Draft::new(session, (Kind::Secret, SERVICE), region, arn.clone(), &found.name, call);
    match found.sort.as_deref() {
        Some("SecureString") => {
            draft.encrypted_under(found.key_id.as_deref(), &DESCRIBE_PARAMETERS, *call);
        }
        // The service documents encryption of the third sort alone.
        Some("String" | "StringList") => draft.encrypted(Observed::Seen(false), None),
        Some(other) => {
            let detail = format!("unknown kind of parameter `{}`", shorten(other));
            draft.perhaps_encrypted(&Shortfall::of(
                &DESCRIBE_PARAMETERS,
                GapReason::Unknown,
                Some(*call),
                detail,
            ));
        }
        None => {
            let unsaid = draft.said("encryption", None, &DESCRIBE_PARAMETERS, *call);
            draft.encrypted(unsaid, None);
        }
    }
    let told = labels.as_ref().map_err(Clone::clone).map(|heard| {
        let told = heard.told.as_ref().and_then(|labels| labels.get(&arn));
        Heard { call: heard.call, told: told.cloned() }
    });
    draft.tagged(told, Tag::of);
    draft.finish()
}
