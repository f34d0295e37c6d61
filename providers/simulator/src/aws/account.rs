//! Account: which regions an account has opted in to.

use serde_json::json;

use super::failure::{Failure, Protocol};
use super::paging::page;
use super::regions::OptIn;
use super::{Asked, Call, Service};
use crate::answer::Answer;
use crate::request::Request;

pub(super) struct Account;

const MOST: u64 = 50;

impl Service for Account {
    fn name(&self) -> &'static str {
        "account"
    }

    fn protocol(&self) -> Protocol {
        Protocol::RestJson
    }

    fn operations(&self) -> Vec<&'static str> {
        vec!["ListRegions"]
    }

    fn identify(&self, request: &Request) -> Option<Asked> {
        let page = request.json()["NextToken"].as_str().unwrap_or_default().to_owned();
        (request.method == http::Method::POST && request.path == "/listRegions").then(|| Asked {
            operation: "ListRegions",
            resource: String::new(),
            page,
        })
    }

    fn is_global(&self) -> bool {
        true
    }

    fn answer(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let input = call.request.json();
        if input["AccountId"].as_str().is_some_and(|id| id != call.account.id()) {
            return Err(self.protocol().denied(&call.caller.arn, "account", "ListRegions", ""));
        }
        let invalid = |message: &str| Failure::new(400, "ValidationException", message);
        let limit = match &input["MaxResults"] {
            serde_json::Value::Null => MOST,
            value => value
                .as_u64()
                .filter(|limit| (1..=MOST).contains(limit))
                .ok_or_else(|| invalid("MaxResults must be from 1 to 50"))?,
        };
        let wanted = input["RegionOptStatusContains"].as_array();
        let regions: Vec<serde_json::Value> = call
            .aws
            .tenancy
            .regions()
            .map(|info| {
                let status = match (info.opt_in, call.account.opted(info)) {
                    (OptIn::NotRequired, _) => "ENABLED_BY_DEFAULT",
                    (OptIn::Required, true) => "ENABLED",
                    (OptIn::Required, false) => "DISABLED",
                };
                (info.name, status)
            })
            .filter(|(_, status)| wanted.is_none_or(|wanted| wanted.iter().any(|value| value == status)))
            .map(|(name, status)| json!({"RegionName": name, "RegionOptStatus": status}))
            .collect();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let page = page(regions.len(), input["NextToken"].as_str(), limit, call.endless, || {
            invalid("NextToken is invalid")
        })?;
        let mut output = json!({"Regions": regions[page.items]});
        if let Some(next) = page.next {
            output["NextToken"] = next.into();
        }
        Ok(Answer::new(200, "application/json", output.to_string()))
    }
}
