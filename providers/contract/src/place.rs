//! The place catalogue: what a provider's identifiers resolve to, as dated data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a provider's identifiers lie. Kept as data beside the provider, with its source and date.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceCatalogue {
    /// The provider.
    pub provider: String,
    /// The day the data were checked (RFC 3339 date).
    pub date: String,
    /// The documents they come from.
    pub sources: Vec<String>,
    /// Sites: metropolitan areas with coordinates, for maps and distances.
    pub sites: BTreeMap<String, Site>,
    /// Every identifier of a place.
    pub places: BTreeMap<String, Place>,
}

/// A metropolitan area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Name in Japanese.
    pub ja: String,
    /// Name in English.
    pub en: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Latitude in degrees.
    pub latitude: f64,
    /// Longitude in degrees.
    pub longitude: f64,
}

/// One identifier of a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// What sort of identifier it is.
    pub sort: PlaceSort,
    /// The countries it can mean.
    pub countries: Vec<String>,
    /// The sites it can mean; empty when the provider does not publish them.
    #[serde(default)]
    pub sites: Vec<String>,
    /// For a zone outside its region's own country or area: the region it is administered in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Whether accounts must opt in before anything can be there.
    #[serde(default)]
    pub opt_in: bool,
    /// The provider's partition, when it is not the ordinary commercial one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
}

/// What sort of identifier names a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceSort {
    /// A region.
    Region,
    /// A zone group beyond the region's data centres (local zone, wavelength zone).
    ZoneGroup,
    /// A set of regions.
    MultiRegion,
}

impl PlaceCatalogue {
    /// Reads a catalogue's JSON.
    pub fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|fault| fault.to_string())
    }

    /// A catalogue that resolves nothing: everything stays unknown rather than wrong.
    pub fn nowhere(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            date: String::new(),
            sources: Vec::new(),
            sites: BTreeMap::new(),
            places: BTreeMap::new(),
        }
    }

    /// The place an identifier names. An identifier the catalogue does not hold has no place: never guess.
    pub fn place(&self, identifier: &str) -> Option<&Place> {
        self.places.get(identifier)
    }

    /// The regions of the ordinary partition, in order.
    pub fn regions(&self) -> impl Iterator<Item = (&str, &Place)> {
        self.places
            .iter()
            .filter(|(_, place)| place.sort == PlaceSort::Region && place.partition.is_none())
            .map(|(id, place)| (id.as_str(), place))
    }
}

/// Great-circle distance between two points, in kilometres (spherical Earth, mean radius 6,371.0088 km).
pub fn distance_km(from: &Site, to: &Site) -> f64 {
    let (lat1, lat2) = (from.latitude.to_radians(), to.latitude.to_radians());
    let half_lat = ((lat2 - lat1) / 2.0).sin();
    let half_lon = ((to.longitude - from.longitude).to_radians() / 2.0).sin();
    let h = half_lat * half_lat + lat1.cos() * lat2.cos() * half_lon * half_lon;
    2.0 * 6_371.008_8 * h.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokyo_and_osaka_lie_403_km_apart() {
        let site = |latitude, longitude| Site {
            ja: String::new(),
            en: String::new(),
            country: "JP".into(),
            latitude,
            longitude,
        };
        let distance = distance_km(&site(35.6867, 139.7640), &site(34.6966, 135.4946));
        assert!((distance - 403.0).abs() < 3.0, "{distance}");
    }
}
