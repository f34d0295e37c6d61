//! The facts of two runs, held against each other in one pass.

use super::DriftFault;
use super::change::{Change, Direction, plain};
use super::clauses::{Clauses, Thing};
use super::coverage::Coverage;
use super::fields::{Difference, Differences, differences};
use super::resources::{Loose, is_rolling, rolls_of};
use super::scope::ScopeChanges;
use super::table::Sort;
use super::told::Told;
use super::what::What;
use super::{copies, locks, merge};
use crate::bundle::OpenRun;
use crate::text::Text;
use sekisho_contract::fact::{AccountSetting, CopyRole, Resource, Signal, Witness};
use sekisho_contract::observed::Observed;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the facts say besides the changes themselves, for whoever compares findings.
#[derive(Debug, Default)]
pub struct Names {
    /// Resources that took the place of another: the new id, and the old one.
    pub replaced: BTreeMap<String, String>,
    /// Subjects of findings that come and go by themselves, and what they are part of.
    pub rolling: BTreeMap<String, String>,
}

/// Compares the facts. `judged` are the subjects of findings of either run.
pub fn compare(
    (old, new): (&OpenRun, &OpenRun),
    clauses: &Clauses<'_>,
    judged: &BTreeSet<&str>,
    told: &mut Told,
) -> Result<Names, DriftFault> {
    let mut walk = Walk {
        clauses,
        judged,
        told,
        coverage: Coverage::of(&old.run, &new.run),
        scope: ScopeChanges::of(&old.run.tenancy, &new.run.tenancy),
        loose: Loose::default(),
        contradictions: BTreeMap::new(),
        names: Names::default(),
    };
    merge::each(&old.folder.facts(), &new.folder.facts(), |pair| walk.pair(pair))?;
    walk.finish()
}

struct Walk<'w, 'p> {
    clauses: &'w Clauses<'p>,
    judged: &'w BTreeSet<&'w str>,
    told: &'w mut Told,
    coverage: Coverage<'w>,
    scope: ScopeChanges<'w>,
    loose: Loose,
    /// By subject and witness: contradicted before, and now with what was said.
    contradictions: BTreeMap<(String, Witness), (bool, Option<String>)>,
    names: Names,
}

impl Walk<'_, '_> {
    fn pair(&mut self, pair: merge::Pair) -> Result<(), DriftFault> {
        match pair.sort {
            Sort::Setting => self.settings(&pair),
            Sort::Cell => {
                self.coverage.cell(read(pair.old.first())?, read(pair.new.first())?);
                Ok(())
            }
            Sort::Gap => {
                self.coverage.gaps(&read_all(&pair.old)?, &read_all(&pair.new)?);
                Ok(())
            }
            Sort::Resource => {
                for at in 0..pair.old.len().max(pair.new.len()) {
                    match (pair.old.get(at), pair.new.get(at)) {
                        (Some(old), Some(new)) => self.resource(old, new)?,
                        (Some(old), None) => self.one_sided(old, true)?,
                        (None, Some(new)) => self.one_sided(new, false)?,
                        (None, None) => {}
                    }
                }
                Ok(())
            }
            Sort::Signal => {
                for (lines, now) in [(&pair.old, false), (&pair.new, true)] {
                    for signal in
                        read_all::<Signal>(lines)?.into_iter().filter(|one| one.supports == Some(false))
                    {
                        let known = self
                            .contradictions
                            .entry((signal.subject, signal.witness))
                            .or_insert((false, None));
                        if now {
                            known.1.get_or_insert(signal.statement);
                        } else {
                            known.0 = true;
                        }
                    }
                }
                Ok(())
            }
        }
    }

    fn settings(&mut self, pair: &merge::Pair) -> Result<(), DriftFault> {
        let setting = |line: Option<&String>| read::<AccountSetting>(line);
        let (old, new) = (setting(pair.old.first())?, setting(pair.new.first())?);
        self.coverage.setting(old.as_ref().map(|one| &*one.id), new.as_ref().map(|one| &*one.id));
        let (Some(old), Some(new)) = (old, new) else { return Ok(()) };
        let found = differences(Sort::Setting, &value(pair.old.first())?, &value(pair.new.first())?);
        let name = new.account.clone();
        for lost in found.lost {
            self.coverage.lost(&old.id, &name, &lost, self.clauses.of_setting(&lost));
        }
        for (what, all) in by_what(found.all) {
            let clauses = union(self.clauses, all.iter().map(|one| self.clauses.of_setting(&one.path)));
            self.told.add(folded(what, &all, &old.id, &name).touching(clauses));
        }
        Ok(())
    }

    /// A resource that is there both times.
    fn resource(&mut self, old_line: &str, new_line: &str) -> Result<(), DriftFault> {
        let (old, new): (Resource, Resource) = (parse(old_line)?, parse(new_line)?);
        self.note_rolling(&old);
        self.note_rolling(&new);
        if old_line == new_line {
            return Ok(());
        }
        let (old_value, new_value): (Value, Value) = (parse(old_line)?, parse(new_line)?);
        self.same_resource(&old, &new, differences(Sort::Resource, &old_value, &new_value));
        Ok(())
    }

