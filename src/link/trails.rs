//! Audit trails to what they record: stores, regions, and how long the records are kept.
//!
//! A trail that was not seen might record anything: while a cell that can hold trails of the account is not
//! accounted for, "nothing records this" is not said. A trail of an organization is seen from each of its
//! accounts, so the account's own cells decide: that another account's trail is of *its* organization too
//! is nowhere shown.
//!
//! A store that takes records up by itself (an event data store) records as a trail does, but counts only as far as
//! its records can be checked for changes: where nothing else records, it leaves that open. One of an organization is
//! not shown to the other accounts, and leaves it open there too. One that could not be listed is no trail.

use super::Known;
use super::ground::{Grounds, Hidden, Why};
use super::index::{Index, Trail};
use super::sheet::{LinkSheet, mentions};
use jiff::civil::Date;
use sekisho_contract::CallId;
use sekisho_contract::fact::{
    AccountSetting, AuditCoverage, AuditedRegion, Copy, CopyRole, DataEvents, ExpiryRule, Kind, RegionState,
    Resource, Retention,
};
use sekisho_contract::gap::{Gap, GapReason};
use sekisho_contract::observed::Observed;
use std::collections::{BTreeMap, BTreeSet};

/// The trails of a tenancy.
pub(super) struct Trails {
    trails: Vec<Trail>,
    /// By provider and account: the trails that may record it.
    relevant: BTreeMap<(String, String), Vec<usize>>,
    /// By provider and account: a cell in which a trail may hide.
    hidden: BTreeMap<(String, String), Hidden>,
    /// Expiry rules of the stores trails write to, by provider and id.
    targets: BTreeMap<(String, String), Observed<Vec<ExpiryRule>>>,
    /// The calls that showed trails, and how long their stores keep, by provider and id, with the account that
    /// made them.
    shown: BTreeMap<(String, String), BTreeSet<(String, CallId)>>,
    /// The contract's last day.
    until: Date,
}

/// Trails whose calls are cited where they record nothing, or not everything.
const CITED: usize = 3;

impl Trails {
    /// The trails that were read, and the cells in which others may hide; what is deleted after `until` does
    /// not matter.
    pub(super) fn new(trails: Vec<Trail>, hidden: Vec<Hidden>, until: Date) -> Self {
        let mut relevant: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
        for (number, trail) in trails.iter().enumerate() {
            relevant.entry((trail.provider.clone(), trail.account.clone())).or_default().push(number);
        }
        let mut first_hidden = BTreeMap::new();
        for hidden in hidden {
            let cell = &hidden.cell;
            first_hidden.entry((cell.provider.clone(), cell.account.clone())).or_insert(hidden);
        }
        let (targets, shown) = (BTreeMap::new(), BTreeMap::new());
        Self { trails, relevant, hidden: first_hidden, targets, shown, until }
    }

    /// The ids of the stores trails write to.
    pub(super) fn targets(&self) -> BTreeSet<Vec<u8>> {
        let targets = self.trails.iter().filter_map(|trail| trail.facet.target.seen()?.as_ref());
        targets.map(|target| target.as_bytes().to_vec()).collect()
    }

    /// Notes a store that trails write to.
    pub(super) fn target(&mut self, store: &Resource) {
        let facet = if store.trail.is_some() { "trail" } else { "expiry" };
        if let Some(calls) = store.evidence.get(facet) {
            let known = self.shown.entry((store.provider.clone(), store.id.clone())).or_default();
            known.extend(calls.iter().map(|call| (store.account.clone(), *call)));
        }
        let rules = match &store.expiry {
            Some(expiry) => expiry.rules.clone(),
            None => Observed::default(),
        };
        let known = self.targets.entry((store.provider.clone(), store.id.clone()));
        known
            .and_modify(|known| {
                if *known != rules {
                    *known = Observed::default()
                }
            })
            .or_insert(rules);
    }

