//! Subnets: in which zones networks reach, and where things rest that tell their subnets alone.

use super::draft::{Draft, place_of_zone};
use super::shared::{List, Page, page};
use super::watch::{Whole, whole};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::fact::CopyRole;
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every subnet the account sees in the region.
    DESCRIBE_SUBNETS = "ec2" "DescribeSubnets", needs "ec2:DescribeSubnets", quota quota::EC2_LIST,
    Per::Page(1_000), Post, facts "zones that networks reach into, and where file systems rest in them"
);

/// The subnets of a region, or why they were not seen.
pub type Subnets = Result<Whole<Subnet>, Shortfall>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubnetPage {
    #[serde(deserialize_with = "members")]
    subnet_set: Vec<Subnet>,
    next_token: Option<String>,
}

/// A subnet.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subnet {
    subnet_id: String,
    availability_zone: Option<String>,
    outpost_arn: Option<String>,
}

page!(SubnetPage: Subnet in subnet_set, "NextToken" from next_token, by |item| item.subnet_id.clone());

impl Subnet {
    /// Where it lies, as the place catalogue knows it; `None` where the answer does not say.
    pub fn place<'z>(&'z self, region: &'z str) -> Option<&'z str> {
        let zone = self.availability_zone.as_deref().filter(|zone| !zone.is_empty())?;
        Some(place_of_zone(zone, region))
    }
}

/// Reads the subnets of a region.
pub async fn read(session: &Session, region: &str) -> Subnets {
    let ask = Ask::of(&DESCRIBE_SUBNETS, Api::Ec2("2016-11-15"), region, json!({"MaxResults": 1000}));
    whole(&DESCRIBE_SUBNETS, List::<SubnetPage>::of(session, ask)).await
}

/// It rests where its subnets lie. `silent` says why none is named, where none is.
pub fn rests_in(
    draft: &mut Draft<'_>,
    region: &str,
    subnets: &Subnets,
    named: &[String],
    silent: &Shortfall,
) {
    let subnets = match subnets {
        Ok(subnets) => subnets,
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Primary, shortfall),
    };
    if named.is_empty() {
        return draft.perhaps_copied(CopyRole::Primary, silent);
    }
    for call in &subnets.calls {
        draft.sheet.shown("copies", call);
    }
    draft.resource.copies.retain(|copy| copy.role != CopyRole::Primary);
    let mut places: Vec<&str> = Vec::new();
    for name in named {
        let found = subnets.items.iter().find(|subnet| subnet.subnet_id == *name);
        let outpost = found.and_then(|subnet| subnet.outpost_arn.as_deref()).filter(|arn| !arn.is_empty());
        match (outpost, found.and_then(|subnet| subnet.place(region))) {
            (Some(outpost), _) => {
                let detail = format!("where the outpost {} stands was not read", shorten(outpost));
                let unread = Shortfall::without_call(GapReason::NotRead, detail);
                draft.perhaps_copied(CopyRole::Primary, &unread);
            }
            (None, Some(place)) => places.push(place),
            (None, None) => {
                let detail = format!("in which zone the subnet {} lies was not seen", shorten(name));
                let unseen = Shortfall::without_call(GapReason::Unresolved, detail);
                draft.perhaps_copied(CopyRole::Primary, &unseen);
            }
        }
    }
    places.sort_unstable();
    places.dedup();
    for place in places {
        draft.copy(CopyRole::Primary, None, place);
    }
}
