//! Held against openssl, which signs and verifies by itself.

use super::key::KEY_LIMIT;
use super::*;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Duration;

const BOTH: [(Algorithm, &str); 2] =
    [(Algorithm::Ed25519, "ed25519"), (Algorithm::EcdsaP256, "EC -pkeyopt ec_paramgen_curve:P-256")];

/// Runs openssl in a folder; whether it ended well.
fn openssl(folder: &Path, line: &str) -> bool {
    let mut command = std::process::Command::new("openssl");
    command.current_dir(folder).args(line.split(' ')).output().unwrap().status.success()
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap()
}

/// A folder with a pair of keys made by openssl.
fn keys(algorithm: &str) -> (tempfile::TempDir, Key, Trusted) {
    let folder = tempfile::tempdir().unwrap();
    assert!(openssl(folder.path(), &format!("genpkey -algorithm {algorithm} -out key.pem")));
    assert!(openssl(folder.path(), "pkey -in key.pem -pubout -out pub.pem"));
    let key = Key::parse(&read(folder.path(), "key.pem"), None).unwrap();
    let trusted = Trusted::parse(&read(folder.path(), "pub.pem")).unwrap();
    (folder, key, trusted)
}

fn openssl_verifies(folder: &Path, bytes: &[u8], signature: &[u8], ecdsa: bool) -> bool {
    std::fs::write(folder.join("bytes"), bytes).unwrap();
    std::fs::write(folder.join("sig"), signature).unwrap();
    let digest = if ecdsa { " -digest sha256" } else { "" };
    openssl(folder, &format!("pkeyutl -verify -pubin -inkey pub.pem -rawin{digest} -in bytes -sigfile sig"))
}

#[test]
fn openssl_accepts_what_is_signed_here_and_refuses_one_bit_more() {
    for (algorithm, name) in BOTH {
        let (folder, key, trusted) = keys(name);
        let folder = folder.path();
        let envelope = sign("application/x", b"payload", &key).unwrap();
        assert_eq!(verify(&envelope, std::slice::from_ref(&trusted)).unwrap().payload, b"payload");
        let envelope: Envelope = serde_json::from_slice(&envelope).unwrap();
        let signature = STANDARD.decode(&envelope.signatures[0].sig).unwrap();
        let ecdsa = algorithm == Algorithm::EcdsaP256;
        let mut bytes = b"DSSEv1 13 application/x 7 payload".to_vec();
        assert!(openssl_verifies(folder, &bytes, &signature, ecdsa), "{name}");
        bytes[30] ^= 1;
        assert!(!openssl_verifies(folder, &bytes, &signature, ecdsa), "{name}");
        // The id is the digest of what openssl wrote, and so is the public half.
        assert!(openssl(folder, "pkey -pubin -in pub.pem -outform DER -out der"));
        assert_eq!(envelope.signatures[0].keyid, hex::encode(Sha256::digest(read(folder, "der"))));
        assert_eq!(key.public_pem().as_bytes(), read(folder, "pub.pem"));
        assert_eq!((trusted.algorithm(), key.public()), (algorithm, &trusted));
        let shown = format!("{key:?}");
        assert!(!shown.contains("pair") && !shown.contains("der"), "{shown}");
    }
}

#[test]
fn what_openssl_signs_is_accepted() {
    for (algorithm, name) in BOTH {
        let (folder, _, trusted) = keys(name);
        std::fs::write(folder.path().join("bytes"), b"DSSEv1 13 application/x 7 payload").unwrap();
        let digest = if algorithm == Algorithm::EcdsaP256 { " -digest sha256" } else { "" };
        let line = format!("pkeyutl -sign -inkey key.pem -rawin{digest} -in bytes -out sig");
        assert!(openssl(folder.path(), &line));
        let signature = read(folder.path(), "sig");
        for encoded in [STANDARD.encode(&signature), URL_SAFE_NO_PAD.encode(&signature)] {
            let envelope = serde_json::json!({"payloadType": "application/x", "payload": "cGF5bG9hZA==",
                "signatures": [{"sig": "AAAA"}, {"keyid": "", "sig": encoded, "later": {}}], "later": 1});
            let verified = verify(envelope.to_string().as_bytes(), std::slice::from_ref(&trusted)).unwrap();
            assert_eq!(
                (verified.payload.as_slice(), verified.keyid.as_str()),
                (&b"payload"[..], trusted.id())
            );
        }
    }
}

