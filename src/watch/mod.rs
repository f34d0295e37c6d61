//! Repeats runs, holds each against an accepted state, and tells what got worse, once.
//!
//! A run that fails is told and does not end the watch. What moves the hands of the clock, makes a run, and carries a notice
//! is handed in ([`Hands`]); what follows from them is here.

pub mod deliver;
pub mod history;
pub mod metrics;
pub mod notice;
#[cfg(test)]
mod tests;

use crate::assess::Status;
use crate::drift::Drift;
use async_trait::async_trait;
use deliver::Undelivered;
use history::{History, HistoryFault, Keep, Pending};
use jiff::{SignedDuration, Timestamp};
use metrics::Board;
use notice::{Event, Notice, Worse};
use sekisho_contract::gap::shorten;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a watch cannot do by itself.
#[async_trait(?Send)]
pub trait Hands {
    /// What time it is.
    fn now(&self) -> Timestamp;
    /// Waits so long; says whether the watch goes on.
    async fn wait(&self, time: Duration) -> bool;
    /// Whether the watch is to end.
    fn is_stopped(&self) -> bool;
    /// Makes a run into a folder, or goes on with the one in it.
    async fn assess(&self, into: &Path, resume: bool) -> Result<Made, String>;
    /// What changed between two runs, the earlier first.
    fn compare(&self, old: &Path, new: &Path) -> Result<Drift, String>;
    /// Whom to tell.
    fn posts(&self) -> Vec<String>;
    /// Carries a notice to one of them, once.
    async fn deliver(&self, to: &str, notice: &Notice) -> Result<(), Undelivered>;
    /// Says something to whoever runs the watch.
    fn say(&self, text: &str);
}

/// A run that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// Whether it came to its end.
    pub whole: bool,
    /// The clauses' verdicts.
    pub clauses: Vec<(String, Status)>,
    /// Findings that violate, and that are unverified.
    pub findings: (u64, u64),
    /// Requests.
    pub calls: u64,
    /// What was not seen.
    pub gaps: u64,
}

/// How a watch goes about it.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The tenancy's name, for notices.
    pub tenancy: String,
    /// From the beginning of one run to that of the next.
    pub every: SignedDuration,
    /// Runs to make; without end when left out.
    pub runs: Option<u64>,
    /// The accepted state; the run before when left out.
    pub baseline: Option<PathBuf>,
    /// How much of the history is kept.
    pub keep: Keep,
}

/// How a watch ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    /// Runs that came to their end.
    pub whole: u64,
    /// Runs that failed, or could not be held against anything.
    pub failed: u64,
    /// Whether the last comparison showed something worse.
    pub worse: bool,
    /// Notices that are still to be delivered.
    pub pending: u64,
}

/// A notice is tried so often at once, with a longer wait each time.
const ATTEMPTS: u32 = 3;
/// The first wait between two attempts.
const BACKOFF: Duration = Duration::from_secs(2);
/// Notices kept for later.
const PENDING: usize = 200;

/// Watches until it is stopped, or so many runs were made.
pub async fn watch(
    plan: &Plan,
    history: History,
    hands: &dyn Hands,
    board: &Board,
) -> Result<Ended, HistoryFault> {
    let mut watch = Watch { plan, history, hands, board, ended: Ended::default() };
    let mut made = 0;
    loop {
        let begun = hands.now();
        watch.round(begun).await?;
        made += 1;
        if hands.is_stopped() || plan.runs.is_some_and(|runs| made >= runs) {
            return Ok(watch.ended);
        }
        // A run that took longer than there is between two is followed by the next at once.
        let left = plan.every.checked_sub(hands.now().duration_since(begun)).unwrap_or_default();
        let wait = Duration::try_from(left).unwrap_or_default();
        hands.say(&format!("the next run begins in {} s", wait.as_secs()));
        if !hands.wait(wait).await {
            return Ok(watch.ended);
        }
    }
}

struct Watch<'w> {
    plan: &'w Plan,
    history: History,
    hands: &'w dyn Hands,
    board: &'w Board,
    ended: Ended,
}

