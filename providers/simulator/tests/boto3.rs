//! An independent reader: boto3 reads from the simulator what the description says.

#[path = "../../../tests/support/python.rs"]
mod python;

use std::path::Path;
use std::process::Command;

use sekisho_simulator::{Description, Simulator};
use serde_json::Value;

#[test]
fn boto3_reads_what_the_description_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/boto3");
    let description = Description::read(&folder.join("cloud.yaml")).unwrap();
    let simulator = Simulator::start(description).unwrap();
    let (access_key, secret) = simulator.credentials();
    let output = Command::new(python::python())
        .arg(folder.join("read_facts.py"))
        .args(["--endpoint", &simulator.endpoint(), "--access-key", &access_key, "--secret-key", &secret])
        .args(["111122223333", "444455556666"].map(|account| format!("arn:aws:iam::{account}:role/reader")))
        .arg("arn:aws:iam::111122223333:role/other")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let mut differences = Vec::new();
    compare("", &expected, &found, &mut differences);
    assert!(differences.is_empty(), "{}", differences.join("\n"));

    // Whatever a client of the vendor asks for, every request was understood.
    let unknown: Vec<_> = simulator.requests().into_iter().filter(|r| &*r.operation == "Unknown").collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert_eq!(simulator.exceeded_quota(), 0);
}

#[test]
fn boto3_reads_what_is_told_from_models() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/boto3");
    let told = Path::new(env!("CARGO_MANIFEST_DIR")).join("../aws/tests/conformance.yaml");
    let simulator = Simulator::start(Description::read(&told).unwrap()).unwrap();
    let (access_key, secret) = simulator.credentials();
    let output = Command::new(python::python())
        .arg(tests.join("read_told.py"))
        .args(["--endpoint", &simulator.endpoint(), "--access-key", &access_key, "--secret-key", &secret])
        .arg(&told)
        .output()
        .unwrap();
    let said = [&output.stdout[..], &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "{}", said[1]);
    assert_eq!(said[0], "", "{}", said[1]);
}

#[test]
fn what_is_known_of_services_is_in_their_models() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python::python())
        .arg("-B")
        .arg(python::scripts().join("services.py"))
        .args([here.join("../aws/src"), here.join("src")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made = String::from_utf8(output.stdout).unwrap();
    let known = std::fs::read_to_string(here.join("src/aws/services.json")).unwrap();
    let stale = known.lines().zip(made.lines()).find(|(known, made)| known != made);
    assert!(
        known == made,
        "src/aws/services.json is not what `python tests/python/services.py providers/aws/src providers/simulator/src` \
         prints: {stale:?}"
    );
}

/// What is expected must be there; more may be, unless `?count` says how many members there are.
fn compare(path: &str, expected: &Value, found: &Value, differences: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(members)) => {
            for (name, value) in expected {
                if name == "?count" {
                    if value.as_u64() != Some(members.len() as u64) {
                        differences.push(format!("{path}: {} members, not {value}", members.len()));
                    }
                    continue;
                }
                match members.get(name) {
                    Some(member) => compare(&format!("{path} / {name}"), value, member, differences),
                    None => differences.push(format!("{path} / {name}: absent; there is {found}")),
                }
            }
        }
        (Value::Array(expected), Value::Array(items)) if expected.len() == items.len() => {
            for (index, (expected, item)) in expected.iter().zip(items).enumerate() {
                compare(&format!("{path}[{index}]"), expected, item, differences);
            }
        }
        _ if expected == found => {}
        _ => differences.push(format!("{path}: {found}, not {expected}")),
    }
}
