//! What became of everything a run found: emptied clouds, clouds that were emptied in part, and every answer refused. Whatever goes
//! wrong, nothing that is there is told as gone.

use super::cloud::{CLOUD, NOW, TENANCY, Walker};
use super::command::{Program, credentials, folder};
use sekisho::assess::Status;
use sekisho::erased::{Catalogue, Erased, Side, State, Thing, verify};
use sekisho::walk::Walked;
use sekisho_simulator::{Description, Simulator};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// The same accounts, and nothing in them.
const EMPTIED: &str = r#"
clock: 2026-11-01T00:00:00Z
regions: [ap-northeast-1, ap-northeast-3, us-east-1]
accounts:
  - {id: "111122223333"}
  - {id: "444455556666", roles: [sekisho]}
"#;
const DEMO: &str = include_str!("../../src/cli/demo/cloud.yaml");
const DEMO_TENANCY: &str = include_str!("../../src/cli/demo/tenancy.toml");
/// What stands in the demo's tenancy file for an address.
const DEMO_ENDPOINT: &str = "http://127.0.0.1:0";
/// What is deleted of the small tenancy where it is emptied in part: a line of its description each.
const DELETED: [(&str, &str); 4] = [
    ("name: drafts", "arn:aws:s3:::drafts"),
    ("name: exchange", "arn:aws:s3:::exchange"),
    ("000000000003, region", "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000003"),
    ("name: /app/login", "arn:aws:logs:ap-northeast-1:111122223333:log-group:/app/login"),
];

/// A run that was made, in a folder that goes with it.
struct Made {
    walked: Walked,
    asked: BTreeSet<(String, String)>,
    _folder: tempfile::TempDir,
}

fn made(walker: &Walker, cloud: &str, file: &str) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let (walked, requests) =
        walker.walk_for(cloud, file, (Path::new(""), folder.path()), || NOW, |ways| ways.paced = false);
    let asked = requests.iter().map(|request| (request.service.to_string(), request.operation.to_string()));
    Made { asked: asked.collect(), walked, _folder: folder }
}

fn compared(then: &Made, now: &Made) -> Erased {
    let (old, new) = (then.walked.folder.facts(), now.walked.folder.facts());
    let side = |made: &'_ Made| made.walked.run.clone();
    let (old_run, new_run) = (side(then), side(now));
    let ledger = now.walked.folder.ledger();
    verify(
        Side { run: &old_run, facts: &old },
        Side { run: &new_run, facts: &new },
        ledger.pass(),
        &Catalogue::own().unwrap(),
    )
    .unwrap()
}

fn gone(told: &Erased) -> BTreeSet<&str> {
    told.things.iter().filter(|thing| thing.state.is_gone()).map(|thing| thing.id.as_str()).collect()
}

fn find<'t>(told: &'t Erased, end: &str) -> &'t Thing {
    told.things.iter().find(|thing| thing.id.ends_with(end)).unwrap_or_else(|| panic!("no {end}"))
}

/// The small tenancy, emptied in part.
fn in_part() -> String {
    let deleted = |line: &&str| !DELETED.iter().any(|(words, _)| line.contains(words));
    CLOUD.lines().filter(deleted).map(|line| format!("{line}\n")).collect()
}

#[test]
fn an_emptied_tenancy_is_shown_to_be_gone_but_for_what_is_a_partners() {
    let walker = Walker::new();
    let (then, now) = (made(&walker, CLOUD, TENANCY), made(&walker, EMPTIED, TENANCY));
    let told = compared(&then, &now);
    let left: Vec<_> = told
        .things
        .iter()
        .filter(|thing| thing.state != State::Gone)
        .map(|thing| (&thing.id, thing.state, &thing.why.en))
        .collect();
    assert!(left.is_empty(), "{left:#?}");
    assert!(told.appeared.is_empty() && told.open.is_empty(), "{:#?} {:#?}", told.appeared, told.open);
    let copies = told.things.iter().flat_map(|thing| &thing.copies);
    let open: Vec<&str> =
        copies.filter(|copy| !copy.state.is_gone()).filter_map(|copy| copy.holder.as_deref()).collect();
    assert_eq!(open, ["arn:aws:s3:::partner-store"]);
    assert_eq!(told.verdict, Status::Unverified);

    // Each is shown by answers of the run that looked again.
    let calls: Vec<_> = now.walked.folder.ledger().pass().collect::<Result<_, _>>().unwrap();
    for thing in &told.things {
        assert!(!thing.lists.is_empty(), "{} is shown by nothing", thing.id);
        for number in &thing.lists {
            let list = told.lists.iter().find(|list| list.number == *number).unwrap();
            assert!(!list.answers.is_empty());
            for answer in &list.answers {
                let call = calls.iter().find(|call| call.id == answer.call).unwrap();
                assert_eq!((&call.operation, &call.sha256), (&list.operation, &answer.sha256));
                assert_eq!(call.account, list.account);
            }
        }
    }
    // The same, without the partner.
    let cloud: String = CLOUD
        .lines()
        .filter(|line| !line.contains("name: exchange"))
        .map(|line| format!("{line}\n"))
        .collect();
    let told = compared(&made(&walker, &cloud, TENANCY), &now);
    assert_eq!(told.verdict, Status::Conforms, "{:?} {:?}", told.counts, told.open);
}

