//! What is counted while records go by, in bounded memory; one for each thread, put together at the end.

use super::event::{Action, Event};
use super::locate::{Atlas, Locator, Origin};
use super::records::Flaw;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Who acted, from where, on what, how.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The principal; `None` where it was folded into the rest.
    pub principal: Option<String>,
    /// Where from.
    pub origin: Origin,
    /// The service; `None` where it was folded into the rest.
    pub service: Option<String>,
    /// What was done.
    pub action: Action,
}

/// How often, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Records.
    pub records: u64,
    /// Seconds since 1970 of the first.
    pub first: i64,
    /// Of the last.
    pub last: i64,
}

impl Count {
    /// One record.
    pub const fn one(time: i64) -> Self {
        Self { records: 1, first: time, last: time }
    }

    /// Both together.
    pub fn add(&mut self, other: Self) {
        self.records += other.records;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// What is known of one source: the logs of an account and region, or of a folder.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Records, with the oldest and the newest.
    pub count: Option<Count>,
    /// Hours since 1970 that a record or a file's name speaks of.
    pub hours: BTreeSet<i64>,
    /// Whether there were more hours than are held.
    pub overflowed: bool,
    /// Files.
    pub files: u64,
    /// Files without a single record: each speaks for its hour all the same.
    pub empty: u64,
    /// Digest files.
    pub digests: u64,
    /// Whether any of it could not be read.
    pub flawed: bool,
    /// Of whose audit logs it is: `provider/id`, and the region where logs are of one.
    pub covers: BTreeSet<(String, Option<String>)>,
}

/// A flaw's place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The decompressed byte where it begins.
    pub offset: u64,
    /// What it is.
    pub flaw: Flaw,
}

/// Distinct principals held at once; the rest is counted as one. A name takes up to 300 bytes.
const PRINCIPALS: usize = 20_000;
/// Distinct services held at once.
const SERVICES: usize = 4_000;
/// Rows held at once.
const ROWS: usize = 100_000;
/// Accounts and regions held of a source.
const COVERED: usize = 20_000;
/// Hours held of a source: twenty years.
const HOURS: usize = 175_320;
/// Flaws whose place is held.
const PLACES: usize = 1_000;
/// Longest name that is held whole, in bytes.
const NAME_LIMIT: usize = 200;

/// The count of one thread.
pub struct Tally<'l, 'a> {
    atlas: Atlas<'l, 'a>,
    principals: Names,
    services: Names,
    rows: HashMap<(u32, u32, u32, Action), Count>,
    outside: u64,
    strange: u64,
    period: Option<(i64, i64)>,
    hour: i64,
    /// Whose audit log the last record was of.
    covered: (String, Option<String>),
}

/// Names by number; number 0 stands for all that are folded into the rest.
struct Names {
    limit: usize,
    numbers: HashMap<Box<str>, u32>,
    names: Vec<Option<String>>,
}

impl Names {
    fn new(limit: usize) -> Self {
        Self { limit, numbers: HashMap::new(), names: vec![None] }
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(known) = self.numbers.get(name) {
            return *known;
        }
        let short = held(name);
        if short != name {
            return self.number(&short);
        }
        if self.names.len() > self.limit {
            return 0;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(0);
        self.numbers.insert(name.into(), number);
        self.names.push(Some(short));
        number
    }

    fn name(&self, number: u32) -> Option<String> {
        self.names.get(number as usize).cloned().flatten()
    }
}

/// A name as it is held: without characters that control a screen; a long one cut, told apart by a digest.
fn held(name: &str) -> String {
    let clean = |character: char| if is_unsafe(character) { '\u{FFFD}' } else { character };
    if name.len() <= NAME_LIMIT {
        return name.chars().map(clean).collect();
    }
    let digest = hex::encode(Sha256::digest(name.as_bytes()));
    let head: String = name.chars().take(48).map(clean).collect();
    format!("{head}…{}", digest.get(..12).unwrap_or_default())
}

/// Controls, and characters that turn the direction of text or are not seen.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

impl<'l, 'a> Tally<'l, 'a> {
    /// An empty one; acts outside the period, in seconds since 1970, are counted and not judged.
    pub fn new(locator: &'l Locator<'a>, period: Option<(i64, i64)>) -> Self {
        Self {
            atlas: Atlas::new(locator),
            principals: Names::new(PRINCIPALS),
            services: Names::new(SERVICES),
            rows: HashMap::new(),
            outside: 0,
            strange: 0,
            period,
            hour: i64::MIN,
            covered: (String::new(), None),
        }
    }

    /// Begins a file of another source.
    pub fn begin(&mut self) {
        self.hour = i64::MIN;
        self.covered = (String::new(), None);
    }

    /// Counts an act.
    pub fn event(&mut self, event: &Event<'_>, region: Option<&str>, seen: &mut Seen) {
        let count = Count::one(event.time);
        seen.count.get_or_insert(Count { records: 0, ..count }).add(count);
        let hour = event.time.div_euclid(3_600);
        if hour != self.hour {
            self.hour = hour;
            seen.hour(hour);
        }
        if self.period.is_some_and(|(from, to)| event.time < from || event.time >= to) {
            self.outside += 1;
            return;
        }
        self.cover(event, seen);
        let origin =
            self.atlas.number(event.provider, event.address.as_deref(), event.region.as_deref().or(region));
        let principal = self.principals.number(&event.principal);
        let service = self.services.number(&event.service);
        let row = (principal, origin, service, event.action);
        if let Some(known) = self.rows.get_mut(&row) {
            return known.add(count);
        }
        // What is folded has few rows: one for each origin and class.
        let row = if self.rows.len() < ROWS { row } else { (0, origin, 0, event.action) };
        self.rows.entry(row).and_modify(|known| known.add(count)).or_insert(count);
    }

