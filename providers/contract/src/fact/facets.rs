//! The parts of a fact. Every cloud property is [`Observed`]; a list that could not be read whole
//! carries a member without its properties.

use crate::observed::Observed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Encryption at rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Encryption {
    /// Whether new data are encrypted at rest.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub enabled: Observed<bool>,
    /// The provider's word for the method (`AES256`, `aws:kms:dsse`), or `none`.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub algorithm: Observed<String>,
    /// The key's identifier, or null when no key of a key service is named.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub key: Observed<Option<String>>,
    /// Who manages the key; resolved against the keys that were read.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub key_manager: Observed<KeyManager>,
}

/// Who manages a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyManager {
    /// There is no key: nothing is encrypted.
    None,
    /// The provider.
    Provider,
    /// The customer, in the provider's key service.
    Customer,
    /// The customer, outside the provider.
    External,
}

/// Kept versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Versioning {
    /// Whether overwritten and deleted data live on as versions.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub state: Observed<VersioningState>,
    /// Whether deleting a version needs a second factor.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub mfa_delete: Observed<bool>,
}

/// Whether versions are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VersioningState {
    /// New versions are kept.
    Enabled,
    /// No new versions, but old ones live on.
    Suspended,
    /// Never turned on.
    Off,
}

/// Replication rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Replication {
    /// The rules, switched on or not.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub rules: Observed<Vec<ReplicationRule>>,
}

/// One replication rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplicationRule {
    /// The rule's name, bounded.
    pub name: String,
    /// Whether it is switched on. A rule switched off may still have left copies behind.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub enabled: Observed<bool>,
    /// The resource that receives the copies.
    pub destination: String,
}

/// Automatic expiry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Expiry {
    /// Enabled rules.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub rules: Observed<Vec<ExpiryRule>>,
}

/// One rule of automatic expiry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExpiryRule {
    /// Names it applies to begin with this; empty for all.
    pub prefix: String,
    /// Whether it applies to everything under the prefix (no filter by label or size).
    pub whole: bool,
    /// Current data expire after this many days; null when they do not by this rule.
    pub days: Option<u32>,
    /// From this day on everything current expires, whatever its age; absent when the rule names no day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Superseded versions expire after this many days; null when they do not by this rule.
    pub noncurrent_days: Option<u32>,
}

/// What stands in the way of erasing the data for good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Erasure {
    /// Every obstacle; a member without its properties stands for one that may be there.
    pub obstacles: Vec<Obstacle>,
}

/// One obstacle to erasure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Obstacle {
    /// What it is.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub kind: Observed<ObstacleKind>,
    /// What starts its clock.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub starts: Observed<Starts>,
    /// How many days it holds from then; null when it has no end of its own.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub days: Observed<Option<u32>>,
    /// A fixed date (RFC 3339) on which it ends; null when it has none.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub until: Observed<Option<String>>,
    /// Who can lift it before that.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub lifted_by: Observed<LiftedBy>,
}

/// What an obstacle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObstacleKind {
    /// Write-once retention nobody can shorten.
    LockCompliance,
    /// Write-once retention a privileged user can bypass.
    LockGovernance,
    /// A hold without end.
    LegalHold,
    /// Superseded versions live on until they are deleted one by one.
    Versions,
    /// Deleting versions needs a second factor of the account's root user.
    MfaDelete,
    /// A key's destruction takes effect only after a waiting time.
    KeyDeletionWait,
    /// A switch must be turned off before the resource can be deleted.
    DeletionProtection,
    /// What was deleted is kept for a while.
    SoftDelete,
    /// Backups may not be deleted before a least age.
    MinimumRetention,
}

/// What starts an obstacle's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Starts {
    /// The writing of the data: what is written on the contract's last day is held the full time.
    AtWrite,
    /// The request to delete.
    AtRequest,
    /// A fixed date is given.
    Fixed,
}

/// Who can lift an obstacle before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LiftedBy {
    /// Nobody: only time.
    Nobody,
    /// A user with a special right.
    PrivilegedUser,
    /// Any user who may delete.
    User,
}

/// Who else can reach the resource, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exposure {
    /// Whether anyone without an account can use it, after every barrier.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub public: Observed<bool>,
    /// Whether all the provider's barriers against public access are up, at the resource or above it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub public_access_blocked: Observed<bool>,
    /// Whether unencrypted connections are refused.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub tls_only: Observed<bool>,
    /// Everyone a policy lets in.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub principals: Observed<Vec<Principal>>,
}

/// Someone a policy lets in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Principal {
    /// The identifier as the policy writes it, bounded; `*` for anyone.
    pub id: String,
    /// What it stands for.
    pub class: PrincipalClass,
    /// The account it belongs to; null when it belongs to none.
    pub account: Option<String>,
    /// Whether it lies outside the tenancy.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub foreign: Observed<bool>,
}

/// What a principal stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalClass {
    /// An account, or a user or role in it.
    Account,
    /// A service of the provider.
    Service,
    /// An identity provider's users.
    Federated,
    /// Anyone.
    Anonymous,
    /// A form this version cannot place.
    Other,
}

