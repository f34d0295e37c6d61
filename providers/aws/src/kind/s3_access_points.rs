//! S3 access points: ways into buckets, each with a policy of its own.
//!
//! A bucket's policy may leave to the access points of an account who is let in (`s3:DataAccessPointAccount`): then these
//! policies say it. Those of object lambdas lead through an access point, and are let in by its policy.

use super::Entry;
use super::draft::{Draft, Fact, Tally};
use super::parts::besides;
use super::shared::{Asked, List, Page, page};
use crate::api::{Api, Ask};
use crate::policy;
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Bound, BoundEffect, CopyRole, Exposure, Facet, Kind, PrincipalClass, Sources};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every access point of the region, those of file systems included.
    LIST_ACCESS_POINTS = "s3control" "ListAccessPoints", needs "s3:ListAccessPoints", quota quota::S3_ACCESS_POINTS,
    Per::Page(1_000), Get, facts "S3 access points, their buckets and networks"
);
operation!(
    /// Whom an access point lets in.
    GET_ACCESS_POINT_POLICY = "s3control" "GetAccessPointPolicy", needs "s3:GetAccessPointPolicy",
    quota quota::S3_ACCESS_POINTS, Per::Resource, Get, facts "who is let in through an S3 access point, and from where",
    absent &["NoSuchAccessPointPolicy"]
);

/// Access points.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::AccessPoint] },
    operations: &[&LIST_ACCESS_POINTS, &GET_ACCESS_POINT_POLICY],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

/// The models' names of the answers, and those emulators use.
const LISTED: Api = Api::RestXml("ListAccessPointsResult|ListAccessPointsResponse");
const POLICY: Api = Api::RestXml("GetAccessPointPolicyResult|GetAccessPointPolicyResponse");
const SERVICE: &str = "s3-access-points";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask =
        Ask::of(&LIST_ACCESS_POINTS, LISTED, region, json!({"dataSourceType": "ALL", "maxResults": 1000}));
    let list = List::<AccessPoints>::of(session, ask.at("/v20180820/accesspoint", &[]));
    tally.read(list, sink, |found, call| access_point(session, region, found, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccessPoints {
    #[serde(deserialize_with = "members")]
    access_point_list: Vec<Listed>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    name: String,
    bucket: Option<String>,
    access_point_arn: Option<String>,
    bucket_account_id: Option<String>,
    network_origin: Option<String>,
    vpc_configuration: Option<Vpc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Vpc {
    vpc_id: Option<String>,
}

page!(AccessPoints: Listed in access_point_list, "nextToken" from next_token, by |item| item.name.clone());

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    policy: String,
}

async fn access_point(session: &Session, region: &str, found: Listed, call: CallId) -> Fact {
    let own = || session.arn("s3", region, &format!("accesspoint/{}", shorten(&found.name)));
    let arn = found.access_point_arn.clone().filter(|arn| !arn.is_empty()).unwrap_or_else(own);
    let mut draft =
        Draft::new(session, (Kind::AccessPoint, SERVICE), region, arn.clone(), &found.name, &call);
    // Nothing rests in it: what goes through it is in the bucket, which lies in the same region. A bucket of this account's
    // is told of where it is read; that its access points are in scope does not put it in scope too.
    let lent = found.bucket_account_id.as_ref().is_none_or(|owner| *owner != session.account);
    let bucket = found.bucket.as_deref().filter(|bucket| lent && !bucket.is_empty());
    let bucket = bucket.map(|bucket| format!("arn:aws:s3:::{}", shorten(bucket)));
    draft.resource.copies.clear();
    draft.copy(CopyRole::Transit, bucket.as_deref(), region);
    let ask = Ask::of(&GET_ACCESS_POINT_POLICY, POLICY, region, json!({})).about(&found.name);
    let asked = session.told(ask.at("/v20180820/accesspoint/{}/policy", &[&found.name])).await;
    besides(&mut draft, Facet::Sources, &call);
    let through = through_network(&mut draft, &found, call);
    exposed(&mut draft, &arn, asked, through);
    draft.finish()
}

/// The network it lets requests come from alone, where it was made for one ("Creating access points restricted to a virtual
/// private cloud").
fn through_network(draft: &mut Draft<'_>, found: &Listed, call: CallId) -> Option<Bound> {
    let network = found.vpc_configuration.as_ref().and_then(|vpc| vpc.vpc_id.as_deref());
    match (found.network_origin.as_deref(), network.filter(|network| !network.is_empty())) {
        (Some("VPC"), Some(network)) => Some(Bound {
            effect: Observed::Seen(BoundEffect::Refuses),
            networks: vec![shorten(network)],
            open: Observed::Seen(false),
            ..Bound::perhaps()
        }),
        (Some("Internet"), None) => None,
        _ => {
            let detail = "the answer does not say sources.bounds";
            let silent = Shortfall::of(&LIST_ACCESS_POINTS, GapReason::Malformed, Some(call), detail);
            draft.sheet.unseen::<()>("sources.bounds", &silent);
            Some(Bound::perhaps())
        }
    }
}

/// Who is let in by its policy, and by none where there is none. Access points answer over TLS alone.
fn exposed(draft: &mut Draft<'_>, arn: &str, asked: Asked<Answer>, through: Option<Bound>) {
    let read = asked.and_then(|heard| {
        let Some(told) = heard.told else { return Ok((policy::PolicyReading::NONE, heard.call)) };
        let unread =
            |why: &str| Shortfall::of(&GET_ACCESS_POINT_POLICY, GapReason::Malformed, Some(heard.call), why);
        Ok((policy::read(&told.policy, arn).map_err(|why| unread(&why.0))?, heard.call))
    });
    let bounds = read.as_ref().map(|(reading, _)| reading.bounds.clone());
    draft.resource.sources = Some(match bounds {
        Ok(mut bounds) => {
            bounds.found.extend(through);
            bounds.sources(&mut draft.sheet)
        }
        Err(shortfall) => {
            // A network that was seen bounds it, whatever the policy adds.
            draft.sheet.unseen::<()>("sources.bounds", shortfall);
            let bounds = through.into_iter().chain([Bound::perhaps()]).collect();
            Sources { bounds: Observed::Seen(bounds) }
        }
    });
    draft.resource.exposure = Some(match read {
        Ok((reading, call)) => {
            draft.sheet.shown("exposure", &call);
            draft.sheet.shown("sources", &call);
            let anyone =
                reading.principals.iter().any(|principal| principal.class == PrincipalClass::Anonymous);
            let barriers = Shortfall::without_call(
                GapReason::NotRead,
                "the access point's own public access blocks are not read",
            );
            let mut barred = |seen| {
                if anyone { draft.sheet.unseen("exposure.public", &barriers) } else { Observed::Seen(seen) }
            };
            Exposure {
                public: barred(false),
                public_access_blocked: barred(true),
                tls_only: Observed::Seen(true),
                principals: Observed::Seen(reading.principals),
            }
        }
        Err(shortfall) => Exposure {
            public: draft.sheet.unseen("exposure.public", &shortfall),
            public_access_blocked: draft.sheet.unseen("exposure.public_access_blocked", &shortfall),
            tls_only: Observed::Seen(true),
            principals: draft.sheet.unseen("exposure.principals", &shortfall),
        },
    });
}
