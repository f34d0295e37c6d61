//! AWS Config: recorders, aggregators, and queries of what they recorded.
//!
//! An account without `config` in its description is answered from the model, as other services are.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::failure::{Failure, Protocol};
use super::json::{self, NO_PAGE};
use super::paging::page;
use super::tenancy::AccountState;
use super::{Asked, Call, Service, kms, modelled, s3};
use crate::answer::Answer;
use crate::description::{Aggregator, Config as Described, Recorder};
use crate::request::Request;

pub(super) struct Config;

const TARGET: &str = "StarlingDoveService.";
const OPERATIONS: &[&str] = &["SelectResourceConfig", "SelectAggregateResourceConfig"];
/// What the model answers where the description says nothing of Config.
const MODELLED: &[&str] = &[
    "DescribeConfigurationRecorders",
    "DescribeConfigurationRecorderStatus",
    "DescribeConfigurationAggregators",
    "DescribeConfigurationAggregatorSourcesStatus",
];
const BUCKET: &str = "AWS::S3::Bucket";
const KEY: &str = "AWS::KMS::Key";

impl Service for Config {
    fn name(&self) -> &'static str {
        "config"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Json
    }

    fn operations(&self) -> Vec<&'static str> {
        OPERATIONS.to_vec()
    }

    fn identify(&self, request: &Request) -> Option<Asked> {
        let operation = json::operation(request, TARGET, OPERATIONS)
            .or_else(|| json::operation(request, TARGET, MODELLED))?;
        let input = request.json();
        let resource = input["ConfigurationAggregatorName"].as_str().unwrap_or_default().to_owned();
        let page = input["NextToken"].as_str().unwrap_or(NO_PAGE).to_owned();
        Some(Asked { operation, resource, page })
    }

    fn answer(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let nothing = Described::default();
        let config = match &call.account.description.config {
            Some(config) => config,
            None if MODELLED.contains(&call.operation) => {
                let model = modelled::services().find(|service| service.name() == self.name());
                return model.ok_or_else(|| self.protocol().unknown_operation(call.request))?.answer(call);
            }
            None => &nothing,
        };
        let input = call.request.json();
        let here = |recorder: &&Recorder| recorder.region.as_str() == call.region;
        let recorders: Vec<&Recorder> = config.recorders.iter().filter(here).collect();
        let output = match call.operation {
            "DescribeConfigurationRecorders" => {
                let shown: Vec<Value> = recorders.iter().map(|recorder| shape(call, recorder)).collect();
                json!({"ConfigurationRecorders": shown})
            }
            "DescribeConfigurationRecorderStatus" => {
                let shown: Vec<Value> = recorders.iter().map(|recorder| status(recorder)).collect();
                json!({"ConfigurationRecordersStatus": shown})
            }
            "DescribeConfigurationAggregators" => {
                let here = |one: &&Aggregator| one.region.as_str() == call.region;
                let aggregators: Vec<&Aggregator> = config.aggregators.iter().filter(here).collect();
                listed(call, &input, "ConfigurationAggregators", &aggregators, |one| aggregator(call, one))?
            }
            "DescribeConfigurationAggregatorSourcesStatus" => {
                let gathers = named(call, config, &input)?;
                let sources = sources(call, gathers);
                listed(call, &input, "AggregatedSourceStatusList", &sources, |(account, recorder)| {
                    json!({
                        "SourceId": account.id(), "SourceType": "ACCOUNT", "AwsRegion": recorder.region.as_str(),
                        "LastUpdateStatus": gathers.status, "LastUpdateTime": ago(gathers.silent_hours),
                    })
                })?
            }
            "SelectAggregateResourceConfig" => {
                let gathers = named(call, config, &input)?;
                select(call, &input, &sources(call, gathers))?
            }
            _ => {
                let own: Vec<_> = recorders.into_iter().map(|recorder| (call.account, recorder)).collect();
                select(call, &input, &own)?
            }
        };
        Ok(json::answer(&output))
    }
}

/// The aggregator that is asked for.
fn named<'a>(call: &Call<'_>, config: &'a Described, input: &Value) -> Result<&'a Aggregator, Failure> {
    let name = input["ConfigurationAggregatorName"].as_str().unwrap_or_default();
    let found = config.aggregators.iter().find(|one| one.name == name && one.region.as_str() == call.region);
    found.ok_or_else(|| {
        Failure::new(
            400,
            "NoSuchConfigurationAggregatorException",
            "The configuration aggregator does not exist.",
        )
    })
}

