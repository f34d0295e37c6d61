//! How long an answer takes.

use std::time::Duration;

use crate::description::{Description, Latency};

/// How long answers take.
#[derive(Debug)]
pub(crate) struct Latencies {
    usual: Duration,
    exceptions: Vec<Latency>,
}

impl Latencies {
    pub(crate) fn new(description: &Description) -> Self {
        Self {
            usual: Duration::from_millis(description.latency_ms),
            exceptions: description.latencies.clone(),
        }
    }

    pub(crate) fn of(&self, service: &str, operation: &str, region: &str) -> Duration {
        let exception = self.exceptions.iter().find(|rule| {
            rule.service.as_ref().is_none_or(|glob| glob.matches(service))
                && rule.operation.as_ref().is_none_or(|glob| glob.matches(operation))
                && rule.region.as_ref().is_none_or(|name| name.as_str() == region)
        });
        exception.map_or(self.usual, |rule| Duration::from_millis(rule.ms))
    }
}
