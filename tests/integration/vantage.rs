//! `sekisho vantage`: endpoints of every sort on this machine, and signed files that were made up.

use super::bad_input::flat;
use super::command::{folder, run};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ED25519, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sekisho::corroborate::measurement::{Measurement, SCHEMA};
use sekisho::envelope::{self, Key};
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

/// Somebody who issues certificates.
pub struct Authority(Issuer<'static, KeyPair>, pub String);

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self(Issuer::new(params, key), pem)
    }

    /// A certificate with its key, valid from one year to another.
    pub fn issue(
        &self,
        names: &[&str],
        years: [i32; 2],
    ) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        [params.not_before, params.not_after] = years.map(|year| date_time_ymd(year, 1, 1));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap().der().clone();
        (certificate, PrivatePkcs8KeyDer::from(key.serialize_der()).into())
    }
}

/// A server of TLS on this machine, for as long as the tests run.
pub fn serve((certificate, key): (CertificateDer<'static>, PrivateKeyDer<'static>)) -> SocketAddr {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    serve_with(move |mut stream| {
        let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        // Most connections are only there to be timed.
        while connection.is_handshaking()
            && connection.complete_io(&mut stream).is_ok_and(|moved| moved != (0, 0))
        {}
    })
}

fn serve_with(answer: impl Fn(std::net::TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().flatten().for_each(&answer));
    at
}

