//! Two runs held against each other.

use super::VerifyFault;
use super::answers::Answers;
use super::kinds::{Catalogue, Row};
use super::own::{Ground, Own, is_provider_key};
use super::result::{CopyTold, Counts, Erased, KeyTold, LeftOut, Looked, Open, SCHEMA, State, Tally, Thing};
use super::sight::{Beside, Cells, Name, Seen, Sight};
use super::why::Why;
use crate::assess::{FactSource, Status};
use crate::erasure::{Erasability, Times, seconds};
use crate::run_folder::{FACTS, LEDGER, ReadFault, Run};
use crate::text::Text;
use jiff::civil::Date;
use jiff::tz::Offset;
use sekisho_contract::call::Call;
use sekisho_contract::fact::{CopyRole, Fact, KeyState, Kind, Resource};
use sekisho_contract::observed::Observed;
use std::collections::{BTreeMap, BTreeSet};

/// One of the two runs.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Its record.
    pub run: &'a Run,
    /// Its facts.
    pub facts: &'a dyn FactSource,
}

/// Looks for everything of an earlier run in a later one. `calls` are those of the later one, by time.
pub fn verify(
    old: Side<'_>,
    new: Side<'_>,
    calls: impl Iterator<Item = Result<Call, ReadFault>>,
    catalogue: &Catalogue,
) -> Result<Erased, VerifyFault> {
    of_one_tenancy(old.run, new.run)?;
    let sight = Sight::of(new.facts)?;
    let answers = Answers::of(calls, catalogue)?;
    let baseline = Baseline::of(old.facts)?;
    let keys = baseline.things.iter().map(|old| (&old.name, &old.seen)).chain(&sight.things);
    let aliases = keys.flat_map(|(name, seen)| {
        let named = seen.key.iter().flat_map(|key| &key.aliases);
        named.map(|alias| ((name.0.clone(), alias.clone()), name.clone()))
    });
    let aliases = aliases.collect();
    Comparison { old, new, sight, baseline, catalogue, aliases }.conclude(answers)
}

/// Refuses what would be compared with something else's past.
fn of_one_tenancy(old: &Run, new: &Run) -> Result<(), VerifyFault> {
    let (then, now) = (&old.tenancy, &new.tenancy);
    if then.name != now.name {
        return Err(VerifyFault::OtherTenancy { then: then.name.clone(), now: now.name.clone() });
    }
    let accounts = |run: &Run| -> BTreeSet<(String, String)> {
        run.tenancy.accounts.iter().map(|one| (one.provider.clone(), one.id.clone())).collect()
    };
    if accounts(old).is_disjoint(&accounts(new)) {
        return Err(VerifyFault::OtherAccounts);
    }
    if old.assessed_at > new.started_at {
        return Err(VerifyFault::NotBefore { then: old.assessed_at, now: new.started_at });
    }
    Ok(())
}

/// What the baseline found.
#[derive(Default)]
pub(super) struct Baseline {
    pub things: Vec<Old>,
    pub known: BTreeSet<Name>,
    /// Names by which things of a service are known.
    pub named: BTreeSet<(Beside, String)>,
    /// Where in `things` each is.
    at: BTreeMap<Name, usize>,
    pub cells: Cells,
    /// Lines that cannot be read.
    pub unreadable: Vec<u64>,
}

/// One thing that the baseline found.
pub(super) struct Old {
    pub name: Name,
    pub seen: Seen,
    /// Its copies elsewhere: what for, what holds each, and the place.
    copies: BTreeSet<(CopyRole, Option<String>, Option<String>)>,
}

impl Baseline {
    fn of(facts: &dyn FactSource) -> Result<Self, VerifyFault> {
        let mut found = Self::default();
        for (at, line) in facts.pass().enumerate() {
            let line = line.map_err(|fault| VerifyFault::Read(Box::new(fault)))?;
            match serde_json::from_str(&line) {
                Ok(Fact::Resource(resource)) => found.note(&resource),
                Ok(Fact::Cell(cell)) => found.cells.note(cell),
                Ok(Fact::Gap(gap)) => found.cells.gap(gap),
                Ok(Fact::Setting(_) | Fact::Signal(_)) => {}
                Err(_) => found.unreadable.push(at as u64 + 1),
            }
        }
        let order = |old: &Old| {
            let Seen { account, region, service, kind, .. } = old.seen.clone();
            (old.name.0.clone(), account, region, service, kind, old.name.1.clone())
        };
        found.things.sort_by_cached_key(order);
        found.at = found.things.iter().enumerate().map(|(at, old)| (old.name.clone(), at)).collect();
        Ok(found)
    }

