//! Carries requests over HTTPS, and over plain http to this machine only.
//!
//! One [`Wire`] serves every provider: no redirects are followed (a redirect is an answer to be read),
//! bodies are bounded, and nothing is retried here (the door does that).

use async_trait::async_trait;
use sekisho_contract::door::{Answer, Outgoing, Transport, TransportFault};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use url::{Host, Url};

/// No answer larger than this is taken. The largest that clouds give, a thousand items a page, are far smaller,
/// and many may be under way at once.
const BODY_LIMIT: u64 = 8 * 1024 * 1024;

/// HTTP over the network.
#[derive(Debug, Clone)]
pub struct Wire {
    outside: reqwest::Client,
    loopback: reqwest::Client,
}

/// The client could not be made, such as for want of root certificates.
#[derive(Debug, thiserror::Error)]
#[error("the HTTPS client could not be set up: {0}")]
pub struct WireFault(#[from] reqwest::Error);

impl Wire {
    /// A wire that gives up on an answer after `timeout`.
    pub fn new(timeout: Duration) -> Result<Self, WireFault> {
        let builder = || {
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(timeout.min(Duration::from_secs(10)))
                .timeout(timeout)
                // A part of a compressed object is asked for as it is stored.
                .no_gzip()
                .no_brotli()
                .no_zstd()
                .no_deflate()
                .user_agent(concat!("sekisho/", env!("CARGO_PKG_VERSION")))
        };
        // The name is this machine's whatever a resolver says.
        let this_machine =
            [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()].map(|ip| SocketAddr::new(ip, 0));
        let loopback = builder().no_proxy().resolve_to_addrs(LOCALHOST, &this_machine).build()?;
        Ok(Self { outside: builder().https_only(true).build()?, loopback })
    }
}

const LOCALHOST: &str = "localhost";

/// Whether a URL names this machine. Only addresses and the reserved name `localhost` count.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).to_canonical().is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case(LOCALHOST),
        None => false,
    }
}

#[async_trait]
impl Transport for Wire {
    async fn carry(&self, request: Outgoing) -> Result<Answer, TransportFault> {
        let client = match request.url.scheme() {
            "http" if is_loopback(&request.url) => &self.loopback,
            "https" if is_loopback(&request.url) => &self.loopback,
            "https" => &self.outside,
            scheme => {
                let place = request.url.host_str().unwrap_or("?");
                return Err(TransportFault::Refused(format!(
                    "{scheme} to {place} is refused: only https, or http to this machine"
                )));
            }
        };
        let head = request.method == http::Method::HEAD;
        let sent = client
            .request(request.method, request.url)
            .headers(request.headers)
            .body(request.body)
            .send()
            .await
            .map_err(fault)?;
        let (status, headers) = (sent.status().as_u16(), sent.headers().clone());
        let body = if head { bytes::Bytes::new() } else { whole_body(sent).await? };
        Ok(Answer { status, headers, body })
    }
}

async fn whole_body(mut answer: reqwest::Response) -> Result<bytes::Bytes, TransportFault> {
    if answer.content_length().is_some_and(|length| length > BODY_LIMIT) {
        return Err(TransportFault::TooLarge(BODY_LIMIT));
    }
    let Some(first) = answer.chunk().await.map_err(fault)? else { return Ok(bytes::Bytes::new()) };
    let Some(second) = answer.chunk().await.map_err(fault)? else { return Ok(first) };
    let mut body = bytes::BytesMut::from(first.as_ref());
    body.extend_from_slice(&second);
    while let Some(chunk) = answer.chunk().await.map_err(fault)? {
        body.extend_from_slice(&chunk);
        if body.len() as u64 > BODY_LIMIT {
            return Err(TransportFault::TooLarge(BODY_LIMIT));
        }
    }
    Ok(body.freeze())
}

/// The innermost reason, without the URL: addresses can carry tokens.
fn fault(error: reqwest::Error) -> TransportFault {
    let timed_out = error.is_timeout();
    let error = error.without_url();
    let mut innermost: &dyn Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let why = innermost.to_string();
    if timed_out { TransportFault::TimedOut(why) } else { TransportFault::Broken(why) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_leaves_for_this_machine_only() {
        for (url, loopback) in [
            ("http://127.0.0.1:5000/", true),
            ("http://127.8.9.1/", true),
            ("http://[::1]:80/", true),
            ("http://localhost:1/", true),
            ("http://s3.localhost/", false),
            ("http://localhost.example.com/", false),
            ("http://127.0.0.1.example.com/", false),
            ("http://169.254.169.254/", false),
            ("http://10.0.0.1/", false),
            ("http://[::ffff:127.0.0.1]/", true),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), loopback, "{url}");
        }
    }
}
