//! Logs of the traffic of networks: what they record, and where.

use super::draft::{Draft, Fact, Tag};
use super::ebs::SmallTag;
use super::shared::{List, Page, page};
use super::vpc::SERVICE;
use super::watch::{Whole, records_to, whole};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Logs of traffic.
    DESCRIBE_FLOW_LOGS = "ec2" "DescribeFlowLogs", needs "ec2:DescribeFlowLogs", quota quota::EC2_LIST,
    Per::Page(1_000), Post, facts "which traffic is recorded, and where the records go"
);

const API: Api = Api::Ec2("2016-11-15");

/// Every log of the region.
pub(super) async fn listed(session: &Session, region: &str) -> Result<Whole<FlowLog>, Shortfall> {
    let ask = Ask::of(&DESCRIBE_FLOW_LOGS, API, region, json!({"MaxResults": 1_000}));
    whole(&DESCRIBE_FLOW_LOGS, List::<FlowLogs>::of(session, ask)).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowLogs {
    #[serde(deserialize_with = "members")]
    flow_log_set: Vec<FlowLog>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowLog {
    flow_log_id: String,
    resource_id: Option<String>,
    flow_log_status: Option<String>,
    deliver_logs_status: Option<String>,
    deliver_logs_error_message: Option<String>,
    traffic_type: Option<String>,
    log_destination: Option<String>,
    log_group_name: Option<String>,
    #[serde(default, deserialize_with = "members")]
    tag_set: Vec<SmallTag>,
}

page!(FlowLogs: FlowLog in flow_log_set, "NextToken" from next_token, by |item| item.flow_log_id.clone());

impl FlowLog {
    /// What it records the traffic of.
    pub(super) fn of(&self) -> &str {
        self.resource_id.as_deref().unwrap_or_default()
    }

    /// Whether its records arrive; unseen where the answer leaves that open.
    fn delivers(&self) -> Observed<bool> {
        let troubled = self.deliver_logs_error_message.as_deref().is_some_and(|said| !said.is_empty());
        match (self.flow_log_status.as_deref(), self.deliver_logs_status.as_deref()) {
            (_, Some("FAILED")) => Observed::Seen(false),
            (Some("ACTIVE"), Some("SUCCESS")) if !troubled => Observed::Seen(true),
            _ => Observed::default(),
        }
    }

    /// Whether it records what is let through (`ACCEPT`), or what is not (`REJECT`).
    fn records(&self, sort: &str) -> Observed<bool> {
        match self.traffic_type.as_deref() {
            Some("ALL") => self.delivers(),
            Some(own @ ("ACCEPT" | "REJECT")) => Observed::Seen(own == sort).and(self.delivers()),
            _ => Observed::default(),
        }
    }
}

/// Whether all of the network's traffic is recorded, and where the records go.
pub(super) async fn recorded(
    session: &Session,
    draft: &mut Draft<'_>,
    network: &str,
    logs: &Result<Whole<FlowLog>, Shortfall>,
) -> Observed<bool> {
    let logs = match logs {
        Ok(logs) => logs,
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Log, shortfall);
            return draft.sheet.unseen("traffic.recorded", shortfall);
        }
    };
    for call in &logs.calls {
        draft.sheet.shown("traffic", call);
        draft.sheet.shown("copies", call);
    }
    let own: Vec<&FlowLog> = logs.items.iter().filter(|log| log.of() == network).collect();
    for log in &own {
        destination(session, draft, log).await;
    }
    let all = |sort| Observed::any(own.iter().map(|log| log.records(sort)));
    let recorded = all("ACCEPT").and(all("REJECT"));
    match own.iter().find(|log| log.records("ACCEPT").and(log.records("REJECT")).is_unseen()) {
        Some(log) if recorded.is_unseen() => {
            let detail = format!("whether the records of {} arrive was not seen", shorten(&log.flow_log_id));
            let call = logs.calls.first().copied();
            let open = Shortfall::of(&DESCRIBE_FLOW_LOGS, GapReason::Unknown, call, detail);
            draft.sheet.unseen("traffic.recorded", &open)
        }
        _ => recorded,
    }
}

/// Where the records go, whether or not they arrive now: earlier ones may rest there.
async fn destination(session: &Session, draft: &mut Draft<'_>, log: &FlowLog) {
    let named = log.log_destination.as_deref().filter(|arn| !arn.is_empty());
    let group = log.log_group_name.as_deref().filter(|name| !name.is_empty());
    match (named, group) {
        (Some(arn), _) => records_to(session, draft, arn).await,
        (None, Some(group)) => {
            let region = draft.resource.region.clone();
            let arn = session.arn("logs", &region, &format!("log-group:{}", shorten(group)));
            records_to(session, draft, &arn).await;
        }
        (None, None) => {
            let detail = format!("the answer does not say where {} writes", shorten(&log.flow_log_id));
            let silent = Shortfall::of(&DESCRIBE_FLOW_LOGS, GapReason::Malformed, None, detail);
            draft.perhaps_copied(CopyRole::Log, &silent);
        }
    }
}

/// A log of what a part of a network, or a gateway between networks, passes on.
pub(super) async fn partial(session: &Session, region: &str, log: &FlowLog, call: &CallId) -> Fact {
    let id = session.arn("ec2", region, &format!("vpc-flow-log/{}", shorten(&log.flow_log_id)));
    let name = format!("{} {}", log.flow_log_id, log.of());
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, id, &name, call);
    // What it carries rests where it is written to.
    draft.resource.copies.clear();
    destination(session, &mut draft, log).await;
    let tags = log.tag_set.iter().map(|tag| Tag { key: tag.key.clone(), value: tag.value.clone() });
    draft.tags(tags.collect());
    draft.finish()
}