    /// A thing as the baseline saw it.
    pub fn seen(&self, name: &Name) -> Option<&Seen> {
        self.things.get(*self.at.get(name)?).map(|old| &old.seen)
    }

    fn note(&mut self, resource: &Resource) {
        let name = (resource.provider.clone(), resource.id.clone());
        let followed = resource.copies.iter().filter(|copy| FOLLOWED.contains(&copy.role));
        let copies = followed.map(|copy| {
            let holder = copy.holder.clone().filter(|holder| *holder != resource.id);
            (copy.role, holder, copy.location.seen().cloned())
        });
        let beside = [&resource.provider, &resource.account, &resource.service].map(Clone::clone);
        self.named.insert((beside, resource.name.to_lowercase()));
        self.known.insert(name.clone());
        self.things.push(Old { name, seen: Seen::of(resource), copies: copies.collect() });
    }
}

/// Copies that hold the data of a thing elsewhere.
const FOLLOWED: [CopyRole; 4] = [CopyRole::Replica, CopyRole::Backup, CopyRole::Snapshot, CopyRole::Log];
/// Contracts end by the calendar of Japan.
const JAPAN: Offset = Offset::constant(9);

/// What is compared.
pub(super) struct Comparison<'a> {
    pub old: Side<'a>,
    pub new: Side<'a>,
    pub sight: Sight,
    pub baseline: Baseline,
    pub catalogue: &'a Catalogue,
    /// Other names of keys.
    aliases: BTreeMap<Name, Name>,
}

