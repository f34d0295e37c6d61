//! Objects of S3 buckets that the tenancy file names as stores of audit logs. No kind of the sweep: nothing else's objects
//! are listed or read.

use super::account::GET_CALLER_IDENTITY;
use super::s3::HEAD_BUCKET;
use crate::credentials::ASSUME_ROLE;
use crate::protocol::read_xml;
use crate::quota;
use crate::session::Session;
use bytes::Bytes;
use http::header::{IF_MATCH, RANGE};
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use sekisho_contract::call::CallId;
use sekisho_contract::door::{Answer, Malformed, Outgoing};
use sekisho_contract::gap::shorten;
use sekisho_contract::log_store::{LogObject, TakeObject};
use sekisho_contract::operation::Per;
use sekisho_contract::page::Pages;
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde::Deserialize;
use std::ops::Range;
use url::Url;

operation!(
    /// The objects of a bucket that holds audit logs.
    LIST_OBJECTS = "s3" "ListObjectsV2", needs "s3:ListBucket", quota quota::S3_OBJECTS,
    Per::SomePages(1_000), Get, facts "log files of the buckets that [logs] names"
);
operation!(
    /// A piece of one log file.
    GET_OBJECT = "s3" "GetObject", needs "s3:GetObject", quota quota::S3_OBJECTS,
    Per::Sometimes, Get, facts "audit records in these files"
);

/// What reading logs may call.
pub const OPERATIONS: &[&Operation] =
    &[&ASSUME_ROLE, &GET_CALLER_IDENTITY, &HEAD_BUCKET, &LIST_OBJECTS, &GET_OBJECT];

/// Pages of 1,000 objects that are followed: ten years of a large organization's trails.
const PAGES: u32 = 100_000;

/// Lists the objects below a prefix.
pub async fn list(
    session: &Session,
    bucket: &str,
    prefix: &str,
    take: TakeObject<'_>,
) -> Result<(), Shortfall> {
    let region = region_of(session, bucket, &LIST_OBJECTS).await?;
    let mut pages = Pages::up_to(&LIST_OBJECTS, PAGES);
    let (mut token, mut last) = (None::<String>, None::<String>);
    loop {
        let mut query = format!("list-type=2&encoding-type=url&max-keys=1000&prefix={}", encoded(prefix));
        if let Some(token) = &token {
            query.push_str(&format!("&continuation-token={}", encoded(token)));
        }
        let mut url = address(session, &LIST_OBJECTS, &region, bucket, "")?;
        url.set_query(Some(&query));
        let request = Outgoing { method: Method::GET, url, headers: HeaderMap::new(), body: Bytes::new() };
        let target = format!("{bucket}/{prefix}");
        let read = |answer: &Answer| page(answer, bucket, prefix, last.as_deref());
        let heard = session.ask(&LIST_OBJECTS, &region, &target, pages.page(), request, read).await?;
        let Some(page) = heard.told else {
            let why = "there is no list of the bucket's objects";
            return Err(Shortfall::of(&LIST_OBJECTS, GapReason::Malformed, Some(heard.call), why));
        };
        last = page.objects.last().map(|object| object.key.clone()).or(last);
        let count = page.objects.len();
        page.objects.into_iter().for_each(&mut *take);
        match pages.next(count, page.next) {
            Ok(Some(next)) => token = Some(next),
            Ok(None) => return Ok(()),
            Err(endless) => return Err(Shortfall { call: Some(heard.call), ..endless }),
        }
    }
}

