//! Exceptions: risks somebody has accepted for a while. They change no verdict; the report lists them.

use super::scope::pattern_matches;
use super::section::{Key, Reading, Section};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::DeValue;

/// An accepted risk: what falls short, who answers for it, who accepted it, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// What it is called, once in the file.
    pub id: String,
    /// The check it is about; any check of the clause when left out.
    pub check: Option<String>,
    /// The clause it is about (`V-11`); every clause that names the check when left out.
    pub clause: Option<String>,
    /// The subjects it covers: ids, or patterns with `*`.
    pub subjects: Vec<String>,
    /// Who answers for the risk.
    pub owner: String,
    /// Why it is accepted.
    pub reason: String,
    /// Who accepted it; never the owner.
    pub approver: String,
    /// The last day it counts.
    #[schemars(with = "String", extend("format" = "date"))]
    pub expires: Date,
}

impl Exception {
    /// Whether it speaks of what a check says of a subject in these clauses.
    pub fn covers(&self, check: &str, clauses: &[String], subject: &str) -> bool {
        self.check.as_deref().is_none_or(|own| own == check)
            && self.clause.as_ref().is_none_or(|own| clauses.contains(own))
            && self.subjects.iter().any(|pattern| pattern_matches(pattern, subject))
    }
}

const KEYS: &[Key] = &[
    Key { name: "id", example: r#"id = "public-forms""# },
    Key { name: "check", example: r#"check = "no-public-access""# },
    Key { name: "clause", example: r#"clause = "V-11""# },
    Key { name: "subjects", example: r#"subjects = ["arn:aws:s3:::forms-*"]"# },
    Key { name: "owner", example: r#"owner = "name of who answers for the risk""# },
    Key { name: "reason", example: r#"reason = "why it is accepted""# },
    Key { name: "approver", example: r#"approver = "name of somebody else who accepted it""# },
    Key { name: "expires", example: "expires = 2027-03-31" },
];

/// Reads every `[[exception]]`.
pub(super) fn read(reading: &mut Reading<'_>, items: &[Spanned<DeValue<'_>>]) -> Vec<Exception> {
    let mut exceptions: Vec<Exception> = Vec::new();
    for item in items {
        let Some(table) = item.get_ref().as_table() else { continue };
        let section = Section { title: "[[exception]]", at: item.span(), keys: KEYS, table };
        if let Some(exception) = read_one(reading, &section, &exceptions) {
            exceptions.push(exception);
        }
    }
    exceptions
}

fn read_one(
    reading: &mut Reading<'_>,
    section: &Section<'_, '_>,
    earlier: &[Exception],
) -> Option<Exception> {
    reading.keys(section);
    let id = reading.required(section, "id");
    let (check, clause) = (reading.string(section, "check"), reading.string(section, "clause"));
    if section.get("check").is_none() && section.get("clause").is_none() {
        let help = "add: check = \"no-public-access\", or: clause = \"V-11\"";
        reading.fault(section.at.clone(), "this [[exception]] names no check and no clause", "here", help);
    }
    let subjects = reading.present(section, "subjects").and_then(|()| reading.strings(section, "subjects"));
    if subjects.as_ref().is_some_and(Vec::is_empty) {
        let help = "name what it covers; for everything the check concerns write: subjects = [\"*\"]";
        reading.fault(section.place("subjects"), "`subjects` is empty", "covers nothing", help);
    }
    let owner = reading.required(section, "owner");
    let reason = reading.required(section, "reason");
    let approver = reading.required(section, "approver");
    let expires = reading.present(section, "expires").and_then(|()| reading.date(section, "expires"));
    let (id, owner, approver) = (id?, owner?, approver?);
    if same_person(&owner, &approver) {
        let help = "nobody accepts a risk of their own: name somebody else who may";
        reading.fault(section.place("approver"), "the approver is the owner", "the same person", help);
        return None;
    }
    if earlier.iter().any(|other| other.id == id) {
        let message = format!("`{id}` is given twice");
        reading.fault(section.place("id"), message, "given before", "give each exception an id of its own");
        return None;
    }
    let subjects: Vec<String> = subjects?.into_iter().map(|(subject, _)| subject).collect();
    if subjects.is_empty() || (check.is_none() && clause.is_none()) {
        return None;
    }
    Some(Exception { id, check, clause, subjects, owner, reason: reason?, approver, expires: expires? })
}

/// Names that differ in case and spaces alone are one name.
fn same_person(one: &str, other: &str) -> bool {
    let plain = |name: &str| -> String {
        name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
    };
    plain(one) == plain(other)
}
