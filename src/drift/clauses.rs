//! Which clauses a change touches: those whose checks read what changed.

use crate::annex::Profile;
use crate::checks::{
    self, Check, CheckFault, Node, SubjectKind, TenancyDates, Truth, Variables, environment,
};
use cel::Context;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The clauses of a profile, by what their checks read.
pub struct Clauses<'p> {
    profile: &'p Profile,
    checks: Vec<(&'static Check, Vec<usize>)>,
    root: Context<'static, 'static>,
    /// By check, provider, service and kind: whether the check concerns such a thing.
    concerns: RefCell<BTreeMap<(usize, String), bool>>,
}

/// Checks of facts that are made of these parts of other facts, beside the checks that read the parts themselves.
const DERIVED: &[(&str, SubjectKind)] = &[
    ("erasure", SubjectKind::Erasure),
    ("versioning", SubjectKind::Erasure),
    ("expiry", SubjectKind::Erasure),
    ("key", SubjectKind::Erasure),
    ("recovery", SubjectKind::Recovery),
    ("coverage", SubjectKind::Recovery),
    ("protection", SubjectKind::Recovery),
    ("point", SubjectKind::Recovery),
    ("software", SubjectKind::Support),
];

/// The checks that judge copies by what they are for.
const OF_COPIES: &[(&[CopyRole], &[&str])] = &[
    (&[CopyRole::Key], &["key-in-home-country"]),
    (&[CopyRole::Log], &["log-copies-in-home-country", "copies-in-home-country"]),
    (
        &[CopyRole::Primary, CopyRole::Replica, CopyRole::Backup, CopyRole::Snapshot],
        &["copies-in-home-country", "sites-far-apart"],
    ),
    (&[CopyRole::Cache, CopyRole::Transit], &["copies-in-home-country"]),
];

/// A thing that changed.
#[derive(Debug, Clone, Copy)]
pub struct Thing<'t> {
    /// Its provider.
    pub provider: &'t str,
    /// Its service.
    pub service: &'t str,
    /// What it is.
    pub kind: Kind,
    /// The parts it has.
    pub facets: &'t [Facet],
}

impl<'p> Clauses<'p> {
    /// Of a profile, on the dates of a run.
    pub fn of(profile: &'p Profile, dates: &TenancyDates) -> Result<Self, CheckFault> {
        let mut known = Vec::new();
        for check in checks::all()? {
            let naming =
                |clause: &crate::annex::Clause| clause.checks.iter().any(|named| named.id == check.id);
            let clauses: Vec<usize> =
                (0..profile.clauses.len()).filter(|at| naming(&profile.clauses[*at])).collect();
            if !clauses.is_empty() {
                known.push((check, clauses));
            }
        }
        let variables = Variables::new(&profile.parameters, dates);
        let mut root = Context::with_env(environment().clone());
        root.add_variable_as_val("profile", variables.profile.value().clone_as_boxed());
        root.add_variable_as_val("tenancy", variables.tenancy.value().clone_as_boxed());
        Ok(Self { profile, checks: known, root, concerns: RefCell::default() })
    }

