use super::fake::{Fake, Mishap, NoTransport, Script, section};
use super::*;
use crate::link::{World, link};
use crate::run_folder::{Begin, Families, FolderState, JOURNAL, LEDGER_JOURNAL, RunFolder};
use crate::tenancy::Tenancy;
use sekisho_contract::AccountSection;
use sekisho_contract::fact::{Cell, CellState, Fact};
use sekisho_contract::gap::{Gap, GapReason};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const ACCOUNTS: &[&str] = &["a1", "a2"];

/// One run in a folder: collected, linked, written.
struct Ran {
    facts: Vec<String>,
    asked: Vec<String>,
    gathered: Gathered,
}

impl Ran {
    fn cells(&self) -> Vec<Cell> {
        self.facts
            .iter()
            .filter_map(|line| match serde_json::from_str(line).unwrap() {
                Fact::Cell(cell) => Some(cell),
                _ => None,
            })
            .collect()
    }

    fn gaps(&self) -> Vec<Gap> {
        self.facts
            .iter()
            .filter_map(|line| match serde_json::from_str(line).unwrap() {
                Fact::Gap(gap) => Some(gap),
                _ => None,
            })
            .collect()
    }

    fn state(&self, id: &str) -> (CellState, u64) {
        let cell = self.cells().into_iter().find(|cell| cell.id() == id).unwrap();
        (cell.state, cell.resources)
    }

    fn gap(&self, subject: &str) -> (GapReason, String) {
        let gap = self.gaps().into_iter().find(|gap| gap.subject == subject).unwrap();
        (gap.reason, gap.detail)
    }
}

fn tenancy(accounts: &[AccountSection]) -> Tenancy {
    Tenancy {
        name: "t".into(),
        profile: "p".into(),
        contract_end: jiff::civil::date(2027, 3, 31),
        erasure_grace_days: 0,
        access: Vec::new(),
        corroborate: Default::default(),
        logs: None,
        limits: Default::default(),
        accounts: accounts.to_vec(),
        scopes: Vec::new(),
        exceptions: Vec::new(),
    }
}

fn open(folder: &RunFolder, accounts: &[AccountSection], begin: Begin) -> Result<Journal, JournalFault> {
    let identity = Identity::of(accounts, "p", "d");
    let now = jiff::Timestamp::UNIX_EPOCH;
    match begin {
        Begin::Resume => Journal::resume(folder, identity, now, Arc::new(Quiet)),
        Begin::Fresh | Begin::Replace => Journal::create(folder, identity, now, Arc::new(Quiet)),
    }
}

#[test]
fn a_journal_that_lost_a_resource_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = [section("a2")];
    run_until(folder.path(), Begin::Fresh, Script::default(), CancellationToken::new(), &accounts);
    let path = folder.path().join(JOURNAL);
    let journal = fs::read_to_string(&path).unwrap();
    let lost = journal.lines().find(|line| line.starts_with("{\"resource\"")).unwrap();
    fs::write(&path, journal.replacen(&format!("{lost}\n"), "", 1)).unwrap();
    let begun = RunFolder::begin(folder.path(), Begin::Resume).unwrap();
    let resumed = open(&begun, &accounts, Begin::Resume).unwrap();
    let gathered = Gathered::read(&begun, &resumed).unwrap();
    let read = crate::link::Source::each(&gathered, &mut |_, _| Ok(()));
    assert!(read.unwrap_err().to_string().contains("are not all there"));
}

#[test]
fn a_journal_is_gone_on_with_for_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let began = jiff::Timestamp::UNIX_EPOCH;
    let identity = || Identity::of(&[], "p", "d");
    let begun = RunFolder::begin(folder.path(), Begin::Fresh).unwrap();
    drop(Journal::create(&begun, identity(), began, Arc::new(Quiet)).unwrap());
    for (hours, stale) in [(24, false), (25, true)] {
        let now = began + jiff::SignedDuration::from_hours(hours);
        let resumed = Journal::resume(&begun, identity(), now, Arc::new(Quiet));
        assert_eq!(matches!(resumed, Err(JournalFault::Stale(_))), stale, "{hours} hours");
    }
}

