//! Networks: their paths to the internet and to services, and the logs of their traffic.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::ebs::SmallTag;
use super::endpoints::{self, DESCRIBE_VPC_ENDPOINTS, VpcEndpoint};
use super::flow_logs::{self, DESCRIBE_FLOW_LOGS, FlowLog};
use super::shared::{List, Page, page};
use super::watch::{Whole, whole};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind, Traffic};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::OnceCell;

operation!(
    /// Every network the account sees in the region.
    DESCRIBE_VPCS = "ec2" "DescribeVpcs", needs "ec2:DescribeVpcs", quota quota::EC2_LIST,
    Per::Page(1_000), Post, facts "networks, labels"
);
operation!(
    /// Doors to the internet.
    DESCRIBE_INTERNET_GATEWAYS = "ec2" "DescribeInternetGateways", needs "ec2:DescribeInternetGateways",
    quota quota::EC2_LIST, Per::Page(1_000), Post, facts "which networks have an internet gateway"
);
operation!(
    /// Doors to the internet that only let out.
    DESCRIBE_EGRESS_ONLY_INTERNET_GATEWAYS = "ec2" "DescribeEgressOnlyInternetGateways",
    needs "ec2:DescribeEgressOnlyInternetGateways", quota quota::EC2_LIST, Per::Page(255), Post,
    facts "which networks have a gateway out to the internet"
);
operation!(
    /// Where networks send their traffic.
    DESCRIBE_ROUTE_TABLES = "ec2" "DescribeRouteTables", needs "ec2:DescribeRouteTables",
    quota quota::EC2_LIST, Per::Page(100), Post, facts "routes by which networks may reach the internet through others"
);
/// Networks.
pub const ENTRY: Entry = Entry {
    service: Service { name: "vpc", reach: Reach::Region, kinds: &[Kind::Network, Kind::Delivery] },
    operations: &[
        &DESCRIBE_INTERNET_GATEWAYS,
        &DESCRIBE_EGRESS_ONLY_INTERNET_GATEWAYS,
        &DESCRIBE_ROUTE_TABLES,
        &DESCRIBE_FLOW_LOGS,
        &DESCRIBE_VPC_ENDPOINTS,
        &DESCRIBE_VPCS,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Ec2("2016-11-15");
pub(super) const SERVICE: &str = "vpc";

/// What stands around the networks of a region, each list or why it was not seen.
struct Around {
    gateways: Result<Whole<Gateway>, Shortfall>,
    outward: Result<Whole<EgressGateway>, Shortfall>,
    routes: Result<Whole<RouteTable>, Shortfall>,
    logs: Result<Whole<FlowLog>, Shortfall>,
    /// Asked once there is a network they could be of.
    endpoints: OnceCell<Result<Whole<VpcEndpoint>, Shortfall>>,
}

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = |operation, most: u32| Ask::of(operation, API, region, json!({"MaxResults": most}));
    let list = List::<Gateways>::of(session, ask(&DESCRIBE_INTERNET_GATEWAYS, 1_000));
    let gateways = whole(&DESCRIBE_INTERNET_GATEWAYS, list).await;
    let list = List::<EgressGateways>::of(session, ask(&DESCRIBE_EGRESS_ONLY_INTERNET_GATEWAYS, 255));
    let outward = whole(&DESCRIBE_EGRESS_ONLY_INTERNET_GATEWAYS, list).await;
    let list = List::<RouteTables>::of(session, ask(&DESCRIBE_ROUTE_TABLES, 100));
    let routes = whole(&DESCRIBE_ROUTE_TABLES, list).await;
    let logs = flow_logs::listed(session, region).await;
    let around = &Around { gateways, outward, routes, logs, endpoints: OnceCell::new() };
    let list = List::<Networks>::of(session, ask(&DESCRIBE_VPCS, 1_000));
    tally.read(list, sink, |one, call| network(session, region, one, call, around)).await;
    let Around { gateways, outward, routes, .. } = around;
    tally.unsaid([gateways.as_ref().err(), outward.as_ref().err(), routes.as_ref().err()]);
    match &around.logs {
        Ok(logs) => {
            // What is recorded of a part of a network is told of by itself.
            let parts = logs.items.iter().filter(|log| !log.of().starts_with(NETWORK));
            for (log, call) in parts.zip(logs.calls.first().into_iter().cycle()) {
                tally.tell(sink, flow_logs::partial(session, region, log, call).await);
            }
        }
        Err(shortfall) => tally.fell_short(shortfall.clone()),
    }
    tally.outcome()
}

/// What the identifier of a network begins with.
const NETWORK: &str = "vpc-";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Networks {
    #[serde(deserialize_with = "members")]
    vpc_set: Vec<Network>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Network {
    vpc_id: String,
    owner_id: Option<String>,
    #[serde(default, deserialize_with = "members")]
    tag_set: Vec<SmallTag>,
}

page!(Networks: Network in vpc_set, "NextToken" from next_token, by |item| item.vpc_id.clone());

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Gateways {
    #[serde(deserialize_with = "members")]
    internet_gateway_set: Vec<Gateway>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Gateway {
    internet_gateway_id: String,
    #[serde(default, deserialize_with = "members")]
    attachment_set: Vec<Attachment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EgressGateways {
    #[serde(deserialize_with = "members")]
    egress_only_internet_gateway_set: Vec<EgressGateway>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EgressGateway {
    egress_only_internet_gateway_id: String,
    #[serde(default, deserialize_with = "members")]
    attachment_set: Vec<Attachment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attachment {
    vpc_id: Option<String>,
    state: Option<String>,
}

impl Attachment {
    /// Whether it opens this network. Only the one word for "no longer" says that it does not.
    fn opens(&self, network: &str) -> bool {
        self.vpc_id.as_deref() == Some(network) && self.state.as_deref() != Some("detached")
    }
}

page!(
    Gateways: Gateway in internet_gateway_set, "NextToken" from next_token,
    by |item| item.internet_gateway_id.clone()
);
page!(
    EgressGateways: EgressGateway in egress_only_internet_gateway_set, "NextToken" from next_token,
    by |item| item.egress_only_internet_gateway_id.clone()
);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RouteTables {
    #[serde(deserialize_with = "members")]
    route_table_set: Vec<RouteTable>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RouteTable {
    route_table_id: String,
    vpc_id: Option<String>,
    #[serde(default, deserialize_with = "members")]
    route_set: Vec<Route>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Route {
    gateway_id: Option<String>,
    egress_only_internet_gateway_id: Option<String>,
    carrier_gateway_id: Option<String>,
    nat_gateway_id: Option<String>,
    vpc_peering_connection_id: Option<String>,
    network_interface_id: Option<String>,
    transit_gateway_id: Option<String>,
    state: Option<String>,
}

page!(
    RouteTables: RouteTable in route_table_set, "NextToken" from next_token,
    by |item| item.route_table_id.clone()
);

/// Whether a route names a target of this sort.
fn named(target: &Option<String>) -> bool {
    target.as_ref().is_some_and(|target| !target.is_empty())
}

impl Route {
    /// Whether traffic that takes it may reach the internet; where it leads into another network or building, that
    /// is not known, and the name of what leads there is told.
    fn leads_out(&self) -> Result<bool, &str> {
        let gateway = self.gateway_id.as_deref().unwrap_or_default();
        if self.state.as_deref() == Some("blackhole") || gateway == "local" || gateway.starts_with("vpce-") {
            return Ok(false);
        }
        if gateway.starts_with("igw-")
            || named(&self.egress_only_internet_gateway_id)
            || named(&self.carrier_gateway_id)
        {
            return Ok(true);
        }
        // The gateways of a network that is peered with do not serve its peers, and what stands in the network
        // itself, a translator of addresses or a machine, sends its traffic on by the network's other routes.
        if named(&self.vpc_peering_connection_id)
            || named(&self.nat_gateway_id)
            || named(&self.network_interface_id)
        {
            return Ok(false);
        }
        let transit = self.transit_gateway_id.as_deref().filter(|id| !id.is_empty());
        Err(transit.unwrap_or(if gateway.is_empty() { "a route" } else { gateway }))
    }
}

async fn network(session: &Session, region: &str, found: Network, call: CallId, around: &Around) -> Fact {
    let name = &found.vpc_id;
    let owner = found.owner_id.as_deref().filter(|owner| !owner.is_empty()).unwrap_or(&session.account);
    let id = format!("arn:aws:ec2:{region}:{}:vpc/{}", shorten(owner), shorten(name));
    let mut draft = Draft::new(session, (Kind::Network, SERVICE), region, id, name, &call);
    if owner == session.account {
        let internet_path = internet_path(&mut draft, name, around);
        let recorded = flow_logs::recorded(session, &mut draft, name, &around.logs).await;
        draft.resource.traffic = Some(Traffic { internet_path, recorded, watched: Observed::default() });
        let listed = around.endpoints.get_or_init(|| endpoints::listed(session, region)).await;
        endpoints::note(&mut draft, name, listed);
    } else {
        // Its gateways and logs are its owner's, and shown to nobody else.
        let detail = format!("the network is shared by {}, and only its owner sees this", shorten(owner));
        let shared = Shortfall::of(&DESCRIBE_VPCS, GapReason::NotRead, Some(call), detail);
        draft.perhaps_copied(CopyRole::Log, &shared);
        endpoints::note(&mut draft, name, &Err(shared.clone()));
        draft.resource.traffic = Some(Traffic {
            internet_path: draft.sheet.unseen("traffic.internet_path", &shared),
            recorded: draft.sheet.unseen("traffic.recorded", &shared),
            watched: Observed::default(),
        });
    }
    draft.tags(found.tag_set.into_iter().map(Tag::from).collect());
    draft.finish()
}

/// Whether there is a way between the network and the internet: one way that was seen decides.
fn internet_path(draft: &mut Draft<'_>, network: &str, around: &Around) -> Observed<bool> {
    let opens = |attachments: &[Attachment]| attachments.iter().any(|one| one.opens(network));
    let ways = [
        way(&around.gateways, |all| Ok(all.iter().any(|gateway| opens(&gateway.attachment_set)))),
        way(&around.outward, |all| Ok(all.iter().any(|gateway| opens(&gateway.attachment_set)))),
        way(&around.routes, |all| routed(all, network)),
    ];
    let mut unseen = None;
    let seen: Vec<Observed<bool>> = ways
        .into_iter()
        .map(|way| match way {
            Ok((open, calls)) => {
                calls.iter().for_each(|call| draft.sheet.shown("traffic", call));
                Observed::Seen(open)
            }
            Err(shortfall) => {
                unseen.get_or_insert(shortfall);
                Observed::default()
            }
        })
        .collect();
    let path = Observed::any(seen);
    match unseen {
        Some(shortfall) if path.is_unseen() => draft.sheet.unseen("traffic.internet_path", &shortfall),
        _ => path,
    }
}

/// Whether a list shows a way out, with its calls.
fn way<T>(
    list: &Result<Whole<T>, Shortfall>,
    open: impl FnOnce(&[T]) -> Result<bool, Shortfall>,
) -> Result<(bool, &[CallId]), Shortfall> {
    match list {
        Ok(list) => Ok((open(&list.items)?, &list.calls)),
        Err(shortfall) => Err(shortfall.clone()),
    }
}

/// Whether a network's routes lead to the internet.
fn routed(tables: &[RouteTable], network: &str) -> Result<bool, Shortfall> {
    let own = tables.iter().filter(|table| table.vpc_id.as_deref() == Some(network));
    let routes: Vec<Result<bool, &str>> =
        own.flat_map(|table| &table.route_set).map(Route::leads_out).collect();
    if routes.contains(&Ok(true)) {
        return Ok(true);
    }
    match routes.into_iter().find_map(Result::err) {
        None => Ok(false),
        Some(by) => {
            let detail = format!("where the traffic that {} takes goes on to was not read", shorten(by));
            Err(Shortfall::without_call(GapReason::NotRead, detail))
        }
    }
}
