//! AlloyDB: clusters, their secondaries in other regions, and backups.

use super::Entry;
use super::draft::{Draft, Fact, Tally, all, read};
use super::inventory::{Found, Listing, Own, Step};
use crate::place::in_name;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;
use std::collections::BTreeMap;

operation!(
    /// The clusters of every location.
    LIST_CLUSTERS = "alloydb" "projects.locations.clusters.list", at "v1/{+parent}/clusters", needs "alloydb.clusters.list",
    quota quota::OTHER, Per::Sometimes, Get, facts "clusters, where the asset inventory is refused"
);
operation!(
    /// The instances of every cluster.
    LIST_INSTANCES = "alloydb" "projects.locations.clusters.instances.list", at "v1/{+parent}/instances",
    needs "alloydb.instances.list", quota quota::OTHER, Per::Sometimes, Get,
    facts "addresses and zones of clusters, where the asset inventory is refused"
);
operation!(
    /// The backups of every location.
    LIST_BACKUPS = "alloydb" "projects.locations.backups.list", at "v1/{+parent}/backups", needs "alloydb.backups.list",
    quota quota::OTHER, Per::Sometimes, Get, facts "backups of clusters, where the asset inventory is refused"
);

/// Clusters and their backups.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Database, Kind::RecoveryPoint] },
    methods: &[&LIST_CLUSTERS, &LIST_INSTANCES, &LIST_BACKUPS],
    assets: &[CLUSTER, INSTANCE, BACKUP],
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "alloydb";
const CLUSTER: &str = "alloydb.googleapis.com/Cluster";
const INSTANCE: &str = "alloydb.googleapis.com/Instance";
const BACKUP: &str = "alloydb.googleapis.com/Backup";
const EVERYWHERE: &[(&str, &str)] = &[("parent", "projects/{project}/locations/-"), ("pageSize", "1000")];
/// Days back a cluster can be set where nothing else is said (alloydb.v1, ContinuousBackupConfig).
const DEFAULT_WINDOW: u32 = 14;

