//! Observations: one a check, with the subjects that break it or could not be decided, and one a paper or matter that clauses ask for.

use super::common::tool;
use super::shared::{Assets, Component, Property, line, named, paragraphs, properties, string};
use crate::assess::{ClauseResult, Counts, Finding, Level, Status};
use crate::checks::Check;
use crate::report::accepted::Accepted;
use crate::report::identity::uuid;
use crate::report::numbers::{self, Numbers};
use crate::report::seen;
use crate::report::{Material, ReportError, words};
use crate::text::Text;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Most subjects in a document; those that violate stand before all others, and those left out are counted.
pub const SUBJECTS: usize = 50_000;
/// Most calls that an observation cites; the others are counted, and stand in `report.json`.
const EVIDENCE: usize = 20;

/// What was observed.
pub struct Observed {
    pub observations: Vec<Observation>,
    /// What subjects refer to.
    pub items: Vec<Item>,
    /// How many subjects were left out.
    pub left_out: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Observation {
    pub uuid: String,
    pub title: String,
    pub description: String,
    pub props: Vec<Property>,
    pub methods: Vec<&'static str>,
    pub types: Vec<&'static str>,
    pub origins: Vec<Origin>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relevant_evidence: Vec<Evidence>,
    pub collected: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remarks: Option<String>,
}

#[derive(Serialize)]
pub struct Origin {
    pub actors: Vec<Actor>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Actor {
    #[serde(rename = "type")]
    pub sort: &'static str,
    pub actor_uuid: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Subject {
    pub subject_uuid: String,
    #[serde(rename = "type")]
    pub sort: &'static str,
    pub title: String,
    pub props: Vec<Property>,
    pub remarks: String,
}

#[derive(Serialize)]
pub struct Evidence {
    pub description: String,
    pub props: Vec<Property>,
}

/// Something that a subject refers to.
#[derive(Serialize)]
pub struct Item {
    pub uuid: String,
    pub description: String,
    pub props: Vec<Property>,
}

/// What a document that observes is about, and with what it was observed.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Local {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inventory_items: Vec<Item>,
    pub assessment_assets: Assets,
}

/// A reference to an observation.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Related {
    pub observation_uuid: String,
}

impl Observed {
    /// The observations of these checks, and those of the papers where `with_papers`.
    pub fn of(
        material: &Material<'_>,
        wanted: &BTreeSet<&str>,
        with_papers: bool,
    ) -> Result<Self, ReportError> {
        let known = crate::checks::all().map_err(|fault| ReportError::Compose(fault.to_string()))?;
        let known: BTreeMap<&str, &Check> = known.iter().map(|check| (check.id.as_str(), check)).collect();
        let clauses = &material.assessment.clauses;
        let mut subjects = Subjects::of(material, wanted);
        let mut observations = Vec::new();
        // A check of papers looks at those that a clause asks for, so each clause has its own counts.
        let mut counts: BTreeMap<&str, Vec<(&str, Counts)>> = BTreeMap::new();
        for clause in clauses {
            for check in clause.checks.iter().filter(|check| wanted.contains(check.id.as_str())) {
                counts.entry(&check.id).or_default().push((&clause.id, check.counts));
            }
        }
        for check in clauses.iter().flat_map(|clause| &clause.checks) {
            if let Some(counts) = counts.remove(check.id.as_str()) {
                let known = known.get(check.id.as_str()).copied();
                observations.push(of_check(material, (&check.id, &counts), known, &mut subjects));
            }
        }
        if with_papers {
            papers(material, clauses, &mut observations);
        }
        if with_papers {
            inventory(material, &mut subjects.items)?;
        }
        let items = subjects.items.into_values().collect();
        Ok(Self { observations, items, left_out: subjects.left_out })
    }
}

/// Puts the resources that were read beside the subjects of findings, as many as there is room for.
fn inventory<'a>(
    material: &Material<'a>,
    items: &mut BTreeMap<Cow<'a, str>, Item>,
) -> Result<(), ReportError> {
    let mut room = SUBJECTS;
    seen::each(material, |resource| {
        if room > 0 && !items.contains_key(&*resource.id) {
            room -= 1;
            items.insert(Cow::Owned(resource.id.to_string()), item(&resource.id, &resource.name));
        }
        Ok(())
    })
}

/// The identifier of what was observed by a check.
pub fn by_check(check: &str) -> String {
    uuid("observation", &[check])
}

