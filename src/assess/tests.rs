//! Whole assessments of small tenancies.

use super::*;
use crate::documents::Register;
use jiff::civil::date;
use proptest::prelude::*;
use sekisho_contract::fact::Kind;
use serde_json::{Value, json};
use std::num::NonZeroUsize;

/// A profile with few clauses, so that each can come out in order.
const PROFILE: &str = r#"
id: test
version: "1"
title: {ja: 試験, en: Test}
parameters: {home_countries: [JP], log_retention_days: 365, utc_offset: "+09:00"}
clauses:
  - id: V-3
    number: Ⅴ-３
    title: {ja: 国内, en: At home}
    reading: {ja: 国内, en: At home}
    scope: confidential
    checks:
      - {id: copies-in-home-country, level: shall}
      - {id: regions-all-seen, level: shall}
      - {id: key-in-home-country, level: shall}
  - id: V-11
    number: Ⅴ-１１
    title: {ja: 鍵, en: Keys}
    reading: {ja: 鍵, en: Keys}
    checks:
      - {id: encrypted-at-rest, level: shall}
      - {id: customer-key, level: should}
      - {id: key-rotation, level: shall}
  - id: V-13
    number: Ⅴ-１３
    title: {ja: 資料, en: Papers}
    reading: {ja: 資料, en: Papers}
  - id: V-14
    number: Ⅴ-１４
    title: {ja: 推奨, en: Advice}
    reading: {ja: 推奨, en: Advice}
    checks: [{id: customer-key, level: should}]
"#;

fn profile() -> Profile {
    Profile::load("test.yaml", PROFILE).unwrap()
}

pub(super) fn services() -> Vec<ServiceKinds> {
    [("s3", Kind::ObjectStore), ("kms", Kind::Key)]
        .map(|(service, kind)| ServiceKinds {
            provider: "aws".into(),
            service: service.into(),
            kinds: vec![kind],
        })
        .into()
}

fn run_with(lines: &[Value], threads: usize, accounts: &[&str]) -> Result<Assessment, AssessError> {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    let accounts: Vec<String> = accounts.iter().map(|account| (*account).to_owned()).collect();
    let context = Context {
        contract_end: date(2027, 3, 31),
        erasure_grace_days: 0,
        assessed_at: date(2026, 12, 1),
        began: "2026-12-01T00:00:00Z".parse().unwrap(),
        at: "2026-12-01T00:10:00Z".parse().unwrap(),
        sites: &Default::default(),
        ends: &crate::support::Catalogue::own().unwrap(),
        accounts: &accounts,
        services: &services(),
        heard: None,
        register: &Register::default(),
        logs: None,
        wants_logs: false,
        exceptions: &[],
        asked: None,
        threads: NonZeroUsize::new(threads),
    };
    assess(&lines, &profile(), &context)
}

fn run(lines: &[Value]) -> Assessment {
    run_with(lines, 2, &["aws/111"]).unwrap()
}

pub(super) fn setting() -> Value {
    json!({"type": "setting", "id": "aws/111", "provider": "aws", "account": "111",
        "regions": [{"id": "ap-northeast-1", "state": "open"}],
        "sweep": [{"region": "global", "service": "s3", "resources": 1},
                  {"region": "ap-northeast-1", "service": "kms", "resources": 1}],
        "audit": [], "evidence": {"regions": ["c1"]}})
}

fn cell(region: &str, service: &str, state: &str) -> Value {
    json!({"type": "cell", "provider": "aws", "account": "111", "region": region, "service": service,
        "state": state, "resources": 1})
}

fn bucket(name: &str) -> Value {
    json!({"type": "resource", "id": format!("arn:aws:s3:::{name}"), "provider": "aws", "account": "111",
        "region": "ap-northeast-1", "service": "s3", "kind": "object_store", "name": name,
        "facets": ["copies", "encryption"], "confidential": true, "availability_critical": true,
        "copies": [{"role": "primary", "location": "ap-northeast-1", "countries": ["JP"], "site": "tokyo"}],
        "encryption": {"enabled": true, "algorithm": "aws:kms", "key": "k", "key_manager": "customer"},
        "evidence": {"copies": ["c2"], "encryption": ["c3", "c2"]}})
}

fn key(name: &str) -> Value {
    json!({"type": "resource", "id": name, "provider": "aws", "account": "111",
        "region": "ap-northeast-1", "service": "kms", "kind": "key", "name": name,
        "facets": ["copies", "erasure", "exposure", "key"], "confidential": true, "availability_critical": true,
        "copies": [{"role": "key", "location": "ap-northeast-1", "countries": ["JP"], "site": "tokyo"}],
        "key": {"manager": "customer", "state": "enabled", "rotation": {"possible": true, "enabled": true, "days": 365}},
        "evidence": {"key": ["c4"]}})
}

