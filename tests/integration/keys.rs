//! Keys, envelopes, letters and time-stamps, between this program and others.

use super::bad_input::flat;
use super::command::{Program, folder, run};
use super::python;
use rcgen::{CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use sekisho::envelope::{self, Algorithm, Key, Trusted};
use sekisho::letter::{self, Identity, Recipient};
use sekisho::timestamp::{self, AskFault, Authorities, StampFault};
use sekisho_wire::Wire;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PASSPHRASE: &str = "関所の合言葉";
const PAYLOAD_TYPE: &str = "application/vnd.sekisho.test+json";
const BOTH: [(Algorithm, &str); 2] = [(Algorithm::Ed25519, "ed25519"), (Algorithm::EcdsaP256, "ecdsa-p256")];

fn read(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap()
}

fn others(arguments: &[&str], folder: &Path, more: &[&str]) -> String {
    let script = python::scripts().join("envelopes.py");
    let mut command = Command::new(python::python());
    let output = command.arg("-B").arg(script).args(arguments).arg(folder).args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn keys_envelopes_and_letters_go_to_others_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let identity = Identity::generate();
    let recipient = identity.recipients().remove(0).to_string();
    let theirs = others(&["make"], folder, &[&recipient]);

    let mut trusted = Vec::new();
    for (algorithm, name) in BOTH {
        let public = Trusted::parse(&read(folder, &format!("{name}.pub.pem"))).unwrap();
        let locked = read(folder, &format!("{name}.locked.pem"));
        for key in [
            Key::parse(&locked, Some(PASSPHRASE.as_bytes())),
            Key::parse(&read(folder, &format!("{name}.plain.pem")), None),
        ] {
            assert_eq!(key.unwrap().public(), &public, "{name}");
        }
        let signed = read(folder, &format!("{name}.json"));
        let verified = envelope::verify(&signed, std::slice::from_ref(&public)).unwrap();
        assert_eq!(
            (verified.payload.as_slice(), verified.payload_type.as_str()),
            (name.as_bytes(), PAYLOAD_TYPE)
        );
        // Signed by two, whose ids are not ours: either is enough.
        let both = envelope::verify(&read(folder, "both.json"), std::slice::from_ref(&public)).unwrap();
        assert_eq!((both.payload.as_slice(), both.keyid.as_str()), (&b"both"[..], public.id()));
        trusted.push(public);

        let ours = Key::generate(algorithm).unwrap();
        let write = |name: String, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
        write(format!("ours.{name}.pub.pem"), ours.public_pem().as_bytes());
        write(format!("ours.{name}.pem"), ours.to_pem(Some(PASSPHRASE.as_bytes())).unwrap().as_bytes());
        write(format!("ours.{name}.json"), &envelope::sign(PAYLOAD_TYPE, name.as_bytes(), &ours).unwrap());
    }
    assert!(envelope::verify(&read(folder, "ed25519.json"), &trusted[1..]).is_err());

    let mut plain = Vec::new();
    letter::decrypt(&read(folder, "theirs.age")[..], &mut plain, &identity).unwrap();
    assert_eq!(plain, b"a letter ".repeat(20_000));
    let recipients = [Recipient::parse(&theirs).unwrap()];
    let mut answer = Vec::new();
    letter::encrypt(&b"an answer ".repeat(20_000)[..], &mut answer, &recipients).unwrap();
    std::fs::write(folder.join("ours.age"), answer).unwrap();
    let kept = Identity::parse(&read(folder, "theirs.txt")).unwrap();
    assert_eq!(kept.recipients().remove(0).to_string(), theirs.trim());
    others(&["check"], folder, &[]);
}

#[test]
fn keys_are_made_and_shown_on_the_command_line() {
    let folder = folder(&[("phrase.txt", &format!("{PASSPHRASE}\r\nmore\n")), ("empty.txt", "\n")]);
    let folder = folder.path();
    for (name, arguments) in [
        ("Ed25519", &["keys", "new", "--out", "a.pem", "--passphrase-file", "phrase.txt"][..]),
        ("ECDSA P-256", &["keys", "new", "--out", "b.pem", "--algorithm", "ecdsa-p256", "--no-passphrase"]),
    ] {
        let (code, out, err) = run(folder, arguments);
        assert!(code == 0 && out.trim().ends_with(name) && err.contains("kept secret"), "{out} {err}");
        let file = arguments[3];
        let id = out.split_whitespace().next().unwrap();
        let key = Key::parse(&read(folder, file), Some(PASSPHRASE.as_bytes())).unwrap();
        assert_eq!(key.id(), id);
        let public = file.replace(".pem", ".pub.pem");
        assert_eq!(read(folder, &public), key.public_pem().as_bytes());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        for file in [file, &public] {
            let shown =
                Program::new(folder, &["keys", "show", file]).with(&[("SEKISHO_PASSPHRASE", PASSPHRASE)]);
            let (code, again, err) = shown.run();
            assert_eq!((code, again.as_str()), (0, out.as_str()), "{err}");
        }
        let (code, _, err) = run(folder, arguments);
        assert!(code == 2 && err.contains("is there already"), "{err}");
    }
    let (code, out, _) = run(folder, &["keys", "show", "--json", "b.pub.pem"]);
    assert!(code == 0 && out.contains("\"algorithm\": \"ecdsa-p256\""), "{out}");

    let (code, out, err) = run(folder, &["keys", "new", "--age", "--out", "officer.txt"]);
    assert!(code == 0 && out.starts_with("age1"), "{out} {err}");
    assert_eq!(run(folder, &["keys", "show", "officer.txt"]).1, out);
    assert_eq!(
        Identity::parse(&read(folder, "officer.txt")).unwrap().recipients().remove(0).to_string(),
        out.trim()
    );

    for (arguments, environment, expected) in [
        (&["keys", "new", "--out", "c.pem"][..], None, "there is no terminal to ask for it"),
        (
            &["keys", "new", "--out", "c.pem", "--passphrase-file", "empty.txt"],
            None,
            "the passphrase is empty",
        ),
        (&["keys", "new", "--out", "no/c.pem", "--no-passphrase"], None, "no/c.pem: cannot be written"),
        (&["keys", "new", "--out", "c.pem", "--age", "--no-passphrase"], None, "cannot be used with"),
        (&["keys", "show", "a.pem"], None, "there is no terminal to ask for it"),
        (&["keys", "show", "a.pem"], Some("wrong"), "does not open the private key"),
        (&["keys", "show", "phrase.txt"], None, "no PEM, and it is no identity file"),
        (&["keys", "show", "none.pem"], None, "cannot be read"),
    ] {
        let environment: Vec<_> = environment.map(|text| ("SEKISHO_PASSPHRASE", text)).into_iter().collect();
        let (code, out, err) = Program::new(folder, arguments).with(&environment).run();
        assert!(code == 2 && out.is_empty() && flat(&err).contains(expected), "{arguments:?}: {code} {err}");
        assert!(!err.contains("wrong") && !err.contains(PASSPHRASE), "{err}");
    }
    assert!(!folder.join("c.pem").exists() && !folder.join("c.pub.pem").exists());
}

/// What docs/keys.md shows: a program that signs with openssl, in the place of a hardware module.
#[test]
fn measurements_are_signed_by_a_key_that_stays_elsewhere() {
    let folder = folder(&[("phrase.txt", PASSPHRASE)]);
    let folder = folder.path();
    for (name, digest) in [("ed25519", ""), ("ecdsa-p256", "-digest sha256")] {
        let key = format!("{name}.pem");
        let new = ["keys", "new", "--algorithm", name, "--passphrase-file", "phrase.txt", "--out", &key];
        assert_eq!(run(folder, &new).0, 0);
        let script = format!(
            "set -e; cat > m; openssl pkeyutl -sign -inkey {key} -passin file:phrase.txt -rawin {digest} -in m"
        );
        let public = format!("{name}.pub.pem");
        let measure = |out: &str, who: &[&str]| {
            let place =
                ["vantage", "measure", "--name", "x", "--at", "35.7,139.7", "--timeout", "1", "-n", "1"];
            // Nothing listens there: the measurement says so, and is signed.
            let target = ["127.0.0.1:1", "--out", out];
            let mut program = Program::new(folder, &[&place[..], &target, who].concat());
            if let Some(path) = std::env::var_os("PATH") {
                program = program.with(&[("PATH", path.to_str().unwrap())]);
            }
            program.run()
        };
        let signer =
            ["--signer", "sh", "--signer-arg", "-c", "--signer-arg", &script, "--public-key", &public];
        for (out, who) in [
            (format!("{name}.1"), &signer[..]),
            (format!("{name}.2"), &["--key", &key, "--passphrase-file", "phrase.txt"]),
        ] {
            let (code, _, err) = measure(&out, who);
            assert!(code == 3 && err.contains("is signed with the key"), "{code} {err}");
            let (_, said, err) = run(folder, &["vantage", "check", &out, "--trust", &public, "--json"]);
            assert!(said.contains("keyid"), "{said} {err}");
        }
        let other = if name == "ed25519" { "other.pem" } else { "ed25519.pem" };
        if name == "ed25519" {
            assert_eq!(run(folder, &["keys", "new", "--no-passphrase", "--out", other]).0, 0);
        }
        let wrong = other.replace(".pem", ".pub.pem");
        let signer =
            ["--signer", "sh", "--signer-arg", "-c", "--signer-arg", &script, "--public-key", &wrong];
        let (code, _, err) = measure("wrong", &signer);
        assert!(code == 4 && flat(&err).contains("is no signature with the public key"), "{code} {err}");
        assert!(!folder.join("wrong").exists());
        let (code, _, err) = measure("wrong", &["--signer", "/no/such", "--public-key", &public]);
        assert!(code == 4 && flat(&err).contains("cannot be started"), "{code} {err}");
        for (who, expected) in [
            (&[][..], "nobody signs"),
            (&["--signer", "sh"], "--public-key"),
            (&["--key", &key, "--signer", "sh", "--public-key", &public], "cannot be used with"),
        ] {
            let (code, _, err) = measure("wrong", who);
            assert!(code == 2 && flat(&err).contains(expected), "{code} {err}");
        }
    }
}

/// An authority that stamps with openssl, on this machine, for as long as the tests run.
pub struct Stamper {
    pub url: url::Url,
    pub root: String,
    /// How the next answers are made.
    turns: Arc<Mutex<Vec<Turn>>>,
    asked: Arc<AtomicUsize>,
    folder: tempfile::TempDir,
}

#[derive(Clone, Copy, PartialEq)]
enum Turn {
    Busy,
    Refused,
    Page,
    Again,
    Large,
    Reset,
}

const CONFIG: &str = "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\n\
    digests = sha256\naccuracy = secs:1\ness_cert_id_alg = sha256\n";

impl Stamper {
    pub fn new() -> Self {
        Self::with(&KeyPair::generate().unwrap())
    }

    fn with(own: &KeyPair) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, "root of time");
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "time");
        // Time-stamps alone, critical.
        let purpose = vec![0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];
        let mut purpose = CustomExtension::from_oid_content(&[2, 5, 29, 37], purpose);
        purpose.set_criticality(true);
        params.custom_extensions = vec![purpose];
        let certificate = params.signed_by(own, &issuer).unwrap().pem();
        let folder = folder(&[
            ("cnf", CONFIG),
            ("serial", "01\n"),
            ("cert", &certificate),
            ("key", &own.serialize_pem()),
            ("root", &root),
        ]);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/tsa", listener.local_addr().unwrap()).parse().unwrap();
        let (turns, asked) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (place, coming, count) = (folder.path().to_owned(), Arc::clone(&turns), Arc::clone(&asked));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let question = body_of(&mut stream);
                count.fetch_add(1, Ordering::SeqCst);
                let turn = coming.lock().unwrap().pop();
                let (status, sort, body) = match turn {
                    Some(Turn::Reset) => continue,
                    Some(Turn::Busy) => ("503 Busy", "text/plain", Vec::new()),
                    Some(Turn::Refused) => ("403 Forbidden", "text/plain", Vec::new()),
                    Some(Turn::Page) => ("200 OK", "text/html", b"<html>".to_vec()),
                    Some(Turn::Large) => ("200 OK", "application/timestamp-reply", vec![0x30; 9 << 20]),
                    Some(Turn::Again) => ("200 OK", "application/timestamp-reply", read(&place, "r")),
                    None => {
                        std::fs::write(place.join("q"), &question).unwrap();
                        openssl(&place, "ts -reply -config cnf -queryfile q -signer cert -inkey key -out r");
                        ("200 OK", "application/timestamp-reply; charset=binary", read(&place, "r"))
                    }
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: {sort}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                // Whoever asked may have had enough.
                let _ = stream.write_all(&[head.as_bytes(), &body].concat());
            }
        });
        Self { url, root, turns, asked, folder }
    }

    fn ask(&self, digest: [u8; 32], turns: &[Turn]) -> Result<(Vec<u8>, timestamp::Stamped), AskFault> {
        *self.turns.lock().unwrap() = turns.iter().rev().copied().collect();
        self.asked.store(0, Ordering::SeqCst);
        let wire = Wire::new(Duration::from_secs(20)).unwrap();
        let trusted = Authorities::parse(self.root.as_bytes()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(timestamp::ask(&wire, &self.url, digest, &trusted))
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// The body of a question, its heading checked.
fn body_of(stream: &mut std::net::TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let read = stream.read(&mut part).unwrap();
        bytes.extend_from_slice(&part[..read]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            assert!(read > 0);
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        assert!(
            head.starts_with("post /tsa ") && head.contains("content-type: application/timestamp-query"),
            "{head}"
        );
        let length = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
        let length: usize = length.parse().unwrap();
        if bytes.len() >= end + 4 + length {
            return bytes[end + 4..].to_vec();
        }
    }
}

fn openssl(folder: &Path, line: &str) -> bool {
    let output = Command::new("openssl").current_dir(folder).args(line.split(' ')).output().unwrap();
    output.status.success()
}

#[test]
fn an_authority_is_asked_and_what_it_answers_is_verified_here_and_by_openssl() {
    let stamper = Stamper::new();
    let place = stamper.folder.path();
    let (token, stamped) = stamper.ask([5; 32], &[]).unwrap();
    assert_eq!((stamped.signer.as_str(), stamped.policy.as_str()), ("CN=time", "1.2.3.4.1"));
    std::fs::write(place.join("token"), &token).unwrap();
    let verified = |digest: &str| {
        openssl(place, &format!("ts -verify -digest {digest} -in token -token_in -CAfile root"))
    };
    assert!(verified(&"05".repeat(32)) && !verified(&"06".repeat(32)));
    // openssl's own view of the question: it is of the digest, has a number, and wants the certificate.
    let text = Command::new("openssl")
        .current_dir(place)
        .args(["ts", "-query", "-in", "q", "-text"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains("Certificate required: yes") && text.contains("Nonce: 0x"), "{text}");

    // What passes is asked again, what does not is not.
    assert!(stamper.ask([6; 32], &[Turn::Busy]).is_ok());
    assert_eq!(stamper.asked(), 2);
    assert!(stamper.ask([6; 32], &[Turn::Reset]).is_ok());
    for (turns, asked, expected) in [
        (&[Turn::Refused][..], 1, "it answered HTTP 403"),
        (&[Turn::Page], 1, "it answered text/html"),
        (&[Turn::Large], 1, "larger than"),
        (&[Turn::Busy; 3], 3, "it answered HTTP 503"),
        // An answer to another question, though about the same digest.
        (&[Turn::Again], 1, "its number (nonce) is another"),
    ] {
        let fault = stamper.ask([6; 32], turns).unwrap_err().to_string();
        assert!(fault.contains(expected), "{fault}");
        assert_eq!(stamper.asked(), asked, "{fault}");
    }
    let other = Stamper::new();
    let stranger = Authorities::parse(other.root.as_bytes()).unwrap();
    let untrusted = timestamp::verify(&token, &[5; 32], None, &stranger).unwrap_err();
    assert!(matches!(untrusted, StampFault::Untrusted(_)), "{untrusted}");
}

/// openssl stamps by no such method, and so a token is signed again (`tests/python/pss_token.py`).
#[test]
fn tokens_by_rsa_with_pss_are_verified() {
    let place = tempfile::tempdir().unwrap();
    assert!(openssl(place.path(), "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key"));
    let key = String::from_utf8(read(place.path(), "key")).unwrap();
    let stamper = Stamper::with(&KeyPair::from_pem(&key).unwrap());
    let (token, stamped) = stamper.ask([4; 32], &[]).unwrap();
    let roots = Authorities::parse(stamper.root.as_bytes()).unwrap();
    let folder = stamper.folder.path();
    std::fs::write(folder.join("token"), token).unwrap();
    let again = |salt: &str| {
        let script = python::scripts().join("pss_token.py");
        let mut command = Command::new(python::python());
        let output =
            command.current_dir(folder).arg("-B").arg(script).args(["token", "key", "pss", salt]).output();
        assert!(output.unwrap().status.success());
        timestamp::verify(&read(folder, "pss"), &[4; 32], None, &roots)
    };
    assert_eq!(again("32").unwrap(), stamped);
    assert!(openssl(folder, "cms -verify -inform DER -in pss -CAfile root -purpose any -out said"));
    // As long a salt as no verifier takes without being told.
    assert!(matches!(again("20"), Err(StampFault::Weak(_))));
}

#[test]
fn an_authority_elsewhere_is_asked_by_https_alone() {
    let wire = Wire::new(Duration::from_secs(1)).unwrap();
    let roots = Authorities::parse(Stamper::new().root.as_bytes()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for url in ["http://tsa.example.jp/", "ftp://127.0.0.1/", "http://192.0.2.1/"] {
        let authority = url.parse().unwrap();
        let asked = timestamp::ask(&wire, &authority, [0; 32], &roots);
        assert!(matches!(runtime.block_on(asked), Err(AskFault::Address(_))), "{url}");
    }
}
