use super::*;
use sekisho_contract::call::{Call, CallId};
use sekisho_contract::fact::{Kind, Resource};
use sekisho_contract::gap::{GapReason, Shortfall};
use std::collections::BTreeSet;

fn folder() -> (tempfile::TempDir, RunFolder) {
    let held = tempfile::tempdir().unwrap();
    let folder = RunFolder::begin(held.path(), Begin::Fresh).unwrap();
    (held, folder)
}

#[test]
fn facts_come_back_as_they_were_written() {
    let (held, folder) = folder();
    let mut out = folder.facts_writer().unwrap();
    for subject in ["b", "a", "b"] {
        out.gap(Shortfall::without_call(GapReason::Denied, "no").gap(subject, "tags")).unwrap();
    }
    let named = |id: &str| Resource::new(Kind::Key, "p", "a", "r", "s", id.into(), id.into());
    out.resource(named("x")).unwrap();
    out.resource(named("y")).unwrap();
    let record = out.finish(Vec::new(), Vec::new(), Vec::new()).unwrap();
    let lines: Vec<String> = folder.facts().pass().map(Result::unwrap).collect();
    let kinds: Vec<&str> = lines.iter().map(|line| &line[..16]).collect();
    assert_eq!(
        kinds,
        [r#"{"type":"gap","s"#, r#"{"type":"gap","s"#, r#"{"type":"resourc"#, r#"{"type":"resourc"#]
    );
    assert_eq!(record.lines, Some(4));
    assert_eq!(record.bytes, fs::metadata(folder.file(FACTS)).unwrap().len());
    assert_eq!(fs::read_dir(held.path()).unwrap().count(), 1, "no working file is left");
}

#[test]
fn damaged_files_are_refused_with_file_and_line() {
    let long = vec![b'x'; usize::try_from(LINE_LIMIT).unwrap() + 2];
    let cases: [(&[u8], bool, &str); 4] = [
        (b"{}\n{}", true, "line 2: the line has no end"),
        (&long, true, "line 1: longer than"),
        (b"\xff\n", true, "line 1: invalid utf-8"),
        (b"not compressed\n", false, "after line 0"),
    ];
    for (bytes, compress, expected) in cases {
        let (_held, folder) = folder();
        let bytes = if compress { zstd::encode_all(bytes, 3).unwrap() } else { bytes.to_vec() };
        fs::write(folder.file(FACTS), bytes).unwrap();
        let fault = folder.facts().pass().find_map(Result::err).unwrap().to_string();
        assert!(fault.contains(expected) && fault.contains(FACTS), "{fault}");
    }
    let (_held, folder) = folder();
    assert!(folder.facts().pass().next().unwrap().is_err(), "no file is no empty file");
}

#[test]
fn every_truncation_of_the_facts_is_noticed() {
    let (_held, folder) = folder();
    let mut out = folder.facts_writer().unwrap();
    out.gap(Shortfall::without_call(GapReason::Denied, "no").gap("a", "tags")).unwrap();
    out.resource(Resource::new(Kind::Key, "p", "a", "r", "s", "x".into(), "x".into())).unwrap();
    out.finish(Vec::new(), Vec::new(), Vec::new()).unwrap();
    let whole = fs::read(folder.file(FACTS)).unwrap();
    let mut unnoticed = Vec::new();
    for cut in 1..whole.len() {
        fs::write(folder.file(FACTS), &whole[..cut]).unwrap();
        if folder.facts().pass().all(|line| line.is_ok()) {
            unnoticed.push(cut);
        }
    }
    // Only a cut exactly between the two frames leaves a readable file: the digest in run.json tells.
    assert!(unnoticed.len() <= 1, "{unnoticed:?} of {}", whole.len());
}

#[test]
fn the_ledger_is_in_order_of_time_and_counts_attempts() {
    let (_held, folder) = folder();
    let call = |target: &str, attempt: u32, second: i64, outcome: &str| -> Call {
        serde_json::from_value(serde_json::json!({
            "id": CallId::of("p", "a", "r", "s:O", target, 0), "provider": "p", "account": "a", "region": "r",
            "operation": "s:O", "target": target, "page": 0, "attempt": attempt,
            "at": jiff::Timestamp::from_second(second).unwrap(), "milliseconds": 1, "status": 200,
            "outcome": outcome, "sha256": "", "bytes": 0,
        }))
        .unwrap()
    };
    let calls = [call("x", 2, 30, "answered"), call("y", 1, 20, "answered"), call("x", 1, 10, "throttled")];
    let mut text: String = calls.iter().map(|call| serde_json::to_string(call).unwrap() + "\n").collect();
    text.push_str("{\"id\":\"torn");
    fs::write(folder.file(LEDGER_JOURNAL), text).unwrap();
    let (record, summary) = folder.write_ledger(&Families::default()).unwrap();
    assert_eq!((summary.calls, summary.retried, summary.throttled, record.lines), (3, 1, 1, Some(3)));
    assert_eq!(summary.by_operation, [("s:O".to_owned(), 3)].into());
    let targets: Vec<String> = folder.ledger().pass().map(|call| call.unwrap().target).collect();
    assert_eq!(targets, ["x", "y", "x"]);
    let wanted: BTreeSet<CallId> = [calls[0].id, CallId::of("", "", "", "", "", 0)].into();
    let attempts = |call: Call, before: Option<&Vec<u32>>| {
        before.into_iter().flatten().copied().chain([call.attempt]).collect::<Vec<u32>>()
    };
    let found = folder.ledger().calls(&wanted, attempts).unwrap();
    assert_eq!(found, [(calls[0].id, vec![1, 2])].into());
}
