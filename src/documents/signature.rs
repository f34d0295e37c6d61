//! A signature in a PDF (ISO 32000-2, 12.8; CMS, RFC 5652): who signed, and whether the file is still as it was signed.
//!
//! Whether the signer's certificate leads to somebody worth trusting is not decided here: its issuer is told, and people judge.

use schemars::JsonSchema;
use sekisho_contract::observed::Observed;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_parser::asn1_rs::{Any, BitString, FromDer, Oid};
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::oid;
use x509_parser::verify::verify_signature;
use x509_parser::x509::AlgorithmIdentifier;

/// What a signature shows. What could not be read of it is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The subject of the signer's certificate.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub signer: Observed<String>,
    /// Who issued the certificate.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub issuer: Observed<String>,
    /// The first day the certificate is valid.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub valid_from: Observed<String>,
    /// The last day the certificate is valid.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub valid_until: Observed<String>,
    /// When the signer says to have signed (RFC 3339).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub signed: Observed<String>,
    /// Whether it covers the whole file as it is, but for the signature itself.
    pub covers_file: bool,
    /// Whether the digest that was signed is that of what it covers.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub digest_matches: Observed<bool>,
    /// Whether the digest was signed with the key of the certificate.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub signature_matches: Observed<bool>,
}

/// Largest signature looked at, in bytes.
const SIZE_LIMIT: usize = 1 << 20;
/// Longest name told, in characters.
const NAME_LIMIT: usize = 300;
/// Most parts of one list looked at.
const PART_LIMIT: usize = 64;

/// Examines a signature: its byte range and its contents (a CMS object, filled up with zeroes).
pub fn examine(file: &[u8], range: &[i64], contents: &[u8]) -> Signature {
    let Some((covered, covers_file)) = covered(file, range, contents) else { return Signature::default() };
    let mut signature = Signature { covers_file, ..Signature::default() };
    if contents.len() <= SIZE_LIMIT {
        // What cannot be read stays unsaid, and so no rule takes it for sound.
        let _ = read(contents, &covered, &mut signature);
    }
    signature
}

/// The parts a byte range names; `None` where it is no range within the file. And whether what they leave out is the
/// signature alone: two parts, from the first byte to the last, around its hexadecimal text.
fn covered<'f>(file: &'f [u8], range: &[i64], contents: &[u8]) -> Option<([&'f [u8]; 2], bool)> {
    let numbers: Vec<usize> = range.iter().filter_map(|number| usize::try_from(*number).ok()).collect();
    let [from, length, again, rest] = *<&[usize; 4]>::try_from(numbers.as_slice()).ok()?;
    let first = file.get(from..from.checked_add(length)?)?;
    let second = file.get(again..again.checked_add(rest)?)?;
    let hole = file.get(from + length..again)?;
    let is_signature = hole.first() == Some(&b'<')
        && hole.last() == Some(&b'>')
        && hole.len() == contents.len() * 2 + 2
        && hex::decode(&hole[1..hole.len() - 1]).is_ok_and(|bytes| bytes == contents);
    let whole = from == 0 && again + rest == file.len() && is_signature;
    Some(([first, second], whole))
}

/// A signer as a CMS object tells it.
struct Signer<'a> {
    serial: Option<(&'a [u8], &'a [u8])>,
    digest: Oid<'a>,
    attributes: Option<&'a [u8]>,
    method: Oid<'a>,
    value: &'a [u8],
}

