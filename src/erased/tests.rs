//! Every state by every situation, and every trap that would make something look gone.

use super::*;
use crate::assess::Status;
use crate::run_folder::Run;
use proptest::prelude::*;
use sekisho_contract::CallId;
use sekisho_contract::call::Call;
use serde_json::{Value, json};

/// A provider made up for these tests: each sort of row once.
const ROWS: &str = r#"
date: 2026-11-30
rows:
  - {provider: p, service: store, kinds: [object_store], shown_by: [["s:List"]], source: x}
  - {provider: p, service: disk, kinds: [disk], shown_by: [["d:List"]], rests: [{what: {ja: ごみ箱, en: the bin}, shown_by: ["d:ListBin"], days: 7, source: x}], source: x}
  - {provider: p, service: db, kinds: [database], shown_by: [["b:List"]], by_key: true, rests: [{what: {ja: 控え, en: backups nobody lists}, days: 35, source: x}], source: x}
  - {provider: p, service: snap, kinds: [snapshot], shown_by: [["n:List"]], by_key: true, source: x}
  - {provider: p, service: kms, kinds: [key], shown_by: [["k:List"]], source: x}
  - {provider: p, service: net, kinds: [network], nothing: {ja: 網, en: a network}, source: x}
  - {provider: p, service: odd, kinds: [secret], shown_by: [], source: x}
  - {provider: p, service: inv, kinds: [table], shown_by: [["i:Assets"], ["t:List"]], also: ["t:Below"], index: true, source: x}
  - {provider: p, service: sql, kinds: [database], shown_by: [["q:List"]], rests: [{what: {ja: 削除済み, en: dropped ones}, shown_by: ["q:Dropped"], of: "/databases/", source: x}], source: x}
  - {provider: p, service: box, kinds: [secret], shown_by: [["x:List"]], source: x}
  - {provider: p, service: box, kinds: [table], shown_by: [["x:Items"]], rests: [{what: {ja: 中身, en: things in the box}, unless_gone: "/items/", source: x}], source: x}
"#;
const SERVICES: [(&str, &str); 11] = [
    ("store", "object_store"),
    ("disk", "disk"),
    ("db", "database"),
    ("snap", "snapshot"),
    ("kms", "key"),
    ("net", "network"),
    ("odd", "secret"),
    ("inv", "table"),
    ("sql", "database"),
    ("box", "secret"),
    ("new", "file_system"),
];
const OPERATIONS: [&str; 12] = [
    "s:List",
    "d:List",
    "d:ListBin",
    "b:List",
    "n:List",
    "k:List",
    "i:Assets",
    "q:List",
    "q:Dropped",
    "x:List",
    "x:Items",
    "t:Below",
];
const THEN: &str = "2026-10-01T00:00:00Z";
const NOW: &str = "2027-04-01T00:00:00Z";

/// What makes one situation of another.
type Change = fn(&mut World);

/// Two runs.
#[derive(Clone)]
struct World {
    then: Vec<Value>,
    now: Vec<Value>,
    calls: Vec<Value>,
    then_run: Value,
    now_run: Value,
}

fn resource(service: &str, kind: &str, id: &str, more: Value) -> Value {
    let mut fact = json!({
        "type": "resource", "id": id, "provider": "p", "account": "a", "region": "r", "service": service,
        "kind": kind, "name": id, "facets": [], "copies": [{"role": "primary", "location": "r"}], "evidence": {},
    });
    fact.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    fact
}

fn cell(service: &str, state: &str) -> Value {
    json!({"type": "cell", "provider": "p", "account": "a", "region": "r", "service": service, "state": state, "resources": 0})
}

fn gap(service: &str) -> Value {
    json!({"type": "gap", "subject": format!("p/a/r/{service}"), "facet": "resources", "reason": "denied", "operation": "s:List", "permission": "s:Read"})
}

fn call(operation: &str, target: &str, page: u32, outcome: &str) -> Value {
    json!({
        "id": CallId::of("p", "a", "r", operation, target, page), "provider": "p", "account": "a", "region": "r",
        "operation": operation, "target": target, "page": page, "attempt": 1, "at": NOW, "milliseconds": 1,
        "status": 200, "outcome": outcome, "request_id": "q", "sha256": "00", "bytes": 1,
    })
}

