//! Independent statements about places, held beside what the control plane declares.

pub mod land;
pub mod measurement;
pub mod probe;
pub mod ranges;
pub mod rtt;
pub mod survey;
pub mod tls;
