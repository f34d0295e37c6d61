//! Google Cloud: a file per kind, the place catalogue as data, and the methods it may call.

#[macro_use]
mod declare;

mod approval;
mod caller;
mod credentials;
mod endpoint;
mod guardrail;
mod hierarchy;
mod kind;
mod lacks;
mod method;
mod organization;
mod place;
mod quota;
mod session;

use async_trait::async_trait;
use sekisho_contract::door::Door;
use sekisho_contract::gap::Shortfall;
use sekisho_contract::place::PlaceCatalogue;
use sekisho_contract::provider::{AccountSection, AccountSession, Provider, SectionFault, Service};
use sekisho_contract::{Endpoint, GapReason, Lack, Operation, Thing};
use std::sync::{Arc, LazyLock};

/// The provider.
#[derive(Debug, Default)]
pub struct Gcp;

/// Its name in tenancy files, facts and ledgers.
pub const NAME: &str = "gcp";

/// Where Google's identifiers lie, as data with date and sources.
static PLACES: LazyLock<Result<PlaceCatalogue, String>> =
    LazyLock::new(|| PlaceCatalogue::read(include_str!("places.json")));

/// A catalogue that resolves nothing: everything stays unknown rather than wrong.
static NOWHERE: LazyLock<PlaceCatalogue> = LazyLock::new(|| PlaceCatalogue::nowhere(NAME));

fn places() -> &'static PlaceCatalogue {
    PLACES.as_ref().unwrap_or_else(|_| &*NOWHERE)
}

/// An endpoint that may be named though nothing is asked there: buckets are read by the JSON API.
const UNASKED: &str = "storage_grpc";

#[async_trait]
impl Provider for Gcp {
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
            |entry: &&kind::Entry| entry.methods.iter().any(|own| std::ptr::eq(&own.operation, operation));
        kind::ENTRIES.iter().find(declares).map(|entry| &entry.service)
    }

    fn lists_members_in(&self) -> Option<&'static str> {
        Some(organization::SERVICE)
    }

    fn lacks(&self) -> &'static [Lack] {
        lacks::LACKS
    }

    fn places(&self) -> &PlaceCatalogue {
        places()
    }

    fn region_in(&self, id: &str) -> Option<String> {
        let (host, name) = id.strip_prefix("//")?.split_once('/')?;
        let told = place::in_name(name)?;
        Some(place::located(host.split('.').next().unwrap_or(host), told))
    }

    /// Google's names are answered from wherever the asker is near, and send on to where the bytes are.
    fn endpoint(&self, thing: &Thing<'_>) -> Option<Endpoint> {
        const FRONTS: &[&str] = &[
            "bigquery",
            "cloudkms",
            "firestore",
            "logging",
            "pubsub",
            "secretmanager",
            "spanner",
            "storage",
        ];
        let service = FRONTS.iter().find(|front| **front == thing.service)?;
        Some(Endpoint { everywhere: true, ..Endpoint::https(format!("{service}.googleapis.com")) })
    }

    fn check(&self, section: &AccountSection) -> Result<(), SectionFault> {
        check(section)
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
        Ok(Arc::new(session::Session::enter(section, door).await?))
    }
}

fn check(section: &AccountSection) -> Result<(), SectionFault> {
    let fault = |key, value: &str, message: String, help: &str| {
        Err(SectionFault { key, value: Some(value.to_owned()), message, help: help.to_owned() })
    };
    if !is_project(&section.id) {
        return fault(
            "id",
            &section.id,
            format!("`{}` is not the id of a Google Cloud project", section.id),
            "write the project's id (6 to 30 lower-case letters, digits and hyphens), not its number or name",
        );
    }
    let own = ["organization", "folder", "service_account"];
    let help = "delete the line; credentials are the application default ones; service_account names one to \
                impersonate, and organization or folder the projects to read besides";
    if let Some(fault) = section.foreign(&own, "a Google Cloud project", help) {
        return Err(fault);
    }
    if let Some(region) = section.regions.iter().flatten().next() {
        return fault(
            "regions",
            region,
            "Google Cloud is not looked at region by region: one list answers for all of them".to_owned(),
            "leave regions out, or write regions = \"all\"",
        );
    }
    if let Some(account) = &section.service_account
        && !(account.ends_with(".gserviceaccount.com") && account.split('@').count() == 2)
    {
        return fault(
            "service_account",
            account,
            format!("`{account}` is not the address of a service account"),
            "write it as reader@PROJECT.iam.gserviceaccount.com",
        );
    }
    for (key, value) in [("organization", &section.organization), ("folder", &section.folder)] {
        if let Some(number) = value
            && (number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()))
        {
            let help = "write its number alone, in quotes";
            return fault(key, number, format!("`{number}` is not the number of the {key}"), help);
        }
    }
    for api in section.endpoints.keys() {
        let asked = kind::asked();
        if !asked.contains(api.as_str()) && api != UNASKED {
            let all: Vec<&str> = asked.into_iter().collect();
            return fault(
                "endpoints",
                api,
                format!("`{api}` is not an API sekisho asks on Google Cloud"),
                &format!("use one of {}", all.join(", ")),
            );
        }
    }
    Ok(())
}

