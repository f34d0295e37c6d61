//! aws-sdk-s3 behind the door: its HTTP connector is ours, so that what the SDK sends is declared,
//! paced, retried and written down like everything else.

use crate::NAME;
use crate::caller::AwsCaller;
use crate::kind::s3::{HEAD_BUCKET, LIST_BUCKETS};
use crate::protocol::read_xml;
use crate::session::{HOME, Session};
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, ConfigBag, Intercept, Region, RuntimeComponents, StalledStreamProtectionConfig,
};
use aws_sdk_s3::error::{BoxError, SdkError};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use sekisho_contract::call::CallId;
use sekisho_contract::door::{Answer, Door, Heard, Malformed, Outgoing, Question};
use sekisho_contract::page::Pages;
use sekisho_contract::{GapReason, Operation, Shortfall};
use std::sync::Arc;

/// The header in which S3 names a bucket's region.
pub const BUCKET_REGION: &str = "x-amz-bucket-region";
/// The operations the SDK may send.
const OPERATIONS: &[&Operation] = &[&LIST_BUCKETS, &HEAD_BUCKET];

/// One bucket of the account's list.
#[derive(Debug, Clone)]
pub struct ListedBucket {
    /// Its name.
    pub name: String,
    /// Its region, when the list says so.
    pub region: Option<String>,
    /// The call that listed it.
    pub call: CallId,
}

/// Every bucket of the account; and the shortfall if the list did not end.
pub async fn list_buckets(session: &Session) -> (Vec<ListedBucket>, Option<Shortfall>) {
    let mut buckets: Vec<ListedBucket> = Vec::new();
    let mut pages = Pages::of(&LIST_BUCKETS);
    let mut seen = std::collections::BTreeSet::new();
    let mut token = None;
    loop {
        let call = id_of(session, &LIST_BUCKETS, "", pages.page());
        let client = client(session, "", pages.page());
        let sent = client.list_buckets().max_buckets(1_000).set_continuation_token(token.take()).send().await;
        let page = match sent {
            Ok(page) => page,
            Err(error) => return (buckets, Some(shortfall(&LIST_BUCKETS, error))),
        };
        let Some(listed) = page.buckets else {
            let why = "no Buckets in the answer";
            return (buckets, Some(Shortfall::of(&LIST_BUCKETS, GapReason::Malformed, Some(call), why)));
        };
        let mut new = 0;
        for bucket in listed {
            let Some(name) = bucket.name else {
                let why = "a bucket without a name";
                return (buckets, Some(Shortfall::of(&LIST_BUCKETS, GapReason::Malformed, Some(call), why)));
            };
            if seen.insert(name.clone()) {
                new += 1;
                buckets.push(ListedBucket { name, region: bucket.bucket_region, call });
            }
        }
        match pages.next(new, page.continuation_token) {
            Ok(Some(next)) => token = Some(next),
            Ok(None) => return (buckets, None),
            Err(endless) => return (buckets, Some(Shortfall { call: Some(call), ..endless })),
        }
    }
}

/// The region of any bucket. AWS names it even to a caller without rights, and in a redirect.
pub async fn head_bucket(session: &Session, bucket: &str) -> Result<Heard<String>, Shortfall> {
    let call = id_of(session, &HEAD_BUCKET, bucket, 0);
    let sent = client(session, bucket, 0).head_bucket().bucket(bucket).send().await;
    let region = match &sent {
        Ok(found) => found.bucket_region().map(str::to_owned),
        Err(SdkError::ServiceError(refused)) => refused.raw().headers().get(BUCKET_REGION).map(str::to_owned),
        Err(_) => None,
    };
    match (region, sent) {
        (Some(region), _) => Ok(Heard { call, told: Some(region) }),
        (None, Ok(_)) => {
            let detail = "the answer does not name the bucket's region";
            Err(Shortfall::of(&HEAD_BUCKET, GapReason::Malformed, Some(call), detail))
        }
        (None, Err(error)) => {
            let failed = shortfall(&HEAD_BUCKET, error);
            Err(Shortfall { call: Some(call), ..failed })
        }
    }
}

fn id_of(session: &Session, operation: &Operation, target: &str, page: u32) -> CallId {
    CallId::of(NAME, &session.account, HOME, &operation.full_name(), target, page)
}

fn client(session: &Session, target: &str, page: u32) -> aws_sdk_s3::Client {
    let behind_the_door = BehindTheDoor {
        door: Arc::clone(&session.door),
        caller: Arc::new(session.caller("s3", HOME)),
        account: session.account.clone().into(),
        target: target.into(),
        page,
    };
    let mut config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(HOME))
        .credentials_provider(SessionKeys(Arc::clone(&session.keys)))
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(behind_the_door)
        .interceptor(NameOperation);
    if let Some(emulator) = session.endpoints.emulator("s3") {
        config = config.endpoint_url(emulator.as_str().trim_end_matches('/')).force_path_style(true);
    }
    aws_sdk_s3::Client::from_conf(config.build())
}