    /// Notes whose audit log a record is of. Records of the same one come one after the other.
    fn cover(&mut self, event: &Event<'_>, seen: &mut Seen) {
        let Some(account) = event.account.as_deref() else { return };
        // The others' logs are not kept by region.
        let region = event.region.as_deref().filter(|_| event.provider == "aws");
        let same = self.covered.0.split_once('/') == Some((event.provider, account))
            && self.covered.1.as_deref() == region;
        if !same {
            self.covered = (format!("{}/{}", event.provider, held(account)), region.map(held));
            seen.cover(self.covered.clone());
        }
    }

    /// Counts a record of no known form.
    pub fn strange(&mut self) {
        self.strange += 1;
    }

    /// Whether a record was of no known form.
    pub const fn met_strange(&self) -> bool {
        self.strange > 0
    }

    /// What was counted.
    pub fn finish(self) -> Counted {
        let (outside, strange) = (self.outside, self.strange);
        let (principals, services) = (self.principals, self.services);
        let origins = self.atlas.into_origins();
        let mut rows = BTreeMap::new();
        let mut found: Vec<_> = self.rows.into_iter().collect();
        found.sort_by_key(|(key, _)| *key);
        for ((principal, origin, service, action), count) in found {
            let Some(origin) = origins.get(origin as usize).cloned() else { continue };
            let key = Key {
                principal: principals.name(principal),
                origin,
                service: services.name(service),
                action,
            };
            rows.entry(key).and_modify(|known: &mut Count| known.add(count)).or_insert(count);
        }
        Counted { rows, outside, strange, ..Counted::default() }
    }
}

impl Seen {
    /// Notes whose audit log it is.
    pub fn cover(&mut self, covered: (String, Option<String>)) {
        if self.covers.len() < COVERED {
            self.covers.insert(covered);
        }
    }

    /// Notes an hour since 1970.
    pub fn hour(&mut self, hour: i64) {
        if self.hours.len() < HOURS {
            self.hours.insert(hour);
        } else if !self.hours.contains(&hour) {
            self.overflowed = true;
        }
    }
}

/// What was counted, by all.
#[derive(Debug, Default)]
pub struct Counted {
    /// The rows.
    pub rows: BTreeMap<Key, Count>,
    /// Acts outside the period.
    pub outside: u64,
    /// Records of no known form.
    pub strange: u64,
    /// The sources by name.
    pub sources: BTreeMap<String, Seen>,
    /// Where flaws are: the first ones in order.
    pub places: BTreeSet<Place>,
    /// How many flaws of each sort there are.
    pub flaws: BTreeMap<&'static str, u64>,
    /// Bytes as stored.
    pub stored: u64,
    /// Bytes after decompression.
    pub bytes: u64,
    /// Files.
    pub files: u64,
    /// SHA-256 of the files for which it was asked.
    pub digests: BTreeMap<String, String>,
    /// Whether files were lost of which not even the source is known.
    pub lost: bool,
}

impl Counted {
    /// Notes a flaw.
    pub fn flaw(&mut self, place: Place) {
        *self.flaws.entry(place.flaw.name()).or_default() += 1;
        self.places.insert(place);
        if self.places.len() > PLACES {
            self.places.pop_last();
        }
    }

    /// Both together.
    pub fn merge(&mut self, other: Self) {
        for (key, count) in other.rows {
            self.rows.entry(key).and_modify(|known| known.add(count)).or_insert(count);
        }
        for (name, seen) in other.sources {
            let known = self.sources.entry(name).or_default();
            known.files += seen.files;
            known.empty += seen.empty;
            known.digests += seen.digests;
            known.flawed |= seen.flawed;
            seen.covers.into_iter().for_each(|covered| known.cover(covered));
            known.overflowed |= seen.overflowed;
            known.hours.extend(seen.hours);
            match (&mut known.count, seen.count) {
                (Some(known), Some(count)) => known.add(count),
                (None, count) => known.count = count,
                (Some(_), None) => {}
            }
        }
        self.places.extend(other.places);
        while self.places.len() > PLACES {
            self.places.pop_last();
        }
        for (flaw, count) in other.flaws {
            *self.flaws.entry(flaw).or_default() += count;
        }
        self.outside += other.outside;
        self.strange += other.strange;
        self.stored += other.stored;
        self.bytes += other.bytes;
        self.files += other.files;
        self.digests.extend(other.digests);
        self.lost |= other.lost;
    }
}

impl Flaw {
    /// Its sort, as the result names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Oversized => "oversized",
            Self::Truncated => "truncated",
            Self::Broken => "broken_compression",
            Self::Bomb => "too_large",
            Self::Unreadable => "unreadable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_without_tricks_and_told_apart() {
        assert_eq!(held("arn:aws:iam::1:user/田中"), "arn:aws:iam::1:user/田中");
        assert_eq!(held("a\u{1b}[31m\u{202e}b\n"), "a\u{FFFD}[31m\u{FFFD}b\u{FFFD}");
        let (one, other) = (held(&"x".repeat(1 << 20)), held(&"x".repeat((1 << 20) + 1)));
        assert!(one.len() < 80 && one != other, "{one}");
        let mut names = Names::new(2);
        let numbers: Vec<u32> = ["a", "b", "c", "a", "d"].iter().map(|name| names.number(name)).collect();
        assert_eq!(numbers, [1, 2, 0, 1, 0]);
        assert_eq!(names.name(0), None);
    }
}
