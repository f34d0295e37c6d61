//! Networks: whether they reach the internet, and whether their traffic is recorded and watched.

use super::Entry;
use super::backends::{self, Backends};
use super::disks::{full_name, own};
use super::draft::{Draft, Fact, Tally, all, not_read, read};
use super::inventory::{Found, Listing, Own, Step};
use super::watchers::{self, Watchers};
use crate::quota;
use crate::session::{EVERYWHERE, Session};
use sekisho_contract::fact::{Facet, Kind, Traffic};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::net::IpAddr;

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
    facts "routes to the internet and elsewhere, where the asset inventory is refused"
);
operation!(
    /// Their routers: what is learnt from others by BGP stands in no list of routes.
    LIST_ROUTERS = "compute" "routers.aggregatedList", at "compute/v1/projects/{project}/aggregated/routers",
    needs "compute.routers.list", quota quota::COMPUTE, Per::Sometimes, Get,
    facts "routes that are learnt from elsewhere, where the asset inventory is refused"
);
operation!(
    /// What external addresses lead in to.
    LIST_FORWARDING_RULES = "compute" "forwardingRules.aggregatedList",
    at "compute/v1/projects/{project}/aggregated/forwardingRules", needs "compute.forwardingRules.list",
    quota quota::COMPUTE, Per::Sometimes, Get, facts "ways in from the internet, where the asset inventory is refused"
);
operation!(
    /// The same, of load balancers of no region.
    LIST_GLOBAL_FORWARDING_RULES = "compute" "globalForwardingRules.list",
    at "compute/v1/projects/{project}/global/forwardingRules", needs "compute.globalForwardingRules.list",
    quota quota::COMPUTE, Per::Sometimes, Get, facts "ways in from the internet, where the asset inventory is refused"
);
operation!(
    /// Records of traffic that are set up for whole networks.
    LIST_FLOW_LOGS = "networkmanagement" "projects.locations.vpcFlowLogsConfigs.list",
    at "v1/{+parent}/vpcFlowLogsConfigs", needs "networkmanagement.vpcflowlogsconfigs.list", quota quota::OTHER,
    Per::Account, Get, facts "flow logs of whole networks and of subnetworks"
);

/// Networks, and what watches them.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: SERVICE,
        reach: Reach::Global,
        kinds: &[Kind::Network, Kind::Detector, Kind::Delivery],
    },
    methods: &[
        &LIST_NETWORKS,
        &LIST_SUBNETWORKS,
        &LIST_ROUTES,
        &LIST_ROUTERS,
        &LIST_FORWARDING_RULES,
        &LIST_GLOBAL_FORWARDING_RULES,
        &LIST_FLOW_LOGS,
        &watchers::LIST_ENDPOINTS,
        &watchers::LIST_MIRRORINGS,
        &backends::LIST_SECURITY_POLICIES,
        &backends::LIST_SERVICES,
        &backends::LIST_BUCKETS,
    ],
    assets: &[watchers::ENDPOINT, backends::SERVICE, backends::REGION_SERVICE, backends::BUCKET],
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

/// Its name.
pub const SERVICE: &str = "networks";
const NETWORKS: &[&str] = &["compute.googleapis.com/Network"];
const SUBNETWORKS: &[&str] = &["compute.googleapis.com/Subnetwork"];
const ROUTES: &[&str] = &["compute.googleapis.com/Route"];
const ROUTERS: &[&str] = &["compute.googleapis.com/Router"];
const RULES: &[&str] =
    &["compute.googleapis.com/ForwardingRule", "compute.googleapis.com/GlobalForwardingRule"];

static OWN_NETWORKS: &[&Own] =
    &[&Own { asset: "compute.googleapis.com/Network", steps: &[own(&LIST_NETWORKS, "items")] }];
static OWN_SUBNETWORKS: &[&Own] = &[&Own {
    asset: "compute.googleapis.com/Subnetwork",
    steps: &[own(&LIST_SUBNETWORKS, "items/*/subnetworks")],
}];
static OWN_ROUTES: &[&Own] =
    &[&Own { asset: "compute.googleapis.com/Route", steps: &[own(&LIST_ROUTES, "items")] }];
static OWN_ROUTERS: &[&Own] =
    &[&Own { asset: "compute.googleapis.com/Router", steps: &[own(&LIST_ROUTERS, "items/*/routers")] }];
