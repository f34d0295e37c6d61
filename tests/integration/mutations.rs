//! Ten thousand single changes to a sealed bundle: each that changes what it says is refused, and says where.
//!
//! The changes are made by hand here, with a zip writer and JSON of their own, as a contractor with a text editor and a key would.

use super::ceremony::Desk;
use super::cloud::Dice;
use sekisho::bundle::verify::{Mark, Order, Step, Verification, verify};
use sekisho::bundle::{Container, MANIFEST, PAYLOAD_TYPE, STATEMENT};
use sekisho::envelope::{Key, Trusted, sign};
use sekisho::request::Signed;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

pub type Parts = Vec<(String, Vec<u8>)>;

/// A sealed bundle, and what it is held to.
pub struct Bench {
    bundle: Vec<u8>,
    pub parts: Parts,
    key: Key,
    trusted: Vec<Trusted>,
    request: Signed,
    sound: Verification,
}

impl Bench {
    pub fn new() -> Self {
        let desk = Desk::new();
        desk.ceremony();
        let bundle = fs::read(desk.file("bundle.zip")).unwrap();
        let key = Key::parse(&fs::read(desk.file("contractor.pem")).unwrap(), None).unwrap();
        let trusted = vec![Trusted::parse(&fs::read(desk.file("contractor.pub.pem")).unwrap()).unwrap()];
        let request = Signed::parse(&fs::read(desk.file("request.json")).unwrap(), &[]).unwrap();
        let parts = parts(&bundle).unwrap();
        let mut bench = Self { bundle, parts, key, trusted, request, sound: empty() };
        bench.sound = bench.verify(&bench.bundle);
        assert_eq!(bench.sound.mark, Mark::Unverified, "{:?}", bench.sound.items);
        let doubts = bench.sound.items.iter().filter(|item| item.mark == Mark::Unverified).count();
        assert_eq!(doubts, 1, "only the stand-in: {:?}", bench.sound.items);
        bench
    }

    pub fn verify(&self, bundle: &[u8]) -> Verification {
        self.verify_for(bundle, &self.request)
    }

    fn verify_for(&self, bundle: &[u8], request: &Signed) -> Verification {
        let order = Order {
            trusted: &self.trusted,
            request: Some(request),
            stamped: None,
            max_age: None,
            providers: sekisho::providers::all(),
            now: jiff::Timestamp::now(),
        };
        verify(Cursor::new(bundle), &order)
    }

    /// The same parts with other digests in the manifest; signed anew only where the contractor does it.
    pub fn sealed(&self, parts: &Parts, anew: bool) -> Vec<u8> {
        let mut parts = parts.clone();
        let digests: BTreeMap<String, (String, u64)> = parts
            .iter()
            .map(|(name, bytes)| (name.clone(), (hex::encode(Sha256::digest(bytes)), bytes.len() as u64)))
            .collect();
        let manifest = part_of(&mut parts, MANIFEST);
        let mut told: Value = serde_json::from_slice(manifest).unwrap();
        for file in told["files"].as_array_mut().into_iter().flatten() {
            if let Some((sha256, bytes)) = digests.get(file["name"].as_str().unwrap_or_default()) {
                file["sha256"] = json!(sha256);
                file["bytes"] = json!(bytes);
            }
        }
        *manifest = serde_json::to_vec_pretty(&told).unwrap();
        let own = hex::encode(Sha256::digest(&*manifest));
        if anew {
            let subject = |name: &str, sha256: &str| json!({"name": name, "digest": {"sha256": sha256}});
            let files = told["files"].as_array().into_iter().flatten();
            let files = files.map(|file| {
                subject(
                    file["name"].as_str().unwrap_or_default(),
                    file["sha256"].as_str().unwrap_or_default(),
                )
            });
            let statement = json!({
                "_type": "https://in-toto.io/Statement/v1", "predicateType": "urn:sekisho:assessment:v1",
                "subject": std::iter::once(subject(MANIFEST, &own)).chain(files).collect::<Vec<_>>(),
                "predicate": told["head"],
            });
            *part_of(&mut parts, STATEMENT) =
                sign(PAYLOAD_TYPE, statement.to_string().as_bytes(), &self.key).unwrap();
        }
        packed(&parts)
    }
}

