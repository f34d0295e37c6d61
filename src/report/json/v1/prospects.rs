//! Setting back and erasure in `sekisho/report/v1`: figures of every group, and the resources that stand worst.

use crate::recovery::{Achieved, Recoverability};
use crate::report::Material;
use crate::report::prospects::{self, Standing};
use jiff::tz::Offset;
use schemars::JsonSchema;
use sekisho_contract::observed::Observed;
use serde::Serialize;

/// Most resources told one by one.
const ROWS: usize = 5_000;
/// Days are those of Japan's calendar.
const JAPAN: Offset = Offset::constant(9);

/// How far resources can be set back. These figures are of the moment of the assessment, and change with it.
#[derive(Serialize, JsonSchema)]
pub struct Recovery<'a> {
    /// By account, service and kind.
    groups: Vec<Group<'a>>,
    /// Those that stand worst, in the order of their groups.
    resources: Vec<Row<'a>>,
    /// How many are left out.
    left_out: usize,
}

/// Resources of one service and kind in one account.
#[derive(Serialize, JsonSchema)]
pub struct Group<'a> {
    /// The provider.
    provider: &'a str,
    /// The account.
    account: &'a str,
    /// The service.
    service: &'a str,
    /// The kind.
    kind: &'static str,
    /// Whose objective is met.
    met: usize,
    /// Whose is not, or that have nothing to set back from.
    missed: usize,
    /// Of which it is not decided, or for which nothing is declared.
    open: usize,
}

/// One resource. Lengths of time are in seconds; absent is what was not seen or is not so.
#[derive(Serialize, JsonSchema)]
pub struct Row<'a> {
    /// The resource's identifier.
    subject: &'a str,
    /// `met`, `missed` or `open`.
    standing: &'static str,
    /// What is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    declared_s: Option<i64>,
    /// The most by its schedules.
    #[serde(skip_serializing_if = "Option::is_none")]
    configured_s: Option<i64>,
    /// By backups wherever they rest.
    achieved: Figures,
    /// By backups at distant sites of the country.
    distant: Figures,
    /// When it was last set back, to the end; null when that is not proven, absent when it was not seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    restored: Option<Option<&'a str>>,
    /// Backups that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    jobs_failed: Option<i64>,
    /// Backups that were not started in their time.
    #[serde(skip_serializing_if = "Option::is_none")]
    jobs_expired: Option<i64>,
    /// The sites at home.
    sites: &'a [String],
    /// Kilometres between the two farthest apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    apart_km: Option<i64>,
}

/// What backups would have saved.
#[derive(Serialize, JsonSchema)]
pub struct Figures {
    /// The most that a failure could have cost, where that is decided; null where all could be lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    worst_s: Option<Option<i64>>,
    /// No failure in the window cost more.
    #[serde(skip_serializing_if = "Option::is_none")]
    bound_s: Option<i64>,
    /// Usable points.
    points: i64,
    /// Points that are not, or of which it is not known.
    left_out: i64,
    /// Points in no order of their own.
    crash_consistent: i64,
    /// Points that do not say when they were ready.
    delays_unseen: i64,
    /// The gap that half of all do not exceed.
    #[serde(skip_serializing_if = "Option::is_none")]
    median_s: Option<i64>,
    /// The gap that 95 in 100 do not exceed.
    #[serde(skip_serializing_if = "Option::is_none")]
    p95_s: Option<i64>,
    /// What a failure now would cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    exposure_s: Option<i64>,
    /// One reading of what keeps up continuously: a sample, not the worst case.
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_s: Option<i64>,
    /// The window over which it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    window_s: Option<i64>,
    /// The days of retention that made the window shorter.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_days: Option<i64>,
}

impl<'a> Recovery<'a> {
    pub(super) fn new(material: &Material<'a>) -> Self {
        let groups = prospects::groups(material);
        let all: usize = groups.iter().map(|group| group.all.len()).sum();
        let told = groups.iter().filter_map(|group| {
            let first = *group.all.first()?;
            let count = |wanted| group.all.iter().filter(|told| prospects::standing(told) == wanted).count();
            Some(Group {
                provider: &first.provider,
                account: &first.account,
                service: &first.service,
                kind: first.kind.as_str(),
                met: count(Standing::Met),
                missed: count(Standing::Missed),
                open: count(Standing::Open),
            })
        });
        let told = told.collect();
        // The worst of every group, rather than all of the first.
        let each = (ROWS / groups.len().max(1)).max(1);
        let rows = groups.iter().flat_map(|group| group.all.iter().take(each));
        let resources: Vec<Row<'a>> = rows.take(ROWS).map(|told| Row::new(told)).collect();
        Self { groups: told, left_out: all - resources.len(), resources }
    }
}

