//! Log Analytics workspaces: where they rest, where they are replicated and exported to, how long they keep.

use super::Entry;
use super::diagnostics;
use super::draft::{Draft, Fact, Tally, listed, not_read, unresolved};
use crate::inventory::Row;
use crate::path;
use crate::quota;
use crate::session::{Ask, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind, LiftedBy, ObstacleKind, Retention, Starts};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use std::sync::Arc;

operation!(
    /// Every workspace of the subscription, with the region it is replicated to.
    LIST_WORKSPACES = "loganalytics" "ListWorkspaces", needs "Microsoft.OperationalInsights/workspaces/read",
    quota quota::ARM, Per::SomePages(100), Get, facts "workspaces: place, replication, retention"
);
operation!(
    /// Workspaces that were deleted and can be brought back.
    LIST_DELETED_WORKSPACES = "loganalytics" "ListDeletedWorkspaces",
    needs "Microsoft.OperationalInsights/deletedWorkspaces/read", quota quota::ARM, Per::Account, Get,
    facts "deleted workspaces and where they rest"
);
operation!(
    /// The tables of a workspace, and how long each keeps.
    LIST_TABLES = "loganalytics" "ListTables", needs "Microsoft.OperationalInsights/workspaces/tables/read",
    quota quota::ARM, Per::Resource, Get, facts "retention of tables"
);
operation!(
    /// Where a workspace sends what it takes in.
    LIST_DATA_EXPORTS = "loganalytics" "ListDataExports",
    needs "Microsoft.OperationalInsights/workspaces/dataExports/read", quota quota::ARM,
    Per::Resource, Get, facts "where records are exported to"
);
operation!(
    /// Whether Sentinel works on a workspace.
    LIST_ONBOARDING_STATES = "securityinsights" "ListOnboardingStates",
    needs "Microsoft.SecurityInsights/onboardingStates/read", quota quota::ARM,
    Per::Resource, Get, facts "workspaces whose records Sentinel processes"
);

/// Workspaces.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::LogStore] },
    types: TYPES,
    operations: &[
        &LIST_WORKSPACES,
        &LIST_TABLES,
        &LIST_DATA_EXPORTS,
        &LIST_ONBOARDING_STATES,
        &LIST_DELETED_WORKSPACES,
    ],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "loganalytics";
const TYPES: &[&str] = &["microsoft.operationalinsights/workspaces"];

/// The version that tells of replication.
const VERSION: &str = "2025-07-01";

/// A deleted workspace can be brought back for so many days, unless it is deleted by force ("Delete and recover a workspace").
const KEPT: u32 = 14;

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let path = session.path("/providers/Microsoft.OperationalInsights/workspaces");
    let list = session.list(Ask::of(&LIST_WORKSPACES, path, VERSION));
    let (rows, broke) = listed(session, TYPES, list).await;
    tally.fell_short(broke);
    let read = |(row, call, listed): (Arc<Row>, CallId, bool)| async move {
        [workspace(session, &row, call, listed).await]
    };
    tally.each(rows, sink, read).await;
    let path = session.path("/providers/Microsoft.OperationalInsights/deletedWorkspaces");
    let gone = session.list::<Row>(Ask::of(&LIST_DELETED_WORKSPACES, path, VERSION)).await;
    tally.fell_short(gone.broke);
    tally.each(gone.items, sink, |(row, call)| std::future::ready([deleted(session, row, call)])).await;
    tally.outcome()
}

