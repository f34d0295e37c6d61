//! Where marks and their labels go. The projections are those of `report/map/README.md`.

use crate::report::display::grouped;
use crate::text::Text;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

/// A site with copies.
#[derive(Clone)]
pub struct Pin {
    pub latitude: f64,
    pub longitude: f64,
    pub in_japan: bool,
    pub home: bool,
    pub name: Text,
    pub count: u64,
}

/// A mark on a map: a disc at home, a diamond abroad, and its label where there is room for one.
#[derive(Serialize)]
pub struct Mark {
    home: bool,
    x: String,
    y: String,
    radius: String,
    diamond: String,
    name: Text,
    count: u64,
    label: Option<Label>,
}

#[derive(Serialize)]
struct Label {
    x: String,
    y: String,
    anchor: &'static str,
}

/// A map's projection and measures, in units of its view box.
pub struct Sheet {
    project: fn(f64, f64) -> (f64, f64),
    width: f64,
    height: f64,
    font: f64,
    smallest: f64,
    largest: f64,
}

/// The world: `0 0 1000 480`.
pub const WORLD: Sheet =
    Sheet { project: world, width: 1000.0, height: 480.0, font: 21.0, smallest: 7.0, largest: 20.0 };

/// Japan: `0 0 320 300`.
pub const JAPAN: Sheet =
    Sheet { project: japan, width: 320.0, height: 300.0, font: 12.5, smallest: 5.0, largest: 15.0 };

fn world(latitude: f64, longitude: f64) -> (f64, f64) {
    ((longitude + 169.0).rem_euclid(360.0) * 1000.0 / 360.0, (84.0 - latitude) * 3.4)
}

fn japan(latitude: f64, longitude: f64) -> (f64, f64) {
    let (x, y) = ((longitude - 128.2) * 15.4, (45.8 - latitude) * 19.0);
    if latitude < 30.0 { (x + 96.0, y - 296.0) } else { (x, y) }
}

/// Where a place in Japan is on its map.
pub fn at_home(latitude: f64, longitude: f64) -> (f64, f64) {
    japan(latitude, longitude)
}

/// Units of the map of Japan in a kilometre: its degree of latitude, which its projection keeps in proportion at 36 degrees.
pub const PER_KM: f64 = 19.0 / 111.2;

/// Places a mark for each pin, the largest first so that small ones lie above, and labels where they fit.
pub fn marks(sheet: &Sheet, pins: &[Pin]) -> Vec<Mark> {
    let most = pins.iter().map(|pin| pin.count).max().unwrap_or(1).max(1) as f64;
    let mut order: Vec<&Pin> = pins.iter().collect();
    order.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    let spots: Vec<(f64, f64, f64)> = order
        .iter()
        .map(|pin| {
            let (x, y) = (sheet.project)(pin.latitude, pin.longitude);
            let share = (pin.count as f64 / most).sqrt();
            (x, y, sheet.smallest + (sheet.largest - sheet.smallest) * share)
        })
        .collect();
    let mut taken: Vec<Area> = spots.iter().map(|(x, y, r)| Area::around(*x, *y, *r)).collect();
    order.iter().zip(spots).map(|(pin, (x, y, radius))| mark(sheet, pin, x, y, radius, &mut taken)).collect()
}

fn mark(sheet: &Sheet, pin: &Pin, x: f64, y: f64, radius: f64, taken: &mut Vec<Area>) -> Mark {
    let count = grouped(pin.count);
    let ems = |name: &str| (name.width() + 1 + count.len()) as f64 * 0.58;
    let width = ems(&pin.name.ja).max(ems(&pin.name.en)) * sheet.font;
    let (gap, middle) = (radius + sheet.font * 0.3, y + sheet.font * 0.36);
    let spots = [
        ("start", x + gap, middle, x + gap),
        ("end", x - gap, middle, x - gap - width),
        ("middle", x, y - gap - sheet.font * 0.15, x - width / 2.0),
        ("middle", x, y + gap + sheet.font * 0.8, x - width / 2.0),
    ];
    let free = spots.into_iter().find_map(|(anchor, at_x, at_y, left)| {
        let area = Area {
            left,
            top: at_y - sheet.font * 0.85,
            right: left + width,
            bottom: at_y + sheet.font * 0.2,
        };
        let inside =
            area.left >= 0.0 && area.right <= sheet.width && area.top >= 0.0 && area.bottom <= sheet.height;
        (inside && !taken.iter().any(|other| other.meets(&area))).then_some((anchor, at_x, at_y, area))
    });
    let label = free.map(|(anchor, at_x, at_y, area)| {
        taken.push(area);
        Label { x: units(at_x), y: units(at_y), anchor }
    });
    let corner =
        |dx: f64, dy: f64| format!("{},{}", units(x + dx * radius * 1.15), units(y + dy * radius * 1.15));
    Mark {
        home: pin.home,
        x: units(x),
        y: units(y),
        radius: units(radius),
        diamond: [corner(0.0, -1.0), corner(1.0, 0.0), corner(0.0, 1.0), corner(-1.0, 0.0)].join(" "),
        name: pin.name.clone(),
        count: pin.count,
        label,
    }
}

pub fn units(value: f64) -> String {
    format!("{value:.1}")
}

struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Area {
    fn around(x: f64, y: f64, radius: f64) -> Self {
        Self { left: x - radius, top: y - radius, right: x + radius, bottom: y + radius }
    }

    fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokyo_and_okinawa_lie_where_the_outlines_have_them() {
        let check = |(x, y): (f64, f64), expected: (f64, f64)| {
            assert!((x - expected.0).abs() < 1.0 && (y - expected.1).abs() < 1.0, "{x} {y}");
        };
        check(world(35.68, 139.77), (857.7, 164.3));
        check(japan(35.68, 139.77), (178.2, 192.3));
        check(japan(26.21, 127.68), (88.0, 76.2));
    }
}
