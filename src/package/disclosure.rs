//! The list of what is disclosed about the cloud when work begins (Ⅴ-13): each item with its extent, the way it is given,
//! how it is to be handled, and what it rests on. Counts alone; no single thing is named.

mod cloud;
mod written;

use super::Material;
use super::contents::Origin;
use super::demands::Missing;
use super::papers::Paper;
use crate::annex::Source;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The schema of [`Disclosure`].
pub const DISCLOSURE_SCHEMA: &str = "sekisho/disclosure-list/v1";

/// The clause that asks for the list.
const CLAUSE: &str = "V-13";

/// `disclosure-list.json`: the list of what is disclosed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// Always `sekisho/disclosure-list/v1`.
    #[schemars(extend("const" = DISCLOSURE_SCHEMA))]
    pub schema: String,
    /// What it was made of and when.
    pub origin: Origin,
    /// The items, in order.
    pub items: Vec<Item>,
}

/// An item that is disclosed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What it is called in files.
    pub id: String,
    /// 開示項目.
    pub title: String,
    /// Whether it can be disclosed.
    pub state: State,
    /// 範囲.
    pub extent: String,
    /// 提供方法・媒体.
    pub means: String,
    /// 取扱制限.
    pub handling: String,
    /// 根拠: evidence numbers and documents.
    pub grounds: Vec<String>,
    /// The item in figures.
    pub tables: Vec<Table>,
}

/// Whether an item can be disclosed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 開示: as far as the item goes.
    Whole,
    /// 一部確認不能: with something in it that was not seen, which is said.
    Part,
    /// 提示不能: nothing is known that could be disclosed.
    Nothing,
}

impl State {
    /// The word people see.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Whole => "開示",
            Self::Part => "一部確認不能",
            Self::Nothing => "提示不能",
        }
    }

    /// The sign beside it.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Whole => "○",
            Self::Part => "△",
            Self::Nothing => "×",
        }
    }

    const fn part_if(open: bool) -> Self {
        if open { Self::Part } else { Self::Whole }
    }
}

/// A table of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The headings.
    pub columns: Vec<String>,
    /// The rows, as long as the headings.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    fn new(caption: &str, columns: &[&str], rows: Vec<Vec<String>>) -> Self {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Self { caption: caption.to_owned(), columns, rows }
    }
}

/// What every item is made of.
struct Desk<'a> {
    material: &'a Material<'a>,
    origin: &'a Origin,
    papers: &'a [Paper],
}

impl Desk<'_> {
    /// The evidence number of a file of the run; nothing where the run has no such file.
    fn file(&self, name: &str) -> Vec<String> {
        let found = self.origin.evidence.iter().find(|file| file.name == name);
        found.map(|file| file.number.clone()).into_iter().collect()
    }
}

/// An item of what the run found.
struct Found<'a> {
    id: &'a str,
    title: &'a str,
    state: State,
    extent: String,
    grounds: Vec<String>,
    tables: Vec<Table>,
}

impl Found<'_> {
    fn item(self, means: &str, handling: &str) -> Item {
        Item {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            state: self.state,
            extent: self.extent,
            means: means.to_owned(),
            handling: handling.to_owned(),
            grounds: self.grounds,
            tables: self.tables,
        }
    }
}

/// The list, from what the run found and the register says.
pub fn disclosure(material: &Material<'_>, origin: &Origin, papers: &[Paper]) -> Disclosure {
    let desk = Desk { material, origin, papers };
    let items = vec![
        cloud::services(&desk),
        cloud::kinds(&desk),
        cloud::places(&desk),
        written::certificates(&desk),
        cloud::logs(&desk),
        cloud::encryption(&desk),
        cloud::recovery(&desk),
        cloud::erasure(&desk),
        written::vulnerabilities(&desk),
        written::subcontractors(&desk),
        written::contacts(&desk),
    ];
    Disclosure { schema: DISCLOSURE_SCHEMA.to_owned(), origin: origin.clone(), items }
}

/// What of the list cannot be given. A list of services, things or places that may not be whole is no list; of the others it
/// is enough that they say what was not seen.
pub fn missing(material: &Material<'_>, list: &Disclosure) -> Vec<Missing> {
    let number = material.profile.clauses.iter().find(|clause| clause.id == CLAUSE);
    let number = number.map_or(CLAUSE, |clause| clause.number.as_str());
    let open = list.items.iter().filter(|item| item.state != State::Whole);
    let missing = |item: &Item| Missing {
        clause: CLAUSE.to_owned(),
        number: number.to_owned(),
        what: format!("開示項目「{}」", item.title),
        from: if item.id == "certificates" { Source::Provider } else { Source::Contractor },
        why: item.extent.clone(),
        binding: item.state == State::Nothing || ["services", "kinds", "places"].contains(&item.id.as_str()),
    };
    open.map(missing).collect()
}
