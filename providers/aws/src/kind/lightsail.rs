//! Lightsail: machines, disks, databases, buckets and their snapshots, none of which the services they are like list.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::shared::{List, Page, moment, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{
    AccessLog, CopyRole, Exposure, Facet, Kind, Principal, PrincipalClass, Sources, Versioning,
};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use serde_json::{Value, json};

operation!(
    /// Every machine of the region.
    GET_INSTANCES = "lightsail" "GetInstances", needs "lightsail:GetInstances", quota quota::LIGHTSAIL,
    Per::Page(100), Post, facts "Lightsail machines: zone, labels"
);
operation!(
    /// Every disk of the region.
    GET_DISKS = "lightsail" "GetDisks", needs "lightsail:GetDisks", quota quota::LIGHTSAIL,
    Per::Page(100), Post, facts "Lightsail disks: zone, labels"
);
operation!(
    /// Snapshots of disks, copies from other regions included.
    GET_DISK_SNAPSHOTS = "lightsail" "GetDiskSnapshots", needs "lightsail:GetDiskSnapshots", quota quota::LIGHTSAIL,
    Per::Page(100), Post, facts "snapshots of Lightsail disks: source, labels"
);
operation!(
    /// Snapshots of machines, copies from other regions included.
    GET_INSTANCE_SNAPSHOTS = "lightsail" "GetInstanceSnapshots", needs "lightsail:GetInstanceSnapshots",
    quota quota::LIGHTSAIL, Per::Page(100), Post, facts "snapshots of Lightsail machines: source, labels"
);
operation!(
    /// Every database of the region.
    GET_RELATIONAL_DATABASES = "lightsail" "GetRelationalDatabases", needs "lightsail:GetRelationalDatabases",
    quota quota::LIGHTSAIL, Per::Page(100), Post, facts "Lightsail databases: zones, internet address, backups, version, labels"
);
operation!(
    /// Snapshots of databases.
    GET_RELATIONAL_DATABASE_SNAPSHOTS = "lightsail" "GetRelationalDatabaseSnapshots",
    needs "lightsail:GetRelationalDatabaseSnapshots", quota quota::LIGHTSAIL,
    Per::Page(100), Post, facts "snapshots of Lightsail databases: source, labels"
);
operation!(
    /// Every bucket of the region.
    GET_BUCKETS = "lightsail" "GetBuckets", needs "lightsail:GetBuckets", quota quota::LIGHTSAIL,
    Per::Page(100), Post, facts "Lightsail buckets: where they are, labels"
);

/// What Lightsail holds.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: SERVICE,
        reach: Reach::Region,
        kinds: &[Kind::Compute, Kind::Disk, Kind::Snapshot, Kind::Database, Kind::ObjectStore],
    },
    operations: &[
        &GET_INSTANCES,
        &GET_DISKS,
        &GET_DISK_SNAPSHOTS,
        &GET_INSTANCE_SNAPSHOTS,
        &GET_RELATIONAL_DATABASES,
        &GET_RELATIONAL_DATABASE_SNAPSHOTS,
        &GET_BUCKETS,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("Lightsail_20161128");
const SERVICE: &str = "lightsail";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let lists: [(&'static Operation, Read); 7] = [
        (&GET_INSTANCES, machine),
        (&GET_DISKS, disk),
        (&GET_DISK_SNAPSHOTS, snapshot),
        (&GET_INSTANCE_SNAPSHOTS, snapshot),
        (&GET_RELATIONAL_DATABASES, database),
        (&GET_RELATIONAL_DATABASE_SNAPSHOTS, snapshot),
        (&GET_BUCKETS, bucket),
    ];
    for (operation, read) in lists {
        let list = List::<Things>::of(session, Ask::of(operation, API, region, json!({})));
        tally
            .read(list, sink, |found, call| {
                std::future::ready(read(Listed { session, region, operation, call }, found))
            })
            .await;
    }
    tally.outcome()
}

type Read = fn(Listed<'_>, Thing) -> Fact;

/// Where and by which call something was listed.
struct Listed<'s> {
    session: &'s Session,
    region: &'s str,
    operation: &'static Operation,
    call: CallId,
}

#[derive(Deserialize)]
struct Things {
    #[serde(rename = "instances", alias = "disks", alias = "diskSnapshots", alias = "instanceSnapshots")]
    #[serde(alias = "relationalDatabases", alias = "relationalDatabaseSnapshots", alias = "buckets")]
    things: Vec<Thing>,
    #[serde(rename = "nextPageToken")]
    next: Option<String>,
}

/// Anything Lightsail lists: each sort says some of this.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thing {
    name: String,
    arn: String,
    created_at: Option<f64>,
    location: Option<Location>,
    #[serde(default)]
    tags: Vec<SmallTag>,
    /// A word, or more than that.
    state: Option<Value>,
    blueprint_id: Option<String>,
    from_disk_arn: Option<String>,
    from_instance_arn: Option<String>,
    from_relational_database_arn: Option<String>,
    engine: Option<String>,
    engine_version: Option<String>,
    secondary_availability_zone: Option<String>,
    backup_retention_enabled: Option<bool>,
    latest_restorable_time: Option<f64>,
    publicly_accessible: Option<bool>,
    #[serde(default)]
    readonly_access_accounts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    availability_zone: Option<String>,
}

/// A label, as Lightsail spells it: of a key alone there is no value.
#[derive(Deserialize)]
struct SmallTag {
    key: String,
    value: Option<String>,
}

page!(
    Things: Thing in things, "pageToken" from next, by |item| item.arn.clone(), own |item| Some(&item.arn)
);

