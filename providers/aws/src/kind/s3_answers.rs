//! What S3 answers about a bucket, read strictly.

use crate::protocol::{read_xml, read_xml_of};
use sekisho_contract::door::{Answer, Malformed};
use sekisho_contract::fact::{ExpiryRule, PublicAccessBlock, VersioningState};
use sekisho_contract::gap::{bound, shorten};
use serde::Deserialize;

/// Versioning: state, and whether deleting versions needs a second factor.
pub fn versioning(answer: &Answer) -> Result<(VersioningState, bool), Malformed> {
    // What else it may hold would not be nothing: an answer of another kind is not "never switched on".
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct Configuration {
        #[serde(rename = "@xmlns", default)]
        _namespace: Option<String>,
        status: Option<String>,
        #[serde(alias = "MFADelete")]
        mfa_delete: Option<String>,
    }
    // Emulators name the root after the operation.
    let configuration: Configuration =
        read_xml_of(answer, &["VersioningConfiguration", "GetBucketVersioningResponse"])?;
    let state = match configuration.status.as_deref() {
        Some("Enabled") => VersioningState::Enabled,
        Some("Suspended") => VersioningState::Suspended,
        None => VersioningState::Off,
        Some(other) => return Err(unknown("versioning status", other)),
    };
    Ok((state, configuration.mfa_delete.as_deref() == Some("Enabled")))
}

/// The default encryption: the method and the key, if one is named.
pub fn encryption(answer: &Answer) -> Result<(String, Option<String>), Malformed> {
    #[derive(Deserialize)]
    struct Configuration {
        #[serde(rename = "Rule", default)]
        rules: Vec<Rule>,
    }
    #[derive(Deserialize)]
    struct Rule {
        #[serde(rename = "ApplyServerSideEncryptionByDefault")]
        default: Option<ByDefault>,
    }
    #[derive(Deserialize)]
    struct ByDefault {
        #[serde(rename = "SSEAlgorithm")]
        algorithm: String,
        #[serde(rename = "KMSMasterKeyID")]
        key: Option<String>,
    }
    let configuration: Configuration = read_xml(answer, "ServerSideEncryptionConfiguration")?;
    let default = configuration.rules.into_iter().find_map(|rule| rule.default);
    let default = default.ok_or_else(|| Malformed("no default encryption in the configuration".into()))?;
    Ok((shorten(&default.algorithm), default.key.map(|key| shorten(&key)).filter(|key| !key.is_empty())))
}

/// One replication rule as S3 states it.
#[derive(Debug, PartialEq, Eq)]
pub struct Replicates {
    /// The rule's name.
    pub name: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// The destination bucket's ARN.
    pub destination: String,
}

/// The replication rules.
pub fn replication(answer: &Answer) -> Result<Vec<Replicates>, Malformed> {
    #[derive(Deserialize)]
    struct Configuration {
        #[serde(rename = "Rule", default)]
        rules: Vec<Rule>,
    }
    #[derive(Deserialize)]
    struct Rule {
        #[serde(rename = "ID")]
        id: Option<String>,
        #[serde(rename = "Status")]
        status: String,
        #[serde(rename = "Destination")]
        destination: Destination,
    }
    #[derive(Deserialize)]
    struct Destination {
        #[serde(rename = "Bucket")]
        bucket: String,
    }
    let configuration: Configuration = read_xml(answer, "ReplicationConfiguration")?;
    if configuration.rules.is_empty() {
        return Err(Malformed("a configuration without rules".into()));
    }
    let rule = |rule: Rule| Replicates {
        name: shorten(&rule.id.unwrap_or_default()),
        // Whatever is not known to be off is on.
        enabled: rule.status != "Disabled",
        destination: shorten(&rule.destination.bucket),
    };
    Ok(configuration.rules.into_iter().map(rule).collect())
}

