//! S3 Glacier: vaults of archives, with the service's own interface.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::parts::{besides, bounded, labelled};
use super::shared::{Asked, List, Page, page};
use crate::api::{Api, Ask};
use crate::policy::{self, PolicyReading};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{
    Exposure, Facet, Kind, LiftedBy, Obstacle, ObstacleKind, PrincipalClass, Starts,
};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

operation!(
    /// Every vault of the region.
    LIST_VAULTS = "glacier" "ListVaults", needs "glacier:ListVaults", quota quota::GLACIER,
    Per::Page(10), Get, facts "vaults of archives"
);
operation!(
    /// The policy that keeps what is in a vault from being deleted.
    GET_VAULT_LOCK = "glacier" "GetVaultLock", needs "glacier:GetVaultLock", quota quota::GLACIER,
    Per::Resource, Get, facts "what keeps archives from being deleted, and for how long",
    absent &["ResourceNotFoundException"]
);
operation!(
    /// Whom a vault lets in.
    GET_VAULT_ACCESS_POLICY = "glacier" "GetVaultAccessPolicy", needs "glacier:GetVaultAccessPolicy",
    quota quota::GLACIER, Per::Resource, Get, facts "whom vaults of archives let in, and from where",
    absent &["ResourceNotFoundException"]
);
operation!(
    /// Labels.
    LIST_TAGS_FOR_VAULT = "glacier" "ListTagsForVault", needs "glacier:ListTagsForVault",
    quota quota::GLACIER, Per::Resource, Get, facts "labels of vaults of archives"
);

/// Vaults of archives.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::BackupVault] },
    operations: &[&LIST_VAULTS, &GET_VAULT_LOCK, &GET_VAULT_ACCESS_POLICY, &LIST_TAGS_FOR_VAULT],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Rest;
