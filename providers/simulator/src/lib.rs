//! sekisho-simulator
