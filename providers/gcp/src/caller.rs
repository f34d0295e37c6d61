//! Signs requests, and says what Google's answers mean.

use crate::credentials::Credentials;
use async_trait::async_trait;
use sekisho_contract::door::{Answer, Caller, Meaning, Outgoing};
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// The code of an API that is switched off in the project that asks, or is asked.
pub const SERVICE_DISABLED: &str = "SERVICE_DISABLED";

/// Speaks for one project.
pub struct GoogleCaller {
    /// The credentials.
    pub credentials: Arc<Credentials>,
}

#[async_trait]
impl Caller for GoogleCaller {
    async fn sign(&self, request: &mut Outgoing) -> Result<(), Shortfall> {
        self.credentials.sign(request).await
    }

    fn meaning(&self, operation: &Operation, answer: &Answer) -> Meaning {
        meaning(operation, answer)
    }

    fn request_id(&self, answer: &Answer) -> String {
        ["x-guploader-uploadid", "x-goog-request-id", "x-cloud-trace-context"]
            .iter()
            .find_map(|name| answer.header(name))
            .unwrap_or("")
            .to_owned()
    }

    fn error_code(&self, answer: &Answer) -> String {
        Told::of(answer).map(|told| told.code()).unwrap_or_default()
    }

    async fn renew(&self) -> bool {
        self.credentials.renew().await
    }
}

/// What an answer means for an operation: by the reasons Google's errors name, then by their status.
fn meaning(operation: &Operation, answer: &Answer) -> Meaning {
    let status = answer.status;
    if (200..300).contains(&status) {
        return Meaning::Answered;
    }
    let told = match Told::of(answer) {
        Ok(told) => told,
        // The next answer may come whole.
        Err(why) => return Meaning::Passing(format!("HTTP {status}, and the error cannot be read: {why}")),
    };
    let code = told.code();
    let said = format!("{code}: {}", told.message);
    let is = |names: &[&str]| told.reasons().any(|reason| names.contains(&reason));
    let stays = |reason| Meaning::Standing(reason, code.clone(), said.clone());
    if is(operation.absent) {
        return Meaning::Absent;
    }
    if is(&["accessNotConfigured", SERVICE_DISABLED]) {
        return Meaning::Standing(GapReason::Closed, SERVICE_DISABLED.to_owned(), said);
    }
    // A day's quota does not come back while anybody waits.
    if is(&["dailyLimitExceeded"]) {
        return stays(GapReason::ThrottledOut);
    }
    let slower = ["rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED", "quotaExceeded"];
    if status == 429 || is(&slower) || told.status == "RESOURCE_EXHAUSTED" {
        return Meaning::Throttled(told.delay().or_else(|| retry_after(answer)));
    }
    match (status, told.status.as_str()) {
        (401, _) | (_, "UNAUTHENTICATED") => Meaning::Expired(said),
        (403, _) | (_, "PERMISSION_DENIED") => stays(GapReason::Denied),
        (501, _) | (_, "UNIMPLEMENTED") => stays(GapReason::Unsupported),
        (_, "ABORTED") | (408, _) | (500.., _) => Meaning::Passing(said),
        (404, _) | (_, "NOT_FOUND") => stays(GapReason::Vanished),
        _ => stays(GapReason::Failed),
    }
}

fn retry_after(answer: &Answer) -> Option<Duration> {
    answer.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

#[derive(Deserialize)]
struct Body {
    error: Told,
}

/// An error as Google's APIs write it: a status of `google.rpc.Code` with details, or, in the older APIs, reasons.
#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    code: u16,
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    errors: Vec<Reason>,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    /// Of an `ErrorInfo`.
    #[serde(default)]
    reason: String,
    /// Of a `RetryInfo`: seconds, as in `3.5s`.
    retry_delay: Option<String>,
}

impl Told {
    fn of(answer: &Answer) -> Result<Self, String> {
        let body: Body = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        Ok(body.error)
    }

    fn reasons(&self) -> impl Iterator<Item = &str> {
        let details = self.details.iter().map(|detail| detail.reason.as_str());
        let reasons = self.errors.iter().map(|error| error.reason.as_str()).chain(details);
        reasons.chain([self.status.as_str()]).filter(|reason| !reason.is_empty())
    }

    /// The most telling of the names it goes by.
    fn code(&self) -> String {
        self.reasons().next().map_or_else(|| self.code.to_string(), str::to_owned)
    }

    fn delay(&self) -> Option<Duration> {
        let text = self.details.iter().find_map(|detail| detail.retry_delay.as_deref())?;
        let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::storage::LIST_BUCKETS;
    use crate::session::GET_EFFECTIVE_POLICY;
    use http::HeaderMap;
    use serde_json::{Value, json};

    fn said(status: u16, error: &Value) -> Meaning {
        let body = json!({"error": error}).to_string().into();
        meaning(&LIST_BUCKETS.operation, &Answer { status, headers: HeaderMap::new(), body })
    }

    #[test]
    fn quota_errors_of_every_form_mean_a_slower_pace() {
        let info =
            |reason: &str| json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason});
        let retry = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2.500s"});
        let half = Some(Duration::from_millis(2500));
        for (status, error, after) in [
            (429, json!({"code": 429, "message": "", "status": "RESOURCE_EXHAUSTED"}), None),
            (429, json!({"code": 429, "details": [info("RATE_LIMIT_EXCEEDED"), retry]}), half),
            (403, json!({"code": 403, "errors": [{"reason": "rateLimitExceeded"}]}), None),
            (
                403,
                json!({"code": 403, "errors": [{"reason": "userRateLimitExceeded"}], "details": [retry]}),
                half,
            ),
        ] {
            assert_eq!(said(status, &error), Meaning::Throttled(after), "{error}");
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        let reason = |status, error: Value| match said(status, &error) {
            Meaning::Standing(reason, code, _) => (Some(reason), code),
            Meaning::Passing(_) => (None, "passing".to_owned()),
            other => (None, format!("{other:?}")),
        };
        let off =
            json!({"code": 403, "status": "PERMISSION_DENIED", "details": [{"reason": "SERVICE_DISABLED"}]});
        assert_eq!(reason(403, off), (Some(GapReason::Closed), SERVICE_DISABLED.to_owned()));
        let denied = json!({"code": 403, "status": "PERMISSION_DENIED", "message": "no"});
        assert_eq!(reason(403, denied), (Some(GapReason::Denied), "PERMISSION_DENIED".to_owned()));
        let day = json!({"code": 403, "errors": [{"reason": "dailyLimitExceeded"}]});
        assert_eq!(reason(403, day), (Some(GapReason::ThrottledOut), "dailyLimitExceeded".to_owned()));
        assert_eq!(reason(503, json!({"code": 503, "status": "UNAVAILABLE"})), (None, "passing".to_owned()));
        let gone = json!({"code": 404, "status": "NOT_FOUND"});
        assert_eq!(reason(404, gone.clone()), (Some(GapReason::Vanished), "NOT_FOUND".to_owned()));
        let body = json!({"error": gone}).to_string().into();
        let answer = Answer { status: 404, headers: HeaderMap::new(), body };
        assert_eq!(meaning(&GET_EFFECTIVE_POLICY.operation, &answer), Meaning::Absent);
        let page = Answer { status: 404, headers: HeaderMap::new(), body: "<html>".into() };
        assert!(matches!(meaning(&LIST_BUCKETS.operation, &page), Meaning::Passing(_)));
    }
}