/// A deleted workspace. Since when it is so is not told: it lasts at most so long from now.
fn deleted(session: &Session, row: Row, call: CallId) -> Fact {
    let mut row = row.normal();
    let was = row.id.clone();
    // One of the same name may have been made since.
    row.id = row.id.replace("/workspaces/", "/deletedworkspaces/");
    let mut draft = Draft::of(session, (Kind::LogStore, SERVICE), &row, call);
    draft.resource.made_from = Some(shorten(&was));
    draft.told_by(&LIST_DELETED_WORKSPACES, call);
    let told: Workspace = match row.told() {
        Ok(told) => told,
        Err(why) => return draft.unreadable(&why),
    };
    replication(&mut draft, told.replication.as_ref());
    encryption(&mut draft, &told);
    draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, Some(KEPT), LiftedBy::PrivilegedUser);
    let days = draft.said("retention.days", told.retention_in_days.map(Some));
    draft.resource.retention = Some(Retention { days });
    draft.finish()
}

/// What a workspace says of itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    retention_in_days: Option<u32>,
    replication: Option<Replication>,
    features: Option<Features>,
}

#[derive(Deserialize)]
struct Replication {
    enabled: Option<bool>,
    location: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Features {
    cluster_resource_id: Option<String>,
}

async fn workspace(session: &Session, row: &Row, call: CallId, listed: bool) -> Fact {
    let mut draft = Draft::of(session, (Kind::LogStore, SERVICE), row, call);
    let told: Workspace = match row.told() {
        Ok(told) => told,
        Err(why) => return draft.unreadable(&why),
    };
    if listed {
        draft.told_by(&LIST_WORKSPACES, call);
        replication(&mut draft, told.replication.as_ref());
    } else {
        let detail = "the inventory has it, and the list of its service does not";
        let gone = Shortfall::of(&LIST_WORKSPACES, GapReason::Vanished, None, detail);
        draft.perhaps_copied(CopyRole::Replica, &gone);
    }
    encryption(&mut draft, &told);
    draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, Some(KEPT), LiftedBy::PrivilegedUser);
    retention(&mut draft, told.retention_in_days).await;
    exports(&mut draft).await;
    diagnostics::read(&mut draft).await;
    sentinel(&mut draft).await;
    draft.finish_locked().await
}

