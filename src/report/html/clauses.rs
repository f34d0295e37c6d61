//! The clauses: their checks, and the findings of each check under the first clause that names it.

use super::cited::{Citations, Cited};
use super::page::{anchor, checks_title, number, reason, words_of};
use crate::assess::{ClauseResult, Counts, DocumentResult, Finding};
use crate::report::accepted::Accepted;
use crate::report::display::{self, NAME_LIMIT, Shown};
use crate::report::totals::{ClauseCounts, Group, clause_counts};
use crate::report::words::{self, Outcome, Word};
use crate::report::{Material, in_japan};
use crate::text::Text;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Most findings of one check on the page, and of all checks together.
const PER_CHECK: usize = 500;
const IN_ALL: usize = 5_000;
/// Up to this many findings are open from the start.
const OPEN: u64 = 12;
/// Up to this many different remedies are told once for the check; beyond that each finding has its own.
const SHARED_REMEDIES: usize = 3;

/// How many findings of each check are shown when there are findings of `checks` checks.
pub fn shown_per_check(checks: usize) -> usize {
    (IN_ALL / checks.max(1)).clamp(25, PER_CHECK)
}

/// What anchors of checks begin with.
pub const CHECK: &str = "check";

/// A clause on the page.
#[derive(Serialize)]
pub struct Clause {
    anchor: String,
    number: Text,
    title: Text,
    reading: Text,
    reason: Text,
    outcome: Outcome,
    violates: u64,
    advised: u64,
    unverified: u64,
    conforms: u64,
    checks: Vec<Check>,
    papers: Vec<Paper>,
    /// Why all papers are as they are, when it is the same for all.
    papers_reason: Option<Text>,
    needs: Vec<Need>,
}

/// Something no check sees.
#[derive(Serialize)]
struct Need {
    id: Shown,
    missing: Text,
    outcome: Outcome,
    /// The entry of the register that says somebody looked.
    entry: Option<Shown>,
}

#[derive(Serialize)]
struct Check {
    id: Shown,
    anchor: String,
    title: Text,
    level: Word,
    outcome: Outcome,
    counts: Counts,
    findings: Option<Findings>,
    /// The number and anchor of the clause under which the findings stand, when it is another.
    elsewhere: Option<(Text, String)>,
}

#[derive(Serialize)]
struct Findings {
    total: u64,
    left_out: u64,
    open: bool,
    remedies: Vec<Text>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    outcome: Outcome,
    name: Shown,
    subject: Option<Shown>,
    reason: Text,
    remedy: Option<Text>,
    evidence: Cited,
    /// When the provider recorded what this rests on.
    captured: Option<String>,
    /// The exceptions by which somebody has accepted it; no verdict changes.
    accepted: Vec<Shown>,
}

#[derive(Serialize)]
struct Paper {
    sort: Word,
    title: Text,
    level: Word,
    outcome: Outcome,
    reason: Option<Text>,
}

