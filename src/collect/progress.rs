//! How far the collecting is, for those who watch.

use super::plan::Plan;
use sekisho_contract::call::Call;
use sekisho_contract::fact::Cell;

/// Watches a run. Called from many places at once: be quick.
pub trait Progress: Send + Sync {
    /// Something happened.
    fn note(&self, event: Event<'_>);
}

/// What can happen while collecting.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// What will be asked, as far as it can be known before.
    Planned(&'a Plan),
    /// So many accounts will be opened.
    Accounts(usize),
    /// An account was opened and surveyed, or could not be.
    AccountSurveyed {
        /// The provider.
        provider: &'a str,
        /// The account.
        account: &'a str,
    },
    /// So many more cells were found.
    CellsFound(usize),
    /// A cell was settled or swept.
    CellEnded(&'a Cell),
    /// A resource was read.
    ResourceRead,
    /// An attempt of a call was made.
    CallMade(&'a Call),
}

/// Nobody watches.
#[derive(Debug, Clone, Copy)]
pub struct Quiet;

impl Progress for Quiet {
    fn note(&self, _: Event<'_>) {}
}
