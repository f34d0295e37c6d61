//! Audit logs as they lie: who acted from where, and whether any of it came from abroad.
//!
//! [`scan`] goes over every file of some stores once, in bounded memory, and tells [`Scan`]: rows of principal × origin ×
//! service × class of action with counts and times, what could not be read or located, hours without logs, what CloudTrail's
//! digests show, the oldest record of each source. Whatever was not seen keeps the verdict from conforming.
//!
//! Files whose names speak of the time before the period alone are not read, but for the oldest of each source: how long
//! logs are really kept is measured beyond the period.

pub mod access;
pub mod digest;
pub mod event;
pub mod fact;
pub mod feed;
pub mod inputs;
mod kept;
pub mod locate;
mod path;
pub mod records;
pub mod result;
mod skim;
pub mod store;
mod tally;

use access::Entry;
use digest::{DigestFile, Keys};
use event::Reading;
use feed::{End, Feed, Limits};
use jiff::Timestamp;
use kept::Oldest;
use locate::Locator;
use records::{Flaw, Sink, walk};
use skim::{Cursor, Stop};
use std::collections::{BTreeMap, BTreeSet};
use store::Store;
use tally::{Counted, Place, Seen, Tally};

use result::{Listed, StoreTold};
pub use result::{SCHEMA, Scan, Verdict};

/// What is to be scanned, and how.
pub struct Order<'a> {
    /// Where the log files lie, with the name each is told by.
    pub stores: Vec<(String, &'a dyn Store)>,
    /// What locates.
    pub locator: &'a Locator<'a>,
    /// Accesses that are allowed.
    pub entries: &'a [Entry],
    /// From the first second, up to the second after the last; `None` for whatever is there.
    pub period: Option<(Timestamp, Timestamp)>,
    /// The finest gap in time that is told.
    pub gaps: Granularity,
    /// Public keys of CloudTrail's digests.
    pub keys: &'a Keys,
    /// Bounds on what one file may cost.
    pub limits: Limits,
    /// Files read at once.
    pub threads: usize,
    /// What time it is.
    pub now: Timestamp,
}

/// The finest gap in time that is told.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Granularity {
    /// An hour.
    #[default]
    Hour,
    /// A day (UTC): for logs that are written only when something happens.
    Day,
}

impl Granularity {
    /// How many hours are told together.
    const fn hours(self) -> i64 {
        match self {
            Self::Hour => 1,
            Self::Day => 24,
        }
    }
}

/// A file of a store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct File {
    /// The number of its store.
    store: usize,
    /// Its name in the store.
    name: Box<str>,
}

/// Files that are held at once. A name takes up to a kilobyte; what is beyond is not read, and told.
const FILES: usize = 1_000_000;

/// What is to be read.
#[derive(Default)]
struct Files {
    digests: Vec<File>,
    logs: Vec<File>,
    oldest: Oldest,
    stores: Vec<StoreTold>,
    /// What could not be listed.
    unlisted: Vec<String>,
}

impl Order<'_> {
    /// What a file is called in the result.
    fn told(&self, store: usize, name: &str) -> String {
        match self.stores.get(store) {
            Some((told, _)) if self.stores.len() > 1 => format!("{told}/{name}"),
            _ => name.to_owned(),
        }
    }

    fn open(&self, file: &File) -> std::io::Result<Box<dyn std::io::Read + '_>> {
        let (_, store) = self.stores.get(file.store).ok_or(std::io::ErrorKind::NotFound)?;
        store.open(&file.name)
    }

    /// Lists every store.
    fn list(&self) -> Files {
        let step = self.gaps.hours();
        let from = self.period.map(|(from, _)| from.as_second().div_euclid(3_600 * step) * step);
        let mut files = Files::default();
        for (at, (told, store)) in self.stores.iter().enumerate() {
            let mut here =
                StoreTold { store: told.clone(), files: 0, skipped: 0, left_out: 0, troubles: Vec::new() };
            let Files { digests, logs, oldest, .. } = &mut files;
            let unlisted = store.list(&mut |name| {
                here.files += 1;
                let label = path::label(&self.told(at, name));
                let file = || File { store: at, name: name.into() };
                if from.is_some_and(|from| label.is_before(from)) {
                    here.skipped += 1;
                    return !label.digest && oldest.offer(&label, file());
                }
                if digests.len() + logs.len() >= FILES {
                    here.left_out += 1;
                    return false;
                }
                let list = if label.digest { &mut *digests } else { &mut *logs };
                list.push(file());
                true
            });
            if !unlisted.is_empty() {
                files.oldest.doubt(at);
            }
            files.unlisted.extend(unlisted.iter().map(|name| self.told(at, name)));
            files.stores.push(here);
        }
        files
    }
}

