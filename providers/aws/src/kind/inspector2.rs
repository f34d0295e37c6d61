//! Inspector: whether hosts, images and functions are scanned for vulnerabilities, region by region.

use super::Entry;
use super::draft::Tally;
use super::watch::{guards, is_on, watcher};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::fact::{GuardPurpose, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// What is scanned.
    BATCH_GET_ACCOUNT_STATUS = "inspector2" "BatchGetAccountStatus", needs "inspector2:BatchGetAccountStatus",
    quota quota::INSPECTOR, Per::Page(100), Post, facts "whether hosts, images and functions are scanned"
);

/// Scanners.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Detector] },
    operations: &[&BATCH_GET_ACCOUNT_STATUS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const SERVICE: &str = "inspector2";

#[derive(Deserialize)]
struct Statuses {
    accounts: Vec<Account>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    account_id: String,
    resource_state: States,
}

/// Whether each sort of thing is scanned.
#[derive(Deserialize)]
struct States {
    ec2: Option<State>,
    ecr: Option<State>,
    lambda: Option<State>,
}

#[derive(Deserialize)]
struct State {
    status: Option<String>,
}

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let operation = &BATCH_GET_ACCOUNT_STATUS;
    let ask = Ask::of(operation, Api::Rest, region, json!({"accountIds": [session.account]}))
        .at("/status/batch/get", &[]);
    let heard = match session.told::<Statuses>(ask).await {
        Ok(heard) => heard,
        Err(shortfall) => {
            tally.fell_short(shortfall);
            return tally.outcome();
        }
    };
    let mut accounts = heard.told.into_iter().flat_map(|told| told.accounts);
    let Some(account) = accounts.find(|account| account.account_id == session.account) else {
        let detail = "the answer is not about this account";
        tally.fell_short(Shortfall::of(operation, GapReason::Malformed, Some(heard.call), detail));
        return tally.outcome();
    };
    let states = account.resource_state;
    for (sort, state) in [("ec2", states.ec2), ("ecr", states.ecr), ("lambda", states.lambda)] {
        let id = session.arn(SERVICE, region, &format!("scan/{sort}"));
        let name = format!("{SERVICE} {region} {sort}");
        let Some(mut draft) = watcher(session, (SERVICE, region), (id, &name), &[heard.call]) else {
            continue;
        };
        let status = state.and_then(|state| state.status);
        let words: (&[&str], &[&str]) =
            (&["ENABLED"], &["DISABLED", "ENABLING", "DISABLING", "SUSPENDING", "SUSPENDED"]);
        let enabled = is_on(&mut draft, "guard", status.as_deref(), words, operation, heard.call);
        // It keeps its findings itself.
        guards(&mut draft, GuardPurpose::Vulnerability, enabled, enabled);
        tally.tell(sink, draft.finish());
    }
    tally.outcome()
}
