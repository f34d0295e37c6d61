//! Held against openssl, which signs and verifies by itself.

use super::*;
use std::path::Path;
use std::process::Command;

/// Runs openssl in a folder; whether it ended well.
fn openssl(folder: &Path, arguments: &[&str]) -> bool {
    Command::new("openssl").current_dir(folder).args(arguments).output().unwrap().status.success()
}

/// A folder with a pair of keys made by openssl.
fn keys() -> (tempfile::TempDir, Key, Trusted) {
    let folder = tempfile::tempdir().unwrap();
    assert!(openssl(folder.path(), &["genpkey", "-algorithm", "ed25519", "-out", "key.pem"]));
    assert!(openssl(folder.path(), &["pkey", "-in", "key.pem", "-pubout", "-out", "pub.pem"]));
    let read = |name| std::fs::read(folder.path().join(name)).unwrap();
    let (key, trusted) = (Key::parse(&read("key.pem")).unwrap(), Trusted::parse(&read("pub.pem")).unwrap());
    (folder, key, trusted)
}

fn openssl_verifies(folder: &Path, bytes: &[u8], signature: &[u8]) -> bool {
    std::fs::write(folder.join("bytes"), bytes).unwrap();
    std::fs::write(folder.join("sig"), signature).unwrap();
    let arguments = "pkeyutl -verify -pubin -inkey pub.pem -rawin -in bytes -sigfile sig";
    openssl(folder, &arguments.split(' ').collect::<Vec<_>>())
}

#[test]
fn openssl_accepts_what_is_signed_here_and_refuses_one_bit_more() {
    let (folder, key, trusted) = keys();
    let envelope: Envelope = serde_json::from_slice(&sign("application/x", b"payload", &key)).unwrap();
    let signature = STANDARD.decode(&envelope.signatures[0].sig).unwrap();
    let mut bytes = b"DSSEv1 13 application/x 7 payload".to_vec();
    assert!(openssl_verifies(folder.path(), &bytes, &signature));
    bytes[30] ^= 1;
    assert!(!openssl_verifies(folder.path(), &bytes, &signature));
    // The id is the digest of what openssl wrote.
    assert!(openssl(folder.path(), &["pkey", "-pubin", "-in", "pub.pem", "-outform", "DER", "-out", "der"]));
    let der = std::fs::read(folder.path().join("der")).unwrap();
    assert_eq!(envelope.signatures[0].keyid, hex::encode(Sha256::digest(der)));
    assert_eq!((key.id(), format!("{key:?}").contains("pair")), (trusted.id(), false));
}

#[test]
fn what_openssl_signs_is_accepted() {
    let (folder, _, trusted) = keys();
    std::fs::write(folder.path().join("bytes"), b"DSSEv1 13 application/x 7 payload").unwrap();
    let arguments = "pkeyutl -sign -inkey key.pem -rawin -in bytes -out sig";
    assert!(openssl(folder.path(), &arguments.split(' ').collect::<Vec<_>>()));
    let signature = std::fs::read(folder.path().join("sig")).unwrap();
    for encoded in [STANDARD.encode(&signature), URL_SAFE_NO_PAD.encode(&signature)] {
        let envelope = serde_json::json!({"payloadType": "application/x", "payload": "cGF5bG9hZA==",
            "signatures": [{"sig": "AAAA"}, {"keyid": "", "sig": encoded}], "later": 1});
        let verified = verify(envelope.to_string().as_bytes(), std::slice::from_ref(&trusted)).unwrap();
        assert_eq!((verified.payload.as_slice(), verified.keyid.as_str()), (&b"payload"[..], trusted.id()));
    }
}

