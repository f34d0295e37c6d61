//! Scope rules: what is confidential and availability-critical, first match wins.

use super::section::{Key, Reading, Section};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// One scope rule. What none matches counts as confidential and availability-critical.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scope {
    /// What it matches: every part given must hold.
    pub matcher: Matcher,
    /// Whether what it matches holds confidential or personal information (要機密情報).
    pub confidential: bool,
    /// Whether what it matches must stay available (要安定情報).
    pub availability_critical: bool,
}

/// What a scope rule matches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Matcher {
    /// `key=value` or `key` of a label.
    pub tag: Option<String>,
    /// An account's id.
    pub account: Option<String>,
    /// A resource's id, or a pattern with `*`.
    pub resource: Option<String>,
}

impl Matcher {
    /// Whether it matches everything that `other` matches, so that a later rule with `other` never speaks.
    pub fn covers(&self, other: &Self) -> bool {
        let tag = self.tag.as_ref().is_none_or(|own| {
            let others = other.tag.as_deref().unwrap_or_default();
            own == others || others.split_once('=').is_some_and(|(key, _)| key == own)
        });
        let account = self.account.is_none() || self.account == other.account;
        let resource = self
            .resource
            .as_ref()
            .is_none_or(|own| pattern_matches(own, other.resource.as_deref().unwrap_or("*")));
        tag && account && resource
    }
}

/// Whether a text fits a pattern in which `*` stands for any run of characters. `*` is the only special
/// character; a pattern also fits another pattern when it fits everything the other one does.
pub fn pattern_matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(found) => rest = rest.get(found + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

const KEYS: &[Key] = &[
    Key { name: "match", example: r#"match = {tag = "classification=public"}"# },
    Key { name: "confidential", example: "confidential = false" },
    Key { name: "availability_critical", example: "availability_critical = false" },
];

const MATCH_KEYS: &[Key] = &[
    Key { name: "tag", example: r#"match = {tag = "classification=public"}"# },
    Key { name: "account", example: r#"match = {account = "123456789012"}"# },
    Key { name: "resource", example: r#"match = {resource = "arn:aws:s3:::public-*"}"# },
];

/// Reads every `[[scope]]`, and holds each against the rules before it.
pub(super) fn read(
    reading: &mut Reading<'_>,
    items: &[Spanned<DeValue<'_>>],
    accounts: &[String],
) -> Vec<Scope> {
    let mut rules: Vec<(Scope, Range<usize>)> = Vec::new();
    for item in items {
        let Some(table) = item.get_ref().as_table() else { continue };
        let section = Section { title: "[[scope]]", at: item.span(), keys: KEYS, table };
        reading.keys(&section);
        let matcher = read_matcher(reading, &section, accounts);
        let confidential = reading.boolean(&section, "confidential");
        let availability_critical = reading.boolean(&section, "availability_critical");
        if section.get("confidential").is_none() && section.get("availability_critical").is_none() {
            reading.fault(
                section.at.clone(),
                "this [[scope]] says nothing about what it matches",
                "here",
                "add: confidential = false, or: availability_critical = false; what is left out counts as true",
            );
        }
        let Some(matcher) = matcher else { continue };
        let at = section.place("match");
        if let Some((earlier, before)) = rules.iter().find(|(earlier, _)| earlier.matcher.covers(&matcher)) {
            let line = super::fault::position(reading.text, before.start).0;
            let message = if earlier.matcher == matcher {
                format!("this rule matches the same as the one in line {line}")
            } else {
                format!("this rule is never reached: the one in line {line} takes everything it matches")
            };
            let fault = super::Fault::new(
                reading.text,
                at.clone(),
                message,
                "first match wins, so this one never speaks",
                "delete one of the two, or put the narrower rule first",
            );
            let fault = fault.and(reading.text, before.clone(), "taken here");
            reading.faults.push(fault);
        }
        let scope = Scope {
            matcher,
            confidential: confidential.unwrap_or(true),
            availability_critical: availability_critical.unwrap_or(true),
        };
        rules.push((scope, at));
    }
    rules.into_iter().map(|(scope, _)| scope).collect()
}

fn read_matcher(
    reading: &mut Reading<'_>,
    section: &Section<'_, '_>,
    accounts: &[String],
) -> Option<Matcher> {
    reading.present(section, "match")?;
    let value = section.get("match")?;
    let Some(table) = value.get_ref().as_table() else {
        reading.wrong_type(section, "match", value, "a table in braces");
        return None;
    };
    let section = Section { title: "match", at: value.span(), keys: MATCH_KEYS, table };
    let before = reading.faults.len();
    reading.keys(&section);
    if table.is_empty() {
        let help = "name a tag, an account or a resource: match = {tag = \"classification=public\"}";
        reading.fault(section.at.clone(), "this `match` is empty", "matches nothing in particular", help);
    }
    let matcher = Matcher {
        tag: reading.string(&section, "tag"),
        account: reading.string(&section, "account"),
        resource: reading.string(&section, "resource"),
    };
    if matcher.tag.as_ref().is_some_and(|tag| tag.starts_with('=')) {
        let help = "write: match = {tag = \"key=value\"}, or only the key";
        reading.fault(section.place("tag"), "the tag has no key", "no key before =", help);
    }
    if let Some(account) = matcher.account.as_ref().filter(|account| !accounts.contains(account)) {
        let message = format!("this rule is for account {account}, which is not in this file");
        let listed = if accounts.is_empty() { "none".to_owned() } else { accounts.join(", ") };
        reading.fault(
            section.place("account"),
            message,
            "no such [[account]]",
            format!("accounts here: {listed}"),
        );
    }
    (reading.faults.len() == before).then_some(matcher)
}

#[cfg(test)]
mod tests {
    use super::pattern_matches;
    use proptest::prelude::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*", "anything", true),
            ("*", "", true),
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*b", "ab", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("ab*ba", "aba", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "acb", false),
            ("a*", "ab*", true),
            ("ab*", "a*", false),
        ] {
            assert_eq!(pattern_matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_that_covers_another_matches_all_the_other_does(
            wide in "[ab*]{0,5}", narrow in "[ab*]{0,5}", text in "[ab]{0,6}",
        ) {
            if pattern_matches(&wide, &narrow) && pattern_matches(&narrow, &text) {
                prop_assert!(pattern_matches(&wide, &text));
            }
        }
    }
}
