//! What was looked at, what was not seen, and the calls, as `report.json` has them.

use super::Rows;
use crate::assess::Assessment;
use crate::report::numbers::{self, Numbers, sorted_gaps};
use crate::report::{self, Material};
use crate::run_folder::FamilyRate;
use schemars::JsonSchema;
use sekisho_contract::call::jiff_timestamp::Timestamp;
use sekisho_contract::fact::{self, CellState, CopyRole, Witness as FactWitness};
use sekisho_contract::gap::{self, GapReason};
use serde::Serialize;
use std::collections::BTreeMap;

/// How many copies of one role rest in one place.
#[derive(Serialize, JsonSchema)]
pub struct Place<'a> {
    /// The provider.
    provider: &'a str,
    /// The provider's identifier; empty when it was not seen.
    location: &'a str,
    /// Its countries; empty when unknown.
    countries: &'a [String],
    /// Its site; empty when unknown.
    site: &'a str,
    /// What the copies are for.
    role: Role,
    /// How many belong to confidential resources.
    confidential: u64,
    /// How many belong to others.
    other: u64,
}

impl<'a> Place<'a> {
    pub(super) fn all(assessment: &'a Assessment) -> Vec<Self> {
        let mut places: Vec<_> = assessment.places.iter().collect();
        places.sort_by(|a, b| {
            (&a.provider, &a.location, &a.countries, &a.site, a.role).cmp(&(
                &b.provider,
                &b.location,
                &b.countries,
                &b.site,
                b.role,
            ))
        });
        let place = |place: &'a crate::assess::PlaceCount| Self {
            provider: &place.provider,
            location: &place.location,
            countries: &place.countries,
            site: &place.site,
            role: place.role.into(),
            confidential: place.confidential,
            other: place.other,
        };
        places.into_iter().map(place).collect()
    }
}

/// Resources of one kind that were read.
#[derive(Serialize, JsonSchema)]
pub struct Resources<'a> {
    /// The provider.
    provider: &'a str,
    /// The service.
    service: &'a str,
    /// The kind.
    kind: &'a str,
    /// How many.
    count: u64,
}

impl<'a> Resources<'a> {
    pub(super) fn all(assessment: &'a Assessment) -> Vec<Self> {
        let mut resources: Vec<_> = assessment.resources.iter().collect();
        resources.sort();
        let row = |(provider, service, kind, count): &'a (String, String, String, u64)| Self {
            provider,
            service,
            kind,
            count: *count,
        };
        resources.into_iter().map(row).collect()
    }
}

/// What was looked at, and what was not seen.
#[derive(Serialize, JsonSchema)]
pub struct Coverage<'a> {
    /// The sweep.
    #[schemars(with = "Vec<Cell<'static>>")]
    cells: Rows<'a, Cell<'a>>,
    /// What was not seen.
    #[schemars(with = "Vec<Gap<'static>>")]
    gaps: Rows<'a, Gap<'a>>,
    /// What was judged by records that the provider had made before; absent where everything was seen in this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<Recorded>,
    /// What lists over services (the bill, labels, an index, the history of changes) say of what was found.
    signals: Vec<Signal<'a>>,
}

/// What another witness says of what was found.
#[derive(Serialize, JsonSchema)]
pub struct Signal<'a> {
    /// The account (`provider/account`).
    subject: &'a str,
    /// Whose word it is.
    witness: Witness,
    /// Whether it supports what was found (`true`) or contradicts it (`false`); null where it does not tell.
    supports: Option<bool>,
    /// What it said.
    statement: &'a str,
    /// The evidence number of its first call; null when none was made.
    evidence: Option<String>,
}

/// What was judged by records that the provider had made before.
#[derive(Serialize, JsonSchema)]
pub struct Recorded {
    /// Resources of which some part was shown by a record.
    resources: u64,
    /// When the oldest of the records was made (RFC 3339, UTC).
    oldest: Timestamp,
}

