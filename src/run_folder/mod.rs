//! What a run writes and reads back.
//!
//! Files are written beside their place and renamed, so that a reader sees a whole file or none. Readers
//! stream, bound every line, and name file and line of what they cannot read.

mod beside;
mod facts;
mod ledger;
mod lines;
mod rates;
mod record;
mod sorted;
mod whole;

pub use beside::Beside;
pub use facts::{FactsFile, FactsWriter};
pub use ledger::{LedgerFile, LedgerSummary};
pub use lines::{LINE_LIMIT, Lines, ReadFault};
pub use rates::{Families, FamilyRate};
pub use record::{FileRecord, RUN_SCHEMA, Run};
pub use sorted::{At, LineIndex, LineReader};

use sekisho_contract::Call;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use whole::WholeFile;

/// The facts, linked.
pub const FACTS: &str = "facts.ndjson.zst";
/// The calls.
pub const LEDGER: &str = "ledger.ndjson.zst";
/// The request it answers, as it came.
pub const REQUEST: &str = "request.json";
/// What the run used of the register of documents.
pub const REGISTER: &str = "documents.json";
/// What other witnesses said of places.
pub const CORROBORATION: &str = "corroboration.json";
/// What the audit logs told.
pub const LOGS: &str = "logs.json";
/// The machine-readable report.
pub const REPORT_JSON: &str = "report.json";
/// The report for people.
pub const REPORT_HTML: &str = "report.html";
/// The report to be printed and handed in, in Japanese.
pub const REPORT_PDF: &str = "report.pdf";
/// The same in English.
pub const REPORT_PDF_EN: &str = "report-en.pdf";
/// The workbook in Japanese, and in English.
pub const REPORT_XLSX: [&str; 2] = ["report.xlsx", "report-en.xlsx"];
/// The report's tables.
#[rustfmt::skip]
pub const REPORT_CSV: [&str; 13] = [
    "about.csv", "clauses.csv", "checks.csv", "findings.csv", "evidence.csv", "resources.csv", "copies.csv", "gaps.csv", "cells.csv",
    "papers.csv", "documents.csv", "exceptions.csv", "calls.csv",
];
/// The report in the models of OSCAL.
#[rustfmt::skip]
pub const REPORT_OSCAL: [&str; 5] = [
    "oscal-catalog.json", "oscal-profile.json", "oscal-assessment-plan.json", "oscal-assessment-results.json", "oscal-poam.json",
];
/// The report as events of OCSF, one a line.
pub const REPORT_OCSF: &str = "findings.ocsf.ndjson";
/// The report in the form of tools that look at code.
pub const REPORT_SARIF: &str = "report.sarif";
/// Every report that can be made of a run, in whatever form.
#[rustfmt::skip]
pub const REPORTS: &[&str] = &[
    REPORT_JSON, REPORT_HTML, REPORT_PDF, REPORT_PDF_EN,
    REPORT_XLSX[0], REPORT_XLSX[1],
    REPORT_CSV[0], REPORT_CSV[1], REPORT_CSV[2], REPORT_CSV[3], REPORT_CSV[4], REPORT_CSV[5], REPORT_CSV[6], REPORT_CSV[7], REPORT_CSV[8],
    REPORT_CSV[9], REPORT_CSV[10], REPORT_CSV[11], REPORT_CSV[12],
    REPORT_OSCAL[0], REPORT_OSCAL[1], REPORT_OSCAL[2], REPORT_OSCAL[3], REPORT_OSCAL[4],
    REPORT_OCSF, REPORT_SARIF,
];
/// What became of everything an earlier run found, where this run looked for it again.
pub const ERASURE_JSON: &str = "erasure.json";
/// The same as a written report: a page.
pub const ERASURE_HTML: &str = "erasure-report.html";
/// The same as text.
pub const ERASURE_MD: &str = "erasure-report.md";
/// What an erasure run writes besides what every run does.
pub const ERASURE: [&str; 3] = [ERASURE_HTML, ERASURE_MD, ERASURE_JSON];
/// Versions, times and digests.
pub const RUN: &str = "run.json";
/// The facts as they came; kept while a resume has something left to ask.
pub const JOURNAL: &str = "journal.ndjson";
/// The calls as they were made; kept with the journal.
pub const LEDGER_JOURNAL: &str = "ledger.journal.ndjson";

