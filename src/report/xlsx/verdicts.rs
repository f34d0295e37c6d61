//! Clauses, their checks, findings, and the calls they rest on.

use super::book::{Book, Cell, Column, EVIDENCE, col, name};
use crate::report::accepted::{Accepted, Samples};
use crate::report::numbers::{self, Numbers};
use crate::report::totals::{clause_counts, open_matters};
use crate::report::{Material, ReportError, in_japan, means, words};
use crate::text::Language;
use crate::words::{Word, word};

const CLAUSE: Word = word("項目", "clause");
const TITLE: Word = word("件名", "title");
const VERDICT: Word = word("判定", "verdict");
const VIOLATES: Word = word("不適合", "violates");
const UNVERIFIED: Word = word("確認不能", "unverified");
const CONFORMS: Word = word("適合", "conforms");

const CLAUSES: &[Column] = &[
    col(CLAUSE, 10),
    col(TITLE, 30),
    col(VERDICT, 22),
    col(word("理由", "reason"), 46),
    col(VIOLATES, 10),
    col(word("推奨未達", "recommendations unmet"), 12),
    col(UNVERIFIED, 10),
    col(CONFORMS, 9),
    col(word("書面等の未了", "papers open"), 9),
    col(word("未確認事項", "matters open"), 9),
    col(word("求める内容（当方の読み）", "what it asks, as read here"), 60),
];

const CHECKS: &[Column] = &[
    col(CLAUSE, 10),
    col(word("確認内容", "check"), 30),
    col(word("識別子", "id"), 34),
    col(word("方法", "means"), 12),
    col(word("区分", "level"), 10),
    col(VERDICT, 22),
    col(VIOLATES, 10),
    col(UNVERIFIED, 10),
    col(CONFORMS, 9),
    col(word("該当なし", "not applicable"), 10),
    col(word("受容", "accepted"), 9),
    col(word("証跡（呼出し）の数", "calls cited"), 10),
];

const FINDINGS: &[Column] = &[
    col(VERDICT, 22),
    col(word("確認内容", "check"), 30),
    col(CLAUSE, 10),
    col(word("区分", "level"), 10),
    col(word("名称", "name"), 26),
    col(word("対象", "subject"), 34),
    col(word("理由", "reason"), 46),
    col(word("是正方法", "remedy"), 64),
    col(EVIDENCE, 14),
    col(word("記録の日時", "recorded at"), 22),
    col(word("受容", "accepted by"), 14),
];

const CALLS: &[Column] = &[
    col(EVIDENCE, 14),
    col(word("事業者", "provider"), 9),
    col(word("アカウント", "account"), 22),
    col(word("リージョン", "region"), 18),
    col(word("操作", "operation"), 30),
    col(word("対象", "target"), 34),
    col(word("状態", "HTTP status"), 8),
    col(word("誤り", "error"), 18),
    col(word("試行", "attempts"), 8),
    col(word("日時", "at"), 22),
    col(word("事業者の番号", "request id"), 24),
    col(word("応答のSHA-256", "SHA-256 of the answer"), 36),
];

/// Writes the clauses, their checks and the findings.
pub fn write(book: &mut Book, material: &Material<'_>) -> Result<(), ReportError> {
    let assessment = material.assessment;
    let language = book.language;
    let number = |clause: &crate::assess::ClauseResult| {
        name(if language == Language::Ja { &clause.number } else { &clause.id })
    };
    let mut list = book.list(word("項目別判定", "Clauses"), CLAUSES, None)?;
    for clause in &assessment.clauses {
        let (counts, open) = (clause_counts(clause), open_matters(clause));
        let row = vec![
            number(clause),
            list.prose(&clause.title),
            Cell::Outcome(words::status(clause.status)),
            list.prose(&clause.reason),
            Cell::Number(counts.violates),
            Cell::Number(counts.advised),
            Cell::Number(counts.unverified),
            Cell::Number(counts.conforms),
            Cell::Number(open.papers),
            Cell::Number(open.needs),
            list.prose(&clause.reading),
        ];
        list.row(row)?;
    }
    list.end()?;

    let samples = Samples::of(assessment);
    let mut list = book.list(word("項目と確認内容", "Checks"), CHECKS, None)?;
    for clause in &assessment.clauses {
        for check in &clause.checks {
            let row = vec![
                number(clause),
                list.prose(&material.check_title(&check.id)),
                name(&check.id),
                list.word(means::of_check(&check.id)),
                list.word(words::level(check.level)),
                Cell::Outcome(words::status_at(check.level, check.status)),
                Cell::Number(check.counts.violates),
                Cell::Number(check.counts.unverified),
                Cell::Number(check.counts.conforms),
                Cell::Number(check.counts.not_applicable),
                Cell::perhaps(samples.accepted(&check.id)),
                Cell::perhaps(samples.calls(&check.id)),
            ];
            list.row(row)?;
        }
    }
    list.end()?;

    let (numbers, accepted) = (Numbers::of(assessment), Accepted::of(assessment));
    let mut list = book.list(word("所見", "Findings"), FINDINGS, None)?;
    for finding in &assessment.findings {
        let evidence: Vec<String> =
            finding.calls.iter().map(|call| numbers::label(numbers.number(call))).collect();
        let by: Vec<&str> = accepted.by(finding).map(|exception| exception.id.as_str()).collect();
        let row = vec![
            Cell::Outcome(words::status_at(finding.level, finding.status)),
            list.prose(&material.check_title(&finding.check)),
            name(&finding.clauses.join("; ")),
            list.word(words::level(finding.level)),
            name(&finding.name),
            name(&finding.subject),
            list.prose(&finding.reason),
            list.prose(&finding.remedy),
            name(&evidence.join("; ")),
            Cell::Text(finding.captured.map(|at| in_japan(at.0)).unwrap_or_default()),
            name(&by.join("; ")),
        ];
        list.row(row)?;
    }
    list.end()
}

/// Writes the calls that are cited, by their numbers.
pub fn evidence(book: &mut Book, material: &Material<'_>) -> Result<(), ReportError> {
    let numbers = Numbers::of(material.assessment);
    let mut list = book.list(word("根拠", "Evidence"), CALLS, None)?;
    for (number, id) in numbers.cited() {
        let label = Cell::Text(numbers::label(number));
        let Some(call) = material.evidence.get(id) else {
            // A call that is not at hand is cited by its id alone.
            list.row(vec![label, name(id.as_str())])?;
            continue;
        };
        list.row(vec![
            label,
            name(&call.provider),
            name(&call.account),
            name(&call.region),
            name(&call.operation),
            name(&call.target),
            Cell::Number(call.status.into()),
            name(&call.error),
            Cell::Number(call.attempts.into()),
            Cell::Text(in_japan(call.at)),
            name(&call.request_id),
            name(&call.sha256),
        ])?;
    }
    list.end()
}
