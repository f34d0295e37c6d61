//! Texts in both languages of the report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text in Japanese and English. Neither may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// A language of the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

impl Text {
    /// The text in one language.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Ja => &self.ja,
            Language::En => &self.en,
        }
    }
}

/// Japanese that was written over several lines of YAML, without the spaces that folding put between them. Names of menus in
/// katakana keep theirs.
pub fn unfolded(text: &str) -> String {
    let wide = |c: char| matches!(c, '\u{3000}'..='\u{9fff}' | '\u{ff01}'..='\u{ff60}');
    let katakana = |c: char| matches!(c, '\u{30a1}'..='\u{30fc}');
    let mut joined = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let (before, after) = (joined.chars().next_back(), rest.peek().copied());
        let between = |test: &dyn Fn(char) -> bool| before.is_some_and(test) && after.is_some_and(test);
        if c != ' ' || !between(&wide) || between(&katakana) {
            joined.push(c);
        }
    }
    joined
}

/// The known word nearest to a mistyped one, if one is near.
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let word: String = word.chars().take(60).collect::<String>().to_lowercase().replace('-', "_");
    known
        .iter()
        .rev()
        .map(|near| {
            let plain = near.replace('-', "_");
            // Short words: two letters swapped leave little alike, and are one slip all the same.
            let one_slip = strsim::osa_distance(&word, &plain) == 1;
            (if one_slip { 0.99 } else { strsim::jaro_winkler(&word, &plain) }, *near)
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, near)| near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_written_over_lines_has_no_spaces_of_them() {
        for (given, expected) in [
            ("すべてについて、 場所を調べる", "すべてについて、場所を調べる"),
            ("「ネームド ロケーション」で 国を選ぶ", "「ネームド ロケーション」で国を選ぶ"),
            ("AWS の S3 に置く。 RDS も同じ", "AWS の S3 に置く。 RDS も同じ"),
            (" ", " "),
        ] {
            assert_eq!(unfolded(given), expected);
        }
    }
}
