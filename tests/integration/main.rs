//! The one integration binary; a file per boundary.

mod bad_input;
mod command;
