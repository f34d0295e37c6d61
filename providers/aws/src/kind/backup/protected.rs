//! What is protected: each resource that backups were made of, and its latest backup.

use super::{API, SERVICE};
use crate::api::Ask;
use crate::kind::draft::{Draft, Fact, Tally, all};
use crate::kind::parts::not_read;
use crate::kind::shared::{List, Page, moment, page};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Jobs, Kind, Protection};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::FactSink;
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use tokio::sync::OnceCell;

operation!(
    /// Every resource that backups were made of in the region.
    LIST_PROTECTED_RESOURCES = "backup" "ListProtectedResources", needs "backup:ListProtectedResources",
    quota quota::BACKUP, Per::Page(1_000), Get,
    facts "protected resources: when each was last backed up, into which vault, as which point"
);

operation!(
    /// Backups that came to nothing.
    LIST_BACKUP_JOBS = "backup" "ListBackupJobs", needs "backup:ListBackupJobs", quota quota::BACKUP,
    Per::Sometimes, Get, facts "backups of protected resources that failed or were not started in their time"
);

/// By resource: the jobs that came to nothing, and the calls that told of them.
type Failures = Result<(BTreeMap<String, Jobs>, Vec<CallId>), Shortfall>;

const NONE_FAILED: Jobs = Jobs { failed: 0, expired: 0 };

/// The states of a job that came to nothing. One that is not started in its time expires.
const FAILED: [&str; 4] = ["ABORTED", "EXPIRED", "FAILED", "PARTIAL"];

/// Counts the jobs of a region that came to nothing, as long as the service remembers them (30 days).
async fn failures_of(session: &Session, region: &str) -> Failures {
    let (mut by_resource, mut calls) = (BTreeMap::new(), Vec::new());
    for state in FAILED {
        let body = json!({"state": state, "maxResults": 1000});
        let ask = Ask::of(&LIST_BACKUP_JOBS, API, region, body).about(state).at("/backup-jobs/", &[]);
        for (job, call) in all(List::<BackupJobs>::of(session, ask)).await? {
            if !calls.contains(&call) {
                calls.push(call);
            }
            let (Some(of), Some(told)) = (job.resource_arn, job.state) else { continue };
            let count: &mut Jobs = by_resource.entry(shorten(&of)).or_insert(NONE_FAILED);
            match told.as_str() {
                "EXPIRED" => count.expired += 1,
                _ => count.failed += 1,
            }
        }
    }
    Ok((by_resource, calls))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BackupJobs {
    backup_jobs: Vec<BackupJob>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BackupJob {
    backup_job_id: String,
    resource_arn: Option<String>,
    state: Option<String>,
}

page!(BackupJobs: BackupJob in backup_jobs, "nextToken" from next_token, by |item| item.backup_job_id.clone());

/// The sorts of protected resources that are read where they are, with where they rest: of these one that is not
/// found there is gone. An instance's data are on its disks, a cluster of EKS is read as one.
#[rustfmt::skip]
const READ: [&str; 12] = [
    "Aurora", "DocumentDB", "DynamoDB", "EBS", "EC2", "EFS", "FSx", "Neptune", "RDS", "Redshift", "Redshift Serverless", "S3",
];

/// Reads what is protected in a region.
pub(super) async fn sweep(session: &Session, region: &str, sink: &dyn FactSink, tally: &mut Tally) {
    let ask = Ask::of(&LIST_PROTECTED_RESOURCES, API, region, json!({"maxResults": 1000}));
    let list = List::<Resources>::of(session, ask.at("/resources/", &[]));
    // Jobs are asked for where anything was ever backed up.
    let failures = OnceCell::new();
    let failures = &failures;
    tally
        .read(list, sink, |found, call| async move {
            let failures = failures.get_or_init(|| failures_of(session, region)).await;
            protected(session, region, found, call, failures)
        })
        .await;
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resources {
    results: Vec<Listed>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    resource_arn: String,
    resource_type: Option<String>,
    resource_name: Option<String>,
    last_backup_time: Option<f64>,
    last_backup_vault_arn: Option<String>,
    last_recovery_point_arn: Option<String>,
}

page!(Resources: Listed in results, "nextToken" from next_token, by |item| item.resource_arn.clone());

fn protected(session: &Session, region: &str, found: Listed, call: CallId, failures: &Failures) -> Fact {
    let operation = &LIST_PROTECTED_RESOURCES;
    let of = shorten(&found.resource_arn);
    let name = found.resource_name.filter(|name| !name.is_empty()).unwrap_or_else(|| of.clone());
    let id = session.arn(SERVICE, region, &format!("protected-resource/{of}"));
    let mut draft = Draft::new(session, (Kind::Protection, SERVICE), region, id, &name, &call);
    // Where the resource itself rests is told where it is read.
    draft.resource.copies.clear();
    match found.resource_type.as_deref() {
        Some(sort) if READ.contains(&sort) => {}
        Some(sort) => {
            let detail = format!(
                "where {of} rests is not known: resources of the kind {} are not read",
                shorten(sort)
            );
            draft.perhaps_copied(CopyRole::Primary, &not_read(&detail));
        }
        None => {
            let detail = format!("the answer does not say of which kind {of} is");
            let silent = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
            draft.perhaps_copied(CopyRole::Primary, &silent);
        }
    }
    let vault = found.last_backup_vault_arn.filter(|arn| !arn.is_empty()).map(|arn| shorten(&arn));
    match &vault {
        Some(vault) => draft.copy_at(CopyRole::Backup, vault),
        None => {
            let detail = "the answer does not name the vault of the latest backup";
            let silent = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
            draft.perhaps_copied(CopyRole::Backup, &silent);
        }
    }
    let point = found.last_recovery_point_arn.filter(|arn| !arn.is_empty()).map(|arn| shorten(&arn));
    let sort = found.resource_type.as_deref().map(shorten);
    draft.resource.protection = Some(Protection {
        sort: draft.said("protection.sort", sort, operation, call),
        last_backup: draft.said(
            "protection.last_backup",
            found.last_backup_time.and_then(moment),
            operation,
            call,
        ),
        vault: draft.said("protection.vault", vault, operation, call),
        point: draft.said("protection.point", point, operation, call),
        jobs: match failures {
            Ok((by_resource, calls)) => {
                calls.iter().for_each(|call| draft.sheet.shown("protection", call));
                Observed::Seen(by_resource.get(&of).copied().unwrap_or(NONE_FAILED))
            }
            Err(shortfall) => draft.sheet.unseen("protection.jobs", shortfall),
        },
    });
    draft.resource.made_from = Some(of);
    draft.finish()
}
