//! What holds for a whole subscription: which it is, what its reader may read, the regions there are.

use crate::session::{Ask, Session};
use crate::{path, places, quota};
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{RegionState, UsableRegion};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::AccountSection;
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde::Deserialize;
use std::collections::BTreeMap;

operation!(
    /// The subscription, and the tenant it belongs to.
    GET_SUBSCRIPTION = "subscription" "GetSubscription", needs "Microsoft.Resources/subscriptions/read", quota quota::ARM,
    Per::Account, Get, facts "the subscription the credentials reach, and its tenant"
);
operation!(
    /// The regions there are, their countries and their pairs.
    LIST_LOCATIONS = "subscription" "ListLocations", needs "Microsoft.Resources/subscriptions/locations/read",
    quota quota::ARM, Per::Account, Get, facts "regions, the geography each lies in, and the region it is paired with"
);
operation!(
    /// What its reader may do in the subscription.
    LIST_PERMISSIONS = "subscription" "ListPermissions", needs "Microsoft.Authorization/permissions/read",
    quota quota::ARM, Per::Account, Get,
    facts "whether the reader sees every resource: the inventory leaves out what it may not read, and does not say so"
);

operation!(
    /// The resource providers, and whether the subscription is registered for each.
    LIST_PROVIDERS = "subscription" "ListProviders", needs "Microsoft.Resources/subscriptions/providers/read",
    quota quota::ARM, Per::Account, Get,
    facts "services the subscription was never registered for: they answer with an error, and hold nothing of it"
);

/// What is asked of a subscription before its cells.
pub const OPERATIONS: &[&Operation] =
    &[&GET_SUBSCRIPTION, &LIST_LOCATIONS, &LIST_PERMISSIONS, &LIST_PROVIDERS];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registration {
    namespace: String,
    registration_state: Option<String>,
}

/// The namespaces, in small letters, that the subscription is not registered for, each with the call that showed it. One that is
/// being registered, or was and is no longer, may hold something. And why the list did not come to its end, if it did not: the other
/// namespaces count as registered then, and their errors stay errors.
pub async fn unregistered(session: &Session) -> (BTreeMap<String, CallId>, Option<Shortfall>) {
    let ask = Ask::of(&LIST_PROVIDERS, session.path("/providers"), "2021-04-01");
    let listing = session.list::<Registration>(ask).await;
    let never = |(told, call): (Registration, CallId)| {
        let never = told.registration_state.as_deref() == Some("NotRegistered");
        never.then(|| (told.namespace.to_ascii_lowercase(), call))
    };
    (listing.items.into_iter().filter_map(never).collect(), listing.broke)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    subscription_id: String,
    tenant_id: Option<String>,
}

/// Refuses to go on where the answer is about another subscription, or one of another tenant.
///
/// Gives the tenant, where the answer names it.
pub async fn check_identity(
    session: &Session,
    section: &AccountSection,
) -> Result<Option<String>, Shortfall> {
    let operation = &GET_SUBSCRIPTION;
    let heard: Heard<Subscription> = session.get(Ask::of(operation, session.path(""), "2022-12-01")).await?;
    let wrong =
        |detail: String| Err(Shortfall::of(operation, GapReason::Credentials, Some(heard.call), detail));
    let Some(told) = heard.told else {
        return wrong("no subscription in the answer".to_owned());
    };
    if !told.subscription_id.eq_ignore_ascii_case(&section.id) {
        let other = shorten(&told.subscription_id);
        return wrong(format!("the answer is about the subscription {other}, not {}", section.id));
    }
    match (&section.tenant, &told.tenant_id) {
        (Some(wanted), Some(tenant)) if !wanted.eq_ignore_ascii_case(tenant) => {
            wrong(format!("the subscription belongs to the tenant {}, not to {wanted}", shorten(tenant)))
        }
        (Some(_), None) => {
            wrong("the answer does not say to which tenant the subscription belongs".to_owned())
        }
        _ => Ok(told.tenant_id),
    }
}

