//! The first pass: what resources are looked up for, held in about 30 bytes each.

use sekisho_contract::CallId;
use sekisho_contract::fact::{CopyRole, GuardPurpose, KeyManager, Kind, TrailFacet};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// What the first pass reads of a resource; all else is skipped unread.
#[derive(Deserialize)]
pub(super) struct Note<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow)]
    provider: Cow<'a, str>,
    #[serde(borrow)]
    account: Cow<'a, str>,
    #[serde(borrow)]
    region: Cow<'a, str>,
    #[serde(borrow)]
    service: Cow<'a, str>,
    kind: Kind,
    #[serde(borrow)]
    copies: Vec<NotedCopy<'a>>,
    key: Option<NotedKey>,
    trail: Option<TrailFacet>,
    guard: Option<NotedGuard>,
    #[serde(default)]
    evidence: NotedEvidence,
}

#[derive(Deserialize)]
struct NotedGuard {
    purpose: Option<GuardPurpose>,
    enabled: Option<bool>,
}

#[derive(Deserialize, Default)]
struct NotedEvidence {
    #[serde(default)]
    guard: Vec<CallId>,
}

#[derive(Deserialize)]
struct NotedCopy<'a> {
    role: CopyRole,
    #[serde(borrow)]
    holder: Option<Cow<'a, str>>,
    #[serde(borrow)]
    location: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct NotedKey {
    manager: Option<KeyManager>,
    aliases: Option<Vec<String>>,
}

impl Note<'_> {
    /// What orders resources before their id does.
    pub(super) fn group(&self) -> String {
        [&*self.provider, &self.account, &self.region, &self.service, self.kind.as_str()].join("\0")
    }

    /// The place the resource itself rests in. What rests in several places, or perhaps in others, has not one.
    fn place(&self) -> Option<&str> {
        let at = |role: CopyRole| {
            let own = self.copies.iter().filter(move |copy| copy.holder.is_none() && copy.role == role);
            own.map(|copy| copy.location.as_deref())
        };
        if self.kind == Kind::Key
            && let Some(place) = at(CopyRole::Key).flatten().next()
        {
            return Some(place);
        }
        let mut own = at(CopyRole::Primary);
        let first = own.next()??;
        own.all(|other| other == Some(first)).then_some(first)
    }
}

/// An audit trail, as its account's stores and setting see it.
#[derive(Debug, Clone)]
pub(super) struct Trail {
    pub(super) id: String,
    pub(super) provider: String,
    pub(super) account: String,
    /// A trail, or a store that takes records up by itself.
    pub(super) kind: Kind,
    pub(super) facet: TrailFacet,
}

/// Something that watches for intrusions, or may.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Detector {
    pub(super) id: String,
    /// Whether it is on; `None` when that was not seen.
    pub(super) on: Option<bool>,
    /// The calls that showed it.
    pub(super) calls: Vec<CallId>,
}

/// What was found at an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'a> {
    /// Where it rests; `None` when that was not seen.
    pub(super) place: Option<&'a str>,
    /// What it is.
    pub(super) kind: Kind,
    /// Who manages it, for a key of which that was seen.
    pub(super) manager: Option<KeyManager>,
}

/// Sixteen bytes that stand for an identifier.
pub(super) type Name = [u8; 16];

/// Resources by identifier.
#[derive(Default)]
pub(super) struct Index {
    entries: Vec<(Name, Entry)>,
    /// What logs, deliveries and backups are written to.
    log_holders: BTreeSet<Box<str>>,
    places: Vec<Box<str>>,
    numbers: BTreeMap<Box<str>, u32>,
    trails: Vec<Trail>,
    /// What watches for intrusions, by provider, account and region.
    detectors: BTreeMap<[String; 3], Vec<Detector>>,
    /// The groups ([`Note::group`]) of which something was found.
    found: BTreeSet<Box<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// 0 when not seen, else one more than its number.
    place: u32,
    kind: Kind,
    manager: Option<KeyManager>,
}

impl Index {
    /// Whether anything of a service was found in an account, in a region or anywhere.
    pub(super) fn holds(&self, provider: &str, account: &str, service: &str, region: Option<&str>) -> bool {
        let of = format!("{provider}\0{account}\0");
        let own = self
            .found
            .range::<str, _>((Bound::Included(of.as_str()), Bound::Unbounded))
            .map_while(|group| group.strip_prefix(&of));
        own.map(|group| group.split('\0').collect::<Vec<_>>()).any(|parts| {
            let [at, which, ..] = parts[..] else { return false };
            which == service && region.is_none_or(|region| region == at)
        })
    }

