//! A change between two runs.

use super::what::What;
use crate::text::Text;
use crate::words::{Word, word};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which way a change goes. The worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Away from what the clauses ask, or away from being seen.
    Worse,
    /// Neither, as far as this can be told from the change alone.
    Neutral,
    /// Towards it.
    Better,
}

impl Direction {
    /// Several in one: the worst speaks, and nothing neutral outweighs what is better.
    pub fn together(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::Neutral, |one, other| match (one, other) {
            (Self::Worse, _) | (_, Self::Worse) => Self::Worse,
            (Self::Better, _) | (_, Self::Better) => Self::Better,
            (Self::Neutral, Self::Neutral) => Self::Neutral,
        })
    }

    /// The other way.
    #[must_use]
    pub const fn turned(self) -> Self {
        match self {
            Self::Worse => Self::Better,
            Self::Neutral => Self::Neutral,
            Self::Better => Self::Worse,
        }
    }

    /// What people call it.
    pub const fn word(self) -> Word {
        match self {
            Self::Worse => word("悪化", "worse"),
            Self::Neutral => word("変更", "changed"),
            Self::Better => word("改善", "better"),
        }
    }

    /// A sign that survives black-and-white print.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Worse => "▼",
            Self::Neutral => "・",
            Self::Better => "▲",
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// What names it, the same in every comparison of the same two states: its sort, its subject, and the part where a
    /// subject may have several.
    pub key: String,
    /// Its sort.
    pub what: What,
    /// Which way it goes.
    pub direction: Direction,
    /// The clauses it touches.
    pub clauses: Vec<String>,
    /// The id of what changed: a resource, an account (`aws/123456789012`), a cell, an entry of the register, a clause.
    pub subject: String,
    /// What people call it.
    pub name: String,
    /// How it was before; absent where it was not there.
    pub before: Option<Text>,
    /// How it is now; absent where it is gone.
    pub after: Option<Text>,
}

/// Longest text of others kept in a change, in characters.
const TEXT_LIMIT: usize = 600;
/// Longest part of a key kept, in characters.
const KEY_LIMIT: usize = 2_048;

impl Change {
    /// A change of a subject; `part` where a subject may have several of the sort.
    pub fn new(what: What, direction: Direction, subject: &str, name: &str, part: &str) -> Self {
        let part = if part.is_empty() { String::new() } else { format!("/{}", bounded(part, TEXT_LIMIT)) };
        let subject = bounded(subject, KEY_LIMIT);
        Self {
            key: format!("{}/{subject}{part}", what.as_str()),
            what,
            direction,
            clauses: Vec::new(),
            subject,
            name: bounded(name, TEXT_LIMIT),
            before: None,
            after: None,
        }
    }

    /// The same, touching these clauses.
    #[must_use]
    pub fn touching(self, clauses: Vec<String>) -> Self {
        Self { clauses, ..self }
    }

    /// The same, from one thing to another.
    #[must_use]
    pub fn from_to(self, before: Option<Text>, after: Option<Text>) -> Self {
        let short =
            |text: Text| Text { ja: bounded(&text.ja, TEXT_LIMIT), en: bounded(&text.en, TEXT_LIMIT) };
        Self { before: before.map(short), after: after.map(short), ..self }
    }

    /// What is said of it.
    pub const fn word(&self) -> Word {
        self.what.word(self.direction)
    }
}

/// The beginning of a text; what is cut off is marked.
pub fn bounded(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// A text that is the same in both languages.
pub fn plain(text: impl Into<String>) -> Text {
    let text = text.into();
    Text { ja: text.clone(), en: text }
}

/// A fixed word as a text.
pub fn text_of(word: Word) -> Text {
    Text { ja: word.ja.to_owned(), en: word.en.to_owned() }
}
