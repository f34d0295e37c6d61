//! What clauses ask for on paper, the register, and accepted risks.

use super::book::{Book, Cell, Column, col, name};
use crate::assess::{ExceptionState, Source};
use crate::report::{Material, ReportError, words};
use crate::text::{Language, Text};
use crate::words::word;
use sekisho_contract::observed::Observed;

const PAPERS: &[Column] = &[
    col(word("項目", "clause"), 10),
    col(word("種別", "sort"), 16),
    col(word("名称", "title"), 30),
    col(word("区分", "level"), 10),
    col(word("判定", "verdict"), 22),
    col(word("理由", "reason"), 46),
    col(word("照会先", "to be asked"), 16),
    col(word("台帳の登録", "entries"), 22),
];

const REGISTER: &[Column] = &[
    col(word("登録", "entry"), 22),
    col(word("名称", "name"), 26),
    col(word("判定", "verdict"), 22),
    col(word("項目", "clauses"), 12),
    col(word("事業者", "provider"), 9),
    col(word("名義", "holder"), 22),
    col(word("番号", "number"), 16),
    col(word("有効期限", "valid until"), 13),
    col(word("ファイル", "file"), 28),
    col(word("SHA-256", "SHA-256"), 34),
    col(word("満たさない点又は誤り", "unmet points or errors"), 36),
];

const EXCEPTIONS: &[Column] = &[
    col(word("受容", "exception"), 18),
    col(word("状態", "state"), 18),
    col(word("確認内容", "check"), 30),
    col(word("項目", "clause"), 10),
    col(word("対象", "subjects"), 34),
    col(word("責任者", "owner"), 18),
    col(word("承認者", "approver"), 18),
    col(word("理由", "reason"), 46),
    col(word("期限", "last day"), 13),
    col(word("所見の数", "findings"), 10),
];

/// Writes the papers, the register and the accepted risks.
pub fn write(book: &mut Book, material: &Material<'_>) -> Result<(), ReportError> {
    papers(book, material)?;
    register(book, material)?;
    exceptions(book, material)
}

fn papers(book: &mut Book, material: &Material<'_>) -> Result<(), ReportError> {
    let language = book.language;
    let mut list = book.list(word("書面及び申告", "Papers"), PAPERS, None)?;
    for clause in &material.assessment.clauses {
        let number = || name(if language == Language::Ja { &clause.number } else { &clause.id });
        let documents = clause.documents.iter().map(|paper| (word("書面", "document"), paper));
        let statements = clause.statements.iter().map(|paper| (word("申告", "statement"), paper));
        for (sort, paper) in documents.chain(statements) {
            let row = vec![
                number(),
                list.word(sort),
                list.prose(&paper.title),
                list.word(words::level(paper.level)),
                Cell::Outcome(words::status_at(paper.level, paper.status)),
                list.prose(&paper.reason),
                list.word(match paper.from {
                    Source::Provider => word("クラウドサービス事業者", "the provider"),
                    Source::Contractor => word("受託者", "the contractor"),
                    Source::Body => word("発注者", "the procuring body"),
                }),
                name(&paper.entries.join("; ")),
            ];
            list.row(row)?;
        }
        for need in &clause.needs {
            let row = vec![
                number(),
                list.word(word("機械で確認しない事項", "matter not checked by machine")),
                list.prose(&need.missing),
                list.word(words::level(crate::assess::Level::Shall)),
                Cell::Outcome(words::status(need.status)),
                Cell::Text(String::new()),
                list.word(word("受託者", "the contractor")),
                name(need.entry.as_deref().unwrap_or_default()),
            ];
            list.row(row)?;
        }
    }
    list.end()
}

fn register(book: &mut Book, material: &Material<'_>) -> Result<(), ReportError> {
    let stated = |field: &Observed<String>| name(field.seen().map_or("", String::as_str));
    let language = book.language;
    let mut list = book.list(word("台帳", "Register"), REGISTER, None)?;
    for held in &material.assessment.documents {
        let entry = &held.fact.entry;
        let open: Vec<&str> = held.open.iter().map(|text: &Text| text.get(language)).collect();
        let row = vec![
            name(&held.fact.id),
            list.prose(&held.fact.name),
            Cell::Outcome(words::status(held.status)),
            name(&held.clauses.join("; ")),
            stated(&entry.provider),
            stated(&entry.holder),
            stated(&entry.number),
            stated(&entry.valid_until),
            list.word(held.fact.file_state.title()),
            stated(&entry.sha256),
            name(&open.join("; ")),
        ];
        list.row(row)?;
    }
    for faulty in &material.assessment.faulty {
        let mut row =
            vec![name(&faulty.id), list.word(word("使用できない登録", "an entry that cannot be used"))];
        row.extend((0..8).map(|_| Cell::Text(String::new())));
        row.push(name(&faulty.faults.join("; ")));
        list.row(row)?;
    }
    list.end()
}

fn exceptions(book: &mut Book, material: &Material<'_>) -> Result<(), ReportError> {
    let mut list = book.list(word("受容されたリスク", "Accepted risks"), EXCEPTIONS, None)?;
    for result in &material.assessment.exceptions {
        let exception = &result.exception;
        let row = vec![
            name(&exception.id),
            match result.state {
                ExceptionState::InForce => {
                    list.word(word("受容中（判定は変わらない）", "accepted (no verdict changes)"))
                }
                ExceptionState::Expired => {
                    Cell::Signed("×", word("期限切れ（効力なし）", "expired, without effect"))
                }
                ExceptionState::Unmatched => {
                    list.word(word("該当する所見がない", "no finding it applies to"))
                }
            },
            name(exception.check.as_deref().unwrap_or_default()),
            name(exception.clause.as_deref().unwrap_or_default()),
            name(&exception.subjects.join("; ")),
            name(&exception.owner),
            name(&exception.approver),
            name(&exception.reason),
            Cell::Text(exception.expires.to_string()),
            Cell::Number(result.count),
        ];
        list.row(row)?;
    }
    list.end()
}
