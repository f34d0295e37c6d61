//! Request quotas: token buckets kept by the server.

use std::collections::HashMap;
use std::time::Duration;

use crate::description::{Description, Quota};
use crate::published;

/// The token buckets of all quotas.
#[derive(Debug)]
pub(crate) struct Quotas {
    rules: Vec<Quota>,
    /// By rule, account and region.
    buckets: HashMap<(usize, String, String), Level>,
}

#[derive(Debug)]
struct Level {
    tokens: f64,
    at: Duration,
}

impl Quotas {
    pub(crate) fn new(description: &Description) -> Self {
        let mut rules = description.quotas.clone();
        if description.published_quotas {
            rules.extend(published::quotas().iter().map(published::PublishedQuota::rule));
        }
        Self { rules, buckets: HashMap::new() }
    }

    /// Takes a token from every quota that covers the request. False when one had none left; then none is taken.
    pub(crate) fn admit(
        &mut self,
        now: Duration,
        account: &str,
        region: &str,
        service: &str,
        operation: &str,
    ) -> bool {
        let mut keys = Vec::new();
        let mut admitted = true;
        for (index, rule) in self.rules.iter().enumerate() {
            let covers = rule.service.as_ref().is_none_or(|glob| glob.matches(service))
                && rule.operation.as_ref().is_none_or(|glob| glob.matches(operation));
            if !covers {
                continue;
            }
            let burst = rule.burst.unwrap_or(rule.rate).max(1.0);
            let key = (index, account.to_owned(), region.to_owned());
            let level = self.buckets.entry(key.clone()).or_insert(Level { tokens: burst, at: now });
            let elapsed = now.saturating_sub(level.at).as_secs_f64();
            level.tokens = (level.tokens + elapsed * rule.rate).min(burst);
            level.at = now;
            // A token that is short by rounding only is a whole one.
            admitted &= level.tokens >= 1.0 - 1e-9;
            keys.push(key);
        }
        if admitted {
            for key in keys {
                if let Some(level) = self.buckets.get_mut(&key) {
                    level.tokens -= 1.0;
                }
            }
        }
        admitted
    }

    pub(crate) fn reset(&mut self) {
        self.buckets.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Description;

    #[test]
    fn refills_at_its_rate_for_each_account_and_region() {
        let description = Description::parse(
            "accounts: []\nquotas:\n  - {service: kms, operation: 'Describe*', rate: 10, burst: 3}\n  - {service: s3, rate: 1}\n",
        )
        .unwrap();
        let mut quotas = Quotas::new(&description);
        let steps = [
            (0, "a", "r", "kms", "DescribeKey", true),
            (0, "a", "r", "kms", "DescribeKey", true),
            (0, "a", "r", "kms", "DescribeCustomKeyStores", true),
            (0, "a", "r", "kms", "DescribeKey", false),
            (0, "b", "r", "kms", "DescribeKey", true),
            (0, "a", "s", "kms", "DescribeKey", true),
            (0, "a", "r", "kms", "ListKeys", true),
            (99, "a", "r", "kms", "DescribeKey", false),
            (100, "a", "r", "kms", "DescribeKey", true),
            (110, "a", "r", "kms", "DescribeKey", false),
            (110, "a", "r", "s3", "ListBuckets", true),
            (1_000, "a", "r", "s3", "ListBuckets", false),
        ];
        for (index, (ms, account, region, service, operation, expected)) in steps.into_iter().enumerate() {
            let admitted = quotas.admit(Duration::from_millis(ms), account, region, service, operation);
            assert_eq!(admitted, expected, "step {index}");
        }
    }
}
