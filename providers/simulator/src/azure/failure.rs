//! Errors, in Resource Manager's words and shape.

use serde_json::json;

use crate::answer::Answer;
use crate::request::Request;

/// An error.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    status: u16,
    code: &'static str,
    message: String,
    retry_after: Option<&'static str>,
}

impl Failure {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    pub(super) fn render(self) -> Answer {
        let body = json!({"error": {"code": self.code, "message": self.message}});
        let answer = Answer::new(self.status, "application/json; charset=utf-8", body.to_string());
        match self.retry_after {
            Some(seconds) => answer.with("retry-after", seconds),
            None => answer,
        }
    }
}

pub(super) fn unauthenticated() -> Failure {
    Failure::new(
        401,
        "AuthenticationFailed",
        "Authentication failed. The 'Authorization' header is missing or holds no token known here.",
    )
}

pub(super) fn expired_token() -> Failure {
    Failure::new(
        401,
        "ExpiredAuthenticationToken",
        "The access token expiry UTC time is earlier than current UTC time.",
    )
}

pub(super) fn denied(operation: &str, path: &str) -> Failure {
    let message = format!(
        "The client does not have authorization to perform action '{operation}' over scope '{path}'."
    );
    Failure::new(403, "AuthorizationFailed", message)
}

pub(super) fn throttled(seconds: &'static str) -> Failure {
    let message = "The request was throttled. Please try again later.";
    Failure { retry_after: Some(seconds), ..Failure::new(429, "TooManyRequests", message) }
}

pub(super) fn internal_error() -> Failure {
    Failure::new(500, "InternalServerError", "Encountered internal server error.")
}

pub(super) fn unavailable() -> Failure {
    Failure::new(503, "ServiceUnavailable", "The service is temporarily unavailable.")
}

pub(super) fn not_registered() -> Failure {
    Failure::new(
        409,
        "MissingSubscriptionRegistration",
        "The subscription is not registered to use the namespace.",
    )
}

/// A namespace that the subscription is not registered for: Defender's answers in words of its own.
pub(super) fn not_registered_for(namespace: &str) -> Failure {
    if namespace == "microsoft.security" {
        return Failure::new(
            404,
            "Subscription Not Registered",
            "Please register to Microsoft.Security in order to view your security status",
        );
    }
    let message = format!("The subscription is not registered to use namespace '{namespace}'.");
    Failure::new(409, "MissingSubscriptionRegistration", message)
}

pub(super) fn disabled() -> Failure {
    Failure::new(403, "SubscriptionDisabled", "The subscription is disabled.")
}

pub(super) fn no_version() -> Failure {
    Failure::new(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )
}

pub(super) fn no_subscription(id: &str) -> Failure {
    Failure::new(404, "SubscriptionNotFound", format!("The subscription '{id}' could not be found."))
}

pub(super) fn not_found(id: &str) -> Failure {
    Failure::new(404, "ResourceNotFound", format!("The resource '{id}' was not found."))
}

pub(super) fn bad_query(why: &str) -> Failure {
    Failure::new(400, "BadRequest", format!("Please provide a valid query: {why}"))
}

pub(super) fn bad_token() -> Failure {
    Failure::new(400, "InvalidSkipToken", "The skip token is not one that was given.")
}

pub(super) fn unknown_operation(request: &Request) -> Failure {
    Failure::new(404, "InvalidResourceType", format!("{} {} is not simulated", request.method, request.path))
}
