//! Recovery Services vaults: where backups rest, what keeps them, and the points data can be set back to.

use super::Entry;
use super::diagnostics;
use super::draft::{Draft, Fact, Tally, not_read};
use crate::inventory::Row;
use crate::path;
use crate::quota;
use crate::session::{Ask, Asked, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{
    Consistency, Copy, CopyRole, Coverage, Encryption, Exposure, Kind, LiftedBy, ObstacleKind, Principal,
    PrincipalClass, Starts,
};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;

operation!(
    /// One vault, with its redundancy: lists leave that out.
    GET_VAULT = "recoveryservices" "GetVault", needs "Microsoft.RecoveryServices/vaults/read", quota quota::ARM,
    Per::Resource, Get, facts "redundancy, cross-region restore, immutability and soft delete of vaults"
);
operation!(
    /// What is backed up into a vault.
    LIST_PROTECTED_ITEMS = "recoveryservices" "ListProtectedItems",
    needs "Microsoft.RecoveryServices/vaults/backupProtectedItems/read", quota quota::ARM,
    Per::Resource, Get, facts "what is backed up"
);
operation!(
    /// The points to which one thing can be set back.
    LIST_RECOVERY_POINTS = "recoveryservices" "ListRecoveryPoints",
    needs "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/read",
    quota quota::ARM, Per::SomePages(100), Get, facts "recovery points and the moment each is of"
);
operation!(
    /// The schedules of a vault.
    LIST_BACKUP_POLICIES = "recoveryservices" "ListBackupPolicies",
    needs "Microsoft.RecoveryServices/vaults/backupPolicies/read", quota quota::ARM,
    Per::Resource, Get, facts "schedules of backups"
);

/// Vaults, their schedules and recovery points.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: SERVICE,
        reach: Reach::Global,
        kinds: &[Kind::BackupVault, Kind::RecoveryPoint, Kind::BackupPlan],
    },
    types: TYPES,
    operations: &[&GET_VAULT, &LIST_PROTECTED_ITEMS, &LIST_RECOVERY_POINTS, &LIST_BACKUP_POLICIES],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "recoveryservices";
const TYPES: &[&str] = &["microsoft.recoveryservices/vaults"];
const VERSION: &str = "2024-04-01";

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let rows = session.rows(TYPES);
    tally.each_as_far(rows, sink, |(row, call)| async move { vault(session, &row, call).await }).await;
    tally.outcome()
}

