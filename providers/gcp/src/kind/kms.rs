//! Cloud KMS: keys, and the states of their versions.

use super::Entry;
use super::draft::{Draft, Fact, Tally, all, days, read};
use super::inventory::{Found, Listing, Own, Policies, Step};
use super::principal;
use crate::place::{in_name, is_region};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{
    Exposure, KeyFacet, KeyManager, KeyState, Kind, LiftedBy, ObstacleKind, Rotation, Starts,
};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

operation!(
    /// The locations keys can be in.
    LIST_LOCATIONS = "cloudkms" "projects.locations.list", at "v1/{+name}/locations", needs "cloudkms.locations.list",
    quota quota::KMS, Per::Sometimes, Get, facts "locations of keys, where the asset inventory is refused"
);
operation!(
    /// The key rings of a location.
    LIST_KEY_RINGS = "cloudkms" "projects.locations.keyRings.list", at "v1/{+parent}/keyRings",
    needs "cloudkms.keyRings.list", quota quota::KMS, Per::Sometimes, Get,
    facts "key rings, where the asset inventory is refused"
);
operation!(
    /// The keys of a ring.
    LIST_KEYS = "cloudkms" "projects.locations.keyRings.cryptoKeys.list", at "v1/{+parent}/cryptoKeys",
    needs "cloudkms.cryptoKeys.list", quota quota::KMS, Per::Sometimes, Get,
    facts "keys, where the asset inventory is refused"
);
operation!(
    /// The versions of a key.
    LIST_VERSIONS = "cloudkms" "projects.locations.keyRings.cryptoKeys.cryptoKeyVersions.list",
    at "v1/{+parent}/cryptoKeyVersions", needs "cloudkms.cryptoKeyVersions.list", quota quota::KMS, Per::Sometimes,
    Get, facts "versions of keys, where the asset inventory is refused"
);

/// Keys.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Key] },
    methods: &[&LIST_LOCATIONS, &LIST_KEY_RINGS, &LIST_KEYS, &LIST_VERSIONS],
    assets: &["cloudkms.googleapis.com/CryptoKey", "cloudkms.googleapis.com/CryptoKeyVersion"],
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "cloudkms";
/// How long a version waits for its destruction where nothing else is said: 30 days
/// (cloudkms.v1, CryptoKey.destroyScheduledDuration).
const DEFAULT_WAIT: u32 = 30;

const LOCATIONS: Step = Step {
    method: &LIST_LOCATIONS,
    at: &[("name", "projects/{project}"), ("pageSize", "500")],
    items: "locations",
    name: |item, project| Some(format!("projects/{project}/locations/{}", item.get("locationId")?.as_str()?)),
};
const KEY_RINGS: Step = Step {
    method: &LIST_KEY_RINGS,
    at: &[("parent", "{above}"), ("pageSize", "1000")],
    items: "keyRings",
    name: plain_name,
};

static KEYS: &[&Own] = &[&Own {
    asset: "cloudkms.googleapis.com/CryptoKey",
    steps: &[
        LOCATIONS,
        KEY_RINGS,
        Step {
            method: &LIST_KEYS,
            at: &[("parent", "{above}"), ("pageSize", "1000")],
            items: "cryptoKeys",
            name: full_name,
        },
    ],
}];

static VERSIONS: &[&Own] = &[&Own {
    asset: "cloudkms.googleapis.com/CryptoKeyVersion",
    steps: &[
        LOCATIONS,
        KEY_RINGS,
        Step {
            method: &LIST_KEYS,
            at: &[("parent", "{above}"), ("pageSize", "1000")],
            items: "cryptoKeys",
            name: plain_name,
        },
        Step {
            method: &LIST_VERSIONS,
            at: &[("parent", "{above}"), ("pageSize", "1000")],
            items: "cryptoKeyVersions",
            name: full_name,
        },
    ],
}];

fn plain_name(item: &Value, _: &str) -> Option<String> {
    Some(item.get("name")?.as_str()?.to_owned())
}