#[test]
fn what_is_there_is_never_gone_and_what_is_new_is_told() {
    let walker = Walker::new();
    let (full, part) = (made(&walker, CLOUD, TENANCY), made(&walker, &in_part(), TENANCY));
    let told = compared(&full, &full);
    assert_eq!((gone(&told), told.verdict), (BTreeSet::new(), Status::Violates));
    let told = compared(&full, &part);
    assert_eq!(gone(&told), DELETED.iter().map(|(_, id)| *id).collect(), "{:?}", told.counts);
    assert_eq!(told.verdict, Status::Violates);
    let locked = find(&told, ":::for-ever");
    assert_eq!(locked.state, State::Present);
    assert!(locked.hindrances.iter().any(|told| told.lifted_by.seen().is_some()), "{:?}", locked.hindrances);
    // The other way round they are new.
    let told = compared(&part, &full);
    let new: BTreeSet<&str> = told.appeared.iter().map(|thing| thing.id.as_str()).collect();
    // A key by itself holds no data.
    let expected = DELETED.iter().map(|(_, id)| *id).filter(|id| !id.contains(":key/"));
    assert_eq!(new, expected.collect());
}

#[test]
fn keys_that_wait_and_regions_that_close() {
    let walker = Walker::new();
    let then = made(&walker, CLOUD, TENANCY);
    let waiting = EMPTIED.replace(
        "{id: \"111122223333\"}",
        "{id: \"111122223333\", keys: [{id: 00000000-0000-4000-8000-000000000001, region: ap-northeast-1, alias: records, deletion_date: 2026-11-20T00:00:00Z}]}",
    );
    let told = compared(&then, &made(&walker, &waiting, TENANCY));
    let key = find(&told, "ap-northeast-1:111122223333:key/00000000-0000-4000-8000-000000000001");
    assert_eq!((key.state, key.until.as_deref()), (State::Scheduled, Some("2026-11-20T00:00:00Z")));
    assert_eq!(told.verdict, Status::Violates);

    // A region that is not open any more shows nothing.
    let closed = EMPTIED.replace(", us-east-1]", "]");
    let told = compared(&then, &made(&walker, &closed, TENANCY));
    let key = find(&told, "us-east-1:111122223333:key/00000000-0000-4000-8000-000000000003");
    assert_eq!(key.state, State::Unverified, "{}", key.why.en);
    assert_eq!(told.verdict, Status::Unverified);

    // An account that was left out shows nothing.
    let sections: Vec<&str> = TENANCY.split("[[account]]").collect();
    let one =
        [sections[0], sections[1], "[[scope]]\nmatch = {tag = \"x=y\"}\nconfidential = false\n"].join("");
    let one = one.replacen("provider", "[[account]]\nprovider", 1);
    let told = compared(&then, &made(&walker, EMPTIED, &one));
    let bucket = find(&told, ":::audit-records");
    assert_eq!(bucket.state, State::Unverified, "{}", bucket.why.en);
    assert!(told.open.iter().any(|open| open.account == "444455556666"), "{:?}", told.open);
}

#[test]
fn no_refused_operation_makes_anything_look_gone() {
    let walker = Walker::new();
    let part = in_part();
    let (then, now) = (made(&walker, CLOUD, TENANCY), made(&walker, &part, TENANCY));
    let deleted: BTreeSet<&str> = DELETED.iter().map(|(_, id)| *id).collect();
    let whole = compared(&then, &now);
    assert_eq!(gone(&whole), deleted);
    let catalogue = Catalogue::own().unwrap();
    let mut refused = 0;
    let every = std::env::var_os("SEKISHO_ERASED_EVERY").is_some();
    for (at, (service, operation)) in now.asked.iter().enumerate() {
        // The usual size: what shows these things, what an account is entered and its regions are told by, and some of the rest.
        let decides =
            ["s3", "kms", "logs", "sts"].contains(&service.as_str()) || operation == "DescribeRegions";
        if !every && !decides && at % 8 != 0 {
            continue;
        }
        let fault =
            format!("{part}faults:\n  - {{service: {service}, operation: {operation}, fault: denied}}\n");
        let told = compared(&then, &made(&walker, &fault, TENANCY));
        let gone = gone(&told);
        let wrong: Vec<_> = gone.difference(&deleted).collect();
        assert!(wrong.is_empty(), "{service}:{operation} refused makes {wrong:?} look gone");
        // What the refused list would have shown is not shown by anything else.
        for thing in whole.things.iter().filter(|thing| thing.state == State::Gone) {
            let row = catalogue.row(&thing.provider, &thing.service, thing.kind).unwrap();
            let needed = row.shown_by.iter().flatten().chain(&row.also);
            if needed.into_iter().any(|named| *named == format!("{service}:{operation}")) {
                assert!(!gone.contains(thing.id.as_str()), "{} without {service}:{operation}", thing.id);
                refused += 1;
            }
        }
    }
    assert!(refused >= 3, "the control: {refused}");
}

