//! What Google's identifiers of places mean. A region is the same in every service; a multi-region is not.

use crate::places;

/// The place an identifier names in a service, as the catalogue has it: a region, also where one of its zones is
/// named; else what the service means by it, else what any service means by it. An identifier the catalogue does not
/// hold keeps its service: it resolves to nothing.
pub fn located(service: &str, told: &str) -> String {
    let last = told.rsplit('/').next().unwrap_or(told).to_ascii_lowercase();
    if is_region(&last) {
        return last;
    }
    if let Some(region) = region_of_zone(&last) {
        return region.to_owned();
    }
    let scoped = format!("{service}/{last}");
    let wide = places().place(&scoped).is_none() && places().place(&last).is_some();
    if wide { last } else { scoped }
}

/// Whether an identifier is a region's.
pub fn is_region(id: &str) -> bool {
    places().regions().any(|(known, _)| known == id)
}

/// The multi-region that is nearest to a region, as services choose it where nobody does: that of its continent.
pub fn nearest_multi_region(region: &str) -> Option<&'static str> {
    [("asia-", "asia"), ("europe-", "eu"), ("us-", "us")]
        .into_iter()
        .find_map(|(prefix, multi)| region.starts_with(prefix).then_some(multi))
}

/// The region of a zone: what stands before its letter.
fn region_of_zone(zone: &str) -> Option<&str> {
    let (region, letter) = zone.rsplit_once('-')?;
    (letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_lowercase()) && is_region(region))
        .then_some(region)
}

/// The value that stands behind a word in a name's path, such as the one behind `locations`.
pub fn behind<'n>(name: &'n str, word: &str) -> Option<&'n str> {
    let mut parts = name.split('/');
    parts.find(|part| *part == word)?;
    parts.next().filter(|part| !part.is_empty())
}

/// The place a resource's name tells of itself.
pub fn in_name(name: &str) -> Option<&str> {
    ["locations", "zones", "regions"].iter().find_map(|word| behind(name, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_means_different_places_in_different_services() {
        for (service, told, expected) in [
            ("storage", "ASIA-NORTHEAST1", "asia-northeast1"),
            ("storage", "ASIA1", "storage/asia1"),
            ("cloudkms", "asia1", "cloudkms/asia1"),
            ("spanner", "asia1", "spanner/asia1"),
            ("storage", "ASIA", "asia"),
            ("compute", "projects/p/zones/asia-northeast2-b", "asia-northeast2"),
            ("logging", "global", "logging/global"),
            ("cloudkms", "global", "cloudkms/global"),
            ("compute", "asia-northeast9-a", "compute/asia-northeast9-a"),
        ] {
            assert_eq!(located(service, told), expected);
        }
        let countries = |id: &str| places().place(id).map(|place| place.countries.join(","));
        assert_eq!(countries("storage/asia1").as_deref(), Some("JP"));
        assert_eq!(countries("cloudkms/asia1").as_deref(), Some("JP,KR"));
        assert_eq!(countries("asia-northeast3").as_deref(), Some("KR"));
        // It is unspecified where the records of a global log bucket rest.
        assert_eq!(countries("logging/global"), None);
        assert_eq!(countries("spanner/asia1"), None);
    }

    #[test]
    fn every_region_has_one_site_and_every_site_a_region() {
        for (region, place) in places().regions() {
            assert_eq!(place.sites.len(), 1, "{region}");
            assert!(places().sites.contains_key(&place.sites[0]), "{region}");
        }
        for site in places().sites.keys() {
            assert!(places().places.values().any(|place| place.sites.contains(site)), "{site}");
        }
    }
}
