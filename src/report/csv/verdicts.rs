//! Verdicts, findings, and the calls they rest on.

use super::table::{Table, level, status};
use crate::report::accepted::Samples;
use crate::report::numbers::{self, Numbers};
use crate::report::totals::{clause_counts, open_matters};
use crate::report::{Material, ReportError, means, words};
use std::io::Write;

/// A clause a row, in the profile's order.
pub fn clauses(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let columns = [
        "clause",
        "number",
        "title_ja",
        "title_en",
        "status",
        "status_ja",
        "status_en",
        "violates",
        "recommendations_unmet",
        "unverified",
        "conforms",
        "papers_open",
        "needs_open",
        "reason_ja",
        "reason_en",
        "reading_ja",
        "reading_en",
    ];
    let mut table = Table::begin(material, out, &columns)?;
    for clause in &material.assessment.clauses {
        let counts = clause_counts(clause);
        let open = open_matters(clause);
        table.row(|row| {
            row.text(&clause.id)?.text(&clause.number)?.both(&clause.title)?;
            row.word(status(clause.status))?.words(words::status(clause.status).word)?;
            row.number(counts.violates)?
                .number(counts.advised)?
                .number(counts.unverified)?
                .number(counts.conforms)?;
            row.number(open.papers)?.number(open.needs)?.both(&clause.reason)?.both(&clause.reading)
        })?;
    }
    table.end()
}

/// A check of a clause a row.
pub fn checks(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let columns = [
        "clause",
        "check",
        "title_ja",
        "title_en",
        "level",
        "status",
        "status_ja",
        "status_en",
        "conforms",
        "violates",
        "unverified",
        "not_applicable",
        "means_ja",
        "means_en",
        "accepted",
        "calls_cited",
    ];
    let samples = Samples::of(material.assessment);
    let mut table = Table::begin(material, out, &columns)?;
    for clause in &material.assessment.clauses {
        for check in &clause.checks {
            let (title, counts) = (material.check_title(&check.id), check.counts);
            table.row(|row| {
                row.text(&clause.id)?.text(&check.id)?.both(&title)?.word(level(check.level))?;
                row.word(status(check.status))?.words(words::status_at(check.level, check.status).word)?;
                row.number(counts.conforms)?.number(counts.violates)?;
                row.number(counts.unverified)?.number(counts.not_applicable)?;
                row.words(means::of_check(&check.id))?;
                row.count(samples.accepted(&check.id))?.count(samples.calls(&check.id))
            })?;
        }
    }
    table.end()
}

/// A finding a row, in the order of `report.json`.
pub fn findings(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let columns = [
        "check",
        "title_ja",
        "title_en",
        "clauses",
        "level",
        "status",
        "status_ja",
        "status_en",
        "subject",
        "name",
        "reason_ja",
        "reason_en",
        "remedy_ja",
        "remedy_en",
        "evidence",
        "captured_at",
        "accepted_by",
    ];
    let numbers = Numbers::of(material.assessment);
    let accepted = crate::report::accepted::Accepted::of(material.assessment);
    let mut table = Table::begin(material, out, &columns)?;
    for finding in &material.assessment.findings {
        let title = material.check_title(&finding.check);
        table.row(|row| {
            row.text(&finding.check)?
                .both(&title)?
                .list(finding.clauses.iter())?
                .word(level(finding.level))?;
            row.word(status(finding.status))?.words(words::status_at(finding.level, finding.status).word)?;
            row.text(&finding.subject)?.text(&finding.name)?.both(&finding.reason)?.both(&finding.remedy)?;
            row.list(finding.calls.iter().map(|call| numbers::label(numbers.number(call))))?;
            row.word(&finding.captured.map(|at| at.0.to_string()).unwrap_or_default())?;
            row.list(accepted.by(finding).map(|exception| exception.id.as_str()))
        })?;
    }
    table.end()
}

/// A call that is cited a row, by its number.
pub fn evidence(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let columns = [
        "number",
        "call",
        "provider",
        "account",
        "region",
        "operation",
        "target",
        "http_status",
        "error",
        "attempts",
        "at",
        "request_id",
        "answer_sha256",
    ];
    let numbers = Numbers::of(material.assessment);
    let mut table = Table::begin(material, out, &columns)?;
    for (number, id) in numbers.cited() {
        // A call that is not at hand is cited by its id alone.
        let call = material.evidence.get(id);
        table.row(|row| {
            row.word(&numbers::label(number))?.text(id.as_str())?;
            row.perhaps(call.map(|call| &*call.provider))?.perhaps(call.map(|call| &*call.account))?;
            row.perhaps(call.map(|call| &*call.region))?.perhaps(call.map(|call| &*call.operation))?;
            row.perhaps(call.map(|call| &*call.target))?;
            row.word(&call.map(|call| call.status.to_string()).unwrap_or_default())?;
            row.perhaps(call.map(|call| &*call.error))?;
            row.word(&call.map(|call| call.attempts.to_string()).unwrap_or_default())?;
            row.word(&call.map(|call| call.at.to_string()).unwrap_or_default())?;
            row.perhaps(call.map(|call| &*call.request_id))?.perhaps(call.map(|call| &*call.sha256))
        })?;
    }
    table.end()
}
