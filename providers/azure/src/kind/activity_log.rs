//! The activity log: what is done to the subscription's resources, and where its records are exported to.

use super::Entry;
use super::diagnostics::{self, LIST_DIAGNOSTIC_SETTINGS, LIST_GROUP_SETTINGS, Setting};
use super::draft::{Draft, Fact, Tally, not_read};
use super::{log_analytics, storage};
use crate::path;
use crate::quota;
use crate::session::{Ask, Asked, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind, Retention, TrailFacet};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;

operation!(
    /// The table that a workspace keeps the activity log in.
    GET_TABLE = "loganalytics" "GetTable", needs "Microsoft.OperationalInsights/workspaces/tables/read", quota quota::ARM,
    Per::Sometimes, Get, facts "how long a workspace keeps the activity log"
);

/// Exports of the activity log.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::AuditTrail, Kind::Delivery] },
    types: &[],
    operations: &[&LIST_DIAGNOSTIC_SETTINGS, &LIST_GROUP_SETTINGS, &GET_TABLE],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "activitylog";

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let settings = diagnostics::of(session, &session.path("")).await;
    tally.fell_short(settings.broke);
    tally
        .each(settings.items, sink, |(setting, call)| async move { [trail(session, setting, call).await] })
        .await;
    if let Some(group) = session.management_group() {
        let settings = diagnostics::of_group(session, group).await;
        tally.fell_short(settings.broke);
        tally
            .tell(sink, settings.items.into_iter().map(|(one, call)| of_group(session, one, call)).collect());
    }
    tally.outcome()
}

/// One export of a management group's own records. It is no trail of the subscription: of what is done there it holds nothing.
fn of_group(session: &Session, setting: Setting, call: CallId) -> Fact {
    let named = (Kind::Delivery, SERVICE, path::id(&setting.id), setting.name.as_str());
    let mut draft = Draft::at(session, named, "global", call, &LIST_GROUP_SETTINGS);
    let listing = crate::session::Listing { items: vec![(setting, call)], calls: vec![call], broke: None };
    diagnostics::note(&mut draft, &listing);
    if draft.resource.copies.is_empty() {
        let silent = draft.silent("where records are sent");
        draft.perhaps_copied(CopyRole::Log, &silent);
    }
    draft.resource.tags = Observed::Seen(Default::default());
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Table {
    total_retention_in_days: Option<i64>,
}

#[derive(Deserialize)]
struct Told {
    properties: Table,
}

/// One export: it holds what is done in every region, and to what has none.
async fn trail(session: &Session, setting: Setting, call: CallId) -> Fact {
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
    encryption(&mut draft, target.as_deref());
    let workspace = target.as_deref().and_then(|target| session.row(target));
    match (workspace, session.broke()) {
        (Some((row, call)), _) if row.r#type == "microsoft.operationalinsights/workspaces" => {
            draft.sheet.shown("retention", call);
            // The workspace's own time is that of tables that have none of theirs; this one has.
            let ask =
                Ask::of(&GET_TABLE, format!("{}/tables/AzureActivity", row.id), "2022-10-01").about(&row.id);
            let heard: Asked<Told> = session.get(ask).await;
            let days = match heard {
                Ok(heard) => {
                    draft.sheet.shown("retention", &heard.call);
                    let days = heard.told.and_then(|told| told.properties.total_retention_in_days);
                    let days = days.and_then(|days| u32::try_from(days).ok());
                    draft.said("retention.days", days.map(Some))
                }
                Err(shortfall) => draft.sheet.unseen("retention.days", &shortfall),
            };
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

/// Records lie under the key of what holds them; a partner may hold them in the clear.
fn encryption(draft: &mut Draft<'_>, target: Option<&str>) {
    let theirs = not_read("the key that records are encrypted with is determined by what holds them");
    let Some(target) = target else { return draft.perhaps_encrypted(&theirs) };
    let held = draft.session.row(target).cloned();
    let Some((row, call)) = held else { return draft.encrypted_somehow(&theirs) };
    draft.sheet.shown("encryption", &call);
    match row.r#type.as_str() {
        "microsoft.operationalinsights/workspaces" => match row.told::<log_analytics::Workspace>() {
            Ok(told) => log_analytics::encryption(draft, &told),
            Err(_) => draft.encrypted_somehow(&theirs),
        },
        "microsoft.storage/storageaccounts" => match row.told::<storage::Account>() {
            Ok(told) => storage::encryption(draft, &told, false),
            Err(_) => draft.encrypted_somehow(&theirs),
        },
        _ => draft.encrypted_somehow(&theirs),
    }
}
