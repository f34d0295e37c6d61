//! What an address says by itself, and by a country database of the user's own.

use maxminddb::{PathElement, Reader};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The user's country database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CountryDatabase {
    /// Its type, as it names itself.
    pub kind: String,
    /// When it was made, in seconds since 1970.
    pub made: u64,
}

impl CountryDatabase {
    /// What a database says of itself.
    pub fn of(database: &Reader<Vec<u8>>) -> Self {
        let about = database.metadata();
        Self { kind: sekisho_contract::gap::shorten(&about.database_type), made: about.build_epoch }
    }
}

/// Addresses that are used inside networks, and say nothing of a place.
pub fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            let shared = first == 100 && (64..128).contains(&second);
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || first == 0
                || first >= 240
                || shared
        }
        IpAddr::V6(v6) => {
            let head = v6.segments()[0];
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || head & 0xFE00 == 0xFC00
                || head & 0xFFC0 == 0xFE80
        }
    }
}

/// The country of an address: `country.iso_code` as MaxMind and most others name it, or `country_code`. The country
/// an address is registered in is not where it is used.
pub fn country(database: &Reader<Vec<u8>>, address: IpAddr) -> Option<String> {
    let found = database.lookup(address).ok()?;
    let at = |path: &[PathElement<'_>]| found.decode_path::<&str>(path).ok().flatten();
    let code = at(&[PathElement::Key("country"), PathElement::Key("iso_code")])
        .or_else(|| at(&[PathElement::Key("country_code")]))
        .or_else(|| at(&[PathElement::Key("country")]))?;
    let code = code.to_ascii_uppercase();
    // What stands for a continent or for no country at all.
    let vague = ["AP", "EU", "XX", "ZZ", "A1", "A2"].contains(&code.as_str());
    (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) && !vague).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_nowhere() {
        for address in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.0.1",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "fd00::1",
            "fe80::1",
            "::1",
            "ff02::1",
        ] {
            assert!(is_special(address.parse().unwrap()), "{address}");
        }
        for address in ["8.8.8.8", "100.128.0.1", "2001:4860::1"] {
            assert!(!is_special(address.parse().unwrap()), "{address}");
        }
    }
}
