//! What the description says of Azure, arranged for answering.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::locations::REGIONS;
use crate::description::{self, AzureResource, DescriptionError, expand};

/// All subscriptions and what they hold.
#[derive(Debug)]
pub(super) struct Tenancy {
    pub(super) description: description::Azure,
    /// By subscription, in small letters: its things by identifier in small letters.
    things: BTreeMap<String, BTreeMap<String, Thing>>,
}

/// One thing.
#[derive(Debug)]
pub(super) struct Thing {
    /// Its identifier, as it is told.
    pub(super) id: String,
    /// Its type, as it is told.
    pub(super) kind: String,
    name: String,
    entry: AzureResource,
    n: Option<u32>,
}

impl Tenancy {
    pub(super) fn new(azure: &description::Azure) -> Result<Self, DescriptionError> {
        let mut things: BTreeMap<String, BTreeMap<String, Thing>> = BTreeMap::new();
        for name in azure.locations.iter().flatten() {
            if !REGIONS.iter().any(|(known, ..)| known == name) {
                return Err(contradiction("azure.locations", &format!("`{name}` is not known here")));
            }
        }
        for (number, subscription) in azure.subscriptions.iter().enumerate() {
            let own = things.entry(subscription.id.to_ascii_lowercase()).or_default();
            for (index, entry) in subscription.resources.iter().enumerate() {
                let place = format!("azure.subscriptions[{number}].resources[{index}]");
                for n in (0..entry.count.unwrap_or(1)).map(|n| entry.count.map(|_| n)) {
                    let told = numbered(&entry.id, n);
                    let id = match told.strip_prefix('/') {
                        Some(_) => told,
                        None => format!("/subscriptions/{}/{told}", subscription.id),
                    };
                    let Some((kind, name)) = kind_and_name(&id) else {
                        return Err(contradiction(&place, &format!("`{id}` is no identifier of a resource")));
                    };
                    let thing = Thing { id: id.clone(), kind, name, entry: entry.clone(), n };
                    if own.insert(id.to_ascii_lowercase(), thing).is_some() {
                        return Err(contradiction(&place, &format!("`{id}` is described twice")));
                    }
                }
            }
        }
        Ok(Self { description: azure.clone(), things })
    }

    /// A subscription.
    pub(super) fn subscription(&self, id: &str) -> Option<&description::Subscription> {
        self.description.subscriptions.iter().find(|known| known.id.eq_ignore_ascii_case(id))
    }

    /// The things of a subscription, by identifier.
    pub(super) fn things(&self, subscription: &str) -> impl Iterator<Item = &Thing> {
        self.things.get(&subscription.to_ascii_lowercase()).into_iter().flat_map(BTreeMap::values)
    }

    /// One thing.
    pub(super) fn thing(&self, subscription: &str, id: &str) -> Option<&Thing> {
        self.things.get(&subscription.to_ascii_lowercase())?.get(&id.to_ascii_lowercase())
    }
}

/// How a thing is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told<'a> {
    /// By itself in a version of the interface, with what was asked for besides.
    Alone(&'a str, Option<&'a str>),
    /// In a list, in a version of the interface.
    Listed(&'a str),
    /// In a row of Resource Graph.
    Graphed,
}

/// Properties that are told only where they are asked for.
const EXPANDED: &[&str] = &["geoReplicationStats", "keys"];

/// Properties that older versions of an interface do not have: type, property, first version from which on it is there. A version that
/// comes later and is no preview has them too.
const SINCE: &[(&str, &str, &str)] = &[
    ("microsoft.servicebus/namespaces", "geoDataReplication", "2025-05-01-preview"),
    ("microsoft.eventhub/namespaces", "geoDataReplication", "2024-05-01-preview"),
    ("microsoft.operationalinsights/workspaces", "replication", "2025-02-01"),
    ("microsoft.keyvault/managedhsms", "regions", "2023-02-01"),
    ("microsoft.dataprotection/backupvaults", "replicatedRegions", "2024-04-01"),
    ("microsoft.sql/servers/databases", "encryptionProtector", "2022-08-01-preview"),
    (LONG_TERM, "timeBasedImmutability", "2025-01-01"),
    (LONG_TERM, "timeBasedImmutabilityMode", "2025-01-01"),
    (LONG_TERM, "legalHoldImmutability", "2025-01-01"),
    (
        "microsoft.sql/servers/databases/backuplongtermretentionpolicies",
        "timeBasedImmutability",
        "2025-01-01",
    ),
    (
        "microsoft.sql/servers/databases/backuplongtermretentionpolicies",
        "timeBasedImmutabilityMode",
        "2025-01-01",
    ),
];

