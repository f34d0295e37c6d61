//! CloudFront: distributions, which keep what they deliver in caches the world over.
//!
//! Neither a price class nor a restriction by country bounds where caches are: the first bounds which edges answer
//! (none is Japan alone), the second who is answered. So of every distribution it is certain that its caches may lie
//! in all countries with edges, which is what the place `cloudfront-edge` stands for.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::shared::{Asked, List, Page, page, region_of_target};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Copy, CopyRole, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Shortfall};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

operation!(
    /// Every distribution of the account.
    LIST_DISTRIBUTIONS = "cloudfront" "ListDistributions", needs "cloudfront:ListDistributions",
    quota quota::CLOUDFRONT, Per::Page(100), Get, facts "distributions: what they deliver, caches at edges and in regions"
);
operation!(
    /// A distribution's configuration.
    GET_DISTRIBUTION_CONFIG = "cloudfront" "GetDistributionConfig", needs "cloudfront:GetDistributionConfig",
    quota quota::CLOUDFRONT, Per::Resource, Get, facts "distributions: where requests are recorded"
);
operation!(
    /// A distribution's labels.
    LIST_TAGS_FOR_RESOURCE = "cloudfront" "ListTagsForResource", needs "cloudfront:ListTagsForResource",
    quota quota::CLOUDFRONT, Per::Resource, Get, facts "labels of distributions, for scope"
);

/// Distributions.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Delivery] },
    operations: &[&LIST_DISTRIBUTIONS, &GET_DISTRIBUTION_CONFIG, &LIST_TAGS_FOR_RESOURCE],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const SERVICE: &str = "cloudfront";
/// Where the service is asked, which has no regions.
const HOME: &str = "us-east-1";
/// The place catalogue's word for all edges together.
const EDGE: &str = "cloudfront-edge";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask =
        Ask::of(&LIST_DISTRIBUTIONS, Api::RestXml("DistributionList"), HOME, json!({"MaxItems": "100"}));
    let list = List::<Distributions>::of(session, ask.at("/2020-05-31/distribution", &[]));
    tally.read_some(list, sink, |found, call| distribution(session, region, found, call)).await;
    tally.outcome()
}

/// A page; of one without distributions the element around them is left out.
#[derive(Deserialize)]
#[serde(try_from = "DistributionList")]
struct Distributions {
    items: Vec<Distribution>,
    next: Option<String>,
    goes_on: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DistributionList {
    quantity: Option<usize>,
    is_truncated: Option<bool>,
    next_marker: Option<String>,
    items: Option<Members<Distribution>>,
}

/// The members inside an element of their own.
struct Members<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        members(deserializer).map(Self)
    }
}

impl TryFrom<DistributionList> for Distributions {
    type Error = &'static str;

    fn try_from(list: DistributionList) -> Result<Self, Self::Error> {
        let items = counted(list.quantity, list.items)?;
        Ok(Self { items, next: list.next_marker, goes_on: list.is_truncated })
    }
}

/// The members of a list that says how many it has: none may be missing.
fn counted<T>(quantity: Option<usize>, items: Option<Members<T>>) -> Result<Vec<T>, &'static str> {
    match (quantity, items) {
        (Some(0), None) => Ok(Vec::new()),
        (None, Some(items)) => Ok(items.0),
        (Some(quantity), Some(items)) if items.0.len() == quantity => Ok(items.0),
        _ => Err("a list does not hold as much as it says"),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Distribution {
    id: String,
    #[serde(rename = "ARN")]
    arn: String,
    domain_name: String,
    origins: Origins,
}

#[derive(Deserialize)]
#[serde(try_from = "OriginList")]
struct Origins(Vec<Origin>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OriginList {
    quantity: Option<usize>,
    items: Option<Members<Origin>>,
}

impl TryFrom<OriginList> for Origins {
    type Error = &'static str;

    fn try_from(list: OriginList) -> Result<Self, Self::Error> {
        counted(list.quantity, list.items).map(Self)
    }
}

/// Where a distribution takes what it delivers from.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Origin {
    domain_name: String,
    origin_shield: Option<Shield>,
}

/// A further cache before an origin.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Shield {
    enabled: bool,
    origin_shield_region: Option<String>,
}

