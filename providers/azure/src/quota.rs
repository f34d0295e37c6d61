//! API families and their limits. Each rate stays below what Azure publishes for the family.

use sekisho_contract::operation::Quota;

/// Resource Graph. The quota is the caller's, over all subscriptions; what is left of it is told with every answer
/// and kept to besides ([`crate::caller`]).
pub static RESOURCE_GRAPH: Quota = Quota {
    name: "resource-graph",
    rate: 2,
    burst: 5,
    source: "Azure Resource Graph, guidance for throttled requests: 15 queries in every 5 seconds for each user",
};

/// Reads of Resource Manager and of the resource providers behind it.
pub static ARM: Quota = Quota {
    name: "resource-manager",
    rate: 15,
    burst: 50,
    source: "Azure Resource Manager, request limits and throttling: a token bucket of 250 reads for each subscription, \
             service principal and region, refilled with 25 a second",
};

/// Reads of storage accounts, which have limits of their own.
pub static STORAGE: Quota = Quota {
    name: "storage-resource-provider",
    rate: 2,
    burst: 20,
    source: "Azure Storage, scalability targets of the resource provider: 800 reads in 5 minutes and 100 lists in 5 minutes \
             for each subscription and region",
};

/// Reads of key vaults.
pub static KEY_VAULT: Quota = Quota {
    name: "key-vault-management",
    rate: 10,
    burst: 20,
    source: "Key Vault service limits: reads through Resource Manager have no limit of their own below that of Resource \
             Manager",
};

/// Queries of cost.
pub static COST: Quota = Quota {
    name: "cost-management",
    rate: 1,
    burst: 1,
    source: "Cost Management, query API: 12 query units in 10 seconds, 60 in a minute, for each tenant",
};

/// Policies of a directory. The quota is the directory's, whoever asks for it.
pub static DIRECTORY_POLICIES: Quota = Quota {
    name: "graph-policies",
    rate: 1,
    burst: 1,
    source: "Microsoft Graph, service-specific throttling limits: identity protection and conditional access, 1 request a second \
             for each tenant",
};
