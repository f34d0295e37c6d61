//! Cloud Storage: buckets.
//!
//! Read by the JSON API's own words, which the asset inventory uses too; the gRPC API has others for the same things.

use super::Entry;
use super::draft::{Draft, Fact, Tally, days_of, number, read};
use super::inventory::{Found, LIST_ASSETS, LIST_POLICIES, Listing, Own, Policies, Step};
use super::principal;
use crate::quota;
use crate::session::Session;
use sekisho_contract::fact::{
    AccessLog, CopyRole, Expiry, ExpiryRule, Exposure, Facet, Kind, LiftedBy, ObstacleKind, Starts,
    Versioning, VersioningState,
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

/// Buckets.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::ObjectStore] },
    methods: &[&LIST_ASSETS, &LIST_POLICIES, &LIST_BUCKETS],
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

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let policies = Policies::of(session, ASSETS).await;
    let mut tally = Tally::default();
    let listing = Listing::of(session, ASSETS, OWN);
    tally.read(listing, sink, |found| bucket(session, &policies, found).map(Some)).await;
    tally.outcome()
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
    object_retention: Option<Value>,
    soft_delete_policy: Option<SoftDeletePolicy>,
    encryption: Option<BucketEncryption>,
    logging: Option<BucketLogging>,
    iam_configuration: Option<IamConfiguration>,
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
    hard_delete_pause: Option<Value>,
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
struct IamConfiguration {
    public_access_prevention: Option<String>,
    uniform_bucket_level_access: Option<Switch>,
}

fn bucket(session: &Session, policies: &Policies, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Bucket = read(&mut found)?;
    let location = told.location.as_deref().unwrap_or(DEFAULT_LOCATION);
    let mut draft = Draft::new(session, (Kind::ObjectStore, SERVICE), Some(location), &found);
    if full_name(&told.name) != found.name {
        let detail = format!("what is said of {} is about {}", found.name, shorten(&told.name));
        return Err(draft.silent(detail));
    }
    // Where regions are named the bucket rests there, whatever its location says besides.
    if let Some(placement) =
        told.custom_placement_config.filter(|placement| !placement.data_locations.is_empty())
    {
        draft.rests_in(placement.data_locations.iter().map(String::as_str));
    }
    // Buckets have no rules of replication: what is copied by transfer jobs is told by those.
    draft.without(&[Facet::Replication]);
    draft.labelled(&told.labels);
    let versions = told.versioning.is_some_and(|versioning| versioning.enabled);
    draft.resource.versioning = Some(Versioning {
        state: Observed::Seen(if versions { VersioningState::Enabled } else { VersioningState::Off }),
        mfa_delete: Observed::Seen(false),
    });
    let rules = told.lifecycle.map(|lifecycle| lifecycle.rule).unwrap_or_default();
    draft.resource.expiry = Some(Expiry { rules: Observed::Seen(rules.iter().flat_map(expiry).collect()) });
    draft.encrypted(told.encryption.and_then(|encryption| encryption.default_kms_key_name).as_deref());
    locks(&mut draft, told.retention_policy, told.default_event_based_hold, told.object_retention.is_some());
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
    expose(session, &mut draft, told.iam_configuration.as_ref(), policies);
    Ok(draft.finish())
}

/// What keeps objects from being deleted.
fn locks(draft: &mut Draft<'_>, policy: Option<RetentionPolicy>, held: Option<bool>, objects: bool) {
    if let Some(policy) = policy {
        let days = policy.retention_period.and_then(days_of);
        match (days, policy.is_locked) {
            (Some(days), true) => {
                draft.obstacle(ObstacleKind::LockCompliance, Starts::AtWrite, Some(days), LiftedBy::Nobody);
            }
            (Some(days), false) => {
                let lifted_by = LiftedBy::PrivilegedUser;
                draft.obstacle(ObstacleKind::LockGovernance, Starts::AtWrite, Some(days), lifted_by);
            }
            (None, _) => {
                let silent = draft.silent("the retention policy does not say how long");
                draft.perhaps_hindered(&silent);
            }
        }
    }
    if held == Some(true) {
        draft.obstacle(ObstacleKind::LegalHold, Starts::AtWrite, None, LiftedBy::PrivilegedUser);
    }
    if objects {
        let detail = "until when single objects are retained was not read";
        draft.perhaps_hindered(&Shortfall::without_call(GapReason::NotRead, detail));
    }
}

/// What was deleted is kept: nobody can delete it sooner.
fn soft_delete(draft: &mut Draft<'_>, policy: Option<SoftDeletePolicy>) {
    let paused = policy.as_ref().is_some_and(|policy| policy.hard_delete_pause.is_some());
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
    let days =
        |key: &str| rule.condition.get(key).and_then(Value::as_u64).and_then(|days| u32::try_from(days).ok());
    let live = rule.condition.get("isLive").and_then(Value::as_bool);
    let (age, superseded) = (days("age"), days("daysSinceNoncurrentTime"));
    let prefixes = rule.condition.get("matchesPrefix").and_then(Value::as_array).into_iter().flatten();
    let mut prefixes: Vec<&str> = prefixes.filter_map(Value::as_str).collect();
    if !rule.condition.contains_key("matchesPrefix") {
        prefixes.push("");
    }
    let whole = rule.condition.keys().all(|key| TOLD.contains(&key.as_str()));
    let of = |prefix: &str| ExpiryRule {
        prefix: bound(prefix),
        whole,
        days: age.filter(|_| live != Some(false) && superseded.is_none()),
        from: None,
        // Counted from when it was written, an age is past before the days since it was superseded are.
        noncurrent_days: superseded.or(age).filter(|_| live != Some(true)),
    };
    prefixes.into_iter().map(of).collect()
}

fn expose(session: &Session, draft: &mut Draft<'_>, told: Option<&IamConfiguration>, policies: &Policies) {
    let prevention = told.and_then(|iam| iam.public_access_prevention.as_deref());
    let blocked = match (prevention, session.public_access_prevented.get()) {
        (Some("enforced"), _) => Observed::Seen(true),
        // `inherited`, and the same where nothing is said: the organization's policy decides.
        (_, Some(Ok(prevented))) => Observed::Seen(*prevented),
        (_, Some(Err(shortfall))) => draft.sheet.unseen("exposure.public_access_blocked", shortfall),
        (_, None) => {
            let detail = "whether a policy of the organization prevents public access was not read";
            draft.sheet.unseen(
                "exposure.public_access_blocked",
                &Shortfall::without_call(GapReason::NotRead, detail),
            )
        }
    };
    // Without uniform access each object can carry a list of its own.
    let uniform =
        told.is_some_and(|iam| iam.uniform_bucket_level_access.as_ref().is_some_and(|switch| switch.enabled));
    let lists = Shortfall::without_call(GapReason::NotRead, "access lists of single objects were not read");
    let (public, principals) = match policies.on(&found_name(draft)) {
        Ok((policy, calls)) => {
            calls.iter().for_each(|call| draft.sheet.shown("exposure", call));
            let principals = principal::all(session, &policy);
            let open = principal::open(&principals);
            let public = match (open, uniform) {
                (true, _) => Observed::Seen(true),
                (false, true) => Observed::Seen(false),
                (false, false) if blocked == Observed::Seen(true) => Observed::Seen(false),
                (false, false) => draft.sheet.unseen("exposure.public", &lists),
            };
            let principals = match uniform {
                true => Observed::Seen(principals),
                false => draft.sheet.unseen("exposure.principals", &lists),
            };
            (public.and(blocked.not()), principals)
        }
        Err(shortfall) => {
            let public = draft.sheet.unseen("exposure.public", shortfall);
            let principals = draft.sheet.unseen("exposure.principals", shortfall);
            (blocked.not().and(public), principals)
        }
    };
    let tls_only = match session.encrypted_transport.get() {
        Some(Ok(enforced)) => Observed::Seen(*enforced),
        Some(Err(shortfall)) => draft.sheet.unseen("exposure.tls_only", shortfall),
        None => {
            let detail = "whether a policy of the organization refuses plain http was not read";
            draft.sheet.unseen("exposure.tls_only", &Shortfall::without_call(GapReason::NotRead, detail))
        }
    };
    draft.resource.exposure = Some(Exposure { public, public_access_blocked: blocked, tls_only, principals });
}

fn found_name(draft: &Draft<'_>) -> String {
    draft.resource.id.clone()
}
