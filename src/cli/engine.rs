//! What the commands ask of the library. The one file of the command line that knows the walk.

use super::problem::{Look, Problem};
use super::progress::Bar;
use sekisho::assess::Status;
use sekisho::tenancy::Tenancy;
use sekisho::text::{Language, Text};
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// Files by which a folder is known to hold a run.
pub const RUN_FILES: &[&str] = &["run.json", "journal.ndjson"];

/// How a run takes its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// It holds no run yet.
    Fresh,
    /// The run in it is replaced.
    Replace,
    /// The run in it goes on.
    Resume,
}

/// What to assess, and how.
#[derive(Debug)]
#[allow(dead_code, reason = "read by the walk")]
pub struct Order<'a> {
    /// The tenancy.
    pub tenancy: &'a Tenancy,
    /// The folder to write to, prepared.
    pub out: &'a Path,
    /// How the folder is taken.
    pub begin: Begin,
    /// Whether answers are kept as they came.
    pub keep_answers: bool,
    /// Credentials of a simulator in place of the chain's: access key id and secret access key.
    pub simulated: Option<(String, String)>,
    /// The language of the terminal summary.
    pub language: Language,
    /// How the terminal summary may look.
    pub look: Look,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The strongest verdict of the clauses in scope.
    pub verdict: Status,
    /// Each clause's verdict, in the profile's order.
    pub clauses: Vec<(String, Status)>,
    /// Why the run ended early; `None` when it came to its end.
    pub incomplete: Option<Text>,
    /// What was written.
    pub files: Vec<PathBuf>,
    /// Requests sent.
    pub calls: u64,
    /// The terminal summary.
    pub summary: String,
}

/// What a run would ask.
#[derive(Debug, Serialize)]
pub struct Plan {
    /// Cells of the sweep, as far as they are known before anything is asked.
    pub cells: u64,
    /// Calls in all, at least.
    pub calls: u64,
    /// Each operation.
    pub operations: Vec<PlannedOperation>,
}

/// One operation of a plan.
#[derive(Debug, Serialize)]
pub struct PlannedOperation {
    /// The provider.
    pub provider: String,
    /// `service:Operation`.
    pub operation: String,
    /// The permission it needs.
    pub permission: String,
    /// Calls, at least; what depends on how many resources there are is not in it.
    pub calls: u64,
    /// What the number depends on, in words; empty when it is exact.
    pub depends: String,
}

/// A check, as `checks list` and `checks explain` show it.
#[derive(Debug, Serialize)]
pub struct CheckPage {
    /// Its id.
    pub id: String,
    /// What it asserts.
    pub title: Text,
    /// Its page, in each language.
    #[serde(skip)]
    pub page: Text,
}

/// The profiles' ids.
pub fn profiles() -> Vec<&'static str> {
    vec!["jp-annex-2"]
}

/// Collects, links, assesses and reports.
pub async fn assess(_order: Order<'_>, _bar: &Bar, _cancel: CancellationToken) -> Result<Outcome, Problem> {
    Err(missing("assessing"))
}

/// Rebuilds reports from a run's folder.
pub fn rebuild(_run: &Path, _formats: &[String], _out: &Path, _look: Look) -> Result<Outcome, Problem> {
    Err(missing("rebuilding reports"))
}

/// What a run would ask; asks nothing.
pub fn plan(_tenancy: &Tenancy) -> Result<Plan, Problem> {
    Err(missing("planning"))
}

/// Every check, in order.
pub fn checks() -> Result<Vec<CheckPage>, Problem> {
    Err(missing("listing checks"))
}

/// The schemas of our files, by name.
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![("ledger", schemars::schema_for!(sekisho_contract::Call).into())]
}

/// The report formats, by name.
pub const FORMATS: &[&str] = &["html", "json"];

fn missing(what: &str) -> Problem {
    Problem::failed(format!("this build has no {what}"), "build it from a finished checkout")
}
