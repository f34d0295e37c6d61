//! What AWS Config records of a bucket: what AWS's Java SDK answered, in its words.

use serde_json::{Map, Value, json};

use super::super::tenancy::AccountState;
use super::canonical_user;
use crate::description::{
    AclPermission, Bucket, Encryption, Grantee, LifecycleRule, ObjectLockMode, Status, Versioning, expand,
};

/// The parts of a bucket's record.
pub(in crate::aws) fn record(account: &AccountState, place: usize) -> Vec<(&'static str, Value)> {
    let Some((name, bucket, n)) = account.buckets_in(place..place + 1).next() else { return Vec::new() };
    let counted = |text: &str| if bucket.count.is_some() { expand(text, n) } else { text.to_owned() };
    let tags: Vec<(String, String)> =
        bucket.tags.iter().map(|(key, value)| (key.clone(), counted(value))).collect();
    let shown =
        tags.iter().map(|(key, value)| json!({"key": key, "value": value, "tag": format!("{key}={value}")}));
    let owner = json!({"displayName": null, "id": canonical_user(account.id())});
    vec![
        ("tags", shown.collect()),
        ("configuration", json!({"name": name, "owner": owner, "creationDate": null})),
        ("supplementaryConfiguration", supplement(account, bucket, &tags, counted)),
    ]
}

fn supplement(
    account: &AccountState,
    bucket: &Bucket,
    tags: &[(String, String)],
    counted: impl Fn(&str) -> String,
) -> Value {
    let versioning = match bucket.versioning {
        Versioning::Off => "Off",
        Versioning::Enabled => "Enabled",
        Versioning::Suspended => "Suspended",
    };
    let logging = bucket.logging.as_ref();
    let mut parts = json!({
        // Written as text inside the text.
        "AccessControlList": access_list(account, bucket).to_string(),
        "BucketAccelerateConfiguration": {"status": null},
        "BucketLoggingConfiguration": {
            "destinationBucketName": logging.map(|logging| &logging.target_bucket),
            "logFilePrefix": logging.map(|logging| &logging.target_prefix),
        },
        "BucketNotificationConfiguration": {"configurations": {}},
        "BucketPolicy": {"policyText": bucket.policy.as_ref().map(|policy| policy.text())},
        "BucketVersioningConfiguration": {"status": versioning, "isMfaDeleteEnabled": bucket.mfa_delete},
        "IsRequesterPaysEnabled": false,
    });
    let default = match &bucket.encryption {
        Encryption::Missing => None,
        Encryption::Unset => Some(("AES256", None, false)),
        Encryption::Default(default) => {
            Some((default.algorithm.as_str(), default.key.as_deref(), default.bucket_key))
        }
    };
    if let Some((algorithm, key, bucket_key)) = default {
        let default = json!({"sseAlgorithm": algorithm, "kmsMasterKeyID": key});
        let rule = json!({"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": bucket_key});
        parts["ServerSideEncryptionConfiguration"] = json!({"rules": [rule]});
    }
    if let Some(replication) = &bucket.replication {
        let mut rules = Map::new();
        for (index, rule) in replication.rules.iter().enumerate() {
            let destination = counted(&rule.destination_bucket);
            let arn = if destination.starts_with("arn:") {
                destination
            } else {
                format!("arn:aws:s3:::{destination}")
            };
            let id = rule.id.clone().unwrap_or_else(|| format!("rule-{}", index + 1));
            let shown = json!({
                "prefix": rule.prefix, "status": status(rule.status), "priority": rule.priority,
                "destinationConfig": {"bucketARN": arn, "storageClass": rule.storage_class},
            });
            rules.insert(id, shown);
        }
        let role = format!("arn:aws:iam::{}:role/s3-replication", account.id());
        let role = replication.role.clone().unwrap_or(role);
        parts["BucketReplicationConfiguration"] = json!({"roleARN": role, "rules": rules});
    }
    if !bucket.lifecycle.is_empty() {
        let rules: Vec<Value> =
            bucket.lifecycle.iter().enumerate().map(|(index, rule)| lifecycle(rule, index)).collect();
        parts["BucketLifecycleConfiguration"] = json!({"rules": rules});
    }
    if let Some(lock) = bucket.object_lock.as_ref().filter(|lock| lock.enabled) {
        let rule = lock.mode.map(|mode| {
            let mode = match mode {
                ObjectLockMode::Compliance => "COMPLIANCE",
                ObjectLockMode::Governance => "GOVERNANCE",
            };
            json!({"defaultRetention": {"mode": mode, "days": lock.days, "years": lock.years}})
        });
        parts["ObjectLockConfiguration"] = json!({"objectLockEnabled": "Enabled", "rule": rule});
    }
    if let Some(block) = bucket.public_access_block.0 {
        parts["PublicAccessBlockConfiguration"] = json!({
            "blockPublicAcls": block.block_public_acls,
            "ignorePublicAcls": block.ignore_public_acls,
            "blockPublicPolicy": block.block_public_policy,
            "restrictPublicBuckets": block.restrict_public_buckets,
        });
    }
    if !tags.is_empty() {
        let tags: Map<String, Value> =
            tags.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect();
        parts["BucketTaggingConfiguration"] = json!({"tagSets": [{"tags": tags}]});
    }
    parts
}

