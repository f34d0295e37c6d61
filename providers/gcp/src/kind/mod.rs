//! A file per kind of resource: where it is told of, and how what is told becomes facts.
//!
//! A kind tells all there is to know of it in its [`Entry`]; what the provider declares is put together from those.

mod alloydb;
mod artifacts;
mod backends;
mod bigquery;
mod bigtable;
mod disks;
mod documents;
mod draft;
mod filestore;
mod identities;
mod inherited;
pub mod inventory;
mod kms;
pub mod list;
pub mod logging;
mod networks;
mod others;
mod principal;
mod reach;
mod secrets;
mod spanner;
mod sql;
pub mod storage;
mod topics;
mod transfers;
mod vaults;
mod watchers;

use crate::method::Method;
use crate::organization::{LIST_FOLDERS, LIST_PROJECTS};
use crate::session::{GET_EFFECTIVE_POLICY, GET_PROJECT, Session};
use futures::future::BoxFuture;
use sekisho_contract::Operation;
use sekisho_contract::provider::{CellOutcome, FactSink, Service};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What a kind declares of itself.
pub struct Entry {
    /// The service it sweeps, and what that can hold.
    pub service: Service,
    /// The methods it may call besides those of the inventory, in the order a run meets them.
    pub methods: &'static [&'static Method],
    /// The types of the asset inventory that it reads.
    pub assets: &'static [&'static str],
    /// Reads the project's part of it: the session, where the facts go.
    pub sweep: Sweep,
}

/// Reads one cell whole.
pub type Sweep = for<'a> fn(&'a Session, &'a dyn FactSink) -> BoxFuture<'a, CellOutcome>;

/// Every kind, in the order of the sweep.
#[rustfmt::skip]
pub const ENTRIES: &[Entry] = &[
    storage::ENTRY,
    kms::ENTRY,
    sql::ENTRY,
    disks::ENTRY,
    logging::ENTRY,
    identities::ENTRY,
    bigquery::ENTRY,
    spanner::ENTRY,
    documents::ENTRY,
    bigtable::ENTRY,
    filestore::ENTRY,
    alloydb::ENTRY,
    vaults::ENTRY,
    topics::ENTRY,
    secrets::ENTRY,
    artifacts::ENTRY,
    networks::ENTRY,
    others::ENTRY,
];

/// Every operation this provider may call, in the order a run meets them.
pub static OPERATIONS: LazyLock<Vec<&'static Operation>> = LazyLock::new(|| {
    let first: &[&'static Method] = &[&GET_PROJECT, &GET_EFFECTIVE_POLICY, &LIST_PROJECTS, &LIST_FOLDERS];
    let before = first.iter().chain(crate::approval::METHODS);
    let methods = before.chain(ENTRIES.iter().flat_map(|entry| entry.methods));
    methods.map(|method| &method.operation).collect()
});

/// The services it sweeps, in order.
pub static SERVICES: LazyLock<Vec<Service>> =
    LazyLock::new(|| ENTRIES.iter().map(|entry| entry.service).collect());

/// The APIs that are asked, each of which can be given an endpoint of its own.
pub fn asked() -> BTreeSet<&'static str> {
    OPERATIONS.iter().map(|operation| operation.service).collect()
}
