//! What follows from one resource pointing to another.

use super::*;

/// What `raise` makes of a resource that the rules take out of scope.
fn raised(resources: Vec<(Resource, Vec<Gap>)>, cells: Vec<Cell>) -> Linked {
    let out = Scope {
        matcher: Matcher { tag: Some("classification=public".into()), ..Matcher::default() },
        confidential: false,
        availability_critical: false,
    };
    linked(Held { resources, cells, ..Held::default() }, vec![out])
}

#[test]
fn what_confidential_data_flow_into_is_confidential() {
    let public = |mut resource: Resource| {
        resource.tags = Observed::Seen([("classification".to_owned(), "public".to_owned())].into());
        (resource, Vec::new())
    };
    let own = |given: Value| {
        let mut given = given;
        let all = given.as_object_mut().unwrap();
        all.entry("tags").or_insert(json!({}));
        all.entry("replication").or_insert(json!({"rules": []}));
        all.entry("access_log").or_insert(json!({"enabled": false, "target": null}));
        all.entry("encryption").or_insert(json!({"enabled": true, "algorithm": "AES256", "key": null}));
        (store("it", given), Vec::new())
    };
    let to = |destination: &str, enabled: bool| {
        json!({"copies": [{"role": "replica", "holder": destination}],
            "replication": {"rules": [{"name": "r", "enabled": enabled, "destination": destination}]}})
    };
    let under = |key: &str| json!({"encryption": {"enabled": true, "algorithm": "kms", "key": key}});
    let there = |given: Value| {
        let mut there = own(given).0;
        (there.id, there.name) = ("there".into(), "there".into());
        public(there)
    };
    let key = || public(key("k", json!({"manager": "customer", "aliases": ["alias/k"]})));
    let nameless = || public(super::key("k", json!({"manager": "customer"})));
    let listed = || vec![cell("s3", CellState::Listed)];
    let unlisted = || vec![cell("s3", CellState::Denied)];
    let log = json!({"access_log": {"enabled": true, "target": "there"}, "copies": [{"role": "log", "holder": "there"}]});
    type Given = Vec<(Resource, Vec<Gap>)>;
    let cases: Vec<(&str, Given, Vec<Cell>, &str, Value)> = vec![
        ("nothing points to it", vec![own(json!({})), there(json!({}))], listed(), "there", json!(false)),
        (
            "it is copied there",
            vec![own(to("there", true)), there(json!({}))],
            listed(),
            "there",
            json!(true),
        ),
        (
            "a rule that is off may have",
            vec![own(to("there", false)), there(json!({}))],
            listed(),
            "there",
            json!(true),
        ),
        ("it logs there", vec![own(log), there(json!({}))], listed(), "there", json!(true)),
        ("it lies under the key", vec![own(under("k")), key()], listed(), "k", json!(true)),
        ("by its other name", vec![own(under("alias/k")), key()], listed(), "k", json!(true)),
        ("perhaps by a name not seen", vec![own(under("alias/k")), nameless()], listed(), "k", Value::Null),
        ("another key", vec![own(under("other")), key()], listed(), "k", json!(false)),
        (
            "where it is copied to was not seen",
            vec![own(json!({"replication": {}})), there(json!({}))],
            listed(),
            "there",
            Value::Null,
        ),
        ("which key was not seen", vec![own(json!({"encryption": {}})), key()], listed(), "k", Value::Null),
        (
            "which key was not seen, and it is no key",
            vec![own(json!({"encryption": {}})), there(json!({}))],
            listed(),
            "there",
            json!(false),
        ),
        ("something may be hidden", vec![own(json!({})), there(json!({}))], unlisted(), "there", Value::Null),
        (
            "one is hidden, one decides",
            vec![own(to("there", true)), there(json!({}))],
            unlisted(),
            "there",
            json!(true),
        ),
        (
            "through what is public itself",
            vec![own(to("there", true)), there(under("k")), key()],
            listed(),
            "k",
            json!(true),
        ),
        (
            "from what is public only",
            vec![own(json!({})), there(under("k")), key()],
            listed(),
            "k",
            json!(false),
        ),
    ];
    for (name, resources, cells, subject, expected) in cases {
        let linked = raised(resources, cells);
        let confidential = linked.value(subject)["confidential"].clone();
        assert_eq!(confidential, expected, "{name}");
        let by = linked.value(subject).get("confidential_through").cloned().unwrap_or_default();
        assert_eq!(by, if expected == json!(true) { json!("it") } else { Value::Null }, "{name}");
        let told = linked.gaps(subject).iter().any(|(facet, _)| *facet == "confidential");
        assert_eq!(told, expected.is_null(), "{name}");
    }
}

#[test]
fn logs_are_followed_to_where_their_store_is_copied() {
    let it = || {
        store(
            "it",
            json!({"copies": [{"role": "log", "holder": "logs", "location": "east"}],
                "access_log": {"enabled": true, "target": "logs"}}),
        )
    };
    let logs = |copies: Value| store("logs", json!({"copies": copies}));
    let cases: Vec<(&str, Vec<Resource>, Value)> = vec![
        ("kept where they are", vec![it(), logs(json!([]))], json!([["JP"]])),
        (
            "copied abroad",
            vec![it(), logs(json!([{"role": "replica", "holder": "far"}])), far_store("far", json!({}))],
            json!([["JP"], ["US"]]),
        ),
        ("copied to a place not seen", vec![it(), logs(json!([{"role": "replica"}]))], json!([["JP"], null])),
        ("a store that was not read", vec![it()], json!([["JP"], null])),
        ("copied back", vec![it(), logs(json!([{"role": "replica", "holder": "it"}]))], json!([["JP"]])),
    ];
    for (name, resources, expected) in cases {
        let held =
            Held { resources: resources.into_iter().map(|r| (r, Vec::new())).collect(), ..Held::default() };
        let linked = linked(held, Vec::new());
        let copies = linked.value("it")["copies"].as_array().unwrap().clone();
        let logs = copies.iter().filter(|copy| copy["role"] == "log").map(|copy| copy["countries"].clone());
        assert_eq!(logs.collect::<Value>(), expected, "{name}");
    }
}

#[test]
fn a_trail_that_writes_to_what_does_not_exist_is_not_known_to_record() {
    let gone = |subject: &str| {
        Shortfall::without_call(
            GapReason::Vanished,
            "the region of logs is not known: the bucket does not exist",
        )
        .gap(subject, "copies")
    };
    for (name, others, logging) in [
        ("nobody has it", vec![], Value::Null),
        ("another account has it", vec![(store("logs", json!({})), Vec::new())], json!(true)),
    ] {
        let mut resources = vec![(trail("t", json!({})), vec![gone("t")])];
        resources.extend(others);
        let linked = linked(Held { resources, ..Held::default() }, Vec::new());
        assert_eq!(linked.value("t")["trail"].get("logging").cloned().unwrap_or_default(), logging, "{name}");
    }
}
