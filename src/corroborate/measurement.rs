//! What a vantage point measured: `sekisho/measurement/v1`, a signed file (`crate::envelope`).
//!
//! Round trips, certificates and what failed, as they were seen; nothing is concluded here.

use super::land::Point;
use crate::envelope::{self, EnvelopeFault, SignFault, Signer, Trusted};
use jiff::Timestamp;
use schemars::JsonSchema;
use sekisho_contract::gap::shorten;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The schema's name.
pub const SCHEMA: &str = "sekisho/measurement/v1";
/// The type of the payload in its envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.sekisho.measurement.v1+json";

/// Largest measurement that is read, in bytes.
const SIZE_LIMIT: usize = 16 << 20;
/// Most targets in a measurement.
pub const TARGETS: usize = 1_000;
/// Most addresses of a target that are kept.
pub const ADDRESSES: usize = 16;
/// Most names of a certificate that are kept.
pub const NAMES: usize = 200;
/// Most certificates of a chain that are kept.
pub const CHAIN: usize = 10;
/// Most handshakes with an address.
pub const SAMPLES: u16 = 1_000;
/// Longest text that is read, in characters: what [`shorten`] leaves.
const TEXT: usize = 401;
/// A clock may be fast by so much, in seconds.
const FAST: i64 = 300;
/// A measurement says something of so many days at most.
pub const DAYS: i64 = 31;

/// What one vantage point measured, once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// `sekisho/measurement/v1`.
    pub schema: String,
    /// The program that measured, with its version.
    pub tool: String,
    /// Where it was measured; `null` where nobody says, and then round trips say nothing.
    pub vantage: Option<Vantage>,
    /// When it began, by the clock of the vantage point.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub taken_from: Timestamp,
    /// When it ended.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub taken_until: Timestamp,
    /// Handshakes asked of each address.
    pub samples: u16,
    /// What was measured, in the order it was asked.
    pub targets: Vec<Target>,
}

/// A vantage point, as whoever signs says it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vantage {
    /// Its name.
    pub name: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

impl Vantage {
    /// Its place; `None` where there is none such.
    pub fn point(&self) -> Option<Point> {
        Point::new(self.latitude, self.longitude)
    }
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Where its addresses came from.
    pub resolved: Resolved,
    /// Its addresses, in order.
    pub addresses: Vec<Reached>,
    /// Addresses beyond those that are kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub addresses_left_out: u32,
    /// Why nothing was measured at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// Where addresses came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolved {
    /// The system's resolver, or the target is an address itself.
    System,
    /// Whoever measured, in place of a resolver: a stand-in on their own machine. Its round trips say nothing.
    Given,
}

/// One address, and what it answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reached {
    /// The address.
    #[schemars(with = "String")]
    pub address: IpAddr,
    /// TCP handshakes with it; absent where none was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt: Option<Rtt>,
    /// One TLS handshake; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// What failed first, of what is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// Round trips, in microseconds, rounded up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rtt {
    /// The least: what bounds the distance.
    pub min_us: u64,
    /// The median, of an even number the lower one.
    pub median_us: u64,
    /// Handshakes that were answered.
    pub answered: u16,
    /// Handshakes that were not.
    pub failed: u16,
}

/// What a TLS handshake showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The host names in the certificate (subjectAltName).
    pub names: Vec<String>,
    /// Names beyond those that are kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub names_left_out: u32,
    /// Whether the chain leads to a trusted root, for this name, at this time.
    pub trusted: bool,
    /// Why it is not trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Distrust>,
    /// The certificates that were sent, the endpoint's own first.
    pub chain: Vec<Certificate>,
    /// From the first byte to the end of the handshake, in microseconds: whoever holds the certificate's key answered
    /// in it, while anything on the way can answer for a TCP handshake. Absent where it was not completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_us: Option<u64>,
}

/// Why a chain is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Distrust {
    /// A certificate is no longer valid.
    Expired,
    /// A certificate is not valid yet.
    NotValidYet,
    /// It is for other names.
    WrongName,
    /// It does not lead to a root that is trusted here.
    UnknownIssuer,
    /// No root is trusted here at all.
    NoRoots,
    /// Whoever answered did not show that they hold its key.
    NotHeld,
    /// Anything else that is wrong with it.
    Other,
}

