//! What confidential data flow into: the store a confidential one is copied to or logs to, the key it lies under, the
//! snapshot made of it.
//! A scope rule may call such a thing not confidential by itself; what it holds, or opens, is confidential all the
//! same, and is judged so.
//!
//! Only where the tenancy file has a rule that takes something out of scope is any of this looked at. Where it was
//! not seen what a confidential resource points to, it may be any of those the rules take out: whether they are
//! confidential is then not known.

use super::Known;
use super::ground::Why;
use super::index::{Index, Name, name};
use super::scope;
use crate::tenancy::Scope;
use sekisho_contract::fact::{Kind, Resource};
use sekisho_contract::observed::Observed;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What points to what, as far as it can make something confidential.
#[derive(Default)]
pub(super) struct Raised {
    /// What something confidential, or perhaps confidential, points to, and which.
    certain: BTreeMap<Name, Arc<str>>,
    perhaps: BTreeMap<Name, Arc<str>>,
    /// What the rules take out of scope: to where it points on.
    onward: BTreeMap<Name, Vec<Name>>,
    /// Where something that was not seen may point to: the kinds, and who points.
    hidden: Vec<Hidden>,
    /// What the rules take out of scope, or may.
    excused: BTreeSet<Name>,
    undecided: BTreeSet<Name>,
    /// What the rules take out of scope and was made from something else.
    made: Vec<Made>,
}

struct Made {
    provider: String,
    from: Arc<str>,
    what: Name,
}

struct Hidden {
    /// Who points; `None` for something confidential, or perhaps so, by itself.
    by: Option<Name>,
    provider: String,
    id: String,
    to: Kind,
}

/// Whether something taken out of scope is confidential by what points to it.
pub(super) enum Flow {
    /// Nothing confidential points to it.
    None,
    /// Something confidential does.
    Certain(Arc<str>),
    /// Something may; why that cannot be told.
    Perhaps(Why),
}

/// The facets that say where a resource points.
const POINTERS: &[&str] = &["copies", "replication", "access_log", "encryption.key", "trail.target"];

impl Raised {
    /// Notes a resource as it was gathered. `true` when what it points to was not all seen.
    pub(super) fn note(&mut self, resource: &Resource, scopes: &[Scope]) -> bool {
        let provider = resource.provider.as_str();
        let targets: Vec<Name> = targets(resource).map(|target| name(provider, target)).collect();
        let own = name(provider, &resource.id);
        let confidential = scope::decide(resource, scopes).0;
        let excused = confidential == Observed::Seen(false);
        match confidential {
            Observed::Seen(true) => point(&mut self.certain, targets, &resource.id),
            Observed::Unseen(_) => {
                self.undecided.insert(own);
                point(&mut self.perhaps, targets, &resource.id);
            }
            Observed::Seen(false) => {
                self.excused.insert(own);
                self.made.extend(resource.made_from.as_deref().map(|from| Made {
                    provider: provider.to_owned(),
                    from: from.into(),
                    what: own,
                }));
                for alias in resource.key.iter().filter_map(|key| key.aliases.seen()).flatten() {
                    // Pointed to by another name, it is the same.
                    self.onward.entry(name(provider, alias)).or_default().push(own);
                }
                if !targets.is_empty() {
                    self.onward.entry(own).or_default().extend(targets);
                }
            }
        }
        let open = open(resource);
        self.hidden.extend(open.iter().map(|to| Hidden {
            by: excused.then_some(own),
            provider: provider.to_owned(),
            id: resource.id.clone(),
            to: *to,
        }));
        !open.is_empty()
    }

