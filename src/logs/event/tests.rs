use super::*;

fn told(text: &str) -> String {
    match read(&mut Cursor::new(text.as_bytes())) {
        Ok(Reading::Event(event)) => format!(
            "{} {} {} {} {:?} {} {}",
            event.provider,
            event.time,
            event.principal,
            event.service,
            event.action,
            event.address.as_deref().unwrap_or("-"),
            event.region.as_deref().unwrap_or("-")
        ),
        other => format!("{other:?}"),
    }
}

#[test]
fn records_of_every_cloud() {
    let aws = |rest: &str| {
        format!(
            r#"{{"eventTime":"2026-11-01T00:00:01Z","eventSource":"s3.amazonaws.com","awsRegion":"ap-northeast-1",{rest}}}"#
        )
    };
    for (text, expected) in [
        (
            aws(r#""eventName":"GetObject","readOnly":true,"sourceIPAddress":"1.0.0.1","userIdentity":{"type":"IAMUser","arn":"arn:a","userName":"u"}"#),
            "aws 1793491201 arn:a s3.amazonaws.com Read 1.0.0.1 ap-northeast-1",
        ),
        (
            aws(r#""eventName":"PutObject","readOnly":false,"managementEvent":false,"userIdentity":{"type":"AWSService","invokedBy":"x.amazonaws.com"}"#),
            "aws 1793491201 x.amazonaws.com s3.amazonaws.com Write - ap-northeast-1",
        ),
        (
            aws(r#""eventName":"PutBucketPolicy","readOnly":"false","managementEvent":true,"userIdentity":{"type":"Root","accountId":"1"}"#),
            "aws 1793491201 Root:1 s3.amazonaws.com Manage - ap-northeast-1",
        ),
        (aws(r#""eventName":"ConsoleLogin","userIdentity":null"#), "aws 1793491201  s3.amazonaws.com Login - ap-northeast-1"),
        (aws(r#""eventName":"DescribeX""#), "aws 1793491201  s3.amazonaws.com Read - ap-northeast-1"),
        (aws(r#""eventName":"Frobnicate""#), "aws 1793491201  s3.amazonaws.com Other - ap-northeast-1"),
        (
            r#"{"time":"2026-11-01T00:00:01.1234567Z","operationName":"GetBlob","category":"StorageRead","callerIpAddress":"1.0.0.1:1","resourceId":"/subscriptions/s/providers/Microsoft.Storage/storageAccounts/a","location":"Japan East","identity":{"type":"OAuth","requester":{"objectId":"o","upn":"u@x"}}}"#.to_owned(),
            "azure 1793491201 u@x microsoft.storage Read 1.0.0.1:1 japaneast",
        ),
        (
            r#"{"time":"2026-11-01T09:00:01+09:00","operationName":"Sign-in activity","category":"SignInLogs","properties":{"userPrincipalName":"u@x","ipAddress":"1.0.0.1"}}"#.to_owned(),
            "azure 1793491201 u@x azure Login 1.0.0.1 -",
        ),
        (
            r#"{"eventTimestamp":"2026-11-01T00:00:01Z","operationName":{"value":"Microsoft.Compute/disks/delete","localizedValue":"x"},"caller":"u@x","httpRequest":{"clientIpAddress":"1.0.0.1"}}"#.to_owned(),
            "azure 1793491201 u@x microsoft.compute Manage 1.0.0.1 -",
        ),
        (
            r#"{"timestamp":"2026-11-01T00:00:01Z","logName":"projects/p/logs/cloudaudit.googleapis.com%2Fdata_access","resource":{"labels":{"location":"asia-northeast1"}},"protoPayload":{"serviceName":"storage.googleapis.com","methodName":"storage.objects.create","authenticationInfo":{"principalEmail":"u@x"},"requestMetadata":{"callerIp":"private"}}}"#.to_owned(),
            "gcp 1793491201 u@x storage.googleapis.com Write private asia-northeast1",
        ),
        (r#"{"a":{"eventSource":"x","eventName":"y"}}"#.to_owned(), "Ok(Strange)"),
        (aws(r#""eventName":"a","protoPayload":{"serviceName":"x"}"#), "Ok(Strange)"),
        (aws(r#""eventName":"a","eventName":"b""#), r#"Err(Malformed("a member stands twice"))"#),
        (aws(r#""eventName":"a","userIdentity":{},"userIdentity":{}"#), r#"Err(Malformed("a member stands twice"))"#),
        (r#"{"eventSource":"a","eventName":"b"}"#.to_owned(), r#"Err(Malformed("no time"))"#),
        (r#"{"eventSource":"a","eventName":"b","eventTime":"yesterday"}"#.to_owned(), r#"Err(Malformed("no readable time"))"#),
        (r#"{"eventSource":"a","eventName":"b""#.to_owned(), "Err(Incomplete)"),
    ] {
        assert_eq!(told(&text), expected, "{text}");
    }
}

#[test]
fn lines_of_server_access_logs() {
    let line = "79a59df9 bucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 79a59df9 3E57427F3EXAMPLE REST.GET.VERSIONING - \"GET /b?versioning HTTP/1.1\" 200 -";
    let event = server_access(line.as_bytes()).unwrap();
    assert_eq!(
        (event.time, event.address.as_deref(), event.action),
        (1_549_411_238, Some("192.0.2.3"), Action::Read)
    );
    let expiry = "o b [06/Feb/2019:00:00:38 +0000] - AmazonS3 3E57 S3.EXPIRE.OBJECT k \"-\" - -";
    assert_eq!(server_access(expiry.as_bytes()).unwrap().address.as_deref(), Some("s3.amazonaws.com"));
    let anonymous = "o b [06/Feb/2019:00:00:38 +0000] - - 3E57 REST.PUT.OBJECT k \"-\" - -";
    let event = server_access(anonymous.as_bytes()).unwrap();
    assert_eq!((&*event.principal, event.address, event.action), ("anonymous", None, Action::Write));
    for line in [
        "",
        "a",
        "a b [x] c",
        "a b [06/Feb/2019:00:00:38 +0000] 1.1.1.1 c d e",
        "a b c [06/Feb/2019:00:00:38 +0000] 1 c d E.F",
    ] {
        assert!(server_access(line.as_bytes()).is_err(), "{line}");
    }
}

#[test]
fn quick_moments_are_those_of_the_calendar() {
    for day in 0..12_000 {
        let second = day * 86_400 * 7 + day * 37;
        let text = jiff::Timestamp::from_second(second).unwrap().to_string();
        assert_eq!(moment(&text), Some(second), "{text}");
    }
    for text in [
        "",
        "2026-11-01",
        "2026-13-01T00:00:00Z",
        "2026-11-01T24:00:00Z",
        "2026-11-01T00:00:00",
        "2026-11-01T00:00:0xZ",
        "2026-02-30T00:00:00Z",
    ] {
        assert_eq!(moment(text), None, "{text}");
    }
}
