//! CloudTrail: trails, their state, selectors and tags, and the shadows they cast in other regions and accounts.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::failure::{Failure, Protocol};
use super::json::{self, NO_PAGE};
use super::tenancy::AccountState;
use super::{Asked, Call, Service};
use crate::answer::Answer;
use crate::description::Trail;
use crate::request::Request;

pub(super) struct CloudTrail;

/// Older clients leave out what stands before the last point.
const TARGETS: &[&str] = &["com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.", "CloudTrail_20131101."];
const OPERATIONS: &[&str] = &["DescribeTrails", "GetTrailStatus", "GetEventSelectors", "ListTags"];

impl Service for CloudTrail {
    fn name(&self) -> &'static str {
        "cloudtrail"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Json
    }

    fn operations(&self) -> Vec<&'static str> {
        OPERATIONS.to_vec()
    }

    fn identify(&self, request: &Request) -> Option<Asked> {
        let operation = TARGETS.iter().find_map(|target| json::operation(request, target, OPERATIONS))?;
        let input = request.json();
        let named = [&input["Name"], &input["TrailName"], &input["ResourceIdList"][0]];
        let name = named.iter().find_map(|value| value.as_str()).unwrap_or_default();
        let resource = name.rsplit_once(":trail/").map_or(name, |(_, name)| name).to_owned();
        Some(Asked { operation, resource, page: NO_PAGE.to_owned() })
    }

    fn answer(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let input = call.request.json();
        let output = match call.operation {
            "DescribeTrails" => Ok(describe(call, &input)),
            "GetTrailStatus" => status(call, input["Name"].as_str().unwrap_or_default()),
            "GetEventSelectors" => selectors(call, input["TrailName"].as_str().unwrap_or_default()),
            _ => tags(call, &input),
        }?;
        Ok(json::answer(&output))
    }
}

/// A trail as an account sees it.
struct Visible<'a> {
    owner: &'a AccountState,
    trail: &'a Trail,
    arn: String,
}

/// Trails whose home this is, and shadows of those of other regions and of the organization.
fn visible<'a>(call: &Call<'a>) -> Vec<Visible<'a>> {
    let mut visible = Vec::new();
    for owner in call.aws.tenancy.accounts() {
        let own = owner.id() == call.account.id();
        for trail in &owner.description.trails {
            let here = trail.region.as_str() == call.region || trail.multi_region;
            if here && (own || trail.organization) {
                let arn = format!("arn:aws:cloudtrail:{}:{}:trail/{}", trail.region, owner.id(), trail.name);
                visible.push(Visible { owner, trail, arn });
            }
        }
    }
    visible
}

fn describe(call: &Call<'_>, input: &Value) -> Value {
    let shadows = input["includeShadowTrails"].as_bool().unwrap_or(true);
    let wanted = input["trailNameList"].as_array().filter(|names| !names.is_empty());
    let list: Vec<Value> = visible(call)
        .iter()
        .filter(|seen| {
            let at_home = seen.owner.id() == call.account.id() && seen.trail.region.as_str() == call.region;
            let named = |name: &Value| *name == seen.trail.name || *name == seen.arn;
            (shadows || at_home) && wanted.is_none_or(|names| names.iter().any(named))
        })
        .map(show)
        .collect();
    json!({"trailList": list})
}

