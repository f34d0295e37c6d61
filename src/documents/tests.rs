//! Entries that are wrong, each with what is said of it; and what is written and read back.

use super::file::{FileFound, FileState};
use super::*;
use std::collections::BTreeMap;

const DIGEST: &str = "sha256 = \"0000000000000000000000000000000000000000000000000000000000000001\"\n";

fn read(text: &str) -> Loaded {
    let texts = BTreeMap::from([("one".to_owned(), Ok(text.to_owned()))]);
    gather(texts, &|_, _| FileFound { state: FileState::Withheld, signatures: Vec::new() })
}

/// Every fault says its line, what is wrong and what to do.
fn check(text: &str, key: Option<&str>, parts: &[&str]) {
    let loaded = read(text);
    let [faulty] = loaded.register.faulty.as_slice() else { panic!("{text}: {:?}", loaded.register) };
    assert_eq!(faulty.key.as_deref(), key, "{text}");
    let said = faulty.faults.join("\n");
    for part in parts {
        assert!(said.contains(part), "{text}\nwanted: {part}\n{said}");
    }
    assert!(loaded.register.documents.is_empty());
}

#[test]
fn what_is_wrong_with_an_entry_is_said_at_once_with_a_next_step() {
    check("", None, &["the entry has no `kind`", "add: kind = "]);
    check(
        "kind = \"iso27002\"\n",
        None,
        &["line 1", "unknown kind `iso27002`", "did you mean \"iso27001\"?"],
    );
    check("kind = \"other\"\n", Some("other"), &["has no `sha256`", "64 hexadecimal digits"]);
    check(
        "kind = \"other\"\nsha256 = \"abc\"\n",
        Some("other"),
        &["line 2", "is no SHA-256", "sekisho documents add"],
    );
    let contract = format!("kind = \"contract\"\nholder = \"X\"\ncourts = \"Japan\"\nlaw = 7\n{DIGEST}");
    check(&contract, Some("contract"), &["line 3", "two capital letters", "line 4", "`law` must be a text"]);
    let dates = format!(
        "kind = \"privacy-mark\"\nholder = \"X\"\nnumber = \"1\"\nissued = 20260201\nvalid_until = \"soon\"\n{DIGEST}"
    );
    check(
        &dates,
        Some("privacy-mark"),
        &["line 4", "`issued` must be a day", "line 5", "`valid_until` must be a day"],
    );
    check(
        "kind = \"sla\"\nissued = 2026-02-30\n",
        Some("sla"),
        &["line 2", "invalid date", "day between 01 and 28"],
    );
    let order = format!(
        "kind = \"privacy-mark\"\nholder = \"X\"\nnumber = \"1\"\nissued = 2026-03-01\nvalid_until = 2026-02-01\n{DIGEST}"
    );
    check(&order, Some("privacy-mark"), &["line 5", "`valid_until` is before `issued`"]);
    let soc = format!("kind = \"soc2\"\nholder = \"X\"\nsoc_type = 3\n{DIGEST}");
    check(&soc, Some("soc2"), &["`soc_type` must be from 1 to 2", "has no `period_end`", "has no `opinion`"]);
    check(
        "kind = \"statement\"\nabout = \"rpo\"\n",
        Some("statement"),
        &["unknown about `rpo`", "has no `signed_by`"],
    );
    check(
        "kind = \"statement\"\nabout = \"declared-rpo\"\nsigned_by = \"Y\"\nsigned = 2026-01-01\n[[systems]]\nname = \"a\"\n",
        Some("declared-rpo"),
        &["has no `rpo_minutes`", "has no `rto_minutes`"],
    );
    check(
        &format!("kind = \"other\"\nabout = \"notice-period\"\n{DIGEST}"),
        Some("other"),
        &["only a statement has `about`"],
    );
    check(
        &format!("kind = \"other\"\nvalid_untill = 2027-01-01\n{DIGEST}"),
        Some("other"),
        &["did you mean `valid_until`?"],
    );
    check(
        &format!("kind = \"other\"\napi_key = \"hunter2\"\n{DIGEST}"),
        Some("other"),
        &["none belongs in the register"],
    );
    check("kind = \"other\"\nkind = \"sla\"\n", Some("other"), &["line 2"]);
    assert!(
        !format!("{:?}", read(&format!("kind = \"other\"\napi_key = \"hunter2\"\n{DIGEST}")))
            .contains("hunter2")
    );
}

#[test]
fn a_bad_entry_leaves_the_others() {
    let texts = BTreeMap::from([
        ("bad".to_owned(), Ok("kind = ".to_owned())),
        ("good".to_owned(), Ok(format!("kind = \"other\"\n{DIGEST}"))),
        ("unreadable".to_owned(), Err("not UTF-8 text".to_owned())),
    ]);
    let loaded = gather(texts, &|_, _| FileFound { state: FileState::Held, signatures: Vec::new() });
    assert_eq!(loaded.register.documents.len(), 1);
    let ids: Vec<&str> = loaded.register.faulty.iter().map(|faulty| faulty.id.as_str()).collect();
    assert_eq!(ids, ["bad", "unreadable"]);
    assert_eq!(loaded.problems.len(), 2);
}

#[test]
fn a_register_is_read_back_as_it_was_written() {
    let text = format!(
        "kind = \"other\"\ntitle = \"報告書\"\n{DIGEST}[handling]\nconfidentiality = 2\nrestrictions = [\"複製禁止\"]\n"
    );
    let register = read(&text).register;
    let again: Register = serde_json::from_str(&serde_json::to_string(&register).unwrap()).unwrap();
    assert_eq!(again, register);
    assert_eq!(strictest(&register, None).unwrap().restrictions, ["複製禁止"]);
}

