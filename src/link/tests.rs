use super::sheet::covers;
use super::*;
use crate::collect::fake::{Fake, Script};
use crate::run_folder::{Begin, RunFolder};
use crate::tenancy::{Matcher, Scope};
use sekisho_contract::AccountSection;
use sekisho_contract::fact::{CellState, Fact};
use serde_json::{Value, json};

/// Facts held in memory.
#[derive(Default)]
struct Held {
    settings: Vec<AccountSetting>,
    cells: Vec<Cell>,
    gaps: Vec<Gap>,
    lists: Vec<(String, SecondList)>,
    resources: Vec<(Resource, Vec<Gap>)>,
}

impl Source for Held {
    fn settings(&self) -> &[AccountSetting] {
        &self.settings
    }
    fn cells(&self) -> &[Cell] {
        &self.cells
    }
    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }
    fn second_lists(&self) -> &[(String, SecondList)] {
        &self.lists
    }
    fn each(&self, visit: &mut Visit<'_>) -> Result<(), ReadFault> {
        for (offset, (resource, _)) in (0..).zip(&self.resources) {
            visit(At { offset, length: 0 }, &serde_json::to_string(resource).unwrap()).unwrap();
        }
        Ok(())
    }
    fn read_many(
        &self,
        places: &mut dyn Iterator<Item = At>,
        visit: &mut dyn FnMut(Resource, Vec<Gap>) -> Result<(), FolderFault>,
    ) -> Result<(), FolderFault> {
        for at in places {
            let (resource, gaps) = self.resources[at.offset as usize].clone();
            visit(resource, gaps)?;
        }
        Ok(())
    }
}

/// A resource of account `a1` in `east`, with what `given` says.
fn resource(kind: Kind, id: &str, given: Value) -> Resource {
    let mut fact =
        serde_json::to_value(Resource::new(kind, "fake", "a1", "east", "s", id.into(), id.into())).unwrap();
    fact.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
    serde_json::from_value(fact).unwrap()
}

fn store(id: &str, given: Value) -> Resource {
    let mut given = given;
    let copies = given.as_object_mut().unwrap().entry("copies").or_insert(json!([]));
    copies.as_array_mut().unwrap().insert(0, json!({"role": "primary", "location": "east"}));
    resource(Kind::ObjectStore, id, given)
}

fn far_store(id: &str, given: Value) -> Resource {
    let mut far = store(id, given);
    far.copies[0].location = Observed::Seen("far".into());
    far
}

fn key(id: &str, given: Value) -> Resource {
    resource(Kind::Key, id, json!({"copies": [{"role": "key", "location": "east"}], "key": given}))
}

fn trail(id: &str, given: Value) -> Resource {
    let mut facet = json!({
        "home_region": "east", "multi_region": true, "global_events": true, "logging": true, "validation": true,
        "organization": false, "management_events": true, "data_events": [], "target": "logs", "target_prefix": "AWSLogs/",
    });
    let all = facet.as_object_mut().unwrap();
    for (name, value) in given.as_object().unwrap() {
        if value == "unseen" {
            all.remove(name);
        } else {
            all.insert(name.clone(), value.clone());
        }
    }
    resource(Kind::AuditTrail, id, json!({"copies": [], "trail": facet}))
}

fn gap(subject: &str, facet: &str, detail: &str) -> Gap {
    Shortfall::without_call(GapReason::Unresolved, detail).gap(subject, facet)
}

struct Linked {
    facts: Vec<Fact>,
}

impl Linked {
    fn value(&self, id: &str) -> Value {
        let found = self.facts.iter().find_map(|fact| match fact {
            Fact::Resource(resource) if resource.id == id => Some(serde_json::to_value(resource).unwrap()),
            Fact::Setting(setting) if setting.id == id => Some(serde_json::to_value(setting).unwrap()),
            _ => None,
        });
        found.unwrap()
    }

    /// Facets at which the subject has gaps, in order.
    fn gaps(&self, id: &str) -> Vec<(&str, &str)> {
        let gaps = self.facts.iter().filter_map(|fact| match fact {
            Fact::Gap(gap) if gap.subject == id => Some((gap.facet.as_str(), gap.detail.as_str())),
            _ => None,
        });
        gaps.collect()
    }
}

