//! The fields of an entry's file, and how they are read: everything that is wrong is said at once.

use super::entry::Entry;
use super::kind::{About, DocumentKind, Part, guess};
use crate::tenancy::section::{Key, Reading, Section};
use crate::tenancy::whole::{refuse_long_lines, syntax};
use sekisho_contract::fact::Kind;
use sekisho_contract::gap::shorten;
use serde_json::{Map, Value};
use std::ops::{Range, RangeInclusive};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A field of an entry.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub(super) key: Key,
    pub(super) sort: Sort,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sort {
    Text,
    Texts,
    Date,
    Truth,
    Number(u64, u64),
    Country,
    Digest,
    Word(&'static [&'static str]),
    Words(&'static [&'static str]),
    Numbers(u64, u64),
    Kinds,
    Table(&'static [Field]),
    Tables(&'static [Field]),
}

const fn field(name: &'static str, sort: Sort, example: &'static str) -> Field {
    Field { key: Key { name, example }, sort }
}

/// Every field, in the order in which entries are written.
pub(super) const FIELDS: &[Field] = &[
    field("kind", Sort::Word(DocumentKind::WORDS), "kind = \"iso27001\""),
    field("about", Sort::Word(About::WORDS), "about = \"notice-period\""),
    field("title", Sort::Text, "title = \"ISMS certificate\""),
    field("provider", Sort::Text, "provider = \"aws\""),
    field("holder", Sort::Text, "holder = \"legal name\""),
    field("role", Sort::Word(&["provider", "customer", "both"]), "role = \"provider\""),
    field("standard", Sort::Text, "standard = \"ISO/IEC 27001:2022\""),
    field("number", Sort::Text, "number = \"IS 123456\""),
    field("certification_body", Sort::Text, "certification_body = \"name\""),
    field("accreditation_body", Sort::Text, "accreditation_body = \"name\""),
    field("scope", Sort::Text, "scope = \"the scope in its own words\""),
    field("services", Sort::Texts, "services = [\"Amazon Simple Storage Service\"]"),
    field("regions", Sort::Texts, "regions = [\"ap-northeast-1\"]"),
    field("within", Sort::Text, "within = \"isms-certificate\""),
    field("issued", Sort::Date, "issued = 2026-04-01"),
    field("first_issued", Sort::Date, "first_issued = 2020-04-01"),
    field("valid_until", Sort::Date, "valid_until = 2029-03-31"),
    field("next_surveillance", Sort::Date, "next_surveillance = 2027-04-01"),
    field("soc_type", Sort::Number(1, 2), "soc_type = 2"),
    field("period_start", Sort::Date, "period_start = 2025-10-01"),
    field("period_end", Sort::Date, "period_end = 2026-09-30"),
    field("bridge_until", Sort::Date, "bridge_until = 2026-12-31"),
    field(
        "opinion",
        Sort::Word(&["unqualified", "qualified", "adverse", "disclaimer"]),
        "opinion = \"unqualified\"",
    ),
    field("carve_outs", Sort::Texts, "carve_outs = [\"name of the organisation\"]"),
    field("user_controls", Sort::Texts, "user_controls = [\"CUEC-1\"]"),
    field("courts", Sort::Country, "courts = \"JP\""),
    field("law", Sort::Country, "law = \"JP\""),
    field("notice_days", Sort::Number(0, 36500), "notice_days = 365"),
    field("service_level", Sort::Text, "service_level = \"99.9 % a month\""),
    field("subcontractor", Sort::Text, "subcontractor = \"legal name\""),
    field("same_duties", Sort::Truth, "same_duties = true"),
    field("accepts_audits", Sort::Truth, "accepts_audits = true"),
    field("items", Sort::Texts, "items = [\"data centre locations\"]"),
    field("covers", Sort::Words(Part::WORDS), "covers = [\"capital\", \"officers\", \"sites\"]"),
    field("scores", Sort::Numbers(1, 5), "scores = [4, 4, 5]"),
    field("matters", Sort::Texts, "matters = [\"single-objects\"]"),
    field("text", Sort::Text, "text = \"what is stated\""),
    field("erased", Sort::Date, "erased = 2027-03-31"),
    field("signed_by", Sort::Text, "signed_by = \"name\""),
    field("signed", Sort::Date, "signed = 2026-11-30"),
    field("replaces", Sort::Texts, "replaces = [\"name of the earlier entry\"]"),
    field("obtained_from", Sort::Text, "obtained_from = \"AWS Artifact\""),
    field("obtained_by", Sort::Text, "obtained_by = \"name\""),
    field("obtained", Sort::Date, "obtained = 2026-11-30"),
    field("file", Sort::Text, "file = \"certificate.pdf\""),
    field("sha256", Sort::Digest, "sha256 = \"64 hexadecimal digits\""),
    field("all_services", Sort::Table(LISTED), "[all_services] with at, looked_up and by"),
    field("all_regions", Sort::Table(LISTED), "[all_regions] with at, looked_up and by"),
    field("lookup", Sort::Table(LOOKUP), "[lookup] with at, on and result"),
    field("handling", Sort::Table(HANDLING), "[handling] with confidentiality = 2"),
    field("subcontractors", Sort::Tables(SUBCONTRACTOR), "[[subcontractors]] with name, scope and need"),
    field("exports", Sort::Tables(EXPORT), "[[exports]] with kinds, format and how"),
    field("systems", Sort::Tables(SYSTEM), "[[systems]] with name, rpo_minutes and rto_minutes"),
];

const LISTED: &[Field] = &[
    field("at", Sort::Text, "at = \"https://…\""),
    field("looked_up", Sort::Date, "looked_up = 2026-11-30"),
    field("by", Sort::Text, "by = \"name\""),
    field("except", Sort::Texts, "except = [\"name of a service\"]"),
];
const LOOKUP: &[Field] = &[
    field("at", Sort::Text, "at = \"the public register\""),
    field("on", Sort::Date, "on = 2026-11-30"),
    field("result", Sort::Word(&["valid", "suspended", "withdrawn", "not_found"]), "result = \"valid\""),
];
const HANDLING: &[Field] = &[
    field("confidentiality", Sort::Number(1, 3), "confidentiality = 2"),
    field("integrity", Sort::Number(1, 2), "integrity = 2"),
    field("availability", Sort::Number(1, 2), "availability = 2"),
    field("restrictions", Sort::Texts, "restrictions = [\"複製禁止\"]"),
];
const SUBCONTRACTOR: &[Field] = &[
    field("name", Sort::Text, "name = \"legal name\""),
    field("scope", Sort::Text, "scope = \"which part of the work\""),
    field("need", Sort::Text, "need = \"why\""),
    field("permitted", Sort::Date, "permitted = 2026-04-01"),
    field("material", Sort::Words(&["II-1", "II-2", "III-1"]), "material = [\"II-1\", \"II-2\", \"III-1\"]"),
];
const EXPORT: &[Field] = &[
    field("kinds", Sort::Kinds, "kinds = [\"object_store\"]"),
    field("format", Sort::Text, "format = \"CSV\""),
    field("how", Sort::Text, "how = \"how\""),
];
const SYSTEM: &[Field] = &[
    field("name", Sort::Text, "name = \"records\""),
    field("rpo_minutes", Sort::Number(0, 5_256_000), "rpo_minutes = 1440"),
    field("rto_minutes", Sort::Number(0, 5_256_000), "rto_minutes = 240"),
];

/// What must be there in a table, whatever the entry.
const ALWAYS: &[(&str, &[&str])] = &[
    ("all_services", &["at", "looked_up", "by"]),
    ("all_regions", &["at", "looked_up", "by"]),
    ("lookup", &["at", "on", "result"]),
    ("handling", &["confidentiality"]),
    ("subcontractors", &["name"]),
    ("exports", &["kinds", "format", "how"]),
    ("systems", &["name", "rpo_minutes", "rto_minutes"]),
];

/// What must be stated of each kind, and in each statement.
const REQUIRED: &[(&[&str], &[&str])] = &[
    (
        &["iso27001", "iso27017", "isms-cls"],
        &["holder", "standard", "number", "certification_body", "issued", "valid_until"],
    ),
    (&["isms-cls"], &["role", "within"]),
    (&["soc1", "soc2"], &["holder", "soc_type", "period_end", "opinion"]),
    (&["soc3"], &["holder", "period_end", "opinion"]),
    (&["cs-mark-gold", "cs-mark-silver", "privacy-mark"], &["holder", "number", "valid_until"]),
    (&["ismap", "ismap-liu"], &["holder", "number", "valid_until"]),
    (&["ipa-benchmark"], &["holder", "issued", "scores"]),
    (&["ms-initiative"], &["holder", "items"]),
    (&["iso15408"], &["holder", "number", "scope", "issued"]),
    (&["contract"], &["holder"]),
    (&["sla"], &["service_level"]),
    (&["subcontract"], &["subcontractor", "same_duties", "accepts_audits"]),
    (&["subcontract-permission"], &["subcontractor", "issued"]),
    (&["subcontractors"], &["subcontractors"]),
    (&["erasure-report"], &["erased"]),
    (&["disclosure-list"], &["items"]),
    (&["statement"], &["about", "signed_by", "signed"]),
    (&["notice-period"], &["notice_days"]),
    (&["export-formats"], &["exports"]),
    (&["declared-rpo"], &["systems"]),
    (&["handling-marking"], &["handling"]),
    (
        &["monitoring-organisation", "incident-contact", "subcontracting-measures", "subcontractor-state"],
        &["text"],
    ),
    (&["reviewed"], &["matters", "text"]),
    (&["disclosure-agreed", "no-subcontracting", "no-equipment"], &["text"]),
];

/// Reads an entry's text; what is wrong with it goes to the reading.
pub(super) fn read(reading: &mut Reading<'_>) -> Option<Entry> {
    if refuse_long_lines(reading) {
        return None;
    }
    let (document, errors) = DeTable::parse_recoverable(reading.text);
    if !errors.is_empty() {
        syntax(reading, &errors);
        return None;
    }
    let before = reading.faults.len();
    let table = document.get_ref();
    let value = self::table(reading, "the entry", 0..0, FIELDS, table);
    required(reading, table);
    if reading.faults.len() > before {
        return None;
    }
    match serde_json::from_value(value) {
        Ok(entry) => Some(entry),
        Err(fault) => {
            reading.fault(
                0..0,
                format!("the entry cannot be used: {fault}"),
                "",
                "compare it with README.md",
            );
            None
        }
    }
}

/// The kind or the subject of an entry that could not be read as a whole, as far as it says so.
pub(super) fn key_of(text: &str) -> Option<&'static str> {
    let (document, _) = DeTable::parse_recoverable(text);
    let table = document.get_ref();
    let word = |key: &str, known: &'static [&'static str]| {
        let value = table.get(key)?.get_ref().as_str()?.to_owned();
        known.iter().find(|known| **known == value).copied()
    };
    match word("kind", DocumentKind::WORDS) {
        Some("statement") => word("about", About::WORDS).or(Some("statement")),
        kind => kind,
    }
}

