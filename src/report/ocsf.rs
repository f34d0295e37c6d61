//! `findings.ocsf.ndjson`: compliance findings of the Open Cybersecurity Schema Framework 1.5.0 (class 2003), an event a line.
//!
//! Lines rather than one array, because that is what logs are loaded from, and a million of them need not stand in memory. First an
//! event a clause with its verdict, then one a finding. `Pass` is for a clause that conforms alone: what was not decided is `Unknown`,
//! what rests on paper or does not apply is `Other`.

use super::accepted::Accepted;
use super::identity::uuid;
use super::numbers::{self, Numbers};
use super::standing::{self, Standing};
use super::{Material, ReportError, words};
use crate::assess::{ClauseResult, Finding, Level, Status};
use crate::text::Text;
use serde::Serialize;
use std::io::Write;

/// The version of the schema.
const VERSION: &str = "1.5.0";
/// Longest identifier, in characters.
const NAME_LIMIT: usize = 2_048;

#[derive(Serialize)]
struct Event<'s> {
    activity_id: u16,
    activity_name: &'static str,
    category_uid: u16,
    category_name: &'static str,
    class_uid: u16,
    class_name: &'static str,
    type_uid: u32,
    type_name: &'static str,
    time: i64,
    severity_id: u16,
    severity: &'static str,
    status_id: u16,
    status: &'static str,
    status_detail: String,
    message: String,
    metadata: Metadata<'s>,
    compliance: Compliance,
    finding_info: FindingInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<Remediation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<Resource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud: Option<Cloud>,
    unmapped: Unmapped<'s>,
}

#[derive(Serialize)]
struct Metadata<'s> {
    version: &'static str,
    product: Product<'s>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    profiles: Vec<&'static str>,
    labels: &'s [String],
    uid: String,
    event_code: String,
}

#[derive(Serialize)]
struct Product<'s> {
    name: &'static str,
    vendor_name: &'static str,
    version: &'s str,
    lang: &'static str,
}

#[derive(Serialize)]
struct Compliance {
    standards: Vec<String>,
    requirements: Vec<String>,
    control: String,
    desc: String,
    status_id: u16,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<CheckOf>,
}

#[derive(Serialize)]
struct CheckOf {
    uid: String,
    name: String,
    status_id: u16,
    status: &'static str,
}

#[derive(Serialize)]
struct FindingInfo {
    uid: String,
    title: String,
    desc: String,
    types: Vec<&'static str>,
    created_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_seen_time: Option<i64>,
    data_sources: Vec<String>,
}

#[derive(Serialize)]
struct Remediation {
    desc: String,
}

#[derive(Serialize)]
struct Resource {
    uid: String,
    name: String,
}

#[derive(Serialize)]
struct Cloud {
    provider: String,
    region: String,
    account: Account,
}

#[derive(Serialize)]
struct Account {
    uid: String,
}

/// What the schema has no place for.
#[derive(Serialize)]
struct Unmapped<'s> {
    sekisho: Own<'s>,
}

#[derive(Serialize)]
struct Own<'s> {
    verdict: &'static str,
    tenancy: &'s str,
    result_state: &'s str,
    #[serde(skip_serializing_if = "<[Both]>::is_empty")]
    lacks: &'s [Both],
    marking: Option<&'s Both>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accepted_by: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
}

#[derive(Serialize)]
struct Both {
    ja: String,
    en: String,
}

#[derive(Serialize)]
struct Counts {
    violates: u64,
    recommendations_unmet: u64,
    unverified: u64,
    conforms: u64,
}

/// What every event has in common.
struct Shared<'m> {
    material: &'m Material<'m>,
    tenancy: String,
    state: String,
    labels: Vec<String>,
    lacks: Vec<Both>,
    marking: Option<Both>,
    standard: String,
}

