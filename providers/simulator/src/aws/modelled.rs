//! Services that are answered from the description and their published models alone.
//!
//! `services.json` holds what requests and answers look like; `tests/python/services.py` makes it from botocore's models.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::failure::{Failure, Protocol};
use super::json::NO_PAGE;
use super::paging::page;
use super::xml::Xml;
use super::{Asked, Call, Service};
use crate::answer::Answer;
use crate::description::{Told, expand};
use crate::request::Request;

/// A service, as its model has it.
#[derive(Debug, Deserialize)]
pub(super) struct Modelled<'m> {
    #[serde(skip)]
    name: &'m str,
    #[serde(borrow)]
    protocol: &'m str,
    /// What the target header begins with.
    #[serde(borrow, default)]
    target: &'m str,
    #[serde(borrow, default)]
    namespace: &'m str,
    #[serde(borrow)]
    operations: BTreeMap<&'m str, Operation<'m>>,
}

/// An operation, as its model has it.
#[derive(Debug, Deserialize)]
struct Operation<'m> {
    #[serde(borrow, default)]
    method: &'m str,
    #[serde(borrow, default)]
    path: &'m str,
    /// Parameters, and where they stand.
    #[serde(borrow, default)]
    inputs: BTreeMap<&'m str, &'m str>,
    #[serde(borrow, default)]
    required: Vec<&'m str>,
    /// The element around the answer.
    #[serde(borrow, default)]
    result: &'m str,
    /// That element is the one a description speaks of: its name does not stand in the way to the list.
    #[serde(default)]
    payload: bool,
    /// Lists an answer has even when nothing is in them.
    #[serde(borrow, default)]
    lists: Vec<&'m str>,
    #[serde(borrow)]
    list: Option<Listed<'m>>,
    /// Status of each error.
    #[serde(borrow, default)]
    errors: BTreeMap<&'m str, u16>,
}

/// How a list is paged.
#[derive(Debug, Deserialize)]
struct Listed<'m> {
    #[serde(borrow)]
    path: Vec<&'m str>,
    /// The element around a member, in XML.
    #[serde(borrow, default)]
    item: &'m str,
    /// Members follow each other without an element around them all.
    #[serde(default)]
    flat: bool,
    #[serde(borrow)]
    token: &'m str,
    #[serde(borrow)]
    next: Vec<&'m str>,
    #[serde(borrow)]
    limit: Option<&'m str>,
}

/// Members of a page where the request does not say how many.
const USUAL: usize = 100;

/// The header that has to name the account.
const ACCOUNT: &str = "x-amz-account-id";

/// What an answer says is not there where a service has its own word for it; others say that a resource was not found.
const ABSENT: &[(&str, &str, &str)] = &[
    ("elasticfilesystem", "DescribeBackupPolicy", "PolicyNotFound"),
    ("elasticfilesystem", "DescribeFileSystemPolicy", "PolicyNotFound"),
    ("iam", "GetAccountPasswordPolicy", "NoSuchEntity"),
    ("organizations", "DescribeOrganization", "AWSOrganizationsNotInUseException"),
    ("s3control", "GetAccessPointPolicy", "NoSuchAccessPointPolicy"),
    ("securityhub", "DescribeHub", "InvalidAccessException"),
    ("wafv2", "GetLoggingConfiguration", "WAFNonexistentItemException"),
];

/// What is said with such a word, where it is the words that tell which of its meanings it has.
const WORDING: &[(&str, &str)] =
    &[("InvalidAccessException", "The account is not subscribed to AWS Security Hub")];

static MODELLED: LazyLock<BTreeMap<&'static str, Modelled<'static>>> = LazyLock::new(|| {
    let mut all: BTreeMap<&'static str, Modelled<'static>> =
        serde_json::from_str(include_str!("services.json")).unwrap_or_default();
    for (name, service) in &mut all {
        service.name = name;
    }
    all
});

/// Every such service, in order.
pub(super) fn services() -> impl Iterator<Item = &'static dyn Service> {
    MODELLED.values().map(|service| -> &'static dyn Service { service })
}

/// Whether a service has no regions: the one its endpoint signs for is open to every account.
pub(super) fn is_global(service: &str) -> bool {
    matches!(service, "artifact" | "iam" | "organizations" | "cloudfront" | "ce" | "s3control")
}

