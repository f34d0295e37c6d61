//! What changed between two runs over one tenancy: what it means, not which bytes differ.
//!
//! Pure: two opened runs, and the same runs give the same changes. Facts are read side by side in the order they are written
//! in, so that memory does not grow with their number; findings and verdicts are made again by today's checks for both
//! runs. What moves by itself is no change (`table.rs` says of each field why).

pub mod application;
pub mod change;
mod clauses;
mod copies;
mod coverage;
mod facts;
mod fields;
pub mod json;
mod locks;
mod merge;
mod papers;
mod resources;
mod scope;
mod table;
pub mod terminal;
#[cfg(test)]
mod tests;
mod told;
mod verdicts;
mod what;
mod witnesses;

pub use change::{Change, Direction};
pub use told::Counts;
pub use verdicts::{ClauseDrift, FindingChange};
pub use what::What;

use crate::annex::{self, ProfileFault};
use crate::assess::Status;
use crate::bundle::OpenRun;
use crate::checks::{CheckFault, TenancyDates};
use crate::documents::Handling;
use crate::judge::{JudgeFault, ProfileJudge};
use crate::run_folder::{ReadFault, Run};
use crate::text::Text;
use crate::walk::{Judge, StageFault};
use clauses::Clauses;
use jiff::Timestamp;
use std::collections::BTreeSet;
use told::Told;
use verdicts::Judged;

/// What changed between two runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The tenancy.
    pub tenancy: String,
    /// The run before.
    pub old: Moment,
    /// The run after.
    pub new: Moment,
    /// What is to be known before the changes are read.
    pub notes: Vec<Text>,
    /// The clauses, in the profile's order.
    pub clauses: Vec<ClauseDrift>,
    /// The changes, the worst first, then by clause; the first of them where there are very many.
    pub changes: Vec<Change>,
    /// How many changes went which way.
    pub counts: Counts,
    /// Findings that came, went or changed, the worst first; the first of them where there are very many.
    pub findings: Vec<FindingChange>,
    /// How many findings went which way.
    pub finding_counts: Counts,
    /// How this is to be handled: as strictly as either run.
    pub handling: Option<Handling>,
}

/// A run, as a comparison names it.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// When it was assessed.
    pub assessed_at: Timestamp,
    /// The strongest verdict by today's checks.
    pub verdict: Status,
    /// The version that made it.
    pub version: String,
    /// SHA-256 of its facts, lower-case hex.
    pub facts: String,
}

