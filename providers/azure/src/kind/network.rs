//! Networks, what records and watches their traffic, and deliveries at the edge.

use super::Entry;
use super::diagnostics;
use super::draft::{Draft, Fact, Tally, listed, not_read};
use crate::inventory::Row;
use crate::path;
use crate::quota;
use crate::session::{Ask, Session};
use sekisho_contract::Observed;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Guard, GuardPurpose, Kind, Traffic};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

operation!(
    /// Every network of the subscription, with whether machines in it reach the internet by themselves.
    LIST_NETWORKS = "network" "ListVirtualNetworks", needs "Microsoft.Network/virtualNetworks/read", quota quota::ARM,
    Per::SomePages(100), Get, facts "networks and whether their subnets reach the internet by default"
);

/// Networks, firewalls and deliveries.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: SERVICE,
        reach: Reach::Global,
        kinds: &[Kind::Network, Kind::Detector, Kind::Delivery],
    },
    types: TYPES,
    operations: &[&LIST_NETWORKS],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "network";
const NETWORK: &str = "microsoft.network/virtualnetworks";
const FLOW_LOG: &str = "microsoft.network/networkwatchers/flowlogs";
const FIREWALL: &str = "microsoft.network/azurefirewalls";
const FIREWALL_POLICY: &str = "microsoft.network/firewallpolicies";
const GATEWAY_WAF: &str = "microsoft.network/applicationgatewaywebapplicationfirewallpolicies";
const EDGE_WAF: &str = "microsoft.network/frontdoorwebapplicationfirewallpolicies";
/// What delivers content from the edge.
const EDGES: [&str; 2] = ["microsoft.cdn/profiles", "microsoft.network/frontdoors"];
/// The catalogue's name of where the edge is.
const EDGE: &str = "frontdoor-edge";
const TYPES: &[&str] = &[NETWORK, FLOW_LOG, FIREWALL, GATEWAY_WAF, EDGE_WAF, EDGES[0], EDGES[1]];

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let path = session.path("/providers/Microsoft.Network/virtualNetworks");
    let list = session.list(Ask::of(&LIST_NETWORKS, path, "2024-05-01"));
    let (networks, broke) = listed(session, &[NETWORK], list).await;
    tally.fell_short(broke);
    let read = |(row, call, listed): (Arc<Row>, CallId, bool)| async move {
        [network(session, &row, call, listed).await]
    };
    tally.each(networks, sink, read).await;
    let rows = session.rows(&TYPES[1..]);
    tally
        .each(rows, sink, |(row, call)| async move {
            match row.r#type.as_str() {
                // Told of by the network whose traffic it records.
                FLOW_LOG => flow_log(session, &row, call),
                FIREWALL => Some(firewall(session, &row, call).await),
                GATEWAY_WAF | EDGE_WAF => Some(web_firewall(session, &row, call)),
                _ => Some(delivery(session, &row, call).await),
            }
        })
        .await;
    tally.outcome()
}

#[derive(Deserialize)]
struct Network {
    subnets: Option<Vec<Subnet>>,
}

