//! CloudWatch log groups.

use serde::Deserialize;

use super::account::Tags;
use super::{NameTemplate, Region, Time};

/// A CloudWatch log group, or `count` alike. The name of a counted entry holds `{n}` or `{n:05}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogGroup {
    /// The name.
    pub name: NameTemplate,
    /// How many.
    pub count: Option<u32>,
    /// Where it is.
    pub region: Region,
    /// When it was created.
    pub created: Option<Time>,
    /// Days events are kept; absent: for ever.
    pub retention_days: Option<u32>,
    /// Key ARN, key id, or `alias/…` of a described key in the same region.
    pub key: Option<String>,
    /// Default `STANDARD`.
    #[serde(default)]
    pub class: LogGroupClass,
    /// Whether it is protected from deletion.
    #[serde(default)]
    pub deletion_protection: bool,
    /// Bytes it holds.
    #[serde(default)]
    pub stored_bytes: u64,
    /// Tags, by key.
    #[serde(default)]
    pub tags: Tags,
}

/// The class of a log group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogGroupClass {
    /// All features.
    #[default]
    Standard,
    /// Cheaper, fewer features.
    InfrequentAccess,
    /// Only hands on.
    Delivery,
}

impl LogGroupClass {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::InfrequentAccess => "INFREQUENT_ACCESS",
            Self::Delivery => "DELIVERY",
        }
    }
}
