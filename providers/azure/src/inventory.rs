//! The inventory: every resource of the subscription in every region, by one query of Resource Graph.
//!
//! One list answers for all regions and all types, those included that no kind of ours reads: so a type nobody thought of
//! surfaces where it is used. It is read once, when the subscription is surveyed; the cells tell of it.
//!
//! Resource Graph has most types, and not all ("Azure Resource Graph table and resource type reference"). So Resource Manager's own list of
//! resources is read beside it, and that of resource groups, which stand in another table; what was deleted from vaults and what Data
//! Protection backs up stand in a third.

use crate::account::blinkered;
use crate::session::{Ask, Session};
use crate::{path, quota};
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::page::Pages;
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

operation!(
    /// Every resource of the subscription with its properties. A query: it changes nothing.
    RESOURCES = "resourcegraph" "Resources", needs "*/read", quota quota::RESOURCE_GRAPH,
    Per::Page(500), Post, facts "every resource of every type with its place, labels and properties"
);

operation!(
    /// Resource Manager's own list of resources, without their properties.
    LIST_RESOURCES = "subscription" "ListResources", needs "Microsoft.Resources/subscriptions/resources/read", quota quota::ARM,
    Per::Page(1_000), Get, facts "resources of types that Resource Graph does not have"
);
operation!(
    /// The resource groups, each of which keeps what is said of its resources in a place of its own.
    LIST_RESOURCE_GROUPS = "subscription" "ListResourceGroups", needs "Microsoft.Resources/subscriptions/resourceGroups/read",
    quota quota::ARM, Per::SomePages(1_000), Get, facts "resource groups and where each keeps what it says of its resources"
);

/// What is asked to take the inventory.
pub const OPERATIONS: &[&Operation] = &[&RESOURCES, &LIST_RESOURCES, &LIST_RESOURCE_GROUPS];

/// The types that are asked for of the table of backups.
const BACKUPS: [&str; 4] = [
    "microsoft.recoveryservices/locations/deletedvaults",
    "microsoft.dataprotection/backupvaults/backupinstances",
    "microsoft.dataprotection/backupvaults/deletedbackupinstances",
    "microsoft.dataprotection/backupvaults/backuppolicies",
];

/// What is asked. The order makes pages complete ("Working with large data sets": sort by what is unique).
const QUERY: &str = "Resources | project id, name, type, location, extendedLocation, kind, sku, tags, properties \
                     | order by id asc";

/// Rows a page: with whole properties a page stays well below what an answer may hold.
const PAGE: u32 = 500;

/// A resource, as the inventory and the lists of Resource Manager tell it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Its identifier; in small letters once it is read.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type, in small letters once it is read.
    pub r#type: String,
    /// The place it is administered in.
    pub location: Option<String>,
    /// A place beyond the region: an edge zone, or somebody's own building.
    pub extended_location: Option<ExtendedLocation>,
    /// What sort of its type it is.
    pub kind: Option<String>,
    /// Its size and redundancy.
    pub sku: Option<Sku>,
    /// Its labels; none where they are left out.
    pub tags: Option<BTreeMap<String, Option<String>>>,
    /// All else, in the shape of its type.
    #[serde(default)]
    pub properties: Value,
}

/// A place beyond the region.
#[derive(Debug, Clone, Deserialize)]
pub struct ExtendedLocation {
    /// Its name.
    pub name: Option<String>,
    /// `EdgeZone`, or `CustomLocation`.
    pub r#type: Option<String>,
}

/// Size and redundancy.
#[derive(Debug, Clone, Deserialize)]
pub struct Sku {
    /// Its name.
    pub name: Option<String>,
}

impl Row {
    /// With the identifier and the type in small letters.
    pub fn normal(mut self) -> Self {
        self.id = path::id(&self.id);
        self.r#type = self.r#type.to_ascii_lowercase();
        self
    }

    /// The canonical name of its place; empty where none is told.
    pub fn place(&self) -> String {
        self.location.as_deref().map(path::place).unwrap_or_default()
    }

    /// What is told of it besides, read in its type's own shape.
    pub fn told<T: DeserializeOwned>(&self) -> Result<T, String> {
        T::deserialize(&self.properties).map_err(|error| shorten(&error.to_string()))
    }

    /// The name of its size.
    pub fn sku(&self) -> Option<&str> {
        self.sku.as_ref()?.name.as_deref()
    }
}

/// Everything there is, ordered by identifier.
#[derive(Debug)]
pub struct Inventory {
    /// The rows, each with the call that showed it.
    pub rows: Vec<(Arc<Row>, CallId)>,
    /// Why it did not come to its end, or does not show everything.
    pub broke: Option<Shortfall>,
    /// What Resource Manager's own lists name besides: resource groups, and things Resource Graph has not.
    pub besides: Vec<(Arc<Row>, CallId)>,
    /// Why those did not come to their ends.
    pub besides_broke: Vec<Shortfall>,
    /// Deleted vaults and what Data Protection backs up.
    pub backups: Vec<(Arc<Row>, CallId)>,
    /// Why that list did not come to its end.
    pub backups_broke: Option<Shortfall>,
}

