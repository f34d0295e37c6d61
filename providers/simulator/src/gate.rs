//! What stands before every cloud's services: attempts, quotas, faults, and the record of what came by.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::description::{Description, Fault};
use crate::draw;
use crate::fault::{self, Asked};
use crate::latency::Latencies;
use crate::quota::Quotas;
use crate::recorder::{RecordedRequest, Recorder, Seen};

/// Attempts, quotas, faults and the record.
#[derive(Debug)]
pub(crate) struct Gate {
    started: Instant,
    seed: u64,
    faults: Vec<Fault>,
    pub(crate) latencies: Latencies,
    state: Mutex<State>,
    /// Rings at every request that is recorded.
    recorded: Condvar,
}

#[derive(Debug)]
struct State {
    quotas: Quotas,
    recorder: Recorder,
    /// How often the same was asked, by a digest of what was asked.
    attempts: HashMap<u64, Attempts>,
    /// How many requests each account has made.
    made: HashMap<String, u64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Attempts {
    all: u32,
    admitted: u32,
}

impl Gate {
    pub(crate) fn new(description: &Description) -> Self {
        Self {
            started: Instant::now(),
            seed: description.seed,
            faults: description.faults.clone(),
            latencies: Latencies::new(description),
            state: Mutex::new(State {
                quotas: Quotas::new(description),
                recorder: Recorder::new(description.record),
                attempts: HashMap::new(),
                made: HashMap::new(),
            }),
            recorded: Condvar::new(),
        }
    }

    /// Time since the simulator started.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Counts the attempt, takes from the quotas, and, when they allow it, draws the fault; notes all of it in `seen`.
    pub(crate) fn pass(&self, now: Duration, seen: &mut Seen) {
        let parts =
            [seen.account.as_str(), &seen.region, seen.service, seen.operation, &seen.resource, &seen.page];
        let mut state = self.lock();
        let admitted = state.quotas.admit(now, &seen.account, &seen.region, seen.service, seen.operation);
        let attempts = state.attempts.entry(draw::number(&parts, 0)).or_default();
        attempts.all = attempts.all.saturating_add(1);
        attempts.admitted = attempts.admitted.saturating_add(u32::from(admitted));
        let Attempts { all, admitted: attempt } = *attempts;
        let made = match state.made.get_mut(&seen.account) {
            Some(made) => made,
            None => state.made.entry(seen.account.clone()).or_default(),
        };
        let before = *made;
        *made += 1;
        drop(state);
        seen.attempt = all;
        seen.quota_exceeded = !admitted;
        if admitted {
            // Those a quota refused do not count: when it refuses is a matter of time, and faults are not.
            let asked = Asked {
                account: &seen.account,
                region: &seen.region,
                service: seen.service,
                operation: seen.operation,
                resource: &seen.resource,
                page: &seen.page,
                attempt,
                before,
            };
            seen.fault = fault::strike(&self.faults, self.seed, &asked);
        }
    }

    pub(crate) fn record(&self, at: Duration, seen: Seen) {
        self.lock().recorder.add(at, seen);
        self.recorded.notify_all();
    }

    /// Waits until so many requests were recorded; `false` when it takes longer than `most`.
    pub(crate) fn wait(&self, requests: u64, most: Duration) -> bool {
        let few = |state: &mut State| state.recorder.len() < requests;
        let waited = self.recorded.wait_timeout_while(self.lock(), most, few);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    pub(crate) fn requests(&self, from: usize, count: usize) -> Vec<RecordedRequest> {
        self.lock().recorder.requests(from, count)
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        self.lock().recorder.counts()
    }

    pub(crate) fn exceeded(&self) -> u64 {
        self.lock().recorder.exceeded()
    }

    /// Forgets requests, attempts and what was taken from the quotas.
    pub(crate) fn reset(&self) {
        let mut state = self.lock();
        state.quotas.reset();
        state.recorder.reset();
        state.attempts = HashMap::new();
        state.made = HashMap::new();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
