//! Several vantage points together: which of them count, and what they exclude of each endpoint.
//!
//! Only what cannot mislead counts: vantage points on Japan's land that do not contradict each other, and addresses that
//! are one machine's, are no stand-in, and were answered, where they speak TLS, by whoever holds the key of a certificate
//! that is trusted for the name. What is said of an endpoint is said of every address it had at any of them.

use super::land::{LandFault, Standpoint};
use super::measurement::{Age, Measurement, Reached, Resolved, Rtt, Target, Tls};
use super::ranges::Ranges;
use super::rtt::{Answer, Excess, Exclusion, Left, Sighting, announced_everywhere, contradiction, excluded};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What is surveyed.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The measurements, their signatures verified.
    pub measurements: &'a [Measurement],
    /// Published ranges: which addresses are announced from everywhere.
    pub ranges: &'a Ranges,
    /// The home countries of the profile.
    pub home: &'a [String],
    /// The moment ages are counted to.
    pub now: Timestamp,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Survey {
    /// The measurements, in their order.
    pub vantages: Vec<Seat>,
    /// Which contradict each other.
    pub contradictions: Vec<Contradiction>,
    /// Every endpoint, by host and port.
    pub endpoints: Vec<Endpoint>,
}

/// One measurement, and whether its round trips count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// The vantage point's name.
    pub name: Option<String>,
    /// Whether its round trips count.
    pub standing: Standing,
    /// When it began.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub taken_from: Timestamp,
    /// When it ended.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub taken_until: Timestamp,
    /// How old it is.
    pub age: Age,
}

/// Whether a vantage point's round trips count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// They do.
    Counts,
    /// Nobody says where it is.
    Nowhere,
    /// It is not on Japan's land: from elsewhere nothing is known of coasts.
    Elsewhere,
    /// It was taken at a time that has not come yet.
    Future,
    /// It and another contradict each other.
    Contradicted,
}

/// Two measurements that cannot both be right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contradiction {
    /// Their places in `vantages`.
    pub vantages: [usize; 2],
    /// Whose round trips show it.
    #[schemars(with = "String")]
    pub address: IpAddr,
    /// By how much.
    pub excess: Excess,
}

/// An endpoint from all vantage points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether every foreign country is excluded for every one of its addresses.
    pub all_foreign_excluded: bool,
    /// The same at the speed of light in a vacuum.
    pub all_foreign_excluded_in_vacuum: bool,
    /// The nearest country that is not excluded, over its addresses.
    pub nearest_left: Option<Left>,
    /// Addresses that were not asked: then nothing is said of all of them.
    pub addresses_left_out: u32,
    /// Its addresses.
    pub addresses: Vec<Place>,
    /// What failed at vantage points: their places in `vantages`, and why.
    pub faults: Vec<(usize, String)>,
}

/// One address from all vantage points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The address.
    #[schemars(with = "String")]
    pub address: IpAddr,
    /// Why its round trips say nothing.
    pub silent: Option<Silence>,
    /// The least round trip from each vantage point that counts, in microseconds, by place in `vantages`.
    pub rtt_us: BTreeMap<usize, u64>,
    /// What they exclude; absent where they say nothing.
    pub exclusion: Option<Exclusion>,
}

/// Why round trips say nothing of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// It is a stand-in, or the vantage point's own machine.
    StandIn,
    /// It is announced from many places at once.
    AnnouncedEverywhere,
    /// It showed a certificate that is not trusted for the endpoint's name: what answered is not shown to be the endpoint.
    NotItself,
    /// The TLS handshake took so much longer that something on the way may have answered the other one.
    AnsweredOnTheWay,
    /// No vantage point that counts was answered.
    NotMeasured,
}

