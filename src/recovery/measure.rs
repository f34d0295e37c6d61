//! What was lost at worst, measured from the points that exist.
//!
//! A failure at the moment `s` loses what was written since the moment of the newest data that could be set back to
//! then: `s - max(data_i)` over the points that were ready by `s`. It is greatest just before a point becomes ready,
//! and now. For points t1 < … < tn that became ready a_i later, in order, that is
//! `max(max_i(t_(i+1) - t_i + a_(i+1)), T - tn)`; a point that became ready after a newer one changes nothing.
//!
//! Two bounds are kept. The upper one counts only points of which everything is known; the lower one counts every
//! point that may be usable, as early as it may have been. The truth lies between them.

/// A moment that data can be set back to. Seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The moment its data are of.
    pub data: i64,
    /// When it was ready; `None` when the service does not say.
    pub ready: Option<i64>,
    /// Whether everything is known of it: it can be used, it has not expired, and its key can be used.
    pub certain: bool,
}

/// The window in which failures are supposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first moment.
    pub from: i64,
    /// When the gathering of the facts began: what was made later may not have been seen.
    pub seen: i64,
    /// Its end: the moment of the assessment.
    pub until: i64,
}

/// What was lost at worst by a failure in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worst {
    /// Seconds of data.
    pub loss: i64,
    /// The moment from which on this holds: before it nothing is known to have been ready.
    pub from: i64,
}

/// No failure in the window loses more; `None` where no point is known whole.
pub fn at_most(moments: &[Moment], window: Window) -> Option<Worst> {
    // Of what does not say when it was ready it is known only that it was when it was seen.
    let known = moments.iter().filter(|moment| moment.certain);
    let known = known.map(|moment| (moment.data, moment.ready.unwrap_or(window.until)));
    worst(known, window.from, window.until)
}

/// Some failure in the window loses at least this; `None` where nothing could ever be set back to.
pub fn at_least(moments: &[Moment], window: Window) -> Option<Worst> {
    let possible = moments.iter();
    let possible = possible.map(|moment| (moment.data, moment.ready.unwrap_or(moment.data)));
    worst(possible, window.from, window.seen)
}

fn worst(points: impl Iterator<Item = (i64, i64)>, from: i64, until: i64) -> Option<Worst> {
    // Ready before its own data is a contradiction: it was ready no sooner than they were.
    let mut points: Vec<(i64, i64)> = points.map(|(data, ready)| (ready.max(data), data)).collect();
    points.retain(|(ready, _)| *ready <= until);
    points.sort_unstable();
    let from = points.first()?.0.max(from);
    let started = points.partition_point(|(ready, _)| *ready <= from);
    let mut newest = points[..started].iter().map(|(_, data)| *data).max()?;
    let mut loss = from - newest;
    for (ready, data) in &points[started..] {
        loss = loss.max(ready - newest);
        newest = newest.max(*data);
    }
    Some(Worst { loss: loss.max(until - newest), from })
}

/// The gaps between the moments of usable data, in order of length.
pub fn gaps(moments: &[Moment], from: i64) -> Vec<i64> {
    let mut data: Vec<i64> = moments.iter().filter(|moment| moment.certain).map(|one| one.data).collect();
    data.sort_unstable();
    data.dedup();
    let mut gaps: Vec<i64> =
        data.windows(2).filter(|pair| pair[1] >= from).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable();
    gaps
}

