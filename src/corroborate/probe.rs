//! Asks endpoints: their addresses, how long a TCP handshake takes, and which certificates they show.
//!
//! The least of several handshakes counts. They are made one after the other with an address, and with few targets at
//! once, for those under way at the same time disturb each other. Whatever fails is told, and costs only itself.

use super::measurement::{ADDRESSES, Reached, Resolved, Rtt, SAMPLES, Target, Tls};
use super::tls::Trust;
use async_trait::async_trait;
use futures::StreamExt;
use rustls::pki_types::ServerName;
use sekisho_contract::gap::shorten;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

/// How to ask.
#[derive(Debug, Clone)]
pub struct Ways {
    /// TCP handshakes with each address.
    pub samples: u16,
    /// How long a resolver, a TCP handshake or a TLS handshake is waited for.
    pub timeout: Duration,
    /// Targets asked at once.
    pub under_way: usize,
    /// Addresses to ask in place of a resolver.
    pub overrides: Overrides,
    /// The roots that are trusted.
    pub roots: Trust,
    /// How long all of it may take; what was not asked by then says so.
    pub deadline: Option<Duration>,
}

impl Ways {
    /// Twenty handshakes, eight targets at once, three seconds for each answer.
    pub fn new(roots: Trust) -> Self {
        Self {
            samples: 20,
            timeout: Duration::from_secs(3),
            under_way: 8,
            overrides: Overrides::default(),
            roots,
            deadline: None,
        }
    }
}

/// Stand-ins on this machine, asked in place of what a resolver says.
#[derive(Debug, Clone, Default)]
pub struct Overrides(BTreeMap<(String, u16), SocketAddr>);

impl Overrides {
    /// Adds `HOST:PORT=ADDRESS:PORT`. The address must be this machine's.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let form = || format!("`{}`: write HOST:PORT=ADDRESS:PORT", shorten(text));
        let (from, to) = text.split_once('=').ok_or_else(form)?;
        let to: SocketAddr = to.trim().parse().map_err(|_| form())?;
        if !to.ip().to_canonical().is_loopback() || to.port() == 0 {
            return Err(format!("`{to}` is not this machine: only loopback addresses stand in for others"));
        }
        self.0.insert(endpoint(from)?, to);
        Ok(())
    }
}

/// Reads `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`; 443 where no port is said. Names are in small letters, without the dot
/// at their end.
pub fn endpoint(text: &str) -> Result<(String, u16), String> {
    let text = text.trim();
    let wrong = |what: &str| format!("`{}`: {what}; write HOST or HOST:PORT", shorten(text));
    let bare = text.parse::<Ipv6Addr>().is_ok();
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !bare && !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let port = port.map_or(Ok(443), str::parse::<u16>).ok().filter(|port| *port > 0);
    let port = port.ok_or_else(|| wrong("no such port"))?;
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if let Ok(address) = inner.unwrap_or(host).parse::<IpAddr>() {
        return Ok((address.to_canonical().to_string(), port));
    }
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(letter);
    let name = host.len() <= 253 && host.split('.').all(label);
    if name { Ok((host, port)) } else { Err(wrong("no host's name")) }
}

/// Asks every target once, and tells what came of it in the same order. One that is named twice is asked once.
pub async fn probe(targets: &[(String, u16)], ways: &Ways) -> Vec<Target> {
    let limits = Limits { timeout: ways.timeout, end: ways.deadline.map(|span| Instant::now() + span) };
    let mut seen = BTreeSet::new();
    let once = targets.iter().filter(|(host, port)| seen.insert((host.to_ascii_lowercase(), *port)));
    let asked: Vec<_> = once.map(|(host, port)| target(host, *port, ways, limits)).collect();
    futures::stream::iter(asked).buffered(ways.under_way.max(1)).collect().await
}

/// How long is waited.
#[derive(Debug, Clone, Copy)]
struct Limits {
    timeout: Duration,
    end: Option<Instant>,
}

impl Limits {
    /// Waits for something, as long as there is time for it.
    async fn wait<T>(self, what: impl Future<Output = std::io::Result<T>>) -> Result<T, String> {
        let left = self.end.map_or(self.timeout, |end| end.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return Err("not asked: the time for measuring had run out".to_owned());
        }
        let limit = self.timeout.min(left);
        match tokio::time::timeout(limit, what).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(cause)) => Err(shorten(&cause.to_string())),
            Err(_) => Err(format!("no answer in {} ms", limit.as_millis())),
        }
    }
}

