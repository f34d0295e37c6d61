//! `report.sarif`: the findings in the form of tools that look at code (SARIF 2.1.0, OASIS).
//!
//! A rule is a check. What breaks a demand is an `error`, a recommendation unmet a `warning`, and what could not be decided is of the
//! kind `open`, which the standard has for it, and for which it allows no level but `none`. What passes is not listed. A clause that
//! is not shown to be met is a result of its own before them. Findings are written one at a time; the file is whole whatever their
//! number.

use super::accepted::Accepted;
use super::json::lines::Lines;
use super::json::v1::Rows;
use super::numbers::{self, Numbers};
use super::standing::{self, Standing};
use super::{Material, ReportError, totals, words};
use crate::assess::{ClauseResult, Finding, Level, Status};
use crate::checks::Check;
use crate::tenancy::Exception;
use crate::text::{Language, Text};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;

/// The version of the standard.
const VERSION: &str = "2.1.0";
/// Its schema, by the name that the standard gives it.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Longest identifier, in characters.
const NAME_LIMIT: usize = 2_048;

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    automation_details: Automation,
    invocations: [Invocation; 1],
    properties: RunProperties,
    column_kind: &'static str,
    default_encoding: &'static str,
    language: &'static str,
    results: Rows<'a, Outcome>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: String,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    short_description: Message,
    full_description: Message,
    help: Message,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    clauses: Vec<String>,
    title: Both,
    tags: Vec<String>,
}

#[derive(Serialize)]
struct Both {
    ja: String,
    en: String,
}

#[derive(Serialize)]
struct Automation {
    id: String,
    guid: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    start_time_utc: String,
    end_time_utc: String,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    descriptor: Descriptor,
    level: &'static str,
    message: Message,
}

#[derive(Serialize)]
struct Descriptor {
    id: &'static str,
}

#[derive(Serialize)]
struct RunProperties {
    tenancy: String,
    profile: String,
    #[serde(rename = "profileVersion")]
    profile_version: String,
    #[serde(rename = "assessedAt")]
    assessed_at: String,
    verdict: &'static str,
    #[serde(rename = "resultState")]
    result_state: String,
    lacks: Vec<Both>,
    marking: Option<Both>,
    redacted: Option<Both>,
    clauses: BTreeMap<String, &'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: String,
    rule_index: usize,
    kind: &'static str,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
    properties: OutcomeProperties,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    logical_locations: [LogicalLocation; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    name: String,
    fully_qualified_name: String,
    kind: &'static str,
}

/// A risk that somebody has accepted. It is no suppression: those hide a result from dashboards, and no verdict changes.
#[derive(Serialize)]
struct Acceptance {
    exception: String,
    owner: String,
    approver: String,
    expires: String,
    reason: String,
}

#[derive(Serialize)]
struct OutcomeProperties {
    clauses: Vec<String>,
    verdict: &'static str,
    reason: Both,
    remedy: Both,
    evidence: Vec<String>,
    #[serde(rename = "capturedAt", skip_serializing_if = "Option::is_none")]
    captured_at: Option<String>,
    #[serde(rename = "acceptedBy", skip_serializing_if = "Vec::is_empty")]
    accepted_by: Vec<Acceptance>,
}

/// Writes the log, a finding at a time.
pub fn write(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let Material { assessment, run, .. } = *material;
    let rules = rules(material)?;
    let places: BTreeMap<String, usize> = (0..).zip(&rules).map(|(at, rule)| (rule.id.clone(), at)).collect();
    let (numbers, accepted) = (Numbers::of(assessment), Accepted::of(assessment));
    let standing = Standing::of(material);
    let log = Log {
        schema: SCHEMA,
        version: VERSION,
        runs: [Run {
            tool: Tool { driver: Driver { name: "sekisho", version: run.version.clone(), rules } },
            automation_details: Automation {
                id: format!("sekisho/{}/", name(&assessment.profile)),
                guid: super::identity::uuid("sarif", &[&run.tenancy, &run.assessed_at.to_string()]),
            },
            invocations: [Invocation {
                // A run that was broken off, or did not look everywhere, tells no dashboard that all went well.
                execution_successful: run.incomplete.is_none() && !standing.lacks.contains(&"cells-open"),
                start_time_utc: run.started_at.to_string(),
                end_time_utc: run.assessed_at.to_string(),
                tool_execution_notifications: notifications(material, &standing),
            }],
            properties: RunProperties {
                tenancy: name(&run.tenancy),
                profile: name(&assessment.profile),
                profile_version: name(&run.profile_version),
                assessed_at: run.assessed_at.to_string(),
                verdict: words::status(assessment.verdict).class,
                result_state: standing.word(),
                lacks: standing.told.iter().map(both).collect(),
                marking: standing.marking.as_ref().map(both),
                redacted: standing.redacted.as_ref().map(both),
                clauses: assessment
                    .clauses
                    .iter()
                    .map(|clause| (name(&clause.id), words::status(clause.status).class))
                    .collect(),
            },
            column_kind: "unicodeCodePoints",
            default_encoding: "utf-8",
            language: "ja",
            results: Rows::new(|| {
                let clauses = assessment.clauses.iter().filter(|clause| is_open(clause));
                // Every clause that is open, and every check that has a finding, is a rule.
                let at = |id: &str| places.get(id).copied().unwrap_or_default();
                let clauses = clauses.map(move |one| clause_outcome(material, one, at(&clause_id(one))));
                let findings = assessment.findings.iter();
                clauses.chain(findings.map(|one| {
                    outcome(one, places.get(&*one.check).copied().unwrap_or_default(), &numbers, &accepted)
                }))
            }),
        }],
    };
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Lines::down_to(3, 4));
    log.serialize(&mut serializer).map_err(|error| {
        if error.is_io() { ReportError::Write(error.into()) } else { ReportError::Compose(error.to_string()) }
    })?;
    out.write_all(b"\n")?;
    Ok(())
}

