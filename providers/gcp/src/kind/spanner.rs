//! Spanner: instances, the places their configurations keep copies in, and databases.

use super::Entry;
use super::draft::{Draft, Fact, Tally, all, days, read};
use super::inventory::{Found, Listing, Own, Step};
use super::list::{Page, pages};
use crate::method::Ask;
use crate::place::behind;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use std::collections::BTreeMap;

operation!(
    /// The instances of the project.
    LIST_INSTANCES = "spanner" "projects.instances.list", at "v1/{+parent}/instances", needs "spanner.instances.list",
    quota quota::OTHER, Per::Sometimes, Get, facts "instances, where the asset inventory is refused"
);
operation!(
    /// The databases of an instance.
    LIST_DATABASES = "spanner" "projects.instances.databases.list", at "v1/{+parent}/databases",
    needs "spanner.databases.list", quota quota::OTHER, Per::Sometimes, Get,
    facts "databases, where the asset inventory is refused"
);
operation!(
    /// A configuration: the places of every copy, witnesses included. The name alone does not say.
    GET_CONFIG = "spanner" "projects.instanceConfigs.get", at "v1/{+name}", needs "spanner.instanceConfigs.get",
    quota quota::OTHER, Per::Sometimes, Get, facts "places of every replica of a configuration"
);
operation!(
    /// The partitions of an instance: each keeps its part of the data in a configuration of its own.
    LIST_PARTITIONS = "spanner" "projects.instances.instancePartitions.list", at "v1/{+parent}/instancePartitions",
    needs "spanner.instancePartitions.list", quota quota::OTHER, Per::Sometimes, Get,
    facts "parts of instances that are kept in other places"
);

/// Instances and databases.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Database, Kind::Table] },
    methods: &[&LIST_INSTANCES, &LIST_DATABASES, &GET_CONFIG, &LIST_PARTITIONS],
    assets: &["spanner.googleapis.com/Instance", "spanner.googleapis.com/Database"],
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "spanner";
const INSTANCES: &[&str] = &["spanner.googleapis.com/Instance"];
const DATABASES: &[&str] = &["spanner.googleapis.com/Database"];

static OWN_INSTANCES: &[&Own] = &[&Own {
    asset: "spanner.googleapis.com/Instance",
    steps: &[Step { method: &LIST_INSTANCES, at: PARENT, items: "instances", name: |item, _| full(item) }],
}];
static OWN_DATABASES: &[&Own] = &[&Own {
    asset: "spanner.googleapis.com/Database",
    steps: &[
        Step {
            method: &LIST_INSTANCES,
            at: PARENT,
            items: "instances",
            name: |item, _| Some(item.get("name")?.as_str()?.to_owned()),
        },
        Step {
            method: &LIST_DATABASES,
            at: &[("parent", "{above}"), ("pageSize", "1000")],
            items: "databases",
            name: |item, _| full(item),
        },
    ],
}];
const PARENT: &[(&str, &str)] = &[("parent", "projects/{project}"), ("pageSize", "1000")];

fn full(item: &serde_json::Value) -> Option<String> {
    Some(format!("//spanner.googleapis.com/{}", item.get("name")?.as_str()?))
}

