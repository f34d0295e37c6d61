//! Writes a package: a folder that appears whole or not at all, and the same in one file where that is asked for.

use super::contents::{Contents, Index, Origin, contents};
use super::papers::{Paper, Taken, bar, name_in_package, paper, wanted};
use super::{Material, pages, take};
use crate::documents::file;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempDir};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The schema of [`Manifest`].
pub const MANIFEST_SCHEMA: &str = "sekisho/package/v1";
/// The manifest's own name.
const MANIFEST: &str = "manifest.json";
/// Where the documents lie in a package.
const DOCUMENTS: &str = "documents";
/// All documents together, in bytes: what an archive holds without its larger form.
const TOTAL_LIMIT: u64 = 2 << 30;

/// From where a package is made, and where it goes.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The folder of the register.
    pub documents: &'a Path,
    /// The folder to make: none is there, or an empty one.
    pub out: &'a Path,
    /// The file to make of it as well: none is there.
    pub zip: Option<&'a Path>,
}

/// A package that was written.
#[derive(Debug)]
pub struct Packed {
    /// Its index.
    pub index: Index,
    /// Its files.
    pub manifest: Manifest,
}

/// `manifest.json`: every file of a package but itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always `sekisho/package/v1`.
    #[schemars(extend("const" = MANIFEST_SCHEMA))]
    pub schema: String,
    /// What it was made of and when, and how all of it is to be handled.
    pub origin: Origin,
    /// Whether everything that binds is in it.
    pub complete: bool,
    /// How many things are missing, those that are desirable alone included.
    pub missing: usize,
    /// The files, by name.
    pub files: Vec<PackedFile>,
}

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackedFile {
    /// Its name in the package, with `/` between folders.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// The number of the document it is; none of what sekisho wrote itself.
    pub paper: Option<usize>,
    /// How it is to be handled, in words: a document by its own marking, where it has one.
    pub handling: String,
}

/// A package that was not made.
#[derive(Debug, thiserror::Error)]
pub enum PackageFault {
    /// Something is where the package is to go.
    #[error("{path} {what}; name a folder that is empty or not there yet, and a file that is not there yet")]
    InTheWay {
        /// The path.
        path: PathBuf,
        /// What is there.
        what: &'static str,
    },
    /// There is no register.
    #[error("{0} is no folder; name the folder of the register with --documents")]
    NoRegister(PathBuf),
    /// A file or folder could not be read or written.
    #[error("{path}: {doing}: {source}; nothing was left there, free space or choose another folder")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A page could not be put into its form; a fault of this program.
    #[error("the package could not be composed: {0}; this build is broken, report it")]
    Compose(String),
}

impl PackageFault {
    /// Whether the arguments are to be mended.
    pub const fn is_misuse(&self) -> bool {
        matches!(self, Self::InTheWay { .. } | Self::NoRegister(_))
    }

    fn io(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), doing, source }
    }
}

/// Makes sure that a package can go where it is to, before anything is read.
pub fn check_places(order: &Order<'_>) -> Result<(), PackageFault> {
    let in_the_way = |path: &Path, what| Err(PackageFault::InTheWay { path: path.to_owned(), what });
    if !order.documents.is_dir() {
        return Err(PackageFault::NoRegister(order.documents.to_owned()));
    }
    match fs::symlink_metadata(order.out) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
        Err(fault) => return Err(PackageFault::io(order.out, "looking at the folder")(fault)),
        Ok(found) if found.is_symlink() => return in_the_way(order.out, "is a link"),
        Ok(found) if !found.is_dir() => return in_the_way(order.out, "is a file"),
        Ok(_) => {
            let mut inside =
                fs::read_dir(order.out).map_err(PackageFault::io(order.out, "looking at the folder"))?;
            if inside.next().is_some() {
                return in_the_way(order.out, "holds something already");
            }
        }
    }
    if let Some(zip) = order.zip {
        if fs::symlink_metadata(zip).is_ok() {
            return in_the_way(zip, "is there already");
        }
        if zip.starts_with(order.out) {
            return in_the_way(zip, "lies in the folder of the package");
        }
    }
    Ok(())
}

/// Writes a package. Where anything fails, nothing is left of it.
pub fn write(material: &Material<'_>, order: &Order<'_>) -> Result<Packed, PackageFault> {
    check_places(order)?;
    let parent = parent(order.out);
    fs::create_dir_all(parent).map_err(PackageFault::io(parent, "making the folder"))?;
    let making = tempfile::Builder::new().prefix(".sekisho-package-").tempdir_in(parent);
    let making = making.map_err(PackageFault::io(parent, "making a folder in it"))?;
    let mut sheets = Sheets { folder: making.path(), files: BTreeMap::new() };

    let papers = enclose(material, order.documents, &mut sheets)?;
    let Contents { index, disclosure } = contents(material, papers);
    for (name, bytes) in pages::all(&index, &disclosure)? {
        sheets.put(name, &bytes, None, &index.origin.marking)?;
    }
    let manifest = Manifest {
        schema: MANIFEST_SCHEMA.to_owned(),
        origin: index.origin.clone(),
        complete: index.complete,
        missing: index.missing.len(),
        files: sheets.files.values().cloned().collect(),
    };
    sheets.put(MANIFEST, &pages::json(&manifest)?, None, &index.origin.marking)?;
    let names: Vec<String> = sheets.files.into_keys().collect();

    let archive = order.zip.map(|zip| archive(making.path(), &names, zip)).transpose()?;
    settle(making, order, archive)?;
    Ok(Packed { index, manifest })
}

