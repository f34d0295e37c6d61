//! One Azure subscription, opened.

use crate::caller::{AzureCaller, Left};
use crate::credentials::Tokens;
use crate::inventory::{self, Inventory, Row};
use crate::{NAME, account, conditional_access, kind, management_group, path, places, policy};
use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use sekisho_contract::call::CallId;
use sekisho_contract::door::{Answer, Door, Heard, Malformed, Outgoing, Question};
use sekisho_contract::draft::state_of;
use sekisho_contract::fact::{AccountSetting, CellState, PublicAccessBlock, RegionState};
use sekisho_contract::gap::shorten;
use sekisho_contract::page::Pages;
use sekisho_contract::provider::{
    AccountSection, AccountSession, CellKey, CellOutcome, FactSink, Reach, Survey,
};
use sekisho_contract::{GapReason, Observed, Operation, Sheet, Shortfall};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, OnceLock};
use tokio::sync::OnceCell;
use url::Url;

/// Where Resource Manager is.
const RESOURCE_MANAGER: &str = "https://management.azure.com/";

/// Where the directory is.
const DIRECTORY: &str = "https://graph.microsoft.com/";

/// What has no region is asked here.
pub const GLOBAL: &str = "global";

/// What came of a question.
pub type Asked<T> = Result<Heard<T>, Shortfall>;

/// One subscription: its tokens, its endpoint, the door.
pub struct Session {
    pub(crate) subscription: String,
    door: Arc<Door>,
    tokens: Arc<Tokens>,
    left: Arc<Left>,
    base: Url,
    /// Where the directory is asked, with tokens of its own.
    directory: (Url, Arc<Tokens>),
    /// The directory's identifier, as the subscription names it.
    tenant: Option<String>,
    section: AccountSection,
    /// What the survey found, for the cells.
    surveyed: OnceLock<Surveyed>,
    /// The locks of the subscription, asked once.
    locks: OnceCell<Listing<kind::locks::Lock>>,
}

/// What the survey found, for the cells.
struct Surveyed {
    inventory: Inventory,
    /// The pair of each region, where it has one.
    pairs: Result<BTreeMap<String, Option<String>>, Shortfall>,
    /// The regions there are.
    regions: BTreeSet<String>,
    /// Namespaces the subscription is not registered for.
    unregistered: BTreeMap<String, CallId>,
}

/// What is asked of Resource Manager.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    operation: &'static Operation,
    path: String,
    version: &'static str,
    query: Vec<(&'a str, String)>,
    about: &'a str,
    /// Whether it is asked of the directory, which knows no versions.
    directory: bool,
}

impl<'a> Ask<'a> {
    /// The path that is asked, in this version of its interface.
    pub fn of(operation: &'static Operation, path: impl Into<String>, version: &'static str) -> Self {
        Self { operation, path: path.into(), version, query: Vec::new(), about: "", directory: false }
    }

    /// The same, of the directory.
    pub fn of_directory(operation: &'static Operation, path: impl Into<String>) -> Self {
        Self { directory: true, ..Self::of(operation, path, "") }
    }

    /// What it is about.
    pub fn about(self, about: &'a str) -> Self {
        Self { about, ..self }
    }

    /// With a parameter.
    pub fn with(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }
}

/// A list, as far as it was read; and why it broke off, if it did.
#[derive(Debug, Clone)]
pub struct Listing<T> {
    /// The members, each with the call that showed it.
    pub items: Vec<(T, CallId)>,
    /// The calls that were answered: also those of a list without members.
    pub calls: Vec<CallId>,
    /// Why it broke off.
    pub broke: Option<Shortfall>,
}

impl<T> Listing<T> {
    /// A list that is not asked for.
    pub const fn empty() -> Self {
        Self { items: Vec::new(), calls: Vec::new(), broke: None }
    }
}

/// One page of a list.
#[derive(Deserialize)]
struct Page<T> {
    value: Vec<T>,
    #[serde(rename = "nextLink", alias = "@odata.nextLink")]
    next_link: Option<String>,
}

