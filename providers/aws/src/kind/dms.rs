//! Database Migration Service: machines that carry databases, and the tasks they carry out.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::flow::region_of_address;
use super::parts::{besides, copied_to_bucket, labelled, runs};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every machine of the region.
    DESCRIBE_REPLICATION_INSTANCES = "dms" "DescribeReplicationInstances",
    needs "dms:DescribeReplicationInstances", quota quota::DMS, Per::Page(100), Post,
    facts "machines that carry databases: zones, key, address on the internet, version"
);
operation!(
    /// Every task of the region.
    DESCRIBE_REPLICATION_TASKS = "dms" "DescribeReplicationTasks", needs "dms:DescribeReplicationTasks",
    quota quota::DMS, Per::Page(100), Post, facts "tasks that carry databases: from where, to where"
);
operation!(
    /// Every task of the region that needs no machine of its own.
    DESCRIBE_REPLICATION_CONFIGS = "dms" "DescribeReplicationConfigs",
    needs "dms:DescribeReplicationConfigs", quota quota::DMS, Per::Page(100), Post,
    facts "tasks without machines that carry databases: from where, to where, key"
);
operation!(
    /// What tasks carry from and to.
    DESCRIBE_ENDPOINTS = "dms" "DescribeEndpoints", needs "dms:DescribeEndpoints", quota quota::DMS,
    Per::Page(100), Post, facts "where the ends of tasks lie that carry databases"
);
operation!(
    /// Labels.
    LIST_TAGS_FOR_RESOURCE = "dms" "ListTagsForResource", needs "dms:ListTagsForResource", quota quota::DMS,
    Per::Resource, Post, facts "labels of what carries databases"
);