fn read(contents: &[u8], covered: &[&[u8]; 2], told: &mut Signature) -> Option<()> {
    let outer = parts(contents)?;
    let [sort, wrapped] = <[Any<'_>; 2]>::try_from(outer).ok()?;
    if sort.as_oid().ok()? != oid!(1.2.840.113549.1.7.2) {
        return None;
    }
    let (_, data) = Any::from_der(wrapped.data).ok()?;
    let data = members(data.data)?;
    let content = data.get(2)?;
    let certificates = data.iter().find(|part| part.header.raw_tag() == Some(&[0xa0]))?;
    let infos = data.last()?;
    let (_, info) = Any::from_der(infos.data).ok()?;
    let signer = signer(info.data)?;
    let certificate = certificate(certificates.data, &signer)?;
    let name = |name: &x509_parser::x509::X509Name<'_>| {
        name.to_string().chars().filter(|c| !c.is_control()).take(NAME_LIMIT).collect::<String>()
    };
    told.signer = Observed::Seen(name(certificate.subject()));
    told.issuer = Observed::Seen(name(certificate.issuer()));
    let validity = certificate.validity();
    let day = |seconds: i64| {
        jiff::Timestamp::from_second(seconds).ok().map(|at| at.strftime("%Y-%m-%d").to_string())
    };
    told.valid_from = day(validity.not_before.timestamp()).map_or_else(Observed::default, Observed::Seen);
    told.valid_until = day(validity.not_after.timestamp()).map_or_else(Observed::default, Observed::Seen);

    let enclosed = enclosed(content.data);
    let digested = |parts: &[&[u8]]| hashed(&signer.digest, parts);
    let raw = signer.attributes?;
    let attributes = members(parts_of(raw)?.data)?;
    let claimed = attribute(&attributes, &oid!(1.2.840.113549.1.9.4))?;
    told.digest_matches = match enclosed {
        None => Observed::Seen(digested(covered)?.as_slice() == claimed.data),
        // A time-stamp: what is signed is the statement that holds the digest of what is covered.
        Some(statement) => {
            let (method, imprint) = imprint(statement)?;
            let same = hashed(&method, covered)?.as_slice() == imprint;
            Observed::Seen(same && digested(&[statement])?.as_slice() == claimed.data)
        }
    };
    let time = attribute(&attributes, &oid!(1.2.840.113549.1.9.5));
    told.signed = time.and_then(|time| moment(&time)).map_or_else(Observed::default, Observed::Seen);
    told.signature_matches =
        proven(&signer, raw, &certificate).map_or_else(Observed::default, Observed::Seen);
    Some(())
}

/// Whether the attributes were signed with the certificate's key; `None` where the method is not known here.
fn proven(signer: &Signer<'_>, attributes: &[u8], certificate: &X509Certificate<'_>) -> Option<bool> {
    // What is signed is the attributes as a set, under its own tag (RFC 5652, 5.4).
    let mut signed = attributes.to_vec();
    *signed.first_mut()? = 0x31;
    let sized = |options: [(Oid<'static>, Oid<'static>); 3]| {
        options.into_iter().find(|(digest, _)| *digest == signer.digest).map(|(_, method)| method)
    };
    let method: Oid<'_> = if signer.method == oid!(1.2.840.113549.1.1.1) {
        sized([
            (SHA256, oid!(1.2.840.113549.1.1.11)),
            (SHA384, oid!(1.2.840.113549.1.1.12)),
            (SHA512, oid!(1.2.840.113549.1.1.13)),
        ])?
    } else {
        signer.method.clone()
    };
    let method = AlgorithmIdentifier::new(method, None);
    let value = BitString::new(0, signer.value);
    match verify_signature(certificate.public_key(), &method, &value, &signed) {
        Ok(()) => Some(true),
        Err(x509_parser::error::X509Error::SignatureVerificationError) => Some(false),
        Err(_) => None,
    }
}

const SHA256: Oid<'static> = oid!(2.16.840.1.101.3.4.2.1);
const SHA384: Oid<'static> = oid!(2.16.840.1.101.3.4.2.2);
const SHA512: Oid<'static> = oid!(2.16.840.1.101.3.4.2.3);