fn empty() -> Verification {
    Verification {
        schema: "",
        mark: Mark::Unverified,
        head: None,
        keyid: None,
        items: Vec::new(),
        word: Vec::new(),
        verdicts: Vec::new(),
    }
}

fn parts(bundle: &[u8]) -> Option<Parts> {
    let mut container = Container::open(Cursor::new(bundle)).ok()?;
    let names: Vec<String> = container.names().map(str::to_owned).collect();
    names.into_iter().map(|name| Some((name.clone(), container.read(&name, 1 << 30).ok()?))).collect()
}

pub fn part_of<'p>(parts: &'p mut Parts, name: &str) -> &'p mut Vec<u8> {
    &mut parts.iter_mut().find(|(own, _)| own == name).unwrap().1
}

fn packed(parts: &Parts) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A change, in words, and the file it leaves.
struct Changed {
    how: String,
    bundle: Vec<u8>,
    /// Whether somebody whose key is trusted sealed it so.
    anew: bool,
}

fn at(dice: &mut Dice, length: usize) -> usize {
    usize::try_from(dice.below(length as u64)).unwrap()
}

fn bytes_changed(bench: &Bench, dice: &mut Dice) -> Changed {
    let mut bundle = bench.bundle.clone();
    let place = at(dice, bundle.len());
    let how = match dice.below(10) {
        0 => {
            bundle.truncate(place);
            format!("cut off at {place}")
        }
        1 => {
            bundle.insert(place, u8::try_from(dice.below(256)).unwrap());
            format!("a byte more at {place}")
        }
        2 => {
            bundle.remove(place);
            format!("a byte less at {place}")
        }
        _ => {
            let bit = dice.below(8);
            bundle[place] ^= 1 << bit;
            format!("bit {bit} of byte {place}")
        }
    };
    Changed { how, bundle, anew: false }
}

fn parts_changed(bench: &Bench, dice: &mut Dice) -> Changed {
    let mut parts = bench.parts.clone();
    let (place, other) = (at(dice, parts.len()), at(dice, parts.len()));
    let name = parts[place].0.clone();
    let how = match dice.below(6) {
        0 => {
            parts.remove(place);
            format!("{name} dropped")
        }
        1 => {
            parts.insert(place, (format!("added-{other}.json"), b"{}".to_vec()));
            format!("a part added before {name}")
        }
        2 => {
            parts[place].0 = format!("{name}.old");
            format!("{name} renamed")
        }
        3 => {
            let (a, b) = (parts[place].1.clone(), parts[other].1.clone());
            (parts[place].1, parts[other].1) = (b, a);
            format!("{name} and {} exchanged", parts[other].0)
        }
        4 => {
            let cut = at(dice, parts[place].1.len());
            parts[place].1.truncate(cut);
            format!("{name} cut off at {cut}")
        }
        _ => {
            let other = (place + 1) % parts.len();
            parts.swap(place, other);
            "parts in another order".to_owned()
        }
    };
    Changed { how, bundle: packed(&parts), anew: false }
}

/// The parts that hold JSON, and those whose lines do.
const JSON: [&str; 6] =
    ["run.json", "report.json", "documents.json", "corroboration.json", "manifest.json", "request.json"];
const LINES: [&str; 2] = ["facts.ndjson.zst", "ledger.ndjson.zst"];

