//! A file per kind of resource: which operations list and describe it, and how answers become facts.
//!
//! A kind tells all there is to know of it in its [`Entry`]; what the provider declares is put together from those.

pub mod account;
pub mod cloudtrail;
pub mod datasync;
pub mod docdb_elastic;
mod draft;
pub mod dsql;
pub mod ebs;
pub mod elasticache;
mod elasticache_snapshots;
pub mod kafka;
pub mod keyspaces;
pub mod kms;
pub mod logs;
pub mod memorydb;
pub mod opensearch;
pub mod opensearch_serverless;
mod parts;
pub mod rds;
mod rds_deliveries;
pub mod redshift;
pub mod redshift_serverless;
pub mod s3;
mod s3_answers;
mod shared;

use crate::credentials::ASSUME_ROLE;
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
    logs::ENTRY,
    ebs::ENTRY,
    rds::ENTRY,
    redshift::ENTRY,
    redshift_serverless::ENTRY,
    elasticache::ENTRY,
    memorydb::ENTRY,
    opensearch::ENTRY,
    opensearch_serverless::ENTRY,
    docdb_elastic::ENTRY,
    dsql::ENTRY,
    keyspaces::ENTRY,
    kafka::ENTRY,
    datasync::ENTRY,
];

/// Every operation this provider may call, in the order a run meets them.
pub static OPERATIONS: LazyLock<Vec<&'static Operation>> = LazyLock::new(|| {
    let first = [&[&ASSUME_ROLE], account::OPERATIONS];
    first.into_iter().chain(ENTRIES.iter().map(|entry| entry.operations)).flatten().copied().collect()
});

/// The services it sweeps, in order.
pub static SERVICES: LazyLock<Vec<Service>> =
    LazyLock::new(|| ENTRIES.iter().map(|entry| entry.service).collect());

/// The services that are asked, each of which can be given an endpoint of its own.
pub fn asked() -> BTreeSet<&'static str> {
    OPERATIONS.iter().map(|operation| operation.service).collect()
}
