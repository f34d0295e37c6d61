//! Asking other witnesses of the places in use.

use super::address::{CountryDatabase, country, is_special};
use super::heard::{
    Address, Answerer, Heard, OwnerTold, PlaceInUse, RangesUsed, Region, SCHEMA, Shown, Time, Told,
    VantageUsed,
};
use super::measurement::{Age, Measurement, Resolved, Target, Tls};
use super::probe::{Ways, probe};
use super::ranges::Ranges;
use super::rtt::Excess;
use super::survey::{self, Seat, Standing, Survey, survey};
use super::tls::Trust;
use crate::link::Source;
use crate::run_folder::ReadFault;
use crate::tenancy::Tenancy;
use jiff::Timestamp;
use maxminddb::Reader;
use sekisho_contract::fact::{Country, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::place::PlaceCatalogue;
use sekisho_contract::{AccountSection, Endpoint, Provider, Thing};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Things asked of openly in one run.
const OPEN_LIMIT: usize = 2_000;
/// How long all endpoints together are waited for.
const DEADLINE: Duration = Duration::from_secs(120);
/// Endpoints asked in one run.
const ENDPOINT_LIMIT: usize = 1_000;

/// The places in use, and the names that answer for them.
#[derive(Debug, Default)]
pub struct InUse {
    places: Vec<PlaceInUse>,
    endpoints: Vec<(String, Endpoint)>,
    open: Vec<OpenThing>,
    left_out: u64,
}

impl InUse {
    /// Whether what was heard is of these places and endpoints, and of no others.
    pub fn are_those_of(&self, heard: &Heard) -> bool {
        let asked = |place: &PlaceInUse| PlaceInUse { told: Vec::new(), ..place.clone() };
        let own = self.endpoints.iter().map(|(_, one)| (one.host.as_str(), one.port, one.everywhere));
        let told = heard.endpoints.iter().map(|one| (one.host.as_str(), one.port, one.everywhere));
        own.eq(told) && self.places.iter().map(asked).eq(heard.places.iter().map(asked))
    }

    /// What was heard of places and endpoints that were renamed, in the order of these; `None` where it is of others.
    pub fn in_order(&self, heard: Heard) -> Option<Heard> {
        let key = |place: &PlaceInUse| {
            [&place.provider, &place.account, &place.region, &place.service].map(String::clone)
        };
        let mut places: BTreeMap<_, _> = heard.places.into_iter().map(|place| (key(&place), place)).collect();
        let mut endpoints: BTreeMap<_, _> =
            heard.endpoints.into_iter().map(|one| ((one.host.clone(), one.port), one)).collect();
        let ordered = Heard {
            places: self
                .places
                .iter()
                .map(|place| {
                    let told = places.remove(&key(place))?.told;
                    Some(PlaceInUse { told, ..place.clone() })
                })
                .collect::<Option<_>>()?,
            endpoints: self
                .endpoints
                .iter()
                .map(|(_, one)| endpoints.remove(&(one.host.clone(), one.port)))
                .collect::<Option<_>>()?,
            ..heard
        };
        (places.is_empty() && endpoints.is_empty() && self.are_those_of(&ordered)).then_some(ordered)
    }
}

/// A thing of which its provider tells whoever asks in which region it is.
#[derive(Debug, Clone)]
pub struct OpenThing {
    /// Its place, as a number in [`Heard::places`].
    place: usize,
    /// The section of its account.
    pub section: AccountSection,
    /// The region it is administered in.
    pub region: String,
    /// The service's short name.
    pub service: String,
    /// What it is.
    pub kind: Kind,
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What witnesses there are beside the endpoints themselves.
#[derive(Default)]
pub struct Witnesses {
    /// Published address ranges, as one.
    pub ranges: Ranges,
    /// Where they came from.
    pub ranges_used: Vec<RangesUsed>,
    /// The user's country database.
    pub countries: Option<Reader<Vec<u8>>>,
    /// Measurements from vantage points, their signatures verified.
    pub vantages: Vec<(VantageUsed, Measurement)>,
    /// What the certificates of stand-ins are held against.
    pub stand_in_roots: Option<Trust>,
}

/// What is asked of whom.
pub struct Order<'a> {
    /// The tenancy.
    pub tenancy: &'a Tenancy,
    /// The providers at hand.
    pub providers: &'a [Arc<dyn Provider>],
    /// The other witnesses.
    pub witnesses: &'a Witnesses,
    /// The profile's home countries.
    pub home: &'a [String],
    /// What time it is.
    pub clock: fn() -> Timestamp,
}

/// Asks other witnesses of the places in use; `told` is what providers told openly, in the order of [`InUse::open`]. Never
/// fails for want of an answer.
pub async fn hear(mut found: InUse, told: Vec<Option<String>>, order: &Order<'_>) -> Heard {
    let section = &order.tenancy.corroborate;
    found.take_told(&told, order.providers);
    let stand_in = |host: &str, port: u16| section.resolve.contains_key(&format!("{host}:{port}"));
    let asked = if section.network { found.worth_asking(&stand_in) } else { Vec::new() };
    let mut answers = BTreeMap::new();
    for stand_ins in [false, true] {
        let of = |endpoint: &Endpoint| stand_in(&endpoint.host, endpoint.port) == stand_ins;
        let asked: Vec<&(usize, Endpoint)> = asked.iter().filter(|(_, endpoint)| of(endpoint)).collect();
        if asked.is_empty() {
            continue;
        }
        let roots =
            order.witnesses.stand_in_roots.clone().filter(|_| stand_ins).unwrap_or_else(Trust::of_public);
        let mut ways = Ways { samples: 1, deadline: Some(DEADLINE), ..Ways::new(roots) };
        for (name, address) in &section.resolve {
            // Both were read from the tenancy file, which refuses what is no address of this machine.
            let _ = ways.overrides.add(&format!("{name}={address}"));
        }
        let targets: Vec<_> =
            asked.iter().map(|(_, endpoint)| (endpoint.host.clone(), endpoint.port)).collect();
        let told = probe(&targets, &ways).await;
        let number = |target: &Target| {
            let same = |(_, one): &&&(usize, Endpoint)| {
                one.host.eq_ignore_ascii_case(&target.host) && one.port == target.port
            };
            asked.iter().find(same).map(|(number, _)| *number)
        };
        answers.extend(told.into_iter().filter_map(|target| Some((number(&target)?, target))));
    }
    found.heard(order, answers)
}

/// One place of a service of an account.
type Key = [String; 4];

#[derive(Default)]
struct Group {
    resources: u64,
    nameless: u64,
    endpoints: BTreeSet<Endpoint>,
    /// By identifier, those that come first: which they are does not depend on which was read first.
    open: BTreeMap<String, (Kind, String)>,
    told_openly: u64,
}

/// Keeps a thing among the first so many.
fn keep<T>(first: &mut BTreeMap<String, T>, id: String, thing: T, limit: usize) {
    first.insert(id, thing);
    if first.len() > limit {
        first.pop_last();
    }
}

/// Finds what is in use among what was gathered.
pub fn in_use(
    source: &dyn Source,
    tenancy: &Tenancy,
    providers: &[Arc<dyn Provider>],
) -> Result<InUse, ReadFault> {
    let by_name: BTreeMap<&str, &Arc<dyn Provider>> =
        providers.iter().map(|provider| (provider.name(), provider)).collect();
    let mut groups: BTreeMap<Key, Group> = BTreeMap::new();
    source.each(&mut |_, text| {
        let found: Found<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        // What holds no bytes has no place to bear out; nor has what only a list over services names.
        if found.kind == Kind::Other || !found.facets.iter().any(|facet| facet == "copies") {
            return Ok(());
        }
        let key = [found.provider, found.account, found.region, found.service].map(|part| part.into_owned());
        let endpoint = by_name.get(key[0].as_str()).and_then(|provider| {
            provider.endpoint(&Thing {
                region: &key[2],
                service: &key[3],
                kind: found.kind,
                id: &found.id,
                name: &found.name,
            })
        });
        let group = groups.entry(key).or_default();
        group.resources += 1;
        match endpoint {
            Some(endpoint) => {
                if endpoint.told_openly {
                    group.told_openly += 1;
                    let thing = (found.kind, found.name.into_owned());
                    keep(&mut group.open, found.id.into_owned(), thing, OPEN_LIMIT);
                }
                group.endpoints.insert(endpoint);
            }
            None => group.nameless += 1,
        }
        Ok(())
    })?;
    let mut found = InUse::default();
    let mut numbers: BTreeMap<Endpoint, usize> = BTreeMap::new();
    for ([provider, account, region, service], group) in groups {
        let catalogue = by_name.get(provider.as_str()).map(|provider| provider.places());
        let mut endpoints = Vec::new();
        for endpoint in group.endpoints {
            let next = found.endpoints.len();
            let number = *numbers.entry(endpoint.clone()).or_insert(next);
            if number == next {
                found.endpoints.push((provider.clone(), endpoint));
            }
            endpoints.push(number);
        }
        let section = section_of(tenancy, &provider, &account);
        let room = OPEN_LIMIT.saturating_sub(found.open.len());
        let taken = group.open.len().min(room) as u64;
        found.left_out += group.told_openly.saturating_sub(taken);
        found.open.extend(group.open.into_iter().take(room).map(|(id, (kind, name))| OpenThing {
            place: found.places.len(),
            section: section.clone(),
            region: region.clone(),
            service: service.clone(),
            kind,
            id,
            name,
        }));
        let site = catalogue.and_then(|catalogue| match catalogue.place(&region)?.sites.as_slice() {
            [site] => catalogue.sites.get(site).cloned(),
            _ => None,
        });
        found.places.push(PlaceInUse {
            countries: countries_of(catalogue, &region),
            site,
            resources: group.resources,
            nameless: group.nameless,
            endpoints,
            emulated: section.endpoint.is_some() || !section.endpoints.is_empty(),
            told: Vec::new(),
            provider,
            account,
            region,
            service,
        });
    }
    Ok(found)
}

/// The section of an account. One that was found in an organization is reached as the organization's own are: where an
/// emulator stands in for those, it does for this one.
fn section_of(tenancy: &Tenancy, provider: &str, account: &str) -> AccountSection {
    let of_provider = || tenancy.accounts.iter().filter(|section| section.provider == provider);
    let own = of_provider().find(|section| section.id == account);
    let like = || of_provider().find(|section| section.endpoint.is_some() || !section.endpoints.is_empty());
    let like = own.or_else(like);
    AccountSection {
        endpoint: like.and_then(|like| like.endpoint.clone()),
        endpoints: like.map(|like| like.endpoints.clone()).unwrap_or_default(),
        ..AccountSection::of(provider, account)
    }
}

#[derive(Deserialize)]
struct Found<'a> {
    #[serde(borrow)]
    id: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    provider: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    account: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    region: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    service: std::borrow::Cow<'a, str>,
    kind: Kind,
    #[serde(borrow)]
    name: std::borrow::Cow<'a, str>,
    facets: Vec<String>,
}

