//! What a run found, counted: nothing of it names a single thing.

use crate::run_folder::ReadFault;
use sekisho_contract::fact::{CellState, Fact, KeyManager, Kind, Resource};
use sekisho_contract::observed::Observed;
use std::collections::{BTreeMap, BTreeSet};

/// What a run found, counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    /// Things by provider, service, region and kind.
    pub things: BTreeMap<(String, String, String, Kind), u64>,
    /// Things whose encryption at rest is told of, by provider, kind and how they are encrypted.
    pub encryption: BTreeMap<(String, Kind, Encrypted), u64>,
    /// Keys by provider, region and who manages them; `None` where that was not seen.
    pub keys: BTreeMap<(String, String, Option<KeyManager>), u64>,
    /// Records of acts, by provider and service.
    pub trails: BTreeMap<(String, String), Trails>,
    /// Stores that keep records for a set time, by provider and service.
    pub stores: BTreeMap<(String, String), Kept>,
    /// Cells by provider and state.
    pub cells: BTreeMap<(String, CellState), u64>,
}

/// How a thing is encrypted at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encrypted {
    /// With a key of the customer's, in the provider's key service or outside.
    ByCustomer,
    /// With a key of the provider's.
    ByProvider,
    /// Encrypted; whose key was not seen.
    ByUnseen,
    /// Not encrypted.
    Not,
    /// Not seen.
    Unseen,
}

/// Records of acts of one service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trails {
    /// That record now.
    pub on: u64,
    /// That do not.
    pub off: u64,
    /// Of which it was not seen.
    pub unseen: u64,
}

/// How long the stores of one service keep records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// The shortest time that was seen, in days.
    pub least: Option<u32>,
    /// The longest, in days.
    pub most: Option<u32>,
    /// Stores that delete nothing by themselves.
    pub endless: u64,
    /// Stores of which it was not seen.
    pub unseen: u64,
    /// All of them.
    pub all: u64,
}

