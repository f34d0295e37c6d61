//! Credentials: from the SDK's own chain, or by assuming a role through the door.

use crate::caller::AwsCaller;
use crate::endpoint::Endpoints;
use crate::kind::account::{GET_CALLER_IDENTITY, Identity};
use crate::protocol::{form, read_xml};
use crate::quota;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use sekisho_contract::door::{Door, Heard, Outgoing, Question};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::AccountSection;
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Mutex;

operation!(
    /// Assumes the role named for an account.
    ASSUME_ROLE = "sts" "AssumeRole", needs "sts:AssumeRole", quota quota::STS,
    Per::Sometimes, Post, facts "credentials of the role named in the tenancy file"
);

/// Credentials are renewed this long before they expire.
const EARLY: Duration = Duration::from_secs(120);

/// The credentials of one account, kept fresh.
#[derive(Debug)]
pub struct Keys {
    source: Source,
    held: Mutex<Held>,
    /// How far the provider's clock is ahead of ours, in seconds.
    skew: Arc<AtomicI64>,
}

#[derive(Debug, Default)]
struct Held {
    credentials: Option<Credentials>,
    /// When they were fetched.
    fetched: Option<Instant>,
    /// When others were last asked for in vain.
    refused: Option<Refused>,
}

impl Held {
    fn of(credentials: Credentials) -> Self {
        Self { credentials: Some(credentials), fetched: Some(Instant::now()), refused: None }
    }

    fn is_new(&self) -> bool {
        self.credentials.is_some() && self.fetched.is_some_and(|at| at.elapsed() < JUST_NOW)
    }
}

/// Credentials fetched this short a time ago are used however soon they end, and others that were asked for in vain
/// are not asked for again.
const JUST_NOW: Duration = Duration::from_secs(10);

enum Source {
    /// The chain's; whose they are is asked again with each change where they are the account's own.
    Chain(SharedCredentialsProvider, Option<Sts>),
    Role(Box<Role>),
}

struct Role {
    base: Arc<Keys>,
    arn: String,
    external_id: Option<String>,
    sts: Sts,
}

/// How STS is asked for one account.
struct Sts {
    account: String,
    region: String,
    endpoints: Endpoints,
    door: Arc<Door>,
    skew: Arc<AtomicI64>,
}

/// A renewal that brought nothing.
#[derive(Debug)]
struct Refused {
    at: Instant,
    /// Why, where it was refused; none where the same credentials came again.
    why: Option<Shortfall>,
}

impl Refused {
    fn just_now(&self) -> bool {
        self.at.elapsed() < JUST_NOW
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Chain(..) => "Chain",
            Self::Role(_) => "Role",
        })
    }
}

impl Keys {
    /// The credentials an account's section asks for.
    pub async fn of(
        section: &AccountSection,
        given: Option<Credentials>,
        region: &str,
        endpoints: &Endpoints,
        door: &Arc<Door>,
        skew: &Arc<AtomicI64>,
    ) -> Result<Arc<Self>, Shortfall> {
        let provider = match given {
            Some(credentials) => SharedCredentialsProvider::new(credentials),
            None => chain(section, region).await?,
        };
        let sts = Sts {
            account: section.id.clone(),
            region: region.to_owned(),
            endpoints: endpoints.clone(),
            door: Arc::clone(door),
            skew: Arc::clone(skew),
        };
        let Some(arn) = &section.role_arn else {
            return Ok(Self::from(Source::Chain(provider, Some(sts)), skew));
        };
        let base = Self::from(Source::Chain(provider, None), skew);
        let role = Role { base, arn: arn.clone(), external_id: section.external_id.clone(), sts };
        Ok(Self::from(Source::Role(Box::new(role)), skew))
    }

    fn from(source: Source, skew: &Arc<AtomicI64>) -> Arc<Self> {
        Arc::new(Self { source, held: Mutex::default(), skew: Arc::clone(skew) })
    }

    /// Credentials that will last for a while yet.
    pub async fn get(&self) -> Result<Credentials, Shortfall> {
        let mut held = self.held.lock().await;
        // Their end is told by the provider's clock.
        let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(self.skew.load(Ordering::Relaxed));
        let soon = system_time(now) + EARLY;
        let fresh = |credentials: &Credentials| credentials.expiry().is_none_or(|end| end > soon);
        // Nothing is signed with what the provider called over while there is nothing to take its place.
        if let Some(why) = held
            .refused
            .as_ref()
            .filter(|refused| refused.just_now())
            .and_then(|refused| refused.why.as_ref())
        {
            return Err(Shortfall { reason: GapReason::Credentials, ..why.clone() });
        }
        let new = held.is_new();
        if let Some(credentials) = held.credentials.as_ref().filter(|credentials| new || fresh(credentials)) {
            return Ok(credentials.clone());
        }
        let credentials = self.fetch(held.credentials.as_ref()).await?;
        *held = Held::of(credentials.clone());
        Ok(credentials)
    }

