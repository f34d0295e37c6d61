//! What an assessment says.

use crate::annex::{Level, Source};
use crate::corroborate::{Corroboration, Heard};
use crate::documents::{DocumentFact, Faulty, Handling};
use crate::erasure::Erasability;
use crate::logs::Scan;
use crate::recovery::Recoverability;
use crate::tenancy::Exception;
use crate::text::Text;
use schemars::JsonSchema;
use sekisho_contract::CallId;
use sekisho_contract::call::jiff_timestamp::Timestamp;
use sekisho_contract::fact::{Cell, CopyRole, Signal};
use sekisho_contract::gap::Gap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The word of a verdict. Ordered by strength: when several meet in one clause the strongest speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// 該当なし: switched off by scope, with the reason.
    NotApplicable,
    /// 適合: everything needed was seen, and is in order.
    Conforms,
    /// 書面確認: in order, but a leg rests on a statement or document.
    Attested,
    /// 確認不能: nothing seen breaks it, but something needed was not seen.
    Unverified,
    /// 不適合: something was seen that breaks it.
    Violates,
}

/// How many subjects came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// In order.
    pub conforms: u64,
    /// Broken.
    pub violates: u64,
    /// Not decidable from what was seen.
    pub unverified: u64,
    /// Outside the check.
    pub not_applicable: u64,
}

/// A check's result within a clause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    /// The check's id.
    pub id: String,
    /// How binding it is in this clause.
    pub level: Level,
    /// The strongest of its findings.
    pub status: Status,
    /// How many subjects came out how.
    pub counts: Counts,
}

/// A document or statement a clause needs, and whether it is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentResult {
    /// Its kind (`iso27001`) or the statement's key (`declared-rpo`).
    pub id: String,
    /// What it is.
    pub title: Text,
    /// How binding it is.
    pub level: Level,
    /// `attested` when it is on file and in force, else `unverified` or `violates`.
    pub status: Status,
    /// Why.
    pub reason: Text,
    /// Whom to ask for it.
    pub from: Source,
    /// The entries of the register it could be.
    pub entries: Vec<String>,
    /// The providers for which nothing is on file, where it is needed of each.
    pub lacking: Vec<String>,
}

/// A document or statement of the register, and how it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldDocument {
    /// What it says.
    pub fact: DocumentFact,
    /// The strongest of what rules say of it where it is asked for; `not-applicable` where nothing asks for it.
    pub status: Status,
    /// The clauses that ask for it.
    pub clauses: Vec<String>,
    /// What falls short or could not be decided: the rules' titles.
    pub open: Vec<Text>,
}

/// An accepted risk, and what it covers.
#[derive(Debug, Clone, PartialEq)]
pub struct ExceptionResult {
    /// As the tenancy file says it.
    pub exception: Exception,
    /// Whether it counts.
    pub state: ExceptionState,
    /// How many findings it speaks of.
    pub count: u64,
    /// The first of them, where it counts.
    pub findings: Vec<Accepted>,
}

/// Whether an exception counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExceptionState {
    /// It does: what it covers is an accepted risk, and no less a finding.
    InForce,
    /// Its last day has passed: it counts as nothing.
    Expired,
    /// Nothing was found that it speaks of.
    Unmatched,
}

/// A finding somebody has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The check.
    pub check: String,
    /// The subject.
    pub subject: String,
    /// `violates` or `unverified`, as without the exception.
    pub status: Status,
}

/// Something a clause needs that no check sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Need {
    /// What it is called in a statement.
    pub id: String,
    /// `attested` where somebody looked and signed, else `unverified`.
    pub status: Status,
    /// The statement on file that says so.
    pub entry: Option<String>,
    /// What is missing.
    pub missing: Text,
}

/// A clause's verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClauseResult {
    /// `V-3`.
    pub id: String,
    /// The number people see: `Ⅴ-３`.
    pub number: String,
    /// What it is about.
    pub title: Text,
    /// Our reading of what it asks.
    pub reading: Text,
    /// The verdict.
    pub status: Status,
    /// Why, in one or two sentences.
    pub reason: Text,
    /// Its checks.
    pub checks: Vec<CheckResult>,
    /// Its documents.
    pub documents: Vec<DocumentResult>,
    /// Its statements.
    pub statements: Vec<DocumentResult>,
    /// What it needs that no check sees.
    pub needs: Vec<Need>,
}

