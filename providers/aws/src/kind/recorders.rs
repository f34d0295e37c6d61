//! What records and gathers configurations: AWS Config's recorders and aggregators, each asked once a region, and
//! whether what they hold can stand for asking the things themselves.

use super::draft::as_far;
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Voice;
use sekisho_contract::call::CallId;
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

operation!(
    /// What records configurations in the region.
    DESCRIBE_CONFIGURATION_RECORDERS = "config" "DescribeConfigurationRecorders",
    needs "config:DescribeConfigurationRecorders", quota quota::CONFIG, Per::Page(100), Post,
    facts "recorders of configurations"
);
operation!(
    /// Whether it records.
    DESCRIBE_CONFIGURATION_RECORDER_STATUS = "config" "DescribeConfigurationRecorderStatus",
    needs "config:DescribeConfigurationRecorderStatus", quota quota::CONFIG, Per::Page(100), Post,
    facts "whether configurations are recorded"
);
operation!(
    /// What gathers configurations of other accounts and regions.
    DESCRIBE_CONFIGURATION_AGGREGATORS = "config" "DescribeConfigurationAggregators",
    needs "config:DescribeConfigurationAggregators", quota quota::CONFIG, Per::Page(100), Post,
    facts "aggregators: the regions whose configurations are gathered there"
);
operation!(
    /// Which accounts and regions an aggregator has lately heard from; asked where their records could be used.
    DESCRIBE_AGGREGATOR_SOURCES = "config" "DescribeConfigurationAggregatorSourcesStatus",
    needs "config:DescribeConfigurationAggregatorSourcesStatus", quota quota::CONFIG, Per::SomePages(100), Post,
    facts "whether what is gathered is up to date"
);
operation!(
    /// What a region's recorder holds; asked where it records what would else be asked thing by thing.
    SELECT_RESOURCE_CONFIG = "config" "SelectResourceConfig", needs "config:SelectResourceConfig",
    quota quota::CONFIG_QUERIES, Per::SomePages(100), Post,
    facts "recorded configurations of buckets and keys, in place of asking each"
);
operation!(
    /// What an aggregator holds of an account, over all regions.
    SELECT_AGGREGATE_RESOURCE_CONFIG = "config" "SelectAggregateResourceConfig",
    needs "config:SelectAggregateResourceConfig", quota quota::CONFIG_QUERIES, Per::SomePages(100), Post,
    facts "gathered configurations of buckets and keys, in place of asking each"
);

const API: Api = Api::json("StarlingDoveService");

/// A recorder, or what an aggregator heard of an account, counts as up to date for so long. A recorder that is on
/// delivers what changed within minutes and a history every six hours (AWS Config Developer Guide, "Delivery
/// channel"); and one report tells of one day.
const STALE: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// Config's own role, whose policy AWS keeps (AWSConfigServiceRolePolicy): it may read whatever Config records. Of a
/// role of the customer's that is not known, and what is missing in its records may only not have been readable.
const OWN_ROLE: &str = ":role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig";

/// What is known of recorders and aggregators, by region.
#[derive(Debug, Default)]
pub struct Recorders {
    recording: Once<Result<Recording, Shortfall>>,
    aggregators: Once<Aggregated>,
    sources: Once<Result<BTreeSet<Place>, Shortfall>>,
}

/// An account and a region.
pub type Place = (String, String);

/// The aggregators of a region with the calls that listed them, and why there may be more.
pub type Aggregated = (Vec<(Aggregator, CallId)>, Option<Shortfall>);

/// What several cells need, asked by the first of them.
#[derive(Debug)]
struct Once<T>(Mutex<BTreeMap<String, Arc<OnceCell<Arc<T>>>>>);

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Once<T> {
    async fn get(&self, key: &str, ask: impl Future<Output = T>) -> Arc<T> {
        let cell = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(key.to_owned()).or_default())
        };
        Arc::clone(cell.get_or_init(|| async { Arc::new(ask.await) }).await)
    }
}

/// The recorders of a region.
#[derive(Debug)]
pub struct Recording {
    /// The recorders.
    pub recorders: Vec<Recorder>,
    /// The call that listed them.
    pub call: CallId,
    /// Whether they record.
    pub statuses: Result<(Vec<Status>, CallId), Shortfall>,
}

