//! Figures that more than one format shows.

use super::numbers::sorted_gaps;
use super::words::{self, Outcome};
use crate::assess::{Assessment, ClauseResult, DocumentResult, Finding, Level, Status, Withheld};
use crate::corroborate::Level as Borne;
use sekisho_contract::CallId;
use sekisho_contract::fact::{Cell, CellState};
use sekisho_contract::{Gap, GapReason};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The order in which statuses are told: what needs attention first.
pub const STATUSES: [Status; 5] =
    [Status::Violates, Status::Unverified, Status::Attested, Status::Conforms, Status::NotApplicable];

/// How many clauses came out how, in the order of [`STATUSES`].
pub fn clauses_by_status(assessment: &Assessment) -> [(Status, usize); 5] {
    STATUSES
        .map(|status| (status, assessment.clauses.iter().filter(|clause| clause.status == status).count()))
}

/// A clause's subjects by outcome, over all its checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClauseCounts {
    /// Break a `shall`.
    pub violates: u64,
    /// Fall short of a `should`.
    pub advised: u64,
    /// Could not be decided.
    pub unverified: u64,
    /// In order.
    pub conforms: u64,
}

/// What of a clause's papers and matters is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenMatters {
    /// Documents and statements that are missing or fall short.
    pub papers: u64,
    /// Matters that no machine sees, and nobody has stated to have looked at.
    pub needs: u64,
}

/// Counts them.
pub fn open_matters(clause: &ClauseResult) -> OpenMatters {
    let open = |status| matches!(status, Status::Unverified | Status::Violates);
    let papers = clause.documents.iter().chain(&clause.statements).filter(|paper| open(paper.status));
    let needs = clause.needs.iter().filter(|need| open(need.status));
    OpenMatters { papers: papers.count() as u64, needs: needs.count() as u64 }
}

/// Adds up a clause's checks.
pub fn clause_counts(clause: &crate::assess::ClauseResult) -> ClauseCounts {
    let mut total = ClauseCounts::default();
    for check in &clause.checks {
        match check.level {
            Level::Shall => total.violates += check.counts.violates,
            Level::Should => total.advised += check.counts.violates,
        }
        total.unverified += check.counts.unverified;
        total.conforms += check.counts.conforms;
    }
    total
}

/// The findings of one check: how many there are, and the first of them.
#[derive(Debug)]
pub struct Group<'a> {
    /// The check.
    pub check: &'a str,
    /// How binding it is at its strongest.
    pub level: Level,
    /// Its place in the order of the clauses.
    pub order: usize,
    /// How many break it.
    pub violates: u64,
    /// How many could not be decided.
    pub unverified: u64,
    /// The first of them, strongest first, at most as many as were asked for.
    pub first: Vec<&'a Finding>,
}

impl Group<'_> {
    /// How many it is about: those that break it, else those that could not be decided.
    pub fn shown(&self) -> u64 {
        if self.violates > 0 { self.violates } else { self.unverified }
    }

    /// All findings of the check.
    pub fn total(&self) -> u64 {
        self.violates + self.unverified
    }

    /// How the check comes out.
    pub fn outcome(&self) -> Outcome {
        words::status_at(self.level, if self.violates > 0 { Status::Violates } else { Status::Unverified })
    }
}

/// The findings by check, keeping the first `keep` of each: memory is bounded by what is kept.
pub fn groups<'a>(findings: &'a [Finding], keep: impl Fn(usize) -> usize) -> BTreeMap<&'a str, Group<'a>> {
    let mut groups: BTreeMap<&'a str, Group<'a>> = BTreeMap::new();
    for finding in findings {
        let order = groups.len();
        let group = groups.entry(&finding.check).or_insert_with(|| Group {
            check: &finding.check,
            level: finding.level,
            order,
            violates: 0,
            unverified: 0,
            first: Vec::new(),
        });
        group.level = group.level.min(finding.level);
        match finding.status {
            Status::Violates => group.violates += 1,
            _ => group.unverified += 1,
        }
    }
    let keep = keep(groups.len());
    for finding in findings {
        if let Some(group) = groups.get_mut(&*finding.check).filter(|group| group.first.len() < keep) {
            group.first.push(finding);
        }
    }
    groups
}

/// The groups in the order in which they should be dealt with: what binds, what is broken, then by the clauses that the
/// findings are of.
pub fn most_pressing<'g, 'a>(
    groups: &'g BTreeMap<&'a str, Group<'a>>,
    clauses: &[ClauseResult],
) -> Vec<&'g Group<'a>> {
    let rank = |group: &Group<'_>| {
        let named = group.first.iter().flat_map(|finding| finding.clauses.iter());
        named.filter_map(|id| clauses.iter().position(|clause| clause.id == *id)).min()
    };
    let mut order: Vec<_> = groups.values().collect();
    order.sort_by_key(|group| {
        let binding = group.level == Level::Shall;
        let urgency = match (group.violates > 0, binding) {
            (true, true) => 0,
            (false, true) => 1,
            (true, false) => 2,
            (false, false) => 3,
        };
        (urgency, rank(group).unwrap_or(usize::MAX), group.order)
    });
    order
}

/// Gaps that have one cause: the same reason at the same operation.
#[derive(Debug)]
pub struct Cause<'a> {
    /// Why.
    pub reason: GapReason,
    /// The operation; empty when none was asked.
    pub operation: &'a str,
    /// The permission that is missing; empty unless the operation was refused.
    pub permission: &'a str,
    /// How many calls failed so, or, where none was made, how many subjects it left something unseen of.
    pub count: u64,
    /// How many properties it left unseen.
    pub unseen: u64,
}

