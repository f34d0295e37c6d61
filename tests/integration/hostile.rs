//! Bundles whose parts are hostile, sealed by somebody whose key is trusted: refused with a word, in bounded memory.

use super::mutations::{Bench, part_of, recorded};
use sekisho::bundle::verify::{Mark, Step};
use serde_json::{Value, json};
use std::io::Write;

/// Compressed bytes that unpack to `times` times `what`.
fn unpacking_to(what: &[u8], times: usize) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 19).unwrap();
    for _ in 0..times {
        encoder.write_all(what).unwrap();
    }
    encoder.finish().unwrap()
}

fn lines(bench: &Bench, name: &str) -> Vec<String> {
    let (_, bytes) = bench.parts.iter().find(|(own, _)| own == name).unwrap();
    String::from_utf8(zstd::decode_all(bytes.as_slice()).unwrap())
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

fn packed(lines: &[String]) -> Vec<u8> {
    zstd::encode_all(format!("{}\n", lines.join("\n")).as_bytes(), 3).unwrap()
}

#[test]
fn hostile_parts_are_refused_in_bounded_memory() {
    let bench = Bench::new();
    let (facts, ledger) = ("facts.ndjson.zst", "ledger.ndjson.zst");
    let own = lines(&bench, facts);
    let first = |change: &dyn Fn(&str) -> String| {
        let mut own = own.clone();
        own[0] = change(&own[0]);
        packed(&own)
    };
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    let with_member = |text: &str, member: &str| text.replacen('{', &format!("{{{member},"), 1);
    let call = lines(&bench, ledger)[0].clone() + "\n";
    let cases: Vec<(&str, &str, Vec<u8>, Step, &str)> = vec![
        ("a line without end", facts, unpacking_to(&[b' '; 1 << 20], 64), Step::Facts, "longer than"),
        (
            "a line a million times",
            facts,
            unpacking_to(format!("{}\n", own[0]).as_bytes(), 1_000_000),
            Step::Facts,
            "twice",
        ),
        ("no zstd", facts, b"{}\n".to_vec(), Step::Facts, "cannot be read"),
        ("a window of a gigabyte", facts, window(30), Step::Facts, "cannot be read"),
        ("cut off", facts, packed(&own)[..40].to_vec(), Step::Facts, "cannot be read"),
        ("nothing", facts, Vec::new(), Step::Facts, ""),
        (
            "deep",
            facts,
            first(&|line| with_member(line, &format!("\"x\":{}", deep(10_000)))),
            Step::Facts,
            "deeper",
        ),
        (
            "a member twice",
            facts,
            first(&|line| with_member(line, "\"type\":\"setting\"")),
            Step::Facts,
            "stands twice",
        ),
        (
            "a huge number",
            facts,
            first(&|line| with_member(line, "\"x\":1e999")),
            Step::Facts,
            "out of range",
        ),
        (
            "a member more",
            facts,
            first(&|line| with_member(line, "\"x\":1")),
            Step::Facts,
            "not as sekisho writes it",
        ),
        (
            "no UTF-8",
            facts,
            zstd::encode_all([0x7b, 0xff, 0xfe, b'\n'].as_slice(), 3).unwrap(),
            Step::Facts,
            "cannot be read",
        ),
        (
            "a call a million times",
            ledger,
            unpacking_to(call.as_bytes(), 1_000_000),
            Step::Ledger,
            "more calls",
        ),
        (
            "deep call",
            ledger,
            unpacking_to(format!("{}\n", deep(10_000)).as_bytes(), 1),
            Step::Ledger,
            "cannot be read",
        ),
        ("deep report", "report.json", deep(100_000).into_bytes(), Step::Verdicts, "cannot be read"),
        ("a million clauses", "report.json", clauses(1_000_000), Step::Verdicts, "more than 1000"),
        ("no report", "report.json", Vec::new(), Step::Verdicts, "cannot be read"),
        ("deep register", "documents.json", deep(100_000).into_bytes(), Step::Manifest, "documents.json"),
        ("deep run", "run.json", deep(100_000).into_bytes(), Step::Manifest, "run.json"),
        ("no run", "run.json", Vec::new(), Step::Manifest, "run.json"),
    ];
    for (case, name, bytes, step, why) in cases {
        let mut parts = bench.parts.clone();
        *part_of(&mut parts, name) = bytes;
        let parts = if name == "run.json" { parts } else { recorded(parts, name, None) };
        let found = bench.verify(&bench.sealed(&parts, true));
        let said: Vec<_> = found.items.iter().filter(|item| item.mark == Mark::Refuted).collect();
        let fits = |item: &&&sekisho::bundle::verify::Item| {
            item.step == step
                && (item.text.en.contains(why) || item.place.as_deref().unwrap_or_default().contains(why))
        };
        assert!(said.iter().find(fits).is_some(), "{case}: {said:?}");
    }
    // Names of places, accounts and clauses come from the bundle: they are bounded where they are told.
    let mut parts = bench.parts.clone();
    let run = part_of(&mut parts, "run.json");
    let mut told: Value = serde_json::from_slice(run).unwrap();
    told["tool"] = json!("9".repeat(100_000));
    *run = told.to_string().into_bytes();
    let found = bench.verify(&bench.sealed(&parts, true));
    assert!(found.items.iter().all(|item| item.text.en.len() < 2_000), "{:?}", found.mark);
}

/// A frame whose header asks for a window of 2 to this power (RFC 8878, 3.1.1.1.2).
fn window(power: u8) -> Vec<u8> {
    vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, (power - 10) << 3, 0x01, 0x00, 0x00]
}

fn clauses(many: usize) -> Vec<u8> {
    let clause = r#"{"id":"V-3","status":"conforms"},"#;
    format!("{{\"verdict\":\"conforms\",\"clauses\":[{}]}}", clause.repeat(many).trim_end_matches(','))
        .into_bytes()
}
