//! The journal: facts and calls as they come, so that a killed run goes on where it was.
//!
//! Lines are only ever appended. A *unit* is one asking of one account's survey or of one cell; its
//! resources come first, and its last line (`surveyed`, `swept`) makes them count. The kernel has every
//! line of a unit before its last one is written, so killing the process loses nothing that counts; a
//! thread of its own brings the bytes to the disk now and then.

use super::append::{Shared, Then, Writer, io_fault, lock};
use super::progress::{Event, Progress};
use super::scan::{self, Earlier};
use crate::run_folder::{JOURNAL, LEDGER_JOURNAL, ReadFault, RunFolder};
use sekisho_contract::door::Ledger;
use sekisho_contract::fact::{AccountSetting, Cell, Resource, SecondList};
use sekisho_contract::gap::{Gap, GapReason};
use sekisho_contract::provider::Member;
use sekisho_contract::{CellKey, FactSink};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The journal's own format.
pub(super) const FORMAT: &str = "sekisho/journal/v1";

/// One report tells of one day: a run that was begun longer ago is not gone on with.
const OLDEST: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

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
    /// What the journal holds was seen too long ago.
    #[error(
        "the run was begun at {0}, more than a day ago, and what it saw may no longer be so; assess anew into another --out folder"
    )]
    Stale(jiff::Timestamp),
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
        if now.duration_since(header.started_at) > OLDEST {
            return Err(JournalFault::Stale(header.started_at));
        }
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
        let made = scan::lines(&ledger_path, whole).map_err(io_fault(&ledger_path, "reading"))?;
        let calls = Writer::open(&ledger_path, whole)?;
        let shared = Arc::new(Shared::new(facts, calls, earlier.next_unit, progress));
        shared.made.store(made, Ordering::Relaxed);
        let journal = Self { syncer: Mutex::new(None), shared, header, path, earlier };
        if journal.earlier.whole == 0 {
            journal.shared.must_append(&Headed { header: &journal.header });
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

    /// Calls made until now, those before a resume included.
    pub(super) fn calls(&self) -> u64 {
        self.shared.made.load(Ordering::Relaxed)
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
            lists: Mutex::default(),
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
    lists: Mutex<Vec<SecondList>>,
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
        self.shared.must_append(&SurveyedLine { surveyed });
    }

    /// Makes a cell count.
    pub(super) fn swept(self, cell: Cell, gaps: Vec<Gap>, again: bool) {
        self.shared.progress.note(Event::CellEnded(&cell));
        let mut second_lists = std::mem::take(&mut *lock(&self.lists));
        second_lists.sort_by_key(|list| list.witness);
        let swept = &Swept { unit: self.number, cell, gaps, again, second_lists };
        self.shared.must_append(&SweptLine { swept });
    }
}

impl FactSink for Unit<'_> {
    fn resource(&self, resource: Resource, gaps: Vec<Gap>) {
        if gaps.iter().any(|gap| cuts_short(gap.reason)) {
            self.cut_short.store(true, Ordering::Relaxed);
        }
        let line = ResourceOut { unit: self.number, gaps: &gaps, fact: &resource };
        // One too large to keep is not counted as read: its cell then is not listed whole, and says so.
        if self.shared.append(&ResourceLine { resource: line }, Then::Hold) {
            self.facts.fetch_add(1, Ordering::Relaxed);
            self.shared.progress.note(Event::ResourceRead);
        }
    }

    fn second_list(&self, list: SecondList) {
        lock(&self.lists).push(list);
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
    /// The other accounts of its organization.
    #[serde(default)]
    pub(super) members: Vec<Member>,
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
    /// What lists over services say of the account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) second_lists: Vec<SecondList>,
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
