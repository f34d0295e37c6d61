//! `run.json`: versions, times and digests of a run.

use super::lines::LINE_LIMIT;
use super::{LedgerSummary, ReadFault};
use crate::tenancy::Tenancy;
use schemars::JsonSchema;
use sekisho_contract::place::Site;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The schema of [`Run`].
pub const RUN_SCHEMA: &str = "sekisho/run/v1";

/// The record of a run: everything a report is rebuilt from besides the facts themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Always `sekisho/run/v1`.
    #[schemars(extend("const" = RUN_SCHEMA))]
    pub schema: String,
    /// The version of sekisho that made the run.
    pub tool: String,
    /// When the first call could have been made (RFC 3339, UTC).
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started_at: jiff::Timestamp,
    /// The date the verdicts hold for.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub assessed_at: jiff::Timestamp,
    /// When the last file was written.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub finished_at: jiff::Timestamp,
    /// Whether the run was cancelled before every cell was asked.
    pub cancelled: bool,
    /// Cells and surveys that a resume would ask again.
    pub unfinished: u64,
    /// What was assessed. No secret is in it.
    pub tenancy: Tenancy,
    /// How the run's files are to be handled: the strictest marking of what they were made from; none where nothing is
    /// marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<crate::documents::Handling>,
    /// The request it answers; none where nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<crate::request::Answered>,
    /// To which level identifiers were taken out of its files (`names`, `accounts` or `verdicts`); none where they are whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<String>,
    /// The profile's id.
    pub profile: String,
    /// SHA-256 of the profile and its checks.
    pub profile_digest: String,
    /// By provider and service, the kinds that were looked for.
    pub services: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// By provider, the sites places lie in.
    pub sites: BTreeMap<String, BTreeMap<String, Site>>,
    /// By provider, the date of its place catalogue.
    pub places_dated: BTreeMap<String, String>,
    /// The calls, counted.
    pub ledger: LedgerSummary,
    /// The files, with their digests.
    pub files: Vec<FileRecord>,
}

/// One file of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Its name in the folder.
    pub name: String,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many lines it unpacks to, for files of lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<u64>,
}

pub(super) fn read(path: &Path) -> Result<Run, ReadFault> {
    let open = |source| ReadFault::Open { file: path.to_owned(), source };
    let malformed = |line, why: String| ReadFault::Malformed { file: path.to_owned(), line, why };
    let mut text = Vec::new();
    File::open(path).map_err(open)?.take(LINE_LIMIT + 1).read_to_end(&mut text).map_err(open)?;
    if text.len() as u64 > LINE_LIMIT {
        return Err(malformed(1, format!("longer than {LINE_LIMIT} bytes")));
    }
    let run: Run =
        serde_json::from_slice(&text).map_err(|error| malformed(error.line() as u64, error.to_string()))?;
    if run.schema != RUN_SCHEMA {
        return Err(malformed(1, format!("the schema is `{}`, not `{RUN_SCHEMA}`", run.schema)));
    }
    Ok(run)
}
