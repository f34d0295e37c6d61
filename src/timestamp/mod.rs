//! Time-stamps (RFC 3161, with RFC 5816): somebody else's word that a file was there at a moment.
//!
//! A token is believed where every part of it says the same and its certificate leads to a root the user named. Whether a
//! certificate was called back is not asked: a token is verified without a network.

mod ask;
mod chain;
mod statement;

pub use ask::{AskFault, Question, ask};
pub use chain::Authorities;

use crate::cms::{self, SignedData, Signer, mark};
use jiff::Timestamp;
use schemars::JsonSchema;
use sekisho_contract::gap::shorten;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use statement::Statement;
use x509_parser::asn1_rs::{Any, Oid};
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::oid;

/// Largest token that is read, in bytes.
pub const TOKEN_LIMIT: usize = 256 << 10;

/// What signed data hold of a time-stamp (`id-ct-TSTInfo`).
const STATEMENT: Oid<'static> = oid!(1.2.840.113549.1.9.16.1.4);
/// The attribute that says what sort of thing is signed.
const CONTENT_TYPE: Oid<'static> = oid!(1.2.840.113549.1.9.3);
/// The attribute that binds the signer's certificate (RFC 5035).
const SIGNING_CERTIFICATE: Oid<'static> = oid!(1.2.840.113549.1.9.16.2.47);

/// What a time-stamp shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stamped {
    /// The moment.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// By how much it may be off either way, in microseconds; none where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_us: Option<u64>,
    /// The policy it was made under, as an object identifier.
    pub policy: String,
    /// Its serial number, lower-case hex.
    pub serial: String,
    /// The subject of the certificate that signed it.
    pub signer: String,
    /// Who issued that certificate.
    pub issuer: String,
    /// SHA-256 of the root it leads to (DER), lower-case hex.
    pub root_sha256: String,
}

