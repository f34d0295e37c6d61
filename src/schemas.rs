//! The JSON Schemas of the files sekisho writes and reads.

use serde_json::Value;

/// Every schema, by name, in order. `schemas/` holds them as files; a test compares.
pub fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("corroboration", schemars::schema_for!(crate::corroborate::Heard).into()),
        ("disclosure-list", schemars::schema_for!(crate::package::Disclosure).into()),
        ("documents", schemars::schema_for!(crate::documents::Register).into()),
        ("drift", schemars::schema_for!(crate::drift::json::DriftFile).into()),
        ("erasure", schemars::schema_for!(crate::erased::Erased).into()),
        ("facts", schemars::schema_for!(sekisho_contract::fact::Fact).into()),
        ("ledger", schemars::schema_for!(sekisho_contract::Call).into()),
        ("logs", schemars::schema_for!(crate::logs::Scan).into()),
        ("manifest", schemars::schema_for!(crate::bundle::Manifest).into()),
        ("measurement", schemars::schema_for!(crate::corroborate::measurement::Measurement).into()),
        ("notice", schemars::schema_for!(crate::watch::notice::Notice).into()),
        ("package", schemars::schema_for!(crate::package::Manifest).into()),
        ("package-index", schemars::schema_for!(crate::package::Index).into()),
        ("report", crate::report::json::schema()),
        ("request", schemars::schema_for!(crate::request::Request).into()),
        ("run", schemars::schema_for!(crate::run_folder::Run).into()),
    ]
}