async fn target(host: &str, port: u16, ways: &Ways, limits: Limits) -> Target {
    let given = ways.overrides.0.get(&(host.to_ascii_lowercase(), port)).copied();
    let mut told = Target {
        host: shorten(host),
        port,
        resolved: if given.is_some() { Resolved::Given } else { Resolved::System },
        addresses: Vec::new(),
        addresses_left_out: 0,
        fault: None,
    };
    let found = match given {
        Some(address) => Ok(vec![address]),
        None => limits.wait(tokio::net::lookup_host((host, port))).await.map(Iterator::collect),
    };
    let addresses: BTreeSet<SocketAddr> = match found {
        Ok(found) => found.into_iter().map(|at| SocketAddr::new(at.ip().to_canonical(), at.port())).collect(),
        Err(fault) => {
            told.fault = Some(fault);
            return told;
        }
    };
    if addresses.is_empty() {
        told.fault = Some("the resolver knows no address of it".to_owned());
    }
    told.addresses_left_out = u32::try_from(addresses.len().saturating_sub(ADDRESSES)).unwrap_or(u32::MAX);
    for at in addresses.into_iter().take(ADDRESSES) {
        told.addresses.push(reached(host, at, ways, limits).await);
    }
    told
}

async fn reached(host: &str, at: SocketAddr, ways: &Ways, limits: Limits) -> Reached {
    let mut told = Reached { address: at.ip(), rtt: None, tls: None, fault: None };
    match round_trips(&Tcp { limits }, at, ways.samples.clamp(1, SAMPLES)).await {
        Ok(rtt) => told.rtt = Some(rtt),
        Err(fault) => {
            told.fault = Some(fault);
            return told;
        }
    }
    let (tls, fault) = certificates(host, at, &ways.roots, limits).await;
    told.tls = tls;
    told.fault = fault.map(|fault| shorten(&format!("TLS: {fault}")));
    told
}

/// One TLS handshake: what was seen of it, and what ended it early.
async fn certificates(
    host: &str,
    at: SocketAddr,
    roots: &Trust,
    limits: Limits,
) -> (Option<Tls>, Option<String>) {
    let name = match ServerName::try_from(host.to_owned()) {
        Ok(name) => name,
        Err(cause) => return (None, Some(cause.to_string())),
    };
    let (config, recorder) = match roots.handshake() {
        Ok(both) => both,
        Err(cause) => return (None, Some(cause.to_string())),
    };
    let stream = match limits.wait(TcpStream::connect(at)).await {
        Ok(stream) => stream,
        Err(fault) => return (None, Some(fault)),
    };
    let begun = Instant::now();
    match limits.wait(TlsConnector::from(config).connect(name, stream)).await {
        Ok(_stream) => (recorder.told(Some(microseconds(begun.elapsed()))), None),
        Err(fault) => (recorder.told(None), Some(fault)),
    }
}

/// Shakes hands, and tells how long it took.
#[async_trait]
trait Connector: Sync {
    async fn connect(&self, at: SocketAddr) -> Result<Duration, String>;
}

/// TCP: the answer to the first packet ends it.
struct Tcp {
    limits: Limits,
}

#[async_trait]
impl Connector for Tcp {
    async fn connect(&self, at: SocketAddr) -> Result<Duration, String> {
        let begun = Instant::now();
        let stream = self.limits.wait(TcpStream::connect(at)).await;
        let took = begun.elapsed();
        stream.map(|_| took)
    }
}

/// So many handshakes unanswered one after the other, and no more are tried: what is mute is not waited out.
const MUTE: u16 = 3;

async fn round_trips(connector: &dyn Connector, at: SocketAddr, samples: u16) -> Result<Rtt, String> {
    let (mut times, mut failed, mut mute, mut first) = (Vec::new(), 0_u16, 0_u16, None);
    for _ in 0..samples {
        match connector.connect(at).await {
            Ok(took) => {
                times.push(microseconds(took));
                mute = 0;
            }
            Err(fault) => {
                first.get_or_insert(fault);
                failed += 1;
                mute += 1;
            }
        }
        if mute == MUTE {
            break;
        }
    }
    times.sort_unstable();
    match (times.first(), times.get(times.len().saturating_sub(1) / 2)) {
        (Some(&min_us), Some(&median_us)) => {
            let answered = u16::try_from(times.len()).unwrap_or(u16::MAX);
            Ok(Rtt { min_us, median_us, answered, failed })
        }
        _ => Err(first.unwrap_or_else(|| "no handshake was asked for".to_owned())),
    }
}

