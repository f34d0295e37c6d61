//! The conformance suite every provider passes.
//!
//! A provider crate gives a [`Counterpart`]: a loopback cloud whose answers can be made to fail, one
//! operation at a time. [`run`] then holds the provider to the rules of the house: everything it declares
//! it uses, nothing else leaves, and whatever goes wrong ends as a gap or as a retry that worked.

use crate::call::{Call, CallOutcome};
use crate::door::{
    Answer, Caller, Door, DoorParts, Ledger, Meaning, Outgoing, Patience, Question, Transport,
};
use crate::fact::{AccountSetting, Cell, Resource, SecondList};
use crate::gap::{Gap, GapReason, Shortfall};
use crate::operation::{Operation, Per, Quota, Wire};
use crate::provider::{AccountSection, FactSink, Provider};
use async_trait::async_trait;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What an operation's answers are made to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Always refused.
    Denied,
    /// Always throttled.
    Throttled,
    /// Always cut off in the middle.
    Truncated,
    /// Always something else than was asked.
    Malformed,
    /// A page token in every answer.
    EndlessPages,
    /// Broken once for each request, then well.
    OnceUnavailable,
}

impl Fault {
    /// Faults every operation is put through.
    const EVERYWHERE: [Self; 5] =
        [Self::Denied, Self::Throttled, Self::Truncated, Self::Malformed, Self::OnceUnavailable];

    /// The fault of an operation, as descriptions of simulated clouds write it.
    pub fn of(self, operation: &Operation) -> String {
        let (fault, times) = match self {
            Self::Denied => ("denied", ""),
            Self::Throttled => ("throttled", ""),
            Self::Truncated => ("truncated", ""),
            Self::Malformed => ("malformed", ""),
            Self::EndlessPages => ("endless_pages", ""),
            Self::OnceUnavailable => ("unavailable", ", times: 1"),
        };
        format!("{{service: {}, operation: {}, fault: {fault}{times}}}", operation.service, operation.name)
    }
}

/// A loopback cloud whose answers can be made to fail.
#[async_trait]
pub trait Counterpart: Send + Sync {
    /// Starts the cloud, with a fault on one operation (`service:Operation`) or none. It runs until the
    /// returned stage is dropped.
    async fn start(&self, fault: Option<(&Operation, Fault)>) -> Stage;
}

/// A started counterpart.
pub struct Stage {
    /// The account to read, its endpoint set.
    pub section: AccountSection,
    /// Carries the requests.
    pub transport: Arc<dyn Transport>,
    /// Keeps the cloud alive.
    pub keep: Box<dyn std::any::Any + Send + Sync>,
}

/// A run may take this long, however broken the cloud is.
const LONGEST: Duration = Duration::from_secs(60);

/// Holds the provider to every rule and returns what it broke, empty when it conforms.
pub async fn run(provider: &dyn Provider, counterpart: &dyn Counterpart) -> Vec<String> {
    let mut broken = Vec::new();
    let whole = match observe(provider, counterpart, None, None).await {
        Ok(whole) => whole,
        Err(why) => return vec![format!("without faults: {why}")],
    };
    for operation in provider.operations() {
        if !whole.asked.contains(&operation.full_name()) {
            broken.push(format!("{} is declared but was not asked", operation.full_name()));
        }
        // What never asks it cannot be hurt by it.
        let cells = whole.cells_of.get(&operation.full_name());
        let sound = match observe(provider, counterpart, None, cells).await {
            Ok(sound) => sound,
            Err(why) => return vec![format!("without faults: {why}")],
        };
        let paged = matches!(operation.per, Per::Page(_) | Per::SomePages(_)).then_some(Fault::EndlessPages);
        for fault in Fault::EVERYWHERE.into_iter().chain(paged) {
            let named = format!("{} {fault:?}", operation.full_name());
            match observe(provider, counterpart, Some((operation, fault)), cells).await {
                Ok(seen) => broken
                    .extend(holes(&sound, &seen, fault).into_iter().map(|hole| format!("{named}: {hole}"))),
                Err(why) => broken.push(format!("{named}: {why}")),
            }
        }
    }
    let declared: BTreeSet<String> =
        provider.operations().iter().map(|operation| operation.full_name()).collect();
    for asked in whole.asked.difference(&declared) {
        broken.push(format!("{asked} was asked but is not declared"));
    }
    if let Some(why) = undeclared_leaves(provider, counterpart).await {
        broken.push(why);
    }
    broken
}

