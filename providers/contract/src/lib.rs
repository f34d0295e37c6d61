//! What every provider and the rest of sekisho agree on: the fact vocabulary, the [`Provider`] trait,
//! the declaration of operations, and the [`door`] through which every call leaves the machine.
//!
//! This crate knows no SDK and opens no connection of its own: the bytes are carried by a
//! [`door::Transport`] that is handed in.

pub mod call;
pub mod conformance;
mod declare;
pub mod door;
pub mod draft;
pub mod fact;
pub mod gap;
pub mod log_store;
pub mod observed;
pub mod operation;
pub mod page;
pub mod place;
pub mod portal;
pub mod provider;

pub use call::{Call, CallId};
pub use gap::{Gap, GapReason, Sheet, Shortfall};
pub use observed::Observed;
pub use operation::{Operation, Per};
pub use provider::{AccountSection, AccountSession, CellKey, Endpoint, FactSink, Lack, Provider, Thing};
