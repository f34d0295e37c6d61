use super::*;

/// An official file, where they lie beside the project.
fn official(name: &str) -> Option<Published> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut there = above.map(|folder| folder.join("shared/data/ip-ranges").join(name));
    let Some(path) = there.find(|path| path.exists()) else {
        eprintln!("left out: the official {name} is not beside this project");
        return None;
    };
    let started = std::time::Instant::now();
    let published = Published::read(&path).unwrap();
    let taken = started.elapsed();
    eprintln!("{name}: {} rows in {taken:?}", published.edition.rows);
    Some(published)
}

fn said(ranges: &Published, address: &str) -> String {
    let Some(owner) = ranges.owner(address.parse().unwrap()) else { return "nobody".to_owned() };
    let place = if owner.everywhere { Some("everywhere") } else { owner.place() };
    format!("{} {} {}", owner.provider, place.unwrap_or("-"), owner.service.unwrap_or("-"))
}

const AWS: &str = r#"{"syncToken": "7", "createDate": "2026-08-22-15-17-05", "prefixes": [
    {"ip_prefix": "52.0.0.0/8", "region": "GLOBAL", "service": "AMAZON", "network_border_group": "GLOBAL"},
    {"ip_prefix": "52.192.0.0/15", "region": "ap-northeast-1", "service": "AMAZON", "network_border_group": "ap-northeast-1"},
    {"ip_prefix": "52.192.0.0/15", "region": "ap-northeast-1", "service": "EC2", "network_border_group": "ap-northeast-1"},
    {"ip_prefix": "52.192.8.0/24", "region": "ap-northeast-1", "service": "EC2", "network_border_group": "ap-northeast-1-tpe-1"},
    {"ip_prefix": "52.192.9.0/32", "region": "GLOBAL", "service": "CLOUDFRONT", "network_border_group": "GLOBAL"},
    {"ip_prefix": "255.255.255.0/24", "region": "us-east-1", "service": "AMAZON", "network_border_group": "us-east-1"}],
  "ipv6_prefixes": [
    {"ipv6_prefix": "2406:da14::/36", "region": "ap-northeast-1", "service": "AMAZON", "network_border_group": "ap-northeast-1"}]}"#;

#[test]
fn the_narrowest_prefix_counts() {
    let aws = Published::parse(AWS.as_bytes()).unwrap();
    for (address, expected) in [
        ("51.255.255.255", "nobody"),
        ("52.0.0.0", "aws everywhere -"),
        ("52.191.255.255", "aws everywhere -"),
        ("52.192.0.0", "aws ap-northeast-1 EC2"),
        ("52.192.8.0", "aws ap-northeast-1-tpe-1 EC2"),
        ("52.192.8.255", "aws ap-northeast-1-tpe-1 EC2"),
        ("52.192.9.0", "aws everywhere CLOUDFRONT"),
        ("52.192.9.1", "aws ap-northeast-1 EC2"),
        ("::ffff:52.192.9.1", "aws ap-northeast-1 EC2"),
        ("52.193.255.255", "aws ap-northeast-1 EC2"),
        ("52.194.0.0", "aws everywhere -"),
        ("53.0.0.0", "nobody"),
        ("255.255.255.255", "aws us-east-1 -"),
        ("2406:da14::1", "aws ap-northeast-1 -"),
        ("2406:da15::1", "nobody"),
    ] {
        assert_eq!(said(&aws, address), expected, "{address}");
    }
    assert_eq!(aws.edition.made.as_deref(), Some("2026-08-22-15-17-05"));
    assert_eq!((aws.edition.sha256.len(), aws.edition.rows), (64, 7));
}

