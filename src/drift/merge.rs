//! The lines of two facts files side by side, in the order both are written in.
//!
//! Nothing is held but the lines that are compared. A file in another order is no file of ours and is refused.

use super::DriftFault;
use super::table::Sort;
use crate::run_folder::FactsFile;
use sekisho_contract::fact::Kind;
use serde::Deserialize;
use std::borrow::Cow;
use std::cmp::Ordering;

/// What orders a line.
type Place = (u8, String);

/// Lines that are known by the same name in both files: few, mostly one.
#[derive(Debug)]
pub struct Pair {
    /// What they are.
    pub sort: Sort,
    /// Before.
    pub old: Vec<String>,
    /// After.
    pub new: Vec<String>,
}

/// Most lines of one name.
const ALIKE: usize = 10_000;

/// Goes through both files once. Resources and gaps of which both say the same are passed over, but for those that come
/// and go by themselves.
pub fn each(
    old: &FactsFile,
    new: &FactsFile,
    mut told: impl FnMut(Pair) -> Result<(), DriftFault>,
) -> Result<(), DriftFault> {
    let (mut old, mut new) = (Side::of(old)?, Side::of(new)?);
    loop {
        let order = match (&old.place, &new.place) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => one.cmp(other),
        };
        let side = if order == Ordering::Greater { &new } else { &old };
        let Some((rank, name)) = side.place.clone() else { return Ok(()) };
        let before = if order == Ordering::Greater { Vec::new() } else { old.take()? };
        let after = if order == Ordering::Less { Vec::new() } else { new.take()? };
        if before != after || wanted_anyway(rank, &name) {
            told(Pair { sort: sort_of(rank), old: before, new: after })?;
        }
    }
}

/// Settings and cells say which accounts there are. Backups and snapshots are told apart by what they were made from.
fn wanted_anyway(rank: u8, name: &str) -> bool {
    let kind = || name.split('\0').nth(4).unwrap_or_default();
    let rolls = |kind: &str| [Kind::RecoveryPoint, Kind::Snapshot].iter().any(|one| one.as_str() == kind);
    rank <= 1 || rank == 3 && rolls(kind())
}

struct Side<'f> {
    lines: Box<dyn Iterator<Item = Result<String, crate::run_folder::ReadFault>> + Send + 'f>,
    number: u64,
    /// The line that comes next.
    line: String,
    place: Option<Place>,
}

impl<'f> Side<'f> {
    fn of(facts: &'f FactsFile) -> Result<Self, DriftFault> {
        let mut side = Self { lines: facts.pass(), number: 0, line: String::new(), place: None };
        side.step()?;
        Ok(side)
    }

    fn step(&mut self) -> Result<(), DriftFault> {
        let Some(line) = self.lines.next() else {
            self.place = None;
            return Ok(());
        };
        let line = line?;
        self.number += 1;
        let place = place_of(&line).map_err(|source| DriftFault::Line { line: self.number, source })?;
        if self.place.as_ref().is_some_and(|before| *before > place) {
            return Err(DriftFault::Order { line: self.number });
        }
        (self.line, self.place) = (line, Some(place));
        Ok(())
    }

    /// The lines of the name that comes next.
    fn take(&mut self) -> Result<Vec<String>, DriftFault> {
        let place = self.place.clone();
        let mut lines = Vec::new();
        while self.place == place && place.is_some() {
            if lines.len() == ALIKE {
                return Err(DriftFault::Alike { line: self.number });
            }
            lines.push(std::mem::take(&mut self.line));
            self.step()?;
        }
        Ok(lines)
    }
}

const fn sort_of(rank: u8) -> Sort {
    match rank {
        0 => Sort::Setting,
        1 => Sort::Cell,
        2 => Sort::Gap,
        3 => Sort::Resource,
        _ => Sort::Signal,
    }
}

/// What names a line, in the order of the file: the parts of a name are put together with a character that comes before
/// every other.
fn place_of(line: &str) -> Result<Place, serde_json::Error> {
    #[derive(Deserialize)]
    struct Names<'l> {
        #[serde(rename = "type", borrow)]
        sort: Cow<'l, str>,
        #[serde(default, borrow)]
        provider: Cow<'l, str>,
        #[serde(default, borrow)]
        account: Cow<'l, str>,
        #[serde(default, borrow)]
        region: Cow<'l, str>,
        #[serde(default, borrow)]
        service: Cow<'l, str>,
        #[serde(default, borrow)]
        kind: Cow<'l, str>,
        #[serde(default, borrow)]
        id: Cow<'l, str>,
        #[serde(default, borrow)]
        subject: Cow<'l, str>,
        #[serde(default, borrow)]
        facet: Cow<'l, str>,
        #[serde(default)]
        witness: Option<sekisho_contract::fact::Witness>,
    }
    let names: Names<'_> = serde_json::from_str(line)?;
    let join = |parts: &[&str]| parts.join("\0");
    Ok(match &*names.sort {
        "setting" => (0, join(&[&names.provider, &names.account])),
        "cell" => (1, join(&[&names.provider, &names.account, &names.region, &names.service])),
        "gap" => (2, join(&[&names.subject, &names.facet])),
        "resource" => (
            3,
            join(&[&names.provider, &names.account, &names.region, &names.service, &names.kind, &names.id]),
        ),
        "signal" => {
            let witness = names.witness.map_or(0, |witness| witness as u8);
            (4, join(&[&names.subject, &witness.to_string()]))
        }
        other => {
            use serde::de::Error;
            return Err(serde_json::Error::custom(format!("`{other:.40}` is no sort of facts")));
        }
    })
}
