//! FSx: file systems of four sorts, and caches before other stores.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::fsx_backups::{self, DESCRIBE_BACKUPS};
use super::fsx_repositories::{
    self, DESCRIBE_DATA_REPOSITORY_ASSOCIATIONS, DESCRIBE_DATA_REPOSITORY_TASKS, Repositories,
};
use super::fsx_volumes::{self, DESCRIBE_VOLUMES, Volumes};
use super::parts::{labelled_by_list, not_read, snapshots_kept};
use super::shared::{List, Page, page};
use super::subnets::{self, Subnets};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::OnceCell;

operation!(
    /// Every file system of the region.
    DESCRIBE_FILE_SYSTEMS = "fsx" "DescribeFileSystems", needs "fsx:DescribeFileSystems", quota quota::FSX,
    Per::Page(100), Post,
    facts "file systems: zones, key, automatic backups, buckets that data are exchanged with, audit logs, labels"
);
operation!(
    /// Every cache of the region.
    DESCRIBE_FILE_CACHES = "fsx" "DescribeFileCaches", needs "fsx:DescribeFileCaches", quota quota::FSX,
    Per::Page(100), Post, facts "file caches: zone, key, logs"
);
operation!(
    /// Labels.
    LIST_TAGS_FOR_RESOURCE = "fsx" "ListTagsForResource", needs "fsx:ListTagsForResource", quota quota::FSX,
    Per::Page(100), Post, facts "labels of file caches"
);

/// File systems, their backups, file caches.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::FileSystem, Kind::RecoveryPoint] },
    operations: &[
        &DESCRIBE_FILE_SYSTEMS,
        &DESCRIBE_VOLUMES,
        &DESCRIBE_DATA_REPOSITORY_ASSOCIATIONS,
        &DESCRIBE_DATA_REPOSITORY_TASKS,
        &DESCRIBE_FILE_CACHES,
        &LIST_TAGS_FOR_RESOURCE,
        &DESCRIBE_BACKUPS,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("AWSSimbaAPIService_v20180301");
pub(super) const SERVICE: &str = "fsx";

/// What facts of a region are read with, asked for once something is there that it may concern.
#[derive(Default)]
struct Region {
    subnets: OnceCell<Subnets>,
    volumes: OnceCell<Volumes>,
    repositories: OnceCell<Repositories>,
}

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let about = &Region::default();
    let ask = |operation| Ask::of(operation, API, region, json!({"MaxResults": 100}));
    let list = List::<FileSystems>::of(session, ask(&DESCRIBE_FILE_SYSTEMS));
    tally.read(list, sink, |one, call| file_system(session, region, one, call, about)).await;
    let list = List::<FileCaches>::of(session, ask(&DESCRIBE_FILE_CACHES));
    tally.read(list, sink, |one, call| file_cache(session, region, one, call, about)).await;
    fsx_backups::sweep(session, region, sink, &mut tally).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FileSystems {
    file_systems: Vec<FileSystem>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FileSystem {
    file_system_id: String,
    #[serde(rename = "ResourceARN")]
    arn: Option<String>,
    file_system_type: Option<String>,
    kms_key_id: Option<String>,
    subnet_ids: Option<Vec<String>>,
    tags: Option<Vec<Tag>>,
    windows_configuration: Option<Configuration>,
    lustre_configuration: Option<Configuration>,
    ontap_configuration: Option<Configuration>,
    #[serde(rename = "OpenZFSConfiguration")]
    open_zfs_configuration: Option<Configuration>,
}

page!(
    FileSystems: FileSystem in file_systems, "NextToken" from next_token, by |item| item.file_system_id.clone(),
    own |item| item.arn.as_deref()
);

/// The configuration of a file system, of whatever sort.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    deployment_type: Option<String>,
    automatic_backup_retention_days: Option<u32>,
    audit_log_configuration: Option<AuditLog>,
    fsrm_configuration: Option<ResourceLog>,
    log_configuration: Option<Log>,
    data_repository_configuration: Option<Repository>,
}

/// The log of accesses to files of a Windows server.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AuditLog {
    file_access_audit_log_level: String,
    file_share_access_audit_log_level: String,
    audit_log_destination: Option<String>,
}

/// The log of a Windows server's keeper of quotas.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResourceLog {
    event_log_destination: Option<String>,
}

/// The log of what was carried between a Lustre file system or a cache and buckets.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Log {
    level: String,
    destination: Option<String>,
}

