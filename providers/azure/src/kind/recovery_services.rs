//! Recovery Services vaults: where backups rest, what keeps them, and the points data can be set back to.

use super::Entry;
use super::diagnostics;
use super::draft::{Draft, Fact, Tally, not_read};
use super::site_recovery;
use crate::inventory::{RESOURCES, Row};
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
use serde_json::Value;

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

/// Vaults, their schedules and recovery points, and what they replicate.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: SERVICE,
        reach: Reach::Global,
        kinds: &[Kind::BackupVault, Kind::RecoveryPoint, Kind::BackupPlan, Kind::Delivery],
    },
    types: TYPES,
    operations: &[
        &GET_VAULT,
        &LIST_PROTECTED_ITEMS,
        &LIST_RECOVERY_POINTS,
        &LIST_BACKUP_POLICIES,
        &site_recovery::LIST_REPLICATED_ITEMS,
    ],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

/// The service these are told under.
pub const SERVICE: &str = "recoveryservices";
const TYPES: &[&str] = &["microsoft.recoveryservices/vaults"];
const VERSION: &str = "2024-04-01";

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::of(session);
    let rows = session.rows(TYPES);
    tally.each_as_far(rows, sink, |(row, call)| async move { vault(session, &row, call).await }).await;
    let (gone, broke) = session.backups("microsoft.recoveryservices/locations/deletedvaults");
    tally.fell_short(broke);
    tally.tell(sink, gone.iter().map(|(row, call)| deleted(session, row, *call)).collect());
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeletedVault {
    purge_at: Option<String>,
}

/// A deleted vault: its backups rest where they rested, until their day. Its place is a part of its identifier.
fn deleted(session: &Session, row: &Row, call: CallId) -> Fact {
    let place = row.id.split("/locations/").nth(1).and_then(|rest| rest.split('/').next());
    let named = (Kind::BackupVault, SERVICE, row.id.clone(), row.name.as_str());
    let region = place.filter(|place| !place.is_empty()).unwrap_or("unknown");
    let mut draft = Draft::at(session, named, region, call, &RESOURCES);
    draft.rests_in(place);
    let elsewhere = not_read("the regions it was replicated to are not stated for what was deleted");
    draft.perhaps_copied(CopyRole::Replica, &elsewhere);
    draft.encrypted_somehow(&not_read("how the vault is encrypted was not seen"));
    let until = row.told::<DeletedVault>().ok().and_then(|told| told.purge_at);
    draft.kept_until(ObstacleKind::SoftDelete, until.as_deref(), LiftedBy::Nobody);
    exposure(&mut draft, Observed::Seen(true));
    draft.resource.tags = Observed::Seen(Default::default());
    draft.finish()
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
            let key = told.encryption.as_ref().and_then(|told| told.key_vault_properties.as_ref());
            draft.encrypted(key.and_then(|key| key.key_uri.as_deref()));
        }
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Replica, shortfall);
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
    let security_settings = told.as_ref().map(|told| told.security_settings.as_ref());
    let lock = security_settings.as_ref().ok().map(|told| locked(*told).map(str::to_owned));
    let kept = Kept {
        row,
        copies: draft.resource.copies.clone(),
        encryption: draft.resource.encryption.clone(),
        lock,
        soft: security_settings.as_ref().ok().map(|told| Soft::of(*told)),
    };
    let (points, by_others, mut broke) = points(session, &kept).await;
    let (plans, longest, broken) = plans(session, &kept).await;
    match security_settings {
        // What other servers send keeps to schedules of their own.
        Ok(told) => security(&mut draft, told, longest.filter(|_| !by_others && broken.is_none())),
        Err(shortfall) => draft.perhaps_hindered(shortfall),
    }
    broke.extend(broken);
    let (replicas, broken) = site_recovery::replicas(session, row).await;
    broke.extend(broken);
    let mut facts = vec![draft.finish_locked().await];
    facts.extend(points);
    facts.extend(plans);
    facts.extend(replicas);
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