/// Left out, a workspace is not replicated ("Enhance resilience by replicating your workspace": off by default).
fn replication(draft: &mut Draft<'_>, told: Option<&Replication>) {
    match told.map(|told| (told.enabled, told.location.as_deref().filter(|place| !place.is_empty()))) {
        None | Some((Some(false), None)) => {}
        Some((Some(true), Some(place))) => draft.replica(place),
        Some((Some(true), None)) => {
            let silent = draft.silent("where a replica rests");
            draft.perhaps_copied(CopyRole::Replica, &silent);
        }
        Some((_, Some(place))) => {
            let detail = format!("replication that is disabled may have left copies in {}", shorten(place));
            draft.perhaps_copied(CopyRole::Replica, &not_read(&detail));
        }
        Some((None, None)) => {
            let silent = draft.silent("whether it is replicated");
            draft.perhaps_copied(CopyRole::Replica, &silent);
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cluster {
    key_vault_properties: Option<ClusterKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClusterKey {
    key_vault_uri: Option<String>,
    key_name: Option<String>,
}

/// Records are always encrypted; under a key of the customer's only on a cluster of its own.
pub fn encryption(draft: &mut Draft<'_>, told: &Workspace) {
    let cluster = told.features.as_ref().and_then(|features| features.cluster_resource_id.as_deref());
    let Some(cluster) = cluster.filter(|cluster| !cluster.is_empty()) else { return draft.encrypted(None) };
    let Some((row, call)) = draft.session.row(cluster) else {
        return draft.encrypted_somehow(&unresolved(&shorten(&path::id(cluster))));
    };
    draft.sheet.shown("encryption", call);
    let key = row.told::<Cluster>().ok().and_then(|told| told.key_vault_properties);
    match key.map(|key| (key.key_vault_uri, key.key_name)) {
        None | Some((None, None)) => draft.encrypted(None),
        Some((Some(vault), Some(name))) => {
            draft.encrypted(Some(&format!("{}/keys/{name}", vault.trim_end_matches('/'))));
        }
        Some(_) => {
            let nameless = draft.malformed("it is encrypted, and no key is named");
            draft.encrypted_somehow(&nameless);
        }
    }
}

#[derive(Deserialize)]
struct Table {
    properties: TableProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TableProperties {
    total_retention_in_days: Option<i64>,
}

/// The shortest time that any table keeps.
async fn retention(draft: &mut Draft<'_>, whole: Option<u32>) {
    let (session, id) = (draft.session, draft.resource.id.clone());
    let tables =
        session.list::<Table>(Ask::of(&LIST_TABLES, format!("{id}/tables"), "2022-10-01").about(&id)).await;
    for call in &tables.calls {
        draft.sheet.shown("retention", call);
    }
    let own = tables.items.iter().filter_map(|(table, _)| table.properties.total_retention_in_days);
    let shortest = own.filter_map(|days| u32::try_from(days).ok()).min();
    let days = match (whole, &tables.broke) {
        (_, Some(shortfall)) => draft.sheet.unseen("retention.days", shortfall),
        (Some(whole), None) => Observed::Seen(Some(shortest.map_or(whole, |shortest| shortest.min(whole)))),
        (None, None) => draft.said("retention.days", None),
    };
    draft.resource.retention = Some(Retention { days });
}

#[derive(Deserialize)]
struct Export {
    properties: ExportProperties,
}

#[derive(Deserialize)]
struct ExportProperties {
    destination: Option<Destination>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destination {
    resource_id: Option<String>,
}

/// Where records are exported to: also by rules that are switched off, which may have sent some before.
async fn exports(draft: &mut Draft<'_>) {
    let (session, id) = (draft.session, draft.resource.id.clone());
    let exports = session
        .list::<Export>(Ask::of(&LIST_DATA_EXPORTS, format!("{id}/dataExports"), "2020-08-01").about(&id))
        .await;
    for call in &exports.calls {
        draft.sheet.shown("copies", call);
    }
    for (export, _) in exports.items {
        match export.properties.destination.and_then(|to| to.resource_id).filter(|to| !to.is_empty()) {
            Some(to) => {
                // Below a namespace it names the hub.
                let to = path::id(&to);
                let holder = to.split("/eventhubs/").next().unwrap_or(&to).to_owned();
                draft.copy_at(CopyRole::Log, &holder);
            }
            None => {
                let silent = draft.silent("where records are exported to");
                draft.perhaps_copied(CopyRole::Log, &silent);
            }
        }
    }
    if let Some(shortfall) = exports.broke {
        draft.perhaps_copied(CopyRole::Log, &shortfall);
    }
}

#[derive(Deserialize)]
struct Onboarded {}

/// Sentinel reads what the workspace holds, and was documented to process records of Japanese workspaces abroad
/// ("Geographical availability and data residency in Microsoft Sentinel", 2024).
async fn sentinel(draft: &mut Draft<'_>) {
    let (session, id) = (draft.session, draft.resource.id.clone());
    let path = format!("{id}/providers/Microsoft.SecurityInsights/onboardingStates");
    let states =
        session.list::<Onboarded>(Ask::of(&LIST_ONBOARDING_STATES, path, "2024-03-01").about(&id)).await;
    for call in &states.calls {
        draft.sheet.shown("copies", call);
    }
    let solution = format!("SecurityInsights({})", draft.resource.name);
    let solved = session
        .rows(&["microsoft.operationsmanagement/solutions"])
        .iter()
        .any(|(row, _)| row.name.eq_ignore_ascii_case(&solution));
    if solved || !states.items.is_empty() {
        let detail =
            "Sentinel works on it: processing abroad, confirm with the provider where records are processed";
        draft.perhaps_copied(CopyRole::Transit, &not_read(detail));
    }
    if let Some(shortfall) = states.broke {
        draft.perhaps_copied(CopyRole::Transit, &shortfall);
    }
}
