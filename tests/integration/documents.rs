//! The register on the command line, and PDFs that were signed by others.

use super::bad_input::flat;
use super::command::{folder, run};
use super::python;
use sekisho::documents::{FOLDER, file, pdf, signature::Signature};
use std::path::Path;
use std::process::Command;

const TENANCY: &str = "[tenancy]\nname = \"Records\"\nprofile = \"jp-annex-2\"\ncontract_end = 2099-03-31\n[[account]]\nprovider = \"aws\"\nid = \"123456789012\"\n";

fn pdfs(folder: &Path) -> serde_json::Value {
    let script = python::scripts().join("signed_pdfs.py");
    let output = Command::new(python::python()).arg("-B").arg(script).arg(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn signatures_made_by_others_hold_until_something_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let told = pdfs(folder.path());
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let signatures = |name: &str| pdf::read(&read(name)).unwrap().signatures;
    let holds = |one: &Signature| {
        one.digest_matches.seen() == Some(&true) && one.signature_matches.seen() == Some(&true)
    };

    assert!(signatures("plain.pdf").is_empty());
    for name in ["signed.pdf", "signed-sha512.pdf", "signed-ec.pdf"] {
        let [one] = signatures(name).try_into().unwrap_or_else(|all| panic!("{name}: {all:?}"));
        assert!(holds(&one) && one.covers_file, "{name}: {one:?}");
        let who = if name == "signed-ec.pdf" { "second" } else { "body" };
        let who = told[who].as_str().unwrap().trim_start_matches("Common Name: ");
        assert!(one.signer.seen().unwrap().contains(who), "{one:?}");
        assert_eq!(one.signer, one.issuer);
        assert_eq!(one.valid_from.seen().map(String::as_str), Some("2026-01-01"));
        assert_eq!(one.valid_until.seen().map(String::as_str), Some("2028-12-31"));
    }
    let twice = signatures("signed-twice.pdf");
    assert!(twice.len() == 2 && twice.iter().all(holds), "{twice:?}");
    assert_eq!(twice.iter().filter(|one| one.covers_file).count(), 1);

    let [changed] = signatures("changed.pdf").try_into().unwrap();
    assert_eq!((changed.digest_matches.seen(), changed.covers_file), (Some(&false), true));
    let [added] = signatures("added-to.pdf").try_into().unwrap();
    assert!(holds(&added) && !added.covers_file, "{added:?}");

    assert_eq!(pdf::read(&read("encrypted.pdf")).unwrap_err(), pdf::PdfFault::Encrypted);
    assert!(matches!(pdf::read(&read("broken.pdf")), Err(pdf::PdfFault::Broken(_))));
    // Whatever a byte is turned into, the file is read or refused, and no change of what is covered goes unseen.
    let signed = read("signed.pdf");
    for at in (0..signed.len()).step_by(37) {
        let mut other = signed.clone();
        other[at] ^= 0x15;
        if let Ok(read) = pdf::read(&other) {
            let sound = read.signatures.iter().any(|one| holds(one) && one.covers_file);
            assert!(!sound, "byte {at} was changed, and the signature still holds");
        }
    }
}

#[test]
fn a_signed_certificate_is_registered_listed_and_checked() {
    let folder = folder(&[("tenancy.toml", TENANCY)]);
    let made = tempfile::tempdir().unwrap();
    pdfs(made.path());
    let path = |name: &str| made.path().join(name).display().to_string();
    let add = |name: &str, more: &[&str]| {
        let path = path(name);
        let mut arguments = vec!["documents", "add", &path];
        arguments.extend(more);
        run(folder.path(), &arguments)
    };
    let rest = [
        "--kind",
        "iso27001",
        "--provider",
        "aws",
        "--holder",
        "Amazon Web Services, Inc.",
        "--valid-until",
        "2098-10-31",
        "--set",
        "standard=ISO/IEC 27001:2022",
        "--set",
        "certification_body=Body",
        "--set",
        "issued=2026-01-01",
    ];
    let (code, out, err) = add("signed.pdf", &rest);
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.trim(), "documents/signed.toml");
    assert!(
        err.contains("Signed by CN=Example Certification Body") && err.contains("as it was signed"),
        "{err}"
    );
    let entry = std::fs::read_to_string(folder.path().join("documents/signed.toml")).unwrap();
    assert!(
        entry.contains("number = \"IS 4711\"") && entry.contains("title = \"ISMS certificate\""),
        "{entry}"
    );
    assert!(entry.contains(&file::digest(&std::fs::read(path("signed.pdf")).unwrap())), "{entry}");
    assert!(folder.path().join(FOLDER).join("signed.pdf").exists());

    let (code, _, err) = add("signed.pdf", &rest);
    assert!(code == 2 && err.contains("--id"), "an entry is not overwritten: {err}");
    let (code, _, err) = add("plain.pdf", &["--kind", "soc2"]);
    assert!(code == 2 && err.contains("period_end") && err.contains("--set"), "{err}");
    let (code, _, err) = add("encrypted.pdf", &["--kind", "other", "--withhold"]);
    assert!(code == 0 && err.contains("it is encrypted"), "{err}");
    assert!(!folder.path().join(FOLDER).join("encrypted.pdf").exists());

    let (code, out, _) = run(folder.path(), &["documents", "list", "--lang", "en"]);
    assert!(
        code == 0
            && out.contains("signed\tiso27001\tISMS certificate\taws\t2098-10-31\theld, and as registered"),
        "{out}"
    );
    assert!(out.contains("encrypted\tother\t") && out.contains("digest alone"), "{out}");

    let check = || run(folder.path(), &["documents", "check", "--lang", "en"]);
    let (code, out, err) = check();
    assert_eq!(code, 3, "{out}{err}");
    assert!(!out.contains("ISO/IEC 27001 certificate [V-1"), "{out}");
    assert!(out.contains("SOC report or CS statement [V-2") && out.contains("ask the provider"), "{out}");

    // The file is exchanged for one that was changed after signing; then the entry is registered anew with its digest.
    let there = folder.path().join(FOLDER).join("signed.pdf");
    std::fs::copy(path("changed.pdf"), &there).unwrap();
    let (code, out, _) = check();
    assert!(
        code == 3 && out.contains("document-intact") && out.contains("ISO/IEC 27001 certificate [V-1"),
        "{out}"
    );
    let digest = |name: &str| file::digest(&std::fs::read(path(name)).unwrap());
    let entry = entry.replace(&digest("signed.pdf"), &digest("changed.pdf"));
    std::fs::write(folder.path().join("documents/signed.toml"), entry).unwrap();
    let (code, out, _) = check();
    assert!(
        code == 3 && out.contains("document-signature-sound") && out.contains("Changed since signing"),
        "{out}"
    );
}

