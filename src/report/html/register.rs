//! The register on the page: what is on file and how it stands, what is missing and whom to ask, and accepted risks.

use super::page::{anchor, number, reason};
use crate::assess::{ClauseResult, DocumentResult, ExceptionResult, ExceptionState, HeldDocument, Source};
use crate::documents;
use crate::report::Material;
use crate::report::display::{self, NAME_LIMIT, Shown};
use crate::report::totals;
use crate::report::words::{self, Outcome, Word};
use crate::text::Text;
use crate::words::word;
use sekisho_contract::observed::Observed;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most rows of each table.
const ROWS: usize = 500;

/// The register as the page shows it.
#[derive(Serialize)]
pub struct Register {
    documents: Vec<Held>,
    faulty: Vec<(Shown, Vec<Shown>)>,
    missing: Vec<Missing>,
    exceptions: Vec<Exception>,
    left_out: u64,
}

#[derive(Serialize)]
struct Held {
    id: Shown,
    name: Text,
    provider: Shown,
    holder: Shown,
    number: Shown,
    standard: Shown,
    until: Shown,
    period: Shown,
    file: Word,
    sha256: Shown,
    signatures: Vec<Signed>,
    outcome: Outcome,
    clauses: Vec<Named>,
    open: Vec<Text>,
}

#[derive(Serialize)]
struct Signed {
    signer: Shown,
    issuer: Shown,
    until: Shown,
    sound: bool,
}

#[derive(Serialize)]
struct Missing {
    title: Text,
    from: Word,
    outcome: Outcome,
    reason: Text,
    clauses: Vec<Named>,
}

#[derive(Serialize)]
struct Exception {
    id: Shown,
    state: Word,
    about: Shown,
    owner: Shown,
    approver: Shown,
    reason: Shown,
    expires: String,
    count: u64,
}

/// A clause's number, and where it stands on the page.
#[derive(Serialize)]
struct Named {
    number: Text,
    anchor: String,
}

impl Register {
    pub fn new(material: &Material<'_>) -> Self {
        let assessment = material.assessment;
        let clauses: BTreeMap<&str, &ClauseResult> =
            assessment.clauses.iter().map(|clause| (clause.id.as_str(), clause)).collect();
        let name = |text: &str| display::name(text, NAME_LIMIT);
        let faulty = assessment.faulty.iter().take(ROWS).map(|faulty| {
            (
                name(&format!("documents/{}.toml", faulty.id)),
                faulty.faults.iter().map(|one| name(one)).collect(),
            )
        });
        let missing = totals::open_papers(assessment);
        let total = assessment.documents.len() + assessment.faulty.len() + assessment.exceptions.len();
        let shown = assessment.documents.len().min(ROWS)
            + assessment.faulty.len().min(ROWS)
            + assessment.exceptions.len().min(ROWS);
        Self {
            documents: assessment.documents.iter().take(ROWS).map(|held| Held::new(held, &clauses)).collect(),
            faulty: faulty.collect(),
            missing: missing.into_iter().map(|(paper, clauses)| Missing::new(paper, &clauses)).collect(),
            exceptions: assessment.exceptions.iter().take(ROWS).map(Exception::new).collect(),
            left_out: (total - shown) as u64,
        }
    }
}

impl Held {
    fn new(held: &HeldDocument, clauses: &BTreeMap<&str, &ClauseResult>) -> Self {
        let entry = &held.fact.entry;
        let stated =
            |field: &Observed<String>| display::name(field.seen().map_or("", String::as_str), NAME_LIMIT);
        let period = match (entry.period_start.seen(), entry.period_end.seen()) {
            (Some(from), Some(until)) => format!("{from} – {until}"),
            (None, Some(until)) => format!("– {until}"),
            _ => String::new(),
        };
        let named = held.clauses.iter().filter_map(|id| clauses.get(id.as_str()));
        let signed = |one: &documents::signature::Signature| Signed {
            signer: stated(&one.signer),
            issuer: stated(&one.issuer),
            until: stated(&one.valid_until),
            sound: one.digest_matches.seen() == Some(&true) && one.signature_matches.seen() == Some(&true),
        };
        Self {
            id: display::name(&held.fact.id, NAME_LIMIT),
            name: reason(&held.fact.name),
            provider: stated(&entry.provider),
            holder: stated(&entry.holder),
            number: stated(&entry.number),
            standard: stated(&entry.standard),
            until: stated(&entry.valid_until),
            period: display::name(&period, NAME_LIMIT),
            file: held.fact.file_state.title(),
            sha256: stated(&entry.sha256),
            signatures: held.fact.signatures.iter().map(signed).collect(),
            outcome: words::status(held.status),
            clauses: named.map(|clause| Named::new(clause)).collect(),
            open: held.open.iter().map(reason).collect(),
        }
    }
}

impl Missing {
    fn new(paper: &DocumentResult, clauses: &[&ClauseResult]) -> Self {
        Self {
            title: reason(&paper.title),
            from: from(paper.from),
            outcome: words::status_at(paper.level, paper.status),
            reason: reason(&paper.reason),
            clauses: clauses.iter().map(|clause| Named::new(clause)).collect(),
        }
    }
}

impl Exception {
    fn new(result: &ExceptionResult) -> Self {
        let name = |text: &str| display::name(text, NAME_LIMIT);
        let exception = &result.exception;
        let about: Vec<&str> = exception.clause.iter().chain(&exception.check).map(String::as_str).collect();
        Self {
            id: name(&exception.id),
            state: match result.state {
                ExceptionState::InForce => {
                    word("受容中（判定は変わらない）", "accepted (no verdict changes)")
                }
                ExceptionState::Expired => word("期限切れ（効力なし）", "expired, without effect"),
                ExceptionState::Unmatched => word("該当する所見がない", "no finding it applies to"),
            },
            about: name(&format!("{}: {}", about.join(" "), exception.subjects.join(", "))),
            owner: name(&exception.owner),
            approver: name(&exception.approver),
            reason: name(&exception.reason),
            expires: exception.expires.to_string(),
            count: result.count,
        }
    }
}

impl Named {
    fn new(clause: &ClauseResult) -> Self {
        Self { number: number(clause), anchor: anchor("clause", &clause.id) }
    }
}

const fn from(source: Source) -> Word {
    match source {
        Source::Provider => word("クラウドサービス事業者", "the provider"),
        Source::Contractor => word("受託者", "the contractor"),
        Source::Body => word("発注者", "the procuring body"),
    }
}
