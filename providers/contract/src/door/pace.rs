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
/// The pace is raised by this part of the full pace a step.
const STEPS: u32 = 10;
/// At a lowered pace this part of a second's turns may be taken at once: what timers cannot tell apart anyway.
const INSTANT: u32 = 100;

/// The paces of one door. Additive increase, multiplicative decrease, never above the declared rate.
#[derive(Debug)]
pub(super) struct Paces {
    paced: bool,
    by_family: Mutex<BTreeMap<Key, Arc<Pace>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    account: Box<str>,
    region: Box<str>,
    family: &'static str,
}

#[derive(Debug)]
struct Pace {
    /// Who waits for a turn stands in line: one wakes at a time, and nobody is overtaken.
    line: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limiter: Arc<DefaultDirectRateLimiter>,
    rate: u32,
    /// When the pace was last lowered or raised. Answers to requests sent before say nothing of the pace since.
    changed: Instant,
    /// Until when the provider wants to hear nothing more.
    held: Option<Instant>,
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
        let _first = pace.line.lock().await;
        while let Err(wait) = pace.take() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Halves the pace, for all throttled requests of one storm once: those that were sent before it was lowered say
    /// nothing of the lower pace. `after` is how long the provider wants to hear nothing of the whole family.
    pub(super) fn was_throttled(
        &self,
        quota: &'static Quota,
        account: &str,
        region: &str,
        sent: Instant,
        after: Option<Duration>,
    ) {
        if !self.paced {
            return;
        }
        let pace = self.pace(quota, account, region);
        let mut state = pace.lock();
        if let Some(until) = after.and_then(|after| Instant::now().checked_add(after)) {
            state.held = state.held.max(Some(until));
        }
        if sent < state.changed {
            return;
        }
        state.rate = (state.rate / 2).max(1);
        state.limiter = limiter(state.rate, state.rate / INSTANT);
        state.changed = Instant::now();
    }

    pub(super) fn went_well(&self, quota: &'static Quota, account: &str, region: &str, sent: Instant) {
        if !self.paced {
            return;
        }
        let pace = self.pace(quota, account, region);
        let mut state = pace.lock();
        if state.rate >= quota.rate || state.changed.elapsed() < RECOVERY || sent < state.changed {
            return;
        }
        state.rate = (state.rate + (quota.rate / STEPS).max(1)).min(quota.rate);
        let burst = if state.rate == quota.rate { quota.burst } else { state.rate / INSTANT };
        state.limiter = limiter(state.rate, burst);
        state.changed = Instant::now();
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
            held: None,
        };
        Self { line: tokio::sync::Mutex::new(()), state: Mutex::new(state) }
    }

    /// Takes a turn, or says how long there is none.
    fn take(&self) -> Result<(), Duration> {
        let limiter = {
            let state = self.lock();
            if let Some(left) = state.held.and_then(|until| until.checked_duration_since(Instant::now()))
                && !left.is_zero()
            {
                return Err(left);
            }
            Arc::clone(&state.limiter)
        };
        limiter.check().map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn limiter(rate: u32, burst: u32) -> Arc<DefaultDirectRateLimiter> {
    let at_least_one = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
    Arc::new(RateLimiter::direct(Cells::per_second(at_least_one(rate)).allow_burst(at_least_one(burst))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slow enough that no turn comes back while the test runs.
    static QUOTA: Quota = Quota { name: "family", rate: 1, burst: 3, source: "" };
    static FAST: Quota = Quota { name: "fast", rate: 64, burst: 8, source: "" };

    fn turns(paces: &Paces, quota: &'static Quota, account: &str, region: &str) -> usize {
        let pace = paces.pace(quota, account, region);
        (0..100).take_while(|_| pace.take().is_ok()).count()
    }

    #[test]
    fn each_account_and_region_has_its_own_pace() {
        let paces = Paces::new(true);
        assert_eq!(turns(&paces, &QUOTA, "1", "tokyo"), 3);
        assert_eq!(turns(&paces, &QUOTA, "1", "tokyo"), 0);
        let wait = paces.pace(&QUOTA, "1", "tokyo").take().unwrap_err();
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!(turns(&paces, &QUOTA, "1", "osaka"), 3);
        assert_eq!(turns(&paces, &QUOTA, "2", "tokyo"), 3);
    }

    #[test]
    fn throttling_halves_the_pace_once_a_storm_and_never_to_nothing() {
        let paces = Paces::new(true);
        let rate = || paces.pace(&FAST, "1", "tokyo").lock().rate;
        let calm = || paces.pace(&FAST, "1", "tokyo").lock().changed -= RECOVERY;
        assert_eq!(rate(), 64);
        for expected in [32, 16, 8, 4, 2, 1, 1] {
            let sent = Instant::now();
            paces.was_throttled(&FAST, "1", "tokyo", sent, None);
            // The same storm: sent at the old pace, whenever the answer comes.
            calm();
            paces.was_throttled(&FAST, "1", "tokyo", sent - RECOVERY, None);
            assert_eq!(rate(), expected);
        }
        assert_eq!(turns(&paces, &FAST, "1", "tokyo"), 1, "no burst at a lowered pace");
        for expected in [7, 13, 19, 25, 31, 37, 43, 49, 55, 61, 64, 64] {
            calm();
            paces.went_well(&FAST, "1", "tokyo", Instant::now() - RECOVERY * 3);
            paces.went_well(&FAST, "1", "tokyo", Instant::now());
            assert_eq!(rate(), expected);
        }
        calm();
        paces.was_throttled(&FAST, "1", "tokyo", Instant::now(), None);
        paces.went_well(&FAST, "1", "tokyo", Instant::now());
        assert_eq!(rate(), 32, "it is not raised before it has stayed a while");
    }

    #[test]
    fn nobody_has_a_turn_before_the_provider_wants_it() {
        let paces = Paces::new(true);
        let began = Instant::now();
        paces.was_throttled(&FAST, "1", "tokyo", Instant::now(), Some(Duration::from_millis(80)));
        let pace = paces.pace(&FAST, "1", "tokyo");
        let wait = pace.take().unwrap_err();
        assert!(wait > Duration::from_millis(40) && wait <= Duration::from_millis(80), "{wait:?}");
        // A shorter pause does not shorten the longer one, and other families know of none.
        paces.was_throttled(&FAST, "1", "tokyo", began, Some(Duration::ZERO));
        assert!(pace.take().is_err());
        assert_eq!(turns(&paces, &FAST, "1", "osaka"), 8);
    }

    #[tokio::test]
    async fn after_a_pause_there_is_no_herd() {
        let paces = Paces::new(true);
        assert_eq!(turns(&paces, &FAST, "1", "tokyo"), 8);
        paces.was_throttled(&FAST, "1", "tokyo", Instant::now(), Some(Duration::from_millis(50)));
        let began = Instant::now();
        let turns = (0..4).map(|number| {
            let paces = &paces;
            async move {
                paces.turn(&FAST, "1", "tokyo").await;
                (number, began.elapsed())
            }
        });
        let came = futures::future::join_all(turns).await;
        for ((number, at), least) in came.into_iter().zip([50, 81, 112, 143]) {
            assert!(at >= Duration::from_millis(least), "turn {number} came after {at:?}");
        }
    }
}