#[test]
fn what_is_wrong_with_the_register_is_said_and_stops_nothing() {
    let folder = folder(&[
        ("tenancy.toml", TENANCY),
        ("documents/iso.toml", "kind = \"iso27001\"\nvalid_until = \"soon\"\nsha256 = \"x\"\n"),
        ("documents/readme.txt", "not an entry"),
    ]);
    let (code, out, err) = run(folder.path(), &["documents", "check", "--lang", "en"]);
    assert_eq!(code, 3, "{out}");
    let err = flat(&err);
    for part in ["documents/iso.toml cannot be used", "`valid_until` must be a day", "1 entry is not used"] {
        assert!(err.contains(part), "{part}: {err}");
    }
    assert!(out.contains("documents/iso.toml"), "{out}");
    let (code, _, err) = run(folder.path(), &["documents", "add", "nowhere.pdf"]);
    assert!(code == 2 && err.contains("nowhere.pdf"), "{err}");
    let (code, _, err) = run(folder.path(), &["documents", "add", "tenancy.toml", "--set", "colour=red"]);
    assert!(code == 2 && flat(&err).contains("there is no field `colour`"), "{err}");
}

#[test]
fn exceptions_that_are_wrong_are_refused_with_their_place() {
    let one = |change: &dyn Fn(&str) -> String| {
        let exception = "[[exception]]\nid = \"a\"\ncheck = \"no-public-access\"\nsubjects = [\"*\"]\nowner = \"Sato\"\nreason = \"why\"\napprover = \"Suzuki\"\nexpires = 2027-03-31\n";
        let folder = folder(&[("tenancy.toml", &format!("{TENANCY}{}", change(exception)))]);
        let (code, _, err) = run(folder.path(), &["plan", "-c", "tenancy.toml"]);
        (code, flat(&err))
    };
    let check = |from: &str, to: &str, said: &str| {
        let (code, err) = one(&|text| text.replace(from, to));
        assert!(code == 2 && err.contains(said), "{to}: {code} {err}");
    };
    assert_eq!(one(&str::to_owned).0, 0);
    check("Suzuki", "sa to", "the approver is the owner");
    check("expires = 2027-03-31\n", "", "has no `expires`");
    check("2027-03-31", "\"soon\"", "`expires` must be a day");
    check("check = \"no-public-access\"\n", "", "names no check and no clause");
    check("[\"*\"]", "[]", "`subjects` is empty");
    check("reason = \"why\"\n", "", "has no `reason`");
    check("expires = 2027-03-31\n", "expires = 2027-03-31\napproved = true\n", "unknown key `approved`");
    let (code, err) = one(&|text| text.repeat(2));
    assert!(code == 2 && err.contains("`a` is given twice"), "{err}");
}
