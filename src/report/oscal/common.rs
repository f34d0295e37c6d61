//! Parts that stand in more than one document.

use super::VERSION;
use super::shared::{
    Assets, Component, Control, Link, Metadata, Operational, Party, Platform, Property, Responsible,
    Reviewed, Role, Selection, Uses, line, named, paragraphs, properties, property, string,
};
use crate::assess::{ClauseResult, Status};
use crate::report::Material;
use crate::report::identity::uuid;
use crate::report::standing::Standing;
use crate::text::Text;

/// The role of the body that asks.
const BODY: &str = "procuring-body";
/// The role of who asks there.
const OFFICER: &str = "officer";

/// What every document says of itself: what it is of, how it is to be handled, and what the result lacks.
pub fn metadata(material: &Material<'_>, title: Text) -> Metadata {
    let run = material.run;
    let standing = Standing::of(material);
    let mut props: Vec<Property> = properties([
        ("tenancy", run.tenancy.as_str()),
        ("profile", &material.assessment.profile),
        ("profile-version", &run.profile_version),
        ("assessed-at", &run.assessed_at.to_string()),
        ("contract-end", &run.contract_end.to_string()),
        ("tool", &format!("sekisho {}", run.version)),
        ("result-state", &standing.word()),
    ]);
    let lacks = standing.lacks.iter().zip(&standing.told);
    props.extend(lacks.filter_map(|(word, told)| property("lacks", word, Some(told))));
    if let Some(marking) = &standing.marking {
        props.extend(property("marking", &marking.ja, Some(marking)));
    }
    let mut metadata = Metadata {
        title: line(&title),
        last_modified: run.assessed_at.to_string(),
        version: string(&run.profile_version),
        oscal_version: VERSION,
        props,
        links: Vec::new(),
        roles: Vec::new(),
        parties: Vec::new(),
        responsible_parties: Vec::new(),
        remarks: None,
    };
    let told: Vec<String> = standing.told.iter().chain(&standing.marking).map(paragraphs).collect();
    metadata.remarks = (!told.is_empty()).then(|| told.join("\n\n"));
    let Some(request) = &run.request else { return metadata };
    metadata.props.extend(properties([
        ("request-nonce", request.nonce.as_str()),
        ("request-contract", &request.contract),
    ]));
    let people =
        request.person.as_deref().map(|person| (OFFICER, "担当者", "officer in charge", "person", person));
    let body = (BODY, "発注者", "procuring body", "organization", request.body.as_str());
    for (role, ja, en, sort, name) in std::iter::once(body).chain(people) {
        let (party, name) = (uuid("party", &[role, name]), string(name));
        if name.is_empty() {
            continue;
        }
        metadata.roles.push(Role { id: role, title: line(&Text { ja: ja.to_owned(), en: en.to_owned() }) });
        metadata.parties.push(Party { uuid: party.clone(), sort, name });
        metadata.responsible_parties.push(Responsible { role_id: role, party_uuids: vec![party] });
    }
    metadata
}

/// The same, with where the other documents of the report stand that it speaks of: the profile first.
pub fn linked(material: &Material<'_>, title: Text, others: &[(&'static str, &'static str)]) -> Metadata {
    let profile = [("oscal-profile.json", "profile")];
    let links = profile.iter().chain(others).map(|(href, rel)| Link { href, rel }).collect();
    Metadata { links, ..metadata(material, title) }
}

/// The identifier of a document: another for each run, as its contents are.
pub fn document(material: &Material<'_>, name: &str) -> String {
    let run = material.run;
    uuid(
        "document",
        &[name, &run.tenancy, &material.assessment.profile, &run.assessed_at.to_string(), &run.version],
    )
}

/// The id of a clause as a control.
pub fn control(clause: &str) -> String {
    // Clauses are named by letters, digits and hyphens; a token takes no more.
    clause.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '_' }).collect()
}

/// The id of the statement of a clause.
pub fn statement(clause: &str) -> String {
    format!("{}_smt", control(clause))
}

/// The clauses that were assessed, without those that the tenancy's scope switches off.
pub fn reviewed(clauses: &[ClauseResult]) -> Reviewed {
    let pick = |applies: bool| -> Vec<Control> {
        let some = clauses.iter().filter(|clause| (clause.status != Status::NotApplicable) == applies);
        some.map(|clause| Control { control_id: control(&clause.id) }).collect()
    };
    let (include, exclude) = (pick(true), pick(false));
    let remarks = (!exclude.is_empty()).then(|| {
        paragraphs(&Text {
            ja: "除いた項目は、評価対象の定義により該当しない。".to_owned(),
            en: "Excluded clauses are not applicable by the tenancy's scope.".to_owned(),
        })
    });
    let include_all = include.is_empty().then_some(super::shared::Nothing {});
    Reviewed {
        control_selections: vec![Selection {
            include_all,
            include_controls: include,
            exclude_controls: exclude,
        }],
        remarks,
    }
}

/// The accounts, each a component.
pub fn accounts(material: &Material<'_>) -> Vec<Component> {
    let mut accounts: Vec<String> =
        material.run.accounts.iter().map(|(provider, account)| format!("{provider}/{account}")).collect();
    accounts.sort();
    let component = |account: String| Component {
        uuid: uuid("account", &[&account]),
        sort: "system",
        title: named(&account),
        description: paragraphs(&Text {
            ja: "評価対象のクラウドのアカウント。".to_owned(),
            en: "An account of a cloud that is assessed.".to_owned(),
        }),
        props: properties([("account", account.as_str())]),
        status: Operational { state: "operational" },
    };
    accounts.into_iter().map(component).collect()
}

/// The identifier of this program as what observes.
pub fn tool(material: &Material<'_>) -> String {
    uuid("tool", &[&material.run.version])
}

/// This program, as what the assessment was made with.
pub fn assets(material: &Material<'_>) -> Assets {
    let title = named(&format!("sekisho {}", material.run.version));
    Assets {
        components: vec![Component {
            uuid: tool(material),
            sort: "software",
            title: title.clone(),
            description: paragraphs(&Text {
                ja: "クラウドの設定を読取り専用の呼出しにより確認するプログラム。".to_owned(),
                en: "A program that asks clouds about their settings by read-only calls.".to_owned(),
            }),
            props: properties([("version", material.run.version.as_str())]),
            status: Operational { state: "operational" },
        }],
        assessment_platforms: vec![Platform {
            uuid: uuid("platform", &[&material.run.version]),
            title,
            uses_components: vec![Uses { component_uuid: tool(material) }],
        }],
    }
}
