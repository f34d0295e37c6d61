//! S3 buckets.

use serde::{Deserialize, Deserializer};

use super::account::Tags;
use super::{AccountId, Document, NameTemplate, PublicAccessBlockSetting, Region, Time};

/// An S3 bucket, or `count` alike. Texts of a counted entry may hold `{n}` or `{n:05}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// The name, unique over all accounts.
    pub name: NameTemplate,
    /// How many; the name then holds the placeholder.
    pub count: Option<u32>,
    /// Where it is.
    pub region: Region,
    /// When it was created.
    pub created: Option<Time>,
    /// Default `off`: never enabled.
    #[serde(default)]
    pub versioning: Versioning,
    /// Whether deleting versions needs a second factor.
    pub mfa_delete: Option<bool>,
    /// Default encryption. Absent: AES256, as AWS configures every bucket; `none`: the error that an old bucket gave.
    #[serde(default)]
    pub encryption: Encryption,
    /// Replication to other buckets.
    pub replication: Option<Replication>,
    /// Lifecycle rules.
    #[serde(default)]
    pub lifecycle: Vec<LifecycleRule>,
    /// Object lock; absent: not enabled.
    pub object_lock: Option<ObjectLock>,
    /// Absent or `none`: not configured; `all`: as AWS configures a new bucket; or the switches.
    #[serde(default)]
    pub public_access_block: PublicAccessBlockSetting,
    /// Bucket policy, JSON text or structured.
    pub policy: Option<Document>,
    /// What GetBucketPolicyStatus answers. Default: computed from the policy.
    pub policy_public: Option<bool>,
    /// Grants beside the owner's full control.
    #[serde(default)]
    pub acl: Vec<AclGrant>,
    /// Object ownership. Absent: `BucketOwnerEnforced`, as in a new bucket; `none`: not configured, as in an old one.
    #[serde(default)]
    pub ownership: Ownership,
    /// Where access is logged to.
    pub logging: Option<Logging>,
    /// Tags, by key.
    #[serde(default)]
    pub tags: Tags,
    /// What is stored in it, as far as somebody may read it.
    #[serde(default)]
    pub objects: Vec<StoredObject>,
}

/// An object of a bucket.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredObject {
    /// Its key.
    pub key: String,
    /// Its bytes, as text.
    #[serde(default)]
    pub text: String,
    /// Its bytes behind the text, in hexadecimal digits: what is compressed.
    #[serde(default)]
    pub hex: HexBytes,
    /// When it was written; absent: now.
    pub modified: Option<Time>,
    /// It is listed, and no longer there.
    #[serde(default)]
    pub gone: bool,
    /// It is listed, and was written anew since.
    #[serde(default)]
    pub changed: bool,
}

impl StoredObject {
    /// What is stored.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.text.as_bytes(), &self.hex.0].concat()
    }
}

/// Bytes, written as hexadecimal digits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HexBytes(pub Vec<u8>);

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        hex::decode(String::deserialize(deserializer)?).map(Self).map_err(serde::de::Error::custom)
    }
}

/// The state of a bucket's versioning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Versioning {
    /// Never enabled.
    #[default]
    Off,
    /// Enabled.
    Enabled,
    /// Once enabled, now suspended.
    Suspended,
}

/// Default encryption of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Encryption {
    /// Nobody configured it: AES256 with keys of S3.
    #[default]
    Unset,
    /// `none`: the request fails with ServerSideEncryptionConfigurationNotFoundError.
    Missing,
    /// Configured.
    Default(DefaultEncryption),
}

/// A configured default encryption.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultEncryption {
    /// `AES256`, `aws:kms`, `aws:kms:dsse`.
    pub algorithm: String,
    /// Key ARN, id or alias, told as written. Absent: the AWS managed key.
    pub key: Option<String>,
    /// Whether a bucket key saves calls to KMS.
    #[serde(default)]
    pub bucket_key: bool,
}

/// Replication to other buckets.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replication {
    /// ARN of the role S3 replicates with. Default: `s3-replication` of the account.
    pub role: Option<String>,
    /// The rules.
    pub rules: Vec<ReplicationRule>,
}

/// One replication rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplicationRule {
    /// Default: `rule-1`, `rule-2`, …
    pub id: Option<String>,
    /// Default enabled.
    #[serde(default)]
    pub status: Status,
    /// Only objects whose key begins so.
    pub prefix: Option<String>,
    /// Present: a rule of the present version, with a filter. Absent: of the first version, with a bare prefix.
    pub priority: Option<u32>,
    /// Name or ARN of the destination.
    pub destination_bucket: String,
    /// The destination's owner, when it differs.
    pub destination_account: Option<AccountId>,
    /// Key ARN the replicas are encrypted with.
    pub replica_key: Option<String>,
    /// Storage class of the replicas.
    pub storage_class: Option<String>,
    /// Whether delete markers are replicated.
    pub delete_markers: Option<bool>,
}

