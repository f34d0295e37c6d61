//! Conditional access: whether people of the directory are refused by the place they sign in from.
//!
//! Only what is certain counts: a policy in force that blocks everybody for everything from everywhere, but for named
//! countries and address ranges. It binds people; applications that sign in for themselves it does not.

use crate::quota;
use crate::session::{Ask, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Directory, LocationPolicy, Span, is_open};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Observed, Operation, Sheet, Shortfall};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

operation!(
    /// Every conditional access policy of the directory.
    LIST_POLICIES = "graph" "ListConditionalAccessPolicies", needs "Policy.Read.All", quota quota::DIRECTORY_POLICIES,
    Per::Account, Get, facts "whether people are refused by the place they sign in from"
);
operation!(
    /// The places that such policies name.
    LIST_NAMED_LOCATIONS = "graph" "ListNamedLocations", needs "Policy.Read.All", quota quota::DIRECTORY_POLICIES,
    Per::Account, Get, facts "the countries and address ranges that conditional access policies name"
);

/// What is asked of a directory.
pub const OPERATIONS: &[&Operation] = &[&LIST_POLICIES, &LIST_NAMED_LOCATIONS];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Policy {
    id: String,
    display_name: Option<String>,
    state: String,
    #[serde(default)]
    conditions: BTreeMap<String, Value>,
    grant_controls: Option<GrantControls>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GrantControls {
    #[serde(default)]
    built_in_controls: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NamedLocation {
    id: String,
    #[serde(rename = "@odata.type")]
    sort: String,
    countries_and_regions: Option<Vec<String>>,
    include_unknown_countries_and_regions: Option<bool>,
    is_trusted: Option<bool>,
    ip_ranges: Option<Vec<IpRange>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IpRange {
    cidr_address: Option<String>,
}

/// The directory the subscription's people are in, and the policies that refuse them by their place.
pub async fn directory(session: &Session, sheet: &mut Sheet) -> Directory {
    let (policies, places) = futures::join!(
        session
            .list::<Policy>(Ask::of_directory(&LIST_POLICIES, "/v1.0/identity/conditionalAccess/policies")),
        session.list::<NamedLocation>(Ask::of_directory(
            &LIST_NAMED_LOCATIONS,
            "/v1.0/identity/conditionalAccess/namedLocations"
        ))
    );
    for call in policies.calls.iter().chain(&places.calls) {
        sheet.shown("directories", call);
    }
    if let Some(shortfall) = &places.broke {
        sheet.unseen::<()>("directories.policies.countries", shortfall);
    }
    if let Some(shortfall) = policies.broke {
        let policies = sheet.unseen("directories.policies", &shortfall);
        return Directory { id: session.directory(), policies };
    }
    let known: BTreeMap<String, NamedLocation> =
        places.items.into_iter().map(|(place, _)| (place.id.to_ascii_lowercase(), place)).collect();
    let known = places.broke.map_or(Ok(known), Err);
    let mut found = Vec::new();
    for (policy, call) in policies.items {
        let name = shorten(policy.display_name.as_deref().unwrap_or(&policy.id));
        match reading(&policy, &known, &name, call) {
            Ok(None) => {}
            Ok(Some(policy)) => found.push(policy),
            Err(shortfall) => {
                sheet.unseen::<()>("directories.policies.countries", &shortfall);
                found.push(LocationPolicy::perhaps(name));
            }
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Directory { id: session.directory(), policies: Observed::Seen(found) }
}

type Places = Result<BTreeMap<String, NamedLocation>, Shortfall>;

/// What a policy does by places: nothing, or what is certain of it; an error where it may do something.
fn reading(
    policy: &Policy,
    places: &Places,
    name: &str,
    call: CallId,
) -> Result<Option<LocationPolicy>, Shortfall> {
    match policy.state.as_str() {
        "enabled" => {}
        // Policies that only report refuse nobody.
        "disabled" | "enabledForReportingButNotEnforced" => return Ok(None),
        other => {
            let detail = format!("unknown state `{}` of a policy", shorten(other));
            return Err(Shortfall::of(&LIST_POLICIES, GapReason::Unknown, Some(call), detail));
        }
    }
    let blocks = policy
        .grant_controls
        .as_ref()
        .is_some_and(|grant| grant.built_in_controls.iter().any(|control| control == "block"));
    let located = policy.conditions.get("locations").filter(|told| !is_empty(told));
    let (true, Some(located)) = (blocks, located) else { return Ok(None) };
    let within = |field: &str| list(located, field);
    if !within("includeLocations").iter().any(|place| place == "All") {
        // What blocks named places leaves all others open.
        return Ok(None);
    }
    let mut exempt = BTreeSet::new();
    if !whole(&policy.conditions, &mut exempt) {
        let detail = "a conditional access policy blocks places under conditions that are not understood";
        return Err(Shortfall::of(&LIST_POLICIES, GapReason::Unknown, Some(call), detail));
    }
    let places = places.as_ref().map_err(Shortfall::clone)?;
    let mut read = LocationPolicy::perhaps(name.to_owned());
    let mut countries = BTreeSet::new();
    let mut passing = Vec::new();
    for id in within("excludeLocations") {
        match (id.as_str(), places.get(&id.to_ascii_lowercase())) {
            ("AllTrusted", _) => {
                passing.extend(places.values().filter(|place| place.is_trusted == Some(true)));
                // Addresses that the older service for second factors trusts count as well, and are told nowhere.
                exempt.insert("AllTrusted".to_owned());
            }
            (_, Some(place)) => passing.push(place),
            (other, None) => {
                exempt.insert(format!("location {}", shorten(other)));
            }
        }
    }
    for place in passing {
        match place.sort.rsplit('.').next() {
            Some("countryNamedLocation") => {
                let named = place.countries_and_regions.iter().flatten();
                countries.extend(named.map(|country| shorten(country).to_ascii_uppercase()));
                // Left out, it is not known whether those pass whose country cannot be told.
                read.unknown_places |= place.include_unknown_countries_and_regions != Some(false);
            }
            Some("ipNamedLocation") => {
                let ranges = place.ip_ranges.iter().flatten();
                read.addresses
                    .extend(ranges.map(|range| shorten(range.cidr_address.as_deref().unwrap_or_default())));
            }
            _ => {
                exempt.insert(format!("location {}", shorten(&place.id)));
            }
        }
    }
    let spans: Option<Vec<Span>> = read.addresses.iter().map(|range| Span::read(range)).collect();
    read.open = spans.is_none_or(|spans| is_open(&spans));
    read.addresses.sort();
    read.exempt = exempt.into_iter().collect();
    read.countries = Observed::Seen(countries.into_iter().collect());
    Ok(Some(read))
}

fn is_empty(told: &Value) -> bool {
    match told {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        _ => false,
    }
}

fn list(of: &Value, field: &str) -> Vec<String> {
    let members = of[field].as_array();
    members.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether a policy is about everybody and everything, but for what is noted; under any other condition it is not.
fn whole(conditions: &BTreeMap<String, Value>, exempt: &mut BTreeSet<String>) -> bool {
    let all = |of: &Value, field: &str, word: &str| list(of, field).iter().any(|member| member == word);
    let mut seen = (false, false, false);
    for (name, told) in conditions.iter().filter(|(_, told)| !is_empty(told)) {
        match name.as_str() {
            "locations" => {}
            "users" => {
                seen.0 = all(told, "includeUsers", "All");
                leave_out(told, exempt);
            }
            "applications" => {
                seen.1 = all(told, "includeApplications", "All") && is_empty(&told["applicationFilter"]);
                leave_out(told, exempt);
            }
            "clientAppTypes" => {
                let types = told.as_array().into_iter().flatten();
                seen.2 = types.filter_map(Value::as_str).any(|sort| sort == "all");
            }
            _ => return false,
        }
    }
    seen == (true, true, true)
}

/// Notes whom or what a condition leaves out.
fn leave_out(told: &Value, exempt: &mut BTreeSet<String>) {
    let fields = told
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, told)| name.starts_with("exclude") && !is_empty(told));
    for (name, told) in fields {
        let name = name.trim_start_matches("exclude");
        match told.as_array() {
            Some(ids) => exempt
                .extend(ids.iter().map(|id| format!("{name} {}", shorten(id.as_str().unwrap_or_default())))),
            None => {
                exempt.insert(name.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn places() -> BTreeMap<String, NamedLocation> {
        let told = json!([
            {"id": "home", "@odata.type": "#microsoft.graph.countryNamedLocation", "countriesAndRegions": ["JP"], "includeUnknownCountriesAndRegions": false},
            {"id": "unsure", "@odata.type": "#microsoft.graph.countryNamedLocation", "countriesAndRegions": ["JP"], "includeUnknownCountriesAndRegions": true},
            {"id": "abroad", "@odata.type": "#microsoft.graph.countryNamedLocation", "countriesAndRegions": ["US"], "includeUnknownCountriesAndRegions": false},
            {"id": "office", "@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": true, "ipRanges": [{"cidrAddress": "203.0.113.0/24"}]},
            {"id": "world", "@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": false, "ipRanges": [{"cidrAddress": "0.0.0.0/1"}, {"cidrAddress": "128.0.0.0/1"}]},
            {"id": "gate", "@odata.type": "#microsoft.graph.compliantNetworkNamedLocation"}
        ]);
        let places: Vec<NamedLocation> = serde_json::from_value(told).unwrap();
        places.into_iter().map(|place| (place.id.clone(), place)).collect()
    }

    fn plain() -> Value {
        json!({"id": "1", "displayName": "home only", "state": "enabled", "grantControls": {"operator": "OR", "builtInControls": ["block"]},
            "conditions": {"users": {"includeUsers": ["All"], "excludeUsers": []}, "applications": {"includeApplications": ["All"]},
                "clientAppTypes": ["all"], "platforms": null, "userRiskLevels": [],
                "locations": {"includeLocations": ["All"], "excludeLocations": ["home"]}}})
    }

    /// One line for what is read: countries, addresses, and what else passes.
    fn line(change: impl Fn(&mut Value)) -> String {
        let mut told = plain();
        change(&mut told);
        let policy: Policy = serde_json::from_value(told).unwrap();
        let call = CallId::of("azure", "a", "global", "o", "", 0);
        match reading(&policy, &Ok(places()), "home only", call) {
            Ok(None) => "nothing".to_owned(),
            Err(_) => "perhaps".to_owned(),
            Ok(Some(read)) => {
                let mut words = read.countries.seen().cloned().unwrap_or_default();
                words.extend(read.addresses);
                words.extend(read.unknown_places.then(|| "unknown".to_owned()));
                words.extend(read.open.then(|| "open".to_owned()));
                words.extend(read.exempt.iter().map(|one| format!("but {one}")));
                words.join(", ")
            }
        }
    }

    #[test]
    fn only_what_refuses_everybody_from_everywhere_else_is_a_barrier() {
        let excluded = |ids: &'static [&'static str]| {
            move |told: &mut Value| told["conditions"]["locations"]["excludeLocations"] = json!(ids)
        };
        assert_eq!(line(|_| {}), "JP");
        assert_eq!(line(excluded(&["unsure"])), "JP, unknown");
        assert_eq!(line(excluded(&["home", "abroad"])), "JP, US");
        assert_eq!(line(excluded(&["home", "office"])), "JP, 203.0.113.0/24");
        assert_eq!(line(excluded(&["home", "world"])), "JP, 0.0.0.0/1, 128.0.0.0/1, open");
        assert_eq!(line(excluded(&["home", "AllTrusted"])), "JP, 203.0.113.0/24, but AllTrusted");
        assert_eq!(line(excluded(&["home", "gone"])), "JP, but location gone");
        assert_eq!(line(excluded(&["home", "gate"])), "JP, but location gate");
        assert_eq!(line(excluded(&[])), "", "nobody passes");
        for state in ["disabled", "enabledForReportingButNotEnforced"] {
            assert_eq!(line(|told| told["state"] = json!(state)), "nothing");
        }
        assert_eq!(line(|told| told["state"] = json!("perhaps")), "perhaps");
        assert_eq!(line(|told| told["grantControls"]["builtInControls"] = json!(["mfa"])), "nothing");
        assert_eq!(line(|told| told["grantControls"] = Value::Null), "nothing");
        assert_eq!(line(|told| told["conditions"]["locations"] = Value::Null), "nothing");
        let named = json!({"includeLocations": ["abroad"], "excludeLocations": []});
        assert_eq!(line(|told| told["conditions"]["locations"] = named.clone()), "nothing");
    }

    #[test]
    fn whom_it_leaves_out_is_told_and_what_narrows_it_is_no_barrier() {
        let out = |part: &'static str, field: &'static str, ids: Value| {
            line(move |told| told["conditions"][part][field] = ids.clone())
        };
        assert_eq!(out("users", "excludeUsers", json!(["u1", "u2"])), "JP, but Users u1, but Users u2");
        assert_eq!(out("users", "excludeGroups", json!(["g"])), "JP, but Groups g");
        assert_eq!(out("applications", "excludeApplications", json!(["a"])), "JP, but Applications a");
        let guests = json!({"guestOrExternalUserTypes": "serviceProvider"});
        assert_eq!(out("users", "excludeGuestsOrExternalUsers", guests), "JP, but GuestsOrExternalUsers");
        assert_eq!(out("users", "includeUsers", json!(["u1"])), "perhaps");
        assert_eq!(out("applications", "includeApplications", json!(["Office365"])), "perhaps");
        assert_eq!(
            out("applications", "applicationFilter", json!({"mode": "exclude", "rule": "x"})),
            "perhaps"
        );
        assert_eq!(line(|told| told["conditions"]["clientAppTypes"] = json!(["browser"])), "perhaps");
        assert_eq!(
            line(|told| told["conditions"]["platforms"] = json!({"includePlatforms": ["iOS"]})),
            "perhaps"
        );
        assert_eq!(line(|told| told["conditions"]["userRiskLevels"] = json!(["high"])), "perhaps");
        assert_eq!(line(|told| told["conditions"]["somethingNew"] = json!({"x": 1})), "perhaps");
    }
}
