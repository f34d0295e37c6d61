//! The door: the one place every request passes.
//!
//! It refuses what was not declared, keeps the pace, rides out passing faults, digests every answer,
//! and writes the ledger. Kinds build requests and read answers; signing and the meaning of errors are
//! the provider's ([`Caller`]); carrying the bytes is the [`Transport`]'s.

mod pace;
mod retry;
mod silent;

use pace::Paces;
pub use retry::Patience;
use silent::Silent;

use crate::call::{Call, CallId, CallOutcome, jiff_timestamp::Timestamp};
use crate::gap::{GapReason, Shortfall, shorten};
use crate::operation::{Operation, Wire};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// A request before it is signed.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The HTTP method.
    pub method: Method,
    /// The whole address.
    pub url: url::Url,
    /// Headers.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// A header as text, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Carries one request; has no opinion of it.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends the request and reads the whole answer.
    async fn carry(&self, request: Outgoing) -> Result<Answer, TransportFault>;
}

/// No answer came.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportFault {
    /// Connection refused, reset or broken off.
    #[error("no answer: {0}")]
    Broken(String),
    /// The time ran out.
    #[error("no answer in time: {0}")]
    TimedOut(String),
    /// The answer was larger than sekisho takes.
    #[error("the answer was larger than {0} bytes")]
    TooLarge(u64),
    /// The request may not be sent, such as plain http to another machine.
    #[error("not sent: {0}")]
    Refused(String),
}

/// Signs requests and says what a provider's answers mean.
#[async_trait]
pub trait Caller: Send + Sync {
    /// Signs one attempt.
    async fn sign(&self, request: &mut Outgoing) -> Result<(), Shortfall>;

    /// What an answer means for the operation.
    fn meaning(&self, operation: &Operation, answer: &Answer) -> Meaning;

    /// The provider's request id.
    fn request_id(&self, answer: &Answer) -> String;

    /// The provider's error code; empty where the answer names none.
    fn error_code(&self, answer: &Answer) -> String;

    /// Gets new credentials after the provider called the present ones expired. `false` when it cannot.
    async fn renew(&self) -> bool;
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// It holds what was asked.
    Answered,
    /// There is none of it.
    Absent,
    /// Slower, please; after this long, if the provider says.
    Throttled(Option<Duration>),
    /// The provider failed; asking again may help.
    Passing(String),
    /// The credentials ran out.
    Expired(String),
    /// It stays so: the reason, the provider's code, what it said.
    Standing(GapReason, String, String),
}

/// A question.
#[derive(Debug)]
pub struct Question<'a> {
    /// The declared operation.
    pub operation: &'static Operation,
    /// The account asked.
    pub account: &'a str,
    /// The region asked, or `global`.
    pub region: &'a str,
    /// What it is about; empty for a list.
    pub target: &'a str,
    /// The page of a list, from 0.
    pub page: u32,
    /// The request.
    pub request: Outgoing,
}

/// What came back, with the call that brought it.
#[derive(Debug, Clone)]
pub struct Heard<T> {
    /// The call.
    pub call: CallId,
    /// What was told; `None` when there is none of it.
    pub told: Option<T>,
}

impl<T> Heard<T> {
    /// Changes what was told.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Heard<U> {
        Heard { call: self.call, told: self.told.map(change) }
    }
}

/// An answer that could not be read, with what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// Where calls are written down.
pub trait Ledger: Send + Sync {
    /// Takes one attempt. Its body stays behind: an answer can be a secret.
    fn record(&self, call: Call);
}

/// Requests that may still be made; doors that hold the same one spend from it together.
#[derive(Debug, Clone)]
pub struct Budget(Arc<AtomicU64>);

impl Budget {
    /// So many requests, and no more.
    pub fn of(requests: u64) -> Self {
        Self(Arc::new(AtomicU64::new(requests)))
    }
}

/// The door of one provider.
pub struct Door {
    provider: &'static str,
    declared: BTreeSet<(&'static str, &'static str)>,
    transport: Arc<dyn Transport>,
    ledger: Arc<dyn Ledger>,
    paces: Paces,
    patience: Patience,
    silent: Silent,
    seats: Semaphore,
    budget: Option<Budget>,
    cancel: CancellationToken,
    clock: fn() -> jiff::Timestamp,
}

