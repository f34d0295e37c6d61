//! Any bytes as an entry of the register of documents, and as a tenancy file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho::documents::file::{FileFound, FileState};
use sekisho::documents::gather;
use sekisho::tenancy::{Known, parse};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let nothing = |_: Option<&str>, _: &str| FileFound { state: FileState::Withheld, signatures: Vec::new() };
    let _ = gather([("entry".to_owned(), Ok(text.to_owned()))].into(), &nothing);
    let known = Known { providers: &[], profiles: &["jp-annex-2"], today: jiff::civil::date(2026, 11, 1) };
    let _ = parse("tenancy.toml", text, known);
});
