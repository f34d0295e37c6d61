//! Request, assess, seal, verify: the program as its two users run it.

use super::bad_input::flat;
use super::command::{Program, credentials, folder};
use super::organization;
use sekisho_simulator::{Description, Simulator, dated};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A small project: a bucket in Tokyo and one in Seoul.
const CLOUD: &str = r#"
clock: 2026-11-01T00:00:00Z
gcp:
  projects:
    - id: kikan-daicho
      number: "200000000009"
      resources:
        - {type: storage.googleapis.com/Bucket, name: daicho, data: {location: ASIA-NORTHEAST1, locationType: region, labels: {classification: confidential}}, iam: {bindings: []}}
        - {type: storage.googleapis.com/Bucket, name: utsushi, data: {location: ASIA-NORTHEAST3, locationType: region}, iam: {bindings: []}}
"#;
const TENANCY: &str = r#"
[tenancy]
name = "台帳システム"
profile = "jp-annex-2"
contract_end = 2027-03-31

[[account]]
provider = "gcp"
id = "kikan-daicho"
endpoint = "{endpoint}"
"#;

/// A desk with a tenancy, its cloud, and the keys of an officer and a contractor.
pub struct Desk {
    pub folder: tempfile::TempDir,
    _cloud: Simulator,
}

impl Desk {
    pub fn new() -> Self {
        Self::over(CLOUD, TENANCY)
    }

    pub fn over(cloud: &str, tenancy: &str) -> Self {
        let description = Description::parse(&dated(cloud, jiff::Timestamp::now())).unwrap();
        let cloud = Simulator::start(description).unwrap();
        let folder = folder(&[("tenancy.toml", &tenancy.replace("{endpoint}", &cloud.endpoint()))]);
        let desk = Self { folder, _cloud: cloud };
        for who in ["officer", "contractor", "stranger"] {
            desk.keys(who);
        }
        desk
    }

    fn keys(&self, who: &str) {
        let (key, public) = (format!("{who}.pem"), format!("{who}.pub.pem"));
        let openssl = |arguments: &[&str]| {
            let ran =
                Command::new("openssl").current_dir(self.folder.path()).args(arguments).output().unwrap();
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        };
        openssl(&["genpkey", "-algorithm", "ed25519", "-out", &key]);
        openssl(&["pkey", "-in", &key, "-pubout", "-out", &public]);
    }

    /// What the program says, run here: its exit code, standard output and standard error.
    pub fn run(&self, arguments: &str) -> (i32, String, String) {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        Program::new(self.folder.path(), &arguments).with(&credentials()).run()
    }

    /// The same, where it must end so.
    pub fn ends(&self, code: i32, arguments: &str) -> (String, String) {
        let (ended, out, err) = self.run(arguments);
        assert_eq!(ended, code, "{arguments}\n{out}\n{err}");
        (out, err)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A request is written, answered and sealed: `request.json`, `run` and `bundle.zip`.
    pub fn ceremony(&self) {
        self.ends(0, REQUEST);
        self.ends(1, "assess -c tenancy.toml --out run --request request.json --request-trust officer.pub.pem --no-corroborate");
        self.ends(0, "seal run --key contractor.pem --out bundle.zip");
    }
}

pub const REQUEST: &str = "request new --body 機構 --person 担当 --contract 台帳 --account gcp/kikan-daicho \
    --clauses V-3,V-6,V-11,V-14 --max-calls 500 --confidentiality 2 --restriction 複製禁止 --key officer.pem --out request.json";
const VERIFY: &str = "verify bundle.zip --request request.json --trust contractor.pub.pem --lang en";

#[test]
fn an_officer_asks_and_verifies_what_a_contractor_seals() {
    let desk = Desk::new();
    desk.ceremony();
    // Nothing is refuted; that a stand-in answered in place of the cloud is said.
    let (said, _) = desk.ends(3, VERIFY);
    for line in [
        "✓ Signature: It is signed with the trusted key",
        "✓ Request: It answers this request",
        "✓ Verdicts: The verdicts on 4 clauses were re-performed from the facts, and are the same.",
        "✓ Reports: 2 reports are byte for byte those that the facts give.",
        "? Completeness: gcp/kikan-daicho: the answers came from a stand-in",
        "That the clouds answered as the facts record",
        "Handling: confidentiality 2, 複製禁止",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(!said.contains('✗'), "{said}");
    // The marking that was asked for stands on the page.
    let page = fs::read_to_string(desk.file("run/report.html")).unwrap();
    assert!(page.contains("機密性2情報（要機密情報）・複製禁止"));
    // The verdicts are of the clauses that were asked for, and no others.
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(desk.file("run/report.json")).unwrap()).unwrap();
    let clauses: Vec<&str> =
        report["clauses"].as_array().unwrap().iter().map(|clause| clause["id"].as_str().unwrap()).collect();
    assert_eq!(clauses, ["V-3", "V-6", "V-11", "V-14"]);
    let (json, _) = desk.ends(3, &format!("{VERIFY} --json"));
    let found: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (found["mark"].as_str(), found["schema"].as_str()),
        (Some("unverified"), Some("sekisho/verification/v1"))
    );
    // A bundle is read where a folder is.
    desk.ends(0, "report bundle.zip --out again");
    for name in ["report.html", "report.json"] {
        assert_eq!(
            fs::read(desk.file(&format!("again/{name}"))).unwrap(),
            fs::read(desk.file(&format!("run/{name}"))).unwrap()
        );
    }
    let (_, said) = desk.ends(2, "report bundle.zip");
    assert!(flat(&said).contains("--out"), "{said}");
}