const LONG_TERM: &str =
    "microsoft.sql/locations/longtermretentionservers/longtermretentiondatabases/longtermretentionbackups";

/// Properties that Azure's own lists leave out, by type.
const UNLISTED: &[(&str, &[&str])] = &[
    ("microsoft.recoveryservices/vaults", &["redundancySettings"]),
    ("microsoft.keyvault/vaults/keys", &["rotationPolicy"]),
    ("microsoft.keyvault/managedhsms/keys", &["rotationPolicy"]),
];

impl Thing {
    /// The thing as it is told.
    pub(super) fn told(&self, how: Told<'_>) -> Value {
        let kind = self.kind.to_ascii_lowercase();
        let own = UNLISTED.iter().filter(|(of, _)| *of == kind).flat_map(|(_, names)| *names);
        let hidden = |name: &str| match how {
            Told::Alone(version, expand) => {
                EXPANDED.contains(&name) && expand != Some(name) || self.lacks(&kind, name, version)
            }
            Told::Listed(version) => {
                EXPANDED.contains(&name)
                    || own.clone().any(|left_out| *left_out == name)
                    || self.entry.unlisted.iter().any(|left_out| left_out == name)
                    || self.lacks(&kind, name, version)
            }
            Told::Graphed => {
                EXPANDED.contains(&name)
                    || own.clone().any(|left_out| *left_out == name)
                    || self.entry.ungraphed.iter().any(|left_out| left_out == name)
            }
        };
        let properties: Map<String, Value> = self
            .entry
            .properties
            .iter()
            .filter(|(name, _)| !hidden(name))
            .map(|(name, value)| (name.clone(), numbered_value(value, self.n)))
            .collect();
        let kind = if how == Told::Graphed { kind.clone() } else { self.kind.clone() };
        let mut told = json!({"id": self.id, "name": self.name, "type": kind, "properties": properties});
        if let Some(location) = &self.entry.location {
            told["location"] = json!(numbered(location, self.n));
        }
        for (name, value) in &self.entry.beside {
            told[name] = numbered_value(value, self.n);
        }
        told
    }
}

impl Thing {
    /// Whether a version of the interface lacks one of its properties.
    fn lacks(&self, kind: &str, name: &str, version: &str) -> bool {
        let own = self.entry.only_in.get(name).is_some_and(|those| those.iter().all(|one| one != version));
        let late =
            |(of, property, since): &(&str, &str, &str)| *of == kind && *property == name && version < *since;
        own || SINCE.iter().any(late)
    }

    /// Whether Resource Graph may have a row of it.
    pub(super) fn may_be_graphed(&self) -> bool {
        self.entry.graphed
    }
}

/// The type and the name of what an identifier names.
pub(super) fn kind_and_name(id: &str) -> Option<(String, String)> {
    let lower = id.to_ascii_lowercase();
    let Some(at) = lower.rfind("/providers/") else {
        let parts: Vec<&str> = id.split('/').skip(1).collect();
        return match parts.as_slice() {
            [_, _, group, name] if group.eq_ignore_ascii_case("resourceGroups") => {
                Some(("Microsoft.Resources/resourceGroups".into(), (*name).to_owned()))
            }
            _ => None,
        };
    };
    let parts: Vec<&str> = id[at..].split('/').skip(2).collect();
    let (namespace, rest) = parts.split_first()?;
    if rest.is_empty() || rest.len() % 2 != 0 || rest.iter().any(|part| part.is_empty()) {
        return None;
    }
    let types: Vec<&str> = rest.iter().step_by(2).copied().collect();
    Some((format!("{namespace}/{}", types.join("/")), (*rest.last()?).to_owned()))
}

fn numbered(text: &str, n: Option<u32>) -> String {
    n.map_or_else(|| text.to_owned(), |n| expand(text, n))
}

fn numbered_value(value: &Value, n: Option<u32>) -> Value {
    match value {
        Value::String(text) => numbered(text, n).into(),
        Value::Array(all) => all.iter().map(|one| numbered_value(one, n)).collect(),
        Value::Object(all) => {
            Value::Object(all.iter().map(|(key, one)| (key.clone(), numbered_value(one, n))).collect())
        }
        other => other.clone(),
    }
}

fn contradiction(place: &str, problem: &str) -> DescriptionError {
    DescriptionError::Contradiction { place: place.into(), problem: problem.into() }
}
