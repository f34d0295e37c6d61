//! One AWS account, opened.

use crate::api::Ask;
use crate::caller::AwsCaller;
use crate::credentials::Keys;
use crate::endpoint::Endpoints;
use crate::kind;
use crate::kind::recorders::Recorders;
use crate::organization::{self, Bounds, Policies};
use crate::protocol::{form, read_xml};
use crate::{NAME, places};
use async_trait::async_trait;
use aws_credential_types::Credentials;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use sekisho_contract::door::{Answer, Door, Heard, Malformed, Outgoing, Question};
use sekisho_contract::draft::state_of;
use sekisho_contract::fact::{
    AccountSetting, CellState, ClosedBy, PublicAccessBlock, RegionState, UsableRegion,
};
use sekisho_contract::log_store::{LogObject, TakeObject};
use sekisho_contract::portal::{PaperFilter, PortalPaper};
use sekisho_contract::provider::{
    AccountSection, AccountSession, CellKey, CellOutcome, FactSink, Reach, Survey,
};
use sekisho_contract::{GapReason, Observed, Operation, Sheet, Shortfall};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::ops::{Deref, Range};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::OnceCell;

/// The region asked for what has no region. Tokyo: the nearest that every Japanese tenancy has open.
pub const HOME: &str = "ap-northeast-1";

/// The region that services without regions are asked in.
pub const GLOBAL_HOME: &str = "us-east-1";

/// The policies above accounts, by account; each organization is read once.
pub type KnownPolicies = Arc<Mutex<BTreeMap<String, Arc<Policies>>>>;

/// What sessions of the same provider know of each other's accounts.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The policies above each account, where its organization was read already.
    policies: KnownPolicies,
    /// For each member of an organization, the account that its organization was entered by: what gathers the
    /// configurations of the organization's accounts may be there.
    above: Arc<Mutex<BTreeMap<String, Arc<Voice>>>>,
}

/// Who asks: one account's credentials and endpoints, and the door.
#[derive(Debug)]
pub struct Voice {
    pub(crate) account: String,
    pub(crate) door: Arc<Door>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) endpoints: Endpoints,
    skew: Arc<AtomicI64>,
    /// The regions that are asked, once they are known.
    pub(crate) asked: OnceLock<Vec<String>>,
    /// Those of them in which AWS Config may be asked, once they are known.
    pub(crate) configured: OnceLock<Vec<String>>,
    /// What records and gathers configurations, asked once a region.
    pub(crate) recorders: Recorders,
}

/// One account, opened.
pub struct Session {
    voice: Arc<Voice>,
    section: AccountSection,
    known: Known,
    /// The account-wide S3 barriers, for each bucket's exposure.
    pub(crate) public_access_block: OnceLock<Result<PublicAccessBlock, Shortfall>>,
    /// Regions of buckets outside the account's own list, asked once each.
    places_of_buckets: Mutex<BTreeMap<String, BucketPlace>>,
    /// Keys of every region as the records of an aggregator have them.
    pub(crate) recorded_keys: kind::kms::RecordedKeys,
}

impl Deref for Session {
    type Target = Voice;

    fn deref(&self) -> &Voice {
        &self.voice
    }
}

/// The region of a bucket, asked once.
type BucketPlace = Arc<OnceCell<Result<Heard<String>, Shortfall>>>;

impl Session {
    /// Finds credentials, assumes the role, and makes sure the account is the one named.
    pub async fn enter(
        section: &AccountSection,
        door: Arc<Door>,
        given: Option<Credentials>,
        known: Known,
    ) -> Result<Self, Shortfall> {
        let endpoints = Endpoints::of(section)?;
        let skew = Arc::new(AtomicI64::new(0));
        let keys = Keys::of(section, given, HOME, &endpoints, &door, &skew).await?;
        let voice = Voice {
            account: section.id.clone(),
            door,
            keys,
            endpoints,
            skew,
            asked: OnceLock::new(),
            configured: OnceLock::new(),
            recorders: Recorders::default(),
        };
        let session = Self {
            voice: Arc::new(voice),
            section: section.clone(),
            known,
            public_access_block: OnceLock::new(),
            places_of_buckets: Mutex::new(BTreeMap::new()),
            recorded_keys: kind::kms::RecordedKeys::default(),
        };
        kind::account::check_identity(&session).await?;
        Ok(session)
    }

