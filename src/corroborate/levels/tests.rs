use super::super::heard::{
    Address, Answerer, Heard, OwnerTold, PlaceInUse, Position, Region, SCHEMA, Shown, Time, Told, VantageUsed,
};
use super::super::measurement::Tls;
use super::*;
use sekisho_contract::place::Site;

const OTEMACHI: Position = Position { latitude: 35.687, longitude: 139.766 };
const DOJIMA: Position = Position { latitude: 34.697, longitude: 135.493 };
const SEOUL: Position = Position { latitude: 37.566, longitude: 126.978 };

fn site(country: &str, at: Position) -> Site {
    let Position { latitude, longitude } = at;
    Site { ja: String::new(), en: String::new(), country: country.to_owned(), latitude, longitude }
}

fn vantage(name: &str, at: Position) -> VantageUsed {
    VantageUsed {
        file: format!("{name}.json"),
        name: Some(name.to_owned()),
        at: Some(at),
        keyid: None,
        measured: None,
        fault: None,
    }
}

/// Tokyo, declared by the control plane, of one name at one address that nobody says anything of.
fn plain() -> Heard {
    Heard {
        schema: SCHEMA.to_owned(),
        asked_at: "2026-11-30T00:00:00Z".parse().unwrap(),
        network: true,
        ranges: Vec::new(),
        country_database: None,
        vantages: vec![vantage("Otemachi", OTEMACHI), vantage("Dojima", DOJIMA)],
        places: vec![PlaceInUse {
            provider: "aws".to_owned(),
            account: "1".to_owned(),
            region: "ap-northeast-1".to_owned(),
            service: "s3".to_owned(),
            countries: vec!["JP".to_owned()],
            site: Some(site("JP", OTEMACHI)),
            resources: 3,
            nameless: 0,
            endpoints: vec![0],
            emulated: false,
            told: Vec::new(),
        }],
        endpoints: vec![answerer("s3.ap-northeast-1.amazonaws.com", "192.0.2.1")],
        left_out: 0,
    }
}

fn answerer(host: &str, address: &str) -> Answerer {
    Answerer {
        host: host.to_owned(),
        port: 443,
        everywhere: false,
        stand_in: false,
        addresses_left_out: 0,
        addresses: vec![Address {
            address: address.parse().unwrap(),
            resolved_here: true,
            special: false,
            owner: None,
            country: None,
            silent: None,
            times: Vec::new(),
        }],
        certificate: None,
        fault: None,
    }
}

fn owner(provider: &str, place: Option<&str>, countries: &[&str]) -> Option<OwnerTold> {
    Some(OwnerTold {
        provider: provider.to_owned(),
        place: place.map(str::to_owned),
        service: None,
        everywhere: false,
        countries: countries.iter().map(|country| (*country).to_owned()).collect(),
    })
}

fn shown(trusted: bool, regions: &[(&str, &str)]) -> Option<Shown> {
    let tls =
        Tls { names: Vec::new(), names_left_out: 0, trusted, why: None, chain: Vec::new(), took_us: None };
    let region = |(id, country): &(&str, &str)| Region {
        id: (*id).to_owned(),
        countries: vec![(*country).to_owned()],
    };
    Some(Shown { tls, regions: regions.iter().map(region).collect() })
}

fn told(region: &str, country: &str, resources: u64) -> Told {
    Told {
        region: region.to_owned(),
        countries: vec![country.to_owned()],
        resources,
        example: "a".to_owned(),
    }
}

fn times(heard: &mut Heard, ms: &[(usize, f64)]) {
    heard.endpoints[0].addresses[0].times =
        ms.iter().map(|(vantage, ms)| Time { vantage: *vantage, min_us: (ms * 1_000.0) as u64 }).collect();
}

/// Declares another place than Tokyo.
fn declare(heard: &mut Heard, region: &str, country: &str, at: Position) {
    heard.places[0].region = region.to_owned();
    heard.places[0].countries = vec![country.to_owned()];
    heard.places[0].site = Some(site(country, at));
}