static OWN_RULES: &[&Own] = &[
    &Own {
        asset: "compute.googleapis.com/ForwardingRule",
        steps: &[own(&LIST_FORWARDING_RULES, "items/*/forwardingRules")],
    },
    &Own {
        asset: "compute.googleapis.com/GlobalForwardingRule",
        steps: &[own(&LIST_GLOBAL_FORWARDING_RULES, "items")],
    },
];
static FLOW_LOGS: &[&Own] = &[&Own {
    asset: "networkmanagement.googleapis.com/VpcFlowLogsConfig",
    steps: &[Step {
        method: &LIST_FLOW_LOGS,
        at: &[("parent", "projects/{project}/locations/global"), ("pageSize", "500")],
        items: "vpcFlowLogsConfigs",
        name: |item, _| Some(format!("//networkmanagement.googleapis.com/{}", item.get("name")?.as_str()?)),
    }],
}];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Network {
    /// Only networks of the old sort, without subnetworks, have one.
    #[serde(rename = "IPv4Range", alias = "ipv4Range")]
    range: Option<String>,
    #[serde(default)]
    peerings: Vec<serde::de::IgnoredAny>,
}

/// A part of a network.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subnetwork {
    network: String,
    purpose: Option<String>,
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
    dest_range: Option<String>,
    next_hop_gateway: Option<String>,
    next_hop_network: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Router {
    network: Option<String>,
    #[serde(default)]
    bgp_peers: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ForwardingRule {
    network: Option<String>,
    load_balancing_scheme: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VpcFlowLogsConfig {
    network: Option<String>,
    subnet: Option<String>,
    state: Option<String>,
    flow_sampling: Option<f64>,
    filter_expr: Option<String>,
}

/// Subnetworks that only serve load balancers and the like: their traffic cannot be recorded, and no machine is in them
/// (cloud.google.com/vpc/docs/using-flow-logs).
const WITHOUT_MACHINES: [&str; 5] = [
    "GLOBAL_MANAGED_PROXY",
    "INTERNAL_HTTPS_LOAD_BALANCER",
    "REGIONAL_MANAGED_PROXY",
    "PRIVATE_SERVICE_CONNECT",
    "PRIVATE_NAT",
];

/// Parts of networks, by network; and why they are not all known, if so.
struct Parts<T> {
    /// Those of no network in particular stand under an empty name.
    by_network: BTreeMap<String, Vec<(T, Found)>>,
    missing: Vec<Shortfall>,
}

impl<T: DeserializeOwned> Parts<T> {
    async fn of(session: &Session, listing: Listing<'_>, network: fn(&T) -> Option<&str>) -> Self {
        let (found, missing) = all(listing).await;
        let mut parts = Self { by_network: BTreeMap::new(), missing };
        for mut found in found {
            match read::<T>(&mut found) {
                Ok(part) => {
                    let name = network(&part).map(|link| named(session, link)).unwrap_or_default();
                    parts.by_network.entry(name).or_default().push((part, found));
                }
                Err(shortfall) => parts.missing.push(shortfall),
            }
        }
        parts
    }

    fn on(&self, network: &str) -> impl Iterator<Item = &(T, Found)> {
        self.by_network.get(network).into_iter().flatten()
    }

    /// Those of a network, and those of none in particular.
    fn perhaps_on(&self, network: &str) -> impl Iterator<Item = &(T, Found)> {
        self.on(network).chain(self.on(""))
    }
}

/// The full name behind a link, whole or in part.
pub fn named(session: &Session, link: &str) -> String {
    let name = full_name(&format!("/{}", link.trim_start_matches('/'))).unwrap_or_default();
    session.own_name(&name)
}

/// Everything that bears on networks.
struct Around {
    subnetworks: Parts<Subnetwork>,
    routes: Parts<Route>,
    routers: Parts<Router>,
    rules: Parts<ForwardingRule>,
    logs: Parts<VpcFlowLogsConfig>,
    watchers: Watchers,
}

impl Around {
    /// Why not everything is known.
    fn missing(&self) -> impl Iterator<Item = &Shortfall> {
        let Self { subnetworks, routes, routers, rules, logs, watchers } = self;
        let lists = [&subnetworks.missing, &routes.missing, &routers.missing, &rules.missing, &logs.missing];
        lists.into_iter().flatten().chain(watchers.missing())
    }
}

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let (subnetworks, routes, routers, rules, logs, watchers, backends) = futures::join!(
        Parts::of(session, Listing::of(session, SUBNETWORKS, OWN_SUBNETWORKS), |part: &Subnetwork| {
            Some(part.network.as_str())
        }),
        Parts::of(session, Listing::of(session, ROUTES, OWN_ROUTES), |part: &Route| {
            Some(part.network.as_str())
        }),
        Parts::of(session, Listing::of(session, ROUTERS, OWN_ROUTERS), |part: &Router| {
            part.network.as_deref()
        }),
        Parts::of(session, Listing::of(session, RULES, OWN_RULES), |part: &ForwardingRule| {
            part.network.as_deref()
        }),
        Parts::of(session, Listing::by_own_lists(session, FLOW_LOGS), |part: &VpcFlowLogsConfig| {
            part.network.as_deref()
        }),
        Watchers::of(session),
        Backends::of(session),
    );
    let around = Around { subnetworks, routes, routers, rules, logs, watchers };
    let mut tally = Tally::default();
    tally.aside(around.missing());
    let listing = Listing::of(session, NETWORKS, OWN_NETWORKS);
    tally.read(listing, sink, |found| network(session, &around, found).map(Some)).await;
    around.watchers.tell(session, &mut tally, sink);
    backends.tell(session, &mut tally, sink).await;
    tally.outcome()
}

fn network(session: &Session, around: &Around, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Network = read(&mut found)?;
    let mut draft = Draft::new(session, (Kind::Network, SERVICE), Some(EVERYWHERE), &found);
    EVERYWHERE.clone_into(&mut draft.resource.region);
    // A network spans all regions and keeps nothing, and has no labels.
    draft.without(&[Facet::Copies, Facet::Tags]);
    draft.resource.copies.clear();
    let internet_path = internet_path(&mut draft, &told, around);
    let recorded = recorded(session, &mut draft, &told, around);
    let machines: Vec<&str> =
        with_machines(around, &found.name).map(|(_, found)| found.name.as_str()).collect();
    let watched = around.watchers.watched(&mut draft, &found.name, &machines);
    draft.resource.traffic = Some(Traffic { internet_path, recorded, watched });
    Ok(draft.finish())
}

fn with_machines<'a>(around: &'a Around, network: &str) -> impl Iterator<Item = &'a (Subnetwork, Found)> {
    let machines =
        |part: &Subnetwork| !WITHOUT_MACHINES.iter().any(|purpose| part.purpose.as_deref() == Some(purpose));
    around.subnetworks.on(network).filter(move |(part, _)| machines(part))
}