#[test]
fn what_is_not_to_be_accepted_is_refused_and_says_why() {
    let desk = Desk::new();
    desk.ceremony();
    for (arguments, code, why) in [
        ("verify bundle.zip --trust stranger.pub.pem --lang en", 1, "signed by none of the trusted keys"),
        ("verify run/facts.ndjson.zst --trust contractor.pub.pem --lang en", 1, "no zip file"),
        ("verify none.zip --trust contractor.pub.pem", 2, "cannot be read"),
        ("verify bundle.zip --trust tenancy.toml", 2, "tenancy.toml"),
        ("verify bundle.zip --trust contractor.pub.pem --request tenancy.toml", 2, "tenancy.toml"),
        ("seal run --key contractor.pem --out bundle.zip", 2, "is there already"),
        ("seal run --key contractor.pub.pem --out other.zip", 2, "contractor.pub.pem"),
        ("seal none --key contractor.pem --out other.zip", 2, "none"),
        ("seal bundle.zip --key contractor.pem --out other.zip", 2, "sealed already"),
        ("seal run --key contractor.pem --out none/other.zip", 2, "none/other.zip"),
    ] {
        let (out, err) = desk.ends(code, arguments);
        assert!(flat(&format!("{out}{err}")).contains(why), "{arguments}: {out}{err}");
    }
    // An old answer to a new request.
    fs::rename(desk.file("request.json"), desk.file("old.json")).unwrap();
    desk.ends(0, REQUEST);
    let (said, _) = desk.ends(1, VERIFY);
    assert!(
        said.contains("✗ Request: It answers another request than this one. [run.json, request.nonce]"),
        "{said}"
    );
    // A run that answers nobody, where somebody asks.
    desk.ends(1, "assess -c tenancy.toml --out free --no-corroborate");
    desk.ends(0, "seal free --key contractor.pem --out free.zip");
    let (said, _) = desk.ends(1, &VERIFY.replace("bundle.zip", "free.zip"));
    assert!(said.contains("It answers no request."), "{said}");
    // What was changed after the run is not sealed.
    fs::write(desk.file("run/report.html"), "<p>Everything conforms.</p>").unwrap();
    let (_, said) = desk.ends(2, "seal run --key contractor.pem --out other.zip");
    assert!(flat(&said).contains("report.html is not as the run has written it"), "{said}");
    assert!(!desk.file("other.zip").exists() && !desk.file("other.zip.part").exists());
}

