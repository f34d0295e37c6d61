//! Cloud Storage: buckets.
//!
//! Read by the JSON API's own words, which the asset inventory uses too; the gRPC API has others for the same things.

use super::Entry;
use super::draft::{Draft, Fact, Tally, days_of, number, read, whole_number};
use super::inventory::{Found, LIST_ASSETS, LIST_POLICIES, Listing, Own, Policies, Step};
use super::reach::{self, Folders};
use super::transfers::{self, LIST_TRANSFER_JOBS, Transfers};
use crate::quota;
use crate::session::Session;
use futures::StreamExt;
use sekisho_contract::draft::not_read;
use sekisho_contract::fact::{
    AccessLog, Bound, BoundEffect, CopyRole, Expiry, ExpiryRule, Facet, Kind, LiftedBy, ObstacleKind,
    Sources, Span, Starts, Versioning, VersioningState, is_open,
};
use sekisho_contract::gap::{bound, shorten};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

operation!(
    /// Every bucket of the project, whole.
    LIST_BUCKETS = "storage" "buckets.list", at "storage/v1/b", needs "storage.buckets.list", quota quota::STORAGE,
    Per::Sometimes, Get, facts "buckets, where the asset inventory is refused"
);
operation!(
    /// Buckets that were deleted and can still be had back.
    LIST_DELETED = "storage" "buckets.list.softDeleted", at "storage/v1/b", needs "storage.buckets.list",
    quota quota::STORAGE, Per::Account, Get, facts "deleted buckets whose data are still kept, and until when"
);

/// Buckets.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::ObjectStore, Kind::Delivery] },
    methods: &[
        &LIST_ASSETS,
        &LIST_POLICIES,
        &LIST_BUCKETS,
        &LIST_DELETED,
        &reach::LIST_FOLDERS,
        &reach::GET_FOLDER_POLICY,
        &LIST_TRANSFER_JOBS,
        &transfers::LIST_REPLICATIONS,
    ],
    assets: ASSETS,
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "storage";
const ASSETS: &[&str] = &["storage.googleapis.com/Bucket"];
/// Where a bucket is made that names no place (storage.v1, Bucket.location).
const DEFAULT_LOCATION: &str = "US";
/// How long what was deleted is kept where nothing else is said: seven days
/// (cloud.google.com/storage/docs/soft-delete).
const DEFAULT_SOFT_DELETE: u64 = 7 * 24 * 60 * 60;

static OWN: &[&Own] = &[&Own {
    asset: "storage.googleapis.com/Bucket",
    steps: &[Step {
        method: &LIST_BUCKETS,
        at: &[("project", "{project}"), ("maxResults", "1000"), ("projection", "full")],
        items: "items",
        name: |item, _| Some(full_name(item.get("name")?.as_str()?)),
    }],
}];

/// A bucket's full name.
pub fn full_name(bucket: &str) -> String {
    format!("//storage.googleapis.com/{bucket}")
}

static DELETED: &[&Own] = &[&Own {
    asset: "storage.googleapis.com/Bucket",
    steps: &[Step {
        method: &LIST_DELETED,
        at: &[
            ("project", "{project}"),
            ("maxResults", "1000"),
            ("projection", "full"),
            ("softDeleted", "true"),
        ],
        items: "items",
        // Several of one name can have been deleted.
        name: |item, _| {
            let name = full_name(item.get("name")?.as_str()?);
            Some(format!("{name}#{}", item.get("generation")?.as_str()?))
        },
    }],
}];

