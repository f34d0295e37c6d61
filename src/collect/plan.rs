//! What will be asked, before anything is.

use sekisho_contract::operation::Per;
use sekisho_contract::provider::{Reach, Service};
use sekisho_contract::{AccountSection, Provider};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many resources an earlier run found, by provider, account and service.
pub type ResourceCounts = BTreeMap<(String, String, String), u64>;

/// The cells, operations and calls of a run, as far as they can be known before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Account by account, in the tenancy file's order.
    pub accounts: Vec<AccountPlan>,
    /// Cells in all.
    pub cells: u64,
    /// Calls that are made whatever is found, retries left out.
    pub fixed_calls: u64,
    /// Calls expected for the resources an earlier run found; `None` without an earlier run.
    pub resource_calls: Option<u64>,
}

/// What one account will be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPlan {
    /// The provider.
    pub provider: String,
    /// The account.
    pub account: String,
    /// Regions to be looked at: those of the place catalogue, less those the tenancy file leaves out.
    /// What the account has not opted into is found out when it is surveyed.
    pub regions: Vec<String>,
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
    /// Calls for each resource of its service; fewer where records that the provider keeps can stand for them.
    pub each_resource: u64,
    /// Calls expected for the resources of an earlier run; `None` without one.
    pub expected: Option<u64>,
    /// Whether it is asked only where what was seen before demands it: then no number can be given.
    pub sometimes: bool,
}

/// Works out what a run would ask. Asks nothing. Accounts of a provider that is not at hand are left out:
/// the run itself refuses them.
pub fn plan(
    providers: &[Arc<dyn Provider>],
    accounts: &[AccountSection],
    earlier: Option<&ResourceCounts>,
) -> Plan {
    let by_name: BTreeMap<&str, &Arc<dyn Provider>> =
        providers.iter().map(|provider| (provider.name(), provider)).collect();
    let accounts: Vec<AccountPlan> = accounts
        .iter()
        .filter_map(|section| {
            Some(account_plan(by_name.get(section.provider.as_str())?.as_ref(), section, earlier))
        })
        .collect();
    let operations = || accounts.iter().flat_map(|account| &account.operations);
    Plan {
        cells: accounts.iter().map(|account| account.cells).sum(),
        fixed_calls: operations().map(|operation| operation.fixed).sum(),
        resource_calls: operations().map(|operation| operation.expected).sum(),
        accounts,
    }
}

fn account_plan(
    provider: &dyn Provider,
    section: &AccountSection,
    earlier: Option<&ResourceCounts>,
) -> AccountPlan {
    let wanted =
        |region: &str| section.regions.as_ref().is_none_or(|wanted| wanted.iter().any(|id| id == region));
    let (regions, skipped): (Vec<String>, Vec<String>) =
        provider.places().regions().map(|(id, _)| id.to_owned()).partition(|id| wanted(id));
    let cells_of = |service: &Service| match service.reach {
        Reach::Global => 1,
        Reach::Region => regions.len() as u64,
    };
    let operations = provider
        .operations()
        .iter()
        .map(|operation| {
            let service = provider.swept_in(operation);
            let cells = service.map_or(1, cells_of);
            let found = earlier.map(|counts| {
                let name = service.map_or(operation.service, |service| service.name);
                let key = (section.provider.clone(), section.id.clone(), name.to_owned());
                counts.get(&key).copied().unwrap_or(0)
            });
            let (fixed, each_resource) = match operation.per {
                Per::Account => (1, 0),
                Per::Page(_) => (cells, 0),
                Per::Resource => (0, 1),
                Per::Sometimes | Per::SomePages(_) => (0, 0),
            };
            let expected = found.map(|found| match operation.per {
                // The cells' first pages are counted as fixed.
                Per::Page(size) => found / u64::from(size.max(1)),
                Per::Resource => found,
                Per::Account | Per::Sometimes | Per::SomePages(_) => 0,
            });
            PlannedOperation {
                operation: operation.full_name(),
                permission: operation.permission.to_owned(),
                facts: operation.facts.to_owned(),
                fixed,
                each_resource,
                expected,
                sometimes: matches!(operation.per, Per::Sometimes | Per::SomePages(_)),
            }
        })
        .collect();
    let cells = provider.services().iter().map(cells_of).sum();
    AccountPlan {
        provider: section.provider.clone(),
        account: section.id.clone(),
        regions,
        skipped,
        cells,
        operations,
    }
}
