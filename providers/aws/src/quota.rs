//! API families and their limits. Each rate stays below what AWS publishes for the family.

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
    source: "no published limit; kept low because a page holds up to 10,000 buckets",
};

/// Account-wide S3 settings.
pub static S3_CONTROL: Quota =
    Quota { name: "s3-control", rate: 10, burst: 10, source: "no published limit; asked once an account" };

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
    source: "no published limit; kept low because a page holds up to 100 resources",
};

/// DynamoDB: tables.
pub static DYNAMODB: Quota = Quota {
    name: "dynamodb-describe",
    rate: 40,
    burst: 20,
    source: "no published limit for reads of tables' settings; kept low because they are asked table by table",
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
    source: "no published limit; kept low because a page holds up to 25 exports",
};

/// EFS reads.
pub static EFS: Quota = Quota {
    name: "efs-describe",
    rate: 5,
    burst: 5,
    source: "no published limit; kept low because a page holds up to 100 file systems",
};