/// What an aggregator gathers from: accounts, and their recorders.
fn sources<'a>(call: &Call<'a>, gathers: &Aggregator) -> Vec<(&'a AccountState, &'a Recorder)> {
    let gathered = |account: &&AccountState| {
        gathers.accounts.is_empty() || gathers.accounts.iter().any(|id| id.as_str() == account.id())
    };
    let accounts = call.aws.tenancy.accounts().iter().filter(gathered);
    accounts
        .flat_map(|account| {
            let recorders = account.description.config.iter().flat_map(|config| &config.recorders);
            let gathered = |recorder: &&Recorder| {
                gathers.regions.is_empty() || gathers.regions.contains(&recorder.region)
            };
            recorders.filter(gathered).map(move |recorder| (account, recorder))
        })
        .collect()
}

fn shape(call: &Call<'_>, recorder: &Recorder) -> Value {
    let own_role = "aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig";
    let role = recorder
        .role
        .clone()
        .unwrap_or_else(|| format!("arn:aws:iam::{}:role/{own_role}", call.account.id()));
    let strategy = match (recorder.types.is_empty(), recorder.except.is_empty()) {
        (false, _) => "INCLUSION_BY_RESOURCE_TYPES",
        (true, false) => "EXCLUSION_BY_RESOURCE_TYPES",
        (true, true) => "ALL_SUPPORTED_RESOURCE_TYPES",
    };
    json!({
        "arn": format!("arn:aws:config:{}:{}:configuration-recorder/default", call.region, call.account.id()),
        "name": "default",
        "roleARN": role,
        "recordingGroup": {
            "allSupported": recorder.types.is_empty() && recorder.except.is_empty(),
            "includeGlobalResourceTypes": false,
            "resourceTypes": recorder.types,
            "exclusionByResourceTypes": {"resourceTypes": recorder.except},
            "recordingStrategy": {"useOnly": strategy},
        },
        "recordingMode": {"recordingFrequency": if recorder.daily { "DAILY" } else { "CONTINUOUS" }},
        "recordingScope": "PAID",
    })
}

fn status(recorder: &Recorder) -> Value {
    json!({
        "name": "default",
        "recording": recorder.recording,
        "lastStatus": recorder.status,
        "lastStatusChangeTime": ago(recorder.silent_hours),
    })
}

fn aggregator(call: &Call<'_>, one: &Aggregator) -> Value {
    let (region, account, name) = (call.region, call.account.id(), &one.name);
    let mut shown = json!({
        "ConfigurationAggregatorName": name,
        "ConfigurationAggregatorArn": format!("arn:aws:config:{region}:{account}:config-aggregator/{name}"),
    });
    let regions: Vec<&str> = one.regions.iter().map(|region| region.as_str()).collect();
    let mut source = json!({"AllAwsRegions": regions.is_empty()});
    if !regions.is_empty() {
        source["AwsRegions"] = json!(regions);
    }
    if one.accounts.is_empty() {
        source["RoleArn"] = format!("arn:aws:iam::{account}:role/aggregator").into();
        shown["OrganizationAggregationSource"] = source;
    } else {
        source["AccountIds"] = one.accounts.iter().map(|id| id.as_str()).collect();
        shown["AccountAggregationSources"] = json!([source]);
    }
    shown
}

/// So many hours ago, by the real clock, in seconds since 1970.
fn ago(hours: u32) -> Value {
    let at = Timestamp::now() - SignedDuration::from_hours(i64::from(hours));
    json!(at.as_second())
}

fn listed<T>(
    call: &Call<'_>,
    input: &Value,
    name: &str,
    items: &[T],
    show: impl Fn(&T) -> Value,
) -> Result<Value, Failure> {
    let limit = json::limit(&input["Limit"], 100, 100, "limit")?;
    let page = page(items.len(), input["NextToken"].as_str(), limit, call.endless, || {
        Failure::new(400, "InvalidNextTokenException", "The nextToken is not valid")
    })?;
    let shown: Vec<Value> = items[page.items].iter().map(show).collect();
    let mut output = json!({name: shown});
    if let Some(next) = page.next {
        output["NextToken"] = next.into();
    }
    Ok(output)
}

