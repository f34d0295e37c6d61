//! What `[logs]` names on this machine, opened before anything is asked: a run that could not use it need not begin.

use super::digest::{self, Keys};
use super::store::Folder;
use crate::corroborate::ranges::Ranges;
use crate::tenancy::{Corroborate, LogSource, Logs};
use maxminddb::Reader;
use std::io::Read;
use std::path::Path;

/// The files and folders of `[logs]`.
pub struct Inputs {
    /// The country database.
    pub countries: Option<Reader<Vec<u8>>>,
    /// The published ranges.
    pub ranges: Ranges,
    /// Public keys of CloudTrail's digests.
    pub keys: Keys,
    /// By source: its folder; none where it is a store in a cloud.
    pub folders: Vec<Option<Folder>>,
}

/// What cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}; {next}")]
pub struct InputFault {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub next: String,
}

impl std::fmt::Debug for Inputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A database is no text.
        f.debug_struct("Inputs").field("folders", &self.folders).finish_non_exhaustive()
    }
}

/// Largest answer with keys, in bytes: one key is half a kilobyte.
const KEYS_LIMIT: u64 = 4 << 20;

impl Inputs {
    /// Opens what a tenancy file names; paths begin at its folder. Where `[logs]` names no ranges or no country database,
    /// those of `[corroborate]` hold.
    pub fn open(
        logs: &Logs,
        beside: &Path,
        corroborate: &Corroborate,
        ranges: &Ranges,
    ) -> Result<Self, InputFault> {
        let countries = logs.geoip.as_ref().or(corroborate.geoip.as_ref()).map(|path| {
            let path = beside.join(path);
            Reader::open_readfile(&path).map_err(|cause| {
                let next = "name a database of countries in MaxMind's format (.mmdb) as `geoip`";
                fault(&path, "cannot be used", &cause, next)
            })
        });
        let paths: Vec<_> = logs.ranges.iter().map(|path| beside.join(path)).collect();
        let own = || Ranges::read(paths.iter().map(std::path::PathBuf::as_path));
        let ranges = if paths.is_empty() { Ok(ranges.clone()) } else { own() };
        let ranges = ranges.map_err(|cause| InputFault {
            what: cause.to_string(),
            next: "name the files as the providers publish them as `ranges`".to_owned(),
        })?;
        let keys = logs.keys.as_ref().map_or_else(|| Ok(Keys::new()), |path| keys(&beside.join(path)))?;
        let folder = |source: &LogSource| match source {
            LogSource::Store { .. } => Ok(None),
            LogSource::Folder { folder } => {
                let path = beside.join(folder);
                let next = "name a folder of log files that this user may read in [[logs.source]]";
                Folder::open(&path).map(Some).map_err(|cause| fault(&path, "cannot be listed", &cause, next))
            }
        };
        Ok(Self {
            countries: countries.transpose()?,
            ranges,
            keys,
            folders: logs.sources.iter().map(folder).collect::<Result<_, _>>()?,
        })
    }
}

/// Reads the public keys of CloudTrail's digests.
fn keys(path: &Path) -> Result<Keys, InputFault> {
    let next = "write it with: aws cloudtrail list-public-keys --region REGION";
    let mut json = Vec::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(KEYS_LIMIT).read_to_end(&mut json).map(|_| ()));
    read.map_err(|cause| fault(path, "cannot be read", &cause, next))?;
    digest::keys(&json).map_err(|cause| fault(path, "holds no keys", &cause, next))
}

fn fault(path: &Path, what: &str, cause: &dyn std::fmt::Display, next: &str) -> InputFault {
    InputFault { what: format!("{} {what}: {cause}", path.display()), next: next.to_owned() }
}
