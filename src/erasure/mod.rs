//! When each resource, and the tenancy, can be gone beyond recovery: the last of its obstacles, those of every copy
//! included, who can lift each, and when destroying the key would do instead.
//!
//! Pure: the same facts and dates give the same result, in the same order. Copies are what names the resource as what
//! it was made from, and what holds its replicas and backups. What was not seen leaves the date open.

mod ends;
mod reckon;
mod record;

pub use reckon::{DAY, End, Help, end, seconds};
pub use record::{Erasability, Hindrance, Times};

use ends::Ends;
use sekisho_contract::CallId;
use sekisho_contract::fact::{CopyRole, Facet, KeyManager, KeyState, Kind, Obstacle, Resource};
use sekisho_contract::gap::{GapReason, Sheet, Shortfall};
use sekisho_contract::observed::Observed;
use std::collections::{BTreeMap, BTreeSet};

/// Facts noted for the reckoning.
#[derive(Debug, Default)]
pub struct Noted {
    things: Vec<Thing>,
    /// Provider and id of what logs are written to.
    log_targets: BTreeSet<(String, String)>,
}

/// Everything that was noted, found by what it is called and what it is of.
#[derive(Debug)]
struct Known {
    things: Vec<Thing>,
    /// By provider and id: where in `things`.
    by_id: BTreeMap<(String, String), usize>,
    /// By provider and what they were made from.
    made_from: BTreeMap<(String, String), Vec<usize>>,
    /// By provider and key: what lies under it.
    under: BTreeMap<(String, String), Vec<usize>>,
    /// Other names of keys, by provider.
    aliases: BTreeMap<(String, String), String>,
    log_targets: BTreeSet<(String, String)>,
    /// Provider, account and service of copies of which it is not said of what.
    orphans: BTreeSet<[String; 3]>,
    /// The same of those that lie in a service of backups, which may be of anything in the account: where in `things`.
    strays: Vec<usize>,
}

/// Something that holds data, or a key.
#[derive(Debug)]
struct Thing {
    id: String,
    provider: String,
    account: String,
    region: String,
    service: String,
    kind: Kind,
    name: String,
    facets: Vec<Facet>,
    confidential: Observed<bool>,
    obstacles: Vec<Obstacle>,
    /// Whether its obstacles were seen at all, where its kind has any.
    seen: bool,
    /// What holds its replicas and backups; `None` for a holder that was not named.
    holders: BTreeSet<Option<String>>,
    key: Under,
    retention_days: Option<u32>,
    own_key: Option<OwnKey>,
    /// Other names of a key.
    aliases: Vec<String>,
    made_from: Option<String>,
    /// The moment its data are of, in seconds since 1970.
    data_time: Option<i64>,
    calls: Vec<CallId>,
}

/// The key something lies under.
#[derive(Debug, Clone)]
enum Under {
    /// Nothing is encrypted, or under a key of the provider's.
    NotOwn,
    /// This one.
    Key(String),
    /// It was not seen.
    Unseen,
}

/// What of a key decides whether destroying it erases.
#[derive(Debug)]
struct OwnKey {
    manager: Observed<KeyManager>,
    state: Observed<KeyState>,
    origin: Observed<String>,
    multi_region: Observed<bool>,
    deletion_date: Observed<Option<String>>,
}

/// Where a copy was made of something.
const COPIES: [Kind; 3] = [Kind::Snapshot, Kind::RecoveryPoint, Kind::MachineImage];
/// Calls cited for one resource.
const CITED: usize = 24;

impl Noted {
    /// Notes a linked fact.
    pub fn note(&mut self, resource: &Resource) {
        let named = |id: &str| (resource.provider.clone(), id.to_owned());
        let logs = resource.copies.iter().filter(|copy| copy.role == CopyRole::Log);
        self.log_targets.extend(logs.filter_map(|copy| copy.holder.as_deref()).map(named));
        let is_copy = COPIES.contains(&resource.kind);
        if !resource.facets.contains(&Facet::Erasure)
            && !is_copy
            && resource.kind != Kind::Key
            && !holds(resource.kind)
        {
            return;
        }
        self.things.push(Thing::of(resource));
    }

