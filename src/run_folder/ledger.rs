//! `ledger.ndjson.zst`: every attempt of every call, by time.

use super::facts::{encoder, unpack};
use super::rates::{Families, FamilyRate, Rates};
use super::sorted::{At, LineReader};
use super::whole::WholeFile;
use super::{FileRecord, FolderFault, LEDGER, LEDGER_JOURNAL, Lines, ReadFault, RunFolder};
use jiff::Timestamp;
use schemars::JsonSchema;
use sekisho_contract::call::{Call, CallId, CallOutcome};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::PathBuf;

/// The calls of a run, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerSummary {
    /// Attempts in all.
    pub calls: u64,
    /// Attempts after the first of their call.
    pub retried: u64,
    /// Attempts that were answered with "slower".
    pub throttled: u64,
    /// Attempts by `service:Operation`.
    pub by_operation: BTreeMap<String, u64>,
    /// How fast each API family was asked at most.
    #[serde(default)]
    pub rates: Vec<FamilyRate>,
}

/// Reads the calls of a run.
#[derive(Debug, Clone)]
pub struct LedgerFile {
    path: PathBuf,
}

impl LedgerFile {
    /// The ledger in this file.
    pub const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Every attempt, by time.
    pub fn pass(&self) -> Box<dyn Iterator<Item = Result<Call, ReadFault>> + Send + '_> {
        let mut lines = match unpack(&self.path) {
            Ok(lines) => lines,
            Err(fault) => return Box::new(std::iter::once(Err(fault))),
        };
        Box::new(std::iter::from_fn(move || {
            let line = lines.next()?;
            Some(line.and_then(|line| serde_json::from_str(&line).map_err(|error| lines.malformed(error))))
        }))
    }

    /// What `keep` makes of the last attempt of each wanted call that is in the ledger, given what it made of
    /// the attempt before.
    pub fn calls<T>(
        &self,
        wanted: &BTreeSet<CallId>,
        mut keep: impl FnMut(Call, Option<&T>) -> T,
    ) -> Result<BTreeMap<CallId, T>, ReadFault> {
        let mut found = BTreeMap::new();
        let mut lines = unpack(&self.path)?;
        while let Some(line) = lines.next() {
            let line = line?;
            let brief: Brief = serde_json::from_str(&line).map_err(|error| lines.malformed(error))?;
            if !wanted.contains(&brief.id) {
                continue;
            }
            let call: Call = serde_json::from_str(&line).map_err(|error| lines.malformed(error))?;
            let kept = keep(call, found.get(&brief.id));
            found.insert(brief.id, kept);
        }
        Ok(found)
    }
}

/// What ordering and counting need of a call.
#[derive(Deserialize)]
struct Brief<'a> {
    id: CallId,
    #[serde(borrow)]
    operation: Cow<'a, str>,
    attempt: u32,
    at: Timestamp,
    outcome: CallOutcome,
}

/// Where a call went.
#[derive(Deserialize)]
struct Whereto<'a> {
    #[serde(borrow)]
    provider: Cow<'a, str>,
    #[serde(borrow)]
    account: Cow<'a, str>,
    #[serde(borrow)]
    region: Cow<'a, str>,
    #[serde(borrow)]
    operation: Cow<'a, str>,
}

/// Puts the journalled calls into order of time, then id, then attempt.
pub(super) fn write(
    folder: &RunFolder,
    families: &Families,
) -> Result<(FileRecord, LedgerSummary), FolderFault> {
    let journal = folder.file(LEDGER_JOURNAL);
    let opened = File::open(&journal).map_err(|source| ReadFault::Open { file: journal.clone(), source })?;
    let mut lines = Lines::of(&journal, BufReader::with_capacity(1 << 16, opened));
    let mut summary = LedgerSummary::default();
    let mut entries: Vec<(i64, u64, u32, At)> = Vec::new();
    let mut line = Vec::new();
    loop {
        let offset = lines.offset();
        if !lines.next_into(&mut line)? {
            break;
        }
        let brief: Brief = serde_json::from_slice(&line).map_err(|error| lines.malformed(error))?;
        summary.calls += 1;
        summary.retried += u64::from(brief.attempt > 1);
        summary.throttled += u64::from(brief.outcome == CallOutcome::Throttled);
        match summary.by_operation.get_mut(&*brief.operation) {
            Some(count) => *count += 1,
            None => {
                summary.by_operation.insert(brief.operation.into_owned(), 1);
            }
        }
        let at = At { offset, length: u32::try_from(line.len()).unwrap_or(u32::MAX) };
        entries.push((brief.at.as_microsecond(), rank(&brief.id), brief.attempt, at));
    }
    entries.sort_unstable();
    let path = folder.file(LEDGER);
    let writing = || FolderFault::io(&path, "writing");
    let mut out = encoder(WholeFile::create(&path).map_err(writing())?).map_err(writing())?;
    let mut reader = LineReader::open(&journal)?;
    let mut rates = Rates::of(families);
    for (sent, _, _, at) in entries {
        reader.read(at, &mut line)?;
        let to: Whereto = serde_json::from_slice(&line).map_err(|error| lines.malformed(error))?;
        rates.add(sent, &to.provider, &to.operation, &to.account, &to.region);
        line.push(b'\n');
        out.write_all(&line).map_err(writing())?;
    }
    summary.rates = rates.finish();
    let record =
        out.finish().and_then(|whole| whole.finish(LEDGER, Some(summary.calls))).map_err(writing())?;
    Ok((record, summary))
}

/// Writes calls as they come: those of another ledger, with something changed in them.
pub(super) fn write_calls<E: From<FolderFault>>(
    folder: &RunFolder,
    calls: impl Iterator<Item = Result<Call, E>>,
) -> Result<FileRecord, E> {
    let path = folder.file(LEDGER);
    let writing = || FolderFault::io(&path, "writing");
    let whole = WholeFile::create(&path).map_err(writing())?;
    let mut out = encoder(whole).map_err(writing())?;
    let (mut line, mut count) = (Vec::new(), 0);
    for call in calls {
        line.clear();
        serde_json::to_writer(&mut line, &call?).map_err(io::Error::from).map_err(writing())?;
        line.push(b'\n');
        out.write_all(&line).map_err(writing())?;
        count += 1;
    }
    Ok(out.finish().and_then(|whole| whole.finish(LEDGER, Some(count))).map_err(writing())?)
}

/// The order of ids, by their first eight bytes: two calls of one microsecond keep a fixed order.
fn rank(id: &CallId) -> u64 {
    let hex = id.as_str().get(1..17).unwrap_or_default();
    u64::from_str_radix(hex, 16).unwrap_or(u64::MAX)
}