#[test]
fn a_request_is_answered_within_its_scope_or_not_at_all() {
    let desk = Desk::new();
    desk.ends(0, REQUEST);
    let envelope = fs::read_to_string(desk.file("request.json")).unwrap();
    let tampered = envelope.replacen("\"payload\":\"", "\"payload\":\"ew", 1);
    fs::write(desk.file("tampered.json"), tampered).unwrap();
    for (name, change) in [
        ("account", ("gcp/kikan-daicho", "gcp/kikan-hoka")),
        ("members", ("gcp/kikan-daicho", "gcp/kikan-daicho+members")),
        ("none", ("", "")),
    ] {
        let arguments = REQUEST.replace("request.json", &format!("{name}.json"));
        desk.ends(0, &arguments.replace(change.0, change.1));
    }
    let assess = |request: &str, trust: &str| {
        format!(
            "assess -c tenancy.toml --out run --no-corroborate --request {request}.json --request-trust {trust}.pub.pem"
        )
    };
    for (request, trust, why) in [
        ("request", "stranger", "signed by none of the trusted keys"),
        ("tampered", "officer", "tampered.json"),
        ("account", "officer", "it asks for gcp/kikan-hoka, which the tenancy file does not name"),
        ("members", "officer", "has no way to read"),
        ("missing", "officer", "missing.json"),
    ] {
        let (_, said) = desk.ends(2, &assess(request, trust));
        assert!(flat(&said).contains(why), "{request}: {said}");
        // Nothing was begun.
        assert!(!desk.file("run").exists(), "{request}");
    }
    // The budget of a request holds.
    desk.ends(0, &REQUEST.replace("request.json", "poor.json").replace("--max-calls 500", "--max-calls 3"));
    let (code, _, _) = desk.run(&assess("poor", "officer"));
    assert!([3, 4].contains(&code), "{code}");
    let run: serde_json::Value =
        serde_json::from_slice(&fs::read(desk.file("run/run.json")).unwrap()).unwrap();
    assert!(run["ledger"]["calls"].as_u64().unwrap() <= 3, "{}", run["ledger"]);
    for (arguments, why) in [
        (
            "request new --body a --contract b --account gcp/kikan-daicho --clauses V-99 --key officer.pem --out x.json",
            "no clause V-99",
        ),
        (
            "request new --body a --contract b --account kikan-daicho --key officer.pem --out x.json",
            "PROVIDER/ID",
        ),
        (
            "request new --body a --contract b --account oci/x --key officer.pem --out x.json",
            "there is no provider",
        ),
        (
            "request new --body a --contract b --account gcp/x --key officer.pem --out request.json",
            "is there already",
        ),
        (
            "request new --body a --contract b --account gcp/x --profile other --key officer.pem --out x.json",
            "other",
        ),
        ("request show tenancy.toml", "tenancy.toml"),
        ("request check request.json --trust stranger.pub.pem", "none of the trusted keys"),
    ] {
        let (_, said) = desk.ends(2, arguments);
        assert!(flat(&said).contains(why), "{arguments}: {said}");
    }
    let (said, _) =
        desk.ends(0, "request check request.json --trust officer.pub.pem -c tenancy.toml --lang en");
    assert!(said.contains("may be answered now"), "{said}");
}

/// What the program cannot be told by itself: others verify the signature, the statement, the time stamp and the encryption.
#[test]
#[cfg(feature = "aws")]
fn a_bundle_is_stamped_encrypted_and_read_by_others() {
    let desk = Desk::new();
    let stamper = super::keys::Stamper::new();
    fs::write(desk.file("root.pem"), &stamper.root).unwrap();
    fs::write(desk.file("other-root.pem"), &super::keys::Stamper::new().root).unwrap();
    desk.ends(0, "keys new --age --out officer.age");
    desk.ends(0, "keys new --age --out stranger.age");
    desk.ends(0, "keys new --algorithm ecdsa-p256 --no-passphrase --out p256.pem");
    let identity = fs::read_to_string(desk.file("officer.age")).unwrap();
    let recipient = identity.split_whitespace().find(|word| word.starts_with("age1")).unwrap();
    desk.ends(0, &format!("{REQUEST} --restriction 暗号化必須 --recipient {recipient}"));
    desk.ends(1, "assess -c tenancy.toml --out run --request request.json --request-trust officer.pub.pem --no-corroborate");
    let sealed = format!("--timestamp {} --tsa-ca root.pem", stamper.url);
    desk.ends(0, &format!("seal run --key p256.pem --out answer.zip.age {sealed}"));
    desk.ends(0, "seal run --key contractor.pem --out plain.zip --in-the-clear");

    let verify = "verify answer.zip.age --request request.json --trust p256.pub.pem --lang en";
    let (said, _) = desk.ends(3, &format!("{verify} --identity officer.age --tsa-ca root.pem"));
    assert!(
        said.contains("✓ Time stamp: A trusted authority has stamped that it existed at")
            && !said.contains('✗'),
        "{said}"
    );
    assert!(!said.contains("there is no time stamp"), "{said}");
    for (more, code, why) in [
        (
            "--identity officer.age",
            3,
            "? Time stamp: It carries a time stamp, and no time-stamping authority is named",
        ),
        ("--identity officer.age --tsa-ca other-root.pem", 1, "✗ Time stamp: Its time stamp is not sound"),
        ("--identity stranger.age", 2, "encrypted to others"),
        ("--identity officer.pem", 2, "officer.pem"),
        ("--identity officer.age --tsa-ca officer.pem", 2, "officer.pem"),
        ("", 2, "is encrypted"),
    ] {
        let (out, err) = desk.ends(code, &format!("{verify} {more}"));
        assert!(flat(&format!("{out}{err}")).contains(why), "{more}: {out}{err}");
    }
    let (said, _) = desk.ends(3, "verify plain.zip --trust contractor.pub.pem --tsa-ca root.pem --lang en");
    assert!(said.contains("? Time stamp: It carries no time stamp."), "{said}");
    let (_, said) = desk.ends(2, "report answer.zip.age --out again");
    assert!(
        flat(&said).contains("is encrypted; open it first") || flat(&said).contains("sekisho unseal"),
        "{said}"
    );

    desk.ends(0, "unseal answer.zip.age --identity officer.age --out answer.zip");
    for (bundle, key) in [("answer.zip", "p256.pub.pem"), ("plain.zip", "contractor.pub.pem")] {
        let mut command = Command::new(super::python::python());
        command.arg("-B").arg(super::python::scripts().join("statement.py"));
        let ran = command.args([desk.file(bundle), desk.file(key)]).output().unwrap();
        let told = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success(), "{told}{}", String::from_utf8_lossy(&ran.stderr));
        assert!(
            told.contains("\"urn:sekisho:assessment:v1\"")
                && told.contains("https://in-toto.io/Statement/v1"),
            "{told}"
        );
    }
    // OpenSSL holds the time stamp to the statement.
    let mut container =
        sekisho::bundle::Container::open(fs::File::open(desk.file("answer.zip")).unwrap()).unwrap();
    for name in ["timestamp.tsr", "statement.dsse.json"] {
        fs::write(desk.file(name), container.read(name, 1 << 20).unwrap()).unwrap();
    }
    let arguments = "ts -verify -token_in -in timestamp.tsr -data statement.dsse.json -CAfile root.pem";
    let ran =
        Command::new("openssl").current_dir(desk.folder.path()).args(arguments.split(' ')).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));

    for (arguments, why) in [
        ("seal run --key contractor.pem --out x.zip --to age1nobody", "age1nobody"),
        (
            "seal run --key contractor.pem --out x.zip --timestamp http://example.com/tsa --tsa-ca root.pem",
            "only https",
        ),
        (
            "seal run --key contractor.pem --out x.zip --timestamp http://127.0.0.1:1/tsa --tsa-ca root.pem",
            "no time stamp was had",
        ),
        ("seal run --key contractor.pem --out x.zip --timestamp https://127.0.0.1:1/tsa", "--tsa-ca"),
    ] {
        let (_, said) = desk.ends(2, arguments);
        assert!(flat(&said).contains(why), "{arguments}: {said}");
        assert!(!desk.file("x.zip").exists() && !desk.file("x.zip.part").exists());
    }
    // The marking asks for encryption, and nobody says to whom.
    desk.ends(0, &format!("{} --restriction 暗号化必須", REQUEST.replace("request.json", "strict.json")));
    desk.ends(1, "assess -c tenancy.toml --out strict --request strict.json --no-corroborate");
    let (_, said) = desk.ends(2, "seal strict --key contractor.pem --out x.zip");
    assert!(flat(&said).contains("its marking asks for encryption"), "{said}");
    desk.ends(0, "seal strict --key contractor.pem --out x.zip --in-the-clear");
}

