//! Round trips among what was heard: which vantage points count, and what they leave possible.

use super::heard::{Heard, Position, Time, VantageUsed};
use super::land::{Point, Standpoint};
use super::levels::{Corroboration, Level};
use super::rtt::{self, METROPOLIS_KM, Nearer, Sighting, Speed};
use sekisho_contract::place::Site;
use std::collections::{BTreeMap, BTreeSet};

/// A vantage point that counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Vantage {
    /// What it calls itself.
    pub name: String,
    standpoint: Standpoint,
    point: Point,
}

/// The shortest round trip from a vantage point to an address.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// From where.
    pub vantage: &'a Vantage,
    /// In microseconds.
    pub min_us: u64,
}

/// Vantage points by their numbers; `None` for one that does not count: its measurement cannot be used, or it does not stand in
/// Japan.
pub fn sound(heard: &Heard) -> Vec<Option<Vantage>> {
    let stand = |used: &VantageUsed| {
        let at = used.at.filter(|_| used.fault.is_none())?;
        let point = Point::new(at.latitude, at.longitude)?;
        let name = used.name.clone().unwrap_or_else(|| used.file.clone());
        Some(Vantage { name, standpoint: Standpoint::at(point).ok()?, point })
    };
    heard.vantages.iter().map(stand).collect()
}

impl Measured<'_> {
    /// How far what answers can be, in kilometres: light in fibre there and back.
    pub fn radius_km(&self) -> f64 {
        rtt::radius_km(self.min_us, Speed::Fibre)
    }

    /// Whether something nearer than a region's site answered.
    pub fn nearer_than(&self, site: &Site) -> Option<Nearer> {
        let site = Point::new(site.latitude, site.longitude)?;
        rtt::nearer_than_site(self.vantage.point, self.min_us, site, METROPOLIS_KM)
    }
}

/// The nearest foreign country from which the answer can have come, for all that was measured of an address; `None` where
/// every foreign land is excluded.
pub fn left_over(measured: &[Measured<'_>], home: &[String]) -> Option<String> {
    let sightings: Vec<Sighting<'_>> = measured
        .iter()
        .map(|one| Sighting { standpoint: &one.vantage.standpoint, rtt_us: one.min_us })
        .collect();
    let fibre = rtt::excluded(&sightings, home).fibre;
    match fibre.nearest_left() {
        Some(left) => Some(left.country.clone()),
        None if fibre.all_foreign => None,
        None => Some(String::new()),
    }
}

/// A disc in which some of what answers lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Disc {
    /// What the vantage point in its middle calls itself.
    pub name: String,
    /// Where it says it is.
    pub at: Position,
    /// In kilometres.
    pub km: f64,
    /// How many addresses lie in it.
    pub addresses: usize,
}

/// Around each vantage point, the disc of the addresses that it bounds most narrowly, over places that are bounded.
pub fn discs(heard: &Heard, concluded: &[Corroboration]) -> Vec<Disc> {
    let vantages = sound(heard);
    let bounded = heard.places.iter().zip(concluded).filter(|(_, place)| place.level == Level::Bounded);
    let numbers: BTreeSet<usize> = bounded.flat_map(|(place, _)| place.endpoints.iter().copied()).collect();
    let addresses =
        numbers.iter().filter_map(|number| heard.endpoints.get(*number)).flat_map(|one| &one.addresses);
    // The slowest of each vantage point's, and how many.
    let mut slowest: BTreeMap<usize, (u64, usize)> = BTreeMap::new();
    for address in addresses {
        let counts = |time: &&Time| vantages.get(time.vantage).is_some_and(Option::is_some);
        if let Some(nearest) = address.times.iter().filter(counts).min_by_key(|time| time.min_us) {
            let (worst, many) = slowest.entry(nearest.vantage).or_default();
            (*worst, *many) = (nearest.min_us.max(*worst), *many + 1);
        }
    }
    let disc = |(number, (min_us, addresses)): (usize, (u64, usize))| {
        let vantage = vantages.get(number)?.as_ref()?;
        let at = Position { latitude: vantage.point.latitude(), longitude: vantage.point.longitude() };
        let km = Measured { vantage, min_us }.radius_km();
        Some(Disc { name: vantage.name.clone(), at, km, addresses })
    };
    slowest.into_iter().filter_map(disc).collect()
}
