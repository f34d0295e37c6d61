//! How long and how often to ask again.

use crate::gap::GapReason;
use rand::RngExt;
use std::time::Duration;

/// How long and how often to ask again: exponential back-off with full jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The first pause is drawn from nothing to this; each further one from twice as much.
    pub base: Duration,
    /// No pause is longer than this, unless the provider names one.
    pub ceiling: Duration,
    /// Attempts in all after failures, broken connections and unreadable answers.
    pub attempts: u32,
    /// Attempts in all when throttled: a busy provider gets more time than a broken one.
    pub throttled_attempts: u32,
}

impl Patience {
    /// The patience of an ordinary run: about half a minute with a broken answer, several with a busy one.
    pub const ORDINARY: Self = Self {
        base: Duration::from_millis(200),
        ceiling: Duration::from_secs(20),
        attempts: 6,
        throttled_attempts: 12,
    };

    /// No pause the provider names is waited longer than this.
    const LONGEST_NAMED: Duration = Duration::from_secs(30);

    /// A pause the provider names, within bounds.
    pub(super) fn within(named: Duration) -> Duration {
        named.min(Self::LONGEST_NAMED)
    }

    pub(super) const fn tries(&self) -> Tries {
        Tries { patience: *self, made: 0, throttled: 0 }
    }
}

pub(super) struct Tries {
    patience: Patience,
    made: u32,
    throttled: u32,
}

impl Tries {
    /// Counts an attempt and returns its number, from 1.
    pub(super) const fn begin(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    /// The pause before the next attempt, or `None` when patience is at its end.
    pub(super) fn pause(&mut self, reason: GapReason, named: Option<Duration>) -> Option<Duration> {
        let spent = if reason == GapReason::ThrottledOut {
            self.throttled += 1;
            self.throttled >= self.patience.throttled_attempts
        } else {
            self.made - self.throttled >= self.patience.attempts
        };
        if spent {
            return None;
        }
        if let Some(named) = named {
            return Some(Patience::within(named));
        }
        let doubled = self.patience.base.saturating_mul(1 << (self.made - 1).min(16));
        let most = doubled.min(self.patience.ceiling);
        Some(most.mul_f64(rand::rng().random::<f64>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(reason: GapReason, named: Option<Duration>) -> Vec<Duration> {
        let mut tries = Patience::ORDINARY.tries();
        std::iter::from_fn(|| {
            tries.begin();
            tries.pause(reason, named)
        })
        .collect()
    }

    #[test]
    fn pauses_grow_to_a_ceiling_and_end() {
        for _ in 0..100 {
            for (reason, expected) in [(GapReason::Failed, 5), (GapReason::ThrottledOut, 11)] {
                let pauses = pauses(reason, None);
                assert_eq!(pauses.len(), expected);
                for (number, pause) in (0..).zip(pauses) {
                    let most = Patience::ORDINARY.base * 2_u32.pow(number);
                    assert!(pause <= most.min(Patience::ORDINARY.ceiling), "pause {number} is {pause:?}");
                }
            }
        }
    }

    #[test]
    fn a_pause_the_provider_names_is_kept_within_bounds() {
        for (named, kept) in [(3, 3), (100_000, 30)] {
            let pauses = pauses(GapReason::ThrottledOut, Some(Duration::from_secs(named)));
            assert!(pauses.iter().all(|pause| *pause == Duration::from_secs(kept)));
        }
    }

    #[test]
    fn being_throttled_does_not_use_up_the_attempts_after_failures() {
        let mut tries = Patience::ORDINARY.tries();
        for _ in 0..8 {
            tries.begin();
            assert!(tries.pause(GapReason::ThrottledOut, None).is_some());
        }
        let after = std::iter::from_fn(|| {
            tries.begin();
            tries.pause(GapReason::Failed, None)
        });
        assert_eq!(after.count(), 5);
    }
}
