//! Keys: Ed25519 (RFC 8032, RFC 8410) and ECDSA over P-256 (RFC 5480), in PEM files.

use super::locked;
use super::signer::{SignFault, Signer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pkcs8::der::zeroize::Zeroizing;
use pkcs8::{LineEnding, SecretDocument};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    UnparsedPublicKey, VerificationAlgorithm,
};
use schemars::JsonSchema;
use sekisho_contract::gap::shorten;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use x509_parser::asn1_rs::{Any, FromDer, Oid};
use x509_parser::der_parser::oid;
use x509_parser::x509::SubjectPublicKeyInfo;

/// Largest key file that is read, in bytes.
pub(super) const KEY_LIMIT: usize = 64 << 10;

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Ed25519.
    Ed25519,
    /// ECDSA over P-256 with SHA-256, signatures in DER.
    EcdsaP256,
}

/// A private key.
pub struct Key {
    pair: Pair,
    /// PKCS #8.
    der: Zeroizing<Vec<u8>>,
    public: Trusted,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    EcdsaP256(EcdsaKeyPair),
}

/// A public key that is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    algorithm: Algorithm,
    key: Vec<u8>,
    id: String,
}

/// A key file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// No PEM, or broken.
    #[error("it holds no PEM: {0}")]
    NoPem(String),
    /// More than a key.
    #[error("it holds more than one PEM section")]
    Several,
    /// Another sort of PEM.
    #[error("it holds a {0}, not a {1}")]
    Other(String, &'static str),
    /// A private key under a passphrase that was not given.
    #[error("the private key is under a passphrase, and none was given")]
    Locked,
    /// Another passphrase.
    #[error("the passphrase does not open the private key")]
    Passphrase,
    /// Under a passphrase in a way that is not read.
    #[error("the private key is under a passphrase in a way that is not read here: {0}")]
    Scheme(String),
    /// Opening it would cost more than is done for any key.
    #[error("to open the private key would cost more than is done for any: it asks for {0}")]
    Work(String),
    /// A key of another algorithm.
    #[error("the key is {0}, and neither Ed25519 nor ECDSA P-256")]
    Algorithm(String),
    /// Not what its heading says.
    #[error("the key cannot be read: {0}")]
    Broken(String),
    /// No random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

impl Algorithm {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "Ed25519",
            Self::EcdsaP256 => "ECDSA P-256",
        }
    }

    /// What stands before a key in its SubjectPublicKeyInfo (RFC 8410, RFC 5480), and how long the key is.
    const fn head(self) -> (&'static [u8], usize) {
        match self {
            Self::Ed25519 => (&ED25519_HEAD, 32),
            // 0x04, the point in full.
            Self::EcdsaP256 => (&P256_HEAD, 65),
        }
    }

    fn verifies(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Ed25519 => &ED25519,
            Self::EcdsaP256 => &ECDSA_P256_SHA256_ASN1,
        }
    }
}

impl Key {
    /// Reads a private key: PEM, PKCS #8, in the clear or under a passphrase. A passphrase that is not needed is left.
    pub fn parse(pem: &[u8], passphrase: Option<&[u8]>) -> Result<Self, KeyFault> {
        let (label, contents) = section(pem)?;
        let contents = Zeroizing::new(contents);
        match (label.as_str(), passphrase) {
            ("PRIVATE KEY", _) => Self::of_der(&contents),
            ("ENCRYPTED PRIVATE KEY", None) => Err(KeyFault::Locked),
            ("ENCRYPTED PRIVATE KEY", Some(passphrase)) => {
                Self::of_der(locked::open(&contents, passphrase)?.as_bytes())
            }
            (found, _) => Err(KeyFault::Other(shorten(&found.to_lowercase()), "private key")),
        }
    }