/// Every file that a run can write into its folder.
pub fn own_files() -> impl Iterator<Item = &'static str> {
    let own = [RUN, FACTS, LEDGER, REQUEST, JOURNAL, LEDGER_JOURNAL];
    own.into_iter().chain(REPORTS.iter().copied()).chain(ERASURE).chain(Beside::FILES)
}

/// A folder that holds one run.
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
}

/// What is already in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderState {
    /// No run.
    Empty,
    /// A run that was broken off before its report: only a journal.
    BrokenOff,
    /// A run that was reported, with something left that a resume would ask again.
    Resumable,
    /// A run that was reported and has nothing left to ask.
    Complete,
}

/// How a run takes a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// The folder holds no run yet.
    Fresh,
    /// A reported run in it is replaced; one that was broken off is not.
    Replace,
    /// The run in it goes on.
    Resume,
}

/// A run folder that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderFault {
    /// The folder or a file in it could not be written or read.
    #[error("{path}: {doing}: {source}; free space or choose another folder, what was gathered is kept")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A run would be overwritten.
    #[error("{0} already holds a run; choose another --out folder")]
    HoldsRun(PathBuf),
    /// What a broken-off run gathered would be lost.
    #[error("{0} holds a run that was broken off; go on with --resume, or choose another --out folder")]
    HoldsBrokenOff(PathBuf),
    /// There is no run to read or to go on with.
    #[error("{path} holds no {what}; name the --out folder of an earlier `sekisho assess`")]
    NoRun {
        /// The folder.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// A file is not the one the run has written.
    #[error(
        "{0} was changed after the run: its SHA-256 is not the one in run.json; use the file as it was written, or assess again"
    )]
    Altered(PathBuf),
    /// A file is not what this version writes.
    #[error(transparent)]
    Read(#[from] ReadFault),
}

impl FolderFault {
    pub(crate) fn io(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), doing, source }
    }
}

impl RunFolder {
    /// Takes a folder for a run, and makes it when there is none. A [`Begin::Resume`] of a folder without a
    /// run is refused; one of a complete run succeeds, and [`RunFolder::state`] tells that nothing is left.
    pub fn begin(path: &Path, begin: Begin) -> Result<Self, FolderFault> {
        let folder = Self { path: path.to_owned() };
        match (folder.state(), begin) {
            (FolderState::Empty, Begin::Resume) => {
                return Err(FolderFault::NoRun { path: path.to_owned(), what: "run to go on with" });
            }
            (FolderState::BrokenOff, Begin::Fresh | Begin::Replace) => {
                return Err(FolderFault::HoldsBrokenOff(path.to_owned()));
            }
            (FolderState::Resumable | FolderState::Complete, Begin::Fresh) => {
                return Err(FolderFault::HoldsRun(path.to_owned()));
            }
            (FolderState::Resumable | FolderState::Complete, Begin::Replace) => {
                for name in own_files() {
                    folder.remove(name)?;
                }
            }
            (FolderState::Empty, _) | (_, Begin::Resume) => {}
        }
        fs::create_dir_all(path).map_err(FolderFault::io(path, "making the folder"))?;
        Ok(folder)
    }

    /// Opens the folder of a reported run.
    pub fn open(path: &Path) -> Result<Self, FolderFault> {
        let folder = Self { path: path.to_owned() };
        match folder.state() {
            FolderState::Resumable | FolderState::Complete => Ok(folder),
            FolderState::BrokenOff => Err(FolderFault::HoldsBrokenOff(path.to_owned())),
            FolderState::Empty => Err(FolderFault::NoRun { path: path.to_owned(), what: "run (run.json)" }),
        }
    }

