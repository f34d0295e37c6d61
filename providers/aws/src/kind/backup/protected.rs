//! What is protected: each resource that backups were made of, and its latest backup.

use super::{API, SERVICE};
use crate::api::Ask;
use crate::kind::draft::{Draft, Fact, Tally};
use crate::kind::parts::not_read;
use crate::kind::shared::{List, Page, moment, page};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind, Protection};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::FactSink;
use sekisho_contract::{GapReason, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every resource that backups were made of in the region.
    LIST_PROTECTED_RESOURCES = "backup" "ListProtectedResources", needs "backup:ListProtectedResources",
    quota quota::BACKUP, Per::Page(1_000), Get,
    facts "protected resources: when each was last backed up, into which vault, as which point"
);

/// The sorts of protected resources that are read where they are, with where they rest: of these one that is not
/// found there is gone. An instance's data are on its disks, a cluster of EKS is read as one.
const READ: [&str; 10] =
    ["Aurora", "DocumentDB", "DynamoDB", "EBS", "EC2", "EFS", "Neptune", "RDS", "Redshift", "S3"];

/// Reads what is protected in a region.
pub(super) async fn sweep(session: &Session, region: &str, sink: &dyn FactSink, tally: &mut Tally) {
    let ask = Ask::of(&LIST_PROTECTED_RESOURCES, API, region, json!({"maxResults": 1000}));
    let list = List::<Resources>::of(session, ask.at("/resources/", &[]));
    tally.read(list, sink, |found, call| std::future::ready(protected(session, region, found, call))).await;
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

fn protected(session: &Session, region: &str, found: Listed, call: CallId) -> Fact {
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
                "where {of} rests is not known: resources of the sort {} are not read",
                shorten(sort)
            );
            draft.perhaps_copied(CopyRole::Primary, &not_read(&detail));
        }
        None => {
            let detail = format!("the answer does not say of which sort {of} is");
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
    });
    draft.resource.made_from = Some(of);
    draft.finish()
}
