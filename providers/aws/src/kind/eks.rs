//! EKS: Kubernetes clusters, their version, the key of what they hold, and their logs.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

operation!(
    /// The names of every Kubernetes cluster of the region.
    LIST_CLUSTERS = "eks" "ListClusters", needs "eks:ListClusters", quota quota::EKS,
    Per::Page(100), Get, facts "Kubernetes clusters"
);
operation!(
    /// A Kubernetes cluster.
    DESCRIBE_CLUSTER = "eks" "DescribeCluster", needs "eks:DescribeCluster", quota quota::EKS,
    Per::Resource, Get, facts "Kubernetes clusters: version, key of their secrets, logs, outposts and nodes of one's own, labels"
);

/// Kubernetes clusters.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Compute] },
    operations: &[&LIST_CLUSTERS, &DESCRIBE_CLUSTER],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Rest;
const SERVICE: &str = "eks";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&LIST_CLUSTERS, API, region, json!({"maxResults": 100})).at("/clusters", &[]);
    let list = List::<Names>::of(session, ask);
    tally.read(list, sink, |name, call| cluster(session, region, name, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Names {
    clusters: Vec<String>,
    next_token: Option<String>,
}

page!(Names: String in clusters, "nextToken" from next_token, by |item| item.clone());

#[derive(Deserialize)]
struct Described {
    cluster: Cluster,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cluster {
    arn: String,
    version: Option<String>,
    #[serde(default)]
    encryption_config: Vec<Encrypts>,
    logging: Option<Logging>,
    outpost_config: Option<Outposts>,
    remote_network_config: Option<Remote>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Encrypts {
    #[serde(default)]
    resources: Vec<String>,
    provider: Option<KeyProvider>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyProvider {
    key_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logging {
    #[serde(default)]
    cluster_logging: Vec<Logs>,
}

#[derive(Deserialize)]
struct Logs {
    #[serde(default)]
    types: Vec<String>,
    enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outposts {
    #[serde(default)]
    outpost_arns: Vec<String>,
}

/// Networks of machines that the cluster has outside AWS.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Remote {
    #[serde(default)]
    remote_node_networks: Vec<Network>,
}

#[derive(Deserialize)]
struct Network {
    #[serde(default)]
    cidrs: Vec<String>,
}

async fn cluster(session: &Session, region: &str, name: String, call: CallId) -> Fact {
    let arn = session.arn(SERVICE, region, &format!("cluster/{}", shorten(&name)));
    let ask = Ask::of(&DESCRIBE_CLUSTER, API, region, Value::Null).about(&name).at("/clusters/{}", &[&name]);
    let asked = session.told::<Described>(ask).await;
    let mut draft = Draft::new(session, (Kind::Compute, SERVICE), region, arn.clone(), &name, &call);
    let found = match asked {
        Ok(heard) => {
            for facet in ["copies", "tags", "encryption", "software"] {
                draft.sheet.shown(facet, &heard.call);
            }
            heard.told.map(|told| told.cluster).filter(|found| found.arn == arn).ok_or_else(|| {
                let detail = "the answer is not about this cluster";
                Shortfall::of(&DESCRIBE_CLUSTER, GapReason::Malformed, Some(heard.call), detail)
            })
        }
        Err(shortfall) => Err(shortfall),
    };
    match found {
        Ok(found) => describe(session, &mut draft, region, &name, found, call),
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Log, &shortfall);
            draft.perhaps_copied(CopyRole::Transit, &shortfall);
            draft.perhaps_encrypted(&shortfall);
            draft.perhaps_runs(SERVICE, &shortfall);
            draft.resource.tags = draft.sheet.unseen("tags", &shortfall);
        }
    }
    draft.finish()
}

fn describe(
    session: &Session,
    draft: &mut Draft<'_>,
    region: &str,
    name: &str,
    found: Cluster,
    call: CallId,
) {
    let outpost = found.outpost_config.is_some();
    for outpost in found.outpost_config.iter().flat_map(|config| &config.outpost_arns) {
        draft.rests_on_outpost(outpost);
    }
    let remote = found.remote_network_config.iter().flat_map(|config| &config.remote_node_networks);
    if remote.flat_map(|network| &network.cidrs).next().is_some() {
        let detail = "where the cluster's machines outside AWS stand was not read";
        draft.perhaps_copied(CopyRole::Transit, &Shortfall::without_call(GapReason::NotRead, detail));
    }
    let mut logs = found.logging.into_iter().flat_map(|logging| logging.cluster_logging);
    if logs.any(|logs| logs.enabled != Some(false) && !logs.types.is_empty()) {
        let group = session.arn("logs", region, &format!("log-group:/aws/eks/{}/cluster", shorten(name)));
        draft.copy(CopyRole::Log, Some(&group), region);
    }
    // What a cluster holds lies on disks that EKS encrypts, whatever its version; secrets besides under a key that is named.
    let secrets = |encrypts: &Encrypts| encrypts.resources.iter().any(|what| what == "secrets");
    let key =
        found.encryption_config.into_iter().find(secrets).and_then(|encrypts| encrypts.provider?.key_arn);
    match outpost {
        false => draft.encrypted(Observed::Seen(true), key.as_deref()),
        true => {
            let detail = "whether what the cluster keeps on its outpost is encrypted was not read";
            draft.perhaps_encrypted(&Shortfall::without_call(GapReason::NotRead, detail));
        }
    }
    match &found.version {
        Some(version) => draft.runs(SERVICE, version),
        None => {
            let detail = "the answer does not say software.version";
            let silent = Shortfall::of(&DESCRIBE_CLUSTER, GapReason::Malformed, Some(call), detail);
            draft.perhaps_runs(SERVICE, &silent);
        }
    }
    draft.tags(Tag::of(found.tags));
}
