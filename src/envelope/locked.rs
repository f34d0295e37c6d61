//! A private key under a passphrase: PKCS #8's `EncryptedPrivateKeyInfo` by PBES2 (RFC 8018), with PBKDF2 or scrypt and AES.
//!
//! The file itself says how much work its passphrase is to cost. Nobody is made to do more than is of use to anyone.

use super::key::KeyFault;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::pem::PemLabel;
use pkcs8::der::zeroize::Zeroizing;
use pkcs8::pkcs5::pbes2::{self, Kdf, Salt, ScryptParams};
use pkcs8::pkcs5::{EncryptionScheme, Error};
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, SecretDocument};
use ring::rand::{SecureRandom, SystemRandom};
use sekisho_contract::gap::shorten;

/// Most rounds of PBKDF2: eight times what OWASP recommends (600,000 of SHA-256, password storage cheat sheet, 2023).
const ROUNDS: u32 = 5_000_000;
/// Most memory that scrypt may take (128 · N · r), in bytes: twice what OWASP recommends.
const MEMORY: u64 = 256 << 20;
/// Most work of scrypt (N · r · p): four times what OWASP recommends (N = 2^17, r = 8, p = 1).
const WORK: u64 = 4 << 20;
/// scrypt for keys written here: OWASP's (N = 2^14, r = 8, p = 5), the most memory that openssl reads without being told to.
const COST: (u64, u16, u16) = (1 << 14, 8, 5);

/// Takes the key (PKCS #8, DER) out from under its passphrase.
pub fn open(der: &[u8], passphrase: &[u8]) -> Result<SecretDocument, KeyFault> {
    let scheme = |cause: String| KeyFault::Scheme(shorten(&cause));
    let info = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|cause| scheme(cause.to_string()))?;
    let EncryptionScheme::Pbes2(parameters) = &info.encryption_algorithm else {
        return Err(scheme("PBES1".to_owned()));
    };
    bounded(&parameters.kdf)?;
    let opened = parameters.decrypt(passphrase, info.encrypted_data.as_bytes());
    let plain = opened.map(Zeroizing::new).map_err(|cause| match cause {
        Error::DecryptFailed => KeyFault::Passphrase,
        other => scheme(other.to_string()),
    })?;
    // One wrong passphrase in 256 leaves what looks like padding: it is no DER then.
    SecretDocument::try_from(plain.as_slice()).map_err(|_| KeyFault::Passphrase)
}

/// Puts a key (PKCS #8, DER) under a passphrase, as PEM.
pub fn close(der: &[u8], passphrase: &[u8]) -> Result<Zeroizing<String>, KeyFault> {
    let broken = |cause: String| KeyFault::Broken(shorten(&cause));
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    let random = SystemRandom::new();
    random.fill(&mut salt).and_then(|()| random.fill(&mut iv)).map_err(|_| KeyFault::Random)?;
    let (cost_parameter, block_size, parallelization) = COST;
    let salt = Salt::new(salt).map_err(|cause| broken(cause.to_string()))?;
    let kdf = ScryptParams { salt, cost_parameter, block_size, parallelization, key_length: None };
    let encryption = pbes2::EncryptionScheme::Aes256Cbc { iv };
    let parameters = pbes2::Parameters { kdf: Kdf::Scrypt(kdf), encryption };
    let data = parameters.encrypt(passphrase, der).map_err(|cause| broken(cause.to_string()))?;
    let info = EncryptedPrivateKeyInfoRef {
        encryption_algorithm: parameters.into(),
        encrypted_data: OctetStringRef::new(&data).map_err(|cause| broken(cause.to_string()))?,
    };
    let document = SecretDocument::try_from(&info).map_err(|cause| broken(cause.to_string()))?;
    let text = document.to_pem(EncryptedPrivateKeyInfoRef::PEM_LABEL, LineEnding::LF);
    text.map_err(|cause| broken(cause.to_string()))
}

/// Refuses what would cost too much before any of it is done.
fn bounded(kdf: &Kdf) -> Result<(), KeyFault> {
    let refuse = |what: String| Err(KeyFault::Work(what));
    match kdf {
        Kdf::Pbkdf2(asked) if !(1..=ROUNDS).contains(&asked.iteration_count) => {
            refuse(format!("{} rounds of PBKDF2, where 1 to {ROUNDS} are done", asked.iteration_count))
        }
        Kdf::Pbkdf2(_) => Ok(()),
        Kdf::Scrypt(asked) => {
            let (n, r, p) = (asked.cost_parameter, asked.block_size, asked.parallelization);
            let lanes = n.saturating_mul(r.into());
            let told = format!("scrypt with N = {n}, r = {r}, p = {p}");
            if n < 2 || !n.is_power_of_two() || r == 0 || p == 0 {
                return refuse(format!("{told}, which is no such measure"));
            }
            if lanes.saturating_mul(128) > MEMORY || lanes.saturating_mul(p.into()) > WORK {
                return refuse(format!("{told}, where {} MiB and N·r·p = {WORK} are the most", MEMORY >> 20));
            }
            Ok(())
        }
        _ => Err(KeyFault::Scheme("a way to derive keys that is not known here".to_owned())),
    }
}
