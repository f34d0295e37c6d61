//! API families and their limits, as the documents that `source` names are cited (EC2's were looked up again on 2026-11-29).
//! Each rate stays below what AWS publishes; where it publishes none, `source` begins with `assumed: `.

use sekisho_contract::operation::Quota;

/// Reads of a bucket's configuration.
pub static S3: Quota = Quota {
    name: "s3-configuration",
    rate: 3_500,
    burst: 100,
    source: "S3 User Guide, performance: at least 5,500 GET/HEAD requests a second for each prefix; bucket \
             configuration reads have no published limit of their own",
};

/// Lists of buckets.
pub static S3_LIST: Quota = Quota {
    name: "s3-list",
    rate: 20,
    burst: 20,
    source: "assumed: no published limit; kept low because a page holds up to 10,000 buckets",
};

/// Lists and reads of objects.
pub static S3_OBJECTS: Quota = Quota {
    name: "s3-objects",
    rate: 2_000,
    burst: 100,
    source: "S3 User Guide, performance: at least 5,500 GET/HEAD requests a second for each prefix; kept below half, for \
             others read there too",
};

/// Account-wide S3 settings.
pub static S3_CONTROL: Quota = Quota {
    name: "s3-control",
    rate: 10,
    burst: 10,
    source: "assumed: no published limit; asked once an account",
};

/// S3 access points.
pub static S3_ACCESS_POINTS: Quota = Quota {
    name: "s3-access-points",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because a page holds up to 1,000 access points",
};

/// KMS reads of single keys.
pub static KMS_READ: Quota = Quota {
    name: "kms-read",
    rate: 500,
    burst: 100,
    source: "KMS Developer Guide, request quotas: DescribeKey 2,000/s, GetKeyPolicy and GetKeyRotationStatus \
             1,000/s, ListResourceTags 2,000/s",
};

/// KMS lists.
pub static KMS_LIST: Quota = Quota {
    name: "kms-list",
    rate: 100,
    burst: 50,
    source: "KMS Developer Guide, request quotas: ListKeys and ListAliases 500/s",
};

/// KMS: grants on a key.
pub static KMS_GRANTS: Quota = Quota {
    name: "kms-grants",
    rate: 80,
    burst: 20,
    source: "KMS Developer Guide, request quotas: ListGrants 100/s",
};

/// CloudTrail reads.
pub static CLOUDTRAIL: Quota = Quota {
    name: "cloudtrail-read",
    rate: 8,
    burst: 2,
    source: "CloudTrail User Guide, quotas: 10 transactions a second for each account and region",
};

/// CloudWatch Logs: describing log groups.
pub static LOGS_DESCRIBE: Quota = Quota {
    name: "logs-describe",
    rate: 8,
    burst: 2,
    source: "CloudWatch Logs User Guide, quotas: DescribeLogGroups 10 transactions a second for each account and region",
};

/// CloudWatch Logs: labels of log groups.
pub static LOGS_TAGS: Quota = Quota {
    name: "logs-tags",
    rate: 4,
    burst: 2,
    source: "CloudWatch Logs User Guide, quotas: ListTagsForResource 5 transactions a second for each account and region",
};

/// EC2 reads outside the paging lists.
pub static EC2: Quota = Quota {
    name: "ec2-describe",
    rate: 10,
    burst: 20,
    source: "EC2 API throttling: non-mutating actions, bucket of 100 refilled at 20/s",
};

/// EC2 lists, asked in pages.
pub static EC2_LIST: Quota = Quota {
    name: "ec2-list",
    rate: 10,
    burst: 20,
    source: "EC2 API throttling: non-mutating actions, bucket of 100 refilled at 20/s; asked in pages",
};

/// Organizations reads.
pub static ORGANIZATIONS: Quota = Quota {
    name: "organizations-read",
    rate: 4,
    burst: 4,
    source: "Organizations User Guide, quotas: ListAccounts 8/s, ListTargetsForPolicy and ListAccountsForParent 5/s",
};

/// STS.
pub static STS: Quota =
    Quota { name: "sts", rate: 50, burst: 50, source: "IAM User Guide, STS quotas: 600 requests a second" };

