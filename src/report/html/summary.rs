//! The summary in sentences: what breaks, what could not be seen, what to do first.

use super::page::{anchor, checks_title, number, reason};
use crate::assess::{ClauseResult, Level, Status};
use crate::report::Material;
use crate::report::display::{self, NAME_LIMIT, Shown, grouped};
use crate::report::totals::{self, Group};
use crate::report::words::{self, Outcome, Word};
use crate::text::Text;
use serde::Serialize;
use std::collections::BTreeMap;

/// Remedies shown of each; the rest stand with the findings.
const REMEDIES: usize = 4;
/// Most steps of each sort.
const STEPS: usize = 5;

/// The summary on the page.
#[derive(Serialize)]
pub struct Summary {
    sentences: Vec<Sentence>,
    steps: Vec<Step>,
    unseen: Vec<Unseen>,
}

/// A sentence, which may list clauses in its middle.
#[derive(Serialize)]
struct Sentence {
    before: Text,
    clauses: Vec<Named>,
    after: Option<Text>,
}

/// A clause's number, and where it stands on the page.
#[derive(Serialize)]
struct Named {
    number: Text,
    anchor: String,
}

impl Named {
    fn new(clause: &ClauseResult) -> Self {
        Self { number: number(clause), anchor: anchor("clause", &clause.id) }
    }
}

/// A check to deal with.
#[derive(Serialize)]
struct Step {
    outcome: Outcome,
    title: Text,
    anchor: String,
    clauses: Vec<Named>,
    count: u64,
    example: Shown,
    /// What to do about it: a way for each cloud and sort of thing it concerns.
    remedies: Vec<Text>,
}

/// Something to make visible.
#[derive(Serialize)]
struct Unseen {
    reason: Word,
    operation: Shown,
    permission: Shown,
    count: u64,
    unseen: u64,
    next_step: Word,
}

impl Summary {
    pub fn new(material: &Material<'_>, groups: &BTreeMap<&str, Group<'_>>) -> Self {
        let clauses: BTreeMap<&str, &ClauseResult> =
            material.assessment.clauses.iter().map(|clause| (clause.id.as_str(), clause)).collect();
        let causes = totals::causes(&totals::open_gaps(material.assessment).0);
        let step = |group: &Group<'_>| {
            let first = group.first.first()?;
            Some(Step {
                outcome: group.outcome(),
                title: checks_title(material, group.check),
                anchor: anchor("check", group.check),
                clauses: first
                    .clauses
                    .iter()
                    .filter_map(|id| clauses.get(id.as_str()))
                    .map(|clause| Named::new(clause))
                    .collect(),
                count: group.shown(),
                example: display::name(&first.name, 60),
                remedies: remedies(group),
            })
        };
        let unseen = |cause: &totals::Cause<'_>| Unseen {
            reason: words::gap(cause.reason),
            operation: display::name(cause.operation, NAME_LIMIT),
            permission: display::name(cause.permission, NAME_LIMIT),
            count: cause.count,
            unseen: cause.unseen,
            next_step: words::next_step(cause.reason),
        };
        let pressing = totals::most_pressing(groups, &material.assessment.clauses);
        Self {
            sentences: sentences(material, groups, &causes),
            steps: pressing
                .into_iter()
                .filter(|group| group.violates > 0)
                .filter_map(step)
                .take(STEPS)
                .collect(),
            unseen: causes.iter().take(STEPS).map(unseen).collect(),
        }
    }
}

/// The different remedies of what breaks the check, in the findings' order.
fn remedies(group: &Group<'_>) -> Vec<Text> {
    let broken = group.first.iter().filter(|finding| finding.status == Status::Violates);
    let mut different: Vec<&Text> = Vec::new();
    for remedy in broken.map(|finding| finding.remedy.as_ref()).filter(|text| !text.ja.is_empty()) {
        if !different.contains(&remedy) {
            different.push(remedy);
        }
    }
    different.into_iter().take(REMEDIES).map(reason).collect()
}

