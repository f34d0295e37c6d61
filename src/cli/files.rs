//! Files that arguments name.

use super::problem::Problem;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// Reads a file that may be no larger than `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
    read.map_err(|cause| Problem::file(path, "cannot be read", &cause, "name a file that you may read"))?;
    if bytes.len() as u64 > limit {
        let what = format!("{} is larger than {limit} bytes", path.display());
        return Err(Problem::usage(what, "name the file that was meant"));
    }
    Ok(bytes)
}

/// Writes a file whole or not at all. One that is there is not overwritten.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let written = OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut file| {
        file.write_all(bytes).and_then(|()| file.sync_all()).inspect_err(|_| drop(fs::remove_file(path)))
    });
    written.map_err(|cause| match cause.kind() {
        io::ErrorKind::AlreadyExists => {
            let what = format!("{} is there already, and is not overwritten", path.display());
            Problem::usage(what, "name another file")
        }
        _ => Problem::file(path, "cannot be written", &cause, "name a file in a folder you may write to"),
    })
}