    /// Ends the first pass: follows what is taken out of scope to where it points on.
    pub(super) fn close(&mut self, index: &Index) {
        for Made { provider, from, what } in std::mem::take(&mut self.made) {
            let source = name(&provider, &from);
            if self.excused.contains(&source) {
                self.onward.entry(source).or_default().push(what);
            } else if self.undecided.contains(&source) || index.find(&provider, &from).is_none() {
                point(&mut self.perhaps, vec![what], &from);
            } else {
                point(&mut self.certain, vec![what], &from);
            }
        }
        for reached in [&mut self.certain, &mut self.perhaps] {
            let mut todo: Vec<(Name, Arc<str>)> =
                reached.iter().map(|(name, by)| (*name, Arc::clone(by))).collect();
            // Of several that lead to one, the first by name: whatever the order they came in.
            while let Some((next, by)) = todo.pop() {
                for to in self.onward.get(&next).into_iter().flatten() {
                    if reached.get(to).is_none_or(|known| by < *known) {
                        reached.insert(*to, Arc::clone(&by));
                        todo.push((*to, Arc::clone(&by)));
                    }
                }
            }
        }
        self.onward.clear();
        self.excused.clear();
        self.undecided.clear();
        self.hidden.sort_by(|a, b| (&a.provider, &a.id, a.to).cmp(&(&b.provider, &b.id, b.to)));
        let matters = |by: &Name| self.certain.contains_key(by) || self.perhaps.contains_key(by);
        self.hidden.retain(|hidden| hidden.by.as_ref().is_none_or(matters));
    }

    /// Whether a resource that the rules take out of scope is confidential all the same.
    pub(super) fn flow(&self, resource: &Resource, known: &Known, unlisted: Option<Why>) -> Flow {
        let aliases = resource.key.iter().filter_map(|key| key.aliases.seen()).flatten();
        let names: Vec<Name> =
            std::iter::once(&resource.id).chain(aliases).map(|id| name(&resource.provider, id)).collect();
        if let Some(by) = names.iter().filter_map(|name| self.certain.get(name)).min() {
            return Flow::Certain(Arc::clone(by));
        }
        if names.iter().any(|name| self.perhaps.contains_key(name)) {
            let detail = match &resource.made_from {
                Some(from) => format!("whether {from}, from which it was made, is confidential was not seen"),
                None => "whether what points to it is confidential was not seen".to_owned(),
            };
            return Flow::Perhaps(detail.into());
        }
        if resource.key.as_ref().is_some_and(|key| key.aliases.is_unseen()) {
            let ground = known.grounds.of(&resource.provider, &resource.id, &["key.aliases"]);
            return Flow::Perhaps(Why::new("the other names that point to it were not seen", ground));
        }
        let hidden = |hidden: &&Hidden| {
            hidden.provider == resource.provider && hidden.to == resource.kind && hidden.id != resource.id
        };
        match self.hidden.iter().find(hidden) {
            Some(Hidden { provider, id, .. }) => {
                let ground = known.grounds.of(provider, id, POINTERS);
                let detail = format!("{id} may point to it, and not all of its targets were seen");
                Flow::Perhaps(Why::new(detail, ground))
            }
            None => unlisted.map_or(Flow::None, Flow::Perhaps),
        }
    }
}

/// Notes who points to these; of several, the first by name.
fn point(reached: &mut BTreeMap<Name, Arc<str>>, targets: Vec<Name>, by: &str) {
    for target in targets {
        let known = reached.entry(target).or_insert_with(|| by.into());
        if by < &**known {
            *known = by.into();
        }
    }
}

/// Everything a resource is seen to point to.
fn targets(resource: &Resource) -> impl Iterator<Item = &str> {
    let holders = resource.copies.iter().filter_map(|copy| copy.holder.as_deref());
    // A rule that is switched off may have left copies there.
    let rules = resource.replication.iter().filter_map(|replication| replication.rules.seen()).flatten();
    let rules = rules.map(|rule| rule.destination.as_str());
    let key = resource.encryption.iter().filter_map(|encryption| encryption.key.seen()?.as_deref());
    let log = resource.access_log.iter().filter_map(|log| log.target.seen()?.as_deref());
    let records = resource.trail.iter().filter_map(|trail| trail.target.seen()?.as_deref());
    holders.chain(rules).chain(key).chain(log).chain(records)
}

/// The kinds of things a resource may point to without that having been seen.
fn open(resource: &Resource) -> BTreeSet<Kind> {
    let copied = resource.replication.as_ref().is_some_and(|replication| replication.rules.is_unseen());
    let log = resource.access_log.as_ref().is_some_and(|log| log.target.is_unseen());
    let records = resource.trail.as_ref().is_some_and(|trail| trail.target.is_unseen());
    let key = resource.encryption.as_ref().is_some_and(|encryption| encryption.key.is_unseen());
    let stores = (copied || log || records).then_some(Kind::ObjectStore);
    stores.into_iter().chain(key.then_some(Kind::Key)).collect()
}