/// A time-stamp that shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StampFault {
    /// Larger than any that is read.
    #[error("it is larger than {TOKEN_LIMIT} bytes")]
    TooLarge,
    /// No time-stamp.
    #[error("it is no time-stamp: {0}")]
    Malformed(&'static str),
    /// Of something else.
    #[error("it is the time-stamp of something else: the digest in it is {0}")]
    Imprint(String),
    /// The answer to another question.
    #[error("it does not answer what was asked: its number (nonce) is another, or missing")]
    Nonce,
    /// Its parts contradict each other.
    #[error("it was changed, or put together from several: {0}")]
    Contradicts(&'static str),
    /// Made in a way that is not taken.
    #[error("it is not taken: {0}")]
    Weak(&'static str),
    /// The signature does not fit.
    #[error("its signature does not fit: it was changed after it was signed")]
    Signature,
    /// The certificate may not sign time-stamps.
    #[error("its certificate ({subject}) may not sign it: {why}")]
    Certificate {
        /// The subject.
        subject: String,
        /// Why not.
        why: String,
    },
    /// Nobody trusted stands behind it.
    #[error("its certificate ({0}) leads to none of the trusted roots")]
    Untrusted(String),
}

/// Verifies the token of a SHA-256 digest against trusted roots. The nonce is that of the question, where it is at hand.
pub fn verify(
    token: &[u8],
    digest: &[u8; 32],
    nonce: Option<&[u8]>,
    authorities: &Authorities,
) -> Result<Stamped, StampFault> {
    if token.len() > TOKEN_LIMIT {
        return Err(StampFault::TooLarge);
    }
    let malformed = StampFault::Malformed;
    let data = SignedData::read(token).ok_or(malformed("no signed data (CMS)"))?;
    let signer = data.signer().ok_or(malformed("it has no signer"))?;
    let raw = framed(token, &signer).ok_or(malformed("its form is not that of RFC 3161 and RFC 5652"))?;
    let statement = Statement::read(raw).ok_or(malformed("what is signed is no statement of a time"))?;
    if statement.method != cms::SHA256 || statement.imprint != digest {
        return Err(StampFault::Imprint(shorten(&hex::encode(statement.imprint))));
    }
    if nonce.is_some_and(|nonce| statement.nonce != Some(nonce)) {
        return Err(StampFault::Nonce);
    }
    let attributes = attributes(&signer)?;
    let value = |sort: Oid<'static>, why| attributes.value(&sort).ok_or(StampFault::Contradicts(why));
    let content = value(CONTENT_TYPE, "the signed attributes do not name what is signed")?;
    if content.clone().oid().ok() != Some(STATEMENT) {
        return Err(StampFault::Contradicts("the signed attributes are of something else"));
    }
    let claimed = value(cms::MESSAGE_DIGEST, "the signed attributes hold no digest")?;
    let of_statement = cms::hashed(&signer.digest, &[raw])
        .ok_or(StampFault::Weak("its digest is neither SHA-256 nor SHA-384 nor SHA-512"))?;
    if !cms::is(claimed, mark::OCTET_STRING) || claimed.data != of_statement {
        return Err(StampFault::Contradicts("the signed digest is of another statement"));
    }
    let certificates = data.certificates().ok_or(malformed("its certificates cannot be read"))?;
    let own = attributes.value(&SIGNING_CERTIFICATE).ok_or(StampFault::Weak(
        "the signed attributes do not bind its certificate by SHA-256 or better (signing-certificate-v2)",
    ))?;
    let certificate = bound(own, &signer, &certificates)?;
    if !method_fits(&signer) {
        return Err(StampFault::Weak("its method of signing is not known here, or does not fit its digest"));
    }
    match signer.proven(certificate) {
        Some(true) => {}
        Some(false) => return Err(StampFault::Signature),
        None => return Err(StampFault::Weak("its method of signing is not known here")),
    }
    let root = chain::lead(certificate, &certificates, authorities, statement.at)?;
    Ok(Stamped {
        at: statement.at,
        accuracy_us: statement.accuracy_us,
        policy: statement.policy.to_id_string(),
        serial: hex::encode(statement.serial),
        signer: named(certificate.subject()),
        issuer: named(certificate.issuer()),
        root_sha256: hex::encode(Sha256::digest(root)),
    })
}

/// The statement that is enclosed. What no signature covers is held to the one form it can have.
fn framed<'a>(token: &'a [u8], signer: &Signer<'_>) -> Option<&'a [u8]> {
    let only = |data: &'a [u8], marked: u8| -> Option<&'a [u8]> {
        let [part] = <[Any<'_>; 1]>::try_from(cms::members(data)?).ok()?;
        cms::is(&part, marked).then_some(part.data)
    };
    let outer = cms::members(only(token, mark::SEQUENCE)?)?;
    cms::are(&outer, &[mark::OID, 0xa0]).then_some(())?;
    let parts = cms::members(only(outer[1].data, mark::SEQUENCE)?)?;
    let marks = [mark::INTEGER, mark::SET, mark::SEQUENCE, 0xa0, 0xa1, mark::SET];
    let without_lists = [&marks[..4], &marks[5..]].concat();
    (cms::are(&parts, &marks) || cms::are(&parts, &without_lists)).then_some(())?;
    (parts[0].data == [3]).then_some(())?;
    let digests: Option<Vec<Oid<'_>>> = cms::members(parts[1].data)?.iter().map(method).collect();
    digests?.contains(&signer.digest).then_some(())?;
    let content = cms::members(parts[2].data)?;
    cms::are(&content, &[mark::OID, 0xa0]).then_some(())?;
    (content[0].clone().oid().ok()? == STATEMENT).then_some(())?;

    let info = cms::members(only(parts.last()?.data, mark::SEQUENCE)?)?;
    let (version, named) = match signer.serial {
        Some(_) => (1, mark::SEQUENCE),
        None => (3, 0x80),
    };
    let marks = [mark::INTEGER, named, mark::SEQUENCE, 0xa0, mark::SEQUENCE, mark::OCTET_STRING, 0xa1];
    (cms::are(&info, &marks) || cms::are(&info, &marks[..6])).then_some(())?;
    (info[0].data == [version]).then_some(())?;
    if signer.serial.is_some() {
        cms::are(&cms::members(info[1].data)?, &[mark::SEQUENCE, mark::INTEGER]).then_some(())?;
    }
    method(&info[2])?;
    if signer.method != cms::RSA_PSS {
        method(&info[4])?;
    }
    only(content[1].data, mark::OCTET_STRING)
}

/// A method without parameters, or with none that say anything.
fn method<'a>(part: &Any<'a>) -> Option<Oid<'a>> {
    let parts = cms::members(part.data)?;
    let plain = cms::are(&parts, &[mark::OID]);
    let none = cms::are(&parts, &[mark::OID, mark::NULL]) && parts[1].data.is_empty();
    (cms::is(part, mark::SEQUENCE) && (plain || none)).then_some(())?;
    parts[0].clone().oid().ok()
}

struct Attributes<'a>(Vec<(Oid<'a>, Any<'a>)>);

impl<'a> Attributes<'a> {
    fn value(&self, sort: &Oid<'_>) -> Option<&Any<'a>> {
        self.0.iter().find(|(found, _)| found == sort).map(|(_, value)| value)
    }
}

/// The signed attributes, each once and with one value.
fn attributes<'a>(signer: &Signer<'a>) -> Result<Attributes<'a>, StampFault> {
    let read = || -> Option<Vec<(Oid<'a>, Any<'a>)>> {
        let one = |attribute: Any<'a>| {
            let [sort, values] = <[Any<'_>; 2]>::try_from(cms::members(attribute.data)?).ok()?;
            let [value] = <[Any<'_>; 1]>::try_from(cms::members(values.data)?).ok()?;
            Some((sort.oid().ok()?, value))
        };
        signer.attributes()?.into_iter().map(one).collect()
    };
    let all = read().ok_or(StampFault::Malformed("its signed attributes cannot be read"))?;
    let twice =
        all.iter().enumerate().any(|(at, (sort, _))| all[..at].iter().any(|(other, _)| other == sort));
    if twice {
        return Err(StampFault::Contradicts("a signed attribute stands twice"));
    }
    Ok(Attributes(all))
}

/// What binds a certificate: its digest and, where they are said, its issuer and serial number.
struct Binding<'a> {
    method: Oid<'a>,
    hash: &'a [u8],
    issuer: Option<(Vec<u8>, Vec<u8>)>,
}

