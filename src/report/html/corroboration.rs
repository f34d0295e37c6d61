//! What other witnesses say of places, on the page.

use super::page::reason;
use crate::assess::Assessment;
use crate::corroborate::heard::{RangesUsed, VantageUsed};
use crate::corroborate::{self, Level};
use crate::report::Material;
use crate::report::display::{self, NAME_LIMIT, Shown};
use crate::report::in_japan;
use crate::text::Text;
use crate::words::{self, Word};
use jiff::Timestamp;
use serde::Serialize;

/// Most places on the page.
const ROWS: usize = 200;
/// Most statements of one.
const STATEMENTS: usize = 5;

/// Other witnesses, on the page.
#[derive(Serialize)]
pub struct Corroboration {
    /// Whether the network was asked; `None` where nobody was.
    network: Option<bool>,
    asked_at: Option<String>,
    levels: Vec<(&'static str, Word, usize)>,
    contradicted: u64,
    ranges: Vec<Ranges>,
    country_database: Option<(Shown, String)>,
    vantages: Vec<Vantage>,
    rows: Vec<Row>,
    /// Places at which nothing answers, and how many resources rest there.
    silent: (usize, u64),
    left_out: usize,
    not_asked: u64,
}

#[derive(Serialize)]
struct Ranges {
    from: Shown,
    made: Option<Shown>,
    sha256: Option<String>,
    fault: Option<Shown>,
}

#[derive(Serialize)]
struct Vantage {
    name: Shown,
    at: Option<String>,
    measured: Option<String>,
    keyid: Option<String>,
    fault: Option<Shown>,
}

#[derive(Serialize)]
struct Row {
    class: &'static str,
    level: Word,
    provider: Shown,
    account: Shown,
    region: Shown,
    service: Shown,
    resources: u64,
    names: u64,
    statements: Vec<Said>,
    more: usize,
}

#[derive(Serialize)]
struct Said {
    class: &'static str,
    text: Text,
}

impl Corroboration {
    pub fn new(material: &Material<'_>) -> Self {
        let Assessment { corroboration: all, heard, .. } = material.assessment;
        let (mut places, silent): (Vec<_>, Vec<_>) =
            all.iter().partition(|one| !one.statements.is_empty() || one.names > 0);
        places.sort_by(|a, b| (a.level, &a.id).cmp(&(b.level, &b.id)));
        let count = |level| all.iter().filter(|one| one.level == level).count();
        let levels = [Level::Contradicted, Level::Declared, Level::Corroborated, Level::Bounded];
        let heard = heard.as_ref();
        Self {
            network: heard.map(|heard| heard.network),
            asked_at: heard.map(|heard| in_japan(heard.asked_at)),
            levels: levels
                .into_iter()
                .map(|level| (class(level), words::level(level), count(level)))
                .collect(),
            contradicted: material
                .assessment
                .withheld
                .map_or_else(|| count(Level::Contradicted) as u64, |one| one.contradicted),
            ranges: heard.iter().flat_map(|heard| &heard.ranges).map(ranges).collect(),
            country_database: heard.and_then(|heard| heard.country_database.as_ref()).map(|database| {
                let made =
                    i64::try_from(database.made).ok().and_then(|made| Timestamp::from_second(made).ok());
                (display::name(&database.kind, NAME_LIMIT), made.map(in_japan).unwrap_or_default())
            }),
            vantages: heard.iter().flat_map(|heard| &heard.vantages).map(vantage).collect(),
            silent: (silent.len(), silent.iter().map(|one| one.resources).sum()),
            rows: places.iter().take(ROWS).map(|place| row(place)).collect(),
            left_out: places.len().saturating_sub(ROWS),
            not_asked: heard.map_or(0, |heard| heard.left_out),
        }
    }
}

fn ranges(used: &RangesUsed) -> Ranges {
    let edition = used.edition.as_ref();
    let made = edition.and_then(|edition| edition.made.as_ref().or(edition.number.as_ref()));
    Ranges {
        from: display::name(&used.from, NAME_LIMIT),
        made: made.map(|made| display::name(made, NAME_LIMIT)),
        sha256: edition.map(|edition| edition.sha256.chars().take(16).collect()),
        fault: used.fault.as_ref().map(|fault| display::name(fault, NAME_LIMIT)),
    }
}

fn vantage(used: &VantageUsed) -> Vantage {
    Vantage {
        name: display::name(used.name.as_ref().unwrap_or(&used.file), NAME_LIMIT),
        at: used.at.map(|at| format!("{:.4}, {:.4}", at.latitude, at.longitude)),
        measured: used.measured.map(in_japan),
        keyid: used.keyid.as_ref().map(|keyid| keyid.chars().take(16).collect()),
        fault: used.fault.as_ref().map(|fault| display::name(fault, NAME_LIMIT)),
    }
}

fn row(place: &corroborate::Corroboration) -> Row {
    let name = |text: &String| display::name(text, NAME_LIMIT);
    Row {
        class: class(place.level),
        level: words::level(place.level),
        provider: name(&place.provider),
        account: name(&place.account),
        region: name(&place.region),
        service: name(&place.service),
        resources: place.resources,
        names: place.names,
        statements: place
            .statements
            .iter()
            .take(STATEMENTS)
            .map(|one| Said {
                class: match one.supports {
                    Some(true) => "supports",
                    Some(false) => "contradicts",
                    None => "silent",
                },
                text: reason(&one.text()),
            })
            .collect(),
        more: place.statements.len().saturating_sub(STATEMENTS),
    }
}

const fn class(level: Level) -> &'static str {
    match level {
        Level::Contradicted => "contradicted",
        Level::Declared => "declared",
        Level::Corroborated => "corroborated",
        Level::Bounded => "bounded",
    }
}
