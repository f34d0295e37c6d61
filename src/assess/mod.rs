//! Holds facts against the profile's checks, and checks against its clauses.

mod result;

pub use result::{
    Assessment, CheckResult, ClauseResult, Counts, DocumentResult, Finding, Level, Need, PlaceCount, Status,
};
