//! How far places lie apart.

use sekisho_contract::place::{Site, distance_km};
use std::collections::{BTreeMap, BTreeSet};

/// The sites of the place catalogues, by id.
#[derive(Debug, Clone, Copy)]
pub struct Sites<'a>(pub &'a BTreeMap<String, Site>);

impl Sites<'_> {
    /// Whole kilometres between two sites, rounded down; `None` where one of them is not known.
    pub fn apart(&self, one: &str, other: &str) -> Option<i64> {
        let (one, other) = (self.0.get(one)?, self.0.get(other)?);
        // Distances on earth are below 20,100 km.
        #[allow(clippy::cast_possible_truncation, reason = "kilometres on earth fit")]
        let whole = distance_km(one, other).floor() as i64;
        Some(whole)
    }

    /// The kilometres between the two that lie farthest apart; 0 for one alone, `None` where one is not known.
    pub fn farthest(&self, sites: &BTreeSet<String>) -> Option<i64> {
        let mut farthest = 0;
        for one in sites {
            for other in sites {
                farthest = farthest.max(self.apart(one, other)?);
            }
        }
        Some(farthest)
    }

    /// Whether a site lies at least this far from every one of these.
    pub fn is_far(&self, site: &str, from: &BTreeSet<String>, km: u32) -> bool {
        let far = |one: &String| self.apart(one, site).is_some_and(|apart| apart >= i64::from(km));
        !from.is_empty() && from.iter().all(far)
    }

    /// The country of a site.
    pub fn country(&self, site: &str) -> Option<&str> {
        self.0.get(site).map(|site| site.country.as_str())
    }
}