fn key(state: &str, more: Value) -> Value {
    let mut own = json!({"manager": "customer", "origin": "AWS_KMS", "state": state, "multi_region": false, "aliases": ["alias/k"]});
    own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"facets": ["key", "erasure"], "erasure": {"obstacles": []}, "key": own})
}

fn under_key() -> Value {
    json!({"facets": ["encryption", "erasure"], "encryption": {"enabled": true, "key": "alias/k", "key_manager": "customer"}, "erasure": {"obstacles": []}})
}

impl World {
    /// One thing of each sort then, and nothing now; every list answered.
    fn emptied() -> Self {
        let cells: Vec<Value> = SERVICES.iter().map(|(service, _)| cell(service, "listed")).collect();
        let mut then = cells.clone();
        then.extend([
            resource("store", "object_store", "bucket", json!({})),
            resource("disk", "disk", "disk-1", json!({})),
            resource("snap", "snapshot", "snap-1", json!({"made_from": "disk-1"})),
            resource("kms", "key", "key-1", key("enabled", json!({}))),
            resource("net", "network", "net-1", json!({})),
            resource("inv", "table", "table-1", json!({})),
            resource("sql", "database", "server/databases/one", json!({})),
            resource("box", "secret", "box-1", json!({})),
            resource("box", "table", "box-1/items/one", json!({})),
        ]);
        let target = |operation: &&str| if *operation == "q:Dropped" { "server" } else { "" };
        let calls = OPERATIONS.iter().map(|operation| call(operation, target(operation), 0, "answered"));
        let run = |at: &str| {
            json!({
                "schema": "sekisho/run/v1", "tool": "0", "started_at": at, "assessed_at": at, "finished_at": at,
                "cancelled": false, "unfinished": 0, "profile": "x", "profile_digest": "",
                "tenancy": {
                    "name": "t", "profile": "x", "contract_end": "2027-03-31", "erasure_grace_days": 30,
                    "accounts": [{"provider": "p", "id": "a", "regions": null, "role_arn": null, "external_id": null, "profile": null, "endpoint": null, "endpoints": {}}],
                    "scopes": [], "access": [], "logs": null, "exceptions": [],
                    "corroborate": {"network": false, "ranges": [], "geoip": null, "vantages": [], "resolve": {}, "roots": null}, "limits": {"concurrency": null, "max_calls": null},
                },
                "services": {"p": SERVICES.iter().map(|(service, kind)| (*service, json!([kind]))).collect::<std::collections::BTreeMap<_, _>>()},
                "sites": {}, "places_dated": {}, "ledger": {"calls": 0, "retried": 0, "throttled": 0, "by_operation": {}},
                "files": [{"name": "facts.ndjson.zst", "sha256": at, "bytes": 1}],
            })
        };
        Self { then, now: cells, calls: calls.collect(), then_run: run(THEN), now_run: run(NOW) }
    }

    fn verify(&self) -> Result<Erased, VerifyFault> {
        // As files have them: cells, gaps, then resources.
        let lines = |facts: &[Value]| -> Vec<String> {
            let order =
                |fact: &&Value| ["cell", "gap", "resource"].iter().position(|sort| fact["type"] == *sort);
            let mut facts: Vec<&Value> = facts.iter().collect();
            facts.sort_by_key(order);
            facts.into_iter().map(Value::to_string).collect()
        };
        let run = |run: &Value| -> Run { serde_json::from_value(run.clone()).unwrap() };
        let (then, now) = (lines(&self.then), lines(&self.now));
        let (then_run, now_run) = (run(&self.then_run), run(&self.now_run));
        let calls = self.calls.iter().map(|call| Ok(serde_json::from_value::<Call>(call.clone()).unwrap()));
        let catalogue = Catalogue::read(ROWS).unwrap();
        verify(Side { run: &then_run, facts: &then }, Side { run: &now_run, facts: &now }, calls, &catalogue)
    }

    fn told(&self) -> Erased {
        self.verify().unwrap()
    }

    fn set_cell(&mut self, service: &str, state: &str) {
        self.now.retain(|fact| fact["type"] != "cell" || fact["service"] != service);
        self.now.push(cell(service, state));
    }

