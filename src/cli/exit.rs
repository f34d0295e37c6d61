//! Exit codes: stable, and the same for every command.

use sekisho::assess::Status;

/// Every clause in scope conforms or is attested; or the command did what it was asked.
pub const CONFORMS: u8 = 0;
/// Something violates.
pub const VIOLATES: u8 = 1;
/// Bad arguments or files.
pub const USAGE: u8 = 2;
/// Nothing violates, and something is unverified.
pub const UNVERIFIED: u8 = 3;
/// The run itself failed or was stopped.
pub const FAILED: u8 = 4;

/// What `--help` says about them.
pub const HELP: &str = "Exit codes: 0 every clause in scope conforms or is attested, 1 something violates, \
                        2 bad arguments or files, 3 nothing violates but something is unverified, \
                        4 the run itself failed, was stopped or saw nothing";

/// The code of a verdict.
pub const fn of(verdict: Status) -> u8 {
    match verdict {
        Status::Conforms | Status::Attested | Status::NotApplicable => CONFORMS,
        Status::Unverified => UNVERIFIED,
        Status::Violates => VIOLATES,
    }
}
