//! Whether a certificate may sign time-stamps, and leads to a root that is trusted, at the moment of the time-stamp
//! (RFC 3161, 2.3; RFC 5280, 6).

use super::{StampFault, named};
use crate::cms;
use jiff::Timestamp;
use sekisho_contract::gap::shorten;
use x509_parser::asn1_rs::{Any, Oid};
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::oid;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::verify::verify_signature;

/// Most certificates of a path, from the signer's to the root.
const PATH: usize = 5;
/// Most signatures of certificates that are checked, however many ways there may be.
const CHECKS: usize = 64;
/// Largest file of roots that is read, in bytes.
const FILE: usize = 4 << 20;
/// Most roots of a file.
const ROOTS: usize = 500;

/// Roots that are trusted to stand behind time-stamps.
#[derive(Debug, Clone)]
pub struct Authorities(Vec<Vec<u8>>);

impl Authorities {
    /// Reads certificates in PEM.
    pub fn parse(pem: &[u8]) -> Result<Self, String> {
        if pem.len() > FILE {
            return Err(format!("it is larger than {FILE} bytes"));
        }
        let mut roots = Vec::new();
        for section in x509_parser::pem::Pem::iter_from_buffer(pem) {
            let section = section.map_err(|cause| shorten(&format!("it holds no PEM: {cause}")))?;
            if section.label != "CERTIFICATE" {
                return Err(format!(
                    "it holds a {}, not only certificates",
                    shorten(&section.label.to_lowercase())
                ));
            }
            match X509Certificate::from_der(&section.contents) {
                Ok(([], _)) => roots.push(section.contents),
                _ => return Err(format!("its certificate {} cannot be read", roots.len() + 1)),
            }
            if roots.len() > ROOTS {
                return Err(format!("it holds more than {ROOTS} certificates"));
            }
        }
        if roots.is_empty() { Err("it holds no certificate".to_owned()) } else { Ok(Self(roots)) }
    }
}

/// Follows a certificate to a trusted root; its bytes.
pub fn lead<'r>(
    certificate: &X509Certificate<'_>,
    enclosed: &[(X509Certificate<'_>, &[u8])],
    authorities: &'r Authorities,
    at: Timestamp,
) -> Result<&'r [u8], StampFault> {
    let refuse = |certificate: &X509Certificate<'_>, why: String| StampFault::Certificate {
        subject: named(certificate.subject()),
        why,
    };
    may_stamp(certificate)
        .and_then(|()| in_force(certificate, at))
        .map_err(|why| refuse(certificate, why))?;
    let mut roots = Vec::new();
    for raw in &authorities.0 {
        if let Ok((_, root)) = X509Certificate::from_der(raw) {
            roots.push((root, raw.as_slice()));
        }
    }
    let mut walk = Walk { enclosed, roots: &roots, at, checks: CHECKS, why: None };
    match (walk.up(certificate, 1), walk.why) {
        (Some(root), _) => Ok(root),
        (None, Some((subject, why))) => Err(StampFault::Certificate { subject, why }),
        (None, None) => Err(StampFault::Untrusted(named(certificate.subject()))),
    }
}

struct Walk<'w, 'a, 'r> {
    enclosed: &'w [(X509Certificate<'a>, &'a [u8])],
    roots: &'w [(X509Certificate<'r>, &'r [u8])],
    at: Timestamp,
    checks: usize,
    /// Why the last certificate that might have led further does not.
    why: Option<(String, String)>,
}