/// The gaps behind which something may hide, in the order every format shows them, and how many others there are:
/// those that say of a closed cell that it is closed.
pub fn open_gaps(assessment: &Assessment) -> (Vec<&Gap>, u64) {
    let may_hide = may_hide(assessment);
    let (open, told): (Vec<_>, Vec<_>) = sorted_gaps(assessment).into_iter().partition(|gap| may_hide(gap));
    (open, told.len() as u64)
}

/// How many gaps there are behind which something may hide, where they were taken out too.
pub fn open_gap_count(assessment: &Assessment) -> u64 {
    assessment.withheld.map_or_else(|| open_gaps(assessment).0.len() as u64, |withheld| withheld.gaps)
}

/// Findings by outcome, where they were taken out too: those that break a `shall`, fall short of a `should`, and could not be
/// decided.
pub fn finding_counts(assessment: &Assessment) -> [u64; 3] {
    if let Some(withheld) = assessment.withheld {
        return [withheld.violates, withheld.advised, withheld.unverified];
    }
    let mut counts = [0; 3];
    for finding in &assessment.findings {
        counts[match (finding.status, finding.level) {
            (Status::Violates, Level::Shall) => 0,
            (Status::Violates, Level::Should) => 1,
            _ => 2,
        }] += 1;
    }
    counts
}

/// What is taken out of a copy that tells verdicts alone.
pub fn withheld(assessment: &Assessment) -> Withheld {
    let [violates, advised, unverified] = finding_counts(assessment);
    let contradicted = assessment.corroboration.iter().filter(|one| one.level == Borne::Contradicted);
    Withheld {
        violates,
        advised,
        unverified,
        gaps: open_gap_count(assessment),
        entries: (assessment.documents.len() + assessment.faulty.len()) as u64,
        exceptions: assessment.exceptions.len() as u64,
        contradicted: contradicted.count() as u64,
    }
}

/// Whether something may hide behind a gap: not where it says of a closed cell that it is closed.
pub fn may_hide(assessment: &Assessment) -> impl Fn(&Gap) -> bool + use<> {
    let is_closed = |cell: &&Cell| cell.state == CellState::Closed;
    let closed: BTreeSet<String> = assessment.cells.iter().filter(is_closed).map(Cell::id).collect();
    move |gap| gap.reason != GapReason::Closed || !closed.contains(&gap.subject)
}

/// The causes of the gaps, the widest first. A call that failed counts once, however much it left unseen.
pub fn causes<'a>(gaps: &[&'a Gap]) -> Vec<Cause<'a>> {
    type Failed<'a> = (Option<CallId>, &'a str);
    let mut causes: BTreeMap<(GapReason, &str, &str), (HashSet<Failed<'_>>, u64)> = BTreeMap::new();
    for gap in gaps.iter().copied() {
        let missing = if gap.reason == GapReason::Denied { gap.permission.as_str() } else { "" };
        let what = match gap.call {
            Some(call) => (Some(call), ""),
            None => (None, gap.subject.as_str()),
        };
        let (all, unseen) = causes.entry((gap.reason, &gap.operation, missing)).or_default();
        all.insert(what);
        *unseen += 1;
    }
    let mut causes: Vec<_> = causes
        .into_iter()
        .map(|((reason, operation, permission), (all, unseen))| {
            let count = all.len() as u64;
            Cause { reason, operation, permission, count, unseen }
        })
        .collect();
    causes.sort_by_key(|cause| (std::cmp::Reverse(cause.count), cause.reason, cause.operation));
    causes
}

/// How many cells there are, and in how many something can hide.
pub fn cells(cells: &[Cell]) -> (usize, usize) {
    (cells.len(), cells.iter().filter(|cell| !cell.state.is_accounted_for()).count())
}

/// Resources read, all kinds together.
pub fn resources(assessment: &Assessment) -> u64 {
    assessment.resources.iter().map(|(_, _, _, count)| count).sum()
}

/// Documents and statements that are not in order, each once, with the clauses that ask for it for the same reason.
pub fn open_papers(assessment: &Assessment) -> Vec<(&DocumentResult, Vec<&ClauseResult>)> {
    let mut all: Vec<(&DocumentResult, Vec<&ClauseResult>)> = Vec::new();
    for clause in &assessment.clauses {
        let open = |paper: &&DocumentResult| matches!(paper.status, Status::Unverified | Status::Violates);
        for paper in clause.documents.iter().chain(&clause.statements).filter(open) {
            let same = |(other, _): &&mut (&DocumentResult, Vec<&ClauseResult>)| {
                (&other.id, &other.reason, other.level) == (&paper.id, &paper.reason, paper.level)
            };
            match all.iter_mut().find(same) {
                Some((_, clauses)) => clauses.push(clause),
                None => all.push((paper, vec![clause])),
            }
        }
    }
    all
}

/// Documents and statements that are not in order, each once however many clauses ask for it, and needs nobody
/// looked for, likewise.
pub fn missing_papers(assessment: &Assessment) -> (usize, usize, usize) {
    let open = |papers: fn(&ClauseResult) -> &[DocumentResult]| {
        let all = assessment.clauses.iter().flat_map(papers);
        let missing = all.filter(|paper| matches!(paper.status, Status::Unverified | Status::Violates));
        missing.map(|paper| paper.id.as_str()).collect::<BTreeSet<_>>().len()
    };
    let needs = assessment.clauses.iter().flat_map(|clause| &clause.needs);
    let needs = needs.filter(|need| need.status == Status::Unverified).map(|need| &need.missing);
    let needs = needs.collect::<BTreeSet<_>>().len();
    (open(|clause| &clause.documents), open(|clause| &clause.statements), needs)
}
