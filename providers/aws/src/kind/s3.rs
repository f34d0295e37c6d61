//! S3 buckets.

use super::Entry;
use super::recorded::{self, BucketRecord, Record};
use super::s3_answers::{self as answers, AccessList, DefaultLock};
use super::shared::{Asked, key_arn, region_of_target, told, unknown_obstacle, unresolved};
use crate::policy::{self, Bounds, PolicyReading, perhaps_bounded};
use crate::sdk::s3::{ListedBucket, list_buckets};
use crate::session::{HOME, Session, failed, listed};
use crate::{NAME, quota};
use futures::StreamExt;
use sekisho_contract::door::{Heard, Malformed};
use sekisho_contract::fact::{
    AccessLog, AuditCoverage, Copy, CopyRole, Encryption, Erasure, Expiry, Exposure, KeyManager, Kind,
    LiftedBy, Obstacle, ObstacleKind, Principal, PrincipalClass, PublicAccessBlock, Replication,
    ReplicationRule, Resource, Sources, Starts, Versioning, VersioningState,
};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Gap, GapReason, Observed, Sheet, Shortfall};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

operation!(
    /// Every bucket of the account, with its region.
    LIST_BUCKETS = "s3" "ListBuckets", needs "s3:ListAllMyBuckets", quota quota::S3_LIST,
    Per::Page(1_000), Get, facts "buckets and their regions"
);
operation!(
    /// The region of any bucket, named even where it refuses.
    HEAD_BUCKET = "s3" "HeadBucket", needs "", quota quota::S3,
    Per::Sometimes, Head, facts "the region of a replication or log target"
);
operation!(
    /// The region, where the list did not say it.
    GET_BUCKET_LOCATION = "s3" "GetBucketLocation", needs "s3:GetBucketLocation", quota quota::S3,
    Per::Sometimes, Get, facts "the bucket's region"
);
operation!(
    /// Versioning.
    GET_BUCKET_VERSIONING = "s3" "GetBucketVersioning", needs "s3:GetBucketVersioning", quota quota::S3,
    Per::Resource, Get, facts "kept versions, MFA delete"
);
operation!(
    /// Default encryption.
    GET_BUCKET_ENCRYPTION = "s3" "GetBucketEncryption", needs "s3:GetEncryptionConfiguration", quota quota::S3,
    Per::Resource, Get, facts "encryption at rest and its key",
    absent &["ServerSideEncryptionConfigurationNotFoundError"]
);
operation!(
    /// Replication rules; asked only where versioning was ever on, which replication needs.
    GET_BUCKET_REPLICATION = "s3" "GetBucketReplication", needs "s3:GetReplicationConfiguration", quota quota::S3,
    Per::Resource, Get, facts "replication rules and their destinations",
    absent &["ReplicationConfigurationNotFoundError"]
);
operation!(
    /// Lifecycle rules.
    GET_BUCKET_LIFECYCLE = "s3" "GetBucketLifecycleConfiguration", needs "s3:GetLifecycleConfiguration",
    quota quota::S3, Per::Resource, Get, facts "automatic expiry", absent &["NoSuchLifecycleConfiguration"]
);
operation!(
    /// Object lock; asked only where versioning was ever on, which object lock needs.
    GET_OBJECT_LOCK = "s3" "GetObjectLockConfiguration", needs "s3:GetBucketObjectLockConfiguration",
    quota quota::S3, Per::Resource, Get, facts "write-once retention",
    absent &["ObjectLockConfigurationNotFoundError"]
);
operation!(
    /// The bucket's barriers against public access.
    GET_PUBLIC_ACCESS_BLOCK = "s3" "GetPublicAccessBlock", needs "s3:GetBucketPublicAccessBlock", quota quota::S3,
    Per::Resource, Get, facts "barriers against public access",
    absent &["NoSuchPublicAccessBlockConfiguration"]
);
operation!(
    /// The bucket's policy.
    GET_BUCKET_POLICY = "s3" "GetBucketPolicy", needs "s3:GetBucketPolicy", quota quota::S3,
    Per::Resource, Get, facts "principals let in, TLS only, from where requests may come", absent &["NoSuchBucketPolicy"]
);
operation!(
    /// AWS's own ruling on the policy; asked only where the policy names anyone.
    GET_BUCKET_POLICY_STATUS = "s3" "GetBucketPolicyStatus", needs "s3:GetBucketPolicyStatus", quota quota::S3,
    Per::Sometimes, Get, facts "whether the policy is public"
);
operation!(
    /// The bucket's access list.
    GET_BUCKET_ACL = "s3" "GetBucketAcl", needs "s3:GetBucketAcl", quota quota::S3,
    Per::Resource, Get, facts "access list entries for others than the owner"
);
operation!(
    /// Who owns objects; asked where nothing keeps access lists of single objects from making them public.
    GET_BUCKET_OWNERSHIP = "s3" "GetBucketOwnershipControls", needs "s3:GetBucketOwnershipControls",
    quota quota::S3, Per::Sometimes, Get, facts "whether access lists of single objects count",
    absent &["OwnershipControlsNotFoundError"]
);
operation!(
    /// Server access logging.
    GET_BUCKET_LOGGING = "s3" "GetBucketLogging", needs "s3:GetBucketLogging", quota quota::S3,
    Per::Resource, Get, facts "access log and its target"
);
operation!(
    /// Labels.
    GET_BUCKET_TAGGING = "s3" "GetBucketTagging", needs "s3:GetBucketTagging", quota quota::S3,
    Per::Resource, Get, facts "labels, for scope", absent &["NoSuchTagSet", "NoSuchTagSetError"]
);

