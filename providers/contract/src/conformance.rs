//! The conformance suite every provider passes.
