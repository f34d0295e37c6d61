//! The register of evidence: certificates, reports, contracts and statements, a TOML file each in `documents/` beside the
//! tenancy file.
//!
//! The files themselves may stay where they are (many may not be passed on); their SHA-256 is always there. A run keeps
//! what it used of the register ([`Register`]), so that a report is made again without it. What follows from entries on a day
//! ([`DocumentFact`], [`TenancyFact`]) is pure, and judged by the rules in `src/checks/rules`.

mod entry;
mod fact;
mod fields;
pub mod file;
mod kind;
mod names;
pub mod offered;
pub mod pdf;
mod recognise;
mod register;
mod scope;
pub mod signature;
#[cfg(test)]
mod tests;
mod write;

pub use entry::{Entry, Handling, Listed};
pub use fact::{DocumentFact, OutputFact, TenancyFact, asks_encryption};
pub use kind::{About, DocumentKind, Part, keys, title};
pub use names::{is_provider, plain};
pub use register::{
    Document, ENDS, ENDS_KEY, FOLDER, Faulty, Loaded, REGISTER_SCHEMA, Register, gather, load, name_of,
    strictest,
};
pub use scope::{InUse, outside};
pub use write::{Draft, WriteFault};
