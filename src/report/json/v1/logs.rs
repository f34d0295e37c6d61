//! Audit logs in `sekisho/report/v1`. Every row, those from home included, stands in `logs.json` beside it.

use crate::logs::access::Standing;
use crate::logs::result as scan;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most rows of one standing.
const ROWS: usize = 5_000;

/// What the audit logs told. The numbers are those of `logs.json` and of `sekisho logs scan`.
#[derive(Serialize, JsonSchema)]
pub struct Logs<'a> {
    /// From when acts were judged (RFC 3339); absent where everything there was.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Up to when, which is outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// From this moment on logs may still have been on their way: no hour after it is missed.
    awaited_from: String,
    /// Records judged.
    records: u64,
    /// Files read.
    files: u64,
    /// Files of the time before, which were not read.
    skipped_files: u64,
    /// What keeps the logs from having been seen whole, and what they show, with how often.
    grounds: Vec<Ground>,
    /// Flaws by sort.
    flaws: &'a BTreeMap<String, u64>,
    /// Records from abroad that an entry allows.
    allowed_records: u64,
    /// Acts from abroad that nothing allows.
    abroad: Vec<Row<'a>>,
    /// Acts whose origin is not known.
    unknown: Vec<Row<'a>>,
    /// Rows of these two that are left out.
    rows_left_out: usize,
    /// The sources.
    sources: Vec<Source<'a>>,
    /// The stores they were read from.
    stores: Vec<Store<'a>>,
    /// What CloudTrail's digests show; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    digests: Option<Digests>,
}

/// A ground.
#[derive(Serialize, JsonSchema)]
pub struct Ground {
    /// What: `abroad`, `unknown_origin`, `not_read`, `unknown_form`, `missing_hours`, `too_many_hours`, `validation`,
    /// `not_listed`, `nothing_read`.
    ground: scan::GroundSort,
    /// How often: records, hours or files.
    count: u64,
}

/// Acts of one principal, from one origin, on one service.
#[derive(Serialize, JsonSchema)]
pub struct Row<'a> {
    /// Who; absent where it is one of too many, empty where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
    /// The country, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    /// The cloud whose own address it is, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
    /// That cloud's region.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    /// Why the origin is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<crate::logs::locate::Reason>,
    /// The service; absent where it is one of too many.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
    /// What was done.
    action: crate::logs::event::Action,
    /// Records.
    count: u64,
    /// The first (RFC 3339).
    first: String,
    /// The last.
    last: String,
}

/// The logs of an account and region, of a resource, of a folder.
#[derive(Serialize, JsonSchema)]
pub struct Source<'a> {
    /// Its name.
    source: &'a str,
    /// Whose audit logs it holds, as `provider/account` or `provider/account/region`.
    covers: Vec<String>,
    /// Files read for the period.
    files: u64,
    /// Of these, files without a record, each of which stands for its hour.
    empty_files: u64,
    /// The oldest record that is there (RFC 3339); absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<String>,
    /// Whole days from there to the assessment.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_days: Option<i64>,
    /// Hours without logs.
    missing_hours: u64,
    /// When these are: from and to, the first hundred.
    missing: Vec<[String; 2]>,
}

/// A store.
#[derive(Serialize, JsonSchema)]
pub struct Store<'a> {
    /// Its name.
    store: &'a str,
    /// Files in it.
    files: u64,
    /// Why files were not listed or not read, in the words of whom was asked.
    troubles: Vec<String>,
}

/// CloudTrail's digests.
#[derive(Serialize, JsonSchema)]
pub struct Digests {
    /// Digest files.
    files: u64,
    /// Log files as their digest has them.
    matched: u64,
    /// Log files that are otherwise.
    altered: usize,
    /// Log files that are not there.
    missing: usize,
    /// Log files that could not be read whole.
    unread: usize,
    /// Breaks of the chain.
    broken: usize,
    /// Signatures that fit.
    signatures_verified: u64,
    /// Signatures that do not.
    signatures_refused: usize,
    /// Signatures that were not verified.
    signatures_unverified: u64,
}

impl<'a> Logs<'a> {
    pub fn new(told: &'a scan::Scan) -> Self {
        let of = |standing: Standing| told.rows.iter().filter(move |row| row.standing == standing);
        let rows = |standing| of(standing).take(ROWS).map(Row::new).collect();
        let beyond = |standing| of(standing).count().saturating_sub(ROWS);
        Self {
            from: told.period.map(|span| span.from.to_string()),
            to: told.period.map(|span| span.to.to_string()),
            awaited_from: told.awaited_from.to_string(),
            records: told.read.records,
            files: told.read.files,
            skipped_files: told.read.skipped_files,
            grounds: told.grounds.iter().map(|one| Ground { ground: one.ground, count: one.count }).collect(),
            flaws: &told.read.flaws,
            allowed_records: of(Standing::Allowed).map(|row| row.count).sum(),
            abroad: rows(Standing::Abroad),
            unknown: rows(Standing::Unknown),
            rows_left_out: beyond(Standing::Abroad) + beyond(Standing::Unknown),
            sources: told.sources.iter().map(Source::new).collect(),
            stores: told.stores.iter().map(Store::new).collect(),
            digests: told.validation.as_ref().map(Digests::new),
        }
    }
}

impl<'a> Row<'a> {
    fn new(row: &'a scan::Row) -> Self {
        Self {
            principal: row.principal.as_deref(),
            country: row.origin.country.as_deref(),
            provider: row.origin.provider.as_deref(),
            place: row.origin.place.as_deref(),
            why: row.origin.reason,
            service: row.service.as_deref(),
            action: row.action,
            count: row.count,
            first: row.first.to_string(),
            last: row.last.to_string(),
        }
    }
}

impl<'a> Source<'a> {
    fn new(source: &'a scan::Source) -> Self {
        let covered = |one: &scan::Covered| match &one.region {
            Some(region) => format!("{}/{region}", one.account),
            None => one.account.clone(),
        };
        Self {
            source: &source.source,
            covers: source.covers.iter().map(covered).collect(),
            files: source.files,
            empty_files: source.empty_files,
            oldest: source.oldest.map(|at| at.to_string()),
            kept_days: source.kept_days,
            missing_hours: source.missing_hours,
            missing: source
                .missing
                .iter()
                .map(|span| [span.from, span.to].map(|at| at.to_string()))
                .collect(),
        }
    }
}

impl<'a> Store<'a> {
    fn new(store: &'a scan::StoreTold) -> Self {
        let told = |one: &crate::logs::store::Trouble| {
            [one.operation.as_str(), &one.detail, &one.file].map(str::trim).join(" ").trim().to_owned()
        };
        Self { store: &store.store, files: store.files, troubles: store.troubles.iter().map(told).collect() }
    }
}

impl Digests {
    fn new(found: &crate::logs::digest::Validation) -> Self {
        Self {
            files: found.digests,
            matched: found.matched,
            altered: found.altered.len(),
            missing: found.missing.len(),
            unread: found.unread.len(),
            broken: found.broken.len(),
            signatures_verified: found.signatures_verified,
            signatures_refused: found.signatures_refused.len(),
            signatures_unverified: found.signatures_unverified,
        }
    }
}
