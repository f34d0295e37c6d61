//! A signature in a PDF (ISO 32000-2, 12.8; CMS, RFC 5652): who signed, and whether the file is still as it was signed.
//!
//! Whether the signer's certificate leads to somebody worth trusting is not decided here: its issuer is told, and people judge.

use crate::cms::{self, SignedData, Signer};
use schemars::JsonSchema;
use sekisho_contract::observed::Observed;
use serde::{Deserialize, Serialize};
use x509_parser::asn1_rs::{Any, FromDer, Oid};
use x509_parser::certificate::X509Certificate;

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

fn read(contents: &[u8], covered: &[&[u8]; 2], told: &mut Signature) -> Option<()> {
    let data = SignedData::read(contents)?;
    let signer = data.signer()?;
    let certificate = certificate(&data, &signer)?;
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

    let digested = |parts: &[&[u8]]| cms::hashed(&signer.digest, parts);
    let attributes = signer.attributes()?;
    let claimed = cms::attribute(&attributes, &cms::MESSAGE_DIGEST)?;
    told.digest_matches = match data.enclosed() {
        None => Observed::Seen(digested(covered)?.as_slice() == claimed.data),
        // A time-stamp: what is signed is the statement that holds the digest of what is covered.
        Some(statement) => {
            let (method, imprint) = imprint(statement)?;
            let same = cms::hashed(&method, covered)?.as_slice() == imprint;
            Observed::Seen(same && digested(&[statement])?.as_slice() == claimed.data)
        }
    };
    let time = cms::attribute(&attributes, &cms::SIGNING_TIME);
    told.signed = time.and_then(|time| moment(&time)).map_or_else(Observed::default, Observed::Seen);
    // Of signatures by PSS nothing is told of documents.
    let proven = if signer.method == cms::RSA_PSS { None } else { signer.proven(&certificate) };
    told.signature_matches = proven.map_or_else(Observed::default, Observed::Seen);
    Some(())
}

/// The signer's certificate among those enclosed: by issuer and serial number, or the only one there is.
fn certificate<'a>(data: &SignedData<'a>, signer: &Signer<'_>) -> Option<X509Certificate<'a>> {
    let all = data.certificates()?.into_iter().map(|(certificate, _)| certificate);
    match signer.serial {
        Some((issuer, serial)) => {
            all.into_iter().find(|one| one.issuer().as_raw() == issuer && one.raw_serial() == serial)
        }
        None => <[X509Certificate<'a>; 1]>::try_from(all.collect::<Vec<_>>()).ok().map(|[only]| only),
    }
}

/// The method and the digest in a time-stamp (RFC 3161).
fn imprint(statement: &[u8]) -> Option<(Oid<'_>, &[u8])> {
    let all = cms::parts(statement)?;
    let imprint = cms::members(all.get(2)?.data)?;
    let (_, method) = Any::from_der(imprint.first()?.data).ok()?;
    Some((method.oid().ok()?, imprint.get(1)?.data))
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
