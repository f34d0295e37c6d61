//! Planting the seed table, and running an assessment over it.

use super::super::python;
use super::process::{Emulator, Server};
use sekisho::collect::{Quiet, Ways};
use sekisho::judge::ProfileJudge;
use sekisho::report::Format;
use sekisho::run_folder::Begin;
use sekisho::tenancy::{Known, parse};
use sekisho::walk::{self, Errand};
use sekisho_contract::door::Patience;
use sekisho_wire::Wire;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The tables.
pub fn tables() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tenancies/emulator")
}

/// What was planted: the report's subject of each row's name; empty for what only the other emulator can hold.
pub type Seeded = BTreeMap<String, String>;

#[derive(Deserialize)]
struct Placed {
    id: String,
    arn: String,
}

/// Plants the table.
pub fn plant(emulator: Emulator, server: &Server) -> Seeded {
    let output = Command::new(python::python())
        .arg("-B")
        .arg(python::scripts().join("seed.py"))
        .args(["--endpoint", &server.endpoint(), "--emulator", emulator.name()])
        .arg(tables().join("seed.yaml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let placed: BTreeMap<String, Option<Placed>> = serde_json::from_slice(&output.stdout).unwrap();
    let subject = |(name, placed): (String, Option<Placed>)| {
        let subject = match placed {
            None => String::new(),
            Some(placed) if name.starts_with("account/") => format!("aws/{}", placed.id),
            Some(placed) => placed.arn,
        };
        (name, subject)
    };
    placed.into_iter().map(subject).collect()
}

/// What a run left.
pub struct Told {
    /// The report.
    pub report: Value,
    /// The ids of everything that was read.
    pub read: BTreeSet<String>,
}

/// Which regions a run asks.
#[derive(Debug, Clone, Copy)]
pub enum Regions {
    /// Every one the emulator tells of.
    All,
    /// Those of the seed: what is refused or broken in them is refused or broken alike in the others.
    Planted,
}

/// One whole run, from the tenancy file to the report.
pub fn assess(endpoint: &str, regions: Regions) -> Told {
    let regions = match regions {
        Regions::All => r#""all""#,
        Regions::Planted => r#"["ap-northeast-1", "ap-northeast-3", "us-east-1"]"#,
    };
    let text = std::fs::read_to_string(tables().join("tenancy.toml")).unwrap();
    run(&text.replace("{endpoint}", endpoint).replace("{regions}", regions))
}

/// The same, of any tenancy.
pub fn run(text: &str) -> Told {
    let providers = sekisho::providers::simulated("test", "test");
    let known: Vec<_> = providers.iter().map(AsRef::as_ref).collect();
    let profiles: Vec<_> = sekisho::annex::ids().collect();
    let today = jiff::civil::date(2026, 4, 1);
    let loaded =
        parse("tenancy.toml", text, Known { providers: &known, profiles: &profiles, today }).unwrap();
    let mut ways = Ways::ordinary(Arc::new(Wire::new(Duration::from_secs(60)).unwrap()));
    // Generous in number, short in time: a fault here is one of chance, and the next attempt may go well.
    ways.patience = Patience {
        base: Duration::from_millis(5),
        ceiling: Duration::from_millis(100),
        attempts: 8,
        throttled_attempts: 32,
    };
    ways.paced = false;
    let folder = tempfile::tempdir().unwrap();
    let errand = Errand {
        tenancy: &loaded.tenancy,
        request: None,
        register: &sekisho::documents::Register::default(),
        witnesses: &Default::default(),
        logs: None,
        providers: &providers,
        judge: &ProfileJudge::of("jp-annex-2", &[Format::Json]).unwrap(),
        folder: &folder.path().join("out"),
        begin: Begin::Fresh,
        ways,
        progress: Arc::new(Quiet),
        cancel: CancellationToken::new(),
        clock: jiff::Timestamp::now,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let walked = runtime.block_on(walk::assess(&errand)).unwrap();
    let report = std::fs::read(walked.folder.file("report.json")).unwrap();
    let fact = |line: String| -> Value { serde_json::from_str(&line).unwrap() };
    let facts = walked.folder.facts();
    let read = facts.pass().map(|line| fact(line.unwrap())).filter(|fact| fact["type"] != "gap");
    Told {
        report: serde_json::from_slice(&report).unwrap(),
        read: read.filter_map(|fact| fact["id"].as_str().map(str::to_owned)).collect(),
    }
}
