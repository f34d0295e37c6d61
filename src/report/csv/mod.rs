//! The report's tables as CSV (RFC 4180): `sekisho/csv/v1`, a table a file, UTF-8 with a byte order mark, lines ended by CR LF.
//!
//! Columns keep their names and order; new ones come before the last three. Those stand in every table: when the result was
//! assessed, what it lacks, and how it is to be handled. Resources and copies are read from the facts as they are written.

mod papers;
mod seen;
mod table;
mod verdicts;

use super::standing::Standing;
use super::{Material, ReportError, totals};
use crate::assess::Withheld;
use crate::run_folder::REPORT_CSV;
use std::io::Write;
use table::Table;

/// The name of the tables' form.
pub const SCHEMA: &str = "sekisho/csv/v1";

/// Writes one of the tables.
pub fn write(file: &str, material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    match file {
        "about.csv" => about(material, out),
        "clauses.csv" => verdicts::clauses(material, out),
        "checks.csv" => verdicts::checks(material, out),
        "findings.csv" => verdicts::findings(material, out),
        "evidence.csv" => verdicts::evidence(material, out),
        "resources.csv" => seen::resources(material, out),
        "copies.csv" => seen::copies(material, out),
        "gaps.csv" => seen::gaps(material, out),
        "cells.csv" => seen::cells(material, out),
        "papers.csv" => papers::papers(material, out),
        "documents.csv" => papers::documents(material, out),
        "exceptions.csv" => papers::exceptions(material, out),
        "calls.csv" => seen::calls(material, out),
        _ => Err(ReportError::Compose(format!("no table is called `{file}`"))),
    }
}

/// What the tables are of, a property a row.
fn about(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let Material { assessment, run, ledger, .. } = *material;
    let standing = Standing::of(material);
    let mut table = Table::begin(material, out, &["key", "value_ja", "value_en"])?;
    let mut accounts: Vec<String> =
        run.accounts.iter().map(|(provider, account)| format!("{provider}/{account}")).collect();
    accounts.sort();
    let mut same: Vec<(&str, String)> = vec![
        ("schema", SCHEMA.to_owned()),
        ("tool", format!("sekisho {}", run.version)),
        ("tenancy", run.tenancy.clone()),
        ("accounts", accounts.join("; ")),
        ("profile", assessment.profile.clone()),
        ("profile_version", run.profile_version.clone()),
        ("contract_end", run.contract_end.to_string()),
        ("started_at", run.started_at.to_string()),
        ("assessed_at", run.assessed_at.to_string()),
        ("verdict", table::status(assessment.verdict).to_owned()),
        ("result_state", standing.word()),
    ];
    if let Some(request) = &run.request {
        same.push(("request_body", request.body.clone()));
        same.push(("request_person", request.person.clone().unwrap_or_default()));
        same.push(("request_contract", request.contract.clone()));
        same.push(("request_nonce", request.nonce.clone()));
        same.push(("request_clauses", request.clauses.join("; ")));
    }
    for (key, value) in same {
        table.row(|row| row.word(key)?.text(&value)?.text(&value))?;
    }
    let title = std::iter::once(("profile_title", &assessment.profile_title));
    let lacks = standing.lacks.iter().map(|_| "lacks").zip(&standing.told);
    for (key, text) in title.chain(lacks).chain(standing.marking.iter().map(|text| ("marking", text))) {
        table.row(|row| row.word(key)?.both(text))?;
    }
    let [violates, advised, unverified] = totals::finding_counts(assessment);
    let whole =
        |all: usize, taken: fn(&Withheld) -> u64| assessment.withheld.as_ref().map_or(all as u64, taken);
    for (key, number) in [
        ("clauses", assessment.clauses.len() as u64),
        ("findings_violates", violates),
        ("findings_recommendations_unmet", advised),
        ("findings_unverified", unverified),
        ("resources", totals::resources(assessment)),
        ("cells", assessment.cells.len() as u64),
        ("gaps_open", totals::open_gap_count(assessment)),
        ("gaps_closed", totals::open_gaps(assessment).1),
        ("documents", whole(assessment.documents.len() + assessment.faulty.len(), |one| one.entries)),
        ("documents_unusable", assessment.faulty.len() as u64),
        ("exceptions", whole(assessment.exceptions.len(), |one| one.exceptions)),
        ("calls", ledger.calls),
        ("calls_retried", ledger.retried),
        ("calls_throttled", ledger.throttled),
    ] {
        table.row(|row| row.word(key)?.number(number)?.number(number))?;
    }
    for file in REPORT_CSV {
        table.row(|row| row.word("table")?.word(file)?.word(file))?;
    }
    table.end()
}