/// The fields that are required of entries of this key, beside the kind itself.
pub(super) fn required_of(kind: &str, about: Option<&str>) -> Vec<&'static str> {
    let is_it = |keys: &&[&str]| keys.contains(&kind) || about.is_some_and(|about| keys.contains(&about));
    let mut all: Vec<&str> =
        REQUIRED.iter().filter(|(keys, _)| is_it(keys)).flat_map(|(_, fields)| *fields).copied().collect();
    if kind != "statement" {
        all.push("sha256");
    }
    all
}

fn required(reading: &mut Reading<'_>, table: &DeTable<'_>) {
    let keys: Vec<Key> = FIELDS.iter().map(|field| field.key).collect();
    let section = Section { title: "the entry", at: 0..0, keys: &keys, table };
    reading.present(&section, "kind");
    let text = |key: &str| table.get(key).and_then(|value| value.get_ref().as_str());
    let Some(kind) = text("kind") else { return };
    for field in required_of(kind, text("about")) {
        reading.present(&section, field);
        let empty =
            table.get(field).and_then(|value| value.get_ref().as_array()).is_some_and(|all| all.is_empty());
        if empty {
            let help = "name what there is; where there is none, a statement says so";
            reading.fault(section.place(field), format!("`{field}` is empty"), "nothing in it", help);
        }
    }
    if kind != "statement" && table.get("about").is_some() {
        let help = "leave `about` out, or write: kind = \"statement\"";
        reading.fault(section.place("about"), "only a statement has `about`", "not a statement", help);
    }
    let dates = |from: &str, until: &str| {
        let date = |key: &str| Some(table.get(key)?.get_ref().as_datetime()?.to_string());
        Some(date(from)? > date(until)?)
    };
    for (from, until) in
        [("issued", "valid_until"), ("period_start", "period_end"), ("first_issued", "issued")]
    {
        if dates(from, until) == Some(true) {
            let message = format!("`{until}` is before `{from}`");
            reading.fault(section.place(until), message, "too early", "compare both with the document");
        }
    }
}

