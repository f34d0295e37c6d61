//! A run to be read, wherever it lies.

use super::container::Container;
use super::parts::{Heads, PartFault};
use crate::run_folder::{Beside, FolderFault, Run, RunFolder};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A run that was opened to be read. Its files are those the run has recorded.
#[derive(Debug)]
pub struct OpenRun {
    /// Where its files lie.
    pub folder: RunFolder,
    /// Its record.
    pub run: Run,
    /// What it used besides the facts.
    pub beside: Beside,
    /// What the bundle says of itself, where it is one. Its signature was not verified.
    pub sealed: Option<Heads>,
    /// The fresh folder a bundle was unpacked into; it goes with this.
    fresh: Option<TempDir>,
}

/// A run that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderFault),
    /// The bundle cannot be used.
    #[error("{path}: {fault}; use the bundle as it was handed over")]
    Bundle {
        /// The bundle.
        path: PathBuf,
        /// What is wrong.
        fault: PartFault,
    },
    /// The bundle is encrypted.
    #[error("{0} is encrypted; open it first: sekisho unseal BUNDLE --identity FILE --out FILE")]
    Encrypted(PathBuf),
    /// A bundle from which the facts were taken out.
    #[error("{0} holds verdicts alone: its facts were taken out; ask for a bundle that has them")]
    VerdictsAlone(PathBuf),
    /// The file could not be read.
    #[error("{path}: {source}; name the folder of a run, or a sealed bundle")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// How a file begins that is encrypted to recipients (age, version 1).
pub const AGE: &[u8] = b"age-encryption.org/v1";

impl OpenRun {
    /// Opens the folder of a run, or a bundle. Files that are not as the run has recorded them are refused. Who signed a bundle is
    /// not asked here: [`super::verify`] does.
    pub fn at(path: &Path) -> Result<Self, OpenFault> {
        if path.is_file() {
            return Self::unpacked(path);
        }
        Self::of(RunFolder::open(path)?, None, None)
    }

    fn unpacked(path: &Path) -> Result<Self, OpenFault> {
        let io = |source| OpenFault::Io { path: path.to_owned(), source };
        let bundle = |fault: PartFault| OpenFault::Bundle { path: path.to_owned(), fault };
        let mut file = File::open(path).map_err(io)?;
        if is_encrypted(&mut file).map_err(io)? {
            return Err(OpenFault::Encrypted(path.to_owned()));
        }
        let mut container = Container::open(file).map_err(|fault| bundle(fault.into()))?;
        let heads = Heads::read(&mut container).map_err(bundle)?;
        heads.self_consistent().map_err(bundle)?;
        let fresh = fresh_folder().map_err(io)?;
        heads.unpack(&mut container, fresh.path()).map_err(bundle)?;
        if heads.manifest.head.redaction.as_ref().is_some_and(|redaction| redaction.level == "verdicts") {
            return Err(OpenFault::VerdictsAlone(path.to_owned()));
        }
        Self::of(RunFolder::open(fresh.path())?, Some(heads), Some(fresh))
    }

    /// The run in a folder into which a bundle was unpacked.
    pub(super) fn of(
        folder: RunFolder,
        sealed: Option<Heads>,
        fresh: Option<TempDir>,
    ) -> Result<Self, OpenFault> {
        let run = folder.run()?;
        folder.hold_to(&run)?;
        let beside = folder.beside(&run)?;
        Ok(Self { folder, run, beside, sealed, fresh })
    }

    /// The record of a run in such a folder, from which the facts were taken out.
    pub(super) fn of_verdicts(folder: RunFolder) -> Result<Self, OpenFault> {
        let run = folder.run()?;
        Ok(Self { folder, run, beside: Beside::default(), sealed: None, fresh: None })
    }

    /// A run whose parts are at hand.
    pub const fn of_parts(folder: RunFolder, run: Run, beside: Beside) -> Self {
        Self { folder, run, beside, sealed: None, fresh: None }
    }

    /// Whether it came out of a bundle.
    pub const fn is_unpacked(&self) -> bool {
        self.fresh.is_some()
    }
}

/// A folder of its own for what is unpacked, which nobody else may look into.
pub(super) fn fresh_folder() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("sekisho-").tempdir()
}

/// Whether a file is encrypted to recipients.
pub fn is_encrypted(file: &mut File) -> io::Result<bool> {
    let mut begin = Vec::new();
    file.by_ref().take(AGE.len() as u64).read_to_end(&mut begin)?;
    file.rewind()?;
    Ok(begin == AGE)
}