/// One value of one part is another; manifest, and where `anew` the run's own digests and the signature, made to fit.
fn field_changed(bench: &Bench, dice: &mut Dice, anew: bool) -> Changed {
    let mut parts = bench.parts.clone();
    let lines = dice.percent(60);
    let name = if lines { *dice.pick(&LINES) } else { *dice.pick(&JSON) };
    let part = part_of(&mut parts, name);
    let how = if lines {
        let text = String::from_utf8(zstd::decode_all(part.as_slice()).unwrap()).unwrap();
        let mut all: Vec<String> = text.lines().map(str::to_owned).collect();
        let place = at(dice, all.len());
        let how = match dice.below(8) {
            0 => {
                all.remove(place);
                "line dropped".to_owned()
            }
            1 => {
                all.insert(place, all[place].clone());
                "line twice".to_owned()
            }
            2 => {
                let other = (place + 1) % all.len();
                all.swap(place, other);
                "lines exchanged".to_owned()
            }
            _ => {
                let mut value: Value = serde_json::from_str(&all[place]).unwrap();
                let kind = value["type"].as_str().unwrap_or("call").to_owned();
                let path = change(&mut value, dice, String::new());
                all[place] = as_written(&value);
                format!("{kind}{path}")
            }
        };
        *part = zstd::encode_all(format!("{}\n", all.join("\n")).as_bytes(), 3).unwrap();
        (how, Some(all.len()))
    } else {
        let mut value: Value = serde_json::from_slice(part).unwrap();
        let path = change(&mut value, dice, String::new());
        *part = serde_json::to_vec_pretty(&value).unwrap();
        part.push(b'\n');
        (path, None)
    };
    if anew && name != "run.json" {
        parts = recorded(parts, name, how.1);
    }
    Changed { how: format!("{name}: {}", how.0), bundle: bench.sealed(&parts, anew), anew }
}

/// The run's own record of a part, made to fit it.
pub fn recorded(mut parts: Parts, name: &str, lines: Option<usize>) -> Parts {
    let part = part_of(&mut parts, name);
    let (sha256, bytes) = (hex::encode(Sha256::digest(&*part)), part.len());
    let run = part_of(&mut parts, "run.json");
    let mut told: Value = serde_json::from_slice(run).unwrap();
    for file in told["files"].as_array_mut().unwrap().iter_mut().filter(|file| file["name"] == name) {
        file["sha256"] = json!(sha256);
        file["bytes"] = json!(bytes);
        if let Some(lines) = lines {
            file["lines"] = json!(lines);
        }
    }
    *run = serde_json::to_vec_pretty(&told).unwrap();
    parts
}

/// As sekisho itself would write it, where it can be written so.
fn as_written(value: &Value) -> String {
    let fact =
        serde_json::from_value::<sekisho_contract::fact::Fact>(value.clone()).map(|fact| json_of(&fact));
    let call = || serde_json::from_value::<sekisho_contract::Call>(value.clone()).map(|call| json_of(&call));
    fact.or_else(|_| call()).unwrap_or_else(|_| json_of(value))
}

fn json_of(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// Changes one value somewhere below, and returns its path.
fn change(value: &mut Value, dice: &mut Dice, path: String) -> String {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let name = members.keys().nth(at(dice, members.len())).unwrap().clone();
            let inner = format!("/{name}");
            if dice.percent(8) {
                members.remove(&name);
                return format!("{path}{inner} dropped");
            }
            change(members.get_mut(&name).unwrap(), dice, path + &inner)
        }
        Value::Array(all) if !all.is_empty() => {
            let place = at(dice, all.len());
            if dice.percent(20) {
                all.remove(place);
                return format!("{path}[] dropped");
            }
            change(&mut all[place], dice, path + "[]")
        }
        Value::Bool(truth) => {
            *truth = !*truth;
            path
        }
        Value::Number(number) => {
            let other = number.as_i64().map_or(json!(7), |number| json!(number + 1));
            *value = other;
            path
        }
        Value::String(text) => {
            *text = match text.parse::<jiff::Timestamp>() {
                Ok(time) => (time + jiff::SignedDuration::from_secs(3600)).to_string(),
                Err(_) if text.is_empty() => "x".to_owned(),
                Err(_) => {
                    let last = text.pop().unwrap();
                    format!("{text}{}", if last == 'a' { 'b' } else { 'a' })
                }
            };
            path
        }
        Value::Null => {
            *value = json!(1);
            path
        }
        Value::Object(_) | Value::Array(_) => {
            *value = json!("x");
            path
        }
    }
}

/// What no reader of a bundle can hold to anything, when whoever made it signs it anew: what the clouds and other witnesses answered,
/// where it changes no verdict and no byte of a report. It is told as the word of who made it.
/// So are the days that erasure may take.
const WORD: [&str; 5] = [
    "facts.ndjson.zst: ",
    "ledger.ndjson.zst: call/",
    "corroboration.json: ",
    "documents.json: ",
    "run.json: /tenancy/erasure_grace_days",
];
/// What takes something away from the verification and adds nothing to it (another version, a run that says to be unfinished), and what is
/// not relied on.
const LESS: [&str; 5] = [
    "run.json: /tool",
    "manifest.json: /head/tool",
    "run.json: /unfinished",
    "run.json: /finished_at",
    "request.json: /signatures[]/keyid",
];

