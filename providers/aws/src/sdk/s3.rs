//! aws-sdk-s3: lists of buckets, and the region of any bucket.

use super::{BehindTheDoor, NameOperation, SessionKeys, shortfall};
use crate::NAME;
use crate::kind::s3::{HEAD_BUCKET, LIST_BUCKETS};
use crate::protocol::read_xml;
use crate::session::{HOME, Voice};
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_sdk_s3::error::SdkError;
use sekisho_contract::call::CallId;
use sekisho_contract::door::{Answer, Heard, Malformed};
use sekisho_contract::page::Pages;
use sekisho_contract::{GapReason, Operation, Shortfall};
use std::sync::Arc;

/// The header in which S3 names a bucket's region.
pub const BUCKET_REGION: &str = "x-amz-bucket-region";
/// The operations the SDK may send.
const OPERATIONS: &[&Operation] = &[&LIST_BUCKETS, &HEAD_BUCKET];

/// One bucket of the account's list.
#[derive(Debug, Clone)]
pub struct ListedBucket {
    /// Its name.
    pub name: String,
    /// Its region, when the list says so.
    pub region: Option<String>,
    /// The call that listed it.
    pub call: CallId,
}

/// Every bucket of the account; and the shortfall if the list did not end.
pub async fn list_buckets(session: &Voice) -> (Vec<ListedBucket>, Option<Shortfall>) {
    let mut buckets: Vec<ListedBucket> = Vec::new();
    let mut pages = Pages::of(&LIST_BUCKETS);
    let mut seen = std::collections::BTreeSet::new();
    let mut token = None;
    loop {
        let call = id_of(session, &LIST_BUCKETS, "", pages.page());
        let client = client(session, "", pages.page());
        let sent = client.list_buckets().max_buckets(1_000).set_continuation_token(token.take()).send().await;
        let page = match sent {
            Ok(page) => page,
            Err(error) => return (buckets, Some(shortfall(&LIST_BUCKETS, call, error))),
        };
        let Some(listed) = page.buckets else {
            let why = "no Buckets in the answer";
            return (buckets, Some(Shortfall::of(&LIST_BUCKETS, GapReason::Malformed, Some(call), why)));
        };
        let mut new = 0;
        for bucket in listed {
            let Some(name) = bucket.name else {
                let why = "a bucket without a name";
                return (buckets, Some(Shortfall::of(&LIST_BUCKETS, GapReason::Malformed, Some(call), why)));
            };
            if seen.insert(name.clone()) {
                new += 1;
                buckets.push(ListedBucket { name, region: bucket.bucket_region, call });
            }
        }
        match pages.next(new, page.continuation_token) {
            Ok(Some(next)) => token = Some(next),
            Ok(None) => return (buckets, None),
            Err(endless) => return (buckets, Some(Shortfall { call: Some(call), ..endless })),
        }
    }
}

/// The region of any bucket. AWS names it even to a caller without rights, and in a redirect.
pub async fn head_bucket(session: &Voice, bucket: &str) -> Result<Heard<String>, Shortfall> {
    let call = id_of(session, &HEAD_BUCKET, bucket, 0);
    let sent = client(session, bucket, 0).head_bucket().bucket(bucket).send().await;
    let region = match &sent {
        Ok(found) => found.bucket_region().map(str::to_owned),
        Err(SdkError::ServiceError(refused)) => refused.raw().headers().get(BUCKET_REGION).map(str::to_owned),
        Err(_) => None,
    };
    match (region, sent) {
        (Some(region), _) => Ok(Heard { call, told: Some(region) }),
        (None, Ok(_)) => {
            let detail = "the answer does not name the bucket's region";
            Err(Shortfall::of(&HEAD_BUCKET, GapReason::Malformed, Some(call), detail))
        }
        (None, Err(error)) => Err(shortfall(&HEAD_BUCKET, call, error)),
    }
}

fn id_of(session: &Voice, operation: &Operation, target: &str, page: u32) -> CallId {
    CallId::of(NAME, &session.account, HOME, &operation.full_name(), target, page)
}

fn client(session: &Voice, target: &str, page: u32) -> aws_sdk_s3::Client {
    let behind_the_door = BehindTheDoor::of(session, ("s3", HOME), (target, page), OPERATIONS, well_formed);
    let mut config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(HOME))
        .credentials_provider(SessionKeys(Arc::clone(&session.keys)))
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(behind_the_door)
        .interceptor(NameOperation);
    if let Some(emulator) = session.endpoints.emulator("s3") {
        config = config.endpoint_url(emulator.as_str().trim_end_matches('/')).force_path_style(true);
    }
    aws_sdk_s3::Client::from_conf(config.build())
}

/// Whether an answer is one of the operation, before the SDK takes it apart.
fn well_formed(operation: &Operation, answer: &Answer) -> Result<(), Malformed> {
    match operation.name {
        "HeadBucket" if answer.header(BUCKET_REGION).is_none() => {
            Err(Malformed("it does not name the bucket's region".into()))
        }
        "ListBuckets" => read_xml::<serde::de::IgnoredAny>(answer, "ListAllMyBucketsResult").map(|_| ()),
        _ => Ok(()),
    }
}
