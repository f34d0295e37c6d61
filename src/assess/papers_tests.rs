//! Registers and exceptions, each with what it comes to.

use super::tests::{in_order, services, setting};
use super::*;
use crate::checks;
use crate::documents::file::{FileFound, FileState};
use crate::documents::{Register, gather};
use crate::tenancy::Exception;
use jiff::civil::date;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    entries: BTreeMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// Entries of the file.
    #[serde(default)]
    with: Vec<String>,
    /// What is changed in them.
    #[serde(default)]
    but: BTreeMap<String, String>,
    /// Entries of its own.
    #[serde(default)]
    entries: BTreeMap<String, String>,
    /// What is found of every file.
    #[serde(default)]
    file: Option<FileState>,
    /// By clause.
    #[serde(default)]
    expect: BTreeMap<String, Status>,
    /// How matters stand that no check sees, by their names.
    #[serde(default)]
    needs: BTreeMap<String, Status>,
    /// What the reason of a clause, or of its papers, says.
    #[serde(default)]
    says: BTreeMap<String, String>,
    /// Checks that have a finding.
    #[serde(default)]
    finds: Vec<String>,
    /// What one of the findings says.
    #[serde(default)]
    reads: Vec<String>,
}

fn register(entries: &BTreeMap<String, String>, state: FileState) -> Register {
    let texts = entries.iter().map(|(id, text)| (id.clone(), Ok(text.clone())));
    gather(texts.collect(), &|_, _| FileFound { state, signatures: Vec::new() }).register
}

fn assessed(lines: &[Value], register: &Register, exceptions: &[Exception]) -> Assessment {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    let context = Context {
        contract_end: date(2027, 3, 31),
        erasure_grace_days: 0,
        assessed_at: date(2026, 12, 1),
        began: "2026-12-01T00:00:00Z".parse().unwrap(),
        at: "2026-12-01T00:10:00Z".parse().unwrap(),
        sites: &BTreeMap::new(),
        ends: &crate::support::Catalogue::own().unwrap(),
        accounts: &["aws/111".to_owned()],
        services: &services(),
        heard: None,
        register,
        logs: None,
        wants_logs: false,
        exceptions,
        asked: None,
        threads: None,
    };
    let profile = crate::annex::find("jp-annex-2").unwrap().unwrap();
    assess(&lines, &profile, &context).unwrap()
}