fn hashed(method: &Oid<'_>, parts: &[&[u8]]) -> Option<Vec<u8>> {
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

fn signer(data: &[u8]) -> Option<Signer<'_>> {
    let all = spans(data)?;
    let part = |at: usize| all.get(at).map(|(part, _)| part);
    let named = part(1)?;
    let serial = named.tag().0 == 16 && named.class() == x509_parser::asn1_rs::Class::Universal;
    let serial = serial.then(|| -> Option<_> {
        let named = spans(named.data)?;
        Some((named.first()?.1, named.get(1)?.0.data))
    });
    let oid = |at: usize| -> Option<Oid<'_>> {
        let (_, first) = Any::from_der(all.get(at)?.0.data).ok()?;
        first.oid().ok()
    };
    let attributes =
        all.get(3).filter(|(part, _)| part.header.raw_tag() == Some(&[0xa0])).map(|(_, raw)| *raw);
    let after = if attributes.is_some() { 4 } else { 3 };
    Some(Signer {
        serial: match serial {
            Some(found) => Some(found?),
            None => None,
        },
        digest: oid(2)?,
        attributes,
        method: oid(after)?,
        value: part(after + 1)?.data,
    })
}

/// The signer's certificate among those enclosed: by issuer and serial number, or the only one there is.
fn certificate<'a>(enclosed: &'a [u8], signer: &Signer<'_>) -> Option<X509Certificate<'a>> {
    let all: Vec<X509Certificate<'a>> = spans(enclosed)?
        .into_iter()
        .filter_map(|(_, raw)| X509Certificate::from_der(raw).ok().map(|(_, certificate)| certificate))
        .collect();
    match signer.serial {
        Some((issuer, serial)) => {
            all.into_iter().find(|one| one.issuer().as_raw() == issuer && one.raw_serial() == serial)
        }
        None => <[X509Certificate<'a>; 1]>::try_from(all).ok().map(|[only]| only),
    }
}

/// What a CMS object encloses; nothing where the signature stands apart from what is signed.
fn enclosed(content: &[u8]) -> Option<&[u8]> {
    let wrapped = members(content)?;
    let (_, inner) = Any::from_der(wrapped.get(1)?.data).ok()?;
    Some(inner.data)
}

/// The method and the digest in a time-stamp (RFC 3161).
fn imprint(statement: &[u8]) -> Option<(Oid<'_>, &[u8])> {
    let all = parts(statement)?;
    let imprint = members(all.get(2)?.data)?;
    let (_, method) = Any::from_der(imprint.first()?.data).ok()?;
    Some((method.oid().ok()?, imprint.get(1)?.data))
}

/// The first value of an attribute.
fn attribute<'a>(attributes: &[Any<'a>], wanted: &Oid<'_>) -> Option<Any<'a>> {
    attributes.iter().find_map(|attribute| {
        let parts = members(attribute.data)?;
        (parts.first()?.as_oid().ok()? == *wanted).then_some(())?;
        Some(Any::from_der(parts.get(1)?.data).ok()?.1)
    })
}

/// A UTC or generalized time as RFC 3339.
fn moment(time: &Any<'_>) -> Option<String> {
    let text = std::str::from_utf8(time.data).ok()?;
    let full = if time.tag().0 == 23 {
        let century = if text.get(..2)?.parse::<u8>().ok()? < 50 { "20" } else { "19" };
        format!("{century}{text}")
    } else {
        text.to_owned()
    };
    let at = jiff::fmt::strtime::parse("%Y%m%d%H%M%SZ", &full).ok()?.to_datetime().ok()?;
    Some(format!("{at}Z"))
}

/// The parts of the sequence or set these bytes begin with; what fills them up behind it is left.
fn parts(bytes: &[u8]) -> Option<Vec<Any<'_>>> {
    members(parts_of(bytes)?.data)
}

fn parts_of(bytes: &[u8]) -> Option<Any<'_>> {
    Any::from_der(bytes).ok().map(|(_, any)| any)
}

fn members(data: &[u8]) -> Option<Vec<Any<'_>>> {
    Some(spans(data)?.into_iter().map(|(part, _)| part).collect())
}

/// The parts one after the other, each with its bytes.
fn spans(mut data: &[u8]) -> Option<Vec<(Any<'_>, &[u8])>> {
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
