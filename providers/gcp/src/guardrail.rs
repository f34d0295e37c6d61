//! What an organization policy really leaves open: its values worked out, not just its presence.
//!
//! Google works out what a project inherits and what it changes; what is left is to know which places the values
//! name. The policy holds for what is made after it, and for the services that honour it: a support, never a proof.

use crate::place::{is_region, located};
use crate::places;
use crate::session::GET_EFFECTIVE_POLICY;
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{GuardedRegion, Guardrail};
use sekisho_contract::gap::shorten;
use sekisho_contract::place::PlaceSort;
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The constraint on places.
pub const LOCATIONS: &str = "gcp.resourceLocations";
/// The constraint that keeps buckets from the public.
pub const PUBLIC_ACCESS: &str = "storage.publicAccessPrevention";

/// The constraint that refuses plain http to buckets.
pub const ENCRYPTED_TRANSPORT: &str = "storage.secureHttpTransport";

/// A policy as it holds.
#[derive(Debug, Deserialize)]
pub struct Policy {
    #[serde(default)]
    name: String,
    spec: Option<PolicySpec>,
}

#[derive(Debug, Deserialize)]
struct PolicySpec {
    #[serde(default)]
    rules: Vec<PolicyRule>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicyRule {
    allow_all: Option<bool>,
    deny_all: Option<bool>,
    enforce: Option<bool>,
    values: Option<StringValues>,
    condition: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StringValues {
    #[serde(default)]
    allowed_values: Vec<String>,
    #[serde(default)]
    denied_values: Vec<String>,
}

/// Whether a policy without values is enforced for everything.
pub fn enforced(heard: Heard<Policy>) -> Result<(CallId, bool), Shortfall> {
    let rules = heard.told.and_then(|policy| policy.spec).map(|spec| spec.rules).unwrap_or_default();
    // Under a condition it holds for some only.
    let on = rules.iter().any(|rule| rule.enforce == Some(true) && rule.condition.is_none());
    let off = rules.iter().any(|rule| rule.enforce != Some(true));
    Ok((heard.call, on && !off))
}

/// The places a policy leaves open.
pub fn locations(project: &str, heard: Heard<Policy>) -> Result<(CallId, Guardrail), Shortfall> {
    let call = heard.call;
    // Without a policy anywhere above, every place is open: the constraint's default.
    let Some(policy) = heard.told else { return Ok((call, Guardrail::NONE)) };
    let wrong = |detail: String| {
        Shortfall::of(&GET_EFFECTIVE_POLICY.operation, GapReason::Malformed, Some(call), detail)
    };
    if !policy.name.ends_with(&format!("/policies/{LOCATIONS}")) {
        return Err(wrong(format!(
            "the answer is about {}, not {LOCATIONS} of {project}",
            shorten(&policy.name)
        )));
    }
    let rules = policy.spec.map(|spec| spec.rules).unwrap_or_default();
    Ok((call, of_rules(&rules, shorten(&policy.name))))
}

/// Everything any rule leaves open. A rule under a condition opens what it opens to whatever meets the condition, and
/// closes nothing for certain.
fn of_rules(rules: &[PolicyRule], name: String) -> Guardrail {
    let mut open: BTreeSet<String> = BTreeSet::new();
    let mut bounded = false;
    // What one rule lets through another may refuse: what is refused for certain is open to nobody.
    let values = |rule: &PolicyRule| rule.values.as_ref().map(|values| &values.allowed_values).cloned();
    let names_places = rules.iter().any(|rule| values(rule).is_some_and(|allowed| !allowed.is_empty()));
    let certain =
        rules.iter().filter(|rule| rule.condition.is_none()).filter_map(|rule| rule.values.as_ref());
    let refused: BTreeSet<String> =
        certain.flat_map(|values| &values.denied_values).flat_map(|value| places_of(value)).collect();
    for rule in rules {
        let certain = rule.condition.is_none();
        if rule.allow_all == Some(true) {
            return Guardrail::NONE;
        }
        if rule.deny_all == Some(true) {
            bounded |= certain;
            continue;
        }
        let values = match &rule.values {
            Some(values) => values,
            None => continue,
        };
        let denied: BTreeSet<String> =
            values.denied_values.iter().flat_map(|value| places_of(value)).collect();
        if values.allowed_values.is_empty() {
            if !denied.is_empty() && certain && !names_places {
                bounded = true;
                open.extend(everywhere().filter(|place| !denied.contains(place)));
                // Places that are not known are not refused by name.
                open.insert(UNNAMED.to_owned());
            }
            continue;
        }
        bounded |= certain;
        let allowed = values.allowed_values.iter().flat_map(|value| places_of(value));
        open.extend(allowed.filter(|place| !denied.contains(place)));
    }
    if !bounded {
        return Guardrail::NONE;
    }
    open.retain(|place| !refused.contains(place));
    Guardrail {
        bounded,
        regions: open.into_iter().map(|id| GuardedRegion { id, countries: Observed::default() }).collect(),
        // Documented with the constraint: it is not retroactive, and services decide what of theirs it covers.
        exempt_actions: vec!["what was made before the policy".to_owned(), "AlloyDB backups".to_owned()],
        exempt_principals: Vec::new(),
        policies: vec![name],
    }
}

/// Whatever place is in no catalogue: it resolves to nothing.
const UNNAMED: &str = "location/any-other";

fn everywhere() -> impl Iterator<Item = String> {
    let known = places().places.iter().filter(|(id, _)| !id.contains('/'));
    known.map(|(id, _)| id.clone())
}

/// The places a value names: a group (`in:asia-locations`) every place in it, else the place itself. A group that is
/// not known stays as it is, and resolves to nothing.
fn places_of(value: &str) -> Vec<String> {
    let value = value.strip_prefix("is:").unwrap_or(value);
    let Some(group) = value.strip_prefix("in:") else { return vec![located("location", value)] };
    let Some(name) = group.strip_suffix("-locations") else { return vec![shorten(value)] };
    if is_region(name) {
        return vec![name.to_owned()];
    }
    let regions = |wanted: &dyn Fn(&str, &str) -> bool| -> Vec<String> {
        let all = places().places.iter().filter(|(_, place)| place.sort == PlaceSort::Region);
        let inside = all.filter(|(id, place)| place.countries.iter().any(|country| wanted(id, country)));
        inside.map(|(id, _)| id.clone()).collect()
    };
    let mut found = match name {
        "eu" => {
            let union = places().place("eu").map(|place| place.countries.clone()).unwrap_or_default();
            regions(&|id, country| id.starts_with("europe-") && union.iter().any(|member| member == country))
        }
        // Countries by their codes, and two that go by another.
        "uk" => regions(&|_, country| country == "GB"),
        "japan" => regions(&|_, country| country == "JP"),
        two if two.len() == 2 => regions(&|_, country| country.eq_ignore_ascii_case(two)),
        continent => regions(&|id, _| id.split('-').next() == Some(continent)),
    };
    if found.is_empty() {
        return vec![shorten(value)];
    }
    // The multi-region of the same name is in its group.
    if places().place(name).is_some() {
        found.push(name.to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn open(rules: serde_json::Value) -> Option<Vec<String>> {
        let rules: Vec<PolicyRule> = serde_json::from_value(rules).unwrap();
        let guardrail = of_rules(&rules, String::new());
        guardrail.bounded.then(|| guardrail.regions.into_iter().map(|region| region.id).collect())
    }

    fn allowed(values: &[&str]) -> serde_json::Value {
        json!([{"values": {"allowedValues": values}}])
    }

    #[test]
    fn values_are_worked_out() {
        let home = Some(vec!["asia-northeast1".to_owned(), "asia-northeast2".to_owned()]);
        assert_eq!(open(allowed(&["in:jp-locations"])), home);
        assert_eq!(open(allowed(&["in:asia-northeast1-locations", "is:asia-northeast2"])), home);
        assert_eq!(open(allowed(&["asia-northeast1-a", "asia-northeast2"])), home);
        let asia = open(allowed(&["in:asia-locations"])).unwrap();
        assert!(asia.contains(&"asia-east1".to_owned()) && asia.contains(&"asia".to_owned()));
        assert_eq!(open(allowed(&["in:moon-locations"])), Some(vec!["in:moon-locations".to_owned()]));
        assert_eq!(open(allowed(&["asia1"])), Some(vec!["location/asia1".to_owned()]));
    }

    #[test]
    fn what_is_not_bounded_for_certain_is_not_bounded() {
        assert_eq!(open(json!([])), None);
        assert_eq!(open(json!([{"allowAll": true}])), None);
        assert_eq!(
            open(
                json!([{"values": {"allowedValues": ["asia-northeast1"]}, "condition": {"expression": "x"}}])
            ),
            None
        );
        assert_eq!(open(json!([{"denyAll": true}])), Some(Vec::new()));
        let all_but = open(json!([{"values": {"deniedValues": ["in:us-locations"]}}])).unwrap();
        assert!(all_but.contains(&"europe-west1".to_owned()) && !all_but.contains(&"us-east1".to_owned()));
        assert!(all_but.contains(&UNNAMED.to_owned()) && places().place(UNNAMED).is_none());
        // What one rule names another refuses.
        let divided = json!([
            {"values": {"allowedValues": ["in:asia-northeast1-locations", "us-east1"]}},
            {"values": {"deniedValues": ["in:us-locations"]}},
        ]);
        assert_eq!(open(divided), Some(vec!["asia-northeast1".to_owned()]));
        // Under a condition more is open.
        let more = json!([
            {"values": {"allowedValues": ["asia-northeast1"]}},
            {"values": {"allowedValues": ["us-east1"]}, "condition": {"expression": "x"}},
        ]);
        assert_eq!(open(more), Some(vec!["asia-northeast1".to_owned(), "us-east1".to_owned()]));
    }
}