/// RDS reads.
pub static RDS: Quota = Quota {
    name: "rds-describe",
    rate: 10,
    burst: 10,
    source: "assumed: no published limit; kept low because a page holds up to 100 resources",
};

/// AWS Backup reads.
pub static BACKUP: Quota = Quota {
    name: "backup-read",
    rate: 10,
    burst: 10,
    source: "assumed: no published limit; kept low because a page holds up to 1,000 resources",
};

/// Data Lifecycle Manager reads.
pub static DLM: Quota = Quota {
    name: "dlm-read",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because a region has at most 100 policies",
};

/// Recycle Bin reads.
pub static RECYCLE_BIN: Quota = Quota {
    name: "rbin-read",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because a region has at most 250 rules",
};

/// Lambda reads.
pub static LAMBDA: Quota = Quota {
    name: "lambda-control",
    rate: 10,
    burst: 5,
    source: "Lambda Developer Guide, quotas: 15 control-plane requests a second for all APIs but GetFunction and GetPolicy",
};

/// ECS reads of clusters.
pub static ECS: Quota = Quota {
    name: "ecs-cluster-read",
    rate: 10,
    burst: 20,
    source: "ECS API reference, request throttling: cluster read actions, bucket of 50 refilled at 20/s",
};

/// EKS reads.
pub static EKS: Quota = Quota {
    name: "eks-read",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because an account has few clusters",
};

/// CloudFront reads.
pub static CLOUDFRONT: Quota = Quota {
    name: "cloudfront-read",
    rate: 4,
    burst: 4,
    source: "assumed: no published limit; kept low because other users report being throttled at a few requests a second",
};

/// S3 Multi-Region Access Points.
pub static S3_MULTI_REGION: Quota = Quota {
    name: "s3-multi-region",
    rate: 2,
    burst: 2,
    source: "assumed: no published limit; kept low because one page holds all an account can have (100)",
};

/// Bedrock reads.
pub static BEDROCK: Quota = Quota {
    name: "bedrock-read",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit of control-plane reads but ListFoundationModels' 10/s; kept below it",
};

/// Directory buckets.
pub static S3_EXPRESS: Quota = Quota {
    name: "s3-express",
    rate: 20,
    burst: 20,
    source: "assumed: no published limit of control-plane reads; kept low because an account has at most 100 directory buckets",
};

/// Lightsail reads.
pub static LIGHTSAIL: Quota = Quota {
    name: "lightsail-read",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because a page holds everything most accounts have",
};

/// WorkSpaces reads.
pub static WORKSPACES: Quota = Quota {
    name: "workspaces-read",
    rate: 4,
    burst: 2,
    source: "assumed: no published limit; kept low because other users report being throttled at a few requests a second",
};

/// Network Firewall reads.
pub static NETWORK_FIREWALL: Quota = Quota {
    name: "network-firewall",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because a region has few firewalls",
};

/// WAF reads.
pub static WAFV2: Quota = Quota {
    name: "wafv2",
    rate: 2,
    burst: 2,
    source: "WAF Developer Guide, quotas: 5 requests a second for each other List and Get call",
};

/// GuardDuty reads.
pub static GUARDDUTY: Quota = Quota {
    name: "guardduty",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit of its own; kept low because a region has one detector",
};

/// Inspector reads.
pub static INSPECTOR: Quota = Quota {
    name: "inspector2",
    rate: 2,
    burst: 2,
    source: "assumed: no published limit; asked once a region",
};

/// Security Hub reads.
pub static SECURITYHUB: Quota = Quota {
    name: "securityhub",
    rate: 5,
    burst: 5,
    source: "Security Hub API reference: operations without a limit of their own 10 requests a second, burst 30",
};

/// AWS Config reads.
pub static CONFIG: Quota = Quota {
    name: "config",
    rate: 2,
    burst: 5,
    source: "assumed: no published limit; kept low because each list is short and asked once a region",
};

/// Queries of recorded configurations.
pub static CONFIG_QUERIES: Quota = Quota {
    name: "config-queries",
    rate: 3,
    burst: 5,
    source: "assumed: no published limit (AWS Config Developer Guide, service limits; SelectResourceConfig: a page holds \
             up to 100 records); kept low because a page stands for hundreds of requests",
};

