//! Where a resource's bytes rest, before and after.

use super::change::{Direction, bounded};
use super::what::What;
use crate::text::{Language, Text};
use crate::words::{self, Word, word};
use sekisho_contract::fact::{CopyRole, Resource};
use std::collections::{BTreeMap, BTreeSet};

/// What changed about the copies of one role.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyChange {
    /// Appeared, gone or moved.
    pub what: What,
    /// Which way it goes.
    pub direction: Direction,
    /// What the copies are for.
    pub role: CopyRole,
    /// Where they were.
    pub before: Option<Text>,
    /// Where they are.
    pub after: Option<Text>,
}

/// A place of a copy: its location and countries, as far as they were seen.
type Place = (Option<String>, Option<Vec<String>>);

/// Holds the copies of a resource against those it had. `home` are the home countries.
pub fn changes(old: &Resource, new: &Resource, home: &[String]) -> Vec<CopyChange> {
    // What is known to hold nothing confidential may rest anywhere.
    let free = new.confidential.seen() == Some(&false) && old.confidential.seen() == Some(&false);
    let roles: BTreeSet<CopyRole> = old.copies.iter().chain(&new.copies).map(|copy| copy.role).collect();
    let mut changes = Vec::new();
    for role in roles {
        let (mut before, mut after) = (places(old, role), places(new, role));
        for (holder, own) in &mut before {
            let Some(others) = after.get_mut(holder) else { continue };
            take_both(own, others);
        }
        // The key, or the store of a log, is told where it is named; here it is where it rests that counts.
        let mut gone: Vec<Place> = before.into_values().flatten().collect();
        let mut come: Vec<Place> = after.into_values().flatten().collect();
        if matches!(role, CopyRole::Key | CopyRole::Log) {
            take_both(&mut gone, &mut come);
        }
        if gone.is_empty() && come.is_empty() {
            continue;
        }
        let what = match (gone.is_empty(), come.is_empty()) {
            (true, _) => What::CopyAppeared,
            (_, true) => What::CopyGone,
            _ => What::CopyMoved,
        };
        let (left, arrived) =
            (gone.iter().any(|one| abroad(one, home)), come.iter().any(|one| abroad(one, home)));
        let direction = match (left, arrived) {
            _ if free => Direction::Neutral,
            (_, true) => Direction::Worse,
            (true, false) => Direction::Better,
            (false, false) => Direction::Neutral,
        };
        let (before, after) = (told(role, &gone), told(role, &come));
        changes.push(CopyChange { what, direction, role, before, after });
    }
    changes
}

/// Whether anything of a resource rests abroad, or nobody knows where.
pub fn any_abroad(resource: &Resource, home: &[String]) -> bool {
    resource.confidential.seen() != Some(&false)
        && resource.copies.iter().any(|copy| abroad(&(None, copy.countries.seen().cloned()), home))
}

/// The places of a resource's copies, in words.
pub fn places_told(resource: &Resource) -> Option<Text> {
    let all =
        resource.copies.iter().map(|copy| (copy.location.seen().cloned(), copy.countries.seen().cloned()));
    let all: BTreeSet<Place> = all.collect();
    said(&all.into_iter().collect::<Vec<_>>())
}

fn places(resource: &Resource, role: CopyRole) -> BTreeMap<Option<String>, Vec<Place>> {
    let mut places: BTreeMap<Option<String>, Vec<Place>> = BTreeMap::new();
    for copy in resource.copies.iter().filter(|copy| copy.role == role) {
        let mut countries = copy.countries.seen().cloned();
        if let Some(countries) = &mut countries {
            countries.sort();
        }
        places.entry(copy.holder.clone()).or_default().push((copy.location.seen().cloned(), countries));
    }
    places
}

/// Takes out of both what both have.
fn take_both(one: &mut Vec<Place>, other: &mut Vec<Place>) {
    one.retain(|place| match other.iter().position(|known| known == place) {
        Some(at) => {
            other.remove(at);
            false
        }
        None => true,
    });
}

fn abroad((_, countries): &Place, home: &[String]) -> bool {
    countries.as_ref().is_none_or(|all| all.is_empty() || all.iter().any(|country| !home.contains(country)))
}

