//! An organization's policies: what they close is closed, and what only looks as if is not.

use super::super::python;
use super::expectation::findings;
use super::process::{Emulator, Server};
use super::seed::{Told, run};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

/// Makes the organization of `organization.py`, reads it, and tells every difference.
pub fn differences(emulator: Emulator) -> Vec<String> {
    let server = emulator.start();
    let accounts = plant(&server);
    let told = run(&tenancy(&server.endpoint(), &accounts["management"]));
    let mut differences = Vec::new();
    // The policy binds no management account, and one that is attached to nothing binds nobody.
    for (name, guarded) in [("guarded", true), ("wide", false), ("loose", false), ("management", false)] {
        let account = &accounts[name];
        let key = ("regions-guarded".to_owned(), format!("aws/{account}"));
        let status = findings(&told).get(&key).map(|finding| finding.status.clone());
        if status.as_deref() != (!guarded).then_some("violates") {
            differences.push(format!("{}: regions-guarded of {name}: {status:?}", emulator.name()));
        }
        for (region, closed) in [("us-east-1", guarded), ("ap-northeast-3", false)] {
            let state = state(&told, account, region);
            if (state == "closed") != closed {
                differences.push(format!("{}: {region} of {name} is {state}", emulator.name()));
            }
        }
    }
    differences
}

fn plant(server: &Server) -> BTreeMap<String, String> {
    let script = python::scripts().join("organization.py");
    let mut command = Command::new(python::python());
    let output = command.arg("-B").arg(script).args(["--endpoint", &server.endpoint()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn tenancy(endpoint: &str, management: &str) -> String {
    format!(
        r#"
[tenancy]
name = "an organization on an emulator"
profile = "jp-annex-2"
contract_end = 2031-03-31

[[account]]
provider = "aws"
id = "{management}"
role_arn = "arn:aws:iam::{management}:role/sekisho-reader"
accounts = "organization"
regions = ["ap-northeast-1", "ap-northeast-3", "us-east-1"]
endpoint = "{endpoint}"
"#
    )
}

/// How an account's disks in a region were looked at.
fn state(told: &Told, account: &str, region: &str) -> String {
    let cells = told.report["coverage"]["cells"].as_array().unwrap();
    let this =
        |cell: &&Value| cell["account"] == account && cell["region"] == region && cell["service"] == "ec2";
    cells.iter().find(this).and_then(|cell| cell["state"].as_str()).unwrap_or("not told of").to_owned()
}
