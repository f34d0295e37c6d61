//! Every check's own cases, and what must hold of all checks.

use super::definition::Case;
use super::*;
use crate::text::Text;
use cel::Context;
use jiff::civil::date;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn variables(case: &Case) -> Variables {
    let parameters = Parameters {
        home_countries: vec!["JP".into()],
        log_retention_days: 365,
        utc_offset: "+09:00".into(),
        recovery_window_days: 30,
        site_distance_km: 100,
    };
    let dates = TenancyDates::new(date(2027, 3, 31), 0, date(2026, 12, 1), "+09:00");
    let Ok(Value::Object(mut fields)) = serde_json::to_value(&dates) else { panic!("dates are an object") };
    for (key, value) in &case.tenancy {
        assert!(fields.insert(key.clone(), value.clone()).is_some(), "{}: {key}", case.name);
    }
    let dates: TenancyDates = serde_json::from_value(Value::Object(fields)).unwrap();
    Variables::new(&parameters, &dates)
}

fn judge(check: &Check, case: &Case, given: &Value) -> (Outcome, crate::text::Text) {
    let text = given.to_string();
    let node = Node::parse(&text).unwrap();
    let variables = variables(case);
    let mut context = Context::with_env(environment().clone());
    context.add_variable_as_val("profile", variables.profile.value().clone_as_boxed());
    context.add_variable_as_val("tenancy", variables.tenancy.value().clone_as_boxed());
    context.add_variable_as_val("subject", node.value().clone_as_boxed());
    (check.judge(&context, None), check.reason(&context))
}