/// Whether a network reaches the internet. By the internet's own gateway it does; any other way out of it leads on to
/// where was not seen.
fn internet_path(draft: &mut Draft<'_>, told: &Network, around: &Around) -> Observed<bool> {
    const FACET: &str = "traffic.internet_path";
    let network = draft.resource.id.clone();
    let mut onward = None;
    for (route, found) in around.routes.on(&network) {
        draft.sheet.shown("traffic", &found.call);
        let gateway = route.next_hop_gateway.as_deref();
        if gateway.is_some_and(|hop| hop.ends_with("/default-internet-gateway")) {
            return Observed::Seen(true);
        }
        let local = route.next_hop_network.is_some() || route.dest_range.as_deref().is_some_and(is_private);
        if !local {
            onward = onward.or(Some(format!("where the route {} leads on to was not read", found.name)));
        }
    }
    if !told.peerings.is_empty() {
        onward = onward.or(Some("where the networks it is connected to lead was not read".to_owned()));
    }
    if around.routers.on(&network).any(|(router, _)| !router.bgp_peers.is_empty()) {
        onward = onward.or(Some("the routes its routers learn from elsewhere were not read".to_owned()));
    }
    let outside = |rule: &ForwardingRule| {
        rule.load_balancing_scheme.as_deref().is_none_or(|scheme| scheme.starts_with("EXTERNAL"))
    };
    if let Some((_, found)) = around.rules.perhaps_on(&network).find(|(rule, _)| outside(rule)) {
        draft.sheet.shown("traffic", &found.call);
        onward = onward.or(Some(format!("whether {} leads in to this network was not read", found.name)));
    }
    let mut missing =
        [&around.routes.missing, &around.routers.missing, &around.rules.missing].into_iter().flatten();
    match (onward, missing.next()) {
        (_, Some(missing)) => draft.sheet.unseen(FACET, missing),
        (Some(detail), None) => draft.sheet.unseen(FACET, &not_read(&detail)),
        (None, None) => Observed::Seen(false),
    }
}

