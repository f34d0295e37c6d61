//! S3 Multi-Region Access Points: one name for buckets in several regions, to any of which a request may go.

use super::Entry;
use super::draft::{Draft, Fact, Tally};
use super::shared::{List, Page, page, unresolved};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::Observed;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Copy, CopyRole, Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every Multi-Region Access Point of the account.
    LIST_MULTI_REGION_ACCESS_POINTS = "s3control" "ListMultiRegionAccessPoints",
    needs "s3:ListMultiRegionAccessPoints", quota quota::S3_MULTI_REGION,
    Per::Page(100), Get, facts "S3 Multi-Region Access Points: the buckets and regions behind each"
);

/// Multi-Region Access Points.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Delivery] },
    operations: &[&LIST_MULTI_REGION_ACCESS_POINTS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

/// The model's name of the answer, and the one emulators use.
const API: Api = Api::RestXml("ListMultiRegionAccessPointsResult|ListMultiRegionAccessPointsResponse");
const SERVICE: &str = "s3control";
/// The one region that is asked for them.
const HOME: &str = "us-west-2";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&LIST_MULTI_REGION_ACCESS_POINTS, API, HOME, json!({"maxResults": 100}));
    let list = List::<AccessPoints>::of(session, ask.at("/v20180820/mrap/instances", &[]));
    tally
        .read(list, sink, |found, call| std::future::ready(access_point(session, region, found, call)))
        .await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccessPoints {
    #[serde(deserialize_with = "members")]
    access_points: Vec<AccessPoint>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccessPoint {
    name: String,
    alias: Option<String>,
    #[serde(deserialize_with = "members")]
    regions: Vec<Member>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Member {
    bucket: String,
    region: Option<String>,
}

page!(AccessPoints: AccessPoint in access_points, "nextToken" from next_token, by |item| item.name.clone());

fn access_point(session: &Session, region: &str, found: AccessPoint, call: CallId) -> Fact {
    let alias = found.alias.as_deref().filter(|alias| !alias.is_empty()).unwrap_or(&found.name);
    let id = session.arn("s3", "", &format!("accesspoint/{}", shorten(alias)));
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, id, &found.name, &call);
    // It has neither labels nor a place: what goes through it is in the buckets.
    draft.without(&[Facet::Tags]);
    draft.resource.copies.clear();
    for member in found.regions {
        let bucket = format!("arn:aws:s3:::{}", shorten(&member.bucket));
        match member.region.filter(|region| !region.is_empty()) {
            Some(region) => draft.copy(CopyRole::Transit, Some(&bucket), &region),
            None => {
                let place: Observed<String> = draft.sheet.unseen("copies", &unresolved(&bucket));
                draft.resource.copies.push(Copy::new(CopyRole::Transit, Some(bucket), place));
            }
        }
    }
    draft.finish()
}
