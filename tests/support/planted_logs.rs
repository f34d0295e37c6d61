//! Audit logs made up by number, so that what is in them is known; and a small country database to locate them with.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by a test and a benchmark; each uses a part")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::Path;

/// 2026-11-01T00:00:00Z, in seconds since 1970.
pub const START: i64 = 1_793_491_200;

/// What is planted.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Acts in all clouds together.
    pub events: u64,
    /// Days they are spread over, each hour alike.
    pub days: u64,
    /// The number of the one act from abroad.
    pub foreign: Option<u64>,
    /// An hour, from the first on, whose files are left out in every cloud.
    pub without_hour: Option<u64>,
    /// Whether Azure and Google have a part, or all is CloudTrail's with long records.
    pub three_clouds: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Planted {
    /// Acts.
    pub events: u64,
    /// Of these from an address at home.
    pub home: u64,
    /// Of these by a service of the cloud.
    pub services: u64,
    /// From abroad.
    pub abroad: u64,
    /// Bytes before compression.
    pub bytes: u64,
}

/// Writes the files of a plan into a folder.
pub fn plant(folder: &Path, plan: Plan) -> Planted {
    let hours = plan.days * 24;
    let mut planted = Planted::default();
    let mut text = String::new();
    for hour in 0..hours {
        let (first, after) = (plan.events * hour / hours, plan.events * (hour + 1) / hours);
        if plan.without_hour == Some(hour) {
            continue;
        }
        // Of four acts two are AWS's, one Azure's, one Google's.
        let clouds: &[&str] = if plan.three_clouds { &["aws", "azure", "gcp"] } else { &["aws"] };
        for cloud in clouds {
            text.clear();
            let mut separator = "";
            for number in first..after {
                let of = match number % 4 {
                    2 if plan.three_clouds => "azure",
                    3 if plan.three_clouds => "gcp",
                    _ => "aws",
                };
                if of != *cloud {
                    continue;
                }
                text.push_str(if of == "aws" { separator } else { "" });
                separator = ",";
                let second = START + (hour * 3_600 + (number - first) * 3_600 / (after - first)) as i64;
                let address = address(of, number, plan.foreign);
                match address.as_str() {
                    "198.51.100.77" => planted.abroad += 1,
                    "AWS Internal" | "cloudtrail.amazonaws.com" | "private" => planted.services += 1,
                    _ => planted.home += 1,
                }
                planted.events += 1;
                match of {
                    "aws" if plan.three_clouds => aws_short(&mut text, number, second, &address),
                    "aws" => aws(&mut text, number, second, &address),
                    "azure" => azure(&mut text, number, second, &address),
                    _ => google(&mut text, number, second, &address),
                }
            }
            planted.bytes += text.len() as u64;
            write(folder, cloud, hour, &text);
        }
    }
    planted
}

/// One act in seventeen is a service's; of the others one in five has an IPv6 address.
fn address(cloud: &str, number: u64, foreign: Option<u64>) -> String {
    if foreign == Some(number) {
        return "198.51.100.77".to_owned();
    }
    let host = number * 7_919 % 50_000;
    let port = if cloud == "azure" { format!(":{}", 1_024 + number % 60_000) } else { String::new() };
    match (number % 17, number % 5, cloud) {
        (0, _, "aws") if number.is_multiple_of(2) => "AWS Internal".to_owned(),
        (0, _, "aws") => "cloudtrail.amazonaws.com".to_owned(),
        (0, _, "gcp") => "private".to_owned(),
        (_, 0, "azure") => format!("[2001:200::{host:x}]{port}"),
        (_, 0, _) => format!("2001:200::{host:x}"),
        (_, 1, "gcp") => format!("::ffff:1.0.{}.{}", host / 250 % 250, host % 250),
        _ => format!("1.0.{}.{}{port}", host / 250 % 250, host % 250),
    }
}

fn time(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(second).unwrap()
}

