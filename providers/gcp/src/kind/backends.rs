//! What stands behind load balancers: caches of Cloud CDN all over the world, and policies of Cloud Armor.

use super::disks::own;
use super::draft::{Draft, Fact, Tally, all, read};
use super::inventory::{Found, Listing, Own};
use super::networks::{SERVICE as CELL, named};
use super::storage;
use crate::place::in_name;
use crate::quota;
use crate::session::{EVERYWHERE, Session};
use sekisho_contract::fact::{CopyRole, Facet, Guard, GuardPurpose, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::FactSink;
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;

operation!(
    /// Policies of Cloud Armor.
    LIST_SECURITY_POLICIES = "compute" "securityPolicies.list",
    at "compute/v1/projects/{project}/global/securityPolicies", needs "compute.securityPolicies.list",
    quota quota::COMPUTE, Per::Sometimes, Get, facts "web application firewalls, where the asset inventory is refused"
);
operation!(
    /// Backend services, regional ones included.
    LIST_SERVICES = "compute" "backendServices.aggregatedList",
    at "compute/v1/projects/{project}/aggregated/backendServices", needs "compute.backendServices.list",
    quota quota::COMPUTE, Per::Sometimes, Get,
    facts "caches near readers, and what of web requests is recorded, where the asset inventory is refused"
);
operation!(
    /// Buckets behind load balancers.
    LIST_BUCKETS = "compute" "backendBuckets.list", at "compute/v1/projects/{project}/global/backendBuckets",
    needs "compute.backendBuckets.list", quota quota::COMPUTE, Per::Sometimes, Get,
    facts "caches of buckets near readers, where the asset inventory is refused"
);

/// The sorts of backends.
pub const SERVICE: &str = "compute.googleapis.com/BackendService";
/// Those of one region.
pub const REGION_SERVICE: &str = "compute.googleapis.com/RegionBackendService";
/// Buckets.
pub const BUCKET: &str = "compute.googleapis.com/BackendBucket";
const POLICY: &str = "compute.googleapis.com/SecurityPolicy";
/// Where a cache is: wherever readers are (cloud.google.com/cdn/docs/locations).
const EDGE: &str = "edge";

static OWN: &[&Own] = &[
    &Own { asset: SERVICE, steps: &[own(&LIST_SERVICES, "items/*/backendServices")] },
    &Own { asset: BUCKET, steps: &[own(&LIST_BUCKETS, "items")] },
];
static OWN_POLICIES: &[&Own] = &[&Own { asset: POLICY, steps: &[own(&LIST_SECURITY_POLICIES, "items")] }];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BackendService {
    // The inventory writes some names of Compute Engine otherwise.
    #[serde(rename = "enableCDN", alias = "enableCdn")]
    enable_cdn: Option<bool>,
    log_config: Option<BackendServiceLogConfig>,
    security_policy: Option<String>,
    edge_security_policy: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BackendServiceLogConfig {
    enable: Option<bool>,
    sample_rate: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BackendBucket {
    enable_cdn: Option<bool>,
    bucket_name: Option<String>,
    edge_security_policy: Option<String>,
}

/// Every backend.
pub struct Backends {
    caches: Vec<Fact>,
    /// Policies with whether what they see at each backend is recorded, and what told of it.
    guarded: Vec<(String, bool, sekisho_contract::call::CallId)>,
    missing: Vec<Shortfall>,
}

impl Backends {
    /// Reads them.
    pub async fn of(session: &Session) -> Self {
        let listing = Listing::of(session, &[SERVICE, REGION_SERVICE, BUCKET], OWN);
        let (found, missing) = all(listing).await;
        let mut backends = Self { caches: Vec::new(), guarded: Vec::new(), missing };
        for found in found {
            let noted = match found.asset.as_str() {
                BUCKET => backends.bucket(session, found),
                _ => backends.service(session, found),
            };
            if let Err(shortfall) = noted {
                backends.missing.push(shortfall);
            }
        }
        backends
    }

    fn service(&mut self, session: &Session, mut found: Found) -> Result<(), Shortfall> {
        let told: BackendService = read(&mut found)?;
        // All requests are recorded where that is on and nothing else is said (compute.v1, BackendServiceLogConfig).
        let recorded = told
            .log_config
            .is_some_and(|log| log.enable == Some(true) && log.sample_rate.unwrap_or(1.0) >= 1.0);
        for policy in [told.security_policy, told.edge_security_policy].into_iter().flatten() {
            self.guarded.push((named(session, &policy), recorded, found.call));
        }
        if told.enable_cdn == Some(true) {
            self.caches.push(cache(session, &found, None));
        }
        Ok(())
    }

    fn bucket(&mut self, session: &Session, mut found: Found) -> Result<(), Shortfall> {
        let told: BackendBucket = read(&mut found)?;
        if let Some(policy) = told.edge_security_policy {
            // Requests to a bucket are always recorded (cloud.google.com/cdn/docs/logging).
            self.guarded.push((named(session, &policy), true, found.call));
        }
        if told.enable_cdn == Some(true) {
            self.caches.push(cache(session, &found, told.bucket_name.as_deref()));
        }
        Ok(())
    }

    /// Hands the caches on, and the policies.
    pub async fn tell(self, session: &Session, tally: &mut Tally, sink: &dyn FactSink) {
        let Self { caches, guarded, missing } = self;
        caches.into_iter().for_each(|fact| tally.tell(sink, fact));
        let listing = Listing::of(session, &[POLICY], OWN_POLICIES);
        let first = missing.first().cloned();
        tally.read(listing, sink, |found| Ok(Some(policy(session, &guarded, first.as_ref(), &found)))).await;
        missing.into_iter().for_each(|shortfall| tally.fell_short(shortfall));
    }
}

fn cache(session: &Session, found: &Found, bucket: Option<&str>) -> Fact {
    let mut draft = Draft::new(session, (Kind::Delivery, CELL), Some(EDGE), found);
    EVERYWHERE.clone_into(&mut draft.resource.region);
    draft.without(&[Facet::Tags]);
    draft.resource.copies.clear();
    draft.copy(CopyRole::Cache, None, EDGE);
    draft.resource.made_from = bucket.map(storage::full_name);
    draft.finish()
}

/// A policy: it is on where a backend has it, and records what it sees where all of them record their requests.
fn policy(
    session: &Session,
    guarded: &[(String, bool, sekisho_contract::call::CallId)],
    missing: Option<&Shortfall>,
    found: &Found,
) -> Fact {
    let place = in_name(&found.name).or(Some(EVERYWHERE));
    let mut draft = Draft::new(session, (Kind::Detector, CELL), place, found);
    EVERYWHERE.clone_into(&mut draft.resource.region);
    draft.without(&[Facet::Copies]);
    draft.resource.copies.clear();
    let own: Vec<_> = guarded.iter().filter(|(policy, ..)| *policy == found.name).collect();
    own.iter().for_each(|(_, _, call)| draft.sheet.shown("guard", call));
    let all = !own.is_empty() && own.iter().all(|(_, recorded, _)| *recorded);
    let (enabled, recorded) = match missing {
        Some(missing) => {
            let enabled = match own.is_empty() {
                true => draft.sheet.unseen("guard.enabled", missing),
                false => Observed::Seen(true),
            };
            let recorded = match all || own.is_empty() {
                true => draft.sheet.unseen("guard.recorded", missing),
                false => Observed::Seen(false),
            };
            (enabled, recorded)
        }
        None => (Observed::Seen(!own.is_empty()), Observed::Seen(all)),
    };
    let purpose = Observed::Seen(GuardPurpose::WebRequests);
    draft.resource.guard = Some(Guard { purpose, enabled, recorded });
    draft.finish()
}
