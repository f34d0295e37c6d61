//! A thing in a cloud that holds, moves, protects or records data.

use super::copy::Copy;
use super::facets::{
    AccessLog, AuditCoverage, Coverage, Defaults, Encryption, Erasure, Expiry, Exposure, Guard, Identity,
    KeyFacet, Network, Point, Protection, Recovery, Redundancy, Replication, Retention, Sharing, Software,
    Traffic, TrailFacet, Trust, Versioning, Zones,
};
use super::sources::{Endpoints, Sources};
use crate::call::CallId;
use crate::call::jiff_timestamp::Timestamp;
use crate::observed::Observed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing in a cloud.
///
/// `facets` names what this kind of thing has, whether or not it was seen; the parts themselves carry
/// only what was. A check asks `'encryption' in subject.facets`, never for the presence of a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resource {
    /// The provider's own identifier, unique within a tenancy (an ARN, a resource id).
    pub id: String,
    /// `aws`, `azure`, `gcp` or a plugin's name.
    pub provider: String,
    /// The account that holds it.
    pub account: String,
    /// The region it is administered in, or `unknown`.
    pub region: String,
    /// The service's short name.
    pub service: String,
    /// What it is, in provider-neutral words.
    pub kind: Kind,
    /// The name people know it by.
    pub name: String,
    /// What this kind of thing has, seen or not.
    pub facets: Vec<Facet>,
    /// Whether it holds confidential or personal information (要機密情報); decided by the tenancy file.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub confidential: Observed<bool>,
    /// What confidential data flow into it from, where the tenancy file itself takes it out of scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidential_through: Option<String>,
    /// Whether it must stay available (要安定情報); decided by the tenancy file.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub availability_critical: Observed<bool>,
    /// The resource whose data it holds a copy of, where it was made from one: a snapshot's disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_from: Option<String>,
    /// Labels put on it by its owner.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub tags: Observed<BTreeMap<String, String>>,
    /// Every place its bytes rest or may rest.
    pub copies: Vec<Copy>,
    /// Encryption at rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// Kept versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versioning: Option<Versioning>,
    /// Replication rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication: Option<Replication>,
    /// Automatic expiry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Expiry>,
    /// What stands in the way of erasing it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasure: Option<Erasure>,
    /// Who else can reach it, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure: Option<Exposure>,
    /// From where it can be reached at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<Sources>,
    /// Ways by which it reaches the provider's services without the internet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Endpoints>,
    /// With whom it is shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing: Option<Sharing>,
    /// Whether it can be reached from the internet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// The log of accesses to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_log: Option<AccessLog>,
    /// Which audit trails record accesses to its data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditCoverage>,
    /// How long what it records is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// Properties of an encryption key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyFacet>,
    /// Properties of an audit trail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trail: Option<TrailFacet>,
    /// How it comes through the failure of a zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redundancy: Option<Redundancy>,
    /// What its own service can set it back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
    /// The moment its data can be set back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// What it makes backups of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// The latest backup of what it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
    /// What software it runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software: Option<Software>,
    /// Traffic between it and the internet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
    /// What it watches for, and whether.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Guard>,
    /// How identities are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Whom its roles let in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
    /// What is done there without anybody asking for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defaults: Option<Defaults>,
    /// Zones beyond its region's data centres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zones: Option<Zones>,
    /// What was not seen now, but in a record that the provider made of it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured: Option<Captured>,
    /// The calls that showed each facet.
    pub evidence: BTreeMap<String, Vec<CallId>>,
}

/// Parts of a fact that were shown by a record the provider made, and the moment they are of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Captured {
    /// When the provider recorded it (RFC 3339, UTC). Nothing that it recorded has changed since then.
    pub at: Timestamp,
    /// The parts that the record shows, in order.
    pub facets: Vec<String>,
}

impl Resource {
    /// A resource with no part filled in yet.
    pub fn new(
        kind: Kind,
        provider: &str,
        account: &str,
        region: &str,
        service: &str,
        id: String,
        name: String,
    ) -> Self {
        Self {
            id,
            provider: provider.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            kind,
            name,
            facets: kind.facets().to_vec(),
            confidential: Observed::default(),
            confidential_through: None,
            availability_critical: Observed::default(),
            made_from: None,
            tags: Observed::default(),
            copies: Vec::new(),
            encryption: None,
            versioning: None,
            replication: None,
            expiry: None,
            erasure: None,
            exposure: None,
            sources: None,
            endpoints: None,
            sharing: None,
            network: None,
            access_log: None,
            audit: None,
            retention: None,
            key: None,
            trail: None,
            redundancy: None,
            recovery: None,
            point: None,
            coverage: None,
            protection: None,
            software: None,
            traffic: None,
            guard: None,
            identity: None,
            trust: None,
            defaults: None,
            zones: None,
            captured: None,
            evidence: BTreeMap::new(),
        }
    }
}

macro_rules! names {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$inner])* #[serde(rename = $text)] $variant,)* }
        impl $name {
            /// Every one, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// The word used in files.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text,)* } }
        }
    };
}

