//! Redaction by level: a run's folder made again without what names its resources, people and accounts, so that it can be sealed
//! and shown to whom these are none of their business.
//!
//! [`redact`] replaces identifiers by keyed stand-ins, judges the facts again, and writes the reports anew from them. A verdict
//! that would come out otherwise ends it: what is left is judged exactly as the whole is, and `verify` re-performs it. Who holds
//! the key and the full folder shows with [`hold_to_full`] that nothing else was changed.

mod facts;
mod fields;
mod full;
mod known;
mod same;
mod stand_in;
mod verdicts;
mod words;

pub use full::hold_to_full;

use super::manifest::Redaction;
use super::opened::{OpenRun, fresh_folder};
use crate::corroborate::{Heard, in_use};
use crate::judge::{JudgeFault, ProfileJudge};
use crate::report::Format;
use crate::run_folder::{Beside, FileRecord, FolderFault, RUN, ReadFault, Run, RunFolder};
use crate::walk::{Judge, StageFault};
use facts::Hosts;
use sekisho_contract::{Call, CallId, Provider};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use stand_in::StandIns;
use std::fmt;
use std::fs;
use std::io;
use std::str::FromStr;
use std::sync::Arc;
use tempfile::TempDir;

/// How far identifiers are taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Names and ids of resources, labels, principals, people, organisations, paths, and what providers said in words.
    Names,
    /// Those, and accounts, addresses, and the providers' numbers of requests.
    Accounts,
    /// Everything but verdicts, counts and what was looked at: facts, calls, documents, witnesses and logs. Nothing can be
    /// re-performed then.
    Verdicts,
}

impl Level {
    /// Every level, the least strict first.
    pub const ALL: &'static [Self] = &[Self::Names, Self::Accounts, Self::Verdicts];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Accounts => "accounts",
            Self::Verdicts => "verdicts",
        }
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().copied().find(|level| level.as_str() == text);
        known.ok_or_else(|| format!("`{text}` is no level: write names, accounts or verdicts"))
    }
}

/// The key that stand-ins are made with. Who has it can guess at what a stand-in is of.
pub struct Key([u8; 32]);

impl Key {
    /// Reads a key: 64 hexadecimal digits.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let digits = text.trim_ascii();
        let key = hex::decode(digits).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        match key {
            // A key of one byte over and over was not drawn by chance.
            Some(key) if key.iter().any(|byte| *byte != key[0]) => Ok(Self(key)),
            _ => Err("it is no key of 64 hexadecimal digits drawn by chance".to_owned()),
        }
    }

    /// SHA-256 of the key, lower-case hex: it tells which key it was, and not what it is.
    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(self.0))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// What is redacted, and how.
pub struct Order<'a> {
    /// The run, whole.
    pub open: &'a OpenRun,
    /// How far.
    pub level: Level,
    /// What stand-ins are made with.
    pub key: &'a Key,
    /// The providers of this build.
    pub providers: &'a [Arc<dyn Provider>],
}

/// A run without its identifiers, ready to be sealed.
#[derive(Debug)]
pub struct Redacted {
    /// Where its files lie.
    pub folder: RunFolder,
    /// Its record.
    pub run: Run,
    /// What the manifest says of it.
    pub redaction: Redaction,
    /// The fresh folder; it goes with this.
    _fresh: TempDir,
}

