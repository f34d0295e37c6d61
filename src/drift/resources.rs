//! Resources that one run has and the other has not: those that only go by another name, and the rest.

use super::DriftFault;
use super::change::{Change, Direction};
use super::clauses::Clauses;
use super::copies;
use super::facts::{parse, thing};
use super::what::What;
use crate::text::Text;
use crate::words;
use sekisho_contract::fact::{Kind, Resource};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A resource that only one run has.
#[derive(Debug)]
pub struct One {
    /// It.
    pub resource: Resource,
    /// Its line.
    pub line: String,
    /// How much of it was not seen.
    pub unseen: usize,
}

/// Such resources so far, as many as are held against each other.
#[derive(Debug, Default)]
pub struct Loose {
    gone: Vec<One>,
    appeared: Vec<One>,
    bytes: usize,
}

/// What became of them.
#[derive(Debug, Default)]
pub struct Paired {
    /// The same identifier elsewhere.
    pub moved: Vec<(One, One)>,
    /// Another identifier, and nothing else that is different.
    pub replaced: Vec<(One, One)>,
    /// Gone.
    pub gone: Vec<One>,
    /// Come.
    pub appeared: Vec<One>,
}

/// Lines held at most, in bytes: beyond that, what has come and what has gone is told as that.
const HELD: usize = 32 << 20;

/// Sorts of resources that say something of another, and come and go with it.
const ATTACHED: [Kind; 3] = [Kind::Protection, Kind::Identities, Kind::RegionSettings];
/// Sorts of resources that record or protect: without them less is recorded or protected.
const GUARDING: [Kind; 5] =
    [Kind::AuditTrail, Kind::Detector, Kind::BackupPlan, Kind::BackupVault, Kind::LogStore];

/// Whether a resource comes and goes by itself: a backup or snapshot of something by its schedule, and what only says
/// something of another thing with that.
pub fn is_rolling(resource: &Resource) -> bool {
    match resource.kind {
        Kind::RecoveryPoint => true,
        Kind::Snapshot => resource.made_from.is_some(),
        kind => ATTACHED.contains(&kind),
    }
}

/// What such resources have in common.
pub fn rolls_of(resource: &Resource) -> String {
    let Resource { provider, account, region, service, .. } = resource;
    let of = resource.made_from.as_deref().unwrap_or_default();
    format!("{provider}/{account}/{region}/{service}/{}/{of}", resource.kind.as_str())
}

/// The change of a resource that has come or gone.
pub fn one_sided(resource: &Resource, gone: bool, unseen: usize, clauses: &Clauses<'_>) -> Change {
    let guards = GUARDING.contains(&resource.kind);
    let (what, direction) = match (gone, guards) {
        (true, true) => (What::ResourceGone, Direction::Worse),
        (true, false) => (What::ResourceGone, Direction::Neutral),
        (false, _) if is_exposed(resource, clauses.home()) => (What::ResourceAppeared, Direction::Worse),
        (false, true) => (What::ResourceAppeared, Direction::Better),
        (false, false) => (What::ResourceAppeared, Direction::Neutral),
    };
    let change = Change::new(what, direction, &resource.id, &resource.name, "");
    let told = Some(told(resource, unseen));
    let change = if gone { change.from_to(told, None) } else { change.from_to(None, told) };
    change.touching(clauses.of_thing(thing(resource)))
}

/// Whether something confidential rests abroad, or where is not known, or is open to anybody.
pub fn is_exposed(resource: &Resource, home: &[String]) -> bool {
    let public = [
        resource.exposure.as_ref().map(|part| part.public),
        resource.sharing.as_ref().map(|part| part.public),
        resource.network.as_ref().map(|part| part.public_address),
    ];
    let public = public.into_iter().flatten().any(|public| public.seen() == Some(&true));
    copies::any_abroad(resource, home) || public && resource.confidential.seen() != Some(&false)
}

fn told(resource: &Resource, unseen: usize) -> Text {
    let kind = words::kind(resource.kind);
    let places = copies::places_told(resource).unwrap_or_default();
    let (ja, en) = match unseen {
        0 => (String::new(), String::new()),
        unseen => (format!("、確認できない属性{unseen}件"), format!(", {unseen} properties not seen")),
    };
    Text { ja: format!("{}: {}{ja}", kind.ja, places.ja), en: format!("{}: {}{en}", kind.en, places.en) }
}

impl Loose {
    /// Takes a resource; gives it back where no more are held.
    pub fn take(&mut self, resource: Resource, line: &str, gone: bool, unseen: usize) -> Option<Resource> {
        if self.bytes + line.len() > HELD {
            return Some(resource);
        }
        // A fact takes about three times the room of its line.
        self.bytes += line.len() * 4;
        let one = One { resource, line: line.to_owned(), unseen };
        if gone {
            self.gone.push(one)
        } else {
            self.appeared.push(one)
        }
        None
    }

