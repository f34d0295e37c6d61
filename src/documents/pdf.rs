//! Reads a PDF somebody else made: bounded in size and depth, and never trusted.

use super::signature::{self, Signature};
use lopdf::{Dictionary, Document, LoadOptions, Object};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Largest PDF that is taken apart, in bytes.
const SIZE_LIMIT: usize = 64 << 20;
/// Most bytes one part may unpack to.
const PART_LIMIT: usize = 32 << 20;
/// Most objects looked at.
const OBJECT_LIMIT: usize = 500_000;
/// Most pages read for their text.
const PAGE_LIMIT: usize = 20;
/// Most characters of text kept.
const TEXT_LIMIT: usize = 100_000;
/// Most signatures looked at.
const SIGNATURE_LIMIT: usize = 16;

/// What could be read of a PDF.
#[derive(Debug, Default)]
pub struct Pdf {
    /// Its title, if it says one.
    pub title: Option<String>,
    /// Its signatures.
    pub signatures: Vec<Signature>,
}

/// Why a PDF could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfFault {
    /// It needs a password.
    #[error("it is encrypted")]
    Encrypted,
    /// It is larger than what is taken apart.
    #[error("it is too large to be taken apart")]
    TooLarge,
    /// It is no whole PDF.
    #[error("it is no whole PDF: {0}")]
    Broken(String),
}

/// Whether these bytes begin as a PDF does.
pub fn is_pdf(bytes: &[u8]) -> bool {
    // Some writers put a few bytes before the mark; readers look in the first kilobyte.
    bytes.get(..bytes.len().min(1024)).is_some_and(|head| head.windows(5).any(|five| five == b"%PDF-"))
}

/// Reads a PDF's title and signatures.
pub fn read(bytes: &[u8]) -> Result<Pdf, PdfFault> {
    guarded(bytes, |document| {
        let signatures = signed(document).take(SIGNATURE_LIMIT);
        let signatures =
            signatures.map(|(range, contents)| signature::examine(bytes, &range, &contents)).collect();
        Pdf { title: title(document), signatures }
    })
}

/// Reads the text of a PDF's first pages, as far as it can be read.
pub fn text(bytes: &[u8]) -> Result<String, PdfFault> {
    guarded(bytes, text_of)
}

/// Takes a PDF apart. A parser that meets what its writers did not think of may panic: that is a broken file, not a lost run.
fn guarded<T>(bytes: &[u8], look: impl FnOnce(&Document) -> T) -> Result<T, PdfFault> {
    if bytes.len() > SIZE_LIMIT {
        return Err(PdfFault::TooLarge);
    }
    catch_unwind(AssertUnwindSafe(|| open(bytes).map(|document| look(&document))))
        .unwrap_or_else(|_| Err(PdfFault::Broken("its parts cannot be taken apart".to_owned())))
}

fn open(bytes: &[u8]) -> Result<Document, PdfFault> {
    // The parser mends what it can of a file that was cut off; as evidence it is no whole file.
    let tail = &bytes[bytes.len().saturating_sub(2048)..];
    if !tail.windows(5).any(|five| five == b"%%EOF") {
        return Err(PdfFault::Broken("it ends before its end mark".to_owned()));
    }
    let options = LoadOptions { max_decompressed_size: Some(PART_LIMIT), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(bytes, options).map_err(|fault| {
        let said = fault.to_string();
        if said.to_lowercase().contains("password") || said.to_lowercase().contains("decrypt") {
            PdfFault::Encrypted
        } else {
            PdfFault::Broken(said.chars().take(120).collect())
        }
    })?;
    if document.is_encrypted() || document.was_encrypted() {
        return Err(PdfFault::Encrypted);
    }
    if document.objects.len() > OBJECT_LIMIT {
        return Err(PdfFault::TooLarge);
    }
    if document.page_iter().next().is_none() {
        return Err(PdfFault::Broken("it has no page".to_owned()));
    }
    Ok(document)
}

/// The byte range and the contents of each signature. A dictionary of a signature has both.
fn signed(document: &Document) -> impl Iterator<Item = (Vec<i64>, Vec<u8>)> {
    document.objects.values().filter_map(|object| {
        let own: &Dictionary = object.as_dict().ok()?;
        let range = own.get(b"ByteRange").ok()?.as_array().ok()?;
        let range = range.iter().map(|number| number.as_i64().unwrap_or(-1)).collect();
        let contents = match own.get(b"Contents").ok()? {
            Object::String(bytes, _) => bytes.clone(),
            _ => Vec::new(),
        };
        Some((range, contents))
    })
}

fn title(document: &Document) -> Option<String> {
    let info = document.trailer.get(b"Info").ok()?;
    let (_, info) = document.dereference(info).ok()?;
    let title = lopdf::decode_text_string(info.as_dict().ok()?.get(b"Title").ok()?).ok()?;
    let title: String = title.chars().filter(|c| !c.is_control()).take(200).collect();
    (!title.trim().is_empty()).then(|| title.trim().to_owned())
}

fn text_of(document: &Document) -> String {
    let mut text = String::new();
    for number in document.get_pages().keys().take(PAGE_LIMIT) {
        // What cannot be read of one page leaves the others.
        if let Ok(page) = document.extract_text_with_limit(&[*number], PART_LIMIT) {
            text.extend(page.chars().take(TEXT_LIMIT.saturating_sub(text.len())));
        }
        if text.len() >= TEXT_LIMIT {
            break;
        }
    }
    text
}

/// What a text says of itself in words that certificates and reports use: to be compared by whoever registers it.
pub fn guesses(text: &str) -> Vec<(&'static str, String)> {
    let plain = text.replace('\u{a0}', " ");
    let mut found = Vec::new();
    for standard in ["ISO/IEC 27001:2022", "ISO/IEC 27001:2013", "JIS Q 27001:2023", "ISO/IEC 27017:2015"] {
        if plain.contains(standard) {
            found.push(("standard", standard.to_owned()));
            break;
        }
    }
    for (mark, field) in [
        ("Certificate number:", "number"),
        ("Certificate No.", "number"),
        ("登録番号：", "number"),
        ("認証登録番号", "number"),
    ] {
        if let Some((_, rest)) = plain.split_once(mark) {
            let number: String = rest
                .trim_start_matches([' ', ':', '：'])
                .chars()
                .take_while(|c| !c.is_control())
                .take(40)
                .collect();
            let number = number.split("  ").next().unwrap_or_default().trim().to_owned();
            if !number.is_empty() && found.iter().all(|(known, _)| *known != field) {
                found.push((field, number));
            }
        }
    }
    for (mark, field) in [
        ("Expiry date:", "valid_until"),
        ("Valid until:", "valid_until"),
        ("有効期限：", "valid_until"),
        ("Issue date:", "issued"),
        ("発行日：", "issued"),
    ] {
        let date = plain.split_once(mark).and_then(|(_, rest)| date(rest.trim_start()));
        if let Some(date) = date.filter(|_| found.iter().all(|(known, _)| *known != field)) {
            found.push((field, date.to_string()));
        }
    }
    found
}

/// The date a text begins with: `2026-04-01` or `2026年4月1日`.
fn date(text: &str) -> Option<jiff::civil::Date> {
    let head: String = text.chars().take(12).collect();
    let head = head.replace(['年', '月', '/', '.'], "-");
    let mut numbers = head.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let year = numbers.next()?.parse().ok().filter(|year| *year > 1990)?;
    jiff::civil::Date::new(year, numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?).ok()
}
