//! Redacted bundles: nothing that names resources, people or accounts is left in any part of them, every verdict is what it was,
//! and who holds the key and the full folder can show that nothing else was changed.

use super::ceremony::{Desk, REQUEST};
use super::{azure_abroad, cloud, google_abroad};
use sekisho::bundle::{Container, MANIFEST};
use sekisho_simulator::{Description, Simulator, dated};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Words of the providers' own identifiers: sorts of things, services, parts of host names, principals that stand for everybody.
#[rustfmt::skip]
const PROVIDERS: &[&str] = &[
    "Amazon", "BackendBucket", "BackendService", "Backup", "BackupRun", "BackupVault", "Bucket",
    "CloudTrail", "Cluster", "CryptoKey", "CryptoKeyVersion", "Database", "Endpoint", "ForwardingRule",
    "GlobalForwardingRule", "Google", "Image", "Instance", "LogSink", "MachineImage", "Microsoft",
    "PacketMirroring", "REGIONAL", "RegionBackendService", "RegionDisk", "Repository", "ResourcePolicy",
    "Secret", "SecurityPolicy", "Snapshot", "Subnetwork", "Table", "Topic", "TransferJob",
    "VirtualMachines", "alias", "allAuthenticatedUsers", "allUsers", "alloydb", "amazonaws",
    "artifactregistry", "asia1", "assumed-role", "azure", "backendBuckets", "backendServices", "backup",
    "backup-vault", "backupRuns", "backupVaults", "backupdr", "backupfabrics", "backupinstances",
    "backuppolicies", "backups", "backupvaults", "bigquery", "bigtable", "bigtableadmin", "blob",
    "blobServices", "buckets", "cloudkms", "cloudresourcemanager", "cloudsql", "cloudtrail", "clusters",
    "compute", "core", "cryptoKeys", "dataSources", "database", "databaseaccounts", "databases",
    "datacollectionendpoints", "dataprotection", "datasets", "dbformysql", "dbforpostgresql", "default",
    "deletedaccounts", "deletedbackupinstances", "deletedmanagedhsms", "deletedvaults",
    "deletedworkspaces", "developer", "diagnosticsettings", "diskencryptionsets", "disks", "documentdb",
    "documents", "endpoints", "eventhub", "fileServices", "firestore", "firewallpolicies",
    "flexibleservers", "folders", "galleries", "global", "googleapis", "gserviceaccount", "instances",
    "keyRings", "keys", "keyvault", "loadbalancers", "locations", "log-group", "logging", "logs",
    "longtermretentionbackups", "managedhsm", "managedhsms", "managedidentity", "microsoft", "mysql",
    "namespaces", "networks", "networksecuritygroups", "networkwatchers", "operationalinsights",
    "organizations", "policies", "postgres", "pricings", "profiles", "projectOwner", "projectViewer",
    "projects", "protecteditems", "protectioncontainers", "providers", "publicipaddresses", "pubsub",
    "queueServices", "recovery-point", "recoverypoints", "recoveryservices",
    "replicationprotecteditems", "repositories", "resourcePolicies", "resourcegroups",
    "restorabledatabaseaccounts", "restorabledroppeddatabases", "role", "root", "scan", "secretmanager",
    "secrets", "servers", "serviceAccount", "servicebus", "sinks", "snapshotSettings", "snapshots",
    "spanner", "sqladmin", "storage", "storageaccounts", "storagetransfer", "subscriptions",
    "syncgroups", "tableServices", "tenants", "topics", "trail", "transferJobs",
    "userassignedidentities", "vault", "vaults", "versions", "virtualmachines", "virtualnetworks",
    "vulnerabilityScanning", "windows", "workspaces",
];

