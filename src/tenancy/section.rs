//! Reading one section of a file, key by key, and noting what is wrong with each.

use super::fault::Fault;
use crate::text::nearest;
use jiff::civil::Date;
use sekisho_contract::gap::shorten;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A key a section may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// Its name.
    pub name: &'static str,
    /// How it is written, for the next step.
    pub example: &'static str,
}

/// Collects what is wrong while the sections are read.
pub(crate) struct Reading<'t> {
    /// What messages call the file.
    file: &'static str,
    /// The file's text.
    pub text: &'t str,
    /// What is wrong so far.
    pub faults: Vec<Fault>,
    /// Values that look like secrets, and may not be shown.
    pub hidden: Vec<Range<usize>>,
}

/// One section: `[tenancy]`, an `[[account]]`, a `[[scope]]`, `[limits]`, an entry of the register.
pub(crate) struct Section<'a, 't> {
    /// Its header, as written.
    pub title: &'static str,
    /// Where it begins.
    pub at: Range<usize>,
    /// The keys it may hold.
    pub keys: &'a [Key],
    /// What it holds.
    pub table: &'a DeTable<'t>,
}

impl<'a, 't> Section<'a, 't> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'t>>> {
        self.table.get(key)
    }

    /// Where a key's value stands; the section's beginning when it is not there.
    pub fn place(&self, key: &str) -> Range<usize> {
        self.get(key).map_or_else(|| self.at.clone(), Spanned::span)
    }

    /// Whether a key that is not there was mistyped: its misspelling is reported, and is enough.
    pub fn misspelt(&self, key: &str) -> bool {
        let known: Vec<&str> = self.keys.iter().map(|key| key.name).collect();
        let mut written = self.table.keys().map(|written| -> &str { written.get_ref() });
        written.any(|written| !known.contains(&written) && nearest(written, &known) == Some(key))
    }

    fn example(&self, key: &str) -> &'static str {
        self.keys.iter().find(|known| known.name == key).map_or("", |known| known.example)
    }
}

impl<'t> Reading<'t> {
    /// A reading of `text`.
    pub fn new(text: &'t str) -> Self {
        Self::of(text, "the tenancy file")
    }

    /// A reading of the text of another file, which messages call this.
    pub const fn of(text: &'t str, file: &'static str) -> Self {
        Self { file, text, faults: Vec::new(), hidden: Vec::new() }
    }

    /// Notes a fault at `at`.
    pub fn fault(
        &mut self,
        at: Range<usize>,
        message: impl Into<String>,
        mark: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.faults.push(Fault::new(self.text, at, message, mark, help));
    }

    /// Notes every key of the section that is not among the known ones.
    pub fn keys(&mut self, section: &Section<'_, '_>) {
        let known: Vec<&str> = section.keys.iter().map(|key| key.name).collect();
        for (key, value) in section.table {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let shown = shorten(name);
            if looks_secret(name) {
                self.hidden.push(value.span());
                let help = "delete the line, and replace the credential if the file has been shared: credentials \
                            come from the SDK's own chain (environment, profile, instance or workload identity) \
                            and are never written here";
                let message = format!("`{shown}` looks like a credential, and none belongs in {}", self.file);
                let mark = format!("not a key of {}", self.file);
                self.fault(key.span(), message, mark, help);
                continue;
            }
            let guess =
                nearest(name, &known).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            let help = format!("{guess}{} may hold: {}", section.title, known.join(", "));
            self.fault(
                key.span(),
                format!("unknown key `{shown}` in {}", section.title),
                "unknown key",
                help,
            );
        }
    }

    /// A text that must be there.
    pub fn required(&mut self, section: &Section<'_, '_>, key: &str) -> Option<String> {
        self.present(section, key)?;
        self.string(section, key)
    }

