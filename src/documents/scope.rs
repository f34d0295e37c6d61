//! What is in use against the scopes of documents: by the names certificates use, or by a list the entry points to.

use super::entry::{Entry, Listed};
use super::fact::Outside;
use super::names::{self, plain};
use std::collections::{BTreeMap, BTreeSet};

/// The region of what has none.
const NOWHERE: &str = "global";

/// One service in use in one region, or that may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InUse {
    /// The provider.
    pub provider: String,
    /// The service by our name, or in the words of the list that names it.
    pub service: String,
    /// The region, or `global`.
    pub region: String,
}

/// What of this lies outside every one of these entries, by provider and service. `paper` is the place that asks.
pub fn outside(paper: &str, uses: &BTreeSet<InUse>, entries: &[&Entry]) -> Vec<Outside> {
    let mut all: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for one in uses.iter().filter(|one| !entries.iter().any(|entry| covers(entry, one))) {
        all.entry((&one.provider, &one.service)).or_default().push(one.region.clone());
    }
    let told = |((provider, service), regions): ((&str, &str), Vec<String>)| Outside {
        paper: paper.to_owned(),
        provider: provider.to_owned(),
        service: service.to_owned(),
        regions,
    };
    all.into_iter().map(told).collect()
}

/// Whether a document's scope holds a service in a region.
fn covers(entry: &Entry, one: &InUse) -> bool {
    if entry.provider.seen() != Some(&one.provider) {
        return false;
    }
    let region = one.region == NOWHERE
        || entry.regions.seen().is_some_and(|regions| regions.contains(&one.region))
        || entry.all_regions.seen().is_some_and(|list| {
            // An exception that is no name of a region may mean this one.
            let known = |name: &String| name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
            !list.but.contains(&one.region) && list.but.iter().all(known)
        });
    let known = names::of(&one.provider).and_then(|names| names.services.get(&one.service));
    let service = match known {
        Some(parts) => parts.iter().all(|any| named(entry, any)) && exceptions_known(entry),
        // What no file of names knows can only be found by its own name.
        None => listed(entry, &one.service),
    };
    region && service
}

/// Whether a service that documents call by any of these names is in scope.
fn named(entry: &Entry, any: &[String]) -> bool {
    any.iter().any(|name| listed(entry, name))
        || entry.all_services.seen().is_some_and(|list| !any.iter().any(|name| is_but(list, name)))
}

/// Whether every exception of a list is a name that is known: one that is not may mean any service.
fn exceptions_known(entry: &Entry) -> bool {
    let (Some(list), None) = (entry.all_services.seen(), entry.services.seen()) else { return true };
    let Some(names) = entry.provider.seen().and_then(|provider| names::of(provider)) else {
        return list.but.is_empty();
    };
    let known =
        |but: &String| names.services.values().flatten().flatten().any(|name| plain(name) == plain(but));
    list.but.iter().all(known)
}

fn listed(entry: &Entry, name: &str) -> bool {
    entry.services.seen().is_some_and(|services| services.iter().any(|one| plain(one) == plain(name)))
}

fn is_but(list: &Listed, name: &str) -> bool {
    list.but.iter().any(|one| plain(one) == plain(name))
}

/// A name of a service, and what other documents call the same.
fn alike(entry: &Entry, name: &str) -> Vec<String> {
    let names = entry.provider.seen().and_then(|provider| names::of(provider));
    let all = names.into_iter().flat_map(|names| names.services.values().flatten());
    let same = all.filter(|any| any.iter().any(|one| plain(one) == plain(name)));
    same.flatten().cloned().chain([name.to_owned()]).collect()
}

/// Whether everything one entry names in its scope lies in the scope of another.
pub(super) fn lies_inside(entry: &Entry, outer: &Entry) -> bool {
    let services = match (entry.services.seen(), entry.all_services.seen()) {
        (Some(own), None) => own.iter().all(|name| named(outer, &alike(entry, name))),
        (_, Some(own)) => outer.all_services.seen().is_some_and(|list| {
            plain(&list.at) == plain(&own.at) && list.but.iter().all(|name| is_but(own, name))
        }),
        // A scope that names nothing is inside nothing.
        (None, None) => false,
    };
    let regions = match (entry.regions.seen(), entry.all_regions.seen()) {
        (Some(own), None) => own.iter().all(|region| {
            outer.regions.seen().is_some_and(|regions| regions.contains(region))
                || outer.all_regions.seen().is_some_and(|list| !list.but.contains(region))
        }),
        (_, Some(own)) => outer.all_regions.seen().is_some_and(|list| {
            plain(&list.at) == plain(&own.at) && list.but.iter().all(|one| own.but.contains(one))
        }),
        // Without places of its own it holds wherever the other does.
        (None, None) => true,
    };
    services && regions
}
