//! AWS Config: whether configurations are recorded, region by region, where the records go, and who gathers them.

use super::Entry;
use super::draft::{Draft, Fact, Tally};
use super::shared::{List, Page, page};
use super::watch::{Whole, guards, nobody, records_to, watcher, whole};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, GuardPurpose, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

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
    /// Where the records go.
    DESCRIBE_DELIVERY_CHANNELS = "config" "DescribeDeliveryChannels", needs "config:DescribeDeliveryChannels",
    quota quota::CONFIG, Per::Page(100), Post, facts "buckets and topics that records of configurations go to"
);
operation!(
    /// What gathers configurations of other accounts and regions.
    DESCRIBE_CONFIGURATION_AGGREGATORS = "config" "DescribeConfigurationAggregators",
    needs "config:DescribeConfigurationAggregators", quota quota::CONFIG, Per::Page(100), Post,
    facts "aggregators: the regions whose configurations are gathered there"
);
operation!(
    /// Who may gather the configurations of this account.
    DESCRIBE_AGGREGATION_AUTHORIZATIONS = "config" "DescribeAggregationAuthorizations",
    needs "config:DescribeAggregationAuthorizations", quota quota::CONFIG, Per::Page(100), Post,
    facts "accounts and regions that may gather configurations of this one"
);

/// Recorders and gatherers of configurations.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Detector] },
    operations: &[
        &DESCRIBE_CONFIGURATION_RECORDERS,
        &DESCRIBE_CONFIGURATION_RECORDER_STATUS,
        &DESCRIBE_DELIVERY_CHANNELS,
        &DESCRIBE_CONFIGURATION_AGGREGATORS,
        &DESCRIBE_AGGREGATION_AUTHORIZATIONS,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("StarlingDoveService");
const SERVICE: &str = "config";
const PURPOSE: GuardPurpose = GuardPurpose::Configuration;

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    recorders(session, region, sink, &mut tally).await;
    let ask = Ask::of(&DESCRIBE_CONFIGURATION_AGGREGATORS, API, region, json!({"Limit": 100}));
    let list = List::<Aggregators>::of(session, ask);
    let read = |one, call| std::future::ready(aggregator(session, region, one, call));
    tally.read_some(list, sink, read).await;
    tally.outcome()
}

