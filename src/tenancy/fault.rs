//! What can be wrong with a tenancy file, with its place and the next step.

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity};
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// The tenancy file cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum TenancyError {
    /// No such file.
    #[error("there is no file {}", path.display())]
    #[diagnostic(help("name the tenancy file with `-c FILE`; README.md shows one to start from"))]
    Missing {
        /// The path as given.
        path: PathBuf,
    },
    /// It is there and cannot be read.
    #[error("{} cannot be read: {cause}", path.display())]
    #[diagnostic(help("make it a file that this user may read"))]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// It is not UTF-8.
    #[error("{} line {line}: not UTF-8 text", path.display())]
    #[diagnostic(help("save the file as UTF-8; it may be in Shift_JIS or UTF-16"))]
    NotText {
        /// The path as given.
        path: PathBuf,
        /// The line of the first byte that is not UTF-8, from 1.
        line: usize,
    },
    /// It is larger than a tenancy file can sensibly be.
    #[error("{} is larger than {limit} bytes", path.display())]
    #[diagnostic(help("is this the tenancy file? It holds a few lines for each account"))]
    TooLarge {
        /// The path as given.
        path: PathBuf,
        /// The bound.
        limit: u64,
    },
    /// It was read, and is wrong.
    #[error("{name} cannot be used: {}", count(faults.len()))]
    Faulty {
        /// The file's name as given.
        name: String,
        /// Its text, secrets hidden.
        #[source_code]
        text: NamedSource<String>,
        /// Everything that is wrong, in the file's order.
        #[related]
        faults: Vec<Fault>,
    },
}

fn count(faults: usize) -> String {
    if faults == 1 { "1 fault".to_owned() } else { format!("{faults} faults") }
}

/// One thing that is wrong with the file, or worth a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// Whether the file can be used all the same.
    pub warning: bool,
    start: usize,
    marks: Vec<(Range<usize>, String)>,
}

impl Fault {
    /// A fault at `at`, a range of bytes of `text`; shown there when `mark` says something.
    pub(super) fn new(
        text: &str,
        at: Range<usize>,
        message: impl Into<String>,
        mark: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let at = first_line(text, at);
        let (line, column) = position(text, at.start);
        let (start, mark) = (at.start, mark.into());
        Self {
            message: message.into(),
            help: help.into(),
            line,
            column,
            warning: false,
            start,
            marks: if mark.is_empty() { Vec::new() } else { vec![(at, mark)] },
        }
    }

    /// A fault of a file as a whole.
    pub(crate) fn of_file(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new("", 0..0, message, "", help)
    }

    /// The fault with a second place that explains it.
    pub(super) fn and(mut self, text: &str, at: Range<usize>, mark: impl Into<String>) -> Self {
        self.marks.push((first_line(text, at), mark.into()));
        self
    }

    /// The fault as a warning.
    pub(super) fn into_warning(mut self) -> Self {
        self.warning = true;
        self
    }

    /// What to order by: the byte where it begins, and what holds for the whole file first.
    pub(crate) const fn order(&self) -> (usize, bool) {
        (self.start, !self.marks.is_empty())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for Fault {}

impl Diagnostic for Fault {
    fn severity(&self) -> Option<Severity> {
        Some(if self.warning { Severity::Warning } else { Severity::Error })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.help))
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(
            self.marks.iter().map(|(at, mark)| LabeledSpan::new(Some(mark.clone()), at.start, at.len())),
        ))
    }
}

/// The line and the column in characters of a byte, both from 1.
pub(super) fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).map_or(0, |line| line.chars().count());
    (before.matches('\n').count() + 1, column + 1)
}

/// The part of a range that lies on its first line.
fn first_line(text: &str, at: Range<usize>) -> Range<usize> {
    let end = at.end.min(text.len());
    let start = at.start.min(end);
    let length = text.get(start..end).map_or(0, |part| part.find('\n').unwrap_or(part.len()));
    start..start + length
}
