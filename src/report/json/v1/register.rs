//! The register of documents, what is missing, and accepted risks, as `report.json` has them.

use super::{Document, Source, Status, Text};
use crate::assess::{self, Assessment, ExceptionResult, HeldDocument};
use crate::documents::{Entry, file::FileState, signature::Signature};
use crate::report::totals;
use schemars::JsonSchema;
use sekisho_contract::observed::Observed;
use serde::Serialize;

/// What was used of the register. Metadata and digests; no document is in it.
#[derive(Serialize, JsonSchema)]
pub struct Register<'a> {
    /// How this report is to be handled: the strictest of anything in the register; absent where nothing is marked.
    #[serde(skip_serializing_if = "Option::is_none")]
    handling: Option<Handling<'a>>,
    /// Its entries, by name.
    documents: Vec<Held<'a>>,
    /// Entries that cannot be used.
    faulty: Vec<Faulty<'a>>,
    /// What clauses ask for and is not on file in order, with whom to ask.
    missing: Vec<Missing<'a>>,
}

/// Classification (格付) and handling restrictions (取扱制限).
#[derive(Serialize, JsonSchema)]
pub struct Handling<'a> {
    /// 3, 2 or 1.
    confidentiality: u64,
    /// 2 or 1.
    integrity: Option<u64>,
    /// 2 or 1.
    availability: Option<u64>,
    /// In words.
    restrictions: &'a [String],
}

/// A document or statement on file.
#[derive(Serialize, JsonSchema)]
pub struct Held<'a> {
    /// The name of its entry.
    id: &'a str,
    /// Its kind, or what a statement is about.
    key: &'static str,
    /// What people call it.
    name: Text<'a>,
    /// The strongest of what rules say of it; `not-applicable` where nothing asks for it.
    status: Status,
    /// The clauses that ask for it.
    clauses: &'a [String],
    /// The rules by which it falls short or could not be decided.
    open: Vec<Text<'a>>,
    /// How its file stands to what is registered.
    file: FileState,
    /// The signatures in its file.
    signatures: &'a [Signature],
    /// What it states.
    states: &'a Entry,
    /// Days until it expires; negative when it has.
    #[serde(skip_serializing_if = "Observed::is_unseen")]
    days_to_expiry: &'a Observed<i64>,
}

/// An entry that cannot be used.
#[derive(Serialize, JsonSchema)]
pub struct Faulty<'a> {
    /// The name of its entry.
    id: &'a str,
    /// What is wrong, each with its line.
    faults: &'a [String],
}

/// Something a clause asks for that is not on file in order.
#[derive(Serialize, JsonSchema)]
pub struct Missing<'a> {
    /// The clauses that ask for it.
    clauses: Vec<&'a str>,
    /// What it is, and why it is not in order.
    #[serde(flatten)]
    paper: Document<'a>,
}

/// An accepted risk. It changes no verdict.
#[derive(Serialize, JsonSchema)]
pub struct Exception<'a> {
    /// What it is called in the tenancy file.
    id: &'a str,
    /// Whether it counts.
    state: assess::ExceptionState,
    /// The check it is about; null for any.
    check: Option<&'a str>,
    /// The clause it is about; null for any.
    clause: Option<&'a str>,
    /// The subjects it names.
    subjects: &'a [String],
    /// Who answers for the risk.
    owner: &'a str,
    /// Who accepted it.
    approver: &'a str,
    /// Why.
    reason: &'a str,
    /// The last day it counts.
    #[schemars(extend("format" = "date"))]
    expires: String,
    /// How many findings it speaks of.
    count: u64,
    /// The first of them, where it counts.
    findings: Vec<Accepted<'a>>,
}

/// A finding somebody has accepted.
#[derive(Serialize, JsonSchema)]
pub struct Accepted<'a> {
    /// The check.
    check: &'a str,
    /// The subject.
    subject: &'a str,
    /// `violates` or `unverified`, as without the exception.
    status: Status,
}

impl<'a> Register<'a> {
    pub(super) fn new(assessment: &'a Assessment) -> Self {
        let faulty = assessment.faulty.iter().map(|faulty| Faulty { id: &faulty.id, faults: &faulty.faults });
        let missing = totals::open_papers(assessment).into_iter();
        Self {
            handling: assessment.handling.as_ref().map(|handling| Handling {
                confidentiality: handling.confidentiality,
                integrity: handling.integrity,
                availability: handling.availability,
                restrictions: &handling.restrictions,
            }),
            documents: assessment.documents.iter().map(Held::new).collect(),
            faulty: faulty.collect(),
            missing: missing
                .map(|(paper, clauses)| Missing {
                    clauses: clauses.iter().map(|clause| clause.id.as_str()).collect(),
                    paper: Document::new(paper),
                })
                .collect(),
        }
    }
}

impl<'a> Held<'a> {
    fn new(held: &'a HeldDocument) -> Self {
        Self {
            id: &held.fact.id,
            key: held.fact.entry.key(),
            name: (&held.fact.name).into(),
            status: held.status.into(),
            clauses: &held.clauses,
            open: held.open.iter().map(Text::from).collect(),
            file: held.fact.file_state,
            signatures: &held.fact.signatures,
            states: &held.fact.entry,
            days_to_expiry: &held.fact.days_to_expiry,
        }
    }
}

impl<'a> Exception<'a> {
    pub(super) fn new(result: &'a ExceptionResult) -> Self {
        let exception = &result.exception;
        let accepted = |one: &'a assess::Accepted| Accepted {
            check: &one.check,
            subject: &one.subject,
            status: one.status.into(),
        };
        Self {
            id: &exception.id,
            state: result.state,
            check: exception.check.as_deref(),
            clause: exception.clause.as_deref(),
            subjects: &exception.subjects,
            owner: &exception.owner,
            approver: &exception.approver,
            reason: &exception.reason,
            expires: exception.expires.to_string(),
            count: result.count,
            findings: result.findings.iter().map(accepted).collect(),
        }
    }
}

impl From<assess::Source> for Source {
    fn from(source: assess::Source) -> Self {
        match source {
            assess::Source::Provider => Self::Provider,
            assess::Source::Contractor => Self::Contractor,
            assess::Source::Body => Self::Body,
        }
    }
}
