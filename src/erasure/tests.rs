//! Whole reckonings of small tenancies.

use super::*;
use serde_json::{Value, json};

const DAY: i64 = 86_400;

fn thing(id: &str, kind: &str, more: Value) -> Resource {
    let mut fact = json!({"id": id, "provider": "aws", "account": "1", "region": "r", "service": "s", "kind": kind,
        "name": id, "facets": ["copies", "erasure"], "confidential": true, "copies": [{"role": "primary", "location": "r"}],
        "erasure": {"obstacles": []}, "evidence": {}});
    for (key, value) in more.as_object().unwrap() {
        fact[key] = value.clone();
    }
    serde_json::from_value(fact).unwrap()
}

fn lock(days: Value) -> Value {
    json!({"obstacles": [{"kind": "lock_compliance", "starts": "at_write", "days": days, "until": null, "lifted_by": "nobody"}]})
}

fn told_with(facts: &[Resource], unlisted: &[&str]) -> Vec<Erasability> {
    let mut noted = Noted::default();
    facts.iter().for_each(|fact| noted.note(fact));
    let unlisted = unlisted.iter().map(|provider| ((*provider).to_owned(), "aws/1/r/s".to_owned())).collect();
    noted.conclude(&Times { now: 0, contract_end: 100 * DAY, deadline: 130 * DAY }, &unlisted)
}

fn told(facts: &[Resource]) -> Erasability {
    told_with(facts, &[]).remove(0)
}

/// The day of a date, or -1 for never, -2 where it was not seen.
fn day(date: &Observed<Option<String>>) -> i64 {
    match date {
        Observed::Seen(Some(text)) => reckon::seconds(text).unwrap() / DAY,
        Observed::Seen(None) => -1,
        Observed::Unseen(_) => -2,
    }
}

fn days(told: &Erasability) -> [i64; 3] {
    [day(&told.earliest), day(&told.unaided), day(&told.by)]
}

#[test]
fn every_copy_has_to_be_gone() {
    let db = || thing("db", "database", json!({}));
    assert_eq!(days(&told(&[db()])), [0, 0, 100]);
    let snapshot = thing("snap", "snapshot", json!({"made_from": "db", "erasure": lock(json!(20))}));
    let with_snapshot = told(&[db(), snapshot.clone()]);
    assert_eq!((days(&with_snapshot), with_snapshot.copies), ([20, 20, 120], 1));
    assert_eq!(with_snapshot.hindrances[0].of.as_deref(), Some("snap"));
    // A copy of the copy, and a replica with backups of its own.
    let copy = thing("copy", "snapshot", json!({"made_from": "snap", "erasure": lock(json!(40))}));
    assert_eq!(days(&told(&[db(), snapshot, copy])), [40, 40, 140]);
    let replica = thing("replica", "database", json!({"made_from": "db"}));
    let backup =
        thing("backup", "recovery_point", json!({"made_from": "replica", "erasure": lock(Value::Null)}));
    assert_eq!(days(&told(&[db(), replica, backup])), [-1, -1, -1]);
}

#[test]
fn who_holds_a_replica_or_a_backup_counts() {
    let store = thing(
        "store",
        "object_store",
        json!({"copies": [{"role": "primary", "location": "r"}, {"role": "replica", "holder": "far", "location": "q"}]}),
    );
    let far = thing("far", "object_store", json!({"erasure": lock(json!(50))}));
    assert_eq!(days(&told(&[store.clone(), far.clone()])), [50, 50, 150]);
    // What the holder is backed up into has the data too, and what lies beside them in a vault has not.
    let backup = thing("backup", "recovery_point", json!({"made_from": "far", "erasure": lock(json!(70))}));
    let backed_up = told_with(&[store.clone(), far.clone(), backup.clone()], &[]);
    assert_eq!(days(backed_up.iter().find(|one| one.id == "store").unwrap()), [70, 70, 170]);
    let vault = thing("far", "backup_vault", json!({"erasure": lock(json!(50))}));
    let beside = told_with(&[store.clone(), vault, backup], &[]);
    assert_eq!(days(beside.iter().find(|one| one.id == "store").unwrap()), [50, 50, 150]);
    // One that was not read may hold on for ever.
    let alone = told(&[store]);
    assert_eq!(days(&alone), [-2, -2, -2]);
    assert!(alone.gaps.iter().any(|gap| gap.detail.contains("far")));
    let nowhere = thing("store", "object_store", json!({"copies": [{"role": "replica"}]}));
    assert_eq!(days(&told(&[nowhere])), [-2, -2, -2]);
}