/// A folder with a pair of keys and, where wanted, more files.
pub fn desk(files: &[(&str, &str)]) -> tempfile::TempDir {
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let pair = [("key.pem", key.serialize_pem()), ("pub.pem", key.public_key_pem())];
    let folder = folder(files);
    for (name, text) in pair {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

const MEASURE: [&str; 10] = [
    "vantage",
    "measure",
    "--name",
    "大手町",
    "--at",
    "35.6867,139.7640",
    "--key",
    "key.pem",
    "--out",
    "m.json",
];

/// What `vantage check` finds in a folder's files.
fn check(folder: &Path, files: &[&str]) -> (i32, Value) {
    let (code, out, err) =
        run(folder, &[&["vantage", "check", "--json", "--trust", "pub.pem"], files].concat());
    (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{code}: {out}{err}")))
}

#[test]
fn every_sort_of_endpoint() {
    let (trusted, stranger) = (Authority::new("Test Root"), Authority::new("Nobody"));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // Takes connections and never says a word.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let regional = ["s3.ap-northeast-1.example.jp", "*.s3.ap-northeast-1.example.jp"];
    let servers = [
        ("s3.ap-northeast-1.example.jp", serve(trusted.issue(&regional, [2020, 2090]))),
        ("b.s3.ap-northeast-1.example.jp", serve(trusted.issue(&regional, [2020, 2090]))),
        ("expired.example.jp", serve(trusted.issue(&["expired.example.jp"], [2020, 2021]))),
        ("later.example.jp", serve(trusted.issue(&["later.example.jp"], [2080, 2090]))),
        ("name.example.jp", serve(trusted.issue(&["other.example.jp"], [2020, 2090]))),
        ("nobody.example.jp", serve(stranger.issue(&["nobody.example.jp"], [2020, 2090]))),
        (
            "plain.example.jp",
            serve_with(|mut stream| drop(std::io::Write::write_all(&mut stream, b"220 hello\r\n\r\n"))),
        ),
        ("mute.example.jp", mute.local_addr().unwrap()),
        ("closed.example.jp", closed),
    ];
    let folder = desk(&[
        ("ca.pem", &trusted.1),
        ("more.txt", "# more\nhost.invalid\n\nplain.example.jp:443 # twice\n"),
    ]);
    let mut arguments: Vec<String> = MEASURE.map(str::to_owned).to_vec();
    for (host, at) in &servers {
        arguments.extend([(*host).to_owned(), "--resolve".to_owned(), format!("{host}:443={at}")]);
    }
    let more = ["--roots", "ca.pem", "--targets", "more.txt", "--timeout", "1", "-n", "5", "--json"];
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(more).collect();
    let (code, out, err) = run(folder.path(), &arguments);
    assert!(code == 3 && err.contains("m.json is signed with the key"), "{code} {out} {err}");
    let told: Value = serde_json::from_str(&out).unwrap();
    let (_, schema) = sekisho::schemas::all().into_iter().find(|(name, _)| *name == "measurement").unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    assert!(schema.is_valid(&told) && !schema.is_valid(&json!({"schema": SCHEMA})), "{told:#}");

    let expected: [(&str, bool, Value, &str); 10] = [
        ("s3.ap-northeast-1.example.jp", true, json!(null), ""),
        ("b.s3.ap-northeast-1.example.jp", true, json!(null), ""),
        ("expired.example.jp", true, json!("expired"), ""),
        ("later.example.jp", true, json!("not_valid_yet"), ""),
        ("name.example.jp", true, json!("wrong_name"), ""),
        ("nobody.example.jp", true, json!("unknown_issuer"), ""),
        ("plain.example.jp", false, json!(null), "TLS: "),
        ("mute.example.jp", false, json!(null), "TLS: no answer in 1000 ms"),
        ("closed.example.jp", false, json!(null), "refused"),
        ("host.invalid", false, json!(null), ""),
    ];
    let targets = told["targets"].as_array().unwrap();
    assert_eq!(targets.len(), expected.len(), "{told:#}");
    for (target, (host, chain, why, fault)) in targets.iter().zip(expected) {
        assert_eq!(target["host"], host);
        if host == "host.invalid" {
            assert!(target["fault"].as_str().is_some_and(|fault| !fault.is_empty()), "{target:#}");
            assert_eq!((&target["addresses"], &target["resolved"]), (&json!([]), &json!("system")));
            continue;
        }
        let reached = &target["addresses"][0];
        assert_eq!((&target["resolved"], &reached["address"]), (&json!("given"), &json!("127.0.0.1")));
        let answered = reached["rtt"]["answered"].as_u64();
        assert_eq!(answered, (host != "closed.example.jp").then_some(5), "{target:#}");
        assert_eq!(reached["tls"]["chain"].as_array().map_or(0, Vec::len), usize::from(chain), "{target:#}");
        assert_eq!(reached["tls"]["why"], why, "{target:#}");
        assert_eq!(reached["tls"]["trusted"].as_bool(), chain.then_some(why.is_null()), "{target:#}");
        let said = reached["fault"].as_str().unwrap_or_default();
        assert!(said.contains(fault) && said.is_empty() == fault.is_empty(), "{target:#}");
    }
    let tls = &targets[0]["addresses"][0]["tls"];
    assert_eq!(tls["names"], json!(regional));
    assert_eq!(
        (&tls["chain"][0]["issuer"], &tls["chain"][0]["not_after"]),
        (&json!("CN=Test Root"), &json!("2090-01-01T00:00:00Z"))
    );

    // What is on this machine says nothing of any place.
    let (code, found) = check(folder.path(), &["m.json"]);
    assert_eq!((code, &found["vantages"][0]["standing"]), (0, &json!("counts")), "{found:#}");
    for endpoint in found["endpoints"].as_array().unwrap() {
        assert_eq!(endpoint["all_foreign_excluded"], false);
        for address in endpoint["addresses"].as_array().unwrap() {
            assert_eq!(address["silent"], "stand_in");
        }
    }

    // Without the root it is nobody's; and for people.
    let stand_in = format!("{}:443={}", servers[0].0, servers[0].1);
    let arguments =
        [&MEASURE[..8], &["--out", "n.json", servers[0].0, "--resolve", &stand_in, "-n", "2"]].concat();
    let (code, out, err) = run(folder.path(), &arguments);
    assert!(code == 0 && out.contains("127.0.0.1: 最短 "), "{code} {out} {err}");
    assert!(out.contains("証明書の発行者が不明") || out.contains("ルート証明書がない"), "{out}");
    // Evidence is not overwritten.
    let before = std::fs::read(folder.path().join("n.json")).unwrap();
    let (code, _, err) = run(folder.path(), &arguments);
    assert!(code == 2 && err.contains("n.json is there already"), "{err}");
    assert_eq!(std::fs::read(folder.path().join("n.json")).unwrap(), before);
    assert!(!folder.path().join("n.json.part").exists());
}

/// A measurement that was made up.
fn made_up(name: &str, latitude: f64, longitude: f64, targets: &[(&str, &str, u64)]) -> Value {
    let targets = targets.iter().map(|(host, address, us)| {
        json!({"host": host, "port": 443, "resolved": "system", "addresses": [
            {"address": address, "rtt": {"min_us": us, "median_us": us, "answered": 20, "failed": 0}}]})
    });
    json!({"schema": SCHEMA, "tool": "sekisho 0.1.0", "vantage": {"name": name, "latitude": latitude, "longitude": longitude},
        "taken_from": "2026-01-01T00:00:00Z", "taken_until": "2026-01-01T00:01:00Z", "samples": 20,
        "targets": targets.collect::<Vec<_>>()})
}

/// Signs it with the folder's key.
fn put(folder: &Path, name: &str, measurement: &Value) {
    let key = Key::parse(&std::fs::read(folder.join("key.pem")).unwrap(), None).unwrap();
    let read = Measurement::parse(measurement.to_string().as_bytes()).unwrap();
    std::fs::write(folder.join(name), read.seal(&key).unwrap()).unwrap();
}

#[test]
fn two_vantage_points_exclude_what_one_leaves() {
    let folder = desk(&[]);
    let tokyo = [
        ("osaka.example.jp", "192.0.2.1", 8_700),
        ("storage.googleapis.com", "192.0.2.2", 900),
        ("far.example.jp", "192.0.2.3", 150_000),
    ];
    let osaka = [
        ("osaka.example.jp", "192.0.2.1", 4_500),
        ("storage.googleapis.com", "192.0.2.2", 900),
        ("far.example.jp", "192.0.2.3", 150_000),
    ];
    put(folder.path(), "tokyo", &made_up("大手町", 35.6867, 139.7640, &tokyo));
    put(folder.path(), "osaka", &made_up("堂島", 34.6966, 135.4946, &osaka));
    let excluded =
        |found: &Value, at: usize| found["endpoints"][at]["all_foreign_excluded"].as_bool().unwrap();
    // Endpoints stand by name: far, osaka, storage.
    let (code, found) = check(folder.path(), &["tokyo"]);
    assert_eq!((code, excluded(&found, 1)), (0, false));
    assert_eq!(found["endpoints"][1]["nearest_left"]["country"], "KR");
    let (code, found) = check(folder.path(), &["tokyo", "osaka"]);
    assert_eq!((code, [0, 1, 2].map(|at| excluded(&found, at))), (0, [false, true, false]), "{found:#}");
    assert_eq!(found["endpoints"][1]["all_foreign_excluded_in_vacuum"], false);
    assert_eq!(found["endpoints"][2]["addresses"][0]["silent"], "announced_everywhere");
    assert_eq!(
        (&found["vantages"][0]["age"]["age"], &found["files"][1]["file"]),
        (&json!("old"), &json!("osaka"))
    );

    let arguments = ["vantage", "check", "tokyo", "osaka", "--trust", "pub.pem"];
    let (code, out, _) = run(folder.path(), &arguments);
    for part in [
        "[1] 堂島",
        "日前の測定",
        "国外の陸地はすべて除外される（光ファイバー",
        "除外できない国外: KR (South Korea,",
        "世界各地から",
    ] {
        assert!(code == 0 && out.contains(part), "{part}: {out}");
    }
    let (_, out, _) = run(folder.path(), &[&arguments[..], &["--lang", "en"]].concat());
    for part in [
        "all foreign land is excluded (at the speed of light in fibre)",
        "days old",
        "[0] 8.700 ms (≤ 869 km), [1] 4.500 ms",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
}

#[test]
fn vantage_points_that_contradict_each_other() {
    let folder = desk(&[]);
    put(folder.path(), "tokyo", &made_up("大手町", 35.6867, 139.7640, &[("a.example.jp", "192.0.2.1", 600)]));
    put(
        folder.path(),
        "osaka",
        &made_up("堂\u{202e}島", 34.6966, 135.4946, &[("a.example.jp", "192.0.2.1", 400)]),
    );
    let (code, found) = check(folder.path(), &["tokyo", "osaka"]);
    assert_eq!((code, &found["contradictions"][0]["vantages"]), (3, &json!([0, 1])), "{found:#}");
    assert_eq!(found["endpoints"][0]["all_foreign_excluded"], false);
    let (code, out, _) =
        run(folder.path(), &["vantage", "check", "tokyo", "osaka", "--trust", "pub.pem", "--lang", "en"]);
    assert_eq!(code, 3);
    for part in
        ["[0] and [1] say they are 404 km apart", "leave 150 km at most (254 km too far)", "does not count"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(!out.contains('\u{202e}'), "{out}");
    // Alone each of them counts.
    assert_eq!(check(folder.path(), &["tokyo"]).0, 0);
    // From abroad nothing is known of coasts.
    put(folder.path(), "seoul", &made_up("Seoul", 37.56, 126.97, &[("a.example.jp", "192.0.2.1", 600)]));
    let (code, found) = check(folder.path(), &["seoul"]);
    assert_eq!((code, &found["vantages"][0]["standing"]), (3, &json!("elsewhere")));
}

#[test]
fn files_that_show_nothing() {
    let folder = desk(&[("not-json", "{"), ("empty", "")]);
    let other = desk(&[]);
    let sound = made_up("大手町", 35.6867, 139.7640, &[("a.example.jp", "192.0.2.1", 600)]);
    put(folder.path(), "sound", &sound);
    put(other.path(), "others", &sound);
    std::fs::copy(other.path().join("others"), folder.path().join("others")).unwrap();
    let text = std::fs::read_to_string(folder.path().join("sound")).unwrap();
    let mut envelope: Value = serde_json::from_str(&text).unwrap();
    let payload = envelope["payload"].as_str().unwrap().to_owned();
    let swapped = if payload.as_bytes()[40] == b'A' { "B" } else { "A" };
    envelope["payload"] = json!(format!("{}{swapped}{}", &payload[..40], &payload[41..]));
    std::fs::write(folder.path().join("tampered"), envelope.to_string()).unwrap();
    let key = Key::parse(&std::fs::read(folder.path().join("key.pem")).unwrap(), None).unwrap();
    let mut absurd = sound.clone();
    absurd["targets"][0]["addresses"][0]["rtt"]["min_us"] = json!(0);
    let absurd =
        envelope::sign(sekisho::corroborate::measurement::PAYLOAD_TYPE, absurd.to_string().as_bytes(), &key)
            .unwrap();
    std::fs::write(folder.path().join("absurd"), absurd).unwrap();
    std::fs::write(folder.path().join("another"), envelope::sign("text/plain", b"x", &key).unwrap()).unwrap();
    for (file, expected) in [
        ("tampered", "does not fit: it was changed after it was signed"),
        ("others", "signed by none of the trusted keys"),
        ("absurd", "192.0.2.1: rtt: zero"),
        ("another", "no measurement but text/plain"),
        ("not-json", "no signed envelope"),
        ("empty", "no signed envelope"),
        ("missing", "cannot be read"),
    ] {
        let (code, out, err) = run(folder.path(), &["vantage", "check", "sound", file, "--trust", "pub.pem"]);
        let said = flat(&err);
        assert!(
            code == 2 && out.is_empty() && said.contains(file) && said.contains(expected),
            "{file}: {code} {out} {err}"
        );
    }
    let (code, _, err) = run(folder.path(), &["vantage", "check", "sound", "--trust", "key.pem"]);
    assert!(code == 2 && flat(&err).contains("a private key, not a public key"), "{err}");
}

#[test]
fn arguments_that_cannot_be_used() {
    let folder = desk(&[
        ("bad.txt", "good.example.jp\nhttps://bad\n"),
        ("ca.pem", "hello"),
        ("empty.txt", "# nothing\n"),
    ]);
    let without_at =
        ["vantage", "measure", "--name", "x", "--key", "key.pem", "--out", "m.json", "a.example.jp"];
    for (more, expected) in [
        (vec!["--at", "37.56,126.97"], "is not on Japan's land"),
        (vec!["--at", "139.7640,35.6867"], "no such place"),
        (vec!["--at", "-35.6,139.7"], "is not on Japan's land"),
        (vec!["--at", "Tokyo"], "write latitude and longitude"),
        (vec!["--at", "NaN,139"], "no such place"),
        (vec!["--at", "35.7,139.7", "--resolve", "a.example.jp:443=192.0.2.1:443"], "only loopback"),
        (vec!["--at", "35.7,139.7", "--targets", "bad.txt"], "bad.txt:2: `https://bad`"),
        (vec!["--at", "35.7,139.7", "--roots", "ca.pem"], "ca.pem cannot be used: it holds no certificate"),
        (vec!["--at", "35.7,139.7", "b..c"], "`b..c`: no host's name"),
        (vec!["--at", "35.7,139.7", "-n", "0"], "0 is not in 1..="),
    ] {
        let (code, out, err) = run(folder.path(), &[&without_at[..], &more].concat());
        let said = flat(&err);
        assert!(code == 2 && out.is_empty() && said.contains(expected), "{more:?}: {code} {out} {err}");
    }
    let (code, _, err) = run(folder.path(), &[&MEASURE[..], &["--targets", "empty.txt"]].concat());
    assert!(code == 2 && err.contains("no target is named"), "{err}");
    let keyless = [
        "vantage",
        "measure",
        "--name",
        "x",
        "--at",
        "35.7,139.7",
        "--out",
        "m.json",
        "a.example.jp",
        "--key",
    ];
    for (key, expected) in [
        ("pub.pem", "a public key, not a private key"),
        ("ca.pem", "it holds no PEM"),
        ("none.pem", "cannot be read"),
    ] {
        let (code, _, err) = run(folder.path(), &[&keyless[..], &[key]].concat());
        let said = flat(&err);
        assert!(code == 2 && said.contains(expected) && said.contains("sekisho keys new"), "{key}: {err}");
    }
    let (code, _, err) =
        run(folder.path(), &[&MEASURE[..8], &["--out", "no/m.json", "a.example.jp"]].concat());
    assert!(code == 2 && flat(&err).contains("no/m.json: cannot be written"), "{err}");
    assert!(!folder.path().join("m.json").exists() && !folder.path().join("m.json.part").exists());
}
