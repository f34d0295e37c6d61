//! Data to the keys they are encrypted under.
//!
//! A data resource carries a `key` copy for the one key it names, in that key's own region. Replicas of a
//! multi-Region key are copies of the key, and are judged once, there: listing them again at every resource
//! under the key would count one replica abroad a thousand times. Only when the key is not among the
//! resources that were read, and could have replicas, does the data resource carry a `key` copy without
//! a place: then nobody else would say that something was not seen.

use super::index::Index;
use super::sheet::{LinkSheet, mentions};
use sekisho_contract::fact::{Copy, CopyRole, KeyManager, Kind, Resource};
use sekisho_contract::gap::GapReason;
use sekisho_contract::observed::Observed;
use sekisho_contract::place::{PlaceCatalogue, PlaceSort};

const MANAGER: &str = "encryption.key_manager";

/// Fills in who manages the resource's key, and where the key rests.
pub(super) fn link(
    resource: &mut Resource,
    index: &Index,
    catalogue: Option<&PlaceCatalogue>,
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
                    Observed::Unseen(_) => sheet.still_unseen(
                        MANAGER,
                        GapReason::Unresolved,
                        "whether anything is encrypted was not seen",
                    ),
                };
            }
            return;
        }
        Observed::Unseen(_) => {
            // There may be a key, and it may rest anywhere.
            let why = "which key is used was not seen";
            encryption.key_manager = sheet.still_unseen(MANAGER, GapReason::Unresolved, why);
            let location = sheet.unseen(
                "copies",
                GapReason::Unresolved,
                "which key is used, and where it rests, was not seen",
            );
            return resource.copies.push(key_copy(None, location));
        }
    };
    let found = index.find(&resource.provider, &key).filter(|found| found.kind == Kind::Key);
    if encryption.key_manager.is_unseen() {
        encryption.key_manager = match found.and_then(|found| found.manager) {
            Some(manager) => {
                sheet.resolve(MANAGER, |gap| mentions(&gap.detail, &key));
                Observed::Seen(manager)
            }
            None => sheet.still_unseen(
                MANAGER,
                GapReason::Unresolved,
                format!("the key {key} is not among those that were read"),
            ),
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
    let place = match found {
        Some(found) => found.place.map(str::to_owned),
        None => own_region(&key, catalogue),
    };
    let location = match place {
        Some(place) => Observed::Seen(place),
        None => {
            let detail = format!(
                "where the key {key} rests is not known: it is not among the keys that were read, and may have replicas"
            );
            sheet.unseen("copies", GapReason::Unresolved, detail)
        }
    };
    resource.copies.push(key_copy(Some(key), location));
}

/// The region a key's own identifier names, when the key cannot be anywhere else: the ARN of a key that is
/// neither multi-Region (`mrk-`) nor hidden behind an alias.
fn own_region(key: &str, catalogue: Option<&PlaceCatalogue>) -> Option<String> {
    let parts: Vec<&str> = key.splitn(6, ':').collect();
    let ["arn", _, "kms", region, _, rest] = parts.as_slice() else { return None };
    let id = rest.strip_prefix("key/").filter(|id| !id.starts_with("mrk-"))?;
    let place = catalogue?.place(region).filter(|place| place.sort == PlaceSort::Region)?;
    (!id.is_empty() && !place.countries.is_empty()).then(|| (*region).to_owned())
}

fn key_copy(holder: Option<String>, location: Observed<String>) -> Copy {
    Copy { role: CopyRole::Key, holder, location, countries: Observed::default(), site: Observed::default() }
}
