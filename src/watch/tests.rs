//! Watches over runs that are made up: the clock moves when it is waited for, and nothing leaves this machine.

use super::deliver::Undelivered;
use super::history::{History, HistoryFault, Keep};
use super::metrics::Board;
use super::notice::{Event, Notice};
use super::{Ended, Hands, Made, Plan, watch};
use crate::assess::Status;
use crate::drift::{Change, Counts, Direction, Drift, Moment, What};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What becomes of one run.
#[derive(Debug, Clone)]
enum Run {
    /// It comes to its end, and these things are worse.
    Worse(&'static [&'static str]),
    /// It fails.
    Fails,
    /// It is broken off: the watch is stopped in it.
    BrokenOff,
}

/// Hands that do what they are told.
struct Fake {
    now: Cell<Timestamp>,
    runs: RefCell<VecDeque<Run>>,
    /// What the last run finds worse.
    last: Cell<&'static [&'static str]>,
    /// Whether runs cannot be held against anything.
    incomparable: bool,
    /// What was assessed: the folder's name, and whether it went on.
    assessed: RefCell<Vec<(String, bool)>>,
    /// What was held against what.
    compared: RefCell<Vec<(PathBuf, PathBuf)>>,
    /// Deliveries that fail before one arrives, each passing or not.
    refusals: RefCell<VecDeque<bool>>,
    told: RefCell<Vec<Notice>>,
    said: RefCell<Vec<String>>,
    waits: RefCell<Vec<Duration>>,
    stopped: Cell<bool>,
}

impl Fake {
    fn with(runs: &[Run]) -> Self {
        Self {
            now: Cell::new(Timestamp::constant(1_793_500_000, 0)),
            runs: RefCell::new(runs.iter().cloned().collect()),
            last: Cell::new(&[]),
            incomparable: false,
            assessed: RefCell::default(),
            compared: RefCell::default(),
            refusals: RefCell::default(),
            told: RefCell::default(),
            said: RefCell::default(),
            waits: RefCell::default(),
            stopped: Cell::new(false),
        }
    }

    fn later(self, by: SignedDuration) -> Self {
        self.now.set(self.now.get() + by);
        self
    }

    fn events(&self) -> Vec<Event> {
        self.told.borrow().iter().map(|notice| notice.event).collect()
    }

    /// What each notice tells of.
    fn subjects(&self) -> Vec<Vec<String>> {
        let of = |notice: &Notice| notice.changes.iter().map(|change| change.subject.clone()).collect();
        self.told.borrow().iter().map(of).collect()
    }

    fn names(&self) -> Vec<String> {
        self.assessed.borrow().iter().map(|(name, _)| name.clone()).collect()
    }
}

#[async_trait(?Send)]
impl Hands for Fake {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    async fn wait(&self, time: Duration) -> bool {
        self.waits.borrow_mut().push(time);
        self.now.set(self.now.get() + time);
        !self.stopped.get()
    }

    fn is_stopped(&self) -> bool {
        self.stopped.get()
    }

    async fn assess(&self, into: &Path, resume: bool) -> Result<Made, String> {
        let name = into.file_name().unwrap().to_str().unwrap().to_owned();
        self.assessed.borrow_mut().push((name, resume));
        self.now.set(self.now.get() + SignedDuration::from_secs(10));
        fs::create_dir_all(into).unwrap();
        let clauses = vec![("V-3".to_owned(), Status::Conforms)];
        let made = |whole| Made { whole, clauses, findings: (1, 2), calls: 3, gaps: 4 };
        let run = self.runs.borrow_mut().pop_front().unwrap();
        match run {
            Run::Worse(names) => {
                fs::write(into.join("run.json"), "{}").unwrap();
                let _none = fs::remove_file(into.join("journal.ndjson"));
                self.last.set(names);
                Ok(made(true))
            }
            Run::Fails => Err("no route to \u{1b}[31mthe cloud".to_owned()),
            Run::BrokenOff => {
                fs::write(into.join("journal.ndjson"), "").unwrap();
                self.stopped.set(true);
                Ok(made(false))
            }
        }
    }

    fn compare(&self, old: &Path, new: &Path) -> Result<Drift, String> {
        self.compared.borrow_mut().push((old.to_owned(), new.to_owned()));
        if self.incomparable {
            return Err("of different tenancies".to_owned());
        }
        let moment = || Moment {
            assessed_at: self.now.get(),
            verdict: Status::Conforms,
            version: String::new(),
            facts: String::new(),
        };
        let names = self.last.get();
        let change = |name: &&str| Change::new(What::CopyMoved, Direction::Worse, name, name, "");
        Ok(Drift {
            tenancy: "t".to_owned(),
            old: moment(),
            new: moment(),
            notes: Vec::new(),
            clauses: Vec::new(),
            changes: names.iter().map(change).collect(),
            counts: Counts { worse: names.len() as u64, ..Counts::default() },
            findings: Vec::new(),
            finding_counts: Counts::default(),
            handling: None,
        })
    }

