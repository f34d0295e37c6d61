//! Endpoints of networks: the ways by which they reach the provider's services without the internet, and what each lets
//! pass.

use super::draft::Draft;
use super::shared::{List, Page, page};
use super::watch::{Whole, whole};
use crate::api::{Api, Ask};
use crate::policy;
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::fact::{Endpoint, Endpoints, Facet};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every endpoint of the region's networks, with its policy.
    DESCRIBE_VPC_ENDPOINTS = "ec2" "DescribeVpcEndpoints", needs "ec2:DescribeVpcEndpoints", quota quota::EC2_LIST,
    Per::SomePages(1_000), Post, facts "endpoints of networks, and whether their policies let everything pass"
);

/// Every endpoint of the region.
pub(super) async fn listed(session: &Session, region: &str) -> Result<Whole<VpcEndpoint>, Shortfall> {
    let ask = Ask::of(&DESCRIBE_VPC_ENDPOINTS, Api::Ec2("2016-11-15"), region, json!({"MaxResults": 1_000}));
    whole(&DESCRIBE_VPC_ENDPOINTS, List::<VpcEndpoints>::of(session, ask)).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VpcEndpoints {
    #[serde(deserialize_with = "members")]
    vpc_endpoint_set: Vec<VpcEndpoint>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VpcEndpoint {
    vpc_endpoint_id: String,
    vpc_id: Option<String>,
    service_name: Option<String>,
    state: Option<String>,
    policy_document: Option<String>,
}

page!(
    VpcEndpoints: VpcEndpoint in vpc_endpoint_set, "NextToken" from next_token,
    by |item| item.vpc_endpoint_id.clone()
);

/// Endpoints in these states carry nothing, and will not.
const GONE: &[&str] = &["deleted", "rejected", "failed", "expired"];

impl VpcEndpoint {
    /// The service of the provider's that it leads to. One that leads to a service of somebody else's, or to what
    /// inspects traffic, opens no way into the provider's own.
    fn service(&self) -> Option<&str> {
        let name = self.service_name.as_deref()?;
        let own = ["com.amazonaws.", "aws.sagemaker.", "aws.api."].iter().any(|own| name.starts_with(own));
        let state = self.state.as_deref().unwrap_or_default().to_ascii_lowercase();
        (own && !name.starts_with("com.amazonaws.vpce.") && !GONE.contains(&state.as_str())).then_some(name)
    }
}

/// Notes the endpoints of a network, each with what it lets pass.
pub(super) fn note(draft: &mut Draft<'_>, network: &str, listed: &Result<Whole<VpcEndpoint>, Shortfall>) {
    draft.resource.facets.push(Facet::Endpoints);
    let ways = match listed {
        Ok(listed) => {
            listed.calls.iter().for_each(|call| draft.sheet.shown("endpoints", call));
            let call = listed.calls.first().copied();
            let own = listed.items.iter().filter(|one| one.vpc_id.as_deref() == Some(network));
            let mut ways = Vec::new();
            for one in own {
                if let Some(service) = one.service() {
                    let short = service.rsplit('.').next().unwrap_or(service);
                    let text = one.policy_document.as_deref().filter(|text| !text.is_empty());
                    let policy = match text.map(|text| policy::breadth(text, short)) {
                        Some(Ok(policy)) => Observed::Seen(policy),
                        unclear => {
                            let why = unclear.and_then(Result::err);
                            let detail = why.unwrap_or("the answer does not say endpoints.ways.policy");
                            let of = &DESCRIBE_VPC_ENDPOINTS;
                            let unread = Shortfall::of(of, GapReason::Unknown, call, detail);
                            draft.sheet.unseen("endpoints.ways.policy", &unread)
                        }
                    };
                    ways.push(Endpoint {
                        id: shorten(&one.vpc_endpoint_id),
                        service: shorten(service),
                        policy,
                    });
                }
            }
            ways.sort_by(|one, other| one.id.cmp(&other.id));
            Observed::Seen(ways)
        }
        Err(shortfall) => draft.sheet.unseen("endpoints.ways", shortfall),
    };
    draft.resource.endpoints = Some(Endpoints { ways });
}
