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

/// A tenancy that is assessed, slowly enough that a run takes a second or two.
#[derive(Clone)]
struct Over {
    cloud: String,
    file: String,
}

impl Over {
    fn small() -> Self {
        Self { cloud: CLOUD.to_owned(), file: TENANCY.to_owned() }
    }

    /// What goes wrong in it is in `faults`.
    fn cloud(&self, faults: &str) -> Description {
        Description::parse(&format!("{}latency_ms: 25\n{faults}", self.cloud)).unwrap()
    }

    /// A simulator, and a folder with the tenancy file for it.
    fn slow(&self, faults: &str) -> (Simulator, tempfile::TempDir) {
        let simulator = Simulator::start(self.cloud(faults)).unwrap();
        let limits = "\n[limits]\nconcurrency = 4\n";
        let tenancy = self.file.replace("{endpoint}", &simulator.endpoint()) + limits;
        (simulator, folder(&[("tenancy.toml", &tenancy)]))
    }

    /// The same place, in order again, and without the memory of what was asked before.
    fn anew(&self, mut simulator: Simulator) -> Simulator {
        simulator.stop();
        Simulator::start_on(self.cloud(""), simulator.address().port()).unwrap()
    }

    /// What an undisturbed run reports, how many requests it makes, and its exit code.
    fn undisturbed(&self) -> (Value, u64, i32) {
        let (simulator, folder) = self.slow("");
        let (code, _, err) = program(folder.path(), false).run();
        assert_eq!(code, 1, "the tenancy violates\n{err}");
        (lasting(report(folder.path())), simulator.requests().len() as u64, code)
    }
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

/// Begins a run and lets it go on for so many requests.
fn interrupted_after(folder: &Path, simulator: &Simulator, requests: u64) -> Child {
    let child = program(folder, false).spawn();
    let came = simulator.wait_for_requests(requests, Duration::from_secs(30));
    assert!(came, "the run makes no {requests} requests");
    child
}

#[test]
fn a_killed_run_goes_on_and_asks_nothing_twice() {
    let cells = killed_at(&Over::small(), ROUNDS);
    assert!(cells > 0, "no run had a cell done when it was killed");
}

#[test]
fn a_killed_run_over_other_clouds_goes_on() {
    // The demo's Azure and Google Cloud.
    let cloud = include_str!("../../src/cli/demo/cloud.yaml").replace("latency_ms: 2\n", "");
    let file = include_str!("../../src/cli/demo/tenancy.toml");
    let ours = file.split("[[account]]").filter(|section| !section.contains("provider = \"aws\""));
    let file = ours.collect::<Vec<_>>().join("[[account]]").replace("http://127.0.0.1:0", "{endpoint}");
    killed_at(&Over { cloud, file }, 3);
}

/// Kills runs at one moment in each part of them; how many cells they had done.
fn killed_at(over: &Over, rounds: u64) -> usize {
    let (expected, requests, code) = over.undisturbed();
    // They wait more than they compute: all at once.
    let mut dice = Dice(20_261_101);
    let moments: Vec<u64> =
        (0..rounds).map(|round| requests * (round * 100 + dice.below(100)) / (rounds * 100)).collect();
    std::thread::scope(|scope| {
        let rounds: Vec<_> = moments
            .iter()
            .map(|moment| scope.spawn(|| killed_after(over, *moment, &expected, code)))
            .collect();
        rounds.into_iter().map(|round| round.join().unwrap()).sum()
    })
}

/// Kills a run after so many requests and goes on with it; how many cells it had done.
fn killed_after(over: &Over, moment: u64, expected: &Value, code: i32) -> usize {
    let (simulator, folder) = over.slow("");
    let mut child = interrupted_after(folder.path(), &simulator, moment);
    child.kill().unwrap();
    child.wait().unwrap();
    // Of what was sent, only what was under way is not written down.
    let calls = std::fs::read_to_string(folder.path().join("out/ledger.journal.ndjson")).unwrap_or_default();
    let (sent, written) = (simulator.requests().len(), calls.lines().count());
    // Each provider has a door of its own.
    let doors = ["aws", "azure", "gcp"].map(|name| over.file.contains(&format!("provider = \"{name}\"")));
    let under_way = UNDER_WAY * doors.into_iter().filter(|door| *door).count();
    assert!(written <= sent && sent <= written + under_way, "{sent} were sent, {written} written down");
    let simulator = over.anew(simulator);
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
    let whole = [
        "corroboration.json",
        "documents.json",
        "facts.ndjson.zst",
        "ledger.ndjson.zst",
        "report.html",
        "report.json",
        "run.json",
    ];
    assert!(files.iter().eq(whole), "left behind: {files:?}");
    done.len()
}

#[cfg(unix)]
#[test]
fn ctrl_c_reports_what_there_is_and_resume_completes_it() {
    let over = Over::small();
    let (expected, requests, code) = over.undisturbed();
    // One answer never comes: the run cannot end by itself.
    let stalled = "faults: [{service: kms, operation: ListKeys, region: us-east-1, fault: stall}]\n";
    let (simulator, folder) = over.slow(stalled);
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

    let (simulator, done) = (over.anew(simulator), done(folder.path()));
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