/// Words that stand in every report, in our own texts, file names, fields and places, whatever things are called in the tenancies
/// of these tests.
#[rustfmt::skip]
const OUR_OWN: &[&str] = &[
    "CLOUDFRONT", "Corporation", "Dataset", "Disk", "LogBucket", "Network", "Route", "Router",
    "Services", "Subscription", "_Default", "_Required", "above", "abroad", "accounts", "activity",
    "aiplatform", "audit", "audited", "confidential", "config", "contracts", "corroboration", "counter",
    "deleted", "destination", "disk", "edge", "everything", "external", "facts", "file", "gone",
    "hidden", "holders", "home", "html", "https", "images", "insights", "instanceConfigs", "japan",
    "json", "kept", "ledger", "lets", "locked", "ndjson", "network", "none", "object", "organization",
    "osaka", "other", "paired", "public", "records", "regions", "replicas", "replicated", "replication",
    "report", "resourceLocations", "restore", "reviewed", "roles", "scanning", "secureHttpTransport",
    "security", "seen", "sekisho", "silent", "site", "sites", "stopped", "supported", "that", "things",
    "tokyo", "trafficmanagerprofiles", "watched", "website", "whoever", "zones", "request", "requested", "report-en", "xlsx", "pdf",
];

/// Kinds of documents, by which the demo has called its entries.
#[rustfmt::skip]
const DOCUMENTS: &[&str] = &[
    "contractor-profile", "declared-rpo", "disclosure-agreed", "disclosure-list", "export-formats",
    "handling-marking", "incident-contact", "monitoring-organisation", "no-equipment",
    "no-subcontracting", "privacy-mark", "security-measures",
];

/// Legal names of the providers, which are published.
const HOLDERS: &[&str] = &[
    "アマゾン",
    "グーグル・クラウド・ジャパン合同会社",
    "サービス",
    "ジャパン合同会社",
    "日本マイクロソフト株式会社",
];

/// A desk with a run in each of these folders: the demo's three clouds with documents, logs and witnesses, and a seeded tenancy of
/// each provider.
fn desk() -> (Desk, Vec<Simulator>) {
    let desk = Desk::new();
    desk.ends(0, "demo --out demo");
    let mut clouds = Vec::new();
    for (name, cloud, tenancy) in [
        ("aws", cloud::CLOUD, cloud::TENANCY),
        ("azure", azure_abroad::CLOUD, azure_abroad::TENANCY),
        ("gcp", google_abroad::CLOUD, google_abroad::TENANCY),
    ] {
        let description = Description::parse(&dated(cloud, jiff::Timestamp::now())).unwrap();
        let simulator = Simulator::start(description).unwrap();
        let file = format!("{name}.toml");
        fs::write(desk.file(&file), tenancy.replace("{endpoint}", &simulator.endpoint())).unwrap();
        desk.ends(1, &format!("assess -c {file} --out {name} --no-corroborate"));
        clouds.push(simulator);
    }
    for (name, digit) in [("one.key", "1f"), ("two.key", "2e")] {
        fs::write(desk.file(name), format!("{}{}\n", digit.repeat(31), "00")).unwrap();
    }
    (desk, clouds)
}

const RUNS: &[&str] = &["demo", "aws", "azure", "gcp"];

/// Every part of a bundle, unpacked.
fn parts(desk: &Desk, bundle: &str) -> BTreeMap<String, Vec<u8>> {
    let file = fs::File::open(desk.file(bundle)).unwrap();
    let mut container = Container::open(file).unwrap();
    let names: Vec<String> = container.names().map(str::to_owned).collect();
    let unpacked = |name: &String, bytes: Vec<u8>| match name.strip_suffix(".zst") {
        Some(_) => zstd::decode_all(bytes.as_slice()).unwrap(),
        None => bytes,
    };
    names
        .into_iter()
        .map(|name| (name.clone(), unpacked(&name, container.read(&name, 1 << 30).unwrap())))
        .collect()
}