impl Inventory {
    /// One thing.
    pub fn find(&self, id: &str) -> Option<&(Arc<Row>, CallId)> {
        let at = self.rows.binary_search_by(|(row, _)| row.id.as_str().cmp(id)).ok()?;
        self.rows.get(at)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    total_records: u64,
    count: u64,
    data: Vec<Row>,
    /// A text, `true` or `false`.
    result_truncated: Option<String>,
    #[serde(rename = "$skipToken")]
    skip_token: Option<String>,
}

/// Reads the inventory, as far as it goes.
pub async fn read(session: &Session) -> Inventory {
    let types = BACKUPS.map(|sort| format!("'{sort}'")).join(", ");
    let backups = format!(
        "RecoveryServicesResources | where type in~ ({types}) \
         | project id, name, type, location, tags, properties | order by id asc"
    );
    let groups = Ask::of(&LIST_RESOURCE_GROUPS, session.path("/resourcegroups"), "2021-04-01");
    let all = Ask::of(&LIST_RESOURCES, session.path("/resources"), "2021-04-01").with("$top", "1000");
    let (blinkered, (rows, broke), (backups, backups_broke), groups, all) = futures::join!(
        blinkered(session),
        pages(session, QUERY, ""),
        pages(session, &backups, "RecoveryServicesResources"),
        session.list::<Row>(groups),
        session.list::<Row>(all)
    );
    let rows = ordered(rows);
    let named: std::collections::HashSet<&str> = rows.iter().map(|(row, _)| row.id.as_str()).collect();
    let besides = groups.items.into_iter().chain(all.items);
    let besides = besides.map(|(row, call)| (Arc::new(row.normal()), call));
    let besides = ordered(besides.filter(|(row, _)| !named.contains(row.id.as_str())).collect());
    let blinded = || blinkered.clone();
    Inventory {
        broke: broke.or_else(blinded),
        besides,
        besides_broke: groups.broke.into_iter().chain(all.broke).collect(),
        backups: ordered(backups),
        backups_broke: backups_broke.or_else(blinded),
        rows,
    }
}

fn ordered(mut rows: Vec<(Arc<Row>, CallId)>) -> Vec<(Arc<Row>, CallId)> {
    rows.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    rows.dedup_by(|(later, _), (earlier, _)| later.id == earlier.id);
    rows
}

async fn pages(session: &Session, query: &str, about: &str) -> (Vec<(Arc<Row>, CallId)>, Option<Shortfall>) {
    let operation = &RESOURCES;
    let (mut rows, mut pages) = (Vec::new(), Pages::of(operation));
    let mut known = std::collections::HashSet::new();
    let mut token: Option<String> = None;
    loop {
        let mut body = json!({
            "subscriptions": [session.subscription],
            "query": query,
            "options": {"$top": PAGE, "resultFormat": "objectArray"},
        });
        if let Some(token) = &token {
            body["options"]["$skipToken"] = json!(token);
        }
        let ask = Ask::of(operation, "/providers/Microsoft.ResourceGraph/resources", "2022-10-01");
        let ask = ask.about(about);
        let heard: Heard<Answered> = match session.query(ask, &body, pages.page()).await {
            Ok(heard) => heard,
            Err(shortfall) => return (rows, Some(shortfall)),
        };
        let malformed =
            |why: String| Some(Shortfall::of(operation, GapReason::Malformed, Some(heard.call), why));
        let Some(told) = heard.told else { return (rows, malformed("not in the answer".to_owned())) };
        if told.count != told.data.len() as u64 {
            return (rows, malformed("a list does not hold as much as it says".to_owned()));
        }
        let mut new = 0;
        for row in told.data.into_iter().map(Row::normal) {
            if !path::is_resource(&row.id) || !session.is_own(&row.id) {
                let id = shorten(&row.id);
                return (rows, malformed(format!("the list holds {id}, which is not of this subscription")));
            }
            if known.insert(row.id.clone()) {
                new += 1;
                rows.push((Arc::new(row), heard.call));
            }
        }
        let goes_on = told.skip_token.filter(|token| !token.is_empty());
        match pages.next(new, goes_on) {
            Ok(Some(next)) => token = Some(next),
            Ok(None) => {
                // A cut that cannot be gone on from, or fewer rows than there are said to be: something is hidden.
                let cut = told.result_truncated.as_deref().is_some_and(|cut| cut != "false");
                let whole = !cut && told.total_records == rows.len() as u64;
                let why = "a list does not hold as much as it says";
                return (rows, if whole { None } else { malformed(why.to_owned()) });
            }
            Err(endless) => return (rows, Some(Shortfall { call: Some(heard.call), ..endless })),
        }
    }
}
