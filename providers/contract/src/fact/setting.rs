//! What holds for a whole account, and what other witnesses say.

use crate::call::CallId;
use crate::observed::Observed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What holds for a whole account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccountSetting {
    /// `provider/account`.
    pub id: String,
    /// `aws`, `azure`, `gcp` or a plugin's name.
    pub provider: String,
    /// The account.
    pub account: String,
    /// The regions there are, and whether the account can use them.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub regions: Observed<Vec<UsableRegion>>,
    /// The account-wide barriers against public access.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub public_access_block: Observed<PublicAccessBlock>,
    /// What policies above the account leave open to it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub guardrail: Observed<Guardrail>,
    /// Every cell of the sweep; filled when the run is linked.
    pub sweep: Vec<SweptCell>,
    /// Which regions an audit trail records; filled when the run is linked.
    pub audit: Vec<AuditedRegion>,
    /// The calls that showed each part.
    pub evidence: BTreeMap<String, Vec<CallId>>,
}

impl AccountSetting {
    /// An account nothing is known of yet.
    pub fn new(provider: &str, account: &str) -> Self {
        Self {
            id: format!("{provider}/{account}"),
            provider: provider.to_owned(),
            account: account.to_owned(),
            regions: Observed::default(),
            public_access_block: Observed::default(),
            guardrail: Observed::default(),
            sweep: Vec::new(),
            audit: Vec::new(),
            evidence: BTreeMap::new(),
        }
    }
}

/// One region, as an account stands to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsableRegion {
    /// The provider's identifier.
    pub id: String,
    /// Whether the account can use it.
    pub state: RegionState,
}

/// Whether an account can use a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegionState {
    /// It can.
    Open,
    /// It has not opted in: nothing can be put there now.
    NotOptedIn,
}

/// What policies above an account leave open to it, whoever acts in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Guardrail {
    /// Whether any policy that could be understood bounds the regions.
    pub bounded: bool,
    /// The regions left open; empty where nothing bounds them.
    pub regions: Vec<GuardedRegion>,
    /// What may be done elsewhere all the same.
    pub exempt_actions: Vec<String>,
    /// Who may act elsewhere all the same.
    pub exempt_principals: Vec<String>,
    /// The policies that bound the regions.
    pub policies: Vec<String>,
}

impl Guardrail {
    /// Nothing bounds the account.
    pub const NONE: Self = Self {
        bounded: false,
        regions: Vec::new(),
        exempt_actions: Vec::new(),
        exempt_principals: Vec::new(),
        policies: Vec::new(),
    };
}

/// A region that policies leave open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GuardedRegion {
    /// The provider's identifier.
    pub id: String,
    /// The countries it can mean; filled when the run is linked.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub countries: Observed<Vec<String>>,
}

/// Account-wide barriers against public access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublicAccessBlock {
    /// New public access lists are refused.
    pub block_public_acls: bool,
    /// Public access lists have no effect.
    pub ignore_public_acls: bool,
    /// New public policies are refused.
    pub block_public_policy: bool,
    /// Public policies have no effect.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// No barrier.
    pub const NONE: Self = Self {
        block_public_acls: false,
        ignore_public_acls: false,
        block_public_policy: false,
        restrict_public_buckets: false,
    };

    /// Whether all four are up.
    pub const fn all(&self) -> bool {
        self.block_public_acls
            && self.ignore_public_acls
            && self.block_public_policy
            && self.restrict_public_buckets
    }

    /// A barrier is up when it is up here or there.
    #[must_use]
    pub const fn or(&self, other: &Self) -> Self {
        Self {
            block_public_acls: self.block_public_acls || other.block_public_acls,
            ignore_public_acls: self.ignore_public_acls || other.ignore_public_acls,
            block_public_policy: self.block_public_policy || other.block_public_policy,
            restrict_public_buckets: self.restrict_public_buckets || other.restrict_public_buckets,
        }
    }
}

/// One cell as a check sees it: `resources` is absent unless nothing can hide in the cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SweptCell {
    /// The region.
    pub region: String,
    /// The service.
    pub service: String,
    /// How many resources there are; 0 for a closed cell.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub resources: Observed<u64>,
}

/// Whether an audit trail records a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditedRegion {
    /// The region.
    pub region: String,
    /// Administrative reads and writes are recorded by a trail that is on.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub management_events: Observed<bool>,
    /// The same, by a trail that also records services without a region.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub global_events: Observed<bool>,
}

/// What an independent witness says of a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signal {
    /// The resource or account it speaks of.
    pub subject: String,
    /// Which witness.
    pub witness: String,
    /// Whether it supports (`true`) or contradicts (`false`) what the provider declared.
    pub supports: bool,
    /// What it said.
    pub statement: String,
    /// The calls that showed it.
    pub calls: Vec<CallId>,
}
