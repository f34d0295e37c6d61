//! Who is let in to the whole project: by its own policy, and by those of the folders and organization above it.

use super::Entry;
use super::draft::{Draft, Tally};
use super::inventory::Found;
use super::principal;
use crate::hierarchy::{
    GET_FOLDER, GET_FOLDER_POLICY, GET_ORGANIZATION_POLICY, GET_PROJECT_POLICY, Hierarchy,
};
use crate::session::{EVERYWHERE, Session};
use sekisho_contract::fact::{Facet, Kind, Principal, PrincipalClass, Trust};
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde_json::Value;

/// Roles on the whole project.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Identities] },
    methods: &[&GET_PROJECT_POLICY, &GET_FOLDER, &GET_FOLDER_POLICY, &GET_ORGANIZATION_POLICY],
    assets: &[],
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "iam";

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let hierarchy = session.hierarchy().await;
    let mut tally = Tally::default();
    let found = Found {
        asset: String::new(),
        name: format!("//cloudresourcemanager.googleapis.com/projects/{}", session.project),
        data: Value::Null,
        operation: &GET_PROJECT_POLICY.operation,
        call: hierarchy.call(session),
    };
    let mut draft = Draft::new(session, (Kind::Identities, SERVICE), None, &found);
    EVERYWHERE.clone_into(&mut draft.resource.region);
    // A project has no user above all others, as an account has its root.
    draft.without(&[Facet::Identity]);
    let principals = trust(session, &mut draft, hierarchy);
    draft.resource.trust = Some(Trust { principals: Observed::Seen(principals) });
    tally.tell(sink, draft.finish());
    tally.outcome()
}

fn trust(session: &Session, draft: &mut Draft<'_>, hierarchy: &Hierarchy) -> Vec<Principal> {
    let mut principals = Vec::new();
    for level in &hierarchy.levels {
        match &level.policy {
            Ok((policy, call)) => {
                draft.sheet.shown("trust", call);
                principals.extend(principal::all(session, &policy.access()));
            }
            Err(shortfall) => principals.push(unseen(draft, &level.name, shortfall)),
        }
    }
    if let Some(shortfall) = &hierarchy.missing {
        principals.push(unseen(draft, "what lies above it", shortfall));
    }
    principals.sort();
    principals.dedup();
    principals
}

/// Whoever a policy lets in that was not seen.
fn unseen(draft: &mut Draft<'_>, of: &str, shortfall: &Shortfall) -> Principal {
    let reason = if shortfall.reason == GapReason::Closed { GapReason::Unresolved } else { shortfall.reason };
    let foreign = draft.sheet.unseen("trust.principals.foreign", &Shortfall { reason, ..shortfall.clone() });
    Principal { id: format!("whoever {of} lets in"), class: PrincipalClass::Other, account: None, foreign }
}
