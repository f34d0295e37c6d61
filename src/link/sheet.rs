//! The gaps of one subject while it is linked: the provider's, less what linking resolved, and its own.

use super::ground::{Why, explaining};
use sekisho_contract::CallId;
use sekisho_contract::gap::{Gap, GapReason, Sheet};
use sekisho_contract::observed::Observed;
use std::collections::BTreeMap;

/// The gaps of one subject.
pub(super) struct LinkSheet {
    own: Sheet,
    all: Vec<Gap>,
}

impl LinkSheet {
    pub(super) fn new(subject: &str, gaps: Vec<Gap>) -> Self {
        Self { own: Sheet::new(subject), all: gaps }
    }

    /// Records that a property could not be linked.
    pub(super) fn unseen<T>(&mut self, facet: &str, why: impl Into<Why>) -> Observed<T> {
        let why = why.into();
        let gap = why.shortfall().gap(self.own.subject(), facet);
        if !self.all.contains(&gap) {
            self.all.push(gap);
        }
        self.own.unseen(facet, why.shortfall())
    }

    /// The same, unless the provider has said why already.
    pub(super) fn still_unseen<T>(&mut self, facet: &str, why: impl Into<Why>) -> Observed<T> {
        if self.covers(facet) { Observed::default() } else { self.unseen(facet, why) }
    }

    /// Notes calls that showed something about a facet, of the subject or of what it points to.
    pub(super) fn cite<'c>(&mut self, facet: &str, calls: impl IntoIterator<Item = &'c CallId>) {
        calls.into_iter().for_each(|call| self.own.shown(facet, call));
    }

    /// The subject's own gap that explains one of the paths.
    pub(super) fn ground(&self, paths: &[&str]) -> Option<&Gap> {
        explaining(&self.all, paths)
    }

    /// Whether a gap speaks of the property at `path`, or of something it is part of.
    pub(super) fn covers(&self, path: &str) -> bool {
        self.all.iter().any(|gap| covers(&gap.facet, path))
    }

    /// Whether a gap at exactly this facet names `word`.
    pub(super) fn names(&self, facet: &str, word: &str) -> bool {
        self.all.iter().any(|gap| gap.facet == facet && mentions(&gap.detail, word))
    }

    /// Drops the gaps of what has been resolved since: those at `facet` for which `resolved` says so.
    pub(super) fn resolve(&mut self, facet: &str, resolved: impl Fn(&Gap) -> bool) {
        let open = |gap: &Gap| matches!(gap.reason, GapReason::Unresolved | GapReason::Vanished);
        self.all.retain(|gap| gap.facet != facet || !open(gap) || !resolved(gap));
    }

    /// The gaps so far.
    pub(super) fn gaps(&self) -> &[Gap] {
        &self.all
    }

    /// Makes sure that an unseen property has a gap.
    pub(super) fn cover(&mut self, path: &str) {
        if !self.covers(path) {
            let _: Observed<()> = self.unseen(path, "it was not read, and nothing says why");
        }
    }

    /// The gaps that remain. The calls linking rests on join the evidence.
    pub(super) fn finish(self, evidence: &mut BTreeMap<String, Vec<CallId>>) -> Vec<Gap> {
        let (_, shown) = self.own.finish();
        for (facet, calls) in shown {
            let known = evidence.entry(facet).or_default();
            for call in calls {
                if !known.contains(&call) {
                    known.push(call);
                }
            }
        }
        self.all
    }
}

/// Whether a gap at `facet` explains an unseen property at `path`: it is the property or something it is
/// part of.
pub(super) fn covers(facet: &str, path: &str) -> bool {
    path == facet || path.strip_prefix(facet).is_some_and(|rest| rest.starts_with('.'))
}

/// Whether a text names an identifier as a whole word.
pub(super) fn mentions(text: &str, identifier: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
    text.match_indices(identifier).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + identifier.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}
