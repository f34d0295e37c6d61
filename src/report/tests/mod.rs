//! What a reader of the reports may rely on.

mod csv;
mod html;
mod json;
mod ocsf;
mod oscal;
mod pdf;
mod sample;
mod sarif;
mod terminal;
mod xlsx;

use super::{Format, UnknownFormat, write};
use sample::{Sample, sample};

fn written(sample: &Sample, file: &str) -> String {
    String::from_utf8(bytes(sample, file)).unwrap()
}

fn bytes(sample: &Sample, file: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write(file, &sample.material(), &mut out).unwrap();
    out
}

/// Every file of every format.
fn files() -> impl Iterator<Item = &'static str> {
    Format::ALL.iter().flat_map(|format| format.files().iter().copied())
}

#[test]
fn a_run_s_folder_knows_every_report() {
    assert_eq!(files().collect::<Vec<_>>(), crate::run_folder::REPORTS);
}

#[test]
fn formats_are_read_once_each_and_in_their_order() {
    assert_eq!(Format::parse_list("html, JSON,html"), Ok(vec![Format::Json, Format::Html]));
    assert_eq!(Format::parse_list("json,docx"), Err(UnknownFormat("docx".into())));
    assert_eq!(Format::parse_list(" , "), Err(UnknownFormat(String::new())));
}

#[test]
fn the_same_material_gives_the_same_bytes_whatever_the_order_of_cells_gaps_and_places() {
    let (first, mut second) = (sample(40), sample(40));
    second.assessment.cells.reverse();
    second.assessment.gaps.reverse();
    second.assessment.places.reverse();
    second.assessment.resources.reverse();
    second.run.accounts.reverse();
    for file in files() {
        assert!(bytes(&first, file) == bytes(&second, file), "{file}");
    }
}

/// What was taken out is no sign that there is nothing, in whichever file it is read.
#[test]
fn a_copy_of_verdicts_alone_never_says_that_there_is_nothing() {
    let mut sample = sample(40);
    let whole = super::withheld(&sample.assessment);
    assert!(whole.violates > 0 && whole.gaps > 0 && whole.exceptions == 2);
    let of = &mut sample.assessment;
    (of.findings, of.gaps, of.recovery, of.erasure) = Default::default();
    (of.corroboration, of.heard, of.logs, of.signals) = Default::default();
    (of.documents, of.faulty, of.exceptions) = Default::default();
    of.withheld = Some(whole);
    sample.facts.clear();
    for file in files() {
        let text = match file.rsplit('.').next() {
            Some("pdf") => pdf::said(&sample, file),
            Some("xlsx") => xlsx::parts(&sample, file).into_values().collect(),
            _ => written(&sample, file),
        };
        for never in [
            "確認できなかったものはない",
            "登録されている書面及び申告はない",
            "受容されたリスクの登録はない",
            "裏付けの確認を行っていない",
            "監査ログは読んでいない",
            "復旧の対象となる資源はない",
            "引用した呼出しはない",
            "是正事項なし",
            "nothing that could not be seen",
            "No document or statement is on file",
            "No accepted risk is registered",
            "No other witness was asked",
            "No audit logs were read",
            "No call is cited",
            "has to be put right.",
        ] {
            let bare: String = never.split_whitespace().collect();
            assert!(!text.contains(never) && !text.contains(&bare), "{file}: {never}");
        }
    }
    let about = written(&sample, "about.csv");
    for told in [
        format!("\"findings_violates\",\"{}\"", whole.violates),
        format!("\"gaps_open\",\"{}\"", whole.gaps),
        "\"exceptions\",\"2\"".to_owned(),
        "gaps unverified".to_owned(),
    ] {
        assert!(about.contains(&told), "{told}: {about}");
    }
    let poam: serde_json::Value = serde_json::from_str(&written(&sample, "oscal-poam.json")).unwrap();
    let items = poam["plan-of-action-and-milestones"]["poam-items"].as_array().unwrap();
    assert!(items.iter().any(|item| item.to_string().contains("\"violates\"")), "{items:?}");
}

#[test]
fn a_full_disk_is_a_failure_to_write() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for file in files() {
        let failure = write(file, &sample(2_000).material(), &mut Full);
        assert!(
            matches!(&failure, Err(super::ReportError::Write(e)) if e.kind() == std::io::ErrorKind::StorageFull),
            "{failure:?}"
        );
    }
}
