//! Who a policy lets in.

use super::inventory::Policy;
use crate::session::Session;
use sekisho_contract::Observed;
use sekisho_contract::fact::{Principal, PrincipalClass};
use sekisho_contract::gap::shorten;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Everyone a policy lets in, each once.
pub fn all(session: &Session, policy: &Policy) -> Vec<Principal> {
    let members = policy.bindings.iter().flat_map(|binding| &binding.members);
    let mut principals: Vec<Principal> =
        members.filter(|member| !is_gone(member)).map(|member| of(session, member)).collect();
    principals.sort();
    principals.dedup();
    principals
}

/// Whether anyone at all is let in.
pub fn open(principals: &[Principal]) -> bool {
    principals.iter().any(|principal| principal.class == PrincipalClass::Anonymous)
}

/// Someone who was deleted is let in no more.
fn is_gone(member: &str) -> bool {
    member.starts_with("deleted:")
}

fn of(session: &Session, member: &str) -> Principal {
    let (class, account) = placed(&session.project, &session.number, member);
    Principal { id: shorten(member), class, account, foreign: Observed::default() }
}

/// What a member stands for. Of users, groups and domains the policy does not say whose they are.
fn placed(project: &str, number: &str, member: &str) -> (PrincipalClass, Option<String>) {
    match member.split_once(':') {
        // `allAuthenticatedUsers` is anyone with a Google account of any kind.
        None if matches!(member, "allUsers" | "allAuthenticatedUsers") => (PrincipalClass::Anonymous, None),
        Some(("projectOwner" | "projectEditor" | "projectViewer", own)) => {
            by_id_or_number(project, number, own)
        }
        Some(("serviceAccount", address)) => service_account(project, number, address),
        Some(("principal" | "principalSet", _)) => (PrincipalClass::Federated, None),
        _ => (PrincipalClass::Other, None),
    }
}

fn by_id_or_number(project: &str, number: &str, named: &str) -> (PrincipalClass, Option<String>) {
    match !named.is_empty() && named.bytes().all(|byte| byte.is_ascii_digit()) {
        true => by_number(project, number, named),
        false => (PrincipalClass::Account, Some(shorten(named))),
    }
}

/// A project by its number. Only the project's own is known: another may be one of the tenancy or not.
fn by_number(project: &str, number: &str, named: &str) -> (PrincipalClass, Option<String>) {
    let own = !number.is_empty() && named == number;
    (PrincipalClass::Account, own.then(|| project.to_owned()))
}

/// The domains of service agents, as data with date and source. Without the list no agent is known, and none is taken
/// for one.
static AGENTS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let told: Value = serde_json::from_str(include_str!("../service_agents.json")).unwrap_or(Value::Null);
    let domains = told.get("domains").and_then(Value::as_array).into_iter().flatten();
    domains.filter_map(Value::as_str).map(str::to_owned).collect()
});

/// A service account: a project's own, or one that Google's services act by for a project.
fn service_account(project: &str, number: &str, address: &str) -> (PrincipalClass, Option<String>) {
    let unknown = (PrincipalClass::Other, None);
    let Some((name, domain)) = address.split_once('@') else { return unknown };
    let Some(domain) = domain.strip_suffix(".gserviceaccount.com") else { return unknown };
    if AGENTS.contains(domain) {
        // Agents act for the project whose number they carry; those of folders and organizations for all below.
        return agent_of(name).map_or(unknown, |named| by_number(project, number, named));
    }
    match domain {
        "developer" => match name.strip_suffix("-compute") {
            Some(named) => by_number(project, number, named),
            None => unknown,
        },
        "appspot" => (PrincipalClass::Account, Some(shorten(&scoped_id(name)))),
        // One of Google's own that acts for no project in particular.
        "system" => (PrincipalClass::Service, None),
        _ => match domain.strip_suffix(".iam") {
            // Google adds agents at any time: what has the form of one may be one, and is not called a stranger.
            Some(own) if own.starts_with("gcp-") || agent_of(name).is_some() => unknown,
            Some(own) => (PrincipalClass::Account, Some(shorten(&scoped_id(own)))),
            None => unknown,
        },
    }
}

