//! Where a call came from: an address, or the words that stand in its place, held against the published ranges, the
//! place catalogues and the user's own country database, in this order.

use crate::corroborate::address::{country, is_special};
use crate::corroborate::ranges::Ranges;
use maxminddb::Reader;
use schemars::JsonSchema;
use sekisho_contract::place::PlaceCatalogue;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::IpAddr;

/// Where a call came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// What is known of it.
    pub class: Class,
    /// The country (ISO 3166-1 alpha-2), where it was located.
    pub country: Option<String>,
    /// The cloud whose own address it is.
    pub provider: Option<String>,
    /// The region or border group whose address it is.
    pub place: Option<String>,
    /// Why it was not located.
    pub reason: Option<Reason>,
}

/// What is known of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// An address in another country.
    Abroad,
    /// A cloud's own address in a region abroad.
    ProviderAbroad,
    /// Not located.
    Unknown,
    /// An address in a home country.
    Home,
    /// A cloud's own address in a home region.
    ProviderHome,
    /// A service of the cloud, named in place of an address, acting in a home region.
    ProviderService,
}

/// Why an origin was not located.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The record has no address.
    Absent,
    /// The address is of a private or special range.
    Private,
    /// What stands in the place of the address is none.
    Unreadable,
    /// No country database was given.
    NoDatabase,
    /// The country database does not know it.
    NotInDatabase,
    /// A cloud's own address that it ties to no place (announced from everywhere, or a region that is not known).
    ProviderSomewhere,
    /// A service of the cloud whose region is abroad or not said: where it acts from is not told.
    ServiceSomewhere,
}

/// What a scan locates with.
pub struct Locator<'a> {
    /// The user's country database.
    pub countries: Option<&'a Reader<Vec<u8>>>,
    /// The published ranges.
    pub ranges: &'a Ranges,
    /// What regions' names resolve to.
    pub catalogues: Vec<&'a PlaceCatalogue>,
    /// The home countries.
    pub home: Vec<String>,
}

/// Addresses remembered at once.
const REMEMBERED: usize = 65_536;
/// Longest address field that is looked at, in bytes.
const ADDRESS_LIMIT: usize = 1_024;

/// The origins met so far, by number; one for each thread.
pub struct Atlas<'l, 'a> {
    locator: &'l Locator<'a>,
    origins: Vec<Origin>,
    numbers: HashMap<Origin, u32>,
    addresses: HashMap<Box<str>, u32>,
}

impl<'l, 'a> Atlas<'l, 'a> {
    /// An empty one.
    pub fn new(locator: &'l Locator<'a>) -> Self {
        Self { locator, origins: Vec::new(), numbers: HashMap::new(), addresses: HashMap::new() }
    }

    /// The number of the origin of a call.
    pub fn number(&mut self, provider: &str, address: Option<&str>, region: Option<&str>) -> u32 {
        let address = address.unwrap_or_default();
        // What a name means depends on whose it is and on the region; what an address means does not.
        let by_address = !is_service(provider, address);
        if let Some(known) = self.addresses.get(address).filter(|_| by_address) {
            return *known;
        }
        let origin =
            if by_address { self.locator.origin(address) } else { self.locator.service(provider, region) };
        let next = u32::try_from(self.origins.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(origin.clone()).or_insert(next);
        if number == next {
            self.origins.push(origin);
        }
        if by_address && address.len() <= ADDRESS_LIMIT {
            if self.addresses.len() >= REMEMBERED {
                self.addresses.clear();
            }
            self.addresses.insert(address.into(), number);
        }
        number
    }

    /// The origins by number.
    pub fn into_origins(self) -> Vec<Origin> {
        self.origins
    }
}

impl Locator<'_> {
    fn origin(&self, addresses: &str) -> Origin {
        if addresses.len() > ADDRESS_LIMIT {
            return unknown(Reason::Unreadable);
        }
        // A list of forwarders: whoever came from farthest counts, and who is not known before who is at home.
        let origins = addresses.split(',').map(|one| self.address(one.trim()));
        origins.min_by_key(|origin| origin.class).unwrap_or_else(|| unknown(Reason::Absent))
    }