/// Whether a clause is not shown to be met.
const fn is_open(clause: &ClauseResult) -> bool {
    matches!(clause.status, Status::Violates | Status::Unverified)
}

/// The clauses that are open, and the checks of all and any other that has a finding, each once, in order.
fn rules(material: &Material<'_>) -> Result<Vec<Rule>, ReportError> {
    let known = crate::checks::all().map_err(|fault| ReportError::Compose(fault.to_string()))?;
    let known: BTreeMap<&str, &Check> = known.iter().map(|check| (check.id.as_str(), check)).collect();
    let assessment = material.assessment;
    let mut levels: BTreeMap<&str, (Level, Vec<String>)> = BTreeMap::new();
    for clause in &assessment.clauses {
        for check in &clause.checks {
            let (level, clauses) = levels.entry(&check.id).or_insert((check.level, Vec::new()));
            *level = (*level).min(check.level);
            clauses.push(name(&clause.id));
        }
    }
    for finding in &assessment.findings {
        levels
            .entry(&finding.check)
            .or_insert_with(|| (finding.level, finding.clauses.iter().map(|id| name(id)).collect()));
    }
    let rule = |(id, (level, clauses)): (&str, (Level, Vec<String>))| {
        let known = known.get(id);
        let title = material.check_title(id);
        let about = known.map_or_else(|| title.clone(), |check| check.about.clone());
        let help = match known {
            Some(check) => [check.explain(Language::Ja), check.explain(Language::En)].join("\n\n"),
            None => format!("{}\n\n{}", title.ja, title.en),
        };
        Rule {
            id: name(id),
            short_description: message(&title),
            full_description: message(&about),
            help: Message { text: literal(&help) },
            default_configuration: Configuration { level: severity(level) },
            properties: RuleProperties {
                // Services that take logs take no more than twenty.
                tags: ["compliance".to_owned()]
                    .into_iter()
                    .chain(clauses.iter().map(|clause| format!("clause/{clause}")))
                    .take(20)
                    .collect(),
                clauses,
                title: both(&title),
            },
        }
    };
    let clauses = assessment.clauses.iter().filter(|clause| is_open(clause)).map(clause_rule);
    Ok(clauses.chain(levels.into_iter().map(rule)).collect())
}

/// What the result lacks, and the causes of what was not seen.
fn notifications(material: &Material<'_>, standing: &Standing) -> Vec<Notification> {
    let told = standing.lacks.iter().zip(&standing.told);
    let mut all: Vec<Notification> = told
        .map(|(word, told)| Notification {
            descriptor: Descriptor { id: word },
            level: "warning",
            message: message(told),
        })
        .collect();
    let gaps = totals::open_gaps(material.assessment).0;
    all.extend(totals::causes(&gaps).into_iter().map(|cause| {
        let (word, what) = (words::gap(cause.reason), [cause.operation, cause.permission].join(" "));
        let what = name(what.trim());
        let (colon, after) = if what.is_empty() { ("", "") } else { ("：", ": ") };
        let text = Text {
            ja: format!("{}{colon}{what}（確認できなかった属性等 {}件）", word.ja, cause.unseen),
            en: format!("{}{after}{what} (left unseen: {})", word.en, cause.unseen),
        };
        Notification { descriptor: Descriptor { id: "gap" }, level: "warning", message: message(&text) }
    }));
    all
}

