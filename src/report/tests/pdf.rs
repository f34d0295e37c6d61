//! `report.pdf` and `report-en.pdf`.

use super::sample::{sample, text};
use super::{Sample, bytes};
use crate::documents::Handling;
use crate::request::Request;
use crate::run_folder::{REPORT_PDF, REPORT_PDF_EN};
use lopdf::{Document, Object};

fn opened(sample: &Sample, file: &str) -> Document {
    Document::load_mem(&bytes(sample, file)).unwrap()
}

fn info(document: &Document, key: &[u8]) -> String {
    let info = document.trailer.get(b"Info").and_then(|info| document.dereference(info)).unwrap().1;
    let value = info.as_dict().unwrap().get(key);
    value.and_then(lopdf::decode_text_string).unwrap_or_default()
}

/// What stands on each page, without spaces and breaks.
fn pages(document: &Document) -> Vec<String> {
    let read = |number: &u32| document.extract_text(&[*number]).unwrap();
    document.get_pages().keys().map(|number| read(number).split_whitespace().collect()).collect()
}

/// Everything that stands on the pages, without spaces and breaks.
pub(super) fn said(sample: &Sample, file: &str) -> String {
    pages(&opened(sample, file)).concat()
}

#[test]
fn each_edition_says_what_it_is_and_holds_every_clause() {
    for (file, language, title, verdict) in [
        (REPORT_PDF, "ja", "クラウド情報保全評価報告書", "総合判定不適合"),
        (REPORT_PDF_EN, "en", "Cloudresidencyandassurancereport", "Overallverdictviolates"),
    ] {
        let sample = sample(3);
        let document = opened(&sample, file);
        let catalogue = document.catalog().unwrap();
        assert!(
            matches!(catalogue.get(b"Lang"), Ok(Object::String(said, _)) if said.starts_with(language.as_bytes()))
        );
        assert!(catalogue.has(b"Outlines") && catalogue.has(b"StructTreeRoot"), "{file}: bookmarks and tags");
        let told: String = info(&document, b"Title").split_whitespace().collect();
        assert!(told.contains(title) && told.contains("東部広域行政データ連携基盤"), "{told}");
        // Whoever reads the properties alone knows how it is to be handled, how it came out, and what it lacks.
        let about = [info(&document, b"Subject"), info(&document, b"Keywords")].concat();
        for words in [
            "2",
            "cells-open gaps unverified",
            if language == "ja" { "機密性2情報" } else { "confidentiality 2" },
        ] {
            assert!(about.contains(words), "{file}: {words}: {about}");
        }
        assert_eq!(info(&document, b"CreationDate"), "D:20261123104311Z");
        let all = pages(&document).concat();
        assert!(all.contains(title) && all.contains(verdict), "{file}");
        for clause in &sample.assessment.clauses {
            let number = if language == "ja" { &clause.number } else { &clause.id };
            assert!(all.contains(number.as_str()), "{file}: {number}");
        }
    }
}

#[test]
fn who_asked_stands_on_the_cover_and_is_not_made_up() {
    let mut asked = sample(0);
    let cover = &pages(&opened(&asked, REPORT_PDF))[0];
    assert!(cover.contains("依頼書によらない評価"), "{cover}");
    asked.run.request = Some(Request {
        schema: "sekisho/request/v1".into(),
        body: "東部広域機構".into(),
        person: None,
        contract: "データ連携基盤の運用（第７号）".into(),
        profile: "jp-annex-2".into(),
        profile_digest: None,
        clauses: vec!["V-3".into()],
        accounts: Vec::new(),
        nonce: "7f".repeat(32),
        issued_at: asked.run.assessed_at,
        expires_at: asked.run.assessed_at,
        max_calls: None,
        handling: None,
        public_key: String::new(),
        recipients: Vec::new(),
    });
    let cover = &pages(&opened(&asked, REPORT_PDF))[0];
    assert!(cover.contains("東部広域機構") && cover.contains("データ連携基盤の運用（第７号）"), "{cover}");
    assert!(cover.contains("依頼書に記載なし"), "nobody was named: {cover}");
}

#[test]
fn the_marking_and_the_page_s_number_stand_on_every_page() {
    let mut marked = sample(3);
    marked.assessment.handling = Some(Handling {
        confidentiality: 3,
        integrity: Some(2),
        availability: None,
        restrictions: vec!["複製禁止".into(), "持出し禁止".into()],
    });
    for (file, marking) in [
        (REPORT_PDF, "機密性3情報（要機密情報）・完全性2情報・複製禁止・持出し禁止"),
        (REPORT_PDF_EN, "confidentiality3,integrity2,複製禁止,持出し禁止"),
    ] {
        let all = pages(&opened(&marked, file));
        for (at, page) in all.iter().enumerate() {
            assert!(page.contains(marking), "{file}, page {}: {page}", at + 1);
            assert!(page.contains(&format!("{}/{}", at + 1, all.len())), "{file}, page {}: {page}", at + 1);
        }
    }
}

#[test]
fn a_document_is_bounded_and_says_what_it_leaves_out() {
    let (small, large) = (opened(&sample(10), REPORT_PDF), opened(&sample(20_000), REPORT_PDF));
    let (small, large) = (pages(&small), pages(&large));
    assert!(large.len() <= small.len() + 6, "{} pages, {} pages", small.len(), large.len());
    let all = large.concat();
    assert!(
        all.contains("所見20,003件のうち12件を示した。残る19,991件はreport.json及びfindings.csvに収める。"),
        "what is left out is counted"
    );
}

#[test]
fn hostile_names_are_set_as_text_and_what_the_typeface_has_not_is_named() {
    let mut hostile = sample(0);
    let names = [
        "#import \"@preview/x:1.0.0\": *",
        "#panic(\"no\") $x^2$ *bold* _it_ @ref <label> `raw` \\ // /* ",
        "= 見出し",
        "〈U+1F3EF〉\u{200b}\u{feff}",
        "👨\u{200d}👩\u{200d}👧🏯",
        "نص عربي",
        "ｶﾀｶﾅﾊﾝｶｸ",
    ];
    let first = hostile.assessment.findings[0].clone();
    for name in names {
        let mut finding = first.clone();
        (finding.name, finding.subject) = (name.into(), format!("arn:aws:s3:::{name}").into());
        finding.reason = text(name, name).into();
        hostile.assessment.findings.insert(0, finding);
    }
    hostile.run.tenancy = names.concat();
    for file in [REPORT_PDF, REPORT_PDF_EN] {
        let document = opened(&hostile, file);
        let all = pages(&document).concat();
        for told in [
            "#import\"@preview/x:1.0.0\":*",
            "#panic(\"no\")$x^2$*bold*_it_@ref<label>`raw`\\///*",
            "〈U+1F3EF〉",
            "〈U+1F468〉",
            "〈U+0646〉〈U+0635〉",
            "ｶﾀｶﾅﾊﾝｶｸ",
            "[U+200B]",
            "[U+202E]",
            "<script>alert(1)</script>",
        ] {
            assert!(all.contains(told), "{file}: {told}");
        }
        assert!(!all.contains('\u{fffd}') && !all.contains('\u{200b}'));
    }
}

#[test]
fn a_name_of_a_hundred_thousand_letters_is_cut_and_says_its_length() {
    let mut long = sample(0);
    let finding = &mut long.assessment.findings[0];
    (finding.name, finding.subject) = ("長".repeat(100_000).into(), "a".repeat(100_000).into());
    long.run.tenancy = "W".repeat(100_000);
    let all = pages(&opened(&long, REPORT_PDF)).concat();
    assert!(all.contains("（全100,000文字）"));
}