    /// Takes a resource of a group up. `true` when what others ask of it was not all seen.
    pub(super) fn note(&mut self, note: &Note<'_>, group: &str) -> bool {
        if !self.found.contains(group) {
            self.found.insert(group.into());
        }
        let place = note.place().map_or(0, |place| self.number(place));
        let manager = note.key.as_ref().and_then(|key| key.manager);
        let entry = Entry { place, kind: note.kind, manager };
        self.entries.push((name(&note.provider, &note.id), entry));
        for alias in note.key.iter().filter_map(|key| key.aliases.as_ref()).flatten() {
            self.entries.push((name(&note.provider, alias), entry));
        }
        if let Some(facet) = &note.trail {
            self.trails.push(Trail {
                id: note.id.clone().into_owned(),
                provider: note.provider.clone().into_owned(),
                account: note.account.clone().into_owned(),
                kind: note.kind,
                facet: facet.clone(),
            });
        }
        if let Some(guard) = &note.guard
            && guard.purpose.is_none_or(|purpose| purpose == GuardPurpose::Intrusion)
        {
            let place = [&note.provider, &note.account, &note.region].map(|part| part.clone().into_owned());
            let on = guard.enabled.filter(|_| guard.purpose.is_some());
            let (id, calls) = (note.id.clone().into_owned(), note.evidence.guard.clone());
            self.detectors.entry(place).or_default().push(Detector { id, on, calls });
        }
        for holder in note
            .copies
            .iter()
            .filter(|copy| matches!(copy.role, CopyRole::Log | CopyRole::Transit | CopyRole::Backup))
            .filter_map(|copy| copy.holder.as_deref())
        {
            if !self.log_holders.contains(holder) {
                self.log_holders.insert(holder.into());
            }
        }
        let nameless = note.key.as_ref().is_some_and(|key| key.aliases.is_none());
        match note.kind {
            Kind::Key => place == 0 || manager.is_none() || nameless,
            // Trails are looked at anyway.
            Kind::AuditTrail => false,
            _ => place == 0,
        }
    }

    /// Ends the first pass.
    pub(super) fn close(&mut self) {
        self.entries.sort_unstable();
        self.entries.dedup();
        self.detectors.values_mut().for_each(|all| all.sort());
        self.trails.sort_by(|a, b| (&a.provider, &a.account, &a.id).cmp(&(&b.provider, &b.account, &b.id)));
    }

    /// What watches for intrusions in a region of an account.
    pub(super) fn detectors(&self, provider: &str, account: &str, region: &str) -> &[Detector] {
        self.detectors.get(&[provider, account, region].map(str::to_owned)).map_or(&[], Vec::as_slice)
    }

    /// The identifiers of what watches, or may, without having been seen to be on or off.
    pub(super) fn open_detectors(&self) -> impl Iterator<Item = &str> {
        let open = |detector: &&Detector| detector.on.is_none();
        self.detectors.values().flatten().filter(open).map(|detector| detector.id.as_str())
    }

    /// The identifiers of what logs, deliveries and backups are written to.
    pub(super) fn log_holders(&self) -> &BTreeSet<Box<str>> {
        &self.log_holders
    }

    pub(super) fn take_trails(&mut self) -> Vec<Trail> {
        std::mem::take(&mut self.trails)
    }

    /// What rests under an identifier. Of several resources that claim it, none is believed where they
    /// disagree.
    pub(super) fn find(&self, provider: &str, id: &str) -> Option<Found<'_>> {
        let name = name(provider, id);
        let from = self.entries.partition_point(|(known, _)| *known < name);
        let mut claims =
            self.entries.get(from..)?.iter().take_while(|(known, _)| *known == name).map(|(_, entry)| *entry);
        let mut agreed = claims.next()?;
        for claim in claims {
            if claim.place != agreed.place {
                agreed.place = 0;
            }
            if claim.manager != agreed.manager {
                agreed.manager = None;
            }
        }
        let place = agreed.place.checked_sub(1).and_then(|number| self.places.get(number as usize));
        Some(Found { place: place.map(|place| &**place), kind: agreed.kind, manager: agreed.manager })
    }

    fn number(&mut self, place: &str) -> u32 {
        if let Some(number) = self.numbers.get(place) {
            return *number;
        }
        self.places.push(place.into());
        let number = u32::try_from(self.places.len()).unwrap_or(0);
        self.numbers.insert(place.into(), number);
        number
    }
}

/// The name of an identifier.
pub(super) fn name(provider: &str, id: &str) -> Name {
    let mut digest = Sha256::new();
    digest.update(provider.as_bytes());
    digest.update([0]);
    digest.update(id.as_bytes());
    let digest = digest.finalize();
    std::array::from_fn(|byte| digest[byte])
}