/// Buckets whose folders are asked for at once.
const AT_ONCE: usize = 16;

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let (policies, transfers) = futures::join!(Policies::of(session, ASSETS), Transfers::of(session));
    let mut tally = Tally::default();
    tally.aside(policies.missing());
    let known = Known { policies, transfers };
    let mut listing = Listing::of(session, ASSETS, OWN);
    while let Some((found, missing)) = listing.next().await {
        missing.into_iter().for_each(|shortfall| tally.fell_short(shortfall));
        let with_folders = futures::stream::iter(found)
            .map(|found| async move { (reach::folders(session, &found).await, found) });
        let mut with_folders = with_folders.buffered(AT_ONCE);
        while let Some((folders, found)) = with_folders.next().await {
            match bucket(session, &known, &folders, found) {
                Ok(fact) => tally.tell(sink, fact),
                Err(shortfall) => tally.fell_short(shortfall),
            }
        }
    }
    let deleted = Listing::by_own_lists(session, DELETED);
    tally.read(deleted, sink, |found| deleted_bucket(session, found).map(Some)).await;
    known.transfers.told.into_iter().for_each(|fact| tally.tell(sink, fact));
    // Where the API is off each bucket says what that leaves open.
    let (off, missing): (Vec<_>, Vec<_>) =
        known.transfers.missing.into_iter().partition(|shortfall| shortfall.reason == GapReason::Closed);
    tally.aside(&off);
    missing.into_iter().for_each(|shortfall| tally.fell_short(shortfall));
    // Where there are buckets, they tell of it themselves.
    tally.aside(session.encrypted_transport.get().and_then(|asked| asked.as_ref().err()));
    tally.outcome()
}