/// One thing that is recorded.
struct Thing<'a> {
    account: &'a AccountState,
    region: &'a str,
    id: String,
    kind: &'static str,
    /// Its place among the account's buckets, or the region's keys.
    place: usize,
}

/// A page of the records that a query asks for.
fn select(call: &Call<'_>, input: &Value, sources: &[(&AccountState, &Recorder)]) -> Result<Value, Failure> {
    let query = Query::parse(input["Expression"].as_str().unwrap_or_default())?;
    let mut things = Vec::new();
    for (account, recorder) in sources {
        let region = recorder.region.as_str();
        let records = |kind: &str| {
            let listed = |types: &[String]| types.iter().any(|one| one == kind);
            (recorder.types.is_empty() || listed(&recorder.types)) && !listed(&recorder.except)
        };
        if !query.admits("accountId", account.id()) || !query.admits("awsRegion", region) {
            continue;
        }
        if records(BUCKET) && query.admits("resourceType", BUCKET) {
            let here =
                account.buckets().enumerate().filter(|(_, (_, bucket, _))| bucket.region.as_str() == region);
            things.extend(here.map(|(place, (id, _, _))| Thing { account, region, id, kind: BUCKET, place }));
        }
        if records(KEY) && query.admits("resourceType", KEY) {
            let keys = account.keys(region).map_or(&[][..], |keys| &keys.keys);
            let all = keys.iter().enumerate();
            things.extend(all.map(|(place, key)| Thing {
                account,
                region,
                id: key.id.clone(),
                kind: KEY,
                place,
            }));
        }
    }
    things.retain(|thing| !thing.differences().any(|one| one.missing));
    let mut output = listed(call, input, "Results", &things, |thing| {
        let record = thing.record(call);
        query.shown(&record).to_string().into()
    })?;
    let fields: Vec<Value> = query.fields.iter().map(|name| json!({"Name": name})).collect();
    output["QueryInfo"] = json!({"SelectFields": fields});
    Ok(output)
}

impl<'a> Thing<'a> {
    fn differences(&self) -> impl Iterator<Item = &'a crate::description::Recorded> {
        let id = self.id.clone();
        let all = self.account.description.config.iter().flat_map(|config| &config.records);
        all.filter(move |one| one.of.matches(&id))
    }

    fn record(&self, call: &Call<'_>) -> Value {
        let there = Call {
            aws: call.aws,
            request: call.request,
            caller: call.caller,
            account: self.account,
            region: self.region,
            operation: call.operation,
            resource: &self.id,
            endless: call.endless,
            now: call.now,
        };
        let (arn, parts) = match self.kind {
            BUCKET => (format!("arn:aws:s3:::{}", self.id), s3::record(self.account, self.place)),
            _ => {
                let arn = format!("arn:aws:kms:{}:{}:key/{}", self.region, self.account.id(), self.id);
                (arn, kms::record(&there, self.place))
            }
        };
        let mut record = json!({
            "version": "1.3",
            "accountId": self.account.id(),
            "awsRegion": self.region,
            "arn": arn,
            "resourceId": self.id,
            "resourceName": self.id,
            "resourceType": self.kind,
            "configurationItemStatus": "OK",
            "configurationItemCaptureTime": json::created(None).to_string(),
        });
        for (name, part) in parts {
            record[name] = part;
        }
        for one in self.differences() {
            if let Some(time) = one.captured {
                record["configurationItemCaptureTime"] = time.0.to_string().into();
            }
            one.without.iter().for_each(|path| remove(&mut record, path));
            one.set.iter().for_each(|(path, value)| put(&mut record, path, value.clone()));
        }
        record
    }
}

/// What `SELECT` means, as far as it is known here: properties, and conditions joined by `AND`.
struct Query {
    fields: Vec<String>,
    /// Property, and the values it may have.
    conditions: Vec<(String, Vec<String>)>,
}

