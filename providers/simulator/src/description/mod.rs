//! The YAML description of simulated clouds: what exists, how fast it answers, what goes wrong.

mod account;
mod azure;
mod bucket;
mod check;
mod config;
mod fault;
mod gcp;
mod key;
mod log_group;
mod told;
mod trail;
mod values;

use std::path::Path;

use serde::Deserialize;

pub use account::{Account, AccountRegions, Cost, PublicAccessBlock, PublicAccessBlockSetting};
pub use azure::{Azure, AzureResource, Charge, Subscription};
pub use bucket::{
    AclGrant, AclPermission, Bucket, DefaultEncryption, Encryption, Grantee, HexBytes, LifecycleFilter,
    LifecycleRule, LifecycleTransition, Logging, ObjectLock, ObjectLockMode, Ownership, Replication,
    ReplicationRule, Status, StoredObject, Versioning,
};
pub use config::{Aggregator, Config, Recorded, Recorder};
pub use fault::{Fault, FaultKind, Latency, Quota, Spread};
pub use gcp::{Asset, Container, Gcp, OrgPolicy, Project, Said};
pub use key::{Key, KeyManager, KeyState, MultiRegion, Rotation};
pub use log_group::{LogGroup, LogGroupClass};
pub use told::Told;
pub use trail::Trail;
pub use values::{AccountId, Document, Glob, NameTemplate, Probability, Region, Time};
pub(crate) use values::{expand, glob};

/// Everything the simulator knows: accounts with their resources, speed, quotas and faults.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The clock used for dates in answers; signatures and sessions always use the real time. Default: the real time.
    pub clock: Option<Time>,
    /// Seed of everything drawn: generated identifiers and the outcome of faults with a probability.
    #[serde(default)]
    pub seed: u64,
    /// Milliseconds every answer takes.
    #[serde(default)]
    pub latency_ms: u64,
    /// Up to so many milliseconds more, drawn anew for each request.
    #[serde(default)]
    pub spread: Spread,
    /// Exceptions to `latency_ms`; the first that matches counts.
    #[serde(default)]
    pub latencies: Vec<Latency>,
    /// Regions that exist. Default: every commercial region, those that need an opt-in not opted in.
    pub regions: Option<Vec<Region>>,
    /// The long-term credentials that callers start from.
    #[serde(default)]
    pub credentials: Credentials,
    /// What is kept of each request.
    #[serde(default)]
    pub record: Record,
    /// AWS accounts. The first is the one the credentials belong to, unless `credentials.account` names another.
    #[serde(default)]
    pub accounts: Vec<Account>,
    /// Azure: a tenant and its subscriptions.
    pub azure: Option<Azure>,
    /// Google Cloud: projects, and what they lie in.
    pub gcp: Option<Gcp>,
    /// Request quotas the server enforces.
    #[serde(default)]
    pub quotas: Vec<Quota>,
    /// Enforce the quotas AWS publishes, and assumed ones where it publishes none, besides `quotas`.
    #[serde(default)]
    pub published_quotas: bool,
    /// How far the server's clock is ahead of the real time, in seconds; behind it when negative.
    #[serde(default)]
    pub clock_ahead_seconds: i32,
    /// What goes wrong. For each request the first fault that strikes counts.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

/// The long-term credentials that callers start from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Credentials {
    /// Access key id; default `AKIASIMULATOR0000000`.
    pub access_key_id: String,
    /// Secret access key; default `simulator-secret`.
    pub secret_access_key: String,
    /// The account they belong to; default the first.
    pub account: Option<AccountId>,
    /// The IAM user they belong to; default `auditor`.
    pub user: String,
    /// Seconds a session lives, whatever was asked for. Default: as asked.
    pub session_seconds: Option<u32>,
    /// Requests after which a session is over, whatever end was told. Default: none.
    pub session_requests: Option<u64>,
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            access_key_id: "AKIASIMULATOR0000000".into(),
            secret_access_key: "simulator-secret".into(),
            account: None,
            user: "auditor".into(),
            session_seconds: None,
            session_requests: None,
        }
    }
}

/// What is kept of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Record {
    /// Every request.
    #[default]
    Requests,
    /// How many per operation only: for very large tenancies.
    Counts,
}

/// Why a description cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// The file could not be read.
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not YAML, an unknown field, a wrong type or value; the message has line and column.
    #[error("{0}")]
    Malformed(String),
    /// Each part is well-formed, but together they make no sense.
    #[error("{place}: {problem}")]
    Contradiction {
        /// Where, as a path into the description.
        place: String,
        /// What is wrong.
        problem: String,
    },
}

impl Description {
    /// Reads a description from YAML text.
    ///
    /// # Errors
    /// [`DescriptionError::Malformed`], with line and column. What needs the whole description is checked by [`crate::Simulator::start`].
    pub fn parse(yaml: &str) -> Result<Self, DescriptionError> {
        let mut description: Self =
            serde_saphyr::from_str(yaml).map_err(|error| DescriptionError::Malformed(error.to_string()))?;
        description.accounts = account::each(std::mem::take(&mut description.accounts))?;
        Ok(description)
    }

    /// Reads a description from a YAML file.
    ///
    /// # Errors
    /// [`DescriptionError::Unreadable`], or as [`Description::parse`] with the file's name before the message.
    pub fn read(path: &Path) -> Result<Self, DescriptionError> {
        let name = path.display().to_string();
        let yaml = std::fs::read_to_string(path)
            .map_err(|source| DescriptionError::Unreadable { path: name.clone(), source })?;
        Self::parse(&yaml).map_err(|error| DescriptionError::Malformed(format!("{name}: {error}")))
    }
}
