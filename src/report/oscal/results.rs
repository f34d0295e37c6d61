//! Assessment results: one result, a finding a clause, an observation a check, a risk a check that is broken.
//!
//! A target is `satisfied` where the clause conforms or is attested, and `not-satisfied` otherwise: nothing that was not seen ever
//! counts as satisfied. Which of the verdicts it is stands in the property `verdict`.

use super::common::{accounts, assets, document, linked, reviewed, statement};
use super::observed::{Local, Observation, Observed, Origin, Related, by_check, by_paper, origins};
use super::shared::{Import, Metadata, Property, Reviewed, line, paragraphs, properties};
use crate::assess::{CheckResult, ClauseResult, ExceptionState, Level, Status};
use crate::report::identity::uuid;
use crate::report::standing::Standing;
use crate::report::{Material, ReportError, words};
use crate::text::Text;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Most remedies of a risk.
const REMEDIES: usize = 8;

/// `{"assessment-results": …}`.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Document {
    assessment_results: Results,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Results {
    uuid: String,
    metadata: Metadata,
    import_ap: Import,
    results: [ResultOf; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ResultOf {
    uuid: String,
    title: String,
    description: String,
    start: String,
    end: String,
    props: Vec<Property>,
    local_definitions: Local,
    reviewed_controls: Reviewed,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    observations: Vec<Observation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    risks: Vec<Risk>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Finding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remarks: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Finding {
    uuid: String,
    title: String,
    description: String,
    props: Vec<Property>,
    origins: Vec<Origin>,
    target: Target,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_observations: Vec<Related>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_risks: Vec<RelatedRisk>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Target {
    #[serde(rename = "type")]
    sort: &'static str,
    target_id: String,
    status: TargetStatus,
}

#[derive(Serialize)]
struct TargetStatus {
    state: &'static str,
    reason: &'static str,
    remarks: String,
}

/// Something that is broken, or that somebody has accepted.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Risk {
    pub uuid: String,
    pub title: String,
    pub description: String,
    pub statement: String,
    pub props: Vec<Property>,
    pub status: &'static str,
    pub origins: Vec<Origin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remediations: Vec<Response>,
    pub related_observations: Vec<Related>,
}

/// What to do about it.
#[derive(Serialize)]
pub struct Response {
    uuid: String,
    lifecycle: &'static str,
    title: String,
    description: String,
}

/// A reference to a risk.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RelatedRisk {
    pub risk_uuid: String,
}

/// The results.
pub fn results(material: &Material<'_>) -> Result<Document, ReportError> {
    let Material { assessment, run, .. } = *material;
    let wanted: BTreeSet<&str> =
        assessment.clauses.iter().flat_map(|clause| &clause.checks).map(|check| check.id.as_str()).collect();
    let observed = Observed::of(material, &wanted, true)?;
    let broken = Broken::of(material);
    let (standing, name) =
        (Standing::of(material), Text { ja: "評価の結果".into(), en: "Assessment results".into() });
    let verdict = words::status(assessment.verdict);
    let left_out = observed.left_out.to_string();
    let listed: u64 = observed.observations.iter().map(|one| one.subjects.len() as u64).sum();
    let listed = listed.to_string();
    let told: Vec<String> = standing.told.iter().map(paragraphs).collect();
    let finding = |clause: &&ClauseResult| clause.status != Status::NotApplicable;
    Ok(Document {
        assessment_results: Results {
            uuid: document(material, "assessment-results"),
            metadata: linked(material, name.clone(), &[]),
            import_ap: Import { href: "oscal-assessment-plan.json".to_owned() },
            results: [ResultOf {
                uuid: uuid("result", &[&document(material, "assessment-results")]),
                title: line(&name),
                description: paragraphs(&Text {
                    ja: format!("総合判定：{}", verdict.word.ja),
                    en: format!("Verdict as a whole: {}", verdict.word.en),
                }),
                start: run.started_at.min(run.assessed_at).to_string(),
                end: run.assessed_at.to_string(),
                props: properties([
                    ("verdict", verdict.class),
                    ("result-state", &standing.word()),
                    ("subjects-listed", &listed),
                    ("subjects-left-out", &left_out),
                ]),
                local_definitions: Local {
                    components: accounts(material),
                    inventory_items: observed.items,
                    assessment_assets: assets(material),
                },
                reviewed_controls: reviewed(&assessment.clauses),
                risks: risks(material, &broken),
                findings: assessment
                    .clauses
                    .iter()
                    .filter(finding)
                    .map(|one| of_clause(material, one, &broken))
                    .collect(),
                observations: observed.observations,
                remarks: (!told.is_empty()).then(|| told.join("\n\n")),
            }],
        },
    })
}

fn of_clause(material: &Material<'_>, clause: &ClauseResult, broken: &Broken<'_>) -> Finding {
    let word = |ja: &str, en: &str| Text { ja: ja.to_owned(), en: en.to_owned() };
    let (state, reason, why) = match clause.status {
        Status::Conforms => ("satisfied", "pass", word("必要な事実を確認した。", "What it needs was seen.")),
        Status::Attested => (
            "satisfied",
            "other",
            word(
                "書面確認：機械による裏付けのない書面又は申告に基づく。",
                "Attested: it is based on documents or statements that no machine fact supports.",
            ),
        ),
        Status::Violates => {
            ("not-satisfied", "fail", word("満たさないことを確認した。", "A violation was seen."))
        }
        // Those that do not apply have no finding.
        Status::Unverified | Status::NotApplicable => (
            "not-satisfied",
            "other",
            word(
                "確認不能：必要な事実を確認できていない。確認できないものを適合とは扱わない。",
                "Unverified: something needed was not seen. What was not seen never counts as conforming.",
            ),
        ),
    };
    let papers = clause.documents.iter().map(|paper| ("document", &paper.id));
    let papers = papers.chain(clause.statements.iter().map(|paper| ("statement", &paper.id)));
    let papers = papers.chain(clause.needs.iter().map(|need| ("need", &need.id)));
    let checks = clause.checks.iter().map(|check| by_check(&check.id));
    let related = checks.chain(papers.map(|(sort, id)| by_paper(clause, sort, id)));
    let mut seen = BTreeSet::new();
    let related = related.filter(|one| seen.insert(one.clone())).collect::<Vec<_>>();
    // A check that papers of another clause break is no risk of this one.
    let breaks = |check: &&CheckResult| check.counts.violates > 0 && broken.0.contains_key(check.id.as_str());
    let risks = clause.checks.iter().filter(breaks);
    // Tools show the title and the state: only those two of the verdicts have a state of their own.
    let word = words::status(clause.status).word;
    let number = Text {
        ja: format!("{} {}［{}］", clause.number, clause.title.ja, word.ja),
        en: format!("{} {} [{}]", clause.id, clause.title.en, word.en),
    };
    Finding {
        uuid: uuid("finding", &[&clause.id]),
        title: line(&number),
        description: paragraphs(&clause.reason),
        props: properties([("clause", clause.id.as_str()), ("verdict", words::status(clause.status).class)]),
        origins: origins(material),
        target: Target {
            sort: "statement-id",
            target_id: statement(&clause.id),
            status: TargetStatus { state, reason, remarks: paragraphs(&why) },
        },
        related_observations: related
            .into_iter()
            .map(|observation_uuid| Related { observation_uuid })
            .collect(),
        related_risks: risks.map(|check| RelatedRisk { risk_uuid: of_check(&check.id) }).collect(),
    }
}

/// Checks that are broken, in the order of their findings: how binding, how often, and what to do.
pub struct Broken<'a>(pub BTreeMap<&'a str, Break<'a>>);

/// A check that is broken.
pub struct Break<'a> {
    pub level: Level,
    pub violates: u64,
    pub clauses: BTreeSet<&'a str>,
    pub remedies: Vec<&'a Text>,
    /// Why, of the first finding; none where findings were taken out.
    pub reason: Option<&'a Text>,
}

impl<'a> Broken<'a> {
    /// Those of an assessment.
    pub fn of(material: &Material<'a>) -> Self {
        let mut broken: BTreeMap<&'a str, Break<'a>> = BTreeMap::new();
        for finding in material.assessment.findings.iter().filter(|one| one.status == Status::Violates) {
            let remedy: &'a Text = &finding.remedy;
            let one = broken.entry(&finding.check).or_insert_with(|| Break {
                level: finding.level,
                violates: 0,
                clauses: BTreeSet::new(),
                remedies: Vec::new(),
                reason: Some(&finding.reason),
            });
            one.clauses.extend(finding.clauses.iter().map(String::as_str));
            one.level = one.level.min(finding.level);
            one.violates += 1;
            let told = !remedy.ja.is_empty() || !remedy.en.is_empty();
            if told && one.remedies.len() < REMEDIES && !one.remedies.contains(&remedy) {
                one.remedies.push(remedy);
            }
        }
        if material.assessment.withheld.is_some() {
            broken = by_counts(&material.assessment.clauses);
        }
        Self(broken)
    }
}

/// The same from the counts of the clauses, where findings were taken out.
fn by_counts(clauses: &[ClauseResult]) -> BTreeMap<&str, Break<'_>> {
    let mut broken: BTreeMap<&str, Break<'_>> = BTreeMap::new();
    for clause in clauses {
        for check in clause.checks.iter().filter(|check| check.counts.violates > 0) {
            let new = || Break {
                level: check.level,
                violates: 0,
                clauses: BTreeSet::new(),
                remedies: Vec::new(),
                reason: None,
            };
            let one = broken.entry(&check.id).or_insert_with(new);
            one.level = one.level.min(check.level);
            one.violates = one.violates.max(check.counts.violates);
            one.clauses.insert(&clause.id);
        }
    }
    broken
}

