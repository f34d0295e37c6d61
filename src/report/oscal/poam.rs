//! Plan of action and milestones: what breaks a demand, recommendations unmet, and accepted risks, each with what to do.

use super::common::{accounts, assets, document, linked};
use super::observed::{Local, Observation, Observed, Related, by_check};
use super::results::{Broken, RelatedRisk, Risk, of_check, of_exception, risks};
use super::shared::{Metadata, Property, line, paragraphs, properties};
use crate::assess::{ClauseResult, ExceptionState, Status};
use crate::report::identity::uuid;
use crate::report::standing::{Standing, WHOLE};
use crate::report::{Material, ReportError, words};
use crate::text::Text;
use serde::Serialize;
use std::collections::BTreeSet;

/// `{"plan-of-action-and-milestones": …}`.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Document {
    plan_of_action_and_milestones: Poam,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Poam {
    uuid: String,
    metadata: Metadata,
    system_id: SystemId,
    local_definitions: Local,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    observations: Vec<Observation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    risks: Vec<Risk>,
    poam_items: Vec<PoamItem>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct SystemId {
    identifier_type: &'static str,
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct PoamItem {
    uuid: String,
    title: String,
    description: String,
    props: Vec<Property>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_observations: Vec<Related>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_risks: Vec<RelatedRisk>,
}

/// The plan.
pub fn poam(material: &Material<'_>) -> Result<Document, ReportError> {
    let assessment = material.assessment;
    let broken = Broken::of(material);
    let in_force = || assessment.exceptions.iter().filter(|one| one.state == ExceptionState::InForce);
    let accepted = in_force().flat_map(|one| &one.findings).map(|one| one.check.as_str());
    let wanted: BTreeSet<&str> = broken.0.keys().copied().chain(accepted).collect();
    let observed = Observed::of(material, &wanted, false)?;
    let mut items: Vec<PoamItem> = broken
        .0
        .iter()
        .map(|(check, one)| {
            let what = words::status_at(one.level, Status::Violates);
            let count = one.violates.to_string();
            let clauses = one.clauses.iter().map(|clause| ("clause", *clause));
            let props = [("check", *check), ("verdict", what.class), ("findings", count.as_str())];
            let (mut ja, mut en) = (
                vec![format!("{}：{}件。", what.word.ja, count)],
                vec![format!("{}: {}.", what.word.en, count)],
            );
            ja.extend(one.remedies.iter().map(|remedy| remedy.ja.clone()));
            en.extend(one.remedies.iter().map(|remedy| remedy.en.clone()));
            PoamItem {
                uuid: uuid("poam", &[check]),
                title: line(&material.check_title(check)),
                description: paragraphs(&Text { ja: ja.join(" "), en: en.join(" ") }),
                props: properties(props.into_iter().chain(clauses)),
                related_observations: vec![Related { observation_uuid: by_check(check) }],
                related_risks: vec![RelatedRisk { risk_uuid: of_check(check) }],
            }
        })
        .collect();
    items.extend(in_force().map(|one| {
        let (id, expires) = (&one.exception.id, one.exception.expires.to_string());
        PoamItem {
            uuid: uuid("poam", &["exception", id]),
            title: line(&Text {
                ja: format!("受容されたリスク：{id}"), en: format!("Accepted risk: {id}")
            }),
            description: paragraphs(&Text {
                ja: format!("{expires}までに見直す。判定は変わらない。"),
                en: format!("To be reviewed again by {expires}. No verdict changes."),
            }),
            props: properties([("exception", id.as_str()), ("expires", &expires)]),
            related_observations: Vec::new(),
            related_risks: vec![RelatedRisk { risk_uuid: of_exception(id) }],
        }
    }));
    items.extend(assessment.clauses.iter().filter(|clause| clause.status == Status::Unverified).map(open));
    if items.is_empty() {
        // The model takes no empty list. That there is nothing to do is said only where nothing is missing of the result.
        let whole = Standing::of(material).word() == WHOLE;
        let (title, none) = match whole {
            true => (
                Text { ja: "是正事項なし".to_owned(), en: "No item".to_owned() },
                Text {
                    ja: "是正を要する所見はない。".to_owned(),
                    en: "Nothing was found that has to be put right.".to_owned(),
                },
            ),
            false => (
                Text { ja: "是正事項の有無を判断できない".to_owned(), en: "It cannot be said that there is no item".to_owned() },
                Text {
                    ja: "是正を要する所見は見つかっていないが、結果に欠けるものがある。欠けるものは、この文書の metadata に記す。"
                        .to_owned(),
                    en: "Nothing was found that has to be put right, but the result lacks what stands in the metadata."
                        .to_owned(),
                },
            ),
        };
        items.push(PoamItem {
            uuid: uuid("poam", &["none"]),
            title: line(&title),
            description: paragraphs(&none),
            props: properties([("verdict", words::status(assessment.verdict).class)]),
            related_observations: Vec::new(),
            related_risks: Vec::new(),
        });
    }
    let name =
        Text { ja: "是正計画の案".to_owned(), en: "Plan of action and milestones, drafted".to_owned() };
    Ok(Document {
        plan_of_action_and_milestones: Poam {
            uuid: document(material, "poam"),
            metadata: linked(material, name, &[("oscal-assessment-results.json", "assessment-results")]),
            system_id: SystemId {
                identifier_type: "https://ietf.org/rfc/rfc4122",
                id: uuid("tenancy", &[&material.run.tenancy]),
            },
            local_definitions: Local {
                components: accounts(material),
                inventory_items: observed.items,
                assessment_assets: assets(material),
            },
            observations: observed.observations,
            risks: risks(material, &broken),
            poam_items: items,
        },
    })
}

/// A clause that could not be decided: what is missing is to be seen, or asked for.
fn open(clause: &ClauseResult) -> PoamItem {
    let missing = |status| matches!(status, Status::Unverified | Status::Violates);
    let papers = clause.documents.iter().chain(&clause.statements).filter(|paper| missing(paper.status));
    let papers = papers.map(|paper| (&paper.title, &paper.reason));
    let needs = clause.needs.iter().filter(|need| missing(need.status)).map(|need| &need.missing);
    let (mut ja, mut en) = (vec![clause.reason.ja.clone()], vec![clause.reason.en.clone()]);
    for (title, reason) in papers {
        ja.push(format!("{}：{}", title.ja, reason.ja));
        en.push(format!("{}: {}", title.en, reason.en));
    }
    for need in needs {
        ja.push(need.ja.clone());
        en.push(need.en.clone());
    }
    let word = words::status(Status::Unverified);
    PoamItem {
        uuid: uuid("poam", &["clause", &clause.id]),
        title: line(&Text {
            ja: format!("{}：{} {}", word.word.ja, clause.number, clause.title.ja),
            en: format!("{}: {} {}", word.word.en, clause.id, clause.title.en),
        }),
        description: paragraphs(&Text { ja: ja.join(" "), en: en.join(" ") }),
        props: properties([("clause", clause.id.as_str()), ("verdict", word.class)]),
        related_observations: Vec::new(),
        related_risks: Vec::new(),
    }
}
