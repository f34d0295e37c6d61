//! Where what is done in SQL databases is recorded: the storage that auditing writes to.

use super::draft::Draft;
use super::sql::Wrapped;
use crate::quota;
use crate::session::Asked;
use sekisho_contract::fact::CopyRole;
use sekisho_contract::operation::Per;
use serde::Deserialize;

operation!(
    /// The storage that a server's auditing writes to.
    GET_SERVER_AUDITING = "sql" "GetServerAuditingSettings", needs "Microsoft.Sql/servers/auditingSettings/read",
    quota quota::ARM, Per::Sometimes, Get, facts "where servers' audit records are written"
);
operation!(
    /// The storage that a database's own auditing writes to.
    GET_DATABASE_AUDITING = "sql" "GetDatabaseAuditingSettings",
    needs "Microsoft.Sql/servers/databases/auditingSettings/read", quota quota::ARM, Per::Resource, Get,
    facts "where databases' audit records are written"
);
operation!(
    /// The storage that records of what Microsoft's staff does are written to.
    GET_DEVOPS_AUDITING = "sql" "GetDevOpsAuditingSettings", needs "Microsoft.Sql/servers/devOpsAuditingSettings/read",
    quota quota::ARM, Per::Sometimes, Get, facts "where records of Microsoft's support operations are written"
);

/// What auditing writes where.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Auditing {
    state: Option<String>,
    storage_endpoint: Option<String>,
}

/// Notes the storage that auditing writes to: also where it is switched off, as it may have written some before.
pub fn audited(draft: &mut Draft<'_>, asked: &Asked<Wrapped<Auditing>>) {
    let heard = match asked {
        Ok(heard) => heard,
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Log, shortfall),
    };
    draft.sheet.shown("copies", &heard.call);
    let told = heard.told.as_ref().map(|told| &told.properties);
    let endpoint = told.and_then(|told| told.storage_endpoint.as_deref()).filter(|to| !to.is_empty());
    if let Some(endpoint) = endpoint {
        return draft.copy_at_store(CopyRole::Log, endpoint);
    }
    match told.and_then(|told| told.state.as_deref()) {
        // Without storage of its own records go where the diagnostic settings say.
        Some("Disabled" | "Enabled") => {}
        Some(other) => {
            let unknown = draft.unknown("state of auditing", other);
            draft.perhaps_copied(CopyRole::Log, &unknown);
        }
        None => {
            let silent = draft.silent("where audit records are written");
            draft.perhaps_copied(CopyRole::Log, &silent);
        }
    }
}
