//! What became of everything an earlier run found: the comparison behind the written report that all of it was erased.
//!
//! Pure: the same two runs and catalogue give the same result, in the same order. A thing is gone only where every list in
//! which it could stand, or in which its data could rest after its deletion, was read to its end and does not have it. What
//! was refused, failed, closed or not asked shows nothing.

mod answers;
mod by_key;
mod compare;
mod kinds;
mod open;
mod own;
mod result;
mod sight;
#[cfg(test)]
mod tests;
mod why;

pub use compare::{Side, verify};
pub use kinds::{Catalogue, CatalogueFault, Rest, Row};
pub use result::{
    Answer, CopyTold, Counts, Erased, KeyTold, LeftOut, List, Looked, Open, SCHEMA, State, Tally, Thing,
};

use crate::run_folder::ReadFault;

/// Two runs that could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum VerifyFault {
    /// A file could not be read.
    #[error(transparent)]
    Read(#[from] Box<dyn std::error::Error + Send + Sync>),
    /// The ledger could not be read.
    #[error(transparent)]
    Ledger(#[from] ReadFault),
    /// A fact of the run that looked again cannot be read: it may be something that is still there.
    #[error("line {line} of the facts cannot be read: {why}; look again into another --out folder")]
    Again {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// The baseline is of another tenancy.
    #[error(
        "the baseline is of the tenancy `{then}`, and this is `{now}`; name a run of this tenancy with --baseline"
    )]
    OtherTenancy {
        /// Whose the baseline is.
        then: String,
        /// Whose the new run is.
        now: String,
    },
    /// The baseline has none of the accounts.
    #[error(
        "the baseline has none of the accounts of the tenancy file; name a run of this tenancy with --baseline"
    )]
    OtherAccounts,
    /// The baseline is not older than the run that looked again.
    #[error(
        "the baseline was made at {then}, and this run began at {now}; name a run from before with --baseline"
    )]
    NotBefore {
        /// When the baseline was complete.
        then: jiff::Timestamp,
        /// When the new run began.
        now: jiff::Timestamp,
    },
}