#[derive(Deserialize)]
struct Lifecycle {
    #[serde(rename = "Rule", default)]
    rules: Vec<LifecycleRule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LifecycleRule {
    status: String,
    prefix: Option<String>,
    filter: Option<Filter>,
    expiration: Option<Expiration>,
    noncurrent_version_expiration: Option<Noncurrent>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    prefix: Option<String>,
    #[serde(default)]
    tag: Vec<serde::de::IgnoredAny>,
    object_size_greater_than: Option<u64>,
    object_size_less_than: Option<u64>,
    and: Option<Box<Filter>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Expiration {
    days: Option<u32>,
    date: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Noncurrent {
    noncurrent_days: Option<u32>,
    newer_noncurrent_versions: Option<u32>,
}

/// The enabled rules that expire something.
pub fn lifecycle(answer: &Answer) -> Result<Vec<ExpiryRule>, Malformed> {
    let lifecycle: Lifecycle = read_xml(answer, "LifecycleConfiguration")?;
    if lifecycle.rules.is_empty() {
        return Err(Malformed("a configuration without rules".into()));
    }
    if let Some(rule) =
        lifecycle.rules.iter().find(|rule| !["Enabled", "Disabled"].contains(&rule.status.as_str()))
    {
        return Err(unknown("state of a lifecycle rule", &rule.status));
    }
    Ok(lifecycle.rules.into_iter().filter(|rule| rule.status == "Enabled").filter_map(expiry_rule).collect())
}

fn expiry_rule(rule: LifecycleRule) -> Option<ExpiryRule> {
    let filter = rule.filter.unwrap_or_default();
    let narrow = |filter: &Filter| {
        !filter.tag.is_empty()
            || filter.object_size_greater_than.is_some()
            || filter.object_size_less_than.is_some()
    };
    let whole = !narrow(&filter) && !filter.and.as_deref().is_some_and(narrow);
    let prefix =
        rule.prefix.or(filter.prefix).or_else(|| filter.and.and_then(|and| and.prefix)).unwrap_or_default();
    let (days, from) = match rule.expiration {
        Some(expires) => (expires.days, expires.date.map(|date| shorten(&date))),
        None => (None, None),
    };
    // Where the newest versions are spared, some live on for ever.
    let noncurrent_days = rule
        .noncurrent_version_expiration
        .filter(|expires| expires.newer_noncurrent_versions.unwrap_or(0) == 0)
        .and_then(|expires| expires.noncurrent_days);
    let expires = days.is_some() || from.is_some() || noncurrent_days.is_some();
    expires.then(|| ExpiryRule { prefix: bound(&prefix), whole, days, from, noncurrent_days })
}

/// The default retention of an object lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultLock {
    /// Nobody can shorten it.
    Compliance(u32),
    /// A user with the bypass right can.
    Governance(u32),
}

/// Whether object lock is on, and its default retention in days.
pub fn object_lock(answer: &Answer) -> Result<(bool, Option<DefaultLock>), Malformed> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Configuration {
        object_lock_enabled: Option<String>,
        rule: Option<Rule>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Rule {
        default_retention: Option<Retention>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Retention {
        mode: String,
        days: Option<u32>,
        years: Option<u32>,
    }
    let configuration: Configuration = read_xml(answer, "ObjectLockConfiguration")?;
    let on = match configuration.object_lock_enabled.as_deref() {
        Some("Enabled") => true,
        other => return Err(unknown("state of the object lock", other.unwrap_or_default())),
    };
    let Some(retention) = configuration.rule.and_then(|rule| rule.default_retention) else {
        return Ok((on, None));
    };
    let given = |period: Option<u32>| period.filter(|period| *period > 0);
    let days = match (given(retention.days), given(retention.years)) {
        (Some(days), None) => days,
        // Never shorter than S3 counts them, leap years included.
        (None, Some(years)) => years.saturating_mul(366),
        _ => return Err(Malformed("a default retention without a period".into())),
    };
    match retention.mode.as_str() {
        "COMPLIANCE" => Ok((on, Some(DefaultLock::Compliance(days)))),
        "GOVERNANCE" => Ok((on, Some(DefaultLock::Governance(days)))),
        other => Err(unknown("retention mode", other)),
    }
}

/// Barriers against public access, of a bucket or an account. Each must be stated.
pub fn public_access_block(answer: &Answer) -> Result<PublicAccessBlock, Malformed> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Configuration {
        block_public_acls: Option<bool>,
        ignore_public_acls: Option<bool>,
        block_public_policy: Option<bool>,
        restrict_public_buckets: Option<bool>,
    }
    let configuration: Configuration = read_xml(answer, "PublicAccessBlockConfiguration")?;
    // S3 leaves a barrier that was never set out of the answer; it is down.
    Ok(PublicAccessBlock {
        block_public_acls: configuration.block_public_acls == Some(true),
        ignore_public_acls: configuration.ignore_public_acls == Some(true),
        block_public_policy: configuration.block_public_policy == Some(true),
        restrict_public_buckets: configuration.restrict_public_buckets == Some(true),
    })
}

/// Whether AWS itself calls the bucket's policy public.
pub fn policy_status(answer: &Answer) -> Result<bool, Malformed> {
    #[derive(Deserialize)]
    struct Status {
        #[serde(rename = "IsPublic")]
        is_public: Option<String>,
    }
    let status: Status = read_xml(answer, "PolicyStatus")?;
    match status.is_public.as_deref() {
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(Malformed("no IsPublic in the policy status".into())),
    }
}

/// Whom a bucket's access list lets in besides its owner.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct AccessList {
    /// Anyone, or anyone with an AWS account.
    pub public: bool,
    /// Other canonical users or addresses.
    pub others: Vec<String>,
}

/// The bucket's access list.
pub fn access_list(answer: &Answer) -> Result<AccessList, Malformed> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Policy {
        owner: Owner,
        access_control_list: Grants,
    }
    #[derive(Deserialize)]
    struct Owner {
        #[serde(rename = "ID")]
        id: Option<String>,
    }
    #[derive(Deserialize)]
    struct Grants {
        #[serde(rename = "Grant", default)]
        grants: Vec<Grant>,
    }
    #[derive(Deserialize)]
    struct Grant {
        #[serde(rename = "Grantee")]
        grantee: Grantee,
    }
    #[derive(Deserialize)]
    struct Grantee {
        #[serde(rename = "ID")]
        id: Option<String>,
        #[serde(rename = "URI")]
        uri: Option<String>,
        #[serde(rename = "EmailAddress")]
        email: Option<String>,
    }
    let policy: Policy = read_xml(answer, "AccessControlPolicy")?;
    let mut list = AccessList::default();
    for Grant { grantee } in policy.access_control_list.grants {
        match (grantee.uri.as_deref(), grantee.id, grantee.email) {
            (Some(uri), _, _) if uri.ends_with("/AllUsers") || uri.ends_with("/AuthenticatedUsers") => {
                list.public = true
            }
            (Some(uri), _, _) if uri.ends_with("/LogDelivery") => {}
            (Some(uri), _, _) => list.others.push(shorten(uri)),
            (None, Some(id), _) if Some(&id) == policy.owner.id.as_ref() => {}
            (None, Some(id), _) => list.others.push(shorten(&id)),
            (None, None, Some(email)) => list.others.push(shorten(&email)),
            (None, None, None) => return Err(Malformed("a grant without a grantee".into())),
        }
    }
    Ok(list)
}