fn access_list(account: &AccountState, bucket: &Bucket) -> Value {
    let user = |id: &str| json!({"id": canonical_user(id), "displayName": null});
    let mut grants = vec![json!({"grantee": user(account.id()), "permission": "FullControl"})];
    for described in &bucket.acl {
        let grantee = match &described.grantee {
            Grantee::Account(id) => user(id),
            Grantee::Group(uri) => json!(uri.rsplit('/').next()),
        };
        let permission = match described.permission {
            AclPermission::FullControl => "FullControl",
            AclPermission::Read => "Read",
            AclPermission::Write => "Write",
            AclPermission::ReadAcp => "ReadAcp",
            AclPermission::WriteAcp => "WriteAcp",
        };
        grants.push(json!({"grantee": grantee, "permission": permission}));
    }
    json!({"grantSet": null, "grantList": grants, "owner": user(account.id()), "isRequesterCharged": false})
}

/// Numbers that were not said stand at -1.
fn lifecycle(rule: &LifecycleRule, index: usize) -> Value {
    let filter = &rule.filter;
    let mut tests: Vec<Value> = Vec::new();
    if let Some(prefix) = &filter.prefix {
        tests.push(json!({"type": "LifecyclePrefixPredicate", "prefix": prefix}));
    }
    for (key, value) in &filter.tags {
        tests.push(json!({"type": "LifecycleTagPredicate", "tag": {"key": key, "value": value}}));
    }
    for (kind, size) in [("Greater", filter.size_greater_than), ("Less", filter.size_less_than)] {
        if let Some(size) = size {
            let kind = format!("LifecycleObjectSize{kind}ThanPredicate");
            tests.push(json!({"type": kind, "objectSize": size}));
        }
    }
    let predicate = match tests.len() {
        0 => Value::Null,
        1 => tests.remove(0),
        _ => json!({"type": "LifecycleAndOperator", "operands": tests}),
    };
    json!({
        "id": rule.id.clone().unwrap_or_else(|| format!("rule-{}", index + 1)),
        "prefix": rule.prefix,
        "status": status(rule.status),
        "expirationInDays": rule.expiration_days.map_or(-1, i64::from),
        "expirationDate": rule.expiration_date.map(|date| date.0.to_string()),
        "expiredObjectDeleteMarker": rule.expired_object_delete_marker.unwrap_or(false),
        "noncurrentVersionExpirationInDays": rule.noncurrent_days.map_or(-1, i64::from),
        "filter": if rule.prefix.is_some() { Value::Null } else { json!({"predicate": predicate}) },
        "abortIncompleteMultipartUpload": rule.abort_multipart_days.map(|days| json!({"daysAfterInitiation": days})),
    })
}

fn status(status: Status) -> &'static str {
    super::replication::status(status)
}