impl Bench {
    /// Whether a change that was not refused changes nothing that is relied on.
    fn is_harmless(&self, changed: &Changed, found: &Verification) -> bool {
        let Some(parts) = parts(&changed.bundle) else { return false };
        // What says the same in another wrapping is the same.
        if found == &self.sound && same_content(&parts, &self.parts) {
            return true;
        }
        let told = |of: &Verification| {
            let reports = |step| matches!(step, Step::Verdicts | Step::Reports);
            of.items.iter().filter(|item| reports(item.step)).cloned().collect::<Vec<_>>()
        };
        changed.anew
            && found.verdicts == self.sound.verdicts
            && found.mark >= self.sound.mark
            && (LESS.iter().any(|less| changed.how.starts_with(less))
                || told(found) == told(&self.sound) && WORD.iter().any(|word| changed.how.starts_with(word)))
    }
}

/// Whether the parts hold the same, whatever their form; the statement is signed anew over them.
fn same_content(own: &Parts, others: &Parts) -> bool {
    let read = |name: &str, bytes: &[u8]| match name {
        name if name.ends_with(".zst") => zstd::decode_all(bytes).ok(),
        name if name.ends_with(".json") => {
            serde_json::from_slice::<Value>(bytes).ok().map(|value| value.to_string().into_bytes())
        }
        _ => Some(bytes.to_vec()),
    };
    // Digests follow from the parts, which are compared themselves.
    let counts = |name: &String| ![MANIFEST, STATEMENT, "run.json"].contains(&name.as_str());
    own.len() == others.len()
        && own.iter().zip(others).all(|((name, own), (other, others))| {
            name == other && (!counts(name) || read(name, own) == read(name, others))
        })
}

/// What came of some of the changes.
#[derive(Default)]
struct Judged {
    refused: BTreeMap<Step, u64>,
    accepted: BTreeMap<String, u64>,
    wrong: Vec<String>,
}

impl Judged {
    fn of(bench: &Bench, cases: impl Iterator<Item = u64>) -> Self {
        let mut judged = Self::default();
        for case in cases {
            let mut dice = Dice(case);
            // What is signed anew is read to its end, which takes the longest by far.
            let changed = match case % 20 {
                0..12 => bytes_changed(bench, &mut dice),
                12..15 => parts_changed(bench, &mut dice),
                15..18 => field_changed(bench, &mut dice, false),
                _ => field_changed(bench, &mut dice, true),
            };
            let found = bench.verify(&changed.bundle);
            match found.items.iter().find(|item| item.mark == Mark::Refuted) {
                Some(first) => *judged.refused.entry(first.step).or_default() += 1,
                None if bench.is_harmless(&changed, &found) => {
                    let how =
                        if changed.how.starts_with("bit ") { "a bit of the wrapping" } else { &changed.how };
                    *judged.accepted.entry(how.to_owned()).or_default() += 1;
                }
                None => judged.wrong.push(format!("{case}: {}", changed.how)),
            }
        }
        judged
    }

    fn add(mut self, other: Self) -> Self {
        for (step, count) in other.refused {
            *self.refused.entry(step).or_default() += count;
        }
        for (how, count) in other.accepted {
            *self.accepted.entry(how).or_default() += count;
        }
        self.wrong.extend(other.wrong);
        self
    }
}

#[test]
fn each_change_that_changes_what_a_bundle_says_is_refused_and_says_where() {
    #[allow(clippy::disallowed_methods, reason = "how a longer run is ordered, see docs/testing.md")]
    let cases: u64 = std::env::var("SEKISHO_MUTATIONS").map_or(10_000, |many| many.parse().unwrap());
    let bench = Bench::new();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let judged = std::thread::scope(|scope| {
        let bench = &bench;
        let own = |first| scope.spawn(move || Judged::of(bench, (first..cases).step_by(threads)));
        let running: Vec<_> = (0..threads as u64).map(own).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).fold(Judged::default(), Judged::add)
    });
    let Judged { refused, accepted, wrong } = judged;
    eprintln!("refused of {cases} changes: {refused:?}\nchange nothing that is relied on: {accepted:#?}");
    assert!(wrong.is_empty(), "{} not refused:\n{wrong:#?}", wrong.len());
    assert!(refused.values().sum::<u64>() > cases * 9 / 10, "{refused:?}");
}

