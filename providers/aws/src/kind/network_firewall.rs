//! Network Firewall: firewalls between networks and the internet, and their logs.

use super::Entry;
use super::draft::{Draft, Fact, Tally};
use super::shared::{List, Page, page};
use super::watch::{guards, is_on, records_to, watcher};
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
use std::collections::BTreeMap;

operation!(
    /// Every firewall of the region.
    LIST_FIREWALLS = "network-firewall" "ListFirewalls", needs "network-firewall:ListFirewalls",
    quota quota::NETWORK_FIREWALL, Per::Page(100), Post, facts "firewalls"
);
operation!(
    /// Whether a firewall is ready.
    DESCRIBE_FIREWALL = "network-firewall" "DescribeFirewall", needs "network-firewall:DescribeFirewall",
    quota quota::NETWORK_FIREWALL, Per::Resource, Post, facts "whether a firewall is on"
);
operation!(
    /// What a firewall records, and where.
    DESCRIBE_LOGGING_CONFIGURATION = "network-firewall" "DescribeLoggingConfiguration",
    needs "network-firewall:DescribeLoggingConfiguration", quota quota::NETWORK_FIREWALL, Per::Resource, Post,
    facts "what a firewall records, and where the records go"
);

/// Firewalls.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Detector] },
    operations: &[&LIST_FIREWALLS, &DESCRIBE_FIREWALL, &DESCRIBE_LOGGING_CONFIGURATION],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json10("NetworkFirewall_20201112");
const SERVICE: &str = "network-firewall";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&LIST_FIREWALLS, API, region, json!({"MaxResults": 100}));
    let list = List::<Firewalls>::of(session, ask);
    tally.read_some(list, sink, |one, call| firewall(session, region, one, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Firewalls {
    firewalls: Vec<Firewall>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Firewall {
    firewall_name: String,
    firewall_arn: String,
}

page!(Firewalls: Firewall in firewalls, "NextToken" from next_token, by |item| item.firewall_arn.clone());

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    firewall: Own,
    firewall_status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Own {
    firewall_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    status: Option<String>,
}

async fn firewall(session: &Session, region: &str, found: Firewall, call: CallId) -> Option<Fact> {
    let arn = &found.firewall_arn;
    let mut draft = watcher(session, (SERVICE, region), (shorten(arn), &found.firewall_name), &[call])?;
    let about = |operation| Ask::of(operation, API, region, json!({"FirewallArn": arn})).about(arn);
    let enabled = match session.told::<Described>(about(&DESCRIBE_FIREWALL)).await {
        Ok(heard) => {
            draft.sheet.shown("guard", &heard.call);
            let own = |told: &Described| told.firewall.firewall_arn.as_ref().is_none_or(|named| named == arn);
            let status = heard.told.filter(own).and_then(|told| told.firewall_status?.status);
            let words: (&[&str], &[&str]) = (&["READY"], &["PROVISIONING", "DELETING", "FAILED"]);
            is_on(&mut draft, "guard.enabled", status.as_deref(), words, &DESCRIBE_FIREWALL, heard.call)
        }
        Err(shortfall) => draft.sheet.unseen("guard.enabled", &shortfall),
    };
    let recorded = match session.told::<Logging>(about(&DESCRIBE_LOGGING_CONFIGURATION)).await {
        Ok(heard) => recorded(session, region, &mut draft, (heard.told, heard.call), arn).await,
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Log, &shortfall);
            draft.sheet.unseen("guard.recorded", &shortfall)
        }
    };
    guards(&mut draft, GuardPurpose::Firewall, enabled, recorded);
    Some(draft.finish())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Logging {
    firewall_arn: Option<String>,
    logging_configuration: Option<LoggingConfiguration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LoggingConfiguration {
    log_destination_configs: Vec<LogDestinationConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LogDestinationConfig {
    log_type: String,
    log_destination_type: String,
    log_destination: BTreeMap<String, String>,
}

/// What a firewall lets through and what it stops count as its log; the name servers asked for in TLS do not.
const TRAFFIC: &[&str] = &["ALERT", "FLOW"];

async fn recorded(
    session: &Session,
    region: &str,
    draft: &mut Draft<'_>,
    (told, call): (Option<Logging>, CallId),
    arn: &str,
) -> Observed<bool> {
    let malformed = |detail: &str| {
        let operation = &DESCRIBE_LOGGING_CONFIGURATION;
        Shortfall::of(operation, GapReason::Malformed, Some(call), detail)
    };
    draft.sheet.shown("guard", &call);
    draft.sheet.shown("copies", &call);
    let Some(told) = told.filter(|told| told.firewall_arn.as_ref().is_none_or(|named| named == arn)) else {
        let astray = malformed("the answer is not about this firewall");
        draft.perhaps_copied(CopyRole::Log, &astray);
        return draft.sheet.unseen("guard.recorded", &astray);
    };
    let mut recorded = false;
    let all = told.logging_configuration.map(|said| said.log_destination_configs).unwrap_or_default();
    for config in all {
        recorded |= TRAFFIC.contains(&config.log_type.as_str());
        let part = |key: &str| config.log_destination.get(key).map(|name| shorten(name));
        let target = match config.log_destination_type.as_str() {
            "S3" => part("bucketName").map(|name| format!("arn:aws:s3:::{name}")),
            "CloudWatchLogs" => {
                part("logGroup").map(|name| session.arn("logs", region, &format!("log-group:{name}")))
            }
            "KinesisDataFirehose" => part("deliveryStream")
                .map(|name| session.arn("firehose", region, &format!("deliverystream/{name}"))),
            _ => None,
        };
        match target {
            Some(arn) => records_to(session, draft, &arn).await,
            None => {
                let sort = shorten(&config.log_destination_type);
                let detail =
                    format!("where the log goes, a target of the kind `{sort}`, cannot be determined");
                draft.perhaps_copied(CopyRole::Log, &malformed(&detail));
            }
        }
    }
    Observed::Seen(recorded)
}
