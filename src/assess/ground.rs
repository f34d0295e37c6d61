//! What must be known before the first resource is judged: settings, cells and gaps.

use super::AssessError;
use super::source::FactSource;
use crate::checks::FactLine;
use sekisho_contract::fact::Cell;
use sekisho_contract::gap::Gap;
use serde::de::DeserializeOwned;

/// Settings, cells and gaps, in an order that does not depend on the file's.
#[derive(Debug, Default)]
pub(super) struct Ground {
    /// The accounts' settings, as lines.
    pub settings: Vec<String>,
    /// The sweep.
    pub cells: Vec<Cell>,
    /// What was not seen, by subject.
    pub gaps: Vec<Gap>,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Resource,
    Setting,
    Cell,
    Gap,
    Signal,
}

impl Ground {
    /// Reads up to the first resource, or the whole file.
    pub fn gather<S: FactSource + ?Sized>(facts: &S, whole: bool) -> Result<Self, AssessError> {
        let mut ground = Self::default();
        for (at, line) in facts.pass().enumerate() {
            let (line, number) = (line?, at as u64 + 1);
            match sort_of(&line, number)? {
                Sort::Resource if whole => {}
                Sort::Resource => break,
                Sort::Setting => ground.settings.push(line),
                Sort::Cell => ground.cells.push(read(&line, number)?),
                Sort::Gap => ground.gaps.push(read(&line, number)?),
                Sort::Signal => {}
            }
        }
        ground.settings.sort();
        ground.cells.sort_by_cached_key(|cell| (cell.id(), cell.state));
        let order = |one: &Gap, other: &Gap| {
            (&one.subject, &one.facet, &one.operation, one.reason, &one.call, &one.detail).cmp(&(
                &other.subject,
                &other.facet,
                &other.operation,
                other.reason,
                &other.call,
                &other.detail,
            ))
        };
        ground.gaps.sort_by(order);
        Ok(ground)
    }

    /// The gaps of one subject.
    pub fn gaps_of(&self, subject: &str) -> &[Gap] {
        let from = self.gaps.partition_point(|gap| gap.subject.as_str() < subject);
        let until = from + self.gaps[from..].partition_point(|gap| gap.subject == subject);
        &self.gaps[from..until]
    }

    /// The gaps of every subject whose id begins with this.
    pub fn gaps_below(&self, prefix: &str) -> &[Gap] {
        let from = self.gaps.partition_point(|gap| gap.subject.as_str() < prefix);
        let until = from + self.gaps[from..].partition_point(|gap| gap.subject.starts_with(prefix));
        &self.gaps[from..until]
    }
}

/// What a line is, at little cost for the many.
pub(super) fn sort_of(line: &str, number: u64) -> Result<Sort, AssessError> {
    const USUAL: [(&str, Sort); 2] =
        [(r#"{"type":"resource","#, Sort::Resource), (r#"{"type":"gap","#, Sort::Gap)];
    if let Some((_, sort)) = USUAL.iter().find(|(start, _)| line.starts_with(start)) {
        return Ok(*sort);
    }
    let parsed = FactLine::parse(line).map_err(|source| AssessError::Malformed { line: number, source })?;
    match &*parsed.sort {
        "resource" => Ok(Sort::Resource),
        "setting" => Ok(Sort::Setting),
        "cell" => Ok(Sort::Cell),
        "gap" => Ok(Sort::Gap),
        "signal" => Ok(Sort::Signal),
        _ => Err(AssessError::Incomplete { line: number, field: "type" }),
    }
}

fn read<T: DeserializeOwned>(line: &str, number: u64) -> Result<T, AssessError> {
    serde_json::from_str(line).map_err(|source| AssessError::Malformed { line: number, source })
}
