//! AWS Backup: vaults and their locks, the points in them, plans with what they cover and where they copy to, and what
//! is protected.

mod holds;
mod jobs;
mod plan;
mod point;
mod protected;
mod selection;

use super::Entry;
use super::draft::{Draft, Fact, Tally, region_of};
use super::parts::bounded;
use super::shared::{Asked, List, Page, page};
use crate::api::{Api, Ask};
use crate::policy::{self, PolicyReading};
use crate::quota;
use crate::session::Session;
use holds::Holds;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{
    CopyRole, Exposure, Kind, LiftedBy, Obstacle, ObstacleKind, Principal, PrincipalClass, Starts,
};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::sync::{Mutex, PoisonError};
use tokio::sync::OnceCell;

operation!(
    /// Every vault of the region.
    LIST_BACKUP_VAULTS = "backup" "ListBackupVaults", needs "backup:ListBackupVaults", quota quota::BACKUP,
    Per::Page(1_000), Get, facts "backup vaults: kind, lock, key"
);
operation!(
    /// A vault of which the list does not tell all.
    DESCRIBE_BACKUP_VAULT = "backup" "DescribeBackupVault", needs "backup:DescribeBackupVault", quota quota::BACKUP,
    Per::Sometimes, Get, facts "backup vaults of which the list does not tell all: source, lock"
);
operation!(
    /// Who may use a vault.
    GET_BACKUP_VAULT_ACCESS_POLICY = "backup" "GetBackupVaultAccessPolicy", needs "backup:GetBackupVaultAccessPolicy",
    quota quota::BACKUP, Per::Resource, Get, facts "who is let into a backup vault, and from where",
    absent &["ResourceNotFoundException"]
);

/// Vaults, points, plans, and what is protected.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: "backup",
        reach: Reach::Region,
        kinds: &[Kind::BackupVault, Kind::RecoveryPoint, Kind::BackupPlan, Kind::Protection],
    },
    operations: &[
        &LIST_BACKUP_VAULTS,
        &DESCRIBE_BACKUP_VAULT,
        &GET_BACKUP_VAULT_ACCESS_POLICY,
        &holds::LIST_LEGAL_HOLDS,
        &holds::GET_LEGAL_HOLD,
        &holds::LIST_RECOVERY_POINTS_BY_LEGAL_HOLD,
        &point::LIST_RECOVERY_POINTS_BY_BACKUP_VAULT,
        &jobs::LIST_RESTORE_JOBS,
        &jobs::LIST_COPY_JOBS,
        &plan::LIST_BACKUP_PLANS,
        &plan::GET_BACKUP_PLAN,
        &plan::LIST_PLAN_TAGS,
        &selection::LIST_BACKUP_SELECTIONS,
        &selection::GET_BACKUP_SELECTION,
        &protected::LIST_PROTECTED_RESOURCES,
        &protected::LIST_BACKUP_JOBS,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Rest;
const SERVICE: &str = "backup";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    // Holds are asked for where there is a vault: without one there is nothing to hold.
    let (holds, vaults) = (OnceCell::new(), Mutex::new(Vec::new()));
    let ask =
        Ask::of(&LIST_BACKUP_VAULTS, API, region, json!({"maxResults": 1000})).at("/backup-vaults/", &[]);
    let list = List::<Vaults>::of(session, ask);
    let (holds, kept) = (&holds, &vaults);
    tally
        .read_some(list, sink, |found, call| async move {
            if is_lent(session, region, &found) {
                return None;
            }
            let holds = holds.get_or_init(|| holds::read(session, region)).await;
            let (fact, vault) = vault(session, region, found, call, holds).await;
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(vault);
            Some(fact)
        })
        .await;
    let vaults = vaults.into_inner().unwrap_or_else(PoisonError::into_inner);
    point::sweep(session, region, sink, &mut tally, &vaults, holds.get()).await;
    plan::sweep(session, region, sink, &mut tally).await;
    protected::sweep(session, region, sink, &mut tally).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Vaults {
    backup_vault_list: Vec<Listed>,
    next_token: Option<String>,
}

/// A vault, as it is listed and described.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    backup_vault_name: String,
    backup_vault_arn: String,
    vault_type: Option<String>,
    encryption_key_arn: Option<String>,
    encryption_key_type: Option<String>,
    locked: Option<bool>,
    lock_date: Option<f64>,
    min_retention_days: Option<u32>,
    max_retention_days: Option<u32>,
    source_backup_vault_arn: Option<String>,
}