/// Runs of every sort: three clouds, lists refused, throttled and cut off, budgets spent, members of an organization.
#[test]
fn whatever_a_run_met_it_verifies() {
    let read = |name: &str| {
        let folder = format!("{}/tests/tenancies/{name}", env!("CARGO_MANIFEST_DIR"));
        let [cloud, tenancy] = ["cloud.yaml", "tenancy.toml"]
            .map(|file| fs::read_to_string(format!("{folder}/{file}")).unwrap());
        (cloud, tenancy)
    };
    for (name, faults, more) in [
        ("faults", "", ""),
        (
            "faults",
            "faults:\n  - {service: s3, fault: denied}\n  - {service: kms, fault: throttled, times: 2}\n",
            "",
        ),
        ("faults", "faults:\n  - {service: ec2, fault: unavailable}\n", "--max-calls 300"),
        ("faults", "", "--max-calls 7"),
        ("faults", "", "--max-calls 60"),
        ("faults", "", "--max-calls 150"),
        ("azure-abroad", "", "--max-calls 25"),
        ("azure-abroad", "", ""),
        ("google-abroad", "faults:\n  - {service: cloudasset, fault: denied}\n", ""),
        ("google-abroad", "", ""),
        ("google-abroad", "", "--max-calls 9"),
        ("prospects", "", ""),
        ("organization", "", ""),
        ("organization", "  - {service: organizations, operation: ListAccounts, fault: denied}\n", ""),
    ] {
        let (cloud, tenancy) = match name {
            "organization" => (organization::CLOUD.to_owned(), organization::TENANCY.to_owned()),
            name => read(name),
        };
        let desk = Desk::over(&format!("{cloud}{faults}"), &tenancy);
        let (code, out, err) = desk.run(&format!("assess -c tenancy.toml --out run --no-corroborate {more}"));
        assert!([1, 3, 4].contains(&code), "{name} {faults}: {out}{err}");
        desk.ends(0, "seal run --key contractor.pem --out bundle.zip");
        let (said, _) = desk.ends(3, "verify bundle.zip --trust contractor.pub.pem --lang en");
        assert!(said.contains("byte for byte") && !said.contains('✗'), "{name} {faults} {more}: {said}");
    }
}
