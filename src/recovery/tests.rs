//! Whole reckonings of small tenancies.

use super::*;
use jiff::Timestamp;
use sekisho_contract::place::Site;
use serde_json::{Value, json};

fn sites() -> BTreeMap<String, Site> {
    let site = |latitude, longitude| Site {
        ja: String::new(),
        en: String::new(),
        country: "JP".into(),
        latitude,
        longitude,
    };
    BTreeMap::from([
        ("tokyo".to_owned(), site(35.6867, 139.7640)),
        ("osaka".to_owned(), site(34.6966, 135.4946)),
        ("saitama".to_owned(), site(35.8617, 139.6455)),
    ])
}

fn thing(id: &str, kind: &str, more: Value) -> Resource {
    let mut fact = json!({"id": id, "provider": "aws", "account": "1", "region": "ap-northeast-1", "service": "ec2", "kind": kind,
        "name": id, "facets": ["copies", "tags"], "confidential": true, "availability_critical": true, "tags": {},
        "copies": [{"role": "primary", "location": "ap-northeast-1", "countries": ["JP"], "site": "tokyo"}], "evidence": {}});
    for (key, value) in more.as_object().unwrap() {
        fact[key] = value.clone();
    }
    serde_json::from_value(fact).unwrap()
}

const NOW: &str = "2026-12-01T00:10:00Z";

/// A point whose data are of this many hours before midnight, ready an hour later.
fn point(of: &str, hours: i64, more: Value) -> Resource {
    let at = |hours: i64| {
        Timestamp::from_second(
            "2026-12-01T00:00:00Z".parse::<Timestamp>().unwrap().as_second() - hours * 3600,
        )
        .unwrap()
        .to_string()
    };
    let mut fact = json!({"made_from": of, "facets": ["copies", "point", "encryption"], "encryption": {"enabled": true, "key": null, "key_manager": "provider"},
        "point": {"data_time": at(hours), "completed": at(hours - 1), "usable": true, "expires": null, "restored": null, "consistency": null}});
    for (key, value) in more.as_object().unwrap() {
        if let (Some(known), Some(given)) = (fact[key].as_object_mut(), value.as_object()) {
            known.extend(given.clone());
        } else {
            fact[key] = value.clone();
        }
    }
    thing(&format!("{of}-{hours}"), "snapshot", fact)
}

fn told_with(facts: &[Resource], declared: &[Declared], unlisted: &[&str]) -> Recoverability {
    let mut noted = Noted::default();
    facts.iter().for_each(|fact| noted.note(fact));
    let home = ["JP".to_owned()];
    let frame = Frame {
        began: "2026-12-01T00:00:00Z".parse().unwrap(),
        at: NOW.parse().unwrap(),
        window_days: 30,
        distance_km: 100,
        home: &home,
        declared,
    };
    let unlisted =
        unlisted.iter().map(|provider| ((*provider).to_owned(), "aws/1/x/ec2".to_owned())).collect();
    noted.conclude(&frame, Sites(&sites()), &unlisted).remove(0)
}

fn declared(hours: i64) -> Vec<Declared> {
    vec![Declared { system: "*".into(), rpo_s: hours * 3600 }]
}

fn told(facts: &[Resource]) -> Recoverability {
    told_with(facts, &declared(26), &[])
}

fn disk() -> Resource {
    thing("disk", "disk", json!({}))
}

/// A disk with a point each day.
fn daily() -> Vec<Resource> {
    std::iter::once(disk()).chain((0..10).map(|day| point("disk", 3 + day * 24, json!({})))).collect()
}

const fn seen<T>(value: T) -> Observed<T> {
    Observed::Seen(value)
}

#[test]
fn daily_points_are_measured() {
    let told = told(&daily());
    let worst = 25 * 3600;
    assert_eq!(told.achieved.worst_s, seen(Some(worst)));
    assert_eq!(
        (told.achieved.points, told.achieved.median_s, told.achieved.p95_s),
        (10, Some(86_400), Some(86_400))
    );
    assert_eq!(told.achieved.exposure_s, Some(3 * 3600 + 600));
    assert_eq!((told.exists, told.restored.clone()), (seen(true), seen(None)));
    // Nothing rests elsewhere, and that was seen.
    assert_eq!(
        (told.distant.worst_s, told.apart_km, told.sites),
        (seen(None), seen(0), vec!["tokyo".to_owned()])
    );
}