/// What a run over the counterpart saw.
#[derive(Default)]
struct Seen {
    resources: BTreeMap<String, Value>,
    setting: Option<AccountSetting>,
    cells: BTreeMap<String, Cell>,
    gaps: Vec<Gap>,
    asked: BTreeSet<String>,
    /// The cells that ask an operation, of those that only cells ask.
    cells_of: BTreeMap<String, BTreeSet<String>>,
    entry: Option<Shortfall>,
}

#[derive(Default)]
struct Notes {
    lists: Mutex<Vec<SecondList>>,
    resources: Mutex<Vec<(Resource, Vec<Gap>)>>,
    calls: Mutex<Vec<Call>>,
}

impl FactSink for Notes {
    fn resource(&self, resource: Resource, gaps: Vec<Gap>) {
        self.resources.lock().unwrap_or_else(PoisonError::into_inner).push((resource, gaps));
    }

    fn second_list(&self, list: SecondList) {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner).push(list);
    }
}

impl Notes {
    fn calls(&self) -> usize {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The operations of the calls after so many.
    fn asked_since(&self, before: usize) -> impl Iterator<Item = String> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let asked: Vec<String> = calls.iter().skip(before).map(|call| call.operation.clone()).collect();
        asked.into_iter()
    }
}

impl Ledger for Notes {
    fn record(&self, call: Call) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }
}

async fn observe(
    provider: &dyn Provider,
    counterpart: &dyn Counterpart,
    fault: Option<(&Operation, Fault)>,
    only: Option<&BTreeSet<String>>,
) -> Result<Seen, String> {
    let stage = counterpart.start(fault).await;
    let notes = Arc::new(Notes::default());
    let door = door(provider, &stage, Arc::clone(&notes));
    let walk = async {
        let mut seen = Seen::default();
        let session = match provider.enter(&stage.section, door).await {
            Ok(session) => session,
            Err(shortfall) => {
                seen.entry = Some(shortfall);
                return seen;
            }
        };
        let survey = session.survey(&*notes).await;
        seen.gaps.extend(survey.gaps);
        seen.setting = Some(survey.setting);
        seen.cells.extend(survey.settled.into_iter().map(|cell| (cell.id(), cell)));
        let surveyed: BTreeSet<String> = notes.asked_since(0).collect();
        for key in survey.open {
            let id = key.id();
            if only.is_some_and(|only| !only.contains(&id)) {
                continue;
            }
            let before = notes.calls();
            let outcome = session.sweep(&key, &*notes).await;
            seen.gaps
                .extend(outcome.shortfalls.iter().map(|shortfall| shortfall.gap(&key.id(), "resources")));
            for asked in notes.asked_since(before).filter(|asked| !surveyed.contains(asked)) {
                seen.cells_of.entry(asked).or_default().insert(id.clone());
            }
            seen.cells.insert(id, key.cell(outcome.state, outcome.resources));
        }
        seen
    };
    let mut seen =
        tokio::time::timeout(LONGEST, walk).await.map_err(|_| format!("did not end within {LONGEST:?}"))?;
    for (resource, gaps) in notes.resources.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        let id = resource.id.clone();
        if !provider.is_complete(&resource) {
            return Err(format!("{id} of {} lacks undeclared: {:?}", resource.service, resource.facets));
        }
        let value =
            serde_json::to_value(resource).map_err(|error| format!("{id} cannot be written: {error}"))?;
        seen.resources.insert(id, value);
        seen.gaps.extend(gaps);
    }
    let calls = notes.calls.lock().unwrap_or_else(PoisonError::into_inner);
    seen.asked = calls.iter().map(|call| call.operation.clone()).collect();
    if let Some(call) =
        calls.iter().find(|call| call.outcome == CallOutcome::Answered && call.sha256.len() != 64)
    {
        return Err(format!("the answer to {} was not digested", call.operation));
    }
    Ok(seen)
}

fn door(provider: &dyn Provider, stage: &Stage, notes: Arc<Notes>) -> Arc<Door> {
    let parts = DoorParts {
        transport: Arc::clone(&stage.transport),
        ledger: notes,
        patience: Patience {
            base: Duration::from_millis(1),
            ceiling: Duration::from_millis(4),
            attempts: 3,
            throttled_attempts: 4,
        },
        concurrency: 16,
        budget: None,
        paced: false,
        cancel: tokio_util::sync::CancellationToken::new(),
    };
    Arc::new(Door::new(provider.name(), provider.operations(), parts))
}