/// Why two runs could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum DriftFault {
    /// They are of different tenancies.
    #[error("the runs are of different tenancies: `{0}` and `{1}`")]
    OtherTenancy(String, String),
    /// They have no account in common.
    #[error("the runs have no account in common")]
    OtherAccounts,
    /// They are held against different profiles.
    #[error("the runs are held against different profiles: `{0}` and `{1}`")]
    OtherProfile(String, String),
    /// The first is the later one.
    #[error("the first run ({0}) is later than the second ({1})")]
    Backwards(Timestamp, Timestamp),
    /// A facts file could not be read.
    #[error(transparent)]
    Read(#[from] ReadFault),
    /// A line is no fact.
    #[error("line {line} of the facts cannot be read: {source}")]
    Line {
        /// The line, from 1; 0 when it is not known.
        line: u64,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A facts file is not in the order that facts are written in.
    #[error("line {line} of the facts is out of order: the file is not as sekisho writes it")]
    Order {
        /// The line, from 1.
        line: u64,
    },
    /// Too many lines of one name.
    #[error("too many lines of the facts, up to line {line}, are of one name")]
    Alike {
        /// The line, from 1.
        line: u64,
    },
    /// The judge could not be had.
    #[error(transparent)]
    Judge(#[from] JudgeFault),
    /// The profile does not load.
    #[error(transparent)]
    Profile(#[from] ProfileFault),
    /// The checks do not load.
    #[error(transparent)]
    Checks(#[from] CheckFault),
    /// The facts could not be assessed.
    #[error("the facts could not be assessed: {0}")]
    Assess(StageFault),
}

impl DriftFault {
    /// Whether the caller asked for something that cannot be (exit 2), rather than the comparison failing (exit 4).
    pub const fn is_misuse(&self) -> bool {
        !matches!(self, Self::Profile(_) | Self::Checks(_))
    }
}

/// Compares two runs of one tenancy.
pub fn compare(old: &OpenRun, new: &OpenRun) -> Result<Drift, DriftFault> {
    comparable(&old.run, &new.run)?;
    let profile = &new.run.tenancy.profile;
    let judge = ProfileJudge::of(profile, &[])?;
    let judged = |run: &OpenRun| {
        // Two requests may have asked for different clauses: what changed is held against all of them.
        let whole = Run { request: None, ..run.run.clone() };
        let assessment =
            judge.assess(&run.folder.facts(), &run.beside, &whole).map_err(DriftFault::Assess)?;
        Ok::<_, DriftFault>(Judged::of(assessment))
    };
    // One after the other: the rest of an assessment is not held.
    let (before, after) = (judged(old)?, judged(new)?);

    let profile = annex::find(profile)?.ok_or_else(|| JudgeFault::Unknown(profile.clone()))?;
    let (now, then) = (papers::Papers::of(new), papers::Papers::of(old));
    let dates = TenancyDates::new(
        now.tenancy.contract_end,
        now.tenancy.erasure_grace_days,
        now.day,
        &profile.parameters.utc_offset,
    );
    let clauses = Clauses::of(&profile, &dates)?;
    let mut told = Told::default();
    let subjects: BTreeSet<&str> = before.subjects().chain(after.subjects()).collect();
    let names = facts::compare((old, new), &clauses, &subjects, &mut told)?;
    papers::compare(then, now, &clauses, &mut told);
    witnesses::compare(&before, &after, &clauses, &mut told);
    verdicts::verdicts(&before, &after, &mut told);

    let (findings, finding_counts, mut worse) = verdicts::findings(&before, &after, &names);
    worse.extend(told.worse().iter().cloned());
    let moment = |run: &Run, judged: &Judged| Moment {
        assessed_at: run.assessed_at,
        verdict: judged.verdict,
        version: run.tool.clone(),
        facts: run
            .files
            .iter()
            .find(|file| file.name == crate::run_folder::FACTS)
            .map(|file| file.sha256.clone())
            .unwrap_or_default(),
    };
    let (changes, counts) = told.finish(|clause| clauses.place(clause));
    Ok(Drift {
        tenancy: new.run.tenancy.name.clone(),
        old: moment(&old.run, &before),
        new: moment(&new.run, &after),
        notes: notes(&old.run, &new.run, &judge.profile_digest()),
        clauses: verdicts::clauses(&before, &after, &worse),
        changes,
        counts,
        findings,
        finding_counts,
        handling: stricter(old.run.handling.clone(), new.run.handling.clone()),
    })
}

impl Drift {
    /// Whether anything got worse: a verdict, what a demand found, or what a change means.
    pub fn is_worse(&self) -> bool {
        self.counts.worse > 0 || self.clauses.iter().any(|clause| clause.worse)
    }

    /// Whether nothing changed at all.
    pub const fn is_none(&self) -> bool {
        self.counts.all() == 0 && self.finding_counts.all() == 0
    }
}

fn comparable(old: &Run, new: &Run) -> Result<(), DriftFault> {
    let (then, now) = (&old.tenancy, &new.tenancy);
    if then.name != now.name {
        return Err(DriftFault::OtherTenancy(
            change::bounded(&then.name, 100),
            change::bounded(&now.name, 100),
        ));
    }
    if then.profile != now.profile {
        return Err(DriftFault::OtherProfile(then.profile.clone(), now.profile.clone()));
    }
    let names = |run: &Run| -> BTreeSet<(String, String)> {
        run.tenancy.accounts.iter().map(|one| (one.provider.clone(), one.id.clone())).collect()
    };
    if names(old).is_disjoint(&names(new)) {
        return Err(DriftFault::OtherAccounts);
    }
    if old.assessed_at > new.assessed_at {
        return Err(DriftFault::Backwards(old.assessed_at, new.assessed_at));
    }
    Ok(())
}

/// What is to be known before the changes are read.
fn notes(old: &Run, new: &Run, today: &str) -> Vec<Text> {
    let mut notes = Vec::new();
    let mut note = |ja: String, en: String| notes.push(Text { ja, en });
    if old.profile_digest != new.profile_digest {
        note(
            "二つの実行は異なる版のプロファイル又は検査で作られた。判定はいずれも現在の検査で行い直したが、実行時の報告書の判定とは異なり得る。".to_owned(),
            "The runs were made with different editions of the profile or its checks. Both were judged again with the current ones, which may differ from what their reports say.".to_owned(),
        );
    } else if new.profile_digest != today {
        note(
            "プロファイル又は検査が実行時のものと異なる。判定は現在の検査による。".to_owned(),
            "The profile or its checks are not those of the runs: the verdicts use the current ones."
                .to_owned(),
        );
    }
    if old.tool != new.tool {
        note(
            format!(
                "二つの実行は異なる版（{} と {}）で作られた。読み取る範囲の違いが変更として現れ得る。",
                old.tool, new.tool
            ),
            format!(
                "The runs were made by different versions ({} and {}): what one reads and the other does not may show as changes.",
                old.tool, new.tool
            ),
        );
    }
    for (run, ja, en) in [(old, "変更前", "before"), (new, "変更後", "after")] {
        if run.cancelled || run.unfinished > 0 {
            note(
                format!("{ja}の実行は最後まで終わっていない（未調査の単位：{}）。", run.unfinished),
                format!("The run {en} did not come to its end ({} parts not asked).", run.unfinished),
            );
        }
    }
    notes
}

/// The stricter of two markings, and the restrictions of both.
fn stricter(one: Option<Handling>, other: Option<Handling>) -> Option<Handling> {
    let (Some(mut strict), Some(other)) = (one.clone(), other.clone()) else { return one.or(other) };
    strict.confidentiality = strict.confidentiality.max(other.confidentiality);
    strict.integrity = strict.integrity.max(other.integrity);
    strict.availability = strict.availability.max(other.availability);
    for restriction in other.restrictions {
        if !strict.restrictions.contains(&restriction) {
            strict.restrictions.push(restriction);
        }
    }
    Some(strict)
}