#[test]
fn no_broken_list_makes_anything_look_gone() {
    let walker = Walker::new();
    let then = made(&walker, CLOUD, TENANCY);
    let lists = [("s3", "ListBuckets"), ("kms", "ListKeys"), ("logs", "DescribeLogGroups")];
    for (service, operation) in lists {
        for fault in ["throttled", "internal_error", "malformed", "truncated", "endless_pages", "reset"] {
            let cloud = format!(
                "{EMPTIED}faults:\n  - {{service: {service}, operation: {operation}, fault: {fault}}}\n"
            );
            let told = compared(&then, &made(&walker, &cloud, TENANCY));
            let wrong: Vec<_> = told
                .things
                .iter()
                .filter(|thing| thing.service == service && thing.state.is_gone())
                .map(|thing| &thing.id)
                .collect();
            // An empty list has no pages to go on without end.
            assert!(wrong.is_empty() || fault == "endless_pages", "{service}:{operation} {fault}: {wrong:?}");
            assert!(told.verdict == Status::Unverified, "{service}:{operation} {fault}");
        }
    }
}

/// Three clouds emptied: what is not shown to be gone names where it may rest, or that nothing shows it.
#[test]
fn three_clouds_emptied() {
    let walker = Walker::new();
    let file = DEMO_TENANCY.replace(DEMO_ENDPOINT, "{endpoint}");
    let empty = "clock: 2026-11-01T00:00:00Z\naccounts:\n  - {id: \"111122223333\"}\n  - {id: \"444455556666\", roles: [sekisho]}\nazure: {subscriptions: [{id: 00000000-0000-0000-0000-00000000a001}]}\ngcp: {projects: [{id: bunsho-bunseki, number: \"200000000001\"}]}\n";
    let then = made(&walker, DEMO, &file);
    let now = made(&walker, empty, &file);
    let told = compared(&then, &now);
    let same = compared(&then, &then);
    assert!(gone(&same).is_empty(), "{:?}", gone(&same));
    let catalogue = Catalogue::own().unwrap();
    for thing in &told.things {
        let row = catalogue.row(&thing.provider, &thing.service, thing.kind).unwrap();
        let unread = row.rests.iter().any(|rest| rest.shown_by.is_empty() || rest.of.is_some());
        let expected = if row.shown_by.is_empty() || unread { State::Unverified } else { State::Gone };
        let held = row.rests.iter().any(|rest| rest.unless_gone.is_some());
        assert!(thing.state == expected || held, "{} is {:?}: {}", thing.id, thing.state, thing.why.en);
    }
    for provider in ["aws", "azure", "gcp"] {
        let count = told
            .things
            .iter()
            .filter(|thing| thing.provider == provider && thing.state == State::Gone)
            .count();
        assert!(count > 2, "{provider}: {count}");
    }
    assert_ne!(told.verdict, Status::Conforms);
    let key = find(&told, "microsoft.keyvault/vaults/uketsuke/keys/uketsuke");
    assert!(
        key.state == State::Gone && key.why.en.contains("together with the resource that held it"),
        "{}",
        key.why.en
    );

    // Each list of what rests after deletion refused: nothing that may rest there is gone.
    let mut refused = 0;
    for provider in ["azure", "gcp"] {
        let rows = catalogue.rows.iter().filter(|row| row.provider == provider);
        let rests: BTreeSet<&str> =
            rows.flat_map(|row| &row.rests).flat_map(|rest| &rest.shown_by).map(String::as_str).collect();
        for (service, operation) in &now.asked {
            let name = format!("{service}:{operation}");
            if !rests.contains(name.as_str()) {
                continue;
            }
            let fault = format!(
                "{empty}faults:\n  - {{service: {service}, operation: {operation}, fault: denied}}\n"
            );
            let less = compared(&then, &made(&walker, &fault, &file));
            for thing in less.things.iter().filter(|thing| thing.provider == provider) {
                let row = catalogue.row(&thing.provider, &thing.service, thing.kind).unwrap();
                if row.rests.iter().any(|rest| rest.shown_by.contains(&name)) {
                    assert!(!thing.state.is_gone(), "{} without {name}", thing.id);
                    refused += 1;
                }
            }
            assert!(gone(&less).is_subset(&gone(&told)), "{name}");
        }
    }
    assert!(refused >= 3, "the control: {refused}");
}

