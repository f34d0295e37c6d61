//! Whoever signs: a key at hand, or a program that reaches one.

use super::key::KeyFault;
use std::time::Duration;

/// Somebody who signs.
pub trait Signer: std::fmt::Debug + Send + Sync {
    /// The id of the key.
    fn id(&self) -> &str;

    /// The public half (PEM, SubjectPublicKeyInfo), for others to verify with.
    fn public_pem(&self) -> String;

    /// Signs bytes: 64 bytes for Ed25519, a DER sequence for ECDSA.
    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, SignFault>;
}

/// Why nothing was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignFault {
    /// The key did not sign.
    #[error("the key does not sign: {0}")]
    Key(#[from] KeyFault),
    /// What is to be signed cannot be written.
    #[error("what is to be signed cannot be written: {0}")]
    Unwritable(String),
    /// The program does not start.
    #[error("the signing program {program} cannot be started: {cause}")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        cause: String,
    },
    /// The program failed.
    #[error("the signing program {program} failed ({status}){}", said(stderr))]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: String,
        /// The end of what it wrote to its standard error, shortened.
        stderr: String,
    },
    /// The program went on for too long, and was ended.
    #[error("the signing program {program} had not ended after {} s", limit.as_secs())]
    TooLong {
        /// The program.
        program: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The program wrote more than a signature.
    #[error("the signing program {program} wrote more than {limit} bytes, which is no signature")]
    TooMuch {
        /// The program.
        program: String,
        /// How much is read.
        limit: u64,
    },
    /// The program wrote something, and it is no signature of the key.
    #[error(
        "what the signing program {program} wrote ({length} bytes) is no signature with the public key that was named \
         ({keyid}, {algorithm})"
    )]
    Another {
        /// The program.
        program: String,
        /// How much it wrote, in bytes.
        length: usize,
        /// The id of the key that was named.
        keyid: String,
        /// Its algorithm.
        algorithm: &'static str,
    },
}

fn said(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!(": {stderr}") }
}
