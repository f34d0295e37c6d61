//! Data to the keys they are encrypted under.
//!
//! A data resource carries a `key` copy for the one key it names, in that key's own region. Replicas of a
//! multi-Region key are copies of the key, and are judged once, there: listing them again at every resource
//! under the key would count one replica abroad a thousand times. Only when the key is not among the
//! resources that were read does the data resource carry a `key` copy without a place: then nobody else
//! would say that something was not seen.

use super::Known;
use super::ground::Why;
use super::index::Found;
use super::sheet::{LinkSheet, mentions};
use sekisho_contract::Provider;
use sekisho_contract::fact::{Copy, CopyRole, KeyManager, Kind, Resource};
use sekisho_contract::observed::Observed;

const MANAGER: &str = "encryption.key_manager";

/// Fills in who manages the resource's key, and where the key rests.
pub(super) fn link(
    resource: &mut Resource,
    known: &Known,
    provider: Option<&dyn Provider>,
    sheet: &mut LinkSheet,
) {
    let Some(encryption) = &mut resource.encryption else { return };
    let key = match &encryption.key {
        Observed::Seen(Some(key)) => key.clone(),
        Observed::Seen(None) => {
            if encryption.key_manager.is_unseen() {
                encryption.key_manager = match encryption.enabled {
                    Observed::Seen(false) => Observed::Seen(KeyManager::None),
                    Observed::Seen(true) => Observed::Seen(KeyManager::Provider),
                    Observed::Unseen(_) => {
                        let ground = sheet.ground(&["encryption.enabled"]);
                        let why = Why::new("whether anything is encrypted was not seen", ground);
                        sheet.still_unseen(MANAGER, why)
                    }
                };
            }
            return;
        }
        Observed::Unseen(_) => {
            // There may be a key, and it may rest anywhere.
            let why = Why::new("which key is used was not seen", sheet.ground(&["encryption.key"]));
            encryption.key_manager = sheet.still_unseen(MANAGER, why);
            let ground = sheet.ground(&["encryption.key"]);
            let why = Why::new("which key is used, and where it rests, was not seen", ground);
            let location = sheet.unseen("copies", why);
            return resource.copies.push(Copy::new(CopyRole::Key, None, location));
        }
    };
    let found = known.index.find(&resource.provider, &key).filter(|found| found.kind == Kind::Key);
    if encryption.key_manager.is_unseen() {
        encryption.key_manager = match found.and_then(|found| found.manager) {
            Some(manager) => {
                sheet.resolve(MANAGER, |gap| mentions(&gap.detail, &key));
                Observed::Seen(manager)
            }
            None => {
                let why = match found {
                    Some(_) => Why::new(
                        format!("who manages the key {key} was not seen"),
                        known.grounds.of(&resource.provider, &key, &["key.manager"]),
                    ),
                    None => Why::new(
                        format!("the key {key} is not among those that were read"),
                        known.hidden_key(&resource.provider, &resource.account, &resource.region),
                    ),
                };
                sheet.still_unseen(MANAGER, why)
            }
        };
    }
    if encryption
        .key_manager
        .seen()
        .is_some_and(|manager| matches!(manager, KeyManager::Provider | KeyManager::None))
    {
        return;
    }
    if resource.copies.iter().any(|copy| copy.role == CopyRole::Key && copy.holder.as_ref() == Some(&key)) {
        return;
    }
    sheet.cite("copies", resource.evidence.get("encryption").into_iter().flatten());
    let location = match found {
        Some(Found { place: Some(place), .. }) => Observed::Seen(place.to_owned()),
        Some(_) => {
            let ground = known.grounds.of(&resource.provider, &key, &["copies.location"]);
            sheet.unseen("copies", Why::new(format!("where the key {key} rests was not seen"), ground))
        }
        None => {
            // What its identifier names is one place; its replicas, or a store outside the cloud, may be others.
            if let Some(region) = provider.and_then(|provider| provider.region_in(&key)) {
                resource.copies.push(Copy::new(CopyRole::Key, Some(key.clone()), Observed::Seen(region)));
            }
            let detail = format!(
                "where else the key {key} rests is not known: it is not among the keys that were read"
            );
            let ground = known.hidden_key(&resource.provider, &resource.account, &resource.region);
            sheet.unseen("copies", Why::new(detail, ground))
        }
    };
    resource.copies.push(Copy::new(CopyRole::Key, Some(key), location));
}
