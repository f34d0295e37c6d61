//! Held against openssl, which stamps and verifies by itself; certificates of every sort are made up by rcgen.

use super::*;
use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use std::path::Path;
use std::process::Command;
use x509_parser::prelude::FromDer;

const CONFIG: &str = "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\n\
    digests = sha256, sha512\naccuracy = secs:1, millisecs:500, microsecs:100\nclock_precision_digits = 3\n\
    ess_cert_id_alg = sha256\n";
/// Purposes (DER): time-stamps; time-stamps and code; code.
const STAMPS: &[u8] = &[0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];
const STAMPS_AND_CODE: &[u8] = &[
    0x30, 0x14, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08, 0x06, 0x08, 0x2b, 0x06, 0x01,
    0x05, 0x05, 0x07, 0x03, 0x03,
];
const CODE: &[u8] = &[0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03];
const PURPOSE: &[u64] = &[2, 5, 29, 37];

type Change = fn(&mut CertificateParams);

/// Somebody who issues certificates.
struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn params(name: &str, most: BasicConstraints) -> CertificateParams {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(most);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    fn root(name: &str) -> Self {
        let (params, key) =
            (Self::params(name, BasicConstraints::Unconstrained), KeyPair::generate().unwrap());
        let pem = params.self_signed(&key).unwrap().pem();
        Self(Issuer::new(params, key), pem)
    }

    fn below(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let (mut params, key) =
            (Self::params(name, BasicConstraints::Unconstrained), KeyPair::generate().unwrap());
        change(&mut params);
        let pem = params.signed_by(&key, &self.0).unwrap().pem();
        Self(Issuer::new(params, key), pem)
    }

    /// The certificate of somebody who stamps.
    fn stamper(&self, key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> String {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "stamps");
        params.custom_extensions = vec![purpose(STAMPS, true)];
        change(&mut params);
        params.signed_by(key, &self.0).unwrap().pem()
    }

    fn trusted(&self) -> Authorities {
        Authorities::parse(self.1.as_bytes()).unwrap()
    }
}

fn purpose(der: &[u8], critical: bool) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(PURPOSE, der.to_vec());
    extension.set_criticality(critical);
    extension
}

