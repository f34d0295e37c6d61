//! What holds for a whole account, and what other witnesses say.

use super::barrier::{Directory, ProviderAccess};
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
    /// What other lists than the sweep's say is in use; filled when the run is linked.
    #[serde(default)]
    pub second_lists: Vec<SecondList>,
    /// The directories whose people sign in to it, where policies can refuse them by the place they sign in from; none
    /// where the provider has no such thing for an account.
    #[serde(default)]
    pub directories: Vec<Directory>,
    /// What the provider's own people have to be let in for; none where the provider has no such thing.
    #[serde(default)]
    pub provider_access: Vec<ProviderAccess>,
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
            second_lists: Vec::new(),
            directories: Vec::new(),
            provider_access: Vec::new(),
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

/// A list of what is in use in an account that does not come from the services that were swept: each names things, or
/// only their service and region, in words of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecondList {
    /// Whose list it is.
    pub witness: Witness,
    /// Whether everything that is in use in the account stands in it, whatever its sort and place.
    pub exhaustive: bool,
    /// Whether it was read to its end; where it was not, a gap of its cell says why.
    pub read: bool,
    /// What it says is in use, as far as it was read.
    pub uses: Vec<Use>,
    /// The calls that showed it.
    pub calls: Vec<CallId>,
}

/// Whose list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// The bill: cost by service and region.
    Cost,
    /// The audit log: what was done, by service and region.
    Activity,
    /// Whatever carries labels.
    Labels,
    /// An inventory over services.
    Inventory,
}

/// One service in use in one region, as a second list has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Use {
    /// The region it names, or `global` where it names none.
    pub region: String,
    /// The service, and the sort of thing where it names one, in the list's words.
    pub what: String,
    /// How much of it, with its unit (`3 resources`, `120 events until 2026-11-02`).
    pub extent: String,
    /// How it stands to the sweep.
    pub read: UseRead,
    /// The services of the sweep that read what it speaks of; empty where none does.
    pub services: Vec<String>,
    /// The countries the region can mean; filled when the run is linked. None for what has no region.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub countries: Observed<Vec<String>>,
    /// Whether what the sweep found there accounts for it; filled when the run is linked.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub accounted: Observed<bool>,
}

/// How something in use stands to the sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UseRead {
    /// A service of the sweep reads it.
    Swept,
    /// It holds none of the customer's data: a charge, a setting, an address.
    WithoutData,
    /// Nothing reads it.
    Unread,
}

/// What an independent witness says of what the sweep found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signal {
    /// The resource or account it speaks of.
    pub subject: String,
    /// Which witness.
    pub witness: Witness,
    /// Whether it supports (`true`) or contradicts (`false`) what was found; null where it does not tell.
    pub supports: Option<bool>,
    /// What it said.
    pub statement: String,
    /// The calls that showed it.
    pub calls: Vec<CallId>,
}
