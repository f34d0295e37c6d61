//! The one integration binary; a file per boundary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stderr, reason = "what a test counted is told to its runner")]

#[cfg(feature = "aws")]
mod artifact;
#[cfg(feature = "azure")]
mod azure_abroad;
mod bad_input;
#[cfg(all(feature = "aws", feature = "azure"))]
mod barriers;
#[cfg(feature = "aws")]
mod cel;
mod ceremony;
mod cloud;
mod command;
mod copies_abroad;
mod corroborate;
mod coverage;
#[cfg(feature = "aws")]
mod documents;
mod drift;
#[cfg(feature = "aws")]
mod emulators;
#[cfg(all(feature = "aws", feature = "azure"))]
mod erased;
mod faults;
#[cfg(feature = "aws")]
mod forms;
mod google_abroad;
mod hostile;
#[cfg(feature = "aws")]
mod keys;
mod log_join;
mod logs;
mod mishaps;
mod mixed;
mod mutations;
mod obstacles;
mod organization;
#[cfg(feature = "aws")]
mod package;
mod page;
mod papers;
mod plan;
#[path = "../support/planted_logs.rs"]
mod planted_logs;
mod polite;
mod prospects;
#[cfg(feature = "aws")]
#[path = "../support/python.rs"]
mod python;
mod read_only;
#[cfg(all(feature = "aws", feature = "azure", feature = "gcp"))]
mod redaction;
mod resume;
mod schemas;
mod second_lists;
mod tidy;
mod vantage;
#[cfg(feature = "aws")]
mod watch;
