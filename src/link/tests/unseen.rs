//! Whatever was not seen is told with its reason.

use super::*;

/// Everything of every kind, with nothing seen.
fn nothing_seen(kind: Kind) -> Resource {
    let member = json!([{}]);
    let mut given = json!({
        "copies": [{"role": "primary"}],
        "encryption": {}, "versioning": {}, "expiry": {}, "access_log": {}, "audit": {}, "retention": {}, "key": {},
        "sharing": {"principals": [{"id": "p", "class": "other", "account": null}]}, "network": {}, "redundancy": {},
        "recovery": {}, "point": {}, "coverage": {"selections": [{"name": "s"}]}, "protection": {}, "software": {}, "traffic": {}, "guard": {}, "identity": {},
        "trust": {"principals": [{"id": "p", "class": "other", "account": null}]},
        "defaults": {}, "zones": {"open": [{"id": "nowhere"}]},
        "replication": {"rules": [{"name": "r", "destination": "d"}]},
        "erasure": {"obstacles": member},
        "endpoints": {"ways": [{"id": "e", "service": "s"}]},
        "sources": {"bounds": [{"addresses": [], "networks": [], "endpoints": [], "exempt": []}]},
        "exposure": {"principals": [{"id": "p", "class": "other", "account": null}]},
        "trail": {"home_region": "east"},
    });
    given["facets"] = serde_json::to_value(sekisho_contract::fact::Facet::ALL).unwrap();
    resource(kind, "it", given)
}

#[test]
fn whatever_was_not_seen_has_a_gap() {
    for kind in Kind::ALL {
        let held = Held {
            resources: vec![(nothing_seen(*kind), Vec::new())],
            cells: vec![cell("east", CellState::Denied)],
            ..Held::default()
        };
        let linked = linked(held, Vec::new());
        let schema = serde_json::to_value(schemars::schema_for!(Resource)).unwrap();
        let mut absent = Vec::new();
        absent_paths(&schema, &schema, &linked.value("it"), "", &mut absent);
        assert!(absent.len() > 30, "{absent:?}");
        let gaps = linked.gaps("it");
        // What nothing points to is confidential through nothing, and what was made of nothing has no source.
        // What was seen now was not recorded before.
        let nothing = ["confidential_through", "made_from", "captured"];
        for path in absent.into_iter().filter(|path| !nothing.contains(&path.as_str())) {
            // A copy's place is one thing: what is said of its location holds for the rest.
            let said = |path: &str| gaps.iter().any(|(facet, _)| covers(facet, path));
            let place =
                matches!(path.as_str(), "copies.countries" | "copies.site") && said("copies.location");
            assert!(said(&path) || place, "{kind:?}: nothing explains {path}: {gaps:?}");
        }
    }
}

/// The paths of properties the schema has and the fact has not.
fn absent_paths(root: &Value, schema: &Value, fact: &Value, path: &str, absent: &mut Vec<String>) {
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    if let Some(one) = schema.get("anyOf").and_then(|any| any.get(0)) {
        return absent_paths(root, one, fact, path, absent);
    }
    if let (Some(items), Some(members)) = (schema.get("items"), fact.as_array()) {
        return members.iter().for_each(|member| absent_paths(root, items, member, path, absent));
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for (name, schema) in properties {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match fact.get(name) {
            Some(fact) => absent_paths(root, schema, fact, &path, absent),
            // The one optional field that is no property of the cloud's: who holds a copy.
            None if path == "copies.holder" => {}
            None => absent.push(path),
        }
    }
}
