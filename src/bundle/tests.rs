use super::container::{Packing, is_name};
use super::{Container, Heads, MANIFEST, STATEMENT};
use std::io::{Cursor, Read};

/// One entry of a zip file, as raw as it comes.
#[derive(Clone)]
struct Raw {
    name: Vec<u8>,
    bytes: Vec<u8>,
    method: u16,
    flags: u16,
    size: u32,
    attributes: u32,
    extra: Vec<u8>,
    /// The name in the local header, where it is another.
    other: Option<Vec<u8>>,
}

fn raw(name: &str, bytes: &[u8]) -> Raw {
    Raw {
        name: name.into(),
        bytes: bytes.to_vec(),
        method: 0,
        flags: 0,
        size: u32::try_from(bytes.len()).unwrap(),
        attributes: 0o100_644 << 16,
        extra: Vec::new(),
        other: None,
    }
}

/// A zip file by hand (APPNOTE 4.3): local headers with their bytes, the directory, its end.
fn zip(entries: &[Raw], before: &[u8], behind: &[u8]) -> Vec<u8> {
    let (mut file, mut directory) = (before.to_vec(), Vec::new());
    for entry in entries {
        let at = u32::try_from(file.len()).unwrap();
        let crc = crc32(&entry.bytes);
        let packed = u32::try_from(entry.bytes.len()).unwrap();
        let common = |name: &[u8]| {
            let mut head = Vec::new();
            for word in [20, entry.flags, entry.method, 0, 33] {
                head.extend(u16::to_le_bytes(word));
            }
            for word in [crc, packed, entry.size] {
                head.extend(u32::to_le_bytes(word));
            }
            head.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            head.extend(u16::try_from(entry.extra.len()).unwrap().to_le_bytes());
            head
        };
        let local = entry.other.as_ref().unwrap_or(&entry.name);
        file.extend(0x0403_4b50_u32.to_le_bytes());
        file.extend(common(local));
        file.extend(local);
        file.extend(&entry.extra);
        file.extend(&entry.bytes);
        directory.extend(0x0201_4b50_u32.to_le_bytes());
        directory.extend(u16::to_le_bytes(0x0314));
        directory.extend(common(&entry.name));
        directory.extend([0; 6]);
        directory.extend(entry.attributes.to_le_bytes());
        directory.extend(at.to_le_bytes());
        directory.extend(&entry.name);
        directory.extend(&entry.extra);
    }
    let (start, length) = (u32::try_from(file.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    file.extend(directory);
    file.extend(0x0605_4b50_u32.to_le_bytes());
    file.extend([0; 4]);
    let count = u16::try_from(entries.len()).unwrap();
    file.extend(count.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend(length.to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file.extend(behind);
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::DeflateEncoder::new(bytes, flate2::Compression::best()).read_to_end(&mut packed).unwrap();
    packed
}

fn said(file: Vec<u8>) -> String {
    match Container::open(Cursor::new(file)) {
        Err(fault) => fault.to_string(),
        Ok(mut container) => {
            let names: Vec<String> = container.names().map(str::to_owned).collect();
            let read = names.iter().map(|name| container.read(name, 1 << 20));
            read.collect::<Result<Vec<_>, _>>().err().map_or_else(String::new, |fault| fault.to_string())
        }
    }
}

#[test]
fn what_sekisho_does_not_write_is_refused() {
    let sound = || raw("run.json", b"{}");
    let named = |name: &str| vec![sound(), raw(name, b"{}")];
    let bomb = vec![0; 64 << 20];
    let with = |change: &dyn Fn(&mut Raw)| {
        let mut entry = sound();
        change(&mut entry);
        vec![entry]
    };
    let name = "has a name that sekisho gives to nothing";
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("sound", zip(&[sound(), raw("checks/a-b.yaml", b"a: 1")], b"", b""), ""),
        ("empty file", Vec::new(), "no zip file"),
        ("no zip", b"PK\x03\x04 and nothing else".to_vec(), "no zip file"),
        ("up", zip(&named("../run.json"), b"", b""), name),
        ("up inside", zip(&named("checks/../run.json"), b"", b""), name),
        ("root", zip(&named("/etc/passwd"), b"", b""), name),
        ("drive", zip(&named("c:\\run.json"), b"", b""), name),
        ("other folder", zip(&named("bin/run.json"), b"", b""), name),
        ("deep", zip(&named("checks/a/b.yaml"), b"", b""), name),
        ("a folder", zip(&named("checks/"), b"", b""), name),
        ("hidden", zip(&named(".profile"), b"", b""), name),
        ("capital", zip(&named("Run.json"), b"", b""), name),
        ("not ASCII", zip(&named("報告.json"), b"", b""), name),
        ("zero", zip(&named("a\0b"), b"", b""), name),
        ("long", zip(&named(&"a".repeat(121)), b"", b""), name),
        ("twice", zip(&named("run.json"), b"", b""), "stands twice"),
        (
            "another name in its header",
            zip(&with(&|one| one.other = Some(b"ruX.json".to_vec())), b"", b""),
            "no zip file",
        ),
        ("a link", zip(&with(&|one| one.attributes = 0o120_777 << 16), b"", b""), "is no file"),
        ("encrypted", zip(&with(&|one| one.flags = 1), b"", b""), "is encrypted"),
        ("bzip2", zip(&with(&|one| one.method = 12), b"", b""), "compressed in a way"),
        ("extra", zip(&with(&|one| one.extra = vec![1, 0, 0, 0]), b"", b""), "more than its bytes"),
        ("larger than it is", zip(&with(&|one| one.size = 3), b"", b""), "run.json"),
        (
            "10 GB declared",
            zip(&with(&|one| (one.size, one.method) = (u32::MAX - 1, 8)), b"", b""),
            "far more than it takes",
        ),
        ("bytes before", zip(&[sound()], b"#!/bin/sh\n", b""), ""),
        ("bytes behind", zip(&[sound()], b"", b"more"), "no part"),
        (
            "bomb",
            zip(
                &with(&|one| {
                    (one.bytes, one.method) = (deflated(&bomb), 8);
                    one.size = u32::try_from(bomb.len()).unwrap();
                }),
                b"",
                b"",
            ),
            "far more than it takes",
        ),
        (
            "broken Deflate",
            zip(&with(&|one| (one.bytes, one.method, one.size) = (vec![0xff; 40], 8, 40)), b"", b""),
            "cannot be unpacked",
        ),
        (
            "too many",
            zip(&(0..2_049).map(|at| raw(&format!("p{at}"), b"")).collect::<Vec<_>>(), b"", b""),
            "more than 2048",
        ),
    ];
    for (case, file, why) in cases {
        let said = said(file);
        match (case, why) {
            // Offsets that do not begin at the beginning are refused, whichever way the reader takes them.
            ("bytes before", _) => assert!(!said.is_empty(), "{case}"),
            (_, "") => assert_eq!(said, "", "{case}"),
            _ => assert!(said.contains(why), "{case}: {said}"),
        }
    }
    // Two names for the same bytes: the second entry begins where the first does.
    let mut overlapping = zip(&[sound(), raw("run2.json", b"{}")], b"", b"");
    let second = overlapping.windows(4).rposition(|four| four == 0x0201_4b50_u32.to_le_bytes()).unwrap();
    overlapping[second + 42..second + 46].fill(0);
    assert!(!said(overlapping).is_empty());
}

#[test]
fn names_are_of_our_own_making() {
    for (name, fits) in [
        ("run.json", true),
        ("facts.ndjson.zst", true),
        ("checks/no-foreign-zones.yaml", true),
        ("profile/jp-annex-2.yaml", true),
        ("", false),
        (".", false),
        ("..", false),
        ("a..b", false),
        ("-a", false),
        ("checks/", false),
        ("checks//a", false),
        ("a/b", false),
        ("a b", false),
    ] {
        assert_eq!(is_name(name), fits, "{name}");
    }
}

#[test]
fn what_is_packed_is_read_back_and_has_one_form() {
    let pack = || {
        let mut packing = Packing::begin(Cursor::new(Vec::new()));
        packing.add("run.json", &mut b"{\"a\": 1}".as_slice()).unwrap();
        packing.add("facts.ndjson.zst", &mut [7; 100_000].as_slice()).unwrap();
        packing.finish().unwrap().into_inner()
    };
    assert_eq!(pack(), pack());
    let mut container = Container::open(Cursor::new(pack())).unwrap();
    assert_eq!(container.read("run.json", 8).unwrap(), b"{\"a\": 1}");
    assert!(container.read("run.json", 7).unwrap_err().to_string().contains("larger than 7"));
    assert!(container.read("none", 7).unwrap_err().to_string().contains("no part `none`"));
    assert_eq!(container.read("facts.ndjson.zst", 1 << 20).unwrap().len(), 100_000);
}

#[test]
fn manifests_and_statements_have_one_meaning() {
    let manifest = r#"{"schema": "sekisho/manifest/v1", "head": {"tool": "1", "tenancy": "t", "profile": "p", "profile_digest": "d",
        "assessed_at": "2026-11-01T00:00:00Z", "sealed_at": "2026-11-01T00:00:00Z"}, "files": [FILES]}"#;
    let file = |name: &str| format!(r#"{{"name": "{name}", "sha256": "00", "bytes": 2}}"#);
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    for (case, text, why) in [
        ("no JSON", "{".to_owned(), "EOF"),
        ("not UTF-8", "{\"schema\": \"\u{fffd}\"}".to_owned(), "missing field"),
        ("deep", deep, "deeper"),
        ("huge number", manifest.replace("FILES", &file("a").replace("2}", "1e400}")), "out of range"),
        (
            "twice in the object",
            manifest.replacen("\"tool\"", "\"tool\": \"0\", \"tool\"", 1).replace("FILES", ""),
            "stands twice",
        ),
        ("another schema", manifest.replacen("/v1", "/v2", 1).replace("FILES", ""), "its schema"),
        (
            "unknown member",
            manifest.replacen("\"schema\"", "\"more\": 1, \"schema\"", 1).replace("FILES", ""),
            "unknown field",
        ),
        ("a part twice", manifest.replace("FILES", &format!("{},{}", file("a"), file("a"))), "twice"),
        ("a path", manifest.replace("FILES", &file("../a")), "cannot have"),
        ("itself", manifest.replace("FILES", &file(MANIFEST)), "cannot have"),
        ("not there", manifest.replace("FILES", &file("run.json")), "`run.json`"),
    ] {
        let parts = [raw(MANIFEST, text.as_bytes()), raw(STATEMENT, b"{}")];
        let mut container = Container::open(Cursor::new(zip(&parts, b"", b""))).unwrap();
        let said = Heads::read(&mut container).unwrap_err().to_string();
        assert!(said.contains(why), "{case}: {said}");
    }
    // A part that the manifest does not name.
    let parts = [
        raw(MANIFEST, manifest.replace("FILES", "").as_bytes()),
        raw(STATEMENT, b"{}"),
        raw("more.json", b""),
    ];
    let mut container = Container::open(Cursor::new(zip(&parts, b"", b""))).unwrap();
    assert!(Heads::read(&mut container).unwrap_err().to_string().contains("`more.json`"));
}