    /// What is told of each resource that can be hindered, in a fixed order. `unlisted` gives, for a provider, the cell in
    /// which copies may be that were not listed.
    pub fn conclude(self, times: &Times, unlisted: &BTreeMap<String, String>) -> Vec<Erasability> {
        let known = Known::new(self);
        let ends: Vec<Ends> =
            known.things.iter().map(|thing| Ends::of(thing, known.goes_on(thing), times)).collect();
        let hindered = |(_, thing): &(usize, &Thing)| {
            thing.kind != Kind::Key && (thing.facets.contains(&Facet::Erasure) || holds(thing.kind))
        };
        let all = known.things.iter().enumerate().filter(hindered);
        all.map(|(at, _)| known.tell(at, &ends, times, unlisted)).collect()
    }
}

impl Known {
    fn new(noted: Noted) -> Self {
        let Noted { mut things, log_targets } = noted;
        things.sort_by(|one, other| {
            one.order().cmp(&other.order()).then_with(|| format!("{one:?}").cmp(&format!("{other:?}")))
        });
        let (mut by_id, mut made_from, mut under) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (mut aliases, mut orphans) = (BTreeMap::new(), BTreeSet::new());
        let vaults = things.iter().filter(|thing| thing.kind == Kind::BackupVault);
        let keeps: BTreeSet<[String; 3]> = vaults.map(Thing::beside).collect();
        let stray = |thing: &Thing| {
            thing.made_from.is_none() && COPIES.contains(&thing.kind) && keeps.contains(&thing.beside())
        };
        let strays = (0..things.len()).filter(|at| stray(&things[*at])).collect();
        for (at, thing) in things.iter().enumerate() {
            let named = |id: &str| (thing.provider.clone(), id.to_owned());
            match &thing.made_from {
                Some(of) => made_from.entry(named(of)).or_insert_with(Vec::new).push(at),
                None if COPIES.contains(&thing.kind) => {
                    orphans.insert(thing.beside());
                }
                None => {}
            }
            if let Under::Key(key) = &thing.key {
                under.entry(named(key)).or_insert_with(Vec::new).push(at);
            }
            for alias in &thing.aliases {
                aliases.insert(named(alias), thing.id.clone());
            }
            by_id.insert(named(&thing.id), at);
        }
        Self { things, by_id, made_from, under, aliases, log_targets, orphans, strays }
    }

    fn tell(
        &self,
        at: usize,
        ends: &[Ends],
        times: &Times,
        unlisted: &BTreeMap<String, String>,
    ) -> Erasability {
        let thing = &self.things[at];
        let mut sheet = Sheet::new(&thing.id);
        let copies = self.copies(at);
        let mut sum = ends[at];
        copies.iter().for_each(|copy| sum = sum.and(ends[*copy]));
        let missing = self.missing(thing, &copies, unlisted).or_else(|| self.stray(thing, sum, ends));
        if missing.is_some() {
            sum = sum.unsure();
        }
        let why = missing.clone().unwrap_or_else(|| {
            Shortfall::without_call(
                GapReason::Unresolved,
                "not everything that prevents erasing it, or a copy of it, was seen",
            )
        });
        let told = |end: End, path: &str, sheet: &mut Sheet| match (end.at, end.sure) {
            // It never ends by itself, whatever else there may be.
            (None, _) => Observed::Seen(None),
            (Some(at), true) => Observed::Seen(Some(times.moment(at))),
            (Some(_), false) => sheet.unseen(path, &why),
        };
        let (earliest, unaided) =
            (told(sum.now, "earliest", &mut sheet), told(sum.unaided, "unaided", &mut sheet));
        // Whatever was not seen besides, what is too late already stays so.
        let by = match sum.last {
            End { at: Some(at), sure: false } if at > times.deadline => {
                Observed::Seen(Some(times.moment(at)))
            }
            end => told(end, "by", &mut sheet),
        };
        let (crypto, crypto_bar) = self.crypto(at, &copies, ends, times, missing.as_ref(), &mut sheet);
        let records = matches!(thing.kind, Kind::LogStore | Kind::AuditTrail)
            || self.log_targets.contains(&(thing.provider.clone(), thing.id.clone()));
        let (gaps, _) = sheet.finish();
        Erasability {
            id: thing.id.clone(),
            provider: thing.provider.clone(),
            account: thing.account.clone(),
            region: thing.region.clone(),
            service: thing.service.clone(),
            kind: thing.kind,
            name: thing.name.clone(),
            facets: thing.facets.clone(),
            confidential: thing.confidential,
            earliest,
            unaided,
            by,
            crypto,
            crypto_bar: crypto_bar.to_owned(),
            hindrances: self.hindrances(at, &copies, times),
            copies: i64::try_from(copies.len()).unwrap_or(i64::MAX),
            records,
            retention_days: if records { thing.retention_days.map(i64::from) } else { None },
            evidence: self.evidence(at, &copies),
            gaps,
        }
    }