names! {
    /// What a resource is.
    Kind {
        /// A container of objects (bucket).
        ObjectStore = "object_store",
        /// An encryption key.
        Key = "key",
        /// A recorder of administrative and data accesses.
        AuditTrail = "audit_trail",
        /// A store of log records (log group).
        LogStore = "log_store",
        /// A database server, cluster or warehouse.
        Database = "database",
        /// A table of a database without servers of its own.
        Table = "table",
        /// A disk.
        Disk = "disk",
        /// A snapshot of a disk, database or search index.
        Snapshot = "snapshot",
        /// An image machines are started from.
        MachineImage = "machine_image",
        /// A shared file system.
        FileSystem = "file_system",
        /// A vault that backups are kept in.
        BackupVault = "backup_vault",
        /// One backup in a vault, or kept by its service.
        RecoveryPoint = "recovery_point",
        /// A schedule that makes backups and copies of backups.
        BackupPlan = "backup_plan",
        /// What a backup service says of one thing it protects.
        Protection = "protection",
        /// A secret or a configuration value.
        Secret = "secret",
        /// A registry of container images.
        ImageRegistry = "image_registry",
        /// A queue, topic or stream that holds messages for a while.
        MessageStore = "message_store",
        /// A search index or cache cluster that holds copies of data.
        SearchIndex = "search_index",
        /// Something that carries data on to another place.
        Delivery = "delivery",
        /// A way into a store, with a policy of its own.
        AccessPoint = "access_point",
        /// Code that runs on data: a function, a cluster.
        Compute = "compute",
        /// A network.
        Network = "network",
        /// Something that watches: a detector, a firewall, a scanner.
        Detector = "detector",
        /// The identities of an account.
        Identities = "identities",
        /// What an account has set for a region as a whole.
        RegionSettings = "region_settings",
        /// A thing of a sort that is not read: a list over services names it, and nothing more is known of it.
        Other = "other",
    }
}

names! {
    /// A part of a fact that some kinds have.
    Facet {
        /// Places.
        Copies = "copies",
        /// Labels.
        Tags = "tags",
        /// Encryption at rest.
        Encryption = "encryption",
        /// Kept versions.
        Versioning = "versioning",
        /// Replication rules.
        Replication = "replication",
        /// Automatic expiry.
        Expiry = "expiry",
        /// Obstacles to erasure.
        Erasure = "erasure",
        /// Reach of others.
        Exposure = "exposure",
        /// From where it can be reached.
        Sources = "sources",
        /// Ways to services without the internet.
        Endpoints = "endpoints",
        /// With whom it is shared.
        Sharing = "sharing",
        /// Reach from the internet.
        Network = "network",
        /// Log of accesses.
        AccessLog = "access_log",
        /// Recording by audit trails.
        Audit = "audit",
        /// How long records are kept.
        Retention = "retention",
        /// Key properties.
        Key = "key",
        /// Trail properties.
        Trail = "trail",
        /// Going on in another zone.
        Redundancy = "redundancy",
        /// Setting back.
        Recovery = "recovery",
        /// The moment it holds.
        Point = "point",
        /// What is backed up.
        Coverage = "coverage",
        /// The latest backup.
        Protection = "protection",
        /// Software.
        Software = "software",
        /// Traffic with the internet.
        Traffic = "traffic",
        /// Watching.
        Guard = "guard",
        /// Keeping of identities.
        Identity = "identity",
        /// Trust in others.
        Trust = "trust",
        /// What is done without asking.
        Defaults = "defaults",
        /// Zones beyond the data centres of a region.
        Zones = "zones",
    }
}

impl Kind {
    /// What only some things of this kind have: those of one provider, or of one service.
    pub const fn facets_of_some(self) -> &'static [Facet] {
        match self {
            Self::Network => &[Facet::Endpoints],
            Self::ObjectStore
            | Self::Key
            | Self::BackupVault
            | Self::MessageStore
            | Self::AccessPoint
            | Self::Secret
            | Self::Database => &[Facet::Sources],
            _ => &[],
        }
    }

    /// What things of this kind have, seen or not.
    pub const fn facets(self) -> &'static [Facet] {
        use Facet::*;
        match self {
            Self::ObjectStore => &[
                Copies,
                Tags,
                Encryption,
                Versioning,
                Replication,
                Expiry,
                Erasure,
                Exposure,
                Sources,
                AccessLog,
                Audit,
            ],
            Self::Key => &[Copies, Tags, Erasure, Exposure, Key],
            Self::AuditTrail => &[Copies, Tags, Encryption, Retention, Trail],
            Self::LogStore => &[Copies, Tags, Encryption, Erasure, Retention],
            Self::Database => &[Copies, Tags, Encryption, Erasure, Network, Redundancy, Recovery, Software],
            Self::Table => &[Copies, Tags, Encryption, Erasure, Recovery],
            Self::SearchIndex => &[Copies, Tags, Encryption, Erasure, Software],
            Self::Disk | Self::MessageStore => &[Copies, Tags, Encryption],
            Self::Snapshot => &[Copies, Tags, Encryption, Erasure, Sharing, Point],
            Self::MachineImage => &[Copies, Tags, Erasure, Sharing],
            Self::FileSystem => &[Copies, Tags, Encryption, Erasure, Redundancy],
            Self::BackupVault => &[Copies, Encryption, Erasure, Exposure],
            Self::RecoveryPoint => &[Copies, Encryption, Erasure, Point],
            Self::BackupPlan => &[Copies, Tags, Coverage],
            Self::Protection => &[Copies, Protection],
            Self::Delivery => &[Copies, Tags],
            Self::AccessPoint => &[Copies, Exposure],
            Self::Secret => &[Copies, Tags, Encryption, Erasure],
            Self::ImageRegistry => &[Copies, Tags, Encryption],
            Self::Compute => &[Copies, Tags, Encryption, Software],
            Self::Network => &[Copies, Tags, Traffic],
            Self::Detector => &[Copies, Guard],
            Self::Identities => &[Identity, Trust],
            Self::RegionSettings => &[Defaults, Zones],
            Self::Other => &[Copies, Tags],
        }
    }
}
