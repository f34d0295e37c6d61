//! Holding a report against the table of what an honest run says.

use super::process::Emulator;
use super::seed::{Seeded, Told, tables};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// `expected.yaml`.
#[derive(Deserialize)]
pub struct Expectation {
    expected: Vec<Row>,
    tolerated: Vec<Tolerated>,
    gaps: Vec<ExpectedGap>,
}

#[derive(Deserialize)]
struct Row {
    check: String,
    subject: String,
    status: String,
    #[serde(default)]
    only: Vec<Emulator>,
}

/// Without a subject: wherever the check finds it.
#[derive(Deserialize)]
struct Tolerated {
    check: String,
    subject: Option<String>,
    #[serde(default)]
    only: Vec<Emulator>,
}

#[derive(Deserialize)]
struct ExpectedGap {
    operation: String,
    reason: String,
    #[serde(default)]
    only: Vec<Emulator>,
}

/// Reads a table.
pub fn table<T: DeserializeOwned>(path: &str) -> T {
    serde_saphyr::from_str(&std::fs::read_to_string(tables().join(path)).unwrap()).unwrap()
}

/// A finding, by check and subject.
pub type Findings = BTreeMap<(String, String), Finding>;

/// What a report says of a subject under a check.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub status: String,
    pub reason: String,
}

/// The findings of a report.
pub fn findings(told: &Told) -> Findings {
    let list = told.report["findings"].as_array().unwrap();
    let entry = |finding: &Value| {
        let key = (word(&finding["check"]), word(&finding["subject"]));
        (key, Finding { status: word(&finding["status"]), reason: word(&finding["reason"]["en"]) })
    };
    list.iter().map(entry).collect()
}

/// The gaps of a report: operation, permission and reason.
pub fn gaps(told: &Told) -> BTreeSet<(String, String, String)> {
    let list = told.report["coverage"]["gaps"].as_array().unwrap();
    list.iter().map(|gap| (word(&gap["operation"]), word(&gap["permission"]), word(&gap["reason"]))).collect()
}

/// The clauses' verdicts.
pub fn clauses(told: &Told) -> BTreeMap<String, String> {
    let list = told.report["clauses"].as_array().unwrap();
    list.iter().map(|clause| (word(&clause["id"]), word(&clause["status"]))).collect()
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// How many subjects a check found in order, in the clause that counts most.
fn in_order(told: &Told) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let clauses = told.report["clauses"].as_array().unwrap().iter();
    for check in clauses.flat_map(|clause| clause["checks"].as_array().into_iter().flatten()) {
        let counted: &mut u64 = counts.entry(word(&check["id"])).or_default();
        *counted = (*counted).max(check["counts"]["conforms"].as_u64().unwrap());
    }
    counts
}

impl Expectation {
    /// How many rows there are for an emulator.
    pub fn rows(&self, emulator: Emulator) -> usize {
        self.expected.iter().filter(|row| here(&row.only, emulator)).count()
    }

    /// Everything in which the report differs.
    pub fn differences(&self, emulator: Emulator, seeded: &Seeded, told: &Told) -> Vec<String> {
        let found = findings(told);
        let mut differences = Vec::new();
        let mut named = BTreeSet::new();
        let mut conforming: BTreeMap<&str, u64> = BTreeMap::new();
        for Row { check, subject, status, .. } in self.expected.iter().filter(|row| here(&row.only, emulator))
        {
            let mut differ = |got: &str| {
                differences.push(format!("{check:<34} {subject:<38} wanted {status:<10} got {got}"));
            };
            let Some(id) = seeded.get(subject) else {
                differ("no such subject in the seed");
                continue;
            };
            let key = (check.clone(), id.clone());
            match found.get(&key) {
                Some(Finding { status: got, reason }) if got != status => differ(&format!("{got}: {reason}")),
                None if status != "conforms" => differ("nothing"),
                // Silence is only as good as the reading behind it.
                None if !told.read.contains(id) => differ("nothing: it was not read"),
                _ => {}
            }
            if status == "conforms" {
                *conforming.entry(check).or_default() += 1;
            }
            named.insert(key);
        }
        for (check, wanted) in conforming {
            let counted = in_order(told).get(check).copied().unwrap_or(0);
            if counted < wanted {
                differences.push(format!("{check:<34} {wanted} in order by the table, {counted} counted"));
            }
        }
        let tolerated: Vec<(&String, Option<&String>)> = self
            .tolerated
            .iter()
            .filter(|row| here(&row.only, emulator))
            .map(|row| (&row.check, row.subject.as_ref().and_then(|subject| seeded.get(subject))))
            .collect();
        for (key, finding) in &found {
            let (check, subject) = key;
            let allowed = tolerated.iter().any(|(c, s)| *c == check && s.is_none_or(|s| s == subject));
            if finding.status == "violates" && !named.contains(key) && !allowed {
                let row = seeded.iter().find(|(_, id)| *id == subject).map_or(subject, |(row, _)| row);
                differences.push(format!("{check:<34} {row:<38} nothing planted: {}", finding.reason));
            }
        }
        let gaps = gaps(told);
        for ExpectedGap { operation, reason, only } in &self.gaps {
            // The permission stands where it lacks.
            let there = gaps.iter().any(|(o, permission, r)| {
                (o, r) == (operation, reason) && (r != "denied" || !permission.is_empty())
            });
            if here(only, emulator) && !there {
                differences.push(format!("{operation:<34} no gap says {reason}"));
            }
        }
        differences
    }
}

/// Whether a row is meant for this emulator.
pub fn here(only: &[Emulator], emulator: Emulator) -> bool {
    only.is_empty() || only.contains(&emulator)
}