    /// Notes a missing key.
    pub fn present(&mut self, section: &Section<'_, '_>, key: &str) -> Option<()> {
        if section.get(key).is_none() && !section.misspelt(key) {
            let message = format!("{} has no `{key}`", section.title);
            self.fault(section.at.clone(), message, "here", format!("add: {}", section.example(key)));
        }
        section.get(key).map(|_| ())
    }

    /// A text, if it is there: not empty, not overlong, without control characters.
    pub fn string(&mut self, section: &Section<'_, '_>, key: &str) -> Option<String> {
        let value = section.get(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(section, key, value, "a text in quotes");
            return None;
        };
        self.sound_text(section, key, value.span(), text)
    }

    /// A yes or no, if it is there.
    pub fn boolean(&mut self, section: &Section<'_, '_>, key: &str) -> Option<bool> {
        let value = section.get(key)?;
        let answer = value.get_ref().as_bool();
        if answer.is_none() {
            self.wrong_type(section, key, value, "true or false, without quotes");
        }
        answer
    }

    /// A whole number within a range, if it is there.
    pub fn number(&mut self, section: &Section<'_, '_>, key: &str, range: Range<u64>) -> Option<u64> {
        let value = section.get(key)?;
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(section, key, value, "a whole number");
            return None;
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!("`{key}` must be from {} to {}", range.start, range.end - 1);
            self.fault(value.span(), message, "out of range", format!("write: {}", section.example(key)));
        }
        number
    }

    /// A day, if it is there.
    pub fn date(&mut self, section: &Section<'_, '_>, key: &str) -> Option<Date> {
        let value = section.get(key)?;
        let date = match value.get_ref() {
            DeValue::Datetime(moment) if moment.time.is_none() => moment.date.and_then(|date| {
                let parts = (i16::try_from(date.year), i8::try_from(date.month), i8::try_from(date.day));
                let (Ok(year), Ok(month), Ok(day)) = parts else { return None };
                Date::new(year, month, day).ok()
            }),
            _ => None,
        };
        if date.is_none() {
            self.wrong_type(section, key, value, "a day, year-month-day without quotes");
        }
        date
    }

    /// A list of texts, or one text, if it is there; each with its place.
    pub fn strings(&mut self, section: &Section<'_, '_>, key: &str) -> Option<Vec<(String, Range<usize>)>> {
        let value = section.get(key)?;
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(section, key, value, "a list of texts in brackets");
            return None;
        };
        let mut texts = Vec::new();
        for item in array {
            match item.get_ref().as_str() {
                Some(text) => texts
                    .extend(self.sound_text(section, key, item.span(), text).map(|text| (text, item.span()))),
                None => self.wrong_type(section, key, item, "a list of texts in quotes"),
            }
        }
        Some(texts)
    }

    /// Notes a value of the wrong type.
    pub fn wrong_type(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        expected: &str,
    ) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a number",
            DeValue::Float(_) => "a decimal number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let message = format!("`{key}` must be {expected}, and is {found}");
        self.fault(value.span(), message, found, format!("write: {}", section.example(key)));
    }

    fn sound_text(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
        at: Range<usize>,
        text: &str,
    ) -> Option<String> {
        let wrong = if text.trim().is_empty() {
            "is empty"
        } else if text.chars().any(char::is_control) {
            "holds control characters"
        } else if text.chars().count() > TEXT_LIMIT {
            "is too long"
        } else {
            return Some(text.to_owned());
        };
        self.fault(at, format!("`{key}` {wrong}"), wrong, format!("write: {}", section.example(key)));
        None
    }
}

/// Longest text a key may hold, in characters.
const TEXT_LIMIT: usize = 500;

/// Whether a key's name speaks of a credential.
pub(super) fn looks_secret(key: &str) -> bool {
    let key = key.to_lowercase().replace(['-', '_'], "");
    ["secret", "password", "passwd", "token", "accesskey", "privatekey", "credential", "apikey", "clientkey"]
        .iter()
        .any(|word| key.contains(word))
}
