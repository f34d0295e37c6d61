//! KMS: keys, their policies, rotation, tags and aliases.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::failure::{Failure, Protocol};
use super::json::{self, NO_PAGE};
use super::paging::page;
use super::tenancy::{KeyItem, RegionKeys};
use super::{Asked, Call, Service};
use crate::answer::Answer;
use crate::description::{Key, KeyManager, KeyState, Rotation, expand};
use crate::request::Request;

pub(super) struct Kms;

const TARGET: &str = "TrentService.";
const OPERATIONS: &[&str] =
    &["ListKeys", "DescribeKey", "GetKeyRotationStatus", "GetKeyPolicy", "ListResourceTags", "ListAliases"];

impl Service for Kms {
    fn name(&self) -> &'static str {
        "kms"
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
        let key = input["KeyId"].as_str().unwrap_or_default();
        // A key ARN and a key id name the same resource; aliases stay aliases.
        let resource = key.rsplit_once(":key/").map_or(key, |(_, id)| id).to_owned();
        let page = input["Marker"].as_str().unwrap_or(NO_PAGE).to_owned();
        Some(Asked { operation, resource, page })
    }

    fn answer(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let input = call.request.json();
        let output = match call.operation {
            "ListKeys" => list_keys(call, &input),
            "ListAliases" => list_aliases(call, &input),
            operation => {
                let found = Found::named(call, input["KeyId"].as_str().unwrap_or_default())?;
                match operation {
                    "DescribeKey" => Ok(json!({"KeyMetadata": metadata(call, &found)})),
                    "GetKeyRotationStatus" => rotation_status(call, &found),
                    "GetKeyPolicy" => policy(call, &found, &input),
                    _ => list_tags(call, &found, &input),
                }
            }
        }?;
        Ok(json::answer(&output))
    }
}

/// A key, and what the description says of it.
struct Found<'a> {
    item: &'a KeyItem,
    key: &'a Key,
    arn: String,
}

impl<'a> Found<'a> {
    /// The key that is named by id, ARN, alias or alias ARN.
    fn named(call: &Call<'a>, name: &str) -> Result<Self, Failure> {
        let missing = || {
            let arn = if name.starts_with("arn:") { name.to_owned() } else { arn(call, name) };
            let what = if name.contains("alias/") { "Alias" } else { "Key" };
            Failure::new(400, "NotFoundException", format!("{what} '{arn}' does not exist"))
        };
        if name.is_empty() {
            return Err(Failure::new(
                400,
                "ValidationException",
                "Value at 'keyId' failed to satisfy constraint",
            ));
        }
        let own = format!("arn:aws:kms:{}:{}:", call.region, call.account.id());
        if name.starts_with("arn:") && !name.starts_with(&own) {
            let here = format!("arn:aws:kms:{}:", call.region);
            return Err(match name.starts_with(&here) {
                true => Protocol::Json.denied(&call.caller.arn, "kms", call.operation, name),
                false => Failure::new(400, "NotFoundException", format!("Invalid arn {}", call.region)),
            });
        }
        let local = name.trim_start_matches(&own);
        let keys = call.account.keys(call.region).ok_or_else(missing)?;
        let index = match local.starts_with("alias/") {
            true => keys
                .aliases
                .binary_search_by(|(alias, _)| alias.as_str().cmp(local))
                .ok()
                .and_then(|place| keys.aliases.get(place))
                .map(|(_, index)| *index),
            false => {
                let id = local.trim_start_matches("key/");
                keys.keys.binary_search_by(|key| key.id.as_str().cmp(id)).ok()
            }
        };
        let item = index.and_then(|index| keys.keys.get(index)).ok_or_else(missing)?;
        let key = call.account.description.keys.get(item.item.entry as usize).ok_or_else(missing)?;
        Ok(Self { item, key, arn: arn(call, &item.id) })
    }

    fn state(&self) -> KeyState {
        self.key.state.unwrap_or(match self.key.deletion_date {
            Some(_) => KeyState::PendingDeletion,
            None => KeyState::Enabled,
        })
    }
}

fn list_keys(call: &Call<'_>, input: &Value) -> Result<Value, Failure> {
    let keys = call.account.keys(call.region).map_or(&[][..], |keys| &keys.keys);
    listed(
        call,
        input,
        "Keys",
        keys,
        100,
        1_000,
        |key| json!({"KeyId": key.id, "KeyArn": arn(call, &key.id)}),
    )
}