/// Machines and tasks that carry databases.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Delivery] },
    operations: &[
        &DESCRIBE_ENDPOINTS,
        &DESCRIBE_REPLICATION_INSTANCES,
        &DESCRIBE_REPLICATION_TASKS,
        &DESCRIBE_REPLICATION_CONFIGS,
        &LIST_TAGS_FOR_RESOURCE,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("AmazonDMSv20160101");
const SERVICE: &str = "dms";

/// What tasks carry from and to, or why it was not seen.
type Ends = Result<Vec<(End, CallId)>, Shortfall>;

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = |operation| Ask::of(operation, API, region, json!({"MaxRecords": 100}));
    let ends: Ends = all(List::<EndPage>::of(session, ask(&DESCRIBE_ENDPOINTS))).await;
    let ends = &ends;
    let list = List::<Machines>::of(session, ask(&DESCRIBE_REPLICATION_INSTANCES));
    tally.read(list, sink, |one, call| machine(session, region, one, call)).await;
    let mut tasks = ask(&DESCRIBE_REPLICATION_TASKS);
    // Their settings are long, and none says where they carry to.
    tasks.body["WithoutSettings"] = json!(true);
    let list = List::<Tasks>::of(session, tasks);
    tally.read(list, sink, |one, call| task(session, region, one, call, ends)).await;
    let list = List::<Configs>::of(session, ask(&DESCRIBE_REPLICATION_CONFIGS));
    tally.read(list, sink, |one, call| config(session, region, one, call, ends)).await;
    tally.unsaid([ends.as_ref().err()]);
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EndPage {
    endpoints: Vec<End>,
    marker: Option<String>,
}

/// A place that tasks carry from or to: a server by its name, or something of the provider's.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct End {
    endpoint_arn: String,
    server_name: Option<String>,
    s3_settings: Option<Bucket>,
    neptune_settings: Option<Staging>,
    redshift_settings: Option<Bucket>,
    kinesis_settings: Option<Stream>,
    elasticsearch_settings: Option<Domain>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Bucket {
    bucket_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Staging {
    s3_bucket_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stream {
    stream_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Domain {
    endpoint_uri: Option<String>,
}

page!(EndPage: End in endpoints, "Marker" from marker, by |item| item.endpoint_arn.clone());

/// Services whose servers' names tell their region.
const SERVERS: [&str; 6] = ["rds", "docdb", "neptune", "redshift", "es", "aoss"];

/// Notes where one end of a task lies.
async fn end(session: &Session, draft: &mut Draft<'_>, arn: Option<&str>, ends: &Ends) {
    let arn = arn.unwrap_or_default();
    let unread = |reason| {
        let detail = format!("where the endpoint {} lies was not read", shorten(arn));
        Shortfall::without_call(reason, detail)
    };
    let found = match ends {
        Ok(ends) => ends.iter().find(|(end, _)| end.endpoint_arn == arn),
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Transit, shortfall),
    };
    let Some((end, call)) = found else {
        return draft.perhaps_copied(CopyRole::Transit, &unread(GapReason::Unresolved));
    };
    draft.sheet.shown("copies", call);
    let mut known = false;
    // A warehouse and a graph are loaded from a bucket: what is carried rests there too.
    let staged = [
        end.s3_settings.as_ref().and_then(|told| told.bucket_name.as_deref()),
        end.redshift_settings.as_ref().and_then(|told| told.bucket_name.as_deref()),
        end.neptune_settings.as_ref().and_then(|told| told.s3_bucket_name.as_deref()),
    ];
    for bucket in staged.into_iter().flatten().filter(|bucket| !bucket.is_empty()) {
        copied_to_bucket(session, draft, CopyRole::Transit, bucket).await;
        known |= end.s3_settings.is_some();
    }
    let stream = end.kinesis_settings.as_ref().and_then(|told| told.stream_arn.as_deref());
    if let Some(stream) = stream.filter(|arn| !arn.is_empty()) {
        draft.copy_at(CopyRole::Transit, stream);
        known = true;
    }
    let domain = end.elasticsearch_settings.as_ref().and_then(|told| told.endpoint_uri.as_deref());
    let servers = [end.server_name.as_deref(), domain].into_iter().flatten();
    for there in servers.filter_map(|server| region_of_address(server, &SERVERS)) {
        draft.copy(CopyRole::Transit, None, there);
        known = true;
    }
    if !known {
        draft.perhaps_copied(CopyRole::Transit, &unread(GapReason::NotRead));
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Machines {
    replication_instances: Vec<Machine>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Machine {
    replication_instance_arn: String,
    replication_instance_identifier: Option<String>,
    availability_zone: Option<String>,
    secondary_availability_zone: Option<String>,
    #[serde(rename = "MultiAZ")]
    multi_az: Option<bool>,
    engine_version: Option<String>,
    kms_key_id: Option<String>,
    publicly_accessible: Option<bool>,
}

page!(
    Machines: Machine in replication_instances, "Marker" from marker,
    by |item| item.replication_instance_arn.clone(), own |item| Some(&item.replication_instance_arn)
);

async fn machine(session: &Session, region: &str, found: Machine, call: CallId) -> Fact {
    let (operation, id) = (&DESCRIBE_REPLICATION_INSTANCES, found.replication_instance_arn);
    let name = found.replication_instance_identifier.as_deref().filter(|name| !name.is_empty());
    let name = name.unwrap_or(&id);
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, id.clone(), name, &call);
    if let Some(zone) = found.availability_zone.as_deref().filter(|zone| !zone.is_empty()) {
        draft.rests_in_zone(zone);
    }
    if let Some(zone) = found.secondary_availability_zone.as_deref().filter(|zone| !zone.is_empty()) {
        draft.rests_in_zone_too(zone);
    }
    for facet in [Facet::Encryption, Facet::Network, Facet::Redundancy, Facet::Software] {
        besides(&mut draft, facet, &call);
    }
    // Its disk is always encrypted, under a key that is always named (DMS User Guide, setting an encryption key).
    draft.encrypted_under(found.kms_key_id.as_deref(), operation, call);
    let public = draft.said("network.public_address", found.publicly_accessible, operation, call);
    draft.addressed(public);
    let multi_zone = draft.said("redundancy.multi_zone", found.multi_az, operation, call);
    draft.redundant(multi_zone);
    runs(&mut draft, Some(SERVICE), found.engine_version.as_deref(), operation, call);
    tagged(session, region, &mut draft, &id).await;
    draft.finish()
}

async fn tagged(session: &Session, region: &str, draft: &mut Draft<'_>, arn: &str) {
    let ask = Ask::of(&LIST_TAGS_FOR_RESOURCE, API, region, json!({"ResourceArn": arn})).about(arn);
    labelled(draft, session.told::<Tags>(ask).await, |told| told.tag_list);
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tag_list: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tasks {
    replication_tasks: Vec<Task>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Task {
    replication_task_arn: String,
    replication_task_identifier: Option<String>,
    source_endpoint_arn: Option<String>,
    target_endpoint_arn: Option<String>,
}

page!(
    Tasks: Task in replication_tasks, "Marker" from marker, by |item| item.replication_task_arn.clone(),
    own |item| Some(&item.replication_task_arn)
);

async fn task(session: &Session, region: &str, found: Task, call: CallId, ends: &Ends) -> Fact {
    let id = found.replication_task_arn;
    let name = found.replication_task_identifier.as_deref().filter(|name| !name.is_empty()).unwrap_or(&id);
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, id.clone(), name, &call);
    for arn in [&found.source_endpoint_arn, &found.target_endpoint_arn] {
        end(session, &mut draft, arn.as_deref(), ends).await;
    }
    tagged(session, region, &mut draft, &id).await;
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configs {
    replication_configs: Vec<Config>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    replication_config_arn: String,
    replication_config_identifier: Option<String>,
    source_endpoint_arn: Option<String>,
    target_endpoint_arn: Option<String>,
    compute_config: Option<Compute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Compute {
    availability_zone: Option<String>,
    kms_key_id: Option<String>,
}

page!(
    Configs: Config in replication_configs, "Marker" from marker, by |item| item.replication_config_arn.clone(),
    own |item| Some(&item.replication_config_arn)
);

async fn config(session: &Session, region: &str, found: Config, call: CallId, ends: &Ends) -> Fact {
    let id = found.replication_config_arn;
    let name = found.replication_config_identifier.as_deref().filter(|name| !name.is_empty()).unwrap_or(&id);
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, id.clone(), name, &call);
    let compute = found.compute_config.as_ref();
    let zone = compute.and_then(|compute| compute.availability_zone.as_deref());
    if let Some(zone) = zone.filter(|zone| !zone.is_empty()) {
        draft.rests_in_zone(zone);
    }
    besides(&mut draft, Facet::Encryption, &call);
    // Where no key is named, it is the service's usual one.
    draft.encrypted(Observed::Seen(true), compute.and_then(|compute| compute.kms_key_id.as_deref()));
    for arn in [&found.source_endpoint_arn, &found.target_endpoint_arn] {
        end(session, &mut draft, arn.as_deref(), ends).await;
    }
    tagged(session, region, &mut draft, &id).await;
    draft.finish()
}
