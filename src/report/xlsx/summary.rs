//! The first sheet: what was assessed, how it came out, and what the result lacks.

use super::book::{Book, Cell, Column, col, name};
use crate::report::standing::{self, Standing};
use crate::report::{Material, ReportError, in_japan, totals, words};
use crate::words::{Word, word};

const COLUMNS: &[Column] = &[col(word("事項", "item"), 26), col(word("内容", "content"), 80)];

/// Writes the summary.
pub fn write(book: &mut Book, material: &Material<'_>) -> Result<(), ReportError> {
    let Material { assessment, run, ledger, .. } = *material;
    let standing = Standing::of(material);
    let mut accounts: Vec<String> = run.accounts.iter().map(|(one, id)| format!("{one}/{id}")).collect();
    accounts.sort();
    let [violates, advised, unverified] = totals::finding_counts(assessment);
    let mut list = book.list(word("概要", "Summary"), COLUMNS, None)?;
    let nothing = word("なし", "none");
    let mut rows: Vec<(Word, Cell)> = vec![
        (word("評価対象", "tenancy"), name(&run.tenancy)),
        (word("総合判定", "verdict"), Cell::Outcome(words::status(assessment.verdict))),
    ];
    let marking = standing.marking.as_ref().map_or_else(|| list.word(nothing), |marking| list.prose(marking));
    rows.push((word("格付及び取扱制限", "handling"), marking));
    let lacks = word("この結果に欠けるもの", "what this result lacks");
    if standing.told.is_empty() {
        rows.push((lacks, list.word(nothing)));
    }
    rows.extend(standing.told.iter().map(|told| (lacks, list.prose(told))));
    for (status, count) in totals::clauses_by_status(assessment) {
        let outcome = words::status(status);
        let count = standing::prose(&match list.language() {
            crate::text::Language::Ja => format!("{} {}：{count}項目", outcome.sign, outcome.word.ja),
            crate::text::Language::En => format!("{} {}: {count}", outcome.sign, outcome.word.en),
        });
        rows.push((word("項目の判定", "clauses"), Cell::Text(count)));
    }
    rows.extend([
        (word("判定基準", "profile"), list.prose(&assessment.profile_title)),
        (word("判定基準の版", "version of the profile"), name(&run.profile_version)),
        (word("評価日時", "assessed at"), Cell::Text(in_japan(run.assessed_at))),
        (word("調査の開始", "gathering began at"), Cell::Text(in_japan(run.started_at))),
        (word("契約終了日", "contract ends"), Cell::Text(run.contract_end.to_string())),
        (word("アカウント", "accounts"), name(&accounts.join("; "))),
        (word("資源の数", "resources"), Cell::Number(totals::resources(assessment))),
        (word("所見の数（不適合）", "findings that violate"), Cell::Number(violates)),
        (word("所見の数（推奨未達）", "findings of recommendations unmet"), Cell::Number(advised)),
        (word("所見の数（確認不能）", "findings unverified"), Cell::Number(unverified)),
        (word("確認できなかったものの数", "gaps"), Cell::Number(totals::open_gap_count(assessment))),
        (word("調査単位の数", "cells"), Cell::Number(assessment.cells.len() as u64)),
        (word("呼出しの回数", "calls"), Cell::Number(ledger.calls)),
        (word("作成したプログラム", "made by"), name(&format!("sekisho {}", run.version))),
    ]);
    if let Some(request) = &run.request {
        rows.extend([
            (word("依頼者", "requested by"), name(&request.body)),
            (word("担当", "person in charge"), name(request.person.as_deref().unwrap_or_default())),
            (word("依頼に係る契約", "contract of the request"), name(&request.contract)),
            (word("依頼の項目", "clauses of the request"), name(&request.clauses.join("; "))),
            (word("依頼の番号", "number of the request"), name(&request.nonce)),
        ]);
    }
    let signs = "× △ ▽ ◇ ○ －";
    let told = word("判定は符号及び語でも示す：", "Verdicts are told by a sign and a word as well:");
    rows.push((word("凡例", "legend"), Cell::Text(format!("{} {signs}", told.get(list.language())))));
    for (item, content) in rows {
        let item = list.word(item);
        list.row(vec![item, content])?;
    }
    list.end_plain()
}
