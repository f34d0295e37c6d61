//! What watches networks for intrusions: endpoints of Cloud IDS, and the traffic that is mirrored to them.

use super::draft::{Draft, Tally, all, not_read, read};
use super::inventory::{Found, Listing, Own, Step};
use super::networks::{SERVICE, named};
use crate::place::in_name;
use crate::quota;
use crate::session::{EVERYWHERE, Session};
use sekisho_contract::fact::{Guard, GuardPurpose, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::FactSink;
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};

operation!(
    /// Endpoints of Cloud IDS.
    LIST_ENDPOINTS = "ids" "projects.locations.endpoints.list", at "v1/{+parent}/endpoints", needs "ids.endpoints.list",
    quota quota::OTHER, Per::Sometimes, Get, facts "detectors of intrusions, where the asset inventory is refused"
);
operation!(
    /// What is mirrored, and to where.
    LIST_MIRRORINGS = "compute" "packetMirrorings.aggregatedList",
    at "compute/v1/projects/{project}/aggregated/packetMirrorings", needs "compute.packetMirrorings.list",
    quota quota::COMPUTE, Per::Sometimes, Get, facts "traffic that detectors see, where the asset inventory is refused"
);

/// The sort of an endpoint.
pub const ENDPOINT: &str = "ids.googleapis.com/Endpoint";
const MIRRORING: &str = "compute.googleapis.com/PacketMirroring";

static OWN_ENDPOINTS: &[&Own] = &[&Own {
    asset: ENDPOINT,
    steps: &[Step {
        method: &LIST_ENDPOINTS,
        at: &[("parent", "projects/{project}/locations/-"), ("pageSize", "1000")],
        items: "endpoints",
        name: |item, _| Some(format!("//ids.googleapis.com/{}", item.get("name")?.as_str()?)),
    }],
}];
static OWN_MIRRORINGS: &[&Own] =
    &[&Own { asset: MIRRORING, steps: &[super::disks::own(&LIST_MIRRORINGS, "items/*/packetMirrorings")] }];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    state: Option<String>,
    network: Option<String>,
    endpoint_forwarding_rule: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PacketMirroring {
    enable: Option<String>,
    network: Option<PacketMirroringNetworkInfo>,
    collector_ilb: Option<PacketMirroringForwardingRuleInfo>,
    mirrored_resources: Option<PacketMirroringMirroredResourceInfo>,
    filter: Option<PacketMirroringFilter>,
}

#[derive(Deserialize)]
struct PacketMirroringNetworkInfo {
    url: Option<String>,
}

#[derive(Deserialize)]
struct PacketMirroringForwardingRuleInfo {
    url: Option<String>,
}

#[derive(Deserialize)]
struct PacketMirroringMirroredResourceInfo {
    #[serde(default)]
    subnetworks: Vec<PacketMirroringMirroredResourceInfoSubnetInfo>,
}

#[derive(Deserialize)]
struct PacketMirroringMirroredResourceInfoSubnetInfo {
    url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PacketMirroringFilter {
    #[serde(default)]
    cidr_ranges: Vec<IgnoredAny>,
    #[serde(default, rename = "IPProtocols", alias = "ipProtocols")]
    protocols: Vec<IgnoredAny>,
    direction: Option<String>,
}

impl PacketMirroringFilter {
    fn lets_all_through(&self) -> bool {
        self.cidr_ranges.is_empty()
            && self.protocols.is_empty()
            && self.direction.as_deref().is_none_or(|direction| direction == "BOTH")
    }
}

/// Every endpoint, and what is mirrored to it.
pub struct Watchers {
    endpoints: Vec<(Endpoint, Found)>,
    /// By network, the subnetworks whose traffic is mirrored whole, by where it is mirrored to.
    mirrored: BTreeMap<String, Vec<(String, BTreeSet<String>, Found)>>,
    missing: Vec<Shortfall>,
    unlisted: Vec<Shortfall>,
}

impl Watchers {
    /// Reads them.
    pub async fn of(session: &Session) -> Self {
        let (endpoints, mirrorings) = futures::join!(
            all(Listing::of(session, &[ENDPOINT], OWN_ENDPOINTS)),
            all(Listing::of(session, &[MIRRORING], OWN_MIRRORINGS))
        );
        let unlisted = mirrorings.1;
        let mut watchers =
            Self { endpoints: Vec::new(), mirrored: BTreeMap::new(), missing: endpoints.1, unlisted };
        for mut found in endpoints.0 {
            match read(&mut found) {
                Ok(endpoint) => watchers.endpoints.push((endpoint, found)),
                Err(shortfall) => watchers.missing.push(shortfall),
            }
        }
        for mut found in mirrorings.0 {
            match read::<PacketMirroring>(&mut found) {
                Ok(mirroring) => watchers.mirrors(session, mirroring, found),
                Err(shortfall) => watchers.unlisted.push(shortfall),
            }
        }
        watchers
    }