/// What the connector's own failure carries up through the SDK.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .0.detail)]
struct Behind(Shortfall);

fn shortfall<E>(operation: &'static Operation, error: SdkError<E, HttpResponse>) -> Shortfall
where
    E: std::error::Error + Send + Sync + 'static,
{
    if let SdkError::DispatchFailure(failure) = &error
        && let Some(connector) = failure.as_connector_error()
    {
        let mut source = std::error::Error::source(connector);
        while let Some(inner) = source {
            if let Some(Behind(shortfall)) = inner.downcast_ref::<Behind>() {
                return shortfall.clone();
            }
            source = inner.source();
        }
    }
    let detail = aws_sdk_s3::error::DisplayErrorContext(&error).to_string();
    let reason = match &error {
        SdkError::ConstructionFailure(_) => GapReason::Credentials,
        SdkError::ResponseError(_) => GapReason::Malformed,
        _ => GapReason::Failed,
    };
    Shortfall::of(operation, reason, None, detail)
}

/// The session's credentials, as the SDK asks for them.
#[derive(Debug)]
struct SessionKeys(Arc<crate::credentials::Keys>);

impl aws_credential_types::provider::ProvideCredentials for SessionKeys {
    fn provide_credentials<'a>(&'a self) -> aws_credential_types::provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        use aws_credential_types::provider::{error::CredentialsError, future};
        future::ProvideCredentials::new(async {
            self.0.get().await.map_err(|shortfall| CredentialsError::provider_error(shortfall.detail))
        })
    }
}

/// Puts the operation's name on each request, for the connector to know it by.
#[derive(Debug)]
struct NameOperation;

#[derive(Debug, Clone)]
struct OperationName(String);

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for NameOperation {
    fn name(&self) -> &'static str {
        "NameOperation"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = config.load::<Metadata>() {
            let name = OperationName(metadata.name().to_owned());
            context.request_mut().add_extension(name);
        }
        Ok(())
    }
}

/// The SDK's HTTP client: the door. Each attempt is signed anew: by the provider's clock, under the credentials
/// of the moment.
#[derive(Clone)]
struct BehindTheDoor {
    door: Arc<Door>,
    caller: Arc<AwsCaller>,
    account: Arc<str>,
    target: Arc<str>,
    page: u32,
}

impl std::fmt::Debug for BehindTheDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BehindTheDoor").field("target", &self.target).finish_non_exhaustive()
    }
}

/// What the SDK's own signature is made of.
const SIGNATURE: &[&str] = &["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"];

impl HttpClient for BehindTheDoor {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &aws_smithy_runtime_api::client::runtime_components::RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for BehindTheDoor {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let answer = this
                .pass(request)
                .await
                .map_err(|failed| ConnectorError::other(Box::new(Behind(failed)), None))?;
            response(answer).map_err(|error| ConnectorError::other(error, None))
        })
    }
}

impl BehindTheDoor {
    async fn pass(&self, request: HttpRequest) -> Result<Answer, Shortfall> {
        let name = request.extension::<OperationName>().map(|name| name.0.clone()).unwrap_or_default();
        let Some(operation) = OPERATIONS.iter().find(|operation| operation.name == name) else {
            let why = format!("s3:{name} is not declared for the SDK and was not sent");
            return Err(Shortfall::without_call(GapReason::Unsupported, why));
        };
        let broken = |why: String| Shortfall::of(operation, GapReason::Failed, None, why);
        let url = url::Url::parse(request.uri()).map_err(|error| broken(error.to_string()))?;
        let method =
            Method::from_bytes(request.method().as_bytes()).map_err(|error| broken(error.to_string()))?;
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers().iter().filter(|(name, _)| !SIGNATURE.contains(name)) {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| broken(error.to_string()))?;
            headers.append(name, HeaderValue::from_str(value).map_err(|error| broken(error.to_string()))?);
        }
        let body = request.body().bytes().map(Bytes::copy_from_slice).unwrap_or_default();
        let question = Question {
            operation,
            account: &self.account,
            region: HOME,
            target: &self.target,
            page: self.page,
            request: Outgoing { method, url, headers, body },
        };
        let heard = self
            .door
            .ask(question, self.caller.as_ref(), |answer| {
                match operation.name {
                    "HeadBucket" if answer.header(BUCKET_REGION).is_none() => {
                        return Err(Malformed("it does not name the bucket's region".into()));
                    }
                    "ListBuckets" => {
                        read_xml::<serde::de::IgnoredAny>(answer, "ListAllMyBucketsResult")?;
                    }
                    _ => {}
                }
                Ok(answer.clone())
            })
            .await?;
        heard.told.ok_or_else(|| broken("no answer".into()))
    }
}

fn response(answer: Answer) -> Result<HttpResponse, BoxError> {
    let mut response = HttpResponse::new(StatusCode::try_from(answer.status)?, SdkBody::from(answer.body));
    for (name, value) in &answer.headers {
        response.headers_mut().append(name.as_str().to_owned(), value.to_str()?.to_owned());
    }
    Ok(response)
}
