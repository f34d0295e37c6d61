//! What a scan tells: `sekisho/logs/v1`.

use super::access::{Entry, Standing, standing};
use super::digest::Validation;
use super::event::Action;
use super::kept::Measured;
use super::locate::Origin;
use super::path::TRAILS;
use super::records::Flaw;
use super::store::Trouble;
use super::tally::{Count, Counted, Seen};
use super::{Granularity, Order};
use crate::corroborate::address::CountryDatabase;
use crate::corroborate::ranges::Edition;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The schema's name.
pub const SCHEMA: &str = "sekisho/logs/v1";

/// What a scan found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scan {
    /// `sekisho/logs/v1`.
    pub schema: String,
    /// The verdict on access from abroad.
    pub verdict: Verdict,
    /// What keeps it from conforming, with how often.
    pub grounds: Vec<Ground>,
    /// When it was scanned.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub scanned_at: Timestamp,
    /// What was asked about.
    pub period: Option<Span>,
    /// The home countries.
    pub home_countries: Vec<String>,
    /// What was located with.
    pub located_with: LocatedWith,
    /// How much was read.
    pub read: Amount,
    /// Every row, by standing: from abroad first.
    pub rows: Vec<Row>,
    /// The entries that allow access from abroad.
    pub entries: Vec<EntryUse>,
    /// The sources: what was really kept, and what is missing.
    pub sources: Vec<Source>,
    /// The stores that were read, in the order they were named.
    pub stores: Vec<StoreTold>,
    /// The moment from which logs may still be on their way to where they are stored: no hour after it is missed. Acts that
    /// are there already are judged all the same.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub awaited_from: Timestamp,
    /// What CloudTrail's digests show; absent where there are none.
    pub validation: Option<Validation>,
    /// Places of flaws, the first thousand by name.
    pub flaws: Vec<FlawAt>,
    /// Folders and links that could not be listed, the first thousand.
    pub unlisted: Vec<String>,
}

/// The verdict on access from abroad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything was located at home or allowed, and nothing is missing.
    Conforms,
    /// There was access from abroad that no entry allows.
    Violates,
    /// Nothing of that was seen, and not all was seen.
    Unverified,
}

/// What keeps the verdict from conforming.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ground {
    /// What.
    pub ground: GroundSort,
    /// How often: records, or hours, or files.
    pub count: u64,
}

/// Sorts of grounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroundSort {
    /// Records from abroad that no entry allows.
    Abroad,
    /// Records whose origin is not known.
    UnknownOrigin,
    /// Records and files that could not be read, or not whole.
    NotRead,
    /// Records of no known form.
    UnknownForm,
    /// Hours without logs.
    MissingHours,
    /// Sources of which more hours were met than are held.
    TooManyHours,
    /// Log files that digests name and that are not there, not whole or altered; digests that do not follow on each other.
    Validation,
    /// Folders and links that could not be listed.
    NotListed,
    /// No record was read.
    NothingRead,
}

/// A span of time; the end lies outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// From.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub from: Timestamp,
    /// To, which is outside.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub to: Timestamp,
}

/// What was located with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LocatedWith {
    /// The country database's own name and the second it was made (since 1970); absent where none was given.
    pub countries: Option<CountryDatabase>,
    /// Published ranges.
    pub ranges: Vec<Edition>,
}

/// How much was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Amount {
    /// Files.
    pub files: u64,
    /// Files that were not read, for their names speak of the time before the period alone.
    pub skipped_files: u64,
    /// Bytes as stored.
    pub stored_bytes: u64,
    /// Bytes after decompression.
    pub bytes: u64,
    /// Records that were counted into rows.
    pub records: u64,
    /// Records outside the period.
    pub outside_period: u64,
    /// Records of no known form.
    pub unknown_form: u64,
    /// Flaws by sort: `malformed`, `oversized`, `truncated`, `broken_compression`, `too_large`, `unreadable`.
    pub flaws: BTreeMap<String, u64>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// How it stands.
    pub standing: Standing,
    /// The number of the entry that allows it, from 0.
    pub allowed_by: Option<usize>,
    /// The principal; empty where records do not name it, `null` where it is one of too many.
    pub principal: Option<String>,
    /// Where from.
    pub origin: Origin,
    /// The service; `null` where it is one of too many.
    pub service: Option<String>,
    /// What was done.
    pub action: Action,
    /// Records.
    pub count: u64,
    /// The first.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub first: Timestamp,
    /// The last.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub last: Timestamp,
}

