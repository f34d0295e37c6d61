//! What an earlier run was asked: the ground of a forecast.

use crate::run_folder::{FolderFault, RunFolder};
use jiff::Timestamp;
use sekisho_contract::Provider;
use sekisho_contract::provider::Reach;
use std::collections::{BTreeMap, BTreeSet};

/// The calls of an earlier run, each counted once however often it was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierRun {
    made_at: Timestamp,
    /// By provider and account, then operation, then region.
    accounts: BTreeMap<(String, String), BTreeMap<String, BTreeMap<String, u64>>>,
}

/// A run whose calls foretell nothing.
#[derive(Debug, thiserror::Error)]
pub enum ForecastFault {
    /// Its files cannot be read, or are not what it has recorded.
    #[error(transparent)]
    Folder(#[from] FolderFault),
    /// It was stopped.
    #[error(
        "the run was stopped before its end, and its calls are not all there; name a run that came to its end"
    )]
    BrokenOff,
}

impl EarlierRun {
    /// Reads what a run was asked from its ledger.
    pub fn read(folder: &RunFolder) -> Result<Self, ForecastFault> {
        let run = folder.run()?;
        if run.cancelled {
            return Err(ForecastFault::BrokenOff);
        }
        folder.hold_to(&run)?;
        let mut earlier = Self { made_at: run.assessed_at, accounts: BTreeMap::new() };
        let mut known = BTreeSet::new();
        for call in folder.ledger().pass() {
            let call = call.map_err(FolderFault::from)?;
            if known.insert(call.id) {
                let account = earlier.accounts.entry((call.provider, call.account)).or_default();
                *account.entry(call.operation).or_default().entry(call.region).or_default() += 1;
            }
        }
        Ok(earlier)
    }

    /// When it was made.
    pub const fn made_at(&self) -> Timestamp {
        self.made_at
    }

    /// Provider and id of each account it asked.
    pub fn accounts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.accounts.keys().map(|(provider, account)| (provider.as_str(), account.as_str()))
    }

    /// The regions in which an account was asked for what rests in regions; `None` where it was not asked.
    pub(super) fn regions(&self, provider: &dyn Provider, account: &str) -> Option<BTreeSet<&str>> {
        let calls = self.accounts.get(&(provider.name().to_owned(), account.to_owned()))?;
        let operations = provider.operations().iter().filter(|operation| {
            provider.swept_in(operation).is_some_and(|service| service.reach == Reach::Region)
        });
        let regions = operations.filter_map(|operation| calls.get(&operation.full_name()));
        Some(regions.flat_map(|regions| regions.keys().map(String::as_str)).collect())
    }

    /// How often an account was asked something, in the regions that count. An account it did not know is like the
    /// others of its provider on the average.
    pub(super) fn calls(
        &self,
        provider: &str,
        account: &str,
        operation: &str,
        counts: impl Fn(&str) -> bool,
    ) -> u64 {
        let calls_of = |calls: &BTreeMap<String, BTreeMap<String, u64>>| -> u64 {
            let regions = calls.get(operation).into_iter().flatten();
            regions.filter(|(region, _)| counts(region)).map(|(_, calls)| calls).sum()
        };
        if let Some(calls) = self.accounts.get(&(provider.to_owned(), account.to_owned())) {
            return calls_of(calls);
        }
        let others = || self.accounts.iter().filter(|((other, _), _)| other == provider);
        let all: u64 = others().map(|(_, calls)| calls_of(calls)).sum();
        all.div_ceil((others().count() as u64).max(1))
    }
}
