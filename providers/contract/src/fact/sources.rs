//! From where a thing can be reached at all, as configured barriers bound it: what could happen, beside what logs say
//! did.

use crate::observed::Observed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What bounds the sources of requests to a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sources {
    /// Every bound, each by itself; empty where nothing of the resource's own bounds them. A member without `effect`
    /// stands for one that may be there.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub bounds: Observed<Vec<Bound>>,
}

/// One bound on sources. What comes from any of the sources it names passes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Bound {
    /// What it does to requests from elsewhere.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub effect: Observed<BoundEffect>,
    /// Address ranges that pass, as they are written, bounded.
    pub addresses: Vec<String>,
    /// Networks that pass.
    pub networks: Vec<String>,
    /// Private endpoints that pass.
    pub endpoints: Vec<String>,
    /// Who passes from anywhere all the same, and by what way.
    pub exempt: Vec<String>,
    /// Whether its address ranges are as good as all there are.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub open: Observed<bool>,
}

/// What a bound does to requests from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoundEffect {
    /// It refuses them all, whoever asks for whatever of the data.
    Refuses,
    /// It refuses some of them: those of some people, or for some of the data.
    RefusesSome,
    /// It lets in only from there those whom one statement lets in, and says nothing of others.
    LetsIn,
}

impl Bound {
    /// A bound that may be there: the gap beside it says why that was not seen.
    pub fn perhaps() -> Self {
        let none = Vec::new;
        Self {
            effect: Observed::default(),
            addresses: none(),
            networks: none(),
            endpoints: none(),
            exempt: none(),
            open: Observed::default(),
        }
    }
}

/// Ways by which a network reaches the provider's services without the internet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Endpoints {
    /// Every such way; empty where there is none.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub ways: Observed<Vec<Endpoint>>,
}

/// One endpoint of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// Its identifier.
    pub id: String,
    /// The service it leads to, in the provider's word.
    pub service: String,
    /// What its policy lets pass.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub policy: Observed<EndpointPolicy>,
}

/// What an endpoint's policy lets pass, the widest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndpointPolicy {
    /// Whatever anybody asks of anybody's things.
    Full,
    /// Certain actions, whoever asks and whosever things are asked for.
    Actions,
    /// What certain people ask, or is asked of certain things.
    Narrowed,
}

/// A range of addresses: the first and the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    first: IpAddr,
    last: IpAddr,
}

impl Span {
    /// Reads `203.0.113.0/24`, `2001:db8::/32`, or one address. Whatever else is no range.
    pub fn read(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let digits = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let length = match length {
            Some(length) => Some(Some(length).filter(digits)?.parse::<u32>().ok()?),
            None => None,
        };
        match address.parse().ok()? {
            IpAddr::V4(address) => {
                let free = 32_u32.checked_sub(length.unwrap_or(32))?;
                let host = u32::MAX.checked_shr(32 - free).unwrap_or(0);
                let first = u32::from(address) & !host;
                Some(Self { first: Ipv4Addr::from(first).into(), last: Ipv4Addr::from(first | host).into() })
            }
            IpAddr::V6(address) => {
                let free = 128_u32.checked_sub(length.unwrap_or(128))?;
                let host = u128::MAX.checked_shr(128 - free).unwrap_or(0);
                let first = u128::from(address) & !host;
                Some(Self { first: Ipv6Addr::from(first).into(), last: Ipv6Addr::from(first | host).into() })
            }
        }
    }