/// Whether a range of addresses is kept for private networks, and reaches nobody on the internet.
fn is_private(range: &str) -> bool {
    let Some((address, length)) = range.split_once('/') else { return false };
    let (Ok(address), Ok(length)) = (address.parse::<IpAddr>(), length.parse::<u8>()) else { return false };
    match address {
        IpAddr::V4(address) => {
            [([10, 0], 8, 8), ([172, 16], 12, 12), ([192, 168], 16, 16), ([100, 64], 10, 10)].iter().any(
                |([first, second], least, bits)| {
                    let [a, b, ..] = address.octets();
                    let own = u16::from_be_bytes([a, b]) >> (16 - bits);
                    length >= *least && own == u16::from_be_bytes([*first, *second]) >> (16 - bits)
                },
            )
        }
        IpAddr::V6(address) => length >= 7 && address.octets()[0] & 0xfe == 0xfc,
    }
}

/// Whether all traffic is recorded: of each subnetwork with machines, by itself or by what is set up for the network.
fn recorded(session: &Session, draft: &mut Draft<'_>, told: &Network, around: &Around) -> Observed<bool> {
    const FACET: &str = "traffic.recorded";
    // The traffic of a network of the old sort cannot be recorded at all.
    if told.range.is_some() {
        return Observed::Seen(false);
    }
    let network = draft.resource.id.clone();
    let everything =
        |filter: &Option<String>| filter.as_deref().is_none_or(|text| matches!(text, "" | "true"));
    let on = |config: &VpcFlowLogsConfig| {
        config.state.as_deref().is_none_or(|state| state == "ENABLED")
            // All of it is sampled where nothing else is said (networkmanagement.v1, VpcFlowLogsConfig.flowSampling).
            && config.flow_sampling.unwrap_or(1.0) >= 1.0
            && everything(&config.filter_expr)
    };
    if let Some((_, found)) = around.logs.on(&network).find(|(config, _)| on(config)) {
        draft.sheet.shown("traffic", &found.call);
        return Observed::Seen(true);
    }
    let by_config = |subnetwork: &str| {
        let mut configs = around.logs.on("").filter(|(config, _)| on(config));
        configs.any(|(config, _)| {
            config.subnet.as_deref().is_some_and(|link| named(session, link) == subnetwork)
        })
    };
    // Where nothing else is said half of the traffic is sampled (compute.v1, SubnetworkLogConfig.flowSampling).
    let whole = |part: &Subnetwork| {
        part.log_config.as_ref().is_some_and(|log| {
            log.enable && log.flow_sampling.unwrap_or(0.5) >= 1.0 && everything(&log.filter_expr)
        })
    };
    let machines: Vec<&(Subnetwork, Found)> = with_machines(around, &network).collect();
    machines.iter().for_each(|(_, found)| draft.sheet.shown("traffic", &found.call));
    let open: Vec<_> =
        machines.iter().filter(|(part, found)| !whole(part) && !by_config(&found.name)).collect();
    match (open.is_empty(), around.subnetworks.missing.first(), around.logs.missing.first()) {
        (true, Some(missing), _) | (false, _, Some(missing)) => draft.sheet.unseen(FACET, missing),
        (false, ..) => Observed::Seen(false),
        (true, None, _) if machines.is_empty() => {
            let detail = "it has no subnetwork with machines whose traffic could be recorded";
            draft.sheet.unseen(FACET, &not_read(detail))
        }
        (true, None, _) => Observed::Seen(true),
    }
}

#[cfg(test)]
mod tests {
    use super::is_private;

    #[test]
    fn private_ranges_are_told_from_others() {
        for (range, private) in [
            ("10.0.0.0/8", true),
            ("10.1.2.0/24", true),
            ("8.0.0.0/5", false),
            ("172.16.0.0/12", true),
            ("172.32.0.0/12", false),
            ("192.168.1.0/24", true),
            ("100.64.0.0/10", true),
            ("0.0.0.0/0", false),
            ("203.0.113.0/24", false),
            ("fd20::/20", true),
            ("2001:db8::/32", false),
            ("::/0", false),
            ("nonsense", false),
        ] {
            assert_eq!(is_private(range), private, "{range}");
        }
    }
}
