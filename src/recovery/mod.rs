//! How far each resource can be set back: what is declared, what its schedules would give, what its backups really gave,
//! and whether anybody has tried.
//!
//! Pure: the same facts, declarations and times give the same result, in the same order. Backups are joined to what
//! they were made from by its identifier. What was not seen makes a bound wider, and never a pass.

mod conclude;
mod measure;
mod record;
mod schedule;
mod sites;

pub use measure::{Moment, Window, Worst, at_least, at_most};
pub use record::{Achieved, Declared, Frame, Recoverability};
pub use sites::Sites;

use schedule::Plan;
use sekisho_contract::CallId;
use sekisho_contract::fact::{
    Consistency, CopyRole, Facet, Jobs, KeyManager, KeyState, Kind, Resource, VersioningState,
};
use sekisho_contract::observed::Observed;
use std::collections::{BTreeMap, BTreeSet};

/// Facts noted for the reckoning.
#[derive(Debug, Default)]
pub struct Noted {
    subjects: Vec<Subject>,
    /// By provider and what they were made from.
    points: BTreeMap<(String, String), Vec<Point>>,
    /// Provider, account and service of points of which it is not said what they were made from.
    orphans: BTreeSet<[String; 3]>,
    /// By provider and id: whether a key can be used.
    keys: BTreeMap<(String, String), Observed<bool>>,
    plans: Vec<Plan>,
    /// By provider and what is protected.
    jobs: BTreeMap<(String, String), Observed<Jobs>>,
}

/// A resource that could be set back.
#[derive(Debug)]
struct Subject {
    id: String,
    provider: String,
    account: String,
    region: String,
    service: String,
    kind: Kind,
    name: String,
    facets: Vec<Facet>,
    confidential: Observed<bool>,
    availability_critical: Observed<bool>,
    tags: Observed<BTreeMap<String, String>>,
    continuous: Observed<bool>,
    window_days: Option<u32>,
    latest: Observed<Option<String>>,
    /// Whether what is overwritten or deleted in it is kept.
    versions: Observed<bool>,
    /// For how many days, at least; `None` where nothing deletes them.
    versions_days: Observed<Option<u32>>,
    /// Where its data and copies rest.
    rests: Vec<Rest>,
    evidence: BTreeMap<String, Vec<CallId>>,
}

/// One copy: its role, its site and its countries, as far as they were seen.
#[derive(Debug, Clone)]
struct Rest {
    role: CopyRole,
    site: Option<String>,
    countries: Option<Vec<String>>,
}

/// How soon what was overwritten or deleted goes by itself: by the shortest rule, whatever it applies to.
fn versions_days(resource: &Resource) -> Observed<Option<u32>> {
    match &resource.expiry {
        Some(expiry) => expiry.rules.as_ref().map(|rules| {
            let days = rules.iter().filter_map(|rule| rule.noncurrent_days);
            days.min()
        }),
        None if resource.facets.contains(&Facet::Expiry) => Observed::default(),
        None => Observed::Seen(None),
    }
}

/// A backup of something.
#[derive(Debug)]
struct Point {
    data: Option<i64>,
    ready: Option<i64>,
    usable: Observed<bool>,
    /// When it goes by itself; `None` when never.
    expires: Observed<Option<i64>>,
    restored: Observed<Option<String>>,
    consistency: Option<Consistency>,
    key: Key,
    rests: Vec<Rest>,
    calls: Vec<CallId>,
}

/// The key a backup lies under.
#[derive(Debug)]
enum Key {
    /// None, or one the provider keeps.
    Providers,
    /// This one.
    Own(String),
    /// It was not seen.
    Unseen,
}

/// What holds data that people expect back.
const HELD: [Kind; 5] = [Kind::Database, Kind::Table, Kind::Disk, Kind::FileSystem, Kind::ObjectStore];

impl Noted {
    /// Notes a linked fact.
    pub fn note(&mut self, resource: &Resource) {
        match resource.kind {
            kind if HELD.contains(&kind) => self.subject(resource),
            Kind::Snapshot | Kind::RecoveryPoint => self.point(resource),
            Kind::Key => {
                let state = resource.key.as_ref().map(|key| key.state).unwrap_or_default();
                let usable = state.map(|state| state == KeyState::Enabled);
                let aliases = resource.key.iter().filter_map(|key| key.aliases.seen()).flatten();
                for name in std::iter::once(&resource.id).chain(aliases) {
                    let known = self.keys.entry((resource.provider.clone(), name.clone())).or_insert(usable);
                    if *known != usable {
                        // Two keys of one name: which is meant cannot be told.
                        *known = Observed::default();
                    }
                }
            }
            Kind::BackupPlan => self.plans.extend(Plan::of(resource)),
            Kind::Protection => {
                if let (Some(of), Some(protection)) = (&resource.made_from, &resource.protection) {
                    self.jobs.insert((resource.provider.clone(), of.clone()), protection.jobs);
                }
            }
            _ => {}
        }
    }

