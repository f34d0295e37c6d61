//! A check as its YAML file says it.

use crate::text::Text;
use sekisho_contract::fact::Kind;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a check looks at, one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// Each resource.
    Resource,
    /// Each account.
    Account,
    /// Each document or statement on file.
    Document,
    /// The tenancy's papers as a whole.
    Tenancy,
    /// What the program writes of the run.
    Output,
    /// How far each resource can be set back.
    Recovery,
    /// When each resource can be gone beyond recovery.
    Erasure,
    /// When the support of what each resource runs on ends.
    Support,
    /// How well each place of a service is borne out by others than the control plane.
    Corroboration,
    /// What the audit logs say: all together, and each source of them.
    Logs,
}

impl SubjectKind {
    /// Whether it is about papers, and what is written, which no cloud shows.
    pub const fn is_paper(self) -> bool {
        matches!(self, Self::Document | Self::Tenancy | Self::Output)
    }

    /// Whether it tells of single resources, which a cell may hold.
    pub const fn is_of_resources(self) -> bool {
        matches!(self, Self::Resource | Self::Recovery | Self::Erasure | Self::Support | Self::Corroboration)
    }
}

/// The result of a check for one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The check does not concern the subject.
    NotApplicable,
    /// In order.
    Conforms,
    /// Not decidable from what was seen.
    Unverified,
    /// Broken.
    Violates,
}

/// What it means that a subject does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unmet {
    /// Something was seen that breaks a demand.
    #[default]
    Violates,
    /// What was seen leaves a demand in doubt: another witness does not agree.
    Unverified,
}

impl Unmet {
    pub(super) const fn outcome(self) -> Outcome {
        match self {
            Self::Violates => Outcome::Violates,
            Self::Unverified => Outcome::Unverified,
        }
    }
}

/// What to do on one provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    /// What to do, with the way through the console.
    pub console: Text,
    /// The same on the command line.
    pub cli: String,
    /// The argument that holds it in Terraform.
    pub terraform: String,
    /// What to do instead where it is a resource of one of these kinds.
    #[serde(default)]
    pub kinds: Vec<KindRemedy>,
}

/// What to do where it is a resource of certain kinds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindRemedy {
    /// The kinds; each stands in one remedy of a provider.
    pub of: Vec<Kind>,
    /// What to do, with the way through the console.
    pub console: Text,
    /// The same on the command line.
    pub cli: String,
    /// The argument that holds it in Terraform.
    pub terraform: String,
}

impl Remedy {
    /// The remedy in one text, where the kind has none of its own.
    pub fn text(&self) -> Text {
        in_one(&self.console, &self.cli, &self.terraform)
    }

    /// The kinds that have one of their own, each with it in one text.
    pub fn by_kind(&self) -> impl Iterator<Item = (Kind, Text)> {
        self.kinds
            .iter()
            .flat_map(|own| own.of.iter().map(|kind| (*kind, in_one(&own.console, &own.cli, &own.terraform))))
    }
}

fn in_one(console: &Text, cli: &str, terraform: &str) -> Text {
    Text {
        ja: format!("{} CLI: `{cli}` Terraform: `{terraform}`", console.ja.trim()),
        en: format!("{} CLI: `{cli}` Terraform: `{terraform}`", console.en.trim()),
    }
}

/// A fact, and what the check must say of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the case shows.
    pub name: String,
    /// The fact, as far as it was seen: what is left out was not.
    pub given: serde_json::Value,
    /// Dates of the tenancy that differ from those of the other cases.
    #[serde(default)]
    pub tenancy: serde_json::Map<String, serde_json::Value>,
    /// The result.
    pub expect: Outcome,
    /// What the reason must quote, in both languages.
    #[serde(default)]
    pub says: Vec<String>,
}

/// The file of a check.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Definition {
    pub id: String,
    pub title: Text,
    pub about: Text,
    pub subject: SubjectKind,
    pub applies: serde_saphyr::Spanned<String>,
    pub pass: serde_saphyr::Spanned<String>,
    /// What it means that a subject does not pass.
    #[serde(default)]
    pub unmet: Unmet,
    pub reason: Text,
    #[serde(default)]
    pub remedy: BTreeMap<String, Remedy>,
    /// What to ask of whom, where a paper falls short.
    #[serde(default)]
    pub ask: Text,
    pub cases: Vec<Case>,
}
