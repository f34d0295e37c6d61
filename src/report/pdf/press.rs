//! typst, shut off from everything: our pages, our two fonts, one JSON file. No file system, no packages, no network, no clock.

use crate::report::{ReportError, Run};
use jiff::tz::{Offset, TimeZone};
use std::sync::LazyLock;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, comemo};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

/// The pages' markup, all of it ours.
const PAGES: &[(&str, &str)] = &[
    ("main.typ", include_str!("pages/main.typ")),
    ("parts.typ", include_str!("pages/parts.typ")),
    ("front.typ", include_str!("pages/front.typ")),
    ("map.typ", include_str!("pages/map.typ")),
    ("clauses.typ", include_str!("pages/clauses.typ")),
    ("prospects.typ", include_str!("pages/prospects.typ")),
    ("register.typ", include_str!("pages/register.typ")),
    ("witnesses.typ", include_str!("pages/witnesses.typ")),
    ("coverage.typ", include_str!("pages/coverage.typ")),
    ("evidence.typ", include_str!("pages/evidence.typ")),
    ("glossary.typ", include_str!("pages/glossary.typ")),
];
/// The file they read everything from.
const VIEW: &str = "view.json";

/// For archives (ISO 19005-2, with structure and letters that can be read out), and for everybody (ISO 14289-1).
const STANDARDS: &[PdfStandard] = &[PdfStandard::A_2a, PdfStandard::Ua_1];

const REGULAR: &[u8] = include_bytes!("fonts/BIZUDPGothic-Regular.ttf.zst");
const BOLD: &[u8] = include_bytes!("fonts/BIZUDPGothic-Bold.ttf.zst");

/// The fonts, unpacked once.
static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    [REGULAR, BOLD]
        .iter()
        .filter_map(|packed| Font::new(Bytes::new(zstd::decode_all(*packed).ok()?), 0))
        .collect()
});

/// The fonts the pages are set in. Never empty in a build that passes its tests.
pub fn fonts() -> &'static [Font] {
    &FONTS
}

/// Sets the pages and makes the file. The same view and run give the same bytes.
pub fn print(view: Vec<u8>, run: &Run) -> Result<Vec<u8>, ReportError> {
    let desk = Desk::new(view)?;
    let set = typst::compile::<PagedDocument>(&desk).output.map_err(|faults| composing(&faults));
    let made = set.and_then(|set| {
        // What would break a rule of the standards is better handed in without them than not at all.
        let kept = PdfStandards::new(STANDARDS).ok();
        let made = kept.and_then(|standards| typst_pdf::pdf(&set, &options(run, standards)).ok());
        made.map_or_else(|| typst_pdf::pdf(&set, &options(run, PdfStandards::default())), Ok)
            .map_err(|faults| composing(&faults))
    });
    // Nothing of one report is of use for the next.
    comemo::evict(0);
    made
}

fn options(run: &Run, standards: PdfStandards) -> PdfOptions {
    PdfOptions {
        creator: Smart::Custom(Some(format!("sekisho {}", run.version))),
        timestamp: moment(run).map(Timestamp::new_utc),
        standards,
        ..PdfOptions::default()
    }
}

/// When the facts were assessed: the only date the document knows.
fn moment(run: &Run) -> Option<Datetime> {
    let at = run.assessed_at.to_zoned_datetime(TimeZone::fixed(Offset::UTC)).datetime();
    let part = |number: i8| u8::try_from(number).ok();
    Datetime::from_ymd_hms(
        i32::from(at.year()),
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
    )
}

fn composing(faults: &[SourceDiagnostic]) -> ReportError {
    let said: Vec<&str> = faults.iter().take(3).map(|fault| fault.message.as_str()).collect();
    ReportError::Compose(format!("the PDF: {}", said.join("; ")))
}

/// Everything typst may see.
struct Desk {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    main: FileId,
    pages: Vec<Source>,
    view: (FileId, Bytes),
}

impl Desk {
    fn new(view: Vec<u8>) -> Result<Self, ReportError> {
        let pages = PAGES.iter().map(|(name, text)| Ok(Source::new(file(name)?, (*text).to_owned())));
        let pages: Vec<Source> = pages.collect::<Result<_, ReportError>>()?;
        Ok(Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(fonts())),
            main: file("main.typ")?,
            pages,
            view: (file(VIEW)?, Bytes::new(view)),
        })
    }
}

fn file(name: &str) -> Result<FileId, ReportError> {
    let path =
        VirtualPath::new(name).map_err(|_| ReportError::Compose(format!("the PDF: no path: {name}")))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.pages.iter().find(|page| page.id() == id).cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.view.0 { Ok(self.view.1.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        fonts().get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