/// Puts every clause on the page.
pub fn clauses<'a>(
    material: &Material<'a>,
    groups: &BTreeMap<&'a str, Group<'a>>,
    citations: &mut Citations<'a>,
) -> Vec<Clause> {
    let mut first_named: BTreeMap<&str, &ClauseResult> = BTreeMap::new();
    for clause in &material.assessment.clauses {
        for check in &clause.checks {
            first_named.entry(&check.id).or_insert(clause);
        }
    }
    let accepted = Accepted::of(material.assessment);
    let mut put: BTreeSet<&str> = BTreeSet::new();
    let clause = |clause: &'a ClauseResult| {
        let checks = clause.checks.iter().map(|check| {
            let group = groups.get(check.id.as_str());
            let home = first_named.get(check.id.as_str()).filter(|home| home.id != clause.id);
            let here = group.filter(|_| home.is_none() && put.insert(&check.id));
            Check {
                id: display::name(&check.id, NAME_LIMIT),
                anchor: anchor(CHECK, &check.id),
                title: checks_title(material, &check.id),
                level: words::level(check.level),
                outcome: words::status_at(check.level, check.status),
                counts: check.counts,
                findings: here.map(|group| findings(group, citations, &accepted)),
                elsewhere: group.and(home).map(|home| (number(home), anchor(CHECK, &check.id))),
            }
        });
        let checks = checks.collect();
        let ClauseCounts { violates, advised, unverified, conforms } = clause_counts(clause);
        let papers = || clause.documents.iter().chain(&clause.statements);
        let shared = papers()
            .next()
            .map(|first| &first.reason)
            .filter(|reason| papers().count() > 1 && papers().all(|paper| paper.reason == **reason));
        let paper = |ja, en| move |paper| Paper::new(Word { ja, en }, paper, shared.is_some());
        let documents = clause.documents.iter().map(paper("書面", "document"));
        let statements = clause.statements.iter().map(paper("申告", "statement"));
        Clause {
            anchor: anchor("clause", &clause.id),
            number: number(clause),
            title: reason(&clause.title),
            reading: words_of(&clause.reading, 2_000),
            reason: reason(&clause.reason),
            outcome: words::status(clause.status),
            violates,
            advised,
            unverified,
            conforms,
            checks,
            papers: documents.chain(statements).collect(),
            papers_reason: shared.map(reason),
            needs: clause.needs.iter().map(Need::new).collect(),
        }
    };
    material.assessment.clauses.iter().map(clause).collect()
}

impl Need {
    fn new(need: &crate::assess::Need) -> Self {
        Self {
            id: display::name(&need.id, NAME_LIMIT),
            missing: reason(&need.missing),
            outcome: words::status(need.status),
            entry: need.entry.as_ref().map(|entry| display::name(entry, NAME_LIMIT)),
        }
    }
}

fn findings<'a>(group: &Group<'a>, citations: &mut Citations<'a>, accepted: &Accepted<'_>) -> Findings {
    let different: BTreeSet<&Text> = group.first.iter().map(|finding| finding.remedy.as_ref()).collect();
    let shared = different.len() <= SHARED_REMEDIES;
    let row = |finding: &&'a Finding| Row::new(finding, shared, citations, accepted);
    let rows: Vec<Row> = group.first.iter().map(row).collect();
    Findings {
        total: group.total(),
        left_out: group.total() - rows.len() as u64,
        open: group.total() <= OPEN,
        remedies: if shared { different.into_iter().filter(told).map(reason).collect() } else { Vec::new() },
        rows,
    }
}

fn told(text: &&Text) -> bool {
    !text.ja.is_empty() || !text.en.is_empty()
}

impl Row {
    fn new<'a>(
        finding: &'a Finding,
        remedy_is_shared: bool,
        citations: &mut Citations<'a>,
        accepted: &Accepted<'_>,
    ) -> Self {
        Self {
            outcome: words::status_at(finding.level, finding.status),
            name: display::name(&finding.name, NAME_LIMIT),
            subject: (finding.subject != finding.name).then(|| display::name(&finding.subject, NAME_LIMIT)),
            reason: reason(&finding.reason),
            remedy: Some(finding.remedy.as_ref()).filter(|text| !remedy_is_shared && told(text)).map(reason),
            evidence: citations.cite(finding.calls.iter()),
            captured: finding.captured.map(|at| in_japan(at.0)),
            accepted: accepted.by(finding).map(|one| display::name(&one.id, NAME_LIMIT)).collect(),
        }
    }
}

impl Paper {
    fn new(sort: Word, paper: &DocumentResult, reason_is_shared: bool) -> Self {
        Self {
            sort,
            title: reason(&paper.title),
            level: words::level(paper.level),
            outcome: words::status_at(paper.level, paper.status),
            reason: (!reason_is_shared).then(|| reason(&paper.reason)),
        }
    }
}
