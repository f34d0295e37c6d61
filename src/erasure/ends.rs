//! When one thing can be gone, by itself.

use super::reckon::{DAY, End, Help, end, seconds};
use super::{Thing, Times};
use sekisho_contract::fact::{Kind, Obstacle, ObstacleKind, Starts};
use sekisho_contract::observed::Observed;

/// When one thing can be gone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    /// If it is begun now, by those who hold the rights.
    pub now: End,
    /// The same by an ordinary user alone.
    pub unaided: End,
    /// If it is written to until the contract's end.
    pub last: End,
}

impl Ends {
    /// `goes_on` where it is one of a row of backups, of which more will follow.
    pub fn of(thing: &Thing, goes_on: bool, times: &Times) -> Self {
        let by = |obstacles: &[Obstacle], asked, help| {
            let end = end(obstacles, asked, asked, help);
            if thing.seen { end } else { end.unsure() }
        };
        let obstacles = thing.obstacles.as_slice();
        // What is in use until the last day is deleted only then, and what was deleted waits from then on.
        let used_until = times.contract_end.max(times.now);
        let last = by(obstacles, used_until, Help::Privileged);
        let again = by(&repeated(thing), used_until, Help::Privileged);
        let later = |at: Option<i64>| at.is_none_or(|at| at > times.deadline);
        Self {
            now: by(obstacles, times.now, Help::Privileged),
            unaided: by(obstacles, times.now, Help::None),
            last: match goes_on {
                true => again,
                // Whether another like it will be made is not known.
                false if later(again.at) && !later(last.at) => last.unsure(),
                false => last,
            },
        }
    }

    /// Both have to be gone.
    pub fn and(self, other: Self) -> Self {
        Self {
            now: self.now.and(other.now),
            unaided: self.unaided.and(other.unaided),
            last: self.last.and(other.last),
        }
    }

    /// The same, where something else may hold longer.
    pub const fn unsure(self) -> Self {
        Self { now: self.now.unsure(), unaided: self.unaided.unsure(), last: self.last.unsure() }
    }
}

/// What stands in the way of a backup like this one that is made later: it is held for as long, from then on.
fn repeated(thing: &Thing) -> Vec<Obstacle> {
    let of = |obstacle: &Obstacle| {
        let held = matches!(
            obstacle.kind.seen(),
            Some(
                ObstacleKind::LockCompliance | ObstacleKind::LockGovernance | ObstacleKind::MinimumRetention
            )
        );
        let until = obstacle.until.seen().and_then(|until| seconds(until.as_ref()?));
        match (thing.data_time, until) {
            (Some(made), Some(until)) if held && obstacle.starts.seen() == Some(&Starts::Fixed) => {
                let days = (until - made).max(0).unsigned_abs().div_ceil(DAY.unsigned_abs());
                Obstacle {
                    starts: Observed::Seen(Starts::AtWrite),
                    days: Observed::Seen(u32::try_from(days).ok()),
                    ..obstacle.clone()
                }
            }
            _ => obstacle.clone(),
        }
    };
    match thing.kind {
        Kind::RecoveryPoint if thing.made_from.is_some() => thing.obstacles.iter().map(of).collect(),
        _ => thing.obstacles.clone(),
    }
}