/// The word for whether the vault is immutable.
fn locked(told: Option<&Security>) -> Option<&str> {
    told.and_then(|told| told.immutability_settings.as_ref()).and_then(|told| told.state.as_deref())
}

/// What keeps a vault's backups: for no longer than the longest of its schedules says, where all were read.
fn security(draft: &mut Draft<'_>, told: Option<&Security>, longest: Option<u32>) {
    match locked(told) {
        // Left out, a vault is not immutable ("Immutable vault for Azure Backup": off by default).
        None | Some("Disabled") => {}
        Some("Unlocked") => {
            draft.obstacle(ObstacleKind::LockGovernance, Starts::AtWrite, None, LiftedBy::PrivilegedUser);
        }
        // Until the last point expires by its own schedule, which is not shorter for anybody. Points tell their own days.
        Some("Locked") if longest.is_some() => {
            draft.obstacle(ObstacleKind::LockCompliance, Starts::AtWrite, longest, LiftedBy::Nobody)
        }
        Some("Locked") => draft
            .perhaps_hindered(&not_read("how long its schedules keep backups was not read for all of them")),
        Some(other) => {
            let unknown = draft.unknown("state of a vault's lock", other);
            draft.perhaps_hindered(&unknown);
        }
    }
    Soft::of(told).note(draft);
}

/// How long what was deleted from a vault is kept.
#[derive(Clone)]
pub(super) enum Soft {
    /// It is not.
    Off,
    /// For so many days, and who can spare it them.
    Days(u32, LiftedBy),
    /// A word that is not known.
    Unknown(String),
}

impl Soft {
    fn of(told: Option<&Security>) -> Self {
        let soft = told.and_then(|told| told.soft_delete_settings.as_ref());
        let days = soft.and_then(|soft| soft.soft_delete_retention_period_in_days).unwrap_or(KEPT);
        match soft.and_then(|soft| soft.soft_delete_state.as_deref()) {
            // Left out, it is on ("Secure by default").
            None | Some("Enabled") => Self::Days(days, LiftedBy::PrivilegedUser),
            Some("AlwaysON" | "AlwaysOn") => Self::Days(days, LiftedBy::Nobody),
            Some("Disabled") => Self::Off,
            Some(other) => Self::Unknown(other.to_owned()),
        }
    }

    /// Notes it of a vault, or of what is in it.
    pub fn note(&self, draft: &mut Draft<'_>) {
        match self {
            Self::Off => {}
            Self::Days(days, lifted_by) => {
                draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, Some(*days), *lifted_by);
            }
            Self::Unknown(word) => {
                let unknown = draft.unknown("state of soft delete", word);
                draft.perhaps_hindered(&unknown);
            }
        }
    }
}

/// Who can reach a vault: holders of roles alone.
pub fn exposure(draft: &mut Draft<'_>, closed: Observed<bool>) {
    let guests = not_read("whether holders of roles in it are guests of the tenant is not read");
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
pub(super) struct Kept<'a> {
    pub row: &'a Row,
    pub copies: Vec<Copy>,
    pub encryption: Option<Encryption>,
    /// The word for whether the vault is immutable: none where that was not seen.
    pub lock: Option<Option<String>>,
    /// How long what is deleted from the vault is kept: none where that was not seen.
    pub soft: Option<Soft>,
}

