//! `report.pdf` and `report-en.pdf`: the report to be handed in, set on A4 by typst within this process.
//!
//! What others wrote reaches the pages as values of a JSON file and is never read as markup. The document is bounded whatever
//! the size of the result: what is left out is counted in it and stands whole in `report.json`.

mod bounds;
mod front;
mod letters;
mod press;
mod sweep;
mod view;

use super::{Material, ReportError};
use crate::text::Language;
use std::io::Write;

/// Writes the edition in one language.
pub fn write(language: Language, material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let view = view::view(language, material)?;
    let document = press::print(view, material.run)?;
    out.write_all(&document)?;
    Ok(())
}
