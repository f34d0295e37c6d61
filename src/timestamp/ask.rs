//! Asks an authority for a time-stamp (RFC 3161, 2.4 and 3.4).

use super::{Authorities, StampFault, Stamped, TOKEN_LIMIT, verify};
use crate::cms::{self, mark};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use ring::rand::{SecureRandom, SystemRandom};
use sekisho_contract::door::{Outgoing, Transport, TransportFault};
use sekisho_contract::gap::shorten;
use std::time::Duration;
use url::Url;
use x509_parser::asn1_rs::Any;

/// How often an authority is asked where nothing comes, or it says to be busy.
const ATTEMPTS: u32 = 3;
/// How long is waited before it is asked again; twice as long the next time.
const PAUSE: Duration = Duration::from_secs(1);
/// Bytes of a question's number.
const NONCE: usize = 16;

/// What stands before the digest of a question: 75 bytes, version 1, 49 bytes of imprint, SHA-256, 32 bytes.
const HEAD: [u8; 24] = [
    0x30, 0x4b, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
    0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
];
/// What stands before its number: an integer of 16 bytes.
const NONCE_HEAD: [u8; 2] = [0x02, NONCE as u8];
/// Its end: the certificate is to come along.
const CERTIFICATE: [u8; 3] = [0x01, 0x01, 0xff];

/// A question: the time-stamp of a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    digest: [u8; 32],
    nonce: [u8; NONCE],
}

/// Why there is no time-stamp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskFault {
    /// No random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// An address that is not asked.
    #[error("{0} is not asked: only https, or http to this machine")]
    Address(String),
    /// Nothing came.
    #[error("no answer came: {0}")]
    Silent(String),
    /// It answered with something else.
    #[error("it answered {0}, and no time-stamp")]
    Answered(String),
    /// It declined.
    #[error("it declined: {0}")]
    Declined(String),
    /// What came cannot be relied on.
    #[error("what it answered cannot be relied on: {0}")]
    Stamp(#[from] StampFault),
}

impl Question {
    /// A question about a SHA-256 digest, with a number of its own.
    pub fn new(digest: [u8; 32]) -> Result<Self, AskFault> {
        let mut nonce = [0; NONCE];
        SystemRandom::new().fill(&mut nonce).map_err(|_| AskFault::Random)?;
        // A positive number of always the same length.
        nonce[0] = nonce[0] & 0x3f | 0x40;
        Ok(Self { digest, nonce })
    }

    /// Its number, as a time-stamp that answers it holds it.
    pub const fn nonce(&self) -> &[u8] {
        &self.nonce
    }

    /// The question in DER (TimeStampReq): the certificate is to come with the answer.
    pub fn to_der(&self) -> Vec<u8> {
        [&HEAD[..], &self.digest, &NONCE_HEAD, &self.nonce, &CERTIFICATE].concat()
    }

    /// The token in an answer (TimeStampResp), which is not verified yet.
    pub fn token<'a>(&self, answer: &'a [u8]) -> Result<&'a [u8], AskFault> {
        let broken = || AskFault::Answered("something that is no time-stamp".to_owned());
        let read = || -> Option<(u32, String, Option<&'a [u8]>)> {
            let [whole] = <[Any<'_>; 1]>::try_from(cms::members(answer)?).ok()?;
            cms::is(&whole, mark::SEQUENCE).then_some(())?;
            let mut parts = cms::spans(whole.data)?.into_iter();
            let status = cms::members(parts.next()?.0.data)?;
            let number = status.first()?.clone().u32().ok()?;
            let token = parts.next().map(|(_, raw)| raw);
            parts.next().is_none().then_some((number, why(&status), token))
        };
        match read().ok_or_else(broken)? {
            // Granted, or granted with changes: what was changed shows by the token.
            (0 | 1, _, Some(token)) if token.len() <= TOKEN_LIMIT => Ok(token),
            (0 | 1, _, _) => Err(broken()),
            (number, why, _) => Err(AskFault::Declined(format!("status {number}{why}"))),
        }
    }
}

/// Asks an authority for the time-stamp of a SHA-256 digest; the token, and what it shows. Whatever is left of it is verified.
pub async fn ask(
    transport: &dyn Transport,
    authority: &Url,
    digest: [u8; 32],
    trusted: &Authorities,
) -> Result<(Vec<u8>, Stamped), AskFault> {
    let safe = match authority.scheme() {
        "https" => true,
        "http" => sekisho_wire::is_loopback(authority),
        _ => false,
    };
    if !safe {
        return Err(AskFault::Address(shorten(authority.host_str().unwrap_or(authority.scheme()))));
    }
    let question = Question::new(digest)?;
    let answer = asked(transport, authority, &question.to_der()).await?;
    let token = question.token(&answer)?;
    let stamped = verify(token, &digest, Some(question.nonce()), trusted)?;
    Ok((token.to_vec(), stamped))
}

async fn asked(transport: &dyn Transport, authority: &Url, question: &[u8]) -> Result<Vec<u8>, AskFault> {
    let mut pause = PAUSE;
    let mut attempt = 1;
    loop {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/timestamp-query"));
        let body = bytes::Bytes::copy_from_slice(question);
        let request = Outgoing { method: http::Method::POST, url: authority.clone(), headers, body };
        let fault = match transport.carry(request).await {
            Ok(answer) if answer.status == 200 => {
                let sort =
                    answer.headers.get(CONTENT_TYPE).and_then(|sort| sort.to_str().ok()).unwrap_or("?");
                let sort = sort.split(';').next().unwrap_or(sort).trim();
                return match sort.eq_ignore_ascii_case("application/timestamp-reply") {
                    true => Ok(answer.body.to_vec()),
                    false => Err(AskFault::Answered(shorten(sort))),
                };
            }
            Ok(answer) => {
                let fault = AskFault::Answered(format!("HTTP {}", answer.status));
                if !matches!(answer.status, 429 | 500..=599) {
                    return Err(fault);
                }
                fault
            }
            Err(fault @ (TransportFault::TimedOut(_) | TransportFault::Broken(_))) => {
                AskFault::Silent(shorten(&fault.to_string()))
            }
            Err(fault) => return Err(AskFault::Silent(shorten(&fault.to_string()))),
        };
        if attempt == ATTEMPTS {
            return Err(fault);
        }
        attempt += 1;
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

/// What a refusal says in words (PKIFreeText), and the bits of its reason (PKIFailureInfo).
fn why(status: &[Any<'_>]) -> String {
    let known = [
        (0, "the digest's method is not known there"),
        (2, "the question is not permitted"),
        (5, "the question is malformed"),
        (14, "its clock is out of order"),
        (15, "the policy is not accepted there"),
        (16, "the extension is not accepted there"),
        (17, "what was asked besides is not to be had there"),
        (25, "it failed"),
    ];
    let mut said = Vec::new();
    for part in status.iter().skip(1) {
        if cms::is(part, mark::SEQUENCE) {
            let texts = cms::members(part.data).unwrap_or_default();
            said.extend(texts.iter().map(|text| String::from_utf8_lossy(text.data).into_owned()));
        } else if cms::is(part, mark::BIT_STRING) {
            let bits = part.data.get(1..).unwrap_or_default();
            let set = |bit: usize| bits.get(bit / 8).is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0);
            said.extend(known.iter().filter(|(bit, _)| set(*bit)).map(|(_, why)| (*why).to_owned()));
        }
    }
    if said.is_empty() { String::new() } else { format!(": {}", shorten(&said.join("; "))) }
}
