//! A run to be read, wherever it lies.

use crate::run_folder::{Beside, FolderFault, Run, RunFolder};
use std::path::Path;

/// A run that was opened to be read. Its files are those the run has recorded.
#[derive(Debug)]
pub struct OpenRun {
    /// Where its files lie.
    pub folder: RunFolder,
    /// Its record.
    pub run: Run,
    /// What it used besides the facts.
    pub beside: Beside,
}

/// A run that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderFault),
}

impl OpenRun {
    /// Opens the folder of a run. Files that are not as the run has recorded them are refused.
    pub fn at(path: &Path) -> Result<Self, OpenFault> {
        let folder = RunFolder::open(path)?;
        let run = folder.run()?;
        folder.hold_to(&run)?;
        let beside = folder.beside(&run)?;
        Ok(Self { folder, run, beside })
    }
}
