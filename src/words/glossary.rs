//! What the words of the reports mean.

use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// A word and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The word.
    pub term: Text,
    /// What it means.
    pub means: Text,
}

/// The words, in the order in which they are explained. Empty only in a broken build, which a test excludes.
pub fn glossary() -> &'static [Term] {
    static TERMS: LazyLock<Vec<Term>> =
        LazyLock::new(|| serde_saphyr::from_str(include_str!("glossary.yaml")).unwrap_or_default());
    &TERMS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::Status;
    use std::collections::BTreeSet;

    #[test]
    fn every_word_is_explained_once_and_every_verdict_is_among_them() {
        let terms = glossary();
        let words: BTreeSet<&str> = terms.iter().map(|term| term.term.ja.as_str()).collect();
        assert!(terms.len() > 20 && words.len() == terms.len());
        for text in terms.iter().flat_map(|term| [&term.term, &term.means]) {
            assert!(!text.ja.is_empty() && !text.en.is_empty());
        }
        for status in
            [Status::Conforms, Status::Attested, Status::Unverified, Status::Violates, Status::NotApplicable]
        {
            assert!(words.contains(crate::report::status_word(status).ja.as_str()), "{status:?}");
        }
    }
}