    fn set_call(&mut self, operation: &str, outcome: &str) {
        for call in self.calls.iter_mut().filter(|call| call["operation"] == operation) {
            call["outcome"] = outcome.into();
        }
    }

    fn drop_call(&mut self, operation: &str) {
        self.calls.retain(|call| call["operation"] != operation);
    }
}

fn find<'t>(told: &'t Erased, id: &str) -> &'t Thing {
    told.things.iter().chain(&told.appeared).find(|thing| thing.id == id).unwrap_or_else(|| panic!("no {id}"))
}

/// The state of one thing, what is said of it, and the verdict.
fn check(name: &str, change: impl FnOnce(&mut World), id: &str, state: State, says: &str, verdict: Status) {
    let mut world = World::emptied();
    change(&mut world);
    let told = world.told();
    let thing = find(&told, id);
    assert_eq!(thing.state, state, "{name}: {}", thing.why.en);
    assert!(thing.why.en.contains(says), "{name}: {}", thing.why.en);
    assert_eq!(told.verdict, verdict, "{name}: {:?} {:?}", told.counts, told.open);
}

#[test]
fn everything_is_gone_where_every_list_says_so() {
    let told = World::emptied().told();
    assert_eq!(told.verdict, Status::Conforms, "{:?} {:?}", told.counts, told.open);
    assert_eq!((told.things.len(), told.counts.things.gone, told.open.len()), (8, 8, 0));
    assert_eq!(
        told.left_out.iter().map(|left| (left.service.as_str(), left.count)).collect::<Vec<_>>(),
        [("net", 1)]
    );
    let disk = find(&told, "disk-1");
    let operations: Vec<&str> = disk
        .lists
        .iter()
        .map(|number| told.lists.iter().find(|list| list.number == *number).unwrap().operation.as_str())
        .collect();
    assert_eq!(operations, ["d:List", "d:ListBin"]);
    let answer = &told.lists[0].answers[0];
    assert_eq!((answer.request_id.as_str(), answer.sha256.as_str(), answer.status), ("q", "00", 200));
    assert!(find(&told, "table-1").by_index && !disk.by_index);
    assert_eq!(serde_json::from_value::<Erased>(serde_json::to_value(&told).unwrap()).unwrap(), told);
    assert_eq!(World::emptied().told(), told);
}

#[test]
fn nothing_but_a_whole_list_shows_absence() {
    use State::{Gone, Unverified};
    use Status::Unverified as Open;
    for state in ["denied", "failed", "skipped"] {
        check(
            state,
            |w| w.set_cell("store", state),
            "bucket",
            Unverified,
            "The list could not be obtained",
            Open,
        );
    }
    check("closed", |w| w.set_cell("store", "closed"), "bucket", Unverified, "closed now", Open);
    check(
        "no cell",
        |w| w.now.retain(|f| f["service"] != "store"),
        "bucket",
        Unverified,
        "was not assessed",
        Open,
    );
    check(
        "a gap on a list that came",
        |w| w.now.push(gap("store")),
        "bucket",
        Unverified,
        "A part of the list",
        Open,
    );
    check(
        "no answer in the ledger",
        |w| w.drop_call("s:List"),
        "bucket",
        Unverified,
        "s:List was not called",
        Open,
    );
    for outcome in ["denied", "throttled", "failed", "unreachable"] {
        check(
            outcome,
            |w| w.set_call("s:List", outcome),
            "bucket",
            Unverified,
            "s:List was not answered",
            Open,
        );
    }
    let page =
        |page, outcome: &'static str| move |w: &mut World| w.calls.push(call("s:List", "", page, outcome));
    check("a second page", page(1, "answered"), "bucket", Gone, "to its end", Status::Conforms);
    check("a page failed", page(1, "failed"), "bucket", Unverified, "not answered", Open);
    check("a page is missing", page(2, "answered"), "bucket", Unverified, "not in the ledger", Open);
    let account = |w: &mut World| {
        w.now.clear();
        w.now_run["tenancy"]["accounts"][0]["id"] = "b".into();
        w.then_run["tenancy"]["accounts"]
            .as_array_mut()
            .unwrap()
            .push(w.now_run["tenancy"]["accounts"][0].clone());
    };
    check("the account was left out", account, "bucket", Unverified, "account was not assessed", Open);
    let unknown = |w: &mut World| w.then.push(resource("new", "file_system", "fs", json!({})));
    check("a kind without a row", unknown, "fs", Unverified, "knows no way", Open);
    let odd = |w: &mut World| w.then.push(resource("odd", "secret", "odd-1", json!({})));
    check("nothing can show it", odd, "odd-1", Unverified, "No list shows", Open);
    // A region that was not seen may be any, and all of them must have been listed.
    let somewhere = |w: &mut World| {
        w.then.push(resource("store", "object_store", "lost", json!({"region": "unknown"})));
        let mut other = cell("store", "denied");
        other["region"] = "r2".into();
        w.now.push(other);
    };
    check("a place unknown", somewhere, "lost", Unverified, "The list could not be obtained", Open);
    let elsewhere =
        |w: &mut World| w.then.push(resource("store", "object_store", "far", json!({"region": "r9"})));
    check("a region without a cell", elsewhere, "far", Unverified, "was not assessed", Open);
}

