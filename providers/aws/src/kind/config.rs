//! AWS Config: whether configurations are recorded, region by region, where the records go, and who gathers them.

use super::Entry;
use super::draft::{Draft, Fact, Tally};
use super::recorders::{
    self, AggregationSource, Aggregator, DESCRIBE_AGGREGATOR_SOURCES, DESCRIBE_CONFIGURATION_AGGREGATORS,
    DESCRIBE_CONFIGURATION_RECORDER_STATUS, DESCRIBE_CONFIGURATION_RECORDERS,
    SELECT_AGGREGATE_RESOURCE_CONFIG, SELECT_RESOURCE_CONFIG, Status, short,
};
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
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Where the records go.
    DESCRIBE_DELIVERY_CHANNELS = "config" "DescribeDeliveryChannels", needs "config:DescribeDeliveryChannels",
    quota quota::CONFIG, Per::Page(100), Post, facts "buckets and topics that records of configurations go to"
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
        &DESCRIBE_AGGREGATOR_SOURCES,
        &SELECT_RESOURCE_CONFIG,
        &SELECT_AGGREGATE_RESOURCE_CONFIG,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("StarlingDoveService");
/// The service's name.
pub const SERVICE: &str = "config";
const PURPOSE: GuardPurpose = GuardPurpose::Configuration;

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    recording(session, region, sink, &mut tally).await;
    let (listed, broken_off) = &*recorders::aggregators(session, region).await;
    for (found, call) in listed {
        if let Some(fact) = aggregator(session, region, found, *call) {
            tally.tell(sink, fact);
        }
    }
    broken_off.iter().for_each(|shortfall| tally.fell_short(shortfall.clone()));
    tally.outcome()
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

async fn recording(session: &Session, region: &str, sink: &dyn FactSink, tally: &mut Tally) {
    let listed = recorders::recording(session, region).await;
    let found = match &*listed {
        Ok(found) => found,
        Err(shortfall) => return tally.fell_short(shortfall.clone()),
    };
    let ask = Ask::of(&DESCRIBE_AGGREGATION_AUTHORIZATIONS, API, region, json!({"Limit": 100}));
    let goes = Goes {
        channels: short(session, region, &DESCRIBE_DELIVERY_CHANNELS).await,
        allowed: whole(&DESCRIBE_AGGREGATION_AUTHORIZATIONS, List::<Authorizations>::of(session, ask)).await,
    };
    if found.recorders.is_empty() {
        found.statuses.as_ref().err().into_iter().for_each(|shortfall| tally.fell_short(shortfall.clone()));
        // What was recorded before may still rest where the records went.
        if let Some(mut draft) = nobody(session, (SERVICE, region), PURPOSE, &[found.call]) {
            sent(session, &mut draft, &goes).await;
            tally.tell(sink, draft.finish());
        }
    }
    for recorder in &found.recorders {
        let id = recorder.arn.as_deref().map_or_else(
            || session.arn(SERVICE, region, &format!("configuration-recorder/{}", shorten(&recorder.name))),
            shorten,
        );
        let Some(mut draft) = watcher(session, (SERVICE, region), (id, &recorder.name), &[found.call]) else {
            continue;
        };
        recorded(&mut draft, &recorder.name, &found.statuses);
        sent(session, &mut draft, &goes).await;
        tally.tell(sink, draft.finish());
    }
}

/// Whether a recorder is on, and whether its records arrive.
fn recorded(draft: &mut Draft<'_>, name: &str, statuses: &Result<(Vec<Status>, CallId), Shortfall>) {
    let operation = &DESCRIBE_CONFIGURATION_RECORDER_STATUS;
    let (enabled, recorded) = match statuses {
        Ok((statuses, call)) => {
            draft.sheet.shown("guard", call);
            let own = statuses.iter().find(|status| status.name == name);
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

/// Configurations of every region that is gathered rest in the aggregator's own region as well.
fn aggregator(session: &Session, region: &str, found: &Aggregator, call: CallId) -> Option<Fact> {
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