/// IAM reads.
pub static IAM: Quota = Quota {
    name: "iam",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because each list is asked once",
};

/// Access Analyzer reads.
pub static ACCESS_ANALYZER: Quota = Quota {
    name: "access-analyzer",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because a region has few analyzers",
};

/// Redshift reads.
pub static REDSHIFT: Quota = Quota {
    name: "redshift-describe",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because a page holds up to 100 resources",
};

/// Redshift Serverless reads.
pub static REDSHIFT_SERVERLESS: Quota = Quota {
    name: "redshift-serverless-read",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because a page holds up to 100 resources",
};

/// ElastiCache reads.
pub static ELASTICACHE: Quota = Quota {
    name: "elasticache-describe",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because a page holds up to 100 resources",
};

/// MemoryDB reads.
pub static MEMORYDB: Quota = Quota {
    name: "memorydb-describe",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because a page holds up to 50 resources",
};

/// OpenSearch reads.
pub static OPENSEARCH: Quota = Quota {
    name: "opensearch-describe",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because several domains are asked at once",
};

/// OpenSearch Serverless reads.
pub static OPENSEARCH_SERVERLESS: Quota = Quota {
    name: "opensearch-serverless-read",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because up to 100 collections are asked at once",
};

/// CloudWatch Logs: where log groups hand their records on.
pub static LOGS_FLOWS: Quota = Quota {
    name: "logs-flows",
    rate: 4,
    burst: 2,
    source: "CloudWatch Logs quotas: DescribeSubscriptionFilters and DescribeDestinations 5 transactions a second for \
             each account and region",
};

/// Secrets Manager lists.
pub static SECRETS_LIST: Quota = Quota {
    name: "secrets-list",
    rate: 20,
    burst: 5,
    source: "Secrets Manager User Guide, quotas: ListSecrets 100/s",
};

/// Secrets Manager reads of single secrets.
pub static SECRETS: Quota = Quota {
    name: "secrets-describe",
    rate: 100,
    burst: 50,
    source: "Secrets Manager User Guide, quotas: DescribeSecret and GetSecretValue together 10,000/s",
};

/// Systems Manager reads of parameters' properties.
pub static SSM: Quota = Quota {
    name: "ssm-describe",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit for DescribeParameters; kept low because a page holds up to 50 parameters",
};

/// Labels of many resources at once.
pub static TAGGING: Quota = Quota {
    name: "tagging",
    rate: 5,
    burst: 5,
    source: "Resource Groups Tagging API, quotas: GetResources 15/s for each account and region",
};

/// Cost Explorer.
pub static COST_EXPLORER: Quota = Quota {
    name: "cost-explorer",
    rate: 1,
    burst: 1,
    source: "assumed: no published limit; kept low because each request costs 0.01 US dollars",
};

/// Resource Explorer.
pub static RESOURCE_EXPLORER: Quota = Quota {
    name: "resource-explorer",
    rate: 2,
    burst: 2,
    source: "assumed: no published limit; kept low because a page holds up to 500 resources",
};

/// CloudTrail's event history.
pub static CLOUDTRAIL_LOOKUP: Quota = Quota {
    name: "cloudtrail-lookup",
    rate: 1,
    burst: 1,
    source: "CloudTrail User Guide, quotas: LookupEvents 2 transactions a second for each account and region",
};

/// ECR reads.
pub static ECR: Quota = Quota {
    name: "ecr-describe",
    rate: 10,
    burst: 10,
    source: "assumed: no published limit for reads of repositories' settings; kept low because a page holds up to 1,000",
};

/// SQS reads.
pub static SQS: Quota = Quota {
    name: "sqs-describe",
    rate: 20,
    burst: 20,
    source: "assumed: no published limit for reads of queues' attributes; kept low because three calls read a queue",
};

/// SNS reads.
pub static SNS: Quota = Quota {
    name: "sns-describe",
    rate: 20,
    burst: 10,
    source: "SNS API Reference: ListTopics, ListSubscriptionsByTopic and ListTagsForResource 30/s each",
};

/// Kinesis lists and labels.
pub static KINESIS_LIST: Quota = Quota {
    name: "kinesis-list",
    rate: 4,
    burst: 2,
    source: "Kinesis Data Streams API Reference: ListStreams and ListTagsForStream 5 transactions a second each",
};

