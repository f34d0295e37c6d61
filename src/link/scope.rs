//! Whether a resource holds confidential data, and must stay available: the tenancy file's rules.

use crate::tenancy::{Matcher, Scope};
use sekisho_contract::fact::{Facet, Resource};
use sekisho_contract::observed::Observed;

/// Decides by the first rule that matches. What none matches is confidential and availability-critical; so is
/// what a rule might match on a label that was not seen, before any later rule is asked.
pub(super) fn link(resource: &mut Resource, scopes: &[Scope]) {
    let (confidential, critical) = decide(resource, scopes);
    resource.confidential = Observed::Seen(confidential);
    resource.availability_critical = Observed::Seen(critical);
}

fn decide(resource: &Resource, scopes: &[Scope]) -> (bool, bool) {
    for scope in scopes {
        match matches(&scope.matcher, resource) {
            Observed::Seen(true) => return (scope.confidential, scope.availability_critical),
            Observed::Seen(false) => {}
            Observed::Unseen(_) => break,
        }
    }
    (true, true)
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
