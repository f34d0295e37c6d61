//! Resource Explorer: an index over services, where the account has switched one on.

use super::Told;
use super::labels::{Named, gathered};
use crate::api::{Api, Ask};
use crate::kind::shared::{List, Page, page};
use crate::quota;
use crate::session::Session;
use sekisho_contract::operation::Per;
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Whether the region has an index.
    LIST_INDEXES = "resource-explorer-2" "ListIndexes", needs "resource-explorer-2:ListIndexes",
    quota quota::RESOURCE_EXPLORER, Per::Page(100), Post, facts "whether the region has an index of resources"
);
operation!(
    /// Everything in the region's index that its default view shows.
    LIST_RESOURCES = "resource-explorer-2" "ListResources", needs "resource-explorer-2:ListResources",
    quota quota::RESOURCE_EXPLORER, Per::Sometimes, Post, facts "whatever stands in the region's index of resources"
);

const API: Api = Api::Rest;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Indexes {
    indexes: Vec<Index>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Index {
    arn: String,
    region: String,
}

page!(Indexes: Index in indexes, "NextToken" from next_token, by |item| item.arn.clone());

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resources {
    resources: Vec<Resource>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    arn: String,
    owning_account_id: String,
    region: String,
}

page!(Resources: Resource in resources, "NextToken" from next_token, by |item| item.arn.clone());

/// Every thing of a region in its index; none where the region has no index. An index that gathers those of other
/// regions, or of other accounts, tells of their things too: those are left to their own.
pub async fn things(session: &Session, region: &str) -> Option<Told<Named>> {
    let ask = Ask::of(&LIST_INDEXES, API, region, json!({"Regions": [region]})).at("/ListIndexes", &[]);
    let mut indexes = List::<Indexes>::of(session, ask);
    let mut found = false;
    loop {
        match indexes.next().await {
            Ok(Some((page, _))) => found |= page.iter().any(|index| index.region == region),
            Ok(None) if found => break,
            Ok(None) => return None,
            Err(shortfall) => {
                let calls = shortfall.call.into_iter().collect();
                return Some(Told { said: Vec::new(), calls, shortfall: Some(shortfall), whole: false });
            }
        }
    }
    let ask = Ask::of(&LIST_RESOURCES, API, region, json!({"MaxResults": 500})).at("/ListResources", &[]);
    let own = |one: Resource, call| {
        let here = one.owning_account_id == session.account
            && matches!(one.region.as_str(), at if at == region || at == "global");
        here.then_some(Named { arn: one.arn, labels: None, call })
    };
    Some(gathered(List::<Resources>::of(session, ask), own).await)
}