#[test]
fn what_decides_is_told_and_nothing_else() {
    let lines = daily();
    let worst = |facts: &[Resource], hours| told_with(facts, &declared(hours), &[]).achieved.worst_s;
    assert_eq!(worst(&lines, 25), seen(Some(25 * 3600)));
    assert_eq!(worst(&lines, 24), seen(Some(25 * 3600)));
    // A day was left out.
    let failed: Vec<Resource> =
        lines.iter().enumerate().filter(|(at, _)| *at != 4).map(|(_, one)| one.clone()).collect();
    assert_eq!(worst(&failed, 26), seen(Some(49 * 3600)));
    // Backups that go back three days tell nothing of an objective of a week.
    assert_eq!(worst(&lines[..4], 7 * 24), Observed::default());
    assert_eq!(told_with(&lines, &[], &[]).declared_s, Observed::default());
}

#[test]
fn points_that_cannot_be_used_do_not_count() {
    for (what, more) in [
        ("not complete", json!({"point": {"usable": false}})),
        ("expired", json!({"point": {"expires": "2026-11-30T00:00:00Z"}})),
        ("a key that is switched off", json!({"encryption": {"key": "key", "key_manager": "customer"}})),
    ] {
        let key = thing(
            "key",
            "key",
            json!({"facets": ["key"], "key": {"state": "pending_deletion", "aliases": []}}),
        );
        let told = told(&[disk(), key, point("disk", 3, more)]);
        assert_eq!(
            (told.exists, told.achieved.worst_s, told.achieved.left_out),
            (seen(false), seen(None), 1),
            "{what}"
        );
    }
}

#[test]
fn what_was_not_seen_of_a_point_is_neither_pass_nor_breach() {
    let key = thing("key", "key", json!({"facets": ["key"], "key": {"aliases": []}}));
    for (what, more) in [
        ("whether it is complete", json!({})),
        ("the state of its key", json!({"encryption": {"key": "key", "key_manager": "customer"}})),
        ("a key that was not read", json!({"encryption": {"key": "another", "key_manager": "customer"}})),
        ("a day that is no day", json!({"point": {"expires": "soon"}})),
        ("the moment of its data", json!({"point": {"data_time": Value::Null}})),
    ] {
        let mut point = point("disk", 3, more);
        if what == "whether it is complete" {
            point.point.as_mut().unwrap().usable = Observed::default();
        }
        let told = told(&[disk(), key.clone(), point]);
        assert_eq!(
            (told.exists, &told.achieved.worst_s),
            (Observed::default(), &Observed::default()),
            "{what}"
        );
        assert!(!told.gaps.is_empty(), "{what}");
    }
}

#[test]
fn points_nobody_listed_leave_a_breach_open_and_a_pass_standing() {
    let lines = daily();
    let none = told_with(&[disk()], &declared(26), &["aws"]);
    assert_eq!(
        (none.exists, none.achieved.worst_s, none.apart_km),
        (Observed::default(), Observed::default(), Observed::default())
    );
    assert!(
        none.gaps.iter().any(|gap| gap.facet == "exists" && gap.detail.contains("aws/1/x/ec2")),
        "{:?}",
        none.gaps
    );
    assert_eq!(told_with(&[disk()], &declared(26), &["gcp"]).exists, seen(false));
    assert_eq!(told_with(&lines, &declared(26), &["aws"]).achieved.worst_s, seen(Some(25 * 3600)));
    assert_eq!(told_with(&lines, &declared(20), &["aws"]).achieved.worst_s, Observed::default());
    // One that does not say what it was made from may be of this disk.
    let mut orphan = point("other", 1, json!({}));
    orphan.made_from = None;
    assert_eq!(told(&[disk(), orphan]).exists, Observed::default());
    // And one of a whole machine may hold it.
    assert_eq!(told(&[disk(), point("machine", 1, json!({}))]).exists, Observed::default());
}

#[test]
fn the_moment_of_the_data_counts_and_not_that_of_the_copy() {
    // Copied an hour ago, of data three days old.
    let copy = point("disk", 72, json!({"point": {"completed": "2026-11-30T23:00:00Z"}}));
    let told = told(&[disk(), copy]);
    assert_eq!(told.achieved.exposure_s, Some(72 * 3600 + 600));
    assert_eq!(told.achieved.worst_s, seen(Some(72 * 3600)));
}

