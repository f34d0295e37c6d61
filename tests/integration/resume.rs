//! A run that is killed or stopped goes on where it was: nothing lost, nothing asked twice, the same report.

use super::cloud::{CLOUD, Dice, TENANCY, lasting, rows, text};
use super::command::{Program, credentials, folder};
use sekisho_contract::provider::Reach;
use sekisho_simulator::{Description, RecordedRequest, Simulator};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

const ROUNDS: u64 = 8;
const UNDER_WAY: usize = 4;
const ASSESS: &[&str] = &["assess", "-c", "tenancy.toml", "--out", "out", "--lang", "en"];

/// The small tenancy, slow enough that a run takes a second or two; what goes wrong in it is in `faults`.
fn cloud(faults: &str) -> Description {
    Description::parse(&format!("{CLOUD}latency_ms: 25\n{faults}")).unwrap()
}

/// A simulator, and a folder with the tenancy file for it.
fn slow(faults: &str) -> (Simulator, tempfile::TempDir) {
    let simulator = Simulator::start(cloud(faults)).unwrap();
    let limits = "\n[limits]\nconcurrency = 4\n";
    let tenancy = TENANCY.replace("{endpoint}", &simulator.endpoint()) + limits;
    (simulator, folder(&[("tenancy.toml", &tenancy)]))
}

/// The same place, in order again, and without the memory of what was asked before.
fn anew(mut simulator: Simulator) -> Simulator {
    simulator.stop();
    Simulator::start_on(cloud(""), simulator.address().port()).unwrap()
}

fn program(folder: &Path, resume: bool) -> Program {
    let arguments = [ASSESS, if resume { &["--resume"] } else { &[] }].concat();
    Program::new(folder, &arguments).with(&credentials())
}

fn report(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("out/report.json")).unwrap()).unwrap()
}

/// (account, region, service) of the cells a journal holds as done.
fn done(folder: &Path) -> BTreeSet<(String, String, String)> {
    let journal = std::fs::read_to_string(folder.join("out/journal.ndjson")).unwrap_or_default();
    let whole = journal.rsplit_once('\n').map_or("", |(whole, _torn)| whole);
    let mut done = BTreeSet::new();
    for line in whole.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let swept = &line["swept"];
        if swept["again"] == Value::Bool(false) {
            let cell = &swept["cell"];
            let field = |name| text(cell, name).to_owned();
            done.insert((field("account"), field("region"), field("service")));
        }
    }
    done
}

/// Questions of several cells: where a bucket rests is asked for trails too, and what is recorded for buckets and keys.
const SHARED: [&str; 4] = [
    "HeadBucket",
    "DescribeConfigurationRecorders",
    "DescribeConfigurationRecorderStatus",
    "DescribeConfigurationAggregators",
];

/// The cell a request belongs to; surveys belong to none.
fn cell(request: &RecordedRequest) -> (String, String, String) {
    let providers = sekisho::providers::all();
    let aws = providers.iter().find(|provider| provider.name() == "aws").unwrap();
    let asked = aws
        .operations()
        .iter()
        .find(|operation| (operation.service, operation.name) == (&*request.service, &*request.operation));
    let Some(service) =
        asked.and_then(|asked| aws.swept_in(asked)).filter(|_| !SHARED.contains(&&*request.operation))
    else {
        return Default::default();
    };
    let region = if service.reach == Reach::Global { "global" } else { &*request.region };
    (request.account.to_string(), region.to_owned(), service.name.to_owned())
}

/// What an undisturbed run reports, how many requests it makes, and its exit code.
fn undisturbed() -> (Value, u64, i32) {
    let (simulator, folder) = slow("");
    let (code, _, err) = program(folder.path(), false).run();
    assert_eq!(code, 1, "the tenancy violates\n{err}");
    (lasting(report(folder.path())), simulator.requests().len() as u64, code)
}

/// Begins a run and lets it go on for so many requests.
fn interrupted_after(folder: &Path, simulator: &Simulator, requests: u64) -> Child {
    let child = program(folder, false).spawn();
    let came = simulator.wait_for_requests(requests, Duration::from_secs(30));
    assert!(came, "the run makes no {requests} requests");
    child
}