impl Comparison<'_> {
    fn conclude(mut self, mut answers: Answers) -> Result<Erased, VerifyFault> {
        let (wanted, left_out) = self.sorted_out();
        let mut own = self.own(&wanted, &mut answers);
        let reckoned = self.reckon(&own)?;
        let new = self.new_things(&own);
        own.extend(new.clone());
        self.by_key(&mut own, &reckoned);
        let states: BTreeMap<Name, State> = own.iter().map(|(name, own)| (name.clone(), own.state)).collect();
        let keys = Keys::of(&self, &states);

        let tell = |name: &Name, seen: &Seen, copies: Vec<CopyTold>| {
            own.get(name).map(|own| thing(name, seen, own, reckoned.get(name), keys.told(name, seen), copies))
        };
        let things: Vec<Thing> = wanted
            .iter()
            .filter_map(|at| {
                let old = self.baseline.things.get(*at)?;
                tell(&old.name, &old.seen, self.copies(old, &states))
            })
            .collect();
        let appeared: Vec<Thing> = new
            .keys()
            .filter_map(|name| tell(name, self.sight.things.get(name)?, Vec::new()))
            .filter(|thing| !thing.state.is_gone())
            .collect();
        let open = self.open(&things);
        let counts = counts(&things, &appeared, &open);
        let tenancy = &self.new.run.tenancy;
        let looked = |run: &Run| Looked {
            started_at: run.started_at,
            assessed_at: run.assessed_at,
            facts_sha256: digest(run, FACTS),
            ledger_sha256: digest(run, LEDGER),
            cancelled: run.cancelled,
        };
        Ok(Erased {
            schema: SCHEMA.to_owned(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            tenancy: tenancy.name.clone(),
            contract_end: tenancy.contract_end,
            accounts: tenancy.accounts.iter().map(|one| format!("{}/{}", one.provider, one.id)).collect(),
            catalogue: self.catalogue.date,
            baseline: looked(self.old.run),
            again: looked(self.new.run),
            verdict: verdict(&counts),
            counts,
            things,
            appeared,
            open,
            lists: answers.into_lists(),
            left_out,
            handling: stricter(self.old.run, self.new.run),
        })
    }

    pub(super) fn row(&self, name: &Name, seen: &Seen) -> Option<&Row> {
        self.catalogue.row(&name.0, &seen.service, seen.kind)
    }

    /// Why a thing need not be gone.
    fn holds_nothing(&self, name: &Name, seen: &Seen) -> Option<Text> {
        if is_provider_key(seen) {
            return Some(Text {
                ja: "事業者の鍵であり、利用者は破棄できない".to_owned(),
                en: "it is a key of the provider's, which no customer can destroy".to_owned(),
            });
        }
        self.row(name, seen)?.nothing.clone()
    }

    /// What is looked for, and what is not, with the reason.
    fn sorted_out(&self) -> (Vec<usize>, Vec<LeftOut>) {
        let (mut wanted, mut left_out) = (Vec::new(), BTreeMap::new());
        for (at, old) in self.baseline.things.iter().enumerate() {
            match self.holds_nothing(&old.name, &old.seen) {
                None => wanted.push(at),
                Some(why) => {
                    let sort = (old.name.0.clone(), old.seen.service.clone(), old.seen.kind, why);
                    *left_out.entry(sort).or_insert(0) += 1;
                }
            }
        }
        let told = |((provider, service, kind, why), count)| LeftOut { provider, service, kind, count, why };
        (wanted, left_out.into_iter().map(told).collect())
    }

    /// Each thing by itself; what lies in another thing comes after that.
    fn own(&self, wanted: &[usize], answers: &mut Answers) -> BTreeMap<Name, Own> {
        let inside = |old: &Old| {
            let row = self.row(&old.name, &old.seen);
            row.is_some_and(|row| row.rests.iter().any(|rest| rest.unless_gone.is_some()))
        };
        let (mut all, mut done) = (BTreeMap::new(), BTreeMap::new());
        for later in [false, true] {
            for old in wanted.iter().filter_map(|at| self.baseline.things.get(*at)) {
                if inside(old) != later {
                    continue;
                }
                let then = self.old.run.assessed_at.as_second();
                let Baseline { known, named, .. } = &self.baseline;
                let ground = Ground { sight: &self.sight, known, named, then, done: &done };
                let own = ground.own(&old.name, &old.seen, self.row(&old.name, &old.seen), answers);
                done.insert(old.name.clone(), own.state);
                all.insert(old.name.clone(), own);
            }
        }
        all
    }

    /// When what is there can be gone. What may rest unseen is reckoned with as it was; and a key that is gone as destroyed
    /// by now, so that the rules of erasure by key tell what that means for what lay under it.
    fn reckon(&mut self, own: &BTreeMap<Name, Own>) -> Result<BTreeMap<Name, Erasability>, VerifyFault> {
        let mut noted = std::mem::take(&mut self.sight.noted);
        let now = self.new.run.started_at.to_string();
        for line in self.old.facts.pass() {
            let line = line.map_err(|fault| VerifyFault::Read(Box::new(fault)))?;
            let Ok(Fact::Resource(mut resource)) = serde_json::from_str(&line) else { continue };
            let name = (resource.provider.clone(), resource.id.clone());
            let Some(own) = own.get(&name) else { continue };
            if self.sight.things.contains_key(&name) {
                continue;
            }
            match (&mut resource.key, own.state) {
                (Some(key), State::Gone) => {
                    key.state = Observed::Seen(KeyState::Destroyed);
                    key.deletion_date = Observed::Seen(Some(now.clone()));
                    noted.note(&resource);
                }
                (None, state) if !state.is_gone() => noted.note(&resource),
                _ => {}
            }
        }
        let tenancy = &self.new.run.tenancy;
        let times = Times {
            now: self.new.run.assessed_at.as_second(),
            contract_end: end_of(tenancy.contract_end),
            deadline: end_of(tenancy.contract_end)
                .saturating_add(i64::from(tenancy.erasure_grace_days) * crate::erasure::DAY),
        };
        let unlisted = self.unlisted();
        let all = noted.conclude(&times, &unlisted);
        Ok(all.into_iter().map(|told| ((told.provider.clone(), told.id.clone()), told)).collect())
    }

    /// What holds data and was not known to the baseline, but for what a deleted thing is kept as: that is told of there.
    fn new_things(&self, own: &BTreeMap<Name, Own>) -> BTreeMap<Name, Own> {
        let kept: BTreeSet<Name> =
            own.iter().filter_map(|(name, own)| Some((name.0.clone(), own.rest.clone()?))).collect();
        let unknown = self.sight.things.iter().filter(|(name, seen)| {
            !self.baseline.known.contains(*name)
                && !kept.contains(*name)
                && seen.kind != Kind::Key
                && self.holds_nothing(name, seen).is_none()
        });
        unknown.map(|(name, seen)| (name.clone(), Own::of_what_is_there(seen, &Why::New))).collect()
    }

    /// A thing as it was seen last.
    pub(super) fn seen(&self, name: &Name) -> Option<&Seen> {
        self.sight.things.get(name).or_else(|| self.baseline.seen(name))
    }

    /// The key a thing lies under, by its own name.
    pub(super) fn key_of(&self, name: &Name, seen: &Seen) -> Option<Name> {
        let key = (name.0.clone(), seen.under.clone()?);
        match self.seen(&key) {
            Some(_) => Some(key),
            None => self.aliases.get(&key).cloned(),
        }
    }

    /// What became of the copies of a thing.
    fn copies(&self, old: &Old, states: &BTreeMap<Name, State>) -> Vec<CopyTold> {
        let own = states.get(&old.name).copied().unwrap_or(State::Unverified);
        let mut told = Vec::new();
        for (role, holder, place) in &old.copies {
            let (state, why) = match (holder, place) {
                (None, None) => (State::Unverified, Why::PlaceUnseen),
                (None, Some(_)) => (own, Why::WithIt),
                (Some(holder), _) => {
                    let name = (old.name.0.clone(), holder.clone());
                    let seen = self.seen(&name);
                    match (states.get(&name), seen) {
                        (Some(state), _) => (*state, Why::AsHolder(holder)),
                        // A container, whose contents are told of one by one.
                        (None, Some(seen)) if self.holds_nothing(&name, seen).is_some() => continue,
                        (None, _) => (State::Unverified, Why::HolderUnread(holder)),
                    }
                }
            };
            told.push(CopyTold {
                role: *role,
                holder: holder.clone(),
                place: place.clone(),
                state,
                why: why.text(),
            });
        }
        told
    }
}

