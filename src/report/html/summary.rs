//! The summary in sentences: what breaks, what could not be seen, what to do first.

use super::page::{anchor, checks_title, reason};
use crate::assess::{Level, Status};
use crate::report::Material;
use crate::report::display::{self, NAME_LIMIT, Shown, grouped};
use crate::report::totals::{self, Group};
use crate::report::words::{self, Outcome, Word};
use crate::text::Text;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most steps of each sort.
const STEPS: usize = 5;

/// The summary on the page.
#[derive(Serialize)]
pub struct Summary {
    sentences: Vec<Text>,
    steps: Vec<Step>,
    unseen: Vec<Unseen>,
}

/// A check to deal with.
#[derive(Serialize)]
struct Step {
    outcome: Outcome,
    title: Text,
    anchor: String,
    clauses: Vec<(String, String)>,
    count: u64,
    example: Shown,
    remedy: Text,
}

/// Something to make visible.
#[derive(Serialize)]
struct Unseen {
    reason: Word,
    operation: Shown,
    permission: Shown,
    count: u64,
    next_step: Word,
}

impl Summary {
    pub fn new(material: &Material<'_>, groups: &BTreeMap<&str, Group<'_>>) -> Self {
        let numbers: BTreeMap<&str, &str> = material
            .assessment
            .clauses
            .iter()
            .map(|clause| (clause.id.as_str(), clause.number.as_str()))
            .collect();
        let step = |group: &Group<'_>| {
            let first = group.first.first()?;
            let clause = |id: &String| {
                let number = numbers.get(id.as_str()).copied().unwrap_or(id);
                (display::name(number, NAME_LIMIT).text, anchor("clause", id))
            };
            Some(Step {
                outcome: group.outcome(),
                title: checks_title(material, group.check),
                anchor: anchor("check", group.check),
                clauses: first.clauses.iter().map(clause).collect(),
                count: if group.violates > 0 { group.violates } else { group.unverified },
                example: display::name(&first.name, 60),
                remedy: reason(&first.remedy),
            })
        };
        let unseen = |cause: &totals::Cause<'_>| Unseen {
            reason: words::gap(cause.reason),
            operation: display::name(cause.operation, NAME_LIMIT),
            permission: display::name(cause.permission, NAME_LIMIT),
            count: cause.count,
            next_step: words::next_step(cause.reason),
        };
        let pressing = totals::most_pressing(groups);
        Self {
            sentences: sentences(material, groups),
            steps: pressing
                .into_iter()
                .filter(|group| group.violates > 0)
                .filter_map(step)
                .take(STEPS)
                .collect(),
            unseen: totals::causes(&material.assessment.gaps).iter().take(STEPS).map(unseen).collect(),
        }
    }
}

fn sentences(material: &Material<'_>, groups: &BTreeMap<&str, Group<'_>>) -> Vec<Text> {
    let Material { assessment, run, ledger, .. } = *material;
    let accounts = run.accounts.len() as u64;
    let resources = grouped(totals::resources(assessment));
    let calls = grouped(ledger.calls);
    let (cells, open_cells) = totals::cells(&assessment.cells);
    let (cells, open_cells) = (grouped(cells as u64), open_cells as u64);
    let unseen: u64 = totals::causes(&assessment.gaps).iter().map(|cause| cause.count).sum();
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
            "{resources} resources in {} were examined by {calls} read-only calls and held against {} clauses.",
            many(accounts, "account"),
            assessment.clauses.len()
        ),
    )];
    told.push(match listed(material, Status::Violates) {
        (0, _) => say("不適合とした項目はない。", "No clause is violated."),
        (count, which) => say(
            format!("不適合は{count}項目（{which}）である。"),
            format!("{} violated: {which}.", many_are(count, "clause")),
        ),
    });
    if let (count @ 1.., which) = listed(material, Status::Unverified) {
        told.push(say(
            format!("確認不能は{count}項目（{which}）である。確認できないものを適合とは扱わない。"),
            format!(
                "{} unverified: {which}. What was not seen never counts as conforming.",
                many_are(count, "clause")
            ),
        ));
    }
    if advised > 0 {
        told.push(say(
            format!("推奨事項の未達が{}件ある。推奨未達は不適合には当たらない。", grouped(advised)),
            format!("{} unmet; that is not a violation.", many_are(advised, "recommendation")),
        ));
    }
    told.push(match (open_cells, unseen) {
        (0, 0) => say(
            format!("調査区画（アカウント×リージョン×サービス）{cells}のすべてを確認した。"),
            format!("All {cells} cells (account × region × service) of the sweep were accounted for."),
        ),
        _ => say(
            format!(
                "調査区画（アカウント×リージョン×サービス）{cells}のうち{}区画、及び個別の属性等{}件を確認できなかった。",
                grouped(open_cells),
                grouped(unseen)
            ),
            format!(
                "Of {cells} cells (account × region × service), {} could not be accounted for; {} not seen.",
                grouped(open_cells),
                many_were(unseen, "fact")
            ),
        ),
    });
    if documents + statements + needs > 0 {
        told.push(say(
            format!("ほかに、確認できていない書面が{documents}件、申告が{statements}件、本版で扱わない確認事項が{needs}件ある。"),
            format!(
                "Still open besides: {}, {}, and {} that this version does not examine.",
                many(documents as u64, "document"),
                many(statements as u64, "statement"),
                many(needs as u64, "matter")
            ),
        ));
    }
    told
}

/// How many clauses have this status, and their numbers.
fn listed(material: &Material<'_>, status: Status) -> (u64, String) {
    let of: Vec<_> = material.assessment.clauses.iter().filter(|clause| clause.status == status).collect();
    let numbers: Vec<String> =
        of.iter().map(|clause| display::name(&clause.number, NAME_LIMIT).text).collect();
    (of.len() as u64, numbers.join("、"))
}

fn say(ja: impl Into<String>, en: impl Into<String>) -> Text {
    Text { ja: ja.into(), en: en.into().replace('、', ", ") }
}

fn many(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

fn many_are(count: u64, noun: &str) -> String {
    format!("{} {}", many(count, noun), if count == 1 { "is" } else { "are" })
}

fn many_were(count: u64, noun: &str) -> String {
    format!("{} {}", many(count, noun), if count == 1 { "was" } else { "were" })
}