/// The recorders of a region.
pub async fn recording(session: &Voice, region: &str) -> Arc<Result<Recording, Shortfall>> {
    let ask = async {
        let (found, call) = short::<Found>(session, region, &DESCRIBE_CONFIGURATION_RECORDERS).await?;
        let statuses = short::<Statuses>(session, region, &DESCRIBE_CONFIGURATION_RECORDER_STATUS).await;
        let statuses = statuses.map(|(told, call)| (told.configuration_recorders_status, call));
        Ok(Recording { recorders: found.configuration_recorders, call, statuses })
    };
    session.recorders.recording.get(region, ask).await
}

/// The aggregators of a region.
pub async fn aggregators(session: &Voice, region: &str) -> Arc<Aggregated> {
    let ask = async {
        let ask = Ask::of(&DESCRIBE_CONFIGURATION_AGGREGATORS, API, region, json!({"Limit": 100}));
        as_far(List::<Aggregators>::of(session, ask)).await
    };
    session.recorders.aggregators.get(region, ask).await
}

/// A short list that comes in one answer, with the call that brought it.
pub async fn short<T: DeserializeOwned>(
    session: &Voice,
    region: &str,
    operation: &'static Operation,
) -> Result<(T, CallId), Shortfall> {
    let heard = session.told::<T>(Ask::of(operation, API, region, json!({}))).await?;
    let none = || Shortfall::of(operation, GapReason::Malformed, Some(heard.call), "no list in the answer");
    Ok((heard.told.ok_or_else(none)?, heard.call))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    configuration_recorders: Vec<Recorder>,
}

/// A recorder.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorder {
    /// Its ARN, where it is told.
    pub arn: Option<String>,
    /// Its name.
    pub name: String,
    #[serde(rename = "roleARN")]
    role: Option<String>,
    /// A service of AWS that it records for alone.
    service_principal: Option<String>,
    recording_group: Option<Group>,
    recording_mode: Option<Mode>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    all_supported: Option<bool>,
    #[serde(default)]
    resource_types: Vec<String>,
    exclusion_by_resource_types: Option<Excluded>,
    recording_strategy: Option<Strategy>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Excluded {
    #[serde(default)]
    resource_types: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Strategy {
    use_only: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mode {
    recording_frequency: String,
    #[serde(default)]
    recording_mode_overrides: Vec<Override>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Override {
    #[serde(default)]
    resource_types: Vec<String>,
    recording_frequency: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statuses {
    configuration_recorders_status: Vec<Status>,
}

/// Whether a recorder records.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The recorder's name.
    pub name: String,
    /// Whether it is on.
    pub recording: Option<bool>,
    /// How its latest delivery ended.
    pub last_status: Option<String>,
    /// When that was last said, in seconds since 1970.
    last_status_change_time: Option<f64>,
}

impl Recorder {
    /// Whether it records a type of things as they change. A recorder that looks once a day would have what changed
    /// since then told as what is now.
    fn follows(&self, kind: &str) -> bool {
        let listed = |types: &[String]| types.iter().any(|one| one == kind);
        let recorded = self.recording_group.as_ref().is_some_and(|group| {
            let excluded =
                group.exclusion_by_resource_types.as_ref().is_some_and(|out| listed(&out.resource_types));
            let strategy =
                group.recording_strategy.as_ref().and_then(|strategy| strategy.use_only.as_deref());
            match strategy {
                Some("ALL_SUPPORTED_RESOURCE_TYPES") => !excluded,
                Some("INCLUSION_BY_RESOURCE_TYPES") => listed(&group.resource_types),
                Some("EXCLUSION_BY_RESOURCE_TYPES") => {
                    group.exclusion_by_resource_types.is_some() && !excluded
                }
                // Recorders made before there were strategies.
                None => !excluded && (group.all_supported == Some(true) || listed(&group.resource_types)),
                Some(_) => false,
            }
        });
        // Without a mode it is continuous (RecordingMode).
        let continuous = self.recording_mode.as_ref().is_none_or(|mode| {
            let own = mode.recording_mode_overrides.iter().find(|own| listed(&own.resource_types));
            let frequency = own.map_or(&mode.recording_frequency, |own| &own.recording_frequency);
            frequency == "CONTINUOUS"
        });
        self.service_principal.is_none() && recorded && continuous
    }
}

impl Status {
    /// Whether it is on, and its latest delivery arrived and is not long ago.
    fn is_fresh(&self, now: jiff::Timestamp) -> bool {
        self.recording == Some(true)
            && self.last_status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("success"))
            && is_recent(self.last_status_change_time, now)
    }
}

/// Whether a time in seconds since 1970 is not long ago, nor to come.
#[allow(clippy::cast_possible_truncation, reason = "seconds since 1970 fit, and fractions do not matter")]
fn is_recent(seconds: Option<f64>, now: jiff::Timestamp) -> bool {
    let at = seconds.filter(|seconds| *seconds > 0.0).map(|seconds| seconds as i64);
    let at = at.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    at.is_some_and(|at| now.duration_since(at).abs() <= STALE)
}

/// What a region's records of a type are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trust {
    /// Whether the recorder could read all there is, so that what is not in a record is not there.
    pub reads_all: bool,
}

/// Whether the records of a region can stand for asking things of a type themselves; `None` where they cannot.
pub async fn trusted(session: &Voice, region: &str, kind: &str) -> Option<Trust> {
    session.configured.get()?.iter().any(|known| known == region).then_some(())?;
    let recording = recording(session, region).await;
    let recording = recording.as_ref().as_ref().ok()?;
    let (statuses, _) = recording.statuses.as_ref().ok()?;
    let now = session.now();
    let fresh = |recorder: &&Recorder| {
        statuses.iter().any(|status| status.name == recorder.name && status.is_fresh(now))
    };
    // An account has one recorder of its own in a region.
    let recorder = recording.recorders.iter().filter(fresh).find(|recorder| recorder.follows(kind))?;
    let own_role = format!("arn:aws:iam::{}{OWN_ROLE}", session.account);
    Some(Trust { reads_all: recorder.role.as_deref() == Some(own_role.as_str()) })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Aggregators {
    configuration_aggregators: Vec<Aggregator>,
    next_token: Option<String>,
}

/// What gathers configurations.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Aggregator {
    /// Its name.
    pub configuration_aggregator_name: String,
    /// Its ARN.
    pub configuration_aggregator_arn: String,
    /// Accounts whose configurations it gathers.
    #[serde(default)]
    pub account_aggregation_sources: Vec<AggregationSource>,
    /// The organization whose configurations it gathers.
    pub organization_aggregation_source: Option<AggregationSource>,
}

/// The regions of accounts whose configurations are gathered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AggregationSource {
    /// Every region.
    pub all_aws_regions: Option<bool>,
    /// Or these.
    #[serde(default)]
    pub aws_regions: Vec<String>,
}

