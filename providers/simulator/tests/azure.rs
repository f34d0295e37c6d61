//! An independent reader: Microsoft's own management clients read from the simulator what the description says.

#[path = "../../../tests/support/python.rs"]
mod python;

use std::path::Path;
use std::process::Command;

use sekisho_simulator::{Description, Simulator};
use serde_json::Value;

#[test]
fn the_management_clients_read_what_the_description_says() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = here.join("tests/azure");
    let description = Description::read(&here.join("../azure/tests/conformance.yaml")).unwrap();
    let simulator = Simulator::start(description).unwrap();
    let output = Command::new(python::python())
        .arg(folder.join("read_facts.py"))
        .args(["--endpoint", &simulator.endpoint(), "00000000-0000-0000-0000-000000000001"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let mut differences = Vec::new();
    compare("", &expected, &found, &mut differences);
    assert!(differences.is_empty(), "{}", differences.join("\n"));

    // Whatever a client of the vendor asks for, every request was understood.
    let unknown: Vec<_> = simulator.requests().into_iter().filter(|r| &*r.operation == "Unknown").collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// What is expected must be there; more may be.
fn compare(path: &str, expected: &Value, found: &Value, differences: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(members)) => {
            for (name, value) in expected {
                match members.get(name) {
                    Some(member) => compare(&format!("{path} / {name}"), value, member, differences),
                    None => differences.push(format!("{path} / {name}: absent; there is {found}")),
                }
            }
        }
        _ if expected == found => {}
        _ => differences.push(format!("{path}: {found}, not {expected}")),
    }
}
