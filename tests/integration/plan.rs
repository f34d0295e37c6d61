//! What a plan foretells, against what is then asked.

use super::cloud::{CLOUD, TENANCY};
use super::command::{Program, credentials, folder};
use sekisho_simulator::{Description, Simulator};
use serde_json::Value;
use std::path::Path;

/// The small tenancy with so many buckets and keys more.
fn cloud(buckets: u32, keys: u32) -> Description {
    let more = format!(
        "      - {{<<: *store, name: \"more-{{n:02}}\", count: {buckets}, logging: ~}}\n    keys:\n      \
         - {{region: ap-northeast-1, alias: \"more-{{n}}\", count: {keys}}}\n"
    );
    let cloud = CLOUD.replacen("    keys:\n", &more, 1);
    assert_ne!(cloud, CLOUD);
    Description::parse(&cloud).unwrap()
}

fn assess(folder: &Path, description: Description, port: u16, out: &str) -> (Simulator, u64) {
    let simulator = Simulator::start_on(description, port).unwrap();
    let tenancy = TENANCY.replace("{endpoint}", &simulator.endpoint());
    std::fs::write(folder.join("tenancy.toml"), tenancy).unwrap();
    let arguments = ["assess", "-c", "tenancy.toml", "--out", out];
    let (code, _, err) = Program::new(folder, &arguments).with(&credentials()).run();
    assert_eq!(code, 1, "{err}");
    let made = simulator.requests().len() as u64;
    (simulator, made)
}

fn plan(folder: &Path, more: &[&str]) -> Value {
    let arguments = [&["plan", "-c", "tenancy.toml", "--json"][..], more].concat();
    let (code, out, err) = Program::new(folder, &arguments).run();
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn an_earlier_run_foretells_the_calls_within_a_fifth() {
    let folder = folder(&[]);
    let (mut simulator, first) = assess(folder.path(), cloud(40, 20), 0, "runs/first");
    simulator.stop();
    let before = plan(folder.path(), &["--from", "runs/first"]);
    // What was asked is what is foretold of the same again; the few things that are asked twice count once.
    let told = |plan: &Value| plan["expected_calls"].as_u64().unwrap();
    assert!(told(&before) <= first && told(&before) * 50 >= first * 49, "{} of {first}", told(&before));
    assert_eq!(before, plan(folder.path(), &["--out", "runs/second"]), "the newest run beside the folder");
    // Three tenths more of everything.
    let (_, made) = assess(folder.path(), cloud(52, 26), simulator.address().port(), "runs/second");
    let expected = before["expected_calls"].as_f64().unwrap();
    let off = (made as f64 - expected).abs() / made as f64;
    assert!(off <= 0.2, "{expected} were foretold, and {made} made: {:.0} % off", off * 100.0);
    assert!(made > first, "the tenancy grew");
    let regions: Vec<&str> =
        before["accounts"][0]["regions"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(regions, ["ap-northeast-1", "ap-northeast-3", "us-east-1"], "those that were asked");
    // Newest of all.
    let after = plan(folder.path(), &["--out", "runs/third"]);
    assert!(told(&after) <= made && told(&after) * 50 >= made * 49, "{} of {made}", told(&after));

    let (_, out, _) =
        Program::new(folder.path(), &["plan", "-c", "tenancy.toml", "--from", "runs/first"]).run();
    assert!(
        out.contains(&format!("{} calls expected over", told(&before))) && out.contains("retries left out"),
        "{out}"
    );
    // A region that is left out is not foretold.
    let tenancy = std::fs::read_to_string(folder.path().join("tenancy.toml")).unwrap();
    let fewer =
        tenancy.replacen("id = \"111122223333\"", "id = \"111122223333\"\nregions = [\"ap-northeast-1\"]", 1);
    std::fs::write(folder.path().join("tenancy.toml"), fewer).unwrap();
    let fewer = plan(folder.path(), &["--from", "runs/first"]);
    assert!(told(&fewer) < told(&before) && fewer["accounts"][0]["regions"].as_array().unwrap().len() == 1);
}

#[test]
fn without_an_earlier_run_the_least_is_told_and_what_makes_it_more() {
    let folder = folder(&[("tenancy.toml", &TENANCY.replace("{endpoint}", "http://127.0.0.1:9"))]);
    let plan = plan(folder.path(), &[]);
    assert!(plan["expected_calls"].is_null() && plan["earlier_run"].is_null());
    let account = &plan["accounts"][0];
    let (open, opt_in) = (account["regions"].as_array().unwrap(), account["opt_in"].as_array().unwrap());
    assert!(open.len() == 17 && opt_in.len() > 10, "{account}");
    let (code, out, _) = Program::new(folder.path(), &["plan", "-c", "tenancy.toml"]).run();
    assert!(
        code == 0 && out.contains("calls at least") && out.contains("if the account has opted in"),
        "{out}"
    );
    let (code, _, err) =
        Program::new(folder.path(), &["plan", "-c", "tenancy.toml", "--from", "nowhere"]).run();
    assert!(code == 2 && err.contains("nowhere"), "{code} {err}");
}