#[test]
fn alternatives_and_lists_below() {
    use State::{Gone, Unverified};
    let own = |w: &mut World| {
        w.set_call("i:Assets", "denied");
        w.calls.push(call("t:List", "", 0, "answered"));
    };
    check("the other set", own, "table-1", Gone, "to its end", Status::Conforms);
    check(
        "neither",
        |w| w.set_call("i:Assets", "denied"),
        "table-1",
        Unverified,
        "i:Assets",
        Status::Unverified,
    );
    check("below", |w| w.set_call("t:Below", "failed"), "table-1", Unverified, "t:Below", Status::Unverified);
    check("nothing below", |w| w.drop_call("t:Below"), "table-1", Gone, "to its end", Status::Conforms);
}

#[test]
fn what_was_deleted_may_rest() {
    use State::{Gone, Present, Scheduled, Unverified};
    use Status::{Unverified as Open, Violates};
    check(
        "the bin was not asked",
        |w| w.drop_call("d:ListBin"),
        "disk-1",
        Unverified,
        "d:ListBin was not answered",
        Open,
    );
    check(
        "the bin was refused",
        |w| w.set_call("d:ListBin", "denied"),
        "disk-1",
        Unverified,
        "for 7 days",
        Open,
    );
    let db = |w: &mut World| w.then.push(resource("db", "database", "db-1", json!({})));
    check("nobody lists what rests", db, "db-1", Unverified, "backups nobody lists", Open);
    let soft = |until: Value| json!({"erasure": {"obstacles": [{"kind": "soft_delete", "starts": "fixed", "days": null, "until": until, "lifted_by": "nobody"}]}});
    let in_bin =
        |w: &mut World| w.now.push(resource("disk", "disk", "disk-1", soft("2027-05-01T00:00:00Z".into())));
    check("it is in the bin", in_bin, "disk-1", Scheduled, "pending deletion", Violates);
    let under_another_name = |more: Value| {
        move |w: &mut World| {
            let mut fact = resource("disk", "snapshot", "deleted/7", soft("2027-05-01T00:00:00Z".into()));
            fact.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            w.now.push(fact);
        }
    };
    check(
        "made from it",
        under_another_name(json!({"made_from": "disk-1"})),
        "disk-1",
        Scheduled,
        "deleted/7",
        Violates,
    );
    check(
        "of its name",
        under_another_name(json!({"name": "DISK-1"})),
        "disk-1",
        Scheduled,
        "deleted/7",
        Violates,
    );
    check(
        "of no name",
        under_another_name(json!({"name": ""})),
        "disk-1",
        Unverified,
        "what that was left from is not known",
        Violates,
    );
    check(
        "of something else",
        under_another_name(json!({"made_from": "disk-2"})),
        "disk-1",
        Gone,
        "",
        Violates,
    );
    let no_date = |w: &mut World| w.now.push(resource("disk", "disk", "disk-1", soft(Value::Null)));
    check("until when is not told", no_date, "disk-1", Present, "the date was not seen", Violates);
    // One of its kind that was made from it, as a deleted workspace is told.
    let same_kind =
        |w: &mut World| w.now.push(resource("disk", "disk", "deleted-disk", json!({"made_from": "disk-1"})));
    check("it goes on under another name", same_kind, "disk-1", Present, "deleted-disk", Violates);
    let other = |w: &mut World| {
        w.calls
            .iter_mut()
            .filter(|call| call["operation"] == "q:Dropped")
            .for_each(|call| call["target"] = "server-2".into())
    };
    check("asked of another server", other, "server/databases/one", Unverified, "q:Dropped", Open);
    check(
        "with what held it",
        |_| {},
        "box-1/items/one",
        Gone,
        "together with the resource that held it",
        Status::Conforms,
    );
    let held = |w: &mut World| w.now.push(resource("box", "secret", "box-1", json!({})));
    check("what held it is there", held, "box-1/items/one", Unverified, "things in the box", Violates);
    let told = {
        let mut world = World::emptied();
        in_bin(&mut world);
        world.told()
    };
    assert_eq!(find(&told, "disk-1").until.as_deref(), Some("2027-05-01T00:00:00Z"));
    assert!(told.appeared.is_empty(), "{:?}", told.appeared);
}

