//! An entry of the register: one document or statement, as its file says it.
//!
//! What an entry does not state is absent, as in facts: a rule that needs it stays undecided.

use super::kind::{About, DocumentKind, Part};
use schemars::JsonSchema;
use sekisho_contract::observed::Observed;
use serde::{Deserialize, Serialize};

/// A document or a statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// What it is.
    pub kind: DocumentKind,
    /// What a statement is about.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub about: Observed<About>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub title: Observed<String>,
    /// The provider (`aws`) whose service it is about; the contractor's own where it is left out.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub provider: Observed<String>,
    /// The legal name of whom it is issued to, or of the other party of a contract.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub holder: Observed<String>,
    /// Whether the holder is certified as a provider or a customer of cloud services.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub role: Observed<Role>,
    /// The standard with its edition: `ISO/IEC 27001:2022`.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub standard: Observed<String>,
    /// The number of the certificate, registration or licence (使用許諾番号).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub number: Observed<String>,
    /// Who certified.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub certification_body: Observed<String>,
    /// Who accredited those.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub accreditation_body: Observed<String>,
    /// The scope, in its words; of ISMAP, that of the statement (言明).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub scope: Observed<String>,
    /// Services in scope, as it names them.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub services: Observed<Vec<String>>,
    /// Every service that stands in a list of the provider.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub all_services: Observed<Listed>,
    /// Regions or sites in scope, by the provider's identifiers.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub regions: Observed<Vec<String>>,
    /// Every region that stands in a list of the provider.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub all_regions: Observed<Listed>,
    /// The ISMS certificate within whose scope it lies: the name of that entry.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub within: Observed<String>,
    /// The day it was issued.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub issued: Observed<String>,
    /// The day it was first issued.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub first_issued: Observed<String>,
    /// The last day it is valid.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub valid_until: Observed<String>,
    /// The day of the next surveillance audit.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub next_surveillance: Observed<String>,
    /// The type of a SOC report.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub soc_type: Observed<u64>,
    /// The first day a report covers.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub period_start: Observed<String>,
    /// The last day a report covers.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub period_end: Observed<String>,
    /// The last day a bridge letter covers.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub bridge_until: Observed<String>,
    /// The auditor's opinion.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub opinion: Observed<Opinion>,
    /// Organisations whose part the report leaves out.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub carve_outs: Observed<Vec<String>>,
    /// Controls the report expects of its users.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub user_controls: Observed<Vec<String>>,
    /// Where the contract's disputes are heard: a country (`JP`).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub courts: Observed<String>,
    /// The law the contract is under: a country (`JP`).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub law: Observed<String>,
    /// Days of notice before a service ends.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub notice_days: Observed<u64>,
    /// The service level that is promised, in its words.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub service_level: Observed<String>,
    /// The subcontractor a contract or permission is about.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub subcontractor: Observed<String>,
    /// Whether a subcontract lays the contractor's own duties on the other party.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub same_duties: Observed<bool>,
    /// Whether the other party of a subcontract accepts audits.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub accepts_audits: Observed<bool>,
    /// Those who do part of the work.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub subcontractors: Observed<Vec<Subcontractor>>,
    /// What is disclosed, or what a statement lists.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub items: Observed<Vec<String>>,
    /// How data are handed over, by kind of resource.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub exports: Observed<Vec<Export>>,
    /// Recovery objectives, by system.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub systems: Observed<Vec<Objective>>,
    /// What papers of Ⅱ-1 or Ⅲ-1 tell: the parts of Ⅱ-1 (`capital`, `nationality`), or the measures of Ⅲ-1 (`III-1-7`).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub covers: Observed<Vec<Part>>,
    /// The scores of a self-assessment, 1 to 5, one for each item of it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub scores: Observed<Vec<u64>>,
    /// What no check sees and was looked at by people, by the names the report gives (`single-objects`).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub matters: Observed<Vec<String>>,
    /// What is stated, in words: who watches, whom to tell, how.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub text: Observed<String>,
    /// The day data were erased.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub erased: Observed<String>,
    /// Who signed a statement.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub signed_by: Observed<String>,
    /// The day it was signed.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub signed: Observed<String>,
    /// The look-up in the public register.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub lookup: Observed<Lookup>,
    /// The entries it takes the place of.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub replaces: Observed<Vec<String>>,
    /// How it is to be handled.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub handling: Observed<Handling>,
    /// Where it was obtained.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub obtained_from: Observed<String>,
    /// Who obtained it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub obtained_by: Observed<String>,
    /// The day it was obtained.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub obtained: Observed<String>,
    /// The file, beside the entry; left out where it may not be kept.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub file: Observed<String>,
    /// SHA-256 of the file, lower-case hex.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub sha256: Observed<String>,
}

/// A list of the provider that an entry points to in place of naming everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Where the list is.
    pub at: String,
    /// The day somebody held what is in use against it.
    pub looked_up: String,
    /// Who did.
    pub by: String,
    /// What does not stand in it.
    #[serde(default, rename = "except")]
    pub but: Vec<String>,
}

/// As what a holder is certified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// As a provider of cloud services.
    Provider,
    /// As a customer of cloud services.
    Customer,
    /// As both.
    Both,
}

/// An auditor's opinion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    /// In order (無限定適正意見).
    Unqualified,
    /// In order but for what it names (限定付適正意見).
    Qualified,
    /// Not in order (不適正意見).
    Adverse,
    /// None could be given (意見不表明).
    Disclaimer,
}

/// A look-up in a public register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The register.
    pub at: String,
    /// The day.
    pub on: String,
    /// What it said.
    pub result: Found,
}

/// What a public register says of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// It stands, in force.
    Valid,
    /// It is suspended.
    Suspended,
    /// It was withdrawn.
    Withdrawn,
    /// It is not there.
    #[serde(rename = "not_found")]
    Absent,
}

/// Somebody who does part of the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subcontractor {
    /// The legal name.
    pub name: String,
    /// Which part.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub scope: Observed<String>,
    /// Why it is needed.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub need: Observed<String>,
    /// The day the body permitted it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub permitted: Observed<String>,
    /// The material of Ⅱ-1, Ⅱ-2 and Ⅲ-1 that was handed in: `II-1`, `II-2`, `III-1`.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub material: Observed<Vec<String>>,
}

/// How data are handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// The kinds of resources it is about (`object_store`).
    pub kinds: Vec<String>,
    /// The format.
    pub format: String,
    /// How.
    pub how: String,
}

/// Recovery objectives of a system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// The system.
    pub name: String,
    /// At most this much may be lost, in minutes.
    pub rpo_minutes: u64,
    /// It is back within this, in minutes.
    pub rto_minutes: u64,
}

/// Classification (格付) and handling restrictions (取扱制限).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Handling {
    /// 3, 2 or 1; 3 and 2 are 要機密情報.
    pub confidentiality: u64,
    /// 2 or 1.
    #[serde(default)]
    pub integrity: Option<u64>,
    /// 2 or 1; 2 is 要安定情報.
    #[serde(default)]
    pub availability: Option<u64>,
    /// 複製禁止, 配布禁止 and the like, in words.
    #[serde(default)]
    pub restrictions: Vec<String>,
}

impl Entry {
    /// What a profile calls it: its kind, or what a statement is about.
    pub fn key(&self) -> &'static str {
        match (self.kind, self.about.seen()) {
            (DocumentKind::Statement, Some(about)) => about.as_str(),
            (kind, _) => kind.as_str(),
        }
    }
}
