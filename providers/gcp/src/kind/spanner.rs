//! Spanner: instances, the places their configurations keep copies in, and databases.

use super::Entry;
use super::draft::{Draft, Fact, Tally, all, days, read};
use super::inventory::{Found, Listing, Own, Step};
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

/// Instances and databases.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Database, Kind::Table] },
    methods: &[&LIST_INSTANCES, &LIST_DATABASES, &GET_CONFIG],
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
        placed.insert(found.name, told.config);
        tally.tell(sink, draft.finish());
    }
    let listing = Listing::of(session, DATABASES, OWN_DATABASES);
    tally
        .read(listing, sink, |found| {
            let instance = found.name.split("/databases/").next().unwrap_or_default();
            let config = placed.get(instance);
            database(session, config, config.and_then(|config| configs.get(config)), found).map(Some)
        })
        .await;
    tally.outcome()
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
    mut found: Found,
) -> Result<Fact, Shortfall> {
    let told: Database = read(&mut found)?;
    let mut draft =
        Draft::new(session, (Kind::Table, SERVICE), config.and_then(|config| home(config)), &found);
    draft.without(&[Facet::Tags]);
    rest(&mut draft, places);
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