/// An entry, and whether it did anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EntryUse {
    /// The entry.
    pub entry: Entry,
    /// Whether its last day has passed: then it allows nothing.
    pub expired: bool,
    /// Records it allowed.
    pub records: u64,
}

/// A source: the logs of an account and region, of a resource, of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// Its name.
    pub source: String,
    /// Whose audit logs it holds, as paths and records say; empty where it holds accesses to single things alone.
    pub covers: Vec<Covered>,
    /// Files that were read for the period.
    pub files: u64,
    /// Of these, files without a single record: each speaks for its hour all the same.
    pub empty_files: u64,
    /// CloudTrail's digest files.
    pub digests: u64,
    /// Records in these files, in the period or not.
    pub records: u64,
    /// The oldest record that is really there, in the period or before; absent where there is none, or where it is not
    /// known because older files could not be listed or read.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub oldest: Option<Timestamp>,
    /// The newest.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub newest: Option<Timestamp>,
    /// Whole days from the oldest record to the scan: measured retention; absent as `oldest` is. A log that began lately has
    /// kept little.
    pub kept_days: Option<i64>,
    /// Hours without logs.
    pub missing_hours: u64,
    /// Where these are, the first hundred spans.
    pub missing: Vec<Span>,
}

impl Source {
    /// Whether it is the trail files of an account and region, which come with digests.
    pub fn is_trail(&self) -> bool {
        self.source.starts_with(TRAILS)
    }
}

/// Whose audit log a source holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Covered {
    /// `provider/id`.
    pub account: String,
    /// The region, where logs are kept by region.
    pub region: Option<String>,
}

/// A store that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoreTold {
    /// Its name.
    pub store: String,
    /// Files in it.
    pub files: u64,
    /// Of these, files whose names speak of the time before the period alone.
    pub skipped: u64,
    /// Of these, files beyond what is held at once: they were not read.
    pub left_out: u64,
    /// Why files were not listed or not read.
    pub troubles: Vec<Trouble>,
}

/// What was listed, and measured of it.
pub(super) struct Listed {
    pub stores: Vec<StoreTold>,
    pub unlisted: Vec<String>,
    pub oldest: Measured,
}

/// Where a flaw is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlawAt {
    /// The file.
    pub file: String,
    /// The byte, after decompression.
    pub offset: u64,
    /// Its sort.
    pub flaw: String,
    /// More of it, where it is known.
    pub detail: Option<String>,
}

/// How long a log may be on its way, in seconds: CloudTrail takes about five minutes, an export to Cloud Storage two to three
/// hours. <https://docs.cloud.google.com/logging/docs/export/using_exported_logs>
const DELIVERY: i64 = 3 * 3_600;

/// From this whole hour on logs may still be on their way.
pub(super) fn awaited_from(now: Timestamp) -> Timestamp {
    moment((now.as_second() - DELIVERY).div_euclid(3_600) * 3_600)
}
impl Scan {
    /// The same without the rows from home, of which there are the most.
    #[must_use]
    pub fn without_home(&self) -> Self {
        let Self { rows, .. } = self;
        let kept = rows.iter().filter(|row| row.standing != Standing::Home).cloned().collect();
        // Field by field, so that the many rows are not copied first.
        Self {
            schema: self.schema.clone(),
            verdict: self.verdict,
            grounds: self.grounds.clone(),
            scanned_at: self.scanned_at,
            period: self.period,
            home_countries: self.home_countries.clone(),
            located_with: self.located_with.clone(),
            read: self.read.clone(),
            rows: kept,
            entries: self.entries.clone(),
            sources: self.sources.clone(),
            stores: self.stores.clone(),
            awaited_from: self.awaited_from,
            validation: self.validation.clone(),
            flaws: self.flaws.clone(),
            unlisted: self.unlisted.clone(),
        }
    }
}