#[test]
fn every_register_comes_to_what_its_case_expects() {
    let file: Cases = serde_saphyr::from_str(include_str!("papers_tests.yaml")).unwrap();
    let mut wrong = Vec::new();
    for case in &file.cases {
        let mut entries = case.entries.clone();
        let mut unused: Vec<&String> = case.but.keys().collect();
        for id in &case.with {
            let mut text = file.entries[id].clone();
            for (from, to) in &case.but {
                if text.contains(from.as_str()) {
                    unused.retain(|one| *one != from);
                    text = text.replace(from.as_str(), to);
                }
            }
            entries.insert(id.clone(), text);
        }
        assert!(unused.is_empty(), "{}: nothing holds {unused:?}", case.name);
        let register = register(&entries, case.file.unwrap_or(FileState::Held));
        let assessment = assessed(&in_order(), &register, &[]);
        let faulty: Vec<_> = register.faulty.iter().map(|faulty| &faulty.faults).collect();
        for (id, expected) in &case.expect {
            let clause = assessment.clauses.iter().find(|clause| clause.id == *id).unwrap();
            if clause.status != *expected && !(*expected == Status::Attested && open_elsewhere(clause)) {
                let found = (&clause.status, &clause.reason.en, &clause.documents, &faulty);
                wrong.push(format!("{}: {id}: {found:?}, not {expected:?}", case.name));
            }
        }
        let matters = || assessment.clauses.iter().flat_map(|clause| &clause.needs);
        for (id, expected) in &case.needs {
            let found: Vec<Status> =
                matters().filter(|need| need.id == *id).map(|need| need.status).collect();
            if found.is_empty() || found.iter().any(|status| status != expected) {
                wrong.push(format!("{}: {id}: {found:?}, not {expected:?}", case.name));
            }
        }
        assert!(matters().all(|need| !need.id.starts_with("azure-")), "no subscription is in use");
        for (id, said) in &case.says {
            let clause = assessment.clauses.iter().find(|clause| clause.id == *id).unwrap();
            let papers = clause.documents.iter().chain(&clause.statements).map(|paper| &paper.reason.en);
            let texts: Vec<&String> = papers.chain([&clause.reason.en]).collect();
            let asks = *said == "To be asked" && texts.iter().any(|text| text.contains("ask the provider"));
            if !asks && !texts.iter().any(|text| text.contains(said.as_str())) {
                wrong.push(format!("{}: {id}: {said:?} is not in {texts:?}", case.name));
            }
        }
        for check in &case.finds {
            if !assessment.findings.iter().any(|finding| *finding.check == **check) {
                wrong.push(format!("{}: no finding of {check}", case.name));
            }
        }
        for words in &case.reads {
            let mut reasons = assessment.findings.iter().map(|finding| &finding.reason.en);
            if !reasons.any(|reason| reason.contains(words.as_str())) {
                wrong.push(format!("{}: no finding says {words:?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether everything on paper is in order and something else alone leaves the clause open.
fn open_elsewhere(clause: &ClauseResult) -> bool {
    let papers = clause.documents.iter().chain(&clause.statements);
    let binding = papers.filter(|paper| paper.level == Level::Shall);
    let sound = binding
        .map(|paper| paper.status)
        .all(|status| matches!(status, Status::Attested | Status::NotApplicable));
    let paper = |id: &str| checks::find(id).unwrap().unwrap().subject.is_paper();
    let open = |check: &&CheckResult| check.level == Level::Shall && check.status == Status::Unverified;
    let machine = clause.checks.iter().filter(open).map(|check| paper(&check.id)).collect::<Vec<_>>();
    let elsewhere = !clause.needs.is_empty() || !machine.is_empty();
    clause.status == Status::Unverified && sound && elsewhere && !machine.contains(&true)
}

fn sound_certificate() -> Register {
    let file: Cases = serde_saphyr::from_str(include_str!("papers_tests.yaml")).unwrap();
    register(&BTreeMap::from([("iso".to_owned(), file.entries["iso"].clone())]), FileState::Held)
}

fn status(assessment: &Assessment, clause: &str) -> Status {
    assessment.clauses.iter().find(|one| one.id == clause).unwrap().status
}

#[test]
fn a_certificate_covers_no_more_than_was_seen() {
    let with = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut lines = in_order();
        change(&mut lines);
        let assessment = assessed(&lines, &sound_certificate(), &[]);
        let finding = assessment.findings.iter().find(|one| &*one.check == "services-within-certificate");
        (status(&assessment, "V-1"), finding.map(|one| one.reason.en.clone()).unwrap_or_default())
    };
    assert_eq!(with(&|_| {}).0, Status::Attested);
    // A cell that was not listed may hold something in a place outside the scope.
    let denied = with(&|lines| {
        lines.insert(
            1,
            json!({"type": "cell", "provider": "aws", "account": "111", "region": "us-east-1",
            "service": "kms", "state": "denied", "resources": 0}),
        );
    });
    assert!(denied.0 == Status::Unverified && denied.1.contains("us-east-1"), "{denied:?}");
    // Another list names a service that nothing reads.
    let unread = with(&|lines| {
        let mut told = setting();
        told["second_lists"] = json!([{"witness": "cost", "exhaustive": true, "read": true, "calls": [], "uses": [
            {"region": "ap-northeast-1", "what": "Amazon SageMaker", "extent": "1 USD", "read": "unread", "services": [],
             "countries": ["JP"], "accounted": false}]}]);
        lines[0] = told;
    });
    assert!(unread.0 == Status::Unverified && unread.1.contains("Amazon SageMaker"), "{unread:?}");
    // A service nobody asked about.
    let unasked = with(&|lines| lines.retain(|line| line["service"] != "kms"));
    assert_eq!(unasked.0, Status::Attested, "both services are in the scope wherever they are: {unasked:?}");
    // An account that was not read at all.
    assert_eq!(with(&|lines| drop(lines.remove(0))).0, Status::Unverified);
}

#[test]
fn what_is_on_file_never_makes_a_clause_conform() {
    let file: Cases = serde_saphyr::from_str(include_str!("papers_tests.yaml")).unwrap();
    let assessment = assessed(&in_order(), &register(&file.entries, FileState::Held), &[]);
    for clause in &assessment.clauses {
        let papers =
            clause.documents.iter().chain(&clause.statements).filter(|paper| paper.level == Level::Shall);
        if papers.count() > 0 {
            assert_ne!(clause.status, Status::Conforms, "{}", clause.id);
        }
    }
    assert_eq!(assessment.documents.len(), file.entries.len());
}

fn exception(change: &dyn Fn(&mut Exception)) -> Exception {
    let mut exception = Exception {
        id: "one".into(),
        check: Some("encrypted-at-rest".into()),
        clause: None,
        subjects: vec!["arn:aws:s3:::o*".into()],
        owner: "owner".into(),
        reason: "why".into(),
        approver: "approver".into(),
        expires: date(2026, 12, 1),
    };
    change(&mut exception);
    exception
}

#[test]
fn an_exception_accepts_a_finding_and_changes_no_verdict() {
    let mut lines = in_order();
    lines[4]["encryption"]["enabled"] = json!(false);
    let without = assessed(&lines, &Register::default(), &[]);
    let check = |change: &dyn Fn(&mut Exception), state: ExceptionState, count: u64, listed: usize| {
        let assessment = assessed(&lines, &Register::default(), &[exception(change)]);
        let found = &assessment.exceptions[0];
        assert_eq!((found.state, found.count, found.findings.len()), (state, count, listed));
        assert_eq!(assessment.findings, without.findings);
        assert_eq!(assessment.clauses, without.clauses);
    };
    assert_eq!(status(&without, "V-11"), Status::Violates);
    check(&|_| {}, ExceptionState::InForce, 1, 1);
    check(&|one| one.expires = date(2026, 11, 30), ExceptionState::Expired, 1, 0);
    check(&|one| one.subjects = vec!["arn:aws:s3:::two".into()], ExceptionState::Unmatched, 0, 0);
    check(&|one| one.check = Some("no-such-check".into()), ExceptionState::Unmatched, 0, 0);
    check(&|one| one.clause = Some("V-3".into()), ExceptionState::Unmatched, 0, 0);
    // A clause without a check: whatever it has found of the subject.
    let of_clause =
        |one: &&Finding| one.clauses.contains(&"V-11".to_owned()) && &*one.subject == "arn:aws:s3:::one";
    let found = without.findings.iter().filter(of_clause).count();
    assert!(found > 0);
    let any = |one: &mut Exception| (one.check, one.clause) = (None, Some("V-11".into()));
    check(&any, ExceptionState::InForce, found as u64, found);
}