#[test]
fn what_is_too_late_stays_so_whatever_was_not_seen() {
    let locked = thing("db", "database", json!({"erasure": lock(json!(60))}));
    assert_eq!(days(&told_with(std::slice::from_ref(&locked), &["aws"])[0]), [-2, -2, 160]);
    assert_eq!(days(&told_with(&[locked], &["gcp"])[0]), [60, 60, 160]);
    let short = thing("db", "database", json!({"erasure": lock(json!(10))}));
    assert_eq!(days(&told_with(std::slice::from_ref(&short), &["aws"])[0]), [-2, -2, -2]);
    // A snapshot nobody knows the source of may be of this one.
    assert_eq!(days(&told(&[short, thing("orphan", "snapshot", json!({}))])), [-2, -2, -2]);
    let unseen = thing("db", "database", json!({"erasure": {"obstacles": [{}]}}));
    assert_eq!(days(&told(&[unseen])), [-2, -2, -2]);
    let mut nothing = thing("db", "database", json!({}));
    nothing.erasure = None;
    assert_eq!(days(&told(&[nothing])), [-2, -2, -2]);
}

#[test]
fn a_backup_that_is_made_again_and_again_is_held_as_long_from_the_last_day_on() {
    let db = || thing("db", "database", json!({}));
    let point = |id: &str, kind: &str, made: u32, until: u32| {
        let day = |day: u32| seconds_of(i64::from(day));
        thing(
            id,
            "recovery_point",
            json!({"made_from": "db", "facets": ["copies", "erasure", "point"],
                "point": {"data_time": day(made), "completed": null, "usable": true, "expires": null, "restored": null, "consistency": null},
                "erasure": {"obstacles": [{"kind": kind, "starts": "fixed", "days": null, "until": day(until), "lifted_by": "nobody"}]}}),
        )
    };
    let told_of = |points: &[Resource]| days(&told_with(&[&[db()], points].concat(), &[])[0]);
    let lock = "lock_compliance";
    assert_eq!(told_of(&[point("a", lock, 0, 30), point("b", lock, 1, 31)]), [31, 31, 130]);
    assert_eq!(told_of(&[point("a", lock, 0, 31), point("b", lock, 1, 32)]), [32, 32, 131]);
    // Whether another will follow a single one is not known.
    assert_eq!(told_of(&[point("a", lock, 0, 31)]), [31, 31, -2]);
    assert_eq!(told_of(&[point("a", lock, 0, 30)]), [30, 30, 100]);
    assert_eq!(told_of(&[point("a", lock, 0, 140)]), [140, 140, 140]);
    // What was deleted was so once.
    assert_eq!(told_of(&[point("a", "soft_delete", 0, 31)]), [31, 31, 100]);
}

fn seconds_of(day: i64) -> String {
    jiff::Timestamp::from_second(day * DAY).unwrap().to_string()
}

#[test]
fn a_backup_of_something_unknown_may_be_of_anything_in_the_account() {
    let elsewhere = |id: &str, kind: &str, erasure: Value| {
        thing(id, kind, json!({"service": "backup", "erasure": erasure}))
    };
    let db = || thing("db", "database", json!({}));
    let vault = || elsewhere("vault", "backup_vault", json!({"obstacles": []}));
    let told_of = |stray: Resource| {
        let all = told_with(&[db(), vault(), stray], &[]);
        days(all.iter().find(|one| one.id == "db").unwrap())
    };
    assert_eq!(told_of(elsewhere("stray", "recovery_point", lock(json!(20)))), [-2, -2, -2]);
    assert_eq!(told_of(elsewhere("stray", "recovery_point", json!({"obstacles": [{}]}))), [-2, -2, -2]);
    // One that can be deleted at once is in nothing's way.
    assert_eq!(told_of(elsewhere("stray", "recovery_point", json!({"obstacles": []}))), [0, 0, 100]);
    let mut other = elsewhere("stray", "recovery_point", lock(json!(20)));
    other.account = "2".to_owned();
    assert_eq!(told_of(other), [0, 0, 100]);
}

