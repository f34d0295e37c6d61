//! Where log files lie: named streams of bytes. A local folder is one; a bucket can be another.

use schemars::JsonSchema;
use sekisho_contract::{CallId, GapReason};
use serde::{Deserialize, Serialize};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Something that holds log files.
pub trait Store: Sync {
    /// Offers the name of every file (with `/` between folders), in order, to who says whether it will be opened. Gives what
    /// could not be listed or is no file: none of its records were read.
    fn list(&self, take: Taking<'_>) -> Vec<String>;

    /// Opens a file by its name, as it is stored.
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>>;

    /// Why files were not listed or not read, as far as there is more to tell than that.
    fn troubles(&self) -> Vec<Trouble> {
        Vec::new()
    }
}

/// Takes the name of a file, and says whether it will be opened.
pub type Taking<'t> = &'t mut (dyn FnMut(&str) -> bool + Send);

/// Why files of a store were not listed or not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trouble {
    /// Why.
    pub reason: GapReason,
    /// `service:Operation` that was asked; empty where nothing was.
    pub operation: String,
    /// The permission it needs, where its lack is the reason; empty otherwise.
    pub permission: String,
    /// How many times: lists or files.
    pub count: u64,
    /// The first of the files by name; empty for a list.
    pub file: String,
    /// The call about that.
    pub call: Option<CallId>,
    /// What was said of it, shortened.
    pub detail: String,
}

/// A folder on this machine, with all folders below it. Links are not followed.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder at a path, which must be one.
    pub fn open(path: &Path) -> io::Result<Self> {
        std::fs::read_dir(path)?;
        Ok(Self { root: path.to_owned() })
    }
}

impl Store for Folder {
    fn list(&self, take: Taking<'_>) -> Vec<String> {
        let (mut files, mut unlisted) = (Vec::new(), Vec::new());
        let mut waiting = vec![String::new()];
        while let Some(folder) = waiting.pop() {
            let Ok(entries) = std::fs::read_dir(self.root.join(&folder)) else {
                unlisted.push(folder);
                continue;
            };
            for entry in entries {
                let Ok(entry) = entry else {
                    unlisted.push(folder.clone());
                    continue;
                };
                let Ok(name) = entry.file_name().into_string() else {
                    unlisted.push(format!("{folder}/{}", entry.file_name().display()));
                    continue;
                };
                let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                match entry.file_type() {
                    Ok(sort) if sort.is_dir() => waiting.push(name),
                    Ok(sort) if sort.is_file() => files.push(name),
                    _ => unlisted.push(name),
                }
            }
        }
        files.sort_unstable();
        unlisted.sort_unstable();
        for file in files {
            take(&file);
        }
        unlisted
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(std::fs::File::open(self.root.join(name))?))
    }
}