/// Spans of missing hours that are told of a source.
const SPANS: usize = 100;
/// Names that are told of what could not be listed.
const NAMES: usize = 1_000;

/// Puts together what was counted.
pub(super) fn put_together(
    order: &Order<'_>,
    counted: Counted,
    validation: Validation,
    listed: Listed,
) -> Scan {
    let Listed { stores, mut unlisted, oldest } = listed;
    let awaited_from = awaited_from(order.now);
    // The last day of an entry is a day in Japan.
    let today = jiff::tz::Offset::constant(9).to_datetime(order.now).date();
    let mut entries: Vec<EntryUse> = order
        .entries
        .iter()
        .map(|entry| EntryUse { entry: entry.clone(), expired: entry.expires < today, records: 0 })
        .collect();
    let mut rows: Vec<Row> = Vec::with_capacity(counted.rows.len());
    for (key, count) in counted.rows {
        let (standing, allowed_by) = standing(&key, order.entries, today);
        if let Some(used) = allowed_by.and_then(|at| entries.get_mut(at)) {
            used.records += count.records;
        }
        let (first, last) = (moment(count.first), moment(count.last));
        rows.push(Row {
            standing,
            allowed_by,
            principal: key.principal,
            origin: key.origin,
            service: key.service,
            action: key.action,
            count: count.records,
            first,
            last,
        });
    }
    rows.sort_by_key(|row| match row.standing {
        Standing::Abroad => 0,
        Standing::Unknown => 1,
        Standing::Allowed => 2,
        Standing::Home => 3,
    });
    let span = order
        .period
        .map(|(from, to)| (from.as_second().div_euclid(3_600), (to.as_second() - 1).div_euclid(3_600)));
    let awaited = awaited_from.as_second().div_euclid(3_600);
    let span = span.or_else(|| whole_span(&counted.sources)).map(|(from, to)| (from, to.min(awaited - 1)));
    let too_many = counted.sources.values().filter(|seen| seen.overflowed).count() as u64;
    let sources: Vec<Source> =
        counted.sources.into_iter().map(|(name, seen)| source(name, &seen, span, order, &oldest)).collect();
    let sum = |wanted| rows.iter().filter(|row| row.standing == wanted).map(|row| row.count).sum::<u64>();
    let listed = |list: &Vec<String>| list.len() as u64;
    let records: u64 = rows.iter().map(|row| row.count).sum();
    let found = [
        (GroundSort::Abroad, sum(Standing::Abroad)),
        (GroundSort::UnknownOrigin, sum(Standing::Unknown)),
        (GroundSort::NotRead, counted.flaws.values().sum()),
        (GroundSort::UnknownForm, counted.strange),
        (GroundSort::MissingHours, sources.iter().map(|source| source.missing_hours).sum()),
        (GroundSort::TooManyHours, too_many),
        (
            GroundSort::Validation,
            listed(&validation.altered)
                + listed(&validation.missing)
                + listed(&validation.unread)
                + listed(&validation.signatures_refused)
                + validation.broken.len() as u64,
        ),
        (GroundSort::NotListed, listed(&unlisted) + stores.iter().map(|store| store.left_out).sum::<u64>()),
        (GroundSort::NothingRead, u64::from(records == 0)),
    ];
    let grounds: Vec<Ground> = found
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(ground, count)| Ground { ground, count })
        .collect();
    let verdict = match grounds.first() {
        None => Verdict::Conforms,
        Some(Ground { ground: GroundSort::Abroad, .. }) => Verdict::Violates,
        Some(_) => Verdict::Unverified,
    };
    unlisted.truncate(NAMES);
    Scan {
        schema: SCHEMA.to_owned(),
        verdict,
        grounds,
        scanned_at: order.now,
        period: order.period.map(|(from, to)| Span { from, to }),
        home_countries: order.locator.home.clone(),
        located_with: LocatedWith {
            countries: order.locator.countries.as_ref().map(|database| CountryDatabase::of(database)),
            ranges: order.locator.ranges.editions().cloned().collect(),
        },
        read: Amount {
            files: counted.files,
            skipped_files: stores.iter().map(|store| store.skipped).sum(),
            stored_bytes: counted.stored,
            bytes: counted.bytes,
            records,
            outside_period: counted.outside,
            unknown_form: counted.strange,
            flaws: counted.flaws.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
        },
        rows,
        entries,
        sources,
        stores,
        awaited_from,
        validation: (validation.digests > 0).then_some(validation),
        flaws: counted
            .places
            .into_iter()
            .map(|place| FlawAt {
                file: shown(&place.file),
                offset: place.offset,
                flaw: place.flaw.name().to_owned(),
                detail: if let Flaw::Malformed(why) = place.flaw { Some(why.to_owned()) } else { None },
            })
            .collect(),
        unlisted,
    }
}