/// Why a described thing can never be told of.
pub(super) fn fault(told: &Told) -> Option<String> {
    let Some(service) = MODELLED.get(told.service.as_str()) else {
        return Some(format!("no service `{}` is answered from its model", told.service));
    };
    let unknown = told.tells.keys().find(|name| !service.operations.contains_key(name.as_str()));
    if let Some(unknown) = unknown {
        return Some(format!("`{}` has no operation `{unknown}` here", told.service));
    }
    let operations = || told.tells.keys().filter_map(|name| service.operations.get(name.as_str()));
    let stray = told.of.keys().find(|key| operations().all(|one| !one.inputs.contains_key(key.as_str())));
    stray.map(|stray| format!("no operation here has a parameter `{stray}`"))
}

impl Service for Modelled<'static> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn signing_name(&self) -> &'static str {
        if self.name == "s3control" { "s3" } else { self.name }
    }

    fn protocol(&self) -> Protocol {
        match self.protocol {
            "ec2" => Protocol::Ec2,
            "query" => Protocol::Query,
            "rest-xml" => Protocol::S3Control,
            "rest-json" => Protocol::RestJson,
            _ => Protocol::Json,
        }
    }

    fn operations(&self) -> Vec<&'static str> {
        self.operations.keys().copied().collect()
    }

    fn is_global(&self) -> bool {
        is_global(self.name)
    }

    fn identify(&self, request: &Request) -> Option<Asked> {
        let (name, operation) = match self.protocol() {
            Protocol::Json => {
                let target = request.header("x-amz-target").strip_prefix(self.target)?.strip_prefix('.')?;
                self.operations.get_key_value(target)
            }
            Protocol::Query | Protocol::Ec2 => {
                let form = request.form();
                let (_, action) = form.iter().find(|(key, _)| key == "Action")?;
                self.operations.get_key_value(action.as_str())
            }
            _ => self
                .operations
                .iter()
                .filter(|(_, one)| request.method == one.method && segments(one, request).is_some())
                // Of a pattern and a word at the same place the word is meant.
                .max_by_key(|(_, one)| one.path.split('/').filter(|part| !part.starts_with('{')).count()),
        }?;
        let parameters = Parameters::of(self, operation, request);
        let named = operation.required.iter().filter_map(|name| parameters.text(name));
        let resource = named.collect::<Vec<_>>().join("/");
        let token = operation.list.as_ref().and_then(|list| parameters.text(list.token));
        Some(Asked { operation: name, resource, page: token.unwrap_or_else(|| NO_PAGE.to_owned()) })
    }

    fn answer(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let operation = self
            .operations
            .get(call.operation)
            .ok_or_else(|| self.protocol().unknown_operation(call.request))?;
        let parameters = Parameters::of(self, operation, call.request);
        if operation.inputs.contains_key(ACCOUNT) && call.request.header(ACCOUNT) != call.account.id() {
            return Err(self.protocol().denied(&call.caller.arn, self.name, call.operation, call.resource));
        }
        if let Some(missing) = operation.required.iter().find(|name| !parameters.0.contains_key(**name)) {
            return Err(Failure::new(400, "ValidationException", format!("{missing} is required")));
        }
        let about: Vec<(&Told, Option<u32>)> = call
            .account
            .told(self.name, call.region)
            .filter(|told| told.tells.contains_key(call.operation))
            .flat_map(|told| numbers(told).map(move |n| (told, n)))
            .filter(|(told, n)| is_about(told, *n, operation, &parameters))
            .collect();
        let says = |(told, n): &(&Told, Option<u32>)| {
            numbered(told.tells.get(call.operation).unwrap_or(&Value::Null), *n)
        };
        let mut answer = Value::Object(Map::new());
        for list in &operation.lists {
            answer[*list] = self.list(operation, Vec::new());
        }
        if let Some(listed) = &operation.list {
            let limit = listed.limit.and_then(|name| parameters.text(name)?.parse().ok()).unwrap_or(USUAL);
            let token = parameters.text(listed.token);
            let page = page(about.len(), token.as_deref(), limit, call.endless, || {
                Failure::new(400, "InvalidNextTokenException", "The token is not one of this list.")
            })?;
            let members = about[page.items].iter().map(says).collect();
            let way = listed.path.iter().skip(usize::from(operation.payload)).copied();
            put(&mut answer, way, self.list(operation, members));
            if let Some(next) = page.next {
                let way = listed.next.iter().skip(usize::from(operation.payload)).copied();
                put(&mut answer, way, next.into());
            }
        } else {
            let own = |(service, of, _): &(&str, &str, &str)| *service == self.name && *of == call.operation;
            if about.is_empty() && (!operation.required.is_empty() || ABSENT.iter().any(own)) {
                return Err(self.absent(call.operation, operation, call.resource));
            }
            if about.is_empty() {
                merge(&mut answer, new_account(self.name, call.operation, call.account.id()));
            }
            for one in &about {
                merge(&mut answer, says(one));
            }
        }
        Ok(self.render(call, operation, &answer))
    }
}

