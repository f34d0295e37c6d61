//! Reading lines that others may have written: bounded, with file and line in every fault.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

/// No line is longer, in bytes.
pub const LINE_LIMIT: u64 = 8 << 20;

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadFault {
    /// The file could not be opened.
    #[error("{file}: {source}; name the --out folder of an earlier `sekisho assess`")]
    Open {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file broke off, or its compression is damaged.
    #[error("{file}, after line {line}: {source}; the file is damaged, assess again")]
    Broken {
        /// The file.
        file: PathBuf,
        /// The last line that could be read.
        line: u64,
        /// What is wrong.
        source: io::Error,
    },
    /// A line is longer than any that sekisho writes.
    #[error("{file}, line {line}: longer than {LINE_LIMIT} bytes; sekisho writes no such line")]
    TooLong {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
    },
    /// A line is not what it should be.
    #[error("{file}, line {line}: {why}; the file is damaged or from another version of sekisho")]
    Malformed {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
}

/// The lines of a file, in order.
#[derive(Debug)]
pub struct Lines<R> {
    file: PathBuf,
    input: R,
    line: u64,
    offset: u64,
}

impl<R: BufRead> Lines<R> {
    /// The lines of `input`, which came from `file`.
    pub fn of(file: &Path, input: R) -> Self {
        Self { file: file.to_owned(), input, line: 0, offset: 0 }
    }

    /// Reads the next line without its end into `line`. `false` at the end, and at a last line that was
    /// torn off before its end.
    pub fn next_into(&mut self, line: &mut Vec<u8>) -> Result<bool, ReadFault> {
        line.clear();
        let read = self
            .input
            .by_ref()
            .take(LINE_LIMIT + 1)
            .read_until(b'\n', line)
            .map_err(|source| ReadFault::Broken { file: self.file.clone(), line: self.line, source })?;
        if line.pop_if(|last| *last == b'\n').is_none() {
            if read as u64 > LINE_LIMIT {
                return Err(ReadFault::TooLong { file: self.file.clone(), line: self.line + 1 });
            }
            return Ok(false);
        }
        self.line += 1;
        self.offset += read as u64;
        Ok(true)
    }

    /// How many bytes the lines read so far take.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The fault of the line that was read last.
    pub fn malformed(&self, why: impl ToString) -> ReadFault {
        ReadFault::Malformed { file: self.file.clone(), line: self.line, why: why.to_string() }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<String, ReadFault>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        match self.next_into(&mut line) {
            Ok(true) => Some(String::from_utf8(line).map_err(|error| self.malformed(error))),
            // In a finished file a torn last line is damage, not the trace of a broken-off run.
            Ok(false) if line.is_empty() => None,
            Ok(false) => {
                self.line += 1;
                Some(Err(self.malformed("the line has no end")))
            }
            Err(fault) => Some(Err(fault)),
        }
    }
}