impl InUse {
    /// The things to be asked of openly.
    pub fn open(&self) -> &[OpenThing] {
        &self.open
    }

    /// Takes what was told openly of each of them.
    fn take_told(&mut self, told: &[Option<String>], providers: &[Arc<dyn Provider>]) {
        for (thing, told) in self.open.iter().zip(told) {
            let (Some(told), Some(place)) = (told, self.places.get_mut(thing.place)) else { continue };
            // Other people's text: a region that the catalogue does not know is told as such.
            let told = shorten(told);
            match place.told.iter_mut().find(|known| known.region == told) {
                Some(known) => known.resources += 1,
                None => {
                    let catalogue = providers.iter().find(|provider| provider.name() == place.provider);
                    place.told.push(Told {
                        countries: countries_of(catalogue.map(|provider| provider.places()), &told),
                        region: told,
                        resources: 1,
                        example: thing.id.clone(),
                    });
                }
            }
        }
        for place in &mut self.places {
            place.told.sort_by(|a, b| a.region.cmp(&b.region));
        }
    }

    /// The endpoints that are worth asking, by their numbers: those of real accounts and those whose address is given, as
    /// many as one run may ask.
    fn worth_asking(&mut self, given: &dyn Fn(&str, u16) -> bool) -> Vec<(usize, Endpoint)> {
        let real = self.places.iter().filter(|place| !place.emulated);
        let real: BTreeSet<usize> = real.flat_map(|place| place.endpoints.iter().copied()).collect();
        let all = self.endpoints.iter().map(|(_, endpoint)| endpoint.clone()).enumerate();
        let mut worth: Vec<(usize, Endpoint)> = all
            .filter(|(number, endpoint)| {
                !endpoint.everywhere && (real.contains(number) || given(&endpoint.host, endpoint.port))
            })
            .collect();
        self.left_out += worth.len().saturating_sub(ENDPOINT_LIMIT) as u64;
        worth.truncate(ENDPOINT_LIMIT);
        worth
    }

