//! The printed report, read by programs of others: poppler and qpdf.

use super::ceremony::{Desk, REQUEST};
use std::fs;
use std::path::Path;
use std::process::Command;

const ASSESS: &str = "assess -c tenancy.toml --out run --request request.json --request-trust officer.pub.pem --no-corroborate";
const EDITIONS: [&str; 2] = ["report.pdf", "report-en.pdf"];

/// Debian's packages of what the tests run.
const TOOLS: [(&str, &str); 3] =
    [("pdftotext", "poppler-utils"), ("pdffonts", "poppler-utils"), ("qpdf", "qpdf")];

/// Whether every tool is there. On a desk without them these tests say so and end; in CI they fail.
fn tools() -> bool {
    let missing: Vec<&str> = TOOLS
        .iter()
        .filter(|(tool, _)| Command::new(tool).arg("--help").output().is_err())
        .map(|(_, package)| *package)
        .collect();
    assert!(missing.is_empty() || std::env::var_os("CI").is_none(), "install {missing:?}");
    if !missing.is_empty() {
        eprintln!("PDFs are not read by others here: install {missing:?}");
    }
    missing.is_empty()
}

/// What a tool says of a file; it must be content with it.
fn said(tool: &str, arguments: &[&str], file: &Path) -> String {
    let told = Command::new(tool)
        .args(arguments)
        .arg(file)
        .args((tool == "pdftotext").then_some("-"))
        .output()
        .unwrap();
    assert!(told.status.success(), "{tool}: {}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).unwrap()
}

/// What stands on each page, without spaces and breaks.
fn pages(file: &Path) -> Vec<String> {
    let text = said("pdftotext", &["-enc", "UTF-8"], file);
    let pages: Vec<&str> = text.split('\u{c}').collect();
    let (end, pages) = pages.split_last().unwrap();
    assert_eq!(*end, "", "every page ends with a form feed");
    pages.iter().map(|page| page.split_whitespace().collect()).collect()
}

/// A run that answers a marked request.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.ends(0, REQUEST);
    desk.ends(1, ASSESS);
    desk
}

#[test]
fn both_editions_come_from_the_folder_and_from_the_bundle_alike_and_others_can_read_them() {
    let desk = desk();
    desk.ends(0, "seal run --key contractor.pem --out plain.zip");
    desk.ends(0, "report plain.zip --format pdf --out from-bundle");
    desk.ends(0, "report run --format html,json,pdf");
    for name in EDITIONS {
        let [folder, bundle] =
            ["run", "from-bundle"].map(|place| fs::read(desk.file(place).join(name)).unwrap());
        assert!(folder == bundle, "{name}: the same facts give the same bytes");
    }
    // What is in the folder now goes into a bundle, and is made again byte for byte.
    desk.ends(0, "seal run --key contractor.pem --out bundle.zip");
    let verify = "verify bundle.zip --request request.json --trust contractor.pub.pem --lang en";
    let (told, _) = desk.ends(3, verify);
    assert!(told.contains("✓ Reports: 4 reports are byte for byte those that the facts give."), "{told}");
    let mut changed = fs::read(desk.file("run/report.pdf")).unwrap();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    fs::write(desk.file("run/report.pdf"), changed).unwrap();
    let (_, told) = desk.ends(2, "seal run --key contractor.pem --out changed.zip");
    assert!(super::bad_input::flat(&told).contains("report.pdf is not as the run has written it"), "{told}");

    if !tools() {
        return;
    }
    let clauses = [("Ⅴ-３", "V-3"), ("Ⅴ-６", "V-6"), ("Ⅴ-１１", "V-11"), ("Ⅴ-１４", "V-14")];
    for (name, ours, at) in [
        (
            "report.pdf",
            ["クラウド情報保全評価報告書", "総合判定", "台帳システム", "項目ごとの評価", "証跡番号"],
            0,
        ),
        (
            "report-en.pdf",
            [
                "Cloudresidencyandassurancereport",
                "Overallverdict",
                "台帳システム",
                "Clausebyclause",
                "Evidence",
            ],
            1,
        ),
    ] {
        let file = desk.file("from-bundle").join(name);
        assert!(said("qpdf", &["--check"], &file).contains("No syntax or stream encoding errors found"));
        let fonts = said("pdffonts", &[], &file);
        let fonts: Vec<&str> = fonts.lines().skip(2).collect();
        assert!(!fonts.is_empty());
        for font in fonts {
            let words: Vec<&str> = font.split_whitespace().collect();
            let subset = words[0]
                .split_once('+')
                .is_some_and(|(tag, name)| tag.len() == 6 && name.starts_with("BIZUDPGothic"));
            assert!(
                subset && font.contains("yes yes yes"),
                "embedded, as a subset, with its letters: {font}"
            );
        }
        let all = pages(&file).concat();
        for words in ours.into_iter().chain(clauses.map(|(ja, en)| if at == 0 { ja } else { en })) {
            assert!(all.contains(words), "{name}: {words}");
        }
        assert!(!all.contains('\u{fffd}'), "{name}");
    }
}