fn run(path: &Path, begin: Begin, script: Script) -> Ran {
    run_until(
        path,
        begin,
        script,
        CancellationToken::new(),
        &ACCOUNTS.iter().map(|id| section(id)).collect::<Vec<_>>(),
    )
}

fn run_until(
    path: &Path,
    begin: Begin,
    script: Script,
    cancel: CancellationToken,
    accounts: &[AccountSection],
) -> Ran {
    let (fake, script) = Fake::with(script);
    let folder = RunFolder::begin(path, begin).unwrap();
    let journal = open(&folder, accounts, begin).unwrap();
    *script.ledger.lock().unwrap() = Some(journal.ledger());
    let ways = Ways { grace: Duration::from_millis(20), ..Ways::ordinary(Arc::new(NoTransport)) };
    let providers = [fake];
    let order = Order { providers: &providers, accounts, ways, cancel };
    let gathered = runtime().block_on(collect(&order, &folder, &journal)).unwrap();
    let tenancy = tenancy(accounts);
    let world = World::new(&tenancy, &providers);
    link(&gathered, &world, folder.facts_writer().unwrap()).unwrap();
    let facts = folder.facts().pass().collect::<Result<_, _>>().unwrap();
    let asked = script.asked.lock().unwrap().clone();
    Ran { facts, asked, gathered }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

fn undisturbed() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), Begin::Fresh, Script::default()).facts
}

fn with(cell: &str, mishap: Mishap) -> Script {
    Script { mishaps: [(cell.to_owned(), mishap)].into(), ..Script::default() }
}

#[test]
fn a_mishap_costs_its_cell_and_no_other() {
    let cancel = CancellationToken::new();
    let cases = [
        (
            Mishap::Panics,
            CellState::Failed,
            1,
            GapReason::Failed,
            "an internal fault of sekisho, please report it: as the script says",
        ),
        (Mishap::Denied, CellState::Denied, 1, GapReason::Denied, "as the script says"),
        (
            Mishap::Overstates,
            CellState::Failed,
            1,
            GapReason::Failed,
            "6 resources were listed and 1 were read",
        ),
    ];
    for (mishap, state, resources, reason, detail) in cases {
        let folder = tempfile::tempdir().unwrap();
        let ran = run(folder.path(), Begin::Fresh, with("fake/a1/east/keys", mishap));
        assert_eq!(ran.state("fake/a1/east/keys"), (state, resources));
        assert_eq!(ran.gap("fake/a1/east/keys"), (reason, detail.to_owned()));
        let others = ran.cells().into_iter().filter(|cell| cell.state == CellState::Listed).count();
        assert_eq!(others, 5);
        assert_eq!(ran.gathered.unfinished(), 1);
        assert!(!ran.gathered.is_cancelled() && !cancel.is_cancelled());
    }
}

#[test]
fn an_account_that_cannot_be_entered_leaves_every_cell_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = [AccountSection { regions: Some(vec!["east".into()]), ..section("a1") }, section("a2")];
    let script = Script { closed: vec!["a1".into()], ..Script::default() };
    let ran = run_until(folder.path(), Begin::Fresh, script, CancellationToken::new(), &accounts);
    assert_eq!(ran.state("fake/a1/global/store"), (CellState::Denied, 0));
    assert_eq!(ran.state("fake/a1/east/keys"), (CellState::Denied, 0));
    assert_eq!(ran.state("fake/a1/far/keys"), (CellState::Skipped, 0));
    assert_eq!(ran.state("fake/a2/far/keys"), (CellState::Listed, 1));
    assert_eq!(ran.gap("fake/a1/far/keys").0, GapReason::Skipped);
    assert_eq!(
        ran.gap("fake/a1"),
        (GapReason::Denied, "which regions are open was not seen: the role may not be assumed".into())
    );

    // Once the role may be assumed, a resume asks this account and no other.
    let ran = run_until(folder.path(), Begin::Resume, Script::default(), CancellationToken::new(), &accounts);
    assert_eq!(ran.asked, ["fake/a1/global/store", "fake/a1/east/keys", "fake/a1/far/keys"]);
    assert_eq!(ran.facts, undisturbed());
}