type Case = (&'static str, fn(&mut Heard), Level);

const VIRGINIA: Position = Position { latitude: 38.95, longitude: -77.45 };

const CASES: &[Case] = &[
    ("nobody says anything", |_| {}, Level::Declared),
    (
        "the ranges agree",
        |h| h.endpoints[0].addresses[0].owner = owner("aws", Some("ap-northeast-1"), &["JP"]),
        Level::Corroborated,
    ),
    (
        "the ranges say Osaka, which is in Japan",
        |h| h.endpoints[0].addresses[0].owner = owner("aws", Some("ap-northeast-3"), &["JP"]),
        Level::Corroborated,
    ),
    (
        "the ranges say Virginia",
        |h| h.endpoints[0].addresses[0].owner = owner("aws", Some("us-east-1"), &["US"]),
        Level::Contradicted,
    ),
    (
        "the ranges say the local zone of Taipei",
        |h| h.endpoints[0].addresses[0].owner = owner("aws", Some("ap-northeast-1-tpe-1"), &["TW"]),
        Level::Contradicted,
    ),
    (
        "the ranges say an unknown region",
        |h| h.endpoints[0].addresses[0].owner = owner("aws", Some("xx-new-1"), &[]),
        Level::Contradicted,
    ),
    (
        "the ranges tie it to no place",
        |h| h.endpoints[0].addresses[0].owner = owner("aws", None, &[]),
        Level::Declared,
    ),
    (
        "it is an address of another provider",
        |h| h.endpoints[0].addresses[0].owner = owner("azure", Some("japaneast"), &["JP"]),
        Level::Declared,
    ),
    (
        "it is announced from everywhere",
        |h| {
            h.endpoints[0].addresses[0].owner = owner("aws", Some("ap-northeast-1"), &["JP"]);
            h.endpoints[0].addresses[0].owner.as_mut().unwrap().everywhere = true;
            times(h, &[(0, 1.0)]);
        },
        Level::Declared,
    ),
    (
        "one address agrees and another is abroad",
        |h| {
            h.endpoints[0].addresses[0].owner = owner("aws", Some("ap-northeast-1"), &["JP"]);
            let mut other = answerer("x", "192.0.2.9").addresses.remove(0);
            other.owner = owner("aws", Some("us-east-1"), &["US"]);
            h.endpoints[0].addresses.push(other);
        },
        Level::Contradicted,
    ),
    (
        "it is an address inside networks",
        |h| {
            h.endpoints[0].addresses[0].special = true;
            times(h, &[(0, 1.0)]);
        },
        Level::Declared,
    ),
    (
        "the country database says otherwise, which decides nothing",
        |h| {
            h.endpoints[0].addresses[0].owner = owner("aws", Some("ap-northeast-1"), &["JP"]);
            h.endpoints[0].addresses[0].country = Some("US".to_owned());
        },
        Level::Corroborated,
    ),
    (
        "the country database agrees, which decides nothing",
        |h| h.endpoints[0].addresses[0].country = Some("JP".to_owned()),
        Level::Declared,
    ),
    (
        "the certificate names the region",
        |h| h.endpoints[0].certificate = shown(true, &[("ap-northeast-1", "JP")]),
        Level::Corroborated,
    ),
    (
        "the certificate names another region",
        |h| h.endpoints[0].certificate = shown(true, &[("us-east-1", "US")]),
        Level::Contradicted,
    ),
    (
        "the certificate names this region and others",
        |h| h.endpoints[0].certificate = shown(true, &[("ap-northeast-1", "JP"), ("us-east-1", "US")]),
        Level::Declared,
    ),
    ("the certificate names no region", |h| h.endpoints[0].certificate = shown(true, &[]), Level::Declared),
    (
        "the certificate does not hold",
        |h| h.endpoints[0].certificate = shown(false, &[("ap-northeast-1", "JP")]),
        Level::Declared,
    ),
    (
        "one that does not hold contradicts nothing",
        |h| h.endpoints[0].certificate = shown(false, &[("us-east-1", "US")]),
        Level::Declared,
    ),
    (
        "the service tells everybody the same",
        |h| h.places[0].told = vec![told("ap-northeast-1", "JP", 3)],
        Level::Corroborated,
    ),
    (
        "the service tells it of some",
        |h| h.places[0].told = vec![told("ap-northeast-1", "JP", 2)],
        Level::Declared,
    ),
    (
        "the service tells of one that it is abroad",
        |h| h.places[0].told = vec![told("ap-northeast-1", "JP", 2), told("us-east-1", "US", 1)],
        Level::Contradicted,
    ),
    ("the answer is too fast for any foreign land", |h| times(h, &[(0, 8.1)]), Level::Bounded),
    ("the answer may have come from the nearest foreign land", |h| times(h, &[(0, 8.3)]), Level::Declared),
    (
        "Osaka's bound is narrower",
        |h| {
            declare(h, "ap-northeast-3", "JP", DOJIMA);
            times(h, &[(1, 5.1)]);
        },
        Level::Bounded,
    ),
    (
        "and ends sooner",
        |h| {
            declare(h, "ap-northeast-3", "JP", DOJIMA);
            times(h, &[(1, 5.3)]);
        },
        Level::Declared,
    ),
    (
        "two vantage points together",
        |h| {
            declare(h, "ap-northeast-3", "JP", DOJIMA);
            times(h, &[(0, 7.0), (1, 5.4)]);
        },
        Level::Bounded,
    ),
    (
        "times of a measurement that does not count",
        |h| {
            h.vantages[0].fault = Some("old".to_owned());
            times(h, &[(0, 1.0)]);
        },
        Level::Declared,
    ),
    (
        "a vantage point abroad bounds nothing",
        |h| {
            h.vantages[0].at = Some(SEOUL);
            times(h, &[(0, 0.2)]);
        },
        Level::Declared,
    ),
    ("a vantage point that is not there", |h| times(h, &[(7, 1.0)]), Level::Declared),
    (
        "one of two addresses was not measured",
        |h| {
            times(h, &[(0, 1.0)]);
            h.endpoints[0].addresses.push(answerer("x", "192.0.2.9").addresses.remove(0));
        },
        Level::Declared,
    ),
    (
        "something nearer than Osaka answers for Osaka",
        |h| {
            declare(h, "ap-northeast-3", "JP", DOJIMA);
            times(h, &[(0, 0.5)]);
        },
        Level::Contradicted,
    ),
    (
        "something in Japan answers for Virginia",
        |h| {
            declare(h, "us-east-1", "US", VIRGINIA);
            times(h, &[(0, 2.0)]);
        },
        Level::Contradicted,
    ),
    (
        "a slow answer from Virginia bounds nothing",
        |h| {
            declare(h, "us-east-1", "US", VIRGINIA);
            times(h, &[(0, 150.0)]);
        },
        Level::Declared,
    ),
    (
        "the bound does not outweigh a contradiction",
        |h| {
            times(h, &[(0, 2.0)]);
            h.endpoints[0].addresses[0].owner = owner("aws", Some("us-east-1"), &["US"]);
        },
        Level::Contradicted,
    ),
    (
        "a name common to the world",
        |h| {
            h.endpoints[0].everywhere = true;
            h.endpoints[0].certificate = shown(true, &[("us-east-1", "US")]);
            times(h, &[(0, 1.0)]);
        },
        Level::Declared,
    ),
    (
        "some resources have no name",
        |h| {
            times(h, &[(0, 1.0)]);
            h.places[0].nameless = 1;
        },
        Level::Declared,
    ),
    (
        "a contradiction counts for those as well",
        |h| {
            h.endpoints[0].addresses[0].owner = owner("aws", Some("us-east-1"), &["US"]);
            h.places[0].nameless = 1;
        },
        Level::Contradicted,
    ),
    (
        "the weakest name speaks",
        |h| {
            times(h, &[(0, 1.0)]);
            h.endpoints.push(answerer("other.example", "192.0.2.7"));
            h.places[0].endpoints.push(1);
        },
        Level::Declared,
    ),
    (
        "no name at all",
        |h| {
            h.places[0].endpoints.clear();
            h.places[0].nameless = 3;
        },
        Level::Declared,
    ),
    (
        "the region is not in the catalogue",
        |h| {
            h.places[0].countries.clear();
            h.endpoints[0].addresses[0].owner = owner("aws", Some("ap-northeast-1"), &["JP"]);
            times(h, &[(0, 1.0)]);
        },
        Level::Declared,
    ),
    (
        "addresses were left out",
        |h| {
            times(h, &[(0, 1.0)]);
            h.endpoints[0].addresses_left_out = 1;
        },
        Level::Declared,
    ),
    (
        "a stand-in bears nothing out",
        |h| {
            h.endpoints[0].stand_in = true;
            h.endpoints[0].certificate = shown(true, &[("ap-northeast-1", "JP")]);
        },
        Level::Declared,
    ),
    (
        "but in a simulation",
        |h| {
            h.places[0].emulated = true;
            h.endpoints[0].stand_in = true;
            h.endpoints[0].certificate = shown(true, &[("ap-northeast-1", "JP")]);
        },
        Level::Corroborated,
    ),
    (
        "what a stand-in contradicts is contradicted",
        |h| {
            h.endpoints[0].stand_in = true;
            h.endpoints[0].certificate = shown(true, &[("us-east-1", "US")]);
        },
        Level::Contradicted,
    ),
    (
        "one address agrees and another is in no list",
        |h| {
            h.endpoints[0].addresses[0].owner = owner("aws", Some("ap-northeast-1"), &["JP"]);
            h.endpoints[0].addresses.push(answerer("x", "192.0.2.9").addresses.remove(0));
        },
        Level::Declared,
    ),
    (
        "the service tells a region that the catalogue does not know",
        |h| {
            h.places[0].told = vec![Told {
                region: "xx-new-1".to_owned(),
                countries: Vec::new(),
                resources: 3,
                example: "a".to_owned(),
            }];
        },
        Level::Contradicted,
    ),
    (
        "the certificate has more names than are kept",
        |h| {
            h.endpoints[0].certificate = shown(true, &[("ap-northeast-1", "JP")]);
            h.endpoints[0].certificate.as_mut().unwrap().tls.names_left_out = 1;
        },
        Level::Declared,
    ),
    (
        "a region of several countries is not borne out by one of them",
        |h| {
            h.places[0].countries = vec!["JP".to_owned(), "US".to_owned()];
            h.endpoints[0].addresses[0].owner = owner("aws", Some("ap-northeast-1"), &["JP"]);
        },
        Level::Declared,
    ),
];

#[test]
fn every_witness_weighs_what_its_case_says() {
    let home = ["JP".to_owned()];
    for (name, change, expected) in CASES {
        let mut heard = plain();
        change(&mut heard);
        let found = conclude(&heard, &home);
        let [place] = found.as_slice() else { panic!("{name}: {found:?}") };
        assert_eq!(place.level, *expected, "{name}: {:?}", place.statements);
        let contradicts = place.statements.iter().any(|one| one.supports == Some(false));
        assert_eq!(contradicts, *expected == Level::Contradicted, "{name}: {:?}", place.statements);
        // What was written down says the same when it is read again.
        let again: Heard = serde_json::from_str(&serde_json::to_string(&heard).unwrap()).unwrap();
        assert_eq!(conclude(&again, &home), found, "{name}");
    }
}

#[test]
fn a_witness_less_never_bears_a_place_out_better() {
    let home = ["JP".to_owned()];
    for (name, change, level) in CASES.iter().filter(|(_, _, level)| *level != Level::Contradicted) {
        let mut heard = plain();
        change(&mut heard);
        let without: [fn(&mut Heard); 4] = [
            |heard| heard.endpoints.iter_mut().for_each(|one| one.certificate = None),
            |heard| heard.places[0].told.clear(),
            |heard| heard.vantages.iter_mut().for_each(|one| one.at = None),
            |heard| {
                for address in heard.endpoints.iter_mut().flat_map(|one| &mut one.addresses) {
                    address.times.clear();
                }
            },
        ];
        for less in without {
            let mut heard = heard.clone();
            less(&mut heard);
            assert!(conclude(&heard, &home)[0].level <= *level, "{name}");
        }
    }
}