#[test]
fn an_old_answer_is_no_answer_to_a_new_request() {
    let bench = Bench::new();
    for change in ["nonce", "issued_at", "clauses", "accounts", "max_calls"] {
        let mut asked = bench.request.request.clone();
        match change {
            "nonce" => asked.nonce = "ab".repeat(32),
            "issued_at" => asked.issued_at += jiff::SignedDuration::from_secs(1),
            "clauses" => asked.clauses.truncate(1),
            "accounts" => asked.accounts[0].members = true,
            _ => asked.max_calls = Some(1),
        }
        // The officer signs it: in this test with the contractor's key, which stands for any.
        asked.public_key = bench.key.public_pem();
        let envelope =
            sign(sekisho::request::PAYLOAD_TYPE, json!(asked).to_string().as_bytes(), &bench.key).unwrap();
        let other = Signed::parse(&envelope, &[]).unwrap();
        let found = bench.verify_for(&bench.bundle, &other);
        let refuted: Vec<_> = found.items.iter().filter(|item| item.mark == Mark::Refuted).collect();
        assert!(refuted.iter().any(|item| item.step == Step::Request), "{change}: {refuted:?}");
    }
}

#[test]
fn a_verdict_that_was_edited_and_sealed_again_fails_re_performance() {
    let bench = Bench::new();
    let mut parts = bench.parts.clone();
    let report = part_of(&mut parts, "report.json");
    let mut told: Value = serde_json::from_slice(report).unwrap();
    let clause =
        told["clauses"].as_array_mut().unwrap().iter_mut().find(|clause| clause["id"] == "V-3").unwrap();
    assert_eq!(clause["status"], "violates");
    clause["status"] = json!("conforms");
    *report = serde_json::to_vec_pretty(&told).unwrap();
    let found = bench.verify(&bench.sealed(&recorded(parts, "report.json", None), true));
    assert_eq!(found.mark, Mark::Refuted);
    let refuted =
        found.items.iter().find(|item| item.step == Step::Verdicts && item.mark == Mark::Refuted).unwrap();
    assert_eq!(refuted.text.en, "Clause V-3 is said to be conforms; from the facts it is violates.");
    assert_eq!(refuted.place.as_deref(), Some("report.json, clause V-3"));
    // What was signed is told as that person's all the same.
    assert!(found.items.iter().any(|item| item.step == Step::Signature && item.mark == Mark::Verified));
}

/// The lines of a part, changed and written down as sekisho would write them; the run's record is made to fit.
fn relined(parts: &Parts, name: &str, change: &dyn Fn(&mut Value)) -> Parts {
    let mut parts = parts.clone();
    let part = part_of(&mut parts, name);
    let text = String::from_utf8(zstd::decode_all(part.as_slice()).unwrap()).unwrap();
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let mut value: Value = serde_json::from_str(line).unwrap();
            change(&mut value);
            as_written(&value)
        })
        .collect();
    *part = zstd::encode_all(format!("{}\n", lines.join("\n")).as_bytes(), 3).unwrap();
    recorded(parts, name, Some(lines.len()))
}

fn rerecorded(parts: &Parts, change: &dyn Fn(&mut Value)) -> Parts {
    let mut parts = parts.clone();
    let run = part_of(&mut parts, "run.json");
    let mut told: Value = serde_json::from_slice(run).unwrap();
    change(&mut told);
    *run = serde_json::to_vec_pretty(&told).unwrap();
    parts
}

