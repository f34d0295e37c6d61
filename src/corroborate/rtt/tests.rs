use super::*;

const OTEMACHI: (f64, f64) = (35.6867, 139.7640);
const DOJIMA: (f64, f64) = (34.6966, 135.4946);

fn point((latitude, longitude): (f64, f64)) -> Point {
    Point::new(latitude, longitude).unwrap()
}

fn standpoint(at: (f64, f64)) -> Standpoint {
    Standpoint::at(point(at)).unwrap()
}

fn home() -> Vec<String> {
    vec!["JP".to_owned()]
}

fn from(at: (f64, f64), rtt_us: u64) -> Exclusion {
    excluded(&[Sighting { standpoint: &standpoint(at), rtt_us }], &home())
}

/// The distance on the ground to the nearest foreign land, as round trip in milliseconds.
fn nearest_ms(at: (f64, f64), speed: f64) -> f64 {
    (standpoint(at).foreign()[0].km + super::super::land::SLACK_KM) / speed
}

#[test]
fn the_figures_of_the_design() {
    assert!((FIBRE_KM_PER_MS - 99.93).abs() < 0.005 && (VACUUM_KM_PER_MS - 149.9).abs() < 0.005);
    // Nearest foreign land: Ulleungdo.
    assert!(
        (nearest_ms(OTEMACHI, FIBRE_KM_PER_MS) - 8.16).abs() < 0.02,
        "{}",
        nearest_ms(OTEMACHI, FIBRE_KM_PER_MS)
    );
    assert!(
        (nearest_ms(DOJIMA, FIBRE_KM_PER_MS) - 5.17).abs() < 0.02,
        "{}",
        nearest_ms(DOJIMA, FIBRE_KM_PER_MS)
    );
    // All foreign land is excluded up to here, in fibre and in a vacuum; a little more, and it is not.
    for (at, fibre, vacuum) in [(OTEMACHI, 8_100, 5_400), (DOJIMA, 5_100, 3_400)] {
        assert!(from(at, fibre).fibre.all_foreign && from(at, vacuum).vacuum.all_foreign, "{at:?}");
        assert!(
            !from(at, fibre + 100).fibre.all_foreign && !from(at, vacuum + 100).vacuum.all_foreign,
            "{at:?}"
        );
        assert!(!from(at, fibre).vacuum.all_foreign);
        let exclusion = from(at, fibre + 100);
        let left = exclusion.fibre.nearest_left().unwrap();
        assert_eq!((left.country.as_str(), left.name.as_str()), ("KR", "South Korea"));
    }
    let apart = point(OTEMACHI).straight_km(point(DOJIMA));
    assert!((apart - 403.0).abs() < 1.5, "{apart}");
    assert!((apart / FIBRE_KM_PER_MS - 4.04).abs() < 0.01);
    // A Tokyo vantage point alone may not be enough for an Osaka endpoint: with the way there and back it has four
    // milliseconds to spare, the Osaka one five.
    assert!(
        from(OTEMACHI, 4_040 + 4_000).fibre.all_foreign && !from(OTEMACHI, 4_040 + 4_200).fibre.all_foreign
    );
}

#[test]
fn countries_go_one_by_one_and_vantage_points_add_up() {
    let (tokyo, osaka) = (standpoint(OTEMACHI), standpoint(DOJIMA));
    let (sapporo, naha) = (standpoint((43.06, 141.35)), standpoint((26.21, 127.68)));
    let left = |sightings: &[Sighting<'_>]| {
        let reach = excluded(sightings, &home()).fibre;
        assert_eq!(reach.all_foreign, reach.left.is_empty());
        reach.left.into_iter().map(|left| left.country).collect::<Vec<_>>()
    };
    let at = |standpoint, rtt_us| Sighting { standpoint, rtt_us };
    assert_eq!(left(&[at(&tokyo, 9_000)]), ["KR"]);
    assert_eq!(left(&[at(&tokyo, 10_000)]), ["KR", "RU"]);
    assert_eq!(left(&[at(&tokyo, 10_000), at(&osaka, 5_000)]), Vec::<String>::new());
    // What one leaves the other excludes: Naha sees that it is not Russia, Sapporo that it is neither Taiwan nor China.
    assert_eq!(left(&[at(&sapporo, 6_000)]), ["RU"]);
    assert!(left(&[at(&naha, 12_000)]).contains(&"TW".to_owned()));
    assert_eq!(left(&[at(&sapporo, 6_000), at(&naha, 12_000)]), Vec::<String>::new());
    assert_eq!(left(&[at(&tokyo, 400_000)]).len(), tokyo.foreign().len());
    // Nothing measured excludes nothing, and the program does not take an absurd figure for a small one.
    assert!(!excluded(&[], &home()).fibre.all_foreign);
    assert!(!from(OTEMACHI, u64::MAX).fibre.all_foreign);
}