#[test]
fn what_is_there_is_told_with_its_obstacles() {
    use State::{Gone, Present};
    use Status::Violates;
    let locked = json!({"facets": ["erasure"], "erasure": {"obstacles": [{"kind": "lock_compliance", "starts": "fixed", "days": null, "until": "2030-01-01T00:00:00Z", "lifted_by": "nobody"}]}});
    let there = |w: &mut World| w.now.push(resource("store", "object_store", "bucket", locked.clone()));
    check("locked", there, "bucket", Present, "It still exists", Violates);
    let mut world = World::emptied();
    there(&mut world);
    let told = world.told();
    let bucket = find(&told, "bucket");
    assert_eq!((bucket.until.as_deref(), bucket.hindrances.len()), (Some("2030-01-01T00:00:00Z"), 1));
    let moved =
        |w: &mut World| w.now.push(resource("store", "object_store", "bucket", json!({"region": "unknown"})));
    check("its place was not seen this time", moved, "bucket", Present, "in unknown", Violates);
    let point = |at: &str| json!({"point": {"data_time": at}});
    let again = |w: &mut World| {
        w.then.push(resource("snap", "snapshot", "snap-2", point("2026-09-01T00:00:00Z")));
        w.now.push(resource("snap", "snapshot", "snap-2", point("2027-03-01T00:00:00Z")));
    };
    check("made anew", again, "snap-2", Present, "created after the baseline", Violates);
    let new = |w: &mut World| w.now.push(resource("store", "object_store", "later", json!({})));
    check("appeared", new, "later", Present, "did not exist at the baseline", Violates);
    check("and what was there is gone", new, "bucket", Gone, "", Violates);
    // What holds no data need not be gone, and may appear.
    let net = |w: &mut World| w.now.push(resource("net", "network", "net-2", json!({})));
    check("a network", net, "bucket", Gone, "", Status::Conforms);
    let providers = |w: &mut World| {
        let fact = resource("kms", "key", "key-p", json!({"key": {"manager": "provider"}}));
        w.then.push(fact.clone());
        w.now.push(fact);
    };
    check("a key of the provider's", providers, "bucket", Gone, "", Status::Conforms);
}

#[test]
fn keys_are_told_by_their_state() {
    use State::{Gone, Present, Scheduled};
    use Status::Violates;
    let is = |state: &'static str, more: Value| {
        move |w: &mut World| w.now.push(resource("kms", "key", "key-1", key(state, more)))
    };
    check("usable", is("enabled", json!({})), "key-1", Present, "It still exists", Violates);
    check(
        "waits",
        is("pending_deletion", json!({"deletion_date": "2027-04-20T00:00:00Z"})),
        "key-1",
        Scheduled,
        "pending deletion",
        Violates,
    );
    // A day that has passed is no destruction.
    check(
        "is late",
        is("pending_deletion", json!({"deletion_date": "2027-03-20T00:00:00Z"})),
        "key-1",
        Scheduled,
        "pending deletion",
        Violates,
    );
    check("no date", is("pending_deletion", json!({})), "key-1", Present, "the date was not seen", Violates);
    check(
        "destroyed",
        is("destroyed", json!({"deletion_date": "2027-03-20T00:00:00Z"})),
        "key-1",
        Gone,
        "destroyed",
        Status::Conforms,
    );
}