fn list_aliases(call: &Call<'_>, input: &Value) -> Result<Value, Failure> {
    let nothing = RegionKeys::default();
    let keys = call.account.keys(call.region).unwrap_or(&nothing);
    let wanted = match input["KeyId"].as_str() {
        Some(name) => Some(Found::named(call, name)?.item.id.clone()),
        None => None,
    };
    let aliases: Vec<(&str, &KeyItem)> = keys
        .aliases
        .iter()
        .filter_map(|(alias, index)| Some((alias.as_str(), keys.keys.get(*index)?)))
        .filter(|(_, key)| wanted.as_ref().is_none_or(|id| *id == key.id))
        .collect();
    listed(call, input, "Aliases", &aliases, 50, 100, |(alias, key)| {
        let described = call.account.description.keys.get(key.item.entry as usize);
        let created = seconds(json::created(described.and_then(|key| key.created)));
        json!({
            "AliasName": alias,
            "AliasArn": format!("arn:aws:kms:{}:{}:{alias}", call.region, call.account.id()),
            "TargetKeyId": key.id,
            "CreationDate": created,
            "LastUpdatedDate": created,
        })
    })
}

fn list_tags(call: &Call<'_>, found: &Found<'_>, input: &Value) -> Result<Value, Failure> {
    let tags: Vec<(&String, &String)> = found.key.tags.iter().collect();
    listed(call, input, "Tags", &tags, 50, 50, |(key, value)| {
        let value =
            if found.key.count.is_some() { expand(value, found.item.item.n) } else { value.to_string() };
        json!({"TagKey": key, "TagValue": value})
    })
}

/// A page of a list, with Limit, Marker, NextMarker and Truncated.
fn listed<T>(
    call: &Call<'_>,
    input: &Value,
    name: &str,
    items: &[T],
    usual: usize,
    most: usize,
    show: impl Fn(&T) -> Value,
) -> Result<Value, Failure> {
    let limit = json::limit(&input["Limit"], usual, most, "limit")?;
    let page = page(items.len(), input["Marker"].as_str(), limit, call.endless, || {
        Failure::new(400, "InvalidMarkerException", "The marker is invalid")
    })?;
    let shown: Vec<Value> = items[page.items].iter().map(show).collect();
    let mut output = json!({name: shown, "Truncated": page.next.is_some()});
    if let Some(next) = page.next {
        output["NextMarker"] = next.into();
    }
    Ok(output)
}

