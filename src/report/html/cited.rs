//! Evidence numbers on the page, and the appendix they lead to.

use crate::report::display::{self, NAME_LIMIT, Shown};
use crate::report::numbers::{self, Numbers};
use crate::report::{Evidence, Material};
use sekisho_contract::CallId;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most numbers shown beside one finding.
pub const PER_FINDING: usize = 6;
/// Most calls in the appendix.
const IN_APPENDIX: usize = 5_000;

/// Collects what the page cites.
pub struct Citations<'a> {
    numbers: Numbers<'a>,
    evidence: &'a BTreeMap<CallId, Evidence>,
    shown: BTreeMap<u32, &'a CallId>,
}

/// The numbers beside one finding.
#[derive(Serialize)]
pub struct Cited {
    numbers: Vec<Number>,
    more: usize,
}

#[derive(Serialize)]
struct Number {
    label: String,
    linked: bool,
}

/// The appendix of calls.
#[derive(Serialize)]
pub struct Appendix {
    rows: Vec<Row>,
    left_out: u64,
}

#[derive(Serialize)]
struct Row {
    label: String,
    provider: Shown,
    account: Shown,
    region: Shown,
    operation: Shown,
    target: Shown,
    at: String,
    status: u16,
    error: Shown,
    attempts: u32,
    request_id: Shown,
    sha256: Shown,
}

impl<'a> Citations<'a> {
    pub fn new(material: &Material<'a>) -> Self {
        Self {
            numbers: Numbers::of(material.assessment),
            evidence: material.evidence,
            shown: BTreeMap::new(),
        }
    }

    /// The numbers of these calls, which the appendix then lists.
    pub fn cite(&mut self, calls: impl ExactSizeIterator<Item = &'a CallId>) -> Cited {
        let more = calls.len().saturating_sub(PER_FINDING);
        Cited { numbers: calls.take(PER_FINDING).map(|call| self.number(call)).collect(), more }
    }

    fn number(&mut self, call: &'a CallId) -> Number {
        let number = self.numbers.number(call);
        let room = self.shown.len() < IN_APPENDIX || self.shown.contains_key(&number);
        let linked = room && self.evidence.contains_key(call);
        if linked {
            self.shown.insert(number, call);
        }
        Number { label: numbers::label(number), linked }
    }

    /// The numbers of calls, as they are shown, whether the appendix lists them or not.
    pub fn labels(&self, calls: impl Iterator<Item = &'a CallId>) -> Vec<String> {
        calls.map(|call| numbers::label(self.numbers.number(call))).collect()
    }

    /// The appendix of everything cited until now.
    pub fn appendix(&self) -> Appendix {
        let rows: Vec<Row> = self
            .shown
            .iter()
            .filter_map(|(number, call)| Some(Row::new(*number, self.evidence.get(*call)?)))
            .collect();
        let left_out = self.numbers.cited().count().saturating_sub(rows.len()) as u64;
        Appendix { rows, left_out }
    }
}

impl Row {
    fn new(number: u32, evidence: &Evidence) -> Self {
        let name = |text: &str| display::name(text, NAME_LIMIT);
        Self {
            label: numbers::label(number),
            provider: name(&evidence.provider),
            account: name(&evidence.account),
            region: name(&evidence.region),
            operation: name(&evidence.operation),
            target: name(&evidence.target),
            at: evidence.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            status: evidence.status,
            error: name(&evidence.error),
            attempts: evidence.attempts,
            request_id: name(&evidence.request_id),
            sha256: name(&evidence.sha256),
        }
    }
}
