//! What a reader of the reports may rely on.

mod html;
mod json;
mod sample;
mod terminal;

use super::{Format, UnknownFormat, write};
use sample::{Sample, sample};

fn written(sample: &Sample, format: Format) -> String {
    let mut out = Vec::new();
    write(format, &sample.material(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn formats_are_read_once_each_and_in_their_order() {
    assert_eq!(Format::parse_list("html, JSON,html"), Ok(vec![Format::Json, Format::Html]));
    assert_eq!(Format::parse_list("json,pdf"), Err(UnknownFormat("pdf".into())));
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
    for format in Format::ALL {
        assert!(written(&first, *format) == written(&second, *format), "{format:?}");
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
    for format in Format::ALL {
        let failure = write(*format, &sample(2_000).material(), &mut Full);
        assert!(
            matches!(&failure, Err(super::ReportError::Write(e)) if e.kind() == std::io::ErrorKind::StorageFull),
            "{failure:?}"
        );
    }
}