/// Whether access lists of single objects count: they do, unless the bucket's owner owns them all.
pub fn object_lists(answer: &Answer) -> Result<bool, Malformed> {
    #[derive(Deserialize)]
    struct Controls {
        #[serde(rename = "Rule")]
        rules: Vec<Rule>,
    }
    #[derive(Deserialize)]
    struct Rule {
        #[serde(rename = "ObjectOwnership")]
        ownership: String,
    }
    let controls: Controls = read_xml(answer, "OwnershipControls")?;
    Ok(!controls.rules.iter().any(|rule| rule.ownership == "BucketOwnerEnforced"))
}

/// The bucket server access logs go to, if they are on.
pub fn logging(answer: &Answer) -> Result<Option<String>, Malformed> {
    #[derive(Deserialize)]
    struct Status {
        #[serde(rename = "LoggingEnabled")]
        enabled: Option<Enabled>,
    }
    #[derive(Deserialize)]
    struct Enabled {
        #[serde(rename = "TargetBucket")]
        target: String,
    }
    let status: Status = read_xml(answer, "BucketLoggingStatus")?;
    Ok(status.enabled.map(|enabled| shorten(&enabled.target)))
}

/// The bucket's labels.
pub fn tagging(answer: &Answer) -> Result<std::collections::BTreeMap<String, String>, Malformed> {
    #[derive(Deserialize)]
    struct Tagging {
        #[serde(rename = "TagSet")]
        set: TagSet,
    }
    #[derive(Deserialize)]
    struct TagSet {
        #[serde(rename = "Tag", default)]
        tags: Vec<Tag>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Tag {
        key: String,
        #[serde(default)]
        value: String,
    }
    let tagging: Tagging = read_xml(answer, "Tagging")?;
    Ok(tagging.set.tags.into_iter().map(|tag| (bound(&tag.key), bound(&tag.value))).collect())
}

/// The region a location constraint names: none is Virginia, and `EU` is Ireland.
pub fn location(answer: &Answer) -> Result<String, Malformed> {
    #[derive(Deserialize)]
    struct Constraint {
        #[serde(rename = "$text")]
        region: Option<String>,
    }
    let constraint: Constraint = read_xml(answer, "LocationConstraint")?;
    let region = constraint.region.map(|region| region.trim().to_owned()).unwrap_or_default();
    Ok(match region.as_str() {
        "" => "us-east-1".to_owned(),
        "EU" => "eu-west-1".to_owned(),
        _ => shorten(&region),
    })
}

fn unknown(what: &str, value: &str) -> Malformed {
    Malformed(format!("unknown {what} `{}`", shorten(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(root: &str, inside: &str) -> Answer {
        let body = format!("<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{inside}</{root}>");
        Answer { status: 200, headers: http::HeaderMap::new(), body: body.into() }
    }

    #[test]
    fn what_is_not_understood_is_not_nothing() {
        let read = |what: &str, inside: &str| -> Result<String, Malformed> {
            match what {
                "VersioningConfiguration" => {
                    versioning(&answer(what, inside)).map(|told| format!("{told:?}"))
                }
                "ReplicationConfiguration" => {
                    replication(&answer(what, inside)).map(|told| told.len().to_string())
                }
                "LifecycleConfiguration" => lifecycle(&answer(what, inside)).map(|told| format!("{told:?}")),
                "ObjectLockConfiguration" => {
                    object_lock(&answer(what, inside)).map(|told| format!("{told:?}"))
                }
                _ => object_lists(&answer(what, inside)).map(|told| told.to_string()),
            }
        };
        for (what, inside, expected) in [
            ("VersioningConfiguration", "", "(Off, false)"),
            (
                "VersioningConfiguration",
                "<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>",
                "(Enabled, true)",
            ),
            ("VersioningConfiguration", "<Error><Code>InternalError</Code></Error>", ""),
            ("VersioningConfiguration", "<status>Enabled</status>", ""),
            ("ReplicationConfiguration", "<Role>r</Role>", ""),
            ("LifecycleConfiguration", "", ""),
            (
                "LifecycleConfiguration",
                "<Rule><Status>enabled</Status><Expiration><Days>1</Days></Expiration></Rule>",
                "",
            ),
            (
                "LifecycleConfiguration",
                "<Rule><Status>Enabled</Status><Expiration><Date>2035-01-01T00:00:00Z</Date></Expiration></Rule>",
                "[ExpiryRule { prefix: \"\", whole: true, days: None, from: Some(\"2035-01-01T00:00:00Z\"), noncurrent_days: None }]",
            ),
            ("ObjectLockConfiguration", "", ""),
            ("ObjectLockConfiguration", "<ObjectLockEnabled>On</ObjectLockEnabled>", ""),
            ("ObjectLockConfiguration", "<ObjectLockEnabled>Enabled</ObjectLockEnabled>", "(true, None)"),
            ("OwnershipControls", "", ""),
            ("OwnershipControls", "<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>", "true"),
            (
                "OwnershipControls",
                "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>",
                "false",
            ),
        ] {
            let told = read(what, inside);
            assert_eq!(told.as_deref().unwrap_or_default(), expected, "{what}: {inside}: {told:?}");
        }
    }
}
