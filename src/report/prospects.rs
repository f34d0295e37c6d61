//! Setting back and erasure in figures: what a report shows of any number of resources.

use super::Material;
use crate::erasure::Erasability;
use crate::recovery::Recoverability;
use jiff::Timestamp;
use sekisho_contract::fact::{LiftedBy, ObstacleKind};
use sekisho_contract::observed::Observed;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How a resource stands to what is declared for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// More could have been lost than is allowed, or everything.
    Missed,
    /// What was seen does not decide, or nothing is declared.
    Open,
    /// It is met.
    Met,
}

/// Whether what is declared was met by what backups really saved.
pub fn standing(told: &Recoverability) -> Standing {
    match (&told.achieved.worst_s, &told.declared_s) {
        (Observed::Seen(None), _) => Standing::Missed,
        (Observed::Seen(Some(worst)), Observed::Seen(declared)) if worst <= declared => Standing::Met,
        (Observed::Seen(Some(_)), Observed::Seen(_)) => Standing::Missed,
        (Observed::Seen(Some(_)), Observed::Unseen(_)) | (Observed::Unseen(_), _) => Standing::Open,
    }
}

/// Resources of one service and kind in one account, the worst of them first.
pub struct Group<'a> {
    /// Every one, by how it stands, then by the most that could have been lost.
    pub all: Vec<&'a Recoverability>,
}

/// The groups of all resources, in order.
pub fn groups<'a>(material: &Material<'a>) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<[&str; 4], Vec<&Recoverability>> = BTreeMap::new();
    for told in &material.assessment.recovery {
        let by = [&told.provider, &told.account, &told.service].map(String::as_str);
        groups.entry([by[0], by[1], by[2], told.kind.as_str()]).or_default().push(told);
    }
    let worst = |told: &&Recoverability| {
        let figure = told.achieved.bound_s.or(told.achieved.exposure_s);
        (standing(told), Reverse(figure.unwrap_or(i64::MAX)), told.id.clone())
    };
    let sorted = |mut all: Vec<&'a Recoverability>| {
        all.sort_by_cached_key(worst);
        Group { all }
    };
    groups.into_values().map(sorted).collect()
}

/// When everything can be gone.
pub struct Whole {
    /// The latest of the earliest moments that were seen; none where there are none.
    pub earliest: Option<String>,
    /// Resources that never can by themselves.
    pub never: usize,
    /// Resources of which it was not seen.
    pub unseen: usize,
    /// Resources that destroying a key would erase at once, with every copy.
    pub by_key: usize,
}

/// The tenancy's own dates.
pub fn whole(all: &[Erasability]) -> Whole {
    let mut whole = Whole { earliest: None, never: 0, unseen: 0, by_key: 0 };
    for told in all {
        match &told.earliest {
            Observed::Seen(Some(at)) => whole.earliest = whole.earliest.max(Some(at.clone())),
            Observed::Seen(None) => whole.never += 1,
            Observed::Unseen(_) => whole.unseen += 1,
        }
        whole.by_key += usize::from(matches!(told.crypto, Observed::Seen(Some(_))));
    }
    whole
}

/// Obstacles of one sort that end on one day and are lifted by the same.
pub struct Entry<'a> {
    /// The day it ends, for what is written on the contract's last day; null when never, unseen where it was not seen.
    pub day: Observed<Option<String>>,
    /// What it is.
    pub kind: Observed<ObstacleKind>,
    /// Who can lift it.
    pub lifted_by: Observed<LiftedBy>,
    /// How many resources it stands before.
    pub resources: usize,
    /// The first of them.
    pub example: &'a Erasability,
}

/// The calendar: every obstacle, those nobody can lift first, then by their end.
pub fn calendar<'a>(all: &'a [Erasability], offset: jiff::tz::Offset) -> Vec<Entry<'a>> {
    let mut entries: BTreeMap<(u8, u8, Reverse<String>, Observed<ObstacleKind>), Entry<'a>> = BTreeMap::new();
    for told in all {
        // What stands before several copies of one resource counts once.
        let mut own = Vec::new();
        for hindrance in &told.hindrances {
            let day = match &hindrance.ends {
                Observed::Seen(Some(at)) => Observed::Seen(Some(day(at, offset))),
                Observed::Seen(None) => Observed::Seen(None),
                Observed::Unseen(unseen) => Observed::Unseen(*unseen),
            };
            let lifter = match hindrance.lifted_by.seen() {
                Some(LiftedBy::Nobody) => 0,
                None => 1,
                Some(LiftedBy::PrivilegedUser) => 2,
                Some(LiftedBy::User) => 3,
            };
            let (open, date) = match &day {
                Observed::Seen(None) => (0, String::new()),
                Observed::Unseen(_) => (1, String::new()),
                Observed::Seen(Some(day)) => (2, day.clone()),
            };
            let key = (lifter, open, Reverse(date), hindrance.kind);
            if own.contains(&key) {
                continue;
            }
            own.push(key.clone());
            let entry = entries.entry(key).or_insert(Entry {
                day,
                kind: hindrance.kind,
                lifted_by: hindrance.lifted_by,
                resources: 0,
                example: told,
            });
            entry.resources += 1;
        }
    }
    entries.into_values().collect()
}

/// Resources with something that nobody can lift or of which something was not seen, the latest first.
pub fn hardest(all: &[Erasability]) -> Vec<&Erasability> {
    let mut hard: Vec<&Erasability> = all
        .iter()
        .filter(|told| {
            told.earliest != told.unaided
                || told.hindrances.iter().any(|one| one.lifted_by != Observed::Seen(LiftedBy::User))
                || told.earliest.is_unseen()
        })
        .collect();
    hard.sort_by_cached_key(|told| {
        let (rank, at) = match &told.by {
            Observed::Seen(None) => (0, String::new()),
            Observed::Seen(Some(at)) => (1, at.clone()),
            Observed::Unseen(_) => (2, String::new()),
        };
        (rank, Reverse(at), told.id.clone())
    });
    hard
}

/// A moment as a day of the contract's calendar; as it is where it is no moment.
pub fn day(at: &str, offset: jiff::tz::Offset) -> String {
    at.parse::<Timestamp>().map_or_else(|_| at.to_owned(), |at| offset.to_datetime(at).date().to_string())
}