/// The identifier of what was observed of a paper or matter.
pub fn by_paper(clause: &ClauseResult, sort: &str, id: &str) -> String {
    uuid("observation", &[&clause.id, sort, id])
}

/// How a check looks: at what a cloud shows, or at papers.
pub fn method(check: Option<&Check>) -> &'static str {
    if check.is_some_and(|check| check.subject.is_paper()) { "EXAMINE" } else { "TEST" }
}

/// Who observes: this program.
pub fn origins(material: &Material<'_>) -> Vec<Origin> {
    vec![Origin { actors: vec![Actor { sort: "tool", actor_uuid: tool(material) }] }]
}

fn of_check(
    material: &Material<'_>,
    (id, counts): (&str, &[(&str, Counts)]),
    known: Option<&Check>,
    subjects: &mut Subjects<'_>,
) -> Observation {
    let title = material.check_title(id);
    let found = subjects.by_check.remove(id).unwrap_or_default();
    let OfCheck { listed, evidence, calls, mut violates, mut unverified, mut left_out } = found;
    if material.assessment.withheld.is_some() {
        let most = |of: fn(&Counts) -> u64| counts.iter().map(|(_, counts)| of(counts)).max().unwrap_or(0);
        (violates, unverified) = (most(|counts| counts.violates), most(|counts| counts.unverified));
        left_out = violates + unverified;
    }
    let by_clause = counts.iter().map(|(clause, counts)| {
        let Counts { conforms, violates, unverified, not_applicable } = counts;
        let told = format!(
            "{clause}: conforms {conforms}, violates {violates}, unverified {unverified}, not applicable {not_applicable}"
        );
        ("counts", told)
    });
    let mut numbers: Vec<(&'static str, String)> = by_clause.collect();
    numbers.extend([
        ("violates", violates.to_string()),
        ("unverified", unverified.to_string()),
        ("subjects-left-out", left_out.to_string()),
        ("evidence-calls", calls.len().to_string()),
    ]);
    let props =
        std::iter::once(("check", id)).chain(numbers.iter().map(|(name, value)| (*name, value.as_str())));
    let remarks = (left_out > 0).then(|| {
        paragraphs(&match material.assessment.withheld {
            None => Text {
                ja: format!("対象{left_out}件を省いた。report.json 及び findings.csv に収める。"),
                en: format!("Left out: {left_out} subjects; report.json and findings.csv list them."),
            },
            Some(_) => Text {
                ja: format!("判定だけの写しのため、対象{left_out}件は取り除かれている。"),
                en: format!("This copy tells verdicts alone: {left_out} subjects were taken out."),
            },
        })
    });
    Observation {
        uuid: by_check(id),
        title: line(&title),
        description: paragraphs(known.map_or(&title, |check| &check.about)),
        props: properties(props),
        methods: vec![method(known)],
        types: vec!["finding"],
        origins: origins(material),
        subjects: listed,
        relevant_evidence: evidence,
        collected: material.run.assessed_at.to_string(),
        remarks,
    }
}

/// Subjects by the checks they are of, bounded in all.
struct Subjects<'a> {
    by_check: BTreeMap<&'a str, OfCheck>,
    items: BTreeMap<Cow<'a, str>, Item>,
    left_out: u64,
}

/// What was found by one check.
#[derive(Default)]
struct OfCheck {
    listed: Vec<Subject>,
    evidence: Vec<Evidence>,
    /// The numbers of all calls that its findings cite.
    calls: BTreeSet<u32>,
    violates: u64,
    unverified: u64,
    left_out: u64,
}

