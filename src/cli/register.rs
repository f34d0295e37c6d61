//! Reading the register of documents beside a tenancy file, faults shown.

use super::problem::Problem;
use super::screen::Screen;
use sekisho::documents::{self, FOLDER, Loaded, Register};
use std::path::{Path, PathBuf};

/// The folder of the register that belongs to a tenancy file.
pub fn beside(tenancy: &Path) -> PathBuf {
    tenancy.parent().unwrap_or(Path::new("")).join(FOLDER)
}

/// Reads a register. An entry that is wrong is shown, and costs itself alone.
pub fn read(folder: &Path, screen: &Screen) -> Result<Register, Problem> {
    let loaded = documents::load(folder).map_err(|cause| {
        Problem::file(
            folder,
            "the register cannot be read",
            &cause,
            "make it a folder of entries this user may read",
        )
    })?;
    Ok(shown(loaded, screen))
}

/// The register, with what is wrong with entries shown.
pub fn shown(loaded: Loaded, screen: &Screen) -> Register {
    for problem in &loaded.problems {
        screen.diagnostic(problem);
    }
    if !loaded.problems.is_empty() {
        let count = loaded.problems.len();
        let entries = if count == 1 { "entry is" } else { "entries are" };
        screen.message(&format!("{count} {entries} not used; the clauses that need them stay unverified."));
    }
    loaded.register
}