#[test]
fn the_marking_stands_on_every_page_and_who_asked_on_the_cover() {
    let desk = desk();
    desk.ends(0, "report run --format pdf --out out");
    if !tools() {
        return;
    }
    for (name, marking, asked) in [
        ("report.pdf", "機密性2情報（要機密情報）・複製禁止", ["発注機関機構", "担当担当", "契約台帳"]),
        (
            "report-en.pdf",
            "confidentiality2,複製禁止",
            ["Procuringbody機構", "Personincharge担当", "Contract台帳"],
        ),
    ] {
        let pages = pages(&desk.file("out").join(name));
        assert!(pages.len() > 3);
        for (at, page) in pages.iter().enumerate() {
            assert!(page.contains(marking), "{name}, page {}: {page}", at + 1);
            assert!(page.contains(&format!("{}/{}", at + 1, pages.len())), "{name}, page {}: {page}", at + 1);
        }
        for words in asked {
            assert!(pages[0].contains(words), "{name}: {words}: {}", pages[0]);
        }
    }
}

#[test]
fn what_was_taken_out_is_in_no_part_of_the_pdf() {
    let desk = desk();
    fs::write(desk.file("one.key"), format!("{}00\n", "1f".repeat(31))).unwrap();
    for level in ["names", "accounts"] {
        desk.ends(
            0,
            &format!("seal run --key contractor.pem --redact {level} --redact-key one.key --out {level}.zip"),
        );
    }
    for (run, out) in [("run", "whole"), ("names.zip", "names"), ("accounts.zip", "accounts")] {
        desk.ends(0, &format!("report {run} --format pdf --out {out}"));
    }
    let told = |place: &str, name: &str| {
        let file = desk.file(place).join(name);
        let mut all = pages(&file).concat();
        // Metadata, bookmarks and what is said aloud, unpacked.
        let plain = desk.file(place).join("plain.pdf");
        let unpacked = Command::new("qpdf")
            .args(["--qdf", "--object-streams=disable"])
            .arg(&file)
            .arg(&plain)
            .status()
            .unwrap();
        assert!(unpacked.success());
        all.push_str(&String::from_utf8_lossy(&fs::read(plain).unwrap()));
        all.push_str(&said("pdfinfo", &[], &file));
        all
    };
    if !tools() {
        return;
    }
    for name in EDITIONS {
        let whole = told("whole", name);
        // A bucket and who asked; with `accounts` the project too, and what is called after it.
        for (level, names) in
            [("names", &["utsushi", "機構"][..]), ("accounts", &["utsushi", "機構", "daicho"])]
        {
            let less = told(level, name);
            for words in names {
                // The control: they are found where nothing was taken out.
                assert!(whole.contains(words), "{name}: {words}");
                assert!(!less.contains(words), "{name}, {level}: {words}");
            }
            let taken = if name == "report.pdf" {
                "識別子を取り除いた写し"
            } else {
                "Identifiersweretakenout"
            };
            assert!(less.contains(taken), "{name}, {level}");
        }
    }
}
