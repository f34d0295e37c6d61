//! The least time a run could have taken, from its ledger: what quotas and latency set.
//!
//! `cargo bench --bench bound -- RUN_DIR [LATENCY_MS [CONCURRENCY]]`
//!
//! Two bounds, of which the larger counts: for each account, region and API family its calls less the burst at the pace
//! this program allows itself; and all calls at the latency, as many at once as may be under way.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what was measured is told to who measures")]

use sekisho::run_folder::RunFolder;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

/// Milliseconds an answer takes, unless told otherwise.
const LATENCY: f64 = 20.0;
/// Requests under way at once, unless told otherwise.
const CONCURRENCY: f64 = 64.0;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let Some(run) = arguments.first() else {
        eprintln!("cargo bench --bench bound -- RUN_DIR [LATENCY_MS [CONCURRENCY]]");
        return Ok(());
    };
    let number = |at: usize, usual: f64| arguments.get(at).map_or(Ok(usual), |text| text.parse::<f64>());
    let (latency, concurrency) = (number(1, LATENCY)?, number(2, CONCURRENCY)?);

    let providers = sekisho::providers::all();
    let quotas: BTreeMap<String, _> = providers
        .iter()
        .flat_map(|provider| provider.operations())
        .map(|operation| (operation.full_name(), operation.quota))
        .collect();
    let folder = RunFolder::open(Path::new(run))?;
    let mut families: BTreeMap<(String, String, &str), u64> = BTreeMap::new();
    let (mut calls, mut answered) = (0_u64, 0_u64);
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    for call in folder.ledger().pass() {
        let call = call?;
        calls += 1;
        answered += call.milliseconds;
        first = first.min(call.at.0.as_millisecond());
        last = last.max(call.at.0.as_millisecond() + i64::try_from(call.milliseconds)?);
        if let Some(quota) = quotas.get(&call.operation) {
            *families.entry((call.account, call.region, quota.name)).or_default() += 1;
        }
    }
    let by_name: BTreeMap<&str, _> = quotas.values().map(|quota| (quota.name, *quota)).collect();
    let slowest = families
        .iter()
        .filter_map(|(place, calls)| {
            let quota = by_name.get(place.2)?;
            let waiting = calls.saturating_sub(u64::from(quota.burst));
            Some((waiting as f64 / f64::from(quota.rate), place, *calls))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let by_latency = calls as f64 * latency / 1_000.0 / concurrency;
    let (by_quota, place) = slowest.map_or((0.0, String::new()), |(seconds, place, calls)| {
        (seconds, format!("{} {} {}: {calls} calls", place.0, place.1, place.2))
    });
    let bound = by_latency.max(by_quota);
    let taken = (last - first).max(0) as f64 / 1_000.0;
    println!("calls                 {calls}");
    println!("bound by latency      {by_latency:.1} s ({latency} ms an answer, {concurrency} at once)");
    println!("bound by quotas       {by_quota:.1} s ({place})");
    println!("first to last call    {taken:.1} s, {:.2} of the bound", taken / bound);
    let mean = answered as f64 / calls.max(1) as f64;
    println!(
        "an answer really took {mean:.1} ms: {:.2} of the bound at that",
        taken / by_quota.max(by_latency * mean / latency)
    );
    Ok(())
}