#[test]
fn every_address_is_what_the_longest_prefix_says() {
    let prefixes =
        [("10.0.0.0", 8), ("10.64.0.0", 10), ("10.64.0.0", 16), ("10.64.1.0", 24), ("10.255.0.0", 16)];
    let rows: Vec<String> = prefixes
        .iter()
        .map(|(address, length)| {
            format!(r#"{{"ipv4Prefix": "{address}/{length}", "scope": "r{length}-{address}"}}"#)
        })
        .collect();
    let text = format!(r#"{{"syncToken": "1", "creationTime": "t", "prefixes": [{}]}}"#, rows.join(","));
    let google = Published::parse(text.as_bytes()).unwrap();
    for step in 0..70_000_u32 {
        let address = 0x09FF_0000 + step * 256;
        let longest = prefixes
            .iter()
            .filter(|(start, length)| {
                let start = u32::from(start.parse::<std::net::Ipv4Addr>().unwrap());
                (address ^ start) >> (32 - length) == 0
            })
            .max_by_key(|(_, length)| *length)
            .map(|(start, length)| format!("r{length}-{start}"));
        let found = google.owner(IpAddr::V4(address.into())).and_then(|owner| owner.region);
        assert_eq!(found, longest.as_deref(), "{address:x}");
    }
}

#[test]
fn files_that_contradict_each_other_leave_no_place() {
    let aws = Published::parse(AWS.as_bytes()).unwrap();
    let older = Published::parse(AWS.replace("ap-northeast-1", "us-west-2").as_bytes()).unwrap();
    let address = "52.193.0.1".parse().unwrap();
    let twice = Ranges::new(vec![aws.clone(), aws.clone()]);
    assert_eq!(twice.owner(address).unwrap().region, Some("ap-northeast-1"));
    assert_eq!(Ranges::new(vec![aws, older]).owner(address).unwrap().place(), None);
    assert_eq!(Ranges::default().owner(address), None);
}

#[test]
fn what_is_no_published_file_is_refused() {
    for (text, expected) in [
        ("", "EOF"),
        ("[]", "invalid"),
        ("{}", "none of the published files"),
        (r#"{"syncToken": "1", "creationTime": "t", "prefixes": []}"#, "no ranges"),
        (r#"{"syncToken": "1", "creationTime": "t", "prefixes": [{"scope": "a"}]}"#, "ipv4Prefix"),
        (
            r#"{"syncToken": "1", "creationTime": "t", "prefixes": [{"ipv4Prefix": "10.0.0.1/8", "scope": "a"}]}"#,
            "no range: 10.0.0.1/8",
        ),
        (
            r#"{"syncToken": "1", "creationTime": "t", "prefixes": [{"ipv4Prefix": "10.0.0.0/33", "scope": "a"}]}"#,
            "no range: 10.0.0.0/33",
        ),
    ] {
        let refused = Published::parse(text.as_bytes()).unwrap_err();
        assert!(refused.contains(expected), "{text}: {refused}");
    }
    assert!(matches!(Published::read(Path::new("/nowhere")), Err(RangesFault::Unreadable { .. })));
}

#[test]
fn the_official_files_say_where_they_should() {
    for (file, made, number, cases) in [
        (
            "aws-ip-ranges.json",
            Some("2026-08-22-15-17-05"),
            Some("1787411825"),
            &[
                ("13.208.0.1", "aws ap-northeast-3 EC2"),
                ("52.192.0.1", "aws ap-northeast-1 EC2"),
                // Taipei's local zone is run from Tokyo.
                ("15.220.56.1", "aws ap-northeast-1-tpe-1 EC2"),
                ("15.220.80.1", "aws ap-northeast-1-tpe-1 EC2"),
                ("99.86.0.1", "aws everywhere CLOUDFRONT"),
                ("192.0.2.1", "nobody"),
            ] as &[(&str, &str)],
        ),
        (
            "azure-ServiceTags_Public.json",
            None,
            Some("360"),
            &[
                ("13.73.0.1", "azure japaneast -"),
                ("4.232.98.113", "azure everywhere AzureFrontDoor"),
                ("13.107.246.1", "azure everywhere AzureFrontDoor"),
            ],
        ),
        (
            "gcp-cloud.json",
            Some("2026-08-21T01:05:42.583377"),
            Some("1787299542583"),
            &[("34.84.0.1", "gcp asia-northeast1 -"), ("34.97.0.1", "gcp asia-northeast2 -")],
        ),
        (
            "oci-public_ip_ranges.json",
            Some("2026-07-27T06:55:33.696145"),
            None,
            &[("140.238.32.1", "oci ap-tokyo-1 -")],
        ),
    ] {
        let Some(published) = official(file) else { continue };
        assert_eq!((published.edition.made.as_deref(), published.edition.number.as_deref()), (made, number));
        for (address, expected) in cases {
            assert_eq!(said(&published, address), *expected, "{file}: {address}");
        }
    }
}
