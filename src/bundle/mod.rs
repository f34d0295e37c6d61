//! Sealed bundles: one `.zip` with everything a run wrote, what it was judged by, and a signed statement of all of it.
//!
//! [`seal`] writes one, [`OpenRun`] reads one as a run's folder, and [`verify`] says what of it can be relied on. A bundle is
//! other people's: nothing in it is believed before its signature fits, and nothing is unpacked but into a fresh folder.

mod container;
mod manifest;
mod opened;
mod parts;
pub mod redact;
mod seal;
pub mod verify;

pub use container::{Container, ContainerFault};
pub use manifest::{Head, MANIFEST, Manifest, PAYLOAD_TYPE, PREDICATE_TYPE, Redaction, STAMP, STATEMENT};
pub use opened::{OpenFault, OpenRun, is_encrypted};
pub use parts::{Heads, PartFault};
pub use seal::{Order, SealFault, Sign, Stamp, seal};

#[cfg(test)]
mod tests;
