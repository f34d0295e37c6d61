//! A walk of the library over a simulated cloud, and what it left.

use sekisho::collect::{Quiet, Ways};
use sekisho::corroborate::witnesses::gather as gather_witnesses;
use sekisho::documents::file::{FileFound, FileState};
use sekisho::documents::{Register, gather};
use sekisho::judge::ProfileJudge;
use sekisho::report::Format;
use sekisho::run_folder::Begin;
use sekisho::tenancy::{Known, Tenancy};
use sekisho::walk::{self, Errand, Walked};
use sekisho_contract::Call;
use sekisho_contract::door::Patience;
use sekisho_simulator::{Description, RecordedRequest, Simulator, dated};
use sekisho_wire::Wire;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The small tenancy of `tests/tenancies/faults`.
pub const CLOUD: &str = include_str!("../tenancies/faults/cloud.yaml");
/// Its tenancy file.
pub const TENANCY: &str = include_str!("../tenancies/faults/tenancy.toml");

/// Little enough to be quick, and enough to ride out a fault that strikes twice.
pub const PATIENCE: Patience = Patience {
    base: Duration::from_millis(1),
    ceiling: Duration::from_millis(4),
    attempts: 3,
    throttled_attempts: 3,
};

/// When every walk is assessed.
pub const NOW: jiff::Timestamp = jiff::Timestamp::constant(1_793_500_000, 0);

/// A while later.
pub const LATER: jiff::Timestamp = jiff::Timestamp::constant(1_793_503_600, 0);

/// What a walk left.
pub struct Ran {
    pub report: Value,
    pub run: Value,
    pub calls: Vec<Call>,
    pub facts: Vec<Value>,
    pub requests: Vec<RecordedRequest>,
}

/// Walks over clouds one after another; a thread has its own.
pub struct Walker {
    runtime: tokio::runtime::Runtime,
    wire: Arc<Wire>,
    judge: ProfileJudge,
    register: Register,
}

impl Walker {
    pub fn new() -> Self {
        Self {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            // Only a stalled answer takes so long.
            wire: Arc::new(Wire::new(Duration::from_millis(700)).unwrap()),
            judge: ProfileJudge::of("jp-annex-2", &[Format::Json]).unwrap(),
            register: Register::default(),
        }
    }

    /// The same, with time for a machine that has much to do: what never answered would be another state of the cloud.
    pub fn patient() -> Self {
        Self { wire: Arc::new(Wire::new(Duration::from_secs(60)).unwrap()), ..Self::new() }
    }

    /// The same, where a signed statement says how many minutes may be lost at most.
    pub fn declaring(minutes: u64) -> Self {
        let statement = format!(
            "kind = \"statement\"\nabout = \"declared-rpo\"\nsigned_by = \"山田\"\nsigned = 2026-10-01\n\
             [[systems]]\nname = \"*\"\nrpo_minutes = {minutes}\nrto_minutes = 60\n"
        );
        let nothing =
            |_: Option<&str>, _: &str| FileFound { state: FileState::Withheld, signatures: Vec::new() };
        let loaded = gather([("rpo".to_owned(), Ok(statement))].into(), &nothing);
        assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        Self { register: loaded.register, ..Self::new() }
    }

    /// The small tenancy over this cloud, as fast as it answers.
    pub fn walk(&self, cloud: &str) -> Ran {
        self.walk_in(cloud, |ways| ways.paced = false)
    }

    /// The same, in these ways.
    pub fn walk_in(&self, cloud: &str, change: impl FnOnce(&mut Ways)) -> Ran {
        self.walk_over(cloud, TENANCY, change)
    }

    /// Another tenancy over a cloud.
    pub fn walk_over(&self, cloud: &str, file: &str, change: impl FnOnce(&mut Ways)) -> Ran {
        self.walk_beside(cloud, file, Path::new(""), change)
    }

