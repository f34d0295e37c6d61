//! Puts the token on requests, says what Azure's answers mean, and keeps to what is left of its quotas.

use crate::credentials::Tokens;
use async_trait::async_trait;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use sekisho_contract::door::{Answer, Caller, Malformed, Meaning, Outgoing};
use sekisho_contract::gap::shorten;
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Speaks for one account.
pub struct AzureCaller {
    /// The account's tokens.
    pub tokens: Arc<Tokens>,
    /// What is left of the quotas.
    pub left: Arc<Left>,
    /// The family of the request, and whose quota it draws on.
    pub family: (&'static str, String),
}

#[async_trait]
impl Caller for AzureCaller {
    async fn sign(&self, request: &mut Outgoing) -> Result<(), Shortfall> {
        if let Some(wait) = self.left.wait(&self.family) {
            tokio::time::sleep(wait).await;
        }
        let token = self.tokens.get().await?;
        let failed = |_| Shortfall::without_call(GapReason::Credentials, "the token cannot be sent");
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(failed)?;
        value.set_sensitive(true);
        request.headers.insert(AUTHORIZATION, value);
        Ok(())
    }

    fn meaning(&self, operation: &Operation, answer: &Answer) -> Meaning {
        self.left.note(&self.family, answer);
        meaning(operation, answer)
    }

    fn request_id(&self, answer: &Answer) -> String {
        ["x-ms-request-id", "x-ms-correlation-request-id"]
            .iter()
            .find_map(|name| answer.header(name))
            .unwrap_or_default()
            .to_owned()
    }

    fn error_code(&self, answer: &Answer) -> String {
        error_of(answer).map(|(code, _)| code).unwrap_or_default()
    }

