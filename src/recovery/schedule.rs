//! What schedules take, and how much is lost at most while they keep to their times.

use super::Subject;
use sekisho_contract::fact::{Comparison, LabelTest, Resource, ScheduleRule, Selection};
use sekisho_contract::observed::Observed;
use std::collections::BTreeMap;

/// A schedule, with what it takes.
#[derive(Debug)]
pub struct Plan {
    provider: String,
    account: String,
    region: String,
    selections: Observed<Vec<Selection>>,
    rules: Observed<Vec<ScheduleRule>>,
}

impl Plan {
    /// The plan a fact tells of, where it tells what it covers.
    pub fn of(resource: &Resource) -> Option<Self> {
        let coverage = resource.coverage.as_ref()?;
        Some(Self {
            provider: resource.provider.clone(),
            account: resource.account.clone(),
            region: resource.region.clone(),
            selections: coverage.selections.clone(),
            rules: coverage.rules.clone(),
        })
    }
}

/// What is lost at most by the schedules that cover a resource, if each backup comes in its time; null where none
/// covers it or nothing bounds it, unseen where that cannot be told.
pub fn configured(plans: &[Plan], subject: &Subject) -> Observed<Option<i64>> {
    let mut best: Option<i64> = None;
    let mut unsure = false;
    let near = |plan: &&Plan| {
        plan.provider == subject.provider && plan.account == subject.account && plan.region == subject.region
    };
    for plan in plans.iter().filter(near) {
        match takes(plan, subject) {
            Some(false) => {}
            None => unsure = true,
            Some(true) => match plan.rules.seen() {
                None => unsure = true,
                Some(rules) => {
                    for rule in rules {
                        match bound(rule) {
                            Observed::Seen(Some(bound)) => {
                                best = Some(best.map_or(bound, |best| best.min(bound)))
                            }
                            Observed::Seen(None) => {}
                            Observed::Unseen(_) => unsure = true,
                        }
                    }
                }
            },
        }
    }
    match (best, unsure) {
        // Another schedule can only make it better.
        (Some(best), _) => Observed::Seen(Some(best)),
        (None, false) => Observed::Seen(None),
        (None, true) => Observed::default(),
    }
}

/// Just before a backup is there, what it will save has been at risk since the one before it was begun: for the interval,
/// the window to start in, and the time it may take.
fn bound(rule: &ScheduleRule) -> Observed<Option<i64>> {
    match (&rule.interval_s, &rule.start_window_s, &rule.completion_window_s) {
        (Observed::Seen(None), ..) | (_, _, Observed::Seen(None)) => Observed::Seen(None),
        (Observed::Seen(Some(interval)), Observed::Seen(start), Observed::Seen(Some(completion))) => {
            Observed::Seen(Some(interval.saturating_add(*start).saturating_add(*completion)))
        }
        _ => Observed::default(),
    }
}

/// Whether a plan takes a resource; `None` where that cannot be told.
fn takes(plan: &Plan, subject: &Subject) -> Option<bool> {
    let selections = plan.selections.seen()?;
    any(selections.iter().map(|selection| selected(selection, subject)))
}

fn selected(selection: &Selection, subject: &Subject) -> Option<bool> {
    let named =
        |all: &Observed<Vec<String>>| all.seen().map(|all| all.iter().any(|one| like(one, &subject.id)));
    let tags = subject.tags.seen();
    let passes = |test: &LabelTest| tags.map(|tags| label(test, tags));
    let by_name = named(&selection.resources);
    let by_label = selection.any_label.seen().and_then(|tests| any(tests.iter().map(passes)));
    let whole = match (selection.resources.seen(), selection.any_label.seen()) {
        // Neither names nor labels: it takes whatever its service can back up.
        (Some(names), Some(labels)) if names.is_empty() && labels.is_empty() => Some(true),
        // Both: whether one is enough is not said in one voice. It is sure where they agree.
        (Some(names), Some(labels)) if !names.is_empty() && !labels.is_empty() => {
            if by_name == by_label {
                by_name
            } else {
                None
            }
        }
        _ => any([by_name, by_label]),
    }?;
    let all = all(selection.all_labels.seen()?.iter().map(passes))?;
    let left_out = named(&selection.except)?;
    Some(whole && all && !left_out)
}

fn label(test: &LabelTest, tags: &BTreeMap<String, String>) -> bool {
    let value = tags.get(&test.key);
    match test.test {
        Comparison::Equals => value == Some(&test.value),
        Comparison::NotEquals => value != Some(&test.value),
        Comparison::Like => value.is_some_and(|value| like(&test.value, value)),
        Comparison::NotLike => !value.is_some_and(|value| like(&test.value, value)),
    }
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// Three-valued "any".
fn any(all: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut sum = Some(false);
    for one in all {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => sum = None,
        }
    }
    sum
}

/// Three-valued "all".
fn all(all: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    any(all.into_iter().map(|one| one.map(|one| !one))).map(|one| !one)
}
