//! What is left where verdicts alone are told.

use crate::assess::{Assessment, ClauseResult};
use crate::run_folder::Run;

/// The verdicts with their counts, the checks, and what was looked at; of the tenancy its name, its dates and the stand-ins of its
/// accounts.
pub(super) fn alone(whole: Assessment, run: &mut Run) -> Assessment {
    let tenancy = &mut run.tenancy;
    tenancy.access = Vec::new();
    tenancy.exceptions = Vec::new();
    tenancy.scopes = Vec::new();
    tenancy.logs = None;
    tenancy.corroborate = Default::default();
    let withheld = Some(crate::report::withheld(&whole));
    // Field by field, so that a new one is thought about.
    Assessment {
        profile: whole.profile,
        profile_title: whole.profile_title,
        verdict: whole.verdict,
        clauses: whole.clauses.into_iter().map(clause).collect(),
        findings: Vec::new(),
        cells: whole.cells,
        gaps: Vec::new(),
        places: whole.places,
        resources: whole.resources,
        recorded: whole.recorded,
        recovery: Vec::new(),
        erasure: Vec::new(),
        corroboration: Vec::new(),
        heard: None,
        logs: None,
        signals: Vec::new(),
        documents: Vec::new(),
        faulty: Vec::new(),
        handling: whole.handling,
        exceptions: Vec::new(),
        withheld,
    }
}

/// A clause without the names of entries.
fn clause(mut clause: ClauseResult) -> ClauseResult {
    for document in clause.documents.iter_mut().chain(&mut clause.statements) {
        document.entries = Vec::new();
    }
    for need in &mut clause.needs {
        need.entry = None;
    }
    clause
}
