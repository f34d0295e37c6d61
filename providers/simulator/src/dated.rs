//! Moments in a description that are told from the run, so that backups and records are as old as they are meant to be.

use jiff::{SignedDuration, Timestamp};

/// Writes moments in place of `{t-3}` (RFC 3339) and `"{e-3}"` (a number: seconds since 1970), each so many hours before
/// `now`. Whatever else stands in braces stays.
pub fn dated(text: &str, now: Timestamp) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        told.push_str(before);
        let Some((moment, sort, length)) = moment(from, now) else {
            told.push('{');
            rest = &from[1..];
            continue;
        };
        rest = &from[length..];
        match sort {
            't' => told.push_str(&moment.to_string()),
            _ => {
                // A number bears no quotes.
                if told.ends_with('"') && rest.starts_with('"') {
                    told.pop();
                    rest = &rest[1..];
                }
                told.push_str(&moment.as_second().to_string());
            }
        }
    }
    told.push_str(rest);
    told
}

/// The moment a text begins with, its sort, and how much of the text it takes.
fn moment(text: &str, now: Timestamp) -> Option<(Timestamp, char, usize)> {
    let close = text.find('}')?;
    let inner = &text[1..close];
    let sort = inner.chars().next().filter(|sort| matches!(sort, 't' | 'e'))?;
    let hours: i64 = inner[1..].strip_prefix('-')?.parse().ok()?;
    let back = SignedDuration::from_hours(hours.clamp(0, 1_000_000));
    Some((now.checked_sub(back).ok()?, sort, close + 1))
}

#[cfg(test)]
mod tests {
    use super::dated;

    #[test]
    fn moments_are_told_from_the_run_and_nothing_else_is_touched() {
        let now = "2026-11-01T06:00:00Z".parse().unwrap();
        for (text, told) in [
            ("at: \"{t-3}\"", "at: \"2026-11-01T03:00:00Z\""),
            ("at: \"{e-6}\", b", "at: 1793491200, b"),
            ("{name: \"hokan-{n:02}\", x: {t-x}}", "{name: \"hokan-{n:02}\", x: {t-x}}"),
            ("{e", "{e"),
            ("", ""),
        ] {
            assert_eq!(dated(text, now), told, "{text}");
        }
    }
}
