//! Signature version 4: reading the header and verifying the signature.

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::failure::{Failure, Protocol};
use crate::request::{Request, pairs};

/// What the Authorization header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key: String,
    /// Day of the scope, `YYYYMMDD`.
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
    signed_headers: Vec<String>,
    signature: String,
}

/// A key that signs for one day, region and service.
pub(crate) type SigningKey = [u8; 32];

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');

impl Authorization {
    pub(crate) fn parse(header: &str) -> Result<Self, Failure> {
        if header.is_empty() {
            return Err(Failure::new(403, "MissingAuthenticationToken", "Missing Authentication Token"));
        }
        Self::fields(header).ok_or_else(|| {
            Failure::new(400, "IncompleteSignature", "The Authorization header is no signature of version 4.")
        })
    }

    fn fields(header: &str) -> Option<Self> {
        let rest = header.strip_prefix(ALGORITHM)?.trim_start();
        let field =
            |name: &str| rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let mut scope = field("Credential")?.split('/');
        let mut next = || scope.next().filter(|part| !part.is_empty()).map(str::to_owned);
        let (access_key, date, region, service) = (next()?, next()?, next()?, next()?);
        let signature = field("Signature")?;
        let signed_headers: Vec<String> =
            field("SignedHeaders")?.split(';').map(str::to_ascii_lowercase).collect();
        let well_formed = scope.next() == Some("aws4_request")
            && scope.next().is_none()
            && date.len() == 8
            && date.bytes().all(|b| b.is_ascii_digit())
            && signature.len() == 64
            && signed_headers.iter().any(|name| name == "host");
        well_formed.then(|| Self {
            access_key,
            date,
            region,
            service,
            signed_headers,
            signature: signature.into(),
        })
    }

    /// The key that the secret gives for this scope.
    pub(crate) fn signing_key(&self, secret: &str) -> SigningKey {
        let steps = [self.date.as_str(), &self.region, &self.service, "aws4_request"];
        let start = format!("AWS4{secret}").into_bytes();
        let key = steps.iter().fold(start, |key, step| hmac(&key, step.as_bytes()).to_vec());
        let mut signing_key = [0; 32];
        signing_key.copy_from_slice(&key[..32]);
        signing_key
    }

    /// Whether the request was signed with this key.
    pub(crate) fn verify(
        &self,
        request: &Request,
        key: &SigningKey,
        protocol: Protocol,
    ) -> Result<(), Failure> {
        let payload = self.payload_hash(request)?;
        let headers: String =
            self.signed_headers.iter().map(|name| canonical_header(request, name)).collect();
        let canonical = format!(
            "{}\n{}\n{}\n{headers}\n{}\n{payload}",
            request.method,
            canonical_path(&request.path, self.is_of_s3()),
            canonical_query(&request.query),
            self.signed_headers.join(";"),
        );
        let to_sign = format!(
            "{ALGORITHM}\n{}\n{}/{}/{}/aws4_request\n{}",
            request.header("x-amz-date"),
            self.date,
            self.region,
            self.service,
            hex::encode(Sha256::digest(canonical.as_bytes())),
        );
        if hex::encode(hmac(key, to_sign.as_bytes())) == self.signature {
            return Ok(());
        }
        Err(protocol.wrong_signature().field("StringToSign", to_sign).field("CanonicalRequest", canonical))
    }

    /// S3 wants the body's digest told, and paths as they stand.
    fn is_of_s3(&self) -> bool {
        matches!(self.service.as_str(), "s3" | "s3express")
    }

    fn payload_hash(&self, request: &Request) -> Result<String, Failure> {
        let claimed = request.header("x-amz-content-sha256");
        if claimed == "UNSIGNED-PAYLOAD" {
            return Ok(claimed.to_owned());
        }
        let hash = hex::encode(Sha256::digest(&request.body));
        if self.is_of_s3() && claimed.is_empty() {
            let message = "Missing required header for this request: x-amz-content-sha256";
            return Err(Failure::new(400, "InvalidRequest", message));
        }
        if !claimed.is_empty() && claimed != hash {
            let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
            return Err(Failure::new(400, "XAmzContentSHA256Mismatch", message));
        }
        Ok(hash)
    }
}

fn canonical_header(request: &Request, name: &str) -> String {
    let values: Vec<String> = request
        .headers
        .get_all(name)
        .iter()
        .map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect();
    format!("{name}:{}\n", values.join(","))
}

/// S3 encodes a path once, everyone else twice.
fn canonical_path(path: &str, of_s3: bool) -> String {
    if of_s3 {
        let decoded: Vec<u8> = percent_decode_str(path).collect();
        percent_encoding::percent_encode(&decoded, PATH).to_string()
    } else {
        utf8_percent_encode(path, PATH).to_string()
    }
}

fn canonical_query(query: &str) -> String {
    let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let mut encoded: Vec<(String, String)> =
        pairs(query).iter().map(|(key, value)| (encode(key), encode(value))).collect();
    encoded.sort();
    encoded.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
}

fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(data);
            mac.finalize().into_bytes().into()
        }
        // HMAC takes keys of any length.
        Err(_) => [0; 32],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";

    /// The example of the AWS General Reference.
    #[test]
    fn the_published_example_verifies() {
        let mut headers = http::HeaderMap::new();
        headers.insert("host", "iam.amazonaws.com".parse().unwrap());
        headers.insert("content-type", "application/x-www-form-urlencoded; charset=utf-8".parse().unwrap());
        headers.insert("x-amz-date", "20150830T123600Z".parse().unwrap());
        let mut request = Request {
            method: http::Method::GET,
            path: "/".into(),
            query: "Action=ListUsers&Version=2010-05-08".into(),
            headers,
            body: bytes::Bytes::new(),
        };
        let authorization = Authorization::parse(HEADER).unwrap();
        let key = authorization.signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        assert!(authorization.verify(&request, &key, Protocol::Query).is_ok());
        let other = authorization.signing_key("another secret");
        assert!(authorization.verify(&request, &other, Protocol::Query).is_err());
        request.query.push('x');
        assert!(authorization.verify(&request, &key, Protocol::Query).is_err());
    }

    #[test]
    fn ill_formed_headers() {
        let cases = [
            String::new(),
            "Basic x".into(),
            HEADER.replace("aws4_request", "aws5_request"),
            HEADER.replace("host;", ""),
            HEADER.replace("us-east-1", ""),
            HEADER.replace("f2b5d7", ""),
        ];
        for header in cases {
            assert!(Authorization::parse(&header).is_err(), "{header}");
        }
    }
}