/// What a door is made of besides the provider's declarations.
#[derive(Clone)]
pub struct DoorParts {
    /// Carries the bytes.
    pub transport: Arc<dyn Transport>,
    /// Keeps the calls.
    pub ledger: Arc<dyn Ledger>,
    /// How long and how often to try again.
    pub patience: Patience,
    /// Requests under way at once.
    pub concurrency: usize,
    /// Requests that may be made in all; `None` for no bound.
    pub budget: Option<Budget>,
    /// Whether the provider's rate limits apply; off only against emulators' fixed clocks in benchmarks.
    pub paced: bool,
    /// Stops the run.
    pub cancel: CancellationToken,
}

impl Door {
    /// A door that lets the declared operations out.
    pub fn new(provider: &'static str, operations: &[&'static Operation], parts: DoorParts) -> Self {
        Self {
            provider,
            declared: operations.iter().map(|operation| (operation.service, operation.name)).collect(),
            transport: parts.transport,
            ledger: parts.ledger,
            paces: Paces::new(parts.paced),
            patience: parts.patience,
            silent: Silent::default(),
            seats: Semaphore::new(parts.concurrency.max(1)),
            budget: parts.budget,
            cancel: parts.cancel,
            clock: jiff::Timestamp::now,
        }
    }

    /// Asks a question until it is answered, refused, or patience ends. `read` turns the answer into
    /// what was asked; an answer it cannot read counts as a passing fault.
    pub async fn ask<T>(
        &self,
        question: Question<'_>,
        caller: &dyn Caller,
        read: impl Fn(&Answer) -> Result<T, Malformed> + Send + Sync,
    ) -> Result<Heard<T>, Shortfall> {
        let operation = question.operation;
        let id = CallId::of(
            self.provider,
            question.account,
            question.region,
            &operation.full_name(),
            question.target,
            question.page,
        );
        if let Some(refusal) = self.refusal(operation, &question.request) {
            return Err(refusal);
        }
        let mut tries = self.patience.tries();
        let mut renewed = false;
        let mut unreadable = None;
        let mut asked = None;
        loop {
            // What ends between two attempts is told with the call that was made.
            let ended = |shortfall: Shortfall| Shortfall { call: shortfall.call.or(asked), ..shortfall };
            self.wait_for_turn(operation, question.account, question.region).await.map_err(ended)?;
            let attempt = tries.begin();
            let mut request = question.request.clone();
            caller.sign(&mut request).await.map_err(ended)?;
            let (sent, outcome) = self.carry(operation, request).await.map_err(ended)?;
            let meaning = match &outcome {
                Ok(answer) => caller.meaning(operation, answer),
                Err(TransportFault::Refused(why)) => {
                    self.give_back();
                    return Err(Shortfall::of(operation, GapReason::Failed, None, why.clone()));
                }
                Err(TransportFault::TooLarge(_)) => Meaning::Standing(
                    GapReason::Malformed,
                    String::new(),
                    outcome.as_ref().err().map(ToString::to_string).unwrap_or_default(),
                ),
                Err(fault) => Meaning::Passing(fault.to_string()),
            };
            asked = Some(id);
            let answer = outcome.as_ref().ok();
            let place = (operation, question.account, question.region);
            match &outcome {
                Err(TransportFault::TimedOut(_)) => self.silent.ran_out(place, sent.since),
                Err(_) => {}
                Ok(_) => self.silent.spoke(place),
            }
            let since = sent.since;
            let mut entry = Entry { question: &question, id: &id, attempt, sent, answer, caller };
            let told = match (&meaning, answer) {
                (Meaning::Answered, Some(answer)) => Some(read(answer)),
                _ => None,
            };
            let ended = self.settle(&mut entry, meaning, told);
            if !matches!(ended, Ended::Again { reason: GapReason::Failed | GapReason::Unreachable, .. }) {
                self.silent.answered(place);
            }
            let (reason, code, detail, wait) = match ended {
                Ended::Heard(told) => {
                    self.paces.went_well(operation.quota, question.account, question.region, since);
                    return Ok(Heard { call: id, told });
                }
                Ended::Stays(reason, code, detail) => {
                    return Err(Shortfall { code, ..Shortfall::of(operation, reason, Some(id), detail) });
                }
                Ended::Expired(code, detail) => {
                    if !renewed && caller.renew().await {
                        renewed = true;
                        continue;
                    }
                    return Err(Shortfall {
                        code,
                        ..Shortfall::of(operation, GapReason::Credentials, Some(id), detail)
                    });
                }
                Ended::Again { reason, code, detail, after } => (reason, code, detail, after),
            };
            if reason == GapReason::ThrottledOut {
                let after = wait.map(Patience::within);
                self.paces.was_throttled(operation.quota, question.account, question.region, since, after);
            }
            if reason == GapReason::Malformed {
                unreadable = Some((reason, code.clone(), detail.clone()));
            }
            let silent = self.silent.is_silent(place);
            let Some(pause) = tries.pause(reason, wait).filter(|_| !silent) else {
                self.silent.given_up(place);
                // An answer nobody can read is the reason, whatever else was met between the attempts.
                let (reason, code, detail) = unreadable.unwrap_or((reason, code, detail));
                return Err(Shortfall { code, ..Shortfall::of(operation, reason, Some(id), detail) });
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.cancel.cancelled() => {
                    return Err(Shortfall { call: asked, ..cancelled(operation) });
                }
            }
        }
    }

    /// Why the request may not leave, if so.
    fn refusal(&self, operation: &'static Operation, request: &Outgoing) -> Option<Shortfall> {
        let refuse = |why: String| Some(Shortfall::of(operation, GapReason::Unsupported, None, why));
        if !self.declared.contains(&(operation.service, operation.name)) {
            return refuse(format!("{} is not a declared operation and was not sent", operation.full_name()));
        }
        let method = match operation.wire {
            Wire::Get => Method::GET,
            Wire::Head => Method::HEAD,
            Wire::Post => Method::POST,
        };
        if request.method != method {
            return refuse(format!("{} may only be sent as {method}", operation.full_name()));
        }
        None
    }

    async fn wait_for_turn(
        &self,
        operation: &'static Operation,
        account: &str,
        region: &str,
    ) -> Result<(), Shortfall> {
        if self.cancel.is_cancelled() {
            return Err(cancelled(operation));
        }
        // Nobody waits for a turn that cannot be paid. What the turn costs is taken when the request leaves.
        if self.budget.as_ref().is_some_and(|Budget(left)| left.load(Ordering::Relaxed) == 0) {
            return Err(spent(operation));
        }
        if self.silent.is_mute((operation, account, region)) {
            let detail = "nothing here has answered for a while, so it was not called again";
            return Err(Shortfall::of(operation, GapReason::Unreachable, None, detail));
        }
        tokio::select! {
            () = self.paces.turn(operation.quota, account, region) => Ok(()),
            () = self.cancel.cancelled() => Err(cancelled(operation)),
        }
    }

    async fn carry(
        &self,
        operation: &'static Operation,
        request: Outgoing,
    ) -> Result<(Sent, Result<Answer, TransportFault>), Shortfall> {
        let seat = tokio::select! {
            biased;
            () = self.cancel.cancelled() => None,
            // The semaphore is never closed.
            seat = self.seats.acquire() => seat.ok(),
        };
        // Nothing leaves once the run is cancelled, and what did not leave is no call.
        let Some(_seat) = seat.filter(|_| !self.cancel.is_cancelled()) else {
            return Err(cancelled(operation));
        };
        self.spend(operation)?;
        let sent = Sent { at: (self.clock)(), since: Instant::now() };
        let outcome = tokio::select! {
            outcome = self.transport.carry(request) => outcome,
            () = self.cancel.cancelled() => Err(TransportFault::Broken("the run was cancelled".into())),
        };
        Ok((sent, outcome))
    }

    /// Takes one request from the budget.
    fn spend(&self, operation: &'static Operation) -> Result<(), Shortfall> {
        let Some(Budget(budget)) = &self.budget else { return Ok(()) };
        let taken = budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        taken.map(|_| ()).map_err(|_| spent(operation))
    }

    /// Puts back what was taken for a request that did not leave.
    fn give_back(&self) {
        if let Some(Budget(budget)) = &self.budget {
            budget.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes the attempt into the ledger and says how to go on.
    fn settle<T>(
        &self,
        entry: &mut Entry<'_>,
        meaning: Meaning,
        told: Option<Result<T, Malformed>>,
    ) -> Ended<T> {
        let unreachable = entry.answer.is_none();
        let (outcome, code, ended) = match (meaning, told) {
            (Meaning::Answered, Some(Ok(told))) => {
                (CallOutcome::Answered, String::new(), Ended::Heard(Some(told)))
            }
            (Meaning::Answered, Some(Err(Malformed(why)))) => {
                let detail = format!("the answer could not be read: {why}");
                (CallOutcome::Failed, String::new(), Ended::again(GapReason::Malformed, "", detail, None))
            }
            (Meaning::Answered, None) => {
                let detail = "the answer was lost".to_owned();
                (CallOutcome::Failed, String::new(), Ended::again(GapReason::Failed, "", detail, None))
            }
            (Meaning::Absent, _) => (CallOutcome::Absent, String::new(), Ended::Heard(None)),
            (Meaning::Throttled(after), _) => {
                let detail = "the provider asked for a slower pace".to_owned();
                (
                    CallOutcome::Throttled,
                    String::new(),
                    Ended::again(GapReason::ThrottledOut, "", detail, after),
                )
            }
            (Meaning::Passing(detail), _) if unreachable => (
                CallOutcome::Unreachable,
                String::new(),
                Ended::again(GapReason::Unreachable, "", detail, None),
            ),
            (Meaning::Passing(detail), _) => {
                (CallOutcome::Failed, String::new(), Ended::again(GapReason::Failed, "", detail, None))
            }
            (Meaning::Expired(detail), _) => {
                (CallOutcome::Denied, "expired".into(), Ended::Expired("expired".into(), detail))
            }
            (Meaning::Standing(reason, code, detail), _) => {
                let outcome = match reason {
                    GapReason::Denied | GapReason::Credentials | GapReason::Closed => CallOutcome::Denied,
                    _ => CallOutcome::Failed,
                };
                (outcome, code.clone(), Ended::Stays(reason, code, detail))
            }
        };
        let call = Call {
            id: *entry.id,
            provider: self.provider.to_owned(),
            account: entry.question.account.to_owned(),
            region: entry.question.region.to_owned(),
            operation: entry.question.operation.full_name(),
            target: shorten(entry.question.target),
            page: entry.question.page,
            attempt: entry.attempt,
            at: Timestamp(entry.sent.at),
            milliseconds: u64::try_from(entry.sent.since.elapsed().as_millis()).unwrap_or(u64::MAX),
            status: entry.answer.map_or(0, |answer| answer.status),
            outcome,
            error: match entry.answer {
                Some(answer) if answer.status >= 300 => shorten(&entry.caller.error_code(answer)),
                _ => shorten(&code),
            },
            request_id: entry
                .answer
                .map(|answer| shorten(&entry.caller.request_id(answer)))
                .unwrap_or_default(),
            sha256: entry.answer.map(|answer| hex::encode(Sha256::digest(&answer.body))).unwrap_or_default(),
            bytes: entry.answer.map_or(0, |answer| answer.body.len() as u64),
        };
        self.ledger.record(call);
        ended
    }
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// When an attempt was sent.
struct Sent {
    at: jiff::Timestamp,
    since: Instant,
}

/// One attempt, before it is written down.
struct Entry<'a> {
    question: &'a Question<'a>,
    id: &'a CallId,
    attempt: u32,
    sent: Sent,
    answer: Option<&'a Answer>,
    caller: &'a dyn Caller,
}

/// How an attempt ended, and how to go on.
enum Ended<T> {
    Heard(Option<T>),
    Stays(GapReason, String, String),
    Expired(String, String),
    Again { reason: GapReason, code: String, detail: String, after: Option<Duration> },
}

impl<T> Ended<T> {
    fn again(reason: GapReason, code: &str, detail: String, after: Option<Duration>) -> Self {
        Self::Again { reason, code: code.to_owned(), detail, after }
    }
}

fn spent(operation: &'static Operation) -> Shortfall {
    Shortfall::of(operation, GapReason::BudgetSpent, None, "the call budget is spent")
}

fn cancelled(operation: &'static Operation) -> Shortfall {
    Shortfall::of(operation, GapReason::Cancelled, None, "the run was cancelled")
}

#[cfg(test)]
mod tests;
