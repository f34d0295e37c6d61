//! Makes text fit for the page: letters the typeface has not are named, and what is long may be broken.

use super::press;
use serde_json::Value;
use std::collections::HashSet;
use std::fmt::Write;
use std::sync::LazyLock;

/// Where a line may be broken: no letter, and no part of the text; the pages put a gap of no width in its place.
pub const BREAK: char = '\u{200b}';
/// Longer words may be broken.
const WORD: usize = 14;
/// Letters without a place to break them between, at most, and letters and digits of a digest.
const PIECE: usize = 16;
const NUMBER: usize = 8;
/// The letters of `〈U+10FFFF`.
const LONGEST_NAME: usize = 9;
/// Words without such a place may be as long as this, for the sake of words of English.
const UNBROKEN: usize = 22;

/// Keys of what is no text: names within the document, and measures.
const NOT_TEXT: [&str; 9] =
    ["anchor", "class", "x", "y", "radius", "whereabouts", "world", "japan", "inset_outline"];

/// Makes every text in a value fit.
pub fn fit_all(value: &mut Value) {
    match value {
        Value::String(text) => *text = fit(text),
        Value::Array(all) => all.iter_mut().for_each(fit_all),
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                if !(NOT_TEXT.contains(&key.as_str()) && value.is_string()) {
                    fit_all(value);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// One text as it is set.
pub fn fit(text: &str) -> String {
    let named = name_missing(text);
    let mut fit = String::with_capacity(named.len() + named.len() / 8);
    let mut rest = named.as_str();
    while !rest.is_empty() {
        let word = rest.find(breaks_by_itself).unwrap_or(rest.len());
        push_word(&rest[..word], &mut fit);
        let after = rest[word..].find(|c| !breaks_by_itself(c)).unwrap_or(rest.len() - word);
        fit.push_str(&rest[word..word + after]);
        rest = &rest[word + after..];
    }
    fit
}

/// Letters that the typeface has not, and what would not show, by their numbers: `〈U+1F3EF〉`.
fn name_missing(text: &str) -> String {
    let mut named = String::with_capacity(text.len());
    for c in text.chars() {
        let c = match c {
            // The typeface has the hyphen, and not the one that holds together.
            '\u{2011}' => '-',
            '\n' | '\r' | '\t' => ' ',
            c => c,
        };
        if c == BREAK || !is_in_typeface(c) {
            let _ = write!(named, "〈U+{:04X}〉", u32::from(c));
        } else {
            named.push(c);
        }
    }
    named
}

/// What everybody may give a meaning of their own is in no typeface: archives refuse it too.
fn is_in_typeface(c: char) -> bool {
    let private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
    !private && LETTERS.contains(&u32::from(c))
}

/// What every font of the pages has.
static LETTERS: LazyLock<HashSet<u32>> = LazyLock::new(|| {
    let mut fonts = press::fonts().iter().map(|font| font.info().coverage.iter().collect::<HashSet<u32>>());
    let first = fonts.next().unwrap_or_default();
    fonts.fold(first, |all, one| &all & &one)
});

/// Letters before and after which typst breaks lines of itself.
fn breaks_by_itself(c: char) -> bool {
    matches!(c, ' ' | '\u{3000}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        || (matches!(c, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}') && !is_small_kana(c))
}

/// Small kana stand at no beginning of a line.
fn is_small_kana(c: char) -> bool {
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ".contains(c)
}

fn push_word(word: &str, fit: &mut String) {
    let long = word.chars().count();
    if long <= WORD {
        fit.push_str(word);
        return;
    }
    let (mut previous, mut piece, mut digits, mut named) = (' ', 0, false, 0);
    let mut letters = word.chars().peekable();
    while let Some(c) = letters.next() {
        // What names a letter stays in one piece; more letters than that has no name.
        named = if c == '〈' { LONGEST_NAME } else { usize::saturating_sub(named, 1) };
        let hump = previous.is_ascii_lowercase() && c.is_ascii_uppercase();
        let after_mark = previous.is_ascii_punctuation() && c.is_alphanumeric();
        let too_long = long > UNBROKEN && piece >= if digits { NUMBER } else { PIECE };
        let ahead = letters.peek().is_some();
        if ahead && named == 0 && ((hump || after_mark) && piece > 1 || too_long) {
            fit.push(BREAK);
            (piece, digits) = (0, false);
        }
        fit.push(c);
        piece += 1;
        digits |= c.is_ascii_digit();
        named = if c == '〉' { 0 } else { named };
        previous = c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(fit(text).replace(BREAK, "|"), expected);
    }

    #[test]
    fn every_sign_and_word_of_ours_is_in_the_typeface() {
        assert_eq!(press::fonts().len(), 2);
        for c in "○×△◇－▽●◆？Ⅰ Ⅲ Ⅴ－１２〈〉（）「」【】・…–→ABCabc019亜ぁァｱー、。".chars()
        {
            assert!(is_in_typeface(c), "{c}");
        }
    }

    #[test]
    fn letters_that_cannot_be_shown_are_named() {
        check("城🏯", "城〈U+1F3EF〉");
        check("سل", "〈U+0633〉〈U+0644〉");
        check("ｶﾀｶﾅ é", "ｶﾀｶﾅ é");
        check("a\u{200b}b", "a〈U+200B〉b");
    }

    #[test]
    fn what_is_long_may_be_broken() {
        check("short-name", "short-name");
        check("arn:aws:s3:::tohoku-survey-archive", "arn:|aws:|s3:::|tohoku-|survey-|archive");
        check("s3:GetBucketReplication", "s3:|Get|Bucket|Replication");
        check(&"a".repeat(30), &format!("{}|{}", "a".repeat(16), "a".repeat(14)));
        check("9f86d081884c7d659a2feaa0", "9f86d081|884c7d65|9a2feaa0");
        check("internationalization", "internationalization");
        check(&"ー".repeat(30), &format!("{}|{}", "ー".repeat(16), "ー".repeat(14)));
        check(
            &format!("〈{}", "x".repeat(40)),
            &format!("〈{}|{}|{}", "x".repeat(15), "x".repeat(16), "x".repeat(9)),
        );
    }
}
