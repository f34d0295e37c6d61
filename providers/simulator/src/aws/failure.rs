//! Errors, in the words and shapes of each protocol.

use std::borrow::Cow;

use serde_json::json;

use super::xml::Xml;
use crate::answer::Answer;
use crate::request::Request;

/// How requests and errors of a service look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// REST with XML; the error is the document.
    S3,
    /// REST with XML; the error is inside a document.
    S3Control,
    /// Query with XML.
    Query,
    /// Query with XML, as EC2 has it.
    Ec2,
    /// JSON 1.1 with a target header.
    Json,
    /// REST with JSON.
    RestJson,
}

/// An error a service answers.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    status: u16,
    code: Cow<'static, str>,
    message: String,
    /// Further elements of an XML error.
    fields: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
}

impl Failure {
    pub(crate) fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), fields: Vec::new(), headers: Vec::new() }
    }

    /// With a further element, where the error is XML.
    pub(crate) fn field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// With a header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With more at the end of the message.
    pub(crate) fn because(mut self, reason: &str) -> Self {
        self.message = format!("{} {reason}", self.message);
        self
    }

    pub(crate) fn render(self, protocol: Protocol, request_id: &str) -> Answer {
        let answer = match protocol {
            Protocol::S3 => {
                let mut xml = Xml::document();
                xml.element("Error", |error| {
                    self.code_and_message(error);
                    error.text("RequestId", request_id).text("HostId", request_id);
                });
                xml.answer(self.status, "application/xml")
            }
            Protocol::S3Control | Protocol::Query => {
                let mut xml = Xml::document();
                xml.element("ErrorResponse", |response| {
                    response.element("Error", |error| {
                        error.text("Type", if self.status < 500 { "Sender" } else { "Receiver" });
                        self.code_and_message(error);
                    });
                    response.text("RequestId", request_id);
                });
                xml.answer(self.status, "text/xml")
            }
            Protocol::Ec2 => {
                let mut xml = Xml::document();
                xml.element("Response", |response| {
                    response.element("Errors", |errors| {
                        errors.element("Error", |error| self.code_and_message(error));
                    });
                    response.text("RequestID", request_id);
                });
                xml.answer(self.status, "text/xml;charset=UTF-8")
            }
            Protocol::Json => {
                let body = json!({"__type": self.code, "message": self.message});
                Answer::new(self.status, "application/x-amz-json-1.1", body.to_string())
            }
            Protocol::RestJson => {
                let body = json!({"message": self.message});
                Answer::new(self.status, "application/json", body.to_string())
                    .with("x-amzn-errortype", &self.code)
            }
        };
        self.headers.iter().fold(answer, |answer, (name, value)| answer.with(name, value))
    }

    fn code_and_message(&self, error: &mut Xml) {
        error.text("Code", &self.code).text("Message", &self.message);
        for (name, value) in &self.fields {
            error.text(name, value);
        }
    }
}

/// Errors that every service has, in its own words.
impl Protocol {
    pub(crate) fn denied(self, arn: &str, service: &str, operation: &str, resource: &str) -> Failure {
        let on = if resource.is_empty() { "*" } else { resource };
        let message =
            format!("User: {arn} is not authorized to perform: {service}:{operation} on resource: {on}");
        match self {
            Self::S3 | Self::S3Control | Self::Query => Failure::new(403, "AccessDenied", message),
            Self::Ec2 => Failure::new(403, "UnauthorizedOperation", message),
            Self::Json => Failure::new(400, "AccessDeniedException", message),
            Self::RestJson => Failure::new(403, "AccessDeniedException", message),
        }
    }

    pub(crate) fn throttled(self) -> Failure {
        match self {
            Self::S3 | Self::S3Control => Failure::new(503, "SlowDown", "Please reduce your request rate."),
            Self::Query => Failure::new(400, "Throttling", "Rate exceeded"),
            Self::Ec2 => Failure::new(503, "RequestLimitExceeded", "Request limit exceeded."),
            Self::Json => Failure::new(400, "ThrottlingException", "Rate exceeded"),
            Self::RestJson => Failure::new(429, "TooManyRequestsException", "Too Many Requests"),
        }
    }