    /// Puts together what was heard of what is in use. `answers` are what this run was told, by the endpoints' numbers.
    fn heard(mut self, order: &Order<'_>, answers: BTreeMap<usize, Target>) -> Heard {
        let Order { witnesses, providers, home, tenancy, clock } = *order;
        let asked_at = clock();
        let measurements: Vec<Measurement> =
            witnesses.vantages.iter().map(|(_, measured)| measured.clone()).collect();
        let survey = survey(&survey::Order {
            measurements: &measurements,
            ranges: &witnesses.ranges,
            home,
            now: asked_at,
        });
        let vantages =
            witnesses.vantages.iter().zip(&survey.vantages).enumerate().map(|(number, ((used, _), seat))| {
                let fault = not_counting(seat, number, &survey);
                VantageUsed { fault: used.fault.clone().or(fault), ..used.clone() }
            });
        let vantages: Vec<VantageUsed> = vantages.collect();
        let table = Table {
            witnesses,
            catalogues: providers.iter().map(|provider| provider.places()).collect(),
            survey: &survey,
            vantages: &vantages,
        };
        let endpoints = std::mem::take(&mut self.endpoints);
        let endpoints = endpoints.into_iter().enumerate();
        let endpoints = endpoints
            .map(|(number, (provider, endpoint))| table.answerer(&provider, endpoint, answers.get(&number)))
            .collect();
        Heard {
            schema: SCHEMA.to_owned(),
            asked_at,
            network: tenancy.corroborate.network,
            ranges: witnesses.ranges_used.clone(),
            country_database: witnesses.countries.as_ref().map(CountryDatabase::of),
            endpoints,
            vantages,
            places: self.places,
            left_out: self.left_out,
        }
    }
}