    /// The identifiers of the trails.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.trails.iter().map(|trail| trail.id.as_str())
    }

    /// Notes a trail that is on and writes to a store that does not exist: it is not known to record.
    pub(super) fn note_lost(&mut self, trail: &Resource, gaps: &[Gap], index: &Index) {
        if lost(trail, gaps, index).is_none() {
            return;
        }
        let same = |noted: &&mut Trail| {
            (&noted.provider, &noted.account, &noted.id) == (&trail.provider, &trail.account, &trail.id)
        };
        if let Some(noted) = self.trails.iter_mut().find(same) {
            noted.facet.logging = Observed::default();
        }
    }

    /// A trail's records: where they rest, and for how long.
    pub(super) fn link_trail(&self, resource: &mut Resource, known: &Known, sheet: &mut LinkSheet) {
        let lost = lost(resource, sheet.gaps(), &known.index);
        if let (Some(why), Some(facet)) = (lost, &mut resource.trail) {
            facet.logging = sheet.unseen("trail.logging", why);
        }
        let grounds = &known.grounds;
        // What takes records up by itself has told where they rest, and for how long.
        let Some(facet) = resource.trail.as_ref().filter(|_| resource.kind == Kind::AuditTrail) else {
            return;
        };
        let days: Result<Option<u32>, Why> = match (&facet.target, &facet.target_prefix) {
            (Observed::Seen(Some(target)), prefix) => {
                match self.targets.get(&(resource.provider.clone(), target.clone())) {
                    Some(Observed::Seen(rules)) => kept(rules, prefix.seen().map(String::as_str), self.until)
                        .ok_or_else(|| {
                            let why = format!(
                                "the prefix of {target} under which the records are kept was not seen"
                            );
                            Why::new(why, sheet.ground(&["trail.target_prefix"]))
                        }),
                    Some(Observed::Unseen(_)) => Err(Why::new(
                        format!("the expiry rules of {target} were not seen"),
                        grounds.of(&resource.provider, target, &["expiry.rules"]),
                    )),
                    None => Err(format!("{target} is not among the stores that were read").into()),
                }
            }
            (Observed::Seen(None), _) => Err("the trail names no store for its records".into()),
            (Observed::Unseen(_), _) => {
                Err(Why::new("where the trail writes was not seen", sheet.ground(&["trail.target"])))
            }
        };
        let holder = match &facet.target {
            Observed::Seen(Some(target)) => Some(Some(target.clone())),
            Observed::Seen(None) => None,
            Observed::Unseen(_) => Some(None),
        };
        if let Observed::Seen(Some(target)) = &facet.target
            && let Some(calls) = self.shown.get(&(resource.provider.clone(), target.clone()))
        {
            sheet.cite("retention", calls.iter().map(|(_, call)| call));
        }
        let retention = resource.retention.get_or_insert_with(|| Retention { days: Observed::default() });
        if retention.days.is_unseen() {
            retention.days = match days {
                Ok(days) => Observed::Seen(days),
                Err(why) => sheet.unseen("retention.days", why),
            };
        }
        let Some(holder) = holder else { return };
        let listed = |copy: &Copy| copy.role == CopyRole::Log && (holder.is_none() || copy.holder == holder);
        if resource.copies.iter().any(listed) {
            return;
        }
        let location = match &holder {
            // Placed with the other copies.
            Some(_) => Observed::default(),
            None => {
                let ground = sheet.ground(&["trail.target"]);
                sheet.unseen("copies", Why::new("where the trail's records rest was not seen", ground))
            }
        };
        resource.copies.push(Copy::new(CopyRole::Log, holder, location));
    }

    /// Whether accesses to a store's data are recorded.
    pub(super) fn link_store(&self, resource: &mut Resource, grounds: &Grounds, sheet: &mut LinkSheet) {
        if resource.kind != Kind::ObjectStore {
            return;
        }
        let unseen = || AuditCoverage { reads: Observed::default(), writes: Observed::default() };
        let mut audit = resource.audit.take().unwrap_or_else(unseen);
        self.cite(&resource.provider, &resource.account, sheet);
        let sides: [(&mut Observed<bool>, &str, Side); 2] = [
            (&mut audit.reads, "audit.reads", |events| events.reads),
            (&mut audit.writes, "audit.writes", |events| events.writes),
        ];
        // Where what the store itself says of it was refused, it may be recorded though no trail does.
        let refused = sheet.gaps().iter().any(|gap| gap.facet.split('.').next() == Some("audit"));
        for (answer, path, side) in sides {
            if answer.is_unseen() {
                let found =
                    self.records(resource, grounds, side).unwrap_or_else(|why| sheet.unseen(path, why));
                if !(refused && found == Observed::Seen(false)) {
                    *answer = found;
                }
            }
        }
        resource.audit = Some(audit);
    }

    /// Which of an account's regions are recorded.
    pub(super) fn audit(
        &self,
        setting: &AccountSetting,
        grounds: &Grounds,
        sheet: &mut LinkSheet,
    ) -> Vec<AuditedRegion> {
        let Observed::Seen(regions) = &setting.regions else {
            // The regions were not seen: there may be one that is not recorded.
            let why = Why::new("which regions are open was not seen", sheet.ground(&["regions"]));
            return vec![AuditedRegion {
                region: "unknown".to_owned(),
                management_events: sheet.unseen("audit", why),
                global_events: Observed::default(),
            }];
        };
        self.cite(&setting.provider, &setting.account, sheet);
        let mut open: Vec<&str> = regions
            .iter()
            .filter(|region| region.state == RegionState::Open)
            .map(|region| region.id.as_str())
            .collect();
        open.sort_unstable();
        let audited: Vec<AuditedRegion> = open
            .into_iter()
            .map(|region| {
                let mut decided = |property: Property<'_>| {
                    self.any(&setting.provider, &setting.account, region, grounds, property)
                        .unwrap_or_else(|why| sheet.unseen("audit", why))
                };
                AuditedRegion {
                    region: region.to_owned(),
                    management_events: decided(Property {
                        paths: &["trail.management_events"],
                        of: &|trail| trail.facet.management_events,
                    }),
                    global_events: decided(Property {
                        paths: &["trail.management_events", "trail.global_events"],
                        of: &|trail| trail.facet.management_events.and(trail.facet.global_events),
                    }),
                }
            })
            .collect();
        audited
    }

    /// What shows which accesses are recorded: the account's trails.
    fn cite(&self, provider: &str, account: &str, sheet: &mut LinkSheet) {
        let own = self.relevant.get(&(provider.to_owned(), account.to_owned()));
        for trail in own.into_iter().flatten().filter_map(|number| self.trails.get(*number)).take(CITED) {
            if let Some(calls) = self.shown.get(&(provider.to_owned(), trail.id.clone())) {
                let own = calls.iter().filter(|(reader, _)| reader == account);
                sheet.cite("audit", own.map(|(_, call)| call));
            }
        }
    }

    fn records(&self, store: &Resource, grounds: &Grounds, side: Side) -> Result<Observed<bool>, Why> {
        let inside = format!("{}/", store.id);
        let selected = |trail: &Trail| {
            trail.facet.data_events.as_ref().map(|events| {
                events.iter().any(|events| {
                    let covered = events.prefixes.is_empty()
                        || events.prefixes.iter().any(|prefix| inside.starts_with(prefix.as_str()));
                    let whole = !events.except.iter().any(|left_out| {
                        inside.starts_with(left_out.as_str()) || left_out.starts_with(&inside)
                    });
                    events.kind == store.kind && side(events) && covered && whole
                })
            })
        };
        let property = Property { paths: &["trail.data_events"], of: &selected };
        self.any(&store.provider, &store.account, &store.region, grounds, property)
    }

    /// Whether any trail that is on and reaches the region has the property; or why that cannot be told.
    fn any(
        &self,
        provider: &str,
        account: &str,
        region: &str,
        grounds: &Grounds,
        property: Property<'_>,
    ) -> Result<Observed<bool>, Why> {
        let own = self.relevant.get(&(provider.to_owned(), account.to_owned()));
        let trails = own.into_iter().flatten().filter_map(|number| self.trails.get(*number));
        let mut undecided = None;
        for trail in trails {
            let answer = recorded(trail, region, &property);
            match answer {
                Observed::Seen(true) => return Ok(answer),
                Observed::Seen(false) => {}
                Observed::Unseen(_) => undecided = undecided.or(Some(trail)),
            }
        }
        let elsewhere = || {
            self.trails.iter().find(|trail| {
                let others = trail.provider == provider && trail.account != account;
                others
                    && trail.kind != Kind::AuditTrail
                    && trail.facet.organization.and(recorded(trail, region, &property))
                        != Observed::Seen(false)
            })
        };
        if let Some(trail) = undecided.or_else(elsewhere) {
            let paths =
                [property.paths, &["trail.logging", "trail.multi_region", "trail.validation", "copies"]]
                    .concat();
            let ground = grounds.in_account(provider, &trail.account, &trail.id, &paths);
            let detail = match trail.kind {
                Kind::AuditTrail => format!("not everything of the trail {} was seen", trail.id),
                _ => format!("what the event data store {} records may not be sufficient", trail.id),
            };
            return Err(Why::new(detail, ground));
        }
        match self.hidden.get(&(provider.to_owned(), account.to_owned())) {
            Some(hidden) => Err(hidden.why("a trail")),
            None => Ok(Observed::Seen(false)),
        }
    }
}

