//! The map of where copies rest: the world and Japan, with a mark for each site.
//!
//! Home and abroad differ by shape (disc, diamond) as well as by colour. Copies whose place is not a
//! single known site stand beside the map, never on it.

mod geometry;

use super::page::words_of;
use crate::assess::PlaceCount;
use crate::corroborate::bounds;
use crate::report::display::{self, NAME_LIMIT, Shown};
use crate::report::words::{self, Word};
use crate::report::{Material, ReportError};
use crate::text::Text;
use geometry::{Mark, Pin, marks};
use sekisho_contract::fact::CopyRole;
use sekisho_contract::place::Site;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const OUTLINES: &str = include_str!("../map/outlines.json");

/// The map on the page.
#[derive(Serialize)]
pub struct Map {
    world: String,
    japan: String,
    inset: Frame,
    inset_outline: String,
    world_marks: Vec<Mark>,
    japan_marks: Vec<Mark>,
    discs: Vec<Disc>,
    home: Sum,
    abroad: Sum,
    unknown: Sum,
    off_map: u64,
    rows: Vec<Row>,
}

/// How far what answers can be from a vantage point.
#[derive(Serialize)]
struct Disc {
    name: Shown,
    x: String,
    y: String,
    radius: String,
    triangle: String,
    km: String,
    addresses: usize,
}

/// Copies, and those of confidential resources among them.
#[derive(Serialize, Clone, Copy, Default)]
struct Sum {
    total: u64,
    confidential: u64,
}

