//! Everything else: things of types that no other kind reads, in every region there is.
//!
//! A type nobody thought of may hold data, and may copy it anywhere by settings this version does not read: such a thing rests
//! where the inventory says, and perhaps elsewhere. Of a few types it is known that they hold nothing but their own configuration.

use super::draft::{Draft, Fact, Tally, not_read};
use super::{Entry, is_read};
use crate::inventory::Row;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use std::future::ready;
use std::sync::Arc;

/// Things of types that no other kind reads.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Other] },
    types: &[],
    operations: &[],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const SERVICE: &str = "resources";

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
    "microsoft.sql/servers",
];

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let here: Vec<(Arc<Row>, CallId)> = session
        .every_row()
        .iter()
        .filter(|(row, _)| !is_read(&row.r#type) && session.cell_region(&row.place()) == region)
        .cloned()
        .collect();
    tally.each(here, sink, |(row, call)| ready([other(session, &row, call)])).await;
    tally.outcome()
}

fn other(session: &Session, row: &Row, call: CallId) -> Fact {
    let mut draft = Draft::of(session, (Kind::Other, SERVICE), row, call);
    if !CONFIGURATION.contains(&row.r#type.as_str()) {
        let detail = format!("what things of the type {} copy to other places is not read", row.r#type);
        draft.perhaps_copied(CopyRole::Replica, &not_read(&detail));
    }
    draft.finish()
}