    /// Everything that holds its data besides: what was made from it and from that, and what holds its replicas and
    /// backups.
    fn copies(&self, at: usize) -> Vec<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![at];
        while let Some(next) = open.pop() {
            let thing = &self.things[next];
            let named = |id: &str| (thing.provider.clone(), id.to_owned());
            let made = self.made_from.get(&named(&thing.id)).into_iter().flatten().copied();
            let held =
                thing.holders.iter().flatten().filter_map(|holder| self.by_id.get(&named(holder)).copied());
            for holder in held.filter(|holder| *holder != at) {
                // What lies in a vault beside it is no copy of it: the vault's own obstacles count, and not what it holds. What
                // is made from anything else that holds it has its data too.
                if found.insert(holder) && self.things[holder].kind != Kind::BackupVault {
                    open.push(holder);
                }
            }
            for copy in made {
                if copy != at && found.insert(copy) {
                    open.push(copy);
                }
            }
        }
        found.into_iter().collect()
    }

    /// Whether it is one of several backups of the same thing: more will be made while the contract lasts.
    fn goes_on(&self, thing: &Thing) -> bool {
        let Some(of) = &thing.made_from else { return false };
        let made = self.made_from.get(&(thing.provider.clone(), of.clone())).into_iter().flatten();
        made.filter(|at| self.things[**at].kind == thing.kind).nth(1).is_some()
    }

    /// Why there may be copies that are not among those noted.
    fn missing(
        &self,
        thing: &Thing,
        copies: &[usize],
        unlisted: &BTreeMap<String, String>,
    ) -> Option<Shortfall> {
        if let Some(cell) = unlisted.get(&thing.provider).filter(|_| !COPIES.contains(&thing.kind)) {
            let detail = format!("{cell} was not listed, and copies may be in it");
            return Some(Shortfall::without_call(GapReason::Unresolved, detail));
        }
        let beside = thing.beside();
        // A copy of something unknown is told of by itself; it matters here where it may be the last that holds on.
        if self.orphans.contains(&beside) && !COPIES.contains(&thing.kind) {
            let detail = "there are copies whose source is not stated";
            return Some(Shortfall::without_call(GapReason::Unresolved, detail));
        }
        let unread = |holder: &&Option<String>| match holder {
            None => true,
            Some(holder) => !self.by_id.contains_key(&(thing.provider.clone(), holder.clone())),
        };
        // Copies have copies of their own.
        let holders = copies.iter().flat_map(|copy| &self.things[*copy].holders);
        let unread = thing.holders.iter().chain(holders).find(unread)?;
        let named = unread.as_deref().unwrap_or("a destination that was not seen");
        let detail = format!("what keeps the copies in {named} from being erased was not read");
        Some(Shortfall::without_call(GapReason::NotRead, detail))
    }

    /// A backup of something unknown that may be of this, and may hold on for longer than all that is known of it.
    fn stray(&self, thing: &Thing, sum: Ends, ends: &[Ends]) -> Option<Shortfall> {
        // What can be deleted as soon as this is no hindrance, whatever it is of.
        let outlasts = |at: &&usize| {
            let (kept, last) = (&self.things[**at], ends[**at].last);
            let later = match (last.at, sum.last.at) {
                (None, _) => true,
                (Some(stray), Some(known)) => stray > known,
                (Some(_), None) => false,
            };
            kept.provider == thing.provider && kept.account == thing.account && (later || !last.sure)
        };
        if COPIES.contains(&thing.kind) || thing.kind == Kind::BackupVault {
            return None;
        }
        let stray = self.strays.iter().find(outlasts)?;
        let detail = format!("{} is a backup whose source is not stated", self.things[*stray].id);
        Some(Shortfall::without_call(GapReason::Unresolved, detail))
    }

    /// When destroying the key makes it and every copy unreadable; null with the word for what bars it.
    fn crypto(
        &self,
        at: usize,
        copies: &[usize],
        ends: &[Ends],
        times: &Times,
        missing: Option<&Shortfall>,
        sheet: &mut Sheet,
    ) -> (Observed<Option<String>>, &'static str) {
        let thing = &self.things[at];
        let unseen = |sheet: &mut Sheet, detail: &str| {
            sheet.unseen("crypto", &Shortfall::without_call(GapReason::Unresolved, detail))
        };
        if thing.kind == Kind::ObjectStore {
            // A store's key is for what is written from now on: single objects may lie under others.
            return (Observed::Seen(None), "objects_vary");
        }
        let key = match &thing.key {
            Under::NotOwn => return (Observed::Seen(None), "no_own_key"),
            Under::Unseen => return (unseen(sheet, "which key is used was not seen"), "unseen"),
            Under::Key(key) => key,
        };
        let Some(key) = self.key(&thing.provider, key) else {
            return (unseen(sheet, "the key is not among those that were read"), "unseen");
        };
        let id = self.things[key].id.as_str();
        let Some(own) = &self.things[key].own_key else {
            return (unseen(sheet, "the key is not among those that were read"), "unseen");
        };
        match own.manager.seen() {
            Some(KeyManager::Customer) => {}
            Some(KeyManager::External) => return (Observed::Seen(None), "copy_elsewhere"),
            Some(KeyManager::Provider | KeyManager::None) => return (Observed::Seen(None), "no_own_key"),
            None => return (unseen(sheet, "who manages the key was not seen"), "unseen"),
        }
        // Material that was brought along exists elsewhere.
        match (own.origin.seen().map(String::as_str), own.multi_region.seen()) {
            (Some("EXTERNAL" | "EXTERNAL_KEY_STORE" | "imported" | "IMPORTED"), _) | (_, Some(true)) => {
                return (Observed::Seen(None), "copy_elsewhere");
            }
            (None, _) => return (unseen(sheet, "where the key's material came from was not seen"), "unseen"),
            (_, None) => return (unseen(sheet, "whether the key has copies was not seen"), "unseen"),
            (Some(_), Some(false)) => {}
        }
        let same = |one: &usize| match &self.things[*one].key {
            Under::Key(other) => {
                self.key(&thing.provider, other).is_some_and(|other| self.things[other].id == id)
            }
            Under::NotOwn | Under::Unseen => false,
        };
        // A vault is where copies are, and no copy itself.
        let data = |one: &&usize| self.things[**one].kind != Kind::BackupVault;
        if copies.iter().filter(data).any(|copy| !same(copy)) {
            return (Observed::Seen(None), "other_key");
        }
        if let Some(missing) = missing {
            return (sheet.unseen("crypto", missing), "unseen");
        }
        let names = std::iter::once(id)
            .chain(self.aliases.iter().filter(|(_, of)| *of == id).map(|((_, alias), _)| alias.as_str()));
        let users =
            names.filter_map(|name| self.under.get(&(thing.provider.clone(), name.to_owned()))).flatten();
        let others = users.filter(|user| **user != at && !copies.contains(user));
        if others.count() > 0 {
            return (Observed::Seen(None), "shared_key");
        }
        let end = ends[key].now;
        let waiting = own.deletion_date.seen().cloned().flatten();
        match (own.state.seen(), waiting) {
            (Some(KeyState::PendingDeletion | KeyState::Destroyed), Some(date)) => {
                (Observed::Seen(Some(date)), "")
            }
            // When that was is not told: by now.
            (Some(KeyState::Destroyed), None) => (Observed::Seen(Some(times.moment(times.now))), ""),
            (None, _) => (unseen(sheet, "the state of the key was not seen"), "unseen"),
            _ => match (end.at, end.sure) {
                (None, _) => (Observed::Seen(None), "not_destroyable"),
                (Some(at), true) => (Observed::Seen(Some(times.moment(at))), ""),
                (Some(_), false) => {
                    (unseen(sheet, "the waiting period for a key's destruction was not seen"), "unseen")
                }
            },
        }
    }

    fn key(&self, provider: &str, name: &str) -> Option<usize> {
        let named = (provider.to_owned(), name.to_owned());
        let id = match self.aliases.get(&named) {
            Some(id) => (provider.to_owned(), id.clone()),
            None => named,
        };
        self.by_id.get(&id).copied()
    }

    /// What stands in the way, its own first, with who can lift it and when it ends by itself.
    fn hindrances(&self, at: usize, copies: &[usize], times: &Times) -> Vec<Hindrance> {
        let mut all: Vec<Hindrance> = Vec::new();
        for one in std::iter::once(&at).chain(copies) {
            let thing = &self.things[*one];
            for obstacle in &thing.obstacles {
                let alone = end(
                    std::slice::from_ref(&Obstacle {
                        lifted_by: Observed::Seen(sekisho_contract::fact::LiftedBy::Nobody),
                        ..obstacle.clone()
                    }),
                    times.contract_end.max(times.now),
                    times.contract_end.max(times.now),
                    Help::None,
                );
                let hindrance = Hindrance {
                    of: if *one == at { None } else { Some(thing.id.clone()) },
                    kind: obstacle.kind,
                    lifted_by: obstacle.lifted_by,
                    ends: match (alone.at, alone.sure) {
                        (None, _) => Observed::Seen(None),
                        (Some(at), true) => Observed::Seen(Some(times.moment(at))),
                        (Some(_), false) => Observed::default(),
                    },
                };
                if !all.contains(&hindrance) {
                    all.push(hindrance);
                }
            }
        }
        // The hardest first: what nobody can lift, then by its end.
        all.sort_by_key(Hindrance::weight);
        all.truncate(record::HINDRANCES);
        all
    }

    fn evidence(&self, at: usize, copies: &[usize]) -> BTreeMap<String, Vec<CallId>> {
        let all: BTreeSet<CallId> =
            copies.iter().flat_map(|copy| self.things[*copy].calls.iter().copied()).collect();
        let own = self.things[at].calls.iter().copied();
        let calls: Vec<CallId> = own
            .clone()
            .chain(all.into_iter().filter(|call| !self.things[at].calls.contains(call)).take(CITED))
            .collect();
        ["earliest", "by", "crypto"].map(|part| (part.to_owned(), calls.clone())).into()
    }
}