/// A run that was not redacted.
#[derive(Debug, thiserror::Error)]
pub enum RedactFault {
    /// A redacted run is redacted already.
    #[error("identifiers were taken out of it already; name the folder of the whole run")]
    Already,
    /// The verdicts are by other rules than this build's.
    #[error(
        "the run was judged by another version of the profile or its checks; make its reports again: sekisho report DIR"
    )]
    OtherProfile,
    /// What follows from the facts is something else without the identifiers.
    #[error(
        "without its identifiers {what} would come out otherwise ({before}, then {after}), so nothing was sealed; choose a less strict --redact level, or seal it whole"
    )]
    Verdict {
        /// The clause or check.
        what: String,
        /// What it was.
        before: String,
        /// What it would be.
        after: String,
    },
    /// A pattern takes in so much that it cannot be told without names.
    #[error(
        "the pattern `{0}` matches too many resources to be written without names, so nothing was sealed; narrow it to whole parts of identifiers, and assess again"
    )]
    Pattern(String),
    /// What other witnesses said is not of what is in use.
    #[error("what witnesses said is not of the places and endpoints in use; assess again")]
    Witnesses,
    /// What was written is not what this version reads.
    #[error("what was put together cannot be read back: {0}; this build is broken: report it")]
    Form(#[from] serde_json::Error),
    /// A file cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderFault),
    /// The profile.
    #[error(transparent)]
    Judge(#[from] JudgeFault),
    /// Judging or reporting failed.
    #[error("{0}; assess again")]
    Stage(StageFault),
    /// The fresh folder.
    #[error("{0}; free space, or name another folder with TMPDIR")]
    Io(#[from] io::Error),
}

impl From<ReadFault> for RedactFault {
    fn from(fault: ReadFault) -> Self {
        Self::Folder(fault.into())
    }
}

/// Makes a run's folder again without its identifiers. The same run, level and key give the same bytes.
pub fn redact(order: &Order<'_>) -> Result<Redacted, RedactFault> {
    let open = order.open;
    if open.run.redacted.is_some() {
        return Err(RedactFault::Already);
    }
    let written =
        |format: &&Format| open.run.files.iter().any(|file| format.files().contains(&file.name.as_str()));
    let formats: Vec<Format> = Format::ALL.iter().filter(written).copied().collect();
    let judge = ProfileJudge::of(&open.run.profile, &formats)?;
    if open.run.profile_digest != judge.profile_digest() {
        return Err(RedactFault::OtherProfile);
    }
    let fresh = fresh_folder()?;
    let folder = RunFolder::at(fresh.path())?;
    let mut made = StandIns::new(order.key, order.level);
    known::gather(order, &mut made)?;

    let ledger = calls(open, &mut made, &folder)?;
    let (facts, hosts) = facts::write(order, &made, &folder)?;
    let mut run = record(open, &made)?;
    run.redacted = Some(order.level.as_str().to_owned());
    let beside = beside(order, &made, &folder, &run, &hosts)?;
    run.files = folder.write_beside(&beside)?;
    run.files.extend([facts, ledger]);

    let stage = RedactFault::Stage;
    let before = Judge::assess(&judge, &open.folder.facts(), &open.beside, &open.run).map_err(stage)?;
    let after = Judge::assess(&judge, &folder.facts(), &beside, &run).map_err(stage)?;
    same::hold(&before, &after)?;
    run.handling = after.handling.clone();
    if order.level == Level::Verdicts {
        let alone = verdicts::alone(after, &mut run);
        let reports = Judge::report(&judge, &folder, &alone, &run).map_err(stage)?;
        // Reports are written with the ledger at hand; nothing but them is left.
        for file in std::mem::replace(&mut run.files, reports) {
            fs::remove_file(folder.file(&file.name))?;
        }
    } else {
        run.files.extend(Judge::report(&judge, &folder, &after, &run).map_err(stage)?);
    }
    run.files.sort_by(|a, b| a.name.cmp(&b.name));
    folder.finish(&run)?;
    let redaction = Redaction {
        level: order.level.as_str().to_owned(),
        full: full_files(open)?,
        key_sha256: Some(order.key.sha256()),
    };
    Ok(Redacted { folder, run, redaction, _fresh: fresh })
}

/// The files of the whole run, its record among them, in order of their names.
fn full_files(open: &OpenRun) -> Result<Vec<FileRecord>, RedactFault> {
    let bytes = fs::read(open.folder.file(RUN))?;
    let own = FileRecord {
        name: RUN.to_owned(),
        sha256: hex::encode(Sha256::digest(&bytes)),
        bytes: bytes.len() as u64,
        lines: None,
    };
    let mut files = open.run.files.clone();
    files.push(own);
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Writes the calls, each under the id that follows from what stands in for what it asked.
fn calls(open: &OpenRun, made: &mut StandIns, folder: &RunFolder) -> Result<FileRecord, RedactFault> {
    let ledger = open.folder.ledger();
    let calls = ledger.pass().map(|call| {
        let call = call?;
        let told: Call = replaced(made, "ledger", &call)?;
        let Call { provider, account, region, operation, target, page, .. } = &told;
        let id = CallId::of(provider, account, region, operation, target, *page);
        made.calls.insert(call.id, id);
        Ok(Call { id, ..told })
    });
    folder.write_calls::<RedactFault>(calls)
}

/// The run's record, without its files. Scope rules that name a pattern within a word name what it matches.
fn record(open: &OpenRun, made: &StandIns) -> Result<Run, RedactFault> {
    let mut whole = open.run.clone();
    let mut scopes = Vec::new();
    for scope in std::mem::take(&mut whole.tenancy.scopes) {
        let pattern = scope.matcher.resource.clone();
        let mut own = whole.clone();
        own.tenancy.scopes = vec![scope];
        let told: Run = replaced(made, "run", &own)?;
        let matched = pattern.and_then(|pattern| made.matched.get(&pattern));
        for scope in told.tenancy.scopes {
            match matched {
                None => scopes.push(scope),
                Some(ids) => scopes.extend(ids.iter().map(|id| {
                    let mut one = scope.clone();
                    one.matcher.resource = Some(id.clone());
                    one
                })),
            }
        }
    }
    let mut run: Run = replaced(made, "run", &whole)?;
    run.tenancy.scopes = scopes;
    Ok(run)
}

/// What the run used besides the facts, with places and endpoints in the order of their new names.
fn beside(
    order: &Order<'_>,
    made: &StandIns,
    folder: &RunFolder,
    run: &Run,
    hosts: &Hosts,
) -> Result<Beside, RedactFault> {
    let whole = &order.open.beside;
    let mut register: crate::documents::Register = replaced(made, "documents", &whole.register)?;
    register.documents.sort_by(|a, b| a.id.cmp(&b.id));
    let heard = match &whole.heard {
        None => None,
        Some(heard) => {
            let mut told: Heard = replaced(made, "corroboration", heard)?;
            for (told, was) in told.endpoints.iter_mut().zip(&heard.endpoints) {
                if let Some((host, port)) = hosts.get(&(was.host.clone(), was.port)) {
                    (told.host, told.port) = (host.clone(), *port);
                }
            }
            let known = |name: &str| order.providers.iter().any(|own| own.name() == name);
            match run.tenancy.accounts.iter().all(|one| known(&one.provider)) {
                false => Some(told),
                true => {
                    let resources = super::verify::cells::Resources(folder.facts());
                    let in_use = in_use(&resources, &run.tenancy, order.providers)?;
                    Some(in_use.in_order(told).ok_or(RedactFault::Witnesses)?)
                }
            }
        }
    };
    let logs = whole.logs.as_ref().map(|scan| replaced(made, "logs", scan)).transpose()?;
    Ok(Beside { register, heard, logs })
}

/// The same with every text replaced as the table says.
fn replaced<T: Serialize + DeserializeOwned>(
    made: &StandIns,
    root: &str,
    value: &T,
) -> Result<T, serde_json::Error> {
    serde_json::from_value(fields::replace(made, root, serde_json::to_value(value)?))
}
