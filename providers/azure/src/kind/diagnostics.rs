//! Diagnostic settings: where the records of a resource are sent.
//!
//! No list has those of a whole subscription, and Resource Graph has none of them ("Azure Resource Graph table and resource type reference"):
//! each thing of a type that has records of its own is asked. Machines, disks and network interfaces have figures of their use alone.

use super::draft::{Draft, not_read};
use crate::path;
use crate::quota;
use crate::session::{Ask, Listing, Session};
use sekisho_contract::fact::CopyRole;
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use serde::Deserialize;

operation!(
    /// Where the records of one resource are sent.
    LIST_DIAGNOSTIC_SETTINGS = "monitor" "ListDiagnosticSettings", needs "Microsoft.Insights/diagnosticSettings/read",
    quota quota::ARM, Per::Resource, Get,
    facts "where records go: storage accounts, workspaces, event hubs and partners outside Azure",
    absent &["ResourceTypeNotSupported"]
);

operation!(
    /// Where the records of a management group are sent.
    LIST_GROUP_SETTINGS = "monitor" "ListManagementGroupDiagnosticSettings",
    needs "Microsoft.Insights/diagnosticSettings/read", quota quota::ARM, Per::Sometimes, Get,
    facts "where records of the management group named in the tenancy file go"
);

/// One diagnostic setting.
#[derive(Debug, Clone, Deserialize)]
pub struct Setting {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it sends where.
    pub properties: Sent,
}

/// What a setting sends where.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    pub storage_account_id: Option<String>,
    pub workspace_id: Option<String>,
    pub event_hub_authorization_rule_id: Option<String>,
    pub service_bus_rule_id: Option<String>,
    pub marketplace_partner_id: Option<String>,
    logs: Option<Vec<Category>>,
    metrics: Option<Vec<Category>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Category {
    category: Option<String>,
    category_group: Option<String>,
    enabled: bool,
}

impl Sent {
    /// Whether records of this category are sent: named by itself, or in a group that holds it.
    pub fn sends(&self, category: &str) -> bool {
        self.logs.iter().flatten().filter(|log| log.enabled).any(|log| {
            let named = log.category.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(category));
            named || matches!(log.category_group.as_deref(), Some("allLogs" | "audit"))
        })
    }

    fn sends_anything(&self) -> bool {
        self.logs.iter().chain(&self.metrics).flatten().any(|sent| sent.enabled)
    }

    /// The resource of Azure that holds what is sent, in the order in which one is named.
    pub fn target(&self) -> Option<String> {
        let namespace = |rule: &String| {
            let id = path::id(rule);
            id.split("/authorizationrules/").next().map(str::to_owned)
        };
        let own = |id: &String| Some(path::id(id));
        let told = |id: &&String| !id.is_empty();
        let plain = |id: &Option<String>| id.as_ref().filter(told).and_then(own);
        plain(&self.storage_account_id)
            .or_else(|| plain(&self.workspace_id))
            .or_else(|| self.event_hub_authorization_rule_id.as_ref().filter(told).and_then(namespace))
            .or_else(|| self.service_bus_rule_id.as_ref().filter(told).and_then(namespace))
    }

    /// Every resource of Azure that what is sent goes to.
    fn targets(&self) -> Vec<String> {
        let parts = [
            Self {
                workspace_id: None,
                event_hub_authorization_rule_id: None,
                service_bus_rule_id: None,
                ..self.clone()
            },
            Self {
                storage_account_id: None,
                event_hub_authorization_rule_id: None,
                service_bus_rule_id: None,
                ..self.clone()
            },
            Self { storage_account_id: None, workspace_id: None, service_bus_rule_id: None, ..self.clone() },
            Self {
                storage_account_id: None,
                workspace_id: None,
                event_hub_authorization_rule_id: None,
                ..self.clone()
            },
        ];
        parts.iter().filter_map(Self::target).collect()
    }
}

/// The diagnostic settings of a resource.
pub async fn of(session: &Session, id: &str) -> Listing<Setting> {
    let path = format!("{id}/providers/Microsoft.Insights/diagnosticSettings");
    session.list(Ask::of(&LIST_DIAGNOSTIC_SETTINGS, path, "2021-05-01-preview").about(id)).await
}

/// The settings of a management group: they send what is done in the group itself, and nothing of what is below it.
pub async fn of_group(session: &Session, group: &str) -> Listing<Setting> {
    let path = format!(
        "/providers/Microsoft.Management/managementGroups/{group}/providers/Microsoft.Insights/diagnosticSettings"
    );
    session.list(Ask::of(&LIST_GROUP_SETTINGS, path, "2020-01-01-preview").about(group)).await
}

/// Notes where the records go: each target is a copy of its own.
pub fn note(draft: &mut Draft<'_>, settings: &Listing<Setting>) {
    for call in &settings.calls {
        draft.sheet.shown("copies", call);
    }
    for (setting, _) in settings.items.iter().filter(|(setting, _)| setting.properties.sends_anything()) {
        let sent = &setting.properties;
        for target in sent.targets() {
            draft.copy_at(CopyRole::Log, &target);
        }
        if let Some(partner) = sent.marketplace_partner_id.as_deref().filter(|partner| !partner.is_empty()) {
            let detail = format!("where records rest that leave Azure for {} was not read", shorten(partner));
            draft.perhaps_copied(CopyRole::Log, &not_read(&detail));
        }
    }
    if let Some(shortfall) = &settings.broke {
        draft.perhaps_copied(CopyRole::Log, shortfall);
    }
}

/// Asks and notes where the records of a resource go.
pub async fn read(draft: &mut Draft<'_>) -> Listing<Setting> {
    let settings = of(draft.session, &draft.resource.id).await;
    note(draft, &settings);
    settings
}