/// A certificate, as far as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// SHA-256 of its DER, in hexadecimal.
    pub sha256: String,
    /// Whose it is; empty where it cannot be read.
    pub subject: String,
    /// Who issued it; empty where it cannot be read.
    pub issuer: String,
    /// The first moment it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub not_before: Option<Timestamp>,
    /// The last moment it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub not_after: Option<Timestamp>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A file that is no measurement to be relied on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeasurementFault {
    /// Its envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeFault),
    /// It is signed, and something else.
    #[error("it is signed, and is no measurement but {0}")]
    Another(String),
    /// It is signed, and makes no sense.
    #[error("it is signed, and cannot be used: {0}")]
    Nonsense(String),
}

/// How a measurement's time stands to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "age", content = "days")]
pub enum Age {
    /// Within a month.
    Recent,
    /// Older, by days.
    Old(i64),
    /// Taken at a time that has not come yet: one of the clocks is wrong, or it was made up.
    Future,
}

impl Measurement {
    /// The signed file.
    pub fn seal(&self, signer: &dyn Signer) -> Result<Vec<u8>, SignFault> {
        let json = serde_json::to_vec(self).map_err(|cause| SignFault::Unwritable(cause.to_string()))?;
        envelope::sign(PAYLOAD_TYPE, &json, signer)
    }

    /// Reads a signed file: the measurement, and the id of the trusted key that signed it.
    pub fn open(file: &[u8], trusted: &[Trusted]) -> Result<(Self, String), MeasurementFault> {
        let verified = envelope::verify(file, trusted)?;
        if verified.payload_type != PAYLOAD_TYPE {
            return Err(MeasurementFault::Another(shorten(&verified.payload_type)));
        }
        Ok((Self::parse(&verified.payload).map_err(MeasurementFault::Nonsense)?, verified.keyid))
    }

    /// Reads a measurement's JSON, and refuses what cannot be.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        if json.len() > SIZE_LIMIT {
            return Err(format!("it is larger than {SIZE_LIMIT} bytes"));
        }
        let read: Self = serde_json::from_slice(json).map_err(|cause| shorten(&cause.to_string()))?;
        read.sensible().map_err(|cause| shorten(&cause))?;
        Ok(read)
    }

    /// How its time stands to now.
    pub fn age(&self, now: Timestamp) -> Age {
        let seconds = now.as_second().saturating_sub(self.taken_until.as_second());
        match seconds / 86_400 {
            _ if seconds < -FAST => Age::Future,
            days if days >= DAYS => Age::Old(days),
            _ => Age::Recent,
        }
    }

    fn sensible(&self) -> Result<(), String> {
        let Self { schema, tool, vantage, taken_from, taken_until, samples, targets } = self;
        if schema != SCHEMA {
            return Err(format!("its schema is {schema}, not {SCHEMA}"));
        }
        short("tool", tool)?;
        if let Some(vantage) = vantage {
            short("vantage.name", &vantage.name)?;
            if vantage.name.trim().is_empty() || vantage.point().is_none() {
                return Err("vantage: no name, or no place on the Earth".to_owned());
            }
        }
        if taken_until < taken_from {
            return Err("taken_until lies before taken_from".to_owned());
        }
        within("samples", usize::from(*samples), 1, usize::from(SAMPLES))?;
        within("targets", targets.len(), 1, TARGETS)?;
        let mut seen = BTreeSet::new();
        for target in targets {
            let place = format!("{}:{}", target.host, target.port);
            if !seen.insert((target.host.to_ascii_lowercase(), target.port)) {
                return Err(format!("{place} stands twice"));
            }
            target.sensible(*samples).map_err(|cause| format!("{place}: {cause}"))?;
        }
        Ok(())
    }
}

