//! The one integration binary; a file per boundary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod bad_input;
mod cloud;
mod command;
mod faults;
mod read_only;
mod resume;
mod schemas;
mod tidy;