/// Reads a piece of an object.
pub async fn read(
    session: &Session,
    bucket: &str,
    object: &LogObject,
    range: Range<u64>,
) -> Result<Bytes, Shortfall> {
    let failed = |call: Option<CallId>, why: String| Shortfall::of(&GET_OBJECT, GapReason::Failed, call, why);
    let region = region_of(session, bucket, &GET_OBJECT).await?;
    let url = address(session, &GET_OBJECT, &region, bucket, &object.key)?;
    let mut headers = HeaderMap::new();
    let value = |text: String| HeaderValue::from_str(&text).map_err(|error| failed(None, error.to_string()));
    headers.insert(RANGE, value(format!("bytes={}-{}", range.start, range.end.saturating_sub(1)))?);
    headers.insert(IF_MATCH, value(object.version.clone())?);
    let request = Outgoing { method: Method::GET, url, headers, body: Bytes::new() };
    let target = format!("{bucket}/{}", object.key);
    // Pieces are numbered as pages are.
    let number = u32::try_from(range.start / sekisho_contract::log_store::PIECE).unwrap_or(u32::MAX);
    let whole = |answer: &Answer| piece(answer, object, &range);
    match session.ask(&GET_OBJECT, &region, &target, number, request, whole).await {
        Ok(heard) => heard.told.ok_or_else(|| failed(Some(heard.call), "there is no such object".to_owned())),
        Err(changed) if changed.code == "PreconditionFailed" => {
            Err(Shortfall { reason: GapReason::Vanished, detail: CHANGED.to_owned(), ..changed })
        }
        Err(shortfall) => Err(shortfall),
    }
}

/// What is said of an object that is no longer as it was listed.
const CHANGED: &str = "it was rewritten after it was listed";

/// Where a bucket is: the account's own, or another's that lets it read.
async fn region_of(
    session: &Session,
    bucket: &str,
    operation: &'static Operation,
) -> Result<String, Shortfall> {
    let heard = session.region_of_bucket(bucket).await?;
    heard.told.ok_or_else(|| {
        Shortfall::of(operation, GapReason::Unresolved, Some(heard.call), "the bucket's region is not known")
    })
}

/// The address of a bucket, or of an object in it; every name encoded as signatures have it.
fn address(
    session: &Session,
    operation: &'static Operation,
    region: &str,
    bucket: &str,
    key: &str,
) -> Result<Url, Shortfall> {
    let is_turn = |part: &str| matches!(part, "." | "..");
    if bucket.is_empty() || bucket.contains('/') || is_turn(bucket) || key.split('/').any(is_turn) {
        let detail = format!("`{}` cannot be asked for by an address", shorten(&format!("{bucket}/{key}")));
        return Err(Shortfall::of(operation, GapReason::Unsupported, None, detail));
    }
    let mut url = session.endpoints.url("s3", region, &session.account)?;
    let mut path = format!("{}/{}", url.path().trim_end_matches('/'), encoded(bucket));
    if !key.is_empty() {
        key.split('/').for_each(|part| path.extend(["/", &encoded(part)]));
    }
    url.set_path(&path);
    Ok(url)
}

/// Percent-encoded, all but what RFC 3986 calls unreserved.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListBucketResult {
    name: String,
    #[serde(default)]
    prefix: Option<String>,
    is_truncated: bool,
    next_continuation_token: Option<String>,
    #[serde(default)]
    contents: Vec<Object>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Object {
    key: String,
    size: u64,
    last_modified: Option<String>,
    #[serde(rename = "ETag")]
    etag: String,
}

/// A page of a list.
struct Page {
    objects: Vec<LogObject>,
    next: Option<String>,
}

/// Reads a page: of this bucket and prefix, and behind the last key of the page before.
fn page(answer: &Answer, bucket: &str, prefix: &str, before: Option<&str>) -> Result<Page, Malformed> {
    let page: ListBucketResult = read_xml(answer, "ListBucketResult")?;
    let told = page.prefix.as_deref().map(decoded).unwrap_or_default();
    if page.name != bucket || told != prefix {
        return Err(Malformed("a list of another bucket or prefix".into()));
    }
    if page.is_truncated != page.next_continuation_token.is_some() {
        return Err(Malformed("the list contradicts itself on whether it continues".into()));
    }
    let mut objects = Vec::with_capacity(page.contents.len());
    for object in page.contents {
        let key = decoded(&object.key);
        let last = objects.last().map(|object: &LogObject| object.key.as_str()).or(before);
        if !key.starts_with(prefix) || last.is_some_and(|last| last >= key.as_str()) {
            return Err(Malformed("a list that is out of order".into()));
        }
        let modified = object.last_modified.as_deref().map(str::parse::<Timestamp>).transpose();
        let modified = modified.map_err(|_| Malformed("LastModified is no time".into()))?;
        objects.push(LogObject { key, bytes: object.size, modified, version: object.etag });
    }
    Ok(Page { objects, next: page.next_continuation_token })
}