/// A draft with what everything of Lightsail has.
fn draft<'s>(listed: &Listed<'s>, kind: Kind, found: &mut Thing) -> Draft<'s> {
    let (id, call) = (found.arn.clone(), &listed.call);
    let mut draft = Draft::new(listed.session, (kind, SERVICE), listed.region, id, &found.name, call);
    let zone = found.location.take().and_then(|location| location.availability_zone);
    if let Some(zone) = zone.filter(|zone| zone.starts_with(listed.region)) {
        draft.rests_in_zone(&zone);
    }
    let label = |tag: SmallTag| Tag { key: tag.key, value: tag.value.unwrap_or_default() };
    draft.tags(std::mem::take(&mut found.tags).into_iter().map(label).collect());
    if draft.resource.facets.contains(&Facet::Encryption) {
        let detail = "Lightsail does not say whether it is encrypted";
        draft.perhaps_encrypted(&Shortfall::without_call(GapReason::NotRead, detail));
    }
    draft
}

fn machine(listed: Listed<'_>, mut found: Thing) -> Fact {
    let mut draft = draft(&listed, Kind::Compute, &mut found);
    match found.blueprint_id.filter(|blueprint| !blueprint.is_empty()) {
        Some(blueprint) => draft.runs(SERVICE, &blueprint),
        None => {
            let detail = "the answer does not say software.version";
            draft.perhaps_runs(SERVICE, &malformed(&listed, detail));
        }
    }
    draft.finish()
}

fn malformed(listed: &Listed<'_>, detail: &str) -> Shortfall {
    Shortfall::of(listed.operation, GapReason::Malformed, Some(listed.call), detail)
}

fn disk(listed: Listed<'_>, mut found: Thing) -> Fact {
    draft(&listed, Kind::Disk, &mut found).finish()
}

fn snapshot(listed: Listed<'_>, mut found: Thing) -> Fact {
    let mut draft = draft(&listed, Kind::Snapshot, &mut found);
    // Nobody else can be let at it.
    draft.without(&[Facet::Sharing]);
    let from = [found.from_disk_arn, found.from_instance_arn, found.from_relational_database_arn];
    draft.resource.made_from =
        from.into_iter().flatten().find(|arn| !arn.is_empty()).map(|arn| shorten(&arn));
    let made = found.created_at.and_then(moment);
    let usable = matches!(found.state.as_ref().and_then(Value::as_str), Some("available" | "completed"));
    draft.point(made.as_deref(), None, usable, None);
    draft.finish()
}

/// Days that a database can be set back, where backups are on (Lightsail guide, point-in-time restore).
const BACKUP_DAYS: u32 = 7;

fn database(listed: Listed<'_>, mut found: Thing) -> Fact {
    let mut draft = draft(&listed, Kind::Database, &mut found);
    let second = found.secondary_availability_zone.filter(|zone| !zone.is_empty());
    if let Some(zone) = &second {
        draft.rests_in_zone_too(zone);
    }
    // Only plans of high availability have a second zone.
    draft.redundant(Observed::Seen(second.is_some()));
    match found.backup_retention_enabled {
        Some(on) => {
            if on {
                draft.copy(CopyRole::Backup, None, listed.region);
            }
            let latest = found.latest_restorable_time.and_then(moment).filter(|_| on);
            draft.recoverable(Some(if on { BACKUP_DAYS } else { 0 }), latest.as_deref());
        }
        None => {
            let silent = malformed(&listed, "the answer does not say how long backups are kept");
            draft.perhaps_recoverable(&silent);
            draft.perhaps_copied(CopyRole::Backup, &silent);
        }
    }
    let public =
        draft.said("network.public_address", found.publicly_accessible, listed.operation, listed.call);
    draft.addressed(public);
    match (found.engine.as_deref(), found.engine_version.as_deref()) {
        (Some(engine), Some(version)) => draft.runs(engine, version),
        (engine, _) => {
            let silent = malformed(&listed, "the answer does not say software.version");
            draft.perhaps_runs(engine.unwrap_or(SERVICE), &silent);
        }
    }
    draft.finish()
}

fn bucket(listed: Listed<'_>, mut found: Thing) -> Fact {
    let mut draft = draft(&listed, Kind::ObjectStore, &mut found);
    // Accesses to it are recorded by none of an account's own trails, and it is copied nowhere.
    draft.without(&[Facet::Replication, Facet::Audit, Facet::Expiry]);
    let unread = Shortfall::without_call(GapReason::NotRead, "this is not read for Lightsail buckets");
    let told = &mut *draft;
    let sheet = &mut told.sheet;
    told.resource.versioning = Some(Versioning {
        state: sheet.unseen("versioning.state", &unread),
        mfa_delete: sheet.unseen("versioning.mfa_delete", &unread),
    });
    told.resource.access_log = Some(AccessLog {
        enabled: sheet.unseen("access_log.enabled", &unread),
        target: sheet.unseen("access_log.target", &unread),
    });
    let others = found.readonly_access_accounts.iter().map(|account| Principal {
        id: shorten(account),
        class: PrincipalClass::Account,
        account: Some(shorten(account)),
        foreign: Observed::default(),
    });
    told.resource.sources = Some(Sources { bounds: sheet.unseen("sources.bounds", &unread) });
    draft.resource.exposure = Some(Exposure {
        public: sheet.unseen("exposure.public", &unread),
        public_access_blocked: sheet.unseen("exposure.public_access_blocked", &unread),
        tls_only: sheet.unseen("exposure.tls_only", &unread),
        principals: Observed::Seen(others.collect()),
    });
    draft.perhaps_hindered(&unread);
    draft.finish()
}