fn linked(held: Held, scopes: Vec<Scope>) -> Linked {
    let folder = tempfile::tempdir().unwrap();
    let folder = RunFolder::begin(folder.path(), Begin::Fresh).unwrap();
    let account = |provider: &str, id: &str| AccountSection {
        provider: provider.into(),
        ..crate::collect::fake::section(id)
    };
    let tenancy = Tenancy {
        name: String::new(),
        profile: String::new(),
        contract_end: jiff::civil::date(2027, 3, 31),
        erasure_grace_days: 0,
        access: Vec::new(),
        corroborate: Default::default(),
        logs: None,
        limits: Default::default(),
        accounts: vec![account("fake", "a1"), account("fake", "a2"), account("other", "o1")],
        scopes,
        exceptions: Vec::new(),
    };
    let (fake, _) = Fake::with(Script::default());
    let providers = [fake];
    let mut world = World::new(&tenancy, &providers);
    world.kinds.insert(("fake", "trails"), &[Kind::AuditTrail, Kind::Key]);
    link(&held, &world, folder.facts_writer().unwrap()).unwrap();
    let facts = folder.facts().pass().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    Linked { facts }
}

fn cell(region: &str, state: CellState) -> Cell {
    Cell {
        provider: "fake".into(),
        account: "a1".into(),
        region: region.into(),
        service: "trails".into(),
        state,
        closed_by: None,
        resources: 0,
    }
}

/// Links the resources and looks at `pointer` of the one called `it`: `expected` there, `null` for unseen,
/// and a gap exactly where something is unseen.
fn check(name: &str, resources: Vec<Resource>, cells: Vec<Cell>, pointer: &str, expected: Value) {
    let resources = resources.into_iter().map(|resource| (resource, Vec::new())).collect();
    let linked = linked(Held { resources, cells, ..Held::default() }, Vec::new());
    let it = linked.value("it");
    assert_eq!(it.pointer(pointer).cloned().unwrap_or(Value::Null), expected, "{name}: {it:#}");
    let path: Vec<&str> =
        pointer.split('/').filter(|part| !part.is_empty() && part.parse::<u32>().is_err()).collect();
    let explained = linked.gaps("it").iter().any(|(facet, _)| covers(facet, &path.join(".")));
    assert!(it.pointer(pointer).is_some() || explained, "{name}: {:?}", linked.gaps("it"));
}

#[test]
fn copies_rest_where_their_holders_do() {
    let to = |holder: &str| store("it", json!({"copies": [{"role": "replica", "holder": holder}]}));
    let at = |place: &str| store("it", json!({"copies": [{"role": "replica", "location": place}]}));
    let cases: Vec<(&str, Vec<Resource>, &str, Value)> = vec![
        ("a known place", vec![at("far")], "/copies/1/countries", json!(["US"])),
        ("its site", vec![at("far")], "/copies/1/site", json!("virginia")),
        ("an unknown place", vec![at("mars")], "/copies/1/countries", Value::Null),
        (
            "a holder of the tenancy",
            vec![to("b"), far_store("b", json!({}))],
            "/copies/1/countries",
            json!(["US"]),
        ),
        ("a holder nobody knows", vec![to("b")], "/copies/1/location", Value::Null),
        (
            "a holder whose place was not seen",
            vec![to("b"), resource(Kind::ObjectStore, "b", json!({"copies": [{"role": "primary"}]}))],
            "/copies/1/location",
            Value::Null,
        ),
        (
            "two that claim the holder's name and disagree",
            vec![to("b"), store("b", json!({})), far_store("b", json!({}))],
            "/copies/1/location",
            Value::Null,
        ),
    ];
    for (name, resources, pointer, expected) in cases {
        check(name, resources, Vec::new(), pointer, expected);
    }
}