    /// Those in whose accounts this account's configurations may be gathered: itself, and the account that its
    /// organization was entered by. A third account is visited beside this one, and what it gathers would be known
    /// or not as time has it.
    pub(crate) fn gatherers(&self) -> Vec<Arc<Voice>> {
        let above = self.known.above.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(&self.voice).chain(above.get(&self.account)).map(Arc::clone).collect()
    }

    /// The region of a bucket that is not in the account's own list, asked once a run.
    pub(crate) async fn region_of_bucket(&self, bucket: &str) -> Result<Heard<String>, Shortfall> {
        let cell = {
            let mut known = self.places_of_buckets.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(bucket.to_owned()).or_default())
        };
        cell.get_or_init(|| crate::sdk::s3::head_bucket(self, bucket)).await.clone()
    }

    /// Whether something at home in one region is read from another: there, or where its home is no region of
    /// the account's, in the first that is asked.
    pub(crate) fn reads_for(&self, home: &str, region: &str) -> bool {
        let Some(asked) = self.asked.get() else { return home == region };
        let left_out = self.section.regions.is_some() && places().regions().any(|(known, _)| known == home);
        let at_home = left_out || asked.iter().any(|asked| asked == home);
        if at_home { home == region } else { asked.first().is_some_and(|first| first == region) }
    }

    /// What the policies above the account deny it.
    async fn bounds(&self) -> Result<Bounds, Shortfall> {
        let known =
            self.known.policies.lock().unwrap_or_else(PoisonError::into_inner).get(&self.account).cloned();
        if let Some(known) = known {
            return Ok(known.of(&self.account));
        }
        let policies = Arc::new(organization::policies(self).await?);
        let mut known = self.known.policies.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(self.account.clone(), Arc::clone(&policies));
        Ok(policies.of(&self.account))
    }

    /// The other accounts of the organization; a cell tells whether the list came to its end.
    async fn read_members(&self, role: &str, survey: &mut Survey) {
        let (members, shortfall) = organization::members(self, &self.section, role).await;
        // Members cannot read the policies above themselves.
        {
            let mut known = self.known.policies.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(policies) = known.get(&self.account).cloned() {
                known.extend(members.iter().map(|member| (member.section.id.clone(), Arc::clone(&policies))));
            }
        }
        {
            let mut above = self.known.above.lock().unwrap_or_else(PoisonError::into_inner);
            above.extend(members.iter().map(|member| (member.section.id.clone(), Arc::clone(&self.voice))));
        }
        let key = self.key("global", organization::SERVICE);
        let state = shortfall.as_ref().map_or(CellState::Listed, state_of);
        survey.gaps.extend(shortfall.iter().map(|shortfall| shortfall.gap(&key.id(), "resources")));
        survey.settled.push(key.cell(state, members.len() as u64));
        survey.members = members;
    }

    fn key(&self, region: &str, service: &str) -> CellKey {
        CellKey {
            provider: NAME.to_owned(),
            account: self.account.clone(),
            region: region.to_owned(),
            service: service.to_owned(),
        }
    }
}

impl Voice {
    /// Asks a service in its own protocol.
    pub(crate) async fn told<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<Heard<T>, Shortfall> {
        let base = self.endpoints.url(ask.operation.service, ask.region, &self.account)?;
        let failed = |detail| Shortfall::of(ask.operation, GapReason::Failed, None, detail);
        let mut request = ask.request(base).map_err(failed)?;
        if ask.operation.service == "glacier" {
            // S3 Glacier wants to be told the version of its interface.
            request.headers.insert("x-amz-glacier-version", HeaderValue::from_static("2012-06-01"));
        }
        if ask.operation.service == "s3control" {
            // S3 Control wants to be told the account.
            let account = HeaderValue::from_str(&self.account).map_err(|error| failed(error.to_string()))?;
            request.headers.insert("x-amz-account-id", account);
        }
        let read = |answer: &Answer| ask.api.read(ask.operation, answer);
        self.ask(ask.operation, ask.region, ask.target, ask.page, request, read).await
    }