    /// The countries that are home.
    pub fn home(&self) -> &'p [String] {
        &self.profile.parameters.home_countries
    }

    /// Where a clause stands in the profile; what is no clause of it stands last.
    pub fn place(&self, clause: &str) -> usize {
        self.profile.clauses.iter().position(|known| known.id == clause).unwrap_or(usize::MAX)
    }

    /// Those whose checks read a field of a resource.
    pub fn of_field(&self, thing: Thing<'_>, path: &str) -> Vec<String> {
        let derived = |subject: SubjectKind| {
            let part = path.split('.').next().unwrap_or(path);
            DERIVED.contains(&(part, subject))
        };
        self.naming(|at, check| {
            (check.subject == SubjectKind::Resource && reads(check, path) || derived(check.subject))
                && self.concerns(at, thing)
        })
    }

    /// Those whose checks judge copies of this sort.
    pub fn of_copy(&self, thing: Thing<'_>, role: CopyRole) -> Vec<String> {
        let judging = OF_COPIES.iter().filter(|(roles, _)| roles.contains(&role));
        let ids: Vec<&str> = judging.flat_map(|(_, ids)| ids.iter().copied()).collect();
        self.naming(|at, check| ids.contains(&check.id.as_str()) && self.concerns(at, thing))
    }

    /// Those whose checks read a field of an account's setting.
    pub fn of_setting(&self, path: &str) -> Vec<String> {
        self.naming(|_, check| check.subject == SubjectKind::Account && reads(check, path))
    }

    /// Those whose checks are about a resource like this at all.
    pub fn of_thing(&self, thing: Thing<'_>) -> Vec<String> {
        self.naming(|at, check| check.subject.is_of_resources() && self.concerns(at, thing))
    }

    /// Those whose checks are about such subjects.
    pub fn of_subjects(&self, subjects: &[SubjectKind]) -> Vec<String> {
        self.naming(|_, check| subjects.contains(&check.subject))
    }

    /// Those whose checks read a field, whatever it is of.
    pub fn of_path(&self, path: &str) -> Vec<String> {
        self.naming(|_, check| !check.subject.is_paper() && reads(check, path))
    }

    /// Those that name a check.
    pub fn of_check(&self, id: &str) -> Vec<String> {
        self.naming(|_, check| check.id == id)
    }

    /// Those that ask for a document or statement by one of these names.
    pub fn of_paper(&self, key: &str) -> Vec<String> {
        let asks = |clause: &&crate::annex::Clause| {
            clause.documents.iter().chain(&clause.statements).any(|paper| paper.keys().contains(&key))
        };
        self.profile.clauses.iter().filter(asks).map(|clause| clause.id.clone()).collect()
    }

    /// All.
    pub fn all(&self) -> Vec<String> {
        self.profile.clauses.iter().map(|clause| clause.id.clone()).collect()
    }

    fn naming(&self, wanted: impl Fn(usize, &Check) -> bool) -> Vec<String> {
        let mut touched = vec![false; self.profile.clauses.len()];
        for (at, (check, clauses)) in self.checks.iter().enumerate() {
            if wanted(at, check) {
                clauses.iter().for_each(|clause| touched[*clause] = true);
            }
        }
        let clauses = self.profile.clauses.iter().zip(touched);
        clauses.filter(|(_, touched)| *touched).map(|(clause, _)| clause.id.clone()).collect()
    }

    /// Whether a check concerns a thing of which only this is known.
    fn concerns(&self, at: usize, thing: Thing<'_>) -> bool {
        let facets: Vec<&str> = thing.facets.iter().map(|facet| facet.as_str()).collect();
        let name = [thing.provider, thing.service, thing.kind.as_str(), &facets.join(",")].join("\0");
        if let Some(known) = self.concerns.borrow().get(&(at, name.clone())) {
            return *known;
        }
        let skeleton = serde_json::json!({
            "provider": thing.provider, "service": thing.service, "kind": thing.kind.as_str(), "facets": facets,
        });
        let skeleton = Node::owned(&skeleton);
        let mut scope = self.root.new_inner_scope();
        scope.add_variable_as_val("subject", skeleton.value().clone_as_boxed());
        let concerns = self.checks.get(at).is_some_and(|(check, _)| check.applies(&scope) != Truth::False);
        self.concerns.borrow_mut().insert((at, name), concerns);
        concerns
    }
}

/// Whether a check reads a field, a part of it, or what it is part of.
fn reads(check: &Check, path: &str) -> bool {
    let path: Vec<&str> = path.split('.').collect();
    check.reads().iter().any(|read| read.iter().zip(&path).all(|(one, other)| one == other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annex;

    fn clauses(profile: &Profile) -> Clauses<'_> {
        let day = jiff::civil::date(2026, 11, 1);
        Clauses::of(profile, &TenancyDates::new(day, 0, day, "+09:00")).unwrap()
    }

    #[test]
    fn the_checks_that_are_named_here_are_there() {
        for id in OF_COPIES.iter().flat_map(|(_, ids)| ids.iter()) {
            assert!(checks::find(id).unwrap().is_some(), "{id}");
        }
        let roles: Vec<CopyRole> = OF_COPIES.iter().flat_map(|(roles, _)| roles.iter().copied()).collect();
        assert_eq!(roles.len(), 8, "every role once");
        for (part, _) in DERIVED {
            assert!(crate::checks::shape::Shape::resource().field(part).is_some(), "{part}");
        }
    }

    #[test]
    fn a_field_touches_the_clauses_whose_checks_read_it() {
        let profile = annex::find("jp-annex-2").unwrap().unwrap();
        let clauses = clauses(&profile);
        let thing = |kind: Kind| Thing { provider: "aws", service: "s3", kind, facets: kind.facets() };
        let store = thing(Kind::ObjectStore);
        assert!(clauses.of_field(store, "encryption.enabled").contains(&"V-11".to_owned()));
        assert!(!clauses.of_field(store, "encryption.enabled").contains(&"V-6".to_owned()));
        assert!(clauses.of_field(store, "erasure.obstacles").contains(&"V-12".to_owned()));
        assert!(clauses.of_copy(store, CopyRole::Replica).contains(&"V-3".to_owned()));
        assert!(!clauses.of_copy(store, CopyRole::Replica).contains(&"V-6".to_owned()));
        assert!(clauses.of_setting("guardrail.bounded").contains(&"V-3".to_owned()));
        assert!(clauses.of_paper("iso27001").contains(&"V-1".to_owned()));
        assert_eq!(clauses.of_check("tls-only"), ["V-11"]);
        assert!(clauses.place("V-1") < clauses.place("V-3"));
    }
}
