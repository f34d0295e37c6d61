//! Nested prefixes as a flat list of segments, so that an address is found in one binary search.

use super::Claim;
use super::formats::Row;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// Where each segment begins, in order, and which claim holds from there on.
#[derive(Debug, Clone)]
pub(super) struct Segments<A>(Vec<(A, Option<usize>)>);

impl<A: Ord + Copy> Segments<A> {
    /// The claim that holds for an address.
    pub fn find(&self, address: A) -> Option<usize> {
        let after = self.0.partition_point(|(start, _)| *start <= address);
        self.0.get(after.checked_sub(1)?)?.1
    }
}

/// Both families' segments, and the claims they point to.
pub(super) type Flat = (Segments<u32>, Segments<u128>, Vec<Claim>);

/// Works rows into segments. What a narrower row does not say it takes from the wider one around it.
pub(super) fn flatten(rows: Vec<Row>) -> Result<Flat, String> {
    // By first address and, of those, the widest first.
    let mut v4: BTreeMap<(u32, u8), Vec<Row>> = BTreeMap::new();
    let mut v6: BTreeMap<(u128, u8), Vec<Row>> = BTreeMap::new();
    for row in rows {
        match prefix(&row.prefix) {
            Some((IpAddr::V4(start), length)) => v4.entry((start.into(), length)).or_default().push(row),
            Some((IpAddr::V6(start), length)) => v6.entry((start.into(), length)).or_default().push(row),
            None => return Err(format!("no range: {}", sekisho_contract::gap::shorten(&row.prefix))),
        }
    }
    let mut claims = Claims::default();
    let v4 = v4.into_iter().map(|((start, length), rows)| {
        (start, start | u32::MAX.checked_shr(u32::from(length)).unwrap_or(0), rows)
    });
    let v4 = segments(v4, |end| end.checked_add(1), &mut claims);
    let v6 = v6.into_iter().map(|((start, length), rows)| {
        (start, start | u128::MAX.checked_shr(u32::from(length)).unwrap_or(0), rows)
    });
    let v6 = segments(v6, |end| end.checked_add(1), &mut claims);
    Ok((v4, v6, claims.all))
}

/// An address and a length, of which no bit lies beyond the length.
fn prefix(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    let (address, length) = (address.parse::<IpAddr>().ok()?, length.parse::<u8>().ok()?);
    let (beyond, longest) = match address {
        IpAddr::V4(v4) => (u32::from(v4).checked_shl(u32::from(length)).unwrap_or(0) == 0, 32),
        IpAddr::V6(v6) => (u128::from(v6).checked_shl(u32::from(length)).unwrap_or(0) == 0, 128),
    };
    (beyond && length <= longest).then_some((address, length))
}

fn segments<A: Ord + Copy>(
    prefixes: impl Iterator<Item = (A, A, Vec<Row>)>,
    next: impl Fn(A) -> Option<A>,
    claims: &mut Claims,
) -> Segments<A> {
    let mut found: Vec<(A, Option<usize>)> = Vec::new();
    let mut begin = |start: A, claim: Option<usize>| match found.last_mut() {
        Some(last) if last.0 == start => last.1 = claim,
        _ => found.push((start, claim)),
    };
    let mut around: Vec<(A, usize)> = Vec::new();
    for (start, end, rows) in prefixes {
        while let Some((closed, _)) = around.pop_if(|(closed, _)| *closed < start) {
            if let Some(after) = next(closed) {
                begin(after, around.last().map(|(_, claim)| *claim));
            }
        }
        let claim = claims.add(rows, around.last().map(|(_, claim)| *claim));
        begin(start, Some(claim));
        around.push((end, claim));
    }
    while let Some((closed, _)) = around.pop() {
        if let Some(after) = next(closed) {
            begin(after, around.last().map(|(_, claim)| *claim));
        }
    }
    Segments(found)
}

#[derive(Default)]
struct Claims {
    all: Vec<Claim>,
    known: HashMap<Claim, usize>,
}

impl Claims {
    /// What the rows of one prefix say, over what the prefix around it says.
    fn add(&mut self, rows: Vec<Row>, around: Option<usize>) -> usize {
        let mut claim = Claim { everywhere: rows.iter().any(|row| row.everywhere), ..Claim::default() };
        let mut contradicted = false;
        for row in rows {
            if let (Some(said), Some(other)) = (&claim.region, &row.region) {
                contradicted |= said != other;
            }
            claim.region = claim.region.or(row.region);
            // A border group that is not the region's own is the narrower statement.
            claim.border_group = claim.border_group.max(row.border_group);
            claim.service = match (claim.service, row.service) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        if contradicted {
            (claim.region, claim.border_group) = (None, None);
        } else if let Some(wider) = around.and_then(|around| self.all.get(around)) {
            let says_nothing = claim.region.is_none() && !claim.everywhere;
            if says_nothing {
                (claim.region, claim.border_group) = (wider.region.clone(), wider.border_group.clone());
                claim.everywhere = wider.everywhere;
            }
            claim.service = claim.service.or_else(|| wider.service.clone());
        }
        let at = self.all.len();
        let known = *self.known.entry(claim.clone()).or_insert(at);
        if known == at {
            self.all.push(claim);
        }
        known
    }
}
