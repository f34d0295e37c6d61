//! EBS: disks, snapshots, and the images machines are started from.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::rbin::{self, Rules};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{CopyRole, Kind, LiftedBy, Obstacle, ObstacleKind, Starts};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use tokio::sync::OnceCell;

operation!(
    /// Every disk of the region.
    DESCRIBE_VOLUMES = "ec2" "DescribeVolumes", needs "ec2:DescribeVolumes", quota quota::EC2_LIST,
    Per::Page(500), Post, facts "disks: zone, encryption and key, labels"
);
operation!(
    /// Every snapshot of disks the account owns in the region.
    DESCRIBE_SNAPSHOTS = "ec2" "DescribeSnapshots", needs "ec2:DescribeSnapshots", quota quota::EC2_LIST,
    Per::Page(1_000), Post, facts "snapshots of disks: source, moment, encryption and key, labels"
);
operation!(
    /// Locks on snapshots.
    DESCRIBE_LOCKED_SNAPSHOTS = "ec2" "DescribeLockedSnapshots", needs "ec2:DescribeLockedSnapshots",
    quota quota::EC2_LIST, Per::Page(1_000), Post, facts "locks on snapshots: mode, and until when"
);
operation!(
    /// Who may make disks of a snapshot.
    DESCRIBE_SNAPSHOT_ATTRIBUTE = "ec2" "DescribeSnapshotAttribute", needs "ec2:DescribeSnapshotAttribute",
    quota quota::EC2, Per::Sometimes, Post, facts "with whom a snapshot of a disk is shared"
);
operation!(
    /// Every image the account owns in the region.
    DESCRIBE_IMAGES = "ec2" "DescribeImages", needs "ec2:DescribeImages", quota quota::EC2_LIST,
    Per::Page(1_000), Post, facts "machine images: snapshots in them, protection, labels"
);
operation!(
    /// Who may start machines from an image.
    DESCRIBE_IMAGE_ATTRIBUTE = "ec2" "DescribeImageAttribute", needs "ec2:DescribeImageAttribute",
    quota quota::EC2, Per::Sometimes, Post, facts "with whom a machine image is shared"
);

