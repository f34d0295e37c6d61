//! KMS keys.

use super::Entry;
use super::kms_grants as grants;
use super::recorded::{self, KeyRecord, Record, Recorded, Records};
use super::recorders::trusted;
use super::shared::{Asked, List, Page, moment};
use crate::api::{Api, Ask};
use crate::policy::{self, PolicyReading, perhaps_bounded};
use crate::session::{Session, failed, listed};
use crate::{NAME, quota};
use futures::StreamExt;
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{
    Copy, CopyRole, Erasure, Exposure, Facet, KeyFacet, KeyManager, KeyState, Kind, LiftedBy, Obstacle,
    ObstacleKind, PrincipalClass, Resource, Rotation, Sources, Starts,
};
use sekisho_contract::gap::{bound, shorten};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Gap, GapReason, Observed, Sheet, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::OnceCell;

operation!(
    /// Every key of the region, the provider's own included.
    LIST_KEYS = "kms" "ListKeys", needs "kms:ListKeys", quota quota::KMS_LIST,
    Per::Page(1_000), Post, facts "keys"
);
operation!(
    /// The other names of keys.
    LIST_ALIASES = "kms" "ListAliases", needs "kms:ListAliases", quota quota::KMS_LIST,
    Per::Page(100), Post, facts "aliases of keys"
);
operation!(
    /// A key's properties.
    DESCRIBE_KEY = "kms" "DescribeKey", needs "kms:DescribeKey", quota quota::KMS_READ,
    Per::Resource, Post, facts "manager, origin, state, multi-Region replicas, deletion date"
);
operation!(
    /// Whether the material is replaced; asked of keys that can rotate.
    GET_KEY_ROTATION_STATUS = "kms" "GetKeyRotationStatus", needs "kms:GetKeyRotationStatus", quota quota::KMS_READ,
    Per::Resource, Post, facts "rotation and its period", absent &["UnsupportedOperationException"]
);
operation!(
    /// Who may use and administer the key; asked of the customer's keys.
    GET_KEY_POLICY = "kms" "GetKeyPolicy", needs "kms:GetKeyPolicy", quota quota::KMS_READ,
    Per::Resource, Post, facts "principals let in, from where requests may come"
);
operation!(
    /// Labels; asked of the customer's keys.
    LIST_RESOURCE_TAGS = "kms" "ListResourceTags", needs "kms:ListResourceTags", quota quota::KMS_READ,
    Per::Resource, Post, facts "labels, for scope"
);

