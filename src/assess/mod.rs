//! Holds facts against the profile's checks, and checks against its clauses.

mod result;

pub use crate::annex::Level;
pub use result::{
    Assessment, CheckResult, ClauseResult, Counts, DocumentResult, Finding, Need, PlaceCount, Status,
};
