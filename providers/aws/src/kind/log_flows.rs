//! Where log records go on from CloudWatch Logs: subscriptions of log groups, destinations, deliveries of services.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all, as_far, region_of};
use super::flow::{handed_to, of_function};
use super::shared::{List, Page, page, unresolved};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Copy, CopyRole, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Sheet, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

operation!(
    /// Policies by which all log groups of a region hand their records on.
    DESCRIBE_ACCOUNT_POLICIES = "logs" "DescribeAccountPolicies", needs "logs:DescribeAccountPolicies",
    quota quota::LOGS_FLOWS, Per::Sometimes, Post, facts "where the log groups of an account send their records"
);
operation!(
    /// Where a log group's records are sent.
    DESCRIBE_SUBSCRIPTION_FILTERS = "logs" "DescribeSubscriptionFilters", needs "logs:DescribeSubscriptionFilters",
    quota quota::LOGS_FLOWS, Per::Resource, Post, facts "where a log group sends its records"
);
operation!(
    /// Destinations: in the region of the log groups, and pointing to any.
    DESCRIBE_DESTINATIONS = "logs" "DescribeDestinations", needs "logs:DescribeDestinations",
    quota quota::LOGS_FLOWS, Per::Page(50), Post, facts "where destinations of log records point to"
);
operation!(
    /// Deliveries of the logs of services.
    DESCRIBE_DELIVERIES = "logs" "DescribeDeliveries", needs "logs:DescribeDeliveries", quota quota::LOGS_FLOWS,
    Per::Page(50), Post, facts "deliveries of the logs of services"
);
operation!(
    /// Where deliveries of the logs of services go.
    DESCRIBE_DELIVERY_DESTINATIONS = "logs" "DescribeDeliveryDestinations",
    needs "logs:DescribeDeliveryDestinations", quota quota::LOGS_FLOWS, Per::Sometimes, Post,
    facts "where deliveries of the logs of services point to"
);

