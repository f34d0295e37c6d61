//! Records of buckets.
//!
//! Properties: `AWS::S3::Bucket.properties.json` of `awslabs/aws-config-resource-schema`; how they stand in records:
//! `c7n/resources/s3.py` of Cloud Custodian, which reads them back into S3's own answers, and records published with
//! Config rules. They do not speak of object ownership, nor of AWS's ruling on the policy.

use super::{Recorded, Shown, part, tags, yes_or_no};
use crate::kind::s3_answers::{AccessList, DefaultLock, Replicates};
use crate::policy::{self, PolicyReading};
use sekisho_contract::fact::{ExpiryRule, PublicAccessBlock, VersioningState};
use sekisho_contract::gap::{bound, shorten};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a record shows of a bucket, each in the shape S3's own answer is read into.
#[derive(Debug)]
pub struct BucketRecord {
    /// Versioning: state, and whether deleting versions needs a second factor.
    pub versioning: Shown<(VersioningState, bool)>,
    /// The default encryption and its key.
    pub encryption: Shown<(String, Option<String>)>,
    /// Replication rules.
    pub replication: Shown<Vec<Replicates>>,
    /// Rules that expire something.
    pub lifecycle: Shown<Vec<ExpiryRule>>,
    /// Object lock.
    pub object_lock: Shown<(bool, Option<DefaultLock>)>,
    /// Barriers against public access.
    pub block: Shown<PublicAccessBlock>,
    /// The policy.
    pub policy: Shown<PolicyReading>,
    /// The access list.
    pub access_list: Shown<AccessList>,
    /// Where access logs go.
    pub logging: Shown<Option<String>>,
    /// Labels.
    pub tags: Shown<BTreeMap<String, String>>,
}

impl Recorded for BucketRecord {
    const KIND: &'static str = "AWS::S3::Bucket";
    const PARTS: &'static str = "supplementaryConfiguration";

    fn arn(_: &str, _: &str, id: &str) -> String {
        format!("arn:aws:s3:::{id}")
    }

    fn read(record: &Value, _: &str, arn: &str) -> Self {
        let supplement = part(record, "supplementaryConfiguration");
        let supplement = supplement.as_deref().unwrap_or(&Value::Null);
        let (policy, shuts_out) = policy_of(supplement, arn);
        let mut bucket = Self {
            versioning: versioning(supplement),
            encryption: known(supplement, "ServerSideEncryptionConfiguration", encryption, Shown::Lacking),
            replication: known(
                supplement,
                "BucketReplicationConfiguration",
                replication,
                Shown::Unless(None),
            ),
            lifecycle: known(supplement, "BucketLifecycleConfiguration", lifecycle, Shown::Unless(None)),
            object_lock: known(supplement, "ObjectLockConfiguration", object_lock, Shown::Unless(None)),
            block: known(supplement, "PublicAccessBlockConfiguration", block, Shown::Unless(None)),
            policy,
            access_list: known(supplement, "AccessControlList", access_list, Shown::Lacking),
            logging: logging(supplement),
            tags: tags(record),
        };
        // Every bucket has these, whatever is configured: a record without them was cut, and shows nothing by what
        // it leaves out. Nor does that of a bucket whose policy may have shut the recorder out.
        let whole = ["AccessControlList", "BucketLoggingConfiguration", "BucketPolicy"];
        if shuts_out || whole.iter().any(|name| supplement.get(*name).is_none_or(Value::is_null)) {
            bucket.versioning = positive(bucket.versioning);
            bucket.replication = positive(bucket.replication);
            bucket.lifecycle = positive(bucket.lifecycle);
            bucket.object_lock = positive(bucket.object_lock);
            bucket.block = positive(bucket.block);
            bucket.policy = positive(bucket.policy);
            bucket.logging = positive(bucket.logging);
            bucket.tags = positive(bucket.tags);
        }
        bucket
    }
}

/// What is shown outright.
fn positive<T>(shown: Shown<T>) -> Shown<T> {
    match shown {
        Shown::Unless(_) => Shown::Lacking,
        other => other,
    }
}