#[test]
fn a_gap_goes_when_what_it_names_is_resolved_and_only_then() {
    let it = store(
        "it",
        json!({"copies": [{"role": "replica", "holder": "log"}, {"role": "log", "holder": "logs"}]}),
    );
    let gaps = vec![gap("it", "copies", "log was not read"), gap("it", "copies", "logs was not read")];
    let held = Held { resources: vec![(it, gaps), (store("log", json!({})), Vec::new())], ..Held::default() };
    let linked = linked(held, Vec::new());
    let copies: Vec<_> = linked.gaps("it").into_iter().filter(|(facet, _)| *facet == "copies").collect();
    assert_eq!(copies[0], ("copies", "logs was not read"));
    assert_eq!(copies.iter().filter(|(_, detail)| detail.contains("log ")).count(), 0, "{copies:?}");
}

#[test]
fn data_know_their_keys() {
    let under =
        |key: Value| store("it", json!({"encryption": {"enabled": true, "algorithm": "kms", "key": key}}));
    let own = || key("k", json!({"manager": "customer", "aliases": ["alias/k"]}));
    let outside = "arn:aws:kms:far:999:key/1";
    let manager = "/encryption/key_manager";
    let cases: Vec<(&str, Vec<Resource>, &str, Value)> = vec![
        ("by id", vec![under(json!("k")), own()], manager, json!("customer")),
        ("by alias", vec![under(json!("alias/k")), own()], manager, json!("customer")),
        ("at the key's place", vec![under(json!("k")), own()], "/copies/1/countries", json!(["JP"])),
        ("its holder", vec![under(json!("k")), own()], "/copies/1/holder", json!("k")),
        ("not read", vec![under(json!("k"))], manager, Value::Null),
        (
            "not read, with a place in its name",
            vec![under(json!(outside))],
            "/copies/1/countries",
            json!(["US"]),
        ),
        (
            "not read, and perhaps elsewhere too",
            vec![under(json!(outside))],
            "/copies/2/location",
            Value::Null,
        ),
        ("not read, and no place in its name", vec![under(json!("k"))], "/copies/1/location", Value::Null),
        ("manager not seen", vec![under(json!("k")), key("k", json!({}))], manager, Value::Null),
        (
            "the provider's",
            vec![under(json!("k")), key("k", json!({"manager": "provider"}))],
            "/copies/1",
            Value::Null,
        ),
        ("no key", vec![under(Value::Null)], manager, json!("provider")),
        (
            "a store that is called like a key",
            vec![under(json!("k")), store("k", json!({}))],
            manager,
            Value::Null,
        ),
    ];
    for (name, resources, pointer, expected) in cases {
        if pointer == "/copies/1" {
            let linked = linked(
                Held {
                    resources: resources.into_iter().map(|r| (r, Vec::new())).collect(),
                    ..Held::default()
                },
                Vec::new(),
            );
            assert_eq!(linked.value("it").pointer(pointer), None, "{name}");
        } else {
            check(name, resources, Vec::new(), pointer, expected);
        }
    }
    let unseen = store("it", json!({"encryption": {}}));
    check("a key that may be anywhere", vec![unseen], Vec::new(), "/copies/1/location", Value::Null);
}

