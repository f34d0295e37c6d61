//! Which fault strikes a request.

use crate::description::{Fault, FaultKind};
use crate::draw;

/// What the outcome of a fault may depend on: nothing of time or order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) page: &'a str,
    /// From 1; those that a quota refused do not count.
    pub(crate) attempt: u32,
    /// How many requests the account has made before.
    pub(crate) before: u64,
}

/// The first fault that strikes the request.
pub(crate) fn strike(faults: &[Fault], seed: u64, asked: &Asked<'_>) -> Option<FaultKind> {
    faults
        .iter()
        .enumerate()
        .find(|(index, fault)| matches(fault, asked) && drawn(*index, fault, seed, asked))
        .map(|(_, fault)| fault.fault)
}

fn matches(fault: &Fault, asked: &Asked<'_>) -> bool {
    fault.service.as_ref().is_none_or(|glob| glob.matches(asked.service))
        && fault.operation.as_ref().is_none_or(|glob| glob.matches(asked.operation))
        && fault.account.as_ref().is_none_or(|id| id.as_str() == asked.account)
        && fault.region.as_ref().is_none_or(|name| name.as_str() == asked.region)
        && fault.resource.as_ref().is_none_or(|glob| glob.matches(asked.resource))
        && fault.times.is_none_or(|times| asked.attempt <= times)
        && asked.before >= fault.after
}

fn drawn(index: usize, fault: &Fault, seed: u64, asked: &Asked<'_>) -> bool {
    let attempt = if fault.each_attempt { asked.attempt } else { 0 };
    let parts = [
        &index.to_string(),
        asked.account,
        asked.region,
        asked.service,
        asked.operation,
        asked.resource,
        asked.page,
        &attempt.to_string(),
    ];
    let certain = fault.probability.value() >= 1.0;
    certain || draw::share(&parts, seed) < fault.probability.value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Description;

    fn asked<'a>(resource: &'a str, attempt: u32) -> Asked<'a> {
        Asked {
            account: "111122223333",
            region: "ap-northeast-1",
            service: "s3",
            operation: "GetBucketEncryption",
            resource,
            page: "",
            attempt,
            before: 9,
        }
    }

    fn struck(fault: &str, resource: &str, attempt: u32) -> bool {
        let yaml = format!("accounts: []\nfaults:\n  - {fault}\n");
        let faults = Description::parse(&yaml).unwrap().faults;
        strike(&faults, 7, &asked(resource, attempt)).is_some()
    }

    #[test]
    fn fields_narrow() {
        let cases = [
            ("{fault: denied}", true),
            ("{service: s3, operation: 'Get*', resource: 'rec*', fault: denied}", true),
            ("{service: kms, fault: denied}", false),
            ("{account: '999988887777', fault: denied}", false),
            ("{region: us-east-1, fault: denied}", false),
            ("{resource: 'x*', fault: denied}", false),
            ("{fault: denied, times: 2}", true),
            ("{fault: denied, times: 0}", false),
            ("{fault: denied, probability: 0}", false),
            ("{fault: denied, after: 9}", true),
            ("{fault: denied, after: 10}", false),
        ];
        for (fault, expected) in cases {
            assert_eq!(struck(fault, "records", 1), expected, "{fault}");
        }
    }

    #[test]
    fn transient_faults_pass_and_permanent_ones_stay() {
        assert!(struck("{fault: denied, times: 2}", "records", 2));
        assert!(!struck("{fault: denied, times: 2}", "records", 3));
        let half = "{fault: denied, probability: 0.5}";
        let first: Vec<bool> = (0..64).map(|n| struck(half, &format!("b{n}"), 1)).collect();
        let later: Vec<bool> = (0..64).map(|n| struck(half, &format!("b{n}"), 9)).collect();
        assert_eq!(first, later);
        assert!(first.contains(&true) && first.contains(&false));
        let anew = "{fault: denied, probability: 0.5, each_attempt: true}";
        let attempts: Vec<bool> = (1..64).map(|n| struck(anew, "b", n)).collect();
        assert!(attempts.contains(&true) && attempts.contains(&false));
    }
}
