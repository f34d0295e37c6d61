//! Firestore: databases.

use super::Entry;
use super::draft::{Draft, Fact, Tally, read};
use super::inventory::{Found, Listing, Own, Step};
use crate::quota;
use crate::session::Session;
use sekisho_contract::Shortfall;
use sekisho_contract::fact::{Facet, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use serde::Deserialize;

operation!(
    /// The databases of the project.
    LIST_DATABASES = "firestore" "projects.databases.list", at "v1/{+parent}/databases", needs "datastore.databases.list",
    quota quota::OTHER, Per::Sometimes, Get, facts "databases, where the asset inventory is refused"
);

/// Databases of documents.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Table] },
    methods: &[&LIST_DATABASES],
    assets: ASSETS,
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "firestore";
const ASSETS: &[&str] = &["firestore.googleapis.com/Database"];

static OWN: &[&Own] = &[&Own {
    asset: "firestore.googleapis.com/Database",
    steps: &[Step {
        method: &LIST_DATABASES,
        at: &[("parent", "projects/{project}")],
        items: "databases",
        name: |item, _| Some(format!("//firestore.googleapis.com/{}", item.get("name")?.as_str()?)),
    }],
}];

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    tally.read(Listing::of(session, ASSETS, OWN), sink, |found| database(session, found).map(Some)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GoogleFirestoreAdminV1Database {
    location_id: Option<String>,
    cmek_config: Option<GoogleFirestoreAdminV1CmekConfig>,
    point_in_time_recovery_enablement: Option<String>,
    delete_protection_state: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GoogleFirestoreAdminV1CmekConfig {
    kms_key_name: Option<String>,
}

fn database(session: &Session, mut found: Found) -> Result<Fact, Shortfall> {
    let told: GoogleFirestoreAdminV1Database = read(&mut found)?;
    let mut draft = Draft::new(session, (Kind::Table, SERVICE), told.location_id.as_deref(), &found);
    draft.without(&[Facet::Tags]);
    draft.encrypted(told.cmek_config.and_then(|cmek| cmek.kms_key_name).as_deref());
    draft.protected(Some(told.delete_protection_state.as_deref() == Some("DELETE_PROTECTION_ENABLED")));
    // Seven days with recovery to a moment, else an hour (cloud.google.com/firestore/docs/pitr).
    let on = told.point_in_time_recovery_enablement.as_deref() == Some("POINT_IN_TIME_RECOVERY_ENABLED");
    draft.recoverable(on.then_some(7));
    Ok(draft.finish())
}
