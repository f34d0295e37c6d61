//! Where log files lie: named streams of bytes. A local folder is one; a bucket can be another.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Something that holds log files.
pub trait Store: Sync {
    /// Every file, in order of its name; and what could not be listed.
    fn list(&self) -> Listing;
    /// Opens a file by its name, as it is stored.
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>>;
}

/// The files of a store.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Their names, with `/` between folders.
    pub files: Vec<String>,
    /// What could not be listed or is no file: none of its records were read.
    pub unlisted: Vec<String>,
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
    fn list(&self) -> Listing {
        let mut listing = Listing::default();
        let mut waiting = vec![String::new()];
        while let Some(folder) = waiting.pop() {
            let Ok(entries) = std::fs::read_dir(self.root.join(&folder)) else {
                listing.unlisted.push(folder);
                continue;
            };
            for entry in entries {
                let Ok(entry) = entry else {
                    listing.unlisted.push(folder.clone());
                    continue;
                };
                let Ok(name) = entry.file_name().into_string() else {
                    listing.unlisted.push(format!("{folder}/{}", entry.file_name().display()));
                    continue;
                };
                let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                match entry.file_type() {
                    Ok(sort) if sort.is_dir() => waiting.push(name),
                    Ok(sort) if sort.is_file() => listing.files.push(name),
                    _ => listing.unlisted.push(name),
                }
            }
        }
        listing.files.sort_unstable();
        listing.unlisted.sort_unstable();
        listing
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(std::fs::File::open(self.root.join(name))?))
    }
}
