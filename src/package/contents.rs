//! The index of a package: what it is made of, what had to be handed in, which papers there are, and what is missing.

use super::Material;
use super::demands::{Demand, Missing as Lack, demands};
use super::disclosure::{self, Disclosure};
use super::papers::{self, Paper};
use crate::documents::{Handling, strictest};
use crate::report::display::{self, NAME_LIMIT};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::demands::Missing;

/// The schema of [`Index`].
pub const INDEX_SCHEMA: &str = "sekisho/package-index/v1";

/// `index.json`: the index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Always `sekisho/package-index/v1`.
    #[schemars(extend("const" = INDEX_SCHEMA))]
    pub schema: String,
    /// What it was made of and when.
    pub origin: Origin,
    /// Whether everything that binds is in it.
    pub complete: bool,
    /// What has to be handed in.
    pub demands: Vec<Demand>,
    /// The papers.
    pub papers: Vec<Paper>,
    /// What is missing.
    pub missing: Vec<Lack>,
    /// What else is to be known.
    pub notes: Vec<String>,
}

/// What a package was made of and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The version of sekisho that made it.
    pub tool: String,
    /// The day it was made for, by the calendar of Japan.
    #[schemars(with = "String", extend("format" = "date"))]
    pub on: jiff::civil::Date,
    /// The tenancy's name.
    pub tenancy: String,
    /// The contract's last day.
    #[schemars(with = "String", extend("format" = "date"))]
    pub contract_end: jiff::civil::Date,
    /// The profile, with the version of this reading of the demands.
    pub profile: String,
    /// When the run was assessed (RFC 3339, UTC).
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub assessed_at: jiff::Timestamp,
    /// The files of the run that this rests on, with their SHA-256.
    pub evidence: Vec<Evidence>,
    /// How everything in the package is to be handled, in words.
    pub marking: String,
    /// The same; none where nothing on file says it.
    pub handling: Option<Handling>,
}

/// A file of the run that a package rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Its number (証跡番号): `R-1`.
    pub number: String,
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
}

/// Everything a package tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// The index.
    pub index: Index,
    /// The list of what is disclosed.
    pub disclosure: Disclosure,
}

/// Puts together what a package tells, from the papers that it holds.
pub fn contents(material: &Material<'_>, papers: Vec<Paper>) -> Contents {
    let origin = origin(material);
    let (demands, mut missing) = demands(material, &papers);
    let disclosure = disclosure::disclosure(material, &origin, &papers);
    missing.extend(disclosure::missing(material, &disclosure));
    let notes = notes(material, &papers);
    let complete = !missing.iter().any(|one| one.binding);
    let index = Index { schema: INDEX_SCHEMA.to_owned(), origin, complete, demands, papers, missing, notes };
    Contents { index, disclosure }
}

fn origin(material: &Material<'_>) -> Origin {
    let Material { run, profile, .. } = *material;
    let handling = handling_of(material);
    let evidence = run.files.iter().enumerate().map(|(at, file)| Evidence {
        number: format!("R-{}", at + 1),
        name: display::name(&file.name, NAME_LIMIT).text,
        sha256: display::name(&file.sha256, NAME_LIMIT).text,
    });
    Origin {
        tool: display::name(env!("CARGO_PKG_VERSION"), NAME_LIMIT).text,
        on: material.on,
        tenancy: display::name(&run.tenancy.name, NAME_LIMIT).text,
        contract_end: run.tenancy.contract_end,
        profile: format!("{} {}", profile.id, profile.version),
        assessed_at: run.assessed_at,
        evidence: evidence.collect(),
        marking: marking(material),
        handling,
    }
}

/// How everything in the package is to be handled, in words.
pub fn marking(material: &Material<'_>) -> String {
    let unmarked = || "格付の登録がない。要機密情報として取り扱うこと".to_owned();
    handling_of(material).as_ref().map_or_else(unmarked, papers::handling)
}

/// The strictest handling of the run and of the register: it holds for all that is made of them. None where nothing says
/// it, or what would cannot be read and may be stricter.
fn handling_of(material: &Material<'_>) -> Option<Handling> {
    if material.register.may_hold(&["handling-marking"]) {
        return None;
    }
    let all = [
        material.run.handling.clone(),
        strictest(material.register, None),
        strictest(material.earlier, None),
    ];
    all.into_iter().flatten().reduce(|mut strict, one| {
        strict.confidentiality = strict.confidentiality.max(one.confidentiality);
        strict.integrity = strict.integrity.max(one.integrity);
        strict.availability = strict.availability.max(one.availability);
        for restriction in one.restrictions {
            if !strict.restrictions.contains(&restriction) {
                strict.restrictions.push(restriction);
            }
        }
        strict
    })
}

fn notes(material: &Material<'_>, papers: &[Paper]) -> Vec<String> {
    let mut notes = Vec::new();
    let shown = |id: &String| display::name(id, NAME_LIMIT).text;
    if material.run.cancelled {
        notes.push("元となった調査は途中で中断されており、クラウドの事実はすべてではない。".to_owned());
    }
    for paper in papers.iter().filter(|paper| paper.file.is_some()) {
        if paper.untimely {
            notes.push(format!("書面{}は、{}ものを同梱している。", paper.number, paper.validity));
        } else if !paper.in_order {
            notes.push(format!(
                "書面{}は、要件を満たさないか、確認できない点があるものを同梱している。",
                paper.number
            ));
        }
    }
    let encrypts = |paper: &&Paper| paper.handling.as_ref().is_some_and(|told| told.contains("暗号"));
    let encrypted: Vec<String> = papers
        .iter()
        .filter(|paper| paper.file.is_some())
        .filter(encrypts)
        .map(|paper| format!("書面{}", paper.number))
        .collect();
    if !encrypted.is_empty() {
        notes.push(format!(
            "{}は取扱制限により暗号化を要する。この一式は暗号化されていないため、引渡しの際に暗号化すること。",
            encrypted.join("、")
        ));
    }
    for faulty in &material.register.faulty {
        notes.push(format!("登録（{}）に誤りがあり、使っていない。", shown(&faulty.id)));
    }
    let (now, then) = (material.register, material.earlier);
    let added = now.documents.iter().filter(|one| then.find(&one.id).is_none());
    let gone = then.documents.iter().filter(|one| now.find(&one.id).is_none());
    let changed =
        now.documents.iter().filter(|one| then.find(&one.id).is_some_and(|other| other.entry != one.entry));
    for (which, ids) in [
        ("加えられた", added.map(|one| shown(&one.id)).collect::<Vec<_>>()),
        ("なくなった", gone.map(|one| shown(&one.id)).collect()),
        ("変わった", changed.map(|one| shown(&one.id)).collect()),
    ] {
        if !ids.is_empty() {
            let told = crate::checks::joined(&ids, crate::text::Language::Ja);
            notes.push(format!("調査の時から登録が{which}書面：{told}。"));
        }
    }
    notes
}
