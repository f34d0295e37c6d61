//! Google Cloud: projects, what lies above them, and what belongs to them.

use serde::Deserialize;
use serde_json::Value;

/// Google Cloud.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gcp {
    /// Folders and organizations.
    #[serde(default)]
    pub containers: Vec<Container>,
    /// The projects.
    pub projects: Vec<Project>,
}

/// A Google Cloud project and what belongs to it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its number.
    pub number: String,
    /// `folders/N` or `organizations/N`; absent: in none.
    pub parent: Option<String>,
    /// `ACTIVE` unless it is said.
    pub state: Option<String>,
    /// The policy on it, with what is recorded.
    #[serde(default)]
    pub iam: Value,
    /// Policies of the organization that are set on it.
    #[serde(default)]
    pub policies: Vec<OrgPolicy>,
    /// APIs that are switched off: they refuse to answer for it.
    #[serde(default)]
    pub off: Vec<String>,
    /// Things of its services.
    #[serde(default)]
    pub resources: Vec<Asset>,
    /// Answers that are not about a listed thing, by `api:method` and what it is about.
    #[serde(default)]
    pub answers: Vec<Said>,
}

/// An organization or a folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// `organizations/N` or `folders/N`.
    pub name: String,
    /// What a folder lies in.
    pub parent: Option<String>,
    /// The policy on it.
    #[serde(default)]
    pub iam: Value,
    /// Policies of the organization that are set on it.
    #[serde(default)]
    pub policies: Vec<OrgPolicy>,
    /// Answers about it, by `api:method`.
    #[serde(default)]
    pub answers: Vec<Said>,
}

/// A policy of the organization, where it is set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrgPolicy {
    /// The constraint, as `gcp.resourceLocations`.
    pub constraint: String,
    /// What is set: `rules`, `inheritFromParent`, `reset`.
    pub spec: Value,
}

/// A thing, as its own API and the asset inventory tell it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Its type in the asset inventory (`storage.googleapis.com/Bucket`).
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name without the host; `{project}` stands for the project's id, `{n}` for its number among `count`.
    pub name: String,
    /// So many of them.
    pub count: Option<u32>,
    /// Its location in the inventory; absent: as its name says, else `global`.
    pub location: Option<String>,
    /// What its API says of it; `{project}`, `{n}` as in `name`.
    #[serde(default)]
    pub data: Value,
    /// The policy on it.
    pub iam: Option<Value>,
}

/// An answer to a question about one thing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// `api:method`, as `compute:snapshotSettings.get`.
    pub method: String,
    /// The last segment of its path; absent: whatever it is about.
    pub about: Option<String>,
    /// What is answered.
    pub says: Value,
}
