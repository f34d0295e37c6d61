//! GetBucketReplication.

use super::super::failure::Failure;
use super::super::tenancy::FoundBucket;
use super::super::xml::Xml;
use super::{Call, absent, document};
use crate::answer::Answer;
use crate::description::{ReplicationRule, Status, expand};

pub(super) fn get(call: &Call<'_>, found: &FoundBucket<'_>) -> Result<Answer, Failure> {
    let replication = found.bucket.replication.as_ref().ok_or_else(|| {
        let message = "The replication configuration was not found";
        absent(call, "ReplicationConfigurationNotFoundError", message)
    })?;
    let role = replication
        .role
        .clone()
        .unwrap_or_else(|| format!("arn:aws:iam::{}:role/s3-replication", found.owner.id()));
    let n = found.bucket.count.map(|_| found.n);
    Ok(document("ReplicationConfiguration", |xml| {
        xml.text("Role", role);
        for (index, rule) in replication.rules.iter().enumerate() {
            xml.element("Rule", |xml| show(xml, rule, index, n));
        }
    }))
}

fn show(xml: &mut Xml, rule: &ReplicationRule, index: usize, n: Option<u32>) {
    let id = rule.id.clone().unwrap_or_else(|| format!("rule-{}", index + 1));
    let prefix = rule.prefix.as_deref().unwrap_or_default();
    xml.text("ID", id);
    match rule.priority {
        Some(priority) => {
            xml.text("Priority", priority).element("Filter", |filter| {
                filter.text("Prefix", prefix);
            });
        }
        None => {
            xml.text("Prefix", prefix);
        }
    }
    xml.text("Status", status(rule.status));
    if rule.replica_key.is_some() {
        xml.element("SourceSelectionCriteria", |criteria| {
            criteria.element("SseKmsEncryptedObjects", |objects| {
                objects.text("Status", "Enabled");
            });
        });
    }
    xml.element("Destination", |destination| {
        let bucket =
            n.map_or_else(|| rule.destination_bucket.clone(), |n| expand(&rule.destination_bucket, n));
        let arn = if bucket.starts_with("arn:") { bucket } else { format!("arn:aws:s3:::{bucket}") };
        destination
            .text("Bucket", arn)
            .maybe("Account", rule.destination_account.as_ref())
            .maybe("StorageClass", rule.storage_class.as_ref());
        if let Some(key) = &rule.replica_key {
            destination.element("EncryptionConfiguration", |encryption| {
                encryption.text("ReplicaKmsKeyID", key);
            });
        }
    });
    // Rules with a filter always say it; those of the first version never do.
    let delete_markers = rule.delete_markers.or(rule.priority.map(|_| false));
    if let Some(replicated) = delete_markers {
        xml.element("DeleteMarkerReplication", |markers| {
            markers.text("Status", if replicated { "Enabled" } else { "Disabled" });
        });
    }
}

pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Enabled => "Enabled",
        Status::Disabled => "Disabled",
    }
}