#[test]
fn records_are_kept_as_long_as_their_store_keeps_them() {
    let rule = |prefix: &str, days: Value| json!({"prefix": prefix, "whole": true, "days": days, "noncurrent_days": null});
    let from =
        |day: &str| json!({"prefix": "", "whole": true, "days": null, "from": day, "noncurrent_days": null});
    let logs = |rules: Value| store("logs", json!({"expiry": {"rules": rules}}));
    let it = || trail("it", json!({}));
    let cases: Vec<(&str, Vec<Resource>, Value, bool)> = vec![
        (
            "the shortest rule that reaches them",
            vec![it(), logs(json!([rule("", json!(400)), rule("AWSLogs/1/", json!(90))]))],
            json!(90),
            true,
        ),
        ("a rule for other names", vec![it(), logs(json!([rule("tmp/", json!(1))]))], Value::Null, true),
        ("no rule", vec![it(), logs(json!([]))], Value::Null, true),
        (
            "from a day within the contract",
            vec![it(), logs(json!([from("2026-12-01T00:00:00Z")]))],
            json!(0),
            true,
        ),
        ("from a day after it", vec![it(), logs(json!([from("2035-01-01T00:00:00Z")]))], Value::Null, true),
        ("from a day nobody can read", vec![it(), logs(json!([from("soon")]))], json!(0), true),
        ("rules not seen", vec![it(), store("logs", json!({"expiry": {}}))], Value::Null, false),
        ("a store outside", vec![it()], Value::Null, false),
        (
            "prefix not seen, nothing expires",
            vec![trail("it", json!({"target_prefix": "unseen"})), logs(json!([]))],
            Value::Null,
            true,
        ),
        (
            "prefix not seen, something expires",
            vec![trail("it", json!({"target_prefix": "unseen"})), logs(json!([rule("x", json!(5))]))],
            Value::Null,
            false,
        ),
        (
            "target not seen",
            vec![trail("it", json!({"target": "unseen"})), logs(json!([]))],
            Value::Null,
            false,
        ),
    ];
    for (name, resources, days, seen) in cases {
        let held =
            Held { resources: resources.into_iter().map(|r| (r, Vec::new())).collect(), ..Held::default() };
        let linked = linked(held, Vec::new());
        let it = linked.value("it");
        let found = it.pointer("/retention/days");
        assert_eq!(found.is_some(), seen, "{name}: {it:#}");
        assert_eq!(found.cloned().unwrap_or(Value::Null), days, "{name}");
        assert_eq!(linked.gaps("it").iter().any(|(facet, _)| *facet == "retention.days"), !seen, "{name}");
        assert_eq!(it.pointer("/copies/0/role"), Some(&json!("log")), "{name}: {it:#}");
    }
}

#[test]
fn stores_know_whether_their_accesses_are_recorded() {
    let it = || store("it", json!({}));
    let on = |prefixes: Value| json!([{"kind": "object_store", "prefixes": prefixes, "reads": true, "writes": false}]);
    let listed = || vec![cell("east", CellState::Listed)];
    let hidden = || vec![cell("far", CellState::Denied)];
    let elsewhere = |organization: Value| {
        let mut other = trail("t", json!({"data_events": on(json!([])), "organization": organization}));
        other.account = "a2".into();
        other
    };
    let events = |facet: Value| Resource { kind: Kind::LogStore, ..trail("e", facet) };
    let far_events = |facet: Value| Resource { account: "a2".into(), ..events(facet) };
    let cases: Vec<(&str, Vec<Resource>, Vec<Cell>, Value)> = vec![
        ("every store", vec![it(), trail("t", json!({"data_events": on(json!([]))}))], listed(), json!(true)),
        (
            "this store",
            vec![it(), trail("t", json!({"data_events": on(json!(["it/"]))}))],
            listed(),
            json!(true),
        ),
        (
            "a part of it",
            vec![it(), trail("t", json!({"data_events": on(json!(["it/part"]))}))],
            listed(),
            json!(false),
        ),
        (
            "another",
            vec![it(), trail("t", json!({"data_events": on(json!(["item/"]))}))],
            listed(),
            json!(false),
        ),
        (
            "switched off",
            vec![it(), trail("t", json!({"data_events": on(json!([])), "logging": false}))],
            listed(),
            json!(false),
        ),
        (
            "of another region",
            vec![
                it(),
                trail(
                    "t",
                    json!({"data_events": on(json!([])), "multi_region": false, "home_region": "far"}),
                ),
            ],
            listed(),
            json!(false),
        ),
        (
            "of its region",
            vec![it(), trail("t", json!({"data_events": on(json!([])), "multi_region": false}))],
            listed(),
            json!(true),
        ),
        ("of another account", vec![it(), elsewhere(json!(false))], listed(), json!(false)),
        // That the accounts are of one organization is nowhere shown: the trail must be seen from this account.
        (
            "of an organization, seen from another account",
            vec![it(), elsewhere(json!(true))],
            listed(),
            json!(false),
        ),
        (
            "of an organization, seen from this account",
            vec![it(), trail("t", json!({"data_events": on(json!([])), "organization": true}))],
            listed(),
            json!(true),
        ),
        (
            "logging not seen",
            vec![it(), trail("t", json!({"data_events": on(json!([])), "logging": "unseen"}))],
            listed(),
            Value::Null,
        ),
        (
            "logging not seen, but nothing selected",
            vec![it(), trail("t", json!({"logging": "unseen"}))],
            listed(),
            json!(false),
        ),
        (
            "a store of events, whose records cannot be checked",
            vec![it(), events(json!({"data_events": on(json!([])), "validation": "unseen"}))],
            listed(),
            Value::Null,
        ),
        (
            "a store of events that selects nothing",
            vec![it(), events(json!({"validation": "unseen"}))],
            listed(),
            json!(false),
        ),
        (
            "a store of events beside a trail",
            vec![
                it(),
                events(json!({"data_events": on(json!([])), "validation": "unseen"})),
                trail("t", json!({"data_events": on(json!([]))})),
            ],
            listed(),
            json!(true),
        ),
        (
            "an organization's store of events in another account",
            vec![
                it(),
                far_events(
                    json!({"data_events": on(json!([])), "validation": "unseen", "organization": true}),
                ),
            ],
            listed(),
            Value::Null,
        ),
        (
            "another account's own store of events",
            vec![it(), far_events(json!({"data_events": on(json!([])), "validation": "unseen"}))],
            listed(),
            json!(false),
        ),
        ("no trail", vec![it()], listed(), json!(false)),
        ("no trail seen, one may be hidden", vec![it()], hidden(), Value::Null),
        (
            "one may be hidden, one decides",
            vec![it(), trail("t", json!({"data_events": on(json!([]))}))],
            hidden(),
            json!(true),
        ),
    ];
    for (name, resources, cells, reads) in cases {
        check(name, resources.clone(), cells.clone(), "/audit/reads", reads.clone());
        if reads == json!(true) {
            check(name, resources, listed(), "/audit/writes", json!(false));
        }
    }
}

