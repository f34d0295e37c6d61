//! Where foreign land begins, from any place in Japan.
//!
//! `land/land.json` holds Japan's own land on a grid and, of every other country and territory, the points that are
//! nearest to it (`land/make_land.py`; `land/README.md` has source and measured error). Distances are straight lines
//! through the Earth, between points of the ellipsoid: no signal has less to travel, so what they exclude is excluded.

use serde::Deserialize;
use std::sync::LazyLock;

/// Taken off every distance to foreign land, in kilometres. It has to be more than the largest error of the table
/// (`largest_error_km`, below one), the generalisation of coasts at 1:10,000,000 (one or two), and a coordinate of two
/// decimals (half of one).
pub const SLACK_KM: f64 = 5.0;
/// How far from the grid's nearest point of land a place may lie, in kilometres. No point of a cell is farther from its
/// middle than 8 km; no land that Japan does not administer is as near as this, but the islands off Nemuro.
const HOME_KM: f64 = 12.0;
/// The country whose land the table is about.
pub const HOME: &str = "JP";

/// A point on the Earth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    latitude: f64,
    longitude: f64,
}

/// A place in Japan, and how far every other country is from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Standpoint {
    point: Point,
    foreign: Vec<Foreign>,
}

/// A country or territory, from a standpoint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Foreign {
    /// ISO 3166-1 alpha-2; a name where several states claim it.
    pub country: &'static str,
    /// Its name in English.
    pub name: &'static str,
    /// No land of it is nearer, in kilometres.
    pub km: f64,
}

/// A place from which nothing can be said.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LandFault {
    /// Distances are known from Japan's land only.
    #[error("{latitude},{longitude} is not on Japan's land: its nearest is {km:.0} km away")]
    Elsewhere {
        /// Degrees.
        latitude: f64,
        /// Degrees.
        longitude: f64,
        /// Kilometres.
        km: f64,
    },
    /// The table in this build cannot be read.
    #[error("the table of coasts in this build cannot be read")]
    NoTable,
}

#[derive(Deserialize)]
struct Table {
    home: Grid,
    foreign: Vec<Land>,
    largest_error_km: f64,
}

#[derive(Deserialize)]
struct Grid {
    country: String,
    steps_a_degree: f64,
    /// Row, then runs in it: first column and how many.
    rows: Vec<(i32, Vec<i32>)>,
}

#[derive(Deserialize)]
struct Land {
    country: String,
    name: String,
    points: Vec<(f64, f64)>,
}

/// `None` where the table says something that cannot be: then nothing is excluded from anywhere.
static TABLE: LazyLock<Option<Table>> = LazyLock::new(|| {
    let table: Table = serde_json::from_str(include_str!("land/land.json")).ok()?;
    let whole = table.foreign.iter().all(|land| !land.points.is_empty())
        && table.foreign.len() > 200
        && table.home.country == HOME
        && table.largest_error_km < SLACK_KM / 2.0;
    whole.then_some(table)
});

impl Point {
    /// A point, in degrees; `None` where there is none such.
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let there = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        there.then_some(Self { latitude, longitude })
    }

    /// Degrees north.
    pub const fn latitude(self) -> f64 {
        self.latitude
    }

    /// Degrees east.
    pub const fn longitude(self) -> f64 {
        self.longitude
    }

    /// The straight line to another point, in kilometres. Over 800 km it is half a kilometre less than along the ground.
    pub fn straight_km(self, other: Self) -> f64 {
        let (one, other) = (self.in_space(), other.in_space());
        one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum::<f64>().sqrt()
    }

    /// Kilometres from the Earth's middle (WGS 84).
    fn in_space(self) -> [f64; 3] {
        const RADIUS: f64 = 6_378.137;
        const FLATTENING: f64 = 1.0 / 298.257_223_563;
        const SQUARED_ECCENTRICITY: f64 = FLATTENING * (2.0 - FLATTENING);
        let (latitude, longitude) = (self.latitude.to_radians(), self.longitude.to_radians());
        let normal = RADIUS / (1.0 - SQUARED_ECCENTRICITY * latitude.sin().powi(2)).sqrt();
        [
            normal * latitude.cos() * longitude.cos(),
            normal * latitude.cos() * longitude.sin(),
            normal * (1.0 - SQUARED_ECCENTRICITY) * latitude.sin(),
        ]
    }
}