impl<'a> Row<'a> {
    fn new(told: &'a Recoverability) -> Self {
        Self {
            subject: &told.id,
            standing: match prospects::standing(told) {
                Standing::Met => "met",
                Standing::Missed => "missed",
                Standing::Open => "open",
            },
            declared_s: told.declared_s.seen().copied(),
            configured_s: told.configured_s.seen().copied().flatten(),
            achieved: Figures::new(&told.achieved),
            distant: Figures::new(&told.distant),
            restored: told.restored.seen().map(Option::as_deref),
            jobs_failed: told.jobs_failed.seen().copied(),
            jobs_expired: told.jobs_expired.seen().copied(),
            sites: &told.sites,
            apart_km: told.apart_km.seen().copied(),
        }
    }
}

impl Figures {
    const fn new(told: &Achieved) -> Self {
        Self {
            worst_s: match told.worst_s {
                Observed::Seen(worst) => Some(worst),
                Observed::Unseen(_) => None,
            },
            bound_s: told.bound_s,
            points: told.points,
            left_out: told.left_out,
            crash_consistent: told.crash_consistent,
            delays_unseen: told.delays_unseen,
            median_s: told.median_s,
            p95_s: told.p95_s,
            exposure_s: told.exposure_s,
            sample_s: told.sample_s,
            window_s: told.window_s,
            kept_days: told.kept_days,
        }
    }
}

/// When everything can be gone, in days of Japan's calendar.
#[derive(Serialize, JsonSchema)]
pub struct Erasure<'a> {
    /// The day on which all can be gone at the earliest of which that was seen; absent where there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    earliest: Option<String>,
    /// Resources that never can by themselves.
    never: usize,
    /// Resources of which it was not seen.
    unseen: usize,
    /// Resources that destroying a key makes unreadable, copies included.
    by_key: usize,
    /// Every obstacle, those nobody can lift first.
    calendar: Vec<Obstacle<'a>>,
    /// Those that stay longest.
    resources: Vec<Stay<'a>>,
    /// How many with obstacles are left out.
    left_out: usize,
}

/// Obstacles of one sort that end on one day.
#[derive(Serialize, JsonSchema)]
pub struct Obstacle<'a> {
    /// The day; null when never, absent where it was not seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<Option<String>>,
    /// What it is; absent for one that may be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<sekisho_contract::fact::ObstacleKind>,
    /// Who can lift it; absent where it was not seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    lifted_by: Option<sekisho_contract::fact::LiftedBy>,
    /// How many resources it stands before.
    resources: usize,
    /// One of them.
    example: &'a str,
}

/// When one resource can be gone. Null is never, absent what was not seen.
#[derive(Serialize, JsonSchema)]
pub struct Stay<'a> {
    /// The resource's identifier.
    subject: &'a str,
    /// If it is begun today by those who hold the rights.
    #[serde(skip_serializing_if = "Option::is_none")]
    earliest: Option<Option<String>>,
    /// The same without special rights.
    #[serde(skip_serializing_if = "Option::is_none")]
    unaided: Option<Option<String>>,
    /// If it is written to until the contract's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Option<String>>,
    /// By destroying its key; null where that does not erase it.
    #[serde(skip_serializing_if = "Option::is_none")]
    crypto: Option<Option<String>>,
    /// What bars that; empty where nothing does.
    crypto_bar: &'a str,
    /// How many other things hold its data.
    copies: i64,
    /// Whether it holds records of accesses, which V-6 wants kept.
    records: bool,
    /// The days they are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_days: Option<i64>,
}

impl<'a> Erasure<'a> {
    pub(super) fn new(material: &Material<'a>) -> Self {
        let all = &material.assessment.erasure;
        let whole = prospects::whole(all);
        let hardest = prospects::hardest(all);
        let obstacle = |entry: prospects::Entry<'a>| Obstacle {
            ends: entry.day.seen().cloned(),
            kind: entry.kind.seen().copied(),
            lifted_by: entry.lifted_by.seen().copied(),
            resources: entry.resources,
            example: &entry.example.id,
        };
        Self {
            earliest: whole.earliest.map(|at| prospects::day(&at, JAPAN)),
            never: whole.never,
            unseen: whole.unseen,
            by_key: whole.by_key,
            calendar: prospects::calendar(all, JAPAN).into_iter().map(obstacle).collect(),
            left_out: hardest.len().saturating_sub(ROWS),
            resources: hardest.into_iter().take(ROWS).map(Stay::new).collect(),
        }
    }
}

impl<'a> Stay<'a> {
    fn new(told: &'a crate::erasure::Erasability) -> Self {
        let day = |at: &Observed<Option<String>>| {
            at.seen().map(|at| at.as_deref().map(|at| prospects::day(at, JAPAN)))
        };
        Self {
            subject: &told.id,
            earliest: day(&told.earliest),
            unaided: day(&told.unaided),
            by: day(&told.by),
            crypto: day(&told.crypto),
            crypto_bar: &told.crypto_bar,
            copies: told.copies,
            records: told.records,
            retention_days: told.retention_days,
        }
    }
}
