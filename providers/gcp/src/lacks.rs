//! What things of some services have not, though things of their kind have: who verifies a run takes anything else for taken away.

use sekisho_contract::Lack;
use sekisho_contract::fact::{Facet, Kind};

/// Each stands where a draft is made `without` it.
pub const LACKS: &[Lack] = &[
    Lack {
        service: "bigtable",
        kind: Kind::Database,
        facets: &[Facet::Network, Facet::Software, Facet::Recovery],
    },
    Lack { service: "compute", kind: Kind::BackupPlan, facets: &[Facet::Coverage] },
    Lack { service: "compute", kind: Kind::BackupPlan, facets: &[Facet::Tags, Facet::Coverage] },
    Lack { service: "firestore", kind: Kind::Table, facets: &[Facet::Tags] },
    Lack { service: "iam", kind: Kind::Identities, facets: &[Facet::Identity] },
    Lack { service: "logging", kind: Kind::AuditTrail, facets: &[Facet::Tags] },
    Lack { service: "logging", kind: Kind::Delivery, facets: &[Facet::Tags] },
    Lack { service: "logging", kind: Kind::LogStore, facets: &[Facet::Tags] },
    Lack { service: "networks", kind: Kind::Delivery, facets: &[Facet::Tags] },
    Lack { service: "networks", kind: Kind::Detector, facets: &[Facet::Copies] },
    Lack { service: "networks", kind: Kind::Network, facets: &[Facet::Copies, Facet::Tags] },
    Lack { service: "osconfig", kind: Kind::Detector, facets: &[Facet::Copies] },
    Lack {
        service: "spanner",
        kind: Kind::Database,
        facets: &[Facet::Network, Facet::Software, Facet::Encryption, Facet::Recovery],
    },
    Lack { service: "spanner", kind: Kind::Table, facets: &[Facet::Tags] },
    Lack { service: "storage", kind: Kind::Delivery, facets: &[Facet::Tags] },
    Lack { service: "storage", kind: Kind::ObjectStore, facets: &[Facet::Replication] },
    Lack {
        service: "storage",
        kind: Kind::ObjectStore,
        facets: &[
            Facet::Replication,
            Facet::Versioning,
            Facet::Expiry,
            Facet::Exposure,
            Facet::AccessLog,
            Facet::Audit,
        ],
    },
];
