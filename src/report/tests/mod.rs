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
