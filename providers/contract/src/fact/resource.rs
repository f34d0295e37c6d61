//! A thing in a cloud that holds, moves, protects or records data.

use super::copy::Copy;
use super::facets::{
    AccessLog, AuditCoverage, Encryption, Erasure, Expiry, Exposure, KeyFacet, Replication, Retention,
    TrailFacet, Versioning,
};
use crate::call::CallId;
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
    /// The calls that showed each facet.
    pub evidence: BTreeMap<String, Vec<CallId>>,
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
            tags: Observed::default(),
            copies: Vec::new(),
            encryption: None,
            versioning: None,
            replication: None,
            expiry: None,
            erasure: None,
            exposure: None,
            access_log: None,
            audit: None,
            retention: None,
            key: None,
            trail: None,
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
    }
}

impl Kind {
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
                AccessLog,
                Audit,
            ],
            Self::Key => &[Copies, Tags, Erasure, Exposure, Key],
            Self::AuditTrail => &[Copies, Tags, Encryption, Retention, Trail],
            Self::LogStore => &[Copies, Tags, Encryption, Erasure, Retention],
        }
    }
}
