//! Compute Engine's disks, snapshots and images, and where the next snapshots go.

use super::Entry;
use super::draft::{Draft, Fact, Tally, read};
use super::inventory::{Found, Listing, Own, Policies, Step};
use crate::method::Ask;
use crate::place::{in_name, located, nearest_multi_region};
use crate::quota;
use crate::session::{EVERYWHERE, Session};
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{CopyRole, Encryption, Facet, KeyManager, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

operation!(
    /// Every disk of the project.
    LIST_DISKS = "compute" "disks.aggregatedList", at "compute/v1/projects/{project}/aggregated/disks",
    needs "compute.disks.list", quota quota::COMPUTE, Per::Sometimes, Get,
    facts "disks, where the asset inventory is refused"
);
operation!(
    /// Every snapshot.
    LIST_SNAPSHOTS = "compute" "snapshots.list", at "compute/v1/projects/{project}/global/snapshots",
    needs "compute.snapshots.list", quota quota::COMPUTE, Per::Sometimes, Get,
    facts "snapshots, where the asset inventory is refused"
);
operation!(
    /// Every image of the project's own.
    LIST_IMAGES = "compute" "images.list", at "compute/v1/projects/{project}/global/images",
    needs "compute.images.list", quota quota::COMPUTE, Per::Sometimes, Get,
    facts "images, where the asset inventory is refused"
);
operation!(
    /// Every machine image.
    LIST_MACHINE_IMAGES = "compute" "machineImages.list", at "compute/v1/projects/{project}/global/machineImages",
    needs "compute.machineImages.list", quota quota::COMPUTE, Per::Sometimes, Get,
    facts "machine images, where the asset inventory is refused"
);
operation!(
    /// Every schedule.
    LIST_POLICIES = "compute" "resourcePolicies.aggregatedList",
    at "compute/v1/projects/{project}/aggregated/resourcePolicies", needs "compute.resourcePolicies.list",
    quota quota::COMPUTE, Per::Sometimes, Get, facts "schedules of snapshots, where the asset inventory is refused"
);
operation!(
    /// Where snapshots go that name no place.
    GET_SNAPSHOT_SETTINGS = "compute" "snapshotSettings.get", at "compute/v1/projects/{project}/global/snapshotSettings",
    needs "compute.snapshotSettings.get", quota quota::COMPUTE, Per::Account, Get,
    facts "where snapshots go that name no place"
);

/// Disks, snapshots, images and schedules.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: SERVICE,
        reach: Reach::Global,
        kinds: &[Kind::Disk, Kind::Snapshot, Kind::MachineImage, Kind::BackupPlan],
    },
    methods: &[
        &LIST_DISKS,
        &LIST_SNAPSHOTS,
        &LIST_IMAGES,
        &LIST_MACHINE_IMAGES,
        &LIST_POLICIES,
        &GET_SNAPSHOT_SETTINGS,
    ],
    assets: ASSETS,
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "compute";
const DISK: &str = "compute.googleapis.com/Disk";
const REGION_DISK: &str = "compute.googleapis.com/RegionDisk";
const SNAPSHOT: &str = "compute.googleapis.com/Snapshot";
const IMAGE: &str = "compute.googleapis.com/Image";
const MACHINE_IMAGE: &str = "compute.googleapis.com/MachineImage";
const SCHEDULE: &str = "compute.googleapis.com/ResourcePolicy";
const ASSETS: &[&str] = &[DISK, REGION_DISK, SNAPSHOT, IMAGE, MACHINE_IMAGE, SCHEDULE];

static OWN: [&Own; 5] = [
    &Own { asset: DISK, steps: &[own(&LIST_DISKS, "items/*/disks")] },
    &Own { asset: SNAPSHOT, steps: &[own(&LIST_SNAPSHOTS, "items")] },
    &Own { asset: IMAGE, steps: &[own(&LIST_IMAGES, "items")] },
    &Own { asset: MACHINE_IMAGE, steps: &[own(&LIST_MACHINE_IMAGES, "items")] },
    &Own { asset: SCHEDULE, steps: &[own(&LIST_POLICIES, "items/*/resourcePolicies")] },
];

/// A list of Compute Engine.
pub const fn own(method: &'static crate::method::Method, items: &'static str) -> Step {
    Step {
        method,
        at: &[("project", "{project}"), ("maxResults", "500")],
        items,
        name: |item, _| full_name(item.get("selfLink")?.as_str()?),
    }
}

