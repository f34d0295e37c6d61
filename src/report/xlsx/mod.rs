//! `report.xlsx` and `report-en.xlsx`: the report as a workbook for people, a file a language.
//!
//! Rows go to disk as they are written, so memory does not grow with them. Other people's text is written as text alone: no formula,
//! no link, no number. What a sheet cannot hold goes on in the next; a long list of resources is counted instead and told of.

mod book;
mod papers;
mod seen;
mod summary;
mod verdicts;

use super::{Material, ReportError};
use crate::run_folder::REPORT_XLSX;
use crate::text::Language;
use book::Book;
use std::io::{Seek, SeekFrom, Write, copy};

/// Writes a workbook. It is put together in a file of its own, for its parts are known last.
pub fn write(file: &str, material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let language = if file == REPORT_XLSX[0] { Language::Ja } else { Language::En };
    let mut book = Book::new(material, language)?;
    summary::write(&mut book, material)?;
    verdicts::write(&mut book, material)?;
    seen::write(&mut book, material)?;
    papers::write(&mut book, material)?;
    seen::calls(&mut book, material)?;
    verdicts::evidence(&mut book, material)?;
    let mut whole = tempfile::tempfile()?;
    book.save(&mut whole)?;
    whole.seek(SeekFrom::Start(0))?;
    copy(&mut whole, out)?;
    Ok(())
}