#[test]
fn every_check_gives_the_results_its_cases_expect() {
    let mut wrong = Vec::new();
    for check in all().unwrap() {
        for case in &check.cases {
            let (found, reason) = judge(check, case, &case.given);
            if found != case.expect {
                wrong.push(format!("{}: {}: {found:?} instead of {:?}", check.id, case.name, case.expect));
            }
            for words in &case.says {
                if !(reason.ja.contains(words) && reason.en.contains(words)) {
                    wrong.push(format!("{}: {}: {words:?} is not in {reason:?}", check.id, case.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn our_own_words_are_told_as_people_say_them() {
    let cases = [
        ("customer-key", "（方式：AES256、鍵の管理者：事業者）", "the provider"),
        (
            "data-events-on-confidential-stores",
            "データの読み取りが監査証跡に記録されていない。",
            "not fully recorded in an audit trail: reads.",
        ),
        ("trail-management-events", "監査証跡の記録が停止している。", "not sufficient: it is stopped."),
        ("versions-expire", "有効", "enabled"),
        ("versions-expire", "停止（既存の版は残る）", "suspended (old versions remain)"),
        ("copies-in-home-country", "米国、複製", "United States, replica"),
        (
            "copies-in-home-country",
            "（日本・シンガポール・台湾、本体）",
            "(Japan, Singapore, Taiwan, primary)",
        ),
        (
            "no-lock-past-contract-end",
            "抹消の期限（2027年3月31日）を越える妨げがある：コンプライアンスモードの保持（書き込みの時から最長 365 日間）。",
            "compliance-mode retention, up to 365 days from the time of writing.",
        ),
        ("no-lock-past-contract-end", "（2027年4月1日まで）。", ", until 2027-04-01."),
        ("no-lock-past-contract-end", "（期限なし）。", ", with no end date."),
        (
            "key-destroyable-by-contract-end",
            "削除待ちである。破棄の予定日は2027年4月1日である。",
            "for 2027-04-01.",
        ),
    ];
    for (id, ja, en) in cases {
        let check = find(id).unwrap().unwrap();
        let reasons: Vec<_> = check.cases.iter().map(|case| judge(check, case, &case.given).1).collect();
        let told = reasons.iter().any(|reason| reason.ja.contains(ja) && reason.en.contains(en));
        assert!(told, "{id}: {ja} / {en}: {reasons:#?}");
    }
}

#[test]
fn the_list_holds_every_file_of_the_folder() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/checks/rules");
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut listed: Vec<String> = FILES.iter().map(|(file, _)| (*file).to_owned()).collect();
    found.sort();
    listed.sort();
    assert_eq!(found, listed);
}

#[test]
fn every_case_is_a_possible_fact() {
    for check in all().unwrap() {
        for case in &check.cases {
            let mut fact = match check.subject {
                SubjectKind::Resource => {
                    serde_json::json!({"id": "", "provider": "", "account": "", "region": "",
                    "service": "", "kind": "key", "name": "", "facets": [], "copies": [], "evidence": {}})
                }
                SubjectKind::Account => {
                    serde_json::json!({"id": "", "provider": "", "account": "", "sweep": [],
                    "audit": [], "second_lists": [], "directories": [], "provider_access": [], "evidence": {}})
                }
                SubjectKind::Document => {
                    serde_json::json!({"id": "", "kind": "other", "name": {"ja": "", "en": ""},
                    "stated": [], "days_to_come": 0, "file_state": "held", "signatures": [], "replaced": false})
                }
                SubjectKind::Tenancy => {
                    serde_json::json!({"outside": [], "unexported": [], "carve_outs": []})
                }
                SubjectKind::Output => {
                    serde_json::json!({"restrictions": [], "encryption_asked": false, "confidential": true, "encrypted": false})
                }
                SubjectKind::Recovery => {
                    let none = serde_json::json!({"points": 0, "left_out": 0, "crash_consistent": 0, "delays_unseen": 0});
                    serde_json::json!({"id": "", "provider": "", "account": "", "region": "", "service": "",
                    "kind": "disk", "name": "", "facets": [], "achieved": none, "distant": none, "sites": []})
                }
                SubjectKind::Erasure => {
                    serde_json::json!({"id": "", "provider": "", "account": "", "region": "", "service": "",
                    "kind": "disk", "name": "", "facets": [], "crypto_bar": "", "hindrances": [], "copies": 0,
                    "records": false})
                }
                SubjectKind::Support => {
                    serde_json::json!({"id": "", "provider": "", "account": "", "service": "", "kind": "disk",
                    "name": "", "facets": []})
                }
                SubjectKind::Corroboration => {
                    serde_json::json!({"id": "", "provider": "", "account": "", "region": "", "service": "",
                    "name": "", "level": "declared", "resources": 1, "names": 0, "statements": [], "evidence": {}})
                }
                SubjectKind::Logs => {
                    serde_json::json!({"id": "", "provider": "", "account": "", "name": "", "part": "all", "quiet": false,
                    "abroad": [], "altered_files": [], "missing": []})
                }
            };
            for (key, value) in case.given.as_object().unwrap() {
                match (fact[key].as_object_mut(), value.as_object()) {
                    (Some(known), Some(given)) => known.extend(given.clone()),
                    _ => fact[key] = value.clone(),
                }
            }
            let again = match check.subject {
                SubjectKind::Resource => {
                    serde_json::from_value::<sekisho_contract::fact::Resource>(fact.clone())
                        .map(serde_json::to_value)
                }
                SubjectKind::Account => {
                    serde_json::from_value::<sekisho_contract::fact::AccountSetting>(fact.clone())
                        .map(serde_json::to_value)
                }
                SubjectKind::Document => {
                    serde_json::from_value::<crate::documents::DocumentFact>(fact.clone())
                        .map(serde_json::to_value)
                }
                SubjectKind::Tenancy => serde_json::from_value::<crate::documents::TenancyFact>(fact.clone())
                    .map(serde_json::to_value),
                SubjectKind::Output => serde_json::from_value::<crate::documents::OutputFact>(fact.clone())
                    .map(serde_json::to_value),
                SubjectKind::Recovery => {
                    serde_json::from_value::<crate::recovery::Recoverability>(fact.clone())
                        .map(serde_json::to_value)
                }
                SubjectKind::Support => serde_json::from_value::<crate::support::Supported>(fact.clone())
                    .map(serde_json::to_value),
                SubjectKind::Corroboration => {
                    serde_json::from_value::<crate::corroborate::Corroboration>(fact.clone())
                        .map(serde_json::to_value)
                }
                SubjectKind::Erasure => serde_json::from_value::<crate::erasure::Erasability>(fact.clone())
                    .map(serde_json::to_value),
                SubjectKind::Logs => serde_json::from_value::<crate::logs::fact::LogFact>(fact.clone())
                    .map(serde_json::to_value),
            };
            let again = again.unwrap_or_else(|fault| panic!("{}: {}: {fault}", check.id, case.name)).unwrap();
            assert_eq!(again, fact, "{}: {}: the vocabulary lost something", check.id, case.name);
        }
    }
}

#[test]
fn every_page_can_be_printed() {
    for check in all().unwrap() {
        for language in [crate::text::Language::Ja, crate::text::Language::En] {
            let page = check.explain(language);
            assert!(page.contains(check.title.get(language)), "{page}");
        }
    }
}

#[test]
fn every_check_says_what_to_do_on_aws_in_three_ways() {
    for check in all().unwrap().iter().filter(|check| !check.subject.is_paper()) {
        let aws = check.remedy.get("aws").unwrap_or_else(|| panic!("{}: no remedy for AWS", check.id));
        let own = aws.kinds.iter().map(|own| (&own.console, &own.cli, &own.terraform));
        for (console, cli, terraform) in own.chain([(&aws.console, &aws.cli, &aws.terraform)]) {
            // The way through the console names its steps.
            for text in [&console.ja, &console.en] {
                assert!(text.contains("コンソール") || text.contains("console"), "{}: {text}", check.id);
            }
            assert!(cli.starts_with("aws "), "{}: {cli}", check.id);
            assert!(
                terraform.contains("aws_") || terraform.contains("provider"),
                "{}: {terraform}",
                check.id
            );
        }
        let kinds = aws.kinds.iter().flat_map(|own| &own.of);
        assert!(check.subject == SubjectKind::Resource || kinds.count() == 0, "{}", check.id);
    }
}

/// Checks that judge things of many kinds, with some that need steps of their own.
#[test]
fn what_to_do_depends_on_the_kind() {
    for (id, kinds) in [
        (
            "copies-in-home-country",
            vec!["object_store", "database", "disk", "table", "backup_plan", "message_store"],
        ),
        (
            "log-copies-in-home-country",
            vec!["audit_trail", "log_store", "object_store", "network", "detector"],
        ),
        ("encrypted-at-rest", vec!["object_store", "database", "disk", "message_store", "search_index"]),
        ("customer-key", vec!["object_store", "database", "disk", "table", "secret", "log_store"]),
        ("shared-within-contract", vec!["snapshot", "machine_image"]),
        (
            "no-lock-past-contract-end",
            vec!["object_store", "backup_vault", "recovery_point", "snapshot", "log_store"],
        ),
        ("log-retention-year", vec!["audit_trail", "log_store"]),
    ] {
        let aws = &find(id).unwrap().unwrap().remedy["aws"];
        let own: BTreeMap<&str, Text> = aws.by_kind().map(|(kind, text)| (kind.as_str(), text)).collect();
        let told: BTreeSet<&Text> = kinds.iter().filter_map(|kind| own.get(kind)).collect();
        assert!(kinds.iter().all(|kind| own.contains_key(kind)), "{id}: {:?}", own.keys());
        assert!(told.len() > 1, "{id}");
        assert!(!own.values().any(|text| *text == aws.text()), "{id}: a kind's own is the general one");
    }
}

/// Every path to a field, at any depth.
fn paths(value: &Value, here: &mut Vec<String>, all: &mut Vec<Vec<String>>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(members) => {
            members.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect()
        }
        _ => return,
    };
    for (key, child) in children {
        here.push(key);
        if value.is_object() {
            all.push(here.clone());
        }
        paths(child, here, all);
        here.pop();
    }
}

fn without(value: &Value, path: &[String]) -> Value {
    let mut value = value.clone();
    let (last, owners) = path.split_last().unwrap();
    let mut at = &mut value;
    for step in owners {
        let next = match at {
            Value::Object(fields) => fields.get_mut(step),
            Value::Array(members) => step.parse().ok().and_then(|index: usize| members.get_mut(index)),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => return value,
        }
    }
    if let Value::Object(fields) = at {
        fields.remove(last);
    }
    value
}

/// Whether a result may take the place of another when less is seen.
fn may_become(seen: Outcome, less: Outcome) -> bool {
    less == seen || less == Outcome::Unverified
}

#[test]
fn a_field_less_is_never_a_better_result() {
    for check in all().unwrap() {
        for case in &check.cases {
            let (seen, _) = judge(check, case, &case.given);
            let mut all = Vec::new();
            paths(&case.given, &mut Vec::new(), &mut all);
            for path in all {
                let (less, _) = judge(check, case, &without(&case.given, &path));
                assert!(may_become(seen, less), "{}: {}: without {path:?}: {less:?}", check.id, case.name);
            }
        }
    }
}

#[test]
fn facts_that_agree_on_what_is_read_get_the_same_result_and_reason() {
    for check in all().unwrap() {
        let mut known = std::collections::BTreeMap::new();
        let (mut asked, mut reused) = (0, 0);
        for case in &check.cases {
            let mut all = Vec::new();
            paths(&case.given, &mut Vec::new(), &mut all);
            let fewer = all.iter().map(|path| without(&case.given, path));
            let mut named = case.given.clone();
            named["name"] = "another".into();
            for given in fewer.chain([case.given.clone(), named]) {
                let text = given.to_string();
                let fact = Node::parse(&text).unwrap();
                let mut key = format!("{:?}", case.tenancy).into_bytes();
                check.read().write(&fact, &mut key);
                check.quoted().write(&fact, &mut key);
                let found = judge(check, case, &given);
                asked += 1;
                reused += u32::from(known.contains_key(&key));
                assert_eq!(
                    *known.entry(key).or_insert_with(|| found.clone()),
                    found,
                    "{}: {}",
                    check.id,
                    case.name
                );
            }
        }
        assert!(reused > 0 && reused < asked, "{}", check.id);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn any_number_of_fields_less_is_never_a_better_result(picks in prop::collection::vec(any::<u16>(), 1..6)) {
        for check in all().unwrap() {
            for case in &check.cases {
                let (seen, _) = judge(check, case, &case.given);
                let mut given = case.given.clone();
                for pick in &picks {
                    let mut all = Vec::new();
                    paths(&given, &mut Vec::new(), &mut all);
                    if let Some(path) = all.get(usize::from(*pick) % all.len().max(1)) {
                        given = without(&given, path);
                    }
                }
                let (less, _) = judge(check, case, &given);
                prop_assert!(may_become(seen, less), "{}: {}: {less:?} for {given}", check.id, case.name);
            }
        }
    }
}

#[test]
fn a_wrong_file_is_refused_with_its_place() {
    let (file, good) = FILES[0];
    let check = |from: &str, to: &str, message: &str| {
        assert!(good.contains(from), "{from}");
        let fault = Check::load(file, &good.replacen(from, to, 1)).expect_err(to).to_string();
        assert!(fault.contains(message), "{to}: {fault}");
    };
    check("subject.confidential", "subject.confidental", "no field `confidental`");
    check("subject.confidential", "subject.confidental", "copies-in-home-country.yaml:");
    check("applies:", "aplies:", "aplies");
    check("subject: resource", "subject: bucket", "bucket");
    check("id: copies-in-home-country", "id: other", "must be the file's name");
    check("expect: violates", "expect: broken", "broken");
}