impl<'a> Coverage<'a> {
    pub(super) fn new(assessment: &'a Assessment, numbers: &'a Numbers<'a>) -> Self {
        let mut cells: Vec<&fact::Cell> = assessment.cells.iter().collect();
        cells.sort_by(|a, b| {
            (&a.provider, &a.account, &a.region, &a.service).cmp(&(
                &b.provider,
                &b.account,
                &b.region,
                &b.service,
            ))
        });
        let gaps = sorted_gaps(assessment);
        Self {
            cells: Rows::new(move || cells.clone().into_iter().map(Cell::new)),
            gaps: Rows::new(move || gaps.clone().into_iter().map(|gap| Gap::new(gap, numbers))),
            recorded: assessment
                .recorded
                .map(|told| Recorded { resources: told.resources, oldest: told.oldest }),
            signals: assessment.signals.iter().map(|signal| Signal::new(signal, numbers)).collect(),
        }
    }
}

impl<'a> Signal<'a> {
    fn new(signal: &'a fact::Signal, numbers: &Numbers<'a>) -> Self {
        Self {
            subject: &signal.subject,
            witness: signal.witness.into(),
            supports: signal.supports,
            statement: &signal.statement,
            evidence: signal.calls.first().map(|call| numbers::label(numbers.number(call))),
        }
    }
}

/// One (account, region, service) of the sweep and what became of it.
#[derive(Serialize, JsonSchema)]
pub struct Cell<'a> {
    /// The provider.
    provider: &'a str,
    /// The account.
    account: &'a str,
    /// The region, or `global`.
    region: &'a str,
    /// The service.
    service: &'a str,
    /// What became of it.
    state: State,
    /// What closes it to the account, where it is closed: `not_opted_in`, or `policy` (a policy above the account denies everything
    /// there).
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_by: Option<&'static str>,
    /// How many resources were listed.
    resources: u64,
}

impl<'a> Cell<'a> {
    fn new(cell: &'a fact::Cell) -> Self {
        Self {
            provider: &cell.provider,
            account: &cell.account,
            region: &cell.region,
            service: &cell.service,
            state: cell.state.into(),
            closed_by: cell.closed_by.map(|by| match by {
                sekisho_contract::fact::ClosedBy::NotOptedIn => "not_opted_in",
                sekisho_contract::fact::ClosedBy::Policy => "policy",
            }),
            resources: cell.resources,
        }
    }
}

/// Something that should have been seen and was not.
#[derive(Serialize, JsonSchema)]
pub struct Gap<'a> {
    /// The resource, or the cell (`provider/account/region/service`).
    subject: &'a str,
    /// The property that was not seen; `resources` for a whole cell.
    facet: &'a str,
    /// Why.
    reason: Reason,
    /// `service:Operation` that should have shown it; empty when none was asked.
    operation: &'a str,
    /// The permission it needs, when it was refused.
    permission: &'a str,
    /// The call that failed; null when none was made.
    call: Option<&'a str>,
    /// The evidence number of that call.
    evidence: Option<String>,
}

impl<'a> Gap<'a> {
    fn new(gap: &'a gap::Gap, numbers: &Numbers<'a>) -> Self {
        Self {
            subject: &gap.subject,
            facet: &gap.facet,
            reason: gap.reason.into(),
            operation: &gap.operation,
            permission: &gap.permission,
            call: gap.call.as_ref().map(|call| call.as_str()),
            evidence: gap.call.as_ref().map(|call| numbers::label(numbers.number(call))),
        }
    }
}