#[derive(Deserialize)]
struct Told {
    properties: Vault,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vault {
    redundancy_settings: Option<Redundancy>,
    security_settings: Option<Security>,
    encryption: Option<VaultEncryption>,
    public_network_access: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Redundancy {
    standard_tier_storage_redundancy: Option<String>,
    cross_region_restore: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Security {
    immutability_settings: Option<State>,
    soft_delete_settings: Option<SoftDelete>,
}

#[derive(Deserialize)]
struct State {
    state: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SoftDelete {
    soft_delete_state: Option<String>,
    soft_delete_retention_period_in_days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VaultEncryption {
    key_vault_properties: Option<VaultKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VaultKey {
    key_uri: Option<String>,
}

/// Days what was deleted is kept where nothing is said ("Secure by default with soft delete for Azure Backup").
const KEPT: u32 = 14;

async fn vault(session: &Session, row: &Row, call: CallId) -> (Vec<Fact>, Vec<Shortfall>) {
    let mut draft = Draft::of(session, (Kind::BackupVault, SERVICE), row, call);
    let ask = Ask::of(&GET_VAULT, row.id.clone(), VERSION).about(&row.id);
    let heard: Asked<Told> = session.get(ask).await;
    let told = match heard {
        Ok(heard) => {
            draft.told_by(&GET_VAULT, heard.call);
            heard.told.map(|told| told.properties).ok_or_else(|| draft.silent("redundancy of the vault"))
        }
        Err(shortfall) => Err(shortfall),
    };
    match &told {
        Ok(told) => {
            redundancy(&mut draft, told.redundancy_settings.as_ref());
            security(&mut draft, told.security_settings.as_ref());
            let key = told.encryption.as_ref().and_then(|told| told.key_vault_properties.as_ref());
            draft.encrypted(key.and_then(|key| key.key_uri.as_deref()));
        }
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Replica, shortfall);
            draft.perhaps_hindered(shortfall);
            draft.perhaps_encrypted(shortfall);
        }
    }
    let closed = match &told {
        // Left out, it is reachable from all networks ("Vaults - Get": enabled by default).
        Ok(told) => Observed::Seen(told.public_network_access.as_deref() == Some("Disabled")),
        Err(shortfall) => draft.sheet.unseen("exposure.public_access_blocked", shortfall),
    };
    exposure(&mut draft, closed);
    diagnostics::read(&mut draft).await;
    let kept =
        Kept { row, copies: draft.resource.copies.clone(), encryption: draft.resource.encryption.clone() };
    let (points, mut broke) = points(session, &kept).await;
    let (plans, broken) = plans(session, &kept).await;
    broke.extend(broken);
    let mut facts = vec![draft.finish_locked().await];
    facts.extend(points);
    facts.extend(plans);
    (facts, broke)
}

/// Where a vault's backups rest. What is not told may be in two regions: that is how vaults are made by default.
fn redundancy(draft: &mut Draft<'_>, told: Option<&Redundancy>) {
    let restore = told.and_then(|told| told.cross_region_restore.as_deref());
    match (told.and_then(|told| told.standard_tier_storage_redundancy.as_deref()), restore) {
        (Some("GeoRedundant"), _) | (_, Some("Enabled")) => draft.copied_to_pair(CopyRole::Replica),
        (Some("LocallyRedundant" | "ZoneRedundant"), None | Some("Disabled")) => {}
        (Some("Invalid" | "") | None, _) => {
            let silent = draft.silent("redundancy of the vault");
            draft.perhaps_copied(CopyRole::Replica, &silent);
        }
        (Some(other), _) => {
            let unknown = draft.unknown("redundancy", other);
            draft.perhaps_copied(CopyRole::Replica, &unknown);
        }
    }
}

fn security(draft: &mut Draft<'_>, told: Option<&Security>) {
    let locked =
        told.and_then(|told| told.immutability_settings.as_ref()).and_then(|told| told.state.as_deref());
    match locked {
        // Left out, a vault is not immutable ("Immutable vault for Azure Backup": off by default).
        None | Some("Disabled") => {}
        Some("Unlocked") => {
            draft.obstacle(ObstacleKind::LockGovernance, Starts::AtWrite, None, LiftedBy::PrivilegedUser);
        }
        // Until the last point expires by its own schedule, which is not shorter for anybody.
        Some("Locked") => {
            draft.obstacle(ObstacleKind::LockCompliance, Starts::AtWrite, None, LiftedBy::Nobody)
        }
        Some(other) => {
            let unknown = draft.unknown("state of a vault's lock", other);
            draft.perhaps_hindered(&unknown);
        }
    }
    let soft = told.and_then(|told| told.soft_delete_settings.as_ref());
    let days = soft.and_then(|soft| soft.soft_delete_retention_period_in_days).unwrap_or(KEPT);
    match soft.and_then(|soft| soft.soft_delete_state.as_deref()) {
        // Left out, it is on ("Secure by default").
        None | Some("Enabled") => {
            draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, Some(days), LiftedBy::PrivilegedUser);
        }
        Some("AlwaysON" | "AlwaysOn") => {
            draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, Some(days), LiftedBy::Nobody);
        }
        Some("Disabled") => {}
        Some(other) => {
            let unknown = draft.unknown("state of soft delete", other);
            draft.perhaps_hindered(&unknown);
        }
    }
}

/// Who can reach a vault: holders of roles alone.
pub fn exposure(draft: &mut Draft<'_>, closed: Observed<bool>) {
    let guests = not_read("whether those who hold roles in it are guests of the tenant is not read");
    let foreign = draft.sheet.unseen("exposure.principals.foreign", &guests);
    let holders =
        Principal { id: "holders of roles".to_owned(), class: PrincipalClass::Other, account: None, foreign };
    draft.resource.exposure = Some(Exposure {
        public: Observed::Seen(false),
        public_access_blocked: closed,
        tls_only: Observed::Seen(true),
        principals: Observed::Seen(vec![holders]),
    });
}

/// What a vault's backups have from it.
struct Kept<'a> {
    row: &'a Row,
    copies: Vec<Copy>,
    encryption: Option<Encryption>,
}

impl Kept<'_> {
    /// The copies of the vault are those of what is in it.
    fn place(&self, draft: &mut Draft<'_>) {
        let detail = format!("where {} rests was not seen", self.row.id);
        for copy in
            self.copies.iter().filter(|copy| matches!(copy.role, CopyRole::Primary | CopyRole::Replica))
        {
            match copy.location.seen() {
                Some(place) if copy.role == CopyRole::Replica => draft.replica(place),
                Some(place) => draft.copy(copy.role, None, place),
                None => {
                    let why =
                        Shortfall::without_call(sekisho_contract::GapReason::Unresolved, detail.clone());
                    draft.perhaps_copied(copy.role, &why);
                }
            }
        }
        draft.resource.tags = Observed::Seen(Default::default());
    }
}

