//! Reading the file as a whole.

use super::fault::{Fault, TenancyError};
use super::section::{Key, Reading, Section, looks_secret};
use super::{Limits, Tenancy, Watch, access, account, corroborate, exception, logs, scope, watch};
use crate::text::nearest;
use jiff::civil::Date;
use miette::NamedSource;
use sekisho_contract::Provider;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What a tenancy file may refer to.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The providers of this build.
    pub providers: &'a [&'a dyn Provider],
    /// The profiles' ids.
    pub profiles: &'a [&'a str],
    /// The day of the run.
    pub today: Date,
}

/// A tenancy that can be used.
#[derive(Debug)]
pub struct Loaded {
    /// The tenancy.
    pub tenancy: Tenancy,
    /// The file's text, to show warnings in.
    pub text: NamedSource<String>,
    /// What is worth a warning.
    pub warnings: Vec<Fault>,
    /// Whom a watch tells; no part of the tenancy, so that no record of a run holds it.
    pub watch: Watch,
}

/// Largest tenancy file, in bytes: thousands of accounts fit.
const SIZE_LIMIT: u64 = 1024 * 1024;
/// Longest line, in bytes: what is longer cannot be shown either.
const LINE_LIMIT: usize = 4096;
/// Faults reported at once.
const FAULT_LIMIT: usize = 50;

/// Reads and checks a tenancy file.
pub fn load(path: &Path, known: Known<'_>) -> Result<Loaded, TenancyError> {
    let name = path.display().to_string();
    let text = read(path)?;
    parse(&name, &text, known)
}

/// Checks a tenancy file's text; `name` is what messages call the file.
pub fn parse(name: &str, text: &str, known: Known<'_>) -> Result<Loaded, TenancyError> {
    let mut reading = Reading::new(text);
    let tenancy = read_whole(&mut reading, known);
    let Reading { mut faults, hidden, .. } = reading;
    faults.sort_by_key(Fault::order);
    let source = NamedSource::new(name, presentable(text, &hidden)).with_language("toml");
    let (warnings, mut faults): (Vec<_>, Vec<_>) = faults.into_iter().partition(|fault| fault.warning);
    match tenancy {
        Some((tenancy, watch)) if faults.is_empty() => Ok(Loaded { tenancy, text: source, warnings, watch }),
        _ => {
            faults.truncate(FAULT_LIMIT);
            Err(TenancyError::Faulty { name: name.to_owned(), text: source, faults })
        }
    }
}

fn read(path: &Path) -> Result<String, TenancyError> {
    let unreadable = |cause| TenancyError::Unreadable { path: path.to_owned(), cause };
    let file = std::fs::File::open(path).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => TenancyError::Missing { path: path.to_owned() },
        _ => unreadable(cause),
    })?;
    let mut bytes = Vec::new();
    file.take(SIZE_LIMIT + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > SIZE_LIMIT {
        return Err(TenancyError::TooLarge { path: path.to_owned(), limit: SIZE_LIMIT });
    }
    String::from_utf8(bytes).map_err(|cause| {
        let sound = cause.as_bytes().iter().take(cause.utf8_error().valid_up_to());
        let line = sound.filter(|byte| **byte == b'\n').count() + 1;
        TenancyError::NotText { path: path.to_owned(), line }
    })
}

const TOP: &[Key] = &[
    Key { name: "tenancy", example: "[tenancy] with name, profile and contract_end" },
    Key { name: "account", example: "[[account]] with provider and id" },
    Key { name: "scope", example: "[[scope]] with match and confidential" },
    Key { name: "access", example: "[[access]] with country, reason, approver and expires" },
    Key { name: "corroborate", example: "[corroborate]" },
    Key { name: "logs", example: "[logs] with a [[logs.source]]" },
    Key { name: "limits", example: "[limits]" },
    Key { name: "watch", example: "[watch] with a [[watch.notify]]" },
    Key { name: "exception", example: "[[exception]] with id, check, owner, reason, approver and expires" },
];

