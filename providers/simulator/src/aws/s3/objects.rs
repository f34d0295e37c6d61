//! ListObjectsV2 and GetObject, of buckets that have objects described.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::super::failure::Failure;
use super::super::paging::page;
use super::{Call, FoundBucket, document};
use crate::answer::Answer;
use crate::description::StoredObject;

/// Most objects of a page.
const MOST: usize = 1_000;
/// What `encoding-type=url` leaves as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');

pub(super) fn list(call: &Call<'_>, found: &FoundBucket<'_>) -> Result<Answer, Failure> {
    let request = call.request;
    let parameter = |name: &str| request.parameter(name);
    let invalid =
        |name: &str, message: &str| Failure::new(400, "InvalidArgument", message).field("ArgumentName", name);
    let prefix = parameter("prefix").unwrap_or_default();
    let encodes = parameter("encoding-type").as_deref() == Some("url");
    let told = |text: &str| match encodes {
        true => utf8_percent_encode(text, PLAIN).to_string(),
        false => text.to_owned(),
    };
    let mut objects: Vec<&StoredObject> =
        found.bucket.objects.iter().filter(|object| object.key.starts_with(&prefix)).collect();
    objects.sort_by(|one, other| one.key.cmp(&other.key));
    let token = parameter("continuation-token");
    let limit = parameter("max-keys").map_or(Some(MOST), |text| text.parse().ok());
    let limit = limit.ok_or_else(|| invalid("max-keys", "Provided max-keys not an integer"))?.min(MOST);
    let page = page(objects.len(), token.as_deref(), limit, call.endless, || {
        invalid("continuation-token", "The continuation token provided is incorrect")
    })?;
    let shown = objects.get(page.items).unwrap_or_default();
    Ok(document("ListBucketResult", |xml| {
        xml.text("Name", call.resource).text("Prefix", told(&prefix)).text("MaxKeys", limit);
        if encodes {
            xml.text("EncodingType", "url");
        }
        xml.text("KeyCount", shown.len()).text("IsTruncated", page.next.is_some());
        xml.maybe("ContinuationToken", token.as_ref());
        xml.maybe("NextContinuationToken", page.next.as_ref());
        for object in shown {
            let bytes = object.bytes();
            let modified = object.modified.map_or(call.now, |time| time.0);
            xml.element("Contents", |item| {
                item.text("Key", told(&object.key))
                    .text("LastModified", super::list::time(modified))
                    .text("ETag", version(&bytes))
                    .text("Size", bytes.len())
                    .text("StorageClass", "STANDARD");
            });
        }
    }))
}

pub(super) fn get(call: &Call<'_>, found: &FoundBucket<'_>, key: &str) -> Result<Answer, Failure> {
    let object = found.bucket.objects.iter().find(|object| object.key == key && !object.gone);
    let object = object.ok_or_else(|| {
        Failure::new(404, "NoSuchKey", "The specified key does not exist.").field("Key", key)
    })?;
    let bytes = if object.changed { b"written anew".to_vec() } else { object.bytes() };
    let version = version(&bytes);
    let wanted = call.request.header("if-match");
    if !wanted.is_empty() && wanted != version {
        let message = "At least one of the pre-conditions you specified did not hold";
        return Err(Failure::new(412, "PreconditionFailed", message).field("Condition", "If-Match"));
    }
    let range = call.request.header("range");
    let answer = |status, part: &[u8]| {
        Answer::new(status, "binary/octet-stream", part).with("etag", &version).with("accept-ranges", "bytes")
    };
    if range.is_empty() {
        return Ok(answer(200, &bytes));
    }
    let unsatisfiable = || {
        Failure::new(416, "InvalidRange", "The requested range is not satisfiable")
            .field("RangeRequested", range)
    };
    let (first, last) = range
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
        .and_then(|(first, last)| Some((first.parse::<usize>().ok()?, last.parse::<usize>().ok()?)))
        .ok_or_else(unsatisfiable)?;
    let last = last.min(bytes.len().saturating_sub(1));
    let part = bytes.get(first..=last).ok_or_else(unsatisfiable)?;
    let told = format!("bytes {first}-{last}/{}", bytes.len());
    Ok(answer(206, part).with("content-range", &told))
}

/// The entity tag of some bytes.
fn version(bytes: &[u8]) -> String {
    let digest = hex::encode(Sha256::digest(bytes));
    format!("\"{}\"", &digest[..32])
}
