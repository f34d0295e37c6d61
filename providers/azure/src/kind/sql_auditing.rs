//! Where what is done in SQL databases is recorded: the storage that auditing writes to.

use super::draft::{Draft, unresolved};
use super::sql::Wrapped;
use crate::quota;
use crate::session::{Asked, Session};
use sekisho_contract::fact::CopyRole;
use sekisho_contract::gap::shorten;
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
        return match store_at(draft.session, endpoint) {
            Some(store) => draft.copy_at(CopyRole::Log, &store),
            None => draft.perhaps_copied(CopyRole::Log, &unresolved(&shorten(endpoint))),
        };
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

/// The storage account at an address, whose first part is its name, which no other account has.
fn store_at(session: &Session, endpoint: &str) -> Option<String> {
    let host = endpoint.trim().to_ascii_lowercase();
    let host = host.strip_prefix("https://").unwrap_or(&host);
    let name = host.split('.').next()?.to_owned();
    let accounts = session.rows(&["microsoft.storage/storageaccounts"]);
    let found = accounts.into_iter().find(|(row, _)| row.name.eq_ignore_ascii_case(&name));
    found.map(|(row, _)| row.id.clone())
}
