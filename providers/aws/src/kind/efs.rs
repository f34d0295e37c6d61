//! EFS: file systems, and where they are replicated.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
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
use std::future::ready;

operation!(
    /// Every file system of the region.
    DESCRIBE_FILE_SYSTEMS = "elasticfilesystem" "DescribeFileSystems",
    needs "elasticfilesystem:DescribeFileSystems", quota quota::EFS,
    Per::Page(100), Get, facts "file systems: zone, encryption and key, labels"
);
operation!(
    /// Every replication from and to file systems of the region.
    DESCRIBE_REPLICATION_CONFIGURATIONS = "elasticfilesystem" "DescribeReplicationConfigurations",
    needs "elasticfilesystem:DescribeReplicationConfigurations", quota quota::EFS,
    Per::Page(100), Get, facts "replicas of file systems in other regions and accounts, and what replicas are made of",
    absent &["ReplicationNotFound"]
);

/// File systems.
pub const ENTRY: Entry = Entry {
    service: Service { name: "elasticfilesystem", reach: Reach::Region, kinds: &[Kind::FileSystem] },
    operations: &[&DESCRIBE_FILE_SYSTEMS, &DESCRIBE_REPLICATION_CONFIGURATIONS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Rest;
const SERVICE: &str = "elasticfilesystem";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let body = json!({"MaxResults": 100});
    let ask = Ask::of(&DESCRIBE_REPLICATION_CONFIGURATIONS, API, region, body)
        .at("/2015-02-01/file-systems/replication-configurations", &[]);
    let replications = all(List::<Replications>::of(session, ask)).await;
    let replications = &replications;
    let ask = Ask::of(&DESCRIBE_FILE_SYSTEMS, API, region, json!({"MaxItems": 100}))
        .at("/2015-02-01/file-systems", &[]);
    let list = List::<FileSystems>::of(session, ask);
    tally
        .read(list, sink, |one, call| ready(file_system(session, region, one, call, replications.as_deref())))
        .await;
    tally.unsaid([replications.as_ref().err()]);
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FileSystems {
    file_systems: Vec<FileSystem>,
    next_marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FileSystem {
    file_system_id: String,
    file_system_arn: Option<String>,
    name: Option<String>,
    encrypted: Option<bool>,
    kms_key_id: Option<String>,
    availability_zone_name: Option<String>,
    tags: Option<Vec<Tag>>,
}

page!(
    FileSystems: FileSystem in file_systems, "Marker" from next_marker, by |item| item.file_system_id.clone(),
    own |item| item.file_system_arn.as_deref()
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Replications {
    replications: Vec<Replication>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Replication {
    source_file_system_arn: String,
    destinations: Vec<Destination>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    file_system_id: String,
    region: String,
    owner_id: Option<String>,
}

page!(
    Replications: Replication in replications, "NextToken" from next_token, by |item| {
        let to = item.destinations.iter().map(|to| format!(" {} {}", to.region, to.file_system_id));
        item.source_file_system_arn.clone() + &to.collect::<String>()
    }
);

impl Destination {
    /// The ARN of the file system, which may be of another account.
    fn arn(&self, session: &Session) -> String {
        let owner = self.owner_id.as_deref().filter(|owner| !owner.is_empty()).unwrap_or(&session.account);
        match self.file_system_id.starts_with("arn:") {
            true => shorten(&self.file_system_id),
            false => format!("arn:aws:{SERVICE}:{}:{owner}:file-system/{}", self.region, self.file_system_id),
        }
    }
}

fn file_system(
    session: &Session,
    region: &str,
    found: FileSystem,
    call: CallId,
    replications: Result<&[(Replication, CallId)], &Shortfall>,
) -> Fact {
    let operation = &DESCRIBE_FILE_SYSTEMS;
    let named = || session.arn(SERVICE, region, &format!("file-system/{}", shorten(&found.file_system_id)));
    let id = found.file_system_arn.unwrap_or_else(named);
    let name = found.name.filter(|name| !name.is_empty()).unwrap_or(found.file_system_id);
    let mut draft = Draft::new(session, (Kind::FileSystem, SERVICE), region, id.clone(), &name, &call);
    // A zone is named only where it rests in one alone.
    let zone = found.availability_zone_name.filter(|zone| !zone.is_empty());
    if let Some(zone) = &zone {
        draft.rests_in_zone(zone);
    }
    draft.redundant(Observed::Seen(zone.is_none()));
    match replications {
        Ok(replications) => {
            for (replication, call) in replications {
                replicated(session, &mut draft, replication, call);
            }
        }
        Err(shortfall) => {
            draft.perhaps_made_from(shortfall);
            draft.perhaps_copied(CopyRole::Replica, shortfall);
        }
    }
    let encrypted = draft.said("encryption", found.encrypted, operation, call);
    draft.encrypted(encrypted, found.kms_key_id.as_deref());
    match found.tags {
        Some(tags) => draft.tags(tags),
        None => draft.resource.tags = draft.said("tags", None, operation, call),
    }
    draft.finish()
}

/// What a replication says of a file system: where its replica rests, or of what it is one.
fn replicated(session: &Session, draft: &mut Draft<'_>, replication: &Replication, call: &CallId) {
    let (source, own) = (&replication.source_file_system_arn, draft.resource.id.clone());
    for destination in &replication.destinations {
        let replica = destination.arn(session);
        if *source == own {
            draft.sheet.shown("copies", call);
            if destination.region.is_empty() {
                let detail = "the answer does not say where a replica rests";
                let operation = &DESCRIBE_REPLICATION_CONFIGURATIONS;
                let silent = Shortfall::of(operation, GapReason::Malformed, Some(*call), detail);
                draft.perhaps_copied(CopyRole::Replica, &silent);
            } else {
                draft.copy(CopyRole::Replica, Some(&replica), &destination.region);
            }
        } else if replica == own {
            draft.sheet.shown("copies", call);
            draft.resource.made_from = Some(shorten(source));
        }
    }
}
