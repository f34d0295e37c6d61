//! sekisho-contract
