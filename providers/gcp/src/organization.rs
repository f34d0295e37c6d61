//! The projects below an organization or a folder.

use crate::kind::list::{Page, pages};
use crate::method::Ask;
use crate::quota;
use crate::session::Session;
use sekisho_contract::Shortfall;
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{AccountSection, Member};
use serde::Deserialize;
use std::collections::{BTreeSet, VecDeque};

operation!(
    /// The projects right below an organization or a folder.
    LIST_PROJECTS = "cloudresourcemanager" "projects.list", at "v3/projects", needs "resourcemanager.projects.list",
    quota quota::RESOURCE_MANAGER, Per::Sometimes, Get, facts "the projects of an organization or a folder"
);
operation!(
    /// The folders right below an organization or a folder.
    LIST_FOLDERS = "cloudresourcemanager" "folders.list", at "v3/folders", needs "resourcemanager.folders.list",
    quota quota::RESOURCE_MANAGER, Per::Sometimes, Get, facts "the folders that projects lie in"
);

/// The cell that tells whether every project is known.
pub const SERVICE: &str = "cloudresourcemanager";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListProjectsResponse {
    #[serde(default)]
    projects: Vec<Project>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Project {
    project_id: String,
    state: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListFoldersResponse {
    #[serde(default)]
    folders: Vec<Folder>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Folder {
    name: String,
}

impl Page for ListProjectsResponse {
    type Item = Project;
    fn split(self) -> (Vec<Project>, Option<String>) {
        (self.projects, self.next_page_token)
    }
    fn name(item: &Project) -> String {
        item.project_id.clone()
    }
}

impl Page for ListFoldersResponse {
    type Item = Folder;
    fn split(self) -> (Vec<Folder>, Option<String>) {
        (self.folders, self.next_page_token)
    }
    fn name(item: &Folder) -> String {
        item.name.clone()
    }
}

/// The other projects below a root, and why not all are known, if so.
pub async fn members(
    session: &Session,
    section: &AccountSection,
    root: &str,
) -> (Vec<Member>, Option<Shortfall>) {
    let mut members = Vec::new();
    let mut missing = None;
    let mut waiting = VecDeque::from([root.to_owned()]);
    let mut known = BTreeSet::new();
    while let Some(parent) = waiting.pop_front() {
        if !known.insert(parent.clone()) {
            continue;
        }
        // What is about to be deleted can still be had back, and its data rest on.
        let of = [("parent", parent.as_str()), ("pageSize", "200"), ("showDeleted", "true")];
        let ask = |method| Ask::of(method, of).about(&parent);
        let (projects, broken) = pages::<ListProjectsResponse>(session, ask(&LIST_PROJECTS)).await;
        missing = missing.or(broken);
        members.extend(
            projects.into_iter().filter(|(project, _)| project.project_id != session.project).map(
                |(project, _)| Member {
                    section: AccountSection {
                        id: project.project_id,
                        organization: None,
                        folder: None,
                        ..section.clone()
                    },
                    inactive: project.state.filter(|state| state != "ACTIVE").map(|state| shorten(&state)),
                },
            ),
        );
        let (folders, broken) = pages::<ListFoldersResponse>(session, ask(&LIST_FOLDERS)).await;
        missing = missing.or(broken);
        waiting.extend(folders.into_iter().map(|(folder, _)| folder.name));
    }
    members.sort_by(|one, other| one.section.id.cmp(&other.section.id));
    (members, missing)
}
