//! How long logs are really kept: the oldest record of each source, in files that nobody else has to read.

use super::path::Label;
use super::tally::{Counted, Seen, Tally};
use super::{File, Order, Reader};
use std::collections::{BTreeMap, BTreeSet};

/// Oldest files that are held of a source: the first of them may hold no record.
const HELD: usize = 4;

/// The oldest files of each source from before the period.
#[derive(Debug, Default)]
pub(super) struct Oldest {
    /// By source: the hour a file's name speaks of first, and the file.
    files: BTreeMap<String, BTreeSet<(i64, File)>>,
    /// Stores that were not listed whole: what is oldest there is not known.
    doubtful: BTreeSet<usize>,
}

/// By source: the second since 1970 of the oldest record there is; `None` where it is not known.
pub(super) type Measured = BTreeMap<String, Option<i64>>;

impl Oldest {
    /// Takes a file from before the period; says whether it may have to be opened.
    pub fn offer(&mut self, label: &Label, file: File) -> bool {
        let Some(hour) = label.hours.iter().copied().min() else { return false };
        let held = self.files.entry(label.source.clone()).or_default();
        held.insert((hour, file.clone()));
        if held.len() > HELD {
            held.pop_last();
        }
        held.contains(&(hour, file))
    }

    /// Notes that a store was not listed whole.
    pub fn doubt(&mut self, store: usize) {
        self.doubtful.insert(store);
    }

    /// Measures every source that was met, now or before the period. What is read here counts for nothing else.
    pub fn measure(self, order: &Order<'_>, counted: &mut Counted) -> Measured {
        let mut measured = Measured::new();
        for (source, files) in self.files {
            // A source that has written nothing since is one all the same.
            counted.sources.entry(source.clone()).or_default();
            let oldest = first_record(order, &files);
            measured.insert(source, oldest);
        }
        // A record nobody could read, or a file nobody listed, may be older than all others.
        let doubtful = !self.doubtful.is_empty() || counted.lost;
        for (source, seen) in &counted.sources {
            if doubtful {
                measured.insert(source.clone(), None);
                continue;
            }
            let by_records = || (!seen.flawed).then(|| seen.count.map(|count| count.first)).flatten();
            measured.entry(source.clone()).or_insert_with(by_records);
        }
        measured
    }
}

/// The first record in the first file that has one; `None` where a file could not be read, or none has any.
fn first_record(order: &Order<'_>, files: &BTreeSet<(i64, File)>) -> Option<i64> {
    for (_, file) in files {
        let told = order.told(file.store, &file.name);
        let (mut tally, mut seen, mut aside) =
            (Tally::new(order.locator, Some((i64::MAX, i64::MAX))), Seen::default(), Counted::default());
        let mut reader =
            Reader { tally: &mut tally, seen: &mut seen, counted: &mut aside, file: &told, region: None };
        reader.read(order, file, false);
        match (seen.flawed || tally.met_strange(), seen.count) {
            (true, _) => return None,
            (false, Some(count)) => return Some(count.first),
            (false, None) => {}
        }
    }
    None
}
