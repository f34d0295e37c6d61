//! Asks the clouds: what will be asked, the asking, and the journal that loses nothing.

mod append;
mod drive;
mod forecast;
mod gathered;
mod journal;
mod log_stores;
mod openly;
mod order;
mod plan;
mod portal;
mod progress;
mod scan;

pub use drive::collect;
pub use forecast::{EarlierRun, ForecastFault};
pub use gathered::Gathered;
pub use journal::{Header, Identity, Journal, JournalFault};
pub use log_stores::{LogOrder, read_logs, was_cut_short};
pub use openly::ask_openly;
pub use order::{CollectFault, Order, Ways};
pub use plan::{AccountPlan, Plan, PlannedOperation, plan};
pub use portal::{PortalVisit, visit_portals};
pub use progress::{Event, Progress, Quiet};

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