fn full_name(item: &Value, project: &str) -> Option<String> {
    Some(format!("//cloudkms.googleapis.com/{}", plain_name(item, project)?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CryptoKey {
    name: String,
    purpose: Option<String>,
    rotation_period: Option<String>,
    destroy_scheduled_duration: Option<String>,
    import_only: Option<bool>,
    version_template: Option<CryptoKeyVersionTemplate>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CryptoKeyVersionTemplate {
    protection_level: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CryptoKeyVersion {
    name: String,
    state: Option<String>,
    destroy_time: Option<String>,
    destroy_event_time: Option<String>,
}

/// The versions of all keys, by key; and why they are not all known, if so.
struct Versions {
    by_key: BTreeMap<String, Vec<(CryptoKeyVersion, CallId)>>,
    missing: Vec<Shortfall>,
}

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let policies = Policies::of(session, &["cloudkms.googleapis.com/CryptoKey"]).await;
    let versions = versions(session).await;
    let mut tally = Tally::default();
    tally.aside(policies.missing());
    tally.aside(&versions.missing);
    let listing = Listing::of(session, &["cloudkms.googleapis.com/CryptoKey"], KEYS);
    tally.read(listing, sink, |found| key(session, &policies, &versions, found).map(Some)).await;
    tally.outcome()
}

async fn versions(session: &Session) -> Versions {
    let listing = Listing::of(session, &["cloudkms.googleapis.com/CryptoKeyVersion"], VERSIONS);
    let (found, missing) = all(listing).await;
    let mut versions = Versions { by_key: BTreeMap::new(), missing };
    for mut found in found {
        let call = found.call;
        match read::<CryptoKeyVersion>(&mut found) {
            Ok(version) => {
                let key = session.key_name(&version.name);
                versions.by_key.entry(key).or_default().push((version, call));
            }
            Err(shortfall) => versions.missing.push(shortfall),
        }
    }
    versions
}

fn key(
    session: &Session,
    policies: &Policies,
    versions: &Versions,
    mut found: Found,
) -> Result<Fact, Shortfall> {
    let told: CryptoKey = read(&mut found)?;
    let location = in_name(&told.name);
    let mut draft = Draft::new(session, (Kind::Key, SERVICE), location, &found);
    if session.key_name(&told.name) != found.name {
        return Err(draft.silent(format!(
            "what is stated about {} is about {}",
            found.name,
            shorten(&told.name)
        )));
    }
    draft.labelled(&told.labels);
    let level = told.version_template.and_then(|template| template.protection_level);
    let external = level.as_deref().is_some_and(|level| level.starts_with("EXTERNAL"));
    let manager = match level.as_deref() {
        Some("SOFTWARE" | "HSM" | "HSM_SINGLE_TENANT") => Observed::Seen(KeyManager::Customer),
        Some("EXTERNAL" | "EXTERNAL_VPC") => Observed::Seen(KeyManager::External),
        Some(other) => draft.known("key.manager", other, None),
        None => draft.said("key.manager", None),
    };
    if external {
        let detail = "the key's material is kept outside Google Cloud, and where that is was not read";
        let outside = Shortfall::without_call(GapReason::NotRead, detail);
        draft.perhaps_copied(sekisho_contract::fact::CopyRole::Key, &outside);
    }
    let wait = match told.destroy_scheduled_duration.as_deref() {
        None => Some(DEFAULT_WAIT),
        Some(duration) => days(duration),
    };
    match wait {
        Some(days) => {
            draft.obstacle(ObstacleKind::KeyDeletionWait, Starts::AtRequest, Some(days), LiftedBy::Nobody);
        }
        None => {
            let silent = draft.silent("the waiting period before its destruction cannot be read");
            draft.perhaps_hindered(&silent);
        }
    }
    let (state, deletion_date) = state(&mut draft, versions, &found.name);
    let rotation_days = told.rotation_period.as_deref().and_then(days);
    let origin = match (told.import_only, level) {
        (Some(true), level) => Some(format!("IMPORTED {}", level.unwrap_or_default()).trim().to_owned()),
        (_, level) => level.map(|level| shorten(&level)),
    };
    draft.resource.key = Some(KeyFacet {
        manager,
        origin: draft.said("key.origin", origin),
        state,
        deletion_date,
        multi_region: draft
            .said("key.multi_region", location.map(|place| !is_region(&place.to_ascii_lowercase()))),
        rotation: match told.purpose.as_deref() {
            Some(purpose) => Observed::Seen(Rotation {
                // Only symmetric keys whose material Google makes are rotated by it.
                possible: purpose == "ENCRYPT_DECRYPT" && !external && told.import_only != Some(true),
                enabled: told.rotation_period.is_some(),
                days: rotation_days,
            }),
            None => draft.said("key.rotation", None),
        },
        aliases: Observed::Seen(Vec::new()),
    });
    let reach = match policies.on(&found.name) {
        Ok((policy, calls)) => {
            calls.iter().for_each(|call| draft.sheet.shown("exposure", call));
            let principals = principal::all(session, &policy);
            let public = principal::open(&principals);
            (Observed::Seen(public), Observed::Seen(public).not(), Observed::Seen(principals))
        }
        Err(shortfall) => (
            draft.sheet.unseen("exposure.public", shortfall),
            draft.sheet.unseen("exposure.public_access_blocked", shortfall),
            draft.sheet.unseen("exposure.principals", shortfall),
        ),
    };
    draft.resource.exposure = Some(Exposure {
        public: reach.0,
        public_access_blocked: reach.1,
        // Keys are only reached through Google's APIs, which take nothing else.
        tls_only: Observed::Seen(true),
        principals: reach.2,
    });
    Ok(draft.finish())
}

/// The state of a key is that of its versions: usable while any is, on its way out when all that are left are.
fn state(
    draft: &mut Draft<'_>,
    versions: &Versions,
    key: &str,
) -> (Observed<KeyState>, Observed<Option<String>>) {
    let own = versions.by_key.get(key).map_or(&[][..], Vec::as_slice);
    own.iter().for_each(|(_, call)| draft.sheet.shown("key", call));
    let word = |version: &CryptoKeyVersion| version.state.as_deref().and_then(usable);
    let states: Vec<Option<KeyState>> = own.iter().map(|(version, _)| word(version)).collect();
    let best = [
        KeyState::Enabled,
        KeyState::Disabled,
        KeyState::PendingImport,
        KeyState::PendingDeletion,
        KeyState::Destroyed,
    ]
    .into_iter()
    .find(|state| states.contains(&Some(*state)));
    if let Some(missing) = versions.missing.first().filter(|_| best != Some(KeyState::Enabled)) {
        return (draft.sheet.unseen("key.state", missing), draft.sheet.unseen("key.deletion_date", missing));
    }
    if states.contains(&None) && best != Some(KeyState::Enabled) {
        let word = own.iter().find(|(version, _)| word(version).is_none());
        let word = word.and_then(|(version, _)| version.state.clone()).unwrap_or_default();
        return (draft.known("key.state", &word, None), draft.known("key.deletion_date", &word, None));
    }
    // A key without versions has no material yet.
    let state = best.unwrap_or(KeyState::PendingImport);
    let date = match state {
        KeyState::PendingDeletion => {
            own.iter().filter_map(|(version, _)| version.destroy_time.as_deref()).max()
        }
        KeyState::Destroyed => {
            own.iter().filter_map(|(version, _)| version.destroy_event_time.as_deref()).max()
        }
        KeyState::Enabled | KeyState::Disabled | KeyState::PendingImport => None,
    };
    let date = date.map(shorten);
    (Observed::Seen(state), Observed::Seen(date))
}

/// What the state of a version means for what lies under it.
fn usable(state: &str) -> Option<KeyState> {
    match state {
        "ENABLED" => Some(KeyState::Enabled),
        // What is outside could not be destroyed: it cannot be used here, and is not lost.
        "DISABLED" | "EXTERNAL_DESTRUCTION_FAILED" => Some(KeyState::Disabled),
        "DESTROY_SCHEDULED" | "PENDING_EXTERNAL_DESTRUCTION" => Some(KeyState::PendingDeletion),
        "DESTROYED" => Some(KeyState::Destroyed),
        "PENDING_GENERATION" | "PENDING_IMPORT" | "IMPORT_FAILED" | "GENERATION_FAILED" => {
            Some(KeyState::PendingImport)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_could_not_be_destroyed_is_not_destroyed() {
        for (state, means) in [
            ("ENABLED", Some(KeyState::Enabled)),
            ("EXTERNAL_DESTRUCTION_FAILED", Some(KeyState::Disabled)),
            ("PENDING_EXTERNAL_DESTRUCTION", Some(KeyState::PendingDeletion)),
            ("DESTROYED", Some(KeyState::Destroyed)),
            ("IMPORT_FAILED", Some(KeyState::PendingImport)),
            ("UNHEARD_OF", None),
        ] {
            assert_eq!(usable(state), means, "{state}");
        }
    }
}