/// Each sort of obstacle, its harmless twin, and the same unseen.
#[test]
fn copies_of_copies_count_and_leave_it_open_where_they_were_not_read() {
    let copy = |role: &str, holder: &str| json!({"role": role, "holder": holder, "location": "r", "countries": ["JP"]});
    let bucket = |id: &str, more: Value| {
        let mut fact = json!({"erasure": {"obstacles": []}});
        for (name, value) in more.as_object().unwrap() {
            fact[name] = value.clone();
        }
        thing(id, "object_store", fact)
    };
    let first = || bucket("first", json!({"copies": [copy("replica", "second")]}));
    let second = || bucket("second", json!({"copies": [copy("replica", "third")]}));
    let locked = bucket("third", json!({"erasure": lock(json!(365))}));
    let by = |facts: &[Resource]| told_with(facts, &[])[0].by.clone();
    assert!(by(&[first(), second()]).is_unseen());
    assert_eq!(day(&by(&[first(), second(), bucket("third", json!({}))])), 100);
    assert_eq!(day(&by(&[first(), second(), locked])), 465);
}

#[test]
fn every_obstacle_has_a_harmless_twin() {
    for kind in [
        "lock_compliance",
        "lock_governance",
        "legal_hold",
        "versions",
        "mfa_delete",
        "key_deletion_wait",
        "deletion_protection",
        "soft_delete",
        "minimum_retention",
    ] {
        for starts in ["at_write", "at_request", "fixed"] {
            let of = |lifted_by: &str| {
                let (days, until) = if starts == "fixed" {
                    (Value::Null, json!("1970-07-01T00:00:00Z"))
                } else {
                    (json!(180), Value::Null)
                };
                json!({"obstacles": [{"kind": kind, "starts": starts, "days": days, "until": until, "lifted_by": lifted_by}]})
            };
            let told = |erasure: Value| told(&[thing("x", "database", json!({"erasure": erasure}))]);
            let late = match starts {
                "at_write" | "at_request" => 280,
                _ => 181,
            };
            assert_eq!(day(&told(of("nobody")).by), late, "{kind} {starts}");
            assert_eq!(days(&told(of("privileged_user")))[2], 100, "{kind} {starts}");
            assert!(day(&told(of("privileged_user")).unaided) > 100, "{kind} {starts}");
            assert_eq!(days(&told(of("user"))), [0, 0, 100], "{kind} {starts}");
            for part in ["starts", "days", "lifted_by"] {
                if starts == "fixed" && part == "days" {
                    continue;
                }
                let mut unseen = of("nobody");
                unseen["obstacles"][0].as_object_mut().unwrap().remove(part);
                assert_eq!(days(&told(unseen)), [-2, -2, -2], "{kind} {starts} {part}");
            }
        }
    }
}

fn key(more: Value) -> Resource {
    let mut told = json!({"manager": "customer", "state": "enabled", "origin": "AWS_KMS", "multi_region": false, "deletion_date": null, "aliases": ["alias/k"]});
    for (name, value) in more.as_object().unwrap() {
        told[name] = value.clone();
    }
    let wait = json!({"obstacles": [{"kind": "key_deletion_wait", "starts": "at_request", "days": 7, "until": null, "lifted_by": "nobody"}]});
    thing("k", "key", json!({"facets": ["key", "erasure"], "key": told, "erasure": wait}))
}

fn under(id: &str, key: &str, more: Value) -> Resource {
    let mut fact = json!({"facets": ["copies", "erasure", "encryption"], "encryption": {"enabled": true, "key": key, "key_manager": "customer"}, "erasure": lock(json!(365))});
    for (name, value) in more.as_object().unwrap() {
        fact[name] = value.clone();
    }
    thing(
        id,
        if id == "store" {
            "object_store"
        } else if id == "snap" {
            "snapshot"
        } else {
            "database"
        },
        fact,
    )
}