impl Session {
    /// Finds credentials and makes sure the subscription is the one named.
    pub async fn enter(
        section: &AccountSection,
        door: Arc<Door>,
        left: Arc<Left>,
    ) -> Result<Self, Shortfall> {
        let base = section.endpoint.as_deref().unwrap_or(RESOURCE_MANAGER);
        let base = Url::parse(base).map_err(|error| {
            Shortfall::without_call(GapReason::Failed, format!("the endpoint `{base}` is not a URL: {error}"))
        })?;
        // A token is worth something: it goes to Azure, and to nobody else. A simulator gets one that is worth nothing.
        let tokens = match sekisho_wire::is_loopback(&base) {
            true => Tokens::of_emulator(),
            false if base.scheme() == "https" && section.endpoint.is_none() => {
                Tokens::of_chain(section.tenant.as_deref())?
            }
            false => {
                let detail = "an endpoint of one's own may only be on this machine";
                return Err(Shortfall::without_call(GapReason::Failed, detail));
            }
        };
        // A simulator is both at once.
        let directory = if sekisho_wire::is_loopback(&base) { base.as_str() } else { DIRECTORY };
        let directory = Url::parse(directory).map_err(|error| {
            let detail = format!("the endpoint `{directory}` is not a URL: {error}");
            Shortfall::without_call(GapReason::Failed, detail)
        })?;
        let mut session = Self {
            directory: (directory, tokens.for_directory()),
            tenant: None,
            subscription: section.id.to_ascii_lowercase(),
            door,
            tokens,
            left,
            base,
            section: section.clone(),
            surveyed: OnceLock::new(),
            locks: OnceCell::new(),
        };
        session.tenant = account::check_identity(&session, section).await?;
        Ok(session)
    }

