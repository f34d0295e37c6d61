//! The project, its folders and its organization: the policies on each, and what they have recorded.

use crate::kind::inventory::{Binding, Policy};
use crate::method::{Ask, Method};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// The policy on the project, with what of the accesses is recorded.
    GET_PROJECT_POLICY = "cloudresourcemanager" "projects.getIamPolicy", at "v3/{+resource}:getIamPolicy",
    needs "resourcemanager.projects.getIamPolicy", quota quota::RESOURCE_MANAGER, Per::Account, Post,
    facts "who is let in to the project, and which accesses to data are recorded, by service"
);
operation!(
    /// A folder above the project.
    GET_FOLDER = "cloudresourcemanager" "folders.get", at "v3/{+name}", needs "resourcemanager.folders.get",
    quota quota::RESOURCE_MANAGER, Per::Sometimes, Get, facts "what a folder lies in"
);
operation!(
    /// The policy on a folder.
    GET_FOLDER_POLICY = "cloudresourcemanager" "folders.getIamPolicy", at "v3/{+resource}:getIamPolicy",
    needs "resourcemanager.folders.getIamPolicy", quota quota::RESOURCE_MANAGER, Per::Sometimes, Post,
    facts "who is let in by a folder above, and what it has recorded"
);
operation!(
    /// The policy on the organization.
    GET_ORGANIZATION_POLICY = "cloudresourcemanager" "organizations.getIamPolicy", at "v3/{+resource}:getIamPolicy",
    needs "resourcemanager.organizations.getIamPolicy", quota quota::RESOURCE_MANAGER, Per::Sometimes, Post,
    facts "who is let in by the organization, and what it has recorded"
);

/// Folders lie in folders ten deep at most.
const DEEPEST: usize = 12;

/// The project and what lies above it, from below.
pub struct Hierarchy {
    /// Each level and its policy.
    pub levels: Vec<Level>,
    /// Why it is not known what lies above the last level, if so.
    pub missing: Option<Shortfall>,
}

/// The project, a folder or the organization.
pub struct Level {
    /// `folders/123`.
    pub name: String,
    /// Its policy.
    pub policy: Result<(WholePolicy, CallId), Shortfall>,
}

/// A policy with what it has recorded.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WholePolicy {
    #[serde(default)]
    bindings: Vec<Binding>,
    #[serde(default)]
    audit_configs: Vec<AuditConfig>,
    /// Every policy has one, an empty one too.
    #[serde(rename = "etag")]
    _etag: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuditConfig {
    #[serde(default)]
    service: String,
    #[serde(default)]
    audit_log_configs: Vec<AuditLogConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuditLogConfig {
    #[serde(default)]
    log_type: String,
    #[serde(default)]
    exempted_members: Vec<String>,
}

impl WholePolicy {
    /// Who is let in.
    pub fn access(&self) -> Policy {
        Policy { bindings: self.bindings.clone() }
    }
}

#[derive(Deserialize)]
struct Folder {
    parent: String,
}

/// Reads every level.
pub async fn read(session: &Session) -> Hierarchy {
    let project = format!("projects/{}", session.project);
    let mut levels = vec![level(session, &GET_PROJECT_POLICY, project).await];
    let mut above = session.parent.clone();
    let mut missing = None;
    while let Some(name) = above.take() {
        if levels.len() > DEEPEST {
            missing =
                Some(Shortfall::without_call(GapReason::EndlessPages, "the folder hierarchy has no end"));
            break;
        }
        if name.starts_with("organizations/") {
            levels.push(level(session, &GET_ORGANIZATION_POLICY, name).await);
            break;
        }
        let ask = Ask::of(&GET_FOLDER, [("name", name.as_str())]).about(&name);
        levels.push(level(session, &GET_FOLDER_POLICY, name).await);
        match session.told::<Folder>(&ask).await {
            Ok(heard) => above = heard.told.map(|folder| folder.parent),
            Err(shortfall) => missing = Some(shortfall),
        }
    }
    Hierarchy { levels, missing }
}

async fn level(session: &Session, method: &'static Method, name: String) -> Level {
    let ask = Ask::of(method, [("resource", name.as_str())]).about(&name);
    let ask = ask.with(json!({"options": {"requestedPolicyVersion": 3}}));
    let policy = session.told::<WholePolicy>(&ask).await.and_then(|Heard { told, call }| match told {
        Some(policy) => Ok((policy, call)),
        None => {
            Err(Shortfall::of(&method.operation, GapReason::Malformed, Some(call), "no policy in the answer"))
        }
    });
    Level { name, policy }
}

impl Hierarchy {
    /// The call that told of the project's own policy, or failed to; where none was made any more, the one that entered the project.
    pub fn call(&self, session: &Session) -> CallId {
        let first = self.levels.first().map(|level| &level.policy);
        let told = match first {
            Some(Ok((_, call))) => Some(*call),
            Some(Err(shortfall)) => shortfall.call,
            None => None,
        };
        told.unwrap_or_else(|| session.entry())
    }

    /// What is recorded.
    pub fn audited(&self) -> Audited<'_> {
        Audited(self)
    }
}

/// Which accesses are recorded: what any level has recorded, is.
pub struct Audited<'h>(&'h Hierarchy);

impl Audited<'_> {
    /// Whether a sort of access (`DATA_READ`) to a service is recorded for everyone.
    pub fn records(&self, service: &str, sort: &str) -> Result<bool, &Shortfall> {
        let mut missing = self.0.missing.as_ref();
        for level in &self.0.levels {
            match &level.policy {
                Ok((policy, _)) => {
                    let own = policy.audit_configs.iter().filter(|config| config.service == service);
                    let mut sorts = own.flat_map(|config| &config.audit_log_configs);
                    if sorts.any(|config| config.log_type == sort && config.exempted_members.is_empty()) {
                        return Ok(true);
                    }
                }
                Err(shortfall) => missing = missing.or(Some(shortfall)),
            }
        }
        missing.map_or(Ok(false), Err)
    }

    /// The calls that show it.
    pub fn calls(&self) -> impl Iterator<Item = CallId> {
        self.0.levels.iter().filter_map(|level| Some(level.policy.as_ref().ok()?.1))
    }
}
