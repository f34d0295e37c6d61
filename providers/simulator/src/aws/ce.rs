//! Cost Explorer: a bill of what the description has, and of what it says is paid for besides.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::failure::{Failure, Protocol};
use super::json::{self, NO_PAGE};
use super::paging::page;
use super::{Asked, Call, Service};
use crate::answer::Answer;
use crate::request::Request;

pub(super) struct CostExplorer;

const TARGET: &str = "AWSInsightsIndexService.";
const OPERATIONS: &[&str] = &["GetCostAndUsage"];

/// Lines of a page.
const PAGE: usize = 100;

/// What the bill calls the services of described resources; what is not here goes by the name it is signed for.
const NAMES: &[(&str, &str)] = &[
    ("aoss", "Amazon OpenSearch Service"),
    ("backup", "AWS Backup"),
    ("bedrock", "Amazon Bedrock"),
    ("cassandra", "Amazon Keyspaces (for Apache Cassandra)"),
    ("cloudfront", "Amazon CloudFront"),
    ("config", "AWS Config"),
    ("datasync", "AWS DataSync"),
    ("docdb-elastic", "Amazon DocumentDB (with MongoDB compatibility)"),
    ("dsql", "Amazon Aurora DSQL"),
    ("dynamodb", "Amazon DynamoDB"),
    ("ec2", "EC2 - Other"),
    ("ecr", "Amazon EC2 Container Registry (ECR)"),
    ("ecs", "Amazon Elastic Container Service"),
    ("eks", "Amazon Elastic Container Service for Kubernetes"),
    ("elasticache", "Amazon ElastiCache"),
    ("elasticfilesystem", "Amazon Elastic File System"),
    ("es", "Amazon OpenSearch Service"),
    ("firehose", "Amazon Kinesis Firehose"),
    ("guardduty", "Amazon GuardDuty"),
    ("inspector2", "Amazon Inspector"),
    ("kafka", "Amazon Managed Streaming for Apache Kafka"),
    ("kinesis", "Amazon Kinesis"),
    ("lambda", "AWS Lambda"),
    ("lightsail", "Amazon Lightsail"),
    ("memorydb", "Amazon MemoryDB"),
    ("network-firewall", "AWS Network Firewall"),
    ("rds", "Amazon Relational Database Service"),
    ("redshift", "Amazon Redshift"),
    ("redshift-serverless", "Amazon Redshift"),
    ("s3express", "Amazon Simple Storage Service"),
    ("secretsmanager", "AWS Secrets Manager"),
    ("securityhub", "AWS Security Hub"),
    ("sns", "Amazon Simple Notification Service"),
    ("sqs", "Amazon Simple Queue Service"),
    ("ssm", "AWS Systems Manager"),
    ("wafv2", "AWS WAF"),
    ("workspaces", "Amazon WorkSpaces"),
];

impl Service for CostExplorer {
    fn name(&self) -> &'static str {
        "ce"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Json
    }

    fn operations(&self) -> Vec<&'static str> {
        OPERATIONS.to_vec()
    }

    fn identify(&self, request: &Request) -> Option<Asked> {
        let operation = json::operation(request, TARGET, OPERATIONS)?;
        let page = request.json()["NextPageToken"].as_str().unwrap_or(NO_PAGE).to_owned();
        Some(Asked { operation, resource: String::new(), page })
    }

    fn is_global(&self) -> bool {
        true
    }

    fn answer(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let input = call.request.json();
        let invalid = |message: &str| Failure::new(400, "ValidationException", message);
        let (start, end) = (&input["TimePeriod"]["Start"], &input["TimePeriod"]["End"]);
        let day = |value: &Value| value.as_str().and_then(|day| day.parse::<jiff::civil::Date>().ok());
        match (day(start), day(end)) {
            (Some(start), Some(end)) if start < end => {}
            _ => return Err(invalid("Start date (and hour) should be before end date (and hour)")),
        }
        let grouped: Vec<&str> =
            input["GroupBy"].as_array().into_iter().flatten().filter_map(|by| by["Key"].as_str()).collect();
        if grouped != ["REGION", "SERVICE"] {
            return Err(invalid("this simulator groups by REGION and SERVICE alone"));
        }
        let lines = lines(call);
        let page = page(lines.len(), input["NextPageToken"].as_str(), PAGE, call.endless, || {
            Failure::new(400, "InvalidNextTokenException", "the token is not one of ours")
        })?;
        let group = |(region, service): &(String, String)| {
            let amount = |amount: &str, unit: &str| json!({"Amount": amount, "Unit": unit});
            json!({
                "Keys": [region, service],
                "Metrics": {"UnblendedCost": amount("1.25", "USD"), "UsageQuantity": amount("10", "N/A")},
            })
        };
        let mut answer = json!({
            "GroupDefinitions": [{"Type": "DIMENSION", "Key": "REGION"}, {"Type": "DIMENSION", "Key": "SERVICE"}],
            "ResultsByTime": [{
                "TimePeriod": {"Start": start, "End": end},
                "Total": {},
                "Groups": lines[page.items].iter().map(group).collect::<Vec<_>>(),
                "Estimated": true,
            }],
            "DimensionValueAttributes": [],
        });
        if let Some(next) = page.next {
            answer["NextPageToken"] = json!(next);
        }
        Ok(json::answer(&answer))
    }
}

/// Region and service of every line, in order.
fn lines(call: &Call<'_>) -> Vec<(String, String)> {
    let account = call.account;
    let name = |service: &str| {
        let known = NAMES.iter().find(|(signed, _)| *signed == service);
        known.map_or_else(|| service.to_owned(), |(_, name)| (*name).to_owned())
    };
    let mut lines = BTreeSet::new();
    let mut line = |region: &str, service: &str| {
        lines.insert((region.to_owned(), service.to_owned()));
    };
    for (_, bucket, _) in account.buckets() {
        line(bucket.region.as_str(), "Amazon Simple Storage Service");
    }
    for region in call.aws.tenancy.regions() {
        if account.keys(region.name).is_some_and(|keys| !keys.keys.is_empty()) {
            line(region.name, "AWS Key Management Service");
        }
        if account.log_groups(region.name).next().is_some() {
            line(region.name, "AmazonCloudWatch");
        }
    }
    for trail in &account.description.trails {
        line(trail.region.as_str(), "AWS CloudTrail");
    }
    for (service, region) in account.told_of().filter(|(service, _)| !UNPAID.contains(service)) {
        line(region, &name(service));
    }
    for cost in &account.description.costs {
        line(&cost.region, &cost.service);
    }
    line("NoRegion", "Tax");
    lines.into_iter().collect()
}

/// Services whose described things cost nothing.
const UNPAID: &[&str] = &[
    "access-analyzer",
    "account",
    "cloudtrail",
    "dlm",
    "iam",
    "logs",
    "organizations",
    "rbin",
    "resource-explorer-2",
    "s3control",
    "sts",
    "tagging",
];