/// A name as lists with `encoding-type=url` write it. What is no UTF-8 becomes a name that no object has.
fn decoded(text: &str) -> String {
    let text = text.replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(format!("k={text}").as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// The bytes that were asked for, all of them, and no others.
fn piece(answer: &Answer, object: &LogObject, range: &Range<u64>) -> Result<Bytes, Malformed> {
    let expected = format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), object.bytes);
    let told = answer.header("content-range").unwrap_or_default();
    let whole = answer.status == 200 && range.start == 0 && range.end == object.bytes;
    if told != expected && !(whole && told.is_empty()) {
        return Err(Malformed(format!("asked for {expected}, got {}", shorten(told))));
    }
    if answer.header("etag").is_some_and(|version| version != object.version) {
        return Err(Malformed("bytes of another version".into()));
    }
    if answer.body.len() as u64 != range.end - range.start {
        return Err(Malformed(format!("{} bytes, not those of {expected}", answer.body.len())));
    }
    Ok(answer.body.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        Answer { status, headers: map, body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    fn listed(inside: &str) -> Answer {
        answer(200, &[], &format!("<ListBucketResult>{inside}</ListBucketResult>"))
    }

    #[test]
    fn names_are_encoded_and_read_back() {
        for name in ["a/b c+d", "日本=&?#%2F", "..a", "t\u{1}x"] {
            assert_eq!(decoded(&encoded(name)), name);
        }
        assert_eq!(encoded("a b=c/日"), "a%20b%3Dc%2F%E6%97%A5");
        assert_eq!(decoded("a+b%2Bc"), "a b+c");
    }

    #[test]
    fn a_page_of_anything_else_is_no_page() {
        let head = "<Name>b</Name><Prefix>p/</Prefix>";
        let one = |key: &str| {
            format!(
                "<Contents><Key>{key}</Key><LastModified>2026-11-30T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>7</Size></Contents>"
            )
        };
        let end = "<IsTruncated>false</IsTruncated>";
        let sound = page(&listed(&format!("{head}{end}{}{}", one("p/a"), one("p/b"))), "b", "p/", None);
        let sound = sound.unwrap();
        assert_eq!((sound.objects.len(), sound.next.is_none()), (2, true));
        assert_eq!((sound.objects[0].version.as_str(), sound.objects[0].bytes), ("\"e\"", 7));
        for (inside, before) in [
            (format!("<Name>c</Name><Prefix>p/</Prefix>{end}"), None),
            (format!("<Name>b</Name><Prefix></Prefix>{end}"), None),
            (format!("{head}<IsTruncated>true</IsTruncated>"), None),
            (format!("{head}{end}<NextContinuationToken>t</NextContinuationToken>"), None),
            (format!("{head}{end}{}{}", one("p/b"), one("p/a")), None),
            (format!("{head}{end}{}", one("p/a")), Some("p/a")),
            (format!("{head}{end}{}", one("q/a")), None),
            (head.to_owned(), None),
        ] {
            assert!(page(&listed(&inside), "b", "p/", before).is_err(), "{inside}");
        }
    }

    #[test]
    fn a_piece_that_is_not_the_one_asked_for_is_none() {
        let object = LogObject { key: "k".into(), bytes: 10, modified: None, version: "\"e\"".into() };
        for (range, status, headers, body, sound) in [
            (0..4, 206, vec![("content-range", "bytes 0-3/10"), ("etag", "\"e\"")], "abcd", true),
            (0..10, 200, vec![], "abcdefghij", true),
            (0..4, 200, vec![], "abcd", false),
            (0..4, 206, vec![("content-range", "bytes 0-3/10")], "abc", false),
            (0..4, 206, vec![("content-range", "bytes 0-3/11")], "abcd", false),
            (0..4, 206, vec![("content-range", "bytes 4-7/10")], "abcd", false),
            (0..4, 206, vec![("content-range", "bytes 0-3/10"), ("etag", "\"f\"")], "abcd", false),
            (0..10, 200, vec![], "abc", false),
        ] {
            let read = piece(&answer(status, &headers, body), &object, &range);
            assert_eq!(read.is_ok(), sound, "{range:?} {status} {headers:?} {body}");
        }
    }
}
