//! sekisho: asks the clouds themselves, read-only, where a contract's data rest and how they are
//! protected, holds what it saw against every clause of the annex, and reports it with evidence.
//!
//! [`walk`] is the spine; ARCHITECTURE.md names the floors.

pub mod annex;
pub mod assess;
pub mod bundle;
pub mod checks;
mod cms;
pub mod collect;
pub mod corroborate;
pub mod documents;
pub mod drift;
pub mod envelope;
pub mod erased;
pub mod erasure;
pub mod judge;
pub mod letter;
pub mod link;
pub mod logs;
pub mod package;
pub mod providers;
pub mod recovery;
pub mod report;
pub mod request;
pub mod run_folder;
pub mod schemas;
pub mod strict;
pub mod support;
pub mod tenancy;
pub mod text;
pub mod timestamp;
pub mod walk;
pub mod watch;
mod words;
