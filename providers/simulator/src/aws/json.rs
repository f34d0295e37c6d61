//! What services with JSON 1.1 share.

use jiff::Timestamp;
use serde_json::Value;

use super::failure::Failure;
use crate::answer::Answer;
use crate::description::Time;
use crate::request::Request;

/// The token of a first page.
pub(super) const NO_PAGE: &str = "";

/// Things whose creation is not described are of 2025-04-01, in seconds since 1970.
const CREATED: i64 = 1_743_465_600;

/// The operation that the target header names, if it is one of these.
pub(super) fn operation(
    request: &Request,
    target: &str,
    operations: &[&'static str],
) -> Option<&'static str> {
    let name = request.header("x-amz-target").strip_prefix(target)?;
    operations.iter().find(|operation| **operation == name).copied()
}

pub(super) fn answer(output: &Value) -> Answer {
    Answer::new(200, "application/x-amz-json-1.1", output.to_string())
}

/// A page's length, from 1 to `most`.
pub(super) fn limit(value: &Value, usual: usize, most: usize, name: &str) -> Result<usize, Failure> {
    if value.is_null() {
        return Ok(usual);
    }
    let limit = value.as_u64().and_then(|limit| usize::try_from(limit).ok());
    limit.filter(|limit| (1..=most).contains(limit)).ok_or_else(|| {
        let message = format!(
            "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must have value between 1 and {most}"
        );
        Failure::new(400, "ValidationException", message)
    })
}

/// When something was created.
pub(super) fn created(described: Option<Time>) -> Timestamp {
    described.map_or_else(|| Timestamp::from_second(CREATED).unwrap_or_default(), |time| time.0)
}
