//! The journal: facts and calls as they come, so that a killed run goes on where it was.
//!
//! Lines are only ever appended. A *unit* is one asking of one account's survey or of one cell; its
//! resources come first, and its last line (`surveyed`, `swept`) makes them count. The kernel has every
//! line of a unit before its last one is written, so killing the process loses nothing that counts; a
//! thread of its own brings the bytes to the disk at most every [`SYNC_EVERY`].

use super::progress::{Event, Progress};
use super::scan::{self, Earlier};
use crate::run_folder::{JOURNAL, LEDGER_JOURNAL, ReadFault, RunFolder};
use sekisho_contract::call::Call;
use sekisho_contract::door::Ledger;
use sekisho_contract::fact::{AccountSetting, Cell, Resource};
use sekisho_contract::gap::{Gap, GapReason};
use sekisho_contract::{CellKey, FactSink};
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The disk is asked to keep what it was given at most this often.
const SYNC_EVERY: Duration = Duration::from_millis(250);
/// Bytes held back before they are handed to the kernel in the middle of a unit.
const HELD: usize = 1 << 16;
/// The journal's own format.
pub(super) const FORMAT: &str = "sekisho/journal/v1";

/// What makes two runs the same run: only then may one go on with the other's journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// SHA-256 of the tenancy's accounts as the tenancy file gives them.
    pub accounts: String,
    /// The profile and its digest.
    pub profile: String,
    /// The version of sekisho.
    pub tool: String,
}

/// The journal's first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The format of the journal.
    pub format: String,
    /// The run.
    pub identity: Identity,
    /// When the run began.
    pub started_at: jiff::Timestamp,
}

/// A journal that cannot be written or gone on with.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalFault {
    /// The journal could not be written.
    #[error("{path}: {doing}: {why}; what was gathered is kept: make room, then go on with --resume")]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        why: String,
    },
    /// Another run writes to the folder.
    #[error("{0} is being written by another run; wait for it, or choose another --out folder")]
    InUse(PathBuf),
    /// The journal belongs to another run.
    #[error(
        "the journal was begun with another {what} (`{then}`, now `{now}`); resume with the same one, or assess anew into another --out folder"
    )]
    OtherRun {
        /// What differs.
        what: &'static str,
        /// As the journal has it.
        then: String,
        /// As it is now.
        now: String,
    },
    /// There is no journal to go on with.
    #[error("{0} is not there: nothing to go on with; assess without --resume")]
    Missing(PathBuf),
    /// The journal is damaged.
    #[error("the journal cannot be gone on with: {0}")]
    Damaged(Arc<ReadFault>),
}

/// An open journal.
pub struct Journal {
    shared: Arc<Shared>,
    syncer: Mutex<Option<JoinHandle<()>>>,
    earlier: Earlier,
    header: Header,
    path: PathBuf,
}

