//! Microsoft Azure: a file per kind, the place catalogue as data, and the operations it may call.
//!
//! Resource Graph lists every resource of a subscription with its place and properties; what it lacks is asked of
//! Resource Manager. Identifiers are kept in small letters: Azure takes no account of case, and its services spell one and
//! the same identifier differently.

#[macro_use]
extern crate sekisho_contract;

mod account;
mod caller;
mod conditional_access;
mod credentials;
mod endpoint;
mod inventory;
mod kind;
mod management_group;
mod path;
mod policy;
mod quota;
mod session;

use async_trait::async_trait;
use sekisho_contract::door::Door;
use sekisho_contract::gap::Shortfall;
use sekisho_contract::place::PlaceCatalogue;
use sekisho_contract::provider::{AccountSection, AccountSession, Provider, SectionFault, Service};
use sekisho_contract::{Endpoint, GapReason, Operation, Thing};
use std::sync::{Arc, LazyLock};

/// The provider.
#[derive(Debug, Default)]
pub struct Azure {
    /// What is left of quotas that count over subscriptions.
    left: Arc<caller::Left>,
}

/// Its name in tenancy files, facts and ledgers.
pub const NAME: &str = "azure";

/// Where Azure's names of places lie, as data with date and sources.
static PLACES: LazyLock<Result<PlaceCatalogue, String>> =
    LazyLock::new(|| PlaceCatalogue::read(include_str!("places.json")));

/// A catalogue that resolves nothing: everything stays unknown rather than wrong.
static NOWHERE: LazyLock<PlaceCatalogue> = LazyLock::new(|| PlaceCatalogue::nowhere(NAME));

fn places() -> &'static PlaceCatalogue {
    PLACES.as_ref().unwrap_or_else(|_| &*NOWHERE)
}

#[async_trait]
impl Provider for Azure {
    fn name(&self) -> &'static str {
        NAME
    }

    fn operations(&self) -> &[&'static Operation] {
        &kind::OPERATIONS
    }

    fn services(&self) -> &[Service] {
        &kind::SERVICES
    }

    fn swept_in(&self, operation: &Operation) -> Option<&Service> {
        let declares =
            |entry: &&kind::Entry| entry.operations.iter().any(|own| std::ptr::eq(*own, operation));
        kind::ENTRIES.iter().find(declares).map(|entry| &entry.service)
    }

    fn lists_members_in(&self) -> Option<&'static str> {
        Some(management_group::SERVICE)
    }

    fn places(&self) -> &PlaceCatalogue {
        places()
    }

    /// Azure's identifiers name no region.
    fn region_in(&self, _: &str) -> Option<String> {
        None
    }

    fn endpoint(&self, thing: &Thing<'_>) -> Option<Endpoint> {
        endpoint::of_thing(thing)
    }

    fn check(&self, section: &AccountSection) -> Result<(), SectionFault> {
        let fault = |key, value: &str, message: String, help: &str| {
            Err(SectionFault { key, value: Some(value.to_owned()), message, help: help.to_owned() })
        };
        if !path::is_guid(&section.id) {
            return fault(
                "id",
                &section.id,
                format!("`{}` is not the id of an Azure subscription", section.id),
                "write the subscription's id, as in 00000000-0000-0000-0000-000000000000",
            );
        }
        for region in section.regions.iter().flatten() {
            if places().regions().all(|(known, _)| known != region) {
                return fault(
                    "regions",
                    region,
                    format!("`{region}` is not a known Azure region"),
                    "write regions as in japaneast (Tokyo, Saitama) or japanwest (Osaka), or \"all\"",
                );
            }
        }
        if let Some(tenant) = section.tenant.as_ref().filter(|tenant| !path::is_guid(tenant)) {
            let help = "write the tenant's id, as in 00000000-0000-0000-0000-000000000000";
            return fault("tenant", tenant, format!("`{tenant}` is not the id of a tenant"), help);
        }
        let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '(' | ')' | '.');
        if let Some(group) =
            section.management_group.as_ref().filter(|group| group.len() > 90 || !group.chars().all(sound))
        {
            let message = format!("`{group}` is not the id of a management group");
            return fault("management_group", group, message, "write the group's id, not its display name");
        }
        let help = "delete the line; credentials come from the environment, a workload's or machine's identity, or the \
                    Azure CLI, and management_group = \"…\" reads every subscription below it";
        if let Some(fault) = section.foreign(&["tenant", "management_group"], "an Azure subscription", help) {
            return Err(fault);
        }
        if let Some((service, _)) = section.endpoints.first_key_value() {
            let message = format!("`{service}` has no endpoint of its own on Azure");
            return fault(
                "endpoints",
                service,
                message,
                "write endpoint = \"http://127.0.0.1:…\": Resource Manager answers for every service",
            );
        }
        Ok(())
    }

    async fn enter(
        &self,
        section: &AccountSection,
        door: Arc<Door>,
    ) -> Result<Arc<dyn AccountSession>, Shortfall> {
        if let Err(broken) = PLACES.as_ref() {
            let detail = format!("the place catalogue cannot be read: {broken}");
            return Err(Shortfall::without_call(GapReason::Failed, detail));
        }
        Ok(Arc::new(session::Session::enter(section, door, Arc::clone(&self.left)).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section() -> AccountSection {
        AccountSection::of(NAME, "00000000-0000-0000-0000-000000000001")
    }

    #[test]
    fn sections_that_make_no_sense_are_refused_with_the_key() {
        let key = |change: &dyn Fn(&mut AccountSection)| {
            let mut section = section();
            change(&mut section);
            Azure::default().check(&section).err().map(|fault| fault.key)
        };
        assert_eq!(key(&|_| {}), None);
        assert_eq!(key(&|one| one.tenant = Some("99999999-0000-0000-0000-000000000000".into())), None);
        assert_eq!(key(&|one| one.management_group = Some("contract-1".into())), None);
        assert_eq!(key(&|one| one.regions = Some(vec!["japaneast".into()])), None);
        assert_eq!(key(&|one| one.id = "123456789012".into()), Some("id"));
        assert_eq!(key(&|one| one.regions = Some(vec!["ap-northeast-1".into()])), Some("regions"));
        assert_eq!(key(&|one| one.tenant = Some("contoso".into())), Some("tenant"));
        assert_eq!(key(&|one| one.management_group = Some("a/b".into())), Some("management_group"));
        assert_eq!(key(&|one| one.role_arn = Some("arn:aws:iam::1:role/x".into())), Some("role_arn"));
        assert_eq!(key(&|one| one.organization_role = Some("x".into())), Some("role"));
        assert_eq!(key(&|one| one.external_id = Some("x".into())), Some("external_id"));
        assert_eq!(key(&|one| one.profile = Some("x".into())), Some("profile"));
        let own = |one: &mut AccountSection| {
            one.endpoints.insert("storage".into(), "http://127.0.0.1:1".into());
        };
        assert_eq!(key(&own), Some("endpoints"));
    }

    #[test]
    fn japan_is_two_regions_and_every_place_has_a_country() {
        let home: Vec<&str> =
            places().regions().filter(|(_, place)| place.countries == ["JP"]).map(|(id, _)| id).collect();
        assert_eq!(home, ["japaneast", "japanwest"]);
        for (id, place) in &places().places {
            assert!(!place.countries.is_empty(), "{id}");
            assert_eq!(*id, path::place(id), "{id} is not canonical");
            for site in &place.sites {
                assert_eq!(places().sites[site].country, place.countries[0], "{id}");
            }
        }
        assert!(PLACES.is_ok() && places().regions().count() > 50);
    }
}
