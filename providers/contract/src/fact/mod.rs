//! The fact vocabulary: provider-neutral, written one JSON object a line.

mod barrier;
mod copy;
mod facets;
mod resource;
mod setting;
mod sources;

pub use barrier::{Directory, LocationPolicy, ProviderAccess};
pub use copy::{Copy, CopyRole, Country};
pub use facets::{
    AccessLog, AuditCoverage, Comparison, Consistency, Coverage, DataEvents, Defaults, Encryption, Erasure,
    Expiry, ExpiryRule, Exposure, Guard, GuardPurpose, Identity, Jobs, KeyFacet, KeyManager, KeyState,
    LabelTest, LiftedBy, Network, Obstacle, ObstacleKind, OpenZone, Point, Principal, PrincipalClass,
    Protection, Recovery, Redundancy, Replication, ReplicationRule, Retention, Rotation, ScheduleRule,
    Selection, Sharing, Software, Starts, Traffic, TrailFacet, Trust, Versioning, VersioningState, Zones,
};
pub use resource::{Captured, Facet, Kind, Resource};
pub use setting::{
    AccountSetting, AuditedRegion, GuardedRegion, Guardrail, PublicAccessBlock, RegionState, SecondList,
    Signal, SweptCell, UsableRegion, Use, UseRead, Witness,
};
pub use sources::{Bound, BoundEffect, Endpoint, EndpointPolicy, Endpoints, Sources, Span, is_open};

use crate::gap::Gap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One line of `facts.ndjson.zst`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
#[allow(clippy::large_enum_variant, reason = "resources are nearly all of the lines")]
pub enum Fact {
    /// A thing in a cloud.
    Resource(Resource),
    /// What holds for a whole account.
    Setting(AccountSetting),
    /// Something not seen.
    Gap(Gap),
    /// The state of one (account, region, service).
    Cell(Cell),
    /// What an independent witness says.
    Signal(Signal),
}

/// The state of one cell of the sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CellState {
    /// Everything in it was listed.
    Listed,
    /// The region or service is provably closed to the account.
    Closed,
    /// The list was refused.
    Denied,
    /// The list failed, or did not come to its end.
    Failed,
    /// Not asked: left out by the tenancy file, the budget, or a cancellation.
    Skipped,
}

impl CellState {
    /// Whether nothing can hide in the cell.
    pub const fn is_accounted_for(self) -> bool {
        matches!(self, Self::Listed | Self::Closed)
    }
}

/// What closes a cell to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// The account has not opted in to the region.
    NotOptedIn,
    /// A policy above the account, which nobody in it can lift, denies everything there.
    Policy,
}

/// One (account, region, service) of the sweep and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// `aws`, `azure`, `gcp` or a plugin's name.
    pub provider: String,
    /// The account.
    pub account: String,
    /// The region, or `global` where one list answers for all regions.
    pub region: String,
    /// The service's short name.
    pub service: String,
    /// What became of it.
    pub state: CellState,
    /// What closes it to the account, where it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<ClosedBy>,
    /// How many resources were listed; for a failed list those that came before the failure.
    pub resources: u64,
}

impl Cell {
    /// `provider/account/region/service`: the subject of the cell's gaps.
    pub fn id(&self) -> String {
        format!("{}/{}/{}/{}", self.provider, self.account, self.region, self.service)
    }
}
