//! SDKs behind the door: their HTTP connector is ours, so that what they send is declared, paced, retried and
//! written down like everything else.

pub mod config;
pub mod s3;

use crate::caller::AwsCaller;
use crate::session::Voice;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use sekisho_contract::door::{Answer, Door, Malformed, Outgoing, Question};
use sekisho_contract::{CallId, GapReason, Operation, Shortfall};
use std::sync::Arc;

/// What the connector's own failure carries up through the SDK.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .0.detail)]
struct Behind(Shortfall);

/// What the SDK's failure means. What did not leave (the budget was spent, the run cancelled) names no call.
fn shortfall<E>(operation: &'static Operation, call: CallId, error: SdkError<E, HttpResponse>) -> Shortfall
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
    let detail = told_whole(&error);
    let reason = match &error {
        SdkError::ConstructionFailure(_) => GapReason::Credentials,
        SdkError::ResponseError(_) => GapReason::Malformed,
        _ => GapReason::Failed,
    };
    let left = !matches!(error, SdkError::ConstructionFailure(_));
    Shortfall::of(operation, reason, left.then_some(call), detail)
}

/// An error with the errors behind it.
fn told_whole(error: &dyn std::error::Error) -> String {
    let behind = std::iter::successors(error.source(), |inner| inner.source());
    behind.fold(error.to_string(), |told, inner| format!("{told}: {inner}"))
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
    region: Arc<str>,
    target: Arc<str>,
    page: u32,
    /// What may be sent.
    operations: &'static [&'static Operation],
    well_formed: WellFormed,
}

/// Whether an answer is one of the operation, before an SDK takes it apart.
type WellFormed = fn(&Operation, &Answer) -> Result<(), Malformed>;

impl std::fmt::Debug for BehindTheDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BehindTheDoor").field("target", &self.target).finish_non_exhaustive()
    }
}

/// What the SDK's own signature is made of.
const SIGNATURE: &[&str] = &["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"];

impl HttpClient for BehindTheDoor {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
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
    /// A service in a region, and what one request to it is about.
    fn of(
        session: &Voice,
        (service, region): (&'static str, &str),
        (target, page): (&str, u32),
        operations: &'static [&'static Operation],
        well_formed: WellFormed,
    ) -> Self {
        Self {
            door: Arc::clone(&session.door),
            caller: Arc::new(session.caller(service, region)),
            account: session.account.as_str().into(),
            region: region.into(),
            target: target.into(),
            page,
            operations,
            well_formed,
        }
    }

    async fn pass(&self, request: HttpRequest) -> Result<Answer, Shortfall> {
        let name = request.extension::<OperationName>().map(|name| name.0.clone()).unwrap_or_default();
        let Some(operation) = self.operations.iter().find(|operation| operation.name == name) else {
            let why = format!("`{name}` is not declared for the SDK and was not sent");
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
            region: &self.region,
            target: &self.target,
            page: self.page,
            request: Outgoing { method, url, headers, body },
        };
        let heard = self
            .door
            .ask(question, self.caller.as_ref(), |answer| {
                (self.well_formed)(operation, answer)?;
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