/// Buckets.
pub const ENTRY: Entry = Entry {
    service: Service { name: "s3", reach: Reach::Global, kinds: &[Kind::ObjectStore] },
    operations: &[
        &LIST_BUCKETS,
        &HEAD_BUCKET,
        &GET_BUCKET_LOCATION,
        &GET_BUCKET_VERSIONING,
        &GET_BUCKET_ENCRYPTION,
        &GET_BUCKET_REPLICATION,
        &GET_BUCKET_LIFECYCLE,
        &GET_OBJECT_LOCK,
        &GET_PUBLIC_ACCESS_BLOCK,
        &GET_BUCKET_POLICY,
        &GET_BUCKET_POLICY_STATUS,
        &GET_BUCKET_ACL,
        &GET_BUCKET_OWNERSHIP,
        &GET_BUCKET_LOGGING,
        &GET_BUCKET_TAGGING,
    ],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

/// Buckets read at once; the door bounds the requests under way.
const AT_ONCE: usize = 32;

/// Lists and reads every bucket of the account.
async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let (buckets, shortfall) = list_buckets(session).await;
    let count = buckets.len() as u64;
    let homes: BTreeMap<&str, &str> =
        buckets.iter().filter_map(|bucket| Some((bucket.name.as_str(), bucket.region.as_deref()?))).collect();
    let regions = buckets.iter().filter_map(|bucket| bucket.region.as_deref()).collect();
    let mut records = recorded::of_account::<BucketRecord>(session, &regions).await;
    let records: Vec<_> = buckets
        .iter()
        .map(|bucket| records.remove(&bucket.name).filter(|record| record.is_of(bucket.region.as_deref())))
        .collect();
    futures::stream::iter(records.into_iter().enumerate())
        .map(|(index, record)| read_bucket(session, &buckets[index], record, &homes))
        .buffer_unordered(AT_ONCE)
        .for_each(|(resource, gaps)| {
            sink.resource(resource, gaps);
            std::future::ready(())
        })
        .await;
    match shortfall {
        None => listed(count),
        Some(shortfall) => failed(shortfall, count),
    }
}

