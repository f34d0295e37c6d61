//! EC2: regions and availability zones.

use super::failure::{Failure, Protocol};
use super::regions::{OptIn, RegionInfo};
use super::xml::Xml;
use super::{Asked, Call, Service};
use crate::answer::Answer;
use crate::request::Request;

pub(super) struct Ec2;

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";
const OPERATIONS: &[&str] = &["DescribeRegions", "DescribeAvailabilityZones"];

impl Service for Ec2 {
    fn name(&self) -> &'static str {
        "ec2"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Ec2
    }

    fn operations(&self) -> Vec<&'static str> {
        OPERATIONS.to_vec()
    }

    fn identify(&self, request: &Request) -> Option<Asked> {
        let form = request.form();
        let action = form.iter().find(|(key, _)| key == "Action").map(|(_, value)| value.as_str())?;
        let operation = OPERATIONS.iter().find(|name| **name == action)?;
        Some(Asked { operation, resource: String::new(), page: String::new() })
    }

    fn answer(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let question = Question::of(&call.request.form());
        match call.operation {
            "DescribeRegions" => describe_regions(call, &question),
            _ => describe_zones(call, &question),
        }
    }
}

/// The parameters that describing operations share.
struct Question {
    all: bool,
    names: Vec<String>,
    ids: Vec<String>,
    /// Name and values of each filter.
    filters: Vec<(String, Vec<String>)>,
}

impl Question {
    fn of(form: &[(String, String)]) -> Self {
        let list = |prefix: &str| -> Vec<String> {
            form.iter().filter(|(key, _)| key.starts_with(prefix)).map(|(_, value)| value.clone()).collect()
        };
        let filters = form
            .iter()
            .filter(|(key, _)| key.starts_with("Filter.") && key.ends_with(".Name"))
            .map(|(key, name)| {
                let values = format!("{}.Value.", key.trim_end_matches(".Name"));
                (name.clone(), list(&values))
            })
            .collect();
        Self {
            all: form.iter().any(|(key, value)| {
                matches!(key.as_str(), "AllRegions" | "AllAvailabilityZones") && value == "true"
            }),
            names: [list("RegionName."), list("ZoneName.")].concat(),
            ids: list("ZoneId."),
            filters,
        }
    }