/// Facts that cannot be counted.
#[derive(Debug, thiserror::Error)]
pub enum InventoryFault {
    /// They cannot be read.
    #[error(transparent)]
    Read(#[from] ReadFault),
    /// A line is none this version knows.
    #[error("line {line} of the facts cannot be read: {source}; the file is from another version of sekisho")]
    Malformed {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// Kinds that every account has in every region without anybody's doing.
const BACKGROUND: [Kind; 2] = [Kind::RegionSettings, Kind::Network];

impl Inventory {
    /// Counts the facts of a run, line by line.
    pub fn of(lines: impl Iterator<Item = Result<String, ReadFault>>) -> Result<Self, InventoryFault> {
        let mut inventory = Self::default();
        for (at, line) in lines.enumerate() {
            let fact = serde_json::from_str(&line?)
                .map_err(|source| InventoryFault::Malformed { line: at as u64 + 1, source })?;
            match fact {
                Fact::Resource(resource) => inventory.resource(&resource),
                Fact::Cell(cell) => {
                    *inventory.cells.entry((cell.provider, cell.state)).or_default() += 1;
                }
                Fact::Setting(_) | Fact::Gap(_) | Fact::Signal(_) => {}
            }
        }
        inventory.leave_out_background();
        Ok(inventory)
    }

    fn resource(&mut self, resource: &Resource) {
        let (provider, service, region) = (&resource.provider, &resource.service, &resource.region);
        let own = || (provider.clone(), service.clone());
        let key = (provider.clone(), service.clone(), region.clone(), resource.kind);
        *self.things.entry(key).or_default() += 1;
        if let Some(encryption) = &resource.encryption {
            let how = encrypted(encryption.enabled, encryption.key_manager);
            *self.encryption.entry((provider.clone(), resource.kind, how)).or_default() += 1;
        }
        if resource.kind == Kind::Key {
            let manager = resource.key.as_ref().and_then(|key| key.manager.seen().copied());
            *self.keys.entry((provider.clone(), region.clone(), manager)).or_default() += 1;
        }
        if let Some(trail) = &resource.trail {
            let trails = self.trails.entry(own()).or_default();
            match trail.logging {
                Observed::Seen(true) => trails.on += 1,
                Observed::Seen(false) => trails.off += 1,
                Observed::Unseen(_) => trails.unseen += 1,
            }
        }
        if let Some(retention) = &resource.retention {
            let kept = self.stores.entry(own()).or_default();
            kept.all += 1;
            match retention.days {
                Observed::Seen(Some(days)) => {
                    kept.least = Some(kept.least.map_or(days, |least| least.min(days)));
                    kept.most = Some(kept.most.map_or(days, |most| most.max(days)));
                }
                Observed::Seen(None) => kept.endless += 1,
                Observed::Unseen(_) => kept.unseen += 1,
            }
        }
    }

    /// A network counts where something else is in use.
    fn leave_out_background(&mut self) {
        let used: BTreeSet<(String, String)> = self
            .things
            .keys()
            .filter(|(.., kind)| !BACKGROUND.contains(kind))
            .map(|(provider, _, region, _)| (provider.clone(), region.clone()))
            .collect();
        self.things.retain(|(provider, _, region, kind), _| {
            let of_all = BACKGROUND.contains(kind);
            *kind != Kind::RegionSettings && (!of_all || used.contains(&(provider.clone(), region.clone())))
        });
    }

    /// Cells that were neither listed nor closed: something may be in them.
    pub fn unaccounted(&self) -> u64 {
        let open = self.cells.iter().filter(|((_, state), _)| !state.is_accounted_for());
        open.map(|(_, count)| count).sum()
    }
}

fn encrypted(enabled: Observed<bool>, manager: Observed<KeyManager>) -> Encrypted {
    match (enabled, manager) {
        (Observed::Seen(false), _) => Encrypted::Not,
        (Observed::Unseen(_), _) => Encrypted::Unseen,
        (Observed::Seen(true), Observed::Seen(KeyManager::Customer | KeyManager::External)) => {
            Encrypted::ByCustomer
        }
        (Observed::Seen(true), Observed::Seen(KeyManager::Provider)) => Encrypted::ByProvider,
        // Encrypted without a key is no answer.
        (Observed::Seen(true), Observed::Seen(KeyManager::None) | Observed::Unseen(_)) => Encrypted::ByUnseen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn thing(kind: &str, region: &str, more: Value) -> Result<String, ReadFault> {
        let mut fact = json!({"type": "resource", "id": "arn:x", "provider": "aws", "account": "111", "region": region,
            "service": "s3", "kind": kind, "name": "secret-name", "facets": [], "copies": [], "evidence": {}});
        for (name, value) in more.as_object().unwrap() {
            fact[name] = value.clone();
        }
        Ok(fact.to_string())
    }

    #[test]
    fn what_was_not_seen_is_counted_as_that() {
        let lines = [
            thing("object_store", "ap-northeast-1", json!({"encryption": {"enabled": true, "key_manager": "customer"}})),
            thing("object_store", "ap-northeast-1", json!({"encryption": {"enabled": true}})),
            thing("object_store", "ap-northeast-1", json!({"encryption": {}})),
            thing("object_store", "ap-northeast-3", json!({"encryption": {"enabled": false, "key_manager": "none"}})),
            thing("log_store", "ap-northeast-1", json!({"retention": {"days": 400}})),
            thing("log_store", "ap-northeast-1", json!({"retention": {"days": null}})),
            thing("log_store", "ap-northeast-1", json!({"retention": {}})),
            thing("audit_trail", "ap-northeast-1", json!({"trail": {"home_region": "ap-northeast-1"}})),
            thing("key", "ap-northeast-1", json!({"key": {}})),
            thing("network", "us-east-1", json!({})),
            thing("network", "ap-northeast-1", json!({})),
            thing("region_settings", "ap-northeast-1", json!({})),
            Ok(json!({"type": "cell", "provider": "aws", "account": "111", "region": "us-east-1", "service": "s3", "state": "denied", "resources": 0}).to_string()),
        ];
        let found = Inventory::of(lines.into_iter()).unwrap();
        let of = |how| found.encryption.get(&("aws".into(), Kind::ObjectStore, how)).copied();
        assert_eq!(
            [
                Encrypted::ByCustomer,
                Encrypted::ByProvider,
                Encrypted::ByUnseen,
                Encrypted::Not,
                Encrypted::Unseen
            ]
            .map(of),
            [Some(1), None, Some(1), Some(1), Some(1)]
        );
        let kept = found.stores[&("aws".into(), "s3".into())];
        assert_eq!(kept, Kept { least: Some(400), most: Some(400), endless: 1, unseen: 1, all: 3 });
        assert_eq!(found.trails[&("aws".into(), "s3".into())], Trails { on: 0, off: 0, unseen: 1 });
        assert_eq!(found.keys[&("aws".into(), "ap-northeast-1".into(), None)], 1);
        let networks: Vec<&str> =
            found.things.keys().filter(|key| key.3 == Kind::Network).map(|key| key.2.as_str()).collect();
        assert_eq!(networks, ["ap-northeast-1"], "a network of an unused region is nobody's");
        assert!(found.things.keys().all(|key| key.3 != Kind::RegionSettings));
        assert_eq!(found.unaccounted(), 1);
    }

    #[test]
    fn a_line_of_another_version_is_refused() {
        let line = "{\"type\": \"rumour\"}".to_owned();
        let fault = Inventory::of(std::iter::once(Ok(line))).unwrap_err().to_string();
        assert!(fault.contains("line 1"), "{fault}");
    }
}
