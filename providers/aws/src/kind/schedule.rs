//! AWS's schedule expressions, `cron(minutes hours day-of-month month day-of-week year)` and `rate(value unit)`: how long
//! they leave between two times at most.

use jiff::civil::{Date, date};
use std::collections::BTreeSet;

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;

/// The longest time between two of its times, in seconds; `None` for an expression that is not understood or comes to
/// an end.
pub(super) fn longest_gap(expression: &str) -> Option<i64> {
    let text = expression.trim();
    let inside = |word: &str| text.strip_prefix(word)?.strip_prefix('(')?.strip_suffix(')');
    match (inside("cron"), inside("rate")) {
        (Some(fields), _) => Cron::read(fields)?.longest_gap(),
        (None, Some(rate)) => {
            let mut parts = rate.split_whitespace();
            let (number, unit) =
                (parts.next()?.parse::<i64>().ok().filter(|number| *number > 0)?, parts.next()?);
            let unit = match unit {
                "minute" | "minutes" => MINUTE,
                "hour" | "hours" => 60 * MINUTE,
                "day" | "days" => DAY,
                _ => return None,
            };
            parts.next().is_none().then(|| number.checked_mul(unit)).flatten()
        }
        (None, None) => None,
    }
}

/// The times of a cron expression.
struct Cron {
    minutes: BTreeSet<i64>,
    hours: BTreeSet<i64>,
    days: Days,
    months: BTreeSet<i64>,
}

/// On which days of a month.
enum Days {
    All,
    /// These days of the month; 0 for the last.
    OfMonth(BTreeSet<i64>),
    /// These days of the week, 1 for Sunday.
    OfWeek(BTreeSet<i64>),
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEK: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Cron {
    fn read(fields: &str) -> Option<Self> {
        let parts: Vec<&str> = fields.split_whitespace().collect();
        let [minutes, hours, of_month, months, of_week, year] = parts.as_slice() else { return None };
        // One that is bound to years comes to an end.
        if *year != "*" {
            return None;
        }
        let days = match (*of_month, *of_week) {
            ("*", "?") | ("?", "*") => Days::All,
            ("L", "?") => Days::OfMonth(BTreeSet::from([0])),
            (of_month, "?") => Days::OfMonth(numbers(of_month, 1, 31, &[])?),
            ("?", of_week) => Days::OfWeek(numbers(of_week, 1, 7, &WEEK)?),
            _ => return None,
        };
        Some(Self {
            minutes: numbers(minutes, 0, 59, &[])?,
            hours: numbers(hours, 0, 23, &[])?,
            days,
            months: numbers(months, 1, 12, &MONTHS)?,
        })
    }

    fn falls_on(&self, day: Date) -> bool {
        let in_month = self.months.contains(&i64::from(day.month()));
        in_month
            && match &self.days {
                Days::All => true,
                Days::OfMonth(days) => {
                    let last = day.days_in_month() == day.day();
                    days.contains(&i64::from(day.day())) || (last && days.contains(&0))
                }
                Days::OfWeek(days) => days.contains(&(i64::from(day.weekday().to_sunday_zero_offset()) + 1)),
            }
    }

    /// Looks through eight years: every month of every length in every place of a leap year's cycle.
    fn longest_gap(&self) -> Option<i64> {
        let times = || {
            self.hours
                .iter()
                .flat_map(|hour| self.minutes.iter().map(move |minute| (hour * 60 + minute) * MINUTE))
        };
        let (mut before, mut longest): (Option<i64>, Option<i64>) = (None, None);
        let (mut day, mut at) = (date(2024, 1, 1), 0);
        while day < date(2032, 1, 1) {
            if self.falls_on(day) {
                for time in times() {
                    let now = at + time;
                    if let Some(before) = before {
                        longest = longest.max(Some(now - before));
                    }
                    before = Some(now);
                }
            }
            day = day.tomorrow().ok()?;
            at += DAY;
        }
        longest
    }
}

/// The numbers of a field: `*`, lists, ranges and steps. `L`, `W` and `#` inside it are not understood.
fn numbers(field: &str, least: i64, most: i64, names: &[&str]) -> Option<BTreeSet<i64>> {
    let number = |text: &str| -> Option<i64> {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let named = named.and_then(|at| i64::try_from(at).ok()).map(|at| at + least);
        named.or_else(|| text.parse().ok()).filter(|number| (least..=most).contains(number))
    };
    let mut all = BTreeSet::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<i64>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, until) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((from, until)) => (number(from)?, number(until)?),
            None if part.contains('/') => (number(range)?, most),
            None => (number(range)?, number(range)?),
        };
        if from > until {
            return None;
        }
        all.extend((from..=until).filter(|number| (number - from) % step == 0));
    }
    (!all.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::longest_gap;

    #[test]
    fn the_longest_gap_of_a_schedule() {
        const HOUR: i64 = 3600;
        for (expression, hours) in [
            ("cron(0 5 ? * * *)", Some(24)),
            ("cron(0 5 * * ? *)", Some(24)),
            ("cron(0 5,17 ? * * *)", Some(12)),
            ("cron(0 5,7 ? * * *)", Some(22)),
            ("cron(0 0/6 ? * * *)", Some(6)),
            ("cron(0 5 ? * MON-FRI *)", Some(72)),
            ("cron(0 5 ? * 1 *)", Some(168)),
            ("cron(0 5 1 * ? *)", Some(31 * 24)),
            // Between two months of 31 days lies one of fewer.
            ("cron(0 5 31 * ? *)", Some(61 * 24)),
            ("cron(0 5 L * ? *)", Some(31 * 24)),
            ("cron(0 5 1 JAN ? *)", Some(366 * 24)),
            ("rate(12 hours)", Some(12)),
            ("rate(1 day)", Some(24)),
            ("cron(0 5 ? * * 2026)", None),
            ("cron(0 5 15W * ? *)", None),
            ("cron(0 5 ? * 6L *)", None),
            ("cron(0 5 * * * *)", None),
            ("cron(0 25 ? * * *)", None),
            ("cron(0 5 ? * FRI-MON *)", None),
            ("rate(0 days)", None),
            ("rate(1 fortnight)", None),
            ("0 5 * * *", None),
            ("", None),
        ] {
            assert_eq!(longest_gap(expression), hours.map(|hours: i64| hours * HOUR), "{expression}");
        }
    }
}