    /// Whether every filter holds for these properties; a filter on another property is an error.
    fn admits(&self, properties: &[(&str, &str)]) -> Result<bool, Failure> {
        for (name, values) in &self.filters {
            let (_, found) = properties.iter().find(|(property, _)| property == name).ok_or_else(|| {
                Failure::new(400, "InvalidParameterValue", format!("The filter '{name}' is invalid"))
            })?;
            if !values.iter().any(|value| wildcard(value, found)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn describe_regions(call: &Call<'_>, question: &Question) -> Result<Answer, Failure> {
    let known = |name: &String| call.aws.tenancy.regions().any(|info| info.name == name);
    if let Some(unknown) = question.names.iter().find(|name| !known(name)) {
        let message = format!("Invalid region names: [{unknown}]");
        return Err(Failure::new(400, "InvalidParameterValue", message));
    }
    let mut shown = Vec::new();
    for info in call.aws.tenancy.regions() {
        let status = opt_in_status(call, info);
        let endpoint = format!("ec2.{}.amazonaws.com", info.name);
        let named = question.names.is_empty() || question.names.iter().any(|name| name == info.name);
        let properties = [("region-name", info.name), ("opt-in-status", status), ("endpoint", &endpoint)];
        let wanted = named && (question.all || status != "not-opted-in");
        if question.admits(&properties)? && wanted {
            shown.push((info.name, endpoint, status));
        }
    }
    Ok(respond(call, "DescribeRegionsResponse", "regionInfo", |list| {
        for (name, endpoint, status) in &shown {
            list.element("item", |item| {
                item.text("regionName", name).text("regionEndpoint", endpoint).text("optInStatus", status);
            });
        }
    }))
}

/// A zone, as told.
struct Zone {
    name: String,
    id: String,
    group: String,
    border_group: String,
    kind: &'static str,
    status: &'static str,
    parent: Option<(String, String)>,
}

fn describe_zones(call: &Call<'_>, question: &Question) -> Result<Answer, Failure> {
    let zones =
        call.aws.tenancy.regions().find(|info| info.name == call.region).map(|info| zones(call, info));
    let mut shown = Vec::new();
    for zone in zones.unwrap_or_default() {
        let named = (question.names.is_empty() || question.names.contains(&zone.name))
            && (question.ids.is_empty() || question.ids.contains(&zone.id));
        let properties = [
            ("zone-name", zone.name.as_str()),
            ("zone-id", &zone.id),
            ("zone-type", zone.kind),
            ("region-name", call.region),
            ("group-name", &zone.group),
            ("opt-in-status", zone.status),
            ("state", "available"),
        ];
        if question.admits(&properties)? && named && (question.all || zone.status != "not-opted-in") {
            shown.push(zone);
        }
    }
    Ok(respond(call, "DescribeAvailabilityZonesResponse", "availabilityZoneInfo", |list| {
        for zone in &shown {
            list.element("item", |item| {
                item.text("optInStatus", zone.status)
                    .text("zoneName", &zone.name)
                    .text("zoneId", &zone.id)
                    .text("zoneState", "available")
                    .text("zoneType", zone.kind)
                    .text("regionName", call.region)
                    .text("groupName", &zone.group)
                    .text("networkBorderGroup", &zone.border_group)
                    .maybe("parentZoneName", zone.parent.as_ref().map(|(name, _)| name))
                    .maybe("parentZoneId", zone.parent.as_ref().map(|(_, id)| id))
                    .element("messageSet", |_| {});
            });
        }
    }))
}

fn zones(call: &Call<'_>, info: &RegionInfo) -> Vec<Zone> {
    let own = |zone: &str| {
        let (letter, number) = zone.split_at(1);
        (format!("{}{letter}", info.name), format!("{}-az{number}", info.zone_prefix))
    };
    let parent = info.zones.first().map(|zone| own(zone));
    let available = info.zones.iter().map(|zone| {
        let (name, id) = own(zone);
        Zone {
            name,
            id,
            group: format!("{}-zg-1", info.name),
            border_group: info.name.to_owned(),
            kind: "availability-zone",
            status: "opt-in-not-required",
            parent: None,
        }
    });
    let grouped = info.zone_groups.iter().map(|suffix| {
        let group = format!("{}-{suffix}", info.name);
        let opted = call.account.description.regions.zone_groups.contains(&group);
        let wavelength = suffix.ends_with("-wlz-1");
        // A local zone is its group and a letter; a wavelength group has one zone, named like it, in a group named after its carrier.
        let name = if wavelength { group.clone() } else { format!("{group}a") };
        let id = match wavelength {
            true => suffix.replace("wlz-1", "wlz1"),
            false => format!("{}-az1", suffix.replace('-', "")),
        };
        let carrier = suffix.split('-').next().unwrap_or_default();
        Zone {
            name,
            id: format!("{}-{id}", info.zone_prefix),
            group: if wavelength { format!("{}-{carrier}", info.name) } else { group.clone() },
            border_group: group,
            kind: if wavelength { "wavelength-zone" } else { "local-zone" },
            status: if opted { "opted-in" } else { "not-opted-in" },
            parent: parent.clone(),
        }
    });
    available.chain(grouped).collect()
}

fn opt_in_status(call: &Call<'_>, info: &RegionInfo) -> &'static str {
    match (info.opt_in, call.account.opted(info)) {
        (OptIn::NotRequired, _) => "opt-in-not-required",
        (OptIn::Required, true) => "opted-in",
        (OptIn::Required, false) => "not-opted-in",
    }
}

fn respond(call: &Call<'_>, root: &str, set: &str, inside: impl FnOnce(&mut Xml)) -> Answer {
    let mut xml = Xml::document();
    xml.element(&format!("{root} xmlns=\"{NAMESPACE}\""), |response| {
        response.text("requestId", call.aws.request_id()).element(set, inside);
    });
    xml.answer(200, "text/xml;charset=UTF-8")
}

/// Filters know `*` and `?`.
fn wildcard(pattern: &str, text: &str) -> bool {
    crate::description::glob(pattern, text)
}