    /// From one address to another of the same sort.
    pub fn between(first: &str, last: &str) -> Option<Self> {
        let (first, last): (IpAddr, IpAddr) = (first.parse().ok()?, last.parse().ok()?);
        (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(Self { first, last })
    }

    /// Both ends, as numbers, where it is of the sixth version.
    fn of_v6(&self) -> Option<(u128, u128)> {
        match (self.first, self.last) {
            (IpAddr::V6(first), IpAddr::V6(last)) => Some((first.into(), last.into())),
            _ => None,
        }
    }

    /// Both ends, as numbers, where it is of the fourth version.
    fn of_v4(&self) -> Option<(u128, u128)> {
        match (self.first, self.last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => Some((u32::from(first).into(), u32::from(last).into())),
            _ => None,
        }
    }
}

/// The largest block that is given out whole: `/8` (IANA IPv4 Address Space Registry). No list of somebody's own addresses
/// holds a larger one.
const LARGEST_V4: u128 = 1 << 24;
/// The same: `/12` (IANA IPv6 Global Unicast Address Assignments).
const LARGEST_V6: u128 = 1 << 116;
/// Of so many of the largest blocks together it is no longer said whose they are.
const MANY: u128 = 32;

/// Whether ranges are as good as all addresses: one is larger than any that is given out, or together they hold too
/// much of what there is. Where an address lies is not told by it.
pub fn is_open(spans: &[Span]) -> bool {
    let v4 = spans.iter().filter_map(Span::of_v4).collect();
    let v6 = spans.iter().filter_map(Span::of_v6).collect();
    too_much(v4, LARGEST_V4) || too_much(v6, LARGEST_V6)
}

fn too_much(mut ranges: Vec<(u128, u128)>, largest: u128) -> bool {
    ranges.sort_unstable();
    let (mut held, mut reached) = (0_u128, None);
    for (first, last) in ranges {
        // The whole of the sixth version is one more than fits; so large a range is too large by its ends.
        if last - first >= largest {
            return true;
        }
        let from = reached.map_or(first, |reached: u128| first.max(reached.saturating_add(1)));
        if last >= from {
            held = held.saturating_add(last - from + 1);
            reached = Some(last);
        }
    }
    held > largest * MANY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wholly_a_range_is_one() {
        for text in
            ["203.0.113.7", "203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32", "::1", "0.0.0.0/0", "::/0"]
        {
            assert!(Span::read(text).is_some(), "{text}");
        }
        for text in
            ["", "203.0.113.0/33", "203.0.113.0/+8", "203.0.113/24", "203.0.113.*", "/8", "2001:db8::/129"]
        {
            assert_eq!(Span::read(text), None, "{text}");
        }
        assert_eq!(Span::read("203.0.113.9/24"), Span::read("203.0.113.0/24"));
        assert_eq!(Span::read("203.0.113.7"), Span::between("203.0.113.7", "203.0.113.7"));
        assert_eq!(Span::between("203.0.113.7", "203.0.113.6"), None);
        assert_eq!(Span::between("203.0.113.7", "::1"), None);
    }

    #[test]
    fn ranges_that_hold_too_much_bound_nothing() {
        let eighths = |count: u32| (1..=count).map(|first| format!("{first}.0.0.0/8")).collect::<Vec<_>>();
        let of = |texts: &[String]| texts.iter().map(|text| Span::read(text).unwrap()).collect::<Vec<_>>();
        let cases = [
            (vec!["203.0.113.0/24"], false),
            (vec!["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], false),
            (vec!["0.0.0.0/0"], true),
            (vec!["203.0.113.0/24", "::/0"], true),
            (vec!["0.0.0.0/1", "128.0.0.0/1"], true),
            (vec!["126.0.0.0/7"], true),
            (vec!["2000::/3"], true),
            (vec!["2400::/12", "fd00::/8"], true),
            (vec!["2400::/12"], false),
            (vec![], false),
        ];
        for (texts, open) in cases {
            let texts: Vec<String> = texts.into_iter().map(str::to_owned).collect();
            assert_eq!(is_open(&of(&texts)), open, "{texts:?}");
        }
        assert!(!is_open(&of(&eighths(32))));
        assert!(is_open(&of(&eighths(33))));
        let twice = [eighths(32), eighths(32)].concat();
        assert!(!is_open(&of(&twice)), "what is named twice is held once");
        assert!(is_open(&[Span::between("0.0.0.0", "255.255.255.255").unwrap()]));
    }
}
