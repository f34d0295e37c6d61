//! A file that appears whole or not at all, and knows its digest.

use super::FileRecord;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file being written beside its place.
pub(super) struct WholeFile {
    path: PathBuf,
    beside: PathBuf,
    out: BufWriter<File>,
    digest: Sha256,
    bytes: u64,
    finished: bool,
}

impl WholeFile {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".part");
        let beside = PathBuf::from(beside);
        let out = BufWriter::with_capacity(1 << 16, File::create(&beside)?);
        Ok(Self { path: path.to_owned(), beside, out, digest: Sha256::new(), bytes: 0, finished: false })
    }

    /// Moves the file to its place, once its bytes rest on the disk.
    pub(super) fn finish(mut self, name: &str, lines: Option<u64>) -> io::Result<FileRecord> {
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        fs::rename(&self.beside, &self.path)?;
        self.finished = true;
        // The rename itself rests once the folder does; not every system lets a folder be opened.
        if let Some(Ok(folder)) = self.path.parent().map(File::open) {
            let _ = folder.sync_all();
        }
        let sha256 = hex::encode(std::mem::take(&mut self.digest).finalize());
        Ok(FileRecord { name: name.to_owned(), sha256, bytes: self.bytes, lines })
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_file(&self.beside);
        }
    }
}