fn table(
    reading: &mut Reading<'_>,
    title: &'static str,
    at: Range<usize>,
    fields: &'static [Field],
    table: &DeTable<'_>,
) -> Value {
    let keys: Vec<Key> = fields.iter().map(|field| field.key).collect();
    let section = Section { title, at, keys: &keys, table };
    reading.keys(&section);
    for needed in ALWAYS.iter().filter(|(of, _)| *of == title).flat_map(|(_, needed)| *needed) {
        reading.present(&section, needed);
    }
    let mut read = Map::new();
    for field in fields {
        if let Some(value) = section.get(field.key.name)
            && let Some(value) = one(reading, &section, *field, value)
        {
            read.insert(field.key.name.to_owned(), value);
        }
    }
    Value::Object(read)
}

fn one(
    reading: &mut Reading<'_>,
    section: &Section<'_, '_>,
    field: Field,
    value: &Spanned<DeValue<'_>>,
) -> Option<Value> {
    let key = field.key.name;
    match field.sort {
        Sort::Text => reading.string(section, key).map(Value::from),
        Sort::Texts => Some(reading.strings(section, key)?.into_iter().map(|(text, _)| text).collect()),
        Sort::Date => reading.date(section, key).map(|date| Value::from(date.to_string())),
        Sort::Truth => reading.boolean(section, key).map(Value::from),
        Sort::Number(from, until) => reading.number(section, key, from..until + 1).map(Value::from),
        Sort::Word(known) => {
            let word = reading.string(section, key)?;
            among(reading, key, &word, value.span(), known).map(Value::from)
        }
        Sort::Words(known) => listed(reading, section, key, known),
        Sort::Numbers(from, until) => numbers(reading, section, field, value, from..=until),
        Sort::Kinds => {
            let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
            listed(reading, section, key, &known)
        }
        Sort::Country => {
            let text = reading.string(section, key)?;
            let sound = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
            if !sound {
                let message = format!("`{key}` must be a country by its two capital letters");
                reading.fault(value.span(), message, "no country", format!("write: {}", field.key.example));
            }
            sound.then(|| text.into())
        }
        Sort::Digest => {
            let text = reading.string(section, key)?.to_lowercase();
            let sound = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !sound {
                let help =
                    "write what `sha256sum FILE` prints, or make the entry with: sekisho documents add FILE";
                reading.fault(
                    value.span(),
                    format!("`{key}` is no SHA-256"),
                    "not 64 hexadecimal digits",
                    help,
                );
            }
            sound.then(|| text.into())
        }
        Sort::Table(fields) => match value.get_ref().as_table() {
            Some(inner) => Some(table(reading, key, value.span(), fields, inner)),
            None => {
                reading.wrong_type(section, key, value, "a section in brackets");
                None
            }
        },
        Sort::Tables(fields) => {
            let items = value.get_ref().as_array();
            let Some(items) = items.filter(|items| items.iter().all(|item| item.get_ref().is_table())) else {
                reading.wrong_type(section, key, value, "sections in double brackets");
                return None;
            };
            let inner = items.iter().filter_map(|item| Some((item.span(), item.get_ref().as_table()?)));
            Some(inner.map(|(at, inner)| table(reading, key, at, fields, inner)).collect())
        }
    }
}

