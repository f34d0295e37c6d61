//! What is asked and read, and what the simulator answers, held to Google's discovery documents.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up is to fail")]

#[path = "../../../tests/support/python.rs"]
mod python;

use sekisho_contract::Provider;
use sekisho_gcp::Gcp;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// What the script says of these sources.
fn held(src: &Path) -> Value {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = python::scripts().join("discovery.py");
    let output = Command::new(python::python())
        .arg("-B")
        .arg(script)
        .arg(src)
        .arg(here.join("../simulator/src/gcp/routes.rs"))
        .arg(here.join("tests/conformance.yaml"))
        .arg(here.join("../../tests/tenancies/google-abroad/cloud.yaml"))
        .arg(here.join("../simulator/tests/google/cloud.yaml"))
        .output()
        .unwrap();
    let said = serde_json::from_slice(&output.stdout);
    said.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn every_path_parameter_and_field_is_in_the_documents() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let said = held(&src);
    assert_eq!(said["problems"], serde_json::json!([]));
    assert_eq!(said["held"]["methods"], Gcp.operations().len());
    assert!(said["held"]["fields"].as_u64() > Some(300), "{said}");
    assert!(said["held"]["parameters"].as_u64() > Some(40), "{said}");
    assert!(said["held"]["described"].as_u64() > Some(80), "{said}");

    // The control: what is spelt otherwise is found.
    let copy = tempfile::tempdir().unwrap();
    std::fs::create_dir(copy.path().join("kind")).unwrap();
    let storage = std::fs::read_to_string(src.join("kind/storage.rs")).unwrap();
    let misspelt = storage.replace("data_locations: Vec<String>", "data_location: Vec<String>");
    let misspelt = misspelt
        .replace("(\"maxResults\"", "(\"pageSize\"")
        .replace("storage/v1/b\"", "storage/v1/buckets\"");
    assert_ne!(storage, misspelt);
    std::fs::write(copy.path().join("kind/storage.rs"), misspelt).unwrap();
    let problems = held(copy.path())["problems"].clone();
    assert_eq!(
        problems,
        serde_json::json!([
            // That list is asked for twice: for what there is, and for what was deleted.
            "kind/storage.rs: storage.buckets.list is at storage/v1/b, not storage/v1/buckets",
            "kind/storage.rs: storage.buckets.list is at storage/v1/b, not storage/v1/buckets",
            "kind/storage.rs: storage.buckets.list has no parameter pageSize",
            "kind/storage.rs: storage.buckets.list has no parameter pageSize",
            "kind/storage.rs: CustomPlacementConfig: no schema has a field dataLocation",
        ])
    );
}