/// The bucket that a file system of an older sort is tied to.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Repository {
    import_path: Option<String>,
    export_path: Option<String>,
}

impl FileSystem {
    /// The sort of file system, and what is said of one of that sort.
    fn sort(&self) -> Option<(Sort, &Configuration)> {
        let (sort, configuration) = match self.file_system_type.as_deref()? {
            "WINDOWS" => (Sort::Windows, &self.windows_configuration),
            "LUSTRE" => (Sort::Lustre, &self.lustre_configuration),
            "ONTAP" => (Sort::Ontap, &self.ontap_configuration),
            "OPENZFS" => (Sort::OpenZfs, &self.open_zfs_configuration),
            _ => return None,
        };
        Some((sort, configuration.as_ref()?))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Windows,
    Lustre,
    Ontap,
    OpenZfs,
}

async fn file_system(
    session: &Session,
    region: &str,
    found: FileSystem,
    call: CallId,
    about: &Region,
) -> Fact {
    let operation = &DESCRIBE_FILE_SYSTEMS;
    let id = found.file_system_id.as_str();
    let named = || session.arn(SERVICE, region, &format!("file-system/{}", shorten(id)));
    let arn = found.arn.clone().unwrap_or_else(named);
    let mut draft = Draft::new(session, (Kind::FileSystem, SERVICE), region, arn, id, &call);
    let subnets = about.subnets.get_or_init(|| subnets::read(session, region)).await;
    let named = found.subnet_ids.as_deref().unwrap_or(&[]);
    subnets::rests_in(&mut draft, region, subnets, named, &silent(operation, call, "its subnets"));
    let sort = found.sort();
    // Only the shortest-lived sort has no key of the key service.
    let scratch = sort.and_then(|(_, told)| told.deployment_type.as_deref()).is_some_and(is_scratch);
    match found.kms_key_id.as_deref() {
        None if scratch => draft.encrypted(Observed::Seen(true), None),
        key => draft.encrypted_under(key, operation, call),
    }
    match sort {
        Some((sort, told)) => {
            configured(session, region, &mut draft, (sort, told), call).await;
            if sort == Sort::Lustre {
                let repositories =
                    about.repositories.get_or_init(|| fsx_repositories::read(session, region)).await;
                repositories.exchanged(session, &mut draft, id).await;
            }
            if sort == Sort::Ontap {
                // Its own way of replicating is set in the file server, and asked of nobody else.
                let detail = "where ONTAP itself replicates volumes to was not read";
                draft.perhaps_copied(CopyRole::Replica, &not_read(detail));
                let volumes = about.volumes.get_or_init(|| fsx_volumes::read(session, region)).await;
                fsx_volumes::locked(&mut draft, volumes, id);
            }
        }
        None => {
            let sort = shorten(found.file_system_type.as_deref().unwrap_or_default());
            let detail = format!("unknown kind of file system `{sort}`");
            let unknown = Shortfall::of(operation, GapReason::Unknown, Some(call), detail);
            for role in [CopyRole::Backup, CopyRole::Replica, CopyRole::Log] {
                draft.perhaps_copied(role, &unknown);
            }
            draft.perhaps_hindered(&unknown);
            let multi_zone = draft.sheet.unseen("redundancy.multi_zone", &unknown);
            draft.redundant(multi_zone);
        }
    }
    match found.tags {
        Some(tags) => draft.tags(tags),
        None => draft.resource.tags = draft.said("tags", None, operation, call),
    }
    draft.finish()
}

/// Whether it is of the sort without replicas or backups, whose key is always the service's own.
fn is_scratch(deployment: &str) -> bool {
    deployment.starts_with("SCRATCH_")
}

/// What an answer leaves out.
fn silent(operation: &Operation, call: CallId, what: &str) -> Shortfall {
    Shortfall::of(operation, GapReason::Malformed, Some(call), format!("the answer does not say {what}"))
}

/// What its configuration says: zones, backups, logs, and the bucket it is tied to.
async fn configured(
    session: &Session,
    region: &str,
    draft: &mut Draft<'_>,
    (sort, told): (Sort, &Configuration),
    call: CallId,
) {
    let operation = &DESCRIBE_FILE_SYSTEMS;
    let deployment = told.deployment_type.as_deref();
    let multi_zone = match deployment {
        Some(several) if several.starts_with("MULTI_AZ_") => Observed::Seen(true),
        Some(one) if is_scratch(one) || one.starts_with("SINGLE_AZ_") || one.starts_with("PERSISTENT_") => {
            Observed::Seen(false)
        }
        Some(other) => {
            let detail = format!("unknown deployment of a file system `{}`", shorten(other));
            let unknown = Shortfall::of(operation, GapReason::Unknown, Some(call), detail);
            draft.sheet.unseen("redundancy.multi_zone", &unknown)
        }
        None => draft.said("redundancy.multi_zone", None, operation, call),
    };
    draft.redundant(multi_zone);
    // Of a Lustre file system no days are days that were not chosen: none (FSx API, CreateFileSystem).
    let days = told.automatic_backup_retention_days.or((sort == Sort::Lustre).then_some(0));
    snapshots_kept(draft, region, days, operation, call);
    if let Some(log) = &told.audit_log_configuration {
        let off = |level: &str| level == "DISABLED";
        if !(off(&log.file_access_audit_log_level) && off(&log.file_share_access_audit_log_level)) {
            logged(draft, log.audit_log_destination.as_deref(), operation, call);
        }
    }
    let quotas = told.fsrm_configuration.as_ref().and_then(|log| log.event_log_destination.as_deref());
    if let Some(target) = quotas.filter(|target| !target.is_empty()) {
        logged(draft, Some(target), operation, call);
    }
    transfers_logged(draft, told.log_configuration.as_ref(), operation, call);
    if let Some(tied) = &told.data_repository_configuration {
        for path in [&tied.import_path, &tied.export_path].into_iter().flatten() {
            fsx_repositories::tied_to(session, draft, CopyRole::Transit, path).await;
        }
    }
}

fn transfers_logged(draft: &mut Draft<'_>, log: Option<&Log>, operation: &Operation, call: CallId) {
    if let Some(log) = log.filter(|log| log.level != "DISABLED") {
        logged(draft, log.destination.as_deref(), operation, call);
    }
}

/// Notes the records that are written to a log group or a delivery stream.
fn logged(draft: &mut Draft<'_>, target: Option<&str>, operation: &Operation, call: CallId) {
    match target.filter(|target| !target.is_empty()) {
        Some(target) => draft.copy_at(CopyRole::Log, target.trim_end_matches(":*")),
        None => draft.perhaps_copied(CopyRole::Log, &silent(operation, call, "where its log goes")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FileCaches {
    file_caches: Vec<FileCache>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FileCache {
    file_cache_id: String,
    #[serde(rename = "ResourceARN")]
    arn: Option<String>,
    kms_key_id: Option<String>,
    subnet_ids: Option<Vec<String>>,
    lustre_configuration: Option<CacheConfiguration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CacheConfiguration {
    log_configuration: Option<Log>,
}

page!(
    FileCaches: FileCache in file_caches, "NextToken" from next_token, by |item| item.file_cache_id.clone(),
    own |item| item.arn.as_deref()
);

/// A cache has no backups, and lies in one zone.
async fn file_cache(session: &Session, region: &str, found: FileCache, call: CallId, about: &Region) -> Fact {
    let operation = &DESCRIBE_FILE_CACHES;
    let id = found.file_cache_id.as_str();
    let named = || session.arn(SERVICE, region, &format!("file-cache/{}", shorten(id)));
    let arn = found.arn.clone().unwrap_or_else(named);
    let mut draft = Draft::new(session, (Kind::FileSystem, SERVICE), region, arn.clone(), id, &call);
    let subnets = about.subnets.get_or_init(|| subnets::read(session, region)).await;
    let named = found.subnet_ids.as_deref().unwrap_or(&[]);
    subnets::rests_in(&mut draft, region, subnets, named, &silent(operation, call, "its subnets"));
    draft.redundant(Observed::Seen(false));
    draft.encrypted_under(found.kms_key_id.as_deref(), operation, call);
    let log = found.lustre_configuration.as_ref().and_then(|told| told.log_configuration.as_ref());
    transfers_logged(&mut draft, log, operation, call);
    let repositories = about.repositories.get_or_init(|| fsx_repositories::read(session, region)).await;
    repositories.exchanged(session, &mut draft, id).await;
    let body = json!({"ResourceARN": arn, "MaxResults": 100});
    let ask = Ask::of(&LIST_TAGS_FOR_RESOURCE, API, region, body).about(&arn);
    let tags = all(List::<Tags>::of(session, ask)).await;
    labelled_by_list(&mut draft, tags);
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tags: Vec<Tag>,
    next_token: Option<String>,
}

page!(Tags: Tag in tags, "NextToken" from next_token, by |item| item.key.clone());