/// Every file of a folder of forms, workbooks unpacked.
fn forms_of(desk: &Desk, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(desk.file(folder)).unwrap().map(Result::unwrap) {
        let (name, bytes) = (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap());
        if !name.ends_with(".xlsx") {
            files.insert(name, bytes);
            continue;
        }
        let mut book = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        for at in 0..book.len() {
            let mut part = book.by_index(at).unwrap();
            let mut text = Vec::new();
            std::io::Read::read_to_end(&mut part, &mut text).unwrap();
            files.insert(format!("{name}!{}", part.name().unwrap().replace('/', "!")), text);
        }
    }
    files
}

/// Names in a run's own files: of what is taken out at `names`, and of what is taken out at `accounts` besides.
#[derive(Default)]
struct Secrets {
    names: BTreeSet<String>,
    accounts: BTreeSet<String>,
}

impl Secrets {
    fn of(desk: &Desk, run: &str) -> Self {
        let mut secrets = Self::default();
        let folder = desk.file(run);
        for name in ["facts.ndjson.zst", "ledger.ndjson.zst"] {
            let lines =
                String::from_utf8(zstd::decode_all(fs::File::open(folder.join(name)).unwrap()).unwrap());
            for line in lines.unwrap().lines() {
                secrets.gather("", &serde_json::from_str(line).unwrap());
            }
        }
        for name in ["run.json", "documents.json", "corroboration.json", "logs.json"] {
            if let Ok(text) = fs::read(folder.join(name)) {
                secrets.gather("", &serde_json::from_slice(&text).unwrap());
            }
        }
        // What an account is called may be told while accounts may.
        let accounts = secrets.accounts.clone();
        secrets.names.retain(|name| !accounts.contains(name));
        secrets
    }

    /// By the names of fields, whatever they stand in.
    fn gather(&mut self, field: &str, value: &Value) {
        const NAMES: &[&str] = &[
            "aliases",
            "approver",
            "destination",
            "disk_key",
            "example",
            "except",
            "exempt_principals",
            "external_id",
            "file",
            "holder",
            "host",
            "made_from",
            "networks",
            "number",
            "obtained_by",
            "organization_role",
            "owner",
            "point",
            "prefix",
            "principal",
            "role_arn",
            "service_account",
            "signed_by",
            "store",
            "subject",
            "subjects",
            "target",
            "target_prefix",
            "unlisted",
            "vault",
        ];
        const WHOLE: &[&str] = &["detail", "reason", "title", "text", "need"];
        match value {
            Value::String(text) if NAMES.contains(&field) || field == "id" || field == "name" => {
                self.names.extend(words(text));
            }
            Value::String(text) if field == "account" || field == "tenant" => {
                self.accounts.extend(words(text))
            }
            Value::String(text) if field == "address" || field == "addresses" => {
                self.accounts.insert(text.clone());
            }
            Value::String(text) if WHOLE.contains(&field) && text.contains(|c: char| !c.is_ascii()) => {
                self.names.insert(text.clone());
            }
            Value::Array(items) => items.iter().for_each(|item| self.gather(field, item)),
            Value::Object(members) if field == "tags" => {
                for value in members.values().filter_map(Value::as_str) {
                    self.names.insert(value.to_owned());
                }
            }
            // A call's id names nothing, and evidence is made of those.
            Value::Object(_) if field == "evidence" => {}
            Value::Object(members) if members.contains_key("attempt") => {
                ["target", "account"].iter().for_each(|name| self.gather(name, &members[*name]));
            }
            Value::Object(members) => members.iter().for_each(|(name, value)| match (field, name.as_str()) {
                // The tenancy and its profile are told; so are places and what is published of them.
                ("tenancy", "name") | ("handling", _) | ("", "sites" | "services" | "places_dated") => {}
                ("regions" | "zones", _) => {}
                _ => self.gather(name, value),
            }),
            _ => {}
        }
    }
}

/// Words of at least four letters; shorter ones stand in any text.
fn words(text: &str) -> BTreeSet<String> {
    let of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii();
    let all = text.split(|c| !of_word(c)).filter(|word| word.chars().count() >= 4);
    all.map(str::to_owned).collect()
}

