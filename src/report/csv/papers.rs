//! What clauses ask for on paper, what is on file, and accepted risks.

use super::table::{Table, level, status};
use crate::assess::{ExceptionState, Source};
use crate::report::{Material, ReportError, words};
use sekisho_contract::observed::Observed;
use std::io::Write;

/// What a clause asks for on paper, or that somebody looks at, a row.
pub fn papers(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let columns = [
        "clause",
        "sort",
        "paper",
        "title_ja",
        "title_en",
        "level",
        "status",
        "status_ja",
        "status_en",
        "reason_ja",
        "reason_en",
        "ask",
        "entries",
        "lacking_providers",
    ];
    let mut table = Table::begin(material, out, &columns)?;
    for clause in &material.assessment.clauses {
        let documents = clause.documents.iter().map(|paper| ("document", paper));
        for (sort, paper) in documents.chain(clause.statements.iter().map(|paper| ("statement", paper))) {
            table.row(|row| {
                row.text(&clause.id)?
                    .word(sort)?
                    .text(&paper.id)?
                    .both(&paper.title)?
                    .word(level(paper.level))?;
                row.word(status(paper.status))?.words(words::status_at(paper.level, paper.status).word)?;
                row.both(&paper.reason)?.word(source(paper.from))?.list(&paper.entries)?.list(&paper.lacking)
            })?;
        }
        for need in &clause.needs {
            table.row(|row| {
                row.text(&clause.id)?.word("need")?.text(&need.id)?.both(&need.missing)?.word("shall")?;
                row.word(status(need.status))?.words(words::status(need.status).word)?;
                row.word("")?.word("")?.word("contractor")?.list(&need.entry)?.word("")
            })?;
        }
    }
    table.end()
}

/// A document or statement of the register a row; those that cannot be used say why.
pub fn documents(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let columns = [
        "entry",
        "kind",
        "name_ja",
        "name_en",
        "status",
        "status_ja",
        "status_en",
        "clauses",
        "provider",
        "holder",
        "number",
        "standard",
        "valid_until",
        "period_start",
        "period_end",
        "days_to_expiry",
        "file_ja",
        "file_en",
        "sha256",
        "open_ja",
        "open_en",
        "faults",
    ];
    let mut table = Table::begin(material, out, &columns)?;
    for held in &material.assessment.documents {
        let entry = &held.fact.entry;
        let stated = |field: &'_ Observed<String>| field.seen().cloned().unwrap_or_default();
        let listed = |all: Vec<&str>| all.join("; ");
        table.row(|row| {
            row.text(&held.fact.id)?.word(entry.key())?.both(&held.fact.name)?;
            row.word(status(held.status))?.words(words::status(held.status).word)?.list(&held.clauses)?;
            row.text(&stated(&entry.provider))?.text(&stated(&entry.holder))?.text(&stated(&entry.number))?;
            row.text(&stated(&entry.standard))?.text(&stated(&entry.valid_until))?;
            row.text(&stated(&entry.period_start))?.text(&stated(&entry.period_end))?;
            row.word(&held.fact.days_to_expiry.seen().map(ToString::to_string).unwrap_or_default())?;
            row.words(held.fact.file_state.title())?.text(&stated(&entry.sha256))?;
            row.text(&listed(held.open.iter().map(|text| text.ja.as_str()).collect()))?;
            row.text(&listed(held.open.iter().map(|text| text.en.as_str()).collect()))?.word("")
        })?;
    }
    for faulty in &material.assessment.faulty {
        table.row(|row| {
            row.text(&faulty.id)?;
            for _ in 0..20 {
                row.word("")?;
            }
            row.list(&faulty.faults)
        })?;
    }
    table.end()
}

/// An accepted risk a row.
pub fn exceptions(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let columns = [
        "exception",
        "state",
        "check",
        "clause",
        "subjects",
        "owner",
        "approver",
        "reason",
        "expires",
        "findings",
    ];
    let mut table = Table::begin(material, out, &columns)?;
    for result in &material.assessment.exceptions {
        let exception = &result.exception;
        table.row(|row| {
            row.text(&exception.id)?;
            row.word(match result.state {
                ExceptionState::InForce => "in_force",
                ExceptionState::Expired => "expired",
                ExceptionState::Unmatched => "unmatched",
            })?;
            row.perhaps(exception.check.as_deref())?.perhaps(exception.clause.as_deref())?;
            row.list(&exception.subjects)?.text(&exception.owner)?.text(&exception.approver)?;
            row.text(&exception.reason)?.number(exception.expires)?.number(result.count)
        })?;
    }
    table.end()
}

const fn source(source: Source) -> &'static str {
    match source {
        Source::Provider => "provider",
        Source::Contractor => "contractor",
        Source::Body => "body",
    }
}
