//! Takes a document's file out of the register's folder: the one whose SHA-256 the register names, or none.

use crate::documents::file;
use std::fs;
use std::io;
use std::path::Path;

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The register keeps its digest alone.
    NotKept,
    /// Nothing is there.
    Missing,
    /// Its name leads out of the folder.
    NotPlain,
    /// It is a link: what lies behind it may be anything.
    Link,
    /// It is no file.
    NoFile,
    /// It is larger than any that is read.
    TooLarge,
    /// It cannot be read.
    Unreadable,
    /// It is not the one that was registered.
    Altered,
}

impl Refusal {
    /// Why, in words.
    pub const fn told(self) -> &'static str {
        match self {
            Self::NotKept => "ファイルを保管していない（ハッシュ値のみの登録である）ため、同梱していない。",
            Self::Missing => "登録したファイルがないため、同梱していない。",
            Self::NotPlain => "登録したファイル名がフォルダの外を指すため、同梱していない。",
            Self::Link => "登録したファイルがリンクであるため、同梱していない。",
            Self::NoFile => "登録した名前のものがファイルではないため、同梱していない。",
            Self::TooLarge => "登録したファイルが大きすぎるため、同梱していない。",
            Self::Unreadable => "登録したファイルを読み取れないため、同梱していない。",
            Self::Altered => "ファイルのハッシュ値（SHA-256）が登録と一致しないため、同梱していない。",
        }
    }
}

/// The bytes of the file that an entry names, held to the SHA-256 that is registered.
pub fn take(folder: &Path, name: Option<&str>, registered: Option<&str>) -> Result<Vec<u8>, Refusal> {
    let (Some(name), Some(registered)) = (name, registered) else { return Err(Refusal::NotKept) };
    if !file::is_plain(name) {
        return Err(Refusal::NotPlain);
    }
    let path = folder.join(name);
    let of = |fault: io::Error| match fault.kind() {
        io::ErrorKind::NotFound => Refusal::Missing,
        io::ErrorKind::FileTooLarge => Refusal::TooLarge,
        _ => Refusal::Unreadable,
    };
    let found = fs::symlink_metadata(&path).map_err(of)?;
    if found.is_symlink() {
        return Err(Refusal::Link);
    }
    if !found.is_file() {
        return Err(Refusal::NoFile);
    }
    // Were it exchanged for a link by now, the digest would tell.
    let bytes = file::read(&path).map_err(of)?;
    if file::digest(&bytes) == registered { Ok(bytes) } else { Err(Refusal::Altered) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_registered_file_is_taken() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.pdf"), "secret").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        fs::write(at.join("one.pdf"), "one").unwrap();
        fs::create_dir(at.join("folder.pdf")).unwrap();
        let one = file::digest(b"one");
        let check = |name: Option<&str>, registered: Option<&str>, expected: Result<&[u8], Refusal>| {
            let taken = take(at, name, registered);
            assert_eq!(taken.as_deref().map_err(|refusal| *refusal), expected, "{name:?}");
        };
        check(Some("one.pdf"), Some(&one), Ok(b"one"));
        check(Some("one.pdf"), Some(&file::digest(b"two")), Err(Refusal::Altered));
        check(Some("two.pdf"), Some(&one), Err(Refusal::Missing));
        check(Some("folder.pdf"), Some(&one), Err(Refusal::NoFile));
        check(None, Some(&one), Err(Refusal::NotKept));
        check(Some("one.pdf"), None, Err(Refusal::NotKept));
        let way_out = outside.path().join("secret.pdf");
        for name in ["../secret.pdf", "/etc/hosts", "a/b.pdf", "..", ".", "", "c:secret.pdf", "a\\b.pdf"] {
            check(Some(name), Some(&file::digest(b"secret")), Err(Refusal::NotPlain));
        }
        check(way_out.to_str(), Some(&file::digest(b"secret")), Err(Refusal::NotPlain));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&way_out, at.join("link.pdf")).unwrap();
            std::os::unix::fs::symlink(at.join("nowhere"), at.join("dangling.pdf")).unwrap();
            check(Some("link.pdf"), Some(&file::digest(b"secret")), Err(Refusal::Link));
            check(Some("dangling.pdf"), Some(&one), Err(Refusal::Link));
        }
    }
}