/// What became of the customer's keys.
struct Keys<'c> {
    comparison: &'c Comparison<'c>,
    states: &'c BTreeMap<Name, State>,
}

impl<'c> Keys<'c> {
    const fn of(comparison: &'c Comparison<'c>, states: &'c BTreeMap<Name, State>) -> Self {
        Self { comparison, states }
    }
}

impl Keys<'_> {
    fn told(&self, name: &Name, seen: &Seen) -> Option<KeyTold> {
        // What it lies under now counts, where it is there.
        let seen = self.comparison.sight.things.get(name).unwrap_or(seen);
        let under = seen.under.clone()?;
        let Some(key) = self.comparison.key_of(name, seen) else {
            return Some(KeyTold { id: under, state: None, until: None });
        };
        let known = self.comparison.seen(&key)?;
        if is_provider_key(known) {
            return None;
        }
        let until = known.key.as_ref().and_then(|key| key.until.clone());
        Some(KeyTold { id: key.1.clone(), state: self.states.get(&key).copied(), until })
    }
}

fn thing(
    name: &Name,
    seen: &Seen,
    own: &Own,
    told: Option<&Erasability>,
    key: Option<KeyTold>,
    copies: Vec<CopyTold>,
) -> Thing {
    let earliest = told.and_then(|told| told.earliest.seen().cloned().flatten());
    let left = matches!(own.state, State::Present | State::Scheduled);
    let until = match (left, own.until.clone(), earliest) {
        // Locks may hold on for longer than what was deleted is kept.
        (true, Some(until), Some(earliest)) => match (seconds(&until), seconds(&earliest)) {
            (Some(one), Some(other)) if other > one => Some(earliest),
            _ => Some(until),
        },
        (true, until, earliest) => until.or(earliest),
        (false, until, _) => until,
    };
    Thing {
        id: name.1.clone(),
        provider: name.0.clone(),
        account: seen.account.clone(),
        region: seen.region.clone(),
        service: seen.service.clone(),
        kind: seen.kind,
        name: seen.name.clone(),
        state: own.state,
        why: own.why.clone(),
        until,
        another: own.another,
        by_index: own.by_index,
        key,
        lists: own.lists.clone(),
        calls: own.calls.clone(),
        hindrances: told.filter(|_| left).map(|told| told.hindrances.clone()).unwrap_or_default(),
        copies,
    }
}

fn counts(things: &[Thing], appeared: &[Thing], open: &[Open]) -> Counts {
    let mut counts = Counts { open: open.len() as u64, ..Counts::default() };
    for thing in things {
        counts.things.add(thing.state);
        thing.copies.iter().for_each(|copy| counts.copies.add(copy.state));
    }
    appeared.iter().for_each(|thing| counts.appeared.add(thing.state));
    counts
}

/// Everything gone, and nothing left of which nothing can be said.
fn verdict(counts: &Counts) -> Status {
    let all = [counts.things, counts.copies, counts.appeared];
    let any = |wanted: fn(&Tally) -> u64| all.iter().any(|tally| wanted(tally) > 0);
    if any(|tally| tally.present + tally.scheduled) {
        return Status::Violates;
    }
    match counts.open > 0 || any(|tally| tally.unverified) {
        true => Status::Unverified,
        false => Status::Conforms,
    }
}

fn digest(run: &Run, file: &str) -> String {
    let named = run.files.iter().find(|record| record.name == file);
    named.map(|record| record.sha256.clone()).unwrap_or_default()
}

/// The stricter of two markings.
fn stricter(old: &Run, new: &Run) -> Option<crate::documents::Handling> {
    let both = [&old.handling, &new.handling].into_iter().flatten();
    both.max_by_key(|handling| (handling.confidentiality, handling.restrictions.len())).cloned()
}

/// The last second of a day in Japan.
fn end_of(day: Date) -> i64 {
    JAPAN.to_timestamp(day.at(23, 59, 59, 0)).map_or(i64::MAX, jiff::Timestamp::as_second)
}
