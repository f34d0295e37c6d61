//! `report.json`.

pub(super) mod lines;
pub mod v1;

use super::{Material, ReportError};
use serde::Serialize;
use std::io::Write;

/// Writes `report.json` (schema `sekisho/report/v1`), a finding at a time.
pub fn write(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let numbers = super::numbers::Numbers::of(material.assessment);
    let report = v1::Report::new(material, &numbers);
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, lines::Lines::default());
    report.serialize(&mut serializer).map_err(|error| {
        if error.is_io() { ReportError::Write(error.into()) } else { ReportError::Compose(error.to_string()) }
    })?;
    out.write_all(b"\n")?;
    Ok(())
}

/// The JSON Schema of `report.json`.
pub fn schema() -> serde_json::Value {
    v1::schema()
}
