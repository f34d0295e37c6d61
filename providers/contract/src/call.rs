//! One API request, as the ledger keeps it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;

/// The stable name of a call: the same question to the same account and region has the same id in every
/// run, whatever the order or the number of attempts. Attempts share their call's id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct CallId(Arc<str>);

impl CallId {
    /// The id of the question "`operation` about `target`, page `page`".
    pub fn of(provider: &str, account: &str, region: &str, operation: &str, target: &str, page: u32) -> Self {
        let mut digest = Sha256::new();
        for part in [provider, account, region, operation, target] {
            digest.update(part.as_bytes());
            digest.update([0]);
        }
        digest.update(page.to_be_bytes());
        let digest = digest.finalize();
        Self(format!("c{}", hex::encode(&digest[..8])).into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CallOutcome {
    /// Answered with what was asked.
    Answered,
    /// Answered: there is none of it (a documented "no such configuration").
    Absent,
    /// The provider refused it to this caller.
    Denied,
    /// The provider asked for a slower pace.
    Throttled,
    /// The provider failed, or its answer could not be read.
    Failed,
    /// No answer: the connection broke, or the time ran out.
    Unreachable,
}

/// One attempt of one API request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    /// The call's stable id, shared by its attempts.
    pub id: CallId,
    /// `aws`, `azure`, `gcp` or a plugin's name.
    pub provider: String,
    /// The account asked.
    pub account: String,
    /// The region asked, or `global`.
    pub region: String,
    /// `service:Operation`, as declared.
    pub operation: String,
    /// What was asked about: a resource's name, or empty for a list.
    pub target: String,
    /// The page of a list, from 0.
    pub page: u32,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// When the attempt was sent (RFC 3339, UTC).
    pub at: jiff_timestamp::Timestamp,
    /// How long the answer took, in milliseconds.
    pub milliseconds: u64,
    /// The HTTP status; 0 when no answer came.
    pub status: u16,
    /// How the attempt ended.
    pub outcome: CallOutcome,
    /// The provider's error code, when it gave one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// The provider's request id, when it gave one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// SHA-256 of the answer's body (lower-case hex); empty when no answer came.
    pub sha256: String,
    /// Size of the answer's body in bytes.
    pub bytes: u64,
}

/// A timestamp that `schemars` can describe.
pub mod jiff_timestamp {
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use serde::{Deserialize, Serialize};
    use std::borrow::Cow;

    /// A point in time, RFC 3339 in UTC.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(transparent)]
    pub struct Timestamp(pub jiff::Timestamp);

    impl JsonSchema for Timestamp {
        fn schema_name() -> Cow<'static, str> {
            "Timestamp".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({"type": "string", "format": "date-time"})
        }
        fn inline_schema() -> bool {
            true
        }
    }
}