pub(super) fn in_order() -> Vec<Value> {
    vec![
        setting(),
        cell("global", "s3", "listed"),
        cell("ap-northeast-1", "kms", "listed"),
        cell("me-south-1", "kms", "closed"),
        bucket("one"),
        bucket("two"),
        key("k"),
    ]
}

fn statuses(assessment: &Assessment) -> Vec<Status> {
    assessment.clauses.iter().map(|clause| clause.status).collect()
}

use Status::{Conforms, NotApplicable, Unverified, Violates};

#[test]
fn a_tenancy_in_order() {
    let assessment = run(&in_order());
    assert_eq!(statuses(&assessment), [Conforms, Conforms, Unverified, Unverified], "{assessment:#?}");
    assert!(assessment.findings.is_empty());
    assert_eq!(assessment.resources.len(), 2);
    assert_eq!(assessment.resources[1], ("aws".into(), "s3".into(), "object_store".into(), 2));
    let places: Vec<_> =
        assessment.places.iter().map(|place| (place.location.as_str(), place.confidential)).collect();
    assert_eq!(places, [("ap-northeast-1", 1), ("ap-northeast-1", 2)]);
    let copies = &assessment.clauses[0].checks[0];
    assert_eq!((copies.counts.conforms, copies.counts.not_applicable), (2, 1));
    // Nothing binding stands behind the last two clauses: that is no pass.
    assert_eq!(assessment.verdict, Unverified);
}

#[test]
fn what_was_recorded_before_is_not_told_as_seen_now() {
    let mut lines = in_order();
    lines[4]["captured"] = json!({"at": "2026-03-01T00:00:00Z", "facets": ["encryption"]});
    lines[5]["captured"] = json!({"at": "2026-02-01T00:00:00Z", "facets": ["encryption", "copies"]});
    let recorded = |lines: &[Value]| {
        let assessment = run(lines);
        let told = assessment.recorded.map(|told| (told.resources, told.oldest.0.to_string()));
        (told, assessment.findings.into_iter().map(|finding| finding.captured.is_some()).collect::<Vec<_>>())
    };
    assert_eq!(recorded(&in_order()), (None, vec![]));
    assert_eq!(recorded(&lines), (Some((2, "2026-02-01T00:00:00Z".to_owned())), vec![]));
    // Only what rests on the record is of its time.
    for line in [4, 5] {
        lines[line]["copies"][0] = json!({"role": "replica", "location": "us-east-1", "countries": ["US"]});
    }
    assert_eq!(recorded(&lines).1, [false, true]);
    // A time that cannot be read is not now.
    lines[4]["captured"]["at"] = json!("yesterday");
    assert_eq!(recorded(&lines).0, Some((2, "1970-01-01T00:00:00Z".to_owned())));
}

#[test]
fn a_violation_names_its_subject_reason_remedy_and_calls() {
    let mut lines = in_order();
    lines[5]["copies"][0] = json!({"role": "replica", "location": "us-east-1", "countries": ["US"]});
    let assessment = run(&lines);
    assert_eq!(statuses(&assessment)[..2], [Violates, Conforms]);
    let [finding] = assessment.findings.as_slice() else { panic!("{:#?}", assessment.findings) };
    assert_eq!(
        (&*finding.subject, finding.status, finding.level),
        ("arn:aws:s3:::two", Violates, Level::Shall)
    );
    assert_eq!(*finding.clauses, ["V-3".to_owned()]);
    assert!(finding.reason.en.contains("us-east-1 (United States, replica)"), "{:?}", finding.reason);
    assert!(finding.remedy.ja.contains("aws s3api"), "{:?}", finding.remedy);
    assert_eq!(finding.calls.iter().map(|call| call.as_str()).collect::<Vec<_>>(), ["c2"]);
    assert!(assessment.clauses[0].reason.ja.contains("（1件）"), "{:?}", assessment.clauses[0].reason);
}

#[test]
fn a_finding_keeps_its_subjects_whole_name() {
    let mut lines = in_order();
    lines[5]["copies"][0]["countries"] = json!(["US"]);
    lines[5]["name"] = json!("n".repeat(900));
    assert_eq!(run(&lines).findings[0].name.len(), 900);
}