impl Watch<'_> {
    /// One run, and what follows from it.
    async fn round(&mut self, begun: Timestamp) -> Result<(), HistoryFault> {
        let (name, resume) = self.history.next(begun)?;
        let folder = self.history.of(&name);
        let made = self.hands.assess(&folder, resume).await;
        let now = self.hands.now();
        // Stopped by whoever runs the watch: nothing failed, and the next watch goes on with it.
        if self.hands.is_stopped() && !matches!(&made, Ok(made) if made.whole) {
            return self.history.save();
        }
        let notices: Vec<Notice> = match made {
            Ok(made) if made.whole => self.held(&name, made, now),
            result => {
                let why = result.err().unwrap_or_else(|| "it did not come to its end".to_owned());
                // What cannot be gone on with is begun anew: the tenancy file may be another now.
                self.history.state.given_up = resume.then(|| name.clone());
                self.board.change(|figures| figures.succeeded = Some(false));
                self.failure(&name, &format!("{name} failed: {why}"), now).into_iter().collect()
            }
        };
        self.board.change(|figures| {
            figures.last_run = Some(now.as_second());
            figures.duration = Some(now.duration_since(begun).as_secs_f64());
            figures.runs = (self.ended.whole, self.ended.failed);
        });
        for notice in notices {
            for to in self.hands.posts() {
                let pending = Pending { to, notice: notice.clone(), tried: 0, why: String::new() };
                self.history.state.pending.push(pending);
            }
        }
        // Before anything leaves: what was told is known to the next watch even if this one ends here.
        self.history.save()?;
        self.send().await;
        let (removed, left) = self.history.prune(self.plan.keep, now, self.plan.baseline.as_deref());
        if !removed.is_empty() {
            self.hands.say(&format!("removed from the history: {}", removed.join(", ")));
        }
        left.iter().for_each(|run| self.hands.say(&format!("not removed from the history: {run}")));
        self.history.save()
    }

    /// A run that came to its end, held against what is accepted.
    fn held(&mut self, name: &str, made: Made, now: Timestamp) -> Vec<Notice> {
        let before = match &self.plan.baseline {
            Some(baseline) => Some(baseline.clone()),
            None => self.history.state.newest.as_deref().map(|run| self.history.of(run)),
        };
        self.history.state.newest = Some(name.to_owned());
        self.board.change(|figures| {
            figures.succeeded = Some(true);
            figures.last_success = Some(now.as_second());
            figures.clauses = made.clauses;
            figures.findings = Some(made.findings);
            (figures.calls, figures.gaps) = (Some(made.calls), Some(made.gaps));
        });
        let folder = self.history.of(name);
        let compared = before.map(|before| (self.hands.compare(&before, &folder), before));
        if let Some((Err(why), before)) = &compared {
            let why = format!("{name} could not be held against {}: {why}", before.display());
            return self.failure(name, &why, now).into_iter().collect();
        }
        self.ended.whole += 1;
        let mut notices = Vec::new();
        if std::mem::take(&mut self.history.state.failing) {
            notices.push(named(Notice::of(Event::Recovered, &self.plan.tenancy, now), name));
        }
        if let Some((Ok(drift), before)) = compared {
            self.ended.worse = drift.is_worse();
            self.board.change(|figures| figures.drift = Some(drift.counts));
            notices.extend(self.worsening(&drift, name, &before, now));
        }
        notices
    }

    /// A failure is told once, until a run comes to its end again.
    fn failure(&mut self, name: &str, why: &str, now: Timestamp) -> Option<Notice> {
        let why = shorten(why);
        self.hands.say(&why);
        self.ended.failed += 1;
        let told = std::mem::replace(&mut self.history.state.failing, true);
        let notice = Notice { why, ..Notice::of(Event::Failed, &self.plan.tenancy, now) };
        (!told).then(|| named(notice, name))
    }

    /// What is worse and was not told yet. What is no longer worse is told again when it comes back.
    fn worsening(&mut self, drift: &Drift, name: &str, before: &Path, now: Timestamp) -> Option<Notice> {
        let all = notice::worse(drift);
        let told = std::mem::take(&mut self.history.state.told);
        let new: Vec<Worse<'_>> =
            all.iter().filter(|(name, _)| !told.contains(name)).map(|(_, one)| *one).collect();
        self.history.state.told = all.iter().map(|(name, _)| name.clone()).collect();
        let baseline = before.file_name().map(|name| name.to_string_lossy().into_owned());
        (!new.is_empty()).then(|| named(Notice { baseline, ..Notice::worsened(drift, &new, now) }, name))
    }

    /// Sends what is to be sent: now, or with the next run.
    async fn send(&mut self) {
        let mut left = Vec::new();
        let known = self.hands.posts();
        for mut pending in std::mem::take(&mut self.history.state.pending) {
            // Whom the tenancy file no longer names is not told.
            if known.contains(&pending.to) && !self.arrives(&mut pending).await {
                let Pending { to, why, .. } = &pending;
                self.hands.say(&format!("{to} was not told, and will be with the next run: {why}"));
                left.push(pending);
            }
        }
        if let Some(more) = left.len().checked_sub(PENDING).filter(|more| *more > 0) {
            self.hands
                .say(&format!("{more} notices that could not be delivered are given up, the oldest first"));
            left.drain(..more);
        }
        self.ended.pending = left.len() as u64;
        self.board.change(|figures| figures.pending = left.len() as u64);
        self.history.state.pending = left;
    }

    async fn arrives(&self, pending: &mut Pending) -> bool {
        let mut wait = BACKOFF;
        for attempt in 1..=ATTEMPTS {
            pending.tried += 1;
            let Err(fault) = self.hands.deliver(&pending.to, &pending.notice).await else { return true };
            pending.why = fault.why;
            if !fault.passing || attempt == ATTEMPTS || !self.hands.wait(wait).await {
                break;
            }
            wait *= 2;
        }
        false
    }
}

fn named(notice: Notice, run: &str) -> Notice {
    Notice { run: Some(run.to_owned()), ..notice }
}
