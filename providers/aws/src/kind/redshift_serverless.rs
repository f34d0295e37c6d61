//! Redshift Serverless: warehouses without servers, and their snapshots.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all, region_of};
use super::parts::{labelled, named_key, not_read, perhaps_runs, runs};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind, Recovery};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every namespace, which holds the data, of the region.
    LIST_NAMESPACES = "redshift-serverless" "ListNamespaces", needs "redshift-serverless:ListNamespaces",
    quota quota::REDSHIFT_SERVERLESS, Per::Page(100), Post, facts "warehouses without servers: key"
);
operation!(
    /// Every workgroup, which computes for a namespace.
    LIST_WORKGROUPS = "redshift-serverless" "ListWorkgroups", needs "redshift-serverless:ListWorkgroups",
    quota quota::REDSHIFT_SERVERLESS, Per::Page(100), Post,
    facts "of warehouses without servers: internet address, version"
);
operation!(
    /// To which regions snapshots are copied.
    LIST_SNAPSHOT_COPY_CONFIGURATIONS = "redshift-serverless" "ListSnapshotCopyConfigurations",
    needs "redshift-serverless:ListSnapshotCopyConfigurations", quota quota::REDSHIFT_SERVERLESS, Per::Page(100),
    Post, facts "to which regions snapshots of warehouses without servers are copied"
);
operation!(
    /// Every snapshot in the region.
    LIST_SNAPSHOTS = "redshift-serverless" "ListSnapshots", needs "redshift-serverless:ListSnapshots",
    quota quota::REDSHIFT_SERVERLESS, Per::Page(100), Post,
    facts "snapshots of warehouses without servers: source, moment, key, sharing"
);
operation!(
    /// Labels.
    LIST_TAGS = "redshift-serverless" "ListTagsForResource", needs "redshift-serverless:ListTagsForResource",
    quota quota::REDSHIFT_SERVERLESS, Per::Resource, Post, facts "labels of warehouses without servers and of snapshots"
);

/// Warehouses without servers.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Database, Kind::Snapshot] },
    operations: &[
        &LIST_NAMESPACES,
        &LIST_WORKGROUPS,
        &LIST_SNAPSHOT_COPY_CONFIGURATIONS,
        &LIST_SNAPSHOTS,
        &LIST_TAGS,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("RedshiftServerless");
const SERVICE: &str = "redshift-serverless";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = |operation| Ask::of(operation, API, region, json!({"maxResults": 100}));
    let workgroups = all(List::<Workgroups>::of(session, ask(&LIST_WORKGROUPS))).await;
    let copies = all(List::<SnapshotCopies>::of(session, ask(&LIST_SNAPSHOT_COPY_CONFIGURATIONS))).await;
    // Where these were not seen, that holds for the whole cell: there need be no namespace to say so.
    let unseen = [workgroups.as_ref().err(), copies.as_ref().err()];
    unseen.into_iter().flatten().for_each(|shortfall| tally.fell_short(shortfall.clone()));
    let (workgroups, copies) = (&workgroups, &copies);
    let list = List::<Namespaces>::of(session, ask(&LIST_NAMESPACES));
    tally.read(list, sink, |one, call| namespace(session, region, one, call, workgroups, copies)).await;
    let list = List::<Snapshots>::of(session, ask(&LIST_SNAPSHOTS));
    tally.read(list, sink, |one, call| snapshot(session, region, one, call)).await;
    tally.outcome()
}