/// Writes the events.
pub fn write(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let standing = Standing::of(material);
    let both = |text: &Text| Both { ja: standing::prose(&text.ja), en: standing::prose(&text.en) };
    let mut labels = vec![format!("result-state:{}", standing.word())];
    labels.extend(standing.marking.iter().map(|marking| format!("marking:{}", marking.ja)));
    let shared = Shared {
        material,
        tenancy: name(&material.run.tenancy),
        state: standing.word(),
        labels,
        lacks: standing.told.iter().map(both).collect(),
        marking: standing.marking.as_ref().map(both),
        standard: name(&format!("{} {}", material.assessment.profile, material.run.profile_version)),
    };
    let (numbers, accepted) = (Numbers::of(material.assessment), Accepted::of(material.assessment));
    for clause in &material.assessment.clauses {
        line(&shared.clause(clause), out)?;
    }
    for finding in &material.assessment.findings {
        line(&shared.finding(finding, &numbers, &accepted), out)?;
    }
    Ok(())
}

fn line(event: &Event<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    serde_json::to_writer(&mut *out, event).map_err(|error| {
        if error.is_io() { ReportError::Write(error.into()) } else { ReportError::Compose(error.to_string()) }
    })?;
    Ok(out.write_all(b"\n")?)
}

/// A status of compliance: its number and caption.
const fn compliance(level: Level, status: Status) -> (u16, &'static str) {
    match (status, level) {
        (Status::Conforms, _) => (1, "Pass"),
        (Status::Violates, Level::Should) => (2, "Warning"),
        (Status::Violates, Level::Shall) => (3, "Fail"),
        (Status::Unverified, _) => (0, "Unknown"),
        (Status::Attested, _) => (99, "Attested"),
        (Status::NotApplicable, _) => (99, "Not Applicable"),
    }
}

const fn severity(level: Level, status: Status) -> (u16, &'static str) {
    match (status, level) {
        (Status::Violates, Level::Shall) => (4, "High"),
        (Status::Violates, Level::Should) => (2, "Low"),
        (Status::Unverified, _) => (3, "Medium"),
        (Status::Conforms | Status::Attested | Status::NotApplicable, _) => (1, "Informational"),
    }
}