/// Whether a rule is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// In force.
    #[default]
    #[serde(alias = "Enabled")]
    Enabled,
    /// Not in force.
    #[serde(alias = "Disabled")]
    Disabled,
}

/// One lifecycle rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleRule {
    /// Default: `rule-1`, `rule-2`, …
    pub id: Option<String>,
    /// Default enabled.
    #[serde(default)]
    pub status: Status,
    /// A bare prefix, as in rules of the first version.
    pub prefix: Option<String>,
    /// What it applies to. Default, without `prefix`: everything.
    #[serde(default)]
    pub filter: LifecycleFilter,
    /// Objects expire after so many days.
    pub expiration_days: Option<u32>,
    /// Objects expire on this day.
    pub expiration_date: Option<Time>,
    /// Delete markers without versions behind them go.
    pub expired_object_delete_marker: Option<bool>,
    /// Versions that are no longer current expire after so many days.
    pub noncurrent_days: Option<u32>,
    /// So many newer versions that are no longer current stay.
    pub newer_noncurrent_versions: Option<u32>,
    /// Uploads in parts that were never completed go after so many days.
    pub abort_multipart_days: Option<u32>,
    /// Moves to other storage classes.
    #[serde(default)]
    pub transitions: Vec<LifecycleTransition>,
}

/// What a lifecycle rule applies to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LifecycleFilter {
    /// Objects whose key begins so.
    pub prefix: Option<String>,
    /// Objects with these tags.
    pub tags: Tags,
    /// Objects larger than so many bytes.
    pub size_greater_than: Option<u64>,
    /// Objects smaller than so many bytes.
    pub size_less_than: Option<u64>,
}

/// A move to another storage class.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleTransition {
    /// After so many days.
    pub days: u32,
    /// E.g. `GLACIER`.
    pub storage_class: String,
}

/// Object lock of a bucket.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectLock {
    /// Default true; false is the same as no `object_lock` at all.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Mode of the default retention; absent: no default retention.
    pub mode: Option<ObjectLockMode>,
    /// Default retention in days.
    pub days: Option<u32>,
    /// Default retention in years.
    pub years: Option<u32>,
}

/// How firm the retention is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ObjectLockMode {
    /// Nobody can shorten it.
    Compliance,
    /// Those with a special permission can.
    Governance,
}

/// One grant of an ACL.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AclGrant {
    /// To whom.
    pub grantee: Grantee,
    /// What.
    pub permission: AclPermission,
}

/// `AllUsers`, `AuthenticatedUsers`, `LogDelivery`, or an account's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantee {
    /// One of S3's groups, by its URI.
    Group(&'static str),
    /// The canonical user of an account.
    Account(String),
}

/// A right in an ACL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AclPermission {
    /// All of them.
    FullControl,
    /// List objects.
    Read,
    /// Write objects.
    Write,
    /// Read the ACL.
    ReadAcp,
    /// Write the ACL.
    WriteAcp,
}

/// Object ownership of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Ownership {
    /// ACLs are off.
    #[default]
    BucketOwnerEnforced,
    /// The owner of the bucket owns what is given to it.
    BucketOwnerPreferred,
    /// The writer owns the object.
    ObjectWriter,
    /// Not configured.
    #[serde(rename = "none")]
    Unset,
}

/// Where access is logged to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// Bucket that receives the logs.
    pub target_bucket: String,
    /// Beginning of the logs' keys.
    #[serde(default)]
    pub target_prefix: String,
}

fn yes() -> bool {
    true
}

impl<'de> Deserialize<'de> for Encryption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::values::word_or(
            deserializer,
            "`none`, or `algorithm`, `key`, `bucket_key`",
            |word| (word == "none").then_some(Self::Missing),
            Self::Default,
        )
    }
}

impl<'de> Deserialize<'de> for Grantee {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(match text.as_str() {
            "AllUsers" => Self::Group("http://acs.amazonaws.com/groups/global/AllUsers"),
            "AuthenticatedUsers" => Self::Group("http://acs.amazonaws.com/groups/global/AuthenticatedUsers"),
            "LogDelivery" => Self::Group("http://acs.amazonaws.com/groups/s3/LogDelivery"),
            id if id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()) => Self::Account(text),
            _ => {
                return Err(serde::de::Error::custom(format!(
                    "`{text}` is no grantee: wanted is AllUsers, AuthenticatedUsers, LogDelivery or an account's id"
                )));
            }
        })
    }
}