fn openssl(folder: &Path, line: &str) -> bool {
    let output = Command::new("openssl").current_dir(folder).args(line.split(' ')).output().unwrap();
    if !output.status.success() {
        eprintln!("{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
    output.status.success()
}

/// An answer of openssl to a question, with these files: certificate, key, and whatever is to be enclosed besides.
fn stamped(question: &Question, certificate: &str, key: &str, chain: &str, config: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("serial", b"0A\n");
    for (name, text) in [("cnf", config), ("cert", certificate), ("key", key), ("chain", chain)] {
        write(name, text.as_bytes());
    }
    write("q", &question.to_der());
    let chain = if chain.is_empty() { "" } else { " -chain chain" };
    let line = format!("ts -reply -config cnf -queryfile q -signer cert -inkey key{chain} -out r");
    assert!(openssl(folder.path(), &line), "{line}");
    std::fs::read(folder.path().join("r")).unwrap()
}

/// A token as good as any, and the root that stands behind it.
fn good() -> (Question, Vec<u8>, Authority) {
    let (root, key) = (Authority::root("root"), KeyPair::generate().unwrap());
    let question = Question::new([7; 32]).unwrap();
    let answer = stamped(&question, &root.stamper(&key, |_| {}), &key.serialize_pem(), "", CONFIG);
    let token = question.token(&answer).unwrap().to_vec();
    (question, token, root)
}

#[test]
fn a_token_of_openssl_is_verified() {
    let (question, token, root) = good();
    let shown = verify(&token, &[7; 32], Some(question.nonce()), &root.trusted()).unwrap();
    assert_eq!((shown.accuracy_us, shown.policy.as_str()), (Some(1_500_100), "1.2.3.4.1"));
    assert_eq!((shown.signer.as_str(), shown.issuer.as_str()), ("CN=stamps", "CN=root"));
    let age = Timestamp::now().duration_since(shown.at).as_secs();
    assert!((-5..600).contains(&age), "{shown:?}");
    // Without the question at hand, its number is not asked.
    assert_eq!(verify(&token, &[7; 32], None, &root.trusted()).unwrap(), shown);

    let words = |fault: StampFault| fault.to_string();
    let other = Authority::root("root");
    let untrusted = verify(&token, &[7; 32], None, &other.trusted()).unwrap_err();
    assert_eq!(words(untrusted), "its certificate (CN=stamps) leads to none of the trusted roots");
    let digest = verify(&token, &[8; 32], None, &root.trusted()).unwrap_err();
    assert_eq!(
        words(digest),
        format!("it is the time-stamp of something else: the digest in it is {}", "07".repeat(32))
    );
    let nonce = verify(&token, &[7; 32], Some(&[1; 16]), &root.trusted()).unwrap_err();
    assert_eq!(nonce, StampFault::Nonce);
    let large = vec![0; TOKEN_LIMIT + 1];
    assert_eq!(verify(&large, &[7; 32], None, &root.trusted()), Err(StampFault::TooLarge));
}

#[test]
fn every_way_of_signing_is_taken_that_is_no_weaker() {
    let root = Authority::root("root");
    for (algorithm, digest, taken) in [
        ("RSA -pkeyopt rsa_keygen_bits:2048", "sha256", true),
        ("RSA -pkeyopt rsa_keygen_bits:3072", "sha384", true),
        ("RSA -pkeyopt rsa_keygen_bits:2048", "sha512", true),
        ("RSA -pkeyopt rsa_keygen_bits:2048", "sha1", false),
        ("EC -pkeyopt ec_paramgen_curve:P-256", "sha256", true),
        ("EC -pkeyopt ec_paramgen_curve:P-384", "sha384", true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        assert!(openssl(folder.path(), &format!("genpkey -algorithm {algorithm} -out key")));
        let key = std::fs::read_to_string(folder.path().join("key")).unwrap();
        let certificate = root.stamper(&KeyPair::from_pem(&key).unwrap(), |_| {});
        let config = CONFIG.replace("signer_digest = sha256", &format!("signer_digest = {digest}"));
        let question = Question::new([1; 32]).unwrap();
        let answer = stamped(&question, &certificate, &key, "", &config);
        let shown =
            verify(question.token(&answer).unwrap(), &[1; 32], Some(question.nonce()), &root.trusted());
        match taken {
            true => assert_eq!(shown.unwrap().issuer, "CN=root", "{algorithm} {digest}"),
            false => assert!(matches!(shown, Err(StampFault::Weak(_))), "{algorithm} {digest}: {shown:?}"),
        }
    }
    // A certificate bound by SHA-1 alone.
    let key = KeyPair::generate().unwrap();
    let config = CONFIG.replace("ess_cert_id_alg = sha256", "ess_cert_id_alg = sha1");
    let question = Question::new([1; 32]).unwrap();
    let answer = stamped(&question, &root.stamper(&key, |_| {}), &key.serialize_pem(), "", &config);
    let shown = verify(question.token(&answer).unwrap(), &[1; 32], None, &root.trusted()).unwrap_err();
    assert!(shown.to_string().contains("signing-certificate-v2"), "{shown}");
}

#[test]
fn certificates_that_may_not_stamp_are_refused() {
    let root = Authority::root("root");
    let key = KeyPair::generate().unwrap();
    let (question, token, own) = good();
    // openssl itself stamps with few of these: what they may do is asked of them alone.
    let refused = |change: &dyn Fn(&mut CertificateParams)| {
        let pem = root.stamper(&key, change);
        let (_, parsed) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
        let (_, certificate) = X509Certificate::from_der(&parsed.contents).unwrap();
        let at = "2026-11-30T00:00:00Z".parse().unwrap();
        chain::lead(&certificate, &[], &root.trusted(), at)
            .map(<[u8]>::to_vec)
            .map_err(|fault| fault.to_string())
    };
    assert!(refused(&|_| {}).is_ok());
    let said = |change: &dyn Fn(&mut CertificateParams)| refused(change).unwrap_err();
    let with = |extension: CustomExtension| {
        said(&move |params: &mut CertificateParams| params.custom_extensions = vec![extension.clone()])
    };
    assert!(with(purpose(STAMPS, false)).contains("not marked as critical"));
    assert!(with(purpose(STAMPS_AND_CODE, true)).contains("not time-stamps alone"));
    assert!(with(purpose(CODE, true)).contains("not time-stamps alone"));
    assert!(said(&|params| params.custom_extensions.clear()).contains("is not said"));
    assert!(said(&|params| params.custom_extensions.push(purpose(STAMPS, true))).contains("stands twice"));
    let ended = said(&|params| params.not_after = date_time_ymd(2026, 1, 1));
    assert!(ended.contains("and the time-stamp is of 2026-11-30T00:00:00Z"), "{ended}");
    assert!(said(&|params| params.not_before = date_time_ymd(2027, 1, 1)).contains("valid from 2027-01-01"));
    assert!(
        said(&|params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment])
            .contains("signatures alone")
    );
    assert!(refused(&|params| params.key_usages = vec![KeyUsagePurpose::DigitalSignature]).is_ok());
    let mut odd = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
    odd.set_criticality(true);
    assert!(
        said(&|params| params.custom_extensions.push(odd.clone())).contains("not understood here (1.2.3.4)")
    );
    // A whole token of a certificate that has ended.
    let ended = root.stamper(&key, |params| params.not_after = date_time_ymd(2026, 1, 1));
    let late = Question::new([9; 32]).unwrap();
    let answer = stamped(&late, &ended, &key.serialize_pem(), "", CONFIG);
    let said =
        verify(late.token(&answer).unwrap(), &[9; 32], Some(late.nonce()), &root.trusted()).unwrap_err();
    assert!(said.to_string().contains("(CN=stamps) may not sign it: it is valid from"), "{said}");
    // The control: the token that stands for all of these is good.
    assert!(verify(&token, &[7; 32], Some(question.nonce()), &own.trusted()).is_ok());
}

#[test]
fn a_path_is_followed_as_far_as_it_may_be() {
    let root = Authority::root("root");
    let key = KeyPair::generate().unwrap();
    let question = Question::new([3; 32]).unwrap();
    let shown = |issuer: &Authority, between: &[&Authority]| {
        let enclosed = between.iter().map(|authority| authority.1.as_str()).collect::<String>();
        let answer =
            stamped(&question, &issuer.stamper(&key, |_| {}), &key.serialize_pem(), &enclosed, CONFIG);
        verify(question.token(&answer).unwrap(), &[3; 32], None, &root.trusted())
            .map_err(|fault| fault.to_string())
    };
    let one = root.below("one", |_| {});
    let two = one.below("two", |_| {});
    let three = two.below("three", |_| {});
    let four = three.below("four", |_| {});
    assert_eq!(shown(&one, &[&one]).unwrap().issuer, "CN=one");
    assert!(shown(&three, &[&one, &two, &three]).is_ok());
    assert!(shown(&four, &[&one, &two, &three, &four]).unwrap_err().contains("none of the trusted roots"));
    assert!(shown(&two, &[&two]).unwrap_err().contains("none of the trusted roots"));
    assert!(shown(&two, &[&two, &root]).unwrap_err().contains("none of the trusted roots"));

    let none_below = root.below("none", |params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    assert!(shown(&none_below, &[&none_below]).is_ok());
    let beyond = none_below.below("beyond", |_| {});
    assert!(
        shown(&beyond, &[&none_below, &beyond]).unwrap_err().contains("more certificates stand below it")
    );
    let cases: [(Change, &str); 5] = [
        (|params| params.is_ca = IsCa::ExplicitNoCa, "no authority"),
        (|params| params.is_ca = IsCa::NoCa, "no authority"),
        (|params| params.key_usages = vec![KeyUsagePurpose::CrlSign], "may not sign certificates"),
        (|params| params.not_after = date_time_ymd(2025, 1, 1), "valid from"),
        (|params| params.custom_extensions = vec![purpose(CODE, false)], "excludes time-stamps"),
    ];
    for (change, expected) in cases {
        let bad = root.below("bad", change);
        let said = shown(&bad, &[&bad]).unwrap_err();
        assert!(said.contains(expected) && said.contains("CN=bad"), "{expected}: {said}");
    }
}

#[test]
fn roots_are_read_or_refused() {
    let root = Authority::root("root").1;
    assert!(Authorities::parse(root.repeat(2).as_bytes()).is_ok());
    let key = KeyPair::generate().unwrap().serialize_pem();
    for (text, expected) in [
        (String::new(), "no certificate"),
        (root.clone() + &key, "not only certificates"),
        (
            "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n".to_owned(),
            "certificate 1 cannot be read",
        ),
        (root.repeat(501), "more than 500"),
        ("x".repeat((4 << 20) + 1), "larger than"),
    ] {
        assert!(Authorities::parse(text.as_bytes()).unwrap_err().contains(expected), "{expected}");
    }
}

#[test]
fn answers_without_a_token_are_told() {
    let question = Question::new([0; 32]).unwrap();
    for (answer, expected) in [
        (&b""[..], "no time-stamp"),
        (b"<html>", "no time-stamp"),
        (&[0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x00], "no time-stamp"),
        (&[0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02], "it declined: status 2"),
        (
            &[0x30, 0x0d, 0x30, 0x0b, 0x02, 0x01, 0x02, 0x30, 0x02, 0x0c, 0x00, 0x03, 0x02, 0x05, 0x20],
            "the question is not permitted",
        ),
    ] {
        let said = question.token(answer).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn no_byte_of_a_token_can_be_another() {
    let (question, token, root) = good();
    let (roots, nonce) = (root.trusted(), Some(question.nonce()));
    for at in 0..token.len() {
        for change in [0x01, 0x20, 0x80] {
            let mut other = token.clone();
            other[at] ^= change;
            let shown = verify(&other, &[7; 32], nonce, &roots);
            assert!(shown.is_err(), "byte {at} ^ {change:02x} of {}: {shown:?}", token.len());
        }
        assert!(verify(&token[..at], &[7; 32], nonce, &roots).is_err(), "cut at {at}");
    }
    let more = [&token[..], &[0]].concat();
    assert!(verify(&more, &[7; 32], nonce, &roots).is_err());
}

fn token_once() -> &'static (Question, Vec<u8>, Authorities) {
    static TOKEN: std::sync::OnceLock<(Question, Vec<u8>, Authorities)> = std::sync::OnceLock::new();
    TOKEN.get_or_init(|| {
        let (question, token, root) = good();
        (question, token, root.trusted())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn nothing_that_is_changed_at_random_verifies(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..6),
    ) {
        let (question, token, roots) = token_once();
        let mut other = token.clone();
        for (at, byte, how) in changes {
            let at = at.index(other.len());
            match how {
                0 => other[at] = byte,
                1 => other.insert(at, byte),
                _ => drop(other.remove(at)),
            }
        }
        let shown = verify(&other, &[7; 32], Some(question.nonce()), roots);
        prop_assert!(other == *token || shown.is_err());
    }

    #[test]
    fn garbage_is_no_time_stamp(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (question, _, roots) = token_once();
        prop_assert!(verify(&bytes, &[7; 32], None, roots).is_err());
        prop_assert!(question.token(&bytes).is_err());
    }
}
