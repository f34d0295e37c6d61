//! What a run used besides the facts: a JSON file for each sort, written whole and read back bounded.

use super::{CORROBORATION, FileRecord, FolderFault, LOGS, REGISTER, ReadFault, RunFolder};
use crate::corroborate::{self, Heard};
use crate::documents::{REGISTER_SCHEMA, Register};
use crate::logs::{self, Scan};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What a run used besides the facts. Each sort has a file in its folder.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Beside {
    /// The documents and statements on file: metadata and digests; no document is in it.
    pub register: Register,
    /// What other witnesses said of places.
    pub heard: Option<Heard>,
    /// What the audit logs told; `None` where the tenancy file names none. No record is in it.
    pub logs: Option<Scan>,
}

/// One sort of these files.
struct Sort {
    file: &'static str,
    schema: &'static str,
    /// Largest file, in bytes.
    limit: u64,
}

/// Thousands of entries fit.
const REGISTERS: Sort = Sort { file: REGISTER, schema: REGISTER_SCHEMA, limit: 64 << 20 };
/// Hundreds of thousands of rows fit.
const SCANS: Sort = Sort { file: LOGS, schema: logs::SCHEMA, limit: 512 << 20 };

/// A thousand endpoints with their certificates fit.
const HEARD: Sort = Sort { file: CORROBORATION, schema: corroborate::heard::SCHEMA, limit: 256 << 20 };

impl Beside {
    /// The files that may lie beside the facts.
    pub const FILES: [&'static str; 3] = [REGISTERS.file, HEARD.file, SCANS.file];

    pub(super) fn write(&self, folder: &RunFolder) -> Result<Vec<FileRecord>, FolderFault> {
        let mut files = vec![REGISTERS.write(folder, &self.register)?];
        // What a broken-off run has left there is not this run's.
        match &self.heard {
            Some(heard) => files.push(HEARD.write(folder, heard)?),
            None => folder.remove(CORROBORATION)?,
        }
        match &self.logs {
            Some(scan) => files.push(SCANS.write(folder, scan)?),
            None => folder.remove(LOGS)?,
        }
        Ok(files)
    }

    /// Reads what a run's record says it used.
    pub(super) fn read(folder: &RunFolder, files: &[FileRecord]) -> Result<Self, FolderFault> {
        Ok(Self {
            register: REGISTERS.read(folder, files)?.unwrap_or_default(),
            heard: HEARD.read(folder, files)?,
            logs: SCANS.read(folder, files)?,
        })
    }
}

impl Sort {
    fn write(&self, folder: &RunFolder, value: &impl Serialize) -> Result<FileRecord, FolderFault> {
        let path = folder.file(self.file);
        let mut bytes = serde_json::to_vec_pretty(value)
            .map_err(|error| FolderFault::io(&path, "writing")(io::Error::other(error)))?;
        bytes.push(b'\n');
        folder.put(self.file, &bytes)
    }

    /// `None` where the run used none, or is older than this sort of file.
    fn read<T: DeserializeOwned>(
        &self,
        folder: &RunFolder,
        files: &[FileRecord],
    ) -> Result<Option<T>, FolderFault> {
        match files.iter().any(|record| record.name == self.file) {
            true => Ok(Some(self.parse(&folder.file(self.file))?)),
            false => Ok(None),
        }
    }

    fn parse<T: DeserializeOwned>(&self, path: &Path) -> Result<T, ReadFault> {
        #[derive(serde::Deserialize)]
        struct Head {
            schema: String,
        }
        let open = |source| ReadFault::Open { file: path.to_owned(), source };
        let malformed = |line, why: String| ReadFault::Malformed { file: path.to_owned(), line, why };
        let mut text = Vec::new();
        File::open(path).map_err(open)?.take(self.limit + 1).read_to_end(&mut text).map_err(open)?;
        if text.len() as u64 > self.limit {
            return Err(malformed(1, format!("longer than {} bytes", self.limit)));
        }
        let wrong = |error: serde_json::Error| malformed(error.line() as u64, error.to_string());
        let head: Head = serde_json::from_slice(&text).map_err(wrong)?;
        if head.schema != self.schema {
            return Err(malformed(1, format!("the schema is `{}`, not `{}`", head.schema, self.schema)));
        }
        serde_json::from_slice(&text).map_err(wrong)
    }
}
