//! Files that arguments name.

use super::problem::Problem;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

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
    let mut fresh = Fresh::create(path)?;
    fresh.file().write_all(bytes).map_err(|cause| unwritable(path, &cause))?;
    fresh.finish()
}

/// A file in the making: it appears whole or not at all, and never in place of another.
pub struct Fresh<'a> {
    path: &'a Path,
    beside: PathBuf,
    file: File,
    finished: bool,
}

impl<'a> Fresh<'a> {
    /// Begins a file, beside its place.
    pub fn create(path: &'a Path) -> Result<Self, Problem> {
        if path.exists() {
            let what = format!("{} is there already, and is not overwritten", path.display());
            return Err(Problem::usage(what, "name another file"));
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(".part");
        let beside = PathBuf::from(beside);
        match File::options().read(true).write(true).create(true).truncate(true).open(&beside) {
            Ok(file) => Ok(Self { path, beside, file, finished: false }),
            Err(cause) => Err(unwritable(path, &cause)),
        }
    }

    /// What is written to.
    pub const fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Puts it into its place.
    pub fn finish(mut self) -> Result<(), Problem> {
        // A link fails where somebody was faster; a rename would take their file away.
        let placed = self.file.sync_all().and_then(|()| match fs::hard_link(&self.beside, self.path) {
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Err(cause),
            // Not every file system has links.
            Err(_) => fs::rename(&self.beside, self.path).inspect(|()| self.finished = true),
            Ok(()) => Ok(()),
        });
        placed.map_err(|cause| unwritable(self.path, &cause))
    }
}

impl Drop for Fresh<'_> {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing is lost with it, and nobody is left to tell.
            drop(fs::remove_file(&self.beside));
        }
    }
}

fn unwritable(path: &Path, cause: &io::Error) -> Problem {
    Problem::file(path, "cannot be written", cause, "name a file in a folder you may write to")
}
