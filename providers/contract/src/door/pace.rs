//! The pace: for each account, region and API family, below the provider's quota, slower when throttled.

use crate::operation::Quota;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota as Cells, RateLimiter};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a lowered pace stays before it is raised by a step.
const RECOVERY: Duration = Duration::from_secs(1);
/// Throttles within this time of each other count as one: they answer requests sent at the old pace.
const SAME_STORM: Duration = Duration::from_millis(250);
/// The pace is raised by this part of the full pace a step.
const STEPS: u32 = 10;

/// The paces of one door. Additive increase, multiplicative decrease, never above the declared rate.
#[derive(Debug)]
pub struct Paces {
    paced: bool,
    by_family: Mutex<BTreeMap<Key, Arc<Pace>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    account: Box<str>,
    region: Box<str>,
    family: &'static str,
}

/// How often a family of calls was slowed down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaceCount {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The API family.
    pub family: &'static str,
    /// The declared rate, per second.
    pub rate: u32,
    /// How often it was lowered.
    pub lowered: u32,
}

#[derive(Debug)]
struct Pace {
    quota: &'static Quota,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limiter: Arc<DefaultDirectRateLimiter>,
    rate: u32,
    changed: Instant,
    lowered: u32,
}

impl Paces {
    pub(super) const fn new(paced: bool) -> Self {
        Self { paced, by_family: Mutex::new(BTreeMap::new()) }
    }

    pub(super) async fn turn(&self, quota: &'static Quota, account: &str, region: &str) {
        if !self.paced {
            return;
        }
        let pace = self.pace(quota, account, region);
        loop {
            let limiter = Arc::clone(&pace.lock().limiter);
            match limiter.check() {
                Ok(()) => return,
                Err(until) => tokio::time::sleep(until.wait_time_from(DefaultClock::default().now())).await,
            }
        }
    }

    pub(super) fn was_throttled(&self, quota: &'static Quota, account: &str, region: &str) {
        if !self.paced {
            return;
        }
        let pace = self.pace(quota, account, region);
        let mut state = pace.lock();
        if state.lowered > 0 && state.changed.elapsed() < SAME_STORM {
            return;
        }
        state.rate = (state.rate / 2).max(1);
        state.limiter = limiter(state.rate, 1);
        state.changed = Instant::now();
        state.lowered += 1;
    }

    pub(super) fn went_well(&self, quota: &'static Quota, account: &str, region: &str) {
        if !self.paced {
            return;
        }
        let pace = self.pace(quota, account, region);
        let mut state = pace.lock();
        if state.rate >= quota.rate || state.changed.elapsed() < RECOVERY {
            return;
        }
        state.rate = (state.rate + (quota.rate / STEPS).max(1)).min(quota.rate);
        let burst = if state.rate == quota.rate { quota.burst } else { 1 };
        state.limiter = limiter(state.rate, burst);
        state.changed = Instant::now();
    }

    pub(super) fn counts(&self) -> Vec<PaceCount> {
        let families = self.by_family.lock().unwrap_or_else(PoisonError::into_inner);
        families
            .iter()
            .map(|(key, pace)| PaceCount {
                account: key.account.to_string(),
                region: key.region.to_string(),
                family: key.family,
                rate: pace.quota.rate,
                lowered: pace.lock().lowered,
            })
            .collect()
    }

    fn pace(&self, quota: &'static Quota, account: &str, region: &str) -> Arc<Pace> {
        let key = Key { account: account.into(), region: region.into(), family: quota.name };
        let mut families = self.by_family.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = families.entry(key).or_insert_with(|| Arc::new(Pace::new(quota)));
        Arc::clone(pace)
    }
}

impl Pace {
    fn new(quota: &'static Quota) -> Self {
        let state = State {
            limiter: limiter(quota.rate, quota.burst),
            rate: quota.rate,
            changed: Instant::now(),
            lowered: 0,
        };
        Self { quota, state: Mutex::new(state) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn limiter(rate: u32, burst: u32) -> Arc<DefaultDirectRateLimiter> {
    let at_least_one = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
    Arc::new(RateLimiter::direct(Cells::per_second(at_least_one(rate)).allow_burst(at_least_one(burst))))
}