/// A part that was put in, with everything made to fit.
fn with_part(bench: &Bench, name: &str) -> Parts {
    let bytes = b"<p>Everything was erased.</p>";
    let sha256 = hex::encode(Sha256::digest(bytes));
    let mut parts = bench.parts.clone();
    let manifest = part_of(&mut parts, MANIFEST);
    let mut told: Value = serde_json::from_slice(manifest).unwrap();
    let listed = json!({"name": name, "sha256": sha256, "bytes": bytes.len()});
    let files = told["files"].as_array_mut().unwrap();
    files.push(listed.clone());
    files.sort_by_key(|file| file["name"].as_str().unwrap().to_owned());
    *manifest = serde_json::to_vec_pretty(&told).unwrap();
    parts.push((name.to_owned(), bytes.to_vec()));
    parts[2..].sort();
    rerecorded(&parts, &|run| {
        let files = run["files"].as_array_mut().unwrap();
        files.push(listed.clone());
        files.sort_by_key(|file| file["name"].as_str().unwrap().to_owned());
    })
}

/// What agrees with itself and is not what this build would have found, sealed by a contractor whose key is trusted.
#[test]
fn what_a_contractor_makes_up_is_noticed() {
    let bench = Bench::new();
    let resource = |change: &dyn Fn(&mut Value)| {
        relined(&bench.parts, "facts.ndjson.zst", &|line| {
            if line["type"] == "resource" && line["name"] == "utsushi" {
                change(line);
            }
        })
    };
    let cell = |change: &dyn Fn(&mut Value)| {
        relined(&bench.parts, "facts.ndjson.zst", &|line| {
            if line["type"] == "cell" && line["service"] == "pubsub" {
                change(line);
            }
        })
    };
    let run = |change: &dyn Fn(&mut Value)| rerecorded(&bench.parts, change);
    for (what, parts, step, said) in [
        (
            "Seoul lies in Japan",
            resource(&|one| one["copies"][0]["countries"] = json!(["JP"])),
            Step::Facts,
            "The countries or the site of a place are not those",
        ),
        (
            "Seoul is Tokyo's site",
            resource(&|one| one["copies"][0]["site"] = json!("tokyo")),
            Step::Facts,
            "The countries or the site of a place are not those",
        ),
        (
            "a bucket is a detector",
            resource(&|one| one["kind"] = json!("detector")),
            Step::Facts,
            "of a kind that its service cannot hold",
        ),
        (
            "a bucket that has no encryption to be asked for",
            resource(&|one| {
                one["facets"].as_array_mut().unwrap().retain(|facet| facet != "encryption");
                one.as_object_mut().unwrap().remove("encryption");
                one["evidence"].as_object_mut().unwrap().remove("encryption");
            }),
            Step::Facts,
            "lacks a property that things of its kind and service have",
        ),
        (
            "nothing was asked",
            resource(&|one| one["evidence"] = json!({})),
            Step::Facts,
            "is based on no call",
        ),
        (
            "a region is closed to the account",
            cell(&|one| (one["state"], one["closed_by"]) = (json!("closed"), json!("not_opted_in"))),
            Step::Completeness,
            "What closes the cell",
        ),
        (
            "a policy closes a service",
            cell(&|one| (one["state"], one["closed_by"]) = (json!("closed"), json!("policy"))),
            Step::Completeness,
            "What closes the cell",
        ),
        (
            "sites of nobody's",
            run(&|run| run["sites"]["zzz"] = run["sites"]["gcp"].clone()),
            Step::Tool,
            "services or sites of zzz",
        ),
        (
            "members that were not asked for",
            run(&|run| run["tenancy"]["accounts"][0]["organization"] = json!("123456789012")),
            Step::Request,
            "that were assessed are not those requested",
        ),
        (
            "facts that took a month",
            run(&|run| run["started_at"] = json!("2026-01-01T00:00:00Z")),
            Step::Freshness,
            "gathered over more than 36 hours",
        ),
        (
            "a report of erasure of nothing",
            with_part(&bench, "erasure-report.html"),
            Step::Reports,
            "a report of erasure without its erasure.json",
        ),
        (
            "a paper of another's",
            with_part(&bench, "letter.html"),
            Step::Manifest,
            "no file that a run writes",
        ),
    ] {
        let found = bench.verify(&bench.sealed(&parts, true));
        let told = found
            .items
            .iter()
            .any(|item| item.step == step && item.mark != Mark::Verified && item.text.en.contains(said));
        assert!(told, "{what}: {:#?}", found.items);
    }
}
