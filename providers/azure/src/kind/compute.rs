//! Disks, snapshots, images and machines, and the sets of keys their disks are encrypted under.

use super::Entry;
use super::draft::{Draft, Fact, Tally, not_read, unresolved};
use crate::inventory::{ExtendedLocation, Row};
use crate::path;
use crate::quota;
use crate::session::{Ask, Asked, Session};
use sekisho_contract::Observed;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind, Sharing, Software};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use serde::Deserialize;

operation!(
    /// A version of an image, with the zones beyond regions that it is published in.
    GET_IMAGE_VERSION = "compute" "GetGalleryImageVersion", needs "Microsoft.Compute/galleries/images/versions/read",
    quota quota::ARM, Per::Sometimes, Get, facts "regions and zones at the edge that images are published in"
);

/// Disks, snapshots, images and machines: the inventory tells nearly all that is read of them.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: SERVICE,
        reach: Reach::Global,
        kinds: &[Kind::Disk, Kind::Snapshot, Kind::MachineImage, Kind::Compute],
    },
    types: TYPES,
    operations: &[&GET_IMAGE_VERSION],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "compute";
const DISK: &str = "microsoft.compute/disks";
const SNAPSHOT: &str = "microsoft.compute/snapshots";
const IMAGE: &str = "microsoft.compute/images";
const IMAGE_VERSION: &str = "microsoft.compute/galleries/images/versions";
const MACHINE: &str = "microsoft.compute/virtualmachines";
const SCALE_SET: &str = "microsoft.compute/virtualmachinescalesets";

