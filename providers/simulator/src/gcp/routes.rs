//! Every method there is: its path as the API's discovery document has it, and what it is answered from.
//!
//! `tests/python/discovery.py` holds this table to those documents.

use http::Method;

/// A method of an API.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) api: &'static str,
    pub(super) name: &'static str,
    pub(super) verb: Method,
    pub(super) path: &'static str,
    pub(super) serves: Serves,
}

/// What a method is answered from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Serves {
    /// Assets of a type right below the names the path gives, in a list of this name.
    List(&'static str, &'static str),
    /// Assets of a type in the bucket the path names, in a list of this name.
    BelowBucket(&'static str, &'static str),
    /// Assets of a type of the project that is asked about, in a list of this name.
    OfProject(&'static str, &'static str),
    /// Assets of a type, by zone or region.
    Aggregated(&'static str, &'static str),
    /// One asset of a type.
    One(&'static str),
    /// The names of so many segments that assets of these APIs begin with, in a list of this name.
    Above(&'static str, usize),
    /// The same, of those that have so many segments.
    AboveIn(&'static str, usize),
    /// The inventory.
    Assets,
    /// The index of the inventory.
    Search,
    /// The project, a folder.
    Container,
    /// The policy on the project, a folder, the organization.
    ContainerPolicy,
    /// The policy on an asset of a type.
    Policy(&'static str),
    /// The projects or folders below one.
    Below(&'static str),
    /// A policy of the organization as it holds.
    Effective,
    /// What the description says, or this.
    Said(&'static str),
    /// The same, of a folder or the organization.
    SaidAbove(&'static str),
}

use Serves::{
    Above, AboveIn, Aggregated, Assets, Below, BelowBucket, Container, ContainerPolicy, Effective, List,
    OfProject, One, Policy, Said, SaidAbove, Search,
};

const fn get(api: &'static str, name: &'static str, path: &'static str, serves: Serves) -> Route {
    Route { api, name, verb: Method::GET, path, serves }
}

const fn post(api: &'static str, name: &'static str, path: &'static str, serves: Serves) -> Route {
    Route { api, name, verb: Method::POST, path, serves }
}

/// Every method, the more telling paths of an API first.
#[rustfmt::skip]
pub(super) const ROUTES: &[Route] = &[
    get("cloudasset", "assets.list", "v1/{v1Id}/{v1Id1}/assets", Assets),
    get("cloudasset", "searchAllResources", "v1/{v1Id}/{v1Id1}:searchAllResources", Search),
    get("cloudresourcemanager", "projects.get", "v3/projects/{projectsId}", Container),
    get("cloudresourcemanager", "folders.get", "v3/folders/{foldersId}", Container),
    post("cloudresourcemanager", "projects.getIamPolicy", "v3/projects/{projectsId}:getIamPolicy", ContainerPolicy),
    post("cloudresourcemanager", "folders.getIamPolicy", "v3/folders/{foldersId}:getIamPolicy", ContainerPolicy),
    post("cloudresourcemanager", "organizations.getIamPolicy", "v3/organizations/{organizationsId}:getIamPolicy", ContainerPolicy),
    get("cloudresourcemanager", "projects.list", "v3/projects", Below("projects")),
    get("cloudresourcemanager", "folders.list", "v3/folders", Below("folders")),
    get("orgpolicy", "projects.policies.getEffectivePolicy", "v2/projects/{projectsId}/policies/{policiesId}:getEffectivePolicy", Effective),
    get("accessapproval", "projects.getAccessApprovalSettings", "v1/projects/{projectsId}/accessApprovalSettings", Said("")),
    get("storage", "buckets.list", "storage/v1/b", List("storage.googleapis.com/Bucket", "items")),
    get("storage", "managedFolders.list", "storage/v1/b/{bucket}/managedFolders", BelowBucket("storage.googleapis.com/ManagedFolder", "items")),
    get("storage", "managedFolders.getIamPolicy", "storage/v1/b/{bucket}/managedFolders/{managedFolder}/iam", Policy("storage.googleapis.com/ManagedFolder")),
    get("storagetransfer", "transferJobs.list", "v1/transferJobs", OfProject("storagetransfer.googleapis.com/TransferJob", "transferJobs")),
    get("storage", "buckets.get", "storage/v1/b/{bucket}", One("storage.googleapis.com/Bucket")),
    get("storage", "buckets.getIamPolicy", "storage/v1/b/{bucket}/iam", Policy("storage.googleapis.com/Bucket")),
    get("cloudkms", "projects.locations.list", "v1/projects/{projectsId}/locations", Above("locations", 4)),
    get("cloudkms", "projects.locations.keyRings.list", "v1/projects/{projectsId}/locations/{locationsId}/keyRings", Above("keyRings", 6)),
    get("cloudkms", "projects.locations.keyRings.cryptoKeys.list", "v1/projects/{projectsId}/locations/{locationsId}/keyRings/{keyRingsId}/cryptoKeys", List("cloudkms.googleapis.com/CryptoKey", "cryptoKeys")),
    get("cloudkms", "projects.locations.keyRings.cryptoKeys.cryptoKeyVersions.list", "v1/projects/{projectsId}/locations/{locationsId}/keyRings/{keyRingsId}/cryptoKeys/{cryptoKeysId}/cryptoKeyVersions", List("cloudkms.googleapis.com/CryptoKeyVersion", "cryptoKeyVersions")),
    get("sqladmin", "instances.list", "v1/projects/{project}/instances", List("sqladmin.googleapis.com/Instance", "items")),
    get("sqladmin", "backupRuns.list", "v1/projects/{project}/instances/{instance}/backupRuns", List("sqladmin.googleapis.com/BackupRun", "items")),
    get("sqladmin", "Backups.ListBackups", "v1/projects/{projectsId}/backups", List("sqladmin.googleapis.com/Backup", "backups")),
    get("compute", "disks.aggregatedList", "compute/v1/projects/{project}/aggregated/disks", Aggregated("compute.googleapis.com/Disk", "disks")),
    get("compute", "snapshots.list", "compute/v1/projects/{project}/global/snapshots", List("compute.googleapis.com/Snapshot", "items")),
    get("compute", "images.list", "compute/v1/projects/{project}/global/images", List("compute.googleapis.com/Image", "items")),
    get("compute", "machineImages.list", "compute/v1/projects/{project}/global/machineImages", List("compute.googleapis.com/MachineImage", "items")),
    get("compute", "resourcePolicies.aggregatedList", "compute/v1/projects/{project}/aggregated/resourcePolicies", Aggregated("compute.googleapis.com/ResourcePolicy", "resourcePolicies")),
    get("compute", "networks.list", "compute/v1/projects/{project}/global/networks", List("compute.googleapis.com/Network", "items")),
    get("compute", "subnetworks.aggregatedList", "compute/v1/projects/{project}/aggregated/subnetworks", Aggregated("compute.googleapis.com/Subnetwork", "subnetworks")),
    get("compute", "routes.list", "compute/v1/projects/{project}/global/routes", List("compute.googleapis.com/Route", "items")),
    get("compute", "securityPolicies.list", "compute/v1/projects/{project}/global/securityPolicies", List("compute.googleapis.com/SecurityPolicy", "items")),
    get("compute", "routers.aggregatedList", "compute/v1/projects/{project}/aggregated/routers", Aggregated("compute.googleapis.com/Router", "routers")),
    get("compute", "forwardingRules.aggregatedList", "compute/v1/projects/{project}/aggregated/forwardingRules", Aggregated("compute.googleapis.com/ForwardingRule", "forwardingRules")),
    get("compute", "globalForwardingRules.list", "compute/v1/projects/{project}/global/forwardingRules", List("compute.googleapis.com/GlobalForwardingRule", "items")),
    get("compute", "packetMirrorings.aggregatedList", "compute/v1/projects/{project}/aggregated/packetMirrorings", Aggregated("compute.googleapis.com/PacketMirroring", "packetMirrorings")),
    get("compute", "backendServices.aggregatedList", "compute/v1/projects/{project}/aggregated/backendServices", Aggregated("compute.googleapis.com/BackendService", "backendServices")),
    get("compute", "backendBuckets.list", "compute/v1/projects/{project}/global/backendBuckets", List("compute.googleapis.com/BackendBucket", "items")),
    get("networkmanagement", "projects.locations.vpcFlowLogsConfigs.list", "v1/projects/{projectsId}/locations/{locationsId}/vpcFlowLogsConfigs", List("networkmanagement.googleapis.com/VpcFlowLogsConfig", "vpcFlowLogsConfigs")),
    get("compute", "snapshotSettings.get", "compute/v1/projects/{project}/global/snapshotSettings", Said("{}")),
    get("logging", "projects.locations.buckets.list", "v2/projects/{projectsId}/locations/{locationsId}/buckets", List("logging.googleapis.com/LogBucket", "buckets")),
    get("logging", "projects.sinks.list", "v2/projects/{projectsId}/sinks", List("logging.googleapis.com/LogSink", "sinks")),
    get("logging", "folders.sinks.list", "v2/folders/{foldersId}/sinks", SaidAbove("{}")),
    get("logging", "organizations.sinks.list", "v2/organizations/{organizationsId}/sinks", SaidAbove("{}")),
    get("bigquery", "datasets.list", "bigquery/v2/projects/{projectsId}/datasets", List("bigquery.googleapis.com/Dataset", "datasets")),
    get("bigquery", "datasets.get", "bigquery/v2/projects/{projectsId}/datasets/{datasetsId}", One("bigquery.googleapis.com/Dataset")),
    get("spanner", "projects.instances.list", "v1/projects/{projectsId}/instances", List("spanner.googleapis.com/Instance", "instances")),
    get("spanner", "projects.instances.databases.list", "v1/projects/{projectsId}/instances/{instancesId}/databases", List("spanner.googleapis.com/Database", "databases")),
    get("spanner", "projects.instanceConfigs.get", "v1/projects/{projectsId}/instanceConfigs/{instanceConfigsId}", Said("")),
    get("spanner", "projects.instances.instancePartitions.list", "v1/projects/{projectsId}/instances/{instancesId}/instancePartitions", List("spanner.googleapis.com/InstancePartition", "instancePartitions")),
    get("firestore", "projects.databases.list", "v1/projects/{projectsId}/databases", List("firestore.googleapis.com/Database", "databases")),
    get("firestore", "projects.locations.backups.list", "v1/projects/{projectsId}/locations/{locationsId}/backups", List("firestore.googleapis.com/Backup", "backups")),
    get("bigtableadmin", "projects.instances.list", "v2/projects/{projectsId}/instances", List("bigtableadmin.googleapis.com/Instance", "instances")),
    get("bigtableadmin", "projects.instances.clusters.list", "v2/projects/{projectsId}/instances/{instancesId}/clusters", List("bigtableadmin.googleapis.com/Cluster", "clusters")),
    get("file", "projects.locations.instances.list", "v1/projects/{projectsId}/locations/{locationsId}/instances", List("file.googleapis.com/Instance", "instances")),
    get("file", "projects.locations.backups.list", "v1/projects/{projectsId}/locations/{locationsId}/backups", List("file.googleapis.com/Backup", "backups")),
    get("alloydb", "projects.locations.clusters.list", "v1/projects/{projectsId}/locations/{locationsId}/clusters", List("alloydb.googleapis.com/Cluster", "clusters")),
    get("alloydb", "projects.locations.clusters.instances.list", "v1/projects/{projectsId}/locations/{locationsId}/clusters/{clustersId}/instances", List("alloydb.googleapis.com/Instance", "instances")),
    get("alloydb", "projects.locations.backups.list", "v1/projects/{projectsId}/locations/{locationsId}/backups", List("alloydb.googleapis.com/Backup", "backups")),
    get("backupdr", "projects.locations.backupVaults.list", "v1/projects/{projectsId}/locations/{locationsId}/backupVaults", List("backupdr.googleapis.com/BackupVault", "backupVaults")),
    get("backupdr", "projects.locations.backupVaults.dataSources.list", "v1/projects/{projectsId}/locations/{locationsId}/backupVaults/{backupVaultsId}/dataSources", AboveIn("dataSources", 8)),
    get("backupdr", "projects.locations.backupVaults.dataSources.backups.list", "v1/projects/{projectsId}/locations/{locationsId}/backupVaults/{backupVaultsId}/dataSources/{dataSourcesId}/backups", List("backupdr.googleapis.com/Backup", "backups")),
    get("pubsub", "projects.subscriptions.list", "v1/projects/{projectsId}/subscriptions", List("pubsub.googleapis.com/Subscription", "subscriptions")),
    get("pubsub", "projects.topics.list", "v1/projects/{projectsId}/topics", List("pubsub.googleapis.com/Topic", "topics")),
    get("secretmanager", "projects.secrets.list", "v1/projects/{projectsId}/secrets", List("secretmanager.googleapis.com/Secret", "secrets")),
    get("artifactregistry", "projects.locations.list", "v1/projects/{projectsId}/locations", Above("locations", 4)),
    get("artifactregistry", "projects.locations.repositories.list", "v1/projects/{projectsId}/locations/{locationsId}/repositories", List("artifactregistry.googleapis.com/Repository", "repositories")),
    get("ids", "projects.locations.endpoints.list", "v1/projects/{projectsId}/locations/{locationsId}/endpoints", List("ids.googleapis.com/Endpoint", "endpoints")),
];

impl Route {
    /// What a path gives for the names in this one's, if it is one of its.
    pub(super) fn captured(&self, path: &str) -> Option<Vec<String>> {
        let (mut own, mut given) = (self.path.split('/'), path.split('/'));
        let mut captured = Vec::new();
        loop {
            match (own.next(), given.next()) {
                (None, None) => return Some(captured),
                (Some(pattern), Some(part)) => match pattern.strip_prefix('{') {
                    Some(rest) => {
                        let (_, verb) = rest.split_once('}')?;
                        let value = part.strip_suffix(verb)?;
                        // A verb of another method is no part of a name; ids of domains' projects hold a colon.
                        let other = verb.is_empty()
                            && value.rsplit_once(':').is_some_and(|(_, verb)| VERBS.contains(&verb));
                        if value.is_empty() || other {
                            return None;
                        }
                        captured.push(
                            percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned(),
                        );
                    }
                    None if pattern == part => {}
                    None => return None,
                },
                _ => return None,
            }
        }
    }
}

const VERBS: [&str; 3] = ["getIamPolicy", "searchAllResources", "getEffectivePolicy"];