    /// `/subscriptions/…`, with the rest below it.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/subscriptions/{}{rest}", self.subscription)
    }

    /// Whether an identifier lies in this subscription.
    pub(crate) fn is_own(&self, id: &str) -> bool {
        path::subscription(id)
            .is_some_and(|subscription| subscription.eq_ignore_ascii_case(&self.subscription))
    }

    /// Asks for one thing; an answer about another is malformed.
    pub(crate) async fn get<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Asked<T> {
        let request = self.request(&ask)?;
        let wanted = path::id(&ask.path);
        let read = |answer: &Answer| {
            let value: Value = json(answer)?;
            match value.get("id").and_then(Value::as_str) {
                // Some services name what the answer is a part of; none names another resource.
                Some(told)
                    if path::is_resource(&path::id(told)) && !path::is_below(&wanted, &path::id(told)) =>
                {
                    Err(Malformed(format!("the answer is about {}", shorten(told))))
                }
                _ => serde_json::from_value(value).map_err(|error| Malformed(shorten(&error.to_string()))),
            }
        };
        self.ask(&ask, 0, request, read).await
    }

    /// Reads a list to its end, as far as it goes.
    pub(crate) async fn list<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Listing<T> {
        let mut listing = Listing::empty();
        let mut pages = Pages::of(ask.operation);
        let mut known = HashSet::new();
        let mut next = self.request(&ask);
        loop {
            let request = match next {
                Ok(request) => request,
                Err(shortfall) => {
                    listing.broke = Some(shortfall);
                    return listing;
                }
            };
            let page = pages.page();
            let heard = match self.ask::<Page<Value>>(&ask, page, request, json).await {
                Ok(heard) => heard,
                Err(shortfall) => {
                    match self.unregistered(&ask.path, &shortfall) {
                        Some(call) => listing.calls.extend(shortfall.call.into_iter().chain([call])),
                        None => listing.broke = Some(shortfall),
                    }
                    return listing;
                }
            };
            listing.calls.push(heard.call);
            let Some(page) = heard.told else { return listing };
            let mut new = 0;
            for item in page.value {
                match self.member(&ask, item, heard.call, &mut known) {
                    Ok(Some(item)) => {
                        new += 1;
                        listing.items.push((item, heard.call));
                    }
                    Ok(None) => {}
                    Err(shortfall) => {
                        listing.broke = Some(shortfall);
                        return listing;
                    }
                }
            }
            next = match pages.next(new, page.next_link.filter(|link| !link.is_empty())) {
                Ok(None) => return listing,
                Ok(Some(link)) => self.following(&ask, &link, heard.call),
                Err(endless) => Err(Shortfall { call: Some(heard.call), ..endless }),
            };
        }
    }

    /// The call that shows that nothing can be there: the service refuses, because the subscription is not registered for it, and the
    /// list of registrations says the same.
    fn unregistered(&self, path: &str, shortfall: &Shortfall) -> Option<CallId> {
        let code: String = shortfall.code.chars().filter(|c| !c.is_whitespace()).collect();
        if !["MissingSubscriptionRegistration", "SubscriptionNotRegistered"].contains(&code.as_str()) {
            return None;
        }
        let path = path.to_ascii_lowercase();
        let namespace = path.rsplit_once("/providers/")?.1.split('/').next()?;
        self.surveyed.get()?.unregistered.get(namespace).copied()
    }

    /// A member of a list, unless it was told before. One that is not below what was asked is no answer to it.
    fn member<T: DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        item: Value,
        call: CallId,
        known: &mut HashSet<String>,
    ) -> Result<Option<T>, Shortfall> {
        let malformed = |why: String| Shortfall::of(ask.operation, GapReason::Malformed, Some(call), why);
        let id = item.get("id").and_then(Value::as_str).map(path::id);
        if let Some(id) = &id {
            let astray = path::is_resource(id) && !self.is_own(id) && path::subscription(&ask.path).is_some();
            if astray {
                return Err(malformed(format!(
                    "the list holds {}, which is not of this subscription",
                    shorten(id)
                )));
            }
            if !known.insert(id.clone()) {
                return Ok(None);
            }
        }
        serde_json::from_value(item).map(Some).map_err(|error| malformed(shorten(&error.to_string())))
    }

    /// Asks with a body: a query.
    pub(crate) async fn query<T: DeserializeOwned>(&self, ask: Ask<'_>, body: &Value, page: u32) -> Asked<T> {
        let request = self.request(&ask)?;
        self.post(&ask, request, body, page).await
    }

    /// Asks for a further page of a query, at the address that an answer gave.
    pub(crate) async fn query_on<T: DeserializeOwned>(
        &self,
        ask: Ask<'_>,
        (link, call): (&str, CallId),
        body: &Value,
        page: u32,
    ) -> Asked<T> {
        let request = self.following(&ask, link, call)?;
        self.post(&ask, request, body, page).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        mut request: Outgoing,
        body: &Value,
        page: u32,
    ) -> Asked<T> {
        request.method = Method::POST;
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.body = Bytes::from(body.to_string());
        self.ask(ask, page, request, json).await
    }

    async fn ask<T>(
        &self,
        asked: &Ask<'_>,
        page: u32,
        request: Outgoing,
        read: impl Fn(&Answer) -> Result<T, Malformed> + Send + Sync,
    ) -> Asked<T> {
        let (operation, target) = (asked.operation, asked.about);
        let question =
            Question { operation, account: &self.section.id, region: GLOBAL, target, page, request };
        let whose = match operation.quota.name {
            // The quota of these is the caller's, whichever the subscription.
            "resource-graph" | "cost-management" | "graph-policies" => String::new(),
            _ => self.subscription.clone(),
        };
        let caller = AzureCaller {
            tokens: Arc::clone(if asked.directory { &self.directory.1 } else { &self.tokens }),
            left: Arc::clone(&self.left),
            family: (operation.quota.name, whose),
        };
        self.door.ask(question, &caller, read).await
    }

    fn request(&self, ask: &Ask<'_>) -> Result<Outgoing, Shortfall> {
        let failed = |why: &str| Shortfall::of(ask.operation, GapReason::Malformed, None, why);
        let mut url = self.root(ask).clone();
        {
            let mut segments =
                url.path_segments_mut().map_err(|()| failed("the endpoint cannot carry a path"))?;
            segments.pop_if_empty();
            for part in ask.path.split('/').skip(1) {
                if matches!(part, "" | "." | "..") {
                    return Err(failed("what is asked about has no identifier that can be asked"));
                }
                segments.push(part);
            }
        }
        {
            let mut pairs = url.query_pairs_mut();
            if !ask.directory {
                pairs.append_pair("api-version", ask.version);
            }
            for (name, value) in &ask.query {
                pairs.append_pair(name, value);
            }
        }
        // A question without parameters has no question mark.
        if url.query() == Some("") {
            url.set_query(None);
        }
        Ok(outgoing(url))
    }

    /// Where something is asked.
    const fn root(&self, ask: &Ask<'_>) -> &Url {
        if ask.directory { &self.directory.0 } else { &self.base }
    }

    /// The request for the next page. Its address is the answer's: it may only lead to where the answer came from.
    fn following(&self, ask: &Ask<'_>, link: &str, call: CallId) -> Result<Outgoing, Shortfall> {
        let astray = |detail: String| Shortfall::of(ask.operation, GapReason::Malformed, Some(call), detail);
        let url = Url::parse(link).map_err(|_| astray("the next page has no address".to_owned()))?;
        if url.origin() != self.root(ask).origin() {
            let host = url.host_str().unwrap_or_default();
            return Err(astray(format!(
                "the next page is said to be at {}, which was not asked",
                shorten(host)
            )));
        }
        Ok(outgoing(url))
    }

    /// Things of these types (in small letters), as the inventory has them.
    pub(crate) fn rows(&self, types: &[&str]) -> Vec<(Arc<Row>, CallId)> {
        self.every_row().iter().filter(|(row, _)| types.contains(&row.r#type.as_str())).cloned().collect()
    }

    /// Everything the inventory holds.
    pub(crate) fn every_row(&self) -> &[(Arc<Row>, CallId)] {
        self.surveyed.get().map(|surveyed| surveyed.inventory.rows.as_slice()).unwrap_or_default()
    }

    /// What Resource Manager's own lists name besides, and why those did not come to their ends.
    pub(crate) fn besides(&self) -> (&[(Arc<Row>, CallId)], Vec<Shortfall>) {
        match self.surveyed.get() {
            Some(Surveyed { inventory, .. }) => (&inventory.besides, inventory.besides_broke.clone()),
            None => (&[], self.broke().into_iter().collect()),
        }
    }

    /// Things of a type (in small letters) in the table of backups, and why it did not come to its end.
    pub(crate) fn backups(&self, sort: &str) -> (Vec<(Arc<Row>, CallId)>, Option<Shortfall>) {
        match self.surveyed.get() {
            Some(Surveyed { inventory, .. }) => {
                let those = inventory.backups.iter().filter(|(row, _)| row.r#type == sort);
                (those.cloned().collect(), inventory.backups_broke.clone())
            }
            None => (Vec::new(), self.broke()),
        }
    }

    /// One thing of the inventory.
    pub(crate) fn row(&self, id: &str) -> Option<&(Arc<Row>, CallId)> {
        self.surveyed.get()?.inventory.find(&path::id(id))
    }

    /// Why the inventory did not come to its end, if it did not.
    pub(crate) fn broke(&self) -> Option<Shortfall> {
        match self.surveyed.get() {
            Some(surveyed) => surveyed.inventory.broke.clone(),
            None => Some(Shortfall::without_call(GapReason::Failed, "the subscription was not surveyed")),
        }
    }

    /// The region a region is paired with: none where Azure pairs it with none.
    pub(crate) fn pair(&self, region: &str) -> Result<Option<String>, Shortfall> {
        let pairs = match self.surveyed.get() {
            Some(surveyed) => surveyed.pairs.as_ref().map_err(Shortfall::clone)?,
            None => {
                return Err(Shortfall::without_call(GapReason::Failed, "the subscription was not surveyed"));
            }
        };
        match pairs.get(region) {
            Some(pair) => Ok(pair.clone()),
            None => {
                let detail = format!("the region that {} is paired with is not known", shorten(region));
                Err(Shortfall::without_call(GapReason::Unresolved, detail))
            }
        }
    }

    /// The regions there are, in order.
    pub(crate) fn regions(&self) -> Vec<String> {
        self.surveyed.get().map(|surveyed| surveyed.regions.iter().cloned().collect()).unwrap_or_default()
    }

    /// The cell of a region in which things are told that lie there.
    pub(crate) fn cell_region<'r>(&self, region: &'r str) -> &'r str {
        let known = self.surveyed.get().is_some_and(|surveyed| surveyed.regions.contains(region));
        if known { region } else { GLOBAL }
    }

    /// The locks of the subscription and of what is in it.
    pub(crate) async fn locks(&self) -> &Listing<kind::locks::Lock> {
        self.locks.get_or_init(|| kind::locks::all(self)).await
    }

    fn key(&self, region: &str, service: &str) -> CellKey {
        CellKey {
            provider: NAME.to_owned(),
            account: self.section.id.clone(),
            region: region.to_owned(),
            service: service.to_owned(),
        }
    }

    /// The management group named in the tenancy file.
    pub(crate) fn management_group(&self) -> Option<&str> {
        self.section.management_group.as_deref()
    }

    /// The directory's identifier.
    pub(crate) fn directory(&self) -> String {
        self.tenant
            .as_deref()
            .map_or_else(|| "unknown".to_owned(), |tenant| shorten(&tenant.to_ascii_lowercase()))
    }

    /// The account as facts name it.
    pub(crate) fn account(&self) -> &str {
        &self.section.id
    }
}

