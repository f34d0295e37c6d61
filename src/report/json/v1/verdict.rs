//! Clauses, checks and findings as `report.json` has them.

use crate::assess::{self, ClauseResult, DocumentResult};
use crate::report::numbers::{self, Numbers};
use crate::text;
use schemars::JsonSchema;
use sekisho_contract::call::jiff_timestamp::Timestamp;
use serde::Serialize;

/// A text in both languages.
#[derive(Serialize, JsonSchema)]
pub struct Text<'a> {
    /// Japanese.
    ja: &'a str,
    /// English.
    en: &'a str,
}

impl<'a> From<&'a text::Text> for Text<'a> {
    fn from(text: &'a text::Text) -> Self {
        Self { ja: &text.ja, en: &text.en }
    }
}

/// The word of a verdict.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// 適合.
    Conforms,
    /// 不適合.
    Violates,
    /// 確認不能.
    Unverified,
    /// 書面確認.
    Attested,
    /// 該当なし.
    NotApplicable,
}

impl From<assess::Status> for Status {
    fn from(status: assess::Status) -> Self {
        match status {
            assess::Status::Conforms => Self::Conforms,
            assess::Status::Violates => Self::Violates,
            assess::Status::Unverified => Self::Unverified,
            assess::Status::Attested => Self::Attested,
            assess::Status::NotApplicable => Self::NotApplicable,
        }
    }
}

/// How binding: a `should` that `violates` is a recommendation unmet.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// 必須.
    Shall,
    /// 推奨.
    Should,
}

impl From<assess::Level> for Level {
    fn from(level: assess::Level) -> Self {
        match level {
            assess::Level::Shall => Self::Shall,
            assess::Level::Should => Self::Should,
        }
    }
}

/// A clause's verdict.
#[derive(Serialize, JsonSchema)]
pub struct Clause<'a> {
    /// `V-3`.
    id: &'a str,
    /// The number people see: `Ⅴ-３`.
    number: &'a str,
    /// The verdict.
    status: Status,
    /// What it is about.
    title: Text<'a>,
    /// Our reading of what it asks.
    reading: Text<'a>,
    /// Why.
    reason: Text<'a>,
    /// Its checks.
    checks: Vec<Check<'a>>,
    /// Its documents.
    documents: Vec<Document<'a>>,
    /// Its statements.
    statements: Vec<Document<'a>>,
    /// What it needs that no check sees.
    needs: Vec<Need<'a>>,
}

impl<'a> Clause<'a> {
    pub(super) fn new(clause: &'a ClauseResult) -> Self {
        Self {
            id: &clause.id,
            number: &clause.number,
            status: clause.status.into(),
            title: (&clause.title).into(),
            reading: (&clause.reading).into(),
            reason: (&clause.reason).into(),
            checks: clause.checks.iter().map(Check::new).collect(),
            documents: clause.documents.iter().map(Document::new).collect(),
            statements: clause.statements.iter().map(Document::new).collect(),
            needs: clause.needs.iter().map(Need::new).collect(),
        }
    }
}

/// A check's result within a clause.
#[derive(Serialize, JsonSchema)]
pub struct Check<'a> {
    /// The check's id.
    id: &'a str,
    /// How binding it is in this clause.
    level: Level,
    /// The strongest of its findings.
    status: Status,
    /// How many subjects came out how.
    counts: Counts,
}

impl<'a> Check<'a> {
    fn new(check: &'a assess::CheckResult) -> Self {
        let assess::Counts { conforms, violates, unverified, not_applicable } = check.counts;
        Self {
            id: &check.id,
            level: check.level.into(),
            status: check.status.into(),
            counts: Counts { conforms, violates, unverified, not_applicable },
        }
    }
}

/// How many subjects came out how.
#[derive(Serialize, JsonSchema)]
pub struct Counts {
    /// In order.
    conforms: u64,
    /// Broken.
    violates: u64,
    /// Not decidable from what was seen.
    unverified: u64,
    /// Outside the check.
    not_applicable: u64,
}

/// A document or statement a clause needs.
#[derive(Serialize, JsonSchema)]
pub struct Document<'a> {
    /// The document's kind, or the statement's key.
    id: &'a str,
    /// How binding it is.
    level: Level,
    /// Whether it is there and in force.
    status: Status,
    /// What it is.
    title: Text<'a>,
    /// Why.
    reason: Text<'a>,
    /// Whom to ask for it.
    from: Source,
    /// The entries of the register it could be.
    entries: &'a [String],
    /// The providers for which nothing is on file, where it is needed of each.
    lacking: &'a [String],
}

/// Whom to ask for a document or statement.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The provider of the cloud service.
    Provider,
    /// The contractor.
    Contractor,
    /// The procuring body.
    Body,
}

impl<'a> Document<'a> {
    pub(super) fn new(document: &'a DocumentResult) -> Self {
        Self {
            id: &document.id,
            level: document.level.into(),
            status: document.status.into(),
            title: (&document.title).into(),
            reason: (&document.reason).into(),
            from: document.from.into(),
            entries: &document.entries,
            lacking: &document.lacking,
        }
    }
}

/// Something a clause needs that no check sees.
#[derive(Serialize, JsonSchema)]
pub struct Need<'a> {
    /// What it is called in a statement that somebody looked at it.
    id: &'a str,
    /// `attested` where somebody looked and signed, else `unverified`.
    status: Status,
    /// The entry of the register that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<&'a str>,
    /// What was not looked at by machine.
    missing: Text<'a>,
}

impl<'a> Need<'a> {
    fn new(need: &'a assess::Need) -> Self {
        Self {
            id: &need.id,
            status: need.status.into(),
            entry: need.entry.as_deref(),
            missing: (&need.missing).into(),
        }
    }
}

/// One subject that breaks a check, or could not be decided.
#[derive(Serialize, JsonSchema)]
pub struct Finding<'a> {
    /// The check's id.
    check: &'a str,
    /// The clauses that name the check.
    clauses: &'a [String],
    /// How binding it is at its strongest.
    level: Level,
    /// The subject's id: a resource, an account, a cell, or `tenancy`.
    subject: &'a str,
    /// What people call the subject.
    name: &'a str,
    /// `violates` or `unverified`.
    status: Status,
    /// Why.
    reason: Text<'a>,
    /// What to do about it.
    remedy: Text<'a>,
    /// The calls that showed it, or failed to.
    calls: Vec<&'a str>,
    /// The evidence numbers of those calls, in the same order.
    evidence: Vec<String>,
    /// When the provider recorded what this rests on (RFC 3339, UTC); absent where it was seen in this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    captured: Option<Timestamp>,
}

impl<'a> Finding<'a> {
    pub(super) fn new(finding: &'a assess::Finding, numbers: &Numbers<'a>) -> Self {
        Self {
            check: &finding.check,
            clauses: &finding.clauses,
            level: finding.level.into(),
            subject: &finding.subject,
            name: &finding.name,
            status: finding.status.into(),
            reason: finding.reason.as_ref().into(),
            remedy: finding.remedy.as_ref().into(),
            calls: finding.calls.iter().map(|call| call.as_str()).collect(),
            evidence: finding.calls.iter().map(|call| numbers::label(numbers.number(call))).collect(),
            captured: finding.captured,
        }
    }
}