#[test]
fn a_killed_run_goes_on_and_asks_nothing_twice() {
    let (expected, requests, code) = undisturbed();
    // One moment in each eighth of the run. They wait more than they compute: all at once.
    let mut dice = Dice(20_261_101);
    let moments: Vec<u64> =
        (0..ROUNDS).map(|round| requests * (round * 100 + dice.below(100)) / (ROUNDS * 100)).collect();
    let cells: usize = std::thread::scope(|scope| {
        let rounds: Vec<_> =
            moments.iter().map(|moment| scope.spawn(|| killed_after(*moment, &expected, code))).collect();
        rounds.into_iter().map(|round| round.join().unwrap()).sum()
    });
    assert!(cells > 0, "no run had a cell done when it was killed");
}

/// Kills a run after so many requests and goes on with it; how many cells it had done.
fn killed_after(moment: u64, expected: &Value, code: i32) -> usize {
    let (simulator, folder) = slow("");
    let mut child = interrupted_after(folder.path(), &simulator, moment);
    child.kill().unwrap();
    child.wait().unwrap();
    // Of what was sent, only what was under way is not written down.
    let calls = std::fs::read_to_string(folder.path().join("out/ledger.journal.ndjson")).unwrap_or_default();
    let (sent, written) = (simulator.requests().len(), calls.lines().count());
    assert!(written <= sent && sent <= written + UNDER_WAY, "{sent} were sent, {written} written down");
    let simulator = anew(simulator);
    let begun = folder.path().join("out/journal.ndjson").exists();
    let done = done(folder.path());
    let (ended, _, err) = program(folder.path(), begun).run();
    assert_eq!(ended, code, "killed after {moment} requests\n{err}");
    assert!(
        lasting(report(folder.path())) == *expected,
        "another report when killed after {moment} requests"
    );
    for request in &simulator.requests() {
        assert!(
            !done.contains(&cell(request)),
            "asked twice when killed after {moment} requests: {request:?}"
        );
    }
    let files = std::fs::read_dir(folder.path().join("out")).unwrap();
    let files: BTreeSet<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let whole =
        ["documents.json", "facts.ndjson.zst", "ledger.ndjson.zst", "report.html", "report.json", "run.json"];
    assert!(files.iter().eq(whole), "left behind: {files:?}");
    done.len()
}

#[cfg(unix)]
#[test]
fn ctrl_c_reports_what_there_is_and_resume_completes_it() {
    let (expected, requests, code) = undisturbed();
    // One answer never comes: the run cannot end by itself.
    let stalled = "faults: [{service: kms, operation: ListKeys, region: us-east-1, fault: stall}]\n";
    let (simulator, folder) = slow(stalled);
    let child = interrupted_after(folder.path(), &simulator, requests / 2);
    let stopped = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(stopped.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{err}");
    assert!(err.contains("Stopping:") && err.contains("--resume"), "{err}");
    let partial = report(folder.path());
    assert!(text(&partial["incomplete"], "en").contains("--resume"), "{}", partial["incomplete"]);
    let cancelled =
        rows(&partial, "/coverage/gaps").iter().filter(|gap| text(gap, "reason") == "cancelled").count();
    assert!(cancelled > 0, "what was not asked is a gap");
    assert!(folder.path().join("out/report.html").exists());

    let (simulator, done) = (anew(simulator), done(folder.path()));
    let (ended, _, err) = program(folder.path(), true).run();
    assert_eq!(ended, code, "{err}");
    assert!(lasting(report(folder.path())) == expected, "another report after Ctrl-C and --resume");
    for request in &simulator.requests() {
        assert!(!done.contains(&cell(request)), "asked twice: {request:?}");
    }
    // A run with nothing left to ask is reported again, and asks nothing.
    let before = simulator.requests().len();
    let (ended, _, err) = program(folder.path(), true).run();
    assert_eq!((ended, simulator.requests().len()), (code, before), "{err}");
}
