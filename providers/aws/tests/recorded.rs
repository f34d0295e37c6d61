//! Buckets and keys read from recorded configurations: the same facts as when each is asked, and never more than a
//! record shows.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up is to fail")]

use sekisho_aws::Aws;
use sekisho_contract::call::Call;
use sekisho_contract::door::{Door, DoorParts, Ledger, Patience};
use sekisho_contract::fact::{Resource, SecondList};
use sekisho_contract::gap::Gap;
use sekisho_contract::provider::{AccountSection, FactSink, Provider};
use sekisho_simulator::{Description, Simulator};
use sekisho_wire::Wire;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

const ACCOUNT: &str = "111122223333";

/// Buckets and keys of many sorts, in two regions.
const CLOUD: &str = r#"
regions: [ap-northeast-1, ap-northeast-3]
accounts:
  - id: "111122223333"
    public_access_block: {block_public_acls: true, block_public_policy: true}
    buckets:
      - {name: plain, region: ap-northeast-1, public_access_block: all, tags: {owner: a}}
      - {name: bare, region: ap-northeast-1}
      - name: rich
        region: ap-northeast-1
        versioning: enabled
        mfa_delete: true
        encryption: {algorithm: "aws:kms", key: alias/own}
        replication:
          rules:
            - {id: z-first, destination_bucket: far, priority: 1}
            - {id: a-second, destination_bucket: bare, priority: 2, status: disabled}
        lifecycle: [{id: a, filter: {prefix: tmp/}, expiration_days: 30}, {id: off, status: disabled, expiration_days: 1}]
        object_lock: {mode: GOVERNANCE, years: 1}
        logging: {target_bucket: plain, target_prefix: logs/}
        public_access_block: all
        policy: {Version: "2012-10-17", Statement: [{Effect: Deny, Principal: "*", Action: "s3:*", Resource: ["arn:aws:s3:::rich", "arn:aws:s3:::rich/*"], Condition: {Bool: {"aws:SecureTransport": "false"}}}]}
        tags: {classification: confidential, owner: b}
      - name: spared
        region: ap-northeast-1
        versioning: suspended
        lifecycle: [{id: a, noncurrent_days: 30, newer_noncurrent_versions: 3}]
        public_access_block: all
      - name: shut
        region: ap-northeast-1
        public_access_block: all
        policy: {Version: "2012-10-17", Statement: [{Effect: Deny, Principal: "*", Action: "s3:*", Resource: "*", Condition: {StringNotEquals: {"aws:SourceVpc": "vpc-1"}}}]}
      - name: open
        region: ap-northeast-3
        ownership: ObjectWriter
        acl: [{grantee: AllUsers, permission: READ}, {grantee: "444455556666", permission: READ}, {grantee: LogDelivery, permission: WRITE}]
        policy: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::open/*"}]}
      - {name: far, region: ap-northeast-3, versioning: enabled, encryption: none, public_access_block: all}
    keys:
      - {id: 00000000-0000-0000-0000-000000000001, region: ap-northeast-1, alias: own, tags: {owner: a}}
      - {id: 00000000-0000-0000-0000-000000000002, region: ap-northeast-1, rotation: {enabled: true, period_days: 180}}
      - {id: 00000000-0000-0000-0000-000000000003, region: ap-northeast-1, spec: RSA_2048, usage: SIGN_VERIFY, state: Disabled}
      - {id: 00000000-0000-0000-0000-000000000004, region: ap-northeast-1, deletion_date: 2027-01-01T00:00:00Z}
      - {id: 00000000-0000-0000-0000-000000000005, region: ap-northeast-1, manager: AWS, alias: aws/s3}
      - {id: mrk-00000000000000000000000000000006, region: ap-northeast-1, multi_region: {primary: true, replicas: [ap-northeast-3]}}
      - {id: 00000000-0000-0000-0000-000000000007, region: ap-northeast-3}
"#;

/// What a sweep of buckets and keys saw.
struct Seen {
    facts: BTreeMap<String, Resource>,
    gaps: BTreeSet<String>,
    calls: Vec<Call>,
}

#[derive(Default)]
struct Notes {
    facts: Mutex<Vec<(Resource, Vec<Gap>)>>,
    calls: Mutex<Vec<Call>>,
}

impl FactSink for Notes {
    fn resource(&self, resource: Resource, gaps: Vec<Gap>) {
        self.facts.lock().unwrap().push((resource, gaps));
    }

    fn second_list(&self, _: SecondList) {}
}

impl Ledger for Notes {
    fn record(&self, call: Call) {
        self.calls.lock().unwrap().push(call);
    }
}

fn sweep(cloud: &str) -> Seen {
    let simulator = Simulator::start(Description::parse(cloud).unwrap()).unwrap();
    let section =
        AccountSection { endpoint: Some(simulator.endpoint()), ..AccountSection::of("aws", ACCOUNT) };
    let (id, secret) = simulator.credentials();
    let aws = Aws::with_credentials(&id, &secret);
    let notes = Arc::new(Notes::default());
    let parts = DoorParts {
        transport: Arc::new(Wire::new(Duration::from_secs(5)).unwrap()),
        ledger: Arc::clone(&notes) as _,
        patience: Patience {
            base: Duration::from_millis(1),
            ceiling: Duration::from_millis(4),
            attempts: 2,
            throttled_attempts: 2,
        },
        concurrency: 16,
        budget: None,
        paced: false,
        cancel: tokio_util::sync::CancellationToken::new(),
    };
    let door = Arc::new(Door::new("aws", aws.operations(), parts));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let session = aws.enter(&section, door).await.unwrap();
        let survey = session.survey(&*notes).await;
        for cell in survey.open.iter().filter(|cell| matches!(cell.service.as_str(), "s3" | "kms")) {
            let outcome = session.sweep(cell, &*notes).await;
            assert_eq!(outcome.shortfalls, [], "{}", cell.id());
        }
    });
    let (facts, gaps): (Vec<_>, Vec<_>) = notes.facts.lock().unwrap().drain(..).unzip();
    let told = |gap: &Gap| format!("{} {} {:?} {}", gap.subject, gap.facet, gap.reason, gap.detail);
    Seen {
        facts: facts.into_iter().map(|fact| (fact.id.clone(), fact)).collect(),
        gaps: gaps.iter().flatten().map(told).collect(),
        calls: std::mem::take(&mut notes.calls.lock().unwrap()),
    }
}

impl Seen {
    /// The facts, but for how and when they were seen.
    fn plain(&self) -> BTreeMap<String, Value> {
        let plain = |fact: &Resource| {
            let fact = Resource { captured: None, evidence: BTreeMap::new(), ..fact.clone() };
            serde_json::to_value(fact).unwrap()
        };
        self.facts.iter().map(|(id, fact)| (id.clone(), plain(fact))).collect()
    }

    /// The operations asked about one thing.
    fn about(&self, target: &str) -> BTreeSet<&str> {
        let about = self.calls.iter().filter(|call| call.target == target);
        about.map(|call| call.operation.split_once(':').unwrap().1).collect()
    }

    fn count(&self, operation: &str) -> usize {
        self.calls.iter().filter(|call| call.operation == operation).count()
    }

    fn captured(&self) -> BTreeSet<&str> {
        self.facts.iter().filter(|(_, fact)| fact.captured.is_some()).map(|(id, _)| id.as_str()).collect()
    }
}

const RECORDERS: &str =
    "    config:\n      recorders: [{region: ap-northeast-1}, {region: ap-northeast-3}]\n";

/// The cloud, with AWS Config as described.
fn with(config: &str) -> String {
    format!("{CLOUD}{config}")
}

/// Holds a cloud to the facts and gaps of one in which each thing is asked.
fn same(cloud: &str) -> Seen {
    static DIRECT: OnceLock<Seen> = OnceLock::new();
    let (direct, seen) = (DIRECT.get_or_init(|| sweep(CLOUD)), sweep(cloud));
    let (expected, found) = (direct.plain(), seen.plain());
    assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
    for (id, fact) in &expected {
        assert_eq!(&found[id], fact, "{id}");
    }
    assert_eq!(direct.gaps, seen.gaps);
    assert!(direct.captured().is_empty());
    seen
}

#[test]
fn recorded_configurations_show_the_same_and_save_the_asking() {
    let seen = same(&with(RECORDERS));
    // One query a type and region.
    assert_eq!(seen.count("config:SelectResourceConfig"), 4);
    let asked = |target: &str, operations: &[&str]| {
        let expected: BTreeSet<&str> = operations.iter().copied().collect();
        assert_eq!(seen.about(target), expected, "{target}");
    };
    asked("plain", &[]);
    asked("bare", &["GetBucketOwnershipControls"]);
    asked("rich", &[]);
    asked("spared", &["GetBucketLifecycleConfiguration"]);
    asked("open", &["GetBucketPolicyStatus", "GetBucketOwnershipControls"]);
    asked("far", &["GetBucketEncryption"]);
    // Its policy may have shut the recorder out, so what is not in the record may be there.
    let shut =
        ["GetBucketVersioning", "GetBucketLifecycleConfiguration", "GetBucketLogging", "GetBucketTagging"];
    asked("shut", &shut);
    // Grants are in no record.
    asked("00000000-0000-0000-0000-000000000001", &["ListGrants"]);
    asked("00000000-0000-0000-0000-000000000002", &["GetKeyRotationStatus", "ListGrants"]);
    asked("00000000-0000-0000-0000-000000000003", &["ListGrants"]);
    asked("00000000-0000-0000-0000-000000000005", &[]);
    asked("00000000-0000-0000-0000-000000000004", &["DescribeKey", "ListGrants"]);
    asked("mrk-00000000000000000000000000000006", &["DescribeKey", "ListGrants"]);
}

#[test]
fn a_fact_says_what_was_recorded_and_when() {
    let captured = "      records: [{of: plain, captured: 2026-02-03T04:05:06Z}]\n";
    let seen = same(&with(&format!("{RECORDERS}{captured}")));
    let fact = &seen.facts["arn:aws:s3:::plain"];
    let told = fact.captured.as_ref().unwrap();
    assert_eq!(told.at.0.to_string(), "2026-02-03T04:05:06Z");
    let facets = [
        "access_log",
        "copies",
        "encryption",
        "erasure",
        "expiry",
        "exposure",
        "replication",
        "sources",
        "tags",
        "versioning",
    ];
    assert_eq!(told.facets, facets);
    let query = seen.calls.iter().find(|call| call.operation == "config:SelectResourceConfig").unwrap();
    assert_eq!(fact.evidence["encryption"], [query.id]);
    // Only what the record showed is of its time.
    let rotating =
        &seen.facts["arn:aws:kms:ap-northeast-1:111122223333:key/00000000-0000-0000-0000-000000000002"];
    assert!(rotating.captured.as_ref().unwrap().facets.contains(&"exposure".to_owned()));
    let spread =
        &seen.facts["arn:aws:kms:ap-northeast-1:111122223333:key/mrk-00000000000000000000000000000006"];
    assert!(!spread.captured.as_ref().unwrap().facets.contains(&"copies".to_owned()));
}

#[test]
fn an_aggregator_is_asked_once_for_all_regions() {
    let aggregator =
        "      aggregators: [{name: all, region: ap-northeast-3, accounts: [\"111122223333\"]}]\n";
    let seen = same(&with(&format!("{RECORDERS}{aggregator}")));
    assert_eq!(seen.count("config:SelectAggregateResourceConfig"), 2, "buckets and keys");
    assert_eq!(seen.count("config:SelectResourceConfig"), 0);
    assert_eq!(seen.about("plain"), BTreeSet::new());
    // Of one that has not heard of a region lately, the region's own recorder is asked.
    for late in ["status: OUTDATED", "status: FAILED", "silent_hours: 30"] {
        let aggregator = format!(
            "      aggregators: [{{name: all, region: ap-northeast-3, accounts: [\"111122223333\"], {late}}}]\n"
        );
        let seen = same(&with(&format!("{RECORDERS}{aggregator}")));
        assert_eq!(seen.count("config:SelectAggregateResourceConfig"), 0, "{late}");
        assert_eq!(seen.count("config:SelectResourceConfig"), 4, "{late}");
    }
    let elsewhere = "      aggregators: [{name: all, region: ap-northeast-3, accounts: [\"111122223333\"], regions: [ap-northeast-1]}]\n";
    let seen = same(&with(&format!("{RECORDERS}{elsewhere}")));
    assert_eq!(seen.count("config:SelectAggregateResourceConfig"), 2);
    assert_eq!(seen.count("config:SelectResourceConfig"), 2, "the region it does not gather");
}

#[test]
fn a_recorder_that_does_not_follow_is_not_asked() {
    for recorder in [
        "silent_hours: 25",
        "recording: false",
        "status: Failure",
        "status: Pending",
        "daily: true",
        "types: [\"AWS::EC2::Volume\"]",
        "except: [\"AWS::S3::Bucket\", \"AWS::KMS::Key\"]",
    ] {
        let config = format!(
            "    config:\n      recorders: [{{region: ap-northeast-1, {recorder}}}, {{region: ap-northeast-3, {recorder}}}]\n      aggregators: [{{name: all, region: ap-northeast-1, accounts: [\"111122223333\"]}}]\n"
        );
        let seen = same(&with(&config));
        assert_eq!(seen.captured(), BTreeSet::new(), "{recorder}");
        assert_eq!(seen.count("config:SelectResourceConfig"), 0, "{recorder}");
        assert_eq!(seen.count("config:SelectAggregateResourceConfig"), 0, "{recorder}");
    }
}

#[test]
fn what_a_role_of_the_customers_may_not_have_read_is_asked() {
    let config = "    config:\n      recorders: [{region: ap-northeast-1, role: \"arn:aws:iam::111122223333:role/config\"}]\n";
    let seen = same(&with(config));
    let asked = seen.about("plain");
    for operation in
        ["GetBucketPolicy", "GetBucketVersioning", "GetBucketLifecycleConfiguration", "GetBucketLogging"]
    {
        assert!(asked.contains(operation), "{operation}");
    }
    for operation in ["GetBucketEncryption", "GetPublicAccessBlock", "GetBucketAcl", "GetBucketTagging"] {
        assert!(!asked.contains(operation), "{operation}");
    }
}

#[test]
fn a_record_that_is_missing_cut_or_of_something_else_shows_nothing() {
    for change in [
        "missing: true",
        "set: {configurationItemStatus: ResourceDeleted}",
        "set: {configurationItemStatus: ResourceNotRecorded}",
        "set: {accountId: \"444455556666\"}",
        "set: {awsRegion: us-east-1}",
        "set: {resourceType: \"AWS::EC2::Volume\"}",
        "set: {arn: \"arn:aws:s3:::another\"}",
        "set: {resourceId: another}",
        "set: {resourceId: null}",
        "set: {configurationItemCaptureTime: \"2099-01-01T00:00:00Z\"}",
        "set: {configurationItemCaptureTime: never}",
        "without: [configurationItemCaptureTime]",
        // Two records of one thing.
        "set: {resourceId: plain, arn: \"arn:aws:s3:::plain\"}",
    ] {
        let config = format!("{RECORDERS}      records: [{{of: \"*\", {change}}}]\n");
        let seen = same(&with(&config));
        assert_eq!(seen.captured(), BTreeSet::new(), "{change}");
    }
}

#[test]
fn a_property_that_a_record_leaves_out_or_garbles_is_asked() {
    for part in [
        "AccessControlList",
        "BucketLoggingConfiguration",
        "BucketPolicy",
        "BucketVersioningConfiguration",
        "ServerSideEncryptionConfiguration",
    ] {
        let part = format!("supplementaryConfiguration.{part}");
        for change in [
            format!("without: [{part}]"),
            format!("set: {{{part}: null}}"),
            format!("set: {{{part}: []}}"),
            format!("set: {{{part}: \"<script>alert(1)</script>\"}}"),
            format!(
                "set: {{{part}: {{status: Perhaps, policyText: \"{{\", rules: [], grantList: {{}}, destinationBucketName: 7}}}}"
            ),
        ] {
            same(&with(&format!("{RECORDERS}      records: [{{of: \"*\", {change}}}]\n")));
        }
    }
    for part in [
        "PublicAccessBlockConfiguration",
        "BucketLifecycleConfiguration",
        "BucketReplicationConfiguration",
        "ObjectLockConfiguration",
    ] {
        for garbled in [
            "[]",
            "all of it",
            "{rules: 1}",
            "{blockPublicAcls: true, ignorePublicAcls: true}",
            "{objectLockEnabled: Perhaps}",
        ] {
            let change = format!("set: {{supplementaryConfiguration.{part}: {garbled}}}");
            same(&with(&format!("{RECORDERS}      records: [{{of: \"*\", {change}}}]\n")));
        }
    }
    for change in [
        "without: [tags]",
        "set: {tags: secret}",
        "set: {tags: [{key: owner}]}",
        "without: [supplementaryConfiguration]",
        "set: {supplementaryConfiguration: \"{\"}",
        "without: [configuration]",
        "set: {configuration: {}}",
        "set: {configuration.keyId: another}",
        "set: {configuration.keyManager: NOBODY}",
        "set: {configuration.keyState: Perhaps}",
        "without: [configuration.origin]",
        "without: [configuration.customerMasterKeySpec]",
        "set: {supplementaryConfiguration.Policy: \"{\"}",
        "set: {supplementaryConfiguration.KeyRotationStatus: Perhaps}",
    ] {
        same(&with(&format!("{RECORDERS}      records: [{{of: \"*\", {change}}}]\n")));
    }
}

#[test]
fn a_query_that_is_refused_leaves_no_gap() {
    let aggregator =
        "      aggregators: [{name: all, region: ap-northeast-3, accounts: [\"111122223333\"]}]\n";
    for fault in
        ["denied", "throttled", "malformed", "truncated", "endless_pages", "internal_error", "wrong_content"]
    {
        let cloud = with(&format!(
            "{RECORDERS}{aggregator}faults:\n  - {{service: config, operation: \"Select*\", fault: {fault}}}\n"
        ));
        let seen = same(&cloud);
        assert_eq!(seen.captured(), BTreeSet::new(), "{fault}");
    }
    // Whether the recorder follows was not seen.
    for operation in ["DescribeConfigurationRecorders", "DescribeConfigurationRecorderStatus"] {
        let cloud = with(&format!(
            "{RECORDERS}faults:\n  - {{service: config, operation: {operation}, fault: denied}}\n"
        ));
        assert_eq!(same(&cloud).captured(), BTreeSet::new(), "{operation}");
    }
}

#[test]
fn many_records_come_in_pages_of_a_hundred() {
    let cloud = r#"
regions: [ap-northeast-1]
accounts:
  - id: "111122223333"
    public_access_block: all
    buckets: [{name: "records-{n:04}", count: 950, region: ap-northeast-1, public_access_block: all}]
    keys: [{count: 450, region: ap-northeast-1}]
    config: {recorders: [{region: ap-northeast-1}]}
"#;
    let seen = sweep(cloud);
    assert_eq!(seen.facts.len(), 1_400);
    assert_eq!(seen.captured().len(), 1_400);
    assert_eq!(seen.count("config:SelectResourceConfig"), 10 + 5);
    let each = seen
        .calls
        .iter()
        .filter(|call| call.operation.starts_with("s3:Get") || call.operation == "kms:DescribeKey");
    assert_eq!(each.count(), 0);
}
