//! The clauses as a catalog in our own words, and the profile that takes those in scope from it.

use super::common::{control, document, metadata, statement};
use super::shared::{Import, Metadata, Property, line, paragraphs, properties};
use crate::annex::{Clause, Scope};
use crate::assess::Status;
use crate::report::Material;
use crate::text::Text;
use serde::Serialize;
use std::collections::BTreeMap;

/// `{"catalog": …}`.
#[derive(Serialize)]
pub struct CatalogDocument {
    catalog: Catalog,
}

#[derive(Serialize)]
struct Catalog {
    uuid: String,
    metadata: Metadata,
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct Group {
    id: String,
    title: String,
    controls: Vec<Control>,
}

#[derive(Serialize)]
struct Control {
    id: String,
    title: String,
    props: Vec<Property>,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    id: String,
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    props: Vec<Property>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prose: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part>,
}

/// `{"profile": …}`.
#[derive(Serialize)]
pub struct ProfileDocument {
    profile: Profile,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Profile {
    uuid: String,
    metadata: Metadata,
    imports: Vec<Imported>,
    merge: Merge,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Imported {
    #[serde(flatten)]
    from: Import,
    #[serde(skip_serializing_if = "Option::is_none")]
    include_all: Option<super::shared::Nothing>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    include_controls: Vec<WithIds>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct WithIds {
    with_ids: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Merge {
    as_is: bool,
}

/// Every clause of the profile, by the section it stands in.
pub fn catalog(material: &Material<'_>) -> CatalogDocument {
    let profile = material.profile;
    let mut groups: Vec<Group> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for clause in &profile.clauses {
        let section = clause.id.split('-').next().unwrap_or(&clause.id);
        let at = *places.entry(section).or_insert_with(|| {
            let number = clause.number.split('-').next().unwrap_or(&clause.number);
            let title = Text { ja: format!("第{number}節"), en: format!("Section {section}") };
            groups.push(Group {
                id: format!("section-{}", control(section)),
                title: line(&title),
                controls: Vec::new(),
            });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            group.controls.push(control_of(clause));
        }
    }
    let title = Text {
        ja: format!("{}（当方の読み）", profile.title.ja),
        en: format!("{} (as read here)", profile.title.en),
    };
    CatalogDocument {
        catalog: Catalog { uuid: document(material, "catalog"), metadata: metadata(material, title), groups },
    }
}

fn control_of(clause: &Clause) -> Control {
    let own = statement(&clause.id);
    let said = |class: &'static str, text: &str| {
        let text = Text { ja: text.to_owned(), en: text.to_owned() };
        Part {
            id: format!("{own}.{class}"),
            name: "item",
            class: Some(class),
            props: properties([("language", class)]),
            prose: Some(paragraphs(&text)),
            parts: Vec::new(),
        }
    };
    let papers = clause.documents.iter().chain(&clause.statements).map(|paper| paper.id.as_str());
    let props = [("label", clause.number.as_str()), ("scope", scope(clause.scope))]
        .into_iter()
        .chain(clause.checks.iter().map(|check| ("check", check.id.as_str())))
        .chain(papers.map(|paper| ("paper", paper)))
        .chain(clause.needs.iter().map(|need| ("need", need.id.as_str())));
    Control {
        id: control(&clause.id),
        title: line(&clause.title),
        props: properties(props),
        parts: vec![Part {
            name: "statement",
            class: None,
            props: Vec::new(),
            prose: None,
            parts: vec![said("ja", &clause.reading.ja), said("en", &clause.reading.en)],
            id: own,
        }],
    }
}

/// The clauses of the result that the tenancy's scope does not switch off.
pub fn profile(material: &Material<'_>) -> ProfileDocument {
    let assessed = &material.assessment.clauses;
    let in_scope = assessed.iter().filter(|clause| clause.status != Status::NotApplicable);
    let with_ids: Vec<String> = in_scope.map(|clause| control(&clause.id)).collect();
    let include_all = with_ids.is_empty().then_some(super::shared::Nothing {});
    let include_controls = if with_ids.is_empty() { Vec::new() } else { vec![WithIds { with_ids }] };
    let title = Text {
        ja: format!("{}：評価の対象とした項目", material.profile.title.ja),
        en: format!("{}: the clauses in scope", material.profile.title.en),
    };
    ProfileDocument {
        profile: Profile {
            uuid: document(material, "profile"),
            metadata: metadata(material, title),
            imports: vec![Imported {
                from: Import { href: "oscal-catalog.json".to_owned() },
                include_all,
                include_controls,
            }],
            merge: Merge { as_is: true },
        },
    }
}

const fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Always => "always",
        Scope::Confidential => "confidential",
        Scope::AvailabilityCritical => "availability_critical",
        Scope::Subcontracted => "subcontracted",
    }
}
