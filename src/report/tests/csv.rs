//! The tables.

use super::{files, sample, written};
use crate::run_folder::REPORT_CSV;
use csv::{ReaderBuilder, StringRecord};
use std::collections::BTreeSet;

/// The columns and rows of a table.
fn table(sample: &super::Sample, file: &str) -> (StringRecord, Vec<StringRecord>) {
    let text = written(sample, file);
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']), "{file}");
    let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
    (reader.headers().unwrap().clone(), reader.records().map(Result::unwrap).collect())
}

fn column(sample: &super::Sample, file: &str, name: &str) -> Vec<String> {
    let (columns, rows) = table(sample, file);
    let at = columns.iter().position(|column| column == name).unwrap_or_else(|| panic!("{file} {name}"));
    rows.iter().map(|row| row[at].to_owned()).collect()
}

#[test]
fn every_table_is_one_and_says_what_the_result_lacks() {
    let sample = sample(5);
    assert!(REPORT_CSV.iter().all(|file| files().any(|one| one == *file)));
    for file in REPORT_CSV {
        let (columns, rows) = table(&sample, file);
        assert!(
            columns
                .iter()
                .all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
        );
        assert_eq!(columns.iter().collect::<BTreeSet<_>>().len(), columns.len(), "{file}");
        let ja = columns.iter().filter(|name| name.ends_with("_ja"));
        for name in ja {
            assert!(columns.iter().any(|other| other == name.replace("_ja", "_en")), "{file} {name}");
        }
        assert!(!rows.is_empty(), "{file}");
        for row in rows {
            let tail: Vec<&str> = row.iter().rev().take(3).collect();
            assert!(tail[0].starts_with("機密性2情報"), "{file} {tail:?}");
            assert_eq!(tail[1], "cells-open gaps unverified", "{file}");
            assert_eq!(tail[2], "2026-11-23T10:43:11Z", "{file}");
        }
    }
}

#[test]
fn there_is_a_row_for_everything() {
    let sample = sample(40);
    let assessment = &sample.assessment;
    let rows = |file| table(&sample, file).1.len();
    assert_eq!(rows("clauses.csv"), assessment.clauses.len());
    assert_eq!(
        rows("checks.csv"),
        assessment.clauses.iter().map(|clause| clause.checks.len()).sum::<usize>()
    );
    assert_eq!(rows("findings.csv"), assessment.findings.len());
    assert_eq!(rows("gaps.csv"), assessment.gaps.len());
    assert_eq!(rows("cells.csv"), assessment.cells.len());
    assert_eq!(rows("documents.csv"), assessment.documents.len() + assessment.faulty.len());
    assert_eq!(rows("exceptions.csv"), assessment.exceptions.len());
    assert_eq!(rows("calls.csv"), sample.ledger.by_operation.len());
    assert_eq!(rows("resources.csv"), sample.facts.len());
    assert_eq!(rows("copies.csv"), 2 * sample.facts.len());
}

#[test]
fn nothing_is_a_formula_hidden_or_cut_without_a_word() {
    let sample = sample(0);
    for file in REPORT_CSV {
        let (_, rows) = table(&sample, file);
        for cell in rows.iter().flatten() {
            assert!(!cell.trim_start().starts_with(['=', '+', '@', '＝', '＋', '－', '＠']), "{file} {cell}");
            assert!(!cell.starts_with('-') || cell.parse::<i64>().is_ok(), "{file} {cell}");
            assert!(
                !cell.contains(['\u{202e}', '\u{200b}', '\u{7}', '\u{1b}', '\0', '\u{2028}']),
                "{file} {cell}"
            );
        }
    }
    let names = column(&sample, "findings.csv", "name");
    for name in
        ["<script>alert(1)</script>", "'=cmd|' /C calc'!A0", "invoice[U+202E]fdp.exe", "مرحبا-بالعالم"]
    {
        assert!(names.iter().any(|one| one == name), "{name}");
    }
    assert!(names.iter().any(|name| name.ends_with(" … [100000]") && name.chars().count() < 32_767));
}

#[test]
fn what_was_not_seen_has_a_word_and_numbers_stay_numbers() {
    let mut sample = sample(0);
    sample.facts = vec![
        r#"{"type":"gap","subject":"x"}"#.into(),
        r#"{"type":"resource","id":"x","provider":"aws","account":"1","region":"r","service":"s","kind":"object_store","name":"x",
            "facets":["encryption"],"copies":[{"role":"primary"},{"role":"replica","location":"eu","countries":[]},
            {"role":"backup","location":"b","countries":["JP","US"],"site":"s"}],"evidence":{}}"#
            .replace('\n', " "),
    ];
    let one = |file, name| column(&sample, file, name).join("|");
    assert_eq!(one("resources.csv", "confidential"), "unseen");
    assert_eq!(one("resources.csv", "encrypted"), "unseen");
    assert_eq!(one("resources.csv", "key_manager"), "unseen");
    assert_eq!(one("resources.csv", "copies_unseen"), "2");
    assert_eq!(one("resources.csv", "copies_abroad"), "1");
    assert_eq!(one("copies.csv", "home"), "unseen|unseen|false");
    assert_eq!(one("copies.csv", "countries"), "unseen|unseen|JP; US");
    assert_eq!(one("documents.csv", "days_to_expiry").split('|').next(), Some("-23"));
    sample.facts.push("{\"type\":\"resource\"}".into());
    assert!(super::write("copies.csv", &sample.material(), &mut Vec::new()).is_err());
}

#[test]
fn an_empty_table_of_a_result_that_lacks_something_is_not_silent() {
    let mut sample = sample(0);
    sample.assessment.findings.clear();
    let (columns, rows) = table(&sample, "findings.csv");
    assert_eq!(rows.len(), 1);
    assert!(rows[0].iter().take(columns.len() - 3).all(str::is_empty));
    for cell in &mut sample.assessment.cells {
        cell.state = sekisho_contract::fact::CellState::Listed;
    }
    sample.assessment.gaps.clear();
    sample.assessment.clauses.retain(|clause| clause.status != crate::assess::Status::Unverified);
    assert!(table(&sample, "findings.csv").1.is_empty());
}
