//! What is confidential and what must stay available, before and after.

use super::change::{Change, Direction, bounded, plain};
use super::clauses::{Clauses, Thing};
use super::told::Told;
use super::what::What;
use crate::tenancy::{Scope, Tenancy};
use crate::text::Text;
use crate::words::{self, Word, word};
use sekisho_contract::fact::Resource;
use sekisho_contract::observed::Observed;

/// Changes of scope so far. Where the rules have changed they are told, with how many resources that moved; else what moved
/// is told by itself.
#[derive(Debug)]
pub struct ScopeChanges<'t> {
    old: &'t [Scope],
    new: &'t [Scope],
    out: Vec<String>,
    into: Vec<String>,
    counts: (u64, u64),
}

/// Resources named where the rules have changed.
const NAMED: usize = 5;

impl<'t> ScopeChanges<'t> {
    /// Of two tenancy files.
    pub fn of(old: &'t Tenancy, new: &'t Tenancy) -> Self {
        Self { old: &old.scopes, new: &new.scopes, out: Vec::new(), into: Vec::new(), counts: (0, 0) }
    }

    /// Takes a resource that is there both times.
    pub fn resource(
        &mut self,
        old: &Resource,
        new: &Resource,
        clauses: &Clauses<'_>,
        thing: Thing<'_>,
        told: &mut Told,
    ) {
        let mut parts = Vec::new();
        for (path, before, after) in [
            ("confidential", &old.confidential, &new.confidential),
            ("availability_critical", &old.availability_critical, &new.availability_critical),
        ] {
            match (before, after) {
                (Observed::Seen(true), Observed::Seen(false)) => parts.push((path, true)),
                (Observed::Seen(false), Observed::Seen(true)) => parts.push((path, false)),
                _ => {}
            }
        }
        if parts.is_empty() {
            return;
        }
        let out = parts.iter().any(|(_, out)| *out);
        if self.old != self.new {
            let (names, count) =
                if out { (&mut self.out, &mut self.counts.0) } else { (&mut self.into, &mut self.counts.1) };
            *count += 1;
            if names.len() < NAMED {
                names.push(bounded(&new.name, 80));
            }
            return;
        }
        const YES: Word = word("該当する", "yes");
        const NO: Word = word("該当しない", "no");
        let side = |was: bool| {
            let of = |pick: fn(Word) -> &'static str| {
                let all: Vec<String> = parts
                    .iter()
                    .map(|(path, out)| {
                        let label = words::facet(path).map_or(*path, pick);
                        format!("{label}: {}", pick(if *out == was { YES } else { NO }))
                    })
                    .collect();
                all.join("; ")
            };
            Some(Text { ja: of(|word| word.ja), en: of(|word| word.en) })
        };
        let direction = if out { Direction::Worse } else { Direction::Better };
        let touched = parts.iter().map(|(path, _)| clauses.of_field(thing, path));
        let touched = super::facts::union(clauses, touched);
        let change = Change::new(What::Scope, direction, &new.id, &new.name, "");
        told.add(change.from_to(side(true), side(false)).touching(touched));
    }

    /// Tells the change of the rules.
    pub fn finish(&self, clauses: &Clauses<'_>, told: &mut Told) {
        if self.old == self.new {
            return;
        }
        let direction = match self.counts {
            (0, 0) => Direction::Neutral,
            (0, _) => Direction::Better,
            _ => Direction::Worse,
        };
        let mut after = rules(self.new);
        let named = |names: &[String]| {
            if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
        };
        let (out, into) = self.counts;
        let (out_names, into_names) = (named(&self.out), named(&self.into));
        after.ja += &format!("。範囲から外れた資源{out}件{out_names}、範囲に入った資源{into}件{into_names}");
        after.en += &format!(". {out} resources left the scope{out_names}, {into} came into it{into_names}");
        let change = Change::new(What::ScopeRule, direction, "tenancy", "[[scope]]", "");
        let touched = clauses.of_path("confidential");
        told.add(change.from_to(Some(rules(self.old)), Some(after)).touching(touched));
    }
}

fn rules(scopes: &[Scope]) -> Text {
    if scopes.is_empty() {
        return Text { ja: "規則なし".to_owned(), en: "no rule".to_owned() };
    }
    let rule = |scope: &Scope| {
        let parts = [
            ("tag", &scope.matcher.tag),
            ("account", &scope.matcher.account),
            ("resource", &scope.matcher.resource),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}={}", bounded(value, 80))))
            .collect();
        let flag = |on: bool| if on { "true" } else { "false" };
        format!(
            "{{{}}}: confidential={} availability_critical={}",
            parts.join(" "),
            flag(scope.confidential),
            flag(scope.availability_critical)
        )
    };
    plain(scopes.iter().map(rule).collect::<Vec<_>>().join("; "))
}
