//! A signed envelope (DSSE v1, <https://github.com/secure-systems-lab/dsse>): a payload with its type, and signatures over
//! both, by Ed25519 or by ECDSA over P-256 with SHA-256 (in DER).
//!
//! Keys are PEM files as openssl writes them, in the clear or under a passphrase (`key`), or stay where a program of the
//! user's own reaches them (`command`). A key's id is the SHA-256 of its public half (DER, SubjectPublicKeyInfo); it only
//! says which key to try, never whom to trust.

mod command;
mod key;
mod locked;
mod signer;

pub use command::Command;
pub use key::{Algorithm, Key, KeyFault, Trusted};
pub use signer::{SignFault, Signer};

use crate::strict;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use sekisho_contract::gap::shorten;
use serde::{Deserialize, Serialize};

/// Largest envelope that is read, in bytes.
pub const SIZE_LIMIT: usize = 32 << 20;
/// Most signatures looked at.
const SIGNATURES: usize = 16;

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

// Members that are not known are left, as DSSE demands of readers ("Parsing rules").
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
pub fn sign(payload_type: &str, payload: &[u8], signer: &dyn Signer) -> Result<Vec<u8>, SignFault> {
    let sig = STANDARD.encode(signer.sign(&signed_bytes(payload_type, payload))?);
    let envelope = Envelope {
        payload_type: payload_type.to_owned(),
        payload: STANDARD.encode(payload),
        signatures: vec![Signature { keyid: signer.id().to_owned(), sig }],
    };
    let mut text =
        serde_json::to_vec(&envelope).map_err(|cause| SignFault::Unwritable(shorten(&cause.to_string())))?;
    text.push(b'\n');
    Ok(text)
}

/// Takes a payload out of its envelope, if one of the trusted keys signed it. Nothing of it is read before.
pub fn verify(envelope: &[u8], trusted: &[Trusted]) -> Result<Verified, EnvelopeFault> {
    let Envelope { payload_type, payload, signatures } = read(envelope)?;
    if signatures.is_empty() || signatures.len() > SIGNATURES {
        return Err(malformed("it has no signatures, or too many"));
    }
    let payload = decoded(&payload).ok_or_else(|| malformed("its payload is no base64"))?;
    let signed = signed_bytes(&payload_type, &payload);
    let mut refused = None;
    for signature in &signatures {
        let sig = decoded(&signature.sig).ok_or_else(|| malformed("a signature is no base64"))?;
        for key in trusted {
            if key.signed(&signed, &sig) {
                return Ok(Verified { payload_type, payload, keyid: key.id().to_owned() });
            }
            if signature.keyid == key.id() {
                refused = Some(key.id().to_owned());
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
    let envelope = read(envelope)?;
    let payload = decoded(&envelope.payload).ok_or_else(|| malformed("its payload is no base64"))?;
    Ok((envelope.payload_type, payload))
}

fn read(envelope: &[u8]) -> Result<Envelope, EnvelopeFault> {
    if envelope.len() > SIZE_LIMIT {
        return Err(EnvelopeFault::TooLarge);
    }
    // Of two members with one name another reader may take the other.
    strict::read(envelope).map_err(|fault| malformed(&fault.to_string()))
}

fn malformed(cause: &str) -> EnvelopeFault {
    EnvelopeFault::Malformed(shorten(cause))
}

/// What is signed (DSSE's pre-authentication encoding).
fn signed_bytes(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// Reads either base64 alphabet, as DSSE leaves both open. Bits behind the last byte have no meaning, and are refused.
fn decoded(text: &str) -> Option<Vec<u8>> {
    [&STANDARD, &URL_SAFE, &STANDARD_NO_PAD, &URL_SAFE_NO_PAD]
        .into_iter()
        .find_map(|engine| engine.decode(text).ok())
}

#[cfg(test)]
mod tests;