#[test]
fn a_copy_in_the_other_city_serves_the_loss_of_the_site() {
    let osaka = json!({"copies": [{"role": "primary", "location": "ap-northeast-3", "countries": ["JP"], "site": "osaka"}]});
    let mut lines = daily();
    // It was copied to Osaka five hours later each day.
    lines.extend((0..10).map(|day| {
        let mut copy = point("disk", 3 + day * 24, osaka.clone());
        copy.id.push_str("-copy");
        let ready = "2026-12-01T00:00:00Z".parse::<Timestamp>().unwrap().as_second() - (day * 24 - 2) * 3600;
        copy.point.as_mut().unwrap().completed =
            seen(Some(Timestamp::from_second(ready).unwrap().to_string()));
        copy
    }));
    let told = told_with(&lines, &declared(30), &[]);
    assert_eq!(told.achieved.worst_s, seen(Some(25 * 3600)));
    assert_eq!(told.distant.points, 10);
    // The last copy is not there yet: what is there in Osaka is of the day before, and a failure a moment ago cost 27 hours.
    assert_eq!(told.distant.worst_s, seen(Some(29 * 3600)));
    assert_eq!((told.sites.len(), told.apart_km), (2, seen(403)));
    // Not far enough.
    let near =
        json!({"copies": [{"role": "primary", "location": "x", "countries": ["JP"], "site": "saitama"}]});
    let told = told_with(&[disk(), point("disk", 3, near)], &declared(26), &[]);
    assert_eq!((told.distant.points, told.distant.worst_s), (0, seen(None)));
    assert!(matches!(told.apart_km, Observed::Seen(km) if km < 30));
    // Far, and abroad.
    let abroad =
        json!({"copies": [{"role": "primary", "location": "x", "countries": ["US"], "site": "osaka"}]});
    let told = told_with(&[disk(), point("disk", 3, abroad)], &declared(26), &[]);
    assert_eq!((told.distant.points, told.apart_km), (0, seen(0)));
    // Somewhere.
    let somewhere = json!({"copies": [{"role": "primary"}]});
    let told = told_with(&[disk(), point("disk", 3, somewhere)], &declared(26), &[]);
    assert_eq!((told.distant.worst_s, told.apart_km), (Observed::default(), Observed::default()));
}

#[test]
fn one_reading_of_what_keeps_up_is_a_sample() {
    let continuous = |latest: Value| {
        thing(
            "db",
            "database",
            json!({"service": "rds", "facets": ["copies", "recovery"],
            "recovery": {"continuous": true, "window_days": 7, "latest": latest}}),
        )
    };
    let told = |latest: Value, hours| told_with(&[continuous(latest)], &declared(hours), &[]);
    let now = told(json!("2026-11-30T23:55:00Z"), 1);
    assert_eq!(
        (now.exists, now.achieved.sample_s, now.achieved.worst_s),
        (seen(true), Some(300), Observed::default())
    );
    assert!(now.gaps.iter().any(|gap| gap.detail.contains("a sample, not the worst case")), "{:?}", now.gaps);
    // As far behind as that it is a breach all the same.
    assert_eq!(told(json!("2026-11-30T20:00:00Z"), 1).achieved.worst_s, seen(Some(4 * 3600)));
    assert_eq!(told(Value::Null, 1).achieved.worst_s, Observed::default());
    // Points meet an objective on their own.
    let mut lines = vec![continuous(json!("2026-11-30T23:55:00Z"))];
    lines.extend((0..10).map(|day| point("db", 3 + day * 24, json!({"service": "rds"}))));
    assert_eq!(told_with(&lines, &declared(26), &[]).achieved.worst_s, seen(Some(25 * 3600)));
    // And where they do not, what keeps up may.
    assert_eq!(told_with(&lines, &declared(20), &[]).achieved.worst_s, Observed::default());
}

