//! What a round-trip time excludes.
//!
//! Light in fibre travels at two thirds of its speed in a vacuum, so an answer after one millisecond came from at most
//! 99.93 km away, however fast the machines. Whatever else takes time only widens the circle: the least of several
//! round trips is sound as an upper bound. A country is excluded from a vantage point when its nearest land lies beyond
//! the circle. Nothing is said of backups, replicas and logs, for which no host answers, nor of what lies behind a relay.

use super::land::{Foreign, HOME, Point, Standpoint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Kilometres that a millisecond of round trip can mean at most in a vacuum: half of what light travels in it.
pub const VACUUM_KM_PER_MS: f64 = 299.792_458 / 2.0;
/// The same in fibre. What decides.
pub const FIBRE_KM_PER_MS: f64 = VACUUM_KM_PER_MS * 2.0 / 3.0;
/// How far from its site's coordinates a provider's data centre may be, in kilometres: sites are metropolitan areas.
pub const METROPOLIS_KM: f64 = 100.0;

/// A speed of light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// In fibre.
    Fibre,
    /// In a vacuum: nothing is faster.
    Vacuum,
}

impl Speed {
    const fn km_per_ms(self) -> f64 {
        match self {
            Self::Fibre => FIBRE_KM_PER_MS,
            Self::Vacuum => VACUUM_KM_PER_MS,
        }
    }
}

/// How far away what answered can be at most, in kilometres; the round trip is in microseconds.
#[allow(clippy::cast_precision_loss, reason = "beyond 285 years of round trip")]
pub fn radius_km(rtt_us: u64, speed: Speed) -> f64 {
    rtt_us as f64 / 1_000.0 * speed.km_per_ms()
}

/// The least round trip between a vantage point and one address.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'a> {
    /// Where it was measured.
    pub standpoint: &'a Standpoint,
    /// Microseconds.
    pub rtt_us: u64,
}

/// What sightings of one address exclude.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// At the speed of light in fibre, which decides.
    pub fibre: Reach,
    /// At the speed of light in a vacuum.
    pub vacuum: Reach,
}

/// What is within reach, and what is not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// Whether every country but those at home is excluded.
    pub all_foreign: bool,
    /// The countries that are left, the nearest to any of the vantage points first.
    pub left: Vec<Left>,
}

/// A country that is not excluded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Left {
    /// ISO 3166-1 alpha-2; a name where several states claim it.
    pub country: String,
    /// Its name in English.
    pub name: String,
    /// How far its land is at least from the nearest of the vantage points, in kilometres.
    pub km: f64,
}

impl Reach {
    /// The nearest that is left.
    pub fn nearest_left(&self) -> Option<&Left> {
        self.left.first()
    }
}

/// What sightings of one address exclude together, country by country. `home` are the countries of the profile.
pub fn excluded(sightings: &[Sighting<'_>], home: &[String]) -> Exclusion {
    let [fibre, vacuum] = [Speed::Fibre, Speed::Vacuum].map(|speed| reach(sightings, home, speed));
    Exclusion { fibre, vacuum }
}

fn reach(sightings: &[Sighting<'_>], home: &[String], speed: Speed) -> Reach {
    let mut left: Vec<Left> = Vec::new();
    let is_home = |country: &str| home.iter().any(|home| home == country);
    // Where Japan is not at home the vantage points stand abroad themselves.
    if !is_home(HOME) {
        left.push(Left { country: HOME.to_owned(), name: "Japan".to_owned(), km: 0.0 });
    }
    // Every standpoint knows the same countries.
    for Foreign { country, name, .. } in sightings.first().iter().flat_map(|one| one.standpoint.foreign()) {
        let away = |sighting: &Sighting<'_>| {
            let foreign = sighting.standpoint.foreign();
            foreign.iter().find(|foreign| foreign.country == *country).map_or(0.0, |foreign| foreign.km)
        };
        let beyond = |sighting: &Sighting<'_>| radius_km(sighting.rtt_us, speed) < away(sighting);
        if !is_home(country) && !sightings.iter().any(beyond) {
            let km = sightings.iter().map(away).min_by(f64::total_cmp).unwrap_or(0.0);
            left.push(Left { country: (*country).to_owned(), name: (*name).to_owned(), km });
        }
    }
    left.sort_by(|one, other| one.km.total_cmp(&other.km).then_with(|| one.country.cmp(&other.country)));
    Reach { all_foreign: !sightings.is_empty() && left.is_empty(), left }
}

/// An answer from nearer than the declared site.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nearer {
    /// How far away what answered was at most, in kilometres.
    pub at_most_km: f64,
    /// How far away the site is at least, in kilometres.
    pub site_km: f64,
}

/// Whether something nearer than the declared site answered: not even light in a vacuum gets there and back in that
/// time. `within_km` is how far from the site's coordinates the machines may be ([`METROPOLIS_KM`]).
pub fn nearer_than_site(from: Point, rtt_us: u64, site: Point, within_km: f64) -> Option<Nearer> {
    let nearer = Nearer {
        at_most_km: radius_km(rtt_us, Speed::Vacuum),
        site_km: (from.straight_km(site) - within_km).max(0.0),
    };
    (nearer.at_most_km < nearer.site_km).then_some(nearer)
}

/// One vantage point's round trip to an address.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// Where the vantage point says it is.
    pub from: Point,
    /// Which address answered.
    pub address: IpAddr,
    /// Microseconds.
    pub rtt_us: u64,
}

/// By how much two vantage points cannot both be right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Excess {
    /// How far apart they say they are, in kilometres.
    pub apart_km: f64,
    /// How far apart they can be at most, in kilometres: each is that near to what answered both.
    pub at_most_km: f64,
}

/// Whether two answers of one address contradict each other: the host would have to be near both, and they are too far
/// apart for light in a vacuum. Then one of them is not where it says, or the address is announced from several places.
pub fn contradiction(one: &Answer, other: &Answer) -> Option<Excess> {
    let sum = one.rtt_us.saturating_add(other.rtt_us);
    let excess =
        Excess { apart_km: one.from.straight_km(other.from), at_most_km: radius_km(sum, Speed::Vacuum) };
    (one.address == other.address && excess.apart_km > excess.at_most_km).then_some(excess)
}

/// Names whose addresses their providers announce from many places at once, so that round trips to them say nothing:
/// Google's front ends but for regional endpoints, CloudFront, Global Accelerator, and Azure Front Door.
pub fn announced_everywhere(host: &str) -> bool {
    const EVERYWHERE: [&str; 6] = [
        "googleapis.com",
        "google.com",
        "cloudfront.net",
        "awsglobalaccelerator.com",
        "azurefd.net",
        "azureedge.net",
    ];
    let host = host.to_ascii_lowercase();
    let host = host.trim_end_matches('.');
    let below =
        |suffix: &str| host.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    EVERYWHERE.iter().any(|suffix| below(suffix)) && !below("rep.googleapis.com")
}

#[cfg(test)]
mod tests;
