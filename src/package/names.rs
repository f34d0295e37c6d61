//! Names of files in a package: ours, made of a number, a clause and what is left of an entry's name.

use std::path::Path;

/// Longest part of an entry's name in a file's, in characters.
const NAME_LIMIT: usize = 40;

/// `01_Ⅱ-1_contractor-profile.pdf`.
pub fn file_name(number: usize, clause: &str, entry: &str, sort: &str) -> String {
    format!("{number:02}_{}_{}.{sort}", clause_in_name(clause), plain(entry))
}

/// A clause's number with plain digits: `Ⅱ-１` becomes `Ⅱ-1`.
fn clause_in_name(number: &str) -> String {
    let digit = |c: char| match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or('-'),
        'Ⅰ'..='Ⅻ' => c,
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    };
    number.chars().map(digit).collect()
}

/// Letters that every system takes, and that read in one direction; a hyphen for the rest.
fn plain(entry: &str) -> String {
    let known = |c: char| {
        c.is_ascii_alphanumeric()
            || c == '_'
            || matches!(c, 'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー' | '々' | '一'..='鿿')
    };
    let mut name = String::new();
    for c in entry.chars().take(NAME_LIMIT).map(|c| if known(c) { c } else { '-' }) {
        if c != '-' || !name.ends_with('-') {
            name.push(c);
        }
    }
    let name = name.trim_matches('-');
    if name.is_empty() { "document".to_owned() } else { name.to_owned() }
}

/// The ending of a file by its bytes. The name that somebody gave it decides only between forms that begin alike; a page or
/// a script is text here, so that nothing in a package runs by being opened.
pub fn ending(bytes: &[u8], name: &str) -> &'static str {
    let given = Path::new(name).extension().and_then(|given| given.to_str()).unwrap_or_default();
    let among = |known: &[&'static str], other: &'static str| {
        known.iter().find(|one| one.eq_ignore_ascii_case(given)).copied().unwrap_or(other)
    };
    if bytes.starts_with(b"%PDF-") {
        "pdf"
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        "png"
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        "jpg"
    } else if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        "tif"
    } else if bytes.starts_with(b"PK\x03\x04") {
        among(&["docx", "xlsx", "pptx", "odt", "ods", "odp"], "zip")
    } else if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        among(&["doc", "xls", "ppt", "msg"], "bin")
    } else if std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0')) {
        among(&["csv"], "txt")
    } else {
        "bin"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ours() {
        for (entry, expected) in [
            ("contractor-profile", "01_Ⅱ-1_contractor-profile.pdf"),
            ("会社概要", "01_Ⅱ-1_会社概要.pdf"),
            ("../../etc/passwd", "01_Ⅱ-1_etc-passwd.pdf"),
            ("a\u{202e}fdp.exe", "01_Ⅱ-1_a-fdp-exe.pdf"),
            ("con\0\n\r\"'<>|:*?", "01_Ⅱ-1_con.pdf"),
            ("...", "01_Ⅱ-1_document.pdf"),
            ("", "01_Ⅱ-1_document.pdf"),
            ("مرحبا", "01_Ⅱ-1_document.pdf"),
        ] {
            assert_eq!(file_name(1, "Ⅱ-１", entry, "pdf"), expected);
        }
        assert!(file_name(100, "Ⅱ-１", &"長".repeat(1000), "pdf").chars().count() < 60);
        assert_eq!(file_name(12, "Ⅲ-１（10）", "x", "txt"), "12_Ⅲ-1-10-_x.txt");
    }

    #[test]
    fn endings_follow_the_bytes() {
        for (bytes, name, expected) in [
            (&b"%PDF-1.7"[..], "x.exe", "pdf"),
            (b"PK\x03\x04", "book.XLSX", "xlsx"),
            (b"PK\x03\x04", "book.exe", "zip"),
            (b"<script>", "page.html", "txt"),
            (b"a,b", "list.csv", "csv"),
            (b"MZ\x90\0\xff", "run.exe", "bin"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old.doc", "doc"),
        ] {
            assert_eq!(ending(bytes, name), expected, "{name}");
        }
    }
}