/// Kinesis reads of single streams.
pub static KINESIS: Quota = Quota {
    name: "kinesis-describe",
    rate: 10,
    burst: 5,
    source: "Kinesis Data Streams API Reference: DescribeStreamSummary 20 transactions a second for each account",
};

/// Firehose reads.
pub static FIREHOSE: Quota = Quota {
    name: "firehose-describe",
    rate: 2,
    burst: 2,
    source: "Firehose Developer Guide, quotas: DescribeDeliveryStream, ListDeliveryStreams and \
             ListTagsForDeliveryStream 5 transactions a second each",
};

/// DocumentDB elastic clusters reads.
pub static DOCDB_ELASTIC: Quota = Quota {
    name: "docdb-elastic-read",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because few such resources are held",
};

/// Aurora DSQL reads.
pub static DSQL: Quota = Quota {
    name: "dsql-read",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because few such resources are held",
};

/// Keyspaces reads.
pub static KEYSPACES: Quota = Quota {
    name: "keyspaces-read",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because few such resources are held",
};

/// MSK reads.
pub static KAFKA: Quota = Quota {
    name: "kafka-read",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because few such resources are held",
};

/// DataSync reads.
pub static DATASYNC: Quota = Quota {
    name: "datasync-read",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because few such resources are held",
};

/// DynamoDB: tables.
pub static DYNAMODB: Quota = Quota {
    name: "dynamodb-describe",
    rate: 40,
    burst: 20,
    source: "assumed: no published limit for reads of tables' settings; kept low because they are asked table by table",
};

/// DynamoDB: continuous backups.
pub static DYNAMODB_CONTINUOUS: Quota = Quota {
    name: "dynamodb-continuous-backups",
    rate: 8,
    burst: 2,
    source: "DynamoDB API Reference: DescribeContinuousBackups 10 times a second",
};

/// DynamoDB: labels.
pub static DYNAMODB_TAGS: Quota = Quota {
    name: "dynamodb-tags",
    rate: 8,
    burst: 2,
    source: "DynamoDB API Reference: ListTagsOfResource 10 times a second for each account",
};

/// DynamoDB: lists of backups.
pub static DYNAMODB_BACKUPS: Quota = Quota {
    name: "dynamodb-backups",
    rate: 4,
    burst: 1,
    source: "DynamoDB API Reference: ListBackups 5 times a second",
};

/// DynamoDB: single backups.
pub static DYNAMODB_BACKUP: Quota = Quota {
    name: "dynamodb-backup",
    rate: 8,
    burst: 2,
    source: "DynamoDB API Reference: DescribeBackup 10 times a second",
};

/// DynamoDB: exports.
pub static DYNAMODB_EXPORTS: Quota = Quota {
    name: "dynamodb-exports",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because a page holds up to 25 exports",
};

/// EFS reads.
pub static EFS: Quota = Quota {
    name: "efs-describe",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because a page holds up to 100 file systems",
};

/// FSx reads.
pub static FSX: Quota = Quota {
    name: "fsx-describe",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because a page holds up to 100 resources",
};

/// S3 Glacier reads.
pub static GLACIER: Quota = Quota {
    name: "glacier-read",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because few such resources are held",
};

/// Database Migration Service reads.
pub static DMS: Quota = Quota {
    name: "dms-describe",
    rate: 5,
    burst: 5,
    source: "assumed: the DMS User Guide tells of a throttle for all requests together; kept low because a page holds up to 100",
};

/// S3 Tables reads.
pub static S3_TABLES: Quota = Quota {
    name: "s3tables-read",
    rate: 5,
    burst: 5,
    source: "assumed: no published limit; kept low because a region has at most 10 buckets of tables by default",
};

/// Storage Gateway reads.
pub static STORAGE_GATEWAY: Quota = Quota {
    name: "storage-gateway-read",
    rate: 2,
    burst: 2,
    source: "assumed: no published limit; kept low because few such resources are held",
};

/// AWS Artifact reads.
pub static ARTIFACT: Quota = Quota {
    name: "artifact-read",
    rate: 2,
    burst: 2,
    source: "assumed: no published limit; kept low because a page holds up to 300 reports",
};