impl Thing {
    fn of(resource: &Resource) -> Self {
        let held =
            resource.copies.iter().filter(|copy| matches!(copy.role, CopyRole::Replica | CopyRole::Backup));
        let own = resource.id.as_str();
        // A copy without a holder is kept by the service itself and goes with the resource.
        let holders = held.filter_map(|copy| match (&copy.holder, copy.location.is_unseen()) {
            (Some(holder), _) if holder != own => Some(Some(holder.clone())),
            (None, true) => Some(None),
            _ => None,
        });
        let key = match resource.encryption.as_ref().map(|told| (&told.key, &told.key_manager, &told.enabled))
        {
            Some((_, _, Observed::Seen(false)) | (Observed::Seen(None), ..)) | None => Under::NotOwn,
            Some((Observed::Seen(Some(key)), ..)) => Under::Key(key.clone()),
            Some((_, Observed::Seen(KeyManager::Provider | KeyManager::None), _)) => Under::NotOwn,
            Some((Observed::Unseen(_), ..)) => Under::Unseen,
        };
        let key = match resource.encryption {
            None if resource.facets.contains(&Facet::Encryption) => Under::Unseen,
            _ => key,
        };
        let shows = ["erasure", "copies", "encryption", "key", "versioning"];
        let calls: BTreeSet<CallId> = resource
            .evidence
            .iter()
            .filter(|(part, _)| shows.contains(&part.as_str()))
            .flat_map(|(_, calls)| calls.iter().copied())
            .collect();
        Self {
            id: resource.id.clone(),
            provider: resource.provider.clone(),
            account: resource.account.clone(),
            region: resource.region.clone(),
            service: resource.service.clone(),
            kind: resource.kind,
            name: resource.name.clone(),
            facets: resource.facets.clone(),
            confidential: resource.confidential,
            obstacles: resource
                .erasure
                .iter()
                .flat_map(|erasure| erasure.obstacles.iter().cloned())
                .collect(),
            seen: resource.erasure.is_some() || !resource.facets.contains(&Facet::Erasure),
            holders: holders.collect(),
            key,
            retention_days: resource.retention.as_ref().and_then(|told| told.days.seen().copied().flatten()),
            own_key: resource.key.as_ref().map(|key| OwnKey {
                manager: key.manager,
                state: key.state,
                origin: key.origin.clone(),
                multi_region: key.multi_region,
                deletion_date: key.deletion_date.clone(),
            }),
            aliases: resource.key.iter().filter_map(|key| key.aliases.seen()).flatten().cloned().collect(),
            made_from: resource.made_from.clone(),
            data_time: resource
                .point
                .as_ref()
                .and_then(|point| reckon::seconds(point.data_time.seen()?.as_ref()?)),
            calls: calls.into_iter().take(CITED).collect(),
        }
    }

    /// Provider, account and service.
    fn beside(&self) -> [String; 3] {
        [&self.provider, &self.account, &self.service].map(Clone::clone)
    }

    fn order(&self) -> [&str; 6] {
        [&self.provider, &self.account, &self.region, &self.service, self.kind.as_str(), &self.id]
    }
}

/// What holds data without having obstacles of its own in the vocabulary.
const fn holds(kind: Kind) -> bool {
    matches!(kind, Kind::Disk | Kind::MessageStore | Kind::ImageRegistry)
}

#[cfg(test)]
mod tests;