impl Standpoint {
    /// A place on Japan's land.
    pub fn at(point: Point) -> Result<Self, LandFault> {
        let table = TABLE.as_ref().ok_or(LandFault::NoTable)?;
        let km = table.home.km_from(point);
        if km > HOME_KM {
            let Point { latitude, longitude } = point;
            return Err(LandFault::Elsewhere { latitude, longitude, km });
        }
        let nearest = |land: &'static Land| {
            let away = land.points.iter().filter_map(|(latitude, longitude)| {
                Some(Point::new(*latitude, *longitude)?.straight_km(point))
            });
            // A land without a point would be nowhere; it counts as here.
            let km = away.min_by(f64::total_cmp).map_or(0.0, |km| (km - SLACK_KM).max(0.0));
            Foreign { country: &land.country, name: &land.name, km }
        };
        let mut foreign: Vec<Foreign> = table.foreign.iter().map(nearest).collect();
        foreign.sort_by(|one, other| one.km.total_cmp(&other.km).then(one.country.cmp(other.country)));
        Ok(Self { point, foreign })
    }

    /// Where it is.
    pub const fn point(&self) -> Point {
        self.point
    }

    /// Every other country and territory, the nearest first.
    pub fn foreign(&self) -> &[Foreign] {
        &self.foreign
    }
}

impl Grid {
    /// How far the nearest point of the grid is.
    fn km_from(&self, point: Point) -> f64 {
        let points = self.rows.iter().flat_map(|(row, runs)| {
            let columns = runs.as_chunks::<2>().0.iter().flat_map(|[from, many]| *from..from + many);
            columns.filter_map(|column| {
                Point::new(f64::from(*row) / self.steps_a_degree, f64::from(column) / self.steps_a_degree)
            })
        });
        points.map(|near| near.straight_km(point)).min_by(f64::total_cmp).unwrap_or(f64::INFINITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(latitude: f64, longitude: f64) -> Point {
        Point::new(latitude, longitude).unwrap()
    }

    #[test]
    fn places_in_japan_and_elsewhere() {
        for (place, latitude, longitude, inside) in [
            ("Otemachi", 35.6867, 139.7640, true),
            ("Dojima", 34.6966, 135.4946, true),
            ("Inzai", 35.80, 140.15, true),
            ("Ishikari", 43.20, 141.35, true),
            ("Nemuro", 43.33, 145.58, true),
            ("Naha", 26.21, 127.68, true),
            ("Yonaguni", 24.45, 122.99, true),
            ("Chichijima", 27.09, 142.19, true),
            ("Tsushima", 34.20, 129.29, true),
            ("Busan", 35.10, 129.04, false),
            ("Ulleungdo", 37.50, 130.87, false),
            ("Taipei", 25.03, 121.56, false),
            ("Korsakov", 46.63, 142.78, false),
            ("Singapore", 1.30, 103.80, false),
            ("in the Pacific", 35.0, 150.0, false),
            ("the North Pole", 90.0, 0.0, false),
        ] {
            assert_eq!(Standpoint::at(point(latitude, longitude)).is_ok(), inside, "{place}");
        }
        for (latitude, longitude) in [(91.0, 0.0), (0.0, 180.5), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert_eq!(Point::new(latitude, longitude), None);
        }
    }

    /// Distances that were looked up elsewhere: the table says no more, and not much less.
    #[test]
    fn nearest_lands() {
        for (place, latitude, longitude, country, km) in [
            ("Otemachi", 35.6867, 139.7640, "KR", 815.0),
            ("Dojima", 34.6966, 135.4946, "KR", 517.0),
            // The north of Tsushima to Taejongdae.
            ("Tsushima", 34.70, 129.45, "KR", 51.0),
            // Yonaguni to Su'ao.
            ("Yonaguni", 24.45, 122.94, "TW", 108.0),
            // Soya to Kamen Opasnosti; Krilyon is six kilometres farther.
            ("Soya", 45.52, 141.94, "RU", 37.0),
        ] {
            let standpoint = Standpoint::at(point(latitude, longitude)).unwrap();
            let nearest = standpoint.foreign()[0];
            assert_eq!(nearest.country, country, "{place}");
            assert!(nearest.km <= km && nearest.km > km - SLACK_KM - 6.0, "{place}: {} of {km}", nearest.km);
        }
        // What Japan claims and Russia administers is out of reach for Japan's data centres, and counts as Russia's.
        let nemuro = Standpoint::at(point(43.38, 145.81)).unwrap();
        assert_eq!((nemuro.foreign()[0].country, nemuro.foreign()[0].km < 10.0), ("RU", true));
    }

    #[test]
    fn the_table_is_whole() {
        let table = TABLE.as_ref().unwrap();
        for code in
            ["KR", "KP", "CN", "TW", "RU", "PH", "HK", "MO", "US", "GU", "MP", "SG", "AU", "DE", "BR", "AQ"]
        {
            assert!(table.foreign.iter().any(|land| land.country == code), "{code}");
        }
        assert!(!table.foreign.iter().any(|land| land.country == HOME));
        let mut codes: Vec<&str> = table.foreign.iter().map(|land| land.country.as_str()).collect();
        codes.dedup();
        assert_eq!(codes.len(), table.foreign.len());
        // Takeshima is left out.
        let rocks = point(37.24, 131.87);
        for land in &table.foreign {
            for (latitude, longitude) in &land.points {
                assert!(point(*latitude, *longitude).straight_km(rocks) > 20.0, "{}", land.country);
            }
        }
    }
}
