//! Makes other people's text fit to be shown: bounded, on one line, with nothing hidden in it.
//!
//! Escaping belongs to each format; this is what comes before it.

use crate::documents::Handling;
use crate::text::Text;
use serde::Serialize;
use std::fmt::Write;

/// Longest name or identifier shown, in characters.
pub const NAME_LIMIT: usize = 200;
/// Longest reason or remedy shown, in characters.
pub const PROSE_LIMIT: usize = 1_200;

/// A text as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// What is shown of it.
    pub text: String,
    /// Its full length in characters, when only its beginning is shown.
    pub full: Option<u64>,
}

/// A name or identifier: everything that does not show is spelt out (`[U+202E]`).
pub fn name(text: &str, limit: usize) -> Shown {
    shown(text, limit, false)
}

/// Running text: line breaks and tabs become spaces, the rest is as for names.
pub fn prose(text: &str, limit: usize) -> Shown {
    shown(text, limit, true)
}

fn shown(text: &str, limit: usize, breaks_are_spaces: bool) -> Shown {
    let mut clean = String::with_capacity(text.len().min(limit * 4));
    let (mut previous, mut marks) = (' ', 0_u32);
    for c in text.chars().take(limit) {
        marks = if is_combining(c) { marks + 1 } else { 0 };
        if breaks_are_spaces && matches!(c, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}') {
            if previous != ' ' {
                clean.push(' ');
            }
            previous = ' ';
            continue;
        }
        let joins_emoji = c == '\u{200d}' && u32::from(previous) > 0x2190;
        if (does_not_show(c) && !joins_emoji) || marks > MOST_MARKS {
            let _ = write!(clean, "[U+{:04X}]", u32::from(c));
        } else {
            clean.push(c);
        }
        previous = c;
    }
    let full = text.chars().nth(limit).is_some().then(|| text.chars().count() as u64);
    Shown { text: clean, full }
}

/// Most combining marks shown on one letter.
const MOST_MARKS: u32 = 3;

fn is_combining(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{0483}'..='\u{0489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Controls, direction overrides, and letters that leave no mark.
fn does_not_show(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}'
            | '\u{2800}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// A number with its thousands apart: `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The marking that stands on every page: classification and restrictions.
pub fn marking(handling: &Handling) -> Text {
    let confidential = handling.confidentiality >= 2;
    let mut ja = vec![format!(
        "機密性{}情報{}",
        handling.confidentiality,
        if confidential { "（要機密情報）" } else { "" }
    )];
    let mut en = vec![format!("confidentiality {}", handling.confidentiality)];
    if let Some(integrity) = handling.integrity {
        ja.push(format!("完全性{integrity}情報"));
        en.push(format!("integrity {integrity}"));
    }
    if let Some(availability) = handling.availability {
        ja.push(format!("可用性{availability}情報"));
        en.push(format!("availability {availability}"));
    }
    for restriction in handling.restrictions.iter().take(12) {
        let shown = name(restriction, 60).text;
        ja.push(shown.clone());
        en.push(shown);
    }
    Text { ja: ja.join("・"), en: en.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(name(text, NAME_LIMIT).text, expected);
    }

    #[test]
    fn what_does_not_show_is_spelt_out() {
        check("invoice\u{202e}fdp.exe", "invoice[U+202E]fdp.exe");
        check("a\u{0}b\u{1b}[31mc\n", "a[U+0000]b[U+001B][31mc[U+000A]");
        check("ze\u{200b}ro", "ze[U+200B]ro");
        check("a\u{2800}b", "a[U+2800]b");
        check("ｶﾅ 日本 👨\u{200d}👩 é", "ｶﾅ 日本 👨\u{200d}👩 é");
        check("e\u{301}\u{301}\u{301}\u{301}", "e\u{301}\u{301}\u{301}[U+0301]");
    }

    #[test]
    fn long_text_is_bounded_and_says_its_length() {
        let shown = name(&"長".repeat(100_000), NAME_LIMIT);
        assert_eq!((shown.text.chars().count(), shown.full), (200, Some(100_000)));
        assert_eq!(name(&"x".repeat(200), NAME_LIMIT).full, None);
        assert_eq!(prose("one\r\n\ttwo", 80).text, "one two");
    }

    #[test]
    fn thousands_stand_apart() {
        let texts = [0, 999, 1000, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
    }
}