impl Target {
    fn sensible(&self, samples: u16) -> Result<(), String> {
        short("host", &self.host)?;
        short("fault", self.fault.as_deref().unwrap_or_default())?;
        if self.host.is_empty() || self.port == 0 {
            return Err("no host, or no port".to_owned());
        }
        if self.addresses.is_empty() == self.fault.is_none() {
            return Err("addresses or a fault, one of both".to_owned());
        }
        within("addresses", self.addresses.len(), 0, ADDRESSES)?;
        let mut seen = BTreeSet::new();
        for reached in &self.addresses {
            if !seen.insert(reached.address.to_canonical()) {
                return Err(format!("{} stands twice", reached.address));
            }
            reached.sensible(samples).map_err(|cause| format!("{}: {cause}", reached.address))?;
        }
        Ok(())
    }
}

impl Reached {
    fn sensible(&self, samples: u16) -> Result<(), String> {
        short("fault", self.fault.as_deref().unwrap_or_default())?;
        if let Some(Rtt { min_us, median_us, answered, failed }) = self.rtt {
            if min_us == 0 || median_us < min_us {
                return Err("rtt: zero, or a median below the least".to_owned());
            }
            if answered == 0 || u32::from(answered) + u32::from(failed) > u32::from(samples) {
                return Err("rtt: no handshake, or more than were asked".to_owned());
            }
        } else if self.fault.is_none() {
            return Err("neither rtt nor a fault".to_owned());
        }
        let Some(tls) = &self.tls else { return Ok(()) };
        if tls.trusted == tls.why.is_some()
            || (tls.trusted && (tls.chain.is_empty() || tls.took_us.is_none()))
        {
            return Err("tls: trusted without a chain, or against its own word".to_owned());
        }
        if tls.took_us == Some(0) {
            return Err("tls: took no time".to_owned());
        }
        within("tls.names", tls.names.len(), 0, NAMES)?;
        within("tls.chain", tls.chain.len(), 0, CHAIN)?;
        tls.names.iter().try_for_each(|name| short("tls.names", name))?;
        for certificate in &tls.chain {
            short("subject", &certificate.subject)?;
            short("issuer", &certificate.issuer)?;
            let digest = &certificate.sha256;
            if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err("tls.chain: sha256 is no digest".to_owned());
            }
        }
        Ok(())
    }
}

fn short(what: &str, text: &str) -> Result<(), String> {
    let bad = text.chars().nth(TEXT).is_some() || text.chars().any(char::is_control);
    if bad { Err(format!("{what}: too long, or with control characters")) } else { Ok(()) }
}