/// A configuration that is read strictly; `absent` where the record has none.
///
/// A record has no entry for what is not configured: Config's own rules tell from the record alone whether there is
/// any (managed rules `s3-lifecycle-policy-check` and `s3-bucket-replication-enabled`, triggered by changes).
fn known<T>(
    supplement: &Value,
    name: &str,
    read: impl FnOnce(&Value) -> Option<T>,
    absent: Shown<T>,
) -> Shown<T> {
    if !supplement.is_object() {
        return Shown::Lacking;
    }
    match part(supplement, name).as_deref() {
        None | Some(Value::Null) => absent,
        Some(told) => read(told).map_or(Shown::Lacking, |told| Shown::Is(Some(told))),
    }
}

fn versioning(supplement: &Value) -> Shown<(VersioningState, bool)> {
    let Some(told) = part(supplement, "BucketVersioningConfiguration") else { return Shown::Lacking };
    let mfa_delete = match told.get("isMfaDeleteEnabled") {
        // Where it was never set, S3 does not speak of it.
        Some(Value::Null) => false,
        Some(flag) => match yes_or_no(flag) {
            Some(flag) => flag,
            None => return Shown::Lacking,
        },
        None => return Shown::Lacking,
    };
    match told["status"].as_str() {
        Some("Enabled") => Shown::Is(Some((VersioningState::Enabled, mfa_delete))),
        Some("Suspended") => Shown::Is(Some((VersioningState::Suspended, mfa_delete))),
        // So too where it was not read.
        Some("Off") => Shown::Unless(Some((VersioningState::Off, mfa_delete))),
        _ => Shown::Lacking,
    }
}

fn encryption(told: &Value) -> Option<(String, Option<String>)> {
    let rules = told["rules"].as_array()?;
    let default =
        rules.iter().map(|rule| &rule["applyServerSideEncryptionByDefault"]).find(|rule| rule.is_object())?;
    let algorithm = shorten(default["sseAlgorithm"].as_str()?);
    let key = match default.get("kmsMasterKeyID")? {
        Value::Null => None,
        Value::String(key) => Some(shorten(key)).filter(|key| !key.is_empty()),
        _ => return None,
    };
    Some((algorithm, key))
}

/// Rules by their names.
fn replication(told: &Value) -> Option<Vec<Replicates>> {
    let rules = told["rules"].as_object().filter(|rules| !rules.is_empty())?;
    let rule = |(name, rule): (&String, &Value)| {
        Some(Replicates {
            name: shorten(name),
            enabled: rule["status"].as_str()? != "Disabled",
            destination: shorten(rule["destinationConfig"]["bucketARN"].as_str()?),
        })
    };
    rules.iter().map(rule).collect()
}

/// Rules that apply to everything or to a prefix, and whose periods are in days. Of others the record may not say
/// all: how many versions are spared has no place in it.
fn lifecycle(told: &Value) -> Option<Vec<ExpiryRule>> {
    let rules = told["rules"].as_array().filter(|rules| !rules.is_empty())?;
    let mut expiring = Vec::new();
    for rule in rules {
        match rule["status"].as_str()? {
            "Enabled" => {}
            "Disabled" => continue,
            _ => return None,
        }
        let prefix = match (&rule["prefix"], &rule["filter"]) {
            (Value::String(prefix), Value::Null) => prefix.clone(),
            (Value::Null, Value::Object(filter)) => match filter.get("predicate")? {
                Value::Null => String::new(),
                predicate if predicate["type"] == "LifecyclePrefixPredicate" => {
                    predicate["prefix"].as_str()?.to_owned()
                }
                _ => return None,
            },
            (Value::Null, Value::Null) => String::new(),
            _ => return None,
        };
        // Java's numbers stand at -1 where nothing was said.
        let days = match rule.get("expirationInDays")?.as_i64()? {
            -1 | 0 => None,
            days => Some(u32::try_from(days).ok()?),
        };
        let silent = rule.get("noncurrentVersionExpirationInDays")?.as_i64()? <= 0;
        let spares = !rule["noncurrentVersionExpiration"].is_null();
        if !rule["expirationDate"].is_null() || !silent || spares {
            return None;
        }
        if days.is_some() {
            let rule =
                ExpiryRule { prefix: bound(&prefix), whole: true, days, from: None, noncurrent_days: None };
            expiring.push(rule);
        }
    }
    Some(expiring)
}

