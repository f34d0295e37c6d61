//! Reads resource policies: who is let in, from where, and whether plain connections are refused.

mod bounds;
mod endpoint;

pub use bounds::{Bounds, perhaps_bounded};
pub use endpoint::breadth;
use sekisho_contract::Observed;
use sekisho_contract::door::Malformed;
use sekisho_contract::fact::{Principal, PrincipalClass};
use sekisho_contract::gap::shorten;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a resource policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyReading {
    /// Everyone an `Allow` lets in, without repetition, in order.
    pub principals: Vec<Principal>,
    /// Whether some `Allow` names anyone, or somebody who cannot be placed.
    pub names_anyone: bool,
    /// Whether an `Allow` lets a content delivery network in, whose edges keep what they deliver.
    pub cached: bool,
    /// Whether a `Deny` refuses every request that is not encrypted in transit.
    pub tls_only: bool,
    /// From where requests may come.
    pub bounds: Bounds,
}

impl PolicyReading {
    /// No policy: nobody is let in by it, and plain connections are not refused by it.
    pub const NONE: Self = Self {
        principals: Vec::new(),
        names_anyone: false,
        cached: false,
        tls_only: false,
        bounds: Bounds::NONE,
    };
}

/// Reads a policy attached to the resource with this ARN.
pub fn read(text: &str, arn: &str) -> Result<PolicyReading, Malformed> {
    let policy: Policy = serde_json::from_str(text)
        .map_err(|error| Malformed(format!("the policy cannot be read: {error}")))?;
    let mut principals = BTreeSet::new();
    let mut reading = PolicyReading::NONE;
    // Plain requests to the bucket, and to its objects, that are refused.
    let mut refused = (false, false);
    let mut allows = 0;
    for statement in policy.statement.into_vec() {
        match statement.effect.as_str() {
            "Allow" => {
                let let_in = allowed(&statement);
                reading.names_anyone |= let_in.iter().any(|principal| {
                    matches!(principal.class, PrincipalClass::Anonymous | PrincipalClass::Other)
                });
                reading.cached |= let_in.iter().any(|principal| principal.id.contains("cloudfront"));
                principals.extend(let_in);
                reading.bounds.allow(&statement, allows == 0);
                allows += 1;
            }
            "Deny" => {
                reading.bounds.deny(&statement, arn);
                let (bucket, objects) = refuses_plain(&statement, arn);
                refused = (refused.0 || bucket, refused.1 || objects);
            }
            other => return Err(Malformed(format!("the policy has an effect `{}`", shorten(other)))),
        }
    }
    reading.bounds.close();
    reading.tls_only = refused.0 && refused.1;
    reading.principals = principals.into_iter().collect();
    Ok(reading)
}

/// Whether a policy may refuse somebody within the account: whether it denies anything but plain connections.
pub fn shuts_out(text: &str) -> bool {
    const PLAIN: [&str; 2] = ["aws:securetransport", "s3:tlsversion"];
    let plain = |tests: &BTreeMap<String, Value>| {
        tests.keys().all(|key| PLAIN.contains(&key.to_ascii_lowercase().as_str()))
    };
    let shuts = |statement: &Statement| {
        statement.effect != "Allow"
            && (statement.condition.is_empty() || !statement.condition.values().all(plain))
    };
    serde_json::from_str::<Policy>(text).map_or(true, |policy| policy.statement.as_slice().iter().any(shuts))
}

#[derive(Deserialize)]
struct Policy {
    #[serde(rename = "Statement")]
    statement: OneOrMany<Statement>,
}

// What is spelt otherwise is not left out unseen.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(rename = "Sid", default)]
    _sid: Option<serde::de::IgnoredAny>,
    effect: String,
    principal: Option<Value>,
    not_principal: Option<Value>,
    action: Option<OneOrMany<String>>,
    #[serde(rename = "NotAction", default)]
    _not_action: Option<serde::de::IgnoredAny>,
    resource: Option<OneOrMany<String>>,
    #[serde(rename = "NotResource", default)]
    _not_resource: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    condition: BTreeMap<String, BTreeMap<String, Value>>,
}

