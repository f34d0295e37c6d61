//! Audit logs on the page: acts from abroad first, then those whose origin is not known, then how far back logs go.

use crate::logs::access::Standing;
use crate::logs::locate::Origin;
use crate::logs::result as scan;
use crate::report::display::{self, NAME_LIMIT, Shown};
use crate::report::{Material, in_japan};
use crate::words::{self, Word};
use serde::Serialize;

/// Most rows of one standing on the page.
const ROWS: usize = 100;
/// Most sources on the page.
const SOURCES: usize = 200;
/// Most spans without logs told of a source.
const SPANS: usize = 3;

/// The audit logs, on the page.
#[derive(Serialize)]
pub struct Logs {
    from: Option<String>,
    to: Option<String>,
    awaited_from: String,
    records: u64,
    files: u64,
    skipped_files: u64,
    allowed: u64,
    abroad: Rows,
    unknown: Rows,
    sources: Vec<Source>,
    sources_left_out: usize,
    troubles: Vec<Trouble>,
    digests: Option<Digests>,
}

/// Rows of one standing.
#[derive(Serialize)]
struct Rows {
    records: u64,
    rows: Vec<Row>,
    left_out: usize,
}

#[derive(Serialize)]
struct Row {
    principal: Shown,
    origin: Shown,
    country: Option<Word>,
    why: Option<Word>,
    service: Shown,
    count: u64,
    first: String,
    last: String,
}

#[derive(Serialize)]
struct Source {
    source: Shown,
    files: u64,
    empty_files: u64,
    oldest: Option<String>,
    kept_days: Option<i64>,
    missing_hours: u64,
    missing: Vec<(String, String)>,
    missing_left_out: usize,
}

#[derive(Serialize)]
struct Trouble {
    store: Shown,
    why: Word,
    operation: Shown,
    detail: Shown,
    count: u64,
}

#[derive(Serialize)]
struct Digests {
    files: u64,
    matched: u64,
    altered: usize,
    missing: usize,
    broken: usize,
    verified: u64,
    refused: usize,
    unverified: u64,
}

impl Logs {
    pub fn new(material: &Material<'_>) -> Option<Self> {
        let told = material.assessment.logs.as_ref()?;
        let of =
            |standing: Standing| told.rows.iter().filter(move |row: &&scan::Row| row.standing == standing);
        let rows = |standing| Rows {
            records: of(standing).map(|row| row.count).sum(),
            rows: of(standing).take(ROWS).map(Row::new).collect(),
            left_out: of(standing).count().saturating_sub(ROWS),
        };
        let troubles = told.stores.iter().flat_map(|store| {
            store.troubles.iter().map(|trouble| Trouble {
                store: name(&store.store),
                why: words::gap(trouble.reason),
                operation: name(&trouble.operation),
                detail: display::prose(&trouble.detail, NAME_LIMIT),
                count: trouble.count,
            })
        });
        Some(Self {
            from: told.period.map(|span| in_japan(span.from)),
            to: told.period.map(|span| in_japan(span.to)),
            awaited_from: in_japan(told.awaited_from),
            records: told.read.records,
            files: told.read.files,
            skipped_files: told.read.skipped_files,
            allowed: of(Standing::Allowed).map(|row| row.count).sum(),
            abroad: rows(Standing::Abroad),
            unknown: rows(Standing::Unknown),
            sources: told.sources.iter().take(SOURCES).map(Source::new).collect(),
            sources_left_out: told.sources.len().saturating_sub(SOURCES),
            troubles: troubles.collect(),
            digests: told.validation.as_ref().map(|found| Digests {
                files: found.digests,
                matched: found.matched,
                altered: found.altered.len(),
                missing: found.missing.len() + found.unread.len(),
                broken: found.broken.len(),
                verified: found.signatures_verified,
                refused: found.signatures_refused.len(),
                unverified: found.signatures_unverified,
            }),
        })
    }
}

impl Row {
    fn new(row: &scan::Row) -> Self {
        let Origin { country, provider, place, reason, .. } = &row.origin;
        let origin: Vec<&str> = provider.iter().chain(place).map(String::as_str).collect();
        let origin = if origin.is_empty() { country.clone().unwrap_or_default() } else { origin.join(" ") };
        Self {
            principal: name(row.principal.as_deref().unwrap_or("…")),
            origin: name(&origin),
            country: country.as_deref().and_then(words::country),
            why: reason.map(words::origin),
            service: name(row.service.as_deref().unwrap_or("…")),
            count: row.count,
            first: in_japan(row.first),
            last: in_japan(row.last),
        }
    }
}

impl Source {
    fn new(source: &scan::Source) -> Self {
        let spans = source.missing.iter().take(SPANS);
        Self {
            source: name(&source.source),
            files: source.files,
            empty_files: source.empty_files,
            oldest: source.oldest.map(in_japan),
            kept_days: source.kept_days,
            missing_hours: source.missing_hours,
            missing: spans.map(|span| (in_japan(span.from), in_japan(span.to))).collect(),
            missing_left_out: source.missing.len().saturating_sub(SPANS),
        }
    }
}

fn name(text: &str) -> Shown {
    display::name(text, NAME_LIMIT)
}