/// The least value that this share of all, in hundredths, does not exceed (nearest rank).
pub fn percentile(sorted: &[i64], hundredths: usize) -> Option<i64> {
    let rank = (sorted.len() * hundredths).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;

    fn at(data: i64, ready: i64) -> Moment {
        Moment { data, ready: Some(ready), certain: true }
    }

    fn window(days: i64) -> Window {
        Window { from: -days * DAY, seen: 0, until: 0 }
    }

    #[test]
    fn the_formula_with_late_availability() {
        // Daily, ready two hours later each, the last 5 hours ago: a failure just before one is ready loses 26 hours.
        let daily: Vec<Moment> = (0..5).map(|day| at(-5 * HOUR - day * DAY, -3 * HOUR - day * DAY)).collect();
        let worst = at_most(&daily, window(30)).unwrap();
        assert_eq!((worst.loss, worst.from), (26 * HOUR, -3 * HOUR - 4 * DAY));
        // One day was left out.
        let failed: Vec<Moment> =
            daily.iter().enumerate().filter(|(at, _)| *at != 2).map(|(_, one)| *one).collect();
        assert_eq!(at_most(&failed, window(30)).unwrap().loss, 50 * HOUR);
        // The gap lies before the window.
        assert_eq!(at_most(&failed, window(1)).unwrap().loss, 26 * HOUR);
        assert_eq!(gaps(&failed, -30 * DAY), [DAY, DAY, 2 * DAY]);
    }

    #[test]
    fn a_point_that_came_after_a_newer_one_changes_nothing() {
        let order = [at(-40 * HOUR, -39 * HOUR), at(-20 * HOUR, -HOUR), at(-10 * HOUR, -9 * HOUR)];
        assert_eq!(at_most(&order, window(30)).unwrap().loss, 31 * HOUR);
        assert_eq!(at_most(&[order[0], order[2]], window(30)), at_most(&order, window(30)));
    }

    #[test]
    fn what_is_not_certain_helps_no_pass_and_no_breach() {
        let points = [at(-20 * HOUR, -19 * HOUR), Moment { certain: false, ..at(-2 * HOUR, -HOUR) }];
        assert_eq!(at_most(&points, window(30)).unwrap().loss, 20 * HOUR);
        assert_eq!(at_least(&points, window(30)).unwrap().loss, 19 * HOUR);
        let silent = [Moment { data: -20 * HOUR, ready: None, certain: true }];
        assert_eq!(at_most(&silent, window(30)).unwrap().from, 0);
        assert_eq!(at_least(&silent, window(30)).unwrap().loss, 20 * HOUR);
        assert_eq!((at_most(&[], window(30)), at_least(&[], window(30))), (None, None));
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        assert_eq!(percentile(&[], 50), None);
        assert_eq!((percentile(&[7], 50), percentile(&[7], 95)), (Some(7), Some(7)));
        let twenty: Vec<i64> = (1..=20).collect();
        assert_eq!(
            (percentile(&twenty, 50), percentile(&twenty, 95), percentile(&twenty, 100)),
            (Some(10), Some(19), Some(20))
        );
    }

    /// What a failure at `s` loses, by points with (data, ready, deleted).
    fn lost(points: &[(i64, i64, i64)], s: i64) -> Option<i64> {
        let there = points.iter().filter(|(data, ready, deleted)| (*ready).max(*data) <= s && s < *deleted);
        there.map(|(data, ..)| *data).max().map(|newest| s - newest)
    }

    proptest! {
        /// Whatever was made, when it was ready and when it was deleted: no failure at any moment loses more than the
        /// bound that is told from what is left.
        #[test]
        fn no_failure_at_any_moment_loses_more(
            points in prop::collection::vec((-400i64..0, 0i64..60, 1i64..500), 1..40),
            length in 1i64..300,
            kept in prop::option::of(1i64..200),
        ) {
            // Deleted after a life of its own, or all after the same.
            let all: Vec<(i64, i64, i64)> = points.iter()
                .map(|(data, late, life)| (*data, data + late, data + kept.unwrap_or(*life)))
                .collect();
            let left: Vec<Moment> =
                all.iter().filter(|(_, ready, deleted)| *ready <= 0 && *deleted > 0).map(|(data, ready, _)| at(*data, *ready)).collect();
            let window = Window { from: -length, seen: 0, until: 0 };
            if let Some(bound) = at_most(&left, window) {
                for s in bound.from..=0 {
                    let real = lost(&all, s).unwrap();
                    prop_assert!(real <= bound.loss, "at {s}: {real} > {}", bound.loss);
                }
            }
        }

        /// Where nothing was deleted the bound is reached: it is the worst case, and no larger.
        #[test]
        fn the_bound_is_reached(
            points in prop::collection::vec((-400i64..0, 0i64..60), 1..40),
            length in 1i64..300,
        ) {
            let all: Vec<(i64, i64, i64)> =
                points.iter().map(|(data, late)| (*data, data + late, i64::MAX)).collect();
            let seen: Vec<Moment> =
                all.iter().filter(|(_, ready, _)| *ready <= 0).map(|(data, ready, _)| at(*data, *ready)).collect();
            let window = Window { from: -length, seen: 0, until: 0 };
            if let Some(bound) = at_most(&seen, window) {
                // Just before a point is ready counts as well: moments lie close.
                let reached = (bound.from..=0).filter_map(|s| lost(&all, s)).max().unwrap();
                prop_assert!((bound.loss - 1..=bound.loss).contains(&reached), "{reached} {bound:?}");
                prop_assert!(at_least(&seen, window).unwrap().loss <= bound.loss);
            }
        }

        /// One more point never makes it worse, and what is unknown of a point never makes it better.
        #[test]
        fn a_point_more_is_never_worse(
            points in prop::collection::vec((-400i64..0, 0i64..60), 2..20),
            length in 1i64..300,
        ) {
            let all: Vec<Moment> = points.iter().map(|(data, late)| at(*data, (data + late).min(0))).collect();
            let window = Window { from: -length, seen: 0, until: 0 };
            let (fewer, whole) = (at_most(&all[1..], window).unwrap(), at_most(&all, window).unwrap());
            // The same failures are supposed: those since both bounds hold.
            let since = Window { from: fewer.from.max(whole.from), ..window };
            prop_assert!(at_most(&all, since).unwrap().loss <= at_most(&all[1..], since).unwrap().loss);
            let mut doubted = all.clone();
            doubted[0].certain = false;
            prop_assert_eq!(at_most(&doubted, window), at_most(&all[1..], window));
            doubted[0] = Moment { ready: None, ..all[0] };
            prop_assert!(at_most(&doubted, since).unwrap().loss >= at_most(&all, since).unwrap().loss);
        }
    }
}
