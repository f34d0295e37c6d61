//! What a time-stamp states (TSTInfo, RFC 3161, 2.4.2).

use crate::cms::{self, mark};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use x509_parser::asn1_rs::{Any, Oid};

/// A statement.
pub struct Statement<'a> {
    /// The policy.
    pub policy: Oid<'a>,
    /// How the digest was made.
    pub method: Oid<'a>,
    /// The digest of what was stamped.
    pub imprint: &'a [u8],
    /// The serial number (DER).
    pub serial: &'a [u8],
    /// The moment.
    pub at: Timestamp,
    /// By how much it may be off, in microseconds.
    pub accuracy_us: Option<u64>,
    /// The number of the question (DER).
    pub nonce: Option<&'a [u8]>,
}

impl<'a> Statement<'a> {
    /// Reads a statement; `None` where it is none, or says something critical that is not known here.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let [whole] = <[Any<'_>; 1]>::try_from(cms::members(bytes)?).ok()?;
        cms::is(&whole, mark::SEQUENCE).then_some(())?;
        let mut parts = cms::members(whole.data)?.into_iter().peekable();
        (parts.next()?.u8().ok()? == 1).then_some(())?;
        let policy = parts.next()?.oid().ok()?;
        let [method, imprint] = <[Any<'_>; 2]>::try_from(cms::members(parts.next()?.data)?).ok()?;
        let method = cms::members(method.data)?.first()?.clone().oid().ok()?;
        cms::is(&imprint, mark::OCTET_STRING).then_some(())?;
        let serial = parts.next_if(|part| cms::is(part, mark::INTEGER))?.data;
        let at = moment(&parts.next()?)?;
        let accuracy_us = match parts.next_if(|part| cms::is(part, mark::SEQUENCE)) {
            Some(accuracy) => Some(microseconds(&accuracy)?),
            None => None,
        };
        parts.next_if(|part| cms::is(part, mark::BOOLEAN));
        let nonce = parts.next_if(|part| cms::is(part, mark::INTEGER)).map(|nonce| nonce.data);
        // The name of who stamps says nothing the certificate does not.
        parts.next_if(|part| cms::is(part, 0xa0));
        if let Some(extensions) = parts.next_if(|part| cms::is(part, 0xa1)) {
            for extension in cms::members(extensions.data)? {
                let critical = cms::is(cms::members(extension.data)?.get(1)?, mark::BOOLEAN);
                (!critical).then_some(())?;
            }
        }
        parts.next().is_none().then_some(Self {
            policy,
            method,
            imprint: imprint.data,
            serial,
            at,
            accuracy_us,
            nonce,
        })
    }
}

/// A GeneralizedTime in UTC, with fractions of a second where there are any.
fn moment(time: &Any<'_>) -> Option<Timestamp> {
    cms::is(time, mark::TIME).then_some(())?;
    let text = std::str::from_utf8(time.data).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (whole.len() == 14 && digits(whole)).then_some(())?;
    let nanos = match fraction {
        None => 0,
        // DER leaves out what stands for nothing; beyond nanoseconds nothing is kept.
        Some(fraction) if digits(fraction) && fraction.len() <= 9 && !fraction.ends_with('0') => {
            fraction.parse::<i32>().ok()? * 10_i32.pow(9 - u32::try_from(fraction.len()).ok()?)
        }
        Some(_) => return None,
    };
    let number = |range: std::ops::Range<usize>| whole.get(range)?.parse::<i8>().ok();
    let year = whole.get(..4)?.parse::<i16>().ok()?;
    let civil = DateTime::new(
        year,
        number(4..6)?,
        number(6..8)?,
        number(8..10)?,
        number(10..12)?,
        number(12..14)?,
        nanos,
    );
    TimeZone::UTC.to_timestamp(civil.ok()?).ok()
}

/// Accuracy: seconds, then milliseconds [0] and microseconds [1], each from 1 to 999.
fn microseconds(accuracy: &Any<'_>) -> Option<u64> {
    let mut parts = cms::members(accuracy.data)?.into_iter().peekable();
    let seconds = match parts.next_if(|part| cms::is(part, mark::INTEGER)) {
        Some(seconds) => u64::from(seconds.u32().ok()?),
        None => 0,
    };
    let mut sum = seconds * 1_000_000;
    for (tag, unit) in [(0x80, 1_000), (0x81, 1)] {
        if let Some(part) = parts.next_if(|part| cms::is(part, tag)) {
            let number = part.data.iter().try_fold(0_u64, |sum, byte| {
                sum.checked_mul(256).map(|sum| sum + u64::from(*byte)).filter(|sum| *sum <= 999)
            })?;
            sum += (number > 0).then_some(number)? * unit;
        }
    }
    parts.next().is_none().then_some(sum)
}
