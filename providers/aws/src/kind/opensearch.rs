//! OpenSearch: domains, where their logs go, and the domains elsewhere that they are connected to.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::parts::{besides, labelled, named_key, perhaps_runs, runs};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use futures::StreamExt;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

operation!(
    /// The names of the region's domains.
    LIST_DOMAIN_NAMES = "es" "ListDomainNames", needs "es:ListDomainNames", quota quota::OPENSEARCH,
    Per::Page(1_000), Get, facts "names of search domains"
);
operation!(
    /// A few domains at once.
    DESCRIBE_DOMAINS = "es" "DescribeDomains", needs "es:DescribeDomains", quota quota::OPENSEARCH,
    Per::Sometimes, Post, facts "search domains: encryption and key, where logs go, internet address, zones, version"
);
operation!(
    /// Connections that domains of the region asked for.
    DESCRIBE_OUTBOUND_CONNECTIONS = "es" "DescribeOutboundConnections", needs "es:DescribeOutboundConnections",
    quota quota::OPENSEARCH, Per::Page(100), Post, facts "domains elsewhere that search domains are connected to"
);
operation!(
    /// Connections that were asked for from elsewhere.
    DESCRIBE_INBOUND_CONNECTIONS = "es" "DescribeInboundConnections", needs "es:DescribeInboundConnections",
    quota quota::OPENSEARCH, Per::Page(100), Post, facts "domains elsewhere that read search domains"
);
operation!(
    /// Labels.
    LIST_TAGS = "es" "ListTags", needs "es:ListTags", quota quota::OPENSEARCH, Per::Resource, Get,
    facts "labels of search domains"
);

