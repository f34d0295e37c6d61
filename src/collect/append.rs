//! The journal's two files: appending to them, and bringing them to the disk.

use super::journal::JournalFault;
use super::progress::{Event, Progress};
use crate::run_folder::LINE_LIMIT;
use sekisho_contract::call::Call;
use sekisho_contract::door::Ledger;
use serde::Serialize;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The disk is asked to keep what it was given at most this often.
const SYNC_EVERY: Duration = Duration::from_millis(250);
/// Bytes held back before they are handed to the kernel in the middle of a unit.
const HELD: usize = 1 << 16;
/// No line of the journal is longer: room is left for what linking adds.
const LONGEST: u64 = LINE_LIMIT / 2;

/// Whether a line goes to the kernel at once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Hold,
    Flush,
}

/// What the run, the doors and the journal's thread share.
pub(super) struct Shared {
    facts: Mutex<Writer>,
    calls: Mutex<Writer>,
    fault: Mutex<Option<JournalFault>>,
    sync: Mutex<Sync>,
    wake: Condvar,
    /// Fires when a file can no longer be written.
    pub(super) broken: CancellationToken,
    pub(super) next_unit: AtomicU32,
    /// Calls that are written down, those of earlier stretches of the run included.
    pub(super) made: AtomicU64,
    pub(super) progress: Arc<dyn Progress>,
}

struct Sync {
    dirty: bool,
    ended: bool,
}

impl Shared {
    pub(super) fn new(facts: Writer, calls: Writer, next_unit: u32, progress: Arc<dyn Progress>) -> Self {
        Self {
            facts: Mutex::new(facts),
            calls: Mutex::new(calls),
            fault: Mutex::new(None),
            sync: Mutex::new(Sync { dirty: false, ended: false }),
            wake: Condvar::new(),
            broken: CancellationToken::new(),
            next_unit: AtomicU32::new(next_unit),
            made: AtomicU64::new(0),
            progress,
        }
    }

    /// Appends a line. `false` when it is longer than any reader takes, and was left out.
    pub(super) fn append(&self, line: &impl Serialize, then: Then) -> bool {
        let line = match encoded(line) {
            Ok(line) if line.len() as u64 > LONGEST => return false,
            Ok(line) => line,
            Err(error) => {
                self.failed(io_fault(&lock(&self.facts).path, "encoding a fact")(error));
                return false;
            }
        };
        if then == Then::Flush {
            // The calls behind a unit are written before the line that makes it count.
            self.note(lock(&self.calls).flush());
        }
        self.note(lock(&self.facts).write(&line, then));
        if then == Then::Flush {
            lock(&self.sync).dirty = true;
        }
        true
    }

    /// Appends a line the journal cannot do without, and hands everything to the kernel.
    pub(super) fn must_append(&self, line: &impl Serialize) {
        if !self.append(line, Then::Flush) {
            let why = format!("a line is longer than {LONGEST} bytes");
            self.failed(JournalFault::Io { path: lock(&self.facts).path.clone(), doing: "writing", why });
        }
    }

    pub(super) fn flush(&self) {
        self.note(lock(&self.calls).flush());
        self.note(lock(&self.facts).flush());
    }

    fn note(&self, result: Result<(), JournalFault>) {
        if let Err(fault) = result {
            self.failed(fault);
        }
    }

    fn failed(&self, fault: JournalFault) {
        lock(&self.fault).get_or_insert(fault);
        self.broken.cancel();
    }

    pub(super) fn healthy(&self) -> Result<(), JournalFault> {
        lock(&self.fault).clone().map_or(Ok(()), Err)
    }

    /// The journal's thread: brings what was written to the disk, now and then.
    pub(super) fn keep_synced(&self) {
        let files = [lock(&self.calls).twin(), lock(&self.facts).twin()];
        let files: Vec<(PathBuf, File)> = match files.into_iter().collect() {
            Ok(files) => files,
            Err(fault) => return self.failed(fault),
        };
        let mut sync = lock(&self.sync);
        loop {
            let woken = self.wake.wait_timeout_while(sync, SYNC_EVERY, |sync| !sync.ended);
            sync = woken.unwrap_or_else(PoisonError::into_inner).0;
            let ended = sync.ended;
            if std::mem::take(&mut sync.dirty) || ended {
                drop(sync);
                for (path, file) in &files {
                    match file.sync_data() {
                        // A file that cannot be synced by its nature (a pipe, a device).
                        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
                        result => self.note(result.map_err(io_fault(path, "bringing to the disk"))),
                    }
                }
                sync = lock(&self.sync);
            }
            if ended {
                return;
            }
        }
    }

    pub(super) fn end_sync(&self) {
        lock(&self.sync).ended = true;
        self.wake.notify_all();
    }
}

impl Ledger for Shared {
    fn record(&self, call: Call) {
        tracing::debug!(
            account = call.account,
            region = call.region,
            target = call.target,
            page = call.page,
            attempt = call.attempt,
            status = call.status,
            error = call.error,
            ms = call.milliseconds,
            "{}",
            call.operation
        );
        self.progress.note(Event::CallMade(&call));
        self.made.fetch_add(1, Ordering::Relaxed);
        match encoded(&call) {
            Ok(line) => self.note(lock(&self.calls).write(&line, Then::Flush)),
            Err(error) => self.failed(io_fault(&lock(&self.calls).path, "encoding a call")(error)),
        }
    }
}

/// Appends to one file. After a fault it takes no more: what follows a torn line could not be told from it.
pub(super) struct Writer {
    path: PathBuf,
    file: File,
    held: Vec<u8>,
    broken: bool,
}

impl Writer {
    /// Opens the file, and keeps so many bytes of it.
    pub(super) fn open(path: &Path, keep: u64) -> Result<Self, JournalFault> {
        let file = File::options().append(true).create(true).open(path).map_err(io_fault(path, "opening"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalFault::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(io_fault(path, "locking")(error)),
        }
        let length = file.metadata().map_err(io_fault(path, "reading its size"))?.len();
        if length != keep {
            file.set_len(keep).map_err(io_fault(path, "cutting off a torn line"))?;
        }
        Ok(Self { path: path.to_owned(), file, held: Vec::with_capacity(HELD), broken: false })
    }

    fn write(&mut self, line: &[u8], then: Then) -> Result<(), JournalFault> {
        if self.broken {
            return Ok(());
        }
        self.held.extend_from_slice(line);
        if then == Then::Flush || self.held.len() >= HELD { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), JournalFault> {
        if self.broken || self.held.is_empty() {
            return Ok(());
        }
        let written = self.file.write_all(&self.held);
        self.held.clear();
        self.held.shrink_to(4 * HELD);
        written.map_err(|error| {
            self.broken = true;
            io_fault(&self.path, "writing")(error)
        })
    }

    fn twin(&self) -> Result<(PathBuf, File), JournalFault> {
        let file = self.file.try_clone().map_err(io_fault(&self.path, "opening"))?;
        Ok((self.path.clone(), file))
    }
}

fn encoded(line: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    Ok(bytes)
}

pub(super) fn io_fault(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> JournalFault {
    move |error| JournalFault::Io { path: path.to_owned(), doing, why: error.to_string() }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves whole lines behind: each is appended in one step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
