//! What was done with points: set back to the end, and copied into vaults of other accounts.

use super::API;
use crate::api::Ask;
use crate::kind::draft::{Draft, all};
use crate::kind::shared::{List, Page, moment, page};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::CopyRole;
use sekisho_contract::operation::Per;
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

operation!(
    /// Restores that came to their end.
    LIST_RESTORE_JOBS = "backup" "ListRestoreJobs", needs "backup:ListRestoreJobs", quota quota::BACKUP,
    Per::Page(1_000), Get, facts "completed restores of recovery points"
);
operation!(
    /// Copies that were made, also by hand.
    LIST_COPY_JOBS = "backup" "ListCopyJobs", needs "backup:ListCopyJobs", quota quota::BACKUP,
    Per::Page(1_000), Get, facts "copies of recovery points in vaults of other accounts"
);

/// What was done with the points of a region, by ARN.
pub(super) struct Jobs {
    restored: Result<BTreeMap<String, (String, CallId)>, Shortfall>,
    copied: Result<BTreeMap<String, BTreeSet<(String, CallId)>>, Shortfall>,
}

/// Reads them.
pub(super) async fn read(session: &Session, region: &str) -> Jobs {
    let (restored, copied) = futures::join!(restored(session, region), copied(session, region));
    Jobs { restored, copied }
}

impl Jobs {
    /// Notes what was done with a point.
    pub(super) fn on_point(&self, draft: &mut Draft<'_>, arn: &str) {
        let restored = match &self.restored {
            Ok(restored) => Observed::Seen(restored.get(arn).map(|(at, call)| {
                draft.sheet.shown("point", call);
                at.clone()
            })),
            Err(shortfall) => draft.sheet.unseen("point.restored", shortfall),
        };
        if let Some(point) = &mut draft.resource.point {
            point.restored = restored;
        }
        match &self.copied {
            Ok(copied) => {
                for (vault, call) in copied.get(arn).into_iter().flatten() {
                    draft.sheet.shown("copies", call);
                    draft.copy_at(CopyRole::Backup, vault);
                }
            }
            Err(shortfall) => draft.perhaps_copied(CopyRole::Backup, shortfall),
        }
    }
}

/// By point: when it was last set back to the end.
async fn restored(session: &Session, region: &str) -> Result<BTreeMap<String, (String, CallId)>, Shortfall> {
    let body = json!({"status": "COMPLETED", "maxResults": 1000});
    let ask = Ask::of(&LIST_RESTORE_JOBS, API, region, body).at("/restore-jobs/", &[]);
    let mut latest: BTreeMap<String, (String, CallId)> = BTreeMap::new();
    for (job, call) in all(List::<RestoreJobs>::of(session, ask)).await? {
        let at = job.completion_date.and_then(moment);
        let (Some(point), Some(at), Some("COMPLETED")) = (job.recovery_point_arn, at, job.status.as_deref())
        else {
            continue;
        };
        let known = latest.entry(point).or_insert_with(|| (at.clone(), call));
        if known.0 < at {
            *known = (at, call);
        }
    }
    Ok(latest)
}

/// By point: the vaults of other accounts that it was copied to. What is in this account's own is listed there.
async fn copied(
    session: &Session,
    region: &str,
) -> Result<BTreeMap<String, BTreeSet<(String, CallId)>>, Shortfall> {
    let body = json!({"maxResults": 1000});
    let ask = Ask::of(&LIST_COPY_JOBS, API, region, body).at("/copy-jobs/", &[]);
    let mut copied: BTreeMap<String, BTreeSet<(String, CallId)>> = BTreeMap::new();
    for (job, call) in all(List::<CopyJobs>::of(session, ask)).await? {
        let came_to_nothing = matches!(job.state.as_deref(), Some("CREATED" | "FAILED"));
        let (Some(point), Some(vault)) = (job.source_recovery_point_arn, job.destination_backup_vault_arn)
        else {
            continue;
        };
        if !came_to_nothing && !super::point::is_own_vault(session, &vault) {
            copied.entry(point).or_default().insert((vault, call));
        }
    }
    Ok(copied)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RestoreJobs {
    restore_jobs: Vec<RestoreJob>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RestoreJob {
    restore_job_id: String,
    recovery_point_arn: Option<String>,
    status: Option<String>,
    completion_date: Option<f64>,
}

page!(RestoreJobs: RestoreJob in restore_jobs, "nextToken" from next_token, by |item| item.restore_job_id.clone());

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CopyJobs {
    copy_jobs: Vec<CopyJob>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CopyJob {
    copy_job_id: String,
    source_recovery_point_arn: Option<String>,
    destination_backup_vault_arn: Option<String>,
    state: Option<String>,
}

page!(CopyJobs: CopyJob in copy_jobs, "nextToken" from next_token, by |item| item.copy_job_id.clone());