    fn same_resource(&mut self, old: &Resource, new: &Resource, found: Differences) {
        let (clauses, thing) = (self.clauses, thing(new));
        let change = |what, direction, part: &str| Change::new(what, direction, &new.id, &new.name, part);
        for lost in found.lost {
            // A part that this sort of thing no longer has is told as that.
            let part = lost.split('.').next().unwrap_or(&lost);
            let had = |one: &sekisho_contract::fact::Facet| one.as_str() == part;
            if new.facets.iter().any(had) || !old.facets.iter().any(had) {
                self.coverage.lost(&new.id, &new.name, &lost, clauses.of_field(thing, &lost));
            }
        }
        self.coverage.resource_gaps(&new.id, &new.name, |facet| clauses.of_field(thing, facet));

        let of_copies = copies::changes(old, new, clauses.home());
        let replicas = of_copies.iter().any(|one| one.role == CopyRole::Replica);
        let differs = |what: &[What]| found.all.iter().any(|one| what.contains(&one.what));
        for one in of_copies {
            // Another key, or another target of logs, is told by its name; its place alone where that is worse.
            let named = match one.role {
                CopyRole::Key => differs(&[What::Encryption]),
                CopyRole::Log => differs(&[What::AccessLog, What::Trail]),
                _ => false,
            };
            if named && one.direction != Direction::Worse {
                continue;
            }
            let role = crate::words::role(one.role).en;
            let touched = clauses.of_copy(thing, one.role);
            self.told
                .add(change(one.what, one.direction, role).from_to(one.before, one.after).touching(touched));
        }
        for one in locks::changes(old, new) {
            let part = format!("{:?}", one.kind);
            let touched = clauses.of_field(thing, "erasure.obstacles");
            self.told
                .add(change(one.what, one.direction, &part).from_to(one.before, one.after).touching(touched));
        }
        for (what, all) in by_what(found.all) {
            // A rule that made a copy is told by the copy.
            if what == What::Replication && replicas {
                continue;
            }
            let touched = union(clauses, all.iter().map(|one| clauses.of_field(thing, &one.path)));
            self.told.add(folded(what, &all, &new.id, &new.name).touching(touched));
        }
        self.names_and_labels(old, new);
        self.scope.resource(old, new, clauses, thing, self.told);
    }

    fn names_and_labels(&mut self, old: &Resource, new: &Resource) {
        let change = |what| Change::new(what, Direction::Neutral, &new.id, &new.name, "");
        let renamed = old.name != new.name;
        if renamed {
            self.told
                .add(change(What::ResourceRenamed).from_to(Some(plain(&*old.name)), Some(plain(&*new.name))));
        }
        let (Observed::Seen(before), Observed::Seen(after)) = (&old.tags, &new.tags) else { return };
        // A name that is kept as a label is one and the same.
        let is_name = |value: Option<&String>, name: &str| value.is_none_or(|value| value == name);
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let differing: Vec<&String> = keys
            .into_iter()
            .filter(|key| before.get(*key) != after.get(*key))
            .filter(|key| {
                !(renamed && is_name(before.get(*key), &old.name) && is_name(after.get(*key), &new.name))
            })
            .collect();
        if differing.is_empty() {
            return;
        }
        let told = |tags: &BTreeMap<String, String>| {
            let told: Vec<String> = differing
                .iter()
                .filter_map(|key| tags.get(*key).map(|value| format!("{key}={value}")))
                .take(12)
                .collect();
            (!told.is_empty()).then(|| plain(told.join(", ")))
        };
        self.told.add(change(What::ResourceRetagged).from_to(told(before), told(after)).touching(Vec::new()));
    }

    fn one_sided(&mut self, line: &str, gone: bool) -> Result<(), DriftFault> {
        let resource: Resource = parse(line)?;
        self.note_rolling(&resource);
        let home = self.clauses.home();
        if self.coverage.is_of_whole_account(&resource, gone, home) || is_rolling(&resource) {
            self.coverage.forget(&resource.id);
            return Ok(());
        }
        let unseen = self.coverage.forget(&resource.id);
        let given_back = self.loose.take(resource, line, gone, unseen);
        if let Some(resource) = given_back {
            let change = super::resources::one_sided(&resource, gone, unseen, self.clauses);
            self.told.add(change);
        }
        Ok(())
    }

    fn note_rolling(&mut self, resource: &Resource) {
        if is_rolling(resource) && self.judged.contains(resource.id.as_str()) {
            self.names.rolling.insert(resource.id.clone(), rolls_of(resource));
        }
    }

