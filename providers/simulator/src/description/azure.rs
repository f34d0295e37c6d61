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
    /// What the directory refuses by place of sign-in.
    #[serde(default)]
    pub conditional_access: ConditionalAccess,
}

/// Conditional access of a directory, in Microsoft Graph's own shape.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionalAccess {
    /// Policies; default none.
    #[serde(default)]
    pub policies: Vec<Value>,
    /// Named locations; default none.
    #[serde(default)]
    pub named_locations: Vec<Value>,
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
    /// What the bill says; default: each place and type of what Resource Graph has.
    pub bill: Option<Vec<Charge>>,
    /// Namespaces of resource providers that the subscription is not registered for; default none.
    #[serde(default)]
    pub unregistered: Vec<String>,
}

/// A line of the bill.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charge {
    /// The place, in the bill's words; default none.
    #[serde(default)]
    pub location: String,
    /// The type of resource; default none.
    #[serde(default)]
    pub r#type: String,
    /// The amount; default 1.
    #[serde(default = "one")]
    pub cost: f64,
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
    /// Whether Resource Graph has a row of it, where it has rows of its type; default true.
    #[serde(default = "yes")]
    pub graphed: bool,
    /// Properties that only these versions of the interface have, besides those of which that is known here.
    #[serde(default)]
    pub only_in: BTreeMap<String, Vec<String>>,
}

fn tenant() -> String {
    "99999999-0000-0000-0000-000000000000".into()
}

const fn hundred() -> usize {
    100
}

const fn yes() -> bool {
    true
}

const fn one() -> f64 {
    1.0
}

fn reader() -> Vec<String> {
    vec!["*/read".into()]
}