/// Holds measurements against each other.
pub fn survey(order: &Order<'_>) -> Survey {
    let standpoints: Vec<Result<Standpoint, Standing>> =
        order.measurements.iter().map(|measurement| standpoint(measurement, order.now)).collect();
    let contradictions = contradictions(order, &standpoints);
    let contradicted: BTreeSet<usize> = contradictions.iter().flat_map(|found| found.vantages).collect();
    let counting: BTreeMap<usize, &Standpoint> = standpoints
        .iter()
        .enumerate()
        .filter_map(|(seat, standpoint)| Some((seat, standpoint.as_ref().ok()?)))
        .filter(|(seat, _)| !contradicted.contains(seat))
        .collect();
    let vantages = order.measurements.iter().zip(&standpoints).enumerate();
    let vantages = vantages.map(|(seat, (measurement, standpoint))| Seat {
        name: measurement.vantage.as_ref().map(|vantage| vantage.name.clone()),
        standing: match standpoint {
            Err(standing) => *standing,
            Ok(_) if contradicted.contains(&seat) => Standing::Contradicted,
            Ok(_) => Standing::Counts,
        },
        taken_from: measurement.taken_from,
        taken_until: measurement.taken_until,
        age: measurement.age(order.now),
    });
    Survey { vantages: vantages.collect(), endpoints: endpoints(order, &counting), contradictions }
}

fn standpoint(measurement: &Measurement, now: Timestamp) -> Result<Standpoint, Standing> {
    if measurement.age(now) == Age::Future {
        return Err(Standing::Future);
    }
    let vantage = measurement.vantage.as_ref().ok_or(Standing::Nowhere)?;
    let point = vantage.point().ok_or(Standing::Nowhere)?;
    Standpoint::at(point).map_err(|fault| match fault {
        LandFault::Elsewhere { .. } => Standing::Elsewhere,
        LandFault::NoTable => Standing::Nowhere,
    })
}

/// One address of a target at a vantage point.
struct Seen<'a> {
    seat: usize,
    target: &'a Target,
    reached: &'a Reached,
}

impl Seen<'_> {
    fn address(&self) -> IpAddr {
        self.reached.address.to_canonical()
    }

    /// Why its round trip says nothing, wherever the vantage point is.
    fn silence(&self, ranges: &Ranges) -> Option<Silence> {
        let address = self.address();
        let nobody = address.is_loopback() || address.is_unspecified() || address.is_multicast();
        if self.target.resolved == Resolved::Given || nobody {
            return Some(Silence::StandIn);
        }
        let everywhere = ranges.owner(address).is_some_and(|owner| owner.everywhere);
        if everywhere || announced_everywhere(&self.target.host) {
            return Some(Silence::AnnouncedEverywhere);
        }
        let (Some(rtt), tls) = (&self.reached.rtt, &self.reached.tls) else {
            return Some(Silence::NotMeasured);
        };
        match tls {
            Some(tls) if !tls.trusted => Some(Silence::NotItself),
            // It took the connection and broke the handshake off: it need not be the endpoint.
            None if self.reached.fault.is_some() => Some(Silence::NotItself),
            Some(tls) if answered_on_the_way(rtt, tls) => Some(Silence::AnsweredOnTheWay),
            // Of what speaks no TLS nothing more is known.
            Some(_) | None => None,
        }
    }
}

/// Two round trips, both ends at work, and a network at its worst: what takes longer than this was probably answered by
/// two different machines.
const WORK_US: u64 = 20_000;

fn answered_on_the_way(rtt: &Rtt, tls: &Tls) -> bool {
    tls.took_us.is_some_and(|took| took > rtt.median_us.saturating_mul(4).saturating_add(WORK_US))
}

fn all_seen<'a>(measurements: &'a [Measurement]) -> impl Iterator<Item = Seen<'a>> {
    measurements.iter().enumerate().flat_map(|(seat, measurement)| {
        let targets = measurement.targets.iter();
        targets.flat_map(move |target| {
            target.addresses.iter().map(move |reached| Seen { seat, target, reached })
        })
    })
}

fn contradictions(order: &Order<'_>, standpoints: &[Result<Standpoint, Standing>]) -> Vec<Contradiction> {
    let mut least: BTreeMap<IpAddr, BTreeMap<usize, u64>> = BTreeMap::new();
    for seen in all_seen(order.measurements) {
        let (Some(rtt), None) = (&seen.reached.rtt, seen.silence(order.ranges)) else { continue };
        let known = least.entry(seen.address()).or_default().entry(seen.seat).or_insert(u64::MAX);
        *known = rtt.min_us.min(*known);
    }
    // The worst of each pair is told.
    let mut worst: BTreeMap<[usize; 2], Contradiction> = BTreeMap::new();
    for (address, least) in least {
        let answers: Vec<(usize, Answer)> = least
            .into_iter()
            .filter_map(|(seat, rtt_us)| {
                let from = standpoints.get(seat)?.as_ref().ok()?.point();
                Some((seat, Answer { from, address, rtt_us }))
            })
            .collect();
        for (at, (one, left)) in answers.iter().enumerate() {
            for (other, right) in answers.iter().skip(at + 1) {
                let Some(excess) = contradiction(left, right) else { continue };
                let found = Contradiction { vantages: [*one, *other], address, excess };
                let known = worst.entry(found.vantages).or_insert_with(|| found.clone());
                if excess.at_most_km < known.excess.at_most_km {
                    *known = found;
                }
            }
        }
    }
    worst.into_values().collect()
}