const TENANCY: &[Key] = &[
    Key { name: "name", example: r#"name = "Records system""# },
    Key { name: "profile", example: r#"profile = "jp-annex-2""# },
    Key { name: "contract_end", example: "contract_end = 2027-03-31" },
    Key { name: "erasure_grace_days", example: "erasure_grace_days = 30" },
];

const LIMITS: &[Key] = &[
    Key { name: "concurrency", example: "concurrency = 32" },
    Key { name: "max_calls", example: "max_calls = 20000" },
];

fn read_whole(reading: &mut Reading<'_>, known: Known<'_>) -> Option<(Tenancy, Watch)> {
    if refuse_long_lines(reading) {
        return None;
    }
    let (document, errors) = DeTable::parse_recoverable(reading.text);
    if !errors.is_empty() {
        syntax(reading, &errors);
        return None;
    }
    let top = Section { title: "the tenancy file", at: 0..0, keys: TOP, table: document.get_ref() };
    reading.keys(&top);
    let head = read_head(reading, &top, known);
    let accounts = match repeated(reading, &top, "account") {
        Some(items) => account::read(reading, items, known.providers),
        None => Vec::new(),
    };
    if top.get("account").is_none() && !top.misspelt("account") {
        let help = "add: [[account]], and below it provider = \"aws\" and id = \"123456789012\"";
        reading.fault(0..0, "the file names no [[account]]", "", help);
    }
    let ids: Vec<String> = accounts.iter().map(|account| account.id.clone()).collect();
    let scopes = match repeated(reading, &top, "scope") {
        Some(items) => scope::read(reading, items, &ids),
        None => Vec::new(),
    };
    let access = match repeated(reading, &top, "access") {
        Some(items) => access::read(reading, items, known.today),
        None => Vec::new(),
    };
    let corroborate = corroborate::read(reading, &top);
    let logs = logs::read(reading, &top, &accounts);
    let limits = read_limits(reading, &top);
    let watch = watch::read(reading, &top);
    let exceptions = match repeated(reading, &top, "exception") {
        Some(items) => exception::read(reading, items),
        None => Vec::new(),
    };
    let (name, profile, contract_end, erasure_grace_days) = head?;
    let tenancy = Tenancy {
        name,
        profile,
        contract_end,
        erasure_grace_days,
        accounts,
        scopes,
        access,
        corroborate,
        logs,
        exceptions,
        limits,
    };
    Some((tenancy, watch))
}

fn read_head(
    reading: &mut Reading<'_>,
    top: &Section<'_, '_>,
    known: Known<'_>,
) -> Option<(String, String, Date, u32)> {
    let Some(value) = top.get("tenancy") else {
        if top.misspelt("tenancy") {
            return None;
        }
        let help = "add: [tenancy], and below it name, profile and contract_end";
        reading.fault(0..0, "the file has no [tenancy]", "", help);
        return None;
    };
    let Some(table) = value.get_ref().as_table() else {
        reading.wrong_type(top, "tenancy", value, "one section, [tenancy]");
        return None;
    };
    let section = Section { title: "[tenancy]", at: value.span(), keys: TENANCY, table };
    reading.keys(&section);
    let name = reading.required(&section, "name");
    let profile = reading.required(&section, "profile");
    if let Some(profile) = profile.as_ref().filter(|profile| !known.profiles.contains(&profile.as_str())) {
        let near = nearest(profile, known.profiles).map(|near| format!("did you mean \"{near}\"? "));
        let help = format!("{}this build knows: {}", near.unwrap_or_default(), known.profiles.join(", "));
        let shown = sekisho_contract::gap::shorten(profile);
        reading.fault(
            section.place("profile"),
            format!("unknown profile `{shown}`"),
            "unknown profile",
            help,
        );
    }
    let contract_end = read_date(reading, &section, "contract_end", known.today, "the contract ended on");
    let grace = match section.get("erasure_grace_days") {
        Some(_) => reading.number(&section, "erasure_grace_days", 0..3651),
        None => Some(0),
    };
    Some((name?, profile?, contract_end?, u32::try_from(grace?).ok()?))
}

/// A day that must be there; a past one is worth a warning that begins with `passed`.
pub(super) fn read_date(
    reading: &mut Reading<'_>,
    section: &Section<'_, '_>,
    key: &str,
    today: Date,
    passed: &str,
) -> Option<Date> {
    reading.present(section, key)?;
    let date = reading.date(section, key)?;
    let value = section.get(key)?;
    if date < today {
        let message = format!("{passed} {date}");
        let help = "if it was renewed, write its new end: what is assessed is held against this day";
        let warning = Fault::new(reading.text, value.span(), message, "in the past", help).into_warning();
        reading.faults.push(warning);
    }
    Some(date)
}

fn read_limits(reading: &mut Reading<'_>, top: &Section<'_, '_>) -> Limits {
    let Some(value) = top.get("limits") else { return Limits::default() };
    let Some(table) = value.get_ref().as_table() else {
        reading.wrong_type(top, "limits", value, "one section, [limits]");
        return Limits::default();
    };
    let section = Section { title: "[limits]", at: value.span(), keys: LIMITS, table };
    reading.keys(&section);
    let concurrency =
        reading.number(&section, "concurrency", 1..1025).and_then(|number| u32::try_from(number).ok());
    Limits { concurrency, max_calls: reading.number(&section, "max_calls", 1..1_000_000_001) }
}

/// The sections of a name that is written in double brackets.
pub(crate) fn repeated<'a, 't>(
    reading: &mut Reading<'_>,
    top: &Section<'a, 't>,
    key: &str,
) -> Option<&'a [Spanned<DeValue<'t>>]> {
    let value = top.get(key)?;
    let shown = match top.title.strip_prefix('[').and_then(|title| title.strip_suffix(']')) {
        Some(section) => format!("{section}.{key}"),
        None => key.to_owned(),
    };
    match value.get_ref() {
        DeValue::Array(items) if items.iter().all(|item| item.get_ref().is_table()) => Some(items),
        DeValue::Table(_) => {
            let message = format!("[{shown}] must stand in double brackets");
            reading.fault(value.span(), message, "one bracket", format!("write: [[{shown}]]"));
            None
        }
        _ => {
            reading.wrong_type(top, key, value, "sections in double brackets");
            None
        }
    }
}

pub(crate) fn refuse_long_lines(reading: &mut Reading<'_>) -> bool {
    let mut start = 0;
    for line in reading.text.split('\n') {
        if line.len() > LINE_LIMIT {
            let message = format!("this line is longer than {LINE_LIMIT} bytes");
            reading.fault(start..start, message, "", "break the line; a list may go over several lines");
            return true;
        }
        start += line.len() + 1;
    }
    false
}

pub(crate) fn syntax(reading: &mut Reading<'_>, errors: &[toml::de::Error]) {
    let mut lines = Vec::new();
    for error in errors {
        let at = error.span().unwrap_or(0..0);
        let line = super::fault::position(reading.text, at.start).0;
        if lines.contains(&line) {
            continue;
        }
        lines.push(line);
        let help = "this is TOML: key = value, one a line; texts and ids in quotes, dates (2027-03-31) and \
                    true/false without";
        let message = sekisho_contract::gap::shorten(error.message());
        reading.fault(at, message, "here", help);
    }
}

/// The text as it may be shown: secrets and control characters replaced, byte for byte.
pub(crate) fn presentable(text: &str, hidden: &[Range<usize>]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut secret_line = false;
    let mut line_start = 0;
    for (at, character) in text.char_indices() {
        if character == '\n' {
            (secret_line, line_start) = (false, at + 1);
        } else if character == '=' && !secret_line {
            secret_line = text.get(line_start..at).is_some_and(looks_secret);
            shown.push('=');
            continue;
        }
        let hide = secret_line || hidden.iter().any(|range| range.contains(&at));
        match character {
            '\n' | '\t' => shown.push(character),
            _ if hide && !character.is_whitespace() => {
                shown.extend(std::iter::repeat_n('*', character.len_utf8()))
            }
            _ if character.is_control() => shown.extend(std::iter::repeat_n('.', character.len_utf8())),
            _ => shown.push(character),
        }
    }
    shown
}
