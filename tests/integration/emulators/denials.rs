//! Refused operations: what they would have shown is unverified, and nothing that was broken or unseen becomes a pass.

use super::expectation::{Finding, Findings, clauses, findings, gaps, here, table};
use super::process::{Emulator, Proxy};
use super::seed::{Regions, Seeded, Told, assess};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;
use std::time::Instant;

/// `denials.yaml`.
#[derive(Deserialize)]
struct Denials {
    denials: Vec<Denial>,
    unanswerable: Vec<Unanswerable>,
    answers: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
struct Denial {
    operation: String,
    /// Where it is not called as the operation is.
    permission: Option<String>,
    /// What the proxy is to be told besides.
    #[serde(default)]
    rule: serde_json::Map<String, Value>,
    unverified: Vec<String>,
    #[serde(default)]
    subjects: Vec<String>,
    #[serde(default)]
    only: Vec<Emulator>,
    /// Why the gap says it is there.
    #[serde(default = "denied")]
    reason: String,
    /// Rows of one round are refused together; without one, a row is refused alone.
    #[serde(default)]
    round: Option<u32>,
}

/// Operations, or all of a service with `*`, that nothing here can refuse.
#[derive(Deserialize)]
struct Unanswerable {
    operations: Vec<String>,
    why: String,
}

fn denied() -> String {
    "denied".to_owned()
}

/// Declared operations that the table does not speak of, and those it speaks of that are not declared, or twice.
pub fn unspoken(declared: &BTreeSet<String>) -> Vec<String> {
    let Denials { denials, unanswerable, .. } = table("denials.yaml");
    let refused: BTreeSet<String> = denials.into_iter().map(|row| row.operation).collect();
    let mut excused = BTreeSet::new();
    let mut differences = Vec::new();
    for Unanswerable { operations, why } in unanswerable {
        if why.is_empty() {
            differences.push(format!("{operations:?}: no reason is given"));
        }
        for named in operations {
            let (service, all) = (named.strip_suffix('*'), declared.iter());
            let meant: Vec<&String> = all
                .filter(|one| service.map_or(**one == named, |service| one.starts_with(service)))
                .collect();
            if meant.is_empty() {
                differences.push(format!("{named}: not declared"));
            }
            excused.extend(meant.into_iter().cloned());
        }
    }
    let spoken: BTreeSet<String> = refused.union(&excused).cloned().collect();
    let untold = declared.difference(&spoken).map(|one| format!("{one}: neither refused nor excused"));
    let unknown = refused.difference(declared).map(|one| format!("{one}: not declared"));
    let twice = refused.intersection(&excused).map(|one| format!("{one}: refused and excused"));
    differences.extend(untold.chain(unknown).chain(twice));
    differences
}

/// The rounds for an emulator, to be taken by whoever is free.
pub struct Work {
    rounds: Mutex<VecDeque<Vec<Denial>>>,
    answers: BTreeMap<String, Value>,
}

impl Denial {
    fn permission(&self) -> &str {
        self.permission.as_deref().unwrap_or(&self.operation)
    }
}

impl Work {
    /// The rows that `wanted` picks by the emulators they are limited to.
    pub fn of(emulator: Emulator, wanted: impl Fn(&[Emulator]) -> bool) -> Self {
        let Denials { denials, answers, .. } = table("denials.yaml");
        let mut together: BTreeMap<u32, Vec<Denial>> = BTreeMap::new();
        let mut rounds = VecDeque::new();
        for row in denials.into_iter().filter(|row| here(&row.only, emulator) && wanted(&row.only)) {
            match row.round {
                Some(round) => together.entry(round).or_default().push(row),
                None => rounds.push_back(vec![row]),
            }
        }
        rounds.extend(together.into_values());
        Self { rounds: Mutex::new(rounds), answers }
    }

    /// How many rows are left.
    pub fn len(&self) -> usize {
        self.rounds.lock().unwrap().iter().map(Vec::len).sum()
    }

    /// Does what is left; tells every difference.
    pub fn work(&self, proxy: &Proxy, seeded: &Seeded, undisturbed: &Told) -> Vec<String> {
        let mut differences = Vec::new();
        loop {
            let Some(round) = self.rounds.lock().unwrap().pop_front() else { return differences };
            let rules: Vec<Value> = round.iter().map(|denial| self.rule(denial)).collect();
            proxy.obey(&json!(rules));
            let started = Instant::now();
            let told = assess(&proxy.endpoint(), Regions::Planted);
            eprintln!("{} refused at once, {:?}", round.len(), started.elapsed());
            for denial in &round {
                let named =
                    format!("{} {}", denial.operation, denial.rule.get("resource").unwrap_or(&Value::Null));
                let told = differences_of(denial, round.len() == 1, seeded, undisturbed, &told);
                differences.extend(told.into_iter().map(|difference| format!("{named}: {difference}")));
            }
            differences.extend(passes(undisturbed, &told));
        }
    }

    /// What the proxy is told: the row's own answer, or its service's refusal.
    fn rule(&self, denial: &Denial) -> Value {
        let mut rule = denial.rule.clone();
        let (service, operation) = denial.operation.split_once(':').unwrap();
        rule.entry("service").or_insert_with(|| service.into());
        rule.entry("operation").or_insert_with(|| operation.into());
        if !rule.contains_key("error") && !rule.contains_key("reset") {
            let answer =
                self.answers.get(rule["service"].as_str().unwrap()).unwrap_or(&self.answers["others"]);
            rule.insert("error".to_owned(), answer.clone());
        }
        Value::Object(rule)
    }
}

fn differences_of(
    denial: &Denial,
    alone: bool,
    seeded: &Seeded,
    undisturbed: &Told,
    told: &Told,
) -> Vec<String> {
    let (before, after) = (findings(undisturbed), findings(told));
    let mut differences = Vec::new();
    let gaps = gaps(told);
    // What follows from the refusal elsewhere may speak of the thing that was not seen; the gap names the call.
    let mut named = gaps.iter().filter(|gap| {
        let lacks = gap.permission == denial.permission() || denial.reason != "denied";
        gap.operation == denial.operation && gap.reason == denial.reason && lacks
    });
    let of_a_cell = named.clone().any(|gap| gap.subject.starts_with("aws/"));
    if named.next().is_none() {
        differences.push(format!("no gap names it and {}", denial.permission()));
    }
    for check in &denial.unverified {
        let new: Vec<(&String, &Finding)> = newly_unverified(check, &before, &after).collect();
        // Several are refused at once: the reason says which did it. An account's reason cannot name them all.
        let its = new.iter().any(|(_, finding)| alone || finding.reason.contains(&denial.operation));
        if !its && !(check == "regions-all-seen" && of_a_cell) {
            differences.push(format!("{check}: nothing became unverified for it"));
        }
        for subject in &denial.subjects {
            if !new.iter().any(|(found, _)| *found == &seeded[subject]) {
                differences.push(format!("{check}: {subject} did not become unverified"));
            }
        }
    }
    differences
}

/// What was broken or unseen and is now silent or in order; what is broken and was not.
fn passes(undisturbed: &Told, told: &Told) -> Vec<String> {
    let (before, after) = (findings(undisturbed), findings(told));
    let mut differences = Vec::new();
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