#[test]
fn a_destroyed_key_erases_what_lies_under_it_alone() {
    use State::{GoneByKey, Present, Unverified};
    use Status::{Conforms, Unverified as Open, Violates};
    let left = |w: &mut World| {
        w.then.push(resource("db", "database", "db-1", under_key()));
        w.now.push(resource("db", "database", "db-1", under_key()));
    };
    check("the key is gone", left, "db-1", GoneByKey, "key-1", Conforms);
    let rests = |w: &mut World| w.then.push(resource("db", "database", "db-1", under_key()));
    check("its backups may rest, under it too", rests, "db-1", GoneByKey, "key-1", Conforms);
    let with = |more: fn(&mut World)| {
        move |w: &mut World| {
            w.then.push(resource("db", "database", "db-1", under_key()));
            w.now.push(resource("db", "database", "db-1", under_key()));
            more(w);
        }
    };
    let snapshot = |key: Value| {
        let mut fact = resource("snap", "snapshot", "of-db", key);
        fact["made_from"] = "db-1".into();
        fact
    };
    let copy = with(|w| {
        let mut fact = resource("snap", "snapshot", "of-db", under_key());
        fact["made_from"] = "db-1".into();
        w.then.push(fact.clone());
        w.now.push(fact);
    });
    check("a copy under it", copy, "of-db", GoneByKey, "copy of db-1", Conforms);
    let plain = snapshot(json!({"facets": ["encryption"], "encryption": {"enabled": false}}));
    let uncovered = move |w: &mut World| {
        w.now.push(resource("db", "database", "db-1", under_key()));
        w.then.push(resource("db", "database", "db-1", under_key()));
        w.now.push(plain.clone());
    };
    check("a copy that is not encrypted", uncovered, "db-1", Present, "It still exists", Violates);
    check(
        "another user",
        with(|w| w.now.push(resource("db", "database", "db-2", under_key()))),
        "db-1",
        Present,
        "",
        Violates,
    );
    check(
        "the list of keys was refused",
        with(|w| w.set_cell("kms", "denied")),
        "db-1",
        Present,
        "",
        Violates,
    );
    check("its absence is not in the ledger", with(|w| w.drop_call("k:List")), "db-1", Present, "", Violates);
    let nowhere: [(&str, Change); 3] = [
        ("copies may be where nobody looked", |w| w.set_cell("snap", "denied")),
        ("copies may be where nobody looks any more", |w| w.now.retain(|fact| fact["service"] != "snap")),
        ("copies may be in a region that was closed", |w| w.set_cell("snap", "closed")),
    ];
    for (name, more) in nowhere {
        check(name, with(more), "db-1", Present, "", Violates);
    }
    let never_open = with(|w| {
        w.then.retain(|fact| fact["service"] != "snap");
        w.then.push(cell("snap", "closed"));
        w.set_cell("snap", "closed");
    });
    check("a region that was closed before as well", never_open, "db-1", GoneByKey, "key-1", Conforms);
    let late = |w: &mut World| {
        w.now.push(resource(
            "kms",
            "key",
            "key-1",
            key("pending_deletion", json!({"deletion_date": "2027-03-20T00:00:00Z"})),
        ))
    };
    let waiting = move |w: &mut World| {
        w.then.push(resource("db", "database", "db-1", under_key()));
        late(w);
    };
    check("the key's day has passed, and it is there", waiting, "db-1", Unverified, "nobody lists", Violates);
    for (name, more) in [
        ("brought along", json!({"origin": "EXTERNAL"})),
        ("with replicas", json!({"multi_region": true})),
        ("outside the provider", json!({"manager": "external"})),
    ] {
        let world = |w: &mut World| {
            w.then.retain(|fact| fact["id"] != "key-1");
            w.then.push(resource("kms", "key", "key-1", key("enabled", more)));
            w.then.push(resource("db", "database", "db-1", under_key()));
        };
        check(name, world, "db-1", Unverified, "nobody lists", Open);
    }
    // Objects may lie under other keys one by one, and a disk goes on with the key it was opened with.
    for (service, kind) in [("store", "object_store"), ("disk", "disk")] {
        let world = |w: &mut World| {
            w.then.push(resource(service, kind, "left", under_key()));
            w.now.push(resource(service, kind, "left", under_key()));
        };
        check(kind, world, "left", Present, "It still exists", Violates);
    }
}

