//! What is asked of whom, and how.

use super::journal::{Identity, JournalFault};
use crate::run_folder::ReadFault;
use sekisho_contract::door::{Patience, Transport};
use sekisho_contract::{AccountSection, Provider};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What is asked of whom.
pub struct Order<'a> {
    /// The providers at hand.
    pub providers: &'a [Arc<dyn Provider>],
    /// The accounts.
    pub accounts: &'a [AccountSection],
    /// How the asking is done.
    pub ways: Ways,
    /// Stops the run; what was gathered is kept.
    pub cancel: CancellationToken,
}

/// Requests under way at once, for all accounts together. At 20 ms an answer these are 3,200 requests a second: about
/// what one processor signs, sends, reads and writes down.
const REQUESTS: usize = 64;
/// Cells under way for each request: most cells wait for one answer at a time, and many for their turn.
const CELLS_A_REQUEST: usize = 4;
/// Accounts under way at once. Each has its own pace, so a slow one holds up no other; what bounds them is memory.
const ACCOUNTS: usize = 64;

/// How the asking is done.
#[derive(Clone)]
pub struct Ways {
    /// Carries the bytes.
    pub transport: Arc<dyn Transport>,
    /// How long and how often to try again.
    pub patience: Patience,
    /// Requests under way at once, for each provider.
    pub requests_under_way: usize,
    /// Cells under way at once.
    pub cells_under_way: usize,
    /// Accounts under way at once.
    pub accounts_under_way: usize,
    /// Requests that may be made, for each provider; `None` for no bound.
    pub budget: Option<u64>,
    /// Whether the providers' rate limits apply.
    pub paced: bool,
    /// How long a cell may take to wind up after a cancellation.
    pub grace: Duration,
}

impl Ways {
    /// The ways of an ordinary run.
    pub fn ordinary(transport: Arc<dyn Transport>) -> Self {
        Self {
            transport,
            patience: Patience::ORDINARY,
            requests_under_way: REQUESTS,
            cells_under_way: REQUESTS * CELLS_A_REQUEST,
            accounts_under_way: ACCOUNTS,
            budget: None,
            paced: true,
            grace: Duration::from_secs(5),
        }
    }

    /// The same with so many requests under way at once, and as many cells as keep them busy.
    #[must_use]
    pub fn with_requests_under_way(self, requests: usize) -> Self {
        Self {
            requests_under_way: requests,
            cells_under_way: requests.saturating_mul(CELLS_A_REQUEST),
            ..self
        }
    }
}

/// A run that could not be carried through.
#[derive(Debug, thiserror::Error)]
pub enum CollectFault {
    /// The journal could not be written.
    #[error(transparent)]
    Journal(#[from] JournalFault),
    /// What was gathered could not be read back.
    #[error(transparent)]
    Read(#[from] ReadFault),
    /// No provider of that name is at hand.
    #[error("no provider `{provider}` for the account {account}; see `sekisho --version` for those built in")]
    NoProvider {
        /// The name in the tenancy file.
        provider: String,
        /// The account.
        account: String,
    },
}

impl Identity {
    /// The identity of a run over these accounts.
    pub fn of(accounts: &[AccountSection], profile: &str, profile_digest: &str) -> Self {
        let mut digest = Sha256::new();
        for section in accounts {
            // Field by field, each with its length: no two sections look the same.
            let listed = |items: &[String]| items.join("\u{1f}");
            let pairs: Vec<String> =
                section.endpoints.iter().map(|(name, url)| format!("{name}={url}")).collect();
            let optional =
                |value: &Option<String>| value.as_ref().map_or("-".into(), |value| format!("+{value}"));
            for part in [
                section.provider.clone(),
                section.id.clone(),
                section.regions.as_ref().map_or("-".into(), |regions| format!("+{}", listed(regions))),
                optional(&section.role_arn),
                optional(&section.organization_role),
                optional(&section.external_id),
                optional(&section.profile),
                optional(&section.endpoint),
                listed(&pairs),
            ] {
                digest.update((part.len() as u64).to_be_bytes());
                digest.update(part.as_bytes());
            }
        }
        Self {
            accounts: hex::encode(digest.finalize()),
            profile: format!("{profile} {profile_digest}"),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}