    /// Asks a query-protocol service.
    pub(crate) async fn query<T: DeserializeOwned>(
        &self,
        operation: &'static Operation,
        region: &str,
        version: &str,
        parameters: &[(&str, &str)],
        root: &'static str,
    ) -> Result<Heard<T>, Shortfall> {
        let body = form(operation.name, version, parameters);
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"),
        );
        let url = self.endpoints.url(operation.service, region, &self.account)?;
        let request = Outgoing { method: Method::POST, url, headers, body };
        self.ask(operation, region, "", 0, request, |answer| read_xml(answer, root)).await
    }

    /// Asks for a sub-resource of a bucket (`?encryption`), in the bucket's region.
    ///
    /// The bucket's name goes into the path: AWS still takes that form, a connection then serves every
    /// bucket of the region, and names with dots do not break the certificate.
    pub(crate) async fn bucket<T>(
        &self,
        operation: &'static Operation,
        region: &str,
        bucket: &str,
        sub: &str,
        read: impl Fn(&Answer) -> Result<T, Malformed> + Send + Sync,
    ) -> Result<Heard<T>, Shortfall> {
        if matches!(bucket, "" | "." | "..") {
            let detail = format!("`{bucket}` is not the name of a bucket");
            return Err(Shortfall::of(operation, GapReason::Malformed, None, detail));
        }
        let mut url = self.endpoints.url("s3", region, &self.account)?;
        url.path_segments_mut()
            .map_err(|()| {
                Shortfall::of(operation, GapReason::Failed, None, "the S3 endpoint cannot carry a path")
            })?
            .pop_if_empty()
            .push(bucket);
        url.set_query(Some(sub));
        let request = Outgoing { method: Method::GET, url, headers: HeaderMap::new(), body: Bytes::new() };
        self.ask(operation, region, bucket, 0, request, read).await
    }

    /// Passes a question through the door, signed for this account.
    pub(crate) async fn ask<T>(
        &self,
        operation: &'static Operation,
        region: &str,
        target: &str,
        page: u32,
        request: Outgoing,
        read: impl Fn(&Answer) -> Result<T, Malformed> + Send + Sync,
    ) -> Result<Heard<T>, Shortfall> {
        let service = if operation.service == "s3control" { "s3" } else { operation.service };
        let question = Question { operation, account: &self.account, region, target, page, request };
        self.door.ask(question, &self.caller(service, region), read).await
    }

    /// The provider's time.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        let ahead = jiff::SignedDuration::from_secs(self.skew.load(Ordering::Relaxed));
        jiff::Timestamp::now() + ahead
    }

    /// Signs for this account, a service and a region.
    pub(crate) fn caller(&self, service: &'static str, region: &str) -> AwsCaller {
        let (keys, skew) = (Arc::clone(&self.keys), Arc::clone(&self.skew));
        AwsCaller::new(keys, region.to_owned(), service, skew)
    }

    /// `arn:aws:s3:::name` and the like carry no account: what a resource's own ARN looks like.
    pub(crate) fn arn(&self, service: &str, region: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{region}:{}:{rest}", self.account)
    }

    /// Whether an ARN is of this account, in this region.
    pub(crate) fn is_own(&self, arn: &str, region: &str) -> bool {
        let mut parts = arn.split(':').skip(3);
        parts.next() == Some(region) && parts.next() == Some(self.account.as_str())
    }
}