/// Disks, their snapshots, machine images.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: "ec2",
        reach: Reach::Region,
        kinds: &[Kind::Disk, Kind::Snapshot, Kind::MachineImage],
    },
    operations: &[
        &DESCRIBE_VOLUMES,
        &DESCRIBE_SNAPSHOTS,
        &DESCRIBE_LOCKED_SNAPSHOTS,
        &DESCRIBE_SNAPSHOT_ATTRIBUTE,
        &DESCRIBE_IMAGES,
        &DESCRIBE_IMAGE_ATTRIBUTE,
        &rbin::LIST_VOLUMES_IN_RECYCLE_BIN,
        &rbin::LIST_SNAPSHOTS_IN_RECYCLE_BIN,
        &rbin::LIST_IMAGES_IN_RECYCLE_BIN,
        &rbin::LIST_RULES,
        &rbin::GET_RULE,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Ec2("2016-11-15");

/// What facts of a region are read with, asked for once something is there that it may concern.
#[derive(Default)]
struct Region {
    locks: OnceCell<Locks>,
    volume_rules: OnceCell<Rules>,
    snapshot_rules: OnceCell<Rules>,
    image_rules: OnceCell<Rules>,
}

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let about = &Region::default();
    let ask = |operation, body| Ask::of(operation, API, region, body);
    let volumes = List::<Volumes>::of(session, ask(&DESCRIBE_VOLUMES, json!({"MaxResults": 500})));
    tally.read(volumes, sink, |found, call| disk(session, region, found, call, about)).await;
    let body = json!({"Owner.1": "self", "MaxResults": 1000});
    let snapshots = List::<Snapshots>::of(session, ask(&DESCRIBE_SNAPSHOTS, body));
    tally.read(snapshots, sink, |found, call| snapshot(session, region, found, call, about)).await;
    let body =
        json!({"Owner.1": "self", "IncludeDeprecated": true, "IncludeDisabled": true, "MaxResults": 1000});
    let images = List::<Images>::of(session, ask(&DESCRIBE_IMAGES, body));
    tally.read(images, sink, |found, call| image(session, region, found, call, about)).await;
    rbin::sweep(session, region, sink, &mut tally).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volumes {
    #[serde(deserialize_with = "members")]
    volume_set: Vec<Volume>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volume {
    volume_id: String,
    availability_zone: String,
    outpost_arn: Option<String>,
    encrypted: bool,
    kms_key_id: Option<String>,
    #[serde(default, deserialize_with = "members")]
    tag_set: Vec<SmallTag>,
}

/// A label, as EC2 spells it.
#[derive(Deserialize)]
pub(super) struct SmallTag {
    pub(super) key: String,
    #[serde(default)]
    pub(super) value: String,
}

impl From<SmallTag> for Tag {
    fn from(tag: SmallTag) -> Self {
        Self { key: tag.key, value: tag.value }
    }
}

page!(Volumes: Volume in volume_set, "NextToken" from next_token, by |item| item.volume_id.clone());

fn tags(tags: Vec<SmallTag>) -> Vec<Tag> {
    tags.into_iter().map(Tag::from).collect()
}

/// Disks are encrypted under a key of KMS, the provider's or another, and it is named (EC2 API, Volume and Snapshot).
fn encrypted(draft: &mut Draft<'_>, is: bool, key: Option<&str>, operation: &Operation, call: CallId) {
    match is {
        true => draft.encrypted_under(key, operation, call),
        false => draft.encrypted(Observed::Seen(false), None),
    }
}

async fn disk(session: &Session, region: &str, volume: Volume, call: CallId, about: &Region) -> Fact {
    let id = session.arn("ec2", region, &format!("volume/{}", volume.volume_id));
    let mut draft = Draft::new(session, (Kind::Disk, "ec2"), region, id, &volume.volume_id, &call);
    match volume.outpost_arn.filter(|arn| !arn.is_empty()) {
        Some(outpost) => draft.rests_on_outpost(&outpost),
        None => draft.rests_in_zone(&volume.availability_zone),
    }
    encrypted(&mut draft, volume.encrypted, volume.kms_key_id.as_deref(), &DESCRIBE_VOLUMES, call);
    let tags = tags(volume.tag_set);
    let rules = about.volume_rules.get_or_init(|| rbin::rules(session, region, "EBS_VOLUME")).await;
    rbin::kept(&mut draft, rules, &tags);
    draft.tags(tags);
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Locked {
    #[serde(deserialize_with = "members")]
    snapshot_set: Vec<Lock>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lock {
    snapshot_id: String,
    lock_state: String,
    lock_expires_on: Option<String>,
}

page!(Locked: Lock in snapshot_set, "NextToken" from next_token, by |item| item.snapshot_id.clone());

/// The locks of a region's snapshots, by snapshot; or why they were not seen.
type Locks = Result<BTreeMap<String, (Lock, CallId)>, Shortfall>;

async fn locks(session: &Session, region: &str) -> Locks {
    let ask = Ask::of(&DESCRIBE_LOCKED_SNAPSHOTS, API, region, json!({"MaxResults": 1000}));
    let listed = all(List::<Locked>::of(session, ask)).await?;
    Ok(listed.into_iter().map(|(lock, call)| (lock.snapshot_id.clone(), (lock, call))).collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshots {
    #[serde(deserialize_with = "members")]
    snapshot_set: Vec<Snapshot>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot {
    snapshot_id: String,
    volume_id: Option<String>,
    owner_id: String,
    outpost_arn: Option<String>,
    availability_zone: Option<String>,
    encrypted: bool,
    kms_key_id: Option<String>,
    status: Option<String>,
    start_time: Option<String>,
    completion_time: Option<String>,
    storage_tier: Option<String>,
    #[serde(default, deserialize_with = "members")]
    tag_set: Vec<SmallTag>,
}

page!(Snapshots: Snapshot in snapshot_set, "NextToken" from next_token, by |item| item.snapshot_id.clone());

/// What EC2 writes for the disk of a snapshot that was made by copying.
const NO_VOLUME: &str = "vol-ffffffff";

/// The disk that a snapshot was made of, where it is told.
pub fn made_from(session: &Session, region: &str, volume: Option<&str>) -> Option<String> {
    let volume = volume.filter(|volume| !volume.is_empty() && *volume != NO_VOLUME)?;
    Some(session.arn("ec2", region, &format!("volume/{}", shorten(volume))))
}

async fn snapshot(session: &Session, region: &str, found: Snapshot, call: CallId, about: &Region) -> Fact {
    let id = session.arn("ec2", region, &format!("snapshot/{}", found.snapshot_id));
    let mut draft = Draft::new(session, (Kind::Snapshot, "ec2"), region, id, &found.snapshot_id, &call);
    let zone = found.availability_zone.as_deref().filter(|zone| !zone.is_empty());
    match (found.outpost_arn.as_deref().filter(|arn| !arn.is_empty()), zone) {
        (Some(outpost), _) => draft.rests_on_outpost(outpost),
        (None, Some(zone)) => draft.rests_in_zone(zone),
        (None, None) => {}
    }
    if found.owner_id != session.account {
        let detail = format!("the snapshot belongs to {}", shorten(&found.owner_id));
        draft.perhaps_copied(
            CopyRole::Primary,
            &Shortfall::of(&DESCRIBE_SNAPSHOTS, GapReason::Malformed, Some(call), detail),
        );
    }
    draft.resource.made_from = made_from(session, region, found.volume_id.as_deref());
    encrypted(&mut draft, found.encrypted, found.kms_key_id.as_deref(), &DESCRIBE_SNAPSHOTS, call);
    // Of a copy it is not said of which moment its data are; what is archived must be brought back first.
    let of = found.start_time.as_deref().filter(|_| draft.resource.made_from.is_some());
    let usable =
        found.status.as_deref() == Some("completed") && found.storage_tier.as_deref() != Some("archive");
    draft.point(of, found.completion_time.as_deref(), usable, None);
    match about.locks.get_or_init(|| locks(session, region)).await {
        Ok(locks) => {
            if let Some((lock, call)) = locks.get(&found.snapshot_id) {
                draft.sheet.shown("erasure", call);
                locked(&mut draft, lock, *call);
            }
        }
        Err(shortfall) => draft.perhaps_hindered(shortfall),
    }
    let tags = tags(found.tag_set);
    let rules = about.snapshot_rules.get_or_init(|| rbin::rules(session, region, "EBS_SNAPSHOT")).await;
    rbin::kept(&mut draft, rules, &tags);
    draft.tags(tags);
    let body = json!({"SnapshotId": found.snapshot_id, "Attribute": "createVolumePermission"});
    let ask = Ask::of(&DESCRIBE_SNAPSHOT_ATTRIBUTE, API, region, body).about(&found.snapshot_id);
    shared(&mut draft, session.told::<SnapshotAttribute>(ask).await, |told| {
        (told.snapshot_id == found.snapshot_id).then_some(told.create_volume_permission)
    });
    draft.finish()
}

fn locked(draft: &mut Draft<'_>, lock: &Lock, call: CallId) {
    let (kind, lifted_by) = match lock.lock_state.as_str() {
        "expired" => return,
        "governance" => (ObstacleKind::LockGovernance, LiftedBy::PrivilegedUser),
        // While it cools off it can still be lifted; that time ends by itself.
        "compliance" | "compliance-cooloff" => (ObstacleKind::LockCompliance, LiftedBy::Nobody),
        other => {
            let detail = format!("unknown state of a snapshot's lock `{}`", shorten(other));
            let unknown = Shortfall::of(&DESCRIBE_LOCKED_SNAPSHOTS, GapReason::Unknown, Some(call), detail);
            return draft.perhaps_hindered(&unknown);
        }
    };
    draft.hindered(Obstacle {
        kind: Observed::Seen(kind),
        starts: Observed::Seen(Starts::Fixed),
        days: Observed::Seen(None),
        until: Observed::Seen(lock.lock_expires_on.as_deref().map(shorten)),
        lifted_by: Observed::Seen(lifted_by),
    });
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SnapshotAttribute {
    snapshot_id: String,
    #[serde(deserialize_with = "members")]
    create_volume_permission: Vec<Permission>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImageAttribute {
    image_id: String,
    #[serde(deserialize_with = "members")]
    launch_permission: Vec<Permission>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Permission {
    group: Option<String>,
    user_id: Option<String>,
    organization_arn: Option<String>,
    organizational_unit_arn: Option<String>,
}

/// With whom a snapshot or an image is shared.
fn shared<T>(
    draft: &mut Draft<'_>,
    asked: Result<Heard<T>, Shortfall>,
    permissions: impl FnOnce(T) -> Option<Vec<Permission>>,
) {
    let (permissions, call) = match asked {
        Ok(Heard { told: Some(told), call }) => (permissions(told), call),
        Ok(Heard { told: None, call }) => (None, call),
        Err(shortfall) => return draft.perhaps_shared(&shortfall),
    };
    draft.sheet.shown("sharing", &call);
    let Some(permissions) = permissions else {
        let detail = "the answer is not about this resource";
        return draft.perhaps_shared(&Shortfall {
            call: Some(call),
            ..Shortfall::without_call(GapReason::Malformed, detail)
        });
    };
    let public = permissions.iter().any(|permission| permission.group.as_deref() == Some("all"));
    let named = permissions.into_iter().flat_map(|permission| {
        [permission.user_id, permission.organization_arn, permission.organizational_unit_arn]
    });
    let accounts: Vec<String> = named.flatten().filter(|id| !id.is_empty()).collect();
    draft.shared(public, &accounts);
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Images {
    #[serde(deserialize_with = "members")]
    images_set: Vec<Image>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    image_id: String,
    name: Option<String>,
    deregistration_protection: Option<String>,
    root_device_type: Option<String>,
    image_location: Option<String>,
    #[serde(default, deserialize_with = "members")]
    block_device_mapping: Vec<BlockDevice>,
    #[serde(default, deserialize_with = "members")]
    tag_set: Vec<SmallTag>,
}

#[derive(Deserialize)]
struct BlockDevice {
    ebs: Option<BlockSnapshot>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockSnapshot {
    snapshot_id: Option<String>,
}

page!(Images: Image in images_set, "NextToken" from next_token, by |item| item.image_id.clone());

/// The word for an image that does not rest in snapshots but in a bucket.
const IN_BUCKET: &str = "instance-store";

async fn image(session: &Session, region: &str, found: Image, call: CallId, about: &Region) -> Fact {
    let id = session.arn("ec2", region, &format!("image/{}", found.image_id));
    let name = found.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&found.image_id);
    let mut draft = Draft::new(session, (Kind::MachineImage, "ec2"), region, id, name, &call);
    // What is in an image is in its snapshots, which are judged by themselves.
    let inside = found.block_device_mapping.into_iter().find_map(|device| device.ebs?.snapshot_id);
    draft.resource.made_from =
        inside.map(|snapshot| session.arn("ec2", region, &format!("snapshot/{}", shorten(&snapshot))));
    draft.protected(found.deregistration_protection.map(|state| !matches!(state.as_str(), "" | "disabled")));
    if found.root_device_type.as_deref() == Some(IN_BUCKET) {
        let bucket = found.image_location.as_deref().and_then(|place| place.split('/').next());
        draft.copy_at(CopyRole::Primary, &format!("arn:aws:s3:::{}", bucket.unwrap_or_default()));
    }
    let tags = tags(found.tag_set);
    let rules = about.image_rules.get_or_init(|| rbin::rules(session, region, "EC2_IMAGE")).await;
    rbin::kept(&mut draft, rules, &tags);
    draft.tags(tags);
    let body = json!({"ImageId": found.image_id, "Attribute": "launchPermission"});
    let ask = Ask::of(&DESCRIBE_IMAGE_ATTRIBUTE, API, region, body).about(&found.image_id);
    shared(&mut draft, session.told::<ImageAttribute>(ask).await, |told| {
        (told.image_id == found.image_id).then_some(told.launch_permission)
    });
    draft.finish()
}
