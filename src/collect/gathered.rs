//! What a run has gathered, read back from its journal.

use super::journal::{Journal, Swept};
use super::scan::{self, Earlier, RESOURCE, unit_of};
use crate::link::{Source, Visit};
use crate::run_folder::{At, JOURNAL, LineReader, Lines, ReadFault, RunFolder};
use sekisho_contract::fact::{AccountSetting, Cell, Resource, SecondList};
use sekisho_contract::gap::{Gap, GapReason};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

/// Everything that counts of a journal: units that came to their end, the last of each.
#[derive(Debug)]
pub struct Gathered {
    journal: PathBuf,
    counted: BTreeSet<u32>,
    /// How many resources each cell's unit brought.
    expected: BTreeMap<u32, u64>,
    settings: Vec<AccountSetting>,
    cells: Vec<Cell>,
    gaps: Vec<Gap>,
    second_lists: Vec<(String, SecondList)>,
    unfinished: u64,
    cancelled: bool,
    started_at: jiff::Timestamp,
}

impl Gathered {
    /// Reads back what a journal holds. Call it when the journal is closed.
    pub(super) fn read(folder: &RunFolder, journal: &Journal) -> Result<Self, ReadFault> {
        let path = folder.file(JOURNAL);
        let scan = scan::scan(&path)?;
        let mut gathered = Self {
            journal: path,
            counted: BTreeSet::new(),
            expected: BTreeMap::new(),
            settings: Vec::new(),
            cells: Vec::new(),
            gaps: Vec::new(),
            second_lists: Vec::new(),
            unfinished: 0,
            cancelled: false,
            started_at: journal.started_at(),
        };
        gathered.count(&scan.earlier);
        Ok(gathered)
    }

    /// Whether the run was cancelled with something left to ask.
    pub const fn is_cancelled(&self) -> bool {
        self.cancelled
    }

    /// Cells and surveys that a resume would ask again.
    pub const fn unfinished(&self) -> u64 {
        self.unfinished
    }

    /// When the run first began.
    pub const fn started_at(&self) -> jiff::Timestamp {
        self.started_at
    }

    fn count(&mut self, earlier: &Earlier) {
        for survey in earlier.surveys() {
            self.counted.insert(survey.unit);
            self.settings.push(survey.setting.clone());
            self.unfinished += u64::from(survey.again);
            let mut outlived = BTreeSet::new();
            for settled in &survey.settled {
                match earlier.outlives(settled) {
                    Some(swept) => {
                        outlived.insert(settled.id());
                        self.take(swept);
                    }
                    None => self.cells.push(settled.clone()),
                }
            }
            for key in &survey.open {
                match earlier.cell(key) {
                    Some(swept) => self.take(swept),
                    // Left behind by a run that was killed: nothing reads a journal before its run has ended.
                    None => self.unfinished += 1,
                }
            }
            self.gaps.extend(survey.gaps.iter().filter(|gap| !outlived.contains(&gap.subject)).cloned());
        }
        self.cancelled =
            self.unfinished > 0 && self.gaps.iter().any(|gap| gap.reason == GapReason::Cancelled);
    }

    fn take(&mut self, swept: &Swept) {
        self.counted.insert(swept.unit);
        self.expected.insert(swept.unit, swept.cell.resources);
        self.cells.push(swept.cell.clone());
        self.gaps.extend(swept.gaps.iter().cloned());
        let account = format!("{}/{}", swept.cell.provider, swept.cell.account);
        self.second_lists.extend(swept.second_lists.iter().map(|list| (account.clone(), list.clone())));
        self.unfinished += u64::from(swept.again);
        self.cancelled |= swept.again && swept.gaps.iter().any(|gap| gap.reason == GapReason::Cancelled);
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    resource: Enclosed<'a>,
}

#[derive(Deserialize)]
struct Enclosed<'a> {
    #[serde(borrow)]
    fact: &'a RawValue,
}

#[derive(Deserialize)]
struct Whole {
    resource: WholeResource,
}

#[derive(Deserialize)]
struct WholeResource {
    fact: Resource,
    gaps: Vec<Gap>,
}

impl Source for Gathered {
    fn settings(&self) -> &[AccountSetting] {
        &self.settings
    }

    fn cells(&self) -> &[Cell] {
        &self.cells
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn second_lists(&self) -> &[(String, SecondList)] {
        &self.second_lists
    }

    fn each(&self, visit: &mut Visit<'_>) -> Result<(), ReadFault> {
        let open = |source| ReadFault::Open { file: self.journal.clone(), source };
        let file = File::open(&self.journal).map_err(open)?;
        let mut lines = Lines::of(&self.journal, BufReader::with_capacity(1 << 16, file));
        let mut line = Vec::new();
        let mut missing = self.expected.clone();
        loop {
            let offset = lines.offset();
            if !lines.next_into(&mut line)? {
                return match missing.into_iter().find(|(_, missing)| *missing != 0) {
                    None => Ok(()),
                    Some((unit, _)) => Err(lines
                        .malformed(format!("the resources of unit {unit} are not all there, or too many"))),
                };
            }
            let counted = |unit: &u32| self.counted.contains(unit);
            let Some(unit) = unit_of(&line).filter(|unit| line.starts_with(RESOURCE) && counted(unit)) else {
                continue;
            };
            if let Some(missing) = missing.get_mut(&unit) {
                *missing = missing.wrapping_sub(1);
            }
            let envelope: Envelope = serde_json::from_slice(&line).map_err(|error| lines.malformed(error))?;
            let at = At { offset, length: u32::try_from(line.len()).unwrap_or(u32::MAX) };
            visit(at, envelope.resource.fact.get()).map_err(|why| lines.malformed(why))?;
        }
    }

    fn read_many(
        &self,
        places: &mut dyn Iterator<Item = At>,
        visit: &mut dyn FnMut(Resource, Vec<Gap>) -> Result<(), crate::run_folder::FolderFault>,
    ) -> Result<(), crate::run_folder::FolderFault> {
        let mut reader = LineReader::open(&self.journal)?;
        let mut line = Vec::new();
        for at in places {
            reader.read(at, &mut line)?;
            let whole: Whole = serde_json::from_slice(&line).map_err(|error| ReadFault::Malformed {
                file: self.journal.clone(),
                line: 0,
                why: format!("at byte {}: {error}", at.offset),
            })?;
            visit(whole.resource.fact, whole.resource.gaps)?;
        }
        Ok(())
    }
}
