//! When obstacles end.
//!
//! Locks hold data; waits begin when deletion is asked for, which a lock refuses until it ends. So the two are added:
//! `max(request, locks) + waits`. That is never sooner than the latest single obstacle.

use jiff::civil::Date;
use sekisho_contract::fact::{LiftedBy, Obstacle, Starts};
use sekisho_contract::observed::Observed;

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// When something can be gone. Seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The moment, by what was seen; `None` for never.
    pub at: Option<i64>,
    /// Whether that is all there is to it: nothing that may hold longer was left unseen.
    pub sure: bool,
}

impl End {
    /// Both have to be gone.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let at = match (self.at, other.at) {
            (Some(one), Some(other)) => Some(one.max(other)),
            _ => None,
        };
        Self { at, sure: self.sure && other.sure }
    }

    /// The same, where something else may hold longer.
    #[must_use]
    pub const fn unsure(self) -> Self {
        Self { at: self.at, sure: false }
    }
}

/// Who helps to lift obstacles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Help {
    /// Whoever holds a special right does.
    Privileged,
    /// Nobody but an ordinary user.
    None,
}

/// When what stands under these obstacles can be gone, if the last of its data is written at `written` and deletion may be
/// asked for from `asked` on.
pub fn end(obstacles: &[Obstacle], written: i64, asked: i64, help: Help) -> End {
    let (mut locks, mut waits, mut never, mut sure) = (i64::MIN, 0, false, true);
    for obstacle in obstacles {
        match (obstacle.lifted_by.seen(), help) {
            (Some(LiftedBy::User), _) | (Some(LiftedBy::PrivilegedUser), Help::Privileged) => continue,
            (Some(LiftedBy::Nobody | LiftedBy::PrivilegedUser), _) => {}
            // Whether anybody can lift it was not seen.
            (None, _) => {
                sure = false;
                continue;
            }
        }
        let days = match &obstacle.days {
            Observed::Seen(days) => *days,
            Observed::Unseen(_) => {
                sure = false;
                continue;
            }
        };
        let held = |from: i64| days.map(|days| from.saturating_add(i64::from(days) * DAY));
        match obstacle.starts.seen() {
            Some(Starts::AtRequest) => match days {
                Some(days) => waits = waits.max(i64::from(days) * DAY),
                None => never = true,
            },
            Some(Starts::AtWrite) => match (held(written), until(obstacle)) {
                (_, Until::Unseen) => sure = false,
                (None, Until::None) => never = true,
                (held, Until::At(at)) => locks = locks.max(at).max(held.unwrap_or(at)),
                (Some(held), Until::None) => locks = locks.max(held),
            },
            Some(Starts::Fixed) => match until(obstacle) {
                Until::Unseen => sure = false,
                Until::None => never = true,
                Until::At(at) => locks = locks.max(at),
            },
            None => sure = false,
        }
    }
    let at = (!never).then(|| locks.max(asked).saturating_add(waits));
    End { at, sure }
}

enum Until {
    None,
    At(i64),
    /// It was not seen, or cannot be read.
    Unseen,
}

fn until(obstacle: &Obstacle) -> Until {
    match &obstacle.until {
        Observed::Seen(None) => Until::None,
        Observed::Seen(Some(text)) => seconds(text).map_or(Until::Unseen, Until::At),
        Observed::Unseen(_) => Until::Unseen,
    }
}

