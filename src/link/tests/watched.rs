//! Networks and what watches where they lie.

use super::*;

#[test]
fn a_network_is_watched_where_a_detector_of_intrusions_is_on() {
    let network = || {
        resource(
            Kind::Network,
            "it",
            json!({"copies": [{"role": "primary", "location": "east"}], "traffic": {}}),
        )
    };
    let detector =
        |id: &str, guard: Value| resource(Kind::Detector, id, json!({"copies": [], "guard": guard}));
    let (on, off) =
        (json!({"purpose": "intrusion", "enabled": true}), json!({"purpose": "intrusion", "enabled": false}));
    let mut elsewhere = detector("d2", on.clone());
    elsewhere.region = "west".into();
    let cases = [
        ("on", vec![detector("d1", off.clone()), detector("d2", on.clone())], json!(true)),
        ("off", vec![detector("d1", off.clone())], json!(false)),
        ("on in another region", vec![detector("d1", off.clone()), elsewhere.clone()], json!(false)),
        ("nothing told of the region", vec![elsewhere], Value::Null),
        ("not seen", vec![detector("d1", off), detector("d2", json!({"purpose": "intrusion"}))], Value::Null),
        ("for what not seen", vec![detector("d1", json!({"enabled": true}))], Value::Null),
        (
            "for other things",
            vec![detector("d1", json!({"purpose": "web_requests", "enabled": true}))],
            Value::Null,
        ),
    ];
    for (name, mut detectors, watched) in cases {
        detectors.insert(0, network());
        check(name, detectors, Vec::new(), "/traffic/watched", watched);
    }
}

#[test]
fn what_the_provider_says_of_the_network_itself_stands() {
    let network = |traffic: Value| {
        resource(
            Kind::Network,
            "it",
            json!({"copies": [{"role": "primary", "location": "east"}], "traffic": traffic}),
        )
    };
    let on = || {
        let guard = json!({"purpose": "intrusion", "enabled": true});
        resource(Kind::Detector, "d1", json!({"copies": [], "guard": guard}))
    };
    check(
        "said to be unwatched",
        vec![network(json!({"watched": false})), on()],
        Vec::new(),
        "/traffic/watched",
        json!(false),
    );
    let gap = gap("it", "traffic.watched", "log was not read");
    let resources = vec![(network(json!({})), vec![gap]), (on(), Vec::new())];
    let linked = linked(Held { resources, ..Held::default() }, Vec::new());
    assert_eq!(linked.value("it").pointer("/traffic/watched"), None);
}