    fn posts(&self) -> Vec<String> {
        vec!["somebody".to_owned()]
    }

    async fn deliver(&self, _: &str, notice: &Notice) -> Result<(), Undelivered> {
        let refusal = self.refusals.borrow_mut().pop_front();
        match refusal {
            Some(passing) => Err(Undelivered { why: "refused".to_owned(), passing }),
            None => {
                self.told.borrow_mut().push(notice.clone());
                Ok(())
            }
        }
    }

    fn say(&self, text: &str) {
        self.said.borrow_mut().push(text.to_owned());
    }
}

/// Watches over as many runs as there are.
fn watched(place: &Path, hands: &Fake, change: impl FnOnce(&mut Plan)) -> Ended {
    let mut plan = Plan {
        tenancy: "t".to_owned(),
        every: SignedDuration::from_hours(6),
        runs: Some(hands.runs.borrow().len() as u64),
        baseline: None,
        keep: Keep::default(),
    };
    change(&mut plan);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let history = History::open(place).unwrap();
    runtime.block_on(watch(&plan, history, hands, &Board::default())).unwrap()
}

#[test]
fn what_is_worse_is_told_once_and_again_when_it_comes_back() {
    let place = tempfile::tempdir().unwrap();
    let runs = [&[][..], &["a"], &["a"], &["a", "b"], &[], &["a"]].map(Run::Worse);
    let hands = Fake::with(&runs);
    let baseline = place.path().join("accepted");
    let ended = watched(&place.path().join("h"), &hands, |plan| plan.baseline = Some(baseline.clone()));
    assert_eq!((ended.whole, ended.failed, ended.worse), (6, 0, true));
    assert_eq!(hands.subjects(), [vec!["a"], vec!["b"], vec!["a"]]);
    let compared = hands.compared.borrow();
    assert!(compared.len() == 6 && compared.iter().all(|(old, _)| *old == baseline));
}

#[test]
fn without_a_baseline_each_run_is_held_against_the_one_before_that_came_to_its_end() {
    let place = tempfile::tempdir().unwrap();
    let hands = Fake::with(&[Run::Worse(&[]), Run::Fails, Run::Worse(&[]), Run::Worse(&[])]);
    watched(place.path(), &hands, |_| {});
    let names = hands.names();
    let at = |name: &String| place.path().join(name);
    let expected = [(at(&names[0]), at(&names[2])), (at(&names[2]), at(&names[3]))];
    assert_eq!(*hands.compared.borrow(), expected);
    // Six hours from the beginning of one to that of the next, the ten seconds of a run included.
    assert_eq!(hands.waits.borrow()[0], Duration::from_secs(6 * 3600 - 10));
}

#[test]
fn a_failure_and_a_recovery_are_told_once_each() {
    let place = tempfile::tempdir().unwrap();
    let hands = Fake::with(&[Run::Fails, Run::Fails, Run::Worse(&[]), Run::Worse(&[]), Run::Fails]);
    let ended = watched(place.path(), &hands, |_| {});
    assert_eq!((ended.whole, ended.failed), (2, 3));
    assert_eq!(hands.events(), [Event::Failed, Event::Recovered, Event::Failed]);
    let why = hands.told.borrow()[0].why.clone();
    assert!(why.contains("the cloud") && !why.contains('\u{1b}'), "{why}");

    // So is a state that nothing can be held against.
    let place = tempfile::tempdir().unwrap();
    let stuck = Fake { incomparable: true, ..Fake::with(&vec![Run::Worse(&[]); 3]) };
    assert_eq!(watched(place.path(), &stuck, |_| {}).failed, 2);
    assert_eq!(stuck.events(), [Event::Failed]);
}

#[test]
fn what_is_not_delivered_is_tried_again_at_once_and_with_the_next_run() {
    let place = tempfile::tempdir().unwrap();
    let hands = Fake::with(&[Run::Worse(&[]), Run::Worse(&["a"]), Run::Worse(&["a"])]);
    hands.refusals.borrow_mut().extend([true, true, true]);
    let ended = watched(place.path(), &hands, |_| {});
    assert_eq!((ended.pending, hands.subjects()), (0, vec![vec!["a".to_owned()]]));
    assert_eq!(hands.waits.borrow()[1..3], [Duration::from_secs(2), Duration::from_secs(4)]);
    assert!(hands.said.borrow().iter().any(|said| said.contains("was not told")), "{:?}", hands.said);

    // A lasting refusal, and the watch ends: the next watch tells it.
    let hands = Fake::with(&[Run::Worse(&["b"])]);
    hands.refusals.borrow_mut().push_back(false);
    assert_eq!(watched(place.path(), &hands, |_| {}).pending, 1);
    let hands = Fake::with(&[Run::Worse(&["b"])]);
    watched(place.path(), &hands, |_| {});
    assert_eq!(hands.subjects(), [vec!["b"]]);
}

