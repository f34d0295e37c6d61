//! The order of the house, as far as text shows it.

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below these folders, with its text.
fn sources(folders: &[&str]) -> Vec<(String, String)> {
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() > 4, "{folders:?}");
    found.sort();
    found
}

/// The providers' crates, as code names them: every folder of `providers` that implements one.
fn provider_crates() -> Vec<String> {
    let shared = ["contract", "wire", "simulator"];
    let folders = std::fs::read_dir(root().join("providers")).unwrap();
    let names = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !shared.contains(&name.as_str())).map(|name| format!("sekisho_{name}")).collect()
}

#[test]
fn one_file_names_the_providers() {
    let crates = provider_crates();
    assert!(crates.contains(&"sekisho_aws".to_owned()), "the control: {crates:?}");
    for (file, text) in sources(&["src", "tests", "benches"]) {
        // The log's filter names crates as text; so does this file.
        if ["src/providers.rs", "src/cli/log.rs", "tests/integration/tidy.rs"].contains(&file.as_str()) {
            continue;
        }
        for name in &crates {
            assert!(!text.contains(name.as_str()), "{file} names {name}");
        }
    }
}

#[test]
fn the_contract_knows_no_client() {
    let manifest = std::fs::read_to_string(root().join("providers/contract/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let clients =
        ["aws-", "azure", "google-cloud", "reqwest", "hyper", "ureq", "curl", "isahc", "tonic", "sekisho"];
    for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
        for name in
            manifest.get(table).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys)
        {
            assert!(!clients.iter().any(|client| name.starts_with(client)), "{table}: {name}");
        }
    }
    assert!(manifest["dependencies"].get("tokio").is_some(), "the control: the manifest was read");
}

#[test]
fn every_rule_says_what_it_means_in_both_languages() {
    let texts = |value: &serde_json::Value, place: &str| {
        for language in ["ja", "en"] {
            let said = value.pointer(&format!("{place}/{language}")).and_then(serde_json::Value::as_str);
            assert!(said.is_some_and(|said| said.trim().len() > 3), "{}: {place}/{language}", value["id"]);
        }
    };
    let mut rules = 0;
    for entry in std::fs::read_dir(root().join("src/checks/rules")).unwrap() {
        let path = entry.unwrap().path();
        let rule: serde_json::Value =
            serde_saphyr::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(path.file_stem().unwrap().to_str(), rule["id"].as_str());
        for place in ["/title", "/about", "/reason"] {
            texts(&rule, place);
        }
        // What falls short on paper is asked of people; everything else is mended in a cloud.
        match rule["remedy"].as_object() {
            Some(remedies) => {
                let clouds = sekisho::providers::all().iter().map(|provider| provider.name());
                // Of what only AWS has, and of what is not read elsewhere, there is nothing to remedy.
                let of_aws = [
                    "no-foreign-zones",
                    "disks-encrypted-by-default",
                    "root-protected",
                    "endpoint-policies-narrow",
                    "log-validation",
                ];
                let alone = of_aws.contains(&rule["id"].as_str().unwrap());
                for cloud in clouds.filter(|cloud| !alone || *cloud == "aws") {
                    assert!(remedies.contains_key(cloud), "{} has no remedy on {cloud}", rule["id"]);
                }
                for provider in remedies.keys() {
                    texts(&rule, &format!("/remedy/{provider}/console"));
                }
            }
            None => texts(&rule, "/ask"),
        }
        assert!(
            rule["cases"].as_array().is_some_and(|cases| cases.len() >= 3),
            "{} has few cases",
            rule["id"]
        );
        rules += 1;
    }
    assert_eq!(rules, sekisho::checks::all().unwrap().len(), "every file is a rule, every rule a file");
}

#[test]
fn nothing_is_left_undone() {
    // In parts, so that this file does not find itself.
    let unwanted = [["#[ign", "ore"], ["to", "do!("], ["unimpl", "emented!("], ["db", "g!("]]
        .map(|parts| parts.concat());
    for (file, text) in sources(&["src", "tests", "benches", "providers"]) {
        for word in &unwanted {
            assert!(!text.contains(word.as_str()), "{file} holds {word}");
        }
        assert!(text.lines().count() < 800, "{file} has {} lines", text.lines().count());
    }
}
