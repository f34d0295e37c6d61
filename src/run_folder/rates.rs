//! The rates of calls: how many of one API family an account's region was asked in any second.

use schemars::JsonSchema;
use sekisho_contract::Provider;
use sekisho_contract::operation::Quota;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The API families of operations, by provider and `service:Operation`.
#[derive(Debug, Clone, Default)]
pub struct Families(BTreeMap<String, BTreeMap<String, &'static Quota>>);

impl Families {
    /// The families the providers declare.
    pub fn of(providers: &[Arc<dyn Provider>]) -> Self {
        let families = |provider: &Arc<dyn Provider>| {
            let operations = provider.operations().iter().chain(provider.log_operations());
            operations.map(|operation| (operation.full_name(), operation.quota)).collect()
        };
        Self(providers.iter().map(|provider| (provider.name().to_owned(), families(provider))).collect())
    }

    fn quota(&self, provider: &str, operation: &str) -> Option<&'static Quota> {
        self.0.get(provider)?.get(operation).copied()
    }
}

/// The fastest that one API family was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FamilyRate {
    /// The provider.
    pub provider: String,
    /// The family.
    pub family: String,
    /// Calls a second that this program allows itself for each account and region.
    pub per_second: u32,
    /// Calls it may send at once.
    pub burst: u32,
    /// The provider's own limit and where it is published; or that it publishes none, and what is assumed.
    pub source: String,
    /// The most calls that were sent to one account and region in any second.
    pub highest_per_second: u32,
    /// The account where that was.
    pub account: String,
    /// The region where that was.
    pub region: String,
}

/// Counts calls in order of time. Holds a second's worth of them.
pub(super) struct Rates<'a> {
    families: &'a Families,
    /// By provider, family, account and region: its place in `counts`.
    places: BTreeMap<[String; 4], usize>,
    counts: Vec<Count>,
    /// When each call of the last second was sent, in microseconds, and its place.
    last: VecDeque<(i64, usize)>,
}

struct Count {
    now: u32,
    highest: u32,
    quota: &'static Quota,
}

/// In microseconds.
const A_SECOND: i64 = 1_000_000;

impl<'a> Rates<'a> {
    pub(super) fn of(families: &'a Families) -> Self {
        Self { families, places: BTreeMap::new(), counts: Vec::new(), last: VecDeque::new() }
    }

    /// Counts a call. They come by time.
    pub(super) fn add(&mut self, at: i64, provider: &str, operation: &str, account: &str, region: &str) {
        while let Some((_, place)) = self.last.front().copied().filter(|(sent, _)| *sent <= at - A_SECOND) {
            self.last.pop_front();
            if let Some(count) = self.counts.get_mut(place) {
                count.now -= 1;
            }
        }
        // An operation nobody declares any more, in the journal of an older version, has no family.
        let Some(quota) = self.families.quota(provider, operation) else { return };
        let key = [provider, quota.name, account, region].map(str::to_owned);
        let next = self.counts.len();
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.counts.push(Count { now: 0, highest: 0, quota });
        }
        if let Some(count) = self.counts.get_mut(place) {
            count.now += 1;
            count.highest = count.highest.max(count.now);
            self.last.push_back((at, place));
        }
    }

    /// The highest of each family, the first place of several.
    pub(super) fn finish(self) -> Vec<FamilyRate> {
        let mut all: BTreeMap<(String, String), FamilyRate> = BTreeMap::new();
        for ([provider, family, account, region], place) in self.places {
            let Some(count) = self.counts.get(place) else { continue };
            let key = (provider.clone(), family.clone());
            if all.get(&key).is_some_and(|known| known.highest_per_second >= count.highest) {
                continue;
            }
            let rate = FamilyRate {
                provider,
                family,
                per_second: count.quota.rate,
                burst: count.quota.burst,
                source: count.quota.source.to_owned(),
                highest_per_second: count.highest,
                account,
                region,
            };
            all.insert(key, rate);
        }
        all.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static QUOTA: Quota = Quota { name: "reads", rate: 2, burst: 1, source: "a document" };

    #[test]
    fn the_highest_of_any_second_counts_wherever_it_begins() {
        let operations = [("s:Get".to_owned(), &QUOTA), ("s:List".to_owned(), &QUOTA)];
        let families = Families([("p".to_owned(), operations.into())].into());
        let mut rates = Rates::of(&families);
        for (milliseconds, operation, account) in [
            (0, "s:Get", "1"),
            (100, "s:Get", "2"),
            (900, "s:List", "1"),
            (1_000, "s:Get", "1"),
            (1_400, "s:Get", "1"),
            (1_500, "s:Gone", "1"),
            (1_899, "s:Get", "1"),
            (9_000, "s:Get", "2"),
        ] {
            rates.add(milliseconds * 1_000, "p", operation, account, "r");
        }
        let rates = rates.finish();
        let [rate] = &rates[..] else { panic!("one family") };
        assert_eq!((rate.highest_per_second, rate.account.as_str(), rate.family.as_str()), (4, "1", "reads"));
    }
}
