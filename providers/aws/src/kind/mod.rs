//! A file per kind of resource: which operations list and describe it, and how answers become facts.

pub mod account;
pub mod cloudtrail;
pub mod kms;
pub mod logs;
pub mod s3;
mod s3_answers;

use crate::credentials::ASSUME_ROLE;
use sekisho_contract::Operation;
use sekisho_contract::fact::Kind;
use sekisho_contract::provider::{Reach, Service};

/// Every operation this provider may call, in the order a run meets them.
pub const OPERATIONS: &[&Operation] = &[
    &ASSUME_ROLE,
    &account::GET_CALLER_IDENTITY,
    &account::DESCRIBE_REGIONS,
    &account::GET_ACCOUNT_PUBLIC_ACCESS_BLOCK,
    &s3::LIST_BUCKETS,
    &s3::HEAD_BUCKET,
    &s3::GET_BUCKET_LOCATION,
    &s3::GET_BUCKET_VERSIONING,
    &s3::GET_BUCKET_ENCRYPTION,
    &s3::GET_BUCKET_REPLICATION,
    &s3::GET_BUCKET_LIFECYCLE,
    &s3::GET_OBJECT_LOCK,
    &s3::GET_PUBLIC_ACCESS_BLOCK,
    &s3::GET_BUCKET_POLICY,
    &s3::GET_BUCKET_POLICY_STATUS,
    &s3::GET_BUCKET_ACL,
    &s3::GET_BUCKET_OWNERSHIP,
    &s3::GET_BUCKET_LOGGING,
    &s3::GET_BUCKET_TAGGING,
    &kms::LIST_KEYS,
    &kms::LIST_ALIASES,
    &kms::DESCRIBE_KEY,
    &kms::GET_KEY_ROTATION_STATUS,
    &kms::GET_KEY_POLICY,
    &kms::LIST_RESOURCE_TAGS,
    &cloudtrail::DESCRIBE_TRAILS,
    &cloudtrail::GET_TRAIL_STATUS,
    &cloudtrail::GET_EVENT_SELECTORS,
    &cloudtrail::LIST_TAGS,
    &logs::DESCRIBE_LOG_GROUPS,
    &logs::LIST_TAGS_FOR_RESOURCE,
];

/// The services it sweeps, in order.
pub const SERVICES: &[Service] = &[
    Service { name: "s3", reach: Reach::Global, kinds: &[Kind::ObjectStore] },
    Service { name: "kms", reach: Reach::Region, kinds: &[Kind::Key] },
    Service { name: "cloudtrail", reach: Reach::Region, kinds: &[Kind::AuditTrail] },
    Service { name: "logs", reach: Reach::Region, kinds: &[Kind::LogStore] },
];
