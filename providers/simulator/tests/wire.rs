//! The simulator at its boundary: what a client that signs like the vendor's gets back, byte for byte.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is to fail")]

#[path = "support/client.rs"]
mod client;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use client::Client;
use sekisho_simulator::description::FaultKind;
use sekisho_simulator::{Description, Simulator};

const ACCOUNTS: &str = r#"
seed: 7
accounts:
  - id: "111122223333"
    buckets:
      - {name: tokyo, region: ap-northeast-1, tags: {a: b}}
      - {name: virginia, region: us-east-1}
      - {name: "bulk-{n:05}", count: 2500, region: ap-northeast-1}
    keys: [{id: "key-{n}", count: 30, region: ap-northeast-1}]
    log_groups: [{name: "group-{n}", count: 3, region: ap-northeast-1}]
  - {id: "444455556666", roles: [reader], buckets: [{name: foreign, region: eu-west-1}]}
"#;

fn start(more: &str) -> Simulator {
    Simulator::start(Description::parse(&format!("{ACCOUNTS}{more}")).unwrap()).unwrap()
}

const LIST_KEYS: (&str, &str) = ("kms", "TrentService.ListKeys");

#[test]
fn signatures() {
    let simulator = start("");
    let client = Client::of(&simulator);
    let wrong_secret = Client { secret: "wrong".into(), ..client.clone() };
    let unknown_key = Client { access_key: "AKIAUNKNOWN".into(), ..client.clone() };
    let stray_token = Client { token: Some("stray".into()), ..client.clone() };
    let late = Client { clock_offset: -1_200, ..client.clone() };
    let cases = [
        ("right", &client, 200, 200, 200, ["ListAllMyBuckets", "Keys", "Arn"]),
        (
            "wrong secret",
            &wrong_secret,
            403,
            403,
            403,
            ["SignatureDoesNotMatch", "InvalidSignatureException", "SignatureDoesNotMatch"],
        ),
        (
            "unknown key",
            &unknown_key,
            403,
            400,
            403,
            ["InvalidAccessKeyId", "UnrecognizedClientException", "InvalidClientTokenId"],
        ),
        (
            "stray token",
            &stray_token,
            403,
            400,
            403,
            ["InvalidAccessKeyId", "UnrecognizedClientException", "InvalidClientTokenId"],
        ),
        (
            "twenty minutes late",
            &late,
            403,
            403,
            403,
            ["RequestTimeTooSkewed", "InvalidSignatureException", "SignatureDoesNotMatch"],
        ),
    ];
    for (name, client, s3, json, query, codes) in cases {
        let answers = [
            (s3, client.s3("GET", "/?max-buckets=1").unwrap()),
            (json, client.json(LIST_KEYS.0, LIST_KEYS.1, "{}").unwrap()),
            (query, client.query("sts", "Action=GetCallerIdentity&Version=2011-06-15").unwrap()),
        ];
        for ((status, answer), code) in answers.into_iter().zip(codes) {
            assert_eq!(answer.status, status, "{name}: {}", answer.text());
            assert!(answer.text().contains(code), "{name}: {}", answer.text());
        }
    }
    // What was signed is not what is sent.
    let signed = client.signed("kms", "POST", "/", &[("x-amz-target", LIST_KEYS.1)], r#"{"Limit":1}"#);
    assert_eq!(client.raw(&signed.replace(r#"{"Limit":1}"#, r#"{"Limit":2}"#)).unwrap().status, 403);
    let signed = client.signed("s3", "GET", "/tokyo?acl", &[], "");
    assert_eq!(client.raw(&signed.replace("?acl", "?policy")).unwrap().status, 403);
}

#[test]
fn without_a_signature() {
    let simulator = start("");
    let client = Client::of(&simulator);
    let cases = [
        ("HEAD", "/virginia", 403, Some("us-east-1")),
        ("HEAD", "/foreign", 403, Some("eu-west-1")),
        ("HEAD", "/nowhere", 404, None),
        ("GET", "/tokyo?acl", 403, Some("ap-northeast-1")),
        ("GET", "/", 403, None),
        ("POST", "/", 403, None),
    ];
    for (method, path, status, region) in cases {
        let answer =
            client.raw(&format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).unwrap();
        assert_eq!(
            (answer.status, answer.header("x-amz-bucket-region")),
            (status, region),
            "{method} {path}"
        );
    }
}

#[test]
fn buckets_by_region_and_owner() {
    let simulator = start("");
    let client = Client::of(&simulator);
    let cases = [
        ("ap-northeast-1", "HEAD", "/tokyo", 200, Some("ap-northeast-1"), ""),
        ("eu-west-1", "HEAD", "/tokyo", 301, Some("ap-northeast-1"), ""),
        ("eu-west-1", "GET", "/tokyo?acl", 301, Some("ap-northeast-1"), "PermanentRedirect"),
        ("us-east-1", "GET", "/tokyo?location=", 200, None, "ap-northeast-1"),
        ("us-east-1", "GET", "/virginia?location=", 200, None, "LocationConstraint"),
        ("eu-west-1", "HEAD", "/foreign", 403, Some("eu-west-1"), ""),
        ("eu-west-1", "GET", "/foreign?acl", 403, Some("eu-west-1"), "AccessDenied"),
        ("ap-northeast-1", "HEAD", "/nowhere", 404, None, ""),
        ("ap-northeast-1", "GET", "/bulk-02500?acl", 404, None, "NoSuchBucket"),
        ("ap-northeast-1", "GET", "/bulk-02499?acl", 200, None, "FULL_CONTROL"),
        ("ap-northeast-1", "GET", "/tokyo?cors", 501, None, "NotImplemented"),
        ("ap-northeast-1", "DELETE", "/tokyo", 501, None, "NotImplemented"),
        ("ap-east-2", "GET", "/", 403, None, "InvalidAccessKeyId"),
    ];
    for (region, method, path, status, told, text) in cases {
        let answer = client.region(region).s3(method, path).unwrap();
        let found = (answer.status, answer.header("x-amz-bucket-region"));
        assert_eq!(found, (status, told), "{region} {method} {path}: {}", answer.text());
        assert!(answer.text().contains(text), "{region} {method} {path}: {}", answer.text());
        assert!(answer.header("x-amz-request-id").is_some(), "{region} {method} {path}");
    }
}

#[test]
fn every_page_once() {
    let simulator = start("");
    let client = Client::of(&simulator);
    let (mut token, mut names) = (String::new(), Vec::new());
    loop {
        let text =
            client.s3("GET", &format!("/?continuation-token={token}&max-buckets=1000")).unwrap().text();
        names.extend(text.split("<Name>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()));
        match text.split_once("<ContinuationToken>") {
            Some((_, rest)) => token = rest.split('<').next().unwrap().to_owned(),
            None => break,
        }
    }
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((names.len(), &sorted), (2_502, &names));
    assert_eq!(client.json("kms", LIST_KEYS.1, r#"{"Limit": 0}"#).unwrap().status, 400);
    assert_eq!(client.json("kms", LIST_KEYS.1, r#"{"Marker": "x"}"#).unwrap().status, 400);
}

#[test]
fn faults_in_each_services_words() {
    let cases = [
        (
            "denied",
            [
                (403, "AccessDenied"),
                (400, "AccessDeniedException"),
                (403, "UnauthorizedOperation"),
                (403, "AccessDenied"),
            ],
        ),
        (
            "throttled",
            [
                (503, "SlowDown"),
                (400, "ThrottlingException"),
                (503, "RequestLimitExceeded"),
                (400, "Throttling"),
            ],
        ),
        (
            "internal_error",
            [
                (500, "InternalError"),
                (500, "InternalFailure"),
                (500, "InternalError"),
                (500, "InternalFailure"),
            ],
        ),
        (
            "unavailable",
            [
                (503, "ServiceUnavailable"),
                (503, "ServiceUnavailableException"),
                (503, "Unavailable"),
                (503, "ServiceUnavailable"),
            ],
        ),
        (
            "not_opted_in",
            [(403, "OptInRequired"), (403, "OptInRequired"), (403, "OptInRequired"), (403, "OptInRequired")],
        ),
        (
            "expired_token",
            [
                (400, "ExpiredToken"),
                (400, "ExpiredTokenException"),
                (400, "RequestExpired"),
                (403, "ExpiredToken"),
            ],
        ),
        ("html_500", [(500, "<html>"); 4]),
        ("wrong_content", [(200, "<html>"); 4]),
    ];
    for (fault, expected) in cases {
        let simulator = start(&format!("faults: [{{fault: {fault}}}]\n"));
        let client = Client::of(&simulator);
        let answers = [
            client.s3("GET", "/tokyo?acl").unwrap(),
            client.json(LIST_KEYS.0, LIST_KEYS.1, "{}").unwrap(),
            client.query("ec2", "Action=DescribeRegions&Version=2016-11-15").unwrap(),
            client.query("sts", "Action=GetCallerIdentity&Version=2011-06-15").unwrap(),
        ];
        for (answer, (status, code)) in answers.iter().zip(expected) {
            assert_eq!(answer.status, status, "{fault}: {}", answer.text());
            assert!(answer.text().contains(code) && answer.complete, "{fault}: {}", answer.text());
        }
        let recorded = simulator.requests();
        assert_eq!(recorded.len(), 4);
        assert!(recorded.iter().all(|request| request.fault.is_some()), "{fault}");
    }
}

#[test]
fn faults_of_the_connection() {
    let whole = Client::of(&start("")).s3("GET", "/tokyo?acl").unwrap();
    let ask = |fault: &str| {
        let simulator = start(&format!("faults: [{{fault: {fault}}}]\n"));
        let answer = Client::of(&simulator).s3("GET", "/tokyo?acl");
        (answer, simulator.requests().remove(0).status)
    };
    let (answer, status) = ask("reset");
    assert_eq!((answer.unwrap_err().kind(), status), (ErrorKind::ConnectionReset, 0));
    let (answer, status) = ask("stall");
    assert!(matches!(answer.unwrap_err().kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
    assert_eq!(status, 0);
    let (answer, status) = ask("truncated");
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.complete, status), (200, false, 200));
    assert_eq!(answer.body, whole.body[..whole.body.len() / 2]);
    let (answer, _) = ask("malformed");
    let answer = answer.unwrap();
    assert!(answer.complete && answer.status == 200);
    assert_eq!(answer.body, whole.body[..whole.body.len() / 2]);
    // Without a body there is nothing to cut off.
    let simulator = start("faults: [{fault: truncated}]\n");
    assert!(Client::of(&simulator).s3("HEAD", "/tokyo").is_err());
}

#[test]
fn pages_without_end() {
    let simulator = start("faults: [{fault: endless_pages, operation: 'List*'}]\n");
    let client = Client::of(&simulator);
    let mut tokens = vec![String::new()];
    for _ in 0..20 {
        let marker =
            tokens.last().map(|token| format!(r#","Marker":"{token}""#)).filter(|_| tokens.len() > 1);
        let body = format!(r#"{{"Limit":20{}}}"#, marker.unwrap_or_default());
        let text = client.json(LIST_KEYS.0, LIST_KEYS.1, &body).unwrap().text();
        let (_, rest) = text.split_once(r#""NextMarker":""#).expect(&text);
        tokens.push(rest.split('"').next().unwrap().to_owned());
    }
    let all = tokens.len();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), all, "each page has a token of its own");
}

#[test]
fn transient_faults_count_attempts_of_each_request() {
    let simulator = start("faults: [{fault: unavailable, service: s3, times: 2}]\n");
    let client = Client::of(&simulator);
    let statuses =
        |path: &str| -> Vec<u16> { (0..3).map(|_| client.s3("GET", path).unwrap().status).collect() };
    assert_eq!(statuses("/tokyo?acl"), [503, 503, 200]);
    assert_eq!(statuses("/tokyo?tagging"), [503, 503, 200]);
    assert_eq!(statuses("/bulk-00001?acl"), [503, 503, 200]);
    let attempts: Vec<u32> = simulator.requests().iter().map(|request| request.attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 1, 2, 3, 1, 2, 3]);
    simulator.reset();
    assert_eq!(simulator.requests().len(), 0);
    assert_eq!(statuses("/tokyo?acl"), [503, 503, 200]);
}

#[test]
fn chance_does_not_depend_on_order() {
    let faults =
        "faults: [{fault: denied, probability: 0.5}, {fault: unavailable, probability: 0.5, times: 1}]\n";
    let outcome = |order: &mut dyn Iterator<Item = u32>| {
        let simulator = start(faults);
        let client = Client::of(&simulator);
        let mut outcomes: Vec<(u32, u16)> =
            order.map(|n| (n, client.s3("GET", &format!("/bulk-{n:05}?acl")).unwrap().status)).collect();
        outcomes.sort();
        outcomes
    };
    let forward = outcome(&mut (0..40));
    assert_eq!(forward, outcome(&mut (0..40).rev()));
    for status in [200, 403, 503] {
        assert!(forward.iter().any(|(_, found)| *found == status), "{status}");
    }
}

#[test]
fn quotas_throttle_and_are_counted() {
    let simulator = start("quotas: [{service: kms, operation: ListKeys, rate: 0.5, burst: 3}]\n");
    let client = Client::of(&simulator);
    let ask = |client: &Client| client.json(LIST_KEYS.0, LIST_KEYS.1, "{}").unwrap().status;
    let statuses: Vec<u16> = (0..5).map(|_| ask(&client)).collect();
    assert_eq!(statuses, [200, 200, 200, 400, 400]);
    assert_eq!(simulator.exceeded_quota(), 2);
    assert_eq!(ask(&client.region("eu-west-1")), 200);
    assert_eq!(ask(&client.assume("arn:aws:iam::444455556666:role/reader")), 200);
    assert_eq!(simulator.exceeded_quota(), 2);
}

#[test]
fn sessions_end() {
    let simulator = start("credentials: {session_seconds: 1}\n");
    let session = Client::of(&simulator).assume("arn:aws:iam::444455556666:role/reader");
    std::thread::sleep(Duration::from_millis(1_100));
    for (answer, status, code) in [
        (session.s3("GET", "/"), 400, "ExpiredToken"),
        (session.json(LIST_KEYS.0, LIST_KEYS.1, "{}"), 400, "ExpiredTokenException"),
        (session.query("sts", "Action=GetCallerIdentity&Version=2011-06-15"), 403, "ExpiredToken"),
    ] {
        let answer = answer.unwrap();
        assert_eq!(answer.status, status);
        assert!(answer.text().contains(code), "{}", answer.text());
    }
}

#[test]
fn records_are_served_to_other_processes() {
    let simulator = start("faults: [{fault: throttled, operation: GetBucketTagging}]\n");
    let client = Client::of(&simulator);
    client.s3("GET", "/tokyo?tagging").unwrap();
    client.json(LIST_KEYS.0, LIST_KEYS.1, r#"{"Limit":5,"Marker":"page-5"}"#).unwrap();
    client.s3("PUT", "/tokyo?tagging").unwrap();
    let get = |method: &str, path: &str| {
        client
            .raw(&format!("{method} /_sekisho/{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
            .unwrap()
    };
    let text = get("GET", "requests").text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    for part in
        [r#""account":"111122223333""#, r#""resource":"tokyo""#, r#""status":503"#, r#""fault":"throttled""#]
    {
        assert!(lines[0].contains(part), "{}", lines[0]);
    }
    assert!(lines[1].contains(r#""page":"page-5""#), "{}", lines[1]);
    assert!(lines[2].contains(r#""operation":"Unknown","resource":"PUT /tokyo""#), "{}", lines[2]);
    assert!(get("GET", "health").text().contains(r#""requests":3"#));
    assert_eq!(simulator.counts().get("kms:ListKeys"), Some(&1));
    assert_eq!(simulator.requests()[0].fault, Some(FaultKind::Throttled));
    assert_eq!(get("POST", "reset").status, 204);
    assert_eq!(get("GET", "requests").text(), "");
    assert_eq!(get("GET", "else").status, 404);
}

#[test]
fn latency_is_kept_and_stopping_is_quick() {
    let mut simulator = start(
        "latency_ms: 1\nlatencies: [{operation: GetBucketAcl, ms: 120}]\nfaults: [{fault: stall, operation: ListKeys}]\n",
    );
    let client = Client::of(&simulator);
    let started = Instant::now();
    client.s3("GET", "/tokyo?acl").unwrap();
    assert!(started.elapsed() >= Duration::from_millis(120));
    let stalled = client.clone();
    let waiting = std::thread::spawn(move || stalled.json(LIST_KEYS.0, LIST_KEYS.1, "{}").is_err());
    std::thread::sleep(Duration::from_millis(100));
    let started = Instant::now();
    simulator.stop();
    assert!(started.elapsed() < Duration::from_secs(2));
    assert!(waiting.join().unwrap());
    assert_eq!(simulator.requests().len(), 2);
    assert!(client.s3("GET", "/").is_err());
}

#[test]
fn the_example_starts() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("cloud.example.yaml");
    let simulator = Simulator::start(Description::read(&path).unwrap()).unwrap();
    assert!(simulator.address().ip().is_loopback());
}

#[test]
fn descriptions_that_make_no_sense() {
    let cases = [
        ("accounts:\n  - id: '111122223333'\n    bukkets: []\n", "line 3"),
        ("accounts:\n  - id: '111122223333'\n    bukkets: []\n", "bukkets"),
        ("accounts:\n  - id: 'x'\n", "twelve digits"),
        (
            "accounts:\n  - id: '111122223333'\n    buckets:\n      - {name: a, region: ap-nowhere-1}\n",
            "line 4",
        ),
        ("accounts: []\nfaults:\n  - {fault: explode}\n", "line 3"),
        ("accounts: []\nfaults:\n  - {fault: denied, probability: 2}\n", "line 3"),
        ("accounts: []\nclock: yesterday\n", "2026-11-01T00:00:00Z"),
        ("accounts: []\n", "at least one account"),
        ("accounts: [{id: '111122223333'}, {id: '111122223333'}]\n", "described twice"),
        (
            "accounts: [{id: '111122223333'}]\ncredentials: {account: '444455556666'}\n",
            "none of the accounts",
        ),
        (
            "accounts: [{id: '111122223333', buckets: [{name: a, region: us-east-1}, {name: a, region: us-east-1}]}]\n",
            "accounts[0].buckets[1]: the name `a` is taken",
        ),
        (
            "accounts: [{id: '111122223333', buckets: [{name: a, count: 2, region: us-east-1}]}]\n",
            "needs {n}",
        ),
        (
            "accounts: [{id: '111122223333', buckets: [{name: a-2, region: us-east-1}, {name: 'a-{n}', count: 3, region: us-east-1}]}]\n",
            "`a-2` is taken",
        ),
        (
            "regions: [us-east-1]\naccounts: [{id: '111122223333', keys: [{region: eu-west-1}]}]\n",
            "none of those in `regions`",
        ),
        (
            "accounts: [{id: '111122223333', buckets: [{name: a, region: us-east-1, encryption: nothing}]}]\n",
            "`algorithm`",
        ),
        (
            "accounts: [{id: '111122223333'}]\nfaults: [{operation: GetBucketEncrypton, fault: denied}]\n",
            "faults[0]: no service has an operation like `*:GetBucketEncrypton`",
        ),
        ("accounts: [{id: '111122223333'}]\nquotas: [{service: kms, rate: -1}]\n", "quotas[0]"),
        (
            "accounts: [{id: '111122223333', public_access_block: {block_everything: true}}]\n",
            "block_everything",
        ),
    ];
    for (yaml, expected) in cases {
        let error = match Description::parse(yaml) {
            Err(error) => error.to_string(),
            Ok(description) => Simulator::start(description).expect_err(yaml).to_string(),
        };
        assert!(error.contains(expected), "{yaml}\n{error}");
    }
}