/// What the faulted run lost or changed without a gap to say so.
fn holes(whole: &Seen, seen: &Seen, fault: Fault) -> Vec<String> {
    let mut holes = Vec::new();
    if let Some(shortfall) = &seen.entry {
        // The account could not be entered: said as one shortfall, which the run turns into gaps.
        if fault == Fault::OnceUnavailable {
            holes.push(format!("a passing fault kept the account shut: {}", shortfall.detail));
        }
        return holes;
    }
    if fault == Fault::OnceUnavailable {
        let same = seen.resources == whole.resources && seen.gaps.len() == whole.gaps.len();
        return if same { Vec::new() } else { vec!["a passing fault changed the facts".to_owned()] };
    }
    for (id, cell) in &whole.cells {
        match seen.cells.get(id) {
            Some(now) if now == cell => {}
            Some(now) if now.state.is_accounted_for() && now.resources != cell.resources => {
                holes.push(format!(
                    "{id} is {:?} with {} instead of {} resources",
                    now.state, now.resources, cell.resources
                ));
            }
            Some(now) if now.state.is_accounted_for() => {}
            Some(_) if has_gap(seen, id, "resources") => {}
            Some(now) => holes.push(format!("{id} is {:?} without a gap", now.state)),
            // Regions that are closed may be asked when it cannot be known that they are.
            None if cell.state == crate::fact::CellState::Closed => {}
            None => holes.push(format!("{id} is not told of")),
        }
    }
    let lost_lists = seen.cells.values().any(|cell| !cell.state.is_accounted_for());
    for (id, before) in &whole.resources {
        match seen.resources.get(id) {
            None if lost_lists => {}
            None => holes.push(format!("{id} is lost")),
            Some(now) => changes(before, now, "", &mut |path| {
                let facet = path.split('.').next().unwrap_or(path);
                // A name is a label: it may be plainer where anything was not seen.
                let plainer = facet == "name" && seen.gaps.iter().any(|gap| gap.subject == *id);
                if !matches!(facet, "evidence" | "captured" | "facets")
                    && !plainer
                    && !has_gap(seen, id, facet)
                {
                    holes.push(format!("{id}: {path} changed without a gap"));
                }
            }),
        }
    }
    holes
}

fn has_gap(seen: &Seen, subject: &str, facet: &str) -> bool {
    seen.gaps.iter().any(|gap| gap.subject == subject && gap.facet.split('.').next() == Some(facet))
}

/// Calls `at` with the path of every value that differs.
fn changes(before: &Value, now: &Value, path: &str, at: &mut dyn FnMut(&str)) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            for key in before.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
                match (before.get(key), now.get(key)) {
                    (Some(before), Some(now)) => changes(before, now, &below(key), at),
                    (Some(_), None) => at(&below(key)),
                    // What is told in addition hides nothing.
                    (None, _) => {}
                }
            }
        }
        (before, now) if before != now => at(path),
        _ => {}
    }
}

/// An operation nobody declared.
static UNDECLARED: Operation = Operation {
    service: "conformance",
    name: "DeleteEverything",
    permission: "",
    quota: &Quota { name: "conformance", rate: 1, burst: 1, source: "" },
    per: Per::Account,
    facts: "",
    absent: &[],
    wire: Wire::Post,
};

struct Nobody;

#[async_trait]
impl Caller for Nobody {
    fn error_code(&self, _: &Answer) -> String {
        String::new()
    }

    async fn sign(&self, _: &mut Outgoing) -> Result<(), Shortfall> {
        Ok(())
    }
    fn meaning(&self, _: &Operation, _: &Answer) -> Meaning {
        Meaning::Answered
    }
    fn request_id(&self, _: &Answer) -> String {
        String::new()
    }
    async fn renew(&self) -> bool {
        false
    }
}

async fn undeclared_leaves(provider: &dyn Provider, counterpart: &dyn Counterpart) -> Option<String> {
    let stage = counterpart.start(None).await;
    let notes = Arc::new(Notes::default());
    let door = door(provider, &stage, Arc::clone(&notes));
    let url = stage.section.endpoint.as_ref().and_then(|text| url::Url::parse(text).ok())?;
    let ask = |operation: &'static Operation, method: http::Method| Question {
        operation,
        account: "1",
        region: "r",
        target: "",
        page: 0,
        request: Outgoing {
            method,
            url: url.clone(),
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::new(),
        },
    };
    let undeclared = door.ask(ask(&UNDECLARED, http::Method::POST), &Nobody, |_| Ok(())).await;
    let refused = matches!(undeclared, Err(Shortfall { reason: GapReason::Unsupported, call: None, .. }));
    let mutating = match provider.operations().first() {
        Some(first) => {
            let put = door.ask(ask(first, http::Method::PUT), &Nobody, |_| Ok(())).await;
            matches!(put, Err(Shortfall { reason: GapReason::Unsupported, call: None, .. }))
        }
        None => true,
    };
    let silent = notes.calls.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
    (!refused || !mutating || !silent).then(|| "an undeclared operation left the machine".to_owned())
}