fn show(seen: &Visible<'_>) -> Value {
    let trail = seen.trail;
    let home = trail.region.as_str();
    let custom = trail.selectors.is_some() || trail.advanced_selectors.is_some();
    let mut shown = json!({
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "IncludeGlobalServiceEvents": trail.global_events,
        "IsMultiRegionTrail": trail.multi_region,
        "HomeRegion": home,
        "TrailARN": seen.arn,
        "LogFileValidationEnabled": trail.validation,
        "HasCustomEventSelectors": custom,
        "HasInsightSelectors": false,
        "IsOrganizationTrail": trail.organization,
    });
    if let Some(prefix) = &trail.prefix {
        shown["S3KeyPrefix"] = prefix.as_str().into();
    }
    if let Some(key) = &trail.key {
        shown["KmsKeyId"] = seen.owner.key_arn(home, key).into();
    }
    if let Some(group) = &trail.log_group {
        let account = seen.owner.id();
        shown["CloudWatchLogsLogGroupArn"] =
            format!("arn:aws:logs:{home}:{account}:log-group:{group}:*").into();
        shown["CloudWatchLogsRoleArn"] = format!("arn:aws:iam::{account}:role/cloudtrail-to-logs").into();
    }
    shown
}

fn status(call: &Call<'_>, name: &str) -> Result<Value, Failure> {
    let seen = find(call, name)?;
    let started = json::created(None).as_second();
    let mut status = json!({"IsLogging": seen.trail.logging, "StartLoggingTime": started});
    let delivered = (call.now - SignedDuration::from_mins(5)).as_second();
    if seen.trail.logging {
        status["LatestDeliveryTime"] = delivered.into();
        if seen.trail.validation {
            status["LatestDigestDeliveryTime"] = delivered.into();
        }
        if seen.trail.log_group.is_some() {
            status["LatestCloudWatchLogsDeliveryTime"] = delivered.into();
        }
    } else {
        status["StopLoggingTime"] = (started + 86_400).into();
    }
    Ok(status)
}

fn selectors(call: &Call<'_>, name: &str) -> Result<Value, Failure> {
    let seen = find(call, name)?;
    let mut output = json!({"TrailARN": seen.arn});
    match (&seen.trail.advanced_selectors, &seen.trail.selectors) {
        (Some(advanced), _) => output["AdvancedEventSelectors"] = advanced.value(),
        (None, Some(basic)) => output["EventSelectors"] = basic.value(),
        (None, None) => {
            output["EventSelectors"] = json!([{
                "ReadWriteType": "All",
                "IncludeManagementEvents": true,
                "DataResources": [],
                "ExcludeManagementEventSources": [],
            }]);
        }
    }
    Ok(output)
}

fn tags(call: &Call<'_>, input: &Value) -> Result<Value, Failure> {
    let mut list = Vec::new();
    for arn in input["ResourceIdList"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !arn.starts_with("arn:") {
            let message = format!("The ARN {arn} is not valid");
            return Err(Failure::new(400, "CloudTrailARNInvalidException", message));
        }
        let owner = arn.split(':').nth(4).unwrap_or_default();
        if owner != call.account.id() {
            let message = format!(
                "AccountID in ARN is wrong, you can only access resources with AccountID {}",
                call.account.id()
            );
            return Err(Failure::new(400, "CloudTrailARNInvalidException", message));
        }
        if call.account.told("cloudtrail", call.region).any(|told| told.of.values().any(|of| of == arn)) {
            list.push(json!({"ResourceId": arn, "TagsList": []}));
            continue;
        }
        let found = visible(call).into_iter().find(|seen| {
            seen.arn == arn
                && seen.owner.id() == call.account.id()
                && seen.trail.region.as_str() == call.region
        });
        let seen = found.ok_or_else(|| {
            Failure::new(400, "ResourceNotFoundException", format!("The resource {arn} is not found"))
        })?;
        let tags: Vec<Value> =
            seen.trail.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        list.push(json!({"ResourceId": arn, "TagsList": tags}));
    }
    Ok(json!({"ResourceTagList": list}))
}

/// A trail by name, if it is seen in this region, or by ARN.
fn find<'a>(call: &Call<'a>, name: &str) -> Result<Visible<'a>, Failure> {
    visible(call).into_iter().find(|seen| seen.arn == name || seen.trail.name == name).ok_or_else(|| {
        let message = format!("Unknown trail: {name} for the user: {}", call.account.id());
        Failure::new(400, "TrailNotFoundException", message)
    })
}