/// Whether a trail is on, reaches the region and has the property; of what takes records up by itself, as far as they
/// can be checked for changes.
fn recorded(trail: &Trail, region: &str, property: &Property<'_>) -> Observed<bool> {
    let facet = &trail.facet;
    let at_home = match region {
        "unknown" => Observed::default(),
        region => Observed::Seen(facet.home_region == region),
    };
    let answer = facet.logging.and(facet.multi_region.or(at_home)).and((property.of)(trail));
    if trail.kind == Kind::AuditTrail { answer } else { answer.and(facet.validation) }
}

/// Why a trail that is on is not known to record: nobody has the store it writes to.
fn lost(trail: &Resource, gaps: &[Gap], index: &Index) -> Option<Why> {
    let facet = trail.trail.as_ref().filter(|facet| facet.logging == Observed::Seen(true))?;
    let target = facet.target.seen()?.as_deref()?;
    let gone = |gap: &&Gap| gap.reason == GapReason::Vanished && mentions(&gap.detail, target);
    let gap = gaps.iter().find(gone).filter(|_| index.find(&trail.provider, target).is_none())?;
    Some(Why::new(format!("it is on, and {target}, to which it writes, does not exist"), Some(gap)))
}

/// A property of a trail, and the paths it is read from.
struct Property<'a> {
    paths: &'static [&'static str],
    of: &'a dyn Fn(&Trail) -> Observed<bool>,
}

type Side = fn(&DataEvents) -> bool;

/// After how many days the first records under the prefix are deleted; `Some(None)` when never. `None` when
/// the prefix was not seen and it matters. From a rule's day on everything goes at once: what was written the day
/// before is kept for none, unless that day comes after the contract.
fn kept(rules: &[ExpiryRule], prefix: Option<&str>, until: Date) -> Option<Option<u32>> {
    let later = |day: &String| {
        let day = day.get(..10).and_then(|day| day.parse::<Date>().ok());
        day.is_some_and(|day| day > until)
    };
    let days =
        |rule: &ExpiryRule| rule.days.or_else(|| rule.from.as_ref().filter(|day| !later(day)).map(|_| 0));
    let expiring = || rules.iter().filter_map(|rule| Some((rule.prefix.as_str(), days(rule)?)));
    let Some(prefix) = prefix else {
        return expiring().next().is_none().then_some(None);
    };
    let overlapping = |rule: &(&str, u32)| rule.0.starts_with(prefix) || prefix.starts_with(rule.0);
    Some(expiring().filter(overlapping).map(|(_, days)| days).min())
}
