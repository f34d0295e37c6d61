//! Data Lifecycle Manager: policies that make snapshots and images of machines' disks, and copy and share them.

use super::Entry;
use super::draft::{Draft, Fact, Tally};
use super::shared::{List, Page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::gap::{bound, shorten};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

operation!(
    /// Every policy of the region.
    GET_LIFECYCLE_POLICIES = "dlm" "GetLifecyclePolicies", needs "dlm:GetLifecyclePolicies", quota quota::DLM,
    Per::Page(100), Get, facts "policies that make snapshots and images"
);
operation!(
    /// What a policy does.
    GET_LIFECYCLE_POLICY = "dlm" "GetLifecyclePolicy", needs "dlm:GetLifecyclePolicy", quota quota::DLM,
    Per::Resource, Get, facts "policies that make snapshots and images: where they copy to, with whom they share, labels"
);

/// Policies.
pub const ENTRY: Entry = Entry {
    service: Service { name: "dlm", reach: Reach::Region, kinds: &[Kind::BackupPlan] },
    operations: &[&GET_LIFECYCLE_POLICIES, &GET_LIFECYCLE_POLICY],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Rest;
const SERVICE: &str = "dlm";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    // Whether the plain list holds the default policies too is nowhere written: they are asked for besides.
    let known = Mutex::new(BTreeSet::new());
    for (which, body) in [("", json!({})), ("default policies", json!({"defaultPolicyType": "ALL"}))] {
        let ask = Ask::of(&GET_LIFECYCLE_POLICIES, API, region, body).about(which).at("/policies", &[]);
        let list = List::<Policies>::of(session, ask);
        let known = &known;
        tally
            .read_some(list, sink, |found, call| async move {
                let is_new =
                    known.lock().unwrap_or_else(PoisonError::into_inner).insert(found.policy_id.clone());
                if is_new { Some(policy(session, region, found, call).await) } else { None }
            })
            .await;
    }
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policies {
    policies: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    policy_id: String,
    description: Option<String>,
}

/// The whole list comes at once.
impl Page for Policies {
    type Item = Listed;
    const TOKEN: &'static str = "";

    fn split(self) -> (Vec<Listed>, Option<String>, Option<bool>) {
        (self.policies, None, None)
    }
    fn name(item: &Listed) -> String {
        item.policy_id.clone()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    policy: Policy,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    policy_id: String,
    state: Option<String>,
    policy_details: Option<Details>,
    tags: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Details {
    policy_type: Option<String>,
    #[serde(default)]
    schedules: Vec<Schedule>,
    #[serde(default)]
    actions: Vec<Action>,
    #[serde(default)]
    cross_region_copy_targets: Vec<CopyTarget>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Schedule {
    create_rule: Option<CreateRule>,
    #[serde(default)]
    cross_region_copy_rules: Vec<CopyTarget>,
    #[serde(default)]
    share_rules: Vec<ShareRule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateRule {
    location: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ShareRule {
    target_accounts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Action {
    cross_region_copy: Vec<CopyTarget>,
}

/// Where copies go: a region, or an outpost by its ARN.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CopyTarget {
    target_region: Option<String>,
    target: Option<String>,
}

async fn policy(session: &Session, region: &str, found: Listed, call: CallId) -> Fact {
    let id = found.policy_id;
    let name = found.description.filter(|text| !text.is_empty()).unwrap_or_else(|| id.clone());
    let arn = session.arn(SERVICE, region, &format!("policy/{}", shorten(&id)));
    let mut draft = Draft::new(session, (Kind::BackupPlan, SERVICE), region, arn, &name, &call);
    let ask = Ask::of(&GET_LIFECYCLE_POLICY, API, region, json!({})).about(&id).at("/policies/{}", &[&id]);
    let described = session.told::<Described>(ask).await.and_then(|heard| {
        let told = heard.told.map(|told| told.policy).filter(|told| told.policy_id == id);
        let detail = "the answer is not about this resource";
        let astray = || Shortfall::of(&GET_LIFECYCLE_POLICY, GapReason::Malformed, Some(heard.call), detail);
        Ok((told.ok_or_else(astray)?, heard.call))
    });
    match described {
        Ok((told, call)) => read(&mut draft, region, told, call),
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Snapshot, &shortfall);
            draft.resource.tags = draft.sheet.unseen("tags", &shortfall);
            draft.resource.facets.push(Facet::Sharing);
            draft.perhaps_shared(&shortfall);
        }
    }
    draft.finish()
}

fn read(draft: &mut Draft<'_>, region: &str, told: Policy, call: CallId) {
    let operation = &GET_LIFECYCLE_POLICY;
    draft.sheet.shown("copies", &call);
    let tags = draft.said("tags", told.tags, operation, call);
    draft.resource.tags =
        tags.map(|tags| tags.iter().map(|(key, value)| (bound(key), bound(value))).collect());
    let Some(details) = told.policy_details else {
        let unsaid = Shortfall::of(operation, GapReason::Malformed, Some(call), "the policy has no details");
        return draft.perhaps_copied(CopyRole::Snapshot, &unsaid);
    };
    if let Some(other) = details.policy_type.as_deref().filter(|sort| {
        !matches!(*sort, "EBS_SNAPSHOT_MANAGEMENT" | "IMAGE_MANAGEMENT" | "EVENT_BASED_POLICY")
    }) {
        let detail = format!("unknown kind of policy `{}`", shorten(other));
        draft.perhaps_copied(
            CopyRole::Snapshot,
            &Shortfall::of(operation, GapReason::Unknown, Some(call), detail),
        );
    }
    let off = told.state.as_deref() == Some("DISABLED");
    for at in makes_at(&details) {
        match at {
            // Where nothing is said, in the region.
            "" | "CLOUD" => draft.copy(CopyRole::Snapshot, None, region),
            local => {
                let detail = format!("where snapshots made at `{}` rest was not read", shorten(local));
                draft.perhaps_copied(
                    CopyRole::Snapshot,
                    &Shortfall::of(operation, GapReason::NotRead, Some(call), detail),
                );
            }
        }
    }
    for target in targets(&details) {
        match target {
            Some(target) if off => {
                let detail = format!("a policy that is disabled may have left copies in {}", shorten(target));
                draft.perhaps_copied(
                    CopyRole::Snapshot,
                    &Shortfall::of(operation, GapReason::Unresolved, Some(call), detail),
                );
            }
            Some(outpost) if outpost.starts_with("arn:") => {
                let detail = format!("where the outpost {} stands was not read", shorten(outpost));
                draft.perhaps_copied(
                    CopyRole::Snapshot,
                    &Shortfall::of(operation, GapReason::NotRead, Some(call), detail),
                );
            }
            Some(region) => draft.copy(CopyRole::Snapshot, None, region),
            None => {
                let unsaid = "a rule that copies names no target";
                draft.perhaps_copied(
                    CopyRole::Snapshot,
                    &Shortfall::of(operation, GapReason::Malformed, Some(call), unsaid),
                );
            }
        }
    }
    let shares = details.schedules.iter().flat_map(|schedule| &schedule.share_rules);
    let accounts: Vec<String> = shares.flat_map(|rule| rule.target_accounts.iter().cloned()).collect();
    if !accounts.is_empty() {
        // What it makes it shares; most policies do not.
        draft.resource.facets.push(Facet::Sharing);
        draft.sheet.shown("sharing", &call);
        draft.shared(false, &accounts);
    }
}

/// Where it makes snapshots, in the service's words.
fn makes_at(details: &Details) -> BTreeSet<&str> {
    let rules = details.schedules.iter().filter_map(|schedule| schedule.create_rule.as_ref());
    let at: BTreeSet<&str> = rules.map(|rule| rule.location.as_deref().unwrap_or_default()).collect();
    // Default policies have no schedules; what reacts to others' snapshots makes none here.
    let makes_none = details.policy_type.as_deref() == Some("EVENT_BASED_POLICY");
    if at.is_empty() && !makes_none { BTreeSet::from([""]) } else { at }
}

/// Where it copies to; `None` for a rule that names no target.
fn targets(details: &Details) -> BTreeSet<Option<&str>> {
    let by_schedule = details.schedules.iter().flat_map(|schedule| &schedule.cross_region_copy_rules);
    let by_action = details.actions.iter().flat_map(|action| &action.cross_region_copy);
    by_schedule
        .chain(by_action)
        .chain(&details.cross_region_copy_targets)
        .map(|copy| copy.target.as_deref().or(copy.target_region.as_deref()).filter(|name| !name.is_empty()))
        .collect()
}
