//! What a bundle says of itself: `manifest.json` (`sekisho/manifest/v1`), and the signed statement over all parts
//! (in-toto Statement v1, in an envelope).

use super::container::is_name;
use crate::documents::Handling;
use crate::run_folder::FileRecord;
use crate::strict::{self, StrictFault};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The manifest's part.
pub const MANIFEST: &str = "manifest.json";
/// The part with the signed statement.
pub const STATEMENT: &str = "statement.dsse.json";
/// The part with the time-stamp token over the statement's envelope (RFC 3161).
pub const STAMP: &str = "timestamp.tsr";
/// The schema of [`Manifest`].
pub const SCHEMA: &str = "sekisho/manifest/v1";
/// The type of the statement in its envelope (in-toto attestation framework).
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// What the statement states: its predicate is a [`Head`].
pub const PREDICATE_TYPE: &str = "urn:sekisho:assessment:v1";
/// The type of an in-toto statement.
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// Largest manifest, in bytes: thousands of parts fit.
pub(super) const SIZE_LIMIT: u64 = 4 << 20;

/// What a bundle is and which parts it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always `sekisho/manifest/v1`.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// What it is.
    pub head: Head,
    /// Its parts in order of their names, without the manifest, the statement and the time stamp.
    pub files: Vec<FileRecord>,
}

/// What a bundle is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The version of sekisho that sealed it.
    pub tool: String,
    /// The tenancy's name.
    pub tenancy: String,
    /// The profile's id.
    pub profile: String,
    /// SHA-256 of the profile and its checks.
    pub profile_digest: String,
    /// The date the verdicts hold for.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub assessed_at: Timestamp,
    /// When it was sealed, by the clock of who sealed it.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub sealed_at: Timestamp,
    /// SHA-256 of the request it answers, as the officer signed it; none where nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The number of that request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// How it is to be handled (取扱制限); none where nothing is marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
    /// What was taken out of it; none where it is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redaction: Option<Redaction>,
}

/// What was taken out of a bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redaction {
    /// How far: `names`, `accounts` or `verdicts`.
    pub level: String,
    /// The files of the run as they were before, each by its digest.
    pub full: Vec<FileRecord>,
    /// SHA-256 of the key that stand-ins were made with: who holds the key and the full files can show that they fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_sha256: Option<String>,
}

/// An in-toto statement, as it is signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Head,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    name: String,
    digest: BTreeMap<String, String>,
}

/// A manifest or a statement that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestFault {
    /// Not the form.
    #[error("{0}")]
    Form(#[from] StrictFault),
    /// A value that cannot be.
    #[error("{0}")]
    Value(String),
}

impl Manifest {
    /// Reads a manifest.
    pub(super) fn parse(text: &[u8]) -> Result<Self, ManifestFault> {
        let manifest: Self = strict::read(text)?;
        let refuse = |why: String| Err(ManifestFault::Value(why));
        if manifest.schema != SCHEMA {
            return refuse(format!("its schema is not `{SCHEMA}`"));
        }
        let names: BTreeSet<&str> = manifest.files.iter().map(|file| file.name.as_str()).collect();
        if names.len() != manifest.files.len() {
            return refuse("it names a part twice".to_owned());
        }
        let own = [MANIFEST, STATEMENT, STAMP];
        match names.iter().find(|name| !is_name(name) || own.contains(name)) {
            Some(_) => refuse("it names a part that it cannot have".to_owned()),
            None => Ok(manifest),
        }
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The statement that is signed: every part with its digest, the manifest with `own`.
    pub(super) fn statement(&self, own: &str) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.stated(own))
    }

    /// Holds a signed statement to the manifest, whose digest is `own`.
    pub(super) fn hold(&self, statement: &[u8], own: &str) -> Result<(), ManifestFault> {
        let stated: Statement = strict::read(statement)?;
        let meant = self.stated(own);
        let differs = [
            ("_type", stated.kind != meant.kind),
            ("predicateType", stated.predicate_type != meant.predicate_type),
            ("subject", stated.subject != meant.subject),
            ("predicate", stated.predicate != meant.predicate),
        ];
        match differs.iter().find(|(_, differs)| *differs) {
            Some((what, _)) => {
                Err(ManifestFault::Value(format!("what was signed has another `{what}` than the manifest")))
            }
            None => Ok(()),
        }
    }

    fn stated(&self, own: &str) -> Statement {
        let subject = |name: &str, sha256: &str| Subject {
            name: name.to_owned(),
            digest: [("sha256".to_owned(), sha256.to_owned())].into(),
        };
        let files = self.files.iter().map(|file| subject(&file.name, &file.sha256));
        Statement {
            kind: STATEMENT_TYPE.to_owned(),
            subject: std::iter::once(subject(MANIFEST, own)).chain(files).collect(),
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: self.head.clone(),
        }
    }
}
