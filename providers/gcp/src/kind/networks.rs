//! Networks: whether they reach the internet, and whether their traffic is recorded and watched.

use super::Entry;
use super::disks::{full_name, own};
use super::draft::{Draft, Fact, Tally, all, not_read, read};
use super::inventory::{Found, Listing, Own, Step};
use crate::place::in_name;
use crate::quota;
use crate::session::{EVERYWHERE, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Facet, Guard, GuardPurpose, Kind, Traffic};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

operation!(
    /// The networks of the project.
    LIST_NETWORKS = "compute" "networks.list", at "compute/v1/projects/{project}/global/networks",
    needs "compute.networks.list", quota quota::COMPUTE, Per::Sometimes, Get,
    facts "networks, where the asset inventory is refused"
);
operation!(
    /// Their subnetworks, with what of the traffic is recorded.
    LIST_SUBNETWORKS = "compute" "subnetworks.aggregatedList",
    at "compute/v1/projects/{project}/aggregated/subnetworks", needs "compute.subnetworks.list", quota quota::COMPUTE,
    Per::Sometimes, Get, facts "flow logs of subnetworks, where the asset inventory is refused"
);
operation!(
    /// Their routes.
    LIST_ROUTES = "compute" "routes.list", at "compute/v1/projects/{project}/global/routes",
    needs "compute.routes.list", quota quota::COMPUTE, Per::Sometimes, Get,
    facts "routes to the internet, where the asset inventory is refused"
);
operation!(
    /// Policies of Cloud Armor.
    LIST_SECURITY_POLICIES = "compute" "securityPolicies.list",
    at "compute/v1/projects/{project}/global/securityPolicies", needs "compute.securityPolicies.list",
    quota quota::COMPUTE, Per::Sometimes, Get, facts "web application firewalls, where the asset inventory is refused"
);
operation!(
    /// Endpoints of Cloud IDS.
    LIST_ENDPOINTS = "ids" "projects.locations.endpoints.list", at "v1/{+parent}/endpoints", needs "ids.endpoints.list",
    quota quota::OTHER, Per::Sometimes, Get, facts "detectors of intrusions, where the asset inventory is refused"
);

/// Networks, and what watches them.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Network, Kind::Detector] },
    methods: &[&LIST_NETWORKS, &LIST_SUBNETWORKS, &LIST_ROUTES, &LIST_SECURITY_POLICIES, &LIST_ENDPOINTS],
    assets: &[ENDPOINT],
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "networks";
const NETWORKS: &[&str] = &["compute.googleapis.com/Network"];
const SUBNETWORKS: &[&str] = &["compute.googleapis.com/Subnetwork"];
const ROUTES: &[&str] = &["compute.googleapis.com/Route"];
const WATCHERS: &[&str] = &["compute.googleapis.com/SecurityPolicy", ENDPOINT];
const ENDPOINT: &str = "ids.googleapis.com/Endpoint";

static OWN_NETWORKS: &[&Own] =
    &[&Own { asset: "compute.googleapis.com/Network", steps: &[own(&LIST_NETWORKS, "items")] }];
static OWN_SUBNETWORKS: &[&Own] = &[&Own {
    asset: "compute.googleapis.com/Subnetwork",
    steps: &[own(&LIST_SUBNETWORKS, "items/*/subnetworks")],
}];
static OWN_ROUTES: &[&Own] =
    &[&Own { asset: "compute.googleapis.com/Route", steps: &[own(&LIST_ROUTES, "items")] }];