    /// A copy of something else, or a part of what is set back as a whole, is not set back by itself.
    fn subject(&mut self, resource: &Resource) {
        let of_its_own = match resource.kind {
            Kind::Database | Kind::Table => resource.facets.contains(&Facet::Recovery),
            _ => true,
        };
        if resource.made_from.is_some() || !of_its_own {
            return;
        }
        let recovery = resource.recovery.as_ref();
        let versions = match &resource.versioning {
            Some(versioning) => versioning.state.map(|state| state == VersioningState::Enabled),
            None if resource.facets.contains(&Facet::Versioning) => Observed::default(),
            None => Observed::Seen(false),
        };
        let parts = ["recovery", "versioning", "copies", "tags"];
        let evidence = resource.evidence.iter().filter(|(part, _)| parts.contains(&part.as_str()));
        self.subjects.push(Subject {
            id: resource.id.clone(),
            provider: resource.provider.clone(),
            account: resource.account.clone(),
            region: resource.region.clone(),
            service: resource.service.clone(),
            kind: resource.kind,
            name: resource.name.clone(),
            facets: resource.facets.clone(),
            confidential: resource.confidential,
            availability_critical: resource.availability_critical,
            tags: resource.tags.clone(),
            continuous: match recovery {
                Some(recovery) => recovery.continuous,
                None if resource.facets.contains(&Facet::Recovery) => Observed::default(),
                None => Observed::Seen(false),
            },
            window_days: recovery.and_then(|recovery| recovery.window_days.seen().copied().flatten()),
            latest: recovery.map_or(Observed::Seen(None), |recovery| recovery.latest.clone()),
            versions,
            versions_days: versions_days(resource),
            rests: rests(resource),
            evidence: evidence.map(|(part, calls)| (part.clone(), calls.clone())).collect(),
        });
    }

    fn point(&mut self, resource: &Resource) {
        let Some(of) = &resource.made_from else {
            let by = [&resource.provider, &resource.account, &resource.service];
            self.orphans.insert(by.map(Clone::clone));
            return;
        };
        let key = match resource.encryption.as_ref().map(|told| (&told.key, &told.key_manager)) {
            Some((Observed::Seen(None), _)) => Key::Providers,
            Some((_, Observed::Seen(KeyManager::Provider | KeyManager::None))) => Key::Providers,
            Some((Observed::Seen(Some(key)), _)) => Key::Own(key.clone()),
            Some((Observed::Unseen(_), _)) => Key::Unseen,
            None if resource.facets.contains(&Facet::Encryption) => Key::Unseen,
            None => Key::Providers,
        };
        let mut point = Point {
            rests: rests(resource),
            calls: resource.evidence.get("point").cloned().unwrap_or_default(),
            ..Point::unseen(key)
        };
        if let Some(told) = &resource.point {
            point.data = told.data_time.seen().and_then(Option::as_deref).and_then(seconds);
            point.ready = told.completed.seen().and_then(Option::as_deref).and_then(seconds);
            point.usable = told.usable;
            point.expires = match &told.expires {
                // A day that cannot be read is not "never".
                Observed::Seen(Some(text)) => {
                    seconds(text).map(Some).map_or(Observed::default(), Observed::Seen)
                }
                Observed::Seen(None) => Observed::Seen(None),
                Observed::Unseen(unseen) => Observed::Unseen(*unseen),
            };
            point.restored = told.restored.clone();
            point.consistency = told.consistency.seen().copied().flatten();
        }
        self.points.entry((resource.provider.clone(), of.clone())).or_default().push(point);
    }

    /// Whether a key can be used.
    fn key_usable(&self, provider: &str, key: &Key) -> Option<bool> {
        match key {
            Key::Providers => Some(true),
            Key::Unseen => None,
            Key::Own(id) => {
                self.keys.get(&(provider.to_owned(), id.clone())).and_then(|usable| usable.seen().copied())
            }
        }
    }
}

impl Point {
    /// A backup of which nothing was seen: it may be of any moment.
    fn unseen(key: Key) -> Self {
        Self {
            data: None,
            ready: None,
            usable: Observed::default(),
            expires: Observed::default(),
            restored: Observed::default(),
            consistency: None,
            key,
            rests: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// The moment it can set back to, and whether that is certain; `None` when it surely cannot.
    fn moment(&self, key: Option<bool>, now: i64) -> Option<Judged> {
        let gone = matches!(self.expires, Observed::Seen(Some(at)) if at <= now);
        if self.usable == Observed::Seen(false) || gone || key == Some(false) {
            return None;
        }
        let Some(data) = self.data else { return Some(Judged::Undated) };
        let certain = self.usable == Observed::Seen(true) && !self.expires.is_unseen() && key == Some(true);
        // What claims to be of a time to come is not of this world's clocks.
        let certain = certain && data <= now;
        Some(Judged::Dated(Moment { data: data.min(now), ready: self.ready, certain }))
    }
}

/// What a point is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    /// It sets back to this moment.
    Dated(Moment),
    /// It may set back to any moment.
    Undated,
}

fn rests(resource: &Resource) -> Vec<Rest> {
    let holds =
        |role| matches!(role, CopyRole::Primary | CopyRole::Replica | CopyRole::Backup | CopyRole::Snapshot);
    let copies = resource.copies.iter().filter(|copy| holds(copy.role));
    copies
        .map(|copy| Rest {
            role: copy.role,
            site: copy.site.seen().cloned(),
            countries: copy.countries.seen().cloned(),
        })
        .collect()
}

/// Seconds since 1970 of a time as providers write it (RFC 3339).
fn seconds(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests;
