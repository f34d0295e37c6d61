//! Access Approval: whether Google's own people have to be let in by the customer before they reach the project's data.
//!
//! What an ancestor enrols holds for the project; a policy that approves every request beforehand lets all of them in.
//! Access Transparency, which only records, has no API that says whether it is on.

use crate::method::{Ask, Method};
use crate::quota;
use crate::session::Session;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::ProviderAccess;
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Observed, Sheet, Shortfall};
use serde::Deserialize;
use std::collections::BTreeSet;

operation!(
    /// For what of the project Google's people need an approval.
    GET_APPROVAL_SETTINGS = "accessapproval" "projects.getAccessApprovalSettings", at "v1/{+name}",
    needs "accessapproval.settings.get", quota quota::OTHER, Per::Account, Get,
    facts "products for which Google's people need the customer's approval", absent &["NOT_FOUND"]
);

/// What is asked of approvals.
pub const METHODS: &[&Method] = &[&GET_APPROVAL_SETTINGS];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessApprovalSettings {
    #[serde(default)]
    name: String,
    #[serde(default)]
    enrolled_services: Vec<EnrolledService>,
    #[serde(default)]
    ancestors_enrolled_services: Vec<EnrolledService>,
    enrolled_ancestor: Option<bool>,
    effective_approval_policy: Option<CustomerApprovalApprovalPolicy>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EnrolledService {
    cloud_product: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomerApprovalApprovalPolicy {
    justification_based_approval_policy: Option<String>,
}

/// For what Google's people have to be let in to the project.
pub async fn read(session: &Session, sheet: &mut Sheet) -> ProviderAccess {
    let scope = format!("projects/{}", session.project);
    let ask = Ask::of(&GET_APPROVAL_SETTINGS, [("name", format!("{scope}/accessApprovalSettings"))]);
    let heard: Result<Heard<AccessApprovalSettings>, Shortfall> = session.told(&ask).await;
    let (told, call) = match heard {
        // A project that was never enrolled, and lies in nothing that was, has no settings.
        Ok(heard) => (heard.told.unwrap_or_default(), heard.call),
        Err(shortfall) => {
            let approved = sheet.unseen("provider_access.approved", &shortfall);
            let beforehand = sheet.unseen("provider_access.beforehand", &shortfall);
            return ProviderAccess { scope, approved, beforehand };
        }
    };
    let named = session.own_name(&told.name);
    if !told.name.is_empty() && named != format!("{scope}/accessApprovalSettings") {
        let detail = format!("the answer is about {}, not {}", shorten(&told.name), scope);
        let operation = &GET_APPROVAL_SETTINGS.operation;
        let astray = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
        let approved = sheet.unseen("provider_access.approved", &astray);
        let beforehand = sheet.unseen("provider_access.beforehand", &astray);
        return ProviderAccess { scope, approved, beforehand };
    }
    sheet.shown("provider_access", &call);
    let (approved, beforehand) = of(&told);
    let unread = |why: &'static str| {
        Shortfall::of(&GET_APPROVAL_SETTINGS.operation, GapReason::Unknown, Some(call), why)
    };
    let approved = approved.map_or_else(
        |why| sheet.unseen("provider_access.approved", &unread(why)),
        |all| Observed::Seen(all.into_iter().collect()),
    );
    let beforehand = beforehand
        .map_or_else(|why| sheet.unseen("provider_access.beforehand", &unread(why)), Observed::Seen);
    ProviderAccess { scope, approved, beforehand }
}

type Told<T> = Result<T, &'static str>;

/// The products enrolled, here or above; and whether their requests are approved beforehand.
fn of(told: &AccessApprovalSettings) -> (Told<BTreeSet<String>>, Told<bool>) {
    let all = told.enrolled_services.iter().chain(&told.ancestors_enrolled_services);
    let products: Option<BTreeSet<String>> =
        all.map(|one| one.cloud_product.as_deref().map(shorten).filter(|name| !name.is_empty())).collect();
    let above = told.enrolled_ancestor == Some(true) && told.ancestors_enrolled_services.is_empty();
    let products = match products {
        None => Err("a product is enrolled, but none is named"),
        // What is enrolled above decides, where it is not all of it here.
        Some(products) if above && !products.contains("all") => {
            Err("something above the project is enrolled, but what it is was not stated")
        }
        Some(products) => Ok(products),
    };
    let policy = told.effective_approval_policy.as_ref();
    let word = policy.and_then(|policy| policy.justification_based_approval_policy.as_deref());
    let beforehand = match word.map(|word| word.trim_start_matches("JUSTIFICATION_BASED_APPROVAL_")) {
        // Left out, each request needs an approval: the documented default.
        None | Some("NOT_ENABLED" | "POLICY_UNSPECIFIED") => Ok(false),
        Some("ENABLED_ALL" | "ENABLED_EXTERNAL_JUSTIFICATIONS") => Ok(true),
        Some(_) => Err("how requests are approved is stated in an unknown word"),
    };
    (products, beforehand)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_enrolled_above_counts_and_what_is_approved_beforehand_does_not_protect() {
        let check = |told: serde_json::Value, approved: Option<&[&str]>, beforehand: Option<bool>| {
            let read: AccessApprovalSettings = serde_json::from_value(told.clone()).unwrap();
            let (products, before) = of(&read);
            let products = products.ok().map(|all| all.into_iter().collect::<Vec<_>>());
            let wanted = approved.map(|all| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
            assert_eq!((products, before.ok()), (wanted, beforehand), "{told}");
        };
        let all = json!([{"cloudProduct": "all", "enrollmentLevel": "BLOCK_ALL"}]);
        check(json!({}), Some(&[]), Some(false));
        check(json!({"enrolledServices": all}), Some(&["all"]), Some(false));
        check(
            json!({"enrolledAncestor": true, "ancestorsEnrolledServices": [{"cloudProduct": "Cloud Storage"}]}),
            Some(&["Cloud Storage"]),
            Some(false),
        );
        check(json!({"enrolledAncestor": true}), None, Some(false));
        check(json!({"enrolledAncestor": true, "enrolledServices": all}), Some(&["all"]), Some(false));
        check(json!({"enrolledServices": [{"enrollmentLevel": "BLOCK_ALL"}]}), None, Some(false));
        for (word, beforehand) in [
            ("JUSTIFICATION_BASED_APPROVAL_NOT_ENABLED", Some(false)),
            ("JUSTIFICATION_BASED_APPROVAL_ENABLED_ALL", Some(true)),
            ("JUSTIFICATION_BASED_APPROVAL_ENABLED_EXTERNAL_JUSTIFICATIONS", Some(true)),
            ("JUSTIFICATION_BASED_APPROVAL_INHERITED", None),
        ] {
            let policy = json!({"justificationBasedApprovalPolicy": word});
            check(json!({"effectiveApprovalPolicy": policy}), Some(&[]), beforehand);
        }
    }
}
