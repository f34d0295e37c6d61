//! `schemas/` is what the types say, and what a run writes is as `schemas/` says.

use super::cloud::{CLOUD, Walker};
use jsonschema::Validator;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{name}.json"))
}

/// Changed types change the files: run with `SEKISHO_BLESS=1` and look at the difference.
#[test]
fn the_files_are_those_of_the_types() {
    let bless = std::env::var_os("SEKISHO_BLESS").is_some();
    let mut names = Vec::new();
    for (name, schema) in sekisho::schemas::all() {
        let text = format!("{schema:#}\n");
        if bless {
            std::fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            std::fs::write(path(name), &text).unwrap();
        }
        let file = std::fs::read_to_string(path(name)).unwrap_or_default();
        assert!(file == text, "schemas/{name}.json is not what the types say; SEKISHO_BLESS=1 writes it");
        names.push(format!("{name}.json"));
    }
    let files = std::fs::read_dir(path("x").parent().unwrap()).unwrap();
    for file in files {
        let file = file.unwrap().file_name().into_string().unwrap();
        assert!(names.contains(&file), "schemas/{file} is nobody's");
    }
}

/// The schema in the file, ready to hold values against.
fn validator(name: &str) -> Validator {
    let schema: Value = serde_json::from_slice(&std::fs::read(path(name)).unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn valid(validator: &Validator, value: &Value, what: &str) {
    let faults: Vec<_> =
        validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{what}\n{}\n{value:#}", faults.join("\n"));
}

#[test]
fn what_a_run_writes_is_valid() {
    // With a few faults, so that gaps and failed calls are there too.
    let faults = "faults:\n  - {service: kms, operation: GetKeyPolicy, fault: denied}\n  - {service: logs, region: us-east-1, fault: reset}\n";
    let ran = Walker::new().walk(&format!("{CLOUD}{faults}"));
    valid(&validator("report"), &ran.report, "report.json");
    valid(&validator("run"), &ran.run, "run.json");
    let (facts, ledger) = (validator("facts"), validator("ledger"));
    for fact in &ran.facts {
        valid(&facts, fact, "a line of the facts");
    }
    for call in &ran.calls {
        valid(&ledger, &serde_json::to_value(call).unwrap(), "a line of the ledger");
    }
    // The control: a schema that takes anything would take this.
    for (name, validator) in [("report", validator("report")), ("facts", facts), ("ledger", ledger)] {
        assert!(!validator.is_valid(&serde_json::json!({"id": 7})), "{name} takes anything");
    }
}