#[test]
fn what_was_refused_is_unverified_with_operation_and_permission() {
    let mut lines = in_order();
    lines[4]["encryption"] = json!({});
    lines.insert(
        1,
        json!({"type": "gap", "subject": "arn:aws:s3:::one", "facet": "encryption", "reason": "denied",
        "operation": "s3:GetBucketEncryption", "permission": "s3:GetEncryptionConfiguration", "call": "c9",
        "detail": "AccessDenied\u{202e}"}),
    );
    let assessment = run(&lines);
    assert_eq!(statuses(&assessment)[..2], [Conforms, Unverified]);
    let finding = &assessment.findings[0];
    assert_eq!((&*finding.check, finding.status), ("encrypted-at-rest", Unverified));
    for words in ["s3:GetBucketEncryption", "s3:GetEncryptionConfiguration", "encryption.enabled"] {
        assert!(
            finding.reason.ja.contains(words) && finding.reason.en.contains(words),
            "{:?}",
            finding.reason
        );
    }
    assert!(finding.remedy.en.contains("s3:GetEncryptionConfiguration"));
    assert!(finding.calls.iter().any(|call| call.as_str() == "c9"));
}

#[test]
fn a_cell_that_was_not_listed_counts_against_what_it_could_hold() {
    let mut lines = in_order();
    lines[2] = cell("ap-northeast-1", "kms", "denied");
    lines.remove(6);
    lines.insert(
        1,
        json!({"type": "gap", "subject": "aws/111/ap-northeast-1/kms", "facet": "resources",
        "reason": "denied", "operation": "kms:ListKeys", "permission": "kms:ListKeys", "call": "c8"}),
    );
    let assessment = run(&lines);
    let by_check =
        |id: &str| assessment.findings.iter().filter(|finding| *finding.check == *id).collect::<Vec<_>>();
    assert_eq!(*by_check("key-rotation")[0].subject, *"aws/111/ap-northeast-1/kms");
    assert!(by_check("key-rotation")[0].reason.en.contains("kms:ListKeys"));
    assert!(by_check("copies-in-home-country").is_empty(), "no bucket can be in kms");
    assert!(by_check("encrypted-at-rest").is_empty(), "a key has no encryption");
    assert_eq!(statuses(&assessment)[..2], [Unverified, Unverified]);
}

#[test]
fn a_check_without_subjects_passes_only_when_everything_was_listed() {
    let mut lines = in_order();
    lines.truncate(4);
    let assessment = run(&lines);
    assert_eq!(assessment.clauses[1].status, NotApplicable);
    for (remove, service) in [(1, "s3"), (2, "kms")] {
        let mut lines = lines.clone();
        lines.remove(remove);
        if service == "kms" {
            lines.pop();
        }
        let assessment = run(&lines);
        assert_eq!(assessment.clauses[1].status, Unverified, "no cell of {service}");
        assert!(assessment.findings.iter().any(|finding| finding.reason.en.contains(service)));
    }
}

#[test]
fn nothing_at_all_is_unverified() {
    for accounts in [&[][..], &["aws/111"], &["other/1"]] {
        let assessment = run_with(&[], 1, accounts).unwrap();
        assert_eq!(statuses(&assessment), [Unverified; 4], "{accounts:?}");
    }
    let with_another = run_with(&in_order(), 1, &["aws/111", "aws/222"]).unwrap();
    assert_eq!(statuses(&with_another)[..2], [Unverified, Unverified]);
    assert!(with_another.findings.iter().all(|finding| *finding.subject == *"aws/222"));
}

#[test]
fn a_scope_switches_a_clause_off_only_when_everything_was_seen() {
    let mut lines = in_order();
    for line in &mut lines[4..] {
        line["confidential"] = json!(false);
    }
    assert_eq!(run(&lines).clauses[0].status, NotApplicable);
    assert!(run(&lines).clauses[0].reason.ja.contains("要機密情報"));
    lines[4].as_object_mut().unwrap().remove("confidential");
    assert_eq!(run(&lines).clauses[0].status, Unverified);
    lines[4]["confidential"] = json!(false);
    lines[1] = cell("global", "s3", "failed");
    assert_eq!(run(&lines).clauses[0].status, Unverified);
}

#[test]
fn an_unmet_recommendation_leaves_the_verdict() {
    let mut lines = in_order();
    lines[4]["encryption"]["key_manager"] = json!("provider");
    let assessment = run(&lines);
    assert_eq!(assessment.clauses[1].status, Conforms);
    assert_eq!(assessment.clauses[1].checks[1].status, Violates);
    assert!(assessment.clauses[1].reason.ja.contains("推奨未達"));
    assert_eq!(assessment.findings[0].level, Level::Should);
}