    /// A new key.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyFault> {
        let random = SystemRandom::new();
        match algorithm {
            Algorithm::Ed25519 => {
                // The form of RFC 8410 without the public half, which every reader takes.
                let mut der = Zeroizing::new(ED25519_PRIVATE_HEAD.to_vec());
                let mut seed = Zeroizing::new([0_u8; 32]);
                random.fill(&mut *seed).map_err(|_| KeyFault::Random)?;
                der.extend_from_slice(&*seed);
                Self::of_der(&der)
            }
            Algorithm::EcdsaP256 => {
                let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
                Self::of_der(made.map_err(|_| KeyFault::Random)?.as_ref())
            }
        }
    }

    /// A new key, for what is signed and forgotten.
    pub fn ephemeral() -> Result<Self, KeyFault> {
        Self::generate(Algorithm::Ed25519)
    }

    fn of_der(der: &[u8]) -> Result<Self, KeyFault> {
        let broken = |cause: ring::error::KeyRejected| KeyFault::Broken(cause.to_string());
        let pair = match private_algorithm(der)? {
            Algorithm::Ed25519 => {
                Pair::Ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(broken)?)
            }
            Algorithm::EcdsaP256 => {
                let random = SystemRandom::new();
                let read = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der, &random);
                Pair::EcdsaP256(read.map_err(broken)?)
            }
        };
        let public = match &pair {
            Pair::Ed25519(pair) => Trusted::of(Algorithm::Ed25519, pair.public_key().as_ref()),
            Pair::EcdsaP256(pair) => Trusted::of(Algorithm::EcdsaP256, pair.public_key().as_ref()),
        };
        Ok(Self { pair, der: Zeroizing::new(der.to_vec()), public })
    }

    /// The key as [`Key::parse`] reads it: PKCS #8, under the passphrase where one is given (scrypt and AES-256).
    pub fn to_pem(&self, passphrase: Option<&[u8]>) -> Result<Zeroizing<String>, KeyFault> {
        if let Some(passphrase) = passphrase {
            return locked::close(&self.der, passphrase);
        }
        let written = SecretDocument::try_from(self.der.as_slice())
            .and_then(|document| document.to_pem("PRIVATE KEY", LineEnding::LF));
        written.map_err(|cause| KeyFault::Broken(shorten(&cause.to_string())))
    }

    /// Its public half.
    pub const fn public(&self) -> &Trusted {
        &self.public
    }

    /// Its public half, as [`Trusted::parse`] reads it.
    pub fn public_pem(&self) -> String {
        self.public.to_pem()
    }

    /// Its id.
    pub fn id(&self) -> &str {
        self.public.id()
    }
}

impl Signer for Key {
    fn id(&self) -> &str {
        self.public.id()
    }

    fn public_pem(&self) -> String {
        Key::public_pem(self)
    }

    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, SignFault> {
        match &self.pair {
            Pair::Ed25519(pair) => Ok(pair.sign(bytes).as_ref().to_vec()),
            Pair::EcdsaP256(pair) => match pair.sign(&SystemRandom::new(), bytes) {
                Ok(signature) => Ok(signature.as_ref().to_vec()),
                Err(_) => Err(SignFault::Key(KeyFault::Random)),
            },
        }
    }
}

// The key itself is never shown.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("public", &self.public).finish_non_exhaustive()
    }
}

impl Trusted {
    /// Reads a public key: PEM, SubjectPublicKeyInfo, in its one DER encoding.
    pub fn parse(pem: &[u8]) -> Result<Self, KeyFault> {
        let (label, der) = section(pem)?;
        if label != "PUBLIC KEY" {
            return Err(KeyFault::Other(shorten(&label.to_lowercase()), "public key"));
        }
        for algorithm in [Algorithm::Ed25519, Algorithm::EcdsaP256] {
            let (head, length) = algorithm.head();
            match der.strip_prefix(head) {
                Some(key) if key.len() == length && (length == 32 || key.first() == Some(&0x04)) => {
                    return Ok(Self::of(algorithm, key));
                }
                _ => {}
            }
        }
        let (_, info) = SubjectPublicKeyInfo::from_der(&der)
            .map_err(|cause| KeyFault::Broken(shorten(&cause.to_string())))?;
        let curve = info.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
        // Any other encoding of the same key would be another id for it.
        Err(match known(&info.algorithm.algorithm, curve.as_ref()) {
            Ok(algorithm) => {
                let name = algorithm.name();
                KeyFault::Broken(format!("it is no {name} key in DER, the point uncompressed"))
            }
            Err(fault) => fault,
        })
    }

