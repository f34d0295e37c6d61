//! What is kept of the changes: as many as people read, the worst first, and the number of all.

use super::change::{Change, Direction};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many changes went which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// For the worse.
    pub worse: u64,
    /// Neither.
    pub neutral: u64,
    /// For the better.
    pub better: u64,
}

impl Counts {
    /// One more.
    pub const fn add(&mut self, direction: Direction) {
        match direction {
            Direction::Worse => self.worse += 1,
            Direction::Neutral => self.neutral += 1,
            Direction::Better => self.better += 1,
        }
    }

    /// All of them.
    pub const fn all(&self) -> u64 {
        self.worse + self.neutral + self.better
    }
}

/// Changes kept of each direction.
const LIMIT: usize = 2_000;

/// The changes so far.
#[derive(Debug, Default)]
pub struct Told {
    kept: Vec<Change>,
    counts: Counts,
    worse: BTreeSet<String>,
}

impl Told {
    /// Takes a change.
    pub fn add(&mut self, change: Change) {
        if change.direction == Direction::Worse {
            self.worse.extend(change.clauses.iter().cloned());
        }
        let so_far = match change.direction {
            Direction::Worse => self.counts.worse,
            Direction::Neutral => self.counts.neutral,
            Direction::Better => self.counts.better,
        };
        self.counts.add(change.direction);
        if usize::try_from(so_far).is_ok_and(|so_far| so_far < LIMIT) {
            self.kept.push(change);
        }
    }

    /// The clauses that a change for the worse touches.
    pub const fn worse(&self) -> &BTreeSet<String> {
        &self.worse
    }

    /// Those that were kept, in order, and how many there are of all.
    pub fn finish(mut self, place: impl Fn(&str) -> usize) -> (Vec<Change>, Counts) {
        self.kept.sort_by_cached_key(|change| {
            let first = change.clauses.first().map_or(usize::MAX, |clause| place(clause));
            (change.direction, first, change.what, change.key.clone())
        });
        (self.kept, self.counts)
    }
}