#[test]
fn copies_are_followed_to_what_holds_them() {
    let with = |copy: Value| {
        move |w: &mut World| {
            let fact = w.then.iter_mut().find(|fact| fact["id"] == "bucket").unwrap();
            fact["copies"].as_array_mut().unwrap().push(copy);
        }
    };
    let told = |copy: Value, more: fn(&mut World)| {
        let mut world = World::emptied();
        with(copy)(&mut world);
        more(&mut world);
        let told = world.told();
        let copies = find(&told, "bucket").copies.clone();
        (copies.iter().map(|copy| copy.state).collect::<Vec<_>>(), told.verdict)
    };
    let nothing: fn(&mut World) = |_| {};
    let held = |holder: &str| json!({"role": "replica", "holder": holder, "location": "r"});
    assert_eq!(
        told(json!({"role": "replica", "location": "r2"}), nothing),
        (vec![State::Gone], Status::Conforms)
    );
    assert_eq!(told(json!({"role": "backup"}), nothing), (vec![State::Unverified], Status::Unverified));
    assert_eq!(told(held("disk-1"), nothing), (vec![State::Gone], Status::Conforms));
    assert_eq!(told(held("a-partner's"), nothing), (vec![State::Unverified], Status::Unverified));
    let there: fn(&mut World) = |w| w.now.push(resource("store", "object_store", "later", json!({})));
    assert_eq!(told(held("later"), there), (vec![State::Present], Status::Violates));
    assert_eq!(
        told(held("disk-1"), |w| w.set_cell("disk", "denied")),
        (vec![State::Unverified], Status::Unverified)
    );
    // A container, whose contents are told of by themselves; keys and places on the way hold no copy.
    assert_eq!(told(held("net-1"), nothing), (vec![], Status::Conforms));
    assert_eq!(told(json!({"role": "key", "holder": "key-1"}), nothing), (vec![], Status::Conforms));
    assert_eq!(
        told(json!({"role": "log", "holder": "bucket", "location": "r"}), nothing),
        (vec![State::Gone], Status::Conforms)
    );
}

#[test]
fn what_was_not_seen_then_cannot_be_shown_to_be_gone() {
    let open = |change: fn(&mut World)| {
        let mut world = World::emptied();
        change(&mut world);
        let told = world.told();
        assert_eq!(told.verdict, Status::Unverified, "{:?}", told.open);
        told.open.iter().map(|open| open.why.en.clone()).collect::<Vec<_>>().join("\n")
    };
    for (name, change) in [
        (
            "listed and empty now",
            (|w: &mut World| {
                w.then
                    .iter_mut()
                    .filter(|f| f["type"] == "cell" && f["service"] == "new")
                    .for_each(|f| f["state"] = "denied".into())
            }) as fn(&mut World),
        ),
        ("not listed at the baseline", |w| {
            w.then
                .iter_mut()
                .filter(|f| f["type"] == "cell" && f["service"] == "new")
                .for_each(|f| f["state"] = "failed".into());
            w.set_cell("new", "denied");
        }),
        ("not listed this time", |w| w.set_cell("new", "failed")),
        ("closed now", |w| w.set_cell("new", "closed")),
        ("examined for the baseline, but not this time", |w| w.now.retain(|fact| fact["service"] != "new")),
        ("A part of the list", |w| w.now.push(gap("new"))),
        ("baseline run was stopped", |w| w.then_run["cancelled"] = true.into()),
        ("This run was stopped", |w| w.now_run["cancelled"] = true.into()),
        ("Line 21", |w| w.then.push(json!({"type": "resource", "id": 7}))),
        ("found nothing", |w| w.then.retain(|fact| fact["type"] != "resource")),
        ("Nothing of this account", |w| {
            let mut other = w.then_run["tenancy"]["accounts"][0].clone();
            other["id"] = "b".into();
            w.then_run["tenancy"]["accounts"].as_array_mut().unwrap().push(other);
        }),
    ] {
        let told = open(change);
        assert!(told.contains(name), "{name}: {told}");
    }
    // A service that holds nothing hides nothing.
    let mut world = World::emptied();
    world.set_cell("net", "denied");
    assert_eq!(world.told().verdict, Status::Conforms);
    // Closed then and now.
    for facts in [&mut world.then, &mut world.now] {
        facts
            .iter_mut()
            .filter(|f| f["type"] == "cell" && f["service"] == "new")
            .for_each(|f| f["state"] = "closed".into());
    }
    assert_eq!(world.told().verdict, Status::Conforms);
}