    fn of(algorithm: Algorithm, key: &[u8]) -> Self {
        let id = hex::encode(Sha256::digest([algorithm.head().0, key].concat()));
        Self { algorithm, key: key.to_vec(), id }
    }

    /// The key as [`Trusted::parse`] reads it.
    pub fn to_pem(&self) -> String {
        let text = STANDARD.encode([self.algorithm.head().0, &self.key].concat());
        let mut pem = "-----BEGIN PUBLIC KEY-----".to_owned();
        for (at, letter) in text.chars().enumerate() {
            if at % 64 == 0 {
                pem.push('\n');
            }
            pem.push(letter);
        }
        pem + "\n-----END PUBLIC KEY-----\n"
    }

    /// Whether a signature over the bytes is this key's.
    pub fn signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(self.algorithm.verifies(), &self.key).verify(bytes, signature).is_ok()
    }

    /// How it signs.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

const ED25519_OID: Oid<'static> = oid!(1.3.101.112);
const EC_OID: Oid<'static> = oid!(1.2.840.10045.2.1);
const P256_OID: Oid<'static> = oid!(1.2.840.10045.3.1.7);

const ED25519_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// What stands before the seed of an Ed25519 key in its PKCS #8.
const ED25519_PRIVATE_HEAD: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The label and the bytes of the one PEM section a file holds.
fn section(pem: &[u8]) -> Result<(String, Vec<u8>), KeyFault> {
    if pem.len() > KEY_LIMIT {
        return Err(KeyFault::NoPem("it is too large for a key".to_owned()));
    }
    let mut sections = x509_parser::pem::Pem::iter_from_buffer(pem);
    let first = match sections.next() {
        None => return Err(KeyFault::NoPem("there is no -----BEGIN".to_owned())),
        Some(first) => first.map_err(|cause| KeyFault::NoPem(shorten(&cause.to_string())))?,
    };
    if sections.next().is_some() {
        return Err(KeyFault::Several);
    }
    Ok((first.label, first.contents))
}

/// The algorithm of a PKCS #8 key: version, then the algorithm's sequence.
fn private_algorithm(der: &[u8]) -> Result<Algorithm, KeyFault> {
    fn named(der: &[u8]) -> Option<(Oid<'_>, Option<Oid<'_>>)> {
        let (_, outer) = Any::from_der(der).ok()?;
        let (rest, _version) = Any::from_der(outer.data).ok()?;
        let (_, algorithm) = Any::from_der(rest).ok()?;
        let (rest, method) = Any::from_der(algorithm.data).ok()?;
        let curve = Any::from_der(rest).ok().and_then(|(_, curve)| curve.oid().ok());
        Some((method.oid().ok()?, curve))
    }
    let (method, curve) = named(der).ok_or_else(|| KeyFault::Broken("no PKCS #8".to_owned()))?;
    known(&method, curve.as_ref())
}

fn known(method: &Oid<'_>, curve: Option<&Oid<'_>>) -> Result<Algorithm, KeyFault> {
    let others = [
        (oid!(1.2.840.113549.1.1.1), "RSA"),
        (EC_OID, "an elliptic curve key (EC) over another curve"),
        (oid!(1.3.101.110), "X25519"),
        (oid!(1.3.101.113), "Ed448"),
    ];
    if *method == ED25519_OID {
        return Ok(Algorithm::Ed25519);
    }
    if *method == EC_OID && curve == Some(&P256_OID) {
        return Ok(Algorithm::EcdsaP256);
    }
    let name = others.into_iter().find(|(oid, _)| oid == method);
    let unknown = || format!("of the algorithm {method}");
    Err(KeyFault::Algorithm(name.map_or_else(unknown, |(_, name)| name.to_owned())))
}
