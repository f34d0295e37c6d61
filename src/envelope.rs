//! A signed envelope (DSSE v1, <https://github.com/secure-systems-lab/dsse>): a payload with its type, and Ed25519
//! signatures over both.
//!
//! Keys are PEM files as `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write them. A key's id is the
//! SHA-256 of its public half (DER, SubjectPublicKeyInfo); it only says which key to try, never whom to trust.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sekisho_contract::gap::shorten;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use x509_parser::asn1_rs::{Any, FromDer, Oid};
use x509_parser::der_parser::oid;
use x509_parser::x509::SubjectPublicKeyInfo;

/// Largest envelope that is read, in bytes.
pub const SIZE_LIMIT: usize = 32 << 20;
/// Most signatures looked at.
const SIGNATURES: usize = 16;
/// Largest key file that is read, in bytes.
const KEY_LIMIT: usize = 64 << 10;

/// A private key.
pub struct Key {
    pair: Ed25519KeyPair,
    id: String,
}

/// A public key that is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    key: [u8; 32],
    id: String,
}

/// What an envelope holds, its signature verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The media type that was signed with it.
    pub payload_type: String,
    /// The payload.
    pub payload: Vec<u8>,
    /// The id of the key that signed it.
    pub keyid: String,
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
    /// A private key under a passphrase.
    #[error("the private key is under a passphrase, which is not read here")]
    Locked,
    /// A key of another algorithm.
    #[error("the key is {0}, not Ed25519")]
    Algorithm(String),
    /// Not what its heading says.
    #[error("the key cannot be read: {0}")]
    Broken(String),
}