page!(@goes_on Distributions: Distribution in items, "Marker" from next, by |item| item.arn.clone());

/// A distribution's facts: one for each bucket it delivers from, and one where it delivers from none, so that what is
/// confidential in any of them is followed to the edges.
async fn distribution(session: &Session, region: &str, found: Distribution, call: CallId) -> Vec<Fact> {
    let origins = found.origins.0;
    let buckets: BTreeSet<String> =
        origins.iter().filter_map(|origin| bucket_of(&origin.domain_name)).map(shorten).collect();
    let mut shields: Vec<Option<String>> = origins
        .into_iter()
        .filter_map(|origin| origin.origin_shield.filter(|shield| shield.enabled))
        .map(|shield| shield.origin_shield_region.filter(|region| !region.is_empty()))
        .collect();
    shields.sort();
    shields.dedup();
    let api = Api::RestXml("DistributionConfig");
    let ask = Ask::of(&GET_DISTRIBUTION_CONFIG, api, HOME, Value::Null).about(&found.id);
    let log = session.told::<Configuration>(ask.at("/2020-05-31/distribution/{}/config", &[&found.id])).await;
    let ask = Ask::of(&LIST_TAGS_FOR_RESOURCE, Api::RestXml("Tags"), HOME, json!({"Resource": found.arn}));
    let tags = session.told::<Tags>(ask.about(&found.id).at("/2020-05-31/tagging", &[])).await;
    let mut facts = Vec::new();
    let sources = if buckets.is_empty() { vec![None] } else { buckets.into_iter().map(Some).collect() };
    for (number, bucket) in sources.into_iter().enumerate() {
        // The first bears the distribution's own name.
        let id = match &bucket {
            Some(bucket) if number > 0 => format!("{}#{bucket}", found.arn),
            _ => found.arn.clone(),
        };
        let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, id, &found.domain_name, &call);
        // It has no place of its own: what it holds is in caches.
        draft.resource.copies.clear();
        draft.copy(CopyRole::Cache, None, EDGE);
        for shield in &shields {
            match shield {
                Some(region) => draft.copy(CopyRole::Cache, None, region),
                None => {
                    let detail = "the answer does not say where the cache before an origin is";
                    let silent = Shortfall::of(&LIST_DISTRIBUTIONS, GapReason::Malformed, Some(call), detail);
                    draft.perhaps_copied(CopyRole::Cache, &silent);
                }
            }
        }
        draft.resource.made_from = bucket.map(|bucket| format!("arn:aws:s3:::{bucket}"));
        recorded(session, &mut draft, &log).await;
        draft.tagged(tags.clone(), |told| told.items.into_iter().map(Tag::from).collect());
        facts.push(draft.finish());
    }
    facts
}