#[test]
fn accounts_know_which_regions_are_recorded_and_swept() {
    let setting = |regions: Value| -> AccountSetting {
        let mut fact = serde_json::to_value(AccountSetting::new("fake", "a1")).unwrap();
        fact.as_object_mut().unwrap().extend(json!({"regions": regions}).as_object().unwrap().clone());
        if regions.is_null() {
            fact.as_object_mut().unwrap().remove("regions");
        }
        serde_json::from_value(fact).unwrap()
    };
    let both = json!([{"id": "far", "state": "open"}, {"id": "east", "state": "open"}, {"id": "mars", "state": "not_opted_in"}]);
    let home = json!({"multi_region": false});
    let cases: Vec<(&str, Value, Vec<Resource>, CellState, Value)> = vec![
        (
            "everywhere",
            both.clone(),
            vec![trail("t", json!({}))],
            CellState::Listed,
            json!([[true, true], [true, true]]),
        ),
        (
            "at home",
            both.clone(),
            vec![trail("t", home.clone())],
            CellState::Listed,
            json!([[true, true], [false, false]]),
        ),
        (
            "at home, elsewhere hidden",
            both.clone(),
            vec![trail("t", home)],
            CellState::Failed,
            json!([[true, true], [null, null]]),
        ),
        (
            "without global events",
            both,
            vec![trail("t", json!({"global_events": false}))],
            CellState::Listed,
            json!([[true, false], [true, false]]),
        ),
        (
            "regions not seen",
            Value::Null,
            vec![trail("t", json!({}))],
            CellState::Listed,
            json!([[null, null]]),
        ),
    ];
    for (name, regions, resources, state, expected) in cases {
        let held = Held {
            settings: vec![setting(regions)],
            resources: resources.into_iter().map(|r| (r, Vec::new())).collect(),
            cells: vec![cell("east", CellState::Closed), cell("far", state)],
            ..Held::default()
        };
        let linked = linked(held, Vec::new());
        let account = linked.value("fake/a1");
        let answers: Vec<Value> = account["audit"]
            .as_array()
            .unwrap()
            .iter()
            .map(|region| json!([region.get("management_events"), region.get("global_events")]))
            .collect();
        assert_eq!(json!(answers), expected, "{name}");
        let open = expected.to_string().contains("null");
        assert_eq!(linked.gaps("fake/a1").iter().any(|(facet, _)| *facet == "audit"), open, "{name}");
        assert_eq!(account.pointer("/sweep/0/resources"), Some(&json!(0)), "{name}");
        assert_eq!(account.pointer("/sweep/1/resources").is_some(), state == CellState::Listed, "{name}");
        assert_eq!(
            linked.gaps("fake/a1/far/trails").len(),
            usize::from(state != CellState::Listed),
            "{name}"
        );
    }
}

