use super::super::measurement::{Distrust, SCHEMA, Vantage};
use super::*;

const TOKYO: (&str, f64, f64) = ("Tokyo", 35.6867, 139.7640);
const OSAKA: (&str, f64, f64) = ("Osaka", 34.6966, 135.4946);
const LATE: &str = "2026-11-01T00:01:00Z";

fn reached(address: &str, min_us: u64) -> Reached {
    let rtt = (min_us > 0).then_some(Rtt { min_us, median_us: min_us, answered: 20, failed: 0 });
    let fault = rtt.is_none().then(|| "refused".to_owned());
    Reached { address: address.parse().unwrap(), rtt, tls: None, fault }
}

fn target(host: &str, addresses: Vec<Reached>) -> Target {
    let (resolved, fault) = (Resolved::System, None);
    Target { host: host.to_owned(), port: 443, resolved, addresses, addresses_left_out: 0, fault }
}

fn at(vantage: (&str, f64, f64), targets: Vec<Target>) -> Measurement {
    let (name, latitude, longitude) = vantage;
    Measurement {
        schema: SCHEMA.to_owned(),
        tool: "test".to_owned(),
        vantage: Some(Vantage { name: name.to_owned(), latitude, longitude }),
        taken_from: "2026-11-01T00:00:00Z".parse().unwrap(),
        taken_until: LATE.parse().unwrap(),
        samples: 20,
        targets,
    }
}

/// One target with one address.
fn one(vantage: (&str, f64, f64), address: &str, min_us: u64) -> Measurement {
    at(vantage, vec![target("a.example.jp", vec![reached(address, min_us)])])
}

fn surveyed(measurements: &[Measurement]) -> Survey {
    let (ranges, home) = (Ranges::default(), vec!["JP".to_owned()]);
    survey(&Order { measurements, ranges: &ranges, home: &home, now: LATE.parse().unwrap() })
}

/// Whether the only endpoint is bounded, and why its only address is silent.
fn only(found: &Survey) -> (bool, Option<Silence>) {
    assert_eq!((found.endpoints.len(), found.endpoints[0].addresses.len()), (1, 1), "{found:#?}");
    (found.endpoints[0].all_foreign_excluded, found.endpoints[0].addresses[0].silent)
}

#[test]
fn vantage_points_add_up_for_one_address_and_not_over_two() {
    let address = "192.0.2.1";
    assert_eq!(only(&surveyed(&[one(TOKYO, address, 8_000)])), (true, None));
    assert_eq!(only(&surveyed(&[one(TOKYO, address, 9_000)])), (false, None));
    assert_eq!(only(&surveyed(&[one(TOKYO, address, 9_000), one(OSAKA, address, 5_000)])), (true, None));
    let found = surveyed(&[one(TOKYO, address, 9_000), one(OSAKA, "192.0.2.2", 5_000)]);
    assert!(!found.endpoints[0].all_foreign_excluded && found.endpoints[0].addresses.len() == 2);
    assert_eq!(found.endpoints[0].nearest_left.as_ref().unwrap().country, "KR");
    // An address nobody could reach may be anywhere, and so may one that was not asked.
    let dual = target("a.example.jp", vec![reached(address, 2_000), reached("2001:db8::1", 0)]);
    let found = surveyed(&[at(TOKYO, vec![dual])]);
    assert!(!found.endpoints[0].all_foreign_excluded);
    assert_eq!(found.endpoints[0].faults, [(0, "refused".to_owned())]);
    let mut many = one(TOKYO, address, 2_000);
    many.targets[0].addresses_left_out = 1;
    assert!(!surveyed(&[many]).endpoints[0].all_foreign_excluded);
    assert_eq!(surveyed(&[]).endpoints, []);
}

