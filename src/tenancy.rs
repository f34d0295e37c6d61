//! The tenancy file: what one run assesses.
//!
//! [`load`] reads `tenancy.toml` and says everything that is wrong with it at once, each fault with its
//! place in the file and a next step. No secret is in the file, and none that was put there by mistake is
//! shown.

mod access;
mod account;
mod corroborate;
mod endpoint;
mod exception;
mod fault;
mod logs;
mod scope;
pub(crate) mod section;
#[cfg(test)]
mod tests;
mod watch;
pub(crate) mod whole;

pub use corroborate::{Corroborate, VantageFile};
pub use exception::Exception;
pub use fault::{Fault, TenancyError};
pub use logs::{LogSource, Logs};
pub use scope::{Matcher, Scope, pattern_matches};
pub use watch::{Mail, MailTls, Notify, Watch};
pub use whole::{Known, Loaded, load, parse};

use schemars::JsonSchema;
use sekisho_contract::AccountSection;
use serde::{Deserialize, Serialize};

/// What one run assesses: the accounts under one contract. No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tenancy {
    /// Shown on the report.
    pub name: String,
    /// The profile's id.
    pub profile: String,
    /// The contract's last day.
    #[schemars(with = "String", extend("format" = "date"))]
    pub contract_end: jiff::civil::Date,
    /// Days after the contract's end within which erasure may still be completed.
    pub erasure_grace_days: u32,
    /// The accounts.
    pub accounts: Vec<AccountSection>,
    /// What is confidential and availability-critical; first match wins.
    pub scopes: Vec<Scope>,
    /// Access from abroad that is allowed.
    #[serde(default)]
    pub access: Vec<crate::logs::access::Entry>,
    /// Where the audit logs lie; `None` where the file does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<Logs>,
    /// Risks that somebody has accepted. They change no verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// The witnesses that places are held against.
    #[serde(default)]
    pub corroborate: Corroborate,
    /// Bounds on what the run may ask.
    #[serde(default)]
    pub limits: Limits,
}

/// Bounds on what a run may ask, below what the providers allow anyway.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// Requests under way at once, for each provider; `None` for the default.
    pub concurrency: Option<u32>,
    /// Requests the run may make in all; `None` for no bound. What it cuts off is reported as a gap.
    pub max_calls: Option<u64>,
}