/// One subject that breaks a check, or could not be decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The check's id.
    pub check: Arc<str>,
    /// The clauses that name the check.
    pub clauses: Arc<[String]>,
    /// How binding it is at its strongest.
    pub level: Level,
    /// The subject's id: a resource, an account (`aws/123456789012`), a cell, or `tenancy`.
    pub subject: Box<str>,
    /// What people call the subject.
    pub name: Box<str>,
    /// `violates` or `unverified`.
    pub status: Status,
    /// Why. Shared: many subjects have the same reason.
    pub reason: Arc<Text>,
    /// What to do about it on this provider.
    pub remedy: Arc<Text>,
    /// The calls that showed it, or failed to.
    pub calls: Box<[CallId]>,
    /// When the provider recorded what this rests on, where it was not seen now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured: Option<Timestamp>,
}

/// What was judged by records that the provider had made before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recorded {
    /// Resources of which some part was shown by a record.
    pub resources: u64,
    /// When the oldest of the records was made.
    pub oldest: Timestamp,
}

impl Recorded {
    /// Two sums in one.
    pub fn and(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(Self {
                resources: one.resources + other.resources,
                oldest: one.oldest.min(other.oldest),
            }),
            (one, other) => one.or(other),
        }
    }
}

/// How many copies of each role rest in one place: the ground of the map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceCount {
    /// The provider.
    pub provider: String,
    /// The provider's identifier, or empty for copies whose place was not seen.
    pub location: String,
    /// Its countries; empty when unknown.
    pub countries: Vec<String>,
    /// Its site (a key of the place catalogue); empty when unknown.
    pub site: String,
    /// What the copies are for.
    pub role: CopyRole,
    /// How many belong to confidential resources.
    pub confidential: u64,
    /// How many belong to others.
    pub other: u64,
}

/// Everything an assessment says, before it is put into a format.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// The profile's id.
    pub profile: String,
    /// The profile's title.
    pub profile_title: Text,
    /// The strongest verdict of the clauses in scope.
    pub verdict: Status,
    /// The clauses, in the profile's order.
    pub clauses: Vec<ClauseResult>,
    /// Findings, ordered by clause, check, status (strongest first) and subject.
    pub findings: Vec<Finding>,
    /// The sweep.
    pub cells: Vec<Cell>,
    /// What was not seen.
    pub gaps: Vec<Gap>,
    /// Where copies rest.
    pub places: Vec<PlaceCount>,
    /// Resources read, by provider, service and kind.
    pub resources: Vec<(String, String, String, u64)>,
    /// What was judged by records that the provider had made before; none where everything was seen now.
    pub recorded: Option<Recorded>,
    /// How far each resource can be set back.
    pub recovery: Vec<Recoverability>,
    /// When each resource can be gone.
    pub erasure: Vec<Erasability>,
    /// How well each place is borne out by others than the control plane.
    pub corroboration: Vec<Corroboration>,
    /// What was heard from them; `None` where nobody was asked.
    pub heard: Option<Heard>,
    /// What the audit logs told, without the rows from home; none where none were read.
    pub logs: Option<Scan>,
    /// What other witnesses say of what was found, in order.
    pub signals: Vec<Signal>,
    /// The register, entry by entry.
    pub documents: Vec<HeldDocument>,
    /// Entries of the register that cannot be used.
    pub faulty: Vec<Faulty>,
    /// The strictest handling of anything in the register; none where nothing is marked.
    pub handling: Option<Handling>,
    /// Accepted risks, in the order of the tenancy file.
    pub exceptions: Vec<ExceptionResult>,
    /// What was taken out of a copy that tells verdicts alone, in figures; `None` where everything is there.
    pub withheld: Option<Withheld>,
}

/// How much there was of what a copy does not tell: an empty list in it is no sign that there is nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Withheld {
    /// Findings that break a `shall`.
    pub violates: u64,
    /// Findings that fall short of a `should`.
    pub advised: u64,
    /// Findings that could not be decided.
    pub unverified: u64,
    /// Gaps behind which something may hide.
    pub gaps: u64,
    /// Entries of the register, those that cannot be used included.
    pub entries: u64,
    /// Accepted risks, in force or not.
    pub exceptions: u64,
    /// Places that another witness contradicts.
    pub contradicted: u64,
}
