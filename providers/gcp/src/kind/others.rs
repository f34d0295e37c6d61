//! Everything else: what the index of the asset inventory names and no kind here reads.
//!
//! The index is a second list of the project too: what it names of the sorts that are read is held against the sweep.
//! It does not hold all there is: some services' things stand in no inventory.

use super::draft::{Draft, Tally, not_read};
use super::inventory::Found;
use super::list::Page;
use super::{ENTRIES, Entry};
use crate::method::Ask;
use crate::place::{is_region, located};
use crate::quota;
use crate::session::{EVERYWHERE, Session};
use sekisho_contract::Observed;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Guard, GuardPurpose, Kind, SecondList, Use, UseRead, Witness};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

operation!(
    /// Everything in the index of the inventory, whatever its sort.
    SEARCH_ALL = "cloudasset" "searchAllResources", at "v1/{+scope}:searchAllResources",
    needs "cloudasset.assets.searchAllResources", quota quota::ASSET_SEARCH, Per::Page(500), Get,
    facts "things of sorts that are not read, with their places; what of the others there is"
);

/// The index.
pub const ENTRY: Entry = Entry {
    service: Service { name: "inventory", reach: Reach::Global, kinds: &[] },
    methods: &[&SEARCH_ALL],
    assets: &[],
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

/// Sorts that come with those that are read and lie where they do.
const WITH: &[(&str, &str)] = &[
    ("bigquery.googleapis.com/", "bigquery"),
    ("secretmanager.googleapis.com/", "secretmanager"),
    ("artifactregistry.googleapis.com/", "artifactregistry"),
    ("bigtableadmin.googleapis.com/AppProfile", "bigtable"),
    ("bigtableadmin.googleapis.com/Table", "bigtable"),
    ("sqladmin.googleapis.com/Backup", "sqladmin"),
    ("storagetransfer.googleapis.com/TransferJob", "storage"),
];

/// Sorts that hold none of the customer's data: rights, switches, addresses, rules, and what only serves to read others.
/// Of the first, whatever an API has; of the others, these.
const EMPTY_APIS: &[&str] = &[
    "apikeys.googleapis.com/",
    "cloudbilling.googleapis.com/",
    "cloudresourcemanager.googleapis.com/",
    "dns.googleapis.com/",
    "iam.googleapis.com/",
    "monitoring.googleapis.com/",
    "orgpolicy.googleapis.com/",
    "serviceusage.googleapis.com/",
    "servicemanagement.googleapis.com/",
];
#[rustfmt::skip]
const EMPTY: &[&str] = &[
    "cloudasset.googleapis.com/Feed", "cloudkms.googleapis.com/AutokeyConfig", "cloudkms.googleapis.com/CryptoKeyVersion",
    "cloudkms.googleapis.com/EkmConfig", "cloudkms.googleapis.com/ImportJob", "cloudkms.googleapis.com/KeyRing",
    "compute.googleapis.com/Address", "compute.googleapis.com/Autoscaler", "compute.googleapis.com/Commitment",
    "compute.googleapis.com/ExternalVpnGateway", "compute.googleapis.com/Firewall", "compute.googleapis.com/FirewallPolicy",
    "compute.googleapis.com/ForwardingRule", "compute.googleapis.com/GlobalAddress",
    "compute.googleapis.com/GlobalForwardingRule", "compute.googleapis.com/HealthCheck",
    "compute.googleapis.com/HttpHealthCheck", "compute.googleapis.com/HttpsHealthCheck",
    "compute.googleapis.com/InstanceGroup", "compute.googleapis.com/InstanceGroupManager",
    "compute.googleapis.com/InstanceTemplate", "compute.googleapis.com/License", "compute.googleapis.com/Network",
    "compute.googleapis.com/NetworkEndpointGroup", "compute.googleapis.com/NodeTemplate",
    "compute.googleapis.com/PacketMirroring", "compute.googleapis.com/Project", "compute.googleapis.com/Reservation",
    "compute.googleapis.com/ResourcePolicy", "compute.googleapis.com/Route", "compute.googleapis.com/Router",
    "compute.googleapis.com/SecurityPolicy", "compute.googleapis.com/SslCertificate", "compute.googleapis.com/SslPolicy",
    "compute.googleapis.com/Subnetwork", "compute.googleapis.com/TargetGrpcProxy", "compute.googleapis.com/TargetHttpProxy",
    "compute.googleapis.com/TargetHttpsProxy", "compute.googleapis.com/TargetInstance", "compute.googleapis.com/TargetPool",
    "compute.googleapis.com/TargetSslProxy", "compute.googleapis.com/TargetTcpProxy",
    "compute.googleapis.com/TargetVpnGateway", "compute.googleapis.com/UrlMap", "compute.googleapis.com/VpnGateway",
    "compute.googleapis.com/VpnTunnel", "logging.googleapis.com/LogMetric", "logging.googleapis.com/LogView",
    "logging.googleapis.com/RecentQuery", "logging.googleapis.com/SavedQuery", "logging.googleapis.com/Settings",
    "pubsub.googleapis.com/Schema", "spanner.googleapis.com/InstanceConfig",
];

/// How something of a type stands to the sweep.
fn standing(asset: &str) -> (UseRead, Vec<String>) {
    if EMPTY.contains(&asset) || EMPTY_APIS.iter().any(|api| asset.starts_with(api)) {
        return (UseRead::WithoutData, Vec::new());
    }
    let read = ENTRIES.iter().find(|entry| entry.assets.contains(&asset)).map(|entry| entry.service.name);
    let with = WITH.iter().find(|(prefix, _)| asset.starts_with(prefix)).map(|(_, service)| *service);
    match read.or(with) {
        Some(service) => (UseRead::Swept, vec![service.to_owned()]),
        None => (UseRead::Unread, Vec::new()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SearchAllResourcesResponse {
    #[serde(default)]
    results: Vec<ResourceSearchResult>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSearchResult {
    name: String,
    asset_type: String,
    project: Option<String>,
    location: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

impl Page for SearchAllResourcesResponse {
    type Item = ResourceSearchResult;
    fn split(self) -> (Vec<ResourceSearchResult>, Option<String>) {
        (self.results, self.next_page_token)
    }
    fn name(item: &ResourceSearchResult) -> String {
        format!("{} {}", item.asset_type, item.name)
    }
}

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let parameters = [("scope", format!("projects/{}", session.project)), ("pageSize", "500".to_owned())];
    let (listed, missing) =
        super::list::pages::<SearchAllResourcesResponse>(session, Ask::of(&SEARCH_ALL, parameters)).await;
    let mut tally = Tally::default();
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut calls: Vec<CallId> = listed.iter().map(|(_, call)| *call).collect();
    calls.dedup();
    calls.extend(missing.as_ref().and_then(|missing| missing.call).filter(|call| !calls.contains(call)));
    let own = format!("projects/{}", session.number);
    let mut machines = None;
    for (thing, call) in listed {
        if thing.project.as_ref().is_some_and(|project| *project != own) {
            continue;
        }
        let api = thing.asset_type.split('.').next().unwrap_or_default();
        let place = thing.location.as_deref().map(|told| located(api, told));
        let region = place.filter(|place| is_region(place)).unwrap_or_else(|| EVERYWHERE.to_owned());
        *counts.entry((region, thing.asset_type.clone())).or_default() += 1;
        machines = machines.or((thing.asset_type == MACHINE).then_some(call));
        if standing(&thing.asset_type).0 == UseRead::Unread {
            tally.tell(sink, other(session, thing, call));
        }
    }
    let uses = counts.into_iter().map(|((region, what), count)| {
        let (read, services) = standing(&what);
        let extent = if count == 1 { "1 thing".to_owned() } else { format!("{count} things") };
        let (countries, accounted) = (Observed::default(), Observed::default());
        Use { region, what: shorten(&what), extent, read, services, countries, accounted }
    });
    sink.second_list(SecondList {
        witness: Witness::Inventory,
        exhaustive: false,
        read: missing.is_none(),
        uses: uses.collect(),
        calls,
    });
    if let Some(call) = machines {
        tally.tell(sink, scanner(session, call));
    }
    if let Some(missing) = missing {
        tally.fell_short(missing);
    }
    tally.outcome()
}

const MACHINE: &str = "compute.googleapis.com/Instance";

/// What scans machines for vulnerabilities: where there are any, it is not known whether anything does.
fn scanner(session: &Session, call: CallId) -> super::draft::Fact {
    let name = format!("//osconfig.googleapis.com/projects/{}/vulnerabilityReports", session.project);
    let (asset, operation) = (String::new(), &SEARCH_ALL.operation);
    let found = Found { asset, name, data: Value::Null, operation, call };
    let mut draft = Draft::new(session, (Kind::Detector, "osconfig"), Some(EVERYWHERE), &found);
    EVERYWHERE.clone_into(&mut draft.resource.region);
    draft.without(&[Facet::Copies]);
    draft.resource.copies.clear();
    let unread = not_read("whether machines are scanned for vulnerabilities was not read");
    draft.resource.guard = Some(Guard {
        purpose: Observed::Seen(GuardPurpose::Vulnerability),
        enabled: draft.sheet.unseen("guard.enabled", &unread),
        recorded: draft.sheet.unseen("guard.recorded", &unread),
    });
    draft.finish()
}

/// A thing of which nothing but the place is known.
fn other(session: &Session, thing: ResourceSearchResult, call: CallId) -> super::draft::Fact {
    let api = thing.asset_type.split('.').next().unwrap_or_default().to_owned();
    let found = Found {
        asset: thing.asset_type,
        name: session.own_name(&thing.name),
        data: Value::Null,
        operation: &SEARCH_ALL.operation,
        call,
    };
    let mut draft = Draft::new(session, (Kind::Other, &api), thing.location.as_deref(), &found);
    let unread = not_read(&format!("the copies of resources of the kind {} are not read", found.asset));
    draft.perhaps_copied(CopyRole::Replica, &unread);
    draft.labelled(&thing.labels);
    draft.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_are_read_or_named() {
        for (asset, expected) in [
            ("storage.googleapis.com/Bucket", UseRead::Swept),
            ("bigquery.googleapis.com/Table", UseRead::Swept),
            ("compute.googleapis.com/Disk", UseRead::Swept),
            ("compute.googleapis.com/Instance", UseRead::Unread),
            ("compute.googleapis.com/InstanceTemplate", UseRead::WithoutData),
            ("compute.googleapis.com/InstanceTemplates", UseRead::Unread),
            ("compute.googleapis.com/NetworkAttachment", UseRead::Unread),
            ("compute.googleapis.com/BackendService", UseRead::Swept),
            ("logging.googleapis.com/LogView", UseRead::WithoutData),
            ("pubsub.googleapis.com/Subscription", UseRead::Swept),
            ("aiplatform.googleapis.com/Dataset", UseRead::Unread),
            ("spanner.googleapis.com/Backup", UseRead::Unread),
            ("iam.googleapis.com/ServiceAccount", UseRead::WithoutData),
        ] {
            assert_eq!(standing(asset).0, expected, "{asset}");
        }
    }
}
