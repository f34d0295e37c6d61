//! AWS Config: recorders, aggregators, and how what is recorded differs from what is.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{AccountId, Glob, Region, Time};

/// AWS Config in an account. What is recorded is what the account's buckets and keys are described to be.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// At most one a region.
    pub recorders: Vec<Recorder>,
    /// What gathers records of several accounts and regions.
    pub aggregators: Vec<Aggregator>,
    /// How records differ from what is.
    pub records: Vec<Recorded>,
}

/// A recorder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorder {
    /// Where it is.
    pub region: Region,
    /// The types it records. Default: all.
    #[serde(default)]
    pub types: Vec<String>,
    /// Types it does not record.
    #[serde(default)]
    pub except: Vec<String>,
    /// It looks once a day, and does not follow changes.
    #[serde(default)]
    pub daily: bool,
    /// Whether it is on; default true.
    #[serde(default = "yes")]
    pub recording: bool,
    /// How its latest delivery ended; default `Success`.
    #[serde(default = "success")]
    pub status: String,
    /// Hours since it delivered anything, by the real clock; default 1.
    #[serde(default = "one")]
    pub silent_hours: u32,
    /// ARN of its role. Default: Config's own.
    pub role: Option<String>,
}

/// What gathers records.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregator {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub region: Region,
    /// The accounts whose records it gathers. Default: every account there is, as of an organization.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
    /// The regions it gathers from. Default: all.
    #[serde(default)]
    pub regions: Vec<Region>,
    /// How its latest gathering ended; default `SUCCEEDED`.
    #[serde(default = "succeeded")]
    pub status: String,
    /// Hours since then, by the real clock; default 1.
    #[serde(default = "one")]
    pub silent_hours: u32,
}

/// How some records differ from what is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The resource ids of the things.
    pub of: Glob,
    /// Config knows nothing of them.
    #[serde(default)]
    pub missing: bool,
    /// When they were recorded. Default: when they were made.
    pub captured: Option<Time>,
    /// What is left out, as paths with dots.
    #[serde(default)]
    pub without: Vec<String>,
    /// What is told instead, by path with dots.
    #[serde(default)]
    pub set: BTreeMap<String, Value>,
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

fn success() -> String {
    "Success".into()
}

fn succeeded() -> String {
    "SUCCEEDED".into()
}
