//! The register: the entries of a folder `documents/`, a TOML file each, and how a run keeps what it used of them.

use super::entry::{Entry, Handling};
use super::file::{self, FileFound};
use super::{fields, kind};
use crate::support::Catalogue;
use crate::tenancy::section::Reading;
use crate::tenancy::whole::presentable;
use crate::tenancy::{Fault, TenancyError};
use schemars::JsonSchema;
use sekisho_contract::gap::shorten;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The schema of [`Register`].
pub const REGISTER_SCHEMA: &str = "sekisho/documents/v1";
/// The folder beside the tenancy file.
pub const FOLDER: &str = "documents";

/// Ends of support that somebody gathered, in that folder: a file like `src/support/ends.yaml`.
pub const ENDS: &str = "ends-of-support.yaml";

/// What that file is called among entries that cannot be used.
pub const ENDS_KEY: &str = "ends-of-support";

/// Largest entry, in bytes.
const SIZE_LIMIT: u64 = 256 * 1024;
/// Most entries.
const ENTRY_LIMIT: usize = 5_000;
/// Faults kept of one entry.
const FAULT_LIMIT: usize = 50;

/// What a run knows of documents and statements: metadata and digests, never the documents themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Always `sekisho/documents/v1`.
    #[schemars(extend("const" = REGISTER_SCHEMA))]
    pub schema: String,
    /// The entries that can be used, by name.
    pub documents: Vec<Document>,
    /// The entries that cannot.
    pub faulty: Vec<Faulty>,
    /// Ends of support that somebody gathered, which go before those that come with the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Catalogue>,
}

/// One entry that can be used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The name of its file, without `.toml`.
    pub id: String,
    /// What it says.
    pub entry: Entry,
    /// What was found of its file.
    pub file: FileFound,
}

/// One entry that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Faulty {
    /// The name of its file, without `.toml`.
    pub id: String,
    /// Its kind, or what a statement is about, where it says so.
    pub key: Option<String>,
    /// What is wrong, each with its line.
    pub faults: Vec<String>,
}

/// A register, and what is to be said of it.
#[derive(Debug)]
pub struct Loaded {
    /// The register.
    pub register: Register,
    /// What is wrong with entries, to be shown.
    pub problems: Vec<TenancyError>,
}

impl Default for Register {
    fn default() -> Self {
        Self { schema: REGISTER_SCHEMA.to_owned(), documents: Vec::new(), faulty: Vec::new(), ends: None }
    }
}

impl Register {
    /// The entries a place for papers accepts by these keys.
    pub fn of<'r>(&'r self, keys: &'r [&str]) -> impl Iterator<Item = &'r Document> {
        self.documents.iter().filter(|document| keys.contains(&document.entry.key()))
    }

    /// Whether another entry takes this one's place: one of the same sort and about the same provider. Two that name each
    /// other both stand.
    pub fn is_replaced(&self, id: &str) -> bool {
        let Some(own) = self.find(id) else { return false };
        let names = |document: &Document, id: &str| {
            document.entry.replaces.seen().is_some_and(|ids| ids.iter().any(|named| named == id))
        };
        self.documents.iter().any(|other| {
            other.id != id
                && names(other, id)
                && !names(own, &other.id)
                && other.entry.key() == own.entry.key()
                && other.entry.provider == own.entry.provider
        })
    }

    /// Whether an entry that cannot be used is of one of these sorts, or may be.
    pub fn may_hold(&self, keys: &[&str]) -> bool {
        self.faulty.iter().any(|faulty| faulty.key.as_deref().is_none_or(|key| keys.contains(&key)))
    }

    /// The entry of this name.
    pub fn find(&self, id: &str) -> Option<&Document> {
        self.documents.iter().find(|document| document.id == id)
    }
}

/// Reads every entry of a folder. One that is wrong costs itself alone; a folder that is not there is an empty register.
pub fn load(folder: &Path) -> io::Result<Loaded> {
    let (mut paths, mut texts) = (Vec::new(), BTreeMap::new());
    match fs::read_dir(folder) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
        Err(fault) => return Err(fault),
        Ok(entries) => {
            for entry in entries {
                let path = entry?.path();
                if path.extension().is_none_or(|extension| extension != "toml") {
                    continue;
                }
                paths.push(path);
                if paths.len() > ENTRY_LIMIT {
                    return Err(io::Error::other(format!("more than {ENTRY_LIMIT} entries")));
                }
            }
        }
    }
    // Names that are no text may come to the same: each keeps its own place.
    paths.sort();
    for path in paths {
        let name = path.file_stem().unwrap_or_default();
        let (mut id, is_text) = (name.to_string_lossy().into_owned(), name.to_str().is_some());
        while texts.contains_key(&id) {
            id.push('_');
        }
        let text = if is_text { read(&path) } else { Err("its name is not UTF-8 text".to_owned()) };
        texts.insert(id, text);
    }
    let mut loaded = gather(texts, &|name, registered| file::look(folder, name, registered));
    loaded.import_ends(&folder.join(ENDS));
    Ok(loaded)
}

/// Puts a register together from the texts of its entries. `look` looks at the file an entry names.
pub fn gather(
    texts: BTreeMap<String, Result<String, String>>,
    look: &dyn Fn(Option<&str>, &str) -> FileFound,
) -> Loaded {
    let mut loaded = Loaded { register: Register::default(), problems: Vec::new() };
    for (id, text) in texts {
        let text = match text {
            Ok(text) => text,
            Err(why) => {
                let help = "save the entry as UTF-8 text of a few lines";
                loaded.faulty(&id, String::new(), None, vec![Fault::of_file(why, help)]);
                continue;
            }
        };
        let mut reading = Reading::of(&text, "the register");
        let entry = fields::read(&mut reading);
        match entry.filter(|_| reading.faults.is_empty()) {
            Some(entry) => {
                let file = look(
                    entry.file.seen().map(String::as_str),
                    entry.sha256.seen().map_or("", String::as_str),
                );
                loaded.register.documents.push(Document { id, entry, file });
            }
            None => {
                let shown = presentable(&text, &reading.hidden);
                loaded.faulty(&id, shown, fields::key_of(&text), reading.faults);
            }
        }
    }
    loaded.refuse_twins();
    loaded
}

