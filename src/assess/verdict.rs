//! From results of checks to verdicts of clauses.

use super::papers::Papers;
use super::plan::Rule;
use super::result::{CheckResult, ClauseResult, Counts, DocumentResult, Need, Status};
use super::tally::Tally;
use crate::annex::{Level, Profile, Scope, Source};
use crate::checks::{SubjectKind, joined_as};
use crate::text::{Language, Text};
use crate::words::{Word, word};

/// The verdict of a clause. `whole` says that nothing was left out of the sweep.
pub(super) fn clause(
    profile: &Profile,
    clause_at: usize,
    rules: &[Rule],
    tally: &Tally,
    papers: &Papers,
    whole: bool,
) -> ClauseResult {
    let clause = &profile.clauses[clause_at];
    let subject = |id: &str| rules.iter().find(|rule| rule.check.id == id).map(|rule| rule.check.subject);
    let checks: Vec<CheckResult> = clause
        .checks
        .iter()
        .map(|named| {
            let at = rules.iter().position(|rule| rule.check.id == named.id);
            let counts =
                at.map_or(Counts { unverified: 1, ..Counts::default() }, |at| match subject(&named.id) {
                    Some(SubjectKind::Document) => {
                        papers.counts.get(&(clause_at, at)).copied().unwrap_or_default()
                    }
                    _ => tally.counts[at],
                });
            // What rests on paper alone is attested, never conforming.
            let status = match (of_counts(&counts), subject(&named.id)) {
                (Status::Conforms, Some(SubjectKind::Document | SubjectKind::Tenancy)) => Status::Attested,
                (status, _) => status,
            };
            CheckResult { id: named.id.clone(), level: named.level, status, counts }
        })
        .collect();
    let documents: Vec<DocumentResult> = papers.documents[clause_at].clone();
    let statements: Vec<DocumentResult> = papers.statements[clause_at].clone();
    let needs: Vec<Need> = clause.needs.iter().filter_map(|matter| papers.need(matter)).collect();

    // A document speaks through the place it fills: another may fill it as well.
    let speaks = |check: &&CheckResult| subject(&check.id) != Some(SubjectKind::Document);
    let binding =
        checks.iter().filter(|check| check.level == Level::Shall).filter(speaks).map(|check| check.status);
    let asked = documents.iter().chain(&statements).filter(|paper| paper.level == Level::Shall);
    let seen_broken = binding.clone().any(|status| matches!(status, Status::Violates | Status::Unverified));
    let strongest =
        binding.chain(asked.map(|paper| paper.status)).chain(needs.iter().map(|need| need.status)).max();
    // What was not looked at might be what the clause is about.
    let all_seen = whole && !seen_broken && needs.is_empty();
    let off = match clause.scope {
        // The register is known whole, whatever the sweep saw.
        Scope::Subcontracted if !seen_broken => papers.no_subcontracting.clone(),
        scope if all_seen => switched_off(scope, tally),
        _ => None,
    };
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
            "Everything in scope was examined and nothing holds personal or confidential information, so this does not apply.",
        )),
        Scope::AvailabilityCritical if tally.availability_critical == 0 => Some(text(
            "契約の範囲のすべてを確認し、要安定情報を扱う資源がないため、該当しない。",
            "Everything in scope was examined and nothing is availability-critical, so this does not apply.",
        )),
        Scope::Always | Scope::Confidential | Scope::AvailabilityCritical | Scope::Subcontracted => None,
    }
}

/// Whom to ask, in both languages.
pub(super) const fn whom(from: Source) -> (&'static str, &'static str) {
    match from {
        Source::Provider => ("クラウドサービス事業者", "the provider of the cloud service"),
        Source::Contractor => ("受託者", "the contractor"),
        Source::Body => ("発注者", "the procuring body"),
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
            let mut reason = Text::default();
            if let Some(broken) = named(Level::Shall, Status::Violates) {
                append(
                    &mut reason,
                    &format!("満たされていない：{}。", broken.ja),
                    &format!("Not met: {}.", broken.en),
                );
            }
            if let Some(short) = papers(documents, statements, Status::Violates) {
                append(
                    &mut reason,
                    &format!("要件を満たさない書面：{}。", short.ja),
                    &format!("Papers that fall short: {}.", short.en),
                );
            }
            reason
        }
        Status::Unverified => {
            let open = named(Level::Shall, Status::Unverified);
            let missing = papers(documents, statements, Status::Unverified);
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
                    &format!("登録がないか、確認できない書面及び申告：{}。", missing.ja),
                    &format!("Papers not on file, or left open: {}.", missing.en),
                );
            }
            let unseen = needs.iter().filter(|need| need.status == Status::Unverified).count();
            if unseen > 0 {
                let are = if unseen == 1 { "matter has" } else { "matters have" };
                append(
                    &mut reason,
                    &format!("機械では確認しておらず、申告もない事項が{unseen}件ある。"),
                    &format!("{unseen} {are} neither been checked by machine nor covered by a statement."),
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
            "Everything in scope was examined and there is nothing this applies to.",
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

/// The titles of the binding papers that came out so; `None` when there is none.
fn papers(documents: &[DocumentResult], statements: &[DocumentResult], wanted: Status) -> Option<Text> {
    let papers = documents.iter().chain(statements);
    let all = papers.filter(|paper| paper.level == Level::Shall && paper.status == wanted);
    both(all.map(|paper| (paper.title.ja.clone(), paper.title.en.clone())), word("点", "more"))
}

/// All of them, in both languages; `None` when there is none. `unit` counts those that are left out.
fn both(all: impl Iterator<Item = (String, String)>, unit: Word) -> Option<Text> {
    let (ja, en): (Vec<String>, Vec<String>) = all.unzip();
    (!ja.is_empty())
        .then(|| Text { ja: joined_as(&ja, Language::Ja, unit), en: joined_as(&en, Language::En, unit) })
}

pub(super) fn append(text: &mut Text, ja: &str, en: &str) {
    text.ja.push_str(ja);
    if !text.en.is_empty() {
        text.en.push(' ');
    }
    text.en.push_str(en);
}

pub(super) fn text(ja: &str, en: &str) -> Text {
    Text { ja: ja.to_owned(), en: en.to_owned() }
}
