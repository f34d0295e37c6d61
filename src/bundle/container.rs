//! The container: a zip file of few, named, bounded parts. Whatever else a zip file may be is refused.

use sekisho_contract::gap::shorten;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// Most parts of a bundle: some hundred checks and the files of a run.
const PARTS: usize = 2_048;
/// What all parts may unpack to, in bytes.
const TOTAL_LIMIT: u64 = 16 << 30;
/// A part that is larger than [`RATIO_FROM`] may not unpack to more than so many times what it takes.
const RATIO: u64 = 250;
const RATIO_FROM: u64 = 1 << 20;
/// Longest name of a part.
const NAME_LIMIT: usize = 120;
/// The folders a part may lie in.
const FOLDERS: [&str; 2] = ["checks", "profile"];

/// A zip file that is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum ContainerFault {
    /// No zip file, or a broken one.
    #[error("it is no zip file that can be read: {0}")]
    Zip(String),
    /// Not the form sekisho writes.
    #[error("it is not as sekisho writes it: {0}")]
    Form(String),
    /// A part of another form.
    #[error("its part `{name}` {why}")]
    Part {
        /// The part.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// A part that has to be there.
    #[error("it has no part `{0}`")]
    Missing(String),
    /// It could not be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl ContainerFault {
    fn part(name: &str, why: impl Into<String>) -> Self {
        Self::Part { name: shorten(name), why: why.into() }
    }
}

/// A bundle's container, opened to be read.
#[derive(Debug)]
pub struct Container<R> {
    archive: ZipArchive<R>,
    parts: BTreeMap<String, Part>,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    index: usize,
    bytes: u64,
}

impl<R: Read + Seek> Container<R> {
    /// Opens a container. Unpacks nothing, and refuses what sekisho does not write: names that are paths, parts that stand twice
    /// or overlap, bytes that belong to no part, links, encryption, and sizes that no run has.
    pub fn open(mut reader: R) -> Result<Self, ContainerFault> {
        let form = |why: &str| ContainerFault::Form(why.to_owned());
        let length = reader.seek(SeekFrom::End(0))?;
        reader.rewind()?;
        let mut archive = ZipArchive::new(reader).map_err(|cause| zip_fault(&cause))?;
        if archive.len() > PARTS {
            return Err(form(&format!("it has more than {PARTS} parts")));
        }
        if archive.has_duplicate_names() {
            return Err(form("a part stands twice in it"));
        }
        if !archive.comment().is_empty() || archive.offset() != 0 {
            return Err(form("it holds bytes that belong to no part"));
        }
        archive.validate_header_consistency().map_err(|cause| zip_fault(&cause))?;
        let (mut parts, mut spans, mut total, mut directory) = (BTreeMap::new(), Vec::new(), 0_u64, 0_u64);
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(|cause| zip_fault(&cause))?;
            let raw = entry.name_raw().to_vec();
            let name = String::from_utf8_lossy(&raw).into_owned();
            let refuse = |why: &str| Err(ContainerFault::part(&name, why));
            if !is_name(&name) {
                return refuse("has a name that sekisho gives to nothing");
            }
            if entry.is_symlink() || !entry.is_file() {
                return refuse("is no file");
            }
            if entry.encrypted()
                || !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated)
            {
                return refuse("is encrypted, or compressed in a way sekisho does not write");
            }
            if !entry.comment_raw().is_empty() || entry.extra_data_fields().count() > 0 {
                return refuse("carries more than its bytes");
            }
            let (packed, bytes) = (entry.compressed_size(), entry.size());
            if bytes > RATIO_FROM && bytes / RATIO > packed {
                return refuse("unpacks to far more than it takes");
            }
            total = total.saturating_add(bytes);
            if total > TOTAL_LIMIT {
                return Err(form(&format!("it unpacks to more than {TOTAL_LIMIT} bytes")));
            }
            let begin = entry.header_start();
            let Some(data) = entry.data_start() else { return refuse("has no place in the file") };
            // Signature, fixed fields and the name, without extra fields.
            if data != begin + 30 + raw.len() as u64 {
                return refuse("carries more than its bytes");
            }
            spans.push((begin, data.saturating_add(packed)));
            directory += 46 + raw.len() as u64;
            parts.insert(name, Part { index, bytes });
        }
        spans.sort_unstable();
        let mut at = 0;
        for (begin, end) in spans {
            if begin != at {
                return Err(form("its parts overlap, or leave bytes between them"));
            }
            at = end;
        }
        // After the parts: their directory, and its end of 22 bytes.
        if archive.central_directory_start() != at || at.saturating_add(directory + 22) != length {
            return Err(form("it holds bytes that belong to no part"));
        }
        Ok(Self { archive, parts })
    }

    /// The names of its parts, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.keys().map(String::as_str)
    }

    /// Whether it has a part.
    pub fn has(&self, name: &str) -> bool {
        self.parts.contains_key(name)
    }

    /// Reads a part that may be no larger than `limit` bytes into memory.
    pub fn read(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, ContainerFault> {
        let mut bytes = Vec::new();
        self.copy(name, limit, &mut bytes)?;
        Ok(bytes)
    }

    /// Copies a part that may be no larger than `limit` bytes, and returns its SHA-256 and size.
    pub fn copy(
        &mut self,
        name: &str,
        limit: u64,
        out: &mut dyn Write,
    ) -> Result<(String, u64), ContainerFault> {
        let part = *self.parts.get(name).ok_or_else(|| ContainerFault::Missing(shorten(name)))?;
        if part.bytes > limit {
            return Err(ContainerFault::part(name, format!("is larger than {limit} bytes")));
        }
        let entry =
            self.archive.by_index(part.index).map_err(|cause| ContainerFault::part(name, said(&cause)))?;
        // What a header says of a size is nobody's promise.
        let mut bounded = entry.take(part.bytes.saturating_add(1));
        let (mut digest, mut copied, mut some) = (Sha256::new(), 0_u64, vec![0; 1 << 16]);
        loop {
            let read = match bounded.read(&mut some) {
                Ok(0) => break,
                Ok(read) => some.get(..read).unwrap_or_default(),
                Err(cause) => {
                    return Err(ContainerFault::part(
                        name,
                        format!("cannot be unpacked: {}", shorten(&cause.to_string())),
                    ));
                }
            };
            copied += read.len() as u64;
            digest.update(read);
            out.write_all(read)?;
        }
        if copied != part.bytes {
            return Err(ContainerFault::part(name, "is not as large as it says"));
        }
        Ok((hex::encode(digest.finalize()), copied))
    }
}

