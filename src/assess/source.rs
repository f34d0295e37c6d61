//! Where facts come from, and what an assessment needs besides them.

use crate::corroborate::Heard;
use crate::documents::{Handling, Register};
use crate::logs::Scan;
use crate::support::Catalogue;
use crate::tenancy::Exception;
use jiff::Timestamp;
use jiff::civil::Date;
use sekisho_contract::fact::Kind;
use sekisho_contract::place::Site;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

/// The lines of a facts file, one JSON object each. May be read more than once.
///
/// The order that costs one reading is: settings, cells and gaps, then resources.
pub trait FactSource {
    /// Reads the lines from the first.
    fn pass(&self) -> Lines<'_>;
}

/// Lines of facts.
pub type Lines<'a> = Box<dyn Iterator<Item = Result<String, FactError>> + Send + 'a>;

/// Why the lines could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the facts cannot be read: {0}")]
pub struct FactError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl FactSource for [String] {
    fn pass(&self) -> Lines<'_> {
        Box::new(self.iter().cloned().map(Ok))
    }
}

impl FactSource for Vec<String> {
    fn pass(&self) -> Lines<'_> {
        self.as_slice().pass()
    }
}

/// What an assessment needs besides the facts and the profile.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The contract's last day.
    pub contract_end: Date,
    /// Days after the contract's end within which erasure may still be completed.
    pub erasure_grace_days: u32,
    /// The day of the assessment.
    pub assessed_at: Date,
    /// When the gathering of the facts began.
    pub began: Timestamp,
    /// The moment of the assessment.
    pub at: Timestamp,
    /// The sites of the place catalogues, by id.
    pub sites: &'a BTreeMap<String, Site>,
    /// When support of software ends.
    pub ends: &'a Catalogue,
    /// The accounts that must have been read, as `provider/account`.
    pub accounts: &'a [String],
    /// What each service of each provider can hold.
    pub services: &'a [ServiceKinds],
    /// What other witnesses said of places; `None` where nobody was asked.
    pub heard: Option<&'a Heard>,
    /// The documents and statements on file.
    pub register: &'a Register,
    /// What the audit logs told; none where they were not read.
    pub logs: Option<&'a Scan>,
    /// Whether the tenancy file names audit logs.
    pub wants_logs: bool,
    /// Risks that somebody has accepted.
    pub exceptions: &'a [Exception],
    /// How a request asks that the answer be handled; none where no request is answered, or it does not say.
    pub asked: Option<&'a Handling>,
    /// How many threads evaluate; `None` for as many as there are processors.
    pub threads: Option<NonZeroUsize>,
}

/// What a service of a provider can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceKinds {
    /// The provider.
    pub provider: String,
    /// The service's short name, as in cells.
    pub service: String,
    /// The kinds it can hold.
    pub kinds: Vec<Kind>,
}
