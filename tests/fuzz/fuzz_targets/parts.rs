//! A bundle that somebody trusted has signed, of parts of any content: read to its end without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho::bundle::{Container, Heads};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

/// The parts, taken from the input one after another; a byte says which, two how long it is.
const NAMES: [&str; 7] =
    ["manifest.json", "statement.dsse.json", "run.json", "facts.ndjson.zst", "ledger.ndjson.zst", "documents.json", "report.json"];

fuzz_target!(|bytes: &[u8]| {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let (mut rest, mut used) = (bytes, [false; NAMES.len()]);
    while let [which, high, low, tail @ ..] = rest {
        let which = usize::from(*which) % NAMES.len();
        let length = (usize::from(*high) << 8 | usize::from(*low)).min(tail.len());
        let (content, after) = tail.split_at(length);
        rest = after;
        if std::mem::replace(&mut used[which], true) {
            continue;
        }
        let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        zip.start_file(NAMES[which], stored).expect("memory can be written");
        zip.write_all(content).expect("memory can be written");
    }
    let file = zip.finish().expect("memory can be written");
    let mut container = Container::open(file).expect("it is of the form");
    if let Ok(heads) = Heads::read(&mut container) {
        let _ = heads.self_consistent();
        let folder = tempfile::tempdir().expect("a folder can be made");
        let _ = heads.unpack(&mut container, folder.path());
    }
});