impl Journal {
    /// Begins the journal of a new run.
    pub fn create(
        folder: &RunFolder,
        identity: Identity,
        started_at: jiff::Timestamp,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, JournalFault> {
        let header = Header { format: FORMAT.to_owned(), identity, started_at };
        Self::begin(folder, header, Earlier::default(), progress)
    }

    /// Goes on with the journal of an earlier run of the same identity. What was torn off in the middle
    /// of a line is cut away.
    pub fn resume(
        folder: &RunFolder,
        identity: Identity,
        now: jiff::Timestamp,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, JournalFault> {
        let path = folder.file(JOURNAL);
        if !path.exists() {
            return Err(JournalFault::Missing(path));
        }
        let scan = scan::scan(&path).map_err(|fault| JournalFault::Damaged(Arc::new(fault)))?;
        let Some(header) = scan.header else {
            // Killed before its first line was whole: nothing was asked yet.
            return Self::create(folder, identity, now, progress);
        };
        let (then, now) = (&header.identity, &identity);
        for (what, then, now) in [
            ("version of sekisho", &then.tool, &now.tool),
            ("profile", &then.profile, &now.profile),
            ("set of accounts", &then.accounts, &now.accounts),
        ] {
            if then != now {
                return Err(JournalFault::OtherRun { what, then: then.clone(), now: now.clone() });
            }
        }
        Self::begin(folder, header, scan.earlier, progress)
    }

    fn begin(
        folder: &RunFolder,
        header: Header,
        earlier: Earlier,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, JournalFault> {
        let path = folder.file(JOURNAL);
        let facts = Writer::open(&path, earlier.whole)?;
        let ledger_path = folder.file(LEDGER_JOURNAL);
        let whole = if earlier.whole == 0 {
            0
        } else {
            scan::whole_lines(&ledger_path).map_err(io_fault(&ledger_path, "reading"))?
        };
        let calls = Writer::open(&ledger_path, whole)?;
        let shared = Arc::new(Shared {
            facts: Mutex::new(facts),
            calls: Mutex::new(calls),
            fault: Mutex::new(None),
            broken: CancellationToken::new(),
            next_unit: AtomicU32::new(earlier.next_unit),
            sync: Mutex::new(Sync { dirty: false, ended: false }),
            wake: Condvar::new(),
            progress,
        });
        let journal = Self { syncer: Mutex::new(None), shared, header, path, earlier };
        if journal.earlier.whole == 0 {
            journal.shared.append(&Headed { header: &journal.header }, Then::Flush);
            journal.shared.healthy()?;
        }
        let shared = Arc::clone(&journal.shared);
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || shared.keep_synced())
            .map_err(io_fault(&journal.path, "starting the journal's thread"))?;
        *lock(&journal.syncer) = Some(thread);
        Ok(journal)
    }

    /// Where the door writes its calls.
    pub fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::clone(&self.shared) as Arc<dyn Ledger>
    }

    /// When the run began: for a resumed run, when it first began.
    pub const fn started_at(&self) -> jiff::Timestamp {
        self.header.started_at
    }

    /// What an earlier run gathered.
    pub(super) const fn earlier(&self) -> &Earlier {
        &self.earlier
    }

    pub(super) fn progress(&self) -> &dyn Progress {
        &*self.shared.progress
    }

    /// Fires when the journal can no longer be written.
    pub(super) fn broken(&self) -> &CancellationToken {
        &self.shared.broken
    }

    /// Begins a unit.
    pub(super) fn unit(&self) -> Unit<'_> {
        Unit {
            shared: &self.shared,
            number: self.shared.next_unit.fetch_add(1, Ordering::Relaxed),
            facts: AtomicU64::new(0),
            cut_short: AtomicBool::new(false),
        }
    }

    /// Brings everything to the disk, and tells of the first thing that went wrong.
    pub fn close(&self) -> Result<(), JournalFault> {
        self.shared.flush();
        self.shared.end_sync();
        if let Some(thread) = lock(&self.syncer).take() {
            // The thread holds no lock while it can panic; it has nothing to say.
            let _ = thread.join();
        }
        self.shared.healthy()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // What is still held back goes to the kernel; who wants to know of faults calls `close`.
        let _ = self.close();
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("path", &self.path).finish_non_exhaustive()
    }
}

/// One asking of a survey or a cell.
pub(super) struct Unit<'j> {
    shared: &'j Shared,
    number: u32,
    facts: AtomicU64,
    cut_short: AtomicBool,
}

impl Unit<'_> {
    /// Resources taken so far.
    pub(super) fn facts(&self) -> u64 {
        self.facts.load(Ordering::Relaxed)
    }

    /// Whether a resource of it has a gap that asking again may close.
    pub(super) fn was_cut_short(&self) -> bool {
        self.cut_short.load(Ordering::Relaxed)
    }

    /// Makes a survey count.
    pub(super) fn surveyed(self, surveyed: &Surveyed) {
        let surveyed = &Surveyed { unit: self.number, ..surveyed.clone() };
        self.shared.append(&SurveyedLine { surveyed }, Then::Flush);
    }

    /// Makes a cell count.
    pub(super) fn swept(self, cell: Cell, gaps: Vec<Gap>, again: bool) {
        self.shared.progress.note(Event::CellEnded(&cell));
        let swept = &Swept { unit: self.number, cell, gaps, again };
        self.shared.append(&SweptLine { swept }, Then::Flush);
    }
}

