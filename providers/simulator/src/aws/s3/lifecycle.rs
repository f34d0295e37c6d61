//! GetBucketLifecycleConfiguration.

use super::super::failure::Failure;
use super::super::tenancy::FoundBucket;
use super::super::xml::Xml;
use super::replication::status;
use super::{Call, absent, document};
use crate::answer::Answer;
use crate::description::{LifecycleFilter, LifecycleRule};

pub(super) fn get(call: &Call<'_>, found: &FoundBucket<'_>) -> Result<Answer, Failure> {
    let rules = &found.bucket.lifecycle;
    if rules.is_empty() {
        let message = "The lifecycle configuration does not exist";
        return Err(absent(call, "NoSuchLifecycleConfiguration", message));
    }
    let answer = document("LifecycleConfiguration", |xml| {
        for (index, rule) in rules.iter().enumerate() {
            xml.element("Rule", |xml| show(xml, rule, index));
        }
    });
    Ok(answer.with("x-amz-transition-default-minimum-object-size", "all_storage_classes_128K"))
}

fn show(xml: &mut Xml, rule: &LifecycleRule, index: usize) {
    xml.text("ID", rule.id.clone().unwrap_or_else(|| format!("rule-{}", index + 1)));
    match &rule.prefix {
        Some(prefix) => {
            xml.text("Prefix", prefix);
        }
        None => {
            xml.element("Filter", |xml| filter(xml, &rule.filter));
        }
    }
    xml.text("Status", status(rule.status));
    let expiration_date = rule.expiration_date.map(|date| date.0.strftime("%Y-%m-%dT00:00:00Z").to_string());
    if rule.expiration_days.is_some()
        || expiration_date.is_some()
        || rule.expired_object_delete_marker.is_some()
    {
        xml.element("Expiration", |expiration| {
            expiration
                .maybe("Date", expiration_date.as_ref())
                .maybe("Days", rule.expiration_days)
                .maybe("ExpiredObjectDeleteMarker", rule.expired_object_delete_marker);
        });
    }
    for transition in &rule.transitions {
        xml.element("Transition", |xml| {
            xml.text("Days", transition.days).text("StorageClass", &transition.storage_class);
        });
    }
    if rule.noncurrent_days.is_some() || rule.newer_noncurrent_versions.is_some() {
        xml.element("NoncurrentVersionExpiration", |expiration| {
            expiration
                .maybe("NoncurrentDays", rule.noncurrent_days)
                .maybe("NewerNoncurrentVersions", rule.newer_noncurrent_versions);
        });
    }
    if let Some(days) = rule.abort_multipart_days {
        xml.element("AbortIncompleteMultipartUpload", |abort| {
            abort.text("DaysAfterInitiation", days);
        });
    }
}

/// One condition stands alone, several inside `And`.
fn filter(xml: &mut Xml, filter: &LifecycleFilter) {
    let conditions = usize::from(filter.prefix.is_some())
        + filter.tags.len()
        + usize::from(filter.size_greater_than.is_some())
        + usize::from(filter.size_less_than.is_some());
    let all = |xml: &mut Xml| {
        xml.maybe("Prefix", filter.prefix.as_ref());
        for (key, value) in &filter.tags {
            xml.element("Tag", |tag| {
                tag.text("Key", key).text("Value", value);
            });
        }
        xml.maybe("ObjectSizeGreaterThan", filter.size_greater_than)
            .maybe("ObjectSizeLessThan", filter.size_less_than);
    };
    match conditions {
        0 => {
            xml.text("Prefix", "");
        }
        1 => all(xml),
        _ => {
            xml.element("And", all);
        }
    }
}
