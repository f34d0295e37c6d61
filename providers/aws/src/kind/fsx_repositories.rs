//! FSx: the buckets and servers that file systems and caches exchange their files with.

use super::draft::{Draft, all};
use super::parts::copied_to_bucket;
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::CopyRole;
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every tie between a folder and a store.
    DESCRIBE_DATA_REPOSITORY_ASSOCIATIONS = "fsx" "DescribeDataRepositoryAssociations",
    needs "fsx:DescribeDataRepositoryAssociations", quota quota::FSX, Per::Page(100), Post,
    facts "buckets and servers that file systems and caches exchange files with"
);
operation!(
    /// Every task that carried files between them.
    DESCRIBE_DATA_REPOSITORY_TASKS = "fsx" "DescribeDataRepositoryTasks",
    needs "fsx:DescribeDataRepositoryTasks", quota quota::FSX, Per::Page(100), Post,
    facts "where tasks that carry files report to"
);

const API: Api = Api::json("AWSSimbaAPIService_v20180301");

/// The ties and tasks of a region, each list or why it was not seen.
pub(super) struct Repositories {
    ties: Result<Vec<(Tie, CallId)>, Shortfall>,
    tasks: Result<Vec<(Task, CallId)>, Shortfall>,
}

/// Reads the ties and tasks of a region.
pub(super) async fn read(session: &Session, region: &str) -> Repositories {
    let ask = |operation| Ask::of(operation, API, region, json!({"MaxResults": 100}));
    let ties = all(List::<Ties>::of(session, ask(&DESCRIBE_DATA_REPOSITORY_ASSOCIATIONS))).await;
    let tasks = all(List::<Tasks>::of(session, ask(&DESCRIBE_DATA_REPOSITORY_TASKS))).await;
    Repositories { ties, tasks }
}

impl Repositories {
    /// Notes what a file system or a cache exchanges files with, and where its tasks report to.
    pub(super) async fn exchanged(&self, session: &Session, draft: &mut Draft<'_>, id: &str) {
        match &self.ties {
            Ok(ties) => {
                for (tie, call) in ties.iter().filter(|(tie, _)| tie.is_of(id)) {
                    draft.sheet.shown("copies", call);
                    // What changes is written there too, as it changes; else it passes when it is told to.
                    let role = if tie.exports() { CopyRole::Replica } else { CopyRole::Transit };
                    tied_to(session, draft, role, tie.data_repository_path.as_deref().unwrap_or_default())
                        .await;
                }
            }
            Err(shortfall) => draft.perhaps_copied(CopyRole::Transit, shortfall),
        }
        match &self.tasks {
            Ok(tasks) => {
                for (task, call) in tasks.iter().filter(|(task, _)| task.is_of(id)) {
                    let Some(report) = task.report.as_ref().filter(|report| report.enabled) else { continue };
                    draft.sheet.shown("copies", call);
                    tied_to(session, draft, CopyRole::Log, report.path.as_deref().unwrap_or_default()).await;
                }
            }
            Err(shortfall) => draft.perhaps_copied(CopyRole::Log, shortfall),
        }
    }
}

/// Notes the copy at an address: of a bucket, or of a server somewhere.
pub(super) async fn tied_to(session: &Session, draft: &mut Draft<'_>, role: CopyRole, address: &str) {
    let bucket = address.strip_prefix("s3://").and_then(|place| place.split('/').next());
    let Some(bucket) = bucket.filter(|bucket| !bucket.is_empty()) else {
        let detail = format!("where the repository {} lies was not read", shorten(address));
        return draft.perhaps_copied(role, &Shortfall::without_call(GapReason::NotRead, detail));
    };
    let holder = format!("arn:aws:s3:::{}", shorten(bucket));
    let known = draft.resource.copies.iter();
    if !known.clone().any(|copy| copy.role == role && copy.holder.as_deref() == Some(holder.as_str())) {
        copied_to_bucket(session, draft, role, bucket).await;
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ties {
    associations: Vec<Tie>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tie {
    association_id: String,
    file_system_id: Option<String>,
    file_cache_id: Option<String>,
    data_repository_path: Option<String>,
    s3: Option<Exchange>,
    #[serde(rename = "NFS")]
    nfs: Option<Exchange>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Exchange {
    auto_export_policy: Option<Export>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Export {
    #[serde(default)]
    events: Vec<String>,
}

page!(Ties: Tie in associations, "NextToken" from next_token, by |item| item.association_id.clone());

impl Tie {
    /// Whether it is this one's; one that names nobody may be.
    fn is_of(&self, id: &str) -> bool {
        is_of(&self.file_system_id, &self.file_cache_id, id)
    }

    fn exports(&self) -> bool {
        let exports =
            [&self.s3, &self.nfs].into_iter().flatten().filter_map(|with| with.auto_export_policy.as_ref());
        exports.into_iter().any(|export| !export.events.is_empty())
    }
}

fn is_of(file_system: &Option<String>, file_cache: &Option<String>, id: &str) -> bool {
    let mut named = file_system.iter().chain(file_cache).filter(|name| !name.is_empty()).peekable();
    named.peek().is_none() || named.any(|name| name == id)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tasks {
    data_repository_tasks: Vec<Task>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Task {
    task_id: String,
    file_system_id: Option<String>,
    file_cache_id: Option<String>,
    report: Option<Report>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Report {
    enabled: bool,
    path: Option<String>,
}

page!(Tasks: Task in data_repository_tasks, "NextToken" from next_token, by |item| item.task_id.clone());

impl Task {
    fn is_of(&self, id: &str) -> bool {
        is_of(&self.file_system_id, &self.file_cache_id, id)
    }
}
