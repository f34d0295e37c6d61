//! A method of an API, and a question to it.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method as Verb};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sekisho_contract::Operation;
use sekisho_contract::door::{Answer, Malformed, Outgoing};
use sekisho_contract::operation::Wire;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

/// A method as declared: what it may do, and its path with `{name}` for a segment and `{+name}` for several.
#[derive(Debug)]
pub struct Method {
    /// The declaration.
    pub operation: Operation,
    /// The path below the API's root, as in its discovery document.
    pub path: &'static str,
}

/// A question.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The method.
    pub method: &'static Method,
    /// What it is about; empty for a list of a whole project.
    pub target: String,
    /// The page.
    pub page: u32,
    /// Parameters: those the path names go there, the others into the query.
    pub parameters: Vec<(&'static str, String)>,
    /// What is sent along, where the method takes something.
    pub body: Option<Value>,
}

impl Ask {
    /// A question with these parameters.
    pub fn of<V: Into<String>>(
        method: &'static Method,
        parameters: impl IntoIterator<Item = (&'static str, V)>,
    ) -> Self {
        let parameters = parameters.into_iter().map(|(name, value)| (name, value.into())).collect();
        Self { method, target: String::new(), page: 0, parameters, body: None }
    }

    /// The same, about one thing.
    pub fn about(self, target: &str) -> Self {
        Self { target: target.to_owned(), ..self }
    }

    /// The same, with something sent along.
    pub fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// Sets a parameter.
    pub fn set(&mut self, name: &'static str, value: String) {
        self.parameters.retain(|(known, _)| *known != name);
        self.parameters.push((name, value));
    }

    /// The request, to an API whose root is `base`.
    pub fn request(&self, mut base: Url) -> Result<Outgoing, String> {
        let path = self.path().ok_or("what it is about has no name that can be asked for")?;
        let below = base.path().trim_end_matches('/').to_owned();
        base.set_path(&format!("{below}/{path}"));
        let names = |name: &str| {
            let path = self.method.path;
            path.contains(&format!("{{{name}}}")) || path.contains(&format!("{{+{name}}}"))
        };
        let query: Vec<_> = self.parameters.iter().filter(|(name, _)| !names(name)).collect();
        if !query.is_empty() {
            base.query_pairs_mut().extend_pairs(query);
        }
        let mut headers = HeaderMap::new();
        let (method, body) = match self.method.operation.wire {
            Wire::Post => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                (Verb::POST, self.body.as_ref().map(|body| Bytes::from(body.to_string())).unwrap_or_default())
            }
            Wire::Get => (Verb::GET, Bytes::new()),
            Wire::Head => (Verb::HEAD, Bytes::new()),
        };
        Ok(Outgoing { method, url: base, headers, body })
    }

    /// The path with its names filled in; `None` where one would lead elsewhere.
    fn path(&self) -> Option<String> {
        let mut rest = self.method.path;
        let mut path = String::new();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            let several = name.starts_with('+');
            let name = name.trim_start_matches('+');
            let value = self.parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| value)?;
            path.push_str(before);
            let segments: Vec<&str> = if several { value.split('/').collect() } else { vec![value] };
            for (number, segment) in segments.into_iter().enumerate() {
                if matches!(segment, "" | "." | "..") {
                    return None;
                }
                if number > 0 {
                    path.push('/');
                }
                path.extend(utf8_percent_encode(segment, SEGMENT));
            }
            rest = after;
        }
        path.push_str(rest);
        Some(path)
    }
}

/// What stays as it is in a path's segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Reads a JSON answer.
pub fn read_json<T: DeserializeOwned>(answer: &Answer) -> Result<T, Malformed> {
    serde_json::from_slice(&answer.body).map_err(|error| Malformed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::logging::LIST_BUCKETS;

    #[test]
    fn a_name_stays_where_it_belongs() {
        for (parent, expected) in [
            ("projects/p/locations/-", Some("v2/projects/p/locations/-/buckets")),
            ("projects/p?x=1#", Some("v2/projects/p%3Fx%3D1%23/buckets")),
            ("projects/../p", None),
            ("projects//p", None),
        ] {
            assert_eq!(Ask::of(&LIST_BUCKETS, [("parent", parent)]).path().as_deref(), expected);
        }
    }
}
