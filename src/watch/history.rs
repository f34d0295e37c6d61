//! The history of a watch: a folder of runs, what it knows of them, and the lock that keeps a second watch out.

use super::notice::{Name, Notice};
use crate::run_folder::{self, JOURNAL, RUN, RunFolder};
use jiff::{SignedDuration, Timestamp};
use sekisho_contract::gap::shorten;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What a watch knows from one run to the next.
const STATE: &str = "watch.json";
/// Held while a watch lives.
const LOCK: &str = "watch.lock";
const SCHEMA: &str = "sekisho/watch/v1";
/// Largest state that is read, in bytes.
const STATE_LIMIT: u64 = 64 << 20;
/// A run that was broken off longer ago is not gone on with: a report tells of one day.
const RESUMED_WITHIN: SignedDuration = SignedDuration::from_hours(20);

/// What a watch knows from one run to the next.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Always `sekisho/watch/v1`.
    pub schema: String,
    /// The runs it made, by name: when each was begun. Nothing else is ever removed.
    pub runs: BTreeMap<String, Timestamp>,
    /// The newest of them that came to its end.
    pub newest: Option<String>,
    /// A run that was to be gone on with, and could not be.
    #[serde(default)]
    pub given_up: Option<String>,
    /// What is worse and was told.
    pub told: BTreeSet<Name>,
    /// Whether the last run failed.
    pub failing: bool,
    /// Notices that could not be delivered yet, with whom they are for.
    pub pending: Vec<Pending>,
}

/// A notice that is still to be delivered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// Whom it is for.
    pub to: String,
    /// The notice.
    pub notice: Notice,
    /// How often it was tried.
    pub tried: u32,
    /// What stood in the way last.
    pub why: String,
}

/// How much of the history is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// No run that is older.
    pub age: Option<SignedDuration>,
    /// No more runs than this.
    pub runs: Option<usize>,
}

/// The history, locked.
#[derive(Debug)]
pub struct History {
    folder: PathBuf,
    /// What is known.
    pub state: State,
    // Held as long as this lives; the system gives it back whatever becomes of the program.
    _lock: File,
}

/// A history that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HistoryFault {
    /// Another watch is at work.
    #[error("{0} is watched by another program (process {1}); stop it, or choose another --history folder")]
    InUse(PathBuf, String),
    /// A file or folder could not be read or written.
    #[error("{path}: {doing}: {source}; free space, or choose another --history folder")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The state is not what a watch writes.
    #[error("{path}: {why}; move the file away to begin anew: the runs stay, and none of them is removed")]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

fn io_fault(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> HistoryFault {
    move |source| HistoryFault::Io { path: path.to_owned(), doing, source }
}

impl History {
    /// Opens a history for one watch alone; the folder is made when there is none.
    pub fn open(folder: &Path) -> Result<Self, HistoryFault> {
        fs::create_dir_all(folder).map_err(io_fault(folder, "making the folder"))?;
        let path = folder.join(LOCK);
        let opened = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let mut lock = opened.map_err(io_fault(&path, "opening the lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = Vec::new();
                // What the holder wrote only names it; the lock itself is what counts.
                let _unnamed = lock.take(20).read_to_end(&mut holder);
                let digits = holder.into_iter().filter(u8::is_ascii_digit).map(char::from);
                return Err(HistoryFault::InUse(folder.to_owned(), digits.collect()));
            }
            Err(TryLockError::Error(source)) => return Err(io_fault(&path, "locking")(source)),
        }
        // A lock file that an earlier watch left behind is nobody's: nothing holds it.
        let named = lock.set_len(0).and_then(|()| write!(lock, "{}", std::process::id()));
        named.map_err(io_fault(&path, "writing the lock"))?;
        let state = read_state(&folder.join(STATE))?;
        Ok(Self { folder: folder.to_owned(), state, _lock: lock })
    }

    /// The folder of a run.
    pub fn of(&self, run: &str) -> PathBuf {
        self.folder.join(run)
    }

    /// The run to go on with, if one of ours was broken off lately, else a new one; and whether it goes on.
    pub fn next(&mut self, now: Timestamp) -> Result<(String, bool), HistoryFault> {
        if let Some((name, begun)) = self.state.runs.iter().next_back()
            && now.duration_since(*begun) < RESUMED_WITHIN
            && self.state.given_up.as_ref() != Some(name)
            && is_broken_off(&self.of(name))
        {
            return Ok((name.clone(), true));
        }
        let mut name = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        // Two within a second, or a folder that somebody else has put there.
        while self.of(&name).exists() {
            name.push('a');
        }
        self.state.runs.insert(name.clone(), now);
        self.save()?;
        Ok((name, false))
    }

    /// Writes down what is known: whole, or not at all.
    pub fn save(&mut self) -> Result<(), HistoryFault> {
        SCHEMA.clone_into(&mut self.state.schema);
        let (path, part) = (self.folder.join(STATE), self.folder.join("watch.json.part"));
        let bytes = serde_json::to_vec_pretty(&self.state)
            .map_err(|fault| io_fault(&path, "writing")(io::Error::other(fault)))?;
        let write = || -> io::Result<()> {
            let mut file = File::create(&part)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&part, &path)
        };
        write().map_err(io_fault(&path, "writing"))
    }

    /// Removes what is older than is kept, and more than is kept: runs of our own alone, and neither the newest that came to
    /// its end nor what is held against. Says what was removed, and what could not be.
    pub fn prune(&mut self, keep: Keep, now: Timestamp, held: Option<&Path>) -> (Vec<String>, Vec<String>) {
        let same = |path: &Path| {
            let real = |path: &Path| fs::canonicalize(path).ok();
            held.is_some_and(|held| path == held || real(path).is_some() && real(path) == real(held))
        };
        let newest_first: Vec<(String, Timestamp)> =
            self.state.runs.iter().rev().map(|(name, begun)| (name.clone(), *begun)).collect();
        let (mut removed, mut left) = (Vec::new(), Vec::new());
        for (at, (name, begun)) in newest_first.into_iter().enumerate() {
            let too_old = keep.age.is_some_and(|age| now.duration_since(begun) > age);
            let too_many = keep.runs.is_some_and(|runs| at >= runs.max(1));
            let path = self.of(&name);
            if !(too_old || too_many) || self.state.newest.as_ref() == Some(&name) || same(&path) {
                continue;
            }
            match remove_run(&path) {
                Ok(()) => {
                    self.state.runs.remove(&name);
                    removed.push(name);
                }
                Err(why) => left.push(format!("{name}: {why}")),
            }
        }
        (removed, left)
    }
}