impl Loaded {
    fn faulty(&mut self, id: &str, text: String, key: Option<&str>, mut faults: Vec<Fault>) {
        faults.sort_by_key(Fault::order);
        faults.truncate(FAULT_LIMIT);
        let told = faults
            .iter()
            .map(|fault| format!("{fault}; {}", fault.help))
            .map(|told| shorten(&told))
            .collect();
        self.register.faulty.push(Faulty { id: id.to_owned(), key: key.map(str::to_owned), faults: told });
        self.register.faulty.sort_by(|one, other| one.id.cmp(&other.id));
        let name = format!("{FOLDER}/{id}.toml");
        let text = miette::NamedSource::new(&name, text).with_language("toml");
        self.problems.push(TenancyError::Faulty { name, text, faults });
    }

    /// Takes ends of support from a file, where there is one.
    fn import_ends(&mut self, path: &PathBuf) {
        if !path.exists() {
            return;
        }
        match read(path).and_then(|text| Catalogue::read(&text).map_err(|fault| fault.to_string())) {
            Ok(ends) => self.register.ends = Some(ends),
            Err(why) => {
                let help = "write date: and rows:, each row with provider, product, version, ends and source";
                let faults = vec![Fault::of_file(why, help)];
                let told = faults.iter().map(|fault| shorten(&format!("{fault}; {}", fault.help))).collect();
                let key = Some(ENDS_KEY.to_owned());
                self.register.faulty.push(Faulty { id: ENDS.to_owned(), key, faults: told });
                let name = format!("{FOLDER}/{ENDS}");
                let text = miette::NamedSource::new(&name, String::new()).with_language("yaml");
                self.problems.push(TenancyError::Faulty { name, text, faults });
            }
        }
    }

    /// Two entries with one number of one kind contradict each other, unless one takes the place of the other.
    fn refuse_twins(&mut self) {
        let mut by_number: BTreeMap<(&str, String), Vec<&Document>> = BTreeMap::new();
        for document in &self.register.documents {
            if let Some(number) = document.entry.number.seen() {
                let number: String = number.chars().filter(|c| !c.is_whitespace()).collect();
                by_number.entry((document.entry.key(), number.to_uppercase())).or_default().push(document);
            }
        }
        let replaced = |document: &Document, all: &[&Document]| {
            all.iter().any(|other| other.entry.replaces.seen().is_some_and(|ids| ids.contains(&document.id)))
        };
        let mut twins = Vec::new();
        for ((key, _), all) in by_number {
            let standing: Vec<&Document> = all.iter().copied().filter(|one| !replaced(one, &all)).collect();
            if standing.len() > 1 {
                for one in &standing {
                    let others: Vec<&str> = standing
                        .iter()
                        .filter(|other| other.id != one.id)
                        .map(|other| other.id.as_str())
                        .collect();
                    twins.push((one.id.clone(), key, others.join(", ")));
                }
            }
        }
        for (id, key, others) in twins {
            self.register.documents.retain(|document| document.id != id);
            let message = format!("its number stands in {others} too, and both are {key}");
            let help = "delete one of them, or name the earlier one in `replaces` of the later";
            self.faulty(&id, String::new(), Some(key), vec![Fault::of_file(message, help)]);
        }
    }
}

fn read(path: &PathBuf) -> Result<String, String> {
    let mut bytes = Vec::new();
    // A pipe would never come to its end.
    if !fs::metadata(path).map_err(|fault| fault.to_string())?.is_file() {
        return Err("it is no file".to_owned());
    }
    let file = File::open(path).map_err(|fault| fault.to_string())?;
    file.take(SIZE_LIMIT + 1).read_to_end(&mut bytes).map_err(|fault| fault.to_string())?;
    if bytes.len() as u64 > SIZE_LIMIT {
        return Err(format!("larger than {SIZE_LIMIT} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned())
}

/// What people call an entry: its title, else what its key is called.
pub fn name_of(entry: &Entry, id: &str) -> crate::text::Text {
    match entry.title.seen() {
        Some(title) => crate::text::Text { ja: title.clone(), en: title.clone() },
        None => {
            let title = kind::title(entry.key());
            let told = |word: &str| format!("{word}（{id}）");
            crate::text::Text {
                ja: title.map_or_else(|| id.to_owned(), |title| told(title.ja)),
                en: title.map_or_else(|| id.to_owned(), |title| format!("{} ({id})", title.en)),
            }
        }
    }
}

/// The strictest handling of anything in a register, and of what who asks has `asked`: it holds for whatever is made from it.
pub fn strictest(register: &Register, asked: Option<&Handling>) -> Option<Handling> {
    let all = register.documents.iter().filter_map(|document| document.entry.handling.seen());
    all.chain(asked).fold(None, |so_far: Option<Handling>, one| {
        let Some(mut strict) = so_far else { return Some(one.clone()) };
        strict.confidentiality = strict.confidentiality.max(one.confidentiality);
        strict.integrity = strict.integrity.max(one.integrity);
        strict.availability = strict.availability.max(one.availability);
        for restriction in &one.restrictions {
            if !strict.restrictions.contains(restriction) {
                strict.restrictions.push(restriction.clone());
            }
        }
        Some(strict)
    })
}