/// One place in the table beside the map.
#[derive(Serialize)]
struct Row {
    whereabouts: Whereabouts,
    site: Option<Text>,
    location: Shown,
    provider: Shown,
    countries: Vec<Text>,
    roles: Vec<(Word, u64)>,
    confidential: u64,
    other: u64,
    total: u64,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Whereabouts {
    Abroad,
    Unknown,
    Home,
}

#[derive(Deserialize)]
struct Outlines {
    world: Outline,
    japan: Japan,
}

#[derive(Deserialize)]
struct Outline {
    paths: Vec<String>,
}

#[derive(Deserialize)]
struct Japan {
    paths: Vec<String>,
    inset: Inset,
    southern_kurils: Outline,
}

#[derive(Deserialize)]
struct Inset {
    #[serde(rename = "box")]
    frame: Frame,
    #[serde(default)]
    paths: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Frame {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Map {
    pub fn new(material: &Material<'_>) -> Result<Self, ReportError> {
        let outlines: Outlines = serde_json::from_str(OUTLINES)
            .map_err(|error| ReportError::Compose(format!("the map's outlines: {error}")))?;
        let rows = rows(material);
        let sum = |of: Whereabouts| {
            rows.iter().filter(|row| row.whereabouts == of).fold(Sum::default(), |sum, row| Sum {
                total: sum.total + row.total,
                confidential: sum.confidential + row.confidential,
            })
        };
        let pins = pins(material);
        let placed: u64 = pins.iter().map(|pin| pin.count).sum();
        let (home, abroad, unknown) =
            (sum(Whereabouts::Home), sum(Whereabouts::Abroad), sum(Whereabouts::Unknown));
        let japan: Vec<&str> = [&outlines.japan.paths, &outlines.japan.southern_kurils.paths]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        Ok(Self {
            world: outlines.world.paths.concat(),
            japan: japan.concat(),
            inset: outlines.japan.inset.frame,
            inset_outline: outlines.japan.inset.paths.concat(),
            world_marks: marks(&geometry::WORLD, &with_home_together(&pins)),
            japan_marks: marks(
                &geometry::JAPAN,
                &pins.into_iter().filter(|pin| pin.in_japan).collect::<Vec<_>>(),
            ),
            discs: discs(material),
            home,
            abroad,
            unknown,
            off_map: (home.total + abroad.total).saturating_sub(placed),
            rows,
        })
    }
}

fn discs(material: &Material<'_>) -> Vec<Disc> {
    let Some(heard) = &material.assessment.heard else { return Vec::new() };
    bounds::discs(heard, &material.assessment.corroboration)
        .into_iter()
        .map(|disc| {
            let (x, y) = geometry::at_home(disc.at.latitude, disc.at.longitude);
            let corner =
                |dx: f64, dy: f64| format!("{},{}", geometry::units(x + dx), geometry::units(y + dy));
            Disc {
                name: display::name(&disc.name, NAME_LIMIT),
                x: geometry::units(x),
                y: geometry::units(y),
                radius: geometry::units(disc.km * geometry::PER_KM),
                triangle: [corner(0.0, -4.0), corner(3.5, 3.0), corner(-3.5, 3.0)].join(" "),
                km: format!("{:.0}", disc.km),
                addresses: disc.addresses,
            }
        })
        .collect()
}

fn whereabouts(material: &Material<'_>, place: &PlaceCount) -> Whereabouts {
    if place.countries.is_empty() {
        Whereabouts::Unknown
    } else if place.countries.iter().all(|country| material.home_countries.contains(country)) {
        Whereabouts::Home
    } else {
        Whereabouts::Abroad
    }
}

fn rows(material: &Material<'_>) -> Vec<Row> {
    type Key<'k> = (Whereabouts, &'k str, &'k str, &'k [String], &'k str);
    let mut by_place: BTreeMap<Key<'_>, BTreeMap<CopyRole, (u64, u64)>> = BTreeMap::new();
    for place in &material.assessment.places {
        let key: Key<'_> =
            (whereabouts(material, place), &place.provider, &place.location, &place.countries, &place.site);
        let count = by_place.entry(key).or_default().entry(place.role).or_default();
        count.0 += place.confidential;
        count.1 += place.other;
    }
    let row =
        |((whereabouts, provider, location, countries, site), roles): (Key<'_>, BTreeMap<_, (u64, u64)>)| {
            let confidential = roles.values().map(|(confidential, _)| confidential).sum();
            let other = roles.values().map(|(_, other)| other).sum();
            Row {
                whereabouts,
                site: material.sites.get(site).map(site_name),
                location: display::name(location, NAME_LIMIT),
                provider: display::name(provider, NAME_LIMIT),
                countries: countries.iter().map(|code| country(code)).collect(),
                roles: roles.iter().map(|(role, (a, b))| (words::role(*role), a + b)).collect(),
                confidential,
                other,
                total: confidential + other,
            }
        };
    by_place.into_iter().map(row).collect()
}

fn country(code: &str) -> Text {
    match words::country(code) {
        Some(word) => Text { ja: word.ja.to_owned(), en: word.en.to_owned() },
        None => {
            let code = display::name(code, 20).text;
            Text { ja: code.clone(), en: code }
        }
    }
}

fn site_name(site: &Site) -> Text {
    words_of(&Text { ja: site.ja.clone(), en: site.en.clone() }, 40)
}

/// One pin for each site that holds copies.
fn pins(material: &Material<'_>) -> Vec<Pin> {
    let mut counts: BTreeMap<(&str, bool), u64> = BTreeMap::new();
    for place in &material.assessment.places {
        let home = match whereabouts(material, place) {
            Whereabouts::Home => true,
            Whereabouts::Abroad => false,
            Whereabouts::Unknown => continue,
        };
        *counts.entry((&place.site, home)).or_default() += place.confidential + place.other;
    }
    let pin = |((id, home), count): ((&str, bool), u64)| {
        let site = material.sites.get(id)?;
        (count > 0).then(|| Pin {
            latitude: site.latitude,
            longitude: site.longitude,
            in_japan: site.country == "JP",
            home,
            name: site_name(site),
            count,
        })
    };
    counts.into_iter().filter_map(pin).collect()
}

/// The world is too small to tell the sites at home apart: one pin, at the largest, stands for all.
fn with_home_together(pins: &[Pin]) -> Vec<Pin> {
    let mut together: Vec<Pin> = pins.iter().filter(|pin| !pin.home).cloned().collect();
    if let Some(largest) = pins.iter().filter(|pin| pin.home).max_by_key(|pin| pin.count) {
        let count = pins.iter().filter(|pin| pin.home).map(|pin| pin.count).sum();
        let name = Text { ja: "国内".to_owned(), en: "Home".to_owned() };
        together.push(Pin { count, name, ..largest.clone() });
    }
    together
}
