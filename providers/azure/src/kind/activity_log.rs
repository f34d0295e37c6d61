//! The activity log: what is done to the subscription's resources, and where its records are exported to.

use super::Entry;
use super::diagnostics::{self, LIST_DIAGNOSTIC_SETTINGS, Setting};
use super::draft::{Draft, Fact, Tally};
use crate::path;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind, Retention, TrailFacet};
use sekisho_contract::gap::shorten;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use std::future::ready;

/// Exports of the activity log.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::AuditTrail] },
    types: &[],
    operations: &[&LIST_DIAGNOSTIC_SETTINGS],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "activitylog";

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let settings = diagnostics::of(session, &session.path("")).await;
    tally.fell_short(settings.broke);
    tally.each(settings.items, sink, |(setting, call)| ready([trail(session, setting, call)])).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Workspace {
    retention_in_days: Option<u32>,
}

/// One export: it holds what is done in every region, and to what has none.
fn trail(session: &Session, setting: Setting, call: CallId) -> Fact {
    let named = (Kind::AuditTrail, SERVICE, path::id(&setting.id), setting.name.as_str());
    let mut draft = Draft::at(session, named, "global", call, &LIST_DIAGNOSTIC_SETTINGS);
    let sent = &setting.properties;
    let administrative = sent.sends("Administrative");
    // The log holds what changes something; whoever only looks leaves no record in it ("Azure activity log").
    let reads = Shortfall::of(
        &LIST_DIAGNOSTIC_SETTINGS,
        GapReason::Unsupported,
        Some(call),
        "the activity log holds changes; reads of settings are recorded nowhere",
    );
    let management_events = match administrative {
        false => Observed::Seen(false),
        true => draft.sheet.unseen("trail.management_events", &reads),
    };
    let target = sent.target();
    draft.resource.trail = Some(TrailFacet {
        home_region: "global".to_owned(),
        multi_region: Observed::Seen(true),
        global_events: Observed::Seen(true),
        logging: Observed::Seen(administrative),
        // Nothing is signed: that records were not changed is shown by nothing but an immutable store.
        validation: Observed::Seen(false),
        organization: Observed::Seen(false),
        some_management_events: Observed::Seen(administrative),
        management_events,
        data_events: Observed::Seen(Vec::new()),
        target: Observed::Seen(target.as_deref().map(shorten)),
        target_prefix: Observed::Seen("insights-activity-logs/".to_owned()),
    });
    let listing =
        crate::session::Listing { items: vec![(setting.clone(), call)], calls: vec![call], broke: None };
    diagnostics::note(&mut draft, &listing);
    if draft.resource.copies.is_empty() {
        let silent = draft.silent("where records are sent");
        draft.perhaps_copied(CopyRole::Log, &silent);
    }
    draft.resource.tags = Observed::Seen(Default::default());
    draft.encrypted(None);
    let workspace = target.as_deref().and_then(|target| session.row(target));
    match (workspace, session.broke()) {
        (Some((row, call)), _) if row.r#type == "microsoft.operationalinsights/workspaces" => {
            draft.sheet.shown("retention", call);
            let days = row.told::<Workspace>().ok().and_then(|told| told.retention_in_days);
            let days = draft.said("retention.days", days.map(Some));
            draft.resource.retention = Some(Retention { days });
        }
        (None, Some(shortfall)) => {
            let days = draft.sheet.unseen("retention.days", &shortfall);
            draft.resource.retention = Some(Retention { days });
        }
        // How long a store keeps is found when the run is linked.
        _ => {}
    }
    draft.finish()
}