impl FactSink for Unit<'_> {
    fn resource(&self, resource: Resource, gaps: Vec<Gap>) {
        if gaps.iter().any(|gap| cuts_short(gap.reason)) {
            self.cut_short.store(true, Ordering::Relaxed);
        }
        self.facts.fetch_add(1, Ordering::Relaxed);
        self.shared.progress.note(Event::ResourceRead);
        let line = ResourceOut { unit: self.number, gaps: &gaps, fact: &resource };
        self.shared.append(&ResourceLine { resource: line }, Then::Hold);
    }
}

/// Whether a gap comes from the circumstances of the run rather than from the cloud's standing answer:
/// a cell with such a gap is asked again on resume.
pub(super) const fn cuts_short(reason: GapReason) -> bool {
    matches!(
        reason,
        GapReason::Cancelled | GapReason::BudgetSpent | GapReason::Credentials | GapReason::Unreachable
    )
}

/// A survey's last line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Surveyed {
    pub(super) unit: u32,
    /// Whether the account was entered; otherwise every cell is settled as refused or failed.
    pub(super) entered: bool,
    pub(super) open: Vec<CellKey>,
    pub(super) settled: Vec<Cell>,
    pub(super) gaps: Vec<Gap>,
    pub(super) setting: AccountSetting,
    /// Whether a resume asks again.
    pub(super) again: bool,
}

/// A cell's last line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Swept {
    pub(super) unit: u32,
    pub(super) cell: Cell,
    pub(super) gaps: Vec<Gap>,
    /// Whether a resume asks again.
    pub(super) again: bool,
}

#[derive(Serialize)]
struct Headed<'a> {
    header: &'a Header,
}

#[derive(Serialize)]
struct SurveyedLine<'a> {
    surveyed: &'a Surveyed,
}

#[derive(Serialize)]
struct SweptLine<'a> {
    swept: &'a Swept,
}

#[derive(Serialize)]
struct ResourceLine<'a> {
    resource: ResourceOut<'a>,
}

#[derive(Serialize)]
struct ResourceOut<'a> {
    unit: u32,
    gaps: &'a [Gap],
    fact: &'a Resource,
}

/// Whether a line goes to the kernel at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Hold,
    Flush,
}

struct Shared {
    facts: Mutex<Writer>,
    calls: Mutex<Writer>,
    fault: Mutex<Option<JournalFault>>,
    broken: CancellationToken,
    next_unit: AtomicU32,
    sync: Mutex<Sync>,
    wake: Condvar,
    progress: Arc<dyn Progress>,
}

struct Sync {
    dirty: bool,
    ended: bool,
}

impl Shared {
    fn append(&self, line: &impl Serialize, then: Then) {
        let line = match encoded(line) {
            Ok(line) => line,
            Err(error) => return self.failed(io_fault(&lock(&self.facts).path, "encoding a fact")(error)),
        };
        if then == Then::Flush {
            // The calls behind a unit are written before the line that makes it count.
            self.note(lock(&self.calls).flush());
        }
        self.note(lock(&self.facts).write(&line, then));
        if then == Then::Flush {
            lock(&self.sync).dirty = true;
        }
    }

    fn flush(&self) {
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

    fn healthy(&self) -> Result<(), JournalFault> {
        lock(&self.fault).clone().map_or(Ok(()), Err)
    }

    /// The journal's thread: brings what was written to the disk, now and then.
    fn keep_synced(&self) {
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

    fn end_sync(&self) {
        lock(&self.sync).ended = true;
        self.wake.notify_all();
    }
}

impl Ledger for Shared {
    fn record(&self, call: Call, _answer: &[u8]) {
        self.progress.note(Event::CallMade(&call));
        match encoded(&call) {
            Ok(line) => self.note(lock(&self.calls).write(&line, Then::Hold)),
            Err(error) => self.failed(io_fault(&lock(&self.calls).path, "encoding a call")(error)),
        }
    }
}

/// Appends to one file. After a fault it takes no more: what follows a torn line could not be told from it.
struct Writer {
    path: PathBuf,
    file: File,
    held: Vec<u8>,
    broken: bool,
}

impl Writer {
    /// Opens the file, and keeps so many bytes of it.
    fn open(path: &Path, keep: u64) -> Result<Self, JournalFault> {
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

fn io_fault(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> JournalFault {
    move |error| JournalFault::Io { path: path.to_owned(), doing, why: error.to_string() }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves whole lines behind: each is appended in one step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
