//! Independent statements about places, held beside what the control plane declares.
//!
//! [`in_use`] finds the places and names in use among what was gathered; [`hear`](hear::hear) asks other
//! witnesses of them, which is the one part that touches the network; [`conclude`] tells, from what was
//! heard and written down, how well each place is borne out.

pub mod address;
pub mod bounds;
pub mod hear;
pub mod heard;
pub mod land;
pub mod levels;
pub mod measurement;
pub mod probe;
pub mod ranges;
pub mod rtt;
pub mod survey;
pub mod tls;
pub mod witnesses;

pub use hear::{InUse, Witnesses, hear, in_use};
pub use heard::Heard;
pub use levels::{Corroboration, Level, Means, Statement, conclude};
