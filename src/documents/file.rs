//! The file of an entry: whether it is the one that was registered, and what can be read of it.

use super::pdf::{self, Pdf, PdfFault};
use super::signature::Signature;
use crate::words::{Word, word};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Largest file that is read, in bytes: no certificate or report comes near it.
pub const SIZE_LIMIT: u64 = 256 << 20;

/// How an entry's file stands to what is registered of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// It is there, and is the one that was registered.
    Held,
    /// It is not kept here: its digest alone is registered.
    Withheld,
    /// It is named, and not there.
    Missing,
    /// It is not the one that was registered.
    Altered,
    /// It is larger than any file that is read.
    TooLarge,
    /// It cannot be read.
    Unreadable,
    /// It is the one that was registered, and encrypted: nothing in it can be read here.
    Encrypted,
    /// It is the one that was registered, and no whole PDF.
    Broken,
}

impl FileState {
    /// What people call it.
    pub const fn title(self) -> Word {
        match self {
            Self::Held => word("保管しており、登録したものと一致", "held, and as registered"),
            Self::Withheld => {
                word("ハッシュ値のみ登録（ファイルは保管しない）", "digest alone, the file is not kept here")
            }
            Self::Missing => word("登録したファイルがない", "the file is not there"),
            Self::Altered => word("登録したハッシュ値と一致しない", "its SHA-256 is not the one registered"),
            Self::TooLarge => word("大きすぎて読み取れない", "too large to be read"),
            Self::Unreadable => word("読み取れない", "cannot be read"),
            Self::Encrypted => {
                word("一致するが、暗号化されており内容を読み取れない", "as registered, but encrypted")
            }
            Self::Broken => word("一致するが、PDF として壊れている", "as registered, but a broken PDF"),
        }
    }
}

/// What was found at the place of an entry's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileFound {
    /// How it stands to what is registered.
    pub state: FileState,
    /// The signatures in it, if it is a PDF that could be read.
    pub signatures: Vec<Signature>,
}

/// Looks at the file of an entry. `name` is what the entry calls it; never a way out of the folder.
pub fn look(folder: &Path, name: Option<&str>, registered: &str) -> FileFound {
    let found = |state| FileFound { state, signatures: Vec::new() };
    let Some(name) = name else { return found(FileState::Withheld) };
    if !is_plain(name) {
        return found(FileState::Unreadable);
    }
    match read(&folder.join(name)) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => found(FileState::Missing),
        Err(fault) if fault.kind() == io::ErrorKind::FileTooLarge => found(FileState::TooLarge),
        Err(_) => found(FileState::Unreadable),
        Ok(bytes) if digest(&bytes) != registered => found(FileState::Altered),
        Ok(bytes) if pdf::is_pdf(&bytes) => match pdf::read(&bytes) {
            Ok(Pdf { signatures, .. }) => FileFound { state: FileState::Held, signatures },
            Err(PdfFault::Encrypted) => found(FileState::Encrypted),
            Err(PdfFault::TooLarge) => found(FileState::TooLarge),
            Err(PdfFault::Broken(_)) => found(FileState::Broken),
        },
        Ok(_) => found(FileState::Held),
    }
}

/// Reads a whole file of bounded size; no pipe, no device.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let known = std::fs::metadata(path)?;
    if !known.is_file() {
        return Err(io::Error::other("not a file"));
    }
    let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {SIZE_LIMIT} bytes"));
    if known.len() > SIZE_LIMIT {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(SIZE_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > SIZE_LIMIT { Err(too_large()) } else { Ok(bytes) }
}

/// SHA-256, lower-case hex.
pub fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A name within the folder, and nothing else.
pub fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(std::path::Component::Normal(_)), None))
        && !name.contains(['/', '\\', ':'])
}
