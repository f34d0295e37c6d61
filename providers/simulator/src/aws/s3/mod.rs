//! S3: buckets and their configuration, path style.

mod configuration;
mod lifecycle;
mod list;
mod objects;
mod policy;
mod record;
mod replication;

pub(super) use configuration::public_access_block;
pub(super) use record::record;

use super::failure::{Failure, Protocol};
use super::tenancy::FoundBucket;
use super::xml::Xml;
use super::{Asked, Aws, Call, Service};
use crate::answer::Answer;
use crate::recorder::Seen;
use crate::request::Request;

pub(super) struct S3;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// The region whose endpoint answers for buckets anywhere.
const GLOBAL_REGION: &str = "us-east-1";

/// Sub-resource of a bucket, and the operation that reads it.
const OPERATIONS: &[(&str, &str)] = &[
    ("location", "GetBucketLocation"),
    ("versioning", "GetBucketVersioning"),
    ("encryption", "GetBucketEncryption"),
    ("replication", "GetBucketReplication"),
    ("lifecycle", "GetBucketLifecycleConfiguration"),
    ("object-lock", "GetObjectLockConfiguration"),
    ("publicAccessBlock", "GetPublicAccessBlock"),
    ("policy", "GetBucketPolicy"),
    ("policyStatus", "GetBucketPolicyStatus"),
    ("logging", "GetBucketLogging"),
    ("tagging", "GetBucketTagging"),
    ("acl", "GetBucketAcl"),
    ("ownershipControls", "GetBucketOwnershipControls"),
];

const LIST: &str = "ListObjectsV2";
const GET: &str = "GetObject";

impl Service for S3 {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn protocol(&self) -> Protocol {
        Protocol::S3
    }

    fn operations(&self) -> Vec<&'static str> {
        ["ListBuckets", "HeadBucket", LIST, GET]
            .into_iter()
            .chain(OPERATIONS.iter().map(|(_, name)| *name))
            .collect()
    }

    fn identify(&self, request: &Request) -> Option<Asked> {
        let segments = request.segments();
        let asked =
            |operation, resource: &str, page| Asked { operation, resource: resource.to_owned(), page };
        match (&request.method, segments.as_slice()) {
            (&http::Method::GET, []) if request.header("x-amz-target").is_empty() => {
                let page = request.parameter("continuation-token").unwrap_or_default();
                (!request.names("Action")).then(|| asked("ListBuckets", "", page))
            }
            (&http::Method::HEAD, [bucket]) => Some(asked("HeadBucket", bucket, String::new())),
            (&http::Method::GET, [bucket]) if request.names("list-type") => {
                let page = request.parameter("continuation-token").unwrap_or_default();
                Some(asked(LIST, bucket, page))
            }
            // S3 Control is told the account.
            (&http::Method::GET, [bucket, key @ ..])
                if !key.is_empty() && request.header("x-amz-account-id").is_empty() =>
            {
                let page = request.header("range").to_owned();
                Some(asked(GET, &format!("{bucket}/{}", key.join("/")), page))
            }
            (&http::Method::GET, [bucket]) => {
                let (_, operation) = OPERATIONS.iter().find(|(name, _)| request.names(name))?;
                Some(asked(operation, bucket, String::new()))
            }
            _ => None,
        }
    }

    fn answer(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        if call.operation == "ListBuckets" {
            return list::buckets(call);
        }
        let (bucket, key) = match call.operation {
            GET => call.resource.split_once('/').unwrap_or((call.resource, "")),
            _ => (call.resource, ""),
        };
        let found = admitted(call, bucket)?;
        match call.operation {
            "HeadBucket" => Ok(Answer::empty(200)
                .with("x-amz-bucket-region", found.bucket.region.as_str())
                .with("x-amz-access-point-alias", "false")),
            LIST => objects::list(call, &found),
            GET => objects::get(call, &found, key),
            "GetBucketReplication" => replication::get(call, &found),
            "GetBucketLifecycleConfiguration" => lifecycle::get(call, &found),
            "GetBucketPolicy" => policy::get(call, &found),
            "GetBucketPolicyStatus" => policy::status(call, &found),
            _ => configuration::get(call, &found),
        }
    }
}

/// What a request without a signature is told: nothing, but the region of a bucket that exists.
pub(super) fn anonymous(aws: &Aws, request: &Request, seen: &Seen) -> Option<Failure> {
    let about_bucket = seen.service == S3.name() && !seen.resource.is_empty() && seen.operation != "Unknown";
    if !about_bucket || !request.header("authorization").is_empty() {
        return None;
    }
    let bucket = seen.resource.split('/').next().unwrap_or_default();
    Some(match aws.tenancy.bucket(bucket) {
        Some(found) => denied(found.bucket.region.as_str()),
        None => no_such_bucket(bucket),
    })
}

/// The bucket, if this caller may ask this region about it.
fn admitted<'a>(call: &Call<'a>, bucket: &str) -> Result<FoundBucket<'a>, Failure> {
    let found = call.aws.tenancy.bucket(bucket).ok_or_else(|| no_such_bucket(bucket))?;
    let region = found.bucket.region.as_str();
    let answers_anywhere = call.operation == "GetBucketLocation" && call.region == GLOBAL_REGION;
    if call.region != region && !answers_anywhere {
        return Err(redirect(bucket, region));
    }
    let expected = call.request.header("x-amz-expected-bucket-owner");
    let other_owner = !expected.is_empty() && expected != found.owner.id();
    if found.owner.id() != call.account.id() || other_owner {
        return Err(denied(region));
    }
    Ok(found)
}

fn no_such_bucket(name: &str) -> Failure {
    Failure::new(404, "NoSuchBucket", "The specified bucket does not exist").field("BucketName", name)
}

fn denied(region: &str) -> Failure {
    Failure::new(403, "AccessDenied", "Access Denied").header("x-amz-bucket-region", region)
}

fn redirect(bucket: &str, region: &str) -> Failure {
    let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.";
    Failure::new(301, "PermanentRedirect", message)
        .field("Endpoint", format!("s3.{region}.amazonaws.com"))
        .field("Bucket", bucket)
        .header("x-amz-bucket-region", region)
}

/// A document with S3's namespace.
fn document(root: &str, inside: impl FnOnce(&mut Xml)) -> Answer {
    let mut xml = Xml::document();
    xml.element(&format!("{root} xmlns=\"{NAMESPACE}\""), inside);
    xml.answer(200, "application/xml")
}

/// A configuration that is not there.
fn absent(call: &Call<'_>, code: &'static str, message: &str) -> Failure {
    Failure::new(404, code, message).field("BucketName", call.resource)
}

/// The canonical user of an account.
fn canonical_user(account: &str) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(account.as_bytes()))
}