/// Why a vantage point's round trips do not count.
fn not_counting(seat: &Seat, number: usize, survey: &Survey) -> Option<String> {
    if let Age::Old(days) = seat.age {
        return Some(format!("it was measured {days} days ago, and names move to other addresses"));
    }
    let why = match seat.standing {
        Standing::Counts => return None,
        Standing::Nowhere => "nobody says where it is".to_owned(),
        Standing::Elsewhere => "it is not on Japan's land, from where alone distances are known".to_owned(),
        Standing::Future => "it was measured at a time that has not come yet".to_owned(),
        Standing::Contradicted => {
            let of_it = survey.contradictions.iter().find(|found| found.vantages.contains(&number));
            let told = of_it.map(|found| {
                let other = found.vantages.iter().find(|other| **other != number);
                let other = other.and_then(|other| survey.vantages.get(*other)?.name.clone()).unwrap_or_default();
                let Excess { apart_km, at_most_km } = found.excess;
                format!(
                    "its round trips and those of {other} contradict each other: they say they are {apart_km:.0} km apart, \
                     and can be {at_most_km:.0} km apart at most"
                )
            });
            told.unwrap_or_else(|| "it and another contradict each other".to_owned())
        }
    };
    Some(why)
}

/// What answers are looked up in.
struct Table<'a> {
    witnesses: &'a Witnesses,
    catalogues: Vec<&'a PlaceCatalogue>,
    survey: &'a Survey,
    vantages: &'a [VantageUsed],
}