impl<'r> Walk<'_, '_, 'r> {
    /// From a certificate at a place of the path (the signer's is 1) to a root.
    fn up(&mut self, below: &X509Certificate<'_>, place: usize) -> Option<&'r [u8]> {
        if place >= PATH {
            return None;
        }
        for (root, raw) in self.roots {
            if self.issued(root, below, place) {
                return Some(raw);
            }
        }
        let enclosed = self.enclosed;
        for (above, _) in enclosed {
            // What issued itself leads nowhere but to itself.
            let onward = above.subject() != above.issuer() && self.issued(above, below, place);
            if let Some(root) = onward.then(|| self.up(above, place + 1)).flatten() {
                return Some(root);
            }
        }
        None
    }

    /// Whether a certificate issued the one below it, and was allowed to.
    fn issued(&mut self, above: &X509Certificate<'_>, below: &X509Certificate<'_>, place: usize) -> bool {
        if above.subject().as_raw() != below.issuer().as_raw() || self.checks == 0 {
            return false;
        }
        self.checks -= 1;
        let method = &below.signature_algorithm;
        if !is_taken(method.oid()) || *method != below.tbs_certificate.signature {
            self.why = Some((named(below.subject()), "it is signed in a way that is not taken".to_owned()));
            return false;
        }
        let value = &below.signature_value;
        let tbs = below.tbs_certificate.as_ref();
        // Two roots may have one name and different keys: of the other nothing is to be said.
        if verify_signature(above.public_key(), method, value, tbs).is_err() {
            return false;
        }
        let allowed = may_issue(above, place - 1).and_then(|()| in_force(above, self.at));
        if let Err(why) = allowed {
            self.why = Some((named(above.subject()), why));
            return false;
        }
        true
    }
}

/// Signatures of certificates that are taken: with SHA-256 and better.
fn is_taken(method: &Oid<'_>) -> bool {
    [
        oid!(1.2.840.113549.1.1.11),
        oid!(1.2.840.113549.1.1.12),
        oid!(1.2.840.113549.1.1.13),
        oid!(1.2.840.113549.1.1.10),
        oid!(1.2.840.10045.4.3.2),
        oid!(1.2.840.10045.4.3.3),
        oid!(1.3.101.112),
    ]
    .contains(method)
}

/// The digest that parameters of RSA with PSS name, where signature and mask use the same one.
pub fn pss_digest(parameters: Option<&Any<'_>>) -> Option<Oid<'static>> {
    let parameters = RsaSsaPssParams::try_from(parameters?).ok()?;
    let digest = parameters.hash_algorithm_oid();
    let mask = parameters.mask_gen_algorithm().ok()?;
    // The salt is as long as the digest, as whoever verifies takes it to be.
    [(cms::SHA256, 32), (cms::SHA384, 48), (cms::SHA512, 64)]
        .into_iter()
        .find(|(known, length)| known == digest && mask.hash == *known && parameters.salt_length() == *length)
        .map(|(known, _)| known)
}

fn in_force(certificate: &X509Certificate<'_>, at: Timestamp) -> Result<(), String> {
    let validity = certificate.validity();
    let (from, until) = (validity.not_before.timestamp(), validity.not_after.timestamp());
    if (from..=until).contains(&at.as_second()) {
        return Ok(());
    }
    let day = |second| Timestamp::from_second(second).map_or_else(|_| "?".to_owned(), |at| at.to_string());
    Err(format!("it is valid from {} to {}, and the time-stamp is of {at}", day(from), day(until)))
}

/// Purpose: time-stamps and nothing else, and said so that nobody may overlook it.
fn may_stamp(certificate: &X509Certificate<'_>) -> Result<(), String> {
    known(certificate)?;
    let missing = || "its purpose (extended key usage) is not said".to_owned();
    let purpose = certificate.extended_key_usage().map_err(|_| "its purpose stands twice".to_owned())?;
    let purpose = purpose.ok_or_else(missing)?;
    let all = [
        purpose.value.any,
        purpose.value.server_auth,
        purpose.value.client_auth,
        purpose.value.code_signing,
        purpose.value.email_protection,
        purpose.value.ocsp_signing,
    ];
    if !purpose.value.time_stamping || all.contains(&true) || !purpose.value.other.is_empty() {
        return Err("its purpose is not time-stamps alone".to_owned());
    }
    if !purpose.critical {
        return Err("its purpose is not marked as critical".to_owned());
    }
    let usage = certificate.key_usage().map_err(|_| "its key usage stands twice".to_owned())?;
    // Bit 0 is signatures, bit 1 is signatures that bind; nothing else is of use to a time-stamp.
    if usage.is_some_and(|usage| usage.value.flags & 0b11 == 0 || usage.value.flags & !0b11 != 0) {
        return Err("its key may not be used for signatures alone".to_owned());
    }
    Ok(())
}

/// Whether a certificate may issue others, with so many between it and the signer's.
fn may_issue(certificate: &X509Certificate<'_>, between: usize) -> Result<(), String> {
    known(certificate)?;
    let authority = certificate.basic_constraints().map_err(|_| "its constraints stand twice".to_owned())?;
    let authority = authority.filter(|found| found.value.ca);
    let authority = authority.ok_or_else(|| "it is no authority (basic constraints)".to_owned())?;
    if authority
        .value
        .path_len_constraint
        .is_some_and(|most| usize::try_from(most).is_ok_and(|most| between > most))
    {
        return Err("more certificates stand below it than it allows".to_owned());
    }
    let usage = certificate.key_usage().map_err(|_| "its key usage stands twice".to_owned())?;
    if usage.is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Err("its key may not sign certificates".to_owned());
    }
    let purpose = certificate.extended_key_usage().map_err(|_| "its purpose stands twice".to_owned())?;
    if purpose.is_some_and(|purpose| !purpose.value.any && !purpose.value.time_stamping) {
        return Err("its purpose excludes time-stamps".to_owned());
    }
    Ok(())
}

/// Refuses what a certificate says to be critical and is not understood here.
fn known(certificate: &X509Certificate<'_>) -> Result<(), String> {
    for extension in certificate.extensions().iter().filter(|extension| extension.critical) {
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(_)
            | ParsedExtension::KeyUsage(_)
            | ParsedExtension::ExtendedKeyUsage(_)
            | ParsedExtension::SubjectAlternativeName(_)
            | ParsedExtension::CertificatePolicies(_) => {}
            _ => {
                return Err(format!(
                    "it has a critical extension that is not understood here ({})",
                    extension.oid
                ));
            }
        }
    }
    Ok(())
}
