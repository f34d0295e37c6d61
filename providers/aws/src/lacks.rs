//! What things of some services have not, though things of their kind have: who verifies a run takes anything else for taken away.

use sekisho_contract::Lack;
use sekisho_contract::fact::{Facet, Kind};

/// Each stands where a draft is made `without` it.
pub const LACKS: &[Lack] = &[
    Lack { service: "aoss", kind: Kind::SearchIndex, facets: &[Facet::Software] },
    Lack { service: "bedrock", kind: Kind::Delivery, facets: &[Facet::Tags] },
    Lack { service: "cloudtrail", kind: Kind::AuditTrail, facets: &[Facet::Tags] },
    Lack { service: "docdb-elastic", kind: Kind::Database, facets: &[Facet::Network, Facet::Software] },
    Lack { service: "docdb-elastic", kind: Kind::Snapshot, facets: &[Facet::Sharing] },
    Lack { service: "dsql", kind: Kind::Database, facets: &[Facet::Software] },
    Lack { service: "dynamodb", kind: Kind::Delivery, facets: &[Facet::Tags] },
    Lack { service: "ec2", kind: Kind::MachineImage, facets: &[Facet::Sharing] },
    Lack { service: "ec2", kind: Kind::Snapshot, facets: &[Facet::Sharing] },
    Lack { service: "ec2-instances", kind: Kind::Compute, facets: &[Facet::Software] },
    Lack { service: "ec2-instances", kind: Kind::Compute, facets: &[Facet::Encryption, Facet::Software] },
    Lack { service: "ecs", kind: Kind::Compute, facets: &[Facet::Software] },
    Lack { service: "elasticache", kind: Kind::Snapshot, facets: &[Facet::Sharing] },
    Lack { service: "kms", kind: Kind::Key, facets: &[Facet::Tags, Facet::Erasure, Facet::Exposure] },
    Lack { service: "lambda", kind: Kind::Compute, facets: &[Facet::Encryption] },
    Lack {
        service: "lightsail",
        kind: Kind::ObjectStore,
        facets: &[Facet::Replication, Facet::Audit, Facet::Expiry],
    },
    Lack { service: "lightsail", kind: Kind::Snapshot, facets: &[Facet::Sharing] },
    Lack { service: "memorydb", kind: Kind::Database, facets: &[Facet::Network] },
    Lack { service: "memorydb", kind: Kind::Snapshot, facets: &[Facet::Sharing] },
    Lack { service: "rds", kind: Kind::Database, facets: &[Facet::Network] },
    Lack { service: "rds", kind: Kind::Database, facets: &[Facet::Recovery, Facet::Redundancy] },
    Lack {
        service: "rds",
        kind: Kind::Database,
        facets: &[
            Facet::Tags,
            Facet::Encryption,
            Facet::Network,
            Facet::Redundancy,
            Facet::Recovery,
            Facet::Software,
        ],
    },
    Lack { service: "rds", kind: Kind::Delivery, facets: &[Facet::Tags] },
    Lack { service: "redshift", kind: Kind::Delivery, facets: &[Facet::Tags] },
    Lack { service: "redshift-serverless", kind: Kind::Database, facets: &[Facet::Network, Facet::Software] },
    Lack { service: "s3control", kind: Kind::Delivery, facets: &[Facet::Tags] },
    Lack {
        service: "s3express",
        kind: Kind::ObjectStore,
        facets: &[Facet::Versioning, Facet::Replication, Facet::AccessLog, Facet::Audit],
    },
    Lack {
        service: "s3tables",
        kind: Kind::ObjectStore,
        facets: &[Facet::Versioning, Facet::Expiry, Facet::AccessLog, Facet::Audit],
    },
];
