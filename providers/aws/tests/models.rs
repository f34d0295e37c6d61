//! What is asked and read, held to botocore's service models.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up is to fail")]

#[path = "../../../tests/support/python.rs"]
mod python;

use sekisho_aws::Aws;
use sekisho_contract::Provider;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// What the script says of these sources.
fn held(src: &Path) -> Value {
    let script = python::scripts().join("models.py");
    let output = Command::new(python::python()).arg("-B").arg(script).arg(src).output().unwrap();
    let said = serde_json::from_slice(&output.stdout);
    said.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Copies a folder with what is below it.
fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        match file.file_type().unwrap().is_dir() {
            true => copy_folder(&file.path(), &to.join(file.file_name())),
            false => drop(std::fs::copy(file.path(), to.join(file.file_name())).unwrap()),
        }
    }
}

#[test]
fn every_operation_and_field_is_in_the_models() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let said = held(&src);
    assert_eq!(said["problems"], serde_json::json!([]));
    // The portal, and stored logs, are entered as accounts are, and have operations of their own besides.
    let aws = Aws::default();
    let beside = aws.portal().unwrap().operations.iter().chain(aws.log_operations());
    let own = beside.filter(|one| aws.operations().iter().all(|known| !std::ptr::eq(*known, **one))).count();
    assert_eq!(said["held"]["operations"], aws.operations().len() + own);
    assert_eq!(own, 4);
    assert!(said["held"]["fields"].as_u64() > Some(100), "{said}");
    assert!(said["held"]["addresses"].as_u64() > Some(10), "{said}");

    // The control: what is spelt otherwise is found.
    let copy = tempfile::tempdir().unwrap();
    for file in ["credentials.rs", "organization.rs"] {
        std::fs::copy(src.join(file), copy.path().join(file)).unwrap();
    }
    copy_folder(&src.join("kind"), &copy.path().join("kind"));
    let answers = std::fs::read_to_string(src.join("kind/s3_answers.rs")).unwrap();
    let misspelt = answers.replace("\"KMSMasterKeyID\"", "\"KmsMasterKeyId\"");
    assert_ne!(answers, misspelt);
    std::fs::write(copy.path().join("kind/s3_answers.rs"), misspelt).unwrap();
    let problems = held(copy.path())["problems"].clone();
    assert_eq!(
        problems,
        serde_json::json!(["kind/s3_answers.rs: ByDefault: no answer has a field KmsMasterKeyId"])
    );
}
