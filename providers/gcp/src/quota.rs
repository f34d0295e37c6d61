//! API families and their limits. Each rate stays below what Google publishes for the family; most quotas are per
//! minute and project.

use sekisho_contract::operation::Quota;

/// Lists of assets.
pub static ASSET_LIST: Quota = Quota {
    name: "asset-list",
    rate: 1,
    burst: 40,
    source: "Cloud Asset Inventory quotas: ListAssets 100 a minute for each consumer project, 800 for an organization",
};

/// Searches of assets.
pub static ASSET_SEARCH: Quota = Quota {
    name: "asset-search",
    rate: 5,
    burst: 10,
    source: "Cloud Asset Inventory quotas: SearchAllResources 400 a minute for each consumer project",
};

/// Projects, folders and the policies on them.
pub static RESOURCE_MANAGER: Quota = Quota {
    name: "resource-manager",
    rate: 5,
    burst: 10,
    source: "Resource Manager quotas: project and folder reads 600 a minute, lists and searches 240 a minute",
};

/// Organization policies.
pub static ORG_POLICY: Quota = Quota {
    name: "org-policy",
    rate: 5,
    burst: 10,
    source: "Organization Policy quotas: 600 reads of policies a minute",
};

/// Reads of buckets.
pub static STORAGE: Quota = Quota {
    name: "storage",
    rate: 100,
    burst: 50,
    source: "Cloud Storage: no published limit for bucket metadata reads; about 5,000 object reads a second to begin with",
};

/// Reads of keys.
pub static KMS: Quota =
    Quota { name: "kms", rate: 4, burst: 20, source: "Cloud KMS quotas: 300 key management reads a minute" };

/// Reads of databases.
pub static SQL: Quota = Quota {
    name: "sql",
    rate: 2,
    burst: 20,
    source: "Cloud SQL Admin API quotas: 180 default requests a minute for each user, lists and gets 500",
};

/// Lists of Compute Engine.
pub static COMPUTE: Quota = Quota {
    name: "compute",
    rate: 15,
    burst: 20,
    source: "Compute Engine API quotas: list requests 1,500 a minute for each project, others 1,500",
};

/// Reads of logging's configuration.
pub static LOGGING: Quota = Quota {
    name: "logging",
    rate: 8,
    burst: 10,
    source: "Cloud Logging quotas: 600 control requests a minute",
};

/// Everything else: lists that are asked once, and answered in one page nearly always.
pub static OTHER: Quota = Quota {
    name: "other",
    rate: 4,
    burst: 10,
    source: "the lowest published read quota of the APIs asked besides: 300 a minute",
};
