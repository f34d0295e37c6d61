//! What is told of how far one resource can be set back: a fact made of other facts, which checks read as they read
//! those.

use jiff::Timestamp;
use schemars::JsonSchema;
use sekisho_contract::CallId;
use sekisho_contract::fact::{Facet, Kind};
use sekisho_contract::gap::Gap;
use sekisho_contract::observed::Observed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The recovery point objective that is declared for a system: a document or statement says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The system: the value of the label `system` of its resources, an account (`aws/123456789012`), or `*` for
    /// everything.
    pub system: String,
    /// How much may be lost at most, in seconds.
    pub rpo_s: i64,
}

/// How far one resource can be set back. Absent is what was not seen; null is "none".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recoverability {
    /// The resource's identifier.
    pub id: String,
    /// `aws`, `azure`, `gcp` or a plugin's name.
    pub provider: String,
    /// The account that holds it.
    pub account: String,
    /// The region it is administered in.
    pub region: String,
    /// The service's short name.
    pub service: String,
    /// What it is.
    pub kind: Kind,
    /// The name people know it by.
    pub name: String,
    /// The parts it has.
    pub facets: Vec<Facet>,
    /// Whether it holds confidential or personal information.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub confidential: Observed<bool>,
    /// Whether it must stay available.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub availability_critical: Observed<bool>,
    /// How much may be lost at most, in seconds, by what is declared; absent where nothing is.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub declared_s: Observed<i64>,
    /// How much would be lost at most if every backup came in its time by the schedule that covers it, in seconds; null
    /// where no schedule does, or nothing bounds it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub configured_s: Observed<Option<i64>>,
    /// Whether there is anything at all that it could be set back from.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub exists: Observed<bool>,
    /// What its backups would have saved, wherever they rest.
    pub achieved: Achieved,
    /// What those would have saved that rest far enough away, at home, to outlast the loss of its site.
    pub distant: Achieved,
    /// When it was last set back from one of its backups, to the end (RFC 3339); null where no such test is known.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub restored: Observed<Option<String>>,
    /// Backups of it that failed; absent where no service counts them.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub jobs_failed: Observed<i64>,
    /// Backups of it that were not started in their time.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub jobs_expired: Observed<i64>,
    /// The sites at home that its data and their backups rest in.
    pub sites: Vec<String>,
    /// The kilometres between the two of them that lie farthest apart; absent where one more could lie farther.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub apart_km: Observed<i64>,
    /// The calls that showed each part.
    #[serde(skip)]
    pub evidence: BTreeMap<String, Vec<CallId>>,
    /// What was not seen, and why.
    #[serde(skip)]
    pub gaps: Vec<Gap>,
}

impl Recoverability {
    /// What orders resources.
    pub(super) fn order(&self) -> [&str; 6] {
        [&self.provider, &self.account, &self.region, &self.service, self.kind.as_str(), &self.id]
    }

    /// What orders several of one identity.
    pub(super) fn tie(&self) -> String {
        format!("{self:?}")
    }
}

/// What backups would have saved of one resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Achieved {
    /// The most that a failure could have cost, in seconds: what was measured, where that decides; null where nothing
    /// could be set back to. Absent where what was not seen decides.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub worst_s: Observed<Option<i64>>,
    /// No failure in the window cost more, in seconds; absent where no point is known whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound_s: Option<i64>,
    /// Points that can be used.
    pub points: i64,
    /// Points that cannot be, or of which it is not known.
    pub left_out: i64,
    /// Points whose data are in no order of their own.
    pub crash_consistent: i64,
    /// Points that do not say when they were ready.
    pub delays_unseen: i64,
    /// The gap that half of all do not exceed, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_s: Option<i64>,
    /// The gap that 95 in 100 do not exceed, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_s: Option<i64>,
    /// What a failure now would cost, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure_s: Option<i64>,
    /// The same by what keeps up continuously, read once: a sample, not the worst case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_s: Option<i64>,
    /// How long the window is over which it was measured, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_s: Option<i64>,
    /// The days after which points are deleted, where that makes the window shorter than it was to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_days: Option<i64>,
    /// The latest of the moments of data, at most 48 of them, in seconds since 1970.
    #[serde(skip)]
    pub moments: Vec<i64>,
}

/// When the facts were gathered and assessed, and what is measured by.
#[derive(Debug, Clone)]
pub struct Frame<'a> {
    /// When the gathering began.
    pub began: Timestamp,
    /// The moment of the assessment.
    pub at: Timestamp,
    /// How many days back failures are supposed.
    pub window_days: u32,
    /// How many kilometres apart two sites are to be.
    pub distance_km: u32,
    /// The countries that are home.
    pub home: &'a [String],
    /// What is declared.
    pub declared: &'a [Declared],
}