/// Every answer about one bucket.
struct Answers {
    versioning: Asked<(VersioningState, bool)>,
    encryption: Asked<(String, Option<String>)>,
    replication: Asked<Vec<answers::Replicates>>,
    lifecycle: Asked<Vec<sekisho_contract::fact::ExpiryRule>>,
    object_lock: Asked<(bool, Option<DefaultLock>)>,
    block: Asked<PublicAccessBlock>,
    policy: Asked<PolicyReading>,
    public_by_policy: Asked<bool>,
    access_list: Asked<AccessList>,
    object_lists: Asked<bool>,
    logging: Asked<Option<String>>,
    tags: Asked<BTreeMap<String, String>>,
}

async fn read_bucket(
    session: &Session,
    bucket: &ListedBucket,
    record: Option<Record<BucketRecord>>,
    homes: &BTreeMap<&str, &str>,
) -> (Resource, Vec<Gap>) {
    let arn = format!("arn:aws:s3:::{}", bucket.name);
    let mut sheet = Sheet::new(&arn);
    let region = place(session, bucket, &mut sheet).await;
    let asked_in = region.seen().map_or(HOME, String::as_str).to_owned();
    let shown = Shows::of(record, &mut sheet);
    let answers = ask_all(session, &asked_in, &bucket.name, &arn, shown).await;

    let shown_in = region.seen().map_or("unknown", String::as_str);
    let mut resource =
        Resource::new(Kind::ObjectStore, NAME, &session.account, shown_in, "s3", arn, bucket.name.clone());
    resource.copies.push(Copy::new(CopyRole::Primary, None, region.clone()));
    resource.tags = told(&mut sheet, "tags", answers.tags, BTreeMap::new);
    resource.encryption = Some(encryption(session, &mut sheet, &asked_in, answers.encryption));
    if let Err(unseen) = &answers.versioning {
        let _: Observed<()> = sheet.unseen("erasure.obstacles", unseen);
    }
    let versions = told(&mut sheet, "versioning", answers.versioning, || (VersioningState::Off, false));
    resource.versioning = Some(Versioning {
        state: versions.map(|(state, _)| state),
        mfa_delete: versions.map(|(_, mfa)| mfa),
    });
    for unseen in answers.replication.as_ref().err().into_iter().chain(answers.logging.as_ref().err()) {
        // Copies may go where the rules or the log configuration say.
        let _: Observed<()> = sheet.unseen("copies", unseen);
    }
    for heard in [
        answers.replication.as_ref().map(|heard| heard.call),
        answers.logging.as_ref().map(|heard| heard.call),
    ] {
        heard.iter().for_each(|call| sheet.shown("copies", call));
    }
    let rules = told(&mut sheet, "replication", answers.replication, Vec::new);
    replicas(session, &mut sheet, &mut resource, rules, homes).await;
    resource.expiry = Some(Expiry { rules: told(&mut sheet, "expiry", answers.lifecycle, Vec::new) });
    let lock = told(&mut sheet, "erasure", answers.object_lock, || (false, None));
    resource.erasure = Some(Erasure { obstacles: obstacles(&mut sheet, lock, versions) });
    if answers.policy.as_ref().is_ok_and(|heard| heard.told.as_ref().is_some_and(|policy| policy.cached)) {
        let detail = "a distribution may read it, and its edges cache what they deliver; these are not read";
        let unread = Shortfall::without_call(GapReason::NotRead, detail);
        let edges = sheet.unseen("copies", &unread);
        resource.copies.push(Copy::new(CopyRole::Cache, None, edges));
    }
    resource.sources = Some(sources(&mut sheet, &answers.policy));
    resource.exposure = Some(exposure(
        session,
        &mut sheet,
        answers.block,
        answers.policy,
        answers.public_by_policy,
        answers.access_list,
        answers.object_lists,
    ));
    let target = told(&mut sheet, "access_log", answers.logging, || None);
    access_log(session, &mut sheet, &mut resource, target, homes).await;
    resource.audit = Some(AuditCoverage { reads: Observed::default(), writes: Observed::default() });
    resource.captured = sheet.captured();
    let (gaps, evidence) = sheet.finish();
    resource.evidence = evidence;
    (resource, gaps)
}

