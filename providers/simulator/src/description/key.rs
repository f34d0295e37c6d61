//! KMS keys.

use serde::Deserialize;

use super::account::Tags;
use super::{Document, NameTemplate, Region, Time};

/// A KMS key, or `count` alike. Texts of a counted entry may hold `{n}` or `{n:05}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Key id. Default: drawn from the seed (`mrk-…` for a multi-Region key).
    pub id: Option<NameTemplate>,
    /// How many.
    pub count: Option<u32>,
    /// Where it is; for a multi-Region key where this member is.
    pub region: Region,
    /// Alias without `alias/`, e.g. `records` or `aws/s3`.
    pub alias: Option<NameTemplate>,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// When it was created.
    pub created: Option<Time>,
    /// `AWS_KMS` (default), `EXTERNAL`, `AWS_CLOUDHSM`, `EXTERNAL_KEY_STORE`.
    #[serde(default = "origin")]
    pub origin: String,
    /// Default `CUSTOMER`.
    #[serde(default)]
    pub manager: KeyManager,
    /// Default `Enabled`, or `PendingDeletion` when there is a `deletion_date`.
    pub state: Option<KeyState>,
    /// Default `ENCRYPT_DECRYPT`.
    #[serde(default = "usage")]
    pub usage: String,
    /// Default `SYMMETRIC_DEFAULT`.
    #[serde(default = "spec")]
    pub spec: String,
    /// Present: a multi-Region key.
    pub multi_region: Option<MultiRegion>,
    /// Automatic rotation. Default: off for customer keys, on for those AWS manages.
    pub rotation: Option<Rotation>,
    /// When it will be deleted.
    pub deletion_date: Option<Time>,
    /// Days between the order to delete and the deletion, while replicas still exist.
    pub pending_window_days: Option<u32>,
    /// Key policy, JSON text or structured. Default: what AWS gives a key made by program.
    pub policy: Option<Document>,
    /// Tags, by key.
    #[serde(default)]
    pub tags: Tags,
}

/// Who manages a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum KeyManager {
    /// The customer.
    #[default]
    Customer,
    /// AWS, for one of its services.
    Aws,
}

/// The state of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the KMS API")]
pub enum KeyState {
    Creating,
    Enabled,
    Disabled,
    PendingDeletion,
    PendingImport,
    PendingReplicaDeletion,
    Unavailable,
    Updating,
}

/// How a key is spread over regions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MultiRegion {
    /// Whether this member is the primary (the default). Its replicas need not be described: they come into being with it.
    #[serde(default = "primary")]
    pub primary: bool,
    /// For a replica described by hand: where its primary is.
    pub primary_region: Option<Region>,
    /// Regions of the replicas.
    #[serde(default)]
    pub replicas: Vec<Region>,
}

/// Automatic rotation.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Whether the key rotates.
    pub enabled: bool,
    /// Days between rotations.
    #[serde(default = "year")]
    pub period_days: u32,
}

fn origin() -> String {
    "AWS_KMS".into()
}

fn usage() -> String {
    "ENCRYPT_DECRYPT".into()
}

fn spec() -> String {
    "SYMMETRIC_DEFAULT".into()
}

fn primary() -> bool {
    true
}

fn year() -> u32 {
    365
}