/// The places of a configuration's copies, with the call that showed them.
type Places = Result<(Vec<ReplicaInfo>, CallId), Shortfall>;

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let (found, missing) = all(Listing::of(session, INSTANCES, OWN_INSTANCES)).await;
    missing.into_iter().for_each(|shortfall| tally.fell_short(shortfall));
    let mut configs: BTreeMap<String, Places> = BTreeMap::new();
    let mut placed: BTreeMap<String, String> = BTreeMap::new();
    let mut parted: BTreeMap<String, Partitions> = BTreeMap::new();
    for mut found in found {
        let told: Instance = match read(&mut found) {
            Ok(told) => told,
            Err(shortfall) => {
                tally.fell_short(shortfall);
                continue;
            }
        };
        if !configs.contains_key(&told.config) {
            configs.insert(told.config.clone(), places(session, &told.config).await);
        }
        let mut draft = Draft::new(session, (Kind::Database, SERVICE), home(&told.config), &found);
        // An instance has no address or software of its own; keys and windows are its databases'.
        draft.without(&[Facet::Network, Facet::Software, Facet::Encryption, Facet::Recovery]);
        draft.labelled(&told.labels);
        // Every configuration has copies in three zones (cloud.google.com/spanner/docs/instance-configurations).
        draft.redundant(Observed::Seen(true));
        rest(&mut draft, configs.get(&told.config));
        let partitions = Partitions::of(session, &found.name).await;
        for partition in &partitions.told {
            if !configs.contains_key(&partition.0.config) {
                configs.insert(partition.0.config.clone(), places(session, &partition.0.config).await);
            }
        }
        partitions.rest(&mut draft, &configs, None);
        parted.insert(found.name.clone(), partitions);
        placed.insert(found.name, told.config);
        tally.tell(sink, draft.finish());
    }
    let listing = Listing::of(session, DATABASES, OWN_DATABASES)
        .lacking("backups of databases are listed only by each instance, and were not read");
    tally
        .read(listing, sink, |found| {
            let instance = found.name.split("/databases/").next().unwrap_or_default();
            let config = placed.get(instance);
            let partitions = parted.get(instance).map(|partitions| (partitions, &configs));
            database(session, config, config.and_then(|config| configs.get(config)), partitions, found)
                .map(Some)
        })
        .await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListInstancePartitionsResponse {
    #[serde(default)]
    instance_partitions: Vec<InstancePartition>,
    #[serde(default)]
    unreachable: Vec<String>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InstancePartition {
    name: String,
    config: String,
    /// The databases with data in it.
    #[serde(default)]
    referencing_databases: Vec<String>,
}

/// A partition, or the name of one that could not be reached.
enum Told {
    Partition(InstancePartition),
    Unreachable(String),
}

impl Page for ListInstancePartitionsResponse {
    type Item = Told;
    fn split(self) -> (Vec<Told>, Option<String>) {
        let partitions = self.instance_partitions.into_iter().map(Told::Partition);
        (
            partitions.chain(self.unreachable.into_iter().map(Told::Unreachable)).collect(),
            self.next_page_token,
        )
    }
    fn name(item: &Told) -> String {
        match item {
            Told::Partition(partition) => partition.name.clone(),
            Told::Unreachable(name) => format!("unreachable {name}"),
        }
    }
}

/// The partitions of an instance; and why they are not all known, if so.
struct Partitions {
    told: Vec<(InstancePartition, CallId)>,
    missing: Option<Shortfall>,
}

impl Partitions {
    async fn of(session: &Session, instance: &str) -> Self {
        let parent = instance.trim_start_matches("//spanner.googleapis.com/");
        let ask = Ask::of(&LIST_PARTITIONS, [("parent", parent), ("pageSize", "1000")]).about(instance);
        let (listed, missing) = pages::<ListInstancePartitionsResponse>(session, ask).await;
        let mut partitions = Self { told: Vec::new(), missing };
        for (item, call) in listed {
            match item {
                Told::Partition(partition) => partitions.told.push((partition, call)),
                Told::Unreachable(place) => {
                    let detail = format!("the list leaves out {place}, which could not be reached");
                    let left_out =
                        Shortfall::of(&LIST_PARTITIONS.operation, GapReason::Failed, Some(call), detail);
                    partitions.missing = partitions.missing.or(Some(left_out));
                }
            }
        }
        partitions
    }

    /// The copies they keep: of an instance, or of one of its databases.
    fn rest(&self, draft: &mut Draft<'_>, configs: &BTreeMap<String, Places>, database: Option<&str>) {
        for (partition, call) in &self.told {
            let own = |database: &str| partition.referencing_databases.iter().any(|name| name == database);
            if database.is_some_and(|database| !own(database)) {
                continue;
            }
            draft.sheet.shown("copies", call);
            match configs.get(&partition.config) {
                Some(Ok((replicas, call))) => {
                    draft.sheet.shown("copies", call);
                    for replica in replicas {
                        draft.copy(CopyRole::Primary, None, &replica.location);
                    }
                }
                Some(Err(shortfall)) => draft.perhaps_copied(CopyRole::Primary, shortfall),
                None => {
                    let silent = draft.silent("the configuration of a partition was not read");
                    draft.perhaps_copied(CopyRole::Primary, &silent);
                }
            }
        }
        if let Some(missing) = &self.missing {
            draft.perhaps_copied(CopyRole::Primary, missing);
        }
    }
}

async fn places(session: &Session, config: &str) -> Places {
    let heard =
        session.told::<InstanceConfig>(&Ask::of(&GET_CONFIG, [("name", config)]).about(config)).await?;
    let wrong =
        |detail: &str| Shortfall::of(&GET_CONFIG.operation, GapReason::Malformed, Some(heard.call), detail);
    let told = heard.told.as_ref().ok_or_else(|| wrong("no configuration"))?;
    if config_name(&told.name) != config_name(config) {
        return Err(wrong("the answer is about another configuration"));
    }
    // `optionalReplicas` are those that could be added; what was added is among the replicas.
    match told.replicas.is_empty() {
        true => Err(wrong("the configuration names no replica")),
        false => Ok((told.replicas.clone(), heard.call)),
    }
}

fn config_name(config: &str) -> Option<&str> {
    behind(config, "instanceConfigs")
}

/// The place an instance is administered in: of a configuration of one region that region.
fn home(config: &str) -> Option<&str> {
    config_name(config).map(|name| name.strip_prefix("regional-").unwrap_or(name))
}

/// Where copies rest: one for each place of the configuration.
fn rest(draft: &mut Draft<'_>, places: Option<&Places>) {
    match places {
        Some(Ok((replicas, call))) => {
            draft.sheet.shown("copies", call);
            draft.rests_in(replicas.iter().map(|replica| replica.location.as_str()));
        }
        Some(Err(shortfall)) => {
            draft.rests_nowhere_told();
            draft.perhaps_copied(CopyRole::Primary, shortfall);
        }
        None => {
            draft.rests_nowhere_told();
            let silent = draft.silent("its instance is not among those that were read");
            draft.perhaps_copied(CopyRole::Primary, &silent);
        }
    }
}

#[derive(Deserialize)]
struct Instance {
    config: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct InstanceConfig {
    name: String,
    #[serde(default)]
    replicas: Vec<ReplicaInfo>,
}

#[derive(Clone, Deserialize)]
struct ReplicaInfo {
    location: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Database {
    encryption_config: Option<EncryptionConfig>,
    version_retention_period: Option<String>,
    enable_drop_protection: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EncryptionConfig {
    kms_key_name: Option<String>,
    #[serde(default)]
    kms_key_names: Vec<String>,
}

fn database(
    session: &Session,
    config: Option<&String>,
    places: Option<&Places>,
    partitions: Option<(&Partitions, &BTreeMap<String, Places>)>,
    mut found: Found,
) -> Result<Fact, Shortfall> {
    let told: Database = read(&mut found)?;
    let mut draft =
        Draft::new(session, (Kind::Table, SERVICE), config.and_then(|config| home(config)), &found);
    draft.without(&[Facet::Tags]);
    rest(&mut draft, places);
    if let Some((partitions, configs)) = partitions {
        let own = found.name.trim_start_matches("//spanner.googleapis.com/");
        partitions.rest(&mut draft, configs, Some(own));
    }
    let keys = told.encryption_config.map(|told| (told.kms_key_name, told.kms_key_names));
    let (key, several) = keys.unwrap_or_default();
    draft.encrypted(key.as_deref().or_else(|| several.first().map(String::as_str)));
    // One key for each place: the others are copies of keys too.
    for other in several.iter().skip(1) {
        draft.copy_with(CopyRole::Key, &session.key_name(other));
    }
    draft.protected(told.enable_drop_protection);
    // An hour where nothing else is said (spanner.v1, Database.versionRetentionPeriod).
    let window = told.version_retention_period.as_deref().map_or(Some(1), retention_days);
    draft.recoverable(window);
    Ok(draft.finish())
}

/// Days of a period as Spanner writes it: `1h`, `7d`, `3600s`.
fn retention_days(period: &str) -> Option<u32> {
    let (number, unit) = period.split_at(period.len().checked_sub(1)?);
    let number: u32 = number.parse().ok()?;
    match unit {
        "d" => Some(number),
        "h" => Some(number.div_ceil(24)),
        _ => days(period),
    }
}