/// What a record shows of a bucket, as if each had been asked.
#[derive(Default)]
struct Shows {
    versioning: Option<Heard<(VersioningState, bool)>>,
    encryption: Option<Heard<(String, Option<String>)>>,
    replication: Option<Heard<Vec<answers::Replicates>>>,
    lifecycle: Option<Heard<Vec<sekisho_contract::fact::ExpiryRule>>>,
    object_lock: Option<Heard<(bool, Option<DefaultLock>)>>,
    block: Option<Heard<PublicAccessBlock>>,
    policy: Option<Heard<PolicyReading>>,
    access_list: Option<Heard<AccessList>>,
    logging: Option<Heard<Option<String>>>,
    tags: Option<Heard<BTreeMap<String, String>>>,
}

impl Shows {
    fn of(record: Option<Record<BucketRecord>>, sheet: &mut Sheet) -> Self {
        let Some(Record { call, captured, reads_all, shows, .. }) = record else { return Self::default() };
        sheet.recorded(call, captured);
        Self {
            versioning: shows.versioning.heard(call, reads_all),
            encryption: shows.encryption.heard(call, reads_all),
            replication: shows.replication.heard(call, reads_all),
            lifecycle: shows.lifecycle.heard(call, reads_all),
            object_lock: shows.object_lock.heard(call, reads_all),
            block: shows.block.heard(call, reads_all),
            policy: shows.policy.heard(call, reads_all),
            access_list: shows.access_list.heard(call, reads_all),
            logging: shows.logging.heard(call, reads_all),
            tags: shows.tags.heard(call, reads_all),
        }
    }
}

/// What a record shows, or what asking brings.
async fn shown_or<T>(shown: Option<Heard<T>>, ask: impl Future<Output = Asked<T>>) -> Asked<T> {
    match shown {
        Some(heard) => Ok(heard),
        None => ask.await,
    }
}

/// The bucket's region: from the list, else asked, else read from the refusal of `HeadBucket`.
async fn place(session: &Session, bucket: &ListedBucket, sheet: &mut Sheet) -> Observed<String> {
    sheet.shown("copies", &bucket.call);
    if let Some(region) = &bucket.region {
        return Observed::Seen(region.clone());
    }
    let asked = session.bucket(&GET_BUCKET_LOCATION, HOME, &bucket.name, "location", answers::location).await;
    let refused = match asked {
        Ok(heard) => match heard.told {
            Some(region) => {
                sheet.shown("copies", &heard.call);
                return Observed::Seen(region);
            }
            None => {
                Shortfall::of(&GET_BUCKET_LOCATION, GapReason::Malformed, Some(heard.call), "no location")
            }
        },
        Err(shortfall) => shortfall,
    };
    match session.region_of_bucket(&bucket.name).await {
        Ok(Heard { call, told: Some(region) }) => {
            sheet.shown("copies", &call);
            Observed::Seen(region)
        }
        _ => {
            let _: Observed<()> = sheet.unseen("region", &refused);
            sheet.unseen("copies", &refused)
        }
    }
}

