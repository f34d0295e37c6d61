//! What has never answered: not asked again and again.
//!
//! An emulator that lacks an operation answers each request with a fault that could pass, and so does a service that is down
//! for the day. Once a question was given up in several places and never answered in any, each further place is asked once.

use crate::operation::Operation;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Questions given up before the next is asked once only.
const ENOUGH: u32 = 3;

/// Which operations, and which services in which region of which account, have answered.
#[derive(Debug, Default)]
pub(super) struct Silent(Mutex<BTreeMap<[String; 3], Heard>>);

#[derive(Debug, Default)]
struct Heard {
    answered: bool,
    given_up: u32,
}

impl Silent {
    /// Notes that something answered, whatever it said.
    pub(super) fn answered(&self, operation: &Operation, account: &str, region: &str) {
        self.note(operation, account, region, |heard| heard.answered = true);
    }

    /// Notes a question that was given up.
    pub(super) fn given_up(&self, operation: &Operation, account: &str, region: &str) {
        self.note(operation, account, region, |heard| heard.given_up += 1);
    }

    /// Whether the next question is likely to go the way of all before it.
    pub(super) fn is_silent(&self, operation: &Operation, account: &str, region: &str) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = |heard: &Heard| !heard.answered && heard.given_up >= ENOUGH;
        keys(operation, account, region).iter().any(|key| known.get(key).is_some_and(silent))
    }

    fn note(&self, operation: &Operation, account: &str, region: &str, change: impl Fn(&mut Heard)) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys(operation, account, region) {
            match known.get_mut(&key) {
                Some(heard) => change(heard),
                None => change(known.entry(key).or_default()),
            }
        }
    }
}

/// The operation wherever it is asked, and its service where it is asked.
fn keys(operation: &Operation, account: &str, region: &str) -> [[String; 3]; 2] {
    [
        [operation.service.to_owned(), operation.name.to_owned(), String::new()],
        [operation.service.to_owned(), account.to_owned(), region.to_owned()],
    ]
}