/// The identifier of the risk that a check is broken.
pub fn of_check(check: &str) -> String {
    uuid("risk", &[check])
}

/// The identifier of an accepted risk.
pub fn of_exception(exception: &str) -> String {
    uuid("risk", &["exception", exception])
}

/// A risk a check that is broken, and one a risk that somebody has accepted, which makes the first no smaller.
pub fn risks(material: &Material<'_>, broken: &Broken<'_>) -> Vec<Risk> {
    let taken = Text {
        ja: "判定だけの写しのため、理由は取り除かれている。".to_owned(),
        en: "This copy tells verdicts alone: the reasons were taken out.".to_owned(),
    };
    let of_broken = |(check, broken): (&&str, &Break<'_>)| {
        let title = material.check_title(check);
        let count = broken.violates.to_string();
        let what = words::status_at(broken.level, Status::Violates);
        let remediations = broken.remedies.iter().enumerate().map(|(at, remedy)| Response {
            uuid: uuid("remedy", &[check, &at.to_string(), &remedy.en]),
            lifecycle: "recommendation",
            title: line(&title),
            description: paragraphs(remedy),
        });
        let clauses = broken.clauses.iter().map(|clause| ("clause", *clause));
        let props = [("check", *check), ("verdict", what.class), ("findings", count.as_str())];
        Risk {
            uuid: of_check(check),
            title: line(&title),
            description: paragraphs(&Text {
                ja: format!("{}：{}件", what.word.ja, broken.violates),
                en: format!("{}: {}", what.word.en, broken.violates),
            }),
            statement: paragraphs(broken.reason.unwrap_or(&taken)),
            props: properties(props.into_iter().chain(clauses)),
            status: "open",
            origins: origins(material),
            deadline: None,
            remediations: remediations.collect(),
            related_observations: vec![Related { observation_uuid: by_check(check) }],
        }
    };
    let mut risks: Vec<Risk> = broken.0.iter().map(of_broken).collect();
    for result in material.assessment.exceptions.iter().filter(|one| one.state == ExceptionState::InForce) {
        let exception = &result.exception;
        let checks: BTreeSet<&str> = result.findings.iter().map(|one| one.check.as_str()).collect();
        let (count, expires) = (result.count.to_string(), exception.expires.to_string());
        let name = Text {
            ja: format!("受容されたリスク：{}", exception.id),
            en: format!("Accepted risk: {}", exception.id),
        };
        let reason = Text { ja: exception.reason.clone(), en: exception.reason.clone() };
        risks.push(Risk {
            uuid: of_exception(&exception.id),
            title: line(&name),
            description: paragraphs(&Text {
                ja: format!("所見{}件を{expires}まで受容する。判定は変わらない。", result.count),
                en: format!("Findings accepted until {expires}: {}. No verdict changes.", result.count),
            }),
            statement: paragraphs(&reason),
            props: properties(
                [
                    ("exception", exception.id.as_str()),
                    ("owner", &exception.owner),
                    ("approver", &exception.approver),
                    ("findings", &count),
                    ("expires", &expires),
                ]
                .into_iter()
                .chain(exception.subjects.iter().take(100).map(|subject| ("subjects", subject.as_str()))),
            ),
            status: "deviation-approved",
            origins: origins(material),
            // The last day it counts, to its end in Japan.
            deadline: Some(format!("{expires}T23:59:59+09:00")),
            remediations: Vec::new(),
            related_observations: checks
                .into_iter()
                .map(|check| Related { observation_uuid: by_check(check) })
                .collect(),
        });
    }
    risks
}