    /// Others than those with this access key, which ran out: held by now, or fetched. `false` when there are none.
    pub async fn renew(&self, over: &str) -> bool {
        let mut held = self.held.lock().await;
        // Requests that ran out together are answered by one renewal.
        if held.credentials.as_ref().is_some_and(|credentials| credentials.access_key_id() != over) {
            return true;
        }
        if held.refused.as_ref().is_some_and(Refused::just_now) {
            return false;
        }
        let why = match self.fetch(held.credentials.as_ref()).await {
            Ok(credentials) if held.credentials.as_ref().is_none_or(|old| differ(old, &credentials)) => {
                *held = Held::of(credentials);
                return true;
            }
            Ok(_) => None,
            Err(shortfall) => Some(shortfall),
        };
        held.refused = Some(Refused { at: Instant::now(), why });
        false
    }

    /// Fetches credentials. Those that take the place of others must be of the same account: its facts would
    /// be mixed with another's.
    async fn fetch(&self, old: Option<&Credentials>) -> Result<Credentials, Shortfall> {
        match &self.source {
            Source::Chain(provider, sts) => {
                let credentials = provide(provider).await?;
                if let (Some(sts), true) = (sts, old.is_some_and(|old| differ(old, &credentials))) {
                    let theirs = sts.whose(&credentials).await?;
                    if theirs != sts.account {
                        return Err(other_account(&GET_CALLER_IDENTITY, &theirs, &sts.account));
                    }
                }
                Ok(credentials)
            }
            Source::Role(role) => Box::pin(role.assume()).await,
        }
    }
}

fn differ(one: &Credentials, other: &Credentials) -> bool {
    one.session_token() != other.session_token() || one.access_key_id() != other.access_key_id()
}

fn other_account(operation: &'static Operation, theirs: &str, ours: &str) -> Shortfall {
    let detail = format!("the credentials belong to account {theirs}, not to {ours}");
    Shortfall::of(operation, GapReason::Credentials, None, detail)
}

async fn provide(provider: &SharedCredentialsProvider) -> Result<Credentials, Shortfall> {
    provider.provide_credentials().await.map_err(|error| {
        let mut why = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(deeper) = source {
            why = format!("{why}: {deeper}");
            source = deeper.source();
        }
        Shortfall::without_call(
            GapReason::Credentials,
            format!("no AWS credentials; set AWS_PROFILE, sign in, or give the environment variables: {why}"),
        )
    })
}

impl Sts {
    /// Asks STS something under these keys.
    async fn ask<T: DeserializeOwned>(
        &self,
        keys: Arc<Keys>,
        operation: &'static Operation,
        target: &str,
        parameters: &[(&str, &str)],
        root: &'static str,
    ) -> Result<Heard<T>, Shortfall> {
        let body = form(operation.name, "2011-06-15", parameters);
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"),
        );
        let url = self.endpoints.url("sts", &self.region, &self.account)?;
        let request = Outgoing { method: Method::POST, url, headers, body };
        let caller = AwsCaller::new(keys, self.region.clone(), "sts", Arc::clone(&self.skew));
        let (account, region) = (self.account.as_str(), self.region.as_str());
        let question = Question { operation, account, region, target, page: 0, request };
        self.door.ask(question, &caller, |answer| read_xml(answer, root)).await
    }

    /// Whose credentials these are.
    async fn whose(&self, credentials: &Credentials) -> Result<String, Shortfall> {
        let provider = SharedCredentialsProvider::new(credentials.clone());
        let keys = Keys::from(Source::Chain(provider, None), &self.skew);
        let asked = self.ask(keys, &GET_CALLER_IDENTITY, "renewed", &[], "GetCallerIdentityResponse");
        let heard: Heard<Identity> = Box::pin(asked).await?;
        Ok(heard.told.map(|identity| identity.result.account).unwrap_or_default())
    }
}

impl Role {
    async fn assume(&self) -> Result<Credentials, Shortfall> {
        let mut parameters = vec![("RoleArn", self.arn.as_str()), ("RoleSessionName", "sekisho")];
        parameters.extend(self.external_id.as_deref().map(|id| ("ExternalId", id)));
        let base = Arc::clone(&self.base);
        let heard: Heard<Assumed> =
            self.sts.ask(base, &ASSUME_ROLE, &self.arn, &parameters, "AssumeRoleResponse").await?;
        let unread = || Shortfall::of(&ASSUME_ROLE, GapReason::Malformed, Some(heard.call), "no credentials");
        let AssumedResult { credentials: issued, user } = heard.told.ok_or_else(unread)?.result;
        let theirs = user.arn.split(':').nth(4).unwrap_or_default();
        if theirs != self.sts.account {
            return Err(Shortfall {
                call: Some(heard.call),
                ..other_account(&ASSUME_ROLE, theirs, &self.sts.account)
            });
        }
        let expiry: Option<SystemTime> = issued.expiration.parse::<jiff::Timestamp>().ok().map(system_time);
        Ok(Credentials::new(
            issued.access_key_id,
            issued.secret_access_key,
            Some(issued.session_token),
            expiry,
            "sts",
        ))
    }
}