async fn ask_all(session: &Session, region: &str, name: &str, arn: &str, shown: Shows) -> Answers {
    let ask = session.bucket(&GET_BUCKET_VERSIONING, region, name, "versioning", answers::versioning);
    let versioning = shown_or(shown.versioning, ask).await;
    // AWS refuses both where versioning was never on, and keeps versioning from being turned off under them.
    let never_versioned = matches!(&versioning, Ok(Heard { told: Some((VersioningState::Off, _)), .. }));
    let implied = versioning.as_ref().ok().map(|heard| heard.call);
    let replication = async {
        match implied.filter(|_| never_versioned) {
            Some(call) => Ok(Heard { call, told: None }),
            None => {
                let read = answers::replication;
                let ask = session.bucket(&GET_BUCKET_REPLICATION, region, name, "replication", read);
                shown_or(shown.replication, ask).await
            }
        }
    };
    let object_lock = async {
        match implied.filter(|_| never_versioned) {
            Some(call) => Ok(Heard { call, told: None }),
            None => {
                let read = answers::object_lock;
                let ask = session.bucket(&GET_OBJECT_LOCK, region, name, "object-lock", read);
                shown_or(shown.object_lock, ask).await
            }
        }
    };
    let policies = async {
        let read = |answer: &sekisho_contract::door::Answer| {
            let text = std::str::from_utf8(&answer.body).map_err(|error| Malformed(error.to_string()))?;
            policy::read(text, arn)
        };
        let ask = session.bucket(&GET_BUCKET_POLICY, region, name, "policy", read);
        let policy = shown_or(shown.policy, ask).await;
        let public = match &policy {
            Ok(Heard { call, told }) if !told.as_ref().is_some_and(|policy| policy.names_anyone) => {
                Ok(Heard { call: *call, told: Some(false) })
            }
            Ok(_) => {
                session
                    .bucket(&GET_BUCKET_POLICY_STATUS, region, name, "policyStatus", answers::policy_status)
                    .await
            }
            Err(shortfall) => Err(shortfall.clone()),
        };
        (policy, public)
    };
    let barriers = async {
        let read = answers::public_access_block;
        let ask = session.bucket(&GET_PUBLIC_ACCESS_BLOCK, region, name, "publicAccessBlock", read);
        let block = shown_or(shown.block, ask).await;
        let ignores = |block: &PublicAccessBlock| block.ignore_public_acls;
        let account = session.public_access_block.get().and_then(|block| block.as_ref().ok());
        let own = block.as_ref().ok();
        let ignored =
            account.is_some_and(ignores) || own.is_some_and(|heard| heard.told.as_ref().is_some_and(ignores));
        let lists = match own.map(|heard| heard.call).filter(|_| ignored) {
            Some(call) => Ok(Heard { call, told: Some(false) }),
            None => {
                let read = answers::object_lists;
                session.bucket(&GET_BUCKET_OWNERSHIP, region, name, "ownershipControls", read).await
            }
        };
        (block, lists)
    };
    let (
        encryption,
        replication,
        lifecycle,
        object_lock,
        (block, object_lists),
        (policy, public_by_policy),
        access_list,
        logging,
        tags,
    ) = futures::join!(
        shown_or(
            shown.encryption,
            session.bucket(&GET_BUCKET_ENCRYPTION, region, name, "encryption", answers::encryption)
        ),
        replication,
        shown_or(
            shown.lifecycle,
            session.bucket(&GET_BUCKET_LIFECYCLE, region, name, "lifecycle", answers::lifecycle)
        ),
        object_lock,
        barriers,
        policies,
        shown_or(
            shown.access_list,
            session.bucket(&GET_BUCKET_ACL, region, name, "acl", answers::access_list)
        ),
        shown_or(
            shown.logging,
            session.bucket(&GET_BUCKET_LOGGING, region, name, "logging", answers::logging)
        ),
        shown_or(shown.tags, session.bucket(&GET_BUCKET_TAGGING, region, name, "tagging", answers::tagging)),
    );
    Answers {
        versioning,
        encryption,
        replication,
        lifecycle,
        object_lock,
        block,
        policy,
        public_by_policy,
        access_list,
        object_lists,
        logging,
        tags,
    }
}