/// Identifiers of places, services and kinds.
fn published() -> BTreeSet<String> {
    let lists = [PROVIDERS, OUR_OWN, DOCUMENTS, HOLDERS];
    let mut all: BTreeSet<String> = lists.concat().into_iter().map(str::to_owned).collect();
    for provider in sekisho::providers::all() {
        let places = provider.places().places.keys();
        let words = places.flat_map(|place| words(place));
        all.extend(
            words.flat_map(|place| [place.to_uppercase(), format!("{place}-a"), format!("{place}-b"), place]),
        );
        all.extend(provider.services().iter().map(|service| service.name.to_owned()));
    }
    // A place that no catalogue knows is a place all the same, and places are told.
    all.insert("dual-region-japan1".to_owned());
    all.extend(sekisho_contract::fact::Kind::ALL.iter().map(|kind| kind.as_str().to_owned()));
    all
}

/// What of these stands in a bundle, by part.
fn leaks(secrets: &BTreeSet<String>, parts: &BTreeMap<String, Vec<u8>>) -> BTreeSet<String> {
    let published = published();
    let mut found = BTreeSet::new();
    for (name, bytes) in parts.iter().filter(|(name, _)| !name.contains('/')) {
        let text = String::from_utf8_lossy(bytes);
        let there: BTreeSet<&str> = text
            .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii()))
            .collect();
        for secret in secrets.iter().filter(|secret| !published.contains(*secret)) {
            let within = !secret.is_ascii() || secret.contains(['.', ':', ' ']);
            if there.contains(secret.as_str()) || (within && text.contains(secret.as_str())) {
                found.insert(format!("{name}: {secret}"));
            }
        }
    }
    found
}

/// Clause and status, and the counts of each check.
fn verdicts_of(report: &[u8]) -> Value {
    let report: Value = serde_json::from_slice(report).unwrap();
    let clause = |clause: &Value| serde_json::json!([clause["id"], clause["status"], clause["checks"]]);
    report["clauses"].as_array().unwrap().iter().map(clause).collect()
}