/// Puts in the documents that may go in, and tells of all.
fn enclose(
    material: &Material<'_>,
    folder: &Path,
    sheets: &mut Sheets<'_>,
) -> Result<Vec<Paper>, PackageFault> {
    let (mut papers, mut total) = (Vec::new(), 0_u64);
    for wanted in wanted(material) {
        // What was judged stands in the register.
        let Some(document) = material.register.find(&wanted.entry) else { continue };
        let (number, entry) = (papers.len() + 1, &document.entry);
        let found = match bar(document) {
            Some(why) => Err(Taken::Not(why)),
            None => {
                let named = entry.file.seen().map(String::as_str);
                let registered = entry.sha256.seen().map(String::as_str);
                take::take(folder, named, registered).map_err(Taken::from)
            }
        };
        let taken = match found {
            Err(not) => not,
            Ok(bytes) if total + bytes.len() as u64 > TOTAL_LIMIT => {
                Taken::Not("一式の大きさの上限を超えるため、同梱していない。".to_owned())
            }
            Ok(bytes) => {
                total += bytes.len() as u64;
                let name = format!("{DOCUMENTS}/{}", name_in_package(number, &wanted, document, &bytes));
                let handling = entry.handling.seen().map(super::papers::handling);
                sheets.put(&name, &bytes, Some(number), handling.as_deref().unwrap_or_default())?;
                Taken::As(name)
            }
        };
        papers.push(paper(material, number, &wanted, document, &taken));
    }
    // A document without a marking of its own bears that of the whole.
    let marking = super::contents::marking(material);
    for file in sheets.files.values_mut().filter(|file| file.handling.is_empty()) {
        file.handling.clone_from(&marking);
    }
    Ok(papers)
}

/// The files of a package in the making.
struct Sheets<'f> {
    folder: &'f Path,
    files: BTreeMap<String, PackedFile>,
}

impl Sheets<'_> {
    fn put(
        &mut self,
        name: &str,
        bytes: &[u8],
        paper: Option<usize>,
        handling: &str,
    ) -> Result<(), PackageFault> {
        let path = self.folder.join(name);
        let writing = || PackageFault::io(&path, "writing");
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).map_err(writing())?;
        }
        let mut out = File::create_new(&path).map_err(writing())?;
        out.write_all(bytes).map_err(writing())?;
        out.sync_all().map_err(writing())?;
        let file = PackedFile {
            name: name.to_owned(),
            bytes: bytes.len() as u64,
            sha256: file::digest(bytes),
            paper,
            handling: handling.to_owned(),
        };
        self.files.insert(name.to_owned(), file);
        Ok(())
    }
}

/// The same files in one, in the order of their names and of one time: the same files give the same bytes.
fn archive(folder: &Path, names: &[String], zip: &Path) -> Result<NamedTempFile, PackageFault> {
    let parent = parent(zip);
    let writing = || PackageFault::io(zip, "writing");
    fs::create_dir_all(parent).map_err(PackageFault::io(parent, "making the folder"))?;
    let file = tempfile::Builder::new().prefix(".sekisho-package-").tempfile_in(parent);
    let mut writer = ZipWriter::new(file.map_err(writing())?);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    for name in names {
        let path = folder.join(name);
        writer.start_file(name.as_str(), options).map_err(|fault| writing()(fault.into()))?;
        let mut source = File::open(&path).map_err(PackageFault::io(&path, "reading"))?;
        io::copy(&mut source, &mut writer).map_err(writing())?;
    }
    let file = writer.finish().map_err(|fault| writing()(fault.into()))?;
    file.as_file().sync_all().map_err(writing())?;
    Ok(file)
}

/// Moves what was made to its place.
fn settle(making: TempDir, order: &Order<'_>, archive: Option<NamedTempFile>) -> Result<(), PackageFault> {
    fn placing(path: &Path, source: io::Error) -> PackageFault {
        PackageFault::io(path, "moving the package to its place")(source)
    }
    if let (Some(archive), Some(zip)) = (archive, order.zip) {
        archive.persist_noclobber(zip).map_err(|fault| placing(zip, fault.error))?;
    }
    // An empty folder gives way; one that was filled meanwhile does not.
    let freed = match fs::remove_dir(order.out) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(fault),
        _ => Ok(()),
    };
    if let Err(fault) = freed.and_then(|()| fs::rename(making.path(), order.out)) {
        if let Some(zip) = order.zip {
            // Nothing is to be left of a package that was not made; what is told is why it was not.
            let _ = fs::remove_file(zip);
        }
        return Err(placing(order.out, fault));
    }
    // It is no longer where it would be removed.
    let _ = making.keep();
    Ok(())
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
