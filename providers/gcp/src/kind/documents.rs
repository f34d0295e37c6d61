//! Firestore: databases and their backups.

use super::Entry;
use super::draft::{Draft, Fact, Tally, all, read};
use super::inventory::{Found, Listing, Own, Step};
use crate::place::in_name;
use crate::quota;
use crate::session::Session;
use sekisho_contract::Shortfall;
use sekisho_contract::fact::{Facet, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use serde::Deserialize;
use std::collections::BTreeMap;

operation!(
    /// The databases of the project.
    LIST_DATABASES = "firestore" "projects.databases.list", at "v1/{+parent}/databases", needs "datastore.databases.list",
    quota quota::OTHER, Per::Sometimes, Get, facts "databases, where the asset inventory is refused"
);
operation!(
    /// The backups of every location.
    LIST_BACKUPS = "firestore" "projects.locations.backups.list", at "v1/{+parent}/backups", needs "datastore.backups.list",
    quota quota::OTHER, Per::Sometimes, Get, facts "backups of databases, where the asset inventory is refused"
);

/// Databases of documents, and their backups.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Table, Kind::RecoveryPoint] },
    methods: &[&LIST_DATABASES, &LIST_BACKUPS],
    assets: ASSETS,
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "firestore";
const DATABASE: &str = "firestore.googleapis.com/Database";
const BACKUP: &str = "firestore.googleapis.com/Backup";
const ASSETS: &[&str] = &[DATABASE, BACKUP];

static OWN: &[&Own] = &[
    &Own {
        asset: DATABASE,
        steps: &[Step {
            method: &LIST_DATABASES,
            at: &[("parent", "projects/{project}")],
            items: "databases",
            name: |item, _| full(item),
        }],
    },
    &Own {
        asset: BACKUP,
        steps: &[Step {
            method: &LIST_BACKUPS,
            at: &[("parent", "projects/{project}/locations/-")],
            items: "backups",
            name: |item, _| full(item),
        }],
    },
];

fn full(item: &serde_json::Value) -> Option<String> {
    Some(format!("//firestore.googleapis.com/{}", item.get("name")?.as_str()?))
}

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let mut keys = BTreeMap::new();
    let (found, missing) = all(Listing::of(session, ASSETS, OWN)).await;
    missing.into_iter().for_each(|shortfall| tally.fell_short(shortfall));
    let (databases, backups): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| found.asset == DATABASE);
    for found in databases {
        match database(session, &mut keys, found) {
            Ok(fact) => tally.tell(sink, fact),
            Err(shortfall) => tally.fell_short(shortfall),
        }
    }
    for found in backups {
        match backup(session, &keys, found) {
            Ok(fact) => tally.tell(sink, fact),
            Err(shortfall) => tally.fell_short(shortfall),
        }
    }
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

/// The keys of databases, by name; none for Google's own.
type Keys = BTreeMap<String, Option<String>>;

fn database(session: &Session, keys: &mut Keys, mut found: Found) -> Result<Fact, Shortfall> {
    let told: GoogleFirestoreAdminV1Database = read(&mut found)?;
    let mut draft = Draft::new(session, (Kind::Table, SERVICE), told.location_id.as_deref(), &found);
    draft.without(&[Facet::Tags]);
    let key = told.cmek_config.and_then(|cmek| cmek.kms_key_name);
    draft.encrypted(key.as_deref());
    keys.insert(found.name.clone(), key);
    draft.protected(Some(told.delete_protection_state.as_deref() == Some("DELETE_PROTECTION_ENABLED")));
    // Seven days with recovery to a moment, else an hour (cloud.google.com/firestore/docs/pitr).
    let on = told.point_in_time_recovery_enablement.as_deref() == Some("POINT_IN_TIME_RECOVERY_ENABLED");
    draft.recoverable(on.then_some(7));
    Ok(draft.finish())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GoogleFirestoreAdminV1Backup {
    database: Option<String>,
    state: Option<String>,
    snapshot_time: Option<String>,
    expire_time: Option<String>,
}

fn backup(session: &Session, keys: &Keys, mut found: Found) -> Result<Fact, Shortfall> {
    let told: GoogleFirestoreAdminV1Backup = read(&mut found)?;
    let mut draft = Draft::new(session, (Kind::RecoveryPoint, SERVICE), in_name(&found.name), &found);
    // A backup lies under the key of its database, which never changes (cloud.google.com/firestore/docs/cmek).
    let database =
        told.database.map(|database| format!("//firestore.googleapis.com/{}", session.own_name(&database)));
    match database.as_ref().and_then(|database| keys.get(database)) {
        Some(key) => draft.encrypted(key.as_deref()),
        None => {
            let silent = draft.silent("the answer does not say which key encrypts the backup");
            draft.perhaps_encrypted(&silent);
        }
    }
    let usable = told.state.as_deref() == Some("READY");
    draft.point(told.snapshot_time.as_deref(), None, usable, told.expire_time.as_deref());
    draft.resource.made_from = database;
    Ok(draft.finish())
}
