//! FSx: backups of file systems and volumes.

use super::draft::{Draft, Fact, Tag, Tally};
use super::fsx::SERVICE;
use super::parts::besides;
use super::shared::{List, Page, moment, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::FactSink;
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::future::ready;

operation!(
    /// Every backup of the region.
    DESCRIBE_BACKUPS = "fsx" "DescribeBackups", needs "fsx:DescribeBackups", quota quota::FSX,
    Per::Page(100), Post, facts "backups of file systems: source, moment, key, labels"
);

const API: Api = Api::json("AWSSimbaAPIService_v20180301");

/// Reads the backups of a region.
pub(super) async fn sweep(session: &Session, region: &str, sink: &dyn FactSink, tally: &mut Tally) {
    let ask = Ask::of(&DESCRIBE_BACKUPS, API, region, json!({"MaxResults": 100}));
    let list = List::<Backups>::of(session, ask);
    tally.read(list, sink, |one, call| ready(backup(session, region, one, call))).await;
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Backups {
    backups: Vec<Backup>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Backup {
    backup_id: String,
    #[serde(rename = "ResourceARN")]
    arn: Option<String>,
    owner_id: Option<String>,
    lifecycle: Option<String>,
    creation_time: Option<f64>,
    kms_key_id: Option<String>,
    source_backup_id: Option<String>,
    source_backup_region: Option<String>,
    file_system: Option<Source>,
    volume: Option<Source>,
    tags: Option<Vec<Tag>>,
}

/// What was backed up, as it was then.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Source {
    file_system_id: Option<String>,
    #[serde(rename = "ResourceARN")]
    arn: Option<String>,
}

page!(
    Backups: Backup in backups, "NextToken" from next_token, by |item| item.backup_id.clone(),
    own |item| item.arn.as_deref()
);

fn backup(session: &Session, region: &str, found: Backup, call: CallId) -> Fact {
    let operation = &DESCRIBE_BACKUPS;
    let named = || session.arn(SERVICE, region, &format!("backup/{}", shorten(&found.backup_id)));
    let arn = found.arn.clone().unwrap_or_else(named);
    let mut draft = Draft::new(session, (Kind::RecoveryPoint, SERVICE), region, arn, &found.backup_id, &call);
    if let Some(owner) = found.owner_id.as_deref().filter(|owner| *owner != session.account) {
        let detail = format!("the backup belongs to {}", shorten(owner));
        let foreign = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
        draft.perhaps_copied(CopyRole::Primary, &foreign);
    }
    let from = found.source_backup_region.as_deref().filter(|from| !from.is_empty()).unwrap_or(region);
    draft.resource.made_from = made_from(session, from, &found);
    draft.encrypted_under(found.kms_key_id.as_deref(), operation, call);
    // Of a copy it is not said of which moment its data are.
    let copied = [&found.source_backup_id, &found.source_backup_region];
    let copied = copied.into_iter().flatten().any(|from| !from.is_empty());
    let of = found.creation_time.filter(|_| !copied).and_then(moment);
    draft.point(of.as_deref(), None, false, None);
    let usable = match found.lifecycle.as_deref() {
        Some("AVAILABLE") => Observed::Seen(true),
        Some("CREATING" | "TRANSFERRING" | "DELETED" | "FAILED" | "PENDING" | "COPYING") => {
            Observed::Seen(false)
        }
        None => draft.said("point.usable", None, operation, call),
        Some(other) => {
            let detail = format!("unknown state of a backup `{}`", shorten(other));
            let unknown = Shortfall::of(operation, GapReason::Unknown, Some(call), detail);
            draft.sheet.unseen("point.usable", &unknown)
        }
    };
    if let Some(point) = &mut draft.resource.point {
        point.usable = usable;
    }
    besides(&mut draft, Facet::Tags, &call);
    match found.tags {
        Some(tags) => draft.tags(tags),
        None => draft.resource.tags = draft.said("tags", None, operation, call),
    }
    draft.finish()
}

/// The file system that was backed up, of which a volume may have been a part.
fn made_from(session: &Session, from: &str, found: &Backup) -> Option<String> {
    let system = found.file_system.as_ref();
    let arn = system.and_then(|system| system.arn.as_deref()).filter(|arn| !arn.is_empty());
    let named = [system, found.volume.as_ref()];
    let named = named.into_iter().flatten().filter_map(|source| source.file_system_id.as_deref());
    let named = named.into_iter().find(|id| !id.is_empty());
    let by_name = |id: &str| session.arn(SERVICE, from, &format!("file-system/{}", shorten(id)));
    arn.map(shorten).or_else(|| named.map(by_name))
}