fn sentences(
    material: &Material<'_>,
    groups: &BTreeMap<&str, Group<'_>>,
    causes: &[totals::Cause<'_>],
) -> Vec<Sentence> {
    let Material { assessment, run, ledger, .. } = *material;
    let accounts = run.accounts.len() as u64;
    let resources = grouped(totals::resources(assessment));
    let calls = grouped(ledger.calls);
    let (cells, open_cells) = totals::cells(&assessment.cells);
    let (cells, open_cells) = (grouped(cells as u64), open_cells as u64);
    let count: u64 = causes.iter().map(|cause| cause.count).sum();
    let unseen: u64 = causes.iter().map(|cause| cause.unseen).sum();
    let (documents, statements, needs) = totals::missing_papers(assessment);
    let advised: u64 =
        groups.values().filter(|group| group.level == Level::Should).map(|group| group.violates).sum();

    let mut told = vec![say(
        format!(
            "{}アカウントの資源{resources}件を、読取り専用の呼出し{calls}回により調べ、{}項目を判定した。",
            grouped(accounts),
            assessment.clauses.len()
        ),
        format!(
            "{resources} resources in {} were examined with {calls} read-only calls and assessed against {} clauses.",
            many(accounts, "account"),
            assessment.clauses.len()
        ),
    )];
    let violated = listed(material, Status::Violates);
    told.push(match violated.len() as u64 {
        0 => say("不適合とした項目はない。", "No clause is violated."),
        count => Sentence {
            before: text(
                format!("不適合は{count}項目（"),
                format!("{} violated: ", many_are(count, "clause")),
            ),
            clauses: violated,
            after: Some(text("）である。", ".")),
        },
    });
    let unverified = listed(material, Status::Unverified);
    if !unverified.is_empty() {
        let count = unverified.len() as u64;
        told.push(Sentence {
            before: text(
                format!("確認不能は{count}項目（"),
                format!("{} unverified: ", many_are(count, "clause")),
            ),
            clauses: unverified,
            after: Some(text(
                "）である。確認できないものを適合とは扱わない。",
                ". What was not seen never counts as conforming.",
            )),
        });
    }
    if advised > 0 {
        told.push(say(
            format!("推奨事項の未達が{}件ある。推奨未達は不適合には当たらない。", grouped(advised)),
            format!("{} unmet; that is not a violation.", many_are(advised, "recommendation")),
        ));
    }
    told.push(match open_cells {
        _ if assessment.cells.is_empty() => say(
            "調査単位（アカウント×リージョン×サービス）を一つも確認していない。",
            "No cell (account × region × service) was looked at.",
        ),
        0 => say(
            format!("調査単位（アカウント×リージョン×サービス）は、{cells}単位をすべて確認した。"),
            format!("All {cells} cells (account × region × service) of the sweep were accounted for."),
        ),
        _ => say(
            format!(
                "調査単位（アカウント×リージョン×サービス）{cells}単位のうち{}単位を確認できなかった。",
                grouped(open_cells)
            ),
            format!(
                "Of {cells} cells (account × region × service), {} could not be accounted for.",
                grouped(open_cells)
            ),
        ),
    });
    if unseen > 0 {
        told.push(say(
            format!(
                "属性等{}件を確認できなかった（原因となった呼出し等は{}件）。",
                grouped(unseen),
                grouped(count)
            ),
            format!("{} not seen, because of {}.", many_were(unseen, "property"), many(count, "cause")),
        ));
    }
    if documents + statements > 0 {
        told.push(say(
            format!("書面{documents}件及び申告{statements}件は、登録がないか、確認できない点又は要件を満たさない点がある。"),
            format!(
                "{} and {} are not on file, or have points that are unverified or not met.",
                many(documents as u64, "document"),
                many(statements as u64, "statement")
            ),
        ));
    }
    if needs > 0 {
        told.push(say(
            format!("ほかに、機械では確認しておらず、申告もない事項が{needs}件ある。"),
            format!(
                "{} neither been checked by machine nor covered by a statement.",
                many_have(needs as u64, "further matter")
            ),
        ));
    }
    told
}

/// The clauses that have this status.
fn listed(material: &Material<'_>, status: Status) -> Vec<Named> {
    material.assessment.clauses.iter().filter(|clause| clause.status == status).map(Named::new).collect()
}

fn text(ja: impl Into<String>, en: impl Into<String>) -> Text {
    Text { ja: ja.into(), en: en.into() }
}

fn say(ja: impl Into<String>, en: impl Into<String>) -> Sentence {
    Sentence { before: text(ja, en), clauses: Vec::new(), after: None }
}

fn many(count: u64, noun: &str) -> String {
    let noun = match (count, noun.strip_suffix('y')) {
        (1, _) => noun.to_owned(),
        (_, Some(stem)) => format!("{stem}ies"),
        (_, None) => format!("{noun}s"),
    };
    format!("{} {noun}", grouped(count))
}

fn many_are(count: u64, noun: &str) -> String {
    format!("{} {}", many(count, noun), if count == 1 { "is" } else { "are" })
}

fn many_have(count: u64, noun: &str) -> String {
    format!("{} {}", many(count, noun), if count == 1 { "has" } else { "have" })
}

fn many_were(count: u64, noun: &str) -> String {
    format!("{} {}", many(count, noun), if count == 1 { "was" } else { "were" })
}