page!(Vaults: Listed in backup_vault_list, "nextToken" from next_token, by |item| item.backup_vault_arn.clone());

/// Whether a vault is another account's, which lets this one see it: what is in it is told of there.
fn is_lent(session: &Session, region: &str, found: &Listed) -> bool {
    let arn = &found.backup_vault_arn;
    region_of(arn) == Some(region) && !session.is_own(arn, region)
}

/// What of a vault concerns its points.
struct Vault {
    name: String,
    lock: Lock,
    /// What is in it are the points of the vault it is a way into.
    way_in: bool,
}

/// What keeps points in a vault from being deleted.
enum Lock {
    /// Nothing.
    Open,
    /// The vault's lock.
    Locked(ObstacleKind, LiftedBy),
    /// Perhaps a lock.
    Perhaps(Shortfall),
}

/// A vault whose points service accounts of the provider's hold.
const AIR_GAPPED: &str = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT";
/// A way into such a vault, often another account's.
const WAY_IN: &str = "RESTORE_ACCESS_BACKUP_VAULT";

async fn vault(
    session: &Session,
    region: &str,
    mut found: Listed,
    call: CallId,
    holds: &Holds,
) -> (Fact, Vault) {
    let (arn, name) = (found.backup_vault_arn.clone(), found.backup_vault_name.clone());
    let mut draft = Draft::new(session, (Kind::BackupVault, SERVICE), region, arn.clone(), &name, &call);
    if region_of(&arn) != Some(region) {
        let detail = format!("the list holds {}, which is not of this region and account", shorten(&arn));
        let astray = Shortfall::of(&LIST_BACKUP_VAULTS, GapReason::Malformed, Some(call), detail);
        draft.perhaps_copied(CopyRole::Primary, &astray);
    }
    let mut silent =
        Shortfall::of(&LIST_BACKUP_VAULTS, GapReason::Malformed, Some(call), "no lock in the answer");
    let is_way_in = |found: &Listed| found.vault_type.as_deref() == Some(WAY_IN);
    if found.vault_type.is_none() || found.locked.is_none() || is_way_in(&found) {
        match described(session, region, &name).await {
            Ok((told, call)) => {
                silent = Shortfall { call: Some(call), ..silent };
                for facet in ["copies", "encryption", "erasure"] {
                    draft.sheet.shown(facet, &call);
                }
                found = told;
            }
            Err(shortfall) => silent = shortfall,
        }
    }
    let way_in = is_way_in(&found);
    if way_in {
        // What it leads to rests in the vault it leads into.
        match found.source_backup_vault_arn.as_deref() {
            Some(source) => draft.copy_at(CopyRole::Backup, source),
            None => draft.perhaps_copied(CopyRole::Backup, &silent),
        }
    }
    let key = (found.encryption_key_arn.as_deref(), found.encryption_key_type.as_deref());
    // What a vault itself holds is always encrypted.
    encrypted(&mut draft, Observed::Seen(true), key, &silent);
    let lock = lock(&found, &silent);
    locked(&mut draft, &lock, &found, &silent);
    holds.on_vault(&mut draft, &name);
    let ask = Ask::of(&GET_BACKUP_VAULT_ACCESS_POLICY, API, region, json!({})).about(&name);
    let asked = session.told(ask.at("/backup-vaults/{}/access-policy", &[&name])).await;
    exposed(&mut draft, &name, asked);
    if is_air_gapped(&found) {
        lent(&mut draft);
    }
    (draft.finish(), Vault { name, lock, way_in })
}

/// Whether it is a vault that is always closed, or a way into one.
fn is_air_gapped(found: &Listed) -> bool {
    matches!(found.vault_type.as_deref(), Some(AIR_GAPPED | WAY_IN))
}

