//! Policies of Azure, as far as they bound the regions a subscription can use.
//!
//! Only what is certain counts: an assignment of the built-in policies of allowed locations, enforced, on the whole
//! subscription or above it, without selectors or overrides. Even then a policy is supporting evidence and no proof: it exempts what has
//! the location `global`, and says nothing of where a service's own settings copy data to.

use crate::path;
use crate::quota;
use crate::session::{Ask, Session};
use sekisho_contract::fact::{GuardedRegion, Guardrail};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::{Observed, Operation, Sheet};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

operation!(
    /// Every policy assignment on the subscription, above it and in it.
    LIST_POLICY_ASSIGNMENTS = "authorization" "ListPolicyAssignments",
    needs "Microsoft.Authorization/policyAssignments/read", quota quota::ARM,
    Per::Account, Get, facts "policies that bound the regions a subscription can use"
);
operation!(
    /// Every exemption from policies.
    LIST_POLICY_EXEMPTIONS = "authorization" "ListPolicyExemptions",
    needs "Microsoft.Authorization/policyExemptions/read", quota quota::ARM,
    Per::Account, Get, facts "what is exempt from policies"
);

/// What is asked of policies.
pub const OPERATIONS: &[&Operation] = &[&LIST_POLICY_ASSIGNMENTS, &LIST_POLICY_EXEMPTIONS];

/// "Allowed locations": denies resources elsewhere. Built-in; its effect cannot be changed.
const ALLOWED_LOCATIONS: &str =
    "/providers/microsoft.authorization/policydefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c";

#[derive(Deserialize)]
struct Assignment {
    id: String,
    name: String,
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    display_name: Option<String>,
    policy_definition_id: String,
    scope: Option<String>,
    not_scopes: Option<Vec<String>>,
    parameters: Option<Value>,
    /// Left out, it is `Default`: enforced ("Azure Policy assignment structure").
    enforcement_mode: Option<String>,
    resource_selectors: Option<Vec<Value>>,
    overrides: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Exemption {
    id: String,
    properties: Exempted,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exempted {
    policy_assignment_id: String,
}

impl Assignment {
    /// The regions it leaves open, if it bounds the whole subscription for certain.
    fn bounds(&self, subscription: &str) -> Option<BTreeSet<String>> {
        let told = &self.properties;
        let scope = path::id(told.scope.as_deref()?);
        let whole =
            scope == subscription || scope.starts_with("/providers/microsoft.management/managementgroups/");
        let enforced = matches!(told.enforcement_mode.as_deref(), None | Some("Default"));
        let plain = |list: &Option<Vec<Value>>| list.as_ref().is_none_or(Vec::is_empty);
        let certain = path::id(&told.policy_definition_id) == ALLOWED_LOCATIONS
            && whole
            && enforced
            && plain(&told.resource_selectors)
            && plain(&told.overrides);
        if !certain {
            return None;
        }
        let allowed = told.parameters.as_ref()?.pointer("/listOfAllowedLocations/value")?.as_array()?;
        allowed.iter().map(|one| one.as_str().map(path::place)).collect()
    }
}

/// What policies leave open to the subscription.
pub async fn guardrail(session: &Session, sheet: &mut Sheet) -> Observed<Guardrail> {
    let below = session.path("/providers/Microsoft.Authorization");
    let assignments = Ask::of(&LIST_POLICY_ASSIGNMENTS, format!("{below}/policyAssignments"), "2023-04-01");
    let exemptions =
        Ask::of(&LIST_POLICY_EXEMPTIONS, format!("{below}/policyExemptions"), "2022-07-01-preview");
    let (assignments, exemptions) =
        futures::join!(session.list::<Assignment>(assignments), session.list::<Exemption>(exemptions));
    for call in assignments.calls.iter().chain(&exemptions.calls) {
        sheet.shown("guardrail", call);
    }
    // Each list that broke off is named.
    let broke = [&assignments.broke, &exemptions.broke].into_iter().flatten();
    if let Some(unseen) = broke.map(|shortfall| sheet.unseen("guardrail", shortfall)).last() {
        return unseen;
    }
    let subscription = path::id(&session.path(""));
    let mut guardrail = Guardrail::NONE;
    let mut open: Option<BTreeSet<String>> = None;
    for (assignment, _) in &assignments.items {
        let Some(allowed) = assignment.bounds(&subscription) else { continue };
        open = Some(match open {
            None => allowed,
            Some(open) => open.intersection(&allowed).cloned().collect(),
        });
        let name = assignment.properties.display_name.as_deref().filter(|name| !name.is_empty());
        guardrail.policies.push(shorten(name.unwrap_or(&assignment.name)));
        let own = path::id(&assignment.id);
        let left_out =
            assignment.properties.not_scopes.iter().flatten().map(|scope| shorten(&path::id(scope)));
        let exempt = exemptions
            .items
            .iter()
            .filter(|(exemption, _)| path::id(&exemption.properties.policy_assignment_id) == own);
        let exempt = exempt.map(|(exemption, _)| {
            let id = path::id(&exemption.id);
            shorten(id.split("/providers/microsoft.authorization/policyexemptions/").next().unwrap_or(&id))
        });
        guardrail.exempt_principals.extend(left_out.chain(exempt));
    }
    let Some(open) = open else { return Observed::Seen(guardrail) };
    guardrail.bounded = true;
    guardrail.regions = open
        .into_iter()
        .filter(|region| region != "global")
        .map(|id| GuardedRegion { id: shorten(&id), countries: Observed::default() })
        .collect();
    guardrail.exempt_actions =
        vec!["resources without a region (global)".to_owned(), "resource groups".to_owned()];
    guardrail.policies.sort();
    guardrail.exempt_principals.sort();
    guardrail.exempt_principals.dedup();
    Observed::Seen(guardrail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const OWN: &str = "/subscriptions/00000000-0000-0000-0000-000000000001";

    fn left_open(change: Value) -> Option<Vec<String>> {
        let mut properties = json!({
            "policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c",
            "scope": OWN,
            "parameters": {"listOfAllowedLocations": {"value": ["Japan East", "japanwest"]}},
        });
        for (key, value) in change.as_object().unwrap() {
            properties[key] = value.clone();
        }
        let assignment: Assignment =
            serde_json::from_value(json!({"id": format!("{OWN}/x"), "name": "x", "properties": properties}))
                .unwrap();
        assignment.bounds(OWN).map(|open| open.into_iter().collect())
    }

    #[test]
    fn only_what_is_certain_bounds_the_regions() {
        let home = Some(vec!["japaneast".to_owned(), "japanwest".to_owned()]);
        let cases = [
            ("the subscription", json!({}), true),
            ("above it", json!({"scope": "/providers/Microsoft.Management/managementGroups/all"}), true),
            ("enforced", json!({"enforcementMode": "Default"}), true),
            ("a part of it", json!({"scope": format!("{OWN}/resourceGroups/g")}), false),
            ("not enforced", json!({"enforcementMode": "DoNotEnforce"}), false),
            ("for some resources", json!({"resourceSelectors": [{"name": "x", "selectors": []}]}), false),
            (
                "with another effect",
                json!({"overrides": [{"kind": "policyEffect", "value": "audit"}]}),
                false,
            ),
            ("without a list", json!({"parameters": {}}), false),
            (
                "another policy",
                json!({"policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/x"}),
                false,
            ),
        ];
        for (name, change, bounds) in cases {
            assert_eq!(left_open(change), if bounds { home.clone() } else { None }, "{name}");
        }
    }
}
