//! The rules of the checks, evaluated by another implementation of their language: the same answers, errors included.

use super::python;
use cel::Context;
use sekisho::checks::{self, Node, Truth, Variables, environment};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// The fact, and the fact with each of its fields left out in turn: what was not seen must be an error to both.
fn variants(given: &Value) -> Vec<Value> {
    let mut paths = Vec::new();
    collect(given, String::new(), &mut paths);
    let mut all = vec![given.clone()];
    for path in paths {
        let (owner, field) = path.rsplit_once('/').unwrap();
        let mut less = given.clone();
        less.pointer_mut(owner).and_then(Value::as_object_mut).unwrap().remove(field);
        all.push(less);
    }
    all
}

fn collect(value: &Value, at: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter().filter(|(name, _)| !name.contains(['/', '~'])) {
                paths.push(format!("{at}/{name}"));
                collect(field, format!("{at}/{name}"), paths);
            }
        }
        Value::Array(members) => {
            for (number, member) in members.iter().enumerate() {
                collect(member, format!("{at}/{number}"), paths);
            }
        }
        _ => {}
    }
}

#[test]
fn googles_own_evaluator_gives_the_same_answers() {
    let profile = json!({"home_countries": ["JP"], "log_retention_days": 365, "utc_offset": "+09:00",
        "recovery_window_days": 30, "site_distance_km": 100});
    let dates = json!({"assessed_at": "2026-12-01", "contract_end": "2027-03-31",
        "erasure_deadline": "2027-03-31T23:59:59+09:00", "days_to_contract_end": 120,
        "days_to_erasure_deadline": 120, "erasure_grace_days": 0});
    let mut lines = String::new();
    let (mut checks_seen, mut cases_seen) = (0, 0);
    for check in checks::all().unwrap() {
        checks_seen += 1;
        for case in &check.cases {
            cases_seen += 1;
            let mut dates = dates.clone();
            dates.as_object_mut().unwrap().extend(case.tenancy.clone());
            let variables = Variables::new(
                &serde_json::from_value(profile.clone()).unwrap(),
                &serde_json::from_value(dates.clone()).unwrap(),
            );
            for given in variants(&case.given) {
                let text = given.to_string();
                let subject = Node::parse(&text).unwrap();
                let mut context = Context::with_env(environment().clone());
                context.add_variable_as_val("profile", variables.profile.value().clone_as_boxed());
                context.add_variable_as_val("tenancy", variables.tenancy.value().clone_as_boxed());
                context.add_variable_as_val("subject", subject.value().clone_as_boxed());
                let bindings = json!({"subject": given, "profile": profile, "tenancy": dates});
                for (part, (source, truth)) in ["applies", "pass"].into_iter().zip(check.rules(&context)) {
                    let expected = match truth {
                        Truth::True => Value::Bool(true),
                        Truth::False => Value::Bool(false),
                        Truth::Unknown => Value::Null,
                    };
                    let about = format!("{} {part}: {}: {text}", check.id, case.name);
                    let line =
                        json!({"about": about, "source": source, "bindings": bindings, "expected": expected});
                    lines.push_str(&format!("{line}\n"));
                }
            }
        }
    }
    assert!(checks_seen > 40 && cases_seen > 250, "{checks_seen} checks, {cases_seen} cases");
    let mut child = Command::new(python::python())
        .arg("-B")
        .arg(python::scripts().join("cel.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    eprintln!("{told}");
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
}
