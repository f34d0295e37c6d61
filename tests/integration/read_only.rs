//! A full run over the demo's clouds, seen from the server: only declared reads, each in the ledger, under
//! the policy that is printed; and no secret anywhere in what the run leaves or says.

use super::command::{Program, credentials, folder, run};
use sekisho::run_folder::RunFolder;
use sekisho_contract::Call;
use sekisho_simulator::{Description, Simulator};
use serde_json::Value;
use std::collections::BTreeSet;

const CLOUD: &str = include_str!("../../src/cli/demo/cloud.yaml");
const TENANCY: &str = include_str!("../../src/cli/demo/tenancy.toml");
/// What every session token of the simulator begins with.
const TOKEN: &str = "FwoGZXIvYXdzE";

/// What is declared by a provider, or by all of them.
fn declared<'a>(
    provider: Option<&'a str>,
    field: impl Fn(&'static sekisho_contract::Operation) -> String + 'a,
) -> BTreeSet<String> {
    let asked = sekisho::providers::all().iter().filter(|one| provider.is_none_or(|name| one.name() == name));
    // What a portal is asked is declared beside the sweep.
    let operations = asked.flat_map(|one| {
        let portal = one.portal().map_or(&[][..], |portal| portal.operations);
        one.operations().iter().chain(portal)
    });
    operations.map(|operation| field(operation)).filter(|text| !text.is_empty()).collect()
}

/// What is no read by its name, in the words of any of the clouds.
fn changes(operation: &str) -> bool {
    let reads = [
        "Get",
        "List",
        "Describe",
        "BatchGet",
        "Head",
        "Lookup",
        "Select",
        "Query",
        "get",
        "list",
        "search",
        "aggregatedList",
    ];
    // Google's names are of parts, the verb among the last; the others' begin with it. Resource Graph has one
    // operation, which is a query.
    let read = operation.split('.').any(|part| reads.iter().any(|verb| part.starts_with(verb)));
    !read && !["AssumeRole", "Resources"].contains(&operation)
}

#[test]
fn the_server_saw_declared_reads_and_nothing_else() {
    let simulator = Simulator::start(
        Description::parse(&sekisho_simulator::dated(CLOUD, jiff::Timestamp::now())).unwrap(),
    )
    .unwrap();
    let tenancy = TENANCY.replace("http://127.0.0.1:0", &simulator.endpoint());
    let folder = folder(&[("tenancy.toml", &tenancy)]);
    let arguments = ["-vv", "assess", "-c", "tenancy.toml", "--out", "out"];
    let (code, out, err) = Program::new(folder.path(), &arguments).with(&credentials()).run();
    assert_eq!(code, 1, "the demo's tenancy violates\n{err}");

    let run_folder = RunFolder::open(&folder.path().join("out")).unwrap();
    let ledger: Vec<Call> = run_folder.ledger().pass().collect::<Result<_, _>>().unwrap();
    let requests = simulator.requests();
    let written: BTreeSet<String> = ledger.iter().map(|call| call.operation.clone()).collect();
    let seen: BTreeSet<String> = requests.iter().map(|r| format!("{}:{}", r.service, r.operation)).collect();
    let declared_names = declared(None, sekisho_contract::Operation::full_name);
    assert_eq!(seen, written, "the ledger holds what the server saw");
    assert_eq!(requests.len(), ledger.len(), "a line for each request");
    assert!(requests.len() > 1000, "a full run: {}", requests.len());
    let undeclared: Vec<_> = seen.difference(&declared_names).collect();
    assert!(undeclared.is_empty(), "undeclared: {undeclared:?}");
    let changing: Vec<_> = seen.iter().filter(|name| changes(name.split_once(':').unwrap().1)).collect();
    assert!(changing.is_empty(), "no reads: {changing:?}");
    let clouds: BTreeSet<&str> = ledger.iter().map(|call| call.provider.as_str()).collect();
    assert_eq!(clouds.into_iter().collect::<Vec<_>>(), ["aws", "azure", "gcp"]);

    // Nobody was told a secret, whatever was logged.
    let mut told = vec![("standard output".to_owned(), out), ("standard error".to_owned(), err)];
    for file in std::fs::read_dir(run_folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let bytes = if path.extension().is_some_and(|extension| extension == "zst") {
            zstd::decode_all(bytes.as_slice()).unwrap()
        } else {
            bytes
        };
        told.push((path.display().to_string(), String::from_utf8(bytes).unwrap()));
    }
    assert!(told.len() >= 7, "{:?}", told.iter().map(|(name, _)| name).collect::<Vec<_>>());
    for (name, text) in &told {
        for secret in [credentials()[1].1, TOKEN, "AWS4-HMAC-SHA256", "X-Amz-Security-Token", "Bearer "] {
            assert!(!text.contains(secret), "{name} holds {secret}");
        }
    }
    // The control: the sessions were there to be told.
    let sessions = requests.iter().filter(|request| request.access_key.starts_with("ASIA")).count();
    assert!(sessions > 100, "{sessions} requests under a session");
}

#[test]
fn the_policy_that_is_printed_allows_exactly_what_is_declared() {
    let folder = folder(&[]);
    let (code, out, err) = run(folder.path(), &["permissions", "aws"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let policy: Value = serde_json::from_str(&out).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    assert!(statements.iter().all(|statement| statement["Effect"] == "Allow"));
    let actions: Vec<String> = statements
        .iter()
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .map(|action| action.as_str().unwrap().to_owned())
        .collect();
    let allowed: BTreeSet<String> = actions.iter().cloned().collect();
    assert_eq!(allowed.len(), actions.len(), "each once");
    assert_eq!(allowed, declared(Some("aws"), |operation| operation.permission.to_owned()));
    assert!(!actions.iter().any(|action| action.contains('*')), "no wildcard");
}
