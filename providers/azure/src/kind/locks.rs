//! Locks: what keeps resources from being deleted until somebody takes it away.

use super::draft::Draft;
use crate::path;
use crate::quota;
use crate::session::{Ask, Listing, Session};
use sekisho_contract::Operation;
use sekisho_contract::fact::{LiftedBy, ObstacleKind, Starts};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use serde::Deserialize;

operation!(
    /// Every lock of the subscription and of what is in it.
    LIST_LOCKS = "authorization" "ListLocks", needs "Microsoft.Authorization/locks/read", quota quota::ARM,
    Per::Sometimes, Get, facts "locks that keep resources from being deleted"
);

/// What is asked of locks.
pub const OPERATIONS: &[&Operation] = &[&LIST_LOCKS];

/// A lock, and what it lies on.
#[derive(Debug, Clone, Deserialize)]
pub struct Lock {
    id: String,
    properties: Properties,
}

#[derive(Debug, Clone, Deserialize)]
struct Properties {
    level: String,
}

/// What stands between what is locked and the lock's own name.
const BETWEEN: &str = "/providers/microsoft.authorization/locks/";

/// Every lock of the subscription.
pub async fn all(session: &Session) -> Listing<Lock> {
    session
        .list(Ask::of(&LIST_LOCKS, session.path("/providers/Microsoft.Authorization/locks"), "2020-05-01"))
        .await
}

/// Notes the locks that lie on a thing or on what it is in. Whoever may manage locks can take them away.
pub async fn note(draft: &mut Draft<'_>) {
    let session = draft.session;
    let locks = session.locks().await;
    for (lock, call) in &locks.items {
        let id = path::id(&lock.id);
        let Some((scope, _)) = id.rsplit_once(BETWEEN) else {
            // It may lie on anything.
            let astray = draft.malformed(format!("{} is no lock", shorten(&id)));
            draft.perhaps_hindered(&astray);
            continue;
        };
        if !path::is_below(&draft.resource.id, scope) {
            continue;
        }
        draft.sheet.shown("erasure", call);
        match lock.properties.level.as_str() {
            "CanNotDelete" | "ReadOnly" => draft.obstacle(
                ObstacleKind::DeletionProtection,
                Starts::AtRequest,
                Some(0),
                LiftedBy::PrivilegedUser,
            ),
            "NotSpecified" => {}
            other => {
                let unknown = draft.unknown("level of a lock", other);
                draft.perhaps_hindered(&unknown);
            }
        }
    }
    if let Some(shortfall) = &locks.broke {
        draft.perhaps_hindered(shortfall);
    }
}
