//! Backup and DR: vaults.

use super::Entry;
use super::draft::{Draft, Fact, Tally, days, read};
use super::inventory::{Found, Listing, Own, Policies, Step};
use super::principal;
use crate::place::in_name;
use crate::quota;
use crate::session::Session;
use sekisho_contract::fact::{Exposure, Kind, LiftedBy, ObstacleKind, Starts};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;

operation!(
    /// The vaults of every location.
    LIST_VAULTS = "backupdr" "projects.locations.backupVaults.list", at "v1/{+parent}/backupVaults",
    needs "backupdr.backupVaults.list", quota quota::OTHER, Per::Sometimes, Get,
    facts "backup vaults, where the asset inventory is refused"
);

/// Vaults.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::BackupVault] },
    methods: &[&LIST_VAULTS],
    assets: ASSETS,
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "backupdr";
const ASSETS: &[&str] = &["backupdr.googleapis.com/BackupVault"];

static OWN: &[&Own] = &[&Own {
    asset: "backupdr.googleapis.com/BackupVault",
    steps: &[Step {
        method: &LIST_VAULTS,
        at: &[("parent", "projects/{project}/locations/-"), ("pageSize", "500")],
        items: "backupVaults",
        name: |item, _| Some(format!("//backupdr.googleapis.com/{}", item.get("name")?.as_str()?)),
    }],
}];

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let policies = Policies::of(session, ASSETS).await;
    let mut tally = Tally::default();
    tally
        .read(Listing::of(session, ASSETS, OWN), sink, |found| vault(session, &policies, found).map(Some))
        .await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BackupVault {
    backup_minimum_enforced_retention_duration: Option<String>,
    encryption_config: Option<EncryptionConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EncryptionConfig {
    kms_key_name: Option<String>,
}

fn vault(session: &Session, policies: &Policies, mut found: Found) -> Result<Fact, Shortfall> {
    let told: BackupVault = read(&mut found)?;
    let mut draft = Draft::new(session, (Kind::BackupVault, SERVICE), in_name(&found.name), &found);
    draft.encrypted(told.encryption_config.and_then(|told| told.kms_key_name).as_deref());
    match told.backup_minimum_enforced_retention_duration.as_deref().map(days) {
        Some(Some(days)) => {
            draft.obstacle(ObstacleKind::MinimumRetention, Starts::AtWrite, Some(days), LiftedBy::Nobody);
        }
        Some(None) | None => {
            let silent = draft.silent("the answer does not say how long backups are kept at least");
            draft.perhaps_hindered(&silent);
        }
    }
    let (public, principals) = match policies.on(&found.name) {
        Ok((policy, calls)) => {
            calls.iter().for_each(|call| draft.sheet.shown("exposure", call));
            let principals = principal::all(session, &policy);
            (Observed::Seen(principal::open(&principals)), Observed::Seen(principals))
        }
        Err(shortfall) => {
            let public = draft.sheet.unseen("exposure.public", shortfall);
            (public, draft.sheet.unseen("exposure.principals", shortfall))
        }
    };
    draft.resource.exposure = Some(Exposure {
        public,
        public_access_blocked: public.not(),
        // Vaults are only reached through Google's APIs, which take nothing else.
        tls_only: Observed::Seen(true),
        principals,
    });
    Ok(draft.finish())
}
