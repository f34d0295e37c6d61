//! Access from abroad that was allowed, with its reason, who allowed it, and its last day.

use super::section::{Key, Reading, Section};
use super::whole::read_date;
use crate::logs::access::Entry;
use jiff::civil::Date;
use toml::Spanned;
use toml::de::DeValue;

const KEYS: &[Key] = &[
    Key { name: "principal", example: r#"principal = "arn:aws:sts::123456789012:assumed-role/support/*""# },
    Key { name: "country", example: r#"country = "US""# },
    Key { name: "service", example: r#"service = "s3.amazonaws.com""# },
    Key { name: "reason", example: r#"reason = "vendor support, ticket 1234""# },
    Key { name: "approver", example: r#"approver = "information security officer""# },
    Key { name: "expires", example: "expires = 2026-12-31" },
];

/// Reads every `[[access]]`.
pub(super) fn read(reading: &mut Reading<'_>, items: &[Spanned<DeValue<'_>>], today: Date) -> Vec<Entry> {
    items.iter().filter_map(|item| read_one(reading, item, today)).collect()
}

fn read_one(reading: &mut Reading<'_>, item: &Spanned<DeValue<'_>>, today: Date) -> Option<Entry> {
    let table = item.get_ref().as_table()?;
    let section = Section { title: "[[access]]", at: item.span(), keys: KEYS, table };
    let before = reading.faults.len();
    reading.keys(&section);
    let principal = reading.string(&section, "principal");
    let country = reading.string(&section, "country");
    let service = reading.string(&section, "service");
    let reason = reading.required(&section, "reason");
    let approver = reading.required(&section, "approver");
    let clean = reading.faults.len() == before;
    // An entry that has run out is told by the scan; the file can be used.
    let expires = read_date(reading, &section, "expires", today, "access under this entry ended on");
    let anything =
        |pattern: &Option<String>| pattern.as_ref().is_none_or(|text| text.bytes().all(|byte| byte == b'*'));
    if clean && anything(&principal) && country.is_none() && anything(&service) {
        let help = "name a principal, a country or a service; `*` stands for any run of characters";
        reading.fault(section.at.clone(), "this [[access]] would allow everything", "matches anything", help);
        return None;
    }
    let is_code = |code: &String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if country.as_ref().is_some_and(|code| !is_code(code)) {
        let help = "write: country = \"US\" (ISO 3166-1 alpha-2)";
        reading.fault(
            section.place("country"),
            "`country` must be two capital letters",
            "no country code",
            help,
        );
        return None;
    }
    clean.then_some(())?;
    Some(Entry { principal, country, service, reason: reason?, approver: approver?, expires: expires? })
}
