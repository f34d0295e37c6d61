//! What can never be read again, wherever its bytes are: its one key is gone.

use super::compare::Comparison;
use super::own::Own;
use super::result::State;
use super::sight::{Name, Seen};
use super::why::Why;
use crate::erasure::{Erasability, seconds};
use std::collections::{BTreeMap, BTreeSet};

impl Comparison<'_> {
    /// What no key is left for: each thing whose one key is gone, and every copy of it.
    pub(super) fn by_key(&self, own: &mut BTreeMap<Name, Own>, reckoned: &BTreeMap<Name, Erasability>) {
        let now = self.new.run.assessed_at.as_second();
        let may = |name: &Name, own: &Own, all: &BTreeMap<Name, Own>| {
            let seen = self.seen(name)?;
            let left = matches!(own.state, State::Present | State::Scheduled) || own.in_no_list;
            let destroyed = self.key_of(name, seen).filter(|key| {
                all.get(key).is_some_and(|own| own.state == State::Gone)
                    || self.sight.things.get(key).is_some_and(Seen::is_destroyed)
            });
            (left && self.row(name, seen).is_some_and(|row| row.by_key)).then_some(destroyed)
        };
        let mut found: Vec<(Name, Name)> = Vec::new();
        for (name, one) in own.iter() {
            let Some(Some(key)) = may(name, one, own) else { continue };
            let Some(told) = reckoned.get(name).filter(|told| told.crypto_bar.is_empty()) else { continue };
            let by_now = |date: &String| seconds(date).is_some_and(|at| at <= now);
            if told.crypto.seen().is_some_and(|date| date.as_ref().is_some_and(by_now)) {
                found.push((name.clone(), key));
            }
        }
        for (name, key) in &found {
            if let Some(own) = own.get_mut(name) {
                own.erase(&Why::UnderKey(&key.1));
            }
        }
        // The rules have it that every copy lies under the same key.
        let was_made: BTreeMap<Name, Vec<&Name>> = self.made_then();
        for (name, _) in &found {
            let mut open = vec![name.clone()];
            let mut met = BTreeSet::new();
            while let Some(next) = open.pop() {
                let now = self.sight.made_of(&next).iter().map(|id| (name.0.clone(), id.clone()));
                let then = was_made.get(&next).into_iter().flatten().map(|made| (*made).clone());
                for made in now.chain(then).collect::<Vec<_>>() {
                    if !met.insert(made.clone()) {
                        continue;
                    }
                    let may = own.get(&made).and_then(|one| may(&made, one, own)).is_some();
                    if may && let Some(own) = own.get_mut(&made) {
                        own.erase(&Why::CopyUnderKey(&name.1));
                    }
                    open.push(made);
                }
            }
        }
    }

    /// What the baseline knew to be made of something.
    fn made_then(&self) -> BTreeMap<Name, Vec<&Name>> {
        let mut all: BTreeMap<Name, Vec<&Name>> = BTreeMap::new();
        for old in &self.baseline.things {
            if let Some(of) = &old.seen.made_from {
                all.entry((old.name.0.clone(), of.clone())).or_default().push(&old.name);
            }
        }
        all
    }
}
