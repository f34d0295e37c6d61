//! ListBuckets.

use super::super::failure::Failure;
use super::super::json::created;
use super::super::paging::page;
use super::{Call, canonical_user, document};
use crate::answer::Answer;
use crate::description::Bucket;

/// Most buckets of a page; an account with more must ask in pages.
const MOST: usize = 10_000;

const PARAMETERS: &[&str] = &["max-buckets", "continuation-token", "prefix", "bucket-region"];

pub(super) fn buckets(call: &Call<'_>) -> Result<Answer, Failure> {
    let request = call.request;
    // The region is told only to those who ask with a parameter.
    let tells_region = !call.account.description.bucket_regions_unlisted
        && PARAMETERS.iter().any(|name| request.names(name));
    let limit = request.parameter("max-buckets");
    let token = request.parameter("continuation-token");
    let prefix = request.parameter("prefix").unwrap_or_default();
    let region = request.parameter("bucket-region");
    let invalid =
        |name: &str, message: &str| Failure::new(400, "InvalidArgument", message).field("ArgumentName", name);
    if region.as_ref().is_some_and(|region| region != call.region) {
        let message = "The bucket-region must be the region of the endpoint.";
        return Err(invalid("bucket-region", message));
    }
    let unpaged = limit.is_none() && token.is_none();
    if unpaged && call.account.bucket_count() > MOST {
        let message =
            "This account has more than 10000 buckets and must send paginated ListBuckets requests.";
        return Err(Failure::new(400, "InvalidRequest", message));
    }
    let limit = match limit {
        None => MOST,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=MOST).contains(limit))
            .ok_or_else(|| invalid("max-buckets", "max-buckets must be from 1 to 10000"))?,
    };
    let all = prefix.is_empty() && region.is_none();
    let mut filtered: Vec<(String, &Bucket, u32)> = Vec::new();
    if !all {
        filtered.extend(call.account.buckets().filter(|(name, bucket, _)| {
            name.starts_with(&prefix) && region.as_ref().is_none_or(|region| bucket.region.as_str() == region)
        }));
    }
    let length = if all { call.account.bucket_count() } else { filtered.len() };
    let page = page(length, token.as_deref(), limit, call.endless, || {
        invalid("continuation-token", "The continuation token provided is incorrect")
    })?;
    let shown: Vec<(String, &Bucket, u32)> = match all {
        true => call.account.buckets_in(page.items).collect(),
        false => filtered.drain(page.items).collect(),
    };
    Ok(document("ListAllMyBucketsResult", |xml| {
        xml.element("Owner", |owner| {
            owner.text("ID", canonical_user(call.account.id()));
        });
        xml.element("Buckets", |list| {
            for (name, bucket, _) in shown {
                list.element("Bucket", |item| {
                    item.text("Name", name).text("CreationDate", time(created(bucket.created)));
                    if tells_region {
                        item.text("BucketRegion", &bucket.region);
                    }
                });
            }
        });
        if !prefix.is_empty() {
            xml.text("Prefix", &prefix);
        }
        xml.maybe("ContinuationToken", page.next.as_ref());
    }))
}

/// As S3 writes time.
pub(super) fn time(time: jiff::Timestamp) -> impl std::fmt::Display {
    time.strftime("%Y-%m-%dT%H:%M:%S.000Z")
}