/// As its user runs it: two runs, the report, the same report again, and what is refused.
#[test]
fn the_program_writes_the_report() {
    let full = Simulator::start(Description::parse(CLOUD).unwrap()).unwrap();
    let here = folder(&[("tenancy.toml", &TENANCY.replace("{endpoint}", &full.endpoint()))]);
    let run = |arguments: &[&str]| Program::new(here.path(), arguments).with(&credentials()).run();
    let (code, _, err) = run(&["assess", "-c", "tenancy.toml", "--out", "then", "--no-corroborate"]);
    assert_eq!(code, 1, "{err}");
    drop(full);

    let emptied = Simulator::start(Description::parse(EMPTIED).unwrap()).unwrap();
    let file = TENANCY.replace("{endpoint}", &emptied.endpoint());
    std::fs::write(here.path().join("tenancy.toml"), &file).unwrap();
    std::fs::write(here.path().join("other.toml"), file.replace("障害試験", "別の契約")).unwrap();
    let verify =
        ["erasure", "verify", "--baseline", "then", "-c", "tenancy.toml", "--no-corroborate", "--out"];
    let with = |more: &[&str]| run(&[&verify[..], more].concat());
    let (code, out, err) = with(&["now", "--json"]);
    assert_eq!(code, 3, "{out}\n{err}");
    let said: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&said["verdict"], &said["exit_code"]), (&"unverified".into(), &3.into()));

    let read = |name: &str| std::fs::read(here.path().join("now").join(name)).unwrap();
    let record: Value = serde_json::from_slice(&read("run.json")).unwrap();
    let (page, text, told) = (read("erasure-report.html"), read("erasure-report.md"), read("erasure.json"));
    for name in ["erasure.json", "erasure-report.html", "erasure-report.md", "report.html", "report.json"] {
        let named = record["files"].as_array().unwrap().iter().find(|file| file["name"] == name);
        assert!(named.is_some(), "{name} is not in run.json");
    }
    let schema: Value = serde_json::from_str(include_str!("../../schemas/erasure.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mut value: Value = serde_json::from_slice(&told).unwrap();
    assert!(
        schema.is_valid(&value),
        "{:?}",
        schema.iter_errors(&value).next().map(|fault| fault.to_string())
    );
    value["things"][0]["state"] = "vanished".into();
    assert!(!schema.is_valid(&value), "the control: the schema takes anything");
    let page_text = String::from_utf8(page.clone()).unwrap();
    for words in ["データ抹消報告書", "障害試験", "抹消を確認", "s3:ListBuckets", "署名", "partner-store"]
    {
        assert!(page_text.contains(words), "{words}");
        assert!(String::from_utf8_lossy(&text).replace('\\', "").contains(words), "{words}");
    }
    // Compared again, and made again: the same bytes.
    let (code, _, err) = with(&["now", "--resume"]);
    assert_eq!(code, 3, "{err}");
    assert_eq!(read("erasure.json"), told);
    let (code, out, err) = run(&["erasure", "report", "now"]);
    assert_eq!((code, out.lines().count()), (0, 2), "{err}");
    assert_eq!((read("erasure-report.html"), read("erasure-report.md")), (page, text));

    for (arguments, expected) in [
        (
            &["erasure", "verify", "--baseline", "then", "-c", "other.toml", "--out", "x"][..],
            "of the tenancy",
        ),
        (&["erasure", "verify", "--baseline", "none", "-c", "tenancy.toml", "--out", "x"], "baseline"),
        (
            &["erasure", "verify", "--baseline", "then", "-c", "tenancy.toml", "--out", "then", "--resume"],
            "baseline itself",
        ),
        (&["erasure", "verify", "--baseline", "then", "-c", "tenancy.toml", "--out", "now"], "already holds"),
        (&["erasure", "report", "then"], "erasure.json"),
    ] {
        let (code, _, err) = run(arguments);
        assert!(code == 2 && err.contains(expected), "{arguments:?}: {code} {err}");
    }
    std::fs::write(here.path().join("now/erasure.json"), "{}").unwrap();
    let (code, _, err) = run(&["erasure", "report", "now"]);
    assert!(code == 2 && err.contains("was changed"), "{code} {err}");
    std::fs::write(here.path().join("then/facts.ndjson.zst"), "x").unwrap();
    let (code, _, err) = with(&["again"]);
    assert!(code == 2 && err.contains("was changed"), "{code} {err}");
}