    async fn renew(&self) -> bool {
        self.tokens.renew().await
    }
}

/// Until when the quotas that are used up stay so: each answer tells what is left.
#[derive(Debug, Default)]
pub struct Left(Mutex<BTreeMap<(&'static str, String), Instant>>);

impl Left {
    /// So few requests left are as good as none: others ask as well.
    const FEW: u32 = 2;
    /// The time in which Resource Manager's bucket has filled again somewhat.
    const REFILL: Duration = Duration::from_secs(1);
    /// No answer keeps others waiting for longer.
    const LONGEST: Duration = Duration::from_secs(10);

    /// Notes what an answer says is left.
    fn note(&self, family: &(&'static str, String), answer: &Answer) {
        let number = |name: &str| answer.header(name).and_then(|text| text.trim().parse::<u32>().ok());
        let pause = if number("x-ms-user-quota-remaining").is_some_and(|left| left == 0) {
            answer.header("x-ms-user-quota-resets-after").and_then(clock_time)
        } else {
            ["x-ms-ratelimit-remaining-subscription-reads", "x-ms-ratelimit-remaining-tenant-reads"]
                .iter()
                .filter_map(|name| number(name))
                .any(|left| left <= Self::FEW)
                .then_some(Self::REFILL)
        };
        if let Some(pause) = pause {
            let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            until.insert(family.clone(), Instant::now() + pause.min(Self::LONGEST));
        }
    }

    /// How long nothing of the family should be asked.
    fn wait(&self, family: &(&'static str, String)) -> Option<Duration> {
        let until = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(family).copied()?;
        Some(until.saturating_duration_since(Instant::now())).filter(|wait| !wait.is_zero())
    }
}

/// Hours, minutes and seconds, as Resource Graph writes spans of time.
fn clock_time(text: &str) -> Option<Duration> {
    let mut parts = text.trim().split(':');
    let mut number = || parts.next()?.split('.').next()?.parse::<u64>().ok();
    let (hours, minutes, seconds) = (number()?, number()?, number()?);
    Some(Duration::from_secs(hours * 3_600 + minutes * 60 + seconds))
}

/// What an answer means for an operation, by Azure's error codes first and by status where there is none.
pub fn meaning(operation: &Operation, answer: &Answer) -> Meaning {
    let status = answer.status;
    if (200..300).contains(&status) {
        return Meaning::Answered;
    }
    let (code, message) = match error_of(answer) {
        Ok(error) => error,
        // The next answer may come whole.
        Err(Malformed(why)) => {
            return match status {
                429 => Meaning::Throttled(retry_after(answer)),
                _ => Meaning::Passing(format!("HTTP {status}, and the error cannot be read: {why}")),
            };
        }
    };
    if !code.is_empty() && operation.absent.contains(&code.as_str()) {
        return Meaning::Absent;
    }
    let said = if code.is_empty() { format!("HTTP {status}") } else { format!("{code}: {message}") };
    let stays = |reason| Meaning::Standing(reason, code.clone(), said.clone());
    match code.as_str() {
        "ExpiredAuthenticationToken" | "InvalidAuthenticationToken" | "AuthenticationFailed"
            if status == 401 =>
        {
            Meaning::Expired(said)
        }
        "InvalidAuthenticationTokenTenant" | "InvalidAuthenticationInfo" => stays(GapReason::Credentials),
        "AuthorizationFailed"
        | "LinkedAuthorizationFailed"
        | "AuthorizationPermissionMismatch"
        | "Forbidden"
        | "AccessDenied"
        | "SubscriptionNotFound" => stays(GapReason::Denied),
        "ResourceNotFound" | "ResourceGroupNotFound" | "ParentResourceNotFound" | "NotFound" => {
            stays(GapReason::Vanished)
        }
        "InvalidResourceType"
        | "InvalidApiVersionParameter"
        | "NoRegisteredProviderFound"
        | "NotImplemented"
        | "UnsupportedApiVersion" => stays(GapReason::Unsupported),
        "TooManyRequests"
        | "SubscriptionRequestsThrottled"
        | "TenantRequestsThrottled"
        | "RateLimiting"
        | "ResourceCollectionRequestsThrottled" => Meaning::Throttled(retry_after(answer)),
        _ => match status {
            429 => Meaning::Throttled(retry_after(answer)),
            408 => Meaning::Passing(said),
            501 => stays(GapReason::Unsupported),
            500.. => Meaning::Passing(said),
            401 => stays(GapReason::Credentials),
            403 => stays(GapReason::Denied),
            404 => stays(GapReason::Vanished),
            _ => stays(GapReason::Failed),
        },
    }
}

/// The code and the message of an error, as Resource Manager and the services behind it write them.
fn error_of(answer: &Answer) -> Result<(String, String), Malformed> {
    if answer.body.iter().all(u8::is_ascii_whitespace) {
        return Ok((String::new(), String::new()));
    }
    let value: Value =
        serde_json::from_slice(&answer.body).map_err(|error| Malformed(shorten(&error.to_string())))?;
    let error = ["error", "odata.error"].iter().find_map(|name| value.get(name)).unwrap_or(&value);
    let text = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| error.get(name)?.as_str());
        shorten(found.unwrap_or_default())
    };
    Ok((text(["code", "Code"]), text(["message", "Message"])))
}

/// How long Azure asks to wait: in seconds, as a date, or as the span after which the quota is whole again.
fn retry_after(answer: &Answer) -> Option<Duration> {
    let named = answer.header("retry-after").map(str::trim).and_then(|text| {
        let seconds = text.parse().ok().map(Duration::from_secs);
        seconds.or_else(|| {
            let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_second();
            let wait = until - jiff::Timestamp::now().as_second();
            u64::try_from(wait.max(0)).ok().map(Duration::from_secs)
        })
    });
    named.or_else(|| answer.header("x-ms-user-quota-resets-after").and_then(clock_time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderName};

    operation!(
        ASKED = "storage" "GetManagementPolicy", needs "", quota crate::quota::ARM,
        sekisho_contract::Per::Account, Get, facts "", absent &["ManagementPolicyNotFound"]
    );

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        Answer { status, headers, body: Bytes::from(body.to_owned()) }
    }

    fn error(code: &str) -> String {
        format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#)
    }

    #[test]
    fn errors_mean_what_azure_documents() {
        let reason = |status, code: &str| match meaning(&ASKED, &answer(status, &[], &error(code))) {
            Meaning::Standing(reason, ..) => Some(reason),
            _ => None,
        };
        assert_eq!(reason(403, "AuthorizationFailed"), Some(GapReason::Denied));
        assert_eq!(reason(404, "ResourceNotFound"), Some(GapReason::Vanished));
        assert_eq!(reason(400, "InvalidApiVersionParameter"), Some(GapReason::Unsupported));
        assert_eq!(reason(400, "SomethingElse"), Some(GapReason::Failed));
        let of = |answer: Answer| meaning(&ASKED, &answer);
        assert_eq!(of(answer(404, &[], &error("ManagementPolicyNotFound"))), Meaning::Absent);
        assert!(matches!(of(answer(401, &[], &error("ExpiredAuthenticationToken"))), Meaning::Expired(_)));
        assert!(matches!(of(answer(503, &[], "<html>")), Meaning::Passing(_)));
        assert!(
            matches!(of(answer(404, &[], "{\"error\":{\"co")), Meaning::Passing(_)),
            "half an error says nothing"
        );
    }

    #[test]
    fn waits_are_as_long_as_azure_asks() {
        let wait = |headers: &[(&'static str, &'static str)]| match meaning(
            &ASKED,
            &answer(429, headers, &error("TooManyRequests")),
        ) {
            Meaning::Throttled(wait) => wait.map(|wait| wait.as_secs()),
            other => panic!("{other:?}"),
        };
        assert_eq!(wait(&[("retry-after", "17")]), Some(17));
        assert_eq!(wait(&[("x-ms-user-quota-resets-after", "00:01:05")]), Some(65));
        assert_eq!(wait(&[("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT")]), Some(0));
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn a_quota_that_is_used_up_is_left_alone() {
        let (left, family) = (Left::default(), ("graph", "user".to_owned()));
        let note = |headers: &[(&'static str, &'static str)]| left.note(&family, &answer(200, headers, "{}"));
        note(&[("x-ms-user-quota-remaining", "1"), ("x-ms-user-quota-resets-after", "00:00:05")]);
        note(&[("x-ms-ratelimit-remaining-subscription-reads", "249")]);
        assert_eq!(left.wait(&family), None);
        note(&[("x-ms-user-quota-remaining", "0"), ("x-ms-user-quota-resets-after", "00:00:05")]);
        assert!(left.wait(&family).is_some_and(|wait| wait <= Duration::from_secs(5)));
        assert_eq!(left.wait(&("other", "user".to_owned())), None);
        note(&[("x-ms-user-quota-remaining", "0"), ("x-ms-user-quota-resets-after", "10:00:00")]);
        assert!(left.wait(&family).is_some_and(|wait| wait <= Left::LONGEST));
    }
}