/// With whom a resource is shared, apart from its account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sharing {
    /// Whether anyone at all can use it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub public: Observed<bool>,
    /// Everyone it is shared with.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub principals: Observed<Vec<Principal>>,
}

/// Whether a resource can be reached from the internet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Network {
    /// Whether it has an address on the internet.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub public_address: Observed<bool>,
}

/// How a resource comes through the failure of a part of its site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Redundancy {
    /// Whether it goes on in another zone of its region.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub multi_zone: Observed<bool>,
    /// Whether something else takes over by itself when the part in use fails: a standby, another node, the rest of
    /// what serves in several zones at once.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub failover: Observed<bool>,
}

/// What a resource can be set back to by its own service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recovery {
    /// Whether it can be set back to any moment of a window.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub continuous: Observed<bool>,
    /// How many days back that reaches; null when there is no window.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub window_days: Observed<Option<u32>>,
    /// The latest moment it can be set back to (RFC 3339); null when there is none.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub latest: Observed<Option<String>>,
}

/// A moment that data can be set back to: what a snapshot or a backup holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// The moment its data are of (RFC 3339): not when it was copied; null when the service does not say.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub data_time: Observed<Option<String>>,
    /// When it was complete (RFC 3339); null when it is not, or the service does not say.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub completed: Observed<Option<String>>,
    /// Whether it is complete and can be used.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub usable: Observed<bool>,
    /// When it is deleted by itself (RFC 3339); null when never.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub expires: Observed<Option<String>>,
    /// When its data were last set back from it, to the end (RFC 3339); null when no such test is known.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub restored: Observed<Option<String>>,
    /// In what order its data are; null when the service does not say.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub consistency: Observed<Option<Consistency>>,
}

/// In what order the data of a backup are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Consistency {
    /// As they were when the machine would have lost its power: what was under way is torn.
    Crash,
    /// As a file system leaves them that was told to finish what it was writing.
    FileSystem,
    /// As the application leaves them that was told to finish what it was doing.
    Application,
}

/// What a schedule makes backups of, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Every rule by which it makes them.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub rules: Observed<Vec<ScheduleRule>>,
    /// Every selection; what any of them takes is backed up.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub selections: Observed<Vec<Selection>>,
}

/// One rule by which backups are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduleRule {
    /// Its name, bounded.
    pub name: String,
    /// The longest time between two backups that it starts, in seconds; null where it starts none by itself.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub interval_s: Observed<Option<i64>>,
    /// How long after its time a backup may still be started, in seconds.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub start_window_s: Observed<i64>,
    /// How long after its start it may take, in seconds; null where nothing bounds it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub completion_window_s: Observed<Option<i64>>,
    /// Whether it keeps a record of changes, from which any moment can be set back to.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub continuous: Observed<bool>,
}

/// One selection of what is backed up. Without identifiers and labels it takes all its service can back up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Selection {
    /// Its name, bounded.
    pub name: String,
    /// Identifiers it takes, of which `*` at the end stands for any rest.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub resources: Observed<Vec<String>>,
    /// Identifiers it leaves out, spelt the same way.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub except: Observed<Vec<String>>,
    /// Labels any of which is enough to be taken.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub any_label: Observed<Vec<LabelTest>>,
    /// Labels all of which what is taken has to pass.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub all_labels: Observed<Vec<LabelTest>>,
}

/// What a label has to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LabelTest {
    /// Its key, as the selection writes it.
    pub key: String,
    /// How it is compared.
    pub test: Comparison,
    /// With what.
    pub value: String,
}

/// How a label is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// It is this.
    Equals,
    /// It is not this.
    NotEquals,
    /// It fits this, in which `*` stands for anything.
    Like,
    /// It does not fit this.
    NotLike,
}

/// What a backup service says of something it protects (which `made_from` names): its latest backup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Protection {
    /// What sort of thing it is, in the provider's word (`EBS`, `RDS`).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub sort: Observed<String>,
    /// When it was last backed up (RFC 3339).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub last_backup: Observed<String>,
    /// The vault that backup lies in.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub vault: Observed<String>,
    /// That backup.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub point: Observed<String>,
    /// What became of the backups that came to nothing.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub jobs: Observed<Jobs>,
}

/// Backups of one thing that came to nothing, as long as the service remembers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Jobs {
    /// Those that failed, were broken off, or are only in part.
    pub failed: u32,
    /// Those that were not started in their time.
    pub expired: u32,
}

/// What software a resource runs on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Software {
    /// The product, in the provider's word (`postgres`, `nodejs`).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub product: Observed<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub version: Observed<String>,
}

/// Traffic between a network and the internet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Traffic {
    /// Whether there is a path between the network and the internet.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub internet_path: Observed<bool>,
    /// Whether all its traffic is recorded.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub recorded: Observed<bool>,
    /// Whether intrusions are watched for where it lies; filled when the run is linked.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub watched: Observed<bool>,
}

