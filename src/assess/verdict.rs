//! From results of checks to verdicts of clauses.

use super::plan::Rule;
use super::result::{CheckResult, ClauseResult, Counts, DocumentResult, Need, Status};
use super::tally::Tally;
use crate::annex::{Clause, Level, Paper, Scope};
use crate::checks::joined_as;
use crate::text::{Language, Text};
use crate::words::{Word, word};

/// The verdict of a clause. `whole` says that nothing was left out of the sweep.
pub(super) fn clause(clause: &Clause, rules: &[Rule], tally: &Tally, whole: bool) -> ClauseResult {
    let checks: Vec<CheckResult> = clause
        .checks
        .iter()
        .map(|named| {
            let at = rules.iter().position(|rule| rule.check.id == named.id);
            let counts = at.map_or(Counts { unverified: 1, ..Counts::default() }, |at| tally.counts[at]);
            CheckResult { id: named.id.clone(), level: named.level, status: of_counts(&counts), counts }
        })
        .collect();
    let documents: Vec<DocumentResult> = clause.documents.iter().map(not_on_file).collect();
    let statements: Vec<DocumentResult> = clause.statements.iter().map(not_on_file).collect();
    let needs: Vec<Need> = clause.needs.iter().map(|missing| Need { missing: missing.clone() }).collect();

    let binding = checks.iter().filter(|check| check.level == Level::Shall).map(|check| check.status);
    let papers = documents.iter().chain(&statements).filter(|paper| paper.level == Level::Shall);
    let seen_broken = binding.clone().any(|status| matches!(status, Status::Violates | Status::Unverified));
    let strongest =
        binding.chain(papers.map(|paper| paper.status)).chain(needs.iter().map(|_| Status::Unverified)).max();
    // What was not looked at might be what the clause is about.
    let all_seen = whole && !seen_broken && clause.needs.is_empty();
    let off = if all_seen { switched_off(clause.scope, tally) } else { None };
    let (status, reason) = match (off, strongest) {
        (Some(reason), _) => (Status::NotApplicable, reason),
        // A clause nothing binding stands behind was not looked at.
        (None, None) => {
            (Status::Unverified, text("この条項を確かめる手段がない。", "Nothing here can show this clause."))
        }
        (None, Some(status)) => (status, explained(status, rules, &checks, &documents, &statements, &needs)),
    };
    ClauseResult {
        id: clause.id.clone(),
        number: clause.number.clone(),
        title: clause.title.clone(),
        reading: clause.reading.clone(),
        status,
        reason,
        checks,
        documents,
        statements,
        needs,
    }
}

/// The strongest of a check's results.
pub(super) const fn of_counts(counts: &Counts) -> Status {
    if counts.violates > 0 {
        Status::Violates
    } else if counts.unverified > 0 {
        Status::Unverified
    } else if counts.conforms > 0 {
        Status::Conforms
    } else {
        Status::NotApplicable
    }
}

fn switched_off(scope: Scope, tally: &Tally) -> Option<Text> {
    match scope {
        Scope::Confidential if tally.confidential == 0 => Some(text(
            "契約の範囲のすべてを確認し、個人情報又は要機密情報を扱う資源がないため、該当しない。",
            "Everything in scope was looked at and nothing holds personal or confidential information, so it does not apply.",
        )),
        Scope::AvailabilityCritical if tally.availability_critical == 0 => Some(text(
            "契約の範囲のすべてを確認し、要安定情報を扱う資源がないため、該当しない。",
            "Everything in scope was looked at and nothing must stay available, so it does not apply.",
        )),
        Scope::Always | Scope::Confidential | Scope::AvailabilityCritical => None,
    }
}

fn not_on_file(paper: &Paper) -> DocumentResult {
    DocumentResult {
        id: paper.id.clone(),
        title: paper.title.clone(),
        level: paper.level,
        status: Status::Unverified,
        reason: text(
            "本版では書面及び申告を登録できない。別途提出を求めること。",
            "This version cannot take documents or statements; ask for it separately.",
        ),
    }
}

/// Why, in one or two sentences.
fn explained(
    status: Status,
    rules: &[Rule],
    checks: &[CheckResult],
    documents: &[DocumentResult],
    statements: &[DocumentResult],
    needs: &[Need],
) -> Text {
    let title = |id: &str| {
        rules.iter().find(|rule| rule.check.id == id).map(|rule| rule.check.title.clone()).unwrap_or_default()
    };
    let named = |level: Level, wanted: Status| {
        let all = checks.iter().filter(move |check| check.level == level && check.status == wanted);
        both(
            all.map(|check| {
                let (title, counts) = (title(&check.id), &check.counts);
                let number = if wanted == Status::Violates { counts.violates } else { counts.unverified };
                (format!("{}（{number}件）", title.ja), format!("{} ({number})", title.en))
            }),
            word("検査", "more checks"),
        )
    };
    let mut reason = match status {
        Status::Violates => {
            let broken = named(Level::Shall, Status::Violates).unwrap_or_default();
            text(&format!("満たされていない：{}。", broken.ja), &format!("Not met: {}.", broken.en))
        }
        Status::Unverified => {
            let open = named(Level::Shall, Status::Unverified);
            let papers = documents.iter().chain(statements);
            let missing =
                papers.filter(|paper| paper.level == Level::Shall && paper.status == Status::Unverified);
            let missing = missing.map(|paper| (paper.title.ja.clone(), paper.title.en.clone()));
            let missing = both(missing, word("点", "more"));
            let mut reason = Text::default();
            if let Some(open) = open {
                append(
                    &mut reason,
                    &format!("確認できていない：{}。", open.ja),
                    &format!("Not seen: {}.", open.en),
                );
            }
            if let Some(missing) = missing {
                append(
                    &mut reason,
                    &format!("別途提出を求めるもの：{}。", missing.ja),
                    &format!("To be asked for separately: {}.", missing.en),
                );
            }
            if !needs.is_empty() {
                let (number, are) = (needs.len(), if needs.len() == 1 { "matter is" } else { "matters are" });
                append(
                    &mut reason,
                    &format!("本版で確認していない事項が{number}件ある。"),
                    &format!("{number} {are} not examined by this version."),
                );
            }
            reason
        }
        Status::Attested => text(
            "満たされているが、書面による確認を含む。",
            "It is met, in part on the word of a document or statement.",
        ),
        Status::Conforms => text(
            "必要な事項をすべて確認し、満たされている。",
            "Everything it needs was seen and is in order.",
        ),
        Status::NotApplicable => text(
            "契約の範囲のすべてを確認し、対象となるものがない。",
            "Everything in scope was looked at and there is nothing it concerns.",
        ),
    };
    if let Some(advised) = named(Level::Should, Status::Violates) {
        append(
            &mut reason,
            &format!("推奨未達：{}。", advised.ja),
            &format!("Recommendation unmet: {}.", advised.en),
        );
    }
    reason
}

/// All of them, in both languages; `None` when there is none. `unit` counts those that are left out.
fn both(all: impl Iterator<Item = (String, String)>, unit: Word) -> Option<Text> {
    let (ja, en): (Vec<String>, Vec<String>) = all.unzip();
    (!ja.is_empty())
        .then(|| Text { ja: joined_as(&ja, Language::Ja, unit), en: joined_as(&en, Language::En, unit) })
}

fn append(text: &mut Text, ja: &str, en: &str) {
    text.ja.push_str(ja);
    if !text.en.is_empty() {
        text.en.push(' ');
    }
    text.en.push_str(en);
}

fn text(ja: &str, en: &str) -> Text {
    Text { ja: ja.to_owned(), en: en.to_owned() }
}
