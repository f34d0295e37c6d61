//! The summary on a terminal.

use super::sample;
use crate::report::terminal::summary;
use crate::text::Language;
use unicode_width::UnicodeWidthStr;

#[test]
fn it_fits_eighty_columns_and_obeys_no_one_elses_escapes() {
    let sample = sample(3);
    for language in [Language::Ja, Language::En] {
        let text = summary(&sample.material(), language, false, &["out/report.html".into()]);
        for line in text.lines() {
            assert!(line.width() <= 80, "{} columns: {line}", line.width());
        }
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\0']));
        assert!(text.contains("out/report.html"));
    }
}

#[test]
fn colours_come_only_when_asked_for() {
    let sample = sample(0);
    let plain = summary(&sample.material(), Language::Ja, false, &[]);
    let mut coloured = summary(&sample.material(), Language::Ja, true, &[]);
    assert_ne!(plain, coloured);
    while let Some(start) = coloured.find('\u{1b}') {
        let end = start + coloured[start..].find('m').unwrap();
        coloured.replace_range(start..=end, "");
    }
    assert_eq!(plain, coloured);
}

#[test]
fn it_reads_like_this() {
    let text = summary(&sample(0).material(), Language::Ja, false, &["out/report.html".into()]);
    insta::assert_snapshot!(text, @"");
}
