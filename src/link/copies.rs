//! Copies to places.

use super::Known;
use super::ground::Why;
use super::index::Index;
use super::sheet::{LinkSheet, mentions};
use sekisho_contract::fact::{Copy, CopyRole, Obstacle, Principal, PrincipalClass, Resource};
use sekisho_contract::observed::Observed;
use sekisho_contract::place::PlaceCatalogue;
use std::collections::BTreeSet;

/// Finds the place of every copy: by the resource of the tenancy that holds it, then by the catalogue.
pub(super) fn link(
    resource: &mut Resource,
    known: &Known,
    catalogue: Option<&PlaceCatalogue>,
    sheet: &mut LinkSheet,
) {
    let Known { index, grounds, .. } = known;
    let mut copies = std::mem::take(&mut resource.copies);
    by_holder(&mut copies, resource, index, sheet);
    let onward = onward(&copies, resource, known, sheet);
    if !onward.is_empty() {
        copies.extend(onward);
        by_holder(&mut copies, resource, index, sheet);
    }
    for copy in &mut copies {
        match &copy.location {
            Observed::Seen(location) => {
                let location = location.clone();
                by_catalogue(copy, &location, catalogue, sheet);
            }
            Observed::Unseen(_) => {
                if let Some(holder) = copy.holder.as_deref().filter(|holder| !sheet.names("copies", holder)) {
                    let why = match index.find(&resource.provider, holder) {
                        Some(_) => Why::new(
                            format!("where {holder} rests was not seen"),
                            grounds.of(&resource.provider, holder, &["copies.location"]),
                        ),
                        None => format!(
                            "where {holder} rests is not known: it is not among the resources that were read"
                        )
                        .into(),
                    };
                    copy.location = sheet.unseen("copies", why);
                }
            }
        }
    }
    outsiders(resource, &copies, index, sheet);
    resource.copies = copies;
}

/// The copies that are made where data are handed to: the replicas of the store that logs, deliveries and backups are
/// written to.
fn onward(copies: &[Copy], resource: &Resource, known: &Known, sheet: &mut LinkSheet) -> Vec<Copy> {
    let mut more = Vec::new();
    let handed = |copy: &&Copy| {
        matches!(copy.role, CopyRole::Log | CopyRole::Transit | CopyRole::Backup)
            && !copy.location.is_unseen()
    };
    let holders = copies.iter().filter(handed).filter_map(|copy| Some((copy.role, copy.holder.as_deref()?)));
    for (role, holder) in holders {
        if known.index.find(&resource.provider, holder).is_none() {
            let detail = format!("whether {holder} is copied to another place was not read");
            more.push(Copy::new(role, None, sheet.unseen("copies", Why::not_read(detail))));
        }
        let Some((replicas, calls)) = known.onward.get(&(resource.provider.clone(), holder.to_owned()))
        else {
            continue;
        };
        sheet.cite("copies", calls);
        for replica in replicas {
            let itself = replica.holder.as_deref() == Some(resource.id.as_str());
            let there = |copy: &Copy| copy.holder.is_some() && copy.holder == replica.holder;
            if itself || copies.iter().chain(&more).any(there) {
                continue;
            }
            let location = match &replica.location {
                Observed::Unseen(_) if replica.holder.is_none() => {
                    let ground =
                        known.grounds.of(&resource.provider, holder, &["replication.rules", "copies"]);
                    sheet.unseen(
                        "copies",
                        Why::new(format!("where the copies of {holder} rest was not seen"), ground),
                    )
                }
                location => location.clone(),
            };
            more.push(Copy::new(role, replica.holder.clone(), location));
        }
    }
    more
}

/// Copies that rest where nobody looked, with somebody else or in a place that was not seen: who can reach them
/// there, and what keeps them from being erased, was not seen either.
fn outsiders(resource: &mut Resource, copies: &[Copy], index: &Index, sheet: &mut LinkSheet) {
    let replicas =
        copies.iter().filter(|copy| copy.role == CopyRole::Replica).map(|copy| copy.holder.as_deref());
    let unread: BTreeSet<Option<&str>> = replicas
        .filter(|holder| holder.is_none_or(|holder| index.find(&resource.provider, holder).is_none()))
        .collect();
    for holder in unread {
        let named = holder.unwrap_or("a destination that was not seen");
        if let Some(erasure) = &mut resource.erasure {
            let why = format!("what keeps the copies in {named} from being erased was not read");
            let why = match holder {
                Some(_) => Why::not_read(why),
                None => Why::new(why, sheet.ground(&["replication.rules"])),
            };
            erasure.obstacles.push(Obstacle {
                kind: sheet.unseen("erasure.obstacles", why),
                starts: Observed::default(),
                days: Observed::default(),
                until: Observed::default(),
                lifted_by: Observed::default(),
            });
        }
        if let Some(Observed::Seen(principals)) =
            resource.exposure.as_mut().map(|exposure| &mut exposure.principals)
        {
            principals.push(Principal {
                id: named.to_owned(),
                class: PrincipalClass::Other,
                account: None,
                foreign: Observed::default(),
            });
        }
    }
}

/// Whether every rule that copies to the destination is switched off: whether it ever copied anything, and with
/// that whether there is a copy, was not seen.
fn switched_off(resource: &Resource, destination: &str) -> bool {
    let rules = resource.replication.iter().filter_map(|replication| replication.rules.seen()).flatten();
    let mut rules = rules.filter(|rule| rule.destination == destination).peekable();
    rules.peek().is_some() && rules.all(|rule| rule.enabled == Observed::Seen(false))
}

/// Gives copies that other resources hold those resources' places, and drops the gaps that said they were
/// not known.
fn by_holder(copies: &mut [Copy], resource: &Resource, index: &Index, sheet: &mut LinkSheet) {
    let mut resolved = BTreeSet::new();
    for copy in copies.iter_mut().filter(|copy| copy.location.is_unseen()) {
        let Some(holder) = &copy.holder else { continue };
        if copy.role == CopyRole::Replica && switched_off(resource, holder) {
            continue;
        }
        if let Some(place) = index.find(&resource.provider, holder).and_then(|found| found.place) {
            copy.location = Observed::Seen(place.to_owned());
            resolved.insert(holder.clone());
        }
    }
    let open: BTreeSet<&String> = copies
        .iter()
        .filter(|copy| copy.location.is_unseen())
        .filter_map(|copy| copy.holder.as_ref())
        .collect();
    sheet.resolve("copies", |gap| {
        let names = |holder: &str| mentions(&gap.detail, holder);
        resolved.iter().any(|holder| names(holder)) && !open.iter().any(|holder| names(holder))
    });
}

/// What the catalogue knows of an identifier. One it does not hold has no place: never guess.
fn by_catalogue(copy: &mut Copy, location: &str, catalogue: Option<&PlaceCatalogue>, sheet: &mut LinkSheet) {
    let place = catalogue.and_then(|catalogue| catalogue.place(location));
    if copy.countries.is_unseen() {
        copy.countries = match place.map(|place| &place.countries).filter(|countries| !countries.is_empty()) {
            Some(countries) => Observed::Seen(countries.clone()),
            None => {
                let detail = format!("the place catalogue does not know the country of `{location}`");
                sheet.unseen("copies.countries", Why::unknown(detail))
            }
        };
    }
    if copy.site.is_unseen() {
        copy.site = match place.map(|place| place.sites.as_slice()) {
            Some([site]) => Observed::Seen(site.clone()),
            _ => {
                let detail = format!("the place catalogue does not know the one site of `{location}`");
                sheet.unseen("copies.site", Why::unknown(detail))
            }
        };
    }
}