/// A container in the making. The same parts in the same order give the same bytes.
pub(super) struct Packing<W: Write + Seek> {
    zip: ZipWriter<W>,
}

impl<W: Write + Seek> Packing<W> {
    pub(super) fn begin(out: W) -> Self {
        Self { zip: ZipWriter::new(out) }
    }

    /// Adds a part, and returns its SHA-256 and size. What is compressed already is stored as it is.
    pub(super) fn add(&mut self, name: &str, input: &mut dyn Read) -> Result<(String, u64), ContainerFault> {
        debug_assert!(is_name(name), "{name}");
        let method = match name.ends_with(".zst") {
            true => CompressionMethod::Stored,
            false => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        self.zip.start_file(name, options).map_err(|cause| zip_fault(&cause))?;
        let (mut digest, mut copied, mut some) = (Sha256::new(), 0_u64, vec![0; 1 << 16]);
        loop {
            let read = match input.read(&mut some)? {
                0 => break,
                read => some.get(..read).unwrap_or_default(),
            };
            copied += read.len() as u64;
            digest.update(read);
            self.zip.write_all(read)?;
        }
        Ok((hex::encode(digest.finalize()), copied))
    }

    pub(super) fn finish(self) -> Result<W, ContainerFault> {
        self.zip.finish().map_err(|cause| zip_fault(&cause))
    }
}

/// Whether sekisho may give this name to a part: small letters, digits, `.`, `_`, `-`, in at most one folder it knows.
pub(super) fn is_name(name: &str) -> bool {
    let file = match name.split_once('/') {
        Some((folder, file)) if FOLDERS.contains(&folder) => file,
        Some(_) => return false,
        None => name,
    };
    let of_ours = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    name.len() <= NAME_LIMIT
        && file.bytes().all(of_ours)
        && file.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && !file.contains("..")
}

fn zip_fault(cause: &zip::result::ZipError) -> ContainerFault {
    ContainerFault::Zip(said(cause))
}

fn said(cause: &zip::result::ZipError) -> String {
    shorten(&cause.to_string())
}
