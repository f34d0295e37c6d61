//! What will be asked, before anything is.

use super::forecast::EarlierRun;
use sekisho_contract::operation::{Operation, Per};
use sekisho_contract::provider::{Reach, Service};
use sekisho_contract::{AccountSection, Provider};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The cells, operations and calls of a run, as far as they can be known before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Account by account, in the tenancy file's order; then what an earlier run found in their organizations.
    pub accounts: Vec<AccountPlan>,
    /// Cells in all.
    pub cells: u64,
    /// Calls that are made whatever is found, retries left out: the least there will be, unless regions are closed by a
    /// policy.
    pub fixed_calls: u64,
    /// Calls expected by those an earlier run made, retries left out; `None` without an earlier run.
    pub expected_calls: Option<u64>,
    /// When the earlier run was made (RFC 3339, UTC).
    pub earlier_run: Option<String>,
}

/// What one account will be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPlan {
    /// The provider.
    pub provider: String,
    /// The account.
    pub account: String,
    /// Whether it is a member of another account's organization, known from an earlier run.
    pub member: bool,
    /// Whether other accounts will be asked besides, which its organization will name.
    pub names_others: bool,
    /// Regions to be looked at: those an earlier run asked, else those of the place catalogue that are open to every
    /// account; less those the tenancy file leaves out.
    pub regions: Vec<String>,
    /// Regions that are looked at only if the account has opted in to them.
    pub opt_in: Vec<String>,
    /// Regions the tenancy file leaves out.
    pub skipped: Vec<String>,
    /// Cells to be asked.
    pub cells: u64,
    /// The operations, in the provider's order.
    pub operations: Vec<PlannedOperation>,
}

/// One operation in an account's plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedOperation {
    /// `service:Operation`.
    pub operation: String,
    /// The permission it needs.
    pub permission: String,
    /// The facts it brings.
    pub facts: String,
    /// Calls whatever is found: at least one page of a list for each cell.
    pub fixed: u64,
    /// Calls for each resource of its service.
    pub each_resource: u64,
    /// Calls expected by those of an earlier run; `None` without one.
    pub expected: Option<u64>,
    /// Whether it is asked only where what was seen before demands it: then only an earlier run tells how often.
    pub sometimes: bool,
}

/// Works out what a run would ask. Asks nothing. Accounts of a provider that is not at hand are left out:
/// the run itself refuses them.
pub fn plan(
    providers: &[Arc<dyn Provider>],
    accounts: &[AccountSection],
    earlier: Option<&EarlierRun>,
) -> Plan {
    let by_name: BTreeMap<&str, &Arc<dyn Provider>> =
        providers.iter().map(|provider| (provider.name(), provider)).collect();
    let members = earlier.map(|earlier| members(accounts, earlier)).unwrap_or_default();
    let planned = accounts.iter().map(|section| (section, false));
    let planned = planned.chain(members.iter().map(|section| (section, true)));
    let accounts: Vec<AccountPlan> = planned
        .filter_map(|(section, member)| {
            let provider = by_name.get(section.provider.as_str())?;
            Some(account_plan(provider.as_ref(), section, member, earlier))
        })
        .collect();
    let operations = || accounts.iter().flat_map(|account| &account.operations);
    Plan {
        cells: accounts.iter().map(|account| account.cells).sum(),
        fixed_calls: operations().map(|operation| operation.fixed).sum(),
        expected_calls: operations().map(|operation| operation.expected).sum(),
        earlier_run: earlier.map(|earlier| earlier.made_at().to_string()),
        accounts,
    }
}

/// Accounts an earlier run came to through an organization that will be asked again.
fn members(accounts: &[AccountSection], earlier: &EarlierRun) -> Vec<AccountSection> {
    let named: BTreeSet<(&str, &str)> =
        accounts.iter().map(|section| (section.provider.as_str(), section.id.as_str())).collect();
    let found = earlier.accounts().filter(|(provider, account)| !named.contains(&(*provider, *account)));
    let member = |(provider, account): (&str, &str)| {
        let through = accounts
            .iter()
            .find(|section| section.provider == provider && section.organization_role.is_some())?;
        Some(AccountSection { id: account.to_owned(), organization_role: None, ..through.clone() })
    };
    found.filter_map(member).collect()
}

fn account_plan(
    provider: &dyn Provider,
    section: &AccountSection,
    member: bool,
    earlier: Option<&EarlierRun>,
) -> AccountPlan {
    let wanted =
        |region: &str| section.regions.as_ref().is_none_or(|wanted| wanted.iter().any(|id| id == region));
    let (all, skipped): (Vec<_>, Vec<_>) = provider.places().regions().partition(|(id, _)| wanted(id));
    let known = earlier.and_then(|earlier| earlier.regions(provider, &section.id));
    let is_open = |id: &str, opt_in: bool| known.as_ref().map_or(!opt_in, |known| known.contains(id));
    let (open, closed): (Vec<_>, Vec<_>) = all.into_iter().partition(|(id, place)| is_open(id, place.opt_in));
    let names = |places: Vec<(&str, _)>| places.into_iter().map(|(id, _)| id.to_owned()).collect();
    let opt_in: Vec<String> =
        closed.into_iter().filter(|(_, place)| place.opt_in).map(|(id, _)| id.to_owned()).collect();
    let (regions, skipped): (Vec<String>, Vec<String>) = (names(open), names(skipped));
    let cells_of = |service: &Service| match service.reach {
        Reach::Global => 1,
        Reach::Region => regions.len() as u64,
    };
    let operation = |operation: &&'static Operation| {
        let service = provider.swept_in(operation);
        let (fixed, each_resource) = match operation.per {
            Per::Account => (1, 0),
            Per::Page(_) => (service.map_or(1, cells_of), 0),
            Per::Resource => (0, 1),
            Per::Sometimes => (0, 0),
        };
        let name = operation.full_name();
        // What a region that is left out now was asked then, nobody asks.
        let of_regions = service.is_some_and(|service| service.reach == Reach::Region);
        let counts = |region: &str| !of_regions || wanted(region);
        let expected = earlier.map(|earlier| earlier.calls(provider.name(), &section.id, &name, counts));
        PlannedOperation {
            operation: name,
            permission: operation.permission.to_owned(),
            facts: operation.facts.to_owned(),
            fixed,
            each_resource,
            expected,
            sometimes: operation.per == Per::Sometimes,
        }
    };
    let operations = provider.operations().iter().map(operation).collect();
    AccountPlan {
        provider: section.provider.clone(),
        account: section.id.clone(),
        member,
        names_others: section.organization_role.is_some(),
        cells: provider.services().iter().map(cells_of).sum(),
        regions,
        opt_in,
        skipped,
        operations,
    }
}
