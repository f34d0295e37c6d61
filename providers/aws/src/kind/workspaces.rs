//! WorkSpaces: desktops, the encryption of their disks, and those that stand by in another region.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every desktop of the region.
    DESCRIBE_WORKSPACES = "workspaces" "DescribeWorkspaces", needs "workspaces:DescribeWorkspaces",
    quota quota::WORKSPACES, Per::Page(25), Post, facts "desktops: encryption of their disks and key, those that stand by in other regions"
);
operation!(
    /// A desktop's labels.
    DESCRIBE_TAGS = "workspaces" "DescribeTags", needs "workspaces:DescribeTags", quota quota::WORKSPACES,
    Per::Resource, Post, facts "labels of desktops, for scope"
);

/// Desktops.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Compute] },
    operations: &[&DESCRIBE_WORKSPACES, &DESCRIBE_TAGS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("WorkspacesService");
const SERVICE: &str = "workspaces";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&DESCRIBE_WORKSPACES, API, region, json!({"Limit": 25}));
    let list = List::<Desktops>::of(session, ask);
    tally.read(list, sink, |found, call| desktop(session, region, found, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Desktops {
    workspaces: Vec<Desktop>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Desktop {
    workspace_id: String,
    workspace_name: Option<String>,
    volume_encryption_key: Option<String>,
    user_volume_encryption_enabled: Option<bool>,
    root_volume_encryption_enabled: Option<bool>,
    workspace_properties: Option<Properties>,
    #[serde(default)]
    related_workspaces: Vec<Related>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    operating_system_name: Option<String>,
}

/// The same person's desktop in another region.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Related {
    workspace_id: Option<String>,
    region: Option<String>,
}

page!(Desktops: Desktop in workspaces, "NextToken" from next_token, by |item| item.workspace_id.clone());

async fn desktop(session: &Session, region: &str, found: Desktop, call: CallId) -> Fact {
    let (operation, id) = (&DESCRIBE_WORKSPACES, found.workspace_id);
    let name = found.workspace_name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
    let arn = |region: &str, id: &str| session.arn(SERVICE, region, &format!("workspace/{}", shorten(id)));
    let mut draft = Draft::new(session, (Kind::Compute, SERVICE), region, arn(region, &id), &name, &call);
    for related in found.related_workspaces {
        match related.region.filter(|region| !region.is_empty()) {
            Some(there) => {
                let holder = related.workspace_id.map(|id| arn(&there, &id));
                draft.copy(CopyRole::Replica, holder.as_deref(), &there);
            }
            None => {
                let detail = "the answer does not say in which region the other desktop is";
                let silent = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
                draft.perhaps_copied(CopyRole::Replica, &silent);
            }
        }
    }
    let encrypted = match (found.root_volume_encryption_enabled, found.user_volume_encryption_enabled) {
        (Some(false), _) | (_, Some(false)) => Observed::Seen(false),
        (Some(true), Some(true)) => Observed::Seen(true),
        _ => draft.said("encryption", None, operation, call),
    };
    draft.encrypted(encrypted, found.volume_encryption_key.as_deref());
    match found.workspace_properties.and_then(|properties| properties.operating_system_name).as_deref() {
        Some(system) if !matches!(system, "" | "UNKNOWN") => draft.runs(SERVICE, system),
        _ => {
            let detail = "the answer does not say software.version";
            draft.perhaps_runs(SERVICE, &Shortfall::of(operation, GapReason::Malformed, Some(call), detail));
        }
    }
    let ask = Ask::of(&DESCRIBE_TAGS, API, region, json!({"ResourceId": id})).about(&id);
    draft.tagged(session.told::<Tags>(ask).await, |told| told.tags);
    draft.finish()
}

#[derive(Deserialize)]
struct Tags {
    #[serde(rename = "TagList")]
    tags: Vec<Tag>,
}