#[derive(Deserialize)]
struct Item {
    id: String,
    properties: ItemProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemProperties {
    source_resource_id: Option<String>,
}

#[derive(Deserialize)]
struct Point {
    id: String,
    name: String,
    properties: PointProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PointProperties {
    recovery_point_time: Option<String>,
    recovery_point_type: Option<String>,
}

/// In what order the data of a point are, in the service's word (AzureIaasVMRecoveryPoint); others say nothing of it.
fn consistency(told: Option<&str>) -> Option<Consistency> {
    match told {
        Some("AppConsistent") => Some(Consistency::Application),
        Some("FileSystemConsistent") => Some(Consistency::FileSystem),
        Some("CrashConsistent") => Some(Consistency::Crash),
        _ => None,
    }
}

async fn points(session: &Session, kept: &Kept<'_>) -> (Vec<Fact>, Vec<Shortfall>) {
    let vault = &kept.row.id;
    let ask = Ask::of(&LIST_PROTECTED_ITEMS, format!("{vault}/backupProtectedItems"), VERSION).about(vault);
    let items = session.list::<Item>(ask).await;
    let (mut facts, mut shortfalls) = (Vec::new(), Vec::from_iter(items.broke));
    for (item, _) in items.items {
        let id = path::id(&item.id);
        let ask = Ask::of(&LIST_RECOVERY_POINTS, format!("{id}/recoveryPoints"), VERSION).about(&id);
        let listing = session.list::<Point>(ask).await;
        shortfalls.extend(listing.broke);
        for (point, call) in listing.items {
            let named = (Kind::RecoveryPoint, SERVICE, path::id(&point.id), point.name.as_str());
            let region = kept.row.place();
            let mut draft = Draft::at(session, named, &region, call, &LIST_RECOVERY_POINTS);
            kept.place(&mut draft);
            draft.resource.made_from =
                item.properties.source_resource_id.as_deref().map(|source| shorten(&path::id(source)));
            match &kept.encryption {
                Some(encryption) if !encryption.key.is_unseen() => {
                    draft.encrypted(encryption.key.seen().and_then(Option::as_deref));
                }
                _ => {
                    let why = not_read("how the vault is encrypted was not seen");
                    draft.perhaps_encrypted(&why);
                }
            }
            let made = point.properties.recovery_point_time;
            draft.point(made.as_deref(), Observed::Seen(made.is_some()), None);
            if let Some(told) = &mut draft.resource.point {
                told.consistency =
                    Observed::Seen(consistency(point.properties.recovery_point_type.as_deref()));
            }
            facts.push(draft.finish());
        }
    }
    (facts, shortfalls)
}

#[derive(Deserialize)]
struct Policy {
    id: String,
    name: String,
}

async fn plans(session: &Session, kept: &Kept<'_>) -> (Vec<Fact>, Option<Shortfall>) {
    let vault = &kept.row.id;
    let ask = Ask::of(&LIST_BACKUP_POLICIES, format!("{vault}/backupPolicies"), VERSION).about(vault);
    let listing = session.list::<Policy>(ask).await;
    let facts = listing.items.into_iter().map(|(policy, call)| {
        let named = (Kind::BackupPlan, SERVICE, path::id(&policy.id), policy.name.as_str());
        let region = kept.row.place();
        let mut draft = Draft::at(session, named, &region, call, &LIST_BACKUP_POLICIES);
        kept.place(&mut draft);
        let unread = not_read("which things the policy is for was not read");
        let rules = draft.sheet.unseen("coverage.rules", &unread);
        draft.resource.coverage =
            Some(Coverage { selections: draft.sheet.unseen("coverage.selections", &unread), rules });
        draft.finish()
    });
    (facts.collect(), listing.broke)
}
