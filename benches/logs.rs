//! Speed and memory of scanning CloudTrail files: `cargo bench --bench logs -- [EVENTS [FOLDER]]`.
//!
//! EVENTS (1,000,000) records of about 1.7 kB are planted over 30 days in FOLDER (one of its own, removed afterwards), gzip as
//! CloudTrail writes them, and scanned with geolocation by one thread and by two. With FOLDER the files stay, for
//! `tests/python/duckdb_logs.py FOLDER` to count the same.
#![allow(clippy::print_stdout, reason = "figures are what a benchmark is for")]

#[path = "../tests/support/planted_logs.rs"]
mod planted_logs;

use maxminddb::Reader;
use planted_logs::{Plan, countries, plant};
use sekisho::corroborate::ranges::Ranges;
use sekisho::logs::digest::Keys;
use sekisho::logs::feed::Limits;
use sekisho::logs::locate::Locator;
use sekisho::logs::store::Folder;
use sekisho::logs::{Granularity, Order, scan};
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let events = arguments.first().map_or(Ok(1_000_000), |text| text.parse())?;
    let temporary = std::env::temp_dir().join(format!("sekisho-logs-{}", std::process::id()));
    let folder = arguments.get(1).map_or_else(|| temporary.clone(), PathBuf::from);
    let plan = Plan { events, days: 30, foreign: Some(events / 2), without_hour: None, three_clouds: false };
    let planted = plant(&folder, plan);
    println!("{} records, {} MB", planted.events, planted.bytes / 1_000_000);
    let (countries, ranges) = (Reader::from_source(countries())?, Ranges::default());
    let locator = Locator {
        countries: Some(&countries),
        ranges: &ranges,
        catalogues: sekisho::providers::all().iter().map(|provider| provider.places()).collect(),
        home: vec!["JP".to_owned()],
    };
    let store = Folder::open(&folder)?;
    for threads in [1, 2] {
        let started = Instant::now();
        let found = scan(&Order {
            stores: vec![(String::new(), &store)],
            locator: &locator,
            entries: &[],
            period: None,
            gaps: Granularity::Hour,
            keys: &Keys::new(),
            limits: Limits::default(),
            threads,
            now: jiff::Timestamp::now(),
        });
        let taken = started.elapsed().as_secs_f64();
        let speed = found.read.bytes as f64 / 1e6 / taken;
        println!(
            "{threads} threads: {taken:.2} s, {speed:.0} MB/s decompressed, {} records, {} rows, {:?} {:?}",
            found.read.records,
            found.rows.len(),
            found.verdict,
            found.grounds
        );
    }
    println!("peak memory: {}", peak());
    if folder == temporary {
        std::fs::remove_dir_all(&temporary)?;
    }
    Ok(())
}

/// The process's largest resident size, where the system tells it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("not told".to_owned(), |size| size.trim().to_owned())
}