const SERVICE: &str = "glacier";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&LIST_VAULTS, API, region, json!({})).at("/{}/vaults", &[&session.account]);
    tally.read(List::<Vaults>::of(session, ask), sink, |one, call| vault(session, region, one, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Vaults {
    vault_list: Vec<Vault>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Vault {
    #[serde(rename = "VaultARN")]
    vault_arn: String,
    vault_name: String,
}

page!(
    Vaults: Vault in vault_list, "marker" from marker, by |item| item.vault_arn.clone(),
    own |item| Some(&item.vault_arn)
);

async fn vault(session: &Session, region: &str, found: Vault, call: CallId) -> Fact {
    let (id, name) = (found.vault_arn, found.vault_name);
    let mut draft = Draft::new(session, (Kind::BackupVault, SERVICE), region, id, &name, &call);
    // Archives are always encrypted, under keys of the service's own (S3 Glacier Developer Guide, data encryption).
    draft.encrypted(Observed::Seen(true), None);
    let names = [session.account.as_str(), name.as_str()];
    let ask = |operation| Ask::of(operation, API, region, json!({})).about(&name);
    let lock = session.told(ask(&GET_VAULT_LOCK).at("/{}/vaults/{}/lock-policy", &names)).await;
    let access = session.told(ask(&GET_VAULT_ACCESS_POLICY).at("/{}/vaults/{}/access-policy", &names)).await;
    let by_lock = locked(&mut draft, lock);
    exposed(&mut draft, by_lock, access);
    besides(&mut draft, Facet::Tags, &call);
    let tags = session.told::<Tags>(ask(&LIST_TAGS_FOR_VAULT).at("/{}/vaults/{}/tags", &names)).await;
    labelled(&mut draft, tags, |told| Tag::of(told.tags));
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Lock {
    policy: String,
    state: String,
}

/// Notes what a lock's policy keeps from being deleted, and returns whom it lets in besides.
fn locked(draft: &mut Draft<'_>, asked: Asked<Lock>) -> Result<PolicyReading, Shortfall> {
    let operation = &GET_VAULT_LOCK;
    let heard = match asked {
        Ok(heard) => heard,
        Err(shortfall) => {
            draft.perhaps_hindered(&shortfall);
            return Err(shortfall);
        }
    };
    draft.sheet.shown("erasure", &heard.call);
    let Some(told) = heard.told else { return Ok(PolicyReading::NONE) };
    let doubt = |reason, detail: String| Shortfall::of(operation, reason, Some(heard.call), detail);
    let (kind, lifted_by) = match told.state.as_str() {
        "Locked" => (ObstacleKind::LockCompliance, LiftedBy::Nobody),
        // Until it is made final, it can be taken back.
        "InProgress" => (ObstacleKind::LockGovernance, LiftedBy::PrivilegedUser),
        other => {
            let detail = format!("unknown state of a vault's lock `{}`", shorten(other));
            draft.perhaps_hindered(&doubt(GapReason::Unknown, detail));
            (ObstacleKind::LockCompliance, LiftedBy::Nobody)
        }
    };
    match kept(&told.policy) {
        Ok(rules) => {
            for days in rules {
                let days = match days {
                    Some(days) => Observed::Seen(days),
                    None => {
                        let detail = "for how long a vault's lock keeps archives was not understood";
                        let open = doubt(GapReason::Unknown, detail.to_owned());
                        draft.sheet.unseen("erasure.obstacles.days", &open)
                    }
                };
                draft.hindered(Obstacle {
                    kind: Observed::Seen(kind),
                    starts: Observed::Seen(Starts::AtWrite),
                    days,
                    until: Observed::Seen(None),
                    lifted_by: Observed::Seen(lifted_by),
                });
            }
        }
        Err(why) => draft.perhaps_hindered(&doubt(GapReason::Malformed, why)),
    }
    policy::read(&told.policy, &draft.resource.id).map_err(|why| doubt(GapReason::Malformed, why.0))
}

/// For each statement that denies deleting archives, for how many days: `None` inside for without end, `None` where it
/// depends on more than their age.
fn kept(policy: &str) -> Result<Vec<Option<Option<u32>>>, String> {
    let mut told: Value =
        serde_json::from_str(policy).map_err(|error| format!("the policy cannot be read: {error}"))?;
    let statements = match told["Statement"].take() {
        Value::Array(many) => many,
        one => vec![one],
    };
    Ok(statements.iter().filter(|one| one["Effect"] != "Allow" && may_deny_deleting(one)).map(age).collect())
}

/// Whether a statement may speak of deleting archives: only a list of other actions does not.
fn may_deny_deleting(statement: &Value) -> bool {
    let action = &statement["Action"];
    let all = action.as_array().map_or(std::slice::from_ref(action), Vec::as_slice);
    all.iter().any(|one| match one.as_str().map(str::to_ascii_lowercase) {
        Some(name) => {
            "glacier:deletearchive".starts_with(name.trim_end_matches('*')) && name.ends_with('*')
                || name == "glacier:deletearchive"
                || name.trim_end_matches('*').contains(['*', '?'])
        }
        None => true,
    })
}

/// The least age at which archives can be deleted, where the statement is about nothing else.
fn age(statement: &Value) -> Option<Option<u32>> {
    let Some(conditions) =
        statement.get("Condition").and_then(Value::as_object).filter(|all| !all.is_empty())
    else {
        return Some(None);
    };
    let mut tests = conditions.iter().flat_map(|(operator, tests)| {
        tests.as_object().into_iter().flatten().map(move |(key, wanted)| (operator.as_str(), key, wanted))
    });
    let (Some((operator, key, wanted)), None) = (tests.next(), tests.next()) else { return None };
    if !key.eq_ignore_ascii_case("glacier:ArchiveAgeInDays") {
        return None;
    }
    let wanted = wanted.as_array().and_then(|all| all.first()).unwrap_or(wanted);
    let days: u32 = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned).parse().ok()?;
    match operator {
        "NumericLessThan" => Some(Some(days)),
        "NumericLessThanEquals" => Some(Some(days.checked_add(1)?)),
        _ => None,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Access {
    policy: String,
}

/// Who is let in by its policies. There is no barrier above them.
fn exposed(draft: &mut Draft<'_>, by_lock: Result<PolicyReading, Shortfall>, asked: Asked<Access>) {
    let operation = &GET_VAULT_ACCESS_POLICY;
    let read = asked.and_then(|heard| {
        let by_lock = by_lock?;
        let reading =
            heard.told.map_or(Ok(PolicyReading::NONE), |told| policy::read(&told.policy, &draft.resource.id));
        let malformed = |why: &str| Shortfall::of(operation, GapReason::Malformed, Some(heard.call), why);
        let mut reading = reading.map_err(|why| malformed(&why.0))?;
        reading.principals.extend(by_lock.principals);
        reading.principals.sort();
        reading.principals.dedup();
        reading.bounds.and(by_lock.bounds);
        Ok((reading, heard.call))
    });
    bounded(draft, read.as_ref().map(|(reading, call)| (reading.bounds.clone(), *call)));
    draft.resource.exposure = Some(match read {
        Ok((PolicyReading { principals, .. }, call)) => {
            draft.sheet.shown("exposure", &call);
            let anyone = principals.iter().any(|principal| principal.class == PrincipalClass::Anonymous);
            Exposure {
                public: Observed::Seen(anyone),
                public_access_blocked: Observed::Seen(!anyone),
                // Nothing here asks for it.
                tls_only: Observed::Seen(false),
                principals: Observed::Seen(principals),
            }
        }
        Err(shortfall) => Exposure {
            public: draft.sheet.unseen("exposure.public", &shortfall),
            public_access_blocked: draft.sheet.unseen("exposure.public_access_blocked", &shortfall),
            tls_only: Observed::Seen(false),
            principals: draft.sheet.unseen("exposure.principals", &shortfall),
        },
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_keeps_archives_for_as_long_as_its_policy_says() {
        let policy = |action: Value, condition: Value| {
            json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Deny", "Principal": "*", "Action": action, "Condition": condition, "Resource": "arn"
            }]})
            .to_string()
        };
        let age = |operator: &str, days: Value| json!({operator: {"glacier:ArchiveAgeInDays": days}});
        for (action, condition, expected) in [
            (json!("glacier:DeleteArchive"), age("NumericLessThan", json!("365")), vec![Some(Some(365))]),
            (json!(["glacier:*"]), age("NumericLessThanEquals", json!([30])), vec![Some(Some(31))]),
            (json!("*"), json!({}), vec![Some(None)]),
            (
                json!("glacier:DeleteArchive"),
                json!({"StringLike": {"glacier:ResourceTag/LegalHold": "true"}}),
                vec![None],
            ),
            (json!("glacier:Delete*"), age("NumericGreaterThan", json!("1")), vec![None]),
            (json!("glacier:*Archive"), json!({}), vec![Some(None)]),
            (json!("glacier:DeleteVault"), json!({}), vec![]),
            (Value::Null, json!({}), vec![Some(None)]),
        ] {
            assert_eq!(kept(&policy(action.clone(), condition)), Ok(expected), "{action}");
        }
        assert!(kept("{").is_err());
    }
}