fn outcome(finding: &Finding, rule_index: usize, numbers: &Numbers<'_>, accepted: &Accepted<'_>) -> Outcome {
    let by: Vec<Acceptance> = accepted.by(finding).map(acceptance).collect();
    let mut told = finding.reason.as_ref().clone();
    for one in &by {
        told.ja.push_str(&format!("（受容：{}。判定は変わらない。）", one.exception));
        told.en.push_str(&format!(" (Accepted: {}; no verdict changes.)", one.exception));
    }
    let (kind, level) = match finding.status {
        Status::Violates => ("fail", severity(finding.level)),
        // No finding conforms; were there one, it would still have to be looked at.
        Status::Unverified | Status::Attested | Status::Conforms | Status::NotApplicable => ("open", "none"),
    };
    Outcome {
        rule_id: name(&finding.check),
        rule_index,
        kind,
        level,
        message: message(&told),
        locations: [location(&finding.name, &finding.subject, "resource")],
        partial_fingerprints: fingerprint(&[&finding.check, &finding.subject]),
        properties: OutcomeProperties {
            clauses: finding.clauses.iter().map(|clause| name(clause)).collect(),
            verdict: words::status_at(finding.level, finding.status).class,
            reason: both(&finding.reason),
            remedy: both(&finding.remedy),
            evidence: finding.calls.iter().map(|call| numbers::label(numbers.number(call))).collect(),
            captured_at: finding.captured.map(|at| at.0.to_string()),
            accepted_by: by,
        },
    }
}

fn acceptance(exception: &Exception) -> Acceptance {
    Acceptance {
        exception: name(&exception.id),
        owner: name(&exception.owner),
        approver: name(&exception.approver),
        expires: exception.expires.to_string(),
        reason: standing::prose(&exception.reason),
    }
}

/// The rule that a clause is shown to be met.
fn clause_rule(clause: &ClauseResult) -> Rule {
    let title = Text {
        ja: format!("{} {}", clause.number, clause.title.ja),
        en: format!("{} {}", clause.id, clause.title.en),
    };
    Rule {
        id: clause_id(clause),
        short_description: message(&title),
        full_description: message(&clause.reading),
        help: message(&clause.reading),
        default_configuration: Configuration { level: "error" },
        properties: RuleProperties {
            clauses: vec![name(&clause.id)],
            title: both(&title),
            tags: vec!["compliance".to_owned(), format!("clause/{}", name(&clause.id))],
        },
    }
}

/// A clause that is not shown to be met, for want of papers too: whoever looks at a dashboard alone sees it. One that is unverified
/// is a warning: dashboards hide what is `open`.
fn clause_outcome(material: &Material<'_>, clause: &ClauseResult, rule_index: usize) -> Outcome {
    let level = if clause.status == Status::Violates { "error" } else { "warning" };
    let word = words::status(clause.status);
    let told = Text {
        ja: format!("{}：{}", word.word.ja, clause.reason.ja),
        en: format!("{}: {}", word.word.en, clause.reason.en),
    };
    Outcome {
        rule_id: clause_id(clause),
        rule_index,
        kind: "fail",
        level,
        message: message(&told),
        locations: [location(&material.run.tenancy, &format!("clause/{}", clause.id), "module")],
        partial_fingerprints: fingerprint(&["clause", &clause.id]),
        properties: OutcomeProperties {
            clauses: vec![name(&clause.id)],
            verdict: word.class,
            reason: both(&clause.reason),
            remedy: Both { ja: String::new(), en: String::new() },
            evidence: Vec::new(),
            captured_at: None,
            accepted_by: Vec::new(),
        },
    }
}

fn clause_id(clause: &ClauseResult) -> String {
    name(&format!("clause/{}", clause.id))
}

fn location(named: &str, full: &str, kind: &'static str) -> Location {
    Location {
        logical_locations: [LogicalLocation { name: name(named), fully_qualified_name: name(full), kind }],
    }
}

/// What tells a result from the others of its log, in every run alike.
fn fingerprint(parts: &[&str]) -> BTreeMap<&'static str, String> {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    BTreeMap::from([("checkAndSubject/v1", hex::encode(digest.finalize()))])
}

const fn severity(level: Level) -> &'static str {
    match level {
        Level::Shall => "error",
        Level::Should => "warning",
    }
}

fn name(text: &str) -> String {
    standing::name(text, NAME_LIMIT)
}

fn both(text: &Text) -> Both {
    Both { ja: standing::prose(&text.ja), en: standing::prose(&text.en) }
}

/// Japanese on the first line, English on the second.
fn message(text: &Text) -> Message {
    Message { text: literal(&standing::both(text)) }
}

/// Text that a message shows as it is: brackets would make a link, and braces stand for arguments.
fn literal(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\\' | '[' | ']' => safe.extend(['\\', c]),
            '{' | '}' => safe.extend([c, c]),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn nothing_is_a_link_or_an_argument() {
        assert_eq!(literal("[go](https://x) {0} \\"), "\\[go\\](https://x) {{0}} \\\\");
        assert_eq!(literal("国外の1件。"), "国外の1件。");
    }
}
