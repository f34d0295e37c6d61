//! What a printed document can hold: each list of the page is cut, and what is cut is counted.

use crate::report::Material;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Most findings of one check, the fewest where there are findings of many checks, and about as many in all.
const PER_CHECK: usize = 12;
const FEWEST: usize = 2;
const IN_ALL: usize = 120;
/// Most evidence numbers beside one finding.
const NUMBERS: usize = 3;
/// Most calls in the appendix.
const CALLS: usize = 150;
/// Most resources of each group of those that can be set back.
const WORST: usize = 3;
/// Most remedies told of one check.
const REMEDIES: usize = 2;

/// Each list that is cut, how much of it stays, and where beside it what is cut is counted.
const LISTS: &[(&str, usize, &str)] = &[
    ("/accounts", 30, "/accounts_left_out"),
    ("/map/rows", 40, "/map/rows_left_out"),
    ("/map/discs", 12, "/map/discs_left_out"),
    ("/corroboration/ranges", 12, "/corroboration/witnesses_left_out"),
    ("/corroboration/vantages", 12, "/corroboration/witnesses_left_out"),
    ("/corroboration/rows", 16, "/corroboration/left_out"),
    ("/recovery/groups", 20, "/recovery/groups_left_out"),
    ("/erasure/calendar", 24, "/erasure/calendar_left_out"),
    ("/erasure/hardest", 10, "/erasure/hardest_left_out"),
    ("/register/documents", 40, "/register/left_out"),
    ("/register/faulty", 20, "/register/left_out"),
    ("/register/missing", 60, "/register/missing_left_out"),
    ("/register/exceptions", 40, "/register/left_out"),
    ("/logs/abroad/rows", 20, "/logs/abroad/left_out"),
    ("/logs/unknown/rows", 20, "/logs/unknown/left_out"),
    ("/logs/sources", 12, "/logs/sources_left_out"),
    ("/logs/troubles", 20, "/logs/troubles_left_out"),
    ("/coverage/causes", 20, "/coverage/causes_left_out"),
    ("/coverage/gaps", 16, "/coverage/gaps_left_out"),
    ("/coverage/signals", 16, "/coverage/signals_left_out"),
    ("/ledger/operations", 400, "/ledger/operations_left_out"),
];

/// Cuts every list of the page, and leaves in the appendix the calls that are still cited.
pub fn cut(page: &mut Value, material: &Material<'_>) {
    // The matrix of the sweep is told in figures of its own.
    if let Some(coverage) = page.pointer_mut("/coverage").and_then(Value::as_object_mut) {
        coverage.remove("accounts");
    }
    for (list, limit, counter) in LISTS {
        let cut = page.pointer_mut(list).map_or(0, |list| truncate(list, *limit));
        count(page, counter, cut);
    }
    // The page shows no more signals than so, and does not say how many there are.
    let shown = page.pointer("/coverage/signals").and_then(Value::as_array).map_or(0, Vec::len);
    let signals = material.assessment.signals.len().saturating_sub(shown);
    set(page, "/coverage/signals_left_out", signals as u64);
    recovery(page);
    findings(page);
    appendix(page);
}

/// Cuts each group to the worst.
fn recovery(page: &mut Value) {
    let groups = page.get_mut("recovery").map_or(&mut [][..], |recovery| each(recovery, "groups"));
    for group in groups.iter_mut().filter_map(Value::as_object_mut) {
        let cut = group.get_mut("rows").map_or(0, |rows| truncate(rows, WORST));
        add(group, "left_out", cut);
    }
}

/// Cuts the findings of each check.
fn findings(page: &mut Value) {
    let mut all: Vec<&mut Map<String, Value>> = each(page, "clauses")
        .iter_mut()
        .flat_map(|clause| each(clause, "checks"))
        .filter_map(|check| check.get_mut("findings").and_then(Value::as_object_mut))
        .collect();
    let limit = (IN_ALL / all.len().max(1)).clamp(FEWEST, PER_CHECK);
    for findings in &mut all {
        let cut = findings.get_mut("rows").map_or(0, |rows| truncate(rows, limit));
        add(findings, "left_out", cut);
        remedies(findings);
    }
}