#[test]
fn anothers_past_is_refused() {
    for (change, expected) in [
        (
            (|w: &mut World| w.then_run["tenancy"]["name"] = "other".into()) as fn(&mut World),
            "of the tenancy `other`",
        ),
        (|w| w.then_run["tenancy"]["accounts"][0]["id"] = "b".into(), "none of the accounts"),
        (|w| w.then_run["assessed_at"] = "2027-04-02T00:00:00Z".into(), "was made at"),
        (|w| w.now.push(json!({"type": "resource", "id": 7})), "cannot be read"),
    ] {
        let mut world = World::emptied();
        change(&mut world);
        let said = world.verify().unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    }
}

fn gone(told: &Erased) -> std::collections::BTreeSet<&str> {
    told.things.iter().filter(|thing| thing.state.is_gone()).map(|thing| thing.id.as_str()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever else was seen: with one answer, one cell or one list less, nothing is gone that was not gone before, and what a
    /// fact speaks of is never gone but by its key.
    #[test]
    fn one_answer_less_never_makes_anything_gone(
        there in prop::collection::vec(any::<bool>(), 8),
        cells in prop::collection::vec(0..8usize, 11),
        outcomes in prop::collection::vec(0..6usize, 12),
        key_gone in any::<bool>(),
    ) {
        let mut world = World::emptied();
        world.then.push(resource("db", "database", "db-1", under_key()));
        let known: Vec<Value> = world.then.iter().filter(|fact| fact["type"] == "resource").cloned().collect();
        let left = known.iter().zip(there.iter().chain([&true, &false])).filter(|(fact, there)| **there && (fact["id"] != "key-1" || !key_gone));
        world.now.extend(left.map(|(fact, _)| fact.clone()));
        for ((service, _), state) in SERVICES.iter().zip(&cells) {
            if let Some(state) = ["denied", "failed", "closed"].get(*state) {
                world.set_cell(service, state);
            }
        }
        for (operation, outcome) in OPERATIONS.iter().zip(&outcomes) {
            if let Some(outcome) = ["denied", "throttled"].get(*outcome) {
                world.set_call(operation, outcome);
            }
        }
        let whole = world.told();
        let before = gone(&whole);
        for thing in &whole.things {
            let there = world.now.iter().any(|fact| fact["id"] == thing.id.as_str());
            prop_assert!(!there || thing.state != State::Gone, "{} is there", thing.id);
        }
        for at in 0..world.calls.len() {
            let mut less = world.clone();
            // What says that no answer came is no answer.
            if less.calls.remove(at)["outcome"] == "answered" {
                let told = less.told();
                prop_assert!(gone(&told).is_subset(&before), "without {}", world.calls[at]["operation"]);
            }
            let mut denied = world.clone();
            denied.calls[at]["outcome"] = "denied".into();
            prop_assert!(gone(&denied.told()).is_subset(&before), "{} denied", world.calls[at]["operation"]);
        }
        for (service, _) in SERVICES {
            let mut less = world.clone();
            less.set_cell(service, "failed");
            prop_assert!(gone(&less.told()).is_subset(&before), "{service} failed");
            less.now.retain(|fact| fact["type"] != "cell" || fact["service"] != service);
            prop_assert!(gone(&less.told()).is_subset(&before), "{service} left out");
        }
    }
}
