//! Amazon Web Services: a file per kind, the place catalogue as data, and the operations it may call.

#[macro_use]
extern crate sekisho_contract;

mod api;
mod caller;
mod credentials;
mod endpoint;
mod kind;
mod lacks;
mod openly;
mod organization;
mod policy;
mod protocol;
mod quota;
mod region_policy;
mod sdk;
mod session;
mod sorts;

use async_trait::async_trait;
use aws_credential_types::Credentials;
use sekisho_contract::door::Door;
use sekisho_contract::fact::Kind;
use sekisho_contract::gap::Shortfall;
use sekisho_contract::place::PlaceCatalogue;
use sekisho_contract::portal::Portal;
use sekisho_contract::provider::{AccountSection, AccountSession, Provider, SectionFault, Service};
use sekisho_contract::{Endpoint, GapReason, Lack, Operation, Thing};
use std::sync::{Arc, LazyLock};

/// The provider.
#[derive(Debug, Default)]
pub struct Aws {
    credentials: Option<Credentials>,
    /// What its sessions know of each other's accounts.
    known: session::Known,
}

impl Aws {
    /// The provider under given credentials in place of the SDK's chain: for a simulator, whose
    /// credentials are no secret, and for tests.
    pub fn with_credentials(access_key_id: &str, secret_access_key: &str) -> Self {
        Self {
            credentials: Some(Credentials::new(access_key_id, secret_access_key, None, None, "given")),
            known: Default::default(),
        }
    }
}

/// Its name in tenancy files, facts and ledgers.
pub const NAME: &str = "aws";

/// Where AWS identifiers lie, as data with date and sources.
static PLACES: LazyLock<Result<PlaceCatalogue, String>> =
    LazyLock::new(|| PlaceCatalogue::read(include_str!("places.json")));

/// A catalogue that resolves nothing: everything stays unknown rather than wrong.
static NOWHERE: LazyLock<PlaceCatalogue> = LazyLock::new(|| PlaceCatalogue::nowhere(NAME));

fn places() -> &'static PlaceCatalogue {
    PLACES.as_ref().unwrap_or_else(|_| &*NOWHERE)
}

#[async_trait]
impl Provider for Aws {
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
        Some(organization::SERVICE)
    }

    fn names_every_region(&self) -> bool {
        true
    }

    fn lacks(&self) -> &'static [Lack] {
        lacks::LACKS
    }

    fn places(&self) -> &PlaceCatalogue {
        places()
    }

    fn region_in(&self, id: &str) -> Option<String> {
        let mut parts = id.split(':');
        let region = (parts.next() == Some("arn")).then(|| parts.nth(2))??;
        (!region.is_empty()).then(|| region.to_owned())
    }

    fn endpoint(&self, thing: &Thing<'_>) -> Option<Endpoint> {
        endpoint::of_thing(thing)
    }

    fn tells_openly(&self) -> &[&'static Operation] {
        openly::OPERATIONS
    }

    async fn ask_openly(
        &self,
        section: &AccountSection,
        thing: &Thing<'_>,
        door: Arc<Door>,
    ) -> Option<Result<String, Shortfall>> {
        let is_bucket = (thing.service, thing.kind) == ("s3", Kind::ObjectStore);
        match is_bucket {
            true => Some(openly::region_of_bucket(section, thing.name, &door).await),
            false => None,
        }
    }

    fn portal(&self) -> Option<Portal> {
        Some(kind::artifact::PORTAL)
    }

    fn log_operations(&self) -> &'static [&'static Operation] {
        kind::s3_objects::OPERATIONS
    }

    fn check(&self, section: &AccountSection) -> Result<(), SectionFault> {
        let fault = |key, value: &str, message: String, help: &str| {
            Err(SectionFault { key, value: Some(value.to_owned()), message, help: help.to_owned() })
        };
        if section.id.len() != 12 || !section.id.bytes().all(|byte| byte.is_ascii_digit()) {
            return fault(
                "id",
                &section.id,
                format!("`{}` is not an AWS account id", section.id),
                "write the twelve digits of the account, in quotes",
            );
        }
        let own = ["role_arn", "external_id", "role", "profile"];
        let help =
            "delete the line; accounts = \"organization\" reads an organization, role_arn names a role";
        if let Some(fault) = section.foreign(&own, "an AWS account", help) {
            return Err(fault);
        }
        for region in section.regions.iter().flatten() {
            if places().regions().all(|(known, _)| known != region) {
                return fault(
                    "regions",
                    region,
                    format!("`{region}` is not a known AWS region"),
                    "write regions as in ap-northeast-1 (Tokyo) or ap-northeast-3 (Osaka), or \"all\"",
                );
            }
        }
        if let Some(role) = &section.role_arn {
            let parts: Vec<&str> = role.splitn(6, ':').collect();
            let shaped = matches!(parts[..], ["arn", _, "iam", "", _, name] if name.starts_with("role/"));
            if !shaped {
                return fault(
                    "role_arn",
                    role,
                    format!("`{role}` is not the ARN of a role"),
                    "write it as arn:aws:iam::123456789012:role/NAME",
                );
            }
            if parts.get(4) != Some(&section.id.as_str()) {
                return fault(
                    "role_arn",
                    role,
                    format!("the role belongs to another account than {}", section.id),
                    "name a role of the account itself",
                );
            }
        }
        if let Some(role) = &section.organization_role
            && (role.is_empty() || role.len() > 512 || role.chars().any(|c| c.is_whitespace() || c == ':'))
        {
            return fault(
                "role",
                role,
                format!("`{role}` is not the name of a role"),
                "write the role's name alone, as in role = \"sekisho-reader\"",
            );
        }
        for service in section.endpoints.keys() {
            let asked = kind::asked();
            if !asked.contains(service.as_str()) {
                let all: Vec<&str> = asked.into_iter().collect();
                return fault(
                    "endpoints",
                    service,
                    format!("`{service}` is not a service sekisho asks on AWS"),
                    &format!("use one of {}", all.join(", ")),
                );
            }
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
        let session =
            session::Session::enter(section, door, self.credentials.clone(), self.known.clone()).await?;
        Ok(Arc::new(session))
    }
}
