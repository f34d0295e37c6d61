//! By which of an auditor's means each clause was looked at: documents read (閲覧), questions answered (質問), settings and
//! places seen (観察), figures worked out anew (再実施).

use crate::assess::{CheckResult, ClauseResult, Counts, DocumentResult, Status};
use crate::checks::{self, SubjectKind};
use crate::report::Material;
use crate::report::display::grouped;
use crate::text::Text;
use crate::words::{Word, word};
use serde::Serialize;
use std::collections::BTreeMap;

/// By which means a check looks, as the reports call it.
pub fn of_check(id: &str) -> Word {
    let all = checks::all().unwrap_or(&[]);
    called(all.iter().find(|check| check.id == id).map_or(By::Observing, |check| by(check.subject)))
}

/// The means of one clause.
#[derive(Serialize)]
pub struct Means {
    /// Of each of its checks, in their order.
    checks: Vec<Word>,
    /// Each that was used, and on what.
    told: Vec<Told>,
}

#[derive(Serialize)]
struct Told {
    means: Word,
    what: Text,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Observing,
    Reperforming,
    Reading,
}

/// Every clause's, in the order of the assessment.
pub fn of_clauses(material: &Material<'_>) -> Vec<Means> {
    // A build whose checks do not load has no assessment to report.
    let all = checks::all().unwrap_or(&[]);
    let subjects: BTreeMap<&str, SubjectKind> =
        all.iter().map(|one| (one.id.as_str(), one.subject)).collect();
    let by = |check: &CheckResult| subjects.get(check.id.as_str()).map_or(By::Observing, |kind| by(*kind));
    let of = |clause: &ClauseResult| Means {
        checks: clause.checks.iter().map(|check| called(by(check))).collect(),
        told: told(clause, by),
    };
    material.assessment.clauses.iter().map(of).collect()
}

const fn by(subject: SubjectKind) -> By {
    match subject {
        SubjectKind::Resource | SubjectKind::Account | SubjectKind::Output => By::Observing,
        SubjectKind::Document | SubjectKind::Tenancy => By::Reading,
        SubjectKind::Recovery
        | SubjectKind::Erasure
        | SubjectKind::Support
        | SubjectKind::Corroboration
        | SubjectKind::Logs => By::Reperforming,
    }
}

const fn called(by: By) -> Word {
    match by {
        By::Observing => word("観察", "observed"),
        By::Reperforming => word("再実施", "re-performed"),
        By::Reading => word("閲覧", "read"),
    }
}

fn told(clause: &ClauseResult, by: impl Fn(&CheckResult) -> By) -> Vec<Told> {
    let mut all = Vec::new();
    for means in [By::Observing, By::Reperforming] {
        let (checks, subjects) = clause
            .checks
            .iter()
            .filter(|check| by(check) == means)
            .fold((0, 0), |(checks, subjects), check| (checks + 1, subjects + looked_at(check.counts)));
        if checks > 0 {
            let (ja, en) = match means {
                By::Reperforming => ("件を記録から計算し直した", "recalculated from the records"),
                By::Observing | By::Reading => ("件をAPIで読み取った", "read through the providers' APIs"),
            };
            all.push(Told {
                means: called(means),
                what: Text {
                    ja: format!("検査{checks}種、対象延べ{}{ja}", grouped(subjects)),
                    en: format!("{} over {} in all, {en}", many(checks, "check"), many(subjects, "subject")),
                },
            });
        }
    }
    let rules = clause.checks.iter().filter(|check| by(check) == By::Reading).count() as u64;
    if !clause.documents.is_empty() || rules > 0 {
        let (asked, held) = (clause.documents.len() as u64, held(&clause.documents));
        all.push(Told {
            means: called(By::Reading),
            what: Text {
                ja: format!("書面{asked}種（登録あり{held}種）、書面の内容に係る検査{rules}種"),
                en: format!(
                    "{} requested ({held} on file), {} on the content of documents",
                    many(asked, "document"),
                    many(rules, "check")
                ),
            },
        });
    }
    if !clause.statements.is_empty() || !clause.needs.is_empty() {
        let (asked, held) = (clause.statements.len() as u64, held(&clause.statements));
        let needs = clause.needs.len() as u64;
        let looked = clause.needs.iter().filter(|need| need.entry.is_some()).count();
        all.push(Told {
            means: word("質問", "inquired"),
            what: Text {
                ja: format!(
                    "申告{asked}種（登録あり{held}種）、機械で確認しない事項{needs}件（確認の申告{looked}件）"
                ),
                en: format!(
                    "{} requested ({held} on file), {} not checked by machine ({looked} stated as reviewed)",
                    many(asked, "statement"),
                    many(needs, "matter")
                ),
            },
        });
    }
    all
}

const fn looked_at(counts: Counts) -> u64 {
    counts.conforms + counts.violates + counts.unverified
}

fn held(papers: &[DocumentResult]) -> usize {
    papers.iter().filter(|paper| !paper.entries.is_empty() || paper.status == Status::Attested).count()
}

fn many(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}
