//! What the run that looked again saw, as far as erasure goes.

use super::VerifyFault;
use crate::assess::FactSource;
use crate::erasure::{Noted, seconds};
use sekisho_contract::CallId;
use sekisho_contract::fact::{Cell, Fact, KeyManager, KeyState, Kind, ObstacleKind, Resource, Starts};
use sekisho_contract::gap::Gap;
use sekisho_contract::observed::Observed;
use std::collections::{BTreeMap, BTreeSet};

/// Provider and identifier.
pub(super) type Name = (String, String);
/// Provider, account and service.
pub(super) type Beside = [String; 3];

/// Everything that was seen, found by what it is called.
#[derive(Debug, Default)]
pub(super) struct Sight {
    pub things: BTreeMap<Name, Seen>,
    pub cells: Cells,
    /// What was made of something, by what that is.
    made_of: BTreeMap<Name, Vec<String>>,
    /// What rests after its deletion, by the service it rests in.
    resting_in: BTreeMap<Beside, Vec<String>>,
    /// Everything that holds data, for the reckoning.
    pub noted: Noted,
}

/// The parts of a sweep.
#[derive(Debug, Default)]
pub(super) struct Cells {
    all: BTreeMap<Beside, BTreeMap<String, Cell>>,
    gaps: BTreeMap<String, Vec<Gap>>,
}

/// One thing that was seen.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub account: String,
    pub region: String,
    pub service: String,
    pub kind: Kind,
    pub name: String,
    /// Whether it rests after its deletion, and until when, where that was told.
    pub resting: Option<Option<String>>,
    pub made_from: Option<String>,
    pub key: Option<OwnKey>,
    /// The moment its data are of.
    pub data_time: Option<i64>,
    pub under: Option<String>,
    pub calls: Vec<CallId>,
}

/// A key's own properties.
#[derive(Debug, Clone)]
pub(super) struct OwnKey {
    pub manager: Option<KeyManager>,
    pub state: Option<KeyState>,
    pub until: Option<String>,
    pub aliases: Vec<String>,
}

/// Calls cited for one thing.
const CITED: usize = 4;

impl Sight {
    /// Reads the facts. One that cannot be read may be anything that is still there.
    pub fn of(facts: &(impl FactSource + ?Sized)) -> Result<Self, VerifyFault> {
        let mut sight = Self::default();
        for (at, line) in facts.pass().enumerate() {
            let line = line.map_err(|fault| VerifyFault::Read(Box::new(fault)))?;
            let fact = serde_json::from_str(&line)
                .map_err(|fault| VerifyFault::Again { line: at as u64 + 1, why: fault.to_string() })?;
            match fact {
                Fact::Resource(resource) => sight.note(&resource),
                Fact::Cell(cell) => sight.cells.note(cell),
                Fact::Gap(gap) => sight.cells.gap(gap),
                Fact::Setting(_) | Fact::Signal(_) => {}
            }
        }
        Ok(sight)
    }

    fn note(&mut self, resource: &Resource) {
        let name = |id: &str| (resource.provider.clone(), id.to_owned());
        let seen = Seen::of(resource);
        if seen.resting.is_some() {
            let beside = [&resource.provider, &resource.account, &resource.service].map(Clone::clone);
            self.resting_in.entry(beside).or_default().push(resource.id.clone());
        }
        if let Some(of) = &resource.made_from {
            self.made_of.entry(name(of)).or_default().push(resource.id.clone());
        }
        self.noted.note(resource);
        self.things.insert(name(&resource.id), seen);
    }

    /// What rests of a thing that is not in its list any more: what is told to be it after its deletion, by what it was made
    /// from or by its name.
    pub fn rest_of(&self, name: &Name, seen: &Seen, known: &BTreeSet<Name>) -> Option<(&str, &Seen)> {
        let found = |id: &String| {
            let (name, rest) = self.things.get_key_value(&(name.0.clone(), id.clone()))?;
            Some((name, rest))
        };
        let itself = |(other, rest): &(&Name, &Seen)| {
            // A deleted thing may be told as one of its own kind under another name.
            rest.resting.is_some() || (rest.kind == seen.kind && !known.contains(*other))
        };
        let made = self.made_of(name).iter().filter_map(found).find(itself);
        let beside = [name.0.clone(), seen.account.clone(), seen.service.clone()];
        let named = self.resting_in.get(&beside).into_iter().flatten().filter_map(found);
        let mut named = named.filter(|(_, rest)| rest.made_from.is_none());
        let rest = made.or_else(|| named.find(|(_, rest)| rest.name.eq_ignore_ascii_case(&seen.name)));
        rest.map(|(name, rest)| (name.1.as_str(), rest))
    }

    /// What was made of a thing.
    pub fn made_of(&self, name: &Name) -> &[String] {
        self.made_of.get(name).map_or(&[], Vec::as_slice)
    }

