//! The `[[account]]` sections.

use super::endpoint;
use super::fault::Fault;
use super::section::{Key, Reading, Section};
use crate::text::nearest;
use sekisho_contract::provider::SectionFault;
use sekisho_contract::{AccountSection, Provider};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

const KEYS: &[Key] = &[
    Key { name: "provider", example: r#"provider = "aws""# },
    Key { name: "id", example: r#"id = "123456789012""# },
    Key { name: "regions", example: r#"regions = "all", or regions = ["ap-northeast-1", "ap-northeast-3"]"# },
    Key { name: "role_arn", example: r#"role_arn = "arn:aws:iam::123456789012:role/sekisho""# },
    Key { name: "accounts", example: r#"accounts = "organization""# },
    Key { name: "role", example: r#"role = "sekisho-reader""# },
    Key { name: "organization", example: r#"organization = "123456789012""# },
    Key { name: "folder", example: r#"folder = "123456789012""# },
    Key { name: "service_account", example: r#"service_account = "reader@PROJECT.iam.gserviceaccount.com""# },
    Key { name: "external_id", example: r#"external_id = "…""# },
    Key { name: "tenant", example: r#"tenant = "00000000-0000-0000-0000-000000000000""# },
    Key { name: "management_group", example: r#"management_group = "contract""# },
    Key { name: "profile", example: r#"profile = "audit""# },
    Key { name: "endpoint", example: r#"endpoint = "http://127.0.0.1:5000""# },
    Key { name: "endpoints", example: "[account.endpoints] and below it s3 = \"http://127.0.0.1:9001\"" },
];

/// Faults of one account that are looked for before giving up on it.
const PROVIDER_FAULTS: usize = 64;

/// Reads every `[[account]]`.
pub(super) fn read(
    reading: &mut Reading<'_>,
    items: &[Spanned<DeValue<'_>>],
    providers: &[&dyn Provider],
) -> Vec<AccountSection> {
    let mut accounts = Vec::new();
    let mut seen: BTreeMap<(String, String), Range<usize>> = BTreeMap::new();
    for item in items {
        let Some(table) = item.get_ref().as_table() else { continue };
        let section = Section { title: "[[account]]", at: item.span(), keys: KEYS, table };
        let Some(account) = read_one(reading, &section, providers) else { continue };
        let name = (account.provider.clone(), account.id.clone());
        let at = section.place("id");
        if let Some(before) = seen.get(&name) {
            let line = super::fault::position(reading.text, before.start).0;
            let message = format!("{} account {} is named twice (line {line})", account.provider, account.id);
            let help = "delete one of the two sections, or merge them";
            let fault = Fault::new(reading.text, at, message, "again here", help);
            let fault = fault.and(reading.text, before.clone(), "first here");
            reading.faults.push(fault);
        } else {
            seen.insert(name, at);
        }
        accounts.push(account);
    }
    accounts
}

fn read_one(
    reading: &mut Reading<'_>,
    section: &Section<'_, '_>,
    providers: &[&dyn Provider],
) -> Option<AccountSection> {
    reading.keys(section);
    let provider = reading.required(section, "provider");
    let id = reading.required(section, "id");
    let regions = read_regions(reading, section);
    let role_arn = reading.string(section, "role_arn");
    let organization_role = read_organization(reading, section, role_arn.as_deref());
    let external_id = reading.string(section, "external_id");
    let tenant = reading.string(section, "tenant");
    let management_group = reading.string(section, "management_group");
    let organization = reading.string(section, "organization");
    let folder = reading.string(section, "folder");
    let service_account = reading.string(section, "service_account");
    let profile = reading.string(section, "profile");
    let endpoint = reading.string(section, "endpoint");
    if let Some(address) = &endpoint {
        check_endpoint(reading, address, section.place("endpoint"));
    }
    let endpoints = read_endpoints(reading, section);
    let known = provider.as_ref().and_then(|name| {
        let found = providers.iter().find(|known| known.name() == name);
        if found.is_none() {
            unknown_provider(reading, section, name, providers);
        }
        found
    });
    let account = AccountSection {
        provider: provider?,
        id: id?,
        regions: regions.map(|regions| regions.into_iter().map(|(name, _)| name).collect()),
        role_arn,
        organization_role,
        organization,
        folder,
        service_account,
        external_id,
        tenant,
        management_group,
        profile,
        endpoint,
        endpoints,
    };
    if let Some(known) = known {
        ask_provider(reading, section, *known, &account);
    }
    Some(account)
}

/// The role that AWS makes in accounts an organization creates.
const USUAL_ROLE: &str = "OrganizationAccountAccessRole";

/// The role to assume in the other accounts of the organization: as `role` says, else as the account's own is called.
fn read_organization(
    reading: &mut Reading<'_>,
    section: &Section<'_, '_>,
    role_arn: Option<&str>,
) -> Option<String> {
    let role = reading.string(section, "role");
    let wanted = reading.string(section, "accounts");
    match wanted.as_deref() {
        Some("organization") => {
            let own = role_arn.and_then(|arn| Some(arn.split_once(":role/")?.1.to_owned()));
            Some(role.or(own).unwrap_or_else(|| USUAL_ROLE.to_owned()))
        }
        Some(other) => {
            let message = format!("`accounts` cannot be `{}`", sekisho_contract::gap::shorten(other));
            let help = "write accounts = \"organization\" to read every account of the organization, or leave it out";
            reading.fault(section.place("accounts"), message, "not known", help);
            None
        }
        None => {
            if role.is_some() {
                let help = "add accounts = \"organization\", or name the account's own role as role_arn";
                let message =
                    "`role` names the role of an organization's accounts, and `accounts` is not there";
                reading.fault(section.place("role"), message, "without effect", help);
            }
            None
        }
    }
}

fn read_regions(reading: &mut Reading<'_>, section: &Section<'_, '_>) -> Option<Vec<(String, Range<usize>)>> {
    let value = section.get("regions")?;
    if value.get_ref().as_str() == Some("all") {
        return None;
    }
    let regions = reading.strings(section, "regions")?;
    let help = "leave the key out to look at every region the account can use; regions that are not looked at \
                leave the question of place open";
    if value.get_ref().as_array().is_some_and(|array| array.is_empty()) {
        reading.fault(value.span(), "`regions` names no region", "empty", help);
    }
    for (index, (name, at)) in regions.iter().enumerate() {
        if regions.iter().take(index).any(|(earlier, _)| earlier == name) {
            reading.fault(
                at.clone(),
                format!("region {name} is named twice"),
                "again here",
                "delete one of the two",
            );
        }
    }
    Some(regions)
}

fn read_endpoints(reading: &mut Reading<'_>, section: &Section<'_, '_>) -> BTreeMap<String, String> {
    let mut endpoints = BTreeMap::new();
    let Some(value) = section.get("endpoints") else { return endpoints };
    let Some(table) = value.get_ref().as_table() else {
        reading.wrong_type(section, "endpoints", value, "a table of service = address");
        return endpoints;
    };
    for (service, address) in table {
        match address.get_ref().as_str() {
            Some(text) => {
                check_endpoint(reading, text, address.span());
                endpoints.insert(service.get_ref().to_string(), text.to_owned());
            }
            None => {
                reading.wrong_type(section, "endpoints", address, "a table of service = address in quotes")
            }
        }
    }
    endpoints
}

fn check_endpoint(reading: &mut Reading<'_>, address: &str, at: Range<usize>) {
    if let Some((message, help)) = endpoint::fault_of(address) {
        if message.contains("password") {
            reading.hidden.push(at.clone());
        }
        reading.fault(at, message, "refused", help);
    }
}

fn unknown_provider(
    reading: &mut Reading<'_>,
    section: &Section<'_, '_>,
    name: &str,
    providers: &[&dyn Provider],
) {
    let names: Vec<&str> = providers.iter().map(|provider| provider.name()).collect();
    let near = nearest(name, &names).map(|near| format!("did you mean \"{near}\"? ")).unwrap_or_default();
    let help = format!("{near}this build knows: {}", names.join(", "));
    let message = format!("unknown provider `{}`", sekisho_contract::gap::shorten(name));
    reading.fault(section.place("provider"), message, "unknown provider", help);
}

/// Asks the provider about the section until it finds nothing more, taking out what it found each time.
fn ask_provider(
    reading: &mut Reading<'_>,
    section: &Section<'_, '_>,
    provider: &dyn Provider,
    account: &AccountSection,
) {
    let mut left = account.clone();
    unknown_regions(reading, section, provider, &mut left);
    for _ in 0..PROVIDER_FAULTS {
        let Err(fault) = provider.check(&left) else { return };
        reading.fault(place_of(section, &fault), &fault.message, fault.key, &fault.help);
        if !take_out(&mut left, &fault) {
            return;
        }
    }
}

/// Notes regions the provider's catalogue does not hold, and takes them out.
fn unknown_regions(
    reading: &mut Reading<'_>,
    section: &Section<'_, '_>,
    provider: &dyn Provider,
    account: &mut AccountSection,
) {
    let known: Vec<&str> = provider.places().regions().map(|(name, _)| name).collect();
    let Some(regions) = account.regions.as_mut().filter(|_| !known.is_empty()) else { return };
    let unknown: Vec<String> = regions.extract_if(.., |region| !known.contains(&region.as_str())).collect();
    account.regions.take_if(|regions| regions.is_empty());
    for region in unknown {
        let near =
            nearest(&region, &known).map(|near| format!("did you mean \"{near}\"? ")).unwrap_or_default();
        let example = known.iter().find(|known| known.contains("northeast")).or(known.first());
        let help = format!(
            "{near}the catalogue of {} ({}) holds {} regions, such as \"{}\"; \"all\" looks at every one",
            provider.name(),
            provider.places().date,
            known.len(),
            example.copied().unwrap_or_default(),
        );
        let shown = sekisho_contract::gap::shorten(&region);
        let fault =
            SectionFault { key: "regions", value: Some(region), message: String::new(), help: String::new() };
        let message = format!("unknown region `{shown}`");
        reading.fault(place_of(section, &fault), message, "unknown region", help);
    }
}

fn place_of(section: &Section<'_, '_>, fault: &SectionFault) -> Range<usize> {
    let value = section.get(fault.key);
    let within = fault.value.as_ref().and_then(|wrong| match value?.get_ref() {
        DeValue::Array(items) => {
            items.iter().find(|item| item.get_ref().as_str() == Some(wrong)).map(Spanned::span)
        }
        DeValue::Table(table) => table
            .iter()
            .find(|(key, value)| *key.get_ref() == wrong.as_str() || value.get_ref().as_str() == Some(wrong))
            .map(|(key, _)| key.span()),
        _ => None,
    });
    within.unwrap_or_else(|| section.place(fault.key))
}

fn take_out(account: &mut AccountSection, fault: &SectionFault) -> bool {
    let before = account.clone();
    match (fault.key, &fault.value) {
        ("regions", Some(wrong)) => {
            if let Some(regions) = &mut account.regions {
                regions.retain(|region| region != wrong);
            }
            account.regions.take_if(|regions| regions.is_empty());
        }
        ("regions", None) => account.regions = None,
        ("role_arn", _) => account.role_arn = None,
        ("role", _) => account.organization_role = None,
        ("external_id", _) => account.external_id = None,
        ("tenant", _) => account.tenant = None,
        ("management_group", _) => account.management_group = None,
        ("organization", _) => account.organization = None,
        ("folder", _) => account.folder = None,
        ("service_account", _) => account.service_account = None,
        ("profile", _) => account.profile = None,
        ("endpoint", _) => account.endpoint = None,
        ("endpoints", Some(wrong)) => {
            account.endpoints.retain(|service, url| service != wrong && url != wrong)
        }
        ("endpoints", None) => account.endpoints.clear(),
        _ => {}
    }
    *account != before
}
