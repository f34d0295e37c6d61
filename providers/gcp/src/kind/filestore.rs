//! Filestore: instances, their replicas, and backups, which may be kept in another region.

use super::Entry;
use super::draft::{Draft, Fact, Tally, read};
use super::inventory::{Found, Listing, Own, Step};
use crate::place::in_name;
use crate::quota;
use crate::session::Session;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;
use std::collections::BTreeMap;

operation!(
    /// The instances of every location.
    LIST_INSTANCES = "file" "projects.locations.instances.list", at "v1/{+parent}/instances", needs "file.instances.list",
    quota quota::OTHER, Per::Sometimes, Get, facts "file systems, where the asset inventory is refused"
);
operation!(
    /// The backups of every location.
    LIST_BACKUPS = "file" "projects.locations.backups.list", at "v1/{+parent}/backups", needs "file.backups.list",
    quota quota::OTHER, Per::Sometimes, Get, facts "backups of file systems, where the asset inventory is refused"
);

/// File systems and their backups.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::FileSystem, Kind::RecoveryPoint] },
    methods: &[&LIST_INSTANCES, &LIST_BACKUPS],
    assets: &[INSTANCE, BACKUP],
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "file";
const INSTANCE: &str = "file.googleapis.com/Instance";
const BACKUP: &str = "file.googleapis.com/Backup";
const EVERYWHERE: &[(&str, &str)] = &[("parent", "projects/{project}/locations/-"), ("pageSize", "1000")];

static OWN: &[&Own] = &[
    &Own {
        asset: INSTANCE,
        steps: &[Step {
            method: &LIST_INSTANCES,
            at: EVERYWHERE,
            items: "instances",
            name: |item, _| full(item),
        }],
    },
    &Own {
        asset: BACKUP,
        steps: &[Step {
            method: &LIST_BACKUPS,
            at: EVERYWHERE,
            items: "backups",
            name: |item, _| full(item),
        }],
    },
];

fn full(item: &serde_json::Value) -> Option<String> {
    Some(format!("//file.googleapis.com/{}", item.get("name")?.as_str()?))
}

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let listing = Listing::of(session, &[INSTANCE, BACKUP], OWN);
    tally
        .read(listing, sink, |found| match found.asset.as_str() {
            INSTANCE => instance(session, found).map(Some),
            _ => backup(session, found).map(Some),
        })
        .await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instance {
    tier: Option<String>,
    kms_key_name: Option<String>,
    deletion_protection_enabled: Option<bool>,
    replication: Option<Replication>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Replication {
    #[serde(default)]
    replicas: Vec<ReplicaConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReplicaConfig {
    peer_instance: Option<String>,
}

fn instance(session: &Session, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Instance = read(&mut found)?;
    let mut draft = Draft::new(session, (Kind::FileSystem, SERVICE), in_name(&found.name), &found);
    draft.encrypted(told.kms_key_name.as_deref());
    draft.labelled(&told.labels);
    draft.protected(told.deletion_protection_enabled);
    let zones = match told.tier.as_deref() {
        Some("ENTERPRISE" | "REGIONAL") => Observed::Seen(true),
        Some("STANDARD" | "PREMIUM" | "BASIC_HDD" | "BASIC_SSD" | "HIGH_SCALE_SSD" | "ZONAL") => {
            Observed::Seen(false)
        }
        Some(other) => draft.known("redundancy.multi_zone", other, None),
        None => draft.said("redundancy.multi_zone", None),
    };
    draft.redundant(zones);
    for replica in told.replication.into_iter().flat_map(|replication| replication.replicas) {
        match replica.peer_instance {
            Some(peer) => draft
                .copy_with(CopyRole::Replica, &format!("//file.googleapis.com/{}", session.own_name(&peer))),
            None => {
                let silent = draft.silent("the instance it is replicated to is not named");
                draft.perhaps_copied(CopyRole::Replica, &silent);
            }
        }
    }
    Ok(draft.finish())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Backup {
    source_instance: Option<String>,
    state: Option<String>,
    create_time: Option<String>,
    kms_key: Option<String>,
}

fn backup(session: &Session, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Backup = read(&mut found)?;
    let mut draft = Draft::new(session, (Kind::RecoveryPoint, SERVICE), in_name(&found.name), &found);
    draft.encrypted(told.kms_key.as_deref());
    draft.point(told.create_time.as_deref(), None, told.state.as_deref() == Some("READY"), None);
    draft.resource.made_from =
        told.source_instance.map(|instance| format!("//file.googleapis.com/{}", session.own_name(&instance)));
    Ok(draft.finish())
}