    /// Tells those that are the same thing under another name or in another place from the rest.
    pub fn pair(self) -> Result<Paired, DriftFault> {
        let mut paired = Paired::default();
        let name = |one: &One| (one.resource.provider.clone(), one.resource.kind, one.resource.id.clone());
        let (moved, gone, appeared) = matched(self.gone, self.appeared, |one| Ok(name(one)))?;
        paired.moved = moved;
        (paired.replaced, paired.gone, paired.appeared) = matched(gone, appeared, meaning)?;
        Ok(paired)
    }
}

type Matched = (Vec<(One, One)>, Vec<One>, Vec<One>);

/// Pairs what has the same key, where there is one on each side and no more.
fn matched<K: Ord>(
    gone: Vec<One>,
    appeared: Vec<One>,
    key: impl Fn(&One) -> Result<K, DriftFault>,
) -> Result<Matched, DriftFault> {
    let mut keys: BTreeMap<K, (Vec<One>, Vec<One>)> = BTreeMap::new();
    for one in gone {
        keys.entry(key(&one)?).or_default().0.push(one);
    }
    for one in appeared {
        keys.entry(key(&one)?).or_default().1.push(one);
    }
    let mut matched: Matched = Default::default();
    for (mut before, mut after) in keys.into_values() {
        match (before.len(), after.len()) {
            (1, 1) => matched.0.extend(before.pop().zip(after.pop())),
            _ => {
                matched.1.append(&mut before);
                matched.2.append(&mut after);
            }
        }
    }
    let order = |one: &One| {
        let of = &one.resource;
        (of.provider.clone(), of.account.clone(), of.region.clone(), of.service.clone(), of.id.clone())
    };
    matched.1.sort_by_cached_key(order);
    matched.2.sort_by_cached_key(order);
    Ok(matched)
}

/// A digest of everything a resource says but its name.
fn meaning(one: &One) -> Result<[u8; 32], DriftFault> {
    let mut value: Value = parse(&one.line)?;
    if let Value::Object(fields) = &mut value {
        for field in ["id", "name", "evidence", "captured"] {
            fields.remove(field);
        }
    }
    blank(&mut value, &one.resource.id, &one.resource.name);
    Ok(Sha256::digest(value.to_string()).into())
}

/// Takes its own identifier and name out of what a resource says of itself.
fn blank(value: &mut Value, id: &str, name: &str) {
    match value {
        Value::String(text) if text == id || text == name => *text = "\0".to_owned(),
        Value::Array(members) => members.iter_mut().for_each(|member| blank(member, id, name)),
        Value::Object(fields) => fields.values_mut().for_each(|field| blank(field, id, name)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_contract::observed::Observed;

    fn store(id: &str, region: &str, days: u32) -> (Resource, String) {
        let mut resource =
            Resource::new(Kind::LogStore, "aws", "1", region, "logs", id.to_owned(), id.to_owned());
        resource.confidential = Observed::Seen(true);
        resource.retention = Some(sekisho_contract::fact::Retention { days: Observed::Seen(Some(days)) });
        let line = serde_json::to_string(&resource).unwrap();
        (resource, line)
    }

    fn check(gone: &[(Resource, String)], appeared: &[(Resource, String)], expected: [usize; 4]) {
        let mut loose = Loose::default();
        for (all, is_gone) in [(gone, true), (appeared, false)] {
            for (resource, line) in all {
                assert!(loose.take(resource.clone(), line, is_gone, 0).is_none());
            }
        }
        let paired = loose.pair().unwrap();
        let found = [paired.moved.len(), paired.replaced.len(), paired.gone.len(), paired.appeared.len()];
        assert_eq!(found, expected, "moved, replaced, gone, appeared");
    }

    #[test]
    fn the_same_under_another_name_is_told_as_that_where_it_is_certain() {
        let (a, b, c) = (store("a", "r", 30), store("b", "r", 30), store("c", "r", 30));
        check(std::slice::from_ref(&a), std::slice::from_ref(&b), [0, 1, 0, 0]);
        // Two could be meant.
        check(std::slice::from_ref(&a), &[b.clone(), c], [0, 0, 1, 2]);
        check(std::slice::from_ref(&a), &[store("b", "r", 7)], [0, 0, 1, 1]);
        check(std::slice::from_ref(&a), &[store("b", "elsewhere", 30)], [0, 0, 1, 1]);
        check(std::slice::from_ref(&a), &[store("a", "elsewhere", 30)], [1, 0, 0, 0]);
        // What leaves the scope is not the same.
        let mut free = b.0;
        free.confidential = Observed::Seen(false);
        let line = serde_json::to_string(&free).unwrap();
        check(&[a], &[(free, line)], [0, 0, 1, 1]);
    }
}