#[test]
fn a_short_retention_shortens_the_window() {
    let kept = |hours: i64, expires: &str| point("disk", hours, json!({"point": {"expires": expires}}));
    // Daily ones live three days; one a month ago was kept.
    let lines = [
        disk(),
        kept(3, "2026-12-03T21:00:00Z"),
        kept(27, "2026-12-02T21:00:00Z"),
        kept(51, "2026-12-01T21:00:00Z"),
        point("disk", 20 * 24, json!({})),
    ];
    let told = told(&lines);
    assert_eq!(told.achieved.kept_days, Some(3));
    assert!(told.achieved.window_s.unwrap() <= 3 * 86_400);
    assert_eq!(told.achieved.exposure_s, Some(3 * 3600 + 600));
}

#[test]
fn versions_keep_what_is_overwritten() {
    let store = |state: &str| {
        thing(
            "store",
            "object_store",
            json!({"facets": ["copies", "versioning"], "versioning": {"state": state}}),
        )
    };
    assert_eq!(told(&[store("enabled")]).achieved.worst_s, seen(Some(0)));
    assert_eq!(
        (told(&[store("off")]).exists, told(&[store("off")]).achieved.worst_s),
        (seen(false), seen(None))
    );
    let unseen =
        thing("store", "object_store", json!({"facets": ["copies", "versioning"], "versioning": {}}));
    assert_eq!(
        (told(std::slice::from_ref(&unseen)).exists, told(&[unseen]).achieved.worst_s),
        (Observed::default(), Observed::default())
    );
}

#[test]
fn what_is_declared_for_its_system_goes_first() {
    let of = |system: &str, hours: i64| Declared { system: system.into(), rpo_s: hours * 3600 };
    let all = [of("records", 1), of("aws/1", 2), of("*", 3), of("*", 4)];
    let tagged = |system: &str| thing("disk", "disk", json!({"tags": {"system": system}}));
    let told = |disk: Resource, all: &[Declared]| told_with(&[disk], all, &[]).declared_s;
    assert_eq!(told(tagged("records"), &all), seen(3600));
    assert_eq!(told(tagged("other"), &all), seen(2 * 3600));
    assert_eq!(told(disk(), &all[2..]), seen(3 * 3600));
    assert_eq!(told(disk(), &all[..1]), Observed::default());
}

#[test]
fn schedules_that_cover_it_bound_what_is_configured() {
    let plan = |selection: Value, rules: Value| {
        thing(
            "plan",
            "backup_plan",
            json!({"facets": ["coverage"], "coverage": {"selections": [selection], "rules": rules}}),
        )
    };
    let rule = json!([{"name": "daily", "interval_s": 86400, "start_window_s": 3600, "completion_window_s": 7200, "continuous": false}]);
    let told = |plan: Resource| {
        told_with(&[thing("disk", "disk", json!({"tags": {"backup": "daily"}})), plan], &declared(26), &[])
            .configured_s
    };
    let by = |resources: Value, labels: Value| json!({"name": "s", "resources": resources, "except": [], "any_label": labels, "all_labels": []});
    let label = |value: &str| json!([{"key": "backup", "test": "equals", "value": value}]);
    assert_eq!(told(plan(by(json!(["di*"]), json!([])), rule.clone())), seen(Some(86_400 + 3600 + 7200)));
    assert_eq!(told(plan(by(json!([]), label("daily")), rule.clone())), seen(Some(97_200)));
    assert_eq!(told(plan(by(json!([]), label("weekly")), rule.clone())), seen(None));
    assert_eq!(told(plan(by(json!(["other"]), json!([])), rule.clone())), seen(None));
    // One is enough, or both are needed: told in two ways.
    assert_eq!(told(plan(by(json!(["other"]), label("daily")), rule.clone())), Observed::default());
    assert_eq!(told(plan(json!({"name": "s"}), rule)), Observed::default());
    let endless = json!([{"name": "daily", "interval_s": 86400, "start_window_s": 3600, "completion_window_s": null, "continuous": false}]);
    assert_eq!(told(plan(by(json!(["*"]), json!([])), endless)), seen(None));
}

#[test]
fn copies_and_parts_are_not_set_back_by_themselves() {
    let mut noted = Noted::default();
    noted.note(&thing("replica", "database", json!({"facets": ["recovery"], "made_from": "db"})));
    noted.note(&thing("member", "database", json!({"facets": ["copies"]})));
    assert!(noted.subjects.is_empty());
}
