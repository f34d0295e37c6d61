//! Bedrock: inference profiles, which send prompts to models in several regions, and the records of prompts and answers.
//!
//! Profiles that Bedrock defines are there whether they are used or not, and are not told of by themselves.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, region_of};
use super::shared::{List, Page, page, region_of_target};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Copy, CopyRole, Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Shortfall};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

operation!(
    /// The inference profiles the account has made in the region.
    LIST_INFERENCE_PROFILES = "bedrock" "ListInferenceProfiles", needs "bedrock:ListInferenceProfiles",
    quota quota::BEDROCK, Per::Page(100), Get, facts "inference profiles: the regions prompts are sent to"
);
operation!(
    /// An inference profile's labels.
    LIST_TAGS_FOR_RESOURCE = "bedrock" "ListTagsForResource", needs "bedrock:ListTagsForResource",
    quota quota::BEDROCK, Per::Resource, Post, facts "labels of inference profiles, for scope"
);
operation!(
    /// Where prompts and answers are recorded.
    GET_MODEL_INVOCATION_LOGGING_CONFIGURATION = "bedrock" "GetModelInvocationLoggingConfiguration",
    needs "bedrock:GetModelInvocationLoggingConfiguration", quota quota::BEDROCK,
    Per::Page(1), Get, facts "the buckets and log groups that prompts and answers are recorded in"
);

/// Inference profiles, and the recording of prompts.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Delivery] },
    operations: &[
        &LIST_INFERENCE_PROFILES,
        &LIST_TAGS_FOR_RESOURCE,
        &GET_MODEL_INVOCATION_LOGGING_CONFIGURATION,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Rest;
const SERVICE: &str = "bedrock";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let body = json!({"type": "APPLICATION", "maxResults": 100});
    let ask = Ask::of(&LIST_INFERENCE_PROFILES, API, region, body).at("/inference-profiles", &[]);
    let list = List::<Profiles>::of(session, ask);
    tally
        .read_some(list, sink, |found, call| async move {
            match found.sort.as_deref() {
                Some("SYSTEM_DEFINED") => None,
                _ => Some(profile(session, region, found, call).await),
            }
        })
        .await;
    let ask = Ask::of(&GET_MODEL_INVOCATION_LOGGING_CONFIGURATION, API, region, Value::Null);
    match session.told::<Recording>(ask.at("/logging/modelinvocations", &[])).await {
        Ok(heard) => {
            let config = heard.told.and_then(|told| told.logging_config);
            if let Some(config) = config.filter(LoggingConfig::is_on) {
                let fact = recording(session, region, config, heard.call).await;
                tally.tell(sink, fact);
            }
        }
        Err(shortfall) => tally.fell_short(shortfall),
    }
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profiles {
    inference_profile_summaries: Vec<Profile>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    inference_profile_arn: String,
    inference_profile_name: String,
    models: Vec<Model>,
    #[serde(rename = "type")]
    sort: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Model {
    model_arn: Option<String>,
}

page!(
    Profiles: Profile in inference_profile_summaries, "nextToken" from next_token,
    by |item| item.inference_profile_arn.clone(), own |item| Some(&item.inference_profile_arn)
);

async fn profile(session: &Session, region: &str, found: Profile, call: CallId) -> Fact {
    let (arn, name) = (found.inference_profile_arn, found.inference_profile_name);
    let asked = {
        let ask = Ask::of(&LIST_TAGS_FOR_RESOURCE, API, region, json!({"resourceARN": arn})).about(&name);
        session.told::<Tags>(ask.at("/listTagsForResource", &[])).await
    };
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, arn, &name, &call);
    let mut regions = BTreeSet::new();
    for model in found.models {
        match model.model_arn.as_deref().map(|arn| (arn, region_of(arn))) {
            Some((_, Some(region))) => {
                regions.insert(region.to_owned());
            }
            // What is sent anywhere has models without a region.
            Some((arn, None)) => {
                let detail =
                    format!("the regions to which prompts for {} are sent are not stated", shorten(arn));
                let anywhere =
                    Shortfall::of(&LIST_INFERENCE_PROFILES, GapReason::Unresolved, Some(call), detail);
                draft.perhaps_copied(CopyRole::Transit, &anywhere);
            }
            None => {
                let detail = "the answer does not say to which model prompts are sent";
                let silent =
                    Shortfall::of(&LIST_INFERENCE_PROFILES, GapReason::Malformed, Some(call), detail);
                draft.perhaps_copied(CopyRole::Transit, &silent);
            }
        }
    }
    for region in &regions {
        draft.copy(CopyRole::Transit, None, region);
    }
    let tags = |told: Tags| told.tags.into_iter().map(|tag| Tag { key: tag.key, value: tag.value }).collect();
    draft.tagged(asked, tags);
    draft.finish()
}

#[derive(Deserialize)]
struct Tags {
    tags: Vec<SmallTag>,
}

/// A label, as Bedrock spells it.
#[derive(Deserialize)]
struct SmallTag {
    key: String,
    #[serde(default)]
    value: String,
}

/// Nothing in it where nothing is recorded.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recording {
    logging_config: Option<LoggingConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoggingConfig {
    cloud_watch_config: Option<ToLogGroup>,
    s3_config: Option<ToBucket>,
}

impl LoggingConfig {
    fn is_on(&self) -> bool {
        self.cloud_watch_config.is_some() || self.s3_config.is_some()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToLogGroup {
    log_group_name: String,
    #[serde(rename = "largeDataDeliveryS3Config")]
    large: Option<ToBucket>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToBucket {
    bucket_name: String,
}

/// Prompts and answers that are recorded are no records about data, they are the data: where they are written they are
/// copied.
async fn recording(session: &Session, region: &str, config: LoggingConfig, call: CallId) -> Fact {
    let id = session.arn(SERVICE, region, "model-invocation-logging");
    let name = "model-invocation-logging";
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, id, name, &call);
    draft.without(&[Facet::Tags]);
    let mut buckets: Vec<ToBucket> = config.s3_config.into_iter().collect();
    if let Some(group) = config.cloud_watch_config {
        let holder = session.arn("logs", region, &format!("log-group:{}", shorten(&group.log_group_name)));
        draft.copy(CopyRole::Replica, Some(&holder), region);
        buckets.extend(group.large);
    }
    for bucket in buckets {
        let holder = format!("arn:aws:s3:::{}", shorten(&bucket.bucket_name));
        let place = region_of_target(session, &mut draft.sheet, "copies", &holder, &BTreeMap::new()).await;
        draft.resource.copies.push(Copy::new(CopyRole::Replica, Some(holder), place));
    }
    draft.finish()
}