#[async_trait]
impl AccountSession for Session {
    async fn survey(&self, _sink: &dyn FactSink) -> Survey {
        let mut sheet = Sheet::new(format!("{NAME}/{}", self.account));
        let mut setting = AccountSetting::new(NAME, &self.account);
        let (listed, block, bounds) = futures::join!(
            kind::account::regions(self),
            kind::account::public_access_block(self),
            self.bounds()
        );
        let (regions, closed) = match &listed {
            Ok(heard) => {
                sheet.shown("regions", &heard.call);
                let all = heard.told.clone().unwrap_or_default();
                let (open, closed): (Vec<_>, Vec<_>) =
                    all.into_iter().partition(|region| region.state == RegionState::Open);
                let ids = |regions: &[UsableRegion]| regions.iter().map(|region| region.id.clone()).collect();
                let split: (Vec<String>, Vec<String>) = (ids(&open), ids(&closed));
                setting.regions = Observed::Seen([open, closed].concat());
                split
            }
            Err(shortfall) => {
                setting.regions = sheet.unseen("regions", shortfall);
                // Not knowing which regions are open, every known one is asked.
                (places().regions().map(|(id, _)| id.to_owned()).collect(), Vec::new())
            }
        };
        match &block {
            Ok(heard) => {
                sheet.shown("public_access_block", &heard.call);
                setting.public_access_block =
                    Observed::Seen(heard.told.clone().unwrap_or(PublicAccessBlock::NONE));
            }
            Err(shortfall) => setting.public_access_block = sheet.unseen("public_access_block", shortfall),
        }
        let bounds = match bounds {
            Ok(bounds) => {
                for call in &bounds.calls {
                    sheet.shown("guardrail", call);
                }
                setting.guardrail = Observed::Seen(bounds.guardrail());
                Some(bounds)
            }
            Err(shortfall) => {
                setting.guardrail = sheet.unseen("guardrail", &shortfall);
                None
            }
        };
        let block = block.map(|heard| heard.told.unwrap_or(PublicAccessBlock::NONE));
        // Set once: a session is surveyed once.
        let _ = self.public_access_block.set(block);

        let wanted =
            |region: &&String| self.section.regions.as_ref().is_none_or(|wanted| wanted.contains(*region));
        // Set once: a session is surveyed once.
        let _ = self.asked.set(regions.iter().filter(wanted).cloned().collect());
        let closed_to_config = |region: &&String| {
            bounds.as_ref().is_some_and(|bounds| kind::closed(kind::config::SERVICE, region, bounds))
        };
        let configured = regions.iter().filter(wanted).filter(|region| !closed_to_config(region));
        let _ = self.configured.set(configured.cloned().collect());
        let mut survey =
            Survey { open: Vec::new(), settled: Vec::new(), gaps: Vec::new(), setting, members: Vec::new() };
        if let Some(role) = &self.section.organization_role {
            self.read_members(role, &mut survey).await;
        }
        for service in kind::SERVICES.iter() {
            if service.reach == Reach::Global {
                survey.open.push(self.key("global", service.name));
                continue;
            }
            for region in &regions {
                let key = self.key(region, service.name);
                if bounds.as_ref().is_some_and(|bounds| kind::closed(service.name, region, bounds)) {
                    survey.settled.push(key.closed(ClosedBy::Policy));
                } else if self.section.regions.as_ref().is_none_or(|wanted| wanted.contains(region)) {
                    survey.open.push(key);
                } else {
                    let skipped = Shortfall::without_call(
                        GapReason::Skipped,
                        "the tenancy file leaves this region out",
                    );
                    survey.gaps.push(skipped.gap(&key.id(), "resources"));
                    survey.settled.push(key.cell(CellState::Skipped, 0));
                }
            }
            survey.settled.extend(
                closed.iter().map(|region| self.key(region, service.name).closed(ClosedBy::NotOptedIn)),
            );
        }
        let (gaps, evidence) = sheet.finish();
        survey.gaps.extend(gaps);
        survey.setting.evidence = evidence;
        survey
    }

    async fn sweep(&self, cell: &CellKey, sink: &dyn FactSink) -> CellOutcome {
        match kind::ENTRIES.iter().find(|entry| entry.service.name == cell.service) {
            Some(entry) => (entry.sweep)(self, &cell.region, sink).await,
            None => {
                let detail = format!("no kind reads {}", cell.service);
                failed(Shortfall::without_call(GapReason::Unsupported, detail), 0)
            }
        }
    }

    async fn papers(&self, wanted: PaperFilter<'_>) -> Result<Vec<PortalPaper>, Shortfall> {
        kind::artifact::papers(self, wanted).await
    }

    async fn log_objects(&self, store: &str, prefix: &str, take: TakeObject<'_>) -> Result<(), Shortfall> {
        kind::s3_objects::list(self, store, prefix, take).await
    }

    async fn log_bytes(
        &self,
        store: &str,
        object: &LogObject,
        range: Range<u64>,
    ) -> Result<Bytes, Shortfall> {
        kind::s3_objects::read(self, store, object, range).await
    }
}

/// A cell that was listed whole.
pub fn listed(resources: u64) -> CellOutcome {
    CellOutcome { state: CellState::Listed, resources, shortfalls: Vec::new() }
}

/// A cell whose list did not come to its end. Only the account's list of regions closes a cell: a service that
/// calls itself closed in a region that is open contradicts it, and nothing may be hidden by that.
pub fn failed(shortfall: Shortfall, resources: u64) -> CellOutcome {
    let state = state_of(&shortfall);
    CellOutcome { state, resources, shortfalls: vec![shortfall] }
}