/// The bucket behind a domain name of S3: `name.s3.region.amazonaws.com`, `name.s3-website-region.amazonaws.com` and
/// the like. Access points have names of the same form, and are no buckets.
fn bucket_of(domain: &str) -> Option<&str> {
    let host = domain.strip_suffix(".amazonaws.com")?;
    let at = [".s3.", ".s3-"].iter().filter_map(|mark| host.rfind(mark)).max();
    let (bucket, after) = match at {
        Some(at) => host.split_at(at),
        None => (host.strip_suffix(".s3")?, ""),
    };
    let of_points = [".s3-accesspoint", ".s3-global", ".s3-object-lambda", ".s3-outposts"];
    let point = of_points.iter().any(|mark| after.starts_with(mark)) || bucket.ends_with("-s3alias");
    (!point && !bucket.is_empty()).then_some(bucket)
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    logging: Option<Logging>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Logging {
    enabled: bool,
    bucket: Option<String>,
}

/// Where requests are recorded.
async fn recorded(session: &Session, draft: &mut Draft<'_>, asked: &Asked<Configuration>) {
    let (told, call) = match asked {
        Ok(heard) => (heard.told.as_ref(), heard.call),
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Log, shortfall),
    };
    draft.sheet.shown("copies", &call);
    let Some(logging) = told.and_then(|told| told.logging.as_ref()).filter(|logging| logging.enabled) else {
        return;
    };
    let domain = logging.bucket.as_deref().unwrap_or_default();
    match bucket_of(domain) {
        Some(bucket) => {
            let holder = format!("arn:aws:s3:::{}", shorten(bucket));
            let place =
                region_of_target(session, &mut draft.sheet, "copies", &holder, &BTreeMap::new()).await;
            draft.resource.copies.push(Copy::new(CopyRole::Log, Some(holder), place));
        }
        None => {
            let detail =
                format!("requests are recorded in `{}`, which is not a bucket's name", shorten(domain));
            let astray = Shortfall::of(&GET_DISTRIBUTION_CONFIG, GapReason::Malformed, Some(call), detail);
            draft.perhaps_copied(CopyRole::Log, &astray);
        }
    }
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    #[serde(default, deserialize_with = "members")]
    items: Vec<TagItem>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagItem {
    key: String,
    value: Option<String>,
}

impl From<TagItem> for Tag {
    fn from(tag: TagItem) -> Self {
        Self { key: tag.key, value: tag.value.unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Distributions, bucket_of};
    use crate::protocol::read_xml;
    use sekisho_contract::door::Answer;

    fn read(inside: &str) -> Result<Distributions, String> {
        let body = format!("<DistributionList xmlns=\"x\"><Marker></Marker>{inside}</DistributionList>");
        let (status, headers) = (200, http::HeaderMap::new());
        read_xml(&Answer { status, headers, body: body.into() }, "DistributionList").map_err(|error| error.0)
    }

    #[test]
    fn a_list_that_holds_less_than_it_says_is_not_read() {
        let one = "<DistributionSummary><Id>E1</Id><ARN>a</ARN><DomainName>d</DomainName><Origins><Quantity>1</Quantity>\
                   <Items><Origin><Id>o</Id><DomainName>records.s3.amazonaws.com</DomainName><OriginShield>\
                   <Enabled>false</Enabled></OriginShield></Origin></Items></Origins></DistributionSummary>";
        let empty = read("<IsTruncated>false</IsTruncated><Quantity>0</Quantity>").unwrap();
        assert_eq!((empty.items.len(), empty.goes_on), (0, Some(false)));
        let full =
            read(&format!("<Items>{one}</Items><Quantity>1</Quantity><NextMarker>m</NextMarker>")).unwrap();
        assert_eq!(full.items[0].origins.0[0].domain_name, "records.s3.amazonaws.com");
        assert_eq!(full.next.as_deref(), Some("m"));
        for broken in [
            String::new(),
            "<Quantity>1</Quantity>".to_owned(),
            format!("<Items>{one}</Items><Quantity>2</Quantity>"),
            format!("<Items>{}</Items><Quantity>1</Quantity>", one.replace("<Quantity>1<", "<Quantity>2<")),
        ] {
            assert!(read(&broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn buckets_are_known_by_their_domain_names() {
        for (domain, bucket) in [
            ("records.s3.amazonaws.com", Some("records")),
            ("records.s3.ap-northeast-1.amazonaws.com", Some("records")),
            ("records.s3-ap-northeast-1.amazonaws.com", Some("records")),
            ("records.s3.dualstack.ap-northeast-1.amazonaws.com", Some("records")),
            ("www.city.jp.s3-website-ap-northeast-1.amazonaws.com", Some("www.city.jp")),
            ("my.s3.records.s3.us-east-1.amazonaws.com", Some("my.s3.records")),
            ("point-111122223333.s3-accesspoint.us-east-1.amazonaws.com", None),
            ("mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com", None),
            ("point-abc-s3alias.s3.us-east-1.amazonaws.com", None),
            ("lb-1.ap-northeast-1.elb.amazonaws.com", None),
            ("s3.amazonaws.com", None),
            ("www.example.jp", None),
        ] {
            assert_eq!(bucket_of(domain), bucket, "{domain}");
        }
    }
}