fn encryption(
    session: &Session,
    sheet: &mut Sheet,
    region: &str,
    asked: Asked<(String, Option<String>)>,
) -> Encryption {
    let seen = told(sheet, "encryption", asked, || ("none".to_owned(), None));
    let Observed::Seen((algorithm, key)) = seen else {
        let unseen = seen.map(|_| ());
        return Encryption {
            enabled: unseen.map(|()| false),
            algorithm: unseen.map(|()| String::new()),
            key: unseen.map(|()| None),
            key_manager: unseen.map(|()| KeyManager::None),
        };
    };
    let unknown = || {
        Shortfall::of(
            &GET_BUCKET_ENCRYPTION,
            GapReason::Unknown,
            None,
            format!("unknown encryption `{algorithm}`"),
        )
    };
    let key = key.map(|key| key_arn(session, region, &key));
    let enabled = match algorithm.as_str() {
        "none" => Observed::Seen(false),
        "AES256" | "aws:kms" | "aws:kms:dsse" | "aws:fsx" => Observed::Seen(true),
        _ => sheet.unseen("encryption.enabled", &unknown()),
    };
    let manager = match (algorithm.as_str(), &key) {
        ("none", _) => Observed::Seen(KeyManager::None),
        ("AES256" | "aws:fsx", _) | ("aws:kms" | "aws:kms:dsse", None) => {
            Observed::Seen(KeyManager::Provider)
        }
        ("aws:kms" | "aws:kms:dsse", Some(key)) if key.ends_with(":alias/aws/s3") => {
            Observed::Seen(KeyManager::Provider)
        }
        ("aws:kms" | "aws:kms:dsse", Some(key)) => sheet.unseen("encryption.key_manager", &unresolved(key)),
        _ => sheet.unseen("encryption.key_manager", &unknown()),
    };
    Encryption {
        enabled,
        algorithm: Observed::Seen(algorithm),
        key: Observed::Seen(key),
        key_manager: manager,
    }
}

/// Where copies go that replication makes.
async fn replicas(
    session: &Session,
    sheet: &mut Sheet,
    resource: &mut Resource,
    rules: Observed<Vec<answers::Replicates>>,
    homes: &BTreeMap<&str, &str>,
) {
    // Records have them by name.
    let rules = rules.map(|mut rules| {
        rules.sort_by(|one, other| (&one.name, &one.destination).cmp(&(&other.name, &other.destination)));
        rules
    });
    let Observed::Seen(rules) = rules else {
        // The rules were not seen: there may be a copy anywhere.
        resource.copies.push(Copy::new(CopyRole::Replica, None, Observed::default()));
        resource.replication = Some(Replication { rules: rules.map(|_| Vec::new()) });
        return;
    };
    let switched_on: BTreeSet<&str> =
        rules.iter().filter(|rule| rule.enabled).map(|rule| rule.destination.as_str()).collect();
    let destinations: BTreeSet<&str> = rules.iter().map(|rule| rule.destination.as_str()).collect();
    for destination in destinations {
        let region = if switched_on.contains(destination) {
            region_of_target(session, sheet, "copies", destination, homes).await
        } else {
            // The copies it made before rest where they are, but whether it made any was not seen.
            let detail = format!("a replication rule that is disabled may have left copies in {destination}");
            sheet.unseen(
                "copies",
                &Shortfall::of(&GET_BUCKET_REPLICATION, GapReason::Unresolved, None, detail),
            )
        };
        resource.copies.push(Copy::new(CopyRole::Replica, Some(destination.to_owned()), region));
    }
    let rule = |rule: answers::Replicates| ReplicationRule {
        name: rule.name,
        enabled: Observed::Seen(rule.enabled),
        destination: rule.destination,
    };
    resource.replication = Some(Replication { rules: Observed::Seen(rules.into_iter().map(rule).collect()) });
}

