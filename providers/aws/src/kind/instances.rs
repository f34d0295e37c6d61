//! EC2: machines. They work on data where they stand, whether or not a disk of theirs is kept.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::ebs::SmallTag;
use super::parts::{besides, not_read};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::protocol::members;
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
    DESCRIBE_INSTANCES = "ec2" "DescribeInstances", needs "ec2:DescribeInstances", quota quota::EC2_LIST,
    Per::Page(1_000), Post, facts "machines: zone, address on the internet, labels"
);

/// Machines.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Compute] },
    operations: &[&DESCRIBE_INSTANCES],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Ec2("2016-11-15");
const SERVICE: &str = "ec2-instances";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    // Machines that other services run in the account are left out where they are not asked for.
    let body = json!({"MaxResults": 1000, "IncludeManagedResources": true});
    let list = List::<Reservations>::of(session, Ask::of(&DESCRIBE_INSTANCES, API, region, body));
    tally
        .read_some(list, sink, |found, call| async move {
            let there = found.instances_set.into_iter().filter(|one| !one.is_gone());
            there.map(|one| instance(session, region, one, call)).collect::<Vec<Fact>>()
        })
        .await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reservations {
    #[serde(deserialize_with = "members")]
    reservation_set: Vec<Reservation>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reservation {
    reservation_id: String,
    #[serde(default, deserialize_with = "members")]
    instances_set: Vec<Instance>,
}

// A reservation may go on on the next page: it is told apart by its machines too.
page!(Reservations: Reservation in reservation_set, "NextToken" from next_token, by |item| {
    let machines = item.instances_set.iter().map(|one| format!(" {}", one.instance_id));
    item.reservation_id.clone() + &machines.collect::<String>()
});

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instance {
    instance_id: String,
    instance_state: Option<State>,
    placement: Option<Placement>,
    outpost_arn: Option<String>,
    root_device_type: Option<String>,
    ip_address: Option<String>,
    ipv6_address: Option<String>,
    #[serde(default, deserialize_with = "members")]
    network_interface_set: Vec<Interface>,
    #[serde(default, deserialize_with = "members")]
    tag_set: Vec<SmallTag>,
}

#[derive(Deserialize)]
struct State {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Placement {
    availability_zone: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Interface {
    association: Option<Association>,
    #[serde(default, deserialize_with = "members")]
    ipv6_addresses_set: Vec<Ipv6Address>,
    #[serde(default, deserialize_with = "members")]
    private_ip_addresses_set: Vec<PrivateAddress>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ipv6Address {
    ipv6_address: Option<String>,
}

#[derive(Deserialize)]
struct PrivateAddress {
    association: Option<Association>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Association {
    public_ip: Option<String>,
}

impl Instance {
    /// Whether it was deleted, and is only still told of.
    fn is_gone(&self) -> bool {
        self.instance_state.as_ref().and_then(|state| state.name.as_deref()) == Some("terminated")
    }

    /// Whether it has an address that the internet knows. Every IPv6 address is one.
    fn is_addressed(&self) -> bool {
        let named = |address: &Option<String>| address.as_ref().is_some_and(|address| !address.is_empty());
        let public = |association: &Option<Association>| {
            association.as_ref().is_some_and(|association| named(&association.public_ip))
        };
        named(&self.ip_address)
            || named(&self.ipv6_address)
            || self.network_interface_set.iter().any(|interface| {
                public(&interface.association)
                    || interface.ipv6_addresses_set.iter().any(|address| named(&address.ipv6_address))
                    || interface.private_ip_addresses_set.iter().any(|address| public(&address.association))
            })
    }
}

/// The word for a machine whose own disk is one of the building's, not one of the disk service.
const OWN_DISK: &str = "instance-store";

fn instance(session: &Session, region: &str, found: Instance, call: CallId) -> Fact {
    let id = session.arn("ec2", region, &format!("instance/{}", shorten(&found.instance_id)));
    let mut draft = Draft::new(session, (Kind::Compute, SERVICE), region, id, &found.instance_id, &call);
    let zone = found.placement.as_ref().and_then(|placement| placement.availability_zone.as_deref());
    match (found.outpost_arn.as_deref().filter(|arn| !arn.is_empty()), zone.filter(|zone| !zone.is_empty())) {
        (Some(outpost), _) => draft.rests_on_outpost(outpost),
        (None, Some(zone)) => draft.rests_in_zone(zone),
        (None, None) => {
            let detail = "the answer does not say in which zone it stands";
            let silent = Shortfall::of(&DESCRIBE_INSTANCES, GapReason::Malformed, Some(call), detail);
            draft.perhaps_copied(CopyRole::Primary, &silent);
        }
    }
    // What runs in it is not told, and its disks are told of by themselves.
    draft.without(&[Facet::Software]);
    if found.root_device_type.as_deref() == Some(OWN_DISK) {
        draft.perhaps_encrypted(&not_read("whether a machine's own disks are encrypted was not read"));
    } else {
        draft.without(&[Facet::Encryption]);
    }
    besides(&mut draft, Facet::Network, &call);
    draft.addressed(Observed::Seen(found.is_addressed()));
    draft.tags(found.tag_set.into_iter().map(Tag::from).collect());
    draft.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_address_the_internet_knows_counts() {
        let read = |inside: &str| -> Instance {
            quick_xml::de::from_str(&format!("<item><instanceId>i-1</instanceId>{inside}</item>")).unwrap()
        };
        let interface =
            |inside: &str| format!("<networkInterfaceSet><item>{inside}</item></networkInterfaceSet>");
        for (inside, addressed) in [
            (String::new(), false),
            ("<ipAddress/>".to_owned(), false),
            ("<ipAddress>203.0.113.1</ipAddress>".to_owned(), true),
            (interface("<association><publicIp>203.0.113.1</publicIp></association>"), true),
            (
                interface(
                    "<ipv6AddressesSet><item><ipv6Address>2001:db8::1</ipv6Address></item></ipv6AddressesSet>",
                ),
                true,
            ),
            (
                interface(
                    "<privateIpAddressesSet><item><privateIpAddress>10.0.0.1</privateIpAddress><association><publicIp>203.0.113.1</publicIp></association></item></privateIpAddressesSet>",
                ),
                true,
            ),
            (
                interface(
                    "<privateIpAddressesSet><item><privateIpAddress>10.0.0.1</privateIpAddress></item></privateIpAddressesSet>",
                ),
                false,
            ),
        ] {
            assert_eq!(read(&inside).is_addressed(), addressed, "{inside}");
        }
    }
}