#[test]
fn what_says_nothing() {
    let address = "192.0.2.1";
    let with = |change: fn(&mut Measurement)| {
        let mut measurement = one(TOKYO, address, 2_000);
        change(&mut measurement);
        surveyed(&[measurement])
    };
    let tls = |took| {
        let (names, names_left_out) = (vec![], 0);
        Some(Tls { names, names_left_out, trusted: true, why: None, chain: vec![], took_us: took })
    };
    for (found, expected) in [
        (with(|_| ()), None),
        (with(|one| one.targets[0].resolved = Resolved::Given), Some(Silence::StandIn)),
        (surveyed(&[one(TOKYO, "127.0.0.1", 50)]), Some(Silence::StandIn)),
        (surveyed(&[one(TOKYO, "::ffff:127.0.0.1", 50)]), Some(Silence::StandIn)),
        (
            with(|one| one.targets[0].host = "storage.googleapis.com".to_owned()),
            Some(Silence::AnnouncedEverywhere),
        ),
        (with(|one| one.targets[0].addresses[0].rtt = None), Some(Silence::NotMeasured)),
        (with(|one| one.vantage = None), Some(Silence::NotMeasured)),
        (surveyed(&[one(("Seoul", 37.56, 126.97), address, 2_000)]), Some(Silence::NotMeasured)),
    ] {
        assert_eq!(only(&found), (expected.is_none(), expected), "{found:#?}");
    }
    // A machine on the way answers TCP in 2 ms; whoever holds the key takes 40.
    for (took, expected) in
        [(None, None), (Some(20_000), None), (Some(28_001), Some(Silence::AnsweredOnTheWay))]
    {
        let mut measurement = one(TOKYO, address, 2_000);
        measurement.targets[0].addresses[0].tls = tls(took);
        assert_eq!(only(&surveyed(&[measurement])).1, expected, "{took:?}");
    }
    let mut measurement = one(TOKYO, address, 2_000);
    let untrusted = tls(Some(4_000)).map(|tls| Tls { trusted: false, why: Some(Distrust::WrongName), ..tls });
    measurement.targets[0].addresses[0].tls = untrusted;
    assert_eq!(only(&surveyed(&[measurement])), (false, Some(Silence::NotItself)));
    let ranges = serde_json::json!({"syncToken": "1", "createDate": "2026-11-01-00-00-00", "ipv6_prefixes": [],
        "prefixes": [{"ip_prefix": "192.0.2.0/24", "region": "GLOBAL", "service": "X", "network_border_group": "GLOBAL"}]});
    let ranges =
        Ranges::new(vec![super::super::ranges::Published::parse(ranges.to_string().as_bytes()).unwrap()]);
    let (measurements, home) = ([one(TOKYO, address, 2_000)], ["JP".to_owned()]);
    let now = LATE.parse().unwrap();
    let found = survey(&Order { measurements: &measurements, ranges: &ranges, home: &home, now });
    assert_eq!(only(&found), (false, Some(Silence::AnnouncedEverywhere)));
}

#[test]
fn of_two_that_contradict_each_other_neither_counts() {
    let address = "192.0.2.1";
    // A third one in Sapporo has nothing to do with it.
    let sapporo = one(("Sapporo", 43.06, 141.35), address, 12_000);
    let found = surveyed(&[one(TOKYO, address, 500), one(OSAKA, address, 700), sapporo]);
    let standings: Vec<Standing> = found.vantages.iter().map(|seat| seat.standing).collect();
    assert_eq!(standings, [Standing::Contradicted, Standing::Contradicted, Standing::Counts]);
    assert_eq!(found.contradictions.len(), 1);
    let contradiction = &found.contradictions[0];
    assert_eq!((contradiction.vantages, contradiction.address.to_string().as_str()), ([0, 1], address));
    assert!((contradiction.excess.apart_km - 404.0).abs() < 1.0, "{contradiction:?}");
    assert!((contradiction.excess.at_most_km - 179.9).abs() < 0.1, "{contradiction:?}");
    assert_eq!(found.endpoints[0].addresses[0].rtt_us.keys().copied().collect::<Vec<_>>(), [2]);
    assert!(!found.endpoints[0].all_foreign_excluded);
    // What is announced from everywhere is near to all, and accuses nobody.
    let anycast = |vantage| at(vantage, vec![target("d1.cloudfront.net", vec![reached(address, 500)])]);
    assert_eq!(surveyed(&[anycast(TOKYO), anycast(OSAKA)]).contradictions, []);
    // Nor does a stand-in.
    let mut given = [one(TOKYO, address, 500), one(OSAKA, address, 700)];
    given.iter_mut().for_each(|one| one.targets[0].resolved = Resolved::Given);
    assert_eq!(surveyed(&given).contradictions, []);
}

#[test]
fn vantage_points_that_do_not_count() {
    let mut future = one(TOKYO, "192.0.2.1", 2_000);
    future.taken_until = "2026-11-02T00:00:00Z".parse().unwrap();
    let mut nowhere = one(TOKYO, "192.0.2.1", 2_000);
    nowhere.vantage = None;
    let abroad = one(("Seoul", 37.56, 126.97), "192.0.2.1", 2_000);
    let found = surveyed(&[future, nowhere, abroad]);
    let standings: Vec<Standing> = found.vantages.iter().map(|seat| seat.standing).collect();
    assert_eq!(standings, [Standing::Future, Standing::Nowhere, Standing::Elsewhere]);
    assert_eq!(only(&found), (false, Some(Silence::NotMeasured)));
}
