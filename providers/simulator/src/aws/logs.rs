//! CloudWatch Logs: log groups and their tags.

use serde_json::{Value, json};

use super::failure::{Failure, Protocol};
use super::json::{self, NO_PAGE};
use super::paging::page;
use super::{Asked, Call, Service};
use crate::answer::Answer;
use crate::description::{LogGroup, expand};
use crate::request::Request;

pub(super) struct Logs;

const TARGET: &str = "Logs_20140328.";
const OPERATIONS: &[&str] = &["DescribeLogGroups", "ListTagsForResource"];

impl Service for Logs {
    fn name(&self) -> &'static str {
        "logs"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Json
    }

    fn operations(&self) -> Vec<&'static str> {
        OPERATIONS.to_vec()
    }

    fn identify(&self, request: &Request) -> Option<Asked> {
        let operation = json::operation(request, TARGET, OPERATIONS)?;
        let input = request.json();
        let arn = input["resourceArn"].as_str().unwrap_or_default();
        let resource = group_name(arn).unwrap_or(arn).to_owned();
        let page = input["nextToken"].as_str().unwrap_or(NO_PAGE).to_owned();
        Some(Asked { operation, resource, page })
    }

    fn answer(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let input = call.request.json();
        let output = match call.operation {
            "DescribeLogGroups" => describe(call, &input),
            _ => tags(call, input["resourceArn"].as_str().unwrap_or_default()),
        }?;
        Ok(json::answer(&output))
    }
}

fn describe(call: &Call<'_>, input: &Value) -> Result<Value, Failure> {
    let prefix = input["logGroupNamePrefix"].as_str();
    let pattern = input["logGroupNamePattern"].as_str().map(str::to_lowercase);
    if prefix.is_some() && pattern.is_some() {
        let message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
        return Err(Failure::new(400, "InvalidParameterException", message));
    }
    let class = input["logGroupClass"].as_str();
    let groups: Vec<(String, &LogGroup, u32)> = call
        .account
        .log_groups(call.region)
        .filter(|(name, group, _)| {
            prefix.is_none_or(|prefix| name.starts_with(prefix))
                && pattern.as_ref().is_none_or(|pattern| name.to_lowercase().contains(pattern))
                && class.is_none_or(|class| group.class.as_str() == class)
        })
        .collect();
    let limit = json::limit(&input["limit"], 50, 50, "limit")?;
    let page = page(groups.len(), input["nextToken"].as_str(), limit, call.endless, || {
        Failure::new(400, "InvalidParameterException", "The specified nextToken is invalid.")
    })?;
    let shown: Vec<Value> =
        groups[page.items].iter().map(|(name, group, _)| show(call, name, group)).collect();
    let mut output = json!({"logGroups": shown});
    if let Some(next) = page.next {
        output["nextToken"] = next.into();
    }
    Ok(output)
}

fn show(call: &Call<'_>, name: &str, group: &LogGroup) -> Value {
    let arn = arn(call, name);
    let mut shown = json!({
        "logGroupName": name,
        "creationTime": json::created(group.created).as_millisecond(),
        "metricFilterCount": 0,
        "arn": format!("{arn}:*"),
        "logGroupArn": arn,
        "storedBytes": group.stored_bytes,
        "logGroupClass": group.class.as_str(),
        "deletionProtectionEnabled": group.deletion_protection,
    });
    if let Some(days) = group.retention_days {
        shown["retentionInDays"] = days.into();
    }
    if let Some(key) = &group.key {
        shown["kmsKeyId"] = call.account.key_arn(call.region, key).into();
    }
    shown
}

fn tags(call: &Call<'_>, asked: &str) -> Result<Value, Failure> {
    // Destinations are told of from the model, and bear no tags.
    if call.account.told("logs", call.region).any(|told| told.tells.values().any(|one| one["arn"] == asked)) {
        return Ok(json!({"tags": {}}));
    }
    let prefix = arn(call, "");
    let found = asked.strip_prefix(&prefix).and_then(|name| call.account.log_group(call.region, name));
    let (group, n) = found.ok_or_else(|| {
        Failure::new(400, "ResourceNotFoundException", "The specified resource does not exist.")
    })?;
    let tags: serde_json::Map<String, Value> = group
        .tags
        .iter()
        .map(|(key, value)| {
            let value = if group.count.is_some() { expand(value, n) } else { value.clone() };
            (key.clone(), value.into())
        })
        .collect();
    Ok(json!({"tags": tags}))
}

fn arn(call: &Call<'_>, name: &str) -> String {
    format!("arn:aws:logs:{}:{}:log-group:{name}", call.region, call.account.id())
}

/// The name in a log group's ARN.
fn group_name(arn: &str) -> Option<&str> {
    arn.split_once(":log-group:").map(|(_, name)| name.trim_end_matches(":*"))
}