static OWN: &[&Own] = &[
    &Own {
        asset: CLUSTER,
        steps: &[Step {
            method: &LIST_CLUSTERS,
            at: EVERYWHERE,
            items: "clusters",
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

static OWN_INSTANCES: &[&Own] = &[&Own {
    asset: INSTANCE,
    steps: &[Step {
        method: &LIST_INSTANCES,
        at: &[("parent", "projects/{project}/locations/-/clusters/-"), ("pageSize", "1000")],
        items: "instances",
        name: |item, _| full(item),
    }],
}];

fn full(item: &serde_json::Value) -> Option<String> {
    Some(format!("//alloydb.googleapis.com/{}", item.get("name")?.as_str()?))
}

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let instances = Instances::of(session).await;
    let mut tally = Tally::default();
    tally.aside(&instances.missing);
    let listing = Listing::of(session, &[CLUSTER, BACKUP], OWN);
    tally
        .read(listing, sink, |found| match found.asset.as_str() {
            CLUSTER => cluster(session, &instances, found).map(Some),
            _ => backup(session, found).map(Some),
        })
        .await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cluster {
    database_version: Option<String>,
    encryption_config: Option<EncryptionConfig>,
    primary_config: Option<PrimaryConfig>,
    secondary_config: Option<SecondaryConfig>,
    automated_backup_policy: Option<AutomatedBackupPolicy>,
    continuous_backup_config: Option<ContinuousBackupConfig>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EncryptionConfig {
    kms_key_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrimaryConfig {
    #[serde(default)]
    secondary_cluster_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecondaryConfig {
    primary_cluster_name: Option<String>,
}

#[derive(Deserialize)]
struct AutomatedBackupPolicy {
    enabled: Option<bool>,
    location: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContinuousBackupConfig {
    enabled: Option<bool>,
    recovery_window_days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instance {
    instance_type: Option<String>,
    availability_type: Option<String>,
    public_ip_address: Option<String>,
    network_config: Option<InstanceNetworkConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InstanceNetworkConfig {
    enable_public_ip: Option<bool>,
}

/// The instances of all clusters, by cluster; and why they are not all known, if so.
struct Instances {
    by_cluster: BTreeMap<String, Vec<(Instance, CallId)>>,
    missing: Vec<Shortfall>,
}

impl Instances {
    async fn of(session: &Session) -> Self {
        let (found, missing) = all(Listing::of(session, &[INSTANCE], OWN_INSTANCES)).await;
        let mut instances = Self { by_cluster: BTreeMap::new(), missing };
        for mut found in found {
            let cluster = found.name.split("/instances/").next().unwrap_or_default().to_owned();
            match read(&mut found) {
                Ok(instance) => instances.by_cluster.entry(cluster).or_default().push((instance, found.call)),
                Err(shortfall) => instances.missing.push(shortfall),
            }
        }
        instances
    }

    /// Addresses and zones of a cluster: those of its instances.
    fn tell(&self, draft: &mut Draft<'_>) {
        let own = self.by_cluster.get(&draft.resource.id).map_or(&[][..], Vec::as_slice);
        for (_, call) in own {
            draft.sheet.shown("network", call);
            draft.sheet.shown("redundancy", call);
        }
        let addressed = |instance: &Instance| {
            let config = instance.network_config.as_ref().and_then(|config| config.enable_public_ip);
            config == Some(true) || instance.public_ip_address.as_deref().is_some_and(|ip| !ip.is_empty())
        };
        let public = match (own.iter().any(|(instance, _)| addressed(instance)), self.missing.first()) {
            (false, Some(missing)) => draft.sheet.unseen("network.public_address", missing),
            (public, _) => Observed::Seen(public),
        };
        draft.addressed(public);
        let first = own
            .iter()
            .find(|(instance, _)| matches!(instance.instance_type.as_deref(), Some("PRIMARY" | "SECONDARY")));
        // Instances of clusters are in several zones where nothing else is said (alloydb.v1, Instance.availabilityType).
        let zones = match (first, self.missing.first()) {
            (Some((instance, _)), _) => match instance.availability_type.as_deref() {
                None | Some("REGIONAL" | "AVAILABILITY_TYPE_UNSPECIFIED") => Observed::Seen(true),
                Some("ZONAL") => Observed::Seen(false),
                Some(other) => draft.known("redundancy.multi_zone", other, None),
            },
            (None, Some(missing)) => draft.sheet.unseen("redundancy.multi_zone", missing),
            (None, None) => {
                let silent = draft.silent("none of its instances was stated");
                draft.sheet.unseen("redundancy.multi_zone", &silent)
            }
        };
        draft.redundant(zones);
    }
}

fn cluster(session: &Session, instances: &Instances, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Cluster = read(&mut found)?;
    let region = in_name(&found.name);
    let mut draft = Draft::new(session, (Kind::Database, SERVICE), region, &found);
    instances.tell(&mut draft);
    draft.encrypted(told.encryption_config.and_then(|told| told.kms_key_name).as_deref());
    draft.labelled(&told.labels);
    let version = told.database_version.as_deref();
    let parts = version.map(|version| version.split_once('_').unwrap_or((version, "")));
    draft.runs(parts.map(|(product, _)| product), parts.map(|(_, version)| version));
    let named = |cluster: &str| format!("//alloydb.googleapis.com/{}", session.own_name(cluster));
    for secondary in told.primary_config.into_iter().flat_map(|primary| primary.secondary_cluster_names) {
        draft.copy_with(CopyRole::Replica, &named(&secondary));
    }
    draft.resource.made_from = told
        .secondary_config
        .and_then(|secondary| secondary.primary_cluster_name)
        .map(|primary| named(&primary));
    // Backups are made unless that is switched off, and rest in the cluster's region unless another is named
    // (alloydb.v1, AutomatedBackupPolicy).
    let policy = told.automated_backup_policy;
    if policy.as_ref().and_then(|policy| policy.enabled) != Some(false) {
        let place = policy.and_then(|policy| policy.location).filter(|place| !place.is_empty());
        match place.as_deref().or(region) {
            Some(place) => draft.copy(CopyRole::Backup, None, place),
            None => {
                let silent = draft.silent("the answer does not say where backups go");
                draft.perhaps_copied(CopyRole::Backup, &silent);
            }
        }
    }
    let continuous = told.continuous_backup_config;
    let on = continuous.as_ref().and_then(|told| told.enabled) != Some(false);
    let days = continuous.and_then(|told| told.recovery_window_days).unwrap_or(DEFAULT_WINDOW);
    draft.recoverable(on.then_some(days));
    Ok(draft.finish())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Backup {
    cluster_name: Option<String>,
    state: Option<String>,
    create_time: Option<String>,
    create_completion_time: Option<String>,
    expiry_time: Option<String>,
    encryption_config: Option<EncryptionConfig>,
}

fn backup(session: &Session, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Backup = read(&mut found)?;
    let mut draft = Draft::new(session, (Kind::RecoveryPoint, SERVICE), in_name(&found.name), &found);
    draft.encrypted(told.encryption_config.and_then(|told| told.kms_key_name).as_deref());
    draft.point(
        told.create_time.as_deref(),
        told.create_completion_time.as_deref(),
        told.state.as_deref() == Some("READY"),
        told.expiry_time.as_deref(),
    );
    draft.resource.made_from =
        told.cluster_name.map(|cluster| format!("//alloydb.googleapis.com/{}", session.own_name(&cluster)));
    Ok(draft.finish())
}