    /// Another tenancy over a cloud, whose file lies in this folder.
    pub fn walk_beside(&self, cloud: &str, file: &str, inputs: &Path, change: impl FnOnce(&mut Ways)) -> Ran {
        self.walk_at(cloud, file, (inputs, tempfile::tempdir().unwrap().path()), || NOW, change)
    }

    /// Another tenancy over a cloud, into a folder that is kept, assessed at another time.
    pub fn walk_into(&self, cloud: &str, file: &str, folder: &Path, clock: fn() -> jiff::Timestamp) -> Ran {
        self.walk_at(cloud, file, (Path::new(""), folder), clock, |ways| ways.paced = false)
    }

    fn walk_at(
        &self,
        cloud: &str,
        file: &str,
        (inputs, folder): (&Path, &Path),
        clock: fn() -> jiff::Timestamp,
        change: impl FnOnce(&mut Ways),
    ) -> Ran {
        let (walked, requests) = self.walk_for(cloud, file, (inputs, folder), clock, change);
        let file = |name| serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap();
        let parse = |line: Result<String, _>| serde_json::from_str(&line.unwrap()).unwrap();
        let again = walk::rebuild(folder, &self.judge).unwrap();
        assert_eq!(again.assessment, walked.assessment, "a report made again says something else");
        Ran {
            report: file("report.json"),
            run: file("run.json"),
            calls: walked.folder.ledger().pass().collect::<Result<_, _>>().unwrap(),
            facts: walked.folder.facts().pass().map(parse).collect(),
            requests,
        }
    }

    /// What a walk into a folder that stays has left, and what the server saw.
    pub fn walk_for(
        &self,
        cloud: &str,
        file: &str,
        (inputs, folder): (&Path, &Path),
        clock: fn() -> jiff::Timestamp,
        change: impl FnOnce(&mut Ways),
    ) -> (Walked, Vec<RecordedRequest>) {
        let mut ways = Ways { patience: PATIENCE, ..Ways::ordinary(Arc::clone(&self.wire) as _) };
        change(&mut ways);
        let description = Description::parse(&dated(cloud, clock())).unwrap();
        let simulator = Simulator::start(description).unwrap();
        let tenancy = tenancy(&file.replace("{endpoint}", &simulator.endpoint()));
        let (id, secret) = simulator.credentials();
        let witnesses = gather_witnesses(&tenancy.corroborate, inputs, &*self.wire);
        let witnesses = self.runtime.block_on(witnesses).unwrap();
        let errand = Errand {
            tenancy: &tenancy,
            request: None,
            register: &self.register,
            witnesses: &witnesses,
            logs: None,
            providers: &sekisho::providers::simulated(&id, &secret),
            judge: &self.judge,
            folder,
            begin: Begin::Fresh,
            ways,
            progress: Arc::new(Quiet),
            cancel: CancellationToken::new(),
            clock,
        };
        let walked = self.runtime.block_on(walk::assess(&errand)).unwrap();
        (walked, simulator.requests())
    }
}

/// A tenancy file's text, read.
pub fn tenancy(text: &str) -> Tenancy {
    let providers: Vec<_> = sekisho::providers::all().iter().map(AsRef::as_ref).collect();
    let known =
        Known { providers: &providers, profiles: &["jp-annex-2"], today: jiff::civil::date(2026, 11, 1) };
    sekisho::tenancy::parse("tenancy.toml", text, known).unwrap().tenancy
}

/// Small, seeded, and the same everywhere (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below `most`.
    pub fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    /// In so many of a hundred cases.
    pub fn percent(&mut self, of_hundred: u64) -> bool {
        self.below(100) < of_hundred
    }
}

/// A report without what may differ between two runs over the same tenancy.
pub fn lasting(mut report: Value) -> Value {
    let fields = report.as_object_mut().unwrap();
    // How far back things can be set changes with the moment.
    for part in ["assessed_at", "ledger", "recovery"] {
        assert!(fields.remove(part).is_some(), "{part}");
    }
    report
}

/// Rows of a list in a report.
pub fn rows<'a>(report: &'a Value, pointer: &str) -> &'a [Value] {
    report.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text field.
pub fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}