/// A short list that comes in one answer, with the call that brought it.
async fn short<T: DeserializeOwned>(
    session: &Session,
    region: &str,
    operation: &'static Operation,
) -> Result<(T, CallId), Shortfall> {
    let heard = session.told::<T>(Ask::of(operation, API, region, json!({}))).await?;
    let none = || Shortfall::of(operation, GapReason::Malformed, Some(heard.call), "no list in the answer");
    Ok((heard.told.ok_or_else(none)?, heard.call))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Recorders {
    configuration_recorders: Vec<Recorder>,
}

#[derive(Deserialize)]
struct Recorder {
    arn: Option<String>,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statuses {
    configuration_recorders_status: Vec<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    name: String,
    recording: Option<bool>,
    last_status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Channels {
    delivery_channels: Vec<Channel>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Channel {
    #[serde(rename = "s3BucketName")]
    bucket: Option<String>,
    #[serde(rename = "snsTopicARN")]
    topic: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Authorizations {
    aggregation_authorizations: Vec<Authorization>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Authorization {
    authorized_account_id: String,
    authorized_aws_region: String,
}

page!(
    Authorizations: Authorization in aggregation_authorizations, "NextToken" from next_token,
    by |item| format!("{} {}", item.authorized_account_id, item.authorized_aws_region)
);

/// Where the configurations of a region go, or why that was not seen.
struct Goes {
    channels: Result<(Channels, CallId), Shortfall>,
    allowed: Result<Whole<Authorization>, Shortfall>,
}

async fn recorders(session: &Session, region: &str, sink: &dyn FactSink, tally: &mut Tally) {
    let listed = match short::<Recorders>(session, region, &DESCRIBE_CONFIGURATION_RECORDERS).await {
        Ok(listed) => listed,
        Err(shortfall) => return tally.fell_short(shortfall),
    };
    let statuses = short::<Statuses>(session, region, &DESCRIBE_CONFIGURATION_RECORDER_STATUS).await;
    let ask = Ask::of(&DESCRIBE_AGGREGATION_AUTHORIZATIONS, API, region, json!({"Limit": 100}));
    let goes = Goes {
        channels: short(session, region, &DESCRIBE_DELIVERY_CHANNELS).await,
        allowed: whole(&DESCRIBE_AGGREGATION_AUTHORIZATIONS, List::<Authorizations>::of(session, ask)).await,
    };
    let (found, call) = listed;
    if found.configuration_recorders.is_empty() {
        statuses.as_ref().err().into_iter().for_each(|shortfall| tally.fell_short(shortfall.clone()));
        // What was recorded before may still rest where the records went.
        if let Some(mut draft) = nobody(session, (SERVICE, region), PURPOSE, &[call]) {
            sent(session, &mut draft, &goes).await;
            tally.tell(sink, draft.finish());
        }
    }
    for recorder in found.configuration_recorders {
        let id = recorder.arn.as_deref().map_or_else(
            || session.arn(SERVICE, region, &format!("configuration-recorder/{}", shorten(&recorder.name))),
            shorten,
        );
        let Some(mut draft) = watcher(session, (SERVICE, region), (id, &recorder.name), &[call]) else {
            continue;
        };
        recording(&mut draft, &recorder.name, &statuses);
        sent(session, &mut draft, &goes).await;
        tally.tell(sink, draft.finish());
    }
}

/// Whether a recorder is on, and whether its records arrive.
fn recording(draft: &mut Draft<'_>, name: &str, statuses: &Result<(Statuses, CallId), Shortfall>) {
    let operation = &DESCRIBE_CONFIGURATION_RECORDER_STATUS;
    let (enabled, recorded) = match statuses {
        Ok((statuses, call)) => {
            draft.sheet.shown("guard", call);
            let own = statuses.configuration_recorders_status.iter().find(|status| status.name == name);
            let enabled =
                draft.said("guard.enabled", own.and_then(|status| status.recording), operation, *call);
            let recorded = match own.and_then(|status| status.last_status.as_deref()) {
                Some("Success") => Observed::Seen(true),
                Some("Failure") => Observed::Seen(false),
                // Nothing has been delivered yet.
                _ if enabled == Observed::Seen(false) => Observed::Seen(false),
                Some(other) => {
                    let detail = format!("the latest delivery of records is `{}`", shorten(other));
                    let open = Shortfall::of(operation, GapReason::Unknown, Some(*call), detail);
                    draft.sheet.unseen("guard.recorded", &open)
                }
                None => draft.said("guard.recorded", None, operation, *call),
            };
            (enabled, recorded)
        }
        Err(shortfall) => {
            (draft.sheet.unseen("guard.enabled", shortfall), draft.sheet.unseen("guard.recorded", shortfall))
        }
    };
    guards(draft, PURPOSE, enabled, recorded);
}

/// Where the configurations of the region go: buckets, topics, and whoever may gather them.
async fn sent(session: &Session, draft: &mut Draft<'_>, goes: &Goes) {
    match &goes.channels {
        Ok((channels, call)) => {
            draft.sheet.shown("copies", call);
            for channel in &channels.delivery_channels {
                if let Some(bucket) = channel.bucket.as_deref().filter(|name| !name.is_empty()) {
                    records_to(session, draft, &format!("arn:aws:s3:::{}", shorten(bucket))).await;
                }
                if let Some(topic) = channel.topic.as_deref().filter(|arn| !arn.is_empty()) {
                    draft.copy_at(CopyRole::Transit, topic);
                }
            }
        }
        Err(shortfall) => draft.perhaps_copied(CopyRole::Log, shortfall),
    }
    match &goes.allowed {
        Ok(allowed) => {
            allowed.calls.iter().for_each(|call| draft.sheet.shown("copies", call));
            for one in &allowed.items {
                let (account, region) = (&one.authorized_account_id, &one.authorized_aws_region);
                let gatherer = format!("arn:aws:{SERVICE}:{region}:{account}:config-aggregator");
                draft.copy(CopyRole::Transit, Some(&gatherer), region);
            }
        }
        Err(shortfall) => draft.perhaps_copied(CopyRole::Transit, shortfall),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Aggregators {
    configuration_aggregators: Vec<Aggregator>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Aggregator {
    configuration_aggregator_name: String,
    configuration_aggregator_arn: String,
    #[serde(default)]
    account_aggregation_sources: Vec<AggregationSource>,
    organization_aggregation_source: Option<AggregationSource>,
}

/// The regions of accounts whose configurations are gathered.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AggregationSource {
    all_aws_regions: Option<bool>,
    #[serde(default)]
    aws_regions: Vec<String>,
}

page!(
    Aggregators: Aggregator in configuration_aggregators, "NextToken" from next_token,
    by |item| item.configuration_aggregator_arn.clone(), own |item| Some(&item.configuration_aggregator_arn)
);

/// Configurations of every region that is gathered rest in the aggregator's own region as well.
fn aggregator(session: &Session, region: &str, found: Aggregator, call: CallId) -> Option<Fact> {
    let arn = shorten(&found.configuration_aggregator_arn);
    let named = (arn.clone(), found.configuration_aggregator_name.as_str());
    let mut draft = watcher(session, (SERVICE, region), named, &[call])?;
    let sources = found.account_aggregation_sources.iter().chain(&found.organization_aggregation_source);
    let own_alone = |source: &AggregationSource| {
        source.all_aws_regions != Some(true)
            && !source.aws_regions.is_empty()
            && source.aws_regions.iter().all(|one| one == region)
    };
    let mut sources = sources.peekable();
    if sources.peek().is_none() || !sources.all(own_alone) {
        draft.copy(CopyRole::Log, Some(&arn), region);
    }
    guards(&mut draft, PURPOSE, Observed::Seen(true), Observed::Seen(true));
    Some(draft.finish())
}