impl Modelled<'static> {
    /// A list as it stands in an answer.
    fn list(&self, operation: &Operation<'static>, members: Vec<Value>) -> Value {
        match (&operation.list, self.protocol()) {
            (_, Protocol::Json | Protocol::RestJson) => members.into(),
            (Some(listed), _) if listed.flat => members.into(),
            (_, _) if members.is_empty() => Value::Object(Map::new()),
            (listed, _) => {
                let item = listed.as_ref().map_or("member", |listed| listed.item);
                Value::Object(Map::from_iter([(item.to_owned(), members.into())]))
            }
        }
    }

    /// What is said of a thing that is not there.
    fn absent(&self, name: &str, operation: &Operation<'static>, resource: &str) -> Failure {
        let own = ABSENT.iter().find(|(service, of, _)| *service == self.name && *of == name);
        let found = || {
            let kin = |code: &&&'static str| code.contains("NotFound") || code.contains("NoSuch");
            operation.errors.keys().find(kin).copied()
        };
        let code = own.map(|(_, _, code)| *code).or_else(found).unwrap_or("ResourceNotFoundException");
        let status = operation.errors.get(code).copied().unwrap_or(400);
        let said = WORDING.iter().find(|(of, _)| *of == code).map(|(_, said)| (*said).to_owned());
        Failure::new(status, code, said.unwrap_or_else(|| format!("{resource} does not exist")))
    }

    fn render(&self, call: &Call<'_>, operation: &Operation<'static>, answer: &Value) -> Answer {
        let root = |name: &str| match self.namespace {
            "" => name.to_owned(),
            namespace => format!("{name} xmlns=\"{namespace}\""),
        };
        let response = format!("{}Response", call.operation);
        match self.protocol() {
            Protocol::Ec2 => {
                let mut xml = Xml::document();
                xml.element(&root(&response), |inside| {
                    inside.text("requestId", call.aws.request_id());
                    write(inside, answer);
                });
                xml.answer(200, "text/xml;charset=UTF-8")
            }
            Protocol::Query => {
                let mut xml = Xml::document();
                xml.element(&root(&response), |inside| {
                    inside.element(operation.result, |result| write(result, answer));
                    inside.element("ResponseMetadata", |about| {
                        about.text("RequestId", call.aws.request_id());
                    });
                });
                xml.answer(200, "text/xml")
            }
            Protocol::S3Control => {
                let mut xml = Xml::document();
                xml.element(&root(operation.result), |inside| write(inside, answer));
                xml.answer(200, "text/xml")
            }
            Protocol::RestJson => Answer::new(200, "application/json", answer.to_string()),
            _ => Answer::new(200, "application/x-amz-json-1.1", answer.to_string()),
        }
    }
}

/// What an account nothing is described of is told of itself.
fn new_account(service: &str, operation: &str, account: &str) -> Value {
    let off = json!({"status": "DISABLED"});
    match (service, operation) {
        ("inspector2", "BatchGetAccountStatus") => json!({"accounts": [{
            "accountId": account,
            "state": off,
            "resourceState": {"ec2": off, "ecr": off, "lambda": off, "lambdaCode": off, "codeRepository": off},
        }]}),
        ("ec2", "GetEbsEncryptionByDefault") => json!({"ebsEncryptionByDefault": false, "sseType": "none"}),
        ("ec2", "GetEbsDefaultKmsKeyId") => json!({"kmsKeyId": "alias/aws/ebs"}),
        ("iam", "GetAccountSummary") => {
            let entry = |(key, value): (&str, u32)| json!({"key": key, "value": value});
            let known =
                [("AccountMFAEnabled", 0), ("AccountAccessKeysPresent", 0), ("AccountPasswordPresent", 1)];
            json!({"SummaryMap": {"entry": known.map(entry)}})
        }
        _ => Value::Object(Map::new()),
    }
}