fn endpoints(order: &Order<'_>, counting: &BTreeMap<usize, &Standpoint>) -> Vec<Endpoint> {
    let mut found: BTreeMap<(String, u16), Endpoint> = BTreeMap::new();
    for (seat, measurement) in order.measurements.iter().enumerate() {
        for target in &measurement.targets {
            let key = (target.host.to_ascii_lowercase(), target.port);
            let endpoint = found.entry(key.clone()).or_insert_with(|| Endpoint {
                host: key.0,
                port: key.1,
                all_foreign_excluded: false,
                all_foreign_excluded_in_vacuum: false,
                nearest_left: None,
                addresses_left_out: 0,
                addresses: Vec::new(),
                faults: Vec::new(),
            });
            endpoint.addresses_left_out = endpoint.addresses_left_out.max(target.addresses_left_out);
            let faults = target.addresses.iter().filter_map(|reached| reached.fault.as_ref());
            endpoint.faults.extend(target.fault.iter().chain(faults).map(|fault| (seat, fault.clone())));
        }
    }
    let mut places: BTreeMap<(String, u16), BTreeMap<IpAddr, Vec<Seen<'_>>>> = BTreeMap::new();
    for seen in all_seen(order.measurements) {
        let key = (seen.target.host.to_ascii_lowercase(), seen.target.port);
        places.entry(key).or_default().entry(seen.address()).or_default().push(seen);
    }
    for (key, endpoint) in &mut found {
        let places = places.remove(key).unwrap_or_default();
        endpoint.addresses =
            places.into_iter().map(|(address, seen)| place(address, &seen, order, counting)).collect();
        let every = |excludes: fn(&Exclusion) -> bool| {
            let excluded = |place: &Place| place.exclusion.as_ref().is_some_and(excludes);
            endpoint.addresses_left_out == 0
                && !endpoint.addresses.is_empty()
                && endpoint.addresses.iter().all(excluded)
        };
        endpoint.all_foreign_excluded = every(|exclusion| exclusion.fibre.all_foreign);
        endpoint.all_foreign_excluded_in_vacuum = every(|exclusion| exclusion.vacuum.all_foreign);
        let left =
            endpoint.addresses.iter().filter_map(|place| place.exclusion.as_ref()?.fibre.nearest_left());
        endpoint.nearest_left = left.min_by(|one, other| one.km.total_cmp(&other.km)).cloned();
    }
    found.into_values().collect()
}

fn place(
    address: IpAddr,
    seen: &[Seen<'_>],
    order: &Order<'_>,
    counting: &BTreeMap<usize, &Standpoint>,
) -> Place {
    let mut rtt_us = BTreeMap::new();
    let mut silent = None;
    for one in seen {
        // That an address is a stand-in, announced from everywhere, or somebody else, holds for all of it.
        match (one.silence(order.ranges), &one.reached.rtt) {
            (Some(Silence::NotMeasured), _) | (None, None) => {}
            (Some(silence), _) => silent = silent.max(Some(silence)),
            (None, Some(rtt)) if counting.contains_key(&one.seat) => {
                rtt_us.insert(one.seat, rtt.min_us);
            }
            (None, Some(_)) => {}
        }
    }
    if silent.is_some() {
        rtt_us.clear();
    } else if rtt_us.is_empty() {
        silent = Some(Silence::NotMeasured);
    }
    let sightings: Vec<Sighting<'_>> = rtt_us
        .iter()
        .filter_map(|(seat, rtt_us)| Some(Sighting { standpoint: counting.get(seat)?, rtt_us: *rtt_us }))
        .collect();
    let exclusion = silent.is_none().then(|| excluded(&sightings, order.home));
    Place { address, silent, rtt_us, exclusion }
}

#[cfg(test)]
mod tests;