/// Keys.
pub const ENTRY: Entry = Entry {
    service: Service { name: "kms", reach: Reach::Region, kinds: &[Kind::Key] },
    operations: &[
        &LIST_KEYS,
        &LIST_ALIASES,
        &DESCRIBE_KEY,
        &GET_KEY_ROTATION_STATUS,
        &GET_KEY_POLICY,
        &LIST_RESOURCE_TAGS,
        &grants::LIST_GRANTS,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("TrentService");
const OTHER_KEY: &str = "the answer is not about this key";
/// Keys read at once.
const AT_ONCE: usize = 16;
/// The shortest waiting time KMS accepts before a key is destroyed (ScheduleKeyDeletion).
const SHORTEST_WAIT_DAYS: u32 = 7;

/// Lists and reads every key of a region.
async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let (keys, shortfall) = list_keys(session, region).await;
    if keys.is_empty() {
        return shortfall.map_or_else(|| listed(0), |shortfall| failed(shortfall, 0));
    }
    let count = keys.len() as u64;
    let (aliases, mut records) =
        futures::join!(list_aliases(session, region), session.recorded_keys.of_region(session, region));
    let id = |arn: &str| arn.rsplit_once(":key/").map_or(arn, |(_, id)| id).to_owned();
    let records: Vec<_> = keys.iter().map(|(arn, _)| records.remove(&id(arn))).collect();
    futures::stream::iter(records.into_iter().enumerate())
        .map(|(index, record)| {
            let (arn, call) = &keys[index];
            read_key(session, region, (arn, call), record, &aliases)
        })
        .buffer_unordered(AT_ONCE)
        .for_each(|(resource, gaps)| {
            sink.resource(resource, gaps);
            std::future::ready(())
        })
        .await;
    match shortfall {
        None => listed(count),
        Some(shortfall) => failed(shortfall, count),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyList {
    keys: Vec<KeyEntry>,
    next_marker: Option<String>,
    truncated: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyEntry {
    key_id: String,
    key_arn: Option<String>,
}

impl Page for KeyList {
    type Item = KeyEntry;
    const TOKEN: &'static str = "Marker";

    fn split(self) -> (Vec<KeyEntry>, Option<String>, Option<bool>) {
        (self.keys, self.next_marker, self.truncated)
    }
    fn name(item: &KeyEntry) -> String {
        item.key_id.clone()
    }
}

/// The keys' ARNs, each with the call that listed it; and the shortfall if the list did not end.
async fn list_keys(session: &Session, region: &str) -> (Vec<(String, CallId)>, Option<Shortfall>) {
    let mut keys = Vec::new();
    let mut list = List::<KeyList>::of(session, Ask::of(&LIST_KEYS, API, region, json!({"Limit": 1000})));
    loop {
        let (entries, call) = match list.next().await {
            Ok(Some(page)) => page,
            Ok(None) => return (keys, None),
            Err(shortfall) => return (keys, Some(shortfall)),
        };
        for entry in entries {
            let arn =
                entry.key_arn.unwrap_or_else(|| session.arn("kms", region, &format!("key/{}", entry.key_id)));
            if !session.is_own(&arn, region) {
                let detail =
                    format!("the list holds {}, which is not of this region and account", shorten(&arn));
                return (keys, Some(Shortfall::of(&LIST_KEYS, GapReason::Malformed, Some(call), detail)));
            }
            keys.push((arn, call));
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AliasList {
    aliases: Vec<AliasEntry>,
    next_marker: Option<String>,
    truncated: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AliasEntry {
    alias_arn: Option<String>,
    alias_name: Option<String>,
    target_key_id: Option<String>,
}

impl AliasEntry {
    /// The key's id, and the ARN that also names it; none for one of AWS's own that has no key yet.
    fn read(self, arn: impl Fn(&str) -> String) -> Result<Option<(String, String)>, &'static str> {
        let Some(target) = self.target_key_id else { return Ok(None) };
        let name = self.alias_arn.or_else(|| Some(arn(&self.alias_name?)));
        name.map(|name| Some((target, name))).ok_or("the list holds an alias without a name")
    }
}

/// Alias ARNs by key id, with the calls that listed them.
type Aliases = Asked<BTreeMap<String, Vec<String>>>;

impl Page for AliasList {
    type Item = AliasEntry;
    const TOKEN: &'static str = "Marker";

    fn split(self) -> (Vec<AliasEntry>, Option<String>, Option<bool>) {
        (self.aliases, self.next_marker, self.truncated)
    }
    fn name(item: &AliasEntry) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        [part(&item.alias_arn), part(&item.alias_name), part(&item.target_key_id)].join(" ")
    }
}

async fn list_aliases(session: &Session, region: &str) -> Aliases {
    let mut aliases: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut list = List::<AliasList>::of(session, Ask::of(&LIST_ALIASES, API, region, json!({"Limit": 100})));
    let mut last = None;
    while let Some((entries, call)) = list.next().await? {
        last = Some(call);
        for entry in entries {
            let read = entry.read(|name| session.arn("kms", region, name));
            let read =
                read.map_err(|why| Shortfall::of(&LIST_ALIASES, GapReason::Malformed, Some(call), why))?;
            if let Some((target, name)) = read {
                aliases.entry(target).or_default().push(shorten(&name));
            }
        }
    }
    let none = || Shortfall::of(&LIST_ALIASES, GapReason::Malformed, None, "no list in the answer");
    Ok(Heard { call: last.ok_or_else(none)?, told: Some(aliases) })
}

#[derive(Deserialize)]
struct Described {
    #[serde(rename = "KeyMetadata")]
    metadata: Metadata,
}

/// A key's properties.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metadata {
    key_id: String,
    key_manager: Option<String>,
    key_state: Option<String>,
    origin: Option<String>,
    key_spec: Option<String>,
    deletion_date: Option<f64>,
    pending_deletion_window_in_days: Option<u32>,
    multi_region: Option<bool>,
    multi_region_configuration: Option<MultiRegion>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MultiRegion {
    primary_key: KeyPlace,
    replica_keys: Option<Vec<KeyPlace>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyPlace {
    arn: String,
    region: String,
}

impl Metadata {
    /// Of a key that rests in its region alone and is there to stay.
    pub fn of_single_region(id: &str, manager: &str, state: &str, origin: &str, spec: &str) -> Self {
        Self {
            key_id: id.to_owned(),
            key_manager: Some(manager.to_owned()),
            key_state: Some(state.to_owned()),
            origin: Some(origin.to_owned()),
            key_spec: Some(spec.to_owned()),
            deletion_date: None,
            pending_deletion_window_in_days: None,
            multi_region: Some(false),
            multi_region_configuration: None,
        }
    }
}

impl MultiRegion {
    fn all(&self) -> impl Iterator<Item = &KeyPlace> {
        std::iter::once(&self.primary_key).chain(self.replica_keys.iter().flatten())
    }

    /// Whether it names the replicas, and each place as its ARN does.
    fn agree(&self) -> bool {
        let same = |place: &KeyPlace| place.arn.split(':').nth(3) == Some(place.region.as_str());
        self.replica_keys.is_some() && self.all().all(same)
    }
}

async fn read_key(
    session: &Session,
    region: &str,
    (arn, list_call): (&str, &CallId),
    record: Option<Record<KeyRecord>>,
    aliases: &Aliases,
) -> (Resource, Vec<Gap>) {
    let mut sheet = Sheet::new(arn);
    sheet.shown("copies", list_call);
    let id = arn.rsplit_once(":key/").map_or(arn, |(_, id)| id);
    let shown = Shows::of(record, &mut sheet);
    let ask = |operation, body| Ask::of(operation, API, region, body).about(id);
    let described: Asked<Described> = match shown.metadata {
        Some(heard) => Ok(heard.map(|metadata| Described { metadata })),
        None => session.told(ask(&DESCRIBE_KEY, json!({"KeyId": arn}))).await,
    };
    let metadata = match described {
        Ok(Heard { call, told: Some(described) }) if described.metadata.key_id == id => {
            for facet in ["key", "copies", "erasure"] {
                sheet.shown(facet, &call);
            }
            Ok(described.metadata)
        }
        Ok(Heard { call, .. }) => {
            Err(Shortfall::of(&DESCRIBE_KEY, GapReason::Malformed, Some(call), OTHER_KEY))
        }
        Err(shortfall) => Err(shortfall),
    };
    let manager = match metadata.as_ref().map(|metadata| metadata.key_manager.as_deref()) {
        Ok(Some("AWS")) => Observed::Seen(KeyManager::Provider),
        Ok(Some("CUSTOMER")) => {
            Observed::Seen(match metadata.as_ref().ok().and_then(|key| key.origin.as_deref()) {
                Some("EXTERNAL_KEY_STORE") => KeyManager::External,
                _ => KeyManager::Customer,
            })
        }
        Ok(other) => sheet.unseen("key.manager", &unknown("key manager", other)),
        Err(shortfall) => sheet.unseen("key", shortfall),
    };
    // People know a key by its alias.
    let known_as = aliases.as_ref().ok().and_then(|heard| heard.told.as_ref()?.get(id)?.iter().min());
    let name = known_as.and_then(|alias| alias.split(':').next_back()).unwrap_or(id).to_owned();
    let mut resource = Resource::new(Kind::Key, NAME, &session.account, region, "kms", arn.to_owned(), name);
    resource.copies = copies(&mut sheet, region, metadata.as_ref());
    let own = manager != Observed::Seen(KeyManager::Provider);
    let rotates = own && metadata.as_ref().map_or(true, can_rotate);
    let body = json!({"KeyId": arn});
    let (rotation, policy, tags, grants) = futures::join!(
        async {
            match shown.rotation {
                _ if !rotates => None,
                Some(heard) => Some(Ok(heard)),
                None => {
                    Some(session.told::<RotationStatus>(ask(&GET_KEY_ROTATION_STATUS, body.clone())).await)
                }
            }
        },
        async {
            let body = json!({"KeyId": arn, "PolicyName": "default"});
            match shown.policy {
                _ if !own => None,
                Some(heard) => Some(Ok(heard.map(|policy| KeyPolicy { policy }))),
                None => Some(session.told::<KeyPolicy>(ask(&GET_KEY_POLICY, body)).await),
            }
        },
        async {
            match shown.tags {
                _ if !own => None,
                Some(heard) => Some(Ok(heard)),
                None => Some(list_tags(session, region, arn, id).await),
            }
        },
        async { if own { Some(grants::list(session, region, arn, id).await) } else { None } },
    );
    let state = state(&mut sheet, metadata.as_ref());
    let key = KeyFacet {
        origin: from(&mut sheet, "key.origin", metadata.as_ref(), |key| key.origin.as_deref().map(shorten)),
        deletion_date: observed(&mut sheet, "key", metadata.as_ref()).map(deletion_date),
        multi_region: from(&mut sheet, "key.multi_region", metadata.as_ref(), |key| key.multi_region),
        rotation: rotation_of(&mut sheet, rotation, own, id, metadata.as_ref().ok()),
        aliases: match aliases {
            Ok(heard) => {
                let all = heard.told.as_ref().and_then(|all| all.get(id)).cloned().unwrap_or_default();
                Observed::Seen(all)
            }
            Err(shortfall) => sheet.unseen("key.aliases", shortfall),
        },
        manager,
        state,
    };
    resource.key = Some(key);
    if own {
        resource.tags = match tags {
            Some(Ok(heard)) => {
                sheet.shown("tags", &heard.call);
                Observed::Seen(heard.told.unwrap_or_default())
            }
            Some(Err(shortfall)) => sheet.unseen("tags", &shortfall),
            None => Observed::default(),
        };
        resource.erasure = Some(Erasure { obstacles: vec![deletion_wait(&mut sheet, metadata.as_ref())] });
        if let Some(policy) = policy {
            let read = policy_of(arn, policy);
            resource.facets.push(Facet::Sources);
            resource.sources = Some(sources(&mut sheet, &read));
            resource.exposure = Some(exposure(&mut sheet, read));
        }
        if let (Some(exposure), Some(grants)) = (&mut resource.exposure, grants) {
            grants::let_in(exposure, &mut sheet, grants);
        }
    } else {
        // The provider's own keys: the customer can neither label, share nor destroy them.
        resource.facets = vec![Facet::Copies, Facet::Key];
    }
    resource.captured = sheet.captured();
    let (gaps, evidence) = sheet.finish();
    resource.evidence = evidence;
    (resource, gaps)
}

/// What a record shows of a key, as if each had been asked.
#[derive(Default)]
struct Shows {
    metadata: Option<Heard<Metadata>>,
    rotation: Option<Heard<RotationStatus>>,
    policy: Option<Heard<String>>,
    tags: Option<Heard<BTreeMap<String, String>>>,
}

impl Shows {
    fn of(record: Option<Record<KeyRecord>>, sheet: &mut Sheet) -> Self {
        let Some(Record { call, captured, reads_all, shows, .. }) = record else { return Self::default() };
        sheet.recorded(call, captured);
        Self {
            metadata: shows.metadata.heard(call, reads_all),
            rotation: shows.rotation.heard(call, reads_all),
            policy: shows.policy.heard(call, reads_all),
            tags: shows.tags.heard(call, reads_all),
        }
    }
}

/// The keys of every region as an aggregator has them; each region's own are taken from there.
#[derive(Debug, Default)]
pub struct RecordedKeys(OnceCell<Option<Mutex<KeysByRegion>>>);

/// The records of keys, by region.
type KeysByRegion = BTreeMap<String, Records<KeyRecord>>;

impl RecordedKeys {
    /// What can be relied on of a region's keys: of an aggregator where one knows the region, else of the region's
    /// own recorder.
    async fn of_region(&self, session: &Session, region: &str) -> Records<KeyRecord> {
        let Some(trust) = trusted(session, region, KeyRecord::KIND).await else { return Records::new() };
        let gathered =
            self.0.get_or_init(|| async { recorded::gathered(session).await.map(Mutex::new) }).await;
        let own = gathered
            .as_ref()
            .and_then(|gathered| gathered.lock().unwrap_or_else(PoisonError::into_inner).remove(region));
        match own {
            Some(own) => recorded::relied_on(own, trust),
            None => recorded::of_region(session, region, trust).await,
        }
    }
}

fn unknown(what: &str, value: Option<&str>) -> Shortfall {
    let detail = format!("unknown {what} `{}`", shorten(value.unwrap_or("")));
    Shortfall::of(&DESCRIBE_KEY, GapReason::Unknown, None, detail)
}

fn observed<'a>(
    sheet: &mut Sheet,
    facet: &str,
    metadata: Result<&'a Metadata, &Shortfall>,
) -> Observed<&'a Metadata> {
    sheet.observe(facet, metadata)
}

/// A property that must be stated; a gap where it is not.
fn from<T>(
    sheet: &mut Sheet,
    facet: &str,
    metadata: Result<&Metadata, &Shortfall>,
    read: impl FnOnce(&Metadata) -> Option<T>,
) -> Observed<T> {
    match metadata {
        Ok(key) => match read(key) {
            Some(value) => Observed::Seen(value),
            None => sheet.unseen(facet, &unknown(facet, None)),
        },
        Err(shortfall) => sheet.unseen("key", shortfall),
    }
}

fn state(sheet: &mut Sheet, metadata: Result<&Metadata, &Shortfall>) -> Observed<KeyState> {
    from(sheet, "key.state", metadata, |key| match key.key_state.as_deref()? {
        "Enabled" => Some(KeyState::Enabled),
        "Disabled" | "Unavailable" | "Creating" | "Updating" => Some(KeyState::Disabled),
        "PendingDeletion" | "PendingReplicaDeletion" => Some(KeyState::PendingDeletion),
        "PendingImport" => Some(KeyState::PendingImport),
        _ => None,
    })
}

/// Symmetric keys with material of KMS rotate; others cannot. A key about to go is not asked, one of a kind that
/// is not known is.
fn can_rotate(key: &Metadata) -> bool {
    const OTHER: [&str; 5] = ["RSA_", "ECC_", "HMAC_", "ML_DSA_", "SM2"];
    let other = key.key_spec.as_deref().is_some_and(|spec| OTHER.iter().any(|kind| spec.starts_with(kind)));
    let elsewhere = matches!(key.origin.as_deref(), Some("EXTERNAL" | "EXTERNAL_KEY_STORE" | "AWS_CLOUDHSM"));
    let leaves = matches!(key.key_state.as_deref(), Some("PendingDeletion" | "PendingReplicaDeletion"));
    !(other || elsewhere || leaves)
}

/// Where the material rests: here, and wherever a multi-Region key has its primary and replicas.
fn copies(sheet: &mut Sheet, region: &str, metadata: Result<&Metadata, &Shortfall>) -> Vec<Copy> {
    let at = |region: &str, holder: Option<String>| {
        Copy::new(CopyRole::Key, holder, Observed::Seen(region.to_owned()))
    };
    let somewhere = || Copy::new(CopyRole::Key, None, Observed::default());
    let mut copies = vec![at(region, None)];
    if metadata.is_ok_and(|key| key.origin.as_deref() == Some("EXTERNAL")) {
        let original = "the material was brought in from outside AWS, where its original rests";
        let _: Observed<()> =
            sheet.unseen("copies", &Shortfall::of(&DESCRIBE_KEY, GapReason::Unresolved, None, original));
        copies.push(somewhere());
    }
    match metadata {
        Err(shortfall) => {
            // It may be a multi-Region key with replicas anywhere.
            let _: Observed<()> = sheet.unseen("copies", shortfall);
            copies.push(somewhere());
        }
        Ok(key) if key.origin.as_deref() == Some("EXTERNAL_KEY_STORE") => {
            let outside = "the material rests in a key store outside AWS";
            let _: Observed<()> =
                sheet.unseen("copies", &Shortfall::of(&DESCRIBE_KEY, GapReason::Unresolved, None, outside));
            copies.push(somewhere());
        }
        Ok(Metadata { multi_region: Some(true), multi_region_configuration: Some(places), .. })
            if places.agree() =>
        {
            let all: BTreeMap<&str, &str> =
                places.all().map(|place| (place.region.as_str(), place.arn.as_str())).collect();
            copies.extend(
                all.iter()
                    .filter(|(place, _)| **place != region)
                    .map(|(place, arn)| at(place, Some(shorten(arn)))),
            );
        }
        Ok(Metadata { multi_region: Some(false), multi_region_configuration: None, .. }) => {}
        // Neither "yes" with its replicas nor "no".
        Ok(_) => {
            let untold = "the answer does not say whether the key has replicas in other regions";
            let _: Observed<()> =
                sheet.unseen("copies", &Shortfall::of(&DESCRIBE_KEY, GapReason::Malformed, None, untold));
            copies.push(somewhere());
        }
    }
    copies
}

/// Whether a key's material is replaced.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RotationStatus {
    key_id: Option<String>,
    key_rotation_enabled: bool,
    rotation_period_in_days: Option<u32>,
}

impl RotationStatus {
    /// It is not.
    pub const fn off() -> Self {
        Self { key_id: None, key_rotation_enabled: false, rotation_period_in_days: None }
    }
}

fn rotation_of(
    sheet: &mut Sheet,
    asked: Option<Asked<RotationStatus>>,
    own: bool,
    id: &str,
    key: Option<&Metadata>,
) -> Observed<Rotation> {
    let rotates = key.is_some_and(|key| {
        key.key_spec.as_deref() == Some("SYMMETRIC_DEFAULT") && key.origin.as_deref() == Some("AWS_KMS")
    });
    let about = |status: &RotationStatus| status.key_id.as_deref().is_none_or(|about| about.ends_with(id));
    let doubtful = match &asked {
        Some(Ok(Heard { told: None, .. })) if rotates => {
            Some("it is stated not to rotate, but keys of its kind can")
        }
        Some(Ok(Heard { told: Some(status), .. })) if !about(status) => Some(OTHER_KEY),
        _ => None,
    };
    if let (Some(why), Some(Ok(heard))) = (doubtful, &asked) {
        let operation = &GET_KEY_ROTATION_STATUS;
        let doubt = Shortfall::of(operation, GapReason::Malformed, Some(heard.call), why);
        return sheet.unseen("key.rotation", &doubt);
    }
    match asked {
        // The provider rotates its own keys every year.
        None if !own => Observed::Seen(Rotation { possible: true, enabled: true, days: Some(365) }),
        None => Observed::Seen(Rotation { possible: false, enabled: false, days: None }),
        Some(Ok(heard)) => {
            sheet.shown("key", &heard.call);
            Observed::Seen(match heard.told {
                None => Rotation { possible: false, enabled: false, days: None },
                Some(status) => Rotation {
                    possible: true,
                    enabled: status.key_rotation_enabled,
                    days: status.rotation_period_in_days,
                },
            })
        }
        Some(Err(shortfall)) => sheet.unseen("key.rotation", &shortfall),
    }
}

fn deletion_date(key: &Metadata) -> Option<String> {
    moment(key.deletion_date?)
}

/// Destroying a key takes at least a week; once asked for, until its date.
fn deletion_wait(sheet: &mut Sheet, metadata: Result<&Metadata, &Shortfall>) -> Obstacle {
    let of = |starts, days, until| Obstacle {
        kind: Observed::Seen(ObstacleKind::KeyDeletionWait),
        starts: Observed::Seen(starts),
        days: Observed::Seen(days),
        until: Observed::Seen(until),
        lifted_by: Observed::Seen(LiftedBy::Nobody),
    };
    let unknown = |starts| Obstacle {
        kind: Observed::Seen(ObstacleKind::KeyDeletionWait),
        starts,
        days: Observed::default(),
        until: Observed::default(),
        lifted_by: Observed::default(),
    };
    match metadata {
        Err(shortfall) => unknown(sheet.unseen("erasure", shortfall)),
        Ok(key) => match (key.key_state.as_deref(), deletion_date(key)) {
            (Some("PendingDeletion"), Some(until)) => of(Starts::Fixed, None, Some(until)),
            (Some("PendingDeletion"), None) => {
                let undated = Shortfall::of(&DESCRIBE_KEY, GapReason::Malformed, None, "no date of deletion");
                unknown(sheet.unseen("erasure", &undated))
            }
            // A primary waits until its replicas are gone, and then its own time.
            (Some("PendingReplicaDeletion"), _) => {
                let own = key.pending_deletion_window_in_days.unwrap_or(30);
                of(Starts::AtRequest, Some(30 + own), None)
            }
            _ => {
                let replicas = key
                    .multi_region_configuration
                    .as_ref()
                    .is_some_and(|places| places.all().nth(1).is_some());
                let waits = if replicas { 2 } else { 1 };
                of(Starts::AtRequest, Some(SHORTEST_WAIT_DAYS * waits), None)
            }
        },
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyPolicy {
    policy: String,
}

fn policy_of(arn: &str, asked: Asked<KeyPolicy>) -> Result<(PolicyReading, CallId), Shortfall> {
    asked.and_then(|heard| {
        let unread = |why: &str| Shortfall::of(&GET_KEY_POLICY, GapReason::Malformed, Some(heard.call), why);
        let text = heard.told.as_ref().ok_or_else(|| unread("no policy in the answer"))?;
        let reading: PolicyReading =
            policy::read(&text.policy, arn).map_err(|malformed| unread(&malformed.0))?;
        Ok((reading, heard.call))
    })
}

/// From where a key can be used, by its policy. The policy is where all rights to a key begin.
fn sources(sheet: &mut Sheet, read: &Result<(PolicyReading, CallId), Shortfall>) -> Sources {
    match read {
        Ok((reading, call)) => {
            sheet.shown("sources", call);
            reading.bounds.clone().decides().sources(sheet)
        }
        Err(shortfall) => perhaps_bounded(sheet, shortfall),
    }
}

fn exposure(sheet: &mut Sheet, read: Result<(PolicyReading, CallId), Shortfall>) -> Exposure {
    match read {
        Ok((reading, call)) => {
            sheet.shown("exposure", &call);
            let anyone =
                reading.principals.iter().any(|principal| principal.class == PrincipalClass::Anonymous);
            Exposure {
                public: Observed::Seen(anyone),
                // KMS has no barrier above the policy, and answers over TLS alone.
                public_access_blocked: Observed::Seen(!anyone),
                tls_only: Observed::Seen(true),
                principals: Observed::Seen(reading.principals),
            }
        }
        Err(shortfall) => Exposure {
            public: sheet.unseen("exposure", &shortfall),
            public_access_blocked: Observed::default(),
            tls_only: Observed::Seen(true),
            principals: Observed::default(),
        },
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagList {
    tags: Vec<Tag>,
    next_marker: Option<String>,
    truncated: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    tag_key: String,
    tag_value: String,
}

impl Page for TagList {
    type Item = Tag;
    const TOKEN: &'static str = "Marker";

    fn split(self) -> (Vec<Tag>, Option<String>, Option<bool>) {
        (self.tags, self.next_marker, self.truncated)
    }
    fn name(item: &Tag) -> String {
        item.tag_key.clone()
    }
}

async fn list_tags(session: &Session, region: &str, arn: &str, id: &str) -> Asked<BTreeMap<String, String>> {
    let mut tags = BTreeMap::new();
    let body = json!({"KeyId": arn});
    let mut list = List::<TagList>::of(session, Ask::of(&LIST_RESOURCE_TAGS, API, region, body).about(id));
    let mut last = None;
    while let Some((page, call)) = list.next().await? {
        last = Some(call);
        tags.extend(page.into_iter().map(|tag| (bound(&tag.tag_key), bound(&tag.tag_value))));
    }
    let none = || Shortfall::of(&LIST_RESOURCE_TAGS, GapReason::Malformed, None, "no list in the answer");
    Ok(Heard { call: last.ok_or_else(none)?, told: Some(tags) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_without_a_name_is_not_passed_over() {
        let pair = |target: &str, name: &str| Ok(Some((target.to_owned(), name.to_owned())));
        for (entry, expected) in [
            (json!({"AliasArn": "a", "AliasName": "alias/n", "TargetKeyId": "k"}), pair("k", "a")),
            (json!({"AliasName": "alias/n", "TargetKeyId": "k"}), pair("k", "arn:alias/n")),
            (json!({"AliasName": "alias/aws/s3"}), Ok(None)),
            (json!({"TargetKeyId": "k"}), Err("the list holds an alias without a name")),
        ] {
            let read: AliasEntry = serde_json::from_value(entry.clone()).unwrap();
            assert_eq!(read.read(|name| format!("arn:{name}")), expected, "{entry}");
        }
    }
}