page!(
    Aggregators: Aggregator in configuration_aggregators, "NextToken" from next_token,
    by |item| item.configuration_aggregator_arn.clone(), own |item| Some(&item.configuration_aggregator_arn)
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sources {
    aggregated_source_status_list: Vec<Source>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Source {
    source_id: Option<String>,
    source_type: Option<String>,
    aws_region: Option<String>,
    last_update_status: Option<String>,
    last_update_time: Option<f64>,
}

page!(
    Sources: Source in aggregated_source_status_list, "NextToken" from next_token,
    by |item| [&item.source_id, &item.aws_region].map(|text| text.clone().unwrap_or_default()).join(" ")
);

/// The accounts and regions of which an aggregator has lately heard.
async fn heard_of(session: &Voice, region: &str, name: &str) -> Arc<Result<BTreeSet<Place>, Shortfall>> {
    let ask = async {
        let body = json!({"ConfigurationAggregatorName": name, "Limit": 100});
        let ask = Ask::of(&DESCRIBE_AGGREGATOR_SOURCES, API, region, body).about(name);
        let (sources, broken_off) = as_far(List::<Sources>::of(session, ask)).await;
        if let Some(broken_off) = broken_off {
            return Err(broken_off);
        }
        let now = session.now();
        let fresh = |source: &Source| {
            source.source_type.as_deref() == Some("ACCOUNT")
                && source.last_update_status.as_deref() == Some("SUCCEEDED")
                && is_recent(source.last_update_time, now)
        };
        let fresh = sources.into_iter().map(|(source, _)| source).filter(fresh);
        Ok(fresh.filter_map(|source| Some((source.source_id?, source.aws_region?))).collect())
    };
    session.recorders.sources.get(&format!("{region} {name}"), ask).await
}

/// An aggregator, and the regions of an account of which it has lately heard.
pub struct Gatherer {
    /// Who asks it.
    pub voice: Arc<Voice>,
    /// Where it is.
    pub region: String,
    /// Its name.
    pub name: String,
    /// The account's regions that it knows.
    pub regions: BTreeSet<String>,
}

/// The aggregator that knows most of an account's regions, of all that its gatherers have; the first of several.
pub async fn gatherer(voices: &[Arc<Voice>], account: &str) -> Option<Gatherer> {
    let mut best: Option<Gatherer> = None;
    for voice in voices {
        let asked = voice.configured.get().map_or(&[][..], Vec::as_slice);
        let listed = asked.iter().map(|region| async move { (region, aggregators(voice, region).await) });
        for (region, listed) in futures::future::join_all(listed).await {
            for (aggregator, _) in &listed.0 {
                let name = aggregator.configuration_aggregator_name.as_str();
                let heard = heard_of(voice, region, name).await;
                let Ok(places) = heard.as_ref() else { continue };
                let own = places.iter().filter(|(of, _)| of == account).map(|(_, region)| region.clone());
                let regions: BTreeSet<String> = own.collect();
                if regions.len() > best.as_ref().map_or(0, |best| best.regions.len()) {
                    let (voice, region) = (Arc::clone(voice), region.clone());
                    best = Some(Gatherer { voice, region, name: name.to_owned(), regions });
                }
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_follows_changes_is_trusted() {
        let bucket = "AWS::S3::Bucket";
        for (told, follows) in [
            (json!({"recordingGroup": {"allSupported": true}}), true),
            (json!({"recordingGroup": {"allSupported": true}, "servicePrincipal": "x.amazonaws.com"}), false),
            (json!({"recordingGroup": {"allSupported": false, "resourceTypes": [bucket]}}), true),
            (json!({"recordingGroup": {"allSupported": false, "resourceTypes": ["AWS::KMS::Key"]}}), false),
            (json!({"recordingGroup": {}}), false),
            (json!({}), false),
            (
                json!({"recordingGroup": {"exclusionByResourceTypes": {"resourceTypes": [bucket]},
                    "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"}}}),
                false,
            ),
            (
                json!({"recordingGroup": {"exclusionByResourceTypes": {"resourceTypes": ["AWS::EC2::Volume"]},
                    "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"}}}),
                true,
            ),
            (
                json!({"recordingGroup": {"resourceTypes": [bucket],
                    "recordingStrategy": {"useOnly": "INCLUSION_BY_RESOURCE_TYPES"}}}),
                true,
            ),
            (
                json!({"recordingGroup": {"allSupported": true, "recordingStrategy": {"useOnly": "NEW"}}}),
                false,
            ),
            (
                json!({"recordingGroup": {"allSupported": true}, "recordingMode": {"recordingFrequency": "DAILY"}}),
                false,
            ),
            (
                json!({"recordingGroup": {"allSupported": true}, "recordingMode": {"recordingFrequency": "DAILY",
                    "recordingModeOverrides": [{"resourceTypes": [bucket], "recordingFrequency": "CONTINUOUS"}]}}),
                true,
            ),
            (
                json!({"recordingGroup": {"allSupported": true}, "recordingMode": {"recordingFrequency": "CONTINUOUS",
                    "recordingModeOverrides": [{"resourceTypes": [bucket], "recordingFrequency": "DAILY"}]}}),
                false,
            ),
        ] {
            let mut told = told;
            told["name"] = json!("default");
            let recorder: Recorder = serde_json::from_value(told.clone()).unwrap();
            assert_eq!(recorder.follows(bucket), follows, "{told}");
        }
    }

    #[test]
    fn a_recorder_that_is_off_failing_or_silent_for_a_day_is_not_fresh() {
        let now: jiff::Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        let at = |hours: i64| now.as_second() - hours * 3_600;
        for (told, fresh) in [
            (json!({"recording": true, "lastStatus": "SUCCESS", "lastStatusChangeTime": at(1)}), true),
            (json!({"recording": true, "lastStatus": "Success", "lastStatusChangeTime": at(24)}), true),
            (json!({"recording": true, "lastStatus": "Success", "lastStatusChangeTime": at(25)}), false),
            (json!({"recording": true, "lastStatus": "Success", "lastStatusChangeTime": at(-48)}), false),
            (json!({"recording": true, "lastStatus": "Success"}), false),
            (json!({"recording": true, "lastStatus": "Pending", "lastStatusChangeTime": at(1)}), false),
            (json!({"recording": true, "lastStatus": "Failure", "lastStatusChangeTime": at(1)}), false),
            (json!({"recording": false, "lastStatus": "Success", "lastStatusChangeTime": at(1)}), false),
            (json!({"lastStatus": "Success", "lastStatusChangeTime": at(1)}), false),
        ] {
            let mut told = told;
            told["name"] = json!("default");
            let status: Status = serde_json::from_value(told.clone()).unwrap();
            assert_eq!(status.is_fresh(now), fresh, "{told}");
        }
    }
}
