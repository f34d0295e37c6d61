//! How services are asked: the protocols they speak, and a question in any of them.

use crate::protocol::{InResult, form, read_json, read_xml, read_xml_of};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sekisho_contract::Operation;
use sekisho_contract::door::{Answer, Malformed, Outgoing};
use sekisho_contract::operation::Wire;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::borrow::Cow;
use url::Url;

/// How a service's requests and answers look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// JSON with the operation in a header.
    Json {
        /// What the header's value begins with.
        prefix: &'static str,
        /// The version in the content type.
        version: &'static str,
    },
    /// A form, answered by an XML document with the result inside an element of its own.
    Query(&'static str),
    /// A form, answered by an XML document that is the result.
    Ec2(&'static str),
    /// Paths, with JSON.
    Rest,
    /// Paths, answered by an XML document with this root, or one of these with `|` between.
    RestXml(&'static str),
}

impl Api {
    /// JSON 1.1.
    pub const fn json(prefix: &'static str) -> Self {
        Self::Json { prefix, version: "1.1" }
    }

    /// JSON 1.0.
    pub const fn json10(prefix: &'static str) -> Self {
        Self::Json { prefix, version: "1.0" }
    }

    /// Reads an answer.
    pub fn read<T: DeserializeOwned>(self, operation: &Operation, answer: &Answer) -> Result<T, Malformed> {
        let root = || format!("{}Response", operation.name);
        match self {
            Self::Json { .. } | Self::Rest => read_json(answer),
            Self::Query(_) => read_xml::<InResult<T>>(answer, &root()).map(|document| document.0),
            Self::Ec2(_) => read_xml(answer, &root()),
            Self::RestXml(roots) => read_xml_of(answer, &roots.split('|').collect::<Vec<_>>()),
        }
    }
}

/// A question to a service.
#[derive(Clone)]
pub struct Ask<'a> {
    /// The operation.
    pub operation: &'static Operation,
    /// How it is asked.
    pub api: Api,
    /// The region.
    pub region: &'a str,
    /// What it is about.
    pub target: &'a str,
    /// The page.
    pub page: u32,
    /// The path, where the protocol has paths; `None` where a name in it would lead elsewhere.
    pub path: Option<Cow<'a, str>>,
    /// The parameters.
    pub body: Value,
}

/// What stays as it is in a path's segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A path whose `{}` stand for these segments, in order; `None` where one would not stay a segment.
pub fn path(pattern: &str, segments: &[&str]) -> Option<String> {
    let mut parts = pattern.split("{}");
    let mut path = parts.next().unwrap_or_default().to_owned();
    for (part, segment) in parts.zip(segments) {
        if matches!(*segment, "" | "." | "..") {
            return None;
        }
        path.extend(utf8_percent_encode(segment, SEGMENT));
        path.push_str(part);
    }
    Some(path)
}

impl<'a> Ask<'a> {
    /// A question about the whole region.
    pub fn of(operation: &'static Operation, api: Api, region: &'a str, body: Value) -> Self {
        Self { operation, api, region, target: "", page: 0, path: Some(Cow::Borrowed("/")), body }
    }

    /// The same, about one resource.
    pub fn about(self, target: &'a str) -> Self {
        Self { target, ..self }
    }

    /// The same, at a path whose `{}` stand for these names.
    pub fn at(self, pattern: &'a str, names: &[&str]) -> Self {
        let path = if names.is_empty() { Some(pattern.into()) } else { path(pattern, names).map(Cow::Owned) };
        Self { path, ..self }
    }

    /// The request, to a service at `base`.
    pub fn request(&self, mut base: Url) -> Result<Outgoing, String> {
        let mut headers = HeaderMap::new();
        let (method, body) = match self.api {
            Api::Json { prefix, version } => {
                let kind = format!("application/x-amz-json-{version}");
                headers.insert(CONTENT_TYPE, value(&kind)?);
                let target = format!("{prefix}.{}", self.operation.name);
                headers.insert(HeaderName::from_static("x-amz-target"), value(&target)?);
                (Method::POST, Bytes::from(self.body.to_string()))
            }
            Api::Query(version) | Api::Ec2(version) => {
                headers.insert(CONTENT_TYPE, value("application/x-www-form-urlencoded; charset=utf-8")?);
                let pairs = pairs(&self.body);
                let pairs: Vec<(&str, &str)> =
                    pairs.iter().map(|(key, text)| (*key, text.as_str())).collect();
                (Method::POST, form(self.operation.name, version, &pairs))
            }
            Api::Rest | Api::RestXml(_) => {
                let path =
                    self.path.as_deref().ok_or("what it is about has no name that can be asked for")?;
                let below = base.path().trim_end_matches('/').to_owned();
                base.set_path(&format!("{below}{path}"));
                if self.operation.wire == Wire::Post {
                    headers.insert(CONTENT_TYPE, value("application/json")?);
                    (Method::POST, Bytes::from(self.body.to_string()))
                } else {
                    let pairs = pairs(&self.body);
                    if !pairs.is_empty() {
                        base.query_pairs_mut().extend_pairs(pairs);
                    }
                    (Method::GET, Bytes::new())
                }
            }
        };
        Ok(Outgoing { method, url: base, headers, body })
    }
}

fn value(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|error| error.to_string())
}

/// The parameters as texts.
fn pairs(body: &Value) -> Vec<(&str, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    body.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_segment_stays_a_segment() {
        for (segment, expected) in [
            ("fs-1", Some("/a/fs-1/b")),
            ("x/../y", Some("/a/x%2F..%2Fy/b")),
            ("ä ?#", Some("/a/%C3%A4%20%3F%23/b")),
            ("..", None),
            ("", None),
        ] {
            assert_eq!(path("/a/{}/b", &[segment]).as_deref(), expected);
        }
    }
}
