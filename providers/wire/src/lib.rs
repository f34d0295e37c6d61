//! sekisho-wire