/// Something that watches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Guard {
    /// What it watches for.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub purpose: Observed<GuardPurpose>,
    /// Whether it is on.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub enabled: Observed<bool>,
    /// Whether what it sees is recorded: findings, or a log of its own.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub recorded: Observed<bool>,
}

/// What a guard watches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GuardPurpose {
    /// Intrusions, in traffic and use.
    Intrusion,
    /// Traffic that is let through or not (a network firewall).
    Firewall,
    /// Requests to web applications (a web application firewall).
    WebRequests,
    /// Vulnerabilities.
    Vulnerability,
    /// Changes of configuration.
    Configuration,
    /// Things reachable by outsiders.
    Access,
}

/// How the identities of an account are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// Whether the account's root user needs a second factor.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub root_second_factor: Observed<bool>,
    /// Whether the root user has keys for programs.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub root_keys: Observed<bool>,
    /// The least length of passwords; null when there is no password policy.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub password_length: Observed<Option<u32>>,
}

/// Whom the roles of an account let in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trust {
    /// Everyone who may take on a role of the account; a member without `foreign` stands for one that could not be
    /// placed.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub principals: Observed<Vec<Principal>>,
}

/// What is done in a region for whatever is made there, without anybody asking for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Defaults {
    /// Whether new disks are encrypted, and copies of snapshots.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub disks_encrypted: Observed<bool>,
    /// The key that is taken for them where none is named, in the provider's form (an alias, an ARN).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub disk_key: Observed<String>,
}

/// Zones beyond a region's data centres: in other cities or countries, in networks of carriers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Zones {
    /// Those that the account has opened to itself.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub open: Observed<Vec<OpenZone>>,
}

/// A zone beyond its region's data centres that an account can use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenZone {
    /// The provider's identifier of its place (`ap-northeast-1-tpe-1`).
    pub id: String,
    /// Whether a network of the account reaches into it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub used: Observed<bool>,
    /// The countries it can mean; filled when the run is linked.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub countries: Observed<Vec<String>>,
}

/// The log of accesses to a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccessLog {
    /// Whether it is on.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub enabled: Observed<bool>,
    /// Where it is written; null when it is off.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub target: Observed<Option<String>>,
}

/// Which accesses to a resource's data an audit trail records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditCoverage {
    /// Reads of the data.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub reads: Observed<bool>,
    /// Writes of the data.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub writes: Observed<bool>,
}

/// How long records are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Retention {
    /// Days records are kept; null when they are never deleted automatically.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub days: Observed<Option<u32>>,
}

/// Properties of an encryption key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeyFacet {
    /// Who manages it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub manager: Observed<KeyManager>,
    /// Where its material came from, in the provider's word (`AWS_KMS`, `EXTERNAL`).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub origin: Observed<String>,
    /// Its state.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub state: Observed<KeyState>,
    /// When it is to be destroyed; null when that is not planned.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub deletion_date: Observed<Option<String>>,
    /// Whether its material can be used in several regions.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub multi_region: Observed<bool>,
    /// Whether its material is replaced regularly.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub rotation: Observed<Rotation>,
    /// Other names it goes by.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub aliases: Observed<Vec<String>>,
}

/// The state of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Usable.
    Enabled,
    /// Switched off, or not usable for now.
    Disabled,
    /// Waiting for its destruction.
    PendingDeletion,
    /// Without material.
    PendingImport,
    /// Its material was destroyed, and what lies under it can never be read again.
    Destroyed,
}

/// Replacement of a key's material.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rotation {
    /// Whether the provider can do it for this sort of key.
    pub possible: bool,
    /// Whether it does.
    pub enabled: bool,
    /// How often, in days; null when the provider does not say.
    pub days: Option<u32>,
}

/// Properties of an audit trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrailFacet {
    /// The region it was made in.
    pub home_region: String,
    /// Whether it records every region.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub multi_region: Observed<bool>,
    /// Whether it records events of services that have no region.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub global_events: Observed<bool>,
    /// Whether it is recording now.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub logging: Observed<bool>,
    /// Whether the records can be checked for later changes.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub validation: Observed<bool>,
    /// Whether it records every account of an organization.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub organization: Observed<bool>,
    /// Whether any administrative events are recorded.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub some_management_events: Observed<bool>,
    /// Whether administrative reads and writes are both recorded, without exclusions.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub management_events: Observed<bool>,
    /// What data accesses it records.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub data_events: Observed<Vec<DataEvents>>,
    /// Where it writes, with the prefix below it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub target: Observed<Option<String>>,
    /// The prefix its records carry in the target.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub target_prefix: Observed<String>,
}

/// One selection of data accesses a trail records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DataEvents {
    /// The kind whose data accesses are recorded.
    pub kind: super::Kind,
    /// Identifiers it covers begin with one of these; empty for every resource of the kind.
    pub prefixes: Vec<String>,
    /// Identifiers that begin with one of these are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// Reads are recorded.
    pub reads: bool,
    /// Writes are recorded.
    pub writes: bool,
}
