//! Round trips among what was heard: which vantage points count, and what they leave possible.

use super::heard::{Address, Heard, PlaceInUse, Position, VantageUsed};
use super::land::{Point, Standpoint};
use super::rtt::{self, METROPOLIS_KM, Nearer, Sighting, Speed};
use sekisho_contract::place::Site;
use std::collections::BTreeSet;

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

/// How far what answers can be from a vantage point, over all that is declared to be at home.
#[derive(Debug, Clone, PartialEq)]
pub struct Disc {
    /// What the vantage point calls itself.
    pub name: String,
    /// Where it says it is.
    pub at: Position,
    /// As far as the slowest of the answers can have come, in kilometres.
    pub km: f64,
    /// How many addresses were measured.
    pub addresses: usize,
}

/// One disc for each vantage point that measured anything declared to be at home.
pub fn discs(heard: &Heard, home: &[String]) -> Vec<Disc> {
    let at_home = |place: &&PlaceInUse| {
        !place.countries.is_empty() && place.countries.iter().all(|country| home.contains(country))
    };
    let numbers: BTreeSet<usize> =
        heard.places.iter().filter(at_home).flat_map(|place| place.endpoints.iter().copied()).collect();
    let answering: Vec<&Address> = numbers
        .iter()
        .filter_map(|number| heard.endpoints.get(*number))
        .filter(|one| !one.everywhere)
        .flat_map(|one| &one.addresses)
        .filter(|address| !address.special)
        .collect();
    let disc = |(number, vantage): (usize, Option<Vantage>)| {
        let vantage = vantage?;
        let times: Vec<u64> = answering
            .iter()
            .flat_map(|address| &address.times)
            .filter(|time| time.vantage == number)
            .map(|time| time.min_us)
            .collect();
        let slowest = Measured { vantage: &vantage, min_us: *times.iter().max()? };
        let at = Position { latitude: vantage.point.latitude(), longitude: vantage.point.longitude() };
        Some(Disc { km: slowest.radius_km(), at, addresses: times.len(), name: vantage.name.clone() })
    };
    sound(heard).into_iter().enumerate().filter_map(disc).collect()
}
