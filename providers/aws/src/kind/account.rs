//! What holds for a whole account: who it is, which regions it can use, its barriers against public access.

use crate::endpoint::is_region_name;
use crate::quota;
use crate::session::{HOME, Session};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use sekisho_contract::door::{Heard, Outgoing};
use sekisho_contract::fact::{PublicAccessBlock, RegionState, UsableRegion};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde::Deserialize;

operation!(
    /// Whose credentials these are. Needs no permission.
    GET_CALLER_IDENTITY = "sts" "GetCallerIdentity", needs "", quota quota::STS,
    Per::Account, Post, facts "the account the credentials belong to"
);
operation!(
    /// The regions there are and whether the account can use them.
    DESCRIBE_REGIONS = "ec2" "DescribeRegions", needs "ec2:DescribeRegions", quota quota::EC2,
    Per::Account, Post, facts "regions, and which the account has opted in to"
);
operation!(
    /// The account-wide barriers of S3.
    GET_ACCOUNT_PUBLIC_ACCESS_BLOCK = "s3control" "GetPublicAccessBlock", needs "s3:GetAccountPublicAccessBlock",
    quota quota::S3_CONTROL, Per::Account, Get, facts "account-wide barriers against public access",
    absent &["NoSuchPublicAccessBlockConfiguration"]
);

/// What is asked of an account before its cells.
pub const OPERATIONS: &[&Operation] =
    &[&GET_CALLER_IDENTITY, &DESCRIBE_REGIONS, &GET_ACCOUNT_PUBLIC_ACCESS_BLOCK];

/// Refuses to go on under credentials of another account: its facts would be reported as this one's.
pub async fn check_identity(session: &Session) -> Result<(), Shortfall> {
    let heard: Heard<Identity> =
        session.query(&GET_CALLER_IDENTITY, HOME, "2011-06-15", &[], "GetCallerIdentityResponse").await?;
    let account = heard.told.map(|identity| identity.result.account).unwrap_or_default();
    if account == session.account {
        return Ok(());
    }
    let detail = format!("the credentials belong to account {account}, not to {}", session.account);
    Err(Shortfall::of(&GET_CALLER_IDENTITY, GapReason::Credentials, Some(heard.call), detail))
}

/// Who is asking.
#[derive(Deserialize)]
pub struct Identity {
    /// What was told.
    #[serde(rename = "GetCallerIdentityResult")]
    pub result: IdentityResult,
}

/// What STS tells of the caller.
#[derive(Deserialize)]
pub struct IdentityResult {
    /// The account.
    #[serde(rename = "Account")]
    pub account: String,
}

/// Every region AWS knows, and whether the account can use it.
pub async fn regions(session: &Session) -> Result<Heard<Vec<UsableRegion>>, Shortfall> {
    let heard: Heard<Regions> = session
        .query(&DESCRIBE_REGIONS, HOME, "2016-11-15", &[("AllRegions", "true")], "DescribeRegionsResponse")
        .await?;
    let call = heard.call;
    let items = heard.told.map(|told| told.info.item).unwrap_or_default();
    if items.is_empty() {
        return Err(Shortfall::of(
            &DESCRIBE_REGIONS,
            GapReason::Malformed,
            Some(call),
            "the list of regions is empty",
        ));
    }
    if let Some(why) = doubtful(session, &items) {
        return Err(Shortfall::of(&DESCRIBE_REGIONS, GapReason::Malformed, Some(call), why));
    }
    let mut regions: Vec<UsableRegion> = items
        .into_iter()
        .map(|item| UsableRegion {
            // Only this one word closes a region, and only one that accounts must opt in to; any other word, or
            // none, leaves it to be asked.
            state: match item.opt_in.as_deref() {
                Some("not-opted-in") if !is_open_to_all(&item.name) => RegionState::NotOptedIn,
                _ => RegionState::Open,
            },
            id: item.name,
        })
        .collect();
    regions.sort_by(|a, b| a.id.cmp(&b.id));
    regions.dedup();
    Ok(Heard { call, told: Some(regions) })
}

/// More regions than this no account has.
const MOST_REGIONS: usize = 500;

/// Why a list of regions cannot be the whole list. A cloud in miniature may have fewer; AWS has every region
/// that is open to all.
fn doubtful(session: &Session, items: &[RegionItem]) -> Option<String> {
    if items.len() > MOST_REGIONS {
        return Some(format!("the list names {} regions", items.len()));
    }
    if let Some(item) = items.iter().find(|item| !is_region_name(&item.name)) {
        return Some(format!("the list holds `{}`, which is not the name of a region", shorten(&item.name)));
    }
    let real = session.endpoints.emulator("ec2").is_none();
    let named = |region: &str| items.iter().any(|item| item.name == region);
    let mut missing = crate::places().regions().filter(|(id, place)| !place.opt_in && !named(id));
    let (missing, _) = missing.next().filter(|_| real)?;
    Some(format!("the list leaves out {missing}, which every account can use"))
}

/// Whether every account can use the region without having opted in.
fn is_open_to_all(region: &str) -> bool {
    crate::places().place(region).is_some_and(|place| !place.opt_in)
}

#[derive(Deserialize)]
struct Regions {
    #[serde(rename = "regionInfo")]
    info: RegionInfo,
}

#[derive(Deserialize)]
struct RegionInfo {
    #[serde(default)]
    item: Vec<RegionItem>,
}

#[derive(Deserialize)]
struct RegionItem {
    #[serde(rename = "regionName")]
    name: String,
    #[serde(rename = "optInStatus")]
    opt_in: Option<String>,
}

/// The account-wide barriers; none where none was configured.
pub async fn public_access_block(session: &Session) -> Result<Heard<PublicAccessBlock>, Shortfall> {
    let operation = &GET_ACCOUNT_PUBLIC_ACCESS_BLOCK;
    let mut url = session.endpoints.url("s3control", HOME, &session.account)?;
    url.set_path("/v20180820/configuration/publicAccessBlock");
    let mut headers = HeaderMap::new();
    let account = HeaderValue::from_str(&session.account)
        .map_err(|error| Shortfall::of(operation, GapReason::Failed, None, error.to_string()))?;
    headers.insert(HeaderName::from_static("x-amz-account-id"), account);
    let request = Outgoing { method: Method::GET, url, headers, body: Bytes::new() };
    session.ask(operation, HOME, "", 0, request, super::s3_answers::public_access_block).await
}