fn metadata(call: &Call<'_>, found: &Found<'_>) -> Value {
    let key = found.key;
    let state = found.state();
    let manager = match key.manager {
        KeyManager::Customer => "CUSTOMER",
        KeyManager::Aws => "AWS",
    };
    let mut metadata = json!({
        "AWSAccountId": call.account.id(),
        "KeyId": found.item.id,
        "Arn": found.arn,
        "CreationDate": seconds(json::created(key.created)),
        "Enabled": state == KeyState::Enabled,
        "Description": key.description,
        "KeyUsage": key.usage,
        "KeyState": format!("{state:?}"),
        "Origin": key.origin,
        "KeyManager": manager,
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        "MultiRegion": key.multi_region.is_some(),
    });
    match (key.usage.as_str(), key.spec.as_str()) {
        ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT") => {
            metadata["EncryptionAlgorithms"] = json!(["SYMMETRIC_DEFAULT"]);
        }
        ("ENCRYPT_DECRYPT", _) => {
            metadata["EncryptionAlgorithms"] = json!(["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]);
        }
        _ => {}
    }
    match (key.deletion_date, state) {
        (Some(date), KeyState::PendingReplicaDeletion) | (Some(date), KeyState::PendingDeletion) => {
            metadata["DeletionDate"] = seconds(date.0);
        }
        _ => {}
    }
    if state == KeyState::PendingReplicaDeletion
        && let Some(days) = key.pending_window_days
    {
        metadata["PendingDeletionWindowInDays"] = days.into();
    }
    if let Some(spread) = &key.multi_region {
        let primary = found.item.primary_region.as_deref().unwrap_or(call.region);
        let member = |region: &str| {
            json!({
                "Arn": format!("arn:aws:kms:{region}:{}:key/{}", call.account.id(), found.item.id),
                "Region": region,
            })
        };
        let kind = if found.item.primary_region.is_some() { "REPLICA" } else { "PRIMARY" };
        let replicas: Vec<Value> = spread.replicas.iter().map(|region| member(region.as_str())).collect();
        metadata["MultiRegionConfiguration"] =
            json!({"MultiRegionKeyType": kind, "PrimaryKey": member(primary), "ReplicaKeys": replicas});
    }
    metadata
}

/// What AWS Config records of a key of the region: what AWS's Java SDK answered, in its words.
pub(super) fn record(call: &Call<'_>, place: usize) -> Vec<(&'static str, Value)> {
    let item = call.account.keys(call.region).and_then(|keys| keys.keys.get(place));
    let key = item.and_then(|item| call.account.description.keys.get(item.item.entry as usize));
    let (Some(item), Some(key)) = (item, key) else { return Vec::new() };
    let found = Found { item, key, arn: arn(call, &item.id) };
    let told = metadata(call, &found);
    let mut configuration = json!({"awsaccountId": told["AWSAccountId"], "deletionDate": null});
    for (name, of) in [
        ("keyId", "KeyId"),
        ("arn", "Arn"),
        ("enabled", "Enabled"),
        ("description", "Description"),
        ("keyUsage", "KeyUsage"),
        ("keyState", "KeyState"),
        ("origin", "Origin"),
        ("keyManager", "KeyManager"),
        ("customerMasterKeySpec", "CustomerMasterKeySpec"),
    ] {
        configuration[name] = told[of].clone();
    }
    if let Some(date) = key.deletion_date {
        configuration["deletionDate"] = date.0.to_string().into();
    }
    let rotates = rotation_status(call, &found).map(|status| status["KeyRotationEnabled"].clone());
    let policy = policy(call, &found, &Value::Null).map(|policy| policy["Policy"].clone());
    let value = |value: &String| if key.count.is_some() { expand(value, item.item.n) } else { value.clone() };
    let tags = key.tags.iter().map(|(name, told)| {
        let told = value(told);
        json!({"key": name, "value": told, "tag": format!("{name}={told}")})
    });
    vec![
        ("tags", tags.collect()),
        ("configuration", configuration),
        (
            "supplementaryConfiguration",
            json!({"KeyRotationStatus": rotates.unwrap_or(false.into()), "Policy": policy.unwrap_or_default()}),
        ),
    ]
}

fn rotation_status(call: &Call<'_>, found: &Found<'_>) -> Result<Value, Failure> {
    let key = found.key;
    if key.spec != "SYMMETRIC_DEFAULT" || matches!(key.origin.as_str(), "AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE")
    {
        let message = format!("{} is not valid for GetKeyRotationStatus", found.arn);
        return Err(Failure::new(400, "UnsupportedOperationException", message));
    }
    let usual = Rotation { enabled: key.manager == KeyManager::Aws, period_days: 365 };
    let rotation = key.rotation.unwrap_or(usual);
    let enabled = rotation.enabled && !matches!(found.state(), KeyState::PendingDeletion);
    let mut status = json!({"KeyId": found.arn, "KeyRotationEnabled": enabled});
    if enabled {
        status["RotationPeriodInDays"] = rotation.period_days.into();
        let period = SignedDuration::from_hours(24 * i64::from(rotation.period_days.max(1)));
        let created = json::created(key.created);
        let age = call.now.duration_since(created).as_secs().max(0);
        let next = created + period * i32::try_from(age / period.as_secs() + 1).unwrap_or(i32::MAX);
        status["NextRotationDate"] = seconds(next);
    }
    Ok(status)
}

fn policy(call: &Call<'_>, found: &Found<'_>, input: &Value) -> Result<Value, Failure> {
    if input["PolicyName"].as_str().is_some_and(|name| name != "default") {
        return Err(Failure::new(400, "NotFoundException", "No such policy exists"));
    }
    let policy = match &found.key.policy {
        Some(document) => document.text(),
        None => json!({
            "Version": "2012-10-17",
            "Id": "key-default-1",
            "Statement": [{
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": format!("arn:aws:iam::{}:root", call.account.id())},
                "Action": "kms:*",
                "Resource": "*",
            }],
        })
        .to_string(),
    };
    Ok(json!({"Policy": policy, "PolicyName": "default"}))
}

fn arn(call: &Call<'_>, id: &str) -> String {
    let kind = if id.starts_with("alias/") { "" } else { "key/" };
    format!("arn:aws:kms:{}:{}:{kind}{id}", call.region, call.account.id())
}

/// Seconds since 1970, as JSON 1.1 tells time.
fn seconds(time: Timestamp) -> Value {
    json!(time.as_second())
}