#[test]
fn a_cancelled_run_keeps_what_it_has_and_goes_on_later() {
    for mishap in [Mishap::Cancels, Mishap::CancelsAndHangs] {
        let folder = tempfile::tempdir().unwrap();
        let cancel = CancellationToken::new();
        let accounts: Vec<_> = ACCOUNTS.iter().map(|id| section(id)).collect();
        let script = with("fake/a1/global/store", mishap(cancel.clone()));
        let ran = run_until(folder.path(), Begin::Fresh, script, cancel, &accounts);
        assert!(ran.gathered.is_cancelled() && ran.gathered.unfinished() > 0);
        assert_eq!(ran.cells().len(), 6, "{:?}", ran.cells());
        let (state, _) = ran.state("fake/a1/global/store");
        assert_eq!(state, CellState::Skipped);
        assert_eq!(ran.gap("fake/a1/global/store").0, GapReason::Cancelled);
        let done: BTreeSet<String> =
            ran.cells().iter().filter(|cell| cell.state == CellState::Listed).map(Cell::id).collect();

        let ran = run(folder.path(), Begin::Resume, Script::default());
        assert!(ran.asked.iter().all(|cell| !done.contains(cell)), "{:?} after {done:?}", ran.asked);
        assert_eq!(ran.facts, undisturbed());
        assert_eq!((ran.gathered.unfinished(), ran.gathered.is_cancelled()), (0, false));
    }
}

#[test]
fn what_ends_when_does_not_show() {
    let facts = undisturbed();
    for seed in 1..=40 {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            run(folder.path(), Begin::Fresh, Script { seed, ..Script::default() }).facts,
            facts,
            "seed {seed}"
        );
    }
}

#[test]
fn a_run_killed_at_any_byte_goes_on_to_the_same_facts_and_asks_no_whole_cell_twice() {
    let accounts = [section("a2")];
    let original = tempfile::tempdir().unwrap();
    let undisturbed =
        run_until(original.path(), Begin::Fresh, Script::default(), CancellationToken::new(), &accounts);
    let journal = fs::read(original.path().join(JOURNAL)).unwrap();
    let calls = fs::read(original.path().join(LEDGER_JOURNAL)).unwrap();
    // A cut within a line leaves what the end of the line before left: shown for every byte by reading the
    // journal back, and for those at the ends of lines and every thirteenth by going on with the run.
    let scratch = tempfile::tempdir().unwrap();
    let read_back = |cut: usize| {
        let path = scratch.path().join(JOURNAL);
        fs::write(&path, &journal[..cut]).unwrap();
        format!("{:?}", scan::scan(&path).unwrap().earlier)
    };
    let mut line_end = 0;
    for cut in 0..journal.len() {
        if cut > 0 && journal[cut - 1] == b'\n' {
            line_end = cut;
        }
        assert_eq!(read_back(cut), read_back(line_end), "cut at {cut}");
        let at_end = journal[cut.saturating_sub(2)..(cut + 2).min(journal.len())].contains(&b'\n');
        if !at_end && cut % 13 != 0 {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(JOURNAL), &journal[..cut]).unwrap();
        fs::write(folder.path().join(LEDGER_JOURNAL), &calls[..calls.len() * cut / journal.len()]).unwrap();
        let ran =
            run_until(folder.path(), Begin::Resume, Script::default(), CancellationToken::new(), &accounts);
        assert_eq!(ran.facts, undisturbed.facts, "cut at {cut}");
        for whole in swept(&journal[..cut]) {
            assert!(!ran.asked.contains(&whole), "cut at {cut}: {whole} was asked twice");
        }
        RunFolder::begin(folder.path(), Begin::Resume).unwrap().write_ledger(&Families::default()).unwrap();
    }
}

/// Cells whose last line is whole.
fn swept(journal: &[u8]) -> Vec<String> {
    let whole = journal.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    let cell = |line: &[u8]| {
        let line: serde_json::Value = serde_json::from_slice(line).unwrap();
        let cell: Cell = serde_json::from_value(line.get("swept")?.get("cell")?.clone()).unwrap();
        Some(cell.id())
    };
    whole.filter_map(cell).collect()
}

