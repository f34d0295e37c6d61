//! From where a thing can be reached, by its own network rules: storage accounts, vaults and others write them alike.

use super::draft::{Draft, not_read};
use crate::path;
use sekisho_contract::fact::{Bound, BoundEffect, Facet, Sources, Span, is_open};
use sekisho_contract::gap::shorten;
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;

/// Network rules, as a resource tells them of itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkRules {
    bypass: Option<String>,
    default_action: Option<String>,
    ip_rules: Option<Vec<IpRule>>,
    virtual_network_rules: Option<Vec<NetworkRule>>,
    resource_access_rules: Option<Vec<AccessRule>>,
}

#[derive(Debug, Clone, Deserialize)]
struct IpRule {
    value: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct NetworkRule {
    id: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessRule {
    resource_id: Option<String>,
}

/// Whoever comes by a private endpoint of the resource passes all its network rules.
const PRIVATE: &str = "private endpoints";

/// What a resource's network rules bound.
pub fn note(draft: &mut Draft<'_>, public_network_access: Option<&str>, rules: Option<&NetworkRules>) {
    let bounds = match bounded(draft, public_network_access, rules) {
        Ok(bound) => bound.into_iter().collect(),
        Err(shortfall) => {
            draft.sheet.unseen::<()>("sources.bounds", &shortfall);
            vec![Bound::perhaps()]
        }
    };
    has(draft);
    draft.resource.sources = Some(Sources { bounds: Observed::Seen(bounds) });
}

/// What could not be seen of it.
pub fn perhaps(draft: &mut Draft<'_>, shortfall: &Shortfall) {
    has(draft);
    draft.resource.sources = Some(Sources { bounds: draft.sheet.unseen("sources.bounds", shortfall) });
}

/// A range that the firewall of a database server lets in.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FirewallRule {
    start_ip_address: Option<String>,
    end_ip_address: Option<String>,
}

/// Whether nobody gets in but by a private endpoint.
pub fn is_shut(public_network_access: Option<&str>) -> bool {
    public_network_access.is_some_and(|access| access.eq_ignore_ascii_case("Disabled"))
}

/// What the firewall of a database server bounds. Databases keep rules of their own besides, which only they tell: so one that
/// lets in too much is seen, and one that does not is no bound for certain.
pub fn note_ranges(
    draft: &mut Draft<'_>,
    public_network_access: Option<&str>,
    rules: &[&FirewallRule],
    broke: Option<&Shortfall>,
) {
    if is_shut(public_network_access) {
        return note(draft, public_network_access, None);
    }
    has(draft);
    let (mut addresses, mut exempt, mut spans) = (Vec::new(), Vec::new(), Vec::new());
    let mut doubt = broke.cloned();
    for rule in rules {
        let end = |address: &Option<String>| shorten(address.as_deref().unwrap_or_default());
        let (first, last) = (end(&rule.start_ip_address), end(&rule.end_ip_address));
        match Span::between(&first, &last) {
            // That range stands for whatever runs in Azure, whosever it is ("Azure SQL Database server-level IP firewall rules").
            Some(_) if first == "0.0.0.0" && last == "0.0.0.0" => exempt.push("all of Azure".to_owned()),
            Some(span) => {
                spans.push(span);
                addresses.push(format!("{first}-{last}"));
            }
            None => {
                doubt =
                    Some(draft.malformed("its network rules contain something that is not an address range"));
            }
        }
    }
    let seen = refuses(addresses, Vec::new(), exempt, is_open(&spans));
    let too_much = seen.open == Observed::Seen(true) || !seen.exempt.is_empty();
    let bounds = if too_much {
        // What was not read could only let in more.
        if let Some(doubt) = &doubt {
            draft.sheet.unseen::<()>("sources.bounds", doubt);
        }
        vec![seen]
    } else {
        let inner = not_read("the databases' own rules are not read");
        draft.sheet.unseen::<()>("sources.bounds", &doubt.unwrap_or(inner));
        vec![Bound { effect: Observed::default(), ..seen }]
    };
    draft.resource.sources = Some(Sources { bounds: Observed::Seen(bounds) });
}

fn has(draft: &mut Draft<'_>) {
    if !draft.resource.facets.contains(&Facet::Sources) {
        draft.resource.facets.push(Facet::Sources);
    }
}

fn bounded(
    draft: &Draft<'_>,
    public_network_access: Option<&str>,
    rules: Option<&NetworkRules>,
) -> Result<Option<Bound>, Shortfall> {
    let access = public_network_access.unwrap_or("Enabled");
    match access.to_ascii_lowercase().as_str() {
        // Whatever the rules say, nobody gets in but by a private endpoint.
        "disabled" => return Ok(Some(refuses(Vec::new(), Vec::new(), Vec::new(), false))),
        "securedbyperimeter" => {
            return Err(not_read("what its network security perimeter allows is not read"));
        }
        "enabled" | "" => {}
        _ => return Err(draft.unknown("network access", access)),
    }
    // Left out, everything is let in: the default action is to allow ("Storage Accounts - Get", "Vaults - Get").
    let Some(rules) = rules else { return Ok(None) };
    match rules.default_action.as_deref() {
        None | Some("Allow" | "allow") => return Ok(None),
        Some("Deny" | "deny") => {}
        Some(other) => return Err(draft.unknown("network access", other)),
    }
    let mut exempt = Vec::new();
    // Services that Microsoft trusts ask for themselves; analytics that may be read from anywhere are of what was done.
    for word in rules.bypass.as_deref().unwrap_or_default().split(',').map(str::trim) {
        match word {
            "" | "None" | "AzureServices" => {}
            other => exempt.push(shorten(other)),
        }
    }
    let others = rules.resource_access_rules.iter().flatten();
    exempt.extend(others.map(|rule| shorten(rule.resource_id.as_deref().unwrap_or_default())));
    let written = rules.ip_rules.iter().flatten();
    let addresses: Vec<String> =
        written.map(|rule| shorten(rule.value.as_deref().unwrap_or_default())).collect();
    let spans: Option<Vec<Span>> = addresses.iter().map(|text| Span::read(text)).collect();
    let Some(spans) = spans else {
        return Err(draft.malformed("its network rules contain something that is not an address range"));
    };
    let networks = rules.virtual_network_rules.iter().flatten();
    let networks = networks.map(|rule| shorten(&path::id(rule.id.as_deref().unwrap_or_default()))).collect();
    Ok(Some(refuses(addresses, networks, exempt, is_open(&spans))))
}

/// A bound on everyone and everything, which private endpoints pass.
pub fn refuses(
    mut addresses: Vec<String>,
    mut networks: Vec<String>,
    mut exempt: Vec<String>,
    open: bool,
) -> Bound {
    for list in [&mut addresses, &mut networks, &mut exempt] {
        list.sort();
        list.dedup();
    }
    Bound {
        effect: Observed::Seen(BoundEffect::Refuses),
        addresses,
        networks,
        endpoints: vec![PRIVATE.to_owned()],
        exempt,
        open: Observed::Seen(open),
    }
}