impl<'a> Subjects<'a> {
    fn of(material: &Material<'a>, wanted: &BTreeSet<&str>) -> Self {
        let assessment = material.assessment;
        let (numbers, accepted) = (Numbers::of(assessment), Accepted::of(assessment));
        let mut subjects = Self { by_check: BTreeMap::new(), items: BTreeMap::new(), left_out: 0 };
        let mut room = SUBJECTS;
        // What binds and is broken first, then recommendations unmet, then what could not be decided.
        let urgency = |finding: &Finding| match (finding.status, finding.level) {
            (Status::Violates, Level::Shall) => 0,
            (Status::Violates, Level::Should) => 1,
            _ => 2,
        };
        for turn in 0..=2 {
            let mine =
                assessment.findings.iter().filter(|one| urgency(one) == turn && wanted.contains(&*one.check));
            for finding in mine {
                let of_check = subjects.by_check.entry(&finding.check).or_default();
                match finding.status {
                    Status::Violates => of_check.violates += 1,
                    Status::Unverified | Status::Attested | Status::Conforms | Status::NotApplicable => {
                        of_check.unverified += 1;
                    }
                }
                for call in &finding.calls {
                    let number = numbers.number(call);
                    if of_check.calls.insert(number) && of_check.evidence.len() < EVIDENCE {
                        of_check.evidence.push(cited(material, number, call));
                    }
                }
                if room == 0 {
                    of_check.left_out += 1;
                    subjects.left_out += 1;
                    continue;
                }
                room -= 1;
                let new = || item(&finding.subject, &finding.name);
                subjects.items.entry(Cow::Borrowed(&*finding.subject)).or_insert_with(new);
                of_check.listed.push(subject(finding, &accepted));
            }
        }
        subjects
    }
}

fn subject(finding: &Finding, accepted: &Accepted<'_>) -> Subject {
    let outcome = words::status_at(finding.level, finding.status);
    let (captured, by): (String, Vec<&str>) = (
        finding.captured.map(|at| at.0.to_string()).unwrap_or_default(),
        accepted.by(finding).map(|exception| exception.id.as_str()).collect(),
    );
    let props = [("verdict", outcome.class), ("captured-at", captured.as_str())];
    let props = props.into_iter().chain(by.into_iter().map(|exception| ("accepted-by", exception)));
    Subject {
        subject_uuid: uuid("subject", &[&finding.subject]),
        sort: "inventory-item",
        title: named(&finding.name),
        props: properties(props),
        remarks: paragraphs(&finding.reason),
    }
}

fn item(id: &str, called: &str) -> Item {
    Item { uuid: uuid("subject", &[id]), description: named(called), props: properties([("subject", id)]) }
}

fn cited(material: &Material<'_>, number: u32, call: &sekisho_contract::CallId) -> Evidence {
    let label = numbers::label(number);
    let Some(known) = material.evidence.get(call) else {
        return Evidence {
            description: named(&label),
            props: properties([("evidence", label.as_str()), ("call", call.as_str())]),
        };
    };
    let said = format!("{label}: {} {} {}", known.operation, known.region, known.target);
    let (status, at) = (known.status.to_string(), known.at.to_string());
    Evidence {
        description: named(said.trim()),
        props: properties([
            ("evidence", label.as_str()),
            ("call", call.as_str()),
            ("account", &known.account),
            ("http-status", &status),
            ("at", &at),
            ("request-id", &known.request_id),
            ("answer-sha256", &known.sha256),
        ]),
    }
}

fn papers(material: &Material<'_>, clauses: &[ClauseResult], observations: &mut Vec<Observation>) {
    let mut put = |uuid: String, title: &Text, why: &Text, props: Vec<(&'static str, &str)>, method| {
        observations.push(Observation {
            uuid,
            title: line(title),
            description: paragraphs(why),
            props: properties(props),
            methods: vec![method],
            types: vec!["control-objective"],
            origins: origins(material),
            subjects: Vec::new(),
            relevant_evidence: Vec::new(),
            collected: material.run.assessed_at.to_string(),
            remarks: None,
        });
    };
    for clause in clauses {
        let documents = clause.documents.iter().map(|paper| ("document", "EXAMINE", paper));
        let statements = clause.statements.iter().map(|paper| ("statement", "INTERVIEW", paper));
        for (sort, method, paper) in documents.chain(statements) {
            let verdict = words::status_at(paper.level, paper.status).class;
            let entries = paper.entries.iter().map(|entry| ("entry", entry.as_str()));
            let props = [("clause", clause.id.as_str()), (sort, paper.id.as_str()), ("verdict", verdict)];
            let props = props.into_iter().chain(entries).collect();
            put(by_paper(clause, sort, &paper.id), &paper.title, &paper.reason, props, method);
        }
        for need in &clause.needs {
            let entry = string(need.entry.as_deref().unwrap_or_default());
            let verdict = words::status(need.status).class;
            let props = vec![
                ("clause", clause.id.as_str()),
                ("need", need.id.as_str()),
                ("verdict", verdict),
                ("entry", entry.as_str()),
            ];
            put(by_paper(clause, "need", &need.id), &need.missing, &need.missing, props, "INTERVIEW");
        }
    }
}
