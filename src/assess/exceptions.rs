//! Exceptions against findings: which are accepted, by whom and until when. No verdict changes.

use super::result::{Accepted, ExceptionResult, ExceptionState, Finding};
use crate::tenancy::Exception;
use jiff::civil::Date;

/// Most findings listed under one exception; all are counted.
const LIST_LIMIT: usize = 1_000;

/// Holds each exception against the findings.
pub(super) fn judge(
    exceptions: &[Exception],
    findings: &[Finding],
    assessed_at: Date,
) -> Vec<ExceptionResult> {
    let result = |exception: &Exception| {
        let covered =
            || findings.iter().filter(|one| exception.covers(&one.check, &one.clauses, &one.subject));
        let count = covered().count() as u64;
        let state = match (exception.expires < assessed_at, count) {
            (true, _) => ExceptionState::Expired,
            (false, 0) => ExceptionState::Unmatched,
            (false, _) => ExceptionState::InForce,
        };
        let accepted = |one: &Finding| Accepted {
            check: one.check.to_string(),
            subject: one.subject.to_string(),
            status: one.status,
        };
        // An expired one accepts nothing.
        let counts = state == ExceptionState::InForce;
        let findings = covered().filter(|_| counts).take(LIST_LIMIT).map(accepted).collect();
        ExceptionResult { exception: exception.clone(), state, count, findings }
    };
    exceptions.iter().map(result).collect()
}