const TYPES: &[&str] = &[DISK, SNAPSHOT, IMAGE, IMAGE_VERSION, MACHINE, SCALE_SET];

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let rows = session.rows(TYPES);
    tally
        .each(rows, sink, |(row, call)| async move {
            [match row.r#type.as_str() {
                DISK => disk(session, &row, call),
                SNAPSHOT => snapshot(session, &row, call).await,
                IMAGE => image(session, &row, call).await,
                IMAGE_VERSION => image_version(session, &row, call).await,
                _ => machine(session, &row, call),
            }]
        })
        .await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Disk {
    encryption: Option<DiskEncryption>,
    creation_data: Option<CreationData>,
    time_created: Option<String>,
    provisioning_state: Option<String>,
    completion_percent: Option<f64>,
    disk_state: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DiskEncryption {
    r#type: Option<String>,
    disk_encryption_set_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreationData {
    source_resource_id: Option<String>,
}

fn disk(session: &Session, row: &Row, call: CallId) -> Fact {
    let mut draft = Draft::of(session, (Kind::Disk, SERVICE), row, call);
    match row.told::<Disk>() {
        Ok(told) => encryption(&mut draft, told.encryption.as_ref()),
        Err(why) => return draft.unreadable(&why),
    }
    draft.finish()
}

/// Disks are always encrypted ("Server-side encryption of Azure Disk Storage"): where nothing is said, under a key of Microsoft's.
fn encryption(draft: &mut Draft<'_>, told: Option<&DiskEncryption>) {
    let set = told.and_then(|told| told.disk_encryption_set_id.as_deref()).filter(|set| !set.is_empty());
    match (told.and_then(|told| told.r#type.as_deref()), set) {
        (None | Some("EncryptionAtRestWithPlatformKey"), None) => draft.encrypted(None),
        (_, Some(set)) => under_set(draft, set),
        (Some("EncryptionAtRestWithCustomerKey" | "EncryptionAtRestWithPlatformAndCustomerKeys"), None) => {
            let nameless = draft.malformed("it is encrypted, and no key is named");
            draft.encrypted_somehow(&nameless);
        }
        (Some(other), None) => {
            let unknown = draft.unknown("encryption", other);
            draft.encrypted_somehow(&unknown);
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EncryptionSet {
    active_key: Option<ActiveKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActiveKey {
    key_url: Option<String>,
}

/// Encryption under the key of a set, which may be in another vault, region or subscription.
fn under_set(draft: &mut Draft<'_>, set: &str) {
    let set = path::id(set);
    let Some((row, call)) = draft.session.row(&set) else {
        return draft.encrypted_somehow(&unresolved(&shorten(&set)));
    };
    draft.sheet.shown("encryption", call);
    match row.told::<EncryptionSet>().map(|told| told.active_key.and_then(|key| key.key_url)) {
        Ok(Some(address)) => draft.encrypted(Some(&address)),
        Ok(None) => {
            let nameless = draft.malformed("it is encrypted, and no key is named");
            draft.encrypted_somehow(&nameless);
        }
        Err(why) => {
            let unreadable = draft.malformed(format!("the answer could not be read: {why}"));
            draft.encrypted_somehow(&unreadable);
        }
    }
}

async fn snapshot(session: &Session, row: &Row, call: CallId) -> Fact {
    let mut draft = Draft::of(session, (Kind::Snapshot, SERVICE), row, call);
    let told: Disk = match row.told() {
        Ok(told) => told,
        Err(why) => return draft.unreadable(&why),
    };
    draft.resource.made_from =
        told.creation_data.and_then(|made| made.source_resource_id).map(|source| shorten(&path::id(&source)));
    encryption(&mut draft, told.encryption.as_ref());
    let usable = match told.provisioning_state.as_deref() {
        // A copy to another region is complete when it is whole; of others nothing is said.
        Some("Succeeded") => Observed::Seen(told.completion_percent.is_none_or(|percent| percent >= 100.0)),
        Some("Failed" | "Creating" | "Updating" | "Deleting") => Observed::Seen(false),
        other => {
            let unknown = match other {
                Some(word) => draft.unknown("state of a snapshot", word),
                None => draft.silent("point.usable"),
            };
            draft.sheet.unseen("point.usable", &unknown)
        }
    };
    draft.point(told.time_created.as_deref(), usable, None);
    let lent = told.disk_state.as_deref() == Some("ActiveSAS");
    let public = match lent {
        false => Observed::Seen(false),
        true => {
            let detail =
                not_read("an address has been issued with which anyone who has it can download the data");
            draft.sheet.unseen("sharing.public", &detail)
        }
    };
    draft.resource.sharing = Some(Sharing { public, principals: Observed::Seen(Vec::new()) });
    draft.finish_locked().await
}

async fn image(session: &Session, row: &Row, call: CallId) -> Fact {
    let mut draft = Draft::of(session, (Kind::MachineImage, SERVICE), row, call);
    // An image of this sort belongs to its subscription; only roles open it to others.
    draft.resource.sharing =
        Some(Sharing { public: Observed::Seen(false), principals: Observed::Seen(Vec::new()) });
    draft.finish_locked().await
}

#[derive(Deserialize)]
struct Told<T> {
    properties: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImageVersion {
    publishing_profile: Option<PublishingProfile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PublishingProfile {
    target_regions: Option<Vec<TargetRegion>>,
    target_extended_locations: Option<Vec<TargetZone>>,
}

/// A place beyond a region that it is published in as well.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TargetZone {
    extended_location: Option<ExtendedLocation>,
}

#[derive(Deserialize)]
struct TargetRegion {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Gallery {
    sharing_profile: Option<SharingProfile>,
}

#[derive(Deserialize)]
struct SharingProfile {
    permissions: Option<String>,
}

/// A version of an image in a gallery: it is copied to every region it is published in.
async fn image_version(session: &Session, row: &Row, call: CallId) -> Fact {
    let mut draft = Draft::of(session, (Kind::MachineImage, SERVICE), row, call);
    let ask = Ask::of(&GET_IMAGE_VERSION, row.id.clone(), "2023-07-03").about(&row.id);
    let asked: Asked<Told<ImageVersion>> = session.get(ask).await;
    let own = match asked {
        Ok(heard) => {
            draft.sheet.shown("copies", &heard.call);
            heard.told.map(|told| told.properties)
        }
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Replica, &shortfall);
            None
        }
    };
    let published = match own.map_or_else(|| row.told::<ImageVersion>(), Ok) {
        Ok(told) => told.publishing_profile,
        Err(why) => return draft.unreadable(&why),
    };
    match published.as_ref().and_then(|profile| profile.target_regions.as_ref()) {
        Some(regions) => {
            for region in regions.iter().filter(|region| path::place(&region.name) != row.place()) {
                draft.replica(&region.name);
            }
        }
        None => {
            let silent = draft.silent("in which regions it is published");
            draft.perhaps_copied(CopyRole::Replica, &silent);
        }
    }
    for zone in published.iter().filter_map(|profile| profile.target_extended_locations.as_ref()).flatten() {
        let zone = zone.extended_location.as_ref();
        match zone.and_then(|zone| Some((zone.r#type.as_deref()?, zone.name.as_deref()?))) {
            Some(("EdgeZone", name)) => draft.replica(name),
            _ => {
                let elsewhere = not_read("it is kept at a place of its owner, which was not read");
                draft.perhaps_copied(CopyRole::Replica, &elsewhere);
            }
        }
    }
    let gallery = path::parent(&row.id).and_then(path::parent).and_then(|id| session.row(id));
    let told = gallery.map(|(row, call)| (row.told::<Gallery>(), *call));
    let public = match told {
        Some((Ok(gallery), call)) => {
            draft.sheet.shown("sharing", &call);
            match gallery.sharing_profile.and_then(|profile| profile.permissions).as_deref() {
                // Left out, only roles open it ("Share resources using an Azure Compute Gallery").
                None | Some("Private") => Observed::Seen(false),
                Some("Community") => Observed::Seen(true),
                Some("Groups") => {
                    let groups =
                        not_read("the subscriptions and tenants the gallery is shared with are not read");
                    draft.sheet.unseen("sharing.public", &groups)
                }
                Some(other) => {
                    let unknown = draft.unknown("sharing of a gallery", other);
                    draft.sheet.unseen("sharing.public", &unknown)
                }
            }
        }
        Some((Err(why), _)) => {
            let unreadable = draft.malformed(format!("the answer could not be read: {why}"));
            draft.sheet.unseen("sharing.public", &unreadable)
        }
        None => draft.sheet.unseen("sharing.public", &unresolved("the gallery")),
    };
    draft.resource.sharing = Some(Sharing { public, principals: Observed::Seen(Vec::new()) });
    draft.finish_locked().await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Machine {
    /// Of a scale set the machines' model is a level deeper.
    virtual_machine_profile: Option<Profile>,
    #[serde(flatten)]
    own: Profile,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    security_profile: Option<SecurityProfile>,
    diagnostics_profile: Option<Diagnostics>,
    storage_profile: Option<StorageProfile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Diagnostics {
    boot_diagnostics: Option<BootDiagnostics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BootDiagnostics {
    storage_uri: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecurityProfile {
    encryption_at_host: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StorageProfile {
    image_reference: Option<ImageReference>,
}

#[derive(Deserialize)]
struct ImageReference {
    offer: Option<String>,
    sku: Option<String>,
}

/// A machine. Its disks are told of by themselves; what is its own is the host's temporary disk and cache.
fn machine(session: &Session, row: &Row, call: CallId) -> Fact {
    let mut draft = Draft::of(session, (Kind::Compute, SERVICE), row, call);
    let told: Machine = match row.told() {
        Ok(told) => told,
        Err(why) => return draft.unreadable(&why),
    };
    let profile = told.virtual_machine_profile.unwrap_or(told.own);
    // What it says and shows while it starts is written to a store: without one of the customer's, to one of Microsoft's in the same
    // region ("Azure boot diagnostics").
    let screens = profile.diagnostics_profile.and_then(|told| told.boot_diagnostics);
    if let Some(store) = screens.and_then(|told| told.storage_uri).filter(|store| !store.is_empty()) {
        draft.copy_at_store(CopyRole::Log, &store);
    }
    match profile.security_profile.and_then(|security| security.encryption_at_host) {
        Some(true) => draft.encrypted(None),
        _ => {
            draft.perhaps_encrypted(&not_read("whether the host's temporary disk is encrypted is not stated"))
        }
    }
    match profile.storage_profile.and_then(|storage| storage.image_reference) {
        Some(ImageReference { offer: Some(offer), sku }) => draft.runs(&offer, sku.as_deref()),
        _ => {
            let unread = not_read("what is in the image was not read");
            draft.resource.software = Some(Software {
                product: draft.sheet.unseen("software.product", &unread),
                version: draft.sheet.unseen("software.version", &unread),
            });
        }
    }
    draft.finish()
}
