//! Where a resource's bytes rest.

use crate::observed::Observed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// ISO 3166-1 alpha-2.
pub type Country = String;

/// One place where a resource's bytes rest, or may rest.
///
/// A member whose `location` or `countries` is absent stands for a place that could not be seen or
/// resolved: a rule over all copies cannot pass while it is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Copy {
    /// What the copy is for.
    pub role: CopyRole,
    /// The resource that holds the copy, when it is not the resource itself: a destination bucket, a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// The provider's identifier of the place (`ap-northeast-1`).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub location: Observed<String>,
    /// The countries that identifier can mean, as the place catalogue resolves it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub countries: Observed<Vec<Country>>,
    /// The site (metropolitan area), for distances between copies.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub site: Observed<String>,
}

impl Copy {
    /// A copy at the provider's identifier of a place; linking says what that means.
    pub fn new(role: CopyRole, holder: Option<String>, location: Observed<String>) -> Self {
        Self { role, holder, location, countries: Observed::default(), site: Observed::default() }
    }
}

/// What a copy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CopyRole {
    /// The data itself.
    Primary,
    /// A copy kept in step.
    Replica,
    /// A backup.
    Backup,
    /// A snapshot.
    Snapshot,
    /// Records about the data.
    Log,
    /// A short-lived copy near readers.
    Cache,
    /// Key material.
    Key,
    /// Where data pass through.
    Transit,
}