#[test]
fn a_run_that_was_broken_off_is_gone_on_with_if_it_is_young() {
    let place = tempfile::tempdir().unwrap();
    let first = Fake::with(&[Run::BrokenOff]);
    assert_eq!(watched(place.path(), &first, |_| {}), Ended::default());
    assert_eq!(first.events(), []);
    let second = Fake::with(&[Run::Worse(&[])]);
    watched(place.path(), &second, |_| {});
    assert_eq!(*second.assessed.borrow(), [(first.names()[0].clone(), true)]);

    // One that cannot be gone on with is begun anew, not tried for a day.
    let broken = Fake::with(&[Run::BrokenOff]).later(SignedDuration::from_hours(1));
    watched(place.path(), &broken, |_| {});
    let again = Fake::with(&[Run::Fails, Run::Worse(&[])]).later(SignedDuration::from_hours(2));
    watched(place.path(), &again, |_| {});
    let assessed = again.assessed.borrow();
    assert_eq!((&assessed[0], assessed[1].1), (&(broken.names()[0].clone(), true), false));

    let third = Fake::with(&[Run::BrokenOff]).later(SignedDuration::from_hours(24));
    watched(place.path(), &third, |_| {});
    let old = Fake::with(&[Run::Worse(&[])]).later(SignedDuration::from_hours(72));
    watched(place.path(), &old, |_| {});
    assert!(!old.assessed.borrow()[0].1, "too old to be gone on with");
}

#[test]
fn only_runs_of_our_own_are_removed_and_never_the_newest_or_the_baseline() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    // Somebody else's: a run, and a file.
    fs::create_dir_all(at("20200101T000000Z")).unwrap();
    fs::write(at("20200101T000000Z/run.json"), "{}").unwrap();
    fs::write(at("notes.txt"), "keep").unwrap();
    let all = vec![Run::Worse(&[]); 6];
    let early = Fake::with(&all[..2]);
    watched(place.path(), &early, |_| {});
    let ours = early.names();
    // Something is put beside a run: nobody knows what else is lost with it.
    fs::write(at(&ours[1]).join("mine.txt"), "keep").unwrap();
    let hands = Fake::with(&all[2..]).later(SignedDuration::from_hours(24));
    watched(place.path(), &hands, |plan| {
        plan.baseline = Some(at(&ours[0]));
        plan.keep = Keep { runs: Some(2), age: None };
    });
    let later = hands.names();
    for (name, stays) in [
        ("20200101T000000Z", true),
        ("notes.txt", true),
        (&ours[0], true),
        (&ours[1], true),
        (&later[0], false),
        (&later[1], false),
        (&later[2], true),
        (&later[3], true),
    ] {
        assert_eq!(at(name).exists(), stays, "{name}");
    }
    assert!(hands.said.borrow().iter().any(|said| said.contains("mine.txt")), "{:?}", hands.said);

    // By age, the newest stays all the same.
    let mut history = History::open(place.path()).unwrap();
    let keep = Keep { age: Some(SignedDuration::from_hours(1)), runs: None };
    let (removed, _) = history.prune(keep, Timestamp::MAX, None);
    assert!(removed.contains(&later[2]) && at(&later[3]).exists(), "{removed:?}");
}

#[test]
fn two_watches_at_once_are_refused_and_a_lock_left_behind_is_not() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("watch.lock"), "4711").unwrap();
    let first = History::open(place.path()).unwrap();
    let second = History::open(place.path()).unwrap_err();
    let own = std::process::id().to_string();
    assert!(matches!(&second, HistoryFault::InUse(_, holder) if *holder == own), "{second}");
    drop(first);
    History::open(place.path()).unwrap();
}

#[test]
fn a_state_of_others_is_refused() {
    let state = |schema: &str, run: &str| {
        format!(
            r#"{{"schema":"{schema}","runs":{{"{run}":"2026-11-01T00:00:00Z"}},"newest":null,"told":[],"failing":false,"pending":[]}}"#
        )
    };
    for (text, says) in [
        ("{".to_owned(), "EOF"),
        ("{}".to_owned(), "missing field"),
        (state("x", "a"), "the schema is"),
        (state("sekisho/watch/v1", "../x"), "is no name of a run"),
    ] {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("watch.json"), text).unwrap();
        let fault = History::open(place.path()).unwrap_err().to_string();
        assert!(fault.contains(says), "{fault}");
    }
}

#[test]
fn a_mail_says_nothing_of_others_in_its_subject_and_shows_their_text_as_text() {
    let mut notice = Notice::of(Event::Worsened, "t\r\nBcc: x@example.jp\u{202e}", Timestamp::UNIX_EPOCH);
    let hostile = "n\r\nBcc: x@example.jp\u{1b}[31m";
    notice.changes.push(Change::new(What::CopyMoved, Direction::Worse, hostile, hostile, ""));
    assert!(!notice.subject().contains("example") && !notice.subject().contains('\n'));
    let text = notice.text();
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && !text.contains("\nBcc"), "{text}");
    assert!(text.contains("保存先") && text.contains("a copy moved abroad"), "{text}");
}