/// A list that was read before, or why it was not.
type Listed<T> = Result<Vec<(T, CallId)>, Shortfall>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Workgroups {
    workgroups: Vec<Workgroup>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Workgroup {
    workgroup_name: String,
    namespace_name: Option<String>,
    publicly_accessible: Option<bool>,
    patch_version: Option<String>,
    workgroup_version: Option<String>,
}

page!(Workgroups: Workgroup in workgroups, "nextToken" from next_token, by |item| item.workgroup_name.clone());

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SnapshotCopies {
    snapshot_copy_configurations: Vec<SnapshotCopy>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SnapshotCopy {
    snapshot_copy_configuration_id: String,
    namespace_name: Option<String>,
    destination_region: Option<String>,
}

page!(
    SnapshotCopies: SnapshotCopy in snapshot_copy_configurations, "nextToken" from next_token,
    by |item| item.snapshot_copy_configuration_id.clone()
);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Namespaces {
    namespaces: Vec<Namespace>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Namespace {
    namespace_arn: String,
    namespace_name: String,
    kms_key_id: Option<String>,
}

page!(
    Namespaces: Namespace in namespaces, "nextToken" from next_token, by |item| item.namespace_arn.clone(),
    own |item| Some(&item.namespace_arn)
);

/// Recovery points are taken every half hour and kept for a day; that cannot be changed.
const RECOVERY_DAYS: u32 = 1;

async fn namespace(
    session: &Session,
    region: &str,
    found: Namespace,
    call: CallId,
    workgroups: &Listed<Workgroup>,
    copies: &Listed<SnapshotCopy>,
) -> Fact {
    let (arn, name) = (found.namespace_arn.clone(), &found.namespace_name);
    let mut draft = Draft::new(session, (Kind::Database, SERVICE), region, found.namespace_arn, name, &call);
    draft.copy(CopyRole::Backup, None, region);
    copied(&mut draft, name, copies);
    // What is stored here is always encrypted.
    draft.encrypted(Observed::Seen(true), named_key(found.kms_key_id.as_deref()));
    computed(&mut draft, name, workgroups);
    let untold = not_read("whether it goes on in another zone is not told");
    let multi_zone = draft.sheet.unseen("redundancy.multi_zone", &untold);
    draft.redundant(multi_zone);
    draft.resource.recovery = Some(Recovery {
        continuous: Observed::Seen(false),
        window_days: Observed::Seen(Some(RECOVERY_DAYS)),
        latest: Observed::Seen(None),
    });
    tags(session, region, &arn, &mut draft).await;
    draft.finish()
}

/// Where its snapshots are copied to.
fn copied(draft: &mut Draft<'_>, name: &str, copies: &Listed<SnapshotCopy>) {
    let copies = match copies {
        Ok(copies) => copies,
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Backup, shortfall),
    };
    for (copy, call) in copies {
        if copy.namespace_name.as_deref().is_some_and(|of| of != name) {
            continue;
        }
        draft.sheet.shown("copies", call);
        match copy.destination_region.as_deref().filter(|there| !there.is_empty()) {
            Some(there) if copy.namespace_name.is_some() => draft.copy(CopyRole::Backup, None, there),
            _ => {
                let operation = &LIST_SNAPSHOT_COPY_CONFIGURATIONS;
                let detail = "snapshots are copied to a region that is not named";
                let unnamed = Shortfall::of(operation, GapReason::Malformed, Some(*call), detail);
                draft.perhaps_copied(CopyRole::Backup, &unnamed);
            }
        }
    }
}

/// What computes for it: where that is reached from, and what it runs on.
fn computed(draft: &mut Draft<'_>, name: &str, workgroups: &Listed<Workgroup>) {
    let workgroups = match workgroups {
        Ok(workgroups) => workgroups,
        Err(shortfall) => {
            let public = draft.sheet.unseen("network.public_address", shortfall);
            draft.addressed(public);
            return perhaps_runs(draft, shortfall);
        }
    };
    let mut own = workgroups
        .iter()
        .filter(|(one, _)| one.namespace_name.as_deref().is_none_or(|of| of == name))
        .peekable();
    let Some((first, call)) = own.peek() else {
        // Nothing computes: what is stored has no address and runs on nothing.
        return draft.without(&[Facet::Network, Facet::Software]);
    };
    let version = first.patch_version.as_deref().or(first.workgroup_version.as_deref());
    runs(draft, Some(SERVICE), version, &LIST_WORKGROUPS, *call);
    let mut public = Observed::Seen(false);
    for (workgroup, call) in own {
        draft.sheet.shown("network", call);
        draft.sheet.shown("software", call);
        let this =
            draft.said("network.public_address", workgroup.publicly_accessible, &LIST_WORKGROUPS, *call);
        public = public.or(this);
    }
    draft.addressed(public);
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshots {
    snapshots: Vec<Snapshot>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot {
    snapshot_arn: String,
    snapshot_name: Option<String>,
    namespace_arn: Option<String>,
    snapshot_create_time: Option<String>,
    status: Option<String>,
    kms_key_id: Option<String>,
    accounts_with_restore_access: Option<Vec<String>>,
    accounts_with_provisioned_restore_access: Option<Vec<String>>,
}

page!(
    Snapshots: Snapshot in snapshots, "nextToken" from next_token, by |item| item.snapshot_arn.clone(),
    own |item| Some(&item.snapshot_arn)
);

async fn snapshot(session: &Session, region: &str, found: Snapshot, call: CallId) -> Fact {
    let arn = found.snapshot_arn.clone();
    let name = found.snapshot_name.as_deref().unwrap_or(&arn);
    let mut draft = Draft::new(session, (Kind::Snapshot, SERVICE), region, found.snapshot_arn, name, &call);
    draft.encrypted(Observed::Seen(true), named_key(found.kms_key_id.as_deref()));
    // Of a copy it is not said of which moment its data are.
    let here = found.namespace_arn.as_deref().and_then(region_of) == Some(region);
    let made = found.snapshot_create_time.as_deref().filter(|_| here);
    draft.point(made, None, found.status.as_deref() == Some("AVAILABLE"), None);
    draft.resource.made_from = found.namespace_arn.as_deref().map(shorten);
    // None is told where nobody else may restore it.
    let readers = [found.accounts_with_restore_access, found.accounts_with_provisioned_restore_access];
    let readers: Vec<String> = readers.into_iter().flatten().flatten().collect();
    draft.shared(false, &readers);
    tags(session, region, &arn, &mut draft).await;
    draft.finish()
}

#[derive(Deserialize)]
struct Tags {
    tags: Vec<Tag>,
}

async fn tags(session: &Session, region: &str, arn: &str, draft: &mut Draft<'_>) {
    let ask = Ask::of(&LIST_TAGS, API, region, json!({"resourceArn": arn})).about(arn);
    labelled(draft, session.told::<Tags>(ask).await, |told| told.tags);
}
