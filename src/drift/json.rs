//! `sekisho/drift/v1`: what changed, for tools.

use super::told::Counts;
use super::{Change, ClauseDrift, Drift, FindingChange, Moment};
use crate::assess::Status;
use crate::documents::Handling;
use crate::text::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The schema of [`DriftFile`].
pub const SCHEMA: &str = "sekisho/drift/v1";

/// What changed between two runs over one tenancy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftFile {
    /// Always `sekisho/drift/v1`.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// The tenancy.
    pub tenancy: String,
    /// How this is to be handled; absent where nothing is marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
    /// The run before.
    pub old: RunNamed,
    /// The run after.
    pub new: RunNamed,
    /// Whether anything got worse.
    pub worse: bool,
    /// What is to be known before the changes are read.
    pub notes: Vec<Text>,
    /// How many changes went which way; those that are not listed are counted too.
    pub counts: Counts,
    /// How many findings went which way.
    pub finding_counts: Counts,
    /// The clauses, in the profile's order.
    pub clauses: Vec<ClauseDrift>,
    /// The changes, the worst first; at most 2,000 of each direction.
    pub changes: Vec<Told>,
    /// Findings that came, went or changed by today's checks, the worst first; at most 1,000 of each direction.
    pub findings: Vec<FindingChange>,
}

/// A run, as a comparison names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunNamed {
    /// When it was assessed (RFC 3339, UTC).
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub assessed_at: jiff::Timestamp,
    /// The strongest verdict by today's checks.
    pub verdict: Status,
    /// The version of sekisho that made it.
    pub version: String,
    /// SHA-256 of its facts, lower-case hex.
    pub facts_sha256: String,
}

/// A change, with what is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// What is said of changes of this sort and direction.
    pub title: Text,
    /// The change.
    #[serde(flatten)]
    pub change: Change,
}

/// A comparison as its file.
pub fn file(drift: &Drift) -> DriftFile {
    let named = |moment: &Moment| RunNamed {
        assessed_at: moment.assessed_at,
        verdict: moment.verdict,
        version: moment.version.clone(),
        facts_sha256: moment.facts.clone(),
    };
    let told =
        |change: &Change| Told { title: super::change::text_of(change.word()), change: change.clone() };
    DriftFile {
        schema: SCHEMA.to_owned(),
        tenancy: drift.tenancy.clone(),
        handling: drift.handling.clone(),
        old: named(&drift.old),
        new: named(&drift.new),
        worse: drift.is_worse(),
        notes: drift.notes.clone(),
        counts: drift.counts,
        finding_counts: drift.finding_counts,
        clauses: drift.clauses.clone(),
        changes: drift.changes.iter().map(told).collect(),
        findings: drift.findings.clone(),
    }
}