/// The certificate that the signed attributes bind (RFC 5035: the first of those named), which is the one the signer names.
fn bound<'c, 'a>(
    attribute: &Any<'_>,
    signer: &Signer<'_>,
    certificates: &'c [(X509Certificate<'a>, &'a [u8])],
) -> Result<&'c X509Certificate<'a>, StampFault> {
    let read = || -> Option<Binding<'_>> {
        let list = cms::members(cms::members(attribute.data)?.first()?.data)?;
        let mut parts = cms::members(list.first()?.data)?.into_iter().peekable();
        let method = match parts.next_if(|part| cms::is(part, mark::SEQUENCE)) {
            Some(method) => cms::members(method.data)?.first()?.clone().oid().ok()?.to_owned(),
            None => cms::SHA256,
        };
        let hash = parts.next_if(|part| cms::is(part, mark::OCTET_STRING))?.data;
        let issuer = match parts.next() {
            None => None,
            // GeneralNames of one directoryName [4], then the serial number.
            Some(named) => {
                let [names, serial] = <[Any<'_>; 2]>::try_from(cms::members(named.data)?).ok()?;
                let [name] = <[Any<'_>; 1]>::try_from(cms::members(names.data)?).ok()?;
                cms::is(&name, 0xa4).then_some(())?;
                Some((name.data.to_vec(), serial.data.to_vec()))
            }
        };
        parts.next().is_none().then_some(Binding { method, hash, issuer })
    };
    let Binding { method, hash, issuer } =
        read().ok_or(StampFault::Malformed("what binds its certificate cannot be read"))?;
    let fits = |raw: &[u8]| cms::hashed(&method, &[raw]).is_some_and(|digest| digest == hash);
    let (certificate, _) = certificates
        .iter()
        .find(|(_, raw)| fits(raw))
        .ok_or(StampFault::Contradicts("the certificate that its signed attributes bind is not enclosed"))?;
    let is = |(issuer, serial): (&[u8], &[u8])| {
        certificate.issuer().as_raw() == issuer && certificate.raw_serial() == serial
    };
    let named_as_bound = issuer.is_none_or(|(issuer, serial)| is((&issuer, &serial)));
    if !named_as_bound || !signer.serial.is_none_or(is) {
        return Err(StampFault::Contradicts("the signer names another certificate than the one it binds"));
    }
    Ok(certificate)
}

/// Whether the way it was signed is taken, and is of the digest it names.
fn method_fits(signer: &Signer<'_>) -> bool {
    let pairs = [
        (oid!(1.2.840.113549.1.1.11), cms::SHA256),
        (oid!(1.2.840.113549.1.1.12), cms::SHA384),
        (oid!(1.2.840.113549.1.1.13), cms::SHA512),
        (oid!(1.2.840.10045.4.3.2), cms::SHA256),
        (oid!(1.2.840.10045.4.3.3), cms::SHA384),
    ];
    match &signer.method {
        method if *method == cms::RSA => true,
        method if *method == cms::RSA_PSS => {
            chain::pss_digest(signer.parameters.as_ref()) == Some(signer.digest.clone())
        }
        method => pairs.iter().any(|(known, digest)| known == method && *digest == signer.digest),
    }
}

fn named(name: &x509_parser::x509::X509Name<'_>) -> String {
    shorten(&name.to_string())
}

#[cfg(test)]
mod tests;
