//! Who a policy lets in.

use super::inventory::Policy;
use crate::session::Session;
use sekisho_contract::Observed;
use sekisho_contract::fact::{Principal, PrincipalClass};
use sekisho_contract::gap::shorten;

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
    let (class, account) = placed(session, member);
    Principal { id: shorten(member), class, account, foreign: Observed::default() }
}

/// What a member stands for. Of users, groups and domains the policy does not say whose they are.
fn placed(session: &Session, member: &str) -> (PrincipalClass, Option<String>) {
    let id = |project: &str| match project == session.number {
        true => session.project.clone(),
        false => shorten(project),
    };
    match member.split_once(':') {
        // `allAuthenticatedUsers` is anyone with a Google account of any kind.
        None if matches!(member, "allUsers" | "allAuthenticatedUsers") => (PrincipalClass::Anonymous, None),
        Some(("projectOwner" | "projectEditor" | "projectViewer", project)) => {
            (PrincipalClass::Account, Some(id(project)))
        }
        Some(("serviceAccount", address)) => service_account(address, id),
        Some(("principal" | "principalSet", _)) => (PrincipalClass::Federated, None),
        _ => (PrincipalClass::Other, None),
    }
}

/// A service account: a project's own, or one that Google's services act by for a project.
fn service_account(address: &str, id: impl Fn(&str) -> String) -> (PrincipalClass, Option<String>) {
    let Some((name, domain)) = address.split_once('@') else { return (PrincipalClass::Other, None) };
    let numbered =
        || name.rsplit('-').next().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    match domain.strip_suffix(".gserviceaccount.com") {
        Some("developer") => match numbered() {
            Some(number) => (PrincipalClass::Account, Some(id(number))),
            None => (PrincipalClass::Other, None),
        },
        Some("appspot") => (PrincipalClass::Account, Some(id(name))),
        // Agents of Google's services act for the project whose number they carry.
        Some(agent)
            if !agent.ends_with(".iam")
                || agent.starts_with("gcp-sa-")
                || agent.starts_with("gs-project-accounts") =>
        {
            match numbered() {
                Some(number) => (PrincipalClass::Account, Some(id(number))),
                None => (PrincipalClass::Other, None),
            }
        }
        Some(project) => (PrincipalClass::Account, project.strip_suffix(".iam").map(id)),
        None if domain == "cloudservices.gserviceaccount.com" => (PrincipalClass::Account, Some(id(name))),
        None => (PrincipalClass::Other, None),
    }
}