static OWN_WATCHERS: &[&Own] = &[
    &Own { asset: "compute.googleapis.com/SecurityPolicy", steps: &[own(&LIST_SECURITY_POLICIES, "items")] },
    &Own {
        asset: ENDPOINT,
        steps: &[Step {
            method: &LIST_ENDPOINTS,
            at: &[("parent", "projects/{project}/locations/-"), ("pageSize", "1000")],
            items: "endpoints",
            name: |item, _| Some(format!("//ids.googleapis.com/{}", item.get("name")?.as_str()?)),
        }],
    },
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subnetwork {
    network: String,
    log_config: Option<SubnetworkLogConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubnetworkLogConfig {
    #[serde(default)]
    enable: bool,
    flow_sampling: Option<f64>,
    filter_expr: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Route {
    network: String,
    next_hop_gateway: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    state: Option<String>,
}

/// Parts of networks, by network; and why they are not all known, if so.
struct Parts<T> {
    by_network: BTreeMap<String, Vec<(T, CallId)>>,
    missing: Option<Shortfall>,
}

impl<T: DeserializeOwned> Parts<T> {
    async fn of(listing: Listing<'_>, network: fn(&T) -> &str) -> Self {
        let (found, missing) = all(listing).await;
        let mut parts = Self { by_network: BTreeMap::new(), missing: missing.into_iter().next() };
        for mut found in found {
            match read::<T>(&mut found) {
                Ok(part) => {
                    let name = full_name(network(&part)).unwrap_or_default();
                    parts.by_network.entry(name).or_default().push((part, found.call));
                }
                Err(shortfall) => parts.missing = parts.missing.or(Some(shortfall)),
            }
        }
        parts
    }

    fn on(&self, network: &str) -> &[(T, CallId)] {
        self.by_network.get(network).map_or(&[], Vec::as_slice)
    }
}

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let subnetworks = Parts::of(Listing::of(session, SUBNETWORKS, OWN_SUBNETWORKS), |part: &Subnetwork| {
        part.network.as_str()
    })
    .await;
    let routes =
        Parts::of(Listing::of(session, ROUTES, OWN_ROUTES), |part: &Route| part.network.as_str()).await;
    let mut tally = Tally::default();
    let listing = Listing::of(session, NETWORKS, OWN_NETWORKS);
    tally.read(listing, sink, |found| network(session, &subnetworks, &routes, found).map(Some)).await;
    let listing = Listing::of(session, WATCHERS, OWN_WATCHERS);
    tally.read(listing, sink, |found| watcher(session, found).map(Some)).await;
    tally.outcome()
}

fn network(
    session: &Session,
    subnetworks: &Parts<Subnetwork>,
    routes: &Parts<Route>,
    found: Found,
) -> Result<Fact, Shortfall> {
    let mut draft = Draft::new(session, (Kind::Network, SERVICE), Some(EVERYWHERE), &found);
    EVERYWHERE.clone_into(&mut draft.resource.region);
    // A network spans all regions and keeps nothing, and has no labels.
    draft.without(&[Facet::Copies, Facet::Tags]);
    draft.resource.copies.clear();
    let out = |route: &Route| {
        route.next_hop_gateway.as_deref().is_some_and(|hop| hop.ends_with("/default-internet-gateway"))
    };
    let own = routes.on(&found.name);
    own.iter().for_each(|(_, call)| draft.sheet.shown("traffic", call));
    let internet_path = match (own.iter().any(|(route, _)| out(route)), &routes.missing) {
        (false, Some(missing)) => draft.sheet.unseen("traffic.internet_path", missing),
        (path, _) => Observed::Seen(path),
    };
    // Where nothing else is said half of the traffic is sampled (compute.v1, SubnetworkLogConfig.flowSampling).
    let whole = |part: &Subnetwork| {
        part.log_config.as_ref().is_some_and(|log| {
            let everything = log.filter_expr.as_deref().is_none_or(|filter| matches!(filter, "" | "true"));
            log.enable && log.flow_sampling.unwrap_or(0.5) >= 1.0 && everything
        })
    };
    let own = subnetworks.on(&found.name);
    own.iter().for_each(|(_, call)| draft.sheet.shown("traffic", call));
    let recorded = match (own.iter().all(|(part, _)| whole(part)), &subnetworks.missing) {
        (true, Some(missing)) => draft.sheet.unseen("traffic.recorded", missing),
        (all, _) => Observed::Seen(all),
    };
    draft.resource.traffic = Some(Traffic { internet_path, recorded, watched: Observed::default() });
    Ok(draft.finish())
}

/// What watches: an endpoint of Cloud IDS for intrusions, a policy of Cloud Armor for requests.
fn watcher(session: &Session, mut found: Found) -> Result<Fact, Shortfall> {
    let is_endpoint = found.asset == ENDPOINT;
    let told: Endpoint = if is_endpoint { read(&mut found)? } else { Endpoint { state: None } };
    let mut draft =
        Draft::new(session, (Kind::Detector, SERVICE), in_name(&found.name).or(Some(EVERYWHERE)), &found);
    EVERYWHERE.clone_into(&mut draft.resource.region);
    draft.resource.guard = Some(if is_endpoint {
        Guard {
            purpose: Observed::Seen(GuardPurpose::Intrusion),
            enabled: draft.said("guard.enabled", told.state.map(|state| state == "READY")),
            // Threats are always written to Cloud Logging (cloud.google.com/intrusion-detection-system/docs/logging).
            recorded: Observed::Seen(true),
        }
    } else {
        draft.without(&[Facet::Copies]);
        draft.resource.copies.clear();
        let detail = "whether what the policy sees is recorded is set at each backend, and was not read";
        Guard {
            purpose: Observed::Seen(GuardPurpose::WebRequests),
            enabled: Observed::Seen(true),
            recorded: draft.sheet.unseen("guard.recorded", &not_read(detail)),
        }
    });
    Ok(draft.finish())
}
