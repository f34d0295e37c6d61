//! Writes an entry, field by field, and holds it to the same rules by which it will be read.

use super::entry::Entry;
use super::fields::{FIELDS, Field, Sort, read, required_of};
use super::kind::guess;
use crate::tenancy::section::Reading;
use std::collections::BTreeMap;

/// An entry in the making: values by field, as they are written.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    values: BTreeMap<&'static str, String>,
}

/// A value that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteFault {
    /// No such field.
    #[error("there is no field `{0}`; {1}")]
    Unknown(String, String),
    /// A field that is more than a value.
    #[error("`{0}` is a section: {1}; write it into the entry by hand")]
    Section(&'static str, &'static str),
    /// What was put together is no entry.
    #[error("{0}")]
    Faulty(String),
}

impl Draft {
    /// Reads a draft as [`Self::text`] writes it and people may have gone on with it. File and digest are the document's own:
    /// a draft that has them is refused.
    pub fn parse(text: &str) -> Result<Self, WriteFault> {
        let table: toml::Table =
            text.parse().map_err(|fault: toml::de::Error| WriteFault::Faulty(fault.message().to_owned()))?;
        let mut draft = Self::default();
        for (name, value) in table {
            let field = known(&name)?;
            if matches!(field.key.name, "sha256" | "file") {
                let told = format!("`{name}` is told by the document, and has no place in a draft");
                return Err(WriteFault::Faulty(told));
            }
            draft.values.insert(field.key.name, value.to_string());
        }
        Ok(draft)
    }

    /// Sets a field from what was typed: texts, days, numbers and words without quotes, lists parted by commas.
    pub fn set(&mut self, name: &str, typed: &str) -> Result<(), WriteFault> {
        let field = known(name)?;
        let quoted = |text: &str| toml::Value::from(text.trim()).to_string();
        let value = match field.sort {
            Sort::Text | Sort::Word(_) | Sort::Country | Sort::Digest => quoted(typed),
            Sort::Date | Sort::Truth | Sort::Number(..) => typed.trim().to_owned(),
            Sort::Numbers(..) => format!("[{}]", typed.trim()),
            Sort::Texts | Sort::Words(_) | Sort::Kinds => {
                let all: Vec<String> =
                    typed.split(',').filter(|one| !one.trim().is_empty()).map(quoted).collect();
                format!("[{}]", all.join(", "))
            }
            Sort::Table(_) | Sort::Tables(_) => {
                return Err(WriteFault::Section(field.key.name, field.key.example));
            }
        };
        self.values.insert(field.key.name, value);
        Ok(())
    }

    /// Whether a field was set.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// What a field holds, as it was typed.
    pub fn text_of(&self, name: &str) -> Option<String> {
        let table: toml::Table = format!("value = {}", self.values.get(name)?).parse().ok()?;
        let value = table.get("value")?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    /// The fields that an entry of this kind still needs, each with an example.
    pub fn missing(&self) -> Vec<(&'static str, &'static str)> {
        let word = |name: &str| self.values.get(name).map(|value| value.trim_matches('"').to_owned());
        let Some(kind) = word("kind") else { return vec![("kind", "kind = \"iso27001\"")] };
        let needed = required_of(&kind, word("about").as_deref());
        let open =
            FIELDS.iter().filter(|field| needed.contains(&field.key.name) && !self.has(field.key.name));
        open.map(|field| (field.key.name, field.key.example)).collect()
    }

    /// The entry's text.
    pub fn text(&self) -> String {
        let line = |field: &Field| {
            self.values.get(field.key.name).map(|value| format!("{} = {value}\n", field.key.name))
        };
        FIELDS.iter().filter_map(line).collect()
    }

    /// The entry, as it will be read.
    pub fn entry(&self) -> Result<Entry, WriteFault> {
        let text = self.text();
        let mut reading = Reading::of(&text, "the register");
        let entry = read(&mut reading);
        let told = reading.faults.iter().map(|fault| format!("{}: {}", fault.message, fault.help));
        let told: Vec<String> = told.collect();
        entry.filter(|_| told.is_empty()).ok_or_else(|| WriteFault::Faulty(told.join("; ")))
    }
}

fn known(name: &str) -> Result<&'static Field, WriteFault> {
    FIELDS.iter().find(|field| field.key.name == name).ok_or_else(|| {
        let known: Vec<&str> = FIELDS.iter().map(|field| field.key.name).collect();
        let help = format!("{}there are: {}", guess(name, &known), known.join(", "));
        WriteFault::Unknown(name.to_owned(), help)
    })
}
