//! IAM: how the account's root user is kept, the rule for passwords, and whom roles let in.

use super::Entry;
use super::draft::{Draft, Tally};
use super::shared::{List, Page};
use crate::api::{Api, Ask};
use crate::policy;
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use percent_encoding::percent_decode_str;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Identity, Kind, Principal, PrincipalClass, Trust};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

operation!(
    /// What the account says of itself in numbers.
    GET_ACCOUNT_SUMMARY = "iam" "GetAccountSummary", needs "iam:GetAccountSummary", quota quota::IAM,
    Per::Account, Post, facts "second factor and keys of the root user"
);
operation!(
    /// The rule for passwords.
    GET_ACCOUNT_PASSWORD_POLICY = "iam" "GetAccountPasswordPolicy", needs "iam:GetAccountPasswordPolicy",
    quota quota::IAM, Per::Account, Post, facts "the least length of passwords", absent &["NoSuchEntity"]
);
operation!(
    /// Every role, with whom it lets in.
    LIST_ROLES = "iam" "ListRoles", needs "iam:ListRoles", quota quota::IAM, Per::Page(200), Post,
    facts "whom roles let in"
);

/// The identities of an account.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Identities] },
    operations: &[&GET_ACCOUNT_SUMMARY, &GET_ACCOUNT_PASSWORD_POLICY, &LIST_ROLES],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Query("2010-05-08");
const SERVICE: &str = "iam";

/// The region requests to it are signed for.
const HOME: &str = "us-east-1";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let asked = session.told::<Summary>(Ask::of(&GET_ACCOUNT_SUMMARY, API, HOME, json!({}))).await;
    let (summary, call) = match asked {
        Ok(heard) => (heard.told.map(|told| told.numbers()).unwrap_or_default(), heard.call),
        Err(shortfall) => {
            tally.fell_short(shortfall);
            return tally.outcome();
        }
    };
    let id = format!("arn:aws:iam::{}:root", session.account);
    let mut draft = Draft::new(session, (Kind::Identities, SERVICE), region, id, &session.account, &call);
    // Identities hold none of the data.
    draft.resource.copies.clear();
    let identity = Identity {
        root_second_factor: second_factor(&mut draft, &summary, call),
        root_keys: {
            let keys = summary.get("AccountAccessKeysPresent").map(|number| *number > 0);
            draft.said("identity.root_keys", keys, &GET_ACCOUNT_SUMMARY, call)
        },
        password_length: password_length(session, &mut draft).await,
    };
    draft.resource.identity = Some(identity);
    let principals = trusted(session, &mut draft).await;
    draft.resource.trust = Some(Trust { principals });
    tally.tell(sink, draft.finish());
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    #[serde(deserialize_with = "members")]
    summary_map: Vec<Number>,
}

#[derive(Deserialize)]
struct Number {
    key: String,
    value: i64,
}

impl Summary {
    fn numbers(self) -> BTreeMap<String, i64> {
        self.summary_map.into_iter().map(|one| (one.key, one.value)).collect()
    }
}

/// Whether the root user needs a second factor. One without a password may be one that cannot sign in at all, or
/// one whose password its mailbox can set anew: which, is not told.
fn second_factor(draft: &mut Draft<'_>, summary: &BTreeMap<String, i64>, call: CallId) -> Observed<bool> {
    let number = |name: &str| summary.get(name).copied();
    match (number("AccountMFAEnabled"), number("AccountPasswordPresent")) {
        (Some(0), Some(0)) => {
            let detail = "the root user has no password, and whether one can be set was not read";
            let open = Shortfall::of(&GET_ACCOUNT_SUMMARY, GapReason::NotRead, Some(call), detail);
            draft.sheet.unseen("identity.root_second_factor", &open)
        }
        (factor, _) => {
            let factor = factor.map(|number| number > 0);
            draft.said("identity.root_second_factor", factor, &GET_ACCOUNT_SUMMARY, call)
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Passwords {
    password_policy: PasswordPolicy,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PasswordPolicy {
    minimum_password_length: Option<u32>,
}

async fn password_length(session: &Session, draft: &mut Draft<'_>) -> Observed<Option<u32>> {
    let operation = &GET_ACCOUNT_PASSWORD_POLICY;
    match session.told::<Passwords>(Ask::of(operation, API, HOME, json!({}))).await {
        Ok(heard) => {
            draft.sheet.shown("identity", &heard.call);
            match heard.told.map(|told| told.password_policy.minimum_password_length) {
                None => Observed::Seen(None),
                Some(length) => {
                    draft.said("identity.password_length", length, operation, heard.call).map(Some)
                }
            }
        }
        Err(shortfall) => draft.sheet.unseen("identity.password_length", &shortfall),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Roles {
    #[serde(deserialize_with = "members")]
    roles: Vec<Role>,
    is_truncated: Option<bool>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Role {
    role_name: String,
    arn: String,
    assume_role_policy_document: Option<String>,
}

impl Page for Roles {
    type Item = Role;
    const TOKEN: &'static str = "Marker";

    fn split(self) -> (Vec<Role>, Option<String>, Option<bool>) {
        (self.roles, self.marker.filter(|token| !token.is_empty()), self.is_truncated)
    }
    fn name(item: &Role) -> String {
        item.arn.clone()
    }
}

/// Everyone whom some role lets in. A role that could not be read lets in somebody who cannot be placed, and so
/// does what was not listed.
async fn trusted(session: &Session, draft: &mut Draft<'_>) -> Observed<Vec<Principal>> {
    let mut all = BTreeSet::new();
    let mut list = List::<Roles>::of(session, Ask::of(&LIST_ROLES, API, HOME, json!({"MaxItems": 200})));
    loop {
        match list.next().await {
            Ok(Some((roles, call))) => {
                draft.sheet.shown("trust", &call);
                for role in roles {
                    match let_in(&role) {
                        Ok(principals) => all.extend(principals),
                        Err(why) => {
                            let detail = format!("who can assume {}: {why}", shorten(&role.role_name));
                            let open = Shortfall::of(&LIST_ROLES, GapReason::Malformed, Some(call), detail);
                            all.insert(somebody(draft, &shorten(&role.arn), &open));
                        }
                    }
                }
            }
            Ok(None) => return Observed::Seen(all.into_iter().collect()),
            Err(shortfall) if all.is_empty() => return draft.sheet.unseen("trust.principals", &shortfall),
            Err(shortfall) => {
                all.insert(somebody(draft, "?", &shortfall));
                return Observed::Seen(all.into_iter().collect());
            }
        }
    }
}

/// Whom a role lets in, as its policy says.
fn let_in(role: &Role) -> Result<Vec<Principal>, String> {
    let text = role.assume_role_policy_document.as_deref().ok_or("no policy in the answer")?;
    let text = percent_decode_str(text).decode_utf8().map_err(|_| "not UTF-8")?;
    let reading = policy::read(&text, &role.arn).map_err(|malformed| malformed.0)?;
    Ok(reading.principals)
}

/// Somebody who cannot be placed.
fn somebody(draft: &mut Draft<'_>, id: &str, shortfall: &Shortfall) -> Principal {
    let foreign = draft.sheet.unseen("trust.principals.foreign", shortfall);
    Principal { id: id.to_owned(), class: PrincipalClass::Other, account: None, foreign }
}
