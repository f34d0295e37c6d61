//! Whether a redacted bundle is what becomes of a full folder: the redaction is made again, and compared.

use super::super::container::Container;
use super::super::manifest::Manifest;
use super::super::opened::OpenRun;
use super::super::parts::Heads;
use super::super::verify::{Item, Mark, Step, Verification};
use super::{Key, Level, Order, redact};
use crate::run_folder::RUN;
use crate::text::Text;
use sekisho_contract::Provider;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::sync::Arc;

/// Redacts the full folder again and holds what comes of it to a bundle that was verified; adds to what was found.
pub fn hold_to_full<R: Read + Seek>(
    found: &mut Verification,
    bundle: R,
    full: &OpenRun,
    key: &Key,
    providers: &[Arc<dyn Provider>],
) {
    let items = match manifest(bundle) {
        Ok(manifest) if found.head.as_ref() == Some(&manifest.head) => {
            compare(&manifest, full, key, providers)
        }
        // What nobody trusted vouches for was refused before.
        Ok(_) => vec![unverified(
            "信頼する者が封緘したものではないため、比較していない。",
            "Nobody trusted has sealed it, so it was not compared.",
        )],
        Err(why) => {
            vec![unverified(&format!("読み取れない（{why}）。"), &format!("It cannot be read: {why}."))]
        }
    };
    found.items.extend(items);
    found.items.sort_by_key(|item| item.step);
    found.mark = found.items.iter().map(|item| item.mark).max().unwrap_or(Mark::Unverified);
}

fn manifest<R: Read + Seek>(bundle: R) -> Result<Manifest, String> {
    let mut container = Container::open(bundle).map_err(|fault| fault.to_string())?;
    Ok(Heads::read(&mut container).map_err(|fault| fault.to_string())?.manifest)
}

fn compare(manifest: &Manifest, full: &OpenRun, key: &Key, providers: &[Arc<dyn Provider>]) -> Vec<Item> {
    let Some(redaction) = &manifest.head.redaction else {
        return vec![refuted(
            "何も取り除かれていない。",
            "Nothing was taken out of it.",
            "manifest.json, head.redaction",
        )];
    };
    if redaction.key_sha256.as_deref() != Some(key.sha256().as_str()) {
        return vec![refuted(
            "別の鍵で置き換えられている。",
            "Its stand-ins were made with another key.",
            "manifest.json, head.redaction.key_sha256",
        )];
    }
    let Ok(level) = redaction.level.parse::<Level>() else {
        return vec![unverified("この版の知らない水準である。", "This version does not know its level.")];
    };
    let mut items = Vec::new();
    match super::full_files(full) {
        Ok(files) if files == redaction.full => {}
        Ok(files) => {
            let told: BTreeMap<&str, &str> =
                redaction.full.iter().map(|file| (file.name.as_str(), file.sha256.as_str())).collect();
            let other = files.iter().find(|file| told.get(file.name.as_str()) != Some(&file.sha256.as_str()));
            let name = other.map_or(RUN, |file| file.name.as_str());
            items.push(refuted(
                &format!("元のフォルダーの {name} が、目録にある置き換え前のファイルではない。"),
                &format!("{name} of the full folder is not the one that the manifest says it was made from."),
                &format!("manifest.json, head.redaction.full, {name}"),
            ));
        }
        Err(why) => {
            return vec![unverified(
                &format!("元のフォルダーを読み取れない（{why}）。"),
                &format!("The full folder cannot be read: {why}."),
            )];
        }
    }
    let again = match redact(&Order { open: full, level, key, providers }) {
        Ok(again) => again,
        Err(why) => {
            items.push(unverified(
                &format!("置換えをやり直せない（{why}）。"),
                &format!("The redaction cannot be made again: {why}."),
            ));
            return items;
        }
    };
    let own: BTreeMap<&str, &str> =
        again.run.files.iter().map(|file| (file.name.as_str(), file.sha256.as_str())).collect();
    let record = std::fs::read(again.folder.file(RUN)).map(|bytes| hex::encode(Sha256::digest(bytes)));
    let mut sealed = manifest.files.iter().filter(|file| !file.name.contains('/')).peekable();
    let mut compared = 0;
    for file in sealed.by_ref() {
        let same = match file.name.as_str() {
            RUN => record.as_ref().is_ok_and(|digest| *digest == file.sha256),
            name => own.get(name) == Some(&file.sha256.as_str()),
        };
        compared += 1;
        if !same {
            items.push(refuted(
                &format!("{} が、元のフォルダーから置き換えたものではない。", file.name),
                &format!("{} is not what becomes of the full folder.", file.name),
                &file.name,
            ));
        }
    }
    let missing = own.keys().find(|name| !manifest.files.iter().any(|file| file.name == **name));
    if let Some(name) = missing {
        items.push(refuted(&format!("{name} が欠けている。"), &format!("{name} is not there."), name));
    }
    if items.is_empty() {
        items.push(Item {
            step: Step::Full,
            mark: Mark::Verified,
            text: Text {
                ja: format!("元のフォルダーを同じ鍵で置き換えると、{compared}個のファイルのすべてが一致する。識別子のほかに変えられたものはない。"),
                en: format!("Redacting the full folder with the key gives each of its {compared} files: nothing but identifiers was changed."),
            },
            place: None,
        });
    }
    items
}

fn item(mark: Mark, ja: &str, en: &str, place: Option<&str>) -> Item {
    let text = Text { ja: ja.to_owned(), en: en.to_owned() };
    Item { step: Step::Full, mark, text, place: place.map(str::to_owned) }
}

fn unverified(ja: &str, en: &str) -> Item {
    item(Mark::Unverified, ja, en, None)
}

fn refuted(ja: &str, en: &str, place: &str) -> Item {
    item(Mark::Refuted, ja, en, Some(place))
}