    fn address(&self, text: &str) -> Origin {
        if matches!(text, "" | "-" | "null" | "N/A" | "unknown") {
            return unknown(Reason::Absent);
        }
        // A machine of Google's without an address of its own.
        if text == "gce-internal-ip" {
            return unknown(Reason::Private);
        }
        let Some(address) = parse(text) else { return unknown(Reason::Unreadable) };
        if is_special(address) {
            return unknown(Reason::Private);
        }
        if let Some(owner) = self.ranges.owner(address) {
            let place = owner.place();
            let countries = place.map(|place| self.countries_of(owner.provider, place)).unwrap_or_default();
            let class = self.class(countries, Class::ProviderHome, Class::ProviderAbroad);
            return Origin {
                class,
                country: if let [country] = countries { Some(country.clone()) } else { None },
                provider: Some(owner.provider.to_owned()),
                place: place.map(str::to_owned),
                reason: (class == Class::Unknown).then_some(Reason::ProviderSomewhere),
            };
        }
        let Some(database) = &self.countries else { return unknown(Reason::NoDatabase) };
        let Some(country) = country(database, address) else { return unknown(Reason::NotInDatabase) };
        let class = if self.home.contains(&country) { Class::Home } else { Class::Abroad };
        Origin { class, country: Some(country), provider: None, place: None, reason: None }
    }

    fn service(&self, provider: &str, region: Option<&str>) -> Origin {
        let countries = region.map(|region| self.countries_of(provider, region)).unwrap_or_default();
        let at_home = self.class(countries, Class::ProviderService, Class::Unknown) == Class::ProviderService;
        Origin {
            class: if at_home { Class::ProviderService } else { Class::Unknown },
            country: if let ([country], true) = (countries, at_home) { Some(country.clone()) } else { None },
            provider: Some(provider.to_owned()),
            // Other people's text: only what the catalogue knows is kept.
            place: region.filter(|_| !countries.is_empty()).map(str::to_owned),
            reason: (!at_home).then_some(Reason::ServiceSomewhere),
        }
    }

    fn countries_of(&self, provider: &str, place: &str) -> &[String] {
        let catalogue = self.catalogues.iter().find(|catalogue| catalogue.provider == provider);
        catalogue.and_then(|catalogue| catalogue.place(place)).map_or(&[], |place| &place.countries)
    }

    /// Where something is that lies in one of these countries.
    fn class(&self, countries: &[String], home: Class, abroad: Class) -> Class {
        let at_home = countries.iter().filter(|country| self.home.contains(country)).count();
        match (countries.len(), at_home) {
            (0, _) => Class::Unknown,
            (all, home_ones) if all == home_ones => home,
            (_, 0) => abroad,
            _ => Class::Unknown,
        }
    }
}

fn unknown(reason: Reason) -> Origin {
    Origin { class: Class::Unknown, country: None, provider: None, place: None, reason: Some(reason) }
}

/// Whether a name of the cloud's own stands in place of an address.
fn is_service(provider: &str, address: &str) -> bool {
    let name = |address: &str| {
        address
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
    };
    match provider {
        "aws" => {
            address == "AWS Internal"
                || (address.ends_with(".amazonaws.com") || address.ends_with(".amazonaws.com.cn"))
                    && name(address)
        }
        // One service of Google's called another.
        "gcp" => address == "private",
        _ => false,
    }
}

/// An address with or without a port, brackets or zone; an IPv4 address written as IPv6 is the IPv4 address.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None if text.matches(':').count() == 1 => text.split_once(':')?.0,
        None => text,
    };
    let bare = bare.split('%').next().unwrap_or(bare);
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_every_dress() {
        for (text, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:443", Some("192.0.2.1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("2001:DB8::1", Some("2001:db8::1")),
            ("2001:db8::1%eth0", Some("2001:db8::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("[::ffff:192.0.2.1]:1", Some("192.0.2.1")),
            ("192.0.2", None),
            ("192.0.2.1.5", None),
            ("[2001:db8::1", None),
            ("AWS Internal", None),
            ("", None),
        ] {
            assert_eq!(parse(text).map(|address| address.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn names_in_place_of_addresses() {
        for (provider, address, expected) in [
            ("aws", "AWS Internal", true),
            ("aws", "cloudtrail.amazonaws.com", true),
            ("aws", "evil amazonaws.com", false),
            ("aws", "x.amazonaws.com.example.com", false),
            ("aws", "private", false),
            ("gcp", "private", true),
            ("gcp", "gce-internal-ip", false),
            ("azure", "private", false),
        ] {
            assert_eq!(is_service(provider, address), expected, "{provider} {address}");
        }
    }
}