/// An air-gapped vault can be shared apart from its policy: somebody else may be let in.
fn lent(draft: &mut Draft<'_>) {
    let detail = "the other accounts an air-gapped vault is shared with are not read";
    let shortfall = Shortfall::without_call(GapReason::NotRead, detail);
    let foreign = draft.sheet.unseen("exposure.principals.foreign", &shortfall);
    let exposure = draft.resource.exposure.as_mut();
    if let Some(Observed::Seen(principals)) = exposure.map(|exposure| &mut exposure.principals) {
        let (id, class) = ("Resource Access Manager".to_owned(), PrincipalClass::Other);
        principals.push(Principal { id, class, account: None, foreign });
    }
}

/// A vault's description.
async fn described(session: &Session, region: &str, name: &str) -> Result<(Listed, CallId), Shortfall> {
    let ask = Ask::of(&DESCRIBE_BACKUP_VAULT, API, region, json!({})).about(name);
    let heard = session.told::<Listed>(ask.at("/backup-vaults/{}", &[name])).await?;
    let told = heard.told.filter(|told| told.backup_vault_name == name);
    told.map(|told| (told, heard.call)).ok_or_else(|| astray(&DESCRIBE_BACKUP_VAULT, heard.call))
}

/// An answer about something else.
fn astray(operation: &Operation, call: CallId) -> Shortfall {
    Shortfall::of(operation, GapReason::Malformed, Some(call), "the answer is not about this resource")
}

/// What an answer does not say, or why it did not come.
fn untold(silent: &Shortfall, facet: &str) -> Shortfall {
    match silent.reason {
        GapReason::Malformed => {
            let detail = format!("the answer does not say {facet}");
            Shortfall { detail, ..silent.clone() }
        }
        _ => silent.clone(),
    }
}

/// Encryption under a key that has to be named, but for a key that belongs to the provider.
fn encrypted(
    draft: &mut Draft<'_>,
    whether: Observed<bool>,
    (key, sort): (Option<&str>, Option<&str>),
    silent: &Shortfall,
) {
    let nameless = key.is_none_or(str::is_empty) && sort != Some("AWS_OWNED_KMS_KEY");
    draft.encrypted(whether, key);
    let told = &mut **draft;
    if nameless
        && whether == Observed::Seen(true)
        && let Some(encryption) = &mut told.resource.encryption
    {
        let unnamed = &untold(silent, "encryption.key");
        encryption.key = told.sheet.unseen("encryption.key", unnamed);
        encryption.key_manager = told.sheet.unseen("encryption.key_manager", unnamed);
    }
}

/// The lock of a vault. One that is cooling off can still be taken away, but closes by itself: it counts as closed.
fn lock(found: &Listed, silent: &Shortfall) -> Lock {
    const CLOSED: Lock = Lock::Locked(ObstacleKind::LockCompliance, LiftedBy::Nobody);
    match (found.vault_type.as_deref(), found.locked, found.lock_date) {
        (Some(AIR_GAPPED | WAY_IN), _, _) => CLOSED,
        (None | Some("BACKUP_VAULT"), Some(true), Some(_)) => CLOSED,
        (Some("BACKUP_VAULT"), Some(true), None) => {
            Lock::Locked(ObstacleKind::LockGovernance, LiftedBy::PrivilegedUser)
        }
        (Some("BACKUP_VAULT"), Some(false), None) => Lock::Open,
        (Some("BACKUP_VAULT"), Some(false), Some(_)) => {
            let detail =
                "the vault is stated not to be locked, and to have a date on which its lock becomes final";
            Lock::Perhaps(Shortfall {
                reason: GapReason::Malformed,
                detail: detail.to_owned(),
                ..silent.clone()
            })
        }
        (Some("BACKUP_VAULT") | None, _, _) => Lock::Perhaps(silent.clone()),
        (Some(other), _, _) => {
            let detail = format!("unknown kind of backup vault `{}`", shorten(other));
            Lock::Perhaps(Shortfall { reason: GapReason::Unknown, detail, ..silent.clone() })
        }
    }
}