#[test]
fn nothing_that_was_taken_out_is_left_and_no_verdict_changes() {
    let (desk, _clouds) = desk();
    let mut leaking = BTreeSet::new();
    for run in RUNS {
        let secrets = Secrets::of(&desk, run);
        assert!(secrets.names.len() > 20 && !secrets.accounts.is_empty(), "{run} has names to take out");
        // The control: they are found where nothing was taken out.
        desk.ends(0, &format!("seal {run} --key contractor.pem --out {run}-whole.zip"));
        assert!(leaks(&secrets.names, &parts(&desk, &format!("{run}-whole.zip"))).len() > 20);
        let signs = |said: &str| ["✓", "✗"].map(|sign| said.matches(sign).count());
        let (_, said, _) = desk.run(&format!("verify {run}-whole.zip --trust contractor.pub.pem --lang en"));
        let of_whole = signs(&said);
        let whole = verdicts_of(&fs::read(desk.file(&format!("{run}/report.json"))).unwrap());
        for level in ["names", "accounts", "verdicts"] {
            let bundle = format!("{run}-{level}.zip");
            desk.ends(
                0,
                &format!(
                    "seal {run} --key contractor.pem --redact {level} --redact-key one.key --out {bundle}"
                ),
            );
            let parts = parts(&desk, &bundle);
            assert_eq!(verdicts_of(&parts["report.json"]), whole, "{bundle}");
            leaking.extend(leaks(&secrets.names, &parts).into_iter().map(|leak| format!("{bundle}, {leak}")));
            if level != "names" {
                leaking.extend(
                    leaks(&secrets.accounts, &parts).into_iter().map(|leak| format!("{bundle}, {leak}")),
                );
            }
            if level == "verdicts" {
                continue;
            }
            // Nor in any form that can be made of it.
            let forms = format!("{run}-{level}-forms");
            desk.ends(0, &format!("report {bundle} --format xlsx,csv,oscal,ocsf,sarif --out {forms}"));
            let mut made = forms_of(&desk, &forms);
            // The rules of a log are texts of ours alone: the same as of the whole run.
            desk.ends(0, &format!("report {run} --format sarif --out {forms}-whole"));
            let rules_of = |log: &[u8]| {
                let mut log: Value = serde_json::from_slice(log).unwrap();
                let tool = log["runs"][0].as_object_mut().unwrap().remove("tool").unwrap();
                (tool, log.to_string().into_bytes())
            };
            let (tool, rest) = rules_of(&made["report.sarif"]);
            let whole_log = fs::read(desk.file(&format!("{forms}-whole/report.sarif"))).unwrap();
            assert_eq!(tool, rules_of(&whole_log).0, "{forms}");
            made.insert("report.sarif".to_owned(), rest);
            leaking.extend(leaks(&secrets.names, &made).into_iter().map(|leak| format!("{forms}, {leak}")));
            if level != "names" {
                leaking.extend(
                    leaks(&secrets.accounts, &made).into_iter().map(|leak| format!("{forms}, {leak}")),
                );
            }
            let (_, said, _) = desk.run(&format!("verify {bundle} --trust contractor.pub.pem --lang en"));
            for line in [
                "were re-performed from the facts, and are the same.",
                " reports are byte for byte those that the facts give.",
                "✓ Ledger: All",
                &format!("Identifiers were taken out (level): {level}"),
            ] {
                assert!(said.contains(line), "{bundle}: {line}\n{said}");
            }
            assert_eq!(signs(&said), of_whole, "{bundle}: it verifies as the whole does\n{said}");
        }
    }
    assert!(leaking.is_empty(), "{}", leaking.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn who_holds_the_key_and_the_full_folder_can_show_that_nothing_else_was_changed() {
    let desk = Desk::new();
    desk.ceremony();
    for (name, digit) in [("one.key", "1f"), ("two.key", "2e")] {
        fs::write(desk.file(name), format!("{}00\n", digit.repeat(31))).unwrap();
    }
    let seal = "seal run --key contractor.pem --redact";
    desk.ends(0, &format!("{seal} accounts --redact-key one.key --out one.zip"));
    desk.ends(0, &format!("{seal} accounts --redact-key one.key --out again.zip"));
    desk.ends(0, &format!("{seal} accounts --redact-key two.key --out two.zip"));
    desk.ends(0, &format!("{seal} names --redact-key one.key --out names.zip"));
    let [one, again, two] = ["one.zip", "again.zip", "two.zip"].map(|bundle| parts(&desk, bundle));
    for (name, bytes) in one.iter().filter(|(name, _)| name.ends_with(".zst") || name.starts_with("report")) {
        assert_eq!(again.get(name), Some(bytes), "{name}: the same run and key give the same bytes");
        assert_ne!(two.get(name), Some(bytes), "{name}: another key gives other stand-ins");
    }
    // No stand-in of the one is in the other: the digests of both keys' words meet nowhere.
    let stand_ins = |parts: &BTreeMap<String, Vec<u8>>| -> BTreeSet<String> {
        let facts = String::from_utf8(parts["facts.ndjson.zst"].clone()).unwrap();
        let made = |word: &String| {
            word.len() >= 17 && word.starts_with('x') && word.ends_with(|c: char| c.is_ascii_hexdigit())
        };
        words(&facts).into_iter().filter(made).collect()
    };
    assert!(!stand_ins(&one).is_empty() && stand_ins(&one).is_disjoint(&stand_ins(&two)));
    assert!(!one.contains_key("request.json"), "a request names people and accounts");

    // The officer's request is answered still; whether every account is in it cannot be told any more, or can.
    let verify = "--request request.json --trust contractor.pub.pem --lang en";
    let (said, _) = desk.ends(3, &format!("verify one.zip {verify}"));
    assert!(said.contains("The ids of accounts were taken out") && !said.contains('✗'), "{said}");
    let (said, _) = desk.ends(3, &format!("verify names.zip {verify}"));
    assert!(said.contains("✓ Request: It answers this request") && !said.contains('✗'), "{said}");

    let full = "--trust contractor.pub.pem --lang en --full run --redact-key";
    let (said, _) = desk.ends(3, &format!("verify one.zip {full} one.key"));
    assert!(
        said.contains("✓ Full files: Redacting the full folder with the key gives each of its"),
        "{said}"
    );
    let (said, _) = desk.ends(1, &format!("verify one.zip {full} two.key"));
    assert!(said.contains("✗ Full files: Its stand-ins were made with another key."), "{said}");
    let (said, _) = desk.ends(1, &format!("verify bundle.zip {full} one.key"));
    assert!(said.contains("✗ Full files: Nothing was taken out of it."), "{said}");
    // A folder with another report is not the one it was made from.
    let run = fs::read_to_string(desk.file("run/run.json")).unwrap();
    fs::write(desk.file("run/run.json"), run.replacen("\"cancelled\": false", "\"cancelled\":  false", 1))
        .unwrap();
    let (said, _) = desk.ends(1, &format!("verify one.zip {full} one.key"));
    assert!(said.contains("✗ Full files: run.json of the full folder is not the one"), "{said}");

    for (arguments, why) in [
        ("seal run --key contractor.pem --out x.zip --redact names", "--redact-key"),
        ("seal run --key contractor.pem --out x.zip --redact all --redact-key one.key", "is no level"),
        (
            "seal run --key contractor.pem --out x.zip --redact names --redact-key contractor.pem",
            "openssl rand -hex 32",
        ),
    ] {
        let (_, said) = desk.ends(2, arguments);
        assert!(super::bad_input::flat(&said).contains(why), "{arguments}\n{said}");
    }
    // Of verdicts alone nothing can be re-performed, and they are tied to the whole all the same.
    fs::write(desk.file("run/run.json"), run).unwrap();
    desk.ends(0, &format!("{seal} verdicts --redact-key one.key --out verdicts.zip"));
    let alone = parts(&desk, "verdicts.zip");
    let files: Vec<&str> = alone.keys().map(String::as_str).filter(|name| !name.contains('/')).collect();
    assert_eq!(files, ["manifest.json", "report.html", "report.json", "run.json", "statement.dsse.json"]);
    assert_eq!(
        verdicts_of(&alone["report.json"]),
        verdicts_of(&fs::read(desk.file("run/report.json")).unwrap())
    );
    let (said, _) = desk.ends(3, &format!("verify verdicts.zip {full} one.key"));
    for line in ["✓ Full files: Redacting", "Its facts were taken out, so nothing can be re-performed."] {
        assert!(said.contains(line) && !said.contains('✗'), "{line}\n{said}");
    }
    // To whom it is an answer is held to the request all the same.
    let request =
        |name: &str| format!("verify verdicts.zip --trust contractor.pub.pem --lang en --request {name}");
    let (said, _) = desk.ends(3, &request("request.json"));
    assert!(said.contains("✓ Request: It answers this request"), "{said}");
    desk.ends(0, &REQUEST.replace("request.json", "later.json"));
    let (said, _) = desk.ends(1, &request("later.json"));
    assert!(said.contains("✗ Request: It answers another request than this one."), "{said}");
    let (_, said) = desk.ends(2, "report verdicts.zip --out again");
    assert!(super::bad_input::flat(&said).contains("holds verdicts alone"), "{said}");
    let manifest: Value = serde_json::from_slice(&one[MANIFEST]).unwrap();
    assert_eq!(manifest["head"]["redaction"]["level"], "accounts");
    assert_eq!(manifest["head"]["handling"]["restrictions"], serde_json::json!(["複製禁止"]));
}
