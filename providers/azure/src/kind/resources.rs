//! Everything else: things of types that no other kind reads, in every region there is.
//!
//! A type nobody thought of may hold data, and may copy it anywhere by settings this version does not read: such a thing rests
//! where the inventory says, and perhaps elsewhere. Of a few types it is known that they hold nothing but their own configuration.

use super::diagnostics;
use super::draft::{Draft, Fact, Tally, not_read};
use super::{Entry, is_read};
use crate::inventory::Row;
use crate::path;
use crate::quota;
use crate::session::{Ask, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use serde::Deserialize;
use std::sync::Arc;

operation!(
    /// Captures of traffic, and where each is written.
    LIST_PACKET_CAPTURES = "network" "ListPacketCaptures", needs "Microsoft.Network/networkWatchers/packetCaptures/read",
    quota quota::ARM, Per::Sometimes, Get, facts "where captured traffic is written"
);

/// Things of types that no other kind reads.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Other] },
    types: &[],
    operations: &[&LIST_PACKET_CAPTURES],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const SERVICE: &str = "resources";

/// Those of them that have records of their own to send somewhere ("Supported categories for Azure Monitor resource logs").
const RECORDING: &[&str] = &[
    "microsoft.network/loadbalancers",
    "microsoft.network/natgateways",
    "microsoft.network/networksecuritygroups",
    "microsoft.network/publicipaddresses",
];

/// Whether things of a type hold nothing but their own configuration.
pub fn is_configuration(sort: &str) -> bool {
    CONFIGURATION.contains(&sort)
}

/// Types that hold their own configuration, and none of what passes through or is reached by them.
const CONFIGURATION: &[&str] = &[
    "microsoft.alertsmanagement/smartdetectoralertrules",
    "microsoft.authorization/roledefinitions",
    "microsoft.compute/availabilitysets",
    "microsoft.compute/diskencryptionsets",
    "microsoft.compute/galleries",
    "microsoft.compute/galleries/images",
    "microsoft.compute/proximityplacementgroups",
    "microsoft.compute/sshpublickeys",
    "microsoft.insights/actiongroups",
    "microsoft.insights/activitylogalerts",
    "microsoft.insights/datacollectionendpoints",
    "microsoft.insights/metricalerts",
    "microsoft.insights/scheduledqueryrules",
    "microsoft.managedidentity/userassignedidentities",
    "microsoft.network/applicationsecuritygroups",
    "microsoft.network/ddosprotectionplans",
    "microsoft.network/firewallpolicies",
    "microsoft.network/loadbalancers",
    "microsoft.network/natgateways",
    "microsoft.network/networkinterfaces",
    "microsoft.network/networksecuritygroups",
    "microsoft.network/networkwatchers",
    "microsoft.network/privateendpoints",
    "microsoft.network/publicipaddresses",
    "microsoft.network/publicipprefixes",
    "microsoft.network/routetables",
    "microsoft.resources/resourcegroups",
    "microsoft.sql/servers",
];

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let (besides, broke) = session.besides();
    broke.into_iter().for_each(|shortfall| tally.fell_short(Some(shortfall)));
    let own = session.every_row().iter().filter(|(row, _)| !is_read(&row.r#type));
    // What only Resource Manager's own list names was read by no kind, whatever its type; unless it is Resource Graph's list that lacks.
    let whole = session.broke().is_none();
    let besides = besides.iter().filter(|(row, _)| whole || !is_read(&row.r#type));
    let here = own.chain(besides).filter(|(row, _)| session.cell_region(&row.place()) == region);
    let here: Vec<(Arc<Row>, CallId)> = here.cloned().collect();
    tally.each(here, sink, |(row, call)| async move { [other(session, &row, call).await] }).await;
    tally.outcome()
}

async fn other(session: &Session, row: &Row, call: CallId) -> Fact {
    let mut draft = Draft::of(session, (Kind::Other, SERVICE), row, call);
    let sort = row.r#type.as_str();
    let graphed = session.row(&row.id).is_some();
    if !is_configuration(sort) {
        let detail = format!("what resources of the type {sort} copy to other places is not read");
        draft.perhaps_copied(CopyRole::Replica, &not_read(&detail));
        let detail = format!("where resources of the type {sort} send their records is not read");
        draft.perhaps_copied(CopyRole::Log, &not_read(&detail));
        return draft.finish();
    }
    if RECORDING.contains(&sort) {
        diagnostics::read(&mut draft).await;
    }
    match sort {
        ENDPOINT if graphed => failover(&mut draft, row),
        FIREWALL_POLICY if graphed => insights(&mut draft, row),
        ENDPOINT | FIREWALL_POLICY => {
            let unread = not_read("only a list without its properties names it");
            draft.perhaps_copied(CopyRole::Replica, &unread);
            draft.perhaps_copied(CopyRole::Log, &unread);
        }
        WATCHER => captures(&mut draft).await,
        _ => {}
    }
    draft.finish()
}

const ENDPOINT: &str = "microsoft.insights/datacollectionendpoints";
const FIREWALL_POLICY: &str = "microsoft.network/firewallpolicies";
const WATCHER: &str = "microsoft.network/networkwatchers";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    failover_configuration: Option<Failover>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failover {
    active_location: Option<String>,
    locations: Option<Vec<FailoverPlace>>,
}

#[derive(Deserialize)]
struct FailoverPlace {
    location: Option<String>,
}

/// The regions in which an endpoint takes in records when its own does not.
fn failover(draft: &mut Draft<'_>, row: &Row) {
    let told = match row.told::<Endpoint>() {
        Ok(told) => told.failover_configuration,
        Err(why) => {
            let unreadable = draft.malformed(format!("the answer could not be read: {why}"));
            return draft.perhaps_copied(CopyRole::Transit, &unreadable);
        }
    };
    let Some(told) = told else { return };
    let named = told.locations.into_iter().flatten().map(|place| place.location);
    for place in named.chain([told.active_location]).flatten().filter(|place| !place.is_empty()) {
        if path::place(&place) != row.place() {
            draft.copy(CopyRole::Transit, None, &place);
        }
    }
}

#[derive(Deserialize)]
struct Policy {
    insights: Option<Insights>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Insights {
    log_analytics_resources: Option<LogAnalytics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogAnalytics {
    workspaces: Option<Vec<Workspace>>,
    default_workspace_id: Option<Named>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Workspace {
    workspace_id: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<String>,
}

/// The workspaces in which what a policy's firewalls saw is gathered: also where that is switched off, which may have been on.
fn insights(draft: &mut Draft<'_>, row: &Row) {
    let told = match row.told::<Policy>() {
        Ok(told) => told.insights.and_then(|told| told.log_analytics_resources),
        Err(why) => {
            let unreadable = draft.malformed(format!("the answer could not be read: {why}"));
            return draft.perhaps_copied(CopyRole::Log, &unreadable);
        }
    };
    let Some(told) = told else { return };
    let each = told.workspaces.into_iter().flatten().map(|one| one.workspace_id);
    for workspace in each.chain([told.default_workspace_id]).flatten() {
        match workspace.id.filter(|id| !id.is_empty()) {
            Some(id) => draft.copy_at(CopyRole::Log, &id),
            None => {
                let silent = draft.silent("where records are sent");
                draft.perhaps_copied(CopyRole::Log, &silent);
            }
        }
    }
}

#[derive(Deserialize)]
struct Capture {
    properties: CaptureProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CaptureProperties {
    storage_location: Option<StorageLocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StorageLocation {
    storage_id: Option<String>,
}

/// Where captured traffic is written: to stores, or to the disks of the machines, which are told of by themselves.
async fn captures(draft: &mut Draft<'_>) {
    let (session, id) = (draft.session, draft.resource.id.clone());
    let ask = Ask::of(&LIST_PACKET_CAPTURES, format!("{id}/packetCaptures"), "2024-05-01").about(&id);
    let captures = session.list::<Capture>(ask).await;
    for call in &captures.calls {
        draft.sheet.shown("copies", call);
    }
    for (capture, _) in captures.items {
        let Some(to) = capture.properties.storage_location else {
            let silent = draft.silent("where captured traffic is written");
            draft.perhaps_copied(CopyRole::Transit, &silent);
            continue;
        };
        if let Some(store) = to.storage_id.filter(|store| !store.is_empty()) {
            draft.copy_at(CopyRole::Transit, &store);
        }
    }
    if let Some(shortfall) = captures.broke {
        draft.perhaps_copied(CopyRole::Transit, &shortfall);
    }
}