impl Kept<'_> {
    /// The copies of the vault are those of what is in it.
    pub fn place(&self, draft: &mut Draft<'_>) {
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

    /// What is in the vault lies under its key.
    pub fn encrypt(&self, draft: &mut Draft<'_>) {
        match &self.encryption {
            Some(encryption) if !encryption.key.is_unseen() => {
                draft.encrypted(encryption.key.seen().and_then(Option::as_deref));
            }
            _ => draft.perhaps_encrypted(&not_read("how the vault is encrypted was not seen")),
        }
    }

    /// What keeps a point of the vault from being deleted before its own day.
    pub fn hold(&self, draft: &mut Draft<'_>, expires: Option<&str>) {
        match self.lock.as_ref().map(Option::as_deref) {
            Some(Some("Locked")) => draft.kept_until(ObstacleKind::LockCompliance, expires, LiftedBy::Nobody),
            Some(Some("Unlocked")) => {
                draft.kept_until(ObstacleKind::LockGovernance, expires, LiftedBy::PrivilegedUser);
            }
            Some(None | Some("Disabled")) => {}
            None | Some(Some(_)) => {
                draft.perhaps_hindered(&not_read("whether its vault is immutable was not seen"))
            }
        }
        match &self.soft {
            Some(soft) => soft.note(draft),
            None => {
                draft.perhaps_hindered(&not_read("how long its vault keeps what was deleted was not seen"))
            }
        }
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
    backup_management_type: Option<String>,
}

/// What is backed up by servers of the customer's, whose own schedules say how long.
const BY_OTHERS: [&str; 3] = ["MAB", "DPM", "AzureBackupServer"];

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
    /// Points of databases in machines bear it under this name.
    #[serde(rename = "recoveryPointTimeInUTC")]
    recovery_point_time_in_utc: Option<String>,
    recovery_point_properties: Option<PointExpiry>,
    recovery_point_tier_details: Option<Vec<Tier>>,
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PointExpiry {
    expiry_time: Option<String>,
}

#[derive(Deserialize)]
struct Tier {
    status: Option<String>,
}

impl PointProperties {
    /// Whether data can be set back from it: where it is kept in tiers, from one of them at least.
    fn usable(&self, draft: &mut Draft<'_>, made: Option<&str>) -> Observed<bool> {
        let tiers = self.recovery_point_tier_details.as_deref().unwrap_or_default();
        if !tiers.is_empty() {
            let valid = tiers.iter().map(|tier| match tier.status.as_deref() {
                Some("Valid" | "Rehydrated") => Observed::Seen(true),
                Some("Invalid" | "Disabled" | "Deleted") => Observed::Seen(false),
                Some(other) => {
                    let unknown = draft.unknown("state of a tier", other);
                    draft.sheet.unseen("point.usable", &unknown)
                }
                None => draft.said("point.usable", None),
            });
            return Observed::any(valid.collect::<Vec<_>>());
        }
        draft.said("point.usable", made.map(|_| true))
    }
}

/// The points of a vault; whether something in it is backed up by servers of the customer's; and what broke off.
async fn points(session: &Session, kept: &Kept<'_>) -> (Vec<Fact>, bool, Vec<Shortfall>) {
    let vault = &kept.row.id;
    let ask = Ask::of(&LIST_PROTECTED_ITEMS, format!("{vault}/backupProtectedItems"), VERSION).about(vault);
    let items = session.list::<Item>(ask).await;
    let (mut facts, mut shortfalls) = (Vec::new(), Vec::from_iter(items.broke));
    let by_others = !shortfalls.is_empty()
        || items.items.iter().any(|(item, _)| {
            let word = item.properties.backup_management_type.as_deref();
            word.is_some_and(|word| BY_OTHERS.contains(&word))
        });
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
            kept.encrypt(&mut draft);
            let told = &point.properties;
            let made = told.recovery_point_time.as_deref().or(told.recovery_point_time_in_utc.as_deref());
            let expires =
                told.recovery_point_properties.as_ref().and_then(|told| told.expiry_time.as_deref());
            let usable = told.usable(&mut draft, made);
            draft.point(made, usable, expires);
            kept.hold(&mut draft, expires);
            if let Some(told) = &mut draft.resource.point {
                told.consistency =
                    Observed::Seen(consistency(point.properties.recovery_point_type.as_deref()));
            }
            facts.push(draft.finish());
        }
    }
    (facts, by_others, shortfalls)
}

