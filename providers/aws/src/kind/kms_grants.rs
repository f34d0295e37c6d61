//! Grants on KMS keys: who may use a key besides those its policy lets in.

use super::shared::{List, Page};
use crate::api::{Api, Ask};
use crate::policy::{aws_principal, principal};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Exposure, Principal, PrincipalClass};
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Observed, Sheet, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

operation!(
    /// Who is let in besides the policy; asked of the customer's keys.
    LIST_GRANTS = "kms" "ListGrants", needs "kms:ListGrants", quota quota::KMS_GRANTS,
    Per::Resource, Post, facts "principals let in by grants"
);

const API: Api = Api::json("TrentService");

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GrantList {
    grants: Vec<Grant>,
    next_marker: Option<String>,
    truncated: Option<bool>,
}

/// What a grant allows is not looked at: whoever is named in one may use the key for something.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Grant {
    key_id: Option<String>,
    grant_id: String,
    grantee_principal: Option<String>,
    grantee_service_principal: Option<String>,
}

impl Page for GrantList {
    type Item = Grant;
    const TOKEN: &'static str = "Marker";

    fn split(self) -> (Vec<Grant>, Option<String>, Option<bool>) {
        (self.grants, self.next_marker, self.truncated)
    }
    fn name(item: &Grant) -> String {
        item.grant_id.clone()
    }
}

/// The grantees of a key, without repetition, and the calls that showed them.
pub(super) async fn list(
    session: &Session,
    region: &str,
    arn: &str,
    id: &str,
) -> Result<(BTreeSet<Principal>, Vec<CallId>), Shortfall> {
    let body = json!({"KeyId": arn, "Limit": 100});
    let mut list = List::<GrantList>::of(session, Ask::of(&LIST_GRANTS, API, region, body).about(id));
    let (mut grantees, mut calls) = (BTreeSet::new(), Vec::new());
    while let Some((grants, call)) = list.next().await? {
        calls.push(call);
        for grant in grants {
            let other = grant.key_id.as_deref().is_some_and(|about| !about.ends_with(id));
            let grantee = grant.grantee().filter(|_| !other);
            let unread = |why| Shortfall::of(&LIST_GRANTS, GapReason::Malformed, Some(call), why);
            let why = if other { "the answer is not about this key" } else { "a grant without a grantee" };
            grantees.insert(grantee.ok_or_else(|| unread(why))?);
        }
    }
    Ok((grantees, calls))
}

impl Grant {
    fn grantee(self) -> Option<Principal> {
        let named = |name: Option<String>| name.filter(|name| !name.is_empty());
        let service = |name: &str| name.ends_with(".amazonaws.com") && !name.contains(':');
        match (named(self.grantee_service_principal), named(self.grantee_principal)) {
            (Some(service), _) => Some(principal(&service, PrincipalClass::Service, None)),
            (None, Some(name)) if service(&name) => Some(principal(&name, PrincipalClass::Service, None)),
            (None, Some(name)) => Some(aws_principal(&name)),
            (None, None) => None,
        }
    }
}

/// Adds the grantees to those that the policy lets in; a member without its place stands for grants that were not seen.
pub(super) fn let_in(
    exposure: &mut Exposure,
    sheet: &mut Sheet,
    grants: Result<(BTreeSet<Principal>, Vec<CallId>), Shortfall>,
) {
    let Observed::Seen(principals) = &mut exposure.principals else {
        if let Err(shortfall) = &grants {
            let _: Observed<()> = sheet.unseen("exposure.principals", shortfall);
        }
        return;
    };
    match grants {
        Ok((grantees, calls)) => {
            calls.iter().for_each(|call| sheet.shown("exposure", call));
            let mut all: BTreeSet<Principal> = principals.drain(..).collect();
            all.extend(grantees);
            principals.extend(all);
        }
        Err(shortfall) => {
            let foreign = sheet.unseen("exposure.principals.foreign", &shortfall);
            let (id, class) = ("grants on the key".to_owned(), PrincipalClass::Other);
            principals.push(Principal { id, class, account: None, foreign });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grantee_is_placed_by_its_name() {
        for (grant, expected) in [
            (
                json!({"GranteePrincipal": "arn:aws:iam::444455556666:root"}),
                Some((PrincipalClass::Account, Some("444455556666"))),
            ),
            (
                json!({"GranteePrincipal": "arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-1"}),
                Some((PrincipalClass::Account, Some("111122223333"))),
            ),
            (
                json!({"GranteePrincipal": "fsx.ap-northeast-1.amazonaws.com"}),
                Some((PrincipalClass::Service, None)),
            ),
            (
                json!({"GranteeServicePrincipal": "dynamodb.amazonaws.com"}),
                Some((PrincipalClass::Service, None)),
            ),
            (json!({"GranteePrincipal": "AIDAEXAMPLE"}), Some((PrincipalClass::Other, None))),
            (json!({"GranteePrincipal": "AWS Internal"}), Some((PrincipalClass::Other, None))),
            (json!({}), None),
        ] {
            let mut told = json!({"GrantId": "g"});
            told.as_object_mut().unwrap().extend(grant.as_object().unwrap().clone());
            let read = serde_json::from_value::<Grant>(told).unwrap().grantee();
            let read = read.as_ref().map(|principal| (principal.class, principal.account.as_deref()));
            assert_eq!(read, expected, "{grant}");
        }
    }
}
