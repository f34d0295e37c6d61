//! Putting many lines into order without holding them: their keys and where they stand are enough.

use super::ReadFault;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Where a line stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// Bytes before it.
    pub offset: u64,
    /// Its bytes, without its end.
    pub length: u32,
}

/// The keys of lines and where they stand: about 32 bytes a line and the key itself.
///
/// A key has a group, shared by many lines, and a name within it.
#[derive(Debug, Default)]
pub struct LineIndex {
    groups: BTreeMap<Box<str>, u32>,
    names: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    at: At,
    name: usize,
    length: u32,
    group: u32,
}

impl LineIndex {
    /// Notes a line.
    pub fn push(&mut self, group: &str, name: &str, at: At) {
        let next = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        let group = match self.groups.get(group) {
            Some(known) => *known,
            None => *self.groups.entry(group.into()).or_insert(next),
        };
        // Longer names than this are told apart by their beginning only, then by the lines themselves.
        let kept = &name.as_bytes()[..name.len().min(4096)];
        let length = u32::try_from(kept.len()).unwrap_or(u32::MAX);
        self.entries.push(Entry { at, name: self.names.len(), length, group });
        self.names.extend_from_slice(kept);
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The lines whose name `wanted` picks, as they were noted.
    pub fn named<'a>(&'a self, wanted: impl Fn(&[u8]) -> bool + 'a) -> impl Iterator<Item = At> + 'a {
        self.entries.iter().filter(move |entry| wanted(name(&self.names, entry))).map(|entry| entry.at)
    }

    /// The lines in order of their keys. Lines of one key come together: their order is for the caller to
    /// settle from what they say.
    pub fn runs(mut self) -> impl Iterator<Item = Vec<At>> {
        let mut ranks = vec![0_u32; self.groups.len()];
        for (rank, group) in (0_u32..).zip(self.groups.values()) {
            if let Some(place) = ranks.get_mut(*group as usize) {
                *place = rank;
            }
        }
        let rank = |entry: &Entry| ranks.get(entry.group as usize).copied();
        let names = std::mem::take(&mut self.names);
        self.entries.sort_unstable_by(|a, b| {
            rank(a)
                .cmp(&rank(b))
                .then_with(|| name(&names, a).cmp(name(&names, b)))
                .then_with(|| a.at.cmp(&b.at))
        });
        let entries = self.entries;
        let mut from = 0;
        std::iter::from_fn(move || {
            let first = entries.get(from)?;
            let same =
                |entry: &&Entry| entry.group == first.group && name(&names, entry) == name(&names, first);
            let run: Vec<At> = entries.get(from..)?.iter().take_while(same).map(|entry| entry.at).collect();
            from += run.len();
            Some(run)
        })
    }
}

fn name<'a>(names: &'a [u8], entry: &Entry) -> &'a [u8] {
    names.get(entry.name..entry.name + entry.length as usize).unwrap_or_default()
}

/// Reads lines by where they stand.
#[derive(Debug)]
pub struct LineReader {
    path: PathBuf,
    file: BufReader<File>,
    position: u64,
}

impl LineReader {
    /// Reads lines of a file.
    pub fn open(path: &Path) -> Result<Self, ReadFault> {
        let file = File::open(path).map_err(|source| ReadFault::Open { file: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file: BufReader::with_capacity(1 << 13, file), position: 0 })
    }

    /// Reads one line.
    pub fn read(&mut self, at: At, line: &mut Vec<u8>) -> Result<(), ReadFault> {
        self.fill(at, line).map_err(|source| ReadFault::Broken { file: self.path.clone(), line: 0, source })
    }

    fn fill(&mut self, at: At, line: &mut Vec<u8>) -> std::io::Result<()> {
        // A small step stays within the buffer.
        match (i64::try_from(at.offset), i64::try_from(self.position)) {
            (Ok(to), Ok(from)) => self.file.seek_relative(to - from)?,
            _ => {
                self.file.seek(SeekFrom::Start(at.offset))?;
            }
        }
        line.clear();
        line.resize(at.length as usize, 0);
        self.position = at.offset;
        let read = self.file.read_exact(line);
        self.position = match read {
            Ok(()) => at.offset + u64::from(at.length),
            Err(_) => self.file.stream_position()?,
        };
        read
    }
}