#[derive(Deserialize)]
struct Policy {
    id: String,
    name: String,
    /// Of many shapes, one for each sort of what is backed up.
    properties: Option<Value>,
}

/// The longest time that a schedule keeps anything, in days: of every span in it, whichever part it stands in. None where it names
/// none, or one that is not understood.
fn longest(told: &Value) -> Option<u32> {
    fn spans(told: &Value, found: &mut Vec<Option<u32>>) {
        match told {
            Value::Object(members) => {
                for (name, value) in members {
                    match name.as_str() {
                        "retentionDuration" => found.push(span(value)),
                        _ => spans(value, found),
                    }
                }
            }
            Value::Array(all) => all.iter().for_each(|one| spans(one, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    spans(told, &mut found);
    found.into_iter().collect::<Option<Vec<u32>>>()?.into_iter().max()
}

/// A span of time that a schedule names, in days, rounded up.
fn span(told: &Value) -> Option<u32> {
    let count = u32::try_from(told.get("count")?.as_u64()?).ok()?;
    let length = match told.get("durationType")?.as_str()? {
        "Days" => 1,
        "Weeks" => 7,
        "Months" => 31,
        "Years" => 366,
        _ => return None,
    };
    count.checked_mul(length)
}

/// The schedules of a vault, and the longest time that any keeps anything.
async fn plans(session: &Session, kept: &Kept<'_>) -> (Vec<Fact>, Option<u32>, Option<Shortfall>) {
    let vault = &kept.row.id;
    let ask = Ask::of(&LIST_BACKUP_POLICIES, format!("{vault}/backupPolicies"), VERSION).about(vault);
    let listing = session.list::<Policy>(ask).await;
    let each = listing.items.iter().map(|(policy, _)| policy.properties.as_ref().and_then(longest));
    let longest = each.collect::<Option<Vec<u32>>>().and_then(|all| all.into_iter().max());
    let facts = listing.items.into_iter().map(|(policy, call)| {
        let named = (Kind::BackupPlan, SERVICE, path::id(&policy.id), policy.name.as_str());
        let region = kept.row.place();
        let mut draft = Draft::at(session, named, &region, call, &LIST_BACKUP_POLICIES);
        kept.place(&mut draft);
        let unread = not_read("the resources the policy applies to were not read");
        let rules = draft.sheet.unseen("coverage.rules", &unread);
        draft.resource.coverage =
            Some(Coverage { selections: draft.sheet.unseen("coverage.selections", &unread), rules });
        draft.finish()
    });
    (facts.collect(), longest, listing.broke)
}

#[cfg(test)]
mod tests {
    use super::longest;
    use serde_json::json;

    #[test]
    fn a_schedule_keeps_as_long_as_the_longest_of_its_spans() {
        let span =
            |count: u32, word: &str| json!({"retentionDuration": {"count": count, "durationType": word}});
        for (told, days) in [
            (json!({"retentionPolicy": {"dailySchedule": span(30, "Days")}}), Some(30)),
            (
                json!({"retentionPolicy": {"dailySchedule": span(30, "Days"), "yearlySchedule": span(10, "Years")}}),
                Some(3_660),
            ),
            (
                json!({"subProtectionPolicy": [{"retentionPolicy": span(2, "Weeks")}, {"retentionPolicy": span(1, "Months")}]}),
                Some(31),
            ),
            (
                json!({"vaultRetentionPolicy": {"vaultRetention": {"weeklySchedule": span(4, "Weeks")}}}),
                Some(28),
            ),
            (json!({"retentionPolicy": {"dailySchedule": span(30, "Moons")}}), None),
            (
                json!({"retentionPolicy": {"dailySchedule": span(30, "Days"), "weeklySchedule": {"retentionDuration": null}}}),
                None,
            ),
            (json!({"backupManagementType": "AzureIaasVM"}), None),
        ] {
            assert_eq!(longest(&told), days, "{told}");
        }
    }
}
