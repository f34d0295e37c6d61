//! The types of `sekisho/report/v1`. They change only by growing; what breaks readers is a `v2`.
//!
//! Everything stands in a fixed order. Two runs over the same tenancy differ in `assessed_at`, `recovery` and `ledger` alone.

mod corroboration;
mod coverage;
mod logs;
mod prospects;
mod register;
mod verdict;

pub use coverage::{Cell, Coverage, Evidence, Gap, Ledger, Place, Resources};
pub use register::{Exception, Register};
pub use verdict::{Check, Clause, Counts, Document, Finding, Level, Need, Source, Status, Text};

use crate::report::Material;
use crate::report::numbers::Numbers;
use crate::report::standing::Standing;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Serialize, Serializer};

/// The name of this schema.
pub const SCHEMA: &str = "sekisho/report/v1";

/// What one run says of a tenancy.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Report")]
pub struct Report<'a> {
    /// Always `sekisho/report/v1`.
    schema: &'static str,
    /// The program that wrote it.
    tool: Tool<'a>,
    /// What was assessed.
    tenancy: &'a str,
    /// The accounts, as `provider/account`.
    accounts: Vec<String>,
    /// The contract's last day.
    #[schemars(extend("format" = "date"))]
    contract_end: String,
    /// The profile's id.
    profile: &'a str,
    /// The version of its reading of the demands.
    profile_version: &'a str,
    /// The profile's title.
    profile_title: Text<'a>,
    /// When the gathered facts were assessed (RFC 3339, UTC).
    #[schemars(extend("format" = "date-time"))]
    assessed_at: String,
    /// Why the run ended early; absent when it came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    incomplete: Option<Text<'a>>,
    /// That identifiers were taken out, and to which level; absent where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    redacted: Option<Text<'a>>,
    /// `whole`, or the words of what the result lacks, between spaces: `ended-early`, `cells-open`, `gaps`, `unverified`, `redacted`.
    result_state: String,
    /// The same in sentences.
    lacks: Vec<OwnText>,
    /// How the report is to be handled; absent where nothing is marked.
    #[serde(skip_serializing_if = "Option::is_none")]
    marking: Option<OwnText>,
    /// The strongest verdict of the clauses in scope.
    verdict: Status,
    /// The clauses, in the profile's order.
    clauses: Vec<Clause<'a>>,
    /// Each subject that breaks a check or could not be decided, by clause, check, status and subject.
    #[schemars(with = "Vec<Finding<'static>>")]
    findings: Rows<'a, Finding<'a>>,
    /// Documents and statements on file, and what is missing.
    register: Register<'a>,
    /// Accepted risks; they change no verdict.
    exceptions: Vec<Exception<'a>>,
    /// Where copies rest.
    places: Vec<Place<'a>>,
    /// What other witnesses say of places.
    corroboration: corroboration::Corroboration<'a>,
    /// Resources read.
    resources: Vec<Resources<'a>>,
    /// How far resources can be set back.
    recovery: prospects::Recovery<'a>,
    /// When they can be gone.
    erasure: prospects::Erasure<'a>,
    /// What the audit logs told; absent where none were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    logs: Option<logs::Logs<'a>>,
    /// What was looked at, and what was not seen.
    coverage: Coverage<'a>,
    /// The calls that were made.
    ledger: Ledger<'a>,
}

/// A text of this report's own, in both languages.
#[derive(Serialize, JsonSchema)]
pub struct OwnText {
    /// Japanese.
    ja: String,
    /// English.
    en: String,
}

impl From<crate::text::Text> for OwnText {
    fn from(text: crate::text::Text) -> Self {
        Self { ja: text.ja, en: text.en }
    }
}

/// The program that wrote a report.
#[derive(Serialize, JsonSchema)]
pub struct Tool<'a> {
    /// `sekisho`.
    name: &'static str,
    /// Its version.
    version: &'a str,
}

impl<'a> Report<'a> {
    pub(super) fn new(material: &Material<'a>, numbers: &'a Numbers<'a>) -> Self {
        let Material { assessment, run, .. } = *material;
        let mut accounts: Vec<String> =
            run.accounts.iter().map(|(provider, id)| format!("{provider}/{id}")).collect();
        accounts.sort();
        let standing = Standing::of(material);
        Self {
            schema: SCHEMA,
            tool: Tool { name: "sekisho", version: &run.version },
            tenancy: &run.tenancy,
            accounts,
            contract_end: run.contract_end.to_string(),
            profile: &assessment.profile,
            profile_version: &run.profile_version,
            profile_title: (&assessment.profile_title).into(),
            assessed_at: run.assessed_at.to_string(),
            incomplete: run.incomplete.as_ref().map(Text::from),
            redacted: run.redacted.as_ref().map(Text::from),
            result_state: standing.word(),
            lacks: standing.told.into_iter().map(OwnText::from).collect(),
            marking: standing.marking.map(OwnText::from),
            verdict: assessment.verdict.into(),
            clauses: assessment.clauses.iter().map(Clause::new).collect(),
            findings: Rows::new(move || {
                assessment.findings.iter().map(|finding| Finding::new(finding, numbers))
            }),
            register: Register::new(assessment),
            exceptions: assessment.exceptions.iter().map(Exception::new).collect(),
            places: Place::all(assessment),
            corroboration: corroboration::Corroboration::new(assessment),
            resources: Resources::all(assessment),
            recovery: prospects::Recovery::new(material),
            erasure: prospects::Erasure::new(material),
            logs: assessment.logs.as_ref().map(logs::Logs::new),
            coverage: Coverage::new(assessment, numbers),
            ledger: Ledger::new(material, numbers),
        }
    }
}

/// A list that is written one row at a time and never stands in memory.
pub struct Rows<'a, T>(Box<dyn Fn() -> Box<dyn Iterator<Item = T> + 'a> + 'a>);

impl<'a, T> Rows<'a, T> {
    /// The rows that this gives, as often as they are asked for.
    pub(in crate::report) fn new<I: Iterator<Item = T> + 'a>(rows: impl Fn() -> I + 'a) -> Self {
        Self(Box::new(move || Box::new(rows())))
    }
}

impl<T: Serialize> Serialize for Rows<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// The JSON Schema of [`Report`].
pub fn schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Report<'static>>().to_value();
    if let Some(constant) = schema.pointer_mut("/properties/schema") {
        *constant = serde_json::json!({"description": "The schema's name.", "const": SCHEMA});
    }
    schema
}
