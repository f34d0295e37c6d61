//! The other subscriptions below a management group.

use crate::quota;
use crate::session::{Ask, Session};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{AccountSection, Member};
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde::Deserialize;

operation!(
    /// Everything below a management group, however deep.
    LIST_DESCENDANTS = "managementgroup" "ListDescendants", needs "Microsoft.Management/managementGroups/descendants/read",
    quota quota::ARM, Per::Sometimes, Get, facts "the subscriptions below the management group named in the tenancy file"
);

/// What is asked of a management group.
pub const OPERATIONS: &[&Operation] = &[&LIST_DESCENDANTS];

/// The service of the cell that tells whether the list of subscriptions came to its end.
pub const SERVICE: &str = "managementgroup";

#[derive(Deserialize)]
struct Descendant {
    r#type: String,
    name: String,
}

/// The other subscriptions below the group, and why the list broke off, if it did. Each is entered for itself: one that
/// cannot be entered costs its own cells.
pub async fn members(
    session: &Session,
    own: &AccountSection,
    group: &str,
) -> (Vec<Member>, Option<Shortfall>) {
    let operation = &LIST_DESCENDANTS;
    let path = format!("/providers/Microsoft.Management/managementGroups/{group}/descendants");
    let listing = session.list::<Descendant>(Ask::of(operation, path, "2020-05-01").about(group)).await;
    let (mut members, mut broke) = (Vec::new(), listing.broke);
    for (descendant, call) in listing.items {
        match descendant.r#type.to_ascii_lowercase().rsplit('/').next() {
            Some("subscriptions") if crate::path::is_guid(&descendant.name) => {
                let id = descendant.name.to_ascii_lowercase();
                if id != own.id.to_ascii_lowercase() {
                    let section = AccountSection { id, management_group: None, ..own.clone() };
                    members.push(Member { section, inactive: None });
                }
            }
            Some("managementgroups") => {}
            _ => {
                let detail =
                    format!("the list holds `{}`, which is not a subscription", shorten(&descendant.name));
                broke = broke.or(Some(Shortfall::of(operation, GapReason::Malformed, Some(call), detail)));
            }
        }
    }
    members.sort_by(|a, b| a.section.id.cmp(&b.section.id));
    members.dedup_by(|a, b| a.section.id == b.section.id);
    (members, broke)
}