/// What is known of all buckets at once.
struct Known {
    policies: Policies,
    transfers: Transfers,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bucket {
    name: String,
    location: Option<String>,
    custom_placement_config: Option<CustomPlacementConfig>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    versioning: Option<Switch>,
    lifecycle: Option<Lifecycle>,
    retention_policy: Option<RetentionPolicy>,
    default_event_based_hold: Option<bool>,
    object_retention: Option<ObjectRetention>,
    hard_delete_time: Option<String>,
    soft_delete_policy: Option<SoftDeletePolicy>,
    encryption: Option<BucketEncryption>,
    logging: Option<BucketLogging>,
    iam_configuration: Option<IamConfiguration>,
    ip_filter: Option<IpFilter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomPlacementConfig {
    #[serde(default)]
    data_locations: Vec<String>,
}

#[derive(Deserialize)]
struct Switch {
    #[serde(default)]
    enabled: bool,
}

#[derive(Deserialize)]
struct Lifecycle {
    #[serde(default)]
    rule: Vec<LifecycleRule>,
}

#[derive(Deserialize)]
struct LifecycleRule {
    action: LifecycleAction,
    #[serde(default)]
    condition: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct LifecycleAction {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RetentionPolicy {
    #[serde(default, deserialize_with = "number")]
    retention_period: Option<u64>,
    #[serde(default)]
    is_locked: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SoftDeletePolicy {
    #[serde(default, deserialize_with = "number")]
    retention_duration_seconds: Option<u64>,
    hard_delete_pause: Option<Switch>,
}

#[derive(Deserialize)]
struct ObjectRetention {
    mode: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BucketEncryption {
    default_kms_key_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BucketLogging {
    log_bucket: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IpFilter {
    mode: Option<String>,
    allow_all_service_agent_access: Option<bool>,
    public_network_source: Option<PublicNetworkSource>,
    #[serde(default)]
    vpc_network_sources: Vec<VpcNetworkSource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PublicNetworkSource {
    #[serde(default)]
    allowed_ip_cidr_ranges: Vec<String>,
}

#[derive(Deserialize)]
struct VpcNetworkSource {
    network: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IamConfiguration {
    public_access_prevention: Option<String>,
    uniform_bucket_level_access: Option<Switch>,
}

fn bucket(session: &Session, known: &Known, folders: &Folders, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Bucket = read(&mut found)?;
    let location = told.location.as_deref().unwrap_or(DEFAULT_LOCATION);
    let mut draft = Draft::new(session, (Kind::ObjectStore, SERVICE), Some(location), &found);
    if full_name(&told.name) != found.name {
        let detail = format!("what is stated about {} is about {}", found.name, shorten(&told.name));
        return Err(draft.silent(detail));
    }
    placed(&mut draft, told.custom_placement_config.as_ref());
    // Buckets have no rules of replication: what is copied by transfer jobs is told by those.
    draft.without(&[Facet::Replication]);
    known.transfers.copy(&mut draft);
    draft.labelled(&told.labels);
    let versions = told.versioning.is_some_and(|versioning| versioning.enabled);
    draft.resource.versioning = Some(Versioning {
        state: Observed::Seen(if versions { VersioningState::Enabled } else { VersioningState::Off }),
        mfa_delete: Observed::Seen(false),
    });
    let rules = told.lifecycle.map(|lifecycle| lifecycle.rule).unwrap_or_default();
    draft.resource.expiry = Some(Expiry { rules: Observed::Seen(rules.iter().flat_map(expiry).collect()) });
    draft.encrypted(told.encryption.and_then(|encryption| encryption.default_kms_key_name).as_deref());
    locks(&mut draft, told.retention_policy, told.default_event_based_hold, told.object_retention);
    soft_delete(&mut draft, told.soft_delete_policy);
    if versions {
        draft.obstacle(ObstacleKind::Versions, Starts::AtRequest, None, LiftedBy::User);
    }
    let target = told.logging.and_then(|logging| logging.log_bucket).filter(|bucket| !bucket.is_empty());
    let target = target.map(|bucket| shorten(&full_name(&bucket)));
    if let Some(target) = &target {
        draft.copy_with(CopyRole::Log, target);
    }
    draft.resource.access_log =
        Some(AccessLog { enabled: Observed::Seen(target.is_some()), target: Observed::Seen(target) });
    filtered(&mut draft, told.ip_filter.as_ref());
    let iam = told.iam_configuration;
    let uniform = iam.as_ref().and_then(|iam| iam.uniform_bucket_level_access.as_ref());
    let access = reach::Access {
        prevention: iam.as_ref().and_then(|iam| iam.public_access_prevention.as_deref()),
        uniform: uniform.is_some_and(|switch| switch.enabled),
    };
    reach::expose(session, &mut draft, &access, &known.policies, folders);
    Ok(draft.finish())
}

/// From where a bucket can be reached, by its filter of addresses. Who may not read the filter is told of none, or not of
/// what it lets pass ("Get bucket IP filtering rules").
fn filtered(draft: &mut Draft<'_>, filter: Option<&IpFilter>) {
    let bounds = match filter.map(|filter| (filter, filter.mode.as_deref())) {
        Some((_, Some("Disabled"))) => Ok(Vec::new()),
        Some((filter, Some("Enabled"))) => passing(filter).map(|bound| vec![bound]),
        Some((_, Some(other))) => {
            let detail =
                format!("`{}` is not a word this version knows of the filter of addresses", shorten(other));
            Err(Shortfall::without_call(GapReason::Unknown, detail))
        }
        Some((_, None)) | None => Err(not_read(UNSAID)),
    };
    let bounds = bounds.unwrap_or_else(|why| {
        draft.sheet.unseen::<()>("sources.bounds", &why);
        vec![Bound::perhaps()]
    });
    draft.resource.sources = Some(Sources { bounds: Observed::Seen(bounds) });
}

/// What an answer leaves out that the caller may not read.
const UNSAID: &str = "the answer does not say from where requests may come";

fn passing(filter: &IpFilter) -> Result<Bound, Shortfall> {
    let public = filter.public_network_source.iter().flat_map(|source| &source.allowed_ip_cidr_ranges);
    let mut addresses: Vec<String> = public.map(|range| shorten(range)).collect();
    let networks = filter.vpc_network_sources.iter().filter_map(|source| source.network.as_deref());
    let mut networks: Vec<String> = networks.map(shorten).collect();
    if addresses.is_empty() && networks.is_empty() {
        return Err(not_read(UNSAID));
    }
    let spans: Option<Vec<Span>> = addresses.iter().map(|text| Span::read(text)).collect();
    let nonsense = "its network rules contain something that is not an address range";
    let spans = spans.ok_or_else(|| Shortfall::without_call(GapReason::Malformed, nonsense))?;
    addresses.sort();
    networks.sort();
    let agents = "service agents of every service";
    let exempt = filter.allow_all_service_agent_access.unwrap_or(false).then(|| agents.to_owned());
    Ok(Bound {
        effect: Observed::Seen(BoundEffect::Refuses),
        addresses,
        networks,
        endpoints: Vec::new(),
        exempt: exempt.into_iter().collect(),
        open: Observed::Seen(is_open(&spans)),
    })
}

/// Where regions are named the bucket rests there, whatever its location says besides.
fn placed(draft: &mut Draft<'_>, placement: Option<&CustomPlacementConfig>) {
    if let Some(placement) = placement.filter(|placement| !placement.data_locations.is_empty()) {
        draft.rests_in(placement.data_locations.iter().map(String::as_str));
    }
}

/// A bucket that was deleted: its data are kept until they are deleted for good, and nobody can reach them.
fn deleted_bucket(session: &Session, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Bucket = read(&mut found)?;
    let location = told.location.as_deref().unwrap_or(DEFAULT_LOCATION);
    let mut draft = Draft::new(session, (Kind::ObjectStore, SERVICE), Some(location), &found);
    placed(&mut draft, told.custom_placement_config.as_ref());
    draft.without(&[
        Facet::Replication,
        Facet::Versioning,
        Facet::Expiry,
        Facet::Exposure,
        Facet::Sources,
        Facet::AccessLog,
        Facet::Audit,
    ]);
    draft.resource.name = format!("{} (deleted)", shorten(&told.name));
    draft.resource.made_from = Some(shorten(&full_name(&told.name)));
    draft.labelled(&told.labels);
    draft.encrypted(told.encryption.and_then(|encryption| encryption.default_kms_key_name).as_deref());
    match told.hard_delete_time {
        Some(until) => draft.obstacle_until(ObstacleKind::SoftDelete, &until, LiftedBy::Nobody),
        None => {
            let silent = draft.silent("the answer does not say when the bucket is deleted for good");
            draft.perhaps_hindered(&silent);
        }
    }
    Ok(draft.finish())
}

/// What keeps objects from being deleted. The inventory writes what is not there as something empty.
fn locks(
    draft: &mut Draft<'_>,
    policy: Option<RetentionPolicy>,
    held: Option<bool>,
    objects: Option<ObjectRetention>,
) {
    if let Some(policy) = policy {
        let days = policy.retention_period.and_then(days_of);
        match (policy.retention_period, days, policy.is_locked) {
            (None, _, false) => {}
            (_, Some(days), true) => {
                draft.obstacle(ObstacleKind::LockCompliance, Starts::AtWrite, Some(days), LiftedBy::Nobody);
            }
            (_, Some(days), false) => {
                let lifted_by = LiftedBy::PrivilegedUser;
                draft.obstacle(ObstacleKind::LockGovernance, Starts::AtWrite, Some(days), lifted_by);
            }
            (_, None, _) => {
                let silent = draft.silent("the retention policy does not say how long");
                draft.perhaps_hindered(&silent);
            }
        }
    }
    if held == Some(true) {
        draft.obstacle(ObstacleKind::LegalHold, Starts::AtWrite, None, LiftedBy::PrivilegedUser);
    }
    if objects.and_then(|objects| objects.mode).is_some_and(|mode| !mode.is_empty()) {
        let detail = "until when single objects are retained was not read";
        draft.perhaps_hindered(&Shortfall::without_call(GapReason::NotRead, detail));
    }
}

/// What was deleted is kept: nobody can delete it sooner.
fn soft_delete(draft: &mut Draft<'_>, policy: Option<SoftDeletePolicy>) {
    let paused = policy.as_ref().and_then(|policy| policy.hard_delete_pause.as_ref());
    let paused = paused.is_some_and(|pause| pause.enabled);
    let seconds = policy.and_then(|policy| policy.retention_duration_seconds).unwrap_or(DEFAULT_SOFT_DELETE);
    if seconds > 0 {
        draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, days_of(seconds), LiftedBy::Nobody);
    }
    if paused {
        draft.obstacle(ObstacleKind::LegalHold, Starts::AtRequest, None, LiftedBy::PrivilegedUser);
    }
}

/// The conditions an expiry rule can tell of; under any other it does not hold for everything under its prefix.
const TOLD: [&str; 4] = ["age", "isLive", "matchesPrefix", "daysSinceNoncurrentTime"];

/// What a rule deletes by itself, for each prefix it names.
fn expiry(rule: &LifecycleRule) -> Vec<ExpiryRule> {
    if rule.action.kind != "Delete" {
        return Vec::new();
    }
    // The inventory writes conditions that are not set as empty lists, or as nothing.
    let set = |value: &Value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty());
    let conditions: BTreeMap<&str, &Value> = rule
        .condition
        .iter()
        .filter(|(_, value)| set(value))
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    let days =
        |key: &str| conditions.get(key).copied().and_then(whole_number).map(|days| u32::try_from(days).ok());
    let live = conditions.get("isLive").copied().and_then(Value::as_bool);
    let (age, superseded) = (days("age"), days("daysSinceNoncurrentTime"));
    let prefixes = conditions.get("matchesPrefix").copied().and_then(Value::as_array);
    let prefixes: Vec<&str> = match prefixes {
        Some(prefixes) => prefixes.iter().filter_map(Value::as_str).collect(),
        None => vec![""],
    };
    // A number that cannot be read tells of no day.
    let legible = ["age", "daysSinceNoncurrentTime"]
        .iter()
        .all(|key| !conditions.contains_key(key) || days(key).flatten().is_some());
    let whole = legible && conditions.keys().all(|key| TOLD.contains(key));
    let (age, superseded) = (age.flatten(), superseded.flatten());
    let of = |prefix: &str| ExpiryRule {
        prefix: bound(prefix),
        whole,
        days: age.filter(|_| live != Some(false) && !conditions.contains_key("daysSinceNoncurrentTime")),
        from: None,
        // Counted from when it was written, an age is past before the days since it was superseded are.
        noncurrent_days: superseded.or(age).filter(|_| live != Some(true)),
    };
    prefixes.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_rule(rule: Value) -> Vec<(String, bool, Option<u32>, Option<u32>)> {
        let rule: LifecycleRule = serde_json::from_value(rule).unwrap();
        expiry(&rule)
            .into_iter()
            .map(|rule| (rule.prefix, rule.whole, rule.days, rule.noncurrent_days))
            .collect()
    }

    #[test]
    fn the_inventory_s_way_of_writing_a_rule_means_the_same() {
        let plain = json!({"action": {"type": "Delete"}, "condition": {"age": 30}});
        let recorded = json!({"action": {"type": "Delete"}, "condition": {
            "age": 30.0, "matchesPrefix": [], "matchesSuffix": [], "matchesStorageClass": [], "isLive": null
        }});
        let expected = vec![(String::new(), true, Some(30), Some(30))];
        assert_eq!(read_rule(plain), expected);
        assert_eq!(read_rule(recorded), expected);
        let partly =
            json!({"action": {"type": "Delete"}, "condition": {"age": "7", "matchesSuffix": [".log"]}});
        assert_eq!(read_rule(partly), vec![(String::new(), false, Some(7), Some(7))]);
        let illegible = json!({"action": {"type": "Delete"}, "condition": {"age": "soon"}});
        assert_eq!(read_rule(illegible), vec![(String::new(), false, None, None)]);
    }
}