/// A moment (RFC 3339), or the last second of a day in UTC.
pub fn seconds(text: &str) -> Option<i64> {
    let moment = text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second);
    let day = || {
        let day = text.parse::<Date>().ok()?.at(23, 59, 59, 0);
        jiff::tz::Offset::UTC.to_timestamp(day).ok().map(jiff::Timestamp::as_second)
    };
    moment.or_else(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sekisho_contract::fact::ObstacleKind;

    pub(super) fn obstacle(starts: Starts, days: Option<u32>, until: Option<&str>, by: LiftedBy) -> Obstacle {
        Obstacle {
            kind: Observed::Seen(ObstacleKind::LockCompliance),
            starts: Observed::Seen(starts),
            days: Observed::Seen(days),
            until: Observed::Seen(until.map(str::to_owned)),
            lifted_by: Observed::Seen(by),
        }
    }

    #[test]
    fn waits_begin_when_locks_end() {
        let lock = obstacle(Starts::AtWrite, Some(30), None, LiftedBy::Nobody);
        let wait = obstacle(Starts::AtRequest, Some(14), None, LiftedBy::Nobody);
        let days =
            |obstacles: &[Obstacle]| end(obstacles, 10 * DAY, 0, Help::Privileged).at.map(|at| at / DAY);
        assert_eq!(days(&[]), Some(0));
        assert_eq!(days(std::slice::from_ref(&lock)), Some(40));
        assert_eq!(days(std::slice::from_ref(&wait)), Some(14));
        assert_eq!(days(&[lock.clone(), wait.clone()]), Some(54));
        let fixed = obstacle(Starts::Fixed, None, Some("1970-03-01T00:00:00Z"), LiftedBy::Nobody);
        assert_eq!(days(&[fixed, wait]), Some(59 + 14));
        assert_eq!(days(&[obstacle(Starts::AtWrite, None, None, LiftedBy::Nobody)]), None);
        assert_eq!(days(&[obstacle(Starts::Fixed, None, None, LiftedBy::Nobody)]), None);
    }

    #[test]
    fn who_helps_decides() {
        let governed = [obstacle(Starts::AtWrite, Some(365), None, LiftedBy::PrivilegedUser)];
        assert_eq!(end(&governed, 0, 0, Help::Privileged), End { at: Some(0), sure: true });
        assert_eq!(end(&governed, 0, 0, Help::None), End { at: Some(365 * DAY), sure: true });
        let user = [obstacle(Starts::AtWrite, None, None, LiftedBy::User)];
        assert_eq!(end(&user, 0, 0, Help::None), End { at: Some(0), sure: true });
    }

    #[test]
    fn what_was_not_seen_is_never_sure() {
        let whole = obstacle(Starts::AtWrite, Some(1), None, LiftedBy::Nobody);
        let day = |text: &str| Obstacle {
            until: Observed::Seen(Some(text.into())),
            starts: Observed::Seen(Starts::Fixed),
            ..whole.clone()
        };
        for unseen in [
            Obstacle { lifted_by: Observed::default(), ..whole.clone() },
            Obstacle { days: Observed::default(), ..whole.clone() },
            Obstacle { starts: Observed::default(), ..whole.clone() },
            Obstacle { starts: Observed::Seen(Starts::Fixed), until: Observed::default(), ..whole.clone() },
            day("soon"),
        ] {
            let told = end(&[whole.clone(), unseen], 0, 0, Help::Privileged);
            assert_eq!(told, End { at: Some(DAY), sure: false });
        }
        assert!(end(&[day("1970-01-01")], 0, 0, Help::Privileged).sure);
    }

    proptest! {
        /// Never sooner than any single obstacle, and never sooner for one more.
        #[test]
        fn one_more_obstacle_is_never_sooner(
            parts in prop::collection::vec((0..3usize, prop::option::of(0u32..4000), prop::option::of(0i64..40_000), 0..3usize), 0..6),
            written in 0i64..20_000, asked in 0i64..20_000,
        ) {
            let starts = [Starts::AtWrite, Starts::AtRequest, Starts::Fixed];
            let by = [LiftedBy::Nobody, LiftedBy::PrivilegedUser, LiftedBy::User];
            let all: Vec<Obstacle> = parts.iter().map(|(start, days, until, who)| {
                let until = until.map(|day| jiff::Timestamp::from_second(day * DAY).unwrap().to_string());
                obstacle(starts[*start], *days, until.as_deref(), by[*who])
            }).collect();
            for help in [Help::Privileged, Help::None] {
                let told = |all: &[Obstacle]| end(all, written * DAY, asked * DAY, help).at.unwrap_or(i64::MAX);
                let whole = told(&all);
                prop_assert!(whole >= asked * DAY);
                for at in 0..all.len() {
                    prop_assert!(told(&all[at..=at]) <= whole);
                    prop_assert!(told(&all[..at]) <= whole);
                }
                prop_assert!(end(&all, written * DAY, asked * DAY, Help::Privileged).at.unwrap_or(i64::MAX) <= told(&all));
            }
        }
    }
}