#[test]
fn principals_are_foreign_or_not() {
    let of = |class: &str, account: Value| {
        let principal = json!({"id": "p", "class": class, "account": account});
        store(
            "it",
            json!({"exposure": {"public": false, "public_access_blocked": true, "tls_only": true, "principals": [principal]}}),
        )
    };
    let cases = [
        ("account", json!("a2"), json!(false)),
        ("account", json!("o1"), json!(true)),
        ("account", json!("999"), json!(true)),
        ("account", Value::Null, Value::Null),
        ("service", Value::Null, json!(false)),
        ("anonymous", Value::Null, json!(true)),
        ("federated", json!("a1"), Value::Null),
        ("other", Value::Null, Value::Null),
    ];
    for (class, account, foreign) in cases {
        check(class, vec![of(class, account)], Vec::new(), "/exposure/principals/0/foreign", foreign);
    }
}

#[test]
fn scope_is_the_first_rule_that_matches_and_everything_when_that_cannot_be_told() {
    let rule = |tag: Option<&str>, account: Option<&str>, resource: Option<&str>, confidential| Scope {
        matcher: Matcher {
            tag: tag.map(Into::into),
            account: account.map(Into::into),
            resource: resource.map(Into::into),
        },
        confidential,
        availability_critical: false,
    };
    let public = || rule(Some("class=public"), None, None, false);
    let labelled = store("it", json!({"tags": {"class": "public"}}));
    let unlabelled = store("it", json!({"tags": {}}));
    let unseen = store("it", json!({}));
    let cases = [
        ("matches", vec![public()], &labelled, json!([false, false])),
        ("any value", vec![rule(Some("class"), None, None, false)], &labelled, json!([false, false])),
        ("does not match", vec![public()], &unlabelled, json!([true, true])),
        ("cannot be told", vec![public()], &unseen, json!([null, null])),
        ("what holds either way", vec![rule(Some("class"), None, None, true)], &unseen, json!([true, null])),
        (
            "decided later, and the same",
            vec![public(), rule(None, Some("a1"), None, false)],
            &unseen,
            json!([false, false]),
        ),
        (
            "an earlier rule decides",
            vec![rule(None, Some("a1"), None, false), public()],
            &unseen,
            json!([false, false]),
        ),
        (
            "a part that fails decides",
            vec![rule(Some("class"), Some("a2"), None, true), rule(None, Some("a1"), None, false)],
            &unseen,
            json!([false, false]),
        ),
        ("a pattern", vec![rule(None, None, Some("*t"), true)], &labelled, json!([true, false])),
        ("another pattern", vec![rule(None, None, Some("i*x*t"), false)], &labelled, json!([true, true])),
        ("no parts", vec![rule(None, None, None, false)], &labelled, json!([true, true])),
    ];
    for (name, scopes, it, expected) in cases {
        let linked = linked(Held { resources: vec![(it.clone(), Vec::new())], ..Held::default() }, scopes);
        let it = linked.value("it");
        assert_eq!(json!([it["confidential"], it["availability_critical"]]), expected, "{name}");
    }
}

