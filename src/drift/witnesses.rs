//! What audit logs and other witnesses say, before and after.

use super::change::{Change, Direction, plain};
use super::clauses::Clauses;
use super::told::Told;
use super::verdicts::Judged;
use super::what::What;
use crate::logs::Scan;
use crate::logs::access::Standing;
use crate::text::Text;
use std::collections::{BTreeMap, BTreeSet};

/// Tells contradictions that came or went, access from abroad, and hours without logs.
pub fn compare(old: &Judged, new: &Judged, clauses: &Clauses<'_>, told: &mut Told) {
    contradictions(&old.contradicted, &new.contradicted, clauses, told);
    if let (Some(old), Some(new)) = (&old.logs, &new.logs) {
        access(old, new, clauses, told);
        hours(old, new, clauses, told);
    }
}

fn contradictions(
    old: &BTreeMap<String, Text>,
    new: &BTreeMap<String, Text>,
    clauses: &Clauses<'_>,
    told: &mut Told,
) {
    let places: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for place in places {
        let (before, after) = (old.get(place), new.get(place));
        let direction = match (before, after) {
            (None, Some(_)) => Direction::Worse,
            (Some(_), None) => Direction::Better,
            _ => continue,
        };
        let change = Change::new(What::Contradiction, direction, place, place, "");
        let touched = clauses.of_check("places-not-contradicted");
        told.add(change.from_to(before.cloned(), after.cloned()).touching(touched));
    }
}

/// Who did something from where: the same person from the same country is one access, whatever was done.
fn access(old: &Scan, new: &Scan, clauses: &Clauses<'_>, told: &mut Told) {
    let all = |scan: &Scan| -> BTreeMap<String, u64> {
        let mut all = BTreeMap::new();
        for row in scan.rows.iter().filter(|row| row.standing == Standing::Abroad) {
            let part = |value: &Option<String>| value.clone().unwrap_or_else(|| "…".to_owned());
            let place = row.origin.country.as_ref().or(row.origin.place.as_ref());
            let name = format!("{} {} {}", part(&row.principal), part(&place.cloned()), part(&row.service));
            *all.entry(name).or_default() += row.count;
        }
        all
    };
    let before = all(old);
    for (name, count) in all(new).into_iter().filter(|(name, _)| !before.contains_key(name)) {
        let change = Change::new(What::AccessFromAbroad, Direction::Worse, "logs", &name, &name);
        let after = Text { ja: format!("{name}：記録{count}件"), en: format!("{name}: {count} records") };
        told.add(change.from_to(None, Some(after)).touching(clauses.of_check("no-access-from-abroad")));
    }
}

fn hours(old: &Scan, new: &Scan, clauses: &Clauses<'_>, told: &mut Told) {
    let all = |scan: &Scan| -> BTreeMap<String, u64> {
        scan.sources.iter().map(|source| (source.source.clone(), source.missing_hours)).collect()
    };
    let (before, after) = (all(old), all(new));
    let sources: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for source in sources {
        let (one, other) = (before.get(source), after.get(source));
        let grew = match (one, other) {
            // Hours that leave the period and others that come into it are no change.
            (Some(one), Some(other)) => other > one,
            (Some(_), None) => true,
            _ => false,
        };
        if grew {
            let said = |hours: Option<&u64>| {
                hours.map(|hours| Text { ja: format!("{hours}時間"), en: format!("{hours} hours") })
            };
            let after = said(other).or_else(|| Some(plain("-")));
            let change = Change::new(What::LogHours, Direction::Worse, source, source, "");
            told.add(change.from_to(said(one), after).touching(clauses.of_check("log-hours-complete")));
        }
    }
}
