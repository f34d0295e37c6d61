//! Evidence numbers (証跡番号): `E-0001` and on, in the order in which findings, gaps and other witnesses cite calls.
//!
//! Call ids are stable, so two runs that find the same give the same numbers, in every format.

use crate::assess::Assessment;
use sekisho_contract::{CallId, Gap};
use std::collections::HashMap;

/// The number of every call that is cited.
pub struct Numbers<'a> {
    of: HashMap<&'a CallId, u32>,
    cited: Vec<&'a CallId>,
}

impl<'a> Numbers<'a> {
    /// Numbers the calls an assessment cites.
    pub fn of(assessment: &'a Assessment) -> Self {
        let mut numbers = Self { of: HashMap::new(), cited: Vec::new() };
        for call in assessment.findings.iter().flat_map(|finding| &finding.calls) {
            numbers.cite(call);
        }
        for call in sorted_gaps(assessment).into_iter().filter_map(|gap| gap.call.as_ref()) {
            numbers.cite(call);
        }
        for call in assessment.signals.iter().filter_map(|signal| signal.calls.first()) {
            numbers.cite(call);
        }
        numbers
    }

    fn cite(&mut self, call: &'a CallId) {
        let cited = &mut self.cited;
        self.of.entry(call).or_insert_with(|| {
            cited.push(call);
            u32::try_from(cited.len()).unwrap_or(u32::MAX)
        });
    }

    /// The number of a call that is cited; 0 for any other.
    pub fn number(&self, call: &CallId) -> u32 {
        self.of.get(call).copied().unwrap_or(0)
    }

    /// The calls in the order of their numbers, from 1.
    pub fn cited(&self) -> impl Iterator<Item = (u32, &'a CallId)> {
        (1..).zip(self.cited.iter().copied())
    }
}

/// The gaps in the order every format shows them.
pub fn sorted_gaps(assessment: &Assessment) -> Vec<&Gap> {
    let mut gaps: Vec<&Gap> = assessment.gaps.iter().collect();
    gaps.sort_by(|a, b| {
        let key = |gap: &'_ Gap| (gap.reason, gap.call);
        (&a.subject, &a.facet, &a.operation)
            .cmp(&(&b.subject, &b.facet, &b.operation))
            .then_with(|| key(a).cmp(&key(b)))
    });
    gaps
}

/// How a number is written.
pub fn label(number: u32) -> String {
    format!("E-{number:04}")
}
