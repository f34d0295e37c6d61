//! Bigtable: instances, and the clusters that each hold a copy of all their data.

use super::Entry;
use super::draft::{Draft, Fact, Tally, all, read};
use super::inventory::{Found, Listing, Own, Step};
use crate::quota;
use crate::session::{EVERYWHERE, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

operation!(
    /// The instances of the project.
    LIST_INSTANCES = "bigtableadmin" "projects.instances.list", at "v2/{+parent}/instances",
    needs "bigtable.instances.list", quota quota::OTHER, Per::Sometimes, Get,
    facts "instances, where the asset inventory is refused"
);
operation!(
    /// The clusters of every instance.
    LIST_CLUSTERS = "bigtableadmin" "projects.instances.clusters.list", at "v2/{+parent}/clusters",
    needs "bigtable.clusters.list", quota quota::OTHER, Per::Sometimes, Get,
    facts "clusters and their places, where the asset inventory is refused"
);

/// Instances with their clusters.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Database] },
    methods: &[&LIST_INSTANCES, &LIST_CLUSTERS],
    assets: &["bigtableadmin.googleapis.com/Instance", "bigtableadmin.googleapis.com/Cluster"],
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "bigtable";

static OWN_INSTANCES: &[&Own] = &[&Own {
    asset: "bigtableadmin.googleapis.com/Instance",
    steps: &[Step {
        method: &LIST_INSTANCES,
        at: &[("parent", "projects/{project}")],
        items: "instances",
        name: |item, _| full(item),
    }],
}];
static OWN_CLUSTERS: &[&Own] = &[&Own {
    asset: "bigtableadmin.googleapis.com/Cluster",
    steps: &[Step {
        method: &LIST_CLUSTERS,
        at: &[("parent", "projects/{project}/instances/-")],
        items: "clusters",
        name: |item, _| full(item),
    }],
}];

fn full(item: &serde_json::Value) -> Option<String> {
    // The inventory's names bear the service's host, not the API's.
    Some(format!("//bigtable.googleapis.com/{}", item.get("name")?.as_str()?))
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cluster {
    location: Option<String>,
    encryption_config: Option<EncryptionConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EncryptionConfig {
    kms_key_name: Option<String>,
}

/// The clusters of all instances, by instance; and why they are not all known, if so.
struct Clusters {
    by_instance: BTreeMap<String, Vec<(Cluster, CallId)>>,
    missing: Vec<Shortfall>,
}

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let listing = Listing::of(session, &["bigtableadmin.googleapis.com/Cluster"], OWN_CLUSTERS);
    let (found, missing) = all(listing).await;
    let mut clusters = Clusters { by_instance: BTreeMap::new(), missing };
    for mut found in found {
        let instance = found.name.split("/clusters/").next().unwrap_or_default().to_owned();
        match read(&mut found) {
            Ok(cluster) => clusters.by_instance.entry(instance).or_default().push((cluster, found.call)),
            Err(shortfall) => clusters.missing.push(shortfall),
        }
    }
    let mut tally = Tally::default();
    tally.aside(&clusters.missing);
    let listing = Listing::of(session, &["bigtableadmin.googleapis.com/Instance"], OWN_INSTANCES)
        .lacking("backups of tables are listed only by each instance, and were not read");
    let mut listed = BTreeSet::new();
    tally
        .read(listing, sink, |found| {
            listed.insert(found.name.clone());
            instance(session, &clusters, found).map(Some)
        })
        .await;
    for (name, own) in clusters.by_instance.iter().filter(|(name, _)| !listed.contains(*name)) {
        let call = own.first().map(|(_, call)| *call);
        let detail =
            format!("there are clusters of {name}, which is not among the instances that were listed");
        tally.fell_short(Shortfall::of(&LIST_INSTANCES.operation, GapReason::Malformed, call, detail));
    }
    tally.outcome()
}

fn instance(session: &Session, clusters: &Clusters, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Instance = read(&mut found)?;
    let own = clusters.by_instance.get(&found.name).map_or(&[][..], Vec::as_slice);
    let mut draft = Draft::new(session, (Kind::Database, SERVICE), Some(EVERYWHERE), &found);
    EVERYWHERE.clone_into(&mut draft.resource.region);
    draft.without(&[Facet::Network, Facet::Software, Facet::Recovery]);
    draft.labelled(&told.labels);
    draft.rests_nowhere_told();
    for (cluster, call) in own {
        draft.sheet.shown("copies", call);
        match &cluster.location {
            Some(zone) => draft.copy(CopyRole::Primary, None, zone),
            None => {
                let silent = draft.silent("a cluster does not say where it is");
                draft.perhaps_copied(CopyRole::Primary, &silent);
            }
        }
    }
    match clusters.missing.first() {
        Some(missing) => draft.perhaps_copied(CopyRole::Primary, missing),
        None if own.is_empty() => {
            let silent = draft.silent("none of its clusters was stated");
            draft.perhaps_copied(CopyRole::Primary, &silent);
        }
        None => {}
    }
    let keys: Vec<Option<&str>> =
        own.iter().map(|(cluster, _)| cluster.encryption_config.as_ref()?.kms_key_name.as_deref()).collect();
    match clusters.missing.first() {
        Some(missing) => draft.perhaps_encrypted(missing),
        None => {
            draft.encrypted(keys.first().copied().flatten());
            for other in keys.iter().skip(1).flatten() {
                draft.copy_with(CopyRole::Key, &session.key_name(other));
            }
        }
    }
    // Two clusters in different zones are two copies.
    let zones: BTreeSet<&str> = own.iter().filter_map(|(cluster, _)| cluster.location.as_deref()).collect();
    let several = match clusters.missing.first() {
        Some(missing) if zones.len() < 2 => draft.sheet.unseen("redundancy.multi_zone", missing),
        _ => Observed::Seen(zones.len() > 1),
    };
    draft.redundant(several);
    Ok(draft.finish())
}
