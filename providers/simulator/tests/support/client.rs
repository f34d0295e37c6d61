//! A bare client: signs with the vendor's own crate, sends, and keeps what came back byte for byte.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up is to fail")]

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{PayloadChecksumKind, PercentEncodingMode, UriPathNormalizationMode};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use sekisho_simulator::Simulator;

/// Who asks, where, of which service.
#[derive(Clone)]
pub struct Client {
    pub address: String,
    pub access_key: String,
    pub secret: String,
    pub token: Option<String>,
    pub region: String,
    pub clock_offset: i64,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    /// Whether the body is as long as was announced.
    pub complete: bool,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Client {
    pub fn of(simulator: &Simulator) -> Self {
        let (access_key, secret) = simulator.credentials();
        Self {
            address: simulator.address().to_string(),
            access_key,
            secret,
            token: None,
            region: "ap-northeast-1".into(),
            clock_offset: 0,
        }
    }

    pub fn region(&self, region: &str) -> Self {
        Self { region: region.into(), ..self.clone() }
    }

    /// `GET /bucket?acl` and the like.
    pub fn s3(&self, method: &str, target: &str) -> io::Result<Answer> {
        self.send("s3", method, target, &[], "")
    }

    /// JSON 1.1.
    pub fn json(&self, service: &str, target: &str, body: &str) -> io::Result<Answer> {
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)];
        self.send(service, "POST", "/", &headers, body)
    }

    /// Query protocol.
    pub fn query(&self, service: &str, form: &str) -> io::Result<Answer> {
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        self.send(service, "POST", "/", &headers, form)
    }

    /// A session of a role.
    pub fn assume(&self, role: &str) -> Self {
        let form = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=test");
        let text = self.query("sts", &form).unwrap().text();
        let element = |name: &str| {
            let (_, rest) = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{text}"));
            rest.split('<').next().unwrap_or_default().to_owned()
        };
        Self {
            access_key: element("AccessKeyId"),
            secret: element("SecretAccessKey"),
            token: Some(element("SessionToken")),
            ..self.clone()
        }
    }

    pub fn signed(
        &self,
        service: &str,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> String {
        let identity =
            Credentials::new(&self.access_key, &self.secret, self.token.clone(), None, "test").into();
        let mut settings = SigningSettings::default();
        if service == "s3" {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let offset = Duration::from_secs(self.clock_offset.unsigned_abs());
        #[allow(clippy::disallowed_methods, reason = "what the signer takes")]
        let now = SystemTime::now();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(if self.clock_offset < 0 { now - offset } else { now + offset })
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let uri = format!("http://{}{target}", self.address);
        let request =
            SignableRequest::new(method, uri, headers.iter().copied(), SignableBody::Bytes(body.as_bytes()));
        let (instructions, _) = sign(request.unwrap(), &parameters).unwrap().into_parts();
        let mut text =
            format!("{method} {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        let (signed, _) = instructions.into_parts();
        for (name, value) in
            signed.iter().map(|header| (header.name(), header.value())).chain(headers.iter().copied())
        {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        text
    }

    pub fn send(
        &self,
        service: &str,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Answer> {
        self.raw(&self.signed(service, method, target, headers, body))
    }

    /// Sends text as it is.
    pub fn raw(&self, request: &str) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_millis(1_500)))?;
        stream.write_all(request.as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let end = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let body = bytes[end + 4..].to_vec();
        let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut answer = Answer { status, head, body, complete: true };
        let announced = answer.header("content-length").and_then(|text| text.parse::<usize>().ok());
        answer.complete =
            request.starts_with("HEAD") || announced.is_none_or(|length| length == answer.body.len());
        Ok(answer)
    }
}
