//! What is told of the erasure of one resource: a fact made of other facts, which checks read as they read those.

use jiff::Timestamp;
use schemars::JsonSchema;
use sekisho_contract::CallId;
use sekisho_contract::fact::{Facet, Kind, LiftedBy, ObstacleKind};
use sekisho_contract::gap::Gap;
use sekisho_contract::observed::Observed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Hindrances kept of one resource: the hardest.
pub(super) const HINDRANCES: usize = 12;

/// When one resource can be gone beyond recovery. Absent is what was not seen; null is "never", or "not so".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Erasability {
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
    /// The earliest moment (RFC 3339) at which it and every copy can be gone, if that is begun at the assessment by those
    /// who hold the rights; null where something never ends.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub earliest: Observed<Option<String>>,
    /// The same if nobody with a special right helps.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub unaided: Observed<Option<String>>,
    /// The same if it is written to until the contract's end.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub by: Observed<Option<String>>,
    /// When destroying its key makes it and every copy unreadable; null where it does not.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub crypto: Observed<Option<String>>,
    /// What bars that: `objects_vary`, `no_own_key`, `copy_elsewhere`, `other_key`, `shared_key`, `not_destroyable`,
    /// `unseen`; empty where nothing does.
    pub crypto_bar: String,
    /// What stands in the way, the hardest first.
    pub hindrances: Vec<Hindrance>,
    /// How many other things hold its data.
    pub copies: i64,
    /// Whether it holds records of accesses, which are to be kept.
    pub records: bool,
    /// The days such records are kept; absent where nothing deletes them, or it was not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<i64>,
    /// The calls that showed each part.
    #[serde(skip)]
    pub evidence: BTreeMap<String, Vec<CallId>>,
    /// What was not seen, and why.
    #[serde(skip)]
    pub gaps: Vec<Gap>,
}

/// One thing that stands in the way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hindrance {
    /// The copy it stands before; absent for the resource itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub kind: Observed<ObstacleKind>,
    /// Who can lift it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub lifted_by: Observed<LiftedBy>,
    /// When it ends by itself (RFC 3339), for what is written, or deleted, on the contract's last day; null when never.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub ends: Observed<Option<String>>,
}

impl Hindrance {
    /// The harder it is to be rid of, the less.
    pub(super) fn weight(
        &self,
    ) -> (u8, u8, std::cmp::Reverse<String>, Observed<ObstacleKind>, Option<String>) {
        let lifter = match self.lifted_by.seen() {
            Some(LiftedBy::Nobody) => 0,
            None => 1,
            Some(LiftedBy::PrivilegedUser) => 2,
            Some(LiftedBy::User) => 3,
        };
        let (open, date) = match &self.ends {
            Observed::Seen(None) => (0, String::new()),
            Observed::Unseen(_) => (1, String::new()),
            Observed::Seen(Some(date)) => (2, date.clone()),
        };
        (lifter, open, std::cmp::Reverse(date), self.kind, self.of.clone())
    }
}

/// The moments that decide, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The assessment.
    pub now: i64,
    /// The end of the contract's last day.
    pub contract_end: i64,
    /// The last moment at which erasure may be completed.
    pub deadline: i64,
}

impl Times {
    /// A moment as facts write it.
    pub(super) fn moment(&self, at: i64) -> String {
        // Beyond the years that can be written lies what is never.
        Timestamp::from_second(at).unwrap_or(Timestamp::MAX).to_string()
    }
}