/// What a request names.
struct Parameters(BTreeMap<&'static str, Value>);

impl Parameters {
    fn of(service: &Modelled<'static>, operation: &Operation<'static>, request: &Request) -> Self {
        let (form, json) = (request.form(), request.json());
        let segments = segments(operation, request).unwrap_or_default();
        let value = |name: &str, place: &str| -> Option<Value> {
            match (place, service.protocol()) {
                ("header", _) => Some(request.header(name)).filter(|text| !text.is_empty()).map(Value::from),
                ("uri", _) => segments.get(name).cloned().map(Value::from),
                ("querystring", _) => request.parameter(name).map(Value::from),
                (_, Protocol::Query | Protocol::Ec2) => {
                    // A list's first member stands for it.
                    let firsts = [format!("{name}.1"), format!("{name}.member.1")];
                    let named = |key: &str| key == name || firsts.iter().any(|first| first == key);
                    form.iter().find(|(key, _)| named(key)).map(|(_, text)| text.clone().into())
                }
                _ => json.get(name).cloned(),
            }
        };
        let found = operation.inputs.iter().filter_map(|(name, place)| Some((*name, value(name, place)?)));
        Self(found.collect())
    }

    /// Every member, where it is a list.
    fn texts(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => self.text(name).into_iter().collect(),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Array(all) => all.first().and_then(Value::as_str).map(str::to_owned),
            other => Some(other.to_string()),
        }
    }
}

/// The parameters in a path, if it is the operation's.
fn segments(operation: &Operation<'static>, request: &Request) -> Option<BTreeMap<&'static str, String>> {
    let mut found = BTreeMap::new();
    let parts = request.segments();
    let mut parts = parts.iter();
    for expected in operation.path.split('/').filter(|part| !part.is_empty()) {
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => match name.strip_suffix('+') {
                Some(name) => {
                    let rest: Vec<&str> = parts.by_ref().map(String::as_str).collect();
                    (!rest.is_empty()).then(|| found.insert(name, rest.join("/")))?;
                }
                None => {
                    found.insert(name, parts.next()?.clone());
                }
            },
            None => (parts.next()? == expected).then_some(())?,
        }
    }
    parts.next().is_none().then_some(found)
}

fn numbers(told: &Told) -> impl Iterator<Item = Option<u32>> {
    let count = told.count;
    (0..count.unwrap_or(1)).map(move |n| count.map(|_| n))
}

/// Whether a request that names something names this; a request that has to name something and this is not known by it
/// is about something else.
fn is_about(told: &Told, n: Option<u32>, operation: &Operation<'static>, parameters: &Parameters) -> bool {
    let known = told.of.iter().filter(|(name, _)| operation.inputs.contains_key(name.as_str()));
    let mut named = 0;
    for (name, value) in known {
        match parameters.texts(name).as_slice() {
            [] => {}
            asked if asked.contains(&text(value, n)) => named += 1,
            _ => return false,
        }
    }
    named > 0 || operation.required.is_empty()
}

fn text(text: &str, n: Option<u32>) -> String {
    n.map_or_else(|| text.to_owned(), |n| expand(text, n))
}

fn numbered(value: &Value, n: Option<u32>) -> Value {
    match value {
        Value::String(template) => text(template, n).into(),
        Value::Array(all) => all.iter().map(|one| numbered(one, n)).collect(),
        Value::Object(all) => {
            Value::Object(all.iter().map(|(key, one)| (text(key, n), numbered(one, n))).collect())
        }
        other => other.clone(),
    }
}

fn put<'a>(answer: &mut Value, way: impl Iterator<Item = &'a str>, value: Value) {
    let mut place = answer;
    for name in way {
        place = &mut place[name];
    }
    *place = value;
}

/// Joins answers: lists one behind the other, else the later counts.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                match into.get_mut(&key) {
                    Some(known) => merge(known, value),
                    None => {
                        into.insert(key, value);
                    }
                }
            }
        }
        (Value::Array(into), Value::Array(from)) => into.extend(from),
        (into, from) => *into = from,
    }
}

fn write(xml: &mut Xml, value: &Value) {
    for (name, value) in value.as_object().into_iter().flatten() {
        for one in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
            match one {
                Value::Object(_) => {
                    xml.element(name, |inside| write(inside, one));
                }
                Value::String(text) => {
                    xml.text(name, text);
                }
                Value::Null => {}
                other => {
                    xml.text(name, other);
                }
            }
        }
    }
}
