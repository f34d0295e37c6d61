//! The report in the models of OSCAL 1.2.1: catalog, profile, assessment plan, assessment results, plan of action and milestones.
//!
//! Identifiers are made from what they identify (UUID version 5), so that two runs name the same check, clause and resource alike.

mod catalog;
mod common;
mod observed;
mod plan;
mod poam;
mod results;
mod shared;

use super::{Material, ReportError};
use serde::Serialize;
use std::io::Write;

/// The version of the models.
pub const VERSION: &str = "1.2.1";
/// The namespace of our own properties.
pub const NAMESPACE: &str = "urn:sekisho:oscal:v1";

/// Writes one of the documents.
pub fn write(file: &str, material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    match file {
        "oscal-catalog.json" => document(&catalog::catalog(material), out),
        "oscal-profile.json" => document(&catalog::profile(material), out),
        "oscal-assessment-plan.json" => document(&plan::plan(material)?, out),
        "oscal-assessment-results.json" => document(&results::results(material)?, out),
        "oscal-poam.json" => document(&poam::poam(material)?, out),
        _ => Err(ReportError::Compose(format!("no document is called `{file}`"))),
    }
}

fn document(document: &impl Serialize, out: &mut dyn Write) -> Result<(), ReportError> {
    serde_json::to_writer_pretty(&mut *out, document).map_err(|error| {
        if error.is_io() { ReportError::Write(error.into()) } else { ReportError::Compose(error.to_string()) }
    })?;
    out.write_all(b"\n")?;
    Ok(())
}