/// Whether a text has the form of a project's id; a domain's own projects carry it in front.
fn is_project(id: &str) -> bool {
    let own = id.rsplit_once(':').map_or(id, |(_, own)| own);
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (6..=30).contains(&own.len())
        && own.bytes().all(known)
        && own.starts_with(|first: char| first.is_ascii_lowercase())
        && !own.ends_with('-')
        && id.len() < 64
        && id.bytes().all(|byte| known(byte) || matches!(byte, b'.' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_rest_where_their_names_say() {
        for (id, region) in [
            (
                "//cloudkms.googleapis.com/projects/p/locations/asia-northeast1/keyRings/r/cryptoKeys/k",
                Some("asia-northeast1"),
            ),
            (
                "//cloudkms.googleapis.com/projects/p/locations/asia1/keyRings/r/cryptoKeys/k",
                Some("cloudkms/asia1"),
            ),
            ("//compute.googleapis.com/projects/p/zones/asia-northeast2-a/disks/d", Some("asia-northeast2")),
            ("//storage.googleapis.com/records", None),
            ("arn:aws:s3:::records", None),
        ] {
            assert_eq!(Gcp.region_in(id).as_deref(), region);
        }
    }

    #[test]
    fn project_ids_are_told_from_numbers() {
        for (id, sound) in [
            ("kikan-records", true),
            ("example.com:kikan-records", true),
            ("123456789012", false),
            ("Kikan", false),
            ("kikan/../x", false),
            ("short", false),
            ("kikan-records-", false),
        ] {
            assert_eq!(is_project(id), sound, "{id}");
        }
    }

    #[test]
    fn keys_of_other_clouds_are_refused_by_name() {
        let sound = || AccountSection {
            organization: Some("123456789012".into()),
            service_account: Some("reader@kikan-records.iam.gserviceaccount.com".into()),
            endpoints: [("storage_grpc", "http://127.0.0.1:1"), ("cloudasset", "http://127.0.0.1:2")]
                .map(|(api, url)| (api.to_owned(), url.to_owned()))
                .into(),
            ..AccountSection::of(NAME, "kikan-records")
        };
        assert_eq!(check(&sound()), Ok(()));
        let text = |text: &str| Some(text.to_owned());
        for (section, key) in [
            (AccountSection { role_arn: text("arn:aws:iam::1:role/x"), ..sound() }, "role_arn"),
            (AccountSection { organization_role: text("reader"), ..sound() }, "role"),
            (AccountSection { profile: text("audit"), ..sound() }, "profile"),
            (AccountSection { id: "123456789012".into(), ..sound() }, "id"),
            (AccountSection { organization: text("example.go.jp"), ..sound() }, "organization"),
            (AccountSection { folder: text("folders/1"), ..sound() }, "folder"),
            (AccountSection { service_account: text("alice@example.go.jp"), ..sound() }, "service_account"),
            (AccountSection { regions: Some(vec!["asia-northeast1".into()]), ..sound() }, "regions"),
            (
                AccountSection {
                    endpoints: [("s3".to_owned(), "http://127.0.0.1:1".to_owned())].into(),
                    ..sound()
                },
                "endpoints",
            ),
        ] {
            assert_eq!(check(&section).unwrap_err().key, key);
        }
    }
}
