//! The request quotas AWS publishes, as dated data, and assumed ones where it publishes none.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::description::{Glob, Quota};

/// The data.
static DATA: LazyLock<Result<Data, String>> = LazyLock::new(|| {
    serde_saphyr::from_str(include_str!("aws/quotas.yaml")).map_err(|error| error.to_string())
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    read: String,
    quotas: Vec<PublishedQuota>,
}

/// A request quota of AWS, for each account and region.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedQuota {
    /// The service.
    pub service: Glob,
    /// The operations that share it.
    pub operation: Glob,
    /// Requests a second.
    pub rate: f64,
    /// Requests at once.
    pub burst: f64,
    /// Where it is published; absent where it is not, and the figures are assumed.
    #[serde(default)]
    pub source: Option<String>,
}

impl PublishedQuota {
    /// Whether a request counts against it.
    pub fn covers(&self, service: &str, operation: &str) -> bool {
        self.service.matches(service) && self.operation.matches(operation)
    }

    pub(crate) fn rule(&self) -> Quota {
        let (service, operation) = (Some(self.service.clone()), Some(self.operation.clone()));
        Quota { service, operation, rate: self.rate, burst: Some(self.burst) }
    }
}

/// Every quota.
pub fn quotas() -> &'static [PublishedQuota] {
    DATA.as_ref().map_or(&[], |data| data.quotas.as_slice())
}

/// The day they were read (RFC 3339 date).
pub fn read_on() -> &'static str {
    DATA.as_ref().map_or("", |data| data.read.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws;

    #[test]
    fn each_is_of_an_operation_there_is() {
        assert_eq!(DATA.as_ref().err(), None);
        assert!(read_on().parse::<jiff::civil::Date>().is_ok() && quotas().len() > 60);
        for quota in quotas() {
            let used = aws::operations().any(|(service, operation)| quota.covers(service, operation));
            assert!(used, "{quota:?}");
        }
    }
}
