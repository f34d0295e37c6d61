//! Two emulators and a fault proxy, written by others: every planted fact is found, nothing else is, and
//! neither an emulator's holes nor the faults between turn into a pass. See `tests/python/README.md`.

mod denials;
mod expectation;
mod organization;
mod process;
mod seed;

use denials::Work;
use expectation::{Expectation, table};
use process::{Emulator, Proxy};
use seed::{Regions, Told, assess, plant};
use serde_json::Value;
use std::thread;
use std::time::Instant;

#[test]
fn moto() {
    let server = Emulator::Moto.start();
    let seeded = plant(Emulator::Moto, &server);
    let told = assess(&server.endpoint(), Regions::Planted);
    let mut differences = expected(Emulator::Moto, &seeded, &told);
    // Only what the other emulator cannot answer.
    let work = Work::of(Emulator::Moto, |only| !only.is_empty());
    let proxy = Proxy::before(&server);
    differences.extend(work.work(&proxy, &seeded, &told));
    assert!(differences.is_empty(), "\n{}\n", differences.join("\n"));
}

#[test]
fn ministack() {
    let server = Emulator::Ministack.start();
    let seeded = plant(Emulator::Ministack, &server);
    let mut differences = expected(Emulator::Ministack, &seeded, &assess(&server.endpoint(), Regions::All));
    let told = assess(&server.endpoint(), Regions::Planted);

    let work = Work::of(Emulator::Ministack, |_| true);
    assert!(work.len() > 20);
    let storms = ["faults/throttled.yaml", "faults/storm.yaml"];
    differences.extend(thread::scope(|scope| {
        let workers = storms.map(|storm| {
            let (server, work, seeded, told) = (&server, &work, &seeded, &told);
            scope.spawn(move || {
                let proxy = Proxy::before(server);
                let mut differences = ridden_out(storm, &proxy, told);
                differences.extend(work.work(&proxy, seeded, told));
                differences
            })
        });
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
    }));
    assert!(differences.is_empty(), "\n{}\n", differences.join("\n"));
}

#[test]
fn organizations() {
    let mut differences = organization::differences(Emulator::Moto);
    differences.extend(organization::differences(Emulator::Ministack));
    assert!(differences.is_empty(), "\n{}\n", differences.join("\n"));
}

/// A kind that comes with an operation comes with what its refusal must leave unverified, or with why none can be tried.
#[test]
fn every_operation_is_refused_or_excused() {
    let providers = sekisho::providers::all();
    let aws = providers.iter().find(|provider| provider.name() == "aws").unwrap();
    let portal = aws.portal().unwrap();
    let declared = aws.operations().iter().chain(portal.operations);
    let declared = declared.map(|operation| operation.full_name()).collect();
    let differences = denials::unspoken(&declared);
    assert!(differences.is_empty(), "\n{}\n", differences.join("\n"));
}

/// Every row of the table.
fn expected(emulator: Emulator, seeded: &seed::Seeded, told: &Told) -> Vec<String> {
    let expectation: Expectation = table("expected.yaml");
    let differences = expectation.differences(emulator, seeded, told);
    eprintln!("{}: {} rows, {} differences", emulator.name(), expectation.rows(emulator), differences.len());
    differences
}

/// A storm that passes leaves no trace but in the ledger.
fn ridden_out(storm: &str, proxy: &Proxy, undisturbed: &Told) -> Vec<String> {
    let rules: Value = table(storm);
    proxy.obey(&rules["rules"]);
    let started = Instant::now();
    let told = assess(&proxy.endpoint(), Regions::Planted);
    eprintln!("{storm}: {} faults, {:?}", proxy.fired(), started.elapsed());
    let retried = told.report["ledger"]["retried"].as_u64().unwrap();
    let before = undisturbed.report["ledger"]["retried"].as_u64().unwrap();
    let mut differences = Vec::new();
    if retried < before + 100 {
        differences.push(format!("{storm}: there was hardly a fault: {retried} attempts were retries"));
    }
    compare(storm, &lasting(undisturbed), &lasting(&told), &mut differences);
    differences
}

/// The report without its date, its ledger and what changes with the moment.
fn lasting(told: &Told) -> Value {
    let mut report = told.report.clone();
    let parts = report.as_object_mut().unwrap();
    parts.remove("assessed_at").unwrap();
    parts.remove("ledger").unwrap();
    parts.remove("recovery").unwrap();
    report
}

fn compare(path: &str, one: &Value, other: &Value, differences: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) if one.keys().eq(other.keys()) => {
            one.iter()
                .for_each(|(key, value)| compare(&format!("{path}/{key}"), value, &other[key], differences));
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let pairs = one.iter().zip(other).enumerate();
            pairs.for_each(|(at, (one, other))| compare(&format!("{path}/{at}"), one, other, differences));
        }
        _ if one == other => {}
        _ => differences.push(format!("{path}: {one:.200} became {other:.200}")),
    }
}
