//! Whether a resource holds confidential data, and must stay available: the tenancy file's rules.

use super::ground::Why;
use super::raised::Raised;
use super::sheet::LinkSheet;
use crate::tenancy::{Matcher, Scope};
use sekisho_contract::fact::{Facet, Resource};
use sekisho_contract::observed::Observed;
use std::collections::BTreeSet;

/// What the rules may say of confidentiality, and of availability. One member: it is decided.
pub(super) type Outcomes = (BTreeSet<bool>, BTreeSet<bool>);

/// What a rule can ask of a resource.
pub(super) struct Asked<'a> {
    pub(super) account: &'a str,
    pub(super) id: &'a str,
    /// Labels as (key, value); `None` for what cannot be labelled.
    pub(super) label: Option<Observed<Labels<'a>>>,
}

/// Finds a label's value.
pub(super) type Labels<'a> = &'a dyn Fn(&str) -> Option<&'a str>;

/// Decides by the first rule that matches; what none matches is confidential and availability-critical. Where
/// a rule might match on a label that was not seen, both ways stay open.
pub(super) fn decide(asked: &Asked<'_>, scopes: &[Scope]) -> Outcomes {
    let mut outcomes = Outcomes::default();
    let none = (Observed::Seen(true), (true, true));
    let rules = scopes
        .iter()
        .map(|scope| (matches(&scope.matcher, asked), (scope.confidential, scope.availability_critical)));
    for (matches, outcome) in rules.chain([none]) {
        if matches != Observed::Seen(false) {
            outcomes.0.insert(outcome.0);
            outcomes.1.insert(outcome.1);
        }
        if matches == Observed::Seen(true) {
            break;
        }
    }
    outcomes
}

/// Fills in what the rules decide. What holds a copy, a key or the records of something confidential is
/// confidential too, whatever its own labels say: `raised` has seen to that.
pub(super) fn link(resource: &mut Resource, scopes: &[Scope], raised: &Raised, sheet: &mut LinkSheet) {
    let tags = resource.tags.as_ref();
    let found;
    let label: Option<Observed<Labels<'_>>> = if resource.facets.contains(&Facet::Tags) {
        Some(match tags {
            Observed::Seen(tags) => {
                found = move |key: &str| tags.get(key).map(String::as_str);
                Observed::Seen(&found)
            }
            Observed::Unseen(unseen) => Observed::Unseen(unseen),
        })
    } else {
        None
    };
    let asked = Asked { account: &resource.account, id: &resource.id, label };
    let (mut confidential, critical) = decide(&asked, scopes);
    let aliases = resource.key.iter().filter_map(|key| key.aliases.seen()).flatten();
    match raised.of(&resource.provider, aliases.chain([&resource.id])) {
        Some(true) => confidential = BTreeSet::from([true]),
        Some(false) => drop(confidential.insert(true)),
        None => {}
    }
    let mut one = |outcomes: BTreeSet<bool>, facet| match (outcomes.len(), outcomes.first()) {
        (1, Some(outcome)) => Observed::Seen(*outcome),
        _ => {
            let why = "the labels that a scope rule asks for, its own or of what it serves, were not seen";
            sheet.unseen(facet, Why::new(why, sheet.ground(&["tags"])))
        }
    };
    resource.confidential = one(confidential, "confidential");
    resource.availability_critical = one(critical, "availability_critical");
}

/// Whether every part of the matcher that is given holds. One without parts matches nothing.
fn matches(matcher: &Matcher, asked: &Asked<'_>) -> Observed<bool> {
    let parts = [
        matcher.account.as_ref().map(|account| Observed::Seen(account == asked.account)),
        matcher.resource.as_ref().map(|pattern| Observed::Seen(fits(pattern, asked.id))),
        matcher.tag.as_ref().map(|tag| tagged(tag, asked)),
    ];
    let mut given = parts.into_iter().flatten().peekable();
    if given.peek().is_none() {
        return Observed::Seen(false);
    }
    given.fold(Observed::Seen(true), Observed::and)
}

fn tagged(wanted: &str, asked: &Asked<'_>) -> Observed<bool> {
    let Some(label) = asked.label else { return Observed::Seen(false) };
    label.map(|label| match wanted.split_once('=') {
        Some((key, value)) => label(key) == Some(value),
        None => label(wanted).is_some(),
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
