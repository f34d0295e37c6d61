//! A cloud in memory: two kinds of service, a script of faults, and a record of what was asked.

use async_trait::async_trait;
use sekisho_contract::call::{Call, CallId, CallOutcome, jiff_timestamp};
use sekisho_contract::door::{Answer, Door, Ledger, Outgoing, Transport, TransportFault};
use sekisho_contract::fact::{
    AccountSetting, CellState, Copy, CopyRole, Kind, PublicAccessBlock, RegionState, Resource, UsableRegion,
};
use sekisho_contract::gap::{Gap, GapReason, Sheet, Shortfall};
use sekisho_contract::observed::Observed;
use sekisho_contract::operation::{Operation, Per, Quota, Wire};
use sekisho_contract::place::PlaceCatalogue;
use sekisho_contract::provider::{CellOutcome, Reach, SectionFault, Service, Survey};
use sekisho_contract::{AccountSection, AccountSession, CellKey, FactSink, Provider};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;

/// What happens when a cell is swept.
#[derive(Debug, Clone)]
pub(crate) enum Mishap {
    /// A panic after the first resource.
    Panics,
    /// The list is refused.
    Denied,
    /// The run is cancelled after the first resource.
    Cancels(CancellationToken),
    /// The run is cancelled after the first resource, and the cell never ends.
    CancelsAndHangs(CancellationToken),
    /// It says it listed more than it read.
    Overstates,
}

/// The cloud in memory.
#[derive(Default)]
pub(crate) struct Script {
    /// By cell id.
    pub(crate) mishaps: BTreeMap<String, Mishap>,
    /// Accounts that cannot be entered.
    pub(crate) closed: Vec<String>,
    /// Changes the order in which cells come to their end.
    pub(crate) seed: u64,
    /// Cells swept, in order.
    pub(crate) asked: Mutex<Vec<String>>,
    /// Accounts surveyed.
    pub(crate) surveyed: Mutex<Vec<String>>,
    /// Takes calls, as a door would give them.
    pub(crate) ledger: Mutex<Option<Arc<dyn Ledger>>>,
}

pub(crate) struct Fake {
    pub(crate) script: Arc<Script>,
    places: PlaceCatalogue,
}

impl Fake {
    pub(crate) fn with(script: Script) -> (Arc<dyn Provider>, Arc<Script>) {
        let script = Arc::new(script);
        (Arc::new(Self { script: Arc::clone(&script), places: places() }), script)
    }
}

pub(crate) fn places() -> PlaceCatalogue {
    serde_json::from_value(serde_json::json!({
        "provider": "fake", "date": "2026-01-01", "sources": [],
        "sites": {
            "tokyo": {"ja": "東京", "en": "Tokyo", "country": "JP", "latitude": 35.7, "longitude": 139.8},
            "virginia": {"ja": "バージニア", "en": "Virginia", "country": "US", "latitude": 38.9, "longitude": -77.5},
        },
        "places": {
            "east": {"sort": "region", "countries": ["JP"], "sites": ["tokyo"]},
            "far": {"sort": "region", "countries": ["US"], "sites": ["virginia"]},
        },
    }))
    .unwrap()
}

pub(crate) fn section(id: &str) -> AccountSection {
    AccountSection::of("fake", id)
}

static QUOTA: Quota = Quota { name: "all", rate: 10, burst: 10, source: "" };
static LIST: Operation = operation("store", "List", Per::Page(10));
static LOOK: Operation = operation("store", "Look", Per::Resource);
static KEYS: Operation = operation("keys", "List", Per::Page(10));
static WHO: Operation = operation("sts", "Who", Per::Account);

static OPERATIONS: &[&Operation] = &[&LIST, &LOOK, &KEYS, &WHO];

const fn operation(service: &'static str, name: &'static str, per: Per) -> Operation {
    Operation { service, name, permission: "p", quota: &QUOTA, per, facts: "f", absent: &[], wire: Wire::Get }
}

const SERVICES: &[Service] = &[
    Service { name: "store", reach: Reach::Global, kinds: &[Kind::ObjectStore] },
    Service { name: "keys", reach: Reach::Region, kinds: &[Kind::Key] },
];

#[async_trait]
impl Provider for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }
    fn operations(&self) -> &[&'static Operation] {
        OPERATIONS
    }
    fn services(&self) -> &[Service] {
        SERVICES
    }
    fn places(&self) -> &PlaceCatalogue {
        &self.places
    }
    fn region_in(&self, id: &str) -> Option<String> {
        id.split(':').nth(3).map(str::to_owned)
    }
    fn check(&self, _: &AccountSection) -> Result<(), SectionFault> {
        Ok(())
    }
    async fn enter(
        &self,
        section: &AccountSection,
        _: Arc<Door>,
    ) -> Result<Arc<dyn AccountSession>, Shortfall> {
        if self.script.closed.contains(&section.id) {
            return Err(Shortfall::without_call(GapReason::Denied, "the role may not be assumed"));
        }
        Ok(Arc::new(Session { script: Arc::clone(&self.script), section: section.clone() }))
    }
}