fn numbers(
    reading: &mut Reading<'_>,
    section: &Section<'_, '_>,
    field: Field,
    value: &Spanned<DeValue<'_>>,
    range: RangeInclusive<u64>,
) -> Option<Value> {
    let number = |item: &Spanned<DeValue<'_>>| {
        let integer = item.get_ref().as_integer()?;
        u64::from_str_radix(integer.as_str(), integer.radix()).ok().filter(|number| range.contains(number))
    };
    let Some(items) = value.get_ref().as_array() else {
        reading.wrong_type(section, field.key.name, value, "a list of whole numbers");
        return None;
    };
    let read: Option<Vec<u64>> = items.iter().map(number).collect();
    if read.is_none() {
        let (from, until) = (range.start(), range.end());
        let message = format!("`{}` must be whole numbers from {from} to {until}", field.key.name);
        reading.fault(value.span(), message, "out of range", format!("write: {}", field.key.example));
    }
    read.map(Value::from)
}

fn listed(reading: &mut Reading<'_>, section: &Section<'_, '_>, key: &str, known: &[&str]) -> Option<Value> {
    let texts = reading.strings(section, key)?;
    let words = texts.into_iter().filter_map(|(word, at)| among(reading, key, &word, at, known));
    Some(words.collect())
}

fn among(
    reading: &mut Reading<'_>,
    key: &str,
    word: &str,
    at: Range<usize>,
    known: &[&str],
) -> Option<String> {
    if known.contains(&word) {
        return Some(word.to_owned());
    }
    let help = format!("{}there are: {}", guess(word, known), known.join(", "));
    reading.fault(at, format!("unknown {key} `{}`", shorten(word)), format!("no such {key}"), help);
    None
}
