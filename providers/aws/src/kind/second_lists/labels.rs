//! The Resource Groups Tagging API: everything in a region that carries or carried a label.

use super::Told;
use crate::api::{Api, Ask};
use crate::kind::draft::Tag;
use crate::kind::shared::{List, Page, page};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::operation::Per;
use serde::Deserialize;
use serde_json::json;

operation!(
    /// The labels of everything of the region that has any.
    GET_RESOURCES = "tagging" "GetResources", needs "tag:GetResources", quota quota::TAGGING,
    Per::Page(100), Post, facts "whatever carries labels; labels of parameters, for scope"
);

/// How it is asked.
pub const API: Api = Api::json("ResourceGroupsTaggingAPI_20170126");

/// A page of things and their labels.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tagged {
    resource_tag_mapping_list: Vec<Mapping>,
    pagination_token: Option<String>,
}

/// A thing and its labels.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Mapping {
    /// Its ARN.
    #[serde(rename = "ResourceARN")]
    pub arn: String,
    /// Its labels.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

page!(
    Tagged: Mapping in resource_tag_mapping_list, "PaginationToken" from pagination_token,
    by |item| item.arn.clone()
);

/// A thing that a list names.
pub struct Named {
    /// Its ARN.
    pub arn: String,
    /// Its labels, where the list tells them.
    pub labels: Option<Vec<Tag>>,
    /// The call that showed it.
    pub call: CallId,
}

/// Every thing of a region that carries or carried a label.
pub async fn things(session: &Session, region: &str) -> Told<Named> {
    let ask = Ask::of(&GET_RESOURCES, API, region, json!({"ResourcesPerPage": 100})).about("everything");
    let list = List::<Tagged>::of(session, ask);
    gathered(list, |Mapping { arn, tags }, call| Some(Named { arn, labels: Some(tags), call })).await
}

/// Reads a list of things as far as it goes.
pub async fn gathered<P: Page>(
    mut list: List<'_, P>,
    named: impl Fn(P::Item, CallId) -> Option<Named>,
) -> Told<Named> {
    let mut told = Told { said: Vec::new(), calls: Vec::new(), shortfall: None, whole: true };
    loop {
        match list.next().await {
            Ok(Some((items, call))) => {
                told.calls.push(call);
                told.said.extend(items.into_iter().filter_map(|item| named(item, call)));
            }
            Ok(None) => return told,
            Err(shortfall) => {
                told.calls.extend(shortfall.call);
                told.shortfall = Some(shortfall);
                return told;
            }
        }
    }
}
