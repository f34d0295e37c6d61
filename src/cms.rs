//! Signed data (CMS, RFC 5652), as far as signatures of PDFs and time-stamps need it: its parts, its signer, and whether the
//! signer's key signed the attributes.
//!
//! It is read by the place of its parts, and nothing is concluded: whether to believe a certificate is for the caller to say.

use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_parser::asn1_rs::{Any, BitString, Class, FromDer, Oid, Tag};
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::oid;
use x509_parser::verify::verify_signature;
use x509_parser::x509::AlgorithmIdentifier;

/// Most parts of one list looked at.
const PART_LIMIT: usize = 64;

/// What signed data are of (`id-signedData`).
const SIGNED_DATA: Oid<'static> = oid!(1.2.840.113549.1.7.2);
/// The attribute that holds the digest of what is signed.
pub const MESSAGE_DIGEST: Oid<'static> = oid!(1.2.840.113549.1.9.4);
/// The attribute that holds when the signer says to have signed.
pub const SIGNING_TIME: Oid<'static> = oid!(1.2.840.113549.1.9.5);
/// RSA with PKCS #1 v1.5, the digest named elsewhere.
pub const RSA: Oid<'static> = oid!(1.2.840.113549.1.1.1);
/// RSA with PSS, which its parameters tell more of.
pub const RSA_PSS: Oid<'static> = oid!(1.2.840.113549.1.1.10);
/// SHA-256.
pub const SHA256: Oid<'static> = oid!(2.16.840.1.101.3.4.2.1);
/// SHA-384.
pub const SHA384: Oid<'static> = oid!(2.16.840.1.101.3.4.2.2);
/// SHA-512.
pub const SHA512: Oid<'static> = oid!(2.16.840.1.101.3.4.2.3);

/// How parts are marked in DER.
pub mod mark {
    /// Yes or no.
    pub const BOOLEAN: u8 = 0x01;
    /// A number.
    pub const INTEGER: u8 = 0x02;
    /// Bits.
    pub const BIT_STRING: u8 = 0x03;
    /// Bytes.
    pub const OCTET_STRING: u8 = 0x04;
    /// Nothing.
    pub const NULL: u8 = 0x05;
    /// An object identifier.
    pub const OID: u8 = 0x06;
    /// A moment.
    pub const TIME: u8 = 0x18;
    /// Parts in order.
    pub const SEQUENCE: u8 = 0x30;
    /// Parts without order.
    pub const SET: u8 = 0x31;
}

/// A part and its bytes, heading included.
pub type Span<'a> = (Any<'a>, &'a [u8]);

/// Signed data.
pub struct SignedData<'a> {
    /// What is signed: its sort, and the thing itself where it is enclosed.
    pub content: Any<'a>,
    /// The certificates, one after the other.
    pub certificates: &'a [u8],
    /// The signers, one after the other.
    pub signers: &'a [u8],
}

/// A signer.
pub struct Signer<'a> {
    /// The issuer (as it is encoded) and the serial number of the certificate; none where the key's own id stands there.
    pub serial: Option<(&'a [u8], &'a [u8])>,
    /// How the digest was made.
    pub digest: Oid<'a>,
    /// The attributes that are signed, with their heading.
    pub attributes: Option<&'a [u8]>,
    /// How it was signed.
    pub method: Oid<'a>,
    /// What the method has to be told besides.
    pub parameters: Option<Any<'a>>,
    /// The signature.
    pub value: &'a [u8],
}

impl<'a> SignedData<'a> {
    /// Reads signed data; what fills up the bytes behind it is left.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let [sort, wrapped] = <[Any<'_>; 2]>::try_from(parts(bytes)?).ok()?;
        if sort.as_oid().ok()? != SIGNED_DATA {
            return None;
        }
        let (_, data) = Any::from_der(wrapped.data).ok()?;
        let parts = members(data.data)?;
        let content = parts.get(2)?.clone();
        let certificates = parts.iter().find(|part| part.header.raw_tag() == Some(&[0xa0]))?.data;
        let signers = parts.last()?.data;
        Some(Self { content, certificates, signers })
    }

    /// What it encloses; nothing where the signature stands apart from what is signed.
    pub fn enclosed(&self) -> Option<&'a [u8]> {
        let wrapped = members(self.content.data)?;
        let (_, inner) = Any::from_der(wrapped.get(1)?.data).ok()?;
        Some(inner.data)
    }

    /// The certificates that can be read, each with its bytes.
    pub fn certificates(&self) -> Option<Vec<(X509Certificate<'a>, &'a [u8])>> {
        let read = |(_, raw): Span<'a>| match X509Certificate::from_der(raw) {
            Ok(([], certificate)) => Some((certificate, raw)),
            _ => None,
        };
        Some(spans(self.certificates)?.into_iter().filter_map(read).collect())
    }

    /// The first signer.
    pub fn signer(&self) -> Option<Signer<'a>> {
        let (_, info) = Any::from_der(self.signers).ok()?;
        Signer::read(info.data)
    }
}