impl Table<'_> {
    fn answerer(&self, provider: &str, endpoint: Endpoint, answer: Option<&Target>) -> Answerer {
        let mut addresses: BTreeMap<IpAddr, Address> = BTreeMap::new();
        let reached = answer.into_iter().flat_map(|answer| &answer.addresses);
        for one in reached.clone() {
            addresses.entry(one.address).or_insert_with(|| self.address(one.address)).resolved_here = true;
        }
        let counts = |number: &usize| self.vantages.get(*number).is_some_and(|used| used.fault.is_none());
        let surveyed = self
            .survey
            .endpoints
            .iter()
            .find(|one| one.host.eq_ignore_ascii_case(&endpoint.host) && one.port == endpoint.port);
        for place in surveyed.into_iter().flat_map(|one| &one.addresses) {
            let address = addresses.entry(place.address).or_insert_with(|| self.address(place.address));
            address.silent = place.silent;
            // Whatever takes a connection can be timed; only who ends a handshake of TLS is shown to be the endpoint.
            let itself = |number: usize| endpoint.tls && self.shook_hands(number, &endpoint, place.address);
            let times = place.rtt_us.iter().filter(|(number, _)| counts(number) && itself(**number));
            address.times.extend(times.map(|(vantage, min_us)| Time { vantage: *vantage, min_us: *min_us }));
        }
        // One that does not hold speaks before those that do.
        let certificate = reached.clone().filter_map(|one| one.tls.clone()).min_by_key(|tls| tls.trusted);
        let mut faults = reached.filter_map(|one| one.fault.clone());
        Answerer {
            certificate: certificate.map(|tls| Shown { regions: self.named(provider, &tls), tls }),
            fault: answer.and_then(|answer| answer.fault.clone()).or_else(|| faults.next_back()),
            host: endpoint.host,
            port: endpoint.port,
            everywhere: endpoint.everywhere,
            stand_in: answer.is_some_and(|answer| answer.resolved == Resolved::Given),
            addresses_left_out: answer
                .map_or(0, |answer| answer.addresses_left_out)
                .max(surveyed.map_or(0, |one| one.addresses_left_out)),
            addresses: addresses.into_values().collect(),
        }
    }

    /// Whether an endpoint at an address ended a handshake of TLS with a vantage point.
    fn shook_hands(&self, vantage: usize, endpoint: &Endpoint, address: IpAddr) -> bool {
        let targets = self.witnesses.vantages.get(vantage).map(|(_, measured)| &measured.targets);
        targets
            .into_iter()
            .flatten()
            .filter(|target| target.host.eq_ignore_ascii_case(&endpoint.host) && target.port == endpoint.port)
            .flat_map(|target| &target.addresses)
            .filter(|reached| reached.address.to_canonical() == address)
            .all(|reached| reached.tls.as_ref().is_some_and(|tls| tls.trusted && tls.took_us.is_some()))
    }

    fn address(&self, address: IpAddr) -> Address {
        let owner = self.witnesses.ranges.owner(address).map(|owner| {
            let catalogue = self.catalogues.iter().find(|catalogue| catalogue.provider == owner.provider);
            OwnerTold {
                provider: owner.provider.to_owned(),
                place: owner.place().map(str::to_owned),
                service: owner.service.map(str::to_owned),
                everywhere: owner.everywhere,
                countries: owner
                    .place()
                    .map_or_else(Vec::new, |place| countries_of(catalogue.copied(), place)),
            }
        });
        let database = self.witnesses.countries.as_ref();
        Address {
            address,
            resolved_here: false,
            special: is_special(address),
            owner,
            country: database.and_then(|database| country(database, address)),
            silent: None,
            times: Vec::new(),
        }
    }

    /// The provider's regions among a certificate's names.
    fn named(&self, provider: &str, tls: &Tls) -> Vec<Region> {
        let Some(catalogue) = self.catalogues.iter().find(|catalogue| catalogue.provider == provider) else {
            return Vec::new();
        };
        let named = |id: &str| tls.names.iter().any(|name| names(name, id));
        catalogue
            .regions()
            .filter(|(id, _)| named(id))
            .map(|(id, place)| Region { id: id.to_owned(), countries: place.countries.clone() })
            .collect()
    }
}

/// Whether a name of a host has a region's name in it, as a whole: `s3-ap-northeast-1.amazonaws.com`.
fn names(host: &str, region: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let is_end = |byte: Option<u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    host.match_indices(region).any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|before| host.as_bytes().get(before).copied());
        is_end(before) && is_end(host.as_bytes().get(at + region.len()).copied())
    })
}

/// The countries that an identifier of a place can mean; none where the catalogue does not know it.
fn countries_of(catalogue: Option<&PlaceCatalogue>, place: &str) -> Vec<Country> {
    catalogue
        .and_then(|catalogue| catalogue.place(place))
        .map(|place| place.countries.clone())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{keep, names};
    use std::collections::BTreeMap;

    #[test]
    fn the_same_things_are_asked_of_whatever_was_read_first() {
        let kept = |ids: &[&str]| {
            let mut first = BTreeMap::new();
            ids.iter().for_each(|id| keep(&mut first, (*id).to_owned(), (), 2));
            first.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(kept(&["c", "a", "b"]), ["a", "b"]);
        assert_eq!(kept(&["b", "c", "a"]), ["a", "b"]);
    }

    #[test]
    fn regions_in_the_names_of_hosts() {
        for (host, region, expected) in [
            ("s3.ap-northeast-1.amazonaws.com", "ap-northeast-1", true),
            ("*.s3-ap-northeast-1.amazonaws.com", "ap-northeast-1", true),
            ("*.JapanEast.cosmos.example", "japaneast", true),
            ("s3.ap-northeast-11.amazonaws.com", "ap-northeast-1", false),
            ("myap-northeast-1.example", "ap-northeast-1", false),
            ("*.blob.core.windows.net", "japaneast", false),
        ] {
            assert_eq!(names(host, region), expected, "{host} {region}");
        }
    }
}
