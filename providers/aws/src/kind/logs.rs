//! CloudWatch log groups.

use super::Entry;
use super::draft::Tally;
use super::log_flows::{self, Policies};
use super::shared::{List, Page, always_encrypted};
use crate::api::{Api, Ask};
use crate::session::Session;
use crate::{NAME, quota};
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{
    Copy, CopyRole, Erasure, Kind, LiftedBy, Obstacle, ObstacleKind, Resource, Retention, Starts,
};
use sekisho_contract::gap::{bound, shorten};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Gap, GapReason, Observed, Sheet, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

operation!(
    /// Every log group of the region, with its properties.
    DESCRIBE_LOG_GROUPS = "logs" "DescribeLogGroups", needs "logs:DescribeLogGroups", quota quota::LOGS_DESCRIBE,
    Per::Page(50), Post, facts "retention, key, deletion protection"
);
operation!(
    /// A log group's labels.
    LIST_TAGS_FOR_RESOURCE = "logs" "ListTagsForResource", needs "logs:ListTagsForResource", quota quota::LOGS_TAGS,
    Per::Resource, Post, facts "labels, for scope"
);

/// Log groups.
pub const ENTRY: Entry = Entry {
    service: Service { name: "logs", reach: Reach::Region, kinds: &[Kind::LogStore] },
    operations: &[
        &DESCRIBE_LOG_GROUPS,
        &LIST_TAGS_FOR_RESOURCE,
        &log_flows::DESCRIBE_ACCOUNT_POLICIES,
        &log_flows::DESCRIBE_SUBSCRIPTION_FILTERS,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("Logs_20140328");
/// How long a log group of the class DELIVERY keeps its records (CloudWatch Logs API, CreateLogGroup).
const DELIVERY_DAYS: u32 = 1;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupList {
    log_groups: Vec<Group>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    log_group_name: String,
    arn: Option<String>,
    log_group_arn: Option<String>,
    retention_in_days: Option<u32>,
    log_group_class: Option<String>,
    kms_key_id: Option<String>,
    deletion_protection_enabled: Option<bool>,
}

impl Page for GroupList {
    type Item = Group;
    const TOKEN: &'static str = "nextToken";

    fn split(self) -> (Vec<Group>, Option<String>, Option<bool>) {
        (self.log_groups, self.next_token, None)
    }
    fn name(item: &Group) -> String {
        item.log_group_name.clone()
    }
    fn arn(item: &Group) -> Option<&str> {
        item.stated()
    }
}

impl Group {
    fn stated(&self) -> Option<&str> {
        self.log_group_arn.as_deref().or(self.arn.as_deref())
    }
}

/// Lists and reads every log group of a region.
async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let operation = &DESCRIBE_LOG_GROUPS;
    let mut list = List::<GroupList>::of(session, Ask::of(operation, API, region, json!({"limit": 50})));
    // Asked where there are log groups, and once.
    let mut policies = None;
    loop {
        let (groups, call) = match list.next().await {
            Ok(Some(page)) => page,
            Ok(None) => break,
            Err(shortfall) => {
                tally.fell_short(shortfall);
                break;
            }
        };
        if policies.is_none() && !groups.is_empty() {
            policies = Some(log_flows::policies(session, region).await);
        }
        if let Some(policies) = &policies {
            let read = |group| read_group(session, region, group, &call, policies);
            tally.each(groups, sink, read).await;
        }
    }
    tally.outcome()
}

async fn read_group(
    session: &Session,
    region: &str,
    group: Group,
    list_call: &CallId,
    policies: &Policies,
) -> (Resource, Vec<Gap>) {
    let named = || session.arn("logs", region, &format!("log-group:{}", group.log_group_name));
    let arn = group.stated().map_or_else(named, str::to_owned);
    let arn = arn.strip_suffix(":*").unwrap_or(&arn).to_owned();
    let mut sheet = Sheet::new(&arn);
    for facet in ["copies", "encryption", "retention", "erasure"] {
        sheet.shown(facet, list_call);
    }
    let name = group.log_group_name;
    let mut resource =
        Resource::new(Kind::LogStore, NAME, &session.account, region, "logs", arn.clone(), name.clone());
    resource.copies.push(Copy::new(CopyRole::Primary, None, Observed::Seen(region.to_owned())));
    resource.copies.extend(log_flows::copies(session, (region, &name), policies, &mut sheet).await);
    // CloudWatch Logs encrypts every log group; without a key named, under a key of its own.
    resource.encryption = Some(always_encrypted(session, &mut sheet, region, group.kms_key_id.as_deref()));
    resource.retention =
        Some(Retention { days: kept(&mut sheet, &group.log_group_class, group.retention_in_days) });
    let protected = group.deletion_protection_enabled == Some(true);
    let protection = Obstacle {
        kind: Observed::Seen(ObstacleKind::DeletionProtection),
        starts: Observed::Seen(Starts::AtRequest),
        days: Observed::Seen(Some(0)),
        until: Observed::Seen(None),
        lifted_by: Observed::Seen(LiftedBy::User),
    };
    resource.erasure = Some(Erasure { obstacles: if protected { vec![protection] } else { Vec::new() } });
    resource.tags = match list_tags(session, region, &arn, &name).await {
        Ok(heard) => {
            sheet.shown("tags", &heard.call);
            Observed::Seen(heard.told.map(|tags| bounded(tags.tags)).unwrap_or_default())
        }
        Err(shortfall) => sheet.unseen("tags", &shortfall),
    };
    let (gaps, evidence) = sheet.finish();
    resource.evidence = evidence;
    (resource, gaps)
}

/// How long records are kept: for ever where no retention is set, but in a class that only passes them on.
fn kept(sheet: &mut Sheet, class: &Option<String>, days: Option<u32>) -> Observed<Option<u32>> {
    match class.as_deref() {
        None | Some("STANDARD" | "INFREQUENT_ACCESS") => Observed::Seen(days),
        Some("DELIVERY") => Observed::Seen(Some(DELIVERY_DAYS)),
        Some(other) => {
            let detail = format!("unknown class of log group `{}`", shorten(other));
            sheet.unseen("retention", &Shortfall::of(&DESCRIBE_LOG_GROUPS, GapReason::Unknown, None, detail))
        }
    }
}

/// Labels of a log group, or of what hands its records on.
#[derive(Deserialize)]
pub struct Tags {
    /// By key.
    pub tags: BTreeMap<String, String>,
}

fn bounded(tags: BTreeMap<String, String>) -> BTreeMap<String, String> {
    tags.into_iter().map(|(key, value)| (bound(&key), bound(&value))).collect()
}

/// Asks for labels.
pub async fn list_tags(
    session: &Session,
    region: &str,
    arn: &str,
    name: &str,
) -> Result<Heard<Tags>, Shortfall> {
    session.told(Ask::of(&LIST_TAGS_FOR_RESOURCE, API, region, json!({"resourceArn": arn})).about(name)).await
}
