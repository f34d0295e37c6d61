//! Accesses from abroad that were allowed: entries with a reason, an approver and a last day.

use super::locate::Class;
use super::tally::Key;
use crate::tenancy::pattern_matches;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An access from abroad that was allowed. What is left out matches anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// The principal, `*` standing for any run of characters.
    pub principal: Option<String>,
    /// The country (ISO 3166-1 alpha-2).
    pub country: Option<String>,
    /// The service, `*` standing for any run of characters.
    pub service: Option<String>,
    /// Why it was allowed.
    pub reason: String,
    /// Who allowed it.
    pub approver: String,
    /// The last day on which it is.
    #[schemars(with = "String", extend("format" = "date"))]
    pub expires: Date,
}

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// From home.
    Home,
    /// From abroad, and allowed by an entry.
    Allowed,
    /// From abroad.
    Abroad,
    /// Not known.
    Unknown,
}

/// How a row stands on a day, and the entry that allows it. Nothing allows what was not located.
pub fn standing(key: &Key, entries: &[Entry], today: Date) -> (Standing, Option<usize>) {
    match key.origin.class {
        Class::Home | Class::ProviderHome | Class::ProviderService => return (Standing::Home, None),
        Class::Unknown => return (Standing::Unknown, None),
        Class::Abroad | Class::ProviderAbroad => {}
    }
    let in_force = || entries.iter().enumerate().filter(|(_, entry)| entry.expires >= today);
    if let Some((at, _)) = in_force().find(|(_, entry)| entry.allows(key)) {
        return (Standing::Allowed, Some(at));
    }
    // Of what was folded together some may be allowed; which is not known.
    let folded = key.principal.is_none() || key.service.is_none();
    let perhaps = folded && in_force().any(|(_, entry)| entry.may_allow(key));
    (if perhaps { Standing::Unknown } else { Standing::Abroad }, None)
}

impl Entry {
    fn allows(&self, key: &Key) -> bool {
        let fits = |pattern: &Option<String>, text: &Option<String>| match (pattern, text) {
            (None, _) => true,
            (Some(pattern), Some(text)) => pattern_matches(pattern, text),
            (Some(_), None) => false,
        };
        self.of_country(key) && fits(&self.principal, &key.principal) && fits(&self.service, &key.service)
    }

    fn may_allow(&self, key: &Key) -> bool {
        let may = |pattern: &Option<String>, text: &Option<String>| match (pattern, text) {
            (Some(pattern), Some(text)) => pattern_matches(pattern, text),
            _ => true,
        };
        self.of_country(key) && may(&self.principal, &key.principal) && may(&self.service, &key.service)
    }

    fn of_country(&self, key: &Key) -> bool {
        self.country.is_none() || self.country == key.origin.country
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::event::Action;
    use crate::logs::locate::Origin;

    #[test]
    fn only_what_is_in_force_allows_and_nothing_allows_the_unknown() {
        let today = jiff::civil::date(2026, 11, 30);
        let entry = |principal: Option<&str>, country: Option<&str>, days: i32| Entry {
            principal: principal.map(Into::into),
            country: country.map(Into::into),
            service: None,
            reason: "support".into(),
            approver: "CISO".into(),
            expires: today.saturating_add(jiff::Span::new().days(days)),
        };
        let key = |principal: Option<&str>, class: Class, country: Option<&str>| Key {
            principal: principal.map(Into::into),
            origin: Origin {
                class,
                country: country.map(Into::into),
                provider: None,
                place: None,
                reason: None,
            },
            service: Some("s3.amazonaws.com".into()),
            action: Action::Read,
        };
        let abroad = key(Some("arn:support/a"), Class::Abroad, Some("US"));
        for (key, entry, expected) in [
            (&abroad, entry(Some("arn:support/*"), Some("US"), 0), Standing::Allowed),
            (&abroad, entry(None, None, 10), Standing::Allowed),
            (&abroad, entry(None, None, -1), Standing::Abroad),
            (&abroad, entry(None, Some("KR"), 1), Standing::Abroad),
            (&abroad, entry(Some("arn:other/*"), None, 1), Standing::Abroad),
            (&key(None, Class::Abroad, Some("US")), entry(Some("arn:support/*"), None, 1), Standing::Unknown),
            (
                &key(None, Class::Abroad, Some("US")),
                entry(Some("arn:support/*"), Some("KR"), 1),
                Standing::Abroad,
            ),
            (&key(Some("a"), Class::Unknown, None), entry(None, None, 1), Standing::Unknown),
            (&key(Some("a"), Class::Home, Some("JP")), entry(None, None, 1), Standing::Home),
            (&key(Some("a"), Class::ProviderAbroad, Some("US")), entry(None, None, 1), Standing::Allowed),
        ] {
            assert_eq!(standing(key, std::slice::from_ref(&entry), today).0, expected, "{key:?} {entry:?}");
        }
    }
}