    /// What the folder holds.
    pub fn state(&self) -> FolderState {
        match (self.file(RUN).exists(), self.file(JOURNAL).exists()) {
            (false, false) => FolderState::Empty,
            (false, true) => FolderState::BrokenOff,
            (true, true) => FolderState::Resumable,
            (true, false) => FolderState::Complete,
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of one of the run's files.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Any folder to write files into; made when there is none.
    pub fn at(path: &Path) -> Result<Self, FolderFault> {
        fs::create_dir_all(path).map_err(FolderFault::io(path, "making the folder"))?;
        Ok(Self { path: path.to_owned() })
    }

    /// Writes a file: it appears whole or not at all.
    pub fn write_whole<E: std::error::Error + Send + Sync + 'static>(
        &self,
        name: &'static str,
        write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<FileRecord, Box<dyn std::error::Error + Send + Sync>> {
        let path = self.file(name);
        let mut file = WholeFile::create(&path).map_err(FolderFault::io(&path, "writing"))?;
        write(&mut file)?;
        Ok(file.finish(name, None).map_err(FolderFault::io(&path, "writing"))?)
    }

    fn put(&self, name: &'static str, bytes: &[u8]) -> Result<FileRecord, FolderFault> {
        let path = self.file(name);
        let writing = || FolderFault::io(&path, "writing");
        let mut file = WholeFile::create(&path).map_err(writing())?;
        file.write_all(bytes).map_err(writing())?;
        file.finish(name, None).map_err(writing())
    }

    /// The facts of a reported run.
    pub fn facts(&self) -> FactsFile {
        FactsFile::at(self.file(FACTS))
    }

    /// Begins to write the facts.
    pub fn facts_writer(&self) -> Result<FactsWriter, FolderFault> {
        FactsWriter::create(self)
    }

    /// The calls of a reported run.
    pub fn ledger(&self) -> LedgerFile {
        LedgerFile::at(self.file(LEDGER))
    }

    /// Puts the calls that were journalled into order and writes them.
    pub fn write_ledger(&self, families: &Families) -> Result<(FileRecord, LedgerSummary), FolderFault> {
        ledger::write(self, families)
    }

    /// Writes calls in the order they come in.
    pub fn write_calls<E: From<FolderFault>>(
        &self,
        calls: impl Iterator<Item = Result<Call, E>>,
    ) -> Result<FileRecord, E> {
        ledger::write_calls(self, calls)
    }

    /// The run's record.
    pub fn run(&self) -> Result<Run, FolderFault> {
        Ok(record::read(&self.file(RUN))?)
    }

    /// Writes what the run uses besides the facts.
    pub fn write_beside(&self, beside: &Beside) -> Result<Vec<FileRecord>, FolderFault> {
        beside.write(self)
    }

    /// Writes the request the run answers; takes away one that an earlier run in the folder answered.
    pub fn write_request(&self, request: Option<&[u8]>) -> Result<Option<FileRecord>, FolderFault> {
        match request {
            Some(envelope) => self.put(REQUEST, envelope).map(Some),
            None => self.remove(REQUEST).map(|()| None),
        }
    }

    /// What the run used besides the facts; nothing of a sort that it is older than.
    pub fn beside(&self, run: &Run) -> Result<Beside, FolderFault> {
        Beside::read(self, &run.files)
    }

    /// Holds the facts, the ledger and what lies beside them to what the run has recorded of them.
    pub fn hold_to(&self, run: &Run) -> Result<(), FolderFault> {
        for name in [FACTS, LEDGER, REQUEST].into_iter().chain(Beside::FILES) {
            let path = self.file(name);
            let Some(record) = run.files.iter().find(|record| record.name == name) else {
                // A run need not have used any; one that says nothing of it may not find one either.
                if (name == REQUEST || Beside::FILES.contains(&name)) && !path.exists() {
                    continue;
                }
                return Err(FolderFault::Altered(path));
            };
            let read = |source| ReadFault::Open { file: path.clone(), source };
            let mut digest = Sha256::new();
            let mut file = File::open(&path).map_err(read)?;
            let mut some = vec![0; 1 << 16];
            loop {
                match file.read(&mut some).map_err(read)? {
                    0 => break,
                    read => digest.update(&some[..read]),
                }
            }
            if hex::encode(digest.finalize()) != record.sha256 {
                return Err(FolderFault::Altered(path));
            }
        }
        Ok(())
    }

    /// Writes the run's record: the last file of a run. With nothing left to ask the journal goes.
    pub fn finish(&self, run: &Run) -> Result<(), FolderFault> {
        let path = self.file(RUN);
        let mut bytes = serde_json::to_vec_pretty(run)
            .map_err(|error| FolderFault::io(&path, "writing")(io::Error::other(error)))?;
        bytes.push(b'\n');
        self.put(RUN, &bytes)?;
        if run.unfinished == 0 && !run.cancelled {
            self.remove(JOURNAL)?;
            self.remove(LEDGER_JOURNAL)?;
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), FolderFault> {
        let path = self.file(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(FolderFault::io(&path, "removing")(error))
            }
            _ => Ok(()),
        }
    }

    /// A nameless-by-convention working file of this run.
    fn scratch(&self, name: &str) -> Result<(PathBuf, File), FolderFault> {
        let path = self.file(name);
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(FolderFault::io(&path, "making a working file"))?;
        Ok((path, file))
    }
}

#[cfg(test)]
mod tests;