/// A record as CloudTrail writes it, about 1.7 kB.
fn aws(text: &mut String, number: u64, second: i64, address: &str) {
    let at = time(second);
    let (service, name, read) = [
        ("s3", "GetObject", true),
        ("s3", "PutObject", false),
        ("kms", "Decrypt", true),
        ("ec2", "DescribeInstances", true),
        ("iam", "CreateRole", false),
        ("sts", "AssumeRole", true),
        ("dynamodb", "PutItem", false),
        ("logs", "CreateLogStream", false),
    ][(number * 31 % 8) as usize];
    let role = number * 17 % 40;
    let session = number * 13 % 25;
    let _ = write!(
        text,
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"AssumedRole","principalId":"AROAEXAMPLE{role:09}:session-{session}","arn":"arn:aws:sts::111111111111:assumed-role/application-{role}/session-{session}","accountId":"111111111111","accessKeyId":"ASIAEXAMPLE{role:09}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLE{role:09}","arn":"arn:aws:iam::111111111111:role/application-{role}","accountId":"111111111111","userName":"application-{role}"}},"attributes":{{"creationDate":"{at}","mfaAuthenticated":"false"}}}}}},"eventTime":"{at}","eventSource":"{service}.amazonaws.com","eventName":"{name}","awsRegion":"ap-northeast-1","sourceIPAddress":"{address}","userAgent":"[aws-sdk-java/2.31.0 Linux/6.1.0 OpenJDK_64-Bit_Server_VM/21.0.2 cfg/retry-mode/standard]","requestParameters":{{"bucketName":"agency-records-{role:04}","Host":"agency-records-{role:04}.s3.ap-northeast-1.amazonaws.com","key":"2026/11/{number:012}.parquet","x-amz-server-side-encryption":"aws:kms"}},"responseElements":null,"additionalEventData":{{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"Zm9vYmFy\/{number:016x}==","bytesTransferredOut":{number}}},"requestID":"{number:016X}","eventID":"{number:08x}-0000-4000-8000-{number:012x}","readOnly":{read},"resources":[{{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::agency-records-{role:04}/2026/11/{number:012}.parquet"}}],"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111111111111","eventCategory":"Data","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"agency-records.s3.ap-northeast-1.amazonaws.com"}}}}"#
    );
}

/// The same with few members.
fn aws_short(text: &mut String, number: u64, second: i64, address: &str) {
    let role = number * 17 % 40;
    let at = time(second);
    let _ = write!(
        text,
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"AssumedRole","arn":"arn:aws:sts::111111111111:assumed-role/application-{role}/s"}},"eventTime":"{at}","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"ap-northeast-1","sourceIPAddress":"{address}","readOnly":true,"managementEvent":false,"recipientAccountId":"111111111111"}}"#
    );
}

fn azure(text: &mut String, number: u64, second: i64, address: &str) {
    let (user, at) = (number * 17 % 40, time(second));
    let _ = writeln!(
        text,
        r#"{{"time":"{at}","resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/A","operationName":"MICROSOFT.STORAGE/STORAGEACCOUNTS/WRITE","category":"Administrative","callerIpAddress":"{address}","identity":{{"claims":{{"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"user-{user}@example.go.jp"}}}}}}"#
    );
}

fn google(text: &mut String, number: u64, second: i64, address: &str) {
    let (user, at) = (number * 17 % 40, time(second));
    let _ = writeln!(
        text,
        r#"{{"logName":"projects/p/logs/cloudaudit.googleapis.com%2Factivity","timestamp":"{at}","resource":{{"type":"gcs_bucket","labels":{{"location":"asia-northeast1"}}}},"protoPayload":{{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","serviceName":"storage.googleapis.com","methodName":"storage.buckets.update","authenticationInfo":{{"principalEmail":"user-{user}@example.go.jp"}},"requestMetadata":{{"callerIp":"{address}"}}}}}}"#
    );
}

