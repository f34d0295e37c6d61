//! A policy of the organization as it holds for a project: what is set above and inherited, changed or reset below.

use crate::description::OrgPolicy;
use serde_json::{Value, json};

/// The policy that holds, with the levels from the organization down.
pub(super) fn effective(constraint: &str, project: &str, levels: &[&Vec<OrgPolicy>]) -> Value {
    // Without any policy a constraint's default holds: every place is open, nothing is enforced.
    let default = match constraint {
        "gcp.resourceLocations" => json!([{"allowAll": true}]),
        _ => json!([{"enforce": false}]),
    };
    let mut rules = default.clone();
    let own = levels.iter().flat_map(|level| level.iter().find(|policy| policy.constraint == constraint));
    for OrgPolicy { spec, .. } in own {
        let set = spec.get("rules").cloned().unwrap_or_else(|| json!([]));
        rules = if spec.get("reset") == Some(&json!(true)) {
            default.clone()
        } else if spec.get("inheritFromParent") == Some(&json!(true)) && rules != default {
            merged(&rules, &set)
        } else {
            set
        };
    }
    json!({"name": format!("projects/{project}/policies/{constraint}"), "spec": {"rules": rules}})
}

/// Values of both, in one rule.
fn merged(above: &Value, below: &Value) -> Value {
    let values = |key: &str| -> Vec<Value> {
        let rules = [above, below].into_iter().flat_map(|rules| rules.as_array().into_iter().flatten());
        rules
            .flat_map(|rule| {
                rule.pointer(&format!("/values/{key}"))
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .cloned()
            })
            .collect()
    };
    json!([{"values": {"allowedValues": values("allowedValues"), "deniedValues": values("deniedValues")}}])
}
