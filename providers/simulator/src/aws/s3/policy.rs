//! GetBucketPolicy and GetBucketPolicyStatus.

use serde_json::Value;

use super::super::failure::Failure;
use super::super::tenancy::FoundBucket;
use super::{Call, absent, document};
use crate::answer::Answer;

pub(super) fn get(call: &Call<'_>, found: &FoundBucket<'_>) -> Result<Answer, Failure> {
    let policy = found.bucket.policy.as_ref().ok_or_else(|| no_policy(call))?;
    Ok(Answer::new(200, "application/json", policy.text()))
}

pub(super) fn status(call: &Call<'_>, found: &FoundBucket<'_>) -> Result<Answer, Failure> {
    let policy = found.bucket.policy.as_ref().ok_or_else(|| no_policy(call))?;
    let public = found.bucket.policy_public.unwrap_or_else(|| is_public(&policy.value()));
    Ok(document("PolicyStatus", |xml| {
        xml.text("IsPublic", public);
    }))
}

fn no_policy(call: &Call<'_>) -> Failure {
    absent(call, "NoSuchBucketPolicy", "The bucket policy does not exist")
}

/// Condition keys that, held to fixed values, make a grant to everyone not public.
/// Source: Amazon S3 User Guide, "The meaning of public".
const NARROWING: &[&str] = &[
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceowner",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

/// Public: some statement allows everyone, and no condition holds one of the narrowing keys to fixed values.
fn is_public(policy: &Value) -> bool {
    listed(&policy["Statement"]).iter().any(|statement| {
        statement["Effect"] == "Allow"
            && (everyone(&statement["Principal"]) || !statement["NotPrincipal"].is_null())
            && !narrowed(&statement["Condition"])
    })
}

fn everyone(principal: &Value) -> bool {
    let star = |value: &Value| listed(value).iter().any(|one| **one == "*");
    star(principal) || star(&principal["AWS"]) || star(&principal["CanonicalUser"])
}

fn narrowed(condition: &Value) -> bool {
    condition.as_object().into_iter().flatten().any(|(operator, keys)| {
        let operator = operator.to_lowercase();
        let negative = operator.contains("not") || operator.contains("ifexists") || operator == "null";
        !negative
            && keys.as_object().into_iter().flatten().any(|(key, values)| {
                NARROWING.contains(&key.to_lowercase().as_str())
                    && listed(values).iter().all(|value| fixed(value))
            })
    })
}

/// No wildcard, no policy variable, no network wider than /8.
fn fixed(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let wide = text
        .rsplit_once('/')
        .and_then(|(address, bits)| Some((address.contains(':'), bits.parse::<u8>().ok()?)))
        .is_some_and(|(six, bits)| bits < if six { 32 } else { 8 });
    !text.is_empty() && !text.contains(['*', '?']) && !text.contains("${") && !wide
}

fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        Value::Null => Vec::new(),
        value => vec![value],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_policies() {
        let cases = [
            (r#""Effect": "Allow", "Principal": "*""#, true),
            (r#""Effect": "Deny", "Principal": "*""#, false),
            (r#""Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "*"]}"#, true),
            (r#""Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}"#, false),
            (r#""Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}"#, true),
            (
                r#""Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#,
                false,
            ),
            (
                r#""Effect": "Allow", "Principal": "*", "Condition": {"StringLike": {"aws:SourceArn": "arn:*"}}"#,
                true,
            ),
            (
                r#""Effect": "Allow", "Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}}"#,
                false,
            ),
            (
                r#""Effect": "Allow", "Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}"#,
                true,
            ),
            (
                r#""Effect": "Allow", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}"#,
                true,
            ),
            (
                r#""Effect": "Allow", "Principal": "*", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}"#,
                true,
            ),
        ];
        for (statement, expected) in cases {
            let policy = serde_json::from_str(&format!("{{\"Statement\": {{{statement}}}}}")).unwrap();
            assert_eq!(is_public(&policy), expected, "{statement}");
        }
    }
}