/// What a vault's lock does to what will be in it: for the longest time it lets points live, without end where it
/// bounds them by nothing, and for the shortest in any case.
fn locked(draft: &mut Draft<'_>, lock: &Lock, found: &Listed, silent: &Shortfall) {
    let (kind, lifted_by) = match lock {
        Lock::Open => return,
        Lock::Locked(kind, lifted_by) => (*kind, *lifted_by),
        Lock::Perhaps(shortfall) => return draft.perhaps_hindered(shortfall),
    };
    let of = |kind, days| Obstacle {
        kind: Observed::Seen(kind),
        starts: Observed::Seen(Starts::AtWrite),
        days: Observed::Seen(days),
        until: Observed::Seen(None),
        lifted_by: Observed::Seen(lifted_by),
    };
    let mut longest = of(kind, found.max_retention_days);
    if is_air_gapped(found) && found.max_retention_days.is_none() {
        // Such a vault has a longest time.
        longest.days =
            draft.sheet.unseen("erasure.obstacles.days", &untold(silent, "erasure.obstacles.days"));
    }
    draft.hindered(longest);
    if let Some(days) = found.min_retention_days {
        draft.hindered(of(ObstacleKind::MinimumRetention, Some(days)));
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccessPolicy {
    backup_vault_name: Option<String>,
    policy: String,
}

/// Who is let in by the vault's policy. There is no barrier above it, and only TLS is answered.
fn exposed(draft: &mut Draft<'_>, name: &str, asked: Asked<AccessPolicy>) {
    let operation = &GET_BACKUP_VAULT_ACCESS_POLICY;
    let read = asked.and_then(|heard| {
        let Some(told) = heard.told else { return Ok((PolicyReading::NONE, heard.call)) };
        if told.backup_vault_name.is_some_and(|about| about != name) {
            return Err(astray(operation, heard.call));
        }
        let unread = |why: &str| Shortfall::of(operation, GapReason::Malformed, Some(heard.call), why);
        let reading = policy::read(&told.policy, &draft.resource.id).map_err(|why| unread(&why.0))?;
        Ok((reading, heard.call))
    });
    bounded(draft, read.as_ref().map(|(reading, call)| (reading.bounds.clone(), *call)));
    draft.resource.exposure = Some(match read {
        Ok((reading, call)) => {
            draft.sheet.shown("exposure", &call);
            let anyone =
                reading.principals.iter().any(|principal| principal.class == PrincipalClass::Anonymous);
            Exposure {
                public: Observed::Seen(anyone),
                public_access_blocked: Observed::Seen(!anyone),
                tls_only: Observed::Seen(true),
                principals: Observed::Seen(reading.principals),
            }
        }
        Err(shortfall) => Exposure {
            public: draft.sheet.unseen("exposure.public", &shortfall),
            public_access_blocked: draft.sheet.unseen("exposure.public_access_blocked", &shortfall),
            tls_only: Observed::Seen(true),
            principals: draft.sheet.unseen("exposure.principals", &shortfall),
        },
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_is_locked_by_its_kind_and_by_its_date() {
        let silent = Shortfall::without_call(GapReason::Malformed, "");
        let lock = |sort: Option<&str>, locked: Option<bool>, date: Option<f64>| {
            let found = serde_json::from_value(json!({
                "BackupVaultName": "v", "BackupVaultArn": "a", "VaultType": sort, "Locked": locked, "LockDate": date
            }));
            match super::lock(&found.unwrap(), &silent) {
                Lock::Open => "open",
                Lock::Locked(ObstacleKind::LockCompliance, LiftedBy::Nobody) => "closed",
                Lock::Locked(ObstacleKind::LockGovernance, LiftedBy::PrivilegedUser) => "liftable",
                Lock::Locked(..) => "otherwise",
                Lock::Perhaps(_) => "perhaps",
            }
        };
        let plain = Some("BACKUP_VAULT");
        assert_eq!(lock(plain, Some(false), None), "open");
        assert_eq!(lock(plain, Some(true), None), "liftable");
        assert_eq!(lock(plain, Some(true), Some(1.0)), "closed");
        assert_eq!(lock(plain, Some(false), Some(1.0)), "perhaps", "a date contradicts the word");
        assert_eq!(lock(plain, None, None), "perhaps");
        assert_eq!(lock(Some(AIR_GAPPED), Some(false), None), "closed");
        assert_eq!(lock(Some(WAY_IN), None, None), "closed");
        assert_eq!(lock(None, Some(true), Some(1.0)), "closed");
        assert_eq!(lock(None, Some(true), None), "perhaps");
        assert_eq!(
            lock(None, Some(false), None),
            "perhaps",
            "an air-gapped vault of an answer without kinds"
        );
        assert_eq!(lock(Some("GLACIER"), Some(false), None), "perhaps");
    }
}