#[test]
fn home_is_what_the_profile_says() {
    let tokyo = standpoint(OTEMACHI);
    let at = |home: &[&str]| {
        let home: Vec<String> = home.iter().map(|&code| code.to_owned()).collect();
        excluded(&[Sighting { standpoint: &tokyo, rtt_us: 9_000 }], &home).fibre
    };
    assert!(at(&["JP", "KR"]).all_foreign);
    // From a vantage point in Japan, Japan itself is never excluded.
    let abroad = at(&["KR"]);
    assert_eq!((abroad.all_foreign, abroad.left[0].country.as_str(), abroad.left[0].km), (false, "JP", 0.0));
    assert!(!at(&[]).all_foreign);
}

#[test]
fn a_longer_round_trip_never_excludes_more() {
    proptest::proptest!(|(latitude in 33.0..36.0_f64, longitude in 133.0..140.0_f64, rtt in 1_u64..20_000, more in 0_u64..20_000)| {
        let Ok(here) = Standpoint::at(Point::new(latitude, longitude).unwrap()) else { return Ok(()) };
        let reach = |rtt_us| excluded(&[Sighting { standpoint: &here, rtt_us }], &home());
        let (short, long) = (reach(rtt), reach(rtt + more));
        proptest::prop_assert!(short.fibre.left.len() <= long.fibre.left.len());
        proptest::prop_assert!(short.fibre.left.len() <= short.vacuum.left.len());
    });
}

#[test]
fn nearer_than_light_allows() {
    let (tokyo, osaka) = (point(OTEMACHI), point(DOJIMA));
    for (rtt_us, within_km, contradicts) in [
        // 404 km there and back take 2.69 ms in a vacuum.
        (2_680, 0.0, true),
        (2_710, 0.0, false),
        (2_020, METROPOLIS_KM, true),
        (2_040, METROPOLIS_KM, false),
        // What fibre would need is no certain claim.
        (4_000, 0.0, false),
    ] {
        let found = nearer_than_site(tokyo, rtt_us, osaka, within_km);
        assert_eq!(found.is_some(), contradicts, "{rtt_us} {within_km}: {found:?}");
    }
    assert_eq!(nearer_than_site(tokyo, 1, tokyo, METROPOLIS_KM), None);
}

#[test]
fn vantage_points_that_cannot_both_be_right() {
    let address: IpAddr = "192.0.2.1".parse().unwrap();
    let answer = |at, rtt_us| Answer { from: point(at), address, rtt_us };
    for (one, other, contradicts) in [
        // 404 km apart: together the round trips have to take 2.695 ms.
        (1_000, 1_690, true),
        (1_000, 1_700, false),
        (2_693, 1, true),
        (2_695, 1, false),
        (100, 100, true),
        (u64::MAX, u64::MAX, false),
    ] {
        let (one, other) = (answer(OTEMACHI, one), answer(DOJIMA, other));
        let found = contradiction(&one, &other);
        assert_eq!(found.is_some(), contradicts, "{one:?} {other:?}");
        assert_eq!(found, contradiction(&other, &one));
        if let Some(excess) = found {
            assert!(excess.at_most_km < excess.apart_km && excess.apart_km > 400.0);
        }
    }
    let elsewhere = Answer { address: "192.0.2.2".parse().unwrap(), ..answer(DOJIMA, 100) };
    assert_eq!(contradiction(&answer(OTEMACHI, 100), &elsewhere), None);
}

#[test]
fn names_announced_from_everywhere() {
    for (host, everywhere) in [
        ("storage.googleapis.com", true),
        ("Storage.GoogleApis.com.", true),
        ("bucket.storage.googleapis.com", true),
        ("storage.asia-northeast1.rep.googleapis.com", false),
        ("d111.cloudfront.net", true),
        ("x.azurefd.net", true),
        ("s3.ap-northeast-1.amazonaws.com", false),
        ("account.blob.core.windows.net", false),
        ("notgoogleapis.com", false),
        ("googleapis.com.example.jp", false),
    ] {
        assert_eq!(announced_everywhere(host), everywhere, "{host}");
    }
}