impl<'a> Signer<'a> {
    fn read(data: &'a [u8]) -> Option<Self> {
        let all = spans(data)?;
        let part = |at: usize| all.get(at).map(|(part, _)| part);
        let named = part(1)?;
        let serial = named.tag() == Tag::Sequence && named.class() == Class::Universal;
        let serial = serial.then(|| -> Option<_> {
            let named = spans(named.data)?;
            Some((named.first()?.1, named.get(1)?.0.data))
        });
        let method = |at: usize| -> Option<(Oid<'_>, Option<Any<'_>>)> {
            let method = members(all.get(at)?.0.data)?;
            Some((method.first()?.clone().oid().ok()?, method.get(1).cloned()))
        };
        let attributes =
            all.get(3).filter(|(part, _)| part.header.raw_tag() == Some(&[0xa0])).map(|(_, raw)| *raw);
        let after = if attributes.is_some() { 4 } else { 3 };
        let (method_named, parameters) = method(after)?;
        Some(Self {
            serial: match serial {
                Some(found) => Some(found?),
                None => None,
            },
            digest: method(2)?.0,
            attributes,
            method: method_named,
            parameters,
            value: part(after + 1)?.data,
        })
    }

    /// The attributes that are signed.
    pub fn attributes(&self) -> Option<Vec<Any<'a>>> {
        parts(self.attributes?)
    }

    /// Whether the attributes were signed with the certificate's key; `None` where the method is not known here.
    pub fn proven(&self, certificate: &X509Certificate<'_>) -> Option<bool> {
        // What is signed is the attributes as a set, under its own tag (RFC 5652, 5.4).
        let mut signed = self.attributes?.to_vec();
        *signed.first_mut()? = 0x31;
        let sized = |options: [(Oid<'static>, Oid<'static>); 3]| {
            options.into_iter().find(|(digest, _)| *digest == self.digest).map(|(_, method)| method)
        };
        let method: Oid<'_> = if self.method == RSA {
            sized([
                (SHA256, oid!(1.2.840.113549.1.1.11)),
                (SHA384, oid!(1.2.840.113549.1.1.12)),
                (SHA512, oid!(1.2.840.113549.1.1.13)),
            ])?
        } else {
            self.method.clone()
        };
        let method = AlgorithmIdentifier::new(method, self.parameters.clone());
        let value = BitString::new(0, self.value);
        match verify_signature(certificate.public_key(), &method, &value, &signed) {
            Ok(()) => Some(true),
            Err(x509_parser::error::X509Error::SignatureVerificationError) => Some(false),
            Err(_) => None,
        }
    }
}

/// The digest of parts, one after the other; `None` where the method is not known here.
pub fn hashed(method: &Oid<'_>, parts: &[&[u8]]) -> Option<Vec<u8>> {
    fn of<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
        let mut digest = D::new();
        parts.iter().for_each(|part| digest.update(part));
        digest.finalize().to_vec()
    }
    match method {
        sha if *sha == SHA256 => Some(of::<Sha256>(parts)),
        sha if *sha == SHA384 => Some(of::<Sha384>(parts)),
        sha if *sha == SHA512 => Some(of::<Sha512>(parts)),
        _ => None,
    }
}

/// The first value of an attribute.
pub fn attribute<'a>(attributes: &[Any<'a>], wanted: &Oid<'_>) -> Option<Any<'a>> {
    attributes.iter().find_map(|attribute| {
        let parts = members(attribute.data)?;
        (parts.first()?.as_oid().ok()? == *wanted).then_some(())?;
        Some(Any::from_der(parts.get(1)?.data).ok()?.1)
    })
}

/// Whether a part is marked so, class and form included.
pub fn is(part: &Any<'_>, mark: u8) -> bool {
    part.header.raw_tag() == Some(&[mark])
}

/// Whether parts are marked so, one after the other.
pub fn are(parts: &[Any<'_>], marks: &[u8]) -> bool {
    parts.len() == marks.len() && parts.iter().zip(marks).all(|(part, mark)| is(part, *mark))
}

/// The parts of the sequence or set these bytes begin with; what fills them up behind it is left.
pub fn parts(bytes: &[u8]) -> Option<Vec<Any<'_>>> {
    members(Any::from_der(bytes).ok()?.1.data)
}

/// The parts one after the other.
pub fn members(data: &[u8]) -> Option<Vec<Any<'_>>> {
    Some(spans(data)?.into_iter().map(|(part, _)| part).collect())
}

/// The parts one after the other, each with its bytes.
pub fn spans(mut data: &[u8]) -> Option<Vec<Span<'_>>> {
    let mut all = Vec::new();
    while !data.is_empty() {
        let (rest, part) = Any::from_der(data).ok()?;
        all.push((part, &data[..data.len() - rest.len()]));
        if all.len() > PART_LIMIT {
            return None;
        }
        data = rest;
    }
    Some(all)
}
