//! What does not answer: not asked again and again.
//!
//! An emulator that lacks an operation answers each request with a fault that could pass, and so does a service that is down
//! for the day. Once a question was given up in several places and never answered in any, each further place is asked once.
//!
//! Worse is what says nothing at all: each attempt costs the whole time-out, and a seat. A service in a region, or a whole
//! region, that let the time run out again and again with no answer between is mute: questions to it end at once, but for one
//! now and then that finds out whether it still is so.

use crate::operation::Operation;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Questions given up before the next is asked once only.
const ENOUGH: u32 = 3;
/// Rounds in a row that ended with no answer in time. Requests that were under way together are one round.
const ROUNDS: u32 = 3;
/// How often a question goes to a mute place.
const PROBE: Duration = Duration::from_secs(30);

/// An operation, and the account and region it is asked in.
pub(super) type Place<'a> = (&'static Operation, &'a str, &'a str);

/// Which operations, and which services in which region of which account, have answered.
#[derive(Debug, Default)]
pub(super) struct Silent(Mutex<BTreeMap<[String; 3], Heard>>);

#[derive(Debug, Default)]
struct Heard {
    answered: bool,
    given_up: u32,
    /// Rounds without an answer, in a row, and when the last ended.
    rounds: u32,
    ended: Option<Instant>,
    probed: Option<Instant>,
}

impl Silent {
    /// Notes that something answered, whatever it said.
    pub(super) fn answered(&self, place: Place<'_>) {
        self.note(keys(place), |heard| heard.answered = true);
    }

    /// Notes a question that was given up.
    pub(super) fn given_up(&self, place: Place<'_>) {
        self.note(keys(place), |heard| heard.given_up += 1);
    }

    /// Whether the next question is likely to go the way of all before it.
    pub(super) fn is_silent(&self, place: Place<'_>) -> bool {
        let known = self.lock();
        let silent = |heard: &Heard| !heard.answered && heard.given_up >= ENOUGH;
        keys(place).iter().any(|key| known.get(key).is_some_and(silent))
            || listeners(place).iter().any(|key| known.get(key).is_some_and(Heard::is_mute))
    }

    /// Notes an answer, be it a fault.
    pub(super) fn spoke(&self, place: Place<'_>) {
        let mut known = self.lock();
        for key in listeners(place) {
            // Most have never been without an answer.
            if let Some(heard) = known.get_mut(&key) {
                heard.rounds = 0;
            }
        }
    }

    /// Notes that the time ran out on a request that was sent then.
    pub(super) fn ran_out(&self, place: Place<'_>, sent: Instant) {
        self.note(listeners(place), |heard| {
            if heard.ended.is_none_or(|ended| sent >= ended) {
                heard.rounds += 1;
                heard.ended = Some(Instant::now());
            }
        });
    }

    /// Whether a question need not be sent: nothing there answers, and it was seen a moment ago that it still does not.
    pub(super) fn is_mute(&self, place: Place<'_>) -> bool {
        let mut known = self.lock();
        let now = Instant::now();
        for key in listeners(place) {
            let Some(heard) = known.get_mut(&key).filter(|heard| heard.is_mute()) else { continue };
            let last = heard.probed.max(heard.ended);
            if last.is_some_and(|last| now.duration_since(last) < PROBE) {
                return true;
            }
            heard.probed = Some(now);
        }
        false
    }

    fn note<const N: usize>(&self, keys: [[String; 3]; N], change: impl Fn(&mut Heard)) {
        let mut known = self.lock();
        for key in keys {
            match known.get_mut(&key) {
                Some(heard) => change(heard),
                None => change(known.entry(key).or_default()),
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<[String; 3], Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    const fn is_mute(&self) -> bool {
        self.rounds >= ROUNDS
    }
}

/// The operation wherever it is asked, and its service where it is asked.
fn keys((operation, account, region): Place<'_>) -> [[String; 3]; 2] {
    [
        [operation.service.to_owned(), operation.name.to_owned(), String::new()],
        [operation.service.to_owned(), account.to_owned(), region.to_owned()],
    ]
}

/// The service where it is asked, and the region whoever asks it for whatever.
fn listeners((operation, account, region): Place<'_>) -> [[String; 3]; 2] {
    [
        [operation.service.to_owned(), account.to_owned(), region.to_owned()],
        [String::new(), String::new(), region.to_owned()],
    ]
}
