//! Words that name nobody: of the providers' identifiers, and our own.
//!
//! They say of what sort a thing is. A thing that somebody has called by one of them keeps that name: see `docs/redaction.md`.

/// Such words in small letters, in order.
#[rustfmt::skip]
pub(super) const PUBLIC: &[&str] = &[
    "access-point", "accessapprovalsettings", "accesspoint", "actiongroups", "activitylogalerts", "aggregated",
    "alertsmanagement", "alias", "all", "allauthenticatedusers", "alloydb", "allusers", "amazon", "amazonaws",
    "analyzer", "apikeys", "applicationgatewaywebapplicationfirewallpolicies", "applicationsecuritygroups",
    "appprofile", "appspot", "arn", "artifactregistry", "assets", "assumed-role", "auditingsettings", "authorization",
    "autokeyconfig", "autoscaler", "availabilitysets", "aws", "aws-cn", "aws-us-gov", "azure", "azurecr",
    "azurefirewalls", "backendbucket", "backendbuckets", "backendservice", "backendservices", "backup", "backup-plan",
    "backup-vault", "backupdr", "backupfabrics", "backupinstances", "backuplongtermretentionpolicies",
    "backuppolicies", "backupprotecteditems", "backuprun", "backupruns", "backups",
    "backupshorttermretentionpolicies", "backupvault", "backupvaults", "bigquery", "bigtable", "bigtableadmin",
    "blob", "blobservices", "bucket", "buckets", "cassandrakeyspaces", "catalog", "cdn", "cloudasset", "cloudaudit",
    "cloudbilling", "cloudkms", "cloudresourcemanager", "cloudsql", "cloudtrail", "cluster", "cluster-pg",
    "cluster-snapshot", "clusters", "collections", "com", "commitment", "compute", "config-aggregator", "config-rule",
    "console", "containerregistry", "containers", "core", "costmanagement", "cryptokey", "cryptokeys",
    "cryptokeyversion", "cryptokeyversions", "database", "databaseaccounts", "databases", "datacatalog",
    "datacollectionendpoints", "dataexports", "dataprotection", "datasetid", "datasetreference", "datasets",
    "datasources", "db", "dbformysql", "dbforpostgresql", "ddosprotectionplans", "default", "deletedaccounts",
    "deletedbackupinstances", "deletedmanagedhsms", "deletedvaults", "deletedworkspaces", "deliverystream",
    "descendants", "detector", "developer", "devopsauditingsettings", "dfs", "diagnosticsettings",
    "disasterrecoveryconfigs", "diskencryptionsets", "disks", "distribution", "dns", "documentdb", "documents",
    "domain", "ekmconfig", "encryptionprotector", "encryptionscopes", "endpoint", "endpoints", "es", "event-bus",
    "eventhub", "eventhubs", "externalaudit", "externalvpngateway", "failovergroups", "federated-user", "file-system",
    "fileservices", "filesystem", "firestore", "firewall", "firewallpolicies", "firewallpolicy", "firewallrules",
    "flexibleservers", "flowlogs", "folder", "folders", "forwardingrule", "forwardingrules", "frontdoors",
    "frontdoorwebapplicationfirewallpolicies", "function", "galleries", "gcp", "geteffectivepolicy", "getiampolicy",
    "global", "globaladdress", "globalforwardingrule", "google", "googleapis", "gremlindatabases", "group",
    "gserviceaccount", "healthcheck", "httphealthcheck", "httpshealthcheck", "iam", "iamconfiguration", "image",
    "immutabilitypolicies", "importjob", "index", "instance", "instanceconfig", "instancegroup",
    "instancegroupmanager", "instancepartitions", "instances", "instancetemplate", "io", "key", "keyring", "keyrings",
    "keys", "keyvault", "loadbalancer", "loadbalancers", "locations", "locks", "log-group", "log-stream", "logging",
    "logmetric", "logs", "logsink", "logview", "longtermretentionbackups", "longtermretentionmanagedinstancebackups",
    "machineimage", "machineimages", "managedfolders", "managedhsm", "managedhsms", "managedidentity",
    "managementgroups", "managementpolicies", "metricalerts", "mfa", "microsoft", "mongodbdatabases", "monitoring",
    "mysql", "namespaces", "natgateway", "natgateways", "net", "network-interface", "networkendpointgroup",
    "networkinterfaces", "networkmanagement", "networks", "networksecuritygroups", "networkwatchers", "nodetemplate",
    "objectreplicationpolicies", "og", "oidc-provider", "onboardingstates", "operationalinsights",
    "operationsmanagement", "organizations", "orgpolicy", "osconfig", "packetcaptures", "packetmirroring",
    "packetmirrorings", "parameter", "policies", "policy", "policyassignments", "policydefinitions",
    "policyexemptions", "postgres", "pricings", "primary", "principal", "principalset", "privateendpoints",
    "profiles", "projecteditor", "projectowner", "projects", "projectviewer", "protecteditems",
    "protectioncontainers", "providers", "proximityplacementgroups", "publicipaddresses", "publicipprefixes",
    "pubsub", "queue", "queues", "queueservices", "recentquery", "recovery-point", "recoverypoints",
    "recoveryservices", "redis", "regional", "regionbackendservice", "regiondisk", "registries",
    "replication-instance", "replicationgroup", "replicationlinks", "replicationprotecteditems", "repositories",
    "repository", "resourcegraph", "resourcegroups", "resourcepolicies", "resourcepolicy", "resources",
    "restorabledatabaseaccounts", "restorabledroppeddatabases", "role", "roledefinitions", "root", "routers",
    "routes", "routetables", "rule", "saml-provider", "savedquery", "scan", "scheduledqueryrules",
    "searchallresources", "searchservices", "secret", "secretmanager", "secrets", "security-group",
    "securityinsights", "securitypolicies", "securitypolicy", "serverlesscache", "servers", "service-role",
    "serviceaccount", "servicebus", "servicemanagement", "serviceusage", "shares", "sinks", "smartdetectoralertrules",
    "snapshot", "snapshots", "snapshotsettings", "spanner", "sql", "sqladmin", "sqlcontainers", "sqldatabases",
    "sshpublickeys", "sslcertificate", "sslpolicy", "state-machine", "storage", "storageaccounts", "storagetransfer",
    "stream", "subgrp", "subnet", "subnetwork", "subnetworks", "subscriptions", "syncgroups", "syncmembers", "table",
    "table-bucket", "tables", "tableservices", "targetgroup", "targetgrpcproxy", "targethttpproxy",
    "targethttpsproxy", "targetinstance", "targetpool", "targetsslproxy", "targettcpproxy", "targetvpngateway",
    "task", "tenancy", "tenants", "topic", "topics", "trail", "transferjob", "transferjobs",
    "transparentdataencryption", "trust-store", "uniformbucketlevelaccess", "unknown", "urlmap", "user",
    "userassignedidentities", "vault", "vaults", "versions", "virtualmachines", "virtualmachinescalesets",
    "virtualnetworks", "volume", "vpc", "vpcflowlogsconfig", "vpcflowlogsconfigs", "vpngateway", "vpntunnel",
    "vulnerabilityreports", "vulnerabilityscanning", "webacl", "windows", "workgroup", "workspaces", "www",
];

#[cfg(test)]
mod tests {
    use super::PUBLIC;

    #[test]
    fn they_stand_in_order_and_once() {
        assert!(PUBLIC.is_sorted_by(|one, next| one < next));
        assert!(PUBLIC.iter().all(|word| **word == word.to_ascii_lowercase()));
    }
}