/// What stands before the number of the project in the names of agents, longer ones first.
const BEFORE_NUMBER: [&str; 11] =
    ["connection-", "service-p", "service-", "project-", "vault-", "blirc-", "bqcx-", "bq-", "p-", "c-", "p"];

/// The number of the project an agent acts for.
fn agent_of(name: &str) -> Option<&str> {
    let rest = BEFORE_NUMBER.iter().find_map(|before| name.strip_prefix(before)).unwrap_or(name);
    let rest = rest.strip_prefix('b').unwrap_or(rest);
    let digits = rest.split('-').next()?;
    (digits.len() >= 6 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// A project of a domain writes its id `example.com:records`; addresses have it as `records.example.com`.
fn scoped_id(named: &str) -> String {
    match named.split_once('.') {
        Some((own, domain)) => format!("{domain}:{own}"),
        None => named.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_placed_by_what_is_known_of_them() {
        use PrincipalClass::{Account, Anonymous, Federated, Other, Service};
        let own = || Some("kikan-records".to_owned());
        let id = |id: &str| Some(id.to_owned());
        for (member, class, account) in [
            ("allUsers", Anonymous, None),
            ("allAuthenticatedUsers", Anonymous, None),
            ("user:alice@example.go.jp", Other, None),
            ("principalSet://iam.googleapis.com/projects/1/x", Federated, None),
            ("projectOwner:kikan-records", Account, own()),
            ("projectViewer:stranger-project", Account, id("stranger-project")),
            ("projectViewer:200000000001", Account, own()),
            ("serviceAccount:app@kikan-records.iam.gserviceaccount.com", Account, own()),
            ("serviceAccount:app@stranger-project.iam.gserviceaccount.com", Account, id("stranger-project")),
            (
                "serviceAccount:app@records.example.com.iam.gserviceaccount.com",
                Account,
                id("example.com:records"),
            ),
            ("serviceAccount:kikan-records@appspot.gserviceaccount.com", Account, own()),
            ("serviceAccount:200000000001-compute@developer.gserviceaccount.com", Account, own()),
            ("serviceAccount:200000000001@cloudservices.gserviceaccount.com", Account, own()),
            ("serviceAccount:200000000001@cloudbuild.gserviceaccount.com", Account, own()),
            ("serviceAccount:service-200000000001@compute-system.iam.gserviceaccount.com", Account, own()),
            (
                "serviceAccount:service-200000000001@container-engine-robot.iam.gserviceaccount.com",
                Account,
                own(),
            ),
            (
                "serviceAccount:service-200000000001@serverless-robot-prod.iam.gserviceaccount.com",
                Account,
                own(),
            ),
            (
                "serviceAccount:service-200000000001@gs-project-accounts.iam.gserviceaccount.com",
                Account,
                own(),
            ),
            ("serviceAccount:bq-200000000001@bigquery-encryption.iam.gserviceaccount.com", Account, own()),
            (
                "serviceAccount:project-200000000001@storage-transfer-service.iam.gserviceaccount.com",
                Account,
                own(),
            ),
            ("serviceAccount:p200000000001-482910@gcp-sa-cloud-sql.iam.gserviceaccount.com", Account, own()),
            // Another project's number: that may be one of the tenancy's.
            ("serviceAccount:service-300000000003@compute-system.iam.gserviceaccount.com", Account, None),
            ("serviceAccount:300000000003-compute@developer.gserviceaccount.com", Account, None),
            // Agents of folders and organizations, and those that are not known yet.
            ("serviceAccount:service-org-900000000001@gcp-sa-logging.iam.gserviceaccount.com", Other, None),
            ("serviceAccount:service-200000000001@gcp-sa-unheard-of.iam.gserviceaccount.com", Other, None),
            // The form of a name is no ground to take a stranger's account for an agent of one's own.
            ("serviceAccount:service-200000000001@stranger-project.iam.gserviceaccount.com", Other, None),
            ("serviceAccount:service-agent-manager@system.gserviceaccount.com", Service, None),
            ("serviceAccount:app@example.com", Other, None),
        ] {
            assert_eq!(placed("kikan-records", "200000000001", member), (class, account), "{member}");
        }
        assert!(AGENTS.len() > 250);
    }
}