    /// Why they are not all known.
    pub fn missing(&self) -> impl Iterator<Item = &Shortfall> {
        self.missing.iter().chain(&self.unlisted)
    }

    fn mirrors(&mut self, session: &Session, told: PacketMirroring, found: Found) {
        let on = told.enable.as_deref().is_none_or(|enable| enable == "TRUE");
        let whole = told.filter.as_ref().is_none_or(PacketMirroringFilter::lets_all_through);
        let network = told.network.and_then(|network| network.url);
        let collector = told.collector_ilb.and_then(|collector| collector.url);
        let (Some(network), Some(collector), true, true) = (network, collector, on, whole) else { return };
        let subnetworks = told.mirrored_resources.map(|told| told.subnetworks).unwrap_or_default();
        let subnetworks = subnetworks.into_iter().filter_map(|one| one.url).map(|link| named(session, &link));
        let mirrored = (named(session, &collector), subnetworks.collect(), found);
        self.mirrored.entry(named(session, &network)).or_default().push(mirrored);
    }

    /// Whether a network is watched: all of its subnetworks with machines are mirrored to endpoints of its own. What
    /// else may watch it is not read.
    pub fn watched(&self, draft: &mut Draft<'_>, network: &str, machines: &[&str]) -> Observed<bool> {
        const FACET: &str = "traffic.watched";
        let session = draft.session();
        let own = self.endpoints.iter().filter(|(endpoint, _)| {
            let of = endpoint.network.as_deref().map(|link| named(session, link));
            of.as_deref() == Some(network) && endpoint.state.as_deref() == Some("READY")
        });
        let mut collectors = BTreeSet::new();
        for (endpoint, found) in own {
            draft.sheet.shown("traffic", &found.call);
            collectors.extend(endpoint.endpoint_forwarding_rule.as_deref().map(|link| named(session, link)));
        }
        let mut mirrored: BTreeSet<&str> = BTreeSet::new();
        for (collector, subnetworks, found) in self.mirrored.get(network).into_iter().flatten() {
            if collectors.contains(collector) {
                draft.sheet.shown("traffic", &found.call);
                mirrored.extend(subnetworks.iter().map(String::as_str));
            }
        }
        if !machines.is_empty() && machines.iter().all(|machine| mirrored.contains(machine)) {
            return Observed::Seen(true);
        }
        if let Some(missing) = self.missing.first().or(self.unlisted.first()) {
            return draft.sheet.unseen(FACET, missing);
        }
        let detail = "no endpoint of Cloud IDS sees all its traffic, and whether anything else watches it was not read";
        draft.sheet.unseen(FACET, &not_read(detail))
    }

    /// Hands the endpoints on.
    pub fn tell(&self, session: &Session, tally: &mut Tally, sink: &dyn FactSink) {
        for (endpoint, found) in &self.endpoints {
            let place = in_name(&found.name).or(Some(EVERYWHERE));
            let mut draft = Draft::new(session, (Kind::Detector, SERVICE), place, found);
            EVERYWHERE.clone_into(&mut draft.resource.region);
            let enabled = endpoint.state.as_deref().map(|state| state == "READY");
            draft.resource.guard = Some(Guard {
                purpose: Observed::Seen(GuardPurpose::Intrusion),
                enabled: draft.said("guard.enabled", enabled),
                // Threats are always written to Cloud Logging
                // (cloud.google.com/intrusion-detection-system/docs/logging).
                recorded: Observed::Seen(true),
            });
            tally.tell(sink, draft.finish());
        }
        self.missing.iter().cloned().for_each(|shortfall| tally.fell_short(shortfall));
    }
}