/// Search domains.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::SearchIndex] },
    operations: &[
        &LIST_DOMAIN_NAMES,
        &DESCRIBE_DOMAINS,
        &DESCRIBE_OUTBOUND_CONNECTIONS,
        &DESCRIBE_INBOUND_CONNECTIONS,
        &LIST_TAGS,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Rest;
const SERVICE: &str = "es";
/// Domains that are asked for at once: the most the service takes.
const TOGETHER: usize = 5;
/// Such questions at once.
const AT_ONCE: usize = 4;

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&LIST_DOMAIN_NAMES, API, region, json!({})).at("/2021-01-01/domain", &[]);
    let names = match all(List::<Names>::of(session, ask)).await {
        Ok(names) => names,
        Err(shortfall) => {
            tally.fell_short(shortfall);
            return tally.outcome();
        }
    };
    if names.is_empty() {
        return tally.outcome();
    }
    let connections = connections(session, region).await;
    let batches = names.chunks(TOGETHER).map(|batch| describe(session, region, batch));
    let batches: Vec<Vec<_>> =
        futures::stream::iter(batches.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).collect().await;
    let domains = batches.into_iter().flatten().collect();
    let connections = &connections;
    tally.tell_all(domains, sink, |one, call| domain(session, region, one, call, connections)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Names {
    domain_names: Vec<Name>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Name {
    domain_name: String,
}

impl Page for Names {
    type Item = Name;
    const TOKEN: &'static str = "";

    fn split(self) -> (Vec<Name>, Option<String>, Option<bool>) {
        (self.domain_names, None, None)
    }
    fn name(item: &Name) -> String {
        item.domain_name.clone()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    domain_status_list: Vec<Domain>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Domain {
    domain_name: String,
    #[serde(rename = "ARN")]
    arn: String,
    engine_version: Option<String>,
    cluster_config: Option<Nodes>,
    endpoint: Option<String>,
    endpoint_v2: Option<String>,
    #[serde(rename = "VPCOptions")]
    network: Option<Network>,
    encryption_at_rest_options: Option<AtRest>,
    log_publishing_options: Option<BTreeMap<String, LogTarget>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Nodes {
    zone_awareness_enabled: Option<bool>,
}

#[derive(Deserialize)]
struct Network {
    #[serde(rename = "VPCId")]
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AtRest {
    enabled: Option<bool>,
    kms_key_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LogTarget {
    cloud_watch_logs_log_group_arn: Option<String>,
    enabled: Option<bool>,
}

/// A domain that was listed: its name, and what was said of it.
type Found = (String, Result<Domain, Shortfall>);

/// What is said of a few domains. One that is left out is told of without its properties.
async fn describe(session: &Session, region: &str, batch: &[(Name, CallId)]) -> Vec<(Found, CallId)> {
    let operation = &DESCRIBE_DOMAINS;
    let names: Vec<&str> = batch.iter().map(|(name, _)| name.domain_name.as_str()).collect();
    let about = names.join(",");
    let ask = Ask::of(operation, API, region, json!({"DomainNames": names}))
        .at("/2021-01-01/opensearch/domain-info", &[])
        .about(&about);
    let mut told = session.told::<Described>(ask).await.map(|heard| {
        let domains = heard.told.map(|told| told.domain_status_list).unwrap_or_default();
        let own = domains.into_iter().filter(|domain| session.is_own(&domain.arn, region));
        (own.map(|domain| (domain.domain_name.clone(), domain)).collect::<BTreeMap<_, _>>(), heard.call)
    });
    let one = |(name, listed): &(Name, CallId)| {
        let name = name.domain_name.clone();
        match &mut told {
            Ok((domains, call)) => {
                let domain = domains.remove(&name).ok_or_else(|| {
                    Shortfall::of(operation, GapReason::Malformed, Some(*call), "not in the answer")
                });
                ((name, domain), *call)
            }
            Err(shortfall) => ((name, Err(shortfall.clone())), *listed),
        }
    };
    batch.iter().map(one).collect()
}

async fn domain(
    session: &Session,
    region: &str,
    (name, told): Found,
    call: CallId,
    connections: &Connections,
) -> Fact {
    let arn = session.arn(SERVICE, region, &format!("domain/{name}"));
    let mut draft = Draft::new(session, (Kind::SearchIndex, SERVICE), region, arn.clone(), &name, &call);
    besides(&mut draft, Facet::Network, &call);
    besides(&mut draft, Facet::Redundancy, &call);
    // Snapshots that are taken every hour rest with the service.
    draft.copy(CopyRole::Backup, None, region);
    match told {
        Ok(domain) => described(&mut draft, domain, call),
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Log, &shortfall);
            draft.perhaps_encrypted(&shortfall);
            perhaps_runs(&mut draft, &shortfall);
            let public = draft.sheet.unseen("network.public_address", &shortfall);
            draft.addressed(public);
            let multi_zone = draft.sheet.unseen("redundancy.multi_zone", &shortfall);
            draft.redundant(multi_zone);
        }
    }
    connected(&mut draft, &name, connections);
    let body = json!({"arn": arn});
    let ask = Ask::of(&LIST_TAGS, API, region, body).at("/2021-01-01/tags/", &[]).about(&arn);
    labelled(&mut draft, session.told::<Tags>(ask).await, |told| told.tag_list);
    draft.finish()
}

fn described(draft: &mut Draft<'_>, found: Domain, call: CallId) {
    let operation = &DESCRIBE_DOMAINS;
    let (enabled, key) =
        found.encryption_at_rest_options.map_or((None, None), |told| (told.enabled, told.kms_key_id));
    let encrypted = draft.said("encryption", enabled, operation, call);
    draft.encrypted(encrypted, named_key(key.as_deref()));
    let (product, version) = match found.engine_version.as_deref().map(|version| version.split_once('_')) {
        Some(Some((product, version))) => (Some(product), Some(version)),
        _ => (None, found.engine_version.as_deref()),
    };
    runs(draft, product, version, operation, call);
    // A domain has its address either in a network or on the internet.
    let public = match (found.network.and_then(|network| network.id), found.endpoint.or(found.endpoint_v2)) {
        (Some(network), _) if !network.is_empty() => Some(false),
        (_, Some(_)) => Some(true),
        _ => None,
    };
    let public = draft.said("network.public_address", public, operation, call);
    draft.addressed(public);
    let zones = found.cluster_config.and_then(|nodes| nodes.zone_awareness_enabled);
    let multi_zone = draft.said("redundancy.multi_zone", zones, operation, call);
    draft.redundant(multi_zone);
    for target in found.log_publishing_options.into_iter().flat_map(BTreeMap::into_values) {
        let group = target.cloud_watch_logs_log_group_arn.filter(|_| target.enabled != Some(false));
        if let Some(group) = group.filter(|group| !group.is_empty()) {
            draft.copy_at(CopyRole::Log, group.trim_end_matches(":*"));
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tag_list: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConnectionPage {
    connections: Vec<Connection>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Connection {
    connection_id: String,
    local_domain_info: Option<Side>,
    remote_domain_info: Option<Side>,
    connection_status: Option<ConnectionStatus>,
}

#[derive(Deserialize)]
struct Side {
    #[serde(rename = "AWSDomainInformation")]
    domain: Option<Place>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Place {
    owner_id: Option<String>,
    domain_name: String,
    region: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConnectionStatus {
    status_code: Option<String>,
}

page!(ConnectionPage: Connection in connections, "NextToken" from next_token, by |item| item.connection_id.clone());

/// The connections of a region's domains, asked for from here and from elsewhere, or why they were not seen.
type Connections = [Result<Vec<(Connection, CallId)>, Shortfall>; 2];

async fn connections(session: &Session, region: &str) -> Connections {
    let ask = |operation: &'static Operation, path| {
        Ask::of(operation, API, region, json!({"MaxResults": 100})).at(path, &[])
    };
    let outbound = ask(&DESCRIBE_OUTBOUND_CONNECTIONS, "/2021-01-01/opensearch/cc/outboundConnection/search");
    let inbound = ask(&DESCRIBE_INBOUND_CONNECTIONS, "/2021-01-01/opensearch/cc/inboundConnection/search");
    futures::join!(
        all(List::<ConnectionPage>::of(session, outbound)),
        all(List::<ConnectionPage>::of(session, inbound))
    )
    .into()
}

/// Over a connection a domain is searched from, or copied to, where the other is: both sides count.
fn connected(draft: &mut Draft<'_>, name: &str, connections: &Connections) {
    for connections in connections {
        let connections = match connections {
            Ok(connections) => connections,
            Err(shortfall) => {
                draft.perhaps_copied(CopyRole::Transit, shortfall);
                continue;
            }
        };
        for (connection, call) in connections {
            let status =
                connection.connection_status.as_ref().and_then(|status| status.status_code.as_deref());
            if matches!(status, Some("DELETED" | "REJECTED" | "VALIDATION_FAILED" | "PENDING_ACCEPTANCE")) {
                continue;
            }
            let sides = [&connection.local_domain_info, &connection.remote_domain_info];
            let [local, remote] = sides.map(|side| side.as_ref().and_then(|side| side.domain.as_ref()));
            let is_this = |side: Option<&Place>| {
                side.is_none_or(|place| {
                    let here = place.region.as_deref().is_none_or(|region| region == draft.resource.region);
                    let own = place.owner_id.as_deref().is_none_or(|owner| owner == draft.resource.account);
                    place.domain_name == name && here && own
                })
            };
            // Which of the two is this one the service words differently for the two lists.
            let (local_is_this, remote_is_this) = (is_this(local), is_this(remote));
            for other in [(remote, local_is_this), (local, remote_is_this)]
                .into_iter()
                .filter_map(|(other, is_this)| is_this.then_some(other))
            {
                draft.sheet.shown("copies", call);
                match other.and_then(|place| Some((place, place.region.as_deref()?))) {
                    Some((place, there)) => {
                        let owner = place.owner_id.as_deref().unwrap_or(&draft.resource.account);
                        let holder = format!("arn:aws:es:{there}:{owner}:domain/{}", place.domain_name);
                        draft.copy(CopyRole::Transit, Some(&holder), there);
                    }
                    None => {
                        let detail = "a connection's other side has no region";
                        let operation = &DESCRIBE_OUTBOUND_CONNECTIONS;
                        let unnamed = Shortfall::of(operation, GapReason::Malformed, Some(*call), detail);
                        draft.perhaps_copied(CopyRole::Transit, &unnamed);
                    }
                }
            }
        }
    }
}