#[derive(Deserialize)]
struct Subnet {
    name: Option<String>,
    properties: Option<SubnetProperties>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubnetProperties {
    default_outbound_access: Option<bool>,
    delegations: Option<Vec<Value>>,
}

/// Subnets that hold nothing but a service of Azure's, whose own ways to the internet are its own.
const RESERVED: [&str; 5] = [
    "gatewaysubnet",
    "azurebastionsubnet",
    "azurefirewallsubnet",
    "azurefirewallmanagementsubnet",
    "routeserversubnet",
];

impl Subnet {
    /// Whether machines in it reach the internet by themselves.
    fn outbound(&self, draft: &mut Draft<'_>, listed: bool) -> Observed<bool> {
        let reserved =
            self.name.as_deref().is_some_and(|name| RESERVED.contains(&name.to_ascii_lowercase().as_str()));
        let told = self.properties.as_ref();
        let delegated = told.and_then(|told| told.delegations.as_ref()).is_some_and(|all| !all.is_empty());
        match told.and_then(|told| told.default_outbound_access) {
            _ if reserved || delegated => Observed::Seen(false),
            Some(outbound) => Observed::Seen(outbound),
            // Left out, they do ("Default outbound access in Azure").
            None if listed => Observed::Seen(true),
            None => draft.said("traffic.internet_path", None),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FlowLog {
    target_resource_id: Option<String>,
    storage_id: Option<String>,
    enabled: Option<bool>,
    flow_analytics_configuration: Option<Analytics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Analytics {
    network_watcher_flow_analytics_configuration: Option<AnalyticsTarget>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnalyticsTarget {
    enabled: Option<bool>,
    workspace_resource_id: Option<String>,
}

impl FlowLog {
    /// Everything its records are written to.
    fn targets(&self) -> Vec<&str> {
        let analysed = self.flow_analytics_configuration.as_ref();
        let analysed = analysed.and_then(|told| told.network_watcher_flow_analytics_configuration.as_ref());
        let workspace = analysed.filter(|told| told.enabled != Some(false));
        let workspace = workspace.and_then(|told| told.workspace_resource_id.as_deref());
        self.storage_id.as_deref().into_iter().chain(workspace).filter(|target| !target.is_empty()).collect()
    }
}

async fn network(session: &Session, row: &Row, call: CallId, listed: bool) -> Fact {
    let mut draft = Draft::of(session, (Kind::Network, SERVICE), row, call);
    let told: Network = match row.told() {
        Ok(told) => told,
        Err(why) => return draft.unreadable(&why),
    };
    if listed {
        draft.told_by(&LIST_NETWORKS, call);
    }
    let subnets = told.subnets.unwrap_or_default();
    let outbound: Vec<Observed<bool>> =
        subnets.iter().map(|subnet| subnet.outbound(&mut draft, listed)).collect();
    let internet_path = if Observed::any(outbound) == Observed::Seen(true) {
        Observed::Seen(true)
    } else {
        let others = not_read("whether gateways, addresses or routes lead to the internet was not read");
        draft.sheet.unseen("traffic.internet_path", &others)
    };
    let mut recorded = Observed::Seen(false);
    for (log, call) in session.rows(&[FLOW_LOG]) {
        let Ok(told) = log.told::<FlowLog>() else {
            let unreadable = draft.malformed(format!("the flow log {} could not be read", log.id));
            recorded = recorded.or(draft.sheet.unseen("traffic.recorded", &unreadable));
            continue;
        };
        if told.target_resource_id.as_deref().map(path::id).as_deref() != Some(row.id.as_str()) {
            continue;
        }
        draft.sheet.shown("traffic", &call);
        draft.sheet.shown("copies", &call);
        recorded = recorded.or(Observed::Seen(told.enabled == Some(true)));
        for target in told.targets() {
            draft.copy_at(CopyRole::Log, target);
        }
    }
    if let Some(shortfall) = session.broke()
        && recorded == Observed::Seen(false)
    {
        recorded = draft.sheet.unseen("traffic.recorded", &shortfall);
        draft.perhaps_copied(CopyRole::Log, &shortfall);
    }
    draft.resource.traffic = Some(Traffic { internet_path, recorded, watched: Observed::default() });
    diagnostics::read(&mut draft).await;
    draft.finish()
}

/// A flow log whose network is not in the inventory: its records are told of here. Others are part of their network.
fn flow_log(session: &Session, row: &Row, call: CallId) -> Option<Fact> {
    let mut draft = Draft::of(session, (Kind::Delivery, SERVICE), row, call);
    let told: FlowLog = match row.told() {
        Ok(told) => told,
        Err(why) => return Some(draft.unreadable(&why)),
    };
    let target = told.target_resource_id.as_deref().map(path::id);
    let of_network =
        target.as_deref().and_then(|id| session.row(id)).is_some_and(|(row, _)| row.r#type == NETWORK);
    if of_network {
        return None;
    }
    for target in told.targets() {
        draft.copy_at(CopyRole::Transit, target);
    }
    Some(draft.finish())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Firewall {
    firewall_policy: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FirewallPolicy {
    intrusion_detection: Option<IntrusionDetection>,
}

#[derive(Deserialize)]
struct IntrusionDetection {
    mode: Option<String>,
}

/// A firewall: one that detects intrusions counts as that, any other as a firewall.
async fn firewall(session: &Session, row: &Row, call: CallId) -> Fact {
    let mut draft = Draft::of(session, (Kind::Detector, SERVICE), row, call);
    let told: Firewall = match row.told() {
        Ok(told) => told,
        Err(why) => return draft.unreadable(&why),
    };
    let policy = told.firewall_policy.and_then(|policy| policy.id).and_then(|id| session.row(&id).cloned());
    let policy = policy.filter(|(row, _)| row.r#type == FIREWALL_POLICY);
    let detects = policy.as_ref().and_then(|(row, _)| row.told::<FirewallPolicy>().ok());
    let mode = detects.and_then(|told| told.intrusion_detection?.mode);
    let purpose = match mode.as_deref() {
        Some("Alert" | "Deny") => GuardPurpose::Intrusion,
        _ => GuardPurpose::Firewall,
    };
    if let Some((_, call)) = &policy {
        draft.sheet.shown("guard", call);
    }
    let settings = diagnostics::read(&mut draft).await;
    let recorded = match &settings.broke {
        Some(shortfall) => draft.sheet.unseen("guard.recorded", shortfall),
        None => Observed::Seen(settings.items.iter().any(|(setting, _)| {
            ["AzureFirewallNetworkRule", "AZFWNetworkRule", "AZFWIdpsSignature"]
                .iter()
                .any(|category| setting.properties.sends(category))
        })),
    };
    draft.resource.guard =
        Some(Guard { purpose: Observed::Seen(purpose), enabled: Observed::Seen(true), recorded });
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WebFirewall {
    policy_settings: Option<PolicySettings>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicySettings {
    state: Option<String>,
    enabled_state: Option<String>,
}

fn web_firewall(session: &Session, row: &Row, call: CallId) -> Fact {
    let mut draft = Draft::of(session, (Kind::Detector, SERVICE), row, call);
    let told: WebFirewall = match row.told() {
        Ok(told) => told,
        Err(why) => return draft.unreadable(&why),
    };
    let state = told.policy_settings.and_then(|told| told.state.or(told.enabled_state));
    let enabled = match state.as_deref() {
        Some("Enabled") => Observed::Seen(true),
        Some("Disabled") => Observed::Seen(false),
        Some(other) => {
            let unknown = draft.unknown("state", other);
            draft.sheet.unseen("guard.enabled", &unknown)
        }
        None => draft.said("guard.enabled", None),
    };
    let logs = not_read("where the gateway in front of it logs to was not read");
    draft.resource.guard = Some(Guard {
        purpose: Observed::Seen(GuardPurpose::WebRequests),
        enabled,
        recorded: draft.sheet.unseen("guard.recorded", &logs),
    });
    draft.finish()
}

/// A delivery: what it delivers passes through the edge, in many countries. Whether it is kept there for a while is for its rules to say.
async fn delivery(session: &Session, row: &Row, call: CallId) -> Fact {
    let mut draft = Draft::of(session, (Kind::Delivery, SERVICE), row, call);
    draft.copy(CopyRole::Transit, None, EDGE);
    diagnostics::read(&mut draft).await;
    draft.finish()
}
