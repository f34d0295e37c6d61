//! Whether a resource holds confidential data, and must stay available: the tenancy file's rules.

use super::ground::Why;
use super::sheet::LinkSheet;
use crate::tenancy::{Matcher, Scope};
use sekisho_contract::fact::{Facet, Resource};
use sekisho_contract::observed::Observed;
use std::collections::BTreeSet;

/// Decides by the first rule that matches; what none matches is confidential and availability-critical. Where
/// a rule might match on a label that was not seen, only what holds either way is known.
pub(super) fn link(resource: &mut Resource, scopes: &[Scope], sheet: &mut LinkSheet) {
    let (confidential, critical) = decide(resource, scopes);
    let mut or_gap = |decided: Observed<bool>, facet| {
        if !decided.is_unseen() {
            return decided;
        }
        let why = Why::new("the labels that a scope rule refers to were not seen", sheet.ground(&["tags"]));
        sheet.unseen(facet, why)
    };
    resource.confidential = or_gap(confidential, "confidential");
    resource.availability_critical = or_gap(critical, "availability_critical");
}

/// Whether the rules call a resource confidential, and availability-critical.
pub(crate) fn decide(resource: &Resource, scopes: &[Scope]) -> (Observed<bool>, Observed<bool>) {
    let (mut confidential, mut critical) = (BTreeSet::new(), BTreeSet::new());
    let none = (Observed::Seen(true), (true, true));
    let rules = scopes
        .iter()
        .map(|scope| (matches(&scope.matcher, resource), (scope.confidential, scope.availability_critical)));
    for (matches, outcome) in rules.chain([none]) {
        if matches != Observed::Seen(false) {
            confidential.insert(outcome.0);
            critical.insert(outcome.1);
        }
        if matches == Observed::Seen(true) {
            break;
        }
    }
    let one = |outcomes: BTreeSet<bool>| match (outcomes.len(), outcomes.first()) {
        (1, Some(outcome)) => Observed::Seen(*outcome),
        _ => Observed::default(),
    };
    (one(confidential), one(critical))
}

/// Whether every part of the matcher that is given holds. One without parts matches nothing.
fn matches(matcher: &Matcher, resource: &Resource) -> Observed<bool> {
    let parts = [
        matcher.account.as_ref().map(|account| Observed::Seen(*account == resource.account)),
        matcher.resource.as_ref().map(|pattern| Observed::Seen(fits(pattern, &resource.id))),
        matcher.tag.as_ref().map(|tag| tagged(tag, resource)),
    ];
    let mut given = parts.into_iter().flatten().peekable();
    if given.peek().is_none() {
        return Observed::Seen(false);
    }
    given.fold(Observed::Seen(true), Observed::and)
}

fn tagged(wanted: &str, resource: &Resource) -> Observed<bool> {
    if !resource.facets.contains(&Facet::Tags) {
        return Observed::Seen(false);
    }
    resource.tags.as_ref().map(|tags| match wanted.split_once('=') {
        Some((key, value)) => tags.get(key).is_some_and(|tag| tag == value),
        None => tags.contains_key(wanted),
    })
}

/// Whether a text fits a pattern in which `*` stands for any number of characters. Linear but for the last
/// star: no pattern can make it slow.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match &mut star {
                Some((from, taken)) => {
                    *taken += 1;
                    p = *from + 1;
                    t = *taken;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}