impl Query {
    fn parse(text: &str) -> Result<Self, Failure> {
        let invalid = |why: &str| Failure::new(400, "InvalidExpressionException", why);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let rest = words.strip_prefix("SELECT ").ok_or_else(|| invalid("SELECT is expected"))?;
        let (fields, conditions) = rest.split_once(" WHERE ").unwrap_or((rest, ""));
        let name =
            |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '*'));
        let fields: Vec<String> = fields.split(',').map(|field| field.trim().to_owned()).collect();
        if fields.iter().any(|field| field.is_empty() || !name(field)) {
            return Err(invalid("a property is expected"));
        }
        let mut parsed = Vec::new();
        for condition in conditions.split(" AND ").filter(|condition| !condition.is_empty()) {
            let quoted = |text: &str| -> Option<String> {
                let inside = text.trim().strip_prefix('\'')?.strip_suffix('\'')?;
                (!inside.contains('\'')).then(|| inside.to_owned())
            };
            let (property, values) = match condition.split_once(" IN ") {
                Some((property, list)) => {
                    let list = list.trim().strip_prefix('(').and_then(|list| list.strip_suffix(')'));
                    (property, list.and_then(|list| list.split(',').map(quoted).collect()))
                }
                None => match condition.split_once('=') {
                    Some((property, value)) => (property, quoted(value).map(|value| vec![value])),
                    None => return Err(invalid("a condition is expected")),
                },
            };
            let property = property.trim().to_owned();
            if !["accountId", "awsRegion", "resourceType"].contains(&property.as_str()) {
                return Err(invalid("conditions are known here for account, region and type"));
            }
            parsed.push((property, values.ok_or_else(|| invalid("a text in quotes is expected"))?));
        }
        Ok(Self { fields, conditions: parsed })
    }

    fn admits(&self, property: &str, value: &str) -> bool {
        self.conditions
            .iter()
            .filter(|(of, _)| of == property)
            .all(|(_, values)| values.iter().any(|one| one == value))
    }

    /// The properties that are asked for; `*` stands for those on top that have no others inside.
    fn shown(&self, record: &Value) -> Value {
        let mut shown = Value::Object(Map::new());
        for field in &self.fields {
            if field == "*" {
                for (name, value) in record.as_object().into_iter().flatten() {
                    if !value.is_object() && !value.is_array() {
                        shown[name] = value.clone();
                    }
                }
            } else if let Some(value) = record.pointer(&format!("/{}", field.replace('.', "/"))) {
                put(&mut shown, field, value.clone());
            }
        }
        shown
    }
}

fn put(record: &mut Value, path: &str, value: Value) {
    let mut place = record;
    for name in path.split('.') {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[name];
    }
    *place = value;
}

fn remove(record: &mut Value, path: &str) {
    let (way, last) = path.rsplit_once('.').map_or(("", path), |(way, last)| (way, last));
    let pointer = if way.is_empty() { String::new() } else { format!("/{}", way.replace('.', "/")) };
    if let Some(Value::Object(inside)) = record.pointer_mut(&pointer) {
        inside.remove(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries() {
        let query = Query::parse(
            "SELECT resourceId, a.b WHERE resourceType = 'AWS::S3::Bucket' AND awsRegion IN ('x', 'y')",
        )
        .ok()
        .unwrap();
        assert!(query.admits("resourceType", BUCKET) && !query.admits("resourceType", KEY));
        assert!(query.admits("awsRegion", "y") && !query.admits("awsRegion", "z"));
        assert!(query.admits("accountId", "1"));
        let record = json!({"resourceId": "r", "a": {"b": {"c": 1}, "d": 2}, "e": 3});
        assert_eq!(query.shown(&record), json!({"resourceId": "r", "a": {"b": {"c": 1}}}));
        let all = Query::parse("SELECT *").ok().unwrap();
        assert_eq!(all.shown(&record), json!({"resourceId": "r", "e": 3}));
        for wrong in ["", "SELECT", "SELECT a WHERE b", "SELECT a WHERE awsRegion = x", "SELECT a;b"] {
            assert!(Query::parse(wrong).is_err(), "{wrong}");
        }
        let mut record = json!({"a": {"b": 1, "c": 2}, "d": 3});
        remove(&mut record, "a.b");
        remove(&mut record, "d");
        remove(&mut record, "x.y");
        assert_eq!(record, json!({"a": {"c": 2}}));
    }
}