fn is_broken_off(path: &Path) -> bool {
    match (path.join(RUN).exists(), path.join(JOURNAL).exists()) {
        (false, journal) => journal,
        // Stopped before its end, with its report written.
        (true, true) => RunFolder::open(path).and_then(|folder| folder.run()).is_ok_and(|run| run.cancelled),
        (true, false) => false,
    }
}

/// Removes the folder of a run. One that holds anything a run does not write is left as it is.
fn remove_run(path: &Path) -> Result<(), String> {
    let told = |fault: io::Error| fault.to_string();
    match fs::symlink_metadata(path) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(fault) => return Err(told(fault)),
        Ok(found) if !found.is_dir() => return Err("it is no folder".to_owned()),
        Ok(_) => {}
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(told)? {
        let entry = entry.map_err(told)?;
        let name = entry.file_name();
        let known = name
            .to_str()
            .is_some_and(|name| run_folder::own_files().any(|own| own == name) || name.ends_with(".part"));
        if !known || !entry.file_type().map_err(told)?.is_file() {
            return Err(format!("it holds {}, which no run writes", shorten(&name.to_string_lossy())));
        }
        files.push(entry.path());
    }
    // The record goes first: what is left without it is no run.
    files.sort_by_key(|file| file.file_name().is_none_or(|name| name != RUN));
    for file in files {
        fs::remove_file(&file).map_err(told)?;
    }
    fs::remove_dir(path).map_err(told)
}

fn read_state(path: &Path) -> Result<State, HistoryFault> {
    let wrong = |why: String| HistoryFault::State { path: path.to_owned(), why };
    let mut bytes = Vec::new();
    match File::open(path) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(State::default()),
        Err(fault) => return Err(io_fault(path, "reading")(fault)),
        Ok(file) => {
            file.take(STATE_LIMIT + 1).read_to_end(&mut bytes).map_err(io_fault(path, "reading"))?;
        }
    }
    if bytes.len() as u64 > STATE_LIMIT {
        return Err(wrong(format!("longer than {STATE_LIMIT} bytes")));
    }
    let state: State = serde_json::from_slice(&bytes).map_err(|fault| wrong(shorten(&fault.to_string())))?;
    if state.schema != SCHEMA {
        return Err(wrong(format!("the schema is `{}`, not `{SCHEMA}`", shorten(&state.schema))));
    }
    // A name is never a way out of the folder.
    let plain = |name: &String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match state.runs.keys().chain(&state.newest).find(|name| !plain(name)) {
        Some(name) => Err(wrong(format!("`{}` is no name of a run", shorten(name)))),
        None => Ok(state),
    }
}
