//! Time and memory of comparing two runs of many resources: `cargo bench --bench drift -- [RESOURCES [EVERY]]`; one resource
//! in EVERY (50) has lost its encryption and has been given a replica abroad.
//!
//! Both runs are written first, as a run writes its facts; what that takes is not counted.
#![allow(clippy::print_stdout, reason = "figures are what a benchmark is for")]

use jiff::Timestamp;
use sekisho::bundle::OpenRun;
use sekisho::drift::compare;
use sekisho::run_folder::{Begin, Beside, LedgerSummary, RUN_SCHEMA, Run, RunFolder};
use sekisho::tenancy::Tenancy;
use sekisho_contract::AccountSection;
use sekisho_contract::fact::{AccountSetting, Cell, CellState, Resource};
use std::path::Path;
use std::time::Instant;

type Fault = Box<dyn std::error::Error>;
const ACCOUNT: &str = "111111111111";

fn bucket(number: u64, changed: bool) -> Result<Resource, Fault> {
    let (place, country) = if changed { ("us-east-1", "US") } else { ("ap-northeast-3", "JP") };
    let encryption = match changed {
        true => r#"{"enabled":false,"algorithm":"none","key":null,"key_manager":"none"}"#,
        false => r#"{"enabled":true,"algorithm":"aws:kms","key":"k","key_manager":"customer"}"#,
    };
    let name = format!("agency-records-{number:08}");
    Ok(serde_json::from_str(&format!(
        r#"{{"id":"arn:aws:s3:::{name}","provider":"aws","account":"{ACCOUNT}","region":"ap-northeast-1","service":"s3","kind":"object_store","name":"{name}","facets":["copies","tags","encryption","versioning","replication","expiry","erasure","exposure","access_log","audit"],"confidential":true,"availability_critical":true,"tags":{{"classification":"2","owner":"records-division","system":"archive"}},"copies":[{{"role":"primary","location":"ap-northeast-1","countries":["JP"],"site":"tokyo"}},{{"role":"replica","holder":"arn:aws:s3:::{name}-dr","location":"{place}","countries":["{country}"],"site":"x"}}],"encryption":{encryption},"versioning":{{"state":"enabled","mfa_delete":false}},"replication":{{"rules":[{{"name":"dr","enabled":true,"destination":"arn:aws:s3:::{name}-dr"}}]}},"expiry":{{"rules":[]}},"erasure":{{"obstacles":[]}},"exposure":{{"public":false,"public_access_blocked":true,"tls_only":true,"principals":[]}},"access_log":{{"enabled":true,"target":"arn:aws:s3:::agency-logs"}},"audit":{{"reads":true,"writes":true}},"evidence":{{"encryption":["c2f3a0b1c2d3e4f50"],"copies":["c1f3a0b1c2d3e4f50"]}}}}"#
    ))?)
}

/// Writes a run; every so many resources have changed, or none.
fn run(path: &Path, resources: u64, every: Option<u64>, at: Timestamp) -> Result<OpenRun, Fault> {
    let folder = RunFolder::begin(path, Begin::Fresh)?;
    let mut writer = folder.facts_writer()?;
    for number in 0..resources {
        writer.resource(bucket(number, every.is_some_and(|every| number % every == 0))?)?;
    }
    let cell = |service: &str, region: &str, resources| Cell {
        provider: "aws".to_owned(),
        account: ACCOUNT.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
        state: CellState::Listed,
        closed_by: None,
        resources,
    };
    let cells = vec![cell("s3", "global", resources), cell("kms", "ap-northeast-1", 0)];
    let facts = writer.finish(vec![AccountSetting::new("aws", ACCOUNT)], cells, Vec::new())?;
    let kinds = |kind: &str| vec![kind.to_owned()];
    let services = [("s3".to_owned(), kinds("object_store")), ("kms".to_owned(), kinds("key"))];
    let run = Run {
        schema: RUN_SCHEMA.to_owned(),
        tool: "bench".to_owned(),
        started_at: at,
        assessed_at: at,
        finished_at: at,
        cancelled: false,
        unfinished: 0,
        tenancy: Tenancy {
            name: "bench".to_owned(),
            profile: "jp-annex-2".to_owned(),
            contract_end: jiff::civil::date(2027, 3, 31),
            erasure_grace_days: 0,
            accounts: vec![AccountSection::of("aws", ACCOUNT)],
            scopes: Vec::new(),
            access: Vec::new(),
            logs: None,
            exceptions: Vec::new(),
            corroborate: Default::default(),
            limits: Default::default(),
        },
        request: None,
        redacted: None,
        handling: None,
        profile: "jp-annex-2".to_owned(),
        profile_digest: String::new(),
        services: [("aws".to_owned(), services.into())].into(),
        sites: Default::default(),
        places_dated: Default::default(),
        ledger: LedgerSummary::default(),
        files: vec![facts],
    };
    Ok(OpenRun::of_parts(folder, run, Beside::default()))
}

fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

fn main() -> Result<(), Fault> {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<u64>().ok());
    let (resources, every) = (numbers.next().unwrap_or(100_000), numbers.next().unwrap_or(50).max(1));
    let place = tempfile::tempdir()?;
    let old = run(&place.path().join("old"), resources, None, Timestamp::from_second(1_793_500_000)?)?;
    let new = run(&place.path().join("new"), resources, Some(every), Timestamp::from_second(1_793_600_000)?)?;
    println!("resources      {resources} in each run, one in {every} changed");
    println!("peak memory    {:.0} MiB after both were written", peak_mib());
    let started = Instant::now();
    let drift = compare(&old, &new)?;
    println!("compared in    {:.2} s", started.elapsed().as_secs_f64());
    println!("changes        {:?}, {} kept", drift.counts, drift.changes.len());
    println!("findings       {:?}, {} kept", drift.finding_counts, drift.findings.len());
    println!("peak memory    {:.0} MiB", peak_mib());
    Ok(())
}
