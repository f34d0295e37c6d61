//! The names of what is asked: by method and path.

use http::Method;

use crate::request::Request;

/// Service, name, method, path below the root: `*` is one part, `**` at the beginning is any scope.
const OPERATIONS: &[(&str, &str, Method, &str)] = &[
    ("subscription", "ListSubscriptions", Method::GET, "subscriptions"),
    ("subscription", "GetSubscription", Method::GET, "subscriptions/*"),
    ("subscription", "ListLocations", Method::GET, "subscriptions/*/locations"),
    (
        "subscription",
        "ListPermissions",
        Method::GET,
        "subscriptions/*/providers/Microsoft.Authorization/permissions",
    ),
    ("resourcegraph", "Resources", Method::POST, "providers/Microsoft.ResourceGraph/resources"),
    (
        "managementgroup",
        "ListDescendants",
        Method::GET,
        "providers/Microsoft.Management/managementGroups/*/descendants",
    ),
    ("graph", "ListConditionalAccessPolicies", Method::GET, "v1.0/identity/conditionalAccess/policies"),
    ("graph", "ListNamedLocations", Method::GET, "v1.0/identity/conditionalAccess/namedLocations"),
    ("authorization", "ListLocks", Method::GET, "subscriptions/*/providers/Microsoft.Authorization/locks"),
    (
        "authorization",
        "ListPolicyAssignments",
        Method::GET,
        "subscriptions/*/providers/Microsoft.Authorization/policyAssignments",
    ),
    (
        "authorization",
        "ListPolicyExemptions",
        Method::GET,
        "subscriptions/*/providers/Microsoft.Authorization/policyExemptions",
    ),
    (
        "storage",
        "ListStorageAccounts",
        Method::GET,
        "subscriptions/*/providers/Microsoft.Storage/storageAccounts",
    ),
    ("storage", "GetStorageAccount", Method::GET, "**/Microsoft.Storage/storageAccounts/*"),
    (
        "storage",
        "ListObjectReplicationPolicies",
        Method::GET,
        "**/Microsoft.Storage/storageAccounts/*/objectReplicationPolicies",
    ),
    (
        "storage",
        "ListEncryptionScopes",
        Method::GET,
        "**/Microsoft.Storage/storageAccounts/*/encryptionScopes",
    ),
    ("storage", "GetBlobService", Method::GET, "**/Microsoft.Storage/storageAccounts/*/blobServices/default"),
    (
        "storage",
        "GetManagementPolicy",
        Method::GET,
        "**/Microsoft.Storage/storageAccounts/*/managementPolicies/default",
    ),
    (
        "storage",
        "ListContainers",
        Method::GET,
        "**/Microsoft.Storage/storageAccounts/*/blobServices/default/containers",
    ),
    (
        "storage",
        "GetImmutabilityPolicy",
        Method::GET,
        "**/Microsoft.Storage/storageAccounts/*/blobServices/default/containers/*/immutabilityPolicies/default",
    ),
    ("keyvault", "ListVaults", Method::GET, "subscriptions/*/providers/Microsoft.KeyVault/vaults"),
    ("keyvault", "GetVault", Method::GET, "**/Microsoft.KeyVault/vaults/*"),
    ("keyvault", "ListManagedHsms", Method::GET, "subscriptions/*/providers/Microsoft.KeyVault/managedHSMs"),
    ("keyvault", "ListKeys", Method::GET, "**/Microsoft.KeyVault/vaults/*/keys"),
    ("keyvault", "GetKey", Method::GET, "**/Microsoft.KeyVault/vaults/*/keys/*"),
    ("keyvault", "ListHsmKeys", Method::GET, "**/Microsoft.KeyVault/managedHSMs/*/keys"),
    ("keyvault", "GetHsmKey", Method::GET, "**/Microsoft.KeyVault/managedHSMs/*/keys/*"),
    ("compute", "ListDisks", Method::GET, "subscriptions/*/providers/Microsoft.Compute/disks"),
    (
        "compute",
        "GetGalleryImageVersion",
        Method::GET,
        "**/Microsoft.Compute/galleries/*/images/*/versions/*",
    ),
    ("compute", "ListSnapshots", Method::GET, "subscriptions/*/providers/Microsoft.Compute/snapshots"),
    (
        "compute",
        "ListDiskEncryptionSets",
        Method::GET,
        "subscriptions/*/providers/Microsoft.Compute/diskEncryptionSets",
    ),
    (
        "monitor",
        "ListManagementGroupDiagnosticSettings",
        Method::GET,
        "providers/Microsoft.Management/managementGroups/*/providers/Microsoft.Insights/diagnosticSettings",
    ),
    ("monitor", "ListDiagnosticSettings", Method::GET, "**/Microsoft.Insights/diagnosticSettings"),
    (
        "loganalytics",
        "ListWorkspaces",
        Method::GET,
        "subscriptions/*/providers/Microsoft.OperationalInsights/workspaces",
    ),
    ("loganalytics", "ListTables", Method::GET, "**/Microsoft.OperationalInsights/workspaces/*/tables"),
    (
        "loganalytics",
        "ListDataExports",
        Method::GET,
        "**/Microsoft.OperationalInsights/workspaces/*/dataExports",
    ),
    ("sql", "ListServers", Method::GET, "subscriptions/*/providers/Microsoft.Sql/servers"),
    ("sql", "ListDatabases", Method::GET, "**/Microsoft.Sql/servers/*/databases"),
    ("sql", "ListFirewallRules", Method::GET, "**/Microsoft.Sql/servers/*/firewallRules"),
    ("sql", "ListFailoverGroups", Method::GET, "**/Microsoft.Sql/servers/*/failoverGroups"),
    ("sql", "ListReplicationLinks", Method::GET, "**/Microsoft.Sql/servers/*/replicationLinks"),
    ("sql", "GetEncryptionProtector", Method::GET, "**/Microsoft.Sql/servers/*/encryptionProtector/current"),
    (
        "sql",
        "ListLongTermRetentionBackups",
        Method::GET,
        "subscriptions/*/providers/Microsoft.Sql/locations/*/longTermRetentionBackups",
    ),
    (
        "sql",
        "GetLongTermRetentionPolicy",
        Method::GET,
        "**/Microsoft.Sql/servers/*/databases/*/backupLongTermRetentionPolicies/default",
    ),
    (
        "sql",
        "GetShortTermRetentionPolicy",
        Method::GET,
        "**/Microsoft.Sql/servers/*/databases/*/backupShortTermRetentionPolicies/default",
    ),
    (
        "sql",
        "GetTransparentDataEncryption",
        Method::GET,
        "**/Microsoft.Sql/servers/*/databases/*/transparentDataEncryption/current",
    ),
    (
        "cosmosdb",
        "ListDatabaseAccounts",
        Method::GET,
        "subscriptions/*/providers/Microsoft.DocumentDB/databaseAccounts",
    ),
    (
        "postgresql",
        "ListFlexibleServers",
        Method::GET,
        "subscriptions/*/providers/Microsoft.DBforPostgreSQL/flexibleServers",
    ),
    (
        "mysql",
        "ListFlexibleServers",
        Method::GET,
        "subscriptions/*/providers/Microsoft.DBforMySQL/flexibleServers",
    ),
    (
        "recoveryservices",
        "ListVaults",
        Method::GET,
        "subscriptions/*/providers/Microsoft.RecoveryServices/vaults",
    ),
    ("recoveryservices", "GetVault", Method::GET, "**/Microsoft.RecoveryServices/vaults/*"),
    (
        "recoveryservices",
        "ListBackupPolicies",
        Method::GET,
        "**/Microsoft.RecoveryServices/vaults/*/backupPolicies",
    ),
    (
        "recoveryservices",
        "ListProtectedItems",
        Method::GET,
        "**/Microsoft.RecoveryServices/vaults/*/backupProtectedItems",
    ),
    (
        "recoveryservices",
        "ListRecoveryPoints",
        Method::GET,
        "**/Microsoft.RecoveryServices/vaults/*/backupFabrics/*/protectionContainers/*/protectedItems/*/recoveryPoints",
    ),
    (
        "dataprotection",
        "ListBackupVaults",
        Method::GET,
        "subscriptions/*/providers/Microsoft.DataProtection/backupVaults",
    ),
    (
        "dataprotection",
        "ListBackupInstances",
        Method::GET,
        "**/Microsoft.DataProtection/backupVaults/*/backupInstances",
    ),
    (
        "servicebus",
        "ListNamespaces",
        Method::GET,
        "subscriptions/*/providers/Microsoft.ServiceBus/namespaces",
    ),
    (
        "servicebus",
        "ListDisasterRecoveryConfigs",
        Method::GET,
        "**/Microsoft.ServiceBus/namespaces/*/disasterRecoveryConfigs",
    ),
    ("eventhub", "ListNamespaces", Method::GET, "subscriptions/*/providers/Microsoft.EventHub/namespaces"),
    (
        "eventhub",
        "ListDisasterRecoveryConfigs",
        Method::GET,
        "**/Microsoft.EventHub/namespaces/*/disasterRecoveryConfigs",
    ),
    ("eventhub", "ListEventHubs", Method::GET, "**/Microsoft.EventHub/namespaces/*/eventhubs"),
    ("security", "ListPricings", Method::GET, "subscriptions/*/providers/Microsoft.Security/pricings"),
    (
        "securityinsights",
        "ListOnboardingStates",
        Method::GET,
        "**/Microsoft.OperationalInsights/workspaces/*/providers/Microsoft.SecurityInsights/onboardingStates",
    ),
    ("subscription", "ListResourceGroups", Method::GET, "subscriptions/*/resourcegroups"),
    ("subscription", "ListResources", Method::GET, "subscriptions/*/resources"),
    ("subscription", "ListProviders", Method::GET, "subscriptions/*/providers"),
    (
        "storage",
        "ListDeletedAccounts",
        Method::GET,
        "subscriptions/*/providers/Microsoft.Storage/deletedAccounts",
    ),
    (
        "keyvault",
        "ListDeletedVaults",
        Method::GET,
        "subscriptions/*/providers/Microsoft.KeyVault/deletedVaults",
    ),
    (
        "keyvault",
        "ListDeletedManagedHsms",
        Method::GET,
        "subscriptions/*/providers/Microsoft.KeyVault/deletedManagedHSMs",
    ),
    (
        "loganalytics",
        "ListDeletedWorkspaces",
        Method::GET,
        "subscriptions/*/providers/Microsoft.OperationalInsights/deletedWorkspaces",
    ),
    ("loganalytics", "GetTable", Method::GET, "**/Microsoft.OperationalInsights/workspaces/*/tables/*"),
    (
        "cosmosdb",
        "ListRestorableDatabaseAccounts",
        Method::GET,
        "subscriptions/*/providers/Microsoft.DocumentDB/restorableDatabaseAccounts",
    ),
    (
        "sql",
        "ListRestorableDroppedDatabases",
        Method::GET,
        "**/Microsoft.Sql/servers/*/restorableDroppedDatabases",
    ),
    ("sql", "GetDatabase", Method::GET, "**/Microsoft.Sql/servers/*/databases/*"),
    ("sql", "GetServerAuditingSettings", Method::GET, "**/Microsoft.Sql/servers/*/auditingSettings/default"),
    (
        "sql",
        "GetDatabaseAuditingSettings",
        Method::GET,
        "**/Microsoft.Sql/servers/*/databases/*/auditingSettings/default",
    ),
    (
        "sql",
        "GetDevOpsAuditingSettings",
        Method::GET,
        "**/Microsoft.Sql/servers/*/devOpsAuditingSettings/default",
    ),
    ("sql", "ListSyncGroups", Method::GET, "**/Microsoft.Sql/servers/*/databases/*/syncGroups"),
    (
        "sql",
        "ListSyncMembers",
        Method::GET,
        "**/Microsoft.Sql/servers/*/databases/*/syncGroups/*/syncMembers",
    ),
    (
        "sql",
        "ListManagedInstanceLongTermRetentionBackups",
        Method::GET,
        "subscriptions/*/providers/Microsoft.Sql/locations/*/longTermRetentionManagedInstanceBackups",
    ),
    (
        "recoveryservices",
        "ListReplicationProtectedItems",
        Method::GET,
        "**/Microsoft.RecoveryServices/vaults/*/replicationProtectedItems",
    ),
    (
        "dataprotection",
        "ListRecoveryPoints",
        Method::GET,
        "**/Microsoft.DataProtection/backupVaults/*/backupInstances/*/recoveryPoints",
    ),
    (
        "network",
        "ListVirtualNetworks",
        Method::GET,
        "subscriptions/*/providers/Microsoft.Network/virtualNetworks",
    ),
    ("network", "ListPacketCaptures", Method::GET, "**/Microsoft.Network/networkWatchers/*/packetCaptures"),
    (
        "costmanagement",
        "QueryUsage",
        Method::POST,
        "subscriptions/*/providers/Microsoft.CostManagement/query",
    ),
];