/// A file's name without characters that control a screen.
fn shown(name: &str) -> String {
    name.chars().map(|character| if character.is_control() { '\u{FFFD}' } else { character }).collect()
}

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(if second < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// From the first hour of any source to the last: one that begins later or ends earlier than others has a gap there.
fn whole_span(sources: &BTreeMap<String, Seen>) -> Option<(i64, i64)> {
    let first = sources.values().filter_map(|seen| seen.hours.first()).min()?;
    let last = sources.values().filter_map(|seen| seen.hours.last()).max()?;
    Some((*first, *last))
}

fn source(
    name: String,
    seen: &Seen,
    span: Option<(i64, i64)>,
    order: &Order<'_>,
    measured: &Measured,
) -> Source {
    let (missing_hours, missing) = span.map_or((0, Vec::new()), |span| gaps(seen, span, order.gaps));
    let count: Option<Count> = seen.count;
    let oldest = measured.get(&name).copied().flatten();
    let covers = seen.covers.iter().cloned();
    Source {
        source: shown(&name),
        covers: covers.map(|(account, region)| Covered { account, region }).collect(),
        files: seen.files,
        empty_files: seen.empty,
        digests: seen.digests,
        records: count.map_or(0, |count| count.records),
        oldest: oldest.map(moment),
        newest: count.map(|count| moment(count.last)),
        kept_days: oldest.map(|oldest| (order.now.as_second() - oldest).div_euclid(86_400)),
        missing_hours,
        missing,
    }
}

/// Hours of the span that no record or file speaks of, by steps of an hour or a day.
fn gaps(seen: &Seen, (from, to): (i64, i64), granularity: Granularity) -> (u64, Vec<Span>) {
    let step = granularity.hours();
    let (mut missing, mut spans) = (0, Vec::new());
    if from > to {
        return (missing, spans);
    }
    let mut gap = |start: i64, end: i64| {
        if start < end {
            missing += (end - start).unsigned_abs();
            if spans.len() < SPANS {
                spans.push(Span { from: moment(start * 3_600), to: moment(end * 3_600) });
            }
        }
    };
    // What is covered goes from the step's first hour to its last.
    let mut next = from;
    // Of a step that lies in the period in part, logs of the other part speak too.
    let whole = |hour: i64| hour.div_euclid(step) * step;
    for hour in seen.hours.range(whole(from)..whole(to) + step) {
        let first = whole(*hour);
        gap(next, first.min(to + 1));
        next = next.max(first + step);
    }
    gap(next, to + 1);
    (missing, spans)
}