#[test]
fn what_was_changed_or_signed_by_others_is_refused() {
    for (algorithm, _) in BOTH {
        let (key, stranger) = (Key::generate(algorithm).unwrap(), Key::ephemeral().unwrap());
        let (trusted, stranger) = (key.public().clone(), stranger.public().clone());
        let envelope = sign("application/x", b"payload", &key).unwrap();
        let both = [stranger.clone(), trusted.clone()];
        assert_eq!(verify(&envelope, &both).unwrap().payload, b"payload");
        let by_nobody_known = verify(&envelope, &[stranger]).unwrap_err();
        assert_eq!(by_nobody_known, EnvelopeFault::Untrusted(key.id().to_owned()));
        assert!(matches!(verify(&envelope, &[]), Err(EnvelopeFault::Untrusted(_))));

        let text = String::from_utf8(envelope).unwrap();
        let sig = text.split("\"sig\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let swapped = if sig.starts_with('A') { "B" } else { "A" }.to_owned() + &sig[1..];
        let deep = format!("\"later\":{}{},\"payload\":", "[".repeat(60), "]".repeat(60));
        for (changed, expected) in [
            // The last bits of base64 have no meaning, and are refused.
            (text.replace("cGF5bG9hZA==", "cGF5bG9hZB=="), "no base64"),
            (text.replace("cGF5bG9hZA==", "cGF5bG9hZGE="), "does not fit"),
            (text.replace("cGF5bG9hZA==", "%"), "no base64"),
            (text.replace("application/x", "application/y"), "does not fit"),
            (text.replace(&sig, &swapped), "does not fit"),
            (text.replace(&sig, ""), "does not fit"),
            (text.replace("\"payload\":", "\"payload\":\"eA==\",\"payload\":"), "`payload` stands twice"),
            (text.replace("\"sig\":", "\"sig\":\"eA==\",\"sig\":"), "`sig` stands twice"),
            (text.replace("\"payload\":", "\"later\":1,\"later\":2,\"payload\":"), "`later` stands twice"),
            (text.replace("\"payload\":", &deep), "nested deeper"),
            (text.clone() + "{}", "trailing"),
            (text[..text.len() / 2].to_owned(), "no signed envelope"),
            (r#"{"payloadType":"x","payload":"","signatures":[]}"#.to_owned(), "no signatures"),
            (r#"{"payloadType":"x","signatures":[{"sig":""}]}"#.to_owned(), "missing field"),
            ("[]".to_owned(), "no signed envelope"),
        ] {
            assert_ne!(changed, text);
            let fault = verify(changed.as_bytes(), std::slice::from_ref(&trusted)).unwrap_err().to_string();
            assert!(fault.contains(expected), "{changed}: {fault}");
        }
        assert_eq!(verify(&vec![b' '; SIZE_LIMIT + 1], &both), Err(EnvelopeFault::TooLarge));
    }
}

#[test]
fn every_bit_of_the_payload_counts() {
    let key = Key::ephemeral().unwrap();
    let mut envelope: Envelope = serde_json::from_slice(&sign("t", b"bits", &key).unwrap()).unwrap();
    for bit in 0..32 {
        let mut payload = b"bits".to_vec();
        payload[bit / 8] ^= 1 << (bit % 8);
        envelope.payload = STANDARD.encode(payload);
        let bytes = serde_json::to_vec(&envelope).unwrap();
        let refused = verify(&bytes, std::slice::from_ref(key.public()));
        assert!(matches!(refused, Err(EnvelopeFault::Refused(_))));
    }
}

#[test]
fn other_keys_are_told_apart() {
    let (folder, _, _) = keys("ed25519");
    for line in [
        "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa.pem",
        "pkey -in rsa.pem -pubout -out rsa.pub",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.pem",
        "pkey -in p384.pem -pubout -out p384.pub",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem",
        "ec -in ec.pem -out sec1.pem",
        "ec -in ec.pem -pubout -conv_form compressed -out compressed.pub",
        "ec -in ec.pem -pubout -conv_form hybrid -out hybrid.pub",
        "ec -in ec.pem -pubout -param_enc explicit -out explicit.pub",
        "genpkey -algorithm ed448 -out ed448.pem",
        "pkey -in key.pem -aes128 -passout pass:x -out locked.pem",
        "req -x509 -key key.pem -subj /CN=x -out cert.pem",
    ] {
        assert!(openssl(folder.path(), line), "{line}");
    }
    let read = |name: &str| read(folder.path(), name);
    for (name, expected) in [
        ("rsa.pem", "RSA, and neither"),
        ("p384.pem", "over another curve"),
        ("sec1.pem", "a ec private key, not a private key"),
        ("ed448.pem", "Ed448"),
        ("locked.pem", "under a passphrase, and none was given"),
        ("pub.pem", "a public key, not a private key"),
        ("cert.pem", "a certificate, not"),
    ] {
        let fault = Key::parse(&read(name), None).unwrap_err().to_string();
        assert!(fault.contains(expected), "{name}: {fault}");
    }
    for (name, expected) in [
        ("rsa.pub", "RSA, and neither"),
        ("p384.pub", "over another curve"),
        ("compressed.pub", "the point uncompressed"),
        ("hybrid.pub", "the point uncompressed"),
        ("explicit.pub", "over another curve"),
        ("key.pem", "a private key, not a public key"),
        ("cert.pem", "a certificate, not"),
    ] {
        let fault = Trusted::parse(&read(name)).unwrap_err().to_string();
        assert!(fault.contains(expected), "{name}: {fault}");
    }
    let twice = [read("pub.pem"), read("pub.pem")].concat();
    assert_eq!(Trusted::parse(&twice), Err(KeyFault::Several));
    let cut = &read("pub.pem")[..60];
    for bytes in [&b""[..], b"hello", cut, &[0xff; 100], &[b'x'; KEY_LIMIT + 1]] {
        assert!(matches!(Trusted::parse(bytes), Err(KeyFault::NoPem(_))), "{bytes:?}");
    }
    let broken = b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    assert!(matches!(Key::parse(broken, None), Err(KeyFault::Broken(_))));
}

#[test]
fn keys_under_a_passphrase_go_to_openssl_and_back() {
    for (algorithm, name) in BOTH {
        let (folder, theirs, _) = keys(name);
        let folder = folder.path();
        for cipher in [
            "aes128",
            "aes-256-cbc",
            "aes192 -v2prf hmacWithSHA512 -iter 10000",
            "aes256 -scrypt -scrypt_N 1024 -scrypt_r 8 -scrypt_p 2",
        ] {
            let line = format!("pkcs8 -topk8 -in key.pem -v2 {cipher} -passout pass:関所 -out locked.pem");
            assert!(openssl(folder, &line), "{line}");
            let read =
                |passphrase: &str| Key::parse(&read(folder, "locked.pem"), Some(passphrase.as_bytes()));
            assert_eq!(read("関所").unwrap().id(), theirs.id(), "{cipher}");
            assert_eq!(read("関").unwrap_err(), KeyFault::Passphrase, "{cipher}");
        }
        for (line, expected) in [
            ("-v2 aes256 -v2prf hmacWithSHA1", "not read here"),
            ("-v2 des3", "not read here"),
            ("-v2 aes256 -iter 5000001", "5000001 rounds"),
        ] {
            let line = format!("pkcs8 -topk8 -in key.pem {line} -passout pass:x -out odd.pem");
            assert!(openssl(folder, &line), "{line}");
            let fault = Key::parse(&read(folder, "odd.pem"), Some(b"x")).unwrap_err().to_string();
            assert!(fault.contains(expected), "{line}: {fault}");
        }
        let ours = Key::generate(algorithm).unwrap();
        for passphrase in [None, Some("秘密の言葉")] {
            let pem = ours.to_pem(passphrase.map(str::as_bytes)).unwrap();
            assert_eq!(Key::parse(pem.as_bytes(), passphrase.map(str::as_bytes)).unwrap().id(), ours.id());
            std::fs::write(folder.join("ours.pem"), pem.as_bytes()).unwrap();
            assert!(openssl(folder, "pkey -in ours.pem -passin pass:秘密の言葉 -pubout -out ours.pub"));
            assert_eq!(read(folder, "ours.pub"), ours.public_pem().as_bytes());
        }
    }
}

/// What a file may ask of scrypt, written by hand as openssl would not.
#[test]
fn no_file_asks_for_more_work_than_is_done() {
    let locked = |n: u64, r: u16, p: u16| {
        use pkcs8::der::asn1::OctetStringRef;
        use pkcs8::der::{EncodePem, pem::LineEnding};
        use pkcs8::pkcs5::pbes2::{EncryptionScheme, Kdf, Parameters, Salt, ScryptParams};
        let salt = Salt::new([0; 16]).unwrap();
        let kdf =
            ScryptParams { salt, cost_parameter: n, block_size: r, parallelization: p, key_length: None };
        let encryption = EncryptionScheme::Aes256Cbc { iv: [0; 16] };
        let info = pkcs8::EncryptedPrivateKeyInfoRef {
            encryption_algorithm: Parameters { kdf: Kdf::Scrypt(kdf), encryption }.into(),
            encrypted_data: OctetStringRef::new(&[0; 48]).unwrap(),
        };
        info.to_pem(LineEnding::LF).unwrap()
    };
    for (n, r, p) in [
        (0, 8, 1),
        (1, 8, 1),
        (3, 8, 1),
        (16_384, 0, 1),
        (16_384, 8, 0),
        (1 << 19, 8, 1),
        (1 << 63, 65_535, 65_535),
        (1 << 14, 8, 33),
        (2, 65_535, 65_535),
    ] {
        let fault = Key::parse(locked(n, r, p).as_bytes(), Some(b"x")).unwrap_err();
        assert!(matches!(fault, KeyFault::Work(_)), "{n} {r} {p}: {fault}");
    }
    let most = Key::parse(locked(2, 8, 1).as_bytes(), Some(b"x")).unwrap_err();
    assert!(matches!(most, KeyFault::Passphrase), "{most}");
}

fn program(script: &str, public: &Trusted) -> Command {
    Command::new("sh", vec!["-c".to_owned(), script.to_owned()], public.clone())
}

#[test]
fn a_program_signs_and_what_it_writes_is_held_to_the_public_key() {
    for (algorithm, name) in BOTH {
        let (folder, _, trusted) = keys(name);
        let key = folder.path().join("key.pem");
        let input = folder.path().join("in");
        let digest = if algorithm == Algorithm::EcdsaP256 { "-digest sha256" } else { "" };
        let binary = format!(
            "cat > {1} && openssl pkeyutl -sign -inkey {0} -rawin {digest} -in {1}",
            key.display(),
            input.display()
        );
        for script in [binary.clone(), format!("{binary} | openssl base64"), format!("{binary} | base64 -w0")]
        {
            let signer = program(&script, &trusted);
            let envelope = sign("application/x", b"payload", &signer).unwrap();
            let verified = verify(&envelope, std::slice::from_ref(&trusted)).unwrap();
            assert_eq!((verified.keyid.as_str(), signer.id()), (trusted.id(), trusted.id()));
        }
        // Much that is to be signed, much that is said, and nothing that is read of it.
        let loud = format!("head -c 200000 /dev/zero >&2; {binary}");
        assert!(
            verify(&sign("x", &vec![7; 1 << 20], &program(&loud, &trusted)).unwrap(), &[trusted]).is_ok()
        );
    }
}

#[test]
fn a_program_that_does_not_sign_is_told() {
    let (key, other) = (Key::ephemeral().unwrap(), Key::ephemeral().unwrap());
    let wrong = STANDARD.encode(other.sign(b"DSSEv1 1 x 1 y").unwrap());
    for (script, expected) in [
        ("exit 3".to_owned(), "exit status: 3"),
        ("echo 'PIN is locked' >&2; exit 1".to_owned(), "(exit status: 1): PIN is locked"),
        ("printf '\\033[31m' >&2; exit 1".to_owned(), "[31m"),
        ("head -c 9000 /dev/zero | tr '\\0' a >&2; printf 'in the end' >&2; exit 1".to_owned(), "in the end"),
        ("cat >/dev/null".to_owned(), "(0 bytes) is no signature"),
        (format!("printf %s {wrong}"), "(88 bytes) is no signature"),
        ("cat /dev/zero".to_owned(), "more than 4096 bytes"),
        ("exec >&-; sleep 5".to_owned(), "had not ended after 0 s"),
        ("sleep 5 & sleep 5".to_owned(), "had not ended after 0 s"),
    ] {
        let patience =
            if script.contains("sleep") { Duration::from_millis(300) } else { Duration::from_secs(60) };
        let signer = program(&script, key.public()).patience(patience);
        let fault = sign("x", b"y", &signer).unwrap_err().to_string();
        assert!(fault.contains(expected), "{script}: {fault}");
        assert!(fault.chars().count() < 600 && !fault.contains('\u{1b}'), "{fault}");
    }
    let missing = Command::new("/nowhere/signer", Vec::new(), key.public().clone());
    assert!(matches!(missing.sign(b"x"), Err(SignFault::Start { .. })));
    // The passphrase of this program is none of another's business.
    let shows = program("printf %s \"[$HOME]\" >&2; exit 1", key.public()).without("HOME");
    assert!(shows.sign(b"x").unwrap_err().to_string().ends_with("[]"));
}

proptest! {
    #[test]
    fn nothing_that_is_read_brings_it_down(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..100) {
        let key = Key::ephemeral().unwrap();
        let _ = verify(&bytes, std::slice::from_ref(key.public()));
        let body = STANDARD.encode(&bytes);
        for label in ["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PUBLIC KEY"] {
            let pem = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
            prop_assert!(Key::parse(pem.as_bytes(), Some(b"x")).is_err());
            prop_assert!(Trusted::parse(pem.as_bytes()).is_err());
        }
        let mut envelope = sign("t", b"payload", &key).unwrap();
        if let (Some(byte), Some(other)) = (envelope.get_mut(at), bytes.first()) {
            let was = std::mem::replace(byte, *other);
            let read = verify(&envelope, std::slice::from_ref(key.public()));
            prop_assert!(was == *other || read.map_or(true, |read| read.payload == b"payload" && read.payload_type == "t"));
        }
    }
}