fn object_lock(told: &Value) -> Option<(bool, Option<DefaultLock>)> {
    (told["objectLockEnabled"] == "Enabled").then_some(())?;
    let retention = match told.get("rule")? {
        Value::Null => return Some((true, None)),
        rule => rule.get("defaultRetention")?,
    };
    let given = |name: &str| match &retention[name] {
        Value::Null => Some(None),
        number => number.as_u64().and_then(|number| u32::try_from(number).ok()).map(Some),
    };
    let days = match (given("days")?.filter(|days| *days > 0), given("years")?.filter(|years| *years > 0)) {
        (Some(days), None) => days,
        // Never shorter than S3 counts them, leap years included.
        (None, Some(years)) => years.saturating_mul(366),
        _ => return None,
    };
    match retention["mode"].as_str()? {
        "COMPLIANCE" => Some((true, Some(DefaultLock::Compliance(days)))),
        "GOVERNANCE" => Some((true, Some(DefaultLock::Governance(days)))),
        _ => None,
    }
}

fn block(told: &Value) -> Option<PublicAccessBlock> {
    let barrier = |name: &str| yes_or_no(told.get(name)?);
    Some(PublicAccessBlock {
        block_public_acls: barrier("blockPublicAcls")?,
        ignore_public_acls: barrier("ignorePublicAcls")?,
        block_public_policy: barrier("blockPublicPolicy")?,
        restrict_public_buckets: barrier("restrictPublicBuckets")?,
    })
}

/// The policy, and whether it may have shut the recorder out.
fn policy_of(supplement: &Value, arn: &str) -> (Shown<PolicyReading>, bool) {
    let told = part(supplement, "BucketPolicy");
    let text = match told.as_deref().and_then(|told| told.get("policyText")) {
        Some(Value::Null) => return (Shown::Unless(None), false),
        Some(Value::String(text)) => text.clone(),
        Some(document @ Value::Object(_)) => document.to_string(),
        _ => return (Shown::Lacking, true),
    };
    match (policy::read(&text, arn), policy::shuts_out(&text)) {
        (Ok(reading), shuts_out) => (Shown::Is(Some(reading)), shuts_out),
        (Err(_), _) => (Shown::Lacking, true),
    }
}

/// Grants to groups name the group alone, those to users the user's canonical id.
fn access_list(told: &Value) -> Option<AccessList> {
    let owner = told["owner"]["id"].as_str()?;
    // Older records have a set in place of the list.
    told.get("grantSet").is_none_or(Value::is_null).then_some(())?;
    let mut list = AccessList::default();
    for grant in told["grantList"].as_array()? {
        match grant.get("grantee")? {
            Value::String(group) if group == "AllUsers" || group == "AuthenticatedUsers" => {
                list.public = true
            }
            Value::String(group) if group == "LogDelivery" => {}
            Value::Object(user) => match user.get("id")?.as_str()? {
                id if id == owner => {}
                id => list.others.push(shorten(id)),
            },
            _ => return None,
        }
    }
    Some(list)
}