fn write(folder: &Path, cloud: &str, hour: u64, text: &str) {
    let at = time(START + hour as i64 * 3_600).to_string();
    let (year, month, day, clock) = (&at[..4], &at[5..7], &at[8..10], &at[11..13]);
    let (path, whole) = match cloud {
        "aws" => (
            format!(
                "AWSLogs/111111111111/CloudTrail/ap-northeast-1/{year}/{month}/{day}/111111111111_CloudTrail_ap-northeast-1_{year}{month}{day}T{clock}55Z_{hour:016}.json.gz"
            ),
            format!("{{\"Records\":[{text}]}}"),
        ),
        "azure" => (
            format!(
                "insights-activity-logs/resourceId=/SUBSCRIPTIONS/S/y={year}/m={month}/d={day}/h={clock}/m=00/PT1H.json"
            ),
            text.to_owned(),
        ),
        _ => (
            format!(
                "cloudaudit.googleapis.com/activity/{year}/{month}/{day}/{clock}:00:00_{clock}:59:59_S0.json.zst"
            ),
            text.to_owned(),
        ),
    };
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let bytes = match cloud {
        "aws" => gzip(whole.as_bytes()),
        "azure" => whole.into_bytes(),
        _ => zstd::encode_all(whole.as_bytes(), 1).unwrap(),
    };
    std::fs::write(path, bytes).unwrap();
}

/// Bytes as gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(1));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The countries of what is planted: Japan's 1.0.0.0/8 and 2001:200::/32, and one network elsewhere.
pub fn countries() -> Vec<u8> {
    mmdb(&[("1.0.0.0", 8, "JP"), ("2001:200::", 32, "JP"), ("198.51.100.0", 24, "US")])
}

/// A country database in MaxMind's format: a binary tree over addresses of 128 bits, with IPv4 at its lowest end.
pub fn mmdb(networks: &[(&str, u8, &str)]) -> Vec<u8> {
    // Children of each node; what is not set has no country.
    let mut nodes: Vec<[Option<Child>; 2]> = vec![[None; 2]];
    let mut data = Vec::new();
    let mut offsets: BTreeMap<&str, u32> = BTreeMap::new();
    for (address, length, country) in networks {
        let offset = *offsets.entry(country).or_insert_with(|| {
            let offset = data.len() as u32;
            data.extend(map(&[("country", map(&[("iso_code", string(country))]))]));
            offset
        });
        let (bits, length) = match address.parse::<IpAddr>().unwrap() {
            IpAddr::V4(v4) => (u128::from(u32::from(v4)), 96 + u32::from(*length)),
            IpAddr::V6(v6) => (u128::from(v6), u32::from(*length)),
        };
        let mut node = 0;
        for depth in 0..length {
            let side = (bits >> (127 - depth) & 1) as usize;
            if depth + 1 == length {
                nodes[node][side] = Some(Child::Data(offset));
            } else if let Some(Child::Node(next)) = nodes[node][side] {
                node = next;
            } else {
                nodes.push([None; 2]);
                nodes[node][side] = Some(Child::Node(nodes.len() - 1));
                node = nodes.len() - 1;
            }
        }
    }
    let count = nodes.len() as u32;
    let mut file = Vec::new();
    for child in nodes.iter().flatten() {
        let value = match child {
            None => count,
            Some(Child::Node(node)) => *node as u32,
            Some(Child::Data(offset)) => count + 16 + offset,
        };
        file.extend(value.to_be_bytes());
    }
    file.extend([0; 16]);
    file.extend(data);
    file.extend(b"\xAB\xCD\xEFMaxMind.com");
    file.extend(map(&[
        ("node_count", number(6, count.into(), 4)),
        ("record_size", number(5, 32, 2)),
        ("ip_version", number(5, 6, 2)),
        ("database_type", string("Planted-Country")),
        ("languages", vec![0, 4]),
        ("binary_format_major_version", number(5, 2, 2)),
        ("binary_format_minor_version", number(5, 0, 2)),
        ("build_epoch", number(9, START as u64, 8)),
        ("description", vec![0xE0]),
    ]));
    file
}

#[derive(Clone, Copy)]
enum Child {
    Node(usize),
    Data(u32),
}

fn string(text: &str) -> Vec<u8> {
    [&[2 << 5 | text.len() as u8], text.as_bytes()].concat()
}

fn map(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![7 << 5 | members.len() as u8];
    for (name, value) in members {
        // A length above 28 takes a byte of its own.
        bytes.extend(if name.len() > 28 { unreachable!() } else { string(name) });
        bytes.extend(value);
    }
    bytes
}

fn number(sort: u8, value: u64, size: usize) -> Vec<u8> {
    let head = if sort > 7 { vec![size as u8, sort - 7] } else { vec![sort << 5 | size as u8] };
    [head, value.to_be_bytes()[8 - size..].to_vec()].concat()
}