fn obstacles(
    sheet: &mut Sheet,
    lock: Observed<(bool, Option<DefaultLock>)>,
    versions: Observed<(VersioningState, bool)>,
) -> Vec<Obstacle> {
    let mut all = Vec::new();
    match lock {
        Observed::Unseen(_) => all.push(unknown_obstacle()),
        Observed::Seen((false, None)) => {}
        Observed::Seen((_, default)) => {
            let of = |kind, days, lifted_by| Obstacle {
                kind: Observed::Seen(kind),
                starts: Observed::Seen(Starts::AtWrite),
                days: Observed::Seen(Some(days)),
                until: Observed::Seen(None),
                lifted_by: Observed::Seen(lifted_by),
            };
            match default {
                Some(DefaultLock::Compliance(days)) => {
                    all.push(of(ObstacleKind::LockCompliance, days, LiftedBy::Nobody))
                }
                Some(DefaultLock::Governance(days)) => {
                    all.push(of(ObstacleKind::LockGovernance, days, LiftedBy::PrivilegedUser));
                }
                None => {}
            }
            // Single objects can carry a longer retention or a legal hold; their headers are not read.
            let detail = "retention and legal holds of single objects are not read";
            let unread = Shortfall::without_call(GapReason::NotRead, detail);
            let _: Observed<()> = sheet.unseen("erasure.obstacles", &unread);
            all.push(unknown_obstacle());
        }
    }
    match versions {
        // Versions may be kept; whoever owns the account can delete them.
        Observed::Unseen(_) => {
            all.push(Obstacle { lifted_by: Observed::Seen(LiftedBy::PrivilegedUser), ..unknown_obstacle() });
        }
        Observed::Seen((state, mfa_delete)) => all.extend(version_obstacles(state, mfa_delete)),
    }
    all
}

/// Versions live on until they are deleted; with MFA delete only the root user can.
fn version_obstacles(state: VersioningState, mfa_delete: bool) -> impl Iterator<Item = Obstacle> {
    let of = |kind, lifted_by| Obstacle {
        kind: Observed::Seen(kind),
        starts: Observed::Seen(Starts::AtRequest),
        days: Observed::Seen(Some(0)),
        until: Observed::Seen(None),
        lifted_by: Observed::Seen(lifted_by),
    };
    let versions = (state != VersioningState::Off).then(|| of(ObstacleKind::Versions, LiftedBy::User));
    let mfa = mfa_delete.then(|| of(ObstacleKind::MfaDelete, LiftedBy::PrivilegedUser));
    versions.into_iter().chain(mfa)
}

