//! Runs as others get them: a sealed bundle, or the folder of a run.

mod opened;

pub use opened::{OpenFault, OpenRun};