    pub(crate) fn internal_error(self) -> Failure {
        let message = "We encountered an internal error. Please try again.";
        match self {
            Self::S3 | Self::S3Control | Self::Ec2 => Failure::new(500, "InternalError", message),
            Self::Query | Self::Json => Failure::new(500, "InternalFailure", message),
            Self::RestJson => Failure::new(500, "InternalServerException", message),
        }
    }

    pub(crate) fn unavailable(self) -> Failure {
        let message = "Service is unable to handle request.";
        match self {
            Self::Ec2 => Failure::new(503, "Unavailable", message),
            Self::Json | Self::RestJson => Failure::new(503, "ServiceUnavailableException", message),
            Self::S3 | Self::S3Control | Self::Query => Failure::new(503, "ServiceUnavailable", message),
        }
    }

    pub(crate) fn opt_in_required(self) -> Failure {
        let message = "The AWS Access Key Id needs a subscription for the service";
        Failure::new(403, "OptInRequired", message)
    }

    pub(crate) fn suspended(self) -> Failure {
        match self {
            Self::S3 | Self::S3Control => Failure::new(
                403,
                "AccountProblem",
                "There is a problem with your AWS account that prevents the operation from completing successfully.",
            ),
            Self::Ec2 => Failure::new(403, "Blocked", "Your account is currently blocked."),
            _ => self.opt_in_required(),
        }
    }

    pub(crate) fn expired_token(self) -> Failure {
        let message = "The security token included in the request is expired";
        match self {
            Self::S3 | Self::S3Control => {
                Failure::new(400, "ExpiredToken", "The provided token has expired.")
            }
            Self::Query => Failure::new(403, "ExpiredToken", message),
            Self::Ec2 => Failure::new(400, "RequestExpired", "Request has expired."),
            Self::Json | Self::RestJson => Failure::new(400, "ExpiredTokenException", message),
        }
    }

    /// What a region answers to callers of an account that has not opted in to it.
    pub(crate) fn region_not_enabled(self, session: bool) -> Failure {
        match self {
            Self::S3 | Self::S3Control if session => {
                Failure::new(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
            }
            _ => self.unknown_access_key(),
        }
    }

    pub(crate) fn unknown_access_key(self) -> Failure {
        let message = "The security token included in the request is invalid.";
        match self {
            Self::S3 | Self::S3Control => Failure::new(
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            ),
            Self::Query => Failure::new(403, "InvalidClientTokenId", message),
            Self::Ec2 => Failure::new(
                401,
                "AuthFailure",
                "AWS was not able to validate the provided access credentials",
            ),
            Self::Json => Failure::new(400, "UnrecognizedClientException", message),
            Self::RestJson => Failure::new(403, "UnrecognizedClientException", message),
        }
    }

    pub(crate) fn wrong_signature(self) -> Failure {
        let message = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.";
        match self {
            Self::Json | Self::RestJson => Failure::new(403, "InvalidSignatureException", message),
            _ => Failure::new(403, "SignatureDoesNotMatch", message),
        }
    }

    pub(crate) fn clock_skew(self) -> Failure {
        match self {
            Self::S3 | Self::S3Control => Failure::new(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            ),
            Self::Ec2 => Failure::new(400, "RequestExpired", "Request has expired."),
            Self::Query => Failure::new(403, "SignatureDoesNotMatch", "Signature expired"),
            Self::Json | Self::RestJson => {
                Failure::new(403, "InvalidSignatureException", "Signature expired")
            }
        }
    }

    pub(crate) fn unknown_operation(self, request: &Request) -> Failure {
        let message = format!("{} {} is not simulated", request.method, request.path);
        match self {
            Self::S3 | Self::S3Control => Failure::new(501, "NotImplemented", message),
            Self::Query | Self::Ec2 => Failure::new(400, "InvalidAction", message),
            Self::Json | Self::RestJson => Failure::new(400, "UnknownOperationException", message),
        }
    }
}