/// A region, and the one it is paired with.
#[derive(Debug, Clone)]
pub struct Location {
    /// The region.
    pub region: UsableRegion,
    /// Its pair.
    pub pair: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LocationItem {
    name: String,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    region_type: Option<String>,
    geography: Option<String>,
    #[serde(default)]
    paired_region: Option<Vec<Paired>>,
}

#[derive(Deserialize)]
struct Paired {
    name: String,
}

/// The regions of the subscription. What only names a set of regions (`regionType` `Logical`) is none.
pub async fn locations(session: &Session) -> Result<Heard<Vec<Location>>, Shortfall> {
    let operation = &LIST_LOCATIONS;
    let listing =
        session.list::<LocationItem>(Ask::of(operation, session.path("/locations"), "2022-12-01")).await;
    if let Some(shortfall) = listing.broke {
        return Err(shortfall);
    }
    let Some((_, call)) = listing.items.first() else {
        let call = listing.calls.first().copied();
        return Err(Shortfall::of(operation, GapReason::Malformed, call, "the list of regions is empty"));
    };
    let call = *call;
    let malformed = |why: String| Shortfall::of(operation, GapReason::Malformed, Some(call), why);
    let mut locations = Vec::new();
    for (item, _) in listing.items {
        let Some(metadata) = item.metadata else {
            return Err(malformed(format!("the answer does not say what `{}` is", shorten(&item.name))));
        };
        if metadata.region_type.as_deref() == Some("Logical") {
            continue;
        }
        let id = path::place(&item.name);
        if let Some(why) = contradiction(&id, metadata.geography.as_deref()) {
            return Err(malformed(why));
        }
        let pair = metadata.paired_region.into_iter().flatten().next().map(|pair| path::place(&pair.name));
        locations.push(Location { region: UsableRegion { id, state: RegionState::Open }, pair });
    }
    locations.sort_by(|a, b| a.region.id.cmp(&b.region.id));
    locations.dedup_by(|a, b| a.region.id == b.region.id);
    Ok(Heard { call, told: Some(locations) })
}

/// The geographies that are Japan, by Azure's name.
const JAPAN: &str = "Japan";

/// Why the catalogue and Azure cannot both be right about a region: one of them calls it Japanese alone.
fn contradiction(region: &str, geography: Option<&str>) -> Option<String> {
    let place = places().place(region)?;
    let ours = place.countries == ["JP"];
    let theirs = geography? == JAPAN;
    (ours != theirs)
        .then(|| format!("Azure says that {region} lies in {}", shorten(geography.unwrap_or_default())))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Permission {
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    not_actions: Vec<String>,
}

/// Whether the reader may read every resource of the subscription: `None` where it may, or why what it may not
/// read stays hidden from it.
///
/// Resource Graph shows what its caller may read and says nothing of the rest ("Permissions in Azure Resource Graph"):
/// an empty answer to a caller with a narrow role is no proof that there is nothing.
pub async fn blinkered(session: &Session) -> Option<Shortfall> {
    let operation = &LIST_PERMISSIONS;
    let path = session.path("/providers/Microsoft.Authorization/permissions");
    let listing = session.list::<Permission>(Ask::of(operation, path, "2022-04-01")).await;
    if listing.broke.is_some() {
        return listing.broke;
    }
    let reads_all = |(permission, _): &(Permission, _)| {
        let all = |action: &String| matches!(action.to_ascii_lowercase().as_str(), "*" | "*/read");
        // What is taken from a role again is given by none of its actions.
        let taken = |action: &String| action.to_ascii_lowercase().ends_with("/read") || action.ends_with('*');
        permission.actions.iter().any(all) && !permission.not_actions.iter().any(taken)
    };
    if listing.items.iter().any(reads_all) {
        return None;
    }
    let call = listing.calls.first().copied();
    let detail =
        "the reader may not read every type of resource, and the inventory leaves out what it may not read";
    Some(Shortfall {
        permission: "*/read".to_owned(),
        ..Shortfall::of(operation, GapReason::Denied, call, detail)
    })
}