/// Rounded up: a distance must never come out too small.
fn microseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Answers by a list: microseconds, or a fault.
    struct Script(Mutex<Vec<Result<u64, &'static str>>>);

    #[async_trait]
    impl Connector for Script {
        async fn connect(&self, _at: SocketAddr) -> Result<Duration, String> {
            let next = self.0.lock().unwrap().remove(0);
            next.map(Duration::from_micros).map_err(str::to_owned)
        }
    }

    #[tokio::test]
    async fn the_least_of_several_counts() {
        let at: SocketAddr = "192.0.2.1:443".parse().unwrap();
        let no = Err("reset");
        for (script, samples, expected) in [
            (vec![Ok(2_500), Ok(2_100), Ok(9_000)], 3, Ok((2_100, 2_500, 3, 0))),
            (vec![Ok(7), Ok(3), Ok(5), Ok(9)], 4, Ok((3, 5, 4, 0))),
            (vec![Ok(2_000)], 1, Ok((2_000, 2_000, 1, 0))),
            (vec![no, Ok(4_000), no, no, Ok(3_000)], 5, Ok((3_000, 3_000, 2, 3))),
            // A clock that stood still is no distance of nothing.
            (vec![Ok(0)], 1, Ok((1, 1, 1, 0))),
            // What is mute is not waited out: the fourth is not asked for.
            (vec![Ok(5_000), no, no, no, Ok(1)], 5, Ok((5_000, 5_000, 1, 3))),
            (vec![Err("refused"), no, no, Ok(1)], 20, Err("refused".to_owned())),
        ] {
            let connector = Script(Mutex::new(script));
            let told = round_trips(&connector, at, samples).await;
            let told = told.map(|rtt| (rtt.min_us, rtt.median_us, rtt.answered, rtt.failed));
            assert_eq!(told, expected);
        }
        assert_eq!(
            [0, 1, 999, 1_000, 1_001].map(|nanos| microseconds(Duration::from_nanos(nanos))),
            [1, 1, 1, 1, 2]
        );
    }

    #[test]
    fn endpoints() {
        for (text, expected) in [
            ("s3.example.jp", Ok(("s3.example.jp", 443))),
            ("S3.Example.JP.:8443", Ok(("s3.example.jp", 8443))),
            (" 192.0.2.1:80 ", Ok(("192.0.2.1", 80))),
            ("2001:db8::1", Ok(("2001:db8::1", 443))),
            ("[2001:DB8::1]", Ok(("2001:db8::1", 443))),
            ("[2001:db8::1]:8443", Ok(("2001:db8::1", 8443))),
            ("localhost", Ok(("localhost", 443))),
            ("a_b.example.jp", Ok(("a_b.example.jp", 443))),
            ("", Err("no host's name")),
            ("a..b", Err("no host's name")),
            ("https://a.jp", Err("no such port")),
            ("a.jp/x", Err("no host's name")),
            ("a.jp:0", Err("no such port")),
            ("a.jp:65536", Err("no such port")),
            ("a.jp:", Err("no such port")),
            ("関所.jp", Err("no host's name")),
            ("[2001:db8::1", Err("no host's name")),
        ] {
            let read = endpoint(text);
            match expected {
                Ok((host, port)) => assert_eq!(read, Ok((host.to_owned(), port)), "{text}"),
                Err(part) => {
                    assert!(read.as_ref().is_err_and(|fault| fault.contains(part)), "{text}: {read:?}")
                }
            }
        }
        assert!(endpoint(&"a.".repeat(127)).is_ok() && endpoint(&"a.".repeat(128)).is_err());
    }

    #[test]
    fn only_this_machine_stands_in_for_others() {
        for (text, expected) in [
            ("a.jp:443=127.0.0.1:8443", ""),
            ("a.jp=[::1]:8443", ""),
            ("a.jp=[::ffff:127.0.0.1]:8443", ""),
            ("a.jp=192.0.2.1:443", "only loopback"),
            ("a.jp=0.0.0.0:443", "only loopback"),
            ("a.jp=127.0.0.1:0", "not this machine"),
            ("a.jp=127.0.0.1", "write HOST:PORT=ADDRESS:PORT"),
            ("a.jp=localhost:1", "write HOST:PORT=ADDRESS:PORT"),
            ("a.jp", "write HOST:PORT=ADDRESS:PORT"),
            ("a..jp=127.0.0.1:1", "no host's name"),
        ] {
            let said = Overrides::default().add(text).err().unwrap_or_default();
            assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{text}: {said}");
        }
    }
}
