//! The organization an account belongs to: its accounts, and the policies above them that bound regions.

use crate::api::{Api, Ask};
use crate::kind::shared::{List, Page, page};
use crate::quota;
use crate::region_policy::{RegionDenial, denials, left_open};
use crate::session::{GLOBAL_HOME, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{GuardedRegion, Guardrail};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{AccountSection, Member};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

operation!(
    /// The organization the account belongs to.
    DESCRIBE_ORGANIZATION = "organizations" "DescribeOrganization", needs "organizations:DescribeOrganization",
    quota quota::ORGANIZATIONS, Per::Account, Post, facts "the organization: its management account",
    absent &["AWSOrganizationsNotInUseException"]
);
operation!(
    /// Every account of the organization.
    LIST_ACCOUNTS = "organizations" "ListAccounts", needs "organizations:ListAccounts", quota quota::ORGANIZATIONS,
    Per::Sometimes, Post, facts "accounts of the organization, and whether they are active"
);
operation!(
    /// The root, and which sorts of policies hold below it.
    LIST_ROOTS = "organizations" "ListRoots", needs "organizations:ListRoots", quota quota::ORGANIZATIONS,
    Per::Account, Post, facts "whether service control policies are switched on"
);
operation!(
    /// Every service control policy.
    LIST_POLICIES = "organizations" "ListPolicies", needs "organizations:ListPolicies", quota quota::ORGANIZATIONS,
    Per::Account, Post, facts "service control policies"
);
operation!(
    /// What a policy says.
    DESCRIBE_POLICY = "organizations" "DescribePolicy", needs "organizations:DescribePolicy",
    quota quota::ORGANIZATIONS, Per::Sometimes, Post, facts "regions that a service control policy denies, and to whom"
);
operation!(
    /// What a policy is attached to.
    LIST_TARGETS_FOR_POLICY = "organizations" "ListTargetsForPolicy", needs "organizations:ListTargetsForPolicy",
    quota quota::ORGANIZATIONS, Per::Sometimes, Post, facts "what a service control policy is attached to"
);
operation!(
    /// Units below a unit.
    LIST_ORGANIZATIONAL_UNITS = "organizations" "ListOrganizationalUnitsForParent",
    needs "organizations:ListOrganizationalUnitsForParent", quota quota::ORGANIZATIONS, Per::Sometimes, Post,
    facts "organizational units below one a policy is attached to"
);
operation!(
    /// Accounts in a unit.
    LIST_ACCOUNTS_FOR_PARENT = "organizations" "ListAccountsForParent",
    needs "organizations:ListAccountsForParent", quota quota::ORGANIZATIONS, Per::Sometimes, Post,
    facts "accounts below a unit a policy is attached to"
);

/// What is asked of an organization.
pub const OPERATIONS: &[&Operation] = &[
    &DESCRIBE_ORGANIZATION,
    &LIST_ROOTS,
    &LIST_POLICIES,
    &DESCRIBE_POLICY,
    &LIST_TARGETS_FOR_POLICY,
    &LIST_ORGANIZATIONAL_UNITS,
    &LIST_ACCOUNTS_FOR_PARENT,
    &LIST_ACCOUNTS,
];

const API: Api = Api::json("AWSOrganizationsV20161128");
/// The name of its cell.
pub const SERVICE: &str = "organizations";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    organization: Organization,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Organization {
    master_account_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Accounts {
    accounts: Vec<Account>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    id: String,
    status: Option<String>,
}

page!(Accounts: Account in accounts, "NextToken" from next_token, by |item| item.id.clone());

/// The other accounts of the organization, each entered through a role of this name; and what kept the list from
/// its end.
pub async fn members(
    session: &Session,
    own: &AccountSection,
    role: &str,
) -> (Vec<Member>, Option<Shortfall>) {
    let mut list = List::<Accounts>::of(session, Ask::of(&LIST_ACCOUNTS, API, GLOBAL_HOME, json!({})));
    let mut members = Vec::new();
    loop {
        match list.next().await {
            Ok(Some((accounts, call))) => {
                for account in accounts.into_iter().filter(|account| account.id != own.id) {
                    if account.id.len() != 12 || !account.id.bytes().all(|byte| byte.is_ascii_digit()) {
                        let detail =
                            format!("the list holds `{}`, which is not an account", shorten(&account.id));
                        let astray = Shortfall::of(&LIST_ACCOUNTS, GapReason::Malformed, Some(call), detail);
                        return (members, Some(astray));
                    }
                    members.push(member(own, role, account));
                }
            }
            Ok(None) => break,
            Err(shortfall) => return (members, Some(shortfall)),
        }
    }
    members.sort_by(|a, b| a.section.id.cmp(&b.section.id));
    (members, None)
}

fn member(own: &AccountSection, role: &str, account: Account) -> Member {
    let role_arn = Some(format!("arn:aws:iam::{}:role/{role}", account.id));
    let section = AccountSection { id: account.id, role_arn, organization_role: None, ..own.clone() };
    // An account without a status is tried: what cannot be entered says so itself.
    let inactive = account.status.filter(|status| status != "ACTIVE").map(|status| shorten(&status));
    Member { section, inactive }
}

/// What policies deny an account, and the calls that showed it.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Denials of whole regions that hold for the account.
    pub denials: Vec<RegionDenial>,
    /// The policies they stand in.
    pub policies: Vec<String>,
    /// The calls that showed them.
    pub calls: Vec<CallId>,
}

impl Bounds {
    /// Whether everything a service has is denied in a region.
    pub fn close(&self, service: &str, region: &str) -> bool {
        self.denials.iter().any(|denial| denial.closes(service, region))
    }

    /// The same, as a fact.
    pub fn guardrail(&self) -> Guardrail {
        let whole: Vec<&RegionDenial> =
            self.denials.iter().filter(|denial| denial.is_of_everything()).collect();
        if whole.is_empty() {
            return Guardrail::NONE;
        }
        let texts = |of: fn(&RegionDenial) -> &[String]| -> Vec<String> {
            let all: BTreeSet<String> =
                whole.iter().flat_map(|denial| of(denial)).map(|text| shorten(text)).collect();
            all.into_iter().collect()
        };
        let region = |id| GuardedRegion { id, countries: Observed::default() };
        Guardrail {
            bounded: true,
            regions: left_open(&self.denials).into_iter().map(region).collect(),
            exempt_actions: texts(RegionDenial::exempt_actions),
            exempt_principals: texts(|denial| &denial.exempt_principals),
            policies: self.policies.clone(),
        }
    }
}

/// What is known of policies in an organization, for every account of it.
#[derive(Debug, Clone)]
pub struct Policies {
    management: Option<String>,
    calls: Vec<CallId>,
    /// Each policy that bounds regions: its name, its denials, and the accounts below it (`None` for all).
    bounding: Vec<(String, Vec<RegionDenial>, Option<BTreeSet<String>>)>,
}

impl Policies {
    /// What holds for an account. Policies do not bind the account that manages the organization.
    pub fn of(&self, account: &str) -> Bounds {
        let mut bounds = Bounds { denials: Vec::new(), policies: Vec::new(), calls: self.calls.clone() };
        if self.management.as_deref() == Some(account) {
            return bounds;
        }
        let below = |accounts: &Option<BTreeSet<String>>| {
            accounts.as_ref().is_none_or(|accounts| accounts.contains(account))
        };
        for (name, denials, _) in self.bounding.iter().filter(|(_, _, accounts)| below(accounts)) {
            bounds.denials.extend(denials.iter().cloned());
            bounds.policies.push(name.clone());
        }
        bounds
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Roots {
    roots: Vec<Root>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Root {
    id: String,
    #[serde(default)]
    policy_types: Vec<PolicyType>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyType {
    r#type: Option<String>,
    status: Option<String>,
}

page!(Roots: Root in roots, "NextToken" from next_token, by |item| item.id.clone());

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyList {
    policies: Vec<Summary>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    id: String,
    name: Option<String>,
    aws_managed: Option<bool>,
}

page!(PolicyList: Summary in policies, "NextToken" from next_token, by |item| item.id.clone());

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribedPolicy {
    policy: Policy,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    content: String,
    policy_summary: Option<Summary>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Targets {
    targets: Vec<Target>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    target_id: String,
    r#type: Option<String>,
}

page!(Targets: Target in targets, "NextToken" from next_token, by |item| item.target_id.clone());

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Units {
    organizational_units: Vec<Unit>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Unit {
    id: String,
}

page!(Units: Unit in organizational_units, "NextToken" from next_token, by |item| item.id.clone());

/// Units are nested no deeper than this.
const DEEPEST: usize = 8;

/// The service control policies that bound regions, wherever they are attached.
pub async fn policies(session: &Session) -> Result<Policies, Shortfall> {
    let mut found = Policies { management: None, calls: Vec::new(), bounding: Vec::new() };
    let described: Heard<Described> =
        session.told(Ask::of(&DESCRIBE_ORGANIZATION, API, GLOBAL_HOME, json!({}))).await?;
    found.calls.push(described.call);
    let Some(described) = described.told else { return Ok(found) };
    found.management = Some(described.organization.master_account_id);
    let roots: Vec<Root> = every::<Roots>(session, &LIST_ROOTS, json!({}), &mut found.calls).await?;
    let on = |sort: &PolicyType| {
        sort.r#type.as_deref() == Some("SERVICE_CONTROL_POLICY") && sort.status.as_deref() == Some("ENABLED")
    };
    // A policy of a sort that is switched off binds nobody.
    if !roots.iter().any(|root| root.policy_types.iter().any(on)) {
        return Ok(found);
    }
    let sort = json!({"Filter": "SERVICE_CONTROL_POLICY"});
    let listed = every::<PolicyList>(session, &LIST_POLICIES, sort, &mut found.calls).await?;
    // What AWS itself keeps allows everything, and denies nothing.
    for policy in listed.into_iter().filter(|policy| policy.aws_managed != Some(true)) {
        let about = json!({"PolicyId": policy.id});
        let ask = Ask::of(&DESCRIBE_POLICY, API, GLOBAL_HOME, about.clone()).about(&policy.id);
        let heard: Heard<DescribedPolicy> = session.told(ask).await?;
        found.calls.push(heard.call);
        let own = heard.told.filter(|told| {
            told.policy.policy_summary.as_ref().is_some_and(|summary| summary.id == policy.id)
        });
        let Some(own) = own else {
            let detail = "the answer is not about this policy";
            return Err(Shortfall::of(&DESCRIBE_POLICY, GapReason::Malformed, Some(heard.call), detail));
        };
        let denials = denials(&own.policy.content);
        if denials.is_empty() {
            continue;
        }
        let targets = every::<Targets>(session, &LIST_TARGETS_FOR_POLICY, about, &mut found.calls).await?;
        let accounts = below(session, &targets, &mut found.calls).await?;
        let name = policy.name.unwrap_or(policy.id);
        found.bounding.push((shorten(&name), denials, accounts));
    }
    found.bounding.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// The accounts below what a policy is attached to; `None` for all.
async fn below(
    session: &Session,
    targets: &[Target],
    calls: &mut Vec<CallId>,
) -> Result<Option<BTreeSet<String>>, Shortfall> {
    let sort = |target: &Target, word: &str| target.r#type.as_deref() == Some(word);
    if targets.iter().any(|target| sort(target, "ROOT")) {
        return Ok(None);
    }
    let mut accounts: BTreeSet<String> = targets
        .iter()
        .filter(|target| sort(target, "ACCOUNT"))
        .map(|target| target.target_id.clone())
        .collect();
    let units = targets.iter().filter(|target| sort(target, "ORGANIZATIONAL_UNIT"));
    let mut waiting: Vec<(String, usize)> = units.map(|unit| (unit.target_id.clone(), 0)).collect();
    let mut known = BTreeMap::new();
    while let Some((unit, depth)) = waiting.pop() {
        if depth > DEEPEST || known.insert(unit.clone(), depth).is_some() {
            continue;
        }
        let parent = json!({"ParentId": unit});
        let inside = every::<Accounts>(session, &LIST_ACCOUNTS_FOR_PARENT, parent.clone(), calls).await?;
        accounts.extend(inside.into_iter().map(|account| account.id));
        let units = every::<Units>(session, &LIST_ORGANIZATIONAL_UNITS, parent, calls).await?;
        waiting.extend(units.into_iter().map(|unit| (unit.id, depth + 1)));
    }
    Ok(Some(accounts))
}

/// A list to its end.
async fn every<P: Page>(
    session: &Session,
    operation: &'static Operation,
    body: Value,
    calls: &mut Vec<CallId>,
) -> Result<Vec<P::Item>, Shortfall> {
    let about =
        body.as_object().and_then(|body| body.values().next()?.as_str()).unwrap_or_default().to_owned();
    let mut list = List::<P>::of(session, Ask::of(operation, API, GLOBAL_HOME, body).about(&about));
    let mut all = Vec::new();
    while let Some((items, call)) = list.next().await? {
        all.extend(items);
        if !calls.contains(&call) {
            calls.push(call);
        }
    }
    Ok(all)
}
