//! aws-sdk-config: queries of recorded configurations.

use super::{BehindTheDoor, NameOperation, SessionKeys, shortfall};
use crate::NAME;
use crate::endpoint::is_region_name;
use crate::kind::recorders::{SELECT_AGGREGATE_RESOURCE_CONFIG, SELECT_RESOURCE_CONFIG};
use crate::protocol::read_json;
use crate::session::Voice;
use aws_sdk_config::config::retry::RetryConfig;
use aws_sdk_config::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use sekisho_contract::call::CallId;
use sekisho_contract::door::{Answer, Malformed};
use sekisho_contract::gap::shorten;
use sekisho_contract::page::Pages;
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde_json::Value;
use std::sync::Arc;

/// The operations the SDK may send.
const OPERATIONS: &[&Operation] = &[&SELECT_RESOURCE_CONFIG, &SELECT_AGGREGATE_RESOURCE_CONFIG];
/// The most a page holds (SelectResourceConfig, `Limit`).
const PAGE: i32 = 100;

/// What is asked of records.
pub struct Query<'q> {
    /// The region that is asked.
    pub region: &'q str,
    /// What gathers the records there; none where the region's own are asked.
    pub aggregator: Option<&'q str>,
    /// What it is about, for the ledger.
    pub target: &'q str,
    /// The question.
    pub expression: &'q str,
}

/// Asks page by page, and hands on each record as it is written, with the call that brought it. Returns why the
/// pages did not come to their end, if so.
pub async fn select(
    session: &Voice,
    query: &Query<'_>,
    mut take: impl FnMut(&str, CallId),
) -> Result<(), Shortfall> {
    let operation =
        if query.aggregator.is_some() { &SELECT_AGGREGATE_RESOURCE_CONFIG } else { &SELECT_RESOURCE_CONFIG };
    if !is_region_name(query.region) {
        let detail =
            format!("`{}` is not the name of a region, and nothing was sent there", shorten(query.region));
        return Err(Shortfall::of(operation, GapReason::Malformed, None, detail));
    }
    let mut pages = Pages::of(operation);
    let mut token = None;
    loop {
        let call = CallId::of(
            NAME,
            &session.account,
            query.region,
            &operation.full_name(),
            query.target,
            pages.page(),
        );
        let client = client(session, query, pages.page());
        let page = match query.aggregator {
            Some(name) => {
                let asked = client.select_aggregate_resource_config().configuration_aggregator_name(name);
                let asked = asked.expression(query.expression).limit(PAGE).set_next_token(token.take());
                asked
                    .send()
                    .await
                    .map(|page| (page.results, page.next_token))
                    .map_err(|e| shortfall(operation, call, e))
            }
            None => {
                let asked = client.select_resource_config().expression(query.expression).limit(PAGE);
                let asked = asked.set_next_token(token.take());
                asked
                    .send()
                    .await
                    .map(|page| (page.results, page.next_token))
                    .map_err(|e| shortfall(operation, call, e))
            }
        };
        let (results, next) = page?;
        let Some(results) = results else {
            let why = "no Results in the answer";
            return Err(Shortfall::of(operation, GapReason::Malformed, Some(call), why));
        };
        results.iter().for_each(|record| take(record, call));
        match pages.next(results.len(), next.filter(|token| !token.is_empty())) {
            Ok(Some(next)) => token = Some(next),
            Ok(None) => return Ok(()),
            Err(endless) => return Err(Shortfall { call: Some(call), ..endless }),
        }
    }
}

fn client(session: &Voice, query: &Query<'_>, page: u32) -> aws_sdk_config::Client {
    let at = ("config", query.region);
    let behind_the_door = BehindTheDoor::of(session, at, (query.target, page), OPERATIONS, well_formed);
    let mut config = aws_sdk_config::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(query.region.to_owned()))
        .credentials_provider(SessionKeys(Arc::clone(&session.keys)))
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(behind_the_door)
        .interceptor(NameOperation);
    if let Some(emulator) = session.endpoints.emulator("config") {
        config = config.endpoint_url(emulator.as_str().trim_end_matches('/'));
    }
    aws_sdk_config::Client::from_conf(config.build())
}

/// Whether an answer is a page of records.
fn well_formed(_: &Operation, answer: &Answer) -> Result<(), Malformed> {
    let page: Value = read_json(answer)?;
    page["Results"].is_array().then_some(()).ok_or_else(|| Malformed("no Results in the answer".into()))
}