fn logging(supplement: &Value) -> Shown<Option<String>> {
    let Some(told) = part(supplement, "BucketLoggingConfiguration") else { return Shown::Lacking };
    match told.get("destinationBucketName") {
        Some(Value::Null) => Shown::Unless(Some(None)),
        Some(Value::String(target)) if !target.is_empty() => Shown::Is(Some(Some(shorten(target)))),
        _ => Shown::Lacking,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ARN: &str = "arn:aws:s3:::records";

    fn read(supplement: &Value) -> BucketRecord {
        let record = json!({"tags": [], "supplementaryConfiguration": supplement});
        BucketRecord::read(&record, "records", ARN)
    }

    /// A bucket as it is made, in the shape of records that are published: parts are texts, the access list twice.
    fn bare() -> Value {
        let list = json!({"grantSet": null, "grantList": [{"grantee": {"id": "o", "displayName": null}, "permission": "FullControl"}],
            "owner": {"displayName": null, "id": "o"}, "isRequesterCharged": false});
        json!({
            "AccessControlList": json!(list.to_string()).to_string(),
            "BucketLoggingConfiguration": "{\"destinationBucketName\":null,\"logFilePrefix\":null}",
            "BucketPolicy": "{\"policyText\":null}",
            "BucketVersioningConfiguration": "{\"status\":\"Off\",\"isMfaDeleteEnabled\":null}",
            "ServerSideEncryptionConfiguration": "{\"rules\":[{\"applyServerSideEncryptionByDefault\":{\"sseAlgorithm\":\"AES256\",\"kmsMasterKeyID\":null}}]}",
        })
    }

    #[test]
    fn a_bare_bucket_is_shown_whole() {
        let shown = read(&bare());
        assert_eq!(shown.versioning, Shown::Unless(Some((VersioningState::Off, false))));
        assert_eq!(shown.encryption, Shown::Is(Some(("AES256".to_owned(), None))));
        assert_eq!(shown.access_list, Shown::Is(Some(AccessList::default())));
        assert_eq!(shown.policy, Shown::Unless(None));
        assert_eq!(shown.logging, Shown::Unless(Some(None)));
        assert_eq!(shown.lifecycle, Shown::Unless(None));
        assert_eq!(shown.block, Shown::Unless(None));
        assert_eq!(shown.tags, Shown::Unless(None));
        assert!(matches!((shown.replication, shown.object_lock), (Shown::Unless(None), Shown::Unless(None))));
    }

    #[test]
    fn what_a_cut_record_leaves_out_is_lacking() {
        for name in ["AccessControlList", "BucketLoggingConfiguration", "BucketPolicy"] {
            let mut cut = bare();
            cut.as_object_mut().unwrap().remove(name);
            let shown = read(&cut);
            assert_eq!(shown.lifecycle, Shown::Lacking, "{name}");
            assert_eq!(shown.versioning, Shown::Lacking, "{name}");
            assert_eq!(shown.tags, Shown::Lacking, "{name}");
            assert!(matches!(shown.encryption, Shown::Is(_)), "{name}");
        }
        let shown = read(&Value::Null);
        assert!(matches!((shown.lifecycle, shown.encryption), (Shown::Lacking, Shown::Lacking)));
        // A recorder that a policy may have shut out read less than there is.
        let deny = |condition: &str| {
            let text = format!(
                "{{\"Statement\":[{{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"*\"{condition}}}]}}"
            );
            let mut shut = bare();
            shut["BucketPolicy"] = json!({"policyText": text});
            read(&shut).lifecycle
        };
        assert_eq!(deny(""), Shown::Lacking);
        assert_eq!(
            deny(",\"Condition\":{\"StringNotEquals\":{\"aws:SourceVpc\":\"vpc-1\"}}"),
            Shown::Lacking
        );
        let plain = ",\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"false\"}}";
        assert_eq!(deny(plain), Shown::Unless(None));
    }

    /// A part that is read strictly.
    fn reads<T>(cases: &[(Value, Option<T>)], read: impl Fn(&Value) -> Option<T>)
    where
        T: PartialEq + std::fmt::Debug,
    {
        for (told, expected) in cases {
            assert_eq!(&read(told), expected, "{told}");
        }
    }

    #[test]
    fn parts_are_read_strictly() {
        let list = |grantee: Value| json!({"grantSet": null, "owner": {"id": "o"}, "grantList": [{"grantee": grantee}]});
        let public = AccessList { public: true, others: Vec::new() };
        let other = AccessList { public: false, others: vec!["x".to_owned()] };
        reads(
            &[
                (list(json!("AllUsers")), Some(public.clone())),
                (list(json!("AuthenticatedUsers")), Some(public)),
                (list(json!("LogDelivery")), Some(AccessList::default())),
                (list(json!({"id": "x"})), Some(other)),
                (list(json!({"identifier": "a@example.jp"})), None),
                (list(json!("Everyone")), None),
                (json!({"owner": {"id": "o"}, "grantList": null}), None),
                (json!({"owner": {"id": "o"}, "grantSet": [{}], "grantList": []}), None),
                (json!({"grantList": []}), None),
            ],
            access_list,
        );
        let flags = |ignore: Value| json!({"blockPublicAcls": true, "ignorePublicAcls": ignore, "blockPublicPolicy": true, "restrictPublicBuckets": true});
        assert_eq!(block(&flags(json!(true))).map(|block| block.ignore_public_acls), Some(true));
        assert_eq!(block(&flags(json!("false"))).map(|block| block.ignore_public_acls), Some(false));
        assert_eq!(block(&flags(Value::Null)), None);
        let lock = |retention: Value| json!({"objectLockEnabled": "Enabled", "rule": {"defaultRetention": retention}});
        reads(
            &[
                (json!({"objectLockEnabled": "Enabled", "rule": null}), Some((true, None))),
                (
                    lock(json!({"mode": "GOVERNANCE", "days": null, "years": 2})),
                    Some((true, Some(DefaultLock::Governance(732)))),
                ),
                (
                    lock(json!({"mode": "COMPLIANCE", "days": 30, "years": null})),
                    Some((true, Some(DefaultLock::Compliance(30)))),
                ),
                (lock(json!({"mode": "COMPLIANCE", "days": null})), None),
                (lock(json!({"mode": "NEW", "days": 1})), None),
                (json!({"objectLockEnabled": "Enabled"}), None),
                (json!({"objectLockEnabled": null, "rule": null}), None),
            ],
            object_lock,
        );
        let key = |key: Value| json!({"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyID": key}}]});
        reads(
            &[
                (key(json!("k")), Some(("aws:kms".to_owned(), Some("k".to_owned())))),
                (key(Value::Null), Some(("aws:kms".to_owned(), None))),
                (key(json!(1)), None),
                (
                    json!({"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}]}),
                    None,
                ),
                (json!({"rules": []}), None),
            ],
            encryption,
        );
    }

    #[test]
    fn rules_of_which_a_record_may_not_say_all_are_lacking() {
        let rule = |changes: Value| {
            let mut rule = json!({"id": "r", "prefix": null, "status": "Enabled", "expirationInDays": 30,
                "noncurrentVersionExpirationInDays": -1, "expirationDate": null,
                "filter": {"predicate": {"type": "LifecyclePrefixPredicate", "prefix": "tmp/"}}});
            for (name, value) in changes.as_object().unwrap() {
                rule[name] = value.clone();
            }
            json!({"rules": [rule]})
        };
        let expires = |prefix: &str| {
            Some(vec![ExpiryRule {
                prefix: prefix.to_owned(),
                whole: true,
                days: Some(30),
                from: None,
                noncurrent_days: None,
            }])
        };
        reads(
            &[
                (rule(json!({})), expires("tmp/")),
                (rule(json!({"filter": {"predicate": null}})), expires("")),
                (rule(json!({"filter": null, "prefix": "old/"})), expires("old/")),
                (rule(json!({"status": "Disabled"})), Some(Vec::new())),
                (rule(json!({"status": "disabled"})), None),
                (rule(json!({"expirationInDays": -1})), Some(Vec::new())),
                (rule(json!({"expirationInDays": null})), None),
                (rule(json!({"noncurrentVersionExpirationInDays": 30})), None),
                (rule(json!({"noncurrentVersionExpirationInDays": null})), None),
                (rule(json!({"noncurrentVersionExpiration": {"days": 1}})), None),
                (rule(json!({"expirationDate": "2027-01-01T00:00:00.000Z"})), None),
                (rule(json!({"filter": {"predicate": {"type": "LifecycleTagPredicate"}}})), None),
                (rule(json!({"prefix": "a/"})), None),
                (json!({"rules": []}), None),
                (json!({}), None),
            ],
            lifecycle,
        );
        let to = |rule: Value| json!({"roleARN": "r", "rules": {"to-osaka": rule}});
        let good = json!({"status": "Enabled", "destinationConfig": {"bucketARN": "arn:aws:s3:::osaka"}});
        let rules = replication(&to(good)).unwrap();
        assert_eq!((rules[0].name.as_str(), rules[0].enabled), ("to-osaka", true));
        for doubtful in
            [to(json!({"status": "Enabled"})), to(json!({})), json!({"rules": {}}), json!({"rules": []})]
        {
            assert!(replication(&doubtful).is_none(), "{doubtful}");
        }
    }

    #[test]
    fn versioning_is_told_outright_or_not_at_all() {
        for (told, expected) in [
            (
                json!({"status": "Enabled", "isMfaDeleteEnabled": null}),
                Shown::Is(Some((VersioningState::Enabled, false))),
            ),
            (
                json!({"status": "Suspended", "isMfaDeleteEnabled": true}),
                Shown::Is(Some((VersioningState::Suspended, true))),
            ),
            (json!({"status": "Enabled"}), Shown::Lacking),
            (json!({"status": "Enabled", "isMfaDeleteEnabled": "Enabled"}), Shown::Lacking),
            (json!({"status": null, "isMfaDeleteEnabled": null}), Shown::Lacking),
            (json!({"isMfaDeleteEnabled": null}), Shown::Lacking),
        ] {
            assert_eq!(versioning(&json!({"BucketVersioningConfiguration": told})), expected, "{told}");
        }
    }
}