#[test]
fn what_was_changed_or_signed_by_others_is_refused() {
    let (_one, key, trusted) = keys();
    let (_other, _, stranger) = keys();
    let envelope = sign("application/x", b"payload", &key);
    let both = [stranger.clone(), trusted.clone()];
    assert_eq!(verify(&envelope, &both).unwrap().payload, b"payload");
    let by_nobody_known = verify(&envelope, &[stranger]).unwrap_err();
    assert_eq!(by_nobody_known, EnvelopeFault::Untrusted(key.id().to_owned()));
    assert!(matches!(verify(&envelope, &[]), Err(EnvelopeFault::Untrusted(_))));

    let text = String::from_utf8(envelope).unwrap();
    let sig = text.split("\"sig\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let swapped = if sig.starts_with('A') { "B" } else { "A" }.to_owned() + &sig[1..];
    for (changed, expected) in [
        (text.replace("cGF5bG9hZA==", "cGF5bG9hZB=="), "does not fit"),
        (text.replace("cGF5bG9hZA==", "cGF5bG9hZGE="), "does not fit"),
        (text.replace("application/x", "application/y"), "does not fit"),
        (text.replace(&sig, &swapped), "does not fit"),
        (text.replace(&sig, ""), "does not fit"),
        (text.replace("cGF5bG9hZA==", "%"), "no base64"),
        (text.replace("\"payload\":", "\"payload\":\"eA==\",\"payload\":"), "duplicate field"),
        (text[..text.len() / 2].to_owned(), "no signed envelope"),
        (r#"{"payloadType":"x","payload":"","signatures":[]}"#.to_owned(), "no signatures"),
        ("[]".to_owned(), "no signed envelope"),
    ] {
        assert_ne!(changed, text);
        let fault = verify(changed.as_bytes(), std::slice::from_ref(&trusted)).unwrap_err().to_string();
        // The last bits of base64 have no meaning, and are refused.
        let expected = if changed.contains("ZB==") { "no base64" } else { expected };
        assert!(fault.contains(expected), "{changed}: {fault}");
    }
    assert_eq!(verify(&vec![b' '; SIZE_LIMIT + 1], &both), Err(EnvelopeFault::TooLarge));
}

#[test]
fn every_bit_of_the_payload_counts() {
    let (_folder, key, trusted) = keys();
    let mut envelope: Envelope = serde_json::from_slice(&sign("t", b"bits", &key)).unwrap();
    for bit in 0..32 {
        let mut payload = b"bits".to_vec();
        payload[bit / 8] ^= 1 << (bit % 8);
        envelope.payload = STANDARD.encode(payload);
        let bytes = serde_json::to_vec(&envelope).unwrap();
        assert!(matches!(verify(&bytes, std::slice::from_ref(&trusted)), Err(EnvelopeFault::Refused(_))));
    }
}

#[test]
fn other_keys_are_told_apart() {
    let (folder, _, _) = keys();
    for line in [
        "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa.pem",
        "pkey -in rsa.pem -pubout -out rsa.pub",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem",
        "pkey -in ec.pem -pubout -out ec.pub",
        "genpkey -algorithm ed448 -out ed448.pem",
        "pkey -in key.pem -aes128 -passout pass:x -out locked.pem",
        "req -x509 -key key.pem -subj /CN=x -out cert.pem",
    ] {
        assert!(openssl(folder.path(), &line.split(' ').collect::<Vec<_>>()), "{line}");
    }
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    for (name, expected) in [
        ("rsa.pem", "RSA, not Ed25519"),
        ("ec.pem", "elliptic curve"),
        ("ed448.pem", "Ed448"),
        ("locked.pem", "passphrase"),
        ("pub.pem", "a public key, not a private key"),
        ("cert.pem", "a certificate, not"),
    ] {
        let fault = Key::parse(&read(name)).unwrap_err().to_string();
        assert!(fault.contains(expected), "{name}: {fault}");
    }
    for (name, expected) in [
        ("rsa.pub", "RSA, not Ed25519"),
        ("ec.pub", "elliptic curve"),
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
    assert!(matches!(Key::parse(broken), Err(KeyFault::Broken(_))));
}
