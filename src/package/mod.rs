//! The package of papers that section Ⅸ asks for: the documents that may be passed on, an index, the list of what is
//! disclosed about the cloud (Ⅴ-13), and what is missing.
//!
//! A document goes in only when its bytes are those that the register names by their SHA-256, and nothing in its handling
//! bars that. Whatever does not go in is said, with the reason and whom to ask. What is said follows from the run, the
//! register and a day alone; the same of these give the same bytes.

mod contents;
mod counts;
mod demands;
mod disclosure;
mod inventory;
mod names;
mod pages;
mod papers;
mod restrictions;
mod take;
mod write;

pub use contents::{INDEX_SCHEMA, Index, Missing};
pub use demands::whom;
pub use disclosure::{DISCLOSURE_SCHEMA, Disclosure};
pub use inventory::{Inventory, InventoryFault};
pub use write::{MANIFEST_SCHEMA, Manifest, Order, PackageFault, Packed, check_places, write};

use crate::annex::Profile;
use crate::assess::Assessment;
use crate::documents::Register;
use crate::run_folder::Run;
use jiff::civil::Date;

/// What a package tells of.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// What has to be handed in.
    pub profile: &'a Profile,
    /// The run.
    pub run: &'a Run,
    /// What the run came to when it was made: what the cloud is like.
    pub then: &'a Assessment,
    /// What the run and the register come to on the day of the package: how the papers stand.
    pub now: &'a Assessment,
    /// The register as it is on that day.
    pub register: &'a Register,
    /// The register as the run used it.
    pub earlier: &'a Register,
    /// What the run found, counted.
    pub inventory: &'a Inventory,
    /// The day of the package, by the calendar of Japan.
    pub on: Date,
}
