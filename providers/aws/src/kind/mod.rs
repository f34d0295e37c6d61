//! A file per kind of resource: which operations list and describe it, and how answers become facts.
//!
//! A kind tells all there is to know of it in its [`Entry`]; what the provider declares is put together from those.

pub mod access_analyzer;
pub mod account;
pub mod artifact;
pub mod backup;
pub mod bedrock;
pub mod cloudfront;
pub mod cloudtrail;
pub mod cloudtrail_lake;
pub mod config;
pub mod datasync;
pub mod dlm;
pub mod dms;
pub mod docdb_elastic;
mod draft;
pub mod dsql;
pub mod dynamodb;
pub mod ebs;
pub mod ecr;
pub mod ecs;
pub mod efs;
pub mod eks;
pub mod elasticache;
mod elasticache_snapshots;
pub mod endpoints;
pub mod firehose;
mod flow;
mod flow_logs;
pub mod fsx;
mod fsx_backups;
mod fsx_repositories;
mod fsx_volumes;
pub mod glacier;
pub mod guardduty;
pub mod iam;
pub mod inspector2;
pub mod instances;
pub mod kafka;
pub mod keyspaces;
pub mod kinesis;
pub mod kms;
mod kms_grants;
pub mod lambda;
pub mod lightsail;
pub mod log_flows;
pub mod logs;
pub mod memorydb;
pub mod mrap;
pub mod network_firewall;
pub mod opensearch;
pub mod opensearch_serverless;
mod parts;
mod rbin;
pub mod rds;
mod rds_deliveries;
mod recorded;
pub mod recorders;
pub mod redshift;
pub mod redshift_serverless;
pub mod region_settings;
pub mod s3;
pub mod s3_access_points;
mod s3_answers;
pub mod s3_express;
pub mod s3_objects;
pub mod s3tables;
mod schedule;
pub mod second_lists;
pub mod secretsmanager;
pub mod securityhub;
pub(crate) mod shared;
pub mod sns;
pub mod sqs;
pub mod ssm;
pub mod storagegateway;
mod subnets;
pub mod vpc;
pub mod wafv2;
mod watch;
pub mod workspaces;

use crate::credentials::ASSUME_ROLE;
use crate::organization::{self, Bounds};
use crate::session::Session;
use futures::future::BoxFuture;
use sekisho_contract::Operation;
use sekisho_contract::provider::{CellOutcome, FactSink, Service};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What a kind declares of itself.
pub struct Entry {
    /// The service it sweeps, and what that can hold.
    pub service: Service,
    /// The operations it may call, in the order a run meets them.
    pub operations: &'static [&'static Operation],
    /// Reads one cell: the session, the region, where the facts go.
    pub sweep: Sweep,
}

/// Reads one cell whole.
pub type Sweep = for<'a> fn(&'a Session, &'a str, &'a dyn FactSink) -> BoxFuture<'a, CellOutcome>;

/// Every kind, in the order of the sweep.
#[rustfmt::skip]
pub const ENTRIES: &[Entry] = &[
    s3::ENTRY,
    kms::ENTRY,
    cloudtrail::ENTRY,
    cloudtrail_lake::ENTRY,
    logs::ENTRY,
    log_flows::ENTRY,
    ebs::ENTRY,
    rds::ENTRY,
    backup::ENTRY,
    dlm::ENTRY,
    lambda::ENTRY,
    ecs::ENTRY,
    eks::ENTRY,
    cloudfront::ENTRY,
    mrap::ENTRY,
    s3_access_points::ENTRY,
    bedrock::ENTRY,
    s3_express::ENTRY,
    lightsail::ENTRY,
    workspaces::ENTRY,
    vpc::ENTRY,
    network_firewall::ENTRY,
    wafv2::ENTRY,
    guardduty::ENTRY,
    inspector2::ENTRY,
    securityhub::ENTRY,
    config::ENTRY,
    iam::ENTRY,
    access_analyzer::ENTRY,
    redshift::ENTRY,
    redshift_serverless::ENTRY,
    elasticache::ENTRY,
    memorydb::ENTRY,
    opensearch::ENTRY,
    opensearch_serverless::ENTRY,
    secretsmanager::ENTRY,
    ssm::ENTRY,
    ecr::ENTRY,
    sqs::ENTRY,
    sns::ENTRY,
    kinesis::ENTRY,
    firehose::ENTRY,
    docdb_elastic::ENTRY,
    dsql::ENTRY,
    keyspaces::ENTRY,
    kafka::ENTRY,
    datasync::ENTRY,
    dynamodb::ENTRY,
    efs::ENTRY,
    fsx::ENTRY,
    instances::ENTRY,
    region_settings::ENTRY,
    glacier::ENTRY,
    dms::ENTRY,
    s3tables::ENTRY,
    storagegateway::ENTRY,
    second_lists::BILL,
    second_lists::INVENTORIES,
];

/// Every operation this provider may call, in the order a run meets them.
pub static OPERATIONS: LazyLock<Vec<&'static Operation>> = LazyLock::new(|| {
    let first = [&[&ASSUME_ROLE], account::OPERATIONS, organization::OPERATIONS];
    let all = first.into_iter().chain(ENTRIES.iter().map(|entry| entry.operations)).flatten().copied();
    // Some are asked by several kinds.
    let mut operations: Vec<&'static Operation> = Vec::new();
    for operation in all {
        if !operations.iter().any(|known| std::ptr::eq(*known, operation)) {
            operations.push(operation);
        }
    }
    operations
});

/// The services it sweeps, in order.
pub static SERVICES: LazyLock<Vec<Service>> =
    LazyLock::new(|| ENTRIES.iter().map(|entry| entry.service).collect());

/// Whether policies deny everything that a service of the sweep asks in a region: every permission it needs there.
pub fn closed(service: &str, region: &str, bounds: &Bounds) -> bool {
    let entry = ENTRIES.iter().find(|entry| entry.service.name == service);
    entry.is_some_and(|entry| {
        let permissions = entry.operations.iter().map(|operation| operation.permission);
        let mut prefixes = permissions.filter_map(|one| Some(one.split_once(':')?.0)).peekable();
        prefixes.peek().is_some() && prefixes.all(|prefix| bounds.close(prefix, region))
    })
}

/// The services that are asked, each of which can be given an endpoint of its own.
pub fn asked() -> BTreeSet<&'static str> {
    OPERATIONS.iter().chain(artifact::OPERATIONS).map(|operation| operation.service).collect()
}

#[cfg(test)]
mod tests {
    use super::OPERATIONS;
    use std::collections::BTreeSet;

    #[test]
    fn an_operation_is_declared_once() {
        let mut names = BTreeSet::new();
        let twice: Vec<String> = OPERATIONS
            .iter()
            .map(|operation| operation.full_name())
            .filter(|name| !names.insert(name.clone()))
            .collect();
        assert_eq!(twice, Vec::<String>::new());
    }
}
