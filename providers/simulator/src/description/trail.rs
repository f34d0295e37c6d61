//! CloudTrail trails.

use serde::Deserialize;

use super::account::Tags;
use super::{Document, Region};

/// A CloudTrail trail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trail {
    /// The name.
    pub name: String,
    /// Home region.
    pub region: Region,
    /// Bucket that receives the logs.
    pub bucket: String,
    /// Beginning of the logs' keys.
    pub prefix: Option<String>,
    /// Whether it records every region, and so is seen in every region.
    #[serde(default)]
    pub multi_region: bool,
    /// Whether it records global services (IAM, STS). Default true.
    #[serde(default = "yes")]
    pub global_events: bool,
    /// Whether it is recording. Default true.
    #[serde(default = "yes")]
    pub logging: bool,
    /// Whether digests prove that logs were not altered.
    #[serde(default)]
    pub validation: bool,
    /// Whether it records every account, and so is seen in every account.
    #[serde(default)]
    pub organization: bool,
    /// Key ARN, key id, or `alias/…` of a described key in the home region.
    pub key: Option<String>,
    /// Name of the log group, in the home region, that also receives the events.
    pub log_group: Option<String>,
    /// The list of `EventSelectors`, verbatim. Default: management events, read and write.
    pub selectors: Option<Document>,
    /// The list of `AdvancedEventSelectors`, verbatim; instead of `selectors`.
    pub advanced_selectors: Option<Document>,
    /// Tags, by key.
    #[serde(default)]
    pub tags: Tags,
}

fn yes() -> bool {
    true
}
