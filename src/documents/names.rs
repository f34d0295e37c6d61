//! What certificates call a provider and its services: a data file each, with its sources.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The names of one provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// Where the names come from.
    #[allow(dead_code, reason = "for who keeps the file; nothing is decided by it")]
    pub source: String,
    /// Legal names under which it holds certificates and makes contracts.
    pub holders: Vec<String>,
    /// By our name of a service, what certificates call what it reads; each of them must be in scope.
    pub services: BTreeMap<String, Vec<Vec<String>>>,
}

/// The files, with the provider each is of.
const FILES: &[(&str, &str)] = &[
    ("aws", include_str!("names/aws.toml")),
    ("azure", include_str!("names/azure.toml")),
    ("gcp", include_str!("names/gcp.toml")),
];

/// The names of a provider; `None` for one that no file knows.
pub fn of(provider: &str) -> Option<&'static Names> {
    static ALL: LazyLock<BTreeMap<&'static str, Names>> = LazyLock::new(|| {
        // A file that does not load leaves its provider unknown, and so everything of it unverified; a test loads each.
        FILES.iter().filter_map(|(name, text)| Some((*name, toml::from_str(text).ok()?))).collect()
    });
    ALL.get(provider)
}

/// A name as it is compared: case, spaces and punctuation differ between documents.
pub fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a legal name is that of a provider.
pub fn is_provider(holder: &str) -> bool {
    FILES.iter().any(|(name, _)| of(name).is_some_and(|names| names.holds(holder)))
}

impl Names {
    /// Whether a legal name is the provider's.
    pub fn holds(&self, holder: &str) -> bool {
        self.holders.iter().any(|own| plain(own) == plain(holder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_that_is_read_has_its_names() {
        for (provider, text) in FILES {
            let names: Names = toml::from_str(text).unwrap_or_else(|fault| panic!("{provider}: {fault}"));
            assert!(!names.holders.is_empty());
            let sound = |names: &Vec<Vec<String>>| {
                names.iter().all(|one| one.iter().all(|name| !plain(name).is_empty()))
            };
            assert!(names.services.values().all(sound), "{provider}");
        }
        for provider in crate::providers::all() {
            let names = of(provider.name()).unwrap();
            for service in provider.services().iter().filter(|service| !service.kinds.is_empty()) {
                assert!(names.services.contains_key(service.name), "{}: {}", provider.name(), service.name);
            }
        }
    }

    #[test]
    fn names_are_compared_without_what_differs_between_documents() {
        let aws = of("aws").unwrap();
        assert!(aws.holds("amazon web services inc"));
        assert!(!aws.holds("Amazon"));
    }
}