#[test]
fn bad_lines_are_named() {
    let check = |line: &str, message: &str| {
        let mut lines: Vec<String> = in_order().iter().map(Value::to_string).collect();
        lines.insert(5, line.to_owned());
        lines.push("{".into());
        for threads in [1, 4] {
            let context = Context {
                contract_end: date(2027, 3, 31),
                erasure_grace_days: 0,
                assessed_at: date(2026, 12, 1),
                began: "2026-12-01T00:00:00Z".parse().unwrap(),
                at: "2026-12-01T00:10:00Z".parse().unwrap(),
                sites: &Default::default(),
                ends: &crate::support::Catalogue::own().unwrap(),
                accounts: &[],
                services: &services(),
                heard: None,
                register: &Register::default(),
                logs: None,
                wants_logs: false,
                exceptions: &[],
                asked: None,
                threads: NonZeroUsize::new(threads),
            };
            let fault = assess(&lines, &profile(), &context).unwrap_err().to_string();
            assert!(fault.contains(message), "{line}: {fault}");
        }
    };
    check("not json", "line 6 of the facts cannot be read");
    check(r#"{"type":"resource","id":"#, "line 6 of the facts cannot be read");
    check(r#"{"type":"resource","id":"x"}"#, "line 6 of the facts has no usable `provider`");
    check(r#"{"type":"rumour"}"#, "line 6 of the facts has no usable `type`");
    check(
        &bucket("x").to_string().replace("object_store", "tape"),
        "line 6 of the facts has no usable `kind`",
    );
}

/// A tenancy with everything in it, larger than one batch.
fn mixed() -> Vec<Value> {
    let mut lines = in_order();
    for number in 0..900 {
        let mut bucket = bucket(&format!("b{number:04}"));
        match number % 7 {
            0 => bucket["copies"][0]["countries"] = json!(["US"]),
            1 => bucket["encryption"] = json!({}),
            2 => drop(bucket.as_object_mut().unwrap().remove("confidential")),
            3 => bucket["confidential"] = json!(false),
            _ => {}
        }
        if number % 7 == 1 {
            lines.insert(
                4,
                json!({"type": "gap", "subject": bucket["id"], "facet": "encryption.enabled",
                "reason": "failed", "operation": "s3:GetBucketEncryption"}),
            );
        }
        lines.push(bucket);
    }
    lines.push(json!({"type": "signal", "subject": "x", "witness": "cost", "supports": true, "statement": "", "calls": []}));
    lines
}

#[test]
fn threads_and_the_order_of_lines_do_not_matter() {
    let lines = mixed();
    let expected = run(&lines);
    assert!(expected.findings.len() > 300);
    let (mut backwards, mut turned) = (lines.clone(), lines.clone());
    backwards.reverse();
    turned.rotate_left(500);
    for lines in [lines, backwards, turned] {
        for threads in [1, 3, 8] {
            assert_eq!(run_with(&lines, threads, &["aws/111"]).unwrap(), expected);
        }
    }
}

/// Takes the field that `pick` falls on out of a fact; what every fact has stays.
fn without(line: &mut Value, mut pick: usize) {
    fn fields(value: &Value, here: &str, all: &mut Vec<String>) {
        match value {
            Value::Object(fields_) => {
                for (name, value) in fields_ {
                    let path = format!("{here}/{name}");
                    all.push(path.clone());
                    fields(value, &path, all);
                }
            }
            Value::Array(members) => {
                for (at, value) in members.iter().enumerate() {
                    fields(value, &format!("{here}/{at}"), all);
                }
            }
            _ => {}
        }
    }
    let kept = ["/type", "/id", "/provider", "/account", "/service", "/kind", "/name", "/region"];
    let mut all = Vec::new();
    fields(line, "", &mut all);
    all.retain(|path| !kept.contains(&path.as_str()));
    if all.is_empty() {
        return;
    }
    pick %= all.len();
    let (owner, name) = all[pick].rsplit_once('/').unwrap();
    if let Some(owner) = line.pointer_mut(owner).and_then(Value::as_object_mut) {
        owner.remove(name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn seeing_less_never_makes_a_check_or_clause_better(
        broken in 0_usize..4, line in 4_usize..7, picks in prop::collection::vec(any::<usize>(), 1..4),
    ) {
        let mut lines = in_order();
        match broken {
            1 => lines[4]["copies"][0]["countries"] = json!(["US"]),
            2 => lines[5]["encryption"]["enabled"] = json!(false),
            3 => lines[6]["key"]["rotation"]["enabled"] = json!(false),
            _ => {}
        }
        let seen = run(&lines);
        for pick in picks {
            without(&mut lines[line], pick);
        }
        let less = run(&lines);
        for (seen, less) in seen.clauses.iter().zip(&less.clauses) {
            prop_assert!(less.status == seen.status || less.status == Unverified, "{less:#?}");
            for (seen, less) in seen.checks.iter().zip(&less.checks) {
                prop_assert!(less.status == seen.status || less.status == Unverified, "{less:#?}");
            }
        }
    }
}

#[test]
fn the_annex_answers_every_clause_and_passes_none_it_cannot_show() {
    let lines: Vec<String> = in_order().iter().map(Value::to_string).collect();
    let profile = crate::annex::find("jp-annex-2").unwrap().unwrap();
    let context = Context {
        contract_end: date(2027, 3, 31),
        erasure_grace_days: 0,
        assessed_at: date(2026, 12, 1),
        began: "2026-12-01T00:00:00Z".parse().unwrap(),
        at: "2026-12-01T00:10:00Z".parse().unwrap(),
        sites: &Default::default(),
        ends: &crate::support::Catalogue::own().unwrap(),
        accounts: &[],
        services: &services(),
        heard: None,
        register: &Register::default(),
        logs: None,
        wants_logs: false,
        exceptions: &[],
        asked: None,
        threads: None,
    };
    let assessment = assess(&lines, &profile, &context).unwrap();
    assert_eq!(assessment.clauses.len(), profile.clauses.len());
    for clause in &assessment.clauses {
        assert!(matches!(clause.status, Unverified | Violates), "{clause:#?}");
        assert!(!clause.reason.ja.is_empty() && !clause.reason.en.is_empty(), "{clause:#?}");
    }
}

/// A profile of checks over what is made of other facts.
const DERIVED: &str = r#"
id: derived
version: "1"
title: {ja: 試験, en: Test}
parameters: {home_countries: [JP], log_retention_days: 365, utc_offset: "+09:00"}
clauses:
  - id: V-10
    number: Ⅴ-１０
    title: {ja: 復旧, en: Recovery}
    reading: {ja: 復旧, en: Recovery}
    checks: [{id: recovery-points-exist, level: shall}]
"#;

#[test]
fn backups_that_were_not_listed_raise_no_breach() {
    let disk = json!({"type": "resource", "id": "disk", "provider": "aws", "account": "111", "region": "ap-northeast-1",
        "service": "ec2", "kind": "disk", "name": "disk", "facets": ["copies"], "confidential": true,
        "availability_critical": true, "copies": [], "evidence": {}});
    let listed = |state: &str| {
        let snapshots = cell("ap-northeast-3", "ec2", state);
        let lines: Vec<String> =
            [setting(), cell("ap-northeast-1", "ec2", "listed"), snapshots, disk.clone()]
                .iter()
                .map(Value::to_string)
                .collect();
        let services = [ServiceKinds {
            provider: "aws".into(),
            service: "ec2".into(),
            kinds: vec![Kind::Disk, Kind::Snapshot],
        }];
        let accounts = ["aws/111".to_owned()];
        let context = Context {
            contract_end: date(2027, 3, 31),
            erasure_grace_days: 0,
            assessed_at: date(2026, 12, 1),
            began: "2026-12-01T00:00:00Z".parse().unwrap(),
            at: "2026-12-01T00:10:00Z".parse().unwrap(),
            sites: &Default::default(),
            ends: &crate::support::Catalogue::own().unwrap(),
            accounts: &accounts,
            services: &services,
            heard: None,
            register: &Register::default(),
            logs: None,
            wants_logs: false,
            exceptions: &[],
            asked: None,
            threads: None,
        };
        assess(&lines, &Profile::load("test.yaml", DERIVED).unwrap(), &context).unwrap()
    };
    let whole = listed("listed");
    assert_eq!((statuses(&whole), whole.findings.len()), (vec![Violates], 1));
    // The cell that was refused counts by itself, and leaves open what it may hold.
    let open = listed("denied");
    assert_eq!((statuses(&open), open.findings.len()), (vec![Unverified], 2), "{:#?}", open.findings);
    let of_disk = open.findings.iter().find(|finding| &*finding.subject == "disk").unwrap();
    assert!(
        of_disk.reason.en.contains("aws/111/ap-northeast-3/ec2")
            && of_disk.reason.ja.contains("一覧を取得できて")
    );
}
