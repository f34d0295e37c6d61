//! The assessment plan: which clauses, which accounts, and how they are looked at; from the officer's request where there is one.

use super::common::{accounts, assets, document, linked, reviewed};
use super::observed::method;
use super::shared::{
    Assets, BackMatter, Component, Import, Metadata, Nothing, Property, Resource, Reviewed, line, paragraphs,
    properties,
};
use crate::checks::Check;
use crate::report::identity::uuid;
use crate::report::{Material, ReportError, display};
use crate::text::Text;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// `{"assessment-plan": …}`.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Document {
    assessment_plan: Plan,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Plan {
    uuid: String,
    metadata: Metadata,
    import_ssp: Import,
    local_definitions: Local,
    terms_and_conditions: Terms,
    reviewed_controls: Reviewed,
    assessment_subjects: Vec<Subjects>,
    assessment_assets: Assets,
    tasks: Vec<Task>,
    back_matter: BackMatter,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Local {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    components: Vec<Component>,
    activities: Vec<Activity>,
}

#[derive(Serialize)]
struct Activity {
    uuid: String,
    title: String,
    description: String,
    props: Vec<Property>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    uuid: String,
    title: String,
    description: String,
}

#[derive(Serialize)]
struct Terms {
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    uuid: String,
    name: &'static str,
    prose: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Subjects {
    #[serde(rename = "type")]
    sort: &'static str,
    include_all: Nothing,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Task {
    uuid: String,
    #[serde(rename = "type")]
    sort: &'static str,
    title: String,
    description: String,
    timing: Timing,
    associated_activities: Vec<Associated>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Timing {
    OnDate { date: String },
    WithinDateRange { start: String, end: String },
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Associated {
    activity_uuid: String,
    subjects: Vec<Subjects>,
}

/// The plan.
pub fn plan(material: &Material<'_>) -> Result<Document, ReportError> {
    let run = material.run;
    let activities = activities(material)?;
    let associated = activities
        .iter()
        .map(|activity| Associated { activity_uuid: activity.uuid.clone(), subjects: all() });
    let (timing, description) = match &run.request {
        Some(request) => (
            Timing::WithinDateRange {
                start: request.issued_at.to_string(),
                end: request.expires_at.to_string(),
            },
            Text {
                ja: format!("依頼（{}）に応じた評価。", request.nonce),
                en: format!("The assessment that answers the request {}.", request.nonce),
            },
        ),
        None => (
            Timing::OnDate { date: run.assessed_at.to_string() },
            Text {
                ja: "依頼によらない評価。".to_owned(),
                en: "An assessment that answers no request.".to_owned(),
            },
        ),
    };
    let task = Task {
        uuid: uuid("task", &[&document(material, "assessment-plan")]),
        sort: "action",
        title: line(&Text { ja: "評価".to_owned(), en: "Assessment".to_owned() }),
        description: paragraphs(&description),
        timing,
        associated_activities: associated.collect(),
    };
    let none = uuid("resource", &["no-ssp"]);
    Ok(Document {
        assessment_plan: Plan {
            uuid: document(material, "assessment-plan"),
            metadata: linked(material, Text { ja: "評価の計画".to_owned(), en: "Assessment plan".to_owned() }, &[]),
            import_ssp: Import { href: format!("#{none}") },
            terms_and_conditions: Terms { parts: terms(material) },
            reviewed_controls: reviewed(&material.assessment.clauses),
            assessment_subjects: all(),
            assessment_assets: assets(material),
            local_definitions: Local { components: accounts(material), activities },
            tasks: vec![task],
            back_matter: BackMatter {
                resources: vec![Resource {
                    uuid: none,
                    title: line(&Text {
                        ja: "システムセキュリティ計画".to_owned(),
                        en: "System security plan".to_owned(),
                    }),
                    description: paragraphs(&Text {
                        ja: "OSCAL によるシステムセキュリティ計画はない。評価の対象はこの文書に記す。".to_owned(),
                        en: "There is no system security plan in OSCAL; what is assessed stands in this document.".to_owned(),
                    }),
                }],
            },
        },
    })
}

fn all() -> Vec<Subjects> {
    vec![Subjects { sort: "component", include_all: Nothing {} }]
}

/// What is done: tests of what clouds show, examinations of papers, and matters that somebody has to be asked about.
fn activities(material: &Material<'_>) -> Result<Vec<Activity>, ReportError> {
    let known = crate::checks::all().map_err(|fault| ReportError::Compose(fault.to_string()))?;
    let known: BTreeMap<&str, &Check> = known.iter().map(|check| (check.id.as_str(), check)).collect();
    let mut steps: BTreeMap<&str, Vec<Step>> = BTreeMap::new();
    let mut put = BTreeSet::new();
    let mut step = |method, sort: &str, id: &str, title: &Text, about: &Text| {
        let uuid = uuid("step", &[sort, id, &title.en]);
        if put.insert(uuid.clone()) {
            let step = Step { uuid, title: line(title), description: paragraphs(about) };
            steps.entry(method).or_default().push(step);
        }
    };
    for clause in &material.assessment.clauses {
        for check in &clause.checks {
            let (known, title) = (known.get(check.id.as_str()).copied(), material.check_title(&check.id));
            step(method(known), "check", &check.id, &title, known.map_or(&title, |check| &check.about));
        }
        for paper in &clause.documents {
            step("EXAMINE", "document", &paper.id, &paper.title, &paper.title);
        }
        for paper in &clause.statements {
            step("INTERVIEW", "statement", &paper.id, &paper.title, &paper.title);
        }
        for need in &clause.needs {
            step("INTERVIEW", "need", &need.id, &need.missing, &need.missing);
        }
    }
    let all = [
        (
            "TEST",
            "機械による確認",
            "Tests of what clouds show",
            "読取り専用の呼出しにより事実を集め、規則により判定する。",
            "Facts are gathered by read-only calls and tested against rules.",
        ),
        (
            "EXAMINE",
            "書面の確認",
            "Examination of documents",
            "台帳に登録した書面を、規則により確認する。",
            "Documents on file are tested against rules.",
        ),
        (
            "INTERVIEW",
            "申告の確認",
            "What people state",
            "署名のある申告を、規則により確認する。",
            "Signed statements on file are tested against rules.",
        ),
    ];
    let activity = |(method, ja, en, how_ja, how_en): (&'static str, &str, &str, &str, &str)| Activity {
        uuid: uuid("activity", &[method]),
        title: line(&Text { ja: ja.to_owned(), en: en.to_owned() }),
        description: paragraphs(&Text { ja: how_ja.to_owned(), en: how_en.to_owned() }),
        props: properties([("method", method)]),
        steps: steps.remove(method).unwrap_or_default(),
    };
    Ok(all.into_iter().map(activity).collect())
}

/// How it may be done, and how what comes of it is handled.
fn terms(material: &Material<'_>) -> Vec<Part> {
    let mut terms = vec![(
        "rules-of-engagement",
        Text {
            ja: "クラウドへの呼出しは読取り専用とし、事業者の上限を超えない。".to_owned(),
            en: "Calls to clouds are read-only and stay within the providers' limits.".to_owned(),
        },
    )];
    if let Some(request) = &material.run.request {
        if let Some(most) = request.max_calls {
            let most = display::grouped(most);
            terms.push((
                "rules-of-engagement",
                Text {
                    ja: format!("呼出しは{most}回までとする。"),
                    en: format!("At most {most} calls are made."),
                },
            ));
        }
        terms.push((
            "assessment-inclusions",
            Text {
                ja: format!("契約：{}", request.contract), en: format!("Contract: {}", request.contract)
            },
        ));
        terms.extend(
            request.handling.as_ref().map(|handling| ("results-delivery", display::marking(handling))),
        );
    }
    let part = |(at, (name, text)): (usize, (&'static str, Text))| Part {
        uuid: uuid("term", &[&document(material, "assessment-plan"), &at.to_string()]),
        name,
        prose: paragraphs(&text),
    };
    terms.into_iter().enumerate().map(part).collect()
}
