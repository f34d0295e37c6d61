//! An independent reader: Google's own Python clients read from the simulator what the description says.

#[path = "../../../tests/support/python.rs"]
mod python;

use std::path::Path;
use std::process::Command;

use sekisho_simulator::{Description, Simulator};

#[test]
fn the_official_clients_read_what_the_description_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/google");
    let told = folder.join("cloud.yaml");
    let simulator = Simulator::start(Description::read(&told).unwrap()).unwrap();
    let output = Command::new(python::python())
        .arg("-B")
        .arg(folder.join("read_back.py"))
        .args(["--endpoint", &simulator.endpoint()])
        .arg(&told)
        .output()
        .unwrap();
    let said = [&output.stdout[..], &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "{}{}", said[0], said[1]);

    // Whatever a client of the vendor asks for, every request was understood.
    let unknown: Vec<_> = simulator.requests().into_iter().filter(|r| &*r.operation == "Unknown").collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
