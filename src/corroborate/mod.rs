//! Independent statements about places, held beside what the control plane declares.

pub mod ranges;