#[test]
fn what_could_not_be_linked_names_the_call_that_failed() {
    let denied = |subject: &str, facet: &str| Gap {
        operation: "s:Ask".into(),
        permission: "s:Ask".into(),
        reason: GapReason::Denied,
        ..gap(subject, facet, "no")
    };
    let plain = |resource: Resource| (resource, Vec::new());
    let unseen = |resource: Resource, facet: &str| {
        let gaps = vec![denied(&resource.id, facet)];
        (resource, gaps)
    };
    let under_key = || store("it", json!({"encryption": {"enabled": true, "algorithm": "kms", "key": "k"}}));
    type Case<'a> = (&'a str, Vec<(Resource, Vec<Gap>)>, Vec<Gap>, &'a str);
    let cases: Vec<Case<'_>> = vec![
        (
            "a key's manager",
            vec![plain(under_key()), unseen(key("k", json!({"aliases": []})), "key.manager")],
            vec![],
            "encryption.key_manager",
        ),
        (
            "the place of a key that was seen by its alias",
            vec![
                plain(store(
                    "it",
                    json!({"encryption": {"enabled": true, "algorithm": "kms", "key": "alias/k"}}),
                )),
                unseen(
                    resource(
                        Kind::Key,
                        "k",
                        json!({"copies": [{"role": "key"}], "key": {"manager": "customer", "aliases": ["alias/k"]}}),
                    ),
                    "copies",
                ),
            ],
            vec![],
            "copies",
        ),
        (
            "the keys' list",
            vec![plain(under_key())],
            vec![denied("fake/a1/east/trails", "resources")],
            "encryption.key_manager",
        ),
        (
            "a trail's selectors",
            vec![
                plain(store("it", json!({}))),
                unseen(trail("t", json!({"data_events": "unseen"})), "trail.data_events"),
            ],
            vec![],
            "audit.reads",
        ),
        (
            "the trails' list",
            vec![plain(store("it", json!({})))],
            vec![denied("fake/a1/east/trails", "resources")],
            "audit.writes",
        ),
        (
            "how long a trail's store keeps",
            vec![plain(trail("it", json!({}))), unseen(store("logs", json!({"expiry": {}})), "expiry")],
            vec![],
            "retention.days",
        ),
        (
            "where a trail writes",
            vec![unseen(trail("it", json!({"target": "unseen"})), "trail.target")],
            vec![],
            "retention.days",
        ),
        ("labels", vec![unseen(store("it", json!({})), "tags")], vec![], "confidential"),
    ];
    for (name, resources, gaps, facet) in cases {
        let cells = gaps.iter().map(|_| cell("east", CellState::Denied)).collect();
        let public = Scope {
            matcher: Matcher { tag: Some("class=public".into()), account: None, resource: None },
            confidential: false,
            availability_critical: true,
        };
        let linked = linked(Held { resources, gaps, cells, ..Held::default() }, vec![public]);
        let found = linked.facts.iter().find_map(|fact| match fact {
            Fact::Gap(gap) if gap.subject == "it" && gap.facet == facet => Some(gap),
            _ => None,
        });
        let found = found.unwrap_or_else(|| panic!("{name}: {:?}", linked.gaps("it")));
        assert_eq!(
            (found.reason, found.operation.as_str(), found.permission.as_str()),
            (GapReason::Denied, "s:Ask", "s:Ask"),
            "{name}: {found:?}"
        );
    }
}

#[test]
fn copies_with_somebody_else_are_not_known_to_be_erasable_or_out_of_reach() {
    let it = |holder: Option<&str>| {
        let replica = match holder {
            Some(holder) => json!({"role": "replica", "holder": holder, "location": "east"}),
            None => json!({"role": "replica"}),
        };
        store(
            "it",
            json!({
                "copies": [replica],
                "erasure": {"obstacles": []},
                "exposure": {"public": false, "public_access_blocked": true, "tls_only": true, "principals": []},
            }),
        )
    };
    for (holder, unread) in [(Some("theirs"), 1), (None, 1), (Some("ours"), 0)] {
        let resources = [it(holder), store("ours", json!({}))].map(|resource| (resource, Vec::new())).into();
        let linked = linked(Held { resources, ..Held::default() }, Vec::new());
        let it = linked.value("it");
        let count = |pointer: &str| it.pointer(pointer).unwrap().as_array().unwrap().len();
        assert_eq!(
            (count("/erasure/obstacles"), count("/exposure/principals")),
            (unread, unread),
            "{holder:?}"
        );
        let gaps = linked.gaps("it");
        for facet in ["erasure.obstacles", "exposure.principals.foreign"] {
            assert_eq!(gaps.iter().any(|(at, _)| *at == facet), unread == 1, "{holder:?} {facet}");
        }
    }
}

mod flow;
mod second_lists;
mod unseen;
mod watched;
