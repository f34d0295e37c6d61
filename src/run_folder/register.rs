//! `documents.json`: what a run used of the register. Metadata and digests; no document is in it.

use super::{FileRecord, FolderFault, REGISTER, ReadFault, RunFolder};
use crate::documents::{REGISTER_SCHEMA, Register};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Largest register, in bytes: thousands of entries fit.
const SIZE_LIMIT: u64 = 64 << 20;

pub(super) fn write(folder: &RunFolder, register: &Register) -> Result<FileRecord, FolderFault> {
    let path = folder.file(REGISTER);
    let mut bytes = serde_json::to_vec_pretty(register)
        .map_err(|error| FolderFault::io(&path, "writing")(io::Error::other(error)))?;
    bytes.push(b'\n');
    folder.put(REGISTER, &bytes)
}

pub(super) fn read(path: &Path) -> Result<Register, ReadFault> {
    let open = |source| ReadFault::Open { file: path.to_owned(), source };
    let malformed = |line, why: String| ReadFault::Malformed { file: path.to_owned(), line, why };
    let mut text = Vec::new();
    File::open(path).map_err(open)?.take(SIZE_LIMIT + 1).read_to_end(&mut text).map_err(open)?;
    if text.len() as u64 > SIZE_LIMIT {
        return Err(malformed(1, format!("longer than {SIZE_LIMIT} bytes")));
    }
    let register: Register =
        serde_json::from_slice(&text).map_err(|error| malformed(error.line() as u64, error.to_string()))?;
    if register.schema != REGISTER_SCHEMA {
        return Err(malformed(1, format!("the schema is `{}`, not `{REGISTER_SCHEMA}`", register.schema)));
    }
    Ok(register)
}