/// Scans.
pub fn scan(order: &Order<'_>) -> Scan {
    let Files { digests, logs, oldest, mut stores, unlisted } = order.list();
    let mut counted = Counted::default();
    let mut chain = Vec::new();
    for file in &digests {
        let source = path::label(&order.told(file.store, &file.name)).source;
        counted.sources.entry(source).or_default().digests += 1;
        match read_digest(order, file) {
            Some(digest) => chain.push(digest),
            None => counted.flaw(Place {
                file: order.told(file.store, &file.name),
                offset: 0,
                flaw: Flaw::Malformed("no digest file"),
            }),
        }
    }
    let hashed: BTreeSet<&str> = chain.iter().flat_map(DigestFile::logs).collect();
    counted.merge(read_logs(order, &logs, &hashed));
    let present: BTreeSet<&str> = logs.iter().map(|file| base_name(&file.name)).collect();
    let hashes: BTreeMap<&str, &str> =
        counted.digests.iter().map(|(name, hash)| (base_name(name), hash.as_str())).collect();
    let awaited = result::awaited_from(order.now).as_second().div_euclid(3_600);
    let due: BTreeSet<&str> = logs
        .iter()
        .filter(|file| {
            let label = path::label(&order.told(file.store, &file.name));
            label.source.starts_with(path::TRAILS) && label.hours.iter().all(|hour| *hour < awaited)
        })
        .map(|file| base_name(&file.name))
        .collect();
    let (validation, accounted) = digest::validate(chain, &present, &due, &hashes, order.keys);
    for ((account, region), hours) in accounted {
        let covered = (format!("aws/{account}"), Some(region.clone()));
        let seen = counted.sources.entry(path::trail_source(&account, &region)).or_default();
        hours.for_each(|hour| seen.hour(hour));
        seen.cover(covered);
    }
    let oldest = oldest.measure(order, &mut counted);
    for (told, (_, store)) in stores.iter_mut().zip(&order.stores) {
        told.troubles = store.troubles();
    }
    result::put_together(order, counted, validation, Listed { stores, unlisted, oldest })
}

fn base_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Every log file, shared out over threads by its number, so that the result does not depend on which is faster.
fn read_logs(order: &Order<'_>, logs: &[File], hashed: &BTreeSet<&str>) -> Counted {
    let threads = order.threads.clamp(1, 64).min(logs.len().max(1));
    let parts: Vec<Option<Counted>> = std::thread::scope(|scope| {
        let work = |first: usize| move || read_share(order, logs.iter().skip(first).step_by(threads), hashed);
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(work(first))).collect();
        running.into_iter().map(|thread| thread.join().ok()).collect()
    });
    let mut counted = Counted::default();
    for part in parts {
        match part {
            Some(part) => counted.merge(part),
            // Nothing of what it read is known.
            None => {
                counted.lost = true;
                counted.flaw(Place { file: String::new(), offset: 0, flaw: Flaw::Unreadable });
            }
        }
    }
    counted
}

fn read_share<'f>(
    order: &Order<'_>,
    logs: impl Iterator<Item = &'f File>,
    hashed: &BTreeSet<&str>,
) -> Counted {
    let period = order.period.map(|(from, to)| (from.as_second(), to.as_second()));
    let mut tally = Tally::new(order.locator, period);
    let mut counted = Counted::default();
    for file in logs {
        let told = order.told(file.store, &file.name);
        let label = path::label(&told);
        let mut seen = Seen { files: 1, ..Seen::default() };
        if let Some(account) = &label.account {
            seen.cover((account.clone(), label.region.clone()));
        }
        tally.begin();
        let mut reader = Reader {
            tally: &mut tally,
            seen: &mut seen,
            counted: &mut counted,
            file: &told,
            region: label.region.as_deref(),
        };
        reader.read(order, file, hashed.contains(base_name(&file.name)));
        // A file that was emptied or broke off does not show what was in its hour.
        if !seen.flawed {
            label.hours.iter().for_each(|hour| seen.hour(*hour));
        }
        seen.empty = u64::from(seen.count.is_none() && !seen.flawed);
        let part =
            Counted { files: 1, sources: BTreeMap::from([(label.source, seen)]), ..Counted::default() };
        counted.merge(part);
    }
    counted.merge(tally.finish());
    counted
}

/// Reads one file.
struct Reader<'r, 'l, 'a> {
    tally: &'r mut Tally<'l, 'a>,
    seen: &'r mut Seen,
    counted: &'r mut Counted,
    file: &'r str,
    region: Option<&'r str>,
}

impl Reader<'_, '_, '_> {
    fn read(&mut self, order: &Order<'_>, file: &File, hash: bool) {
        let feed = order.open(file).and_then(|stream| Feed::new(stream, order.limits, hash));
        let Ok(mut feed) = feed else { return self.flaw(Flaw::Unreadable, 0) };
        walk(&mut feed, self);
        // What the records end before still belongs to the file's hash.
        while hash && feed.more() {
            feed.advance(feed.window().len());
        }
        self.counted.stored += feed.stored();
        self.counted.bytes += feed.offset() + feed.window().len() as u64;
        if let Some(digest) = feed.digest() {
            self.counted.digests.insert(self.file.to_owned(), digest);
        }
        if feed.stored() == 0 {
            // No log is written empty: something emptied it.
            self.flaw(Flaw::Truncated, 0);
        }
    }
}

impl Sink for Reader<'_, '_, '_> {
    fn record(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Stop> {
        match event::read(cursor)? {
            Reading::Event(event) => self.tally.event(&event, self.region, self.seen),
            Reading::Strange => self.tally.strange(),
            Reading::Wrapped(text) => match event::read(&mut Cursor::new(text.as_bytes())) {
                Ok(Reading::Event(event)) => self.tally.event(&event, self.region, self.seen),
                Ok(_) => self.tally.strange(),
                // All of it is there; it cannot be completed by reading on.
                Err(_) => return Err(Stop::Malformed("a wrapped record")),
            },
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<(), Stop> {
        let event = event::server_access(line)?;
        self.tally.event(&event, self.region, self.seen);
        Ok(())
    }

    fn flaw(&mut self, flaw: Flaw, offset: u64) {
        self.seen.flawed = true;
        self.counted.flaw(Place { file: self.file.to_owned(), offset, flaw });
    }
}

fn read_digest(order: &Order<'_>, file: &File) -> Option<DigestFile> {
    let stream = order.open(file).ok()?;
    let mut feed = Feed::new(stream, order.limits, false).ok()?;
    while !feed.is_full() && feed.more() {}
    if feed.ended() != Some(End::Whole) {
        return None;
    }
    DigestFile::parse(&order.told(file.store, &file.name), feed.window())
}
