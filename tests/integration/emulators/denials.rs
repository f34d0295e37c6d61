//! One refused operation at a time: nothing that was broken or unseen becomes a pass.

use super::expectation::{Finding, Findings, clauses, findings, gaps, here, table};
use super::process::{Emulator, Proxy};
use super::seed::{Seeded, Told, assess};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

/// `denials.yaml`.
#[derive(Deserialize)]
struct Denials {
    denials: Vec<Denial>,
    answers: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
struct Denial {
    operation: String,
    permission: String,
    rule: serde_json::Map<String, Value>,
    unverified: Vec<String>,
    #[serde(default)]
    subjects: Vec<String>,
    #[serde(default)]
    only: Vec<Emulator>,
    /// Why the gap says it is there.
    #[serde(default = "denied")]
    reason: String,
}

fn denied() -> String {
    "denied".to_owned()
}

/// The rows for an emulator, to be taken by whoever is free.
pub struct Work {
    rows: Mutex<VecDeque<Denial>>,
    answers: BTreeMap<String, Value>,
}

impl Work {
    /// The rows that `wanted` picks by the emulators they are limited to.
    pub fn of(emulator: Emulator, wanted: impl Fn(&[Emulator]) -> bool) -> Self {
        let Denials { denials, answers } = table("denials.yaml");
        let rows = denials.into_iter().filter(|row| here(&row.only, emulator) && wanted(&row.only));
        Self { rows: Mutex::new(rows.collect()), answers }
    }

    /// How many rows are left.
    pub fn len(&self) -> usize {
        self.rows.lock().unwrap().len()
    }

    /// Does what is left; tells every difference.
    pub fn work(&self, proxy: &Proxy, seeded: &Seeded, undisturbed: &Told) -> Vec<String> {
        let mut differences = Vec::new();
        loop {
            let Some(denial) = self.rows.lock().unwrap().pop_front() else { return differences };
            let mut rule = denial.rule.clone();
            let service = rule["service"].as_str().unwrap();
            if !rule.contains_key("error") && !rule.contains_key("reset") {
                let answer = self.answers[service].clone();
                rule.insert("error".to_owned(), answer);
            }
            proxy.obey(&json!([rule]));
            let told = assess(&proxy.endpoint());
            let named =
                format!("{} {}", denial.operation, denial.rule.get("resource").unwrap_or(&Value::Null));
            if proxy.fired() == 0 {
                differences.push(format!("{named}: the proxy never refused it"));
            }
            let told = differences_of(&denial, seeded, undisturbed, &told);
            differences.extend(told.into_iter().map(|difference| format!("{named}: {difference}")));
        }
    }
}

fn differences_of(denial: &Denial, seeded: &Seeded, undisturbed: &Told, told: &Told) -> Vec<String> {
    let (before, after) = (findings(undisturbed), findings(told));
    let mut differences = Vec::new();
    for check in &denial.unverified {
        let new: Vec<(&String, &Finding)> = newly_unverified(check, &before, &after).collect();
        if new.is_empty() {
            differences.push(format!("{check}: nothing became unverified"));
        }
        for subject in &denial.subjects {
            if !new.iter().any(|(found, _)| *found == &seeded[subject]) {
                differences.push(format!("{check}: {subject} did not become unverified"));
            }
        }
    }
    // What follows from the refusal elsewhere may speak of the thing that was not seen; the gap names the call.
    let named = |(operation, permission, reason): &(String, String, String)| {
        let lacks = *permission == denial.permission || denial.reason != "denied";
        *operation == denial.operation && *reason == denial.reason && lacks
    };
    if !gaps(told).iter().any(named) {
        differences.push(format!("no gap names it and {}", denial.permission));
    }
    for (key, finding) in &before {
        let (check, subject) = key;
        // What was not listed cannot be judged by itself: its check must then be unverified for what hid it.
        let hidden =
            !told.read.contains(subject) && newly_unverified(check, &before, &after).next().is_some();
        let stands = match after.get(key).map(|after| after.status.as_str()) {
            Some("violates") => finding.status == "violates",
            Some(_) => true,
            None => hidden,
        };
        if !stands {
            let now = after.get(key).map_or("no finding", |after| after.status.as_str());
            differences.push(format!("{check} {subject}: was {}, is {now}", finding.status));
        }
    }
    let (before, after) = (clauses(undisturbed), clauses(told));
    for (clause, before) in before {
        let after = &after[&clause];
        if matches!(before.as_str(), "violates" | "unverified")
            && !matches!(after.as_str(), "violates" | "unverified")
        {
            differences.push(format!("{clause}: was {before}, is {after}"));
        }
    }
    differences
}

fn newly_unverified<'a>(
    check: &'a str,
    before: &'a Findings,
    after: &'a Findings,
) -> impl Iterator<Item = (&'a String, &'a Finding)> {
    // What was unverified before may be so for one reason more.
    let new = after.iter().filter(move |(key, finding)| {
        key.0 == check && finding.status == "unverified" && before.get(key) != Some(finding)
    });
    new.map(|(key, finding)| (&key.1, finding))
}