impl Shared<'_> {
    fn clause(&self, clause: &ClauseResult) -> Event<'_> {
        let counts = super::totals::clause_counts(clause);
        let title = Text {
            ja: format!("{} {}", clause.number, clause.title.ja),
            en: format!("{} {}", clause.id, clause.title.en),
        };
        let checks = clause.checks.iter().map(|check| {
            let (status_id, status) = compliance(check.level, check.status);
            CheckOf {
                uid: name(&check.id),
                name: standing::both(&self.material.check_title(&check.id)),
                status_id,
                status,
            }
        });
        let (status_id, status) = compliance(Level::Shall, clause.status);
        let mut event =
            self.event(("clause", &clause.id, ""), (Level::Shall, clause.status), &title, &clause.reason);
        event.compliance = Compliance {
            requirements: vec![name(&clause.id)],
            control: name(&clause.id),
            desc: standing::both(&clause.title),
            checks: checks.collect(),
            standards: vec![self.standard.clone()],
            status_id,
            status,
        };
        if counts.advised > 0 {
            event.status_detail =
                format!("{}; recommendations unmet: {}", event.status_detail, counts.advised);
        }
        event.unmapped.sekisho.counts = Some(Counts {
            violates: counts.violates,
            recommendations_unmet: counts.advised,
            unverified: counts.unverified,
            conforms: counts.conforms,
        });
        event
    }

    fn finding(&self, finding: &Finding, numbers: &Numbers<'_>, accepted: &Accepted<'_>) -> Event<'_> {
        let title = self.material.check_title(&finding.check);
        let at = (finding.level, finding.status);
        let mut event =
            self.event(("finding", &finding.check, &finding.subject), at, &title, &finding.reason);
        event.compliance.requirements = finding.clauses.iter().map(|clause| name(clause)).collect();
        event.compliance.control = name(&finding.check);
        event.compliance.desc = standing::both(&title);
        let told = !finding.remedy.ja.is_empty() || !finding.remedy.en.is_empty();
        event.remediation = told.then(|| Remediation { desc: standing::both(&finding.remedy) });
        event.resources = vec![Resource { uid: name(&finding.subject), name: name(&finding.name) }];
        event.finding_info.first_seen_time = finding.captured.map(|at| at.0.as_millisecond());
        event.finding_info.data_sources =
            finding.calls.iter().map(|call| numbers::label(numbers.number(call))).collect();
        let call = finding.calls.first().and_then(|call| self.material.evidence.get(call));
        event.cloud = call.map(|call| Cloud {
            provider: name(&call.provider),
            region: name(&call.region),
            account: Account { uid: name(&call.account) },
        });
        event.metadata.profiles = event.cloud.iter().map(|_| "cloud").collect();
        event.unmapped.sekisho.level = Some(match finding.level {
            Level::Shall => "shall",
            Level::Should => "should",
        });
        // The clauses' events tell it at length.
        event.unmapped.sekisho.lacks = &[];
        event.unmapped.sekisho.accepted_by =
            accepted.by(finding).map(|exception| name(&exception.id)).collect();
        // `Suppressed` would say that it is benign, and no verdict changes.
        if !event.unmapped.sekisho.accepted_by.is_empty() {
            let by = event.unmapped.sekisho.accepted_by.join(", ");
            event.status_detail = format!("{}; accepted: {by}; no verdict changes", event.status_detail);
        }
        event
    }

    fn event(
        &self,
        (sort, what, whose): (&str, &str, &str),
        (level, status): (Level, Status),
        title: &Text,
        reason: &Text,
    ) -> Event<'_> {
        let run = self.material.run;
        let (severity_id, severity) = severity(level, status);
        let (compliance_id, compliance) = compliance(level, status);
        let at = run.assessed_at.as_millisecond();
        Event {
            activity_id: 1,
            activity_name: "Create",
            category_uid: 2,
            category_name: "Findings",
            class_uid: 2003,
            class_name: "Compliance Finding",
            type_uid: 200_301,
            type_name: "Compliance Finding: Create",
            time: at,
            severity_id,
            severity,
            status_id: 1,
            status: "New",
            status_detail: words::status_at(level, status).word.en.to_owned(),
            message: standing::both(reason),
            metadata: Metadata {
                version: VERSION,
                product: Product {
                    name: "sekisho",
                    vendor_name: "sekisho",
                    version: &run.version,
                    lang: "ja",
                },
                profiles: Vec::new(),
                labels: &self.labels,
                uid: uuid("event", &[sort, what, whose, &run.assessed_at.to_string()]),
                event_code: name(what),
            },
            compliance: Compliance {
                standards: vec![self.standard.clone()],
                requirements: Vec::new(),
                control: String::new(),
                desc: String::new(),
                status_id: compliance_id,
                status: compliance,
                checks: Vec::new(),
            },
            finding_info: FindingInfo {
                uid: uuid("finding", &[sort, what, whose]),
                title: standing::both(title),
                desc: standing::both(reason),
                types: vec![if sort == "clause" { "clause" } else { "check" }],
                created_time: at,
                first_seen_time: None,
                data_sources: Vec::new(),
            },
            remediation: None,
            resources: Vec::new(),
            cloud: None,
            unmapped: Unmapped {
                sekisho: Own {
                    verdict: words::status_at(level, status).class,
                    tenancy: &self.tenancy,
                    result_state: &self.state,
                    lacks: &self.lacks,
                    marking: self.marking.as_ref(),
                    level: None,
                    accepted_by: Vec::new(),
                    counts: None,
                },
            },
        }
    }
}

fn name(text: &str) -> String {
    standing::name(text, NAME_LIMIT)
}
