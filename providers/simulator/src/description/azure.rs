//! Azure: subscriptions and what is in them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A tenant's subscriptions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Azure {
    /// The tenant's id; default `99999999-0000-0000-0000-000000000000`.
    #[serde(default = "tenant")]
    pub tenant: String,
    /// The regions there are, by their programmatic names. Default: every one that is known here.
    pub locations: Option<Vec<String>>,
    /// Members a page of a list; default 100.
    #[serde(default = "hundred")]
    pub page_size: usize,
    /// Subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// Management groups: the ids of the subscriptions below each.
    #[serde(default)]
    pub management_groups: BTreeMap<String, Vec<String>>,
}

/// A subscription and what is in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// Its display name; default its id.
    pub name: Option<String>,
    /// The actions the caller may take on all of it; default `*/read`.
    #[serde(default = "reader")]
    pub actions: Vec<String>,
    /// What is in it, children and settings of resources included.
    #[serde(default)]
    pub resources: Vec<AzureResource>,
}

/// A resource, a part of one, or a setting of one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AzureResource {
    /// Its identifier below the subscription (`resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a`), or a whole one. Its
    /// type and its name are taken from it.
    pub id: String,
    /// So many of them: `{n}` in texts is the number of each.
    pub count: Option<u32>,
    /// Its place.
    pub location: Option<String>,
    /// All else that is beside `properties`: `kind`, `sku`, `tags`, `zones`, `extendedLocation`, …
    #[serde(default)]
    pub beside: BTreeMap<String, Value>,
    /// Its properties, in the shape of its type.
    #[serde(default)]
    pub properties: BTreeMap<String, Value>,
    /// Properties that lists leave out, besides those that Azure's own lists do.
    #[serde(default)]
    pub unlisted: Vec<String>,
    /// Properties that Resource Graph leaves out: its rows are of a version that may not have them.
    #[serde(default)]
    pub ungraphed: Vec<String>,
}

fn tenant() -> String {
    "99999999-0000-0000-0000-000000000000".into()
}

const fn hundred() -> usize {
    100
}

fn reader() -> Vec<String> {
    vec!["*/read".into()]
}
