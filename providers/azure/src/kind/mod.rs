//! A file per kind of resource: which operations list and describe it, and how answers become facts.
//!
//! A kind tells all there is to know of it in its [`Entry`]; what the provider declares is put together from those.
//!
//! One query answers for all regions, so a kind has one cell (`global`) and not one a region: sixty cells that stand or fall by the
//! same answer would say no more. That every region was looked at is shown by the cells of [`resources`]: there is one for each
//! region the subscription has, and it holds what no other kind reads.

pub mod activity_log;
pub mod bill;
pub mod compute;
pub mod cosmos;
pub mod data_protection;
pub mod diagnostics;
pub mod draft;
pub mod firewall;
pub mod flexible_servers;
pub mod keyvault;
pub mod locks;
pub mod log_analytics;
pub mod messaging;
pub mod network;
pub mod recovery_services;
pub mod resources;
pub mod security;
pub mod site_recovery;
pub mod sql;
pub mod sql_auditing;
pub mod sql_backups;
pub mod storage;
pub mod storage_blobs;

use crate::session::Session;
use crate::{account, conditional_access, inventory, management_group, policy};
use futures::future::BoxFuture;
use sekisho_contract::Operation;
use sekisho_contract::provider::{CellOutcome, FactSink, Service};
use std::sync::LazyLock;

/// What a kind declares of itself.
pub struct Entry {
    /// The service it sweeps, and what that can hold.
    pub service: Service,
    /// The types of resources it tells of, in small letters as the inventory has them.
    pub types: &'static [&'static str],
    /// The operations it may call besides the inventory's, in the order a run meets them.
    pub operations: &'static [&'static Operation],
    /// Reads one cell: the session, the region, where the facts go.
    pub sweep: Sweep,
}

/// Reads one cell whole.
pub type Sweep = for<'a> fn(&'a Session, &'a str, &'a dyn FactSink) -> BoxFuture<'a, CellOutcome>;

/// Every kind, in the order of the sweep.
#[rustfmt::skip]
pub const ENTRIES: &[Entry] = &[
    resources::ENTRY,
    storage::ENTRY,
    keyvault::ENTRY,
    compute::ENTRY,
    sql::ENTRY,
    flexible_servers::ENTRY,
    cosmos::ENTRY,
    recovery_services::ENTRY,
    data_protection::ENTRY,
    log_analytics::ENTRY,
    activity_log::ENTRY,
    messaging::ENTRY,
    network::ENTRY,
    security::ENTRY,
    bill::ENTRY,
];

/// Every operation this provider may call, in the order a run meets them.
pub static OPERATIONS: LazyLock<Vec<&'static Operation>> = LazyLock::new(|| {
    let first = [
        account::OPERATIONS,
        inventory::OPERATIONS,
        policy::OPERATIONS,
        conditional_access::OPERATIONS,
        management_group::OPERATIONS,
        locks::OPERATIONS,
    ];
    first.into_iter().chain(ENTRIES.iter().map(|entry| entry.operations)).flatten().copied().collect()
});

/// The services it sweeps, in order.
pub static SERVICES: LazyLock<Vec<Service>> =
    LazyLock::new(|| ENTRIES.iter().map(|entry| entry.service).collect());

/// Whether a kind tells of things of this type.
pub fn is_read(r#type: &str) -> bool {
    ENTRIES.iter().any(|entry| entry.types.contains(&r#type))
}
