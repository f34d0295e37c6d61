//! Reading a journal back: which units count, and where the last whole line ends.

use super::journal::{FORMAT, Header, Surveyed, Swept};
use crate::run_folder::{LINE_LIMIT, Lines, ReadFault};
use sekisho_contract::CellKey;
use sekisho_contract::fact::{Cell, CellState};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// A journal's header and what counts of it.
pub(super) struct Scan {
    /// `None` when not even the first line is whole.
    pub(super) header: Option<Header>,
    pub(super) earlier: Earlier,
}

/// What a journal holds.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// Bytes up to the end of the last whole line.
    pub(super) whole: u64,
    /// A number no unit of it has.
    pub(super) next_unit: u32,
    surveys: BTreeMap<(String, String), Surveyed>,
    cells: BTreeMap<CellKey, Swept>,
}

impl Earlier {
    /// The account's survey, if one counts.
    pub(super) fn survey(&self, provider: &str, account: &str) -> Option<&Surveyed> {
        self.surveys.get(&(provider.to_owned(), account.to_owned()))
    }

    /// The cell's sweep, if one counts.
    pub(super) fn cell(&self, key: &CellKey) -> Option<&Swept> {
        self.cells.get(key)
    }

    pub(super) fn surveys(&self) -> impl Iterator<Item = &Surveyed> {
        self.surveys.values()
    }

    /// Whether the sweep of a cell is taken over rather than asked again.
    pub(super) fn is_done(&self, key: &CellKey) -> bool {
        self.cells.get(key).is_some_and(|swept| !swept.again)
    }

    /// The sweep that counts for a cell its account's survey settled without one: an earlier sweep that
    /// came to its end stands, unless the survey has shown the cell closed.
    pub(super) fn outlives(&self, settled: &Cell) -> Option<&Swept> {
        let swept = self.cells.get(&key_of(settled))?;
        (!swept.again && settled.state != CellState::Closed).then_some(swept)
    }
}

pub(super) fn key_of(cell: &Cell) -> CellKey {
    CellKey {
        provider: cell.provider.clone(),
        account: cell.account.clone(),
        region: cell.region.clone(),
        service: cell.service.clone(),
    }
}

/// The beginning of every resource's line; the unit's number follows.
pub(super) const RESOURCE: &[u8] = b"{\"resource\":{\"unit\":";

/// The unit of a resource's line, without reading the rest.
pub(super) fn unit_of(line: &[u8]) -> Option<u32> {
    let digits = line.strip_prefix(RESOURCE)?.split(|byte| !byte.is_ascii_digit()).next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Header(Header),
    Surveyed(Box<Surveyed>),
    Swept(Box<Swept>),
}

/// Reads a journal's units. Resources are passed over: they count when their unit does.
pub(super) fn scan(path: &Path) -> Result<Scan, ReadFault> {
    let file = File::open(path).map_err(|source| ReadFault::Open { file: path.to_owned(), source })?;
    let mut lines = Lines::of(path, BufReader::with_capacity(1 << 16, file));
    let mut scan = Scan { header: None, earlier: Earlier::default() };
    let mut line = Vec::new();
    while lines.next_into(&mut line)? {
        let earlier = &mut scan.earlier;
        earlier.whole = lines.offset();
        if line.starts_with(RESOURCE) {
            // A unit that was broken off has left its number behind.
            let unit = unit_of(&line).ok_or_else(|| lines.malformed("a resource without its unit"))?;
            earlier.next_unit = earlier.next_unit.max(unit.saturating_add(1));
            continue;
        }
        match serde_json::from_slice(&line).map_err(|error| lines.malformed(error))? {
            Line::Header(header) if header.format == FORMAT => scan.header = Some(header),
            Line::Header(header) => {
                return Err(lines.malformed(format!("the format is `{}`, not `{FORMAT}`", header.format)));
            }
            Line::Surveyed(surveyed) => {
                earlier.next_unit = earlier.next_unit.max(surveyed.unit.saturating_add(1));
                let account = (surveyed.setting.provider.clone(), surveyed.setting.account.clone());
                earlier.surveys.insert(account, *surveyed);
            }
            Line::Swept(swept) => {
                earlier.next_unit = earlier.next_unit.max(swept.unit.saturating_add(1));
                earlier.cells.insert(key_of(&swept.cell), *swept);
            }
        }
        if scan.header.is_none() {
            return Err(lines.malformed("a journal begins with its header"));
        }
    }
    Ok(scan)
}

/// The number of lines in the first so many bytes of a file; none where there is no file.
pub(super) fn lines(path: &Path, whole: u64) -> io::Result<u64> {
    if whole == 0 {
        return Ok(0);
    }
    let mut file = File::open(path)?.take(whole);
    let (mut block, mut lines) = (vec![0; 1 << 16], 0);
    loop {
        match file.read(&mut block)? {
            0 => return Ok(lines),
            read => lines += memchr::memchr_iter(b'\n', &block[..read]).count() as u64,
        }
    }
}

/// Bytes up to the end of the last whole line of a file; 0 when there is none or no file.
pub(super) fn whole_lines(path: &Path) -> io::Result<u64> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        file => file?,
    };
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut block = Vec::new();
    let mut passed = 0;
    while end > 0 && passed <= LINE_LIMIT {
        let from = end.saturating_sub(1 << 16);
        block.clear();
        file.seek(SeekFrom::Start(from))?;
        file.by_ref().take(end - from).read_to_end(&mut block)?;
        if let Some(last) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(from + last as u64 + 1);
        }
        passed += end - from;
        end = from;
    }
    Ok(0)
}