#[test]
fn a_run_killed_again_and_again_comes_to_its_end() {
    let accounts: Vec<_> = ACCOUNTS.iter().map(|id| section(id)).collect();
    let facts = undisturbed();
    for seed in 1..=10_u64 {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), Begin::Fresh, Script { seed, ..Script::default() });
        for turn in 1..=4 {
            let path = folder.path().join(JOURNAL);
            let journal = fs::read(&path).unwrap();
            let cut = (seed as usize * 7919 + turn * 104_729) % journal.len();
            fs::write(&path, &journal[..cut]).unwrap();
            let script = Script { seed: seed + turn as u64, ..Script::default() };
            let ran = run_until(folder.path(), Begin::Resume, script, CancellationToken::new(), &accounts);
            assert_eq!(ran.facts, facts, "seed {seed}, turn {turn}");
        }
    }
}

#[test]
fn a_role_lost_before_the_resume_loses_nothing_that_was_gathered() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), Begin::Fresh, with("fake/a1/east/keys", Mishap::Denied));
    let script = Script { closed: vec!["a1".into()], ..Script::default() };
    let ran = run(folder.path(), Begin::Resume, script);
    assert_eq!(ran.state("fake/a1/global/store"), (CellState::Listed, 2));
    assert_eq!(ran.state("fake/a1/east/keys"), (CellState::Denied, 1));
    assert!(ran.asked.is_empty());
}

#[test]
fn a_journal_of_another_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), Begin::Fresh, Script::default());
    let folder = RunFolder::begin(folder.path(), Begin::Resume).unwrap();
    let other = open(&folder, &[section("a1")], Begin::Resume).unwrap_err().to_string();
    assert!(other.starts_with("the journal was begun with another set of accounts"), "{other}");

    let empty = tempfile::tempdir().unwrap();
    assert!(
        RunFolder::begin(empty.path(), Begin::Resume)
            .unwrap_err()
            .to_string()
            .contains("no run to go on with")
    );
    let empty = RunFolder::begin(empty.path(), Begin::Fresh).unwrap();
    assert!(matches!(open(&empty, &[], Begin::Resume), Err(JournalFault::Missing(_))));
}

#[test]
fn two_runs_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let folder = RunFolder::begin(folder.path(), Begin::Fresh).unwrap();
    let _first = open(&folder, &[], Begin::Fresh).unwrap();
    assert!(matches!(open(&folder, &[], Begin::Resume), Err(JournalFault::InUse(_))));
    assert_eq!(folder.state(), FolderState::BrokenOff);
    assert!(RunFolder::begin(folder.path(), Begin::Replace).unwrap_err().to_string().contains("--resume"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_run_and_says_so() {
    for full in [JOURNAL, LEDGER_JOURNAL] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(full);
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        // A journal that is there already is no fresh folder: the run is given it as one begun elsewhere.
        let folder =
            RunFolder::begin(folder.path(), if full == JOURNAL { Begin::Resume } else { Begin::Fresh })
                .unwrap();
        let accounts = [section("a1")];
        let (fake, script) = Fake::with(Script::default());
        let fault = match open(&folder, &accounts, Begin::Fresh) {
            Err(fault) => fault.to_string(),
            Ok(journal) => {
                *script.ledger.lock().unwrap() = Some(journal.ledger());
                let providers = [fake];
                let ways = Ways::ordinary(Arc::new(NoTransport));
                let order = Order {
                    providers: &providers,
                    accounts: &accounts,
                    ways,
                    cancel: CancellationToken::new(),
                };
                runtime().block_on(collect(&order, &folder, &journal)).unwrap_err().to_string()
            }
        };
        assert!(fault.contains("No space left on device") && fault.contains("--resume"), "{fault}");
        assert!(fault.starts_with(&path.display().to_string()), "{fault}");
    }
}

#[test]
fn the_plan_tells_calls_before_they_are_made() {
    let (fake, _) = Fake::with(Script::default());
    let accounts = [section("a1"), AccountSection { regions: Some(vec!["east".into()]), ..section("a2") }];
    let plan = plan(&[fake], &accounts, None);
    assert_eq!((plan.cells, plan.fixed_calls, plan.expected_calls), (5, 7, None));
    assert_eq!(plan.accounts[1].skipped, ["far"]);
}
