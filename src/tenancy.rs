//! The tenancy file: what one run assesses.

use sekisho_contract::AccountSection;
use serde::{Deserialize, Serialize};

/// What one run assesses: the accounts under one contract. No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenancy {
    /// Shown on the report.
    pub name: String,
    /// The profile's id.
    pub profile: String,
    /// The contract's last day.
    pub contract_end: jiff::civil::Date,
    /// Days after the contract's end within which erasure may still be completed.
    pub erasure_grace_days: u32,
    /// The accounts.
    pub accounts: Vec<AccountSection>,
    /// What is confidential and availability-critical; first match wins.
    pub scopes: Vec<Scope>,
}

/// One scope rule. What none matches counts as confidential and availability-critical.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// What it matches: every part given must hold.
    pub matcher: Matcher,
    /// Whether what it matches holds confidential or personal information (要機密情報).
    pub confidential: bool,
    /// Whether what it matches must stay available (要安定情報).
    pub availability_critical: bool,
}

/// What a scope rule matches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matcher {
    /// `key=value` or `key` of a label.
    pub tag: Option<String>,
    /// An account's id.
    pub account: Option<String>,
    /// A resource's id, or a pattern with `*`.
    pub resource: Option<String>,
}