    fn finish(mut self) -> Result<Names, DriftFault> {
        let loose = std::mem::take(&mut self.loose);
        let paired = loose.pair()?;
        for (old, new) in paired.moved {
            let found = differences(Sort::Resource, &parse(&old.line)?, &parse(&new.line)?);
            let primary = copies::changes(&old.resource, &new.resource, self.clauses.home());
            if primary.is_empty() {
                let place = |one: &Resource| plain(format!("{} {} {}", one.account, one.region, one.service));
                let (before, after) = (place(&old.resource), place(&new.resource));
                let change = Change::new(
                    What::ResourceMoved,
                    Direction::Neutral,
                    &new.resource.id,
                    &new.resource.name,
                    "",
                );
                let touched = self.clauses.of_field(thing(&new.resource), "region");
                self.told.add(change.from_to(Some(before), Some(after)).touching(touched));
            }
            self.same_resource(&old.resource, &new.resource, found);
        }
        for (old, new) in paired.replaced {
            let named = |one: &Resource| plain(format!("{} ({})", one.name, one.id));
            let (before, after) = (named(&old.resource), named(&new.resource));
            let change = Change::new(
                What::ResourceReplaced,
                Direction::Neutral,
                &new.resource.id,
                &new.resource.name,
                "",
            );
            self.told.add(change.from_to(Some(before), Some(after)));
            self.names.replaced.insert(new.resource.id.clone(), old.resource.id.clone());
        }
        for (all, gone) in [(paired.gone, true), (paired.appeared, false)] {
            for one in all {
                self.told.add(super::resources::one_sided(&one.resource, gone, one.unseen, self.clauses));
            }
        }
        for ((subject, witness), (before, now)) in std::mem::take(&mut self.contradictions) {
            let direction = match (before, &now) {
                (false, Some(_)) => Direction::Worse,
                (true, None) => Direction::Better,
                _ => continue,
            };
            let word = crate::words::witness(witness);
            let change = Change::new(What::Contradiction, direction, &subject, &subject, word.en);
            let said = |ja: &str, en: &str| {
                Some(Text { ja: format!("{}: {ja}", word.ja), en: format!("{}: {en}", word.en) })
            };
            let after = now
                .as_deref()
                .map_or_else(|| said("食い違いなし", "no contradiction"), |what| said(what, what));
            self.told.add(change.from_to(None, after).touching(self.clauses.of_check("second-lists-agree")));
        }
        self.coverage.finish(self.clauses, self.told);
        self.scope.finish(self.clauses, self.told);
        Ok(self.names)
    }
}

/// What checks need to know of a resource to tell whether they concern it.
pub fn thing(resource: &Resource) -> Thing<'_> {
    Thing {
        provider: &resource.provider,
        service: &resource.service,
        kind: resource.kind,
        facets: &resource.facets,
    }
}

fn by_what(all: Vec<Difference>) -> BTreeMap<What, Vec<Difference>> {
    let mut sorted: BTreeMap<What, Vec<Difference>> = BTreeMap::new();
    for one in all {
        sorted.entry(one.what).or_default().push(one);
    }
    sorted
}

/// Several differences of one sort in one change.
fn folded(what: What, all: &[Difference], subject: &str, name: &str) -> Change {
    let direction = Direction::together(all.iter().map(|one| one.direction));
    // What no sort names is told field by field.
    let part = match (what, all) {
        (What::Property, [one]) => one.path.as_str(),
        _ => "",
    };
    let side = |pick: fn(&Difference) -> Option<&Text>| {
        let texts: Vec<&Text> = all.iter().filter_map(pick).collect();
        let join = |of: fn(&Text) -> &str| texts.iter().map(|text| of(text)).collect::<Vec<_>>().join("; ");
        (!texts.is_empty()).then(|| Text { ja: join(|text| &text.ja), en: join(|text| &text.en) })
    };
    Change::new(what, direction, subject, name, part)
        .from_to(side(|one| one.before.as_ref()), side(|one| one.after.as_ref()))
}

/// Clauses of several, once each, in the profile's order.
pub fn union(clauses: &Clauses<'_>, all: impl Iterator<Item = Vec<String>>) -> Vec<String> {
    let all: BTreeSet<String> = all.flatten().collect();
    let mut all: Vec<String> = all.into_iter().collect();
    all.sort_by_key(|clause| clauses.place(clause));
    all
}

/// Reads a line that the assessment has read before.
pub fn parse<T: DeserializeOwned>(line: &str) -> Result<T, DriftFault> {
    serde_json::from_str(line).map_err(|source| DriftFault::Line { line: 0, source })
}

fn read<T: DeserializeOwned>(line: Option<&String>) -> Result<Option<T>, DriftFault> {
    line.map(|line| parse(line)).transpose()
}

fn read_all<T: DeserializeOwned>(lines: &[String]) -> Result<Vec<T>, DriftFault> {
    lines.iter().map(|line| parse(line)).collect()
}

fn value(line: Option<&String>) -> Result<Value, DriftFault> {
    line.map_or(Ok(Value::Null), |line| parse(line))
}
