//! What an erasure run tells: `erasure.json`, schema `sekisho/erasure/v1`. The written reports are made of this alone.

use crate::assess::Status;
use crate::documents::Handling;
use crate::erasure::Hindrance;
use crate::text::Text;
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use sekisho_contract::CallId;
use sekisho_contract::fact::{CellState, CopyRole, Kind};
use serde::{Deserialize, Serialize};

/// The schema of [`Erased`].
pub const SCHEMA: &str = "sekisho/erasure/v1";

/// What became of everything that an earlier run found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    /// Always `sekisho/erasure/v1`.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// The version of sekisho that compared the runs.
    pub tool: String,
    /// The tenancy's name.
    pub tenancy: String,
    /// The contract's last day.
    #[schemars(with = "String", extend("format" = "date"))]
    pub contract_end: Date,
    /// The accounts that were looked at again, as `provider/account`.
    pub accounts: Vec<String>,
    /// The day of the catalogue of what shows that things are gone.
    #[schemars(with = "String", extend("format" = "date"))]
    pub catalogue: Date,
    /// The run whose findings are looked for again.
    pub baseline: Looked,
    /// The run that looked again.
    pub again: Looked,
    /// `conforms` only where everything is gone; `violates` where something is there or waits; else `unverified`.
    pub verdict: Status,
    /// How many there are in each state.
    pub counts: Counts,
    /// Everything the baseline found that holds data or is a key of the customer's, in a fixed order.
    pub things: Vec<Thing>,
    /// What was not there then, and holds data now.
    pub appeared: Vec<Thing>,
    /// Parts of the tenancy of which nothing can be said, then or now.
    pub open: Vec<Open>,
    /// The lists that show by their silence what is gone; things name them by their number.
    pub lists: Vec<List>,
    /// What holds no data of the contract and was not looked for, counted.
    pub left_out: Vec<LeftOut>,
    /// How this is to be handled: the strictest marking of what it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
}

/// One of the two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Looked {
    /// When its first call could have been made.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started_at: Timestamp,
    /// When its facts were complete.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub assessed_at: Timestamp,
    /// SHA-256 of its facts.
    pub facts_sha256: String,
    /// SHA-256 of its ledger of calls.
    pub ledger_sha256: String,
    /// Whether it was stopped before its end.
    pub cancelled: bool,
}

/// The state of a thing or of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Not there any more, by whole lists of every place where it could be or rest.
    Gone,
    /// Its bytes may rest somewhere, and the only key to them and to every copy was destroyed.
    GoneByKey,
    /// Deleted or about to be, and kept until a day.
    Scheduled,
    /// There.
    Present,
    /// Nothing shows that it is gone.
    Unverified,
}

impl State {
    /// Every one, in the order of declaration.
    pub const ALL: [Self; 5] =
        [Self::Gone, Self::GoneByKey, Self::Scheduled, Self::Present, Self::Unverified];

    /// Whether it is erased.
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Gone | Self::GoneByKey)
    }
}

/// How many there are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Gone.
    pub gone: u64,
    /// Gone with their key.
    pub gone_by_key: u64,
    /// Kept until a day.
    pub scheduled: u64,
    /// There.
    pub present: u64,
    /// Not shown to be gone.
    pub unverified: u64,
}

impl Tally {
    /// Counts one.
    pub const fn add(&mut self, state: State) {
        match state {
            State::Gone => self.gone += 1,
            State::GoneByKey => self.gone_by_key += 1,
            State::Scheduled => self.scheduled += 1,
            State::Present => self.present += 1,
            State::Unverified => self.unverified += 1,
        }
    }

    /// How many are in a state.
    pub const fn of(&self, state: State) -> u64 {
        match state {
            State::Gone => self.gone,
            State::GoneByKey => self.gone_by_key,
            State::Scheduled => self.scheduled,
            State::Present => self.present,
            State::Unverified => self.unverified,
        }
    }
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Things of the baseline.
    pub things: Tally,
    /// Their copies elsewhere.
    pub copies: Tally,
    /// What appeared since.
    pub appeared: Tally,
    /// Parts of the tenancy of which nothing can be said.
    pub open: u64,
}

/// One thing, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Thing {
    /// The provider's identifier.
    pub id: String,
    /// `aws`, `azure`, `gcp` or a plugin's name.
    pub provider: String,
    /// The account that held it.
    pub account: String,
    /// The region it was administered in.
    pub region: String,
    /// The service's short name.
    pub service: String,
    /// What it is.
    pub kind: Kind,
    /// The name people know it by.
    pub name: String,
    /// What became of it.
    pub state: State,
    /// What that rests on, in words.
    pub why: Text,
    /// The day (RFC 3339) until which it is kept, where it waits; the earliest at which it and every copy can be gone, where it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Whether what is there now was made after the baseline, and bears its name only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub another: bool,
    /// Whether its absence is told by an index that follows the services.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_index: bool,
    /// The key it lies or lay under, where that is one of the customer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyTold>,
    /// Numbers of the lists that show it to be gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<u32>,
    /// Calls that show it to be there, or that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallId>,
    /// What stands in the way of its erasure, the hardest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hindrances: Vec<Hindrance>,
    /// Its copies elsewhere, as the baseline knew them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<CopyTold>,
}

/// A key of the customer's and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyTold {
    /// Its identifier, as what lies under it names it.
    pub id: String,
    /// What became of it; absent where it is not among what either run read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// When it is destroyed, where that is decided (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// One copy elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyTold {
    /// What it is for.
    pub role: CopyRole,
    /// What holds it, where that is a thing of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// The provider's identifier of the place; absent where it was not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What became of it.
    pub state: State,
    /// What that rests on, in words.
    pub why: Text,
}

/// A part of the tenancy of which nothing can be said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// `aws`, `azure`, `gcp` or a plugin's name; empty for a whole run.
    pub provider: String,
    /// The account; empty for a whole run.
    pub account: String,
    /// The region.
    pub region: String,
    /// The service.
    pub service: String,
    /// Its state in the baseline; absent where it was no part of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<CellState>,
    /// Its state now; absent where it was not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<CellState>,
    /// What cannot be said, and why.
    pub why: Text,
    /// The call that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
}

/// A list that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// Its number, from 1.
    pub number: u32,
    /// `aws`, `azure`, `gcp` or a plugin's name.
    pub provider: String,
    /// The account asked.
    pub account: String,
    /// `service:Operation`.
    pub operation: String,
    /// Its answers, page by page.
    pub answers: Vec<Answer>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The call in the ledger of the run that looked again.
    pub call: CallId,
    /// The region asked, or `global`.
    pub region: String,
    /// What it was asked of; empty for a list of a whole region.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// The page, from 0.
    pub page: u32,
    /// When it was asked.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// The HTTP status.
    pub status: u16,
    /// The provider's request id; empty when it gave none.
    pub request_id: String,
    /// SHA-256 of the answer (lower-case hex).
    pub sha256: String,
}

/// Things that hold no data of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// `aws`, `azure`, `gcp`.
    pub provider: String,
    /// The service's short name.
    pub service: String,
    /// What they are.
    pub kind: Kind,
    /// How many the baseline found.
    pub count: u64,
    /// Why they hold none.
    pub why: Text,
}