/// An envelope that shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeFault {
    /// Larger than any that is read.
    #[error("it is larger than {SIZE_LIMIT} bytes")]
    TooLarge,
    /// No envelope.
    #[error("it is no signed envelope: {0}")]
    Malformed(String),
    /// Nobody trusted signed it.
    #[error("it is signed by none of the trusted keys, but by {0}")]
    Untrusted(String),
    /// A trusted key is named, and its signature does not fit.
    #[error("the signature of the trusted key {0} does not fit: it was changed after it was signed")]
    Refused(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
struct Signature {
    #[serde(default)]
    keyid: String,
    sig: String,
}

/// Signs a payload. The envelope is one line of JSON.
pub fn sign(payload_type: &str, payload: &[u8], key: &Key) -> Vec<u8> {
    let sig = STANDARD.encode(key.pair.sign(&signed_bytes(payload_type, payload)));
    let envelope = Envelope {
        payload_type: payload_type.to_owned(),
        payload: STANDARD.encode(payload),
        signatures: vec![Signature { keyid: key.id.clone(), sig }],
    };
    // Texts and lists alone: there is nothing in it that JSON could not hold.
    let mut text = serde_json::to_vec(&envelope).unwrap_or_default();
    text.push(b'\n');
    text
}

/// Takes a payload out of its envelope, if one of the trusted keys signed it. Nothing of it is read before.
pub fn verify(envelope: &[u8], trusted: &[Trusted]) -> Result<Verified, EnvelopeFault> {
    if envelope.len() > SIZE_LIMIT {
        return Err(EnvelopeFault::TooLarge);
    }
    let malformed = |cause: &str| EnvelopeFault::Malformed(shorten(cause));
    let Envelope { payload_type, payload, signatures } =
        serde_json::from_slice(envelope).map_err(|cause| malformed(&cause.to_string()))?;
    if signatures.is_empty() || signatures.len() > SIGNATURES {
        return Err(malformed("it has no signatures, or too many"));
    }
    let payload = decoded(&payload).ok_or_else(|| malformed("its payload is no base64"))?;
    let signed = signed_bytes(&payload_type, &payload);
    let mut refused = None;
    for signature in &signatures {
        let sig = decoded(&signature.sig).ok_or_else(|| malformed("a signature is no base64"))?;
        for key in trusted {
            if UnparsedPublicKey::new(&ED25519, key.key).verify(&signed, &sig).is_ok() {
                return Ok(Verified { payload_type, payload, keyid: key.id.clone() });
            }
            if signature.keyid == key.id {
                refused = Some(key.id.clone());
            }
        }
    }
    match refused {
        Some(key) => Err(EnvelopeFault::Refused(key)),
        None => {
            let ids = signatures.iter().map(|signature| match signature.keyid.as_str() {
                "" => "a key without a name",
                id => id,
            });
            Err(EnvelopeFault::Untrusted(shorten(&ids.collect::<Vec<_>>().join(", "))))
        }
    }
}

/// The payload of an envelope and its type, which nobody vouches for yet: to learn which key it says to be signed with.
pub fn peek(envelope: &[u8]) -> Result<(String, Vec<u8>), EnvelopeFault> {
    if envelope.len() > SIZE_LIMIT {
        return Err(EnvelopeFault::TooLarge);
    }
    let malformed = |cause: &str| EnvelopeFault::Malformed(shorten(cause));
    let envelope: Envelope =
        serde_json::from_slice(envelope).map_err(|cause| malformed(&cause.to_string()))?;
    let payload = decoded(&envelope.payload).ok_or_else(|| malformed("its payload is no base64"))?;
    Ok((envelope.payload_type, payload))
}

/// What is signed (DSSE's pre-authentication encoding).
fn signed_bytes(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// Reads either base64 alphabet, as DSSE leaves both open.
fn decoded(text: &str) -> Option<Vec<u8>> {
    [&STANDARD, &URL_SAFE, &STANDARD_NO_PAD, &URL_SAFE_NO_PAD]
        .into_iter()
        .find_map(|engine| engine.decode(text).ok())
}

impl Key {
    /// Reads a private key: PEM, PKCS #8, Ed25519, without a passphrase.
    pub fn parse(pem: &[u8]) -> Result<Self, KeyFault> {
        let der = section(pem, "PRIVATE KEY", "private key")?;
        let algorithm = private_algorithm(&der).ok_or_else(|| KeyFault::Broken("no PKCS #8".to_owned()))?;
        if algorithm != ED25519_OID {
            return Err(KeyFault::Algorithm(named(&algorithm)));
        }
        Self::of_der(&der)
    }

    fn of_der(der: &[u8]) -> Result<Self, KeyFault> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
            .map_err(|cause| KeyFault::Broken(cause.to_string()))?;
        let public: [u8; 32] = pair
            .public_key()
            .as_ref()
            .try_into()
            .map_err(|_| KeyFault::Broken("its public half has another length".to_owned()))?;
        Ok(Self { pair, id: id(&public) })
    }

    /// A new key, for what is signed and forgotten.
    pub fn ephemeral() -> Result<Self, KeyFault> {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        let der = made.map_err(|_| KeyFault::Broken("the system gives no random numbers".to_owned()))?;
        Self::of_der(der.as_ref())
    }

    /// Its public half, as [`Trusted::parse`] reads it.
    pub fn public_pem(&self) -> String {
        let der = [&SPKI_HEAD[..], self.pair.public_key().as_ref()].concat();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

// The key itself is never shown.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Trusted {
    /// Reads a public key: PEM, SubjectPublicKeyInfo, Ed25519.
    pub fn parse(pem: &[u8]) -> Result<Self, KeyFault> {
        let der = section(pem, "PUBLIC KEY", "public key")?;
        let (rest, info) = SubjectPublicKeyInfo::from_der(&der)
            .map_err(|cause| KeyFault::Broken(shorten(&cause.to_string())))?;
        if info.algorithm.algorithm != ED25519_OID {
            return Err(KeyFault::Algorithm(named(&info.algorithm.algorithm)));
        }
        let key: [u8; 32] = (*info.subject_public_key.data)
            .try_into()
            .map_err(|_| KeyFault::Broken("it has another length".to_owned()))?;
        // Any other encoding of the same key would be another id for it.
        if !rest.is_empty() || der != [&SPKI_HEAD[..], &key].concat() {
            return Err(KeyFault::Broken("it is not encoded as DER".to_owned()));
        }
        Ok(Self { key, id: id(&key) })
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

const ED25519_OID: Oid<'static> = oid!(1.3.101.112);
/// What stands before an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410).
const SPKI_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

fn id(key: &[u8; 32]) -> String {
    hex::encode(Sha256::digest([&SPKI_HEAD[..], key].concat()))
}

/// The bytes of the one PEM section a file holds.
fn section(pem: &[u8], label: &str, wanted: &'static str) -> Result<Vec<u8>, KeyFault> {
    if pem.len() > KEY_LIMIT {
        return Err(KeyFault::NoPem("it is too large for a key".to_owned()));
    }
    let mut sections = x509_parser::pem::Pem::iter_from_buffer(pem);
    let first = match sections.next() {
        None => return Err(KeyFault::NoPem("there is no -----BEGIN".to_owned())),
        Some(first) => first.map_err(|cause| KeyFault::NoPem(shorten(&cause.to_string())))?,
    };
    match first.label.as_str() {
        found if found == label => {}
        "ENCRYPTED PRIVATE KEY" => return Err(KeyFault::Locked),
        found => return Err(KeyFault::Other(shorten(&found.to_lowercase()), wanted)),
    }
    if sections.next().is_some() {
        return Err(KeyFault::Several);
    }
    Ok(first.contents)
}

/// The algorithm of a PKCS #8 key: version, then the algorithm's sequence.
fn private_algorithm(der: &[u8]) -> Option<Oid<'_>> {
    let (_, outer) = Any::from_der(der).ok()?;
    let (rest, _version) = Any::from_der(outer.data).ok()?;
    let (_, algorithm) = Any::from_der(rest).ok()?;
    Any::from_der(algorithm.data).ok()?.1.oid().ok()
}

fn named(algorithm: &Oid<'_>) -> String {
    let known = [
        (oid!(1.2.840.113549.1.1.1), "RSA"),
        (oid!(1.2.840.10045.2.1), "an elliptic curve key (EC)"),
        (oid!(1.3.101.110), "X25519"),
        (oid!(1.3.101.113), "Ed448"),
    ];
    let name = known.into_iter().find(|(oid, _)| oid == algorithm);
    name.map_or_else(|| format!("of the algorithm {algorithm}"), |(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests;
