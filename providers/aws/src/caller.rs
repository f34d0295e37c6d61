//! Signs requests with Signature Version 4 and says what AWS's answers mean.

use crate::credentials::{Keys, system_time};
use crate::protocol::error_of;
use crate::sdk::BUCKET_REGION;
use async_trait::async_trait;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use http::{HeaderName, HeaderValue};
use sekisho_contract::door::{Answer, Caller, Meaning, Outgoing};
use sekisho_contract::{GapReason, Operation, Shortfall};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Speaks for one account to one service in one region.
pub struct AwsCaller {
    /// The account's credentials.
    pub keys: Arc<Keys>,
    /// The region signed for.
    pub region: String,
    /// The service's name in signatures.
    pub service: &'static str,
    /// How far the provider's clock is ahead of ours, in seconds; learnt from refusals.
    pub skew: Arc<AtomicI64>,
    /// The access key that signed last: what ran out when the provider says so.
    signed_with: Mutex<String>,
}

impl AwsCaller {
    /// Speaks with these credentials.
    pub fn new(keys: Arc<Keys>, region: String, service: &'static str, skew: Arc<AtomicI64>) -> Self {
        Self { keys, region, service, skew, signed_with: Mutex::default() }
    }
}

#[async_trait]
impl Caller for AwsCaller {
    async fn sign(&self, request: &mut Outgoing) -> Result<(), Shortfall> {
        let credentials = self.keys.get().await?;
        {
            let mut signed_with = self.signed_with.lock().unwrap_or_else(PoisonError::into_inner);
            credentials.access_key_id().clone_into(&mut signed_with);
        }
        let failed = |what: String| Shortfall::without_call(GapReason::Failed, format!("not signed: {what}"));
        let mut settings = SigningSettings::default();
        if matches!(self.service, "s3" | "s3express") {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let identity = credentials.into();
        let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(self.skew.load(Ordering::Relaxed));
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(system_time(now))
            .settings(settings)
            .build()
            .map_err(|error| failed(error.to_string()))?
            .into();
        let headers: Vec<(&str, &str)> = request
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        let signable = SignableRequest::new(
            request.method.as_str(),
            request.url.as_str(),
            headers.into_iter(),
            SignableBody::Bytes(&request.body),
        )
        .map_err(|error| failed(error.to_string()))?;
        let (instructions, _) =
            sign(signable, &parameters).map_err(|error| failed(error.to_string()))?.into_parts();
        let (signed, _) = instructions.into_parts();
        for header in signed {
            let mut value =
                HeaderValue::from_str(header.value()).map_err(|error| failed(error.to_string()))?;
            value.set_sensitive(header.sensitive());
            request.headers.insert(HeaderName::from_static(header.name()), value);
        }
        Ok(())
    }

    fn meaning(&self, operation: &Operation, answer: &Answer) -> Meaning {
        self.learn_skew(answer);
        meaning(operation, answer)
    }

    fn request_id(&self, answer: &Answer) -> String {
        request_id(answer)
    }

    fn error_code(&self, answer: &Answer) -> String {
        error_of(answer).map(|(code, _)| code).unwrap_or_default()
    }

    async fn renew(&self) -> bool {
        let over = self.signed_with.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.keys.renew(&over).await
    }
}

/// In seconds.
const A_MONTH: i64 = 31 * 24 * 60 * 60;

/// How far the provider's clock is ahead of ours, in seconds, by the date on an answer.
fn ahead(answer: &Answer) -> Option<i64> {
    let theirs = jiff::fmt::rfc2822::parse(answer.header("date")?).ok()?;
    let ahead = theirs.timestamp().as_second() - jiff::Timestamp::now().as_second();
    // No clock is off by more than this; a date that is says something else.
    (ahead.abs() < A_MONTH).then_some(ahead)
}

/// Whether a request signed now is in time for the provider: then it is not the clock that it refuses.
fn clocks_agree(answer: &Answer) -> bool {
    ahead(answer).is_some_and(|ahead| ahead.abs() < 60)
}

impl AwsCaller {
    /// A refusal for a wrong clock carries the provider's own time: sign by that from now on.
    fn learn_skew(&self, answer: &Answer) {
        if answer.status != 403 && answer.status != 400 {
            return;
        }
        if !error_of(answer).is_ok_and(|(code, message)| is_skew(&code, &message)) {
            return;
        }
        if let Some(ahead) = ahead(answer) {
            self.skew.store(ahead, Ordering::Relaxed);
        }
    }
}

/// The id AWS gave the request.
pub fn request_id(answer: &Answer) -> String {
    ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"]
        .iter()
        .find_map(|name| answer.header(name))
        .unwrap_or("")
        .to_owned()
}

fn is_skew(code: &str, message: &str) -> bool {
    matches!(code, "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture")
        || (matches!(code, "InvalidSignatureException" | "SignatureDoesNotMatch")
            && (message.contains("expired") || message.contains("not yet current")))
}

/// What an answer means for an operation, by AWS's error codes first and by status where there is none.
pub fn meaning(operation: &Operation, answer: &Answer) -> Meaning {
    let status = answer.status;
    if (200..300).contains(&status) {
        return Meaning::Answered;
    }
    // HeadBucket names the bucket's region even when it refuses or redirects.
    if operation.name == "HeadBucket"
        && status != 404
        && status < 500
        && answer.header(BUCKET_REGION).is_some()
    {
        return Meaning::Answered;
    }
    // The answer to a HEAD has no body that could name an error.
    if operation.name == "HeadBucket" && status == 404 {
        let said = "the bucket does not exist".to_owned();
        return Meaning::Standing(GapReason::Vanished, "NoSuchBucket".to_owned(), said);
    }
    let (code, message) = match error_of(answer) {
        Ok(error) => error,
        // The next answer may come whole.
        Err(why) => return Meaning::Passing(format!("HTTP {status}, and the error cannot be read: {why}")),
    };
    if !code.is_empty() && operation.absent.contains(&code.as_str()) {
        return Meaning::Absent;
    }
    let said = if code.is_empty() { format!("HTTP {status}") } else { format!("{code}: {message}") };
    if code == "RequestExpired" && clocks_agree(answer) {
        // EC2 says the same of a session that has ended.
        return Meaning::Expired(said);
    }
    if is_skew(&code, &message) {
        return Meaning::Passing(said);
    }
    let stays = |reason| Meaning::Standing(reason, code.clone(), said.clone());
    match code.as_str() {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "TooManyRequests"
        | "SlowDown"
        | "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete"
        | "EC2ThrottledException"
        | "RateExceeded" => Meaning::Throttled(retry_after(answer)),
        // Of reads these services say so when there were too many in a second.
        "LimitExceededException" if matches!(operation.service, "kinesis" | "firehose") => {
            Meaning::Throttled(retry_after(answer))
        }
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => Meaning::Expired(said),
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "UnauthorizedException"
        | "NotAuthorized"
        | "NotAuthorizedException"
        | "AuthorizationError"
        | "AuthorizationErrorException"
        | "Forbidden"
        | "AllAccessDisabled"
        | "InsufficientPermissionsException" => stays(GapReason::Denied),
        "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "AuthFailure"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        // A token of another kind than the region takes.
        | "InvalidToken"
        | "NotSignedUp" => stays(GapReason::Credentials),
        "OptInRequired" | "AccountNotOptedIn" => stays(GapReason::Closed),
        "UnknownOperationException"
        | "UnknownOperation"
        | "InvalidAction"
        | "NotImplemented"
        | "UnsupportedOperation"
        | "UnsupportedOperationException"
        // An emulator that does not know the path.
        | "InvalidURI"
        | "NotImplementedException" => stays(GapReason::Unsupported),
        "NoSuchBucket"
        | "NotFoundException"
        | "ResourceNotFoundException"
        | "TrailNotFoundException"
        | "NoSuchKey" => stays(GapReason::Vanished),
        "InternalError"
        | "InternalFailure"
        | "InternalServerError"
        | "InternalServiceError"
        | "InternalServiceException"
        | "KMSInternalException"
        | "DependencyTimeoutException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "Unavailable"
        | "RequestTimeout"
        | "RequestTimeoutException" => Meaning::Passing(said),
        _ => match status {
            429 => Meaning::Throttled(retry_after(answer)),
            408 => Meaning::Passing(said),
            501 => stays(GapReason::Unsupported),
            500.. => Meaning::Passing(said),
            401 | 403 => stays(GapReason::Denied),
            _ => stays(GapReason::Failed),
        },
    }
}

fn retry_after(answer: &Answer) -> Option<Duration> {
    answer.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}
