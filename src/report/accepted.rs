//! Which findings somebody has accepted: all of them, where the assessment lists the first.

use crate::assess::{Assessment, ExceptionState, Finding};
use crate::tenancy::Exception;

/// The exceptions that are in force.
pub struct Accepted<'a>(Vec<&'a Exception>);

impl<'a> Accepted<'a> {
    /// Those of an assessment, in their order.
    pub fn of(assessment: &'a Assessment) -> Self {
        let in_force = assessment.exceptions.iter().filter(|one| one.state == ExceptionState::InForce);
        Self(in_force.map(|one| &one.exception).collect())
    }

    /// Those that speak of a finding. It is no less one.
    pub fn by(&self, finding: &Finding) -> impl Iterator<Item = &'a Exception> {
        let covers = |one: &&'a Exception| one.covers(&finding.check, &finding.clauses, &finding.subject);
        self.0.iter().copied().filter(covers).collect::<Vec<_>>().into_iter()
    }
}