#[test]
fn destroying_the_key_is_told_of_apart() {
    let crypto = |facts: &[Resource]| {
        let told = told(facts);
        (day(&told.crypto), told.crypto_bar.clone())
    };
    let bar = |word: &str| (-1, word.to_owned());
    let db = || under("db", "k", json!({}));
    assert_eq!(crypto(&[db(), key(json!({}))]), (7, String::new()));
    assert_eq!(crypto(&[under("db", "alias/k", json!({})), key(json!({}))]), (7, String::new()));
    let snapshot = |key: &str| under("snap", key, json!({"made_from": "db"}));
    assert_eq!(crypto(&[db(), snapshot("k"), key(json!({}))]), (7, String::new()));
    assert_eq!(crypto(&[db(), snapshot("other"), key(json!({}))]), bar("other_key"));
    assert_eq!(crypto(&[db(), under("another", "k", json!({})), key(json!({}))]), bar("shared_key"));
    assert_eq!(crypto(&[db(), under("another", "alias/k", json!({})), key(json!({}))]), bar("shared_key"));
    assert_eq!(crypto(&[db(), key(json!({"origin": "EXTERNAL"}))]), bar("copy_elsewhere"));
    assert_eq!(crypto(&[db(), key(json!({"multi_region": true}))]), bar("copy_elsewhere"));
    assert_eq!(crypto(&[db(), key(json!({"manager": "external"}))]), bar("copy_elsewhere"));
    assert_eq!(crypto(&[db(), key(json!({"manager": "provider"}))]), bar("no_own_key"));
    assert_eq!(crypto(&[under("store", "k", json!({})), key(json!({}))]), bar("objects_vary"));
    let plain =
        under("db", "k", json!({"encryption": {"enabled": true, "key": null, "key_manager": "provider"}}));
    assert_eq!(crypto(&[plain, key(json!({}))]), bar("no_own_key"));
    let waiting = key(json!({"state": "pending_deletion", "deletion_date": "1970-01-05T00:00:00Z"}));
    assert_eq!(crypto(&[db(), waiting]), (4, String::new()));
    assert_eq!(crypto(&[db()]), (-2, "unseen".to_owned()));
    assert_eq!(day(&told_with(&[db(), key(json!({}))], &["aws"])[0].crypto), -2);
    let mut silent = key(json!({}));
    silent.key.as_mut().unwrap().multi_region = Observed::default();
    assert_eq!(crypto(&[db(), silent]), (-2, "unseen".to_owned()));
}

#[test]
fn records_that_are_to_be_kept_are_marked() {
    let log = thing(
        "log",
        "log_store",
        json!({"facets": ["copies", "erasure", "retention"], "erasure": lock(json!(365)), "retention": {"days": 365}}),
    );
    let told_of = told(&[log]);
    assert_eq!((told_of.records, told_of.retention_days, day(&told_of.by)), (true, Some(365), 465));
    let trail = thing(
        "trail",
        "audit_trail",
        json!({"facets": ["copies"], "copies": [{"role": "log", "holder": "store"}]}),
    );
    assert!(told(&[thing("store", "object_store", json!({})), trail]).records);
    assert!(!told(&[thing("store", "object_store", json!({}))]).records);
}

#[test]
fn the_hardest_hindrance_stands_first() {
    let obstacles = json!({"obstacles": [
        {"kind": "deletion_protection", "starts": "at_request", "days": 0, "until": null, "lifted_by": "user"},
        {"kind": "soft_delete", "starts": "at_request", "days": 14, "until": null, "lifted_by": "nobody"},
        {"kind": "legal_hold", "starts": "at_write", "days": null, "until": null, "lifted_by": "privileged_user"},
        {"kind": "lock_compliance", "starts": "at_write", "days": null, "until": null, "lifted_by": "nobody"},
        {}]});
    let told = told(&[thing("x", "database", json!({"erasure": obstacles}))]);
    let kinds: Vec<Option<&str>> =
        told.hindrances.iter().map(|one| one.kind.seen().map(|_| "seen")).collect();
    assert_eq!(kinds, [Some("seen"), Some("seen"), None, Some("seen"), Some("seen")]);
    assert_eq!(day(&told.hindrances[0].ends), -1);
    assert_eq!(day(&told.hindrances[1].ends), 114);
}
