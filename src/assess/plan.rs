//! The checks a profile needs, in the order of its clauses, with what is the same for every subject.

use crate::annex::{Level, Profile};
use crate::checks::{self, Check, CheckFault, Node, Truth, Variables, environment};
use crate::text::Text;
use cel::Context;
use sekisho_contract::fact::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::source::ServiceKinds;

/// One check of the profile.
#[derive(Debug)]
pub(super) struct Rule {
    pub check: &'static Check,
    /// The check's id, for findings to share.
    pub id: Arc<str>,
    pub clauses: Arc<[String]>,
    pub level: Level,
    remedies: BTreeMap<&'static str, Remedies>,
    none: Arc<Text>,
    facets: BTreeSet<&'static str>,
}

/// What to do on one provider: in general, and where the kind has something of its own.
#[derive(Debug)]
struct Remedies {
    general: Arc<Text>,
    by_kind: BTreeMap<&'static str, Arc<Text>>,
}

impl Rule {
    /// The facets the check reads.
    pub const fn facets(&self) -> &BTreeSet<&'static str> {
        &self.facets
    }

    /// What to do on a provider, with a resource of this kind.
    pub fn remedy(&self, provider: &str, kind: Option<&str>) -> Arc<Text> {
        let Some(remedies) = self.remedies.get(provider) else { return self.none.clone() };
        let own = kind.and_then(|kind| remedies.by_kind.get(kind));
        own.unwrap_or(&remedies.general).clone()
    }
}

/// Every check of the profile: first those of the first clause, in its order.
pub(super) fn rules(profile: &Profile) -> Result<Vec<Rule>, CheckFault> {
    let mut rules: Vec<Rule> = Vec::new();
    for named in profile.clauses.iter().flat_map(|clause| &clause.checks) {
        if rules.iter().any(|rule| rule.check.id == named.id) {
            continue;
        }
        let Some(check) = checks::find(&named.id)? else { continue };
        let clauses: Arc<[String]> =
            profile.clauses_of(&check.id).map(|(_, clause, _)| clause.id.clone()).collect();
        let level = profile.clauses_of(&check.id).map(|(_, _, level)| level).min().unwrap_or(named.level);
        let remedy = |(provider, remedy): (&'static String, &checks::Remedy)| {
            // Kinds that share one share its text.
            let mut known: Vec<Arc<Text>> = Vec::new();
            let by_kind = remedy.by_kind().map(|(kind, text)| {
                let shared = known.iter().find(|one| ***one == text).cloned();
                let shared = shared.unwrap_or_else(|| Arc::new(text));
                known.push(Arc::clone(&shared));
                (kind.as_str(), shared)
            });
            let by_kind = by_kind.collect();
            (provider.as_str(), Remedies { general: remedy.text().into(), by_kind })
        };
        let remedies = check.remedy.iter().map(remedy).collect();
        let id = check.id.as_str().into();
        let (none, facets) = (Arc::default(), check.facets());
        rules.push(Rule { check, id, clauses, level, remedies, none, facets });
    }
    Ok(rules)
}

/// A context with the profile's parameters and the tenancy's dates.
pub(super) fn root(variables: &Variables) -> Context<'static, 'static> {
    let mut context = Context::with_env(environment().clone());
    context.add_variable_as_val("profile", variables.profile.value().clone_as_boxed());
    context.add_variable_as_val("tenancy", variables.tenancy.value().clone_as_boxed());
    context
}

/// Whether a check concerns a resource of which only this is known. What it says holds for every resource
/// that shares it, because a rule cannot tell "not seen" from "not there".
pub(super) fn concerns(
    rule: &Rule,
    root: &Context<'_, '_>,
    (provider, service, kind): (&str, &str, &str),
    facets: &[&str],
) -> Truth {
    if !rule.check.subject.is_of_resources() {
        return Truth::False;
    }
    let skeleton =
        serde_json::json!({"provider": provider, "service": service, "kind": kind, "facets": facets});
    let skeleton = Node::owned(&skeleton);
    let mut scope = root.new_inner_scope();
    scope.add_variable_as_val("subject", skeleton.value().clone_as_boxed());
    rule.check.applies(&scope)
}

/// Whether a service could hold a subject of the check. A service nothing is known of could hold anything.
pub(super) fn could_hold(
    rule: &Rule,
    root: &Context<'_, '_>,
    services: &[ServiceKinds],
    provider: &str,
    service: &str,
) -> bool {
    if !rule.check.subject.is_of_resources() {
        return false;
    }
    match services.iter().find(|known| known.provider == provider && known.service == service) {
        Some(known) => known.kinds.iter().any(|kind| {
            concerns(rule, root, (provider, service, kind.as_str()), &facets(*kind)) != Truth::False
        }),
        None => true,
    }
}

/// What a thing of a kind that was not seen may have.
fn facets(kind: Kind) -> Vec<&'static str> {
    kind.facets().iter().chain(kind.facets_of_some()).map(|facet| facet.as_str()).collect()
}
