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

/// Of one subject, or of each of several.
#[derive(Deserialize)]
struct Row {
    check: String,
    subject: Option<String>,
    #[serde(default)]
    subjects: Vec<String>,
    status: String,
    /// What the reason must say.
    says: Option<String>,
    #[serde(default)]
    only: Vec<Emulator>,
}

/// Without a subject: wherever the check finds it. `like`: of what the emulator made by itself, by a name with `*` in it.
#[derive(Deserialize)]
struct Tolerated {
    check: String,
    subject: Option<String>,
    like: Option<String>,
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
    /// The calls that show it.
    pub calls: usize,
}

/// The findings of a report.
pub fn findings(told: &Told) -> Findings {
    let list = told.report["findings"].as_array().unwrap();
    let entry = |finding: &Value| {
        let key = (word(&finding["check"]), word(&finding["subject"]));
        let calls = finding["calls"].as_array().map_or(0, Vec::len);
        (key, Finding { status: word(&finding["status"]), reason: word(&finding["reason"]["en"]), calls })
    };
    list.iter().map(entry).collect()
}

/// A gap of a report.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    pub subject: String,
    pub operation: String,
    pub permission: String,
    pub reason: String,
}

/// The gaps of a report.
pub fn gaps(told: &Told) -> BTreeSet<Named> {
    let list = told.report["coverage"]["gaps"].as_array().unwrap();
    let named = |gap: &Value| Named {
        subject: word(&gap["subject"]),
        operation: word(&gap["operation"]),
        permission: word(&gap["permission"]),
        reason: word(&gap["reason"]),
    };
    list.iter().map(named).collect()
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
        self.expected.iter().filter(|row| here(&row.only, emulator)).map(|row| row.subjects().count()).sum()
    }

    /// Everything in which the report differs.
    pub fn differences(&self, emulator: Emulator, seeded: &Seeded, told: &Told) -> Vec<String> {
        let found = findings(told);
        let mut differences = Vec::new();
        let mut named = BTreeSet::new();
        let mut conforming: BTreeMap<&str, u64> = BTreeMap::new();
        let rows = self.expected.iter().filter(|row| here(&row.only, emulator));
        for (row, subject) in rows.flat_map(|row| row.subjects().map(move |subject| (row, subject))) {
            let Row { check, status, .. } = row;
            let mut differ = |got: &str| {
                differences.push(format!("{check:<34} {subject:<38} wanted {status:<10} got {got}"));
            };
            let Some(id) = seeded.get(subject) else {
                differ("no such subject in the seed");
                continue;
            };
            if id.is_empty() {
                continue;
            }
            let key = (check.clone(), id.clone());
            match found.get(&key) {
                Some(finding) => {
                    if let Some(got) = row.differs(finding) {
                        differ(&got);
                    }
                }
                None if status != "conforms" => differ("nothing"),
                // Silence is only as good as the reading behind it.
                None if !told.read.contains(id) => differ("nothing: it was not read"),
                None => {}
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
        for (key, finding) in &found {
            let (check, subject) = key;
            let planted = seeded.iter().find(|(_, id)| *id == subject).map(|(row, _)| row.as_str());
            let mut tolerated = self.tolerated.iter().filter(|row| here(&row.only, emulator));
            let allowed = tolerated.any(|row| row.check == *check && row.allows(subject, planted));
            if finding.status == "violates" && !named.contains(key) && !allowed {
                let row = planted.unwrap_or(subject);
                differences.push(format!("{check:<34} {row:<38} nothing planted: {}", finding.reason));
            }
        }
        let gaps = gaps(told);
        for ExpectedGap { operation, reason, only } in &self.gaps {
            // The permission stands where it lacks.
            let there = gaps.iter().any(|gap| {
                (&gap.operation, &gap.reason) == (operation, reason)
                    && (gap.reason != "denied" || !gap.permission.is_empty())
            });
            if here(only, emulator) && !there {
                differences.push(format!("{operation:<34} no gap says {reason}"));
            }
        }
        differences
    }
}

impl Row {
    fn subjects(&self) -> impl Iterator<Item = &String> {
        self.subject.iter().chain(&self.subjects)
    }

    /// What a finding says that the row does not.
    fn differs(&self, finding: &Finding) -> Option<String> {
        let Finding { status, reason, calls } = finding;
        let said = self.says.as_ref().is_none_or(|says| reason.contains(says));
        let unshown = status == "violates" && *calls == 0;
        match (*status == self.status, said, unshown) {
            (true, true, false) => None,
            (true, true, true) => Some("no call that shows it".to_owned()),
            _ => Some(format!("{status}: {reason}")),
        }
    }
}

impl Tolerated {
    fn allows(&self, subject: &str, planted: Option<&str>) -> bool {
        match (&self.subject, &self.like) {
            (None, None) => true,
            (Some(named), _) => planted == Some(named),
            (None, Some(like)) => planted.is_none() && is_like(subject, like),
        }
    }
}

/// Whether a name begins, goes on and ends with the parts between the stars.
fn is_like(name: &str, like: &str) -> bool {
    let (first, rest) = like.split_once('*').unwrap_or((like, ""));
    let Some(name) = name.strip_prefix(first) else { return false };
    let parts: Vec<&str> = rest.split('*').collect();
    let (last, between) = parts.split_last().unwrap();
    let mut left = name;
    for part in between {
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.ends_with(last)
}

/// Whether a row is meant for this emulator.
pub fn here(only: &[Emulator], emulator: Emulator) -> bool {
    only.is_empty() || only.contains(&emulator)
}
