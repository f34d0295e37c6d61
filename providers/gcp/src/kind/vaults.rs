//! Backup and DR: vaults.

use super::Entry;
use super::draft::{Draft, Fact, Tally, days, not_read, read};
use super::inventory::{Found, Listing, Own, Step};
use crate::place::in_name;
use crate::quota;
use crate::session::Session;
use sekisho_contract::fact::{
    CopyRole, Exposure, Kind, LiftedBy, ObstacleKind, Principal, PrincipalClass, Starts,
};
use sekisho_contract::gap::shorten;
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

operation!(
    /// The backups in a vault, whatever they are of.
    LIST_BACKUPS = "backupdr" "projects.locations.backupVaults.dataSources.backups.list", at "v1/{+parent}/backups",
    needs "backupdr.bvbackups.list", quota quota::OTHER, Per::Sometimes, Get,
    facts "backups and until when each is kept, where the asset inventory is refused"
);
operation!(
    /// What a vault holds backups of.
    LIST_SOURCES = "backupdr" "projects.locations.backupVaults.dataSources.list", at "v1/{+parent}/dataSources",
    needs "backupdr.bvdataSources.list", quota quota::OTHER, Per::Sometimes, Get,
    facts "sources of backups, where the asset inventory is refused"
);

/// Vaults and the backups in them.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: SERVICE,
        reach: Reach::Global,
        kinds: &[Kind::BackupVault, Kind::RecoveryPoint],
    },
    methods: &[&LIST_VAULTS, &LIST_SOURCES, &LIST_BACKUPS],
    assets: ASSETS,
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "backupdr";
const VAULT: &str = "backupdr.googleapis.com/BackupVault";
const BACKUP: &str = "backupdr.googleapis.com/Backup";
const ASSETS: &[&str] = &[VAULT, BACKUP];

const VAULTS: Step = Step {
    method: &LIST_VAULTS,
    at: &[("parent", "projects/{project}/locations/-"), ("pageSize", "500")],
    items: "backupVaults",
    name: |item, _| Some(item.get("name")?.as_str()?.to_owned()),
};

static OWN: &[&Own] = &[
    &Own { asset: VAULT, steps: &[Step { name: |item, _| full(item), ..VAULTS }] },
    &Own {
        asset: BACKUP,
        steps: &[
            VAULTS,
            Step {
                method: &LIST_SOURCES,
                at: &[("parent", "{above}"), ("pageSize", "500")],
                items: "dataSources",
                name: |item, _| Some(item.get("name")?.as_str()?.to_owned()),
            },
            Step {
                method: &LIST_BACKUPS,
                at: &[("parent", "{above}"), ("pageSize", "500")],
                items: "backups",
                name: |item, _| full(item),
            },
        ],
    },
];

fn full(item: &serde_json::Value) -> Option<String> {
    Some(format!("//backupdr.googleapis.com/{}", item.get("name")?.as_str()?))
}

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    tally
        .read(Listing::of(session, ASSETS, OWN), sink, |found| match found.asset.as_str() {
            VAULT => vault(session, found).map(Some),
            _ => backup(session, found).map(Some),
        })
        .await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BackupVault {
    backup_minimum_enforced_retention_duration: Option<String>,
    backup_retention_inheritance: Option<String>,
    access_restriction: Option<String>,
    encryption_config: Option<EncryptionConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EncryptionConfig {
    kms_key_name: Option<String>,
}

fn vault(session: &Session, mut found: Found) -> Result<Fact, Shortfall> {
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
    // Plans may keep their backups longer than the vault's least time, and nobody can delete them before.
    match told.backup_retention_inheritance.as_deref() {
        // The vault's own where nothing is said (backupdr.v1, BackupVault.backupRetentionInheritance).
        None | Some("INHERIT_VAULT_RETENTION" | "BACKUP_RETENTION_INHERITANCE_UNSPECIFIED") => {}
        Some("MATCH_BACKUP_EXPIRE_TIME") => {
            let detail = "backups are kept as long as their plans say, and for how long that is was not read";
            draft.perhaps_hindered(&not_read(detail));
        }
        Some(word) => {
            let detail = format!("how long backups are kept with `{}` is not known", shorten(word));
            draft.perhaps_hindered(&not_read(&detail));
        }
    }
    let (public, principals) = reach(session, &mut draft, told.access_restriction.as_deref());
    draft.resource.exposure = Some(Exposure {
        public,
        public_access_blocked: public.not(),
        // Vaults are only reached through Google's APIs, which take nothing else.
        tls_only: Observed::Seen(true),
        principals,
    });
    Ok(draft.finish())
}

/// From where backups may be put into a vault, and restored to: a vault has no policy of its own, and the project's says
/// who may do that there.
fn reach(
    session: &Session,
    draft: &mut Draft<'_>,
    restriction: Option<&str>,
) -> (Observed<bool>, Observed<Vec<Principal>>) {
    let account = Some(session.project.clone());
    let (class, foreign) = (PrincipalClass::Account, Observed::default());
    let project = Principal { id: format!("projects/{}", session.project), class, account, foreign };
    match restriction {
        Some("WITHIN_PROJECT") => (Observed::Seen(false), Observed::Seen(vec![project])),
        // The same where nothing is said (backupdr.v1, BackupVault.accessRestriction).
        None | Some("WITHIN_ORGANIZATION" | "ACCESS_RESTRICTION_UNSPECIFIED") => {
            let (class, foreign) = (PrincipalClass::Other, Observed::default());
            let others =
                Principal { id: "projects of the organization".to_owned(), class, account: None, foreign };
            (Observed::Seen(false), Observed::Seen(vec![project, others]))
        }
        Some(word) => {
            let detail = format!("from where the vault can be reached with `{word}` was not read");
            let unread = not_read(&detail);
            let public = draft.sheet.unseen("exposure.public", &unread);
            (public, draft.sheet.unseen("exposure.principals", &unread))
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Backup {
    state: Option<String>,
    consistency_time: Option<String>,
    create_time: Option<String>,
    expire_time: Option<String>,
    enforced_retention_end_time: Option<String>,
    #[serde(default)]
    kms_key_versions: Vec<String>,
    gcp_resource: Option<BackupGcpResource>,
}

#[derive(Deserialize)]
struct BackupGcpResource {
    #[serde(rename = "gcpResourcename")]
    name: Option<String>,
}

fn backup(session: &Session, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Backup = read(&mut found)?;
    let mut draft = Draft::new(session, (Kind::RecoveryPoint, SERVICE), in_name(&found.name), &found);
    draft.encrypted(told.kms_key_versions.first().map(String::as_str));
    for other in told.kms_key_versions.iter().skip(1) {
        draft.copy_with(CopyRole::Key, &session.key_name(other));
    }
    let usable = told.state.as_deref() == Some("ACTIVE");
    let (moment, made) = (told.consistency_time.as_deref(), told.create_time.as_deref());
    draft.point(moment, made.filter(|_| usable), usable, told.expire_time.as_deref());
    match told.enforced_retention_end_time.as_deref() {
        Some(until) => draft.obstacle_until(ObstacleKind::MinimumRetention, until, LiftedBy::Nobody),
        None => {
            let silent = draft.silent("the answer does not say until when the backup cannot be deleted");
            draft.perhaps_hindered(&silent);
        }
    }
    let source = told.gcp_resource.and_then(|resource| resource.name);
    draft.resource.made_from = source.map(|name| {
        let name = session.own_name(name.trim_start_matches('/'));
        if name.contains(".googleapis.com/") { format!("//{name}") } else { name }
    });
    Ok(draft.finish())
}