#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }

    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// Everyone an `Allow` statement lets in.
fn allowed(statement: &Statement) -> Vec<Principal> {
    if statement.not_principal.is_some() {
        return vec![principal("*", PrincipalClass::Anonymous, None)];
    }
    match &statement.principal {
        Some(Value::String(anyone)) if anyone == "*" => anyone_under(statement),
        Some(Value::Object(by_class)) => by_class
            .iter()
            .flat_map(|(class, ids)| spelt(ids).into_iter().map(move |id| (class.clone(), id)))
            .fold(Vec::new(), |mut all, (class, id)| {
                all.extend(named(&class, id, statement));
                all
            }),
        // Without a principal a resource policy lets nobody in; any other shape cannot be placed.
        None => Vec::new(),
        Some(other) => vec![principal(&other.to_string(), PrincipalClass::Other, None)],
    }
}

fn named(class: &str, id: String, statement: &Statement) -> Vec<Principal> {
    match class {
        "AWS" if id == "*" => anyone_under(statement),
        "AWS" => vec![aws_principal(&id)],
        "Service" => service(&id, statement),
        "Federated" => vec![principal(&id, PrincipalClass::Federated, None)],
        _ => vec![principal(&id, PrincipalClass::Other, None)],
    }
}

/// Somebody of AWS's, by the name a policy or a grant gives.
pub(crate) fn aws_principal(id: &str) -> Principal {
    if is_account(id) {
        return principal(id, PrincipalClass::Account, Some(id.to_owned()));
    }
    let parts: Vec<&str> = id.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "iam" | "sts", _, account, _] if is_account(account) => {
            principal(id, PrincipalClass::Account, Some(account.to_owned()))
        }
        // An origin access identity: whose distribution it serves is not in its name.
        ["arn", _, "iam", _, "cloudfront", _] => principal(id, PrincipalClass::Other, None),
        ["arn", _, _, _, account, _] if account.contains('*') => {
            principal(id, PrincipalClass::Anonymous, None)
        }
        _ => principal(id, PrincipalClass::Other, None),
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Condition keys that pin the caller, or the resource a service acts for, to accounts. To whom an account's access
/// points are left, their own policies say.
const ACCOUNT_KEYS: &[&str] = &[
    "aws:principalaccount",
    "aws:sourceaccount",
    "aws:sourceowner",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
];

/// `*` is anyone, unless a condition pins it to accounts. Under any other condition it cannot be told
/// from the policy alone whom it lets in.
fn anyone_under(statement: &Statement) -> Vec<Principal> {
    let mut keys = Vec::new();
    for (operator, tests) in &statement.condition {
        for (key, values) in tests {
            let values = texts(values);
            let pins =
                matches!(operator.as_str(), "StringEquals" | "StringLike" | "ForAnyValue:StringEquals")
                    && ACCOUNT_KEYS.contains(&key.to_ascii_lowercase().as_str())
                    && !values.is_empty()
                    && values.iter().all(|value| is_account(value));
            if pins {
                return values
                    .into_iter()
                    .map(|account| principal(&account.clone(), PrincipalClass::Account, Some(account)))
                    .collect();
            }
            keys.push(key.as_str());
        }
    }
    // Requiring encryption in transit narrows nothing.
    keys.retain(|key| !key.eq_ignore_ascii_case("aws:SecureTransport"));
    if keys.is_empty() {
        return vec![principal("*", PrincipalClass::Anonymous, None)];
    }
    vec![principal(&format!("* ({})", keys.join(", ")), PrincipalClass::Other, None)]
}

/// A service, acting for the accounts a condition pins it to. Without one it acts for whoever asks it: one that
/// reads on behalf of others, as content delivery does, may serve anybody's distribution.
fn service(id: &str, statement: &Statement) -> Vec<Principal> {
    let accounts = acted_for(statement);
    if !accounts.is_empty() {
        let named = |account: &String| {
            principal(&format!("{id} ({account})"), PrincipalClass::Account, Some(account.clone()))
        };
        return accounts.iter().map(named).collect();
    }
    let class = if id.contains("cloudfront") { PrincipalClass::Other } else { PrincipalClass::Service };
    vec![principal(id, class, None)]
}