#[test]
fn the_strictest_handling_holds_for_all() {
    let with = |confidentiality, restrictions| {
        Ok(format!(
            "kind = \"other\"\n{DIGEST}[handling]\nconfidentiality = {confidentiality}\nrestrictions = {restrictions}\n"
        ))
    };
    let texts = BTreeMap::from([
        ("a".to_owned(), with(2, "[\"複製禁止\"]")),
        ("b".to_owned(), with(3, "[]")),
        ("c".to_owned(), with(1, "[\"複製禁止\", \"要返却\"]")),
    ]);
    let loaded = gather(texts, &|_, _| FileFound { state: FileState::Withheld, signatures: Vec::new() });
    let strict = strictest(&loaded.register, None).unwrap();
    let asked = crate::documents::Handling {
        confidentiality: 3,
        integrity: None,
        availability: Some(2),
        restrictions: vec!["八月末日まで".to_owned()],
    };
    let with = strictest(&loaded.register, Some(&asked)).unwrap();
    assert_eq!((with.confidentiality, with.availability), (3, Some(2)));
    assert!(with.restrictions.len() > strict.restrictions.len());
    assert_eq!(strictest(&Register::default(), Some(&asked)), Some(asked));
    assert_eq!((strict.confidentiality, strict.restrictions.len()), (3, 2));
    assert_eq!(strictest(&Register::default(), None), None);
}

#[test]
fn files_are_looked_at_and_never_outside_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "text").unwrap();
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    let right = file::digest(b"text");
    let state = |name, digest: &str| file::look(folder.path(), name, digest).state;
    assert_eq!(state(None, &right), FileState::Withheld);
    assert_eq!(state(Some("a.txt"), &right), FileState::Held);
    assert_eq!(state(Some("a.txt"), &file::digest(b"other")), FileState::Altered);
    assert_eq!(state(Some("b.txt"), &right), FileState::Missing);
    for name in ["../a.txt", "/etc/passwd", "inner/../a.txt", "..", "inner", "", "c:a.txt"] {
        assert_eq!(state(Some(name), &right), FileState::Unreadable, "{name}");
    }
    // As long as a file of 2 GB, and as large on the disk as nothing.
    let large = std::fs::File::create(folder.path().join("large.pdf")).unwrap();
    large.set_len(2 << 30).unwrap();
    assert_eq!(state(Some("large.pdf"), &right), FileState::TooLarge);
}

#[test]
fn hostile_pdfs_are_faults() {
    let nested = format!("%PDF-1.7\n1 0 obj\n{}\nendobj\ntrailer<</Root 1 0 R>>\n", "[".repeat(200_000));
    let loops =
        "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]>>endobj\ntrailer<</Root 1 0 R/Prev 0>>\n";
    for text in [nested.as_str(), loops, "%PDF-", "%PDF-1.7\nstartxref\n99999999999\n%%EOF"] {
        assert!(pdf::read(text.as_bytes()).is_err(), "{}", &text[..text.len().min(40)]);
    }
    assert!(!pdf::is_pdf(b"PK\x03\x04"));
}

#[test]
fn what_is_written_is_an_entry() {
    let mut draft = Draft::default();
    assert_eq!(draft.missing()[0].0, "kind");
    for (name, value) in [
        ("kind", "privacy-mark"),
        ("holder", "株式会社\"甲\""),
        ("number", "12345678"),
        ("valid_until", "2027-01-31"),
        ("sha256", "0000000000000000000000000000000000000000000000000000000000000001"),
        ("carve_outs", "A, B"),
    ] {
        draft.set(name, value).unwrap();
    }
    assert!(draft.missing().is_empty());
    let entry = draft.entry().unwrap();
    assert_eq!(entry.holder.seen().map(String::as_str), Some("株式会社\"甲\""));
    assert_eq!(entry.carve_outs.seen().map(Vec::len), Some(2));
    draft.set("valid_until", "soon").unwrap();
    assert!(draft.entry().is_err());
    assert!(matches!(draft.set("systems", "x"), Err(WriteFault::Section(..))));
    assert!(draft.set("numbr", "x").unwrap_err().to_string().contains("did you mean \"number\"?"));
}

#[test]
fn ends_of_support_that_somebody_gathered_stand_beside_the_entries() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(ENDS);
    assert_eq!(load(folder.path()).unwrap().register.ends, None);
    for (text, said) in [
        (
            "date: 2026-11-30\nrows:\n  - {provider: aws, product: mysql, version: \"9.0\", ends: 2030-01-31, source: here}\n",
            None,
        ),
        (
            "date: 2026-11-30\nrows:\n  - {provider: aws, product: mysql, version: \"9.0\", ends: soon, source: here}\n",
            Some("line 3"),
        ),
        (
            "date: 2026-11-30\nrows:\n  - {provider: aws, product: mysql, version: \"9.0\", ends: 2030-01-31, source: \"\"}\n",
            Some("lacks its version or source"),
        ),
        ("rows: 3", Some("rows")),
    ] {
        std::fs::write(&file, text).unwrap();
        let loaded = load(folder.path()).unwrap();
        assert_eq!(loaded.register.ends.is_some(), said.is_none(), "{text}");
        let told = loaded.problems.iter().map(|problem| format!("{problem:?}")).collect::<String>();
        assert!(said.is_none_or(|said| told.contains(said) && told.contains(ENDS)), "{text}: {told}");
    }
}
