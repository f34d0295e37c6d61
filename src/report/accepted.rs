//! Which findings somebody has accepted: all of them, where the assessment lists the first.

use crate::assess::{Assessment, ExceptionState, Finding};
use crate::tenancy::Exception;
use sekisho_contract::CallId;
use std::collections::{BTreeMap, HashSet};

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

/// What the findings of each check rest on, and how many of them somebody has accepted; `None` where findings were taken out.
pub struct Samples<'a>(Option<BTreeMap<&'a str, (HashSet<&'a CallId>, u64)>>);

impl<'a> Samples<'a> {
    /// Those of an assessment.
    pub fn of(assessment: &'a Assessment) -> Self {
        let accepted = Accepted::of(assessment);
        let mut samples: BTreeMap<&str, (HashSet<&CallId>, u64)> = BTreeMap::new();
        for finding in &assessment.findings {
            let (calls, taken) = samples.entry(&finding.check).or_default();
            calls.extend(finding.calls.iter());
            *taken += u64::from(accepted.by(finding).next().is_some());
        }
        Self(assessment.withheld.is_none().then_some(samples))
    }

    /// How many findings of a check somebody has accepted.
    pub fn accepted(&self, check: &str) -> Option<u64> {
        Some(self.0.as_ref()?.get(check).map_or(0, |(_, accepted)| *accepted))
    }

    /// How many calls they cite.
    pub fn calls(&self, check: &str) -> Option<u64> {
        Some(self.0.as_ref()?.get(check).map_or(0, |(calls, _)| calls.len() as u64))
    }
}
