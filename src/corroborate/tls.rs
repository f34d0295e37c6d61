//! What an endpoint's certificates show, and whether they lead to a root that is trusted.
//!
//! rustls's own verifier decides; its verdict is recorded in place of ending the handshake, so that the chain of an
//! endpoint that is not trusted is seen too. Nothing is ever sent over such a connection.

use super::measurement::{CHAIN, Certificate, Distrust, NAMES, Tls};
use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sekisho_contract::gap::shorten;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

/// The roots that are trusted.
#[derive(Debug, Clone)]
pub struct Trust {
    /// `None` where there is no root at all.
    verifier: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

/// A file of roots that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustFault {
    /// It holds none.
    #[error("it holds no certificate in PEM")]
    NoCertificate,
    /// One of them cannot be read.
    #[error("its certificate number {0} cannot be read: {1}")]
    Broken(usize, String),
}

impl Trust {
    /// The roots that Mozilla trusts. Not the system's: where somebody breaks connections open, their own root is among those,
    /// and what answers near by would pass for the endpoint.
    pub fn of_public() -> Self {
        Self::new(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())
    }

    /// The certificates of a PEM file, in place of the public ones.
    pub fn of_file(pem: &[u8]) -> Result<Self, TrustFault> {
        let mut roots = RootCertStore::empty();
        for (at, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
            let broken =
                |cause: &dyn std::fmt::Display| TrustFault::Broken(at + 1, shorten(&cause.to_string()));
            let certificate = certificate.map_err(|cause| broken(&cause))?;
            roots.add(certificate).map_err(|cause| broken(&cause))?;
        }
        if roots.is_empty() { Err(TrustFault::NoCertificate) } else { Ok(Self::new(roots)) }
    }

    fn new(roots: RootCertStore) -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        Self { verifier: builder.build().ok(), provider }
    }

    /// What one handshake is made with, and where it is recorded. No session is resumed: a resumed one sends no chain.
    pub fn handshake(&self) -> Result<(Arc<ClientConfig>, Arc<Recorder>), Error> {
        let recorder = Arc::new(Recorder { trust: self.clone(), seen: Mutex::default() });
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&recorder) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok((Arc::new(config), recorder))
    }
}

/// Records the certificates of one handshake.
#[derive(Debug)]
pub struct Recorder {
    trust: Trust,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    chain: Vec<CertificateDer<'static>>,
    /// Why the chain is not trusted.
    why: Option<Distrust>,
    /// Whether a signature showed that the peer does not hold the key.
    not_held: bool,
}

impl Recorder {
    /// What was seen; `None` where no certificate was sent. `took_us` is how long the whole handshake took, where it was
    /// completed: only then is anything trusted.
    pub fn told(&self, took_us: Option<u64>) -> Option<Tls> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let first = seen.chain.first()?;
        let (names, names_left_out) = names(first);
        let why = match (seen.not_held, seen.why, took_us) {
            (true, ..) => Some(Distrust::NotHeld),
            (false, Some(why), _) => Some(why),
            (false, None, None) => Some(Distrust::Other),
            (false, None, Some(_)) => None,
        };
        let chain = seen.chain.iter().take(CHAIN).map(|der| certificate(der)).collect();
        Some(Tls { names, names_left_out, trusted: why.is_none(), why, chain, took_us })
    }

    fn noted(
        &self,
        verified: Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        if verified.is_err() {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).not_held = true;
        }
        verified
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self
            .trust
            .verifier
            .as_ref()
            .map(|verifier| verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.chain =
            std::iter::once(end_entity).chain(intermediates).map(|der| der.clone().into_owned()).collect();
        seen.why = match verdict {
            None => Some(Distrust::NoRoots),
            Some(Ok(_)) => None,
            Some(Err(fault)) => Some(distrust(&fault)),
        };
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.trust.provider.signature_verification_algorithms;
        self.noted(verify_tls12_signature(message, certificate, signed, algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.trust.provider.signature_verification_algorithms;
        self.noted(verify_tls13_signature(message, certificate, signed, algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn distrust(fault: &Error) -> Distrust {
    let Error::InvalidCertificate(fault) = fault else { return Distrust::Other };
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Distrust::NotValidYet,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Distrust::WrongName
        }
        CertificateError::UnknownIssuer => Distrust::UnknownIssuer,
        _ => Distrust::Other,
    }
}

/// The host names of a certificate, and how many more there are.
fn names(der: &[u8]) -> (Vec<String>, u32) {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else { return (Vec::new(), 0) };
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return (Vec::new(), 0) };
    let mut hosts = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(shorten(name).to_ascii_lowercase()),
        _ => None,
    });
    let kept = hosts.by_ref().take(NAMES).collect();
    (kept, u32::try_from(hosts.count()).unwrap_or(u32::MAX))
}

fn certificate(der: &[u8]) -> Certificate {
    let read = X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate);
    let name = |of: fn(&X509Certificate<'_>) -> String| read.as_ref().map(of).unwrap_or_default();
    let moment = |time: ASN1Time| Timestamp::from_second(time.timestamp()).ok();
    Certificate {
        sha256: hex::encode(Sha256::digest(der)),
        subject: name(|certificate| shorten(&certificate.subject().to_string())),
        issuer: name(|certificate| shorten(&certificate.issuer().to_string())),
        not_before: read.as_ref().and_then(|certificate| moment(certificate.validity().not_before)),
        not_after: read.as_ref().and_then(|certificate| moment(certificate.validity().not_after)),
    }
}