fn told(role: CopyRole, places: &[Place]) -> Option<Text> {
    let role = words::role(role);
    said(places)
        .map(|text| Text { ja: format!("{}: {}", role.ja, text.ja), en: format!("{}: {}", role.en, text.en) })
}

/// Places told at most.
const PLACES: usize = 8;

fn said(places: &[Place]) -> Option<Text> {
    const UNKNOWN: Word = word("不明", "unknown");
    let one = |(location, countries): &Place, language: Language| {
        let country =
            |code: &String| words::country(code).map_or(code.as_str(), |name| name.get(language)).to_owned();
        let countries = match countries {
            Some(all) if !all.is_empty() => all.iter().map(country).collect::<Vec<_>>().join("/"),
            _ => UNKNOWN.get(language).to_owned(),
        };
        let location =
            location.as_deref().map_or(UNKNOWN.get(language).to_owned(), |place| bounded(place, 100));
        format!("{location} ({countries})")
    };
    let all = |language, between: &str| {
        let more = if places.len() > PLACES { "…" } else { "" };
        let told: Vec<String> = places.iter().take(PLACES).map(|place| one(place, language)).collect();
        told.join(between) + more
    };
    (!places.is_empty()).then(|| Text { ja: all(Language::Ja, "、"), en: all(Language::En, ", ") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_contract::fact::{Copy, Kind};
    use sekisho_contract::observed::Observed;

    fn resource(copies: &[(CopyRole, &str, &str)]) -> Resource {
        let mut resource = Resource::new(Kind::ObjectStore, "aws", "1", "r", "s3", "a".into(), "a".into());
        resource.copies = copies
            .iter()
            .map(|(role, place, country)| Copy {
                countries: Observed::Seen(vec![(*country).to_owned()]),
                ..Copy::new(*role, None, Observed::Seen((*place).to_owned()))
            })
            .collect();
        resource
    }

    fn check(old: &Resource, new: &Resource, expected: &[(What, Direction)]) {
        let found: Vec<_> =
            changes(old, new, &["JP".to_owned()]).iter().map(|one| (one.what, one.direction)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn copies_come_go_and_move() {
        use CopyRole::{Primary, Replica};
        use Direction::{Better, Neutral, Worse};
        let home = resource(&[(Primary, "tokyo", "JP")]);
        let both = resource(&[(Primary, "tokyo", "JP"), (Replica, "osaka", "JP")]);
        let abroad = resource(&[(Primary, "tokyo", "JP"), (Replica, "virginia", "US")]);
        check(&home, &home, &[]);
        check(&home, &both, &[(What::CopyAppeared, Neutral)]);
        check(&both, &home, &[(What::CopyGone, Neutral)]);
        check(&home, &abroad, &[(What::CopyAppeared, Worse)]);
        check(&abroad, &home, &[(What::CopyGone, Better)]);
        check(&both, &abroad, &[(What::CopyMoved, Worse)]);
        check(&abroad, &both, &[(What::CopyMoved, Better)]);
        // A place that is not known may be anywhere.
        let mut unseen = both.clone();
        unseen.copies[1].countries = Observed::default();
        check(&home, &unseen, &[(What::CopyAppeared, Worse)]);
        // What holds nothing confidential may rest anywhere.
        let free = |resource: &Resource| Resource { confidential: Observed::Seen(false), ..resource.clone() };
        check(&free(&home), &free(&abroad), &[(What::CopyAppeared, Neutral)]);
        check(&home, &free(&abroad), &[(What::CopyAppeared, Worse)]);
        let mut turned = both.clone();
        turned.copies.reverse();
        check(&both, &turned, &[]);
    }

    #[test]
    fn another_key_at_the_same_place_is_no_other_place() {
        let with = |holder: &str, place: &str, country: &str| {
            let mut resource = resource(&[(CopyRole::Key, place, country)]);
            resource.copies[0].holder = Some(holder.to_owned());
            resource
        };
        check(&with("k1", "tokyo", "JP"), &with("k2", "tokyo", "JP"), &[]);
        check(
            &with("k1", "tokyo", "JP"),
            &with("k2", "virginia", "US"),
            &[(What::CopyMoved, Direction::Worse)],
        );
    }
}