fn exposure(
    session: &Session,
    sheet: &mut Sheet,
    block: Asked<PublicAccessBlock>,
    policy: Asked<PolicyReading>,
    public_by_policy: Asked<bool>,
    access_list: Asked<AccessList>,
    object_lists: Asked<bool>,
) -> Exposure {
    let account = match session.public_access_block.get() {
        Some(Ok(block)) => Observed::Seen(block.clone()),
        Some(Err(shortfall)) => sheet.unseen("exposure", shortfall),
        None => {
            let unread = Shortfall::without_call(
                GapReason::Failed,
                "the account's public access blocks were not read",
            );
            sheet.unseen("exposure", &unread)
        }
    };
    let own = told(sheet, "exposure", block, || PublicAccessBlock::NONE);
    let barrier =
        |which: fn(&PublicAccessBlock) -> bool| account.as_ref().map(which).or(own.as_ref().map(which));
    let blocked = barrier(|block| block.block_public_acls)
        .and(barrier(|block| block.ignore_public_acls))
        .and(barrier(|block| block.block_public_policy))
        .and(barrier(|block| block.restrict_public_buckets));
    let by_policy = told(sheet, "exposure.public", public_by_policy, || false);
    let anyone = |policy: &PolicyReading| {
        policy.principals.iter().any(|principal| principal.class == PrincipalClass::Anonymous)
    };
    let by_policy = match &policy {
        Ok(Heard { call, told: Some(policy) }) if by_policy == Observed::Seen(false) && anyone(policy) => {
            let detail = "its policy names everyone, and the provider does not call it public";
            let split = Shortfall::of(&GET_BUCKET_POLICY_STATUS, GapReason::Unresolved, Some(*call), detail);
            sheet.unseen("exposure.public", &split)
        }
        _ => by_policy,
    };
    let lists = told(sheet, "exposure.principals", access_list.clone(), AccessList::default);
    let by_list = match &access_list {
        Ok(_) => lists.as_ref().map(|list| list.public),
        Err(shortfall) => sheet.unseen("exposure.public", shortfall),
    };
    let ignored = barrier(|block| block.ignore_public_acls);
    // Without ownership controls, access lists of objects count.
    let by_object = match told(sheet, "exposure.public", object_lists, || true) {
        Observed::Seen(true) if !matches!(ignored.or(by_list), Observed::Seen(true)) => {
            let detail = "access lists of single objects count, and are not read";
            sheet.unseen("exposure.public", &Shortfall::without_call(GapReason::NotRead, detail))
        }
        counts => counts.map(|_| false),
    };
    let public = by_policy
        .and(barrier(|block| block.restrict_public_buckets).not())
        .or(by_list.or(by_object).and(ignored.not()));
    let policy_failed = policy.as_ref().err().cloned();
    let reading = told(sheet, "exposure.principals", policy, || PolicyReading::NONE);
    let tls_only = match policy_failed {
        Some(shortfall) => sheet.unseen("exposure.tls_only", &shortfall),
        None => reading.as_ref().map(|policy| policy.tls_only),
    };
    let principals = reading.and_then(|policy| {
        lists.map(|list| {
            let other = |id, class| Principal { id, class, account: None, foreign: Observed::default() };
            // Everyone, unless the barrier is up; whether it is may be unseen, and then so is whom it lets in.
            let everyone = match (list.public, ignored) {
                (false, _) | (true, Observed::Seen(true)) => None,
                (true, Observed::Seen(false)) => Some(PrincipalClass::Anonymous),
                (true, Observed::Unseen(_)) => Some(PrincipalClass::Other),
            };
            let everyone = everyone.map(|class| other("everyone, by the access list".to_owned(), class));
            let others = list.others.into_iter().map(|id| other(id, PrincipalClass::Other));
            let listed = everyone.into_iter().chain(others);
            policy.principals.into_iter().chain(listed).collect::<BTreeSet<_>>().into_iter().collect()
        })
    });
    Exposure { public, public_access_blocked: blocked, tls_only, principals }
}

/// From where requests may come, by its policy.
fn sources(sheet: &mut Sheet, policy: &Asked<PolicyReading>) -> Sources {
    match policy {
        Ok(heard) => {
            sheet.shown("sources", &heard.call);
            let bounds = heard.told.as_ref().map_or(Bounds::NONE, |policy| policy.bounds.clone());
            bounds.sources(sheet)
        }
        Err(shortfall) => perhaps_bounded(sheet, shortfall),
    }
}

async fn access_log(
    session: &Session,
    sheet: &mut Sheet,
    resource: &mut Resource,
    target: Observed<Option<String>>,
    homes: &BTreeMap<&str, &str>,
) {
    let target = target.map(|target| target.map(|name| format!("arn:aws:s3:::{name}")));
    match &target {
        Observed::Seen(Some(arn)) => {
            let region = region_of_target(session, sheet, "copies", arn, homes).await;
            resource.copies.push(Copy::new(CopyRole::Log, Some(arn.clone()), region));
        }
        Observed::Seen(None) => {}
        // Whether logs go anywhere was not seen.
        Observed::Unseen(_) => resource.copies.push(Copy::new(CopyRole::Log, None, Observed::default())),
    }
    resource.access_log = Some(AccessLog { enabled: target.as_ref().map(Option::is_some), target });
}