struct Session {
    script: Arc<Script>,
    section: AccountSection,
}

impl Session {
    fn key(&self, region: &str, service: &str) -> CellKey {
        CellKey {
            provider: "fake".into(),
            account: self.section.id.clone(),
            region: region.into(),
            service: service.into(),
        }
    }

    /// Lets others go first, now and then.
    async fn dawdle(&self, about: &str) {
        let turn = about.bytes().fold(self.script.seed, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
        });
        for _ in 0..turn % 7 * u64::from(self.script.seed != 0) {
            tokio::task::yield_now().await;
        }
    }

    fn resource(&self, region: &str, kind: Kind, service: &str, number: u32) -> (Resource, Vec<Gap>) {
        let account = &self.section.id;
        let id = format!("{service}:{account}:{region}:{number}");
        let mut sheet = Sheet::new(&id);
        let mut resource =
            Resource::new(kind, "fake", account, region, service, id.clone(), format!("{number}"));
        let role = if kind == Kind::Key { CopyRole::Key } else { CopyRole::Primary };
        resource.copies.push(Copy::new(role, None, Observed::Seen(region.into())));
        if number == 1 {
            let holder = "store:a2:far:1".to_owned();
            let why = Shortfall::without_call(GapReason::Unresolved, format!("{holder} is not known here"));
            let location = sheet.unseen("copies", &why);
            resource.copies.push(Copy::new(CopyRole::Replica, Some(holder), location));
        }
        resource.tags = Observed::Seen(BTreeMap::new());
        let call = CallId::of("fake", account, region, "store:Look", &id, 0);
        sheet.shown("tags", &call);
        let (gaps, evidence) = sheet.finish();
        resource.evidence = evidence;
        if let Some(ledger) = &*self.script.ledger.lock().unwrap() {
            ledger.record(attempt(call, account, region));
        }
        (resource, gaps)
    }
}

fn attempt(id: CallId, account: &str, region: &str) -> Call {
    Call {
        id,
        provider: "fake".into(),
        account: account.into(),
        region: region.into(),
        operation: "store:Look".into(),
        target: String::new(),
        page: 0,
        attempt: 1,
        at: jiff_timestamp::Timestamp(jiff::Timestamp::UNIX_EPOCH),
        milliseconds: 1,
        status: 200,
        outcome: CallOutcome::Answered,
        error: String::new(),
        request_id: String::new(),
        sha256: String::new(),
        bytes: 0,
    }
}

#[async_trait]
impl AccountSession for Session {
    async fn survey(&self, _: &dyn FactSink) -> Survey {
        self.script.surveyed.lock().unwrap().push(self.section.id.clone());
        let mut setting = AccountSetting::new("fake", &self.section.id);
        let region = |id: &str| UsableRegion { id: id.into(), state: RegionState::Open };
        setting.regions = Observed::Seen(vec![region("east"), region("far")]);
        setting.public_access_block = Observed::Seen(PublicAccessBlock::NONE);
        let open = vec![self.key("global", "store"), self.key("east", "keys"), self.key("far", "keys")];
        Survey { open, settled: Vec::new(), gaps: Vec::new(), setting, members: Vec::new() }
    }

    async fn sweep(&self, cell: &CellKey, sink: &dyn FactSink) -> CellOutcome {
        self.script.asked.lock().unwrap().push(cell.id());
        let (kind, regions): (Kind, &[&str]) = match cell.service.as_str() {
            "store" => (Kind::ObjectStore, &["far", "east"]),
            _ if cell.region == "east" => (Kind::Key, &["east"]),
            _ => (Kind::Key, &["far"]),
        };
        let mut resources = 0;
        for (number, region) in (1..).zip(regions) {
            self.dawdle(&format!("{}{number}", cell.id())).await;
            let (resource, gaps) = self.resource(region, kind, &cell.service, number);
            sink.resource(resource, gaps);
            resources += 1;
            let refused = |reason| Some(Shortfall::without_call(reason, "as the script says"));
            match self.script.mishaps.get(&cell.id()) {
                None => {}
                Some(Mishap::Panics) => panic!("as the script says"),
                Some(Mishap::Denied) => {
                    return CellOutcome {
                        state: CellState::Denied,
                        resources,
                        shortfalls: refused(GapReason::Denied).into_iter().collect(),
                    };
                }
                Some(Mishap::Cancels(token)) => {
                    token.cancel();
                    return CellOutcome {
                        state: CellState::Failed,
                        resources,
                        shortfalls: refused(GapReason::Cancelled).into_iter().collect(),
                    };
                }
                Some(Mishap::CancelsAndHangs(token)) => {
                    token.cancel();
                    std::future::pending().await
                }
                Some(Mishap::Overstates) => resources += 5,
            }
        }
        CellOutcome { state: CellState::Listed, resources, shortfalls: Vec::new() }
    }
}

/// Carries nothing.
pub(crate) struct NoTransport;

#[async_trait]
impl Transport for NoTransport {
    async fn carry(&self, _: Outgoing) -> Result<Answer, TransportFault> {
        Err(TransportFault::Refused("there is no network in this test".into()))
    }
}