#[derive(Deserialize)]
struct Assumed {
    #[serde(rename = "AssumeRoleResult")]
    result: AssumedResult,
}

#[derive(Deserialize)]
struct AssumedResult {
    #[serde(rename = "Credentials")]
    credentials: Issued,
    #[serde(rename = "AssumedRoleUser")]
    user: User,
}

#[derive(Deserialize)]
struct User {
    #[serde(rename = "Arn")]
    arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Issued {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: String,
}

/// The profile that is named, and nothing else: credentials in the environment may be another account's. Without
/// one, the SDK's default chain: environment, profiles, SSO, web identity, container and instance roles.
async fn chain(section: &AccountSection, region: &str) -> Result<SharedCredentialsProvider, Shortfall> {
    let region = aws_config::Region::new(region.to_owned());
    if let Some(profile) = &section.profile {
        let config = aws_config::provider_config::ProviderConfig::default().with_region(Some(region));
        let provider =
            ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profile).build();
        return Ok(SharedCredentialsProvider::new(provider));
    }
    aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region(region)
        .load()
        .await
        .credentials_provider()
        .ok_or_else(|| Shortfall::without_call(GapReason::Credentials, "the SDK's credential chain is empty"))
}

/// The same moment, as the signing library takes it.
pub fn system_time(moment: jiff::Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(moment.as_millisecond()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use aws_credential_types::provider::future::ProvideCredentials as Provided;
    use sekisho_contract::call::Call;
    use sekisho_contract::door::{Answer, DoorParts, Ledger, Patience, Transport, TransportFault};
    use std::sync::atomic::AtomicU32;

    /// Gives other keys each time it is asked.
    #[derive(Debug, Default, Clone)]
    struct Turning(Arc<AtomicU32>);

    impl ProvideCredentials for Turning {
        fn provide_credentials<'a>(&'a self) -> Provided<'a>
        where
            Self: 'a,
        {
            let turn = self.0.fetch_add(1, Ordering::Relaxed);
            Provided::ready(Ok(Credentials::new(format!("key-{turn}"), "secret", None, None, "test")))
        }
    }

    /// STS, which says whose the keys are.
    struct Says(&'static str);

    #[async_trait]
    impl Transport for Says {
        async fn carry(&self, _: Outgoing) -> Result<Answer, TransportFault> {
            let body = format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
                self.0
            );
            Ok(Answer { status: 200, headers: HeaderMap::new(), body: body.into() })
        }
    }

    struct Nowhere;

    impl Ledger for Nowhere {
        fn record(&self, _: Call) {}
    }

    #[tokio::test]
    async fn renewed_credentials_must_be_of_the_same_account() {
        for (theirs, accepted) in [("111122223333", true), ("444455556666", false)] {
            let parts = DoorParts {
                transport: Arc::new(Says(theirs)),
                ledger: Arc::new(Nowhere),
                patience: Patience::ORDINARY,
                concurrency: 1,
                budget: None,
                paced: false,
                cancel: Default::default(),
            };
            let door = Arc::new(Door::new("aws", &crate::kind::OPERATIONS, parts));
            let section = AccountSection {
                endpoint: Some("http://127.0.0.1:1".into()),
                ..AccountSection::of("aws", "111122223333")
            };
            let endpoints = Endpoints::of(&section).unwrap();
            let skew = Arc::default();
            let sts = Sts {
                account: section.id,
                region: "ap-northeast-1".into(),
                endpoints,
                door,
                skew: Arc::clone(&skew),
            };
            let turning = Turning::default();
            let provider = SharedCredentialsProvider::new(turning.clone());
            let keys = Keys::from(Source::Chain(provider, Some(sts)), &skew);
            assert_eq!(keys.get().await.unwrap().access_key_id(), "key-0");
            assert!(keys.renew("another").await, "others are held already");
            assert_eq!(keys.renew("key-0").await, accepted, "{theirs}");
            // What ran out is not signed with, and whose the others are is said.
            let held = keys.get().await;
            match accepted {
                true => assert_eq!(held.unwrap().access_key_id(), "key-1"),
                false => assert!(held.unwrap_err().detail.contains(theirs), "{theirs}"),
            }
            // What was asked for in vain is not asked for again at once.
            let before = turning.0.load(Ordering::Relaxed);
            assert_eq!(keys.renew("key-0").await, accepted);
            assert_eq!(turning.0.load(Ordering::Relaxed), before);
        }
    }
}