    /// Something rests in the same service of which it is not told what it was, and which the baseline knew by no name.
    pub fn stray(
        &self,
        provider: &str,
        seen: &Seen,
        known: &BTreeSet<Name>,
        named: &BTreeSet<(Beside, String)>,
    ) -> Option<&str> {
        let beside = [provider.to_owned(), seen.account.clone(), seen.service.clone()];
        let unknown = |id: &&String| {
            let name = (provider.to_owned(), (*id).clone());
            let told = |rest: &Seen| {
                rest.made_from.is_some() || named.contains(&(beside.clone(), rest.name.to_lowercase()))
            };
            !known.contains(&name) && self.things.get(&name).is_some_and(|rest| !told(rest))
        };
        self.resting_in.get(&beside).into_iter().flatten().find(unknown).map(String::as_str)
    }
}

impl Seen {
    pub fn of(resource: &Resource) -> Self {
        let obstacles = resource.erasure.iter().flat_map(|erasure| &erasure.obstacles);
        let mut rests = obstacles.filter(|obstacle| {
            obstacle.kind.seen() == Some(&ObstacleKind::SoftDelete)
                && obstacle.starts.seen() == Some(&Starts::Fixed)
        });
        let shows = ["copies", "erasure", "key"].map(|part| resource.evidence.get(part));
        let mut calls: Vec<CallId> = Vec::new();
        for call in shows.into_iter().flatten().flatten() {
            if !calls.contains(call) && calls.len() < CITED {
                calls.push(*call);
            }
        }
        // Where none of these parts was shown, whatever was.
        if calls.is_empty() {
            calls.extend(resource.evidence.values().flatten().next());
        }
        let moment = |told: &Observed<Option<String>>| told.seen().cloned().flatten();
        Self {
            account: resource.account.clone(),
            region: resource.region.clone(),
            service: resource.service.clone(),
            kind: resource.kind,
            name: resource.name.clone(),
            resting: rests.next().map(|rest| moment(&rest.until)),
            made_from: resource.made_from.clone(),
            key: resource.key.as_ref().map(|key| OwnKey {
                manager: key.manager.seen().copied(),
                state: key.state.seen().copied(),
                until: moment(&key.deletion_date),
                aliases: key.aliases.seen().cloned().into_iter().flatten().collect(),
            }),
            data_time: resource.point.as_ref().and_then(|point| seconds(&moment(&point.data_time)?)),
            under: resource.encryption.as_ref().and_then(|told| moment(&told.key)),
            calls,
        }
    }
}

impl Seen {
    /// Whether it is a key whose material was destroyed.
    pub fn is_destroyed(&self) -> bool {
        self.key.as_ref().is_some_and(|key| key.state == Some(KeyState::Destroyed))
    }
}

impl Cells {
    pub fn note(&mut self, cell: Cell) {
        let beside = [&cell.provider, &cell.account, &cell.service].map(Clone::clone);
        self.gaps.entry(cell.id()).or_default();
        self.all.entry(beside).or_default().insert(cell.region.clone(), cell);
    }

    /// Takes a gap, where it is one of a cell: those come before it.
    pub fn gap(&mut self, gap: Gap) {
        if let Some(gaps) = self.gaps.get_mut(&gap.subject) {
            gaps.push(gap);
        }
    }

    /// The cells in which a thing would be listed: that of its region, or the one that answers for all regions; where there
    /// is neither, each of its service's.
    pub fn of(&self, provider: &str, account: &str, service: &str, region: &str) -> Vec<&Cell> {
        let beside = [provider.to_owned(), account.to_owned(), service.to_owned()];
        let Some(all) = self.all.get(&beside) else { return Vec::new() };
        match all.get(region).or_else(|| all.get(GLOBAL)) {
            Some(one) => vec![one],
            // A region that was not told may be any; one that was told, and has no cell, was not looked at.
            None if region == UNKNOWN => all.values().collect(),
            None => Vec::new(),
        }
    }

    /// Every cell, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Cell> {
        self.all.values().flat_map(BTreeMap::values)
    }

    /// One cell.
    pub fn get(&self, like: &Cell) -> Option<&Cell> {
        let beside = [&like.provider, &like.account, &like.service].map(Clone::clone);
        self.all.get(&beside)?.get(&like.region)
    }

    /// Whether any part of a service in an account was looked at.
    pub fn has_service(&self, provider: &str, account: &str, service: &str) -> bool {
        self.all.contains_key(&[provider, account, service].map(str::to_owned))
    }

    /// Whether any part of an account was looked at.
    pub fn has_account(&self, provider: &str, account: &str) -> bool {
        self.iter().any(|cell| cell.provider == provider && cell.account == account)
    }

    /// What was not seen of a cell.
    pub fn gaps(&self, cell: &Cell) -> &[Gap] {
        self.gaps.get(&cell.id()).map_or(&[], Vec::as_slice)
    }
}

/// The region of a cell that answers for all regions.
pub(super) const GLOBAL: &str = "global";
/// The region of a thing whose place was not seen.
const UNKNOWN: &str = "unknown";