fn outgoing(url: Url) -> Outgoing {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    Outgoing { method: Method::GET, url, headers, body: Bytes::new() }
}

fn json<T: DeserializeOwned>(answer: &Answer) -> Result<T, Malformed> {
    serde_json::from_slice(&answer.body).map_err(|error| Malformed(shorten(&error.to_string())))
}

#[async_trait]
impl AccountSession for Session {
    async fn survey(&self, _sink: &dyn FactSink) -> Survey {
        let mut sheet = Sheet::new(format!("{NAME}/{}", self.section.id));
        let mut setting = AccountSetting::new(NAME, &self.section.id);
        let mut of_directory = Sheet::new(sheet.subject());
        let (listed, inventory, unregistered, guardrail, directory) = futures::join!(
            account::locations(self),
            inventory::read(self),
            account::unregistered(self),
            policy::guardrail(self, &mut sheet),
            conditional_access::directory(self, &mut of_directory)
        );
        setting.directories = vec![directory];
        let (unregistered, unlisted) = unregistered;
        setting.guardrail = guardrail;
        // Azure has no barrier for a whole subscription.
        setting.public_access_block = Observed::Seen(PublicAccessBlock::NONE);
        let (open, pairs) = match listed {
            Ok(heard) => {
                sheet.shown("regions", &heard.call);
                let locations = heard.told.unwrap_or_default();
                let open: Vec<String> = locations.iter().map(|location| location.region.id.clone()).collect();
                let pairs = locations.iter().map(|one| (one.region.id.clone(), one.pair.clone())).collect();
                setting.regions =
                    Observed::Seen(locations.into_iter().map(|location| location.region).collect());
                (open, Ok(pairs))
            }
            Err(shortfall) => {
                setting.regions = sheet.unseen("regions", &shortfall);
                (places().regions().map(|(id, _)| id.to_owned()).collect(), Err(shortfall))
            }
        };
        debug_assert!(
            setting.regions.seen().is_none_or(|all| all.iter().all(|one| one.state == RegionState::Open))
        );
        // Set once: a session is surveyed once.
        let regions = open.iter().cloned().collect();
        let _ = self.surveyed.set(Surveyed { inventory, pairs, regions, unregistered });
        let mut survey =
            Survey { open: Vec::new(), settled: Vec::new(), gaps: Vec::new(), setting, members: Vec::new() };
        survey.gaps.extend(unlisted.iter().map(|shortfall| shortfall.gap(&survey.setting.id, "resources")));
        if let Some(group) = &self.section.management_group {
            let (members, shortfall) = management_group::members(self, &self.section, group).await;
            let key = self.key(GLOBAL, management_group::SERVICE);
            let state = shortfall.as_ref().map_or(CellState::Listed, state_of);
            survey.gaps.extend(shortfall.iter().map(|shortfall| shortfall.gap(&key.id(), "resources")));
            survey.settled.push(key.cell(state, members.len() as u64));
            survey.members = members;
        }
        for service in kind::SERVICES.iter() {
            // What lies in none of the regions there are is told here.
            survey.open.push(self.key(GLOBAL, service.name));
            if service.reach == Reach::Global {
                continue;
            }
            for region in &open {
                let key = self.key(region, service.name);
                if self.section.regions.as_ref().is_none_or(|wanted| wanted.contains(region)) {
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
        }
        for sheet in [sheet, of_directory] {
            let (gaps, evidence) = sheet.finish();
            survey.gaps.extend(gaps);
            survey.setting.evidence.extend(evidence);
        }
        survey
    }

    async fn sweep(&self, cell: &CellKey, sink: &dyn FactSink) -> CellOutcome {
        match kind::ENTRIES.iter().find(|entry| entry.service.name == cell.service) {
            Some(entry) => (entry.sweep)(self, &cell.region, sink).await,
            None => {
                let detail = format!("no kind reads {}", cell.service);
                let shortfall = Shortfall::without_call(GapReason::Unsupported, detail);
                CellOutcome { state: state_of(&shortfall), resources: 0, shortfalls: vec![shortfall] }
            }
        }
    }
}
