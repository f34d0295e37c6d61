//! The workbooks.

use super::{Sample, bytes, sample};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// The parts of a workbook, as text.
pub(super) fn parts(sample: &Sample, file: &str) -> BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes(sample, file))).unwrap();
    let mut parts = BTreeMap::new();
    for at in 0..archive.len() {
        let (mut part, mut text) = (archive.by_index(at).unwrap(), String::new());
        part.read_to_string(&mut text).unwrap();
        parts.insert(part.name().unwrap().into_owned(), text);
    }
    parts
}

/// Rows of each sheet, by its name, its heading among them.
fn rows(parts: &BTreeMap<String, String>) -> Vec<(String, usize)> {
    let names = parts["xl/workbook.xml"].split("<sheet name=\"").skip(1);
    let names = names.map(|rest| rest.split('"').next().unwrap().to_owned());
    let count = |at: usize| {
        let all = parts[&format!("xl/worksheets/sheet{at}.xml")].split("<row r=\"").skip(1);
        let numbers: Vec<&str> = all.map(|rest| rest.split('"').next().unwrap()).collect();
        let distinct: std::collections::BTreeSet<&str> = numbers.iter().copied().collect();
        assert_eq!(distinct.len(), numbers.len(), "no row stands twice");
        numbers.len()
    };
    names.zip(1..).map(|(name, at)| (name, count(at))).collect()
}

#[test]
fn each_sheet_has_a_row_for_everything() {
    let sample = sample(40);
    for (file, names) in [
        (
            "report.xlsx",
            ["項目別判定", "所見", "資源", "確認できなかったもの", "調査単位", "受容されたリスク"],
        ),
        ("report-en.xlsx", ["Clauses", "Findings", "Resources", "Gaps", "Cells", "Accepted risks"]),
    ] {
        let sheets: BTreeMap<String, usize> = rows(&parts(&sample, file)).into_iter().collect();
        let assessment = &sample.assessment;
        let wanted = [
            assessment.clauses.len(),
            assessment.findings.len(),
            sample.facts.len(),
            assessment.gaps.len(),
            assessment.cells.len(),
            assessment.exceptions.len(),
        ];
        for (name, many) in names.into_iter().zip(wanted) {
            assert_eq!(sheets[name], many + 1, "{file} {name}");
        }
    }
}

#[test]
fn it_holds_text_alone_and_is_laid_out_for_paper() {
    let parts = parts(&sample(3), "report.xlsx");
    for (name, text) in parts.iter().filter(|(name, _)| name.starts_with("xl/worksheets/")) {
        for never in ["<f>", "<f ", "<hyperlink", "\u{202e}", "\u{200b}"] {
            assert!(!text.contains(never), "{name} {never}");
        }
        for always in [
            "orientation=\"landscape\"",
            "paperSize=\"9\"",
            "&amp;P / &amp;N",
            "機密性2情報",
            "state=\"frozen\"",
        ] {
            assert!(text.contains(always), "{name} {always}");
        }
    }
    let sheets: String = parts.values().map(String::as_str).collect();
    for shown in [
        "=cmd|&apos; /C calc&apos;!A0",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "invoice[U+202E]fdp.exe",
        "… [100000]",
        "× 不適合",
    ] {
        assert!(sheets.contains(shown) || sheets.contains(&shown.replace("&apos;", "'")), "{shown}");
    }
    assert!(
        sheets.contains("<autoFilter")
            && sheets.contains("beginsWith")
            && sheets.contains("quotePrefix=\"1\"")
    );
    assert!(parts["xl/workbook.xml"].contains("_xlnm.Print_Titles"));
    // What it is, and no word of who or where.
    let core = &parts["docProps/core.xml"];
    assert!(
        core.contains("2026-11-23T10:43:11Z") && core.contains("<dc:creator>sekisho 0.1.0</dc:creator>"),
        "{core}"
    );
    assert!(core.contains("単位を確認できなかった") && core.contains("cells-open gaps unverified"), "{core}");
}

#[test]
fn a_long_list_goes_on_in_another_sheet_and_loses_no_row() {
    let sample = sample(5_100);
    let findings: Vec<(String, usize)> = rows(&parts(&sample, "report-en.xlsx"))
        .into_iter()
        .filter(|(name, _)| name.starts_with("Findings"))
        .collect();
    let names: Vec<&str> = findings.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Findings", "Findings (2)", "Findings (3)"]);
    let listed: usize = findings.iter().map(|(_, rows)| rows - 1).sum();
    assert_eq!(listed, sample.assessment.findings.len());
}

#[test]
fn many_resources_are_counted_and_told_of() {
    let mut sample = sample(0);
    sample.assessment.resources = vec![("aws".into(), "s3".into(), "object_store".into(), 1_000_000)];
    let parts_of = parts(&sample, "report-en.xlsx");
    let sheets: BTreeMap<String, usize> = rows(&parts_of).into_iter().collect();
    assert_eq!(sheets["Resources"], 3);
    let all: String = parts_of.values().map(String::as_str).collect();
    assert!(all.contains(
        "There are 1,000,000 resources, counted here by kind; resources.csv and copies.csv list them."
    ));
    // Where verdicts alone are told.
    sample.assessment.resources[0].3 = 12;
    sample.facts.clear();
    let all: String = parts(&sample, "report-en.xlsx").into_values().collect();
    assert!(all.contains("the list of them was taken out"));
}
