//! What a provider may ask: each operation is declared beside the code that calls it.

/// One API operation a provider may call. Nothing undeclared passes the door.
#[derive(Debug)]
pub struct Operation {
    /// The service's short name, as in its permissions (`s3`, `kms`).
    pub service: &'static str,
    /// The operation's own name (`GetBucketEncryption`).
    pub name: &'static str,
    /// The permission it needs, in the provider's notation; empty when it needs none.
    pub permission: &'static str,
    /// The API family whose quota it draws on.
    pub quota: &'static Quota,
    /// How often it is asked: the ground of `sekisho plan`.
    pub per: Per,
    /// The facts it brings, for documents and plans.
    pub facts: &'static str,
    /// Error codes by which the provider says "there is none of it".
    pub absent: &'static [&'static str],
    /// How the operation is recognised on the wire when an SDK, not a kind, built the request.
    pub wire: Wire,
}

impl Operation {
    /// `service:Operation`, the name used in ledgers and messages.
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.service, self.name)
    }
}

/// The HTTP method of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// A GET: reads by its nature.
    Get,
    /// A HEAD: reads by its nature.
    Head,
    /// A POST that reads: query and RPC protocols put the operation's name into it.
    Post,
}

/// How often an operation is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Once for each account.
    Account,
    /// Once for each page of this many resources, in each cell of the sweep.
    Page(u32),
    /// Once for each resource of the kind its service holds.
    Resource,
    /// For some resources only, as what was seen before demands.
    Sometimes,
    /// Once for each page of this many, where what was seen before demands it.
    SomePages(u32),
}

/// An API family with a published (or assumed) request quota.
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Quota {
    /// The family's name.
    pub name: &'static str,
    /// Requests per second, for each account and region, that sekisho allows itself.
    pub rate: u32,
    /// Requests that may be sent at once.
    pub burst: u32,
    /// The provider's own limit and where it is published.
    pub source: &'static str,
}
