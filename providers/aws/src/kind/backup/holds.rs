//! Legal holds: what they keep from being deleted, for as long as nobody lifts them.

use super::API;
use crate::api::Ask;
use crate::kind::draft::{Draft, all};
use crate::kind::shared::{List, Page, page};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{LiftedBy, Obstacle, ObstacleKind, Starts};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

operation!(
    /// Every hold of the region, those that ended included.
    LIST_LEGAL_HOLDS = "backup" "ListLegalHolds", needs "backup:ListLegalHolds", quota quota::BACKUP,
    Per::Page(1_000), Get, facts "legal holds on backups"
);
operation!(
    /// What a hold is laid on.
    GET_LEGAL_HOLD = "backup" "GetLegalHold", needs "backup:GetLegalHold", quota quota::BACKUP,
    Per::Sometimes, Get, facts "vaults that a legal hold is laid on"
);
operation!(
    /// The points a hold keeps.
    LIST_RECOVERY_POINTS_BY_LEGAL_HOLD = "backup" "ListRecoveryPointsByLegalHold",
    needs "backup:ListRecoveryPointsByLegalHold", quota quota::BACKUP, Per::Page(1_000), Get,
    facts "recovery points that a legal hold keeps"
);

/// The holds of a region.
#[derive(Default)]
pub(super) struct Holds {
    /// Vaults that are named by a hold, and the call that showed it.
    vaults: BTreeMap<String, CallId>,
    /// A hold that names neither vaults nor resources holds everything.
    everything: Option<CallId>,
    /// Points that are held, by vault and ARN.
    points: BTreeMap<(String, String), CallId>,
    /// What was not seen of them: anything may be held.
    perhaps: Vec<Shortfall>,
}

impl Holds {
    /// Notes the holds on a vault.
    pub(super) fn on_vault(&self, draft: &mut Draft<'_>, name: &str) {
        for call in self.everything.iter().chain(self.vaults.get(name)) {
            held(draft, call);
        }
        self.perhaps_on(draft);
    }

    /// Notes the holds on a point.
    pub(super) fn on_point(&self, draft: &mut Draft<'_>, vault: &str, arn: &str) {
        if let Some(call) = self.points.get(&(vault.to_owned(), arn.to_owned())) {
            held(draft, call);
        }
        self.perhaps_on(draft);
    }

    fn perhaps_on(&self, draft: &mut Draft<'_>) {
        for shortfall in &self.perhaps {
            draft.perhaps_hindered(shortfall);
        }
    }
}

fn held(draft: &mut Draft<'_>, call: &CallId) {
    draft.sheet.shown("erasure", call);
    draft.hindered(Obstacle {
        kind: Observed::Seen(ObstacleKind::LegalHold),
        starts: Observed::Seen(Starts::AtRequest),
        days: Observed::Seen(None),
        until: Observed::Seen(None),
        lifted_by: Observed::Seen(LiftedBy::PrivilegedUser),
    });
}

/// Reads the holds of a region that have not ended.
pub(super) async fn read(session: &Session, region: &str) -> Holds {
    let mut holds = Holds::default();
    let ask = Ask::of(&LIST_LEGAL_HOLDS, API, region, json!({"maxResults": 1000})).at("/legal-holds/", &[]);
    let listed = match all(List::<LegalHolds>::of(session, ask)).await {
        Ok(listed) => listed,
        Err(shortfall) => {
            holds.perhaps.push(shortfall);
            return holds;
        }
    };
    for (hold, call) in listed {
        let id = shorten(&hold.legal_hold_id);
        let doubt = |reason, detail| Shortfall::of(&LIST_LEGAL_HOLDS, reason, Some(call), detail);
        match hold.status.as_deref() {
            Some("CANCELED") => continue,
            Some("ACTIVE") => {}
            Some("CREATING" | "CANCELING") => {
                let detail = format!("the legal hold {id} is being placed or lifted");
                holds.perhaps.push(doubt(GapReason::Unresolved, detail));
            }
            other => {
                let detail = format!("unknown state of a legal hold `{}`", shorten(other.unwrap_or("")));
                holds.perhaps.push(doubt(GapReason::Unknown, detail));
            }
        }
        read_one(session, region, &hold.legal_hold_id, &mut holds).await;
    }
    holds
}

async fn read_one(session: &Session, region: &str, id: &str, holds: &mut Holds) {
    let ask = Ask::of(&GET_LEGAL_HOLD, API, region, json!({})).about(id).at("/legal-holds/{}/", &[id]);
    match session.told::<LegalHold>(ask).await {
        Ok(heard) => match heard.told.filter(|told| told.legal_hold_id == id) {
            Some(told) => selected(told.recovery_point_selection, heard.call, holds),
            None => holds.perhaps.push(super::astray(&GET_LEGAL_HOLD, heard.call)),
        },
        Err(shortfall) => holds.perhaps.push(shortfall),
    }
    let ask =
        Ask::of(&LIST_RECOVERY_POINTS_BY_LEGAL_HOLD, API, region, json!({"maxResults": 1000})).about(id);
    let ask = ask.at("/legal-holds/{}/recovery-points", &[id]);
    match all(List::<Held>::of(session, ask)).await {
        Ok(points) => {
            let points = points
                .into_iter()
                .map(|(point, call)| ((point.backup_vault_name, point.recovery_point_arn), call));
            holds.points.extend(points);
        }
        Err(shortfall) => holds.perhaps.push(shortfall),
    }
}

fn selected(selection: Option<Selection>, call: CallId, holds: &mut Holds) {
    let (vaults, resources) = selection.map_or_else(Default::default, |selection| {
        (selection.vault_names.unwrap_or_default(), selection.resource_identifiers.unwrap_or_default())
    });
    if vaults.is_empty() && resources.is_empty() {
        holds.everything = Some(call);
    }
    holds.vaults.extend(vaults.into_iter().map(|vault| (vault, call)));
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LegalHolds {
    legal_holds: Vec<ListedHold>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedHold {
    legal_hold_id: String,
    status: Option<String>,
}

page!(LegalHolds: ListedHold in legal_holds, "nextToken" from next_token, by |item| item.legal_hold_id.clone());

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LegalHold {
    legal_hold_id: String,
    recovery_point_selection: Option<Selection>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Selection {
    vault_names: Option<Vec<String>>,
    resource_identifiers: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Held {
    recovery_points: Vec<HeldPoint>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HeldPoint {
    recovery_point_arn: String,
    backup_vault_name: String,
}

page!(Held: HeldPoint in recovery_points, "nextToken" from next_token, by |item| {
    format!("{} {}", item.backup_vault_name, item.recovery_point_arn)
});