/// What a request asks.
pub(super) struct Asked {
    pub(super) service: &'static str,
    pub(super) operation: &'static str,
    /// What it is about: the last name in the path that is not a list's; empty for lists of the whole subscription.
    pub(super) resource: String,
}

/// What a request asks; none where no operation here is asked so. Letters' case does not count.
pub(super) fn identify(request: &Request, segments: &[String]) -> Option<Asked> {
    let fits = |(_, _, method, pattern): &&(&str, &str, Method, &str)| {
        *method == request.method && matches(pattern, segments)
    };
    let (service, operation, ..) = OPERATIONS.iter().find(fits)?;
    let about = segments.len().checked_sub(if segments.len().is_multiple_of(2) { 1 } else { 2 });
    let resource =
        about.filter(|_| segments.len() > 5).and_then(|at| segments.get(at)).cloned().unwrap_or_default();
    Some(Asked { service, operation, resource })
}

fn matches(pattern: &str, segments: &[String]) -> bool {
    let same = |(part, segment): (&str, &String)| part == "*" || part.eq_ignore_ascii_case(segment);
    let parts: Vec<&str> = pattern.split('/').collect();
    match parts.split_first() {
        Some((&"**", rest)) => {
            let Some(from) = segments.len().checked_sub(rest.len()) else { return false };
            rest.iter().copied().zip(&segments[from..]).all(same)
        }
        _ => parts.len() == segments.len() && parts.iter().copied().zip(segments).all(same),
    }
}

/// Service and name of every operation there is.
pub(crate) fn operations() -> impl Iterator<Item = (&'static str, &'static str)> {
    OPERATIONS.iter().map(|(service, name, ..)| (*service, *name))
}