/// What hands log records on: a cell of its own, which costs no log group where it cannot be listed.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Delivery] },
    operations: &[&DESCRIBE_DESTINATIONS, &DESCRIBE_DELIVERIES, &DESCRIBE_DELIVERY_DESTINATIONS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("Logs_20140328");
const SERVICE: &str = "logs-delivery";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicyList {
    account_policies: Vec<AccountPolicy>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountPolicy {
    policy_name: String,
    policy_document: String,
    selection_criteria: Option<String>,
}

page!(
    PolicyList: AccountPolicy in account_policies, "nextToken" from next_token,
    by |item| item.policy_name.clone()
);

/// A policy by which log groups hand their records on.
pub struct Policy {
    call: CallId,
    to: Result<String, Shortfall>,
    except: Result<Vec<String>, Shortfall>,
}

/// The policies of a region; or why they were not seen.
pub type Policies = Result<Vec<Policy>, Shortfall>;

/// Reads the policies by which all log groups of a region hand their records on.
pub async fn policies(session: &Session, region: &str) -> Policies {
    let body = json!({"policyType": "SUBSCRIPTION_FILTER_POLICY"});
    let ask = Ask::of(&DESCRIBE_ACCOUNT_POLICIES, API, region, body);
    let listed = all(List::<PolicyList>::of(session, ask)).await?;
    let policy = |(policy, call): (AccountPolicy, CallId)| {
        let told = |reason, why: &str| Shortfall::of(&DESCRIBE_ACCOUNT_POLICIES, reason, Some(call), why);
        let to = destination(&policy.policy_document)
            .ok_or_else(|| told(GapReason::Malformed, "the policy names no destination"));
        let criteria = policy.selection_criteria.unwrap_or_default();
        let except = exceptions(&criteria).ok_or_else(|| {
            told(GapReason::Unknown, &format!("unknown selection of log groups `{}`", shorten(&criteria)))
        });
        Policy { call, to, except }
    };
    Ok(listed.into_iter().map(policy).collect())
}

fn destination(document: &str) -> Option<String> {
    let document: serde_json::Value = serde_json::from_str(document).ok()?;
    Some(document.get("DestinationArn")?.as_str()?.to_owned())
}

/// The log groups that a policy's criteria leave out; `None` where they are of another form.
fn exceptions(criteria: &str) -> Option<Vec<String>> {
    if criteria.trim().is_empty() {
        return Some(Vec::new());
    }
    let names = criteria.trim().strip_prefix("LogGroupName")?.trim_start().strip_prefix("NOT IN")?;
    serde_json::from_str(names.trim()).ok()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilterList {
    subscription_filters: Vec<SubscriptionFilter>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubscriptionFilter {
    filter_name: String,
    log_group_name: String,
    destination_arn: String,
}

page!(
    FilterList: SubscriptionFilter in subscription_filters, "nextToken" from next_token,
    by |item| item.filter_name.clone()
);

/// The copies a log group's records become where they are sent, by subscriptions of its own and the region's policies.
pub async fn copies(
    session: &Session,
    (region, name): (&str, &str),
    policies: &Policies,
    sheet: &mut Sheet,
) -> Vec<Copy> {
    let mut copies = Vec::new();
    match policies {
        Ok(policies) => policies.iter().for_each(|policy| by_policy(policy, name, sheet, &mut copies)),
        Err(shortfall) => copies.push(Copy::new(CopyRole::Log, None, sheet.unseen("copies", shortfall))),
    }
    let ask = Ask::of(&DESCRIBE_SUBSCRIPTION_FILTERS, API, region, json!({"logGroupName": name})).about(name);
    match all(List::<FilterList>::of(session, ask)).await {
        Ok(filters) => {
            for (filter, call) in filters {
                sheet.shown("copies", &call);
                if filter.log_group_name == name {
                    sent_to(&filter.destination_arn, sheet, &mut copies);
                    continue;
                }
                let detail = "the answer is not about this log group";
                let operation = &DESCRIBE_SUBSCRIPTION_FILTERS;
                let astray = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
                copies.push(Copy::new(CopyRole::Log, None, sheet.unseen("copies", &astray)));
            }
        }
        Err(shortfall) => copies.push(Copy::new(CopyRole::Log, None, sheet.unseen("copies", &shortfall))),
    }
    copies
}

fn by_policy(policy: &Policy, name: &str, sheet: &mut Sheet, copies: &mut Vec<Copy>) {
    sheet.shown("copies", &policy.call);
    let unseen = match (&policy.to, &policy.except) {
        (_, Ok(except)) if except.iter().any(|one| one == name) => return,
        (Ok(to), Ok(_)) => return sent_to(to, sheet, copies),
        (Err(shortfall), _) | (_, Err(shortfall)) => shortfall,
    };
    copies.push(Copy::new(CopyRole::Log, None, sheet.unseen("copies", unseen)));
}

/// Records go to what an ARN names, in the region it names. Where a destination points on to is told by itself.
fn sent_to(arn: &str, sheet: &mut Sheet, copies: &mut Vec<Copy>) {
    let holder = shorten(&of_function(arn));
    if copies.iter().any(|copy| copy.holder.as_deref() == Some(holder.as_str())) {
        return;
    }
    let location = match region_of(&holder) {
        Some(region) => Observed::Seen(region.to_owned()),
        None => sheet.unseen("copies", &unresolved(&holder)),
    };
    copies.push(Copy::new(CopyRole::Log, Some(holder), location));
}

#[derive(Deserialize)]
struct Destinations {
    destinations: Vec<Destination>,
    #[serde(rename = "nextToken")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destination {
    destination_name: String,
    arn: String,
    target_arn: Option<String>,
}

page!(
    Destinations: Destination in destinations, "nextToken" from next_token, by |item| item.arn.clone(),
    own |item| Some(&item.arn)
);

/// Reads what hands records on besides log groups: destinations, and deliveries of the logs of services.
async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = |operation| Ask::of(operation, API, region, json!({"limit": 50}));
    let list = List::<Destinations>::of(session, ask(&DESCRIBE_DESTINATIONS));
    tally.read(list, sink, |found, call| points_to(session, region, found, call)).await;
    let (found, shortfall) = as_far(List::<Deliveries>::of(session, ask(&DESCRIBE_DELIVERIES))).await;
    if let Some(shortfall) = shortfall {
        tally.fell_short(shortfall);
    }
    if !found.is_empty() {
        let ends = all(List::<Ends>::of(session, ask(&DESCRIBE_DELIVERY_DESTINATIONS))).await;
        let by_arn = |ends: Vec<(End, CallId)>| {
            ends.into_iter().map(|(end, call)| (end.arn.clone(), (end, call))).collect()
        };
        let ends: &KnownEnds = &ends.map(by_arn);
        tally.each(found, sink, |(found, call)| delivery(session, region, found, call, ends)).await;
    }
    tally.outcome()
}

async fn points_to(session: &Session, region: &str, found: Destination, call: CallId) -> Fact {
    let arn = found.arn.clone();
    let mut draft =
        Draft::new(session, (Kind::Delivery, SERVICE), region, found.arn, &found.destination_name, &call);
    match found.target_arn.filter(|target| !target.is_empty()) {
        Some(target) => handed_to(&mut draft, session, CopyRole::Transit, &target).await,
        None => {
            let detail = "the answer does not say where it points to";
            let operation = &DESCRIBE_DESTINATIONS;
            let unsaid = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
            draft.perhaps_copied(CopyRole::Transit, &unsaid);
        }
    }
    let told = super::logs::list_tags(session, region, &arn, &found.destination_name).await;
    draft.tagged(told, |told| Tag::of(told.tags));
    draft.finish()
}

#[derive(Deserialize)]
struct Deliveries {
    deliveries: Vec<Delivery>,
    #[serde(rename = "nextToken")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    id: String,
    arn: String,
    delivery_destination_arn: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

page!(
    Deliveries: Delivery in deliveries, "nextToken" from next_token, by |item| item.arn.clone(),
    own |item| Some(&item.arn)
);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ends {
    delivery_destinations: Vec<End>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct End {
    arn: String,
    delivery_destination_configuration: Option<EndConfiguration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EndConfiguration {
    destination_resource_arn: String,
}

page!(Ends: End in delivery_destinations, "nextToken" from next_token, by |item| item.arn.clone());

/// The ends of deliveries in the account's own hands, by ARN; or why they were not seen.
type KnownEnds = Result<BTreeMap<String, (End, CallId)>, Shortfall>;

async fn delivery(session: &Session, region: &str, found: Delivery, call: CallId, ends: &KnownEnds) -> Fact {
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, found.arn, &found.id, &call);
    draft.tags(Tag::of(found.tags));
    let named = found.delivery_destination_arn.unwrap_or_default();
    let shortfall = match ends.as_ref().map(|ends| ends.get(&named)) {
        Ok(Some((End { delivery_destination_configuration: Some(end), .. }, call))) => {
            draft.sheet.shown("copies", call);
            handed_to(&mut draft, session, CopyRole::Transit, &end.destination_resource_arn).await;
            return draft.finish();
        }
        // Another account's: where it points to can be seen there alone.
        Ok(_) => unresolved(&shorten(&named)),
        Err(shortfall) => shortfall.clone(),
    };
    draft.perhaps_copied(CopyRole::Transit, &shortfall);
    draft.finish()
}

#[cfg(test)]
mod tests {
    use super::{destination, exceptions};

    #[test]
    fn a_policy_is_read_or_not_understood() {
        let document = r#"{"DestinationArn": "arn:aws:lambda:us-east-1:1:function:f", "FilterPattern": ""}"#;
        assert_eq!(destination(document).as_deref(), Some("arn:aws:lambda:us-east-1:1:function:f"));
        for broken in ["", "{}", r#"{"DestinationArn": 1}"#] {
            assert_eq!(destination(broken), None, "{broken}");
        }
        for (criteria, expected) in [
            ("", Some(vec![])),
            (r#"LogGroupName NOT IN ["a", "b"]"#, Some(vec!["a", "b"])),
            ("LogGroupName NOT IN []", Some(vec![])),
            (r#"LogGroupName IN ["a"]"#, None),
            (r#"LogGroupNamePrefix NOT IN ["a"]"#, None),
            (r#"LogGroupName NOT IN ["a"] AND x"#, None),
        ] {
            let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(exceptions(criteria), expected, "{criteria}");
        }
    }
}