/// The accounts that a condition pins a service to, by number or by the resource it acts for.
fn acted_for(statement: &Statement) -> BTreeSet<String> {
    let mut accounts = BTreeSet::new();
    for (operator, tests) in &statement.condition {
        let positive = matches!(
            operator.as_str(),
            "StringEquals" | "StringLike" | "StringEqualsIgnoreCase" | "ArnEquals" | "ArnLike"
        );
        for (key, values) in tests.iter().filter(|_| positive) {
            let account = |value: &String| match key.to_ascii_lowercase().as_str() {
                "aws:sourceaccount" => Some(value.clone()),
                "aws:sourcearn" => value.split(':').nth(4).map(str::to_owned),
                _ => None,
            };
            let account = |value: &String| account(value).filter(|account| is_account(account));
            // One value that fits any account makes the others no pin.
            let all: Option<Vec<String>> = texts(values).iter().map(account).collect();
            accounts.extend(all.unwrap_or_default());
        }
    }
    accounts
}

/// Somebody who is let in; whether from outside is told when the run is linked.
pub(crate) fn principal(id: &str, class: PrincipalClass, account: Option<String>) -> Principal {
    Principal { id: shorten(id), class, account, foreign: Observed::default() }
}

/// Principals as they are spelt; one that is no text stands for itself and cannot be placed.
fn spelt(ids: &Value) -> Vec<String> {
    let id = |value: &Value| as_text(value).unwrap_or_else(|| value.to_string());
    match ids {
        Value::Array(many) => many.iter().map(id).collect(),
        one => vec![id(one)],
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(many) => many.iter().filter_map(as_text).collect(),
        one => as_text(one).into_iter().collect(),
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a `Deny` refuses every plain request to the bucket, and to its objects: everyone, every action,
/// under no other condition.
fn refuses_plain(statement: &Statement, arn: &str) -> (bool, bool) {
    let mut tests = statement.condition.iter().flat_map(|(operator, tests)| {
        tests.iter().map(move |(key, values)| (operator.as_str(), key.as_str(), values))
    });
    let only_plain = match (tests.next(), tests.next()) {
        (Some((operator, key, values)), None) => {
            matches!(operator, "Bool" | "BoolIfExists")
                && key.eq_ignore_ascii_case("aws:SecureTransport")
                && texts(values) == ["false"]
        }
        _ => false,
    };
    let refuses = everyone(statement) && everything(statement, "arn:aws:s3:::") && only_plain;
    let (bucket, objects) = bucket_and_objects(statement, arn);
    (refuses && bucket, refuses && objects)
}

/// Whether a statement is about everyone.
fn everyone(statement: &Statement) -> bool {
    statement.not_principal.is_none()
        && match &statement.principal {
            Some(Value::String(anyone)) => anyone == "*",
            Some(Value::Object(by_class)) => {
                by_class.get("AWS").is_some_and(|ids| texts(ids).iter().any(|id| id == "*"))
            }
            _ => false,
        }
}

fn holds(list: &Option<OneOrMany<String>>, test: impl Fn(&str) -> bool) -> bool {
    list.as_ref().is_some_and(|list| list.as_slice().iter().any(|item| test(item)))
}

/// Whether a statement is about every action of the service this resource is of.
fn everything(statement: &Statement, arn: &str) -> bool {
    let service = arn.split(':').nth(2).unwrap_or_default();
    let all = format!("{service}:*");
    holds(&statement.action, |action| action == "*" || action.eq_ignore_ascii_case(&all))
}

/// Whether a statement is about the resource itself, and about what is in it: of what is no bucket the two are one.
fn bucket_and_objects(statement: &Statement, arn: &str) -> (bool, bool) {
    let wide =
        |resource: &str| resource == "*" || resource == "arn:aws:s3:::*" || resource == format!("{arn}*");
    let bucket = holds(&statement.resource, |resource| wide(resource) || resource == arn);
    let service = arn.split(':').nth(2).unwrap_or_default();
    let objects = match service {
        "s3" | "s3tables" => {
            holds(&statement.resource, |resource| wide(resource) || resource == format!("{arn}/*"))
        }
        _ => bucket,
    };
    (bucket, objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:s3:::records";

    fn check(statements: &str, principals: &[(&str, PrincipalClass)], names_anyone: bool, tls_only: bool) {
        let reading =
            read(&format!("{{\"Version\":\"2012-10-17\",\"Statement\":{statements}}}"), ARN).unwrap();
        let got: Vec<_> = reading.principals.iter().map(|found| (found.id.as_str(), found.class)).collect();
        assert_eq!(
            (got.as_slice(), reading.names_anyone, reading.tls_only),
            (principals, names_anyone, tls_only),
            "{statements}"
        );
    }

    #[test]
    fn policies_are_read_for_who_is_let_in() {
        use PrincipalClass::{Account, Anonymous, Federated, Other, Service};
        let allow = |principal: &str| {
            format!(
                r#"[{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"{ARN}/*"}}]"#
            )
        };
        check(&allow(r#""*""#), &[("*", Anonymous)], true, false);
        check(&allow(r#"{"AWS":"*"}"#), &[("*", Anonymous)], true, false);
        let to_access_points = r#"[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*",
            "Condition":{"StringEquals":{"s3:DataAccessPointAccount":"444455556666"}}}]"#;
        check(to_access_points, &[("444455556666", Account)], false, false);
        check(
            &allow(r#"{"AWS":["111122223333","arn:aws:iam::444455556666:role/x"]}"#),
            &[("111122223333", Account), ("arn:aws:iam::444455556666:role/x", Account)],
            false,
            false,
        );
        check(
            &allow(r#"{"Service":"logging.s3.amazonaws.com"}"#),
            &[("logging.s3.amazonaws.com", Service)],
            false,
            false,
        );
        check(
            &allow(r#"{"Federated":"accounts.example.com"}"#),
            &[("accounts.example.com", Federated)],
            false,
            false,
        );
        check(&allow(r#"{"CanonicalUser":"79a59df900b949e5"}"#), &[("79a59df900b949e5", Other)], true, false);
        check(
            &allow(r#"{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}"#),
            &[("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1", Other)],
            true,
            false,
        );
        check(
            &allow(r#"{"Service":"cloudfront.amazonaws.com"}"#),
            &[("cloudfront.amazonaws.com", Other)],
            true,
            false,
        );
        for condition in [
            r#"{"StringEquals":{"AWS:SourceArn":"arn:aws:cloudfront::999999999999:distribution/E1"}}"#,
            r#"{"ArnLike":{"aws:SourceArn":["arn:aws:cloudfront::999999999999:distribution/*"]}}"#,
            r#"{"StringEquals":{"aws:SourceAccount":"999999999999"}}"#,
        ] {
            let pinned = format!(
                r#"{{"Effect":"Allow","Principal":{{"Service":"cloudfront.amazonaws.com"}},"Action":"s3:GetObject","Resource":"*","Condition":{condition}}}"#
            );
            check(&pinned, &[("cloudfront.amazonaws.com (999999999999)", Account)], false, false);
        }
        let any = r#"{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Action":"s3:GetObject","Resource":"*",
            "Condition":{"ArnLike":{"aws:SourceArn":["arn:aws:cloudfront::111122223333:distribution/E1","arn:aws:cloudfront::*:distribution/*"]}}}"#;
        check(any, &[("cloudfront.amazonaws.com", Other)], true, false);
        check(&allow(r#"{"AWS":"AIDAEXAMPLE"}"#), &[("AIDAEXAMPLE", Other)], true, false);
        check(
            r#"{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}"#,
            &[("*", Anonymous)],
            true,
            false,
        );
        let under = |condition: &str| {
            format!(
                r#"{{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{condition}}}"#
            )
        };
        check(
            &under(r#"{"StringEquals":{"aws:PrincipalAccount":["111122223333"]}}"#),
            &[("111122223333", Account)],
            false,
            false,
        );
        check(
            &under(r#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#),
            &[("* (aws:PrincipalOrgID)", Other)],
            true,
            false,
        );
        check(&under(r#"{"Bool":{"aws:SecureTransport":"true"}}"#), &[("*", Anonymous)], true, false);
        check(
            &under(r#"{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}"#),
            &[("* (aws:PrincipalAccount)", Other)],
            true,
            false,
        );
    }

    #[test]
    fn only_a_deny_of_everything_to_everyone_makes_it_tls_only() {
        let deny = |principal: &str, action: &str, resources: &str, condition: &str| {
            format!(
                r#"[{{"Effect":"Deny","Principal":{principal},"Action":{action},"Resource":{resources},"Condition":{condition}}}]"#
            )
        };
        let both = r#"["arn:aws:s3:::records","arn:aws:s3:::records/*"]"#;
        let plain = r#"{"Bool":{"aws:SecureTransport":"false"}}"#;
        for (principal, action, resources, condition, tls_only) in [
            (r#""*""#, r#""s3:*""#, both, plain, true),
            (r#"{"AWS":"*"}"#, r#""*""#, r#""*""#, r#"{"Bool":{"aws:securetransport":false}}"#, true),
            (r#""*""#, r#""s3:*""#, r#""arn:aws:s3:::records*""#, plain, true),
            (r#""*""#, r#""s3:GetObject""#, both, plain, false),
            (r#""*""#, r#""s3:*""#, r#""arn:aws:s3:::records/*""#, plain, false),
            (r#""*""#, r#""s3:*""#, r#"["arn:aws:s3:::other","arn:aws:s3:::other/*"]"#, plain, false),
            (r#"{"AWS":"111122223333"}"#, r#""s3:*""#, both, plain, false),
            (r#""*""#, r#""s3:*""#, both, r#"{"Bool":{"aws:SecureTransport":"true"}}"#, false),
            (
                r#""*""#,
                r#""s3:*""#,
                both,
                r#"{"Bool":{"aws:SecureTransport":"false"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#,
                false,
            ),
            (r#""*""#, r#""s3:*""#, both, r#"{"NumericLessThan":{"s3:TlsVersion":1.2}}"#, false),
            (r#""*""#, r#""s3:*""#, both, "{}", false),
        ] {
            check(&deny(principal, action, resources, condition), &[], false, tls_only);
        }
    }

    #[test]
    fn a_policy_that_cannot_be_read_is_no_empty_policy() {
        for text in ["", "{}", "[]", "{\"Statement\":[{\"Effect\":\"Perhaps\"}]}", "<html>"] {
            assert!(read(text, ARN).is_err(), "{text}");
        }
    }

    #[test]
    fn plain_connections_may_be_refused_in_two_statements() {
        let deny = |resource: &str| {
            format!(
                r#"{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"{resource}","Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}"#
            )
        };
        let (bucket, objects) = (deny(ARN), deny(&format!("{ARN}/*")));
        for (statements, tls_only) in [
            (format!("[{bucket},{objects}]"), true),
            (format!("[{bucket}]"), false),
            (format!("[{objects}]"), false),
        ] {
            check(&statements, &[], false, tls_only);
        }
    }

    #[test]
    fn what_cannot_be_placed_is_not_nobody() {
        let statement = |principal: &str| {
            format!(r#"[{{"Effect":"Allow",{principal},"Action":"s3:GetObject","Resource":"{ARN}/*"}}]"#)
        };
        for (principal, id) in [
            (r#""Principal":{"AWS":[null]}"#, "null"),
            (r#""Principal":{"AWS":{"x":"*"}}"#, r#"{"x":"*"}"#),
            (r#""Principal":["*"]"#, r#"["*"]"#),
        ] {
            check(&statement(principal), &[(id, PrincipalClass::Other)], true, false);
        }
        let misspelt = format!("{{\"Statement\":{}}}", statement(r#""principal":"*""#));
        assert!(read(&misspelt, ARN).is_err());
    }
}