/// The full name behind a link of Compute Engine.
pub fn full_name(link: &str) -> Option<String> {
    let (_, name) = link.split_once("/projects/")?;
    Some(format!("//compute.googleapis.com/projects/{name}"))
}

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let settings = settings(session).await;
    let policies = Policies::of(session, &[SNAPSHOT, IMAGE, MACHINE_IMAGE]).await;
    let mut tally = Tally::default();
    tally.aside(policies.missing());
    tally.aside(settings.as_ref().err());
    let mut regions = BTreeSet::new();
    let listing = Listing::of(session, ASSETS, &OWN)
        .lacking("regional and instant snapshots are listed only by their location, and were not read");
    tally
        .read(listing, sink, |found| match found.asset.as_str() {
            DISK | REGION_DISK => {
                regions.extend(in_name(&found.name).map(|place| located(SERVICE, place)));
                disk(session, found).map(Some)
            }
            SNAPSHOT => snapshot(session, &policies, found).map(Some),
            IMAGE | MACHINE_IMAGE => image(session, &policies, found).map(Some),
            _ => schedule(session, &settings, found),
        })
        .await;
    match (next_snapshots(session, &settings, &regions), &settings) {
        (Some(fact), _) => tally.tell(sink, fact),
        // Nothing was asked, as when the run was cancelled.
        (None, Err(shortfall)) => tally.fell_short(shortfall.clone()),
        (None, Ok(_)) => {}
    }
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Disk {
    #[serde(default)]
    labels: BTreeMap<String, String>,
    disk_encryption_key: Option<CustomerEncryptionKey>,
    #[serde(default)]
    async_secondary_disks: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomerEncryptionKey {
    kms_key_name: Option<String>,
    /// Of a key that is handed over with each request.
    sha256: Option<String>,
}

/// Under which key it lies: one of Cloud KMS, one that the customer keeps itself and hands over with each request, or
/// Google's own.
fn encrypted(draft: &mut Draft<'_>, told: Option<CustomerEncryptionKey>) {
    let named = told.as_ref().and_then(|key| key.kms_key_name.as_deref()).filter(|key| !key.is_empty());
    match (named, told.as_ref().and_then(|key| key.sha256.as_deref())) {
        (None, Some(digest)) if !digest.is_empty() => {
            draft.resource.encryption = Some(Encryption {
                enabled: Observed::Seen(true),
                algorithm: Observed::Seen("AES256".to_owned()),
                key: Observed::Seen(None),
                key_manager: Observed::Seen(KeyManager::External),
            });
        }
        _ => draft.encrypted(named),
    }
}

fn disk(session: &Session, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Disk = read(&mut found)?;
    let mut draft = Draft::new(session, (Kind::Disk, SERVICE), in_name(&found.name), &found);
    encrypted(&mut draft, told.disk_encryption_key);
    draft.labelled(&told.labels);
    for (secondary, _) in told.async_secondary_disks {
        match full_name(&format!("/{}", secondary.trim_start_matches('/'))) {
            Some(holder) => draft.copy_with(CopyRole::Replica, &holder),
            None => {
                let silent = draft.silent("the disk it is replicated to has no name that can be read");
                draft.perhaps_copied(CopyRole::Replica, &silent);
            }
        }
    }
    Ok(draft.finish())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot {
    #[serde(default)]
    storage_locations: Vec<String>,
    source_disk: Option<String>,
    status: Option<String>,
    creation_timestamp: Option<String>,
    snapshot_encryption_key: Option<CustomerEncryptionKey>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

fn snapshot(session: &Session, policies: &Policies, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Snapshot = read(&mut found)?;
    let place = told.storage_locations.first().map(String::as_str);
    let mut draft = Draft::new(session, (Kind::Snapshot, SERVICE), place, &found);
    if place.is_some() {
        draft.rests_in(told.storage_locations.iter().map(String::as_str));
    }
    encrypted(&mut draft, told.snapshot_encryption_key);
    draft.labelled(&told.labels);
    draft.shared(policies.on(&found.name));
    draft.resource.made_from = told.source_disk.as_deref().and_then(full_name);
    let usable = told.status.as_deref() == Some("READY");
    draft.point(told.creation_timestamp.as_deref(), None, usable, None);
    Ok(draft.finish())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    #[serde(default)]
    storage_locations: Vec<String>,
    image_encryption_key: Option<CustomerEncryptionKey>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MachineImage {
    #[serde(default)]
    storage_locations: Vec<String>,
    machine_image_encryption_key: Option<CustomerEncryptionKey>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

impl From<MachineImage> for Image {
    fn from(told: MachineImage) -> Self {
        let MachineImage { storage_locations, machine_image_encryption_key, labels } = told;
        Self { storage_locations, image_encryption_key: machine_image_encryption_key, labels }
    }
}

fn image(session: &Session, policies: &Policies, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Image = match found.asset.as_str() {
        MACHINE_IMAGE => read::<MachineImage>(&mut found)?.into(),
        _ => read(&mut found)?,
    };
    let place = told.storage_locations.first().map(String::as_str);
    let mut draft = Draft::new(session, (Kind::MachineImage, SERVICE), place, &found);
    if place.is_some() {
        draft.rests_in(told.storage_locations.iter().map(String::as_str));
    }
    draft.labelled(&told.labels);
    draft.resource.facets.push(Facet::Encryption);
    draft.sheet.shown("encryption", &found.call);
    encrypted(&mut draft, told.image_encryption_key);
    draft.shared(policies.on(&found.name));
    Ok(draft.finish())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourcePolicy {
    region: Option<String>,
    snapshot_schedule_policy: Option<ResourcePolicySnapshotSchedulePolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourcePolicySnapshotSchedulePolicy {
    snapshot_properties: Option<ResourcePolicySnapshotSchedulePolicySnapshotProperties>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourcePolicySnapshotSchedulePolicySnapshotProperties {
    #[serde(default)]
    storage_locations: Vec<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

/// A schedule that makes snapshots; others make no copies.
fn schedule(session: &Session, settings: &Asked, mut found: Found) -> Result<Option<Fact>, Shortfall> {
    let told: ResourcePolicy = read(&mut found)?;
    let Some(policy) = told.snapshot_schedule_policy else { return Ok(None) };
    let region = told.region.as_deref().or_else(|| in_name(&found.name));
    let mut draft = Draft::new(session, (Kind::BackupPlan, SERVICE), region, &found);
    let properties = policy.snapshot_properties;
    let (places, labels) = properties.map(|told| (told.storage_locations, told.labels)).unwrap_or_default();
    draft.labelled(&labels);
    // Disks name their schedules; the schedule does not name them.
    draft.without(&[Facet::Coverage]);
    if !places.is_empty() {
        places.iter().for_each(|place| draft.copy(CopyRole::Backup, None, place));
    } else {
        by_settings(&mut draft, settings, region.map(|region| located(SERVICE, region)).as_deref());
    }
    Ok(Some(draft.finish()))
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SnapshotSettings {
    storage_location: Option<SnapshotSettingsStorageLocationSettings>,
}

#[derive(Clone, Deserialize)]
struct SnapshotSettingsStorageLocationSettings {
    policy: Option<String>,
    #[serde(default)]
    locations: BTreeMap<String, Value>,
}

type Asked = Result<Heard<SnapshotSettings>, Shortfall>;

async fn settings(session: &Session) -> Asked {
    session.told(&Ask::of(&GET_SNAPSHOT_SETTINGS, [("project", session.project.as_str())])).await
}

/// Where a snapshot of something in this region goes that names no place: as the project's settings say, which is
/// the nearest multi-region where they say nothing (compute.v1, SnapshotSettings).
fn by_settings(draft: &mut Draft<'_>, settings: &Asked, region: Option<&str>) {
    let heard = match settings {
        Ok(heard) => heard,
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Backup, shortfall),
    };
    draft.sheet.shown("copies", &heard.call);
    let told = heard.told.as_ref().and_then(|settings| settings.storage_location.as_ref());
    let policy = told.and_then(|told| told.policy.as_deref()).unwrap_or("NEAREST_MULTI_REGION");
    let named: Vec<&str> =
        told.map(|told| told.locations.keys().map(String::as_str).collect()).unwrap_or_default();
    match (policy, region) {
        ("SPECIFIC_LOCATIONS", _) if !named.is_empty() => {
            named.into_iter().for_each(|place| draft.copy(CopyRole::Backup, None, place));
        }
        ("LOCAL_REGION", Some(region)) => draft.copy(CopyRole::Backup, None, region),
        ("NEAREST_MULTI_REGION" | "STORAGE_LOCATION_POLICY_UNSPECIFIED", Some(region))
            if nearest_multi_region(region).is_some() =>
        {
            draft.copy(CopyRole::Backup, None, nearest_multi_region(region).unwrap_or(region));
        }
        _ => {
            let silent =
                draft.silent(format!("where snapshots are stored with `{policy}` cannot be determined"));
            draft.perhaps_copied(CopyRole::Backup, &silent);
        }
    }
}

/// The project's settings, where there is a disk that they hold for.
fn next_snapshots(session: &Session, settings: &Asked, regions: &BTreeSet<String>) -> Option<Fact> {
    let first = regions.first()?;
    let (call, operation) = match settings {
        Ok(heard) => (Some(heard.call), &GET_SNAPSHOT_SETTINGS.operation),
        Err(shortfall) => (shortfall.call, &GET_SNAPSHOT_SETTINGS.operation),
    };
    let name = format!("//compute.googleapis.com/projects/{}/global/snapshotSettings", session.project);
    let call = call?;
    let found = Found { asset: String::new(), name, data: Value::Null, operation, call };
    let mut draft = Draft::new(session, (Kind::BackupPlan, SERVICE), Some(first), &found);
    draft.without(&[Facet::Tags, Facet::Coverage]);
    EVERYWHERE.clone_into(&mut draft.resource.region);
    // They rest nowhere themselves: what they make does.
    draft.resource.copies.clear();
    for region in regions {
        by_settings(&mut draft, settings, Some(region));
    }
    Some(draft.finish())
}
