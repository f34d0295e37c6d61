//! STS: who calls, and sessions in other accounts.

use super::failure::{Failure, Protocol};
use super::xml::Xml;
use super::{Asked, Call, Service};
use crate::answer::Answer;
use crate::request::Request;

pub(super) struct Sts;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

impl Service for Sts {
    fn name(&self) -> &'static str {
        "sts"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Query
    }

    fn operations(&self) -> Vec<&'static str> {
        vec!["AssumeRole", "GetCallerIdentity"]
    }

    fn identify(&self, request: &Request) -> Option<Asked> {
        let form = request.form();
        match field(&form, "Action") {
            "AssumeRole" => {
                let resource = field(&form, "RoleArn").to_owned();
                Some(Asked { operation: "AssumeRole", resource, page: String::new() })
            }
            "GetCallerIdentity" => {
                Some(Asked { operation: "GetCallerIdentity", resource: String::new(), page: String::new() })
            }
            _ => None,
        }
    }

    fn is_global(&self) -> bool {
        true
    }

    fn answer(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        match call.operation {
            "AssumeRole" => assume_role(call),
            _ => Ok(get_caller_identity(call)),
        }
    }
}

fn get_caller_identity(call: &Call<'_>) -> Answer {
    respond(call, "GetCallerIdentity", |result| {
        result
            .text("Arn", &call.caller.arn)
            .text("UserId", &call.caller.user_id)
            .text("Account", &call.caller.account);
    })
}

fn assume_role(call: &Call<'_>) -> Result<Answer, Failure> {
    let form = call.request.form();
    let invalid = |message: &str| Failure::new(400, "ValidationError", message);
    let arn = field(&form, "RoleArn");
    let (account, role) = arn
        .strip_prefix("arn:aws:iam::")
        .and_then(|rest| rest.split_once(":role/"))
        .filter(|(_, role)| !role.is_empty())
        .ok_or_else(|| invalid(&format!("{arn} is invalid")))?;
    let name = field(&form, "RoleSessionName");
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_=,.@-".contains(&b);
    if !(2..=64).contains(&name.len()) || !name.bytes().all(allowed) {
        return Err(invalid("Value at 'roleSessionName' failed to satisfy constraint"));
    }
    let seconds = match field(&form, "DurationSeconds") {
        "" => 3_600,
        text => text
            .parse()
            .ok()
            .filter(|seconds| (900..=43_200).contains(seconds))
            .ok_or_else(|| invalid("Value at 'durationSeconds' failed to satisfy constraint"))?,
    };
    // The path before a role's name is part of its ARN, but not of the session's.
    let short = role.rsplit('/').next().unwrap_or(role);
    let assumable = call.aws.tenancy.account(account).is_some_and(|state| {
        state
            .description
            .roles
            .as_ref()
            .is_none_or(|roles| roles.iter().any(|name| name == role || name == short))
    });
    if !assumable {
        return Err(Protocol::Query.denied(&call.caller.arn, "sts", "AssumeRole", arn));
    }
    let session = call.aws.identities.issue(account, short, name, seconds);
    Ok(respond(call, "AssumeRole", |result| {
        result.element("AssumedRoleUser", |user| {
            user.text("AssumedRoleId", &session.user_id).text("Arn", &session.arn);
        });
        result.element("Credentials", |credentials| {
            credentials
                .text("AccessKeyId", &session.access_key)
                .text("SecretAccessKey", &session.secret)
                .text("SessionToken", &session.token)
                .text("Expiration", session.expires);
        });
    }))
}

fn respond(call: &Call<'_>, operation: &str, inside: impl FnOnce(&mut Xml)) -> Answer {
    let mut xml = Xml::document();
    xml.element(&format!("{operation}Response xmlns=\"{NAMESPACE}\""), |response| {
        response.element(&format!("{operation}Result"), inside);
        response.element("ResponseMetadata", |metadata| {
            metadata.text("RequestId", call.aws.request_id());
        });
    });
    xml.answer(200, "text/xml")
}

fn field<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
}
