//! What confidential things lead to: the holders of their copies, their keys, and the stores of their records.
//!
//! A rule of the tenancy file may call a shared key or a log bucket public. While something confidential is
//! under that key or writes there, it is not.

use super::index::{Name, Note, name};
use super::scope::{Asked, decide};
use crate::tenancy::Scope;
use sekisho_contract::fact::Facet;
use sekisho_contract::observed::Observed;
use std::collections::HashSet;

/// Identifiers that something confidential leads to.
#[derive(Default)]
pub(super) struct Raised {
    sure: HashSet<Name>,
    /// Something leads to them that may be confidential.
    maybe: HashSet<Name>,
    /// What the rules do not call confidential, until the first pass is over.
    open: Vec<Open>,
}

/// A resource that is not confidential by its own labels, or perhaps not.
struct Open {
    names: Vec<Name>,
    targets: Vec<Name>,
}

impl Raised {
    /// Takes a resource up in the first pass.
    pub(super) fn note(&mut self, note: &Note<'_>, scopes: &[Scope]) {
        if scopes.is_empty() {
            return;
        }
        let find = |key: &str| note.tags.as_ref()?.get(key).map(|value| &**value);
        let label = note.facets.contains(&Facet::Tags).then(|| match &note.tags {
            Some(_) => Observed::Seen(&find as _),
            None => Observed::default(),
        });
        let (confidential, _) = decide(&Asked { account: &note.account, id: &note.id, label }, scopes);
        let targets: Vec<Name> = note.targets().map(|target| name(&note.provider, target)).collect();
        if !confidential.contains(&false) {
            return self.sure.extend(targets);
        }
        if confidential.contains(&true) {
            self.maybe.extend(&targets);
        }
        let aliases = note.aliases().map(String::as_str).chain([&*note.id]);
        self.open.push(Open { names: aliases.map(|alias| name(&note.provider, alias)).collect(), targets });
    }

    /// Follows what was raised to what it leads to itself.
    pub(super) fn close(&mut self) {
        let mut open = std::mem::take(&mut self.open);
        for set in [&mut self.sure, &mut self.maybe] {
            loop {
                let before = set.len();
                for one in open.iter_mut().filter(|one| !one.targets.is_empty()) {
                    if one.names.iter().any(|name| set.contains(name)) {
                        set.extend(&one.targets);
                    }
                }
                if set.len() == before {
                    break;
                }
            }
        }
    }

    /// `true` when something confidential leads to it, `false` when something does that may be.
    pub(super) fn of<'a>(&self, provider: &str, ids: impl Iterator<Item = &'a String>) -> Option<bool> {
        if self.sure.is_empty() && self.maybe.is_empty() {
            return None;
        }
        let names: Vec<Name> = ids.map(|id| name(provider, id)).collect();
        let any = |set: &HashSet<Name>| names.iter().any(|name| set.contains(name));
        if any(&self.sure) { Some(true) } else { any(&self.maybe).then_some(false) }
    }
}
