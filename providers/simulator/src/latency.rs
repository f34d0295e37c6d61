//! How long an answer takes.

use std::time::Duration;

use crate::description::{Description, Latency, Spread};
use crate::draw;
use crate::recorder::Seen;

/// How long answers take.
#[derive(Debug)]
pub(crate) struct Latencies {
    usual: Duration,
    spread: Spread,
    exceptions: Vec<Latency>,
}

impl Latencies {
    pub(crate) fn new(description: &Description) -> Self {
        Self {
            usual: Duration::from_millis(description.latency_ms),
            spread: description.spread,
            exceptions: description.latencies.clone(),
        }
    }

    pub(crate) fn of(&self, seen: &Seen) -> Duration {
        let Seen { service, operation, region, .. } = seen;
        let exception = self.exceptions.iter().find(|rule| {
            rule.service.as_ref().is_none_or(|glob| glob.matches(service))
                && rule.operation.as_ref().is_none_or(|glob| glob.matches(operation))
                && rule.region.as_ref().is_none_or(|name| name.as_str() == region)
        });
        exception.map_or(self.usual, |rule| Duration::from_millis(rule.ms)) + self.more(seen)
    }

    fn more(&self, seen: &Seen) -> Duration {
        if self.spread.ms == 0 {
            return Duration::ZERO;
        }
        let attempt = seen.attempt.to_string();
        let parts =
            [&seen.account, &seen.region, seen.service, seen.operation, &seen.resource, &seen.page, &attempt];
        Duration::from_millis(self.spread.ms).mul_f64(draw::share(&parts, self.spread.seed))
    }
}
