//! Every finding, as data for the page's own search: what the tables of the clauses leave out is found here too.

use super::cited::{Citations, PER_FINDING};
use super::clauses;
use super::page::{anchor, checks_title, number, reason};
use crate::assess::Finding;
use crate::report::display::{self, NAME_LIMIT};
use crate::report::words::{self, Outcome};
use crate::report::{Material, ReportError};
use crate::text::Text;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most findings that can be searched.
const ROWS: usize = 100_000;
/// Reasons stand beside the findings until they take so many bytes in all; later ones are in the tables and lists alone.
const REASONS: usize = 24 << 20;

/// The index, and how much of the result it holds.
#[derive(Serialize)]
pub struct Index {
    /// JSON in which no character means anything to HTML.
    data: String,
    total: u64,
    held: u64,
    /// How many have no reason here.
    bare: u64,
}

/// What the script reads.
#[derive(Serialize)]
struct Data {
    words: Vec<Outcome>,
    checks: Vec<Check>,
    /// Japanese, English.
    reasons: Vec<(String, String)>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Check {
    anchor: String,
    title: Text,
    /// Numbers of the clauses that name it.
    clauses: Vec<Text>,
}

/// Check, word, name, id (empty when it is the name), reason (-1 for none), evidence numbers.
#[derive(Serialize)]
struct Row(usize, usize, String, String, i64, String);

impl Index {
    pub fn new<'a>(material: &Material<'a>, citations: &Citations<'a>) -> Result<Self, ReportError> {
        let mut made = Making::new(material, citations);
        let findings = &material.assessment.findings;
        findings.iter().take(ROWS).for_each(|finding| made.row(finding));
        let held = made.data.rows.len() as u64;
        let json =
            serde_json::to_string(&made.data).map_err(|fault| ReportError::Compose(fault.to_string()))?;
        Ok(Self { data: inert(&json), total: findings.len() as u64, held, bare: made.bare })
    }
}

struct Making<'m, 'a> {
    material: &'m Material<'a>,
    citations: &'m Citations<'a>,
    data: Data,
    words: BTreeMap<&'static str, usize>,
    checks: BTreeMap<&'a str, usize>,
    reasons: BTreeMap<&'a Text, usize>,
    bytes: usize,
    bare: u64,
}

impl<'m, 'a> Making<'m, 'a> {
    fn new(material: &'m Material<'a>, citations: &'m Citations<'a>) -> Self {
        let data = Data { words: Vec::new(), checks: Vec::new(), reasons: Vec::new(), rows: Vec::new() };
        Self {
            material,
            citations,
            data,
            words: BTreeMap::new(),
            checks: BTreeMap::new(),
            reasons: BTreeMap::new(),
            bytes: 0,
            bare: 0,
        }
    }

    fn row(&mut self, finding: &'a Finding) {
        let check = self.check(&finding.check);
        let word = self.word(words::status_at(finding.level, finding.status));
        let reason = self.reason(&finding.reason);
        self.bare += u64::from(reason < 0);
        let id = if finding.subject == finding.name { String::new() } else { bounded(&finding.subject) };
        let cited = self.citations.labels(finding.calls.iter().take(PER_FINDING));
        self.data.rows.push(Row(check, word, bounded(&finding.name), id, reason, cited.join(" ")));
    }

    fn word(&mut self, outcome: Outcome) -> usize {
        let words = &mut self.data.words;
        *self.words.entry(outcome.class).or_insert_with(|| {
            words.push(outcome);
            words.len() - 1
        })
    }

    fn check(&mut self, id: &'a str) -> usize {
        if let Some(known) = self.checks.get(id) {
            return *known;
        }
        let names = |clause: &&crate::assess::ClauseResult| clause.checks.iter().any(|check| check.id == id);
        let clauses = self.material.assessment.clauses.iter().filter(names).map(number).collect();
        self.data.checks.push(Check {
            anchor: anchor(clauses::CHECK, id),
            title: checks_title(self.material, id),
            clauses,
        });
        let at = self.data.checks.len() - 1;
        self.checks.insert(id, at);
        at
    }

    fn reason(&mut self, text: &'a Text) -> i64 {
        if let Some(known) = self.reasons.get(text) {
            return *known as i64;
        }
        if self.bytes >= REASONS {
            return -1;
        }
        let Text { ja, en } = reason(text);
        self.bytes += ja.len() + en.len();
        self.data.reasons.push((ja, en));
        let at = self.data.reasons.len() - 1;
        self.reasons.insert(text, at);
        at as i64
    }
}

/// A name, and how long it is where it is cut.
fn bounded(text: &str) -> String {
    let shown = display::name(text, NAME_LIMIT);
    match shown.full {
        Some(full) => format!("{}… ({})", shown.text, display::grouped(full)),
        None => shown.text,
    }
}

/// JSON that HTML reads as text: outside strings none of these characters occurs.
fn inert(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + json.len() / 64);
    for c in json.chars() {
        match c {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            _ => text.push(c),
        }
    }
    text
}
