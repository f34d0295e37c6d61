//! One API request, as the ledger keeps it.

use crate::gap::shorten;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The stable name of a call: the same question to the same account and region has the same id in every
/// run, whatever the order or the number of attempts. Attempts share their call's id.
///
/// A run cites calls by the hundred thousand, so the text is held in place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId {
    /// Padded with zeros, which keeps the order of the texts.
    text: [u8; CallId::LONGEST],
    length: u8,
}

impl CallId {
    /// `c` and eight bytes in hexadecimal.
    const LONGEST: usize = 17;

    /// The id of the question "`operation` about `target`, page `page`".
    pub fn of(provider: &str, account: &str, region: &str, operation: &str, target: &str, page: u32) -> Self {
        let mut digest = Sha256::new();
        for part in [provider, account, region, operation, target] {
            digest.update(part.as_bytes());
            digest.update([0]);
        }
        digest.update(page.to_be_bytes());
        let digest = digest.finalize();
        let hex = hex::encode(&digest[..8]);
        Self {
            text: std::array::from_fn(|at| if at == 0 { b'c' } else { hex.as_bytes()[at - 1] }),
            length: 17,
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        // Made of texts only.
        std::str::from_utf8(&self.text[..usize::from(self.length)]).unwrap_or_default()
    }
}

/// A text that is no call's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no id of a call: `c` and up to 16 hexadecimal digits")]
pub struct NoCallId(String);

impl FromStr for CallId {
    type Err = NoCallId;

    fn from_str(text: &str) -> Result<Self, NoCallId> {
        let digits = text.strip_prefix('c').filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let mut id = Self { text: [0; Self::LONGEST], length: 0 };
        match (digits, id.text.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(_), Some(room), Ok(length)) => {
                room.copy_from_slice(text.as_bytes());
                Ok(Self { length, ..id })
            }
            _ => Err(NoCallId(shorten(text))),
        }
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for CallId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CallId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for CallId {
    fn schema_name() -> Cow<'static, str> {
        "CallId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The stable name of a call, shared by its attempts.",
            "type": "string",
            "pattern": "^c[0-9a-f]{1,16}$",
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_digests_and_read_back() {
        let id = CallId::of("aws", "111122223333", "ap-northeast-1", "s3:ListBuckets", "", 0);
        let other = CallId::of("aws", "111122223333", "ap-northeast-1", "s3:ListBuckets", "", 1);
        assert_ne!(id, other);
        assert_eq!((id.as_str().len(), id.as_str().parse()), (17, Ok(id)));
        assert_eq!(id.cmp(&other), id.as_str().cmp(other.as_str()));
        let short: CallId = "c2".parse().unwrap();
        assert_eq!((short.as_str(), short < "c20".parse().unwrap()), ("c2", true));
        for text in ["", "2", "c-1", "cé", "c00000000000000000", "<script>"] {
            assert!(text.parse::<CallId>().is_err(), "{text}");
            assert!(serde_json::from_value::<CallId>(serde_json::json!(text)).is_err(), "{text}");
        }
        assert_eq!(serde_json::to_value(id).unwrap(), id.as_str());
    }
}
