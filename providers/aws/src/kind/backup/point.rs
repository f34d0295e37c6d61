//! The points in vaults.

use super::holds::Holds;
use super::jobs::{self, Jobs};
use super::{API, Lock, SERVICE, Vault, encrypted};
use crate::api::Ask;
use crate::kind::draft::{Draft, Fact, Tally, region_of};
use crate::kind::shared::{List, Page, moment, page};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind, Obstacle, Starts};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::FactSink;
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::OnceCell;

operation!(
    /// Every point in a vault.
    LIST_RECOVERY_POINTS_BY_BACKUP_VAULT = "backup" "ListRecoveryPointsByBackupVault",
    needs "backup:ListRecoveryPointsByBackupVault", quota quota::BACKUP, Per::Page(1_000), Get,
    facts "recovery points: source, moment, key, expiry, the vault they were copied from"
);

/// Reads the points in these vaults.
pub(super) async fn sweep(
    session: &Session,
    region: &str,
    sink: &dyn FactSink,
    tally: &mut Tally,
    vaults: &[Vault],
    holds: Option<&Holds>,
) {
    // Jobs are asked for where there is a point.
    let jobs = OnceCell::new();
    for vault in vaults {
        let body = json!({"maxResults": 1000});
        let ask = Ask::of(&LIST_RECOVERY_POINTS_BY_BACKUP_VAULT, API, region, body).about(&vault.name);
        let ask = ask.at("/backup-vaults/{}/recovery-points/", &[&vault.name]);
        let jobs = &jobs;
        tally
            .read(List::<Points>::of(session, ask), sink, |found, call| async move {
                let jobs = jobs.get_or_init(|| jobs::read(session, region)).await;
                point(session, region, vault, found, call, (holds, jobs))
            })
            .await;
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Points {
    recovery_points: Vec<Point>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Point {
    recovery_point_arn: String,
    backup_vault_name: Option<String>,
    source_backup_vault_arn: Option<String>,
    resource_arn: Option<String>,
    resource_name: Option<String>,
    status: Option<String>,
    creation_date: Option<f64>,
    completion_date: Option<f64>,
    calculated_lifecycle: Option<Lifecycle>,
    encryption_key_arn: Option<String>,
    encryption_key_type: Option<String>,
    is_encrypted: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Lifecycle {
    delete_at: Option<f64>,
}

page!(Points: Point in recovery_points, "nextToken" from next_token, by |item| item.recovery_point_arn.clone());

fn point(
    session: &Session,
    region: &str,
    vault: &Vault,
    found: Point,
    call: CallId,
    (holds, jobs): (Option<&Holds>, &Jobs),
) -> Fact {
    let operation = &LIST_RECOVERY_POINTS_BY_BACKUP_VAULT;
    let arn = found.recovery_point_arn;
    let name = found.resource_name.filter(|name| !name.is_empty()).unwrap_or_else(|| arn.clone());
    let mut draft = Draft::new(session, (Kind::RecoveryPoint, SERVICE), region, arn.clone(), &name, &call);
    let malformed = |detail: String| Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
    let elsewhere = found.backup_vault_name.filter(|held_by| !vault.way_in && *held_by != vault.name);
    if let Some(elsewhere) = elsewhere {
        let detail = format!("the list holds a point of the vault {}", shorten(&elsewhere));
        draft.perhaps_copied(CopyRole::Primary, &malformed(detail));
    }
    if let Some(named) = region_of(&arn).filter(|named| *named != region) {
        draft.copy(CopyRole::Primary, None, named);
    }
    draft.resource.made_from = found.resource_arn.as_deref().map(shorten);
    // What it was copied from rests in the other vault, and in this account's own vaults it is listed.
    if let Some(source) = found.source_backup_vault_arn.filter(|source| !is_own_vault(session, source)) {
        draft.copy_at(CopyRole::Backup, &source);
    }
    let whether = draft.said("encryption", found.is_encrypted, operation, call);
    let key = (found.encryption_key_arn.as_deref(), found.encryption_key_type.as_deref());
    encrypted(&mut draft, whether, key, &malformed(String::new()));
    let delete_at = found.calculated_lifecycle.and_then(|lifecycle| lifecycle.delete_at).and_then(moment);
    // Copies keep the date of what they were made of: it is the moment of the data. A continuous backup goes on, and is of
    // no one moment.
    let goes_on = found.status.as_deref() == Some("AVAILABLE");
    let (of, made) = (found.creation_date.and_then(moment), found.completion_date.and_then(moment));
    draft.point(of.as_deref().filter(|_| !goes_on), made.as_deref(), false, delete_at.as_deref());
    let usable = usable(&mut draft, found.status.as_deref(), call);
    if let Some(point) = &mut draft.resource.point {
        point.usable = usable;
    }
    match &vault.lock {
        Lock::Open => {}
        // A point that never expires is locked for ever.
        Lock::Locked(kind, lifted_by) => draft.hindered(Obstacle {
            kind: Observed::Seen(*kind),
            starts: Observed::Seen(Starts::Fixed),
            days: Observed::Seen(None),
            until: Observed::Seen(delete_at),
            lifted_by: Observed::Seen(*lifted_by),
        }),
        Lock::Perhaps(shortfall) => draft.perhaps_hindered(shortfall),
    }
    if let Some(holds) = holds {
        holds.on_point(&mut draft, &vault.name, &arn);
    }
    jobs.on_point(&mut draft, &arn);
    draft.finish()
}

/// Whether it can be set back. A continuous backup that goes on is never completed, but available.
fn usable(draft: &mut Draft<'_>, status: Option<&str>, call: CallId) -> Observed<bool> {
    let operation = &LIST_RECOVERY_POINTS_BY_BACKUP_VAULT;
    match status {
        Some("COMPLETED" | "AVAILABLE") => Observed::Seen(true),
        Some("PARTIAL" | "DELETING" | "EXPIRED" | "STOPPED" | "CREATING") => Observed::Seen(false),
        None => draft.said("point.usable", None, operation, call),
        Some(other) => {
            let detail = format!("unknown state of a recovery point `{}`", shorten(other));
            draft
                .sheet
                .unseen("point.usable", &Shortfall::of(operation, GapReason::Unknown, Some(call), detail))
        }
    }
}

/// Whether a vault is one of this account's, in whatever region.
pub(super) fn is_own_vault(session: &Session, arn: &str) -> bool {
    region_of(arn).is_some_and(|region| session.is_own(arn, region))
}