fn within(what: &str, count: usize, least: usize, most: usize) -> Result<(), String> {
    let inside = (least..=most).contains(&count);
    if inside { Ok(()) } else { Err(format!("{what}: {count}, not {least} to {most}")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn sound() -> Value {
        json!({"schema": SCHEMA, "tool": "sekisho 0.1.0",
            "vantage": {"name": "大手町", "latitude": 35.6867, "longitude": 139.7640},
            "taken_from": "2026-11-01T00:00:00Z", "taken_until": "2026-11-01T00:01:00Z", "samples": 20,
            "targets": [{"host": "s3.example.jp", "port": 443, "resolved": "system", "addresses": [
                {"address": "192.0.2.1", "rtt": {"min_us": 2000, "median_us": 2100, "answered": 19, "failed": 1},
                    "tls": {"names": ["s3.example.jp"], "trusted": true, "took_us": 4000,
                        "chain": [{"sha256": "ab".repeat(32), "subject": "CN=x", "issuer": "CN=y"}]}},
                {"address": "2001:db8::1", "fault": "unreachable"}]}]})
    }

    #[test]
    fn nonsense_is_refused() {
        let read = Measurement::parse(sound().to_string().as_bytes()).unwrap();
        assert_eq!(Measurement::parse(&serde_json::to_vec(&read).unwrap()).unwrap(), read);
        let first = "/targets/0/addresses/0";
        let target = sound()["targets"][0].clone();
        let address = sound().pointer(first).unwrap().clone();
        let mut louder = target.clone();
        louder["host"] = json!("S3.example.JP");
        let mut mapped = address.clone();
        mapped["address"] = json!("::ffff:192.0.2.1");
        for (place, value, expected) in [
            ("/schema".to_owned(), json!("sekisho/measurement/v2"), "its schema is"),
            ("/vantage/latitude".to_owned(), json!(90.1), "no place on the Earth"),
            ("/vantage/longitude".to_owned(), json!(-181), "no place on the Earth"),
            ("/vantage/name".to_owned(), json!(" "), "no name"),
            ("/vantage/name".to_owned(), json!("x".repeat(402)), "too long"),
            ("/tool".to_owned(), json!("a\u{1b}[31m"), "control characters"),
            ("/taken_until".to_owned(), json!("2026-10-31T00:00:00Z"), "before"),
            ("/taken_until".to_owned(), json!("yesterday"), "line 1"),
            ("/samples".to_owned(), json!(0), "samples: 0"),
            ("/samples".to_owned(), json!(19), "more than were asked"),
            ("/targets".to_owned(), json!([]), "targets: 0"),
            ("/targets".to_owned(), json!([target.clone(), target]), "stands twice"),
            ("/targets".to_owned(), json!([sound()["targets"][0].clone(), louder]), "stands twice"),
            ("/targets/0/port".to_owned(), json!(0), "no port"),
            ("/targets/0/port".to_owned(), json!(65536), "line 1"),
            ("/targets/0/addresses".to_owned(), json!([]), "one of both"),
            ("/targets/0/fault".to_owned(), json!("x"), "one of both"),
            ("/targets/0/addresses".to_owned(), json!([address.clone(), mapped]), "stands twice"),
            ("/targets/0/addresses".to_owned(), json!(vec![address; 17]), "addresses: 17"),
            (format!("{first}/address"), json!("localhost"), "invalid IP address"),
            (format!("{first}/rtt/min_us"), json!(0), "zero"),
            (format!("{first}/rtt/min_us"), json!(-1), "invalid value"),
            (format!("{first}/rtt/min_us"), json!(2.5), "invalid type"),
            (format!("{first}/rtt/median_us"), json!(1999), "median"),
            (format!("{first}/rtt/answered"), json!(0), "no handshake"),
            (format!("{first}/rtt"), json!(null), "neither rtt nor a fault"),
            (format!("{first}/tls/trusted"), json!(false), "own word"),
            (format!("{first}/tls/chain"), json!([]), "without a chain"),
            (format!("{first}/tls/took_us"), json!(0), "took no time"),
            (format!("{first}/tls/chain/0/sha256"), json!("xyz"), "no digest"),
            (format!("{first}/tls/names"), json!(vec!["a"; 201]), "tls.names: 201"),
            (format!("{first}/more"), json!(1), "unknown field"),
        ] {
            let mut changed = sound();
            let (above, last) = place.rsplit_once('/').unwrap();
            changed.pointer_mut(above).unwrap()[last] = value;
            let fault = Measurement::parse(changed.to_string().as_bytes()).unwrap_err();
            assert!(fault.contains(expected), "{place}: {fault}");
        }
        let mut nowhere = sound();
        nowhere["vantage"] = json!(null);
        assert_eq!(Measurement::parse(nowhere.to_string().as_bytes()).unwrap().vantage, None);
        assert!(Measurement::parse(&vec![b' '; SIZE_LIMIT + 1]).unwrap_err().contains("larger"));
    }

    #[test]
    fn ages() {
        let read = Measurement::parse(sound().to_string().as_bytes()).unwrap();
        for (now, expected) in [
            ("2026-11-01T00:01:00Z", Age::Recent),
            ("2026-10-31T23:57:00Z", Age::Recent),
            ("2026-10-31T23:50:00Z", Age::Future),
            ("2025-11-01T00:00:00Z", Age::Future),
            ("2026-12-01T00:00:00Z", Age::Recent),
            ("2026-12-02T00:01:00Z", Age::Old(31)),
            ("2027-11-01T00:01:00Z", Age::Old(365)),
        ] {
            assert_eq!(read.age(now.parse().unwrap()), expected, "{now}");
        }
    }
}