/// What to do stands with the check: where each finding has a remedy of its own, the different ones of those that are shown.
fn remedies(findings: &mut Map<String, Value>) {
    let own = findings.get_mut("rows").and_then(Value::as_array_mut).into_iter().flatten();
    let own = own.filter_map(|row| row.get_mut("remedy").map(Value::take)).filter(|one| !one.is_null());
    let mut different: Vec<Value> = Vec::new();
    for remedy in own {
        if !different.contains(&remedy) {
            different.push(remedy);
        }
    }
    if let Some(shared) = findings.get_mut("remedies").and_then(Value::as_array_mut) {
        shared.append(&mut different);
        let cut = shared.len().saturating_sub(REMEDIES);
        shared.truncate(REMEDIES);
        add(findings, "remedies_left_out", cut as u64);
    }
}

/// Leaves the calls that are cited by what was not cut, and says of every number whether it is among them.
fn appendix(page: &mut Value) {
    let mut calls = page.pointer_mut("/appendix/rows").map(Value::take).unwrap_or(json!([]));
    let mut cited = BTreeSet::new();
    numbers(page, &mut |number| {
        if let Some(label) = number.get("label").and_then(Value::as_str) {
            cited.insert(label.to_owned());
        }
    });
    let label = |row: &Value| row.get("label").and_then(Value::as_str).map(str::to_owned);
    let mut cut = 0;
    if let Some(rows) = calls.as_array_mut() {
        let before = rows.len();
        rows.retain(|row| label(row).is_some_and(|label| cited.contains(&label)));
        rows.truncate(CALLS);
        cut = (before - rows.len()) as u64;
    }
    let kept: BTreeSet<String> = calls.as_array().into_iter().flatten().filter_map(label).collect();
    numbers(page, &mut |number| {
        let linked = number.get("label").and_then(Value::as_str).is_some_and(|label| kept.contains(label));
        number.insert("linked".to_owned(), json!(linked));
    });
    if let Some(appendix) = page.get_mut("appendix").and_then(Value::as_object_mut) {
        appendix.insert("rows".to_owned(), calls);
        add(appendix, "left_out", cut);
    }
}

/// Goes through every evidence number of the page; beside one finding no more stay than fit there.
fn numbers(value: &mut Value, told: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| numbers(one, told)),
        Value::Object(fields) => {
            if fields.contains_key("numbers") && fields.contains_key("more") {
                let cut = fields.get_mut("numbers").map_or(0, |numbers| truncate(numbers, NUMBERS));
                add(fields, "more", cut);
                let all = fields.get_mut("numbers").and_then(Value::as_array_mut);
                all.into_iter().flatten().filter_map(Value::as_object_mut).for_each(told);
                return;
            }
            fields.values_mut().for_each(|one| numbers(one, told));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn each<'v>(value: &'v mut Value, key: &str) -> &'v mut [Value] {
    value.get_mut(key).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

/// Leaves the first of a list; how many went.
fn truncate(list: &mut Value, limit: usize) -> u64 {
    let Some(list) = list.as_array_mut() else { return 0 };
    let cut = list.len().saturating_sub(limit);
    list.truncate(limit);
    cut as u64
}

fn count(page: &mut Value, counter: &str, more: u64) {
    let (parent, key) = counter.rsplit_once('/').unwrap_or(("", counter));
    if let Some(parent) = page.pointer_mut(parent).and_then(Value::as_object_mut) {
        add(parent, key, more);
    }
}

fn set(page: &mut Value, counter: &str, number: u64) {
    let (parent, key) = counter.rsplit_once('/').unwrap_or(("", counter));
    if let Some(parent) = page.pointer_mut(parent).and_then(Value::as_object_mut) {
        parent.insert(key.to_owned(), json!(number));
    }
}

fn add(fields: &mut Map<String, Value>, key: &str, more: u64) {
    let before = fields.get(key).and_then(Value::as_u64).unwrap_or(0);
    fields.insert(key.to_owned(), json!(before + more));
}