/// The calls that were made.
#[derive(Serialize, JsonSchema)]
pub struct Ledger<'a> {
    /// When the asking began (RFC 3339, UTC): no fact is older.
    #[schemars(extend("format" = "date-time"))]
    began_at: String,
    /// Requests sent, repeated attempts included.
    calls: u64,
    /// Attempts after the first.
    retried: u64,
    /// Answers that asked for a slower pace.
    throttled: u64,
    /// Requests sent, by `service:Operation`.
    by_operation: &'a BTreeMap<String, u64>,
    /// How fast each API family was asked at most, against what this program allows itself and the provider's own limit.
    rates: &'a [FamilyRate],
    /// The calls that findings and gaps cite, by evidence number.
    #[schemars(with = "Vec<Evidence<'static>>")]
    evidence: Rows<'a, Evidence<'a>>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(material: &Material<'a>, numbers: &'a Numbers<'a>) -> Self {
        let Material { run, ledger, evidence, .. } = *material;
        let cited =
            move || numbers.cited().filter_map(|(number, id)| Some((number, id.as_str(), evidence.get(id)?)));
        Self {
            began_at: run.started_at.to_string(),
            calls: ledger.calls,
            retried: ledger.retried,
            throttled: ledger.throttled,
            by_operation: &ledger.by_operation,
            rates: &ledger.rates,
            evidence: Rows::new(move || cited().map(|(number, call, of)| Evidence::new(number, call, of))),
        }
    }
}

/// A call that is cited; status, time, request id and digest are those of its last attempt.
#[derive(Serialize, JsonSchema)]
pub struct Evidence<'a> {
    /// The evidence number: `E-0001`.
    number: String,
    /// The call's id.
    call: &'a str,
    /// The provider asked.
    provider: &'a str,
    /// The account asked.
    account: &'a str,
    /// The region asked, or `global`.
    region: &'a str,
    /// `service:Operation`.
    operation: &'a str,
    /// What was asked about; empty for a list.
    target: &'a str,
    /// The HTTP status; 0 when no answer came.
    status: u16,
    /// The provider's error code; empty when it gave none.
    error: &'a str,
    /// How many attempts were made.
    attempts: u32,
    /// When the last attempt was sent (RFC 3339, UTC).
    #[schemars(extend("format" = "date-time"))]
    at: String,
    /// The provider's request id; empty when it gave none.
    request_id: &'a str,
    /// SHA-256 of the answer; empty when none came.
    sha256: &'a str,
}

impl<'a> Evidence<'a> {
    fn new(number: u32, call: &'a str, evidence: &'a report::Evidence) -> Self {
        Self {
            number: numbers::label(number),
            call,
            provider: &evidence.provider,
            account: &evidence.account,
            region: &evidence.region,
            operation: &evidence.operation,
            target: &evidence.target,
            status: evidence.status,
            error: &evidence.error,
            attempts: evidence.attempts,
            at: evidence.at.to_string(),
            request_id: &evidence.request_id,
            sha256: &evidence.sha256,
        }
    }
}

/// Mirrors one of our enums, so that renaming a variant there cannot change the file.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident of $source:ident { $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Serialize, JsonSchema)]
        enum $name { $(#[serde(rename = $word)] $variant,)* }
        impl From<$source> for $name {
            fn from(value: $source) -> Self { match value { $($source::$variant => Self::$variant,)* } }
        }
    };
}

mirror! {
    /// What a copy is for.
    Role of CopyRole {
        Primary = "primary", Replica = "replica", Backup = "backup", Snapshot = "snapshot", Log = "log",
        Cache = "cache", Key = "key", Transit = "transit",
    }
}

mirror! {
    /// Whose list it is.
    Witness of FactWitness { Cost = "cost", Activity = "activity", Labels = "labels", Inventory = "inventory", }
}

mirror! {
    /// The state of a cell.
    State of CellState {
        Listed = "listed", Closed = "closed", Denied = "denied", Failed = "failed", Skipped = "skipped",
    }
}

mirror! {
    /// Why something was not seen.
    Reason of GapReason {
        Denied = "denied", ThrottledOut = "throttled-out", Failed = "failed", Unreachable = "unreachable",
        Malformed = "malformed", EndlessPages = "endless-pages", Unsupported = "unsupported", Closed = "closed",
        Vanished = "vanished", Credentials = "credentials", Unresolved = "unresolved", Unknown = "unknown",
        NotRead = "not-read",
        Cancelled = "cancelled", BudgetSpent = "budget-spent", Skipped = "skipped", Missing = "missing",
    }
}
