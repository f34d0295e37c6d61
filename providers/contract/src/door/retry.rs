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
    const LONGEST_NAMED: Duration = Duration::from_secs(120);

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
            return Some(named.min(Patience::LONGEST_NAMED));
        }
        let doubled = self.patience.base.saturating_mul(1 << (self.made - 1).min(16));
        let most = doubled.min(self.patience.ceiling);
        Some(most.mul_f64(rand::rng().random::<f64>()))
    }
}
