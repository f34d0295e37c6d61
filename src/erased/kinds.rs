//! What shows that a thing is gone, and where what was deleted may go on: a dated catalogue, a row for each sort of things.

use crate::text::Text;
use jiff::civil::Date;
use sekisho_contract::fact::Kind;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The catalogue.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The day the rows were gathered.
    pub date: Date,
    /// The rows.
    pub rows: Vec<Row>,
}

/// What is known of things of some kinds of one service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// `aws`, `azure`, `gcp` or a plugin's name.
    pub provider: String,
    /// The service's short name.
    pub service: String,
    /// The kinds.
    pub kinds: Vec<Kind>,
    /// Why such things hold no data of the contract, where they hold none.
    pub nothing: Option<Text>,
    /// Sets of lists (`service:Operation`) which show by their silence that a thing is gone: the first set is taken of which
    /// every answer came. None where nothing shows it.
    #[serde(default)]
    pub shown_by: Vec<Vec<String>>,
    /// Lists below each thing of a place, which must not have failed where they were asked.
    #[serde(default)]
    pub also: Vec<String>,
    /// Where what was deleted may go on.
    #[serde(default)]
    pub rests: Vec<Rest>,
    /// Whether destroying its key makes it unreadable wherever its bytes are.
    #[serde(default)]
    pub by_key: bool,
    /// Whether the list is an index that follows the services.
    #[serde(default)]
    pub index: bool,
    /// Where that is published.
    pub source: String,
}

/// Where what was deleted may go on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rest {
    /// What rests there.
    pub what: Text,
    /// The lists that show what rests there; none where this version asks none.
    #[serde(default)]
    pub shown_by: Vec<String>,
    /// The list is asked of what the thing lies in, whose identifier is what stands before this in the thing's own.
    pub of: Option<String>,
    /// What may rest there goes with what the thing lies in, named in the same way, once that is gone itself.
    pub unless_gone: Option<String>,
    /// Days after deletion at most; `None` for as long as somebody has set.
    pub days: Option<u32>,
    /// Where that is published.
    pub source: String,
}

/// Why a catalogue was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the catalogue of what shows that things are gone cannot be read: {0}")]
pub struct CatalogueFault(String);

impl Catalogue {
    /// The rows that come with the program.
    pub fn own() -> Result<Self, CatalogueFault> {
        Self::read(include_str!("kinds.yaml"))
    }

    /// Reads a file of the same form.
    pub fn read(text: &str) -> Result<Self, CatalogueFault> {
        let read: Self = serde_saphyr::from_str(text).map_err(|fault| CatalogueFault(fault.to_string()))?;
        let mut named = BTreeSet::new();
        for row in &read.rows {
            let wrong = |what: &str| {
                Err(CatalogueFault(format!("{} {} {:?}: {what}", row.provider, row.service, row.kinds)))
            };
            if row.kinds.iter().any(|kind| !named.insert((&row.provider, &row.service, *kind))) {
                return wrong("named twice");
            }
            if row.source.trim().is_empty() || row.rests.iter().any(|rest| rest.source.trim().is_empty()) {
                return wrong("without a source");
            }
            let told =
                !row.shown_by.is_empty() || !row.also.is_empty() || !row.rests.is_empty() || row.by_key;
            if row.nothing.is_some() && told {
                return wrong("holds nothing, and yet something shows that it is gone");
            }
            // An empty set would be shown by no answer at all.
            if row.shown_by.iter().any(Vec::is_empty) {
                return wrong("a set without a list");
            }
        }
        Ok(read)
    }

    /// The row of a sort of things.
    pub fn row(&self, provider: &str, service: &str, kind: Kind) -> Option<&Row> {
        self.rows
            .iter()
            .find(|row| row.provider == provider && row.service == service && row.kinds.contains(&kind))
    }

    /// Every operation named, by provider.
    pub fn operations(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for row in &self.rows {
            let rests = row.rests.iter().flat_map(|rest| &rest.shown_by);
            let named = row.shown_by.iter().flatten().chain(&row.also).chain(rests);
            all.entry(&row.provider).or_default().extend(named.map(String::as_str));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kind that is read has a row: without one nothing of it could ever be shown to be gone, and nobody would know.
    #[test]
    fn every_kind_has_a_row_and_every_row_names_what_is_asked() {
        let catalogue = Catalogue::own().unwrap();
        let (mut missing, mut known) = (Vec::new(), BTreeSet::new());
        for provider in crate::providers::all() {
            for service in provider.services() {
                for kind in service.kinds {
                    known.insert((provider.name(), service.name, *kind));
                    if catalogue.row(provider.name(), service.name, *kind).is_none() {
                        missing.push(format!("{} {} {}", provider.name(), service.name, kind.as_str()));
                    }
                }
            }
        }
        assert!(missing.is_empty(), "without a row:\n{}", missing.join("\n"));
        for row in &catalogue.rows {
            for kind in &row.kinds {
                let named = (row.provider.as_str(), row.service.as_str(), *kind);
                assert!(known.contains(&named), "nobody reads {named:?}");
            }
        }
        for (name, operations) in catalogue.operations() {
            let provider = crate::providers::all().iter().find(|provider| provider.name() == name).unwrap();
            let declared: BTreeSet<String> =
                provider.operations().iter().map(|operation| operation.full_name()).collect();
            let unknown: Vec<_> = operations.iter().filter(|named| !declared.contains(**named)).collect();
            assert!(unknown.is_empty(), "{name} declares no {unknown:?}");
        }
    }

    #[test]
    fn a_row_that_says_two_things_or_nothing_is_not_taken() {
        let row = "provider: p, service: s, kinds: [disk]";
        for (rest, expected) in [
            ("shown_by: [[a:B]], source: x}", ""),
            ("shown_by: [], source: x}", ""),
            ("shown_by: [[a:B]], source: ' '}", "without a source"),
            ("shown_by: [[]], source: x}", "a set without a list"),
            ("nothing: {ja: x, en: x}, by_key: true, source: x}", "and yet"),
            (
                "shown_by: [[a:B]], rests: [{what: {ja: x, en: x}, source: ''}], source: x}",
                "without a source",
            ),
            ("shown_by: [[a:B]], sauce: x, source: x}", "sauce"),
        ] {
            let read = Catalogue::read(&format!("date: 2026-11-30\nrows:\n  - {{{row}, {rest}\n"));
            let said = read.map_err(|fault| fault.to_string()).err().unwrap_or_default();
            assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{rest}: {said}");
        }
        let twice = format!("date: 2026-11-30\nrows:\n{}", format!("  - {{{row}, source: x}}\n").repeat(2));
        assert!(Catalogue::read(&twice).unwrap_err().to_string().contains("named twice"));
    }
}
